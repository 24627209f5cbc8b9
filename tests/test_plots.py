"""Figures: drawn for every entry, small, the same every time, with the right marks, and never without words."""

from __future__ import annotations

import base64
import io
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from course_lib import activations, losses, plots
from course_lib.numerics import central_difference

ACTIVATIONS = list(activations.CATALOGUE.values())
ELEMENTWISE = [entry for entry in ACTIVATIONS if entry.elementwise]
DRAWN_LOSSES = [entry for entry in losses.CATALOGUE.values() if entry.prediction not in ("vectors", "mask", "frames")]
OTHER_LOSSES = [entry for entry in losses.CATALOGUE.values() if entry not in DRAWN_LOSSES]


def name(entry):
    return entry.name


@pytest.mark.parametrize("entry", [*ACTIVATIONS, *DRAWN_LOSSES], ids=name)
def test_every_entry_has_a_small_picture(entry):
    image = plots.png(plots.curve_and_derivative(entry))
    assert len(image) < 100_000
    assert Image.open(io.BytesIO(image)).size == (1766, 729)


@pytest.mark.parametrize("entry", OTHER_LOSSES, ids=name)
def test_a_loss_of_whole_vectors_is_refused_by_name(entry):
    with pytest.raises(ValueError, match=entry.name):
        plots.curve_and_derivative(entry)


@pytest.mark.parametrize("entry", ACTIVATIONS, ids=name)
def test_the_drawn_slope_is_the_slope_of_the_drawn_curve(entry):
    x, value, slope = plots.activation_curves(entry, (-3.03, 3.01))
    steps = np.diff(x)
    smooth = (steps[:-1] > 1e-3) & (steps[1:] > 1e-3) & np.isfinite(slope[:-2] + slope[1:-1] + slope[2:])
    middle = (value[2:] - value[:-2]) / (x[2:] - x[:-2])
    around = np.stack([slope[:-2], slope[1:-1], slope[2:]])
    curvature = around.max(axis=0) - around.min(axis=0)
    assert smooth.sum() > 300
    np.testing.assert_array_less(np.abs(middle - slope[1:-1])[smooth], curvature[smooth] + 1e-3)


@pytest.mark.parametrize("entry", [e for e in DRAWN_LOSSES if e.per == "prediction" and not e.third], ids=name)
def test_the_drawn_gradient_is_the_slope_of_the_drawn_loss(entry):
    for curve in plots.loss_curves(entry):
        low, high = curve.x[0], curve.x[-1]
        x = np.linspace(low + 0.1 * (high - low), high - 0.1 * (high - low), 11) + 0.0137 * (high - low)
        kinks = [kink.at + shift for kink in entry.claims().kinks for shift in (-1, 0, 1)]
        x = x[[all(abs(place - kink) > 0.02 for kink in [*kinks, 0.0]) for place in x]]
        measured = central_difference(lambda p, y=curve.target: plots.loss_at(entry, p, y).value, x)
        np.testing.assert_allclose(plots.loss_at(entry, x, curve.target).gradient, measured, rtol=1e-5, atol=1e-7)


def test_sigmoid_is_flat_beyond_the_root_of_its_equation():
    # σ(x)σ(−x) = 1/400 has the solutions ±log(199 + √(199² − 1) ) for a share of one hundredth.
    edge = np.log(199 + np.sqrt(199**2 - 1))
    marks = plots.landmarks(activations.get("sigmoid"))
    assert marks.flat_right == pytest.approx(edge, abs=1e-6)
    assert marks.flat_left == pytest.approx(-edge, abs=1e-6)
    assert (marks.flat(5.9), marks.flat(6.1), marks.flat(-6.1)) == (False, True, True)


@pytest.mark.parametrize("entry", ELEMENTWISE, ids=name)
def test_beyond_the_flat_edge_no_slope_exceeds_one_per_cent(entry):
    marks = plots.landmarks(entry)
    limit = plots.FLAT * entry.claims().lipschitz
    for edge, sign in ((marks.flat_left, -1), (marks.flat_right, 1)):
        if edge is not None:
            beyond = np.abs(entry.derivative(edge + sign * np.geomspace(1e-6, 40, 400)))
            assert beyond.max() <= limit
            assert abs(entry.derivative(np.array([edge - sign * 1e-6]))[0]) >= limit * (1 - 1e-4)


def test_a_parameter_reaches_the_curve():
    _, value, slope = plots.activation_curves(activations.get("leaky_relu"), (-2, 2), alpha=0.3)
    assert value[0] == pytest.approx(-0.6)
    assert slope[0] == pytest.approx(0.3)


def test_the_pen_is_lifted_at_a_kink():
    x, _, slope = plots.activation_curves(activations.get("relu"))
    assert x[np.isnan(slope)].tolist() == [0.0]


def test_the_same_figure_gives_the_same_bytes():
    first, second = (plots.png(plots.curve_and_derivative(activations.get("tanh"))) for _ in range(2))
    assert first == second


def test_figures_leave_the_settings_of_matplotlib_alone():
    before = dict(mpl.rcParams)
    plots.png(plots.compare(activations.get("tanh"), activations.get("sigmoid")))
    assert dict(mpl.rcParams) == before


def test_the_style_wins_over_the_learners_settings():
    with mpl.rc_context({"axes.facecolor": "black", "lines.linewidth": 9}):
        changed = plots.png(plots.curve_and_derivative(activations.get("tanh")))
    assert changed == plots.png(plots.curve_and_derivative(activations.get("tanh")))


def test_importing_plots_imports_no_matplotlib():
    code = "import sys, course_lib.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_drawing_imports_no_pyplot():
    code = (
        "import sys; from course_lib import activations, plots;"
        "plots.png(plots.curve_and_derivative(activations.get('relu'))); sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_compare_draws_every_entry_in_both_panels():
    entries = [activations.get(one) for one in ("sigmoid", "tanh", "relu")]
    figure = plots.compare(*entries)
    for axes in figure.axes:
        labels = [line.get_label() for line in axes.get_lines() if not line.get_label().startswith("_")]
        assert labels == ["Sigmoid", "Tanh", "ReLU"]
    lines = figure.axes[0].get_lines()[:3]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 3


def test_compare_orders_its_key_by_height_at_the_right_end():
    figure = plots.compare(activations.get("sigmoid"), activations.get("relu"), derivative=False)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["ReLU", "Sigmoid"]


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([activations.get("relu")], "2 to 8 entries, got 1"),
        ([activations.get("relu")] * 9, "got 9"),
        ([activations.get("relu"), losses.get("mse")], "the same axis"),
        ([losses.get("binary_cross_entropy"), losses.get("mse")], "probability, value"),
    ],
    ids=["one", "nine", "activation and loss", "different predictions"],
)
def test_compare_refuses_what_has_no_common_axis(entries, says):
    with pytest.raises(ValueError, match=says):
        plots.compare(*entries)


def test_lines_draws_each_curve_under_its_name():
    x = np.linspace(0, 1, 5)
    figure = plots.lines(x, {"up": x, "down": -x, "gap": np.where(x == 0.5, np.nan, 2 * x)}, x_label="t", y_label="f")
    [axes] = figure.axes
    drawn = {line.get_label(): line.get_ydata() for line in axes.get_lines() if not line.get_label().startswith("_")}
    np.testing.assert_array_equal(drawn["down"], -x)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["gap", "up", "down"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("t", "f")
    assert len(plots.png(figure)) < 100_000


@pytest.mark.parametrize(
    ("curves", "says"),
    [
        ({}, "1 to 8 curves, got 0"),
        ({str(n): [0, 1] for n in range(9)}, "got 9"),
        ({"short": [1]}, "'short' has shape"),
    ],
    ids=["none", "nine", "other length"],
)
def test_lines_refuses_what_it_cannot_draw(curves, says):
    with pytest.raises(ValueError, match=says):
        plots.lines([0, 1], curves, x_label="t", y_label="f")


class Shown:
    """Stands in for the notebook: keeps what was displayed."""

    def __init__(self, monkeypatch):
        self.calls = []
        monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: self.calls.append((args, kwargs)))


def test_show_stores_the_alt_text_with_the_picture(monkeypatch):
    shown = Shown(monkeypatch)
    assert plots.show(plots.curve_and_derivative(activations.get("relu")), alt="A hinge:\n flat, then rising.") is None
    [((data,), options)] = shown.calls
    assert options["raw"] is True
    assert options["metadata"]["image/png"]["alt"] == "A hinge: flat, then rising."
    assert data["text/plain"] == "A hinge: flat, then rising."
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_show_refuses_a_picture_without_words(alt, monkeypatch):
    shown = Shown(monkeypatch)
    with pytest.raises(ValueError, match="alt is empty"):
        plots.show(plots.curve_and_derivative(activations.get("relu")), alt=alt)
    assert shown.calls == []


def test_show_closes_a_figure_made_by_pyplot(monkeypatch):
    from matplotlib import pyplot

    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: None)
    figure, _ = pyplot.subplots()
    plots.show(figure, alt="Empty axes.")
    assert not pyplot.fignum_exists(figure.number)


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (0.25, 2, "0.25"),
        (-5.986, 2, "−5.99"),
        (100.0, 2, "100"),
        (0.0, 2, "0"),
        (0.00012, 2, "1.2·10⁻⁴"),
        (123456.0, 2, "1.2·10⁵"),
        (float("inf"), 2, "∞"),
        (float("nan"), 2, "undefined"),
        (0.99751, 4, "0.9975"),
    ],
)
def test_numbers_are_written_for_people(number, digits, text):
    assert plots.readable(number, digits) == text


def test_an_infinite_end_does_not_flatten_the_picture():
    curves = plots.loss_curves(losses.get("binary_cross_entropy"))
    low, high = plots.visible_range(*((curve.x, curve.gradient) for curve in curves))
    assert -60 < low < -10
    assert 10 < high < 60


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.5, "0.5"), (-0.25, "−0.25"), (-0.0, "0"), (12_345.0, "1.2·10⁴"), (-2e-5, "−2.0·10⁻⁵"), (np.inf, "∞")],
)
def test_a_number_for_people(number, words):
    assert plots.readable(number) == words
