"""A worker of a batch, a process of its own: notebooks in, verdicts out.

It is on the trusted side: it draws the inputs and judges. What a submission runs in is the runner's, of which a worker
keeps one. It ends when its standard input does, and then leaves nothing behind.
"""

import json
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from course_lib.exercises.grading.grade import SubmissionResult, failed, grade_content
from course_lib.exercises.grading.runner import CannotRun, Limits, Runner
from course_lib.exercises.grading.warm import best_runner
from course_lib.exercises.grading.wire import MAX_REQUEST_HEADER, Arrays, Header, receive, send

__all__ = ["Job", "grade_job", "main"]


@dataclass(frozen=True)
class Job:
    """One content to be graded: what its result is called, its lesson, and the seed and limits for all."""

    name: str
    lesson: str
    seed: int
    limits: Limits


def grade_job(job: Job, content: bytes, runner: Runner) -> SubmissionResult:
    """The result, whatever happens; only a lack of memory goes on to the caller, whose process is spoilt by it."""
    try:
        return grade_content(content, job.name, lesson=job.lesson, seed=job.seed, limits=job.limits, runner=runner)
    except MemoryError:
        raise
    except Exception as error:
        return failed(job.name, error, job.lesson, job.seed)


def main() -> None:
    """Grade what comes until no more does. Its first argument: JSON with "isolation", "limits" and "core"."""
    with suppress(Left):
        _serve()


class Left(BaseException):
    """Whoever asked is gone. Not an Exception, nor SystemExit: the judge takes these for what an answer did."""


def _serve() -> None:
    settings = json.loads(sys.argv[1])
    limits = Limits(**settings["limits"])
    if settings["core"] is not None:
        # Before the runner starts, so that its processes inherit it. Where the system refuses, it goes without.
        with suppress(OSError):
            os.sched_setaffinity(0, {settings["core"]})
    # Ctrl-C reaches every process of the terminal; the one that started this says what is to be done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    reader, writer = _private_connection()
    try:
        runner = best_runner(settings["isolation"])
    except CannotRun as error:
        send(writer, {"cannot": str(error)})
        return
    with runner:
        send(writer, {"isolation": runner.isolation})
        requests: queue.SimpleQueue[tuple[Header, Arrays]] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(reader, requests), name="requests", daemon=True).start()
        while True:
            header, arrays = requests.get()
            job = Job(header["name"], header["lesson"], int(header["seed"]), limits)
            try:
                send(writer, grade_job(job, arrays[0].tobytes(), runner).as_dict())
            except MemoryError:
                # What is left of this process cannot be relied on; a fresh one grades the submission.
                os._exit(1)


def _listen(reader: IO[bytes], requests: "queue.SimpleQueue[tuple[Header, Arrays]]") -> None:
    try:
        while True:
            requests.put(receive(reader, MAX_REQUEST_HEADER))
    except EOFError:
        if sys.platform != "win32":
            # Also wakes a main thread that waits for a submission.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
            return
    except BaseException:
        # Without this thread nothing would ever come again: a fresh process takes over.
        os._exit(1)
    os._exit(0)


def _leave(number: int, frame: Any) -> None:
    raise Left


def _private_connection() -> tuple[IO[bytes], IO[bytes]]:
    """The request and reply streams; whatever else prints goes to the standard error."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return reader, writer


def request(job: Job, content: bytes) -> tuple[Header, Arrays]:
    """The message that asks a worker for the grading of this content."""
    return {"name": job.name, "lesson": job.lesson, "seed": str(job.seed)}, [np.frombuffer(content, dtype=np.uint8)]
