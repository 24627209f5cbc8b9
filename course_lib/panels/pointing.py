"""What the explorers share: the point on a curve with its number and tangent, what is worth marking, and presets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.plots import readable
from course_lib.spec import Activation, Array, Loss
from course_lib.stage import Line, Points, Preset, Scene, Slider, Task, Text
from course_lib.stage.scene import Mark

# Below this width a jump of the slope is taken for a corner.
NARROW = 1e-4


def where(entry: Activation | Loss) -> str:
    """How the id of a task on the entry begins: its lesson's number, or the gallery."""
    return "gallery" if entry.lesson is None else f"{entry.lesson:02d}"


def beside(x: float, y: float, text: str, low: float, high: float, up: float = 12) -> Text:
    """A number next to a point, on the side where there is room."""
    right = x > low + 0.8 * (high - low)
    return Text(x, y, text, dx=-10 if right else 10, dy=up, side="right" if right else "left")


def read_off(x: float, y: float, width: tuple[float, float], height: tuple[float, float], up: float = 12) -> Text:
    """The value of a point beside it; where the point lies outside the picture, at its edge with an arrow."""
    if not math.isfinite(y) or height[0] <= y <= height[1]:
        return beside(x, y, readable(y, 4), *width, up=up)
    # The words stay inside the picture: below its upper edge, above its lower one.
    edge, arrow, up = (height[1], "↑", -12) if y > height[1] else (height[0], "↓", 12)
    return beside(x, edge, f"{readable(y, 4)} {arrow}", *width, up=up)


def tangent(x: float, value: float, slope: float, reach: float) -> list[Mark]:
    """The tangent at a point, `reach` to either side; nothing where the value or the slope is not finite."""
    if not math.isfinite(value + slope):
        return []
    ends = np.array([-reach, reach])
    return [Line(x + ends, value + slope * ends, role="ink", dashes="dashed", width=2)]


def kink_points(x: Sequence[float], height: Callable[[Array], Array]) -> list[Mark]:
    """The places x where the slope jumps, as rings at their height; nothing for none."""
    return [Points(x, height(np.array(x)), role="green", shape="ring", size=15, label="kink")] if len(x) else []


def minimum_points(x: Sequence[float], y: Sequence[float], also: str = "") -> list[Mark]:
    """The lowest places of a curve; `also` says where else it is as low."""
    return [Points(x, y, role="green", shape="triangle", size=10, label=f"minimum{also}")] if len(x) else []


@dataclass(frozen=True)
class Lowest:
    """Where a curve is lowest, and what the words add where a whole stretch is."""

    x: float
    y: float
    also: str = ""


def lowest(x: Array, y: Array, closed: tuple[bool, bool], corners: Sequence[float] = ()) -> Lowest | None:
    """The lowest place of a drawn curve, (n,) each; None where it only gets lower towards an end that is not `closed`.

    `closed` says of both ends whether the curve ends there or only its picture does.
    """
    level = float(y[np.isfinite(y)].min())
    # Exactly as low: a loss that dies out is still lower farther out.
    at = np.flatnonzero(y == level)
    first, last, end = int(at[0]), int(at[-1]), len(x) - 1
    if first < last and last == end and first > 0:
        return Lowest(float(x[first]), level, ", here and everywhere to the right")
    if first < last and first == 0 and last < end:
        return Lowest(float(x[last]), level, ", here and everywhere to the left")
    if (first == 0 and not closed[0]) or (last == end and not closed[1]):
        return None
    place = float(x[first])
    if first in (0, end) or any(abs(place - corner) < NARROW for corner in corners):
        return Lowest(place, level)
    # The vertex of the parabola through the lowest point of the grid and its neighbours.
    bend, lean, _ = np.polyfit(x[first - 1 : first + 2] - place, y[first - 1 : first + 2], 2)
    return Lowest(place - float(lean / (2 * bend)), level)


def corners(slope: Callable[[float], float], x: Array, slopes: Array) -> list[float]:
    """Where the slope jumps, found by bisection between the places x with their `slopes`, (n,) each."""
    finite = slopes[np.isfinite(slopes)]
    found = []
    jumps = np.abs(np.diff(slopes))
    for index in np.flatnonzero(jumps > 0.05 * (finite.max() - finite.min())):
        left, right = float(x[index]), float(x[index + 1])
        while right - left > NARROW:
            middle = (left + right) / 2
            before, here, after = slope(left), slope(middle), slope(right)
            left, right = (left, middle) if abs(here - before) > abs(after - here) else (middle, right)
        # A smooth slope changes by next to nothing over so short a way.
        if abs(slope(right) - slope(left)) > 0.5 * jumps[index]:
            found.append(round((left + right) / 2, 3))
    return list(dict.fromkeys(found))


def with_room(low: float, high: float, closed: tuple[bool, bool]) -> tuple[float, float]:
    """The ends of an axis: a little beyond those at which the curve itself ends, so that a mark there is seen whole."""
    margin = 0.02 * (high - low)
    return low - margin * closed[0], high + margin * closed[1]


def around(x: Array, places: Sequence[float], hair: float) -> tuple[Array, Array]:
    """x with the places and both sides of each among them, and which of it are those places: the pen is lifted there.

    A line through both sides would show a slope that is nowhere taken.
    """
    inside = [place for place in places if x[0] < place < x[-1]]
    sides = [side for place in inside for side in (place - hair, place + hair)]
    fuller = np.unique(np.concatenate([x, sides, inside]))
    return fuller, np.isin(fuller, inside)


def three_presets(
    symbol: str, slider: Slider, defaults: Mapping[str, Any], scene: Callable[..., Scene], task: Task
) -> tuple[Preset, ...]:
    """Three places of the slider that don't solve the task: low, in the middle and high, as far as there are such."""

    def free(*shares: float) -> Iterator[float]:
        for share in shares:
            rough = slider.low + share * (slider.high - slider.low)
            x = round(round(rough / slider.step) * slider.step, 6)
            values = {**defaults, slider.name: x}
            if not task.check(values, scene(**values).facts).solved:
                yield x

    parts = ((0.25, 0.2, 0.3, 0.15), (0.5, 0.55, 0.45, 0.6), (0.75, 0.8, 0.7, 0.85))
    chosen = [x for part in parts if (x := next(free(*part), None)) is not None]
    chosen += [x for x in free(0.9, 0.65, 0.1, 0.35) if x not in chosen][: 3 - len(chosen)]
    return tuple(Preset(f"{symbol} = {readable(x, 3)}", {slider.name: x}) for x in sorted(chosen))
