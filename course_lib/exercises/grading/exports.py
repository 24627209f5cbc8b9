"""Grades for other programs: a row per student, a row per question, and everything as JSON; the same each time."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from course_lib.exercises.grading.classroom import Received
from course_lib.exercises.grading.standings import ExerciseMark, Standing
from course_lib.exercises.grading.writing import cell

__all__ = ["ANSWER_COLUMNS", "answers_csv", "grades_csv", "grades_json"]

ANSWER_COLUMNS = (
    *("student", "name", "exercise", "status", "question", "outcome", "points", "out_of"),
    *("misconception", "message", "next_step", "remark", "reason"),
)


def grades_csv(standings: Sequence[Standing]) -> str:
    """One row per student: for each exercise the points, what came off for being late, and the mark; then the total.

    Empty points: nothing handed in. Empty mark or total: a person has to decide; `open` names the exercises.
    """
    exercises = [mark.exercise for mark in standings[0].marks] if standings else []
    parts = ("points", "late", "mark")
    headings = ["student", "name", *(f"{e} {part}" for e in exercises for part in parts), "total", "open"]
    rows = [
        [
            standing.student,
            standing.name,
            *(value for mark in standing.marks for value in _three(mark)),
            "" if standing.total is None else standing.total,
            " ".join(mark.exercise for mark in standing.open),
        ]
        for standing in standings
    ]
    return _table(headings, rows)


def answers_csv(standings: Sequence[Standing]) -> str:
    """One row per student and question; one per exercise where there is no verdict, which says why."""
    rows: list[list[Any]] = []
    for standing in standings:
        for mark in standing.marks:
            start = [standing.student, standing.name, mark.exercise, mark.status]
            verdicts = mark.graded.result.verdicts if mark.graded else ()
            for v in verdicts:
                judged = [v.exercise, v.outcome, v.points, v.out_of, v.misconception or "", v.message]
                rows.append([*start, *judged, v.next_step, v.remark, mark.reason])
            if not verdicts:
                rows.append([*start, "", "", "", "", "", mark.message, "", "", mark.reason])
    return _table(ANSWER_COLUMNS, rows)


def grades_json(standings: Sequence[Standing], received: Sequence[Received]) -> str:
    """All that is known: marks with their verdicts and evidence, seed, isolation, and every file that was handed in."""
    data = {
        "students": [
            {
                "student": standing.student,
                "name": standing.name,
                "total": _number(standing.total),
                "exercises": [_exercise(mark) for mark in standing.marks],
            }
            for standing in standings
        ],
        "files": [_file(row) for row in received],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _three(mark: ExerciseMark) -> tuple[object, object, object]:
    points: object = float(mark.points) if mark.status == "graded" else ""
    return points, mark.lost if mark.lost else "", "" if mark.mark is None else mark.mark


def _exercise(mark: ExerciseMark) -> dict[str, Any]:
    result = mark.graded.result if mark.graded else None
    return {
        "exercise": mark.exercise,
        "status": mark.status,
        "reason": mark.reason,
        "message": mark.message,
        "points": float(mark.points) if mark.status == "graded" else None,
        "out_of": float(mark.out_of),
        "late_units": mark.lateness.units,
        "late_because": mark.lateness.because,
        "lost": float(mark.lost),
        "mark": _number(mark.mark),
        "counts": mark.counts,
        "file": mark.graded.submission.file if mark.graded else "",
        "sha256": mark.graded.submission.sha256 if mark.graded else "",
        "bank": mark.graded.bank if mark.graded else "",
        "seed": result.seed if result else None,
        "isolation": result.isolation if result else "",
        "notes": list(result.notes) if result else [],
        "verdicts": [verdict.as_dict() for verdict in result.verdicts] if result else [],
        "by_hand": [
            {"question": m.question, "points": m.points, "reason": m.reason, "who": m.who}
            for m in (mark.graded.by_hand if mark.graded else ())
        ],
    }


def _file(row: Received) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__} | {"address": dict(row.address)}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(headings)
    table.writerows([cell(value) for value in row] for row in rows)
    return stream.getvalue()
