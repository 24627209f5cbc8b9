"""`grade all`: collect, run, export and report, one after the other."""

import argparse

from course_lib.exercises.grading.commands import collect, export, report
from course_lib.exercises.grading.commands import run as grading

HELP = "collect, run, export and report in one"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `grade collect` takes, and the options of the other three; those of `report` are among those of `export`."""
    collect.arguments(parser)
    grading.options(parser)
    export.options(parser)


def run(options: argparse.Namespace) -> int:
    """The four steps; what a person must see to in one of them does not keep the others from being done."""
    options.class_folder = options.into
    export.need_files(options)
    return max(step.run(options) for step in (collect, grading, export, report))
