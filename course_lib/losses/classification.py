"""Losses for a class: cross-entropies, from probabilities and from logits."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations import sigmoid, softmax
from course_lib.arrays import paired, require
from course_lib.spec import REALS, UNIT, Array, FrameworkCall, Loss, LossClaims, Source, Trait, Use


def _labels_and_probabilities(y_true: ArrayLike, y_prob: ArrayLike) -> tuple[Array, Array]:
    y_true, y_prob = paired(y_true, y_prob, "y_prob")
    require(y_true, UNIT, "y_true", "a label is 0 or 1 (or a probability between them); map −1/+1 to 0/1 first")
    require(y_prob, UNIT, "y_prob", "probabilities are expected; for logits use binary_cross_entropy_with_logits")
    return y_true, y_prob


# A certain and wrong prediction costs infinity: log 0 is the right answer there, not an accident.
@np.errstate(divide="ignore", invalid="ignore")
def binary_cross_entropy(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """−y log p − (1 − y) log(1 − p) per example, same shape, natural logarithm (unit: nats).

    y_true in [0, 1] (labels 0 and 1, or soft labels), y_prob in [0, 1]. 0·log 0 counts as 0, so a perfect prediction
    costs exactly 0 and a certain wrong one inf. From logits, use binary_cross_entropy_with_logits: it keeps digits
    that p = σ(z) has already lost.
    """
    y_true, y_prob = _labels_and_probabilities(y_true, y_prob)
    yes = np.where(y_true == 0, 0, -y_true * np.log(y_prob))
    no = np.where(y_true == 1, 0, (y_true - 1) * np.log1p(-y_prob))
    # A label that switches a term off must not hide a NaN prediction.
    return np.where(np.isnan(y_prob), y_prob, yes + no)


@np.errstate(divide="ignore", invalid="ignore")
def binary_cross_entropy_gradient(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """∂/∂p: −y/p + (1 − y)/(1 − p), same shape; ∓inf where a certain prediction is wrong."""
    y_true, y_prob = _labels_and_probabilities(y_true, y_prob)
    yes = np.where(y_true == 0, 0, -y_true / y_prob)
    no = np.where(y_true == 1, 0, (1 - y_true) / (1 - y_prob))
    return np.where(np.isnan(y_prob), y_prob, yes + no)


def _labels_and_logits(y_true: ArrayLike, logits: ArrayLike) -> tuple[Array, Array]:
    y_true, logits = paired(y_true, logits, "logits")
    require(y_true, UNIT, "y_true", "a label is 0 or 1 (or a probability between them); map −1/+1 to 0/1 first")
    return y_true, logits


@np.errstate(over="ignore", invalid="ignore")
def binary_cross_entropy_with_logits(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """log(1 + e^−z) for y = 1, log(1 + e^z) for y = 0, mixed by y in between: max(z, 0) − z·y + log1p(e^−|z|).

    Same shape, in nats. Never overflows: a wrong logit of 1000 costs 1000.
    """
    y_true, logits = _labels_and_logits(y_true, logits)
    # (1 − y)·max(z, 0) + y·max(−z, 0) is max(z, 0) − z·y without the cancellation, and without ∞ − ∞.
    linear = np.where(y_true == 1, 0, (1 - y_true) * np.maximum(logits, 0)) + np.where(
        y_true == 0, 0, y_true * np.maximum(-logits, 0)
    )
    return linear + np.log1p(np.exp(-np.abs(logits)))


def binary_cross_entropy_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """∂/∂z = σ(z) − y, same shape; never larger than 1 in size.

    Written as (1 − y)·σ(z) − y·σ(−z), which keeps its digits where σ(z) is close to y.
    """
    y_true, logits = _labels_and_logits(y_true, logits)
    return (1 - y_true) * sigmoid(logits) - y_true * sigmoid(-logits)


def _one_hot_and(y_true: ArrayLike, predictions: ArrayLike, name: str) -> tuple[Array, Array]:
    y_true, predictions = paired(y_true, predictions, name)
    if y_true.ndim == 0:
        raise ValueError(f"y_true and {name} need an axis of classes, (n, k) or (k,); got a single number")
    require(y_true, UNIT, "y_true", "one-hot rows (or class probabilities) are expected")
    total = y_true.sum(axis=-1)
    # Soft labels are sums of rounded numbers: allow the rounding, nothing else.
    wrong = np.abs(total - 1) > 8 * y_true.shape[-1] * float(np.finfo(y_true.dtype).eps)
    if np.any(wrong):
        raise ValueError(
            f"each row of y_true must sum to 1 (one-hot or class probabilities), got a row that sums to "
            f"{float(np.atleast_1d(total)[np.atleast_1d(wrong)][0]):.6g}; for integer labels use np.eye(k)[labels]"
        )
    return y_true, predictions


@np.errstate(divide="ignore", invalid="ignore")
def categorical_cross_entropy(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """−Σ_k y_k log p_k per example, (n, k) → (n,), natural logarithm (unit: nats).

    y_true: one-hot rows (or class probabilities), y_prob: rows of probabilities that sum to 1. 0·log 0 counts as 0.
    """
    y_true, y_prob = _probability_rows(y_true, y_prob)
    cost = np.where(y_true == 0, 0, -y_true * np.log(y_prob))
    return np.where(np.isnan(y_prob), y_prob, cost).sum(axis=-1)


@np.errstate(divide="ignore", invalid="ignore")
def categorical_cross_entropy_gradient(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """∂/∂p_k = −y_k / p_k, (n, k); it treats the k probabilities as free, the constraint Σp = 1 is softmax's part."""
    y_true, y_prob = _probability_rows(y_true, y_prob)
    slope = np.where(y_true == 0, 0, -y_true / y_prob)
    return np.where(np.isnan(y_prob), y_prob, slope)


def _probability_rows(y_true: ArrayLike, y_prob: ArrayLike) -> tuple[Array, Array]:
    y_true, y_prob = _one_hot_and(y_true, y_prob, "y_prob")
    require(y_prob, UNIT, "y_prob", "probabilities are expected; for logits use categorical_cross_entropy_with_logits")
    total = y_prob.sum(axis=-1)
    # Rows come out of a softmax in the caller's precision, whatever ours: 1e-3 catches scores, not rounding.
    wrong = np.abs(total - 1) > 1e-3
    if np.any(wrong):
        raise ValueError(
            f"each row of y_prob must sum to 1, got a row that sums to "
            f"{float(np.atleast_1d(total)[np.atleast_1d(wrong)][0]):.6g}; for scores use categorical_cross_entropy_with_logits"
        )
    return y_true, y_prob


@np.errstate(over="ignore", invalid="ignore")
def categorical_cross_entropy_with_logits(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """−Σ_k y_k log softmax(z)_k per example, (n, k) → (n,), in nats.

    log softmax(z) = (z − max) − log Σ e^{z − max}: subtracting first keeps the digits of a large common shift.
    """
    y_true, logits = _one_hot_and(y_true, logits, "logits")
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_prob = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.where(y_true == 0, 0, -y_true * log_prob).sum(axis=-1)


def categorical_cross_entropy_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """∂/∂z = softmax(z) − y, (n, k); each row sums to 0."""
    y_true, logits = _one_hot_and(y_true, logits, "logits")
    return softmax(logits) - y_true


def _bce_claims() -> LossClaims:
    return LossClaims(
        target=UNIT, prediction=UNIT, minimiser="mean", convex_in_prediction=True, gradient_bound=math.inf
    )


BINARY_CROSS_ENTROPY = Loss(
    name="binary_cross_entropy",
    title="Binary cross-entropy",
    family="classification",
    says="The cost is the surprise −log p at the label that came: 0 when sure and right, without ceiling when sure and wrong.",
    formula=r"\ell(y, p) = -y \log p - (1 - y) \log(1 - p)",
    gradient_formula=r"\frac{\partial \ell}{\partial p} = -\frac{y}{p} + \frac{1 - y}{1 - p}",
    function=binary_cross_entropy,
    gradient=binary_cross_entropy_gradient,
    target="binary",
    prediction="probability",
    claims=_bce_claims,
    strengths=(
        Trait(
            "The best constant is the share of ones, so it rewards honest probabilities.",
            "test_catalogue.py::test_minimiser",
        ),
        Trait("A confident mistake is never cheap: the cost has no ceiling.", "22#surprise"),
    ),
    weaknesses=(
        Trait("From probabilities it has lost its digits: 1 − σ(40) is 0 and the cost is inf.", "22#broken"),
        Trait("One wrong label that the model is sure about can dominate the mean.", "22#definition-table"),
    ),
    used=(
        Use(
            "Binary and multi-label classifiers; the negative log-likelihood of logistic regression",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §4.3.2"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.binary_cross_entropy(y_pred, y_true, reduction='none')",
            trap="prediction first; each log is clamped at −100",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.binary_crossentropy(y_true[:, None], y_pred[:, None])",
            trap="clips p to [1e−7, 1 − 1e−7], so no cost exceeds 16.118",
        ),
    ),
    lesson=22,
)

BINARY_CROSS_ENTROPY_WITH_LOGITS = Loss(
    name="binary_cross_entropy_with_logits",
    title="Binary cross-entropy from logits",
    family="classification",
    says="The same surprise, computed from the score z before the sigmoid: exact however large z is.",
    formula=r"\ell(y, z) = \max(z, 0) - z\,y + \log(1 + e^{-|z|})",
    gradient_formula=r"\frac{\partial \ell}{\partial z} = \sigma(z) - y",
    function=binary_cross_entropy_with_logits,
    gradient=binary_cross_entropy_with_logits_gradient,
    target="binary",
    prediction="logit",
    claims=lambda: LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="mean",
        convex_in_prediction=True,
        gradient_bound=1.0,
        zero_when_perfect=False,
    ),
    strengths=(
        Trait("The gradient is prediction minus label; no σ′ stands in the way.", "22#derivative-check"),
        Trait("Finite and exact for every finite logit.", "22#repaired"),
    ),
    weaknesses=(
        Trait("It reaches 0 only in the limit of an infinite logit.", "test_catalogue.py::test_zero_when_perfect"),
    ),
    used=(
        Use(
            "Training of every binary classifier whose last layer has no activation",
            Source("Goodfellow, Bengio & Courville", 2016, "Deep Learning, §6.2.2.2"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.binary_cross_entropy_with_logits(y_pred, y_true, reduction='none')",
            trap="logits first",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.binary_crossentropy(y_true[:, None], y_pred[:, None], from_logits=True)",
            trap="the default is from_logits=False",
        ),
        FrameworkCall("optax", "optax.losses.sigmoid_binary_cross_entropy(y_pred, y_true)", trap="logits first"),
    ),
    lesson=22,
)

CATEGORICAL_CROSS_ENTROPY = Loss(
    name="categorical_cross_entropy",
    title="Categorical cross-entropy",
    family="classification",
    says="The cost is the surprise −log p of the class that came.",
    formula=r"\ell(y, p) = -\sum_k y_k \log p_k",
    gradient_formula=r"\frac{\partial \ell}{\partial p_k} = -\frac{y_k}{p_k}",
    function=categorical_cross_entropy,
    gradient=categorical_cross_entropy_gradient,
    target="one-hot",
    prediction="probabilities",
    claims=_bce_claims,
    strengths=(Trait("Its best constant is the vector of class shares.", "test_catalogue.py::test_minimiser"),),
    weaknesses=(
        Trait(
            "From probabilities it has lost its digits: use the form from logits.",
            "test_catalogue.py::test_logits_and_probabilities_agree",
        ),
    ),
    used=(
        Use(
            "Classifiers with exclusive classes; the negative log-likelihood of multinomial logistic regression",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §4.3.4"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.nll_loss(torch.log(y_pred), y_true.argmax(-1), reduction='none')",
            trap="takes log-probabilities and class numbers",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.categorical_crossentropy(y_true, y_pred)",
            trap="rescales rows to sum to 1 and clips to 1e−7",
        ),
    ),
    lesson=23,
)

CATEGORICAL_CROSS_ENTROPY_WITH_LOGITS = Loss(
    name="categorical_cross_entropy_with_logits",
    title="Categorical cross-entropy from logits",
    family="classification",
    says="The same surprise, from the scores before the softmax.",
    formula=r"\ell(y, z) = \log \sum_j e^{z_j} - \sum_k y_k z_k",
    gradient_formula=r"\frac{\partial \ell}{\partial z} = \mathrm{softmax}(z) - y",
    function=categorical_cross_entropy_with_logits,
    gradient=categorical_cross_entropy_with_logits_gradient,
    target="one-hot",
    prediction="logits",
    claims=lambda: LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="mean",
        convex_in_prediction=True,
        gradient_bound=1.0,
        zero_when_perfect=False,
    ),
    strengths=(Trait("The gradient is shares minus label.", "test_catalogue.py::test_loss_gradient"),),
    weaknesses=(
        Trait(
            "It reaches 0 only in the limit of an infinite gap between logits.",
            "test_catalogue.py::test_zero_when_perfect",
        ),
    ),
    used=(
        Use(
            "Training of every classifier whose last layer has no softmax",
            Source("Goodfellow, Bengio & Courville", 2016, "Deep Learning, §6.2.2.3"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.cross_entropy(y_pred, y_true, reduction='none')",
            trap="logits first, classes on axis 1; a softmax before it is a mistake",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)",
            trap="the default is from_logits=False",
        ),
        FrameworkCall("optax", "optax.losses.softmax_cross_entropy(y_pred, y_true)", trap="logits first"),
    ),
    lesson=23,
)

ENTRIES = (
    BINARY_CROSS_ENTROPY,
    BINARY_CROSS_ENTROPY_WITH_LOGITS,
    CATEGORICAL_CROSS_ENTROPY,
    CATEGORICAL_CROSS_ENTROPY_WITH_LOGITS,
)
