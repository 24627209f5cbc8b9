"""Exponential linear units: the identity on the right, a curve that levels off below zero on the left."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float, is_positive
from course_lib.spec import (
    LEFT,
    POSITIVE,
    Activation,
    Array,
    Claims,
    FrameworkCall,
    Interval,
    Kink,
    Param,
    Source,
    Trait,
    Use,
)

ELU_ALPHA = Param("alpha", 1.0, POSITIVE, "the depth: the left side approaches −alpha")
CELU_ALPHA = Param("alpha", 1.0, POSITIVE, "the depth, and the distance over which it is reached")

# Chosen so that mean 0 and variance 1 are a fixed point of a layer with independent weights (Klambauer et al., 2017).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def elu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """x for x > 0, else α(e^x − 1); any shape → the same shape, values in (−α, ∞). ValueError unless α > 0.

    expm1 keeps the digits near 0 that e^x − 1 loses, and min(x, 0) keeps e^x from overflowing on the right.
    """
    x, alpha = as_float(x), ELU_ALPHA.checked(alpha)
    value = np.expm1(np.minimum(x, 0))
    value *= alpha
    value += np.maximum(x, 0)
    return value


def elu_derivative(x: ArrayLike, alpha: float = 1.0) -> Array:
    """1 for x > 0, else αe^x; at x = 0, a kink unless α = 1, we return α, the slope on the left, as PyTorch does."""
    x, alpha = as_float(x), ELU_ALPHA.checked(alpha)
    positive = is_positive(x)
    slope = np.exp(np.minimum(x, 0))
    slope *= alpha * (1 - positive)
    slope += positive
    return slope


@np.errstate(over="ignore")
def selu(x: ArrayLike) -> Array:
    """λx for x > 0, else λα(e^x − 1), with λ ≈ 1.0507 and α ≈ 1.6733; values in (−λα, ∞), λα ≈ 1.7581.

    The constants make mean 0 and variance 1 reproduce themselves from layer to layer.
    """
    x = as_float(x)
    value = np.expm1(np.minimum(x, 0))
    value *= SELU_SCALE * SELU_ALPHA
    value += SELU_SCALE * np.maximum(x, 0)
    return value


def selu_derivative(x: ArrayLike) -> Array:
    """λ for x > 0, else λαe^x; at the kink x = 0 we return λα, the slope on the left, as PyTorch and JAX do."""
    return SELU_SCALE * elu_derivative(x, SELU_ALPHA)


@np.errstate(over="ignore")
def celu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """x for x > 0, else α(e^(x/α) − 1); values in (−α, ∞). Smooth at 0 for every α. ValueError unless α > 0."""
    x, alpha = as_float(x), CELU_ALPHA.checked(alpha)
    value = np.expm1(np.minimum(x, 0) / alpha)
    value *= alpha
    value += np.maximum(x, 0)
    return value


@np.errstate(over="ignore")
def celu_derivative(x: ArrayLike, alpha: float = 1.0) -> Array:
    """1 for x > 0, else e^(x/α); both are 1 at 0."""
    x, alpha = as_float(x), CELU_ALPHA.checked(alpha)
    return np.exp(np.minimum(x, 0) / alpha)


def elu_claims(alpha: float = 1.0) -> Claims:
    """The claims of ELU: the slope on the left of 0 is α, so only α = 1 joins smoothly."""
    return Claims(
        range=Interval(-alpha, math.inf),
        monotonic="increasing",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=max(1.0, alpha),
        steepest_at=0.0 if alpha > 1 else 1.0,
        kinks=() if alpha == 1 else (Kink(at=0.0, left=alpha, right=1.0, returned=alpha),),
    )


def selu_claims() -> Claims:
    """The claims of SELU: steeper on the left of 0 than on the right."""
    depth = SELU_SCALE * SELU_ALPHA
    return Claims(
        range=Interval(-depth, math.inf),
        monotonic="increasing",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=depth,
        steepest_at=0.0,
        kinks=(Kink(at=0.0, left=depth, right=SELU_SCALE, returned=depth),),
    )


ELU = Activation(
    name="elu",
    title="ELU",
    family="exponential",
    says="It passes positive scores unchanged and bends negative ones smoothly towards −α.",
    formula=r"\mathrm{ELU}(x) = \max(x, 0) + \alpha\,(e^{\min(x, 0)} - 1)",
    derivative_formula=r"\mathrm{ELU}'(x) = 1 \text{ for } x > 0,\ \alpha e^{x} \text{ for } x \leq 0",
    function=elu,
    derivative=elu_derivative,
    params=(ELU_ALPHA,),
    claims=elu_claims,
    strengths=(
        Trait(
            "Its negative values pull the mean of its outputs towards 0.",
            "test_activations.py::test_exponential_units_have_a_smaller_mean_than_relu",
        ),
        Trait("Negative scores keep a gradient, small but not 0.", "test_activations.py::test_leaky_unit_recovers"),
    ),
    weaknesses=(
        Trait("Saturates on the left.", "test_activations.py::test_saturates"),
        Trait("Has a kink at 0 unless α = 1.", "test_activations.py::test_kinks"),
    ),
    used=(
        Use(
            "Image classification without batch normalisation",
            Source("Clevert, Unterthiner & Hochreiter", 2016, "Exponential Linear Units, ICLR, arXiv:1511.07289"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.elu(x, alpha=alpha)"),
        FrameworkCall("keras", "keras.activations.elu(x, alpha=alpha)"),
        FrameworkCall("jax", "jax.nn.elu(x, alpha=alpha)"),
    ),
    lesson=10,
)

SELU = Activation(
    name="selu",
    title="SELU",
    family="exponential",
    says="It is an ELU with two fixed constants that hold mean 0 and variance 1 through the layers.",
    formula=(
        r"\mathrm{SELU}(x) = \lambda\,(\max(x, 0) + \alpha\,(e^{\min(x, 0)} - 1)),\quad "
        r"\alpha \approx 1.6733,\ \lambda \approx 1.0507"
    ),
    derivative_formula=r"\mathrm{SELU}'(x) = \lambda \text{ for } x > 0,\ \lambda\alpha e^{x} \text{ for } x \leq 0",
    function=selu,
    derivative=selu_derivative,
    claims=selu_claims,
    strengths=(
        Trait(
            "Standard normal scores leave it with mean 0 and variance 1.",
            "test_activations.py::test_selu_keeps_mean_and_variance",
        ),
    ),
    weaknesses=(
        Trait("Saturates on the left.", "test_activations.py::test_saturates"),
        Trait("Has a kink at 0, where the slope falls from 1.758 to 1.051.", "test_activations.py::test_kinks"),
    ),
    used=(
        Use(
            "Deep fully connected networks on tables of data, with LeCun initialisation and alpha dropout",
            Source("Klambauer et al.", 2017, "Self-Normalizing Neural Networks, NeurIPS, arXiv:1706.02515"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.selu(x)"),
        FrameworkCall("keras", "keras.activations.selu(x)"),
        FrameworkCall("jax", "jax.nn.selu(x)"),
    ),
    lesson=10,
)

CELU = Activation(
    name="celu",
    title="CELU",
    family="exponential",
    says="It is an ELU stretched so that it stays smooth for every depth α.",
    formula=r"\mathrm{CELU}(x) = \max(x, 0) + \alpha\,(e^{\min(x, 0)/\alpha} - 1)",
    derivative_formula=r"\mathrm{CELU}'(x) = e^{\min(x, 0)/\alpha}",
    function=celu,
    derivative=celu_derivative,
    params=(CELU_ALPHA,),
    claims=lambda alpha=1.0: Claims(
        range=Interval(-alpha, math.inf),
        monotonic="increasing",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=1.0,
        steepest_at=1.0,
    ),
    strengths=(
        Trait("Smooth for every α.", "test_activations.py::test_no_other_kinks"),
        Trait("Its slope never exceeds 1, whatever α is.", "test_activations.py::test_largest_slope"),
    ),
    weaknesses=(Trait("Saturates on the left.", "test_activations.py::test_saturates"),),
    used=(
        Use(
            "Proposed where ELU is wanted with an α other than 1",
            Source("Barron", 2017, "Continuously Differentiable Exponential Linear Units, arXiv:1704.07483"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.celu(x, alpha=alpha)"),
        FrameworkCall("keras", "keras.activations.celu(x, alpha=alpha)"),
        FrameworkCall("jax", "jax.nn.celu(x, alpha=alpha)"),
    ),
    lesson=10,
)

ENTRIES = (ELU, SELU, CELU)
