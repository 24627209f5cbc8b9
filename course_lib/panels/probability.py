"""Cross-entropy beside squared error, over the probability and over the logit: the panel of lesson 22."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lib import losses
from course_lib.activations import sigmoid, sigmoid_derivative
from course_lib.panels.pointing import beside
from course_lib.plots import (
    readable,
)
from course_lib.spec import Array
from course_lib.stage import (
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
    Track,
)
from course_lib.stage.scene import Mark


def probability_losses(**start: Any) -> Stage:
    """A widget on one example's cost: cross-entropy beside squared error, over the probability and over the logit."""
    return Stage(probability_losses_panel(), **start)


LOWEST, HIGHEST = 0.001, 0.999
TIMES = 10.0
TOLERANCE = 0.6
Pair = tuple[Array, Array]


def probability_losses_panel() -> Panel:
    """The panel of `probability_losses`."""
    edge = np.geomspace(1e-4, 0.02, 60)
    all_p = np.concatenate([edge, np.linspace(0.02, 0.98, 240), 1 - edge[::-1]])
    all_z = np.linspace(-7.0, 7.0, 281)
    places = np.linspace(LOWEST, HIGHEST, 999)

    @functools.lru_cache(maxsize=2)
    def curves(y: int) -> tuple[Pair, Pair, Pair, Pair, Array]:
        over_p, over_z = _both_losses(y, all_p), _both_losses(y, sigmoid(all_z))
        return over_p[0], over_p[1], over_z[0], over_z[2], _both_losses(y, places)[0][0]

    def scene(p: float, y: int) -> Scene:
        cost_p, slope_p, cost_z, slope_z, cost_track = curves(y)
        cost, in_p, in_z = (
            (float(entropy[0]), float(squared[0])) for entropy, squared in _both_losses(y, np.array([p]))
        )
        logit = math.log(p) - math.log1p(-p)
        ratio = in_z[0] / in_z[1]
        axis_p, axis_z = Axis("predicted probability  p", 0.0, 1.0), Axis("logit  z,  p = σ(z)", -7.0, 7.0)
        sign = -1 if y == 1 else 1
        along_p = Track(places, places, cost_track)
        along_z = Track(places, np.log(places) - np.log1p(-places), cost_track)
        return Scene(
            charts=(
                Chart(
                    f"Cost of one example with y = {y}",
                    axis_p,
                    Axis("cost", -0.15, 5.0),
                    _two_curves(all_p, cost_p, p, cost, names=True),
                    (Handle(p, cost[0], "Prediction, over the probability", moves_x="p", track=along_p),),
                ),
                Chart(
                    "Gradient with respect to p",
                    axis_p,
                    Axis("∂ℓ/∂p", min(-0.8 * sign, 10.0 * sign), max(-0.8 * sign, 10.0 * sign)),
                    (*_two_curves(all_p, slope_p, p, in_p, names=True), Points([p], [in_p[0]], size=11)),
                ),
                Chart(
                    "The same cost over the logit",
                    axis_z,
                    Axis("cost", -0.2, 7.0),
                    _two_curves(all_z, cost_z, logit, cost),
                    (Handle(logit, cost[0], "Prediction, over the logit", moves_x="p", track=along_z),),
                ),
                Chart(
                    "Gradient with respect to z",
                    axis_z,
                    Axis("∂ℓ/∂z", min(-0.1 * sign, 1.1 * sign), max(-0.1 * sign, 1.1 * sign)),
                    (
                        *_two_curves(all_z, slope_z, logit, in_z),
                        Points([logit], [in_z[0]], size=11),
                        beside(logit, sum(in_z) / 2, f"{readable(ratio, 1)} times", -7.0, 7.0, up=0),
                    ),
                ),
            ),
            says=f"Label y = {y}, prediction p = {readable(p, 3)} (logit z = {readable(logit)}). "
            f"Cross-entropy costs {readable(cost[0], 3)}, squared error {readable(cost[1], 3)}. "
            f"Gradient with respect to z: cross-entropy {readable(in_z[0], 3)}, squared error {readable(in_z[1], 4)}; "
            f"the first is {readable(ratio, 1)} times the second.",
            facts={"p": p, "y": y, "ratio": ratio},
            height=220,
        )

    return Panel(
        name="probability-losses",
        title="Cross-entropy beside squared error",
        scene=scene,
        controls=(
            Slider("p", "Predicted probability p", LOWEST, HIGHEST, default=0.3, step=0.001, table=334),
            Choice("y", "Label y", ((1, "1 (it is a yes)"), (0, "0 (it is a no)")), default=1),
        ),
        task=Task(
            id="22-ten-times",
            text=f"The label is 1 and the model is wrong. Find the probability p at which cross-entropy pushes the "
            f"logit {TIMES:.0f} times as hard as squared error does (∂ℓ/∂z, lower right). Then press Check.",
            check=_ten_times,
        ),
        presets=(
            Preset("Unsure", {"p": 0.5}),
            Preset("Right and sure", {"p": 0.98, "y": 1}),
            Preset("Wrong and sure", {"p": 0.01, "y": 1}),
        ),
    )


def _both_losses(y: int, p: Array) -> tuple[Pair, Pair, Pair]:
    """(cross-entropy, squared error) of the probabilities p: the costs, the slopes in p, the slopes in the logit."""
    target = np.full(p.shape, float(y))
    logit = np.log(p) - np.log1p(-p)
    entropy, squared = losses.binary_cross_entropy(target, p), losses.mse(target, p)
    in_p = losses.binary_cross_entropy_gradient(target, p), losses.mse_gradient(target, p)
    # Squared error of p = σ(z) carries the factor σ′(z); in cross-entropy it cancels.
    in_z = losses.binary_cross_entropy_with_logits_gradient(target, logit), in_p[1] * sigmoid_derivative(logit)
    return (entropy, squared), in_p, in_z


def _two_curves(
    x: Array, ys: Pair, x_here: float, ys_here: tuple[float, float], names: bool = False
) -> tuple[Mark, ...]:
    return (
        Line(x, ys[1], role="vermillion", dashes="dashed", label="squared error" if names else ""),
        Line(x, ys[0], role="blue", label="cross-entropy" if names else ""),
        Rule(x=x_here, dashes="dotted"),
        Points([x_here], [ys_here[1]], role="vermillion", shape="square", size=10),
    )


def _ten_times(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    p, ratio = facts["p"], facts["ratio"]
    if facts["y"] != 1:
        return Result(0, "Set the label to 1 first.")
    if p > 0.5:
        return Result(0, f"At p = {readable(p, 3)} the model is right. Look where it is wrong: p under one half.")
    if abs(ratio - TIMES) <= TOLERANCE:
        return Result(
            1,
            f"Yes: at p = {readable(p, 3)} the ratio is {readable(ratio, 1)}. It is 1 / (2p(1 − p)), and grows without "
            "end: the more confident the mistake, the less squared error does about it.",
        )
    if ratio < TIMES:
        return Result(
            0, f"At p = {readable(p, 3)} it is {readable(ratio, 1)} times. Make the model surer of its mistake."
        )
    return Result(0, f"At p = {readable(p, 3)} it is already {readable(ratio, 1)} times. Come back a little.")
