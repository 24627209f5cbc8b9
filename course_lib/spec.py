"""What the course says about a function: one frozen entry per activation or loss.

Every field is either a *claim*, which the tests verify for every entry, or *prose* with a source.
Cards, tables, figures, widgets, galleries and tests all read these entries; adding a function means adding one.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Function = Callable[..., Array]


@dataclass(frozen=True)
class Interval:
    """The real numbers from `low` to `high`; a closed end belongs to it, an infinite end never does."""

    low: float = -math.inf
    high: float = math.inf
    low_closed: bool = False
    high_closed: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high and not (self.low == self.high and self.low_closed and self.high_closed):
            raise ValueError(f"Interval needs low < high, got low={self.low}, high={self.high}")

    def __contains__(self, value: float) -> bool:
        above = self.low < value or (self.low_closed and value == self.low)
        below = value < self.high or (self.high_closed and value == self.high)
        return above and below

    def __str__(self) -> str:
        left, right = "[" if self.low_closed else "(", "]" if self.high_closed else ")"
        return f"{left}{_number(self.low)}, {_number(self.high)}{right}"


REALS = Interval()
POSITIVE = Interval(low=0.0)
NON_NEGATIVE = Interval(low=0.0, low_closed=True)
UNIT = Interval(0.0, 1.0, low_closed=True, high_closed=True)
OPEN_UNIT = Interval(0.0, 1.0)


def _number(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−")


@dataclass(frozen=True)
class Param:
    """A keyword argument of a function: what it means, its default, and the values that it may take.

    A default of several numbers (the lines of maxout) stands for a sequence of any length; `domain` holds each of them.
    """

    name: str
    default: float | tuple[float, ...]
    domain: Interval
    meaning: str
    learnable: bool = False

    def checked(self, value: object) -> float:
        """The value as a Python float, which leaves float32 arrays alone; an error where it is outside the domain."""
        if not isinstance(value, Real):
            raise TypeError(f"{self.name} must be one number in {self.domain}, got {value!r:.60}")
        if float(value) not in self.domain:
            raise ValueError(f"{self.name} must lie in {self.domain}, got {float(value):g}; it is {self.meaning}")
        return float(value)


@dataclass(frozen=True)
class Kink:
    """A point where the function has no derivative: its slopes on both sides and the value our derivative returns.

    `jump` is by how much the function itself leaps there, from left to right (0: it is continuous).
    """

    at: float
    left: float
    right: float
    returned: float
    jump: float = 0.0


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: author, year, and the section, page or DOI that holds it."""

    author: str
    year: int
    where: str


@dataclass(frozen=True)
class Trait:
    """A strength or a weakness, and what shows it.

    `shown_by` names a test (`test_activations.py::test_largest_slope`) or a lesson cell (`03#experiment`).
    """

    text: str
    shown_by: str


@dataclass(frozen=True)
class Use:
    """Where practitioners use the function, and the source that says so."""

    text: str
    source: Source


@dataclass(frozen=True)
class FrameworkCall:
    """The same function elsewhere: an expression in `x` or in `y_true`, `y_pred`, and in the entry's parameters.

    `trap` says in one sentence what differs (a default, an axis, a clamp); `differs` is true where the *values* differ
    from ours although the call is the framework's own version, and a test then shows the difference.
    """

    framework: Literal["torch", "keras", "jax", "optax"]
    call: str
    trap: str = ""
    differs: bool = False


Side = Literal["left", "right"]
Trend = Literal["increasing", "non-decreasing", "decreasing", "non-increasing", "no"]

NEITHER_SIDE: frozenset[Side] = frozenset()
LEFT: frozenset[Side] = frozenset({"left"})
RIGHT: frozenset[Side] = frozenset({"right"})
BOTH_SIDES: frozenset[Side] = LEFT | RIGHT


@dataclass(frozen=True)
class Claims:
    """What is true of an elementwise activation at given parameters.

    `range` is the smallest interval that holds every value. `zero_centred` means f(−x) = −f(x). `saturates` names the
    sides on which the slope tends to 0. `lipschitz` is the least L with |f(a) − f(b)| ≤ L·|a − b|, the least upper
    bound of |slope|; it is ∞ where f jumps or its slope has no bound. `steepest_at` is a point where the slope has that
    size (None: only in the limit, or nowhere). `minimum` is (x, f(x)) at one point where the smallest value is taken
    (None: it is not taken).
    """

    range: Interval
    monotonic: Trend
    zero_centred: bool
    saturates: frozenset[Side]
    lipschitz: float
    steepest_at: float | None
    minimum: tuple[float, float] | None = None
    kinks: tuple[Kink, ...] = ()


@dataclass(frozen=True)
class VectorClaims:
    """What is true of an activation that mixes the entries along an axis (softmax and its relatives, gated units).

    `range` holds every entry of the output. `sums_to` is the sum along the axis (None: it varies). `lipschitz` is the
    least upper bound of the spectral norm of the Jacobian, the largest stretch of any direction, for any number of
    entries; it is ∞ where that grows without bound.
    """

    range: Interval
    sums_to: float | None
    shift_invariant: bool
    lipschitz: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Activation:
    """An activation: its functions, what is claimed of them, and what a lesson says about them.

    Exactly one of three says how a change of x changes the output. Elementwise activations have `derivative`, of the
    same shape as x. Activations along an axis have `jacobian`, (…, k) → (…, k, k). Gated units, which turn (…, 2k)
    into (…, k), have `pullback(x, upstream)`: the gradient with respect to x, (…, 2k), given the gradient with respect
    to the output, (…, k); the vector–Jacobian product that backpropagation needs.

    `parameter_gradients` maps each learnable parameter to ∂f/∂parameter at every x: the shape of x, followed by the
    number of values of a parameter that has several.
    """

    name: str
    title: str
    family: str
    says: str
    formula: str
    derivative_formula: str
    function: Function
    derivative: Function | None = None
    jacobian: Function | None = None
    pullback: Function | None = None
    params: tuple[Param, ...] = ()
    parameter_gradients: Mapping[str, Function] = field(default_factory=dict)
    claims: Callable[..., Claims | VectorClaims]
    strengths: tuple[Trait, ...] = ()
    weaknesses: tuple[Trait, ...] = ()
    used: tuple[Use, ...] = ()
    frameworks: tuple[FrameworkCall, ...] = ()
    lesson: int | None = None

    def __post_init__(self) -> None:
        given = [how for how in ("derivative", "jacobian", "pullback") if getattr(self, how) is not None]
        if len(given) != 1:
            raise ValueError(
                f"activation {self.name!r} needs exactly one of derivative, jacobian and pullback, "
                f"got {' and '.join(given) or 'none'}"
            )
        learnable = {param.name for param in self.params if param.learnable}
        if learnable != set(self.parameter_gradients):
            raise ValueError(
                f"activation {self.name!r} has learnable parameters {sorted(learnable)} "
                f"but parameter_gradients for {sorted(self.parameter_gradients)}; expected one for each"
            )

    def __call__(self, x: ArrayLike, **params: Any) -> Array:
        return self.function(x, **params)

    def __repr__(self) -> str:
        return f"<activation {self.name}>"

    @property
    def elementwise(self) -> bool:
        return self.derivative is not None

    @property
    def gated(self) -> bool:
        return self.pullback is not None


Statistic = Literal[
    "mean",
    "weighted mean",
    "smoothed mean",
    "geometric mean",
    "median",
    "weighted median",
    "quantile",
    "mode",
    "log mean",
    "none",
]


@dataclass(frozen=True)
class LossClaims:
    """What is true of a loss at given parameters.

    `target` and `prediction` are the sets each entry must lie in. `minimiser` is the statistic of the targets that the
    best constant prediction equals (for logits: that its sigmoid or softmax equals). `gradient_bound` is the least
    upper bound of |entry of the gradient| over the whole domain. `zero_when_perfect`: the loss is exactly 0 where the
    prediction is the target. `kinks` are given in the residual y_pred − y_true at a target of 1, for labels ±1 in the
    margin y·score at a label of +1.
    """

    target: Interval
    prediction: Interval
    minimiser: Statistic
    convex_in_prediction: bool
    gradient_bound: float
    zero_when_perfect: bool = True
    non_negative: bool = True
    kinks: tuple[Kink, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A loss of (y_true, y_pred), and its gradient with respect to y_pred.

    `target` and `prediction` say what the first two arrays hold, `third` what a further one holds:
    value, binary (0/1), sign (−1/+1), label (class numbers), probability and logit: one number per prediction, (n,);
    one-hot, probabilities and logits: classes on the last axis, (n, k); mask: pixels on the last axis;
    vectors: (n, d); label sequence (L,) with frames (T, k).
    `per` says what one returned value belongs to: a single prediction, an example (the last axis is used up), or the
    whole batch. `gradient` is the gradient of the sum of the returned values, which is each value's own gradient
    unless examples share an input. It is one array, shaped like y_pred; with `gradient_for`, a tuple of arrays, one
    for each input named there.
    """

    name: str
    title: str
    family: str
    says: str
    formula: str
    gradient_formula: str
    function: Function
    gradient: Callable[..., Any]
    target: Literal["value", "binary", "sign", "label", "one-hot", "probabilities", "mask", "vectors", "label sequence"]
    prediction: Literal["value", "probability", "logit", "probabilities", "logits", "mask", "vectors", "frames"]
    third: Literal["positive value", "class weights", "vectors"] | None = None
    per: Literal["prediction", "example", "batch"] = "prediction"
    gradient_for: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    claims: Callable[..., LossClaims]
    strengths: tuple[Trait, ...] = ()
    weaknesses: tuple[Trait, ...] = ()
    used: tuple[Use, ...] = ()
    frameworks: tuple[FrameworkCall, ...] = ()
    lesson: int | None = None

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, *third: ArrayLike, **params: float) -> Array:
        return self.function(y_true, y_pred, *third, **params)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the arrays that the function takes, in order: ("y_true", "logits")."""
        keywords = {param.name for param in self.params}
        return tuple(name for name in inspect.signature(self.function).parameters if name not in keywords)

    @property
    def over_classes(self) -> bool:
        return self.prediction in ("probabilities", "logits")
