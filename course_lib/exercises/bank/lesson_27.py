"""Lesson 27, Pairing output and loss: choose a pair, price a bug, one gradient for three, repair a loop, work back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance
from course_lib.exercises.wording import show_number

Array = NDArray[Any]


def _sigmoid(z: Array) -> Array:
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


def _softmax(z: Array) -> Array:
    power = np.exp(z - z.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


# --- 27-choose-pair --------------------------------------------------------------------------------------------------

CHOOSE_PAIR = Exercise(
    id="27-choose-pair",
    title="Five findings on one X-ray",
    kind="choice",
    names=("pair",),
    points=2,
    difficulty="complete",
    objective="Go from the type of the target to the output unit and the loss.",
    specification="pair: one of the letters 'a', 'b', 'c', 'd', in quotes.",
    options=("a", "b", "c", "d"),
    reference="b",
    alternatives=("B", " b "),
    tolerance=Tolerance(0.0, 0.0, "a letter is right or not"),
    misconceptions=(
        Misconception(
            "exclusive-classes",
            "a",
            "Softmax shares one whole out among the findings: a second finding could only grow at the first one's "
            "expense. And a picture without findings would have none to name.",
            "Ask whether exactly one of the five must be true.",
        ),
        Misconception(
            "sigmoid-applied-twice",
            "c",
            "The type of the target is right: five separate questions. But this loss already contains the sigmoid, so "
            "here it is applied twice.",
            "What does “from logits” say about the last layer?",
            worth=0.5,
        ),
        Misconception(
            "count-as-number",
            "d",
            "A count forgets which findings they are; the radiologist wants to know.",
            "How many separate yes-or-no questions does one picture answer?",
        ),
    ),
    hints=(
        "May two of the findings be there at once? And may there be none?",
        "Each finding is a question of its own. Which output and loss go with one such question, and who applies the "
        "sigmoid when the loss takes logits?",
    ),
    explanation=(
        "Five findings that may occur together are five yes-or-no targets. Each gets a score and binary "
        "cross-entropy; from logits, the loss applies the sigmoid itself, so the last layer has no activation."
    ),
)

# --- 27-doubled-floor ------------------------------------------------------------------------------------------------

DOUBLED_FLOOR = Exercise(
    id="27-doubled-floor",
    title="The floor of a doubled softmax",
    kind="value",
    names=("floor",),
    points=2,
    difficulty="complete",
    objective="Compute the loss below which a network with one softmax too many can't fall.",
    specification="floor: one number, in nats, to two digits after the point.",
    reference=0.7437,
    alternatives=(0.74, math.log(1 + 3 / math.e), np.float32(0.7437)),
    tolerance=Tolerance(0.0, 0.005, "two digits after the point are asked for"),
    misconceptions=(
        Misconception(
            "zero",
            0.0,
            "That would be the cost if the loss took the shares as shares. It takes them for scores.",
            "Put the perfect shares 1, 0, 0, 0 into a softmax. Which share does the right class get?",
        ),
        Misconception(
            "share-instead-of-cost",
            math.e / (math.e + 3),
            "That is the share that the second softmax leaves to the right class. What does a class with this share "
            "cost?",
            "The loss is minus the natural logarithm of it.",
            worth=0.5,
        ),
        Misconception(
            "shrug",
            math.log(4),
            "That is the cost of four equal shares. The second softmax does see a difference of 1 between the scores.",
            "e¹ against three times e⁰: which share is that?",
        ),
        Misconception(
            "three-classes",
            math.log(1 + 2 / math.e),
            "That is the floor of the lesson's three classes. Here the right class has one rival more.",
            "Count the terms e⁰ below the fraction line.",
            worth=0.5,
        ),
        Misconception(
            "ten-classes",
            math.log(1 + 9 / math.e),
            "That is the floor of the lesson's ten digits. Here there are fewer rivals.",
            "Count the terms e⁰ below the fraction line.",
            worth=0.5,
        ),
        Misconception(
            "four-rivals",
            math.log(1 + 4 / math.e),
            "Here the right class has four rivals. There are four classes, and it is one of them.",
            "Count the terms e⁰ below the fraction line.",
            worth=0.5,
        ),
        Misconception(
            "cost-of-a-rival",
            math.log(math.e + 3),
            "That is what a class with the score 0 costs. The right class has the score 1.",
            "Put the share of the right class into the logarithm.",
            worth=0.5,
        ),
        Misconception(
            "in-bits",
            math.log2(1 + 3 / math.e),
            "That is the cost in bits: the logarithm to base 2. Nats are asked for.",
            "Take the natural logarithm, np.log.",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-minus",
            -math.log(1 + 3 / math.e),
            "A cost is not negative: the logarithm of a share is, and the loss turns its sign.",
            "Put the minus in front of the logarithm.",
            worth=0.5,
        ),
        Misconception(
            "sigmoid-instead",
            math.log(1 + math.exp(-1)),
            "That is what a sigmoid applied twice charges for a certain yes. Here four scores share one softmax.",
            "Write down the softmax of 1, 0, 0, 0.",
            worth=0.25,
        ),
    ),
    hints=(
        "What are the best outputs that the first softmax can give, if the model is as right and sure as can be?",
        "The loss takes 1, 0, 0, 0 for scores. The right class has e¹, each of its three rivals e⁰.",
        "Minus the natural logarithm of e divided by (e + 3).",
    ),
    explanation=(
        "At best the first softmax gives 1, 0, 0, 0. The loss takes these for scores: the right class gets the share "
        "e/(e + 3) = 0.475 and costs −log 0.475 = 0.744. With k classes the floor is log(1 + (k − 1)/e): it grows "
        "with every class."
    ),
)

# --- 27-one-gradient -------------------------------------------------------------------------------------------------


def push(target: str, y: Array, z: Array) -> Array:
    if target == "number":
        return z - y
    if target == "yes-no":
        return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z))) - y
    power = np.exp(z - z.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True) - y


def push_by_tanh(target: str, y: Array, z: Array) -> Array:
    if target == "number":
        p = z
    elif target == "yes-no":
        p = 0.5 * (1 + np.tanh(z / 2))
    else:
        p = np.exp(z - np.logaddexp.reduce(z, axis=-1)[..., None])
    return p - y


def push_by_loop(target: str, y: Array, z: Array) -> Any:
    def shares(row: list[float]) -> list[float]:
        power = [math.exp(score - max(row)) for score in row]
        return [one / sum(power) for one in power]

    if target == "number":
        p = z.tolist()
    elif target == "yes-no":
        # One score against a score of 0.
        p = np.reshape([shares([score, 0.0])[0] for score in z.ravel().tolist()], z.shape)
    else:
        p = np.reshape([shares(row) for row in z.reshape(-1, z.shape[-1]).tolist()], z.shape)
    return np.array(p) - y


def _score_minus_target(target: str, y: Array, z: Array) -> Array:
    return z - y


def _sigmoid_for_classes(target: str, y: Array, z: Array) -> Array:
    return z - y if target == "number" else _sigmoid(z) - y


def _sign_flipped(target: str, y: Array, z: Array) -> Array:
    return -push(target, y, z)


def _slope_left_in(target: str, y: Array, z: Array) -> Array:
    if target == "number":
        return z - y
    p = push(target, y, z) + y
    return (p - y) * p * (1 - p)


def _one_sum_for_all(target: str, y: Array, z: Array) -> Array:
    if target != "classes":
        return push(target, y, z)
    power = np.exp(z - z.max())
    return power / power.sum() - y


def _down_the_columns(target: str, y: Array, z: Array) -> Array:
    if target != "classes":
        return push(target, y, z)
    power = np.exp(z - z.max(axis=0))
    return power / power.sum(axis=0) - y


def _prediction_itself(target: str, y: Array, z: Array) -> Array:
    return push(target, 0 * y, z)


def _naive_exponentials(target: str, y: Array, z: Array) -> Array:
    if target == "number":
        return z - y
    if target == "yes-no":
        return 1 / (1 + np.exp(-z)) - y
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True) - y


def _quotient_for_labels(target: str, y: Array, z: Array) -> Array:
    return np.exp(z) / (1 + np.exp(z)) - y if target == "yes-no" else push(target, y, z)


def _naive_quotients(target: str, y: Array, z: Array) -> Array:
    return _quotient_for_labels(target, y, z) if target == "yes-no" else _naive_exponentials(target, y, z)


def _rows_not_kept(target: str, y: Array, z: Array) -> Array:
    if target != "classes":
        return push(target, y, z)
    power = np.exp(z - z.max(axis=-1))
    return power / power.sum(axis=-1) - y


def _sum_not_kept(target: str, y: Array, z: Array) -> Array:
    if target != "classes":
        return push(target, y, z)
    power = np.exp(z - z.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1) - y


def _one_maximum_for_all(target: str, y: Array, z: Array) -> Array:
    if target != "classes":
        return push(target, y, z)
    power = np.exp(z - z.max())
    return power / power.sum(axis=-1, keepdims=True) - y


def _naive_sum_over_all(target: str, y: Array, z: Array) -> Array:
    return np.exp(z) / np.exp(z).sum() - y if target == "classes" else push(target, y, z)


def _right_class_only(target: str, y: Array, z: Array) -> Array:
    return push(target, y, z) * (y if target == "classes" else 1)


def _softmax_for_labels(target: str, y: Array, z: Array) -> Array:
    return push("classes" if target == "yes-no" else target, y, z)


def _divided_by_n(target: str, y: Array, z: Array) -> Array:
    return push(target, y, z) / len(z)


def _unit_applied_twice(target: str, y: Array, z: Array) -> Array:
    return push(target, y, z if target == "number" else push(target, 0 * y, z))


def _squared_error_with_two(target: str, y: Array, z: Array) -> Array:
    return (2 if target == "number" else 1) * push(target, y, z)


def _draw_pairs(rng: np.random.Generator) -> list[Probe]:
    scores = np.round(rng.normal(0, 3, (4, 3)), 3)
    return [
        Probe("five random numbers", ("number", np.round(rng.normal(0, 5, 5), 2), np.round(rng.normal(0, 5, 5), 2))),
        Probe(
            "four random labels", ("yes-no", rng.permutation([0.0, 0.0, 1.0, 1.0]), np.round(rng.normal(0, 3, 4), 3))
        ),
        Probe("four random rows", ("classes", np.eye(3)[rng.permutation([0, 1, 2, 0])], scores)),
    ]


ONE_GRADIENT = Exercise(
    id="27-one-gradient",
    title="One gradient for three pairs",
    kind="function",
    names=("push",),
    points=4,
    difficulty="implement",
    objective="Write p − y for all three pairs, with the prediction that belongs to each.",
    specification=(
        "target: 'number', 'yes-no' or 'classes'; y and z: float arrays of one shape, targets and scores. For "
        "'classes' each row (last axis) is one example and y is one-hot → array of that shape: the gradient of the "
        "right loss (half the squared error, binary or categorical cross-entropy) with respect to every score, per "
        "example. Scores up to ±1000 must not give nan."
    ),
    probes=(
        Probe("zero scores, numbers", ("number", [0.0, 2.0, -1.0], [0.0, 0.0, 0.0]), group="number"),
        Probe("numbers", ("number", [5.0, -2.0], [3.0, 4.5]), group="number"),
        Probe("labels", ("yes-no", [1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 2.0, -2.0]), group="yes or no"),
        Probe("several labels for each example", ("yes-no", [[1.0, 1.0], [0.0, 1.0]], [[-3.0, 1.0], [0.5, 6.0]])),
        Probe("one example, three classes", ("classes", [0.0, 1.0, 0.0], [2.0, 1.0, 0.0]), group="classes"),
        Probe(
            "three examples, three classes",
            (
                "classes",
                [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
                [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-1.0, 4.0, -2.0]],
            ),
            group="classes",
        ),
        Probe("extreme labels", ("yes-no", [0.0, 1.0], [1000.0, -1000.0]), group="extreme scores"),
        Probe(
            "extreme classes",
            # The second row is so far below the first that a maximum over both leaves it nothing but zeros.
            ("classes", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[1000.0, 0.0, -1000.0], [-999.0, -1000.0, -999.0]]),
            group="extreme scores",
        ),
    ),
    draw=_draw_pairs,
    reference=push,
    alternatives=(push_by_tanh, push_by_loop),
    tolerance=Tolerance(
        1e-9,
        1e-12,
        "p − y cancels where p is close to y, and still keeps nine digits at these scores, which reach 1000",
        terms=1000.0,
    ),
    partial=True,
    misconceptions=(
        Misconception(
            "output-unit-forgotten",
            _score_minus_target,
            "This is z − y for every target. It is right for a number; a label is compared with a probability, not "
            "with a score.",
            "Turn the scores into predictions first: which unit does it for a yes or no, which for classes?",
            worth=0.25,
        ),
        Misconception(
            "sigmoid-for-classes",
            _sigmoid_for_classes,
            "For classes every score has gone through a sigmoid of its own. Exclusive classes share one whole.",
            "Use the unit whose outputs sum to 1 in each row.",
            worth=0.5,
        ),
        Misconception(
            "sign-flipped",
            _sign_flipped,
            "The size is right and the sign is turned round: this is y − p.",
            "With label 1 and a score of 0, a larger score would lower the loss. Which sign has the slope?",
            worth=0.5,
        ),
        Misconception(
            "slope-left-in",
            _slope_left_in,
            "There is a factor p(1 − p) too many. With the right loss it cancels; with the squared error on "
            "probabilities it would stay.",
            "Leave the slope of the unit away.",
            worth=0.5,
        ),
        Misconception(
            "one-sum-for-all-rows",
            _one_sum_for_all,
            "The shares sum to 1 over the whole array. Each row is an example of its own.",
            "Take maximum and sum along the last axis, with keepdims=True.",
            worth=0.5,
        ),
        Misconception(
            "down-the-columns",
            _down_the_columns,
            "The shares sum to 1 in each column, over different examples. Each row is one example.",
            "The classes stand in the last axis: axis=-1, with keepdims=True.",
            worth=0.5,
        ),
        Misconception(
            "target-not-subtracted",
            _prediction_itself,
            "These are the predictions. The push says how far each lies above its target.",
            "Subtract the target.",
            worth=0.25,
        ),
        Misconception(
            "naive-exponentials",
            _naive_exponentials,
            "Right for small scores; at 1000 the exponential overflows and the shares become nan.",
            "Subtract the largest score of each row first: no share changes.",
            worth=0.75,
        ),
        Misconception(
            "quotient-for-labels",
            _quotient_for_labels,
            "Numbers and classes are right, small scores of labels too; at 1000 the exponential in the sigmoid "
            "overflows, and the answer is nan.",
            "Write the sigmoid such that the power of e never has a large positive exponent.",
            worth=0.75,
        ),
        Misconception(
            "naive-quotients",
            _naive_quotients,
            "Right for small scores; at 1000 the exponentials overflow, in the sigmoid and in the softmax.",
            "Subtract the largest score of each row first; for a label the two scores are z and 0.",
            worth=0.75,
        ),
        Misconception(
            "rows-not-kept",
            _rows_not_kept,
            "Right for a single row. With several rows, the maximum and the sum of one row meet the columns of the "
            "others: the shapes no longer line up.",
            "Keep the last axis when you take the maximum and the sum: keepdims=True.",
            worth=0.5,
        ),
        Misconception(
            "sum-not-kept",
            _sum_not_kept,
            "Right for a single row. With several rows, each value is divided by the sum of another row: the sums have "
            "lost their axis.",
            "Keep the last axis in the sum as well: keepdims=True.",
            worth=0.5,
        ),
        Misconception(
            "one-maximum-for-all-rows",
            _one_maximum_for_all,
            "One maximum is subtracted from all rows. A row far below it is left with nothing but zeros, and 0 divided "
            "by 0 is nan.",
            "Take the maximum of each row: along the last axis, with keepdims=True.",
            worth=0.75,
        ),
        Misconception(
            "naive-sum-over-all-rows",
            _naive_sum_over_all,
            "Two things: the shares sum to 1 over the whole array, though each row is an example of its own; and at "
            "1000 the exponential overflows.",
            "Take maximum and sum along the last axis, with keepdims=True, and subtract the maximum first.",
            worth=0.25,
        ),
        Misconception(
            "right-class-only",
            _right_class_only,
            "Only the class that came is pushed. The others share the same whole, so the loss falls when their scores "
            "fall.",
            "Leave the other shares in: subtract y from all of them.",
            worth=0.5,
        ),
        Misconception(
            "softmax-for-labels",
            _softmax_for_labels,
            "The labels have shared one whole. Each yes or no is a question of its own.",
            "Use the unit that turns each score into a probability by itself.",
            worth=0.5,
        ),
        Misconception(
            "divided-by-n",
            _divided_by_n,
            "Each gradient has been divided by the number of rows. The gradient of each example's own loss is asked "
            "for.",
            "Leave the division away.",
            worth=0.5,
        ),
        Misconception(
            "applied-twice",
            _unit_applied_twice,
            "The unit is applied twice: probabilities have gone through it again.",
            "One sigmoid or one softmax, straight from the scores.",
            worth=0.25,
        ),
        Misconception(
            "twice-the-miss",
            _squared_error_with_two,
            "For a number this is 2(z − y): the gradient of the squared error. Half the squared error is asked for.",
            "The factor ½ is there to cancel the 2.",
            worth=0.75,
        ),
    ),
    hints=(
        "In all three cases the gradient is prediction minus target. What is the prediction, made from z, in each?",
        "For a number the prediction is the score itself; for a yes or no a sigmoid of it; for classes the softmax "
        "of the row.",
        "For classes: subtract the row's maximum, take exponentials, divide by the row's sum (axis=-1, "
        "keepdims=True), subtract y.",
    ),
    explanation=(
        "Each loss is chosen so that the slope of its output unit cancels. What is left is p − y, with p = z, σ(z) or "
        "softmax(z). Several labels per example need no case of their own: they are yes-or-no targets, element by "
        "element."
    ),
)

# --- 27-repair-training ----------------------------------------------------------------------------------------------


def train(steps: int, rate: float, y: Array, z: Array) -> Array:
    for _ in range(steps):
        # The loss takes logits: its gradient contains the one sigmoid that is needed.
        z = z - rate * (1 / (1 + np.exp(-z)) - y)
    return z


def train_by_cases(steps: int, rate: float, y: Array, z: Array) -> Array:
    scores = np.array(z, dtype=float)
    for _ in range(steps):
        scores += rate * np.where(y == 1, 1 / (1 + np.exp(scores)), -1 / (1 + np.exp(-scores)))
    return scores


def train_by_loop(steps: int, rate: float, y: Array, z: Array) -> Any:
    done = []
    for label, score in zip(y.ravel().tolist(), z.ravel().tolist(), strict=True):
        for _ in range(steps):
            score -= rate * (0.5 * (1 + math.tanh(score / 2)) - label)
        done.append(score)
    return np.reshape(done, z.shape)


def _still_twice(steps: int, rate: float, y: Array, z: Array) -> Array:
    for _ in range(steps):
        z = z - rate * (_sigmoid(_sigmoid(z)) - y)
    return z


def _no_sigmoid(steps: int, rate: float, y: Array, z: Array) -> Array:
    for _ in range(steps):
        z = z - rate * (z - y)
    return z


def _uphill(steps: int, rate: float, y: Array, z: Array) -> Array:
    for _ in range(steps):
        z = z + rate * (_sigmoid(z) - y)
    return z


def _chained_properly(steps: int, rate: float, y: Array, z: Array) -> Array:
    for _ in range(steps):
        p = _sigmoid(z)
        z = z - rate * (_sigmoid(p) - y) * p * (1 - p)
    return z


def _squared_error(steps: int, rate: float, y: Array, z: Array) -> Array:
    for _ in range(steps):
        p = _sigmoid(z)
        z = z - rate * (p - y) * p * (1 - p)
    return z


def _common_mean(steps: int, rate: float, y: Array, z: Array) -> Array:
    for _ in range(steps):
        z = z - rate * np.mean(_sigmoid(z) - y)
    return z


def _probabilities_returned(steps: int, rate: float, y: Array, z: Array) -> Array:
    return _sigmoid(train(steps, rate, y, z))


def _one_step_only(steps: int, rate: float, y: Array, z: Array) -> Any:
    for _ in range(steps):
        return train(1, rate, y, z)
    return None


def _divided_by_examples(steps: int, rate: float, y: Array, z: Array) -> Array:
    return train(steps, rate / y.size, y, z)


def _one_step_too_many(steps: int, rate: float, y: Array, z: Array) -> Array:
    return train(steps + 1, rate, y, z)


def _slope_of_the_start(steps: int, rate: float, y: Array, z: Array) -> Array:
    return z - steps * rate * (_sigmoid(z) - y)


def _draw_training(rng: np.random.Generator) -> list[Probe]:
    labels = rng.permutation([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    rate = float(rng.choice([0.5, 0.8, 1.2]))
    return [Probe("six random examples", (int(rng.integers(5, 9)), rate, labels, np.round(rng.normal(0, 3, 6), 3)))]


REPAIR_TRAINING = Exercise(
    id="27-repair-training",
    title="Repair a training loop that never settles",
    kind="function",
    names=("train",),
    points=3,
    difficulty="complete",
    objective="Recognise an output unit applied twice inside a training loop, and repair it.",
    specification=(
        "steps: how many steps; rate: a number; y: labels 0 or 1, z: scores, float arrays of one shape → array of "
        "that shape: the scores after that many steps of gradient descent on the binary cross-entropy, each score "
        "moved by its own example's gradient. y and z stay as they are."
    ),
    probes=(
        Probe("two examples at score 0", (1, 1.0, [1.0, 0.0], [0.0, 0.0])),
        Probe("two examples, twenty steps", (20, 1.0, [1.0, 0.0], [0.0, 0.0])),
        Probe("sure and wrong", (10, 2.0, [1.0, 0.0], [-8.0, 8.0])),
        Probe("right already", (5, 1.0, [1.0, 0.0], [5.0, -5.0])),
        Probe("a 2-D array", (4, 0.5, [[1.0, 0.0], [0.0, 1.0]], [[1.0, -1.0], [2.0, -2.0]])),
        Probe("no step", (0, 1.0, [1.0, 0.0], [1.5, -0.5])),
    ),
    draw=_draw_training,
    reference=train,
    alternatives=(train_by_cases, train_by_loop),
    tolerance=Tolerance(1e-9, 1e-12, "the rounding of twenty steps stays far below; every named mistake is far above"),
    partial=False,
    misconceptions=(
        Misconception(
            "still-applied-twice",
            _still_twice,
            "The scores still go through two sigmoids. The second one sees a number between 0 and 1 and answers "
            "between 0.5 and 0.73: too much for every 0.",
            "One of the two lines with a sigmoid has to go.",
        ),
        Misconception(
            "both-sigmoids-removed",
            _no_sigmoid,
            "Now there is no sigmoid left: the loop pulls each score towards its label, as it would for numbers.",
            "Compare a probability with the label: one sigmoid is right.",
            worth=0.25,
        ),
        Misconception(
            "uphill",
            _uphill,
            "The loop climbs: each step raises the loss.",
            "Gradient descent subtracts rate times gradient.",
            worth=0.25,
        ),
        Misconception(
            "twice-with-the-chain-rule",
            _chained_properly,
            "This is the exact gradient of the doubled sigmoid: the mistake is now differentiated properly, and still "
            "there.",
            "Remove the second sigmoid; its factor p(1 − p) goes with it.",
            worth=0.25,
        ),
        Misconception(
            "squared-error",
            _squared_error,
            "The factor p(1 − p) belongs to the squared error. In binary cross-entropy it has cancelled.",
            "The gradient on the score is probability minus label, nothing more.",
            worth=0.5,
        ),
        Misconception(
            "pushed-by-the-mean",
            _common_mean,
            "All scores are moved by the mean of the gradients, so a 1 and a 0 are pushed the same way.",
            "Each score moves by its own example's gradient: leave the mean away.",
            worth=0.25,
        ),
        Misconception(
            "probabilities-returned",
            _probabilities_returned,
            "The training is right; what comes back are probabilities. The scores are asked for.",
            "Return z.",
            worth=0.75,
        ),
        Misconception(
            "divided-by-the-examples",
            _divided_by_examples,
            "Each gradient has been divided by the number of examples, so the steps are too short.",
            "Each score moves by its own example's gradient: leave the division away.",
            worth=0.5,
        ),
        Misconception(
            "one-step-too-many",
            _one_step_too_many,
            "One step too many is made: with steps = 0 nothing should move.",
            "Count the rounds of the loop for steps = 0 and steps = 1.",
            worth=0.5,
        ),
        Misconception(
            "slope-of-the-start",
            _slope_of_the_start,
            "Every step uses the gradient of the start, so the scores never slow down.",
            "Compute the gradient anew in each round of the loop.",
            worth=0.25,
        ),
        Misconception(
            "one-step-only",
            _one_step_only,
            "After one step the loop stops, whatever `steps` says; and for steps = 0 nothing comes back.",
            "Look at the indentation of the return: it belongs below the loop.",
            worth=0.5,
        ),
    ),
    hints=(
        "How many times does a score pass through a sigmoid before the label is subtracted? How often should it?",
        "`loss_gradient` is the gradient of a loss from logits: it contains the sigmoid. What should go into it?",
        "Give `loss_gradient` the scores themselves, and drop the line that turns them into probabilities.",
    ),
    explanation=(
        "The loss's gradient σ(·) − y expects a score. It was given a probability, so σ was applied twice, and "
        "σ(σ(z)) is never below ½: for a label 0 the push never goes to 0, for a label 1 its size never "
        "falls below about 0.27. All scores run away, with the wrong balance. One sigmoid fewer and the loop is right."
    ),
)

# --- 27-same-push ----------------------------------------------------------------------------------------------------

_NAMES = ("z_number", "z_yes_no", "z_class")
_PUSH, _BAND = 0.25, 0.005


def _reached(z_number: Array, z_yes_no: Array, z_class: Array) -> Measured:
    pushes = (
        float(z_number) - 3,
        float(_sigmoid(z_yes_no)),
        float(_softmax(np.array([float(z_class), 0.0, 0.0]))[0]),
    )
    hits = [abs(one - _PUSH) <= _BAND for one in pushes]
    told = [
        f"{name} gives {show_number(round(one, 3))} ({'within' if hit else 'outside'} the band)"
        for name, one, hit in zip(_NAMES, pushes, hits, strict=True)
    ]
    return Measured(sum(hits) / len(hits), f"The pushes: {', '.join(told)}.")


SAME_PUSH = Exercise(
    id="27-same-push",
    title="The same push, three times",
    kind="design",
    names=_NAMES,
    points=3,
    difficulty="stretch",
    objective="Read p − y backwards: from a gradient to the score that causes it, for each of the three pairs.",
    specification=(
        "z_number, z_yes_no, z_class: three numbers such that each push is 0.25, within 0.005: half the squared error "
        "with target 3; binary cross-entropy with label 0; categorical cross-entropy for a class that did not come, "
        "with two other scores of 0."
    ),
    reference=(3.25, -math.log(3), math.log(2 / 3)),
    alternatives=((3.252, -1.1, -0.4), (np.float32(3.25), math.log(1 / 3), -0.41)),
    tolerance=Tolerance(0.01, 0.01, "a named mistake is recognised when the numbers are rounded to two digits"),
    measure=_reached,
    partial=True,
    misconceptions=(
        Misconception(
            "push-as-score",
            (0.25, 0.25, 0.25),
            "These are the push itself. The score comes first; the unit makes a prediction of it, and then the target "
            "is subtracted.",
            "Write prediction = target + push for each pair, then go back to the score.",
        ),
        Misconception(
            "prediction-as-score",
            (3.25, 0.25, 0.25),
            "For the number that is right. The other two are predictions; which scores lead to them?",
            "Undo the sigmoid with log(p / (1 − p)).",
            worth=1 / 3,
        ),
        Misconception(
            "pushed-the-other-way",
            (2.75, math.log(3), -math.log(2 / 3)),
            "The sign is turned round. A positive push means: the prediction lies above the target.",
            "Prediction = target + push.",
        ),
        Misconception(
            "one-rival-too-few",
            (3.25, -math.log(3), -math.log(3)),
            "Two of three. In the softmax the score has two rivals, not one: e^z against e⁰ + e⁰.",
            "Solve e^z / (e^z + 2) = ¼.",
            worth=2 / 3,
        ),
        Misconception(
            "squared-error-without-the-half",
            (3.125, -math.log(3), math.log(2 / 3)),
            "Two of three. For the number you have used 2(z − 3), the gradient of the whole squared error.",
            "With the factor ½ in front, the gradient is the plain miss.",
            worth=2 / 3,
        ),
    ),
    hints=(
        "Each push is prediction minus target. Which prediction gives a push of ¼ in each case?",
        "The predictions are 3¼, ¼ and ¼. For the sigmoid, p = ¼ means odds of 1 to 3; a score is the logarithm of "
        "the odds.",
        "For the class, e^z must be one third of its two rivals' sum e⁰ + e⁰.",
    ),
    explanation=(
        "Prediction = target + push: 3.25, 0.25 and 0.25. The identity needs the score 3.25. The sigmoid needs "
        "log(0.25/0.75) = −log 3 = −1.099. In the softmax e^z is one third of the rivals' sum 2, so z = log(2/3) = "
        "−0.405: with two rivals instead of one, the same share takes a higher score."
    ),
)

EXERCISES = (CHOOSE_PAIR, DOUBLED_FLOOR, ONE_GRADIENT, REPAIR_TRAINING, SAME_PUSH)

PREDICTIONS = (
    Prediction(
        id="27-softmax-twice",
        question="Ten kinds of digit, a softmax in the last layer, and a loss that contains one too. What happens?",
        options=(
            "an error message",
            "nothing: softmax applied twice changes nothing",
            "it learns, but more slowly, and its loss never comes near 0",
            "it stays at 10 % right",
        ),
        truth="c",
        words="It learns, and that is what hides the bug: the order of the classes survives the second softmax, the "
        "push on the scores and the honest shares do not.",
    ),
)

QUIZ = (
    Item(
        "27-quiz-number",
        "A network predicts tomorrow's temperature in °C. Which output unit?",
        (
            Option("sigmoid", "It can't leave the range from 0 to 1, whatever the scale of the target."),
            Option("ReLU", "It can't go below 0, and it is flat there: no frost could be learned."),
            Option("identity", "Yes: any number can come out, and the squared error pushes with ŷ − y.", right=True),
            Option("softmax", "Softmax of one score is 1, always."),
        ),
    ),
    Item(
        "27-quiz-stuck",
        "Ten classes; 95 % of the answers are right; the loss has stopped at 1.48. What do you look for first?",
        (
            Option("A softmax before a loss that contains one.", "Yes: its floor is 1.461.", right=True),
            Option("A learning rate that is too small.", "Then the accuracy would be low as well."),
            Option("Dead units.", "They would cost accuracy; here the answers are right and the price is wrong."),
            Option("Nothing: 1.48 is good for ten classes.", "At 95 % right a loss near 0.2 is usual."),
        ),
    ),
    Item(
        "27-quiz-gradient",
        "The shares are 0.2, 0.5 and 0.3, and the second class came. What is the gradient on the three scores?",
        (
            Option("0, −2, 0", "That is the slope with respect to the shares: −1/p of the class that came."),
            Option("0.2, −0.5, 0.3", "Yes: p − y.", right=True),
            Option("0.2, 0.5, 0.3", "These are the shares; the target still has to be subtracted."),
            Option("−0.2, 0.5, −0.3", "The sign is turned round: a larger second score lowers the loss."),
        ),
    ),
    Item(
        "27-quiz-threshold",
        "The last layer has no activation, the loss is binary cross-entropy from logits. When do you answer yes?",
        (
            Option("output above 0.5", "That is the threshold for probabilities. A logit of 0.5 means 0.62."),
            Option("output above 0", "Yes: σ(0) = ½.", right=True),
            Option("output above 1", "σ(1) = 0.73; that would be a stricter rule than “more likely than not”."),
            Option("It can't be said: the sigmoid is missing.", "The sigmoid rises everywhere: σ(z) > ½ means z > 0."),
        ),
    ),
    Item(
        "27-quiz-two",
        "Yes or no: one sigmoid unit, or softmax over two units?",
        (
            Option("One sigmoid: softmax is for three or more.", "Softmax of two works just as well."),
            Option("Softmax: only its outputs sum to 1.", "σ(z) and 1 − σ(z) sum to 1 too."),
            Option("The same: only the difference counts.", "Yes: softmax of two is σ(z₁ − z₀).", right=True),
            Option("Softmax over a single unit is enough.", "Softmax of one score is 1, whatever the score."),
        ),
    ),
)
