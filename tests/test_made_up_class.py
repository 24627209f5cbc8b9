"""The made-up class holds every kind of answer, is the same each time, and its answers are what they are said to be."""

import io
import math
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made_up_class import EXERCISES, FATES, as_cell, literal, made_up_class, main, notebook, written
from course_lib.exercises.bank import BANK, of_lesson
from course_lib.exercises.grading.read import Notebook, parse
from course_lib.exercises.judging import judge
from course_lib.exercises.model import Exercise, namespace_of, observe, probes_for

SEED = 5


@pytest.mark.parametrize("exercise", BANK.values(), ids=BANK)
def test_an_answer_of_the_bank_stays_what_it_is_as_a_cell(exercise: Exercise) -> None:
    known = [exercise.reference, *exercise.alternatives, *(m.answer for m in exercise.misconceptions)]
    for answer in known:
        names: dict[str, object] = {}
        exec("import numpy as np\n" + as_cell(exercise, answer), names)
        as_written = judge(exercise, observe(names, probes_for(exercise, SEED)), SEED)
        as_known = judge(exercise, observe(namespace_of(exercise, answer), probes_for(exercise, SEED)), SEED)
        assert (as_written.outcome, as_written.misconception) == (as_known.outcome, as_known.misconception)


@pytest.mark.parametrize("lesson", sorted({e.lesson for e in BANK.values()}))
def test_no_cell_gives_a_name_that_another_question_asks_for(lesson: str) -> None:
    asked = {name: e.id for e in of_lesson(lesson) for name in e.names}
    for exercise in of_lesson(lesson):
        for answer in (exercise.reference, *exercise.alternatives, *(m.answer for m in exercise.misconceptions)):
            defined = set(re.findall(r"^(?:def )?(\w+)(?: =|\()", as_cell(exercise, answer), flags=re.MULTILINE))
            assert {asked[name] for name in defined & asked.keys()} == {exercise.id}


def test_forty_students_hand_in_every_mistake_and_every_fate() -> None:
    _, files = made_up_class(40, 7)
    for exercise in EXERCISES:
        said = " ".join(file.made_to_be for file in files if file.exercise == exercise)
        for question in of_lesson(exercise[:2]):
            assert not [m.name for m in question.misconceptions if f"{question.id}: {m.name}" not in said]
        assert not [fate for fate in FATES if fate not in ("not handed in", "alternatives") and fate not in said]
        assert len({file.person for file in files if file.exercise == exercise}) == 40


def test_the_same_seed_makes_the_same_class() -> None:
    assert written(*made_up_class(9, 3)) == written(*made_up_class(9, 3))
    assert written(*made_up_class(9, 3)) != written(*made_up_class(9, 4))


def test_the_files_are_named_as_two_lms_name_them() -> None:
    made = written(*made_up_class(12, 7))
    assert {"roster.csv", "canvas/gradebook.csv", "moodle/worksheet-22.csv", "expected.csv"} <= made.keys()
    patterns = {
        "canvas": r"\w+_(LATE_)?\d+_\d+_[\w-]+\.ipynb",
        "moodle": r"[^/_]+_\d+_assignsubmission_file/[\w-]+\.ipynb",
    }
    for lms, pattern in patterns.items():
        with zipfile.ZipFile(io.BytesIO(made[f"{lms}/03_sigmoid.zip"])) as archive:
            assert all(re.fullmatch(pattern, name) for name in archive.namelist())


def test_a_notebook_is_the_exercise_with_answers_in_their_places() -> None:
    answers = {e.id: as_cell(e, e.reference) for e in of_lesson("03")}
    read = parse(notebook("03_sigmoid", answers), "03_sigmoid.ipynb", 10**7)
    assert isinstance(read, Notebook)
    assert not [cell for cell in read.code if "NotImplementedError" in cell.source]
    assert [cell.source for cell in read.code if cell.source in answers.values()] == list(answers.values())


def test_the_command_writes_the_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--into", str(tmp_path / "class"), "--students", "2"]) == 0
    assert (tmp_path / "class" / "canvas" / "22_binary_cross_entropy.zip").is_file()
    assert "roster.csv" in capsys.readouterr().out


def test_a_class_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--into", str(tmp_path), "--students", "0"])
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        -math.inf,
        math.nan,
        "inf",
        3,
        np.float64(2.5),
        np.array([[1.0, math.nan], [-math.inf, 2.0]]),
        np.array(True),
    ],
)
def test_a_literal_is_the_value_again(value: object) -> None:
    again = eval(literal(value), {"np": np})
    np.testing.assert_array_equal(again, value)
    assert isinstance(again, np.ndarray) == isinstance(value, np.ndarray)
