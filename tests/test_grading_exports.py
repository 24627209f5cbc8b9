"""Grades for other programs: complete, sorted, harmless in a spreadsheet, and the same each time."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from grading_records import SEED, graded, open_case, received
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.exercises.bank import of_lesson
from course_lib.exercises.grading.bank_version import bank_version
from course_lib.exercises.grading.classroom import ClassFolder, Graded, Mark, Received
from course_lib.exercises.grading.cli import main
from course_lib.exercises.grading.exports import ANSWER_COLUMNS, answers_csv, grades_csv, grades_json
from course_lib.exercises.grading.gradebook import Gradebook, Key, NewGrading
from course_lib.exercises.grading.manifest import write_manifest
from course_lib.exercises.grading.policy import Late, Policy
from course_lib.exercises.grading.standings import Standing, standings
from course_lib.exercises.grading.writing import cell, write_whole

LATE = Policy(Late(per_unit=Fraction(1, 10)), {"03": datetime(2026, 11, 20)})


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def two_exercises() -> list[Standing]:
    """s1 right in both, a day late in one; s2 with one exercise for a person; s3 on the roster only."""
    files = [
        received("s1", "03", submitted_at="2026-11-20T10:00", name="Ng, A"),
        received("s1", "22", name="Ng, A"),
        received("s2", "03", name="=cmd|calc"),
        received("s2", "22", name="=cmd|calc"),
    ]
    entries = [graded(files[0]), graded(files[1]), graded(files[2], {}), open_case(files[3])]
    return standings(files, entries, LATE, {"s3": "Absent, Ann"})


# ---------------------------------------------------------------------------------------------------------------------
# One row per student


def test_everyone_has_a_row_with_points_what_was_lost_mark_and_total() -> None:
    found = {row["student"]: row for row in rows(grades_csv(two_exercises()))}
    assert list(found) == ["s2", "s3", "s1"]
    assert found["s1"] == {
        "student": "s1",
        "name": "Ng, A",
        "03_sigmoid points": "13.0",
        "03_sigmoid late": "1.30",
        "03_sigmoid mark": "11.70",
        "22_binary_cross_entropy points": "13.0",
        "22_binary_cross_entropy late": "",
        "22_binary_cross_entropy mark": "13.00",
        "total": "95.00",
        "open": "",
    }
    assert (found["s3"]["03_sigmoid points"], found["s3"]["03_sigmoid mark"], found["s3"]["total"]) == (
        "",
        "0.00",
        "0.00",
    )


def test_what_is_open_has_neither_mark_nor_total() -> None:
    row = next(row for row in rows(grades_csv(two_exercises())) if row["student"] == "s2")
    assert (row["22_binary_cross_entropy mark"], row["total"]) == ("", "")
    assert row["open"] == "22_binary_cross_entropy"


def test_a_class_of_nobody_is_a_table_without_rows() -> None:
    assert rows(grades_csv([])) == rows(answers_csv([])) == []


# ---------------------------------------------------------------------------------------------------------------------
# One row per question


def test_every_question_has_a_row_and_every_exercise_without_verdicts_says_why() -> None:
    found = rows(answers_csv(two_exercises()))
    questions = len(of_lesson("03")) + len(of_lesson("22"))
    by_student = {s: [row for row in found if row["student"] == s] for s in ("s1", "s2", "s3")}
    assert len(by_student["s1"]) == questions
    assert {row["outcome"] for row in by_student["s1"]} == {"right"}
    waiting = by_student["s2"][-1]
    assert (waiting["status"], waiting["reason"], waiting["question"]) == ("needs a person", "cannot run", "")
    assert [row["status"] for row in by_student["s3"]] == ["not handed in"] * 2


def test_a_named_mistake_is_named() -> None:
    question = of_lesson("03")[2]
    mistake = question.misconceptions[0]
    file = received()
    (row,) = [
        row
        for row in rows(answers_csv(standings([file], [graded(file, {question.id: mistake.answer})], Policy())))
        if row["question"] == question.id
    ]
    assert (row["misconception"], row["message"]) == (mistake.name, mistake.words)


# ---------------------------------------------------------------------------------------------------------------------
# Everything


def test_json_holds_verdicts_evidence_seed_and_files() -> None:
    file, lost = received(), received("", outcome="unmatched", exercise="", file="")
    mark = Mark("s1", "03_sigmoid", "", 5, "reason", "who")
    entry = graded(file, {}, by_hand=(mark,))
    data = json.loads(grades_json(standings([file, lost], [entry], LATE), [file, lost]))
    (student,) = data["students"]
    (exercise,) = student["exercises"]
    assert exercise["seed"] == SEED
    assert [v["exercise"] for v in exercise["verdicts"]] == [q.id for q in of_lesson("03")]
    assert exercise["by_hand"] == [{"question": "", "points": 5, "reason": "reason", "who": "who"}]
    assert [f["outcome"] for f in data["files"]] == ["collected", "unmatched"]


def test_the_order_in_which_work_came_changes_nothing() -> None:
    files = [received(s, lesson) for s in ("s2", "s1", "s3") for lesson in ("22", "03")]
    entries = [graded(file) for file in files]
    forwards, backwards = standings(files, entries, Policy()), standings(files[::-1], entries[::-1], Policy())
    assert grades_csv(forwards) == grades_csv(backwards)
    assert answers_csv(forwards) == answers_csv(backwards)
    assert grades_json(forwards, []) == grades_json(backwards, [])


# ---------------------------------------------------------------------------------------------------------------------
# Spreadsheets


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\x00=1", "－1"]
)
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    shown = cell(text)
    assert isinstance(shown, str)
    assert shown.startswith("'")


@pytest.mark.parametrize("value", [1, 1.5, None, "O'Neil, Mary-Jane", "王小明", "1 = 1", ""])
def test_other_values_stay_as_they_are(value: object) -> None:
    assert cell(value) == value


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_begins_a_formula_or_a_line(text: str) -> None:
    shown = cell(text)
    assert isinstance(shown, str)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert not any(ord(c) < 32 for c in shown)


@pytest.mark.parametrize("table", [grades_csv, answers_csv])
def test_names_and_messages_are_guarded_in_every_table(table: object) -> None:
    file = received("@sum", name="=HYPERLINK(1)")
    assert callable(table)
    text = table(standings([file], [open_case(file, "=bad")], Policy()))
    assert "'@sum,'=HYPERLINK(1)" in text


# ---------------------------------------------------------------------------------------------------------------------
# Files


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert [p.name for p in tmp_path.iterdir()] == ["grades.csv"]
    assert path.read_text(encoding="utf-8") == "old"


def test_a_folder_in_the_way_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "grades.csv").mkdir()
    with pytest.raises(OSError, match="grades"):
        write_whole(tmp_path / "grades.csv", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["grades.csv"]


# ---------------------------------------------------------------------------------------------------------------------
# The command


def a_class(root: Path, entries: Sequence[Graded], more: Sequence[Received] = ()) -> ClassFolder:
    """A class folder with these gradings in its gradebook."""
    folder = ClassFolder(root)
    files = [entry.submission for entry in entries]
    write_manifest(folder, [*files, *more])
    versions = {file.lesson: bank_version(file.lesson) for file in files}
    with Gradebook(folder.gradebook, create=True, seed=SEED) as book:
        book.receive(files, versions)
        book.record(
            [
                NewGrading(Key(f.sha256, f.exercise, versions[f.lesson]), e.result, {})
                for f, e in zip(files, entries, strict=True)
            ]
        )
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> ClassFolder:
    files = [
        received("s1", "03", sha256="a", name="Ng, A", address={"lms": "canvas", "canvas_id": "44"}),
        received("s2", "03", sha256="b", late=True, name="Li, B", address={"lms": "canvas", "canvas_id": "45"}),
    ]
    return a_class(tmp_path / "class", [graded(file) for file in files])


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,03 Sigmoid (91)\r\n    Points Possible,,,,,26\r\n"
    '"Ng, A",44,,,A,\r\n"Li, B",45,,,A,\r\n"Xu, C",46,,,A,\r\n'
)
MOODLE = (
    "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
    "Participant 7,A Ng,,13.00,-,\nParticipant 8,B Li,,13.00,-,\n"
)


def test_grades_are_written_in_three_forms(folder: ClassFolder) -> None:
    assert main(["export", str(folder.root)]) == 0
    assert {path.name for path in folder.grades.iterdir()} == {"grades.csv", "answers.csv", "grades.json"}
    found = rows((folder.grades / "grades.csv").read_text(encoding="utf-8"))
    assert [row["total"] for row in found] == ["100.00", "100.00"]
    long = rows((folder.grades / "answers.csv").read_text(encoding="utf-8"))
    assert tuple(long[0]) == ANSWER_COLUMNS


def test_a_late_policy_is_applied_and_kept(folder: ClassFolder) -> None:
    main(["export", str(folder.root), "--late", "10%/day"])
    main(["export", str(folder.root)])
    found = {row["student"]: row for row in rows((folder.grades / "grades.csv").read_text(encoding="utf-8"))}
    assert (found["s1"]["total"], found["s2"]["total"]) == ("100.00", "90.00")


def test_canvas_gets_its_own_file_filled_in(
    folder: ClassFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "book.csv").write_bytes(CANVAS.encode())
    assert main(["export", str(folder.root), "--late", "10%/day", "--canvas", str(tmp_path / "book.csv")]) == 0
    filled = (folder.grades / "canvas-book.csv").read_bytes().decode()
    assert filled == CANVAS.replace("44,,,A,", "44,,,A,26").replace("45,,,A,", "45,,,A,23.4")
    assert "2 marks written" in capsys.readouterr().out


def test_marks_as_they_are_are_not_scaled(folder: ClassFolder, tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_bytes(CANVAS.encode())
    main(
        [
            "export",
            str(folder.root),
            "--as-they-are",
            "--canvas",
            str(tmp_path / "book.csv"),
            "--canvas-column",
            "03=91",
        ]
    )
    assert "44,,,A,13\r\n" in (folder.grades / "canvas-book.csv").read_bytes().decode()


def test_moodle_gets_its_worksheet_filled_in(tmp_path: Path) -> None:
    file = received("s1", "03", sha256="a", address={"lms": "moodle", "moodle_participant": "7"})
    folder = a_class(tmp_path / "class", [graded(file)])
    (tmp_path / "sheet.csv").write_bytes(MOODLE.encode())
    assert main(["export", str(folder.root), "--moodle", str(tmp_path / "sheet.csv"), "--moodle-comments"]) == 0
    filled = (folder.grades / "moodle-03_sigmoid-sheet.csv").read_bytes().decode()
    assert "Participant 7,A Ng,13,13.00,-,13 of 13 points\n" in filled
    assert "Participant 8,B Li,,13.00,-,\n" in filled


@pytest.mark.parametrize(("option", "written"), [([], ",45,,,A,\r\n"), (["--zeros"], ",45,,,A,0\r\n")])
def test_nothing_handed_in_is_a_zero_only_when_asked_for(option: list[str], written: str, tmp_path: Path) -> None:
    file = received("s1", "03", sha256="a", address={"lms": "canvas", "canvas_id": "44"})
    folder = a_class(tmp_path / "class", [graded(file)])
    (folder.root / "roster.csv").write_text(
        'key,name,section,canvas_id,sis_id,login,email,moodle_participant\ns2,"Li, B",A,45,,,,\n', encoding="utf-8"
    )
    (tmp_path / "book.csv").write_bytes(CANVAS.encode())
    main(["export", str(folder.root), "--canvas", str(tmp_path / "book.csv"), *option])
    assert written in (folder.grades / "canvas-book.csv").read_bytes().decode()


def test_excel_is_told_that_it_is_utf8(folder: ClassFolder) -> None:
    main(["export", str(folder.root), "--excel"])
    assert (folder.grades / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,")


def test_an_open_case_is_1(tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", [open_case(received(sha256="a"))])
    assert main(["export", str(folder.root)]) == 1


def test_a_file_of_nobody_is_1(tmp_path: Path) -> None:
    stray = received("", outcome="unmatched", exercise="", file="")
    folder = a_class(tmp_path / "class", [graded(received(sha256="a"))], [stray])
    assert main(["export", str(folder.root)]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--late", "much"], "is not a percentage"),
        (["--weights", "22=1"], "the weights leave out 03_sigmoid"),
        (["--moodle", "22=sheet.csv"], "the class has no exercise 22"),
        (["--canvas", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_2_and_writes_nothing(
    arguments: list[str], said: str, folder: ClassFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(folder.root), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not folder.grades.exists()
    assert not folder.policy.exists()


def test_a_folder_that_is_no_class_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path)]) == 2
    assert "is no class" in capsys.readouterr().err
