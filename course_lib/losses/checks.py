"""What the losses accept: labels, probabilities, class rows and vectors, and an error that helps for the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float, paired, require
from course_lib.spec import NON_NEGATIVE, UNIT, Array


def binary_labels(y_true: ArrayLike, y_pred: ArrayLike, pred_name: str, *, soft: bool) -> tuple[Array, Array]:
    """Labels 0 and 1 (or, where `soft`, probabilities between them) and predictions of the same shape and dtype."""
    y_true, y_pred = paired(y_true, y_pred, pred_name)
    if soft:
        require(y_true, UNIT, "y_true", "a label is 0 or 1 (or a probability between them); map −1/+1 to 0/1 first")
    else:
        _require_one_of(y_true, (0, 1), "y_true", "labels −1/+1 become 0/1 by (y_true + 1) / 2")
    return y_true, y_pred


def sign_labels(y_true: ArrayLike, scores: ArrayLike) -> tuple[Array, Array]:
    """Labels −1 and +1 and real scores of the same shape and dtype."""
    y_true, scores = paired(y_true, scores, "scores")
    _require_one_of(y_true, (-1, 1), "y_true", "labels 0/1 become −1/+1 by 2 * y_true - 1")
    return y_true, scores


def _require_one_of(values: Array, allowed: tuple[int, int], name: str, advice: str) -> None:
    wrong = (values != allowed[0]) & (values != allowed[1]) & ~np.isnan(values)
    if np.any(wrong):
        first = float(np.asarray(values)[wrong].flat[0])
        raise ValueError(f"{name} must hold {allowed[0]} and {allowed[1]} only, got {first:.6g}; {advice}")


def class_rows(y_true: ArrayLike, y_pred: ArrayLike, pred_name: str) -> tuple[Array, Array]:
    """One-hot rows (or rows of class probabilities) and predictions, both (n, k) with the classes on the last axis."""
    target, pred = as_float(y_true, "y_true"), as_float(y_pred, pred_name)
    if pred.ndim and target.shape == pred.shape[:-1]:
        raise ValueError(
            f"y_true has shape {target.shape} but {pred_name} has shape {pred.shape}: one-hot rows are expected; "
            "for class numbers use the sparse_ form of the loss, or np.eye(k)[y_true]"
        )
    y_true, y_pred = paired(y_true, y_pred, pred_name)
    _require_classes(y_pred, pred_name)
    _require_rows_of_shares(y_true, "y_true", 8 * y_true.shape[-1] * float(np.finfo(y_true.dtype).eps), "one-hot rows")
    return y_true, y_pred


def probability_rows(y_true: ArrayLike, y_prob: ArrayLike, name: str, advice: str) -> tuple[Array, Array]:
    """class_rows whose predictions are probabilities: each row of `name` sums to 1, or `advice` says what to use."""
    y_true, y_prob = class_rows(y_true, y_prob, name)
    require_probabilities(y_prob, name, advice)
    return y_true, y_prob


def require_probabilities(y_prob: Array, name: str, advice: str) -> None:
    """ValueError unless the rows (last axis) are probabilities that sum to 1."""
    # Rows come out of a softmax in the caller's precision, whatever ours: 1e-3 catches scores, not rounding.
    _require_rows_of_shares(y_prob, name, max(1e-3, y_prob.shape[-1] * float(np.finfo(y_prob.dtype).eps)), advice)


def _require_rows_of_shares(rows: Array, name: str, tolerance: float, advice: str) -> None:
    require(rows, UNIT, name, f"each row holds probabilities ({advice})")
    # The sum over the last axis; for short rows several times faster than .sum(axis=-1).
    total = np.atleast_1d(np.einsum("...k->...", rows))
    wrong = np.abs(total - 1) > tolerance
    if np.any(wrong):
        raise ValueError(
            f"each row of {name} must sum to 1 over the last axis, got a row that sums to "
            f"{float(total[wrong][0]):.6g} ({advice})"
        )


def class_labels(y_true: ArrayLike, y_pred: ArrayLike, pred_name: str) -> tuple[Array, Array]:
    """Class numbers 0 … k−1, (n,), and predictions (n, k) with the classes on the last axis."""
    pred = as_float(y_pred, pred_name)
    _require_classes(pred, pred_name)
    if np.shape(as_float(y_true, "y_true")) == pred.shape:
        raise ValueError(
            f"y_true has the shape of {pred_name}, {pred.shape}, but class numbers are expected, {pred.shape[:-1]}; "
            "for one-hot rows use the form without sparse_"
        )
    labels = class_numbers(y_true, pred.shape[-1])
    if labels.shape != pred.shape[:-1]:
        raise ValueError(
            f"y_true has shape {labels.shape} but {pred_name} has shape {pred.shape}; expected {pred.shape[:-1]}"
        )
    return labels, pred


def class_numbers(y_true: ArrayLike, k: int) -> Array:
    """The labels as an array of integers from 0 to k − 1."""
    labels = np.asarray(y_true)
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"y_true must hold class numbers of an integer dtype, got dtype {labels.dtype}; use .astype(int)"
        )
    wrong = (labels < 0) | (labels >= k)
    if np.any(wrong):
        raise ValueError(
            f"y_true must hold class numbers from 0 to {k - 1}, because there are {k} classes; "
            f"got {int(np.asarray(labels)[wrong].flat[0])}"
        )
    return labels


def _require_classes(y_pred: Array, name: str) -> None:
    if y_pred.ndim == 0 or y_pred.shape[-1] < 2:
        raise ValueError(
            f"{name} needs an axis of at least two classes at the end, (n, k) or (k,); got shape {y_pred.shape}"
        )


def class_weights(weights: ArrayLike, k: int) -> Array:
    """One weight ≥ 0 for each of the k classes, (k,)."""
    array = as_float(weights, "class_weights")
    if array.shape != (k,):
        raise ValueError(f"class_weights must hold one weight for each of the {k} classes, got shape {array.shape}")
    require(array, NON_NEGATIVE, "class_weights", "a negative weight would reward mistakes")
    return array


def pair_labels(y_true: ArrayLike, pairs: Array) -> Array:
    """One label 0 or 1 for each pair of vectors: shape (n,) for pairs (n, d), in their dtype."""
    labels = as_float(y_true, "y_true")
    if labels.shape != pairs.shape[:-1]:
        raise ValueError(
            f"y_true has shape {labels.shape}; expected one label per pair of vectors, {pairs.shape[:-1]}, "
            f"because the vectors have shape {pairs.shape}"
        )
    _require_one_of(labels, (0, 1), "y_true", "1 marks a pair that belongs together, 0 one that does not")
    return labels.astype(pairs.dtype, copy=False)


def vectors(*named: tuple[str, ArrayLike]) -> tuple[Array, ...]:
    """Arrays (n, d) or (d,) of one shape and dtype, given as (name, array) pairs."""
    arrays = [as_float(array, name) for name, array in named]
    for (name, _), array in zip(named[1:], arrays[1:], strict=True):
        if array.shape != arrays[0].shape:
            raise ValueError(f"{named[0][0]} has shape {arrays[0].shape} but {name} has shape {array.shape}")
    if arrays[0].ndim == 0:
        raise ValueError(f"{named[0][0]} must hold vectors, (n, d) or (d,); got a single number")
    dtype = np.result_type(*arrays)
    return tuple(array.astype(dtype, copy=False) for array in arrays)
