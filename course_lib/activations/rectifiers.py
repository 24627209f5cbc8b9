"""Rectifiers: straight pieces, the identity on the right, little or nothing on the left; maxout learns them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float, finite, is_positive
from course_lib.spec import (
    BOTH_SIDES,
    LEFT,
    NEITHER_SIDE,
    NON_NEGATIVE,
    OPEN_UNIT,
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
    Trend,
    Use,
)

LEAKY_SLOPE = Param("alpha", 0.01, Interval(0.0, 1.0, low_closed=True), "the slope for negative scores")
LEARNED_SLOPE = Param("alpha", 0.25, REALS, "the slope for negative scores", learnable=True)
LOWER = Param("lower", 1 / 8, OPEN_UNIT, "the smallest slope that training draws")
UPPER = Param("upper", 1 / 3, OPEN_UNIT, "the largest slope that training draws")
SLOPES = Param("slopes", (0.0, 1.0), REALS, "the slope of each line", learnable=True)
INTERCEPTS = Param("intercepts", (0.0, 0.0), REALS, "the height of each line at x = 0", learnable=True)


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


@np.errstate(over="ignore", invalid="ignore")
def maxout(x: ArrayLike, slopes: Sequence[float] = (0.0, 1.0), intercepts: Sequence[float] = (0.0, 0.0)) -> Array:
    """max_j (slope_j·x + intercept_j), the largest of some lines; any shape → the same shape.

    The lines are what the unit learns; the default pair, 0 and x, is ReLU. In a layer with several inputs each line
    becomes a linear unit of its own and the activation the largest of their outputs: `scores.max(axis=-1)`.
    ValueError unless there are as many slopes as intercepts, at least one.
    """
    x = as_float(x)
    steepness, height = _lines(slopes, intercepts, x)
    largest = _line(x, steepness[0], height[0])
    for a, b in zip(steepness[1:], height[1:], strict=True):
        largest = np.maximum(largest, _line(x, a, b))
    return largest


def maxout_derivative(
    x: ArrayLike, slopes: Sequence[float] = (0.0, 1.0), intercepts: Sequence[float] = (0.0, 0.0)
) -> Array:
    """The slope of the line that is largest at x; where several tie, at a kink, of the first of them."""
    x = as_float(x)
    steepness, _ = _lines(slopes, intercepts, x)
    return steepness[_winner(x, slopes, intercepts)] + 0 * finite(x)


def maxout_slopes_gradient(
    x: ArrayLike, slopes: Sequence[float] = (0.0, 1.0), intercepts: Sequence[float] = (0.0, 0.0)
) -> Array:
    """∂/∂slope_j = x where line j is the largest, else 0; the shape of x, followed by the number of lines."""
    x = as_float(x)
    wins = maxout_intercepts_gradient(x, slopes, intercepts)
    return np.where(wins == 0, 0 * finite(x)[..., None], x[..., None])


def maxout_intercepts_gradient(
    x: ArrayLike, slopes: Sequence[float] = (0.0, 1.0), intercepts: Sequence[float] = (0.0, 0.0)
) -> Array:
    """∂/∂intercept_j = 1 where line j is the largest, else 0; the shape of x, followed by the number of lines."""
    x = as_float(x)
    won = np.arange(len(slopes)) == _winner(x, slopes, intercepts)[..., None]
    return won + 0 * finite(x)[..., None]


def _lines(slopes: Sequence[float], intercepts: Sequence[float], x: Array) -> tuple[Array, Array]:
    """The lines' slopes and heights as two arrays (k,) of x's dtype."""
    steepness, height = as_float(slopes, "slopes"), as_float(intercepts, "intercepts")
    if steepness.ndim != 1 or steepness.shape != height.shape:
        raise ValueError(
            f"slopes has shape {steepness.shape} and intercepts {height.shape}; expected one of each per line, (k,)"
        )
    if not (np.isfinite(steepness).all() and np.isfinite(height).all()):
        raise ValueError(f"slopes and intercepts must lie in {REALS}, got {slopes!r:.60} and {intercepts!r:.60}")
    return steepness.astype(x.dtype), height.astype(x.dtype)


def _line(x: Array, slope: float, intercept: float) -> Array:
    # A flat line stays flat for an infinite x, where slope·x would be 0·∞.
    return slope * (x if slope else finite(x)) + intercept


def _winner(x: Array, slopes: Sequence[float], intercepts: Sequence[float]) -> Array:
    """The index of the first line that is largest at x."""
    steepness, height = _lines(slopes, intercepts, x)
    # Nearer than the largest numbers, so that slope·x stays finite and no lines tie at ∞.
    reach = float(np.finfo(x.dtype).max) / (2 * max(1.0, float(np.abs(steepness).max())))
    return np.argmax(steepness * np.clip(x, -reach, reach)[..., None] + height, axis=-1)


def leaky_claims(alpha: float) -> Claims:
    """The claims of x for x > 0, else αx, for any real α."""
    return Claims(
        range=REALS if alpha > 0 else NON_NEGATIVE,
        monotonic=_trend(alpha, 1.0),
        zero_centred=alpha == 1,
        saturates=LEFT if alpha == 0 else NEITHER_SIDE,
        lipschitz=max(1.0, abs(alpha)),
        steepest_at=-1.0 if abs(alpha) > 1 else 1.0,
        minimum=None if alpha > 0 else (0.0, 0.0),
        kinks=() if alpha == 1 else (Kink(at=0.0, left=alpha, right=1.0, returned=alpha),),
    )


def maxout_claims(slopes: Sequence[float] = (0.0, 1.0), intercepts: Sequence[float] = (0.0, 0.0)) -> Claims:
    """The claims of the largest of some lines: a convex function, steepest at one of its two ends."""
    kinks = _envelope(slopes, intercepts)
    first, last = min(slopes), max(slopes)
    bends = [kink.at for kink in kinks] or [0.0]
    lowest_at = min(bends, key=lambda at: _height(at, slopes, intercepts))
    lowest = _height(lowest_at, slopes, intercepts)
    bounded_below = first <= 0 <= last
    return Claims(
        range=_range_of_lines(first, last, lowest) if bounded_below else REALS,
        monotonic=_trend(first, last),
        zero_centred=not kinks and lowest == 0,
        saturates=(LEFT if first == 0 else NEITHER_SIDE) | (RIGHT if last == 0 else NEITHER_SIDE),
        lipschitz=max(abs(first), abs(last)),
        steepest_at=min(bends) - 1 if abs(first) > abs(last) else max(bends) + 1,
        minimum=(lowest_at, lowest) if bounded_below else None,
        kinks=kinks,
    )


def _trend(first: float, last: float) -> Trend:
    """How a convex function runs whose slope grows from `first` on the far left to `last` on the far right."""
    if first > 0:
        return "increasing"
    if last < 0:
        return "decreasing"
    if first == 0:
        return "non-decreasing"
    return "non-increasing" if last == 0 else "no"


def _range_of_lines(first: float, last: float, lowest: float) -> Interval:
    flat = first == last
    return Interval(lowest, lowest if flat else math.inf, low_closed=True, high_closed=flat)


def _height(at: float, slopes: Sequence[float], intercepts: Sequence[float]) -> float:
    return max(a * at + b for a, b in zip(slopes, intercepts, strict=True))


def _envelope(slopes: Sequence[float], intercepts: Sequence[float]) -> tuple[Kink, ...]:
    """The kinks of the largest of the lines, from left to right."""
    lines = list(zip(slopes, intercepts, strict=True))
    # Adding 0 turns −0 into 0.
    crossings = sorted({(d - b) / (a - c) + 0.0 for a, b in lines for c, d in lines if a != c})
    kinks = []
    for at in crossings:
        top = _height(at, slopes, intercepts)
        # A crossing is computed with a rounding error; the lines that meet there differ by no more than that.
        tied = [a for a, b in lines if a * at + b >= top - 1e-9 * max(1.0, abs(top))]
        if min(tied) < max(tied):
            kinks.append(Kink(at=at, left=min(tied), right=max(tied), returned=tied[0]))
    return tuple(kinks)


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
            Source("Sandler et al.", 2018, "MobileNetV2, §3, arXiv:1801.04381"),
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
    weaknesses=(Trait("Its slope has no bound, so large scores explode.", "test_activations.py::test_largest_slope"),),
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

LEAKY_RELU = Activation(
    name="leaky_relu",
    title="Leaky ReLU",
    family="rectifiers",
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
            Source("Radford, Metz & Chintala", 2015, "Deep Convolutional GANs, §3, arXiv:1511.06434"),
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
    family="rectifiers",
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
    family="rectifiers",
    says="It is a leaky ReLU whose slope is drawn at random in training and fixed at the mean afterwards.",
    formula=r"\mathrm{RReLU}(x) = \max(x, 0) + a\,\min(x, 0),\quad a = \frac{\ell + u}{2} \text{ after training}",
    derivative_formula=r"\mathrm{RReLU}'(x) = 1 \text{ for } x > 0,\ \frac{\ell + u}{2} \text{ for } x \leq 0",
    function=rrelu,
    derivative=rrelu_derivative,
    params=(LOWER, UPPER),
    claims=lambda lower=1 / 8, upper=1 / 3: leaky_claims((lower + upper) / 2),
    strengths=(
        Trait(
            "After training its mean over the random slopes is what it returns.",
            "test_activations.py::test_rrelu_is_the_mean_of_its_draws",
        ),
    ),
    weaknesses=(
        Trait(
            "It computes something else in training than afterwards, so the mode must be set.",
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

MAXOUT = Activation(
    name="maxout",
    title="Maxout",
    family="rectifiers",
    says="It takes the largest of some lines and learns the lines, so it learns its own shape.",
    formula=r"\mathrm{maxout}(x) = \max_j\, (a_j x + b_j)",
    derivative_formula=r"\mathrm{maxout}'(x) = a_m,\quad m = \mathrm{argmax}_j\, (a_j x + b_j)",
    function=maxout,
    derivative=maxout_derivative,
    params=(SLOPES, INTERCEPTS),
    parameter_gradients={"slopes": maxout_slopes_gradient, "intercepts": maxout_intercepts_gradient},
    claims=maxout_claims,
    strengths=(
        Trait(
            "ReLU, leaky ReLU and |x| are each two of its lines.",
            "test_activations.py::test_maxout_becomes_other_functions",
        ),
        Trait(
            "With enough lines it comes as close as wanted to any convex function.",
            "test_activations.py::test_maxout_approaches_a_parabola",
        ),
    ),
    weaknesses=(Trait("k lines need k times the parameters.", "test_activations.py::test_parameter_gradients"),),
    used=(
        Use(
            "Image classification with dropout",
            Source("Goodfellow et al.", 2013, "Maxout Networks, ICML, PMLR 28(3):1319–1327"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "(x[..., None] * torch.tensor(slopes) + torch.tensor(intercepts)).amax(-1)",
            trap="no layer of its own: take a linear layer k times as wide, then the largest of each k scores",
        ),
        FrameworkCall(
            "keras",
            "keras.ops.max(x[..., None] * keras.ops.array(slopes) + keras.ops.array(intercepts), axis=-1)",
            trap="no layer of its own",
        ),
        FrameworkCall(
            "jax",
            "(x[..., None] * jax.numpy.array(slopes) + jax.numpy.array(intercepts)).max(-1)",
            trap="no layer of its own; max shares the gradient at a tie",
        ),
    ),
    lesson=12,
)

ENTRIES = (IDENTITY, RELU, RELU6, SQUARED_RELU, LEAKY_RELU, PRELU, RRELU, MAXOUT)
