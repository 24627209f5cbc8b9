"""Options that several sub-commands of `grade` share: workers, isolation, limits of what is read and of what is run."""

import argparse
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from course_lib.exercises.grading.archives import Budget
from course_lib.exercises.grading.read import MAX_BRACKETS, MAX_CELLS, MAX_SOURCE
from course_lib.exercises.grading.runner import Limits
from course_lib.exercises.grading.warm import TIERS
from course_lib.exercises.grading.wire import MAX_PAYLOAD, MAX_REPLY_HEADER
from course_lib.exercises.model import MAX_ANSWER_SIZE

__all__ = [
    "add_budget",
    "add_limits",
    "add_workers",
    "budget_of",
    "limits_of",
    "need_folder",
    "not_negative",
    "positive",
]

MEGA = 1_000_000
LIMITS: Mapping[str, tuple[str, int, str]] = {
    "submission-time": ("submission_seconds", 1, "seconds for a whole submission"),
    "start-time": ("start_seconds", 1, "seconds until its process is ready"),
    "memory": ("memory_bytes", MEGA, "megabytes of memory"),
    "file-size": ("file_bytes", MEGA, "megabytes of a file that it writes"),
    "folder-size": ("folder_bytes", MEGA, "megabytes of all files that it writes"),
    "notebook-size": ("notebook_bytes", MEGA, "megabytes of its own file"),
    "open-files": ("open_files", 1, "files that it may have open"),
    "threads": ("threads", 1, "threads beside the first"),
}
"""Option → (field of Limits, its unit, what it limits)."""

BUDGET: Mapping[str, tuple[str, int, str]] = {
    "received-size": ("file_bytes", MEGA, "megabytes of one file with its outputs"),
    "unpacked-size": ("flat", MEGA, "megabytes of a zip's notebooks, unpacked"),
    "files": ("files", 1, "files in one zip or folder"),
}
"""Option → (field of Budget, its unit, what it limits)."""

FIXED = (
    "Beside these options some limits are fixed, because they guard the memory of the grader itself. A notebook has at "
    f"most {MAX_CELLS:,} cells, {MAX_SOURCE / MEGA:g} MB of text and {MAX_BRACKETS:,} lists and objects, and travels "
    f"to a worker in at most {MAX_PAYLOAD / MEGA:g} MB. An answer has at most {MAX_ANSWER_SIZE:,} numbers; a reply, "
    f"{MAX_PAYLOAD / MEGA:g} MB of numbers and {MAX_REPLY_HEADER / MEGA:g} MB of words."
)


def add_workers(parser: argparse.ArgumentParser) -> None:
    """--workers."""
    parser.add_argument("--workers", type=positive, metavar="N", help="submissions at a time; default: one per core")


def add_limits(parser: argparse.ArgumentParser) -> None:
    """--isolation and what a submission may use."""
    # Wrapped here, because not every parser wraps descriptions.
    group = parser.add_argument_group("what a submission may do", textwrap.fill(FIXED, 76))
    group.add_argument(
        "--isolation",
        choices=("auto", *TIERS),
        default="auto",
        help="walls around it; default: the best there is. none: for work that you trust",
    )
    group.add_argument(
        "--time-limit",
        type=seconds,
        metavar="S",
        help=f"for a question and for a cell; default: {Limits().cell_seconds:g} for a cell, the question's own",
    )
    for option, (name, unit, about) in LIMITS.items():
        whole = isinstance(getattr(Limits(), name), int)
        group.add_argument(
            f"--{option}",
            dest=name,
            type=positive if whole else seconds,
            metavar="MB" if unit == MEGA else "N" if whole else "S",
            help=f"{about}; default: {getattr(Limits(), name) / unit:g}",
        )


def limits_of(options: argparse.Namespace) -> Limits:
    """The limits that the options ask for."""
    asked = {name: (getattr(options, name), unit) for name, unit, _ in LIMITS.values()}
    limits = replace(Limits(), **{name: value * unit for name, (value, unit) in asked.items() if value is not None})
    if options.time_limit is not None:
        limits = replace(limits, question_seconds=options.time_limit, cell_seconds=options.time_limit)
    return limits


def add_budget(parser: argparse.ArgumentParser) -> None:
    """How much is read."""
    group = parser.add_argument_group("how much is read; what has more is listed by its name")
    for option, (name, unit, about) in BUDGET.items():
        group.add_argument(
            f"--{option}",
            dest=f"budget_{name}",
            type=positive,
            metavar="MB" if unit == MEGA else "N",
            help=f"{about}; default: {getattr(Budget(), name) // unit:d}",
        )


def budget_of(options: argparse.Namespace) -> Budget:
    """How much the options let be read."""
    asked = {name: (getattr(options, f"budget_{name}"), unit) for name, unit, _ in BUDGET.values()}
    return replace(Budget(), **{name: value * unit for name, (value, unit) in asked.items() if value is not None})


def need_folder(path: Path, option: str) -> None:
    """ValueError when a file stands where the folder that an option names is, or is to be made."""
    for place in (path, *path.parents):
        if place.exists():
            if not place.is_dir():
                raise ValueError(f"{place} is a file; {option} needs a folder")
            return


def positive(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)


def not_negative(text: str) -> int:
    """A whole number of zero or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of zero or more")
    return int(text)


def seconds(text: str) -> float:
    """A number above zero and below a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above zero and below a day")
    return value
