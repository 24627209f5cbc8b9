"""A gallery in JupyterLab: found by keyboard, filtered, explored and compared; and readable without having been run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from authoring.browser import (
    HOW_TO_INSTALL,
    Server,
    Window,
    find_chromium,
    free_port,
    lab_command,
    open_page,
    run_all_cells,
    serve,
)

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
NAME = "90_gallery_activations"
IDS = [cell.id for cell in nbformat.read(ROOT / "notebooks" / f"{NAME}.ipynb", as_version=4).cells]


@pytest.fixture(scope="module")
def chromium() -> str:
    path = find_chromium()
    if path is None:
        pytest.skip(HOW_TO_INSTALL)
    return path


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Server]:
    """JupyterLab over a copy of the notebooks, which may be changed."""
    folder, port = tmp_path_factory.mktemp("course"), free_port()
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    with serve(lab_command(folder, port), port, tmp_path_factory.mktemp("lab"), Window()) as server:
        yield server


def cell(page: Page, name: str) -> Locator:
    """The cell with this id, scrolled into view: JupyterLab draws only those near the window."""
    number = IDS.index(name)
    page.evaluate("n => { window.jupyterapp.shell.currentWidget.content.scrollToItem(n, 'start'); }", number)
    found = page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{number}']")
    expect(found).to_be_attached()
    return found


def choose(page: Page, field: Locator, first_letters: str) -> None:
    """Pick an option as one does without a mouse: focus the field and type the beginning of its name."""
    field.focus()
    page.keyboard.type(first_letters)
    page.keyboard.press("Tab")


def test_the_table_the_explorer_and_the_comparison_work_by_keyboard(lab: Server, chromium: str) -> None:
    with open_page(lab, f"notebooks/{NAME}.ipynb", Window(), chromium) as (page, complaints):
        run_all_cells(page)
        table = cell(page, "table-properties")
        table.get_by_label("Words in it", exact=True).focus()
        page.keyboard.type("phones")
        expect(table.get_by_role("status")).to_contain_text("of 36 shown")
        expect(table.get_by_role("row")).to_have_count(4)
        choose(page, table.get_by_label("Family", exact=True), "self")
        expect(table.get_by_role("rowheader")).to_have_text(["Hard swish"])

        explorer = cell(page, "explore-widget")
        choose(page, explorer.get_by_label("Explore", exact=True), "smooth")
        expect(explorer.locator("section.stage")).to_have_attribute("aria-label", "Explore Softplus")
        choose(page, explorer.get_by_label("Explore", exact=True), "normalising")
        expect(explorer.locator("section.stage")).to_have_attribute("aria-label", "Explore Softmax")

        comparison = cell(page, "compare-widget")
        choose(page, comparison.get_by_label("Take a family", exact=True), "exponential")
        expect(comparison.locator("section.stage")).to_have_attribute("aria-label", "Compare ELU, SELU and CELU")
        comparison.locator(".handle").first.focus()
        before = comparison.locator(".says").inner_text()
        page.keyboard.press("ArrowLeft")
        expect(comparison.locator(".says")).not_to_have_text(before)
    assert complaints.lines() == []


def test_a_fresh_clone_shows_the_table_and_folds_the_cards(lab: Server, chromium: str) -> None:
    with open_page(lab, f"notebooks/{NAME}.ipynb", Window(), chromium) as (page, complaints):
        table = cell(page, "table-properties")
        expect(table.get_by_role("rowheader")).to_have_count(36)
        cell(page, "index-list").get_by_role("link", name="Self-gated").click()
        heading = page.get_by_role("heading", name="Self-gated: 6 cards")
        expect(heading).to_be_in_viewport()
        card = page.locator("details").filter(has_text="(mish)")
        expect(card.get_by_role("table")).to_be_hidden()
        card.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(card.get_by_role("table")).to_be_visible()
    assert complaints.lines() == []
