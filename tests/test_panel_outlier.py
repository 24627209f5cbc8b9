"""The outlier mixer: its constants are the cheapest by the catalogue's losses, and only the right wait solves it."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import losses, plots, widgets
from course_lib.panels import outlier
from course_lib.stage import Area, Line, Points, Slider, Stage, Text
from course_lib.stage.encode import frame_bytes, table_bytes
from course_lib.stage.figure import figure

PANEL = outlier.outlier_mixer_panel()
SLIDERS = {control.name: control for control in PANEL.controls}
STATES = st.fixed_dictionaries({name: st.floats(slider.low, slider.high) for name, slider in SLIDERS.items()})
START = PANEL.defaults


def extremes():
    """Each control at its ends, one at a time, all at either end together, and every preset."""
    yield START
    for name, slider in SLIDERS.items():
        yield from ({**START, name: value} for value in (slider.low, slider.high))
    yield {name: slider.low for name, slider in SLIDERS.items()}
    yield {name: slider.high for name, slider in SLIDERS.items()}
    yield from ({**START, **preset.values} for preset in PANEL.presets)


EXTREMES = [pytest.param(params, id=PANEL.to_text(params)) for params in extremes()]


def mean_cost(name, values, constant, params):
    extra = {"huber": {"delta": params["delta"]}, "quantile": {"tau": params["tau"]}}.get(name, {})
    return float(losses.get(name).function(values, np.full(len(values), constant), **extra).mean())


@pytest.mark.parametrize("params", EXTREMES)
def test_it_can_be_drawn_in_the_page_and_as_its_static_twin(params):
    scene = PANEL.scene(**params)
    assert len(frame_bytes(scene, PANEL.result(params, scene))) < 30_000
    assert len(plots.png(figure(scene))) < 100_000


@given(params=STATES)
def test_any_state_can_be_drawn_and_written_as_text(params):
    scene = PANEL.scene(**params)
    assert frame_bytes(scene, PANEL.result(params, scene))
    assert "nan" not in scene.says
    assert PANEL.from_text(PANEL.to_text(params)) == params


@given(params=STATES)
def test_no_constant_is_cheaper_than_the_best(params):
    values = np.array([*outlier.WAITS, params["outlier"]])
    best = PANEL.scene(**params).facts["best"]
    for name, constant in best.items():
        least = mean_cost(name, values, constant, params)
        others = [mean_cost(name, values, other, params) for other in np.linspace(0, 45, 181)]
        assert least <= min(others) + 1e-9, name


@given(params=STATES)
def test_huber_rests_where_the_clipped_pulls_cancel(params):
    values = np.array([*outlier.WAITS, params["outlier"]])
    constant = PANEL.scene(**params).facts["best"]["huber"]
    pulls = np.clip(constant - values, -params["delta"], params["delta"])
    assert pulls.sum() == pytest.approx(0, abs=1e-9)


@given(wait=st.floats(13, 45))
def test_beyond_the_others_only_the_mean_follows_the_outlier(wait):
    best = PANEL.scene(**{**START, "outlier": wait}).facts["best"]
    assert best["mse"] == pytest.approx((60 + wait) / 7)
    assert (best["mae"], best["quantile"]) == (11, 13)


def test_with_an_ordinary_wait_mean_median_and_huber_agree():
    best = PANEL.scene(**{**START, "outlier": outlier.ORDINARY}).facts["best"]
    assert [best[name] for name in ("mse", "mae", "huber")] == pytest.approx([10, 10, 10])


@pytest.mark.parametrize(("delta", "like"), [(0.1, "mae"), (50.0, "mse")])
def test_huber_lies_between_the_two_others(delta, like):
    best = PANEL.scene(**{**START, "outlier": 40.0, "delta": delta}).facts["best"]
    assert best["huber"] == pytest.approx(best[like], abs=0.11)


def test_a_high_quantile_is_the_outlier_itself():
    assert PANEL.scene(outlier=37.5, delta=2.0, tau=0.95).facts["best"]["quantile"] == 37.5


@pytest.mark.parametrize("params", EXTREMES)
def test_each_cost_curve_has_the_catalogues_shape(params):
    values = np.array([*outlier.WAITS, params["outlier"]])
    scene = PANEL.scene(**params)
    curves = [mark for mark in scene.charts[1].marks if isinstance(mark, Line)][:4]
    for look, curve in zip(outlier.LOOKS, curves, strict=True):
        least = mean_cost(look.loss, values, scene.facts["best"][look.loss], params)
        above = np.array([mean_cost(look.loss, values, c, params) for c in np.linspace(5, 17, 61)]) - least
        np.testing.assert_allclose(curve.y, above / above.max(), atol=1e-5)


@pytest.mark.parametrize("params", EXTREMES)
def test_rows_and_points_stand_at_the_best_constants(params):
    scene = PANEL.scene(**params)
    best = scene.facts["best"]
    rows = {3 - row: look.loss for row, look in enumerate(outlier.LOOKS)}
    drawn = [m for m in scene.charts[0].marks if isinstance(m, Points) and m.shape != "ring" and len(m.x) == 1]
    assert {rows[float(mark.y[0])]: float(mark.x[0]) for mark in drawn} == pytest.approx(best, abs=1e-4)
    numbers = [float(mark.text) for mark in scene.charts[0].marks if isinstance(mark, Text)]
    assert numbers == pytest.approx(list(best.values()), abs=0.0051)


def test_the_handle_moves_the_outlier_and_stands_on_it():
    for params in extremes():
        (handle,) = PANEL.scene(**params).charts[0].handles
        assert (handle.moves_x, handle.x) == ("outlier", params["outlier"])


def test_it_says_in_words_what_it_shows():
    assert PANEL.scene(outlier=31.0, delta=2.0, tau=0.75).says == (
        "Six waits from 7 to 13 minutes, the seventh 31. Best constants: MSE 13.00, MAE 11.00, Huber (δ = 2) 10.67, "
        "quantile (τ = 0.75) 13.00. Compared with a seventh wait of 10 they have moved, in this order, by 3, 1, 0.67, "
        "1. The seventh wait makes up 80 % of the squared error around MSE's constant."
    )


# MSE's constant is (60 + wait) / 7: 13 at 31, and within 0.15 of it from 29.95 to 32.05.
@pytest.mark.parametrize(
    ("wait", "solved", "word"),
    [
        (31.0, True, "Yes"),
        (29.95, True, "Yes"),
        (30.0, True, "Yes"),
        (32.05, True, "Yes"),
        (29.9, False, "go on"),
        (20.0, False, "go on"),
        (0.0, False, "go on"),
        (32.1, False, "Come back"),
        (45.0, False, "Come back"),
    ],
)
@pytest.mark.parametrize(("delta", "tau"), [(2.0, 0.75), (50.0, 0.05), (0.1, 0.95)])
def test_the_task_wants_the_mean_at_the_longest_wait(wait, delta, tau, solved, word):
    params = {"outlier": wait, "delta": delta, "tau": tau}
    result = PANEL.result(params, PANEL.scene(**params))
    assert result.solved is solved
    assert word in result.message


def test_it_does_not_start_solved_and_no_preset_solves_it():
    for params in (START, *({**START, **preset.values} for preset in PANEL.presets)):
        assert not PANEL.result(params, PANEL.scene(**params)).solved


def test_it_has_three_controls_and_one_task():
    assert [control.name for control in PANEL.controls] == ["outlier", "delta", "tau"]
    assert all(isinstance(control, Slider) and control.shown for control in PANEL.controls)
    assert re.fullmatch(r"17-[\w-]+", PANEL.task.id)
    assert PANEL.task.text.endswith("Check.")


def test_its_table_is_small_enough_for_a_page():
    assert len(table_bytes(PANEL, START)) < 2_000_000


def test_the_lessons_call_makes_a_stage():
    stage = widgets.outlier_mixer(outlier=30)
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "outlier-mixer outlier=30 delta=2 tau=0.75"
    finally:
        stage.close()


# Squares as areas ----------------------------------------------------------------------------------------------------


def test_the_squares_are_squares_and_their_areas_are_the_squared_errors():
    scene = outlier.squares([8, 9, 11, 12, 25], (13, 11))
    for chart, constant, total in zip(scene.charts, (13, 11), (190, 210), strict=True):
        assert chart.equal
        areas = [mark for mark in chart.marks if isinstance(mark, Area)]
        np.testing.assert_allclose([np.ptp(mark.x) for mark in areas], [mark.high[0] for mark in areas])
        assert sum(float(np.ptp(mark.x) * mark.high[0]) for mark in areas) == total
        assert all(constant in mark.x for mark in areas)
    assert scene.facts["areas"] == [190, 210]


def test_the_charts_of_squares_share_one_scale():
    one, other = outlier.squares([1.0, 5.0], (2.0, 4.5)).charts
    assert (one.x, one.y) == (other.x, other.y)


@pytest.mark.parametrize("wait", [0.0, 6.0, 9.5, 12.0, 20.0, 45.0])
@pytest.mark.parametrize("tau", [0.05, 0.5, 0.95])
def test_a_number_lies_neither_on_its_ring_nor_on_the_line_to_it(wait, tau):
    scene = PANEL.scene(**{**START, "outlier": wait, "tau": tau})
    numbers = [mark for mark in scene.charts[0].marks if isinstance(mark, Text)]
    assert [number.text for number in numbers] == [f"{value:.2f}" for value in scene.facts["best"].values()]
    for number, ring in zip(numbers, scene.facts["before"].values(), strict=True):
        towards_the_ring = (ring - number.x) * number.dx > 0
        assert number.dy > 0 or not towards_the_ring
