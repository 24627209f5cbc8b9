"""grade export CLASS: the grades as CSV and JSON, and put into the files that Canvas and Moodle exported."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from course_lib.exercises.grading import exports, policy_file
from course_lib.exercises.grading.canvas import fill_canvas
from course_lib.exercises.grading.class_state import ClassState, load
from course_lib.exercises.grading.classroom import ClassFolder
from course_lib.exercises.grading.feedback import mark_text, points_text
from course_lib.exercises.grading.lms import Filled, Grade
from course_lib.exercises.grading.moodle import fill_moodle
from course_lib.exercises.grading.policy import rounded
from course_lib.exercises.grading.writing import write_whole
from course_lib.exercises.wording import one_line

HELP = "write the grades as CSV and JSON, and into the files that the LMS exported"

ALL_GRADED, NEEDS_A_PERSON = 0, 1
BYTE_ORDER_MARK = "\ufeff"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `grade export` takes."""
    parser.add_argument("class_folder", type=Path, metavar="CLASS", help="the folder of the class")
    options(parser)


def options(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    policy_file.add_options(parser)
    group = parser.add_argument_group("files for other programs; they are written into CLASS/grades")
    group.add_argument(
        "--canvas",
        type=Path,
        metavar="FILE",
        help="the gradebook that Canvas exported: a copy with the marks filled in",
    )
    group.add_argument(
        "--canvas-column",
        action="append",
        metavar="EXERCISE=TITLE",
        help="the column of an exercise, '03=Sigmoid (91234)' or '03=91234'; needed where the titles do not tell",
    )
    group.add_argument(
        "--moodle",
        action="append",
        metavar="EXERCISE=FILE",
        help="the offline worksheet of an exercise, '03=sheet.csv'; once for each; a class of one exercise: FILE",
    )
    group.add_argument(
        "--moodle-comments", action="store_true", help="put a sentence on each mark into the column Feedback comments"
    )
    group.add_argument(
        "--zeros", action="store_true", help="a 0 in the LMS's file for what was not handed in; default: left as it is"
    )
    group.add_argument("--overwrite", action="store_true", help="replace marks that stand in the LMS's file already")
    group.add_argument(
        "--as-they-are",
        action="store_true",
        help="write marks as they are; default: scaled to the points that the LMS gives the exercise",
    )
    group.add_argument("--excel", action="store_true", help="begin CSV files with the mark by which Excel knows UTF-8")


def need_files(options: argparse.Namespace) -> None:
    """ValueError for a file of the LMS that is not there: before an hour of grading, not after it."""
    worksheets = [text.partition("=")[2] or text for text in options.moodle or ()]
    named = [*([] if options.canvas is None else [options.canvas]), *map(Path, worksheets)]
    if missing := [str(path) for path in named if not path.is_file()]:
        raise ValueError(f"there is no file {', '.join(missing)}; name what the LMS exported")


def run(options: argparse.Namespace) -> int:
    """Write them. 0: all is decided, 1: some need a person."""
    folder = ClassFolder(options.class_folder)
    state = load(folder, policy_file.of_class(folder, options))
    policy_file.keep(folder, state.policy)
    # All is made before anything is written: a fault in one file leaves the others as they were.
    files = {
        "grades.csv": _encoded(exports.grades_csv(state.standings), options.excel),
        "answers.csv": _encoded(exports.answers_csv(state.standings), options.excel),
        "grades.json": exports.grades_json(state.standings, state.received).encode("utf-8"),
    }
    filled: dict[str, Filled] = {}
    if options.canvas is not None:
        columns = {_exercise(state, k): v for k, v in policy_file.pairs("--canvas-column", options.canvas_column or ())}
        filled[f"canvas-{options.canvas.name}"] = fill_canvas(
            options.canvas.read_bytes(),
            {exercise: _grades(state, exercise, options.zeros) for exercise in _exercises(state)},
            columns=columns,
            scale=not options.as_they_are,
            overwrite=options.overwrite,
        )
    for exercise, path in _worksheets(state, options.moodle or ()):
        filled[f"moodle-{exercise}-{path.name}"] = fill_moodle(
            path.read_bytes(),
            _grades(state, exercise, options.zeros),
            scale=not options.as_they_are,
            overwrite=options.overwrite,
            comments=options.moodle_comments,
        )
    for name, content in (files | {name: f.content for name, f in filled.items()}).items():
        write_whole(folder.grades / name, content)
        print(f"written: {folder.grades / name}")
        for line in _told(filled[name]) if name in filled else ():
            print(f"  {line}")
    return NEEDS_A_PERSON if state.needs_a_person else ALL_GRADED


def _encoded(text: str, excel: bool) -> bytes:
    return (BYTE_ORDER_MARK + text if excel else text).encode("utf-8")


def _told(filled: Filled) -> list[str]:
    """What became of the rows of the LMS's file, in sentences."""
    said = [f"{len(filled.written)} marks written"]
    for names, what in (
        (filled.kept, "kept, because the file held a mark already (--overwrite replaces it)"),
        (filled.without_grade, "in the file without a mark from here"),
        (filled.without_row, "with a mark, but without a row in the file"),
    ):
        if names:
            said.append(f"{len(names)} {what}: {', '.join(one_line(str(name), 60) for name in names[:20])}")
    return [*said, *filled.notes]


def _exercises(state: ClassState) -> tuple[str, ...]:
    return tuple(mark.exercise for mark in state.standings[0].marks) if state.standings else ()


def _exercise(state: ClassState, told: str) -> str:
    """The exercise of the class that "03" or "03_sigmoid" means."""
    lesson = policy_file.lesson_of(told)
    for exercise in _exercises(state):
        if exercise[:2] == lesson:
            return exercise
    raise ValueError(f"the class has no exercise {lesson}; it has {', '.join(_exercises(state)) or 'none'}")


def _worksheets(state: ClassState, told: Sequence[str]) -> list[tuple[str, Path]]:
    exercises = _exercises(state)
    found = []
    for text in told:
        name, separator, path = text.partition("=")
        if separator:
            found.append((_exercise(state, name), Path(path)))
        elif len(exercises) == 1:
            found.append((exercises[0], Path(text)))
        else:
            raise ValueError(
                f"--moodle {text}: for which exercise? Write EXERCISE={text}, one of {', '.join(exercises)}"
            )
    return found


def _grades(state: ClassState, exercise: str, zeros: bool) -> list[Grade]:
    """The marks of one exercise that are decided, with what the LMS knows their students by.

    zeros: also for those who handed nothing in.
    """
    return [
        Grade(
            student=standing.student,
            points=mark.mark,
            out_of=rounded(mark.out_of),
            address=state.addresses[standing.student, exercise],
            name=standing.name,
            comment=f"{mark_text(mark.mark)} of {points_text(mark.out_of)} points"
            + (f"; {mark_text(mark.lost)} lost for being late" if mark.lost else ""),
        )
        for standing in state.standings
        for mark in standing.marks
        if mark.exercise == exercise and mark.mark is not None and (zeros or mark.status == "graded")
    ]
