"""Ways through the inputs of losses that one number cannot describe: whole vectors, masks and sequences."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.spec import Array, Loss

# Half the way over which a slope along a path is measured.
HAIR = 1e-6


@dataclass(frozen=True)
class Path:
    """A way through the inputs of a loss: place(t) are its arguments at t.

    `target` names the target in a few words, `y` is its value where there are several; `held` says in a sentence what
    stays where it is. `closed` says of both ends whether the way ends there, or only its picture does.
    """

    axis: str
    low: float
    high: float
    place: Callable[[float], tuple[Array, ...]]
    held: str
    closed: tuple[bool, bool] = (True, True)
    target: str = ""
    y: int = 0

    def values(self, entry: Loss, t: Array, **params: Any) -> Array:
        """The loss at the places t, (n,) → (n,); of several values the first, which is that of the moving example."""
        return np.array([np.atleast_1d(entry.function(*self.place(float(one)), **params))[0] for one in t], dtype=float)

    def slopes(self, entry: Loss, t: Array, **params: Any) -> Array:
        """The rise of the loss per unit of t at the places t, (n,) → (n,), measured across a hair's breadth."""
        before, after = np.maximum(t - HAIR, self.low), np.minimum(t + HAIR, self.high)
        return (self.values(entry, after, **params) - self.values(entry, before, **params)) / (after - before)


def _rotated(angle: float, size: int = 2) -> Array:
    """A unit vector of `size` numbers, turned by `angle` (radians) from the first axis towards the last."""
    vector = np.zeros(size)
    vector[0], vector[-1] = math.cos(angle), math.sin(angle)
    return vector


def _at_distance(distance: float) -> Array:
    return np.array([[distance, 0.0]])


def _mask(p: float) -> tuple[Array, Array]:
    """A structure of 4 pixels among 16, found with probability p; nothing is claimed elsewhere."""
    true = np.arange(16) < 4
    return true[None].astype(float), np.where(true, p, 0.0)[None]


def _spoken(z: float) -> tuple[Array, Array]:
    """Four frames in which two labels are said one after the other, each with logit z; all other logits are 0."""
    return np.array([1, 2]), z * np.eye(3)[[1, 1, 2, 2]]


def _pair(y: int, words: str) -> Path:
    """Two vectors that belong together (y = 1) or do not (y = 0)."""
    return Path(
        "distance of the two vectors  D",
        0.0,
        2.0,
        lambda d: (np.array([float(y)]), np.zeros((1, 2)), _at_distance(d)),
        "The second vector moves away from the first, which stays at the origin.",
        (True, False),
        words,
        y,
    )


def paths_of(entry: Loss) -> tuple[Path, ...]:
    """The paths for losses of this kind of inputs, one for each target; none where we know none."""
    if entry.prediction == "mask":
        return (
            Path(
                "probability of the 4 true pixels  p",
                0.0,
                1.0,
                _mask,
                "The probability of the 4 true pixels moves; that of the 12 others stays at 0.",
            ),
        )
    if entry.prediction == "frames":
        return (
            Path(
                "logit of the right labels  z",
                -3.0,
                6.0,
                _spoken,
                "In each of 4 frames the logit of the label that is said there moves; the two others stay at 0.",
                (False, False),
            ),
        )
    if entry.prediction != "vectors":
        return ()
    if entry.third == "vectors" and entry.target == "binary":
        return _pair(0, "an unlike pair"), _pair(1, "a like pair")
    if entry.third == "vectors":
        return (
            Path(
                "distance of the unlike vector  D",
                0.0,
                3.0,
                lambda d: (np.zeros((1, 2)), np.array([[0.0, 1.0]]), _at_distance(d)),
                "The unlike vector moves away from the anchor; the like one stays at distance 1.",
                (True, False),
                "the like one at distance 1",
            ),
        )
    if len(entry.inputs) == 2 and len(entry.gradient_for) == 2:
        return (
            Path(
                "angle to its own key, radians  θ",
                0.0,
                math.pi,
                lambda angle: (np.vstack([_rotated(angle, 5), np.eye(5)[1:4]]), np.eye(5)[:4]),
                "The first query turns away from its own key; it stays at right angles to the three other keys.",
                target="three other keys at right angles",
            ),
        )
    if len(entry.inputs) == 2:
        return (
            Path(
                "angle between the vectors, radians  θ",
                0.0,
                math.pi,
                lambda angle: (_rotated(0.0)[None], _rotated(angle)[None]),
                "The predicted vector turns; the true one stays, and both keep the length 1.",
            ),
        )
    return ()
