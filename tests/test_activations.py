"""Every activation does what its catalogue entry claims, checked against mpmath and by search."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_lib import activations
from course_lib.activations import CATALOGUE, get
from course_lib.activations.exponential import SELU_ALPHA, SELU_SCALE
from course_lib.numerics import central_difference, ulp_error
from course_lib.spec import Activation, Array, Claims, Param, VectorClaims

# No deadline: the machine may be busy.
few_examples = settings(max_examples=25, deadline=None)

ELEMENTWISE = [entry for entry in CATALOGUE.values() if entry.elementwise]
NORMALISING = [entry for entry in CATALOGUE.values() if entry.jacobian is not None]
GATED = [entry for entry in CATALOGUE.values() if entry.gated]

# Besides the defaults: the ends of each parameter's domain, and shapes that the defaults do not show.
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "leaky_relu": [{"alpha": 0.0}, {"alpha": 0.5}],
    "prelu": [{"alpha": -1.0}, {"alpha": 0.0}, {"alpha": 1.0}, {"alpha": 2.0}],
    "rrelu": [{"lower": 0.1, "upper": 0.1}],
    "elu": [{"alpha": 0.5}, {"alpha": 2.0}],
    "celu": [{"alpha": 0.5}, {"alpha": 2.0}],
    "swish": [{"beta": 0.0}, {"beta": 0.5}, {"beta": -1.5}, {"beta": 10.0}],
    "softshrink": [{"threshold": 0.0}, {"threshold": 2.0}],
    "hardshrink": [{"threshold": 0.0}, {"threshold": 2.0}],
    "maxout": [
        {"slopes": (-1.0, 1.0), "intercepts": (0.0, 0.0)},
        {"slopes": (3.0, -2.0, 0.5, 0.0), "intercepts": (-4.0, 0.0, 1.0, 0.5)},
        {"slopes": (-1.0, -3.0), "intercepts": (0.0, 1.0)},
        {"slopes": (-2.0, 0.0), "intercepts": (1.0, 0.25)},
        {"slopes": (2.0,), "intercepts": (0.0,)},
    ],
}


def named(params: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in params.items())


def cases(entries: list[Activation]) -> list[Any]:
    """Every entry with its defaults and with each set of PARAMETERS."""
    return [
        pytest.param(entry, params, id=f"{entry.name}-{named(params)}" if params else entry.name)
        for entry in entries
        for params in ({}, *PARAMETERS.get(entry.name, []))
    ]


def entries(given: list[Activation]) -> list[Any]:
    return [pytest.param(entry, id=entry.name) for entry in given]


each_case = pytest.mark.parametrize(("entry", "params"), cases(ELEMENTWISE))
each_elementwise = pytest.mark.parametrize("entry", entries(ELEMENTWISE))
each_normalising = pytest.mark.parametrize("entry", entries(NORMALISING))
each_gated = pytest.mark.parametrize("entry", entries(GATED))
each_entry = pytest.mark.parametrize("entry", entries(list(CATALOGUE.values())))
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def claims_of(entry: Activation, params: dict[str, Any]) -> Claims:
    claims = entry.claims(**params)
    assert isinstance(claims, Claims)
    return claims


def functions_of(entry: Activation) -> dict[str, Callable[..., Array]]:
    """All functions of an entry that take x alone."""
    found = {"function": entry.function, "derivative": entry.derivative, "jacobian": entry.jacobian}
    return {what: f for what, f in found.items() if f is not None} | dict(entry.parameter_gradients)


# ---------------------------------------------------------------------------------------------------------------------
# Accuracy
# ---------------------------------------------------------------------------------------------------------------------

# float64 resolves differences of 1e-324, and x³ of the smallest numbers would need thousands of digits.
DIGITS = 50


def logistic(x: mp.mpf) -> mp.mpf:
    return 1 / (1 + mp.exp(-x))


def log_1p_exp(x: mp.mpf) -> mp.mpf:
    return max(x, 0) + mp.log1p(mp.exp(-abs(x)))


def normal_cdf(x: mp.mpf) -> mp.mpf:
    # mpmath's erfc cannot take the largest floats; beyond 60 the answer is 0 or 1 to 700 digits.
    return mp.mpf(x > 0) if abs(x) > 60 else mp.erfc(-x / mp.sqrt(2)) / 2


def normal_density(x: mp.mpf) -> mp.mpf:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def twice_u(x: mp.mpf) -> mp.mpf:
    return 2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)


def gelu_tanh_slope(x: mp.mpf) -> mp.mpf:
    u = twice_u(x)
    inner = 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf("0.044715") * x**2)
    return logistic(u) + x * logistic(u) * logistic(-u) * inner


def mish_slope(x: mp.mpf) -> mp.mpf:
    u = log_1p_exp(x)
    return mp.tanh(u) + x * logistic(x) / mp.cosh(u) ** 2


def tanh_residual(x: mp.mpf) -> mp.mpf:
    # The difference loses twice as many digits as x has leading zeros.
    with mp.workdps(DIGITS + (2 * abs(int(mp.log10(abs(x)))) if x else 0)):
        return x - mp.tanh(x)


def on(condition: bool) -> mp.mpf:
    return mp.mpf(bool(condition))


Exact = Callable[[mp.mpf], mp.mpf]

# Value and derivative at the default parameters, written down again from their definitions.
TRUTH: dict[str, tuple[Exact, Exact]] = {
    "step": (lambda x: on(x >= 0), lambda x: mp.mpf(0)),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x)),
    "hard_sigmoid": (lambda x: min(max(x + 3, 0), 6) / mp.mpf(6), lambda x: on(abs(x) < 3) / 6),
    "tanh": (mp.tanh, lambda x: mp.sech(x) ** 2),
    "hard_tanh": (lambda x: min(max(x, -1), 1), lambda x: on(abs(x) < 1)),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: (1 + abs(x)) ** -2),
    "identity": (lambda x: x, lambda x: mp.mpf(1)),
    "relu": (lambda x: max(x, 0), lambda x: on(x > 0)),
    "relu6": (lambda x: min(max(x, 0), 6), lambda x: on(0 < x < 6)),
    "squared_relu": (lambda x: max(x, 0) * x, lambda x: 2 * max(x, 0)),
    "leaky_relu": (lambda x: x if x > 0 else x * mp.mpf(0.01), lambda x: mp.mpf(1 if x > 0 else 0.01)),
    "prelu": (lambda x: x if x > 0 else x / 4, lambda x: mp.mpf(1 if x > 0 else 0.25)),
    "rrelu": (lambda x: x if x > 0 else x * 11 / 48, lambda x: mp.mpf(1) if x > 0 else mp.mpf(11) / 48),
    "maxout": (lambda x: max(x, 0), lambda x: on(x > 0)),
    "elu": (lambda x: x if x > 0 else mp.expm1(x), lambda x: mp.exp(min(x, 0))),
    "selu": (
        lambda x: SELU_SCALE * (x if x > 0 else mp.mpf(SELU_ALPHA) * mp.expm1(x)),
        lambda x: SELU_SCALE * (mp.mpf(1) if x > 0 else SELU_ALPHA * mp.exp(x)),
    ),
    "celu": (lambda x: x if x > 0 else mp.expm1(x), lambda x: mp.exp(min(x, 0))),
    "softplus": (log_1p_exp, logistic),
    "log_sigmoid": (lambda x: -log_1p_exp(-x), lambda x: logistic(-x)),
    "silu": (lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
    "swish": (lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
    "gelu": (lambda x: x * normal_cdf(x), lambda x: normal_cdf(x) + x * normal_density(x)),
    "gelu_tanh": (lambda x: x * logistic(twice_u(x)), gelu_tanh_slope),
    "mish": (lambda x: x * mp.tanh(log_1p_exp(x)), mish_slope),
    "hard_swish": (
        lambda x: x * min(max(x + 3, 0), 6) / 6,
        lambda x: (2 * x + 3) / 6 if abs(x) < 3 else on(x > 0),
    ),
    "sine": (mp.sin, mp.cos),
    "softshrink": (lambda x: mp.sign(x) * max(abs(x) - 0.5, 0), lambda x: on(abs(x) > 0.5)),
    "hardshrink": (lambda x: x if abs(x) > 0.5 else mp.mpf(0), lambda x: on(abs(x) > 0.5)),
    "tanhshrink": (tanh_residual, lambda x: mp.tanh(x) ** 2),
}

# Where a rounding of x alone moves the result by many ULP, no formula that starts from x can be held to 5 ULP; there
# the error must stay under 2 eps. (Between which x, and why.)
ILL_CONDITIONED: dict[tuple[str, str], tuple[float, float, str]] = {
    ("gelu", "function"): (-math.inf, -1.0, "the left tail falls like e^(−x²/2): its condition number is x²"),
    ("gelu", "derivative"): (-math.inf, 0.0, "zero at −0.752, and the left tail"),
    ("gelu_tanh", "function"): (-math.inf, -1.0, "the left tail falls like e^(−0.07|x|³)"),
    ("gelu_tanh", "derivative"): (-math.inf, 0.0, "zero at −0.752, and the left tail"),
    ("silu", "derivative"): (-2.0, -0.8, "zero at −1.278"),
    ("swish", "derivative"): (-2.0, -0.8, "zero at −1.278"),
    ("mish", "derivative"): (-5.0, -0.7, "zero at −1.192, and left of it two terms that nearly cancel"),
}
# x times an exponential: where the exponential is subnormal it has few digits left. The error is below the smallest
# normal number; all other functions keep 5 ULP down to the last subnormal.
LOSE_DIGITS_IN_THE_UNDERFLOW = {"silu", "swish", "mish"}


@cache
def points(dtype: type) -> Array:
    """Ordinary, tiny, huge and underflowing x, with every kink of the catalogue and its neighbours; sorted."""
    info, rng = np.finfo(dtype), np.random.default_rng(7)
    size = 10.0 ** np.linspace(math.log10(float(info.tiny)), math.log10(float(info.max)) - 1e-3, 40)
    kinks = np.array([k.at for entry in ELEMENTWISE for k in claims_of(entry, {}).kinks], dtype=dtype)
    limit = 800 if dtype == np.float64 else 120
    parts = [
        np.linspace(-20, 20, 81),
        rng.normal(0, 3, 150),
        rng.uniform(-limit, limit, 80),
        rng.uniform(-1e-3, 1e-3, 40),
        size,
        -size,
        kinks,
        np.nextafter(kinks, dtype(-1e9)),
        np.nextafter(kinks, dtype(1e9)),
    ]
    return np.unique(np.concatenate(parts).astype(dtype))


def truth(f: Exact, x: Array) -> tuple[Array, Array]:
    """f at every x: the nearest float64, and what is left of the 50-digit result."""
    with mp.workdps(DIGITS):
        exact = [mp.mpf(f(mp.mpf(float(each)))) for each in x]
        near = [float(each) for each in exact]
        rest = [float(e - n) if math.isfinite(n) else 0.0 for e, n in zip(exact, near, strict=True)]
    return np.array(near), np.array(rest)


def check_accuracy(entry: Activation, what: str, dtype: type) -> None:
    x = points(dtype)
    near, rest = truth(TRUTH[entry.name][what == "derivative"], x)
    value = functions_of(entry)[what](x)
    assert value.dtype == dtype
    ulp = ulp_error(value, near, rest)
    with np.errstate(all="ignore"):
        error = np.where(ulp == 0, 0, np.abs((value.astype(np.float64) - near) - rest))
    low, high, _ = ILL_CONDITIONED.get((entry.name, what), (0.0, 0.0, ""))
    ill = (low < x) & (x < high)
    fine = ulp <= 5
    fine |= ill & (error <= 2 * np.finfo(dtype).eps)
    if entry.name in LOSE_DIGITS_IN_THE_UNDERFLOW:
        fine |= error <= np.finfo(dtype).tiny
    worst = np.argmax(np.where(fine, 0, ulp))
    assert fine.all(), f"{ulp[worst]:.3g} ULP at x = {x[worst]!r}: {value[worst]!r} instead of {near[worst]!r}"


@each_dtype
@each_elementwise
def test_value_against_mpmath(entry: Activation, dtype: type) -> None:
    check_accuracy(entry, "function", dtype)


@each_dtype
@each_elementwise
def test_derivative_against_mpmath(entry: Activation, dtype: type) -> None:
    check_accuracy(entry, "derivative", dtype)


@pytest.mark.parametrize(("name", "what"), [pytest.param(*key, id=" ".join(key)) for key in ILL_CONDITIONED])
def test_ill_conditioned_points_are_needed(name: str, what: str) -> None:
    """The list is no excuse: somewhere in each range, one rounding of x moves the true result by more than 5 ULP."""
    low, high, _ = ILL_CONDITIONED[name, what]
    x = np.linspace(max(low, -15.0), high, 4001)[1:-1]
    f = functions_of(get(name))[what]
    condition = np.abs(central_difference(f, x, 1e-4) * x) / np.maximum(np.abs(f(x)), 1e-300)
    assert condition.max() > 10


@pytest.mark.parametrize("what", ["function", "derivative"])
@each_elementwise
def test_half_precision(entry: Activation, what: str) -> None:
    """All 63,488 finite float16 numbers: the right dtype, no warning, no NaN, and near what float64 gives."""
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    x = every[np.isfinite(every)]
    f = functions_of(entry)[what]
    value, exact = f(x), f(x.astype(np.float64))
    assert value.dtype == np.float16
    with np.errstate(over="ignore"):
        assert np.array_equal(np.isinf(value), np.isinf(exact.astype(np.float16)))
    # Three roundings in half precision of numbers of the result's size, or of size 1.
    close = np.abs(value - exact) <= 4 * np.finfo(np.float16).eps * np.maximum(1, np.abs(exact))
    assert (close | np.isinf(value)).all()


LIMITS: dict[str, tuple[float, float, float, float]] = {
    # value at −∞ and +∞, slope at −∞ and +∞
    "step": (0, 1, 0, 0),
    "sigmoid": (0, 1, 0, 0),
    "hard_sigmoid": (0, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "hard_tanh": (-1, 1, 0, 0),
    "softsign": (-1, 1, 0, 0),
    "identity": (-math.inf, math.inf, 1, 1),
    "relu": (0, math.inf, 0, 1),
    "relu6": (0, 6, 0, 0),
    "squared_relu": (0, math.inf, 0, math.inf),
    "leaky_relu": (-math.inf, math.inf, 0.01, 1),
    "prelu": (-math.inf, math.inf, 0.25, 1),
    "rrelu": (-math.inf, math.inf, 11 / 48, 1),
    "maxout": (0, math.inf, 0, 1),
    "elu": (-1, math.inf, 0, 1),
    "selu": (-SELU_SCALE * SELU_ALPHA, math.inf, 0, SELU_SCALE),
    "celu": (-1, math.inf, 0, 1),
    "softplus": (0, math.inf, 0, 1),
    "log_sigmoid": (-math.inf, 0, 1, 0),
    "silu": (0, math.inf, 0, 1),
    "swish": (0, math.inf, 0, 1),
    "gelu": (0, math.inf, 0, 1),
    "gelu_tanh": (0, math.inf, 0, 1),
    "mish": (0, math.inf, 0, 1),
    "hard_swish": (0, math.inf, 0, 1),
    "sine": (math.nan, math.nan, math.nan, math.nan),
    "softshrink": (-math.inf, math.inf, 1, 1),
    "hardshrink": (-math.inf, math.inf, 1, 1),
    "tanhshrink": (-math.inf, math.inf, 1, 1),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@each_elementwise
def test_infinite_scores_give_the_limit(entry: Activation, dtype: type) -> None:
    assert entry.derivative is not None
    x = np.array([-np.inf, np.inf], dtype=dtype)
    found = np.concatenate([entry.function(x), entry.derivative(x)])
    assert found == pytest.approx(LIMITS[entry.name], rel=2 * float(np.finfo(dtype).eps), abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("function", "params", "at_minus_infinity", "at_infinity"),
    [
        pytest.param("leaky_relu", {"alpha": 0.0}, 0, math.inf, id="leaky_relu-0"),
        pytest.param("prelu", {"alpha": 0.0}, 0, math.inf, id="prelu-0"),
        pytest.param("prelu", {"alpha": -1.0}, math.inf, math.inf, id="prelu-minus-1"),
        pytest.param("swish", {"beta": 0.0}, -math.inf, math.inf, id="swish-0"),
        pytest.param("swish", {"beta": -1.5}, -math.inf, 0, id="swish-minus"),
        pytest.param("swish_derivative", {"beta": 0.0}, 0.5, 0.5, id="swish-slope-0"),
        pytest.param("swish_derivative", {"beta": -1.5}, 1, 0, id="swish-slope-minus"),
        pytest.param("swish_beta_gradient", {"beta": 2.0}, 0, 0, id="swish-beta"),
        pytest.param("softshrink", {"threshold": 0.0}, -math.inf, math.inf, id="softshrink-0"),
        pytest.param("maxout", {"slopes": (0, 0), "intercepts": (1, 2)}, 2, 2, id="maxout-flat"),
        pytest.param("maxout_derivative", {"slopes": (1, 3, -2), "intercepts": (0, 0, 0)}, -2, 3, id="maxout-slope"),
        pytest.param("maxout_derivative", {"slopes": (1, 1), "intercepts": (0, 5)}, 1, 1, id="maxout-parallel"),
    ],
)
def test_limits_at_other_parameters(
    function: str, params: dict[str, Any], at_minus_infinity: float, at_infinity: float
) -> None:
    found = getattr(activations, function)(np.array([-np.inf, np.inf]), **params)
    assert found.tolist() == [at_minus_infinity, at_infinity]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@each_case
def test_no_nan_and_no_warning_at_extremes(entry: Activation, params: dict[str, Any], dtype: type) -> None:
    info = np.finfo(dtype)
    x = np.array([0, info.tiny, info.smallest_subnormal, 1, 10, 50, 100, 400, 800, info.max / 2, info.max]).astype(
        dtype
    )
    x = np.concatenate([-x, x])
    for what, f in functions_of(entry).items():
        value = f(x, **params)
        assert value.dtype == dtype, what
        assert not np.isnan(value).any(), what


# ---------------------------------------------------------------------------------------------------------------------
# What goes in and what comes out
# ---------------------------------------------------------------------------------------------------------------------


def calls(entry: Activation) -> dict[str, Callable[[Any], Array]]:
    """Every function of an entry as a function of x alone; the pullback gets an upstream gradient of ones."""
    found: dict[str, Callable[[Any], Array]] = dict(functions_of(entry))
    if entry.pullback is not None:
        pullback = entry.pullback
        found["pullback"] = lambda x: pullback(x, np.ones_like(entry.function(x)))
    return found


@each_entry
def test_nan_propagates(entry: Activation) -> None:
    """NaN in, NaN out: never a plausible number. Along an axis, one NaN spoils what depends on it."""
    x = np.array([1.0, np.nan, -1.0, 2.0])
    for what, f in calls(entry).items():
        value = f(x)
        # Of a gated pair (value, gate) = (x₁, x₃), the gradient with respect to the gate holds the value.
        touched = value if entry.jacobian is not None else value[3 if what == "pullback" else 1]
        assert np.isnan(touched).all(), what


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool])
@each_entry
def test_integers_are_computed_in_float64(entry: Activation, dtype: type) -> None:
    x = np.array([1, 0, 1, 1]).astype(dtype)
    for what, f in calls(entry).items():
        value = f(x)
        assert value.dtype == np.float64, what
        assert np.array_equal(value, f(x.astype(np.float64))), what


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@each_entry
def test_dtype_is_kept(entry: Activation, dtype: type) -> None:
    for what, f in calls(entry).items():
        assert f(np.array([1.0, -0.5, 2.0, 0.0], dtype=dtype)).dtype == dtype, what


@each_elementwise
def test_shape_is_kept(entry: Activation) -> None:
    assert entry.derivative is not None
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    for f in (entry.function, entry.derivative):
        flat = f(x.ravel())
        assert f(x).shape == x.shape
        assert np.array_equal(f(x).ravel(), flat)
        # Neither the layout in memory nor the number of axes matters, and a list is as good as an array.
        assert np.array_equal(f(x.T), f(x).T)
        assert np.array_equal(f(x.ravel().tolist()), flat)
        assert f(x[0, 0, 0]) == flat[0]
        assert np.shape(f(0.5)) == ()


@each_entry
def test_input_is_left_alone(entry: Activation) -> None:
    x = np.array([-2.0, 0.5, 1.0, 3.0])
    before = x.copy()
    for f in calls(entry).values():
        result = f(x)
        result[...] = 7
        assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        pytest.param("0.5", TypeError, "x must hold real numbers", id="text"),
        pytest.param(None, TypeError, "x must hold real numbers", id="None"),
        pytest.param([1.0, "two"], TypeError, "x must hold real numbers", id="text-in-a-list"),
        pytest.param(np.array([1, None]), TypeError, "x must hold real numbers", id="objects"),
        pytest.param(1 + 2j, TypeError, "x must hold real numbers", id="complex"),
        pytest.param([[1.0], [1.0, 2.0]], TypeError, "rows of different lengths", id="ragged"),
        pytest.param([], ValueError, "x is empty", id="empty"),
        pytest.param(np.zeros((0, 4)), ValueError, r"x is empty \(shape \(0, 4\)\)", id="no-rows"),
    ],
)
@each_entry
def test_bad_input_is_named(entry: Activation, x: Any, error: type[Exception], words: str) -> None:
    for f in functions_of(entry).values():
        with pytest.raises(error, match=words):
            f(x)


def outside(param: Param) -> list[float]:
    domain = param.domain
    edges = [domain.low - 1, domain.high + 1, math.nan, math.inf, -math.inf]
    edges += [] if domain.low_closed else [domain.low]
    edges += [] if domain.high_closed else [domain.high]
    return edges


WITH_PARAMS = [
    pytest.param(entry, param, id=f"{entry.name}-{param.name}")
    for entry in CATALOGUE.values()
    for param in entry.params
]


@pytest.mark.parametrize(("entry", "param"), WITH_PARAMS)
def test_parameters_out_of_range_are_named(entry: Activation, param: Param) -> None:
    for value in outside(param):
        given = (value, 0.0) if isinstance(param.default, tuple) else value
        for f in functions_of(entry).values():
            with pytest.raises(ValueError, match=param.name):
                f(np.array([1.0, -1.0]), **{param.name: given})


@pytest.mark.parametrize("value", ["0.1", None, 1j, [[0.1], [0.1, 0.2]]], ids=["text", "None", "complex", "ragged"])
@pytest.mark.parametrize(("entry", "param"), WITH_PARAMS)
def test_parameters_that_are_no_numbers_are_named(entry: Activation, param: Param, value: Any) -> None:
    with pytest.raises(TypeError, match=param.name):
        entry.function(np.array([1.0, -1.0]), **{param.name: value})


@pytest.mark.parametrize(("entry", "param"), WITH_PARAMS)
def test_defaults_are_those_of_the_functions(entry: Activation, param: Param) -> None:
    claims = entry.claims if entry.elementwise else (lambda: None)
    for f in (*functions_of(entry).values(), claims):
        assert inspect.signature(f).parameters[param.name].default == param.default


@pytest.mark.parametrize("scalar", [np.float64(0.3), np.float32(0.3), np.int64(1)], ids=["float64", "float32", "int64"])
@pytest.mark.parametrize("name", ["elu", "celu", "swish", "softshrink", "prelu"])
def test_parameters_do_not_change_the_dtype(name: str, scalar: Any) -> None:
    entry = get(name)
    value = entry(np.array([-1.0, 2.0], dtype=np.float32), **{entry.params[0].name: scalar})
    assert value.dtype == np.float32


def test_rrelu_wants_ordered_slopes() -> None:
    with pytest.raises(ValueError, match=r"lower must not exceed upper, got lower=0.5 and upper=0.2"):
        activations.rrelu([1.0], lower=0.5, upper=0.2)


def test_maxout_wants_as_many_slopes_as_intercepts() -> None:
    with pytest.raises(ValueError, match=r"slopes has shape \(2,\) and intercepts \(1,\)"):
        activations.maxout([1.0], slopes=(1, 2), intercepts=(0,))


def test_prelu_takes_one_slope_per_channel() -> None:
    x = np.array([[-1.0, -1.0, 2.0], [-2.0, 3.0, -3.0]])
    slopes = np.array([0.1, 0.5, -1.0])
    assert np.array_equal(activations.prelu(x, slopes), [[-0.1, -0.5, 2], [-0.2, 3, 3]])
    assert np.array_equal(activations.prelu_derivative(x, slopes), [[0.1, 0.5, 1], [0.1, 1, -1]])
    assert np.array_equal(activations.prelu_alpha_gradient(x, slopes), np.minimum(x, 0))


@pytest.mark.parametrize("f", ["prelu", "prelu_derivative", "prelu_alpha_gradient"])
def test_prelu_slopes_must_fit(f: str) -> None:
    with pytest.raises(ValueError, match=r"alpha has shape \(2,\), which does not fit x of shape \(4, 3\)"):
        getattr(activations, f)(np.ones((4, 3)), [0.1, 0.2])


# ---------------------------------------------------------------------------------------------------------------------
# The claims, by search
# ---------------------------------------------------------------------------------------------------------------------

NEAR = np.linspace(-12, 12, 24_001)
FAR = np.concatenate([-np.logspace(1.2, 300, 60)[::-1], NEAR, np.logspace(1.2, 300, 60)])


def away_from_kinks(x: Array, claims: Claims, distance: float) -> Array:
    for kink in claims.kinks:
        x = x[np.abs(x - kink.at) > distance]
    return x


@each_case
@few_examples
@given(data=st.data())
def test_derivative_is_the_slope(entry: Activation, params: dict[str, Any], data: st.DataObject) -> None:
    assert entry.derivative is not None
    x = data.draw(hnp.arrays(np.float64, 8, elements=st.floats(-30, 30)))
    # At 0 some entries join two formulas of equal slope, which is too rough for the stencil; mpmath checks them there.
    x = away_from_kinks(x[np.abs(x) > 0.003], claims_of(entry, params), 0.003)
    if x.size:
        slope = central_difference(lambda z: entry.function(z, **params), x)
        # The stencil's error grows with the fifth derivative: β = 10 multiplies it by ten thousand.
        loose = 1e-6 if abs(params.get("beta", 1)) > 5 else 1e-9
        np.testing.assert_allclose(entry.derivative(x, **params), slope, rtol=0, atol=loose)


KINKS = [
    pytest.param(entry, params, kink, id=f"{entry.name}-{named(params)}-at-{kink.at:g}")
    for entry in ELEMENTWISE
    for params in ({}, *PARAMETERS.get(entry.name, []))
    for kink in claims_of(entry, params).kinks
]


@pytest.mark.parametrize(("entry", "params", "kink"), KINKS)
def test_kinks(entry: Activation, params: dict[str, Any], kink: Any) -> None:
    """At a kink: the slopes left and right as measured, the jump, and a returned value that lies between the slopes."""
    assert entry.derivative is not None

    def f(x: float) -> float:
        return float(entry.function(np.array([x]), **params)[0])

    h = 1e-7
    left = (f(kink.at - h) - f(kink.at - 3 * h)) / (2 * h)
    right = (f(kink.at + 3 * h) - f(kink.at + h)) / (2 * h)
    assert (left, right) == pytest.approx((kink.left, kink.right), abs=1e-6)
    assert f(kink.at + h) - f(kink.at - h) == pytest.approx(kink.jump, abs=1e-6)
    assert left != pytest.approx(right, abs=1e-3) or kink.jump
    assert float(entry.derivative(np.array([kink.at]), **params)[0]) == kink.returned
    assert min(kink.left, kink.right) <= kink.returned <= max(kink.left, kink.right)


@each_case
def test_no_other_kinks(entry: Activation, params: dict[str, Any]) -> None:
    """Away from the claimed kinks, the slope of one short secant is nearly that of the next."""
    h = 1e-4
    x = np.arange(-80_000, 80_001) * h
    secant = np.diff(entry.function(x, **params)) / h
    change = np.abs(np.diff(secant))
    for kink in claims_of(entry, params).kinks:
        change[np.abs(x[1:-1] - kink.at) < 2 * h] = 0
    # The largest second derivative is about 5, that of swish with β = 10.
    assert change.max() < 6 * h


@each_case
def test_range(entry: Activation, params: dict[str, Any]) -> None:
    """Every value lies in the claimed range, and comes as close as one likes to both of its ends."""
    claims = claims_of(entry, params)
    value = entry.function(FAR, **params)
    low, high = claims.range.low, claims.range.high
    slack = 1e-12
    assert value.min() >= low - slack
    assert value.max() <= high + slack
    # The grid misses the lowest or highest point of a curve by its step squared.
    assert value.min() == pytest.approx(low, abs=1e-6) if math.isfinite(low) else value.min() < -1e100
    assert value.max() == pytest.approx(high, abs=1e-6) if math.isfinite(high) else value.max() > 1e100
    # An open end is reached by rounding only.
    near = entry.function(NEAR, **params)
    assert claims.range.low_closed or near.min() > low
    assert claims.range.high_closed or near.max() < high


@each_case
def test_monotonic(entry: Activation, params: dict[str, Any]) -> None:
    step = np.diff(entry.function(NEAR[::10], **params))
    found = {
        "increasing": (step > 0).all(),
        "non-decreasing": (step >= 0).all() and (step == 0).any() and (step > 0).any(),
        "decreasing": (step < 0).all(),
        "non-increasing": (step <= 0).all() and (step == 0).any() and (step < 0).any(),
        "no": (step > 0).any() and (step < 0).any(),
    }
    assert [trend for trend, holds in found.items() if holds] == [claims_of(entry, params).monotonic]


@each_case
def test_zero_centred(entry: Activation, params: dict[str, Any]) -> None:
    """f(−x) = −f(x) where it is claimed; and clearly not where it is not."""
    x = NEAR[NEAR > 0]
    difference = np.abs(entry.function(-x, **params) + entry.function(x, **params))
    assert difference.max() < 1e-12 if claims_of(entry, params).zero_centred else difference.max() > 1e-3


@each_case
def test_saturates(entry: Activation, params: dict[str, Any]) -> None:
    """Far out on a saturating side the slope tends to 0; on the other sides it does not."""
    assert entry.derivative is not None
    far = np.linspace(1e5, 1e5 + 10, 50)
    for side, x in (("left", -far), ("right", far)):
        largest = np.abs(entry.derivative(x, **params)).max()
        assert largest < 1e-9 if side in claims_of(entry, params).saturates else largest > 1e-3, side


@each_case
def test_largest_slope(entry: Activation, params: dict[str, Any]) -> None:
    """No two points are further apart after the function than `lipschitz` allows, and some are nearly that far."""
    assert entry.derivative is not None
    claims = claims_of(entry, params)
    x = np.sort(
        np.concatenate([NEAR, [k.at + d for k in claims.kinks for d in (-1e-9, 1e-9)], [100, 101, 1e6, 1e6 + 1]])
    )
    x = x[np.diff(x, prepend=-np.inf) > 0]
    steepest = np.abs(np.diff(entry.function(x, **params)) / np.diff(x)).max()
    if math.isinf(claims.lipschitz):
        assert steepest > 1e6
    else:
        assert steepest == pytest.approx(claims.lipschitz, rel=1e-3)
        assert steepest <= claims.lipschitz * (1 + 1e-6)
        assert np.abs(entry.derivative(x, **params)).max() <= claims.lipschitz * (1 + 1e-12)


@each_case
def test_steepest_point(entry: Activation, params: dict[str, Any]) -> None:
    assert entry.derivative is not None
    claims = claims_of(entry, params)
    if claims.steepest_at is None:
        near = NEAR[np.abs(NEAR) < 8]
        assert np.abs(entry.derivative(near, **params)).max() < claims.lipschitz
    else:
        there = float(entry.derivative(np.array([claims.steepest_at]), **params)[0])
        assert abs(there) == pytest.approx(claims.lipschitz, rel=1e-12)


@each_case
def test_minimum(entry: Activation, params: dict[str, Any]) -> None:
    """The smallest value found on a fine grid is the claimed one, taken at the claimed point."""
    claims = claims_of(entry, params)
    assert (claims.minimum is not None) == claims.range.low_closed
    if claims.minimum is not None:
        at, lowest = claims.minimum
        value = entry.function(NEAR, **params)
        assert float(entry.function(np.array([at]), **params)[0]) == pytest.approx(lowest, abs=1e-15)
        assert lowest - 1e-15 <= value.min() <= lowest + 1e-6


GRADIENTS = [
    pytest.param(entry, params, param, id=f"{entry.name}-{named(params)}-{param.name}")
    for entry in ELEMENTWISE
    for params in ({}, *PARAMETERS.get(entry.name, []))
    for param in entry.params
    if param.learnable
]


@pytest.mark.parametrize(("entry", "params", "param"), GRADIENTS)
def test_parameter_gradients(entry: Activation, params: dict[str, Any], param: Param) -> None:
    """The slope along each learnable number, by central differences; k lines have k slopes and k intercepts."""
    x = away_from_kinks(np.random.default_rng(3).normal(0, 3, 200), claims_of(entry, params), 0.05)
    theta = np.asarray(params.get(param.name, param.default), dtype=float)
    gradient = entry.parameter_gradients[param.name](x, **params)
    assert gradient.shape == x.shape + theta.shape
    columns = gradient.reshape(x.size, -1)
    for j, direction in enumerate(np.eye(theta.size).reshape(-1, *theta.shape)):

        def along(t: Array, direction: Array = direction) -> Array:
            moved = [theta + float(each) * direction for each in t]
            return np.stack([entry.function(x, **(params | {param.name: _plain(value)})) for value in moved])

        slope = central_difference(along, np.zeros(1), 1e-3)[0]
        np.testing.assert_allclose(columns[:, j], slope, atol=1e-6)


def _plain(value: Array) -> Any:
    return float(value) if value.ndim == 0 else tuple(value.tolist())


# ---------------------------------------------------------------------------------------------------------------------
# What the strengths and weaknesses say
# ---------------------------------------------------------------------------------------------------------------------


def test_step_is_zero_or_one() -> None:
    assert set(activations.step(NEAR)) == {0.0, 1.0}
    assert activations.step(0.0) == 1


def test_step_has_no_slope() -> None:
    assert not activations.step_derivative(NEAR).any()


@pytest.mark.parametrize(("name", "pieces"), [("hard_sigmoid", 3), ("hard_tanh", 3), ("relu6", 3), ("relu", 2)])
def test_straight_pieces(name: str, pieces: int) -> None:
    slopes = np.round(np.diff(get(name)(np.arange(-8, 8, 0.5))) / 0.5, 9)
    assert 1 + np.count_nonzero(np.diff(slopes)) == pieces


@pytest.mark.parametrize(("name", "x"), [("hard_sigmoid", [-3, 3]), ("hard_tanh", [-1, 1]), ("hard_swish", [-3])])
def test_flat_where_cut_off(name: str, x: list[float]) -> None:
    derivative = get(name).derivative
    assert derivative is not None
    beyond = np.array(x) * np.array([[1.0], [1.001], [50.0]])
    assert not derivative(beyond).any()


@few_examples
@given(hnp.arrays(np.float64, 5, elements=st.floats(-300, 300)))
def test_tanh_is_a_stretched_sigmoid(x: Array) -> None:
    np.testing.assert_allclose(activations.tanh(x), 2 * activations.sigmoid(2 * x) - 1, rtol=0, atol=3e-16)
    np.testing.assert_allclose(activations.tanh_derivative(x), 4 * activations.sigmoid_derivative(2 * x), rtol=1e-14)


@few_examples
@given(hnp.arrays(np.float64, 5, elements=st.floats(-700, 700)))
def test_sigmoid_of_minus_x_is_the_rest(x: Array) -> None:
    np.testing.assert_allclose(activations.sigmoid(x) + activations.sigmoid(-x), 1, rtol=0, atol=3e-16)


@few_examples
@given(hnp.arrays(np.float64, 5, elements=st.floats(-1e300, 1e300)))
def test_softplus_of_x_less_that_of_minus_x_is_x(x: Array) -> None:
    np.testing.assert_allclose(activations.softplus(x) - activations.softplus(-x), x, rtol=1e-15, atol=3e-16)


@few_examples
@given(hnp.arrays(np.float64, 5, elements=st.floats(-1e300, 1e300)))
def test_tanhshrink_and_tanh_make_up_x(x: Array) -> None:
    np.testing.assert_allclose(activations.tanhshrink(x) + activations.tanh(x), x, rtol=3e-16, atol=1e-300)


def test_softsign_saturates_later_than_tanh() -> None:
    ratio = activations.softsign_derivative(10.0) / activations.tanh_derivative(10.0)
    assert ratio == pytest.approx(1e6, rel=0.01)


def test_identity_layers_collapse() -> None:
    rng = np.random.default_rng(0)
    first, second, x = rng.normal(size=(4, 5)), rng.normal(size=(3, 4)), rng.normal(size=5)
    np.testing.assert_allclose(second @ activations.identity(first @ x), (second @ first) @ x)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "prelu", "rrelu", "elu", "celu"])
@few_examples
@given(x=st.floats(0, 1e300, exclude_min=True))
def test_rectifiers_pass_positive_scores_unchanged(name: str, x: float) -> None:
    derivative = get(name).derivative
    assert derivative is not None
    assert (get(name)(x), derivative(x)) == (x, 1)


def test_relu_is_sparse() -> None:
    share = np.mean(activations.relu(np.random.default_rng(0).normal(size=100_000)) == 0)
    assert share == pytest.approx(0.5, abs=0.01)


def gradient_of_a_dead_unit(name: str) -> float:
    """Mean slope of a unit whose scores are all negative, from −6 to −1."""
    derivative = get(name).derivative
    assert derivative is not None
    return float(np.abs(derivative(np.linspace(-6, -1, 100))).mean())


def test_dead_unit() -> None:
    assert gradient_of_a_dead_unit("relu") == 0


@pytest.mark.parametrize("name", ["leaky_relu", "prelu", "rrelu", "elu", "silu", "gelu", "mish"])
def test_leaky_unit_recovers(name: str) -> None:
    assert gradient_of_a_dead_unit(name) > 0.009


def test_prelu_becomes_other_functions() -> None:
    assert np.array_equal(activations.prelu(NEAR, 0), activations.relu(NEAR))
    assert np.array_equal(activations.prelu(NEAR, 1), NEAR)
    assert np.array_equal(activations.prelu(NEAR, -1), np.abs(NEAR))


def test_maxout_becomes_other_functions() -> None:
    assert np.array_equal(activations.maxout(NEAR), activations.relu(NEAR))
    assert np.array_equal(activations.maxout(NEAR, (0.1, 1), (0, 0)), activations.leaky_relu(NEAR, 0.1))
    assert np.array_equal(activations.maxout(NEAR, (-1, 1), (0, 0)), np.abs(NEAR))


def test_maxout_approaches_a_parabola() -> None:
    """The tangents of x² at k points: the largest of them misses x² by a quarter of the squared distance at most."""
    x, at = np.linspace(-2, 2, 1025), np.linspace(-2, 2, 17)
    miss = x**2 - activations.maxout(x, 2 * at, -(at**2))
    assert miss.min() > -1e-12
    assert miss.max() == pytest.approx((0.25 / 2) ** 2, rel=1e-6)


def test_rrelu_is_the_mean_of_its_draws() -> None:
    rng, x = np.random.default_rng(0), np.full(200_000, -2.0)
    drawn = activations.prelu(x, rng.uniform(1 / 8, 1 / 3, x.shape))
    assert drawn.mean() == pytest.approx(float(activations.rrelu(-2.0)), abs=0.001)
    assert (drawn.min(), drawn.max()) == pytest.approx((-2 / 3, -2 / 8), abs=1e-4)


@pytest.mark.parametrize("name", ["elu", "selu", "celu"])
def test_exponential_units_have_a_smaller_mean_than_relu(name: str) -> None:
    scores = np.random.default_rng(0).normal(size=100_000)
    assert abs(get(name)(scores).mean()) < activations.relu(scores).mean() / 2


def test_selu_keeps_mean_and_variance() -> None:
    """For a standard normal score, by integration; Klambauer et al. (2017) chose λ and α for that."""
    x, weight = np.polynomial.hermite_e.hermegauss(180)
    weight = weight / weight.sum()
    value = activations.selu(x)
    mean = float(weight @ value)
    assert mean == pytest.approx(0, abs=2e-3)
    assert float(weight @ (value - mean) ** 2) == pytest.approx(1, abs=2e-3)


def test_logs_of_probabilities_stay_finite() -> None:
    """Where the probability rounds to 0 its logarithm is −∞, and the direct form is exact."""
    assert activations.sigmoid(-800.0) == 0
    assert activations.log_sigmoid(-800.0) == -800
    assert activations.softmax([0.0, -800.0])[1] == 0
    assert activations.log_softmax([0.0, -800.0])[1] == -800


def test_swish_runs_from_half_the_identity_to_relu() -> None:
    assert np.array_equal(activations.swish(NEAR, 0), NEAR / 2)
    assert np.array_equal(activations.swish(NEAR, 1), activations.silu(NEAR))
    distance = [np.abs(activations.swish(NEAR, beta) - activations.relu(NEAR)).max() for beta in (1, 10, 100)]
    np.testing.assert_allclose(distance, [0.27846454, 0.027846454, 0.0027846454], rtol=1e-2)


@few_examples
@given(hnp.arrays(np.float64, 5, elements=st.floats(-100, 100)), st.floats(-10, 10))
def test_negative_beta_turns_swish_by_half_a_turn(x: Array, beta: float) -> None:
    np.testing.assert_array_equal(activations.swish(x, -beta), -activations.swish(-x, beta))


def test_gelu_tanh_is_near_gelu() -> None:
    """Hendrycks & Gimpel (2016), §2: near, not equal; 4.7e-4 apart at x = −2.70."""
    apart = np.abs(activations.gelu(NEAR) - activations.gelu_tanh(NEAR))
    assert apart.max() == pytest.approx(4.73e-4, rel=1e-2)


def test_hard_swish_is_near_silu() -> None:
    assert np.abs(activations.hard_swish(NEAR) - activations.silu(NEAR)).max() == pytest.approx(0.1423, abs=1e-3)


def test_slope_of_the_sine_is_a_sine() -> None:
    np.testing.assert_allclose(activations.sine_derivative(NEAR), activations.sine(NEAR + math.pi / 2), atol=1e-14)


@few_examples
@given(st.floats(-10, 10), st.floats(0, 3))
def test_softshrink_minimises_the_penalised_square(x: float, threshold: float) -> None:
    """softshrink(x) is where (s − x)²/2 + λ|s| is smallest: every other s costs more."""
    s = float(activations.softshrink(x, threshold))
    other = s + np.array([-2, -0.1, -1e-3, 1e-3, 0.1, 2])
    cost = (other - x) ** 2 / 2 + threshold * np.abs(other)
    assert ((s - x) ** 2 / 2 + threshold * abs(s) < cost).all()


def test_softshrink_is_off_by_the_threshold() -> None:
    assert activations.softshrink([-5.0, 5.0], 0.5).tolist() == [-4.5, 4.5]


def test_hardshrink_keeps_large_scores() -> None:
    assert activations.hardshrink([-5.0, 0.5, 0.6], 0.5).tolist() == [-5, 0, 0.6]


def test_tanhshrink_is_flat_at_zero() -> None:
    assert activations.tanhshrink_derivative(0.0) == 0
    assert activations.tanhshrink(1e-5) == pytest.approx(1e-15 / 3, rel=1e-9, abs=0)


# ---------------------------------------------------------------------------------------------------------------------
# Activations along an axis
# ---------------------------------------------------------------------------------------------------------------------

VECTOR_TRUTH: dict[str, Callable[[list[mp.mpf]], list[mp.mpf]]] = {
    "softmax": lambda x: [mp.exp(each - max(x)) / mp.fsum(mp.exp(other - max(x)) for other in x) for each in x],
    "log_softmax": lambda x: [-mp.log(mp.fsum(mp.exp(other - each) for other in x)) for each in x],
    "softmin": lambda x: VECTOR_TRUTH["softmax"]([-each for each in x]),
    "sparsemax": lambda x: exact_sparsemax(x),
}


def exact_sparsemax(x: list[mp.mpf]) -> list[mp.mpf]:
    """By trying every number of kept entries: the right one leaves no entry negative and drops none that is above τ."""
    for n in range(1, len(x) + 1):
        kept = sorted(x, reverse=True)[:n]
        tau = (mp.fsum(kept) - 1) / n
        if kept[-1] > tau and all(each <= tau for each in sorted(x, reverse=True)[n:]):
            return [max(each - tau, mp.mpf(0)) for each in x]
    raise AssertionError("sparsemax always keeps some entries")


@cache
def rows(dtype: type) -> Array:
    """Rows of scores: ordinary, close together, confident, shifted, with ties."""
    rng = np.random.default_rng(11)
    parts = [rng.normal(size=(8, 6)) * scale + shift for scale in (1e-6, 1, 8, 300) for shift in (0, -1000, 1000)]
    parts += [
        np.array([[0, 0, 0, 0, 0, 0], [0.1, 0.2, 0.3, 0.1, 0.2, 0.3], [40, 0, 0, 0, 0, 0], [0, -700, 3, 3, 2, 1]])
    ]
    return np.concatenate(parts).astype(dtype)


@each_dtype
@each_normalising
def test_rows_against_mpmath(entry: Activation, dtype: type) -> None:
    """Within 2 eps, absolutely or relative to a large result: x − max is rounded, so small shares cannot do better."""
    x = rows(dtype)
    value = entry.function(x)
    assert value.dtype == dtype
    with mp.workdps(DIGITS):
        exact = [VECTOR_TRUTH[entry.name]([mp.mpf(float(each)) for each in row]) for row in x]
    near = np.array([[float(each) for each in row] for row in exact])
    error = np.abs(value - near) / np.maximum(1, np.abs(near))
    # x − max is exact to half a unit of x, which is many eps for scores near ±1000, whatever the formula.
    assert error.max() <= 2 * np.finfo(dtype).eps


def test_log_softmax_keeps_the_digits_of_a_confident_row() -> None:
    """The largest score's log share is −Σ e^−40 of the others; computed from the share it would be 0."""
    largest = activations.log_softmax([40.0, 0.0, 0.0])[0]
    assert largest == pytest.approx(-2 * math.exp(-40), rel=1e-15, abs=0)


@few_examples
@given(hnp.arrays(np.float64, (3, 5), elements=st.floats(-50, 50)))
def test_log_softmax_is_the_log_of_softmax(x: Array) -> None:
    np.testing.assert_allclose(np.exp(activations.log_softmax(x)), activations.softmax(x), rtol=1e-13)


def jacobian_by_differences(f: Callable[[Array], Array], x: Array) -> Array:
    """∂f_i/∂x_j for one row x, (k,) → (outputs, k), a column for each score moved."""
    columns = [
        central_difference(lambda t, d=d: np.stack([f(x + each * d) for each in t]), np.zeros(1))[0]
        for d in np.eye(x.size)
    ]
    return np.stack(columns, axis=-1)


@each_normalising
def test_jacobian_is_the_slope(entry: Activation) -> None:
    assert entry.jacobian is not None
    for x in np.random.default_rng(5).normal(0, 1, size=(40, 5)):
        share = entry.function(x)
        if entry.name == "sparsemax" and np.any(np.abs(x - (x - share).max()) < 0.01):
            continue
        np.testing.assert_allclose(entry.jacobian(x), jacobian_by_differences(entry.function, x), atol=1e-10)


@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_jacobian_of_a_confident_row_keeps_its_digits(name: str) -> None:
    """s(1 − s) with s = 1 − e^−50: the difference would be 0."""
    jacobian = get(name).jacobian
    assert jacobian is not None
    sign = -1 if name == "softmin" else 1
    assert sign * jacobian(np.array([sign * 50.0, 0.0]))[0, 0] == pytest.approx(math.exp(-50), rel=1e-14, abs=0)


@each_normalising
@few_examples
@given(x=hnp.arrays(np.float64, (2, 5), elements=st.floats(-300, 300)))
def test_sums(entry: Activation, x: Array) -> None:
    claims = entry.claims()
    assert isinstance(claims, VectorClaims)
    total = entry.function(x).sum(axis=-1)
    if claims.sums_to is None:
        assert entry.name == "log_softmax"
    else:
        np.testing.assert_allclose(total, claims.sums_to, rtol=1e-14)


@each_normalising
@few_examples
@given(x=hnp.arrays(np.float64, 5, elements=st.floats(-50, 50)), shift=st.integers(-1000, 1000))
def test_shift(entry: Activation, x: Array, shift: int) -> None:
    claims = entry.claims()
    assert isinstance(claims, VectorClaims)
    assert claims.shift_invariant
    np.testing.assert_allclose(entry.function(x + shift), entry.function(x), rtol=1e-10, atol=1e-12)


@each_normalising
@few_examples
@given(x=hnp.arrays(np.float64, 5, elements=st.floats(-50, 50)), seed=st.integers(0, 100))
def test_order_of_the_scores_does_not_matter(entry: Activation, x: Array, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(5)
    np.testing.assert_allclose(entry.function(x[order]), entry.function(x)[order], rtol=1e-13, atol=1e-15)


@each_normalising
def test_values_lie_in_the_range(entry: Activation) -> None:
    claims = entry.claims()
    assert isinstance(claims, VectorClaims)
    value = entry.function(np.random.default_rng(0).normal(0, 3, size=(50, 6)))
    # An open end is reached by rounding only, far away from ordinary scores.
    assert claims.range.low_closed or claims.range.low < value.min()
    assert claims.range.high_closed or value.max() < claims.range.high
    value = entry.function(np.concatenate([rows(np.float64), 1e6 * rows(np.float64)]))
    assert claims.range.low <= value.min()
    assert value.max() <= claims.range.high
    assert value.max() == claims.range.high
    assert value.min() == claims.range.low if math.isfinite(claims.range.low) else value.min() < -1e6


def stretch(entry: Activation, x: Array) -> float:
    """Spectral norm of the Jacobian: how far the most sensitive direction is stretched."""
    assert entry.jacobian is not None
    return float(np.linalg.norm(entry.jacobian(x), ord=2, axis=(-2, -1)).max())


@each_normalising
def test_largest_stretch(entry: Activation) -> None:
    claims = entry.claims()
    assert isinstance(claims, VectorClaims)
    x = np.array([[50, 50, 0, 0, 0, 0.0], [-50, -50, 0, 0, 0, 0.0]])
    x = np.concatenate([rows(np.float64), x])
    found = stretch(entry, x)
    if math.isinf(claims.lipschitz):
        # √k for k scores, one of which takes nearly everything.
        many = [stretch(entry, np.concatenate([[50.0], np.zeros(k - 1)])) for k in (4, 16, 64)]
        np.testing.assert_allclose(many, [2, 4, 8], rtol=1e-6)
    else:
        assert found <= claims.lipschitz * (1 + 1e-12)
        assert found == pytest.approx(claims.lipschitz, rel=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
@each_normalising
def test_axis(entry: Activation, axis: int) -> None:
    assert entry.jacobian is not None
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    moved = np.moveaxis(x, axis, -1)
    assert np.array_equal(np.moveaxis(entry.function(x, axis=axis), axis, -1), entry.function(moved))
    assert np.array_equal(entry.jacobian(x, axis=axis), entry.jacobian(moved))
    assert entry.jacobian(x, axis=axis).shape == (*moved.shape, x.shape[axis])


@pytest.mark.parametrize(
    ("x", "axis", "words"),
    [
        pytest.param(np.ones((2, 2)), 2, r"x has shape \(2, 2\), so it has no axis 2", id="too-high"),
        pytest.param(np.ones((2, 2)), -3, r"expected one of -2 … 1", id="too-low"),
        pytest.param(1.0, -1, "a single number has no axis", id="scalar"),
    ],
)
@pytest.mark.parametrize("entry", entries(NORMALISING + GATED))
def test_axis_must_exist(entry: Activation, x: Any, axis: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        entry.function(x, axis=axis)


SURE, NONE = 0.0, -math.inf
INFINITE_ROWS = [
    pytest.param([1.0, math.inf, 2.0], [0, 1, 0], [NONE, SURE, NONE], id="one-inf"),
    pytest.param([1.0, -math.inf, 1.0], [0.5, 0, 0.5], [-math.log(2), NONE, -math.log(2)], id="one-minus-inf"),
    pytest.param([math.inf, -math.inf], [1, 0], [SURE, NONE], id="inf-and-minus-inf"),
    pytest.param([1.7e308, math.inf], [0, 1], [NONE, SURE], id="huge-and-inf"),
    pytest.param([math.inf, math.inf, 0.0], [math.nan] * 3, [math.nan] * 3, id="two-inf-have-no-limit"),
    pytest.param([-math.inf, -math.inf], [math.nan] * 2, [math.nan] * 2, id="only-minus-inf"),
]


@pytest.mark.parametrize(("x", "shares", "logs"), INFINITE_ROWS)
@each_normalising
def test_infinite_rows(entry: Activation, x: list[float], shares: list[float], logs: list[float]) -> None:
    scores = -np.array(x) if entry.name == "softmin" else np.array(x)
    expected = logs if entry.name == "log_softmax" else shares
    for each in (scores, np.stack([scores, scores])):
        np.testing.assert_allclose(np.atleast_2d(entry.function(each))[0], expected, rtol=1e-15)


@each_normalising
def test_rows_of_extremes(entry: Activation) -> None:
    """The largest and the lowest floats in one row: a difference of ∞, no warning, no NaN."""
    for dtype in (np.float64, np.float32, np.float16):
        top = np.finfo(dtype).max
        value = entry.function(np.array([[top, -top, 0], [top, top, -top], [-top, -top, -top]], dtype=dtype))
        assert value.dtype == dtype
        assert not np.isnan(value).any()


def test_softmax_shares_are_positive() -> None:
    assert (activations.softmax(np.random.default_rng(0).normal(0, 10, (50, 8))) > 0).all()


def test_confident_softmax_has_no_slope() -> None:
    assert np.abs(activations.softmax_jacobian([30.0, 0.0, 0.0])).max() < 1e-12


def test_two_class_softmax_is_the_sigmoid_of_the_difference() -> None:
    x = np.random.default_rng(0).normal(0, 5, (50, 2))
    np.testing.assert_allclose(activations.softmax(x)[:, 0], activations.sigmoid(x[:, 0] - x[:, 1]), rtol=1e-14)


def test_sparsemax_gives_exact_zeros() -> None:
    assert activations.sparsemax([2.0, 1.5, 0.0]).tolist() == [0.75, 0.25, 0]


def test_sparsemax_without_a_share_has_no_slope() -> None:
    jacobian = activations.sparsemax_jacobian([2.0, 1.5, 0.0])
    assert not jacobian[2].any()
    assert not jacobian[:, 2].any()


@few_examples
@given(hnp.arrays(np.float64, 5, elements=st.floats(-3, 3)), hnp.arrays(np.float64, 5, elements=st.floats(0.01, 1)))
def test_sparsemax_is_the_nearest_distribution(x: Array, weights: Array) -> None:
    """No other point of the simplex is nearer to x."""
    other = weights / weights.sum()
    nearest = np.sum((activations.sparsemax(x) - x) ** 2)
    assert nearest <= np.sum((other - x) ** 2) + 1e-12


# ---------------------------------------------------------------------------------------------------------------------
# Gated units
# ---------------------------------------------------------------------------------------------------------------------

GATES = {"glu": "sigmoid", "swiglu": "silu", "geglu": "gelu"}


@each_gated
def test_gated_units_halve_the_axis(entry: Activation) -> None:
    x = np.random.default_rng(0).normal(size=(4, 6, 2))
    assert entry.function(x).shape == (4, 6, 1)
    assert entry.function(x, axis=1).shape == (4, 3, 2)


@each_gated
def test_gated_units_are_linear_in_the_value(entry: Activation) -> None:
    value, gate = np.random.default_rng(0).normal(size=(2, 10))
    gated = entry.function(np.concatenate([value, gate]))
    np.testing.assert_allclose(gated, value * get(GATES[entry.name])(gate), rtol=1e-15)
    np.testing.assert_allclose(entry.function(np.concatenate([3 * value, gate])), 3 * gated, rtol=1e-14)


def test_swiglu_is_near_a_product() -> None:
    """An open gate lets a·b through; the gate shuts for a negative b."""
    a, b = np.meshgrid([-3.0, 2.0], [30.0, 50.0])
    np.testing.assert_allclose(activations.swiglu(np.stack([a, b], axis=-1))[..., 0], a * b, rtol=1e-12)
    assert np.abs(activations.swiglu([3.0, -50.0])).max() < 1e-18


@each_gated
def test_pullback_is_the_slope(entry: Activation) -> None:
    """Along each score, the sum of upstream·output changes as the pullback says."""
    assert entry.pullback is not None
    rng = np.random.default_rng(1)
    for _ in range(10):
        x, upstream = rng.normal(0, 2, 8), rng.normal(size=4)
        expected = upstream @ jacobian_by_differences(entry.function, x)
        np.testing.assert_allclose(entry.pullback(x, upstream), expected, atol=1e-10)


@pytest.mark.parametrize("axis", [0, 1, -1])
@each_gated
def test_pullback_along_an_axis(entry: Activation, axis: int) -> None:
    assert entry.pullback is not None
    x = np.random.default_rng(0).normal(size=(2, 4, 6))
    upstream = np.random.default_rng(1).normal(size=entry.function(x, axis=axis).shape)
    moved = entry.pullback(np.moveaxis(x, axis, -1), np.moveaxis(upstream, axis, -1))
    assert np.array_equal(np.moveaxis(entry.pullback(x, upstream, axis=axis), axis, -1), moved)


@each_gated
def test_odd_number_of_scores_is_named(entry: Activation) -> None:
    with pytest.raises(ValueError, match=r"x has 3 scores along axis -1 \(shape \(2, 3\)\); expected an even number"):
        entry.function(np.ones((2, 3)))


@each_gated
def test_upstream_must_have_the_output_shape(entry: Activation) -> None:
    assert entry.pullback is not None
    with pytest.raises(ValueError, match=r"upstream has shape \(4,\); expected the shape of the output, \(2,\)"):
        entry.pullback(np.ones(4), np.ones(4))


@each_gated
def test_gated_claims(entry: Activation) -> None:
    """Neither the values nor the slopes have a bound, and a shift of all scores changes the output."""
    claims = entry.claims()
    assert isinstance(claims, VectorClaims)
    assert (claims.sums_to, claims.shift_invariant) == (None, False)
    value = entry.function(np.array([[1e200, 5.0], [-1e200, 5.0]]))
    assert value.max() > 1e199
    assert value.min() < -1e199
    steep = jacobian_by_differences(entry.function, np.array([1e6, 1.0]))
    assert np.abs(steep).max() > 1e5
    assert math.isinf(claims.lipschitz)
    assert abs(entry.function([1.0, 1.0])[0] - entry.function([2.0, 2.0])[0]) > 0.1


@each_gated
def test_gates_at_extremes_warn_of_nothing(entry: Activation) -> None:
    """Every finite pair has a value that is a number; an infinite value behind a shut gate has no limit."""
    ends = np.array([-1e308, -800.0, 0.0, 800.0, 1e308])
    pairs = np.stack(np.meshgrid(ends, ends), axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isnan(entry.function(pairs)).any()
        assert np.isnan(entry.function([np.inf, -np.inf])).all()
