"""The pages of the grader in a real browser: on a screen, in the dark, on a phone and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from grading_records import graded, open_case, received
from playwright.sync_api import Browser

from authoring.browser import HOW_TO_INSTALL, Window, find_chromium, open_browser, open_window
from course_lib.exercises.bank import of_lesson
from course_lib.exercises.grading import feedback
from course_lib.exercises.grading.class_report import class_report
from course_lib.exercises.grading.policy import Policy
from course_lib.exercises.grading.read import Cell, Notebook
from course_lib.exercises.grading.standings import standings

pytestmark = pytest.mark.browser

WINDOWS = {"light": Window(), "dark": Window("dark"), "phone": Window(width=390, height=800)}
LONG = "a_name_without_any_blank_" * 12


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_INSTALL)
    with open_browser(chromium) as running:
        yield running


@pytest.fixture(scope="module", params=["feedback", "report"])
def page_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page full of long words: names of files, of students, code on one line, messages."""
    files = [received("s1", received_as=f"{LONG}.ipynb", name=LONG), received("s2")]
    wrong = {q.id: q.misconceptions[0].answer for q in of_lesson("03")}
    entries = [graded(files[0], wrong, notes=(LONG,)), open_case(files[1])]
    found = standings(files, entries, Policy())
    cells = Notebook((Cell(1, f"decide = '{LONG}'", True),))
    html = {
        "feedback": lambda: feedback.page(found[0], {"03_sigmoid": cells}, Policy()),
        "report": lambda: class_report("A class", found, files, Policy()),
    }[request.param]()
    path = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_a_page_fits_its_window_and_asks_for_nothing(window: Window, page_file: Path, browser: Browser) -> None:
    with open_window(window, browser) as (page, complaints):
        page.goto(page_file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= window.width
        assert page.get_by_role("heading", level=1).count() == 1
        assert complaints.lines() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_white_and_its_letters_are_dark(theme: str, page_file: Path, browser: Browser) -> None:
    with open_window(Window(theme, width=720), browser) as (page, _):
        page.emulate_media(media="print")
        page.goto(page_file.as_uri())
        colours = page.evaluate(
            "[...document.querySelectorAll('body, p, caption, th, td, code')].map(e => getComputedStyle(e).color)"
        )
        assert len(colours) > 10
        for colour in set(colours):
            assert max(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) < 110
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_no_table_of_the_report_is_cut_on_paper(page_file: Path, browser: Browser) -> None:
    with open_window(Window(width=720), browser) as (page, _):
        page.emulate_media(media="print")
        page.goto(page_file.as_uri())
        cut = page.evaluate("[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth).length")
        assert cut == 0
