"""Panels that later lessons will want, as small real ones: the stage must carry each of them without change."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from contourpy import contour_generator

from course_lib import activations, losses
from course_lib.activations import relu, sigmoid, softmax
from course_lib.stage import (
    Action,
    Area,
    Axis,
    Bars,
    Chart,
    Choice,
    Handle,
    Heat,
    Line,
    Panel,
    Plane,
    Points,
    Preset,
    Result,
    Rule,
    Scene,
    Slider,
    Spot,
    Task,
    Text,
    Track,
)

# Depth × initialisation ----------------------------------------------------------------------------------------------

STARTS = {"small": 0.01, "xavier": 1.0, "he": math.sqrt(2), "large": 3.0}
START_NAMES = {"small": "0.01", "xavier": "Xavier", "he": "He", "large": "3 × Xavier"}
DEPTHS = 8


def signal_sizes(activation: str, gain: float) -> np.ndarray:
    """Standard deviation of the signal before layer 1 and after layers 1 … 8, (9,)."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(60, 40))
    sizes = [signal.std()]
    for _ in range(DEPTHS):
        signal = activations.get(activation).function(signal @ rng.normal(0, gain / math.sqrt(40), (40, 40)))
        sizes.append(signal.std())
    return np.array(sizes)


def depth_scene(activation: str, start: str, depth: float) -> Scene:
    sizes = {name: signal_sizes(activation, gain) for name, gain in STARTS.items()}
    field = np.array([np.log10(np.maximum(row[1:], 1e-9)) for row in sizes.values()])
    layers = np.arange(DEPTHS + 1)
    heat = Heat(field, (0.5, DEPTHS + 0.5), (-0.5, 3.5), -4, 4, label="size of the signal", ends=("10⁻⁴", "10⁴"))
    row = list(STARTS).index(start)
    chosen = (
        [[depth - 0.5, depth + 0.5][i] for i in (0, 1, 1, 0, 0)],
        [[row - 0.5, row + 0.5][i] for i in (0, 0, 1, 1, 0)],
    )
    spots = tuple(
        Spot(
            (d - 0.5, d + 0.5),
            (i - 0.5, i + 0.5),
            f"start {START_NAMES[name]}, layer {d}",
            {"start": name, "depth": d},
            on=name == start and d == depth,
        )
        for i, name in enumerate(STARTS)
        for d in range(1, DEPTHS + 1)
    )
    return Scene(
        (
            Chart(
                "How large is the signal after each layer? (click a cell)",
                Axis("layer", 0.5, DEPTHS + 0.5, ticks=tuple((d, str(d)) for d in range(1, DEPTHS + 1))),
                Axis("start", -0.5, 3.5, ticks=tuple(enumerate(START_NAMES.values()))),
                (
                    heat,
                    *heat.labels([[f"{value:.1f}" for value in line] for line in field]),
                    Line(*chosen, role="black", width=4),
                ),
                spots=spots,
                least=420,
            ),
            Chart(
                "The chosen start",
                Axis("layer", 0, DEPTHS),
                Axis("size", 1e-4, 1e4, log=True),
                (Line(layers, np.clip(sizes[start], 1e-4, 1e4)), Rule(x=depth)),
            ),
        ),
        says=f"{activation}, start {START_NAMES[start]}: size {sizes[start][int(depth)]:.2g} after layer {depth:g}.",
        facts={"size": sizes[start][int(depth)]},
    )


DEPTH = Panel(
    name="depth-by-start",
    title="Depth and initialisation",
    scene=depth_scene,
    controls=(
        Choice("activation", "Activation", (("relu", "ReLU"), ("tanh", "tanh")), "relu"),
        Choice("start", "Start", tuple(START_NAMES.items()), "xavier"),
        Slider("depth", "Layer", 1, DEPTHS, 8, 1, table=DEPTHS),
    ),
)

# Dying ReLU, a raster of units over steps ----------------------------------------------------------------------------

UNITS, MOST = 24, 60


def raster(rate: float) -> np.ndarray:
    """Share of 50 examples for which each of 24 units is on, at the steps 0 … 60, (61, 24)."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-2, 2, (50, 1))
    w, b, v = rng.normal(0, 1, (1, UNITS)), np.zeros(UNITS), rng.normal(0, 0.3, (UNITS, 1))
    kept = []
    for _ in range(MOST + 1):
        score = x @ w + b
        hidden = relu(score)
        kept.append((score > 0).mean(axis=0))
        error = (hidden @ v - np.sin(2 * x)) / len(x)
        back = (error @ v.T) * (score > 0)
        moved = (v - rate * hidden.T @ error, w - rate * x.T @ back, b - rate * back.sum(axis=0))
        v, w, b = (np.clip(one, -20, 20) for one in moved)
    return np.array(kept)


def raster_scene(rate: float, step: float) -> Scene:
    on = raster(rate)
    dead = (on == 0).sum(axis=1)
    return Scene(
        (
            Chart(
                "Which units are on",
                Axis("step", -0.5, MOST + 0.5),
                Axis("unit", -0.5, UNITS - 0.5),
                (
                    Heat(on.T, (-0.5, MOST + 0.5), (-0.5, UNITS - 0.5), 0, 1, "rising", label="share of examples"),
                    Rule(x=step, role="black", dashes="solid"),
                ),
                (Handle(step, UNITS / 2, "Step", moves_x="step", role="black"),),
                width=2,
            ),
            Chart(
                "Dead units", Axis("step", 0, MOST), Axis("", -0.5, UNITS), (Line(range(MOST + 1), dead), Rule(x=step))
            ),
        ),
        says=f"At step {step:g} with rate {rate:g}, {dead[int(step)]} of {UNITS} units are dead.",
        facts={"dead": int(dead[int(step)])},
    )


RASTER = Panel(
    name="dying-relu",
    title="Dying ReLU",
    scene=raster_scene,
    controls=(
        Slider("rate", "Learning rate", 0.01, 10, 1, 0.01, log=True, table=5),
        Slider("step", "Step", 0, MOST, 30, 1, table=13),
    ),
    task=Task(
        "sample-dying",
        "Find a rate at which half of the units die. Then press Check.",
        lambda params, facts: Result(float(facts["dead"] >= UNITS / 2), f"{facts['dead']} units are dead."),
    ),
)

# Quantile fan --------------------------------------------------------------------------------------------------------


def fan_scene(tau: float, noise: float) -> Scene:
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(0, 10, 120))
    y = np.sin(x) + x / 3 + noise * (0.2 + x / 10) * rng.normal(size=x.size)
    at = np.linspace(0, 10, 60)
    middle, spread = np.sin(at) + at / 3, noise * (0.2 + at / 10)
    levels = (0.05, 0.25, 0.45)
    normal = {0.05: 1.645, 0.25: 0.674, 0.45: 0.126}
    fan = [
        Area(
            at,
            middle - normal[level] * spread,
            middle + normal[level] * spread,
            role="blue",
            opacity=0.22,
            label=f"{level:g} … {1 - level:g}",
        )
        for level in levels
    ]
    z = math.sqrt(2) * (2 * tau - 1) * 1.25
    here = middle + z * spread
    r = np.linspace(-3, 3, 121)
    return Scene(
        (
            Chart(
                "Quantiles fan out",
                Axis("x", 0, 10),
                Axis("y", -3, 8),
                (
                    *fan,
                    Points(x, y, role="quiet", size=4),
                    Line(at, here, role="vermillion", dashes="dashed", label=f"τ = {tau:g}"),
                ),
            ),
            Chart(
                "Pinball loss",
                Axis("residual", -3, 3),
                Axis("", 0, 3),
                (Line(r, losses.get("quantile").function(np.zeros_like(r), r, tau=tau)),),
            ),
        ),
        says=f"The {100 * tau:g} % quantile lies {z:.2f} spreads from the middle.",
    )


FAN = Panel(
    name="quantile-fan",
    title="Quantile fan",
    scene=fan_scene,
    controls=(
        Slider("tau", "Quantile τ", 0.05, 0.95, 0.9, 0.05, table=10),
        Slider("noise", "Noise", 0, 2, 1, 0.1, table=3),
    ),
)

# Simplex contours ----------------------------------------------------------------------------------------------------

CORNERS = Plane((0, 0), (1, 0), (0.5, math.sqrt(0.75)))
SIDE = np.linspace(0, 1, 61)


def simplex_scene(dog: float, owl: float, smoothing: float) -> Scene:
    # The two sliders reach beyond the triangle; the scene goes back to its edge.
    over = max(1.0, dog + owl)
    dog, owl = dog / over, owl / over
    target = (1 - smoothing) * np.array([1.0, 0, 0]) + smoothing / 3
    u, v = np.meshgrid(SIDE, SIDE * math.sqrt(0.75))
    third = v / math.sqrt(0.75)
    second = u - third / 2
    shares = np.stack([1 - second - third, second, third], axis=-1)
    inside = (shares > -1e-9).all(axis=-1)
    cost = -(target * np.log(np.clip(shares, 1e-3, 1))).sum(axis=-1)
    lines = [
        Line(*np.asarray(piece).T, role="black", width=1)
        for level in (0.5, 1, 2, 3)
        for piece in contour_generator(SIDE, SIDE * math.sqrt(0.75), np.where(inside, cost, np.nan)).lines(level)
    ]
    x, y = CORNERS.place(dog, owl)
    p = np.array([1 - dog - owl, dog, owl])
    here = float(-(target * np.log(np.clip(p, 1e-3, 1))).sum())
    return Scene(
        (
            Chart(
                "Cross-entropy over all shares",
                Axis("", -0.15, 1.15, visible=False),
                Axis("", -0.12, 1.0, visible=False),
                (
                    Heat(
                        np.where(inside, cost, np.nan),
                        (0, 1),
                        (0, math.sqrt(0.75)),
                        0,
                        5,
                        "rising",
                        label="loss",
                        missing="clear",
                    ),
                    *lines,
                    Text(0, 0, "cat", side="centre", dy=-14),
                    Text(1, 0, "dog", side="centre", dy=-14),
                    Text(0.5, math.sqrt(0.75), "owl", side="centre", dy=14),
                ),
                (Handle(x, y, "Shares", moves_x="dog", moves_y="owl", plane=CORNERS, role="black"),),
                equal=True,
            ),
            Chart(
                "Shares",
                Axis("", -0.6, 2.6, ticks=((0, "cat"), (1, "dog"), (2, "owl"))),
                Axis("", 0, 1),
                (Bars([0, 1, 2], p), Points([0, 1, 2], target, shape="ring", label="target")),
            ),
        ),
        says=f"Shares {p[0]:.2f}, {p[1]:.2f}, {p[2]:.2f}: loss {here:.3f}.",
        facts={"loss": here},
    )


SIMPLEX = Panel(
    name="simplex-contours",
    title="Simplex contours",
    scene=simplex_scene,
    controls=(
        Slider("dog", "Share of dog", 0, 1, 0.3, 0.01, table=5, shown=False),
        Slider("owl", "Share of owl", 0, 1, 0.2, 0.01, table=5, shown=False),
        Slider("smoothing", "Label smoothing", 0, 0.9, 0.1, 0.1, table=3),
    ),
)

# A loss landscape with a point that descends -------------------------------------------------------------------------

PATH_STEPS = 60


def landscape(u: Any, v: Any) -> Any:
    return 0.5 * u**2 + 3 * v**2 + 0.8 * np.sin(2 * u) * np.cos(v)


def path_from(u: float, v: float, rate: float, steps: int) -> np.ndarray:
    places = [(u, v)]
    for _ in range(steps):
        slope = np.array([u + 1.6 * math.cos(2 * u) * math.cos(v), 6 * v - 0.8 * math.sin(2 * u) * math.sin(v)])
        u, v = np.clip(np.array([u, v]) - rate * slope, -9, 9)
        places.append((float(u), float(v)))
    return np.array(places)


def landscape_scene(u: float, v: float, rate: float, steps: float) -> Scene:
    grid = np.linspace(-3, 3, 49)
    field = landscape(grid[None], grid[:, None])
    path = path_from(u, v, rate, int(steps))
    height = landscape(*path.T)
    contours = [
        Line(*np.asarray(piece).T, role="black", width=0.8)
        for level in (-0.5, 0, 1, 2, 5, 10, 20)
        for piece in contour_generator(grid, grid, field).lines(level)
    ]
    return Scene(
        (
            Chart(
                "Loss over two weights",
                Axis("u", -3, 3),
                Axis("v", -3, 3),
                (
                    Heat(np.log(field + 1.5), (-3, 3), (-3, 3), -1, 3.5, "rising"),
                    *contours,
                    Line(*path.T, role="black", width=4),
                    Line(*path.T, role="white", width=2),
                    Points(*path[-1:].T, role="white", size=12),
                    Points(*path[-1:].T, role="black", size=8),
                ),
                (Handle(u, v, "Start", moves_x="u", moves_y="v", role="black"),),
            ),
            Chart("Loss", Axis("step", 0, PATH_STEPS), Axis("", -1, 20), (Line(range(len(height)), height),)),
        ),
        says=f"From ({u:g}, {v:g}) at rate {rate:g}: after {int(steps)} steps the loss is {height[-1]:.3f}.",
        facts={"loss": float(height[-1])},
        moves={"steps": float(steps)},
    )


def descend(params: dict[str, Any]) -> Iterator[Scene]:
    for step in range(int(params["steps"]) + 1, PATH_STEPS + 1):
        yield landscape_scene(**{**params, "steps": step})


LANDSCAPE = Panel(
    name="landscape",
    title="Loss landscape",
    scene=landscape_scene,
    controls=(
        Slider("u", "First weight", -3, 3, -2.5, 0.1, table=3, shown=False),
        Slider("v", "Second weight", -3, 3, 2, 0.1, table=3, shown=False),
        Slider("rate", "Learning rate", 0.01, 1, 0.1, 0.01, log=True, table=3),
        Slider("steps", "Steps", 0, PATH_STEPS, 0, 1, table=7),
    ),
    run=descend,
    restarts=frozenset({"u", "v"}),
    begin={"steps": 0},
)

# Learning-rate bench -------------------------------------------------------------------------------------------------


def bench_scene(rate: float, curvature: float) -> Scene:
    rates = np.geomspace(1e-4, 10, 101)
    after = np.clip(np.abs(1 - rates * curvature) ** 100, 1e-12, 1e6)
    momentum = np.clip(np.abs(1 - rates * curvature / 0.3) ** 40, 1e-12, 1e6)
    here = float(np.clip(abs(1 - rate * curvature) ** 100, 1e-12, 1e6))
    return Scene(
        (
            Chart(
                "Loss after 100 steps, at each learning rate",
                Axis("learning rate", 1e-4, 10, log=True),
                Axis("loss", 1e-12, 1e6, log=True),
                (
                    Line(rates, after, label="plain descent"),
                    Line(rates, momentum, role="vermillion", dashes="dashed", label="with momentum"),
                    Rule(y=1, text="the start"),
                    Rule(x=2 / curvature, text="diverges from here"),
                ),
                (Handle(rate, here, "Learning rate", moves_x="rate", track=Track(rates, rates, after)),),
            ),
        ),
        says=f"At rate {rate:g} the loss is {here:.3g} times the first one.",
        columns=1,
    )


BENCH = Panel(
    name="rate-bench",
    title="Learning-rate bench",
    scene=bench_scene,
    controls=(
        Slider("rate", "Learning rate", 1e-4, 10, 0.01, 1e-4, log=True, table=21),
        Slider("curvature", "Curvature", 0.2, 20, 1, 0.1, log=True, table=3),
    ),
)

# Decision tree -------------------------------------------------------------------------------------------------------

QUESTIONS = {
    "": ("What is the target?", {"number": "a number", "classes": "classes"}),
    "number": ("Outliers?", {"few": "few", "many": "many"}),
    "classes": ("How many can be right?", {"one": "one", "several": "several"}),
}
LEAVES = {
    "few": ("identity\n+ MSE", 9.0),
    "many": ("identity\n+ Huber", 35.0),
    "one": ("softmax\n+ CCE", 65.0),
    "several": ("sigmoid\n+ BCE", 91.0),
}
PLACES = {
    "": (50.0, 85.0),
    "number": (22.0, 50.0),
    "classes": (78.0, 50.0),
    **{name: (x, 15.0) for name, (_, x) in LEAVES.items()},
}
PARENT = {child: parent for parent, (_, answers) in QUESTIONS.items() for child in answers}


def tree_scene(leaf: str) -> Scene:
    way = {leaf, PARENT[leaf], ""}
    marks: list[Any] = []
    for child, parent in PARENT.items():
        (x, y), (u, v) = PLACES[parent], PLACES[child]
        taken = child in way
        answer = QUESTIONS[parent][1][child]
        marks += [
            Line([x, u], [y, v], role="blue" if taken else "quiet", width=4 if taken else 1.2),
            Text((x + u) / 2, (y + v) / 2, answer, role="blue" if taken else "quiet", side="centre"),
        ]
    for name, (question, _) in QUESTIONS.items():
        marks.append(Text(*PLACES[name], question, side="centre", boxed=True))
    for name, (text, x) in LEAVES.items():
        marks.append(Text(x, PLACES[name][1], text, role="blue" if name == leaf else "ink", side="centre", boxed=True))
    spots = tuple(
        Spot((x - 9, x + 9), (3, 27), text.replace("\n", " "), {"leaf": name}, on=name == leaf)
        for name, (text, x) in LEAVES.items()
    )
    return Scene(
        (
            Chart(
                "Which loss?",
                Axis("", 0, 100, visible=False),
                Axis("", 0, 100, visible=False),
                tuple(marks),
                spots=spots,
                least=560,
            ),
        ),
        says=f"{QUESTIONS[''][1][PARENT[leaf]]}, {QUESTIONS[PARENT[leaf]][1][leaf]}: {LEAVES[leaf][0]}.".replace(
            "\n", " "
        ),
        columns=1,
        height=320,
    )


TREE = Panel(
    name="which-loss",
    title="Which loss?",
    scene=tree_scene,
    controls=(
        Choice("leaf", "End at", tuple((name, text.replace("\n", " ")) for name, (text, _) in LEAVES.items()), "one"),
    ),
)

# Design your own activation ------------------------------------------------------------------------------------------

KNOTS = np.linspace(-4, 4, 5)
NAMES = tuple("abcde")


def design_scene(**heights: float) -> Scene:
    y = np.array([heights[name] for name in NAMES])
    x = np.linspace(-4, 4, 161)
    slopes = np.diff(y) / np.diff(KNOTS)
    return Scene(
        (
            Chart(
                "Your activation: drag the five points",
                Axis("score x", -4.4, 4.4),
                Axis("", -4, 4),
                (Line(x, np.interp(x, KNOTS, y), width=3),),
                tuple(Handle(k, h, f"Height at {k:g}", moves_y=n) for k, h, n in zip(KNOTS, y, NAMES, strict=True)),
            ),
            Chart(
                "Its derivative",
                Axis("score x", -4.4, 4.4),
                Axis("", -3, 3),
                tuple(
                    Line([a, b], [slope, slope], role="vermillion", width=3)
                    for (a, b), slope in zip(pairwise(KNOTS), slopes, strict=True)
                ),
            ),
        ),
        says=f"Heights {', '.join(f'{h:g}' for h in y)}; slopes {', '.join(f'{s:.2g}' for s in slopes)}.",
        facts={"slopes": slopes},
    )


DESIGN = Panel(
    name="own-activation",
    title="Design an activation",
    scene=design_scene,
    controls=tuple(
        Slider(name, f"Height at {knot:g}", -4, 4, float(max(knot, 0)), 0.1, table=2, shown=False)
        for name, knot in zip(NAMES, KNOTS, strict=True)
    ),
    presets=(
        Preset("ReLU", dict(zip(NAMES, np.maximum(KNOTS, 0).tolist(), strict=True))),
        Preset("Flat", dict.fromkeys(NAMES, 0.0)),
    ),
    actions=(Action("Mirror", lambda params: dict(zip(NAMES, [params[n] for n in reversed(NAMES)], strict=True))),),
)

# Diagnosis dashboard -------------------------------------------------------------------------------------------------

PATIENTS = {"healthy": "first", "starved": "second", "exploding": "third"}


def diagnosis_scene(patient: str, guess: str, layers: float) -> Scene:
    rng = np.random.default_rng(5)
    n = int(layers)
    factor = {"healthy": 1.0, "starved": 0.2, "exploding": 4.0}[patient]
    gradients = np.clip(factor ** np.arange(n)[::-1], 1e-8, 1e8)
    steps = np.arange(100)
    loss = {
        "healthy": np.exp(-steps / 20),
        "starved": 0.69 - 0.0002 * steps,
        "exploding": np.minimum(0.7 + 0.02 * steps**2, 9),
    }[patient]
    counts, edges = np.histogram(
        rng.normal(0, {"healthy": 1, "starved": 0.2, "exploding": 3}[patient], 400), 15, (-4, 4)
    )
    middles = (edges[1:] + edges[:-1]) / 2
    dead = np.clip(np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4])[:n] * (3 if patient == "starved" else 1), 0, 1)
    scores = rng.normal(size=6) * factor
    heat = Heat(rng.normal(0, min(factor, 2), (6, n)), (0.5, n + 0.5), (-0.5, 5.5), -4, 4, label="weights")
    return Scene(
        (
            Chart("Loss", Axis("step", 0, 100), Axis("", 0, 10 if patient == "exploding" else 1), (Line(steps, loss),)),
            Chart(
                "Gradient by layer",
                Axis("layer", 0, n + 1),
                Axis("", 1e-9, 1e9, log=True),
                (Bars(np.arange(1, n + 1), gradients, base=1e-9),),
            ),
            Chart(
                "Scores of layer 1",
                Axis("score", -4, 4),
                Axis("", 0, float(counts.max()) * 1.1),
                (Bars(middles, counts, width=0.5),),
            ),
            Chart(
                "Dead units by layer",
                Axis("layer", 0.4, n + 0.6),
                Axis("", 0, 1),
                (Bars(np.arange(1, n + 1), dead, role="vermillion"),),
            ),
            Chart(
                "Shares of one example",
                Axis("class", -0.6, 5.6),
                Axis("", 0, 1),
                (Bars(np.arange(6), softmax(scores), role="green"),),
            ),
            Chart("Weights", Axis("layer", 0.5, n + 0.5), Axis("unit", -0.5, 5.5), (heat,)),
        ),
        says=f"The {PATIENTS[patient]} patient: last loss {loss[-1]:.2f}, gradient of layer 1 {gradients[0]:.2g}, "
        f"output {sigmoid(scores[0]):.2f}.",
        facts={"right": patient == guess},
        columns=3,
        height=190,
    )


DIAGNOSIS = Panel(
    name="diagnosis",
    title="Diagnosis",
    scene=diagnosis_scene,
    controls=(
        Choice("patient", "Patient", tuple(PATIENTS.items()), "starved"),
        Choice(
            "guess",
            "What is wrong?",
            (("healthy", "nothing"), ("starved", "vanishing gradients"), ("exploding", "exploding gradients")),
            "healthy",
        ),
        Slider("layers", "Layers", 2, 6, 6, 1, table=5, group="More", when=("patient", ("starved", "exploding"))),
    ),
    task=Task(
        "sample-diagnosis",
        "Say what is wrong. Then press Check.",
        lambda params, facts: Result(float(facts["right"]), "Yes." if facts["right"] else "Look at layer 1."),
    ),
)

TO_COME = {panel.name: panel for panel in (DEPTH, RASTER, FAN, SIMPLEX, LANDSCAPE, BENCH, TREE, DESIGN, DIAGNOSIS)}
