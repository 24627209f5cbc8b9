"""Rectifiers: straight pieces, the identity on the right, nothing on the left; and the identity itself."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations.leaky import leaky_claims
from course_lib.arrays import as_float, finite, is_positive
from course_lib.spec import (
    BOTH_SIDES,
    LEFT,
    NEITHER_SIDE,
    NON_NEGATIVE,
    REALS,
    Activation,
    Array,
    Claims,
    FrameworkCall,
    Interval,
    Kink,
    Source,
    Trait,
    Use,
)


def identity(x: ArrayLike) -> Array:
    """x itself, as a new array of the same shape: no activation at all."""
    return as_float(x).copy()


def identity_derivative(x: ArrayLike) -> Array:
    """1 everywhere."""
    # Not ones_like, which would hide NaN.
    return 1 + 0 * finite(as_float(x))


def relu(x: ArrayLike) -> Array:
    """max(x, 0), the rectified linear unit; any shape → the same shape, values in [0, ∞)."""
    return np.maximum(as_float(x), 0)


def relu_derivative(x: ArrayLike) -> Array:
    """1 for x > 0, else 0.

    At the kink x = 0 any value in [0, 1] is a valid subgradient; we return 0, as PyTorch, Keras and JAX do.
    """
    return is_positive(as_float(x))


def relu6(x: ArrayLike) -> Array:
    """min(max(x, 0), 6), a ReLU with a ceiling; any shape → the same shape, values in [0, 6]."""
    return np.clip(as_float(x), 0, 6)


def relu6_derivative(x: ArrayLike) -> Array:
    """1 for 0 < x < 6, else 0; at the kinks 0 and 6 we return 0, as PyTorch, Keras and JAX do."""
    x = as_float(x)
    return is_positive(x) * is_positive(6 - x)


@np.errstate(over="ignore")
def squared_relu(x: ArrayLike) -> Array:
    """max(x, 0)²; any shape → the same shape, values in [0, ∞). Smooth at 0, where ReLU has its kink."""
    return np.square(np.maximum(as_float(x), 0))


@np.errstate(over="ignore")
def squared_relu_derivative(x: ArrayLike) -> Array:
    """2·max(x, 0): it grows without bound."""
    return 2 * np.maximum(as_float(x), 0)


IDENTITY = Activation(
    name="identity",
    title="Identity",
    family="rectifiers",
    says="It leaves every score as it is.",
    formula=r"\mathrm{identity}(x) = x",
    derivative_formula=r"\mathrm{identity}'(x) = 1",
    function=identity,
    derivative=identity_derivative,
    claims=lambda: Claims(
        range=REALS,
        monotonic="increasing",
        zero_centred=True,
        saturates=NEITHER_SIDE,
        lipschitz=1.0,
        steepest_at=0.0,
    ),
    strengths=(
        Trait("Passes every gradient unchanged.", "test_activations.py::test_derivative_against_mpmath"),
        Trait("Reaches every real number, as the output of a regression must.", "test_activations.py::test_range"),
    ),
    weaknesses=(
        Trait(
            "Layers without a bend between them are one linear layer.",
            "test_activations.py::test_identity_layers_collapse",
        ),
    ),
    used=(
        Use("Output of a regression network", Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §5.1")),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.Identity()(x)"),
        FrameworkCall(
            "keras", "keras.activations.linear(x)", trap="Keras calls it linear, and it is every layer's default"
        ),
        FrameworkCall("jax", "jax.nn.identity(x)"),
    ),
)


RELU = Activation(
    name="relu",
    title="ReLU",
    family="rectifiers",
    says="It passes positive scores unchanged and turns negative ones into 0: a hinge.",
    formula=r"\mathrm{ReLU}(x) = \max(x, 0)",
    derivative_formula=r"\mathrm{ReLU}'(x) = 1 \text{ for } x > 0,\ 0 \text{ for } x \leq 0",
    function=relu,
    derivative=relu_derivative,
    claims=lambda: leaky_claims(0.0),
    strengths=(
        Trait(
            "Passes the gradient unchanged wherever the unit is on.",
            "test_activations.py::test_rectifiers_pass_positive_scores_unchanged",
        ),
        Trait("Never saturates on the right.", "test_activations.py::test_saturates"),
        Trait("Turns about half of centred scores into exact zeros.", "test_activations.py::test_relu_is_sparse"),
    ),
    weaknesses=(
        Trait("A unit that is off for every input gets no gradient at all.", "test_activations.py::test_dead_unit"),
        Trait(
            "Its outputs are never negative, so they are not centred on zero.", "test_activations.py::test_zero_centred"
        ),
    ),
    used=(
        Use(
            "Hidden layers of deep networks for images and text",
            Source("Glorot, Bordes & Bengio", 2011, "Deep Sparse Rectifier Neural Networks, AISTATS, PMLR 15:315–323"),
        ),
        Use(
            "Restricted Boltzmann machines, where it replaced binary units",
            Source("Nair & Hinton", 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines, ICML"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.relu(x)"),
        FrameworkCall("keras", "keras.activations.relu(x)"),
        FrameworkCall(
            "jax", "jax.nn.relu(x)", trap="jnp.maximum(x, 0) is the same function, but its slope at 0 is 1/2 there"
        ),
    ),
    lesson=6,
)


RELU6 = Activation(
    name="relu6",
    title="ReLU6",
    family="rectifiers",
    says="It is a ReLU that stops at 6, so that few bits are enough to store its outputs.",
    formula=r"\mathrm{ReLU6}(x) = \min(\max(x, 0),\, 6)",
    derivative_formula=r"\mathrm{ReLU6}'(x) = 1 \text{ for } 0 < x < 6,\ 0 \text{ elsewhere}",
    function=relu6,
    derivative=relu6_derivative,
    claims=lambda: Claims(
        range=Interval(0.0, 6.0, low_closed=True, high_closed=True),
        monotonic="non-decreasing",
        zero_centred=False,
        saturates=BOTH_SIDES,
        lipschitz=1.0,
        steepest_at=1.0,
        minimum=(0.0, 0.0),
        kinks=(Kink(0.0, left=0.0, right=1.0, returned=0.0), Kink(6.0, left=1.0, right=0.0, returned=0.0)),
    ),
    strengths=(Trait("Bounded: its outputs fit a fixed-point format.", "test_activations.py::test_range"),),
    weaknesses=(Trait("Saturates on both sides.", "test_activations.py::test_saturates"),),
    used=(
        Use(
            "Networks for phones, for its robustness in low-precision arithmetic",
            Source("Sandler et al.", 2018, "MobileNetV2, §4, arXiv:1801.04381"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.relu6(x)"),
        FrameworkCall("keras", "keras.activations.relu6(x)"),
        FrameworkCall("jax", "jax.nn.relu6(x)"),
    ),
)


SQUARED_RELU = Activation(
    name="squared_relu",
    title="Squared ReLU",
    family="rectifiers",
    says="It is the square of ReLU: 0 on the left, a parabola on the right.",
    formula=r"\mathrm{ReLU}^2(x) = \max(x, 0)^2",
    derivative_formula=r"(\mathrm{ReLU}^2)'(x) = 2\,\max(x, 0)",
    function=squared_relu,
    derivative=squared_relu_derivative,
    claims=lambda: Claims(
        range=NON_NEGATIVE,
        monotonic="non-decreasing",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=math.inf,
        steepest_at=None,
        minimum=(0.0, 0.0),
    ),
    strengths=(
        Trait("No kink: its slope passes through 0 without a jump.", "test_activations.py::test_no_other_kinks"),
    ),
    weaknesses=(
        Trait("Its slope has no bound, so large scores get huge gradients.", "test_activations.py::test_largest_slope"),
    ),
    used=(
        Use(
            "Feed-forward layers of a transformer found by architecture search",
            Source("So et al.", 2021, "Primer: Searching for Efficient Transformers, arXiv:2109.08668"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.relu(x).square()", trap="no function of its own"),
        FrameworkCall("keras", "keras.ops.square(keras.activations.relu(x))", trap="no function of its own"),
        FrameworkCall("jax", "jax.numpy.square(jax.nn.relu(x))", trap="no function of its own"),
    ),
)


ENTRIES = (IDENTITY, RELU, RELU6, SQUARED_RELU)
