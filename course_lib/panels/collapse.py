"""Linear collapse and XOR: one hidden layer with an activation to choose, trained from fifty starts at once."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from course_lib import activations, data, losses
from course_lib.activations import sigmoid
from course_lib.panels.contour import contour
from course_lib.plots import readable
from course_lib.spec import Array
from course_lib.stage import (
    Action,
    Axis,
    Chart,
    Choice,
    Handle,
    Heat,
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
)
from course_lib.stage.panel import Params
from course_lib.stage.scene import Mark, Shape
from course_lib.training import Adam, Network

STARTS, STEPS, RATE = 50, 300, 0.05
# The training is kept every so many steps, for playing it.
EVERY = 6
LOSS = "binary_cross_entropy_with_logits"
NAMES = {"identity": "identity (no bend)", "relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
MOST_UNITS = 8
CORNERS = data.xor_corners()
CORNER_NAMES = ("(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)")
# Slopes are compared in the middle of each side: bends like to run through the corners, where no slope is the one.
SIDES = np.array([[0.0, 0.5], [0.5, 0.0], [1.0, 0.5], [0.5, 1.0]])
SIDE_NAMES = ("left", "lower", "right", "upper")
LOW, HIGH = -0.5, 1.5
GRID = np.linspace(LOW, HIGH, 27)
ALONG = np.linspace(0.0, 1.0, 41)
PLANE = np.stack(np.meshgrid(GRID, GRID), axis=-1).reshape(-1, 2)
# From (0, 0) to (1, 1), where the answer is 0 at both ends, and from (0, 1) to (1, 0), where it is 1.
DIAGONALS = np.stack([np.column_stack([ALONG, ALONG]), np.column_stack([ALONG, 1 - ALONG])])
# Scores smaller than this everywhere are a shrug: no boundary is worth drawing.
SHRUG = 0.05
HALF = STARTS // 2
# A start from which two ReLU units solve XOR.
LUCKY = 35


class Layers(NamedTuple):
    """Weights and biases of many networks at once: (starts, 2, units), (starts, 1, units), (starts, units, 1), …"""

    weights: Array
    bias: Array
    out_weights: Array
    out_bias: Array


class Roulette(NamedTuple):
    """All starts of one setting while they train: every 6 steps their parameters, (records, starts, numbers), and
    losses, (records, starts); `solved`, (starts,): all four corners right at the end."""

    parameters: Array
    loss: Array
    solved: Array

    @property
    def wins(self) -> int:
        return int(self.solved.sum())


def linear_collapse(**start: Any) -> Stage:
    """A widget: a network of two layers on XOR, its activation, its units and its start to choose.

    linear_collapse(activation="tanh", units=2): `start` gives first values of the controls.
    """
    return Stage(linear_collapse_panel(), **start)


def layers(parameters: Array) -> Layers:
    """Views of the rows of `parameters`, (starts, 4·units + 1), in the order in which `Network` keeps them."""
    units = (parameters.shape[-1] - 1) // 4
    first, bias, out, out_bias = np.split(parameters, [2 * units, 3 * units, 4 * units], axis=-1)
    return Layers(first.reshape(-1, 2, units), bias[:, None, :], out[:, :, None], out_bias[:, None, :])


def scores(activation: str, net: Layers, points: Array) -> Array:
    """Scores of all networks at the points, (n, 2) → (starts, n)."""
    hidden = activations.get(activation).function(points @ net.weights + net.bias)
    total: Array = (hidden @ net.out_weights + net.out_bias)[..., 0]
    return total


@functools.lru_cache(maxsize=64)
def roulette(activation: str, units: int) -> Roulette:
    """Networks 2–units–1 from the seeds 0 … 49, 300 steps of Adam at rate 0.05 on the four corners of XOR.

    The very runs of `Network(…, rng=seed).fit`, but all at once: fifty times as fast.
    """
    entry = activations.get(activation)
    slope_of = entry.derivative
    assert slope_of is not None
    starts = (Network([2, units, 1], activation, loss=LOSS, rng=seed).parameters for seed in range(STARTS))
    parameters = np.stack(list(starts))
    gradient, optimiser = np.empty_like(parameters), Adam(rate=RATE)
    # `np.split` and reshaping without a copy: what is written to these pieces is written to the whole.
    net, slope = layers(parameters), layers(gradient)
    x, y = CORNERS.x, CORNERS.y[:, None]
    kept, lost = [], []
    for step in range(STEPS + 1):
        hidden_score = x @ net.weights + net.bias
        hidden = entry.function(hidden_score)
        score = hidden @ net.out_weights + net.out_bias
        if step % EVERY == 0:
            kept.append(parameters.copy())
            lost.append(_loss(score[..., 0]))
        delta = (sigmoid(score) - y) / len(y)
        hidden_delta = delta * net.out_weights.transpose(0, 2, 1) * slope_of(hidden_score)
        np.matmul(x.T, hidden_delta, out=slope.weights)
        hidden_delta.sum(axis=1, keepdims=True, out=slope.bias)
        np.matmul(hidden.transpose(0, 2, 1), delta, out=slope.out_weights)
        delta.sum(axis=1, keepdims=True, out=slope.out_bias)
        optimiser.update(parameters, gradient)
    right = (scores(activation, layers(kept[-1]), x) > 0) == (CORNERS.y > 0.5)
    return Roulette(np.stack(kept), np.stack(lost), right.all(axis=1))


def _loss(score: Array) -> Array:
    """Mean binary cross-entropy over the four corners, (starts, 4) → (starts,)."""
    values = losses.get(LOSS).function(np.broadcast_to(CORNERS.y.astype(float), score.shape), score)
    mean: Array = values.mean(axis=1)
    return mean


def linear_collapse_panel() -> Panel:
    """The panel of `linear_collapse`."""

    def scene(activation: str, units: float, seed: float) -> Scene:
        return _picture(activation, int(units), int(seed), STEPS // EVERY)

    def run(params: Params) -> Iterator[Scene]:
        for record in range(STEPS // EVERY + 1):
            yield _picture(params["activation"], int(params["units"]), int(params["seed"]), record)

    return Panel(
        name="linear-collapse",
        title="Linear collapse and XOR",
        scene=scene,
        controls=(
            Choice("activation", "Activation", tuple(NAMES.items()), default="relu"),
            Slider("units", "Hidden units", 1, MOST_UNITS, default=2, step=1, table=MOST_UNITS),
            Slider("seed", "Random start (seed)", 0, STARTS - 1, default=LUCKY, step=1, table=8),
        ),
        task=Task(
            id="02-more-than-half",
            text="Two hidden units are enough for XOR, if the start is lucky. With ReLU, find the smallest number of "
            f"hidden units with which more than half of the {STARTS} starts solve it. Then press Check.",
            check=_fewest,
        ),
        presets=(
            Preset("No bend", {"activation": "identity"}),
            Preset("A lucky seed", {"activation": "relu", "units": 2, "seed": LUCKY}),
            Preset("An unlucky seed", {"activation": "relu", "units": 2, "seed": 0}),
            Preset("1 tanh unit", {"activation": "tanh", "units": 1}),
        ),
        # 17 and 50 have no common factor: spinning on meets every start once.
        actions=(Action("Spin: another seed", lambda params: {"seed": (params["seed"] + 17) % STARTS}),),
        run=run,
        restarts=frozenset({"activation", "units", "seed"}),
    )


def _picture(activation: str, units: int, seed: int, record: int) -> Scene:
    runs = roulette(activation, units)
    net = layers(runs.parameters[record, seed : seed + 1])
    last = layers(runs.parameters[-1, seed : seed + 1])
    corner_scores = scores(activation, net, CORNERS.x)[0]
    slopes = _slopes(activation, net)
    facts = {
        "activation": activation,
        "units": units,
        "seed": seed,
        "step": record * EVERY,
        "scores": corner_scores,
        "slopes": slopes,
        "right": bool(((corner_scores > 0) == (CORNERS.y > 0.5)).all()),
        "loss": float(runs.loss[record, seed]),
        "wins": runs.wins,
        "multiplied": _multiplied_out(net),
    }
    reach = max(1.0, 1.15 * float(np.abs(scores(activation, last, DIAGONALS.reshape(-1, 2))).max()))
    steepest = max(1.0, 1.2 * float(np.abs(_slopes(activation, last)).max()))
    return Scene(
        charts=(
            _surface(activation, net),
            _starts(runs, seed, record),
            _diagonals(activation, net, reach),
            _side_slopes(slopes, steepest),
        ),
        says=_words(facts),
        facts=facts,
        height=245,
    )


def _slopes(activation: str, net: Layers) -> Array:
    """Slopes of one network's score in u₁ and u₂ in the middle of each side, (4, 2): the matrix that works there."""
    slope_of = activations.get(activation).derivative
    assert slope_of is not None
    hidden = slope_of(SIDES @ net.weights + net.bias)
    slopes: Array = ((hidden * net.out_weights.transpose(0, 2, 1)) @ net.weights.transpose(0, 2, 1))[0]
    return slopes


def _multiplied_out(net: Layers) -> Array:
    """Two weights and a bias of the one layer that two layers without a bend are, (3,)."""
    return np.append((net.weights @ net.out_weights)[0, :, 0], (net.bias @ net.out_weights + net.out_bias)[0, 0])


def _surface(activation: str, net: Layers) -> Chart:
    """Output over the plane of the inputs, the boundary, and where the hidden units bend."""
    field = scores(activation, net, PLANE)[0].reshape(len(GRID), len(GRID))
    marks: list[Mark] = [Heat(sigmoid(field), (LOW, HIGH), (LOW, HIGH), 0.0, 1.0)]
    if activation != "identity":
        marks += _bends(net)
    if np.abs(field).max() > SHRUG:
        marks += contour(GRID, field, 0.0)
    shapes: tuple[tuple[int, Shape], ...] = ((1, "circle"), (0, "square"))
    for label, shape in shapes:
        x = CORNERS.x[CORNERS.y == label]
        marks.append(Points(x[:, 0], x[:, 1], role="white", shape=shape, size=18))
        marks.append(Points(x[:, 0], x[:, 1], role="black", shape=shape, size=13, label=f"should be {label}"))
    ticks = ((0.0, "0"), (0.5, "½"), (1.0, "1"))
    title = "Output over the inputs  (thick line: ½)"
    return Chart(title, Axis("u₁", LOW, HIGH, ticks=ticks), Axis("u₂", LOW, HIGH, ticks=ticks), tuple(marks))


def _bends(net: Layers) -> Iterator[Mark]:
    """For each hidden unit the line on which its score is 0, as far as the chart shows it."""
    for (a, b), c in zip(net.weights[0].T, net.bias[0, 0], strict=True):
        edges = [(x, -(a * x + c) / b) for x in (LOW, HIGH) if b] + [(-(b * y + c) / a, y) for y in (LOW, HIGH) if a]
        inside = sorted({(x, y) for x, y in edges if LOW <= x <= HIGH and LOW <= y <= HIGH})
        if len(inside) >= 2:
            (x, y), (to_x, to_y) = inside[0], inside[-1]
            yield Line([x, to_x], [y, to_y], role="black", dashes="dotted", width=1.4)


def _starts(runs: Roulette, seed: int, record: int) -> Chart:
    """The loss of every start; a solved one is a green circle, an unsolved one a vermillion cross."""
    every = np.arange(STARTS)
    height = np.maximum(runs.loss[record], 2e-5)
    marks: list[Mark] = [Rule(y=math.log(2), text="ln 2, a coin toss")]
    if runs.solved.any():
        marks.append(Points(every[runs.solved], height[runs.solved], role="green", size=8, label="solves XOR"))
    if not runs.solved.all():
        lost = ~runs.solved
        marks.append(Points(every[lost], height[lost], role="vermillion", shape="cross", size=9, label="does not"))
    return Chart(
        f"{runs.wins} of {STARTS} starts solve it (step {record * EVERY})",
        Axis("start (seed)", -1.5, STARTS + 0.5),
        Axis("loss", 1e-5, 3.0, log=True),
        tuple(marks),
        (Handle(seed, float(height[seed]), "Start", moves_x="seed"),),
    )


def _diagonals(activation: str, net: Layers, reach: float) -> Chart:
    """The score along both diagonals: they cross in the middle of the square, so two straight lines can't do it."""
    same, other = scores(activation, net, DIAGONALS.reshape(-1, 2))[0].reshape(2, -1)
    return Chart(
        "Score along the two diagonals",
        # A little wider, so that no corner's point is cut.
        Axis("place on the diagonal", -0.03, 1.03, ticks=((0.0, "corner"), (0.5, "middle"), (1.0, "corner"))),
        Axis("score", -reach, reach),
        (
            Line(ALONG, same, label="ends should be < 0"),
            Line(ALONG, other, role="vermillion", dashes="dashed", label="ends should be > 0"),
            Points([0.0, 1.0], same[[0, -1]], role="blue", shape="square", size=11),
            Points([0.0, 1.0], other[[0, -1]], role="vermillion", size=11),
        ),
    )


def _side_slopes(slopes: Array, reach: float) -> Chart:
    """One matrix for the whole square, or one for each place: the slopes of the score at its four sides."""
    at = np.arange(4)
    return Chart(
        "Slopes in the middle of each side",
        Axis("side of the square", -0.5, 3.5, ticks=tuple(zip(at.tolist(), SIDE_NAMES, strict=True))),
        Axis("slope", -reach, reach),
        (
            Line(at, slopes[:, 0], role="quiet", width=1.2),
            Line(at, slopes[:, 1], role="quiet", dashes="dashed", width=1.2),
            Points(at - 0.08, slopes[:, 0], role="blue", shape="triangle", size=12, label="in u₁"),
            Points(at + 0.08, slopes[:, 1], role="green", shape="square", size=10, label="in u₂"),
        ),
    )


def _words(facts: Mapping[str, Any]) -> str:
    units, score = facts["units"], facts["scores"]
    name = NAMES[facts["activation"]]
    told = [
        f"{name[0].upper()}{name[1:]}, {units} hidden unit{'' if units == 1 else 's'}, start {facts['seed']}, step "
        f"{facts['step']}: the scores at {', '.join(CORNER_NAMES)} are {', '.join(map(_number, score))}; "
        f"{'all four right' if facts['right'] else 'not all right'}, loss {readable(facts['loss'], 4)}",
        f"The scores of (0, 0) and (1, 1) add up to {_number(score[0] + score[3])}, the other two to "
        f"{_number(score[1] + score[2])}",
    ]
    if facts["activation"] == "identity":
        a, b, c = map(_number, facts["multiplied"])
        told.append(
            f"Multiplied out, the two layers with {4 * units + 1} numbers are one with three: weights {a} and {b}, "
            f"bias {c}; these are the slopes everywhere"
        )
    else:
        slopes = "; ".join(f"{_number(one)} and {_number(two)}" for one, two in facts["slopes"])
        told.append(f"Slopes in u₁ and u₂ in the middle of the {', '.join(SIDE_NAMES)} side: {slopes}")
    told.append(f"After {STEPS} steps {facts['wins']} of {STARTS} starts solve XOR")
    return ". ".join(told) + "."


def _number(value: float) -> str:
    """Two decimals, and 0 for what is nothing."""
    return readable(round(float(value), 2))


def _fewest(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    """Score 1 for ReLU with the first number of units at which more than half of the starts end with four rights."""
    units, wins = facts["units"], facts["wins"]
    if facts["activation"] != "relu":
        return Result(0, f"Choose ReLU first; this is {NAMES[facts['activation']]}.")
    told = f"{units} unit{'' if units == 1 else 's'}: {wins} of {STARTS} starts solve it"
    if wins <= HALF:
        return Result(0, f"{told}, not more than half. Give the network more units.")
    if roulette("relu", units - 1).wins > HALF:
        return Result(0, f"{told}, more than half. But fewer units do it too.")
    return Result(
        1,
        f"Yes. {told}; with one unit fewer it is {roulette('relu', units - 1).wins}. Two units can hold a solution, "
        "and training from a random start often doesn't find it: more units are more tickets in the lottery.",
    )
