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


def pytest_configure(config: pytest.Config) -> None:
    """Nothing that a test runs touches the progress of whoever runs it."""
    scratch = tempfile.TemporaryDirectory(prefix="course-tests-", ignore_cleanup_errors=True)
    patch = pytest.MonkeyPatch()
    config.add_cleanup(scratch.cleanup)
    config.add_cleanup(patch.undo)
    for name, value in kernel_environment(Path(scratch.name)).items():
        patch.setenv(name, value)
    patch.setenv("MPLBACKEND", "agg")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """A notebook's kernel starts with a progress store of its own, so that no notebook depends on another."""
    with pytest.MonkeyPatch.context() as patch:
        if isinstance(item.parent, IPyNbFile) and item.parent.kernel is None:
            patch.delenv("MPLBACKEND")
            patch.setenv("COURSE_HOME", tempfile.mkdtemp(dir=os.environ["COURSE_HOME"]))
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
    """Where CI or COURSE_NO_SKIP is set, a test that cannot run has failed; COURSE_MAY_SKIP lifts that."""
    asked = os.environ.get("CI", "").lower() not in ("", "0", "false") or os.environ.get("COURSE_NO_SKIP")
    if not asked or os.environ.get("COURSE_MAY_SKIP"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"nothing may be skipped here (CI or COURSE_NO_SKIP is set): {reason}"


def _advice(item: IPyNbCell) -> str:
    # Needed only after a failure, and slow to import.
    from authoring.build import out_of_step, targets
    from authoring.source import SourceError

    place = f"This is cell {item.cell.get('id', '?')!r} of {item.path.name}."
    rebuild = f"python -m authoring build {item.path.stem}"
    try:
        edited = any(out_of_step(target) for target in targets(ROOT) if target.path == item.path)
    except SourceError as error:
        return f"{place} Its source needs mending first: {error}"
    if edited:
        return (
            f"{place} The notebook is not what its source describes: one of them was edited since. This test is for a "
            "fresh copy of the course. To get the original back (keep your own work under another name first): "
            f"{rebuild}"
        )
    return f"{place} Mend its source in authoring/, or what it calls, then: {rebuild}"
