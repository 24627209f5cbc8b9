"""Self-gated activations: a score times a gate that the same score opens; a ReLU with a soft corner and a dip."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from course_lib.activations.saturating import sigmoid, sigmoid_derivative
from course_lib.arrays import as_float, finite, is_positive, largest_exponent
from course_lib.spec import (
    LEFT,
    NEITHER_SIDE,
    REALS,
    RIGHT,
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

BETA = Param("beta", 1.0, REALS, "the steepness of the gate: 0 gives x/2, a large value ReLU", learnable=True)
# 2u for u = √(2/π)·(x + 0.044715x³), since (1 + tanh u)/2 = σ(2u); Hendrycks & Gimpel (2016), §2.
TWICE_ROOT = 2 * math.sqrt(2 / math.pi)
CUBIC = 0.044715


def silu(x: ArrayLike) -> Array:
    """x·σ(x), the sigmoid linear unit; any shape → the same shape, values from −0.278 (at x = −1.278) to ∞."""
    x = as_float(x)
    gate = sigmoid(x)
    gate *= _above_minus_infinity(x)
    return gate


def silu_derivative(x: ArrayLike) -> Array:
    """σ(x)·(1 + x·σ(−x)); 1/2 at 0, 0 at x = −1.278, at most 1.0998 (at x = 2.399).

    σ(x) = e^x/(1 + e^x) and σ(−x) = 1/(1 + e^x): one exponential, and no difference 1 − σ(x), which loses digits.
    """
    x = as_float(x)
    # Beyond these ends the slope is 0 or 1, and an infinite x would give ∞·0.
    x = np.clip(x, -1000, largest_exponent(x))
    odds = np.exp(x)
    total = 1 + odds
    slope = x / total
    slope += 1
    slope *= odds
    slope /= total
    return slope


@np.errstate(over="ignore")
def swish(x: ArrayLike, beta: float = 1.0) -> Array:
    """x·σ(βx); β = 1 is SiLU, β = 0 is x/2, and β → ∞ approaches ReLU. Any shape → the same shape.

    A negative β turns the curve by half a turn: swish(x, −β) = −swish(−x, β).
    """
    x, beta = as_float(x), BETA.checked(beta)
    if beta < 0:
        return -swish(-x, -beta)
    if beta == 0:
        return x / 2
    gate = sigmoid(beta * x)
    gate *= _above_minus_infinity(x)
    return gate


@np.errstate(over="ignore")
def swish_derivative(x: ArrayLike, beta: float = 1.0) -> Array:
    """silu′(βx) = σ(βx)·(1 + βx·σ(−βx)); 1/2 at 0 for every β."""
    return silu_derivative(BETA.checked(beta) * finite(as_float(x)))


@np.errstate(over="ignore", invalid="ignore")
def swish_beta_gradient(x: ArrayLike, beta: float = 1.0) -> Array:
    """∂/∂β = x²·σ(βx)·σ(−βx) = −swish(x)·swish(−x), the shape of x: never negative, 0 far from 0 unless β = 0."""
    x = finite(as_float(x))
    return -swish(x, beta) * swish(-x, beta)


def gelu(x: ArrayLike) -> Array:
    """x·Φ(x), the Gaussian error linear unit; Φ is the normal distribution function.

    Any shape → the same shape, values from −0.170 (at x = −0.752) to ∞.
    """
    x = as_float(x)
    # SciPy has no float16 and computes it in float64.
    return _above_minus_infinity(x) * ndtr(x).astype(x.dtype)


def gelu_derivative(x: ArrayLike) -> Array:
    """Φ(x) + x·φ(x), φ the normal density; 1/2 at 0, at most 1.129 (at x = √2)."""
    x = as_float(x)
    # Beyond ±40 the density is smaller than the smallest float64.
    z = np.clip(x, -40, 40)
    slope = np.exp(-z * z / 2)
    slope *= z / math.sqrt(2 * math.pi)
    slope += ndtr(x).astype(x.dtype)
    return slope


@np.errstate(over="ignore")
def gelu_tanh(x: ArrayLike) -> Array:
    """x·(1 + tanh u)/2 with u = √(2/π)·(x + 0.044715x³), the tanh approximation of GELU; within 5e-4 of it.

    Written x·σ(2u): 1 + tanh u loses every digit of the left tail.
    """
    x = as_float(x)
    # x·x, not x**3, which NumPy computes 60 times as slowly.
    u = x * x
    u *= CUBIC * TWICE_ROOT
    u += TWICE_ROOT
    u *= x
    value = sigmoid(u)
    value *= _above_minus_infinity(x)
    return value


def gelu_tanh_derivative(x: ArrayLike) -> Array:
    """σ(2u) + x·σ′(2u)·2u′ with 2u′ = 2√(2/π)·(1 + 3·0.044715x²)."""
    # Beyond ±30 the slope is 0 or 1, and the cube could overflow.
    x = np.clip(as_float(x), -30, 30)
    square = x * x
    twice_u = TWICE_ROOT * x * (1 + CUBIC * square)
    return sigmoid(twice_u) + x * sigmoid_derivative(twice_u) * (TWICE_ROOT * (1 + 3 * CUBIC * square))


def mish(x: ArrayLike) -> Array:
    """x·tanh(softplus(x)); any shape → the same shape, values from −0.309 (at x = −1.192) to ∞.

    With e = e^x, tanh(log(1 + e)) = ((1 + e)² − 1)/((1 + e)² + 1) = n/(n + 2) for n = e·(e + 2): one exponential.
    """
    x = as_float(x)
    # Half the largest exponent: e is squared.
    e = np.exp(np.clip(x, -1000, largest_exponent(x) / 2))
    e *= e + 2
    e /= e + 2
    e *= _above_minus_infinity(x)
    return e


def mish_derivative(x: ArrayLike) -> Array:
    """t + x·σ(x)·(1 − t²) with t = tanh(softplus(x)); 0.6 at 0, at most 1.089 (at x = 1.491).

    With e = e^x and n = e·(e + 2) that is e·(e + 2 + 4x·(e + 1)/(n + 2))/(n + 2): no difference of numbers near 1.
    """
    x = as_float(x)
    # Beyond the cap the slope is 1; below −1000 it is 0, and an infinite x would give ∞·0.
    x = np.clip(x, -1000, largest_exponent(x) / 2)
    e = np.exp(x)
    n = e * (e + 2)
    return e * (e + 2 + 4 * x * ((e + 1) / (n + 2))) / (n + 2)


def hard_swish(x: ArrayLike) -> Array:
    """x·hard_sigmoid(x): 0 for x ≤ −3, x for x ≥ 3, else x(x + 3)/6; values from −3/8 (at x = −3/2) to ∞."""
    x = as_float(x)
    return np.maximum(x, -3) * (np.clip(x + 3, 0, 6) / 6)


def hard_swish_derivative(x: ArrayLike) -> Array:
    """0 for x ≤ −3, 1 for x ≥ 3, else (2x + 3)/6; at the kinks we return 0 and 1, as PyTorch, Keras and JAX do."""
    x = as_float(x)
    return np.where(np.abs(x) < 3, (x + 1.5) / 3, is_positive(x))


def _above_minus_infinity(x: Array) -> Array:
    """x with −∞ replaced by the lowest number of its dtype: times a shut gate that is 0, the limit, and not NaN."""
    return np.clip(x, np.finfo(x.dtype).min, np.inf)


def swish_claims(beta: float = 1.0) -> Claims:
    """The claims of x·σ(βx): the curve for β = 1 scaled by 1/β, so that its slopes do not depend on β."""
    if beta == 0:
        return Claims(
            range=REALS,
            monotonic="increasing",
            zero_centred=True,
            saturates=NEITHER_SIDE,
            lipschitz=0.5,
            steepest_at=0.0,
        )
    lowest = -0.2784645427610738 / abs(beta)
    return Claims(
        range=Interval(lowest, math.inf, low_closed=True)
        if beta > 0
        else Interval(-math.inf, -lowest, high_closed=True),
        monotonic="no",
        zero_centred=False,
        saturates=LEFT if beta > 0 else RIGHT,
        lipschitz=1.0998393201288669,
        steepest_at=2.3993572805154677 / beta,
        minimum=(-1.2784645427610738 / beta, lowest) if beta > 0 else None,
    )


SILU = Activation(
    name="silu",
    title="SiLU (Swish)",
    family="self-gated",
    says="It multiplies a score by its own sigmoid: a ReLU with a soft corner and a dip below zero.",
    formula=r"\mathrm{SiLU}(x) = x\,\sigma(x)",
    derivative_formula=r"\mathrm{SiLU}'(x) = \sigma(x)\,(1 + x\,\sigma(-x))",
    function=silu,
    derivative=silu_derivative,
    claims=lambda: swish_claims(1.0),
    strengths=(
        Trait("Smooth everywhere: no kink at 0.", "test_activations.py::test_no_other_kinks"),
        Trait("Small negative scores keep a gradient.", "test_activations.py::test_leaky_unit_recovers"),
    ),
    weaknesses=(
        Trait("Not monotonic: it falls left of x = −1.278.", "test_activations.py::test_monotonic"),
        Trait("Saturates on the left.", "test_activations.py::test_saturates"),
    ),
    used=(
        Use(
            "Reinforcement learning",
            Source("Elfwing, Uchibe & Doya", 2018, "Sigmoid-weighted linear units, doi:10.1016/j.neunet.2017.12.012"),
        ),
        Use(
            "Convolutional networks for images, EfficientNet",
            Source("Tan & Le", 2019, "EfficientNet, §5.2, arXiv:1905.11946"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.silu(x)"),
        FrameworkCall("keras", "keras.activations.silu(x)"),
        FrameworkCall("jax", "jax.nn.silu(x)"),
    ),
    lesson=13,
)


SWISH = Activation(
    name="swish",
    title="Swish with β",
    family="self-gated",
    says="It is a SiLU whose gate may be steeper or flatter: from half the identity to ReLU.",
    formula=r"\mathrm{swish}_\beta(x) = x\,\sigma(\beta x)",
    derivative_formula=r"\mathrm{swish}_\beta'(x) = \sigma(\beta x)\,(1 + \beta x\,\sigma(-\beta x))",
    function=swish,
    derivative=swish_derivative,
    params=(BETA,),
    parameter_gradients={"beta": swish_beta_gradient},
    claims=swish_claims,
    strengths=(
        Trait("β can be learned.", "test_activations.py::test_parameter_gradients"),
        Trait("One family from x/2 to ReLU.", "test_activations.py::test_swish_runs_from_half_the_identity_to_relu"),
    ),
    weaknesses=(Trait("Not monotonic unless β = 0.", "test_activations.py::test_monotonic"),),
    used=(
        Use(
            "Found by a search over activation functions, then tested on images and translation",
            Source("Ramachandran, Zoph & Le", 2017, "Searching for Activation Functions, §3 to §5, arXiv:1710.05941"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "x * torch.sigmoid(beta * x)", trap="torch.nn.functional.silu has no beta"),
        FrameworkCall("keras", "x * keras.activations.sigmoid(beta * x)", trap="keras.activations.silu has no beta"),
        FrameworkCall("jax", "x * jax.nn.sigmoid(beta * x)", trap="jax.nn.silu has no beta"),
    ),
    lesson=13,
)


GELU = Activation(
    name="gelu",
    title="GELU",
    family="self-gated",
    says="It multiplies a score by the share of a normal distribution that lies below it.",
    formula=r"\mathrm{GELU}(x) = x\,\Phi(x)",
    derivative_formula=r"\mathrm{GELU}'(x) = \Phi(x) + x\,\varphi(x)",
    function=gelu,
    derivative=gelu_derivative,
    claims=lambda: Claims(
        range=Interval(-0.16997120747990366, math.inf, low_closed=True),
        monotonic="no",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=1.1289041451851548,
        steepest_at=math.sqrt(2),
        minimum=(-0.7517915246935645, -0.16997120747990366),
    ),
    strengths=(
        Trait("Smooth everywhere: no kink at 0.", "test_activations.py::test_no_other_kinks"),
        Trait("Small negative scores keep a gradient.", "test_activations.py::test_leaky_unit_recovers"),
    ),
    weaknesses=(
        Trait("Not monotonic: it falls left of x = −0.752.", "test_activations.py::test_monotonic"),
        Trait("Saturates on the left.", "test_activations.py::test_saturates"),
    ),
    used=(
        Use(
            "The feed-forward layers of BERT",
            Source("Devlin et al.", 2019, "BERT, appendix A.2, arXiv:1810.04805"),
        ),
        Use(
            "Images, speech and text, where it was introduced",
            Source("Hendrycks & Gimpel", 2016, "Gaussian Error Linear Units, arXiv:1606.08415"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.gelu(x)"),
        FrameworkCall("keras", "keras.activations.gelu(x, approximate=False)"),
        FrameworkCall("jax", "jax.nn.gelu(x, approximate=False)", trap="the tanh approximation unless told otherwise"),
    ),
    lesson=13,
)


GELU_TANH = Activation(
    name="gelu_tanh",
    title="GELU (tanh)",
    family="self-gated",
    says="It is GELU with the normal distribution replaced by a tanh, for speed; within 0.0005 of it.",
    formula=r"\frac{x}{2}\,(1 + \tanh u),\quad u = \sqrt{2/\pi}\,(x + 0.044715\,x^3)",
    derivative_formula=(
        r"\sigma(2u) + 2x\,\sigma(2u)\,(1 - \sigma(2u))\,u',\quad u' = \sqrt{2/\pi}\,(1 + 0.134145\,x^2)"
    ),
    function=gelu_tanh,
    derivative=gelu_tanh_derivative,
    claims=lambda: Claims(
        range=Interval(-0.17004075057125405, math.inf, low_closed=True),
        monotonic="no",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=1.1289930686587718,
        steepest_at=1.4185040087908284,
        minimum=(-0.7524614220710162, -0.17004075057125405),
    ),
    strengths=(
        Trait(
            "Within 5e-4 of GELU, without the normal distribution.", "test_activations.py::test_gelu_tanh_is_near_gelu"
        ),
    ),
    weaknesses=(
        Trait(
            "Not GELU: a network trained with one and run with the other gives slightly other outputs.",
            "test_activations.py::test_gelu_tanh_is_near_gelu",
        ),
    ),
    used=(
        Use(
            "Proposed with GELU as its fast form",
            Source("Hendrycks & Gimpel", 2016, "Gaussian Error Linear Units, §2, arXiv:1606.08415"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.gelu(x, approximate='tanh')", trap="exact unless told otherwise"),
        FrameworkCall("keras", "keras.activations.gelu(x, approximate=True)", trap="exact unless told otherwise"),
        FrameworkCall("jax", "jax.nn.gelu(x)", trap="JAX's default; PyTorch and Keras default to the exact form"),
    ),
    lesson=13,
)


MISH = Activation(
    name="mish",
    title="Mish",
    family="self-gated",
    says="It multiplies a score by tanh of its softplus: close to SiLU, with a slightly deeper dip.",
    formula=r"\mathrm{mish}(x) = x\,\tanh(\log(1 + e^{x}))",
    derivative_formula=(r"\mathrm{mish}'(x) = t + x\,\sigma(x)\,(1 - t^2),\quad t = \tanh(\log(1 + e^{x}))"),
    function=mish,
    derivative=mish_derivative,
    claims=lambda: Claims(
        range=Interval(-0.3088434130172504, math.inf, low_closed=True),
        monotonic="no",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=1.0884981612517279,
        steepest_at=1.4905711794854285,
        minimum=(-1.1924312145154952, -0.3088434130172504),
    ),
    strengths=(
        Trait("Smooth everywhere: no kink at 0.", "test_activations.py::test_no_other_kinks"),
        Trait("Small negative scores keep a gradient.", "test_activations.py::test_leaky_unit_recovers"),
    ),
    weaknesses=(
        Trait("Not monotonic: it falls left of x = −1.192.", "test_activations.py::test_monotonic"),
        Trait("Saturates on the left.", "test_activations.py::test_saturates"),
    ),
    used=(
        Use(
            "Object detection in YOLOv4",
            Source("Bochkovskiy, Wang & Liao", 2020, "YOLOv4, §3.4, arXiv:2004.10934"),
        ),
        Use(
            "Image classification, where it was introduced",
            Source("Misra", 2019, "Mish: A Self Regularized Non-Monotonic Activation Function, arXiv:1908.08681"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.mish(x)"),
        FrameworkCall("keras", "keras.activations.mish(x)"),
        FrameworkCall("jax", "jax.nn.mish(x)"),
    ),
    lesson=13,
)


HARD_SWISH = Activation(
    name="hard_swish",
    title="Hard swish",
    family="self-gated",
    says="It is a SiLU with the hard sigmoid for a gate: two straight pieces joined by a parabola.",
    formula=r"\mathrm{hardswish}(x) = x\,\frac{\min(\max(x + 3,\, 0),\, 6)}{6}",
    derivative_formula=(
        r"\mathrm{hardswish}'(x) = \frac{2x + 3}{6} \text{ for } |x| < 3,\ 0 \text{ for } x \leq -3,\ "
        r"1 \text{ for } x \geq 3"
    ),
    function=hard_swish,
    derivative=hard_swish_derivative,
    claims=lambda: Claims(
        range=Interval(-0.375, math.inf, low_closed=True),
        monotonic="no",
        zero_centred=False,
        saturates=LEFT,
        lipschitz=1.5,
        steepest_at=None,
        minimum=(-1.5, -0.375),
        kinks=(Kink(-3.0, left=0.0, right=-0.5, returned=0.0), Kink(3.0, left=1.5, right=1.0, returned=1.0)),
    ),
    strengths=(Trait("No exponential, and close to SiLU.", "test_activations.py::test_hard_swish_is_near_silu"),),
    weaknesses=(
        Trait("Left of −3 it is exactly 0 and passes no gradient.", "test_activations.py::test_flat_where_cut_off"),
        Trait("Two kinks, where SiLU has none.", "test_activations.py::test_kinks"),
    ),
    used=(
        Use("Networks for phones", Source("Howard et al.", 2019, "Searching for MobileNetV3, §5.2, arXiv:1905.02244")),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.hardswish(x)"),
        FrameworkCall("keras", "keras.activations.hard_silu(x)"),
        FrameworkCall("jax", "jax.nn.hard_silu(x)"),
    ),
)


ENTRIES = (SILU, SWISH, GELU, GELU_TANH, MISH, HARD_SWISH)
