"""Losses of the margin m = y·score with labels −1 and +1: positive when the sign is right, large when it is clear."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.losses.checks import sign_labels
from course_lib.spec import REALS, Array, FrameworkCall, Interval, Kink, Loss, LossClaims, Source, Trait, Use

SIGNS = Interval(-1.0, 1.0, low_closed=True, high_closed=True)


def zero_one(y_true: ArrayLike, scores: ArrayLike) -> Array:
    """1 where the score's sign is not the label's, else 0; same shape; .mean() of it is 1 − accuracy.

    y_true holds −1 and +1. A score of 0 takes no side and counts as a mistake.
    """
    y_true, scores = sign_labels(y_true, scores)
    margin = y_true * scores
    mistake = (margin <= 0).astype(margin.dtype)
    return np.where(np.isnan(margin), margin, mistake)


def zero_one_gradient(y_true: ArrayLike, scores: ArrayLike) -> Array:
    """∂/∂score: 0 everywhere (0 is returned at the jump too), which is why no network is trained with it."""
    y_true, scores = sign_labels(y_true, scores)
    margin = y_true * scores
    return np.where(np.isnan(margin), margin, 0)


@np.errstate(over="ignore")
def hinge(y_true: ArrayLike, scores: ArrayLike) -> Array:
    """max(0, 1 − y·score) per example, same shape; y_true holds −1 and +1, scores are raw (no sigmoid)."""
    y_true, scores = sign_labels(y_true, scores)
    return np.maximum(1 - y_true * scores, 0)


def hinge_gradient(y_true: ArrayLike, scores: ArrayLike) -> Array:
    """∂/∂score: −y where the margin is below 1, else 0 (0 at the kink); same shape."""
    y_true, scores = sign_labels(y_true, scores)
    margin = y_true * scores
    return np.where(np.isnan(margin), margin, np.where(margin < 1, -y_true, 0))


@np.errstate(over="ignore")
def squared_hinge(y_true: ArrayLike, scores: ArrayLike) -> Array:
    """max(0, 1 − y·score)² per example, same shape; y_true holds −1 and +1, scores are raw (no sigmoid)."""
    y_true, scores = sign_labels(y_true, scores)
    return np.square(np.maximum(1 - y_true * scores, 0))


@np.errstate(over="ignore")
def squared_hinge_gradient(y_true: ArrayLike, scores: ArrayLike) -> Array:
    """∂/∂score: −2y · max(0, 1 − y·score), same shape; continuous, so no kink."""
    y_true, scores = sign_labels(y_true, scores)
    return -2 * y_true * np.maximum(1 - y_true * scores, 0)


ZERO_ONE = Loss(
    name="zero_one",
    title="0–1 loss",
    family="margin",
    says="What we care about: 1 for a mistake, 0 for a hit.",
    formula=r"\ell(y, s) = [\,y\,s \leq 0\,]",
    gradient_formula=r"\frac{\partial \ell}{\partial s} = 0 \quad (s \neq 0)",
    function=zero_one,
    gradient=zero_one_gradient,
    target="sign",
    prediction="logit",
    claims=lambda: LossClaims(
        target=SIGNS,
        prediction=REALS,
        minimiser="mode",
        convex_in_prediction=False,
        gradient_bound=0.0,
        kinks=(Kink(at=0.0, left=0.0, right=0.0, returned=0.0, jump=-1.0),),
    ),
    strengths=(
        Trait(
            "Its mean is the share of mistakes, 1 − accuracy.", "test_losses.py::test_zero_one_is_one_minus_accuracy"
        ),
        Trait("Its best constant is the commonest label.", "test_losses.py::test_minimiser"),
    ),
    weaknesses=(
        Trait(
            "Flat wherever it is differentiable: gradient descent gets no direction.",
            "test_losses.py::test_gradient_bound",
        ),
        Trait("Not convex in the score.", "test_losses.py::test_not_convex"),
    ),
    used=(
        Use(
            "The risk that convex surrogates stand in for",
            Source("Bartlett, Jordan & McAuliffe", 2006, "JASA 101(473), doi:10.1198/016214505000000907"),
        ),
    ),
    lesson=15,
)

HINGE = Loss(
    name="hinge",
    title="Hinge loss",
    family="margin",
    says="Nothing to pay once the margin is 1; below it, every unit costs one.",
    formula=r"\ell(y, s) = \max(0,\ 1 - y\,s)",
    gradient_formula=r"\frac{\partial \ell}{\partial s} = -y \ \mathrm{if}\ y\,s < 1, \quad 0 \ \mathrm{if}\ y\,s > 1",
    function=hinge,
    gradient=hinge_gradient,
    target="sign",
    prediction="logit",
    claims=lambda: LossClaims(
        target=SIGNS,
        prediction=REALS,
        minimiser="mode",
        convex_in_prediction=True,
        gradient_bound=1.0,
        kinks=(Kink(at=1.0, left=-1.0, right=0.0, returned=0.0),),
    ),
    strengths=(
        Trait(
            "Convex and never below the 0–1 loss, so a small hinge loss bounds the share of mistakes.",
            "test_losses.py::test_surrogates_lie_above_the_zero_one_loss",
        ),
        Trait("Examples with a clear margin drop out of the gradient.", "test_losses.py::test_kinks"),
    ),
    weaknesses=(
        Trait(
            "The best score is the commonest label, so it says nothing about probability.",
            "test_losses.py::test_minimiser",
        ),
        Trait("Labels 0/1 instead of −1/+1 would give a flat 1 at label 0.", "test_losses.py::test_bad_labels"),
    ),
    used=(
        Use(
            "Support vector machines",
            Source("Cortes & Vapnik", 1995, "Machine Learning 20, doi:10.1007/BF00994018"),
        ),
        Use(
            "Discriminators of generative adversarial networks",
            Source("Miyato, Kataoka, Koyama & Yoshida", 2018, "Spectral Normalization for GANs, §4, arXiv:1802.05957"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.hinge(y_true[:, None], y_pred[:, None])",
            trap="turns labels 0/1 into −1/+1, but only if the whole batch is 0/1",
        ),
        FrameworkCall(
            "optax", "optax.losses.hinge_loss(y_pred, y_true)", trap="score first; does not convert labels 0/1"
        ),
    ),
)

SQUARED_HINGE = Loss(
    name="squared_hinge",
    title="Squared hinge loss",
    family="margin",
    says="The hinge, squared: no corner, and large mistakes cost more.",
    formula=r"\ell(y, s) = \max(0,\ 1 - y\,s)^2",
    gradient_formula=r"\frac{\partial \ell}{\partial s} = -2\,y \max(0,\ 1 - y\,s)",
    function=squared_hinge,
    gradient=squared_hinge_gradient,
    target="sign",
    prediction="logit",
    claims=lambda: LossClaims(
        target=SIGNS, prediction=REALS, minimiser="mean", convex_in_prediction=True, gradient_bound=math.inf
    ),
    strengths=(
        Trait("Its gradient is continuous.", "test_losses.py::test_gradient_is_the_slope"),
        Trait("The best score is the mean of the labels, 2·share − 1.", "test_losses.py::test_minimiser"),
    ),
    weaknesses=(
        Trait(
            "The gradient grows with the mistake, so outliers rule as with MSE.", "test_losses.py::test_gradient_bound"
        ),
    ),
    used=(
        Use(
            "Last layer of a network as a support vector machine",
            Source("Tang", 2013, "Deep Learning using Linear Support Vector Machines, §2, arXiv:1306.0239"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "keras",
            "keras.losses.squared_hinge(y_true[:, None], y_pred[:, None])",
            trap="turns labels 0/1 into −1/+1, but only if the whole batch is 0/1",
        ),
    ),
)

ENTRIES = (ZERO_ONE, HINGE, SQUARED_HINGE)
