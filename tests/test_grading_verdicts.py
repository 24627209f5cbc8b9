"""An answer gets the same verdict through the grader's child as in the notebook."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from grading_runners import strongest
from grading_submissions import answer_cells, lesson_exercises, stub_cells, write

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading import SubmissionResult, grade_one
from course_lib.exercises.judging import judge
from course_lib.exercises.model import Exercise, Verdict, namespace_of, observe, probes_for

SEED = 20_261
LESSONS = sorted({exercise.lesson for exercise in BANK.values()})


def answers_of(exercise: Exercise) -> dict[str, Any]:
    """Every answer that the bank knows to a question, by name."""
    styles = {f"style-{number}": answer for number, answer in enumerate(exercise.alternatives, start=1)}
    return {"reference": exercise.reference, **styles, **{m.name: m.answer for m in exercise.misconceptions}}


CASES = [
    pytest.param(exercise, number, id=f"{exercise.id}-{name}")
    for exercise in BANK.values()
    for number, name in enumerate(answers_of(exercise))
]


@lru_cache
def graded(lesson: str, number: int) -> SubmissionResult:
    """One submission that answers every question of a lesson by its answer of that number (the last one if fewer)."""
    answers = {}
    for exercise in lesson_exercises(lesson):
        known = list(answers_of(exercise).values())
        answers[exercise.id] = known[min(number, len(known) - 1)]
    with TemporaryDirectory() as folder:
        return grade_one(
            write(Path(folder) / "a.ipynb", *answer_cells(answers)), lesson=lesson, seed=SEED, runner=strongest()
        )


def in_the_notebook(exercise: Exercise, answer: Any) -> Verdict:
    """The verdict of the notebook's two steps, in this process."""
    return judge(exercise, observe(namespace_of(exercise, answer), probes_for(exercise, SEED)), SEED)


@pytest.mark.parametrize(("exercise", "number"), CASES)
def test_the_child_gives_the_verdict_of_the_notebook(exercise: Exercise, number: int) -> None:
    verdicts = {verdict.exercise: verdict for verdict in graded(exercise.lesson, number).verdicts}
    assert verdicts[exercise.id] == in_the_notebook(exercise, list(answers_of(exercise).values())[number])


@pytest.mark.parametrize("lesson", LESSONS)
def test_right_answers_get_full_marks(lesson: str) -> None:
    result = graded(lesson, 0)
    assert (result.status, result.points) == ("graded", sum(e.points for e in lesson_exercises(lesson)))


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_was_handed_out_is_not_attempted(lesson: str, tmp_path: Path) -> None:
    path = write(tmp_path / "untouched.ipynb", *stub_cells(lesson_exercises(lesson)))
    result = grade_one(path, lesson=lesson, seed=SEED, runner=strongest())
    assert {verdict.outcome for verdict in result.verdicts} == {"not attempted"}
    assert result.points == 0


ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("lesson", LESSONS)
def test_our_own_solution_gets_full_marks_and_our_exercise_none(lesson: str) -> None:
    (solution,), (exercise,) = (list((ROOT / kind).glob(f"{lesson}_*.ipynb")) for kind in ("solutions", "exercises"))
    solved, handed_out = grade_one(solution, runner=strongest()), grade_one(exercise, runner=strongest())
    assert {verdict.outcome for verdict in solved.verdicts} == {"right"}
    assert {verdict.outcome for verdict in handed_out.verdicts} == {"not attempted"}
    assert (solved.lesson, solved.points, solved.notes) == (lesson, solved.out_of, ())


def test_an_empty_notebook_is_not_attempted(tmp_path: Path) -> None:
    result = grade_one(write(tmp_path / "empty.ipynb"), lesson="03", seed=SEED, runner=strongest())
    assert [verdict.outcome for verdict in result.verdicts] == ["not attempted"] * len(lesson_exercises("03"))


def test_typed_in_values_of_the_public_probes_earn_nothing(tmp_path: Path) -> None:
    question = BANK["03-stable-sigmoid"]
    known = [probe for probe in question.probes if probe.args is not None]
    table = {str(p.args[0].tolist()): question.reference(p.args[0]).tolist() for p in known if p.args}  # type: ignore[union-attr]
    path = write(
        tmp_path / "typed_in.ipynb",
        f"TABLE = {table}\ndef stable_sigmoid(x):\n    return np.array(TABLE.get(str(x.tolist()), 0 * x))",
    )
    verdict = grade_one(path, lesson="03", seed=SEED, runner=strongest()).verdicts[0]
    assert (verdict.outcome, verdict.points) == ("wrong", 0)


def test_two_seeds_ask_for_different_inputs() -> None:
    first, second = (str([probe.args for probe in probes_for(BANK["00-double"], seed)]) for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize("later", ["from numpy import *", "def floor(x):\n    return x", "import math as floor"])
def test_a_later_function_of_that_name_does_not_cost_the_value(later: str, tmp_path: Path) -> None:
    question = BANK["27-doubled-floor"]
    (answer,) = answer_cells({question.id: question.reference})[1:]
    path = write(tmp_path / "a.ipynb", answer, later)
    verdicts = {v.exercise: v for v in grade_one(path, lesson="27", seed=SEED, runner=strongest()).verdicts}
    assert verdicts[question.id].outcome == "right"


def test_a_function_in_place_of_a_value_earns_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "def floor(x):\n    return x")
    verdicts = {v.exercise: v for v in grade_one(path, lesson="27", seed=SEED, runner=strongest()).verdicts}
    assert (verdicts["27-doubled-floor"].points, verdicts["27-doubled-floor"].outcome) == (0, "wrong")


def test_a_judge_without_memory_keeps_nothing_wrong() -> None:
    """What the bank's own answers do is kept for all submissions, so it must not depend on the moment."""
    short = [True]

    def at_times(x: Any) -> Any:
        if short:
            raise MemoryError
        return 3 * x

    question = BANK["00-double"]
    known = replace(question.misconceptions[0], name="at-times", answer=at_times)
    question = replace(question, misconceptions=(known, *question.misconceptions[1:]))
    seen = observe({"double": lambda x: 3 * x}, probes_for(question, SEED))
    with pytest.raises(MemoryError):
        judge(question, seen, SEED)
    short.clear()
    assert judge(question, seen, SEED).misconception == "at-times"
