"""grade report CLASS: a feedback page for each student, zips of them for the LMS, and a report on the class."""

import argparse
from collections import defaultdict
from pathlib import Path

from course_lib.exercises.grading import feedback, policy_file
from course_lib.exercises.grading.class_report import class_report
from course_lib.exercises.grading.class_state import ClassState, load
from course_lib.exercises.grading.classroom import ClassFolder
from course_lib.exercises.grading.read import Notebook, read
from course_lib.exercises.grading.standings import Standing
from course_lib.exercises.grading.writing import write_whole

HELP = "write a feedback page for each student, zips of them for the LMS, and a report on the class"

ALL_GRADED, NEEDS_A_PERSON = 0, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `grade report` takes."""
    parser.add_argument("class_folder", type=Path, metavar="CLASS", help="the folder of the class")
    options(parser)


def options(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    policy_file.add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Write them. 0: all is decided, 1: some need a person."""
    folder = ClassFolder(options.class_folder)
    state = load(folder, policy_file.of_class(folder, options))
    policy_file.keep(folder, state.policy)
    names = feedback.page_names(standing.student for standing in state.standings)
    # One student after another: a thousand pages with their notebooks do not fit every memory.
    for standing in state.standings:
        page = feedback.page(standing, _notebooks(folder, standing), state.policy)
        write_whole(folder.feedback / names[standing.student], page)
    print(f"{len(state.standings)} pages for students: {folder.feedback}")
    for name, content in _zips(folder, state).items():
        write_whole(folder.feedback / name, content)
        print(f"to give back through the LMS: {folder.feedback / name}")
    title = folder.root.resolve().name
    write_whole(folder.report, class_report(title, state.standings, state.received, state.policy))
    print(f"report on the class: {folder.report}")
    return NEEDS_A_PERSON if state.needs_a_person else ALL_GRADED


def _notebooks(folder: ClassFolder, standing: Standing) -> dict[str, Notebook]:
    found = {m.exercise: read(folder.root / m.graded.submission.file) for m in standing.marks if m.graded}
    return {exercise: notebook for exercise, notebook in found.items() if isinstance(notebook, Notebook)}


def _zips(folder: ClassFolder, state: ClassState) -> dict[str, bytes]:
    """A zip for each download of an LMS that had work of this class in it: name → content."""
    by_download: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for standing in state.standings:
        submitted = _notebooks(folder, standing)
        handed_in = [(mark, mark.files[0]) for mark in standing.marks if mark.files]
        for mark, file in handed_in:
            lms = file.address.get("lms", "")
            if lms == "moodle":
                # Only what came in this download: the other exercises have places of their own in Moodle.
                here = [m.exercise for m, f in handed_in if f.source == file.source]
                content = feedback.page(standing, submitted, state.policy, here)
            elif lms == "canvas":
                content = feedback.notebook(mark, submitted.get(mark.exercise))
            else:
                continue
            by_download[lms, file.source][file.received_as] = content
    zips = {"moodle": feedback.moodle_zip, "canvas": feedback.canvas_zip}
    return {
        f"for-{lms}-{feedback.plain_name(Path(source).stem)}.zip": zips[lms](contents)
        for (lms, source), contents in sorted(by_download.items())
    }
