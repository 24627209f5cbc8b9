"""Who hears of a solved task: the widgets tell, the record of progress listens, and neither imports the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# Called with the task's id and the score; returns sentences for the learner where something could not be kept.
OnSolved = Callable[[str, float], Sequence[str] | None]
NOBODY = (
    "This result is not stored: nothing here keeps progress. Run `from course_lib.exercises import progress`, "
    "then press Check again."
)
_listeners: list[OnSolved] = []


def on_solved(listener: OnSolved) -> None:
    """Have `listener(task_id, score)` called at every attempt that scores; registering it again changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)


def forget(listener: OnSolved) -> None:
    """Call that listener no more; ValueError if it never listened."""
    _listeners.remove(listener)


def tell(task_id: str, score: float) -> list[str]:
    """Tell every listener that an attempt at this task scored, from just above 0 to 1; what the learner should know."""
    if not _listeners:
        return [NOBODY]
    return [sentence for listener in tuple(_listeners) for sentence in listener(task_id, score) or ()]
