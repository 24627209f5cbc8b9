"""Lesson 17, Mean squared error: one slow run, the gradient, a shape to repair, a loop to debug, a line to design."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance

Array = NDArray[Any]


def _draw_pairs(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("six random predictions", (np.round(rng.normal(0, 5, 6), 3), np.round(rng.normal(0, 5, 6), 3))),
        Probe("a random 2-D array", (np.round(rng.normal(0, 5, (3, 2)), 3), np.round(rng.normal(0, 5, (3, 2)), 3))),
    ]


# --- 17-one-slow-run -------------------------------------------------------------------------------------------------

ONE_SLOW_RUN = Exercise(
    id="17-one-slow-run",
    title="One slow run",
    kind="value",
    names=("constant",),
    points=1,
    difficulty="complete",
    objective="Find the constant with the lowest MSE, and see what one outlier does to it.",
    specification="constant: one number, in seconds, to one digit after the point.",
    reference=30.0,
    alternatives=(30, np.float32(30.0), 30.04),
    tolerance=Tolerance(0.0, 0.05, "one digit after the point is asked for"),
    misconceptions=(
        Misconception(
            "ignored-the-outlier",
            20.0,
            "That is where nine of the ten runs lie: the answer of MAE. MSE lets the tenth run pull, and hard.",
            "Let the pulls cancel: nine of them pull down, one pulls up, each with twice its distance.",
        ),
        Misconception(
            "half-way-to-the-outlier",
            70.0,
            "That is half-way between 20 and 120, as if there were one run on either side. There are nine on one.",
            "Give every run its own pull.",
        ),
        Misconception(
            "divided-by-nine",
            100 / 3,
            "The sum is right. It is divided by nine, but ten runs are predicted.",
            "Count the slow run, too.",
            worth=0.5,
        ),
        Misconception(
            "sum-instead-of-mean",
            300.0,
            "That is the time of all ten runs together. One constant is meant to stand for a single run.",
            "Divide by the number of runs.",
            worth=0.25,
        ),
        Misconception(
            "least-cost-instead-of-constant",
            900.0,
            "That is the lowest MSE itself, in square seconds. The constant that reaches it is asked for.",
            "Which constant did you put into the formula?",
            worth=0.5,
        ),
        Misconception(
            "the-outlier-itself",
            120.0,
            "At 120 the slow run is content, and each of the other nine is 100 away and pulls.",
            "Look for the place where all the pulls together are 0.",
        ),
    ),
    hints=(
        "At the best constant the pulls cancel. What does that say about the sum of all the misses?",
        "The misses add up to zero at the mean. Add up the ten times, then divide.",
    ),
    explanation=(
        "The derivative of the cost, the mean of 2(c − y), is 0 at the mean: (9 · 20 + 120)/10 = 300/10. One run of "
        "ten has moved the constant by a tenth of its distance, from 20 up by 10, to a time that no run took. MAE "
        "would have stayed at 20."
    ),
)

# --- 17-read-bowl ----------------------------------------------------------------------------------------------------

READ_BOWL = Exercise(
    id="17-read-bowl",
    title="The wait under the coffee",
    kind="value",
    figure="bowl-figure",
    names=("seventh",),
    points=2,
    difficulty="implement",
    objective="Read the best constant off a cost curve, and conclude from it what the data must be.",
    specification="seventh: one number, in minutes; it may be off by 1.75.",
    reference=27.0,
    alternatives=(27, 25.3, 28.7, np.float32(26.6)),
    tolerance=Tolerance(0.0, 1.75, "the bottom can be read to a quarter of a minute, and seven waits multiply that"),
    misconceptions=(
        Misconception(
            "the-best-constant-itself",
            9.0,
            "That is where the curve is lowest, the best constant for all seven waits. One of them is asked for.",
            "What do seven waits add up to when this is their mean?",
            worth=0.5,
        ),
        Misconception(
            "mean-of-the-known-six",
            6.0,
            "That is the mean of the six waits you can read. The figure shows that all seven have another one.",
            "At which constant is the curve lowest? Which property of the seven waits is that?",
        ),
        Misconception(
            "half-way",
            12.0,
            "That would be right for one known wait and one unknown. Six known ones hold the mean back; the seventh "
            "has to pull against all of them.",
            "Go by the sum: seven times the mean of all seven.",
            worth=0.25,
        ),
        Misconception(
            "counted-six",
            18.0,
            "The mean was multiplied by six. It is the mean of all the waits, the unread one included.",
            "How many waits does the figure's MSE go over?",
            worth=0.5,
        ),
        Misconception(
            "sum-of-all-seven",
            63.0,
            "That is the sum of all seven waits, well found.",
            "Take away the six that you can read.",
            worth=0.5,
        ),
        Misconception(
            "the-height-of-the-bottom",
            412 / 7,
            "That is how high the bottom lies, the lowest MSE, in square minutes. What counts here is where it lies.",
            "Go down from the lowest point of the curve to the first axis and read the constant there.",
        ),
    ),
    hints=(
        "Which constant has the lowest MSE, for any numbers at all? Where do you find it in the figure?",
        "The bottom lies half-way between two constants that cost the same: read two such places off a line of the "
        "grid. That is the mean of all seven waits.",
        "Seven times that mean is the sum of all seven waits. Subtract the six that are known.",
    ),
    explanation=(
        "The curve is lowest at the constant 9, and the constant with the lowest MSE is the mean. So the seven waits "
        "add up to 7 · 9 = 63. The six known ones make 36, which leaves 27. A quarter of a minute in the reading "
        "moves the answer by seven quarters, so anything from 25.25 to 28.75 passes."
    ),
)

# --- 17-mse-gradient -------------------------------------------------------------------------------------------------


def mse_gradient(y_true: Array, y_pred: Array) -> Array:
    # The mean divides by all elements, so each one's slope is divided, too.
    return 2 * (y_pred - y_true) / y_pred.size


def mse_gradient_in_two_steps(y_true: Array, y_pred: Array) -> Array:
    share = 1 / np.prod(y_pred.shape)
    return np.multiply(y_pred, 2 * share) - np.multiply(y_true, 2 * share)


def mse_gradient_by_loop(y_true: Array, y_pred: Array) -> Array:
    gradient = np.zeros(y_pred.shape)
    for place in np.ndindex(y_pred.shape):
        gradient[place] = 2 * (y_pred[place] - y_true[place]) / y_pred.size
    return gradient


def mse_gradient_in_float32(y_true: Array, y_pred: Array) -> Array:
    miss = (y_pred - y_true).astype(np.float32)
    return 2 * miss / np.float32(miss.size)


def _gradient_sign_flipped(y_true: Array, y_pred: Array) -> Array:
    return 2 * (y_true - y_pred) / y_pred.size


def _gradient_without_the_two(y_true: Array, y_pred: Array) -> Array:
    return (y_pred - y_true) / y_pred.size


def _gradient_of_each(y_true: Array, y_pred: Array) -> Array:
    return 2 * (y_pred - y_true)


def _gradient_over_rows(y_true: Array, y_pred: Array) -> Array:
    return 2 * (y_pred - y_true) / len(y_pred)


def _gradient_over_last_axis(y_true: Array, y_pred: Array) -> Array:
    return 2 * (y_pred - y_true) / y_pred.shape[-1]


def _cost_of_each(y_true: Array, y_pred: Array) -> Array:
    return (y_pred - y_true) ** 2


def _cost(y_true: Array, y_pred: Array) -> Any:
    return np.mean((y_pred - y_true) ** 2)


def _gradient_of_mae(y_true: Array, y_pred: Array) -> Array:
    return np.sign(y_pred - y_true) / y_pred.size


def _mean_of_the_gradients(y_true: Array, y_pred: Array) -> Any:
    return np.mean(2 * (y_pred - y_true))


def _gradient_without_its_sign(y_true: Array, y_pred: Array) -> Array:
    return 2 * np.abs(y_pred - y_true) / y_pred.size


def _share_of_the_cost(y_true: Array, y_pred: Array) -> Array:
    return (y_pred - y_true) ** 2 / y_pred.size


MSE_GRADIENT = Exercise(
    id="17-mse-gradient",
    title="What each prediction hears",
    kind="function",
    names=("mse_gradient",),
    points=3,
    difficulty="implement",
    objective="Write the gradient of the mean squared error with respect to each prediction, for any shape.",
    specification=(
        "y_true, y_pred: float arrays of one shape (any) → array of that shape: the derivative of the MSE, the mean "
        "over ALL elements, with respect to each prediction."
    ),
    probes=(
        Probe("a perfect prediction", ([0.0, 3.0], [0.0, 3.0])),
        Probe("both signs", ([0.0, 0.0, 1.0, 1.0], [-2.0, 2.0, -3.0, 4.0])),
        Probe("a single prediction", ([1.0], [3.5])),
        Probe("an outlier", ([1.0, 2.0, 1e6], [1.5, 1.5, 1.5])),
        Probe("a 2-D array", ([[1.0, -2.0, 0.5], [3.0, 4.0, -1.0]], [[0.5, 1.0, 2.0], [3.0, -4.0, 0.25]])),
    ),
    draw=_draw_pairs,
    reference=mse_gradient,
    alternatives=(mse_gradient_in_two_steps, mse_gradient_by_loop, mse_gradient_in_float32),
    tolerance=Tolerance(1e-9, 1e-12, "two products and a difference are exact to fifteen digits", terms=10.0),
    partial=True,
    misconceptions=(
        Misconception(
            "sign-flipped",
            _gradient_sign_flipped,
            "The size is right, the sign is not: where the prediction is too high, more of it makes the cost larger.",
            "Take y = 0 and a prediction of 2. Does the square grow or shrink when the prediction grows?",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-two",
            _gradient_without_the_two,
            "This is the gradient of half the MSE, as in books that put ½ in front. This MSE has no half.",
            "Differentiate r²: which factor comes down?",
            worth=0.5,
        ),
        Misconception(
            "gradient-of-each-loss",
            _gradient_of_each,
            "This is the slope of each example's own square. The MSE is their mean, so each counts only in part.",
            "One of n squares changes. By how much does the mean of all n change?",
            worth=0.5,
        ),
        Misconception(
            "divided-by-rows",
            _gradient_over_rows,
            "Right for a row of numbers. In two dimensions it divides by the number of rows, not of elements.",
            "len(y_pred) counts rows; which attribute counts all elements?",
            worth=2 / 3,
        ),
        Misconception(
            "divided-by-last-axis",
            _gradient_over_last_axis,
            "Right for a row of numbers. In two dimensions it divides by the length of a row, as if each row were a "
            "batch of its own.",
            "Which attribute of an array counts all of its elements?",
            worth=2 / 3,
        ),
        Misconception(
            "loss-instead-of-gradient",
            _cost_of_each,
            "These are the squares themselves. How fast do they change with the prediction?",
            "Differentiate (ŷ − y)² with respect to ŷ.",
        ),
        Misconception(
            "share-of-the-cost",
            _share_of_the_cost,
            "This is what each example adds to the MSE. How fast does that change with its prediction?",
            "Differentiate (ŷ − y)² with respect to ŷ; the division stays.",
        ),
        Misconception(
            "sign-lost",
            _gradient_without_its_sign,
            "The size is right, but no slope is negative. A prediction that is too low must hear so.",
            "Leave the absolute value away: the sign of the miss says which way is up.",
            worth=0.5,
        ),
        Misconception(
            "the-mse-itself",
            _cost,
            "This is the MSE, a single number. Its slope has one number for each prediction.",
            "Differentiate with respect to one prediction, and return all the slopes.",
        ),
        Misconception(
            "gradient-of-mae",
            _gradient_of_mae,
            "Every example pulls equally hard here: that is the gradient of MAE. MSE's pull grows with the miss.",
            "Keep the size of the miss, not only its sign.",
        ),
        Misconception(
            "mean-of-the-gradients",
            _mean_of_the_gradients,
            "That is the slope for one constant that serves all examples. Here each prediction has its own.",
            "Divide by n, but don't add up.",
            worth=1 / 3,
        ),
    ),
    hints=(
        "The MSE of three predictions is a sum of three squares, divided by 3. Which of the terms contains ŷ₁?",
        "Only one does: its derivative is twice the miss, and the division stays.",
        "Twice the difference, prediction minus target, divided by the number of all elements (an array's size).",
    ),
    explanation=(
        "MSE = (1/n) Σ (ŷ − y)². Of the n terms only one contains ŷᵢ, so ∂MSE/∂ŷᵢ = 2(ŷᵢ − yᵢ)/n. The 1/n keeps the "
        "step the same size whatever the batch; n counts all elements, as the default of PyTorch's mse_loss does."
    ),
)

# --- 17-repair-columns -----------------------------------------------------------------------------------------------


def squared_errors(y_true: Array, y_pred: Array) -> Array:
    # Same shapes in, same shape out: nothing to reshape, nothing to broadcast.
    return (y_pred - y_true) ** 2


def squared_errors_by_reshape(y_true: Array, y_pred: Array) -> Array:
    return np.square(y_true.ravel() - y_pred.ravel()).reshape(y_pred.shape)


def squared_errors_by_abs(y_true: Array, y_pred: Array) -> Array:
    miss = np.abs(y_true - y_pred)
    return miss * miss


def squared_errors_by_loop(y_true: Array, y_pred: Array) -> Any:
    pairs = zip(y_true.ravel().tolist(), y_pred.ravel().tolist(), strict=True)
    return np.reshape([(p - y) * (p - y) for y, p in pairs], y_pred.shape)


def _targets_flattened(y_true: Array, y_pred: Array) -> Array:
    return (y_pred - y_true.ravel()) ** 2


def _all_flattened(y_true: Array, y_pred: Array) -> Array:
    return (y_pred.ravel() - y_true.ravel()) ** 2


def _squeezed(y_true: Array, y_pred: Array) -> Array:
    return (y_pred.squeeze() - y_true.squeeze()) ** 2


def _columns_only(y_true: Array, y_pred: Array) -> Array:
    return (y_pred - y_true.reshape(-1, 1)) ** 2


def _mean_taken(y_true: Array, y_pred: Array) -> Any:
    return np.mean((y_pred - y_true) ** 2)


def _not_squared(y_true: Array, y_pred: Array) -> Array:
    return np.abs(y_pred - y_true)


def _halved(y_true: Array, y_pred: Array) -> Array:
    return (y_pred - y_true) ** 2 / 2


def _twice_the_miss(y_true: Array, y_pred: Array) -> Array:
    return 2 * (y_pred - y_true)


def _difference_of_squares(y_true: Array, y_pred: Array) -> Array:
    return y_pred**2 - y_true**2


def _draw_columns(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("a random column", (np.round(rng.normal(0, 5, (5, 1)), 3), np.round(rng.normal(0, 5, (5, 1)), 3))),
        Probe("a random 2-D array", (np.round(rng.normal(0, 5, (2, 3)), 3), np.round(rng.normal(0, 5, (2, 3)), 3))),
    ]


REPAIR_COLUMNS = Exercise(
    id="17-repair-columns",
    title="Repair a loss that compares everyone with everyone",
    kind="function",
    names=("squared_errors",),
    points=3,
    difficulty="complete",
    objective="See how (n, 1) against (n,) becomes (n, n), and keep prediction and target paired.",
    specification=(
        "y_true, y_pred: float arrays of one shape, (n,), (n, 1) or (n, k) → array of that same shape: the squared "
        "error of each prediction against its own target."
    ),
    probes=(
        Probe("a row", ([0.0, 1.0, -2.0], [1.0, 1.0, 2.0])),
        Probe("a column", ([[1.0], [2.0], [3.0]], [[1.0], [2.5], [-3.0]])),
        Probe("a perfect column", ([[0.0], [5.0], [-7.0]], [[0.0], [5.0], [-7.0]])),
        Probe(
            "two outputs for each example",
            ([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]], [[1.0, 9.0], [0.0, 20.0], [3.5, 33.0]]),
        ),
        Probe("large numbers", ([[1e6], [-1e6]], [[-1e6], [-1e6]])),
    ),
    draw=_draw_columns,
    reference=squared_errors,
    alternatives=(squared_errors_by_reshape, squared_errors_by_abs, squared_errors_by_loop),
    tolerance=Tolerance(1e-9, 1e-12, "one difference and one product are exact to fifteen digits", terms=10.0),
    partial=True,
    misconceptions=(
        Misconception(
            "not-repaired",
            _targets_flattened,
            "A column of n predictions still meets n targets that lie flat: that gives n × n numbers.",
            "Which line changes the shape of y_true? Is it needed?",
            worth=0.25,
        ),
        Misconception(
            "everything-flattened",
            _all_flattened,
            "Pairs are right now, but the answer is always flat. The shape that came in should come out.",
            "Flatten nothing; or give the result its shape back.",
            worth=2 / 3,
        ),
        Misconception(
            "squeezed",
            _squeezed,
            "Pairs are right now, but squeeze has made each column flat. The shape that came in should come out.",
            "Both arrays have the same shape already: is there anything to change?",
            worth=2 / 3,
        ),
        Misconception(
            "columns-only",
            _columns_only,
            "Now columns work and rows are broken: a row of n predictions against a column of n targets is n × n "
            "again.",
            "Don't force a shape; both arrays have the same one already.",
            worth=1 / 3,
        ),
        Misconception(
            "mean-instead-of-each",
            _mean_taken,
            "The pairs are right. The mean is taken too early: one number for each prediction is asked for.",
            "Leave the last step away.",
            worth=0.5,
        ),
        Misconception(
            "absolute-error",
            _not_squared,
            "These are the sizes of the misses, MAE's cost. The areas of their squares are asked for.",
            "Multiply each miss by itself.",
            worth=1 / 3,
        ),
        Misconception(
            "halved",
            _halved,
            "This is half of each square: a convention of some books, not of this course.",
            "Leave the half away.",
            worth=0.5,
        ),
        Misconception(
            "gradient-instead-of-loss",
            _twice_the_miss,
            "The pairs are right. This is the gradient, twice the miss; the square of the miss is asked for.",
            "Multiply each miss by itself.",
            worth=1 / 3,
        ),
        Misconception(
            "difference-of-squares",
            _difference_of_squares,
            "The squares are taken first and subtracted afterwards. Then −2 and 2 seem to agree.",
            "Subtract first; square the miss.",
        ),
    ),
    hints=(
        "Print the shapes of y_pred and of y_true after the first line. What does NumPy do with (3, 1) minus (3,)?",
        "NumPy lines shapes up from the right: (3, 1) and (3,) both grow to (3, 3). Keep the two arrays in one shape.",
        "Both come in with the same shape. Nothing has to be reshaped at all: subtract, then square.",
    ),
    explanation=(
        "y_true.ravel() makes (n, 1) into (n,). Against predictions of shape (n, 1), NumPy repeats both to (n, n) and "
        "compares every prediction with every target. The least mean of those is the mean of y for everybody. With "
        "equal shapes the plain difference is right; a function for general use should refuse unequal ones, as "
        "course_lib does."
    ),
)

# --- 17-debug-descent ------------------------------------------------------------------------------------------------

RATE = 0.5


def descend(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        # Anew in every step: the gradient shrinks as the miss does.
        gradient = 2 * (y_pred - y_true) / y_true.size
        y_pred = y_pred - RATE * gradient
    return y_pred


def descend_in_closed_form(y_true: Array, steps: int) -> Array:
    return y_true * (1 - (1 - 2 * RATE / y_true.size) ** steps)


def descend_on_the_miss(y_true: Array, steps: int) -> Array:
    miss = -y_true
    for _ in range(steps):
        miss = miss - 2 * RATE * miss / miss.size
    return y_true + miss


def descend_by_while(y_true: Array, steps: int) -> Array:
    y_pred, done = y_true * 0, 0
    while done < steps:
        y_pred += (y_true - y_pred) / y_true.size
        done += 1
    return y_pred


def _stale_gradient(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    gradient = 2 * (y_pred - y_true) / y_true.size
    for _ in range(steps):
        y_pred = y_pred - RATE * gradient
    return y_pred


def _uphill(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        y_pred = y_pred + RATE * 2 * (y_pred - y_true) / y_true.size
    return y_pred


def _one_step_only(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        return y_pred - RATE * 2 * (y_pred - y_true) / y_true.size
    return y_pred


def _forgot_the_mean(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        y_pred = y_pred - RATE * 2 * (y_pred - y_true)
    return y_pred


def _forgot_the_two(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        y_pred = y_pred - RATE * (y_pred - y_true) / y_true.size
    return y_pred


def _one_step_short(y_true: Array, steps: int) -> Array:
    return descend(y_true, steps - 1)


def _forgot_the_rate(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        y_pred = y_pred - 2 * (y_pred - y_true) / y_true.size
    return y_pred


def _mean_pull_for_all(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        y_pred = y_pred - RATE * np.mean(2 * (y_pred - y_true))
    return y_pred


def _divided_by_rows(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        y_pred = y_pred - RATE * 2 * (y_pred - y_true) / len(y_true)
    return y_pred


def _divided_by_row_length(y_true: Array, steps: int) -> Array:
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        y_pred = y_pred - RATE * 2 * (y_pred - y_true) / y_true.shape[-1]
    return y_pred


def _one_step_too_many(y_true: Array, steps: int) -> Array:
    return descend(y_true, steps + 1)


def _draw_descents(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("six random targets", (np.round(rng.normal(0, 5, 6), 3), int(rng.integers(3, 8)))),
        Probe("a random 2-D array", (np.round(rng.normal(0, 5, (2, 3)), 3), int(rng.integers(3, 8)))),
    ]


DEBUG_DESCENT = Exercise(
    id="17-debug-descent",
    title="Debug a training loop that overshoots",
    kind="function",
    names=("descend",),
    points=4,
    difficulty="stretch",
    objective="Read a training loop: what must be computed anew in every step, and what need not.",
    specification=(
        "y_true: float array of any shape; steps: a whole number ≥ 0 → array of that shape: the predictions after so "
        "many steps of gradient descent on the MSE (mean over all elements), from zeros, at learning rate 0.5. y_true "
        "stays as it is."
    ),
    probes=(
        Probe("no step at all", ([3.0, -1.0], 0)),
        Probe("one step", ([4.0, 0.0, -2.0, 1.0], 1)),
        Probe("five steps", ([4.0, 0.0, -2.0, 1.0], 5)),
        Probe("many steps", ([100.0, -50.0, 1.0], 200)),
        # Not square, so that dividing by the rows and dividing by a row's length are told apart.
        Probe("a 2-D array", ([[1.0, -2.0, 4.0], [3.0, 0.5, -1.0]], 3)),
    ),
    draw=_draw_descents,
    reference=descend,
    alternatives=(descend_in_closed_form, descend_on_the_miss, descend_by_while),
    tolerance=Tolerance(1e-9, 1e-12, "each step shrinks the rounding errors of the steps before"),
    partial=True,
    misconceptions=(
        Misconception(
            "stale-gradient",
            _stale_gradient,
            "The gradient is still the one of the first place: every step is as long as the first, past the target.",
            "The slope belongs to a place. After each step the place is another.",
            worth=0.25,
        ),
        Misconception(
            "uphill",
            _uphill,
            "Each step goes up the slope: the predictions run away from the targets.",
            "The gradient points to where the cost grows. Go the other way.",
            worth=0.25,
        ),
        Misconception(
            "one-step-only",
            _one_step_only,
            "The function returns inside the loop, after its first step.",
            "Move the return out of the loop: how far is it indented?",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-mean",
            _forgot_the_mean,
            "Without the division by n, this is the gradient of the sum: the first step jumps onto the targets.",
            "The MSE is a mean; its gradient is divided by the number of elements.",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-two",
            _forgot_the_two,
            "These steps have half the size: the gradient of the square has lost its factor 2.",
            "Differentiate r².",
            worth=0.5,
        ),
        Misconception(
            "divided-by-rows",
            _divided_by_rows,
            "Right for a row of numbers. In two dimensions len counts the rows, not the elements, so the steps are "
            "too long.",
            "Which attribute of an array counts all of its elements?",
            worth=0.75,
        ),
        Misconception(
            "divided-by-row-length",
            _divided_by_row_length,
            "Right for a row of numbers. In two dimensions it divides by the length of a row, so the steps are too "
            "long.",
            "Which attribute of an array counts all of its elements?",
            worth=0.75,
        ),
        Misconception(
            "one-step-too-many",
            _one_step_too_many,
            "One step too many is made: with steps = 0 the predictions still stand at 0.",
            "How often does the loop run for steps = 0?",
            worth=0.5,
        ),
        Misconception(
            "one-step-short",
            _one_step_short,
            "One step is missing.",
            "How often does the loop run for steps = 1?",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-rate",
            _forgot_the_rate,
            "The steps are as long as the gradient. The learning rate of one half is not used.",
            "Multiply the gradient by the rate before you step.",
            worth=0.5,
        ),
        Misconception(
            "one-pull-for-all",
            _mean_pull_for_all,
            "All predictions move by the mean of the pulls, like one constant. Each has a target of its own here.",
            "Divide by n without adding up.",
            worth=0.25,
        ),
    ),
    hints=(
        "After the first step the predictions lie nearer to the targets. Should the second step be as long?",
        "The gradient is computed once, before the loop. Where must it stand to follow the predictions?",
        "Compute the gradient as the first thing inside the loop; all the rest may stay.",
    ),
    explanation=(
        "The gradient 2(ŷ − y)/n depends on ŷ, so each step has to compute it again. Then the steps shrink with the "
        "miss: each multiplies it by 1 − 2·0.5/n, and after k steps ŷ = y · (1 − (1 − 1/n)ᵏ). With a stale gradient "
        "every step has the length of the first, and after n of them the predictions walk past the targets."
    ),
)

# --- 17-design-line --------------------------------------------------------------------------------------------------

_X, _Y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 8.0])
_LEAST = 0.5
_ENOUGH = 0.505


def _line_cost(w: Array, b: Array) -> Measured:
    cost = float(np.mean((w * _X + b - _Y) ** 2))
    return Measured(1.0 if cost <= _ENOUGH else min(0.99, _LEAST / cost), f"The MSE of your line is {cost:.3f}.")


DESIGN_LINE = Exercise(
    id="17-design-line",
    title="Lay a line through three points",
    kind="design",
    names=("w", "b"),
    points=2,
    difficulty="stretch",
    objective="Minimise the MSE of a line by the normal equations, or by gradient descent.",
    specification=(
        "w, b: two numbers such that the line w·x + b has an MSE of at most 0.505 on the points (0, 1), (1, 3), "
        "(2, 8). Any pair that does passes."
    ),
    reference=(3.5, 0.5),
    alternatives=((3.48, 0.52), (np.float32(3.55), np.float32(0.45))),
    measure=_line_cost,
    tolerance=Tolerance(0.01, 0.01, "a named mistake is recognised when the numbers are rounded to two digits"),
    misconceptions=(
        Misconception(
            "through-the-outer-points",
            (3.5, 1.0),
            "The line runs through the first and the last point, and the middle one pays for it.",
            "The misses of the best line add up to 0. Yours are all on one side: move the line.",
            worth=0.5,
        ),
        Misconception(
            "through-the-first-two",
            (2.0, 1.0),
            "The line runs through the first two points; the third is 3 away and costs a square of 9.",
            "A small miss at each point is cheaper than a large one at a single point.",
            worth=0.25,
        ),
        Misconception(
            "the-mean-for-all",
            (0.0, 4.0),
            "That is the best constant. A line may also rise, and these points do.",
            "Keep the line at height 4 in the middle, at x = 1, and tilt it.",
            worth=0.25,
        ),
        Misconception(
            "swapped",
            (0.5, 3.5),
            "The two numbers have changed places: w is the slope, b the height at x = 0.",
            "The points rise by 7 from x = 0 to x = 2. Can the slope be that small?",
            worth=0.5,
        ),
        Misconception(
            "forgot-the-intercept",
            (3.8, 0.0),
            "That is the best line through the origin. With b the line need not start at 0.",
            "Set both slopes of the cost to 0, for w and for b.",
            worth=0.5,
        ),
    ),
    hints=(
        "At the best line the misses add up to 0. Through which point, known before any calculation, must it run?",
        "Through the mean point, x = 1 and y = 4. So b = 4 − w, and only w is left to find.",
        "With b = 4 − w the misses are −w + 3, 1 and w − 4. The sum of their squares is a parabola in w: where is its "
        "bottom?",
    ),
    explanation=(
        "Setting the slope for b to 0 says that the misses add up to 0, so the line runs through the mean point "
        "(1, 4). Then the misses are 3 − w, 1 and w − 4; the slope of their squares, 2(w − 3) + 2(w − 4), is 0 "
        "half-way between 3 and 4. So w = 3.5, b = 4 − 3.5, and the MSE is (0.25 + 1 + 0.25)/3 = 0.5."
    ),
)

EXERCISES = (ONE_SLOW_RUN, READ_BOWL, MSE_GRADIENT, REPAIR_COLUMNS, DEBUG_DESCENT, DESIGN_LINE)

PREDICTIONS = (
    Prediction(
        id="17-best-constant",
        question="Nineteen waits are around 10 minutes, one is 60. Which announcement has the lowest mean square cost?",
        truth=12.55,
        tolerance=0.3,
        words="It is the mean of all twenty: about (19 · 10 + 60)/20. The one hour moves it by 2.5 minutes.",
    ),
)

QUIZ = (
    Item(
        "17-quiz-best-constant",
        "Which constant has the lowest MSE on a set of targets?",
        (
            Option("their median", "That is MAE's: there every target pulls equally hard."),
            Option("their mean", "Yes: there the pulls, twice each distance, cancel.", right=True),
            Option("the middle between the smallest and the largest", "Only the two ends would count then."),
            Option("the most frequent value", "That value would minimise the number of misses, not their squares."),
        ),
    ),
    Item(
        "17-quiz-outlier",
        "One of ten targets is typed as 1,000 too large. By how much does MSE's best constant move?",
        (
            Option("It stays.", "The median nearly stays. The mean takes every value in."),
            Option("by 1,000", "Only if all ten had moved."),
            Option("by 10", "The target's square is not divided by its size; the mean divides 1,000 by ten."),
            Option("by 100", "Yes: a tenth of 1,000.", right=True),
        ),
    ),
    Item(
        "17-quiz-half",
        "A book uses ½(ŷ − y)², your code (ŷ − y)². You copy its learning rate. What happens?",
        (
            Option("Each step is twice as long.", "Yes: the gradient is twice the book's.", right=True),
            Option("The minimum moves.", "A factor stretches the bowl; its lowest place stays."),
            Option("Nothing changes.", "The minimum stays, but the gradient, and with it each step, doubles."),
            Option("Each step is half as long.", "The other way round: the book's gradient has lost the 2."),
        ),
    ),
    Item(
        "17-quiz-shapes",
        "Training stops at a cost equal to the variance of y, with slope 0. What do you look at first?",
        (
            Option("the learning rate", "A wrong rate creeps or explodes; it doesn't end exactly at the variance."),
            Option("outliers", "They tilt the line; they don't take its slope away."),
            Option(
                "the shapes of predictions and targets",
                "Yes: (n, 1) against (n,) compares all with all, and the best answer is the mean.",
                right=True,
            ),
            Option("the factor ½", "It changes the length of the steps, not where they end."),
        ),
    ),
    Item(
        "17-quiz-rmse",
        "RMSE is the root of MSE. In which way do the two train differently?",
        (
            Option("They end at different minima.", "The root keeps the order, so the lowest place is the same."),
            Option(
                "Near the minimum RMSE's gradient does not shrink.", "Yes: MSE's shrinks with the miss.", right=True
            ),
            Option("Not at all.", "The minimum is the same, the gradients are not."),
            Option("RMSE ignores outliers.", "It has the same best constant, the mean, and is dragged as far."),
        ),
    ),
)
