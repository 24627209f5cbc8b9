"""Explore any entry of the catalogues: its curve and slope at a point that the learner moves, and a task."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from course_lib import activations, losses
from course_lib.plots import (
    FLAT,
    SPAN,
    Landmarks,
    LossCurve,
    activation_curves,
    landmarks,
    loss_at,
    loss_curves,
    readable,
    visible_range,
)
from course_lib.spec import Activation, Array, Loss, Param
from course_lib.stage import (
    Area,
    Axis,
    Chart,
    Choice,
    Handle,
    Line,
    Panel,
    Points,
    Preset,
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


def explore(name: str, *, task: TaskKind | None = None, **start: Any) -> Stage:
    """A widget on one catalogue entry: its curve and slope at a point that the learner moves, and a task.

    explore("sigmoid", task="saturation", x=2): `start` gives first values of the controls. Without `task` the entry's
    most telling one is chosen. ValueError for an unknown name, or for an entry that is not drawn over one number.
    """
    return Stage(explore_panel(name, task=task), **start)


def explore_panel(name: str, *, task: TaskKind | None = None) -> Panel:
    """The panel of `explore`: an elementwise activation, or a loss."""
    if name in losses.CATALOGUE:
        return _explore_loss(losses.get(name), task)
    entry = activations.get(name)
    if not entry.elementwise:
        raise ValueError(f"{name!r} acts on several scores at once; expected an elementwise activation or a loss")
    return _explore_activation(entry, task)


# ---------------------------------------------------------------------------------------------------------------------
# Activations
# ---------------------------------------------------------------------------------------------------------------------


def _explore_activation(entry: Activation, kind: TaskKind | None) -> Panel:
    knobs = _knobs(entry, most=2)
    task = _activation_task(entry, kind)
    hide_answer = task.id.endswith(("saturation", "minimum", "kink"))

    # The curves depend on the entry's parameters only; the point moves far more often than they do.
    @functools.lru_cache(maxsize=64)
    def backdrop(*values: float) -> tuple[Array, Array, Array, Landmarks]:
        params = dict(zip(knobs, values, strict=True))
        return *activation_curves(entry, SPAN, **params), landmarks(entry, **params)

    def scene(x: float, **params: float) -> Scene:
        xs, curve, slopes, marks = backdrop(*(params[name] for name in knobs))
        value, slope = _at(entry, x, params)
        return Scene(
            charts=(
                Chart(
                    f"{entry.title}  f(x)",
                    Axis("score  x", *SPAN),
                    Axis("", *visible_range((xs, curve))),
                    (
                        *([] if hide_answer else _flat_areas(marks, visible_range((xs, curve)))),
                        Line(xs, curve),
                        *_tangent(x, value, slope),
                        *([] if hide_answer else _landmark_points(marks, entry, params)),
                    ),
                    (Handle(x, value, "Point on the curve", moves_x="x"),),
                ),
                Chart(
                    "Derivative  f′(x)",
                    Axis("score  x", *SPAN),
                    Axis("", *visible_range((xs, slopes))),
                    (
                        *([] if hide_answer else _flat_areas(marks, visible_range((xs, slopes)))),
                        Line(xs, slopes, role="vermillion"),
                        *_steepest(marks),
                        Points([x], [slope], size=11),
                        beside(x, slope, readable(slope, 4), *SPAN),
                    ),
                ),
            ),
            says=_activation_words(entry, x, value, slope, marks, params),
            facts={"x": x, "value": value, "slope": slope, "landmarks": marks},
        )

    return Panel(
        name=f"explore-{entry.name}",
        title=f"Explore {entry.title}",
        scene=scene,
        controls=(
            Slider("x", "Score x", *SPAN, default=1.5, step=0.05, table=81 if knobs else 321),
            *(_param_slider(param, default, 25 if len(knobs) == 1 else 7) for param, default in knobs.values()),
        ),
        task=task,
        presets=(Preset("x = −4", {"x": -4.0}), Preset("x = 0", {"x": 0.0}), Preset("x = 4", {"x": 4.0})),
    )


def _at(entry: Activation, x: float, params: Mapping[str, float]) -> tuple[float, float]:
    assert entry.derivative is not None
    point = np.array([x])
    return float(entry.function(point, **params)[0]), float(entry.derivative(point, **params)[0])


def _knobs(entry: Activation | Loss, most: int) -> dict[str, tuple[Param, float]]:
    """The first parameters that are single numbers, with their defaults: those get a slider."""
    numbers = {
        param.name: (param, float(param.default)) for param in entry.params if not isinstance(param.default, tuple)
    }
    # Two parameters in one order (lower ≤ upper) cannot be slid one without the other.
    return {} if {"lower", "upper"} <= numbers.keys() else dict(list(numbers.items())[:most])


def _param_slider(param: Param, default: float, table: int) -> Slider:
    """A slider round the parameter's default, inside its domain."""
    reach = 2 * max(1.0, abs(default))
    low, high = max(param.domain.low, default - reach), min(param.domain.high, default + reach)
    step = 10.0 ** math.floor(math.log10((high - low) / 40))
    if low == param.domain.low and not param.domain.low_closed:
        low += step
    if high == param.domain.high and not param.domain.high_closed:
        high -= step
    return Slider(param.name, f"{param.name}: {param.meaning}", low, high, default, step, table=table)


def _flat_areas(marks: Landmarks, height: tuple[float, float]) -> list[Mark]:
    edges = []
    if marks.flat_left is not None and marks.flat_left > SPAN[0]:
        edges.append((SPAN[0], marks.flat_left))
    if marks.flat_right is not None and marks.flat_right < SPAN[1]:
        edges.append((marks.flat_right, SPAN[1]))
    label = "slope under 1 % of its largest"
    return [
        Area([start, end], height[0], height[1], label="" if index else label)
        for index, (start, end) in enumerate(edges)
    ]


def _tangent(x: float, value: float, slope: float) -> list[Mark]:
    if not math.isfinite(slope):
        return []
    reach = 2.5 / math.hypot(1.0, slope)
    return [
        Line(
            [x - reach, x + reach], [value - reach * slope, value + reach * slope], role="ink", dashes="dashed", width=2
        ),
    ]


def _steepest(marks: Landmarks) -> list[Mark]:
    if marks.steepest is None or not SPAN[0] <= marks.steepest[0] <= SPAN[1] or marks.kinks:
        return []
    x, slope = marks.steepest
    return [
        Points([x], [slope], role="vermillion", shape="ring", size=10),
        Rule(y=slope, text=f"largest {readable(slope)}"),
    ]


def _landmark_points(marks: Landmarks, entry: Activation, params: Mapping[str, float]) -> list[Mark]:
    points: list[Mark] = []
    if marks.minimum is not None and SPAN[0] < marks.minimum[0] < SPAN[1]:
        points.append(Points([marks.minimum[0]], [marks.minimum[1]], role="green", shape="triangle", label="minimum"))
    kinks = [kink.at for kink in marks.kinks if SPAN[0] < kink.at < SPAN[1]]
    if kinks:
        points.append(
            Points(kinks, entry.function(np.array(kinks), **params), role="green", shape="square", label="kink")
        )
    return points


def _activation_words(
    entry: Activation, x: float, value: float, slope: float, marks: Landmarks, params: Mapping[str, float]
) -> str:
    setting = "".join(f", {name} = {readable(number)}" for name, number in params.items())
    words = [f"At x = {readable(x)}{setting}: f(x) = {readable(value, 4)}, slope f′(x) = {readable(slope, 4)}"]
    if marks.steepest is not None and marks.steepest[1] and math.isfinite(slope):
        words[0] += f", {_percent(abs(slope / marks.steepest[1]))} of the largest slope ({readable(marks.steepest[1])})"
    if any(abs(kink.at - x) < 1e-9 for kink in marks.kinks):
        kink = next(kink for kink in marks.kinks if abs(kink.at - x) < 1e-9)
        words.append(
            f"This is a kink: the slope is {readable(kink.left)} on the left and {readable(kink.right)} on the right"
        )
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
    marks = landmarks(entry)
    kinks = [kink.at for kink in marks.kinks]
    offered: dict[TaskKind, bool] = {
        "saturation": any(edge is not None and abs(edge) < SPAN[1] for edge in (marks.flat_left, marks.flat_right)),
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
    task_id = f"{_where(entry)}-{entry.name}-{chosen}"
    if chosen == "value":
        return _value_task(task_id, "f(x)", _at(entry, 2.5, {})[0])
    return Task(task_id, PLACES[chosen].text, PLACES[chosen].check)


def _where(entry: Activation | Loss) -> str:
    return "gallery" if entry.lesson is None else f"{entry.lesson:02d}"


def _value_task(task_id: str, symbol: str, target: float) -> Task:
    """Reach a value of the curve, to within 2 %."""
    shown = float(f"{target:.2g}")

    def check(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
        value = facts["value"]
        if abs(value - shown) <= 0.02 * max(abs(shown), 0.1):
            return Result(1, f"Yes: {symbol} = {readable(value, 3)}.")
        direction = "too small" if value < shown else "too large"
        return Result(0, f"{symbol} = {readable(value, 3)} is {direction}; the target is {readable(shown)}.")

    return Task(task_id, f"Find a place where {symbol} = {readable(shown)}. Then press Check.", check)


# ---------------------------------------------------------------------------------------------------------------------
# Losses
# ---------------------------------------------------------------------------------------------------------------------


def _explore_loss(entry: Loss, kind: TaskKind | None) -> Panel:
    if kind not in (None, "value"):
        raise ValueError(f"a loss has only the task 'value', got {kind!r}")
    curves = loss_curves(entry)
    labels = {curve.target: curve.label for curve in curves}
    knobs = _knobs(entry, most=2 if len(labels) == 1 else 1)
    low, high = float(curves[0].x[0]), float(curves[0].x[-1])
    probability = entry.prediction in ("probability", "probabilities")
    if probability:
        low, high = 0.001, 0.999
    symbol = {"value": "r" if curves[0].target == 0 else "ŷ", "logit": "z", "logits": "z"}.get(entry.prediction, "p")

    @functools.lru_cache(maxsize=64)
    def backdrop(target: float, *values: float) -> LossCurve:
        settings = dict(zip(knobs, values, strict=True))
        return next(curve for curve in loss_curves(entry, None, **settings) if curve.target == target)

    def scene(x: float, y: float = curves[0].target, **params: float) -> Scene:
        curve = backdrop(y, *(params[name] for name in knobs))
        here = loss_at(entry, np.array([x]), y, **params)
        value, slope = float(here.value[0]), float(here.gradient[0])
        setting = "".join(f", {name} = {readable(number)}" for name, number in params.items())
        return Scene(
            charts=(
                Chart(
                    entry.title,
                    Axis(curve.axis, low, high),
                    Axis("", *visible_range((curve.x, curve.value))),
                    (Line(curve.x, curve.value), *_tangent_across(x, value, slope, high - low)),
                    (Handle(x, value, "Prediction", moves_x="x"),),
                ),
                Chart(
                    "Gradient",
                    Axis(curve.axis, low, high),
                    Axis("", *visible_range((curve.x, curve.gradient))),
                    (
                        Line(curve.x, curve.gradient, role="vermillion"),
                        Points([x], [slope], size=11),
                        beside(x, slope, readable(slope), low, high),
                    ),
                ),
            ),
            says=f"At {symbol} = {readable(x, 3)}, {curve.label}{setting}: loss = {readable(value, 4)}, "
            f"gradient = {readable(slope, 4)}.",
            facts={"x": x, "value": value, "slope": slope},
        )

    # Away from the answer, which lies at the left: right of the middle, or where the other label would be cheap.
    start = low + (0.7 if len(labels) == 1 or entry.target == "sign" else 0.3) * (high - low)
    goal = float(loss_at(entry, np.array([low + 0.15 * (high - low)]), curves[0].target).value[0])
    choice = (Choice("y", "Target", tuple(labels.items()), curves[0].target),) if len(labels) > 1 else ()
    return Panel(
        name=f"explore-{entry.name}",
        title=f"Explore {entry.title}",
        scene=scene,
        controls=(
            Slider(
                "x", curves[0].axis.capitalize(), low, high, round(start, 3), 0.005 if probability else 0.05, table=161
            ),
            *choice,
            *(_param_slider(param, default, 9) for param, default in knobs.values()),
        ),
        task=_value_task(f"{_where(entry)}-{entry.name}-value", "the loss", goal),
    )


def beside(x: float, y: float, text: str, low: float, high: float, up: float = 12) -> Text:
    """A number next to a point, on the side where there is room."""
    right = x > low + 0.8 * (high - low)
    return Text(x, y, text, dx=-10 if right else 10, dy=up, side="right" if right else "left")


def _tangent_across(x: float, value: float, slope: float, width: float) -> list[Mark]:
    if not math.isfinite(value + slope):
        return []
    reach = 0.15 * width
    return [
        Line(
            [x - reach, x + reach], [value - reach * slope, value + reach * slope], role="ink", dashes="dashed", width=2
        )
    ]
