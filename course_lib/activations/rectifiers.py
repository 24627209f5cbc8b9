"""Rectifiers: the identity on the right, little or nothing on the left."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float
from course_lib.spec import NON_NEGATIVE, Activation, Array, Claims, FrameworkCall, Kink, Source, Trait, Use


def relu(x: ArrayLike) -> Array:
    """max(x, 0), the rectified linear unit; any shape → the same shape, values in [0, ∞)."""
    return np.maximum(as_float(x), 0)


def relu_derivative(x: ArrayLike) -> Array:
    """1 for x > 0, else 0.

    At the kink x = 0 any value in [0, 1] is a valid subgradient; we return 0, as PyTorch, Keras and JAX do.
    """
    # heaviside, unlike a comparison, lets NaN through.
    return np.heaviside(as_float(x), 0)


RELU = Activation(
    name="relu",
    title="ReLU",
    family="rectifiers",
    says="It passes positive scores unchanged and turns negative ones into 0: a hinge.",
    formula=r"\mathrm{ReLU}(x) = \max(x, 0)",
    derivative_formula=r"\mathrm{ReLU}'(x) = 1 \text{ for } x > 0,\ 0 \text{ for } x \le 0",
    function=relu,
    derivative=relu_derivative,
    claims=lambda: Claims(
        range=NON_NEGATIVE,
        monotonic="non-decreasing",
        zero_centred=False,
        saturates=frozenset({"left"}),
        lipschitz=1.0,
        steepest_at=1.0,
        minimum=(0.0, 0.0),
        kinks=(Kink(at=0.0, left=0.0, right=1.0, returned=0.0),),
    ),
    strengths=(
        Trait("Passes the gradient unchanged wherever the unit is on.", "test_catalogue.py::test_kinks"),
        Trait("Never saturates on the right.", "test_catalogue.py::test_saturation"),
    ),
    weaknesses=(
        Trait("A unit that is off for every input gets no gradient at all.", "test_catalogue.py::test_saturation"),
        Trait(
            "Its outputs are never negative, so they are not centred on zero.", "test_catalogue.py::test_zero_centred"
        ),
    ),
    used=(
        Use(
            "Hidden layers of convolutional networks",
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
        FrameworkCall("jax", "jax.nn.relu(x)"),
    ),
    lesson=6,
)

ENTRIES = (RELU,)
