"""Normalising activations: they act on all scores along an axis at once, and only differences between scores count."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import along
from course_lib.spec import (
    OPEN_UNIT,
    UNIT,
    Activation,
    Array,
    FrameworkCall,
    Interval,
    Source,
    Trait,
    Use,
    VectorClaims,
)


def softmax(x: ArrayLike, axis: int = -1) -> Array:
    """e^{x_i} / Σ_j e^{x_j} along `axis`; same shape, entries in [0, 1] that sum to 1.

    The largest score is subtracted first: shares depend on differences only, and no exponential overflows. A single +∞
    takes everything, −∞ nothing; two scores of +∞, or only −∞, have no limit and give NaN.
    """
    share, _ = _below_the_largest(along(x, axis), axis)
    np.exp(share, out=share)
    share /= share.sum(axis=axis, keepdims=True)
    return share


def softmax_jacobian(x: ArrayLike, axis: int = -1) -> Array:
    """∂s_i/∂x_j = s_i (δ_ij − s_j); (…, k) → (…, k, k), with the classes moved to the end from `axis`."""
    share = np.moveaxis(softmax(x, axis=axis), axis, -1)
    outer = share[..., :, None] * share[..., None, :]
    # s_i(1 − s_i) as the sum of s_i·s_j over the others: the difference loses every digit once s_i is close to 1.
    return _with_diagonal(-outer, _off_diagonal(outer).sum(axis=-1))


def log_softmax(x: ArrayLike, axis: int = -1) -> Array:
    """x_i − log Σ_j e^{x_j} along `axis`, the logarithm of softmax; same shape, values in (−∞, 0].

    Never log(softmax(x)), which is −∞ as soon as a share rounds to 0. The largest score is subtracted first, and the
    sum runs over the others only, so that log1p keeps the digits of a confident row. Limits as in `softmax`.
    """
    below, largest = _below_the_largest(along(x, axis), axis)
    others = np.exp(below)
    np.put_along_axis(others, largest, 0, axis=axis)
    below -= np.log1p(others.sum(axis=axis, keepdims=True))
    return below


def log_softmax_jacobian(x: ArrayLike, axis: int = -1) -> Array:
    """∂/∂x_j = δ_ij − s_j with s = softmax(x); (…, k) → (…, k, k), with the classes moved to the end from `axis`."""
    share = np.moveaxis(softmax(x, axis=axis), axis, -1)
    rows = np.repeat(share[..., None, :], share.shape[-1], axis=-2)
    return _with_diagonal(-rows, _off_diagonal(rows).sum(axis=-1))


def softmin(x: ArrayLike, axis: int = -1) -> Array:
    """softmax(−x): the smallest score gets the largest share. Limits as in `softmax`, with −∞ and +∞ exchanged."""
    return softmax(-along(x, axis), axis=axis)


def softmin_jacobian(x: ArrayLike, axis: int = -1) -> Array:
    """−s_i (δ_ij − s_j) with s = softmin(x); (…, k) → (…, k, k), with the classes moved to the end from `axis`."""
    return -softmax_jacobian(-along(x, axis), axis=axis)


def sparsemax(x: ArrayLike, axis: int = -1) -> Array:
    """max(x_i − τ, 0) along `axis`, with τ such that the entries sum to 1; low scores get a share of exactly 0.

    It is the point of the probability simplex nearest to x (Martins & Astudillo, 2016, algorithm 1). Limits as in
    `softmax`.
    """
    x = along(x, axis)
    # Scores more than 1 below the largest never get a share, and −1 cannot overflow.
    below = np.maximum(_below_the_largest(x, axis)[0], -1)
    return np.maximum(below - _threshold(below, axis), 0)


def sparsemax_jacobian(x: ArrayLike, axis: int = -1) -> Array:
    """δ_ij − 1/n for i, j among the n entries with a share, else 0; (…, k) → (…, k, k), classes moved to the end.

    Where an entry is just about to get a share there is a kink, and we count it as having none.
    """
    share = np.moveaxis(sparsemax(x, axis=axis), axis, -1)
    has_share = np.sign(share)
    n = has_share.sum(axis=-1)[..., None]
    shared = has_share[..., :, None] * has_share[..., None, :] / n[..., None]
    return _with_diagonal(-shared, has_share * (n - 1) / n)


def _below_the_largest(x: Array, axis: int) -> tuple[Array, Array]:
    """x minus the largest score along the axis, and where that is; a single +∞ is 0 above −∞, several give NaN."""
    # Finding its place, then its score, is twice as fast as max along an axis of few entries.
    largest = np.expand_dims(x.argmax(axis=axis), axis)
    top = np.take_along_axis(x, largest, axis=axis)
    with np.errstate(invalid="ignore", over="ignore"):
        below = x - top
    if np.isposinf(top).any():
        infinite = np.isposinf(x)
        several = infinite.sum(axis=axis, keepdims=True) > 1
        below[infinite] = 0
        below += np.where(several, np.nan, 0)
    return below, largest


def _threshold(below: Array, axis: int) -> Array:
    """sparsemax's τ: the n largest scores keep a share, n the largest number with 1 + n·x_(n) > x_(1) + … + x_(n)."""
    ordered = -np.sort(-np.moveaxis(below, axis, -1), axis=-1)
    total = ordered.cumsum(axis=-1)
    n = np.arange(1, ordered.shape[-1] + 1, dtype=below.dtype)
    # At least one: a row of NaN keeps its NaN.
    kept = np.maximum((1 + n * ordered > total).sum(axis=-1, keepdims=True), 1)
    tau = (np.take_along_axis(total, kept - 1, axis=-1) - 1) / kept.astype(below.dtype)
    return np.moveaxis(tau, -1, axis)


def _off_diagonal(matrices: Array) -> Array:
    return matrices * (1 - np.eye(matrices.shape[-1], dtype=matrices.dtype))


def _with_diagonal(matrices: Array, diagonal: Array) -> Array:
    place = np.arange(matrices.shape[-1])
    matrices[..., place, place] = diagonal
    return matrices


SOFTMAX = Activation(
    name="softmax",
    title="Softmax",
    family="normalising",
    says="It turns k scores into k positive shares that sum to 1; only differences between scores count.",
    formula=r"\mathrm{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    derivative_formula=r"\frac{\partial s_i}{\partial x_j} = s_i\,(\delta_{ij} - s_j)",
    function=softmax,
    jacobian=softmax_jacobian,
    claims=lambda: VectorClaims(range=OPEN_UNIT, sums_to=1.0, shift_invariant=True, lipschitz=0.5),
    strengths=(
        Trait("The outputs form a probability distribution.", "test_activations.py::test_sums"),
        Trait(
            "Smooth, and no share is exactly 0 until the exponential underflows.",
            "test_activations.py::test_softmax_shares_are_positive",
        ),
    ),
    weaknesses=(
        Trait(
            "Adding a constant to every score changes nothing, so one score is redundant.",
            "test_activations.py::test_shift",
        ),
        Trait(
            "One far higher score takes everything, and the gradient vanishes.",
            "test_activations.py::test_confident_softmax_has_no_slope",
        ),
    ),
    used=(
        Use(
            "Output of a classifier with exclusive classes",
            Source(
                "Bridle",
                1990,
                "Probabilistic interpretation of feedforward classification network outputs, NATO ASI F68",
            ),
        ),
        Use(
            "Attention weights of a transformer",
            Source("Vaswani et al.", 2017, "Attention Is All You Need, §3.2.1, arXiv:1706.03762"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.softmax(x, dim=-1)", trap="F.softmax without dim warns and guesses the axis"),
        FrameworkCall("keras", "keras.activations.softmax(x)"),
        FrameworkCall("jax", "jax.nn.softmax(x)"),
    ),
    lesson=11,
)

LOG_SOFTMAX = Activation(
    name="log_softmax",
    title="Log-softmax",
    family="normalising",
    says="It is the logarithm of the softmax shares, computed without the shares.",
    formula=r"\mathrm{logsoftmax}(x)_i = x_i - \log \sum_j e^{x_j}",
    derivative_formula=r"\frac{\partial \ell_i}{\partial x_j} = \delta_{ij} - s_j",
    function=log_softmax,
    jacobian=log_softmax_jacobian,
    claims=lambda: VectorClaims(range=Interval(-math.inf, 0.0), sums_to=None, shift_invariant=True, lipschitz=math.inf),
    strengths=(
        Trait(
            "Finite and exact where log(softmax(x)) is −∞.",
            "test_activations.py::test_logs_of_probabilities_stay_finite",
        ),
    ),
    weaknesses=(
        Trait(
            "Its outputs are logarithms: only their exponentials are shares.",
            "test_activations.py::test_log_softmax_is_the_log_of_softmax",
        ),
    ),
    used=(
        Use(
            "Inside cross-entropy from logits",
            Source("Goodfellow, Bengio & Courville", 2016, "Deep Learning, §6.2.2.3, MIT Press"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch", "torch.log_softmax(x, dim=-1)", trap="F.log_softmax without dim warns and guesses the axis"
        ),
        FrameworkCall("keras", "keras.activations.log_softmax(x)"),
        FrameworkCall("jax", "jax.nn.log_softmax(x)"),
    ),
    lesson=11,
)

SOFTMIN = Activation(
    name="softmin",
    title="Softmin",
    family="normalising",
    says="It turns k costs into k shares: the lowest cost gets the largest share.",
    formula=r"\mathrm{softmin}(x)_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}",
    derivative_formula=r"\frac{\partial s_i}{\partial x_j} = -s_i\,(\delta_{ij} - s_j)",
    function=softmin,
    jacobian=softmin_jacobian,
    claims=lambda: VectorClaims(range=OPEN_UNIT, sums_to=1.0, shift_invariant=True, lipschitz=0.5),
    strengths=(Trait("The outputs form a probability distribution.", "test_activations.py::test_sums"),),
    weaknesses=(Trait("Adding a constant to every cost changes nothing.", "test_activations.py::test_shift"),),
    used=(
        Use(
            "Depth from two cameras: the disparity of lowest matching cost, made differentiable",
            Source("Kendall et al.", 2017, "End-to-End Learning of Geometry and Context, §3.4, arXiv:1703.04309"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch", "torch.nn.functional.softmin(x, dim=-1)", trap="without dim it warns and guesses the axis"
        ),
        FrameworkCall("keras", "keras.activations.softmax(-x)", trap="no function of its own"),
        FrameworkCall("jax", "jax.nn.softmax(-x)", trap="no function of its own"),
    ),
)

SPARSEMAX = Activation(
    name="sparsemax",
    title="Sparsemax",
    family="normalising",
    says="It turns k scores into the nearest k shares that sum to 1, and gives low scores exactly nothing.",
    formula=r"\mathrm{sparsemax}(x)_i = \max(x_i - \tau,\, 0),\quad \sum_i \max(x_i - \tau,\, 0) = 1",
    derivative_formula=(
        r"\frac{\partial s_i}{\partial x_j} = \delta_{ij} - \frac{1}{n} \text{ for } s_i, s_j > 0,\ 0 \text{ elsewhere}"
        r";\quad n \text{ shares above } 0"
    ),
    function=sparsemax,
    jacobian=sparsemax_jacobian,
    claims=lambda: VectorClaims(range=UNIT, sums_to=1.0, shift_invariant=True, lipschitz=1.0),
    strengths=(
        Trait("Low scores get exactly 0, not merely little.", "test_activations.py::test_sparsemax_gives_exact_zeros"),
    ),
    weaknesses=(
        Trait(
            "A score without a share gets no gradient.",
            "test_activations.py::test_sparsemax_without_a_share_has_no_slope",
        ),
    ),
    used=(
        Use(
            "Attention that leaves words out, and classification with several labels",
            Source("Martins & Astudillo", 2016, "From Softmax to Sparsemax, ICML, arXiv:1602.02068"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.activations.sparsemax(x)",
            trap="wrong in Keras 3.15 wherever more than one score has a share: the shares do not sum to 1",
            differs=True,
        ),
    ),
)

ENTRIES = (SOFTMAX, LOG_SOFTMAX, SOFTMIN, SPARSEMAX)
