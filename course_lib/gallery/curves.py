"""One curve for every entry: over one number where there is one, else along a path that tells what the loss does."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_lib.panels.compare import axis_of, is_drawn, span_of
from course_lib.plots import BLUE as CURVE
from course_lib.plots import (
    QUIET,
    VERMILLION,
    activation_curves,
    course_style,
    curve_and_derivative,
    loss_curves,
    new_figure,
    visible_range,
)
from course_lib.spec import Activation, Array, Loss

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Entry = Activation | Loss
SLOPE = VERMILLION
COLUMNS = 3


@dataclass(frozen=True)
class Trace:
    """What a small picture shows: x, the value and its slope there, (n,) each, what x is, and for which target."""

    x: Array
    value: Array
    slope: Array
    axis: str
    target: str = ""


@dataclass(frozen=True)
class Path:
    """A way through the inputs of a loss that one number cannot describe: place(t) are its arguments at t."""

    axis: str
    low: float
    high: float
    place: Callable[[float], tuple[Array, ...]]
    target: str = ""


def _rotated(angle: float, size: int = 2) -> Array:
    """A unit vector of `size` numbers, turned by `angle` (radians) from the first axis towards the last."""
    vector = np.zeros(size)
    vector[0], vector[-1] = math.cos(angle), math.sin(angle)
    return vector


def _at_distance(distance: float) -> Array:
    return np.array([[distance, 0.0]])


def _mask(p: float) -> tuple[Array, Array]:
    """A structure of 4 pixels among 16, found with probability p; nothing is claimed elsewhere."""
    true = np.arange(16) < 4
    return true[None].astype(float), np.where(true, p, 0.0)[None]


def _spoken(z: float) -> tuple[Array, Array]:
    """Four frames in which two labels are said one after the other, each with logit z; all other logits are 0."""
    return np.array([1, 2]), z * np.eye(3)[[1, 1, 2, 2]]


def path_of(entry: Loss) -> Path | None:
    """The path for losses of this kind of inputs; None where we know none."""
    inputs = len(entry.inputs)
    if entry.prediction == "mask":
        return Path("probability of the 4 true pixels  p", 0.0, 1.0, _mask)
    if entry.prediction == "frames":
        return Path("logit of the right labels  z", -3.0, 6.0, _spoken)
    if entry.prediction != "vectors":
        return None
    if entry.third == "vectors" and entry.target == "binary":
        apart = Path(
            "distance of the two vectors  D", 0.0, 2.0, lambda d: (np.array([0.0]), np.zeros((1, 2)), _at_distance(d))
        )
        return Path(apart.axis, apart.low, apart.high, apart.place, "an unlike pair")
    if entry.third == "vectors":
        return Path(
            "distance of the unlike vector  D",
            0.0,
            3.0,
            lambda d: (np.zeros((1, 2)), np.array([[0.0, 1.0]]), _at_distance(d)),
            "the like one at distance 1",
        )
    if inputs == 2 and len(entry.gradient_for) == 2:
        return Path(
            "angle to its own key  θ",
            0.0,
            math.pi,
            lambda angle: (np.vstack([_rotated(angle, 5), np.eye(5)[1:4]]), np.eye(5)[:4]),
            "three other keys at right angles",
        )
    if inputs == 2:
        return Path(
            "angle between the vectors  θ", 0.0, math.pi, lambda angle: (_rotated(0.0)[None], _rotated(angle)[None])
        )
    return None


def trace(entry: Entry) -> Trace | None:
    """The curve of an entry at its default parameters; None for a loss of a kind that has no picture yet.

    A loss is drawn for its first target. Along a path the slope is measured: the rise per unit of what the axis shows.
    """
    if isinstance(entry, Activation):
        return Trace(*activation_curves(entry, span_of([entry])), axis_of(entry))
    if is_drawn(entry):
        curve = loss_curves(entry)[0]
        return Trace(curve.x, curve.value, curve.gradient, curve.axis, curve.label)
    path = path_of(entry)
    if path is None:
        return None
    x = np.linspace(path.low, path.high, 241)
    # The first value is the one of the example that moves.
    value = np.array([np.atleast_1d(entry.function(*path.place(t)))[0] for t in x], dtype=float)
    return Trace(x, value, np.gradient(value, x), path.axis, path.target)


def figure(*entries: Entry, columns: int = COLUMNS) -> Figure:
    """Small pictures of the entries, each with its curve (blue, solid) and its slope (vermillion, dashed)."""
    rows = -(-len(entries) // columns)
    with course_style():
        drawn = new_figure(9.2, 2.5 * rows + 0.35)
        places = drawn.add_gridspec(rows, columns)
        for position, entry in enumerate(entries):
            _draw(drawn.add_subplot(places[divmod(position, columns)]), entry)
        words = "gradient" if isinstance(entries[0], Loss) else "derivative"
        drawn.supxlabel(f"solid blue: {'loss' if words == 'gradient' else 'function'};  dashed: {words}", fontsize=11)
    return drawn


def large(entry: Entry) -> Figure:
    """The entry's curve and slope side by side; along its path in one picture where no number describes its inputs."""
    return curve_and_derivative(entry) if is_drawn(entry) else figure(entry, columns=1)


def _height(shown: Trace) -> tuple[float, float]:
    """A range that shows the curve well; a slope that shoots up is cut where it would flatten the curve."""
    low, high = visible_range((shown.x, shown.value))
    lowest, highest = visible_range((shown.x, shown.slope))
    reach = 2 * (high - low)
    return max(min(low, lowest), low - reach), min(max(high, highest), high + reach)


def _draw(axes: Axes, entry: Entry) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title("\n".join(textwrap.wrap(entry.title, 26)), fontsize=12)
    shown = trace(entry)
    if shown is None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no picture:\nits inputs are no\nsingle number", ha="center", va="center", fontsize=11)
        return
    axes.axhline(0, color=QUIET, linewidth=0.9, zorder=1)
    if shown.x[0] < 0 < shown.x[-1]:
        axes.axvline(0, color=QUIET, linewidth=0.9, zorder=1)
    axes.plot(shown.x, shown.value, color=CURVE, linewidth=2)
    axes.plot(shown.x, shown.slope, color=SLOPE, linestyle=(0, (4, 1.6)), linewidth=1.7)
    axes.set_xlim(float(shown.x[0]), float(shown.x[-1]))
    axes.set_ylim(*_height(shown))
    under = shown.axis if shown.target in ("", "y = 0") else f"{shown.axis}\n{shown.target}"
    axes.set_xlabel("\n".join(line for part in under.split("\n") for line in textwrap.wrap(part, 38)), fontsize=9.5)
    axes.tick_params(labelsize=10)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
