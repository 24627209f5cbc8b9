"""Output unit × loss: every pair trained from a start that is sure and wrong, its push on the score, and a verdict."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib import data
from course_lib.plots import readable, visible_range
from course_lib.spec import Array
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
    Spot,
    Stage,
    Task,
    Text,
)
from course_lib.stage.scene import Mark, Role
from course_lib.training import SGD, Network, one_thread

KINDS = {"yes-no": "yes or no", "class": "one of three classes", "number": "a number"}
OUTPUTS = {"identity": "identity", "sigmoid": "sigmoid", "softmax": "softmax", "tanh": "tanh", "relu": "ReLU"}
LOSSES = {
    "squared": "half_squared_error",
    "bce-p": "binary_cross_entropy",
    "bce-z": "binary_cross_entropy_with_logits",
    "cce-p": "categorical_cross_entropy",
    "cce-z": "categorical_cross_entropy_with_logits",
}
TITLES = {
    "squared": "half the squared error",
    "bce-p": "BCE from probabilities",
    "bce-z": "BCE from logits",
    "cce-p": "CCE from probabilities",
    "cce-z": "CCE from logits",
}
TICKS = ("½ squared", "BCE, p", "BCE, z", "CCE, p", "CCE, z")
# The pair that each kind of target asks for.
CANONICAL = {"yes-no": ("identity", "bce-z"), "class": ("identity", "cce-z"), "number": ("identity", "squared")}
RATES = (0.1, 1.0, 10.0)
STEPS = 100
# Length of the first weights: far into the flat part of a sigmoid for most examples.
LENGTH = 4.0
FURTHEST = 10.0
# Outputs this large have diverged: the targets are 0, 1 or numbers near them, and scores stay below 100.
RUN_AWAY = 1000.0
# The task: a share that is sure, and a loss that stays high.
SURE, HIGH = 0.99, 0.5


@dataclass(frozen=True)
class Verdict:
    """What to expect of a pair, in a word for the matrix and in a sentence."""

    word: str
    role: Role
    reason: str


@dataclass(frozen=True, eq=False)
class Run:
    """One training run: `course`, the quality before step 0 … 100, (101,), and the last outputs beside their targets.

    Quality is the share of right decisions, or for a number the typical miss (RMSE). `refusal` is the loss's own
    message where it does not take these outputs or targets; the arrays are empty then.
    """

    course: Array
    outputs: Array
    targets: Array
    refusal: str = ""

    @property
    def diverged(self) -> bool:
        """Whether the outputs have run away; what share of them is right then means nothing."""
        return bool(len(self.outputs)) and not np.abs(self.outputs).max() < RUN_AWAY

    @property
    def final(self) -> float:
        """Quality after the last step: ∞ where the run diverged, NaN where the loss refused."""
        if self.diverged:
            return math.inf
        return float(self.course[-1]) if len(self.course) else math.nan


def pairing_matrix(**start: Any) -> Stage:
    """A widget on output unit × loss for three kinds of target: pairing_matrix(kind="class", output="softmax")."""
    return Stage(pairing_matrix_panel(), **start)


def pairing_matrix_panel() -> Panel:
    """The panel of `pairing_matrix`."""
    return Panel(
        name="pairing-matrix",
        title="Output unit and loss: the pairs that train",
        scene=_scene,
        controls=(
            Choice("kind", "Target", tuple(KINDS.items()), default="yes-no"),
            Choice("output", "Output unit", tuple(OUTPUTS.items()), default="sigmoid"),
            Choice("loss", "Loss", tuple(TITLES.items()), default="squared"),
            Choice("rate", "Learning rate", tuple((rate, readable(rate)) for rate in RATES), default=1.0),
            Slider("z", "Score z", -FURTHEST, FURTHEST, default=-6.0, step=0.05, table=3),
        ),
        task=Task(
            id="27-stuck-loss",
            text=f"One of three classes. A network gives the class that came a share of {SURE} or more, and still its "
            f"loss stays above {HIGH}. Find a pair and a score z that do this. Then press Check.",
            check=_check,
        ),
        presets=tuple(
            Preset(label, {"kind": kind, "output": CANONICAL[kind][0], "loss": CANONICAL[kind][1]})
            for kind, label in (
                ("yes-no", "Yes or no: works"),
                ("class", "Classes: works"),
                ("number", "Number: works"),
            )
        ),
    )


def units(kind: str, output: str, loss: str) -> int:
    """One unit for a number or a yes; three for three classes; two where a softmax, or its loss, wants no and yes."""
    if kind == "class":
        return 3
    return 2 if kind == "yes-no" and (output == "softmax" or loss.startswith("cce")) else 1


def verdict(kind: str, output: str, loss: str) -> Verdict:
    """What theory says of a pair; `train` measures it."""
    if kind == "number":
        return _verdict_on_number(output, loss)
    if loss == "squared":
        return _verdict_on_squares(output)
    if loss.endswith("-z"):
        return _verdict_from_logits(output)
    if output == "softmax" or (output == "sigmoid" and loss == "bce-p"):
        return Verdict(
            "fragile",
            "green",
            "Right on paper: the slope of the unit cancels. But a share that rounds to 0 or 1 has lost its digits, and "
            "the gradient becomes NaN. Take the form from logits.",
        )
    why = "sigmoids don't sum to 1" if output == "sigmoid" else f"the {OUTPUTS[output]} leaves the range from 0 to 1"
    return Verdict("refused", "quiet", f"The loss wants probabilities, and {why}. Elsewhere you get NaN or a clip.")


def _verdict_on_number(output: str, loss: str) -> Verdict:
    if loss != "squared":
        return Verdict("refused", "quiet", "Cross-entropy wants labels or shares, and a number is neither.")
    if output == "identity":
        return Verdict("works", "blue", "The identity reaches every number, and the gradient is ŷ − y.")
    ranges = {"sigmoid": "0 and 1", "tanh": "−1 and 1"}
    why = {
        "softmax": "The softmax of a single score is 1, whatever the score: nothing to learn.",
        "relu": "The ReLU can't go below 0, and is flat there.",
    }.get(output) or f"The {output} stays between {ranges[output]}; targets beyond can't be reached."
    return Verdict("range", "vermillion", why)


def _verdict_on_squares(output: str) -> Verdict:
    if output in ("sigmoid", "softmax"):
        return Verdict(
            "stalls",
            "vermillion",
            f"The slope of the {output} stays in the gradient, and is almost 0 where the unit is sure and wrong.",
        )
    why = {
        "identity": "Its outputs leave the range from 0 to 1: no probabilities, and a very right answer is punished.",
        "tanh": "It runs from −1 to 1, the labels are 0 and 1; and it saturates.",
        "relu": "It has no ceiling, and below 0 it is flat: what is wrongly off there stays off.",
    }[output]
    return Verdict("range", "vermillion", why)


def _verdict_from_logits(output: str) -> Verdict:
    if output == "identity":
        return Verdict(
            "works", "blue", "The loss applies the missing function itself: gradient p − y, every digit kept."
        )
    if output in ("sigmoid", "softmax"):
        return Verdict(
            "twice",
            "vermillion",
            "Squashed twice: the loss takes outputs between 0 and 1 for scores and squashes them again. However right "
            "and sure the model is, it keeps paying.",
        )
    why = {
        "tanh": "Scores between −1 and 1 are all the loss ever gets: no answer can become sure.",
        "relu": "A score never falls below 0, so a single unit can't say no; and below 0 it is flat.",
    }[output]
    return Verdict("range", "vermillion", why)


@functools.lru_cache(maxsize=len(KINDS))
def examples(kind: str) -> data.Dataset:
    """60 points in the plane: two or three overlapping clouds, or heights on a plane."""
    if kind == "number":
        return data.regression_plane(60)
    return data.gaussians(60, classes=2 if kind == "yes-no" else 3)


def targets(kind: str, count: int) -> Array:
    """The targets for `count` units, (60, count)."""
    sample = examples(kind)
    return sample.one_hot if count > 1 else sample.y[:, None].astype(float)


@functools.lru_cache(maxsize=len(KINDS) * len(OUTPUTS) * len(LOSSES) * len(RATES))
def train(kind: str, output: str, loss: str, rate: float) -> Run:
    """100 steps of gradient descent on one layer that starts sure and wrong: the least-squares weights turned round."""
    count = units(kind, output, loss)
    sample, y = examples(kind), targets(kind, count)
    network = Network([2, count], output=output, loss=LOSSES[loss], optimiser=SGD(rate))
    best = np.linalg.lstsq(np.column_stack([sample.x, np.ones(len(sample))]), y)[0][:2]
    network.layers[0].weights[:] = -LENGTH * best / np.linalg.norm(best)
    course = []
    with one_thread():
        try:
            network.prepare(sample.x, y)
            for _ in range(STEPS + 1):
                network.update(sample.x, y)
                course.append(_quality(kind, output, loss, y, network.layers[-1].output))
        except ValueError as refusal:
            # The matrix shows what a loss says to targets or outputs that it does not take.
            return Run(np.empty(0), np.empty(0), np.empty(0), str(refusal))
    return Run(np.array(course), network.layers[-1].output.copy(), y)


@np.errstate(over="ignore", invalid="ignore")
def _quality(kind: str, output: str, loss: str, y: Array, answer: Array) -> float:
    if kind == "number":
        return math.sqrt(np.mean((answer - y) ** 2))
    if y.shape[1] > 1:
        return float(np.mean(answer.argmax(axis=1) == y.argmax(axis=1)))
    # Logits are cut at 0, probabilities and values at one half.
    threshold = 0.0 if loss == "bce-z" and output not in ("sigmoid", "softmax") else 0.5
    return float(np.mean((answer > threshold) == (y > 0.5)))


@dataclass(frozen=True, eq=False)
class Push:
    """One example over the score z of one unit (other scores are 0): output, loss and dL/dz, once for the target that
    this unit should reach and once for the other one; each (n,), NaN where the loss refuses."""

    output: Array
    loss: Array
    push: Array
    other_push: Array


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def push(kind: str, output: str, loss: str, z: Array) -> Push:
    """dL/dz at the scores z, summed over the units; for a number the two targets are 1 and −1, else yes and no."""
    count = units(kind, output, loss)
    network = Network([count, count], output=output, loss=LOSSES[loss])
    network.layers[0].weights[:] = np.eye(count)
    scores = np.zeros((len(z), count))
    scores[:, 0] = z
    found = []
    for other in (False, True):
        y = np.zeros_like(scores)
        if kind == "number":
            y[:] = -1 if other else 1
        elif count == 1:
            y[:] = 0 if other else 1
        else:
            y[:, 1 if other else 0] = 1
        found.append(_loss_and_push(network, scores, y))
    return Push(network.layers[0].output[:, 0], found[0][0], found[0][1], found[1][1])


def _loss_and_push(network: Network, scores: Array, y: Array) -> tuple[Array, Array]:
    answer = network.forward(scores)
    values = network.loss.function(y, answer)
    network.backward(network.loss.gradient(y, answer))
    return values.reshape(len(y), -1).sum(axis=1), network.layers[0].delta[:, 0]


GRID = np.linspace(-FURTHEST, FURTHEST, 201)


@functools.lru_cache(maxsize=len(KINDS) * len(OUTPUTS) * len(LOSSES))
def _curves(kind: str, output: str, loss: str) -> Push:
    return push(kind, output, loss, GRID)


def _scene(kind: str, output: str, loss: str, rate: float, z: float) -> Scene:
    judged, run = verdict(kind, output, loss), train(kind, output, loss, rate)
    best = train(kind, *CANONICAL[kind], rate)
    here = None if judged.word == "refused" else push(kind, output, loss, np.array([z]))
    facts = {
        "kind": kind,
        "output": output,
        "verdict": judged.word,
        "says": float(here.output[0]) if here else math.nan,
        "loss": float(here.loss[0]) if here else math.nan,
        "push": float(here.push[0]) if here else math.nan,
        "final": run.final,
        "best": best.final,
    }
    return Scene(
        charts=(
            _matrix(kind, output, loss, rate),
            _push_chart(kind, output, loss, z, facts),
            _course_chart(kind, run, best),
            _answers_chart(kind, run),
        ),
        says=_words(kind, output, loss, rate, z, facts, judged, run),
        facts=facts,
        height=290,
    )


def _matrix(kind: str, output: str, loss: str, rate: float) -> Chart:
    rows, columns = tuple(OUTPUTS), tuple(LOSSES)
    marks: list[Mark] = []
    spots = []
    for row, unit in enumerate(rows):
        for column, name in enumerate(columns):
            judged = verdict(kind, unit, name)
            # The first row stands on top.
            up = len(rows) - 1 - row
            marks += [
                Area([column - 0.46, column + 0.46], up - 0.44, up + 0.44, role=judged.role, opacity=TINT[judged.word]),
                Text(column, up, judged.word, side="centre", dy=9),
                Text(column, up, _brief(kind, train(kind, unit, name, rate).final), side="centre", dy=-9),
            ]
            spots.append(
                Spot(
                    (column - 0.46, column + 0.46),
                    (up - 0.44, up + 0.44),
                    f"{OUTPUTS[unit]} with {TITLES[name]}: {LONG[judged.word]}",
                    {"output": unit, "loss": name},
                    on=(unit, name) == (output, loss),
                )
            )
    at, up = columns.index(loss), len(rows) - 1 - rows.index(output)
    frame_x, frame_y = [at - 0.48, at + 0.48], [up - 0.47, up + 0.47]
    marks.append(
        Line(
            [frame_x[0], frame_x[1], frame_x[1], frame_x[0], frame_x[0]],
            [frame_y[0], frame_y[0], frame_y[1], frame_y[1], frame_y[0]],
            role="ink",
            width=3,
        )
    )
    measured = "typical miss" if kind == "number" else "right"
    return Chart(
        f"Verdict, and {measured} after {STEPS} steps  (choose a cell)",
        Axis("loss  (p: from probabilities, z: from logits)", -0.55, 4.55, ticks=tuple(enumerate(TICKS))),
        Axis("", -0.55, 4.55, ticks=tuple((4 - row, name) for row, name in enumerate(OUTPUTS.values()))),
        tuple(marks),
        width=1.35,
        spots=tuple(spots),
        least=400,
    )


# Words tell the verdicts apart; the tint only helps to find them.
TINT = {"works": 0.45, "fragile": 0.25, "stalls": 0.25, "range": 0.25, "twice": 0.25, "refused": 0.12}


def _brief(kind: str, final: float) -> str:
    if not math.isfinite(final):
        return "–" if math.isnan(final) else "∞"
    return readable(final) if kind == "number" else f"{100 * final:.0f} %"


def _push_chart(kind: str, output: str, loss: str, z: float, facts: Mapping[str, Any]) -> Chart:
    names = ("target 1", "target −1") if kind == "number" else ("this came (y = 1)", "it did not (y = 0)")
    alone = units(kind, output, loss) == 1
    x = Axis("score  z" if alone else "score  z  (all other scores 0)", -FURTHEST, FURTHEST)
    if facts["verdict"] == "refused":
        return Chart(
            "Push on the score, ∂L/∂z",
            x,
            Axis("", -1.2, 1.2),
            (Text(0, 0, "refused: no gradient", side="centre", dy=24),),
            (Handle(z, 0, "Score z", moves_x="z"),),
        )
    curves = _curves(kind, output, loss)
    low, high = visible_range((GRID, curves.push), (GRID, curves.other_push))
    marks: tuple[Mark, ...] = (
        Line(GRID, curves.other_push, role="vermillion", dashes="dashed", label=names[1]),
        Line(GRID, curves.push, label=names[0]),
        Rule(x=z, dashes="dotted"),
        Text(
            z,
            facts["push"],
            _push_text(facts["push"]),
            dx=-18 if z > 0 else 18,
            dy=14,
            side="right" if z > 0 else "left",
        ),
    )
    return Chart(
        "Push on the score, ∂L/∂z",
        x,
        Axis("", min(low, -1.2), max(high, 1.2)),
        marks,
        (Handle(z, facts["push"], "Score z", moves_x="z"),),
    )


def _push_text(push: float) -> str:
    return readable(push, 4)


def _course_chart(kind: str, run: Run, best: Run) -> Chart:
    title, top = ("Typical miss", 4.0) if kind == "number" else ("Share of right answers", 1.05)
    marks: tuple[Mark, ...] = (
        Line(np.arange(STEPS + 1), _drawn(best.course), role="ink", dashes="dotted", label="the right pair"),
        *([Line(np.arange(STEPS + 1), _drawn(run.course), width=3, label="this pair")] if len(run.course) else []),
        *([] if len(run.course) else [Text(50, top / 2, "refused: no step taken", side="centre")]),
    )
    return Chart(f"{title} while training", Axis("step", 0, STEPS), Axis("", 0, top), marks, width=1.35)


def _drawn(course: Array) -> Array:
    """What diverged lifts the pen."""
    return np.where(np.abs(course) < 1e6, course, np.nan)


def _answers_chart(kind: str, run: Run) -> Chart:
    title = "Outputs after training"
    outputs, wanted = run.outputs.ravel(), run.targets.ravel()
    failed = "refused" if not len(outputs) else "diverged" if run.diverged else ""
    number = kind == "number"
    y = Axis("target", -2.4, 2.4) if number else Axis("", -0.6, 1.6, ticks=((0, "y = 0"), (1, "y = 1")))
    if failed:
        return Chart(title, Axis("output", -0.5, 1.5), y, (Text(0.5, 0.5, failed, side="centre"),))
    low, high = min(outputs.min(), -2.4 if number else -0.1), max(outputs.max(), 2.4 if number else 1.1)
    room = 0.05 * (high - low)
    if number:
        return Chart(
            title,
            Axis("output", low - room, high + room),
            y,
            (
                Line([-2.4, 2.4], [-2.4, 2.4], role="ink", dashes="dotted", label="output = target"),
                Points(outputs, wanted, role="blue", size=6),
            ),
        )
    # Points with one target lie apart a little, so that they can be told from each other; the height means nothing.
    apart = wanted + 0.3 * np.sin(7 * np.arange(len(wanted)))
    return Chart(
        title,
        Axis("output", low - room, high + room),
        y,
        (Area([0, 1], -0.6, 1.6, label="from 0 to 1"), *_by_target(outputs, apart, wanted)),
    )


def _by_target(outputs: Array, heights: Array, wanted: Array) -> Iterator[Mark]:
    for target, role, shape in ((0, "vermillion", "square"), (1, "blue", "circle")):
        chosen = wanted == target
        yield Points(outputs[chosen], heights[chosen], role=role, shape=shape, size=6)  # type: ignore[arg-type]


def _words(
    kind: str, output: str, loss: str, rate: float, z: float, facts: Mapping[str, Any], judged: Verdict, run: Run
) -> str:
    told = [
        f"Target: {KINDS[kind]}. Output {OUTPUTS[output]}, loss {TITLES[loss]}: {LONG[judged.word]}. {judged.reason}"
    ]
    if run.refusal:
        told.append(f"This library stops with an error: “{run.refusal}”.")
    else:
        measured, right = (_told(kind, facts[name]) for name in ("final", "best"))
        told.append(
            f"From a start that is sure and wrong, {STEPS} steps at rate {readable(rate)} {measured} on the 60 "
            f"training points; with the right pair they {right}."
        )
    if judged.word != "refused":
        told.append(
            f"At score {readable(z)} the output is {readable(facts['says'], 3)}, the loss {readable(facts['loss'], 3)} "
            f"and the push {_push_text(facts['push'])}, for {'target 1' if kind == 'number' else 'y = 1'}."
        )
    works = [
        f"{OUTPUTS[unit]} with {TITLES[name]}"
        for unit in OUTPUTS
        for name in LOSSES
        if verdict(kind, unit, name).word == "works"
    ]
    told.append(f"What works for this target: {', '.join(works)}.")
    return " ".join(told)


LONG = {
    "works": "works",
    "fragile": "works, but is fragile",
    "stalls": "saturates",
    "range": "wrong range",
    "twice": "applied twice",
    "refused": "refused",
}


def _told(kind: str, final: float) -> str:
    if math.isinf(final):
        return "diverge"
    return f"reach a typical miss of {readable(final)}" if kind == "number" else f"reach {100 * final:.0f} % right"


def _check(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    if facts["kind"] != "class":
        return Result(0, "Set the target to one of three classes first.")
    if facts["output"] != "softmax":
        why = "the loss makes the shares, and they cost what they should" if facts["output"] == "identity" else "no sum"
        return Result(0, f"The network gives shares that sum to 1. Which output unit does that? (Here: {why}.)")
    share, loss = facts["says"], facts["loss"]
    if share < SURE:
        return Result(
            0, f"At this score the share is {readable(share, 3)}, so a high loss is fair. Move the score to the right."
        )
    if loss <= HIGH:
        return Result(
            0,
            f"A share of {readable(share, 4)} costs {readable(loss, 3)} here: as it should be. Which loss would take "
            "this share for a score?",
        )
    return Result(
        1,
        f"Yes: share {readable(share, 4)}, loss {readable(loss, 3)}. The loss takes the shares for scores, and scores "
        "between 0 and 1 are never far apart. Move z further: it stays.",
    )
