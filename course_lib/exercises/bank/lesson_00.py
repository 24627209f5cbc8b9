"""Lesson 00, Start here: one warm-up, so that a newcomer sees how `check` answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
            "End the function with a line that begins with return.",
        ),
        Misconception(
            "changed-its-input",
            _in_place,
            "The values are right, but x itself is overwritten, so the caller's data is spoilt.",
            "Build a new array; *= writes into the old one.",
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
