"""Where each student of a class stands: one mark per exercise, how it came about, and the total."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from course_lib.exercises.bank import of_lesson
from course_lib.exercises.grading.classroom import COLLECTED, Graded, Received
from course_lib.exercises.grading.policy import NOTHING, Lateness, Policy, Reached, rounded, total, which_count
from course_lib.exercises.grading.settling import needs_person

__all__ = ["ExerciseMark", "Standing", "exercises_of", "standings"]

IN_TIME = Lateness()


@dataclass(frozen=True)
class ExerciseMark:
    """One exercise of one student, from what was handed in to the mark."""

    exercise: str
    """The stem of its file, "03_sigmoid"."""
    status: Literal["graded", "needs a person", "not handed in"]
    out_of: Fraction
    points: Fraction = NOTHING
    """Reached, before anything comes off."""
    lateness: Lateness = IN_TIME
    share_lost: Fraction = NOTHING
    mark: Decimal | None = None
    """None while a person has to decide."""
    reason: str = ""
    """Why a person is needed, in few words."""
    message: str = ""
    """The same in a sentence."""
    graded: Graded | None = None
    files: tuple[Received, ...] = ()
    """All that was handed in for it, the one that counts first."""
    counts: bool = True
    """Does it enter the total?"""

    @property
    def lesson(self) -> str:
        """The lesson's number, "03"."""
        return self.exercise[:2]

    @property
    def lost(self) -> Decimal:
        """The points that came off for being late."""
        return Decimal("0.00") if self.mark is None else rounded(self.points) - self.mark


@dataclass(frozen=True)
class Standing:
    """One student of the class."""

    student: str
    name: str
    marks: tuple[ExerciseMark, ...]
    """One per exercise of the class, in its order."""
    total: Decimal | None
    """In per cent; None while a person has to decide on one of the exercises."""
    to_look_at: tuple[Received, ...] = ()
    """Files of the student that a person must look at, beside those for which an exercise waits."""

    @property
    def open(self) -> tuple[ExerciseMark, ...]:
        """The exercises that wait for a person."""
        return tuple(mark for mark in self.marks if mark.status == "needs a person")


def exercises_of(received: Iterable[Received], graded: Iterable[Graded], policy: Policy) -> tuple[str, ...]:
    """The exercises of the class, in their order: all that were handed in, have a deadline or a weight."""
    submissions = [*(r for r in received if r.outcome == COLLECTED), *(g.submission for g in graded)]
    stems = {r.exercise for r in submissions if of_lesson(r.lesson)}
    told = {stem[:2] for stem in stems}
    # A lesson that nobody handed in has no file to take its name from.
    return tuple(sorted(stems | ({*policy.deadlines, *policy.weights} - told)))


def standings(
    received: Sequence[Received], graded: Sequence[Graded], policy: Policy, roster: Mapping[str, str] | None = None
) -> list[Standing]:
    """Everyone on the roster and everyone who handed something in, by name and then by key.

    roster: key → name. What was collected and not graded waits for a person. An exercise that is missing counts 0,
    except where a file of the student could not be placed: it may be that one, so a person decides.
    Raises ValueError when the policy gives weights, but not to every exercise of the class.
    """
    exercises = exercises_of(received, graded, policy)
    if policy.weights and (forgotten := [e for e in exercises if e[:2] not in policy.weights]):
        raise ValueError(
            f"the weights leave out {', '.join(forgotten)}; give every exercise of the class one (0: it does not count)"
        )
    names = {r.student: r.name for r in received if r.student} | dict(roster or {})
    lessons = {exercise[:2] for exercise in exercises}
    files: dict[tuple[str, str], list[Received]] = defaultdict(list)
    for row in received:
        files[row.student, row.lesson if row.lesson in lessons else ""].append(row)
    strange: dict[tuple[str, str], list[Received]] = defaultdict(list)
    for row in needs_person(received):
        strange[row.student, row.lesson if row.lesson in lessons else ""].append(row)
    results = {(g.submission.student, g.submission.lesson): g for g in graded}
    found = []
    for student in sorted(names, key=lambda student: (names[student].casefold(), student)):
        marks = []
        for exercise in exercises:
            key = student, exercise[:2]
            marks.append(_mark(exercise, files[key], [*strange[key], *strange[student, ""]], results.get(key), policy))
        settled = ["", *(mark.lesson for mark in marks if mark.status != "needs a person")]
        to_look_at = [row for lesson in settled for row in strange[student, lesson]]
        found.append(_standing(student, names[student], marks, policy, tuple(to_look_at)))
    return found


def _standing(
    student: str, name: str, marks: Sequence[ExerciseMark], policy: Policy, to_look_at: tuple[Received, ...]
) -> Standing:
    reached = [Reached(m.lesson, m.mark, m.out_of) for m in marks if m.mark is not None]
    kept = which_count(policy, reached)
    is_open = len(reached) < len(marks)
    # What counts is known when all marks are; until then nothing is said to be dropped.
    marked = tuple(replace(m, counts=is_open or m.lesson in kept) for m in marks)
    return Standing(student, name, marked, None if is_open else total(policy, reached), to_look_at)


def _mark(
    exercise: str, files: Sequence[Received], strange: Sequence[Received], graded: Graded | None, policy: Policy
) -> ExerciseMark:
    lesson = exercise[:2]
    ordered = tuple(sorted(files, key=lambda r: r.outcome != COLLECTED))
    counting = graded.submission if graded else next((r for r in ordered if r.outcome == COLLECTED), None)
    out_of = sum((_exact(question.points) for question in of_lesson(lesson)), NOTHING)
    blank = ExerciseMark(exercise, "not handed in", out_of, mark=Decimal("0.00"), files=ordered)
    if counting is None:
        if not strange:
            return blank
        first = strange[0]
        said = first.message or f"The file could not be graded: {first.outcome}."
        seen = (first, *(file for file in ordered if file is not first))
        return replace(blank, status="needs a person", mark=None, reason=first.outcome, message=said, files=seen)
    lateness = policy.lateness(lesson, counting.submitted_at, counting.late)
    if graded is None:
        said = "It was collected and not graded yet."
        return replace(blank, status="needs a person", mark=None, reason="not graded yet", message=said)
    result = graded.result
    if result.status != "graded":
        return replace(
            blank, status="needs a person", mark=None, reason=result.reason, message=result.message, graded=graded,
            lateness=lateness,
        )  # fmt: skip
    points = sum((_exact(verdict.points) for verdict in result.verdicts), NOTHING)
    out_of = sum((_exact(verdict.out_of) for verdict in result.verdicts), NOTHING)
    return replace(
        blank,
        status="graded",
        points=points,
        out_of=out_of,
        lateness=lateness,
        share_lost=policy.late.share_lost(lateness.units),
        mark=policy.mark(points, out_of, lateness.units),
        graded=graded,
    )


def _exact(points: float) -> Fraction:
    # As it is written: a mark by hand of 2.3 is 23/10, not the double beside it.
    return Fraction(repr(points))
