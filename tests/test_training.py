"""The small network: its gradients, its optimisers, its record, and what it can learn."""

from __future__ import annotations

import copy
import math
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from course_lib import activations, losses
from course_lib.data import digits, xor_corners
from course_lib.numerics import central_difference
from course_lib.training import (
    COST_AND_SLOPE,
    INITIALISATIONS,
    SGD,
    SLOPE_FROM_OUTPUT,
    Adam,
    History,
    Network,
    Optimiser,
    accuracy,
    batches,
    one_thread,
    rmse,
)

BCE = "binary_cross_entropy_with_logits"
CCE = "categorical_cross_entropy_with_logits"
EXAMPLES, CLASSES = 5, 3
OF_MORE_INPUTS = [
    entry
    for entry in losses.CATALOGUE.values()
    if entry.third is not None or entry.gradient_for or entry.target == "label sequence"
]
TRAINABLE = [entry for entry in losses.CATALOGUE.values() if entry not in OF_MORE_INPUTS]
OPTIMISERS = {"sgd": SGD(0.1), "momentum": SGD(0.1, momentum=0.9), "adam": Adam(0.01)}


def targets(loss, rng):
    """Targets that the loss takes, and the number of outputs that goes with them."""
    label = rng.integers(0, CLASSES, EXAMPLES)
    binary = rng.integers(0, 2, EXAMPLES)
    choices = {
        "value": rng.uniform(0.5, 3, EXAMPLES),
        "binary": binary,
        "sign": 2 * binary - 1,
        "label": label,
        "one-hot": np.eye(CLASSES)[label],
        "probabilities": rng.dirichlet(np.ones(CLASSES), EXAMPLES),
        "mask": rng.integers(0, 2, (EXAMPLES, CLASSES)),
        "vectors": rng.normal(size=(EXAMPLES, CLASSES)),
    }
    y = choices[loss.target]
    return y, CLASSES if loss.over_classes or y.ndim == 2 else 1


def output_for(loss):
    """An output activation whose values the loss accepts."""
    if loss.prediction == "value" and -1.0 not in loss.claims().prediction:
        return "softplus"
    return {"probability": "sigmoid", "mask": "sigmoid", "probabilities": "softmax"}.get(loss.prediction, "identity")


def cost_at(network, x, y, parameters):
    """The mean of the loss's values at other parameters: nothing of the backward pass in it."""
    kept = network.parameters.copy()
    network.parameters[:] = parameters
    cost = float(np.mean(network.loss.function(y, network.predict(x), **network.loss_params)))
    network.parameters[:] = kept
    return cost


def assert_gradient_is_the_slope(network, x, y, rng):
    """The slope along three random directions in the space of all parameters is the gradient's share of them.

    A wrong entry of the gradient shows in every direction; h is so small that no score crosses a kink.
    """
    x, y = network.prepare(x, y)
    _, slope = network.cost_and_slope(y, network.forward(x))
    network.backward(slope)
    start, gradient = network.parameters.copy(), network.gradient.copy()
    for direction in rng.normal(size=(3, len(start))):

        def along(steps, direction=direction):
            return np.array([cost_at(network, x, y, start + step * direction) for step in steps])

        # What is left is rounding: 1e-16 of the cost, divided by h.
        tolerance = 1e-9 * max(1.0, abs(along([0.0])[0]), np.abs(gradient).max())
        np.testing.assert_allclose(gradient @ direction, central_difference(along, [0.0], h=1e-5)[0], atol=tolerance)


@pytest.mark.parametrize("loss", TRAINABLE, ids=lambda entry: entry.name)
@pytest.mark.parametrize("activation", activations.CATALOGUE)
def test_gradient_is_the_slope_of_the_cost(activation, loss):
    rng = np.random.default_rng([len(activation), len(loss.name)])
    y, outputs = targets(loss, rng)
    network = Network([3, 4, outputs], activation, output_for(loss), loss.name, rng=rng)
    network.parameters += 0.1 * rng.normal(size=len(network.parameters))
    assert_gradient_is_the_slope(network, rng.normal(size=(EXAMPLES, 3)), y, rng)


@pytest.mark.parametrize("output", activations.CATALOGUE)
def test_gradient_passes_any_output_activation(output):
    rng = np.random.default_rng(len(output))
    network = Network([3, 4, 4, 2], ["tanh", "softmax"], output, "squared_error", rng=rng)
    assert_gradient_is_the_slope(network, rng.normal(size=(EXAMPLES, 3)), rng.normal(size=(EXAMPLES, 2)), rng)


@pytest.mark.parametrize(("name", "slope"), SLOPE_FROM_OUTPUT.items(), ids=SLOPE_FROM_OUTPUT)
def test_slope_from_the_output_is_the_derivative(name, slope):
    entry = activations.get(name)
    x = np.linspace(-6, 6, 241)
    np.testing.assert_allclose(slope(entry.function(x)), entry.derivative(x), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", COST_AND_SLOPE)
def test_cost_and_slope_are_those_of_the_catalogue(name):
    entry, rng = losses.get(name), np.random.default_rng(0)
    y, outputs = targets(entry, rng)
    y, prediction = y.reshape(EXAMPLES, outputs).astype(float), rng.normal(0, 20, (EXAMPLES, outputs))
    cost, slope = COST_AND_SLOPE[name](y, prediction)
    np.testing.assert_allclose(cost, entry.function(y, prediction).mean(), rtol=1e-14)
    np.testing.assert_allclose(slope, entry.gradient(y, prediction) / EXAMPLES, rtol=0, atol=1e-16)


def test_first_record_is_the_mean_of_the_losses_own_values():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    network = Network([3, 5, 2], loss=("huber", {"delta": 0.5}), rng=1)
    expected = losses.get("huber")(y, network.predict(x), delta=0.5).mean()
    assert network.fit(x, y, 1).loss[0] == pytest.approx(expected, rel=1e-15)


def test_parameter_of_an_activation_reaches_it():
    x = np.array([[-1.0, 2.0], [3.0, -4.0]])
    network = Network([2, 2], output=("leaky_relu", {"alpha": 0.25}))
    network.layers[0].weights[:] = np.eye(2)
    np.testing.assert_array_equal(network.predict(x), [[-0.25, 2.0], [3.0, -1.0]])


def test_learnable_slope_finds_the_absolute_value():
    x = np.random.default_rng(0).normal(size=(100, 1))
    network = Network([1, 1], output="prelu", optimiser=SGD(0.5))
    network.layers[0].weights[:] = 1.0
    history = network.fit(x, np.abs(x), 200, record_every=200)
    assert history.loss[-1] < 1e-6
    assert network.layers[0].params["alpha"] == pytest.approx(-1, abs=0.01)


@pytest.mark.frameworks
@pytest.mark.parametrize("hidden", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("task", ["values", "binary", "classes"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_ten_steps_are_those_of_pytorch(optimiser, task, hidden):
    torch = pytest.importorskip("torch", reason="pip install -r requirements-frameworks.txt brings PyTorch")
    functional = torch.nn.functional
    loss, outputs, torch_loss = {
        "values": ("squared_error", 1, functional.mse_loss),
        "binary": (BCE, 1, functional.binary_cross_entropy_with_logits),
        "classes": (CCE, 3, functional.cross_entropy),
    }[task]
    torch_optimiser = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    }[optimiser]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 4))
    y = np.eye(3)[rng.integers(0, 3, 12)] if outputs == 3 else rng.integers(0, 2, (12, 1)).astype(float)
    network = Network([4, 6, 5, outputs], hidden, loss=loss, optimiser=OPTIMISERS[optimiser], rng=0)
    ours = list(network.layers)
    theirs = [[torch.tensor(a.copy(), requires_grad=True) for a in (layer.weights, layer.bias)] for layer in ours]
    stepper = torch_optimiser([parameter for pair in theirs for parameter in pair])
    activation = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}[hidden]
    for _ in range(10):
        signal = torch.tensor(x)
        for weights, bias in theirs[:-1]:
            signal = activation(signal @ weights + bias)
        cost = torch_loss(signal @ theirs[-1][0] + theirs[-1][1], torch.tensor(y))
        stepper.zero_grad()
        cost.backward()
        stepper.step()
        assert network.step(x, y) == pytest.approx(cost.item(), rel=1e-12)
    for layer, (weights, bias) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(layer.weights, weights.detach().numpy(), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(layer.bias, bias.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_momentum_adds_up_past_gradients():
    parameters, optimiser = np.zeros(1), SGD(rate=0.5, momentum=0.5)
    for gradient in (1.0, 2.0, 4.0):
        optimiser.update(parameters, np.array([gradient]))
    # Velocities 1, 2.5, 5.25; their sum times the rate.
    assert parameters[0] == -0.5 * (1 + 2.5 + 5.25)


def test_adams_first_step_has_the_size_of_its_rate():
    parameters = np.zeros(3)
    Adam(rate=0.01).update(parameters, np.array([1e-3, -5.0, 1e4]))
    np.testing.assert_allclose(parameters, [-0.01, 0.01, -0.01], rtol=1e-4)


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
def test_networks_do_not_share_an_optimisers_memory(optimiser: Optimiser):
    data = xor_corners()
    first, second = (Network([2, 3, 1], loss=BCE, optimiser=optimiser, rng=5) for _ in range(2))
    first.fit(data.x, data.y, 20)
    second.fit(data.x, data.y, 20)
    np.testing.assert_array_equal(first.parameters, second.parameters)


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_initial_variance_is_the_published_one(init):
    fan_in, fan_out = 400, 600
    expected = {"xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in}[init]
    weights = Network([fan_in, fan_out], init=init, rng=3).layers[0].weights
    # 240,000 draws: the relative standard error of their variance is √(2/240,000) = 0.3 %.
    assert weights.var() == pytest.approx(expected, rel=0.015)
    assert abs(weights.mean()) < 5 * math.sqrt(expected / weights.size)


def test_initial_standard_deviation_and_bias_can_be_numbers():
    layer = Network([300, 300], init=0.01, bias=-1.0, rng=0).layers[0]
    assert layer.weights.std() == pytest.approx(0.01, rel=0.02)
    assert (layer.bias == -1).all()


def test_same_seed_same_run():
    data = xor_corners()
    runs = [Network([2, 4, 1], loss=BCE, rng=7).fit(data.x, data.y, 30, batch_size=2) for _ in range(2)]
    assert runs[0].steps == runs[1].steps


def test_another_seed_another_run():
    data = xor_corners()
    runs = [Network([2, 4, 1], loss=BCE, rng=seed).fit(data.x, data.y, 30, batch_size=2) for seed in (7, 8)]
    assert runs[0].steps != runs[1].steps


def test_layers_are_views_of_one_vector():
    network = Network([2, 3, 1])
    network.parameters[:] = np.arange(len(network.parameters))
    np.testing.assert_array_equal(network.layers[0].weights, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(network.layers[1].bias, [12])


def test_copy_trains_on_its_own_as_the_original_does():
    data = xor_corners()
    network = Network([2, 4, 1], "prelu", loss=BCE, optimiser=Adam(0.05), rng=3)
    network.fit(data.x, data.y, 10, batch_size=2)
    twin, before = copy.deepcopy(network), network.parameters.copy()
    steps = twin.fit(data.x, data.y, 10, batch_size=2).steps
    np.testing.assert_array_equal(network.parameters, before)
    assert network.fit(data.x, data.y, 10, batch_size=2).steps == steps
    np.testing.assert_array_equal(twin.layers[0].weights, network.layers[0].weights)


def test_rate_can_be_changed_between_steps():
    network = Network([1, 1], loss="squared_error", optimiser=SGD(0.0), init=0.0)
    network.step([1.0], [1.0])
    network.optimiser.rate = 0.25
    network.step([1.0], [1.0])
    np.testing.assert_array_equal(network.parameters, [0.5, 0.5])


def test_prediction_outside_the_losss_domain_is_named():
    network = Network([1, 1], loss="binary_cross_entropy")
    network.layers[0].bias[:] = 1.5
    with pytest.raises(ValueError, match=r"y_prob must lie in \[0, 1\], got 1\.5"):
        network.step([0.0], [1.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("loss", [BCE, CCE, "squared_error"])
def test_dtype_is_kept_through_training(dtype, optimiser, loss):
    rng = np.random.default_rng(0)
    y, outputs = targets(losses.get(loss), rng)
    network = Network([3, 4, outputs], "relu", loss=loss, optimiser=OPTIMISERS[optimiser], dtype=dtype)
    network.fit(rng.normal(size=(EXAMPLES, 3)), y, 3)
    kept = [network.parameters, network.gradient, network.layers[0].score, network.layers[0].delta]
    assert {array.dtype for array in kept} == {np.dtype(dtype)}
    assert network.predict(np.ones((2, 3))).dtype == dtype


def test_batches_of_an_epoch_are_disjoint_and_drop_the_small_rest():
    pieces = list(batches(10, 4, np.random.default_rng(0)))
    assert [len(piece) for piece in pieces] == [4, 4]
    assert len(set(np.concatenate(pieces).tolist())) == 8


def test_kept_rest_completes_the_epoch():
    pieces = list(batches(10, 4, np.random.default_rng(0), keep_last=True))
    assert [len(piece) for piece in pieces] == [4, 4, 2]
    assert sorted(np.concatenate(pieces).tolist()) == list(range(10))


@pytest.mark.parametrize("size", [None, 10, 99])
def test_full_batch_holds_every_example(size):
    (piece,) = batches(10, size, np.random.default_rng(0))
    np.testing.assert_array_equal(piece, np.arange(10))


def test_epochs_have_different_orders():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(batches(50, 10, rng))) for _ in range(2))
    assert not np.array_equal(first, second)


def test_step_moves_against_the_gradient_by_the_rate():
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0]])
    network = Network([2, 1], loss="squared_error", optimiser=SGD(0.1), init=0.0)
    assert network.step(x, y) == 9.0
    # The slope of (ŷ − 3)² at ŷ = 0 is −6, times the inputs 1 and 2 and the bias's 1.
    np.testing.assert_allclose(network.parameters, [0.6, 1.2, 0.6], rtol=1e-15)


def test_record_follows_the_epochs_asked_for():
    data = xor_corners()
    history = Network([2, 3, 1], loss=BCE).fit(data.x, data.y, 10, record_every=4, validation=(data.x, data.y))
    assert history.epochs == [0, 4, 8, 10]
    assert len(history.steps) == 10
    assert history.gradient_norms.shape == (4, 2)
    assert history.dead_units.shape == (4, 1)
    np.testing.assert_array_equal(history.validation_loss, history.loss)
    np.testing.assert_array_equal(history.validation_metric, history.metric)


def test_gradient_norms_are_the_sizes_of_the_slopes():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 1)), rng.normal(size=(6, 1))
    network = Network([1, 1, 1], "tanh", rng=2)
    start = network.parameters.copy()

    def slope(i):
        along = np.vectorize(lambda step: cost_at(network, x, y, start + step * np.eye(len(start))[i]))
        return float(central_difference(along, 0.0))

    # With one unit a layer each layer has a single weight, the first and the third parameter.
    assert network.measure(x, y).gradient_norms == pytest.approx([abs(slope(0)), abs(slope(2))], rel=1e-8)


def test_dead_units_are_counted():
    x = np.random.default_rng(0).normal(size=(50, 2))
    network = Network([2, 4, 3, 1], ["relu", "tanh"], rng=0)
    network.layers[0].weights[:] = [[1, 0, 1, 1], [0, 1, 1, -1]]
    # Units 1 and 3 lie under −10 for every input; unit 0 is on somewhere, unit 2 everywhere.
    network.layers[0].bias[:] = [0, -20, 20, -20]
    assert network.measure(x, np.zeros(50)).dead_units == (2, 0)


def test_diverged_run_stops_and_says_so():
    x = np.linspace(-1, 1, 20)
    history = Network([1, 8, 1], "relu", optimiser=SGD(100.0), rng=0).fit(x, 3 * x, 500)
    assert history.diverged
    assert not math.isfinite(history.steps[-1])
    assert len(history.steps) < 500
    assert history.epochs[-1] == len(history.steps)


def test_diverged_run_stops_within_its_epoch():
    x = np.linspace(-1, 1, 60)
    history = Network([1, 8, 1], "relu", optimiser=SGD(1000.0), rng=0).fit(x, 3 * x, 5, batch_size=1)
    assert history.diverged
    assert np.isfinite(history.steps[:-1]).all()


def test_one_infinite_batch_is_divergence_though_the_next_record_is_finite():
    measurement = Network([1, 1]).measure([1.0], [1.0])
    history = History("rmse", epochs=[0, 1], train=[measurement, measurement], steps=[1.0])
    assert not history.diverged
    history.steps.append(math.inf)
    assert history.diverged


def test_converged_run_has_not_diverged():
    x = np.linspace(-1, 1, 20)
    assert not Network([1, 1], optimiser=SGD(0.1)).fit(x, 3 * x, 100).diverged


def test_missing_number_in_the_data_is_reported_as_divergence():
    x = np.array([[0.0], [np.nan], [1.0]])
    assert Network([1, 2, 1]).fit(x, [0.0, 1.0, 2.0], 5).diverged


def test_closed_form_line_is_found():
    x = np.linspace(0, 1, 30)
    y = 2 * x + 3
    network = Network([1, 1], loss="squared_error", optimiser=SGD(0.5))
    network.fit(x, y, 2000, record_every=2000)
    np.testing.assert_allclose(network.parameters, np.polyfit(x, y, 1), rtol=1e-8)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_eight_hidden_units_solve_xor(activation):
    data = xor_corners()
    networks = [Network([2, 8, 1], activation, loss=BCE, optimiser=Adam(0.05), rng=seed) for seed in range(20)]
    solved = [network.fit(data.x, data.y, 400, record_every=400).metric[-1] == 1 for network in networks]
    assert sum(solved) >= 18


def test_without_hidden_units_xor_stays_at_ln_2():
    data = xor_corners()
    history = Network([2, 1], loss=BCE, optimiser=SGD(1.0)).fit(data.x, data.y, 2000, record_every=2000)
    assert history.loss[-1] == pytest.approx(math.log(2), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_digits_are_learned_in_ten_epochs(seed):
    train, test = digits(rng=seed)
    network = Network([64, 32, 10], "relu", loss=CCE, optimiser=Adam(0.005), init="he", rng=seed)
    network.fit(train.x, train.one_hot, 10, batch_size=32, record_every=10)
    assert network.measure(test.x, test.one_hot).metric > 0.94


def test_probabilities_of_classes_sum_to_one():
    network = Network([2, 3], loss=CCE, rng=0)
    probability = network.predict_probability(np.random.default_rng(0).normal(size=(6, 2)))
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-15)


def test_probability_of_a_logit_is_its_sigmoid():
    network = Network([1, 1], loss=BCE)
    network.layers[0].weights[:] = 1.0
    np.testing.assert_allclose(network.predict_probability([math.log(3)]), [[0.75]], rtol=1e-15)


@pytest.mark.parametrize(
    ("loss", "y", "prediction", "expected"),
    [
        (BCE, [[1], [0], [1], [0]], [[2], [-1], [-0.1], [0.1]], 0.5),
        ("binary_cross_entropy", [[1], [0], [1], [0]], [[0.6], [0.4], [0.4], [0.1]], 0.75),
        (CCE, [[1, 0], [0, 1]], [[2, 1], [3, -3]], 0.5),
        ("squared_error", [[1, 0], [0, 1]], [[0.9, 0.2], [0.4, 0.6]], 1.0),
        ("squared_error", [[1], [0]], [[0.6], [0.6]], 0.5),
        ("hinge", [[1], [-1], [1]], [[0.2], [-3], [-1]], 2 / 3),
        ("sparse_categorical_cross_entropy_with_logits", [2, 0], [[0, 1, 2], [0, 1, 2]], 0.5),
        (BCE, [[1, 1], [0, 0]], [[3, -1], [-2, -2]], 0.75),
    ],
    ids=["logit", "probability", "classes", "squared-classes", "squared-binary", "margin", "labels", "multi-label"],
)
def test_accuracy_counts_right_decisions(loss, y, prediction, expected):
    assert accuracy(losses.get(loss), np.array(y), np.array(prediction)) == pytest.approx(expected)


def test_rmse_is_in_the_unit_of_the_target():
    assert rmse(np.array([[0.0], [0.0]]), np.array([[3.0], [4.0]])) == pytest.approx(math.sqrt(12.5))


@pytest.mark.parametrize(
    ("loss", "metric"), [("huber", "rmse"), ("cosine_distance", "rmse"), (BCE, "accuracy"), ("hinge", "accuracy")]
)
def test_metric_suits_the_targets(loss, metric):
    assert Network([2, 2], loss=loss).metric == metric


def test_metric_can_be_chosen_against_the_losss_own():
    data = xor_corners()
    network = Network([2, 3, 1], output="sigmoid", loss="squared_error", metric="accuracy")
    assert network.fit(data.x, data.y, 1).metric_name == "accuracy"


def test_one_thread_holds_inside_the_block():
    with one_thread():
        inside = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    # On macOS NumPy may use Accelerate, which threadpoolctl does not see.
    assert inside or sys.platform == "darwin"
    assert set(inside) <= {1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": [2]}, r"sizes must be \(inputs, hidden units …, outputs\).*got \(2,\)"),
        ({"sizes": [2, 0, 1]}, "each at least 1"),
        ({"sizes": [2, 3, 1], "activation": ["tanh", "relu"]}, "1 hidden layers, got 2 activations"),
        ({"sizes": [2, 3, 1], "activation": "relo"}, "did you mean 'relu'"),
        ({"sizes": [2, 1], "loss": "hube"}, "did you mean 'huber'"),
        ({"sizes": [2, 1], "init": "glorot"}, "unknown init 'glorot'; expected xavier, he, lecun"),
        ({"sizes": [2, 1], "init": -1.0}, "at least 0, got -1"),
        ({"sizes": [2, 1], "output": ("elu", {"alfa": 1})}, "'elu' has no parameter 'alfa'; it has alpha"),
        ({"sizes": [2, 1], "loss": ("mse", {"delta": 1})}, "'mse' has no parameter 'delta'; it has none"),
    ],
    ids=[
        "one-size",
        "zero-size",
        "activations",
        "activation",
        "loss",
        "init",
        "negative-init",
        "unit-parameter",
        "loss-parameter",
    ],
)
def test_impossible_networks_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Network(**arguments)


@pytest.mark.parametrize("loss", OF_MORE_INPUTS, ids=lambda entry: entry.name)
def test_losses_of_more_than_a_prediction_are_refused(loss):
    with pytest.raises(ValueError, match=f"{loss.name}.*a target and a prediction only"):
        Network([2, 2], loss=loss.name)


@pytest.mark.parametrize(
    ("x", "y", "loss", "message"),
    [
        (np.ones((4, 3)), np.ones(4), "squared_error", r"x has shape \(4, 3\), expected \(n, 2\)"),
        (np.ones((4, 2)), np.ones(3), "squared_error", "x has 4 examples but y has 3"),
        (np.ones((4, 2)), np.ones((4, 2)), "squared_error", r"y has shape \(4, 2\), expected \(n, 1\)"),
        (np.ones((4, 2)), np.full(4, 2), BCE, "a label is 0 or 1"),
        (np.ones((4, 2)), np.array([-1, 1, 1, 1]), BCE, "map −1/\\+1 to 0/1"),
        (np.ones((4, 2)), np.array([0, 1, 1, 1]), "hinge", "labels 0/1 become −1/\\+1"),
        (np.ones((0, 2)), np.ones(0), "squared_error", "x is empty"),
    ],
    ids=["inputs", "examples", "outputs", "labels", "signs", "zeros", "empty"],
)
def test_data_that_do_not_fit_are_refused(x, y, loss, message):
    network = Network([2, 1], loss=loss)
    with pytest.raises(ValueError, match=message):
        network.step(x, y)


def test_class_numbers_for_a_one_hot_loss_get_the_line_that_mends_it():
    with pytest.raises(ValueError, match=r"np\.eye\(3\)\[y\]"):
        Network([2, 3], loss=CCE).step(np.ones((4, 2)), np.array([0, 1, 2, 1]))


@pytest.mark.parametrize("argument", ["epochs", "record_every", "batch_size"])
def test_counts_under_one_are_refused(argument):
    with pytest.raises(ValueError, match="at least 1"):
        Network([1, 1]).fit(np.ones(3), np.ones(3), **{"epochs": 1, argument: 0})
