"""Leaky rectifiers: the identity on the right, a share of the score on the left; fixed, learned or random."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float, finite, is_positive
from course_lib.spec import (
    LEFT,
    NEITHER_SIDE,
    NON_NEGATIVE,
    OPEN_UNIT,
    REALS,
    Activation,
    Array,
    Claims,
    FrameworkCall,
    Interval,
    Kink,
    Param,
    Source,
    Trait,
    Trend,
    Use,
)

LEAKY_SLOPE = Param("alpha", 0.01, Interval(0.0, 1.0, low_closed=True), "the slope for negative scores")
LEARNED_SLOPE = Param("alpha", 0.25, REALS, "the slope for negative scores", learnable=True)
LOWER = Param("lower", 1 / 8, OPEN_UNIT, "ℓ, the smallest slope that training draws")
UPPER = Param("upper", 1 / 3, OPEN_UNIT, "u, the largest slope that training draws")


def leaky_relu(x: ArrayLike, alpha: float = 0.01) -> Array:
    """x for x > 0, else αx with a small slope 0 ≤ α < 1; any shape → the same shape, values in (−∞, ∞).

    For α < 1 that is the larger of x and αx. ValueError for α outside [0, 1).
    """
    x, alpha = as_float(x), LEAKY_SLOPE.checked(alpha)
    # With α = 0 an infinite x would give 0·∞.
    return np.maximum(x, alpha * (x if alpha else finite(x)))


def leaky_relu_derivative(x: ArrayLike, alpha: float = 0.01) -> Array:
    """1 for x > 0, else α; at the kink x = 0 we return α, the slope on the left, as PyTorch and Keras do (JAX: 1)."""
    x, alpha = as_float(x), LEAKY_SLOPE.checked(alpha)
    return np.maximum(is_positive(x), alpha)


def prelu(x: ArrayLike, alpha: ArrayLike = 0.25) -> Array:
    """max(x, 0) + α·min(x, 0): a leaky ReLU whose slope α is learned, and may be any number.

    α is one number, or an array that broadcasts to x's shape: one slope per channel for x of shape (…, channels).
    """
    x = as_float(x)
    slope = _slope(alpha, x)
    left = np.minimum(x, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        left *= slope
    if not np.all(slope):
        # 0·∞: the left side is flat there, whatever x is.
        left = np.where((slope == 0) & np.isneginf(x), 0, left)
    return np.maximum(x, 0) + left


def prelu_derivative(x: ArrayLike, alpha: ArrayLike = 0.25) -> Array:
    """1 for x > 0, else α; at the kink x = 0 we return α, as PyTorch and Keras do."""
    x = as_float(x)
    positive = is_positive(x)
    return positive + _slope(alpha, x) * (1 - positive)


def prelu_alpha_gradient(x: ArrayLike, alpha: ArrayLike = 0.25) -> Array:
    """∂/∂α = min(x, 0), the shape of x: only negative scores teach the slope. Sum over the scores that share an α."""
    x = as_float(x)
    _slope(alpha, x)
    return np.minimum(x, 0)


def _slope(alpha: ArrayLike, x: Array) -> Array:
    """α as an array of x's dtype, one number or one per channel; ValueError where it does not fit x."""
    slope = as_float(alpha, "alpha").astype(x.dtype)
    try:
        fits = np.broadcast_shapes(slope.shape, x.shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"alpha has shape {slope.shape}, which does not fit x of shape {x.shape}; "
            "expected one number, or one for each entry of the last axis"
        )
    if not np.isfinite(slope).all():
        raise ValueError(f"alpha must lie in {REALS}, got {alpha!r:.60}")
    return slope


def rrelu(x: ArrayLike, lower: float = 1 / 8, upper: float = 1 / 3) -> Array:
    """x for x > 0, else x·(lower + upper)/2: the randomised leaky ReLU as it is used after training.

    During training every negative score gets a slope of its own, drawn anew each time between lower and upper:
    `prelu(x, rng.uniform(lower, upper, x.shape))`. ValueError unless 0 < lower ≤ upper < 1.
    """
    return leaky_relu(x, _mean_slope(lower, upper))


def rrelu_derivative(x: ArrayLike, lower: float = 1 / 8, upper: float = 1 / 3) -> Array:
    """1 for x > 0, else (lower + upper)/2; at the kink x = 0 we return the slope on the left."""
    return leaky_relu_derivative(x, _mean_slope(lower, upper))


def _mean_slope(lower: float, upper: float) -> float:
    low, high = LOWER.checked(lower), UPPER.checked(upper)
    if low > high:
        raise ValueError(f"lower must not exceed upper, got lower={low:g} and upper={high:g}")
    return (low + high) / 2


def leaky_claims(alpha: float) -> Claims:
    """The claims of x for x > 0, else αx, for any real α."""
    return Claims(
        range=REALS if alpha > 0 else NON_NEGATIVE,
        monotonic=convex_trend(alpha, 1.0),
        zero_centred=alpha == 1,
        saturates=LEFT if alpha == 0 else NEITHER_SIDE,
        lipschitz=max(1.0, abs(alpha)),
        steepest_at=-1.0 if abs(alpha) > 1 else 1.0,
        minimum=None if alpha > 0 else (0.0, 0.0),
        kinks=() if alpha == 1 else (Kink(at=0.0, left=alpha, right=1.0, returned=alpha),),
    )


def convex_trend(first: float, last: float) -> Trend:
    """How a convex function runs whose slope grows from `first` on the far left to `last` on the far right."""
    if first > 0:
        return "increasing"
    if last < 0:
        return "decreasing"
    if first == 0:
        return "non-decreasing"
    return "non-increasing" if last == 0 else "no"


LEAKY_RELU = Activation(
    name="leaky_relu",
    title="Leaky ReLU",
    family="leaky",
    says="It passes positive scores unchanged and lets a small share of the negative ones through.",
    formula=r"\mathrm{LeakyReLU}(x) = \max(x,\, \alpha x)",
    derivative_formula=r"\mathrm{LeakyReLU}'(x) = 1 \text{ for } x > 0,\ \alpha \text{ for } x \leq 0",
    function=leaky_relu,
    derivative=leaky_relu_derivative,
    params=(LEAKY_SLOPE,),
    claims=lambda alpha=0.01: leaky_claims(alpha),
    strengths=(
        Trait("Its slope is nowhere 0, so no unit is ever cut off.", "test_activations.py::test_leaky_unit_recovers"),
        Trait("Reaches every real number.", "test_activations.py::test_range"),
    ),
    weaknesses=(
        Trait(
            "One more number to choose, and frameworks choose differently.",
            "test_frameworks_activations.py::test_default_slopes_differ",
        ),
    ),
    used=(
        Use(
            "Acoustic models for speech recognition",
            Source("Maas, Hannun & Ng", 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML"),
        ),
        Use(
            "Discriminators of generative adversarial networks, with slope 0.2",
            Source("Radford, Metz & Chintala", 2015, "Deep Convolutional GANs, §3 and §4, arXiv:1511.06434"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.leaky_relu(x, negative_slope=alpha)", trap="default slope 0.01"),
        FrameworkCall(
            "keras",
            "keras.activations.leaky_relu(x, negative_slope=alpha)",
            trap="default slope 0.2; that of the layer keras.layers.LeakyReLU is 0.3",
        ),
        FrameworkCall(
            "jax", "jax.nn.leaky_relu(x, negative_slope=alpha)", trap="default slope 0.01; slope 1, not alpha, at x = 0"
        ),
    ),
    lesson=8,
)


PRELU = Activation(
    name="prelu",
    title="PReLU",
    family="leaky",
    says="It is a leaky ReLU that learns its own leak.",
    formula=r"\mathrm{PReLU}(x) = \max(x, 0) + \alpha\,\min(x, 0)",
    derivative_formula=r"\mathrm{PReLU}'(x) = 1 \text{ for } x > 0,\ \alpha \text{ for } x \leq 0",
    function=prelu,
    derivative=prelu_derivative,
    params=(LEARNED_SLOPE,),
    parameter_gradients={"alpha": prelu_alpha_gradient},
    claims=lambda alpha=0.25: leaky_claims(alpha),
    strengths=(
        Trait(
            "The data choose the slope: ReLU, the identity and |x| are among its shapes.",
            "test_activations.py::test_prelu_becomes_other_functions",
        ),
        Trait("Costs one number per unit or channel.", "test_activations.py::test_prelu_takes_one_slope_per_channel"),
    ),
    weaknesses=(Trait("A negative learned slope makes it non-monotonic.", "test_activations.py::test_monotonic"),),
    used=(
        Use(
            "Image classification, together with the initialisation that bears He's name",
            Source("He, Zhang, Ren & Sun", 2015, "Delving Deep into Rectifiers, §2.1, arXiv:1502.01852"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.prelu(x, torch.full((1,), alpha, dtype=x.dtype))",
            trap="torch.nn.PReLU starts at 0.25 and shares one slope; channels are axis 1",
        ),
        FrameworkCall(
            "keras",
            "keras.activations.leaky_relu(x, negative_slope=alpha)",
            trap="the layer keras.layers.PReLU starts at 0, a ReLU, and has a slope for every input, not every channel",
        ),
        FrameworkCall("jax", "jax.nn.leaky_relu(x, negative_slope=alpha)", trap="no layer of its own in jax.nn"),
    ),
    lesson=9,
)


RRELU = Activation(
    name="rrelu",
    title="RReLU",
    family="leaky",
    says="It is a leaky ReLU whose slope is drawn at random in training and fixed at the mean afterwards.",
    formula=r"\mathrm{RReLU}(x) = \max(x, 0) + a\,\min(x, 0),\quad a = \frac{\ell + u}{2} \text{ after training}",
    derivative_formula=r"\mathrm{RReLU}'(x) = 1 \text{ for } x > 0,\ \frac{\ell + u}{2} \text{ for } x \leq 0",
    function=rrelu,
    derivative=rrelu_derivative,
    params=(LOWER, UPPER),
    claims=lambda lower=1 / 8, upper=1 / 3: leaky_claims((lower + upper) / 2),
    strengths=(
        Trait(
            "After training it returns the mean of its random outputs.",
            "test_activations.py::test_rrelu_is_the_mean_of_its_draws",
        ),
    ),
    weaknesses=(
        Trait(
            "It computes one thing in training and another afterwards, so the mode must be set.",
            "test_frameworks_activations.py::test_rrelu_draws_in_training",
        ),
    ),
    used=(
        Use(
            "Image classification on small data sets",
            Source("Xu, Wang, Chen & Li", 2015, "Empirical Evaluation of Rectified Activations, arXiv:1505.00853"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.rrelu(x, lower=lower, upper=upper, training=False)",
            trap="the module torch.nn.RReLU draws slopes until .eval() is called",
        ),
    ),
)


ENTRIES = (LEAKY_RELU, PRELU, RRELU)
