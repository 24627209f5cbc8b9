"""The questions of every lesson, by id: exercises, quiz items (which come back as recall) and predictions.

A new lesson adds its module to LESSONS; the exercises' prompts live in authoring/solutions.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from course_lib.exercises.bank import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_06,
    lesson_11,
    lesson_17,
    lesson_22,
    lesson_24,
    lesson_27,
    prior,
)
from course_lib.exercises.items import Item, Prediction
from course_lib.exercises.model import Exercise

T = TypeVar("T")
Question = TypeVar("Question", Exercise, Item, Prediction)

LESSONS = (lesson_00, lesson_01, lesson_02, lesson_03, lesson_06, lesson_11, lesson_17, lesson_22, lesson_24, lesson_27)


def collect(kind: str, questions: Iterable[Question]) -> Mapping[str, Question]:
    """The questions by id, in their order; two with one id are refused."""
    by_id: dict[str, Question] = {}
    for question in questions:
        if question.id in by_id:
            raise ValueError(f"two {kind}s have the id {question.id!r}; give one of them another")
        by_id[question.id] = question
    return MappingProxyType(by_id)


BANK = collect("exercise", (e for lesson in LESSONS for e in lesson.EXERCISES))
ITEMS = tuple(collect("quiz item", (*prior.ITEMS, *(i for lesson in LESSONS for i in lesson.QUIZ))).values())
PREDICTIONS = collect("prediction", (p for lesson in LESSONS for p in lesson.PREDICTIONS))


def lookup(kind: str, entries: Mapping[str, T], name: str) -> T:
    """The entry of that name; ValueError names the closest one when there is none."""
    if name in entries:
        return entries[name]
    close = difflib.get_close_matches(str(name), entries, n=1, cutoff=0.5)
    advice = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(entries)}"
    raise ValueError(f"unknown {kind} {name!r}; {advice}")


def get(exercise_id: str) -> Exercise:
    """The exercise of that id; ValueError names the closest one when there is none."""
    return lookup("exercise", BANK, exercise_id)


def of_lesson(lesson: str) -> tuple[Exercise, ...]:
    """The exercises of one lesson ("03"), in order; empty when it has none."""
    return tuple(e for e in BANK.values() if e.lesson == lesson)
