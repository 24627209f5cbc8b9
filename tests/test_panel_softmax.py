"""The softmax panel: the catalogue's own shares in every state, and a task that only the asked-for shares solve."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import activations, plots, widgets
from course_lib.panels import softmax
from course_lib.stage import Bars, Handle, Line, Points, Slider, Stage, Text
from course_lib.stage.encode import frame_bytes, table_bytes
from course_lib.stage.figure import figure

PANEL = softmax.softmax_shares_panel()
# Differences ln 2 and ln 3 are what 60, 30 and 10 per cent need at T = 1.
SOLUTION = {"cat": math.log(6), "dog": math.log(3), "owl": 0.0}

scores = st.floats(-softmax.REACH, softmax.REACH)
states = st.fixed_dictionaries(
    {
        "cat": scores,
        "dog": scores,
        "owl": scores,
        "shift": st.floats(-softmax.FURTHEST_SHIFT, softmax.FURTHEST_SHIFT),
        "temperature": st.floats(softmax.COLDEST, softmax.HOTTEST),
        "classes": st.sampled_from([2, 3]),
    }
)
ENDS = {
    control.name: (control.low, control.high) if isinstance(control, Slider) else control.grid()
    for control in PANEL.controls
}
EXTREMES = [dict(zip(ENDS, values, strict=True)) for values in itertools.product(*ENDS.values())]


def shown(**values):
    return PANEL.scene(**PANEL.complete(values))


def judged(**values):
    params = PANEL.complete(values)
    return PANEL.result(params, PANEL.scene(**params))


def own_scores(params):
    return np.array([params["cat"], params["dog"], params["owl"]])[: params["classes"]]


def bars(chart):
    return np.concatenate([mark.height for mark in chart.marks if isinstance(mark, Bars)])


def shares_for(*percent, temperature=1.0):
    """Scores, around 0, whose shares are these."""
    scores = temperature * np.log(np.array(percent) / 100)
    scores -= (scores.max() + scores.min()) / 2
    return dict(zip(("cat", "dog", "owl"), scores.tolist(), strict=True), temperature=temperature)


# Every state --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("params", EXTREMES, ids=PANEL.to_text)
def test_a_frame_is_small_at_every_extreme(params):
    scene = PANEL.scene(**params)
    assert len(frame_bytes(scene, PANEL.result(params, scene))) < 20_000


@pytest.mark.parametrize("preset", PANEL.presets, ids=lambda preset: preset.label)
def test_static_twin_can_be_drawn(preset):
    assert len(plots.png(figure(shown(**preset.values)))) < 100_000


@given(states)
def test_any_state_is_drawn_in_finite_numbers_and_words(params):
    scene = PANEL.scene(**params)
    assert 0 <= PANEL.result(params, scene).score <= 1
    assert "nan" not in scene.says
    for mark in (mark for chart in scene.charts for mark in chart.marks):
        if isinstance(mark, Line | Points):
            assert np.isfinite(mark.y).all()
        if isinstance(mark, Text):
            assert math.isfinite(mark.x + mark.y)


@given(states)
def test_state_returns_from_its_text(params):
    assert PANEL.from_text(PANEL.to_text(params)) == params


# The numbers --------------------------------------------------------------------------------------------------------


@given(states)
def test_shares_are_the_catalogues_and_no_shift_changes_them(params):
    entry = activations.get("softmax").function
    expected = entry(own_scores(params) / params["temperature"])
    scene = PANEL.scene(**params)
    np.testing.assert_allclose(scene.facts["shares"], expected, rtol=1e-12)
    np.testing.assert_allclose(bars(scene.charts[1]), expected, rtol=1e-6)


@given(states)
def test_score_bars_and_handles_stand_at_the_shifted_scores(params):
    chart = PANEL.scene(**params).charts[0]
    np.testing.assert_allclose(bars(chart), own_scores(params) + params["shift"], rtol=1e-6, atol=1e-6)
    assert [handle.y for handle in chart.handles] == pytest.approx((own_scores(params) + params["shift"]).tolist())


@given(states)
def test_dragging_a_handle_gives_back_the_score_without_the_shift(params):
    for handle in PANEL.scene(**params).charts[0].handles:
        value = np.interp(handle.y, handle.track.y, handle.track.values)
        assert value == pytest.approx(params[handle.moves_x], abs=1e-5)


@given(states)
def test_the_dashed_path_of_temperatures_runs_through_the_present_shares(params):
    lines = [mark for mark in PANEL.scene(**params).charts[3].marks if isinstance(mark, Line)]
    for line, share in zip(lines, PANEL.scene(**params).facts["shares"], strict=True):
        # Straight pieces between 61 temperatures: close, not exact.
        assert np.interp(math.log(params["temperature"]), np.log(line.x), line.y) == pytest.approx(share, abs=0.02)


@given(states)
def test_the_point_of_the_triangle_has_the_shares_as_its_weights(params):
    scene = PANEL.scene(**{**params, "classes": 3})
    now = next(mark for mark in scene.charts[2].marks if isinstance(mark, Points) and mark.label == "now")
    corners = np.vstack([softmax.CORNERS.T, np.ones(3)])
    weights = np.linalg.solve(corners, [now.x[0], now.y[0], 1.0])
    np.testing.assert_allclose(weights, scene.facts["shares"], atol=1e-6)


@given(states)
def test_two_classes_are_the_sigmoid_of_the_lead(params):
    scene = PANEL.scene(**{**params, "classes": 2})
    lead = (params["cat"] - params["dog"]) / params["temperature"]
    point = next(mark for mark in scene.charts[2].marks if isinstance(mark, Points))
    assert scene.facts["shares"][0] == pytest.approx(float(activations.get("sigmoid").function(lead)), rel=1e-9)
    assert point.y[0] == pytest.approx(scene.facts["shares"][0], rel=1e-6)


@pytest.mark.parametrize(
    ("temperature", "shares"),
    [(0.1, "cat 0.99995, dog 4.5·10⁻⁵"), (1.0, "cat 0.665, dog 0.245, owl 0.090"), (10.0, "cat 0.367, dog 0.332")],
)
def test_the_words_give_the_shares_of_the_lesson(temperature, shares):
    assert shares in shown(temperature=temperature).says


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "over 0.99999"), (0.999951, "0.99995"), (0.5, "0.500"), (0.0005, "0.001"), (0.0004999, "5.0·10⁻⁴")],
)
def test_no_share_is_rounded_to_nothing_or_to_all(share, text):
    assert softmax.share_text(share) == text


def test_words_on_two_classes_name_the_sigmoid():
    assert "σ((x₁ − x₂) / T) = σ(1) = 0.731" in shown(classes=2).says


def test_words_on_a_tie_and_on_a_shift():
    assert "Cat and dog have equal scores and equal shares" in shown(cat=1.0, dog=1.0).says
    assert "shifted by −2" in shown(shift=-2.0).says


@given(st.lists(st.floats(0, 1), min_size=2, max_size=3))
def test_names_beside_the_curves_keep_their_distance_and_order(heights):
    placed = softmax._apart(np.array(heights), gap=0.1)
    assert (placed >= np.array(heights) - 1e-12).all()
    assert np.diff(np.sort(placed)).min() >= 0.1 - 1e-9


# The task -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("shift", [-3.0, 0.0, 3.0])
def test_the_target_is_right_at_any_shift_and_temperature(temperature, shift):
    assert judged(**shares_for(60, 30, 10, temperature=temperature), shift=shift).solved


@pytest.mark.parametrize(
    ("percent", "solved"),
    [
        ((60.9, 29.6, 9.5), True),
        ((59.1, 30.4, 10.5), True),
        ((60.4, 30.5, 9.1), True),
        ((61.1, 29.4, 9.5), False),
        ((58.9, 30.6, 10.5), False),
        ((59.4, 31.1, 9.5), False),
        ((60.6, 28.9, 10.5), False),
        ((60.5, 30.6, 8.9), False),
        ((59.5, 29.4, 11.1), False),
        ((10.0, 30.0, 60.0), False),
    ],
)
def test_the_task_takes_one_percentage_point_and_no_more(percent, solved):
    assert judged(**shares_for(*percent)).solved is solved


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Cat has 66.52 %, too much. Lower its score"),
        (shares_for(52, 22, 26), "Owl has 26.00 %, too much. Lower its score: the others gain."),
        (shares_for(50, 38, 12), "Cat has 50.00 %, too little. Raise its score"),
        ({"classes": 2}, "Choose three"),
        ({"temperature": 4.0}, "Lower it first"),
        (SOLUTION, "0.69 and 1.1"),
    ],
)
def test_the_message_says_what_to_do(values, words):
    assert words in judged(**values).message


def test_the_task_is_out_of_reach_exactly_where_the_message_says_so():
    edge = 2 * softmax.REACH / math.log(6)
    assert judged(**shares_for(60, 30, 10, temperature=edge - 1e-6)).solved
    assert "Lower it first" in judged(temperature=edge + 0.01).message


def test_no_preset_and_no_first_state_solves_the_task():
    assert not [preset.label for preset in PANEL.presets if judged(**preset.values).solved]
    assert not judged().solved


def test_the_task_can_be_solved_in_steps_of_the_handles():
    step = PANEL.control("cat").step
    assert judged(**{name: round(value / step) * step for name, value in SOLUTION.items()}).solved


# The widget ---------------------------------------------------------------------------------------------------------


def test_at_most_three_controls_beside_the_handles():
    assert [control.name for control in PANEL.controls if control.shown] == ["shift", "temperature", "classes"]
    moved = {h.moves_x for chart in shown().charts for h in chart.handles if isinstance(h, Handle)}
    assert moved == {"cat", "dog", "owl", "temperature"}


def test_the_table_is_small_enough_for_a_page():
    assert len(table_bytes(PANEL, PANEL.defaults)) < 2_500_000


def test_the_lessons_call_works():
    stage = widgets.softmax_shares(temperature=0.1)
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "softmax-shares cat=2 dog=1 owl=0 shift=0 temperature=0.1 classes=3"
    finally:
        stage.close()
