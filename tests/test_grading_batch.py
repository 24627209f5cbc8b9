"""Many submissions: none stops the others, none is lost, and neither order nor workers change a verdict."""

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from grading_submissions import answer_cells, lesson_exercises, notebook, write

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading import Limits, SubmissionResult, find_notebooks, grade, grade_many, grade_one
from course_lib.exercises.grading.cli import main
from course_lib.exercises.grading.report import to_table
from course_lib.exercises.grading.runner import CannotRun, Child, ProcessRunner

RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return 3 * x"
CHECK = 'check("00-double")'


@pytest.fixture
def class_folder(tmp_path: Path) -> Path:
    """Six submissions of every fate, at several depths."""
    folder = tmp_path / "class"
    write(folder / "anna" / "00.ipynb", RIGHT, CHECK)
    write(folder / "bert" / "deep" / "er" / "renamed (1).ipynb", WRONG, CHECK)
    write(folder / "王小明.ipynb", "def double(x):\n    raise NotImplementedError", CHECK)
    write(folder / "dora.IPYNB", "import os\nos._exit(1)", RIGHT, CHECK)
    (folder / "emil.ipynb").write_text(notebook([RIGHT])[:-30], encoding="utf-8")
    write(folder / "finn.ipynb", "x = 1")
    write(folder / ".ipynb_checkpoints" / "anna-checkpoint.ipynb", WRONG, CHECK)
    (folder / "notes.txt").write_text("not a notebook", encoding="utf-8")
    return folder


def told(results: list[SubmissionResult]) -> dict[str, tuple[str, float]]:
    return {r.source: (r.verdicts[0].outcome if r.verdicts else r.reason, r.points) for r in results}


def test_every_submission_of_a_folder_gets_its_result(class_folder: Path) -> None:
    assert told(grade_many(class_folder, seed=4)) == {
        "anna/00.ipynb": ("right", 1),
        "bert/deep/er/renamed (1).ipynb": ("wrong", 0),
        "dora.IPYNB": ("right", 1),
        "emil.ipynb": ("truncated", 0),
        "finn.ipynb": ("unknown lesson", 0),
        "王小明.ipynb": ("not attempted", 0),
    }


def test_workers_and_order_change_nothing(class_folder: Path) -> None:
    paths = [path for _, path in find_notebooks([class_folder])]
    alone = grade_many(class_folder, seed=4, workers=1)
    assert grade_many(class_folder, seed=4, workers=3) == alone
    by_name = {result.source.rpartition("/")[2]: result.verdicts for result in alone}
    reversed_ones = grade_many(paths[::-1], seed=4, workers=2)
    assert {result.source.rpartition("/")[2]: result.verdicts for result in reversed_ones} == by_name


def test_equal_submissions_get_equal_verdicts(tmp_path: Path) -> None:
    answers = answer_cells({e.id: e.misconceptions[0].answer for e in lesson_exercises("22")})
    for name in "abc":
        write(tmp_path / f"{name}.ipynb", *answers)
    results = grade_many(tmp_path, lesson="22", workers=3)
    assert len({result.verdicts for result in results}) == 1


def test_the_seed_is_secret_recorded_and_repeatable(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", WRONG)
    first, second = (grade_one(path, lesson="00") for _ in range(2))
    assert first.seed != second.seed
    assert grade_one(path, lesson="00", seed=first.seed) == first


def test_one_notebook_named_twice_is_graded_once(class_folder: Path) -> None:
    found = find_notebooks([class_folder, class_folder / "anna", class_folder / "anna" / "00.ipynb"])
    assert len(found) == 6


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = [write(tmp_path / student / "00.ipynb", RIGHT, CHECK) for student in ("a", "b")]
    assert len({result.source for result in grade_many(paths)}) == 2


def test_a_fault_of_the_grader_is_named_and_stops_nothing(class_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = grade.judge

    def faulty(exercise: object, seen: tuple[object, ...], seed: int) -> object:
        if len({str(s) for s in seen}) > 1:
            raise ZeroDivisionError("bad bank")
        return real(exercise, seen, seed)  # type: ignore[arg-type]

    monkeypatch.setattr(grade, "judge", faulty)
    results = told(grade_many(class_folder, seed=4))
    assert results["anna/00.ipynb"] == ("grader failed", 0)
    assert results["王小明.ipynb"] == ("not attempted", 0)


class NoProcess(ProcessRunner):
    def start(self, limits: Limits) -> Child:
        raise CannotRun("no Python process could be started: out of memory")


def test_a_system_that_gives_no_process_is_no_fault_of_the_submission(tmp_path: Path) -> None:
    result = grade_one(write(tmp_path / "a.ipynb", RIGHT), lesson="00", runner=NoProcess())
    assert (result.status, result.reason) == ("needs a person", "cannot run")


def test_a_child_that_does_not_start_is_no_fault_of_the_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false" if sys.platform != "win32" else "where.exe")
    result = grade_one(write(tmp_path / "a.ipynb", RIGHT), lesson="00")
    assert (result.status, result.reason) == ("needs a person", "cannot run")


def test_a_lesson_without_exercises_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'99' has no exercises; those that have are 00, "):
        grade_one(tmp_path / "a.ipynb", lesson="99")


def test_every_result_says_how_far_it_was_isolated(class_folder: Path) -> None:
    tiers = {result.isolation for result in grade_many(class_folder) if result.status == "graded"}
    assert len(tiers) == 1
    assert "not isolated from the machine" in tiers.pop()


def test_no_folder_is_left_behind(class_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    grade_many(class_folder)
    assert list(own.iterdir()) == []


# ---------------------------------------------------------------------------------------------------------------------
# The command


def test_all_graded_is_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "anna.ipynb", RIGHT, CHECK)
    assert main([str(path), "--seed", "7"]) == 0
    shown = capsys.readouterr()
    assert "anna.ipynb: 1 of 1 points" in shown.out
    assert "1 submissions: 1 graded, 0 need a person." in shown.out
    assert "not isolated from the machine" in shown.out
    assert "Seed: 7" in shown.out
    assert shown.err == ""


def test_some_for_a_person_is_1(class_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(class_folder)]) == 1
    shown = capsys.readouterr().out
    assert "emil.ipynb: needs a person (truncated)" in shown
    assert "6 submissions: 4 graded, 2 need a person." in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (lambda folder: [folder / "nowhere"], "there is no file or folder"),
        (lambda folder: [folder / "empty"], "no notebook"),
        (lambda folder: [folder, "--lesson", "77"], "'77' has no exercises"),
        (lambda folder: [folder, "--json", folder / "no" / "such.json"], "cannot be written"),
        (lambda folder: [folder, "--csv", folder / "empty"], "cannot be written"),
    ],
    ids=["missing", "nothing-found", "unknown-lesson", "no-target-folder", "target-is-a-folder"],
)
def test_could_not_run_is_2(
    arguments: Callable[[Path], list[object]], said: str, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (class_folder / "empty").mkdir()
    assert main([str(argument) for argument in arguments(class_folder)]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("option", ["--seed=-1", "--seed=x", "--workers=0", "--time-limit=0", "--time-limit=nan"])
def test_a_senseless_option_is_2(option: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path), option])
    assert stopped.value.code == 2


def test_json_holds_everything_but_the_expected_values(class_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    main([str(class_folder), "--json", str(target), "--seed", "4"])
    submissions = {s["source"]: s for s in json.loads(target.read_text(encoding="utf-8"))["submissions"]}
    assert len(submissions) == 6
    wrong = submissions["bert/deep/er/renamed (1).ipynb"]
    assert wrong["verdicts"][0]["outcome"] == "wrong"
    assert set(wrong["verdicts"][0]["evidence"]) == {"probe", "given", "got"}
    assert (wrong["seed"], wrong["lesson"], wrong["because"]) == (4, "00", "the exercises it checks")
    assert submissions["emil.ipynb"]["reason"] == "truncated"


def test_csv_has_a_row_per_question_and_per_submission_for_a_person(class_folder: Path, tmp_path: Path) -> None:
    write(class_folder / "=cmd()" / "00.ipynb", RIGHT, CHECK)
    target = tmp_path / "out.csv"
    main([str(class_folder), "--csv", str(target)])
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert len(rows) == 7
    points = {row["submission"]: row["points"] for row in rows}
    assert points["anna/00.ipynb"] == "1.0"
    assert points["emil.ipynb"] == ""
    assert points["'=cmd()/00.ipynb"] == "1.0"


def test_the_time_limit_is_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "slow.ipynb", "def double(x):\n    while True:\n        pass", CHECK)
    assert main([str(path), "--time-limit", "0.5"]) == 0
    assert "no answer within 0.5 seconds" in capsys.readouterr().out


def test_the_module_is_a_command(tmp_path: Path) -> None:
    write(tmp_path / "anna.ipynb", RIGHT, CHECK)
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.exercises.grading", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 1 points" in done.stdout


def test_a_narrow_terminal_encoding_costs_no_table(tmp_path: Path) -> None:
    path = write(tmp_path / "σ.ipynb", RIGHT, CHECK)
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.exercises.grading", str(path)],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?.ipynb: 1 of 1 points" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows any bytes in a file name")
def test_a_file_name_that_is_no_text_is_graded(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/class/\xff\x1b[2J.ipynb"))
    write(path, RIGHT, CHECK)
    target = tmp_path / "out.json"
    assert main([str(tmp_path / "class"), "--json", str(target)]) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["submissions"][0]["points"] == 1


def test_a_file_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    result = grade_one(write(tmp_path / "a.ipynb", RIGHT), lesson="00", name="\x1b[2J\nx.ipynb")
    assert "\x1b" not in to_table([result])


def test_grading_needs_neither_notebook_tools_nor_drawing() -> None:
    code = "import sys, course_lib.exercises.grading.cli\nprint(*sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"IPython", "nbformat", "jupyter_client", "matplotlib", "ipywidgets", "scipy"} & set(loaded)


def test_feedback_never_shows_what_was_expected(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "price = 0.5", "better_model = 'a'")
    verdicts = {v.exercise: v for v in grade_one(path, lesson="22", seed=4).verdicts}
    assert str(BANK["22-price-of-a-shrug"].reference) not in json.dumps(verdicts["22-price-of-a-shrug"].as_dict())
