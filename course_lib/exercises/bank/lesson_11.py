"""Lesson 11, Softmax: two classes, a wrong axis, write it, repair a temperature, its slopes, scores for shares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance

Array = NDArray[Any]

# --- 11-two-classes --------------------------------------------------------------------------------------------------

TWO_CLASSES = Exercise(
    id="11-two-classes",
    title="Two large scores",
    kind="value",
    names=("share",),
    points=1,
    difficulty="complete",
    objective="See a softmax of two scores as the sigmoid of their difference.",
    specification="share: one number, the softmax share of the first of two classes, to three digits after the point.",
    reference=0.8808,
    alternatives=(0.881, 1 / (1 + math.exp(-2)), np.float32(0.8808)),
    tolerance=Tolerance(0.0, 0.0006, "three digits after the point are asked for"),
    misconceptions=(
        Misconception(
            "divided-the-scores",
            1005 / 2008,
            "One half would be right for two equal scores, and dividing the scores by their sum gives nearly that. A "
            "share compares exponentials, not scores.",
            "What is e^1005 / e^1003?",
        ),
        Misconception(
            "sigmoid-of-the-first-score",
            1.0,
            "That is the sigmoid of the first score alone. The second score is nearly as large, and it counts too.",
            "Take the same number off both scores until they are easy.",
        ),
        Misconception(
            "other-class",
            0.1192,
            "That is the share of the second class.",
            "The first class has the larger score, so it has more than half.",
            worth=0.5,
        ),
        Misconception(
            "overflowed",
            math.nan,
            "np.exp(1005) is infinite, and ∞/∞ has no value: nan.",
            "Take the same number off both scores until they are easy.",
        ),
        Misconception(
            "two-digits-only",
            0.88,
            "Right as far as it goes. Three digits after the point are asked for.",
            "Round later.",
            worth=0.75,
        ),
        Misconception(
            "ratio-of-the-shares",
            math.exp(2),
            "That is how many times the second share fits into the first one. A share lies between 0 and 1.",
            "The two shares add up to 1, and you know their ratio.",
            worth=0.5,
        ),
        Misconception(
            "sigmoid-of-half",
            1 / (1 + math.exp(-1)),
            "That is the share for a difference of 1 between the scores.",
            "Subtract the scores again.",
        ),
    ),
    hints=(
        "Only differences count. Which two easy scores have the same shares as these?",
        "Take 1003 off both. What is the softmax of 2 and 0, and which function of lesson 03 is that?",
    ),
    explanation=(
        "Taking 1003 off both scores changes nothing: the scores 2 and 0 have the same shares. The first is e² / (e² + "
        "1) = σ(2) ≈ 0.881: with two classes, softmax is the sigmoid of the difference. Typed as it stands, "
        "e^1005 overflows."
    ),
)

# --- 11-wrong-axis ---------------------------------------------------------------------------------------------------

WRONG_AXIS = Exercise(
    id="11-wrong-axis",
    title="What went wrong here?",
    kind="choice",
    names=("fault",),
    points=2,
    difficulty="complete",
    objective="Recognise a softmax along the wrong axis by its sums.",
    specification="fault: one of the letters 'a', 'b', 'c', 'd', in quotes.",
    options=("a", "b", "c", "d"),
    reference="c",
    alternatives=("C", " c "),
    tolerance=Tolerance(0.0, 0.0, "a letter is right or not"),
    misconceptions=(
        Misconception(
            "positive-is-enough",
            "a",
            "Numbers between 0 and 1 are not yet shares: the three numbers of each example must sum to 1.",
            "Add up the first row.",
        ),
        Misconception(
            "overflow",
            "b",
            "An overflow leaves inf or nan. All of these numbers are finite.",
            "Add up the rows, then the columns.",
        ),
        Misconception(
            "no-axis",
            "d",
            "Without an axis all six numbers together would sum to 1. Here they sum to 3.",
            "Which groups of these numbers do sum to 1?",
        ),
    ),
    hints=(
        "What should sum to 1 for each picture: a row of this table, or a column?",
        "Add up the columns as well. Which axis has been summed over?",
    ),
    explanation=(
        "Each column sums to 1, each row does not: for every class, the two pictures share the probability among "
        "themselves. That is axis=0 on an array whose classes stand in the last axis. No error, no warning: only "
        "the sums tell."
    ),
)

# --- 11-stable-softmax -----------------------------------------------------------------------------------------------


def stable_softmax(x: Array) -> Any:
    # The largest score of each row becomes 0, so that no exponential exceeds 1 and no sum is 0.
    share = np.exp(x - x.max(axis=-1, keepdims=True))
    return share / share.sum(axis=-1, keepdims=True)


def stable_softmax_by_log_sum(x: Array) -> Any:
    return np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True))


def stable_softmax_row_by_row(x: Array) -> Array:
    def one(row: Array) -> Any:
        share = np.exp(row - row.max())
        return share / share.sum()

    return np.apply_along_axis(one, -1, x)


def stable_softmax_by_loop(x: Array) -> Any:
    rows = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        powers = [math.exp(score - max(row)) for score in row]
        rows.append([power / sum(powers) for power in powers])
    return np.reshape(rows, x.shape)


def stable_softmax_by_differences(x: Array) -> Any:
    # One share is 1 over the sum of the ratios to it; a ratio that overflows belongs to a share of 0.
    with np.errstate(over="ignore"):
        return 1 / np.exp(x[..., None, :] - x[..., :, None]).sum(axis=-1)


def stable_softmax_in_float32(x: Array) -> Any:
    return stable_softmax(x.astype(np.float32))


def _naive(x: Array) -> Any:
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


def _global_max(x: Array) -> Any:
    share = np.exp(x - x.max())
    return share / share.sum(axis=-1, keepdims=True)


def _mean_for_maximum(x: Array) -> Any:
    share = np.exp(x - x.mean(axis=-1, keepdims=True))
    return share / share.sum(axis=-1, keepdims=True)


def _minimum_for_maximum(x: Array) -> Any:
    share = np.exp(x - x.min(axis=-1, keepdims=True))
    return share / share.sum(axis=-1, keepdims=True)


def _maximum_without_keepdims(x: Array) -> Any:
    share = np.exp(x - x.max(axis=-1))
    return share / share.sum(axis=-1, keepdims=True)


def _smallest_wins(x: Array) -> Any:
    return stable_softmax(-x)


def _sum_over_everything(x: Array) -> Any:
    share = np.exp(x - x.max())
    return share / share.sum()


def _first_axis(x: Array) -> Any:
    share = np.exp(x - x.max(axis=0))
    return share / share.sum(axis=0)


def _forgot_keepdims(x: Array) -> Any:
    share = np.exp(x - x.max(axis=-1, keepdims=True))
    return share / share.sum(axis=-1)


def _sum_of_python(x: Array) -> Any:
    share = np.exp(x - x.max(axis=-1, keepdims=True))
    return share / sum(share)


def _sum_overflows_in_the_logarithm(x: Array) -> Any:
    return np.exp(x - np.log(np.exp(x).sum(axis=-1, keepdims=True)))


def _axis_one(x: Array) -> Any:
    share = np.exp(x - x.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)


def _sigmoid(x: Array) -> Any:
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def _divided_by_the_sum(x: Array) -> Any:
    return x / x.sum(axis=-1, keepdims=True)


def _not_divided(x: Array) -> Any:
    return np.exp(x - x.max(axis=-1, keepdims=True))


def _logarithms(x: Array) -> Array:
    return x - np.logaddexp.reduce(x, axis=-1, keepdims=True)


def _winner_takes_all(x: Array) -> Any:
    return np.eye(x.shape[-1])[x.argmax(axis=-1)]


def _draw_rows(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("five random scores", (np.round(rng.normal(0, 2, 5), 3),)),
        Probe("random rows", (np.round(rng.normal(0, 2, (2, 4)), 3),)),
    ]


STABLE_SOFTMAX = Exercise(
    id="11-stable-softmax",
    title="A softmax that never overflows",
    kind="function",
    names=("stable_softmax",),
    points=4,
    difficulty="implement",
    objective="Write softmax along the last axis of any array, so that no intermediate number overflows.",
    specification=(
        "x: float array of any shape, the classes in the last axis → array of the same shape: the shares of each row, "
        "which sum to 1 along the last axis. No NumPy warning for scores between −1000 and 1000; x stays as it is."
    ),
    probes=(
        Probe("equal scores", ([0.0, 0.0],)),
        Probe("both signs", ([2.0, 1.0, 0.0, -1.0],)),
        Probe("very large scores", ([1000.0, 1000.0, 999.0],)),
        Probe("very negative scores", ([-1000.0, -1001.0, -1002.0],)),
        Probe("from one end to the other", ([1000.0, 0.0, -1000.0],)),
        Probe("a square of scores", ([[1.0, 2.0, 3.0], [4.0, 4.0, 6.0], [9.0, 8.0, 7.0]],)),
        Probe("rows far apart", ([[0.0, 1.0, 2.0], [1000.0, 1001.0, 1002.0]],)),
        Probe("a 3-D array", ([[[0.0, 1.0, 3.0], [2.0, 2.0, 1.0]], [[-1.0, 0.0, 1.0], [5.0, 3.0, 5.0]]],)),
    ),
    draw=_draw_rows,
    reference=stable_softmax,
    alternatives=(
        stable_softmax_by_log_sum,
        stable_softmax_row_by_row,
        stable_softmax_by_loop,
        stable_softmax_by_differences,
        stable_softmax_in_float32,
    ),
    tolerance=Tolerance(
        1e-9,
        1e-12,
        "the log-sum form rounds scores near 1000 to 1e−13, and so do the shares; nine digits leave room",
        terms=1000.0,
    ),
    warnings_forbidden=True,
    partial=True,
    misconceptions=(
        Misconception(
            "naive-overflow",
            _naive,
            "The formula is right. At a score of 1000 the exponential overflows, and ∞/∞ is nan.",
            "Only differences count: what may you take off every score of a row first?",
            worth=0.5,
        ),
        Misconception(
            "log-sum-overflow",
            _sum_overflows_in_the_logarithm,
            "Right on paper. But e^1000 overflows inside the logarithm, too, and e^(−1000) vanishes there.",
            "Only differences count: what may you take off every score of a row first?",
            worth=0.5,
        ),
        Misconception(
            "global-max",
            _global_max,
            "The largest score of the whole array is taken off. A row far below it becomes 0/0.",
            "Each row needs its own largest score: x.max with an axis, and keepdims.",
            worth=0.75,
        ),
        Misconception(
            "mean-for-maximum",
            _mean_for_maximum,
            "Taking the mean off changes no share, but it does not stop every overflow: in a row from −1000 to 1000 "
            "the largest score is still 1000 above it.",
            "Which number must go so that the largest exponential is e^0?",
            worth=0.75,
        ),
        Misconception(
            "minimum-for-maximum",
            _minimum_for_maximum,
            "The smallest score is taken off, so that every exponential is at least 1: the largest can still overflow.",
            "Which number must go so that no exponential exceeds 1?",
            worth=0.75,
        ),
        Misconception(
            "sum-over-everything",
            _sum_over_everything,
            "Without an axis all numbers of the array share one 1: with two rows, no row sums to 1.",
            "Sum over the classes only: which axis are they in?",
            worth=0.25,
        ),
        Misconception(
            "first-axis",
            _first_axis,
            "This is softmax along the first axis: the columns sum to 1 instead of the rows.",
            "The classes stand in the last axis, whatever the shape: axis=-1.",
            worth=0.5,
        ),
        Misconception(
            "forgot-keepdims",
            _forgot_keepdims,
            "The sums have lost their axis. NumPy then lines them up with the columns: an error, or worse, none.",
            "Print the shape of the sum. keepdims=True leaves the summed axis in place with length 1.",
            worth=0.5,
        ),
        Misconception(
            "sum-of-python",
            _sum_of_python,
            "Right for a single row. Python's sum goes along the first axis: with several rows it adds row to row.",
            "NumPy's sum takes an axis and keepdims, as the maximum does.",
            worth=0.5,
        ),
        Misconception(
            "maximum-without-keepdims",
            _maximum_without_keepdims,
            "The maxima have lost their axis. NumPy lines them up with the columns, so each column loses another "
            "number: an error, or worse, none.",
            "Print the shape of the maxima; keepdims=True is for them too.",
            worth=0.5,
        ),
        Misconception(
            "second-axis-only",
            _axis_one,
            "This works for two axes only: a single row has no axis 1, and in three axes it is the wrong one.",
            "Count from the end: the last axis is -1.",
            worth=0.5,
        ),
        Misconception(
            "sigmoid-of-each",
            _sigmoid,
            "This is the sigmoid of each score on its own: the numbers of a row don't sum to 1.",
            "A share needs the others: divide by a sum over the row.",
        ),
        Misconception(
            "divided-by-the-sum",
            _divided_by_the_sum,
            "The scores themselves are divided by their sum. With negative scores that gives negative shares, and a "
            "sum of 0 divides by 0.",
            "Make every number positive first.",
        ),
        Misconception(
            "not-divided",
            _not_divided,
            "These are the exponentials. They are positive, but they don't sum to 1 yet.",
            "Divide by their sum along the last axis.",
            worth=0.25,
        ),
        Misconception(
            "logarithms",
            _logarithms,
            "These are the logarithms of the shares.",
            "One step is missing: which function undoes a logarithm?",
            worth=0.5,
        ),
        Misconception(
            "smallest-wins",
            _smallest_wins,
            "The smallest score gets the largest share: a minus sign too many.",
            "Look at the exponent. For the largest score it must be the largest, namely 0.",
            worth=0.25,
        ),
        Misconception(
            "winner-takes-all",
            _winner_takes_all,
            "This gives everything to the largest score. Softmax is soft: the others get their share too.",
            "Take exponentials, then divide by their sum.",
        ),
    ),
    hints=(
        "Which number may be taken off every score of a row without changing its shares, so that the largest "
        "exponential is e^0?",
        "Take off the row's largest score. Both the maximum and the sum run along the last axis, and must keep it so "
        "that they line up with the rows.",
        "Two lines: the exponential of x minus its maximum (axis=-1, keepdims=True), then divide by its sum with the "
        "same two arguments.",
    ),
    explanation=(
        "Taking the row's largest score off changes no share, because only differences count. Then the largest "
        "exponential is e^0 = 1: nothing overflows, and the sum is at least 1, so there is never 0/0. keepdims=True "
        "keeps the summed axis with length 1, so that every row is divided by its own sum."
    ),
)

# --- 11-repair-temperature -------------------------------------------------------------------------------------------


def tempered_softmax(x: Array, temperature: float) -> Any:
    # The temperature divides the scores; what multiplies the exponentials would cancel.
    scaled = x / temperature
    share = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return share / share.sum(axis=-1, keepdims=True)


def tempered_softmax_by_powers(x: Array, temperature: float) -> Any:
    power = stable_softmax(x) ** (1 / temperature)
    return power / power.sum(axis=-1, keepdims=True)


def tempered_softmax_by_log_sum(x: Array, temperature: float) -> Array:
    scaled = x / temperature
    return np.exp(scaled - np.logaddexp.reduce(scaled, axis=-1, keepdims=True))


def tempered_softmax_by_loop(x: Array, temperature: float) -> Any:
    rows = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        powers = [math.exp((score - max(row)) / temperature) for score in row]
        rows.append([power / sum(powers) for power in powers])
    return np.reshape(rows, x.shape)


def _temperature_cancels(x: Array, temperature: float) -> Any:
    share = np.exp(x - x.max(axis=-1, keepdims=True)) / temperature
    return share / share.sum(axis=-1, keepdims=True)


def _temperature_multiplies(x: Array, temperature: float) -> Any:
    return tempered_softmax(x, 1 / temperature)


def _shares_divided(x: Array, temperature: float) -> Any:
    return stable_softmax(x) / temperature


def _softmax_twice(x: Array, temperature: float) -> Any:
    return stable_softmax(stable_softmax(x) / temperature)


def _powers_not_divided(x: Array, temperature: float) -> Any:
    return stable_softmax(x) ** (1 / temperature)


def _hot_overflow(x: Array, temperature: float) -> Any:
    share = np.exp(x / temperature)
    return share / share.sum(axis=-1, keepdims=True)


def _tempered_over_everything(x: Array, temperature: float) -> Any:
    share = np.exp((x - x.max()) / temperature)
    return share / share.sum()


def _tempered_along_the_first_axis(x: Array, temperature: float) -> Any:
    share = np.exp((x - x.max(axis=0)) / temperature)
    return share / share.sum(axis=0)


def _tempered_without_keepdims(x: Array, temperature: float) -> Any:
    share = np.exp((x - x.max(axis=-1, keepdims=True)) / temperature)
    return share / share.sum(axis=-1)


def _draw_temperatures(rng: np.random.Generator) -> list[Probe]:
    cold, hot = np.round(rng.uniform(0.3, 0.7), 3), np.round(rng.uniform(2, 5), 3)
    return [
        Probe("random scores, cold", (np.round(rng.normal(0, 1, 4), 3), float(cold))),
        Probe("random rows, hot", (np.round(rng.normal(0, 3, (2, 3)), 3), float(hot))),
    ]


REPAIR_TEMPERATURE = Exercise(
    id="11-repair-temperature",
    title="Repair a temperature that does nothing",
    kind="function",
    names=("tempered_softmax",),
    points=3,
    difficulty="complete",
    objective="Put the temperature where it counts: it divides the differences between the scores.",
    specification=(
        "x: float array of any shape, the classes in the last axis; temperature: a number above 0 → array of the same "
        "shape: softmax(x / temperature). No NumPy warning for scores between −100 and 100 and temperatures from 0.1."
    ),
    probes=(
        Probe("temperature 1", ([2.0, 1.0, 0.0], 1.0)),
        Probe("cold", ([2.0, 1.0, 0.0], 0.5)),
        Probe("hot", ([2.0, 1.0, 0.0], 10.0)),
        Probe("both signs", ([-1.0, 0.0, 1.0], 2.0)),
        Probe("large scores, very cold", ([100.0, 99.9, -100.0], 0.1)),
        Probe("a 2-D array", ([[-1.0, 0.5], [3.0, 2.0]], 2.0)),
    ),
    draw=_draw_temperatures,
    reference=tempered_softmax,
    alternatives=(tempered_softmax_by_powers, tempered_softmax_by_log_sum, tempered_softmax_by_loop),
    tolerance=Tolerance(
        1e-9,
        1e-12,
        "raising a share to the power 1/T loses two or three of sixteen digits; scores over T reach 1000",
        terms=1000.0,
    ),
    warnings_forbidden=True,
    partial=True,
    misconceptions=(
        Misconception(
            "temperature-cancels",
            _temperature_cancels,
            "The temperature still has no effect. A factor on every exponential cancels in the fraction, and so does a "
            "number added to every score.",
            "Divide something that stands in the exponent.",
        ),
        Misconception(
            "temperature-multiplies",
            _temperature_multiplies,
            "The wrong way round: this gets sharper when it gets hotter.",
            "Hot means even shares. Should the differences between the scores grow or shrink?",
            worth=0.5,
        ),
        Misconception(
            "shares-divided",
            _shares_divided,
            "The shares are divided by the temperature: they no longer sum to 1.",
            "Divide the scores before the exponential, not the shares after it.",
            worth=0.25,
        ),
        Misconception(
            "powers-not-divided",
            _powers_not_divided,
            "The ratios of the shares are right. Raised to a power, they no longer sum to 1.",
            "Divide by their sum along the last axis once more.",
            worth=0.5,
        ),
        Misconception(
            "softmax-twice",
            _softmax_twice,
            "The shares go through a second softmax. They lie within 1 of each other, so the result is nearly even.",
            "One softmax is enough: divide the scores, then take it.",
            worth=0.25,
        ),
        Misconception(
            "overflows-when-cold",
            _hot_overflow,
            "The temperature is right. A score of 100 at temperature 0.1 makes the exponential overflow.",
            "Take the row's largest score off, as before.",
            worth=0.75,
        ),
        Misconception(
            "sum-over-everything",
            _tempered_over_everything,
            "One row is right; with two rows, all numbers together sum to 1.",
            "The maximum and the sum belong to each row: axis=-1, keepdims=True.",
            worth=0.5,
        ),
        Misconception(
            "first-axis",
            _tempered_along_the_first_axis,
            "One row is right; with two rows, the columns sum to 1.",
            "The classes stand in the last axis, whatever the shape: axis=-1.",
            worth=0.5,
        ),
        Misconception(
            "forgot-keepdims",
            _tempered_without_keepdims,
            "One row is right. With two rows the sums have lost their axis, and NumPy lines them up with the columns.",
            "keepdims=True leaves the summed axis in place with length 1.",
            worth=0.5,
        ),
    ),
    hints=(
        "In the broken function, what happens to a factor that stands above and below the fraction line?",
        "The temperature must change the differences between the scores: divide the scores by it, before exp.",
        "Divide x by the temperature in the first line, then go on exactly as in a stable softmax.",
    ),
    explanation=(
        "A factor on the exponentials cancels in the fraction, as a common shift of the scores does: ln T taken "
        "off every score. The temperature has to divide the differences, so it goes inside the exponent. Raising the "
        "shares to the power 1/T and dividing by the sum again is the same thing."
    ),
)

# --- 11-share-slopes -------------------------------------------------------------------------------------------------


def share_slopes(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    # Every share pays s·s_j; number j is paid s_j on top.
    return s * (np.eye(x.shape[-1])[j] - s[..., j : j + 1])


def share_slopes_from_jacobian(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    jacobian = s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
    return jacobian[..., j]


def share_slopes_in_two_steps(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    slopes = -s * s[..., [j]]
    slopes[..., j] += s[..., j]
    return slopes


def share_slopes_by_loop(x: Array, j: int) -> Any:
    slopes = []
    for row in stable_softmax(x).reshape(-1, x.shape[-1]).tolist():
        slopes.append([s * ((1 if i == j else 0) - row[j]) for i, s in enumerate(row)])
    return np.reshape(slopes, x.shape)


def _own_share_only(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    return np.eye(x.shape[-1])[j] * s * (1 - s)


def _every_share_alone(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    return s * (1 - s)


def _forgot_the_delta(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    return -s * s[..., j : j + 1]


def _own_share_for_share_j(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    return s * (np.eye(x.shape[-1])[j] - s)


def _sign_flipped(x: Array, j: int) -> Any:
    return -share_slopes(x, j)


def _scores_for_shares(x: Array, j: int) -> Any:
    return x * (np.eye(x.shape[-1])[j] - x[..., j : j + 1])


def _row_for_column(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    return s * (np.eye(x.shape[-1])[j] - s[j])


def _one_row_only(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    return (np.diag(s) - np.outer(s, s))[j]


def _counted_from_one(x: Array, j: int) -> Any:
    return share_slopes(x, j - 1)


def _whole_jacobian(x: Array, j: int) -> Any:
    s = stable_softmax(x)
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])


def _shares_themselves(x: Array, j: int) -> Any:
    return stable_softmax(x)


def _draw_slopes(rng: np.random.Generator) -> list[Probe]:
    return [
        Probe("five random scores", (np.round(rng.normal(0, 1.5, 5), 3), int(rng.integers(1, 5)))),
        Probe("random rows", (np.round(rng.normal(0, 1.5, (2, 4)), 3), int(rng.integers(2, 4)))),
    ]


SHARE_SLOPES = Exercise(
    id="11-share-slopes",
    title="Who pays when one score grows?",
    kind="function",
    names=("share_slopes",),
    points=3,
    difficulty="stretch",
    objective="Write one column of softmax's Jacobian, for many rows at once.",
    specification=(
        "x: float array of any shape, the classes in the last axis; j: the number of one class, counted from 0 → "
        "array of the same shape: the slope of every share with respect to score j of its own row."
    ),
    probes=(
        Probe("equal scores", ([0.0, 0.0, 0.0, 0.0], 1)),
        Probe("both signs", ([2.0, 1.0, -1.0], 0)),
        Probe("the last class", ([2.0, 1.0, -1.0], 2)),
        Probe("one score far ahead", ([20.0, 0.0, -20.0], 0)),
        Probe("a 2-D array", ([[1.0, 0.0, -1.0], [0.5, 2.0, 1.0]], 1)),
        Probe("more classes than rows", ([[1.0, 0.0, -1.0], [0.5, 2.0, 1.0]], 2)),
    ),
    draw=_draw_slopes,
    reference=share_slopes,
    alternatives=(share_slopes_from_jacobian, share_slopes_in_two_steps, share_slopes_by_loop),
    tolerance=Tolerance(
        1e-9, 1e-12, "1 − s loses digits when one share is nearly 1; what is left is right to 1e−16 in size"
    ),
    partial=True,
    misconceptions=(
        Misconception(
            "own-share-only",
            _own_share_only,
            "Share j is right. The others move as well: what it gains, they lose, and the slopes sum to 0.",
            "Write the case of a share other than j: its score does not move, but the sum below it does.",
            worth=0.5,
        ),
        Misconception(
            "every-share-alone",
            _every_share_alone,
            "These are the slopes of each share with respect to its own score, s(1 − s). One score moves here: "
            "number j.",
            "When score j grows, all other shares shrink, so all other slopes are negative.",
            worth=0.25,
        ),
        Misconception(
            "forgot-the-delta",
            _forgot_the_delta,
            "The shares that pay are right. Share j itself grows, so its slope is positive.",
            "For share j the numerator moves too: add its share.",
            worth=0.5,
        ),
        Misconception(
            "own-share-for-share-j",
            _own_share_for_share_j,
            "Share j is right. The others pay their own share times share j, not their own share squared.",
            "Which score moves? Its share belongs into every slope of the row.",
            worth=0.5,
        ),
        Misconception(
            "sign-flipped",
            _sign_flipped,
            "The sizes are right, all signs are turned: share j grows with its own score, the others shrink.",
            "Check share j at equal scores: should its slope be positive or negative?",
            worth=0.5,
        ),
        Misconception(
            "scores-in-place-of-shares",
            _scores_for_shares,
            "The rule is applied to the scores. It wants the shares.",
            "Compute s, the softmax of x, first.",
        ),
        Misconception(
            "row-in-place-of-column",
            _row_for_column,
            "One row is right. With several rows, s[j] is row number j, not share number j of every row.",
            "Count along the last axis: s[..., j:j+1] keeps it, so that it lines up.",
            worth=0.5,
        ),
        Misconception(
            "one-row-only",
            _one_row_only,
            "One row is right. np.diag and np.outer know nothing of several rows.",
            "Work along the last axis: shares times (a row of zeros with a 1 at place j, minus share j).",
            worth=0.5,
        ),
        Misconception(
            "counted-from-one",
            _counted_from_one,
            "These are the slopes for another score: the one before. Classes are counted from 0.",
            "Use j as it comes.",
            worth=0.5,
        ),
        Misconception(
            "whole-jacobian",
            _whole_jacobian,
            "This is the whole Jacobian, the slopes with respect to every score. One column of it is asked for.",
            "Pick number j along the last axis.",
            worth=0.75,
        ),
        Misconception(
            "shares-themselves",
            _shares_themselves,
            "These are the shares. How fast do they change when score j grows?",
            "The slopes of a row sum to 0, because the shares always sum to 1.",
        ),
    ),
    hints=(
        "When score j grows a little, which share grows, and who pays for it?",
        "The slope of share i is s_i(δ_ij − s_j): −s_i·s_j for the others, s_j(1 − s_j) for share j itself.",
        "Compute the shares. Multiply them by: a row that is 1 at place j and 0 elsewhere, minus share j of the row "
        "(keep its axis: s[..., j:j+1]).",
    ),
    explanation=(
        "Score j stands in the numerator of share j only, and in the sum below all of them. The sum costs every share "
        "s_i·s_j; the numerator pays share j back s_j. Along a row the slopes sum to 0, because the shares always "
        "sum to 1."
    ),
)

# --- 11-scores-for-shares --------------------------------------------------------------------------------------------

_NAMES = ("cat", "dog", "owl")
_WANTED = (0.7, 0.2, 0.1)
_TEMPERATURE = 2.0
_BAND = 0.005


def _reached(cat: Array, dog: Array, owl: Array) -> Measured:
    shares = stable_softmax(np.array([float(cat), float(dog), float(owl)]) / _TEMPERATURE)
    hits = [abs(share - wanted) <= _BAND for share, wanted in zip(shares, _WANTED, strict=True)]
    parts = [
        f"{name} gets {share:.3f} ({'within' if hit else 'outside'} the band around {wanted:g})"
        for name, share, wanted, hit in zip(_NAMES, shares, _WANTED, hits, strict=True)
    ]
    text = ", ".join(parts)
    return Measured(sum(hits) / len(hits), text[0].upper() + text[1:] + ".")


SCORES_FOR_SHARES = Exercise(
    id="11-scores-for-shares",
    title="Scores for given shares",
    kind="design",
    names=_NAMES,
    points=2,
    difficulty="stretch",
    objective="Go back from shares to scores, and see which freedom is left.",
    specification=(
        "cat, dog, owl: three numbers, the scores, such that softmax at temperature 2 gives the shares 0.7, 0.2 and "
        "0.1, each within 0.005. Any three that work pass."
    ),
    reference=tuple(_TEMPERATURE * math.log(wanted) for wanted in _WANTED),
    alternatives=(
        tuple(_TEMPERATURE * math.log(wanted / 0.1) for wanted in _WANTED),
        (1000.0, 1000 + 2 * math.log(2 / 7), 1000 + 2 * math.log(1 / 7)),
        (np.float32(3.89), np.float32(1.39), 0),
    ),
    measure=_reached,
    partial=True,
    tolerance=Tolerance(0.01, 0.01, "a named mistake is recognised when the numbers are rounded to two digits"),
    misconceptions=(
        Misconception(
            "shares-as-scores",
            _WANTED,
            "These are the shares themselves. Softmax takes exponentials of the scores first.",
            "Which function undoes an exponential?",
        ),
        Misconception(
            "forgot-the-temperature",
            tuple(math.log(wanted) for wanted in _WANTED),
            "These scores would be right at temperature 1.",
            "At temperature 2 every difference is halved before the exponential. Make up for it.",
            worth=0.5,
        ),
        Misconception(
            # The same slip by who sets the owl to 0.
            "forgot-the-temperature-with-owl-at-0",
            (math.log(7), math.log(2), 0.0),
            "These scores would be right at temperature 1.",
            "At temperature 2 every difference is halved before the exponential. Make up for it.",
            worth=0.5,
        ),
        Misconception(
            "divided-by-the-temperature",
            tuple(math.log(wanted) / _TEMPERATURE for wanted in _WANTED),
            "The temperature already divides the scores, and here they have been divided once more.",
            "To undo a division, do the opposite.",
            worth=0.25,
        ),
        Misconception(
            "percentages-as-scores",
            (70.0, 20.0, 10.0),
            "A lead of 50 is enormous: e^25 to 1, even at temperature 2.",
            "A share twice as large needs a lead of T·ln 2 only.",
        ),
        Misconception(
            "log-with-the-wrong-sign",
            tuple(-_TEMPERATURE * math.log(wanted) for wanted in _WANTED),
            "The order is turned round: here the owl leads.",
            "The largest share needs the largest score.",
            worth=0.25,
        ),
        Misconception(
            "logarithm-to-base-ten",
            tuple(_TEMPERATURE * math.log10(wanted) for wanted in _WANTED),
            "This is the logarithm to base 10. The exponential is undone by the natural one.",
            "Use np.log.",
            worth=0.5,
        ),
    ),
    hints=(
        "How many times as large as the owl's share is the cat's? And which lead, divided by the temperature, gives "
        "that factor?",
        "A share is proportional to e^(x/T). So x/T is the natural logarithm of the share, up to a number that is "
        "the same for all three.",
        "Take the natural logarithm of each share and multiply it by the temperature.",
    ),
    explanation=(
        "The shares are proportional to e^(x/T), so x = T·ln s, up to a common shift that changes nothing: (2 ln 7, "
        "2 ln 2, 0) gives the same shares as (2 ln 0.7, 2 ln 0.2, 2 ln 0.1). Three shares fix two differences, "
        "never three scores."
    ),
)

EXERCISES = (TWO_CLASSES, WRONG_AXIS, STABLE_SOFTMAX, REPAIR_TEMPERATURE, SHARE_SLOPES, SCORES_FOR_SHARES)

PREDICTIONS = (
    Prediction(
        id="11-add-a-thousand",
        question="The scores 2, 1, 0 become 1002, 1001, 1000. What happens to the three shares?",
        options=(
            "They become nearly equal: 1002 and 1000 differ by a fifth of a per cent.",
            "The largest takes everything: e^1002 is gigantic.",
            "Nothing at all.",
            "They can't be said: e^1002 is too large to exist.",
        ),
        truth="c",
        words="e^1000 multiplies every numerator and the sum below them, and cancels. Only differences count.",
    ),
)

QUIZ = (
    Item(
        "11-quiz-shift",
        "Every score of a row grows by 7. What do its softmax shares do?",
        (
            Option("They grow.", "They sum to 1 before and after, so they can't all grow."),
            Option("They stay the same.", "Yes: e^7 cancels. Only differences count.", right=True),
            Option("They come closer together.", "That is what a higher temperature does."),
            Option("They overflow.", "A stable softmax takes the row's largest score off first."),
        ),
    ),
    Item(
        "11-quiz-double",
        "Every score of a row is doubled. That is the same as …",
        (
            Option("no change at all", "Adding changes nothing; doubling doubles the differences."),
            Option("temperature 2", "A temperature of 2 halves the scores."),
            Option("temperature ½", "Yes: x / ½ = 2x, and the largest share grows.", right=True),
            Option("doubling every share", "The shares would then sum to 2."),
        ),
    ),
    Item(
        "11-quiz-two-classes",
        "A two-class network gives the scores 3 and 1. What is the first softmax share?",
        (
            Option("3/4", "That divides the scores. Softmax divides exponentials."),
            Option("σ(3) = 0.953", "That would be right for the scores 3 and 0."),
            Option("σ(3) / (σ(3) + σ(1)) = 0.566", "Softmax takes exponentials, not sigmoids, before it divides."),
            Option("σ(2) = 0.881", "Yes: with two classes it is the sigmoid of the difference.", right=True),
        ),
    ),
    Item(
        "11-quiz-slope",
        "The shares are 0.5, 0.3 and 0.2. How fast does the second share change with the first score?",
        (
            Option("−0.15", "Yes: −s₂·s₁. What the first gains, the others pay.", right=True),
            Option("0.25", "That is the slope of the first share with respect to its own score: 0.5 · 0.5."),
            Option("0", "All shares stand over the same sum, so a score moves all of them."),
            Option("0.21", "That is 0.3 · 0.7, the slope with respect to its own score."),
        ),
    ),
    Item(
        "11-quiz-sure",
        "A classifier's largest softmax share is 0.9. What does that tell you?",
        (
            Option("It is right with probability 0.9.", "Only if that has been measured: shares can be far off."),
            Option(
                "It is right with probability at least 0.9.",
                "After long training, networks are often surer than right.",
            ),
            Option(
                "Its score leads; how often it is right must be measured.",
                "Yes: count right answers among those given with such a share.",
                right=True,
            ),
            Option("It has been trained long enough.", "A share says nothing about training; held-out examples do."),
        ),
    ),
)
