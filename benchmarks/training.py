"""Optimiser steps per second on two small networks: ours, PyTorch eager, JAX compiled, scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.libraries import NOT_INSTALLED, fastest, installed, one_core
from benchmarks.tables import Table
from course_lib.data import circle, digits
from course_lib.spec import Array
from course_lib.training import Adam, Network

RATE = 0.01
COLUMNS = ("ours", "ours, checked", "PyTorch", "PyTorch, fused Adam", "JAX", "scikit-learn")
NOTE = (
    "Adam, one batch that stays the same, on one core; best of {rounds} turns, the contestants taking turns.\n"
    "Each step computes the loss, its gradient and the update, and hands the loss to Python as a number.\n"
    "ours: network.update; checked: network.step, which looks at shapes and targets first. JAX: one jitted call a step."
)


@dataclass(frozen=True)
class Task:
    """A network, its hidden activation, and one batch: y as rows for ours, as numbers for the others."""

    name: str
    sizes: tuple[int, ...]
    hidden: str
    x: Array
    y: Array
    labels: Array

    @property
    def binary(self) -> bool:
        return self.sizes[-1] == 1


def tasks(dtype: Any) -> list[Task]:
    points, train = circle(500, rng=0), digits(rng=0).train
    found = []
    for hidden in ("tanh", "relu"):
        found.append(
            Task("2-16-16-1, 500 points", (2, 16, 16, 1), hidden, points.x.astype(dtype), points.y[:, None], points.y)
        )
        batch = slice(64)
        x, one_hot = train.x[batch].astype(dtype), train.one_hot[batch]
        found.append(Task("digits 64-64-10, batch 64", (64, 64, 10), hidden, x, one_hot, train.y[batch]))
    return found


def ours(task: Task, dtype: Any, checked: bool) -> Callable[[], float]:
    loss = f"{'binary' if task.binary else 'categorical'}_cross_entropy_with_logits"
    network = Network(task.sizes, task.hidden, loss=loss, optimiser=Adam(RATE), dtype=dtype)
    if checked:
        return lambda: network.step(task.x, task.y)
    x, y = network.prepare(task.x, task.y)
    return lambda: network.update(x, y)


def pytorch(task: Task, dtype: Any, fused: bool) -> Callable[[], float] | None:
    torch = installed("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)
    kind = {np.float32: torch.float32, np.float64: torch.float64}[dtype]
    layers: list[Any] = []
    for fan_in, fan_out in zip(task.sizes, task.sizes[1:], strict=False):
        layers += [
            torch.nn.Linear(fan_in, fan_out, dtype=kind),
            {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[task.hidden](),
        ]
    network = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE, fused=fused)
    loss = torch.nn.BCEWithLogitsLoss() if task.binary else torch.nn.CrossEntropyLoss()
    x, y = torch.from_numpy(task.x), torch.from_numpy(task.y).to(kind) if task.binary else torch.from_numpy(task.labels)

    def step() -> float:
        optimiser.zero_grad()
        cost = loss(network(x), y)
        cost.backward()
        optimiser.step()
        return float(cost.item())

    return step


def jax(task: Task, dtype: Any) -> Callable[[], float] | None:
    module = installed("jax")
    if module is None:
        return None
    module.config.update("jax_enable_x64", True)
    np_ = module.numpy
    hidden = {"tanh": np_.tanh, "relu": module.nn.relu}[task.hidden]
    rng = np.random.default_rng(0)
    shapes = list(zip(task.sizes, task.sizes[1:], strict=False))
    weights = [
        (np_.asarray(rng.normal(0, fan_in**-0.5, (fan_in, fan_out)), dtype), np_.zeros(fan_out, dtype))
        for fan_in, fan_out in shapes
    ]
    x, y = np_.asarray(task.x), np_.asarray(task.y, dtype)

    def cost(weights: Any) -> Any:
        signal = x
        for w, b in weights[:-1]:
            signal = hidden(signal @ w + b)
        z = signal @ weights[-1][0] + weights[-1][1]
        if task.binary:
            return (np_.maximum(z, 0) - z * y + np_.log1p(np_.exp(-np_.abs(z)))).mean()
        return -(y * module.nn.log_softmax(z)).sum(axis=-1).mean()

    def update(weights: Any, mean: Any, square: Any, t: Any) -> Any:
        value, slope = module.value_and_grad(cost)(weights)
        each = module.tree.map
        mean = each(lambda m, g: 0.9 * m + 0.1 * g, mean, slope)
        square = each(lambda s, g: 0.999 * s + 0.001 * g * g, square, slope)
        rate, root = RATE * np_.sqrt(1 - 0.999**t) / (1 - 0.9**t), np_.sqrt(1 - 0.999**t)
        weights = each(lambda w, m, s: w - rate * m / (np_.sqrt(s) + 1e-8 * root), weights, mean, square)
        return value, (weights, mean, square, t + 1)

    compiled = module.jit(update)
    zeros = module.tree.map(np_.zeros_like, weights)
    state = (weights, zeros, zeros, np_.asarray(1.0, dtype))

    def step() -> float:
        nonlocal state
        value, state = compiled(*state)
        return float(value)

    return step


def scikit_learn(task: Task, steps: int) -> Callable[[], object]:
    """A call of `steps` optimiser steps: each epoch is one batch."""
    from sklearn.neural_network import MLPClassifier

    def train() -> object:
        return MLPClassifier(
            task.sizes[1:-1],
            activation=task.hidden,
            learning_rate_init=RATE,
            batch_size=len(task.x),
            max_iter=steps,
            tol=0.0,
            n_iter_no_change=steps,
            random_state=0,
        ).fit(task.x, task.labels)

    return train


def run(quick: bool) -> list[Table]:
    rounds, steps = (2, 40) if quick else (9, 300)
    lines = []
    with one_core(), warnings.catch_warnings():
        # scikit-learn warns that it has not converged, which is not asked of it.
        warnings.simplefilter("ignore")
        for dtype in (np.float64, np.float32):
            for task in tasks(dtype):
                calls: dict[str, Callable[[], object] | None] = {
                    "ours": ours(task, dtype, checked=False),
                    "ours, checked": ours(task, dtype, checked=True),
                    "PyTorch": pytorch(task, dtype, fused=False),
                    "PyTorch, fused Adam": pytorch(task, dtype, fused=True),
                    "JAX": jax(task, dtype),
                    "scikit-learn": scikit_learn(task, steps),
                }
                present = {name: call for name, call in calls.items() if call is not None}
                seconds = fastest(present, rounds, seconds=0.02 if quick else 0.2)
                rates = {name: 1 / value for name, value in seconds.items()}
                rates["scikit-learn"] *= steps
                lines.append(_line(task, dtype, rates))
    header = ("network", "hidden", "dtype", *COLUMNS, "÷ PyTorch", "÷ fused", "÷ JAX", "÷ scikit-learn")
    return [Table("Training, steps per second", NOTE.format(rounds=rounds), header, tuple(lines))]


def _line(task: Task, dtype: Any, rates: dict[str, float]) -> tuple[str | float | None, ...]:
    others = ("PyTorch", "PyTorch, fused Adam", "JAX", "scikit-learn")
    ratios = [rates["ours"] / rates[name] if name in rates else None for name in others]
    return task.name, task.hidden, dtype.__name__, *[rates.get(name, NOT_INSTALLED) for name in COLUMNS], *ratios


def figure(tables: list[Table]) -> Figure:
    """Steps per second as bars, one group for each network in double precision."""
    table = tables[0]
    rows = [row for row in table.rows if row[2] == "float64"]
    chart = Figure(figsize=(9, 4.5), layout="constrained")
    axes = chart.subplots()
    shown = {
        "ours": "#0072B2",
        "JAX": "#009E73",
        "PyTorch, fused Adam": "#E69F00",
        "PyTorch": "#D55E00",
        "scikit-learn": "#000000",
    }
    for i, (column, colour) in enumerate(shown.items()):
        heights = [row[table.columns.index(column)] for row in rows]
        known = [(j, h) for j, h in enumerate(heights) if isinstance(h, float)]
        places = [j + (i - 2) * 0.16 for j, _ in known]
        bars = axes.bar(
            places,
            [h for _, h in known],
            0.15,
            color=colour,
            label=column,
            hatch=["", "//", "..", "xx", "\\\\"][i],
            edgecolor="white",
        )
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=7, rotation=90, padding=2)
    axes.set_xticks(range(len(rows)), [f"{row[0]}\n{row[1]}" for row in rows])
    axes.set_ylabel("steps per second")
    axes.margins(y=0.2)
    axes.set_title("Training, float64, one core")
    axes.legend(ncols=5, fontsize=8)
    return chart
