"""The stage without a browser: scenes, panels, their bytes, their static twins, and what the widget does in Python."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import subprocess
import sys
import time
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_samples import MARKS, TRAINING

from course_lib import plots, scored
from course_lib.stage import (
    Axis,
    Chart,
    Choice,
    Handle,
    Heat,
    Line,
    Memo,
    Panel,
    Plane,
    Preset,
    Result,
    Rule,
    Scene,
    Slider,
    Stage,
    Task,
    Toggle,
    Track,
)
from course_lib.stage.encode import frame_bytes, read, table_bytes
from course_lib.stage.figure import COLOURS, DRAW, figure
from course_lib.stage.page import write_page
from course_lib.stage.scene import Mark, round_numbers
from course_lib.stage.widget import RENDERER, STYLE, UNDER_WAY

SCENE = MARKS.scene(**MARKS.defaults)


def broken(x: float) -> Scene:
    if x > 1:
        raise ZeroDivisionError("x must not exceed 1 here")
    return Scene((Chart("", Axis("x", 0, 1), Axis("y", 0, 1), (Rule(x=x),)),), says=f"x is {x:g}")


BROKEN = Panel(name="broken", title="Broken", scene=broken, controls=(Slider("x", "x", 0, 2, 0.5, 0.1),))


# Scenes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Line([1, 2, 3], [1, 2]), "2 numbers, expected 3 or 1"),
        (lambda: Line([[1, 2]], [1, 2]), "one row of numbers"),
        (lambda: Heat([1, 2], (0, 1), (0, 1), 0, 1), "rows and columns"),
        (lambda: Heat([[1]], (0, 1), (0, 1), 1, 1), "low < high"),
        (lambda: Rule(), "one x or at one y"),
        (lambda: Rule(x=1, y=1), "one x or at one y"),
        (lambda: Axis("x", 1, 1), "finite low < high"),
        (lambda: Axis("x", 0, float("inf")), "finite low < high"),
        (lambda: Axis("x", 0, 1, log=True), "starts above 0"),
        (lambda: Handle(0, 0, "h"), "moves nothing"),
        (lambda: Track([1, 2], [1, 2], [1]), "as many values as places"),
        (lambda: Plane((0, 0), (1, 2), (2, 4)), "directions of a Plane must differ"),
        (lambda: Handle(0, 0, "h", moves_x="a", plane=Plane((0, 0), (1, 0), (1, 1))), "needs both"),
        (lambda: Scene((), "nothing"), "at least one chart"),
        (lambda: Scene(SCENE.charts, "  "), "says"),
    ],
)
def test_a_scene_that_cannot_be_drawn_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


@given(low=st.floats(-1e6, 1e6), size=st.floats(1e-3, 1e6))
def test_ticks_are_few_inside_and_evenly_spaced(low, size):
    ticks = round_numbers(low, low + size)
    places = np.array([place for place, _ in ticks])
    assert 2 <= len(ticks) <= 9
    assert places.min() >= low - 1e-6 * size
    assert places.max() <= low + size + 1e-6 * size
    np.testing.assert_allclose(np.diff(places), places[1] - places[0], rtol=1e-6)


def test_ticks_say_where_they_stand():
    for place, text in round_numbers(-0.3, 0.41):
        assert float(text.replace("−", "-")) == pytest.approx(place)


def test_heat_maps_low_to_blue_middle_to_white_high_to_vermillion_and_turns_rows_over():
    rgba = Heat([[-1, 0], [1, np.nan]], (0, 1), (0, 1), -1, 1).rgba()
    assert rgba[1, 0].tolist() == [0, 114, 178, 255]
    assert rgba[1, 1].tolist() == [255, 255, 255, 255]
    assert rgba[0, 0].tolist() == [213, 94, 0, 255]
    assert rgba[0, 1].tolist() == [128, 128, 128, 255]


def test_a_heat_map_may_leave_missing_values_clear():
    assert Heat([[np.nan]], (0, 1), (0, 1), 0, 1, missing="clear").rgba()[0, 0, 3] == 0


def luminance(colour):
    """Relative luminance of WCAG 2.2, section 1.4.3."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.asarray(colour[:3]) / 255]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("colours", ["diverging", "rising"])
def test_words_stand_out_in_every_cell_of_a_heat_map(colours):
    heat = Heat(np.linspace(0, 1, 101)[None], (0, 1), (0, 1), 0, 1, colours=colours)
    texts = heat.labels([[f"{i}" for i in range(101)]])
    assert {text.role for text in texts} == {"black", "white"}
    for colour, text in zip(heat.rgba()[0], texts, strict=True):
        own, paper = (1.05 if text.role == "white" else 0.05), luminance(colour) + 0.05
        assert max(own, paper) / min(own, paper) >= 4.5


def test_words_of_a_heat_map_stand_in_the_middle_of_their_cells():
    heat = Heat([[0, 1], [np.nan, 1]], (0, 4), (10, 20), 0, 1, missing="clear")
    texts = heat.labels([["a", ""], ["c", "d"]])
    assert [(text.text, text.x, text.y) for text in texts] == [("a", 1, 12.5), ("c", 1, 17.5), ("d", 3, 17.5)]
    assert texts[1].role == "ink"
    with pytest.raises(ValueError, match=r"expected 2 rows of 2 labels, got rows of \[2\]"):
        heat.labels([["a", "b"]])


def test_a_plane_puts_the_shares_of_three_classes_into_a_triangle():
    plane = Plane((0, 0), (1, 0), (0.5, math.sqrt(0.75)))
    assert plane.place(0, 0) == (0, 0)
    assert plane.place(1, 0) == (1, 0)
    assert math.dist(plane.place(0, 1), plane.place(1, 0)) == pytest.approx(1)


# Panels --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"a": 3}, "a=3 is outside -2 … 2"),
        ({"a": "1"}, "finite number"),
        ({"a": True}, "finite number"),
        ({"a": float("nan")}, "finite number"),
        ({"kind": "tangent"}, "none of 'sine', 'cosine'"),
        ({"dashed": 1}, "true or false"),
        ({"clicked": {1, 2}}, "JSON"),
        ({"b": 1}, "no control 'b'; it has a, rate, kind"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(values, says):
    with pytest.raises(ValueError, match=says):
        MARKS.accept(values)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Slider("x", "x", 1, 0, 0, 0.1),
        lambda: Slider("x", "x", 0, 1, 2, 0.1),
        lambda: Slider("x", "x", 0, 1, 0.5, 0.1, log=True),
        lambda: Choice("c", "c", (("two words", "Two"),), "two words"),
        lambda: Choice("c", "c", (("a", "A"),), "b"),
        lambda: Panel(name="p", title="P", scene=broken, controls=(Toggle("t", "t"), Toggle("t", "t"))),
        lambda: Panel(name="two words", title="P", scene=broken, controls=()),
        lambda: Panel(name="p", title="P", scene=broken, controls=(), presets=(Preset("x", {"x": 1}),)),
        lambda: replace(MARKS, restarts=frozenset({"speed"})),
        lambda: replace(MARKS, begin={"a": 9}),
        lambda: replace(MARKS, open_groups=frozenset({"Data"})),
        lambda: replace(MARKS, controls=(*MARKS.controls, Toggle("more", "More", when=("kind", ("tangent",))))),
        lambda: Result(1.5, "too good"),
    ],
)
def test_a_panel_that_cannot_work_is_refused_when_it_is_made(make):
    with pytest.raises(ValueError, match=r"\w"):
        make()


STATES = st.fixed_dictionaries(
    {
        "a": st.floats(-2, 2),
        "rate": st.floats(1e-3, 10),
        "kind": st.sampled_from(["sine", "cosine"]),
        "dashed": st.booleans(),
        "clicked": st.lists(st.lists(st.floats(-2, 2), min_size=2, max_size=2), max_size=3),
    }
)


@given(params=STATES)
def test_a_state_line_gives_the_same_parameters_back(params):
    line = MARKS.to_text(params)
    assert "\n" not in line
    assert MARKS.from_text(line) == MARKS.complete(params)


@given(value=st.recursive(st.text() | st.none() | st.integers(), lambda inner: st.lists(inner)))
def test_a_memo_survives_the_state_line_whatever_it_holds(value):
    panel = replace(BROKEN, controls=(Memo("memo"),), scene=lambda memo: SCENE)
    assert panel.from_text(panel.to_text({"memo": value})) == {"memo": value}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("other a=1", "belongs to panel 'other'"),
        ("every-mark a", "expected name=value, got 'a'"),
        ("b=1", "no control 'b'"),
        ("a=9", "outside"),
    ],
)
def test_a_state_line_of_something_else_is_refused(line, says):
    with pytest.raises(ValueError, match=says):
        MARKS.from_text(line)


# Bytes for the page --------------------------------------------------------------------------------------------------


def unfold(head, arrays, frame):
    """A frame with the stored arrays, marks, axes and spots put back in their places."""

    def row(index):
        return np.frombuffer(arrays[index], dtype=np.float32)[: head["arrays"][index][1]].tolist()

    def mark(index):
        stored = dict(head["marks"][index])
        for name in {"x", "y", "low", "high", "to_x", "to_y", "height", "base"} & stored.keys():
            if stored["is"] in ("Line", "Area", "Points", "Arrow", "Bars"):
                stored[name] = row(stored[name])
        if stored["is"] == "Heat":
            stored["values"] = arrays[stored["values"]]
        return stored

    def chart(stored):
        handles = [
            {**one, "track": {name: row(at) for name, at in one.get("track", {}).items()}} for one in stored["handles"]
        ]
        axes = {name: head["scales"][stored[name]] for name in "xy"}
        spots = [head["spots"][index] for index in stored.get("spots", ())]
        return {
            **stored,
            **axes,
            "spots": spots,
            "marks": [mark(index) for index in stored["marks"]],
            "handles": handles,
        }

    # NaN equals itself in JSON text.
    return json.dumps({**frame, "charts": [chart(one) for one in frame["charts"]]}, sort_keys=True, default=repr)


def one_frame(panel, params):
    scene = panel.scene(**params)
    head, arrays = read(frame_bytes(scene, panel.result(params, scene)))
    return unfold(head, arrays, head["frames"][0])


def test_a_frame_holds_every_number_of_the_scene():
    head, arrays = read(frame_bytes(SCENE))
    line = next(mark for mark in SCENE.charts[0].marks if isinstance(mark, Line))
    stored = head["marks"][head["frames"][0]["charts"][0]["marks"][1]]
    assert stored["is"] == "Line"
    assert stored["label"] == "line with a gap"
    np.testing.assert_array_equal(np.frombuffer(arrays[stored["y"]], dtype=np.float32), line.y)


def test_the_head_is_padded_so_that_numbers_are_aligned():
    blob = frame_bytes(replace(SCENE, says="ungerade Länge: äöü"))
    assert int.from_bytes(blob[:4], "little") % 4 == 0
    assert read(blob)[0]["frames"][0]["says"] == "ungerade Länge: äöü"


def test_the_table_holds_what_live_mode_would_send():
    head, arrays = read(table_bytes(MARKS, MARKS.defaults))
    names = [name for name, _ in head["axes"]]
    places = list(itertools.product(*(values for _, values in head["axes"])))
    assert len(places) == len(head["frames"])
    for index in range(0, len(places), 37):
        params = dict(zip(names, places[index], strict=True))
        assert unfold(head, arrays, head["frames"][index]) == one_frame(MARKS, params)


@pytest.mark.parametrize(("given", "kept"), [(2.9, 3.0), (2.4, 2.0), (1.0, 1.0), (7, 7.0)])
def test_a_slider_with_whole_steps_holds_whole_numbers(given, kept):
    assert Slider("units", "Units", 1, 7, 2, step=1).accept(given) == kept


def test_whole_steps_are_counted_from_the_lowest_place():
    assert Slider("odd", "Odd", 1, 9, 3, step=2).accept(5.8) == 5.0


def test_a_slider_with_fractional_steps_takes_what_is_typed():
    assert Slider("x", "x", -8, 8, 0, step=0.05).accept(1.234) == 1.234


def test_a_logarithmic_slider_takes_what_is_typed():
    assert Slider("rate", "Rate", 1, 100, 10, step=1, log=True).accept(2.5) == 2.5


def test_the_table_of_a_slider_with_whole_steps_holds_whole_numbers():
    grid = Slider("seed", "Seed", 0, 99, 3, step=1, table=41).grid()
    assert all(place == round(place) for place in grid)
    assert {0, 3, 99} <= set(grid)


def test_the_present_place_is_on_the_grid_of_the_table():
    start = MARKS.complete({"a": 0.123, "clicked": [[1.0, 1.0]]})
    axes = dict(read(table_bytes(MARKS, start))[0]["axes"])
    assert 0.123 in axes["a"]
    assert axes["clicked"] == [[[1.0, 1.0]]]


def test_a_table_records_the_run_from_its_start():
    head, arrays = read(table_bytes(TRAINING, TRAINING.defaults))
    live = list(itertools.islice(TRAINING.run(dict(TRAINING.defaults)), 3))
    assert len(head["recorded"]) == 150
    for scene, frame in zip(live, head["recorded"], strict=False):
        one, own = read(frame_bytes(scene))
        assert unfold(head, arrays, frame) == unfold(one, own, one["frames"][0])


def test_a_table_that_would_be_too_large_says_what_to_do():
    large = replace(MARKS, controls=(replace(MARKS.controls[0], table=3000), *MARKS.controls[1:]))
    with pytest.raises(ValueError, match=r"frames \(a 300\d, rate"):
        table_bytes(large, large.defaults)


# The static twin -----------------------------------------------------------------------------------------------------


def test_both_renderers_know_every_mark():
    marks = Mark.__args__
    assert set(DRAW) == set(marks)
    assert [mark.__name__ for mark in marks if f"  {mark.__name__}: (" not in RENDERER] == []
    assert {type(mark) for chart in SCENE.charts for mark in chart.marks} == set(marks)


def test_the_twin_draws_the_scenes_own_numbers():
    drawn = figure(SCENE)
    line = next(line for line in drawn.axes[0].get_lines() if line.get_label() == "line with a gap")
    np.testing.assert_array_equal(line.get_ydata(), SCENE.charts[0].marks[1].y)
    heights = [bar.get_height() for bar in drawn.axes[2].patches]
    np.testing.assert_allclose(heights, SCENE.charts[2].marks[0].height)
    np.testing.assert_array_equal(drawn.axes[3].images[0].get_array(), SCENE.charts[3].marks[0].rgba())
    assert drawn.axes[4].get_xscale() == "log"
    assert not drawn.axes[5].axison


def test_the_twin_has_the_same_axes_ticks_and_titles():
    for axes, chart in zip(figure(SCENE).axes, SCENE.charts, strict=True):
        assert axes.get_title(loc="left") == chart.title
        assert axes.get_xlim() == pytest.approx((chart.x.low, chart.x.high))
        expected = [text for _, text in chart.x.ticks] if chart.x.visible else []
        assert [tick.get_text() for tick in axes.get_xticklabels()] == expected


def test_the_twin_is_small_and_always_the_same():
    first, second = plots.png(figure(SCENE)), plots.png(figure(SCENE))
    assert first == second
    assert len(first) < 100_000


def test_both_renderers_know_every_colour():
    assert [role for role in COLOURS if f".role-{role} " not in STYLE] == []


# The widget ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stage():
    made = Stage(MARKS)
    yield made
    made.close()


def asks(stage, **content):
    """What the page does: a message, and the token it waits for."""
    stage._receive(stage, {"token": "view.1", **content}, [])


def test_moving_recomputes_the_scene_at_once(stage):
    before = stage.seq
    scene = stage.move(a=1.5)
    assert scene.facts["a"] == 1.5
    assert stage.params["a"] == 1.5
    assert stage.frame == frame_bytes(MARKS.scene(**{**MARKS.defaults, "a": 1.5}))
    assert stage.seq == before + 1


def test_the_page_moves_and_is_answered(stage):
    asks(stage, ask="move", values={"kind": "cosine"})
    assert stage.params["kind"] == "cosine"
    assert stage.answers == "view.1"


def test_the_page_presses_the_buttons(stage):
    asks(stage, ask="click", chart=1, x=0.25, y=-1)
    assert stage.params["clicked"] == [[0.25, -1]]
    asks(stage, ask="action", index=0)
    assert stage.params["clicked"] == []
    asks(stage, ask="state", text="every-mark a=1")
    assert stage.state == "every-mark a=1 rate=0.1 kind=sine dashed=false clicked=[]"
    asks(stage, ask="reset")
    assert stage.params == MARKS.defaults


def test_the_state_goes_round(stage):
    stage.move(a=-1, kind="cosine", dashed=True)
    line = stage.state
    stage.reset()
    assert stage.state != line
    stage.state = line
    assert stage.params == {**MARKS.defaults, "a": -1, "kind": "cosine", "dashed": True}


def test_a_failing_scene_is_shown_and_raised_and_answered():
    stage = Stage(BROKEN)
    with pytest.raises(ZeroDivisionError):
        asks(stage, ask="move", values={"x": 1.5})
    assert stage.error == "x must not exceed 1 here"
    assert stage.answers == "view.1"
    assert stage.params == {"x": 0.5}
    stage.move(x=0.75)
    assert stage.error == ""


def test_an_unknown_request_is_an_error(stage):
    with pytest.raises(ValueError, match="asked for 'dance'"):
        asks(stage, ask="dance")
    assert "dance" in stage.error


@pytest.fixture
def listening():
    """listening(f) has f hear of scores until the test ends; nobody else hears of them meanwhile."""
    before, scored._listeners[:] = scored._listeners[:], []
    yield scored.on_solved
    scored._listeners[:] = before


def test_listeners_hear_of_scores_once_each(stage, listening):
    heard = []

    def listener(task, score):
        heard.append((task, score))

    listening(listener)
    listening(listener)
    stage.check()
    stage.move(a=1)
    asks(stage, ask="check")
    assert heard == [("sample-one", 0.5), ("sample-one", 1)]
    assert stage.verdict == {"score": 1, "message": "Yes, a is 1.", "notices": []}


def test_a_failed_attempt_is_not_told(listening):
    heard = []
    listening(lambda *told: heard.append(told))
    panel = replace(MARKS, task=Task("none", "Cannot be done.", lambda params, facts: Result(0, "No.")))
    assert Stage(panel).check().solved is False
    assert heard == []


def test_what_a_listener_could_not_keep_is_said(stage, listening):
    listening(lambda task, score: ["The disk is full: nothing was stored."])
    stage.check()
    assert stage.verdict["notices"] == ["The disk is full: nothing was stored."]


def test_a_result_that_nobody_keeps_is_said_to_be_lost(stage, listening):
    stage.check()
    assert "not stored" in stage.verdict["notices"][0]


def test_a_listener_that_fails_is_shown_and_raised(stage, listening):
    def fails(task, score):
        raise PermissionError("the folder may not be written")

    listening(fails)
    with pytest.raises(PermissionError):
        asks(stage, ask="check")
    assert stage.error == "the folder may not be written (This result is not stored.)"
    assert stage.verdict["message"] == "a is 0.5."


@pytest.mark.parametrize("a", [0.5, 1])
def test_a_verdict_goes_when_the_learner_moves_on(stage, a):
    stage.move(a=a)
    stage.check()
    assert stage.verdict["message"]
    stage.move(a=1.7)
    assert stage.verdict == {}


def test_that_a_task_was_solved_stays(stage):
    stage.check()
    assert not stage.solved
    stage.move(a=1)
    stage.check()
    stage.move(a=1.7)
    stage.check()
    stage.reset()
    assert stage.solved


def test_a_panel_without_a_task_has_nothing_to_check():
    with pytest.raises(ValueError, match="no task"):
        Stage(BROKEN).check()


def test_the_display_bundle_has_the_view_the_picture_and_the_words(stage):
    data, metadata = stage._repr_mimebundle_()
    words = "Every mark. a is 0.5, the rate is 0.1, the wave is a sine."
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == stage.model_id
    assert data["image/png"].startswith("iVBOR")
    assert metadata["image/png"]["alt"] == words
    assert data["text/plain"] == words


def test_a_stage_starts_where_it_is_told():
    assert Stage(MARKS, a=-1).scene.facts["a"] == -1
    with pytest.raises(ValueError, match="outside"):
        Stage(MARKS, a=-3)


def test_importing_the_widgets_is_light():
    heavy = "matplotlib sklearn pandas scipy.stats scipy.optimize"
    code = f"import sys, course_lib.widgets; sys.exit(any(name in sys.modules for name in {heavy.split()!r}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Something that goes on by itself ------------------------------------------------------------------------------------


async def until(condition, patience=5.0):
    """Let the loop turn until the condition holds."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.001)


def draw_all(stage):
    """A page that draws each frame as soon as it comes."""
    stage.observe(lambda change: asks(stage, ask="drawn", seq=change.new), "seq")


def test_a_step_is_one_scene_of_the_run():
    stage = Stage(TRAINING)
    assert stage.step()
    assert stage.step()
    assert stage.scene.facts["steps"] == 10


def test_a_run_goes_on_until_paused_and_from_there():
    async def story():
        stage = Stage(TRAINING)
        draw_all(stage)
        asks(stage, ask="run", how="start")
        await until(lambda: stage.scene.facts["steps"] >= 50)
        asks(stage, ask="run", how="pause")
        await until(lambda: stage._task.done())
        steps = stage.scene.facts["steps"]
        await asyncio.sleep(0.05)
        assert stage.scene.facts["steps"] == steps
        stage.step()
        assert stage.scene.facts["steps"] == steps + 5

    asyncio.run(story())


def test_a_run_waits_for_the_page_to_draw():
    async def story():
        stage = Stage(TRAINING)
        stage.start()
        await until(lambda: stage.scene.facts["steps"] == 5 * UNDER_WAY)
        await asyncio.sleep(0.2)
        assert stage.scene.facts["steps"] == 5 * UNDER_WAY
        asks(stage, ask="drawn", seq=stage.seq)
        await until(lambda: stage.scene.facts["steps"] == 10 * UNDER_WAY)
        stage.close()
        await until(lambda: stage._task.done())

    asyncio.run(story())


def test_a_run_makes_no_more_pictures_than_anyone_can_draw(monkeypatch):
    monkeypatch.setattr("course_lib.stage.widget.PICTURES", 20)

    async def story():
        stage = Stage(TRAINING)
        draw_all(stage)
        began = time.monotonic()
        stage.start()
        await until(lambda: stage.scene.facts["steps"] >= 5 * 6)
        # The first picture comes at once.
        assert time.monotonic() - began >= 5 / 20
        stage.close()

    asyncio.run(story())


def test_the_page_may_answer_from_another_thread(monkeypatch):
    # Longer than the test waits: the run goes on because it is woken, not because it has waited long enough.
    monkeypatch.setattr("course_lib.stage.widget.PATIENCE", 60.0)
    stage = Stage(TRAINING)

    async def go():
        stage.start()
        await stage._task

    def waits_for(pictures):
        # From outside: a loop that turns anyway would notice the answer without being woken.
        end = time.monotonic() + 20
        while stage.seq < pictures and time.monotonic() < end:
            time.sleep(0.01)
        return stage.seq == pictures

    thread = Thread(target=asyncio.run, args=(go(),))
    thread.start()
    try:
        assert waits_for(UNDER_WAY)
        asks(stage, ask="drawn", seq=stage.seq)
        assert waits_for(2 * UNDER_WAY)
        assert stage.scene.facts["steps"] == 10 * UNDER_WAY
    finally:
        stage.pause()
        thread.join()


def test_a_run_stops_when_nobody_looks(monkeypatch):
    monkeypatch.setattr("course_lib.stage.widget.PATIENCE", 0.05)

    async def story():
        stage = Stage(TRAINING)
        stage.start()
        await until(lambda: stage._task.done())
        assert not stage.running
        assert stage.scene.facts["steps"] == 5 * UNDER_WAY

    asyncio.run(story())


@pytest.mark.parametrize("how", ["gone", "close", "reset"])
def test_a_run_stops_when_its_widget_goes(how):
    async def story():
        stage = Stage(TRAINING)
        draw_all(stage)
        stage.start()
        await until(lambda: stage.scene.facts["steps"] >= 20)
        stage.close() if how == "close" else asks(stage, ask=how)
        await until(lambda: stage._task.done())
        assert not stage.running

    asyncio.run(story())


def test_other_work_gets_its_turn_while_a_run_goes_on():
    async def story():
        stage = Stage(TRAINING)
        draw_all(stage)
        stage.start()
        turns = 0
        while stage.scene.facts["steps"] < 100:
            await asyncio.sleep(0)
            turns += 1
        stage.close()
        assert turns >= 10

    asyncio.run(story())


def test_a_control_moved_during_a_run_counts_at_the_next_step():
    slow, fast = Stage(TRAINING), Stage(TRAINING)
    slow.step(), fast.step()
    fast.move(rate=5.0)
    slow.step(), fast.step()
    assert fast.scene.facts["steps"] == slow.scene.facts["steps"] == 10
    assert fast.frame != slow.frame


def test_a_control_that_restarts_begins_the_run_again():
    stage = Stage(TRAINING)
    stage.step()
    stage.move(seed=1)
    assert stage.scene.facts["steps"] == 0
    stage.step()
    assert stage.scene.facts["steps"] == 5


def test_an_error_in_a_run_is_shown_and_raised():
    def run(params):
        yield SCENE
        raise FloatingPointError("the loss is not finite any more")

    stage = Stage(replace(TRAINING, run=run))
    stage.step()
    with pytest.raises(FloatingPointError):
        stage.step()
    assert stage.error == "the loss is not finite any more"


def test_a_run_ends_by_itself():
    stage = Stage(replace(TRAINING, run=lambda params: iter([SCENE])))
    assert stage.step()
    assert not stage.step()


# The page ------------------------------------------------------------------------------------------------------------


def test_the_page_loads_nothing_from_anywhere(tmp_path):
    page = write_page(MARKS, MARKS.defaults, tmp_path / "page.html").read_text(encoding="utf-8")
    addresses = page.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in addresses
    assert "import " not in RENDERER
    assert "<title>Every mark</title>" in page


def test_the_page_survives_words_that_look_like_its_own_end(tmp_path):
    panel = replace(BROKEN, title="</script> & <b>", scene=lambda x: replace(SCENE, says="</script>"))
    page = write_page(panel, panel.defaults, tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("</script>") == 2
