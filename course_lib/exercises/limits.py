"""A time limit for code that runs in this process."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from course_lib.exercises.model import TimedOut
from course_lib.exercises.wording import show_number

# Raised again at this interval, because a bare `except:` inside a loop may swallow the first one.
_AGAIN = 0.2


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimedOut in the running block after `seconds`.

    In the main thread of Linux and macOS an alarm signal does it, which also ends a sleep. Elsewhere (Windows, other
    threads) a watchdog asks the interpreter to raise it between two Python instructions: an endless Python loop stops,
    a single long call into compiled code only when it returns.
    """
    text = f"{show_number(seconds)} second{'' if seconds == 1 else 's'}"
    main = threading.current_thread() is threading.main_thread()
    with _by_alarm(seconds, text) if main and hasattr(signal, "setitimer") else _by_watchdog(seconds, text):
        yield


@contextmanager
def _by_alarm(seconds: float, text: str) -> Iterator[None]:
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TimedOut(text)

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
        try:
            yield
        finally:
            armed = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_watchdog(seconds: float, text: str) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    done, rung, lock = threading.Event(), threading.Event(), threading.Lock()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if not done.is_set():
                    rung.set()
                    raise_in(thread, ctypes.py_object(TimedOut))
            wait = _AGAIN

    watcher = threading.Thread(target=watch, name="time-limit", daemon=True)
    watcher.start()
    try:
        try:
            yield
        finally:
            with lock:
                done.set()
                raise_in(thread, None)  # one that was asked for and has not been raised yet
            watcher.join()
    except TimedOut:
        raise TimedOut(text) from None
    if rung.is_set():
        raise TimedOut(text)
