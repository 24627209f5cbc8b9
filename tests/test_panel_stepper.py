"""The neuron stepper: slopes that differences confirm, four phases that reveal them in order, a task on the rate."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import activations, plots, widgets
from course_lib.panels import stepper
from course_lib.stage import Arrow, Line, Points, Stage, Text
from course_lib.stage.encode import frame_bytes, table_bytes
from course_lib.stage.figure import figure

PANEL = stepper.neuron_stepper_panel()
KINDS = ("sigmoid", "relu", "identity")
states = st.fixed_dictionaries(
    {
        "rate": st.floats(0.01, 30.0),
        "activation": st.sampled_from(KINDS),
        "phase": st.integers(0, stepper.LAST_PHASE),
    }
)
EXTREMES = [
    {"rate": rate, "activation": kind, "phase": phase}
    for rate, kind, phase in itertools.product((0.01, 0.5, 30.0), KINDS, (0, 4, stepper.LAST_PHASE))
]


def shown(**values):
    return PANEL.scene(**PANEL.complete(values))


def judged(**values):
    params = PANEL.complete(values)
    return PANEL.result(params, PANEL.scene(**params))


def texts(chart):
    return [mark.text for mark in chart.marks if isinstance(mark, Text)]


def loss_of(weights, kind):
    """The loss written out anew, without the catalogue's loss."""
    score = 2 * weights[0] - weights[1] + weights[2]
    return (float(activations.get(kind).function(score)) - 0.2) ** 2


# Every state --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("params", EXTREMES, ids=PANEL.to_text)
def test_scene_and_static_twin_can_be_drawn_at_the_extremes(params):
    scene = PANEL.scene(**params)
    assert len(frame_bytes(scene, PANEL.result(params, scene))) < 20_000
    assert len(plots.png(figure(scene))) < 100_000


@given(states)
def test_any_state_is_drawn_in_finite_numbers_and_words(params):
    scene = PANEL.scene(**params)
    assert 0 <= PANEL.result(params, scene).score <= 1
    spoken = [scene.says, *texts(scene.charts[0])]
    assert not [words for words in spoken if any(odd in words for odd in ("nan", "undefined", "∞"))]
    for mark in scene.charts[1].marks:
        if isinstance(mark, Line | Points):
            assert np.isfinite(mark.y).all()


@given(states)
def test_state_returns_from_its_text(params):
    assert PANEL.from_text(PANEL.to_text(params)) == params


@given(states)
def test_no_text_is_wider_than_its_box(params):
    graph = PANEL.scene(**params).charts[0]
    # 8.5 pixels for one per cent of the width, 7.3 for a letter, as in a cell of a notebook.
    room = {17.0: 29 * 1.4, 48.5: 17 * 8.5 / 7.3 + 2, 70.5: 17 * 8.5 / 7.3 + 2, 92.0: 16 * 8.5 / 7.3 + 2}
    for mark in graph.marks:
        if isinstance(mark, Text) and mark.x in room:
            assert len(mark.text) <= room[mark.x], mark.text


# The numbers --------------------------------------------------------------------------------------------------------


@given(st.floats(0.01, 30.0), st.sampled_from(["sigmoid", "identity"]))
def test_gradient_is_what_nudging_each_weight_measures(rate, kind):
    for now in stepper.rounds(rate, kind)[:2]:
        for i in range(3):
            nudge = np.zeros(3)
            nudge[i] = 1e-5 * max(1.0, abs(now.weights).max())
            measured = (loss_of(now.weights + nudge, kind) - loss_of(now.weights - nudge, kind)) / (2 * nudge[i])
            assert now.gradient[i] == pytest.approx(measured, rel=1e-5, abs=1e-7)


@given(st.floats(0.01, 30.0), st.sampled_from(KINDS))
def test_each_round_starts_where_the_update_before_it_ended(rate, kind):
    path = stepper.rounds(rate, kind)
    for before, after in itertools.pairwise(path):
        np.testing.assert_allclose(after.weights, before.weights - rate * before.gradient, rtol=1e-12)
        assert after.loss == pytest.approx(loss_of(after.weights, kind), rel=1e-12)


@given(states)
def test_the_sum_of_the_products_is_the_score(params):
    now = PANEL.scene(**params).facts["round"]
    assert now.score == pytest.approx(2 * now.weights[0] - now.weights[1] + now.weights[2], rel=1e-9)
    assert now.by_score == pytest.approx(2 * (now.output - 0.2) * now.slope, rel=1e-9)


def test_a_relu_pushed_below_zero_has_slope_zero_and_stays_there():
    after = stepper.rounds(0.5, "relu")[1:]
    assert [one.loss for one in after] == pytest.approx([0.04] * 6)
    assert not any(one.gradient.any() for one in after)


def test_one_update_with_the_identity_solves_it_at_one_twelfth_and_grows_beyond_one_sixth():
    assert stepper.rounds(1 / 12, "identity")[1].loss == pytest.approx(0, abs=1e-25)
    assert stepper.rounds(0.166, "identity")[6].loss < 3.24
    assert stepper.rounds(0.168, "identity")[6].loss > 3.24


# The phases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "known", "unknown"),
    [
        (0, "w₁ = 0.5,  u₁ = 2", "x = 2"),
        (1, "= 0.881", "= 0.463"),
        (2, "= 0.463", "∂L/∂w₁ = 0.143 · 2 = 0.286"),
        (3, "∂L/∂w₁ = 0.143 · 2 = 0.286", "→ 0.5 − 0.5 · 0.286 = 0.357"),
        (4, "→ 0.5 − 0.5 · 0.286 = 0.357", "= ?"),
    ],
    ids=stepper.PHASES,
)
def test_each_phase_shows_its_own_numbers_and_none_of_the_next(phase, known, unknown):
    words = texts(shown(phase=phase).charts[0])
    assert known in words
    assert unknown not in words


def test_the_chain_rule_stands_on_the_graph():
    words = texts(shown(phase=3).charts[0])
    assert {"= 2(a − y)", "= 1.362", "f′(2)", "= 0.105", "1.362 · 0.105", "= 0.143"} <= set(words)


def test_a_negative_slope_makes_the_weight_rise():
    assert "→ −0.5 + 0.5 · 0.143 = −0.429" in texts(shown(phase=4).charts[0])


@given(states)
def test_the_slopes_go_back_in_the_gradient_phase_and_the_update_only(params):
    arrows = [mark for mark in PANEL.scene(**params).charts[0].marks if isinstance(mark, Arrow)]
    back = [mark for mark in arrows if mark.role == "vermillion"]
    assert len(arrows) - len(back) == 2
    assert bool(back) == (params["phase"] > 0 and params["phase"] % 4 in (3, 0))


@pytest.mark.parametrize("phase", range(stepper.LAST_PHASE + 1))
def test_a_loss_is_drawn_once_its_phase_has_been_reached(phase):
    scene = shown(phase=phase)
    expected = [one.loss for one in stepper.rounds(0.5, "sigmoid")][: (phase + 2) // 4]
    assert list(scene.facts["losses"]) == expected
    drawn = [mark.y for mark in scene.charts[1].marks if isinstance(mark, Points)]
    np.testing.assert_allclose(np.concatenate(drawn or [[]]), expected, rtol=1e-6)


def test_the_buttons_go_one_phase_or_four_and_stop_at_the_end():
    one, four = (action.change for action in PANEL.actions)
    assert one({"phase": 0}) == {"phase": 1}
    assert four({"phase": 2.0}) == {"phase": 6}
    assert one({"phase": stepper.LAST_PHASE}) == four({"phase": 25}) == {"phase": stepper.LAST_PHASE}


def test_a_loss_beyond_the_chart_is_named():
    assert not any("outside" in words for words in texts(shown(phase=2).charts[1]))
    blown = shown(rate=30.0, activation="identity", phase=10).charts[1]
    assert any("outside this chart" in words for words in texts(blown))


def test_words_say_every_number_of_the_first_round():
    says = shown(phase=4).says
    for part in (
        "Round 1, phase 4 of 4: update",
        "Score x = 2, output a = f(x) = 0.881",
        "Loss (a − y)² = 0.463",
        "∂L/∂a = 2(a − y) = 1.362, times f′(x) = 0.105, gives ∂L/∂x = 0.143",
        "∂L/∂w₁ = 0.286, ∂L/∂w₂ = −0.143, ∂L/∂b = 0.143",
        "New weights: w₁ = 0.357, w₂ = −0.429, b = 0.429",
    ):
        assert part in says


# The task -----------------------------------------------------------------------------------------------------------


def edge(low, high):
    """Where between two rates the loss after two updates crosses the goal, by bisection on the written-out loss."""

    def good(rate):
        weights = np.array([0.5, -0.5, 0.5])
        for _ in range(2):
            output = 1 / (1 + np.exp(-(2 * weights[0] - weights[1] + weights[2])))
            weights = weights - rate * 2 * (output - 0.2) * output * (1 - output) * np.array([2, -1, 1])
        return loss_of(weights, "sigmoid") < 0.01

    assert good(low) != good(high)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if good(middle) == good(low) else (low, middle)
    return low


@pytest.mark.parametrize(("outside", "inside"), [(0.5, 2.0), (8.0, 2.0)], ids=["too small", "too large"])
def test_the_task_ends_where_the_second_loss_crosses_the_goal(outside, inside):
    border = edge(outside, inside)
    further = 1e-6 if inside > outside else -1e-6
    assert judged(rate=border + further, phase=10).solved
    assert not judged(rate=border - further, phase=10).solved


def test_a_loss_that_has_not_been_seen_does_not_count():
    assert not judged(rate=4.0, phase=5).solved
    assert judged(rate=4.0, phase=6).solved
    assert judged(rate=4.0, phase=stepper.LAST_PHASE).solved


def test_a_third_update_comes_too_late():
    assert shown(rate=1.0, phase=14).facts["losses"][3] < stepper.GOAL
    assert not judged(rate=1.0, phase=14).solved


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"phase": 4}, "No loss after an update"),
        ({"phase": 6}, "One more is allowed"),
        ({"phase": 10}, "Choose a larger rate"),
        ({"phase": 10, "rate": 20.0}, "Choose a smaller rate"),
        ({"phase": 10, "rate": 6.0}, "Choose a smaller rate"),
        ({"phase": 10, "rate": 0.08, "activation": "identity"}, "choose it as the activation again"),
        ({"phase": 10, "rate": 2.0}, "after 2 updates"),
        ({"phase": 10, "rate": 4.0}, "after 1 update."),
    ],
)
def test_the_message_says_what_to_do(values, words):
    assert words in judged(**values).message


@given(st.floats(0.01, 30.0))
def test_advice_on_the_rate_points_towards_the_solution(rate):
    message = judged(rate=rate, phase=10).message
    assert ("Choose a larger" in message) == (rate < edge(0.5, 2.0))
    assert ("Choose a smaller" in message) == (rate > edge(8.0, 2.0))


def test_no_preset_and_no_first_state_solves_the_task():
    for phase in range(stepper.LAST_PHASE + 1):
        assert not judged(phase=phase).solved
        assert not [p.label for p in PANEL.presets if judged(**{"phase": phase, **p.values}).solved]


# The widget ---------------------------------------------------------------------------------------------------------


def test_at_most_three_controls():
    assert [control.name for control in PANEL.controls if control.shown] == ["rate", "activation", "phase"]


def test_a_page_without_a_kernel_is_small_and_can_solve_the_task():
    table = table_bytes(PANEL, PANEL.defaults)
    assert len(table) < 2_500_000
    assert any(judged(rate=rate, phase=10).solved for rate in PANEL.control("rate").grid())


def test_the_lessons_call_works_and_its_button_steps():
    stage = widgets.neuron_stepper(phase=3)
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "neuron-stepper rate=0.5 activation=sigmoid phase=3"
        stage._receive(None, {"ask": "action", "index": 0}, [])
        assert stage.state.endswith("phase=4")
        assert "New weights" in stage.scene.says
    finally:
        stage.close()


@pytest.mark.parametrize("phase", range(stepper.LAST_PHASE + 1))
def test_where_the_slope_has_died_out_no_zero_has_a_minus(phase):
    scene = shown(rate=30.0, activation="relu", phase=phase)
    told = [scene.says, *texts(scene.charts[0]), *texts(scene.charts[1])]
    assert [text for text in told if re.search(r"−0(?![.\d])", text)] == []
