"""What the playground trains: its data, which losses fit them and with which output unit, and the run itself."""

from __future__ import annotations

import functools
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from course_lib import data, losses
from course_lib.activations import sigmoid, softmax
from course_lib.plots import readable
from course_lib.spec import Array, Interval, Loss
from course_lib.training import SGD, Adam, Layer, Network, Optimiser, rmse

Kind = Literal["classes", "number", "count"]

# Full batch: every step sees all training points, so that a run depends on its settings alone.
MOST_STEPS = 10_000
# Costs on both sets are kept at every step that this divides.
EVERY = 10
# Weights as large as this lead nowhere any more: inputs and targets stay below 30.
RUN_AWAY = 1e6
POINTS, HELD_OUT = 200, 200
MOMENTUM = 0.9
# A unit is nearly flat where its slope is under this share of the activation's largest, at this share of the points.
FLAT, MOSTLY = 0.01, 0.9

OPTIMISERS: dict[str, Callable[[], Optimiser]] = {
    "sgd": SGD,
    "momentum": lambda: SGD(momentum=MOMENTUM),
    "adam": Adam,
}
# What `Network` takes as `init`: the name of a rule, or a standard deviation for all layers.
STARTS: dict[str, str | float] = {"zeros": 0.0, "small": 0.01, "xavier": "xavier", "he": "he", "large": 3.0}


# The data -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Sample:
    """Points in the plane, (n, 2), and targets, (n,), to learn from, and as many to test on (none: 0 rows).

    Targets are 0 and 1 for "classes". `reach` is half the width of the picture; `wrong` marks measurements gone wrong,
    which are in the training part only.
    """

    kind: Kind
    x: Array
    y: Array
    held_x: Array
    held_y: Array
    reach: float = 1.2
    wrong: Array = field(default_factory=lambda: np.empty(0, dtype=bool))


Points = tuple[tuple[float, float, int], ...]


@functools.lru_cache(maxsize=16)
def sample(name: str, points: Points = ()) -> Sample:
    """The data set of that name; `points`, (x₁, x₂, class) each, are those of "clicked"."""
    if name == "clicked":
        rows = np.array(points, dtype=float).reshape(-1, 3)
        return Sample("classes", rows[:, :2], rows[:, 2], np.empty((0, 2)), np.empty(0))
    count = POINTS + HELD_OUT
    made = {
        "circle": lambda: data.circle(count, noise=0.08),
        "xor": lambda: data.xor(count, noise=0.05),
        "gaussians": lambda: data.gaussians(count),
        "spirals": lambda: data.spirals(count),
    }
    if name in made:
        train, test = made[name]().split(0.5)
        reach = 5.0 if name == "gaussians" else 1.2
        return Sample("classes", train.x, train.y.astype(float), test.x, test.y.astype(float), reach)
    if name == "counts":
        rng = np.random.default_rng(0)
        x = rng.uniform(-1, 1, (count, 2))
        y = rng.poisson(np.exp(1 + x.sum(axis=1))).astype(float)
        return Sample("count", x[:POINTS], y[:POINTS], x[POINTS:], y[POINTS:])
    plane = data.regression_plane(count)
    x, y, held = plane.x[:POINTS], plane.y[:POINTS].copy(), slice(POINTS, count)
    wrong = np.zeros(POINTS, dtype=bool)
    if name == "outliers":
        # Every eighth measurement is far too high, as when a sensor sticks.
        wrong[::8] = True
        y[wrong] += 6.0
    elif name != "plane":
        raise ValueError(f"the playground has no data set {name!r}")
    return Sample("number", x, y, plane.x[held], plane.y[held], wrong=wrong)


# Which loss fits, and what it needs at the output ---------------------------------------------------------------------


class Fit(NamedTuple):
    """How a network ends for a loss: its output activation, how many units, how the loss wants the targets, and why."""

    output: str
    units: int
    targets: Literal["numbers", "signs", "labels", "one-hot"]
    because: str


class Refusal(NamedTuple):
    """Why a loss can't be used on these data, in words."""

    reason: str


def fit(loss: Loss, points: Sample) -> Fit | Refusal:
    """The output that `loss` needs on these data, or why it does not fit them."""
    if loss.target == "label sequence":
        return Refusal("It compares a sequence of frames with a text; a point is neither.")
    if loss.target == "vectors" or loss.third == "vectors":
        return Refusal("It compares whole vectors with each other, such as embeddings; here each point has one answer.")
    if loss.target == "mask":
        return Refusal("It compares whole masks by their overlap; a single point is no picture.")
    if loss.third is not None:
        wanted = {"positive value": "a variance for every point", "class weights": "a weight for every class"}
        return Refusal(f"Beside target and output it wants {wanted.get(loss.third, 'a third input')}.")
    return _fit_to_classes(loss) if points.kind == "classes" else _fit_to_numbers(loss, points)


def _fit_to_classes(loss: Loss) -> Fit | Refusal:
    targets: Literal["one-hot", "labels"] = "labels" if loss.target == "label" else "one-hot"
    if loss.prediction == "logits":
        return Fit("identity", 2, targets, "the loss takes two scores and makes the shares itself")
    if loss.prediction == "probabilities":
        return Fit("softmax", 2, targets, "the loss takes two shares that sum to 1, so a softmax makes them")
    if loss.target == "sign":
        return Fit("identity", 1, "signs", "the loss takes one score, and targets −1 and +1")
    if loss.prediction == "logit":
        return Fit("identity", 1, "numbers", "the loss takes one score and applies the sigmoid itself")
    if loss.prediction == "probability":
        return Fit("sigmoid", 1, "numbers", "the loss takes one probability, so a sigmoid makes it")
    if loss.family == "probabilistic":
        return Refusal("It is a likelihood of counts 0, 1, 2, …; two classes are none. Choose the counts as data.")
    allowed = _claims(loss)[0]
    if 0.0 not in allowed:
        return Refusal(f"Its targets must lie in {allowed}, and one class has the target 0.")
    return Fit("sigmoid", 1, "numbers", "the loss compares numbers, so a sigmoid keeps the output between 0 and 1")


def _fit_to_numbers(loss: Loss, points: Sample) -> Fit | Refusal:
    if loss.target != "value":
        return Refusal("It wants classes as targets; these data hold numbers.")
    targets, outputs = _claims(loss)
    low, high = float(points.y.min()), float(points.y.max())
    if low not in targets or high not in targets:
        return Refusal(f"Its targets must lie in {targets}; here they run from {readable(low)} to {readable(high)}.")
    if math.isinf(outputs.low):
        return Fit("identity", 1, "numbers", "any number may come out")
    return Fit("softplus", 1, "numbers", f"the loss takes outputs in {outputs}, so a softplus keeps them positive")


def _claims(loss: Loss) -> tuple[Interval, Interval]:
    claims = loss.claims(**{param.name: param.default for param in loss.params})
    return claims.target, claims.prediction


def encode(y: Array, how: str) -> Array:
    """Targets as the loss wants them: numbers and signs (n, 1), one-hot (n, 2), labels (n,)."""
    if how == "labels":
        return y.astype(int)
    if how == "one-hot":
        return np.eye(2)[y.astype(int)]
    return (2 * y - 1 if how == "signs" else y)[:, None]


def answer(loss: Loss, prediction: Array) -> Array:
    """What a prediction says, (n, units) → (n,): the share of class 1, or a number in the unit of the targets."""
    if loss.prediction == "logits":
        return softmax(prediction)[:, 1]
    if loss.prediction == "probabilities":
        return prediction[:, 1]
    if loss.prediction == "logit":
        return sigmoid(prediction)[:, 0]
    # A log rate is the only number that does not say itself what it means.
    return np.exp(prediction[:, 0]) if loss.inputs[1] == "log_rate" else prediction[:, 0]


# The run ------------------------------------------------------------------------------------------------------------


class Settings(NamedTuple):
    """All that decides a run, apart from how long at which learning rate."""

    data: str
    points: Points
    layers: tuple[tuple[str, int], ...]
    loss: str
    optimiser: str
    init: str
    seed: int


class Record(NamedTuple):
    """Costs and qualities after a number of steps, on the training and on the held-out points.

    Quality is the share of wrong answers, or the typical miss (RMSE) for numbers; NaN without held-out points.
    """

    step: int
    cost: float
    held_cost: float
    miss: float
    held_miss: float


class Units(NamedTuple):
    """The units of one hidden layer on the training points: how many there are; how many have slope 0 at every point;
    how many others are nearly flat. None where the activation has no slope of its own."""

    total: int
    dead: int | None
    flat: int | None


class Look(NamedTuple):
    """A network on the training points: its record, the Frobenius norm of each layer's weight gradient, the units of
    each hidden layer, and at how many points the loss is flat, so that they push nothing."""

    record: Record
    gradient_norms: tuple[float, ...]
    units: tuple[Units, ...]
    silent: int


class Trainer:
    """A network in training: `advance` makes steps, `records` keeps what became of them.

    `past` says how it came here: (step, rate), the rate that held up to that step. `diverged` is the step that led to
    numbers too large to go on; the parameters are those before it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sample = sample(settings.data, settings.points)
        self.loss = losses.get(settings.loss)
        found = fit(self.loss, self.sample)
        if isinstance(found, Refusal):
            raise ValueError(f"{self.loss.title} does not fit these data. {found.reason}")
        self.fit = found
        self.network = Network(
            [2, *(units for _, units in settings.layers), found.units],
            [name for name, _ in settings.layers],
            output=found.output,
            loss=settings.loss,
            optimiser=OPTIMISERS[settings.optimiser](),
            init=STARTS[settings.init],
            rng=settings.seed,
        )
        self._train = self.network.prepare(self.sample.x, encode(self.sample.y, found.targets))
        self.step = 0
        self.past: list[tuple[int, float]] = []
        self.diverged: int | None = None
        self._silent = 0
        self.records = [self.measure()]

    @property
    def ended(self) -> bool:
        return self.diverged is not None or self.step >= MOST_STEPS

    def advance(self, rate: float) -> None:
        """One step at this rate; nothing where the run has ended."""
        if self.ended:
            return
        network = self.network
        before = network.parameters.copy()
        network.optimiser.rate = rate
        cost = network.update(*self._train)
        with np.errstate(over="ignore", invalid="ignore"):
            length = float(network.parameters @ network.parameters)
        self.step += 1
        if self.past and self.past[-1][1] == rate:
            self.past.pop()
        self.past.append((self.step, rate))
        # Also false where the length is NaN.
        if not (math.isfinite(cost) and length < RUN_AWAY**2):
            network.parameters[:] = before
            self.diverged = self.step
        if self.step % EVERY == 0 or self.ended:
            self.records.append(self.measure())

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def measure(self) -> Record:
        """Costs and misses with the parameters as they are; the training points go last, and the layers keep them."""
        held_cost, held_miss = math.nan, math.nan
        if len(self.sample.held_y):
            held_cost, _, held_miss = self._judge(self.sample.held_x, self.sample.held_y)
        cost, slope, miss = self._judge(self.sample.x, self.sample.y)
        self.network.backward(slope)
        self._silent = int((slope == 0).all(axis=1).sum())
        return Record(self.step, cost, held_cost, miss, held_miss)

    def _judge(self, x: Array, y: Array) -> tuple[float, Array, float]:
        """Cost, its slope at the prediction, and the miss."""
        prediction = self.network.forward(x)
        cost, slope = self.network.cost_and_slope(encode(y, self.fit.targets), prediction)
        said = answer(self.loss, prediction)
        miss = float(np.mean((said > 0.5) != (y > 0.5))) if self.sample.kind == "classes" else rmse(y, said)
        return cost, slope, miss

    @np.errstate(over="ignore", invalid="ignore")
    def look(self) -> Look:
        """What the training points do to the network as it is."""
        record = self.measure()
        lengths = [float(np.linalg.norm(layer.weights_gradient)) for layer in self.network.layers]
        # ∞ − ∞ and the like: as far beyond drawing as ∞ itself.
        norms = tuple(math.inf if math.isnan(length) else length for length in lengths)
        return Look(record, norms, tuple(_units(layer) for layer in self.network.layers[:-1]), self._silent)

    @np.errstate(over="ignore")
    def says(self, x: Array) -> Array:
        """The network's answers at the places x, (n, 2) → (n,)."""
        return answer(self.loss, self.network.predict(x))


def _units(layer: Layer) -> Units:
    entry, total = layer.activation, layer.output.shape[1]
    if entry.derivative is None:
        return Units(total, None, None)
    slope = np.abs(entry.derivative(layer.score, **layer.params))
    # Against the steepest place met or claimed: a jump claims ∞, of which every slope is nothing.
    steepest = entry.claims(**{p.name: layer.params.get(p.name, p.default) for p in entry.params}).lipschitz
    low = slope < FLAT * (steepest if math.isfinite(steepest) else 1.0)
    dead = ~slope.any(axis=0)
    return Units(total, int(dead.sum()), int((low.mean(axis=0) >= MOSTLY).sum() - dead.sum()))


# Where runs rest ------------------------------------------------------------------------------------------------------

Past = tuple[tuple[int, float], ...]
_resting: OrderedDict[Settings, Trainer] = OrderedDict()
MOST_RESTING = 8


def fetch(settings: Settings, past: Past) -> Trainer:
    """A trainer with these settings and this past, the caller's own until `rest`: found resting, or trained anew."""
    trainer = _resting.pop(settings, None)
    if trainer is None or not _leads_to(trainer, past):
        trainer = Trainer(settings)
    for until, rate in past:
        while trainer.step < min(until, MOST_STEPS) and not trainer.ended:
            trainer.advance(rate)
    return trainer


def rest(trainer: Trainer) -> None:
    """Put a trainer where `fetch` finds it again."""
    _resting[trainer.settings] = trainer
    while len(_resting) > MOST_RESTING:
        _resting.popitem(last=False)


def _leads_to(trainer: Trainer, past: Past) -> bool:
    """Whether going on from where the trainer is passes through that past."""
    mine = trainer.past
    if not mine:
        return True
    if len(mine) > len(past) or mine[-1][0] > past[len(mine) - 1][0]:
        return False
    rates = [rate for _, rate in mine] == [rate for _, rate in past[: len(mine)]]
    return rates and [until for until, _ in mine[:-1]] == [until for until, _ in past[: len(mine) - 1]]
