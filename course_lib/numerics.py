"""How the course measures: slopes by differences, errors in ULP, and points worth trying."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from course_lib.arrays import as_float
from course_lib.spec import Array, Loss


def central_difference(f: Callable[[Array], Array], x: ArrayLike, h: float = 1e-3) -> Array:
    """f′(x) ≈ (f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h)) / 12h, elementwise, same shape as x.

    The four-point stencil has error O(h⁴): about 1e-12 at h = 1e-3 in float64 for functions of size 1, ten times
    better than the best two-point difference. It needs f smooth within 2h of x.
    """
    x = as_float(x)
    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)


def ulp_error(value: ArrayLike, truth: ArrayLike) -> Array:
    """|value − truth| in units of the spacing of floats at the truth, in value's dtype.

    `truth` is given in higher precision (float64 for a float32 value, or mpmath results already subtracted elsewhere).
    Equal infinities and a NaN for a NaN count as 0, any other non-finite mismatch as infinity.
    """
    value = np.asarray(value)
    truth = np.asarray(truth)
    with np.errstate(all="ignore"):
        rounded = truth.astype(value.dtype)
        spacing = np.maximum(np.spacing(np.abs(rounded)), np.finfo(value.dtype).smallest_subnormal)
        error = np.abs(value.astype(truth.dtype) - truth) / spacing.astype(truth.dtype)
    same = (value == rounded) | (np.isnan(value) & np.isnan(rounded))
    error = np.where(same & ~np.isfinite(rounded), 0.0, error)
    return np.where(np.isfinite(value) == np.isfinite(rounded), error, np.inf)


def relative_error(value: ArrayLike, truth: ArrayLike) -> Array:
    """|value − truth| / max(|truth|, smallest normal float), elementwise."""
    value, truth = as_float(value, "value"), as_float(truth, "truth")
    return np.abs(value - truth) / np.maximum(np.abs(truth), np.finfo(truth.dtype).tiny)


def sample_points(
    dtype: DTypeLike = np.float64, *, extreme: bool = True, rng: np.random.Generator | None = None
) -> Array:
    """Points worth trying, sorted, (n,): a dense ordinary range, the neighbourhood of 0, and the far ends of the dtype.

    With `rng`, also 200 draws from a normal with standard deviation 3. Never empty, never NaN, finite throughout.
    """
    info = np.finfo(dtype)
    parts = [np.linspace(-40, 40, 1601), [0.0]]
    if extreme:
        exponents = np.linspace(np.log10(float(info.tiny)), np.log10(float(info.max)) - 1e-3, 300)
        size = np.minimum(10.0**exponents, float(info.max))
        parts += [size, -size]
    if rng is not None:
        parts.append(rng.normal(0, 3, 200))
    return np.unique(np.concatenate([np.asarray(part, dtype=np.float64) for part in parts]).astype(dtype))


def sample_pairs(loss: Loss, rng: np.random.Generator, n: int = 64, k: int = 4) -> tuple[Array, Array]:
    """Random targets and predictions inside a loss's domain: y_true and y_pred of shape (n,), or (n, k) over classes."""
    labels = rng.integers(0, k, n)
    binary = rng.integers(0, 2, n).astype(np.float64)
    predictions = {
        "value": lambda: rng.normal(0, 3, n),
        "probability": lambda: rng.uniform(0.02, 0.98, n),
        "logit": lambda: rng.normal(0, 3, n),
        "probabilities": lambda: rng.dirichlet(np.full(k, 2.0), n),
        "logits": lambda: rng.normal(0, 3, (n, k)),
    }
    targets: dict[str, Callable[[], Array]] = {
        "value": lambda: rng.normal(0, 3, n),
        "binary": lambda: binary,
        "sign": lambda: 2 * binary - 1,
        "one-hot": lambda: np.eye(k)[labels],
        "label": lambda: labels,
    }
    return targets[loss.target](), predictions[loss.prediction]()
