"""`grade nbgrader`: lay out an nbgrader course directory from the course's exercises and solutions."""

import argparse
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from course_lib.exercises.grading.nbgrader.layout import COURSE, lay_out
from course_lib.exercises.grading.options import need_folder

HELP = "lay out an nbgrader course directory: source notebooks with their metadata, and nbgrader_config.py"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--into", type=Path, required=True, metavar="COURSE", help="nbgrader's course directory")
    parser.add_argument(
        "--lesson", action="append", default=[], metavar="NN", help='only this lesson, such as "03"; may be repeated'
    )
    parser.add_argument(
        "--force", action="store_true", help="write source notebooks anew, also those that were edited there"
    )
    parser.add_argument(
        "--course", type=Path, default=COURSE, metavar="FOLDER", help="the folder with exercises/ and solutions/"
    )


def run(options: argparse.Namespace) -> int:
    """Lay it out and say what comes next. Raises ValueError or OSError with a sentence when it cannot be done."""
    need_folder(options.into, "--into")
    laid = lay_out(options.into, course=options.course, lessons=options.lesson, force=options.force)
    for entry in laid:
        print(f"{entry.done:<9}  {entry.path.relative_to(options.into).as_posix()}")
    if any(entry.done == "kept" and entry.path.suffix == ".ipynb" for entry in laid):
        print("Notebooks that were edited there are kept; --force writes them anew.")
    first = laid[0].path.stem
    print(f"Next, in {options.into}: nbgrader generate_assignment {first}")
    if find_spec("nbgrader") is None:
        print(f'nbgrader is not installed here: {sys.executable} -m pip install "nbgrader>=0.9.5,<1"')
    elif shutil.which("nbgrader") is None:
        print(f"nbgrader's commands are in {Path(sys.executable).parent}: put that folder on the path first.")
    return 0
