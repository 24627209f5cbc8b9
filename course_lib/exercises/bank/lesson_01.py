"""Lesson 01, One neuron: its output, one slope, a loop to repair, one update by hand, a rate to find."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance

Array = NDArray[Any]

# --- 01-neuron-output ------------------------------------------------------------------------------------------------


def neuron(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    return np.maximum(w1 * u1 + w2 * u2 + b, 0)


def neuron_by_where(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    scores = b + w2 * u2 + w1 * u1
    return np.where(scores > 0, scores, 0.0)


def neuron_by_mask(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Any:
    scores = np.stack([u1, u2], axis=-1) @ np.array([w1, w2]) + b
    return scores * (scores > 0)


def neuron_by_loop(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Any:
    pairs = zip(u1.ravel().tolist(), u2.ravel().tolist(), strict=True)
    return np.reshape([max(w1 * first + w2 * second + b, 0.0) for first, second in pairs], u1.shape)


def _no_activation(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    return w1 * u1 + w2 * u2 + b


def _no_bias(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    return np.maximum(w1 * u1 + w2 * u2, 0)


def _bias_after_the_bend(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    return np.maximum(w1 * u1 + w2 * u2, 0) + b


def _bent_inputs(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    return w1 * np.maximum(u1, 0) + w2 * np.maximum(u2, 0) + b


def _bent_products(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    return np.maximum(w1 * u1, 0) + np.maximum(w2 * u2, 0) + b


def _sigmoid_for_the_hinge(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Array:
    return 0.5 * (1 + np.tanh((w1 * u1 + w2 * u2 + b) / 2))


def _one_number(w1: float, w2: float, b: float, u1: Array, u2: Array) -> Any:
    return np.sum(neuron(w1, w2, b, u1, u2))


def _draw_examples(rng: np.random.Generator) -> list[Probe]:
    def one(label: str, shape: tuple[int, ...]) -> Probe:
        w1, w2 = (float(w) for w in np.round(rng.uniform(0.5, 2, 2) * [1, -1], 2))
        # Half of the scores are well above 0 and half well below, whatever is drawn.
        side = np.resize([1.0, -1.0], shape)
        u1, u2 = np.round(side * rng.uniform(0.5, 3, shape), 2), np.round(-side * rng.uniform(0.5, 3, shape), 2)
        return Probe(label, (w1, w2, float(np.round(rng.uniform(0.1, 0.4), 2)), u1, u2))

    return [one("six random examples", (6,)), one("a random 2-D array", (2, 3))]


NEURON_OUTPUT = Exercise(
    id="01-neuron-output",
    title="A neuron for many examples",
    kind="function",
    names=("neuron",),
    points=3,
    difficulty="implement",
    objective="Compute score and output for all examples at once, and keep the two apart.",
    specification=(
        "w1, w2, b: numbers; u1, u2: float arrays of one shape, the two inputs of every example → array of that shape: "
        "the outputs f(x) of the scores x = w1·u1 + w2·u2 + b, with f(x) = max(x, 0)."
    ),
    probes=(
        Probe("inputs of zero", (1.0, -2.0, 0.75, [0.0], [0.0])),
        Probe("both signs", (0.5, -0.5, 0.5, [2.0, -2.0, 0.5, -1.0], [-1.0, 1.0, 3.0, -4.0])),
        Probe("a score of exactly zero", (1.0, -2.0, 1.0, [1.0], [1.0])),
        Probe("a negative bias", (1.0, 1.0, -0.75, [1.0, 0.25], [0.25, -0.25])),
        Probe("large numbers", (2.0, 1.0, -100.0, [1000.0, -1000.0], [-500.0, 500.0])),
        Probe("a 2-D array", (1.0, 0.5, 0.25, [[1.0, -1.0], [0.5, 2.0]], [[-1.0, 1.0], [0.0, -6.0]])),
    ),
    draw=_draw_examples,
    reference=neuron,
    alternatives=(neuron_by_where, neuron_by_mask, neuron_by_loop),
    tolerance=Tolerance(1e-9, 1e-12, "a sum of three numbers; the order of adding may differ"),
    misconceptions=(
        Misconception(
            "no-activation",
            _no_activation,
            "These are the scores, right to the last digit. The activation is missing: no output may be negative.",
            "Send each score through max(x, 0); np.maximum does that for a whole array.",
            worth=0.5,
        ),
        Misconception(
            "no-bias",
            _no_bias,
            "The bias is missing: with inputs of zero this neuron can never answer.",
            "Add b to the sum, before the bend.",
            worth=0.25,
        ),
        Misconception(
            "bias-after-the-bend",
            _bias_after_the_bend,
            "The bias is added after the activation. It belongs to the score, so it must go through the bend as well.",
            "First the whole score, then the activation.",
            worth=0.25,
        ),
        Misconception(
            "bent-inputs",
            _bent_inputs,
            "The activation is applied to the inputs. A neuron weighs and adds first, and bends the one sum.",
            "Compute the score from the inputs as they are; then apply max(x, 0) to it.",
        ),
        Misconception(
            "bent-products",
            _bent_products,
            "Each product is bent by itself. There is one bend, and it comes after the sum.",
            "Add everything up first.",
        ),
        Misconception(
            "sigmoid-for-the-hinge",
            _sigmoid_for_the_hinge,
            "The score is right, and the activation is a sigmoid. The question asks for the hinge max(x, 0).",
            "Replace the activation; the score can stay.",
            worth=0.5,
        ),
        Misconception(
            "one-number-for-all",
            _one_number,
            "The outputs of all examples have been added up. Each example has an output of its own.",
            "np.maximum(…, 0) works element by element; np.max and np.sum make one number of them all.",
            worth=0.25,
        ),
    ),
    hints=(
        "What does a neuron do first: weigh, add or bend? And what last?",
        "A number times an array multiplies every element: the scores of all examples are one line.",
        "Add the two products and b. Then take, for each element, the larger of the score and 0: that is np.maximum.",
    ),
    explanation=(
        "The sum w1·u1 + w2·u2 + b is the score of every example at once. The activation comes last and sees the score "
        "only: np.maximum bends each of them. Bend first and add b afterwards, and you have another neuron: its answer "
        "to a very negative score would be b, and not 0."
    ),
)

# --- 01-weight-slope -------------------------------------------------------------------------------------------------


def weight_slope(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    x = w1 * u1 + w2 * u2 + b
    return 2 * (np.maximum(x, 0) - y) * (x > 0) * u1


def weight_slope_by_where(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    x = w1 * u1 + w2 * u2 + b
    return np.where(x > 0, 2 * u1 * (x - y), 0.0)


def weight_slope_by_loop(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Any:
    slopes = []
    for first, second, target in zip(u1.ravel().tolist(), u2.ravel().tolist(), y.ravel().tolist(), strict=True):
        score = w1 * first + w2 * second + b
        slopes.append(2 * (score - target) * first if score > 0 else 0.0)
    return np.reshape(slopes, u1.shape)


def weight_slope_with_one_at_the_bend(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    x = w1 * u1 + w2 * u2 + b
    bend = np.heaviside(x, 1.0)
    return 2 * (x * bend - y) * bend * u1


def _slope_of_the_bend_forgotten(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    return 2 * (np.maximum(w1 * u1 + w2 * u2 + b, 0) - y) * u1


def _forgot_the_two(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    return weight_slope(w1, w2, b, u1, u2, y) / 2


def _target_minus_output(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    return -weight_slope(w1, w2, b, u1, u2, y)


def _output_for_slope(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    a = np.maximum(w1 * u1 + w2 * u2 + b, 0)
    return 2 * (a - y) * a * u1


def _no_activation_at_all(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    return 2 * (w1 * u1 + w2 * u2 + b - y) * u1


def _input_forgotten(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    x = w1 * u1 + w2 * u2 + b
    return 2 * (np.maximum(x, 0) - y) * (x > 0)


def _weight_for_input(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    return w1 * _input_forgotten(w1, w2, b, u1, u2, y)


def _other_input(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    return _input_forgotten(w1, w2, b, u1, u2, y) * u2


def _mean_of_all(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Any:
    return np.mean(weight_slope(w1, w2, b, u1, u2, y))


def _divided_by_the_count(w1: float, w2: float, b: float, u1: Array, u2: Array, y: Array) -> Array:
    return weight_slope(w1, w2, b, u1, u2, y) / len(y)


def _draw_targets(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe(probe.label, (*probe.args, np.round(rng.uniform(0.2, 1.2, np.shape(probe.args[-1])), 2)))
        for probe in _draw_examples(rng)
        if probe.args is not None
    ]


WEIGHT_SLOPE = Exercise(
    id="01-weight-slope",
    title="One slope by the chain rule",
    kind="function",
    names=("weight_slope",),
    points=4,
    difficulty="implement",
    objective="Multiply the three slopes of the chain: loss, activation, input.",
    specification=(
        "w1, w2, b: numbers; u1, u2, y: float arrays of one shape, inputs and target of every example → array of that "
        "shape: each example's own ∂L/∂w1, where L = (a − y)², a = max(x, 0) and x = w1·u1 + w2·u2 + b. At x = 0 any "
        "slope of the bend from 0 to 1 is right."
    ),
    probes=(
        Probe("inputs of zero", (1.0, -2.0, 0.75, [0.0], [0.0], [1.0])),
        Probe("an example that is on", (0.5, -0.5, 0.5, [2.0], [-1.0], [0.25])),
        Probe("an example that is off", (0.5, -0.5, 0.5, [-2.0], [1.0], [1.0])),
        Probe("both signs", (0.5, 0.5, 0.25, [2.0, -2.0, 0.5, -1.0], [-1.0, 1.0, 3.0, 4.0], [1.0, 0.5, -1.0, 0.0])),
        Probe("exactly at the bend", (1.0, -2.0, 1.0, [1.0], [1.0], [-1.0]), between=(0.0, 2.0)),
        Probe("large numbers", (2.0, 1.0, -5.0, [1000.0, -1000.0], [-500.0, 20.0], [10.0, 1.0])),
        Probe("a 2-D array", (1.0, 0.5, 0.25, [[1.0, -1.0], [0.5, 2.0]], [[-1.0, 1.0], [0.0, -6.0]], [[0.0, 1.0]] * 2)),
    ),
    draw=_draw_targets,
    reference=weight_slope,
    alternatives=(weight_slope_by_where, weight_slope_by_loop, weight_slope_with_one_at_the_bend),
    tolerance=Tolerance(1e-9, 1e-12, "a product of a few numbers; the order may differ"),
    misconceptions=(
        Misconception(
            "slope-of-the-bend-forgotten",
            _slope_of_the_bend_forgotten,
            "The slope of the activation is missing from the chain: an example whose score is negative still has a "
            "slope here, although a small change of its score changes nothing.",
            "Multiply by 1 where the score is positive and by 0 where it is negative.",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-two",
            _forgot_the_two,
            "Every slope is half as large as it should be. The slope of a square has a factor in front.",
            "What is the slope of r² at r? Put that factor in.",
            worth=0.75,
        ),
        Misconception(
            "target-minus-output",
            _target_minus_output,
            "Size right, sign wrong: this is the way downhill, and the slope tells the way uphill.",
            "Take output minus target; the minus comes later, in the update.",
            worth=0.5,
        ),
        Misconception(
            "output-for-slope",
            _output_for_slope,
            "The chain contains the activation's output where its slope belongs.",
            "How steep is max(x, 0) for x > 0? It does not depend on how large x is.",
            worth=0.25,
        ),
        Misconception(
            "no-activation-at-all",
            _no_activation_at_all,
            "This is the slope for a neuron without activation: score instead of output, and no slope of the bend.",
            "Bend the score before you compare it with the target, and multiply by the bend's slope.",
            worth=0.25,
        ),
        Misconception(
            "input-forgotten",
            _input_forgotten,
            "This is ∂L/∂x, the slope at the score. One factor is missing on the way to the weight.",
            "By how much does the score grow when w1 grows by 1? Multiply by that.",
            worth=0.5,
        ),
        Misconception(
            "weight-for-input",
            _weight_for_input,
            "The last factor of the chain is wrong: the slope of w1·u1 with respect to w1 is not w1.",
            "If w1 grows by 1, the product grows by its other factor.",
            worth=0.25,
        ),
        Misconception(
            "the-other-input",
            _other_input,
            "This is the slope for the other weight: the last factor is the input that w2 multiplies.",
            "Which input does w1 multiply?",
            worth=0.75,
        ),
        Misconception(
            "mean-of-all-examples",
            _mean_of_all,
            "The slopes of all examples have been averaged to one number. Asked for is each example's own slope.",
            "Leave the mean out: the answer has the shape of the inputs.",
            worth=0.5,
        ),
        Misconception(
            "divided-by-the-count",
            _divided_by_the_count,
            "Every slope is divided by the number of examples. That belongs to the slope of a mean loss; here each "
            "example has a loss of its own.",
            "Leave the division out.",
            worth=0.75,
        ),
    ),
    hints=(
        "Which three slopes multiply on the way from the loss back to one weight?",
        "The slope of the square, twice the miss; the slope of the bend, 1 or 0; and what w1 is multiplied by.",
        "Compute the score x for all examples. (x > 0) counts as 1 and 0: multiply it with twice the miss of the bent "
        "score, and with the first input.",
    ),
    explanation=(
        "The chain has three factors: 2(a − y) for the square, 1 or 0 for the bend, and the input u1 for the weight. "
        "(x > 0) counts as 1 and 0 in a product. An example with a negative score has slope 0, however wrong its "
        "output is: nothing can be learned from it at these weights."
    ),
)

# --- 01-repair-loop --------------------------------------------------------------------------------------------------

_UPDATES = 20


def train(rate: float, u: Array, y: Array) -> Array:
    w = np.zeros(u.shape)
    for _ in range(_UPDATES):
        w = w - rate * 2 * (w * u - y) * u
    return w


def train_step_by_step(rate: float, u: Array, y: Array) -> Array:
    w = 0.0 * u
    done = 0
    while done < _UPDATES:
        a = w * u
        slope = 2 * (a - y) * u
        w = w - rate * slope
        done += 1
    return w


def train_one_by_one(rate: float, u: Array, y: Array) -> Any:
    weights = []
    for value, target in zip(u.ravel().tolist(), y.ravel().tolist(), strict=True):
        w = 0.0
        for _ in range(_UPDATES):
            w -= rate * 2 * value * (value * w - target)
        weights.append(w)
    return np.reshape(weights, u.shape)


def _stale_output(rate: float, u: Array, y: Array) -> Array:
    w = np.zeros(u.shape)
    a = w * u
    for _ in range(_UPDATES):
        w = w - rate * 2 * (a - y) * u
    return w


def _uphill(rate: float, u: Array, y: Array) -> Array:
    return train(-rate, u, y)


def _returns_after_one(rate: float, u: Array, y: Array) -> Array:
    return rate * 2 * y * u


def _one_too_many(rate: float, u: Array, y: Array) -> Array:
    w = train(rate, u, y)
    return w - rate * 2 * (w * u - y) * u


def _one_too_few(rate: float, u: Array, y: Array) -> Array:
    w = np.zeros(u.shape)
    for _ in range(1, _UPDATES):
        w = w - rate * 2 * (w * u - y) * u
    return w


def _starts_anew_each_time(rate: float, u: Array, y: Array) -> Array:
    w = np.zeros(u.shape)
    for _ in range(_UPDATES):
        w = -rate * 2 * (w * u - y) * u
    return w


def _without_the_two(rate: float, u: Array, y: Array) -> Array:
    return train(rate / 2, u, y)


def _without_the_input(rate: float, u: Array, y: Array) -> Array:
    w = np.zeros(u.shape)
    for _ in range(_UPDATES):
        w = w - rate * 2 * (w * u - y)
    return w


def _outputs_returned(rate: float, u: Array, y: Array) -> Array:
    return train(rate, u, y) * u


def _draw_pairs(rng: np.random.Generator) -> list[Probe]:
    def one(label: str, shape: tuple[int, ...]) -> Probe:
        u = np.round(rng.uniform(0.4, 1.6, shape) * np.resize([1.0, -1.0], shape), 2)
        return Probe(label, (float(np.round(rng.uniform(0.02, 0.1), 3)), u, np.round(rng.uniform(0.5, 3, shape), 2)))

    return [one("six random pairs", (6,)), one("a random 2-D array", (2, 3))]


REPAIR_LOOP = Exercise(
    id="01-repair-loop",
    title="Repair a training loop",
    kind="function",
    names=("train",),
    points=3,
    difficulty="complete",
    objective="See that each of the four steps belongs inside the loop.",
    specification=(
        "rate: a number; u, y: float arrays of one shape → array of that shape: for each pair of input and target the "
        "weight of a neuron of its own, a = w·u without bias and activation, after exactly 20 updates from weight 0, "
        "each a step against the slope of (a − y)² at the weight of that moment."
    ),
    probes=(
        Probe("an input of zero", (0.1, [0.0], [1.0])),
        Probe("a target of zero", (0.1, [1.0], [0.0])),
        Probe("both signs", (0.05, [1.0, -1.0, 2.0, -0.5], [2.0, 2.0, -1.0, 0.5])),
        Probe("a small rate", (0.001, [1.0, -2.0], [2.0, 1.0])),
        Probe("a rate that is too large", (0.3, [2.0, -2.0], [1.0, 3.0])),
        Probe("a large target", (0.05, [1.5], [-2000.0])),
        # Twenty updates, not as many as seem enough: a loop that stops at a small slope is off by more than rounding.
        Probe("a rate that arrives early", (0.1, [1.5, -2.0], [1.0, 3.0])),
        Probe("a 2-D array", (0.05, [[1.0, -1.0], [0.5, 2.0]], [[1.0, 2.0], [3.0, 4.0]])),
    ),
    draw=_draw_pairs,
    reference=train,
    alternatives=(train_step_by_step, train_one_by_one),
    tolerance=Tolerance(1e-8, 1e-10, "rounding in 20 updates, multiplied in any order"),
    misconceptions=(
        Misconception(
            "stale-output",
            _stale_output,
            "The output is still computed once, before the loop. After the first update it belongs to weights that no "
            "longer exist, so every update repeats the first one.",
            "Which of the four steps must happen again after each update?",
        ),
        Misconception(
            "uphill",
            _uphill,
            "The weights move with the slope, so the loss grows from update to update.",
            "The slope tells the way uphill. Which sign does a step downhill have?",
            worth=1 / 3,
        ),
        Misconception(
            "returns-after-one-update",
            _returns_after_one,
            "These are the weights after one update: the loop ends too early, or begins anew in every round.",
            "The return belongs after the loop, at the depth of the word for; the first weight is set once, before it.",
            worth=1 / 3,
        ),
        Misconception(
            "one-update-too-many",
            _one_too_many,
            "The loop is right and runs once too often.",
            "Count the updates: range(n) runs n times.",
            worth=2 / 3,
        ),
        Misconception(
            "one-update-too-few",
            _one_too_few,
            "The loop is right, and one update is missing at the end.",
            "Count the updates: range(1, n) runs n − 1 times.",
            worth=2 / 3,
        ),
        Misconception(
            "starts-anew-each-time",
            _starts_anew_each_time,
            "Each update forgets the weight so far and keeps only the last step.",
            "A step is taken from the old weight: subtract it from w.",
        ),
        Misconception(
            "forgot-the-two",
            _without_the_two,
            "Every step is half as long as it should be: the slope of the square lost its factor.",
            "What is the slope of r² at r?",
            worth=2 / 3,
        ),
        Misconception(
            "input-forgotten",
            _without_the_input,
            "The step is taken with the slope at the output. On the way to the weight one factor is missing.",
            "By how much does w·u grow when w grows by 1?",
            worth=1 / 3,
        ),
        Misconception(
            "outputs-returned",
            _outputs_returned,
            "The training is right. What comes back are the outputs w·u; asked for are the weights.",
            "Look at the last line: return the weights.",
            worth=2 / 3,
        ),
    ),
    hints=(
        "After the first update the weights are others. Which line of the loop notices?",
        "All four steps belong inside the loop, in their order: forward, loss (its value is not needed here), "
        "gradient, update.",
        "Move the line that computes the outputs to the beginning of the loop's body, so that it uses today's weights.",
    ),
    explanation=(
        "A slope holds for the weight at which it was computed, and for no other. In the broken loop the outputs come "
        "from the first weights for ever, so the same step is taken 20 times, past the valley and up the other side. "
        "With the forward step inside the loop each update uses its own outputs."
    ),
)

# --- 01-update-by-hand -----------------------------------------------------------------------------------------------

UPDATE_BY_HAND = Exercise(
    id="01-update-by-hand",
    title="One update by hand",
    kind="value",
    names=("new_w", "new_b"),
    points=2,
    difficulty="complete",
    objective="Carry out forward, gradient and update with pen and paper, signs included.",
    specification=(
        "new_w, new_b: weight and bias after one update of a neuron without activation: weight 1.5, bias 2, input −2, "
        "target 1, loss (a − y)², learning rate 1/20."
    ),
    reference=(1.1, 2.2),
    alternatives=((1.5 - 8 / 20, 2 + 4 / 20), (np.float64(1.1), np.array(2.2))),
    tolerance=Tolerance(1e-6, 1e-6, "the exact numbers have one decimal"),
    partial=True,
    misconceptions=(
        Misconception(
            "uphill",
            (1.9, 1.8),
            "Both numbers moved the wrong way: this is a step uphill.",
            "Subtract rate times slope. For the bias the slope is negative, so subtracting makes it larger.",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-two",
            (1.3, 2.1),
            "Both steps are half as long as they should be. The slope of a square has a factor in front.",
            "What is the slope of r² at r = −2?",
            worth=0.5,
        ),
        Misconception(
            "input-forgotten",
            (1.7, 2.2),
            "The bias is right. The weight's slope lacks its last factor, the input, which also turns its sign.",
            "Multiply the slope of the score by −2 for the weight.",
            worth=0.5,
        ),
        Misconception(
            "sign-of-the-input-lost",
            (1.9, 2.2),
            "The bias is right. The weight's step has the right size and goes the wrong way: its input is negative.",
            "Multiply the slope of the score by the input with its sign.",
            worth=0.5,
        ),
        Misconception(
            "slopes-for-the-new-numbers",
            (8.0, -4.0),
            "These are the two slopes, and they are right. Asked for are weight and bias after the update.",
            "Each new number is the old one minus rate times slope.",
            worth=0.5,
        ),
        Misconception(
            "bias-multiplied-by-the-input",
            (1.1, 1.6),
            "The weight is right. The bias is not multiplied by any input, so its slope has no such factor.",
            "The bias behaves like a weight whose input is always 1.",
            worth=0.5,
        ),
        Misconception(
            "rate-forgotten",
            (-6.5, 6.0),
            "The whole slope was subtracted, not a twentieth of it.",
            "Multiply each slope by the learning rate first.",
            worth=0.25,
        ),
    ),
    hints=(
        "What is the output? And is it too high or too low?",
        "The score is 1.5 · (−2) + 2, and without an activation it is the output. The miss, output minus target, is "
        "negative.",
        "∂L/∂a is twice the miss. For the bias that is the slope; for the weight it is multiplied by −2, the input. "
        "Subtract a twentieth of each.",
    ),
    explanation=(
        "Forward: 1.5·(−2) + 2 = −1. Loss: (−1 − 1)² = 4. Slopes: ∂L/∂a = 2·(−2) = −4; for the bias −4, for the "
        "weight −4·(−2) = 8. Update: 1.5 − 8/20 = 1.1 and 2 + 4/20 = 2.2. The output was too low, so the bias rises; "
        "the weight falls because its input is negative."
    ),
)

# --- 01-read-rates ---------------------------------------------------------------------------------------------------

READ_RATES = Exercise(
    id="01-read-rates",
    title="Read three learning rates off their curves",
    kind="choice",
    figure="rates-figure",
    names=("order",),
    points=2,
    difficulty="complete",
    objective="Read from a figure which of several runs took the larger steps.",
    specification='order: one letter in quotes, "a", "b", "c" or "d".',
    reference="b",
    options=("a", "b", "c", "d"),
    alternatives=("B", " b "),
    tolerance=Tolerance(0.0, 0.0, "a letter is right or not"),
    misconceptions=(
        Misconception(
            "by-the-miss-at-the-end",
            "a",
            "That orders them by how near they are after ten updates, the furthest first. A long way left at the end "
            "can come from steps that are too short, and from steps that are too long.",
            "Look at the first update only: all three start from the same place with the same slope.",
        ),
        Misconception(
            "quickest-must-be-largest",
            "c",
            "That takes the run that arrives first for the one with the largest rate. It has the best rate of the "
            "three; a larger one leaps over the target.",
            "How far does each run move in its first update? Measure that, target or not.",
        ),
        Misconception(
            "largest-first",
            "d",
            "That is the order from the largest rate to the smallest. The question begins with the smallest.",
            "Turn the order round.",
            worth=0.5,
        ),
    ),
    hints=(
        "In the first update all three have the same weight, bias and slope. What alone can make their steps differ?",
        "The step is the rate times the slope. Compare how far each curve moves from 0 to 1 update, downwards past the "
        "target included.",
        "Write down the length of each curve's first step, and sort the three names by it, the shortest first.",
    ),
    explanation=(
        "The first slope is the same for all three, so the first steps are in proportion to the rates: about 0.2 for "
        "B, 1.05 for C and 2.85 for A. C arrives first and has the middle rate; A steps right over the target each "
        "time. After ten updates A is further off than B: the end of a curve alone does not tell short steps from "
        "long ones."
    ),
)

# --- 01-find-rate ----------------------------------------------------------------------------------------------------

_FIRST, _INPUTS, _GOAL, _STEPS = np.array([0.5, 1.0]), np.array([3.0, 1.0]), 1e-4, 5


def _outputs(rate: float) -> list[float]:
    """The outputs of the neuron 0.5·3 + 1, target 1, before and after each of five updates."""
    weights, found = _FIRST, []
    for _ in range(_STEPS + 1):
        found.append(float(weights @ _INPUTS))
        weights = weights - rate * 2 * (found[-1] - 1) * _INPUTS
    return found


def _reached(rate: Array) -> Measured:
    outputs = _outputs(float(rate))
    loss = (outputs[-1] - 1) ** 2
    told = ", ".join(f"{output:.3g}" for output in outputs)
    figure = f"The target is 1; the outputs before and after each update are {told}. The last loss is {loss:.2g}."
    return Measured(float(loss < _GOAL), figure.replace("-", "−"))


FIND_RATE = Exercise(
    id="01-find-rate",
    title="Find a learning rate",
    kind="design",
    names=("rate",),
    points=3,
    difficulty="stretch",
    objective="Read from a few outputs whether a rate is too small or too large, and choose a better one.",
    specification=(
        "rate: a number with which a neuron without activation (weight 0.5, bias 1, input 3, target 1, loss (a − y)²) "
        "has a loss under 0.0001 after five updates. Any rate that works passes."
    ),
    reference=0.05,
    alternatives=(0.06, 0.04, np.float32(0.045)),
    measure=_reached,
    tolerance=Tolerance(0.02, 0.0, "a named mistake is recognised at about its own rate, not at its neighbours"),
    misconceptions=(
        Misconception(
            "bounces-for-ever",
            0.1,
            "Each update leaps to the other side of the target and lands just as far from it.",
            "The steps are too long: a good one ends near the target, not beyond it.",
        ),
        Misconception(
            "creeps",
            0.01,
            "The right direction at a crawl: after five updates much of the loss is left.",
            "Compare two neighbouring outputs: how much nearer does one update come? Take longer steps.",
        ),
        Misconception(
            "explodes",
            1.0,
            "Each update overshoots further than the one before, and the loss explodes.",
            "Divide the rate by ten until the outputs come nearer to the target.",
        ),
        Misconception(
            "negative-rate",
            -0.05,
            "With a negative rate every step goes uphill.",
            "The minus already stands in the update. A learning rate is positive.",
        ),
    ),
    hints=(
        "Try two rates, a factor of ten apart. Do the outputs creep towards 1, jump over it, or run away?",
        "One update multiplies the miss by 1 − 2·rate·(3² + 1). For which rate is that factor close to 0?",
        "The factor is 1 − 20·rate. Choose the rate such that 20·rate is about 1.",
    ),
    explanation=(
        "The score changes by −rate·2·miss·(3·3 + 1), so each update multiplies the miss by 1 − 20·rate. At rate 0.05 "
        "that is 0, and one update is enough; at 0.1 it is −1, and the miss only changes its sign. Five updates bring "
        "the loss from 2.25 under 0.0001 for rates between about 0.032 and 0.068."
    ),
)

EXERCISES = (NEURON_OUTPUT, WEIGHT_SLOPE, REPAIR_LOOP, UPDATE_BY_HAND, READ_RATES, FIND_RATE)

PREDICTIONS = (
    Prediction(
        id="01-second-weight",
        question="The output is too high, and the input u₂ is −1. Which way should w₂ move?",
        options=("down, because the output is too high", "up", "it should stay where it is"),
        truth="b",
        words="Its slope is negative: with the input −1, a larger w₂ makes the score smaller. That is what we want.",
    ),
)

QUIZ = (
    Item(
        "01-quiz-order",
        "In which order do the four steps of training come?",
        (
            Option("gradient, forward, update, loss", "The gradient needs the output, which forward computes."),
            Option("forward, gradient, loss, update", "The gradient is the loss's, so the loss comes before it."),
            Option("forward, update, loss, gradient", "The update needs the gradient first."),
            Option("forward, loss, gradient, update", "Yes, and then forward again.", right=True),
        ),
    ),
    Item(
        "01-quiz-activation",
        "What does an activation get, and what does it give?",
        (
            Option("It gets inputs and weights and gives w·u + b.", "That is the score. No activation sees a weight."),
            Option("It gets the score and gives the output.", "Yes: one number in, one number out.", right=True),
            Option("It gets output and target and gives the loss.", "That is the loss function."),
            Option("It gets the slope and gives the new weight.", "That is the update."),
        ),
    ),
    Item(
        "01-quiz-partial",
        "∂L/∂w₁ = −3. What does that mean?",
        (
            Option(
                "If only w₁ grows a little, L falls three times as fast.",
                "Yes, as long as the change is small and everything else is held still.",
                right=True,
            ),
            Option("The loss is −3.", "It is a slope of the loss. A squared loss is never negative."),
            Option("w₁ must fall by 3.", "A negative slope says: up. How far, the learning rate decides."),
            Option("The loss falls by 3 in the next update.", "How much it falls depends on the step that is taken."),
        ),
    ),
    Item(
        "01-quiz-flat",
        "The output is quite wrong, but the activation is flat at this score: f′(x) = 0. What will the update do?",
        (
            Option("A large step, because the loss is large.", "The large miss is multiplied by 0."),
            Option("A step against the input only.", "The input is one factor of the chain; so is the 0."),
            Option("Nothing.", "Yes: one factor 0 makes the whole product 0.", right=True),
            Option("It divides by zero.", "Slopes are multiplied along the chain, and nothing is divided."),
        ),
    ),
    Item(
        "01-quiz-metric",
        "All weights and the bias of a trained yes-or-no sigmoid neuron are multiplied by 3. What can happen?",
        (
            Option("Loss and accuracy both change.", "Each score keeps its sign, so each decision stays."),
            Option("The loss changes, the accuracy doesn't.", "Yes: they are two different measures.", right=True),
            Option(
                "The accuracy changes, the loss doesn't.", "It is the other way round: outputs move, decisions stay."
            ),
            Option("Neither changes.", "The scores are three times as large, so the outputs and the loss move."),
        ),
    ),
)
