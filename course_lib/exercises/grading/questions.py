"""What a class's answers say about the questions: how hard each was, whether it told students apart, which errors."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.standings import Standing
from course_lib.exercises.model import Outcome, Verdict

__all__ = ["ENOUGH", "Asked", "Mistake", "asked", "mistakes"]

Array = NDArray[np.float64]
ENOUGH = 10
"""Below so many submissions a correlation says next to nothing and is not given."""


@dataclass(frozen=True)
class Asked:
    """One question as the class answered it."""

    id: str
    title: str
    n: int
    """Submissions graded."""
    share: float
    """Mean share of the points: 1 is everything. The difficulty, as test theory calls it; easy questions are near 1."""
    discrimination: float | None
    """Correlation of its points with those of the other questions of the exercise; None where there is none."""
    why_none: str
    outcomes: Counter[Outcome]


@dataclass(frozen=True)
class Mistake:
    """A mistake with a name, and how many submissions made it."""

    question: str
    name: str
    words: str
    count: int


def asked(standings: Sequence[Standing], exercise: str) -> list[Asked]:
    """The questions of one exercise, in the order of the bank."""
    verdicts = _verdicts(standings, exercise)
    points = {question: np.array([v.points for v in given]) for question, given in verdicts.items()}
    found = []
    for question, given in verdicts.items():
        # Submissions graded by hand as a whole have no verdict on a question, so the columns may differ in length.
        others = [p for q, p in points.items() if q != question and p.size == len(given)]
        correlation, why = _item_rest(points[question], others)
        found.append(
            Asked(
                question,
                BANK[question].title,
                len(given),
                float(np.mean([v.points / v.out_of for v in given])),
                correlation,
                why,
                Counter(v.outcome for v in given),
            )
        )
    return found


def mistakes(standings: Sequence[Standing]) -> list[Mistake]:
    """Every named mistake that was made, the commonest first."""
    counts = Counter(
        (verdict.exercise, verdict.misconception)
        for standing in standings
        for mark in standing.marks
        if mark.graded
        for verdict in mark.graded.result.verdicts
        if verdict.misconception and verdict.exercise in BANK
    )
    words = {(e.id, m.name): m.words for e in BANK.values() for m in e.misconceptions}
    found = [Mistake(q, name, words.get((q, name), ""), count) for (q, name), count in counts.items()]
    return sorted(found, key=lambda m: (-m.count, m.question, m.name))


def _verdicts(standings: Sequence[Standing], exercise: str) -> dict[str, list[Verdict]]:
    """The verdicts per question, each in the order of the students."""
    given: dict[str, list[Verdict]] = defaultdict(list)
    for standing in standings:
        for mark in standing.marks:
            if mark.exercise == exercise and mark.status == "graded" and mark.graded:
                for verdict in mark.graded.result.verdicts:
                    given[verdict.exercise].append(verdict)
    return {question: given[question] for question in BANK if question in given}


def _item_rest(item: Array, others: Sequence[Array]) -> tuple[float | None, str]:
    if item.size < ENOUGH:
        return None, f"fewer than {ENOUGH} submissions"
    if not others:
        return None, "the only question"
    rest = np.sum(others, axis=0)
    if np.ptp(item) == 0 or np.ptp(rest) == 0:
        return None, "everyone reached the same"
    correlation = float(np.corrcoef(item, rest)[0, 1])
    return (correlation, "") if math.isfinite(correlation) else (None, "not defined")
