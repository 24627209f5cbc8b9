"""How the course measures: slopes by differences, errors in ULP, and points worth trying."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from course_lib.arrays import as_float
from course_lib.spec import Array, Interval, Loss


def central_difference(f: Callable[[Array], Array], x: ArrayLike, h: float = 1e-3) -> Array:
    """f′(x) ≈ (f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h)) / 12h, elementwise, same shape as x.

    The four-point stencil has error O(h⁴): about 1e-12 at h = 1e-3 in float64 for functions of size 1, ten times
    better than the best two-point difference. It needs f smooth within 2h of x.
    """
    x = as_float(x)
    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)


def ulp_error(value: ArrayLike, truth: ArrayLike, remainder: ArrayLike = 0.0) -> Array:
    """|value − (truth + remainder)| in units of the spacing of floats at the truth, in value's dtype.

    A float64 cannot hold the truth about a float64, so it may come in two parts: the nearest float64, and in
    `remainder` what is left (mpmath gives both). A truth beyond the largest float counts as infinite. Equal infinities
    and a NaN for a NaN count as 0, any other non-finite mismatch as infinity.
    """
    value, truth = np.asarray(value), np.asarray(truth)
    with np.errstate(all="ignore"):
        rounded = truth.astype(value.dtype)
        spacing = np.maximum(np.spacing(np.abs(rounded)), np.finfo(value.dtype).smallest_subnormal)
        # The first difference is exact wherever the value is any good.
        error = np.abs((value.astype(truth.dtype) - truth) - np.asarray(remainder)) / spacing.astype(truth.dtype)
    same = (value == rounded) | (np.isnan(value) & np.isnan(rounded))
    comparable = np.isfinite(value) & np.isfinite(rounded)
    return np.where(comparable, error, np.where(same, 0.0, np.inf))


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


def sample_pairs(loss: Loss, rng: np.random.Generator, n: int = 64, k: int = 4) -> tuple[Array, ...]:
    """Random arrays inside a loss's domain, in the order of `loss.inputs`: (y_true, y_pred), for some a third one.

    n examples; k classes, pixels, coordinates or symbols where the loss has them. Label sequences have n // 4 labels
    for n frames.
    """
    claims = loss.claims()
    labels = rng.integers(0, k, n)
    binary = rng.integers(0, 2, n).astype(np.float64)
    makers: dict[str, Callable[[], Array]] = {
        "value": lambda: rng.normal(0, 3, n),
        "positive value": lambda: rng.gamma(2.0, 2.0, n),
        "binary": lambda: binary,
        "sign": lambda: 2 * binary - 1,
        "label": lambda: labels,
        "one-hot": lambda: np.eye(k)[labels],
        "probability": lambda: rng.uniform(0.02, 0.98, n),
        "logit": lambda: rng.normal(0, 3, n),
        "probabilities": lambda: rng.dirichlet(np.full(k, 2.0), n),
        "logits": lambda: rng.normal(0, 3, (n, k)),
        "vectors": lambda: rng.normal(0, 1, (n, k)),
        "class weights": lambda: rng.gamma(2.0, 1.0, k),
        "mask": lambda: rng.integers(0, 2, (n, k)).astype(np.float64),
        "soft mask": lambda: rng.uniform(0.02, 0.98, (n, k)),
        "label sequence": lambda: rng.integers(1, k, max(1, n // 4)),
        "frames": lambda: rng.normal(0, 3, (n, k)),
    }

    def within(kind: str, domain: Interval) -> str:
        return "positive value" if kind == "value" and domain.low >= 0 else kind

    prediction = "soft mask" if loss.prediction == "mask" else loss.prediction
    kinds = [within(loss.target, claims.target), within(prediction, claims.prediction)]
    return tuple(makers[kind]() for kind in (kinds if loss.third is None else [*kinds, loss.third]))
