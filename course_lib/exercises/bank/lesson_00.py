"""Lesson 00, Start here: one warm-up, so that a newcomer sees how `check` answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.items import Item, Option, Prediction
from course_lib.exercises.model import Exercise, Misconception, Probe, Tolerance

Array = NDArray[Any]


def double(x: Array) -> Array:
    return 2 * x


def double_by_sum(x: Array) -> Array:
    return x + x


def double_by_loop(x: Array) -> Any:
    doubled = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        doubled[index] = 2 * x[index]
    return doubled


def _squared(x: Array) -> Array:
    return x**2


def _plus_two(x: Array) -> Array:
    return x + 2


def _repeated(x: Array) -> Array:
    return np.concatenate([x, x])


def _nothing_returned(x: Array) -> None:
    _ = 2 * x


def _in_place(x: Array) -> Array:
    x *= 2
    return x


def _draw(rng: np.random.Generator) -> list[Probe]:
    return [Probe("five random numbers", (np.round(rng.normal(0, 5, 5), 2),))]


DOUBLE = Exercise(
    id="00-double",
    title="Double an array",
    kind="function",
    names=("double",),
    points=1,
    difficulty="complete",
    objective="Define a function, run its cell, and let check look at it.",
    specification="x: array of any shape → array of the same shape, every number times two; x stays as it is.",
    probes=(
        Probe("zero", ([0.0],)),
        Probe("both signs", ([-1.5, 2.0, 3.0],)),
        Probe("a large number", ([1e6],)),
        Probe("a 2-D array", ([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]],)),
    ),
    draw=_draw,
    reference=double,
    alternatives=(double_by_sum, double_by_loop),
    tolerance=Tolerance(1e-12, 1e-12, "doubling is exact; a few rounding steps are allowed"),
    misconceptions=(
        Misconception(
            "squared",
            _squared,
            "This squares the numbers: 2 becomes 4 both ways, but 3 becomes 9.",
            "Multiply by two instead of raising to the power of two.",
        ),
        Misconception(
            "added-two",
            _plus_two,
            "This adds two to every number instead of multiplying by two.",
            "Look at what happens to 0: doubling leaves it alone.",
        ),
        Misconception(
            "repeated-the-list",
            _repeated,
            "This puts the array behind itself: twice as many numbers, each as before.",
            "Multiply the array by a number; NumPy does it element by element.",
        ),
        Misconception(
            "nothing-returned",
            _nothing_returned,
            "The function computes something but hands nothing back: its result is None.",
            "End the function with a line that begins with return; print only shows a value.",
        ),
        Misconception(
            "changed-its-input",
            _in_place,
            "The values are right, but x itself is overwritten, so the caller's data is spoilt.",
            "Build a new array; *= and x[...] = write into the old one.",
            worth=0.5,
        ),
    ),
    hints=(
        "What does NumPy do when you multiply a whole array by one number?",
        "One line is enough: return the product of a number and the array x.",
    ),
    explanation=(
        "NumPy applies arithmetic to every element, so one product doubles an array of any shape. "
        "A new array comes back and x keeps its values."
    ),
)

EXERCISES = (DOUBLE,)

PREDICTIONS = (
    Prediction(
        id="00-two-lines",
        question="What does second(first(x)) look like as a curve over x?",
        options=("a straight line", "a line with one bend", "a parabola", "a line with two bends"),
        truth="a",
        words="A line put into a line is a line again: −3·(2x − 1) + 2 = −6x + 5.",
    ),
)

QUIZ = (
    Item(
        "00-quiz-predict-first",
        "Why does every lesson ask for a prediction before it shows a result?",
        (
            Option("Committing first makes the result stick.", "Yes: a surprise that you notice teaches.", right=True),
            Option("It is a test, and it counts for the grade.", "Predictions are stored for you; nobody grades them."),
            Option("The notebook cannot go on without it.", "It can. You would only learn less."),
        ),
    ),
    Item(
        "00-quiz-line-after-line",
        "What is −3·(2x − 1) + 2 as a curve over x?",
        (
            Option("a straight line", "Yes: −6x + 5. Lines put into lines stay lines.", right=True),
            Option("a parabola", "x is never multiplied by x, so no square can arise."),
            Option("a line with a bend", "A bend needs a step that is not a line, such as max(x, 0)."),
        ),
    ),
    Item(
        "00-quiz-what-an-activation-does",
        "What does an activation do in a network?",
        (
            Option("It computes w·x + b.", "That is the linear step. The activation comes after it."),
            Option("It bends the result of a linear step.", "Yes: without it the network is one line.", right=True),
            Option("It says how wrong the output is.", "That is the loss."),
        ),
    ),
    Item(
        "00-quiz-what-a-loss-does",
        "What does a loss tell?",
        (
            Option(
                "How many examples are right.",
                "That is accuracy, a measure for people. It counts, and does not say how near the wrong ones are.",
            ),
            Option("How fast the network learns.", "How large a step is taken is the learning rate's part."),
            Option("In one number, how wrong an output is.", "Yes, and training makes it smaller.", right=True),
        ),
    ),
    Item(
        "00-quiz-check-twice",
        "Your first answer to an exercise was wrong. What happens when you check a better one?",
        (
            Option("The best answer counts.", "Yes. Wrong tries cost nothing.", right=True),
            Option("The first answer counts.", "The best answer counts, however many tries it took."),
            Option("The points are halved.", "Tries and hints cost no points."),
        ),
    ),
)
