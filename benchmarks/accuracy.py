"""How far from the truth: every function and its slope, in ULP and in eps, against the same line in 400 digits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks import textbook
from benchmarks.libraries import NOT_INSTALLED, Library, jax, pytorch
from benchmarks.tables import Table
from course_lib import activations, losses
from course_lib.spec import Activation, Array, Loss

Form = Callable[..., Any]

CLASSES = 6
COLUMNS = ("ours", "textbook", "SciPy", "PyTorch", "JAX")
NOTE = (
    "Largest error over the points, in ULP (the spacing of floats at the truth) and in eps of max(1, |truth|):\n"
    "the first tells whether the digits are right however small the result, the second whether the error matters.\n"
    "Points: {points}. Textbook lines: benchmarks/textbook.py. –: no such function.\n"
    "Left out, having no textbook line here: {left_out}."
)


@dataclass(frozen=True)
class Subject:
    """One function under test: its arrays for a dtype, its exact line, and the contestants by column."""

    name: str
    arrays: Callable[[Any, bool], tuple[Array, ...]]
    exact: Callable[..., Any]
    forms: dict[str, Form]


def scores(dtype: Any, quick: bool) -> tuple[Array, ...]:
    """Both signs, from tiny to where exp overflows, dense between −10 and 10."""
    far = 100 if dtype == np.float32 else 740
    n = 15 if quick else 80
    steps = np.geomspace(1e-8, far, n)
    return (np.unique(np.concatenate([-steps, [0.0], steps, np.linspace(-10, 10, 2 * n + 1)])).astype(dtype),)


def rows(dtype: Any, quick: bool) -> tuple[Array, ...]:
    """Rows of six scores: ordinary ones, far apart, and with a large common shift."""
    draws = np.random.default_rng(0).normal(0, 1, (10 if quick else 60, CLASSES))
    return (np.concatenate([3 * draws, 30 * draws, 3 * draws + (200 if dtype == np.float32 else 1000)]).astype(dtype),)


def shares(z: Array) -> Array:
    """Probabilities that belong to rows of scores, none of them 0."""
    share = np.exp(z - z.max(axis=-1, keepdims=True)) + np.finfo(z.dtype).tiny
    normalised: Array = share / share.sum(axis=-1, keepdims=True)
    return normalised


def pairs(loss: Loss) -> Callable[[Any, bool], tuple[Array, ...]]:
    """Targets and predictions for a loss, from confident and right to confident and wrong."""

    def arrays(dtype: Any, quick: bool) -> tuple[Array, ...]:
        (x,) = scores(dtype, quick)
        (z,) = rows(dtype, quick)
        near, (n, k) = np.random.default_rng(1).normal(size=z.shape), z.shape
        prediction = {
            "value": x if -1.0 in loss.claims().prediction else np.abs(x[x != 0]),
            "logit": x,
            "probability": np.clip(np.abs(x) / np.abs(x).max(), np.finfo(dtype).tiny, 1 - np.finfo(dtype).eps),
            "logits": z,
            "probabilities": shares(z),
            "mask": shares(z),
            "vectors": z,
        }[loss.prediction].astype(dtype)
        binary = np.arange(len(prediction)) % 2
        target: dict[str, Array] = {
            "value": np.ones(len(prediction)),
            "binary": binary,
            "sign": 2 * binary - 1,
            "label": np.arange(n) % k,
            "one-hot": np.eye(k)[np.arange(n) % k],
            "probabilities": shares((3 * near).astype(dtype)),
            "mask": near > 0,
            "vectors": near,
        }
        y_true = target[loss.target]
        return y_true if loss.target == "label" else y_true.astype(dtype), prediction

    return arrays


def subjects(libraries: list[Library]) -> Iterator[Subject]:
    """Every catalogue entry that has a textbook line: values, slopes of activations, and losses."""
    for name, entry in activations.CATALOGUE.items():
        if name in textbook.VALUE:
            forms = _forms(name, entry.function, {library: library.function(entry) for library in libraries})
            yield Subject(name, scores if entry.elementwise else rows, textbook.VALUE[name], forms)
        if name in textbook.DERIVATIVE and entry.derivative is not None:
            forms = _forms(f"{name}′", entry.derivative, {library: _slope(library, entry) for library in libraries})
            yield Subject(f"{name}′", scores, textbook.DERIVATIVE[name], forms)
    for name, loss in losses.CATALOGUE.items():
        if name in textbook.LOSS:
            forms = _forms(name, loss.function, {library: library.function(loss) for library in libraries})
            yield Subject(name, pairs(loss), textbook.LOSS[name], forms)


def _slope(library: Library, entry: Activation) -> Form | None:
    function = library.function(entry)
    return None if function is None else library.slope(function)


def _forms(name: str, ours: Form, theirs: dict[Library, Form | None]) -> dict[str, Form]:
    forms = {"ours": ours}
    if name in textbook.SCIPY:
        forms["SciPy"] = textbook.SCIPY[name]
    return forms | {lib.name: _on_arrays(lib, function) for lib, function in theirs.items() if function is not None}


def _on_arrays(library: Library, function: Form) -> Form:
    return lambda *arrays: np.asarray(library.ready(function(*map(library.array, arrays))))


# A truth beyond float32 is inf there, which is the right answer and no warning.
@np.errstate(over="ignore")
def worst(value: Array, truth: Array) -> tuple[float, float]:
    """Largest error in ULP of value's dtype, and in eps of max(1, |truth|); `truth` holds 400-digit numbers."""
    info = np.finfo(value.dtype)
    in_ulp = in_eps = 0.0
    for v, t in zip(value.ravel(), truth.ravel(), strict=True):
        rounded = value.dtype.type(float(t))
        if v == rounded:
            error = 0.0 if not np.isfinite(v) else float(abs(textbook.EXACT.mpf(float(v)) - t))
        else:
            error = float(abs(textbook.EXACT.mpf(float(v)) - t)) if np.isfinite(v) and np.isfinite(rounded) else np.inf
        spacing = max(float(np.spacing(np.abs(rounded))), float(info.smallest_subnormal)) if error else 1.0
        in_ulp = max(in_ulp, error / spacing)
        in_eps = max(in_eps, error / (float(info.eps) * max(1.0, abs(float(t)))))
    return in_ulp, in_eps


def measured(subject: Subject, dtype: Any, quick: bool) -> dict[str, tuple[float, float]]:
    """The worst errors by column."""
    arrays = subject.arrays(dtype, quick)
    digits = np.frompyfunc(lambda v: textbook.EXACT.mpf(float(v)), 1, 1)
    truth = subject.exact(*(a if a.dtype.kind in "iu" else digits(a) for a in arrays), textbook.DIGITS)
    forms = subject.forms | {"textbook": lambda *a: subject.exact(*a, textbook.FLOATS)}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Naive lines overflow, and that is the point of showing them.
        warnings.simplefilter("ignore")
        values = {column: np.asarray(form(*arrays)).astype(dtype) for column, form in forms.items()}
    return {column: worst(value, np.asarray(truth)) for column, value in values.items()}


def run(quick: bool) -> list[Table]:
    found = {"PyTorch": pytorch(), "JAX": jax()}
    libraries = [library for library in found.values() if library is not None]
    tables = []
    for dtype in (np.float64, np.float32):
        lines = []
        for subject in subjects(libraries):
            errors = measured(subject, dtype, quick)
            line: list[str | float | None] = [subject.name]
            for column in COLUMNS:
                if column in errors:
                    line += errors[column]
                else:
                    missing = column in found and found[column] is None
                    line += [NOT_INSTALLED if missing else None] * 2
            lines.append(tuple(line))
        points = "|x| ≤ 100" if dtype == np.float32 else "|x| ≤ 740"
        header = ("function", *(f"{c} {unit}" for c in COLUMNS for unit in ("ULP", "eps")))
        left_out = ", ".join(
            name for name in (*activations.CATALOGUE, *losses.CATALOGUE) if name not in textbook.VALUE | textbook.LOSS
        )
        note = NOTE.format(points=points, left_out=left_out)
        tables.append(Table(f"Accuracy, {dtype.__name__}", note, header, tuple(lines)))
    return tables


def figure(tables: list[Table]) -> Figure:
    """Errors in ULP by function, one mark a contestant; infinite ones stand at the right edge."""
    table = tables[0]
    names = [str(name) for name in table.column("function")]
    chart = Figure(figsize=(9, 0.24 * len(names) + 1.5), layout="constrained")
    axes = chart.subplots()
    marks = {"textbook": "x", "SciPy": "s", "PyTorch": "^", "JAX": "v", "ours": "o"}
    colours = {"textbook": "#000000", "SciPy": "#009E73", "PyTorch": "#D55E00", "JAX": "#CC79A7", "ours": "#0072B2"}
    for column, mark in marks.items():
        points = [(e, i) for i, e in enumerate(table.column(f"{column} ULP")) if isinstance(e, float)]
        if points:
            errors = np.clip([e for e, _ in points], 0.3, 1e18)
            axes.plot(errors, [i for _, i in points], mark, color=colours[column], label=column, fillstyle="none")
    axes.set_xscale("log")
    axes.axvline(5, color="0.6", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("largest error in ULP (dotted: 5; right edge: infinite or every digit lost)")
    axes.set_title(table.title)
    axes.grid(axis="y", color="0.92")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_axisbelow(True)
    chart.legend(loc="outside upper center", ncols=5)
    return chart
