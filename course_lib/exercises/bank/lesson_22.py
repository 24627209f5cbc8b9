"""Lesson 22, Binary cross-entropy: write it from logits, its gradient, repair it, price a guess, compare two models."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Misconception, Probe, Tolerance

Array = NDArray[Any]


def _sigmoid(z: Array) -> Array:
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


def _draw_logits(rng: np.random.Generator) -> list[Probe]:
    labels = rng.permutation([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    return [
        Probe("six random examples", (labels, np.round(rng.normal(0, 3, 6), 3))),
        Probe("a random 2-D array", (rng.permutation(labels).reshape(2, 3), np.round(rng.normal(0, 3, (2, 3)), 3))),
    ]


# --- 22-bce-with-logits ----------------------------------------------------------------------------------------------


def bce_with_logits(y_true: Array, logits: Array) -> Array:
    # The first two terms are what a certain answer costs; log1p adds what is left of the doubt.
    return np.maximum(logits, 0) - logits * y_true + np.log1p(np.exp(-np.abs(logits)))


def bce_with_logits_by_sign(y_true: Array, logits: Array) -> Array:
    return np.logaddexp(0, (1 - 2 * y_true) * logits)


def bce_with_logits_by_logaddexp(y_true: Array, logits: Array) -> Array:
    return np.logaddexp(0, logits) - y_true * logits


def bce_with_logits_by_loop(y_true: Array, logits: Array) -> Any:
    costs = []
    for y, z in zip(y_true.ravel().tolist(), logits.ravel().tolist(), strict=True):
        wrong_by = -z if y == 1 else z
        costs.append(max(wrong_by, 0) + math.log1p(math.exp(-abs(wrong_by))))
    return np.reshape(costs, logits.shape)


def _through_probabilities(y_true: Array, logits: Array) -> Array:
    p = _sigmoid(logits)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


def _loss_forgot_the_minus(y_true: Array, logits: Array) -> Array:
    return -bce_with_logits(y_true, logits)


def _labels_swapped(y_true: Array, logits: Array) -> Array:
    return bce_with_logits(1 - y_true, logits)


def _only_positive_examples(y_true: Array, logits: Array) -> Array:
    return y_true * np.logaddexp(0, -logits)


def _epsilon_in_the_log(y_true: Array, logits: Array) -> Array:
    p = _sigmoid(logits)
    return -(y_true * np.log(p + 1e-7) + (1 - y_true) * np.log(1 - p + 1e-7))


def _clipped_probabilities(y_true: Array, logits: Array) -> Array:
    p = np.clip(_sigmoid(logits), 1e-7, 1 - 1e-7)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


def _softplus_overflows(y_true: Array, logits: Array) -> Array:
    return np.log(1 + np.exp(logits)) - y_true * logits


def _clipped_at_the_last_digit(y_true: Array, logits: Array) -> Array:
    p = np.clip(_sigmoid(logits), 1e-15, 1 - 1e-15)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


def _each_case_overflows(y_true: Array, logits: Array) -> Array:
    return np.where(y_true == 1, np.log1p(np.exp(-logits)), np.log1p(np.exp(logits)))


def _without_absolute_value(y_true: Array, logits: Array) -> Array:
    return np.maximum(logits, 0) - logits * y_true + np.log1p(np.exp(-logits))


def _loss_squared_error(y_true: Array, logits: Array) -> Array:
    return (_sigmoid(logits) - y_true) ** 2


def _gradient_instead_of_loss(y_true: Array, logits: Array) -> Array:
    return _sigmoid(logits) - y_true


def _prediction_first(y_true: Array, logits: Array) -> Array:
    return bce_with_logits(logits, y_true)


def _mean_over_examples(y_true: Array, logits: Array) -> Any:
    return np.mean(bce_with_logits(y_true, logits))


def _base_two(y_true: Array, logits: Array) -> Array:
    return bce_with_logits(y_true, logits) / math.log(2)


def _logits_taken_for_probabilities(y_true: Array, logits: Array) -> Array:
    return -(y_true * np.log(logits) + (1 - y_true) * np.log(1 - logits))


BCE_WITH_LOGITS = Exercise(
    id="22-bce-with-logits",
    title="Cross-entropy straight from the logits",
    kind="function",
    names=("bce_with_logits",),
    points=4,
    difficulty="implement",
    objective="Compute the loss from logits without ever forming a probability that rounds to 0 or 1.",
    specification=(
        "y_true: float array of 0s and 1s, logits: float array of the same shape → array of that shape, one loss per "
        "element, in nats. Finite and free of NumPy warnings for logits between −1000 and 1000."
    ),
    probes=(
        Probe("logit zero", ([0.0, 1.0], [0.0, 0.0])),
        Probe("both signs", ([1.0, 1.0, 0.0, 0.0], [-2.0, 2.0, -2.0, 2.0])),
        Probe("confident and right", ([1.0, 0.0], [40.0, -40.0])),
        Probe("confident and wrong", ([0.0, 1.0], [40.0, -40.0])),
        Probe("extreme logits", ([1.0, 1.0, 0.0, 0.0], [-1000.0, 1000.0, -1000.0, 1000.0])),
        Probe("a 2-D array", ([[1.0, 0.0], [0.0, 1.0]], [[0.5, -1.0], [2.0, -3.0]])),
    ),
    draw=_draw_logits,
    reference=bce_with_logits,
    alternatives=(bce_with_logits_by_sign, bce_with_logits_by_logaddexp, bce_with_logits_by_loop),
    tolerance=Tolerance(
        1e-9,
        1e-12,
        "logaddexp(0, z) − z·y subtracts equal numbers where the answer is right; its error stays below 1e−13",
        terms=10.0,
    ),
    warnings_forbidden=True,
    partial=True,
    misconceptions=(
        Misconception(
            "through-probabilities",
            _through_probabilities,
            "The formula is right, the road is not: σ(40) rounds to 1, and then log(1 − σ) is log 0.",
            "Put the formula of σ into the logarithm and simplify on paper, so that only e^−|z| is left.",
            worth=0.5,
        ),
        Misconception(
            "epsilon-in-the-log",
            _epsilon_in_the_log,
            "The small number inside the logarithm hides the infinity: no mistake can cost more than 16 any more.",
            "Do without it: from the logits, nothing needs protecting.",
            worth=0.5,
        ),
        Misconception(
            "clipped-probabilities",
            _clipped_probabilities,
            "Clipping the probability puts a ceiling on the cost: from there on the loss is flat and teaches nothing.",
            "Do without probabilities: write the loss in terms of the logits.",
            worth=0.5,
        ),
        Misconception(
            "exponential-overflows",
            _softplus_overflows,
            "The formula is right for moderate logits. At z = 1000 the exponential overflows.",
            "Take max(z, 0) out of the logarithm; what stays inside is e^−|z|.",
            worth=0.5,
        ),
        Misconception(
            "each-case-overflows",
            _each_case_overflows,
            "Both cases are right on paper. Where the model is sure and wrong, the exponent is large and the "
            "exponential overflows.",
            "log(1 + e^a) is a + log(1 + e^−a): use the second form where a is positive.",
            worth=0.5,
        ),
        Misconception(
            "clipped-at-the-last-digit",
            _clipped_at_the_last_digit,
            "The clip is as near to 0 and 1 as it can be, and still no mistake costs more than 34.5: beyond, the loss "
            "is flat and teaches nothing.",
            "Do without probabilities: write the loss in terms of the logits.",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-absolute-value",
            _without_absolute_value,
            "Right for logits above 0 only. Below 0 the exponent is positive, and the doubt is counted far too high.",
            "Which sign must the exponent have, whatever the sign of z?",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-minus",
            _loss_forgot_the_minus,
            "The loss comes out negative: a better prediction would cost more. The minus in front is missing.",
            "Logarithms of probabilities are negative; a cost is not.",
            worth=0.25,
        ),
        Misconception(
            "labels-swapped",
            _labels_swapped,
            "The two labels are swapped: a large logit with y = 1 should be cheap, and here it is expensive.",
            "Write the case y = 1 on its own and look at the sign of z.",
            worth=0.25,
        ),
        Misconception(
            "only-positive-examples",
            _only_positive_examples,
            "Examples with y = 0 cost nothing here, so a model that always says yes would be perfect.",
            "Add the term for y = 0.",
            worth=0.25,
        ),
        Misconception(
            "prediction-first",
            _prediction_first,
            "The two arguments have changed places, as in PyTorch's order.",
            "In this course the label comes first: (y_true, logits).",
            worth=0.5,
        ),
        Misconception(
            "mean-instead-of-each",
            _mean_over_examples,
            "This is the mean. One loss per example is asked for; the mean is taken where the loss is used.",
            "Leave the last step away.",
            worth=0.5,
        ),
        Misconception(
            "base-two",
            _base_two,
            "These are bits (logarithm to base 2). The course, like Keras and PyTorch, counts in nats.",
            "Use the natural logarithm, np.log or np.log1p.",
            worth=0.5,
        ),
        Misconception(
            "logits-taken-for-probabilities",
            _logits_taken_for_probabilities,
            "The logits go into the logarithm as if they were probabilities. A logit may be any real number.",
            "The sigmoid belongs between the logit and the logarithm; then simplify.",
        ),
        Misconception(
            "squared-error",
            _loss_squared_error,
            "This is the squared error of the probability: the worst mistake costs 1. Cross-entropy has no ceiling.",
            "Take −log of the probability that was given to the label, then simplify.",
        ),
        Misconception(
            "gradient-instead-of-loss",
            _gradient_instead_of_loss,
            "This is the gradient, prediction minus label. The loss itself is asked for, and a loss is never negative.",
            "Start from −log of the probability that was given to the label.",
        ),
    ),
    hints=(
        "For y = 1 the loss is −log σ(z). What becomes of it when you put in σ(z) = 1/(1 + e^−z)?",
        "For y = 1 it is log(1 + e^−z), for y = 0 it is log(1 + e^z). Take max(z, 0) out so that the exponent is "
        "never positive.",
        "Three terms: the larger of z and 0, minus the product of z and y, plus log1p of e^−|z|.",
    ),
    explanation=(
        "−log σ(z) = log(1 + e^−z), and −log(1 − σ(z)) = log(1 + e^z). Both are max(z, 0) − z·y + log(1 + e^−|z|): "
        "the exponent is never positive, so nothing overflows, and log1p keeps the digits of a tiny cost. A logit of "
        "1000 on the wrong side costs 1000, not ∞."
    ),
)

# --- 22-bce-gradient -------------------------------------------------------------------------------------------------


def bce_gradient(y_true: Array, logits: Array) -> Array:
    return np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits))) - y_true


def bce_gradient_by_cases(y_true: Array, logits: Array) -> Array:
    return np.where(y_true == 1, -_sigmoid(-logits), _sigmoid(logits))


def bce_gradient_by_naive_sigmoid(y_true: Array, logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits)) - y_true


def bce_gradient_by_loop(y_true: Array, logits: Array) -> Any:
    pairs = zip(y_true.ravel().tolist(), logits.ravel().tolist(), strict=True)
    return np.array([0.5 * (1 + math.tanh(z / 2)) - y for y, z in pairs]).reshape(logits.shape)


def _gradient_sign_flipped(y_true: Array, logits: Array) -> Array:
    return y_true - _sigmoid(logits)


def _kept_sigma_prime(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    return (s - y_true) * s * (1 - s)


def _with_respect_to_probability(y_true: Array, logits: Array) -> Array:
    p = _sigmoid(logits)
    return (p - y_true) / (p * (1 - p))


def _logit_minus_label(y_true: Array, logits: Array) -> Array:
    return logits - y_true


def _divided_by_n(y_true: Array, logits: Array) -> Array:
    return (_sigmoid(logits) - y_true) / y_true.size


def _loss_itself(y_true: Array, logits: Array) -> Array:
    return bce_with_logits(y_true, logits)


def _gradient_of_the_full_square(y_true: Array, logits: Array) -> Array:
    return 2 * _kept_sigma_prime(y_true, logits)


def _overflowing_quotient(y_true: Array, logits: Array) -> Array:
    return np.exp(logits) / (1 + np.exp(logits)) - y_true


def _gradient_prediction_first(y_true: Array, logits: Array) -> Array:
    return _sigmoid(y_true) - logits


def _draw_moderate_logits(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe(
            "six random examples", (rng.permutation([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.round(rng.normal(0, 2, 6), 3))
        )
    ]


BCE_GRADIENT = Exercise(
    id="22-bce-gradient",
    title="What the logit hears",
    kind="function",
    names=("bce_gradient",),
    points=3,
    difficulty="implement",
    objective="Derive and write the gradient of the loss with respect to the logit.",
    specification=(
        "y_true: float array of 0s and 1s, logits: float array of the same shape → array of that shape: the "
        "derivative of each example's loss with respect to its own logit. Logits up to ±1000 must not give nan."
    ),
    probes=(
        Probe("logit zero", ([0.0, 1.0], [0.0, 0.0])),
        Probe("both signs", ([1.0, 1.0, 0.0, 0.0], [-2.0, 2.0, -2.0, 2.0])),
        Probe("confident and wrong", ([0.0, 1.0], [12.0, -12.0])),
        Probe("extreme logits", ([1.0, 1.0, 0.0, 0.0], [-1000.0, 1000.0, -1000.0, 1000.0])),
        Probe("a 2-D array", ([[1.0, 0.0], [0.0, 1.0]], [[0.5, -1.0], [2.0, -3.0]])),
    ),
    draw=_draw_moderate_logits,
    reference=bce_gradient,
    alternatives=(bce_gradient_by_cases, bce_gradient_by_naive_sigmoid, bce_gradient_by_loop),
    tolerance=Tolerance(
        1e-9, 1e-12, "σ(z) − y subtracts nearly equal numbers where the answer is right; what is left is exact to 1e−16"
    ),
    partial=True,
    misconceptions=(
        Misconception(
            "sign-flipped",
            _gradient_sign_flipped,
            "The size is right, the sign is not. With y = 1 a larger logit lowers the loss, so the slope is negative.",
            "Test one case in words: y = 1, z = 0. Should the loss rise or fall when z grows?",
            worth=0.5,
        ),
        Misconception(
            "kept-sigma-prime",
            _kept_sigma_prime,
            "A factor σ′(z) is left over. That is the gradient of half the squared error; cross-entropy cancels it.",
            "Multiply ∂L/∂p by σ′(z) = p(1 − p) and see what cancels.",
            worth=1 / 3,
        ),
        Misconception(
            "squared-error",
            _gradient_of_the_full_square,
            "This is the gradient of the squared error, with its 2 and its σ′(z). In cross-entropy σ′(z) cancels.",
            "Differentiate −log p instead of the square, then multiply by σ′(z) = p(1 − p).",
            worth=1 / 3,
        ),
        Misconception(
            "overflowing-quotient",
            _overflowing_quotient,
            "Right for moderate logits. At 1000 the exponential overflows, and infinity divided by infinity is nan.",
            "Write the sigmoid such that the power of e never has a large positive exponent.",
            worth=0.75,
        ),
        Misconception(
            "with-respect-to-probability",
            _with_respect_to_probability,
            "This is the slope with respect to the probability p. One link of the chain is missing: from p to the "
            "logit.",
            "Multiply by dp/dz.",
            worth=1 / 3,
        ),
        Misconception(
            "logit-minus-label",
            _logit_minus_label,
            "The label is subtracted from the logit. The two live on different scales.",
            "Turn the logit into a probability first.",
        ),
        Misconception(
            "prediction-first",
            _gradient_prediction_first,
            "The two arguments have changed places: the sigmoid is taken of the label.",
            "In this course the label comes first: (y_true, logits).",
            worth=0.5,
        ),
        Misconception(
            "divided-by-n",
            _divided_by_n,
            "This is the gradient of the mean over the examples. Each example's own loss is asked for.",
            "Leave the division by n away.",
            worth=0.5,
        ),
        Misconception(
            "loss-instead-of-gradient",
            _loss_itself,
            "This is the loss. How fast does it change with the logit?",
            "Differentiate log(1 + e^z) and compare with a function that you know.",
        ),
    ),
    hints=(
        "By the chain rule ∂L/∂z = ∂L/∂p · dp/dz. Which two factors cancel?",
        "With y = 1 the slope is −(1 − p), with y = 0 it is p. Can one expression say both?",
        "The gradient is how far the predicted probability lies above the label: a sigmoid and one subtraction.",
    ),
    explanation=(
        "∂L/∂p = (p − y)/(p(1 − p)) and dp/dz = p(1 − p). The product is p − y: the error, in the plainest sense. It "
        "does not fade when the unit is confidently wrong, which is what the squared error's extra factor σ′(z) would "
        "do."
    ),
)

# --- 22-repair-bce ---------------------------------------------------------------------------------------------------


def repaired_bce(y_true: Array, y_prob: Array) -> Array:
    # Only the probability of what happened counts, so 0 · log 0 never arises.
    return -np.log(np.where(y_true == 1, y_prob, 1 - y_prob))


def repaired_bce_by_cases(y_true: Array, y_prob: Array) -> Array:
    cost = np.empty(y_prob.shape)
    yes = y_true == 1
    cost[yes] = -np.log(y_prob[yes])
    cost[~yes] = -np.log1p(-y_prob[~yes])
    return cost


def repaired_bce_by_clip(y_true: Array, y_prob: Array) -> Array:
    p = np.clip(y_prob, 1e-15, 1 - 1e-15)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


def repaired_bce_by_loop(y_true: Array, y_prob: Array) -> Any:
    pairs = zip(y_true.ravel().tolist(), y_prob.ravel().tolist(), strict=True)
    return np.array([-math.log(p if y == 1 else 1 - p) for y, p in pairs]).reshape(y_prob.shape)


def _unrepaired(y_true: Array, y_prob: Array) -> Array:
    return -(y_true * np.log(y_prob) + (1 - y_true) * np.log(1 - y_prob))


def _epsilon(y_true: Array, y_prob: Array) -> Array:
    return -(y_true * np.log(y_prob + 1e-7) + (1 - y_true) * np.log(1 - y_prob + 1e-7))


def _clipped_too_hard(y_true: Array, y_prob: Array) -> Array:
    p = np.clip(y_prob, 1e-7, 1 - 1e-7)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


def _positive_term_only(y_true: Array, y_prob: Array) -> Array:
    return -np.log(np.where(y_true == 1, y_prob, 1))


def _swapped_label_and_probability(y_true: Array, y_prob: Array) -> Array:
    return -(y_prob * np.log(y_true) + (1 - y_prob) * np.log(1 - y_true))


def _squared_error(y_true: Array, y_prob: Array) -> Array:
    return (y_true - y_prob) ** 2


def _cases_swapped(y_true: Array, y_prob: Array) -> Array:
    return -np.log(np.where(y_true == 1, 1 - y_prob, y_prob))


def _cost_forgot_the_minus(y_true: Array, y_prob: Array) -> Array:
    return np.log(np.where(y_true == 1, y_prob, 1 - y_prob))


def _nan_replaced_everywhere(y_true: Array, y_prob: Array) -> Array:
    return np.nan_to_num(-np.log(y_prob), nan=0.0)


def _draw_probabilities(rng: np.random.Generator) -> list[Probe]:
    labels = rng.permutation([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    return [Probe("six random examples", (labels, np.round(rng.uniform(0.05, 0.95, 6), 3)))]


REPAIR_BCE = Exercise(
    id="22-repair-bce",
    title="Repair a loss that dislikes perfection",
    kind="function",
    names=("repaired_bce",),
    points=3,
    difficulty="complete",
    objective="See where 0 · log 0 comes from and write the loss so that it does not arise.",
    specification=(
        "y_true: float array of 0s and 1s, y_prob: float array of the same shape, the predicted probabilities of 1 → "
        "array of that shape, one loss per element, in nats. A perfect prediction (exactly 0 or exactly 1) costs 0. "
        "What a certain and wrong prediction costs is not asked here."
    ),
    probes=(
        Probe("one half", ([0.0, 1.0], [0.5, 0.5])),
        Probe("good and bad predictions", ([1.0, 1.0, 0.0, 0.0], [0.9, 0.2, 0.9, 0.2])),
        Probe("a perfect prediction of 1", ([1.0], [1.0]), group="perfect predictions"),
        Probe("a perfect prediction of 0", ([0.0], [0.0]), group="perfect predictions"),
        # About 1e−6: float32 holds 1 − 2⁻²⁰ exactly, but not 1 − 1e−6.
        Probe("an expensive mistake", ([1.0, 0.0], [2**-20, 1 - 2**-20])),
        Probe("a 2-D array", ([[1.0, 0.0], [0.0, 1.0]], [[0.7, 0.3], [0.6, 1.0]])),
    ),
    draw=_draw_probabilities,
    reference=repaired_bce,
    # In float32 the clip is none, since 1 − 1e−15 rounds to 1: the form is right in float64 only.
    alternatives=(repaired_bce_by_cases, repaired_bce_by_clip, repaired_bce_by_loop),
    tolerance=Tolerance(
        1e-9,
        1e-12,
        "1 − p at p = 1 − 2⁻²⁰ has ten digits left; a clip at 1e−15 shifts less. Perfection costs 0 in float32 too",
        terms=0.0,
    ),
    partial=True,
    misconceptions=(
        Misconception(
            "not-repaired",
            _unrepaired,
            "This is still the broken line: with a perfect prediction one term is 0 · log 0, which NumPy makes nan.",
            "Keep the term that counts and leave the other one out altogether.",
            worth=0.25,
        ),
        Misconception(
            "epsilon-in-the-log",
            _epsilon,
            "No more nan, but a perfect prediction now has a negative cost, and large costs are a little too small.",
            "Choose the probability of what happened instead of adding a number to both.",
            worth=2 / 3,
        ),
        Misconception(
            "clipped-too-hard",
            _clipped_too_hard,
            "No more nan, but a perfect prediction now costs 1e−7 instead of 0. The clip is too far from 0 and 1.",
            "Choose the probability of what happened; then nothing needs clipping.",
            worth=2 / 3,
        ),
        Misconception(
            "positive-term-only",
            _positive_term_only,
            "Examples with y = 0 cost nothing here, whatever is predicted.",
            "For y = 0 the probability of what happened is 1 − p.",
            worth=1 / 3,
        ),
        Misconception(
            "cases-swapped",
            _cases_swapped,
            "The two cases have changed places: a good prediction is expensive here and a bad one cheap.",
            "y = 1 means that the thing happened. Which probability did the model give to that?",
            worth=1 / 3,
        ),
        Misconception(
            "forgot-the-minus",
            _cost_forgot_the_minus,
            "The costs come out negative, so the worst prediction would be the cheapest. A minus is missing.",
            "The logarithm of a number below 1 is negative; turn its sign.",
            worth=1 / 3,
        ),
        Misconception(
            "label-and-probability-swapped",
            _swapped_label_and_probability,
            "The label stands inside the logarithm and the probability outside. The arguments have changed places.",
            "The logarithm is taken of the prediction: y · log p.",
        ),
        Misconception(
            "squared-error",
            _squared_error,
            "This is the squared error. It never exceeds 1; cross-entropy charges without a ceiling.",
            "Take −log of the probability that was given to what happened.",
        ),
        Misconception(
            "always-minus-log-p",
            _nan_replaced_everywhere,
            "−log p is the cost when y = 1. When y = 0, the probability of what happened is another one.",
            "Look at y = 0, p = 0.9 on paper.",
            worth=1 / 3,
        ),
    ),
    hints=(
        "For y = 1 and p = 1, what is each of the two terms? Which of them should not have been computed at all?",
        "Each label leaves one term only. What probability did the model give to what really happened?",
        "Pick p where the label is 1 and 1 − p where it is 0 (np.where); the loss is minus the logarithm of that.",
    ),
    explanation=(
        "With y = 1 and p = 1 the second term is 0 · log 0 = 0 · (−∞), which is nan, and one nan spoils the mean of a "
        "whole batch. The loss only ever needs one probability: the one given to what happened, p for y = 1 and 1 − p "
        "for y = 0. Its −log is 0 when the prediction is perfect."
    ),
)

# --- 22-price-of-a-shrug ---------------------------------------------------------------------------------------------

PRICE_OF_A_SHRUG = Exercise(
    id="22-price-of-a-shrug",
    title="The price of a shrug",
    kind="value",
    names=("price",),
    points=1,
    difficulty="complete",
    objective="Know the loss of a model that knows nothing: the first number to compare a training curve with.",
    specification="price: one number, the binary cross-entropy in nats per message, to two digits after the point.",
    reference=0.6931,
    alternatives=(0.69, math.log(2), np.float32(0.693)),
    tolerance=Tolerance(0.0, 0.005, "two digits after the point are asked for"),
    misconceptions=(
        Misconception(
            "probability-itself",
            0.5,
            "That is the probability. The loss is a surprise: the negative logarithm of it.",
            "Put the probability of what happened into −log.",
        ),
        Misconception(
            "in-bits",
            1.0,
            "In bits that would be it: one yes-or-no question. Nats are asked for, with the natural logarithm.",
            "Use log to base e.",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-minus",
            -0.6931,
            "A loss is a cost, so it is not negative. The minus in front of the logarithm is missing.",
            "The logarithm of a number below 1 is negative; turn its sign.",
            worth=0.5,
        ),
        Misconception(
            "squared-error",
            0.25,
            "That is the squared error of the shrug. Cross-entropy takes a logarithm.",
            "Which probability did the filter give to what happened? Take −log of it.",
        ),
        Misconception(
            "both-terms-added",
            1.3863,
            "Both terms are counted. For each message the label switches one of them off.",
            "With y = 1 only −log p is left.",
        ),
        Misconception(
            "base-ten",
            0.3010,
            "That is the logarithm to base 10. The course, like NumPy's np.log, uses the natural one.",
            "Use log to base e.",
            worth=0.5,
        ),
    ),
    hints=(
        "Which probability does the filter give to what really happened, whatever that is?",
        "It is the same for both labels. The cost is minus its natural logarithm.",
    ),
    explanation=(
        "Whatever happens, the filter gave it the probability 1/2, so each message costs −log ½ = log 2 ≈ 0.693. A "
        "model on balanced data whose loss stays near 0.69 has learnt nothing yet."
    ),
)

# --- 22-two-models ---------------------------------------------------------------------------------------------------

TWO_MODELS = Exercise(
    id="22-two-models",
    title="Nine good answers and one disaster",
    kind="choice",
    names=("better_model",),
    points=2,
    difficulty="complete",
    objective="Compare models by cross-entropy, where one confident mistake outweighs many good answers.",
    specification="better_model: one of the letters 'a', 'b', 'c', 'd', in quotes.",
    options=("a", "b", "c", "d"),
    reference="b",
    alternatives=("B", " b "),
    tolerance=Tolerance(0.0, 0.0, "a letter is right or not"),
    misconceptions=(
        Misconception(
            "counts-good-answers",
            "a",
            "Careful's nine answers are worse than Bold's nine, but the loss adds costs, and Bold's tenth has a huge "
            "one.",
            "Compute −log of the probability for Bold's tenth message.",
        ),
        Misconception(
            "averages-probabilities",
            "c",
            "The average probability is not what is averaged: the loss takes the logarithm first, message by message.",
            "Compute −log of each probability, then the mean of the ten costs.",
        ),
        Misconception(
            "accuracy-is-needed",
            "d",
            "Cross-entropy needs no threshold and no accuracy: the probabilities given to what happened are all it "
            "uses.",
            "Those ten probabilities are in the question. Take −log of each.",
        ),
    ),
    hints=(
        "What does Bold's tenth message cost on its own, and what do Careful's ten messages cost together?",
        "−log 0.9 is about 0.11 and −log 0.6 about 0.51. Compare nine of the first plus −log 0.0001 with ten of the "
        "second.",
    ),
    explanation=(
        "Bold pays 9 × 0.105 + 9.210 = 10.159 for ten messages, Careful 10 × 0.511 = 5.108. The single confident "
        "mistake costs more than all the rest, although Bold gives the truth a higher probability nine times out of "
        "ten."
    ),
)

EXERCISES = (BCE_WITH_LOGITS, BCE_GRADIENT, REPAIR_BCE, PRICE_OF_A_SHRUG, TWO_MODELS)

PREDICTIONS = (
    Prediction(
        id="22-ten-times-less-likely",
        question="The label is 1. How many times as much should p = 0.01 pay as p = 0.1?",
        options=("1.21 times, like the squared error", "twice", "ten times", "a hundred times"),
        truth="b",
        words="−log 0.01 = 4.605 and −log 0.1 = 2.303: each factor of ten adds 2.303, so the cost doubles.",
    ),
)

QUIZ = (
    Item(
        "22-quiz-shrug",
        "What does a forecast of p = 0.5 cost, in nats?",
        (
            Option("0.5", "That is the probability. The cost is −log of it."),
            Option("1", "In bits it would be 1; with the natural logarithm it is 0.69."),
            Option("0.69", "Yes: −log ½ = log 2, whatever the label.", right=True),
            Option("0.25", "That is the squared error."),
        ),
    ),
    Item(
        "22-quiz-ceiling",
        "How large can the binary cross-entropy of one example become?",
        (
            Option("1", "That is the ceiling of the squared error on probabilities."),
            Option("log 2", "That is the cost of a shrug."),
            Option("There is no ceiling.", "Yes: −log p grows without bound as p goes to 0.", right=True),
            Option("16.1", "That is a ceiling that a clip at 1e−7 puts in, not the loss's own."),
        ),
    ),
    Item(
        "22-quiz-gradient",
        "The label is 1 and the predicted probability is 0.2. What is the gradient with respect to the logit?",
        (
            Option("0.8", "The size is right. A larger logit lowers this loss, so the sign is negative."),
            Option("−0.128", "That carries an extra σ′ = 0.16, which cross-entropy cancels."),
            Option("−5", "That is the slope with respect to the probability, −1/p."),
            Option("−0.8", "Yes: p − y = 0.2 − 1.", right=True),
        ),
    ),
    Item(
        "22-quiz-logits",
        "Why is the loss computed from logits instead of from probabilities?",
        (
            Option("Probabilities round to 0 and 1.", "Yes: then log 0 arises, and the cost is lost.", right=True),
            Option("It is faster.", "Speed is not the reason: both take an exponential and a logarithm."),
            Option("Logits are always positive.", "A logit may be any real number."),
            Option("The sigmoid is not needed at all.", "It is inside the formula, simplified with the logarithm."),
        ),
    ),
    Item(
        "22-quiz-best-constant",
        "Three of ten labels are 1. Which single forecast p for all ten costs least?",
        (
            Option("0", "Then each label 1 costs infinitely much."),
            Option("0.3", "Yes: the share of ones. The loss rewards honest probabilities.", right=True),
            Option("0.5", "That is the cautious choice; the honest share costs less."),
            Option("0.7", "That is the share of zeros."),
        ),
    ),
)
