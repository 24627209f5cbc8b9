"""Results as a table for people, and as JSON and CSV for programs."""

import csv
import io
import json
from collections.abc import Sequence

from course_lib.exercises.grading.grade import SubmissionResult
from course_lib.exercises.grading.writing import cell
from course_lib.exercises.wording import one_line

__all__ = ["to_csv", "to_json", "to_table"]

COLUMNS = (
    *("submission", "status", "lesson", "exercise", "outcome", "points", "out_of"),
    *("misconception", "message", "next_step", "remark", "seed", "isolation"),
)


def to_table(results: Sequence[SubmissionResult]) -> str:
    """One line per submission and question, a total per submission, and a summary in words."""
    lines: list[str] = []
    width = max((len(v.exercise) for r in results for v in r.verdicts), default=0)
    for result in results:
        # File names are chosen by those who hand in, and a terminal obeys control characters.
        name = one_line(result.source, 200)
        if result.status == "graded":
            lines.append(
                f"{name}: {result.points:g} of {result.out_of:g} points "
                f"(lesson {result.lesson}, known from {result.because})"
            )
        else:
            lines.append(f"{name}: needs a person ({result.reason}). {result.message}")
        for v in result.verdicts:
            said = v.message if v.outcome != "right" else v.remark
            lines.append(f"  {v.exercise:<{width}}  {v.points:>4g} of {v.out_of:<4g}  {v.outcome:<13}  {said}".rstrip())
        lines += [f"  {note}" for note in result.notes]
    graded = sum(result.status == "graded" for result in results)
    lines.append(f"{len(results)} submissions: {graded} graded, {len(results) - graded} need a person.")
    lines += [f"Isolation: {tier}." for tier in sorted({r.isolation for r in results if r.status == "graded"})]
    lines += [
        f"Seed: {seed} (give it as --seed to grade again with the same inputs)." for seed in {r.seed for r in results}
    ]
    return "\n".join(lines)


def to_json(results: Sequence[SubmissionResult]) -> str:
    """Everything that is known of every submission; expected values are not among it."""
    return json.dumps({"submissions": [result.as_dict() for result in results]}, ensure_ascii=False, indent=1) + "\n"


def to_csv(results: Sequence[SubmissionResult]) -> str:
    """One row per submission and question; a submission that needs a person has one row without a question."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    for r in results:
        for v in r.verdicts:
            verdict = (
                v.exercise,
                v.outcome,
                v.points,
                v.out_of,
                v.misconception or "",
                v.message,
                v.next_step,
                v.remark,
            )
            table.writerow(map(cell, (r.source, r.status, r.lesson, *verdict, r.seed, r.isolation)))
        if not r.verdicts:
            unknown = ("", r.reason, "", "", "", r.message, "", "")
            table.writerow(map(cell, (r.source, r.status, r.lesson or "", *unknown, r.seed, r.isolation)))
    return stream.getvalue()
