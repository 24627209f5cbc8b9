"""The hinge puzzle: drawn in every state, with the catalogue's own ReLU, and solved by the right sum only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import activations, plots
from course_lib.panels import hinge
from course_lib.stage import Area, Line, Stage
from course_lib.stage.encode import frame_bytes, read, table_bytes
from course_lib.stage.figure import figure

PANEL = hinge.hinge_puzzle_panel()
SOLUTION = {"corner1": -2.0, "corner2": 1.0, "slope2": -1.5}
corners, slopes = st.floats(-4, 4), st.floats(-3, 3)
states = st.fixed_dictionaries({"corner1": corners, "corner2": corners, "slope2": slopes})

ends = {control.name: (control.low, control.high) for control in PANEL.controls}
EXTREMES = [
    {"corner1": one, "corner2": two, "slope2": slope}
    for one in (*ends["corner1"], 0.0)
    for two in (*ends["corner2"], 0.0)
    for slope in (*ends["slope2"], 0.0)
]


def shown(**values):
    params = {**PANEL.defaults, **values}
    return PANEL.scene(**params)


def line(chart, label):
    return next(mark for mark in chart.marks if isinstance(mark, Line) and mark.label == label)


def judged(**values):
    params = {**SOLUTION, **values}
    return PANEL.result(params, PANEL.scene(**params))


@pytest.mark.parametrize("params", [PANEL.defaults, SOLUTION, *EXTREMES], ids=PANEL.to_text)
def test_a_frame_at_the_extremes_is_small(params):
    scene = PANEL.scene(**params)
    assert len(frame_bytes(scene, PANEL.result(params, scene))) < 20_000


@pytest.mark.parametrize("params", [PANEL.defaults, SOLUTION, EXTREMES[0], EXTREMES[-10]], ids=PANEL.to_text)
def test_the_static_twin_can_be_drawn(params):
    assert len(plots.png(figure(PANEL.scene(**params)))) < 100_000


@given(states)
def test_any_state_is_drawn_in_finite_numbers_and_words(params):
    scene = PANEL.scene(**params)
    assert 0 <= PANEL.result(params, scene).score <= 1
    assert "nan" not in scene.says
    for chart in scene.charts:
        for mark in chart.marks:
            if isinstance(mark, Line):
                assert np.isfinite(mark.y).all()


@given(states)
def test_state_returns_from_its_text(params):
    assert PANEL.from_text(PANEL.to_text(params)) == params


@given(states)
def test_the_sum_is_two_relus_of_the_catalogue(params):
    relu = activations.get("relu").function
    drawn = line(PANEL.scene(**params).charts[1], "sum of the hinges")
    x = drawn.x.astype(float)
    expected = relu(x - params["corner1"]) + params["slope2"] * relu(x - params["corner2"])
    np.testing.assert_allclose(drawn.y, expected, atol=1e-4)


@given(corners, slopes)
def test_the_sum_is_drawn_with_its_corner_not_across_it(corner, slope):
    drawn = line(shown(corner1=4.0, corner2=corner, slope2=slope).charts[1], "sum of the hinges")
    assert np.interp(corner, drawn.x, drawn.y) == pytest.approx(0, abs=1e-5)


def test_the_target_passes_through_its_named_points():
    np.testing.assert_allclose(hinge.target(np.array([-4.0, -2, 0, 1, 2, 4])), [0, 0, 2, 3, 2.5, 1.5])


def test_the_gap_is_the_largest_distance_found_by_brute_force():
    x = np.linspace(-4, 4, 20_001)
    sum_ = np.maximum(x + 1.37, 0) - 0.8 * np.maximum(x - 0.42, 0)
    wanted = np.interp(x, [-4, -2, 1, 4], [0, 0, 3, 1.5])
    facts = shown(corner1=-1.37, corner2=0.42, slope2=-0.8).facts
    assert facts["gap"] == pytest.approx(np.abs(sum_ - wanted).max(), abs=1e-3)
    assert facts["fit"] == pytest.approx(1 - np.abs(sum_ - wanted).mean() / wanted.mean(), abs=1e-2)


def test_the_solution_passes():
    assert judged().score == 1


@pytest.mark.parametrize("values", [{}, *(preset.values for preset in PANEL.presets)], ids=str)
def test_neither_the_start_nor_a_preset_is_solved(values):
    params = {**PANEL.defaults, **values}
    assert not PANEL.result(params, PANEL.scene(**params)).solved


# Shifting hinge 1 by d shifts all that follows by d; shifting hinge 2 by d makes a gap of 1.5·d; its slope, one of 3·d.
@pytest.mark.parametrize("side", [-1, 1], ids=["below", "above"])
@pytest.mark.parametrize(
    ("name", "right_at"), [("corner1", 0.1), ("corner2", 0.1 / 1.5), ("slope2", 0.1 / 3)], ids=lambda v: str(v)[:7]
)
def test_the_task_ends_at_a_gap_of_one_tenth(name, right_at, side):
    at, inside, outside = (
        judged(**{name: SOLUTION[name] + side * distance}) for distance in (right_at, right_at - 1e-3, right_at + 1e-3)
    )
    assert at.solved
    assert inside.solved
    assert not outside.solved
    assert 0.9 < outside.score < 1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"corner1": 0.0}, "hinge 1 to the left"),
        ({"corner1": -3.5, "corner2": 3.0}, "hinge 1 to the right"),
        ({"corner2": 2.0}, "hinge 2 to the left"),
        ({"corner2": -1.0}, "hinge 2 to the right"),
        ({"slope2": -0.5}, "Lower the slope"),
        ({"slope2": -1.6}, "Raise the slope"),
        ({"corner1": -2.09, "corner2": 1.09, "slope2": -1.49}, "Nearly"),
    ],
)
def test_an_open_task_says_what_to_mend_first(values, word):
    result = judged(**values)
    assert not result.solved
    assert word in result.message


@given(states)
def test_advice_on_the_slope_points_towards_the_solution(params):
    result = judged(slope2=params["slope2"])
    if "Lower" in result.message or "Raise" in result.message:
        assert ("Lower" in result.message) == (params["slope2"] > SOLUTION["slope2"])


def test_a_better_fit_scores_more():
    scores = [judged(slope2=slope).score for slope in (0.5, -0.5, -1.0, -1.25, -1.5)]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)


@given(states)
def test_handles_stand_where_their_controls_say(params):
    one, two = PANEL.scene(**params).charts[0].handles
    assert (one.x, one.y, one.moves_x, one.moves_y) == (params["corner1"], 0.0, "corner1", None)
    assert (two.x, two.y, two.moves_x, two.moves_y) == (params["corner2"], params["slope2"], "corner2", "slope2")


def test_the_second_handle_is_one_step_left_of_its_hinge():
    scene = shown(corner2=-1.0, slope2=2.0)
    drawn = line(scene.charts[0], "hinge 2")
    assert np.interp(0.0, drawn.x, drawn.y) == pytest.approx(scene.charts[0].handles[1].y)


def test_words_say_what_the_picture_shows():
    says = shown(corner1=-1.0, corner2=2.0, slope2=-1.0).says
    assert "Their sum is 0 up to −1, then has slope 1, and from 2 on slope 0." in says
    assert "Largest gap: 1.5, at 4." in says


def test_words_put_the_hinges_in_order():
    says = shown(corner1=2.0, corner2=-1.0, slope2=-0.5).says
    assert "Their sum is 0 up to −1, then has slope −0.5, and from 2 on slope 0.5." in says


def test_the_shaded_gap_closes_at_the_solution():
    area = next(mark for mark in PANEL.scene(**SOLUTION).charts[1].marks if isinstance(mark, Area))
    np.testing.assert_allclose(area.low, area.high, atol=1e-6)


def test_a_page_without_a_kernel_can_reach_the_solution():
    table = table_bytes(PANEL, PANEL.defaults)
    head, _ = read(table)
    axes = dict(head["axes"])
    assert all(value in axes[name] for name, value in SOLUTION.items())
    assert max(frame["result"]["score"] for frame in head["frames"]) == 1
    assert len(table) < 2_500_000


def test_the_lessons_call_starts_where_it_is_told():
    stage = hinge.hinge_puzzle(slope2=-1)
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "hinge-puzzle corner1=0 corner2=2 slope2=-1"
    finally:
        stage.close()


def test_a_corner_outside_the_chart_is_refused():
    with pytest.raises(ValueError, match="corner1=5 is outside -4 … 4"):
        hinge.hinge_puzzle(corner1=5)
