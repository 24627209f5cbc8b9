"""The formulas as textbooks print them, one line each, and SciPy's functions of the same name.

A line takes the arrays and a namespace of elementary functions. With NumPy's it is the naive program; with those of
400-digit arithmetic the same line is the truth, because nothing that rounds off at 400 digits shows at 16.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
from scipy import special

Line = Callable[..., Any]

FUNCTIONS = ("exp", "log", "sqrt", "tanh", "sin", "cos", "cosh", "erf")
FLOATS = SimpleNamespace(
    **{name: getattr(special if name == "erf" else np, name) for name in FUNCTIONS},
    root_2=math.sqrt(2),
    root_2pi=math.sqrt(2 * math.pi),
    root_2_over_pi=math.sqrt(2 / math.pi),
)
EXACT = mpmath.mp.clone()
# Softplus at −740 is 1 + 10⁻³²² under the logarithm: it takes more than 322 digits to see it.
EXACT.dps = 400
DIGITS = SimpleNamespace(
    **{name: np.frompyfunc(getattr(EXACT, name), 1, 1) for name in FUNCTIONS},
    root_2=EXACT.sqrt(2),
    root_2pi=EXACT.sqrt(2 * EXACT.pi),
    root_2_over_pi=EXACT.sqrt(2 / EXACT.pi),
)


def _sigmoid(x: Any, m: Any) -> Any:
    return 1 / (1 + m.exp(-x))


def _softmax(x: Any, m: Any) -> Any:
    return m.exp(x) / m.exp(x).sum(axis=-1, keepdims=True)


def _softplus(x: Any, m: Any) -> Any:
    return m.log(1 + m.exp(x))


def _phi(x: Any, m: Any) -> Any:
    return (1 + m.erf(x / m.root_2)) / 2


def _gelu_inner(x: Any, m: Any) -> Any:
    return m.root_2_over_pi * (x + 0.044715 * x**3)


def _first(x: Any) -> Any:
    return x[..., : x.shape[-1] // 2]


def _second(x: Any) -> Any:
    return x[..., x.shape[-1] // 2 :]


def _dot(a: Any, b: Any) -> Any:
    return (a * b).sum(axis=-1)


def _kl(p: Any, q: Any, m: Any) -> Any:
    return (p * m.log(p / q)).sum(axis=-1)


VALUE: dict[str, Line] = {
    "step": lambda x, m: np.where(x >= 0, 1.0, 0.0),
    "sigmoid": _sigmoid,
    "log_sigmoid": lambda x, m: m.log(_sigmoid(x, m)),
    "hard_sigmoid": lambda x, m: np.clip(x / 6 + 0.5, 0, 1),
    "tanh": lambda x, m: (m.exp(x) - m.exp(-x)) / (m.exp(x) + m.exp(-x)),
    "hard_tanh": lambda x, m: np.clip(x, -1, 1),
    "softsign": lambda x, m: x / (1 + np.abs(x)),
    "tanhshrink": lambda x, m: x - m.tanh(x),
    "relu": lambda x, m: np.where(x > 0, x, 0),
    "leaky_relu": lambda x, m, alpha=0.01: np.where(x > 0, x, alpha * x),
    "prelu": lambda x, m, alpha=0.25: np.where(x > 0, x, alpha * x),
    "rrelu": lambda x, m: np.where(x > 0, x, (1 / 8 + 1 / 3) / 2 * x),
    "relu6": lambda x, m: np.minimum(np.maximum(x, 0), 6),
    "squared_relu": lambda x, m: np.maximum(x, 0) ** 2,
    "elu": lambda x, m, alpha=1.0: np.where(x > 0, x, alpha * (m.exp(x) - 1)),
    "celu": lambda x, m, alpha=1.0: np.where(x > 0, x, alpha * (m.exp(x / alpha) - 1)),
    "selu": lambda x, m: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (m.exp(x) - 1)),
    "softplus": _softplus,
    "silu": lambda x, m: x * _sigmoid(x, m),
    "swish": lambda x, m, beta=1.0: x * _sigmoid(beta * x, m),
    "hard_swish": lambda x, m: x * np.clip(x + 3, 0, 6) / 6,
    "gelu": lambda x, m: x * _phi(x, m),
    "gelu_tanh": lambda x, m: 0.5 * x * (1 + m.tanh(_gelu_inner(x, m))),
    "mish": lambda x, m: x * m.tanh(_softplus(x, m)),
    "sine": lambda x, m: m.sin(x),
    "softshrink": lambda x, m, threshold=0.5: np.where(np.abs(x) > threshold, x - threshold * np.sign(x), 0),
    "hardshrink": lambda x, m, threshold=0.5: np.where(np.abs(x) > threshold, x, 0),
    "glu": lambda x, m: _first(x) * _sigmoid(_second(x), m),
    "swiglu": lambda x, m: _first(x) * _second(x) * _sigmoid(_second(x), m),
    "geglu": lambda x, m: _first(x) * _second(x) * _phi(_second(x), m),
    "softmax": _softmax,
    "softmin": lambda x, m: _softmax(-x, m),
    "log_softmax": lambda x, m: m.log(_softmax(x, m)),
}

DERIVATIVE: dict[str, Line] = {
    "sigmoid": lambda x, m: _sigmoid(x, m) * (1 - _sigmoid(x, m)),
    "log_sigmoid": lambda x, m: 1 - _sigmoid(x, m),
    "tanh": lambda x, m: 1 - m.tanh(x) ** 2,
    "softsign": lambda x, m: 1 / (1 + np.abs(x)) ** 2,
    "tanhshrink": lambda x, m: m.tanh(x) ** 2,
    "elu": lambda x, m, alpha=1.0: np.where(x > 0, 1, alpha * m.exp(x)),
    "celu": lambda x, m, alpha=1.0: np.where(x > 0, 1, m.exp(x / alpha)),
    "selu": lambda x, m: 1.0507009873554805 * np.where(x > 0, 1, 1.6732632423543772 * m.exp(x)),
    "softplus": _sigmoid,
    "silu": lambda x, m: _sigmoid(x, m) * (1 + x * (1 - _sigmoid(x, m))),
    "swish": lambda x, m, beta=1.0: _sigmoid(beta * x, m) * (1 + beta * x * (1 - _sigmoid(beta * x, m))),
    "gelu": lambda x, m: _phi(x, m) + x * m.exp(-(x**2) / 2) / m.root_2pi,
    "gelu_tanh": lambda x, m: (
        0.5 * (1 + m.tanh(_gelu_inner(x, m)))
        + 0.5 * x * (1 - m.tanh(_gelu_inner(x, m)) ** 2) * m.root_2_over_pi * (1 + 3 * 0.044715 * x**2)
    ),
    "mish": lambda x, m: m.tanh(_softplus(x, m)) + x * (1 - m.tanh(_softplus(x, m)) ** 2) * _sigmoid(x, m),
    "sine": lambda x, m: m.cos(x),
}

# y: targets, p: predictions (probabilities, values or logits, as the loss takes them).
LOSS: dict[str, Line] = {
    "squared_error": lambda y, p, m: (p - y) ** 2,
    "half_squared_error": lambda y, p, m: (p - y) ** 2 / 2,
    "mse": lambda y, p, m: (p - y) ** 2,
    "mae": lambda y, p, m: np.abs(p - y),
    "huber": lambda y, p, m, delta=1.0: np.where(
        np.abs(p - y) <= delta, (p - y) ** 2 / 2, delta * (np.abs(p - y) - delta / 2)
    ),
    "smooth_l1": lambda y, p, m, beta=1.0: np.where(
        np.abs(p - y) < beta, (p - y) ** 2 / (2 * beta), np.abs(p - y) - beta / 2
    ),
    "log_cosh": lambda y, p, m: m.log(m.cosh(p - y)),
    "quantile": lambda y, p, m, tau=0.5: np.where(y >= p, tau * (y - p), (tau - 1) * (y - p)),
    "msle": lambda y, p, m: (m.log(1 + p) - m.log(1 + y)) ** 2,
    "mape": lambda y, p, m: np.abs((p - y) / y),
    "hinge": lambda y, p, m: np.maximum(0, 1 - y * p),
    "squared_hinge": lambda y, p, m: np.maximum(0, 1 - y * p) ** 2,
    "binary_cross_entropy": lambda y, p, m: -(y * m.log(p) + (1 - y) * m.log(1 - p)),
    "binary_cross_entropy_with_logits": lambda y, p, m: (
        -(y * m.log(_sigmoid(p, m)) + (1 - y) * m.log(1 - _sigmoid(p, m)))
    ),
    "weighted_binary_cross_entropy_with_logits": lambda y, p, m, pos_weight=1.0: (
        -(pos_weight * y * m.log(_sigmoid(p, m)) + (1 - y) * m.log(1 - _sigmoid(p, m)))
    ),
    "focal_with_logits": lambda y, p, m, gamma=2.0: (
        -((1 - _sigmoid((2 * y - 1) * p, m)) ** gamma) * m.log(_sigmoid((2 * y - 1) * p, m))
    ),
    "poisson_nll": lambda y, p, m: p - y * m.log(p),
    "poisson_nll_with_log_rate": lambda y, p, m: m.exp(p) - y * p,
    "kl_divergence": lambda y, p, m: _kl(y, p, m),
    "jensen_shannon": lambda y, p, m: _kl(y, (y + p) / 2, m) / 2 + _kl(p, (y + p) / 2, m) / 2,
    "cosine_distance": lambda y, p, m: 1 - _dot(y, p) / (m.sqrt(_dot(y, y)) * m.sqrt(_dot(p, p))),
    "dice": lambda y, p, m, smooth=1.0: 1 - (2 * _dot(y, p) + smooth) / (y.sum(axis=-1) + p.sum(axis=-1) + smooth),
    "tversky": lambda y, p, m, alpha=0.5, beta=0.5, smooth=1.0: (
        1 - (_dot(y, p) + smooth) / (_dot(y, p) + alpha * _dot(1 - y, p) + beta * _dot(y, 1 - p) + smooth)
    ),
    "label_smoothing_with_logits": lambda y, p, m, smoothing=0.1: (
        -(((1 - smoothing) * y + smoothing / p.shape[-1]) * m.log(_softmax(p, m))).sum(axis=-1)
    ),
    "categorical_cross_entropy": lambda y, p, m: -(y * m.log(p)).sum(axis=-1),
    "categorical_cross_entropy_with_logits": lambda y, p, m: -(y * m.log(_softmax(p, m))).sum(axis=-1),
    "sparse_categorical_cross_entropy": lambda y, p, m: -m.log(p[np.arange(len(p)), y]),
    "sparse_categorical_cross_entropy_with_logits": lambda y, p, m: -m.log(_softmax(p, m)[np.arange(len(p)), y]),
}

SCIPY: dict[str, Callable[..., Any]] = {
    "sigmoid": special.expit,
    "log_sigmoid": special.log_expit,
    "softplus": lambda x: -special.log_expit(-x),
    "gelu": lambda x: x * special.ndtr(x),
    "softmax": lambda x: special.softmax(x, axis=-1),
    "softmin": lambda x: special.softmax(-x, axis=-1),
    "log_softmax": lambda x: special.log_softmax(x, axis=-1),
    "huber": lambda y, p: special.huber(1.0, p - y),
    "binary_cross_entropy": lambda y, p: -(special.xlogy(y, p) + special.xlog1py(1 - y, -p)),
    "binary_cross_entropy_with_logits": lambda y, p: -(y * special.log_expit(p) + (1 - y) * special.log_expit(-p)),
    "categorical_cross_entropy": lambda y, p: -special.xlogy(y, p).sum(axis=-1),
    "kl_divergence": lambda y, p: special.rel_entr(y, p).sum(axis=-1),
    "categorical_cross_entropy_with_logits": lambda y, p: -(y * special.log_softmax(p, axis=-1)).sum(axis=-1),
}
