"""One neuron learns one example, phase by phase: forward, loss, gradient, update, with every number on the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib import activations, losses
from course_lib.plots import readable
from course_lib.spec import Array
from course_lib.stage import (
    Action,
    Arrow,
    Axis,
    Chart,
    Choice,
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
from course_lib.stage.scene import Mark, Role, Side

# Each line of a box, and its colour.
Lines = tuple[tuple[str, Role], ...]

# Inputs, and a 1 for the bias, which is a weight on an input that never changes.
INPUTS = np.array([2.0, -1.0, 1.0])
FIRST_WEIGHTS = np.array([0.5, -0.5, 0.5])
NAMES = ("w₁", "w₂", "b")
TARGET = 0.2
MOST_UPDATES = 6
# The loss after the last update is the last thing to see.
LAST_PHASE = 4 * MOST_UPDATES + 2
PHASES = ("start", "forward", "loss", "gradient", "update")
TITLES = (
    "Start: these are the weights. Press Next phase",
    "Forward: the score x, then the output a",
    "Loss: how wrong is the output?",
    "Gradient: slopes multiply, from right to left",
    "Update: new weight = old weight − rate · slope",
)
GOAL, GOAL_UPDATES = 0.01, 2
LOWEST_LOSS, HIGHEST_LOSS = 1e-5, 100.0


def neuron_stepper(**start: Any) -> Stage:
    """A widget on one neuron and one example: step through the four phases, choose learning rate and activation.

    neuron_stepper(rate=2, phase=3): `start` gives first values of the controls; phase 3 is the first gradient.
    """
    return Stage(neuron_stepper_panel(), **start)


def neuron_stepper_panel() -> Panel:
    """The panel of `neuron_stepper`. Moving the rate shows where the same number of phases leads at that rate."""
    return Panel(
        name="neuron-stepper",
        title="One neuron learns one example",
        scene=_scene,
        controls=(
            Slider("rate", "Learning rate", 0.01, 30.0, default=0.5, step=0.01, log=True, table=13),
            Choice(
                "activation",
                "Activation f",
                (("sigmoid", "sigmoid"), ("relu", "ReLU"), ("identity", "identity (none)")),
                default="sigmoid",
            ),
            Slider("phase", "Phases done (4 = one update)", 0, LAST_PHASE, default=0, step=1, table=LAST_PHASE + 1),
        ),
        task=Task(
            id="01-stepper-rate",
            text=f"Keep the sigmoid. Choose the learning rate so that the loss is under {GOAL} after at most two "
            "updates; step on until you see that loss. Then press Check.",
            check=_check,
        ),
        presets=(
            Preset("Back to the start", {"phase": 0}),
            Preset("Rate 0.1", {"rate": 0.1}),
            Preset("Rate 20", {"rate": 20.0}),
        ),
        actions=(
            Action("Next phase", lambda params: {"phase": _whole(params["phase"], 1)}),
            Action("Next four phases", lambda params: {"phase": _whole(params["phase"], 4)}),
        ),
    )


def _whole(phase: float, more: int) -> int:
    return min(int(phase) + more, LAST_PHASE)


@dataclass(frozen=True)
class Round:
    """The numbers of one round: what goes forward, the slopes on the way back, and the weights afterwards."""

    weights: Array
    score: float
    output: float
    loss: float
    by_output: float
    slope: float
    by_score: float
    gradient: Array
    new_weights: Array


def rounds(rate: float, activation: str) -> tuple[Round, ...]:
    """The first rounds of gradient descent on (a − y)², one after each of 0 … MOST_UPDATES updates."""
    unit, loss = activations.get(activation), losses.get("squared_error")
    assert unit.derivative is not None
    weights, found = FIRST_WEIGHTS, []
    for _ in range(MOST_UPDATES + 1):
        score = float(weights @ INPUTS)
        output = float(unit.function(score))
        by_output = float(loss.gradient(TARGET, output))
        slope = float(unit.derivative(score))
        by_score = by_output * slope
        gradient = by_score * INPUTS
        new = weights - rate * gradient
        value = float(loss.function(TARGET, output))
        found.append(Round(weights, score, output, value, by_output, slope, by_score, gradient, new))
        weights = new
    return tuple(found)


def _scene(rate: float, activation: str, phase: float) -> Scene:
    done, step = divmod(max(int(phase) - 1, 0), 4)
    # How far into the present round: 0 nothing, 1 forward, 2 loss, 3 gradient, 4 update.
    step = step + 1 if int(phase) else 0
    path = rounds(rate, activation)
    seen = path[: done + (step >= 2)]
    costs = tuple(one.loss for one in seen)
    facts = {
        "losses": costs,
        "outputs": tuple(one.output for one in seen),
        "slopes": tuple(one.slope for one in seen),
        "round": path[done],
        "step": step,
        "updates": done + (step == 4),
    }
    return Scene(
        charts=(_graph(path[done], done, step, rate), _loss_chart(costs)),
        says=_words(path[done], done, step, rate, activation, costs),
        facts=facts,
        columns=1,
        height=285,
    )


# The computation graph ----------------------------------------------------------------------------------------------

ROWS = (74.0, 45.0, 16.0)
LEFT, SCORE, OUTPUT, LOSS = (0.0, 34.0), (40.0, 57.0), (62.0, 79.0), (84.0, 100.0)
FORTH, BACK = 62.0, 20.0
HALF, LEADING = 12.5, 7.0


def _graph(now: Round, done: int, step: int, rate: float) -> Chart:
    marks: list[Mark] = []
    for i, row in enumerate(ROWS):
        marks += _box(LEFT, row, _weight_lines(now, i, step, rate), active=step in (0, 4))
    marks += _box(SCORE, FORTH, (("score (sum)", "quiet"), _known("x", now.score, step >= 1)), active=step == 1)
    outputs: Lines = (
        ("output", "quiet"),
        (f"a = f({_number(now.score)})" if step else "a = f(x)", "ink"),
        _known("", now.output, step >= 1),
    )
    marks += _box(OUTPUT, FORTH, outputs, active=step == 1)
    costs: Lines = ((f"loss, y = {TARGET}", "quiet"), ("L = (a − y)²", "ink"), _known("", now.loss, step >= 2))
    marks += _box(LOSS, FORTH, costs, active=step == 2)
    marks += _forward_arrows()
    if step >= 3:
        marks += _way_back(now, active=step == 3)
    # A little wider than the boxes, so that no frame is cut.
    axes = (Axis("", -1, 101, ticks=(), visible=False), Axis("", 0, 100, ticks=(), visible=False))
    return Chart(f"Round {done + 1}. {TITLES[step]}", *axes, (*_strip(step), *marks), least=700)


def _strip(step: int) -> list[Mark]:
    """The four phases in a row, the present one in a frame."""
    return [
        Text(
            12.5 + 25 * i,
            96,
            f"{i + 1} {name}",
            role="blue" if step == i + 1 else "quiet",
            side="centre",
            boxed=step == i + 1,
        )
        for i, name in enumerate(PHASES[1:])
    ]


def _box(span: tuple[float, float], row: float, lines: Lines, active: bool) -> list[Mark]:
    """A frame with up to three lines of text."""
    (left, right), low, high = span, row - HALF, row + HALF
    frame = Line(
        [left, right, right, left, left],
        [low, low, high, high, low],
        role="blue" if active else "quiet",
        width=3.0 if active else 1.2,
    )
    top = row + LEADING * (len(lines) - 1) / 2
    words = [
        Text((left + right) / 2, top - LEADING * i, text, role=role, side="centre")
        for i, (text, role) in enumerate(lines)
    ]
    return [frame, *words]


def _known(name: str, value: float, known: bool) -> tuple[str, Role]:
    return (f"{name} = {_number(value)}".strip(), "ink") if known else (f"{name} = ?".strip(), "quiet")


def _weight_lines(now: Round, i: int, step: int, rate: float) -> Lines:
    weight, value, slope = (float(row[i]) for row in (now.weights, INPUTS, now.gradient))
    lines: list[tuple[str, Role]] = [(_product(i, weight, value, step >= 1), "ink")]
    if step >= 3:
        times = f" = {_number(now.by_score)} · {_bracketed(value)}" if i < 2 else ""
        lines.append((f"∂L/∂{NAMES[i]}{times} = {_number(slope)}", "vermillion"))
    if step >= 4:
        # A minus times a minus is written as a plus.
        sign = "−" if slope >= 0 else "+"
        new = f"{_number(weight)} {sign} {_number(rate)} · {_number(abs(slope))} = {_number(float(now.new_weights[i]))}"
        lines.append((f"→ {new}" if len(new) <= 32 else f"→ {_number(float(now.new_weights[i]))}", "green"))
    return tuple(lines)


def _product(i: int, weight: float, value: float, computed: bool) -> str:
    if NAMES[i] == "b":
        return f"b = {_number(weight)}"
    if not computed:
        return f"{NAMES[i]} = {_number(weight)},  u{'₁₂'[i]} = {_number(value)}"
    return f"{NAMES[i]} · u{'₁₂'[i]} = {_number(weight)} · {_bracketed(value)} = {_number(weight * value)}"


def _forward_arrows() -> list[Mark]:
    left, right = LEFT[1] + 0.5, SCORE[0] - 0.5
    return [
        Arrow([left] * 3, [row + 4 for row in ROWS], [right] * 3, [FORTH + 5, FORTH, FORTH - 5], width=1.6),
        Arrow([SCORE[1] + 0.5, OUTPUT[1] + 0.5], [FORTH] * 2, [OUTPUT[0] - 0.5, LOSS[0] - 0.5], [FORTH] * 2, width=1.6),
    ]


def _way_back(now: Round, active: bool) -> list[Mark]:
    """The chain rule: the loss's slope, times the activation's slope, times the input."""
    red: Role = "vermillion"
    chained = f"{_number(now.by_output)} · {_bracketed(now.slope)}"
    edge = [
        _box(LOSS, BACK, (("∂L/∂a", red), ("= 2(a − y)", red), (f"= {_number(now.by_output)}", red)), active),
        _box(OUTPUT, BACK, (("slope of f", red), (f"f′({_number(now.score)})", red), _red(now.slope)), active),
        _box(SCORE, BACK, (("∂L/∂x", red), (chained, red), _red(now.by_score)), active),
    ]
    down = (LOSS[0] + LOSS[1]) / 2
    arrows = [
        Arrow([down], [FORTH - HALF - 1], [down], [BACK + HALF + 1], role=red),
        Arrow([LOSS[0] - 0.5, OUTPUT[0] - 0.5], [BACK] * 2, [OUTPUT[1] + 0.5, SCORE[1] + 0.5], [BACK] * 2, role=red),
        Arrow(
            [SCORE[0] - 0.5] * 3, [BACK + 5, BACK, BACK - 5], [LEFT[1] + 0.5] * 3, [row - 5 for row in ROWS], role=red
        ),
    ]
    return [*(mark for marks in edge for mark in marks), *arrows]


def _red(value: float) -> tuple[str, Role]:
    return f"= {_number(value)}", "vermillion"


# The losses so far --------------------------------------------------------------------------------------------------


def _loss_chart(seen: tuple[float, ...]) -> Chart:
    marks: list[Mark] = [
        Rule(y=GOAL, text=f"target {GOAL}"),
        Rule(x=GOAL_UPDATES, text="two updates", dashes="dotted"),
    ]
    if seen:
        drawn = np.clip(np.array(seen), LOWEST_LOSS, HIGHEST_LOSS)
        at = np.arange(len(seen))
        marks += [Line(at, drawn), Points(at, drawn, role="blue", size=9)]
        outside = "" if LOWEST_LOSS <= seen[-1] <= HIGHEST_LOSS else ", outside this chart"
        right = len(seen) > MOST_UPDATES - 1
        side: Side = "right" if right else "left"
        dx, below = -11 if right else 11, -14 if drawn[-1] > 10 else 12
        marks.append(Text(float(at[-1]), float(drawn[-1]), f"{_number(seen[-1])}{outside}", side=side, dx=dx, dy=below))
    return Chart(
        "The losses so far (each line of the grid: ten times smaller)",
        # Room for the name of the target at the right of the last point.
        Axis("updates done", -0.3, MOST_UPDATES + 0.9, ticks=tuple((n, str(n)) for n in range(MOST_UPDATES + 1))),
        Axis(
            "loss L",
            LOWEST_LOSS,
            HIGHEST_LOSS,
            log=True,
            ticks=((100, "100"), (10, "10"), (1, "1"), (0.1, "0.1"), (0.01, "0.01"), (1e-3, "0.001"), (1e-4, "0.0001")),
        ),
        tuple(marks),
    )


# Words and the task -------------------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return readable(value, 3)


def _bracketed(value: float) -> str:
    return f"({_number(value)})" if value < 0 else _number(value)


def _words(now: Round, done: int, step: int, rate: float, activation: str, seen: tuple[float, ...]) -> str:
    w1, w2, b = (_number(weight) for weight in now.weights)
    words = [
        f"Round {done + 1}, {'before the first phase' if step == 0 else f'phase {step} of 4: {PHASES[step]}'}",
        f"Inputs 2 and −1, target {TARGET}, learning rate {_number(rate)}, activation {activation}. "
        f"Weights w₁ = {w1}, w₂ = {w2}, bias b = {b}",
    ]
    if step >= 1:
        words.append(f"Score x = {_number(now.score)}, output a = f(x) = {_number(now.output)}")
    if step >= 2:
        words.append(f"Loss (a − y)² = {_number(now.loss)}")
    if step >= 3:
        g1, g2, g3 = (_number(slope) for slope in now.gradient)
        words.append(
            f"∂L/∂a = 2(a − y) = {_number(now.by_output)}, times f′(x) = {_number(now.slope)}, gives ∂L/∂x = "
            f"{_number(now.by_score)}; times the inputs 2, −1 and 1: ∂L/∂w₁ = {g1}, ∂L/∂w₂ = {g2}, ∂L/∂b = {g3}"
        )
    if step == 4:
        n1, n2, n3 = (_number(weight) for weight in now.new_weights)
        words.append(f"New weights: w₁ = {n1}, w₂ = {n2}, b = {n3}")
    if done or step >= 2:
        words.append(f"Losses so far: {', '.join(_number(loss) for loss in seen)}")
    return ". ".join(words) + "."


def _check(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    """Score 1 for a loss under the goal that has been seen after one or two updates of the sigmoid neuron."""
    if params["activation"] != "sigmoid":
        return Result(0, "This task is about the sigmoid: choose it as the activation again.")
    after = facts["losses"][1 : GOAL_UPDATES + 1]
    rate = _number(params["rate"])
    if not after:
        return Result(0, "No loss after an update has been seen yet. Go on to phase 6: the loss of the second round.")
    if min(after) < GOAL:
        count = 1 + next(i for i, loss in enumerate(after) if loss < GOAL)
        return Result(
            1,
            f"Yes: with rate {rate} the loss is {_number(after[count - 1])} after {count} "
            f"update{'s' if count > 1 else ''}. Ten times less would creep, ten times more would shoot past the target "
            "on to flat ground.",
        )
    if len(after) < GOAL_UPDATES:
        return Result(0, f"After 1 update the loss is {_number(after[0])}. One more is allowed: go on to phase 10.")
    if min(facts["outputs"][1 : GOAL_UPDATES + 1]) < TARGET:
        return Result(
            0,
            f"With rate {rate} the output falls from 0.881 past the target {TARGET} to "
            f"{_number(min(facts['outputs'][1 : GOAL_UPDATES + 1]))}: the steps are too large. Choose a smaller rate.",
        )
    return Result(
        0,
        f"With rate {rate} the loss is still {_number(after[-1])} after two updates, and the output "
        f"{_number(facts['outputs'][GOAL_UPDATES])} is above the target: the steps are too small. Choose a larger "
        "rate.",
    )
