"""`grade collect`: what it says and how it ends."""

import errno
from collections.abc import Sequence
from pathlib import Path

import pytest
from handins import SIGMOID, canvas, moodle, sheet, tree, unpacked, zipped

from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder
from course_lib.exercises.grading.cli import main
from course_lib.exercises.grading.manifest import read_manifest
from course_lib.exercises.grading.read import MAX_CELLS
from course_lib.exercises.model import MAX_ANSWER_SIZE


def ends(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """The exit code and what was printed."""
    code = main(["collect", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_all_collected_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = zipped(tmp_path / "all.zip", {canvas("wang", 1, 10): sheet(), canvas("wang", 1, 11): sheet(attempt=1)})
    code, out, err = ends(capsys, source, "--into", tmp_path / "class")
    assert (code, err) == (0, "")
    assert "all.zip: taken for a download of all submissions from Canvas (2 of 2 names fit)." in out
    assert "2 files in all; 1 notebooks of 1 students count." in out
    assert "need a person" not in out


def test_what_needs_a_person_is_named_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {canvas("wang", 1, 10): sheet(), canvas("li", 2, 11): b"", "what\x1b[31m.ipynb": sheet()}
    code, out, _ = ends(capsys, zipped(tmp_path / "all.zip", files), "--into", tmp_path / "class")
    assert code == 1
    assert "2 need a person" in out
    assert f"  {canvas('li', 2, 11)} of li: empty." in out
    assert "unmatched" in out
    # A terminal obeys control characters.
    assert "\x1b" not in out


def test_not_more_than_a_screen_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = zipped(tmp_path / "all.zip", {canvas(f"s{n}", n, n): b"" for n in range(30)})
    code, out, _ = ends(capsys, source, "--into", tmp_path / "class")
    assert code == 1
    assert "30 need a person" in out
    assert "… and 10 more." in out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none.zip"], "there is no file or folder"),
        (["hw.ipynb", "--exercise", "99"], "there is no exercise '99'"),
        (["hw.ipynb", "--roster", "none.csv"], "there is no file or folder none.csv"),
        (["hw.ipynb", "--roster", "."], ". is a folder; a file is needed"),
        (["hw.ipynb", "--roster", "hw.ipynb"], "no heading tells"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_writes_nothing(
    arguments: Sequence[str],
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hw.ipynb").write_bytes(sheet())
    before = tree(tmp_path)
    code, out, err = ends(capsys, *arguments, "--into", "class")
    assert (code, out) == (2, "")
    assert problem in err
    assert "Errno" not in err
    assert tree(tmp_path) == before


@pytest.mark.parametrize("into", ["class", "class/deep/er"])
@pytest.mark.parametrize("command", [["collect", "hw.ipynb"], ["all", "hw.ipynb"], ["nbgrader"]], ids=lambda c: c[0])
def test_a_class_that_is_a_file_ends_with_2(
    command: Sequence[str],
    into: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hw.ipynb").write_bytes(sheet())
    (tmp_path / "class").write_text("not a folder", encoding="utf-8")
    assert main([*command, "--into", into]) == 2
    assert capsys.readouterr().err == "grade: class is a file; --into needs a folder\n"
    assert (tmp_path / "class").read_text(encoding="utf-8") == "not a folder"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "class may not be read or written by you (that is how it is)"),
        (errno.EROFS, "class: that is how it is"),
        (errno.ENOTDIR, "class: a file stands where a folder is needed"),
    ],
)
def test_what_the_system_refuses_is_said_in_words(
    number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, "that is how it is", "class")

    monkeypatch.setattr("course_lib.exercises.grading.commands.collect.collect", refused)
    assert ends(capsys, tmp_path, "--into", tmp_path / "class") == (2, "", f"grade: {said}\n")


def test_a_refusal_that_names_no_file_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("course_lib.exercises.grading.commands.collect.collect", full)
    assert ends(capsys, tmp_path, "--into", tmp_path / "class") == (2, "", "grade: no room\n")


@pytest.mark.parametrize("option", [["--canvas", "none.csv"], ["--moodle", "03=none.csv"], ["--moodle", "none.csv"]])
def test_a_file_of_the_lms_that_is_missing_is_said_before_anything_is_done(
    option: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hw.ipynb").write_bytes(sheet())
    assert main(["all", "hw.ipynb", "--into", "class", *option]) == 2
    assert capsys.readouterr().err == "grade: there is no file none.csv; name what the LMS exported\n"
    assert not (tmp_path / "class").exists()


@pytest.mark.parametrize(
    ("option", "outcome"),
    [
        (["--received-size", 1], "too big"),
        (["--unpacked-size", 1], "zip bomb"),
        (["--received-size", 2, "--unpacked-size", 2], COLLECTED),
        ([], COLLECTED),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else value,
)
def test_how_much_is_read_is_an_option(
    option: Sequence[object], outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = zipped(tmp_path / "all.zip", {"mei/hw.ipynb": sheet() + b" " * 1_500_000})
    ends(capsys, source, "--into", tmp_path / "class", *option)
    assert [row.outcome for row in read_manifest(ClassFolder(tmp_path / "class"))] == [outcome]


def test_how_many_files_are_read_is_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = zipped(tmp_path / "all.zip", {"mei/hw.ipynb": sheet(), "li/hw.ipynb": sheet(attempt=1)})
    assert "(--files)" in ends(capsys, source, "--into", tmp_path / "class", "--files", 1)[1]
    assert ends(capsys, source, "--into", tmp_path / "class", "--files", 2)[0] == 0


def test_limits_without_an_option_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["run"], ["all"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        said = " ".join(capsys.readouterr().out.split())
        for limit in (f"{MAX_CELLS:,} cells", f"{MAX_ANSWER_SIZE:,} numbers", "2 MB of text", "32 MB", "0.256 MB"):
            assert limit in said


def test_every_option_has_its_effect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_bytes("id;name;moodle participant\ns1;Jörg Müller;17\n".encode("cp1252"))
    files = {moodle("Jörg Müller", 17): sheet(), moodle("Jörg Müller", 17, "b.ipynb"): sheet("06")}
    source = unpacked(tmp_path / "all", files)
    code, out, _ = ends(
        capsys, source, "--into", tmp_path / "class", "--from", "moodle", "--roster", roster, "--exercise", "03"
    )
    assert code == 1
    assert "b.ipynb of Jörg Müller: not asked for" in out
    assert "Windows-1252" in out
    assert list(tree(tmp_path / "class" / "submitted")) == [f"s1/{SIGMOID}.ipynb"]
    code, out, _ = ends(capsys, source, "--into", tmp_path / "class", "--student", "s1", "--encoding", "cp1252")
    assert code == 0
    assert len(tree(tmp_path / "class" / "submitted")) == 2
