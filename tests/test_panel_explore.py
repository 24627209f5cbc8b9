"""The explorer marks what an entry has, whatever kind of entry it is, and hides only what its task asks for."""

import math

import numpy as np
import pytest

from course_lib import activations, losses, plots, widgets
from course_lib.panels.explore import explore_panel
from course_lib.panels.explore_several import HELD
from course_lib.panels.paths import paths_of
from course_lib.stage import Area, Choice, Points, Rule

ELEMENTWISE = [name for name, entry in activations.CATALOGUE.items() if entry.elementwise]
ALONG_AN_AXIS = [name for name, entry in activations.CATALOGUE.items() if entry.jacobian is not None]
GATED = [name for name, entry in activations.CATALOGUE.items() if entry.gated]
OVER_A_NUMBER = [n for n, entry in losses.CATALOGUE.items() if entry.prediction not in ("vectors", "mask", "frames")]
ALONG_A_PATH = [name for name in losses.CATALOGUE if name not in OVER_A_NUMBER]
# The tasks that ask for a mark, by what the catalogue claims.
ASKING = [
    *((name, "kink") for name in ELEMENTWISE if activations.get(name).claims().kinks),
    *(
        (name, "minimum")
        for name in ELEMENTWISE
        if activations.get(name).claims().minimum and activations.get(name).claims().monotonic == "no"
    ),
    *(
        (name, "saturation")
        for name in ELEMENTWISE
        if activations.get(name).claims().saturates and math.isfinite(activations.get(name).claims().lipschitz)
    ),
]


def marks(chart, kind, shape=None):
    return [mark for mark in chart.marks if type(mark) is kind and (shape is None or mark.shape == shape)]


def at_start(name, task="value"):
    panel = explore_panel(name, task=task)
    return panel.scene(**panel.defaults)


def every_target(panel):
    """The panel's first state, for each of its targets."""
    choices = [control for control in panel.controls if isinstance(control, Choice)]
    values = [value for choice in choices for value, _ in choice.options]
    return [{**panel.defaults, "y": value} for value in values] or [panel.defaults]


def marked(scene):
    """The names of the marks that a picture shows."""
    curve = scene.charts[0]
    found = {"kink": marks(curve, Points, "ring"), "minimum": marks(curve, Points, "triangle")}
    return {name for name, drawn in {**found, "saturation": marks(curve, Area)}.items() if drawn}


# Elementwise activations ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_kink_is_marked(name):
    entry = activations.get(name)
    rings = marks(at_start(name).charts[0], Points, "ring")
    drawn = np.array([[ring.x, ring.y] for ring in rings]).reshape(2, -1)
    claimed = [kink.at for kink in entry.claims().kinks]
    np.testing.assert_allclose(drawn, [claimed, [entry.function(x) for x in claimed]], atol=1e-6)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_minimum_is_marked_where_it_is_taken(name):
    entry = activations.get(name)
    places = [float(x) for mark in marks(at_start(name).charts[0], Points, "triangle") for x in mark.x]
    minimum = entry.claims().minimum
    assert bool(places) == (minimum is not None)
    # A wave's other minima are found on the grid of the picture.
    assert all(entry.function(x) == pytest.approx(minimum[1], abs=1e-3) for x in places)
    if places and entry.claims().monotonic == "no":
        assert min(abs(x - minimum[0]) for x in places) < 1e-6


def test_every_minimum_of_a_wave_is_marked():
    (minima,) = marks(at_start("sine").charts[0], Points, "triangle")
    assert sorted(minima.x) == pytest.approx([-2.5 * math.pi, -0.5 * math.pi, 1.5 * math.pi], abs=0.03)


@pytest.mark.parametrize("name", ["relu", "relu6", "squared_relu", "step", "hard_tanh"])
def test_a_level_minimum_is_marked_at_its_end_and_called_so(name):
    (minimum,) = marks(at_start(name).charts[0], Points, "triangle")
    function = activations.get(name).function
    assert minimum.label == "minimum, here and everywhere to the left"
    assert function(minimum.x[0] - 1.0) == function(minimum.x[0] - 2.0) < function(minimum.x[0] + 0.05)


@pytest.mark.parametrize("chart", [0, 1], ids=["curve", "derivative"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_saturated_tail_is_shaded(name, chart):
    entry, drawn = activations.get(name), at_start(name).charts[chart]
    claims, shaded = entry.claims(), {}
    for area in marks(drawn, Area):
        # A tail reaches one end of the picture; its other end is the edge.
        left = area.x.min() == pytest.approx(drawn.x.low)
        shaded["left" if left else "right"] = float(area.x.max() if left else area.x.min())
    assert set(shaded) == set(claims.saturates)
    for side, edge in shaded.items():
        outward = -0.01 if side == "left" else 0.01
        slopes = np.abs(entry.derivative(np.array([edge + outward, edge + 100 * outward])))
        assert np.all(slopes <= 0.01 * min(claims.lipschitz, 1e9))
        if math.isfinite(claims.lipschitz):
            assert abs(float(entry.derivative(edge - outward))) >= 0.01 * claims.lipschitz


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_largest_slope_is_marked_where_there_is_one(name):
    rules = marks(at_start(name).charts[1], Rule)
    lipschitz = activations.get(name).claims().lipschitz
    assert [abs(rule.y) for rule in rules] == pytest.approx([lipschitz] if math.isfinite(lipschitz) else [])


@pytest.mark.parametrize("name", ["softplus", "log_sigmoid", "tanhshrink", "hard_swish"])
def test_a_slope_that_is_never_reached_is_not_called_the_largest(name):
    (rule,) = marks(at_start(name).charts[1], Rule)
    assert rule.text.startswith("comes near")


@pytest.mark.parametrize(("name", "x"), [("sigmoid", 0.0), ("gelu", math.sqrt(2)), ("selu", 0.0), ("softsign", 0.0)])
def test_a_single_steepest_place_is_ringed(name, x):
    (ring,) = marks(at_start(name).charts[1], Points, "ring")
    assert ring.x[0] == pytest.approx(x)
    assert ring.y[0] == pytest.approx(activations.get(name).claims().lipschitz)


@pytest.mark.parametrize("name", ["identity", "relu", "hard_tanh", "elu"])
def test_no_single_place_of_a_straight_piece_is_ringed(name):
    assert marks(at_start(name).charts[1], Points, "ring") == []


@pytest.mark.parametrize(("name", "task"), ASKING)
def test_only_the_mark_that_the_task_asks_for_is_hidden(name, task):
    assert marked(at_start(name)) - marked(at_start(name, task)) == {task}


@pytest.mark.parametrize(
    ("name", "x", "words"),
    [
        ("sigmoid", 7.0, "The curve has levelled off here."),
        ("silu", -1.28, "This is the lowest place."),
        ("relu", -1.0, "The curve has levelled off here."),
    ],
)
def test_the_words_tell_of_the_mark_at_the_point(name, x, words):
    assert words in explore_panel(name, task="value").scene(x=x).says
    assert words not in explore_panel(name, task="value").scene(x=1.0).says


@pytest.mark.parametrize(("name", "x", "task"), [("sigmoid", 7.0, "saturation"), ("silu", -1.28, "minimum")])
def test_the_words_do_not_give_the_answer_away(name, x, task):
    assert explore_panel(name, task=task).scene(x=x).says != explore_panel(name, task="value").scene(x=x).says


# Losses over one number -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in OVER_A_NUMBER if losses.get(name).per != "batch"])
def test_every_kink_of_a_loss_is_marked_for_every_target(name):
    entry, panel = losses.get(name), explore_panel(name)
    for params in every_target(panel):
        y = params.get("y", 0.0)
        claimed = [kink.at * y if entry.target == "sign" else kink.at + y for kink in entry.claims().kinks]
        drawn = [float(x) for mark in marks(panel.scene(**params).charts[0], Points, "ring") for x in mark.x]
        assert drawn == pytest.approx(claimed)


def test_a_batch_of_one_has_the_kink_of_the_absolute_error():
    (kink,) = marks(at_start("rmse").charts[0], Points, "ring")
    assert (kink.x[0], kink.y[0]) == pytest.approx((0, 0), abs=1e-4)


@pytest.mark.parametrize("name", [name for name in OVER_A_NUMBER if losses.get(name).prediction == "value"])
def test_a_loss_of_numbers_is_marked_lowest_at_its_target(name):
    panel = explore_panel(name)
    for params in every_target(panel):
        best = params.get("y", 0.0)
        drawn = [float(x) for mark in marks(panel.scene(**params).charts[0], Points, "triangle") for x in mark.x]
        if name == "poisson_nll_with_log_rate":
            # With a count of 0 the best rate is 0, whose logarithm no picture reaches.
            assert drawn == pytest.approx([math.log(best)] if best else [], abs=1e-3)
        else:
            assert drawn == pytest.approx([best], abs=1e-3)


@pytest.mark.parametrize("name", [name for name in OVER_A_NUMBER if losses.get(name).prediction != "value"])
def test_a_loss_of_classes_is_marked_where_it_is_lowest(name):
    entry, panel = losses.get(name), explore_panel(name)
    for params in every_target(panel):
        chart = panel.scene(**params).charts[0]
        drawn = [float(x) for mark in marks(chart, Points, "triangle") for x in mark.x]
        closed = entry.prediction in ("probability", "probabilities")
        grid = np.linspace(*((0.0, 1.0) if closed else (chart.x.low, chart.x.high)), 4777)
        value = plots.loss_at(entry, grid, params["y"]).value
        best = np.flatnonzero(value == value.min())
        open_end = not closed and len(best) == 1 and best[0] in (0, len(grid) - 1)
        assert len(drawn) == (0 if open_end else 1)
        assert all(grid[best[0]] - 0.01 <= x <= grid[best[-1]] + 0.01 for x in drawn)


@pytest.mark.parametrize("name", ["msle", "mape", "poisson_nll", "poisson_nll_with_log_rate"])
def test_the_target_of_a_loss_that_depends_on_it_can_be_chosen(name):
    entry, panel = losses.get(name), explore_panel(name)
    targets = [params["y"] for params in every_target(panel)]
    assert len(targets) == 3
    for y in targets:
        facts = panel.scene(x=2.3, y=y).facts
        assert y in entry.claims().target
        assert facts["value"] == pytest.approx(float(entry.function(y, 2.3)))
        assert facts["slope"] == pytest.approx(float(entry.gradient(y, 2.3)))


@pytest.mark.parametrize("variance", [0.1, 1.0, 4.0])
def test_the_variance_of_the_gaussian_loss_is_a_control(variance):
    panel = explore_panel("gaussian_nll")
    facts = panel.scene(x=1.5, variance=variance).facts
    assert facts["value"] == pytest.approx(0.5 * (math.log(variance) + 1.5**2 / variance))
    assert facts["slope"] == pytest.approx(1.5 / variance)
    assert panel.control("variance").log


# Several scores, vectors, masks, sequences ----------------------------------------------------------------------------


def slope_at(panel, x, output, **params):
    """The slope of an output, measured between two places of the panel."""
    hair = 1e-5
    before, after = (panel.scene(x=x + step, **params).facts["values"][output] for step in (-hair, hair))
    return (after - before) / (2 * hair)


@pytest.mark.parametrize("name", ALONG_AN_AXIS)
@pytest.mark.parametrize("x", [-3.1, 0.7, 1.4])
def test_one_score_moves_all_outputs(name, x):
    panel = explore_panel(name)
    facts = panel.scene(x=x).facts
    np.testing.assert_allclose(facts["values"], activations.get(name).function(np.array([x, *HELD])))
    measured = [slope_at(panel, x, output) for output in range(1 + len(HELD))]
    np.testing.assert_allclose(facts["slopes"], measured, atol=1e-6)


def test_the_outputs_of_softmax_are_those_of_the_formula():
    shares = np.exp([2.0, 1.0, 0.0]) / np.exp([2.0, 1.0, 0.0]).sum()
    assert explore_panel("softmax").scene(x=2.0).facts["values"] == pytest.approx(tuple(shares))


def test_the_kinks_of_sparsemax_are_marked():
    # Beside the scores 1 and 0 the share of x is 0 up to x = 0, then x/2, and 1 from x = 2 on.
    (kinks,) = marks(at_start("sparsemax").charts[0], Points, "ring")
    assert list(kinks.x) == pytest.approx([0.0, 2.0], abs=1e-3)


@pytest.mark.parametrize("name", GATED)
@pytest.mark.parametrize(("x", "value"), [(-1.3, 1.0), (0.4, -2.0), (2.2, 0.5)])
def test_the_gate_moves_and_the_value_stays(name, x, value):
    panel = explore_panel(name)
    facts = panel.scene(x=x, value=value).facts
    assert facts["value"] == pytest.approx(float(activations.get(name).function(np.array([value, x]))[0]))
    assert facts["slope"] == pytest.approx(slope_at(panel, x, 0, value=value), abs=1e-6)


@pytest.mark.parametrize("name", ALONG_A_PATH)
def test_the_slope_along_a_path_follows_the_chain_rule(name):
    entry, panel = losses.get(name), explore_panel(name)
    place, hair = panel.controls[0], 1e-6
    for path, params in zip(paths_of(entry), every_target(panel), strict=True):
        for x in place.low + np.array([0.13, 0.37, 0.81]) * (place.high - place.low):
            facts = panel.scene(**{**params, "x": float(x)}).facts
            given = path.place(float(x))
            gradients = entry.gradient(*given)
            moving = entry.gradient_for or (entry.inputs[1],)
            gradients = gradients if entry.gradient_for else (gradients,)
            ways = [(np.asarray(b) - np.asarray(a)) / (2 * hair) for a, b in
                    zip(path.place(float(x - hair)), path.place(float(x + hair)), strict=True)]  # fmt: skip
            chained = sum(np.sum(g * ways[entry.inputs.index(one)]) for one, g in zip(moving, gradients, strict=True))
            assert facts["slope"] == pytest.approx(float(chained), abs=1e-5)
            assert facts["value"] == pytest.approx(float(np.atleast_1d(entry.function(*given))[0]))


@pytest.mark.parametrize(
    ("name", "params", "kinks", "lowest"),
    [
        ("triplet", {}, [2.0], [2.0]),
        ("triplet", {"margin": 0.5}, [1.5], [1.5]),
        ("contrastive", {"y": 0}, [], [1.0]),
        ("contrastive", {"y": 1}, [], [0.0]),
        ("cosine_distance", {}, [], [0.0]),
        ("info_nce", {}, [], [0.0]),
        ("dice", {}, [], [1.0]),
        ("ctc_with_logits", {}, [], []),
    ],
)
def test_kinks_and_minima_along_a_path_are_marked(name, params, kinks, lowest):
    panel = explore_panel(name)
    chart = panel.scene(**{**panel.defaults, **params}).charts[0]
    drawn = {
        shape: [float(x) for mark in marks(chart, Points, shape) for x in mark.x] for shape in ("ring", "triangle")
    }
    assert drawn["ring"] == pytest.approx(kinks, abs=1e-3)
    assert drawn["triangle"] == pytest.approx(lowest, abs=0.02)


@pytest.mark.parametrize("name", [*ALONG_AN_AXIS, *GATED, *ALONG_A_PATH])
def test_the_words_say_what_moves_and_what_stays(name):
    says = at_start(name).says
    assert "move" in says or "turns" in says
    assert "stay" in says


@pytest.mark.parametrize("name", [*ALONG_AN_AXIS, *GATED, *ALONG_A_PATH])
def test_several_numbers_have_no_task_about_marks(name):
    with pytest.raises(ValueError, match=f"'{name}' has no task 'kink'; its only task is 'value'"):
        explore_panel(name, task="kink")


@pytest.mark.parametrize("name", [*OVER_A_NUMBER, *ALONG_A_PATH])
def test_the_marks_of_a_loss_stand_inside_the_picture(name):
    panel = explore_panel(name)
    for params in every_target(panel):
        chart = panel.scene(**params).charts[0]
        for mark in marks(chart, Points):
            # Room for half of a triangle, 5 of about 400 pixels.
            assert np.all(np.abs(mark.x - (chart.x.low + chart.x.high) / 2) < 0.49 * (chart.x.high - chart.x.low))


# All widgets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", widgets.HOMES)
def test_every_widget_has_presets(name):
    arguments = {"explore": ["sigmoid"], "compare": ["relu", "gelu"]}.get(name, [])
    stage = getattr(widgets, name)(*arguments)
    try:
        assert len(stage.panel.presets) >= 2
    finally:
        stage.close()
