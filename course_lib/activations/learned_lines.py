"""Maxout: the largest of some lines, which are learned."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations.leaky import convex_trend
from course_lib.arrays import as_float, finite
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

SLOPES = Param("slopes", (0.0, 1.0), REALS, "a, the slope of each line", learnable=True)
INTERCEPTS = Param("intercepts", (0.0, 0.0), REALS, "b, the height of each line at x = 0", learnable=True)


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
        monotonic=convex_trend(first, last),
        zero_centred=not kinks and lowest == 0,
        saturates=(LEFT if first == 0 else NEITHER_SIDE) | (RIGHT if last == 0 else NEITHER_SIDE),
        lipschitz=max(abs(first), abs(last)),
        steepest_at=min(bends) - 1 if abs(first) > abs(last) else max(bends) + 1,
        minimum=(lowest_at, lowest) if bounded_below else None,
        kinks=kinks,
    )


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


MAXOUT = Activation(
    name="maxout",
    title="Maxout",
    family="learned lines",
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


ENTRIES = (MAXOUT,)
