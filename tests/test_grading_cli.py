"""The command: a quick table for paths, sub-commands for a class, one sentence for what goes wrong."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from grading_class import RIGHT, WRONG, class_of
from grading_submissions import notebook, write

from course_lib.exercises.grading import cli
from course_lib.exercises.grading.batch import Stopped
from course_lib.exercises.grading.classroom import ClassFolder
from course_lib.exercises.grading.cli import COMMANDS, main
from course_lib.exercises.grading.commands import run
from course_lib.exercises.grading.gradebook import Gradebook
from course_lib.exercises.grading.manifest import read_manifest, write_manifest
from course_lib.exercises.grading.progress import Progress, line
from course_lib.exercises.grading.runner import CannotRun

CHECK = 'check("00-double")'
# Their own submissions need no walls, and every system can run them.
TRUSTED = ("--isolation", "none")
WHAT = "00_start_here.ipynb"


def grade(*arguments: object) -> int:
    return main([*map(str, arguments), *TRUSTED])


@pytest.fixture
def class_folder(tmp_path: Path) -> Path:
    """Four submissions of different fates, at several depths."""
    folder = tmp_path / "class"
    write(folder / "anna" / "00.ipynb", RIGHT, CHECK)
    write(folder / "bert" / "deep" / "er" / "renamed (1).ipynb", WRONG, CHECK)
    (folder / "emil.ipynb").write_text(notebook([RIGHT])[:-30], encoding="utf-8")
    write(folder / "finn.ipynb", "x = 1")
    return folder


# ---------------------------------------------------------------------------------------------------------------------
# The quick table


def test_all_graded_is_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "anna.ipynb", RIGHT, CHECK)
    assert grade(path, "--seed", 7) == 0
    shown = capsys.readouterr()
    assert "anna.ipynb: 1 of 1 points" in shown.out
    assert "1 submissions: 1 graded, 0 need a person." in shown.out
    assert "not isolated from the machine" in shown.out
    assert "Seed: 7" in shown.out
    assert shown.err == ""


def test_some_for_a_person_is_1(class_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert grade(class_folder) == 1
    shown = capsys.readouterr().out
    assert "emil.ipynb: needs a person (truncated)" in shown
    assert "4 submissions: 2 graded, 2 need a person." in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (lambda folder: [folder / "nowhere"], "there is no file or folder"),
        (lambda folder: ["colect", folder], "there is no file or folder colect"),
        (lambda folder: ["runn"], f"the commands are {', '.join(COMMANDS)}"),
        (lambda folder: [folder / "empty"], "no notebook"),
        (lambda folder: [folder, "--lesson", "77"], "'77' has no exercises"),
        (lambda folder: [folder, "--json", folder / "no" / "such.json"], "cannot be written"),
        (lambda folder: [folder, "--csv", folder / "empty"], "cannot be written"),
        (lambda folder: ["run", folder / "empty"], "is no class folder"),
        (lambda folder: ["mark", folder / "empty"], "there is no gradebook"),
    ],
    ids=[
        *("missing", "mistyped-with-a-path", "mistyped", "nothing-found", "unknown-lesson"),
        *("no-target-folder", "target-is-a-folder", "no-class", "no-gradebook"),
    ],
)
def test_could_not_run_is_2(
    arguments: Callable[[Path], list[object]], said: str, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (class_folder / "empty").mkdir()
    given = arguments(class_folder)
    assert main([str(argument) for argument in given] + list(TRUSTED) * (given[0] != "mark")) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.startswith("grade: ")
    assert shown.out == ""


@pytest.mark.parametrize(
    "option",
    [
        *("--seed=-1", "--seed=x", "--workers=0", "--time-limit=0", "--time-limit=nan", "--time-limit=1e9"),
        *("--memory=0", "--isolation=perfect", "--submission-time=-1", "--open-files=two"),
    ],
)
@pytest.mark.parametrize("command", [[], ["run"]], ids=["quick", "run"])
def test_a_senseless_option_is_2(command: list[str], option: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, str(tmp_path), option])
    assert stopped.value.code == 2


def test_json_holds_everything_but_the_expected_values(class_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    grade(class_folder, "--json", target, "--seed", 4)
    submissions = {s["source"]: s for s in json.loads(target.read_text(encoding="utf-8"))["submissions"]}
    assert len(submissions) == 4
    wrong = submissions["bert/deep/er/renamed (1).ipynb"]
    assert wrong["verdicts"][0]["outcome"] == "wrong"
    assert set(wrong["verdicts"][0]["evidence"]) == {"probe", "given", "got"}
    assert (wrong["seed"], wrong["lesson"], wrong["because"]) == (4, "00", "the exercises it checks")
    assert submissions["emil.ipynb"]["reason"] == "truncated"


def test_csv_has_a_row_per_question_and_per_submission_for_a_person(class_folder: Path, tmp_path: Path) -> None:
    write(class_folder / "=cmd()" / "00.ipynb", RIGHT, CHECK)
    target = tmp_path / "out.csv"
    grade(class_folder, "--csv", target)
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert len(rows) == 5
    points = {row["submission"]: row["points"] for row in rows}
    assert points["anna/00.ipynb"] == "1.0"
    assert points["emil.ipynb"] == ""
    assert points["'=cmd()/00.ipynb"] == "1.0"


def test_the_time_limit_is_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "slow.ipynb", "def double(x):\n    while True:\n        pass", CHECK)
    assert grade(path, "--time-limit", 0.5) == 0
    assert "no answer within 0.5 seconds" in capsys.readouterr().out


def test_the_module_is_a_command(tmp_path: Path) -> None:
    write(tmp_path / "anna.ipynb", RIGHT, CHECK)
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.exercises.grading", str(tmp_path), *TRUSTED],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 1 points" in done.stdout


def test_a_narrow_terminal_encoding_costs_no_table(tmp_path: Path) -> None:
    path = write(tmp_path / "σ.ipynb", RIGHT, CHECK)
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.exercises.grading", str(path), *TRUSTED],
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
    assert grade(tmp_path / "class", "--json", target) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["submissions"][0]["points"] == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_a_file_called_like_a_command_is_written_with_a_dot(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / name / "anna.ipynb", RIGHT, CHECK)
    monkeypatch.chdir(tmp_path)
    assert grade(f"./{name}") == 0
    assert "anna.ipynb: 1 of 1 points" in capsys.readouterr().out


# ---------------------------------------------------------------------------------------------------------------------
# Isolation


@pytest.mark.skipif(sys.platform != "linux", reason="walls are built on Linux")
def test_the_best_walls_are_the_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "anna.ipynb", RIGHT, CHECK)
    assert main([str(path)]) == 0
    shown = capsys.readouterr().out
    assert "Isolation: full" in shown
    assert "not isolated" not in shown


@pytest.mark.parametrize("command", [[], ["run"]], ids=["quick", "run"])
def test_without_walls_nothing_is_graded_unless_it_is_trusted(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT]})

    def none_here(isolation: str) -> None:
        raise CannotRun("submissions can be isolated on Linux only; --isolation none grades trusted work without any")

    class Nowhere:
        def __init__(self, *_: object) -> None:
            """No worker can build walls."""

        def results(self, tasks: object) -> None:
            none_here("auto")

    monkeypatch.setattr(cli, "best_runner", none_here)
    monkeypatch.setattr("course_lib.exercises.grading.batch.LocalPool", Nowhere)
    assert main([*command, str(folder.root)]) == 2
    assert "--isolation none" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------------------------------
# Sub-commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert f"usage: grade {name} " in capsys.readouterr().out


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert set(re.findall(r"^  (\w+)  +\w", shown, flags=re.MULTILINE)) >= set(COMMANDS)


def test_a_command_is_loaded_when_it_is_asked_for() -> None:
    code = (
        "import sys\nfrom course_lib.exercises.grading.cli import main\n"
        f"main([{os.devnull!r} + '.none'])\n"
        "print(*(n for n in sys.modules if '.commands.' in n), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", ["collect", "run", "export", "report"])
def test_all_takes_every_option_of_the_four(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    def told(command: str) -> set[str]:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        return set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, flags=re.MULTILINE))

    options = told(name)
    assert len(options) > 3
    assert options <= told("all")


def test_run_grades_into_the_gradebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]})
    assert grade("run", tmp_path, "--seed", 4, "--workers", 1) == 0
    shown = capsys.readouterr()
    assert "2 submissions: 2 graded, 0 need a person. 2 contents were graded now" in shown.out
    assert shown.err == ""
    with Gradebook(folder.gradebook) as book:
        assert {one.submission.student: one.result.points for one in book.graded()} == {"anna": 1, "bert": 0}


def test_run_says_who_needs_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class_of(tmp_path, {"anna": [RIGHT], "\x1b[2Jemil": b"{"})
    assert grade("run", tmp_path) == 1
    shown = capsys.readouterr().out
    assert "emil/00_start_here.ipynb: truncated. 00_start_here.ipynb stops in the middle" in shown
    assert "\x1b" not in shown


def test_a_mark_by_hand_settles_what_needed_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class_of(tmp_path, {"anna": [RIGHT], "emil": b"{"})
    assert grade("run", tmp_path) == 1
    assert (
        main(["mark", str(tmp_path), "emil", "00_start_here", "1", "--reason", "Shown in class.", "--by", "Lee"]) == 0
    )
    assert grade("run", tmp_path) == 0
    assert grade("run", tmp_path, "--regrade") == 0
    capsys.readouterr()
    assert main(["mark", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "emil 00_start_here 1 by Lee: Shown in class.\n"


def test_a_mark_on_one_question_is_given_and_withdrawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class_of(tmp_path, {"bert": [WRONG]})
    grade("run", tmp_path)
    assert main(["mark", str(tmp_path), "bert", "00-double", "0.5", "--reason", "A slip of the pen."]) == 0
    assert points(tmp_path) == {"bert": 0.5}
    assert main(["mark", str(tmp_path), "bert", "00-double", "--withdraw", "--reason", "Not after all."]) == 0
    assert points(tmp_path) == {"bert": 0}


def test_a_student_whose_file_could_not_be_graded_is_marked_by_hand(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT], "emil": [RIGHT]})
    rows = read_manifest(folder)
    write_manifest(folder, [rows[0], replace(rows[1], outcome="truncated", file="", sha256="")])
    assert grade("run", tmp_path) == 0
    assert main(["mark", str(tmp_path), "emil", "00-double", "1", "--reason", "Shown in class."]) == 0
    assert points(tmp_path) == {"anna": 1, "emil": 1}


def points(root: Path) -> dict[str, float]:
    with Gradebook(ClassFolder(root).gradebook) as book:
        return {one.submission.student: one.result.points for one in book.graded()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bert", "00-double", "0.5"], "--reason"),
        (["bert", "00-double", "--reason", "x"], "POINTS"),
        (["bert", "00-double", "1", "--withdraw", "--reason", "x"], "or --withdraw"),
        (["bert", "00-double", "2", "--reason", "x"], "0 to 1 points, not 2"),
        (["nobody", "00-double", "1", "--reason", "x"], "student 'nobody'"),
        (["bert", "00-duble", "1", "--reason", "x"], "did you mean '00-double'?"),
    ],
    ids=["no-reason", "no-points", "both", "too-many", "nobody", "no-such-question"],
)
def test_a_senseless_mark_is_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class_of(tmp_path, {"bert": [WRONG]})
    grade("run", tmp_path)
    capsys.readouterr()
    assert main(["mark", str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class_of(tmp_path, {"anna": [RIGHT]})

    def stopped(*_: object, **__: object) -> None:
        raise Stopped("stopped: 3 of 9 are graded and kept; the same command goes on with the others")

    monkeypatch.setattr(run, "grade_class", stopped)
    assert grade("run", tmp_path) == 2
    assert capsys.readouterr().err == (
        "grade: stopped: 3 of 9 are graded and kept; the same command goes on with the others\n"
    )


# ---------------------------------------------------------------------------------------------------------------------
# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only() -> None:
    for stream, shown in ((io.StringIO(), False), (Terminal(), True)):
        with Progress(stream) as progress:
            progress(1, 2)
        assert ("1 of 2" in stream.getvalue()) is shown


def test_progress_says_the_rate_and_the_time_left() -> None:
    assert line(100, 300, 80, 2.0) == f"[{'#' * 10}{'.' * 20}] 100 of 300, 40 a second, 5 s left"
    assert line(10, 1000, 10, 10.0).endswith("10 of 1000, 1 a second, 16 min 30 s left")
    assert line(300, 300, 80, 2.0).endswith("300 of 300, 40 a second")
    assert line(0, 300, 0, 0.0).endswith("0 of 300")


def test_a_sentence_does_not_stand_in_the_progress_line() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        progress(1, 2)
        progress.say("Something happened.")
    assert stream.getvalue().endswith("\ngrade: Something happened.\n")
