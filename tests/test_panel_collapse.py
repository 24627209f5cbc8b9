"""Linear collapse and XOR: the course's own network in every start, and a task that only the fewest units solve."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import activations, numerics, plots, widgets
from course_lib.panels import collapse
from course_lib.panels.collapse import NAMES, STARTS, STEPS
from course_lib.stage import Handle, Heat, Line, Points, Stage, Text
from course_lib.stage.encode import frame_bytes, read, table_bytes
from course_lib.stage.figure import figure
from course_lib.training import Adam, Network

PANEL = collapse.linear_collapse_panel()
LAST = STEPS // collapse.EVERY
units = st.integers(1, collapse.MOST_UNITS)
states = st.fixed_dictionaries(
    {"activation": st.sampled_from(list(NAMES)), "units": units, "seed": st.integers(0, STARTS - 1)}
)
EXTREMES = [
    {"activation": activation, "units": count, "seed": seed}
    for activation in NAMES
    for count in (1, collapse.MOST_UNITS)
    for seed in (0, STARTS - 1)
]


@pytest.fixture(scope="module", autouse=True)
def trained():
    """Every setting trained once: hypothesis would take the first, slow look at one for an unsteady test."""
    return [collapse.roulette(activation, count) for activation in NAMES for count in range(1, 9)]


def shown(**values):
    return PANEL.scene(**PANEL.complete(values))


def judged(**values):
    params = PANEL.complete(values)
    return PANEL.result(params, PANEL.scene(**params))


def network(activation, count, seed):
    """The same run by the course's own training loop."""
    made = Network([2, count, 1], activation, loss=collapse.LOSS, optimiser=Adam(rate=collapse.RATE), rng=seed)
    history = made.fit(collapse.CORNERS.x, collapse.CORNERS.y[:, None], epochs=STEPS, record_every=STEPS)
    return made, history


def only(activation, count, seed, record=LAST):
    return collapse.layers(collapse.roulette(activation, count).parameters[record, seed : seed + 1])


# Every state --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("params", [PANEL.defaults, *EXTREMES], ids=PANEL.to_text)
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
        if isinstance(mark, Heat):
            assert np.isfinite(mark.values).all()
        if isinstance(mark, Points):
            assert np.isfinite(mark.y).all()
        if isinstance(mark, Line):
            # A gap in a boundary is a gap in both of its rows.
            assert (np.isfinite(mark.x) == np.isfinite(mark.y)).all()
        if isinstance(mark, Text):
            assert math.isfinite(mark.x + mark.y)


@given(states)
def test_state_returns_from_its_text(params):
    assert PANEL.from_text(PANEL.to_text(params)) == params


# The numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", NAMES)
@pytest.mark.parametrize("count", [1, 2, 8])
@pytest.mark.parametrize("seed", [0, 23, STARTS - 1])
def test_fifty_at_once_are_the_runs_of_the_courses_network(activation, count, seed):
    made, history = network(activation, count, seed)
    runs = collapse.roulette(activation, count)
    # The losses after each step of rounding in another order: 300 steps on they agree to six digits or more.
    np.testing.assert_allclose(runs.loss[[0, -1], seed], history.loss, rtol=1e-6)
    np.testing.assert_allclose(runs.parameters[-1, seed], made.parameters, rtol=1e-5, atol=1e-6)
    assert runs.solved[seed] == (history.metric[-1] == 1)


@given(states)
def test_the_heat_map_is_the_networks_output(params):
    made = Network([2, params["units"], 1], params["activation"], loss=collapse.LOSS)
    made.parameters[:] = collapse.roulette(params["activation"], params["units"]).parameters[-1, params["seed"]]
    heat = next(mark for mark in PANEL.scene(**params).charts[0].marks if isinstance(mark, Heat))
    expected = made.predict_probability(collapse.PLANE).reshape(heat.values.shape)
    np.testing.assert_allclose(heat.values, expected, atol=1e-6)


@given(states)
def test_the_thick_line_runs_where_the_score_is_zero(params):
    boundary = [m for m in PANEL.scene(**params).charts[0].marks if isinstance(m, Line) and m.width == 3]
    net = only(params["activation"], params["units"], params["seed"])
    for line in boundary:
        points = np.column_stack([line.x, line.y]).astype(float)
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            continue  # the score has the same sign all over the chart
        field = collapse.scores(params["activation"], net, collapse.PLANE)[0].reshape(27, 27)
        jump = max(np.abs(np.diff(field, axis=axis)).max() for axis in (0, 1))
        # Straight pieces between the places of the grid: off by no more than the score changes between two of them.
        assert np.abs(collapse.scores(params["activation"], net, points)).max(initial=0) <= jump + 1e-4


@given(states)
def test_dotted_lines_are_where_a_hidden_units_score_is_zero(params):
    net = only(params["activation"], params["units"], params["seed"])
    dotted = [m for m in PANEL.scene(**params).charts[0].marks if isinstance(m, Line) and m.dashes == "dotted"]
    assert bool(dotted) <= (params["activation"] != "identity")
    for line in dotted:
        hidden = np.column_stack([line.x, line.y]).astype(float) @ net.weights[0] + net.bias[0]
        assert np.abs(hidden).max(axis=0).min() < 1e-4


@given(states)
def test_slopes_at_the_sides_are_measured_slopes(params):
    activation = params["activation"]
    net = only(activation, params["units"], params["seed"])
    slopes = PANEL.scene(**params).facts["slopes"]
    at = activations.get(activation)
    for side, place in enumerate(collapse.SIDES):
        hidden = place @ net.weights[0] + net.bias[0, 0]
        if activation == "relu" and np.abs(hidden).min() < 0.1:
            continue  # a kink has no one slope to compare with
        for axis in (0, 1):
            step = np.eye(2)[axis]

            def along(t, place=place, step=step):
                return collapse.scores(activation, net, place + t[:, None] * step)[0]

            measured = numerics.central_difference(along, np.zeros(1))[0]
            assert slopes[side, axis] == pytest.approx(measured, rel=1e-5, abs=1e-6), at.name


@given(units, st.integers(0, STARTS - 1), st.integers(0, LAST))
def test_without_a_bend_the_layers_multiply_out(count, seed, record):
    net = only("identity", count, seed, record)
    *weights, bias = collapse._multiplied_out(net)
    expected = collapse.PLANE @ np.array(weights) + bias
    np.testing.assert_allclose(collapse.scores("identity", net, collapse.PLANE)[0], expected, atol=1e-9)


@given(units, st.integers(0, STARTS - 1), st.integers(0, LAST))
def test_without_a_bend_opposite_corners_have_the_same_sum(count, seed, record):
    zero, one, other, two = collapse.scores("identity", only("identity", count, seed, record), collapse.CORNERS.x)[0]
    assert zero + two == pytest.approx(one + other, abs=1e-9)


@pytest.mark.parametrize("count", range(1, collapse.MOST_UNITS + 1))
def test_without_a_bend_every_start_ends_at_ln_2(count):
    runs = collapse.roulette("identity", count)
    assert runs.wins == 0
    np.testing.assert_allclose(runs.loss[-1], math.log(2), rtol=1e-4)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_one_unit_that_only_rises_never_solves_xor(activation):
    assert collapse.roulette(activation, 1).wins == 0


@pytest.mark.parametrize(
    ("activation", "two", "eight"), [("identity", 0, 0), ("relu", 10, 49), ("tanh", 27, 50), ("sigmoid", 25, 50)]
)
def test_the_counts_that_the_lesson_prints(activation, two, eight):
    assert (collapse.roulette(activation, 2).wins, collapse.roulette(activation, 8).wins) == (two, eight)


@given(states)
def test_every_start_is_drawn_once_with_its_loss(params):
    runs = collapse.roulette(params["activation"], params["units"])
    points = [m for m in PANEL.scene(**params).charts[1].marks if isinstance(m, Points)]
    drawn = {int(x): y for m in points for x, y in zip(m.x, m.y, strict=True)}
    assert sorted(drawn) == list(range(STARTS))
    np.testing.assert_allclose([drawn[i] for i in range(STARTS)], np.maximum(runs.loss[-1], 2e-5), rtol=1e-6)
    crosses = sum(len(m.x) for m in points if m.shape == "cross")
    assert crosses == STARTS - runs.wins


# The task -----------------------------------------------------------------------------------------------------------


def test_the_target_is_the_first_number_of_units_with_more_than_half():
    wins = [collapse.roulette("relu", count).wins for count in range(1, collapse.MOST_UNITS + 1)]
    assert wins == sorted(wins)
    fewest = next(i for i, won in enumerate(wins, start=1) if won > STARTS / 2)
    assert [judged(activation="relu", units=u).solved for u in (fewest - 1, fewest, fewest + 1)] == [False, True, False]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"activation": "identity"}, "Choose ReLU first; this is identity"),
        ({}, "2 units: 10 of 50"),
        ({"activation": "tanh", "units": 4}, "Choose ReLU first; this is tanh"),
        ({"activation": "relu", "units": 1}, "1 unit: 0 of 50"),
        ({"activation": "relu", "units": 3}, "not more than half. Give the network more units"),
        ({"activation": "relu", "units": 5}, "But fewer units do it too"),
        ({"activation": "relu", "units": 4}, "with one unit fewer it is 23"),
    ],
)
def test_the_message_says_what_to_do(values, words):
    assert words in judged(**values).message


@given(states)
def test_the_start_does_not_decide_the_task(params):
    at_rest = PANEL.result(params, PANEL.scene(**params))
    assert at_rest == judged(**{**params, "seed": 0})


def test_no_preset_and_no_first_state_solves_the_task():
    assert not [preset.label for preset in PANEL.presets if judged(**preset.values).solved]
    assert not judged().solved


# Training and the widget --------------------------------------------------------------------------------------------


def test_playing_goes_from_the_first_step_to_the_scene_at_rest():
    params = PANEL.complete({"activation": "tanh", "units": 2, "seed": 5})
    frames = list(PANEL.run(dict(params)))
    assert [frame.facts["step"] for frame in frames] == list(range(0, STEPS + 1, collapse.EVERY))
    assert frames[-1].says == PANEL.scene(**params).says
    fresh = Network([2, 2, 1], "tanh", rng=5)
    np.testing.assert_allclose(frames[0].facts["scores"], fresh.predict(collapse.CORNERS.x).ravel(), atol=1e-12)


def test_the_first_scene_shows_a_solution_and_the_unlucky_seed_none():
    assert shown().facts["right"]
    unlucky = next(preset for preset in PANEL.presets if preset.label == "An unlucky seed")
    assert not shown(**unlucky.values).facts["right"]


def test_spinning_meets_every_start_once():
    seeds, params = [], PANEL.defaults
    for _ in range(STARTS):
        params = {**params, **PANEL.actions[0].change(params)}
        seeds.append(params["seed"])
    assert sorted(seeds) == list(range(STARTS))


def test_at_most_three_controls_and_a_handle_for_the_start():
    assert [control.name for control in PANEL.controls if control.shown] == ["activation", "units", "seed"]
    handles = [h for chart in shown(seed=7).charts for h in chart.handles if isinstance(h, Handle)]
    assert [(h.moves_x, h.x) for h in handles] == [("seed", 7)]


def test_words_without_a_bend_multiply_the_layers_out():
    says = shown(activation="identity", units=8).says
    assert "the two layers with 33 numbers are one with three" in says
    assert "0 of 50 starts solve XOR" in says


def test_words_with_a_bend_give_the_slopes_at_the_sides():
    scene = shown(activation="tanh")
    first = scene.facts["slopes"][0]
    said = " and ".join(plots.readable(round(float(slope), 2) + 0.0) for slope in first)
    assert f"Slopes in u₁ and u₂ in the middle of the left, lower, right, upper side: {said}; " in scene.says


def test_a_page_without_a_kernel_can_solve_the_task():
    table = table_bytes(PANEL, PANEL.defaults)
    head, _ = read(table)
    assert max(frame["result"]["score"] for frame in head["frames"]) == 1
    assert len(table) < 2_500_000


def test_the_lessons_call_starts_where_it_is_told():
    stage = widgets.linear_collapse(activation="relu", units=3)
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "linear-collapse activation=relu units=3 seed=35"
    finally:
        stage.close()


@pytest.mark.parametrize(("name", "value"), [("units", 9), ("seed", 50), ("activation", "step")])
def test_a_value_outside_its_control_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        collapse.linear_collapse(**{name: value})
