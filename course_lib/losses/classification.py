"""Losses for a class: cross-entropies in nats, from probabilities and from logits.

The forms from logits keep every digit; the forms from probabilities have to live with what the rounding of p left.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations import softmax
from course_lib.arrays import require
from course_lib.losses.checks import binary_labels, class_labels, class_rows, probability_rows, require_probabilities
from course_lib.spec import REALS, UNIT, Array, FrameworkCall, Loss, LossClaims, Source, Trait, Use

_FOR_LOGITS = "for logits use binary_cross_entropy_with_logits"
_FOR_CLASS_LOGITS = "for logits use the form with_logits"


def _labels_and_probabilities(y_true: ArrayLike, y_prob: ArrayLike) -> tuple[Array, Array]:
    y_true, y_prob = binary_labels(y_true, y_prob, "y_prob", soft=True)
    require(y_prob, UNIT, "y_prob", f"probabilities are expected; {_FOR_LOGITS}")
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
    cost = -(y_true * np.log(y_prob) + (1 - y_true) * np.log1p(-y_prob))
    certain = (y_prob == 0) | (y_prob == 1)
    if np.any(certain):
        # Right costs nothing, wrong costs ∞: the formula would say 0·∞ for right.
        cost = np.where(certain, np.where(y_true == y_prob, 0, np.abs(y_true - y_prob) * math.inf), cost)
    return cost


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def binary_cross_entropy_gradient(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """∂/∂p: −y/p + (1 − y)/(1 − p) = (p − y) / (p (1 − p)), same shape; ∓inf where a certain prediction is wrong."""
    y_true, y_prob = _labels_and_probabilities(y_true, y_prob)
    slope = (y_prob - y_true) / (y_prob * (1 - y_prob))
    perfect = (y_true == y_prob) & ((y_prob == 0) | (y_prob == 1))
    # 0/0 in the formula; only one of its two terms is there: 1/(1 − p) at 0, −1/p at 1.
    return np.where(perfect, 1 - 2 * y_prob, slope) if np.any(perfect) else slope


@np.errstate(over="ignore", invalid="ignore")
def binary_cross_entropy_with_logits(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """log(1 + e^−z) for y = 1, log(1 + e^z) for y = 0, mixed by y in between; same shape, in nats.

    Written |z|·w + log1p(e^−|z|) with w = |y − [z > 0]|, how wrong the sign of the logit is: the same as
    max(z, 0) − z·y + log1p(e^−|z|) without its cancellation. A wrong logit of 1000 costs 1000.
    """
    y_true, logits = binary_labels(y_true, logits, "logits", soft=True)
    size = np.abs(logits)
    wrong = np.abs(y_true - (logits > 0))
    linear = size * wrong
    if np.any(np.isinf(size)):
        # An infinite logit with the right sign costs nothing: 0·∞ is 0 here.
        linear = np.where(wrong == 0, 0, linear)
    return linear + np.log1p(np.exp(-size))


def binary_cross_entropy_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """∂/∂z = σ(z) − y, same shape; never larger than 1 in size.

    Written (1 − y)·σ(z) − y·σ(−z), which keeps its digits where σ(z) is close to a label; the two sigmoids share their
    denominator 1 + e^−|z|.
    """
    y_true, logits = binary_labels(y_true, logits, "logits", soft=True)
    up, down = np.exp(np.minimum(logits, 0)), np.exp(-np.maximum(logits, 0))
    return ((1 - y_true) * up - y_true * down) / (1 + up * down)


@np.errstate(divide="ignore", invalid="ignore")
def categorical_cross_entropy(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """−Σ_k y_k log p_k per example, (n, k) → (n,), in nats.

    y_true: one-hot rows (or class probabilities), y_prob: rows of probabilities that sum to 1. 0·log 0 counts as 0.
    """
    y_true, y_prob = probability_rows(y_true, y_prob, "y_prob", _FOR_CLASS_LOGITS)
    return expected_cost(y_true, -np.log(y_prob))


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def categorical_cross_entropy_gradient(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """∂/∂p_k = −y_k / p_k, (n, k); it treats the k probabilities as free, the constraint Σp = 1 is softmax's part."""
    y_true, y_prob = probability_rows(y_true, y_prob, "y_prob", _FOR_CLASS_LOGITS)
    # 0 − y, so that a class that did not come has the slope 0 and not −0.
    slope = (0 - y_true) / y_prob
    absent = (y_true == 0) & (y_prob == 0)
    return np.where(absent, 0, slope) if np.any(absent) else slope


@np.errstate(invalid="ignore")
def expected_cost(weights: Array, cost: Array) -> Array:
    """Σ_k weights_k cost_k, (…, k) → (…,); a weight of 0 times an infinite cost is 0, and a NaN stays one."""
    if np.any(np.isinf(cost)):
        cost = np.where((weights == 0) & np.isinf(cost), 0, cost)
    return np.vecdot(weights, cost)


@np.errstate(over="ignore", invalid="ignore")
def surprise(logits: Array) -> Array:
    """−log softmax(z), same shape, every entry ≥ 0: how surprising each class would be.

    Two parts that never cancel: how far the class lies below the largest logit, and log1p of the others' e^(z − max),
    the largest one left out, so that a confident row keeps its digits. One infinite logit gives its limit.
    """
    top = logits.argmax(axis=-1)[..., None]
    below = np.take_along_axis(logits, top, axis=-1) - logits
    # An infinite largest logit lies 0 below itself, although ∞ − ∞ is NaN.
    np.put_along_axis(below, top, 0, axis=-1)
    others = np.exp(-below)
    np.put_along_axis(others, top, 0, axis=-1)
    return below + np.log1p(others.sum(axis=-1, keepdims=True))


def categorical_cross_entropy_with_logits(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """−Σ_k y_k log softmax(z)_k per example, (n, k) → (n,), in nats; y_true: one-hot rows or class probabilities."""
    y_true, logits = class_rows(y_true, logits, "logits")
    return expected_cost(y_true, surprise(logits))


def categorical_cross_entropy_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """∂/∂z = softmax(z) − y, (n, k); each row sums to 0."""
    y_true, logits = class_rows(y_true, logits, "logits")
    return shares_minus(y_true, softmax(logits))


def shares_minus(y_true: Array, share: Array) -> Array:
    """share − y_true, (n, k), with every digit where y is 1: there it is minus the other shares, not share − 1."""
    difference = share - y_true
    others = np.vecdot(1 - y_true, share)[..., None]
    np.copyto(difference, 0 - others, where=y_true == 1)
    return difference


@np.errstate(divide="ignore")
def sparse_categorical_cross_entropy(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """−log p of the class that came, (n,) class numbers and (n, k) probabilities → (n,), in nats."""
    labels, y_prob = class_labels(y_true, y_prob, "y_prob")
    require_probabilities(y_prob, "y_prob", _FOR_CLASS_LOGITS)
    # Adding 0·Σp, which is 0, keeps a NaN in another class visible and turns the −0 of log 1 into 0.
    return 0 * y_prob.sum(axis=-1) - np.log(_of_label(labels, y_prob))


@np.errstate(divide="ignore", over="ignore")
def sparse_categorical_cross_entropy_gradient(y_true: ArrayLike, y_prob: ArrayLike) -> Array:
    """∂/∂p_k: −1/p_k for the class that came, 0 for the others, (n, k)."""
    labels, y_prob = class_labels(y_true, y_prob, "y_prob")
    require_probabilities(y_prob, "y_prob", _FOR_CLASS_LOGITS)
    slope = np.zeros_like(y_prob)
    np.put_along_axis(slope, labels[..., None], -1 / _of_label(labels, y_prob)[..., None], axis=-1)
    return np.where(np.isnan(y_prob), y_prob, slope)


def sparse_categorical_cross_entropy_with_logits(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """−log softmax(z) at the class that came, (n,) class numbers and (n, k) logits → (n,), in nats."""
    labels, logits = class_labels(y_true, logits, "logits")
    return _of_label(labels, surprise(logits))


def sparse_categorical_cross_entropy_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """∂/∂z = softmax(z), less 1 at the class that came, (n, k); each row sums to 0."""
    labels, logits = class_labels(y_true, logits, "logits")
    one_hot = labels[..., None] == np.arange(logits.shape[-1])
    return shares_minus(one_hot.astype(logits.dtype), softmax(logits))


def _of_label(labels: Array, rows: Array) -> Array:
    return np.take_along_axis(rows, labels[..., None], axis=-1)[..., 0]


def _from_probabilities() -> LossClaims:
    return LossClaims(
        target=UNIT, prediction=UNIT, minimiser="mean", convex_in_prediction=True, gradient_bound=math.inf
    )


def _from_logits() -> LossClaims:
    return LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="mean",
        convex_in_prediction=True,
        gradient_bound=1.0,
        zero_when_perfect=False,
    )


BINARY_CROSS_ENTROPY = Loss(
    name="binary_cross_entropy",
    title="Binary cross-entropy",
    family="classification",
    says="The cost is the surprise −log p at the label: 0 when sure and right, without ceiling when sure and wrong.",
    formula=r"\ell(y, p) = -y \log p - (1 - y) \log(1 - p)",
    gradient_formula=r"\frac{\partial \ell}{\partial p} = -\frac{y}{p} + \frac{1 - y}{1 - p}",
    function=binary_cross_entropy,
    gradient=binary_cross_entropy_gradient,
    target="binary",
    prediction="probability",
    claims=_from_probabilities,
    strengths=(
        Trait(
            "The best constant is the share of ones, so it rewards honest probabilities.",
            "test_losses.py::test_minimiser",
        ),
        Trait("A confident mistake is never cheap: the cost has no ceiling.", "22#surprise"),
    ),
    weaknesses=(
        Trait("Computed from probabilities it has lost digits: 1 − σ(40) is 0 and the cost is inf.", "22#broken"),
        Trait(
            "One wrong label that the model is sure about can dominate the mean.",
            "test_losses.py::test_one_confident_mistake_dominates_the_mean",
        ),
    ),
    used=(
        Use(
            "Binary and multi-label classifiers; the negative log-likelihood of logistic regression",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §4.3.2 and §5.2"),
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
    claims=_from_logits,
    strengths=(
        Trait("The gradient is prediction minus label; no σ′ stands in the way.", "22#derivative-check"),
        Trait("Finite and exact for every finite logit.", "22#repaired"),
    ),
    weaknesses=(
        Trait(
            "It reaches 0 only in the limit of an infinite logit.", "test_losses.py::test_logits_never_reach_zero_cost"
        ),
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
    per="example",
    claims=_from_probabilities,
    strengths=(Trait("Its best constant is the vector of class shares.", "test_losses.py::test_minimiser"),),
    weaknesses=(
        Trait(
            "Computed from probabilities it has lost digits: a share that rounded to 0 costs inf.",
            "test_losses.py::test_probabilities_lose_what_logits_keep",
        ),
        Trait(
            "Its slope times softmax's is p − y, but rounding spoils the product unless both are one formula.",
            "test_losses.py::test_softmax_and_cross_entropy_make_p_minus_y",
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
            trap="takes log-probabilities and class numbers; on probabilities it returns −p without a word",
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
    per="example",
    claims=_from_logits,
    strengths=(
        Trait("The gradient is shares minus label.", "test_losses.py::test_softmax_and_cross_entropy_make_p_minus_y"),
        Trait("Only differences between logits count.", "test_losses.py::test_shift_of_logits"),
    ),
    weaknesses=(
        Trait(
            "It reaches 0 only in the limit of an infinite gap between logits.",
            "test_losses.py::test_logits_never_reach_zero_cost",
        ),
        Trait(
            "Probabilities handed in as logits pass without a word: with 10 classes the cost can't fall below 1.461.",
            "test_losses.py::test_softmax_applied_twice_has_a_floor",
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

SPARSE_CATEGORICAL_CROSS_ENTROPY = Loss(
    name="sparse_categorical_cross_entropy",
    title="Sparse categorical cross-entropy",
    family="classification",
    says="The same surprise; the class comes as its number, not as a one-hot row.",
    formula=r"\ell(y, p) = -\log p_y",
    gradient_formula=r"\frac{\partial \ell}{\partial p_k} = -\frac{[k = y]}{p_k}",
    function=sparse_categorical_cross_entropy,
    gradient=sparse_categorical_cross_entropy_gradient,
    target="label",
    prediction="probabilities",
    per="example",
    claims=_from_probabilities,
    strengths=(
        Trait("The same value as with one-hot rows, without building them.", "test_losses.py::test_sparse_is_one_hot"),
    ),
    weaknesses=(
        Trait("Cannot express soft labels: a class number is all or nothing.", "test_losses.py::test_bad_labels"),
    ),
    used=(
        Use(
            "Classifiers with exclusive classes whose labels are stored as numbers",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §4.3.4"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.nll_loss(torch.log(y_pred), y_true, reduction='none')",
            trap="takes log-probabilities; labels of dtype int32 are refused, int64 is expected",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.sparse_categorical_crossentropy(y_true, y_pred)",
            trap="rescales rows to sum to 1 and clips to 1e−7",
        ),
    ),
    lesson=23,
)

SPARSE_CATEGORICAL_CROSS_ENTROPY_WITH_LOGITS = Loss(
    name="sparse_categorical_cross_entropy_with_logits",
    title="Sparse categorical cross-entropy from logits",
    family="classification",
    says="The same surprise, from class numbers and the scores before the softmax.",
    formula=r"\ell(y, z) = \log \sum_j e^{z_j} - z_y",
    gradient_formula=r"\frac{\partial \ell}{\partial z_k} = \mathrm{softmax}(z)_k - [k = y]",
    function=sparse_categorical_cross_entropy_with_logits,
    gradient=sparse_categorical_cross_entropy_with_logits_gradient,
    target="label",
    prediction="logits",
    per="example",
    claims=_from_logits,
    strengths=(
        Trait("The same value as with one-hot rows, without building them.", "test_losses.py::test_sparse_is_one_hot"),
        Trait("Only differences between logits count.", "test_losses.py::test_shift_of_logits"),
    ),
    weaknesses=(
        Trait("Cannot express soft labels: a class number is all or nothing.", "test_losses.py::test_bad_labels"),
    ),
    used=(
        Use(
            "Prediction of the next word, where a one-hot row would have as many entries as the vocabulary",
            Source("Bengio, Ducharme, Vincent & Jauvin", 2003, "A Neural Probabilistic Language Model, JMLR 3, §2"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.cross_entropy(y_pred, y_true, reduction='none')",
            trap="logits first, classes on axis 1; ignores the label −100 unless told otherwise",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)",
            trap="the default is from_logits=False",
        ),
        FrameworkCall(
            "optax",
            "optax.losses.softmax_cross_entropy_with_integer_labels(y_pred, y_true)",
            trap="logits first",
        ),
    ),
    lesson=23,
)

ENTRIES = (
    BINARY_CROSS_ENTROPY,
    BINARY_CROSS_ENTROPY_WITH_LOGITS,
    CATEGORICAL_CROSS_ENTROPY,
    CATEGORICAL_CROSS_ENTROPY_WITH_LOGITS,
    SPARSE_CATEGORICAL_CROSS_ENTROPY,
    SPARSE_CATEGORICAL_CROSS_ENTROPY_WITH_LOGITS,
)
