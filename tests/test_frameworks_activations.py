"""Every framework call that the activations name is run and compared; where a framework differs, a test shows it."""

from __future__ import annotations

import importlib
import math
import warnings
from typing import Any

import numpy as np
import pytest

from course_lib import activations, frameworks
from course_lib.activations import CATALOGUE, get
from course_lib.spec import Activation, Array, Claims, FrameworkCall, Kink

pytestmark = pytest.mark.frameworks

# Dense near 0, with both tails; the kinks fall on the grid.
X = np.concatenate([np.linspace(-12, 12, 481), [-500.0, -100.0, -40.0, 25.0, 40.0, 100.0, 500.0]])
ROWS = np.random.default_rng(0).normal(0, 2, size=(20, 6))

CALLS = [
    pytest.param(entry, call, id=f"{entry.name}-{call.framework}")
    for entry in CATALOGUE.values()
    for call in entry.frameworks
]
PARAMETERS: dict[str, dict[str, Any]] = {
    "leaky_relu": {"alpha": 0.2},
    "prelu": {"alpha": -0.75},
    "rrelu": {"lower": 0.1, "upper": 0.2},
    "elu": {"alpha": 0.5},
    "celu": {"alpha": 2.0},
    "swish": {"beta": 1.5},
    "softshrink": {"threshold": 0.25},
    "hardshrink": {"threshold": 0.25},
    "maxout": {"slopes": (-1.0, 0.5, 2.0), "intercepts": (0.0, 1.0, -1.0)},
}


def load(library: str) -> Any:
    """The framework, or a skip that says how to install it."""
    if not frameworks.installed(library):
        pytest.skip(f"{frameworks.TITLES[library]} is not installed; install it with: {frameworks.HOW_TO_INSTALL}")
    # A framework warns about its own dependencies; that is not ours to mend.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return frameworks.load(library)


def tensor(library: str, module: Any, x: Array) -> Any:
    if library == "torch":
        return module.tensor(x, dtype=module.float64)
    if library == "keras":
        return module.ops.convert_to_tensor(x, dtype="float64")
    return importlib.import_module("jax.numpy").asarray(x)


def run(entry: Activation, call: FrameworkCall, x: Array, params: dict[str, Any]) -> Array:
    """The call as written in the catalogue, with x and the parameters as names; a float64 array."""
    module = load(call.framework)
    defaults = {param.name: param.default for param in entry.params}
    names = {call.framework: module, "x": tensor(call.framework, module, x), **defaults, **params}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        result = eval(call.call, names)
    result = result.detach() if hasattr(result, "detach") else result
    value = np.asarray(result)
    assert value.dtype == np.float64, f"{call.call} computed in {value.dtype}"
    return value


def inputs(entry: Activation) -> Array:
    return X if entry.elementwise else ROWS


def distance(ours: Array, theirs: Array) -> float:
    """The largest difference, relative to results above 1."""
    assert ours.shape == theirs.shape
    return float((np.abs(ours - theirs) / np.maximum(1, np.abs(ours))).max())


@pytest.mark.parametrize(("entry", "call"), [case for case in CALLS if not case.values[1].differs])
def test_call_gives_our_values(entry: Activation, call: FrameworkCall) -> None:
    for params in ({}, PARAMETERS.get(entry.name, {})):
        ours = entry.function(inputs(entry), **params)
        assert distance(ours, run(entry, call, inputs(entry), params)) < 4e-15


@pytest.mark.parametrize(("entry", "call"), [case for case in CALLS if case.values[1].differs])
def test_call_that_differs_says_why(entry: Activation, call: FrameworkCall) -> None:
    assert call.trap
    assert (entry.name, call.framework) in {("softplus", "keras"), ("sparsemax", "keras")}


def test_every_parameter_is_tried_away_from_its_default() -> None:
    assert set(PARAMETERS) == {entry.name for entry in CATALOGUE.values() if entry.params}
    for name, params in PARAMETERS.items():
        assert all(params[param.name] != param.default for param in get(name).params)


# ---------------------------------------------------------------------------------------------------------------------
# Slopes, by the frameworks' automatic differentiation
# ---------------------------------------------------------------------------------------------------------------------


def slope(entry: Activation, call: FrameworkCall, x: Array) -> Array:
    """The framework's own derivative of its call at every x, by back-propagation from the sum."""
    module = load(call.framework)
    names = {call.framework: module, **{param.name: param.default for param in entry.params}}
    if call.framework == "torch":
        leaf = module.tensor(x, dtype=module.float64, requires_grad=True)
        eval(call.call, names | {"x": leaf}).sum().backward()
        return np.asarray(leaf.grad)
    return np.asarray(module.grad(lambda z: eval(call.call, names | {"x": z}).sum())(module.numpy.asarray(x)))


# PyTorch multiplies by 1/6 as a float32 on the way back, whatever the dtype: off by 5e-9.
SINGLE_PRECISION_SLOPES = {("hard_sigmoid", "torch"): 6e-9}

DIFFERENTIABLE = [
    case
    for case in CALLS
    if case.values[0].elementwise and case.values[1].framework in ("torch", "jax") and case.values[0].name != "step"
]


@pytest.mark.parametrize(("entry", "call"), DIFFERENTIABLE)
def test_slopes_agree_away_from_kinks(entry: Activation, call: FrameworkCall) -> None:
    assert entry.derivative is not None
    claims = entry.claims()
    assert isinstance(claims, Claims)
    x = X[[all(abs(each - kink.at) > 1e-3 for kink in claims.kinks) for each in X]]
    # PyTorch's and JAX's slopes of gelu_tanh and mish lose a few hundred units of the last place.
    tolerance = SINGLE_PRECISION_SLOPES.get((entry.name, call.framework), 1e-13)
    np.testing.assert_allclose(slope(entry, call, x), entry.derivative(x), rtol=0, atol=tolerance)


# What a framework returns at a kink where it is not what we return.
OTHER_SLOPES: dict[tuple[str, str, float], float] = {
    ("hard_tanh", "jax", -1.0): 1.0,
    ("hard_tanh", "jax", 1.0): 1.0,
    ("leaky_relu", "jax", 0.0): 1.0,
    ("prelu", "jax", 0.0): 1.0,
    ("maxout", "torch", 0.0): 0.5,
    ("maxout", "jax", 0.0): 0.5,
}
KINKS = [
    pytest.param(entry, call, kink, id=f"{entry.name}-{call.framework}-{kink.at:g}")
    for entry, call in (case.values for case in DIFFERENTIABLE)
    for kink in entry.claims().kinks
]


@pytest.mark.parametrize(("entry", "call", "kink"), KINKS)
def test_slopes_at_kinks(entry: Activation, call: FrameworkCall, kink: Kink) -> None:
    """Frameworks return what we return, or the other value listed here; always one between the two slopes."""
    theirs = float(slope(entry, call, np.array([kink.at]))[0])
    assert theirs == pytest.approx(OTHER_SLOPES.get((entry.name, call.framework, kink.at), kink.returned), rel=1e-12)
    assert min(kink.left, kink.right) <= theirs + 1e-12
    assert theirs <= max(kink.left, kink.right) + 1e-12


# ---------------------------------------------------------------------------------------------------------------------
# The traps
# ---------------------------------------------------------------------------------------------------------------------


def test_default_slopes_differ() -> None:
    """The slope of leaky ReLU at −1, as each library has it unless told otherwise."""
    torch, keras, jax = load("torch"), load("keras"), load("jax")
    assert float(torch.nn.functional.leaky_relu(torch.tensor(-1.0))) == pytest.approx(-0.01)
    assert float(jax.nn.leaky_relu(-1.0)) == pytest.approx(-0.01)
    assert float(keras.activations.leaky_relu(keras.ops.convert_to_tensor(-1.0))) == pytest.approx(-0.2)
    assert float(keras.layers.LeakyReLU()(keras.ops.convert_to_tensor([-1.0]))[0]) == pytest.approx(-0.3)
    assert float(activations.leaky_relu(-1.0)) == -0.01


def test_learned_slopes_start_differently() -> None:
    torch, keras = load("torch"), load("keras")
    assert torch.nn.PReLU().weight.tolist() == [0.25]
    layer = keras.layers.PReLU()
    layer.build((None, 4, 3))
    assert layer.alpha.shape == (4, 3)
    assert not np.asarray(layer.alpha.value.detach()).any()


def test_rrelu_draws_in_training() -> None:
    torch = load("torch")
    x = torch.full((1000,), -1.0)
    drawn = torch.nn.RReLU()(x)
    assert drawn.unique().numel() > 900
    assert (drawn >= -1 / 3).all()
    assert (drawn <= -1 / 8).all()
    assert torch.nn.RReLU().eval()(x).unique().tolist() == pytest.approx([float(activations.rrelu(-1.0))])


def test_jax_gelu_is_the_tanh_approximation_by_default() -> None:
    torch, keras, jax = load("torch"), load("keras"), load("jax")
    x, exact, approximate = -2.7, float(activations.gelu(-2.7)), float(activations.gelu_tanh(-2.7))
    assert float(jax.nn.gelu(x)) == pytest.approx(approximate, abs=1e-12)
    assert float(torch.nn.functional.gelu(torch.tensor(x, dtype=torch.float64))) == pytest.approx(exact, abs=1e-12)
    ours = keras.ops.convert_to_tensor(x, dtype="float64")
    assert float(keras.activations.gelu(ours)) == pytest.approx(exact, abs=1e-12)
    assert abs(exact - approximate) > 4e-4


def test_torch_softplus_is_the_identity_above_20() -> None:
    """PyTorch's threshold; Keras on PyTorch inherits it. The error is e^−x, 2e-9 at 20: a million ULP."""
    torch, keras = load("torch"), load("keras")
    x = 20.01
    truth = x + math.log1p(math.exp(-x))
    theirs = [
        float(torch.nn.functional.softplus(torch.tensor(x, dtype=torch.float64))),
        float(keras.activations.softplus(keras.ops.convert_to_tensor(x, dtype="float64"))),
    ]
    assert theirs[0] == x
    if keras.backend.backend() == "torch":
        assert theirs[1] == x
    assert float(activations.softplus(x)) == truth > x


def test_keras_sparsemax_before_its_repair() -> None:
    """Keras 3.15 and earlier: with several shares, the shares do not sum to 1. Later versions agree with ours."""
    keras = load("keras")
    x = np.array([[0.1, 0.2, 0.3]])
    theirs = np.asarray(keras.activations.sparsemax(keras.ops.convert_to_tensor(x, dtype="float64")))
    ours = activations.sparsemax(x)
    np.testing.assert_allclose(ours, [[0.7 / 3, 1 / 3, 1.3 / 3]])
    repaired = bool(np.allclose(theirs, ours))
    version = tuple(int(part) for part in keras.__version__.split(".")[:2])
    assert repaired or (version <= (3, 15) and theirs.sum() == pytest.approx(0.7 / 3))


def test_keras_celu_and_selu_slopes_at_zero() -> None:
    """On the PyTorch backend Keras calls PyTorch; the slopes there are those that we return."""
    torch, keras = load("torch"), load("keras")
    if keras.backend.backend() != "torch":
        pytest.skip("this compares Keras on its PyTorch backend; run it with KERAS_BACKEND=torch")
    for name in ("celu", "selu"):
        x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        getattr(keras.activations, name)(x).sum().backward()
        derivative = get(name).derivative
        assert derivative is not None
        assert float(x.grad[0]) == pytest.approx(float(derivative(0.0)), rel=1e-12)


def test_keras_hard_tanh_takes_its_corners_from_the_backend() -> None:
    torch, keras = load("torch"), load("keras")
    if keras.backend.backend() != "torch":
        pytest.skip("this compares Keras on its PyTorch backend; run it with KERAS_BACKEND=torch")
    x = torch.tensor([-1.0, 1.0], dtype=torch.float64, requires_grad=True)
    keras.activations.hard_tanh(x).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_torch_hard_sigmoid_has_a_single_precision_slope() -> None:
    entry = get("hard_sigmoid")
    theirs = slope(entry, entry.frameworks[0], np.array([0.5]))[0]
    assert theirs == np.float32(1 / 6)
    assert theirs != 1 / 6


def test_relu_by_another_name_has_another_slope_at_zero() -> None:
    torch, jax = load("torch"), load("jax")
    assert float(jax.grad(jax.nn.relu)(0.0)) == 0
    assert float(jax.grad(lambda x: jax.numpy.maximum(x, 0))(0.0)) == 0.5
    x = torch.zeros(1, requires_grad=True)
    torch.clamp(x, min=0).sum().backward()
    assert x.grad.tolist() == [1]


def test_softmax_without_an_axis_warns() -> None:
    torch = load("torch")
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        torch.nn.functional.softmax(torch.zeros(2, 3))


def test_frameworks_tanhshrink_cancels() -> None:
    """At 1e-8 the truth is 3.3e-25, and x − tanh x gives 0 or noise; ours keeps every digit."""
    torch = load("torch")
    truth = 1e-24 / 3
    theirs = float(torch.nn.functional.tanhshrink(torch.tensor(1e-8, dtype=torch.float64)))
    assert float(activations.tanhshrink(1e-8)) == pytest.approx(truth, rel=1e-15, abs=0)
    assert abs(theirs - truth) > truth / 2


@pytest.mark.parametrize(
    ("name", "torch_call", "x"),
    [
        ("sigmoid", "torch.sigmoid(x)", 40.0),
        ("tanh", "torch.tanh(x)", 20.0),
        ("gelu", "torch.nn.functional.gelu(x)", -10.0),
    ],
)
def test_our_slopes_keep_digits_that_the_frameworks_lose(name: str, torch_call: str, x: float) -> None:
    """σ(1 − σ), 1 − tanh² and erf's tail round to 0 in PyTorch; ours are proved with mpmath in test_activations."""
    entry = get(name)
    assert entry.derivative is not None
    call = FrameworkCall("torch", torch_call)
    assert entry.derivative(np.array([x]))[0] != 0
    assert abs(slope(entry, call, np.array([x]))[0] / entry.derivative(np.array([x]))[0] - 1) > 0.01
