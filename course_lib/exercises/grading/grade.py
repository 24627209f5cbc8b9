"""Submissions in, verdicts out: the trusted side. It draws the inputs, asks the executor, and judges its answers."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.read import Cell, Notebook, Unreadable, defines, parse, read, which_lesson
from course_lib.exercises.grading.runner import CannotRun, Limits, Runner
from course_lib.exercises.grading.session import CRASH, Session
from course_lib.exercises.grading.warm import best_runner
from course_lib.exercises.judging import judge
from course_lib.exercises.model import LIBRARY_CALL, Evidence, Exercise, Observation, Verdict, probes_for
from course_lib.exercises.wording import one_line

__all__ = [
    "PASSING",
    "SubmissionResult",
    "failed",
    "find_notebooks",
    "grade_content",
    "grade_many",
    "grade_notebook",
    "grade_one",
    "new_seed",
]

CANNOT_RUN, GRADER_FAILED, WORKER_ENDED, MISSING = "cannot run", "grader failed", "worker ended", "missing"
PASSING = frozenset({CANNOT_RUN, GRADER_FAILED, WORKER_ENDED, MISSING})
"""Reasons that lie in the machine and not in the submission: it may well be graded another time."""

MAX_VERSIONS = 5
"""How many bindings of a name are looked at, from the last one back, until one is an attempt."""

CODE = frozenset(
    {"function", "builtin_function_or_method", "method", "ufunc", "_ArrayFunctionDispatcher", "type", "module"}
)
"""The types of what `from numpy import *` and `def` bind."""

# The judge runs references under warnings.catch_warnings, which is not safe between threads. It takes milliseconds.
_judging = threading.Lock()


@dataclass(frozen=True)
class SubmissionResult:
    """What became of one submission, with all that is needed to grade it again the same way."""

    source: str
    status: Literal["graded", "needs a person"]
    reason: str = ""
    """Why a person is needed, from a short list: "truncated", "unknown lesson", "cannot run" …"""
    message: str = ""
    lesson: str | None = None
    because: str = ""
    """How the lesson was concluded."""
    seed: int = 0
    isolation: str = "not run"
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    """Which cells stopped or were left out, in plain sentences."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def points(self) -> float:
        """The sum of the points reached."""
        return round(sum(verdict.points for verdict in self.verdicts), 2)

    @property
    def out_of(self) -> float:
        """The sum of the points that can be reached."""
        return round(sum(verdict.out_of for verdict in self.verdicts), 2)

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-ready data."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        data["notes"] = list(self.notes)
        data["verdicts"] = [verdict.as_dict() for verdict in self.verdicts]
        return data | {"points": self.points, "out_of": self.out_of, "seconds": round(self.seconds, 3)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "SubmissionResult":
        """The result that `as_dict` described, also after a way through JSON."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        verdicts = tuple(verdict_from(verdict) for verdict in data["verdicts"])
        return cls(**known | {"notes": tuple(data["notes"]), "verdicts": verdicts})


def verdict_from(data: Mapping[str, Any]) -> Verdict:
    """The verdict that `Verdict.as_dict` described."""
    return Verdict(**{**data, "evidence": None if data["evidence"] is None else Evidence(**data["evidence"])})


def new_seed() -> int:
    """A seed that nobody can know before grading."""
    return secrets.randbits(63)


def grade_one(
    path: Path,
    *,
    lesson: str | None = None,
    seed: int | None = None,
    limits: Limits | None = None,
    runner: Runner | None = None,
    name: str | None = None,
) -> SubmissionResult:
    """Grade one notebook. A file that cannot be graded gives a result that says why, never an exception.

    lesson: "03"; None concludes it from the notebook. seed: of the inputs drawn; None draws a secret one.
    name: how the result calls the submission; None takes the file's name. runner: None takes the best walls there are,
    for this one submission; best_runner("none") grades trusted work where there are none.
    Raises ValueError for a lesson without exercises.
    """
    limits = limits or Limits()
    found = read(path, limits.notebook_bytes)
    return _grade(found, name or _spelt(path.name), path, lesson, seed, limits, runner)


def grade_content(
    content: bytes,
    name: str,
    *,
    lesson: str | None = None,
    seed: int | None = None,
    limits: Limits | None = None,
    runner: Runner | None = None,
) -> SubmissionResult:
    """What `grade_one` says of a file of this name that holds these bytes."""
    limits, path = limits or Limits(), Path(name)
    return _grade(parse(content, path.name, limits.notebook_bytes), name, path, lesson, seed, limits, runner)


def grade_notebook(
    notebook: Notebook,
    name: str,
    *,
    lesson: str,
    because: str = "it was asked for",
    seed: int | None = None,
    limits: Limits | None = None,
    runner: Runner | None = None,
) -> SubmissionResult:
    """Grade the cells of a notebook of a known lesson. Raises ValueError for a lesson without exercises.

    because: how the lesson was concluded, for the result.
    """
    _refuse_unknown(lesson)
    started = time.monotonic()
    seed = new_seed() if seed is None else seed
    try:
        with _walled(runner) as walled:
            verdicts, notes = _verdicts(notebook, _lessons()[lesson], seed, limits or Limits(), walled)
            isolation = walled.isolation
    except CannotRun as error:
        return SubmissionResult(name, "needs a person", CANNOT_RUN, f"{error}.", lesson, because, seed)
    return SubmissionResult(
        name,
        "graded",
        lesson=lesson,
        because=because,
        seed=seed,
        isolation=isolation,
        verdicts=verdicts,
        notes=notes,
        seconds=time.monotonic() - started,
    )


def _grade(
    notebook: Notebook | Unreadable,
    name: str,
    path: Path,
    lesson: str | None,
    seed: int | None,
    limits: Limits,
    runner: Runner | None,
) -> SubmissionResult:
    _refuse_unknown(lesson)
    seed = new_seed() if seed is None else seed
    if isinstance(notebook, Unreadable):
        return SubmissionResult(name, "needs a person", notebook.reason, notebook.message, lesson, seed=seed)
    asked = {k: {e.id: e.names for e in exercises} for k, exercises in _lessons().items()}
    concluded = which_lesson(path, notebook, asked)
    because, chosen = concluded.because, lesson or concluded.lesson
    if lesson is not None:
        because = "it was asked for"
        if concluded.lesson not in (None, lesson):
            because += f" ({concluded.because} would say {concluded.lesson})"
    if chosen is None:
        message = f"The lesson of this notebook is not clear: {because}. Name it with --lesson."
        return SubmissionResult(name, "needs a person", "unknown lesson", message, because=because, seed=seed)
    return grade_notebook(notebook, name, lesson=chosen, because=because, seed=seed, limits=limits, runner=runner)


def grade_many(
    targets: Path | Sequence[Path],
    *,
    lesson: str | None = None,
    seed: int | None = None,
    limits: Limits | None = None,
    runner: Runner | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[SubmissionResult]:
    """Grade notebooks and folders of notebooks; one result per notebook, in the order of their names.

    One seed for all, so that everyone is asked the same. The results depend neither on `workers` nor on the order of
    the targets. progress(done, total) is called from this thread after each submission. runner: as in `grade_one`.
    Raises ValueError for a lesson without exercises, and CannotRun where no runner is given and none can isolate.
    """
    _refuse_unknown(lesson)
    seed = new_seed() if seed is None else seed
    found = find_notebooks([targets] if isinstance(targets, Path) else targets)

    def grade(entry: tuple[str, Path]) -> SubmissionResult:
        name, path = entry
        try:
            return grade_one(path, lesson=lesson, seed=seed, limits=limits, runner=walled, name=name)
        except Exception as error:
            return failed(name, error, lesson, seed)

    results = []
    with _walled(runner) as walled:
        # Threads are enough: the work is done in the processes that they wait for.
        pool = ThreadPoolExecutor(max_workers=max(1, workers or os.cpu_count() or 1))
        try:
            for done, result in enumerate(pool.map(grade, found), start=1):
                results.append(result)
                if progress is not None:
                    progress(done, len(found))
        finally:
            # When someone presses Ctrl-C, the submissions that have not begun are not begun.
            pool.shutdown(cancel_futures=True)
    return results


def _walled(runner: Runner | None) -> AbstractContextManager[Runner]:
    """The runner that was given, which its owner closes; otherwise the best there is, until it is left."""
    return best_runner() if runner is None else nullcontext(runner)


def failed(name: str, error: Exception, lesson: str | None, seed: int) -> SubmissionResult:
    """The result when the grader itself made a mistake: named and counted, and no other submission pays for it."""
    message = f"The grader itself failed: {type(error).__name__}: {one_line(str(error))}. Please report this."
    return SubmissionResult(name, "needs a person", GRADER_FAILED, message, lesson, seed=seed)


def find_notebooks(targets: Iterable[Path]) -> list[tuple[str, Path]]:
    """(name, path) of every notebook that is named or lies in a named folder, once, sorted by name.

    The name is the path from the folder that was named. Check-point copies and hidden folders are passed over. A folder
    that is a link stands for what it may hold: `read` says of it that it is a link.
    """
    found: dict[Path, str] = {}
    for target in targets:
        if not target.is_dir():
            found.setdefault(target.absolute(), _spelt(target.name))
            continue
        for path in _walk(target):
            found.setdefault(path.absolute(), _spelt(path.relative_to(target).as_posix()))
    names = list(found.values())
    # Two files of one name from two places are told apart by their whole paths.
    entries = [(name if names.count(name) == 1 else _spelt(path.as_posix()), path) for path, name in found.items()]
    return sorted(entries)


def _walk(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here) / name for name in files if name.lower().endswith(".ipynb") and not name.startswith("."))
        yield from (Path(here) / name for name in folders if (Path(here) / name).is_symlink())


def _spelt(name: str) -> str:
    """A file name that can be written anywhere: bytes that are no text are spelt out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


@cache
def _lessons() -> dict[str, list[Exercise]]:
    lessons: dict[str, list[Exercise]] = {}
    for exercise in BANK.values():
        lessons.setdefault(exercise.lesson, []).append(exercise)
    return lessons


def _refuse_unknown(lesson: str | None) -> None:
    if lesson is not None and lesson not in _lessons():
        raise ValueError(f"lesson {lesson!r} has no exercises; those that have are {', '.join(_lessons())}")


def _verdicts(
    notebook: Notebook, exercises: Sequence[Exercise], seed: int, limits: Limits, runner: Runner
) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
    names = [name for exercise in exercises for name in exercise.names]
    cells = _cells_to_run(notebook, names)
    with Session(runner, cells, names, limits) as session:
        verdicts = tuple(_verdict(session, exercise, seed, limits) for exercise in exercises)
        notes = [
            f"Cell {c.number} is a text cell; it was run as code because it holds an answer."
            for c in cells
            if not c.is_code
        ]
        notes += [_note(number, failure) for number, failure in sorted(session.failures.items())]
        if session.out_of_time:
            notes.append(f"The submission used up its {limits.submission_seconds:g} seconds.")
    return verdicts, tuple(notes)


def _cells_to_run(notebook: Notebook, names: Sequence[str]) -> list[Cell]:
    """The code cells, and those text cells that hold an answer which no code cell gives."""
    absent = [name for name in names if not any(defines(cell.source, name) for cell in notebook.code)]
    return [
        cell
        for cell in notebook.cells
        if cell.source.strip() and (cell.is_code or any(defines(cell.source, name) for name in absent))
    ]


def _verdict(session: Session, exercise: Exercise, seed: int, limits: Limits) -> Verdict:
    """The verdict on the last binding that is an attempt: a copied cell may leave the empty stub behind the answer.

    A short name such as `b` or `floor` may mean something else before or after, so a function in place of a value is no
    attempt, and an earlier value counts only if it earns points.
    """
    probes = probes_for(exercise, seed)
    seconds = exercise.time_limit if limits.question_seconds is None else limits.question_seconds
    libraries = exercise.libraries if exercise.kind == "function" else ()
    verdicts = []
    for version in range(MAX_VERSIONS):
        seen = session.observe(probes, seconds, version, libraries)
        with _judging:
            verdicts.append(judge(exercise, seen, seed))
        if verdicts[-1].outcome != "not attempted" and not _is_other_use(exercise, seen):
            counts = version == 0 or exercise.kind == "function" or verdicts[-1].points > 0
            return verdicts[-1] if counts else verdicts[0]
        if not session.has_earlier:
            break
    return verdicts[0]


def _is_other_use(exercise: Exercise, seen: Sequence[Observation]) -> bool:
    return exercise.kind != "function" and any(o.status == "malformed" and o.error in CODE for o in seen)


def _note(number: int, failure: Observation) -> str:
    if failure.status == "timed out":
        return f"Cell {number} did not finish within {failure.message} and was left out."
    if failure.error == CRASH:
        return f"Cell {number} was left out: {failure.message}."
    if failure.error == LIBRARY_CALL:
        return (
            f"Cell {number} calls {failure.message}, which is not there while grading; that statement was passed over."
        )
    where = f", {failure.line}" if failure.line else ""
    return f"Cell {number} stopped with {failure.error}: {failure.message}{where}."
