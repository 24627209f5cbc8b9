"""`grade run CLASS`: grade what was collected and is new, into the class's gradebook."""

import argparse
import sys
from pathlib import Path

from course_lib.exercises.grading.batch import Summary, grade_class
from course_lib.exercises.grading.classroom import ClassFolder
from course_lib.exercises.grading.options import add_limits, add_workers, limits_of, not_negative
from course_lib.exercises.grading.progress import Progress
from course_lib.exercises.wording import one_line

HELP = "grade what was collected and has no grading yet"

MOST_NAMED = 40


def arguments(parser: argparse.ArgumentParser) -> None:
    """The class folder and the options."""
    parser.add_argument("class_folder", type=Path, metavar="CLASS", help="the folder that `grade collect` filled")
    options(parser)


def options(parser: argparse.ArgumentParser) -> None:
    """All but the class folder."""
    parser.add_argument(
        "--seed",
        type=not_negative,
        metavar="N",
        help="of the inputs that the class is asked with; default: a secret one, drawn once and kept in the gradebook",
    )
    add_workers(parser)
    parser.add_argument(
        "--regrade", action="store_true", help="grade everything again; the gradings before are kept as history"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask scheduler (tcp://…:8786), whose workers grade instead"
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="refuse, instead of waiting, while another grader is at this class"
    )
    add_limits(parser)


def run(options: argparse.Namespace) -> int:
    """0: all graded, 1: some need a person."""
    folder = ClassFolder(options.class_folder)
    if not folder.manifest.is_file():
        raise ValueError(f"{folder.root} is no class folder: `grade collect … --into {folder.root}` makes it one")
    with Progress(sys.stderr) as progress:
        summary = grade_class(
            folder,
            seed=options.seed,
            workers=options.workers,
            regrade=options.regrade,
            limits=limits_of(options),
            isolation=options.isolation,
            scheduler=options.scheduler,
            wait=not options.no_wait,
            progress=progress,
            say=progress.say,
        )
    print(in_words(summary))
    return 1 if summary.for_a_person else 0


def in_words(summary: Summary) -> str:
    """What was done, who needs a person, and how far the submissions were isolated."""
    people = summary.for_a_person
    lines = [
        f"{len(summary.graded)} submissions: {len(summary.graded) - len(people)} graded, {len(people)} need a person. "
        f"{summary.new} contents were graded now, in {summary.seconds:.1f} s."
    ]
    for one in people[:MOST_NAMED]:
        name = one_line(f"{one.submission.name} {one.submission.file}".strip(), 200)
        lines.append(f"  {name}: {one.result.reason}. {one.result.message}")
    if len(people) > MOST_NAMED:
        lines.append(f"  … and {len(people) - MOST_NAMED} more; `grade report` lists them all.")
    if summary.other_limits:
        lines.append(f"{summary.other_limits} gradings ran under other limits; --regrade makes them all alike.")
    tiers = sorted({one.result.isolation for one in summary.graded if one.result.verdicts})
    lines += [f"Isolation: {tier}." for tier in tiers if tier != "not run"]
    return "\n".join(lines)
