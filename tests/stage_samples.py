"""Panels for the tests of the stage: one that uses every mark and every kind of control, and one that trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib.activations import sigmoid
from course_lib.stage import (
    Action,
    Area,
    Arrow,
    Axis,
    Bars,
    Chart,
    Choice,
    Handle,
    Heat,
    Line,
    Memo,
    Panel,
    Points,
    Preset,
    Result,
    Rule,
    Scene,
    Slider,
    Task,
    Text,
    Toggle,
    Track,
)

X = np.linspace(-2, 2, 81)


def every_mark(a: float, rate: float, kind: str, dashed: bool, clicked: list[list[float]]) -> Scene:
    """Six charts: all marks, a logarithmic axis, a simplex, and handles that move freely and on a track."""
    wave = {"sine": np.sin, "cosine": np.cos}[kind](X + a)
    broken = np.where(np.abs(X - 1) < 0.06, np.nan, wave)
    grid = np.linspace(-2, 2, 30)
    field = np.add.outer(grid, a * grid)
    field[0, 0] = np.nan
    angle = np.linspace(-2.0, 2.0, 41)
    hits = np.array(clicked, dtype=float).reshape(-1, 2)
    lines = Chart(
        "Line, area, rules",
        Axis("x", -2, 2),
        Axis("y", -1.5, 1.5),
        (
            Area(X, -0.2, wave, label="area"),
            Line(X, broken, dashes="dashed" if dashed else "solid", label="line with a gap"),
            Rule(y=1.0, text="a rule at 1"),
            Rule(x=a, text="a"),
        ),
        (Handle(a, 0.0, "Shift", moves_x="a"),),
    )
    points = Chart(
        "Points, arrows, text",
        Axis("x", -2, 2),
        Axis("y", -2, 2),
        (
            Points([-1.5], [1], shape="circle", label="circle"),
            Points([-0.5], [1], shape="ring", role="blue", label="ring"),
            Points([0.5], [1], shape="square", role="vermillion", label="square"),
            Points([1.5], [1], shape="triangle", role="green", label="triangle"),
            Points(hits[:, 0], hits[:, 1], shape="cross", label="clicked"),
            Arrow([0, 0], [0, 0], [1, a], [-1, -1], role="vermillion"),
            Text(-1.5, -1.2, "two\nlines", role="blue"),
            Text(0.5, -1.6, "boxed", boxed=True),
        ),
    )
    bars = Chart(
        "Bars",
        Axis("class", -0.6, 2.6, ticks=((0, "cat"), (1, "dog"), (2, "owl"))),
        Axis("share", 0, 1),
        (Bars([0, 1, 2], np.exp([a, 0, -a]) / np.exp([a, 0, -a]).sum(), label="softmax"),),
    )
    heat = Chart(
        "Heat map",
        Axis("x₁", -2, 2),
        Axis("x₂", -2, 2),
        (Heat(field, (-2, 2), (-2, 2), -4, 4), Heat(np.eye(6), (0.5, 1.7), (0.5, 1.7), 0, 1, colours="rising")),
        (Handle(a, np.log10(rate), "Both", moves_x="a", moves_y=None, role="green"),),
    )
    log = Chart(
        "Logarithmic, on a track",
        Axis("learning rate", 1e-3, 10, log=True),
        Axis("loss", 1e-2, 100, log=True),
        (Line([1e-3, 10], [50, 0.02]),),
        (
            Handle(
                rate,
                float(50 * (rate / 1e-3) ** -0.85),
                "Rate",
                moves_x="rate",
                track=Track(np.geomspace(1e-3, 10, 81), np.geomspace(1e-3, 10, 81), np.geomspace(50, 0.02, 81)),
            ),
        ),
    )
    simplex = Chart(
        "Simplex",
        Axis("", -0.1, 1.1, visible=False),
        Axis("", -0.1, 1.0, visible=False),
        (
            Line([0, 1, 0.5, 0], [0, 0, 0.866, 0], role="ink"),
            Points(0.5 + 0.2 * np.cos(angle + a), 0.3 + 0.2 * np.sin(angle + a), size=4),
        ),
        equal=True,
    )
    return Scene(
        (lines, points, bars, heat, log, simplex),
        says=f"a is {a:g}, the rate is {rate:g}, the wave is a {kind}.",
        facts={"a": a, "clicks": len(hits)},
        columns=3,
        height=240,
    )


def a_is_one(params: dict[str, Any], facts: dict[str, Any]) -> Result:
    return Result(1, "Yes, a is 1.") if abs(facts["a"] - 1) < 0.05 else Result(0.5, f"a is {facts['a']:g}.")


MARKS = Panel(
    name="every-mark",
    title="Every mark",
    scene=every_mark,
    controls=(
        Slider("a", "Shift a", -2, 2, default=0.5, step=0.1, table=41),
        Slider("rate", "Rate", 1e-3, 10, default=0.1, step=1e-3, log=True, table=5),
        Choice("kind", "Wave", (("sine", "Sine"), ("cosine", "Cosine")), "sine"),
        Toggle("dashed", "Dashed line"),
        Memo("clicked", []),
    ),
    task=Task("sample-one", "Make a equal to 1, then press Check.", a_is_one),
    presets=(Preset("Left", {"a": -1.5}), Preset("Cosine", {"kind": "cosine", "a": 0})),
    actions=(Action("Forget clicks", lambda params: {"clicked": []}),),
    click=lambda params, chart, x, y: (
        {"clicked": [*params["clicked"], [round(x, 3), round(y, 3)]]} if chart == 1 else {}
    ),
)


def untrained(rate: float, seed: int) -> Scene:
    return _fit_scene(np.zeros(3), [], seed)


def training(params: dict[str, Any]) -> Iterator[Scene]:
    """Logistic regression on two clouds, five steps of gradient descent for each picture, without end."""
    weights = np.zeros(3)
    points, labels = _clouds(params["seed"])
    costs: list[float] = []
    for _ in range(2000):
        for _ in range(5):
            error = sigmoid(points @ weights) - labels
            weights = weights - params["rate"] * points.T @ error / len(labels)
        margin = points @ weights * (2 * labels - 1)
        costs.append(float(np.logaddexp(0, -margin).mean()))
        yield _fit_scene(weights, costs, params["seed"])


def _clouds(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat([0.0, 1.0], 50)
    points = rng.normal(0, 0.8, (100, 2)) + np.where(labels[:, None] == 1, 1.0, -1.0)
    return np.column_stack([points, np.ones(100)]), labels


def _fit_scene(weights: np.ndarray, costs: list[float], seed: int) -> Scene:
    points, labels = _clouds(seed)
    grid = np.linspace(-3, 3, 50)
    surface = sigmoid(weights[2] + np.add.outer(weights[1] * grid, weights[0] * grid))
    return Scene(
        (
            Chart(
                "Decision surface",
                Axis("x₁", -3, 3),
                Axis("x₂", -3, 3),
                (
                    Heat(surface, (-3, 3), (-3, 3), 0, 1),
                    Points(points[labels == 0, 0], points[labels == 0, 1]),
                    Points(points[labels == 1, 0], points[labels == 1, 1], shape="triangle"),
                ),
                equal=True,
            ),
            Chart("Loss", Axis("picture", 0, 200), Axis("", 0, 1), (Line(range(len(costs)), costs),) if costs else ()),
        ),
        says=f"After {5 * len(costs)} steps the loss is {costs[-1] if costs else np.log(2):.4f}.",
        facts={"steps": 5 * len(costs)},
    )


TRAINING = Panel(
    name="training",
    title="Training",
    scene=untrained,
    controls=(
        Slider("rate", "Learning rate", 0.01, 10, default=0.1, step=0.01, log=True, table=3),
        Choice("seed", "Data", ((0, "first"), (1, "second")), 0),
    ),
    run=training,
    restarts=frozenset({"seed"}),
)
