"""Lesson 03, Sigmoid: write it, differentiate it, repair a decision, design a neuron."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance

Array = NDArray[Any]

# --- 03-stable-sigmoid -----------------------------------------------------------------------------------------------


def stable_sigmoid(x: Array) -> Array:
    # exp only ever sees numbers ≤ 0, so it cannot overflow.
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def stable_sigmoid_by_mask(x: Array) -> Array:
    result = np.empty(x.shape)
    positive = x >= 0
    result[positive] = 1 / (1 + np.exp(-x[positive]))
    small = np.exp(x[~positive])
    result[~positive] = small / (1 + small)
    return result


def stable_sigmoid_by_tanh(x: Array) -> Array:
    return 0.5 * (1 + np.tanh(x / 2))


def stable_sigmoid_by_logaddexp(x: Array) -> Array:
    return np.exp(-np.logaddexp(0, -x))


def stable_sigmoid_by_loop(x: Array) -> Any:
    def one(z: float) -> float:
        return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))

    return np.array([one(z) for z in x.ravel().tolist()]).reshape(x.shape)


def stable_sigmoid_in_float32(x: Array) -> Array:
    x = x.astype(np.float32)
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def _naive(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _naive_by_loop(x: Array) -> Any:
    return np.reshape([1 / (1 + math.exp(-z)) for z in x.ravel().tolist()], x.shape)


def _where_guard(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))


def _forgot_the_minus(x: Array) -> Array:
    return 1 / (1 + np.exp(x))


def _exp_over_one_plus_exp(x: Array) -> Array:
    return np.exp(x) / (1 + np.exp(x))


def _clipped(x: Array) -> Array:
    return 1 / (1 + np.exp(-np.clip(x, -10, 10)))


def _tanh(x: Array) -> Array:
    return np.tanh(x)


def _missing_brackets(x: Array) -> Array:
    return 1 / 1 + np.exp(-x)


def _draw_scores(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("seven random scores", (np.round(rng.normal(0, 3, 7), 3),)),
        Probe("a random 2-D array", (np.round(rng.normal(0, 3, (2, 3)), 3),)),
    ]


STABLE_SIGMOID = Exercise(
    id="03-stable-sigmoid",
    title="A sigmoid that never overflows",
    kind="function",
    names=("stable_sigmoid",),
    points=4,
    difficulty="implement",
    objective="Write σ for whole arrays so that no intermediate number overflows.",
    specification=(
        "x: float array of any shape → array of the same shape with σ(x) = 1 / (1 + e^−x). No NumPy warning for any x "
        "between −1000 and 1000; x stays as it is."
    ),
    probes=(
        Probe("zero", ([0.0],)),
        Probe("both signs", ([-2.0, -1.0, 1.0, 2.0],)),
        Probe("saturated scores", ([-30.0, 30.0],)),
        Probe("a very negative score", ([-1000.0],)),
        Probe("a very positive score", ([1000.0],)),
        # One form for the whole array is not enough: both ends have to come out in one call.
        Probe("very large scores of both signs", ([-1000.0, 0.0, 1000.0],)),
        Probe("a 2-D array", ([[-1.0, 0.5, 2.0], [3.0, -0.25, 0.0]],)),
    ),
    draw=_draw_scores,
    reference=stable_sigmoid,
    alternatives=(
        stable_sigmoid_by_mask,
        stable_sigmoid_by_tanh,
        stable_sigmoid_by_logaddexp,
        stable_sigmoid_by_loop,
        stable_sigmoid_in_float32,
    ),
    tolerance=Tolerance(
        1e-9,
        1e-12,
        "the question is about overflow: every stable form passes, ½(1 + tanh) too, whose tail is 0 below −37",
    ),
    warnings_forbidden=True,
    partial=True,
    misconceptions=(
        Misconception(
            "naive-overflow",
            _naive,
            "The values are right, but for very negative x the exponential overflows and NumPy warns.",
            "Which sign must the exponent have so that exp stays below 1? Arrange for that sign on both sides of 0.",
            worth=0.5,
        ),
        Misconception(
            "naive-with-math",
            _naive_by_loop,
            "Right where a number comes out, but for very negative x math.exp gives up: e^−x is too large for it.",
            "For which sign of x does e^−x stay below 1? Use another form of σ for the other sign.",
            worth=0.5,
        ),
        Misconception(
            "where-computes-both",
            _where_guard,
            "The values are right, but np.where computes both branches for every element, so the unused one overflows.",
            "Make the exponent itself harmless, with np.abs or np.minimum, instead of choosing afterwards.",
            worth=0.75,
        ),
        Misconception(
            "forgot-the-minus",
            _forgot_the_minus,
            "The curve is mirrored: large scores give values near 0. A minus sign in the exponent is missing.",
            "Try x = 1000 on paper: should e be raised to a huge or to a hugely negative power?",
            worth=0.25,
        ),
        Misconception(
            "exp-over-one-plus-exp",
            _exp_over_one_plus_exp,
            "This form is safe on the left and breaks on the right: at x = 1000 it divides ∞ by ∞.",
            "Both forms of σ are right for one sign of x. Use each where its exponent is negative.",
            worth=0.5,
        ),
        Misconception(
            "clipped-the-input",
            _clipped,
            "Clipping x at ±10 stops the overflow and also changes the answer: every score beyond 10 gets the same "
            "value.",
            "Remove the clip and change the exponent instead, so that nothing large is ever raised.",
            worth=0.25,
        ),
        Misconception(
            "tanh-instead",
            _tanh,
            "This is tanh: it runs from −1 to 1. Sigmoid runs from 0 to 1 and is one half at 0.",
            "Compare the two at x = 0, or stretch and shift tanh.",
        ),
        Misconception(
            "missing-brackets",
            _missing_brackets,
            "Python divides before it adds, so only the 1 stands under the fraction line.",
            "Put the whole denominator in brackets.",
        ),
    ),
    hints=(
        "For x = −1000, how large is e^−x? And for which sign of the exponent can exp never overflow?",
        "σ(x) = 1/(1 + e^−x) is safe for x ≥ 0; multiply top and bottom by e^x to get a form that is safe for x < 0.",
        "In both forms the denominator is 1 + e^−|x|. Only the numerator differs: 1 on the right, e^x on the left; "
        "and that is exp of the smaller of x and 0.",
    ),
    explanation=(
        "Multiplying top and bottom by e^x turns 1/(1 + e^−x) into e^x/(1 + e^x). Each form is safe for one sign of "
        "x, and in both the denominator becomes 1 + e^−|x| when the exponent is kept at or below 0. The numerator is "
        "1 for x ≥ 0 and e^x otherwise, which is exp(min(x, 0)). One line, no branch, no warning."
    ),
)

# --- 03-sigmoid-derivative -------------------------------------------------------------------------------------------


def sigmoid_derivative(x: Array) -> Array:
    # e^−|x| is the same for x and −x, and so is the slope.
    small = np.exp(-np.abs(x))
    return small / (1 + small) ** 2


def sigmoid_derivative_by_product(x: Array) -> Array:
    return stable_sigmoid(x) * stable_sigmoid(-x)


def sigmoid_derivative_by_loop(x: Array) -> Any:
    slopes = [math.exp(-abs(z)) / (1 + math.exp(-abs(z))) ** 2 for z in x.ravel().tolist()]
    return np.reshape(slopes, x.shape)


def sigmoid_derivative_by_cosh(x: Array) -> Array:
    return 1 / (4 * np.cosh(x / 2) ** 2)


def _s_times_one_minus_s(x: Array) -> Array:
    s = stable_sigmoid(x)
    return s * (1 - s)


def _quotient_as_derived(x: Array) -> Array:
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


def _x_times_one_minus_x(x: Array) -> Array:
    return x * (1 - x)


def _function_itself(x: Array) -> Array:
    return stable_sigmoid(x)


def _sign_flipped(x: Array) -> Array:
    return -stable_sigmoid(x) * stable_sigmoid(-x)


def _tanh_rule(x: Array) -> Array:
    return 1 - stable_sigmoid(x) ** 2


def _constant_quarter(x: Array) -> Array:
    return np.full(x.shape, 0.25)


SIGMOID_DERIVATIVE = Exercise(
    id="03-sigmoid-derivative",
    title="The slope, out to the tails",
    kind="function",
    names=("sigmoid_derivative",),
    points=3,
    difficulty="implement",
    objective="Write σ′ so that a saturated unit still has its tiny, non-zero slope.",
    specification=(
        "x: float array of any shape → array of the same shape with σ′(x). Right to nine digits even at x = ±40, "
        "where the slope is tiny but not 0; x stays as it is."
    ),
    probes=(
        Probe("zero", ([0.0],)),
        Probe("both signs", ([-2.0, -0.5, 0.5, 2.0],)),
        Probe("the left tail", ([-40.0, -25.0],)),
        Probe("the right tail", ([25.0, 40.0],)),
        Probe("extreme scores", ([-1000.0, 1000.0],)),
        Probe("a 2-D array", ([[-1.0, 0.5, 2.0], [3.0, -0.25, 0.0]],)),
    ),
    draw=_draw_scores,
    reference=sigmoid_derivative,
    alternatives=(sigmoid_derivative_by_product, sigmoid_derivative_by_loop, sigmoid_derivative_by_cosh),
    tolerance=Tolerance(
        1e-9,
        1e-300,
        "products of exponentials keep fifteen digits; nine leave room for any such form. The tail is the point: no "
        "absolute allowance, in float32 neither",
        terms=0.0,
    ),
    partial=True,
    misconceptions=(
        Misconception(
            "lost-the-right-tail",
            _s_times_one_minus_s,
            "s(1 − s) is right on paper. For large x, s rounds to 1 and 1 − s loses its digits, so the tail is lost.",
            "1 − σ(x) has a name of its own: what is σ(−x)?",
            worth=2 / 3,
        ),
        Misconception(
            "quotient-as-derived",
            _quotient_as_derived,
            "Right wherever e^−x stays small enough; for very negative x it overflows, and ∞ by ∞ is nan.",
            "The slope is the same at x and at −x. On which side of 0 is this quotient harmless?",
            worth=2 / 3,
        ),
        Misconception(
            "x-in-place-of-s",
            _x_times_one_minus_x,
            "This is x(1 − x). The rule s(1 − s) wants the value s = σ(x), not x.",
            "Compute s first, then use it in the rule.",
        ),
        Misconception(
            "returned-sigmoid-itself",
            _function_itself,
            "This is σ(x) itself. Its slope is asked for: at 0 the curve is at one half, but how steep is it there?",
            "The slope is largest at 0 and falls towards 0 on both sides.",
        ),
        Misconception(
            "sign-flipped",
            _sign_flipped,
            "The size is right, the sign is not: σ rises everywhere, so its slope is never negative.",
            "Two minus signs meet when e^−x is differentiated under the fraction line. Follow both.",
            worth=1 / 3,
        ),
        Misconception(
            "rule-of-tanh",
            _tanh_rule,
            "1 − s² is the rule of tanh. Sigmoid has its own.",
            "Check at 0: sigmoid's slope cannot be larger than 1/4.",
        ),
        Misconception(
            "maximum-everywhere",
            _constant_quarter,
            "1/4 is the largest slope, reached at 0 only. Elsewhere the slope is smaller.",
            "Let the slope depend on x.",
        ),
    ),
    hints=(
        "What is 1 − σ(x) when σ(x) has been rounded to exactly 1? Can the same quantity be had without subtracting?",
        "1 − σ(x) = σ(−x). So the slope is a product of two sigmoids, and no digits are subtracted away.",
        "Your stable sigmoid from the question before, once at x and once at −x: multiply the two.",
    ),
    explanation=(
        "σ′(x) = σ(x)(1 − σ(x)) = σ(x)·σ(−x). The second form never subtracts, so at x = 40 it keeps the slope of "
        "about 4e−18, where 1 − σ(x) has already rounded to 0. Written out with e^−|x| it is e^−|x| / (1 + e^−|x|)²: "
        "the slope is the same at x and −x."
    ),
)

# --- 03-repair-decision ----------------------------------------------------------------------------------------------


def decide(z: Array, threshold: float) -> Array:
    # σ(z) ≥ t exactly when z ≥ log(t / (1 − t)): the threshold is carried over to the scale of the scores.
    return np.where(z >= np.log(threshold / (1 - threshold)), 1, 0)


def decide_by_probability(z: Array, threshold: float) -> Array:
    return stable_sigmoid(z) >= threshold


def decide_by_loop(z: Array, threshold: float) -> Any:
    decisions = [1.0 if p >= threshold else 0.0 for p in stable_sigmoid(z).ravel().tolist()]
    return np.reshape(decisions, z.shape)


def _threshold_on_scores(z: Array, threshold: float) -> Array:
    return np.where(z >= threshold, 1, 0)


def _strictly_above(z: Array, threshold: float) -> Array:
    return np.where(stable_sigmoid(z) > threshold, 1, 0)


def _threshold_mirrored(z: Array, threshold: float) -> Array:
    return np.where(z >= np.log((1 - threshold) / threshold), 1, 0)


def _threshold_ignored(z: Array, threshold: float) -> Array:
    return np.where(z >= 0, 1, 0)


def _answers_swapped(z: Array, threshold: float) -> Array:
    return np.where(stable_sigmoid(z) >= threshold, 0, 1)


def _probability_returned(z: Array, threshold: float) -> Array:
    return stable_sigmoid(z)


def _draw_decisions(rng: np.random.Generator) -> list[Probe]:
    # Scores spread evenly over where the thresholds lie, so that a wrong threshold meets some of them.
    scores = np.round(np.linspace(-4, 4, 17) + rng.uniform(-0.2, 0.2, 17), 3)
    low, high = np.round(rng.uniform(0.15, 0.35), 3), np.round(rng.uniform(0.75, 0.9), 3)
    return [
        Probe("random scores, a low threshold", (scores, float(low))),
        Probe("random scores, a high threshold", (scores[::-1], float(high))),
    ]


REPAIR_DECISION = Exercise(
    id="03-repair-decision",
    title="Repair a decision",
    kind="function",
    names=("decide",),
    points=3,
    difficulty="complete",
    objective="Tell a score from a probability: a threshold on one is not a threshold on the other.",
    specification=(
        "z: float array of any shape, the scores before the sigmoid; threshold: a probability between 0 and 1 → array "
        "of the same shape, 1 where σ(z) is at least the threshold, 0 elsewhere."
    ),
    probes=(
        Probe("a score of zero at one half", ([0.0], 0.5), group="exactly at the threshold"),
        Probe("scores around zero", ([-0.4, -0.1, 0.1, 0.4], 0.5)),
        Probe("extreme scores", ([-1000.0, 1000.0], 0.5)),
        Probe("a strict threshold", ([0.5, 1.0, 2.0, 2.5, 5.0], 0.9)),
        Probe("a 2-D array", ([[-1.0, 0.3], [0.6, 2.0]], 0.5)),
    ),
    draw=_draw_decisions,
    reference=decide,
    alternatives=(decide_by_probability, decide_by_loop),
    tolerance=Tolerance(0.0, 1e-9, "decisions are exactly 0 or 1"),
    misconceptions=(
        Misconception(
            "threshold-on-scores",
            _threshold_on_scores,
            "This still compares the score z with a probability. A score of 0.3 already means more than one half.",
            "Turn z into a probability first, or carry the threshold over to the scale of the scores.",
        ),
        Misconception(
            "strictly-above",
            _strictly_above,
            "Nearly: a probability exactly at the threshold must count as 1, as the specification says at least.",
            "Compare with >= instead of >.",
            worth=2 / 3,
        ),
        Misconception(
            "threshold-mirrored",
            _threshold_mirrored,
            "The threshold is carried over to the scores with the wrong sign: a strict one lets more through.",
            "Put 0.9 into your formula. Is the score that comes out above 0, where σ is above one half?",
            worth=1 / 3,
        ),
        Misconception(
            "threshold-ignored",
            _threshold_ignored,
            "Comparing z with 0 is right for a threshold of one half, and only then. The argument is not used.",
            "Which score has the probability 0.9? It is not 0.",
            worth=1 / 3,
        ),
        Misconception(
            "answers-swapped",
            _answers_swapped,
            "The comparison is right, the two answers are swapped: likely examples get 0.",
            "np.where takes the value for True first.",
            worth=1 / 3,
        ),
        Misconception(
            "probability-returned",
            _probability_returned,
            "These are the probabilities. A decision is asked for: 1 or 0.",
            "Compare the probabilities with the threshold.",
        ),
    ),
    hints=(
        "z = 0.3 is below 0.5. Is its probability σ(0.3) below 0.5 as well?",
        "Probabilities can be compared with a probability; scores cannot. Put a sigmoid between the score and the "
        "threshold.",
        "Apply your sigmoid to z, compare the result with the threshold by >=, and turn True and False into 1 and 0.",
    ),
    explanation=(
        "A threshold of 0.5 on the probability is a threshold of 0 on the score, because σ(0) = 0.5. In general σ(z) "
        "≥ t exactly when z ≥ log(t/(1 − t)), because σ rises everywhere. The broken line compared a score with a "
        "probability, so scores between 0 and 0.5 got the wrong answer without any error message."
    ),
)

# --- 03-design-neuron ------------------------------------------------------------------------------------------------

_TARGETS = ((2.0, 0.1), (4.0, 0.9))
_BAND = 0.005


def _reached(w: Array, b: Array) -> Measured:
    outputs = [float(stable_sigmoid(w * u + b)) for u, _ in _TARGETS]
    hits = [abs(out - target) <= _BAND for out, (_, target) in zip(outputs, _TARGETS, strict=True)]
    parts = [
        f"at u = {u:g} your neuron gives {out:.3f} ({'within' if hit else 'outside'} the band around {target:g})"
        for out, (u, target), hit in zip(outputs, _TARGETS, hits, strict=True)
    ]
    text = " and ".join(parts)
    return Measured(sum(hits) / len(hits), text[0].upper() + text[1:] + ".")


DESIGN_NEURON = Exercise(
    id="03-design-neuron",
    title="Design a neuron",
    kind="design",
    names=("w", "b"),
    points=3,
    difficulty="stretch",
    objective="Place and scale the S-curve with one weight and one bias.",
    specification=(
        "w, b: two numbers such that σ(w·2 + b) is 0.1 and σ(w·4 + b) is 0.9, each within 0.005. Any pair that works "
        "passes."
    ),
    reference=(math.log(9), -3 * math.log(9)),
    alternatives=((2.2, -6.6), (np.float32(2.19), np.float32(-6.58))),
    measure=_reached,
    partial=True,
    tolerance=Tolerance(0.03, 0.03, "a named mistake is recognised when the numbers are rounded to two digits"),
    misconceptions=(
        Misconception(
            "bias-with-the-wrong-sign",
            (math.log(9), 3 * math.log(9)),
            "The steepness is right, but the curve stands at u = −3: the bias has the wrong sign.",
            "The centre is where w·u + b = 0. Solve that for b at the u where the curve should be at one half.",
            worth=1 / 3,
        ),
        Misconception(
            "falls-instead-of-rises",
            (-math.log(9), 3 * math.log(9)),
            "The curve stands in the right place and falls where it should rise: w has the wrong sign, and b with it.",
            "A larger input must give a larger score. Which sign of w does that?",
            worth=1 / 3,
        ),
        Misconception(
            "forgot-the-bias",
            (math.log(9), 0.0),
            "Without a bias the curve stays centred at u = 0.",
            "Shift it: the centre must lie half-way between the two given points.",
            worth=0.1,
        ),
        Misconception(
            "line-instead-of-sigmoid",
            (0.4, -0.7),
            "These numbers make the straight line w·u + b pass through the two points. The sigmoid comes after the "
            "line.",
            "First find the two scores that σ maps to 0.1 and 0.9, then lay the line through those.",
        ),
    ),
    hints=(
        "Which score z has σ(z) = 0.9? And which has σ(z) = 0.1? (How are the two related?)",
        "σ(z) = p exactly when z = log(p / (1 − p)). So w·2 + b and w·4 + b are two numbers that you can compute.",
        "The two scores are −log 9 and log 9. Two points fix a line: subtract the equations to get w, then put w back "
        "for b.",
    ),
    explanation=(
        "σ(z) = 0.9 at z = log 9 ≈ 2.197, and by symmetry σ(z) = 0.1 at z = −log 9. Subtracting 2w + b = −log 9 from "
        "4w + b = log 9 gives w = log 9; the centre of the curve, u = −b/w, must be 3, so b = −3 log 9 ≈ −6.592. The "
        "weight sets how steep the curve is, the bias where it stands."
    ),
)

EXERCISES = (STABLE_SIGMOID, SIGMOID_DERIVATIVE, REPAIR_DECISION, DESIGN_NEURON)

PREDICTIONS = (
    Prediction(
        id="03-largest-slope",
        question="How steep is the sigmoid at its steepest point?",
        truth=0.25,
        tolerance=0.005,
        words="The slope is s(1 − s), largest where s is one half: ½ · ½ = ¼. That is at x = 0.",
    ),
)

QUIZ = (
    Item(
        "03-quiz-value-at-zero",
        "What is σ(0)?",
        (
            Option("0", "The curve passes through one half at 0; it comes near 0 only far on the left."),
            Option("1/4", "That is the slope at 0."),
            Option("1/2", "Yes: 1/(1 + e^0) = 1/2.", right=True),
            Option("1", "It comes near 1 only far on the right."),
        ),
    ),
    Item(
        "03-quiz-quarter",
        "“The derivative of the sigmoid is 0.25.” What is wrong with that?",
        (
            Option("Nothing.", "At x = 0 it is 0.25, elsewhere it is smaller."),
            Option("0.25 is only its maximum, at x = 0.", "Yes: it falls towards 0 on both sides.", right=True),
            Option("It is 0.5.", "0.5 is the value at 0, not the slope."),
            Option("It is 1.", "That is the largest slope of tanh."),
        ),
    ),
    Item(
        "03-quiz-ten-layers",
        "A gradient passes back through ten sigmoid units, weights 1. At best, what is left of it?",
        (
            Option("a tenth", "The slopes are multiplied, not added."),
            Option("about a thousandth", "That would be ½ ten times over. The largest slope is ¼."),
            Option("about a millionth", "Yes: ¼ ten times over is 9.5e−7.", right=True),
            Option("all of it", "Each unit multiplies it by its slope, which is at most ¼."),
        ),
    ),
    Item(
        "03-quiz-threshold",
        "A classifier says yes when σ(z) ≥ 0.5. What is the same rule on the score z?",
        (
            Option("z ≥ 0.5", "σ(0.5) is 0.62 already. The score has a scale of its own."),
            Option("z ≥ 1", "σ(1) is 0.73."),
            Option("z ≥ 0", "Yes: σ(0) = 0.5, and σ rises everywhere.", right=True),
            Option("There is none.", "σ rises everywhere, so a threshold on it is a threshold on z."),
        ),
    ),
    Item(
        "03-quiz-overflow",
        "What does 1/(1 + np.exp(-x)) do at x = −1000?",
        (
            Option("It returns 0 and warns.", "Yes: e^1000 overflows to ∞, and 1/∞ is 0.", right=True),
            Option("It returns nan.", "1/(1 + ∞) is 0. The form e^x/(1 + e^x) gives nan, at +1000."),
            Option("It stops with an error.", "NumPy goes on with ∞; math.exp would stop."),
            Option("It returns a negative number.", "Numerator and denominator are both positive."),
        ),
    ),
)
