"""nbval runs every notebook of the course; these tests see to it that it does so cleanly and can't be passed over."""

import json
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]

STORE_WRITER = """\
import os, pathlib
home = pathlib.Path(os.environ["COURSE_HOME"])
marks = len(list(home.glob("mark*")))
(home / "mark").touch()
print(marks, os.environ["COURSE_STRICT"], os.environ["OMP_NUM_THREADS"], "inline" in os.environ["MPLBACKEND"])
"""


@pytest.fixture
def course(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty course under this course's conftest."""
    pytester.makeconftest((ROOT / "conftest.py").read_text(encoding="utf-8"))
    (pytester.path / "notebooks").mkdir()
    return pytester


def store_notebook(course: pytest.Pytester, name: str, source: str, printed: str) -> None:
    output = nbformat.v4.new_output("stream", name="stdout", text=printed)
    cell = nbformat.v4.new_code_cell(source, id="only-cell", execution_count=1, outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), course.path / "notebooks" / f"{name}.ipynb")


def run(course: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """In this process, which is quick; notebooks need kernels and so a process of their own."""
    start = course.runpytest_subprocess if "--nbval" in arguments else course.runpytest_inprocess
    return start("-p", "no:cacheprovider", *arguments)


@pytest.mark.parametrize("folder", ["notebooks", "exercises", "solutions"])
def test_the_test_command_collects_every_folder_of_notebooks(pytestconfig: pytest.Config, folder: str) -> None:
    assert folder in pytestconfig.getini("testpaths")


def test_the_test_command_runs_nbval_with_outputs_compared(pytestconfig: pytest.Config) -> None:
    options = pytestconfig.option
    assert options.nbval
    assert options.nbval_current_env
    assert not options.nbval_lax
    assert options.nbval_cell_timeout <= 120


def test_each_notebook_starts_with_an_empty_progress_store(course: pytest.Pytester) -> None:
    for name in ("01_first", "02_second"):
        store_notebook(course, name, STORE_WRITER, printed="0 1 1 True\n")
    run(course, "--nbval", "--nbval-current-env", "notebooks").assert_outcomes(passed=2)


def test_progress_of_whoever_runs_the_tests_is_out_of_reach(course: pytest.Pytester, tmp_path: Path) -> None:
    course.makepyfile(f"""
        import os
        def test_home():
            assert os.environ["COURSE_HOME"] != {str(tmp_path)!r}
    """)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(tmp_path))
        run(course).assert_outcomes(passed=1)


def test_failing_cell_says_which_and_what_to_do(course: pytest.Pytester) -> None:
    store_notebook(course, "01_first", "print(2)", printed="1\n")
    result = run(course, "--nbval", "--nbval-current-env", "notebooks")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*cell 'only-cell' of 01_first.ipynb*python -m authoring build 01_first"])


def test_failing_cell_of_an_edited_notebook_says_that_it_was_edited(course: pytest.Pytester) -> None:
    sources = course.path / "authoring" / "lessons"
    sources.mkdir(parents=True)
    (sources / "01_first.py").write_text('# %% id="only-cell"\nprint(1)\n', encoding="utf-8")
    store_notebook(course, "01_first", "print(2)", printed="1\n")
    result = run(course, "--nbval", "--nbval-current-env", "notebooks")
    result.stdout.fnmatch_lines(["*cell 'only-cell' of 01_first.ipynb. The notebook is not what its source describes*"])


SKIPS = {
    "test": "import pytest\ndef test_it():\n    pytest.skip('no browser here')\n",
    "mark": "import pytest\n@pytest.mark.skip(reason='no browser here')\ndef test_it():\n    pass\n",
    "fixture": "import pytest\n@pytest.fixture\ndef page():\n    pytest.skip('no browser here')\n"
    "def test_it(page):\n    pass\n",
}


@pytest.fixture
def strictness(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """To say whether skipping is allowed, whatever the tests around these are told."""
    for name in ("CI", "COURSE_NO_SKIP", "COURSE_MAY_SKIP"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS)
@pytest.mark.parametrize("variable", ["CI", "COURSE_NO_SKIP"])
def test_nothing_is_skipped_in_ci(
    course: pytest.Pytester, strictness: pytest.MonkeyPatch, source: str, variable: str
) -> None:
    course.makepyfile(source)
    strictness.setenv(variable, "true")
    result = run(course)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*nothing may be skipped here*no browser here*"])


def test_no_module_is_skipped_in_ci(course: pytest.Pytester, strictness: pytest.MonkeyPatch) -> None:
    course.makepyfile("import pytest\npytest.importorskip('no_such_framework')\n")
    strictness.setenv("CI", "true")
    result = run(course)
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*nothing may be skipped here*no_such_framework*"])


def test_a_skip_elsewhere_is_a_skip(course: pytest.Pytester, strictness: pytest.MonkeyPatch) -> None:
    course.makepyfile(SKIPS["test"])
    run(course).assert_outcomes(skipped=1)


def test_ci_may_allow_skips_on_a_machine_that_lacks_something(
    course: pytest.Pytester, strictness: pytest.MonkeyPatch
) -> None:
    course.makepyfile(SKIPS["test"])
    strictness.setenv("CI", "true")
    strictness.setenv("COURSE_MAY_SKIP", "1")
    run(course).assert_outcomes(skipped=1)


def test_an_expected_failure_is_no_skip(course: pytest.Pytester, strictness: pytest.MonkeyPatch) -> None:
    course.makepyfile("import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert False\n")
    strictness.setenv("CI", "true")
    run(course).assert_outcomes(xfailed=1)


def test_lab_settings_are_json_and_keep_the_news_away() -> None:
    path = ROOT / ".jupyter" / "labconfig" / "default_setting_overrides.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}
