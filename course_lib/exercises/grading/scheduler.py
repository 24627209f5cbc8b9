"""Grading on the workers of a Dask scheduler: laptop, SSH, Slurm or Kubernetes, with the same results.

The course must be installed on the workers in the version that is here. Notebooks travel as bytes, results as plain
data; each worker process keeps one runner. Whoever can reach a Dask scheduler can run code on its workers: use one that
only you can reach.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, as_completed, get_worker

from course_lib.exercises.grading.bank_version import bank_version
from course_lib.exercises.grading.grade import WORKER_ENDED, SubmissionResult
from course_lib.exercises.grading.pool import DEATHS, Results, Task
from course_lib.exercises.grading.runner import CannotRun, Limits, Runner
from course_lib.exercises.grading.warm import best_runner
from course_lib.exercises.grading.worker import Job, grade_job

__all__ = ["DaskPool"]

AHEAD = 4
"""Tasks per thread of a worker that are under way: enough to keep it busy, and few contents in memory at a time."""
CONNECT_SECONDS = 15


class OneRunner(WorkerPlugin):  # type: ignore[misc]
    """Keeps the runner of a worker process; it is made when the first submission comes."""

    # Another run that uses the same workers finds the runner of the first.
    idempotent = True

    def __init__(self, isolation: str) -> None:
        self.name = f"course-grader-{isolation}"
        self._isolation = isolation

    def setup(self, worker: Worker) -> None:
        """On the worker."""
        self._lock = threading.Lock()
        self._runner: Runner | None = None

    def teardown(self, worker: Worker) -> None:
        """On the worker, when it ends."""
        with self._lock:
            if self._runner is not None:
                self._runner.close()
            self._runner = None

    def runner(self) -> Runner:
        """The one runner. Raises CannotRun."""
        with self._lock:
            if self._runner is None:
                self._runner = best_runner(self._isolation)
            return self._runner


def _on_worker(job: Job, content: bytes, plugin: str, version: str) -> dict[str, Any]:
    """The result as plain data. Raises CannotRun if this worker cannot grade as asked."""
    worker = get_worker()
    if bank_version(job.lesson) != version:
        raise CannotRun(f"the worker {worker.address} has another version of the course; install the same there")
    one = worker.plugins[plugin]
    assert isinstance(one, OneRunner)
    return grade_job(job, content, one.runner()).as_dict()


class DaskPool:
    """The workers of the scheduler at `address`."""

    def __init__(self, address: str, isolation: str, limits: Limits) -> None:
        self._address, self._plugin = address, OneRunner(isolation)

    def results(self, tasks: Iterable[Task]) -> Results:
        """See `Pool.results`."""
        with _client(self._address) as client:
            threads = sum(client.nthreads().values())
            if not threads:
                raise CannotRun(
                    f"the scheduler {self._address} has no workers; start some (dask worker {self._address})"
                )
            client.register_plugin(self._plugin, name=self._plugin.name)
            waiting = iter(tasks)
            under_way: dict[Future, Task] = {}
            completed = as_completed(loop=client.loop)
            try:
                while True:
                    done: list[tuple[Task, SubmissionResult | None]] = []
                    while len(under_way) < AHEAD * threads and (task := next(waiting, None)) is not None:
                        content = task.content()
                        if content is None:
                            done.append((task, None))
                        else:
                            future = self._submitted(client, task.job, content)
                            under_way[future] = task
                            completed.add(future)
                    if not under_way and not done:
                        return
                    for future in completed.next_batch(block=not done) if under_way else ():
                        task = under_way.pop(future)
                        done.append((task, _result(task.job, future)))
                        future.release()
                    yield done
            finally:
                client.cancel(list(under_way))

    def _submitted(self, client: Client, job: Job, content: bytes) -> Future:
        # The scheduler itself gives the task of a worker that died to another; retries are for a lack of memory.
        return client.submit(
            _on_worker, job, content, self._plugin.name, bank_version(job.lesson), pure=False, retries=DEATHS - 1
        )


def _result(job: Job, future: Future) -> SubmissionResult:
    error = future.exception()
    if error is None:
        return SubmissionResult.from_dict(future.result())
    if isinstance(error, KilledWorker | MemoryError):
        message = "The workers that graded it ended again and again: too little memory, or something stopped them."
        return SubmissionResult(job.name, "needs a person", WORKER_ENDED, message, job.lesson, seed=job.seed)
    if isinstance(error, ImportError):
        raise CannotRun(f"the course is not installed on a worker ({error}); install this version there") from error
    raise error


@contextmanager
def _client(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CannotRun(f"there is no Dask scheduler at {address} ({error}); start one: dask scheduler") from error
    with client:
        yield client
