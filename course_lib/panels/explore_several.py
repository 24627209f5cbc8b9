"""Explore what no single number describes: one score moves among several, or the inputs follow a path."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.panels.compare import LOOKS
from course_lib.panels.entry import Entry, number_params, param_slider, value_task
from course_lib.panels.paths import Path, paths_of
from course_lib.panels.pointing import (
    Lowest,
    around,
    corners,
    kink_points,
    lowest,
    minimum_points,
    read_off,
    tangent,
    three_presets,
    where,
    with_room,
)
from course_lib.plots import POINTS, SPAN, readable, visible_range
from course_lib.spec import Activation, Array, Loss
from course_lib.stage import Axis, Chart, Choice, Handle, Line, Panel, Points, Scene, Slider
from course_lib.stage.scene import Mark

# The scores beside the one that moves.
HELD = (1.0, 0.0)
SCORES = (-5.0, 5.0)
ALONG = 201


@dataclass(frozen=True)
class Way:
    """One number t that moves, and what comes out there: `both(t)` gives values and slopes, (n,) → (outputs, n) each.

    `outputs` are the names of what comes out, the first of which is followed by the point; `closed` says of both ends
    whether the way ends there.
    """

    axis: str
    low: float
    high: float
    outputs: tuple[str, ...]
    both: Callable[..., tuple[Array, Array]]
    held: str
    closed: tuple[bool, bool] = (False, False)
    target: str = ""

    @property
    def symbol(self) -> str:
        """The letter of what moves."""
        return self.axis.split()[-1]


@dataclass(frozen=True)
class Drawn:
    """The curves of a way: t (n,), values and slopes (outputs, n); corners and the lowest place of the first one."""

    t: Array
    values: Array
    slopes: Array
    corners: tuple[float, ...]
    lowest: Lowest | None


def several_scores(entry: Activation) -> Panel:
    """The panel of `explore` for an activation of several scores: one of them moves, the others stay."""
    if entry.gated:
        way = Way(
            "gate  x", *SCORES, ("output",), functools.partial(_gate, entry),
            "Only the gate moves; the value that it lets through stays where its slider is.",
        )  # fmt: skip
        value = Slider("value", "Value that the gate lets through", -2.0, 2.0, 1.0, 0.1, table=9)
        return _panel(entry, {0: way}, (value,), "the output", ("Output", "Derivative by the gate"))
    names = tuple(f"of score {name}" for name in ("x", *map(readable, HELD)))
    way = Way(
        "score that moves  x", *SPAN, names, functools.partial(_scores, entry),
        f"Only x moves; the two other scores stay at {readable(HELD[0])} and {readable(HELD[1])}.",
    )  # fmt: skip
    return _panel(entry, {0: way}, (), "the output of score x", ("Outputs", "Derivative of each output by x"))


def along_a_path(entry: Loss) -> Panel:
    """The panel of `explore` for a loss of vectors, masks or sequences; ValueError where no path is known."""
    paths = paths_of(entry)
    if not paths:
        raise ValueError(
            f"{entry.name!r} compares {entry.prediction}, and no path through them is known; describe one in paths_of"
        )
    ways = {
        path.y: Way(
            path.axis, path.low, path.high, ("loss",), functools.partial(_on_path, entry, path), path.held,
            path.closed, path.target,
        )
        for path in paths
    }  # fmt: skip
    # The label of CTC's blank is a number of a class, nothing to slide.
    knobs = {} if entry.prediction == "frames" else number_params(entry, most=2 if len(ways) == 1 else 1)
    table = 7 if len(knobs) > 1 else 11
    sliders = tuple(param_slider(*knob, table) for knob in knobs.values())
    return _panel(entry, ways, sliders, "the loss", ("Loss", "Slope along the path"))


def _gate(entry: Activation, t: Array, value: float) -> tuple[Array, Array]:
    """The output of a gated unit over its gate, and its derivative by the gate, (1, n) each."""
    assert entry.pullback is not None
    pair = np.stack([np.full_like(t, value), t], axis=-1)
    return entry.function(pair)[..., 0][None], entry.pullback(pair, np.ones((t.size, 1)))[..., 1][None]


def _scores(entry: Activation, t: Array) -> tuple[Array, Array]:
    """All outputs over the first score, and their derivatives by it, (outputs, n) each."""
    assert entry.jacobian is not None
    scores = np.stack([t, *(np.full_like(t, held) for held in HELD)], axis=-1)
    return entry.function(scores).T, entry.jacobian(scores)[..., 0].T


def _on_path(entry: Loss, path: Path, t: Array, **params: float) -> tuple[Array, Array]:
    """The loss along its path and its slope there, (1, n) each."""
    return path.values(entry, t, **params)[None], path.slopes(entry, t, **params)[None]


def _panel(
    entry: Entry, ways: Mapping[int, Way], sliders: tuple[Slider, ...], goal_name: str, titles: tuple[str, str]
) -> Panel:
    """The panel of these ways, one for each target."""
    first, way = next(iter(ways.items()))
    width = with_room(way.low, way.high, way.closed)

    @functools.lru_cache(maxsize=256)
    def backdrop(y: int, *values: float) -> Drawn:
        settings = dict(zip((slider.name for slider in sliders), values, strict=True))
        return _drawn(ways[y], settings, is_loss=isinstance(entry, Loss))

    def scene(x: float, y: int = first, **params: float) -> Scene:
        drawn = backdrop(y, *(params[slider.name] for slider in sliders))
        values, slopes = (rows[:, 0] for rows in ways[y].both(np.array([x]), **params))
        value, slope = float(values[0]), float(slopes[0])
        high, steep = (visible_range(*((drawn.t, row) for row in rows)) for rows in (drawn.values, drawn.slopes))
        one = len(values) == 1
        return Scene(
            charts=(
                Chart(
                    f"{entry.title}: {titles[0].lower()}" if not one else entry.title,
                    Axis(way.axis, *width),
                    Axis("", *high),
                    (
                        *_curves(drawn.t, drawn.values, ways[y].outputs),
                        *_marks(drawn, ways[y], params),
                        *tangent(x, value, slope, 0.15 * (way.high - way.low)),
                        *_points(x, values[1:], 1),
                    ),
                    (Handle(x, value, "Point on the curve", moves_x="x"),),
                ),
                Chart(
                    titles[1],
                    Axis(way.axis, *width),
                    Axis("", *steep),
                    (
                        *_curves(drawn.t, drawn.slopes, ways[y].outputs, slope=one),
                        *([Points([x], [slope], size=11)] if one else _points(x, slopes, 0)),
                        read_off(x, slope, width, steep),
                    ),
                ),
            ),
            says=_words(ways[y], x, values, slopes, drawn, params),
            facts={"x": x, "value": value, "slope": slope, "values": tuple(values), "slopes": tuple(slopes)},
        )

    defaults = {slider.name: slider.default for slider in sliders}
    task = value_task(f"{where(entry)}-{entry.name}-value", goal_name, _goal(way, defaults))
    step = 0.05 if way.high - way.low > 5 else 0.005
    top = math.floor(way.high / step + 1e-9) * step
    start = round(round((way.low + 0.7 * (top - way.low)) / step) * step, 6)
    label = " ".join((way.axis[0].upper() + way.axis[1:]).split())
    place = Slider("x", label, way.low, way.high, start, step, table=41 if len(sliders) > 1 else 81)
    targets = tuple((y, way.target) for y, way in ways.items())
    return Panel(
        name=f"explore-{entry.name}",
        title=f"Explore {entry.title}",
        scene=scene,
        controls=(place, *([Choice("y", "Target", targets, first)] if len(ways) > 1 else []), *sliders),
        task=task,
        presets=three_presets(way.symbol, place, defaults, scene, task),
    )


def _goal(way: Way, settings: Mapping[str, float]) -> float:
    """A value of the first output that tells something: neither near its lowest in the picture nor near its highest."""
    t = way.low + np.array([*np.linspace(0, 1, 41), 0.35, 0.55, 0.5, 0.65, 0.2]) * (way.high - way.low)
    values = way.both(t, **settings)[0][0]
    share = (values - values.min()) / np.ptp(values)
    return next(float(value) for value, part in zip(values[41:], share[41:], strict=True) if 0.1 < part < 0.9)


def _drawn(way: Way, settings: Mapping[str, float], *, is_loss: bool) -> Drawn:
    t = np.linspace(way.low, way.high, ALONG if is_loss else POINTS)
    _, slopes = way.both(t, **settings)
    places = corners(lambda at: float(way.both(np.array([at]), **settings)[1][0, 0]), t, slopes[0])
    t, gap = around(t, places, 1e-5)
    values, slopes = way.both(t, **settings)
    best = lowest(t, values[0], way.closed, places) if is_loss else None
    return Drawn(t, values, np.where(gap, np.nan, slopes), tuple(places), best)


def _curves(t: Array, rows: Array, names: tuple[str, ...], *, slope: bool = False) -> list[Mark]:
    if len(names) == 1:
        return [Line(t, rows[0], role="vermillion" if slope else "blue")]
    return [
        Line(t, row, role=role, dashes=dashes, label=name)
        for row, name, (role, dashes, _) in zip(rows, names, LOOKS[: len(names)], strict=True)
    ]


def _points(x: float, heights: Array, skip: int) -> list[Mark]:
    """The point on each curve, without the first `skip` ones: a handle stands there."""
    return [
        Points([x], [height], role=role, shape=shape, size=10)
        for height, (role, _, shape) in zip(heights, LOOKS[skip:], strict=False)
    ]


def _marks(drawn: Drawn, way: Way, settings: Mapping[str, float]) -> list[Mark]:
    kinks = kink_points(drawn.corners, lambda at: way.both(at, **settings)[0][0])
    best = drawn.lowest
    return [*kinks, *(minimum_points([best.x], [best.y], best.also) if best else [])]


def _words(way: Way, x: float, values: Array, slopes: Array, drawn: Drawn, settings: Mapping[str, Any]) -> str:
    setting = f", {way.target}" if way.target else ""
    setting += "".join(f", {name} = {readable(number)}" for name, number in settings.items())
    each = "; ".join(
        f"{name if len(values) == 1 else f'output {name}'} = {readable(float(value), 4)}, "
        f"slope {readable(float(slope), 4)}"
        for name, value, slope in zip(way.outputs, values, slopes, strict=True)
    )
    words = [f"At {way.symbol} = {readable(x, 3)}{setting}: {each}", way.held.rstrip(".")]
    if drawn.lowest is not None and values[0] <= drawn.lowest.y + 1e-6:
        words.append("The loss gets no lower than this on this path")
    return ". ".join(words) + "."
