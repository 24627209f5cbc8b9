"""Worker processes of this machine, each with a runner of its own: contents in, results out as they come.

A worker may die at any time (killed, out of memory): its submission goes to a fresh one, once.
"""

from __future__ import annotations

import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Protocol, TypeAlias

from course_lib.exercises.grading.grade import WORKER_ENDED, SubmissionResult, grade_content
from course_lib.exercises.grading.runner import CannotRun, Limits
from course_lib.exercises.grading.wire import MAX_REQUEST_HEADER, Arrays, Header, WireError, receive, send
from course_lib.exercises.grading.worker import Job, request

__all__ = ["LocalPool", "Pool", "Results", "Task", "cores"]

DEATHS = 2
"""So many workers may a submission take with it before a person must look at it."""
START = "from course_lib.exercises.grading.worker import main; main()"
START_SECONDS = 120.0
"""How long a worker may take to be ready, on a machine that is busy."""
MOMENT = 0.2
"""Seconds of results that are written together: to write each by itself would take the disk's time and a processor's.
Who is killed grades so much again."""
PATIENCE = 60.0
"""Seconds beyond the limits of a submission after which a silent worker is taken for dead."""
LOOK_EVERY = 1.0
"""Seconds between two looks for silent workers."""


@dataclass(frozen=True)
class Task:
    """A job and where its content comes from, which is read when its turn comes. None: it has no content any more."""

    job: Job
    content: Callable[[], bytes | None]


Results: TypeAlias = Generator[list[tuple[Task, SubmissionResult | None]], None, None]


class Pool(Protocol):
    """Something that grades: `results` gives every task's result once, in batches, in whatever order they come."""

    def results(self, tasks: Iterable[Task]) -> Results:
        """Closing the iterator stops the work. None: the task had no content. Raises CannotRun."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def own_cores(workers: int) -> list[int | None]:
    """The processor that each worker keeps to with all that it starts; None: the system may choose, at any moment.

    Where the workers fill the machine, each has its own: a worker and its submission take turns, and to wake the other
    takes longer when it is on another processor. Fewer workers leave the choice to the system, so that two graders
    never crowd on one processor while another is idle.
    """
    if sys.platform != "linux" or workers < cores():
        return [None] * workers
    there = sorted(os.sched_getaffinity(0))
    return [there[number % len(there)] for number in range(workers)]


class LocalPool:
    """Processes on this machine."""

    def __init__(self, workers: int, isolation: str, limits: Limits) -> None:
        self._workers, self._isolation, self._limits = workers, isolation, limits

    def results(self, tasks: Iterable[Task]) -> Results:
        """See `Pool.results`."""
        run = _Run(iter(tasks), self._isolation, self._limits)
        drivers = [
            threading.Thread(target=run.drive, args=(core,), name=f"worker-{number}", daemon=True)
            for number, core in enumerate(own_cores(self._workers))
        ]
        for driver in drivers:
            driver.start()
        at_work = len(drivers)
        watch = threading.Thread(target=run.watch, name="watch", daemon=True)
        watch.start()
        try:
            while at_work:
                batch, stopped = run.arrived()
                at_work -= stopped
                if batch:
                    yield batch
        finally:
            run.stop()
            for thread in (*drivers, watch):
                thread.join()


class _Run:
    """What the threads that drive the workers share."""

    def __init__(self, tasks: Iterator[Task], isolation: str, limits: Limits) -> None:
        self._tasks, self._isolation, self._limits = tasks, isolation, limits
        self._arrived: queue.SimpleQueue[tuple[Task, SubmissionResult | None] | Exception | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stopping = False
        self._over = threading.Event()
        self._alive: set[_Worker] = set()

    def arrived(self) -> tuple[list[tuple[Task, SubmissionResult | None]], int]:
        """The results of the next moment, which are written together; and how many threads have ended."""
        batch: list[tuple[Task, SubmissionResult | None]] = []
        ended = 0
        entry = self._arrived.get()
        until = time.monotonic() + MOMENT
        while True:
            if isinstance(entry, Exception):
                if batch:
                    # What was graded before comes first.
                    self._arrived.put(entry)
                    return batch, ended
                raise entry
            if entry is None:
                # Nobody need wait for what a thread that has ended does not bring.
                until = 0.0
                ended += 1
            else:
                batch.append(entry)
            try:
                entry = self._arrived.get(timeout=max(until - time.monotonic(), 0.0))
            except queue.Empty:
                return batch, ended

    def drive(self, core: int | None = None) -> None:
        """Take one task after the other to a worker of one's own, which keeps to that processor."""
        worker: _Worker | None = None
        try:
            while (task := self._next()) is not None:
                content = task.content()
                result = None
                if content is not None and len(content) > task.job.limits.notebook_bytes:
                    # It is not even looked into, so that no worker need carry it.
                    result = grade_content(
                        content, task.job.name, lesson=task.job.lesson, seed=task.job.seed, limits=task.job.limits
                    )
                elif content is not None:
                    worker, result = self._graded(worker, task.job, content, core)
                self._arrived.put((task, result))
        except Exception as error:
            self._arrived.put(error)
        finally:
            if worker is not None:
                self._drop(worker)
            self._arrived.put(None)

    def stop(self) -> None:
        """Begin nothing more and end what runs."""
        with self._lock:
            self._stopping = True
            workers = list(self._alive)
        for worker in workers:
            worker.end()
        self._over.set()

    def watch(self) -> None:
        """Kill the workers that have been silent for too long, until the run is over: one thread looks after all."""
        while not self._over.wait(LOOK_EVERY):
            with self._lock:
                late = [worker for worker in self._alive if worker.silent_until < time.monotonic()]
            for worker in late:
                worker.process.kill()

    def _next(self) -> Task | None:
        with self._lock:
            return None if self._stopping else next(self._tasks, None)

    def _graded(
        self, worker: _Worker | None, job: Job, content: bytes, core: int | None
    ) -> tuple[_Worker | None, SubmissionResult]:
        fate = ""
        for _ in range(DEATHS):
            if worker is None:
                worker = self._started(core)
            try:
                return worker, worker.grade(job, content)
            except (EOFError, OSError, WireError):
                if self._stopping:
                    raise
                fate = worker.end()
                self._drop(worker)
                worker = None
        message = (
            f"The process that graded it ended {DEATHS} times ({fate}): too little memory, or something stopped it."
        )
        return None, SubmissionResult(job.name, "needs a person", WORKER_ENDED, message, job.lesson, seed=job.seed)

    def _started(self, core: int | None) -> _Worker:
        for _ in range(DEATHS):
            worker = _Worker(self._isolation, self._limits, core)
            with self._lock:
                self._alive.add(worker)
            try:
                worker.begin()
            except (EOFError, OSError, WireError):
                self._drop(worker)
            except BaseException:
                self._drop(worker)
                raise
            else:
                return worker
        raise CannotRun("the processes that grade end as soon as they start; is there enough memory?")

    def _drop(self, worker: _Worker) -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.end()


class _Worker:
    """One process of `worker.py`."""

    def __init__(self, isolation: str, limits: Limits, core: int | None) -> None:
        settings = json.dumps({"isolation": isolation, "limits": asdict(limits), "core": core})
        self._patience = limits.submission_seconds + limits.start_seconds + PATIENCE
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, settings],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as error:
            raise CannotRun(f"no process that grades could be started: {error}") from error
        self._ending = threading.Lock()
        self.silent_until = math.inf
        """Until when its answer must have come; ∞ while nothing is asked of it."""

    def begin(self) -> None:
        """Wait until it is ready. Raises CannotRun with its sentence if it cannot isolate a submission as asked."""
        header, _ = self._answer(START_SECONDS)
        if "cannot" in header:
            raise CannotRun(str(header["cannot"]))

    def grade(self, job: Job, content: bytes) -> SubmissionResult:
        """The result of one job. Raises EOFError, OSError or WireError when the process has died."""
        assert self.process.stdin is not None
        send(self.process.stdin, *request(job, content))
        header, _ = self._answer(self._patience)
        return SubmissionResult.from_dict(header)

    def end(self) -> str:
        """End the process, kindly at first, so that it ends its submission; how it ended."""
        with self._ending:
            if self.process.stdin is not None and not self.process.stdin.closed:
                with suppress(OSError):
                    self.process.stdin.close()
                try:
                    self.process.wait(timeout=5.0)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
                assert self.process.stdout is not None
                self.process.stdout.close()
        code = self.process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def _answer(self, seconds: float) -> tuple[Header, Arrays]:
        assert self.process.stdout is not None
        self.silent_until = time.monotonic() + seconds
        try:
            return receive(self.process.stdout, MAX_REQUEST_HEADER)
        finally:
            self.silent_until = math.inf
