"""How far a run is: one line on a terminal, rewritten in place; nothing where the output goes to a file."""

import time
from typing import TextIO

__all__ = ["Progress"]

WIDTH = 30


class Progress:
    """Called with (done, total); a context, at whose end the line is closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._shown = stream, stream.isatty()
        self._started: float | None = None
        self._open = False

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            print(file=self._stream, flush=True)

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done, how fast, and how long the rest will take."""
        now = time.monotonic()
        if self._started is None:
            # The first results include the start of the workers, which says nothing about the rate.
            self._started, self._before = now, done
        if self._shown:
            print(f"\r{line(done, total, done - self._before, now - self._started)}\x1b[K", end="", file=self._stream)
            self._stream.flush()
            self._open = True

    def say(self, sentence: str) -> None:
        """A sentence on a line of its own, on a terminal or not."""
        print(f"{chr(10) if self._open else ''}grade: {sentence}", file=self._stream, flush=True)
        self._open = False


def line(done: int, total: int, since: int, seconds: float) -> str:
    """`since`: how many were done in the last `seconds`, for the rate."""
    filled = WIDTH * done // total if total else WIDTH
    # Characters that every terminal has.
    text = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done} of {total}"
    if since <= 0 or seconds <= 0:
        return text
    rate = since / seconds
    left = round((total - done) / rate)
    remaining = f"{left // 60} min {left % 60:02d} s" if left >= 60 else f"{left} s"
    return f"{text}, {rate:.3g} a second, {remaining} left" if done < total else f"{text}, {rate:.3g} a second"
