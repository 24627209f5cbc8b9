"""Losses for a number: they look at the residual y_pred − y_true, or at it in proportion.

Two infinities of the same sign have no difference, so the result is NaN there. A residual beyond the largest float is
infinite.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import paired, require
from course_lib.spec import (
    NON_NEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    REALS,
    Array,
    FrameworkCall,
    Kink,
    Loss,
    LossClaims,
    Param,
    Source,
    Trait,
    Use,
)

DELTA = Param("delta", 1.0, POSITIVE, "the size of residual at which the square turns into a line")
BETA = Param("beta", 1.0, POSITIVE, "the size of residual up to which the tip is rounded")
TAU = Param("tau", 0.5, OPEN_UNIT, "the share of the targets that should lie below the prediction")


@np.errstate(over="ignore", invalid="ignore")
def _residual(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    y_true, y_pred = paired(y_true, y_pred)
    return y_pred - y_true


@np.errstate(over="ignore")
def squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """(y_pred − y_true)² per prediction, same shape: the area of the square drawn on the residual.

    Its unit is the square of y's unit. A square beyond the largest float is inf.
    """
    residual = _residual(y_true, y_pred)
    return residual * residual


@np.errstate(over="ignore")
def squared_error_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred of (y_pred − y_true)²: twice the residual, same shape."""
    return 2 * _residual(y_true, y_pred)


@np.errstate(over="ignore")
def half_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """(y_pred − y_true)² / 2 per prediction, same shape: half the area, so that the gradient is the residual itself."""
    residual = _residual(y_true, y_pred)
    # Halved before it is squared: r²/2 can be finite where r² is not.
    return residual / 2 * residual


def half_squared_error_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred of (y_pred − y_true)²/2: the residual, same shape."""
    return _residual(y_true, y_pred)


def mse(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """(y_pred − y_true)² per prediction, same shape; .mean() of it is the mean squared error."""
    return squared_error(y_true, y_pred)


def mse_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred of (y_pred − y_true)²: twice the residual, same shape; the mean over n examples divides it by n."""
    return squared_error_gradient(y_true, y_pred)


def rmse(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """√(mean of (y_pred − y_true)²), one number for the whole batch, in the unit of y.

    There is no per-example form: the root stands outside the mean. The residuals are divided by the largest one
    before they are squared, so the result is finite whenever the residuals are.
    """
    size = np.abs(_residual(y_true, y_pred))
    largest = size.max()
    if not 0 < largest < math.inf:
        return largest
    return largest * np.sqrt(np.mean(np.square(size / largest)))


@np.errstate(invalid="ignore")
def rmse_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred of the batch's RMSE: residual / (n · RMSE), same shape as y_pred; its length is 1/√n.

    At a perfect fit the formula is 0/0; 0 is returned, a valid subgradient of the cone that RMSE is there.
    Infinite residuals count as equally large.
    """
    residual = _residual(y_true, y_pred)
    largest = np.abs(residual).max()
    if largest == 0:
        return np.zeros_like(residual)
    scaled = np.where(np.isinf(residual), np.sign(residual), residual / largest)
    return scaled / residual.size / np.sqrt(np.mean(np.square(scaled)))


def mae(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """|y_pred − y_true| per prediction, same shape, in the unit of y; .mean() of it is the mean absolute error."""
    return np.abs(_residual(y_true, y_pred))


def mae_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred of |y_pred − y_true|: the residual's sign, same shape; 0 at the kink ([−1, 1] is valid there)."""
    return np.sign(_residual(y_true, y_pred))


@np.errstate(over="ignore")
def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Array:
    """r²/2 for |r| ≤ δ, else δ(|r| − δ/2), per prediction; r = y_pred − y_true.

    Written q(r − q/2) with the clipped residual q = clip(r, −δ, δ), which is both cases in one.
    """
    delta = DELTA.checked(delta)
    residual = _residual(y_true, y_pred)
    clipped = np.clip(residual, -delta, delta)
    return clipped * (residual - clipped / 2)


@np.errstate(over="ignore")
def huber_gradient(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Array:
    """∂/∂y_pred: the residual clipped to [−δ, δ], same shape."""
    delta = DELTA.checked(delta)
    return np.clip(_residual(y_true, y_pred), -delta, delta)


@np.errstate(over="ignore")
def smooth_l1(y_true: ArrayLike, y_pred: ArrayLike, beta: float = 1.0) -> Array:
    """r²/(2β) for |r| ≤ β, else |r| − β/2, per prediction: Huber's loss at δ = β, divided by β."""
    beta = BETA.checked(beta)
    residual = _residual(y_true, y_pred)
    clipped = np.clip(residual, -beta, beta)
    return clipped / beta * (residual - clipped / 2)


@np.errstate(over="ignore")
def smooth_l1_gradient(y_true: ArrayLike, y_pred: ArrayLike, beta: float = 1.0) -> Array:
    """∂/∂y_pred: clip(r/β, −1, 1), same shape."""
    beta = BETA.checked(beta)
    return np.clip(_residual(y_true, y_pred) / beta, -1, 1)


@np.errstate(over="ignore")
def log_cosh(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """log cosh(y_pred − y_true) per prediction: about r²/2 near 0, about |r| − log 2 far out, smooth everywhere.

    The part up to |r| = 1 is −½ log(1 − tanh² r), which keeps the digits of a small residual; the rest of the way, x,
    adds x + log((1 + e^−2(1+x)) / (1 + e^−2)), which is exactly 0 at x = 0 and never overflows.
    """
    size = np.abs(_residual(y_true, y_pred))
    slope = np.tanh(np.minimum(size, 1))
    beyond = np.maximum(size - 1, 0)
    return -np.log1p(-slope * slope) / 2 + beyond + np.log1p((np.exp(-2 * beyond) - 1) / (math.exp(2) + 1))


def log_cosh_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred of log cosh r: tanh r, same shape."""
    return np.tanh(_residual(y_true, y_pred))


def quantile(y_true: ArrayLike, y_pred: ArrayLike, tau: float = 0.5) -> Array:
    """The pinball loss per prediction: τ·u where u = y_true − y_pred ≥ 0 (too low), (τ − 1)·u where u < 0 (too high).

    At τ = 0.5 it is half the absolute error.
    """
    tau = TAU.checked(tau)
    shortfall = -_residual(y_true, y_pred)
    return np.maximum(tau * shortfall, (tau - 1) * shortfall)


def quantile_gradient(y_true: ArrayLike, y_pred: ArrayLike, tau: float = 0.5) -> Array:
    """∂/∂y_pred: −τ where the prediction is too low, 1 − τ where it is too high, 0 at the kink; same shape."""
    tau = TAU.checked(tau)
    residual = _residual(y_true, y_pred)
    return np.where(residual > 0, 1 - tau, np.where(residual < 0, -tau, residual))


def _growing(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    y_true, y_pred = paired(y_true, y_pred)
    why = "the logarithm of 1 + y compares amounts that are never negative; clip predictions with np.maximum(y_pred, 0)"
    require(y_true, NON_NEGATIVE, "y_true", why)
    require(y_pred, NON_NEGATIVE, "y_pred", why)
    return y_true, y_pred


@np.errstate(invalid="ignore")
def _log_ratio(y_true: Array, y_pred: Array) -> Array:
    """|log((1 + y_pred) / (1 + y_true))|."""
    # The logarithm of one ratio ≥ 1, taken by log1p: a difference of two logarithms would cancel.
    return np.log1p(np.abs(y_pred - y_true) / (1 + np.minimum(y_pred, y_true)))


def msle(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """(log(1 + y_pred) − log(1 + y_true))² per prediction, same shape; both must be ≥ 0. Its unit is 1.

    .mean() of it is the mean squared logarithmic error: it asks for the right factor, not the right difference.
    """
    log_ratio = _log_ratio(*_growing(y_true, y_pred))
    return log_ratio * log_ratio


@np.errstate(invalid="ignore")
def msle_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred: 2 (log(1 + y_pred) − log(1 + y_true)) / (1 + y_pred), same shape."""
    y_true, y_pred = _growing(y_true, y_pred)
    slope = np.copysign(2 * _log_ratio(y_true, y_pred) / (1 + y_pred), y_pred - y_true)
    # ∞/∞: the logarithm loses against its argument.
    return np.where(np.isinf(y_pred) & np.isfinite(y_true), 0, slope)


def _in_proportion(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    y_true, y_pred = paired(y_true, y_pred)
    require(y_true, POSITIVE, "y_true", "a percentage needs targets above 0; for others use mae or huber")
    return y_true, y_pred


@np.errstate(over="ignore", invalid="ignore")
def mape(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """|y_pred − y_true| / y_true per prediction, same shape, as a fraction (0.1 is 10 %); y_true must be above 0."""
    y_true, y_pred = _in_proportion(y_true, y_pred)
    return np.abs(y_pred - y_true) / y_true


@np.errstate(over="ignore", invalid="ignore")
def mape_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred: sign(y_pred − y_true) / y_true, same shape; 0 at the kink."""
    y_true, y_pred = _in_proportion(y_true, y_pred)
    return np.sign(y_pred - y_true) / y_true


def _squared_claims() -> LossClaims:
    return LossClaims(
        target=REALS, prediction=REALS, minimiser="mean", convex_in_prediction=True, gradient_bound=math.inf
    )


_GROWS_WITHOUT_BOUND = Trait(
    "The gradient has no bound, so one outlier can outweigh all other examples.", "test_losses.py::test_gradient_bound"
)

SQUARED_ERROR = Loss(
    name="squared_error",
    title="Squared error",
    family="regression",
    says="The cost of a miss is the area of the square drawn on it.",
    formula=r"\ell(y, \hat y) = (\hat y - y)^2",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = 2\,(\hat y - y)",
    function=squared_error,
    gradient=squared_error_gradient,
    target="value",
    prediction="value",
    claims=_squared_claims,
    strengths=(
        Trait(
            "For a linear model the least sum of squares has a closed form, the normal equations.",
            "test_losses.py::test_least_squares_is_solved_by_the_normal_equations",
        ),
        Trait(
            "Convex in the prediction: every local minimum is the global one.",
            "test_losses.py::test_convex_in_prediction",
        ),
    ),
    weaknesses=(_GROWS_WITHOUT_BOUND,),
    used=(
        Use(
            "Fitting of linear models by least squares",
            Source("Hastie, Tibshirani & Friedman", 2009, "The Elements of Statistical Learning, §3.2"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.mse_loss(y_pred, y_true, reduction='none')",
            trap="prediction first; the default is the mean over all elements",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.mean_squared_error(y_true[:, None], y_pred[:, None])",
            trap="averages over the last axis, in float32, so a column of single predictions is handed in",
        ),
        FrameworkCall("optax", "optax.losses.squared_error(y_pred, y_true)", trap="prediction first"),
    ),
    lesson=16,
)

HALF_SQUARED_ERROR = Loss(
    name="half_squared_error",
    title="Half squared error",
    family="regression",
    says="Half the square: the ½ cancels the 2 of the derivative, so the gradient is the residual.",
    formula=r"\ell(y, \hat y) = \frac{1}{2}(\hat y - y)^2",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = \hat y - y",
    function=half_squared_error,
    gradient=half_squared_error_gradient,
    target="value",
    prediction="value",
    claims=_squared_claims,
    strengths=(Trait("Its gradient is the residual itself.", "test_losses.py::test_half_squared_error_is_half"),),
    weaknesses=(
        Trait(
            "Books disagree about the ½, so the same learning rate takes steps of half the size.",
            "test_losses.py::test_half_squared_error_is_half",
        ),
        _GROWS_WITHOUT_BOUND,
    ),
    used=(
        Use(
            "Sum-of-squares error of curve fitting, where the half is there for convenience",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §1.1, eq. 1.2"),
        ),
        Use(
            "Quadratic cost of an introduction to neural networks",
            Source("Nielsen", 2015, "Neural Networks and Deep Learning, ch. 1, eq. 6"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "0.5 * torch.nn.functional.mse_loss(y_pred, y_true, reduction='none')", trap="no half"),
        FrameworkCall(
            "optax", "optax.losses.l2_loss(y_pred, y_true)", trap="named l2_loss; squared_error is without the half"
        ),
    ),
)

MSE = Loss(
    name="mse",
    title="Mean squared error",
    family="regression",
    says="The cost of a miss is its square, averaged: twice as far is four times as bad.",
    formula=r"\ell(y, \hat y) = (\hat y - y)^2",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = 2\,(\hat y - y)",
    function=mse,
    gradient=mse_gradient,
    target="value",
    prediction="value",
    claims=_squared_claims,
    strengths=(
        Trait("Smooth and convex in the prediction; its best constant is the mean.", "test_losses.py::test_minimiser"),
        Trait(
            "The gradient shrinks with the miss, so steps shorten near the minimum.",
            "test_losses.py::test_gradient_is_the_slope",
        ),
    ),
    weaknesses=(_GROWS_WITHOUT_BOUND,),
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
            trap="prediction first; the default is the mean over all elements, outputs included",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.mean_squared_error(y_true[:, None], y_pred[:, None])",
            trap="averages over the last axis, in float32, so a column of single predictions is handed in",
        ),
        FrameworkCall(
            "optax", "optax.losses.squared_error(y_pred, y_true)", trap="prediction first; l2_loss is half of it"
        ),
    ),
    lesson=17,
)

RMSE = Loss(
    name="rmse",
    title="Root mean squared error",
    family="regression",
    says="The root of the mean square: a typical miss in the unit of y, large misses counting more.",
    formula=r"L(y, \hat y) = \sqrt{\frac{1}{n} \sum_i (\hat y_i - y_i)^2}",
    gradient_formula=r"\frac{\partial L}{\partial \hat y_i} = \frac{\hat y_i - y_i}{n\,L}",
    function=rmse,
    gradient=rmse_gradient,
    target="value",
    prediction="value",
    per="batch",
    claims=lambda: LossClaims(
        target=REALS, prediction=REALS, minimiser="mean", convex_in_prediction=True, gradient_bound=1.0
    ),
    strengths=(
        Trait("Has the unit of y: scaling y scales it by the same factor.", "test_losses.py::test_rmse_has_the_unit"),
        Trait("The same best constant as MSE: the mean.", "test_losses.py::test_minimiser"),
    ),
    weaknesses=(
        Trait(
            "The gradient keeps the length 1/√n however small the misses are, and is 0/0 at a perfect fit.",
            "test_losses.py::test_rmse_gradient_has_a_fixed_length",
        ),
        Trait(
            "The mean of the batches' RMSE is not the RMSE of the data.",
            "test_losses.py::test_rmse_does_not_average_over_batches",
        ),
    ),
    used=(
        Use(
            "Comparison of forecasts on one scale",
            Source("Hyndman & Koehler", 2006, "Int. J. Forecasting 22(4), §2, doi:10.1016/j.ijforecast.2006.03.001"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.sqrt(torch.nn.functional.mse_loss(y_pred, y_true))",
            trap="no function of its own; the gradient of this at a perfect fit is NaN",
        ),
    ),
    lesson=18,
)

MAE = Loss(
    name="mae",
    title="Mean absolute error",
    family="regression",
    says="The cost of a miss is its size: every unit of distance costs the same.",
    formula=r"\ell(y, \hat y) = |\hat y - y|",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = \mathrm{sign}(\hat y - y)",
    function=mae,
    gradient=mae_gradient,
    target="value",
    prediction="value",
    claims=lambda: LossClaims(
        target=REALS,
        prediction=REALS,
        minimiser="median",
        convex_in_prediction=True,
        gradient_bound=1.0,
        kinks=(Kink(at=0.0, left=-1.0, right=1.0, returned=0.0),),
    ),
    strengths=(
        Trait("Its best constant is the median, which one outlier barely moves.", "test_losses.py::test_minimiser"),
        Trait("No example pulls harder than any other.", "test_losses.py::test_gradient_bound"),
    ),
    weaknesses=(
        Trait(
            "The gradient does not shrink near the minimum, so steps of a fixed size never settle.",
            "test_losses.py::test_mae_steps_never_settle",
        ),
        Trait("Not differentiable at a perfect prediction.", "test_losses.py::test_kinks"),
    ),
    used=(
        Use(
            "Image-to-image translation, where it blurs less than the square",
            Source("Isola, Zhu, Zhou & Efros", 2017, "Image-to-Image Translation (pix2pix), §3.1, arXiv:1611.07004"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.l1_loss(y_pred, y_true, reduction='none')",
            trap="named l1_loss; prediction first",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.mean_absolute_error(y_true[:, None], y_pred[:, None])",
            trap="averages over the last axis",
        ),
    ),
    lesson=19,
)

HUBER = Loss(
    name="huber",
    title="Huber loss",
    family="regression",
    says="Squared for misses up to δ, linear beyond: δ says whom you still trust.",
    formula=(r"\ell(y, \hat y) = q\,(r - \frac{q}{2}), \quad r = \hat y - y, \quad q = \min(\max(r, -\delta), \delta)"),
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = \min(\max(\hat y - y, -\delta), \delta)",
    function=huber,
    gradient=huber_gradient,
    target="value",
    prediction="value",
    params=(DELTA,),
    claims=lambda delta=1.0: LossClaims(
        target=REALS, prediction=REALS, minimiser="none", convex_in_prediction=True, gradient_bound=delta
    ),
    strengths=(
        Trait("No example pulls harder than δ.", "test_losses.py::test_gradient_bound"),
        Trait("Smooth at 0, where MAE has its kink.", "test_losses.py::test_gradient_is_the_slope"),
    ),
    weaknesses=(
        Trait(
            "δ has the unit of y: rescaling y without δ changes the fit.", "test_losses.py::test_huber_delta_has_a_unit"
        ),
        Trait(
            "The name covers two scalings: Smooth L1 divides by δ.", "test_losses.py::test_smooth_l1_is_huber_over_beta"
        ),
    ),
    used=(
        Use(
            "Robust estimation of a location",
            Source("Huber", 1964, "Ann. Math. Statist. 35(1), doi:10.1214/aoms/1177703732"),
        ),
        Use(
            "Deep Q-learning, which clips the error to [−1, 1]",
            Source("Mnih et al.", 2015, "Nature 518, Methods, doi:10.1038/nature14236"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.huber_loss(y_pred, y_true, reduction='none', delta=delta)",
            trap="prediction first; smooth_l1_loss is this divided by δ",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.huber(y_true[:, None], y_pred[:, None], delta=delta)",
            trap="averages over the last axis",
        ),
        FrameworkCall("optax", "optax.losses.huber_loss(y_pred, y_true, delta=delta)", trap="prediction first"),
    ),
    lesson=20,
)

SMOOTH_L1 = Loss(
    name="smooth_l1",
    title="Smooth L1 loss",
    family="regression",
    says="The absolute error with its tip rounded off over a width β.",
    formula=r"\ell(y, \hat y) = \frac{1}{\beta}\,\mathrm{huber}_{\delta = \beta}(y, \hat y)",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = \min(\max(\frac{\hat y - y}{\beta}, -1), 1)",
    function=smooth_l1,
    gradient=smooth_l1_gradient,
    target="value",
    prediction="value",
    params=(BETA,),
    claims=lambda beta=1.0: LossClaims(
        target=REALS, prediction=REALS, minimiser="none", convex_in_prediction=True, gradient_bound=1.0
    ),
    strengths=(
        Trait("The slope far out is 1 at every β: a large miss pulls alike.", "test_losses.py::test_gradient_bound"),
    ),
    weaknesses=(
        Trait(
            "Equal to Huber at β = δ = 1 only; a miss of 3 at width 2 costs 2 here and 4 there.",
            "test_losses.py::test_smooth_l1_is_huber_over_beta",
        ),
    ),
    used=(Use("Bounding boxes of an object detector", Source("Girshick", 2015, "Fast R-CNN, §2.3, arXiv:1504.08083")),),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.smooth_l1_loss(y_pred, y_true, reduction='none', beta=beta)",
            trap="prediction first; huber_loss is this times β",
        ),
    ),
)

LOG_COSH = Loss(
    name="log_cosh",
    title="Log-cosh loss",
    family="regression",
    says="A Huber without a corner in its slope: nearly squared near 0, nearly linear far out.",
    formula=r"\ell(y, \hat y) = \log \cosh(\hat y - y)",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = \tanh(\hat y - y)",
    function=log_cosh,
    gradient=log_cosh_gradient,
    target="value",
    prediction="value",
    claims=lambda: LossClaims(
        target=REALS, prediction=REALS, minimiser="none", convex_in_prediction=True, gradient_bound=1.0
    ),
    strengths=(Trait("Infinitely smooth, and no example pulls harder than 1.", "test_losses.py::test_gradient_bound"),),
    weaknesses=(
        Trait(
            "The width of its bowl is fixed at about 1, so y has to be scaled to fit.",
            "test_losses.py::test_log_cosh_lies_between_huber_and_half_square",
        ),
        Trait(
            "log(cosh(r)) as written overflows for |r| above 710 and loses small residuals.",
            "test_losses.py::test_textbook_log_cosh_breaks",
        ),
    ),
    used=(
        Use(
            "Robust regression; the likelihood it belongs to is worked out there",
            Source("Saleh & Saleh", 2022, "Statistical Properties of the log-cosh Loss Function, arXiv:2208.04564"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.log_cosh(y_true[:, None], y_pred[:, None])",
            trap="takes log 2 in float32, so it is off by 2e−9 and negative near 0",
            differs=True,
        ),
        FrameworkCall("optax", "optax.losses.log_cosh(y_pred, y_true)", trap="prediction first; 0 for tiny residuals"),
    ),
    lesson=20,
)

QUANTILE = Loss(
    name="quantile",
    title="Quantile (pinball) loss",
    family="regression",
    says="A tilted V: being too low costs τ per unit, being too high 1 − τ.",
    formula=r"\ell(y, \hat y) = \max(\tau\,(y - \hat y),\ (\tau - 1)\,(y - \hat y))",
    gradient_formula=(
        r"\frac{\partial \ell}{\partial \hat y} = -\tau \ \mathrm{if}\ \hat y < y, "
        r"\quad 1 - \tau \ \mathrm{if}\ \hat y > y"
    ),
    function=quantile,
    gradient=quantile_gradient,
    target="value",
    prediction="value",
    params=(TAU,),
    claims=lambda tau=0.5: LossClaims(
        target=REALS,
        prediction=REALS,
        minimiser="quantile",
        convex_in_prediction=True,
        gradient_bound=max(tau, 1 - tau),
        kinks=(Kink(at=0.0, left=-tau, right=1 - tau, returned=0.0),),
    ),
    strengths=(
        Trait(
            "Its best constant is the τ-quantile, so two of them give an interval.", "test_losses.py::test_minimiser"
        ),
    ),
    weaknesses=(
        Trait("Not differentiable at a perfect prediction.", "test_losses.py::test_kinks"),
        Trait(
            "At τ = 0.5 it is half the absolute error, not the absolute error.",
            "test_losses.py::test_quantile_at_one_half_is_half_the_absolute_error",
        ),
    ),
    used=(
        Use("Quantile regression", Source("Koenker & Bassett", 1978, "Econometrica 46(1), doi:10.2307/1913643")),
        Use(
            "Forecasts of demand with an interval",
            Source("Lim, Arik, Loeff & Pfister", 2021, "Temporal Fusion Transformers, arXiv:1912.09363"),
        ),
    ),
    lesson=21,
)

MSLE = Loss(
    name="msle",
    title="Mean squared logarithmic error",
    family="regression",
    says="The square of the log ratio of 1 + ŷ and 1 + y: for large y a wrong factor costs the same at every size.",
    formula=r"\ell(y, \hat y) = (\log(1 + \hat y) - \log(1 + y))^2",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = \frac{2\,(\log(1 + \hat y) - \log(1 + y))}{1 + \hat y}",
    function=msle,
    gradient=msle_gradient,
    target="value",
    prediction="value",
    claims=lambda: LossClaims(
        target=NON_NEGATIVE,
        prediction=NON_NEGATIVE,
        minimiser="geometric mean",
        convex_in_prediction=False,
        gradient_bound=math.inf,
    ),
    strengths=(
        Trait(
            "Small and large targets count alike: its best constant is the geometric mean of 1 + y, less 1.",
            "test_losses.py::test_minimiser",
        ),
    ),
    weaknesses=(
        Trait("Not convex in the prediction.", "test_losses.py::test_not_convex"),
        Trait(
            "Being too low costs more than being too high by as much.",
            "test_losses.py::test_msle_punishes_low_predictions_more",
        ),
    ),
    used=(
        Use(
            "Targets with exponential growth, such as counts of a population or sales over years",
            Source("scikit-learn developers", 2024, "User Guide, Metrics and scoring, Mean squared logarithmic error"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.mean_squared_logarithmic_error(y_true[:, None], y_pred[:, None])",
            trap="raises both to at least 1e−7 and accepts negative values without a word",
        ),
    ),
)

MAPE = Loss(
    name="mape",
    title="Mean absolute percentage error",
    family="regression",
    says="The miss as a share of the target: 0.1 means 10 %.",
    formula=r"\ell(y, \hat y) = \frac{|\hat y - y|}{y}",
    gradient_formula=r"\frac{\partial \ell}{\partial \hat y} = \frac{\mathrm{sign}(\hat y - y)}{y}",
    function=mape,
    gradient=mape_gradient,
    target="value",
    prediction="value",
    claims=lambda: LossClaims(
        target=POSITIVE,
        prediction=REALS,
        minimiser="weighted median",
        convex_in_prediction=True,
        gradient_bound=math.inf,
        kinks=(Kink(at=0.0, left=-1.0, right=1.0, returned=0.0),),
    ),
    strengths=(
        Trait("Has no unit, so targets of different size can be compared.", "test_losses.py::test_mape_has_no_unit"),
    ),
    weaknesses=(
        Trait(
            "Its best constant is the median weighted by 1/y: it prefers to be too low.",
            "test_losses.py::test_minimiser",
        ),
        Trait("Small targets rule: the gradient is 1/y.", "test_losses.py::test_gradient_bound"),
    ),
    used=(
        Use(
            "Forecasts of sales and load; to train with it is least absolute error with the weights 1/y",
            Source("de Myttenaere, Golden, Le Grand & Rossi", 2016, "Neurocomputing 192, arXiv:1605.02541"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.mean_absolute_percentage_error(y_true[:, None], y_pred[:, None]) / 100",
            trap="in percent, so 100 times ours; a target under 1e−7 counts as 1e−7",
        ),
    ),
)

ENTRIES = (
    SQUARED_ERROR,
    HALF_SQUARED_ERROR,
    MSE,
    RMSE,
    MAE,
    HUBER,
    SMOOTH_L1,
    LOG_COSH,
    QUANTILE,
    MSLE,
    MAPE,
)
