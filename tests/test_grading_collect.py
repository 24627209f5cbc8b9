"""From what an LMS gives to one notebook per student and exercise: nothing lost, nothing written elsewhere."""

import errno
import os
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from grading_submissions import notebook
from handins import RELU, SIGMOID, canvas, collected, moodle, outcomes, sheet, tree, unpacked, with_outputs, zipped
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from course_lib.exercises.grading import collect as collecting
from course_lib.exercises.grading.archives import Budget
from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder, Received
from course_lib.exercises.grading.collect import OUTCOMES, collect, exercise_stems, needs_person, settle
from course_lib.exercises.grading.manifest import guarded, read_manifest, unguarded, write_manifest
from course_lib.exercises.grading.naming import clue, stem_and_attempt

ROOT = Path(__file__).resolve().parents[1]

WAYS = {
    "canvas": {canvas("wangmei", 4411, 98001): "4411", canvas("王小明", 4412, 98002, late=True): "4412"},
    "canvas-anonymous": {"anon_x7Qf2_98001_hw.ipynb": "anon_x7Qf2", "LATE_anon_b81_98002_hw.ipynb": "anon_b81"},
    "moodle": {moodle("Mei Wang", 17): "17", moodle("José Álvarez-O'Neil 🎓", 18): "18"},
    "moodle-before-4.1": {moodle("Mei Wang", 17, style="old"): "17", moodle("李 明", 18, style="old"): "18"},
    "moodle-flat": {moodle("Mei Wang", 17, style="flat"): "17", moodle("Li Ming", 18, style="flat"): "18"},
    "moodle-blind": {moodle("Participant", 17): "17", moodle("Participant", 18): "18"},
    "moodle-own-folders": {moodle("Mei Wang", 17, "work/final/hw.ipynb"): "17"},
    "nbgrader": {f"submitted/mei/{SIGMOID}/{SIGMOID}.ipynb": "mei", "submitted/li ming/ps1/hw.ipynb": "li ming"},
    "nbgrader-below": {f"mei/{SIGMOID}/{SIGMOID}.ipynb": "mei", f"Jörg/{SIGMOID}/hw.ipynb": "Jörg"},
    "folder-per-student": {"mei/hw.ipynb": "mei", "李明/my homework.ipynb": "李明"},
    "folder-per-exercise": {f"{SIGMOID}/mei.ipynb": "mei", f"{SIGMOID}/li.ipynb": "li"},
    "endings-of-browsers": {"mei_03_sigmoid.ipynb.txt": "mei", "l.ming_03_sigmoid.IPYNB": "l.ming"},
    "flat-folder": {f"mei_{SIGMOID}.ipynb": "mei", f"{SIGMOID} Li Ming.ipynb": "Li Ming"},
}


@pytest.mark.parametrize("packed", [True, False], ids=["zip", "folder"])
@pytest.mark.parametrize("files", WAYS.values(), ids=WAYS.keys())
def test_each_way_of_naming_is_found_out(files: dict[str, str], packed: bool, tmp_path: Path) -> None:
    contents = {name: sheet(attempt=number) for number, name in enumerate(files)}
    source = zipped(tmp_path / "all.zip", contents) if packed else unpacked(tmp_path / "all", contents)
    assert collected(tmp_path / "class", source) == dict.fromkeys(files, COLLECTED)
    written = {name: content for name, content in tree(tmp_path / "class").items() if name.endswith(".ipynb")}
    assert written == {f"submitted/{key}/{SIGMOID}.ipynb": contents[name] for name, key in files.items()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [(canvas("wang", 4411, 98001), "Canvas"), (moodle("Mei Wang", 17), "Moodle"), ("mei/hw.ipynb", "plain folder")],
)
def test_what_a_source_was_taken_for_is_said(name: str, kind: str, tmp_path: Path) -> None:
    notes = collect([zipped(tmp_path / "all.zip", {name: sheet()})], ClassFolder(tmp_path / "class")).notes
    assert kind in notes[0]
    assert "1 of 1" in notes[0]


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("name", ["{}4411_98001_hw.ipynb", "{}anon_x7_98001_hw.ipynb"], ids=["named", "anonymous"])
def test_canvas_marks_what_was_late(name: str, late: bool, tmp_path: Path) -> None:
    who = "" if "anon" in name else "wang_"
    file = who + name.format("LATE_" if late else "")
    rows = collect([zipped(tmp_path / "all.zip", {file: sheet()})], ClassFolder(tmp_path / "class")).rows
    assert [(row.late, row.name) for row in rows] == [(late, who.strip("_"))]


CANVAS_NAMES = {
    "file-that-begins-with-digits": ("anon_kZ3xQ_15_03_sigmoid.ipynb", ("anon_kZ3xQ", "", False, 1)),
    "late": ("LATE_anon_kZ3xQ_15_03_sigmoid.ipynb", ("anon_kZ3xQ", "", True, 1)),
    "again": ("LATE_anon_kZ3xQ_16_03_sigmoid-1.ipynb", ("anon_kZ3xQ", "", True, 2)),
    "id-that-begins-with-digits": ("anon_7Qf2b_15_22_06_relu.ipynb", ("anon_7Qf2b", "", False, 1)),
    "id-that-ends-with-digits": ("anon_b8123_15_4411_98001_hw.ipynb", ("anon_b8123", "", False, 1)),
    "file-with-an-id-in-it": ("anon_kZ3xQ_15_wang_4411_98001_hw.ipynb", ("anon_kZ3xQ", "", False, 1)),
    "file-called-late": ("anon_kZ3xQ_15_LATE_4411_9_hw.ipynb", ("anon_kZ3xQ", "", False, 1)),
    "id-of-digits-alone": ("anon_48123_15_03_sigmoid.ipynb", ("48123", "anon", False, 1)),
    "late-id-of-digits-alone": ("LATE_anon_48123_15_03_sigmoid.ipynb", ("48123", "anon", True, 1)),
    "text": ("LATE_anon_kZ3xQ_text.html", ("anon_kZ3xQ", "", True, 1)),
    "called-anon": ("anon_4411_98001_03_sigmoid.ipynb", ("4411", "anon", False, 1)),
    "called-anon-and-late": ("anon_LATE_4411_98001_03_sigmoid.ipynb", ("4411", "anon", True, 1)),
    "called-anon-text": ("anon_LATE_4411_text.html", ("4411", "anon", True, 1)),
    "called-ananon": ("ananon_4411_98001_03_sigmoid.ipynb", ("4411", "ananon", False, 1)),
    "named": ("wang_LATE_4411_98001_03_06_relu-2.ipynb", ("4411", "wang", True, 3)),
    "file-called-anon": ("wang_4411_98001_anon_kZ3xQ_15_hw.ipynb", ("4411", "wang", False, 1)),
}


@pytest.mark.parametrize(("file", "told"), CANVAS_NAMES.values(), ids=CANVAS_NAMES.keys())
def test_a_name_from_canvas_tells_who_and_when(file: str, told: tuple[str, str, bool, int]) -> None:
    found = clue(file, "canvas")
    assert (found.student, found.name, found.late, stem_and_attempt(found.file)[1]) == told


def test_an_anonymous_second_download_takes_the_place_of_the_first(tmp_path: Path) -> None:
    first = {"anon_kZ3xQ_15_03_sigmoid.ipynb": sheet(), "anon_7Qf2b_16_03_sigmoid.ipynb": sheet(attempt=1)}
    again = {
        "LATE_anon_kZ3xQ_25_03_sigmoid-1.ipynb": sheet(attempt=2),
        "LATE_anon_7Qf2b_26_03_sigmoid-1.ipynb": sheet(attempt=3),
    }
    collected(tmp_path / "class", zipped(tmp_path / "first.zip", first))
    result = collected(tmp_path / "class", zipped(tmp_path / "again.zip", again))
    assert result == dict.fromkeys(first, "superseded") | dict.fromkeys(again, COLLECTED)
    assert tree(tmp_path / "class" / "submitted") == {
        f"anon_{who}/{SIGMOID}.ipynb": content for who, content in zip(("kZ3xQ", "7Qf2b"), again.values(), strict=True)
    }


@pytest.mark.parametrize(
    "file", [f"{SIGMOID}.ipynb", f"l.ming_{SIGMOID}.ipynb", f"{SIGMOID}-2.ipynb", f"{SIGMOID}.ipynb.txt"]
)
def test_the_exercise_of_a_broken_file_comes_from_its_name(file: str, tmp_path: Path) -> None:
    source = zipped(tmp_path / "all.zip", {canvas("wang", 1, 10, file): b""})
    rows = collect([source], ClassFolder(tmp_path / "class")).rows
    assert [(row.outcome, row.exercise, row.student) for row in rows] == [("empty", SIGMOID, "1")]


def test_a_name_that_does_not_follow_the_lms_is_listed_not_guessed(tmp_path: Path) -> None:
    files = {canvas("wang", 4411, 98001): sheet(), canvas("li", 4412, 98002): sheet(), "wang.ipynb": sheet()}
    result = collected(tmp_path / "class", zipped(tmp_path / "all.zip", files))
    assert result["wang.ipynb"] == "unmatched"


def test_whose_it_is_never_comes_from_the_inside(tmp_path: Path) -> None:
    content = notebook(["student = 4499", 'check("03-stable-sigmoid")'], metadata={"student": "4499"}).encode()
    collected(tmp_path / "class", zipped(tmp_path / "all.zip", {canvas("wang", 4411, 98001): content}))
    assert [row.student for row in read_manifest(ClassFolder(tmp_path / "class"))] == ["4411"]


FILES = {
    "empty": (b"", "empty"),
    "truncated": (sheet()[:-30], "truncated"),
    "text": (b"def f(): pass", "not JSON"),
    "web-page": (b"<!DOCTYPE html><html></html>", "not JSON"),
    "other-json": (b'{"a": 1}', "not a notebook"),
    "nbformat-3": (
        b'{"worksheets": [{"cells": [{"cell_type": "code", "input": "check(\\"03-stable-sigmoid\\")"}]}]}',
        COLLECTED,
    ),
    "course-notebook": ((ROOT / "notebooks" / f"{SIGMOID}.ipynb").read_bytes(), "course notebook"),
    "no-lesson": (notebook(["x = 1"]).encode(), "unknown lesson"),
    "other-exercise": (sheet("06"), "not asked for"),
    "big-outputs": (with_outputs(33_000_000), COLLECTED),
    "text-without-end": (notebook(["x" * 40_000_000]).encode(), "too big"),
    "blank-exercise": ((ROOT / "exercises" / f"{SIGMOID}.ipynb").read_bytes(), COLLECTED),
    "solution": ((ROOT / "solutions" / f"{SIGMOID}.ipynb").read_bytes(), COLLECTED),
}


@pytest.mark.parametrize(("content", "outcome"), FILES.values(), ids=FILES.keys())
def test_every_file_has_a_named_outcome(content: bytes, outcome: str, tmp_path: Path) -> None:
    source = zipped(tmp_path / "all.zip", {canvas("wang", 4411, 98001, "hw.ipynb"): content})
    rows = collect([source], ClassFolder(tmp_path / "class"), exercises=["03"]).rows
    assert [(row.student, row.outcome) for row in rows] == [("4411", outcome)]
    assert outcome in OUTCOMES
    assert (rows[0].outcome == COLLECTED) == bool(rows[0].file)
    assert [row.received_as for row in needs_person(rows)] == ([] if outcome == COLLECTED else [rows[0].received_as])


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_course_notebook_passes_for_its_exercise(path: Path, tmp_path: Path) -> None:
    source = unpacked(tmp_path / "all", {f"mei/{path.name}": path.read_bytes()})
    # A gallery belongs to no lesson.
    wanted = "unknown lesson" if path.stem.startswith("9") else "course notebook"
    assert set(collected(tmp_path / "class", source).values()) == {wanted}


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_exercise_is_known_by_its_content(path: Path, tmp_path: Path) -> None:
    source = unpacked(tmp_path / "all", {"mei/homework.ipynb": path.read_bytes()})
    rows = collect([source], ClassFolder(tmp_path / "class")).rows
    assert [row.file for row in rows] == [f"submitted/mei/{path.stem}.ipynb"]


def test_a_notebook_with_much_output_is_kept_without_it(tmp_path: Path) -> None:
    source = unpacked(tmp_path / "all", {"mei/hw.ipynb": with_outputs(100_000_000)})
    assert collected(tmp_path / "class", source) == {"mei/hw.ipynb": COLLECTED}
    assert (tmp_path / "class" / "submitted" / "mei" / f"{SIGMOID}.ipynb").stat().st_size < 1_000


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("report.pdf", "attachment"),
        ("solution.py", "attachment"),
        ("work.zip", "archive"),
        ("work.tar.gz", "archive"),
        (".DS_Store", "ignored"),
        ("__MACOSX/._hw.ipynb", "ignored"),
        (f".ipynb_checkpoints/{SIGMOID}-checkpoint.ipynb", "ignored"),
    ],
)
def test_what_is_no_notebook_is_listed(name: str, outcome: str, tmp_path: Path) -> None:
    source = unpacked(tmp_path / "all", {f"mei/{name}": b"PK", "mei/hw.ipynb": sheet()})
    rows = collect([source], ClassFolder(tmp_path / "class")).rows
    assert outcomes(rows) == {f"mei/{name}": outcome, "mei/hw.ipynb": COLLECTED}
    # Beside a notebook that counts it needs nobody.
    assert needs_person(rows) == []


@pytest.mark.parametrize(
    "name",
    [
        "li_4412_text.html",
        "li_4412_link.html",
        canvas("li", 4412, 98002, "report.pdf"),
    ],
)
def test_a_student_without_a_notebook_needs_a_person(name: str, tmp_path: Path) -> None:
    source = zipped(tmp_path / "all.zip", {canvas("wang", 4411, 98001): sheet(), name: b"<html>"})
    rows = collect([source], ClassFolder(tmp_path / "class")).rows
    assert [(row.student, row.outcome) for row in needs_person(rows)] == [("4412", "attachment")]


def test_moodles_online_text_is_listed_with_its_student(tmp_path: Path) -> None:
    text = "Li Ming_18_assignsubmission_onlinetext/onlinetext.html"
    source = zipped(tmp_path / "all.zip", {moodle("Mei Wang", 17): sheet(), text: b"<p>"})
    rows = collect([source], ClassFolder(tmp_path / "class")).rows
    assert [(row.student, row.outcome) for row in rows] == [("17", COLLECTED), ("18", "attachment")]


# Which of several attempts counts.


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param(canvas("w", 4411, 98001), canvas("w", 4411, 98007, f"{SIGMOID}-1.ipynb"), id="canvas-attachment"),
        pytest.param(canvas("w", 4411, 98001, "z.ipynb"), canvas("w", 4411, 98007, "a.ipynb"), id="canvas-other-name"),
        pytest.param(canvas("w", 4411, 999), canvas("w", 4411, 1000, late=True), id="canvas-late"),
        pytest.param(moodle("W", 17, "hw.ipynb"), moodle("W", 17, "hw-2.ipynb"), id="moodle-number"),
        pytest.param("w/hw-2.ipynb", "w/hw-10.ipynb", id="folder-number"),
        pytest.param("w/hw.ipynb", "w/hw (1).ipynb", id="browser"),
        pytest.param("w/hw.ipynb", "w/hw - Copy.ipynb", id="file-manager"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["in-order", "turned"])
def test_the_latest_attempt_counts(earlier: str, later: str, turned: bool, tmp_path: Path) -> None:
    files = [(earlier, sheet(attempt=1)), (later, sheet(attempt=2))]
    source = zipped(tmp_path / "all.zip", files[::-1] if turned else files)
    assert collected(tmp_path / "class", source) == {earlier: "superseded", later: COLLECTED}
    assert [sheet(attempt=2)] == [c for name, c in tree(tmp_path / "class").items() if name.endswith(".ipynb")]


def test_nbgraders_time_stamp_decides(tmp_path: Path) -> None:
    def handed_in(hour: str, attempt: int) -> dict[str, bytes]:
        folder = f"submitted/mei/{SIGMOID}"
        return {f"{folder}/timestamp.txt": hour.encode(), f"{folder}/hw.ipynb": sheet(attempt=attempt)}

    late = unpacked(tmp_path / "late", handed_in("2026-11-20 09:00:00.000000 Asia/Shanghai", 1))
    early = unpacked(tmp_path / "early", handed_in("2026-11-20 00:30:00.000000 UTC", 2))
    folder = ClassFolder(tmp_path / "class")
    collect([late], folder)
    rows = collect([early], folder).rows
    counting = [row for row in rows if row.outcome == COLLECTED]
    assert [(row.source, row.submitted_at) for row in counting] == [("late", "2026-11-20T01:00:00+00:00")]
    assert needs_person(rows) == []


@pytest.mark.parametrize("stamp", [b"", b"yesterday", b"2026-11-20 09:00:00 Mars/Phobos", b"\xff\xfe", b"9" * 500])
def test_a_strange_time_stamp_is_no_time(stamp: bytes, tmp_path: Path) -> None:
    files = {f"submitted/mei/{SIGMOID}/timestamp.txt": stamp, f"submitted/mei/{SIGMOID}/hw.ipynb": sheet()}
    rows = collect([unpacked(tmp_path / "all", files)], ClassFolder(tmp_path / "class")).rows
    assert [row.submitted_at for row in rows if row.outcome == COLLECTED] == [""]


def test_files_in_no_order_count_only_when_a_person_says_which(tmp_path: Path) -> None:
    folder = ClassFolder(tmp_path / "class")
    source = unpacked(tmp_path / "all", {"mei/a.ipynb": sheet(attempt=1), "mei/b.ipynb": sheet(attempt=2)})
    rows = collect([source], folder).rows
    assert outcomes(rows) == {"mei/a.ipynb": "ambiguous", "mei/b.ipynb": "ambiguous"}
    assert len(needs_person(rows)) == 2
    rows = collect([source / "mei" / "b.ipynb"], folder, student="mei").rows
    assert outcomes(rows) == {"mei/a.ipynb": "superseded", "mei/b.ipynb": COLLECTED, "b.ipynb": "duplicate"}
    assert needs_person(rows) == []


def test_the_same_content_again_is_a_duplicate_and_the_first_stays(tmp_path: Path) -> None:
    first, again = canvas("w", 4411, 98001), canvas("w", 4411, 98002, f"{SIGMOID}-1.ipynb", late=True)
    source = zipped(tmp_path / "all.zip", {first: sheet(), again: sheet()})
    rows = collect([source], ClassFolder(tmp_path / "class")).rows
    assert outcomes(rows) == {first: COLLECTED, again: "duplicate"}
    assert not rows[0].late


def test_a_later_zip_supersedes_per_student_and_exercise(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    monday = {canvas("w", 1, 10): sheet(), canvas("l", 2, 11): sheet(), canvas("w", 1, 12, "r.ipynb"): sheet("06")}
    friday = {canvas("w", 1, 20): sheet(attempt=2)}
    collected(folder, zipped(tmp_path / "monday.zip", monday))
    result = collected(folder, zipped(tmp_path / "friday.zip", friday))
    assert [result[name] for name in (*monday, *friday)] == ["superseded", COLLECTED, COLLECTED, COLLECTED]
    assert tree(folder / "submitted") == {
        f"1/{SIGMOID}.ipynb": sheet(attempt=2),
        f"1/{RELU}.ipynb": sheet("06"),
        f"2/{SIGMOID}.ipynb": sheet(),
    }


def test_an_older_zip_that_comes_later_does_not_win(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    new, old = {canvas("w", 1, 20): sheet(attempt=2)}, {canvas("w", 1, 10): sheet(attempt=1)}
    collected(folder, zipped(tmp_path / "friday.zip", new))
    result = collected(folder, zipped(tmp_path / "monday.zip", old))
    assert result == {canvas("w", 1, 20): COLLECTED, canvas("w", 1, 10): "superseded"}


def test_a_zip_of_the_same_name_with_other_contents_adds_to_it(tmp_path: Path) -> None:
    folder, name = tmp_path / "class", moodle("Mei Wang", 17)
    collected(folder, zipped(tmp_path / "a" / "all.zip", {name: sheet(attempt=1)}))
    rows = collect([zipped(tmp_path / "b" / "all.zip", {name: sheet(attempt=2)})], ClassFolder(folder)).rows
    assert [row.outcome for row in rows] == ["superseded", COLLECTED]
    assert tree(folder / "submitted") == {f"17/{SIGMOID}.ipynb": sheet(attempt=2)}


def test_a_file_of_another_name_in_a_later_download_counts(tmp_path: Path) -> None:
    folder, old, new = tmp_path / "class", moodle("Mei Wang", 17, "b.ipynb"), moodle("Mei Wang", 17, "a.ipynb")
    collected(folder, zipped(tmp_path / "monday" / "all.zip", {old: sheet(attempt=1)}))
    both = {old: sheet(attempt=1), new: sheet(attempt=2)}
    result = collected(folder, zipped(tmp_path / "friday" / "all.zip", both))
    assert result == {old: "superseded", new: COLLECTED}


def test_a_broken_attempt_does_not_hide_a_good_one(tmp_path: Path) -> None:
    good, broken = canvas("w", 1, 10), canvas("w", 1, 11, f"{SIGMOID}-1.ipynb")
    rows = collect([zipped(tmp_path / "all.zip", {good: sheet(), broken: b""})], ClassFolder(tmp_path / "class")).rows
    assert outcomes(rows) == {good: COLLECTED, broken: "empty"}
    # It is the later one, so a person should know.
    assert [row.received_as for row in needs_person(rows)] == [broken]


def test_a_broken_attempt_before_a_good_one_needs_nobody(tmp_path: Path) -> None:
    broken, good = canvas("w", 1, 10), canvas("w", 1, 11, f"{SIGMOID}-1.ipynb")
    rows = collect([zipped(tmp_path / "all.zip", {good: sheet(), broken: b""})], ClassFolder(tmp_path / "class")).rows
    assert outcomes(rows) == {good: COLLECTED, broken: "empty"}
    assert needs_person(rows) == []


# Doing it again.


def mixed(tmp_path: Path) -> Path:
    files = [
        (canvas("w", 1, 10), sheet(attempt=1)),
        (canvas("w", 1, 11, f"{SIGMOID}-1.ipynb"), sheet(attempt=2)),
        (canvas("=cmd", 2, 12), sheet()),
        (canvas("l", 2, 12, "a\nb.ipynb"), sheet("06")),
        (canvas("l", 3, 13), b""),
        (canvas("l", 3, 14, "x.pdf"), b"%PDF"),
        ("'=1+1.ipynb", sheet()),
        ("../../up.ipynb", sheet()),
    ]
    return zipped(tmp_path / "all.zip", files)


def test_collecting_again_changes_nothing(tmp_path: Path) -> None:
    source = mixed(tmp_path)
    collected(tmp_path / "class", source)
    before = tree(tmp_path / "class")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "class").rglob("*.*") if path.is_file()}
    collected(tmp_path / "class", source)
    assert tree(tmp_path / "class") == before
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_together_or_one_after_the_other_is_the_same(tmp_path: Path) -> None:
    first = zipped(tmp_path / "a.zip", {canvas("w", 1, 10): sheet(), canvas("l", 2, 11): sheet(attempt=3)})
    second = zipped(tmp_path / "b.zip", {canvas("w", 1, 20): sheet(attempt=2)})
    collected(tmp_path / "together", first, second)
    collected(tmp_path / "apart", first)
    collected(tmp_path / "apart", second)
    assert tree(tmp_path / "together" / "submitted") == tree(tmp_path / "apart" / "submitted")


def test_a_file_that_was_lost_comes_back(tmp_path: Path) -> None:
    source = mixed(tmp_path)
    collected(tmp_path / "class", source)
    before = tree(tmp_path / "class")
    (tmp_path / "class" / "submitted" / "1" / f"{SIGMOID}.ipynb").unlink()
    collected(tmp_path / "class", source)
    assert tree(tmp_path / "class") == before


def test_a_file_that_a_person_has_mended_stays_until_its_source_comes_again(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    one = zipped(tmp_path / "one.zip", {canvas("w", 1, 10): sheet()})
    collected(folder, one)
    place = folder / "submitted" / "1" / f"{SIGMOID}.ipynb"
    place.write_bytes(sheet(attempt=5))
    collected(folder, zipped(tmp_path / "two.zip", {canvas("l", 2, 11): sheet()}))
    assert place.read_bytes() == sheet(attempt=5)
    assert (folder / "submitted" / "2" / f"{SIGMOID}.ipynb").read_bytes() == sheet()
    collected(folder, one)
    assert place.read_bytes() == sheet()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["write_manifest", "_placed", "copyfile", "settle", "parse"])
def test_stopped_at_any_step_the_next_run_makes_it_whole(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = zipped(tmp_path / "a.zip", {canvas("w", 1, 10): sheet(), canvas("l", 2, 11): sheet()})
    second = zipped(tmp_path / "b.zip", {canvas("w", 1, 20): sheet(attempt=2), canvas("m", 3, 21): sheet()})
    for folder in ("whole", "stopped"):
        collected(tmp_path / folder, first)
    collected(tmp_path / "whole", second)

    def stop(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(collecting, step, stop)
        # A killed process cleans nothing up.
        broken.setattr(collecting, "rmtree", lambda _: None)
        with pytest.raises(Killed):
            collected(tmp_path / "stopped", second)
    # What counted before still stands there.
    assert (tmp_path / "stopped" / "submitted" / "2" / f"{SIGMOID}.ipynb").read_bytes() == sheet()
    collected(tmp_path / "stopped", second)
    assert tree(tmp_path / "stopped") == tree(tmp_path / "whole")


@pytest.mark.parametrize("step", ["copyfile", "write_manifest"])
def test_a_full_disk_is_said_and_costs_nothing(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = zipped(tmp_path / "a.zip", {canvas("w", 1, 10): sheet()})
    collected(tmp_path / "class", first)
    before = tree(tmp_path / "class")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(collecting, step, full)
        with pytest.raises(OSError, match=r"No space left on device.*is kept"):
            collected(tmp_path / "class", zipped(tmp_path / "b.zip", {canvas("l", 2, 20): sheet()}))
    after = tree(tmp_path / "class")
    assert {name: after[name] for name in before} == before
    assert not (tmp_path / "class" / ".collecting").exists()


def test_two_at_once_into_one_class_are_refused(tmp_path: Path) -> None:
    source = mixed(tmp_path)
    collected(tmp_path / "class", source)
    other = sqlite3.connect(tmp_path / "class" / ".collecting.lock", isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ValueError, match="being collected"):
            collected(tmp_path / "class", source)
    finally:
        other.close()
    assert collected(tmp_path / "class", source)


def test_a_class_folder_within_the_source_is_left_out(tmp_path: Path) -> None:
    unpacked(tmp_path, {"mei/hw.ipynb": sheet()})
    for _ in range(2):
        assert collected(tmp_path / "class", tmp_path) == {"mei/hw.ipynb": COLLECTED}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2)), max_size=12))
def test_of_the_files_for_an_exercise_one_counts_or_a_person_decides(handed: list[tuple[str, int, int, int]]) -> None:
    rows = [
        Received(
            f"{student}/{content}.ipynb", f"{turn}.zip", COLLECTED, "", student, "", SIGMOID, "", str(content), mark
        )
        for student, turn, mark, content in handed
    ]
    settled = settle(rows)
    for student in {row.student for row in rows}:
        ends = [row.outcome for row in settled if row.student == student]
        assert (ends.count(COLLECTED) == 1) != (ends.count("ambiguous") > 1)
    assert settle(settled) == settled


# Who is asked, and which exercise.


def test_another_exercise_than_asked_is_not_kept(tmp_path: Path) -> None:
    source = unpacked(tmp_path / "all", {"mei/a.ipynb": sheet(), "mei/b.ipynb": sheet("06")})
    assert collected(tmp_path / "class", source, exercises=["06_relu"]) == {
        "mei/a.ipynb": "not asked for",
        "mei/b.ipynb": COLLECTED,
    }
    assert list(tree(tmp_path / "class" / "submitted")) == [f"mei/{RELU}.ipynb"]


@pytest.mark.parametrize(
    ("asked", "outcome"), [([], "unknown lesson"), (["03"], COLLECTED), (["22"], "unknown lesson")]
)
def test_what_was_asked_for_settles_a_doubt(asked: list[str], outcome: str, tmp_path: Path) -> None:
    both = notebook(['check("03-stable-sigmoid"), check("06-repair-relu")']).encode()
    source = unpacked(tmp_path / "all", {"mei/hw.ipynb": both})
    assert collected(tmp_path / "class", source, exercises=asked) == {"mei/hw.ipynb": outcome}


def test_an_unknown_exercise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no exercise '99'; there are 00_start_here"):
        collected(tmp_path / "class", mixed(tmp_path), exercises=["99"])


def test_a_source_that_is_not_there_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file or folder"):
        collected(tmp_path / "class", mixed(tmp_path), tmp_path / "none.zip")
    assert not (tmp_path / "class").exists()


def test_every_lesson_with_questions_has_a_file() -> None:
    files = {path.stem for path in (ROOT / "exercises").glob("*.ipynb")}
    assert set(exercise_stems().values()) == files


# Zips that mean harm, or are broken.


def hostile(tmp_path: Path, name: str, content: bytes = b"", **attributes: int) -> Path:
    """A Canvas zip with one honest hand-in and one entry that is not."""
    path = zipped(tmp_path / "all.zip", {canvas("l", 2, 11): sheet()})
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo(name)
        for key, value in attributes.items():
            setattr(info, key, value)
        archive.writestr(info, content or sheet(attempt=9))
    return path


def test_numbers_without_end_are_no_numbers(tmp_path: Path) -> None:
    """Python refuses to read more than 4,300 digits."""
    endless = "9" * 5_000
    files = {f"w_1_{endless}_a.ipynb": sheet(attempt=1), f"w_1_{endless}1_b.ipynb": sheet(attempt=2)}
    result = collected(tmp_path / "class", zipped(tmp_path / "all.zip", files), source_kind="canvas")
    assert set(result.values()) == {"unsafe path"}
    files = {f"w_1_{'9' * 30}_a.ipynb": sheet(attempt=1), canvas("w", 1, 10): sheet(attempt=2)}
    result = collected(tmp_path / "class", zipped(tmp_path / "more.zip", files), source_kind="canvas")
    assert result[f"w_1_{'9' * 30}_a.ipynb"] == "unmatched"


ESCAPES = [
    f"../{canvas('w', 1, 10)}",
    f"a/../../../../{canvas('w', 1, 10)}",
    f"/{canvas('w', 1, 10)}",
    f"C:/{canvas('w', 1, 10)}",
    f"C:{canvas('w', 1, 10)}",
    f"..\\..\\{canvas('w', 1, 10)}",
    f"\\\\server\\share\\{canvas('w', 1, 10)}",
]


@pytest.mark.parametrize("name", ESCAPES)
def test_a_path_out_of_the_zip_is_named_and_goes_nowhere(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "deep" / "er" / "class"
    source = hostile(tmp_path, name)
    before = tree(tmp_path)
    result = collected(inside, source, source_kind="canvas")
    assert set(result.values()) == {"unsafe path", COLLECTED}
    after = {path: content for path, content in tree(tmp_path).items() if not path.startswith("deep/er/class/")}
    assert after == before
    assert list(tree(inside / "submitted")) == [f"2/{SIGMOID}.ipynb"]


def test_a_link_in_a_zip_is_no_file(tmp_path: Path) -> None:
    source = hostile(tmp_path, canvas("w", 1, 10), b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)
    assert collected(tmp_path / "class", source)[canvas("w", 1, 10)] == "not a file"


def test_an_unknown_packing_is_not_tried(tmp_path: Path) -> None:
    path = zipped(tmp_path / "all.zip", {canvas("l", 2, 11): sheet()})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(canvas("w", 1, 10), sheet(), zipfile.ZIP_LZMA)
    assert collected(tmp_path / "class", path) == {canvas("l", 2, 11): COLLECTED, canvas("w", 1, 10): "damaged"}


def flipped(path: Path, mark: bytes, offset: int, value: int) -> Path:
    """The file with one byte changed, counted from the last place of `mark`."""
    content = bytearray(path.read_bytes())
    content[content.rindex(mark) + offset] = value
    path.write_bytes(bytes(content))
    return path


def test_an_encrypted_file_is_named(tmp_path: Path) -> None:
    # The last entry's flags in the directory at the zip's end.
    source = flipped(hostile(tmp_path, canvas("w", 1, 10)), b"PK\x01\x02", 8, 1)
    assert collected(tmp_path / "class", source) == {canvas("l", 2, 11): COLLECTED, canvas("w", 1, 10): "encrypted"}


def test_a_damaged_file_does_not_cost_the_others(tmp_path: Path) -> None:
    source = flipped(hostile(tmp_path, canvas("w", 1, 10)), b"nbformat", 2, 0)
    assert collected(tmp_path / "class", source) == {canvas("l", 2, 11): COLLECTED, canvas("w", 1, 10): "damaged"}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"no zip at all"])
def test_a_zip_that_is_none_is_named_and_forgiven_when_it_comes_whole(content: bytes, tmp_path: Path) -> None:
    folder = ClassFolder(tmp_path / "class")
    good = zipped(tmp_path / "good.zip", {canvas("l", 2, 11): sheet()})
    bad = tmp_path / "bad.zip"
    bad.write_bytes(content)
    rows = collect([bad, good], folder).rows
    assert outcomes(rows) == {"bad.zip": "damaged", canvas("l", 2, 11): COLLECTED}
    assert [row.received_as for row in needs_person(rows)] == ["bad.zip"]
    zipped(bad, {canvas("w", 1, 12): sheet()})
    assert needs_person(collect([bad], folder).rows) == []


def test_a_bomb_is_not_read_and_the_others_are(tmp_path: Path) -> None:
    files = {canvas("w", 1, 10): sheet() + b" " * 50_000_000, canvas("l", 2, 11): sheet()}
    source = zipped(tmp_path / "all.zip", files)
    assert source.stat().st_size < 100_000
    result = collected(tmp_path / "class", source, budget=Budget(flat=1_000_000, per_byte=20))
    assert result == {canvas("w", 1, 10): "zip bomb", canvas("l", 2, 11): COLLECTED}


@pytest.mark.parametrize("make", [zipped, unpacked], ids=["zip", "folder"])
def test_a_file_that_would_be_too_big_is_not_read(make: Callable[..., Path], tmp_path: Path) -> None:
    files = {canvas("w", 1, 10): sheet() + b" " * 1_000_000, canvas("l", 2, 11): sheet()}
    source = make(tmp_path / "all.zip", files)
    result = collected(tmp_path / "class", source, budget=Budget(file_bytes=1_000_000))
    assert result == {canvas("w", 1, 10): "too big", canvas("l", 2, 11): COLLECTED}
    larger = Budget(file_bytes=1_000_000 + len(sheet()))
    assert set(collected(tmp_path / "again", source, budget=larger).values()) == {COLLECTED}


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {canvas("w", 1, 10): sheet()}).read_bytes()
    source = zipped(tmp_path / "all.zip", {canvas("w", 1, 10, "hw.zip"): inner, canvas("l", 2, 11): sheet()})
    rows = collect([source], ClassFolder(tmp_path / "class")).rows
    assert outcomes(rows) == {canvas("w", 1, 10, "hw.zip"): "archive", canvas("l", 2, 11): COLLECTED}
    assert [row.student for row in needs_person(rows)] == ["1"]


@pytest.mark.parametrize("make", [zipped, unpacked], ids=["zip", "folder"])
def test_too_many_files_are_refused_as_a_whole(make: Callable[..., Path], tmp_path: Path) -> None:
    source = make(tmp_path / "all.zip", {canvas(f"w{n}", n, n): sheet(attempt=n) for n in range(6)})
    assert collected(tmp_path / "class", source, budget=Budget(files=5)) == {"all.zip": "zip bomb"}
    assert len(collected(tmp_path / "again", source, budget=Budget(files=6))) == 6


def test_fifty_thousand_entries_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(50_000):
            archive.writestr(zipfile.ZipInfo(f"mei/{number}.txt"), b"")
        archive.writestr(f"mei/{SIGMOID}.ipynb", sheet())
    result = collected(tmp_path / "class", path)
    assert len(result) == 50_001
    assert result[f"mei/{SIGMOID}.ipynb"] == COLLECTED


def test_a_name_twice_in_a_zip_gives_two_rows_and_the_later_counts(tmp_path: Path) -> None:
    name, path = canvas("w", 1, 10), tmp_path / "all.zip"
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped(path, [(name, sheet(attempt=1)), (name, sheet(attempt=2))])
    for _ in range(2):
        rows = collect([path], ClassFolder(tmp_path / "class")).rows
        assert [row.outcome for row in rows] == ["superseded", COLLECTED]
    assert list(tree(tmp_path / "class" / "submitted").values()) == [sheet(attempt=2)]


def test_names_that_differ_in_case_only_are_left_to_a_person(tmp_path: Path) -> None:
    source = zipped(tmp_path / "all.zip", {"mei/Hw.ipynb": sheet(attempt=1), "mei/hw.ipynb": sheet(attempt=2)})
    assert set(collected(tmp_path / "class", source).values()) == {"ambiguous"}


def test_students_that_differ_in_case_only_get_folders_that_do_not(tmp_path: Path) -> None:
    source = zipped(tmp_path / "all.zip", {"Mei/hw.ipynb": sheet(attempt=1), "mei/hw.ipynb": sheet(attempt=2)})
    for _ in range(2):
        rows = collect([source], ClassFolder(tmp_path / "class")).rows
        assert {row.outcome for row in rows} == {COLLECTED}
        assert len({row.file.casefold() for row in rows}) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_names_without_the_mark_for_utf_8(encoding: str, tmp_path: Path) -> None:
    """An old zipper writes bytes and does not say which; UTF-8 is recognised, anything else read as DOS wrote it."""
    name = canvas("müller", 1, 10)
    stand_in = b"%" * len(name.encode(encoding))
    path = zipped(tmp_path / "all.zip", {stand_in.decode(): sheet()})
    path.write_bytes(path.read_bytes().replace(stand_in, name.encode(encoding)))
    assert collected(tmp_path / "class", path) == {name: COLLECTED}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no links and pipes")
def test_links_and_pipes_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    source = unpacked(tmp_path / "all", {"mei/hw.ipynb": sheet()})
    secret = unpacked(tmp_path / "secret", {"hw.ipynb": sheet(attempt=5)})
    (source / "li").symlink_to(secret)
    (source / "wang").mkdir()
    (source / "wang" / "hw.ipynb").symlink_to(secret / "hw.ipynb")
    os.mkfifo(source / "wang" / "pipe.ipynb")
    assert collected(tmp_path / "class", source) == {
        "li": "not a file",
        "mei/hw.ipynb": COLLECTED,
        "wang/hw.ipynb": "not a file",
        "wang/pipe.ipynb": "not a file",
    }


NAMES = st.text(
    st.characters(codec="utf-8") | st.sampled_from("/\\.:%~_- ='\"\n\r\t\x00<>&;,CONcon\u202e\u0301"),
    min_size=1,
    max_size=40,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(names=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=5))
@example(names=[("\x00", "0")])
@example(names=[("0\x00", "0"), ("0\x00", "0")])
def test_no_name_is_lost_or_leads_out(names: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("names")
    path = home / "all.zip"
    written = []
    with zipfile.ZipFile(path, "w") as archive:
        for number, (folder, file) in enumerate(names):
            # zipfile cuts a name at its first NUL.
            info = zipfile.ZipInfo(f"{folder}/{number}{file}.ipynb")
            if not info.filename.endswith("/") and info.filename not in written:
                archive.writestr(info, sheet(attempt=number))
                written.append(info.filename)
    before = set(tree(home))
    folder = ClassFolder(home / "class")
    rows = collect([path], folder).rows
    assert sorted(row.received_as for row in rows) == sorted(written)
    assert read_manifest(folder) == list(rows)
    kept = {row.file for row in rows if row.file}
    assert set(tree(home)) - before == {"class/manifest.csv", *(f"class/{file}" for file in kept)}
    assert all(file.count("/") == 2 and file.startswith("submitted/") for file in kept)
    assert collect([path], folder).rows == rows


# The manifest.

ROWS = st.builds(
    Received,
    received_as=st.text(st.characters(codec="utf-8")),
    source=st.text(st.characters(codec="utf-8")),
    outcome=st.sampled_from(sorted(OUTCOMES)),
    message=st.text(st.characters(codec="utf-8")),
    student=st.text(st.characters(codec="utf-8")),
    attempt=st.integers(0, 99),
    late=st.booleans(),
    round=st.integers(1, 9),
    address=st.dictionaries(st.sampled_from(["canvas_id", "folder"]), st.text(st.characters(codec="utf-8"))),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(ROWS, max_size=4))
def test_the_manifest_gives_back_what_was_put_in(rows: list[Received], tmp_path: Path) -> None:
    folder = ClassFolder(tmp_path)
    write_manifest(folder, rows)
    assert read_manifest(folder) == rows


@pytest.mark.parametrize("name", ["'t Hooft", "'=1", "''=1", "=1", "'", "-", "Mei"])
def test_an_apostrophe_of_a_name_stays(name: str) -> None:
    assert unguarded(guarded(name)) == name
    # Read from a file that somebody else wrote, nothing but a guard is taken off.
    assert (unguarded(name) == name) == (name not in ("'=1", "''=1"))


def test_nothing_in_the_manifest_begins_like_a_formula(tmp_path: Path) -> None:
    row = Received("=cmd|calc.ipynb", "+1.zip", "unmatched", "@x", "-4411", "\t=1", address={"folder": "=1"})
    write_manifest(ClassFolder(tmp_path), [row])
    line = (tmp_path / "manifest.csv").read_text(encoding="utf-8").splitlines()[1]
    assert line.startswith(""""'=cmd|calc.ipynb","'+1.zip","unmatched","'@x","'-4411","'\t=1",""")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n", "headings"),
        ("", "headings"),
        ("HEAD\nx\n", "line 2"),
        ("HEAD\n" + ",".join(["x"] * 9 + ["one", "False", "", "1", "{}"]) + "\n", "line 2"),
        ("HEAD\n" + ",".join(["x"] * 9 + ["1", "False", "", "1", "[]"]) + "\n", "line 2"),
    ],
)
def test_a_manifest_that_someone_changed_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    folder = ClassFolder(tmp_path)
    write_manifest(folder, [])
    head = folder.manifest.read_text(encoding="utf-8").strip()
    folder.manifest.write_text(text.replace("HEAD", head), encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        read_manifest(folder)
