"""A small network in plain NumPy, and its training loop: forward, loss, backward, update.

Every activation and every per-example loss of the catalogues works in it. All weights and biases live in one vector,
`network.parameters`; the layers hold views of it, so that an optimiser is a few lines on two vectors.
"""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from course_lib import activations, losses
from course_lib.activations import sigmoid, softmax
from course_lib.arrays import as_float
from course_lib.spec import Activation, Array, Loss

# An entry's name, or the name with values for its parameters: "relu", ("leaky_relu", {"alpha": 0.2}).
ActivationChoice = str | tuple[str, Mapping[str, float]]
LossChoice = str | tuple[str, Mapping[str, float]]

# Standard deviation of the first weights of a layer with `fan_in` inputs and `fan_out` outputs.
INITIALISATIONS: Mapping[str, Callable[[int, int], float]] = {
    "xavier": lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),  # Glorot & Bengio 2010, eq. 12
    "he": lambda fan_in, fan_out: math.sqrt(2 / fan_in),  # He et al. 2015, eq. 10
    "lecun": lambda fan_in, fan_out: math.sqrt(1 / fan_in),  # LeCun et al. 1998, §1.4.6
}

# Slopes that need no second look at the score: several times cheaper than the derivative from x.
SLOPE_FROM_OUTPUT: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: a > 0,
}


@dataclass
class SGD:
    """θ ← θ − rate·v with v ← momentum·v + gradient; momentum 0 is plain gradient descent.

    Polyak 1964; in this form (rate outside v) as in PyTorch, so v does not change when the rate does.
    """

    rate: float = 0.1
    momentum: float = 0.0
    _velocity: Array | None = field(default=None, init=False, repr=False)

    def update(self, parameters: Array, gradient: Array) -> None:
        """Move the parameters, in place."""
        if self.momentum:
            if self._velocity is None:
                self._velocity = np.zeros_like(gradient)
            self._velocity *= self.momentum
            self._velocity += gradient
            gradient = self._velocity
        parameters -= self.rate * gradient


@dataclass
class Adam:
    """θ ← θ − rate·m̂ / (√v̂ + epsilon), with m̂ and v̂ the bias-corrected running means of gradient and gradient².

    Kingma & Ba 2015, algorithm 1; the defaults are theirs.
    """

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    _steps: int = field(default=0, init=False, repr=False)
    _mean: Array | None = field(default=None, init=False, repr=False)
    _square: Array | None = field(default=None, init=False, repr=False)

    def update(self, parameters: Array, gradient: Array) -> None:
        """Move the parameters, in place."""
        if self._mean is None or self._square is None:
            self._mean, self._square = np.zeros_like(gradient), np.zeros_like(gradient)
        self._steps += 1
        self._mean += (1 - self.beta1) * (gradient - self._mean)
        self._square += (1 - self.beta2) * (gradient * gradient - self._square)
        # Both bias corrections are numbers: applied to the rate and to epsilon they cost no pass over the vectors.
        root = math.sqrt(1 - self.beta2**self._steps)
        rate = self.rate * root / (1 - self.beta1**self._steps)
        parameters -= rate * self._mean / (np.sqrt(self._square) + self.epsilon * root)


class Optimiser(Protocol):
    """What a network asks of an optimiser: a rate that may be changed between steps, and a step in place."""

    rate: float

    def update(self, parameters: Array, gradient: Array) -> None: ...


@dataclass
class Layer:
    """score = inputs @ weights + bias, output = activation(score); (n, inputs) → (n, outputs).

    A gated activation halves its input, so its layer has two scores for every output.
    After a pass it keeps what went through it: `inputs`, `score`, `output`, and after the way back `delta`, the slope
    of the cost with respect to each score. `learned` holds the activation's own learnable parameters, if it has any.
    """

    activation: Activation
    params: dict[str, Any]
    weights: Array
    bias: Array
    weights_gradient: Array
    bias_gradient: Array
    learned: dict[str, tuple[Array, Array]] = field(default_factory=dict)
    inputs: Array = field(init=False, repr=False)
    score: Array = field(init=False, repr=False)
    output: Array = field(init=False, repr=False)
    delta: Array = field(init=False, repr=False)

    def forward(self, inputs: Array) -> Array:
        for name, (value, _) in self.learned.items():
            self.params[name] = value.tolist()
        self.inputs = inputs
        self.score = inputs @ self.weights
        self.score += self.bias
        self.output = self.activation.function(self.score, **self.params)
        return self.output

    def backward(self, slope: Array) -> None:
        """From the slope at the output to the slopes of the score, the weights and the bias: the chain rule."""
        self.delta = self._through_activation(slope)
        np.matmul(self.inputs.T, self.delta, out=self.weights_gradient)
        # A product with ones sums over the examples several times faster than .sum(axis=0).
        np.matmul(np.ones(len(slope), slope.dtype), self.delta, out=self.bias_gradient)
        for name, (_, gradient) in self.learned.items():
            by_unit = self.activation.parameter_gradients[name](self.score, **self.params)
            gradient[...] = np.tensordot(slope, by_unit, axes=2)

    def _through_activation(self, slope: Array) -> Array:
        entry = self.activation
        if entry.name == "identity":
            return slope
        if entry.name in SLOPE_FROM_OUTPUT:
            return slope * SLOPE_FROM_OUTPUT[entry.name](self.output)
        if entry.derivative is not None:
            return slope * entry.derivative(self.score, **self.params)
        if entry.pullback is not None:
            return entry.pullback(self.score, slope, **self.params)
        assert entry.jacobian is not None
        through: Array = np.einsum("ni,nij->nj", slope, entry.jacobian(self.score, **self.params))
        return through

    def dead_units(self) -> int:
        """How many units have slope 0 at every example of the last pass: no gradient reaches their weights."""
        if self.activation.derivative is None:
            return 0
        return int(np.sum(~np.any(self.activation.derivative(self.score, **self.params), axis=0)))


def softmax_cross_entropy(y_true: Array, logits: Array) -> tuple[float, Array]:
    """Mean of −Σ_k y_k log softmax(z)_k over the rows, and its slope (softmax(z) − y)/n, from one exponential."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    share = np.exp(shifted)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    cost = (np.log(total).sum() - (y_true * shifted).sum()) / len(logits)
    return float(cost), (share - y_true) / len(logits)


def sigmoid_cross_entropy(y_true: Array, logits: Array) -> tuple[float, Array]:
    """Mean of max(z, 0) − z·y + log(1 + e^−|z|) over all entries, and its slope (σ(z) − y)/n."""
    values = np.maximum(logits, 0) - logits * y_true + np.log1p(np.exp(-np.abs(logits)))
    return float(values.mean()), (sigmoid(logits) - y_true) / logits.size


# The two losses that most training uses, value and slope computed together and without asking again whether the
# targets are in the domain: a third of a small network's time goes there.
COST_AND_SLOPE: Mapping[str, Callable[[Array, Array], tuple[float, Array]]] = {
    "binary_cross_entropy_with_logits": sigmoid_cross_entropy,
    "categorical_cross_entropy_with_logits": softmax_cross_entropy,
}


def rmse(y_true: Array, prediction: Array) -> float:
    """√mean((prediction − y)²): the typical miss, in the unit of y."""
    return math.sqrt(np.mean((prediction - y_true) ** 2))


def accuracy(loss: Loss, y_true: Array, prediction: Array) -> float:
    """Share of right decisions: the largest output against the class, or each output against its threshold.

    The threshold is 1/2 for probabilities and for values, 0 for logits and for targets −1 and +1.
    """
    if loss.target == "label":
        return float(np.mean(prediction.argmax(axis=1) == y_true))
    if prediction.shape[1] > 1 and np.allclose(y_true.sum(axis=1), 1):
        return float(np.mean(prediction.argmax(axis=1) == y_true.argmax(axis=1)))
    threshold = 0.0 if loss.prediction == "logit" or loss.target == "sign" else 0.5
    return float(np.mean((prediction > threshold) == (y_true > (0.0 if loss.target == "sign" else 0.5))))


@dataclass(frozen=True)
class Measurement:
    """A network on a data set: the cost, accuracy or RMSE, the size of each layer's weight gradient (Frobenius norm),
    and for each hidden layer the number of units that are dead on these data."""

    loss: float
    metric: float
    gradient_norms: tuple[float, ...]
    dead_units: tuple[int, ...]


@dataclass
class History:
    """What `fit` saw: measurements on the whole training set (and the validation set) after `epochs`, from 0 on,
    and the cost of every mini-batch in `steps`."""

    metric_name: str
    epochs: list[int] = field(default_factory=list)
    train: list[Measurement] = field(default_factory=list)
    validation: list[Measurement] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)

    @property
    def loss(self) -> Array:
        """Cost on the training set, (records,)."""
        return np.array([m.loss for m in self.train])

    @property
    def metric(self) -> Array:
        """Accuracy or RMSE on the training set, (records,)."""
        return np.array([m.metric for m in self.train])

    @property
    def validation_loss(self) -> Array:
        return np.array([m.loss for m in self.validation])

    @property
    def validation_metric(self) -> Array:
        return np.array([m.metric for m in self.validation])

    @property
    def gradient_norms(self) -> Array:
        """(records, layers), first layer first."""
        return np.array([m.gradient_norms for m in self.train])

    @property
    def dead_units(self) -> Array:
        """(records, hidden layers): units with slope 0 at every training example."""
        return np.array([m.dead_units for m in self.train])

    @property
    def diverged(self) -> bool:
        """Whether a cost was inf or nan; training stops there."""
        return not (np.isfinite(self.steps).all() and np.isfinite(self.loss).all())


def batches(n: int, size: int | None, rng: np.random.Generator, keep_last: bool = False) -> Iterator[Array]:
    """Index arrays of one epoch: a random order of n examples, cut into pieces of `size`; all n in order for None.

    A last piece smaller than `size` is dropped unless `keep_last`: three left-over examples would weigh as much as a
    full batch, and the accuracy visibly dips after them. Another order next epoch gives them their turn.
    """
    if size is None or size >= n:
        yield np.arange(n)
        return
    order = rng.permutation(n)
    for start in range(0, n if keep_last else n - size + 1, size):
        yield order[start : start + size]


class Network:
    """Layers of `sizes` = (inputs, hidden units …, outputs), an activation after each, and a loss at the end.

    `activation` serves every hidden layer, or a list names one per hidden layer; `output` follows the last layer
    ("identity": the loss sees the scores, as every loss with `_with_logits` in its name wants them). A parameter of an
    entry is given beside its name: ("huber", {"delta": 2}); learnable ones (PReLU's α) are trained with the weights.
    `init` is "xavier", "he", "lecun" or a standard deviation; weights are normal, every bias starts at `bias`.

    The cost is the mean of the loss's values, over examples and, for losses of single numbers, over outputs.
    `metric` ("accuracy" or "rmse") is measured beside it; left out, it is the one that suits the loss's targets.
    `rng` (a seed or a generator) decides the first weights and the order of the mini-batches: same seed, same run.
    A prediction outside the loss's domain (a probability of 1.2) raises the loss's ValueError while training.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: ActivationChoice | Sequence[ActivationChoice] = "tanh",
        output: ActivationChoice = "identity",
        loss: LossChoice = "mse",
        *,
        optimiser: Optimiser | None = None,
        init: str | float = "xavier",
        bias: float = 0.0,
        metric: Literal["accuracy", "rmse"] | None = None,
        rng: int | np.random.Generator = 0,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.sizes = _checked_sizes(sizes)
        self.rng = np.random.default_rng(rng)
        # A copy: an optimiser remembers past gradients, and two networks must not share them.
        self.optimiser: Optimiser = copy.deepcopy(optimiser) if optimiser is not None else SGD()
        name, self.loss_params = _name_and_params(loss)
        self.loss = _trainable(losses.get(name))
        _require_known(self.loss_params, self.loss)
        self.metric = metric or ("rmse" if self.loss.target in ("value", "vectors") else "accuracy")
        hidden = [activation] * (len(self.sizes) - 2) if _is_choice(activation) else list(activation)
        if len(hidden) != len(self.sizes) - 2:
            raise ValueError(
                f"sizes {self.sizes} have {len(self.sizes) - 2} hidden layers, got {len(hidden)} activations; "
                "give one name for all hidden layers, or one per hidden layer (the last layer's is `output`)"
            )
        self._units = [(activations.get(name), params) for name, params in map(_name_and_params, [*hidden, output])]
        for entry, params in self._units:
            _require_known(params, entry)
        self._cut(np.dtype(dtype))
        for layer in self.layers:
            layer.weights[:] = self.rng.normal(0, _first_deviation(init, *layer.weights.shape), layer.weights.shape)
            layer.bias[:] = bias

    def _cut(self, dtype: np.dtype) -> None:
        """Two vectors, of all parameters and of their slopes, and layers that hold views of them."""
        pieces: list[tuple[int, ...]] = []
        first: list[dict[str, Any]] = []
        for fan_in, units, (entry, params) in zip(self.sizes, self.sizes[1:], self._units, strict=False):
            scores = 2 * units if entry.gated else units
            first.append({p.name: params.get(p.name, p.default) for p in entry.params if p.learnable})
            pieces += [(fan_in, scores), (scores,), *map(np.shape, first[-1].values())]
        ends = np.cumsum([math.prod(shape) for shape in pieces])
        self.parameters, self.gradient = np.zeros(ends[-1], dtype), np.zeros(ends[-1], dtype)
        places = [(slice(end - math.prod(shape), end), shape) for shape, end in zip(pieces, ends, strict=True)]
        views = ((self.parameters[cut].reshape(shape), self.gradient[cut].reshape(shape)) for cut, shape in places)
        self.layers: list[Layer] = []
        for (entry, params), values in zip(self._units, first, strict=True):
            (weights, weights_gradient), (bias, bias_gradient) = next(views), next(views)
            layer = Layer(entry, dict(params), weights, bias, weights_gradient, bias_gradient)
            for name, value in values.items():
                layer.learned[name] = next(views)
                layer.learned[name][0][...] = value
            self.layers.append(layer)

    # copy.deepcopy, piece by piece, would loosen the layers from the vector: the copy cuts its own.
    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("layers", "gradient")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        values = self.parameters
        self._cut(values.dtype)
        self.parameters[:] = values

    def forward(self, x: Array) -> Array:
        """The prediction for a batch, (n, inputs) → (n, outputs): what the loss sees."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, slope: Array) -> None:
        """From the slope of the cost at the prediction to `network.gradient`, layer by layer from the last."""
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            layer.backward(slope)
            if i > 0:
                # dot, since matmul is four times slower where the layer has a single unit.
                slope = layer.delta.dot(layer.weights.T)

    # A run that diverges passes through inf and nan; the cost says so, a warning a line would not help.
    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def update(self, x: Array, y: Array) -> float:
        """One step of learning on a prepared batch: forward, loss, backward, update. Returns the cost before it."""
        prediction = self.forward(x)
        cost, slope = self.cost_and_slope(y, prediction)
        self.backward(slope)
        self.optimiser.update(self.parameters, self.gradient)
        return cost

    def step(self, x: ArrayLike, y: ArrayLike) -> float:
        """`update` on any x of shape (n, inputs) and y as the loss wants it, checked first; returns the cost before."""
        return self.update(*self.prepare(x, y))

    def cost_and_slope(self, y: Array, prediction: Array) -> tuple[float, Array]:
        """The mean of the loss's values, and its slope with respect to the prediction."""
        if self.loss.name in COST_AND_SLOPE and not self.loss_params:
            return COST_AND_SLOPE[self.loss.name](y, prediction)
        values = self.loss.function(y, prediction, **self.loss_params)
        return float(values.mean()), self.loss.gradient(y, prediction, **self.loss_params) / values.size

    def prepare(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """x as (n, inputs) and y as the loss wants it, in the network's dtype; ValueError where that cannot be."""
        inputs = self._as_batch(x, "x", self.sizes[0])
        targets = np.asarray(y) if self.loss.target == "label" else self._as_batch(y, "y", self.sizes[-1])
        if len(inputs) != len(targets):
            raise ValueError(f"x has {len(inputs)} examples but y has {len(targets)}; expected one target per example")
        # Any prediction serves to ask the loss whether it takes these targets; one half is allowed to all of them.
        neutral = 1 / self.sizes[-1] if self.loss.prediction == "probabilities" else 0.5
        prediction = np.full((len(inputs), self.sizes[-1]), neutral, self.parameters.dtype)
        self.loss.function(targets, prediction, **self.loss_params)
        return inputs, targets

    def _as_batch(self, values: ArrayLike, name: str, width: int) -> Array:
        array = as_float(values, name).astype(self.parameters.dtype, copy=False)
        if array.ndim == 1 and width == 1:
            array = array[:, None]
        if array.ndim != 2 or array.shape[1] != width:
            advice = f"; for integer labels use np.eye({width})[{name}]" if name == "y" and array.ndim == 1 else ""
            raise ValueError(f"{name} has shape {array.shape}, expected (n, {width}) for sizes {self.sizes}{advice}")
        return array

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def predict(self, x: ArrayLike) -> Array:
        """The output for (n, inputs), shape (n, outputs): values, probabilities or logits, as the loss takes them."""
        return self.forward(self._as_batch(x, "x", self.sizes[0]))

    def predict_probability(self, x: ArrayLike) -> Array:
        """`predict`, with logits turned into probabilities: by the softmax over classes, else by the sigmoid."""
        prediction = self.predict(x)
        if self.loss.prediction == "logits":
            return softmax(prediction)
        return sigmoid(prediction) if self.loss.prediction == "logit" else prediction

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def measure(self, x: ArrayLike, y: ArrayLike) -> Measurement:
        """Cost, metric, gradient norms and dead units on a data set, with the parameters as they are."""
        x, y = self.prepare(x, y)
        prediction = self.forward(x)
        cost, slope = self.cost_and_slope(y, prediction)
        self.backward(slope)
        return Measurement(
            loss=cost,
            metric=rmse(y, prediction) if self.metric == "rmse" else accuracy(self.loss, y, prediction),
            gradient_norms=tuple(float(np.linalg.norm(layer.weights_gradient)) for layer in self.layers),
            dead_units=tuple(layer.dead_units() for layer in self.layers[:-1]),
        )

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        epochs: int,
        *,
        batch_size: int | None = None,
        keep_last: bool = False,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        record_every: int = 1,
    ) -> History:
        """Train for `epochs` passes over the data, in mini-batches (None: all examples at once), and keep a record.

        The record holds the state before training, after every `record_every` epochs and at the end. A cost of inf or
        nan stops the run and stands in the record: `history.diverged`. Linear algebra runs on one thread here: on
        matrices this small a second one costs more than it brings.
        """
        if epochs < 1 or record_every < 1 or (batch_size is not None and batch_size < 1):
            raise ValueError(
                f"epochs, record_every and batch_size must be at least 1, got {epochs}, {record_every}, {batch_size}"
            )
        x, y = self.prepare(x, y)
        history = History(self.metric)
        with one_thread():
            self._record(history, 0, x, y, validation)
            for epoch in range(1, epochs + 1):
                for rows in batches(len(x), batch_size, self.rng, keep_last):
                    history.steps.append(self.update(x[rows], y[rows]))
                    if not math.isfinite(history.steps[-1]):
                        break
                stop = epoch == epochs or not math.isfinite(history.steps[-1])
                if stop or epoch % record_every == 0:
                    self._record(history, epoch, x, y, validation)
                if stop:
                    break
        return history

    def _record(
        self, history: History, epoch: int, x: Array, y: Array, validation: tuple[ArrayLike, ArrayLike] | None
    ) -> None:
        history.epochs.append(epoch)
        history.train.append(self.measure(x, y))
        if validation is not None:
            history.validation.append(self.measure(*validation))


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread inside the `with` block; for loops of small products, as in training."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


def _is_choice(choice: object) -> bool:
    return isinstance(choice, str) or (
        isinstance(choice, tuple) and len(choice) == 2 and isinstance(choice[1], Mapping)
    )


def _name_and_params(choice: ActivationChoice | LossChoice) -> tuple[str, dict[str, float]]:
    if isinstance(choice, str):
        return choice, {}
    return choice[0], dict(choice[1])


def _require_known(params: Mapping[str, float], entry: Activation | Loss) -> None:
    known = [param.name for param in entry.params]
    for name in params:
        if name not in known:
            raise ValueError(f"{entry.name!r} has no parameter {name!r}; it has {', '.join(known) or 'none'}")


def _trainable(loss: Loss) -> Loss:
    if loss.third is not None or loss.gradient_for or loss.target == "label sequence":
        raise ValueError(
            f"loss {loss.name!r} takes {', '.join(loss.inputs)}; Network trains with losses of a target and a "
            "prediction only: write the step for this one with loss.gradient"
        )
    return loss


def _checked_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    checked = tuple(operator.index(size) for size in sizes)
    if len(checked) < 2 or min(checked) < 1:
        raise ValueError(f"sizes must be (inputs, hidden units …, outputs), each at least 1, got {tuple(sizes)}")
    return checked


def _first_deviation(init: str | float, fan_in: int, fan_out: int) -> float:
    if isinstance(init, str):
        if init not in INITIALISATIONS:
            raise ValueError(f"unknown init {init!r}; expected {', '.join(INITIALISATIONS)}, or a standard deviation")
        return INITIALISATIONS[init](fan_in, fan_out)
    if not init >= 0:
        raise ValueError(f"init as a standard deviation must be at least 0, got {init}")
    return init
