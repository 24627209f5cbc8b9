"""`grade collect`: what it says and how it ends."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from handins import SIGMOID, canvas, moodle, sheet, tree, unpacked, zipped

from course_lib.exercises.grading.cli import main


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
        (["hw.ipynb", "--roster", "none.csv"], "No such file"),
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
    assert tree(tmp_path) == before


def test_a_class_that_is_a_file_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "class").write_text("not a folder", encoding="utf-8")
    code, _, err = ends(capsys, zipped(tmp_path / "all.zip", {"mei/hw.ipynb": sheet()}), "--into", tmp_path / "class")
    assert code == 2
    assert "class" in err
    assert (tmp_path / "class").read_text(encoding="utf-8") == "not a folder"


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
