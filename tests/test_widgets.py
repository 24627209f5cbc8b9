"""The panels: drawn at every extreme, with the catalogue's own numbers and tasks that only the right answer solves."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_states import any_state, extremes

from course_lib import activations, losses, plots, widgets
from course_lib.panels.explore import explore_panel
from course_lib.panels.probability import probability_losses_panel
from course_lib.stage import Choice, Line, Slider, Stage, Text
from course_lib.stage.encode import frame_bytes, table_bytes
from course_lib.stage.figure import figure

EXPLORED = [*activations.CATALOGUE, *losses.CATALOGUE]
ELEMENTWISE = [entry.name for entry in activations.CATALOGUE.values() if entry.elementwise]
PANELS = {
    "probability_losses": probability_losses_panel,
    **{f"explore {name}": lambda name=name: explore_panel(name) for name in EXPLORED},
}
LESSON_PANELS = ["probability_losses", "explore sigmoid", "explore relu", "explore leaky_relu", "explore huber"]


@pytest.fixture(params=PANELS)
def panel(request):
    return PANELS[request.param]()


# What every panel keeps ----------------------------------------------------------------------------------------------


def test_every_panel_can_be_drawn_at_its_extremes(panel):
    for params in extremes(panel):
        scene = panel.scene(**params)
        assert len(frame_bytes(scene, panel.result(params, scene))) < 100_000
        assert "nan" not in scene.says.lower()


@pytest.mark.parametrize("name", LESSON_PANELS)
def test_a_lessons_panel_can_be_drawn_in_any_state(name):
    panel = PANELS[name]()

    # No deadline: the machine may be busy.
    @settings(deadline=None)
    @given(params=any_state(panel))
    def draw(params):
        scene = panel.scene(**params)
        assert frame_bytes(scene, panel.result(params, scene))
        assert panel.from_text(panel.to_text(params)) == params

    draw()


@pytest.mark.parametrize("name", LESSON_PANELS)
def test_the_static_twin_can_be_drawn_at_the_extremes(name):
    panel = PANELS[name]()
    for params in extremes(panel):
        assert len(plots.png(figure(panel.scene(**params)))) < 100_000


def test_every_panel_has_few_controls_a_task_and_words(panel):
    assert 1 <= sum(control.shown for control in panel.controls) <= 3
    assert re.fullmatch(r"(\d\d|gallery)-[\w-]+", panel.task.id)
    assert panel.task.text.endswith("Check.")
    assert len(panel.scene(**panel.defaults).says) > 30


def test_no_panel_starts_solved(panel):
    assert panel.result(panel.defaults, panel.scene(**panel.defaults)).score < 1


def test_every_panel_has_presets_that_leave_the_task_to_the_learner(panel):
    assert len(panel.presets) == 3
    for preset in panel.presets:
        params = panel.complete(preset.values)
        assert not panel.result(params, panel.scene(**params)).solved


def test_every_task_can_be_solved_by_sliding(panel):
    place, *others = panel.controls
    settings = [panel.defaults] + [
        {**panel.defaults, other.name: value}
        for other in others
        if isinstance(other, Choice)
        for value, _ in other.options
    ]
    notches = np.arange(place.low, place.high + place.step / 2, place.step)
    tries = ({**params, place.name: float(min(notch, place.high))} for params in settings for notch in notches)
    assert any(panel.result(params, panel.scene(**params)).solved for params in tries)


def test_every_handle_moves_a_control_and_stands_where_it_should(panel):
    for params in extremes(panel):
        for chart in panel.scene(**params).charts:
            for handle in chart.handles:
                assert isinstance(panel.control(handle.moves_x), Slider)
                assert math.isfinite(handle.y)
                if handle.track is None:
                    assert handle.x == params[handle.moves_x]
                else:
                    place = np.interp(params[handle.moves_x], handle.track.values, handle.track.x)
                    assert handle.x == pytest.approx(place, abs=0.01)


@pytest.mark.parametrize("name", LESSON_PANELS)
def test_a_table_of_a_lessons_panel_is_small_enough_for_a_page(name):
    panel = PANELS[name]()
    assert len(table_bytes(panel, panel.defaults)) < 2_500_000


# explore -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("x", [-2.35, 0.4, 3.0])
def test_explore_shows_the_value_and_the_slope_of_the_catalogue(name, x):
    entry = activations.get(name)
    scene = explore_panel(name).scene(**{**explore_panel(name).defaults, "x": x})
    assert scene.facts["value"] == pytest.approx(float(entry.function(x)))
    assert scene.facts["slope"] == pytest.approx(float(entry.derivative(x)))
    curve, slopes = (next(mark for mark in chart.marks if isinstance(mark, Line)) for chart in scene.charts)
    # In float32 the points beside a kink lie on it.
    beside = [kink.at for kink in entry.claims().kinks]
    finite = np.isfinite(curve.y) & ~np.isclose(curve.x[:, None], beside, atol=1e-6).any(axis=1)
    np.testing.assert_allclose(curve.y[finite], entry.function(curve.x[finite]), rtol=1e-4, atol=1e-5)
    apart = np.isfinite(slopes.y) & (np.abs(np.diff(slopes.x, append=9)) > 1e-3)
    if not entry.claims().kinks:
        np.testing.assert_allclose(slopes.y[apart], entry.derivative(slopes.x[apart]), rtol=1e-4, atol=1e-4)


def test_explore_passes_the_parameters_on():
    panel = explore_panel("leaky_relu")
    scene = panel.scene(x=-2.0, alpha=0.5)
    assert scene.facts["value"] == -1.0
    assert scene.facts["slope"] == 0.5
    assert "alpha = 0.5" in scene.says


def test_explore_draws_the_tangent_through_the_point_with_its_slope():
    scene = explore_panel("tanh").scene(x=0.5)
    tangent = scene.charts[0].marks[-1]
    assert isinstance(tangent, Line)
    rise, run = tangent.y[1] - tangent.y[0], tangent.x[1] - tangent.x[0]
    assert rise / run == pytest.approx(1 - math.tanh(0.5) ** 2, rel=1e-5)
    assert tangent.y.mean() == pytest.approx(math.tanh(0.5), rel=1e-5)


def test_explore_says_in_words_what_it_shows():
    says = explore_panel("sigmoid").scene(x=2.0).says
    assert says == "At x = 2: f(x) = 0.8808, slope f′(x) = 0.105, 42 % of the largest slope (0.25)."


def test_explore_says_what_happens_at_a_kink():
    assert "0 on the left and 1 on the right" in explore_panel("relu").scene(x=0.0).says


# The exact edge is ln(199 + √39600) = 5.98645.
@pytest.mark.parametrize(
    ("x", "solved", "word"),
    [
        (5.99, True, "Yes"),
        (-5.99, True, "Yes"),
        (5.9, True, "Yes"),
        (6.05, True, "Yes"),
        (5.85, False, "further out"),
        (-5.0, False, "further out"),
        (0.0, False, "further out"),
        (6.15, False, "Come back"),
        (8.0, False, "Come back"),
        (-8.0, False, "Come back"),
    ],
)
def test_the_saturation_task_wants_the_edge_not_the_far_end(x, solved, word):
    panel = explore_panel("sigmoid", task="saturation")
    result = panel.result({"x": x}, panel.scene(x=x))
    assert result.solved is solved
    assert word in result.message


def test_the_picture_does_not_give_the_saturation_away():
    scene = explore_panel("sigmoid", task="saturation").scene(x=1.0)
    drawn = {type(mark).__name__ for chart in scene.charts for mark in chart.marks}
    assert "Area" not in drawn


@pytest.mark.parametrize(("x", "solved"), [(-1.3, True), (-1.28, True), (-0.9, False), (1.3, False)])
def test_the_minimum_task_of_silu(x, solved):
    panel = explore_panel("silu")
    assert panel.task.id == "13-silu-minimum"
    assert panel.result({"x": x}, panel.scene(x=x)).solved is solved


@pytest.mark.parametrize(("x", "solved"), [(0.0, True), (0.05, True), (0.5, False)])
def test_the_kink_task_of_relu(x, solved):
    panel = explore_panel("relu")
    assert panel.result({"x": x}, panel.scene(x=x)).solved is solved


def test_a_task_that_the_function_does_not_have_is_refused():
    with pytest.raises(ValueError, match="'identity' has no task 'saturation'; choose one of 'value'"):
        explore_panel("identity", task="saturation")


def test_explore_knows_a_misspelt_name():
    with pytest.raises(ValueError, match="did you mean 'sigmoid'"):
        widgets.explore("sigmoyd")


@pytest.mark.parametrize("name", ["mse", "huber", "binary_cross_entropy", "hinge", "binary_cross_entropy_with_logits"])
def test_explore_shows_the_loss_and_the_gradient_of_the_catalogue(name):
    entry, panel = losses.get(name), explore_panel(name)
    for params in extremes(panel):
        target, x = params.get("y", 0.0), params["x"]
        more = {key: value for key, value in params.items() if key not in ("x", "y")}
        facts = panel.scene(**params).facts
        assert facts["value"] == pytest.approx(float(entry.function(target, x, **more)))
        assert facts["slope"] == pytest.approx(float(entry.gradient(target, x, **more)))


# probability_losses --------------------------------------------------------------------------------------------------


@given(p=st.floats(0.001, 0.999), y=st.sampled_from([0, 1]))
def test_the_ratio_of_the_pushes_is_one_over_twice_the_slope_of_sigmoid(p, y):
    # d/dz of cross-entropy is p − y; of (p − y)² it is 2(p − y)·p(1 − p).
    facts = probability_losses_panel().scene(p=p, y=y).facts
    assert facts["ratio"] == pytest.approx(1 / (2 * p * (1 - p)))


@pytest.mark.parametrize(
    ("p", "y", "solved", "word"),
    [
        ((1 - math.sqrt(0.8)) / 2, 1, True, "Yes"),
        (0.05, 1, True, "Yes"),
        (0.056, 1, True, "Yes"),
        (0.07, 1, False, "surer"),
        (0.3, 1, False, "surer"),
        (0.04, 1, False, "Come back"),
        ((1 + math.sqrt(0.8)) / 2, 1, False, "the model is right"),
        (0.053, 0, False, "label to 1"),
    ],
)
def test_the_ten_times_task_wants_the_confident_mistake(p, y, solved, word):
    panel = probability_losses_panel()
    result = panel.result({"p": p, "y": y}, panel.scene(p=p, y=y))
    assert result.solved is solved
    assert word in result.message


def test_the_points_stand_on_the_curves():
    scene = probability_losses_panel().scene(p=0.2, y=1)
    for chart in scene.charts:
        lines = {mark.role: mark for mark in chart.marks if isinstance(mark, Line)}
        for mark in chart.marks:
            if type(mark).__name__ == "Points":
                line = lines["vermillion" if mark.role == "vermillion" else "blue"]
                assert mark.y[0] == pytest.approx(np.interp(mark.x[0], line.x, line.y), abs=0.02)


def test_cross_entropy_is_shown_with_the_logit_that_belongs_to_p():
    scene = probability_losses_panel().scene(p=0.2, y=1)
    assert scene.charts[2].handles[0].x == pytest.approx(math.log(0.25))
    assert scene.charts[2].handles[0].y == pytest.approx(-math.log(0.2))


def test_the_lessons_calls_work():
    stages = [widgets.explore("sigmoid", task="saturation", x=2.0), widgets.probability_losses(p=0.5)]
    try:
        assert all(isinstance(stage, Stage) for stage in stages)
        assert [stage.state for stage in stages] == ["explore-sigmoid x=2", "probability-losses p=0.5 y=1"]
    finally:
        for stage in stages:
            stage.close()


@pytest.mark.parametrize("name", widgets.HOMES)
def test_every_widget_is_there_under_its_name(name):
    assert getattr(widgets, name).__name__ == name


def test_an_unknown_widget_is_an_error_that_lists_the_known_ones():
    with pytest.raises(AttributeError, match=r"there is no widget 'explorer'; there are .*explore,"):
        _ = widgets.explorer


@pytest.mark.parametrize(("x", "arrow"), [(0.001, "↓"), (0.3, ""), (0.999, "")])
def test_a_number_stays_in_the_picture_when_its_point_is_outside(x, arrow):
    gradient = explore_panel("binary_cross_entropy").scene(x=x).charts[1]
    (number,) = (mark for mark in gradient.marks if isinstance(mark, Text))
    assert gradient.y.low <= number.y <= gradient.y.high
    assert number.text == f"{plots.readable(-1 / x, 4)} {arrow}".strip()
