"""`grade mark`: points that a person gives count in place of the grader's, also after --regrade.

They belong to the content that the person saw: a later attempt of the student is judged by the grader again.
"""

import argparse
import getpass
import math
from pathlib import Path

from course_lib.exercises.bank import BANK, lookup
from course_lib.exercises.grading.classroom import ClassFolder, Mark
from course_lib.exercises.grading.collect import exercise_stems
from course_lib.exercises.grading.gradebook import Gradebook
from course_lib.exercises.grading.manifest import read_manifest
from course_lib.exercises.grading.roster import read_roster
from course_lib.exercises.wording import one_line

HELP = "give points by hand, in place of the grader's"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Who, what, how many and why; without them, the marks that there are."""
    parser.add_argument("class_folder", type=Path, metavar="CLASS", help="the class folder")
    parser.add_argument("student", nargs="?", metavar="STUDENT", help="as in submitted/STUDENT/")
    parser.add_argument(
        "what",
        nargs="?",
        metavar="QUESTION",
        help="a question (03-stable-sigmoid), or an exercise (03_sigmoid): then the points are for all its questions",
    )
    parser.add_argument("points", nargs="?", type=_points, metavar="POINTS", help="in place of the grader's")
    parser.add_argument("--reason", metavar="TEXT", help="why; the student reads it in the feedback")
    parser.add_argument("--by", metavar="WHO", help="who gives the points; default: your name on this computer")
    parser.add_argument("--withdraw", action="store_true", help="let the grader's points count again")


def run(options: argparse.Namespace) -> int:
    """Give or withdraw a mark, or list those that count."""
    with Gradebook(ClassFolder(options.class_folder).gradebook) as book:
        if options.student is None:
            _list(book.marks())
            return 0
        if options.what is None or not options.reason or (options.points is None) != options.withdraw:
            raise ValueError("a mark needs STUDENT, QUESTION, POINTS (or --withdraw) and --reason")
        who = options.by or getpass.getuser()
        exercise, question = _place(options.what)
        if options.withdraw:
            book.withdraw(options.student, exercise, question, options.reason, who)
            print(f"The grader's points count again for {options.what} of {options.student}.")
        else:
            mark = Mark(options.student, exercise, question, options.points, options.reason, who)
            book.mark(mark, handed_in=options.student not in _students(options.class_folder))
            print(f"{options.student}, {options.what}: {options.points:g} points by hand.")
    return 0


def _place(what: str) -> tuple[str, str]:
    """The exercise's stem and the question's id, which is empty for a whole exercise."""
    stems = exercise_stems()
    exercises = {stem: (stem, "") for stem in stems.values()}
    questions = {id: (stems[question.lesson], id) for id, question in BANK.items()}
    return lookup("exercise or question", exercises | questions, what)


def _students(root: Path) -> set[str]:
    """The keys of all who are known, also of those whose file could not be graded."""
    folder = ClassFolder(root)
    return {one.key for one in read_roster(folder)} | {row.student for row in read_manifest(folder) if row.student}


def _list(marks: list[Mark]) -> None:
    for mark in marks:
        what = mark.question or mark.exercise
        print(one_line(f"{mark.student} {what} {mark.points:g} by {mark.who}: {mark.reason}", 300))
    if not marks:
        print("No marks were given by hand.")


def _points(text: str) -> float:
    try:
        points = float(text)
    except ValueError:
        points = math.nan
    if not 0 <= points < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of points")
    return points
