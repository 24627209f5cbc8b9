"""course.py: clear words instead of tracebacks, set-up once, and an environment that nothing shadows."""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """course.py as a module whose .venv is an empty folder of this test."""
    specification = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "python")
    return module


@pytest.fixture
def installs(course: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that course.py would have run to install something; the first makes the .venv."""
    commands: list[list[str]] = []

    def pretend(command: list[str]) -> tuple[int, str]:
        commands.append(command)
        course.PYTHON.parent.mkdir(exist_ok=True)
        course.PYTHON.touch()
        return 0, ""

    monkeypatch.setattr(course, "call_and_listen", pretend)
    monkeypatch.setattr(course, "venv_runs_this_python", lambda: True)
    monkeypatch.setattr(course.shutil, "which", lambda name: None)
    return commands


def test_an_old_python_is_refused_with_its_version_and_a_remedy(
    course: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course.sys, "version_info", (3, 9, 18))
    monkeypatch.setattr(course.shutil, "which", lambda name: "/usr/bin/python3.12" if name == "python3.12" else None)
    assert course.main(["lab"]) == 2
    said = capsys.readouterr().err
    assert "Python 3.9" in said
    assert "3.11 or newer" in said
    assert "python3.12" in said


def test_an_unknown_command_lists_the_known_ones(course: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert course.main(["lap"]) == 2
    assert "lab, test, check, grade, build, setup" in capsys.readouterr().err


def test_the_second_run_installs_nothing(course: ModuleType, installs: list[list[str]]) -> None:
    course.install("learner")
    first = len(installs)
    course.install("learner")
    assert first == 2  # the .venv, then the packages
    assert len(installs) == first


def test_what_the_tests_need_includes_what_a_learner_needs(course: ModuleType, installs: list[list[str]]) -> None:
    course.install("dev")
    before = len(installs)
    course.install("learner")
    assert len(installs) == before


def test_an_interrupted_installation_is_done_again(
    course: ModuleType, installs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = course.call_and_listen

    def interrupted(command: list[str]) -> tuple[int, str]:
        listen(command)
        if "-r" in command:
            raise KeyboardInterrupt
        return 0, ""

    monkeypatch.setattr(course, "call_and_listen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        course.install("learner")
    monkeypatch.setattr(course, "call_and_listen", listen)
    before = len(installs)
    course.install("learner")
    assert len(installs) == before + 1


def test_changed_requirements_are_installed(
    course: ModuleType, installs: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(course, "ROOT", tmp_path)
    course.install("dev")
    before = len(installs)
    with (tmp_path / "requirements-dev.txt").open("a") as file:
        file.write("one-more\n")
    course.install("dev")
    assert len(installs) == before + 1


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        pytest.param(
            "NewConnectionError: Failed to establish a new connection", "is this computer connected", id="pip"
        ),
        pytest.param("error: Failed to fetch … dns error", "is this computer connected", id="uv"),
        pytest.param("ERROR: No matching distribution found", "the lines above say why", id="something-else"),
    ],
)
def test_a_failed_installation_says_what_to_do(
    course: ModuleType,
    installs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    errors: str,
    words: str,
) -> None:
    listen = course.call_and_listen
    monkeypatch.setattr(course, "call_and_listen", lambda command: (1, errors) if "-r" in command else listen(command))
    assert course.main(["check"]) == 2
    assert words in capsys.readouterr().err


def test_a_python_without_ensurepip_gets_the_packages_name(
    course: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course.shutil, "which", lambda name: None)
    monkeypatch.setattr(course, "call_and_listen", lambda command: (1, "Error: … '-m', 'ensurepip' … returned 1"))
    assert course.main(["check"]) == 2
    assert "sudo apt install python3." in capsys.readouterr().err


def test_a_port_in_use_is_named(
    course: ModuleType, installs: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert course.main(["lab", "--port", str(port)]) == 2
        assert f"port {port} is in use" in capsys.readouterr().err


def test_a_port_that_is_no_number_is_refused(
    course: ModuleType, installs: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert course.main(["lab", "--port=eighty"]) == 2
    assert "got 'eighty'" in capsys.readouterr().err


def test_no_free_port_is_said(course: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "is_free", lambda port: False)
    with pytest.raises(course.Stop, match="no free port between 8888 and 8987"):
        course.free_port()


def test_the_first_free_port_is_taken(course: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "is_free", lambda port: port >= 8890)
    assert course.free_port() == 8890


def test_the_environment_is_cleaned(course: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    environment = course.environment()
    assert "PYTHONPATH" not in environment
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["JUPYTER_CONFIG_PATH"].startswith(str(ROOT / ".jupyter"))


def test_the_words_of_the_installer_are_heard_and_shown(course: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    code, errors = course.call_and_listen([sys.executable, "-c", "import sys; sys.exit('dns error')"])
    assert code == 1
    assert "dns error" in errors
    assert "dns error" in capsys.readouterr().err


@pytest.mark.parametrize("level", ["learner", "dev"])
def test_a_folder_of_wheels_that_lacks_some_says_how_to_fill_it(
    course: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, level: str
) -> None:
    (tmp_path / "wheels").mkdir()
    for names in course.REQUIREMENTS.values():
        for name in (*names, "pyproject.toml"):
            (tmp_path / name).touch()
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(course, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(course, "ensure_venv", lambda uv: None)
    monkeypatch.setattr(course, "call_and_listen", lambda command: (1, "no matching distribution"))
    wanted = course.REQUIREMENTS[level][-1]
    with pytest.raises(course.Stop, match=f"pip download -r {wanted} flit_core -d wheels"):
        course.install(level)


def test_help_needs_no_installation() -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "course.py"), "--help"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert "python3 course.py lab" in result.stdout


# The server that it starts -------------------------------------------------------------------------------------------


def connection_class(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> object:
    """What the course's own settings choose for a server that is started with these arguments."""
    monkeypatch.setattr(sys, "argv", ["jupyter-lab", *arguments])
    settings = PyFileConfigLoader("jupyter_server_config.py", path=str(ROOT / ".jupyter")).load_config()
    return settings.ServerApp.get("kernel_websocket_connection_class")


def test_the_server_sends_each_message_of_a_kernel_at_once(monkeypatch):
    chosen = connection_class(monkeypatch, [])
    # What Jupyter does to connect is Jupyter's affair; the real thing is driven in test_stage_lab.py.
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: "connected")
    said = []
    connection = chosen.__new__(chosen)
    monkeypatch.setattr(chosen, "websocket_handler", SimpleNamespace(set_nodelay=said.append))
    assert connection.connect() == "connected"
    assert said == [True]


def test_kernels_behind_a_gateway_keep_their_own_connection(monkeypatch):
    assert not connection_class(monkeypatch, ["--gateway-url=http://there"])
    monkeypatch.setenv("JUPYTER_GATEWAY_URL", "http://there")
    assert not connection_class(monkeypatch, [])


def test_the_lab_command_reads_these_settings(course):
    command = [sys.executable, "-m", "jupyterlab", "--show-config-json"]
    found = subprocess.run(command, env=course.environment(), capture_output=True, text=True, check=True)
    assert "PromptConnection" in found.stdout
