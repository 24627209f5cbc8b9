"""For the tests and for the notebooks that nbval runs: a clean environment, clear messages, no skipping in CI."""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from authoring.environment import kernel_environment

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent

_patch = pytest.MonkeyPatch()
_scratch = tempfile.TemporaryDirectory(prefix="course-tests-", ignore_cleanup_errors=True)


def pytest_configure() -> None:
    """Nothing that a test runs touches the progress of whoever runs it."""
    for name, value in kernel_environment(Path(_scratch.name)).items():
        _patch.setenv(name, value)
    _patch.setenv("MPLBACKEND", "agg")


def pytest_unconfigure() -> None:
    _patch.undo()
    _scratch.cleanup()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """A notebook's kernel starts with a progress store of its own, so that no notebook depends on another."""
    with pytest.MonkeyPatch.context() as patch:
        if isinstance(item.parent, IPyNbFile) and item.parent.kernel is None:
            patch.delenv("MPLBACKEND")
            patch.setenv("COURSE_HOME", tempfile.mkdtemp(dir=_scratch.name))
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and isinstance(item, IPyNbCell):
        report.sections.append(("What to do", _advice(item)))
    if report.skipped and not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where CI or COURSE_NO_SKIP is set, a test that cannot run has failed."""
    if os.environ.get("CI", "").lower() in ("", "0", "false") and not os.environ.get("COURSE_NO_SKIP"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"nothing may be skipped here (CI or COURSE_NO_SKIP is set): {reason}"


def _advice(item: IPyNbCell) -> str:
    # Needed only after a failure, and slow to import.
    from authoring.build import out_of_step, targets

    place = f"This is cell {item.cell.get('id', '?')!r} of {item.path.name}."
    rebuild = f"python -m authoring build {item.path.stem}"
    target = next((target for target in targets(ROOT) if target.path == item.path), None)
    if target is None or not out_of_step(target):
        return f"{place} Mend its source in authoring/, or what it calls, then: {rebuild}"
    return (
        f"{place} The notebook was edited or run by hand: it is not what its source describes. This test is for a "
        f"fresh copy of the course. To get the original back (keep your own work under another name first): {rebuild}"
    )
