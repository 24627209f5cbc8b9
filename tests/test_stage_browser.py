"""The exported page of every widget in a real browser: without a kernel, opened as a file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from stage_driving import CALLS, COLLISIONS, CONTRAST, Opened, expect_drawn
from stage_samples import MARKS, TRAINING
from stage_to_come import LANDSCAPE, TO_COME

from authoring.browser import HOW_TO_INSTALL, Complaints, Window, find_chromium, open_browser, open_window
from course_lib import widgets
from course_lib.panels.probability import probability_losses_panel
from course_lib.panels.stepper import neuron_stepper_panel
from course_lib.stage import Axis, Chart, Choice, Panel, Preset, Rule, Scene, Slider, Stage
from course_lib.stage.page import write_page
from course_lib.stage.panel import Control

pytestmark = pytest.mark.browser

LIGHT, PHONE = Window(), Window(width=400, height=800)
SAMPLES = {"marks": MARKS, "training": TRAINING, **TO_COME}


def only_x(x: float) -> Scene:
    return Scene((Chart("", Axis("x", 0, 1), Axis("y", 0, 1), (Rule(x=x),)),), says=f"x is {x:g}")


# What single tests look at.
MORE = {
    "many-presets": lambda: Panel(
        name="many",
        title="Many presets",
        scene=only_x,
        controls=(Slider("x", "x", 0, 1, 0.5, 0.25, table=5),),
        presets=tuple(Preset(f"x = {x / 4}", {"x": x / 4}) for x in (0, 1, 2, 3, 4, 2)),
    ),
    "recorded": lambda: replace(LANDSCAPE, record=LANDSCAPE.run),
    "stepper, whole": neuron_stepper_panel,
    "probability, whole": probability_losses_panel,
}
# Pages are made while a test waits: where there would be many frames, a few places of each control will do.
MANY, FEW = 400, 7
Visit = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_INSTALL)
    with open_browser(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """pages("explore") is the exported page of that widget, at its first state."""
    folder = tmp_path_factory.mktemp("pages")

    def page(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            panel = SAMPLES[name] if name in SAMPLES else MORE[name]() if name in MORE else thinned(panel_of(name))
            write_page(panel, panel.defaults, path)
        return path

    return page


def panel_of(name: str) -> Panel:
    stage: Stage = eval(CALLS[name], {"widgets": widgets})
    stage.close()
    return stage.panel


def thinned(panel: Panel) -> Panel:
    if panel.record or math.prod(len(control.grid()) for control in panel.controls) <= MANY:
        return panel
    controls = tuple(thinned_control(control) for control in panel.controls)
    few = replace(panel, controls=controls, presets=())
    return replace(few, presets=tuple(preset for preset in panel.presets if taken(few, preset)))


def thinned_control(control: Control) -> Control:
    if isinstance(control, Slider):
        return replace(control, table=min(control.table, FEW))
    if isinstance(control, Choice):
        return replace(
            control,
            options=tuple(one for one in control.options if one in control.options[:2] or one[0] == control.default),
        )
    return control


def taken(panel: Panel, preset: Preset) -> bool:
    try:
        panel.accept(preset.values)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[tuple[Page, Complaints]]:
    """A window that many tests use one after the other."""
    with open_window(LIGHT, browser) as opened:
        yield opened


@pytest.fixture
def visit(window: tuple[Page, Complaints], pages: Callable[[str], Path]) -> Iterator[Visit]:
    """visit("explore") opens that page afresh; at the end nothing may have complained, nor a request left."""
    page, complaints = window

    def go(name: str, size: Window = LIGHT) -> Opened:
        page.set_viewport_size({"width": size.width, "height": size.height})
        page.emulate_media(color_scheme="dark" if size.theme == "dark" else "light")
        page.goto(pages(name).as_uri())
        if page.evaluate("() => { const kept = localStorage.length; localStorage.clear(); return kept; }"):
            page.reload()
        opened = Opened(page, page.locator("section.stage"))
        expect_drawn(opened)
        return opened

    yield go
    said = complaints.lines()
    complaints.console.clear(), complaints.page.clear(), complaints.requests.clear()
    assert said == []


# Without a kernel ----------------------------------------------------------------------------------------------------


def test_the_slider_moves_by_keyboard_and_the_picture_follows(visit):
    page = visit("explore")
    before = page.curves()
    page.slider("Score x").focus()
    page.page.keyboard.press("ArrowRight")
    expect(page.says).to_contain_text("At x = 1.55")
    assert page.curves() != before
    page.page.keyboard.press("Home")
    expect(page.says).to_contain_text("At x = −8")


def test_the_handle_moves_by_keys(visit):
    page = visit("explore")
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


def test_the_handle_moves_by_mouse_along_its_axis(visit):
    page = visit("explore")
    page.drag(page.handle, -100, -40)
    moved = float(page.handle.get_attribute("aria-valuenow"))
    assert -4 < moved < -1
    expect(page.says).to_contain_text(f"At x = {moved:g}".replace("-", "−"))


def test_a_handle_on_a_track_goes_to_the_nearest_place_of_the_curve(visit):
    page = visit("probability, whole")
    over_logit = page.stage.get_by_role("slider", name="Prediction, over the logit")
    page.drag(over_logit, -80, -60)
    p = float(page.slider("Predicted probability p").input_value())
    assert 0.02 < p < 0.15
    page.drag(over_logit, 400, 200)
    assert float(page.slider("Predicted probability p").input_value()) > 0.95


def test_a_number_can_be_typed_and_is_kept_in_range(visit):
    page = visit("explore")
    typed = page.stage.get_by_role("spinbutton")
    typed.fill("5.95")
    typed.press("Enter")
    expect(page.says).to_contain_text("At x = 5.95")
    typed.fill("1000")
    typed.press("Enter")
    expect(page.says).to_contain_text("At x = 8:")


def test_the_task_is_checked_and_says_why_not(visit):
    page = visit("explore")
    page.button("Check").click()
    expect(page.stage.locator(".verdict.open")).to_contain_text("Go further out")
    page.stage.get_by_role("spinbutton").fill("6")
    page.stage.get_by_role("spinbutton").press("Enter")
    expect(page.stage.locator(".verdict")).to_have_text("")
    page.button("Check").click()
    expect(page.stage.locator(".verdict.solved")).to_contain_text("Yes")


def test_presets_reset_choices_and_the_state_line_work(visit):
    page = visit("probability, whole")
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


def test_a_list_of_presets_goes_on_by_keys_and_back_with_a_move(visit):
    page = visit("many-presets")
    presets = page.stage.get_by_role("combobox", name="Presets")
    for x in ("0", "0.25", "0.5"):
        presets.press("ArrowDown")
        expect(page.says).to_have_text(f"x is {x}")
    page.slider("x").press("ArrowRight")
    expect(presets).to_have_value("Presets…")


def test_the_badge_of_a_solved_task_stays_and_the_verdict_goes(visit):
    page = visit("marks")
    expect(page.stage.locator(".badge")).to_be_hidden()
    page.state.fill("a=1")
    page.state.press("Enter")
    page.button("Check").click()
    expect(page.stage.locator(".verdict.solved")).to_contain_text("Yes, a is 1.")
    page.slider("Shift a").press("ArrowRight")
    expect(page.stage.locator(".verdict")).to_have_text("")
    expect(page.stage.locator(".badge")).to_be_visible()


def test_a_recorded_run_plays_from_its_own_start_and_says_its_end(visit):
    page = visit("training")
    page.stage.get_by_role("combobox").select_option(index=1)
    expect(page.state).to_have_value("training rate=0.1 seed=1")
    page.button("Step").click()
    expect(page.says).to_contain_text("After 5 steps")
    expect(page.state).to_have_value("training rate=0.1 seed=0")
    page.button("Start").click()
    expect(page.stage.locator(".note")).to_contain_text("The recording ends here, after 150 pictures", timeout=20_000)
    expect(page.says).to_contain_text("After 750 steps")
    expect(page.button("Start")).to_be_visible()
    page.button("Reset").click()
    expect(page.says).to_contain_text("After 0 steps")
    expect(page.stage.locator(".note")).to_be_hidden()


def test_a_run_that_ends_by_itself_says_so_and_leaves_its_mark_in_the_state(visit):
    page = visit("landscape")
    page.button("Start").click()
    expect(page.stage.locator(".note")).to_have_text(
        "The run has ended. Start and Step begin it again.", timeout=20_000
    )
    expect(page.state).to_have_value("landscape u=-2.5 v=2 rate=0.1 steps=60")


def test_a_page_that_plays_a_recording_only_says_so_and_disables_its_controls(visit):
    page = visit("recorded")
    expect(page.stage.locator(".limits")).to_contain_text("open the widget in JupyterLab")
    for control in page.stage.locator(".control input").all():
        expect(control).to_be_disabled()
    page.button("Step").click()
    expect(page.state).to_have_value("landscape u=-2.5 v=2 rate=0.1 steps=1")


def test_an_action_works_where_the_table_holds_its_end_and_is_named_where_not(visit):
    stepper = visit("neuron_stepper")
    expect(stepper.button("Next phase")).to_have_count(0)
    expect(stepper.stage.locator(".limits")).to_contain_text("Only there: “Next phase”")
    whole = visit("stepper, whole")
    whole.button("Next phase").click()
    whole.button("Next four phases").click()
    expect(whole.state).to_have_value("neuron-stepper rate=0.5 activation=sigmoid phase=5")


def test_a_number_moved_by_a_handle_only_can_be_typed(visit):
    page = visit("own-activation")
    numbers = page.stage.get_by_role("group").filter(has_text="Type the numbers").locator("input")
    expect(numbers.first).to_be_hidden()
    page.stage.get_by_text("Type the numbers").click()
    expect(numbers).to_have_count(5)
    numbers.nth(1).fill("4")
    numbers.nth(1).press("Enter")
    expect(page.state).to_have_value("own-activation a=0 b=4 c=0 d=2 e=4")


def test_a_control_is_there_only_when_it_matters(visit):
    page = visit("diagnosis")
    page.stage.get_by_text("More", exact=True).click()
    layers = page.slider("Layers")
    expect(layers).to_be_visible()
    page.stage.get_by_role("combobox", name="Patient").select_option("first")
    expect(layers).to_be_hidden()


def test_spots_are_one_stop_of_the_tab_key_and_the_arrows_go_round(visit):
    page = visit("depth-by-start")
    spots = page.stage.locator(".spot")
    assert spots.count() == 32
    assert [spot.get_attribute("tabindex") for spot in spots.all()].count("0") == 1
    page.stage.locator(".spot[tabindex='0']").focus()
    for key, label in [
        ("ArrowLeft", "start Xavier, layer 7"),
        ("ArrowUp", "start He, layer 7"),
        ("ArrowUp", "start 3 × Xavier, layer 7"),
        ("ArrowUp", "start 3 × Xavier, layer 7"),
    ]:
        page.page.keyboard.press(key)
        assert page.stage.evaluate("() => document.activeElement.getAttribute('aria-label')") == label
    page.page.keyboard.press("Enter")
    expect(page.state).to_have_value("depth-by-start activation=relu start=large depth=7")
    expect(page.stage.locator(".spot[aria-pressed=true]")).to_have_attribute("aria-label", "start 3 × Xavier, layer 7")


def test_a_spot_is_pressed_by_mouse(visit):
    page = visit("which-loss")
    page.stage.get_by_role("button", name="identity + Huber").click()
    expect(page.state).to_have_value("which-loss leaf=many")


def test_a_handle_in_a_plane_takes_the_shares_of_its_place(visit):
    page = visit("simplex-contours")
    page.drag(page.handle, 0, -400)
    expect(page.state).to_have_value(re.compile("owl=1 "))
    page.drag(page.handle, 300, 400)
    expect(page.state).to_have_value(re.compile("dog=1 owl=0 "))


@pytest.mark.parametrize(
    ("name", "label", "orientation"),
    [
        ("explore", "Point on the curve", "horizontal"),
        ("softmax_shares", "Score of cat", "vertical"),
        ("probability_losses", "Prediction, over the logit", "horizontal"),
        ("own-activation", "Height at 0", "vertical"),
    ],
)
def test_a_handle_says_which_way_it_goes(visit, name, label, orientation):
    handle = visit(name).stage.locator(f".handle[aria-label='{label}']")
    expect(handle).to_have_attribute("aria-orientation", orientation)


# All charts as nested lists: name, attributes in the order of the alphabet, children, words.
PICTURES = """stage => {
  const tell = node => [node.nodeName, Array.from(node.attributes, ({ name, value }) => `${name}=${value}`).sort(),
    Array.from(node.children, tell), node.children.length ? '' : node.textContent];
  return Array.from(stage.querySelectorAll('.chart svg > g[aria-hidden]'), tell);
}"""


@pytest.mark.parametrize("name", ["marks", "explore", "neuron_stepper", "softmax_shares", "pairing_matrix", "compare"])
def test_a_picture_after_many_moves_is_that_of_an_empty_page(visit, name):
    page = visit(name)
    for control in page.stage.locator("input[type=range]:visible:enabled").all():
        for key in ("Home", "End"):
            control.press(key)
            same_when_drawn_anew(page)
    for control in page.stage.locator(".control select:visible:enabled").all():
        control.select_option(index=1)
        same_when_drawn_anew(page)
    page.button("Reset").click()
    same_when_drawn_anew(page)


def same_when_drawn_anew(page: Opened) -> None:
    """Empty the picture and draw it again: the same must come out."""
    frames(page)
    moved = page.stage.evaluate(PICTURES)
    page.stage.locator("svg > g[aria-hidden]").evaluate_all(
        "pictures => pictures.forEach(one => one.replaceChildren())"
    )
    for _ in range(2):
        page.button("Large type").click()
    frames(page)
    assert page.stage.evaluate(PICTURES) == moved


def frames(page: Opened) -> None:
    """Wait until what was asked for is drawn: two frames of the screen."""
    page.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_what_a_move_leaves_alike_stays_in_the_page(visit):
    page = visit("explore")
    page.stage.evaluate("stage => stage.querySelectorAll('svg > g[aria-hidden] *').forEach(node => (node.old = true))")
    page.slider("Score x").press("ArrowRight")
    expect(page.says).to_contain_text("At x = 1.55")
    kept = page.stage.evaluate("stage => Array.from(stage.querySelectorAll('svg > g[aria-hidden] *'), n => !!n.old)")
    assert len(kept) > 40
    assert all(kept)


# With a kernel that the test plays -----------------------------------------------------------------------------------

ALONE = "const model = { alone: true, get: (name) => values[name], on() {}, off() {} };"
SHOWN = "stage.render({ model,"
KERNEL = """const sent = (window.sent = []), listeners = [];
const model = { get: (name) => values[name], send: (message) => sent.push(message), off() {},
                on: (_, listener) => listeners.push(listener) };
window.answer = (token, more = {}) => {
  Object.assign(values, { answers: token }, more);
  for (const listener of listeners) listener();
};"""


@pytest.fixture
def played(pages: Callable[[str], Path], window: tuple[Page, Complaints], tmp_path: Path) -> Iterator[Opened]:
    """The explorer with a kernel that answers when the test says so; its page notes what it is sent."""
    text = pages("explore").read_text(encoding="utf-8")
    assert text.count(ALONE) == text.count(SHOWN) == 1
    # Without a table: each picture comes from the kernel.
    text = text.replace(ALONE, f"values.table = null;\n{KERNEL}").replace(SHOWN, f"window.leave = {SHOWN}")
    path = tmp_path / "played.html"
    path.write_text(text, encoding="utf-8")
    page, complaints = window
    page.goto(path.as_uri())
    opened = Opened(page, page.locator("section.stage"))
    expect_drawn(opened)
    yield opened
    assert complaints.lines() == []


def sent(played: Opened) -> list[float]:
    """The places that the kernel was asked for."""
    return [round(message["values"]["x"], 6) for message in played.page.evaluate("() => window.sent")]


def test_two_requests_are_under_way_and_the_latest_wish_waits(played):
    played.slider("Score x").focus()
    for _ in range(5):
        played.page.keyboard.press("ArrowRight")
    assert sent(played) == [1.55, 1.6]
    # One answer makes room for one request, and that asks for the last place.
    played.page.evaluate("() => window.answer(window.sent[0].token)")
    assert sent(played) == [1.55, 1.6, 1.75]
    played.page.evaluate("() => window.answer(window.sent[1].token)")
    played.page.evaluate("() => window.answer(window.sent[2].token)")
    assert sent(played) == [1.55, 1.6, 1.75]


def test_a_later_answer_answers_all_before_it(played):
    played.slider("Score x").focus()
    for _ in range(3):
        played.page.keyboard.press("ArrowRight")
    played.page.evaluate("() => window.answer(window.sent[1].token)")
    assert sent(played) == [1.55, 1.6, 1.65]
    played.page.keyboard.press("ArrowRight")
    assert sent(played) == [1.55, 1.6, 1.65, 1.7]


def test_the_slider_stays_where_it_is_put_until_the_last_answer(played):
    played.slider("Score x").focus()
    for _ in range(3):
        played.page.keyboard.press("ArrowRight")
    # The kernel's place is that of the answered request, behind the hand.
    played.page.evaluate("() => window.answer(window.sent[0].token, { params: { x: 1.55 } })")
    expect(played.slider("Score x")).to_have_value("1.65")
    played.page.evaluate("() => window.answer(window.sent[1].token, { params: { x: 1.6 } })")
    expect(played.slider("Score x")).to_have_value("1.65")
    played.page.evaluate("() => window.answer(window.sent[2].token, { params: { x: 1.65 } })")
    expect(played.slider("Score x")).to_have_value("1.65")


def test_pictures_of_a_run_are_confirmed_seldom(played):
    played.page.evaluate("""async () => {
        for (let seq = 1; seq <= 20; seq++) {
            window.answer('', { seq, running: true });
            await new Promise(done => setTimeout(done, 10));
        }
        await new Promise(done => setTimeout(done, 250));
    }""")
    confirmed = [message["seq"] for message in played.page.evaluate("() => window.sent")]
    assert confirmed[-1] == 20
    assert len(confirmed) <= 4


def test_a_widget_that_has_left_the_page_says_so_and_nothing_more(played):
    said = played.page.evaluate("""async () => {
        window.answer('', { seq: 1, running: true });
        window.leave();
        await new Promise(done => setTimeout(done, 250));
        return window.sent.map(message => message.ask);
    }""")
    assert said == ["gone"]


def test_every_mark_is_drawn(visit):
    page = visit("marks")
    expect(page.stage.locator("svg")).to_have_count(6)
    assert page.stage.locator("canvas").count() == 2
    assert page.stage.locator("rect.box").count() == 1
    assert [text for text in page.curves() if "NaN" in text] == []
    expect(page.stage.locator("svg").nth(1)).to_contain_text("triangle")
    broken = [text for text in page.curves() if text.count("M") == 2 and text.count("L") > 60]
    assert len(broken) == 1, "the line with a gap is drawn in two pieces"


def test_a_heat_map_shows_its_colours_at_once(visit):
    page = visit("simplex-contours")
    pixel = "node => Array.from(node.getContext('2d').getImageData(0, 0, 1, 1).data)"
    heat = page.stage.locator("canvas")
    assert heat.evaluate(pixel)[3] == 0, "outside the triangle the page shows through"
    node = heat.element_handle()
    page.slider("Label smoothing").press("ArrowRight")
    page.page.wait_for_timeout(100)
    assert node.evaluate("node => node.isConnected"), "the canvas is kept, so that nothing blinks"


# Every page ----------------------------------------------------------------------------------------------------------

ALL = [*CALLS, "marks", "training"]


@pytest.mark.parametrize("name", [*CALLS, "marks"])
def test_a_key_moves_what_is_shown(visit, name):
    page = visit(name)
    if page.stage.locator(".control input:enabled, .control select:enabled, .handle:visible").count() == 0:
        expect(page.stage.locator(".limits")).to_contain_text("plays a recorded run")
        before = page.drawing()
        page.button("Step").click()
    else:
        before = page.drawing()
        page.press_a_key()
    page.page.wait_for_timeout(100)
    assert page.drawing() != before


@pytest.mark.parametrize("name", [*ALL, *TO_COME])
def test_nothing_reaches_beyond_the_widget_or_touches_another(visit, name):
    page = visit(name)
    for width, height, large in [(1366, 768, False), (1280, 800, True), (400, 800, False), (683, 384, True)]:
        page.page.set_viewport_size({"width": width, "height": height})
        if (page.button("Large type").get_attribute("aria-pressed") == "true") != large:
            page.button("Large type").click()
        page.page.wait_for_timeout(80)
        beyond = page.stage.evaluate(
            "node => [node.scrollWidth - node.clientWidth, document.documentElement.scrollWidth - innerWidth]"
        )
        assert max(beyond) <= 0, f"at {width} × {height}"
        assert page.stage.evaluate(COLLISIONS) == [], f"at {width} × {height}{', large type' if large else ''}"


@pytest.mark.parametrize("name", ALL)
def test_axe_finds_nothing_serious_in_light_and_dark(visit, name):
    page = visit(name)
    for theme in ("light", "dark"):
        page.page.emulate_media(color_scheme=theme)
        expect(page.stage).to_have_class(re.compile("dark" if theme == "dark" else "^stage$"))
        assert page.violations() == []


def test_axe_would_find_something(visit):
    page = visit("explore")
    page.stage.evaluate("node => node.querySelector('input[type=range]').removeAttribute('aria-label')")
    assert [line for line in page.violations() if line.startswith("label:")] != []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["explore", "probability_losses", "marks", "depth-by-start"])
def test_words_and_lines_stand_out_from_the_paper(visit, name, theme):
    page = visit(name, Window(theme=theme))
    found = page.stage.evaluate(CONTRAST)
    assert found["words"] >= 4.5
    assert found["text"] >= 4.5
    assert found["lines"] >= 3
    assert found["edges"] >= 3


SMALL_OR_NAMELESS = """stage => Array.from(stage.querySelectorAll('button, input, select, summary, [role=slider]'))
    .filter(node => node.checkVisibility()).filter(node => {
        const { width, height } = node.getBoundingClientRect();
        const name = node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent;
        return Math.min(width, height) < 24 || !name.trim();
    }).map(node => node.outerHTML)"""


@pytest.mark.parametrize("name", ALL)
def test_every_control_has_a_name_and_room_for_a_finger(visit, name):
    page = visit(name)
    assert page.stage.evaluate(SMALL_OR_NAMELESS) == []
    assert page.stage.locator("[aria-live=polite].says").count() == 1
    for group in page.stage.locator("svg").all():
        assert group.get_attribute("aria-label")


def test_a_small_screen_scrolls_what_may_not_shrink(visit):
    page = visit("which-loss", PHONE)
    pane = page.stage.locator(".pane")
    expect(pane).to_have_attribute("tabindex", "0")
    assert pane.evaluate("node => node.scrollWidth") >= 560
    pane.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("() => document.querySelector('.pane').scrollLeft > 0")


def test_focus_is_visible_on_a_handle(visit):
    page = visit("explore")
    ring = "node => getComputedStyle(node.querySelector('.reach')).strokeWidth"
    assert page.handle.evaluate(ring) == "1px"
    page.slider("Score x").focus()
    for _ in range(20):
        page.page.keyboard.press("Tab")
        if page.handle.evaluate("node => node === document.activeElement"):
            break
    assert page.handle.evaluate(ring) == "3px"


def test_large_type_is_larger_and_remembered(visit):
    page = visit("explore")
    size = "node => parseFloat(getComputedStyle(node.querySelector('svg text')).fontSize)"
    before = page.stage.evaluate(size)
    page.button("Large type").click()
    assert page.stage.evaluate(size) >= 1.4 * before
    page.page.reload()
    expect(page.stage).to_have_class(re.compile("large"))
