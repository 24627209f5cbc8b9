"""What the course says about a function: one frozen entry per activation or loss.

Every field is either a *claim*, which `tests/test_catalogue.py` verifies for every entry, or *prose* with a source.
Cards, tables, figures, widgets, galleries and tests all read these entries; adding a function means adding one.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    """A keyword argument of a function: what it means, its default, and the values for which the claims hold."""

    name: str
    default: float
    domain: Interval
    meaning: str
    learnable: bool = False


@dataclass(frozen=True)
class Kink:
    """A point where the function has no derivative: its slopes on both sides and the value our derivative returns."""

    at: float
    left: float
    right: float
    returned: float


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: author, year, and the section, page or DOI that holds it."""

    author: str
    year: int
    where: str


@dataclass(frozen=True)
class Trait:
    """A strength or a weakness, and what shows it.

    `shown_by` names a test (`test_catalogue.py::test_claimed_slope_is_the_largest`) or a lesson cell (`03#experiment`).
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

    library: Literal["torch", "keras", "jax", "optax"]
    call: str
    trap: str = ""
    differs: bool = False


Side = Literal["left", "right"]


@dataclass(frozen=True)
class Claims:
    """What is true of an elementwise activation at given parameters.

    `zero_centred` means f(−x) = −f(x). `saturates` names the sides on which the slope tends to 0. `lipschitz` is the
    least upper bound of |slope| and `steepest_at` a point where it is reached (None: only in the limit). `minimum` is
    (x, f(x)) where the smallest value is taken (None: it is not taken).
    """

    range: Interval
    monotonic: Literal["increasing", "non-decreasing", "no"]
    zero_centred: bool
    saturates: frozenset[Side]
    lipschitz: float
    steepest_at: float | None
    minimum: tuple[float, float] | None = None
    kinks: tuple[Kink, ...] = ()


@dataclass(frozen=True)
class VectorClaims:
    """What is true of an activation that mixes the entries along an axis (softmax and its relatives).

    `lipschitz` bounds the spectral norm of the Jacobian (the largest stretch of any direction).
    """

    range: Interval
    sums_to: float | None
    shift_invariant: bool
    lipschitz: float


@dataclass(frozen=True, kw_only=True)
class Activation:
    """An activation: its functions, what is claimed of them, and what a lesson says about them.

    Elementwise activations have `derivative` (same shape as x); activations along an axis have `jacobian`
    ((…, k) → (…, k, k)). `parameter_gradients` maps a learnable parameter to the derivative with respect to it.
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
    params: tuple[Param, ...] = ()
    parameter_gradients: Mapping[str, Function] = field(default_factory=dict)
    claims: Callable[..., Claims | VectorClaims]
    strengths: tuple[Trait, ...] = ()
    weaknesses: tuple[Trait, ...] = ()
    used: tuple[Use, ...] = ()
    frameworks: tuple[FrameworkCall, ...] = ()
    lesson: int | None = None

    def __post_init__(self) -> None:
        if (self.derivative is None) == (self.jacobian is None):
            raise ValueError(f"activation {self.name!r} needs either a derivative or a jacobian")

    def __call__(self, x: ArrayLike, **params: float) -> Array:
        return self.function(x, **params)

    @property
    def elementwise(self) -> bool:
        return self.derivative is not None


Statistic = Literal[
    "mean", "weighted mean", "smoothed mean", "geometric mean", "median", "weighted median", "quantile", "mode", "none"
]


@dataclass(frozen=True)
class LossClaims:
    """What is true of a loss at given parameters.

    `target` and `prediction` are the sets each entry must lie in. `minimiser` is the statistic of the targets that the
    best constant prediction equals (for logits: that its sigmoid or softmax equals). `gradient_bound` is the least
    upper bound of |entry of the gradient| over the whole domain. `zero_when_perfect`: the loss is exactly 0 where the
    prediction is the target. `kinks` are given in the residual y_pred − y_true, for labels ±1 in the margin y·score.
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
    target: Literal[
        "value", "binary", "sign", "label", "one-hot", "probabilities", "mask", "vectors", "label sequence"
    ]
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
