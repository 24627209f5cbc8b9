"""A class folder's submissions graded into its gradebook: what is new, once per content, by as many workers as wanted.

Results are committed as they come by the one writer, this process. Killed at any point, the same call goes on where it
was, and the gradebook ends up the same as without the interruption.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from course_lib.exercises.grading.bank_version import bank_version
from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder, Graded, Received
from course_lib.exercises.grading.grade import MISSING, SubmissionResult
from course_lib.exercises.grading.gradebook import Gradebook, GradebookError, Key, NewGrading, trouble
from course_lib.exercises.grading.manifest import read_manifest
from course_lib.exercises.grading.pool import LocalPool, Pool, Task, cores
from course_lib.exercises.grading.runner import Limits
from course_lib.exercises.grading.wire import MAX_PAYLOAD
from course_lib.exercises.grading.worker import Job

__all__ = ["Stopped", "Summary", "grade_class"]


class Stopped(KeyboardInterrupt):
    """Someone pressed Ctrl-C; the message says what is kept and how to go on."""


@dataclass(frozen=True)
class Summary:
    """What a run did, and where the class stands now."""

    graded: tuple[Graded, ...]
    """Every submission of the class, with its grading and the marks by hand."""
    new: int
    """How many contents were graded in this run."""
    seconds: float
    seed: int
    other_limits: int = 0
    """How many gradings that count ran under other limits than this run's."""

    @property
    def for_a_person(self) -> tuple[Graded, ...]:
        """The submissions that a person must look at."""
        return tuple(one for one in self.graded if one.result.status != "graded")


def grade_class(
    folder: ClassFolder,
    *,
    seed: int | None = None,
    workers: int | None = None,
    regrade: bool = False,
    limits: Limits | None = None,
    isolation: str = "auto",
    scheduler: str | None = None,
    wait: bool = True,
    progress: Callable[[int, int], None] | None = None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Summary:
    """Grade what was collected and has no grading yet, by this version of the questions and the class's seed.

    seed: of a new gradebook; one that exists keeps its own, unless `regrade` is given too. regrade: everything again;
    the gradings before are kept as history. workers: processes, one per core by default. isolation: see `best_runner`.
    scheduler: the address of a Dask scheduler, whose workers grade instead. wait: while another program grades this
    class, wait for it; False raises. progress(done, total) is called after each commit; `say` gets sentences.
    Raises ValueError, OSError (GradebookError among them), CannotRun, and Stopped on Ctrl-C.
    """
    limits, started = limits or Limits(), time.monotonic()
    limits = replace(limits, notebook_bytes=min(limits.notebook_bytes, MAX_PAYLOAD))
    rows = [row for row in read_manifest(folder) if row.outcome == COLLECTED]
    with _alone(folder, wait, say), Gradebook(folder.gradebook, create=True, seed=seed) as book:
        book.hold(f"process {os.getpid()} on {socket.gethostname()}")
        if seed is not None and seed != book.seed and not regrade:
            raise ValueError(
                f"this class is asked by the seed {book.seed}, the same for all; leave --seed out, or add --regrade to "
                "grade everything again by another"
            )
        if regrade:
            book.begin_round(seed)
        rows = [replace(row, sha256=_hash(folder.root / row.file) or row.sha256) for row in rows]
        needed = book.receive(rows, {row.lesson: bank_version(row.lesson) for row in rows})
        if needed:
            if not regrade and (again := _judged_otherwise(book, needed)):
                total = len({(row.sha256, row.exercise) for row in rows})
                which = f"all {total} contents" if again == total else f"{again} of {total} contents"
                say(f"the questions or rules have changed since: {which} are graded again")
            pool = _pool(scheduler, min(workers or cores(), len(needed)), isolation, limits)
            _grade(book, _tasks(folder, rows, needed, book.seed, limits), pool, limits, progress)
        book.end_round()
        graded = tuple(book.graded())
        other = book.under_other_limits(asdict(limits))
        return Summary(graded, len(needed), time.monotonic() - started, book.seed, other)


def _judged_otherwise(book: Gradebook, needed: Sequence[Key]) -> int:
    """How many of these have a grading that counts until now, by another version of the questions."""
    versions = {(one.submission.sha256, one.submission.exercise): one.bank for one in book.graded()}
    return sum(versions.get((key.sha256, key.exercise), key.bank) != key.bank for key in needed)


def _grade(
    book: Gradebook,
    tasks: dict[Key, Task],
    pool: Pool,
    limits: Limits,
    progress: Callable[[int, int], None] | None,
) -> None:
    keys = {id(task): key for key, task in tasks.items()}
    done = 0
    results = pool.results(tasks.values())
    try:
        # What arrives while one batch is being written is written together: a slow disk slows nothing else.
        for batch in results:
            book.record(
                [NewGrading(keys[id(task)], result or _gone(task.job), asdict(limits)) for task, result in batch]
            )
            done += len(batch)
            if progress is not None:
                progress(done, len(tasks))
    except KeyboardInterrupt:
        raise Stopped(
            f"stopped: {done} of {len(tasks)} are graded and kept; the same command goes on with the others"
        ) from None
    finally:
        results.close()


def _tasks(
    folder: ClassFolder, rows: Sequence[Received], needed: Sequence[Key], seed: int, limits: Limits
) -> dict[Key, Task]:
    files = {(row.sha256, row.exercise): row.file for row in rows}
    return {
        key: Task(
            Job(Path(files[key.sha256, key.exercise]).name, key.exercise[:2], seed, limits),
            partial(_content, folder.root / files[key.sha256, key.exercise], key.sha256, limits.notebook_bytes),
        )
        for key in needed
    }


def _content(path: Path, sha256: str, most: int) -> bytes | None:
    """The bytes of the file, None when it is gone or has changed since it was looked at; too many are cut short."""
    try:
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError:
        return None
    return content if len(content) > most or hashlib.sha256(content).hexdigest() == sha256 else None


def _gone(job: Job) -> SubmissionResult:
    message = "The collected file is gone or was changed meanwhile; collect it again, then grade again."
    return SubmissionResult(job.name, "needs a person", MISSING, message, job.lesson, seed=job.seed)


def _hash(path: Path) -> str:
    """Of the content as it is now, which counts, whatever the manifest says; empty when the file is gone."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _pool(scheduler: str | None, workers: int, isolation: str, limits: Limits) -> Pool:
    if scheduler is None:
        return LocalPool(workers, isolation, limits)
    from course_lib.exercises.grading.scheduler import DaskPool

    return DaskPool(scheduler, isolation, limits)


@contextmanager
def _alone(folder: ClassFolder, wait: bool, say: Callable[[str], None]) -> Iterator[None]:
    """Be the only one who grades this class. SQLite's own lock, which the system lifts when the process dies."""
    place = folder.gradebook.with_suffix(".lock")
    told = False
    try:
        with closing(sqlite3.connect(place, timeout=1.0, isolation_level=None)) as lock:
            while True:
                try:
                    lock.execute("BEGIN EXCLUSIVE")
                    break
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                        raise
                if not wait:
                    raise GradebookError(f"{_holder(folder)} is grading this class; leave --no-wait out to wait for it")
                if not told:
                    say(f"{_holder(folder)} is grading this class; waiting until it ends …")
                    told = True
            yield
    except sqlite3.Error as error:
        raise trouble(f"the gradebook's lock {place}", error) from error


def _holder(folder: ClassFolder) -> str:
    try:
        with Gradebook(folder.gradebook) as book:
            return book.holder or "another program"
    except GradebookError:
        return "another program"
