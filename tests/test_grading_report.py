"""What the teacher reads: right numbers, a table beside each figure, and everyone who needs a person."""

import base64
import io
import re
import statistics
import zipfile
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from grading_records import SEED, TIER, Page, graded, open_case, received, verdict
from PIL import Image
from test_grading_exports import a_class

from course_lib.exercises.bank import of_lesson
from course_lib.exercises.grading import SubmissionResult
from course_lib.exercises.grading.class_report import class_report
from course_lib.exercises.grading.classroom import ClassFolder, Received
from course_lib.exercises.grading.cli import main
from course_lib.exercises.grading.policy import Late, Policy
from course_lib.exercises.grading.questions import ENOUGH, asked, mistakes
from course_lib.exercises.grading.report import to_table
from course_lib.exercises.grading.standings import Standing, standings
from course_lib.exercises.model import Evidence, Verdict

QUESTIONS = of_lesson("03")
FIRST, SECOND, THIRD, FOURTH = QUESTIONS
WRONG = {q.id: q.misconceptions[-1].answer for q in QUESTIONS}
RIGHT: dict[str, Any] = {q.id: q.reference for q in QUESTIONS}


def judged(points: dict[str, float]) -> list[Verdict]:
    """Verdicts with these points."""
    return [
        Verdict(q.id, "right" if points[q.id] == q.points else "wrong", points[q.id], q.points, "") for q in QUESTIONS
    ]


def class_of(*points: tuple[float, float, float, float]) -> list[Standing]:
    """A class in which each student reached these points in the four questions of lesson 03."""
    files = [received(f"s{i:02}") for i in range(len(points))]
    entries = [
        graded(file, verdicts=judged(dict(zip([q.id for q in QUESTIONS], p, strict=True))))
        for file, p in zip(files, points, strict=True)
    ]
    return standings(files, entries, Policy())


# ---------------------------------------------------------------------------------------------------------------------
# Questions


def test_difficulty_is_the_mean_share_of_the_points() -> None:
    found = asked(class_of((4, 3, 3, 3), (2, 3, 0, 0), (0, 3, 0, 1.5)), "03_sigmoid")
    assert [q.share for q in found] == pytest.approx([0.5, 1, 1 / 3, 0.5])


def test_discrimination_is_the_correlation_with_the_rest() -> None:
    points = [(i % 5, i % 4, (i * i) % 4, (i // 3) % 4) for i in range(12)]
    found = asked(class_of(*points), "03_sigmoid")
    for column, question in enumerate(found):
        item = [p[column] for p in points]
        rest = [sum(p) - p[column] for p in points]
        assert question.discrimination == pytest.approx(statistics.correlation(item, rest))


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (class_of(*[(i % 5, 1, 2, i % 3) for i in range(ENOUGH - 1)]), f"fewer than {ENOUGH} submissions"),
        (class_of(*[(4, i % 3, i % 2, 1) for i in range(ENOUGH)]), "everyone reached the same"),
    ],
    ids=["few", "no-spread"],
)
def test_where_a_correlation_says_nothing_it_is_not_given(standing: list[Standing], why: str) -> None:
    question = asked(standing, "03_sigmoid")[0]
    assert (question.discrimination, question.why_none) == (None, why)


def test_the_only_question_of_an_exercise_has_no_rest() -> None:
    files = [received(f"s{i}", "00") for i in range(ENOUGH)]
    entries = [graded(file, RIGHT if i % 2 else {}) for i, file in enumerate(files)]
    (question,) = asked(standings(files, entries, Policy()), "00_start_here")
    assert question.why_none == "the only question"


def test_open_cases_and_missing_ones_do_not_count_as_answers() -> None:
    files = [received("s1"), received("s2")]
    half_judged = replace(open_case(files[1]), result=replace(graded(files[1]).result, status="needs a person"))
    everyone = standings(files, [graded(files[0]), half_judged], Policy(), {"s3": "Absent"})
    assert [q.n for q in asked(everyone, "03_sigmoid")] == [1] * 4


def test_mistakes_are_counted_the_commonest_first() -> None:
    files = [received(f"s{i}") for i in range(3)]
    common, rare = FIRST.misconceptions[2], THIRD.misconceptions[1]
    answers = [{FIRST.id: common.answer}, {FIRST.id: common.answer, THIRD.id: rare.answer}, RIGHT]
    found = mistakes(standings(files, [graded(f, a) for f, a in zip(files, answers, strict=True)], Policy()))
    assert [(m.name, m.count, m.words) for m in found] == [(common.name, 2, common.words), (rare.name, 1, rare.words)]


# ---------------------------------------------------------------------------------------------------------------------
# The page


def sample() -> tuple[list[Standing], list[Received], Policy]:
    """Twelve who answered, one late, one for a person, one absent, one file of nobody, one crash, one endless loop."""
    policy = Policy(Late(per_unit=Fraction(1, 10)), {"03": datetime(2026, 11, 20)})
    files = [received(f"s{i:02}", submitted_at="2026-11-20T12:00" if i == 3 else "2026-11-19T12:00") for i in range(13)]
    entries = [graded(file, RIGHT if i % 3 else WRONG) for i, file in enumerate(files[:12])]
    crash = Verdict(FIRST.id, "raised", 0, 4, "Python stopped with Crash.", "", None, Evidence("p", "g", "Crash"))
    endless = Verdict(SECOND.id, "timed out", 0, 3, "Stopped: no answer within 5 seconds.")
    entries[1] = graded(files[1], verdicts=[crash, endless, verdict(THIRD, THIRD.reference)])
    stray = received("", received_as="stray_file.ipynb", outcome="unmatched", exercise="", message="Whose is it?")
    received_ = [*files, stray]
    found = standings(
        received_, [*entries, open_case(files[12], "worker ended")], policy, {"s99": "Absent, <i>Ann</i>"}
    )
    return found, received_, policy


@pytest.fixture(scope="module")
def html() -> str:
    return class_report("Class of <2026>", *sample())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.mark.parametrize(
    "said",
    [
        "Class report: Class of <2026>",
        "Exercises graded 12 of 14",
        "For a person to decide 1",
        "Name of s12 03 sigmoid worker ended It worker ended.",
        "stray_ file.ipynb download.zip unmatched Whose is it?",
        "Name of s01 03-stable-sigmoid Python stopped with Crash.",
        "Name of s01 03-sigmoid-derivative Stopped: no answer within 5 seconds.",
        "Name of s03 03 sigmoid handed in 2026-11-20 12:00, due 2026-11-20 00:00",
        "Absent, <i>Ann</i> s99 – 0",
        "Late work loses 10% for each day",
        f"Isolation: {TIER} (12 submissions).",
        f"Seed of the inputs that were drawn: {SEED}.",
        "Version of the questions: bank-1.",
        "12 graded, 1 not handed in, 1 open.",
    ],
)
def test_the_report_says(said: str, page: Page) -> None:
    assert said in page.text


def test_the_shares_and_outcomes_stand_in_the_table(page: Page) -> None:
    row = re.search(rf"{re.escape(THIRD.title)} {THIRD.id} (\d+)% (\S+) (\d+) (\d+) (\d+)", page.text)
    assert row is not None
    share, _, right, partly, wrong = row.groups()
    worth = verdict(THIRD, THIRD.misconceptions[-1].answer)
    assert int(share) == round(100 * (8 + 4 * worth.points / 3) / 12)
    assert (int(right), int(partly) + int(wrong)) == (8, 4)


def test_every_figure_has_words_and_a_table(page: Page) -> None:
    pictures = page.attributes("img")
    assert len(pictures) == 3
    for attributes in pictures:
        assert len(attributes["alt"]) > 40
        raw = base64.b64decode(attributes["src"].removeprefix("data:image/png;base64,"))
        assert Image.open(io.BytesIO(raw)).width > 1000
    tags = [tag for tag in page.tags if tag in ("img", "table")]
    for i, tag in enumerate(tags):
        if tag == "img":
            assert tags[i + 1] == "table"


def test_the_report_loads_nothing_and_runs_nothing(page: Page) -> None:
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert all(a["src"].startswith("data:") for a in page.attributes("img"))
    assert all(a["href"].startswith("#") for a in page.attributes("a"))


def test_the_report_has_headings_in_order_and_headed_tables(page: Page) -> None:
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(levels) <= 3
    assert page.tags.count("caption") == page.tags.count("table")
    regions = [a for _, a in page.elements if a.get("role") == "region"]
    assert all(a.get("aria-label") and a.get("tabindex") == "0" for a in regions)


def test_the_same_class_makes_the_same_report(html: str) -> None:
    assert class_report("Class of <2026>", *sample()) == html


def test_a_class_without_anything_has_a_report_too() -> None:
    text = Page(class_report("Empty", [], [], Policy())).text
    assert "No total is complete yet." in text
    assert "Nobody." in text


# ---------------------------------------------------------------------------------------------------------------------
# The command


def test_pages_zips_and_the_report_are_written(tmp_path: Path) -> None:
    canvas = received("s1", "03", sha256="a", address={"lms": "canvas", "canvas_id": "44"}, source="03.zip")
    moodle = received(
        *("s2", "03"),
        sha256="b",
        address={"lms": "moodle"},
        source="sig moid.zip",
        received_as="Li_7_assignsubmission_file/x.ipynb",
    )
    older = replace(canvas, outcome="superseded", source="older.zip")
    broken = replace(
        moodle,
        outcome="truncated",
        student="s3",
        received_as="Wu_8_assignsubmission_file/x.ipynb",
        message="It stops in the middle.",
    )
    folder = a_class(tmp_path / "class", [graded(canvas), graded(moodle, {})], [older, broken])
    written_as(folder, canvas, "w, b = 1, 2")
    written_as(folder, moodle, "w, b = 3, 4")
    assert main(["report", str(folder.root)]) == 1
    assert {path.name for path in folder.feedback.iterdir()} == {
        *("student-s1.html", "student-s2.html", "student-s3.html", "for-canvas-03.zip", "for-moodle-sig_moid.zip")
    }
    assert "w, b = 3, 4" in (folder.feedback / "student-s2.html").read_text(encoding="utf-8")
    assert list(entries(folder.feedback / "for-canvas-03.zip")) == [canvas.received_as]
    for_moodle = entries(folder.feedback / "for-moodle-sig_moid.zip")
    assert list(for_moodle) == [f"{who}_assignsubmission_file/feedback.html" for who in ("Li_7", "Wu_8")]
    assert "It stops in the middle." in for_moodle["Wu_8_assignsubmission_file/feedback.html"]
    assert "Class report: class" in folder.report.read_text(encoding="utf-8")


def test_a_submission_that_is_gone_has_feedback_without_code(tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", [graded(received("s1", sha256="a"))])
    assert main(["report", str(folder.root)]) == 0
    assert "No cell of your notebook defines" in (folder.feedback / "student-s1.html").read_text(encoding="utf-8")


def test_a_mark_by_hand_for_what_could_not_be_read_settles_it() -> None:
    broken = received("s1", outcome="truncated", message="It stops in the middle.")
    by_hand = graded(replace(broken, outcome="by hand", file="", sha256=""), verdicts=judged(dict.fromkeys(RIGHT, 1.0)))
    (standing,) = standings([broken], [by_hand], Policy())
    assert (standing.marks[0].status, standing.marks[0].points) == ("graded", 4)


def written_as(folder: ClassFolder, submission: Received, source: str) -> None:
    path = folder.root / submission.file
    path.parent.mkdir(parents=True)
    path.write_text(f'{{"cells": [{{"cell_type": "code", "source": "{source}"}}]}}', encoding="utf-8")


def entries(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


# ---------------------------------------------------------------------------------------------------------------------
# The quick table


def test_the_table_sums_up() -> None:
    results: list[SubmissionResult] = [
        replace(graded(received()).result, source="a.ipynb", because="its name"),
        replace(open_case(received()).result, source="b.ipynb"),
    ]
    text = to_table(results)
    assert "a.ipynb: 13 of 13 points (lesson 03, known from its name)" in text
    assert "b.ipynb: needs a person (cannot run). It cannot run." in text
    assert text.splitlines()[-3:] == [
        "2 submissions: 1 graded, 1 need a person.",
        f"Isolation: {TIER}.",
        f"Seed: {SEED} (give it as --seed to grade again with the same inputs).",
    ]
