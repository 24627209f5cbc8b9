"""Lesson 02, Why non-linearity: count, recognise a bend, multiply layers out, repair a network, wire up a lamp."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Measured, Misconception, Probe, Tolerance

Array = NDArray[Any]

# --- 02-count-numbers ------------------------------------------------------------------------------------------------

COUNT_NUMBERS = Exercise(
    id="02-count-numbers",
    title="How many numbers are left?",
    kind="value",
    names=("numbers",),
    points=2,
    difficulty="complete",
    objective="Count what a linear stack is after the collapse.",
    specification="numbers: how many weights and biases the single layer has, a whole number.",
    reference=7850,
    alternatives=(7850.0, np.int64(7850), 784 * 10 + 10),
    tolerance=Tolerance(0.0, 0.25, "a count is right or not"),
    misconceptions=(
        Misconception(
            "counted-the-stack",
            784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10,
            "These are the numbers of all three layers. They are there before the layers are multiplied out.",
            "What shape has the product of the three matrices?",
            worth=0.25,
        ),
        Misconception(
            "forgot-the-biases",
            7840,
            "The matrix is right. The three biases collapse too, and what they become is missing.",
            "How many outputs does the single layer have? Each has one bias.",
            worth=0.5,
        ),
        Misconception(
            "all-biases-kept",
            7840 + 300 + 100 + 10,
            "The matrix is right. The hidden units are gone, and their biases with them: they were multiplied in.",
            "Look at the last bracket of the two-line proof. How long is that vector?",
            worth=0.5,
        ),
        Misconception(
            "one-bias-per-input",
            7840 + 784,
            "The matrix is right. A bias is added to an output, not to an input.",
            "Count the outputs.",
            worth=0.5,
        ),
        Misconception(
            "first-layer-only",
            784 * 300 + 300,
            "That is the first layer alone. It has 300 outputs; the collapsed layer goes straight to the last ones.",
            "From which numbers to which does the whole stack go?",
        ),
        Misconception(
            "multiplied-all-sizes",
            784 * 300 * 100 * 10,
            "Multiplying matrices does not multiply all their sizes: the inner ones vanish.",
            "A matrix of 2 × 5 times one of 5 × 3 is one of 2 × 3.",
        ),
    ),
    hints=(
        "How many inputs and how many outputs does the whole stack have?",
        "The product of the three matrices has a row for each input and a column for each output.",
        "To the entries of that matrix come the biases: one for each output.",
    ),
    explanation=(
        "The product of matrices of 784 × 300, 300 × 100 and 100 × 10 has 784 × 10 entries: the inner sizes vanish. "
        "The biases become one vector with an entry for each of the 10 outputs. Of 266,610 numbers 7,850 are left; the "
        "hidden units cost work and add nothing that one layer could not hold."
    ),
)

# --- 02-still-one-layer ----------------------------------------------------------------------------------------------

STILL_ONE_LAYER = Exercise(
    id="02-still-one-layer",
    title="Which piece is no bend?",
    kind="choice",
    names=("no_bend",),
    points=1,
    difficulty="complete",
    objective="Tell a bend from a function that collapses.",
    specification="no_bend: one of the letters 'a', 'b', 'c', 'd', in quotes.",
    options=("a", "b", "c", "d"),
    reference="c",
    alternatives=("C", " c "),
    tolerance=Tolerance(0.0, 0.0, "a letter is right or not"),
    misconceptions=(
        Misconception(
            "two-straight-pieces",
            "a",
            "Two straight pieces with different slopes are a bend: −1 and 1 give 0 and 1, and half-way, 0 gives 0.",
            "Check each piece with −1, 0 and 1: is the middle value half-way between the outer ones?",
        ),
        Misconception(
            "straight-in-the-middle",
            "b",
            "Between −1 and 1 it changes nothing, but inputs beyond are cut off, and there its slope is another one.",
            "Check each piece with −1, 1 and 3: is the middle value half-way between the outer ones?",
        ),
        Misconception(
            "absolute-value-is-straight",
            "d",
            "The distance from 0 falls on the left and rises on the right: two slopes, so it bends.",
            "Check each piece with −1, 0 and 1: is the middle value half-way between the outer ones?",
        ),
    ),
    hints=(
        "Which of the pieces has the same slope everywhere?",
        "A piece that multiplies every number by one constant and adds another can be multiplied into a layer.",
    ),
    explanation=(
        "Multiplying by 3 and subtracting 2 has slope 3 everywhere: it is a linear layer itself, with a matrix that "
        "holds 3 on its diagonal and a bias of −2 for each unit, so it multiplies into its neighbours. The others have "
        "a different slope in different places."
    ),
)

# --- 02-multiply-out -------------------------------------------------------------------------------------------------


def one_layer(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    # The first bias passes through the second layer, too.
    return np.vstack([w1 @ w2, b1 @ w2 + b2])


def one_layer_with_ones(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    result: Array = np.vstack([w1, b1]) @ w2
    result[-1] += b2
    return result


def one_layer_by_asking(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    def stack(u: Array) -> Array:
        return (u @ w1 + b1) @ w2 + b2

    bias = stack(np.zeros((1, w1.shape[0])))
    return np.concatenate([stack(np.eye(w1.shape[0])) - bias, bias])


def one_layer_by_loop(w1: Array, b1: Array, w2: Array, b2: Array) -> Any:
    rows = [*w1.tolist(), b1.tolist()]
    columns = w2.T.tolist()
    table = [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in rows]
    table[-1] = [total + float(extra) for total, extra in zip(table[-1], b2, strict=True)]
    return table


def one_layer_in_float32(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    w1, b1, w2, b2 = (array.astype(np.float32) for array in (w1, b1, w2, b2))
    return one_layer(w1, b1, w2, b2)


def _first_bias_lost(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([w1 @ w2, b2])


def _first_bias_not_carried(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([w1 @ w2, b1 + b2])


def _second_bias_lost(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([w1 @ w2, b1 @ w2])


def _both_biases_carried(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([w1 @ w2, (b1 + b2) @ w2])


def _second_bias_in_every_row(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([w1, b1]) @ w2 + b2


def _matrix_only(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return w1 @ w2


def _order_swapped(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([w2 @ w1, b1 @ w2 + b2])


def _entry_by_entry(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([w1 * w2, b1 * w2 + b2])


def _bias_on_top(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.vstack([b1 @ w2 + b2, w1 @ w2])


def _transposed(w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return one_layer(w1, b1, w2, b2).T


def _draw_layers(rng: np.random.Generator) -> list[Probe]:
    def layers(inputs: int, units: int, outputs: int) -> tuple[Array, ...]:
        shapes = ((inputs, units), (units,), (units, outputs), (outputs,))
        return tuple(np.round(rng.normal(0, 2, shape), 2) for shape in shapes)

    return [
        Probe("random layers, 4 inputs, 3 units, 2 outputs", layers(4, 3, 2)),
        Probe("random layers, 2 of everything", layers(2, 2, 2)),
    ]


MULTIPLY_OUT = Exercise(
    id="02-multiply-out",
    title="Two layers, multiplied out",
    kind="function",
    names=("one_layer",),
    points=3,
    difficulty="implement",
    objective="Turn two linear layers into one, biases included.",
    specification=(
        "w1: (d, h), b1: (h,), w2: (h, k), b2: (k,), the weights and biases of two linear layers → array of shape (d + "
        "1, k): the d rows of the single layer's matrix and below them, as the last row, its bias. The inputs stay as "
        "they are."
    ),
    probes=(
        Probe("no biases", ([[1, 0, -1], [2, 1, 0]], [0, 0, 0], [[1, 2], [0, 1], [-1, 0]], [0, 0])),
        Probe("biases only", ([[0, 0], [0, 0]], [1, -2], [[1, 3], [-1, 2]], [0.5, 4])),
        Probe("three units, two outputs", ([[1, 2, -1], [0, -3, 1]], [1, -1, 2], [[2, 0], [1, -1], [0, 3]], [-1, 5])),
        Probe("one hidden unit", ([[2], [-3]], [4], [[1, -1]], [0, 1])),
        Probe("square matrices", ([[1, 2], [3, -4]], [1, -1], [[0, 1], [-2, 3]], [2, 0])),
        Probe("large weights", ([[1e6, -2e6]], [3e6, 1e6], [[1e6], [2e6]], [-1])),
    ),
    draw=_draw_layers,
    reference=one_layer,
    alternatives=(one_layer_with_ones, one_layer_by_asking, one_layer_by_loop, one_layer_in_float32),
    tolerance=Tolerance(1e-9, 1e-4, "asking the stack subtracts two nearby numbers, and so does float32, less exactly"),
    misconceptions=(
        Misconception(
            "first-bias-lost",
            _first_bias_lost,
            "The matrix is right. The first bias has got lost: it enters the second layer together with the rest.",
            "Put u = 0 into the two layers. What comes out?",
            worth=0.5,
        ),
        Misconception(
            "first-bias-not-carried",
            _first_bias_not_carried,
            "The matrix is right. The first bias is added as it is, but it passes through the second layer first.",
            "Its shape tells: b1 has an entry for each hidden unit, the result needs one for each output.",
            worth=0.5,
        ),
        Misconception(
            "second-bias-lost",
            _second_bias_lost,
            "The first bias is carried through the second layer. The second bias is missing.",
            "Put u = 0 into the two layers. What is added last?",
            worth=0.5,
        ),
        Misconception(
            "both-biases-carried",
            _both_biases_carried,
            "The second bias is added after the second layer, so it doesn't pass through that layer's weights.",
            "Expand the brackets of the two-line proof again, term by term.",
            worth=0.5,
        ),
        Misconception(
            "second-bias-in-every-row",
            _second_bias_in_every_row,
            "The products are right. The second bias has been added to the rows of the matrix as well.",
            "Only the last row is a bias. Add the second bias to that one alone.",
            worth=0.5,
        ),
        Misconception(
            "matrix-only",
            _matrix_only,
            "The matrix is right. The single layer has a bias too, and it belongs below the matrix, as the last row.",
            "What comes out of the two layers for the input 0?",
            worth=0.5,
        ),
        Misconception(
            "order-swapped",
            _order_swapped,
            "The order of the matrices is swapped. The input meets w1 first, so w1 stands on the left.",
            "Check the shapes: (d, h) times (h, k) is (d, k).",
            worth=0.25,
        ),
        Misconception(
            "entry-by-entry",
            _entry_by_entry,
            "The star multiplies entry by entry. Layers in a row are multiplied as matrices.",
            "NumPy's matrix product is written @.",
        ),
        Misconception(
            "bias-on-top",
            _bias_on_top,
            "All numbers are right; the bias stands in the first row, and was asked for in the last.",
            "Swap the two parts when you stack them.",
            worth=2 / 3,
        ),
        Misconception(
            "transposed",
            _transposed,
            "All numbers are right, but rows and columns are swapped.",
            "The result has a column for each output.",
            worth=2 / 3,
        ),
    ),
    hints=(
        "What comes out of the two layers for the input 0? And which part of that is left of the first bias?",
        "The matrix is the product of the two, in the order in which the input meets them. The bias is what the first "
        "bias becomes in the second layer, plus the second bias.",
        "Two parts, one below the other: np.vstack puts them together. The first bias times the second matrix, plus "
        "the second bias, is the lower part.",
    ),
    explanation=(
        "Expanding (u·W₁ + b₁)·W₂ + b₂ gives u·(W₁W₂) + (b₁W₂ + b₂). The input meets W₁ first, so it is on the left; "
        "the first bias travels through the second layer like any other signal, the second bias is added after it."
    ),
)

# --- 02-repair-forward -----------------------------------------------------------------------------------------------


def forward(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    # The bend stands between the layers: after the first bias, before the second matrix.
    return np.maximum(u @ w1 + b1, 0) @ w2 + b2


def forward_by_where(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    x = u @ w1 + b1
    return np.where(x > 0, x, 0.0) @ w2 + b2


def forward_by_mask(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    hidden = u.dot(w1) + b1
    hidden[hidden < 0] = 0
    return hidden.dot(w2) + b2


def forward_by_loop(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Any:
    result = np.empty((len(u), len(b2)))
    for i, row in enumerate(u):
        hidden = [max(float(row @ w1[:, j]) + float(b1[j]), 0.0) for j in range(len(b1))]
        for k in range(len(b2)):
            result[i, k] = sum(h * float(w) for h, w in zip(hidden, w2[:, k], strict=True)) + float(b2[k])
    return result


def forward_in_float32(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    u, w1, b1, w2, b2 = (array.astype(np.float32) for array in (u, w1, b1, w2, b2))
    return forward(u, w1, b1, w2, b2)


def _bend_after_the_last_layer(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.maximum((u @ w1 + b1) @ w2 + b2, 0)


def _no_bend(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return (u @ w1 + b1) @ w2 + b2


def _bend_after_both(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.maximum(np.maximum(u @ w1 + b1, 0) @ w2 + b2, 0)


def _bend_before_the_bias(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return (np.maximum(u @ w1, 0) + b1) @ w2 + b2


def _bend_on_the_inputs(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return (np.maximum(u, 0) @ w1 + b1) @ w2 + b2


def _bend_on_the_sum(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.maximum((u @ w1 + b1) @ w2, 0) + b2


def _second_bias_forgotten(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.maximum(u @ w1 + b1, 0) @ w2


def _first_bias_forgotten(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.maximum(u @ w1, 0) @ w2 + b2


def _minimum_for_maximum(u: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return np.minimum(u @ w1 + b1, 0) @ w2 + b2


_SWITCHES = [[0, 0], [0, 1], [1, 0], [1, 1]]


def _draw_forward(rng: np.random.Generator) -> list[Probe]:
    def numbers(*shape: int) -> Array:
        return np.round(rng.normal(0, 2, shape), 2)

    # Twelve examples and four units: some hidden scores of either sign in every draw.
    return [Probe("random layers", (numbers(12, 3), numbers(3, 4), numbers(4), numbers(4, 2), numbers(2)))]


REPAIR_FORWARD = Exercise(
    id="02-repair-forward",
    title="Repair a network",
    kind="function",
    names=("forward",),
    points=3,
    difficulty="implement",
    objective="Put the bend where it keeps the layers from collapsing.",
    specification=(
        "u: (n, d) inputs; w1: (d, h), b1: (h,), w2: (h, k), b2: (k,) → scores of shape (n, k) of a linear layer, the "
        "bend max(x, 0), and a second linear layer. The inputs stay as they are."
    ),
    probes=(
        Probe("the lamp of the lesson", (_SWITCHES, [[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0])),
        Probe("negative scores", ([[-1, 2], [3, -4]], [[1, -1], [2, 1]], [-1, 0.5], [[-1, 2], [1, -3]], [-4, 1])),
        Probe("a bias that decides", ([[1], [-1], [0]], [[1, -1]], [-0.5, 2], [[2], [1]], [-3])),
        Probe("hidden scores of exactly 0", ([[1, 1]], [[1, 2], [-1, -2]], [0, 0], [[5], [7]], [-1])),
        Probe("large inputs", ([[1e6, -1e6]], [[1, -1], [2, 1]], [1, 1], [[1], [-1]], [-1e6])),
    ),
    draw=_draw_forward,
    reference=forward,
    alternatives=(forward_by_where, forward_by_mask, forward_by_loop, forward_in_float32),
    tolerance=Tolerance(1e-9, 1e-4, "products up to a few hundred cancel; float32 rounds their sum to about 1e−5"),
    misconceptions=(
        Misconception(
            "bend-after-the-last-layer",
            _bend_after_the_last_layer,
            "The bend still comes after both layers. The two have collapsed into one before it.",
            "Which numbers must be bent before the second matrix sees them?",
        ),
        Misconception(
            "no-bend",
            _no_bend,
            "Now there is no bend at all: these are the scores of a single linear layer.",
            "Put the bend between the two layers.",
            worth=0.25,
        ),
        Misconception(
            "bend-after-both",
            _bend_after_both,
            "The bend between the layers is right. A second one cuts off every negative score of the output.",
            "The output is a score: leave it as it is.",
            worth=2 / 3,
        ),
        Misconception(
            "bend-before-the-bias",
            _bend_before_the_bias,
            "The bend comes a moment too early: the bias belongs to the score that is bent. It decides where the bend "
            "stands.",
            "First the whole score of a hidden unit, then the bend.",
            worth=0.5,
        ),
        Misconception(
            "bend-on-the-inputs",
            _bend_on_the_inputs,
            "The inputs are bent, and after them two linear layers follow each other and collapse.",
            "Let the inputs in as they are, and bend what the first layer makes of them.",
            worth=0.25,
        ),
        Misconception(
            "bend-on-the-second-sum",
            _bend_on_the_sum,
            "The bend comes after the second matrix, where the two have already collapsed into one.",
            "Bend the hidden scores, before the second matrix sees them.",
        ),
        Misconception(
            "second-bias-forgotten",
            _second_bias_forgotten,
            "The bend is in its place. The second layer has a bias too, and it is missing.",
            "Compare your second layer with the first one.",
            worth=2 / 3,
        ),
        Misconception(
            "first-bias-forgotten",
            _first_bias_forgotten,
            "The bend is in its place. The first layer has a bias too; it is missing, and it decides where units bend.",
            "Compare your first layer with the second one.",
            worth=2 / 3,
        ),
        Misconception(
            "minimum-for-maximum",
            _minimum_for_maximum,
            "The place is right. This bend keeps what is negative and cuts off what is positive.",
            "The hinge lets positive scores pass.",
            worth=0.5,
        ),
    ),
    hints=(
        "In the broken version, which two matrices meet without anything between them?",
        "Name the hidden scores: they are the first matrix's sums plus the first bias. Bend these.",
        "Three steps: x is the first layer's score, a is x with everything negative set to 0, and the result is the "
        "second layer, applied to a.",
    ),
    explanation=(
        "In the broken version nothing stands between the two matrices, so they are one, and the bend at the end can't "
        "bring back what was lost; it also cuts off negative scores. The bend belongs after the first bias, which "
        "decides where it stands, and before the second matrix."
    ),
)

# --- 02-wire-a-lamp --------------------------------------------------------------------------------------------------

_WANTED = ((0.0, 1.0), (1.0, 0.0), (2.0, 1.0))
_BAND = 0.05


def _lit(v1: Array, c1: Array, v2: Array, c2: Array, b: Array) -> Measured:
    scores = [float(v1 * max(s + c1, 0.0) + v2 * max(s + c2, 0.0) + b) for s, _ in _WANTED]
    hits = [abs(score - wanted) <= _BAND for score, (_, wanted) in zip(scores, _WANTED, strict=True)]
    parts = [f"{score + 0.0:.3g} at s = {s:g}" for score, (s, _) in zip(scores, _WANTED, strict=True)]
    text = f"Your score is {', '.join(parts[:-1])} and {parts[-1]}".replace("-", "−")
    return Measured(sum(hits) / len(hits), f"{text}: {sum(hits)} of 3 as wanted.")


WIRE_A_LAMP = Exercise(
    id="02-wire-a-lamp",
    title="Wire up a lamp",
    kind="design",
    names=("v1", "c1", "v2", "c2", "b"),
    points=3,
    difficulty="stretch",
    objective="Build a score that no linear layer has from two hinges.",
    specification=(
        "v1, c1, v2, c2, b: five numbers such that v1·relu(s + c1) + v2·relu(s + c2) + b is 1 at s = 0, 0 at s = 1 and "
        "1 at s = 2, each within 0.05. Any numbers that work pass."
    ),
    reference=(-1.0, 0.0, 2.0, -1.0, 1.0),
    alternatives=(
        (2.0, -1.0, -1.0, 0.0, 1.0),
        (-1, 1, 2, -1, 2),
        (-1.0, 0.0, 4.0, -1.5, 1.0),
        (np.float32(-0.98), np.float32(0.0), np.float32(2.0), np.float32(-1.0), np.float32(0.98)),
    ),
    measure=_lit,
    tolerance=Tolerance(0.03, 0.03, "a named mistake is recognised when the numbers are rounded to two digits"),
    misconceptions=(
        Misconception(
            "the-lamp-of-the-lesson",
            (1.0, 0.0, -2.0, -1.0, 0.0),
            "This is the lamp of the lesson, on when the switches differ. This one is on when they agree.",
            "Turn that score upside down: what must be added afterwards?",
            worth=1 / 3,
        ),
        Misconception(
            "forgot-the-bias",
            (-1.0, 0.0, 2.0, -1.0, 0.0),
            "The shape is right: down, then up. It stands one too low.",
            "Which of the five numbers lifts everything?",
            worth=2 / 3,
        ),
        Misconception(
            "slope-not-turned",
            (-1.0, 0.0, 1.0, -1.0, 1.0),
            "The second hinge stops the fall but doesn't turn it round: slopes of hinges that have begun add up.",
            "Beyond s = 1 the two slopes together must make the score rise.",
            worth=1 / 3,
        ),
        Misconception(
            "bend-too-late",
            (-1.0, 0.0, 2.0, -2.0, 1.0),
            "The second hinge begins at s = 2, too late to turn the score round.",
            "A hinge relu(s + c) begins at s = −c. Where should the score turn?",
            worth=1 / 3,
        ),
        Misconception(
            "bias-with-the-wrong-sign",
            (-1.0, 0.0, 2.0, 1.0, 1.0),
            "The second hinge begins at s = −1, before the first switch: the sign of its constant is turned round.",
            "A hinge relu(s + c) begins at s = −c.",
            worth=1 / 3,
        ),
        Misconception(
            "always-on",
            (0.0, 0.0, 0.0, 0.0, 1.0),
            "This lamp is always on. Two of three is what a straight line can reach, and no more.",
            "One hinge has to bring the score down, the other to turn it round.",
        ),
    ),
    hints=(
        "What slope must the score have between s = 0 and 1, and what slope between 1 and 2?",
        "Start at the left: what is the score at s = 0 if both hinges are still off? It is one of your numbers.",
        "The first hinge begins at 0 and falls. The second begins at 1; its slope has to cancel the fall and then rise "
        "just as fast.",
    ),
    explanation=(
        "Between 0 and 1 the score has to fall with slope −1, between 1 and 2 to rise with slope 1. The first hinge "
        "begins at s = 0 and falls; the second begins at s = 1 and has slope 2, because the slopes of all hinges that "
        "have begun add up. The bias lifts the whole to 1 at s = 0. A straight line can't do it: it would be at 1 "
        "in the middle of two ends at 1."
    ),
)

EXERCISES = (COUNT_NUMBERS, STILL_ONE_LAYER, MULTIPLY_OUT, REPAIR_FORWARD, WIRE_A_LAMP)

PREDICTIONS = (
    Prediction(
        id="02-numbers-needed",
        question="Five 8 × 8 layers hold 320 numbers. How many are enough for the very same outputs?",
        truth=64,
        tolerance=0.5,
        words="The product of five 8 × 8 matrices is one 8 × 8 matrix.",
    ),
    Prediction(
        id="02-lucky-starts",
        question="Of 50 random starts with two ReLU units, how many will solve XOR?",
        truth=10,
        tolerance=3,
        words="A solution exists, but from most starts descent does not reach it.",
    ),
)

QUIZ = (
    Item(
        "02-quiz-hundred-layers",
        "A hundred linear layers in a row, no activation: what can they compute that one linear layer can't?",
        (
            Option("curves", "Each layer's slope is constant, and so is the product of the slopes."),
            Option("exclusive or", "That needs a bend: a linear score has the same sum over both pairs of corners."),
            Option("any function, with enough units", "That takes an activation between the layers."),
            Option("nothing", "Yes: their matrices multiply to one matrix.", right=True),
        ),
    ),
    Item(
        "02-quiz-fourth-corner",
        "A linear score is 1 at (0, 0), 5 at (0, 1) and 3 at (1, 1). What is it at (1, 0)?",
        (
            Option("−1", "Yes: both pairs of opposite corners have the sum 4.", right=True),
            Option("3", "Then the sums over opposite corners would be 4 and 8; a linear score has the same sum."),
            Option("7", "Then the sums over opposite corners would be 4 and 12; a linear score has the same sum."),
            Option("It can't be known.", "Two weights and a bias: three values fix them, and with them the fourth."),
        ),
    ),
    Item(
        "02-quiz-shrug",
        "Why does a linear stack end at the loss ln 2 = 0.693 on XOR?",
        (
            Option("Its learning rate is too small.", "The loss has reached its lowest value; no rate gets below it."),
            Option(
                "Its best answer is ½ at every corner.", "Yes: the right answer gets ½, and −ln ½ = ln 2.", right=True
            ),
            Option(
                "Three corners are right, one is wrong.", "A sure mistake costs more than a shrug, so it avoids it."
            ),
            Option("It has too few layers.", "More linear layers are the same one layer."),
        ),
    ),
    Item(
        "02-quiz-two-pieces",
        "ReLU consists of two straight pieces. Why is it not linear?",
        (
            Option("It is 0 at 0.", "So is every linear function without a bias."),
            Option("It is linear.", "Half-way between −1 and 1 it would then give ½, and it gives f(0) = 0."),
            Option("Its slope changes at 0.", "Yes: a linear function has one slope everywhere.", right=True),
            Option("It is never negative.", "So is the constant 1, whose slope is the same everywhere."),
        ),
    ),
    Item(
        "02-quiz-lost-start",
        "A network with two ReLU units has not learnt XOR. What follows?",
        (
            Option("Two units can't hold a solution.", "Two hinges do it by hand: relu(s) − 2 relu(s − 1)."),
            Option("Its starting point was unlucky.", "Yes: other starts of the same network win.", right=True),
            Option("ReLU is the wrong bend for XOR.", "10 of 50 starts won with it, and 49 of 50 with eight units."),
            Option("It needs a second hidden layer.", "One hidden layer is enough; more units in it help."),
        ),
    ),
)
