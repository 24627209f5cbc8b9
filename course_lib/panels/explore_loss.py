"""Explore a loss over one number: what a prediction costs, how hard the loss pulls it, for each target."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from course_lib.panels.entry import number_params, param_slider, value_task
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
from course_lib.plots import POINTS, loss_at, loss_curves, readable, visible_range
from course_lib.spec import Array, Loss
from course_lib.stage import Axis, Chart, Choice, Handle, Line, Panel, Points, Scene, Slider
from course_lib.stage.scene import Mark

# Targets to choose from where the curve depends on them; counts and amounts may be 0, divisors may not.
TARGETS, POSITIVE_TARGETS = (1.0, 0.0, 3.0), (1.0, 0.5, 3.0)
# Where the model predicts a variance beside the mean.
VARIANCE = Slider("variance", "Variance that the model claims", 0.1, 10.0, 1.0, 0.1, log=True, table=9)


@dataclass(frozen=True)
class Curve:
    """A loss and its gradient over the prediction, (n,) each, for one target, with its kinks and its lowest place.

    `leaps`: the loss itself jumps at its kinks, not only its gradient.
    """

    x: Array
    value: Array
    gradient: Array
    kinks: tuple[float, ...]
    leaps: bool
    lowest: Lowest | None


def explore_loss(entry: Loss) -> Panel:
    """The panel of `explore` for a loss that is drawn over one number."""
    drawn = loss_curves(entry)
    axis, low, high = drawn[0].axis, float(drawn[0].x[0]), float(drawn[0].x[-1])
    span = (low, high)
    ends = entry.claims().prediction
    # Where the curve itself ends, not only its picture.
    closed = ends.low_closed and ends.low == low, ends.high_closed and ends.high == high
    labels = _targets(entry, {curve.target: curve.label for curve in drawn})
    first = next(iter(labels))
    probability = entry.prediction in ("probability", "probabilities")
    if probability:
        low, high = 0.001, 0.999
    symbol = {"value": "r" if first == 0 else "ŷ", "logit": "z", "logits": "z"}.get(entry.prediction, "p")
    sliders = [
        *([VARIANCE] if entry.third == "positive value" else []),
        *(param_slider(*knob, 9) for knob in number_params(entry, most=2 if len(labels) == 1 else 1).values()),
    ]
    defaults = {slider.name: slider.default for slider in sliders}
    step = 0.005 if probability else 0.05
    if not all(np.isfinite(_both(entry, np.array([low]), y, defaults)[0]).all() for y in labels):
        # Where the loss is infinite there is no place for a point.
        low += step
    width = with_room(*span, closed)

    @functools.lru_cache(maxsize=64)
    def backdrop(y: float, *values: float) -> Curve:
        settings = dict(zip((slider.name for slider in sliders), values, strict=True))
        return _curve(entry, span, closed, y, settings)

    def scene(x: float, y: float = first, **params: float) -> Scene:
        curve = backdrop(y, *(params[slider.name] for slider in sliders))
        value, slope = (float(row[0]) for row in _both(entry, np.array([x]), y, params))
        return Scene(
            charts=(
                Chart(
                    entry.title,
                    Axis(axis, *width),
                    Axis("", *visible_range((curve.x, curve.value))),
                    (
                        Line(curve.x, curve.value),
                        *_marks(entry, curve, y, params),
                        *tangent(x, value, slope, 0.15 * (high - low)),
                    ),
                    (Handle(x, value, "Prediction", moves_x="x"),),
                ),
                Chart(
                    "Gradient",
                    Axis(axis, *width),
                    Axis("", *visible_range((curve.x, curve.gradient))),
                    (
                        Line(curve.x, curve.gradient, role="vermillion"),
                        Points([x], [slope], size=11),
                        read_off(x, slope, width, visible_range((curve.x, curve.gradient))),
                    ),
                ),
            ),
            says=_words(f"{symbol} = {readable(x, 3)}, {labels[y]}", x, value, slope, curve, params),
            facts={"x": x, "value": value, "slope": slope},
        )

    # Away from the answer, which lies at the left: right of the middle, or where the other label would be cheap.
    start = low + (0.7 if first == 0 or len(labels) != 2 or entry.target == "sign" else 0.3) * (high - low)
    goal = float(_both(entry, np.array([low + 0.15 * (high - low)]), first, defaults)[0][0])
    place = Slider("x", axis.capitalize(), low, high, round(round(start / step) * step, 3), step, table=161)
    choice = (Choice("y", "Target", tuple(labels.items()), first),) if len(labels) > 1 else ()
    task = value_task(f"{where(entry)}-{entry.name}-value", "the loss", goal)
    return Panel(
        name=f"explore-{entry.name}",
        title=f"Explore {entry.title}",
        scene=scene,
        controls=(place, *choice, *sliders),
        task=task,
        presets=three_presets(symbol, place, defaults, scene, task),
    )


def _targets(entry: Loss, drawn: dict[float, str]) -> dict[float, str]:
    """The targets to choose from, with what each is called; one alone where every target gives the same curve."""
    if entry.target != "value" or 0.0 in drawn:
        return drawn
    return {y: f"y = {y:g}" for y in (TARGETS if 0.0 in entry.claims().target else POSITIVE_TARGETS)}


def _both(entry: Loss, x: Array, y: float, settings: Mapping[str, float]) -> tuple[Array, Array]:
    """The loss and its gradient at the predictions x, (n,) each."""
    if entry.third != "positive value":
        here = loss_at(entry, x, y, **settings)
        return here.value, here.gradient
    inputs = np.full_like(x, y), x, np.full_like(x, settings[VARIANCE.name])
    gradients = entry.gradient(*inputs)
    return entry.function(*inputs), gradients[entry.gradient_for.index(entry.inputs[1])]


def _curve(
    entry: Loss, span: tuple[float, float], closed: tuple[bool, bool], y: float, settings: Mapping[str, float]
) -> Curve:
    x = np.linspace(*span, POINTS)
    params = {name: value for name, value in settings.items() if name != VARIANCE.name}
    claims = entry.claims(**params)
    # Kinks are claimed in the margin y·score for labels ±1, in the residual otherwise.
    kinks = [kink.at * y if entry.target == "sign" else kink.at + y for kink in claims.kinks]
    if entry.per == "batch":
        # What is claimed is true of a whole batch; a batch of one may have a kink of its own.
        _, gradients = _both(entry, x, y, settings)
        kinks = corners(lambda at: float(_both(entry, np.array([at]), y, settings)[1][0]), x, gradients)
    x, gap = around(x, kinks, 1e-9)
    value, gradient = _both(entry, x, y, settings)
    leaps = any(kink.jump for kink in claims.kinks)
    best = lowest(x, value, closed, kinks)
    return Curve(x, value, np.where(gap, np.nan, gradient), tuple(x[gap]), leaps, best)


def _marks(entry: Loss, curve: Curve, y: float, settings: Mapping[str, float]) -> list[Mark]:
    kinks = kink_points(curve.kinks, lambda at: _both(entry, at, y, settings)[0])
    best = curve.lowest
    minimum = minimum_points([best.x], [best.y], best.also) if best else []
    return [*kinks, *minimum]


def _words(where_it_is: str, x: float, value: float, slope: float, curve: Curve, settings: Mapping[str, float]) -> str:
    setting = "".join(f", {name} = {readable(number)}" for name, number in settings.items())
    words = [f"At {where_it_is}{setting}: loss = {readable(value, 4)}, gradient = {readable(slope, 4)}"]
    if any(math.isclose(x, kink, abs_tol=1e-9) for kink in curve.kinks):
        words.append("The loss itself leaps here" if curve.leaps else "This is a kink: the gradient jumps here")
    if curve.lowest is not None and value <= curve.lowest.y + 1e-6:
        words.append("The loss gets no lower than this")
    return ". ".join(words) + "."
