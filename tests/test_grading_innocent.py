"""Innocent edits of every lesson's exercises: right answers get full marks, whatever happened to the cells around."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from grading_submissions import lesson_exercises
from notebook_edits import EDITS, ROOT, answered, handed_out, saved

from course_lib.exercises.grading import SubmissionResult, grade_one
from course_lib.exercises.grading.runner import Runner
from course_lib.exercises.grading.warm import best_runner

NAMES = [path.stem for path in sorted((ROOT / "exercises").glob("*.ipynb"))]
SEED = 7
TIERS = {"process": "none"} | ({"walled": "auto"} if sys.platform == "linux" else {})
# Every lesson in the tier that teachers use; one lesson in each.
CASES = [(list(TIERS)[-1], name) for name in NAMES] + [(tier, "03_sigmoid") for tier in list(TIERS)[:-1]]


@pytest.fixture(scope="module")
def runners() -> Iterator[dict[str, Runner]]:
    """One runner of each tier for all tests."""
    made = {tier: best_runner(isolation) for tier, isolation in TIERS.items()}
    yield made
    for runner in made.values():
        runner.close()


def graded(folder: Path, name: str, content: bytes, runner: Runner) -> SubmissionResult:
    path = folder / f"{name}.ipynb"
    path.write_bytes(content)
    return grade_one(path, seed=SEED, runner=runner)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(("tier", "name"), CASES)
def test_right_answers_keep_full_marks(
    name: str, tier: str, edit: str, runners: dict[str, Runner], tmp_path: Path
) -> None:
    result = graded(tmp_path, name, saved(EDITS[edit](answered(name))), runners[tier])
    assert result.status == "graded", result.message
    lost = {v.exercise: v.message for v in result.verdicts if v.outcome != "right"}
    assert not lost, result.notes
    assert result.points == sum(exercise.points for exercise in lesson_exercises(name[:2]))


# An edit that made every notebook right would prove nothing.
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("edit", EDITS)
def test_what_was_not_answered_earns_nothing_by_an_edit(
    edit: str, tier: str, runners: dict[str, Runner], tmp_path: Path
) -> None:
    result = graded(tmp_path, "03_sigmoid", saved(EDITS[edit](handed_out("03_sigmoid"))), runners[tier])
    assert (result.status, result.points) == ("graded", 0)
