"""Losses for a number: they look at the residual y_pred − y_true."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import paired
from course_lib.spec import REALS, Array, FrameworkCall, Loss, LossClaims, Source, Trait, Use


@np.errstate(over="ignore")
def mse(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """(y_pred − y_true)² per prediction, same shape; take .mean() for the mean squared error.

    Its unit is the square of y's unit. A square beyond the largest float is inf.
    """
    y_true, y_pred = paired(y_true, y_pred)
    residual = y_pred - y_true
    return residual * residual


@np.errstate(over="ignore")
def mse_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred of (y_pred − y_true)²: twice the residual, same shape."""
    y_true, y_pred = paired(y_true, y_pred)
    return 2 * (y_pred - y_true)


MSE = Loss(
    name="mse",
    title="Mean squared error",
    family="regression",
    says="The cost of a miss is its square: twice as far is four times as bad.",
    formula=r"\ell(y, \hat y) = (\hat y - y)^2",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = 2\,(\hat y - y)",
    function=mse,
    gradient=mse_gradient,
    target="value",
    prediction="value",
    claims=lambda: LossClaims(
        target=REALS, prediction=REALS, minimiser="mean", convex_in_prediction=True, gradient_bound=math.inf
    ),
    strengths=(
        Trait(
            "Smooth and convex in the prediction; its best constant is the mean.", "test_catalogue.py::test_minimiser"
        ),
        Trait(
            "The gradient shrinks with the miss, so steps shorten near the minimum.",
            "test_catalogue.py::test_loss_gradient",
        ),
    ),
    weaknesses=(
        Trait(
            "The gradient has no bound, so one outlier can outweigh all other examples.",
            "test_catalogue.py::test_gradient_bound",
        ),
    ),
    used=(
        Use(
            "Regression with roughly Gaussian noise, of which it is the negative log-likelihood",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §3.1.1"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.mse_loss(y_pred, y_true, reduction='none')",
            trap="prediction first; default is the mean",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.mean_squared_error(y_true[:, None], y_pred[:, None])",
            trap="averages over the last axis",
        ),
        FrameworkCall(
            "optax", "optax.losses.squared_error(y_pred, y_true)", trap="prediction first; l2_loss is half of it"
        ),
    ),
    lesson=17,
)

ENTRIES = (MSE,)
