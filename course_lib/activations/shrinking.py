"""Shrinking activations: small scores become smaller or 0, large ones stay nearly as they are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float, is_positive
from course_lib.spec import (
    NEITHER_SIDE,
    NON_NEGATIVE,
    REALS,
    Activation,
    Array,
    Claims,
    FrameworkCall,
    Kink,
    Param,
    Source,
    Trait,
    Use,
)

THRESHOLD = Param("threshold", 0.5, NON_NEGATIVE, "λ, the size up to which scores become 0")


def softshrink(x: ArrayLike, threshold: float = 0.5) -> Array:
    """x moved towards 0 by λ and stopped there: sign(x)·max(|x| − λ, 0). ValueError unless λ ≥ 0."""
    x, threshold = as_float(x), THRESHOLD.checked(threshold)
    return x - np.clip(x, -threshold, threshold)


def softshrink_derivative(x: ArrayLike, threshold: float = 0.5) -> Array:
    """1 for |x| > λ, else 0; at the kinks ±λ we return 0, as PyTorch and Keras do."""
    return is_positive(np.abs(as_float(x)) - THRESHOLD.checked(threshold))


def hardshrink(x: ArrayLike, threshold: float = 0.5) -> Array:
    """x for |x| > λ, else 0: it jumps by λ at ±λ. ValueError unless λ ≥ 0."""
    x, threshold = as_float(x), THRESHOLD.checked(threshold)
    # The product, unlike np.where, keeps NaN.
    return x * (np.abs(x) > threshold)


def hardshrink_derivative(x: ArrayLike, threshold: float = 0.5) -> Array:
    """1 for |x| > λ, else 0; at the jumps ±λ there is no derivative and we return 0, as PyTorch and Keras do."""
    return softshrink_derivative(x, threshold)


def tanhshrink(x: ArrayLike) -> Array:
    """x − tanh(x); any shape → the same shape, values in (−∞, ∞). Near 0 it is x³/3.

    The difference cancels there, so for |x| < 1 we use Lambert's fraction tanh x = x/(1 + c) with
    c = x²/(3 + x²/(5 + x²/(7 + …))), whose terms are all positive: x − tanh x = x·c/(1 + c).
    """
    x = as_float(x)
    square = np.square(np.clip(x, -1, 1))
    c = square / 19
    for odd in range(17, 1, -2):
        c += odd
        c = square / c
    return np.where(np.abs(x) < 1, x * (c / (1 + c)), x - np.tanh(x))


def tanhshrink_derivative(x: ArrayLike) -> Array:
    """tanh²(x): 0 at 0, near 1 far from it."""
    return np.square(np.tanh(as_float(x)))


def softshrink_claims(threshold: float = 0.5) -> Claims:
    """The claims of softshrink: flat between the thresholds, slope 1 outside; the identity for a threshold of 0."""
    return Claims(
        range=REALS,
        monotonic="non-decreasing" if threshold else "increasing",
        zero_centred=True,
        saturates=NEITHER_SIDE,
        lipschitz=1.0,
        steepest_at=threshold + 1,
        kinks=(
            Kink(-threshold, left=1.0, right=0.0, returned=0.0),
            Kink(threshold, left=0.0, right=1.0, returned=0.0),
        )
        if threshold
        else (),
    )


def hardshrink_claims(threshold: float = 0.5) -> Claims:
    """The claims of hardshrink: as softshrink, but it jumps at the thresholds, so that no slope bounds it."""
    return Claims(
        range=REALS,
        monotonic="non-decreasing" if threshold else "increasing",
        zero_centred=True,
        saturates=NEITHER_SIDE,
        lipschitz=math.inf if threshold else 1.0,
        steepest_at=None if threshold else 1.0,
        kinks=(
            Kink(-threshold, left=1.0, right=0.0, returned=0.0, jump=threshold),
            Kink(threshold, left=0.0, right=1.0, returned=0.0, jump=threshold),
        )
        if threshold
        else (),
    )


SOFTSHRINK = Activation(
    name="softshrink",
    title="Softshrink",
    family="shrinking",
    says="It moves every score towards 0 by λ, and those that reach 0 stay there.",
    formula=r"\mathrm{softshrink}(x) = \mathrm{sign}(x)\,\max(|x| - \lambda,\, 0)",
    derivative_formula=r"\mathrm{softshrink}'(x) = 1 \text{ for } |x| > \lambda,\ 0 \text{ for } |x| \leq \lambda",
    function=softshrink,
    derivative=softshrink_derivative,
    params=(THRESHOLD,),
    claims=softshrink_claims,
    strengths=(
        Trait(
            "Solves least squares with an L1 penalty for one number, exactly.",
            "test_activations.py::test_softshrink_minimises_the_penalised_square",
        ),
    ),
    weaknesses=(
        Trait("Large scores lose λ too, a bias.", "test_activations.py::test_softshrink_is_off_by_the_threshold"),
    ),
    used=(
        Use(
            "Removing noise from wavelet coefficients",
            Source("Donoho", 1995, "De-noising by soft-thresholding, doi:10.1109/18.382009"),
        ),
        Use(
            "Networks that imitate the steps of a sparse-coding algorithm",
            Source("Gregor & LeCun", 2010, "Learning Fast Approximations of Sparse Coding, ICML"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch", "torch.nn.functional.softshrink(x, lambd=threshold)", trap="the argument is spelt lambd"
        ),
        FrameworkCall("keras", "keras.activations.soft_shrink(x, threshold=threshold)"),
    ),
)

HARDSHRINK = Activation(
    name="hardshrink",
    title="Hardshrink",
    family="shrinking",
    says="It deletes small scores and keeps large ones unchanged.",
    formula=r"\mathrm{hardshrink}(x) = x \text{ for } |x| > \lambda,\ 0 \text{ for } |x| \leq \lambda",
    derivative_formula=r"\mathrm{hardshrink}'(x) = 1 \text{ for } |x| > \lambda,\ 0 \text{ for } |x| < \lambda",
    function=hardshrink,
    derivative=hardshrink_derivative,
    params=(THRESHOLD,),
    claims=hardshrink_claims,
    strengths=(Trait("Large scores stay exact.", "test_activations.py::test_hardshrink_keeps_large_scores"),),
    weaknesses=(Trait("It jumps at ±λ: a tiny change of x can change it by λ.", "test_activations.py::test_kinks"),),
    used=(
        Use(
            "Removing noise from wavelet coefficients",
            Source("Donoho & Johnstone", 1994, "Biometrika 81(3), doi:10.1093/biomet/81.3.425"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch", "torch.nn.functional.hardshrink(x, lambd=threshold)", trap="the argument is spelt lambd"
        ),
        FrameworkCall("keras", "keras.activations.hard_shrink(x, threshold=threshold)"),
    ),
)

TANHSHRINK = Activation(
    name="tanhshrink",
    title="Tanhshrink",
    family="shrinking",
    says="It is what tanh leaves over: almost nothing of small scores, all but 1 of large ones.",
    formula=r"\mathrm{tanhshrink}(x) = x - \tanh(x)",
    derivative_formula=r"\mathrm{tanhshrink}'(x) = \tanh^2(x)",
    function=tanhshrink,
    derivative=tanhshrink_derivative,
    claims=lambda: Claims(
        range=REALS,
        monotonic="increasing",
        zero_centred=True,
        saturates=NEITHER_SIDE,
        lipschitz=1.0,
        steepest_at=None,
    ),
    strengths=(Trait("A smooth shrinkage: no kink and no threshold.", "test_activations.py::test_no_other_kinks"),),
    weaknesses=(
        Trait(
            "Its slope at 0 is 0: small scores pass no gradient.",
            "test_activations.py::test_tanhshrink_is_flat_at_zero",
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch", "torch.nn.functional.tanhshrink(x)", trap="x − tanh x cancels near 0: no digit left at 1e-8"
        ),
        FrameworkCall(
            "keras", "keras.activations.tanh_shrink(x)", trap="x − tanh x cancels near 0: no digit left at 1e-8"
        ),
    ),
)

ENTRIES = (SOFTSHRINK, HARDSHRINK, TANHSHRINK)
