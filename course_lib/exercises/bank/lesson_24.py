"""Lesson 24, MSE against cross-entropy: a ratio, a comparison to judge, a slope, a chord, a training loop to repair."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance

Array = NDArray[Any]


def _sigmoid(z: Array) -> Array:
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


# --- 24-how-much-harder ----------------------------------------------------------------------------------------------

HOW_MUCH_HARDER = Exercise(
    id="24-how-much-harder",
    title="How much harder cross-entropy pushes",
    kind="value",
    names=("ratio",),
    points=1,
    difficulty="complete",
    objective="Read the ratio of the two slopes off the output alone: one over σ′.",
    specification="ratio: one number, slope of cross-entropy divided by slope of half the squared error, to one digit "
    "after the point.",
    reference=1 / (0.05 * 0.95),
    alternatives=(21.1, 0.95 / (0.95 * 0.05 * 0.95), np.float32(21.05)),
    tolerance=Tolerance(0.003, 0.0, "one digit after the point is asked for: three thousandths of the ratio"),
    misconceptions=(
        Misconception(
            "slope-instead-of-ratio",
            0.95 * 0.05 * 0.95,
            "That is the size of the squared error's own slope. The question asks how many times it fits into the "
            "other one.",
            "Divide the slope of cross-entropy, s − y, by the slope of the squared error.",
        ),
        Misconception(
            "sigma-prime-itself",
            0.05 * 0.95,
            "That is σ′: what the squared error's slope is multiplied by. It says how much smaller, not how much "
            "larger.",
            "Turn the fraction round.",
            worth=0.5,
        ),
        Misconception(
            "forgot-one-factor",
            20.0,
            "That is 1/s. The slope of the sigmoid has two factors, s and 1 − s.",
            "Divide by both.",
        ),
        Misconception(
            "forgot-the-other-factor",
            1 / 0.95,
            "That is 1/(1 − s). The slope of the sigmoid has two factors, s and 1 − s.",
            "Divide by both.",
        ),
        Misconception(
            "ratio-of-the-lesson",
            56.6,
            "That belongs to the output 0.982 of the lesson. Here the output is 0.05.",
            "Work out s(1 − s) at this output.",
        ),
        Misconception(
            "mse-without-the-half",
            0.5 / (0.05 * 0.95),
            "That is the ratio to the full squared error, whose slope is twice as large. Here it is half the squared "
            "error.",
            "Its slope on the output is s − y, without a 2.",
            worth=0.5,
        ),
        Misconception(
            "ratio-of-the-losses",
            6.6387,
            "That is the ratio of the two losses. Training follows slopes, not values.",
            "Write down both slopes on the score and divide.",
        ),
        Misconception(
            "largest-slope",
            4.0,
            "That is the ratio at s = ½, where the sigmoid is steepest. Here the unit is saturated.",
            "Work out s(1 − s) at this output.",
        ),
    ),
    hints=(
        "Both slopes contain s − y. What else stands in the squared error's?",
        "The ratio is one over the slope of the sigmoid, and that slope follows from the output alone.",
    ),
    explanation=(
        "Squared error: (s − y)·s(1 − s). Cross-entropy: s − y. The error cancels in the ratio, so the target does not "
        "matter: it is 1/(s(1 − s)) = 1/0.0475 = 21.1."
    ),
)

# --- 24-fair-race ----------------------------------------------------------------------------------------------------

FAIR_RACE = Exercise(
    id="24-fair-race",
    title="Judge a comparison",
    kind="choice",
    names=("missing",),
    points=1,
    difficulty="complete",
    objective="Say what a comparison of two losses needs before it means anything.",
    specification="missing: one of the letters 'a', 'b', 'c', 'd', in quotes.",
    options=("a", "b", "c", "d"),
    reference="c",
    alternatives=("C", " c "),
    tolerance=Tolerance(0.0, 0.0, "a letter is right or not"),
    misconceptions=(
        Misconception(
            "nothing-is-missing",
            "a",
            "The rate is the same number, but not the same step: the two losses have slopes of different size, so one "
            "number suits one of them only.",
            "Look at the lesson's digits: what became of the squared error when it got a rate of its own?",
        ),
        Misconception(
            "compares-loss-values",
            "b",
            "The two losses are measured on different scales: one and the same answer has two values. Neither says "
            "which model is better.",
            "Look for something that makes the training fair, not for another number at its end.",
        ),
        Misconception(
            "longer-for-one",
            "d",
            "Helping one side only is no fairer than helping neither. And which help would be enough?",
            "Give both sides the same chance to do their best.",
        ),
    ),
    hints=(
        "If the squared error's slopes are ten times smaller, what does one learning rate mean for the two of them?",
        "Each side may choose the setting that suits it, by the same procedure, and several seeds show the spread.",
    ),
    explanation=(
        "A shared rate favours the loss whose slopes suit it. On the lesson's digits the squared error went from 53 % "
        "to 94 % when it was tuned like its rival, and with ReLU hidden units the gap closed. Tune both in the same "
        "way, run several seeds, and then compare accuracies."
    ),
)

# --- 24-read-curves --------------------------------------------------------------------------------------------------

READ_CURVES = Exercise(
    id="24-read-curves",
    title="Tell two losses apart by the shape of their curves",
    kind="value",
    figure="curves-figure",
    names=("step",),
    points=2,
    difficulty="implement",
    objective="Tell from the shape of a curve which loss was trained, and read a step off it.",
    specification="step: one number of steps; it may be off by 6.",
    reference=118.0,
    alternatives=(119, 112.5, 123.5, np.float32(120.0)),
    tolerance=Tolerance(0.0, 6.0, "three tenths of a square of the grid, which is 20 steps wide"),
    misconceptions=(
        Misconception(
            "the-other-curve",
            78.0,
            "The step is read well, off the curve with the plateau: it moves least where it is most wrong. Which loss "
            "does that?",
            "Compare each curve's first slope with its own steepest one, not the two curves with each other.",
            worth=0.5,
        ),
        Misconception(
            "half-on-the-score-axis",
            98.0,
            "The right curve, at the height ½. But the axis shows the score, and the question is about the output.",
            "Which score gives a sigmoid the output ½?",
            worth=0.5,
        ),
        Misconception(
            "where-the-curves-meet",
            66.0,
            "That is about where the two runs have the same score. Nothing special happens there: neither has turned "
            "its answer round.",
            "Find the curve first, then the height on the axis that belongs to the output ½.",
        ),
        Misconception(
            "from-memory",
            17.0,
            "That is the lesson's run, at another learning rate. This one is slower.",
            "Read the figure: each of the two runs has a rate of its own.",
        ),
        Misconception(
            "the-last-step",
            160.0,
            "That is the end of the figure. By then the output has long passed ½.",
            "A score below 0 means an output below ½.",
        ),
    ),
    hints=(
        "Both start at an output of 0.98, with the target 0. Which loss pushes hardest there, and which hardly at all?",
        "Rates stretch a curve and leave its shape: a plateau and then a fall is one loss, steepest from the very "
        "start the other. And the output passes ½ at a score that you know by heart.",
        "Take the curve that is steepest at its start and look where it crosses the grey line of score 0.",
    ),
    explanation=(
        "The push of cross-entropy on the score is s − y, largest at the start: that is curve B. Squared error "
        "multiplies it by s(1 − s), which is 0.018 at the start: curve A with its plateau. It crosses first all the "
        "same, since its rate is more than twenty times as large; who arrives first says nothing about the loss. σ(0) "
        "= ½, and B crosses 0 between the steps 118 and 119."
    ),
)

# --- 24-squared-error-slope ------------------------------------------------------------------------------------------


def squared_error_slope(y_true: Array, logits: Array) -> Array:
    s = np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))
    return (s - y_true) * s * (1 - s)


def slope_by_two_sigmoids(y_true: Array, logits: Array) -> Array:
    return (_sigmoid(logits) - y_true) * _sigmoid(logits) * _sigmoid(-logits)


def slope_by_tanh(y_true: Array, logits: Array) -> Array:
    t = np.tanh(logits / 2)
    return (0.5 * (1 + t) - y_true) * (1 - t**2) / 4


def slope_by_naive_sigmoid(y_true: Array, logits: Array) -> Array:
    s = 1 / (1 + np.exp(-logits))
    return s * (s - y_true) - s**2 * (s - y_true)


def slope_by_loop(y_true: Array, logits: Array) -> Any:
    slopes = []
    for y, z in zip(y_true.ravel().tolist(), logits.ravel().tolist(), strict=True):
        s = 0.5 * (1 + math.tanh(z / 2))
        slopes.append((s - y) * s * (1 - s))
    return np.reshape(slopes, logits.shape)


def _cross_entropys_slope(y_true: Array, logits: Array) -> Array:
    return _sigmoid(logits) - y_true


def _twice(y_true: Array, logits: Array) -> Array:
    return 2 * squared_error_slope(y_true, logits)


def _slope_sign_flipped(y_true: Array, logits: Array) -> Array:
    return -squared_error_slope(y_true, logits)


def _sigma_prime_alone(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    return s * (1 - s)


def _one_factor_missing(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    return (s - y_true) * (1 - s)


def _only_target_zero(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    return s**2 * (1 - s)


def _error_squared(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    return (s - y_true) ** 2 * s * (1 - s)


def _other_factor_missing(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    return (s - y_true) * s


def _sigmoid_twice(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    again = _sigmoid(s)
    return (s - y_true) * again * (1 - again)


def _logits_not_squashed(y_true: Array, logits: Array) -> Array:
    s = _sigmoid(logits)
    return (logits - y_true) * s * (1 - s)


def _slope_prediction_first(y_true: Array, logits: Array) -> Array:
    return squared_error_slope(logits, y_true)


def _slope_of_the_mean(y_true: Array, logits: Array) -> Array:
    return squared_error_slope(y_true, logits) / y_true.size


def _overflowing_quotient(y_true: Array, logits: Array) -> Array:
    s = np.exp(logits) / (1 + np.exp(logits))
    return (s - y_true) * s * (1 - s)


def _half_kept(y_true: Array, logits: Array) -> Array:
    return squared_error_slope(y_true, logits) / 2


def _loss_instead_of_slope(y_true: Array, logits: Array) -> Array:
    return (_sigmoid(logits) - y_true) ** 2 / 2


def _draw_examples(rng: np.random.Generator) -> list[Probe]:
    labels = rng.permutation([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    return [
        Probe("six random examples", (labels, np.round(rng.normal(0, 2, 6), 3))),
        Probe("a random 2-D array", (rng.permutation(labels).reshape(3, 2), np.round(rng.normal(0, 2, (3, 2)), 3))),
    ]


SQUARED_ERROR_SLOPE = Exercise(
    id="24-squared-error-slope",
    title="The slope that goes blind",
    kind="function",
    names=("squared_error_slope",),
    points=3,
    difficulty="implement",
    objective="Carry the chain rule through squared error and sigmoid.",
    specification=(
        "y_true: float array of targets, logits: float array of the same shape → array of that shape: the derivative "
        "of ½(σ(z) − y)² with respect to each z. Scores up to ±1000 must not give nan."
    ),
    probes=(
        Probe("logit zero", ([0.0, 1.0], [0.0, 0.0])),
        Probe("both signs", ([1.0, 1.0, 0.0, 0.0], [-2.0, 2.0, -2.0, 2.0])),
        Probe("a target between 0 and 1", ([0.3, 0.3], [-1.0, 1.0])),
        Probe("confident and wrong", ([0.0, 1.0], [12.0, -12.0])),
        Probe("extreme logits", ([1.0, 1.0, 0.0, 0.0], [-1000.0, 1000.0, -1000.0, 1000.0])),
        Probe("a 2-D array", ([[1.0, 0.0], [0.0, 1.0]], [[0.5, -1.0], [2.0, -3.0]])),
    ),
    draw=_draw_examples,
    reference=squared_error_slope,
    alternatives=(slope_by_two_sigmoids, slope_by_tanh, slope_by_naive_sigmoid, slope_by_loop),
    tolerance=Tolerance(
        1e-9, 1e-12, "1 − s subtracts nearly equal numbers where s is near 1; what is left is exact to 1e−16"
    ),
    partial=True,
    misconceptions=(
        Misconception(
            "cross-entropys-slope",
            _cross_entropys_slope,
            "This is the slope of cross-entropy, or of the squared error on the output s. From s to the score one link "
            "of the chain is missing.",
            "Multiply by ds/dz.",
            worth=1 / 3,
        ),
        Misconception(
            "forgot-the-half",
            _twice,
            "This is twice the slope. The loss here has a ½ in front, which takes the 2 of the square away.",
            "Differentiate ½(s − y)² on its own first.",
            worth=0.75,
        ),
        Misconception(
            "sign-flipped",
            _slope_sign_flipped,
            "The size is right, the sign is not: with target 0 a larger score makes the loss larger, so the slope is "
            "positive.",
            "Check the order of the difference in the error.",
            worth=0.5,
        ),
        Misconception(
            "overflowing-quotient",
            _overflowing_quotient,
            "Right for moderate scores. At a score of 1000 its exponential overflows, and infinity divided by infinity "
            "is nan.",
            "Write the sigmoid such that the power of e never has a large positive exponent.",
            worth=0.75,
        ),
        Misconception(
            "half-kept",
            _half_kept,
            "This is half the slope: the ½ of the loss is still there. The 2 that comes down from the square cancels "
            "it.",
            "Differentiate ½(s − y)² on its own first.",
            worth=0.75,
        ),
        Misconception(
            "error-is-missing",
            _sigma_prime_alone,
            "This is σ′ alone. It says how the output follows the score, but not how wrong the output is.",
            "Multiply by the slope of the loss on the output.",
            worth=1 / 3,
        ),
        Misconception(
            "one-factor-missing",
            _one_factor_missing,
            "The slope of the sigmoid has two factors, and one of them is missing here.",
            "Differentiate σ once more on paper: which product comes out?",
            worth=0.5,
        ),
        Misconception(
            "other-factor-missing",
            _other_factor_missing,
            "The slope of the sigmoid falls off on both sides. Here it only falls off on the left: one factor is "
            "missing.",
            "Differentiate σ once more on paper: which product comes out?",
            worth=0.5,
        ),
        Misconception(
            "only-target-zero",
            _only_target_zero,
            "For target 0 this is right. For other targets the error is not s: y_true does not occur in the answer.",
            "Put the error, output minus target, where one of the two s stands.",
            worth=1 / 3,
        ),
        Misconception(
            "error-squared",
            _error_squared,
            "The square of the error stands in the slope. Differentiating a square leaves its first power.",
            "Differentiate ½(s − y)² on its own first.",
            worth=1 / 3,
        ),
        Misconception(
            "sigmoid-twice",
            _sigmoid_twice,
            "σ′ is taken at the output s. The output has gone through the sigmoid already; here it goes through twice.",
            "From s you have σ′ at once, as a product; from z by the formula. Don't mix the two.",
            worth=1 / 3,
        ),
        Misconception(
            "logit-minus-target",
            _logits_not_squashed,
            "The target is subtracted from the score. The loss compares it with the output.",
            "Squash the score first, then subtract.",
        ),
        Misconception(
            "prediction-first",
            _slope_prediction_first,
            "The two arguments have changed places: the sigmoid is taken of the target.",
            "In this course the target comes first: (y_true, logits).",
            worth=0.5,
        ),
        Misconception(
            "divided-by-n",
            _slope_of_the_mean,
            "This is the slope of the mean over the examples. Each example's own loss is asked for.",
            "Leave the division by n away.",
            worth=0.5,
        ),
        Misconception(
            "loss-instead-of-slope",
            _loss_instead_of_slope,
            "This is the loss. How fast does it change with the score?",
            "Two links: loss by output, output by score.",
        ),
    ),
    hints=(
        "The loss depends on the output, the output on the score. Which two slopes does the chain rule multiply?",
        "The first is the error, output minus target. The second is the slope of the sigmoid at the score.",
        "Compute s from the logits in a way that does not overflow; the answer is a product of three factors made of s "
        "and the target.",
    ),
    explanation=(
        "∂ℓ/∂s = s − y and ds/dz = s(1 − s); the slope is their product. At a score of 12 with target 0 it is 6·10⁻⁶, "
        "although the answer could hardly be more wrong: this is the plateau."
    ),
)

# --- 24-chord --------------------------------------------------------------------------------------------------------

WANTED_GAP = 0.1


def _cost(z: float) -> float:
    return float(0.5 * _sigmoid(np.array(z)) ** 2)


def _measure_chord(left: Array, right: Array) -> Measured:
    low, high = float(left), float(right)
    middle, chord = _cost((low + high) / 2), (_cost(low) + _cost(high)) / 2
    gap = middle - chord
    figure = (
        f"Half-way the loss is {middle:.3f} and the chord {chord:.3f}: the curve lies {abs(gap):.3f} "
        f"{'above' if gap > 0 else 'below'} the chord; at least {WANTED_GAP} above is asked for."
    )
    return Measured(max(gap, 0.0) / WANTED_GAP if gap < WANTED_GAP else 1.0, figure)


CHORD = Exercise(
    id="24-chord",
    title="Two scores against convexity",
    kind="design",
    names=("left", "right"),
    points=3,
    difficulty="complete",
    objective="Prove by two points that the squared error of a sigmoid is not convex.",
    specification="left and right: two numbers, scores, such that half-way between them the loss lies at least 0.1 "
    "above the mean of the losses at the two ends.",
    reference=(-1.0, 9.0),
    alternatives=((0.0, 20.0), (8.0, 0.0), (np.float64(-1.0), np.float64(7.0)), (-5.0, 15.0)),
    tolerance=Tolerance(0.0, 0.005, "only values this close to a named mistake count as that mistake"),
    measure=_measure_chord,
    partial=True,
    misconceptions=(
        Misconception(
            "same-point",
            (0.0, 0.0),
            "A chord needs two different points.",
            "Move one of them to the right.",
        ),
        Misconception(
            "around-zero",
            (-4.0, 4.0),
            "Around 0 the curve is a bowl, as it should be.",
            "Where is the curvature negative? Most of your stretch should lie there.",
        ),
        Misconception(
            "right-answers-only",
            (-8.0, 0.0),
            "Here the answers are right, and the curve is a bowl.",
            "Go to scores that are wrong for the target 0.",
        ),
        Misconception(
            "far-out",
            (8.0, 16.0),
            "The curve bends the right way here, but so far out it is nearly flat, and a flat curve leaves no gap.",
            "Let one end reach down to where the curve still climbs.",
        ),
        Misconception(
            "probabilities",
            (0.0, 1.0),
            "These look like outputs. Asked for are scores, which the sigmoid still squashes.",
            "Scores may be any numbers: try larger ones.",
        ),
    ),
    hints=(
        "Where is the loss concave for the target 0? Which end of the chord should lie far inside that region?",
        "The curvature is negative to the right of ln 2. Let the stretch begin near 0 and end where the curve is flat.",
        "With the left end at 0, the loss there is 0.125. How far right must the other end be for the middle to be "
        "near the ceiling of 0.5?",
    ),
    explanation=(
        "A convex function never lies above its chords. From −1 to 9: the ends cost 0.036 and 0.500, their mean is "
        "0.268, and the middle, at the score 4, costs 0.482. One such chord is a proof."
    ),
)

# --- 24-repair-training ----------------------------------------------------------------------------------------------


def train(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        z = w + b
        slope = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
        # The input is 1, so weight and bias have the same slope; both must use the one from before the step.
        w, b = w - rate * slope, b - rate * slope
    return np.exp(np.minimum(w + b, 0)) / (1 + np.exp(-np.abs(w + b)))


def train_on_the_score(rate: float, steps: int, w: Array, b: Array) -> Array:
    z = w + b
    for _ in range(steps):
        z = z - 2 * rate * _sigmoid(z)
    return _sigmoid(z)


def train_with_naive_sigmoid(rate: float, steps: int, w: Array, b: Array) -> Array:
    w, b = w.copy(), b.copy()
    for _ in range(steps):
        s = 1 / (1 + np.exp(-(w + b)))
        w -= rate * s
        b -= rate * s
    return 1 / (1 + np.exp(-(w + b)))


def train_each(rate: float, steps: int, w: Array, b: Array) -> Any:
    outputs = []
    for weight, bias in zip(w.ravel().tolist(), b.ravel().tolist(), strict=True):
        for _ in range(steps):
            slope = 0.5 * (1 + math.tanh((weight + bias) / 2))
            weight, bias = weight - rate * slope, bias - rate * slope
        outputs.append(0.5 * (1 + math.tanh((weight + bias) / 2)))
    return np.reshape(outputs, w.shape)


def _not_repaired(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        s = _sigmoid(w + b)
        w = w - rate * s * s * (1 - s)
    return _sigmoid(w + b)


def _bias_stands_still(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        w = w - rate * _sigmoid(w + b)
    return _sigmoid(w + b)


def _sigma_prime_kept(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        s = _sigmoid(w + b)
        w, b = w - rate * s * s * (1 - s), b - rate * s * s * (1 - s)
    return _sigmoid(w + b)


def _error_left_in(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        s = _sigmoid(w + b)
        w, b = w - rate * s * s, b - rate * s * s
    return _sigmoid(w + b)


def _sigma_prime_only(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        s = _sigmoid(w + b)
        w, b = w - rate * s * (1 - s), b - rate * s * (1 - s)
    return _sigmoid(w + b)


def _uphill(rate: float, steps: int, w: Array, b: Array) -> Array:
    return train(-rate, steps, w, b)


def _bias_after_weight(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        w = w - rate * _sigmoid(w + b)
        b = b - rate * _sigmoid(w + b)
    return _sigmoid(w + b)


def _score_returned(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        s = _sigmoid(w + b)
        w, b = w - rate * s, b - rate * s
    return w + b


def _output_of_the_last_round(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        s = _sigmoid(w + b)
        w, b = w - rate * s, b - rate * s
    return s


def _one_step_short(rate: float, steps: int, w: Array, b: Array) -> Array:
    return train(rate, max(steps - 1, 0), w, b)


def _target_one(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        slope = _sigmoid(w + b) - 1
        w, b = w - rate * slope, b - rate * slope
    return _sigmoid(w + b)


def _slope_of_the_start(rate: float, steps: int, w: Array, b: Array) -> Array:
    return _sigmoid(w + b - 2 * rate * steps * _sigmoid(w + b))


def _returned_in_the_loop(rate: float, steps: int, w: Array, b: Array) -> Any:
    for _ in range(steps):
        return train(rate, 1, w, b)
    return None


def _one_step_too_many(rate: float, steps: int, w: Array, b: Array) -> Array:
    return train(rate, steps + 1, w, b)


def _mean_over_neurons(rate: float, steps: int, w: Array, b: Array) -> Array:
    for _ in range(steps):
        slope = _sigmoid(w + b).mean()
        w, b = w - rate * slope, b - rate * slope
    return _sigmoid(w + b)


def _draw_neurons(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe(
            "four random neurons",
            (float(np.round(rng.uniform(0.1, 0.5), 3)), 12, *(np.round(rng.normal(1, 1, 4), 3) for _ in range(2))),
        )
    ]


REPAIR_TRAINING = Exercise(
    id="24-repair-training",
    title="Repair a training loop",
    kind="function",
    names=("train",),
    points=4,
    difficulty="implement",
    objective="Find what a training loop does wrong by comparing its steps with the slopes on paper.",
    specification=(
        "rate: a number, steps: a whole number from 0 on, w and b: float arrays of one shape, each pair a neuron with "
        "input 1 and target 0 → array of that shape: the outputs after that many steps of gradient descent on "
        "cross-entropy. Scores up to ±1000 must not give nan. w and b are left as they are."
    ),
    probes=(
        Probe("no step at all", (0.15, 0, [0.0, 0.6, 2.0], [0.0, 0.9, 2.0])),
        Probe("one step", (0.15, 1, [0.0, 0.6, 2.0], [0.0, 0.9, 2.0])),
        Probe("the neurons of the lesson", (0.15, 300, [0.6, 2.0], [0.9, 2.0])),
        Probe("both signs", (0.5, 10, [-1.5, 1.0, 3.0], [0.5, -3.0, 1.0])),
        Probe("far from home", (1.0, 5, [500.0, 20.0], [500.0, 10.0])),
        Probe("a 2-D array", (0.3, 20, [[2.0, 1.0], [0.0, -1.0]], [[2.0, 0.5], [1.0, 0.0]])),
    ),
    draw=_draw_neurons,
    reference=train,
    alternatives=(train_on_the_score, train_with_naive_sigmoid, train_each),
    tolerance=Tolerance(1e-8, 1e-12, "300 steps add up roundings of 1e−16 each, in whatever order they are done"),
    partial=True,
    misconceptions=(
        Misconception(
            "not-repaired",
            _not_repaired,
            "This is still the broken loop: its slope is not that of cross-entropy, and one of the two parameters "
            "never moves.",
            "Write the slope of cross-entropy on the score on paper, and count what the loop changes.",
        ),
        Misconception(
            "bias-stands-still",
            _bias_stands_still,
            "The slope is right now, but the score moves only half as far as it should, as if one of its two "
            "parameters stood still.",
            "With input 1 weight and bias have the same slope: move both, each by the whole step.",
            worth=0.5,
        ),
        Misconception(
            "sigma-prime-kept",
            _sigma_prime_kept,
            "Both parameters move, but σ′ still stands in the slope: this trains on the squared error.",
            "What is left of the chain rule for cross-entropy once s(1 − s) has cancelled?",
            worth=0.5,
        ),
        Misconception(
            "only-one-factor-gone",
            _error_left_in,
            "Both parameters move, but the slope is s · s: of the product s · s(1 − s) only 1 − s is gone.",
            "In cross-entropy both factors of σ′ cancel. What is left?",
            worth=0.5,
        ),
        Misconception(
            "sigma-prime-only",
            _sigma_prime_only,
            "Both parameters move, but by σ′ = s(1 − s). For cross-entropy σ′ cancels, and the error stays.",
            "Which of the three factors in the broken loop is the error, output minus target?",
            worth=0.5,
        ),
        Misconception(
            "uphill",
            _uphill,
            "The loop climbs: with each step the outputs move towards 1, away from the target.",
            "Gradient descent subtracts.",
            worth=0.5,
        ),
        Misconception(
            "bias-after-weight",
            _bias_after_weight,
            "The bias moves by a slope that was computed after the weight had moved. One step uses one place only.",
            "Compute the slope once per step, then move both.",
            worth=0.75,
        ),
        Misconception(
            "score-returned",
            _score_returned,
            "This is the final score. Asked for is the output.",
            "One sigmoid is missing at the end.",
            worth=0.75,
        ),
        Misconception(
            "one-step-short",
            _one_step_short,
            "One step is missing: the output comes from before the last move.",
            "Count the rounds of the loop for steps = 1, and compute the output once more after the loop.",
            worth=0.75,
        ),
        Misconception(
            "output-of-the-last-round",
            _output_of_the_last_round,
            "The output comes from inside the loop, before the last move; and with steps = 0 there is none at all.",
            "Compute the output once more after the loop.",
            worth=0.75,
        ),
        Misconception(
            "one-step-too-many",
            _one_step_too_many,
            "One step too many is made: with steps = 0 nothing should move.",
            "Count the rounds of the loop for steps = 0 and steps = 1.",
            worth=0.75,
        ),
        Misconception(
            "slope-of-the-start",
            _slope_of_the_start,
            "Every step uses the slope from the start. The slope changes as the output does.",
            "Compute output and slope anew in each round of the loop.",
            worth=0.25,
        ),
        Misconception(
            "returned-in-the-loop",
            _returned_in_the_loop,
            "After the first step nothing moves any more, and with steps = 0 nothing comes back. Does the return stand "
            "inside the loop?",
            "Move the return out to the left, below the loop.",
            worth=0.5,
        ),
        Misconception(
            "mean-over-neurons",
            _mean_over_neurons,
            "All neurons move by the same mean slope. They are neurons of their own, not examples of one batch.",
            "Leave the mean away: each pair of entries goes down its own slope.",
            worth=0.5,
        ),
        Misconception(
            "target-one",
            _target_one,
            "This trains towards the target 1. Here the target is 0.",
            "The slope is output minus target.",
            worth=0.25,
        ),
    ),
    hints=(
        "What is the slope of cross-entropy on the score for target 0, and which parameters does it reach?",
        "The score is w + b, so both have the slope of the score. Compare that with the two lines inside the loop.",
        "In each step: the output from the present score; that output is the slope; move both parameters against it. "
        "After the loop: the output once more.",
    ),
    explanation=(
        "The broken loop multiplied by s(1 − s), which is the squared error's slope, and it moved the weight only. "
        "For cross-entropy the slope on the score is s − y = s, and since the input is 1 weight and bias both have it, "
        "so each step moves the score by twice the rate times s."
    ),
)

EXERCISES = (HOW_MUCH_HARDER, FAIR_RACE, READ_CURVES, SQUARED_ERROR_SLOPE, CHORD, REPAIR_TRAINING)

PREDICTIONS = (
    Prediction(
        id="24-steps-from-098",
        question="From 0.82 it took 36 steps. After how many steps is the output that starts at 0.98 below one half?",
        options=("fewer than 36: the error is larger", "about 50", "about 100", "more than 200"),
        truth="d",
        words="232. The error is larger, but the slope carries σ′ as well, which is eight times smaller there.",
    ),
)

QUIZ = (
    Item(
        "24-quiz-slope",
        "The target is 0 and the output 0.98. What is the slope of ½(s − y)² on the score, roughly?",
        (
            Option("0.98", "That is the slope of cross-entropy, without σ′."),
            Option("0.48", "That is the loss itself."),
            Option("0.019", "Yes: 0.98 · 0.98 · 0.02.", right=True),
            Option("0.020", "That is σ′ alone, 0.98 · 0.02; the error is missing."),
        ),
    ),
    Item(
        "24-quiz-convex",
        "For target 0, where does the squared error of a sigmoid bend the wrong way?",
        (
            Option("Where the output is above ⅔.", "Yes: there the factor 2 − 3s is negative.", right=True),
            Option("Where the output is above ½.", "Between ½ and ⅔ it is still a bowl."),
            Option("Nowhere: a square is always a bowl.", "A square of the output is; over the score it is not."),
            Option("Where the output is near 0.", "There the answer is right, and the curve is a bowl."),
        ),
    ),
    Item(
        "24-quiz-hidden",
        "A hidden sigmoid unit is saturated. What does cross-entropy at the output do for it?",
        (
            Option("It removes σ′ from the whole network.", "Only the output unit's own σ′ cancels."),
            Option("The hidden unit's σ′ stays.", "Yes: every hidden unit multiplies by its own σ′.", right=True),
            Option(
                "It makes things worse.",
                "It starts from a larger slope, so rather better; but the small factor is still there.",
            ),
        ),
    ),
    Item(
        "24-quiz-linear-output",
        "The output is linear, ŷ = z. What is the slope of ½(ŷ − y)² on z?",
        (
            Option("ŷ − y", "Yes: no sigmoid, no σ′. The slow-down belongs to the pair, not to the loss.", right=True),
            Option("(ŷ − y) ŷ (1 − ŷ)", "That carries σ′, and here there is no sigmoid."),
            Option("2(ŷ − y)", "The half in front takes the 2 away."),
            Option("0", "The loss is flat at ŷ = y only."),
        ),
    ),
    Item(
        "24-quiz-values",
        "Model A has a squared error of 0.05, model B a cross-entropy of 0.20. Which one is better?",
        (
            Option("A, since 0.05 is less than 0.20.", "The two numbers are on different scales."),
            Option("B, since cross-entropy is the better loss.", "A loss is no guarantee for the model it trained."),
            Option("A, after dividing by its learning rate.", "No such division makes the values comparable."),
            Option("These two values can't tell.", "Yes: measure both with the same ruler first.", right=True),
        ),
    ),
)
