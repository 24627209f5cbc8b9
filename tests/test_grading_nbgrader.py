"""The course inside nbgrader: its own commands, run on the course directory that we lay out, by configuration only."""

import copy
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from grading_submissions import answer_cells, lesson_exercises
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import determine_grade
from notebook_edits import EDITS, ROOT, Notebook, answered, handed_out, is_answer, saved, text

from course_lib.exercises import inside_nbgrader, notebook
from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.cli import main
from course_lib.exercises.grading.nbgrader.executor import outputs
from course_lib.exercises.grading.nbgrader.layout import configuration, lay_out, marked
from course_lib.exercises.grading.nbgrader.sanitizer import HandedOut, restore
from course_lib.exercises.inside_nbgrader import NotYetRight
from course_lib.exercises.judging import judge
from course_lib.exercises.model import PUBLIC_SEED, Verdict, namespace_of, observe, probes_for

NAMES = [path.stem for path in sorted((ROOT / "exercises").glob("*.ipynb"))]
NAME, LESSON = "03_sigmoid", "03"
SEED = 20_266
# Elsewhere there are no walls to be had, and these are our own answers.
ISOLATION = "auto" if sys.platform == "linux" else "none"
FULL = sum(exercise.points for exercise in lesson_exercises(LESSON))


def run(folder: Path, *command: str, code: int = 0) -> str:
    """What an nbgrader command says; it must end with this exit code."""
    # nbgrader looks for its migration tool, alembic, on the path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=folder,
        env=os.environ | {"PATH": path, "JUPYTER_RUNTIME_DIR": str(folder / "runtime")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def hand_in(course: Path, student: str, content: bytes, name: str = NAME) -> None:
    path = course / "submitted" / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def scores(course: Path) -> dict[str, float]:
    """Student → score, from nbgrader's own export."""
    run(course, "export")
    with (course / "grades.csv").open(encoding="utf-8", newline="") as stream:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}


def configure(course: Path, *more: str, own_executor: bool = False) -> None:
    """Our settings with a known seed; without the two lists, nbgrader's own executor grades."""
    settings = configuration(SEED)
    if own_executor:
        settings = re.sub(r"c\.Autograde\.\w+ = \[.*?\]\n", "", settings, flags=re.DOTALL)
    lines = [settings, f"c.AskForAnswers.isolation = {ISOLATION!r}", *more, ""]
    (course / "nbgrader_config.py").write_text("\n".join(lines), encoding="utf-8", newline="\n")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one assignment released, and nothing handed in."""
    course = tmp_path_factory.mktemp("untouched")
    lay_out(course, lessons=[LESSON])
    configure(course)
    run(course, "generate_assignment", NAME)
    return course


def copy_of(course: Path, name: str) -> Path:
    return Path(shutil.copytree(course, course.parent / name))


def released(course: Path) -> Notebook:
    content: Notebook = json.loads((course / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    return content


@lru_cache
def known_answers(number: int) -> dict[str, Any]:
    """One of the bank's answers to each question: reference, other styles, misconceptions; the last one if fewer."""
    chosen = {}
    for exercise in lesson_exercises(LESSON):
        known = [exercise.reference, *exercise.alternatives, *(m.answer for m in exercise.misconceptions)]
        chosen[exercise.id] = known[min(number, len(known) - 1)]
    return chosen


def with_answers(start: Notebook, answers: dict[str, Any]) -> Notebook:
    """The released notebook with these answers written into its answer cells."""
    notebook = copy.deepcopy(start)
    definitions, *bindings = answer_cells(answers)
    for cell, binding in zip([c for c in notebook["cells"] if is_answer(c)], bindings, strict=True):
        cell["source"] = f"{definitions}\n{binding}"
    return notebook


def worth(answers: dict[str, Any]) -> float:
    """What the judge gives for the answers, in this process."""
    return sum(
        judge(BANK[id], observe(namespace_of(BANK[id], answer), probes_for(BANK[id], SEED)), SEED).points
        for id, answer in answers.items()
    )


# -- Laying out -------------------------------------------------------------------------------------------------------


def laid(name: str) -> tuple[Notebook, Notebook]:
    """(our exercise, nbgrader's source of it)."""
    solution = json.loads((ROOT / "solutions" / f"{name}.ipynb").read_text(encoding="utf-8"))
    return handed_out(name), marked(handed_out(name), solution)


@pytest.mark.parametrize("name", NAMES)
def test_the_marks_are_valid_and_the_points_are_the_banks(name: str) -> None:
    notebook = nbformat.from_dict(laid(name)[1])
    MetadataValidator().validate_nb(notebook)
    marks = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    tests = {mark["grade_id"]: mark["points"] for mark in marks if mark["grade"]}
    assert tests == {exercise.id: exercise.points for exercise in lesson_exercises(name[:2])}
    assert sorted(mark["grade_id"] for mark in marks if mark["solution"]) == sorted(f"{id}-answer" for id in tests)


@pytest.mark.parametrize("name", NAMES)
def test_a_source_is_the_exercise_with_the_answers_in_regions(name: str) -> None:
    exercise, source = laid(name)
    right = {cell["id"]: text(cell) for cell in answered(name)["cells"]}
    for ours, theirs in zip(exercise["cells"], source["cells"], strict=True):
        lines = text(theirs).splitlines()
        without_markers = "\n".join(
            line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
        )
        assert without_markers == right[ours["id"]].removesuffix("\n")
        assert (len(lines) > len(without_markers.splitlines())) == is_answer(ours)


@pytest.fixture(scope="module")
def all_released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every assignment, generated by nbgrader in one process."""
    course = tmp_path_factory.mktemp("all")
    lay_out(course)
    code = (
        "from nbgrader.apps import NbGraderAPI\nfrom nbgrader.apps.baseapp import NbGrader\n"
        "app = NbGrader()\napp.initialize([])\napi = NbGraderAPI(config=app.config)\n"
        f"for name in {NAMES!r}:\n    done = api.generate_assignment(name)\n    assert done['success'], done\n"
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=course,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return course


@pytest.mark.parametrize("name", NAMES)
def test_nbgrader_releases_our_exercise_cell_by_cell(name: str, all_released: Path) -> None:
    notebook = json.loads((all_released / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    ours = handed_out(name)
    assert [text(cell) for cell in notebook["cells"]] == [text(cell) for cell in ours["cells"]]
    assert [cell["id"] for cell in notebook["cells"]] == [cell["id"] for cell in ours["cells"]]
    assert not any("course" in cell["metadata"] for cell in notebook["cells"])


def test_what_was_edited_there_is_kept_until_asked_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["nbgrader", "--into", str(tmp_path), "--lesson", LESSON]
    assert main(command) == 0
    source, settings = tmp_path / "source" / NAME / f"{NAME}.ipynb", tmp_path / "nbgrader_config.py"
    before = source.read_bytes()
    source.write_text("mine", encoding="utf-8")
    settings.write_text("mine", encoding="utf-8")
    assert main(command) == 0
    assert source.read_text(encoding="utf-8") == "mine"
    assert "--force" in capsys.readouterr().out
    assert main([*command, "--force"]) == 0
    assert source.read_bytes() == before
    assert settings.read_text(encoding="utf-8") == "mine"


def test_each_course_gets_a_secret_seed_of_its_own(tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        lay_out(tmp_path / name, lessons=["00"])
        path = tmp_path / name / "nbgrader_config.py"
        texts.append(path.read_text(encoding="utf-8"))
        assert sys.platform == "win32" or path.stat().st_mode & 0o077 == 0
    assert texts[0] != texts[1]


def test_an_unknown_lesson_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nbgrader", "--into", str(tmp_path), "--lesson", "99"]) == 2
    assert "no exercises for lesson 99; there are 00_start_here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cell: {**cell, "source": f"x = {text(cell)}"}, "alone"),
        (lambda cell: {**cell, "source": 'check("03-no-such")'}, "no question of the bank"),
        (lambda cell: {**cell, "source": ""}, "nothing checks"),
    ],
    ids=["not-alone", "unknown", "gone"],
)
def test_a_test_cell_that_could_not_give_a_mark_is_refused(change: Any, said: str) -> None:
    solution = json.loads((ROOT / "solutions" / "00_start_here.ipynb").read_text(encoding="utf-8"))
    exercise = handed_out("00_start_here")
    exercise["cells"] = [change(c) if text(c).startswith("check(") else c for c in exercise["cells"]]
    with pytest.raises(ValueError, match=said):
        marked(exercise, solution)


# -- Grading ----------------------------------------------------------------------------------------------------------

ANSWERS = range(max(1 + len(e.alternatives) + len(e.misconceptions) for e in lesson_exercises(LESSON)))
# A kernel for each of them takes a second.
FEW_ANSWERS = ANSWERS[::4]
STOPS = {
    "endless-loop": "while True:\n    pass",
    "leaves-python": "import os\nos._exit(0)",
    "patches-check": "def check(name):\n    return 4",
    "patches-everything": "import builtins, numpy\nbuiltins.float = lambda x: 4.0\nnumpy.all = lambda *a, **k: True",
}
# nbgrader reads the file before any preprocessor sees it.
UNREADABLE_THERE = {"byte-order-mark"}
READABLE = [name for name in EDITS if name not in UNREADABLE_THERE]


@pytest.fixture(scope="module")
def ours(untouched: Path) -> Path:
    """A class graded by nbgrader with our executor."""
    course = copy_of(untouched, "ours")
    configure(course, "c.AskForAnswers.cell_seconds = 2")
    start = released(course)
    for number in ANSWERS:
        hand_in(course, f"answers-{number}", saved(with_answers(start, known_answers(number))))
    hand_in(course, "untouched", saved(start))
    for name in READABLE:
        hand_in(course, name, saved(EDITS[name](answered(NAME, start))))
    for name, attack in STOPS.items():
        stopped = copy.deepcopy(start)
        next(cell for cell in stopped["cells"] if is_answer(cell))["source"] = attack
        hand_in(course, name, saved(stopped))
    run(course, "autograde", NAME)
    return course


@pytest.fixture(scope="module")
def our_scores(ours: Path) -> dict[str, float]:
    return scores(ours)


@pytest.fixture(scope="module")
def their_scores(untouched: Path) -> dict[str, float]:
    """A class graded by nbgrader's own executor, which runs our `check` in the student's kernel."""
    course = copy_of(untouched, "theirs")
    configure(course, own_executor=True)
    for number in FEW_ANSWERS:
        hand_in(course, f"answers-{number}", saved(with_answers(released(course), known_answers(number))))
    hand_in(course, "untouched", saved(released(course)))
    run(course, "autograde", NAME)
    return scores(course)


@pytest.mark.parametrize("number", ANSWERS)
def test_our_executor_gives_what_the_judge_gives(number: int, our_scores: dict[str, float]) -> None:
    assert our_scores[f"answers-{number}"] == pytest.approx(worth(known_answers(number)), abs=0.02)


@pytest.mark.parametrize("number", FEW_ANSWERS)
def test_nbgraders_own_executor_gives_what_the_judge_gives(number: int, their_scores: dict[str, float]) -> None:
    assert their_scores[f"answers-{number}"] == pytest.approx(worth(known_answers(number)), abs=0.02)


def test_the_answers_are_worth_different_marks() -> None:
    assert len({worth(known_answers(number)) for number in ANSWERS}) > 3
    assert worth(known_answers(0)) == FULL


def test_what_was_not_answered_earns_nothing(our_scores: dict[str, float], their_scores: dict[str, float]) -> None:
    assert (our_scores["untouched"], their_scores["untouched"]) == (0, 0)


@pytest.mark.parametrize(
    ("earned", "worth_here", "mark"), [(4, 4, 4), (2, 4, 2), (2, 8, 4), (4, 1, 1), (0, 8, 0), (1, 2, 0.5)]
)
def test_points_are_on_the_scale_that_the_teacher_chose(earned: float, worth_here: float, mark: float) -> None:
    verdict = Verdict("03-stable-sigmoid", "partly right", earned, 4, "So it is.")
    marks = {
        "schema_version": 3,
        "grade": True,
        "solution": False,
        "locked": True,
        "points": worth_here,
        "grade_id": "x",
    }
    cell = nbformat.v4.new_code_cell("check()", metadata={"nbgrader": marks}, outputs=outputs(verdict, worth_here))
    assert determine_grade(cell) == (mark, worth_here)


@pytest.mark.parametrize("name", READABLE)
def test_innocent_edits_keep_full_marks(name: str, our_scores: dict[str, float]) -> None:
    assert our_scores[name] == FULL


@pytest.mark.parametrize("name", STOPS)
def test_what_stops_or_patches_python_earns_nothing(name: str, our_scores: dict[str, float]) -> None:
    assert our_scores[name] == 0


def test_no_kernel_is_started(ours: Path) -> None:
    assert not list((ours / "runtime").glob("kernel-*.json"))


def test_a_second_grading_gives_the_same_files(ours: Path) -> None:
    def graded() -> bytes:
        path = ours / "autograded" / "answers-3" / NAME / f"{NAME}.ipynb"
        return re.sub(rb'"id": "[0-9a-f]{8}"', b'"id": ""', path.read_bytes())

    before = graded()
    run(ours, "autograde", NAME, "--student", "answers-3", "--force")
    assert graded() == before


def test_the_feedback_shows_our_words_and_not_the_answer(ours: Path) -> None:
    number = 1 + len(BANK["03-stable-sigmoid"].alternatives)
    mistake = BANK["03-stable-sigmoid"].misconceptions[0]
    assert known_answers(number)["03-stable-sigmoid"] is mistake.answer
    run(ours, "generate_feedback", NAME, "--student", f"answers-{number}")
    page = (ours / "feedback" / f"answers-{number}" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert mistake.words in page
    assert mistake.next_step in page
    assert str(SEED) not in page


def test_a_test_of_the_teachers_own_is_refused_by_name(untouched: Path) -> None:
    """It would pass unseen: no output is full marks to nbgrader."""
    course = copy_of(untouched, "own-test")
    path = course / "source" / NAME / f"{NAME}.ipynb"
    source = json.loads(path.read_text(encoding="utf-8"))
    mark = {"schema_version": 3, "grade": True, "locked": True, "solution": False, "points": 2, "grade_id": "my-test"}
    source["cells"].append({"cell_type": "code", "id": "mine", "metadata": {"nbgrader": mark}, "source": "assert False",
                            "outputs": [], "execution_count": None})  # fmt: skip
    path.write_text(json.dumps(source), encoding="utf-8")
    run(course, "generate_assignment", NAME, "--force")
    hand_in(course, "anna", saved(answered(NAME, released(course))))
    said = run(course, "autograde", NAME, code=1)
    assert "the test my-test is no question of the course" in said
    assert not (course / "autograded" / "anna" / NAME).exists()


def test_validate_says_what_check_says(ours: Path) -> None:
    number = 1 + len(BANK["03-stable-sigmoid"].alternatives)
    wrong = run(ours, "validate", f"submitted/answers-{number}/{NAME}/{NAME}.ipynb")
    mistake = BANK["03-stable-sigmoid"].misconceptions[0]
    assert mistake.words[:60] in wrong
    assert "Traceback" not in wrong
    assert "Success" in run(ours, "validate", f"submitted/nothing/{NAME}/{NAME}.ipynb")


# -- The cells of a submission ----------------------------------------------------------------------------------------


def remembered(start: Notebook) -> list[HandedOut]:
    """The cells as nbgrader's gradebook keeps them."""
    marks = [(cell, cell["metadata"]["nbgrader"]) for cell in start["cells"] if "nbgrader" in cell["metadata"]]
    return [
        HandedOut(
            mark["grade_id"],
            cell["cell_type"],
            text(cell),
            "0" * 32,
            mark.get("points"),
            mark["solution"],
            mark["locked"],
        )
        for cell, mark in marks
    ]


def as_nbgrader_reads_it(content: bytes) -> Any:
    return nbformat.reads(content.decode("utf-8"), as_version=4)


@pytest.mark.filterwarnings(
    "ignore::nbformat.validator.DuplicateCellId", "ignore::nbformat.warnings.MissingIDFieldWarning"
)
@pytest.mark.parametrize("edit", READABLE)
@pytest.mark.parametrize("name", NAMES[::4])
def test_every_test_cell_stands_once_and_nothing_is_lost(name: str, edit: str, all_released: Path) -> None:
    start = json.loads((all_released / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    notebook = as_nbgrader_reads_it(saved(EDITS[edit](answered(name, start))))
    before = [cell.source for cell in notebook.cells]
    wanted = remembered(start)
    missing = restore(notebook, wanted)
    MetadataValidator().validate_nb(notebook)
    nbformat.validate(notebook)
    tests = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")}
    assert {id: (cell.source, cell.metadata.nbgrader.points) for id, cell in tests.items()} == {
        cell.name: (cell.source, cell.points) for cell in wanted if cell.points is not None
    }
    put_back = [tests[name] for name in missing]
    kept = [cell.source for cell in notebook.cells if not any(cell is other for other in put_back)]
    assert list(map(str.rstrip, kept)) == list(map(str.rstrip, before))


@pytest.mark.parametrize(
    "cells",
    [None, 3, [None, 3, "x"], [{}], [{"cell_type": "code"}], [{"cell_type": 3, "source": 4, "metadata": 5, "id": 6}]],
    ids=repr,
)
def test_cells_of_any_kind_are_no_error(cells: Any) -> None:
    wanted = remembered(laid("00_start_here")[1])
    notebook = nbformat.NotebookNode(nbformat.from_dict({"cells": cells, "metadata": {}}))
    assert restore(notebook, wanted) == [cell.name for cell in wanted if cell.points is not None]


# -- `check` where nbgrader runs it -----------------------------------------------------------------------------------


def checked(answer: object, monkeypatch: pytest.MonkeyPatch, doing: str) -> float | None:
    """What `check` gives for an answer to 00-double while nbgrader does this."""
    monkeypatch.setenv("NBGRADER_EXECUTION", doing)
    double = answer  # noqa: F841  (check looks for the name)
    return notebook.check("00-double")


def test_check_gives_its_points_while_nbgrader_grades(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked(lambda x: 2 * x, monkeypatch, "autograde") == 1
    assert checked(lambda x: 3 * x, monkeypatch, "autograde") == 0


def test_check_raises_its_words_while_nbgrader_validates(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(lambda x: 2 * x, monkeypatch, "validate") == 1
    capsys.readouterr()
    with pytest.raises(NotYetRight) as raised:
        checked(lambda x: 3 * x, monkeypatch, "validate")
    assert str(raised.value) == capsys.readouterr().out.strip()
    assert raised.value._render_traceback_() == str(raised.value).splitlines()


def test_check_gives_nothing_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked(lambda x: 2 * x, monkeypatch, "") is None


def test_a_fault_of_ours_is_no_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside nbgrader it is a friendly card; inside, a card would be full marks."""
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(ValueError, match="unknown exercise"):
        notebook.check("00-doubel")


def test_grading_is_no_attempt_of_the_grader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    checked(lambda x: 3 * x, monkeypatch, "autograde")
    assert not list(tmp_path.iterdir())
    checked(lambda x: 3 * x, monkeypatch, "")
    assert list(tmp_path.iterdir())


def test_the_inputs_are_secret_while_nbgrader_grades_and_public_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert len({inside_nbgrader.seed() for _ in range(3)}) == 3
    for doing in ("validate", ""):
        monkeypatch.setenv("NBGRADER_EXECUTION", doing)
        assert inside_nbgrader.seed() == PUBLIC_SEED
