"""The stage in a real browser, as an exported page without a kernel and in JupyterLab with one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Locator, Page, expect
from stage_samples import MARKS, TRAINING

from authoring.browser import (
    HOW_TO_INSTALL,
    Complaints,
    Server,
    Window,
    find_chromium,
    free_port,
    lab_command,
    open_page,
    open_window,
    run_all_cells,
    serve,
)
from course_lib.panels.explore import explore_panel
from course_lib.panels.probability import probability_losses_panel
from course_lib.stage.page import write_page

pytestmark = pytest.mark.browser

LIGHT, DARK = Window(), Window(theme="dark")
PANELS = {
    "sigmoid": lambda: explore_panel("sigmoid"),
    "probability": probability_losses_panel,
    "marks": lambda: MARKS,
    "training": lambda: TRAINING,
}


@pytest.fixture(scope="module")
def chromium() -> str:
    path = find_chromium()
    if path is None:
        pytest.skip(HOW_TO_INSTALL)
    return path


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The address of an exported page of each panel."""
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PANELS.items():
        panel = make()
        write_page(panel, panel.defaults, folder / f"{name}.html")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield {name: f"http://127.0.0.1:{server.server_port}/{name}.html" for name in PANELS}
        server.shutdown()


class Silent(SimpleHTTPRequestHandler):
    """Serves the pages without a line for each request; the browser's wish for an icon is met with nothing."""

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        if self.path != "/favicon.ico":
            return super().do_GET()
        self.send_response(204)
        return self.end_headers()


class Opened:
    """A page with one widget, and what a learner reads and does there."""

    def __init__(self, page: Page, stage: Locator) -> None:
        self.page = page
        self.stage = stage

    @property
    def says(self) -> Locator:
        return self.stage.locator(".says")

    @property
    def handle(self) -> Locator:
        return self.stage.locator(".handle").first

    def button(self, name: str) -> Locator:
        return self.stage.get_by_role("button", name=name, exact=True)

    def slider(self, label: str) -> Locator:
        return self.stage.get_by_role("slider", name=label, exact=True)

    def curves(self) -> list[str]:
        return self.stage.locator("svg path").evaluate_all("nodes => nodes.map(node => node.getAttribute('d'))")


def opened(page: Page, address: str) -> Opened:
    page.goto(address)
    stage = page.locator("section.stage")
    expect(stage.locator("svg path").first).to_be_attached()
    return Opened(page, stage)


@pytest.fixture
def visit(chromium: str, pages: dict[str, str]) -> Iterator[object]:
    """visit("sigmoid") opens that page; at the end nothing may have complained."""
    running = []

    def go(name: str, window: Window = LIGHT) -> Opened:
        context = open_window(window, chromium)
        page, complaints = context.__enter__()
        running.append((context, complaints))
        return opened(page, pages[name])

    yield go
    said: list[Complaints] = []
    for context, complaints in running:
        context.__exit__(None, None, None)
        said.append(complaints)
    assert [line for complaints in said for line in complaints.lines()] == []


# Without a kernel ----------------------------------------------------------------------------------------------------


def test_the_slider_moves_by_keyboard_and_the_picture_follows(visit):
    page = visit("sigmoid")
    before = page.curves()
    page.slider("Score x").focus()
    page.page.keyboard.press("ArrowRight")
    expect(page.says).to_contain_text("At x = 1.55")
    assert page.curves() != before
    page.page.keyboard.press("Home")
    expect(page.says).to_contain_text("At x = −8")


def test_the_handle_moves_by_keys(visit):
    page = visit("sigmoid")
    page.handle.focus()
    for key, x in [
        ("ArrowLeft", "1.45"),
        ("ArrowUp", "1.5"),
        ("Shift+ArrowRight", "2"),
        ("PageUp", "2.5"),
        ("End", "8"),
    ]:
        page.page.keyboard.press(key)
        expect(page.says).to_contain_text(f"At x = {x}:")
        expect(page.handle).to_have_attribute("aria-valuetext", f"Score x {x}")
        expect(page.handle).to_have_attribute("aria-valuenow", x)
    assert page.slider("Score x").input_value() == "8"


def drag(page: Page, handle: Locator, dx: float, dy: float) -> None:
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=8)
    page.mouse.up()


def test_the_handle_moves_by_mouse_along_its_axis(visit):
    page = visit("sigmoid")
    drag(page.page, page.handle, -100, -40)
    moved = float(page.handle.get_attribute("aria-valuenow"))
    assert -4 < moved < -1
    expect(page.says).to_contain_text(f"At x = {moved:g}".replace("-", "−"))


def test_a_handle_on_a_track_goes_to_the_nearest_place_of_the_curve(visit):
    page = visit("probability")
    over_logit = page.stage.get_by_role("slider", name="Prediction, over the logit")
    drag(page.page, over_logit, -80, -60)
    p = float(page.slider("Predicted probability p").input_value())
    assert 0.02 < p < 0.15
    drag(page.page, over_logit, 400, 200)
    assert float(page.slider("Predicted probability p").input_value()) > 0.95


def test_a_number_can_be_typed_and_is_kept_in_range(visit):
    page = visit("sigmoid")
    typed = page.stage.get_by_role("spinbutton")
    typed.fill("5.95")
    typed.press("Enter")
    expect(page.says).to_contain_text("At x = 5.95")
    typed.fill("1000")
    typed.press("Enter")
    expect(page.says).to_contain_text("At x = 8:")


def test_the_task_is_checked_and_says_why_not(visit):
    page = visit("sigmoid")
    page.button("Check").click()
    expect(page.stage.locator(".verdict.open")).to_contain_text("Go further out")
    page.stage.get_by_role("spinbutton").fill("6")
    page.stage.get_by_role("spinbutton").press("Enter")
    expect(page.stage.locator(".verdict")).to_have_text("")
    page.button("Check").click()
    expect(page.stage.locator(".verdict.solved")).to_contain_text("Yes")


def test_presets_reset_choices_and_the_state_line_work(visit):
    page = visit("probability")
    state = page.stage.locator(".state")
    page.button("Wrong and sure").click()
    expect(state).to_have_value("probability-losses p=0.01 y=1")
    page.stage.get_by_role("combobox").select_option(index=1)
    expect(page.says).to_contain_text("Label y = 0")
    page.button("Reset").click()
    expect(state).to_have_value("probability-losses p=0.3 y=1")
    state.fill("p=0.5 y=0")
    state.press("Enter")
    expect(page.says).to_contain_text("prediction p = 0.5")
    state.fill("q=1")
    state.press("Enter")
    expect(page.stage.get_by_role("alert")).to_contain_text('no control "q"')


def test_a_recorded_run_plays_without_a_kernel(visit):
    page = visit("training")
    page.button("Step").click()
    expect(page.says).to_contain_text("After 5 steps")
    page.button("Start").click()
    expect(page.says).to_contain_text("After 750 steps", timeout=20_000)
    expect(page.button("Start")).to_be_visible()
    page.button("Reset").click()
    expect(page.says).to_contain_text("After 0 steps")


def test_every_mark_is_drawn(visit):
    page = visit("marks")
    expect(page.stage.locator("svg")).to_have_count(6)
    assert page.stage.locator("image").count() == 2
    assert page.stage.locator("rect.box").count() == 1
    assert [text for text in page.curves() if "NaN" in text] == []
    expect(page.stage.locator("svg").nth(1)).to_contain_text("triangle")
    broken = [text for text in page.curves() if text.count("M") == 2 and text.count("L") > 60]
    assert len(broken) == 1, "the line with a gap is drawn in two pieces"


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("window", [LIGHT, DARK, Window(width=400, height=800), Window(zoom=2)], ids=str)
def test_nothing_reaches_beyond_the_widget(visit, name, window):
    page = visit(name, window)
    page.button("Large type").click()
    wide = page.stage.evaluate("node => [node.scrollWidth, node.clientWidth, document.documentElement.scrollWidth]")
    assert wide[0] <= wide[1]
    assert wide[2] <= page.page.viewport_size["width"]


CONTRAST = """stage => {
  const numbers = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = text => numbers(text).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const paper = getComputedStyle(stage).backgroundColor;
  const worst = (selector, property) => Math.min(...[...stage.querySelectorAll(selector)]
    .map(node => getComputedStyle(node)).filter(style => style.display !== 'none' && style[property] !== 'none')
    .map(style => ratio(style[property], paper)));
  return { words: worst('svg text', 'fill'), text: worst('p:not(:empty), label, span', 'color'),
           lines: worst('.role-blue, .role-vermillion, .role-green, .role-ink, .role-quiet', 'color'),
           edges: worst('.edge', 'stroke') };
}"""


@pytest.mark.parametrize("window", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["sigmoid", "probability", "marks"])
def test_words_and_lines_stand_out_from_the_paper(visit, name, window):
    page = visit(name, window)
    page.button("Check").click()
    found = page.stage.evaluate(CONTRAST)
    assert found["words"] >= 4.5
    assert found["text"] >= 4.5
    assert found["lines"] >= 3
    assert found["edges"] >= 3


@pytest.mark.parametrize("name", PANELS)
def test_every_control_has_a_name_and_room_for_a_finger(visit, name):
    page = visit(name)
    controls = page.stage.locator("button, input, select, [role=slider]")
    for control in controls.all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 24
        assert control.evaluate(
            "node => node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent"
        )
    assert page.stage.locator("[aria-live=polite].says").count() == 1
    for group in page.stage.locator("svg").all():
        assert group.get_attribute("aria-label")


def test_focus_is_visible_on_a_handle(visit):
    page = visit("sigmoid")
    ring = "node => getComputedStyle(node.querySelector('.reach')).strokeWidth"
    assert page.handle.evaluate(ring) == "1px"
    page.slider("Score x").focus()
    for _ in range(20):
        page.page.keyboard.press("Tab")
        if page.handle.evaluate("node => node === document.activeElement"):
            break
    assert page.handle.evaluate(ring) == "3px"


def test_large_type_is_larger_and_remembered(visit):
    page = visit("sigmoid")
    size = "node => parseFloat(getComputedStyle(node.querySelector('svg text')).fontSize)"
    before = page.stage.evaluate(size)
    page.button("Large type").click()
    assert page.stage.evaluate(size) >= 1.4 * before
    page.page.reload()
    expect(page.stage).to_have_class(re.compile("large"))


# With a kernel -------------------------------------------------------------------------------------------------------

CELLS = [
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    "from stage_samples import MARKS, TRAINING\nfrom course_lib.stage import Stage\n"
    "made = [Stage(MARKS), Stage(TRAINING)]",
    "made[0]",
    "made[0]",
    "made[1]",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("notebooks")
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": cell, "outputs": [], "execution_count": None}
        for i, cell in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
    (folder / "stage.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    port = free_port()
    with serve(lab_command(folder, port), port, tmp_path_factory.mktemp("lab"), DARK) as server:
        yield server


@pytest.fixture
def live(lab: Server, chromium: str) -> Iterator[list[Opened]]:
    """Two views of one widget with every mark, and a widget that trains; at the end nothing may have complained."""
    with open_page(lab, "stage.ipynb", DARK, chromium) as (page, complaints):
        run_all_cells(page)
        stages = page.locator("section.stage")
        expect(stages).to_have_count(3)
        yield [Opened(page, stages.nth(index)) for index in range(3)]
    assert complaints.lines() == []


def test_two_views_of_one_widget_follow_each_other(live):
    first, second, _ = live
    expect(first.stage).to_have_class(re.compile("dark"))
    first.slider("Shift a").focus()
    first.page.keyboard.press("ArrowRight")
    expect(first.says).to_contain_text("a is 0.6")
    expect(second.says).to_contain_text("a is 0.6")
    second.handle.focus()
    for _ in range(5):
        second.page.keyboard.press("ArrowLeft")
    expect(first.says).to_contain_text("a is 0.1")
    drag(first.page, first.handle, 60, 0)
    expect(second.says).not_to_contain_text("a is 0.1")
    first.button("Cosine").click()
    expect(second.says).to_contain_text("a cosine")
    second.button("Check").click()
    expect(first.stage.locator(".verdict")).to_contain_text("a is 0.")


def test_a_wrong_state_is_refused_in_words(live):
    state = live[0].stage.locator(".state")
    state.fill("every-mark a=99")
    state.press("Enter")
    expect(live[0].stage.get_by_role("alert")).to_contain_text("a=99 is outside")
    live[0].button("Reset").click()
    expect(live[0].stage.get_by_role("alert")).to_be_hidden()


def test_a_run_starts_pauses_and_ends_when_its_cell_runs_again(live):
    widget = live[2]
    widget.button("Start").click()
    expect(widget.says).to_contain_text(re.compile(r"After \d{3,} steps"), timeout=20_000)
    widget.button("Pause").click()
    expect(widget.button("Start")).to_be_visible()
    shown = widget.says.inner_text()
    widget.page.wait_for_timeout(300)
    assert widget.says.inner_text() == shown
    widget.button("Start").click()
    expect(widget.says).not_to_have_text(shown)
    widget.page.evaluate("""() => {
        window.jupyterapp.shell.currentWidget.content.activeCellIndex = 3;
        window.jupyterapp.commands.execute('notebook:run-cell');
    }""")
    expect(widget.button("Start")).to_be_visible(timeout=20_000)
    ask = """async code => {
        const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        let said = '';
        const reply = kernel.requestExecute({ code });
        reply.onIOPub = message => { said += message.content.text ?? ''; };
        await reply.done;
        return said.trim();
    }"""
    assert widget.page.evaluate(ask, "print(made[1].running)") == "False"


def test_after_a_restart_of_the_kernel_the_widget_says_so(live):
    widget = live[0]
    widget.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    widget.page.wait_for_timeout(1000)
    widget.button("Left").click()
    expect(widget.stage.get_by_role("alert")).to_contain_text("run this cell again", timeout=20_000)
