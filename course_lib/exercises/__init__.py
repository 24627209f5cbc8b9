"""Exercises, predictions, quizzes and progress, as a notebook uses them.

The names are loaded on first use: a grading process that imports `course_lib.exercises.model` must not load IPython.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.exercises.notebook import check, hint, predict, progress, quiz, recall, reveal, solution

__all__ = ["check", "hint", "predict", "progress", "quiz", "recall", "reveal", "solution"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(__all__)}")
    from course_lib.exercises import notebook

    return getattr(notebook, name)


def __dir__() -> list[str]:
    return __all__
