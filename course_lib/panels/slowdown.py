"""Nielsen's neuron: one sigmoid unit that starts out wrong, trained by two losses at the same learning rate."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from course_lib import losses
from course_lib.activations import sigmoid, sigmoid_derivative
from course_lib.plots import readable
from course_lib.spec import Array
from course_lib.stage import (
    Action,
    Axis,
    Chart,
    Handle,
    Line,
    Memo,
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
from course_lib.stage.panel import Params
from course_lib.stage.scene import Dashes, Mark, Role, Shape

STEPS = 300
# At a large rate all happens in the first few steps: the step axis ends earlier there.
SHORT, LARGE_RATE = 50, 1.0
# Scores of w = b = 2 (output 0.982) and of w = 0.6, b = 0.9 (output 0.818), the input being 1.
WORSE, BETTER = 4.0, 1.5
RATE = 0.15
# The score at every step is −8 or more for all rates up to 3.
SCORES = (-8.0, 6.0)
# What cross-entropy needs at the rate 0.15 from the worse start, and how near the task wants the squared error.
AS_QUICK, GIVE = 17, 1


class Look(NamedTuple):
    """How one loss is drawn, everywhere in the panel."""

    name: str
    role: Role
    dashes: Dashes
    shape: Shape


LOOKS = {
    "entropy": Look("cross-entropy", "blue", "solid", "circle"),
    "squared": Look("squared error", "vermillion", "dashed", "square"),
}


class Descent(NamedTuple):
    """One training run: the score, the output and the loss's slope on the score at the steps 0 … 300, (301,) each."""

    score: Array
    output: Array
    push: Array

    @property
    def turned(self) -> int | None:
        """The first step with an output below ½, the right answer; None if there is none in 300 steps."""
        right = np.flatnonzero(self.output < 0.5)
        return int(right[0]) if right.size else None


def learning_slowdown(**start: Any) -> Stage:
    """A widget on Nielsen's neuron: cross-entropy and squared error from the same start at the same rate, to play."""
    return Stage(learning_slowdown_panel(), **start)


def push(loss: str, score: Array) -> Array:
    """Slope of the loss on the score for target 0: s for "entropy", s²(1 − s) for "squared", which is s²/2; s = σ(z).

    The squared error's slope on the output is s; on the score σ′ comes along. In cross-entropy σ′ has cancelled.
    """
    target = np.zeros(np.shape(score))
    if loss == "entropy":
        return losses.binary_cross_entropy_with_logits_gradient(target, score)
    slope: Array = losses.half_squared_error_gradient(target, sigmoid(score)) * sigmoid_derivative(score)
    return slope


@functools.lru_cache(maxsize=64)
def descend(loss: str, start: float, rate: float) -> Descent:
    """300 steps of gradient descent on a unit with input 1 and target 0, from the score `start`."""
    score = np.empty(STEPS + 1)
    score[0] = start
    for step in range(STEPS):
        # The input is 1: weight and bias have this same slope, both move, and the score is their sum.
        score[step + 1] = score[step] - 2 * rate * push(loss, score[step : step + 1])[0]
    return Descent(score, sigmoid(score), push(loss, score))


def learning_slowdown_panel() -> Panel:
    """The panel of `learning_slowdown`."""
    scores = np.linspace(*SCORES, 141)
    pushes = {loss: push(loss, scores) for loss in LOOKS}

    def picture(start: float, rate: float, step: int) -> Scene:
        runs = {loss: descend(loss, start, rate) for loss in LOOKS}
        last = _last_step(rate)
        ratio = float(runs["entropy"].push[0] / runs["squared"].push[0])
        return Scene(
            charts=(
                Chart(
                    f"Output (target 0), step {step}",
                    Axis("step", 0, last),
                    Axis("", -0.03, 1.03),
                    (Rule(y=0.5, dashes="dotted"), *_courses(runs, step, last)),
                ),
                Chart(
                    "Slope of the loss on the score",
                    Axis("score  z = w + b", *SCORES),
                    Axis("", -0.14, 1.05),
                    (
                        *(
                            Line(scores, pushes[loss], role=look.role, dashes=look.dashes, label=look.name)
                            for loss, look in reversed(LOOKS.items())
                        ),
                        Rule(x=start, dashes="dotted"),
                        Text(start, 0.4, f"{readable(ratio, 1)} times", dx=-8, side="right"),
                        *(
                            Points([run.score[step]], [run.push[step]], role=look.role, shape=look.shape, size=12)
                            for look, run in zip(LOOKS.values(), runs.values(), strict=True)
                        ),
                    ),
                    (Handle(start, -0.08, "Starting score", moves_x="start"),),
                ),
            ),
            says=_words(runs, start, rate, step, last, ratio),
            facts={
                "step": step,
                "start": start,
                "rate": rate,
                "ratio": ratio,
                "turned": {loss: run.turned for loss, run in runs.items()},
                "output": {loss: float(run.output[step]) for loss, run in runs.items()},
            },
        )

    def scene(start: float, rate: float, again: int) -> Scene:
        return picture(start, rate, 0)

    def run(params: Params) -> Iterator[Scene]:
        for step in range(1, _last_step(params["rate"]) + 1):
            yield picture(params["start"], params["rate"], step)

    return Panel(
        name="learning-slowdown",
        title="The learning slow-down",
        scene=scene,
        controls=(
            Slider("rate", "Learning rate, for both", 0.005, 3.0, default=RATE, step=0.005, log=True, table=41),
            Slider("start", "Starting score z", 0.0, 5.0, default=WORSE, step=0.05, table=6),
            # Pressing the button a second time must change something, or nothing would begin again.
            Memo("again", 0),
        ),
        task=Task(
            id="24-buy-back-the-time",
            text=f"Start at output 0.98. At rate {RATE} cross-entropy needs {AS_QUICK} steps to bring the output below "
            f"½. Find a rate at which the squared error is as quick ({AS_QUICK} steps, give or take {GIVE}). Then "
            "press Check.",
            check=_as_quick,
        ),
        presets=(
            Preset("Start at 0.98", {"start": WORSE}),
            Preset("Start at 0.82", {"start": BETTER}),
            Preset("Rate 0.15", {"rate": RATE}),
            Preset("Rate 0.005", {"rate": 0.005}),
        ),
        actions=(Action("Back to step 0", lambda params: {"again": params["again"] + 1}),),
        run=run,
        restarts=frozenset({"rate", "start", "again"}),
    )


def _last_step(rate: float) -> int:
    return SHORT if rate >= LARGE_RATE else STEPS


def _courses(runs: Mapping[str, Descent], step: int, last: int) -> Iterator[Mark]:
    """For each loss the whole course as a thin line, the part gone as a thick one, and where it turns right."""
    steps = np.arange(last + 1)
    for loss, up in (("squared", 14), ("entropy", -14)):
        look, run = LOOKS[loss], runs[loss]
        yield Line(steps, run.output[: last + 1], role=look.role, dashes=look.dashes, width=1.3, label=look.name)
        if step:
            yield Line(steps[: step + 1], run.output[: step + 1], role=look.role, dashes=look.dashes, width=4)
        yield Points([step], [run.output[step]], role=look.role, shape=look.shape, size=12)
        if run.turned is not None and run.turned <= last:
            right = run.turned > 0.85 * last
            yield Text(
                run.turned, 0.5, _steps(run.turned), dx=-8 if right else 8, dy=up, side="right" if right else "left"
            )


def _words(runs: Mapping[str, Descent], start: float, rate: float, step: int, last: int, ratio: float) -> str:
    told = [
        f"{look.name.capitalize()}: output {runs[loss].output[step]:.3f}, {_when(runs[loss])}, "
        f"{runs[loss].output[last]:.3f} after {last}"
        for loss, look in LOOKS.items()
    ]
    return (
        f"Step {step}, learning rate {readable(rate, 3)}, starting output {sigmoid(start):.3f}. {'. '.join(told)}. At "
        f"the start cross-entropy pushes the score {readable(ratio, 1)} times as hard."
    )


def _when(run: Descent) -> str:
    if run.turned is None:
        return f"not below ½ in {STEPS} steps"
    return f"below ½ after {_steps(run.turned)}"


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"


def _as_quick(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    rate, needed, entropy = facts["rate"], facts["turned"]["squared"], facts["turned"]["entropy"]
    if round(float(sigmoid(facts["start"])), 2) != 0.98:
        return Result(0, "Start at output 0.98 first: there is a button for it.")
    if needed is None:
        return Result(0, f"At rate {readable(rate, 3)} {STEPS} steps are not enough. A much larger rate is needed.")
    here = f"at rate {readable(rate, 3)} the squared error needs {_steps(needed)}"
    if abs(needed - AS_QUICK) <= GIVE:
        return Result(
            1,
            f"Yes: {here}. A larger rate bought the time back, not the shape: the plateau is still there. And at this "
            f"rate cross-entropy needs {_steps(entropy)}.",
        )
    if needed > AS_QUICK:
        product = readable(rate * needed, 0)
        return Result(0, f"{here[0].upper()}{here[1:]}. Rate times steps stays near {product}: what follows for 17?")
    return Result(0, f"{here[0].upper()}{here[1:]}: quicker than asked. Come back a little.")
