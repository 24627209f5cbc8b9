"""`grade collect SOURCE… --into CLASS`: what an LMS gave becomes one notebook per student and exercise."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder, Received
from course_lib.exercises.grading.collect import OUTCOMES, Collected, collect, needs_person
from course_lib.exercises.grading.naming import KINDS
from course_lib.exercises.grading.options import add_budget, budget_of, need_folder
from course_lib.exercises.grading.progress import Progress
from course_lib.exercises.wording import one_line

__all__ = ["HELP", "arguments", "run"]

HELP = "gather what was handed in, one notebook per student and exercise"

SHOWN = 20
"""Files that are named one by one; the manifest has them all."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """SOURCE… --into CLASS, and how to read them."""
    parser.add_argument(
        "source",
        nargs="+",
        type=Path,
        help="a zip of all submissions from Canvas or Moodle, nbgrader's submitted folder, any folder or zip of "
        "notebooks, or one notebook",
    )
    parser.add_argument(
        "--into", type=Path, required=True, metavar="CLASS", help="the folder of the class; made if new"
    )
    parser.add_argument(
        "--from", dest="source_kind", choices=("auto", *KINDS), default="auto", help="whose names the files have"
    )
    parser.add_argument(
        "--roster",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="CSV of the students (id, name, email, login, section …), Canvas's gradebook or Moodle's worksheet; "
        "may be given several times, and is kept in the class",
    )
    parser.add_argument(
        "--encoding", metavar="NAME", help="of the rosters, if they are not in UTF-8: gb18030, cp1252 …"
    )
    parser.add_argument(
        "--exercise",
        action="append",
        default=[],
        metavar="NN",
        help='the exercise that was asked for, as "03"; others are listed and not kept',
    )
    parser.add_argument("--student", metavar="ID", help="whose all of it is, for hand-ins by mail")
    add_budget(parser)


def run(options: argparse.Namespace) -> int:
    """Collect; 0: nothing is left for a person, 1: something is."""
    need_folder(options.into, "--into")
    with Progress(sys.stderr) as progress:
        collected = collect(
            options.source,
            ClassFolder(options.into),
            source_kind=None if options.source_kind == "auto" else options.source_kind,
            rosters=options.roster,
            encoding=options.encoding,
            exercises=options.exercise,
            student=options.student,
            budget=budget_of(options),
            progress=progress,
        )
    print(summary(collected))
    return 1 if needs_person(collected.rows) else 0


def summary(collected: Collected) -> str:
    """How many files ended how, what a person must look at, and what was found odd."""
    rows = collected.rows
    counts = Counter(row.outcome for row in rows)
    students = {row.student for row in rows if row.outcome == COLLECTED}
    lines = [one_line(note, 400) for note in collected.notes]
    lines += [f"{count:>6} {outcome:<16}{OUTCOMES[outcome]}" for outcome in OUTCOMES if (count := counts[outcome])]
    lines.append(f"{len(rows)} files in all; {counts[COLLECTED]} notebooks of {len(students)} students count.")
    return "\n".join(lines + _to_look_at(needs_person(rows)))


def _to_look_at(rows: Sequence[Received]) -> list[str]:
    if not rows:
        return []
    lines = [f"{len(rows)} need a person; manifest.csv has them all:"]
    for row in rows[:SHOWN]:
        said = row.message or f"{OUTCOMES[row.outcome].capitalize()}."
        whose = f" of {one_line(row.name or row.student, 40)}" if row.student else ""
        lines.append(f"  {one_line(row.received_as, 100)}{whose}: {row.outcome}. {one_line(said, 300)}")
    if len(rows) > SHOWN:
        lines.append(f"  … and {len(rows) - SHOWN} more.")
    return lines
