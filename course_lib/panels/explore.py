"""Explore any entry of the catalogues: its curve and slope at a point that the learner moves, and a task."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from course_lib import activations, losses
from course_lib.panels.compare import is_drawn
from course_lib.panels.entry import number_params, param_slider, value_task
from course_lib.panels.explore_loss import explore_loss
from course_lib.panels.explore_several import along_a_path, several_scores
from course_lib.panels.pointing import (
    kink_points,
    minimum_points,
    read_off,
    tangent,
    three_presets,
    where,
)
from course_lib.plots import (
    FLAT,
    SPAN,
    Landmarks,
    activation_curves,
    landmarks,
    readable,
    visible_range,
)
from course_lib.spec import Activation, Array, Claims
from course_lib.stage import (
    Area,
    Axis,
    Chart,
    Handle,
    Line,
    Panel,
    Points,
    Result,
    Rule,
    Scene,
    Slider,
    Stage,
    Task,
    Text,
)
from course_lib.stage.scene import Mark

TaskKind = Literal["saturation", "minimum", "kink", "value"]
# No picture of an activation goes beyond these scores.
FARTHEST = 16.0


def explore(name: str, *, task: TaskKind | None = None, **start: Any) -> Stage:
    """A widget on one catalogue entry: its curve and slope at a point that the learner moves, and a task.

    explore("sigmoid", task="saturation", x=2): `start` gives first values of the controls. Without `task` the entry's
    most telling one is chosen. What takes several scores, or compares vectors, masks or sequences, is explored along
    one way through its inputs. ValueError for an unknown name, or for a task that the entry does not have.
    """
    return Stage(explore_panel(name, task=task), **start)


def explore_panel(name: str, *, task: TaskKind | None = None) -> Panel:
    """The panel of `explore`."""
    entry = losses.get(name) if name in losses.CATALOGUE else activations.get(name)
    if isinstance(entry, Activation) and entry.elementwise:
        return _explore_elementwise(entry, task)
    if task not in (None, "value"):
        raise ValueError(f"{name!r} has no task {task!r}; its only task is 'value'")
    if isinstance(entry, Activation):
        return several_scores(entry)
    return explore_loss(entry) if is_drawn(entry) else along_a_path(entry)


# ---------------------------------------------------------------------------------------------------------------------
# Elementwise activations
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Backdrop:
    """What stands still while the point moves: the curve and its slope, (n,) each, and what is worth marking on them.

    `flat` are the stretches, within the picture's `span`, on which the curve saturates; `lowest` are the places of the
    minimum; `steepness` is the least upper bound of |slope|.
    """

    span: tuple[float, float]
    x: Array
    value: Array
    slope: Array
    marks: Landmarks
    steepness: float
    flat: tuple[tuple[float, float], ...]
    lowest: tuple[float, ...]


def _span(entry: Activation) -> tuple[float, float]:
    """The scores in the picture: farther out where the curve levels off only there."""
    marks = landmarks(entry)
    reach = max(SPAN[1], *(abs(edge) + 1 for edge in (marks.flat_left, marks.flat_right, 0.0) if edge is not None))
    return (-reach, reach) if reach <= FARTHEST else SPAN


def _backdrop(entry: Activation, span: tuple[float, float], params: Mapping[str, float]) -> Backdrop:
    x, value, slope = activation_curves(entry, span, **params)
    marks, claims = landmarks(entry, **params), entry.claims(**params)
    assert isinstance(claims, Claims)
    left, right = marks.flat_left, marks.flat_right
    if math.isinf(claims.lipschitz):
        # There is no largest slope to compare with: what saturates is the stretch that is quite level.
        steep = np.flatnonzero(slope != 0)
        left = float(x[steep[0] - 1]) if "left" in claims.saturates else None
        right = float(x[steep[-1] + 1]) if "right" in claims.saturates else None
    flat = [] if left is None or left <= span[0] else [(span[0], left)]
    flat += [] if right is None or right >= span[1] else [(right, span[1])]
    return Backdrop(span, x, value, slope, marks, claims.lipschitz, tuple(flat), _lowest_places(x, value, marks))


def _lowest_places(x: Array, value: Array, marks: Landmarks) -> tuple[float, ...]:
    """The places of the minimum within the picture: a wave has many."""
    if marks.minimum is None:
        return ()
    at, level = marks.minimum
    if marks.rises:
        # The last place of a level stretch.
        return (float(x[value <= level + 1e-12][-1]),)
    dips = (value[1:-1] < value[:-2]) & (value[1:-1] < value[2:]) & (value[1:-1] < level + 1e-3)
    others = [float(place) for place in x[1:-1][dips] if abs(place - at) > 0.1]
    return tuple(place for place in (at, *others) if x[0] < place < x[-1])


def _explore_elementwise(entry: Activation, kind: TaskKind | None) -> Panel:
    knobs = number_params(entry, most=2)
    span = _span(entry)
    task = _activation_task(entry, kind)
    # What the task asks for is not marked, all else is.
    asked = task.id.rpartition("-")[2]

    # The curves depend on the entry's parameters only; the point moves far more often than they do.
    @functools.lru_cache(maxsize=64)
    def backdrop(*values: float) -> Backdrop:
        return _backdrop(entry, span, dict(zip(knobs, values, strict=True)))

    def scene(x: float, **params: float) -> Scene:
        back = backdrop(*(params[name] for name in knobs))
        value, slope = _at(entry, x, params)
        high, steep = visible_range((back.x, back.value)), visible_range((back.x, back.slope))
        return Scene(
            charts=(
                Chart(
                    f"{entry.title}  f(x)",
                    Axis("score  x", *span),
                    Axis("", *high),
                    (
                        *(_flat_areas(back, high) if asked != "saturation" else ()),
                        Line(back.x, back.value),
                        *(_kinks(back, entry, params) if asked != "kink" else ()),
                        *(_minimum(back) if asked != "minimum" else ()),
                        *tangent(x, value, slope, 2.5 / math.hypot(1.0, slope)),
                    ),
                    (Handle(x, value, "Point on the curve", moves_x="x"),),
                ),
                Chart(
                    "Derivative  f′(x)",
                    Axis("score  x", *span),
                    Axis("", *steep),
                    (
                        *(_flat_areas(back, steep) if asked != "saturation" else ()),
                        Line(back.x, back.slope, role="vermillion"),
                        *_steepest(back),
                        Points([x], [slope], size=11),
                        _slope_read_off(back, x, slope, steep),
                    ),
                ),
            ),
            says=_activation_words(entry, x, value, slope, back, params, asked),
            facts={"x": x, "value": value, "slope": slope, "landmarks": back.marks},
        )

    place = Slider("x", "Score x", *span, default=1.5, step=0.05, table=81 if knobs else 321)
    sliders = [param_slider(param, default, 25 if len(knobs) == 1 else 7) for param, default in knobs.values()]
    return Panel(
        name=f"explore-{entry.name}",
        title=f"Explore {entry.title}",
        scene=scene,
        controls=(place, *sliders),
        task=task,
        presets=three_presets("x", place, {slider.name: slider.default for slider in sliders}, scene, task),
    )


def _at(entry: Activation, x: float, params: Mapping[str, float]) -> tuple[float, float]:
    assert entry.derivative is not None
    point = np.array([x])
    return float(entry.function(point, **params)[0]), float(entry.derivative(point, **params)[0])


def _flat_areas(back: Backdrop, height: tuple[float, float]) -> list[Mark]:
    label = "level: slope 0" if math.isinf(back.steepness) else "slope under 1 % of its largest"
    return [Area(ends, *height, label="" if index else label) for index, ends in enumerate(back.flat)]


def _kinks(back: Backdrop, entry: Activation, params: Mapping[str, float]) -> list[Mark]:
    kinks = [kink.at for kink in back.marks.kinks if back.span[0] < kink.at < back.span[1]]
    return kink_points(kinks, lambda at: entry.function(at, **params))


def _minimum(back: Backdrop) -> list[Mark]:
    # What never goes down has its smallest value at a place and everywhere left of it.
    also = ", here and everywhere to the left" if back.marks.rises else ""
    return minimum_points(back.lowest, [back.marks.minimum[1]] * len(back.lowest), also) if back.marks.minimum else []


def _largest(back: Backdrop) -> float | None:
    """The slope that is the largest, or that is never quite reached; None where it has no bound."""
    if back.marks.steepest is not None:
        return back.marks.steepest[1]
    if not 0 < back.steepness < math.inf:
        return None
    finite = back.slope[np.isfinite(back.slope)]
    return math.copysign(back.steepness, finite[np.abs(finite).argmax()])


def _steepest(back: Backdrop) -> list[Mark]:
    slope = _largest(back)
    if slope is None:
        return []
    if back.marks.steepest is None:
        return [Rule(y=slope, text=f"comes near {readable(slope)}")]
    x, rule = back.marks.steepest[0], Rule(y=slope, text=f"largest {readable(slope)}")
    beside_it = back.slope[(np.abs(back.x - x) > 0.05) & (np.abs(back.x - x) < 0.5)]
    # On a straight piece no single place is the steepest.
    peak = np.all(np.abs(beside_it[np.isfinite(beside_it)]) < abs(slope))
    inside = back.span[0] <= x <= back.span[1]
    return [*([Points([x], [slope], role="vermillion", shape="ring", size=10)] if peak and inside else ()), rule]


def _slope_read_off(back: Backdrop, x: float, slope: float, height: tuple[float, float]) -> Text:
    """The slope beside its point: under the line of the largest slope where that line has its words."""
    largest = _largest(back)
    close = largest is not None and abs(slope - largest) < 0.15 * (height[1] - height[0])
    return read_off(x, slope, back.span, height, up=-14 if close and x > -0.25 * back.span[1] else 12)


def _activation_words(
    entry: Activation, x: float, value: float, slope: float, back: Backdrop, params: Mapping[str, float], asked: str
) -> str:
    marks = back.marks
    setting = "".join(f", {name} = {readable(number)}" for name, number in params.items())
    words = [f"At x = {readable(x)}{setting}: f(x) = {readable(value, 4)}, slope f′(x) = {readable(slope, 4)}"]
    if marks.steepest is not None and marks.steepest[1] and math.isfinite(slope):
        words[0] += f", {_percent(abs(slope / marks.steepest[1]))} of the largest slope ({readable(marks.steepest[1])})"
    if any(abs(kink.at - x) < 1e-9 for kink in marks.kinks):
        kink = next(kink for kink in marks.kinks if abs(kink.at - x) < 1e-9)
        words.append(
            f"This is a kink: the slope is {readable(kink.left)} on the left and {readable(kink.right)} on the right"
        )
    if asked != "saturation" and any(left < x < right for left, right in back.flat):
        words.append("The curve has levelled off here")
    if asked != "minimum" and any(abs(place - x) < 0.025 for place in back.lowest):
        words.append("This is the lowest place")
    return ". ".join(words) + "."


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share < 0.1 else f"{100 * share:.0f} %"


# ---------------------------------------------------------------------------------------------------------------------
# Tasks of explore: the words and the check as data
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A task of the kind "put the point there": where it is, for the facts of a scene, and what to say on the way."""

    text: str
    targets: Callable[[Mapping[str, Any]], tuple[float, ...]]
    hint: Callable[[Mapping[str, Any], float], str]
    praise: str
    tolerance: float = 0.1

    def check(self, params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
        """Score 1 within the tolerance of a target, on either side of it."""
        x: float = facts["x"]
        targets = self.targets(facts)
        if not targets:
            return Result(0, "At these parameters there is no such point; change the parameters first.")
        nearest = min(targets, key=lambda target: abs(target - x))
        if abs(nearest - x) <= self.tolerance + 1e-9:
            return Result(1, f"{self.praise} It is at x = {readable(nearest)}.")
        return Result(0, self.hint(facts, nearest))


def _saturation_targets(facts: Mapping[str, Any]) -> tuple[float, ...]:
    marks: Landmarks = facts["landmarks"]
    return tuple(edge for edge in (marks.flat_left, marks.flat_right) if edge is not None)


def _lowest_targets(facts: Mapping[str, Any]) -> tuple[float, ...]:
    marks: Landmarks = facts["landmarks"]
    if marks.minimum is None:
        return ()
    # A wave has many lowest places; any of them will do.
    as_low = abs(facts["value"] - marks.minimum[1]) < 1e-3
    return (facts["x"],) if as_low else (marks.minimum[0],)


def _saturation_hint(facts: Mapping[str, Any], nearest: float) -> str:
    marks: Landmarks = facts["landmarks"]
    share = f"At x = {readable(facts['x'])} the slope is {_percent(_share(facts))} of the largest"
    if marks.flat(facts["x"]):
        return f"{share}: flat, but you are past the edge. Come back until it reaches 1 %."
    return f"{share}: still steeper than 1 %. Go further out."


def _share(facts: Mapping[str, Any]) -> float:
    marks: Landmarks = facts["landmarks"]
    slope: float = facts["slope"]
    return abs(slope / marks.steepest[1]) if marks.steepest else abs(slope)


PLACES: dict[str, Place] = {
    "saturation": Place(
        text=f"Find the place where the slope falls to {100 * FLAT:.0f} % of its largest value: neither before it nor "
        "far beyond. Then press Check.",
        targets=_saturation_targets,
        hint=_saturation_hint,
        praise="Yes: from here outwards less than 1 % of the best slope is left.",
    ),
    "minimum": Place(
        text="Put the point on the lowest place of the curve, then press Check.",
        targets=_lowest_targets,
        hint=lambda facts, nearest: (
            f"At x = {readable(facts['x'])} the slope is {readable(facts['slope'], 3)}; at the minimum it is 0. "
            f"Go {'right' if nearest > facts['x'] else 'left'}."
        ),
        praise="Yes: this is the bottom, and the curve is level here.",
    ),
    "kink": Place(
        text="Put the point on a kink, where the slope jumps, then press Check.",
        targets=lambda facts: tuple(kink.at for kink in facts["landmarks"].kinks),
        hint=lambda facts, nearest: f"No jump at x = {readable(facts['x'])}. Look where the derivative has a gap.",
        praise="Yes: here the slope jumps.",
    ),
}


def _activation_task(entry: Activation, kind: TaskKind | None) -> Task:
    marks, span = landmarks(entry), _span(entry)
    kinks = [kink.at for kink in marks.kinks]
    offered: dict[TaskKind, bool] = {
        "saturation": any(edge is not None and abs(edge) < span[1] for edge in (marks.flat_left, marks.flat_right)),
        # Where the curve only rises, its smallest value is a flat stretch, not a place to find.
        "minimum": marks.minimum is not None and not marks.rises,
        "kink": bool(kinks),
        "value": True,
    }
    order: tuple[TaskKind, ...] = ("minimum", "kink", "saturation", "value")
    chosen: TaskKind = kind if kind is not None else next(name for name in order if offered[name])
    if not offered.get(chosen):
        possible = ", ".join(repr(name) for name, possible in offered.items() if possible)
        raise ValueError(f"{entry.name!r} has no task {chosen!r}; choose one of {possible}")
    task_id = f"{where(entry)}-{entry.name}-{chosen}"
    if chosen == "value":
        return value_task(task_id, "f(x)", _at(entry, 2.5, {})[0])
    return Task(task_id, PLACES[chosen].text, PLACES[chosen].check)
