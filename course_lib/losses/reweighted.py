"""Cross-entropies with another emphasis: weighted by class, by difficulty (focal), or with smoothed labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations import sigmoid, softmax
from course_lib.losses.checks import binary_labels, class_rows, class_weights
from course_lib.losses.classification import expected_cost, shares_minus, surprise
from course_lib.spec import (
    NON_NEGATIVE,
    POSITIVE,
    REALS,
    UNIT,
    Array,
    FrameworkCall,
    Interval,
    Loss,
    LossClaims,
    Param,
    Source,
    Trait,
    Use,
)

BELOW_ONE = Interval(0.0, 1.0, low_closed=True)

POS_WEIGHT = Param("pos_weight", 1.0, POSITIVE, "w, how many times a missed 1 counts")
SMOOTHING = Param("smoothing", 0.1, BELOW_ONE, "s, the share of each label that is spread over all classes")
GAMMA = Param("gamma", 2.0, NON_NEGATIVE, "how fast easy examples fade; 0 is binary cross-entropy")


@np.errstate(over="ignore", invalid="ignore")
def weighted_binary_cross_entropy_with_logits(y_true: ArrayLike, logits: ArrayLike, pos_weight: float = 1.0) -> Array:
    """w·y·log(1 + e^−z) + (1 − y)·log(1 + e^z) per example, same shape: a missed 1 costs w times a false alarm."""
    y_true, logits = binary_labels(y_true, logits, "logits", soft=True)
    pos_weight = POS_WEIGHT.checked(pos_weight)
    size, positive = np.abs(logits), logits > 0
    missed, false_alarm = pos_weight * y_true, 1 - y_true
    wrong = missed * ~positive + false_alarm * positive
    linear = size * wrong
    if np.any(np.isinf(size)):
        # An infinite logit with the right sign costs nothing: 0·∞ is 0 here.
        linear = np.where(wrong == 0, 0, linear)
    return linear + (missed + false_alarm) * np.log1p(np.exp(-size))


def weighted_binary_cross_entropy_with_logits_gradient(
    y_true: ArrayLike, logits: ArrayLike, pos_weight: float = 1.0
) -> Array:
    """∂/∂z = (1 − y)·σ(z) − w·y·σ(−z), same shape."""
    y_true, logits = binary_labels(y_true, logits, "logits", soft=True)
    pos_weight = POS_WEIGHT.checked(pos_weight)
    return (1 - y_true) * sigmoid(logits) - pos_weight * y_true * sigmoid(-logits)


def weighted_categorical_cross_entropy_with_logits(
    y_true: ArrayLike, logits: ArrayLike, class_weights: ArrayLike
) -> Array:
    """−Σ_k w_k y_k log softmax(z)_k per example, (n, k) → (n,); class_weights is (k,), all ≥ 0.

    .mean() of it divides by n. PyTorch's mean divides by the weights that were used, Σ w_y.
    """
    y_true, logits = class_rows(y_true, logits, "logits")
    return expected_cost(y_true * _weights(class_weights, logits), surprise(logits))


def weighted_categorical_cross_entropy_with_logits_gradient(
    y_true: ArrayLike, logits: ArrayLike, class_weights: ArrayLike
) -> Array:
    """∂/∂z = (Σ_k w_k y_k)·softmax(z) − w·y, (n, k): w_y (softmax(z) − y) for one-hot rows; each row sums to 0."""
    y_true, logits = class_rows(y_true, logits, "logits")
    weights = _weights(class_weights, logits)
    share = softmax(logits)
    total = (weights * y_true).sum(axis=-1, keepdims=True)
    # With a label of exactly 1 the bracket softmax − y keeps its digits; soft labels have no such bracket.
    certain = (y_true == 1).any(axis=-1, keepdims=True)
    return np.where(certain, total * shares_minus(y_true, share), total * share - weights * y_true)


def _weights(weights: ArrayLike, logits: Array) -> Array:
    return class_weights(weights, logits.shape[-1]).astype(logits.dtype, copy=False)


def label_smoothing_with_logits(y_true: ArrayLike, logits: ArrayLike, smoothing: float = 0.1) -> Array:
    """Cross-entropy with the labels (1 − s)·y + s/k instead of y, per example, (n, k) → (n,), in nats."""
    y_true, logits = class_rows(y_true, logits, "logits")
    return expected_cost(_smoothed(y_true, smoothing), surprise(logits))


def label_smoothing_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike, smoothing: float = 0.1) -> Array:
    """∂/∂z = softmax(z) − ((1 − s)·y + s/k), (n, k); each row sums to 0."""
    y_true, logits = class_rows(y_true, logits, "logits")
    return shares_minus(_smoothed(y_true, smoothing), softmax(logits))


def _smoothed(y_true: Array, smoothing: float) -> Array:
    smoothing = SMOOTHING.checked(smoothing)
    return (1 - smoothing) * y_true + smoothing / y_true.shape[-1]


@np.errstate(over="ignore")
def focal_with_logits(y_true: ArrayLike, logits: ArrayLike, gamma: float = 2.0) -> Array:
    """−(1 − p_t)^γ log p_t per example, same shape; p_t is the probability given to the label that came.

    y_true holds 0 and 1. With the margin m = z for y = 1 and −z for y = 0: p_t = σ(m), 1 − p_t = σ(−m). γ = 0 is
    binary cross-entropy.
    """
    margin, gamma = _margin(y_true, logits, gamma)
    cost = np.maximum(-margin, 0) + np.log1p(np.exp(-np.abs(margin)))
    return sigmoid(-margin) ** gamma * cost


@np.errstate(over="ignore", invalid="ignore")
def focal_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike, gamma: float = 2.0) -> Array:
    """∂/∂z = ∓(1 − p_t)^γ · (γ p_t (−log p_t) + 1 − p_t), same shape: minus for y = 1, plus for y = 0."""
    margin, gamma = _margin(y_true, logits, gamma)
    cost = np.maximum(-margin, 0) + np.log1p(np.exp(-np.abs(margin)))
    hit, miss = sigmoid(margin), sigmoid(-margin)
    # p_t·(−log p_t) tends to 0 where p_t does; in floating point it would be 0·∞ there.
    pull = np.where(hit == 0, 0, gamma * hit * cost)
    sign = np.where(np.asarray(y_true) == 1, -1, 1).astype(margin.dtype)
    return sign * miss**gamma * (pull + miss)


def _margin(y_true: ArrayLike, logits: ArrayLike, gamma: float) -> tuple[Array, float]:
    y_true, logits = binary_labels(y_true, logits, "logits", soft=False)
    return (2 * y_true - 1) * logits, GAMMA.checked(gamma)


def _focal_claims(gamma: float = 2.0) -> LossClaims:
    # The steepest point has no closed form; the slope has a single peak over the logit, left of 5 for every γ ≥ 0.
    from scipy.optimize import minimize_scalar

    steepest = minimize_scalar(
        lambda z: float(focal_with_logits_gradient(1.0, z, gamma=gamma)), bounds=(-60, 5), method="bounded"
    )
    return LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="mean" if gamma == 0 else "none",
        convex_in_prediction=gamma == 0,
        gradient_bound=max(1.0, -float(steepest.fun)),
        zero_when_perfect=False,
    )


WEIGHTED_BINARY_CROSS_ENTROPY_WITH_LOGITS = Loss(
    name="weighted_binary_cross_entropy_with_logits",
    title="Weighted binary cross-entropy from logits",
    family="reweighted",
    says="Binary cross-entropy in which missing a 1 costs w times as much as a false alarm.",
    formula=r"\ell(y, z) = w\,y \log(1 + e^{-z}) + (1 - y) \log(1 + e^{z})",
    gradient_formula=r"\frac{\partial \ell}{\partial z} = (1 - y)\,\sigma(z) - w\,y\,\sigma(-z)",
    function=weighted_binary_cross_entropy_with_logits,
    gradient=weighted_binary_cross_entropy_with_logits_gradient,
    target="binary",
    prediction="logit",
    params=(POS_WEIGHT,),
    claims=lambda pos_weight=1.0: LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="mean" if pos_weight == 1 else "weighted mean",
        convex_in_prediction=True,
        gradient_bound=max(1.0, pos_weight),
        zero_when_perfect=False,
    ),
    strengths=(
        Trait(
            "Rare positives get a say without being copied: weight w acts as w copies.",
            "test_losses.py::test_pos_weight_acts_as_copies",
        ),
    ),
    weaknesses=(
        Trait(
            "The predicted probability is no longer the share of ones: it has to be corrected before use.",
            "test_losses.py::test_minimiser",
        ),
    ),
    used=(
        Use(
            "Edge detection, where nine pixels in ten are background",
            Source("Xie & Tu", 2015, "Holistically-Nested Edge Detection, arXiv:1504.06375"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.binary_cross_entropy_with_logits(y_pred, y_true, reduction='none', "
            "pos_weight=torch.tensor(pos_weight))",
            trap="pos_weight weighs the ones, weight= weighs examples; the mean divides by n",
        ),
    ),
)

WEIGHTED_CATEGORICAL_CROSS_ENTROPY_WITH_LOGITS = Loss(
    name="weighted_categorical_cross_entropy_with_logits",
    title="Weighted cross-entropy from logits",
    family="reweighted",
    says="Cross-entropy in which each class has its own price.",
    formula=r"\ell(y, z) = -\sum_k w_k\,y_k \log \mathrm{softmax}(z)_k",
    gradient_formula=r"\frac{\partial \ell}{\partial z} = (\sum_k w_k\,y_k)\,\mathrm{softmax}(z) - w\,y",
    function=weighted_categorical_cross_entropy_with_logits,
    gradient=weighted_categorical_cross_entropy_with_logits_gradient,
    target="one-hot",
    prediction="logits",
    third="class weights",
    per="example",
    claims=lambda: LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="weighted mean",
        convex_in_prediction=True,
        gradient_bound=float("inf"),
        zero_when_perfect=False,
    ),
    strengths=(
        Trait("Rare classes get a say: the best shares are proportional to w·share.", "test_losses.py::test_minimiser"),
    ),
    weaknesses=(
        Trait("The predicted shares are no longer the classes' shares.", "test_losses.py::test_minimiser"),
        Trait(
            "Libraries divide the weighted sum by n or by the sum of the weights.",
            "test_frameworks_losses.py::test_class_weights_have_two_means",
        ),
    ),
    used=(
        Use(
            "Long-tailed data sets, with weights from the effective number of examples",
            Source("Cui, Jia, Lin, Song & Belongie", 2019, "Class-Balanced Loss, arXiv:1901.05555"),
        ),
        Use(
            "Segmentation of cells (U-Net), with more weight on rare classes and on borders between cells that touch",
            Source("Ronneberger, Fischer & Brox", 2015, "U-Net, §3, arXiv:1505.04597"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.cross_entropy(y_pred, y_true, weight=class_weights, reduction='none')",
            trap="with class numbers the mean divides by the sum of the weights used, with one-hot rows by n",
        ),
    ),
)

LABEL_SMOOTHING_WITH_LOGITS = Loss(
    name="label_smoothing_with_logits",
    title="Label smoothing",
    family="reweighted",
    says="Cross-entropy that asks for a little less than certainty: a share s of each label goes to all classes alike.",
    formula=r"\ell(y, z) = -\sum_k ((1 - s)\,y_k + \frac{s}{K}) \log \mathrm{softmax}(z)_k",
    gradient_formula=r"\frac{\partial \ell}{\partial z} = \mathrm{softmax}(z) - (1 - s)\,y - \frac{s}{K}",
    function=label_smoothing_with_logits,
    gradient=label_smoothing_with_logits_gradient,
    target="one-hot",
    prediction="logits",
    per="example",
    params=(SMOOTHING,),
    claims=lambda smoothing=0.1: LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="smoothed mean" if smoothing > 0 else "mean",
        convex_in_prediction=True,
        gradient_bound=1.0,
        zero_when_perfect=False,
    ),
    strengths=(
        Trait(
            "The best logits are finite, so training does not push them apart for ever.",
            "test_losses.py::test_label_smoothing_has_finite_best_logits",
        ),
    ),
    weaknesses=(
        Trait(
            "The predicted shares are pulled towards 1/K: less sure than the data.", "test_losses.py::test_minimiser"
        ),
        Trait("A perfect prediction does not cost 0.", "test_losses.py::test_label_smoothing_has_finite_best_logits"),
    ),
    used=(
        Use(
            "Image classification",
            Source(
                "Szegedy, Vanhoucke, Ioffe, Shlens & Wojna",
                2016,
                "Rethinking the Inception Architecture, §7, arXiv:1512.00567",
            ),
        ),
        Use(
            "Machine translation with a transformer",
            Source("Vaswani et al.", 2017, "Attention Is All You Need, §5.4, arXiv:1706.03762"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.cross_entropy(y_pred, y_true, label_smoothing=smoothing, reduction='none')",
            trap="the true class gets 1 − s + s/K, not 1 − s",
        ),
        FrameworkCall(
            "keras",
            "keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True, label_smoothing=smoothing)",
            trap="the default is from_logits=False; the sparse form has no label_smoothing",
        ),
        FrameworkCall(
            "optax",
            "optax.losses.softmax_cross_entropy(y_pred, optax.losses.smooth_labels(y_true, smoothing))",
            trap="smoothing is a step of its own",
        ),
    ),
)

FOCAL_WITH_LOGITS = Loss(
    name="focal_with_logits",
    title="Focal loss",
    family="reweighted",
    says="Cross-entropy that fades out examples already right: the surer and righter, the less they count.",
    formula=(
        r"\ell = -(1 - p_t)^{\gamma} \log p_t, \quad "
        r"p_t = \sigma(z)\ \mathrm{if}\ y = 1,\ 1 - \sigma(z)\ \mathrm{if}\ y = 0"
    ),
    gradient_formula=(
        r"\frac{\partial \ell}{\partial z} = (1 - 2y)\,(1 - p_t)^{\gamma}\,(1 - p_t - \gamma\,p_t \log p_t)"
    ),
    function=focal_with_logits,
    gradient=focal_with_logits_gradient,
    target="binary",
    prediction="logit",
    params=(GAMMA,),
    claims=_focal_claims,
    strengths=(
        Trait("Many easy examples no longer drown a few hard ones.", "test_losses.py::test_focal_fades_easy_examples"),
    ),
    weaknesses=(
        Trait(
            "The predicted probability is no longer the share of ones: it is pulled towards 1/2.",
            "test_losses.py::test_focal_is_pulled_towards_one_half",
        ),
        Trait("Not convex in the logit.", "test_losses.py::test_not_convex"),
    ),
    used=(
        Use(
            "Object detectors that look at a hundred thousand boxes, nearly all of them background",
            Source(
                "Lin, Goyal, Girshick, He & Dollár", 2017, "Focal Loss for Dense Object Detection, §3, arXiv:1708.02002"
            ),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.binary_focal_crossentropy(y_true[:, None], y_pred[:, None], from_logits=True, gamma=gamma)",
            trap="goes through the sigmoid even from logits and clips it to 1e−7; alpha=0.25 counts only with "
            "apply_class_balancing=True",
        ),
        FrameworkCall(
            "optax",
            "optax.losses.sigmoid_focal_loss(y_pred, y_true, gamma=gamma)",
            trap="logits first; alpha is off by default",
        ),
    ),
)

ENTRIES = (
    WEIGHTED_BINARY_CROSS_ENTROPY_WITH_LOGITS,
    WEIGHTED_CATEGORICAL_CROSS_ENTROPY_WITH_LOGITS,
    LABEL_SMOOTHING_WITH_LOGITS,
    FOCAL_WITH_LOGITS,
)
