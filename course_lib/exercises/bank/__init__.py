"""The questions of every lesson, by id. A new lesson adds its module here; prompts live in authoring/solutions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from course_lib.exercises.bank import lesson_00, lesson_03, lesson_22
from course_lib.exercises.model import Exercise

LESSONS = (lesson_00, lesson_03, lesson_22)


def collect(questions: Sequence[Exercise]) -> Mapping[str, Exercise]:
    """The questions by id, in their order; two with one id are refused."""
    by_id: dict[str, Exercise] = {}
    for question in questions:
        if question.id in by_id:
            raise ValueError(f"two exercises have the id {question.id!r}; give one of them another")
        by_id[question.id] = question
    return MappingProxyType(by_id)


BANK: Mapping[str, Exercise] = collect([question for lesson in LESSONS for question in lesson.EXERCISES])


def get(exercise_id: str) -> Exercise:
    """The exercise of that id; ValueError names the closest one when there is none."""
    if exercise_id in BANK:
        return BANK[exercise_id]
    close = difflib.get_close_matches(str(exercise_id), BANK, n=1, cutoff=0.5)
    advice = f"did you mean {close[0]!r}?" if close else f"known ids: {', '.join(BANK)}"
    raise ValueError(f"unknown exercise {exercise_id!r}; {advice}")


def of_lesson(lesson: str) -> tuple[Exercise, ...]:
    """The exercises of one lesson ("03"), in order; empty when it has none."""
    return tuple(e for e in BANK.values() if e.lesson == lesson)
