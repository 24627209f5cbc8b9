"""The figures that questions ask to be read: computed here, so that no cell of an exercise gives their numbers away."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from course_lib import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def three_rates() -> Figure:
    """Outputs of a neuron over ten updates at three learning rates; it starts at 2.5 and its target is 1.

    Weight 0.5 and bias 1, input 3, no activation, loss (a − y)²: lesson 01's rules, curves without their rates.
    """
    curves = {name: _outputs(rate, updates=10) for name, rate in (("A", 0.095), ("B", 0.0075), ("C", 0.035))}
    figure = plots.lines(range(11), curves, x_label="updates", y_label="output a, target 1")
    for line in figure.axes[0].get_lines()[:3]:
        line.set(marker="o", markersize=5)
    return figure


def _outputs(rate: float, updates: int) -> list[float]:
    w, b, u, y = 0.5, 1.0, 3.0, 1.0
    outputs = [w * u + b]
    for _ in range(updates):
        slope = 2 * (outputs[-1] - y)
        w, b = w - rate * slope * u, b - rate * slope
        outputs.append(w * u + b)
    return outputs


def three_hinges() -> Figure:
    """The sum of three hinges, slope·max(x − corner, 0), from −2 to 6; corners at whole numbers."""
    x = np.linspace(-2, 6, 161)
    height = sum(slope * np.maximum(x - corner, 0) for corner, slope in ((-1, 1.5), (1, -2.0), (4, 1.0)))
    return plots.lines(x, {"sum of three hinges": height}, x_label="input x", y_label="height of the sum")


def spilled_coffee() -> Figure:
    """The MSE of every constant from 6 to 14 on seven waits, of which the question tells six.

    The second axis starts at 55, so that the bottom can be read.
    """
    constants = np.linspace(6, 14, 161)
    waits = np.array([3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 27.0])
    cost = np.mean((constants[:, None] - waits) ** 2, axis=1)
    figure = plots.lines(constants, {"MSE": cost}, x_label="constant, minutes", y_label="MSE on all seven waits")
    figure.axes[0].set_ylim(55, 85)
    return figure


def two_losses() -> Figure:
    """Scores of a neuron over 160 steps from 4, target 0: squared error and cross-entropy, each at a rate of its own.

    Input 1, so that weight and bias move alike and the score moves by twice the step.
    """
    curves = {
        "A": _scores(lambda s: s * s * (1 - s), rate=0.45, steps=160),
        "B": _scores(lambda s: s, rate=0.021, steps=160),
    }
    return plots.lines(range(161), curves, x_label="step", y_label="score z, wanted far below 0")


def _scores(slope: Callable[[float], float], rate: float, steps: int) -> list[float]:
    scores = [4.0]
    for _ in range(steps):
        output = 1 / (1 + math.exp(-scores[-1]))
        scores.append(scores[-1] - 2 * rate * slope(output))
    return scores
