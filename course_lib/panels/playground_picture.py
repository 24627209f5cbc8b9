"""What the playground shows of a network in training: three charts, and words that name what stands in its way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from course_lib import activations
from course_lib.panels.contour import contour
from course_lib.panels.playground_training import MOST_STEPS, Look, Record, Sample, Trainer, Units
from course_lib.plots import readable
from course_lib.spec import Array
from course_lib.stage import Axis, Bars, Chart, Handle, Heat, Line, Points, Rule, Text
from course_lib.stage.scene import Mark, Role, Shape

# The answers are drawn at this many places each way.
GRID = 40
# Lengths of gradients are drawn between the first two; above them stands what became of the units.
LEAST, MOST, TOP = 1e-8, 1e3, 1e9


def surface_chart(params: Mapping[str, Any], trainer: Trainer, record: Record) -> Chart:
    points = trainer.sample
    along = np.linspace(-points.reach, points.reach, GRID)
    plane = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    field = np.clip(trainer.says(plane), -1e6, 1e6).reshape(GRID, GRID)
    whole = (-points.reach, points.reach)
    where, miss = ("Held out", record.held_miss) if len(points.held_y) else ("Training", record.miss)
    if points.kind == "classes":
        marks: list[Mark] = [Heat(field, whole, whole, 0.0, 1.0)]
        # A network that says the same everywhere draws no boundary.
        if np.ptp(field) > 0.01:
            marks += contour(along, field, 0.5, "", label="share of 1 is ½")
        title = f"{where}: {percent(1 - miss)} right"
    else:
        low, high, levels = (-2.4, 2.4, (-1.0, 0.0, 1.0)) if points.kind == "number" else (0.0, 16.0, (2.0, 5.0, 10.0))
        colours: Literal["diverging", "rising"] = "diverging" if low else "rising"
        marks = [Heat(field, whole, whole, low, high, colours=colours)]
        for level in levels:
            marks += contour(along, field, level, readable(level))
        title = f"{where}: typical miss {readable(miss)}"
    return plane_chart(title, points, (*marks, *drawn_points(points)), pen(params))


def plane_chart(title: str, points: Sample, marks: tuple[Mark, ...], handles: tuple[Handle, ...]) -> Chart:
    reach = points.reach
    return Chart(title, Axis("x₁", -reach, reach), Axis("x₂", -reach, reach), marks, handles, equal=True)


def pen(params: Mapping[str, Any]) -> tuple[Handle, ...]:
    if params["data"] != "clicked":
        return ()
    return (Handle(params["pen_x"], params["pen_y"], "The next point", "pen_x", "pen_y", role="green"),)


def drawn_points(points: Sample) -> Iterator[Mark]:
    """The training points, on white, by shape: the two classes; numbers below, around and above the middle."""
    if points.kind == "classes":
        groups: list[tuple[str, Shape, Array]] = [
            ("1", "circle", points.y == 1),
            ("0", "square", points.y == 0),
        ]
    else:
        low, high = (-0.7, 0.7) if points.kind == "number" else (2.0, 5.0)
        wrong = points.wrong if len(points.wrong) else np.zeros(len(points.y), dtype=bool)
        groups = [
            (f"under {readable(low)}", "square", (points.y < low) & ~wrong),
            ("between", "ring", (points.y >= low) & (points.y <= high) & ~wrong),
            (f"over {readable(high)}", "circle", (points.y > high) & ~wrong),
            ("outlier", "cross", wrong),
        ]
    for name, shape, chosen in groups:
        if chosen.any():
            x, y = points.x[chosen].T
            yield Points(x, y, role="white", shape="circle" if shape == "ring" else shape, size=8)
            yield Points(x, y, role="black", shape=shape, size=5.5, label=name)


def course_chart(trainer: Trainer, now: Record) -> Chart:
    """The loss on training and held-out points, from the first step to now."""
    kept = [record for record in trainer.records if record.step < now.step]
    # Two hundred places are more than the eye can tell apart.
    records = [*kept[:: 1 + len(kept) // 200], now]
    steps = np.array([record.step for record in records], dtype=float)
    train = np.array([record.cost for record in records])
    held = np.array([record.held_cost for record in records])
    every = np.concatenate([train, held])
    finite = every[np.isfinite(every) & (np.abs(every) < 1e30)]
    y = _cost_axis(finite)
    marks: list[Mark] = [
        Line(steps, _drawable(train), label=f"train {readable(now.cost, 3)}"),
        *([Points(steps[-1:], train[-1:], role="blue")] if np.isfinite(_drawable(train[-1:])).all() else []),
    ]
    if len(trainer.sample.held_y):
        held_line = Line(
            steps, _drawable(held), role="vermillion", dashes="dashed", label=f"held out {readable(now.held_cost, 3)}"
        )
        marks.append(held_line)
    if trainer.diverged is not None:
        marks.append(Rule(x=trainer.diverged, role="vermillion", text="diverged"))
    last = next(end for end in (100, 200, 500, 1000, 2000, 5000, MOST_STEPS) if end >= now.step)
    return Chart(f"Loss, step {now.step:,}", Axis("step", 0, last), y, tuple(marks))


def _cost_axis(finite: Array) -> Axis:
    """Powers of ten where the costs span several of them, else evenly spaced, from 0 where none is negative."""
    if not len(finite):
        return Axis("", 0.0, 1.0)
    low, high = float(finite.min()), float(finite.max())
    if low > 1e-12 and high > 30 * low:
        return Axis("", 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high) + 1e-9), log=True)
    low = min(low, 0.0)
    return Axis("", 1.05 * low, max(1.1 * high, low + 1e-6))


def _drawable(costs: Array) -> Array:
    """Costs beyond drawing lift the pen."""
    return np.where(np.isfinite(costs) & (np.abs(costs) < 1e30), costs, np.nan)


def layers_chart(look: Look) -> Chart:
    """The length of each layer's gradient as a bar and in numbers, and what became of the layer's units."""
    norms = look.gradient_norms
    at = np.arange(len(norms), dtype=float)
    heights = np.clip(norms, LEAST, MOST)
    ticks = tuple((place, name) for place, name in zip(at.tolist(), _layer_names(len(norms)), strict=True))
    marks: list[Mark] = [Bars(at, heights, base=LEAST, width=0.7)]
    for place, height, size in zip(at.tolist(), heights, norms, strict=True):
        marks.append(Text(place, float(height), _length(size), side="centre", dy=11))
    for place, units in enumerate(look.units):
        lost: Role = "vermillion" if units.dead else "ink"
        words = f"{units.total} units\nnot counted"
        if units.dead is not None:
            words = f"{units.total} units\n{units.dead} dead\n{units.flat} flat"
        marks.append(Text(place, TOP, words, role=lost, side="centre", dy=-14))
    return Chart(
        "Gradient length, units",
        Axis("", -0.6, len(norms) - 0.4, ticks=ticks),
        Axis("", LEAST, TOP, log=True),
        tuple(marks),
    )


def _length(size: float) -> str:
    return readable(size, 3 if size >= 0.01 else 2)


def _layer_names(count: int) -> list[str]:
    return [*(f"layer {n}" for n in range(1, count)), "output"]


def _brief(layer: Units) -> str:
    if layer.dead is None:
        return f"{layer.total}, not counted"
    return f"{layer.dead} dead, {layer.flat} flat of {layer.total}"


# What it says -------------------------------------------------------------------------------------------------------


def words(trainer: Trainer, look: Look) -> str:
    now, points = look.record, trainer.sample
    told = [f"Step {now.step:,}: {_costs(trainer, now)}"]
    told += _diagnosis(trainer, look)
    names = _layer_names(len(look.gradient_norms))
    sizes = ", ".join(f"{name} {_length(size)}" for name, size in zip(names, look.gradient_norms, strict=True))
    told.append(f"Lengths of the gradients: {sizes}.")
    told.append(f"Hidden units: {'; '.join(f'layer {i}: {_brief(u)}' for i, u in enumerate(look.units, 1))}.")
    output = activations.get(trainer.fit.output).title.lower()
    units = "one unit" if trainer.fit.units == 1 else f"{trainer.fit.units} units"
    learns = f"{len(points.y)} points, all of them at every step"
    told.append(f"Output: {units}, {output}: {trainer.fit.because}. It learns from {learns}.")
    return " ".join(told)


def _costs(trainer: Trainer, now: Record) -> str:
    classes = trainer.sample.kind == "classes"
    told = f"{trainer.loss.title} {readable(now.cost, 3)} on the training points"
    missed = percent(now.miss) + " wrong" if classes else f"typical miss {readable(now.miss)}"
    if not len(trainer.sample.held_y):
        return f"{told}, {missed}; none are held out."
    held = percent(now.held_miss) + " wrong" if classes else f"typical miss {readable(now.held_miss)}"
    return f"{told} ({missed}), {readable(now.held_cost, 3)} on those held out ({held})."


def percent(share: float) -> str:
    return f"{readable(100 * share, 1)} %"


def _diagnosis(trainer: Trainer, look: Look) -> Iterator[str]:
    """What stands in the way of learning, the gravest first, in at most one sentence each."""
    norms, classes = look.gradient_norms, trainer.sample.kind == "classes"
    if trainer.diverged is not None:
        rate = readable(trainer.past[-1][1], 3)
        yield (
            f"The numbers ran away at step {trainer.diverged:,}, at rate {rate}, and training stopped; shown is the "
            "last state before it. Take a smaller rate, or smaller first weights."
        )
    elif not math.isfinite(look.record.cost):
        yield "The loss is beyond all numbers before the first step. Take smaller first weights."
    if trainer.step >= MOST_STEPS:
        yield f"Training ends here, after {MOST_STEPS:,} steps."
    lost = [f"layer {i}" for i, layer in enumerate(look.units, 1) if layer.dead == layer.total]
    if not any(norms):
        yield f"Every gradient is exactly 0, so nothing can ever move: {_why_stuck(trainer, look, lost)}."
    elif lost:
        yield f"All units of {' and '.join(lost)} are dead: nothing gets through; only what comes after still learns."
    elif alike := _alike(trainer):
        yield f"The units of {alike} are all alike: same weights, same gradient, so they stay one unit."
    elif norms[0] and norms[-1] / norms[0] > 10:
        yield f"Layer 1 gets a gradient {readable(norms[-1] / norms[0], 0)} times smaller than the output: it starves."
    if classes and all(name == "identity" for name, _ in trainer.settings.layers):
        yield "No layer has a bend: together they are one, and the boundary is a straight line."
    squashed = trainer.fit.output == "sigmoid" and trainer.loss.prediction == "value"
    if squashed and look.record.miss > 0.4 and max(norms) < 0.02:
        yield "The output is sure and wrong, where the sigmoid is flat; this loss keeps its slope in the gradient."
    if 0 < look.silent < len(trainer.sample.y):
        yield f"For {look.silent} of the {len(trainer.sample.y)} points the loss is flat: they push no more."


def _why_stuck(trainer: Trainer, look: Look, lost: list[str]) -> str:
    if look.silent == len(trainer.sample.y):
        return "the loss is flat at every point"
    if lost:
        return f"all units of {' and '.join(lost)} are dead, and what comes after has done what it can"
    if not any(layer.weights.any() for layer in trainer.network.layers):
        return "all weights are 0, so no signal passes, neither on nor back"
    return "no slope is left anywhere"


def _alike(trainer: Trainer) -> str:
    """The first hidden layer of several units with the same weights; "" where there is none."""
    for number, layer in enumerate(trainer.network.layers[:-1], 1):
        weights = layer.weights
        if weights.shape[1] > 1 and (weights == weights[:, :1]).all():
            return f"layer {number}"
    return ""
