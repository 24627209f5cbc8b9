"""Normalising activations: they act on all scores along an axis at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import along
from course_lib.spec import UNIT, Activation, Array, FrameworkCall, Source, Trait, Use, VectorClaims


@np.errstate(over="ignore", invalid="ignore")
def softmax(x: ArrayLike, axis: int = -1) -> Array:
    """e^{x_i} / Σ_j e^{x_j} along `axis`; same shape, entries in [0, 1] that sum to 1.

    The largest score is subtracted first: shares depend on differences only, and no exponential overflows.
    A row that contains +∞, or only −∞, has no limit and gives NaN.
    """
    x = along(x, axis)
    share = np.exp(x - x.max(axis=axis, keepdims=True))
    return share / share.sum(axis=axis, keepdims=True)


def softmax_jacobian(x: ArrayLike, axis: int = -1) -> Array:
    """∂s_i/∂x_j = s_i (δ_ij − s_j); (…, k) → (…, k, k), with the classes moved to the end from `axis`."""
    share = np.moveaxis(softmax(x, axis=axis), axis, -1)
    outer = share[..., :, None] * share[..., None, :]
    jacobian = -outer
    diagonal = np.arange(share.shape[-1])
    # 1 − s_i as the sum of the other shares: the subtraction loses every digit once s_i is close to 1.
    jacobian[..., diagonal, diagonal] = (outer * (1 - np.eye(share.shape[-1], dtype=share.dtype))).sum(axis=-1)
    return jacobian


SOFTMAX = Activation(
    name="softmax",
    title="Softmax",
    family="normalising",
    says="It turns k scores into k positive shares that sum to 1; only differences between scores count.",
    formula=r"\mathrm{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    derivative_formula=r"\frac{\partial s_i}{\partial x_j} = s_i\,(\delta_{ij} - s_j)",
    function=softmax,
    jacobian=softmax_jacobian,
    claims=lambda: VectorClaims(range=UNIT, sums_to=1.0, shift_invariant=True, lipschitz=0.5),
    strengths=(Trait("The outputs form a probability distribution.", "test_catalogue.py::test_sums_to"),),
    weaknesses=(
        Trait(
            "Adding a constant to every score changes nothing, so one score is redundant.",
            "test_catalogue.py::test_shift",
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

ENTRIES = (SOFTMAX,)
