"""The command `python -m course_lib.exercises.grading`: the sub-commands for a class, and the quick table.

A sub-command is a module of `commands`, loaded when it is asked for, with HELP, arguments(parser) and
run(options) → 0 (all graded), 1 (some need a person); ValueError and OSError become one sentence and 2 (could not run).
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from course_lib.exercises.grading.grade import find_notebooks, grade_many
from course_lib.exercises.grading.options import add_limits, add_workers, limits_of, not_negative
from course_lib.exercises.grading.progress import Progress
from course_lib.exercises.grading.read import MAX_BYTES
from course_lib.exercises.grading.report import to_csv, to_json, to_table
from course_lib.exercises.grading.runner import CannotRun
from course_lib.exercises.grading.warm import best_runner
from course_lib.exercises.grading.writing import write_whole

__all__ = ["COMMANDS", "main"]

ALL_GRADED, NEEDS_A_PERSON, COULD_NOT_RUN = 0, 1, 2

COMMANDS = ("collect", "run", "mark", "export", "report", "all", "nbgrader")

ABOUT = "Grade exercise notebooks. Each runs in a process of its own and is asked for its answers."


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says. 0: all graded, 1: some need a person, 2: could not run."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A terminal or pipe that knows no σ must not cost the whole output.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        run, options = _parsed(given)
        return run(options)
    except OSError as error:
        print(f"grade: {_in_words(error)}", file=sys.stderr)
    except (ValueError, CannotRun) as error:
        print(f"grade: {error}", file=sys.stderr)
    except KeyboardInterrupt as stop:
        print(f"grade: {stop if str(stop) else 'stopped'}", file=sys.stderr)
    return COULD_NOT_RUN


def _parsed(given: list[str]) -> tuple[Callable[[argparse.Namespace], int], argparse.Namespace]:
    """What is to be run, and with which options. A file that is called like a sub-command is written ./run."""
    if given and given[0] in COMMANDS:
        command = _command(given[0])
        parser = argparse.ArgumentParser(
            prog=f"grade {given[0]}", description=f"{command.HELP[:1].upper()}{command.HELP[1:]}.", allow_abbrev=False
        )
        command.arguments(parser)
        return command.run, parser.parse_args(given[1:])
    return _quick, _quick_parser(overview=not given or bool({"-h", "--help"} & set(given))).parse_args(given)


def _in_words(error: OSError) -> str:
    """What the system refused, without its numbers."""
    if error.filename is None:
        return error.strerror or str(error)
    path, reason = os.fsdecode(error.filename), error.strerror or "it cannot be read or written"
    if isinstance(error, FileNotFoundError):
        return f"there is no file or folder {path}"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{path}: a file stands where a folder is needed"
    if isinstance(error, IsADirectoryError):
        return f"{path} is a folder; a file is needed"
    if isinstance(error, PermissionError):
        return f"{path} may not be read or written by you ({reason})"
    return f"{path}: {reason}"


def _command(name: str) -> ModuleType:
    return import_module(f"course_lib.exercises.grading.commands.{name}")


def _quick_parser(overview: bool) -> argparse.ArgumentParser:
    # Only the overview needs every command's module.
    about = [f"  {name:<10}{_command(name).HELP}" for name in COMMANDS] if overview else []
    parser = argparse.ArgumentParser(
        prog="grade",
        description=f"{ABOUT} With paths alone: a table of what they earn, and nothing is kept.",
        epilog="For a class, grade COMMAND --help says more about each of\n"
        + "\n".join(about)
        + "\nA file called like a command is written ./run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "path",
        nargs="+",
        type=Path,
        help="a notebook, or a folder with notebooks at any depth; "
        f"files of more than {MAX_BYTES // 1_000_000} MB, and links, are named and not read",
    )
    parser.add_argument(
        "--lesson", help='the lesson of all of them, such as "03"; default: found out for each notebook'
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that is known here")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write one row per submission and question here")
    parser.add_argument(
        "--seed", type=not_negative, metavar="N", help="of the inputs that are drawn; default: a secret one, reported"
    )
    add_workers(parser)
    add_limits(parser)
    return parser


def _quick(options: argparse.Namespace) -> int:
    missing = [str(path) for path in options.path if not path.exists()]
    if missing:
        known = f" (the commands are {', '.join(COMMANDS)})" if len(missing) == len(options.path) else ""
        raise ValueError(
            f"there is no file or folder {', '.join(missing)}; name a notebook or a folder of notebooks{known}"
        )
    if not find_notebooks(options.path):
        raise ValueError(f"no notebook (.ipynb) found in {', '.join(map(str, options.path))}")
    outputs = [path for path in (options.json, options.csv) if path is not None]
    for path in outputs:
        # Before an hour of grading, not after it.
        if not path.absolute().parent.is_dir() or path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
            raise ValueError(
                f"{path} cannot be written: its folder does not exist, is read-only, or it is itself a folder"
            )
    with best_runner(options.isolation) as runner, Progress(sys.stderr) as progress:
        results = grade_many(
            options.path,
            lesson=options.lesson,
            seed=options.seed,
            limits=limits_of(options),
            runner=runner,
            workers=options.workers,
            progress=progress,
        )
    if options.json is not None:
        write_whole(options.json, to_json(results))
    if options.csv is not None:
        write_whole(options.csv, to_csv(results))
    print(to_table(results))
    return ALL_GRADED if all(result.status == "graded" for result in results) else NEEDS_A_PERSON
