"""A small network in plain NumPy, and its training loop: forward, loss, backward, update.

Every activation and every per-example loss of the catalogues works in it. All weights and biases live in one vector,
`network.parameters`; the layers hold views of it, so that an optimiser is a few lines on two vectors.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

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


Optimiser = SGD | Adam


@dataclass
class Layer:
    """score = inputs @ weights + bias, output = activation(score); (n, inputs) → (n, outputs).

    After a pass it keeps what went through it: `inputs`, `score`, `output`, and after the way back `delta`, the slope
    of the cost with respect to each score. `learned` holds the activation's own learnable parameters, if it has any.
    """

    activation: Activation
    params: dict[str, float]
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
            self.params[name] = float(value[0])
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
            gradient[0] = np.sum(slope * self.activation.parameter_gradients[name](self.score, **self.params))

    def _through_activation(self, slope: Array) -> Array:
        entry = self.activation
        if entry.name == "identity":
            return slope
        if entry.name in SLOPE_FROM_OUTPUT:
            return slope * SLOPE_FROM_OUTPUT[entry.name](self.output)
        if entry.derivative is not None:
            return slope * entry.derivative(self.score, **self.params)
        assert entry.jacobian is not None
        return np.einsum("ni,nij->nj", slope, entry.jacobian(self.score, **self.params))

    def dead_units(self) -> int:
        """How many units have slope 0 at every example of the last pass: no gradient reaches their weights."""
        if self.activation.derivative is None:
            return 0
        return int(np.sum(~np.any(self.activation.derivative(self.score, **self.params), axis=0)))


class Network:
    """Layers of `sizes` = (inputs, hidden units …, outputs), an activation after each, and a loss at the end.

    `activation` serves every hidden layer, or a list names one per hidden layer; `output` follows the last layer
    ("identity": the loss sees the scores, as every loss with `_with_logits` in its name wants them). A parameter of an
    entry is given beside its name: ("huber", {"delta": 2}); learnable ones (PReLU's α) are trained with the weights.
    `init` is "xavier", "he", "lecun" or a standard deviation; weights are normal, every bias starts at `bias`.

    The cost is the mean of the loss's values, over examples and, for losses of single numbers, over outputs.
    `rng` (a seed or a generator) decides the first weights and the order of the mini-batches: same seed, same run.
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
        rng: int | np.random.Generator = 0,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.sizes = _checked_sizes(sizes)
        self.rng = np.random.default_rng(rng)
        # A copy: an optimiser remembers past gradients, and two networks must not share them.
        self.optimiser: Optimiser = copy.deepcopy(optimiser) if optimiser is not None else SGD()
        name, self.loss_params = _name_and_params(loss)
        self.loss: Loss = losses.get(name)
        hidden = [activation] * (len(self.sizes) - 2) if _is_choice(activation) else list(activation)
        if len(hidden) != len(self.sizes) - 2:
            raise ValueError(
                f"sizes {self.sizes} have {len(self.sizes) - 2} hidden layers, got {len(hidden)} activations; "
                "give one name for all hidden layers, or one per hidden layer (the last layer's is `output`)"
            )
        self._build([*hidden, output], init, bias, np.dtype(dtype))

    def _build(self, choices: Sequence[ActivationChoice], init: str | float, bias: float, dtype: np.dtype) -> None:
        """Cut one vector of parameters, and one of their slopes, into the views that the layers work with."""
        entries = [(activations.get(name), params) for name, params in map(_name_and_params, choices)]
        learnable = [[p for p in entry.params if p.learnable] for entry, _ in entries]
        shapes = list(zip(self.sizes, self.sizes[1:], strict=False))
        total = sum(fan_in * fan_out + fan_out for fan_in, fan_out in shapes) + sum(map(len, learnable))
        self.parameters, self.gradient = np.zeros(total, dtype), np.zeros(total, dtype)
        self.layers: list[Layer] = []
        start = 0

        def take(*shape: int) -> tuple[Array, Array]:
            nonlocal start
            cut = slice(start, start + math.prod(shape))
            start = cut.stop
            return self.parameters[cut].reshape(shape), self.gradient[cut].reshape(shape)

        for (entry, params), learned, (fan_in, fan_out) in zip(entries, learnable, shapes, strict=True):
            weights, biases = take(fan_in, fan_out), take(fan_out)
            weights[0][:] = self.rng.normal(0, _first_deviation(init, fan_in, fan_out), (fan_in, fan_out))
            biases[0][:] = bias
            layer = Layer(entry, dict(params), weights[0], biases[0], weights[1], biases[1])
            for param in learned:
                layer.learned[param.name] = take(1)
                layer.learned[param.name][0][:] = params.get(param.name, param.default)
            self.layers.append(layer)

    def forward(self, x: Array) -> Array:
        """The prediction for a batch, (n, inputs) → (n, outputs): what the loss sees."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, slope: Array) -> None:
        """From the slope of the cost at the prediction to `network.gradient`, layer by layer from the last."""
        for layer, below in zip(self.layers[::-1], [*self.layers[-2::-1], None], strict=True):
            layer.backward(slope)
            if below is not None:
                slope = layer.delta @ layer.weights.T

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
        # Any prediction serves to ask the loss whether it takes these targets.
        neutral = {"probability": 0.5, "probabilities": 1 / self.sizes[-1]}.get(self.loss.prediction, 0.0)
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
        """The network's output, (n, inputs) → (n, outputs): values, probabilities, or logits, as the loss takes them."""
        return self.forward(self._as_batch(x, "x", self.sizes[0]))

    def predict_probability(self, x: ArrayLike) -> Array:
        """`predict`, with logits turned into probabilities by the sigmoid (one per output) or the softmax (over classes)."""
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
            metric=_metric(self.loss, y, prediction),
            gradient_norms=tuple(float(np.linalg.norm(layer.weights_gradient)) for layer in self.layers),
            dead_units=tuple(layer.dead_units() for layer in self.layers[:-1]),
        )
