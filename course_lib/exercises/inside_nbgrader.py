"""What `check` adds where nbgrader runs the notebook: a number that is the mark, or an error with the verdict's words.

nbgrader says in NBGRADER_EXECUTION what it is doing. It takes a number that a test cell gives as the points, and an
error as none; Validate shows the error. Without nbgrader none of this happens.
"""

from __future__ import annotations

import os
import secrets

from course_lib.exercises.model import PUBLIC_SEED, Verdict

__all__ = ["NotYetRight", "mark", "running", "seed"]


class NotYetRight(Exception):
    """The verdict on an answer that earns less than all points, as nbgrader's Validate shows it."""

    def _render_traceback_(self) -> list[str]:
        # Jupyter shows these lines in place of a traceback, which would lead into the course's own code.
        return str(self).splitlines()


def running() -> str:
    """What nbgrader is doing: "autograde", "validate", or "" when a person runs the notebook."""
    return os.environ.get("NBGRADER_EXECUTION", "")


def seed() -> int:
    """The seed of the inputs: the notebook's own, or one that nobody knows before where marks are given."""
    return secrets.randbits(63) if running() == "autograde" else PUBLIC_SEED


def mark(verdict: Verdict, words: str) -> float | None:
    """What the test cell gives to nbgrader: its points; None when a person runs the notebook.

    Raises NotYetRight with the words of the card where Validate asks and not all points are reached.
    """
    if running() == "validate" and verdict.points < verdict.out_of:
        raise NotYetRight(words)
    return verdict.points if running() else None
