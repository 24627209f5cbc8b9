"""Every widget of the course in JupyterLab with a kernel: one notebook shows all, each in two copies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from stage_driving import CALLS, COLLISIONS, CONTRAST, Opened, expect_drawn
from stage_samples import MARKS, TRAINING

from authoring.browser import (
    HOW_TO_INSTALL,
    Complaints,
    Window,
    ask_kernel,
    find_chromium,
    free_port,
    lab_command,
    open_browser,
    open_page,
    restart_kernel,
    run_all_cells,
    run_cell,
    serve,
    set_theme,
)
from course_lib import widgets
from course_lib.stage import Stage

pytestmark = pytest.mark.browser

SAMPLES = {"marks": MARKS, "training": TRAINING}
FIRST = f"""import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from IPython.display import display
from stage_samples import MARKS, TRAINING
from course_lib import widgets
from course_lib.exercises import progress
from course_lib.stage import Stage
made = {{}}

def show_twice(name, stage):
    made[name] = stage
    display(stage)
    # The second copy without its picture, which takes longer than all the rest.
    view = "application/vnd.jupyter.widget-view+json"
    display({{view: {{"version_major": 2, "version_minor": 1, "model_id": stage.model_id}}}}, raw=True)
"""
SHOWN = {**CALLS, "marks": "Stage(MARKS)", "training": "Stage(TRAINING)"}
SOURCES = {
    "first": FIRST,
    **{name: f"show_twice({name!r}, {call})" for name, call in SHOWN.items()},
}


@dataclass
class Desk:
    """The notebook in JupyterLab."""

    page: Page
    complaints: Complaints

    def copies(self, name: str) -> list[Opened]:
        """Both copies of a widget, drawn."""
        stages = self.cell(name).locator("section.stage")
        expect(stages).to_have_count(2, timeout=30_000)
        found = [Opened(self.page, stages.nth(index)) for index in range(2)]
        for copy in found:
            expect_drawn(copy)
        return found

    def cell(self, name: str) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(list(SOURCES).index(name))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_INSTALL)
    folder = tmp_path_factory.mktemp("notebooks")
    cells = [
        {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for name, source in SOURCES.items()
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
    (folder / "widgets.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    port, window = free_port(), Window()
    with (
        serve(lab_command(folder, port), port, tmp_path_factory.mktemp("lab"), window) as server,
        open_browser(chromium) as browser,
        open_page(server, "widgets.ipynb", window, browser) as (page, complaints),
    ):
        run_all_cells(page)
        yield Desk(page, complaints)


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    """The notebook; after each test nothing may have complained, and no request may have left this machine."""
    yield opened
    said = opened.complaints.lines()
    opened.complaints.console.clear(), opened.complaints.page.clear(), opened.complaints.requests.clear()
    assert said == []


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request: pytest.FixtureRequest, opened: Desk) -> Iterator[str]:
    set_theme(opened.page, request.param)
    yield request.param
    set_theme(opened.page, "light")


@pytest.fixture
def large(desk: Desk) -> Iterator[None]:
    """All widgets in large type."""
    button = desk.copies("explore")[0].button("Large type")
    button.click()
    yield
    button.click()


def handles_of(name: str) -> int:
    if name in SAMPLES:
        return sum(len(chart.handles) for chart in SAMPLES[name].scene(**SAMPLES[name].defaults).charts)
    stage: Stage = eval(CALLS[name], {"widgets": widgets})
    try:
        return sum(len(chart.handles) for chart in stage.scene.charts)
    finally:
        stage.close()


@pytest.mark.parametrize("name", [*CALLS, "marks"])
def test_a_key_moves_both_copies_and_what_they_show(desk: Desk, name: str) -> None:
    one, two = desk.copies(name)
    before, drawn = one.state.input_value(), one.drawing()
    one.press_a_key()
    expect(two.state).not_to_have_value(before)
    expect(one.state).to_have_value(two.state.input_value())
    desk.page.wait_for_timeout(100)
    assert one.drawing() != drawn
    one.button("Reset").click()
    expect(two.state).to_have_value(before)


@pytest.mark.parametrize("name", SHOWN)
def test_every_handle_follows_the_mouse(desk: Desk, name: str) -> None:
    one, two = desk.copies(name)
    count = handles_of(name)
    expect(one.handles).to_have_count(count)
    for index in range(count):
        before = two.state.input_value()
        one.drag(one.handles.nth(index), -45, -30)
        if two.state.input_value() == before:
            # It may have stood at its end.
            one.drag(one.handles.nth(index), 60, 45)
        expect(two.state).not_to_have_value(before)
    one.button("Reset").click()


@pytest.mark.parametrize("name", SHOWN)
def test_after_its_cell_ran_again_it_is_new_and_alive(desk: Desk, name: str) -> None:
    one, _ = desk.copies(name)
    start = one.state.input_value()
    one.press_a_key()
    expect(one.state).not_to_have_value(start)
    run_cell(desk.page, name)
    again, _ = desk.copies(name)
    expect(again.state).to_have_value(start)
    again.press_a_key()
    expect(again.state).not_to_have_value(start)
    again.button("Reset").click()
    expect(again.state).to_have_value(start)


@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_serious(theme: str, desk: Desk, name: str) -> None:
    one, _ = desk.copies(name)
    assert one.violations() == []


@pytest.mark.parametrize("name", SHOWN)
def test_words_and_lines_stand_out_from_the_paper(theme: str, desk: Desk, name: str) -> None:
    one, _ = desk.copies(name)
    expect(one.stage).to_have_class(re.compile("dark" if theme == "dark" else "^stage$"))
    found = one.stage.evaluate(CONTRAST)
    assert found["words"] >= 4.5
    assert found["text"] >= 4.5
    assert found["lines"] >= 3
    assert found["edges"] is None or found["edges"] >= 3


@pytest.mark.parametrize("name", SHOWN)
def test_large_type_fits(large: None, desk: Desk, name: str) -> None:
    _, two = desk.copies(name)
    expect(two.stage).to_have_class(re.compile("large"))
    assert two.stage.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") == 21
    assert two.stage.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    assert two.stage.evaluate(COLLISIONS) == []


def test_a_wrong_state_is_refused_in_words(desk: Desk) -> None:
    one, _ = desk.copies("marks")
    one.state.fill("every-mark a=99")
    one.state.press("Enter")
    expect(one.alert).to_contain_text("a=99 is outside")
    one.button("Reset").click()
    expect(one.alert).to_be_hidden()


def test_the_verdict_goes_with_the_next_move_and_the_badge_stays(desk: Desk) -> None:
    one, two = desk.copies("marks")
    one.state.fill("a=1")
    one.state.press("Enter")
    one.button("Check").click()
    expect(two.stage.locator(".verdict.solved")).to_contain_text("Yes, a is 1.")
    expect(two.stage.locator(".badge")).to_be_visible()
    one.slider("Shift a").press("ArrowRight")
    expect(two.stage.locator(".verdict")).to_have_text("")
    expect(two.stage.locator(".badge")).to_be_visible()
    stored = "from course_lib.exercises.store import Store; print([e.item for e in Store().events('task')])"
    assert ask_kernel(desk.page, stored) == "['sample-one']"


def test_a_result_that_cannot_be_stored_is_announced(desk: Desk) -> None:
    one, _ = desk.copies("marks")
    ask_kernel(desk.page, "from course_lib import scored; kept = scored._listeners[:]; scored._listeners.clear()")
    one.button("Check").click()
    expect(one.stage.locator(".verdict")).to_contain_text("not stored")
    ask_kernel(desk.page, "scored._listeners.extend(kept)")


def test_a_run_starts_pauses_and_ends_when_its_cell_runs_again(desk: Desk) -> None:
    one, _ = desk.copies("training")
    one.button("Start").click()
    expect(one.says).to_contain_text(re.compile(r"After \d{3,} steps"), timeout=20_000)
    one.button("Pause").click()
    expect(one.button("Start")).to_be_visible()
    # The words follow the picture by half a second at most.
    desk.page.wait_for_timeout(600)
    shown = one.says.inner_text()
    desk.page.wait_for_timeout(600)
    assert one.says.inner_text() == shown
    one.button("Start").click()
    expect(one.says).not_to_have_text(shown)
    ask_kernel(desk.page, "before = made['training']")
    run_cell(desk.page, "training")
    again, _ = desk.copies("training")
    expect(again.says).to_contain_text("After 0 steps")
    desk.page.wait_for_function(
        "async ask => (await eval(ask)('print(before.running)')) === 'False'",
        arg="""async code => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            let said = '';
            const reply = kernel.requestExecute({ code });
            reply.onIOPub = message => { said += message.content.text ?? ''; };
            await reply.done;
            return said.trim();
        }""",
        timeout=10_000,
    )


def test_after_a_restart_of_the_kernel_every_widget_says_so(desk: Desk) -> None:
    # The last test here: nothing lives after it.
    restart_kernel(desk.page)
    for name in SHOWN:
        desk.copies(name)[0].button("Reset").click()
    for name in SHOWN:
        alert = desk.cell(name).get_by_role("alert").first
        expect(alert).to_contain_text("run this cell again", timeout=20_000)
    run_cell(desk.page, "first")
    run_cell(desk.page, "marks")
    again, _ = desk.copies("marks")
    again.press_a_key()
    expect(again.state).not_to_have_value("every-mark a=0.5 rate=0.1 kind=sine dashed=false clicked=[]")
