"""Nanoseconds per element: every function with a textbook line, at three sizes, on one core."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks import textbook
from benchmarks.libraries import NOT_INSTALLED, Library, fastest, jax, one_core, pytorch
from benchmarks.tables import Table
from course_lib import activations, losses
from course_lib.spec import Activation, Array, Loss

COLUMNS = ("ours", "textbook", "SciPy", "PyTorch", "JAX", "copy")
CLASSES = 10
SIZES = {"quick": (1_000, 100_000), "full": (1_000, 1_000_000, 10_000_000)}
NOTE = (
    "float64, normal scores with deviation 3, rows of ten where a function works on rows; results in fresh arrays.\n"
    "Best of {rounds} turns on one core, the contestants taking turns. copy: numpy.copyto, the speed of memory.\n"
    "÷ NumPy/SciPy: ours over the faster of textbook and SciPy; ÷ PyTorch: ours over PyTorch. –: no such function."
)


def contestants(found: dict[str, Library | None], n: int) -> Iterator[tuple[str, dict[str, Callable[[], object]]]]:
    """For each function its name and, by column, a call without arguments on n elements."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 3, n)
    for name, entry in activations.CATALOGUE.items():
        arrays = (x if entry.elementwise else x.reshape(-1, CLASSES),)
        if name in textbook.VALUE:
            yield name, _calls(name, entry, entry.function, textbook.VALUE[name], arrays, found)
        if name in textbook.DERIVATIVE and entry.derivative is not None:
            yield f"{name}′", _calls(f"{name}′", None, entry.derivative, textbook.DERIVATIVE[name], arrays, found)
    for name, loss in losses.CATALOGUE.items():
        if name in textbook.LOSS:
            yield name, _calls(name, loss, loss.function, textbook.LOSS[name], pairs(loss, rng, x), found)


def pairs(loss: Loss, rng: np.random.Generator, x: Array) -> tuple[Array, Array]:
    """Targets and predictions with as many numbers in the predictions as x has."""
    binary = rng.integers(0, 2, len(x)).astype(float)
    label = rng.integers(0, CLASSES, len(x) // CLASSES)
    z = x.reshape(-1, CLASSES)
    target: dict[str, Callable[[], Array]] = {
        "value": lambda: np.abs(rng.normal(0, 3, len(x))) + 0.1,
        "binary": lambda: binary,
        "sign": lambda: 2 * binary - 1,
        "label": lambda: label,
        "one-hot": lambda: np.eye(CLASSES)[label],
        "probabilities": lambda: activations.softmax(rng.normal(size=z.shape)),
        "mask": lambda: binary.reshape(z.shape),
        "vectors": lambda: rng.normal(size=z.shape),
    }
    prediction: dict[str, Callable[[], Array]] = {
        "value": lambda: np.abs(x),
        "logit": lambda: x,
        "probability": lambda: activations.sigmoid(x),
        "logits": lambda: z,
        "probabilities": lambda: activations.softmax(z),
        "mask": lambda: activations.sigmoid(z),
        "vectors": lambda: z,
    }
    return target[loss.target](), prediction[loss.prediction]()


def _calls(
    name: str,
    entry: Activation | Loss | None,
    ours: Callable[..., Any],
    line: Callable[..., Any],
    arrays: tuple[Array, ...],
    found: dict[str, Library | None],
) -> dict[str, Callable[[], object]]:
    target = np.empty_like(arrays[-1])
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: ours(*arrays),
        "textbook": lambda: line(*arrays, textbook.FLOATS),
        "copy": lambda: np.copyto(target, arrays[-1]),
    }
    if name in textbook.SCIPY:
        calls["SciPy"] = lambda: textbook.SCIPY[name](*arrays)
    for library in found.values():
        function = library.function(entry) if library is not None and entry is not None else None
        if library is not None and function is not None:
            calls[library.name] = _native(library, function, arrays)
    return calls


def _native(library: Library, function: Callable[..., Any], arrays: tuple[Array, ...]) -> Callable[[], object]:
    compiled, native = library.compiled(function), [library.array(array) for array in arrays]
    return lambda: library.ready(compiled(*native))


def run(quick: bool) -> list[Table]:
    found = {"PyTorch": pytorch(), "JAX": jax()}
    tables = []
    with one_core(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for n in SIZES["quick" if quick else "full"]:
            rounds = 3 if quick or n >= 10_000_000 else 7
            lines = []
            for name, calls in contestants(found, n):
                seconds = fastest(calls, rounds, seconds=0.001 if quick else 0.01)
                lines.append(_line(name, {column: s / n * 1e9 for column, s in seconds.items()}, found))
            header = ("function", *COLUMNS, "÷ NumPy/SciPy", "÷ PyTorch")
            tables.append(
                Table(f"Speed, ns per element, {n:,} elements", NOTE.format(rounds=rounds), header, tuple(lines))
            )
    return tables


def _line(name: str, ns: dict[str, float], found: dict[str, Library | None]) -> tuple[str | float | None, ...]:
    cells = [
        ns[column] if column in ns else NOT_INSTALLED if column in found and found[column] is None else None
        for column in COLUMNS
    ]
    best = min(ns[column] for column in ("textbook", "SciPy") if column in ns)
    return name, *cells, ns["ours"] / best, ns["ours"] / ns["PyTorch"] if "PyTorch" in ns else None


def figure(tables: list[Table]) -> Figure:
    """Time of ours over each contestant's, by function: left of 1 ours is faster."""
    table = tables[-2] if len(tables) > 2 else tables[-1]
    names = [str(name) for name in table.column("function")]
    chart = Figure(figsize=(9, 0.24 * len(names) + 1.5), layout="constrained")
    axes = chart.subplots()
    marks = {
        "textbook": ("x", "#000000"),
        "SciPy": ("s", "#009E73"),
        "PyTorch": ("^", "#D55E00"),
        "JAX": ("v", "#CC79A7"),
    }
    ours = table.column("ours")
    for column, (mark, colour) in marks.items():
        pairs_ = [
            (a / b, i)
            for i, (a, b) in enumerate(zip(ours, table.column(column), strict=True))
            if isinstance(a, float) and isinstance(b, float)
        ]
        if pairs_:
            axes.plot(*zip(*pairs_, strict=True), mark, color=colour, label=f"ours ÷ {column}", fillstyle="none")
    axes.set_xscale("log")
    axes.axvline(1, color="0.6", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("time of ours ÷ time of the other (left of the dotted line ours is faster)")
    axes.set_title(table.title)
    axes.grid(axis="y", color="0.92")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_axisbelow(True)
    chart.legend(loc="outside upper center", ncols=5)
    return chart
