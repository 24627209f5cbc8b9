"""Smooth activations without a gate: softplus, its mirror image the log-sigmoid, and the sine."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations.saturating import sigmoid
from course_lib.arrays import as_float, largest_exponent
from course_lib.spec import (
    LEFT,
    NEITHER_SIDE,
    POSITIVE,
    RIGHT,
    Activation,
    Array,
    Claims,
    FrameworkCall,
    Interval,
    Source,
    Trait,
    Use,
)


def softplus(x: ArrayLike) -> Array:
    """log(1 + e^x), a rounded ReLU; any shape → the same shape, values in (0, ∞).

    x is capped where e^x would overflow; softplus is x itself there, hence the maximum. log1p keeps the digits of the
    left tail, where 1 + e^x rounds to 1.
    """
    x = as_float(x)
    return np.maximum(x, np.log1p(np.exp(np.clip(x, -1000, largest_exponent(x)))))


def softplus_derivative(x: ArrayLike) -> Array:
    """σ(x): softplus is the area under the sigmoid."""
    return sigmoid(x)


def log_sigmoid(x: ArrayLike) -> Array:
    """log σ(x) = −softplus(−x); any shape → the same shape, values in (−∞, 0).

    The log of a probability without the detour through the probability, which rounds to 1 or to 0.
    """
    return -softplus(-as_float(x))


def log_sigmoid_derivative(x: ArrayLike) -> Array:
    """σ(−x) = 1 − σ(x)."""
    return sigmoid(-as_float(x))


@np.errstate(invalid="ignore")
def sine(x: ArrayLike) -> Array:
    """sin(x); any shape → the same shape, values in [−1, 1]. At ±∞ there is no limit, and it gives NaN."""
    return np.sin(as_float(x))


@np.errstate(invalid="ignore")
def sine_derivative(x: ArrayLike) -> Array:
    """cos(x); at ±∞ NaN."""
    return np.cos(as_float(x))


SOFTPLUS = Activation(
    name="softplus",
    title="Softplus",
    family="smooth",
    says="It is ReLU with a rounded corner, and never quite 0.",
    formula=r"\mathrm{softplus}(x) = \log(1 + e^{x})",
    derivative_formula=r"\mathrm{softplus}'(x) = \sigma(x)",
    function=softplus,
    derivative=softplus_derivative,
    claims=lambda: Claims(
        range=POSITIVE,
        monotonic="increasing",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=1.0,
        steepest_at=None,
    ),
    strengths=(
        Trait("Turns any score into a positive number.", "test_activations.py::test_range"),
        Trait("Smooth everywhere, and its derivative is the sigmoid.", "test_activations.py::test_no_other_kinks"),
    ),
    weaknesses=(
        Trait(
            "Its outputs are all positive, so they are not centred on zero.", "test_activations.py::test_zero_centred"
        ),
        Trait("Saturates on the left.", "test_activations.py::test_saturates"),
    ),
    used=(
        Use(
            "The standard deviation that a forecasting network puts out",
            Source("Salinas, Flunkert & Gasthaus", 2017, "DeepAR, the likelihood model, arXiv:1704.04110"),
        ),
        Use(
            "Networks for option prices, which must be positive and convex, where it was introduced",
            Source("Dugas et al.", 2001, "Incorporating Second-Order Functional Knowledge, NIPS 13"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.softplus(x, threshold=40)",
            trap="by default it returns x itself above x = 20, which is off by up to 2e-9",
        ),
        FrameworkCall(
            "keras",
            "keras.activations.softplus(x)",
            trap="on the PyTorch backend it returns x itself above x = 20, which is off by up to 2e-9",
            differs=True,
        ),
        FrameworkCall("jax", "jax.nn.softplus(x)"),
    ),
)


LOG_SIGMOID = Activation(
    name="log_sigmoid",
    title="Log-sigmoid",
    family="smooth",
    says="It is the logarithm of the sigmoid: 0 for a sure yes, and the score itself for a sure no.",
    formula=r"\log\sigma(x) = -\log(1 + e^{-x})",
    derivative_formula=r"(\log\sigma)'(x) = \sigma(-x)",
    function=log_sigmoid,
    derivative=log_sigmoid_derivative,
    claims=lambda: Claims(
        range=Interval(-math.inf, 0.0),
        monotonic="increasing",
        zero_centred=False,
        saturates=RIGHT,
        lipschitz=1.0,
        steepest_at=None,
    ),
    strengths=(
        Trait("Finite and exact where log(σ(x)) is −∞.", "test_activations.py::test_logs_of_probabilities_stay_finite"),
    ),
    weaknesses=(
        Trait(
            "Its outputs are all negative, so it is no hidden layer's activation.", "test_activations.py::test_range"
        ),
    ),
    used=(
        Use(
            "The objective of word vectors with negative sampling",
            Source("Mikolov et al.", 2013, "Distributed Representations of Words, §2.2, arXiv:1310.4546"),
        ),
        Use(
            "The loss that fits a language model to people's preferences",
            Source("Rafailov et al.", 2023, "Direct Preference Optimization, §4, arXiv:2305.18290"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.logsigmoid(x)"),
        FrameworkCall("keras", "keras.activations.log_sigmoid(x)"),
        FrameworkCall("jax", "jax.nn.log_sigmoid(x)"),
    ),
)


SINE = Activation(
    name="sine",
    title="Sine",
    family="smooth",
    says="It waves: rising and falling for ever, so that a network can carry fine detail.",
    formula=r"\sin(x)",
    derivative_formula=r"\cos(x)",
    function=sine,
    derivative=sine_derivative,
    claims=lambda: Claims(
        range=Interval(-1.0, 1.0, low_closed=True, high_closed=True),
        monotonic="no",
        zero_centred=True,
        saturates=NEITHER_SIDE,
        lipschitz=1.0,
        steepest_at=0.0,
        minimum=(-math.pi / 2, -1.0),
    ),
    strengths=(
        Trait(
            "Its derivative is a shifted sine, so derivatives of a network are networks of its kind.",
            "test_activations.py::test_slope_of_the_sine_is_a_sine",
        ),
        Trait("Bounded, yet it never saturates.", "test_activations.py::test_saturates"),
    ),
    weaknesses=(Trait("Not monotonic: different scores give the same output.", "test_activations.py::test_monotonic"),),
    used=(
        Use(
            "Networks that represent one image, sound or shape, as sin(30z) in the first layer",
            Source(
                "Sitzmann et al.", 2020, "Implicit Neural Representations with Periodic Activations, arXiv:2006.09661"
            ),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.sin(x)"),
        FrameworkCall("keras", "keras.ops.sin(x)"),
        FrameworkCall("jax", "jax.numpy.sin(x)"),
    ),
)


ENTRIES = (SOFTPLUS, LOG_SIGMOID, SINE)
