"""Options that several sub-commands of `grade` share: workers, isolation, limits."""

import argparse
from collections.abc import Mapping
from dataclasses import replace

from course_lib.exercises.grading.runner import Limits
from course_lib.exercises.grading.warm import TIERS

__all__ = ["add_limits", "add_workers", "limits_of", "not_negative", "positive"]

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


def add_workers(parser: argparse.ArgumentParser) -> None:
    """--workers."""
    parser.add_argument("--workers", type=positive, metavar="N", help="submissions at a time; default: one per core")


def add_limits(parser: argparse.ArgumentParser) -> None:
    """--isolation and what a submission may use."""
    group = parser.add_argument_group("what a submission may do")
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
