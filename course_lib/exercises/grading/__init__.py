"""Grading by asking: a submission runs in a process of its own and is asked for answers; they are judged outside it."""

from course_lib.exercises.grading.grade import SubmissionResult, find_notebooks, grade_many, grade_one
from course_lib.exercises.grading.runner import Limits, ProcessRunner, Runner

__all__ = ["Limits", "ProcessRunner", "Runner", "SubmissionResult", "find_notebooks", "grade_many", "grade_one"]
