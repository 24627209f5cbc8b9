"""The comparison: drawn in any state, with the catalogue's own numbers, for entries that share an axis only."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import activations, losses, plots, widgets
from course_lib.panels import compare
from course_lib.panels.compare import axis_of, compare_panel, family_members, is_drawn, spread
from course_lib.stage import Choice, Line, Points, Slider, Stage, Text
from course_lib.stage.encode import frame_bytes, table_bytes
from course_lib.stage.figure import figure

ENTRIES = [*activations.CATALOGUE.values(), *losses.CATALOGUE.values()]
DRAWN = [entry for entry in ENTRIES if is_drawn(entry)]
FAMILIES = [
    family
    for family in dict.fromkeys(entry.family for entry in ENTRIES)
    if len([entry for entry in DRAWN if entry.family == family]) > 1 and len(family_members(family)) > 1
]
CHOSEN = {
    "one widest gap": ("relu", "softplus"),
    "two widest gaps": ("relu", "gelu", "silu"),
    "widest at the ends": ("identity", "leaky_relu"),
    "one curve twice": ("mse", "squared_error"),
    "two parameters": ("leaky_relu", "elu"),
    "margins": ("hinge", "binary_cross_entropy_with_logits", "focal_with_logits"),
    "probabilities": ("sparse_categorical_cross_entropy", "jensen_shannon"),
    "classes": ("categorical_cross_entropy", "kl_divergence", "jensen_shannon"),
    "gates": ("glu", "swiglu"),
    "a kink far out": ("relu", "relu6"),
}
PANELS = {**CHOSEN, **{family: (family,) for family in FAMILIES}}


@pytest.fixture(params=PANELS)
def panel(request):
    return compare_panel(*PANELS[request.param])


def ends(panel):
    return {
        control.name: [value for value, _ in control.options]
        if isinstance(control, Choice)
        else [control.low, control.default, control.high]
        for control in panel.controls
    }


def extremes(panel):
    """Every control at its ends and its default, in all combinations."""
    values = ends(panel)
    return [dict(zip(values, combination, strict=True)) for combination in itertools.product(*values.values())]


def any_state(panel):
    kinds = {
        Slider: lambda control: st.floats(control.low, control.high),
        Choice: lambda control: st.sampled_from([value for value, _ in control.options]),
    }
    return st.fixed_dictionaries({control.name: kinds[type(control)](control) for control in panel.controls})


def test_it_can_be_drawn_at_its_extremes(panel):
    for params in extremes(panel):
        scene = panel.scene(**params)
        assert len(frame_bytes(scene, panel.result(params, scene))) < 100_000
        assert "nan" not in scene.says.lower()
        assert "undefined" not in scene.says


@pytest.mark.parametrize("names", CHOSEN.values(), ids=CHOSEN)
def test_any_state_can_be_drawn_and_written_as_text(names):
    panel = compare_panel(*names)

    @settings(deadline=None)
    @given(params=any_state(panel))
    def draw(params):
        scene = panel.scene(**params)
        assert frame_bytes(scene, panel.result(params, scene))
        assert panel.from_text(panel.to_text(params)) == params

    draw()


def test_its_static_twin_is_a_small_picture(panel):
    assert len(plots.png(figure(panel.scene(**panel.defaults)))) < 100_000


def test_it_has_few_controls_one_task_and_presets(panel):
    assert 1 <= len(panel.controls) <= 3
    assert re.fullmatch(r"gallery-compare-[\w-]+", panel.task.id)
    assert panel.task.text.endswith("Check.")
    assert panel.presets


def test_neither_the_start_nor_a_preset_solves_the_task(panel):
    for params in (panel.defaults, *({**panel.defaults, **preset.values} for preset in panel.presets)):
        assert not panel.result(params, panel.scene(**params)).solved


def test_the_task_can_be_solved_by_sliding(panel):
    place = panel.controls[0]
    notches = np.arange(place.low, place.high + place.step / 2, place.step)
    tries = ({**panel.defaults, "x": float(min(notch, place.high))} for notch in notches)
    assert any(panel.result(params, panel.scene(**params)).solved for params in tries)


@pytest.mark.parametrize("names", CHOSEN.values(), ids=CHOSEN)
def test_a_table_of_it_is_small_enough_for_a_page(names):
    panel = compare_panel(*names)
    assert len(table_bytes(panel, panel.defaults)) < 2_500_000


def test_values_and_slopes_are_those_of_the_catalogue():
    panel = compare_panel("leaky_relu", "tanh", "gelu")
    facts = panel.scene(x=-1.3, leaky_relu_alpha=0.2).facts
    assert facts["values"] == pytest.approx({"leaky_relu": -0.26, "tanh": math.tanh(-1.3), "gelu": -0.1258406})
    slope = float(activations.get("gelu").derivative(-1.3))
    assert facts["slopes"] == pytest.approx({"leaky_relu": 0.2, "tanh": 1 - math.tanh(1.3) ** 2, "gelu": slope})


@pytest.mark.parametrize(("y", "margin"), [(1, 0.5), (0, -0.5)])
def test_losses_are_judged_at_the_chosen_target(y, margin):
    facts = compare_panel("hinge", "binary_cross_entropy_with_logits").scene(x=0.5, y=y).facts
    assert facts["values"] == pytest.approx(
        {"hinge": 1 - margin, "binary_cross_entropy_with_logits": math.log1p(math.exp(-margin))}
    )


def test_a_parameter_moves_its_own_curve_only():
    panel = compare_panel("mse", "huber", "mae")
    before, after = (panel.scene(x=3.0, huber_delta=delta).facts["values"] for delta in (1.0, 2.0))
    assert {name for name in before if before[name] != after[name]} == {"huber"}


def test_the_points_stand_on_the_curves(panel):
    for params in (panel.defaults, *({**panel.defaults, **preset.values} for preset in panel.presets)):
        scene = panel.scene(**params)
        for chart, facts in zip(scene.charts, (scene.facts["values"], scene.facts["slopes"]), strict=True):
            points = [float(mark.y[0]) for mark in chart.marks if isinstance(mark, Points)]
            assert points == pytest.approx(list(facts.values()), abs=1e-5)


def test_every_curve_has_a_look_and_a_name_of_its_own(panel):
    for chart in panel.scene(**panel.defaults).charts:
        curves = [mark for mark in chart.marks if isinstance(mark, Line) and len(mark.x) > 2]
        assert len({(mark.role, mark.dashes) for mark in curves}) == len(curves)
        names = [mark.text for mark in chart.marks if isinstance(mark, Text)]
        assert len(set(names)) == len(curves)
        # A letter beside the curve is explained in the key.
        assert all(len(name) > 1 or any(mark.label.startswith(name) for mark in curves) for name in names)


def test_the_names_do_not_lie_on_each_other(panel):
    for chart in panel.scene(**panel.defaults).charts:
        heights = sorted(mark.y for mark in chart.marks if isinstance(mark, Text))
        line = 0.08 * (chart.y.high - chart.y.low)
        assert all(upper - lower >= line for lower, upper in itertools.pairwise(heights))


@given(heights=st.lists(st.floats(0, 10), min_size=1, max_size=6))
def test_names_keep_the_order_of_their_curves(heights):
    placed = spread(heights, 1.0, 0.0, 10.0)
    order = np.argsort(heights, kind="stable")
    assert (np.diff(np.array(placed)[order]) >= 1 - 1e-9).all()
    assert min(placed) >= -1e-9
    assert max(placed) <= 10 + 1e-9


def test_it_says_in_words_what_it_shows():
    assert compare_panel("relu", "gelu").scene(x=-0.75).says == (
        "At x = −0.75: ReLU 0, slope 0; GELU −0.17, slope 0.0008. ReLU and GELU are 0.17 apart."
    )


# The gap between ReLU and GELU is |x|·Φ(−|x|): 0.16997 at ±0.7518, and at least 99 % of that from 0.67 to 0.84.
@pytest.mark.parametrize(
    ("x", "solved", "word"),
    [
        (0.75, True, "nowhere more"),
        (-0.75, True, "nowhere more"),
        (0.7, True, "nowhere more"),
        (0.5, False, "grows to the right"),
        (-0.5, False, "grows to the left"),
        (2.0, False, "grows to the left"),
        (0.0, False, "meet"),
    ],
)
def test_the_widest_gap_is_asked_for_and_the_slopes_lead_there(x, solved, word):
    panel = compare_panel("relu", "gelu")
    assert panel.task.id == "gallery-compare-relu-gelu-gap"
    result = panel.result({"x": x}, panel.scene(x=x))
    assert result.solved is solved
    assert word in result.message


def test_a_widest_gap_on_a_kink_is_found_there():
    panel = compare_panel("relu", "softplus")
    assert panel.result({"x": 0.0}, panel.scene(x=0.0)).solved
    assert not panel.result({"x": 0.1}, panel.scene(x=0.1)).solved


# r² − |r| is 2 at r = ±2.
@pytest.mark.parametrize(("x", "solved"), [(2.0, True), (-2.0, True), (1.8, False), (2.2, False), (0.0, False)])
def test_without_a_widest_gap_inside_a_given_difference_is_asked_for(x, solved):
    panel = compare_panel("mse", "mae")
    assert "lies 2 above" in panel.task.text
    result = panel.result({"x": x}, panel.scene(x=x))
    assert result.solved is solved
    assert solved or "than 2." in result.message


def test_equal_curves_are_called_so():
    assert "start as one and the same curve" in compare_panel("mse", "squared_error").task.text


def test_a_family_stands_for_its_members_on_one_axis():
    panel = compare_panel("classification")
    assert "from logits" in panel.title or "Categorical" in panel.title
    assert len({axis_of(entry) for entry in family_members("regression")}) == 1
    assert len(family_members("regression")) == compare.MOST


def test_no_family_has_the_name_of_an_entry():
    assert not {entry.family for entry in ENTRIES} & {entry.name for entry in ENTRIES}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("mse", "binary_cross_entropy"), "residual.*predicted probability"),
        (("relu", "mse"), "do not share an axis"),
        (("relu", "softmax"), "do not share an axis"),
        (("mse", "mape"), "residual.*prediction"),
        (("relu", "relu"), "2 to 6 different entries"),
        (("relu", "gelu", "silu", "mish", "tanh", "elu", "selu"), "2 to 6 different"),
        ((), "got none"),
        (("relu",), "no family; give two names"),
        (("dice", "mse"), "'dice' compares mask"),
        (("relu", "gelo"), "did you mean 'gelu'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(names, words):
    with pytest.raises(ValueError, match=words):
        compare_panel(*names)


def test_the_lessons_call_makes_a_stage():
    stage = widgets.compare("relu", "gelu", x=-1)
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "compare-relu-gelu x=-1"
    finally:
        stage.close()
