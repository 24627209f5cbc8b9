"""Who hears of a solved task: the widgets tell, the record of progress listens, and neither imports the other."""

from __future__ import annotations

from collections.abc import Callable

OnSolved = Callable[[str, float], None]
_listeners: list[OnSolved] = []


def on_solved(listener: OnSolved) -> None:
    """Have `listener(task_id, score)` called at every attempt that scores; registering it again changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)


def forget(listener: OnSolved) -> None:
    """Call that listener no more; ValueError if it never listened."""
    _listeners.remove(listener)


def tell(task_id: str, score: float) -> None:
    """Tell every listener that an attempt at this task scored, from just above 0 to 1."""
    for listener in tuple(_listeners):
        listener(task_id, score)
