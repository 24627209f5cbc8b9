"""nbgrader's Execute, replaced: no kernel is started; the answers are asked for from outside and judged here.

What nbgrader reads a mark from is the output of the test cell: a number is that many points. Its gradebook, feedback
and formgrader go on from there as they do after a kernel.
"""

import atexit
import re
from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache
from typing import Any

from nbformat import v4
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Float, Integer, Unicode

from course_lib.exercises.bank import BANK
from course_lib.exercises.cards import points, verdict_card
from course_lib.exercises.grading.grade import SubmissionResult, grade_notebook, new_seed
from course_lib.exercises.grading.read import Cell, Notebook
from course_lib.exercises.grading.runner import Limits, Runner
from course_lib.exercises.grading.warm import best_runner
from course_lib.exercises.model import Verdict

__all__ = ["AskForAnswers", "outputs"]

_ABOUT_A_CELL = re.compile(r"Cell (\d+) ")


class AskForAnswers(NbGraderPreprocessor):  # type: ignore[misc]
    """First of the autograding preprocessors, in place of Execute."""

    seed = Integer(None, allow_none=True, help="of the inputs that are drawn; None: a secret one each time").tag(
        config=True
    )
    isolation = Unicode("auto", help="auto, full, landlock, container, or none for trusted work").tag(config=True)
    question_seconds = Float(None, allow_none=True, help="for a question; None: the question's own limit").tag(
        config=True
    )
    cell_seconds = Float(Limits().cell_seconds, help="for a cell").tag(config=True)
    submission_seconds = Float(Limits().submission_seconds, help="for a whole submission").tag(config=True)
    memory_bytes = Integer(Limits().memory_bytes, help="for a submission").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """The submission with the verdict and the points as the output of each test cell.

        Raises ValueError for a test that is no question of the course, RuntimeError when nothing could be run: nbgrader
        then names the submission as failed and goes on with the next.
        """
        student = resources["nbgrader"]["student"]
        tests = [cell for cell in nb.cells if cell.cell_type == "code" and is_grade(cell)]
        # A cell that is an answer and bears points is marked by hand.
        tests = [cell for cell in tests if not cell.metadata.nbgrader["solution"]]
        asked = [cell.metadata.nbgrader["grade_id"] for cell in tests]
        if unknown := [name for name in asked if name not in BANK]:
            raise ValueError(
                f"the test {', '.join(unknown)} is no question of the course, so only a kernel can run it; to grade "
                "this assignment in nbgrader's own way, take the two lists of c.Autograde out of nbgrader_config.py"
            )
        results = self._grade(nb, sorted({BANK[name].lesson for name in asked}), student)
        verdicts = {verdict.exercise: verdict for result in results for verdict in result.verdicts}
        for cell, name in zip(tests, asked, strict=True):
            cell.outputs = outputs(verdicts[name], float(cell.metadata.nbgrader["points"]))
        for note in [note for result in results for note in result.notes]:
            self._show(note, nb, tests)
        return nb, resources

    def _grade(self, nb: Any, lessons: Sequence[str], student: str) -> list[SubmissionResult]:
        cells = tuple(Cell(i, cell.source, cell.cell_type == "code") for i, cell in enumerate(nb.cells, start=1))
        seed = new_seed() if self.seed is None else self.seed
        limits = Limits(
            question_seconds=self.question_seconds,
            cell_seconds=self.cell_seconds,
            submission_seconds=self.submission_seconds,
            memory_bytes=self.memory_bytes,
        )
        runner = _runner(self.isolation)
        results = [
            grade_notebook(Notebook(cells), student, lesson=lesson, seed=seed, limits=limits, runner=runner)
            for lesson in lessons
        ]
        for result in results:
            if result.status != "graded":
                raise RuntimeError(f"{student}, lesson {result.lesson}: {result.message}")
            self.log.info("%s: %g of %g points; %s", student, result.points, result.out_of, result.isolation)
        return results

    def _show(self, note: str, nb: Any, tests: Sequence[Any]) -> None:
        """What became of a cell, below that cell; in the log if it has no place for it."""
        about = _ABOUT_A_CELL.match(note)
        cell = nb.cells[int(about.group(1)) - 1] if about else None
        if cell is None or cell.cell_type != "code" or any(cell is test for test in tests):
            self.log.info(note)
        else:
            # Not stderr: nbgrader takes that for a failure.
            cell.outputs.append(v4.new_output("stream", name="stdout", text=f"{note}\n"))


def outputs(verdict: Verdict, worth: float) -> list[Any]:
    """The card that `check` shows, then the points as the cell's result, scaled to what the cell is worth here."""
    shown = verdict_card(BANK[verdict.exercise], verdict)
    mark = points(round(worth * verdict.points / verdict.out_of, 2))
    return [
        v4.new_output("display_data", {"text/plain": shown.text, "text/html": shown.html}),
        v4.new_output("execute_result", {"text/plain": mark}),
    ]


@lru_cache
def _runner(isolation: str) -> Runner:
    """One runner for all submissions of this process: what it keeps warm is what makes it fast."""
    stack = ExitStack()
    atexit.register(stack.close)
    runner: Runner = stack.enter_context(best_runner(isolation))
    return runner
