"""The command `python -m course_lib.exercises.grading`: notebooks in, a table, JSON and CSV out."""

import argparse
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from course_lib.exercises.grading.grade import find_notebooks, grade_many
from course_lib.exercises.grading.report import to_csv, to_json, to_table
from course_lib.exercises.grading.runner import Limits

__all__ = ["main"]

ALL_GRADED, NEEDS_A_PERSON, COULD_NOT_RUN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade what is named on the command line. 0: all graded, 1: some need a person, 2: could not run."""
    options = _parser().parse_args(arguments)
    try:
        return _grade(options)
    except (OSError, ValueError) as error:
        print(f"grade: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print("grade: stopped; nothing was written", file=sys.stderr)
        return COULD_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="grade",
        description="Grade exercise notebooks. Each runs in a process of its own and is asked for its answers.",
    )
    parser.add_argument("path", nargs="+", type=Path, help="a notebook, or a folder with notebooks at any depth")
    parser.add_argument(
        "--lesson", help='the lesson of all of them, such as "03"; default: found out for each notebook'
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that is known here")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write one row per submission and question here")
    parser.add_argument(
        "--seed", type=_not_negative, help="of the inputs that are drawn; default: a secret one, reported"
    )
    parser.add_argument("--workers", type=_positive, help="submissions graded at a time; default: one per core")
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        metavar="S",
        help="seconds for a question and for a cell; default: 10 for a cell, the question's own",
    )
    return parser


def _grade(options: argparse.Namespace) -> int:
    missing = [str(path) for path in options.path if not path.exists()]
    if missing:
        raise ValueError(f"there is no file or folder {', '.join(missing)}; name a notebook or a folder of notebooks")
    if not find_notebooks(options.path):
        raise ValueError(f"no notebook (.ipynb) found in {', '.join(map(str, options.path))}")
    outputs = [path for path in (options.json, options.csv) if path is not None]
    for path in outputs:
        # Before an hour of grading, not after it.
        if not path.absolute().parent.is_dir() or path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
            raise ValueError(
                f"{path} cannot be written: its folder does not exist, is read-only, or it is itself a folder"
            )
    limits = Limits()
    if options.time_limit is not None:
        limits = Limits(question_seconds=options.time_limit, cell_seconds=options.time_limit)
    results = grade_many(
        options.path,
        lesson=options.lesson,
        seed=options.seed,
        limits=limits,
        workers=options.workers,
        progress=_show_progress if sys.stderr.isatty() else None,
    )
    if options.json is not None:
        _write(options.json, to_json(results))
    if options.csv is not None:
        _write(options.csv, to_csv(results))
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal or pipe that knows no σ must not cost the whole table.
        sys.stdout.reconfigure(errors="replace")
    print(to_table(results))
    return ALL_GRADED if all(result.status == "graded" for result in results) else NEEDS_A_PERSON


def _show_progress(done: int, total: int) -> None:
    print(f"\rgraded {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _write(path: Path, text: str) -> None:
    """The whole file or none of it."""
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)


def _not_negative(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of zero or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above zero and below a day")
    return seconds
