"""A learner's first half-hour in a real browser: open the course, run a lesson, move a slider, answer a question."""

import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from matplotlib.image import imread
from playwright.sync_api import Browser, Locator, Page, expect

from authoring.browser import (
    HOW_TO_INSTALL,
    Complaints,
    Server,
    Window,
    find_chromium,
    free_port,
    open_address,
    open_browser,
    open_page,
    open_window,
    run_all_cells,
    serve,
)
from authoring.shots import photograph
from authoring.source import tags

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_INSTALL)
    with open_browser(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Server]:
    """The course, opened by the README's command. Afterwards every notebook is as it was before."""
    notebooks = [path for folder in ("notebooks", "exercises", "solutions") for path in (ROOT / folder).glob("*.ipynb")]
    before = {path: path.read_bytes() for path in notebooks}
    port = free_port()
    command = [sys.executable, str(ROOT / "course.py"), "lab", "--no-browser", f"--port={port}"]
    with serve(command, port, tmp_path_factory.mktemp("lab"), Window()) as server:
        yield server
    assert {path: path.read_bytes() for path in notebooks} == before


def cell_at(page: Page, notebook: nbformat.NotebookNode, name: str) -> Locator:
    """The cell with this id, found by its place, because the page does not show ids."""
    return page.locator(".jp-Notebook .jp-Cell").nth([cell.id for cell in notebook.cells].index(name))


def type_into(page: Page, cell: Locator, source: str) -> None:
    """Replace a cell's source key by key, as a learner would, and run the cell."""
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    for number, line in enumerate(source.splitlines()):
        if number:
            page.keyboard.press("Enter")
            # What the editor indented by itself gives way to the line's own indentation.
            page.keyboard.press("Shift+Home")
        page.keyboard.type(line)
        if not line:
            page.keyboard.press("Delete")
    page.keyboard.press("Shift+Enter")


def drawing(stage: Locator) -> str:
    """All nodes of the stage's pictures, as text."""
    return str(stage.evaluate("node => Array.from(node.querySelectorAll('svg'), svg => svg.outerHTML).join('')"))


def wait_for_other_drawing(page: Page, stage: Locator, before: str) -> str:
    """The stage's nodes as soon as they differ; fails where they stay as they were."""
    for _ in range(PATIENCE_MS // 100):
        if drawing(stage) != before:
            return drawing(stage)
        page.wait_for_timeout(100)
    pytest.fail(f"the picture did not change within {PATIENCE_MS / 1000:.0f} s")


def name_of(control: Locator) -> str:
    """What a screen reader calls a form field."""
    return str(control.evaluate("node => node.getAttribute('aria-label') || node.labels?.[0]?.textContent || ''"))


def assert_clean(complaints: Complaints) -> None:
    assert complaints.lines() == []


def test_the_watch_over_a_page_is_awake(browser: Browser) -> None:
    with open_window(Window(), browser) as (page, complaints):
        page.goto("data:text/html,<h1>A page</h1>")
        page.evaluate("() => fetch('https://example.org/').catch(() => null)")
        page.evaluate("() => { console.error('an error'); setTimeout(() => { throw new Error('a failure'); }); }")
        page.wait_for_timeout(500)
    assert complaints.requests == ["https://example.org/"]
    assert complaints.page == ["a failure"]
    assert any(line.startswith("an error") for line in complaints.console)


def test_the_readme_command_opens_the_start_page(lab: Server, browser: Browser) -> None:
    with open_address(lab, "/", Window(), browser) as (page, complaints):
        path = page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
        assert path == "notebooks/00_start_here.ipynb"
        expect(page.locator(".jp-Notebook h1").first).to_contain_text("Start here")
    assert_clean(complaints)


def test_a_lesson_runs_and_its_slider_changes_the_picture(lab: Server, browser: Browser) -> None:
    with open_page(lab, "notebooks/03_sigmoid.ipynb", Window(), browser) as (page, complaints):
        run_all_cells(page)
        outputs = page.locator(".jp-OutputArea-output")
        stage = outputs.filter(has=page.get_by_role("slider")).filter(has=page.locator("svg")).first
        slider = stage.get_by_role("slider").first
        assert name_of(slider).strip()
        before = drawing(stage)
        slider.focus()
        page.keyboard.press("ArrowRight")
        changed = wait_for_other_drawing(page, stage, before)
        assert changed.count("<") > 20, "the stage draws next to nothing"
    assert_clean(complaints)


def test_an_exercise_is_answered_and_check_says_so(lab: Server, browser: Browser) -> None:
    exercise = nbformat.read(ROOT / "exercises" / "03_sigmoid.ipynb", as_version=4)
    solution = nbformat.read(ROOT / "solutions" / "03_sigmoid.ipynb", as_version=4)
    first = next(cell for cell in exercise.cells if "answer" in tags(cell))
    answer = next(cell for cell in solution.cells if cell.id == first.id)
    check = next(cell for cell in exercise.cells if cell.cell_type == "code" and cell.source.startswith("check("))
    with open_page(lab, "exercises/03_sigmoid.ipynb", Window(), browser) as (page, complaints):
        run_all_cells(page)
        verdict = cell_at(page, exercise, check.id).locator(".jp-OutputArea-output").first
        expect(verdict).to_contain_text("Not attempted yet")
        type_into(page, cell_at(page, exercise, first.id), answer.source)
        cell_at(page, exercise, check.id).locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        expect(verdict).to_contain_text("Right:", timeout=PATIENCE_MS)
    assert_clean(complaints)


FOCUSED = "() => ({ kind: document.activeElement.type ?? '', text: document.activeElement.textContent })"
CELLS = "() => Array.from(window.jupyterapp.shell.currentWidget.content.model.cells, cell => [cell.id, cell.type])"


def press_tab_until(page: Page, kind: str) -> None:
    """Tab to the next form field of this type; fails where none comes."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)["kind"] == kind:
            return
    pytest.fail(f"30 times Tab and no {kind}; the focus is at {page.evaluate(FOCUSED)}")


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A short notebook of forms inside the course's folder, so that the same JupyterLab shows it."""
    lines = (
        "from course_lib.exercises import predict, quiz",
        'quiz("03")',
        'predict("22-ten-times-less-likely")',
        'predict("03-largest-slope")',
    )
    cells = [nbformat.v4.new_code_cell(line, id=f"cell-{number}") for number, line in enumerate(lines)]
    path = ROOT / f"forms-{tmp_path_factory.mktemp('forms').name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    yield path
    path.unlink()


def test_forms_are_answered_by_keyboard_alone(lab: Server, browser: Browser, forms: Path) -> None:
    with open_page(lab, forms.name, Window(), browser) as (page, complaints):
        run_all_cells(page)
        questions = page.locator(".course-question")
        expect(questions).to_have_count(7)
        before = page.evaluate(CELLS)
        # Running all cells ends with the focus moving to the last one; a click comes after that.
        page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-InputPrompt").click()
        expect(page.locator(".jp-Notebook .jp-Cell").nth(1)).to_be_focused()
        press_tab_until(page, "radio")
        # Letters of JupyterLab's commands: Markdown, cut, insert, delete.
        for key in ("Space", "m", "x", "a", "d", "d", "ArrowDown"):
            page.keyboard.press(key)
        assert page.evaluate(CELLS) == before
        expect(questions.nth(0).get_by_role("radio").nth(1)).to_be_checked()
        press_tab_until(page, "submit")
        page.keyboard.press("Enter")
        expect(questions.nth(0).get_by_role("status")).to_contain_text("Not this one", timeout=PATIENCE_MS)
        questions.nth(5).get_by_role("radio").first.focus()
        page.keyboard.press("ArrowDown")
        press_tab_until(page, "submit")
        page.keyboard.press("Space")
        expect(questions.nth(5).get_by_role("status")).to_contain_text("Noted: b)", timeout=PATIENCE_MS)
        press_tab_until(page, "text")
        page.keyboard.type("0.5")
        # At once, while the page still tells the kernel what was typed: the press carries the whole number.
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(questions.nth(6).get_by_role("status")).to_contain_text("Noted: 0.5", timeout=PATIENCE_MS)
        assert page.evaluate(CELLS) == before
    assert_clean(complaints)


def test_screenshots_show_a_notebook_in_the_asked_theme_and_size(browser: Browser, tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell("6 * 7", id="answer"), nbformat.v4.new_markdown_cell("# End", id="end")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "short.ipynb")
    window = Window(theme="dark", width=900, height=600)
    (picture,) = photograph(tmp_path / "short.ipynb", tmp_path / "out", window, browser=browser)
    pixels = imread(picture)
    assert pixels.shape[:2] == (600, 900)
    assert pixels[..., :3].mean() < 0.3
    assert nbformat.read(tmp_path / "short.ipynb", as_version=4).cells[0].outputs == []
