"""The side-by-side comparison prints what the framework gives, and the recorded numbers where there is none."""

from types import ModuleType, SimpleNamespace

import pytest

from course_lib import frameworks


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "installed", lambda library: False)


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "installed", lambda library: True)
    monkeypatch.setattr(frameworks.importlib, "import_module", lambda name: SimpleNamespace(half=lambda x: x / 2))


def test_the_framework_s_own_result_is_printed(present: None, capsys: pytest.CaptureFixture[str]) -> None:
    frameworks.run_in("torch", lambda torch: torch.half(1.0), recorded="0.5000")
    assert capsys.readouterr().out == "PyTorch  0.5000\n"


def test_another_result_than_the_recorded_one_is_said(present: None, capsys: pytest.CaptureFixture[str]) -> None:
    frameworks.run_in("torch", lambda torch: torch.half(3.0), recorded="0.5000")
    said = capsys.readouterr().out
    assert "1.5000" in said
    assert "another version gave 0.5000" in said


def test_without_the_framework_the_record_is_marked_as_one(absent: None, capsys: pytest.CaptureFixture[str]) -> None:
    def never(module: ModuleType) -> float:
        raise AssertionError("called without the framework")

    frameworks.run_in("keras", never, recorded="0.1192 0.5000")
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Keras    0.1192 0.5000"
    assert "recorded" in second
    assert "course.py setup --frameworks" in second


def test_loading_what_is_not_installed_says_how_to_install_it(absent: None) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"course\.py setup --frameworks"):
        frameworks.load("jax")


def test_an_unknown_framework_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown framework 'tensorflow'; known: torch, keras"):
        frameworks.load("tensorflow")
