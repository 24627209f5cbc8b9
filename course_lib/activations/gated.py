"""Gated units: one half of the scores decides how much of the other half passes; (…, 2k) → (…, k)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations.saturating import sigmoid, sigmoid_derivative
from course_lib.activations.self_gated import gelu, gelu_derivative, silu, silu_derivative
from course_lib.arrays import along, as_float
from course_lib.spec import REALS, Activation, Array, FrameworkCall, Source, Trait, Use, VectorClaims


def glu(x: ArrayLike, axis: int = -1) -> Array:
    """a·σ(b), the gated linear unit: a is the first half of x along `axis`, b the second; (…, 2k) → (…, k).

    ValueError for an odd number of scores. Where a is infinite and the gate shut there is no limit, and it gives NaN.
    """
    return _gate(x, axis, sigmoid)


def glu_pullback(x: ArrayLike, upstream: ArrayLike, axis: int = -1) -> Array:
    """The gradient with respect to x given that with respect to the output: (g·σ(b), g·a·σ′(b)); (…, k) → (…, 2k)."""
    return _pull_back(x, upstream, axis, sigmoid, sigmoid_derivative)


def swiglu(x: ArrayLike, axis: int = -1) -> Array:
    """a·silu(b): as glu, with the gate b·σ(b) in the place of σ(b); (…, 2k) → (…, k)."""
    return _gate(x, axis, silu)


def swiglu_pullback(x: ArrayLike, upstream: ArrayLike, axis: int = -1) -> Array:
    """(g·silu(b), g·a·silu′(b)); (…, k) → (…, 2k)."""
    return _pull_back(x, upstream, axis, silu, silu_derivative)


def geglu(x: ArrayLike, axis: int = -1) -> Array:
    """a·gelu(b): as glu, with the gate b·Φ(b) in the place of σ(b); (…, 2k) → (…, k)."""
    return _gate(x, axis, gelu)


def geglu_pullback(x: ArrayLike, upstream: ArrayLike, axis: int = -1) -> Array:
    """(g·gelu(b), g·a·gelu′(b)); (…, k) → (…, 2k)."""
    return _pull_back(x, upstream, axis, gelu, gelu_derivative)


def _halves(x: ArrayLike, axis: int) -> tuple[Array, Array]:
    x = along(x, axis)
    if x.shape[axis] % 2:
        raise ValueError(
            f"x has {x.shape[axis]} scores along axis {axis} (shape {x.shape}); "
            "expected an even number, the first half to pass and the second half to gate"
        )
    value, gate = np.split(x, 2, axis=axis)
    return value, gate


# Two infinities, or a product beyond the largest float, are the caller's: the result says so, without a warning.
@np.errstate(over="ignore", invalid="ignore")
def _gate(x: ArrayLike, axis: int, function: Callable[[Array], Array]) -> Array:
    value, gate = _halves(x, axis)
    return value * function(gate)


@np.errstate(over="ignore", invalid="ignore")
def _pull_back(
    x: ArrayLike,
    upstream: ArrayLike,
    axis: int,
    function: Callable[[Array], Array],
    derivative: Callable[[Array], Array],
) -> Array:
    value, gate = _halves(x, axis)
    g = as_float(upstream, "upstream")
    if g.shape != value.shape:
        raise ValueError(f"upstream has shape {g.shape}; expected the shape of the output, {value.shape}")
    return np.concatenate([g * function(gate), g * value * derivative(gate)], axis=axis)


def gated_claims() -> VectorClaims:
    """A product of two scores: no bound on its values or its slope."""
    return VectorClaims(range=REALS, sums_to=None, shift_invariant=False, lipschitz=math.inf)


TRAP = "no function of its own; many models put the gate first and the value second"

GLU = Activation(
    name="glu",
    title="GLU",
    family="gated",
    says="Half of the scores pass, each as far as a sigmoid of its partner opens the gate.",
    formula=r"\mathrm{GLU}(a, b) = a\,\sigma(b)",
    derivative_formula=(
        r"\frac{\partial}{\partial a} = \sigma(b),\quad \frac{\partial}{\partial b} = a\,\sigma(b)\,(1 - \sigma(b))"
    ),
    function=glu,
    pullback=glu_pullback,
    claims=gated_claims,
    strengths=(
        Trait(
            "Linear in the passing half: an open gate does not shrink the gradient.",
            "test_activations.py::test_gated_units_are_linear_in_the_value",
        ),
    ),
    weaknesses=(Trait("Needs two scores for one output.", "test_activations.py::test_gated_units_halve_the_axis"),),
    used=(
        Use(
            "Language models built from convolutions",
            Source("Dauphin et al.", 2017, "Language Modeling with Gated Convolutional Networks, arXiv:1612.08083"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.glu(x, dim=-1)"),
        FrameworkCall("keras", "keras.activations.glu(x, axis=-1)"),
        FrameworkCall("jax", "jax.nn.glu(x, axis=-1)"),
    ),
)

SWIGLU = Activation(
    name="swiglu",
    title="SwiGLU",
    family="gated",
    says="It is a GLU whose gate is a SiLU, so that the gate itself grows with its score.",
    formula=r"\mathrm{SwiGLU}(a, b) = a\,b\,\sigma(b)",
    derivative_formula=(
        r"\frac{\partial}{\partial a} = b\,\sigma(b),\quad "
        r"\frac{\partial}{\partial b} = a\,\sigma(b)\,(1 + b\,\sigma(-b))"
    ),
    function=swiglu,
    pullback=swiglu_pullback,
    claims=gated_claims,
    strengths=(
        Trait(
            "Multiplies two scores, which no elementwise activation does.",
            "test_activations.py::test_swiglu_is_near_a_product",
        ),
    ),
    weaknesses=(Trait("Needs two scores for one output.", "test_activations.py::test_gated_units_halve_the_axis"),),
    used=(
        Use(
            "Feed-forward layers of transformers",
            Source("Shazeer", 2020, "GLU Variants Improve Transformer, §2, arXiv:2002.05202"),
        ),
        Use(
            "Every layer of the LLaMA language models",
            Source(
                "Touvron et al.", 2023, "LLaMA: Open and Efficient Foundation Language Models, §2.2, arXiv:2302.13971"
            ),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "x.chunk(2, dim=-1)[0] * torch.nn.functional.silu(x.chunk(2, dim=-1)[1])", trap=TRAP),
        FrameworkCall(
            "keras",
            "keras.ops.split(x, 2, axis=-1)[0] * keras.activations.silu(keras.ops.split(x, 2, axis=-1)[1])",
            trap=TRAP,
        ),
        FrameworkCall(
            "jax", "jax.numpy.split(x, 2, axis=-1)[0] * jax.nn.silu(jax.numpy.split(x, 2, axis=-1)[1])", trap=TRAP
        ),
    ),
)

GEGLU = Activation(
    name="geglu",
    title="GEGLU",
    family="gated",
    says="It is a GLU whose gate is a GELU.",
    formula=r"\mathrm{GEGLU}(a, b) = a\,b\,\Phi(b)",
    derivative_formula=(
        r"\frac{\partial}{\partial a} = b\,\Phi(b),\quad \frac{\partial}{\partial b} = a\,(\Phi(b) + b\,\varphi(b))"
    ),
    function=geglu,
    pullback=geglu_pullback,
    claims=gated_claims,
    strengths=(
        Trait(
            "Linear in the passing half: an open gate does not shrink the gradient.",
            "test_activations.py::test_gated_units_are_linear_in_the_value",
        ),
    ),
    weaknesses=(Trait("Needs two scores for one output.", "test_activations.py::test_gated_units_halve_the_axis"),),
    used=(
        Use(
            "Feed-forward layers of transformers",
            Source("Shazeer", 2020, "GLU Variants Improve Transformer, §2, arXiv:2002.05202"),
        ),
        Use("The Gemma language models", Source("Gemma Team", 2024, "Gemma: Open Models, §2, arXiv:2403.08295")),
    ),
    frameworks=(
        FrameworkCall("torch", "x.chunk(2, dim=-1)[0] * torch.nn.functional.gelu(x.chunk(2, dim=-1)[1])", trap=TRAP),
        FrameworkCall(
            "keras",
            "keras.ops.split(x, 2, axis=-1)[0] * keras.activations.gelu(keras.ops.split(x, 2, axis=-1)[1])",
            trap=TRAP,
        ),
        FrameworkCall(
            "jax",
            "jax.numpy.split(x, 2, axis=-1)[0] * jax.nn.gelu(jax.numpy.split(x, 2, axis=-1)[1], approximate=False)",
            trap="no function of its own; jax.nn.gelu is the tanh approximation unless told otherwise",
        ),
    ),
)

ENTRIES = (GLU, SWIGLU, GEGLU)
