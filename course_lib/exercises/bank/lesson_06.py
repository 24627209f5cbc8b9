"""Lesson 06, ReLU: repair it, pass a gradient back, count pieces, build a bump, debug a training loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance
from course_lib.exercises.wording import show_number

Array = NDArray[Any]

# --- 06-repair-relu --------------------------------------------------------------------------------------------------


def repaired_relu(x: Array) -> Array:
    return np.maximum(x, 0)


def repaired_relu_by_where(x: Array) -> Array:
    return np.where(x > 0, x, 0)


def repaired_relu_by_copy(x: Array) -> Array:
    result = x.copy()
    result[result < 0] = 0
    return result


def repaired_relu_by_clip(x: Array) -> Array:
    return np.clip(x, 0, None)


def repaired_relu_by_loop(x: Array) -> Any:
    return np.reshape([value if value > 0 else 0.0 for value in x.ravel().tolist()], x.shape)


def repaired_relu_in_float32(x: Array) -> Array:
    return np.maximum(x.astype(np.float32), 0)


def _in_place(x: Array) -> Array:
    x[x < 0] = 0
    return x


def _times_mask(x: Array) -> Array:
    return x * (x > 0)


def _largest_of_the_array(x: Array) -> Any:
    return np.max(x, 0)


def _absolute_value(x: Array) -> Array:
    return np.abs(x)


def _wrong_side(x: Array) -> Array:
    return np.minimum(x, 0)


def _step(x: Array) -> Array:
    return np.where(x > 0, 1.0, 0.0)


def _draw_scores(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("seven random scores", (np.round(rng.normal(0, 3, 7), 3),)),
        Probe("a random 2-D array", (np.round(rng.normal(0, 3, (2, 3)), 3),)),
    ]


REPAIR_RELU = Exercise(
    id="06-repair-relu",
    title="A ReLU that leaves the scores alone",
    kind="function",
    names=("repaired_relu",),
    points=3,
    difficulty="complete",
    objective="Write ReLU for whole arrays without spoiling the scores that the way back still needs.",
    specification=(
        "x: float array of any shape → a new array of the same shape with max(x, 0), element by element. x stays as it "
        "is; −∞ gives 0 and ∞ gives ∞."
    ),
    probes=(
        Probe("zero", ([0.0],)),
        Probe("both signs", ([-2.0, -0.5, 0.5, 3.0],)),
        Probe("close to the kink", ([-1e-12, 1e-12],)),
        Probe("huge scores", ([-1e30, 1e30],)),
        Probe("infinite scores", ([-np.inf, np.inf],)),
        Probe("a 2-D array", ([[-1.0, 0.5, 2.0], [3.0, -0.25, 0.0]],)),
    ),
    draw=_draw_scores,
    reference=repaired_relu,
    alternatives=(
        repaired_relu_by_where,
        repaired_relu_by_copy,
        repaired_relu_by_clip,
        repaired_relu_by_loop,
        repaired_relu_in_float32,
    ),
    tolerance=Tolerance(1e-12, 0.0, "ReLU copies numbers or writes 0: nothing is rounded", terms=0.0),
    partial=True,
    misconceptions=(
        Misconception(
            "changes-the-scores",
            _in_place,
            "The values are right, but this writes into x: the caller's negative scores are gone.",
            "Build a new array. NumPy's functions of two arguments return one.",
            worth=0.5,
        ),
        Misconception(
            "nan-at-minus-infinity",
            _times_mask,
            "Right for every finite score. At −∞ it gives nan, because −∞ times 0, and −∞ plus ∞, have no value.",
            "Choose between x and 0 instead of computing with both.",
            worth=0.75,
        ),
        Misconception(
            "max-along-an-axis",
            _largest_of_the_array,
            "np.max(x, 0) is the largest element along axis 0. Asked for is the larger of x and 0, for each element.",
            "NumPy has another function, of two arguments, that compares element by element.",
        ),
        Misconception(
            "absolute-value",
            _absolute_value,
            "This folds the negative side up: it is |x|. ReLU makes that side flat.",
            "A score of −2 must give 0.",
        ),
        Misconception(
            "kept-the-wrong-side",
            _wrong_side,
            "This keeps the negative scores and cuts the positive ones: the hinge opens the wrong way.",
            "Which of the two, x or 0, is wanted when x is 3?",
        ),
        Misconception(
            "step-instead-of-hinge",
            _step,
            "This says only on or off. A ReLU that is on passes the score itself.",
            "A score of 3 must give 3.",
        ),
    ),
    hints=(
        "After the broken function has run, what is left of the caller's array? Which line writes into it?",
        "An assignment like x[...] = changes the array that came in. A function that returns the larger of two things, "
        "element by element, makes a new one.",
        "np.maximum takes two arguments and compares them element by element; one of them may be the number 0.",
    ),
    explanation=(
        "np.maximum(x, 0) returns a new array. The broken version assigned into x, and NumPy hands the caller's own "
        "array to a function, so the negative scores were lost. A loss of that kind shows much later: the way back "
        "needs the scores, or the outputs, as they were."
    ),
)

# --- 06-relu-backward ------------------------------------------------------------------------------------------------


def relu_backward(x: Array, upstream: Array) -> Array:
    return np.where(x > 0, upstream, 0)


def relu_backward_by_product(x: Array, upstream: Array) -> Array:
    return upstream * (x > 0)


def relu_backward_with_slope_one_at_zero(x: Array, upstream: Array) -> Array:
    return upstream * (x >= 0)


def relu_backward_with_slope_half_at_zero(x: Array, upstream: Array) -> Array:
    return upstream * np.heaviside(x, 0.5)


def relu_backward_by_copy(x: Array, upstream: Array) -> Array:
    result = upstream.copy()
    result[x <= 0] = 0
    return result


def relu_backward_by_loop(x: Array, upstream: Array) -> Any:
    pairs = zip(x.ravel().tolist(), upstream.ravel().tolist(), strict=True)
    return np.reshape([gradient if score > 0 else 0.0 for score, gradient in pairs], x.shape)


def _no_mask(x: Array, upstream: Array) -> Array:
    return upstream + 0


def _slope_only(x: Array, upstream: Array) -> Array:
    return (x > 0) * 1.0


def _relu_of_the_gradient(x: Array, upstream: Array) -> Array:
    return np.maximum(upstream, 0)


def _output_times_gradient(x: Array, upstream: Array) -> Array:
    return np.maximum(x, 0) * upstream


def _wrong_mask(x: Array, upstream: Array) -> Array:
    return upstream * (x < 0)


def _sigmoid_rule(x: Array, upstream: Array) -> Any:
    output = np.maximum(x, 0)
    return upstream * output * (1 - output)


def _forward_again(x: Array, upstream: Array) -> Array:
    return np.maximum(x, 0)


def _off_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Scores of both signs, none near the kink, where more than one answer would be right."""
    signs = np.where(np.arange(np.prod(shape)) % 2 == 0, 1.0, -1.0)
    return np.round(rng.permutation(signs * rng.uniform(0.1, 4, signs.size)), 3).reshape(shape)


def _draw_gradients(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("eight random scores", (_off_zero(rng, (8,)), _off_zero(rng, (8,)))),
        Probe("a random 2-D array", (_off_zero(rng, (2, 4)), _off_zero(rng, (2, 4)))),
    ]


RELU_BACKWARD = Exercise(
    id="06-relu-backward",
    title="What a ReLU lets back through",
    kind="function",
    names=("relu_backward",),
    points=3,
    difficulty="implement",
    objective="Write the way back through ReLU: the gradient passes where the unit was on.",
    specification=(
        "x: float array of any shape, the scores of the forward pass; upstream: array of that shape, the slope of the "
        "loss with respect to each output → array of that shape, the slope of the loss with respect to each score. At "
        "a score of exactly 0, any value between 0 and the upstream slope is right. Both arrays stay as they are."
    ),
    probes=(
        Probe("both signs", ([-2.0, 3.0, -0.5, 0.5], [1.0, 1.0, 1.0, 1.0])),
        Probe("the kink", ([0.0, 0.0], [1.0, 1.0]), between=(0.0, 1.0)),
        Probe("negative gradients", ([-1.0, 1.0, 2.0, -3.0], [-0.5, -0.25, 4.0, 2.0])),
        Probe("huge scores", ([-1e30, 1e30], [2.0, -2.0])),
        Probe("a 2-D array", ([[-1.0, 0.5], [3.0, -0.25]], [[0.1, -0.2], [0.3, -0.4]])),
    ),
    draw=_draw_gradients,
    reference=relu_backward,
    alternatives=(
        relu_backward_by_product,
        relu_backward_with_slope_one_at_zero,
        relu_backward_with_slope_half_at_zero,
        relu_backward_by_copy,
        relu_backward_by_loop,
    ),
    tolerance=Tolerance(1e-12, 0.0, "a gradient is passed on or set to 0: nothing is rounded", terms=0.0),
    partial=True,
    misconceptions=(
        Misconception(
            "nothing-stopped",
            _no_mask,
            "This passes everything. A unit that was off has slope 0, so nothing may come through it.",
            "Where is the output flat? There a small change of the score changes nothing.",
        ),
        Misconception(
            "slope-without-the-gradient",
            _slope_only,
            "This is the slope of ReLU alone. The chain rule multiplies it by what arrives from above.",
            "Let the result depend on upstream too.",
            worth=1 / 3,
        ),
        Misconception(
            "relu-of-the-gradient",
            _relu_of_the_gradient,
            "This cuts off negative gradients. What decides is the sign of the score, not the sign of the gradient.",
            "Look at x for the decision, at upstream for the value.",
        ),
        Misconception(
            "output-instead-of-slope",
            _output_times_gradient,
            "This multiplies by the output of ReLU. The chain rule wants its slope, which is 0 or 1.",
            "How much does the output grow when the score grows by a little?",
        ),
        Misconception(
            "mask-reversed",
            _wrong_mask,
            "This lets the gradient through where the unit was off.",
            "On which side of 0 does ReLU rise?",
        ),
        Misconception(
            "forward-again",
            _forward_again,
            "This is ReLU itself, the way forward. On the way back the slope is wanted, times what arrives.",
            "Start from upstream, and ask where it may pass.",
        ),
        Misconception(
            "rule-of-sigmoid",
            _sigmoid_rule,
            "a(1 − a) is the slope of the sigmoid. ReLU has its own, and a simpler one.",
            "Read the slope off the figure in the lesson: flat on one side, rising on the other.",
        ),
    ),
    hints=(
        "Through which units does a small change of the score reach the loss at all?",
        "By the chain rule the result is upstream times the slope of ReLU at x. What is that slope for x > 0, and for "
        "x < 0?",
        "Take upstream where x is positive and 0 elsewhere: np.where can choose, or multiply by the condition.",
    ),
    explanation=(
        "The slope of ReLU is 1 where the score is positive and 0 where it is negative, so the gradient passes whole "
        "or not at all; that is the mask. At exactly 0 every slope between 0 and 1 is a valid subgradient; PyTorch, "
        "Keras and JAX take 0."
    ),
)

# --- 06-count-pieces -------------------------------------------------------------------------------------------------

COUNT_PIECES = Exercise(
    id="06-count-pieces",
    title="How many straight pieces?",
    kind="value",
    names=("most_pieces",),
    points=1,
    difficulty="complete",
    objective="Count the pieces that a layer of ReLU units can make.",
    specification="most_pieces: the largest number of straight pieces that the graph of this network can have.",
    reference=6,
    alternatives=(6.0, np.int64(6)),
    tolerance=Tolerance(0.0, 1e-9, "a count is a whole number"),
    misconceptions=(
        Misconception(
            "counted-the-corners",
            5,
            "That is the number of corners. Cut a rope in so many places: how many pieces do you hold?",
            "Draw one hinge first. It has one corner; how many pieces?",
            worth=0.5,
        ),
        Misconception(
            "two-per-unit",
            10,
            "Each unit alone has two pieces, but in a sum they share them: only the corners add up.",
            "Count the places where the slope of the sum can change.",
        ),
        Misconception(
            "every-on-off-pattern",
            32,
            "That counts every pattern of on and off. On a line, going right, each unit switches only once.",
            "Walk along the input from left to right and count the switches.",
        ),
        Misconception(
            "only-one-hinge",
            2,
            "Two pieces is one hinge. Five units can bend the graph at five different places.",
            "Add a second hinge to the first in the panel and count again.",
        ),
    ),
    hints=(
        "Where can the graph of a sum of hinges bend?",
        "Each unit bends the graph at one place, its corner; between neighbouring corners the graph is straight.",
        "Mark five corners on a line and count the stretches, with the one before the first and after the last.",
    ),
    explanation=(
        "The graph bends where a unit switches on or off, and each of the five units does so at one input. Five "
        "corners cut the line into six stretches. With several inputs or several layers there can be many more."
    ),
)

# --- 06-read-hinge ---------------------------------------------------------------------------------------------------

READ_HINGE = Exercise(
    id="06-read-hinge",
    title="Read a hinge off a sum of three",
    kind="value",
    figure="hinge-figure",
    names=("corner", "slope"),
    points=2,
    difficulty="complete",
    objective="Read the corner and the slope of one hinge off the graph of a sum.",
    specification=(
        "corner, slope: two numbers, such that slope·max(x − corner, 0) is the second hinge from the left. Each may be "
        "off by 0.1."
    ),
    reference=(1.0, -2.0),
    alternatives=((1, -2), (1.1, -2.1), (0.9, -1.9), (np.float32(1.05), np.float64(-1.95))),
    tolerance=Tolerance(1e-9, 0.1, "the bends lie on the grid; a tenth is more than a line's width"),
    partial=True,
    misconceptions=(
        Misconception(
            "slope-of-the-piece",
            (1.0, -0.5),
            "The corner is right. The slope is that of the whole graph behind it, to which the first hinge still adds "
            "its own.",
            "By how much does the slope of the graph change at this corner?",
            worth=0.5,
        ),
        Misconception(
            "slope-before-the-bend",
            (1.0, 1.5),
            "The corner is right. The slope is that of the piece before it, which the first hinge makes alone.",
            "Read the slope behind the corner too. How far did it fall?",
            worth=0.5,
        ),
        Misconception(
            "sign-forgotten",
            (1.0, 2.0),
            "The corner and the size of the change are right. Does this hinge bend the graph up or down?",
            "Compare the slopes on the two sides: which of them is larger?",
            worth=0.5,
        ),
        Misconception(
            "sign-of-the-corner",
            (-1.0, -2.0),
            "The slope is right. With this corner the hinge would begin on the other side of 0: max(x − corner, 0) has "
            "its bend where x equals the corner.",
            "Read the input below the second bend, and keep its sign.",
            worth=0.5,
        ),
        Misconception(
            "height-for-slope",
            (1.0, 3.0),
            "The corner is right. The other number is the height of the graph there, not a slope.",
            "A slope is a difference of heights divided by a difference of inputs.",
            worth=0.5,
        ),
        Misconception(
            "the-first-hinge",
            (-1.0, 1.5),
            "That is the first hinge, from where the graph leaves 0.",
            "Go on to the next bend.",
            worth=0.25,
        ),
        Misconception(
            "the-third-hinge",
            (4.0, 1.0),
            "That is the hinge at the last bend, read correctly. The one before it is asked for.",
            "Do at the bend before what you did here.",
            worth=0.5,
        ),
    ),
    hints=(
        "A hinge that has begun goes on for ever. What then can change the slope of the sum at the second bend?",
        "Read the slope of the straight piece on either side of that bend: rise divided by run, between two places "
        "where the graph crosses the grid.",
        "The slope of the hinge is the slope of the piece behind the bend minus the slope of the piece before it.",
    ),
    explanation=(
        "Before the second bend the graph rises from (−1, 0) to (1, 3), slope 1.5; behind it it falls to (4, 1.5), "
        "slope −0.5. Each hinge brings the change of slope at its corner: −0.5 − 1.5 = −2. The first hinge is still "
        "adding its 1.5 there; that is why the slope of the piece is not the slope of the hinge."
    ),
)

# --- 06-design-bump --------------------------------------------------------------------------------------------------

_CORNERS = (1.0, 2.0, 4.0)
_HEIGHTS = ((2.0, 3.0), (4.0, 0.0), (6.0, 0.0))
_BAND = 0.05


def _bump(*slopes: Array) -> Measured:
    heights = [
        float(sum(a * max(x - corner, 0.0) for a, corner in zip(slopes, _CORNERS, strict=True))) for x, _ in _HEIGHTS
    ]
    hits = [abs(height - wanted) <= _BAND for height, (_, wanted) in zip(heights, _HEIGHTS, strict=True)]
    parts = [
        f"at x = {x:g} your sum is {show_number(round(height, 2))} ({'right' if hit else f'{wanted:g} is wanted'})"
        for height, (x, wanted), hit in zip(heights, _HEIGHTS, hits, strict=True)
    ]
    text = ", ".join(parts[:-1]) + " and " + parts[-1]
    # From left to right up to the first miss: a graph that never leaves 0 has built nothing of the bump.
    built = next((number for number, hit in enumerate(hits) if not hit), len(hits))
    return Measured(built / len(hits), text[0].upper() + text[1:] + ".")


DESIGN_BUMP = Exercise(
    id="06-design-bump",
    title="Design a bump",
    kind="design",
    names=("slope_1", "slope_2", "slope_4"),
    points=3,
    difficulty="stretch",
    objective="Turn the slopes of the pieces into the slopes of the hinges.",
    specification=(
        "slope_1, slope_2, slope_4: the slopes of three hinges with corners at 1, 2 and 4. Their sum is 0 up to 1, 3 "
        "at 2, 0 at 4, and stays 0; checked at 2, 4 and 6, each within 0.05."
    ),
    reference=(3.0, -4.5, 1.5),
    alternatives=((3.01, -4.51, 1.49), (np.float32(3), np.float32(-4.5), np.float32(1.5)), (3, -9 / 2, 3 / 2)),
    measure=_bump,
    partial=True,
    tolerance=Tolerance(0.01, 0.01, "a named mistake is recognised when the numbers are rounded to two digits"),
    misconceptions=(
        Misconception(
            "slopes-of-the-pieces",
            (3.0, -1.5, 0.0),
            "These are the slopes of the pieces. A hinge that has begun goes on, so a hinge must bring the change.",
            "From one piece to the next, by how much does the slope change?",
            worth=1 / 3,
        ),
        Misconception(
            "never-flat-again",
            (3.0, -4.5, 0.0),
            "The bump is right up to 4, then it runs on downwards: nothing stops it.",
            "After 4 all three slopes together must be 0.",
            worth=2 / 3,
        ),
        Misconception(
            "flat-instead-of-falling",
            (3.0, -3.0, 0.0),
            "The second hinge stops the rise, no more: from 2 on the sum stays level. It must also come down.",
            "Which slope brings the sum from its top at x = 2 down to 0 at x = 4? The first rise has to go as well.",
            worth=1 / 3,
        ),
        Misconception(
            "undid-one-hinge-only",
            (3.0, -4.5, 4.5),
            "The last hinge undoes the second one. The first is still rising, so the sum rises after 4.",
            "Add up the slopes of all hinges that have begun before 4. That sum is what must go.",
            worth=2 / 3,
        ),
        Misconception(
            "heights-as-slopes",
            (0.0, 3.0, 0.0),
            "These are the heights at the corners. A hinge begins at height 0; what it has is a slope.",
            "The graph climbs from 0 at x = 1 to its top at x = 2. How steep is that?",
        ),
        Misconception(
            "upside-down",
            (-3.0, 4.5, -1.5),
            "The bends are in proportion, but the bump hangs down: all signs are the other way round.",
            "The first piece must rise.",
            worth=1 / 3,
        ),
    ),
    hints=(
        "What is the slope of each of the four pieces of the bump, from left to right?",
        "At a corner the slope of the sum changes by exactly the slope of the hinge that begins there.",
        "The slope of a hinge is the slope of the piece on its right minus the slope of the piece on its left. The "
        "very first piece and the very last one have slope 0.",
    ),
    explanation=(
        "The pieces have the slopes 0, 3, −1.5, 0. Each hinge brings the change at its corner: 3 − 0 = 3, then "
        "−1.5 − 3 = −4.5, then 0 − (−1.5) = 1.5. The three add up to 0, so the graph is flat at the end."
    ),
)

# --- 06-debug-training -----------------------------------------------------------------------------------------------


def train_unit(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        score = w * x + b
        error = np.maximum(score, 0) - y
        on = score > 0
        w = w - rate * np.mean(2 * error * on * x)
        b = b - rate * np.mean(2 * error * on)
    return np.maximum(w * x + b, 0)


def train_unit_by_examples(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    pairs = list(zip(x.ravel().tolist(), y.ravel().tolist(), strict=True))
    for _ in range(steps):
        dw = db = 0.0
        for value, wanted in pairs:
            score = w * value + b
            if score > 0:
                dw += 2 * (score - wanted) * value / len(pairs)
                db += 2 * (score - wanted) / len(pairs)
        w, b = w - rate * dw, b - rate * db
    return np.where(w * x + b > 0, w * x + b, 0)


def train_unit_by_one_vector(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Any:
    inputs = np.stack([x.ravel(), np.ones(x.size)], axis=1)
    both = np.array([w, b])
    for _ in range(steps):
        output = np.maximum(inputs @ both, 0)
        both = both - rate * 2 / x.size * inputs.T @ ((output - y.ravel()) * (output > 0))
    return np.maximum(inputs @ both, 0).reshape(x.shape)


def _mask_before_the_loop(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    on = w * x + b > 0
    for _ in range(steps):
        error = np.maximum(w * x + b, 0) - y
        w = w - rate * np.mean(2 * error * on * x)
        b = b - rate * np.mean(2 * error * on)
    return np.maximum(w * x + b, 0)


def _training_without_mask(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        error = np.maximum(w * x + b, 0) - y
        w = w - rate * np.mean(2 * error * x)
        b = b - rate * np.mean(2 * error)
    return np.maximum(w * x + b, 0)


def _mask_from_the_targets(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        error = np.maximum(w * x + b, 0) - y
        w = w - rate * np.mean(2 * error * (y > 0) * x)
        b = b - rate * np.mean(2 * error * (y > 0))
    return np.maximum(w * x + b, 0)


def _mask_from_the_inputs(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        error = np.maximum(w * x + b, 0) - y
        w = w - rate * np.mean(2 * error * (x > 0) * x)
        b = b - rate * np.mean(2 * error * (x > 0))
    return np.maximum(w * x + b, 0)


def _mask_after_the_step(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        error = np.maximum(w * x + b, 0) - y
        w = w - rate * np.mean(2 * error * (w * x + b > 0) * x)
        b = b - rate * np.mean(2 * error * (w * x + b > 0))
    return np.maximum(w * x + b, 0)


def _bias_after_the_weight(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        w = w - rate * np.mean(2 * (np.maximum(w * x + b, 0) - y) * (w * x + b > 0) * x)
        b = b - rate * np.mean(2 * (np.maximum(w * x + b, 0) - y) * (w * x + b > 0))
    return np.maximum(w * x + b, 0)


def _mean_of_those_that_are_on(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        score = w * x + b
        on = score > 0
        error = np.maximum(score, 0) - y
        w = w - rate * np.mean((2 * error * x)[on])
        b = b - rate * np.mean((2 * error)[on])
    return np.maximum(w * x + b, 0)


def _scores_returned(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    for _ in range(steps):
        score = w * x + b
        error = np.maximum(score, 0) - y
        on = score > 0
        w = w - rate * np.mean(2 * error * on * x)
        b = b - rate * np.mean(2 * error * on)
    return w * x + b


def _weight_and_bias_returned(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Any:
    for _ in range(steps):
        score = w * x + b
        error = 2 * (np.maximum(score, 0) - y) * (score > 0)
        w, b = w - rate * np.mean(error * x), b - rate * np.mean(error)
    return np.array([w, b])


def _divided_by_rows(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    return train_unit(w, b, rate * x.size / len(x), steps, x, y)


def _last_step_forgotten(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    return train_unit(w, b, rate, max(steps - 1, 0), x, y)


def _uphill(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    return train_unit(w, b, -rate, steps, x, y)


def _sum_for_mean(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    return train_unit(w, b, rate * x.size, steps, x, y)


def _without_the_two(w: float, b: float, rate: float, steps: int, x: Array, y: Array) -> Array:
    return train_unit(w, b, rate / 2, steps, x, y)


def _draw_training(rng: np.random.Generator) -> list[Probe]:
    x = np.round(np.linspace(-2, 2, 8) + rng.uniform(-0.2, 0.2, 8), 3)
    y = np.round(np.maximum(rng.uniform(0.5, 1.5) * x + rng.uniform(-0.5, 0.5), 0), 3)
    w, b = np.round(rng.uniform(-1, 1), 3), np.round(rng.uniform(0.2, 1), 3)
    return [
        Probe("random examples", (float(w), float(b), 0.1, 12, x, y)),
        Probe("random examples, 2-D", (float(b), float(w), 0.05, 5, x.reshape(2, 4), y.reshape(2, 4))),
    ]


_INPUTS = [-2.0, -1.0, 0.0, 1.0, 2.0]
_RISING = [0.0, 0.0, 0.5, 1.5, 2.5]

DEBUG_TRAINING = Exercise(
    id="06-debug-training",
    title="Debug a training loop",
    kind="function",
    names=("train_unit",),
    points=4,
    difficulty="stretch",
    objective="Find where a training loop treats the on-off pattern of ReLU as if it never changed.",
    specification=(
        "w, b: the unit's first weight and bias; rate: the learning rate; steps: how many steps of gradient descent on "
        "the mean squared error; x, y: float arrays of one shape, inputs and wanted outputs → array of that shape, "
        "what the unit max(w·x + b, 0) says after the last step. x and y stay as they are."
    ),
    probes=(
        Probe("no step at all", (1.0, 0.25, 0.1, 0, _INPUTS, _RISING)),
        Probe("one step", (1.0, 0.25, 0.1, 1, _INPUTS, _RISING)),
        Probe("two steps", (0.3, 0.2, 0.5, 2, _INPUTS, _RISING)),
        Probe("a unit that turns round", (-0.5, 0.6, 0.2, 25, _INPUTS, _RISING)),
        Probe("a dead unit", (-1.0, -0.5, 0.1, 10, [0.0, 0.5, 1.0, 2.0], [1.0, 1.0, 1.0, 1.0])),
        Probe("a 2-D array", (0.5, 0.1, 0.1, 8, [[-2.0, -1.0, 0.5], [0.75, 1.0, 2.0]], [[0, 0, 1], [1, 2, 3]])),
    ),
    draw=_draw_training,
    reference=train_unit,
    alternatives=(train_unit_by_examples, train_unit_by_one_vector),
    tolerance=Tolerance(1e-8, 1e-9, "sums in another order differ in the last digits, and steps carry that on"),
    misconceptions=(
        Misconception(
            "mask-before-the-loop",
            _mask_before_the_loop,
            "The pattern of on and off is still taken once, before the loop. After a step other examples may be on.",
            "Which of the quantities in the loop change with w and b? Each of them must be computed anew.",
        ),
        Misconception(
            "no-mask",
            _training_without_mask,
            "Now every example pulls at the weights, also those for which the unit is off and its slope is 0.",
            "Keep the pattern of on and off; it is only computed at the wrong place.",
        ),
        Misconception(
            "mask-after-the-step",
            _mask_after_the_step,
            "Nearly. But the bias sees a pattern that belongs to the new weight and errors that belong to the old one.",
            "Compute the pattern once per step, before either of the two is changed.",
            worth=0.5,
        ),
        Misconception(
            "bias-after-the-weight",
            _bias_after_the_weight,
            "Nearly. But the step of the bias is computed with the new weight: the two must start from the same place.",
            "Compute the score, the error and the pattern once per step, before either of the two is changed.",
            worth=0.5,
        ),
        Misconception(
            "mask-from-the-targets",
            _mask_from_the_targets,
            "This looks at where y is positive. What counts is where the unit's own score is.",
            "The unit is on where w·x + b is above 0, with the present w and b.",
        ),
        Misconception(
            "mask-from-the-inputs",
            _mask_from_the_inputs,
            "This looks at the sign of the input x. The corner of the unit is where its score is 0, not at x = 0.",
            "Compute the score first: weight times input plus bias.",
        ),
        Misconception(
            "mean-of-those-that-are-on",
            _mean_of_those_that_are_on,
            "This takes the mean over the examples that are on. An example that is off counts 0, but it does count.",
            "Multiply by the pattern instead of picking: then the mean is still over all examples.",
            worth=0.5,
        ),
        Misconception(
            "scores-returned",
            _scores_returned,
            "The training is right. What comes back are the scores; asked for is what the unit says.",
            "The output of the unit is never negative.",
            worth=0.75,
        ),
        Misconception(
            "weight-and-bias-returned",
            _weight_and_bias_returned,
            "The training is right. What comes back are the weight and the bias; asked for is what the unit says at x.",
            "Put both into max(w·x + b, 0) once more.",
            worth=0.75,
        ),
        Misconception(
            "stopped-one-step-early",
            _last_step_forgotten,
            "These are the outputs before the last step.",
            "After the loop, compute the outputs once more with the final w and b.",
            worth=0.5,
        ),
        Misconception(
            "uphill",
            _uphill,
            "The loss grows: this goes up the slope instead of down.",
            "Gradient descent subtracts the rate times the slope.",
            worth=0.25,
        ),
        Misconception(
            "sum-for-mean",
            _sum_for_mean,
            "The slopes of the examples are added up. The loss is the mean of the squared errors, so its slope is a "
            "mean too.",
            "Divide by the number of examples: np.mean does that.",
            worth=0.5,
        ),
        Misconception(
            "divided-by-rows",
            _divided_by_rows,
            "Right for a row of examples. In two dimensions len counts the rows, not the examples, so the steps are "
            "too long.",
            "Which attribute of an array counts all of its elements? Or let np.mean count.",
            worth=0.75,
        ),
        Misconception(
            "forgot-the-two",
            _without_the_two,
            "Every step is half as long as it should be: the slope of a square has a factor in front.",
            "What is the slope of r² at r?",
            worth=0.75,
        ),
    ),
    hints=(
        "Follow the five examples through two steps on paper: which are on at first, and which after the first step?",
        "Three things depend on w and b: the score, the error and the pattern of on and off. How many of them does the "
        "loop compute anew?",
        "Move the line that computes `on` into the loop, before w and b are changed.",
    ),
    explanation=(
        "Which examples switch the unit on depends on w and b, so the pattern must be taken anew in each step, "
        "together with the error and before w or b changes. Frozen at the start, it keeps examples out that the unit "
        "has long begun to answer, and lets others pull although the unit is off for them."
    ),
)

EXERCISES = (REPAIR_RELU, RELU_BACKWARD, COUNT_PIECES, READ_HINGE, DESIGN_BUMP, DEBUG_TRAINING)

PREDICTIONS = (
    Prediction(
        id="06-second-hinge",
        question="Which slope must the second hinge have?",
        truth=-2.0,
        tolerance=0.01,
        words="The first hinge goes on rising by 1. To fall by 1 the sum needs 1 + slope = −1, so the slope is −2.",
    ),
)

QUIZ = (
    Item(
        "06-quiz-dead",
        "For one picture a ReLU unit gives 0. What do you know?",
        (
            Option("The unit is dead.", "Dead means 0 for every example. About half of all outputs may be 0 at once."),
            Option("Its bias is negative.", "The score was not positive; weights and inputs have a share in that too."),
            Option("This picture passes no gradient to its weights.", "Yes: its slope is 0 there.", right=True),
            Option("It will never learn again.", "Another picture may switch it on, and that one moves its weights."),
        ),
    ),
    Item(
        "06-quiz-slope-at-zero",
        "What is the derivative of ReLU at exactly 0?",
        (
            Option("1", "That is the slope on the right. From the left it is 0."),
            Option("There is none; frameworks return 0.", "Yes: any value in [0, 1] would be valid.", right=True),
            Option("1/2, the mean of both sides", "A valid subgradient, but not what PyTorch, Keras or JAX return."),
            Option("It is infinite.", "The slope jumps from 0 to 1; both are finite."),
        ),
    ),
    Item(
        "06-quiz-linear",
        "When is ReLU(a + b) = ReLU(a) + ReLU(b)?",
        (
            Option("when a and b do not have opposite signs", "Yes: then both lie on one straight piece.", right=True),
            Option("always", "Try a = 1, b = −1: the left side is 0, the right side 1."),
            Option("never", "Try a = 1, b = 2: both sides are 3."),
            Option("only when both are 0", "Try a = 1, b = 2: both sides are 3."),
        ),
    ),
    Item(
        "06-quiz-sum-of-slopes",
        "One hinge starts at 0 with slope 2, another at 1 with slope −3. What is the slope of their sum at x = 2?",
        (
            Option("−3", "The second hinge alone has that slope; the first one goes on."),
            Option("2", "That holds between 0 and 1, before the second hinge begins."),
            Option("−6", "Slopes of a sum add up; they are not multiplied."),
            Option("−1", "Yes: both have begun, and 2 + (−3) = −1.", right=True),
        ),
    ),
    Item(
        "06-quiz-ten-layers",
        "A gradient passes back through ten ReLU units, all of them on, weights 1. What is left of it?",
        (
            Option("about a millionth", "That is the best that ten sigmoid units can do: ¼ ten times over."),
            Option("half", "Half is the share of units that are on, not the slope of one that is."),
            Option("all of it", "Yes: each slope is 1. One unit that is off would stop it, though.", right=True),
            Option("nothing", "Only if one of them were off."),
        ),
    ),
)
