"""Losses between distributions: negative log-likelihoods of a predicted one, and divergences of two given ones."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float, paired, require
from course_lib.losses.checks import probability_rows
from course_lib.losses.classification import expected_cost
from course_lib.spec import (
    NON_NEGATIVE,
    POSITIVE,
    REALS,
    UNIT,
    Array,
    FrameworkCall,
    Loss,
    LossClaims,
    Source,
    Trait,
    Use,
)


def _gaussian(y_true: ArrayLike, y_pred: ArrayLike, variance: ArrayLike) -> tuple[Array, Array, Array]:
    y_true, y_pred = paired(y_true, y_pred)
    variance = as_float(variance, "variance")
    if variance.shape != y_pred.shape:
        raise ValueError(
            f"variance has shape {variance.shape} but y_pred has shape {y_pred.shape}; expected one variance for each "
            "prediction, for example np.full_like(y_pred, 0.25)"
        )
    require(variance, POSITIVE, "variance", "predict its logarithm and hand in np.exp of it")
    dtype = np.result_type(y_pred, variance)
    return y_true.astype(dtype, copy=False), y_pred.astype(dtype, copy=False), variance.astype(dtype, copy=False)


@np.errstate(over="ignore", invalid="ignore")
def gaussian_nll(y_true: ArrayLike, y_pred: ArrayLike, variance: ArrayLike) -> Array:
    """½ (log v + (y_pred − y_true)² / v) per prediction, same shape, in nats; the constant ½ log 2π is left out.

    y_pred is the predicted mean and `variance` the predicted variance, both with the shape of y_true. The value can be
    negative: a density may exceed 1.
    """
    y_true, y_pred, variance = _gaussian(y_true, y_pred, variance)
    # Divided before it is squared, so that neither the square nor the quotient overflows on its own.
    standardised = (y_pred - y_true) / np.sqrt(variance)
    return np.log(variance) / 2 + standardised / 2 * standardised


@np.errstate(over="ignore", invalid="ignore")
def gaussian_nll_gradient(y_true: ArrayLike, y_pred: ArrayLike, variance: ArrayLike) -> tuple[Array, Array]:
    """(∂/∂mean, ∂/∂variance) = (r/v, (1 − r²/v) / 2v) with r = y_pred − y_true; each has the shape of y_true."""
    y_true, y_pred, variance = _gaussian(y_true, y_pred, variance)
    residual, deviation = y_pred - y_true, np.sqrt(variance)
    standardised = residual / deviation
    return residual / variance, (1 - standardised) / deviation / 2 * ((1 + standardised) / deviation)


def _counts(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    y_true, y_pred = paired(y_true, y_pred)
    require(y_true, NON_NEGATIVE, "y_true", "a count is never negative")
    return y_true, y_pred


def _counts_and_rates(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    y_true, y_pred = _counts(y_true, y_pred)
    require(y_pred, NON_NEGATIVE, "y_pred", "a rate is never negative; for its logarithm use poisson_nll_with_log_rate")
    return y_true, y_pred


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def poisson_nll(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """λ − y log λ per prediction, same shape, in nats; y_pred is the predicted rate λ; the constant log y! is left out.

    A rate of 0 costs inf where something was counted. The value can be negative.
    """
    y_true, rate = _counts_and_rates(y_true, y_pred)
    log_rate = np.log(rate)
    cost = rate - y_true * log_rate
    if np.any(np.isinf(log_rate)):
        # 0·log 0 is 0, and λ grows faster than y log λ.
        cost = np.where((y_true == 0) | (np.isinf(rate) & np.isfinite(y_true)), rate, cost)
    return cost


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def poisson_nll_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂λ = 1 − y/λ = (λ − y)/λ, same shape."""
    y_true, rate = _counts_and_rates(y_true, y_pred)
    slope = (rate - y_true) / rate
    return np.where(np.isfinite(y_true) & (np.isinf(rate) | ((rate == 0) & (y_true == 0))), 1, slope)


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def poisson_nll_with_log_rate(y_true: ArrayLike, log_rate: ArrayLike) -> Array:
    """e^s − y·s per prediction, same shape, in nats; s is the logarithm of the predicted rate, any real number."""
    y_true, log_rate = _counts(y_true, log_rate)
    rate, credit = np.exp(log_rate), np.where(y_true == 0, 0, y_true * log_rate)
    cost = rate - credit
    beyond = np.isinf(rate) & np.isinf(credit)
    if np.any(beyond):
        # Both parts exceed the largest float: y (e^s/y − s) still tells which one wins.
        cost = np.where(beyond, y_true * (np.exp(log_rate - np.log(y_true)) - log_rate), cost)
    return np.where((log_rate == math.inf) & np.isfinite(y_true), log_rate, cost)


@np.errstate(over="ignore")
def poisson_nll_with_log_rate_gradient(y_true: ArrayLike, log_rate: ArrayLike) -> Array:
    """∂/∂s = e^s − y: predicted rate minus count, same shape."""
    y_true, log_rate = _counts(y_true, log_rate)
    return np.exp(log_rate) - y_true


_SHARES = "probabilities of the classes; a softmax makes them from logits"


@np.errstate(divide="ignore", invalid="ignore")
def kl_divergence(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """KL(p ‖ q) = Σ_k p_k log(p_k / q_k) per example, (n, k) → (n,), in nats; p is y_true and q is y_prob.

    0·log 0 counts as 0; a class that occurs but was given q = 0 costs inf. Swapping p and q changes the value.
    """
    p, q = probability_rows(y_true, y_prob, "y_prob", _SHARES)
    gap = np.log(p) - np.log(q)
    if np.any(p == 0):
        # p log p tends to 0 with p; adding 0·q keeps a NaN.
        gap = np.where(p == 0, 0 * q, gap)
    return expected_cost(p, gap)


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def kl_divergence_gradient(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """∂/∂q_k = −p_k / q_k, (n, k): the same as for cross-entropy, because Σ p log p does not depend on q."""
    p, q = probability_rows(y_true, y_prob, "y_prob", _SHARES)
    slope = (0 - p) / q
    absent = (p == 0) & (q == 0)
    return np.where(absent, 0, slope) if np.any(absent) else slope


@np.errstate(divide="ignore", invalid="ignore")
def jensen_shannon(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2, per example, (n, k) → (n,), in nats: from 0 to log 2.

    Symmetric and always finite, also where one of the two gives a class the probability 0.
    """
    p, q = probability_rows(y_true, y_prob, "y_prob", _SHARES)
    return (_to_middle(p, q) + _to_middle(q, p)) / 2


def _to_middle(p: Array, q: Array) -> Array:
    """KL(p ‖ (p + q)/2) per row."""
    gap = np.log(2 * p / (p + q))
    if np.any(p == 0):
        gap = np.where(p == 0, 0 * q, gap)
    return np.vecdot(p, gap)


@np.errstate(divide="ignore", invalid="ignore")
def jensen_shannon_gradient(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """∂/∂q_k = ½ log(q_k / m_k), (n, k), with the probabilities treated as free; −inf where q is 0 and p is not."""
    p, q = probability_rows(y_true, y_prob, "y_prob", _SHARES)
    ratio = np.where((p == 0) & (q == 0), 2, 2 * q / (p + q))
    return np.log(ratio) / 2


GAUSSIAN_NLL = Loss(
    name="gaussian_nll",
    title="Gaussian negative log-likelihood",
    family="probabilistic",
    says="Predict the value and how uncertain it is: misses are measured in predicted standard deviations.",
    formula=r"\ell(y, \mu, v) = \frac{1}{2}(\log v + \frac{(\mu - y)^2}{v})",
    gradient_formula=(
        r"\frac{\partial \ell}{\partial \mu} = \frac{\mu - y}{v}, \quad "
        r"\frac{\partial \ell}{\partial v} = \frac{1}{2v}(1 - \frac{(\mu - y)^2}{v})"
    ),
    function=gaussian_nll,
    gradient=gaussian_nll_gradient,
    target="value",
    prediction="value",
    third="positive value",
    gradient_for=("y_pred", "variance"),
    claims=lambda: LossClaims(
        target=REALS,
        prediction=REALS,
        minimiser="mean",
        convex_in_prediction=True,
        gradient_bound=math.inf,
        zero_when_perfect=False,
        non_negative=False,
    ),
    strengths=(
        Trait(
            "The best constant variance is the variance of the targets, so it learns the noise.",
            "test_losses.py::test_gaussian_nll_learns_the_variance",
        ),
    ),
    weaknesses=(
        Trait(
            "Examples called noisy count less (the gradient is r/v), so a bad fit can hide behind a large variance.",
            "test_losses.py::test_gaussian_nll_learns_the_variance",
        ),
        Trait("No lower bound: −∞ for a perfect fit with a variance towards 0.", "test_losses.py::test_limits"),
    ),
    used=(
        Use(
            "Networks that predict mean and variance",
            Source("Nix & Weigend", 1994, "Proc. ICNN, pp. 55–60, doi:10.1109/ICNN.1994.374138"),
        ),
        Use(
            "Deep ensembles with an uncertainty for each prediction",
            Source("Lakshminarayanan, Pritzel & Blundell", 2017, "Deep Ensembles, §2.2.1, arXiv:1612.01474"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.gaussian_nll_loss(y_pred, y_true, variance, reduction='none')",
            trap="a variance under eps=1e−6 counts as 1e−6; full=True adds ½ log 2π",
        ),
    ),
)

POISSON_NLL = Loss(
    name="poisson_nll",
    title="Poisson negative log-likelihood",
    family="probabilistic",
    says="For counts: the more is expected, the more scatter is forgiven.",
    formula=r"\ell(y, \lambda) = \lambda - y \log \lambda",
    gradient_formula=r"\frac{\partial \ell}{\partial \lambda} = 1 - \frac{y}{\lambda}",
    function=poisson_nll,
    gradient=poisson_nll_gradient,
    target="value",
    prediction="value",
    claims=lambda: LossClaims(
        target=NON_NEGATIVE,
        prediction=NON_NEGATIVE,
        minimiser="mean",
        convex_in_prediction=True,
        gradient_bound=math.inf,
        zero_when_perfect=False,
        non_negative=False,
    ),
    strengths=(Trait("Its best constant is the mean count.", "test_losses.py::test_minimiser"),),
    weaknesses=(
        Trait("Assumes that the variance equals the mean.", "test_losses.py::test_poisson_is_the_likelihood_of_counts"),
        Trait("Its value at the best prediction is not 0 and may be negative.", "test_losses.py::test_never_negative"),
    ),
    used=(
        Use(
            "Regression of counts: calls, claims, clicks",
            Source("McCullagh & Nelder", 1989, "Generalized Linear Models, 2nd ed., ch. 6"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.poisson_nll_loss(y_pred, y_true, log_input=False, reduction='none')",
            trap="the default takes the logarithm of the rate; adds eps=1e−8 inside the log",
            differs=True,
        ),
        FrameworkCall(
            "keras",
            "keras.losses.poisson(y_true[:, None], y_pred[:, None])",
            trap="adds 1e−7 inside the log",
            differs=True,
        ),
    ),
)

POISSON_NLL_WITH_LOG_RATE = Loss(
    name="poisson_nll_with_log_rate",
    title="Poisson negative log-likelihood from the log rate",
    family="probabilistic",
    says="The same, from the logarithm of the rate, which a network can predict without any activation.",
    formula=r"\ell(y, s) = e^{s} - y\,s",
    gradient_formula=r"\frac{\partial \ell}{\partial s} = e^{s} - y",
    function=poisson_nll_with_log_rate,
    gradient=poisson_nll_with_log_rate_gradient,
    target="value",
    prediction="value",
    claims=lambda: LossClaims(
        target=NON_NEGATIVE,
        prediction=REALS,
        minimiser="log mean",
        convex_in_prediction=True,
        gradient_bound=math.inf,
        zero_when_perfect=False,
        non_negative=False,
    ),
    strengths=(
        Trait("The gradient is predicted rate minus count.", "test_losses.py::test_gradient_is_the_slope"),
        Trait("Any real prediction is allowed.", "test_losses.py::test_limits"),
    ),
    weaknesses=(
        Trait(
            "The gradient grows like e^s: one large prediction can throw training off.",
            "test_losses.py::test_gradient_bound",
        ),
    ),
    used=(
        Use(
            "Log-linear models of counts",
            Source("McCullagh & Nelder", 1989, "Generalized Linear Models, 2nd ed., §6.2"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.poisson_nll_loss(y_pred, y_true, reduction='none')",
            trap="log_input=True is the default",
        ),
    ),
)

KL_DIVERGENCE = Loss(
    name="kl_divergence",
    title="Kullback–Leibler divergence",
    family="probabilistic",
    says="The surprise that is wasted by believing q when p is true.",
    formula=r"\ell(p, q) = \sum_k p_k \log \frac{p_k}{q_k}",
    gradient_formula=r"\frac{\partial \ell}{\partial q_k} = -\frac{p_k}{q_k}",
    function=kl_divergence,
    gradient=kl_divergence_gradient,
    target="probabilities",
    prediction="probabilities",
    per="example",
    claims=lambda: LossClaims(
        target=UNIT, prediction=UNIT, minimiser="mean", convex_in_prediction=True, gradient_bound=math.inf
    ),
    strengths=(
        Trait(
            "Cross-entropy less the entropy of the target: 0 exactly when q = p, and the same gradient.",
            "test_losses.py::test_kl_is_cross_entropy_less_entropy",
        ),
    ),
    weaknesses=(
        Trait(
            "Not symmetric: (0.9, 0.1) against (0.5, 0.5) is 0.368 one way, 0.511 the other.",
            "test_losses.py::test_kl_is_not_symmetric",
        ),
        Trait("Infinite where q is 0 and p is not.", "test_losses.py::test_limits"),
    ),
    used=(
        Use(
            "Maps of high-dimensional data (t-SNE)",
            Source("van der Maaten & Hinton", 2008, "Visualizing Data using t-SNE, JMLR 9, §2"),
        ),
        Use(
            "The regulariser of a variational autoencoder",
            Source("Kingma & Welling", 2014, "Auto-Encoding Variational Bayes, §2.2, arXiv:1312.6114"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.kl_div(torch.log(y_pred), y_true, reduction='none').sum(-1)",
            trap="takes log q first, then p; the default mean divides by n·k: use batchmean",
        ),
        FrameworkCall("keras", "keras.losses.kl_divergence(y_true, y_pred)", trap="raises both to at least 1e−7"),
        FrameworkCall("optax", "optax.losses.kl_divergence(jax.numpy.log(y_pred), y_true)", trap="takes log q first"),
    ),
)

JENSEN_SHANNON = Loss(
    name="jensen_shannon",
    title="Jensen–Shannon divergence",
    family="probabilistic",
    says="How far both distributions are from their average: symmetric, and never more than log 2.",
    formula=(
        r"\ell(p, q) = \frac{1}{2}\,\mathrm{KL}(p \parallel m) + \frac{1}{2}\,\mathrm{KL}(q \parallel m), "
        r"\quad m = \frac{p + q}{2}"
    ),
    gradient_formula=r"\frac{\partial \ell}{\partial q_k} = \frac{1}{2} \log \frac{q_k}{m_k}",
    function=jensen_shannon,
    gradient=jensen_shannon_gradient,
    target="probabilities",
    prediction="probabilities",
    per="example",
    claims=lambda: LossClaims(
        target=UNIT, prediction=UNIT, minimiser="none", convex_in_prediction=True, gradient_bound=math.inf
    ),
    strengths=(
        Trait("Symmetric, finite, and at most log 2.", "test_losses.py::test_jensen_shannon_is_symmetric_and_bounded"),
    ),
    weaknesses=(
        Trait(
            "Constant at log 2 while the two do not overlap, however far apart they are.",
            "test_losses.py::test_jensen_shannon_is_flat_without_overlap",
        ),
    ),
    used=(
        Use(
            "Divergence of several distributions",
            Source("Lin", 1991, "IEEE Trans. Inform. Theory 37(1), doi:10.1109/18.61115"),
        ),
        Use(
            "What a generative adversarial network minimises when its discriminator is optimal",
            Source("Goodfellow et al.", 2014, "Generative Adversarial Networks, §4.1, arXiv:1406.2661"),
        ),
    ),
)

ENTRIES = (GAUSSIAN_NLL, POISSON_NLL, POISSON_NLL_WITH_LOG_RATE, KL_DIVERGENCE, JENSEN_SHANNON)
