"""Values and gradients of the losses against textbook formulas in 50 digits, ordinary and extreme."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from loss_cases import ENTRIES, with_settings
from mpmath import mp, mpf

from course_lib import losses
from course_lib.losses import CATALOGUE
from course_lib.numerics import sample_pairs, sample_points
from course_lib.spec import Loss

mp.dps = 50

# ---------------------------------------------------------------------------------------------------------------------
# The truth: textbook formulas, one example at a time
# ---------------------------------------------------------------------------------------------------------------------


def mp_softplus(z: mpf) -> mpf:
    return mp.log1p(mp.exp(z)) if z < 0 else z + mp.log1p(mp.exp(-z))


def mp_sigmoid(z: mpf) -> mpf:
    return 1 / (1 + mp.exp(-z))


def mp_sign(x: mpf) -> int:
    return (x > 0) - (x < 0)


def mp_surprise(z: list[mpf], k: int) -> mpf:
    return mp.log1p(sum(mp.exp(z[j] - z[k]) for j in range(len(z)) if j != k))


def mp_share(z: list[mpf], k: int) -> mpf:
    return 1 / sum(mp.exp(z_j - z[k]) for z_j in z)


def mp_rest(z: list[mpf], k: int) -> mpf:
    """1 − share, without the cancellation that even 50 digits would feel in the far tails."""
    return sum(mp_share(z, j) for j in range(len(z)) if j != k)


def mp_weighted_ce(y: list[mpf], z: list[mpf], w: list[mpf]) -> mpf:
    return sum(w[k] * y[k] * mp_surprise(z, k) for k in range(len(z)) if w[k] * y[k] != 0)


def mp_weighted_ce_gradient(y: list[mpf], z: list[mpf], w: list[mpf]) -> list[mpf]:
    t = [w_k * y_k for w_k, y_k in zip(w, y, strict=True)]
    others = [sum(t) - t_k for t_k in t]
    return [others[k] * mp_share(z, k) - t[k] * mp_rest(z, k) for k in range(len(z))]


def mp_smoothed(y: list[mpf], s: float) -> list[mpf]:
    return [(1 - mpf(s)) * y_k + mpf(s) / len(y) for y_k in y]


def mp_xlogy(x: mpf, y: mpf) -> mpf:
    if x == 0:
        return mpf(0)
    return -mp.inf if y == 0 else x * mp.log(y)


def mp_norm(x: list[mpf]) -> mpf:
    return mp.sqrt(sum(x_i * x_i for x_i in x))


def mp_minus(a: list[mpf], b: list[mpf]) -> list[mpf]:
    return [x - y for x, y in zip(a, b, strict=True)]


def mp_dot(a: list[mpf], b: list[mpf]) -> mpf:
    return sum(x * y for x, y in zip(a, b, strict=True))


def mp_unit(x: list[mpf]) -> list[mpf]:
    norm = mp_norm(x)
    return [x_i / norm if norm else mpf(0) for x_i in x]


def mp_cos(a: list[mpf], b: list[mpf]) -> mpf:
    return mp_dot(a, b) / (mp_norm(a) * mp_norm(b))


def mp_huber(r: mpf, delta: float) -> mpf:
    return r * r / 2 if abs(r) <= delta else delta * (abs(r) - mpf(delta) / 2)


def mp_log_cosh(r: mpf) -> mpf:
    return mp.log1p(2 * mp.sinh(r / 2) ** 2)


def mp_log_ratio(y: mpf, p: mpf) -> mpf:
    return mp.log1p(p) - mp.log1p(y)


def mp_overlap(y: list[mpf], p: list[mpf], alpha: float, beta: float, smooth: float) -> tuple[mpf, mpf]:
    hits = mp_dot(y, p) + mpf(smooth)
    false_alarms = sum((1 - y_k) * p_k for y_k, p_k in zip(y, p, strict=True))
    misses = sum(y_k * (1 - p_k) for y_k, p_k in zip(y, p, strict=True))
    return hits, alpha * false_alarms + beta * misses


def mp_tversky_gradient(y: list[mpf], p: list[mpf], alpha: float, beta: float, smooth: float) -> list[mpf]:
    hits, missing = mp_overlap(y, p, alpha, beta, smooth)
    total = (hits + missing) ** 2
    return [-(beta * hits + missing) / total if y_k else alpha * hits / total for y_k in y]


VALUE: dict[str, Callable[..., Any]] = {
    "zero_one": lambda y, s: mpf(y * s <= 0),
    "hinge": lambda y, s: max(mpf(0), 1 - y * s),
    "squared_hinge": lambda y, s: max(mpf(0), 1 - y * s) ** 2,
    "squared_error": lambda y, p: (p - y) ** 2,
    "half_squared_error": lambda y, p: (p - y) ** 2 / 2,
    "mse": lambda y, p: (p - y) ** 2,
    "mae": lambda y, p: abs(p - y),
    "huber": lambda y, p, delta=1.0: mp_huber(p - y, delta),
    "smooth_l1": lambda y, p, beta=1.0: mp_huber(p - y, beta) / beta,
    "log_cosh": lambda y, p: mp_log_cosh(p - y),
    "quantile": lambda y, p, tau=0.5: tau * (y - p) if y >= p else (1 - mpf(tau)) * (p - y),
    "msle": lambda y, p: mp_log_ratio(y, p) ** 2,
    "mape": lambda y, p: abs(p - y) / y,
    "binary_cross_entropy": lambda y, p: (-y * mp.log(p) if y else mpf(0)) - ((1 - y) * mp.log1p(-p) if y != 1 else 0),
    "binary_cross_entropy_with_logits": lambda y, z: y * mp_softplus(-z) + (1 - y) * mp_softplus(z),
    "weighted_binary_cross_entropy_with_logits": lambda y, z, pos_weight=1.0: (
        pos_weight * y * mp_softplus(-z) + (1 - y) * mp_softplus(z)
    ),
    "focal_with_logits": lambda y, z, gamma=2.0: mp_sigmoid(-(2 * y - 1) * z) ** gamma * mp_softplus(-(2 * y - 1) * z),
    "categorical_cross_entropy": lambda y, p: -sum(mp_xlogy(y_k, p_k) for y_k, p_k in zip(y, p, strict=True)),
    "categorical_cross_entropy_with_logits": lambda y, z: mp_weighted_ce(y, z, [mpf(1)] * len(y)),
    "sparse_categorical_cross_entropy": lambda label, p: -mp_xlogy(mpf(1), p[int(label)]),
    "sparse_categorical_cross_entropy_with_logits": lambda label, z: mp_surprise(z, int(label)),
    "weighted_categorical_cross_entropy_with_logits": mp_weighted_ce,
    "label_smoothing_with_logits": lambda y, z, smoothing=0.1: mp_weighted_ce(
        mp_smoothed(y, smoothing), z, [mpf(1)] * len(y)
    ),
    "gaussian_nll": lambda y, m, v: (mp.log(v) + (m - y) ** 2 / v) / 2,
    "poisson_nll": lambda y, rate: rate - mp_xlogy(y, rate),
    "poisson_nll_with_log_rate": lambda y, s: mp.exp(s) - y * s,
    "kl_divergence": lambda p, q: sum(mp_xlogy(a, a) - mp_xlogy(a, b) for a, b in zip(p, q, strict=True)),
    "jensen_shannon": lambda p, q: (
        (
            sum(mp_xlogy(a, 2 * a / (a + b) if a else a) for a, b in zip(p, q, strict=True))
            + sum(mp_xlogy(b, 2 * b / (a + b) if b else b) for a, b in zip(p, q, strict=True))
        )
        / 2
    ),
    "cosine_distance": lambda a, b: 1 - mp_cos(a, b),
    "contrastive": lambda y, a, b, margin=1.0: (
        mp_norm(mp_minus(a, b)) ** 2 / 2 if y else max(mpf(0), margin - mp_norm(mp_minus(a, b))) ** 2 / 2
    ),
    "triplet": lambda a, p, n, margin=1.0: max(mpf(0), mp_norm(mp_minus(a, p)) - mp_norm(mp_minus(a, n)) + margin),
    "dice": lambda y, p, smooth=1.0: 1 - (2 * mp_dot(y, p) + mpf(smooth)) / (sum(y) + sum(p) + smooth),
    "tversky": lambda y, p, alpha=0.5, beta=0.5, smooth=1.0: (
        1 - mp_overlap(y, p, alpha, beta, smooth)[0] / sum(mp_overlap(y, p, alpha, beta, smooth))
    ),
}

GRADIENT: dict[str, Callable[..., Any]] = {
    "zero_one": lambda y, s: mpf(0),
    "hinge": lambda y, s: -y if y * s < 1 else mpf(0),
    "squared_hinge": lambda y, s: -2 * y * max(mpf(0), 1 - y * s),
    "squared_error": lambda y, p: 2 * (p - y),
    "half_squared_error": lambda y, p: p - y,
    "mse": lambda y, p: 2 * (p - y),
    "mae": lambda y, p: mpf(mp_sign(p - y)),
    "huber": lambda y, p, delta=1.0: max(-mpf(delta), min(mpf(delta), p - y)),
    "smooth_l1": lambda y, p, beta=1.0: max(mpf(-1), min(mpf(1), (p - y) / beta)),
    "log_cosh": lambda y, p: mp.tanh(p - y),
    "quantile": lambda y, p, tau=0.5: mpf(0) if p == y else (-mpf(tau) if p < y else 1 - mpf(tau)),
    "msle": lambda y, p: 2 * mp_log_ratio(y, p) / (1 + p),
    "mape": lambda y, p: mp_sign(p - y) / y,
    "binary_cross_entropy": lambda y, p: (-y / p if y else mpf(0)) + ((1 - y) / (1 - p) if y != 1 else mpf(0)),
    "binary_cross_entropy_with_logits": lambda y, z: (1 - y) * mp_sigmoid(z) - y * mp_sigmoid(-z),
    "weighted_binary_cross_entropy_with_logits": lambda y, z, pos_weight=1.0: (
        (1 - y) * mp_sigmoid(z) - pos_weight * y * mp_sigmoid(-z)
    ),
    "focal_with_logits": lambda y, z, gamma=2.0: mp_focal_gradient(y, z, gamma),
    "categorical_cross_entropy": lambda y, p: [-y_k / p_k if y_k else mpf(0) for y_k, p_k in zip(y, p, strict=True)],
    "categorical_cross_entropy_with_logits": lambda y, z: mp_weighted_ce_gradient(y, z, [mpf(1)] * len(y)),
    "sparse_categorical_cross_entropy": lambda label, p: [
        -1 / p[k] if k == int(label) else mpf(0) for k in range(len(p))
    ],
    "sparse_categorical_cross_entropy_with_logits": lambda label, z: [
        -mp_rest(z, k) if k == int(label) else mp_share(z, k) for k in range(len(z))
    ],
    "weighted_categorical_cross_entropy_with_logits": mp_weighted_ce_gradient,
    "label_smoothing_with_logits": lambda y, z, smoothing=0.1: mp_weighted_ce_gradient(
        mp_smoothed(y, smoothing), z, [mpf(1)] * len(y)
    ),
    "gaussian_nll": lambda y, m, v: ((m - y) / v, (1 - (m - y) ** 2 / v) / (2 * v)),
    "poisson_nll": lambda y, rate: 1 - y / rate,
    "poisson_nll_with_log_rate": lambda y, s: mp.exp(s) - y,
    "kl_divergence": lambda p, q: [-a / b if a else mpf(0) for a, b in zip(p, q, strict=True)],
    "jensen_shannon": lambda p, q: [
        mp.log(2 * b / (a + b)) / 2 if a else mp.log(2) / 2 for a, b in zip(p, q, strict=True)
    ],
    "cosine_distance": lambda a, b: [
        -(u - mp_cos(a, b) * v) / mp_norm(b) for u, v in zip(mp_unit(a), mp_unit(b), strict=True)
    ],
    "contrastive": lambda y, a, b, margin=1.0: mp_contrastive_gradient(y, a, b, margin),
    "triplet": lambda a, p, n, margin=1.0: mp_triplet_gradient(a, p, n, margin),
    "dice": lambda y, p, smooth=1.0: mp_tversky_gradient(y, p, 0.5, 0.5, smooth / 2),
    "tversky": lambda y, p, alpha=0.5, beta=0.5, smooth=1.0: mp_tversky_gradient(y, p, alpha, beta, smooth),
}


def mp_focal_gradient(y: mpf, z: mpf, gamma: float) -> mpf:
    sign = 2 * y - 1
    hit, miss = mp_sigmoid(sign * z), mp_sigmoid(-sign * z)
    return -sign * miss**gamma * (gamma * hit * mp_softplus(-sign * z) + miss)


def mp_contrastive_gradient(y: mpf, a: list[mpf], b: list[mpf], margin: float) -> tuple[list[mpf], list[mpf]]:
    distance = mp_norm(mp_minus(a, b))
    slope = distance if y else -max(mpf(0), margin - distance)
    first = [slope * e for e in mp_unit(mp_minus(a, b))]
    return first, [-g for g in first]


def mp_triplet_gradient(a: list[mpf], p: list[mpf], n: list[mpf], margin: float) -> tuple[list[mpf], ...]:
    active = VALUE["triplet"](a, p, n, margin) > 0
    near, far = mp_unit(mp_minus(a, p)), mp_unit(mp_minus(a, n))
    return (
        [active * (x - y) for x, y in zip(near, far, strict=True)],
        [-active * x for x in near],
        [active * y for y in far],
    )


# ---------------------------------------------------------------------------------------------------------------------
# Accuracy
# ---------------------------------------------------------------------------------------------------------------------

DTYPES = [pytest.param(np.float64, id="float64"), pytest.param(np.float32, id="float32")]


def soft_labels(entry: Loss) -> list[float]:
    return [] if entry.name == "focal_with_logits" else [0.25, 0.875]


def accuracy_inputs(entry: Loss, dtype: Any) -> tuple[np.ndarray, ...]:
    """Ordinary and extreme arrays in the loss's domain, in the dtype; about 500 examples."""
    rng = np.random.default_rng(5)
    info = np.finfo(dtype)
    points = sample_points(dtype)[::7]
    n = len(points)
    claims = entry.claims()
    kinds = (entry.target, entry.prediction)
    if kinds == ("value", "value"):
        near = rng.normal(0, 3, n)
        y = np.concatenate([np.full(n, 0.0 if 0.0 in claims.target else 1.0), near, rng.permutation(points)])
        p = np.concatenate(
            [points, near + 10.0 ** rng.uniform(-7, 1, n) * rng.normal(0, 1, n), rng.permutation(points)]
        )
        y = np.maximum(np.abs(y), float(info.tiny) * (0.0 not in claims.target)) if claims.target.low >= 0 else y
        p = np.abs(p) if claims.prediction.low >= 0 else p
        if entry.third is None:
            return y.astype(dtype), p.astype(dtype)
        return y.astype(dtype), p.astype(dtype), (10.0 ** rng.uniform(-20, 20, 3 * n)).astype(dtype)
    if entry.prediction == "logit":
        labels = [1.0, -1.0] if entry.target == "sign" else [1.0, 0.0, *soft_labels(entry)]
        return np.repeat(labels, n).astype(dtype), np.tile(points, len(labels))
    if entry.prediction == "probability":
        tails = 10.0 ** rng.uniform(np.log10(float(info.tiny)), 0, n)
        p = np.concatenate([tails, 1 - tails, rng.uniform(0, 1, n), [0.5, float(info.eps), 1 - float(info.eps)]])
        p = np.clip(p.astype(dtype), info.tiny, 1 - info.eps)
        labels = [1.0, 0.0, *soft_labels(entry)]
        return np.repeat(labels, len(p)).astype(dtype), np.tile(p, len(labels))
    if entry.prediction == "mask":
        y = rng.integers(0, 2, (200, 6)).astype(dtype)
        return y, np.where(rng.random((200, 6)) < 0.3, y, rng.uniform(0, 1, (200, 6))).astype(dtype)
    if entry.prediction == "vectors":
        size = 10.0 ** rng.uniform(-12, 12, (200, 1))
        first, second, third = (rng.normal(0, 1, (200, 3)) for _ in range(3))
        second = np.where(rng.random((200, 1)) < 0.3, first + 1e-4 * second, second)
        if entry.target == "binary":
            return rng.integers(0, 2, 200).astype(dtype), first.astype(dtype), second.astype(dtype)
        if entry.third == "vectors":
            return first.astype(dtype), second.astype(dtype), third.astype(dtype)
        return first.astype(dtype), (size * second).astype(dtype)
    k = 5
    labels = rng.integers(0, k, 240)
    if entry.prediction == "logits":
        size = 10.0 ** rng.uniform(-4, 3, (240, 1))
        pred = (size * rng.normal(0, 1, (240, k)) + rng.choice([0.0, 1000.0, -1000.0], (240, 1))).astype(dtype)
    else:
        shares = np.maximum(rng.dirichlet(np.full(k, 0.05), 120), 1e-30)
        shares = np.concatenate([shares, rng.dirichlet(np.full(k, 3.0), 120)]).astype(dtype)
        pred = shares / shares.sum(axis=-1, keepdims=True)
    targets = {
        "label": labels,
        "one-hot": np.eye(k, dtype=dtype)[labels],
        "probabilities": np.concatenate([rng.permutation(pred[:120]), pred[120:] * dtype(1 + 1e-3)]).astype(dtype),
    }
    y = targets[entry.target]
    if entry.target == "probabilities":
        y = y / y.sum(axis=-1, keepdims=True)
    third = () if entry.third is None else (np.array([1.0, 4.0, 0.25, 0.0, 2.0], dtype=dtype),)
    return (y, pred, *third)


def as_mp(value: Any) -> Any:
    return mpf(float(value)) if np.ndim(value) == 0 else [as_mp(v) for v in value]


def examples_of(entry: Loss, arrays: tuple[np.ndarray, ...]) -> Iterator[list[Any]]:
    """The arrays of one example after another, in mpmath; class weights belong to all of them."""
    for i in range(len(arrays[0])):
        rows = [as_mp(array[i]) for array in arrays[:2]]
        if entry.third is not None:
            rows.append(as_mp(arrays[2] if entry.third == "class weights" else arrays[2][i]))
        yield rows


def flat(values: Any) -> list[Any]:
    """Nested lists and tuples (or the arrays of a tuple of gradients, example by example) as one list."""
    return [leaf for value in values for leaf in flat(value)] if isinstance(values, list | tuple) else [values]


def ulp_and_eps(value: float, truth: mpf, size: mpf, dtype: Any) -> tuple[float, float]:
    """The error in ULP of the truth, and in eps · max(1, size); a truth beyond the largest float has to be ±inf."""
    info = np.finfo(dtype)
    if abs(truth) > float(info.max):
        right = value == np.inf * mp_sign(truth)
        return (0.0, 0.0) if right else (np.inf, np.inf)
    error = abs(mpf(value) - truth) if np.isfinite(value) else mp.inf
    return float(error / float(np.spacing(dtype(abs(truth))))), float(error / (float(info.eps) * max(1, size)))


# Where the formula subtracts parts, or an exponent carries its own rounding, no method has the truth's own precision:
# there the error may be 2 eps of the size of the parts. Each name has its reason; all others keep to 5 ULP.
ILL_CONDITIONED: dict[str, tuple[str, Callable[..., Any]]] = {
    name: ("the rounding of a gap d between logits grows by d in e^−d", lambda *rows, **params: 1)
    for name in CATALOGUE
    if CATALOGUE[name].prediction == "logits"
} | {
    "focal_with_logits": ("the rounding of 1 − p_t grows by γ in its power", lambda *rows, **params: 1),
    "gaussian_nll": ("log v and r²/v can cancel", lambda y, m, v: abs(mp.log(v)) + (m - y) ** 2 / v),
    "poisson_nll": ("λ and y log λ can cancel", lambda y, rate: rate + abs(mp_xlogy(y, rate))),
    "poisson_nll_with_log_rate": ("e^s and y·s can cancel", lambda y, s: mp.exp(s) + abs(y * s)),
    "kl_divergence": ("terms of both signs cancel where q is near p", lambda p, q: 1),
    "jensen_shannon": ("terms of both signs cancel where q is near p", lambda p, q: 1),
    "cosine_distance": ("the unit vectors' rounding where the angle is small", lambda a, b: 1),
    "contrastive": (
        "m − D cancels near the margin",
        lambda y, a, b, margin=1.0: (margin + mp_norm(mp_minus(a, b))) ** 2,
    ),
    "triplet": (
        "the two distances cancel",
        lambda a, p, n, margin=1.0: mp_norm(mp_minus(a, p)) + mp_norm(mp_minus(a, n)) + margin,
    ),
}
ILL_CONDITIONED_GRADIENT: dict[str, tuple[str, Callable[..., Any]]] = {
    name: ("the rounding of a gap d between logits grows by d in e^−d", lambda *rows, **params: 1)
    for name in CATALOGUE
    if CATALOGUE[name].prediction == "logits"
} | {
    "binary_cross_entropy_with_logits": ("σ(z) crosses a soft label", lambda y, z: 1),
    "weighted_binary_cross_entropy_with_logits": (
        "σ(z) crosses a soft label",
        lambda y, z, pos_weight=1.0: max(1, pos_weight),
    ),
    "focal_with_logits": ("the rounding of 1 − p_t grows by γ in its power", lambda *rows, **params: 1),
    "gaussian_nll": ("1 − r²/v crosses 0", lambda y, m, v: (1 + (m - y) ** 2 / v) / v),
    "poisson_nll_with_log_rate": ("e^s − y crosses 0", lambda y, s: mp.exp(s) + y),
    "jensen_shannon": ("the logarithm of a ratio near 1", lambda p, q: 1),
    "cosine_distance": ("the target's part across the prediction is small", lambda a, b: 1 / mp_norm(b)),
    "contrastive": ("m − D cancels near the margin", lambda y, a, b, margin=1.0: margin + mp_norm(mp_minus(a, b))),
    "triplet": ("two unit vectors cancel", lambda a, p, n, margin=1.0: 2),
}


def accuracy(entry: Loss, params: dict[str, float], dtype: Any, *, of_gradient: bool) -> tuple[np.ndarray, np.ndarray]:
    """(ULP, eps of the size of the parts), one pair for each number the loss or its gradient returns."""
    arrays = accuracy_inputs(entry, dtype)
    returned = (entry.gradient if of_gradient else entry.function)(*arrays, **params)
    returned = returned if isinstance(returned, tuple) else (returned,)
    assert all(array.dtype == dtype for array in returned)
    truth_of, sizes = (GRADIENT, ILL_CONDITIONED_GRADIENT) if of_gradient else (VALUE, ILL_CONDITIONED)
    size_of = sizes[entry.name][1] if entry.name in sizes else None
    errors = []
    for i, rows in enumerate(examples_of(entry, arrays)):
        truths = flat(truth_of[entry.name](*rows, **params))
        values = [value for array in returned for value in np.ravel(array[i]).tolist()]
        size = size_of(*rows, **params) if size_of else 1
        errors += [ulp_and_eps(v, t, max(size, abs(t)), dtype) for v, t in zip(values, truths, strict=True)]
    ulp, eps = np.array(errors).T
    return ulp, eps


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("entry", "params"), [case for case in with_settings() if case.values[0].name in VALUE])
@pytest.mark.parametrize("of_gradient", [pytest.param(False, id="value"), pytest.param(True, id="gradient")])
def test_accuracy_against_mpmath(entry: Loss, params: dict[str, float], dtype: Any, of_gradient: bool) -> None:
    ulp, eps = accuracy(entry, params, dtype, of_gradient=of_gradient)
    listed = entry.name in (ILL_CONDITIONED_GRADIENT if of_gradient else ILL_CONDITIONED)
    wrong = (ulp > 5) & (eps > 2) if listed else ulp > 5
    assert not wrong.any(), (
        f"{int(wrong.sum())} of {wrong.size}; worst {ulp[wrong].max():.3g} ULP, {eps[wrong].max():.3g} eps"
    )


# Values around which the textbook formulas are differentiated numerically, in the order of the loss's inputs.
ORDINARY: dict[tuple[str, str], tuple[Any, ...]] = {
    ("value", "value"): ("0.75", "1.6"),
    ("sign", "logit"): ("-1", "0.4"),
    ("binary", "logit"): ("0", "-0.7"),
    ("binary", "probability"): ("0", "0.3"),
    ("one-hot", "logits"): (["0", "1", "0"], ["0.5", "-1", "2"]),
    ("one-hot", "probabilities"): (["0", "1", "0"], ["0.2", "0.3", "0.5"]),
    ("label", "logits"): ("1", ["0.5", "-1", "2"]),
    ("label", "probabilities"): ("1", ["0.2", "0.3", "0.5"]),
    ("probabilities", "probabilities"): (["0.6", "0.3", "0.1"], ["0.2", "0.3", "0.5"]),
    ("mask", "mask"): (["0", "1", "1"], ["0.2", "0.3", "0.9"]),
    ("binary", "vectors"): ("0", ["0.5", "-0.2"], ["0.1", "0.2"]),
    ("vectors", "vectors"): (["0.5", "-1"], ["1.5", "0.25"], ["-0.5", "-1.25"]),
}


@pytest.mark.parametrize(("entry", "params"), [case for case in with_settings() if case.values[0].name in VALUE])
def test_the_formulas_of_value_and_gradient_belong_together(entry: Loss, params: dict[str, float]) -> None:
    def read(text: Any) -> Any:
        return mpf(text) if isinstance(text, str) else [mpf(t) for t in text]

    rows = [read(text) for text in ORDINARY[entry.target, entry.prediction]][: len(entry.inputs)]
    if entry.third in ("class weights", "positive value"):
        rows.append([mpf(2), mpf("0.5"), mpf(3)] if entry.third == "class weights" else mpf("1.75"))
    names = entry.gradient_for or (entry.inputs[1],)

    def slope(which: int, k: int | None) -> mpf:
        def along(x: mpf) -> mpf:
            moved = [list(row) if isinstance(row, list) else row for row in rows]
            if k is None:
                moved[which] = x
            else:
                moved[which][k] = x
            return VALUE[entry.name](*moved, **params)

        return mp.diff(along, rows[which] if k is None else rows[which][k])

    slopes = [
        slope(which, k)
        for which in map(entry.inputs.index, names)
        for k in (range(len(rows[which])) if isinstance(rows[which], list) else [None])
    ]
    stated = flat(GRADIENT[entry.name](*rows, **params))
    assert [float(s) for s in slopes] == pytest.approx([float(s) for s in stated], rel=1e-15, abs=1e-20)


# ---------------------------------------------------------------------------------------------------------------------
# Losses that need the whole batch or sequence
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_accuracy_of_rmse(dtype: Any, size: float) -> None:
    rng = np.random.default_rng(2)
    y, p = (rng.normal(0, 1, (2, 40)) * size).astype(dtype)
    residuals = [mpf(float(b)) - mpf(float(a)) for a, b in zip(y, p, strict=True)]
    root = mp.sqrt(sum(r * r for r in residuals) / len(residuals))
    assert ulp_and_eps(float(losses.rmse(y, p)), root, 1, dtype)[0] <= 5
    gradient = losses.rmse_gradient(y, p)
    truths = [r / (len(residuals) * root) for r in residuals]
    assert gradient.dtype == dtype
    assert max(ulp_and_eps(float(g), t, 1, dtype)[0] for g, t in zip(gradient, truths, strict=True)) <= 5


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("temperature", [0.125, 1.0])
def test_accuracy_of_info_nce(dtype: Any, temperature: float) -> None:
    rng = np.random.default_rng(3)
    queries, keys = rng.normal(0, 1, (2, 5, 3)).astype(dtype)
    q, k = as_mp(queries), as_mp(keys)
    cosines = [[mp_cos(a, b) / temperature for b in k] for a in q]
    values = losses.info_nce(queries, keys, temperature=temperature)
    assert values.dtype == dtype
    for i, value in enumerate(values):
        # The cosines' rounding is divided by the temperature.
        assert ulp_and_eps(float(value), mp_surprise(cosines[i], i), 2 / mpf(temperature), dtype)[1] <= 2
    total = lambda q, k: sum(  # noqa: E731
        mp_surprise([mp_cos(a, b) / temperature for b in k], i) for i, a in enumerate(q)
    )
    for gradient, which in zip(losses.info_nce_gradient(queries, keys, temperature=temperature), (0, 1), strict=True):
        for i, j in itertools.product(range(5), range(3)):

            def along(x: mpf, which: int = which, i: int = i, j: int = j) -> mpf:
                moved = [[list(row) for row in q], [list(row) for row in k]]
                moved[which][i][j] = x
                return total(*moved)

            truth = mp.diff(along, (q, k)[which][i][j], h=mpf(10) ** -15)
            length = mp_norm((q, k)[which][i])
            size = 5 / (mpf(temperature) ** 2 * min(1, length))
            assert ulp_and_eps(float(gradient[i, j]), truth, size, dtype)[1] <= 2


def alignments(frames: int, symbols: int, labels: list[int]) -> Iterator[tuple[int, ...]]:
    """All ways to say the labels: merge repeats, then drop the blanks (0)."""
    for path in itertools.product(range(symbols), repeat=frames):
        merged = [symbol for symbol, _ in itertools.groupby(path)]
        if [symbol for symbol in merged if symbol != 0] == labels:
            yield path


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("labels", [[], [1], [1, 2], [2, 2], [1, 2, 1]], ids=str)
def test_accuracy_of_ctc_against_all_alignments(dtype: Any, labels: list[int]) -> None:
    logits = np.random.default_rng(4).normal(0, 3, (5, 3)).astype(dtype)
    z = as_mp(logits)
    paths = list(alignments(5, 3, labels))
    chances = [mp.fprod(mp_share(z[t], symbol) for t, symbol in enumerate(path)) for path in paths]
    value = losses.ctc_with_logits(np.array(labels, dtype=int), logits)
    # Each frame adds the rounding of one logarithm.
    assert ulp_and_eps(float(value), -mp.log(sum(chances)), 5, dtype)[1] <= 2
    gradient = losses.ctc_with_logits_gradient(np.array(labels, dtype=int), logits)
    assert gradient.dtype == dtype
    for t, symbol in itertools.product(range(5), range(3)):
        said = sum(chance for path, chance in zip(paths, chances, strict=True) if path[t] == symbol) / sum(chances)
        assert ulp_and_eps(float(gradient[t, symbol]), mp_share(z[t], symbol) - said, 5, dtype)[1] <= 2


# ---------------------------------------------------------------------------------------------------------------------
# Half precision and the ends of the range
# ---------------------------------------------------------------------------------------------------------------------


def at_dtype(arrays: tuple[np.ndarray, ...], dtype: Any) -> tuple[np.ndarray, ...]:
    return tuple(array.astype(dtype) if array.dtype.kind == "f" else array for array in arrays)


@pytest.mark.parametrize(("entry", "params"), with_settings())
def test_half_precision_stays_half_and_finite_or_infinite(entry: Loss, params: dict[str, float]) -> None:
    arrays = at_dtype(sample_pairs(entry, np.random.default_rng(6), n=24), np.float16)
    gradients = entry.gradient(*arrays, **params)
    for array in (entry.function(*arrays, **params), *(gradients if isinstance(gradients, tuple) else (gradients,))):
        assert array.dtype == np.float16
        assert not np.isnan(array).any()


@pytest.mark.parametrize("dtype", [*DTYPES, pytest.param(np.float16, id="float16")])
@pytest.mark.parametrize("entry", [case for case in ENTRIES if case.values[0].prediction in ("value", "logit")])
def test_no_nan_at_the_ends_of_the_range(entry: Loss, dtype: Any) -> None:
    info = np.finfo(dtype)
    claims = entry.claims()
    ends = np.array([-info.max, -1, -info.tiny, 0, info.smallest_subnormal, 1, info.max], dtype=dtype)
    y, p = (grid.ravel() for grid in np.meshgrid(ends, ends))
    keep = (
        np.isin(y, [-1, 1] if entry.target == "sign" else [0, 1]) if entry.target != "value" else np.ones(y.shape, bool)
    )
    keep &= (y >= claims.target.low) & (p >= claims.prediction.low) & ((y != 0) | (0.0 in claims.target))
    arrays = (y[keep], p[keep]) if entry.third is None else (y[keep], p[keep], np.full(keep.sum(), info.max, dtype))
    gradients = entry.gradient(*arrays)
    for array in (entry.function(*arrays), *(gradients if isinstance(gradients, tuple) else (gradients,))):
        assert not np.isnan(array).any()


@pytest.mark.parametrize("dtype", [*DTYPES, pytest.param(np.float16, id="float16")])
def test_class_rows_at_the_ends_of_the_range(dtype: Any) -> None:
    largest = np.finfo(dtype).max
    logits = np.array([[largest, -largest, 0], [-largest, -largest, largest], [0, largest, largest]], dtype=dtype)
    for name in ("categorical_cross_entropy_with_logits", "label_smoothing_with_logits"):
        for array in (CATALOGUE[name](np.eye(3), logits), CATALOGUE[name].gradient(np.eye(3), logits)):
            assert not np.isnan(array).any()
