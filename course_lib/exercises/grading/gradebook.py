"""The gradebook of a class: who handed in what, every grading with its verdicts and evidence, and marks by hand.

One SQLite file. A grading belongs to a content and not to a student: key (hash of the content, exercise, version of
the questions, seed, round). Every change is one transaction, so that a killed program or a full disk leaves the file as
it was before. The rollback journal is used, not the write-ahead log: class folders lie on network drives.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_lib.exercises.bank import of_lesson
from course_lib.exercises.grading.bank_version import bank_version
from course_lib.exercises.grading.classroom import Graded, Mark, Received
from course_lib.exercises.grading.grade import MISSING, PASSING, SubmissionResult, new_seed
from course_lib.exercises.model import Evidence, Outcome, Verdict
from course_lib.exercises.wording import one_line

__all__ = ["BY_HAND", "Gradebook", "GradebookError", "Key", "NewGrading", "trouble"]

BY_HAND = "by hand"
"""The outcome of what was marked without a submission that can be graded."""

VERSION = 1
WAIT_SECONDS = 60.0
SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE submission (
    student TEXT NOT NULL, exercise TEXT NOT NULL, sha256 TEXT NOT NULL, received TEXT NOT NULL,
    grading INTEGER REFERENCES grading (id) ON DELETE SET NULL, PRIMARY KEY (student, exercise)
);
CREATE INDEX submission_content ON submission (sha256, exercise);
CREATE TABLE grading (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL, exercise TEXT NOT NULL, bank TEXT NOT NULL,
    seed TEXT NOT NULL, round INTEGER NOT NULL, at TEXT NOT NULL, passing INTEGER NOT NULL, limits TEXT NOT NULL,
    result TEXT NOT NULL, UNIQUE (sha256, exercise, bank, seed, round)
);
CREATE TABLE verdict (
    grading INTEGER NOT NULL REFERENCES grading (id) ON DELETE CASCADE, position INTEGER NOT NULL,
    question TEXT NOT NULL, outcome TEXT NOT NULL, points REAL NOT NULL, out_of REAL NOT NULL, message TEXT NOT NULL,
    next_step TEXT NOT NULL, misconception TEXT, remark TEXT NOT NULL,
    probe TEXT, given TEXT, got TEXT, PRIMARY KEY (grading, position)
);
CREATE TABLE mark (
    id INTEGER PRIMARY KEY AUTOINCREMENT, student TEXT NOT NULL, exercise TEXT NOT NULL, sha256 TEXT NOT NULL,
    question TEXT NOT NULL, points REAL, reason TEXT NOT NULL, who TEXT NOT NULL, at TEXT NOT NULL
);
"""


class GradebookError(OSError):
    """The gradebook could not be read or written; the message says why and what to do."""


@dataclass(frozen=True)
class Key:
    """What makes two gradings the same: one is enough for all students who handed in this content."""

    sha256: str
    exercise: str
    bank: str


@dataclass(frozen=True)
class NewGrading:
    """A grading that is to be recorded, with the limits that it ran under."""

    key: Key
    result: SubmissionResult
    limits: Mapping[str, Any]


class Gradebook:
    """An open gradebook; a context. Others may read it, and give marks, while a class is being graded."""

    def __init__(self, path: Path, *, create: bool = False, seed: int | None = None) -> None:
        """Open the file at `path`; with `create`, make it when there is none.

        seed: of a new gradebook; None draws a secret one. Raises GradebookError.
        """
        self.path = path
        if not create and not path.is_file():
            raise GradebookError(f"there is no gradebook {path}; `grade run` makes it")
        with self._explained():
            self._base = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
        try:
            self._prepare(new_seed() if seed is None else seed)
        except BaseException:
            self._base.close()
            raise

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    # -----------------------------------------------------------------------------------------------------------------
    # What a whole class is asked by

    @property
    def seed(self) -> int:
        """The seed of the inputs that every student of the class is asked with."""
        return int(self._setting("seed"))

    @property
    def round(self) -> int:
        """How often all was graded anew on purpose; what was graded in an earlier round is graded again."""
        return int(self._setting("round"))

    def begin_round(self, seed: int | None = None) -> None:
        """Let everything be graded again, with another seed if one is given; a round that was broken off goes on."""
        with self._transaction():
            if self._setting("unfinished") == "no" or (seed is not None and seed != self.seed):
                self._set("round", str(self.round + 1))
                self._set("unfinished", "yes")
            if seed is not None:
                self._set("seed", str(seed))

    def end_round(self) -> None:
        """All is graded: the next `begin_round` begins another."""
        with self._transaction():
            self._set("unfinished", "no")

    # -----------------------------------------------------------------------------------------------------------------
    # Submissions and their gradings

    def receive(self, submissions: Sequence[Received], versions: Mapping[str, str]) -> list[Key]:
        """Take the submissions that count now, in place of those before; the keys that have no grading yet.

        versions: lesson → version of its questions. A content that was graded before keeps its grading; a submission
        that is no longer there loses its place, and its gradings stay.
        """
        with self._transaction():
            before = {
                (student, exercise): (sha256, grading)
                for student, exercise, sha256, grading in self._base.execute(
                    "SELECT student, exercise, sha256, grading FROM submission"
                )
            }
            self._base.execute("DELETE FROM submission")
            needed: dict[Key, None] = {}
            for one in submissions:
                key = Key(one.sha256, one.exercise, versions[one.lesson])
                found = self._find(key)
                if found is None:
                    needed[key] = None
                    sha256, grading = before.get((one.student, one.exercise), ("", None))
                    # Until it is graded again, the grading that the same content had goes on counting.
                    found = grading if sha256 == one.sha256 else None
                elif self._is_passing(found):
                    needed[key] = None
                row = (one.student, one.exercise, one.sha256, _json(asdict(one)), found)
                self._base.execute("INSERT INTO submission VALUES (?, ?, ?, ?, ?)", row)
        return list(needed)

    def record(self, gradings: Sequence[NewGrading]) -> None:
        """Add gradings, all of them or none; they count for every submission of their content."""
        with self._transaction():
            for new in gradings:
                key, seed, number = new.key, str(new.result.seed), self.round
                self._base.execute(
                    "DELETE FROM grading WHERE (sha256, exercise, bank, seed, round) = (?, ?, ?, ?, ?) AND passing",
                    (key.sha256, key.exercise, key.bank, seed, number),
                )
                described = new.result.as_dict() | {"source": "", "verdicts": None}
                now, passing = datetime.now(UTC).isoformat(), new.result.reason in PASSING
                row = (*asdict(key).values(), seed, number, now, passing, _json(new.limits), _json(described))
                grading = self._base.execute(
                    "INSERT INTO grading (sha256, exercise, bank, seed, round, at, passing, limits, result) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    row,
                ).lastrowid
                assert grading is not None
                self._base.executemany(
                    f"INSERT INTO verdict VALUES ({', '.join('?' * 13)})",
                    [_verdict_row(grading, position, verdict) for position, verdict in enumerate(new.result.verdicts)],
                )
                self._base.execute(
                    "UPDATE submission SET grading = ? WHERE (sha256, exercise) = (?, ?)",
                    (grading, key.sha256, key.exercise),
                )

    def graded(self) -> list[Graded]:
        """Every submission that has a grading, by student and exercise, with the marks by hand in their places.

        A mark for a student who handed in nothing that can be graded stands in a `Graded` of its own.
        """
        with self._snapshot():
            marks, verdicts = self.marks(), self._verdicts()
            rows = self._rows(
                "SELECT s.received, g.id, g.bank, g.result FROM submission s JOIN grading g ON g.id = s.grading"
            )
        found = [_without_submission([one for one in marks if _place(one) == place]) for place in _absent(marks)]
        for received, grading, bank, result in rows:
            submission = Received(**json.loads(received))
            by_hand = tuple(mark for mark in marks if _belongs(mark, submission))
            described = json.loads(result) | {"source": submission.file, "verdicts": []}
            judged = replace(SubmissionResult.from_dict(described), verdicts=tuple(verdicts.get(grading, ())))
            found.append(Graded(submission, _settled(judged, submission, by_hand), bank, by_hand))
        return sorted(found, key=lambda one: (one.submission.student, one.submission.exercise))

    def submissions(self) -> list[Received]:
        """The submissions that count, graded or not, by student and exercise."""
        rows = self._rows("SELECT received FROM submission ORDER BY student, exercise")
        return [Received(**json.loads(received)) for (received,) in rows]

    def waiting(self) -> list[Received]:
        """The submissions that have no grading yet, by student and exercise."""
        rows = self._rows("SELECT received FROM submission WHERE grading IS NULL ORDER BY student, exercise")
        return [Received(**json.loads(received)) for (received,) in rows]

    def under_other_limits(self, limits: Mapping[str, Any]) -> int:
        """How many of the gradings that count ran under other limits than these."""
        ((number,),) = self._rows(
            "SELECT count(DISTINCT g.id) FROM submission s JOIN grading g ON g.id = s.grading WHERE g.limits != ?",
            _json(limits),
        )
        return int(number)

    # -----------------------------------------------------------------------------------------------------------------
    # Marks by hand

    def mark(self, mark: Mark, *, handed_in: bool = True) -> None:
        """Let a person's points count for the present content of a submission, whatever the grader says now or later.

        handed_in: False also takes a mark for a student who handed in nothing that can be graded; it counts until
        something is. Raises ValueError for a student, an exercise, a question or points that cannot be.
        """
        with self._transaction():
            filled = self._checked(mark, handed_in)
            at = datetime.now(UTC).isoformat()
            self._base.execute(
                "INSERT INTO mark (student, exercise, sha256, question, points, reason, who, at) "
                "VALUES (:student, :exercise, :sha256, :question, :points, :reason, :who, :at)",
                asdict(filled) | {"at": at},
            )

    def withdraw(self, student: str, exercise: str, question: str, reason: str, who: str) -> None:
        """Let the grader's points count again. Raises ValueError if no person's points count there."""
        with self._transaction():
            counting = [m for m in self.marks() if (m.student, m.exercise, m.question) == (student, exercise, question)]
            if not counting:
                raise ValueError(f"there is no mark by hand for {student}, {question or exercise}")
            row = (student, exercise, counting[0].sha256, question, reason, who, datetime.now(UTC).isoformat())
            self._base.execute(
                "INSERT INTO mark (student, exercise, sha256, question, points, reason, who, at) "
                "VALUES (?, ?, ?, ?, NULL, ?, ?, ?)",
                row,
            )

    def marks(self) -> list[Mark]:
        """The marks by hand that count: the last of each question, unless it was withdrawn or the content is new."""
        rows = self._rows(
            "SELECT m.student, m.exercise, m.question, m.points, m.reason, m.who, m.sha256 FROM mark m "
            "LEFT JOIN submission s USING (student, exercise) WHERE m.points IS NOT NULL "
            "AND m.sha256 = coalesce(s.sha256, '') AND m.id IN "
            "(SELECT max(id) FROM mark GROUP BY student, exercise, sha256, question) "
            "ORDER BY m.student, m.exercise, m.question"
        )
        return [Mark(*row) for row in rows]

    def _checked(self, mark: Mark, handed_in: bool) -> Mark:
        held = dict(self._rows("SELECT exercise, sha256 FROM submission WHERE student = ?", mark.student))
        if handed_in and mark.exercise not in held:
            known = f"; handed in: {', '.join(sorted(held))}" if held else ""
            raise ValueError(f"the gradebook holds no {mark.exercise} of student {mark.student!r}{known}")
        questions = {e.id: e.points for e in of_lesson(mark.exercise[:2])}
        if not questions:
            raise ValueError(f"there is no exercise {mark.exercise!r} with questions")
        if mark.question and mark.question not in questions:
            raise ValueError(f"{mark.exercise} has no question {mark.question!r}; it has {', '.join(questions)}")
        most = questions[mark.question] if mark.question else sum(questions.values())
        if not 0 <= mark.points <= most:
            raise ValueError(f"{mark.question or mark.exercise} has 0 to {most:g} points, not {mark.points:g}")
        if not mark.reason.strip():
            raise ValueError("a mark by hand needs its reason, for the student and for whoever asks later")
        return replace(
            mark, reason=one_line(mark.reason, 2000), who=one_line(mark.who, 200), sha256=held.get(mark.exercise, "")
        )

    # -----------------------------------------------------------------------------------------------------------------
    # The content as text

    def dump(self) -> str:
        """Everything but times, in one fixed order: two gradebooks of the same content give the same text."""
        verdicts = self._verdicts()
        gradings = {
            grading: {
                **dict(zip(("sha256", "exercise", "bank", "seed", "round", "passing", "limits"), rest, strict=True)),
                "result": {name: value for name, value in json.loads(result).items() if name != "seconds"},
                "verdicts": [verdict.as_dict() for verdict in verdicts.get(grading, ())],
            }
            for grading, *rest, result in self._rows(
                "SELECT id, sha256, exercise, bank, seed, round, passing, limits, result FROM grading "
                "ORDER BY exercise, sha256, bank, seed, round"
            )
        }
        places = {grading: place for place, grading in enumerate(gradings)}
        content = {
            "version": VERSION,
            "settings": dict(self._rows("SELECT name, value FROM setting WHERE name != 'holder' ORDER BY name")),
            "submissions": [
                {"received": json.loads(received), "grading": places.get(grading)}
                for received, grading in self._rows(
                    "SELECT received, grading FROM submission ORDER BY student, exercise"
                )
            ],
            "gradings": list(gradings.values()),
            "marks": self._rows(
                "SELECT student, exercise, sha256, question, points, reason, who FROM mark ORDER BY id"
            ),
        }
        return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    # -----------------------------------------------------------------------------------------------------------------
    # Who is grading

    @property
    def holder(self) -> str:
        """Who grades this class now, or did last: "process 4711 on host atlas"; empty before the first time."""
        return self._setting("holder", "")

    def hold(self, who: str) -> None:
        """Say who grades this class from now on."""
        with self._transaction():
            self._set("holder", who)

    # -----------------------------------------------------------------------------------------------------------------

    def _prepare(self, seed: int) -> None:
        self._rows("PRAGMA foreign_keys = ON")
        if self._format() == 0:
            with self._transaction():
                # Another program may have been quicker.
                if self._format() == 0:
                    if self._rows("SELECT name FROM sqlite_master"):
                        raise GradebookError(f"{self.path} is the database of another program; put it elsewhere")
                    for statement in SCHEMA.split(";"):
                        self._base.execute(statement)
                    for name, value in {"seed": str(seed), "round": "0", "unfinished": "no"}.items():
                        self._set(name, value)
                    self._base.execute(f"PRAGMA user_version = {VERSION}")

    def _format(self) -> int:
        version = int(self._rows("PRAGMA user_version")[0][0])
        if version > VERSION:
            raise GradebookError(
                f"{self.path} was written by a newer version of the course (format {version}, this one reads "
                f"{VERSION}); update the course, and leave the file as it is"
            )
        return version

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is done inside is kept, or nothing."""
        with self._explained():
            # Immediate: a second writer waits here, and not half-way through.
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment, whoever writes meanwhile."""
        with self._explained():
            self._base.execute("BEGIN")
            try:
                yield
            finally:
                self._base.execute("ROLLBACK")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise trouble(f"the gradebook {self.path}", error) from error

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._explained():
            return self._base.execute(query, values).fetchall()

    def _setting(self, name: str, default: str | None = None) -> str:
        rows = self._rows("SELECT value FROM setting WHERE name = ?", name)
        if not rows and default is not None:
            return default
        return str(rows[0][0])

    def _set(self, name: str, value: str) -> None:
        self._base.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def _find(self, key: Key) -> int | None:
        rows = self._rows(
            "SELECT id FROM grading WHERE (sha256, exercise, bank, seed, round) = (?, ?, ?, ?, ?)",
            *asdict(key).values(),
            str(self.seed),
            self.round,
        )
        return int(rows[0][0]) if rows else None

    def _is_passing(self, grading: int) -> bool:
        return bool(self._rows("SELECT passing FROM grading WHERE id = ?", grading)[0][0])

    def _verdicts(self) -> dict[int, list[Verdict]]:
        found: dict[int, list[Verdict]] = {}
        for grading, _, *told, probe, given, got in self._rows("SELECT * FROM verdict ORDER BY grading, position"):
            question, outcome, points, out_of, message, next_step, misconception, remark = told
            evidence = None if probe is None else Evidence(probe, given, got)
            found.setdefault(grading, []).append(
                Verdict(question, outcome, points, out_of, message, next_step, misconception, evidence, remark)
            )
        return found


def _verdict_row(grading: int, position: int, verdict: Verdict) -> tuple[Any, ...]:
    evidence = (None, None, None) if verdict.evidence is None else tuple(vars(verdict.evidence).values())
    v = verdict
    told = (v.exercise, v.outcome, v.points, v.out_of, v.message, v.next_step, v.misconception, v.remark)
    return (grading, position, *map(_storable, told + evidence))


def _storable(value: Any) -> Any:
    # Half a surrogate pair cannot be written as UTF-8.
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _json(data: Any) -> str:
    return json.dumps(data, sort_keys=True)


def _place(mark: Mark) -> tuple[str, str]:
    return mark.student, mark.exercise


def _absent(marks: Sequence[Mark]) -> list[tuple[str, str]]:
    """Student and exercise of the marks that belong to no submission."""
    return list(dict.fromkeys(_place(mark) for mark in marks if not mark.sha256))


def _without_submission(marks: Sequence[Mark]) -> Graded:
    student, exercise = _place(marks[0])
    submission = Received("", "", BY_HAND, student=student, exercise=exercise)
    message = "Nothing that can be graded was handed in, and not every question was marked by hand."
    result = SubmissionResult("", "needs a person", MISSING, message, submission.lesson)
    return Graded(submission, _settled(result, submission, marks), bank_version(submission.lesson), tuple(marks))


def _belongs(mark: Mark, submission: Received) -> bool:
    return (mark.student, mark.exercise, mark.sha256) == (submission.student, submission.exercise, submission.sha256)


def _settled(result: SubmissionResult, submission: Received, marks: Sequence[Mark]) -> SubmissionResult:
    """The result with the points that a person gave. It is settled when every question has points then."""
    if not marks:
        return result
    by_question = {mark.question: mark for mark in marks}
    whole = by_question.get("")
    judged = {verdict.exercise: verdict for verdict in result.verdicts}
    questions = of_lesson(submission.lesson)
    total = sum(exercise.points for exercise in questions)
    verdicts: list[Verdict] = []
    for exercise in questions:
        mark = by_question.get(exercise.id)
        if mark is None and whole is not None:
            # What was given for the whole is spread over the questions by their points.
            mark = replace(whole, question=exercise.id, points=whole.points * exercise.points / total)
        if mark is not None:
            verdicts.append(_by_hand(judged.get(exercise.id), exercise.points, mark))
        elif exercise.id in judged:
            verdicts.append(judged[exercise.id])
    complete = len(verdicts) == len(questions)
    return replace(
        result,
        status="graded" if complete else result.status,
        reason="" if complete else result.reason,
        message="" if complete else result.message,
        lesson=submission.lesson,
        verdicts=tuple(verdicts),
    )


def _by_hand(verdict: Verdict | None, out_of: float, mark: Mark) -> Verdict:
    points = round(mark.points, 4)
    outcome: Outcome = "right" if points >= out_of else "partly right" if points > 0 else "wrong"
    said = f"Marked by hand: {mark.reason}"
    if verdict is None:
        return Verdict(mark.question, outcome, points, out_of, said)
    return replace(verdict, outcome=outcome, points=points, remark=f"{verdict.remark} {said}".strip())


def trouble(what: str, error: sqlite3.Error) -> GradebookError:
    """What went wrong with the file that `what` names, and what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    advice = {
        sqlite3.SQLITE_FULL: "could not be written: the disk is full. Make room, then give the same command again",
        sqlite3.SQLITE_READONLY: "cannot be written: the file or its folder is read-only",
        sqlite3.SQLITE_CANTOPEN: "could not be opened: its folder does not exist or is read-only",
        sqlite3.SQLITE_BUSY: f"was in use by another program for {WAIT_SECONDS:g} seconds; try again",
        sqlite3.SQLITE_CORRUPT: "is damaged; put the file aside, and `grade run` makes it anew",
        sqlite3.SQLITE_NOTADB: "is no gradebook; put the file aside, and `grade run` makes it anew",
        sqlite3.SQLITE_IOERR: "could not be read or written: the disk may be full or gone. Look, then try again",
    }.get(code, "could not be used")
    return GradebookError(f"{what} {advice} ({error})")
