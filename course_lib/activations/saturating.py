"""Saturating activations: S-shaped, flat on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float
from course_lib.spec import OPEN_UNIT, Activation, Array, Claims, FrameworkCall, Interval, Source, Trait, Use


def sigmoid(x: ArrayLike) -> Array:
    """σ(x) = 1 / (1 + e^−x), the logistic function; any shape → the same shape, values in (0, 1).

    Written with exp of non-positive numbers only, so nothing overflows and the left tail keeps every digit.
    In floating point the value reaches 1 for x above about 37 (float64) and 0 below about −745.
    """
    x = as_float(x)
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def sigmoid_derivative(x: ArrayLike) -> Array:
    """σ′(x) = σ(x)·σ(−x) = σ(x)(1 − σ(x)); largest at 0, where it is 1/4.

    σ(−x) replaces 1 − σ(x): the difference rounds to 0 for x above 37, the product keeps its digits.
    """
    x = as_float(x)
    return sigmoid(x) * sigmoid(-x)


def tanh(x: ArrayLike) -> Array:
    """tanh(x) = (e^x − e^−x) / (e^x + e^−x) = 2σ(2x) − 1; any shape → the same shape, values in (−1, 1)."""
    return np.tanh(as_float(x))


def tanh_derivative(x: ArrayLike) -> Array:
    """tanh′(x) = 1 − tanh²(x) = 4·σ(2x)·σ(−2x); largest at 0, where it is 1.

    The product form keeps its digits in the tails, where 1 − tanh² rounds to 0.
    """
    # Beyond ±400 the slope is smaller than the smallest float64, and 2x could overflow.
    doubled = 2 * np.clip(as_float(x), -400, 400)
    return 4 * (sigmoid(doubled) * sigmoid(-doubled))


SIGMOID = Activation(
    name="sigmoid",
    title="Sigmoid",
    family="saturating",
    says="It squeezes any score into a number between 0 and 1, one half at a score of 0.",
    formula=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
    derivative_formula=r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x))",
    function=sigmoid,
    derivative=sigmoid_derivative,
    claims=lambda: Claims(
        range=OPEN_UNIT,
        monotonic="increasing",
        zero_centred=False,
        saturates=frozenset({"left", "right"}),
        lipschitz=0.25,
        steepest_at=0.0,
    ),
    strengths=(
        Trait("Turns any score into a number that can be read as a probability.", "03#definition-table"),
        Trait("Smooth everywhere, with a derivative that costs one product once σ is known.", "03#derivative-check"),
        Trait(
            "Monotonic and bounded: one extreme input moves the output by less than 1.", "test_catalogue.py::test_range"
        ),
    ),
    weaknesses=(
        Trait(
            "Its slope never exceeds 1/4, so each layer multiplies the gradient by a quarter at most.", "03#experiment"
        ),
        Trait("Saturates on both sides: beyond |x| = 6 the slope is under 1 % of its maximum.", "03#saturation"),
        Trait("Its outputs are all positive, so they are not centred on zero.", "test_catalogue.py::test_zero_centred"),
    ),
    used=(
        Use(
            "Output of a binary or multi-label classifier: one probability per label",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §4.2"),
        ),
        Use(
            "Gates of an LSTM: how much to keep, write and read, from 0 (nothing) to 1 (all)",
            Source("Hochreiter & Schmidhuber", 1997, "Neural Computation 9(8), doi:10.1162/neco.1997.9.8.1735"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.sigmoid(x)"),
        FrameworkCall("keras", "keras.activations.sigmoid(x)"),
        FrameworkCall("jax", "jax.nn.sigmoid(x)"),
    ),
    lesson=3,
)

TANH = Activation(
    name="tanh",
    title="Tanh",
    family="saturating",
    says="It squeezes any score into a number between −1 and 1 and keeps 0 at 0.",
    formula=r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}} = 2\,\sigma(2x) - 1",
    derivative_formula=r"\tanh'(x) = 1 - \tanh^2(x)",
    function=tanh,
    derivative=tanh_derivative,
    claims=lambda: Claims(
        range=Interval(-1.0, 1.0),
        monotonic="increasing",
        zero_centred=True,
        saturates=frozenset({"left", "right"}),
        lipschitz=1.0,
        steepest_at=0.0,
    ),
    strengths=(
        Trait(
            "Centred on zero: symmetric inputs give outputs that average to 0.", "test_catalogue.py::test_zero_centred"
        ),
        Trait(
            "Slope 1 at the origin, four times the sigmoid's.", "test_catalogue.py::test_claimed_slope_is_the_largest"
        ),
    ),
    weaknesses=(
        Trait(
            "Saturates on both sides, so large scores pass almost no gradient.", "test_catalogue.py::test_saturation"
        ),
    ),
    used=(
        Use(
            "Cell state and output of an LSTM, where a signed, bounded signal is wanted",
            Source("Hochreiter & Schmidhuber", 1997, "Neural Computation 9(8), doi:10.1162/neco.1997.9.8.1735"),
        ),
        Use(
            "Hidden layers of small networks: symmetric sigmoids train faster than the logistic one",
            Source("LeCun, Bottou, Orr & Müller", 1998, "Efficient BackProp, §1.4.4, doi:10.1007/3-540-49430-8_2"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.tanh(x)"),
        FrameworkCall("keras", "keras.activations.tanh(x)"),
        FrameworkCall("jax", "jax.numpy.tanh(x)"),
    ),
    lesson=4,
)

ENTRIES = (SIGMOID, TANH)
