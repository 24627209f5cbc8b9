"""Losses of overlap: how well two masks cover each other, whatever the size of the background.

The pixels lie on the last axis: reshape images (n, height, width) to (n, height·width). One value per mask.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import require
from course_lib.losses.checks import binary_labels
from course_lib.spec import POSITIVE, UNIT, Array, FrameworkCall, Interval, Loss, LossClaims, Param, Source, Trait, Use

UP_TO_ONE = Interval(0.0, 1.0, high_closed=True)

SMOOTH = Param("smooth", 1.0, POSITIVE, "s, added above and below, so that empty masks are defined")
ALPHA = Param("alpha", 0.5, UP_TO_ONE, "α, the price of a false alarm")
BETA = Param("beta", 0.5, UP_TO_ONE, "β, the price of a miss")


def _masks(y_true: ArrayLike, y_prob: ArrayLike) -> tuple[Array, Array]:
    y_true, y_prob = binary_labels(y_true, y_prob, "y_prob", soft=False)
    require(y_prob, UNIT, "y_prob", "each pixel holds a probability; a sigmoid makes it from a logit")
    if y_true.ndim == 0:
        raise ValueError("y_true and y_prob need an axis of pixels, (n, pixels) or (pixels,); got a single number")
    return y_true, y_prob


def dice(y_true: ArrayLike, y_prob: ArrayLike, smooth: float = 1.0) -> Array:
    """1 − (2 Σ y p + s) / (Σ y + Σ p + s) per mask, (n, pixels) → (n,); y is 0 or 1, p in [0, 1].

    `smooth` keeps an empty mask with an empty prediction at 0 instead of 0/0. Written Σ|y − p| / (Σ y + Σ p + s),
    which is the same for labels 0 and 1 and keeps the digits of a nearly perfect overlap.
    """
    y_true, y_prob = _masks(y_true, y_prob)
    smooth = SMOOTH.checked(smooth)
    return np.abs(y_true - y_prob).sum(axis=-1) / ((y_true + y_prob).sum(axis=-1) + smooth)


def dice_gradient(y_true: ArrayLike, y_prob: ArrayLike, smooth: float = 1.0) -> Array:
    """∂/∂p: −(1 + loss)/D inside the mask, (1 − loss)/D outside, with D = Σ y + Σ p + s; (n, pixels)."""
    y_true, y_prob = _masks(y_true, y_prob)
    smooth = SMOOTH.checked(smooth)
    total = (y_true + y_prob).sum(axis=-1, keepdims=True) + smooth
    loss = np.abs(y_true - y_prob).sum(axis=-1, keepdims=True) / total
    overlap = (2 * (y_true * y_prob).sum(axis=-1, keepdims=True) + smooth) / total
    return np.where(y_true == 1, -(1 + loss), overlap) / total


def tversky(y_true: ArrayLike, y_prob: ArrayLike, alpha: float = 0.5, beta: float = 0.5, smooth: float = 1.0) -> Array:
    """1 − (TP + s) / (TP + α·FP + β·FN + s) per mask, (n, pixels) → (n,), with soft counts.

    TP = Σ y p (hits), FP = Σ (1 − y) p (false alarms, priced α), FN = Σ y (1 − p) (misses, priced β).
    α = β = ½ is the Dice loss with twice the smoothing.
    """
    y_true, y_prob = _masks(y_true, y_prob)
    alpha, beta, smooth = _prices(alpha, beta, smooth)
    hits, missing = _hits_and_missing(y_true, y_prob, alpha, beta, smooth)
    return (missing / (hits + missing))[..., 0]


def tversky_gradient(
    y_true: ArrayLike, y_prob: ArrayLike, alpha: float = 0.5, beta: float = 0.5, smooth: float = 1.0
) -> Array:
    """∂/∂p = −(β H + M)/(H + M)² inside the mask, α H/(H + M)² outside; H = TP + s, M = α·FP + β·FN; (n, pixels)."""
    y_true, y_prob = _masks(y_true, y_prob)
    alpha, beta, smooth = _prices(alpha, beta, smooth)
    hits, missing = _hits_and_missing(y_true, y_prob, alpha, beta, smooth)
    total = hits + missing
    slope = np.where(y_true == 1, -(beta * hits + missing) / total, alpha * hits / total)
    return slope / total


def _prices(alpha: float, beta: float, smooth: float) -> tuple[float, float, float]:
    return (
        ALPHA.checked(alpha),
        BETA.checked(beta),
        SMOOTH.checked(smooth),
    )


def _hits_and_missing(y_true: Array, y_prob: Array, alpha: float, beta: float, smooth: float) -> tuple[Array, Array]:
    hits = (y_true * y_prob).sum(axis=-1, keepdims=True) + smooth
    false_alarms = ((1 - y_true) * y_prob).sum(axis=-1, keepdims=True)
    misses = (y_true * (1 - y_prob)).sum(axis=-1, keepdims=True)
    return hits, alpha * false_alarms + beta * misses


DICE = Loss(
    name="dice",
    title="Dice loss",
    family="overlap",
    says="One minus twice the overlap over the sum of both areas.",
    formula=r"\ell(y, p) = 1 - \frac{2 \sum_k y_k\,p_k + s}{\sum_k y_k + \sum_k p_k + s}",
    gradient_formula=(
        r"\frac{\partial \ell}{\partial p_k} = \frac{1 - \ell - 2\,y_k}{D}, \quad D = \sum_k y_k + \sum_k p_k + s"
    ),
    function=dice,
    gradient=dice_gradient,
    target="mask",
    prediction="mask",
    per="example",
    params=(SMOOTH,),
    claims=lambda smooth=1.0: LossClaims(
        target=UNIT, prediction=UNIT, minimiser="none", convex_in_prediction=False, gradient_bound=1 / smooth
    ),
    strengths=(
        Trait(
            "Adding empty background changes nothing, so small structures count.",
            "test_losses.py::test_overlap_ignores_background",
        ),
    ),
    weaknesses=(
        Trait("Not convex in the prediction.", "test_losses.py::test_not_convex"),
        Trait(
            "One pixel of a small structure weighs far more than one of a large structure.",
            "test_losses.py::test_overlap_is_harsh_on_small_masks",
        ),
    ),
    used=(
        Use(
            "Segmentation of medical volumes (with squares in the denominator)",
            Source("Milletari, Navab & Ahmadi", 2016, "V-Net, §3, arXiv:1606.04797"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.dice(y_true, y_pred, axis=-1)",
            trap="axis=None is the default: one number for the whole batch; its smoothing is 1e−7 and stands only "
            "below the bar",
            differs=True,
        ),
        FrameworkCall(
            "optax",
            "optax.losses.dice_loss(jax.scipy.special.logit(y_pred)[..., None], y_true[..., None], smooth=smooth / 2)",
            trap="takes logits, with an axis of classes at the end; its smooth is half of ours",
        ),
    ),
)

TVERSKY = Loss(
    name="tversky",
    title="Tversky loss",
    family="overlap",
    says="Dice with separate prices for false alarms (α) and misses (β).",
    formula=(
        r"\ell(y, p) = 1 - \frac{TP + s}{TP + \alpha\,FP + \beta\,FN + s}, \quad TP = \sum_k y_k\,p_k, \quad "
        r"FP = \sum_k (1 - y_k)\,p_k, \quad FN = \sum_k y_k\,(1 - p_k)"
    ),
    gradient_formula=(
        r"\frac{\partial \ell}{\partial p_k} = \frac{\alpha H}{(H + M)^2}\ \mathrm{if}\ y_k = 0, \quad "
        r"-\frac{\beta H + M}{(H + M)^2}\ \mathrm{if}\ y_k = 1, \quad H = TP + s,\ M = \alpha\,FP + \beta\,FN"
    ),
    function=tversky,
    gradient=tversky_gradient,
    target="mask",
    prediction="mask",
    per="example",
    params=(
        ALPHA,
        BETA,
        SMOOTH,
    ),
    claims=lambda alpha=0.5, beta=0.5, smooth=1.0: LossClaims(
        target=UNIT,
        prediction=UNIT,
        minimiser="none",
        convex_in_prediction=False,
        gradient_bound=max(alpha / smooth, _steepest_inside(beta, smooth)),
    ),
    strengths=(
        Trait(
            "A larger β buys fewer misses at the price of false alarms.",
            "test_losses.py::test_tversky_prices_misses_and_false_alarms",
        ),
    ),
    weaknesses=(
        Trait("Two more numbers to choose.", "test_losses.py::test_tversky_at_one_half_is_dice"),
        Trait(
            "Libraries disagree about which letter is which.",
            "test_frameworks_losses.py::test_keras_tversky_swaps_alpha_and_beta",
        ),
    ),
    used=(
        Use(
            "Lesions that fill a tiny part of a scan",
            Source("Salehi, Erdogmus & Gholipour", 2017, "Tversky loss function, arXiv:1706.05721"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.tversky(y_true, y_pred, alpha=alpha, beta=beta, axis=-1)",
            trap="alpha multiplies the misses and beta the false alarms, the reverse of its documentation; smoothing "
            "1e−7 below the bar only",
            differs=True,
        ),
        FrameworkCall(
            "optax",
            "optax.losses.dice_loss(jax.scipy.special.logit(y_pred)[..., None], y_true[..., None], alpha=alpha, "
            "beta=beta, smooth=smooth)",
            trap="found under the name dice_loss; takes logits, with an axis of classes at the end",
        ),
    ),
)


def _steepest_inside(beta: float, smooth: float) -> float:
    """The largest (β H + M)/(H + M)² with H ≥ s and M ≥ β, the slope inside the mask of a pixel given 0."""
    # In M the slope rises up to M = s(1 − 2β) and falls beyond; H is best at its least, s.
    missing = max(beta, smooth * (1 - 2 * beta))
    return (beta * smooth + missing) / (smooth + missing) ** 2


ENTRIES = (DICE, TVERSKY)
