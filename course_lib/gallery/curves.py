"""One curve for every entry: over one number where there is one, else along a path that tells what the loss does."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_lib.panels.compare import axis_of, is_drawn, span_of
from course_lib.panels.paths import Path, paths_of
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


def path_of(entry: Loss) -> Path | None:
    """The path of a loss's first target; None where we know none."""
    return next(iter(paths_of(entry)), None)


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
    return Trace(x, path.values(entry, x), path.slopes(entry, x), path.axis, path.target)


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
