"""What the course's functions accept: real numbers in, floating-point arrays out, and a clear error for the rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.spec import Array, Interval


def as_float(x: ArrayLike, name: str = "x") -> Array:
    """x as a floating array of the same shape: float16/32/64 are kept, integers and booleans become float64.

    TypeError for strings, None, objects, complex numbers and ragged lists; ValueError for an empty array.
    """
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise TypeError(f"{name} must be numbers in a regular array, got rows of different lengths") from error
    if array.dtype.kind in "iub":
        # NumPy would take exp of int8 in float16.
        array = array.astype(np.float64)
    if array.dtype.kind != "f":
        raise TypeError(
            f"{name} must hold real numbers, got {_described(x, array)}; convert it with np.asarray(…, float)"
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty (shape {array.shape}); expected at least one number")
    return array


def _described(x: Any, array: Array) -> str:
    return f"{type(x).__name__} (dtype {array.dtype})" if array.dtype.kind != "O" else f"{x!r:.60} (dtype object)"


def along(x: ArrayLike, axis: int, name: str = "x") -> Array:
    """as_float, and ValueError unless x has that axis."""
    array = as_float(x, name)
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(
            f"{name} has shape {array.shape}, so it has no axis {axis}; expected one of {_axes(array.ndim)}"
        )
    return array


def _axes(ndim: int) -> str:
    return f"{-ndim} … {ndim - 1}" if ndim else "none: a single number has no axis"


def finite(x: Array) -> Array:
    """x with ±∞ replaced by the largest numbers of its dtype, so that 0·∞ and ∞/∞ become the limits; NaN stays."""
    info = np.finfo(x.dtype)
    return np.clip(x, info.min, info.max)


def is_positive(x: Array) -> Array:
    """1 where x > 0, else 0, in x's dtype; NaN stays, which a comparison would turn into 0."""
    # np.heaviside says the same and takes five times as long.
    return np.sign(np.maximum(x, 0))


def largest_exponent(x: Array) -> int:
    """The largest whole number whose exponential is finite in x's dtype: 709 for float64, 88 and 11 below."""
    return int(np.log(np.finfo(x.dtype).max))


def paired(y_true: ArrayLike, y_pred: ArrayLike, pred_name: str = "y_pred") -> tuple[Array, Array]:
    """Targets and predictions as floating arrays of one shape and dtype (the prediction's, for integer targets).

    ValueError when the shapes differ: NumPy would broadcast (n, 1) against (n,) to (n, n) without a word.
    """
    target, pred = as_float(y_true, "y_true"), as_float(y_pred, pred_name)
    target_is_integer = np.asarray(y_true).dtype.kind in "iub"
    if target.shape != pred.shape:
        hint = "; reshape one of them, for example with .ravel()" if target.size == pred.size else ""
        raise ValueError(f"y_true has shape {target.shape} but {pred_name} has shape {pred.shape}{hint}")
    dtype = pred.dtype if target_is_integer else np.result_type(target, pred)
    return target.astype(dtype, copy=False), pred.astype(dtype, copy=False)


def require(values: Array, domain: Interval, name: str, why: str) -> None:
    """ValueError naming the first value outside the domain; NaN passes, so that it propagates."""
    # Two passes that allocate nothing settle nearly every call; fmin and fmax look past NaN.
    lowest, highest = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    if not (np.any(_outside(lowest, domain)) or np.any(_outside(highest, domain))):
        return
    first = float(np.asarray(values)[_outside(values, domain)].flat[0])
    raise ValueError(f"{name} must lie in {domain}, got {first:.6g}: {why}")


def _outside(values: Array, domain: Interval) -> Array:
    below = values < domain.low if domain.low_closed else values <= domain.low
    above = values > domain.high if domain.high_closed else values >= domain.high
    # An infinite end is never closed, yet ±inf is a legitimate input: functions return their limit there.
    return (below & math.isfinite(domain.low)) | (above & math.isfinite(domain.high))
