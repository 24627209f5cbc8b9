"""Screenshots of a notebook in JupyterLab, one per screenful, for whoever reviews how it looks."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from authoring.browser import (
    HOW_TO_INSTALL,
    BrowserError,
    Window,
    find_chromium,
    free_port,
    lab_command,
    open_page,
    run_all_cells,
    serve,
)
from authoring.build import ROOT, targets
from authoring.source import SourceError

# So much of the previous picture is seen again, so that nothing is cut in two without being whole somewhere.
_OVERLAP_PX = 60


def find_notebook(name: str, root: Path = ROOT) -> Path:
    """The notebook at this path, or the lesson with this number or name."""
    path = Path(name)
    if path.suffix == ".ipynb" or path.exists():
        if not path.is_file():
            raise SourceError(f"no notebook at {path}")
        return path.resolve()
    lesson = next(target for target in targets(root, [name]) if target.folder == "notebooks")
    if not lesson.path.is_file():
        raise SourceError(f"{lesson.label} is not built yet; run `python -m authoring build {name}`")
    return lesson.path


def photograph(
    notebook: Path, out: Path, window: Window, *, run: bool = True, browser: Browser | None = None
) -> list[Path]:
    """Open a copy of the notebook, run it unless told not to, and store `NAME-THEME-01.png`, …; returns their paths.

    Without a `browser` that runs already it starts one.
    """
    chromium = browser or find_chromium()
    if chromium is None:
        raise BrowserError(HOW_TO_INSTALL)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / "course"
        copy = _copy(notebook, folder)
        port = free_port()
        stem = f"{notebook.parent.name}-{notebook.stem}-{window.theme}"
        with (
            serve(lab_command(folder, port), port, Path(scratch), window) as server,
            open_page(server, copy, window, chromium) as (page, complaints),
        ):
            _make_room(page)
            failure = _run(page) if run else None
            pictures = list(_screenfuls(page, out, stem))
        for line in complaints.lines():
            print(f"note: {line}")
        if failure is not None:
            print(f"note: {failure}")
    return pictures


def _copy(notebook: Path, folder: Path) -> str:
    """Copy the notebook with its neighbours, so that links work and nothing is saved into the original."""
    if notebook.parent.parent == ROOT:
        for name in ("notebooks", "exercises", "solutions"):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name)
        return f"{notebook.parent.name}/{notebook.name}"
    folder.mkdir(parents=True)
    shutil.copy(notebook, folder)
    return notebook.name


def _run(page: Page) -> BrowserError | None:
    """Run all cells; a failing one is reported and photographed all the same."""
    try:
        run_all_cells(page)
    except BrowserError as error:
        return error
    # Pictures and widgets are drawn a moment after the kernel falls silent.
    page.wait_for_timeout(1500)
    return None


def _make_room(page: Page) -> None:
    """Close the file browser: a learner reads with it closed, and the page is what we look at."""
    page.evaluate("() => { window.jupyterapp.shell.collapseLeft(); window.jupyterapp.shell.collapseRight(); }")
    page.wait_for_timeout(300)


# JupyterLab leaves an empty screen below the last cell; it ends with that cell for us.
_PIXELS_BELOW = """node => {
    const cells = node.querySelectorAll('.jp-Cell');
    return cells[cells.length - 1].getBoundingClientRect().bottom - node.getBoundingClientRect().bottom;
}"""


def _screenfuls(page: Page, out: Path, stem: str) -> Iterator[Path]:
    for old in out.glob(f"{stem}-[0-9][0-9].png"):
        old.unlink()
    scroller = page.locator(".jp-WindowedPanel-outer:visible").first
    top, number = 0, 0
    while True:
        scroller.evaluate("(node, top) => { node.scrollTop = top; }", top)
        page.wait_for_timeout(250)
        number += 1
        path = out / f"{stem}-{number:02d}.png"
        page.screenshot(path=path)
        yield path
        left = scroller.evaluate(_PIXELS_BELOW)
        if left <= 0:
            return
        top += scroller.evaluate("node => node.clientHeight") - _OVERLAP_PX
