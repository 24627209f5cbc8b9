"""Grading by asking: a submission runs in a process of its own and is asked for answers; they are judged outside it."""

from course_lib.exercises.grading.batch import Summary, grade_class
from course_lib.exercises.grading.classroom import ClassFolder, Graded, Mark, Received
from course_lib.exercises.grading.grade import SubmissionResult, find_notebooks, grade_many, grade_one
from course_lib.exercises.grading.gradebook import Gradebook
from course_lib.exercises.grading.runner import Limits, ProcessRunner, Runner
from course_lib.exercises.grading.warm import best_runner

__all__ = [
    "ClassFolder",
    "Gradebook",
    "Graded",
    "Limits",
    "Mark",
    "ProcessRunner",
    "Received",
    "Runner",
    "SubmissionResult",
    "Summary",
    "best_runner",
    "find_notebooks",
    "grade_class",
    "grade_many",
    "grade_one",
]
