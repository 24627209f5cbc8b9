"""The gradebook keeps every grading with its evidence, counts the right one, and is all or nothing."""

import importlib.util
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from course_lib.exercises.bank import BANK, of_lesson
from course_lib.exercises.grading.bank_version import RULES, WORDS_AROUND, bank_version, version_of
from course_lib.exercises.grading.classroom import COLLECTED, Graded, Mark, Received
from course_lib.exercises.grading.grade import CANNOT_RUN, SubmissionResult
from course_lib.exercises.grading.gradebook import BY_HAND, Gradebook, GradebookError, Key, NewGrading
from course_lib.exercises.grading.runner import Limits
from course_lib.exercises.model import Evidence, Exercise, Verdict

LIMITS = asdict(Limits())
BANKS = {"03": "bank-a"}
EVIDENCE = Evidence("zero", "stable_sigmoid(0)", "1")


def received(student: str, sha256: str = "s1", exercise: str = "03_sigmoid") -> Received:
    file = f"submitted/{student}/{exercise}.ipynb"
    return Received(
        "a.ipynb", "class.zip", COLLECTED, "", student, student.title(), exercise, file, sha256, address={"id": "1"}
    )


def judged(points: float = 1.0, seed: int = 5, **changes: Any) -> SubmissionResult:
    """A result of lesson 03: the first question as asked, the others right."""
    verdicts = [Verdict(e.id, "right", e.points, e.points, "Right.") for e in of_lesson("03")]
    verdicts[0] = replace(
        verdicts[0], outcome="partly right", points=points, misconception="naive-overflow", evidence=EVIDENCE
    )
    result = SubmissionResult(
        "", "graded", lesson="03", seed=seed, isolation="walls", verdicts=tuple(verdicts), notes=("A note.",)
    )
    return replace(result, **changes)


def needs_a_person(reason: str) -> SubmissionResult:
    return SubmissionResult("", "needs a person", reason, "Look at it.", "03", seed=5)


def grading(result: SubmissionResult, sha256: str = "s1", bank: str = "bank-a") -> NewGrading:
    return NewGrading(Key(sha256, "03_sigmoid", bank), result, LIMITS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gradebook.sqlite"


def opened(path: Path, *students: tuple[str, str]) -> Gradebook:
    """A gradebook with the seed 5 and these submissions, (student, content)."""
    book = Gradebook(path, create=True, seed=5)
    book.receive([received(*student) for student in students], BANKS)
    return book


def points(book: Gradebook) -> dict[str, float]:
    return {one.submission.student: one.result.verdicts[0].points for one in book.graded()}


# ---------------------------------------------------------------------------------------------------------------------
# What is recorded comes back


def test_a_grading_comes_back_as_it_was(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged())])
    with Gradebook(path) as book:
        assert book.graded() == [
            Graded(received("anna"), judged(source="submitted/anna/03_sigmoid.ipynb"), bank="bank-a")
        ]


def test_hostile_words_come_back_and_break_nothing(path: Path) -> None:
    words = "'; DROP TABLE verdict; -- \x00 \ud800 王"
    verdict = replace(judged().verdicts[0], message=words, evidence=Evidence(words, words, words))
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged(verdicts=(verdict,), notes=(words,)))])
        told = book.graded()[0].result.verdicts[0].message
    assert told == words.replace("\ud800", "\\ud800")


def test_equal_contents_are_graded_once_and_count_for_each(path: Path) -> None:
    with Gradebook(path, create=True, seed=5) as book:
        needed = book.receive([received("anna"), received("bert"), received("cleo", "s2")], BANKS)
        assert [key.sha256 for key in needed] == ["s1", "s2"]
        book.record([grading(judged(2.0))])
        assert points(book) == {"anna": 2.0, "bert": 2.0}
        assert {one.result.source for one in book.graded()} == {
            "submitted/anna/03_sigmoid.ipynb",
            "submitted/bert/03_sigmoid.ipynb",
        }
        assert [row.student for row in book.waiting()] == ["cleo"]


def test_what_is_graded_is_not_needed_again(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged())])
        assert book.receive([received("anna")], BANKS) == []


@pytest.mark.parametrize("reason", [CANNOT_RUN, "grader failed", "worker ended", "missing"])
def test_a_fault_of_the_machine_is_tried_again_and_replaced(path: Path, reason: str) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(needs_a_person(reason))])
        assert book.graded()[0].result.reason == reason
        assert len(book.receive([received("anna")], BANKS)) == 1
        book.record([grading(judged(3.0))])
        assert points(book) == {"anna": 3.0}
        assert len(json.loads(book.dump())["gradings"]) == 1


def test_a_broken_file_is_not_tried_again(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(needs_a_person("truncated"))])
        assert book.receive([received("anna")], BANKS) == []


@pytest.mark.parametrize(
    ("row", "banks"),
    [(received("anna", "s2"), BANKS), (received("anna"), {"03": "bank-b"})],
    ids=["another-content", "another-bank"],
)
def test_what_is_new_is_needed(path: Path, row: Received, banks: dict[str, str]) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged())])
        assert book.receive([row], banks) == [Key(row.sha256, "03_sigmoid", banks["03"])]


def test_a_later_attempt_has_no_grading_until_it_is_graded(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged())])
        book.receive([received("anna", "s2")], BANKS)
        assert book.graded() == []
        assert [row.sha256 for row in book.waiting()] == ["s2"]


def test_the_grading_before_counts_until_new_questions_are_judged(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged(1.0))])
        book.receive([received("anna")], {"03": "bank-b"})
        assert (points(book), book.graded()[0].bank) == ({"anna": 1.0}, "bank-a")
        book.record([grading(judged(2.0), bank="bank-b")])
        assert (points(book), book.graded()[0].bank) == ({"anna": 2.0}, "bank-b")


def test_going_back_to_earlier_questions_brings_their_grading_back(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged(1.0))])
        book.receive([received("anna")], {"03": "bank-b"})
        book.record([grading(judged(2.0), bank="bank-b")])
        assert book.receive([received("anna")], BANKS) == []
        assert points(book) == {"anna": 1.0}


# ---------------------------------------------------------------------------------------------------------------------
# Grading again on purpose


def test_a_new_round_needs_everything_and_keeps_what_was(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged(1.0))])
        book.end_round()
        book.begin_round()
        assert len(book.receive([received("anna")], BANKS)) == 1
        assert points(book) == {"anna": 1.0}
        book.record([grading(judged(2.0))])
        assert points(book) == {"anna": 2.0}
        assert [one["round"] for one in json.loads(book.dump())["gradings"]] == [0, 1]


def test_a_round_that_was_broken_off_goes_on(path: Path) -> None:
    with opened(path, ("anna", "s1"), ("bert", "s2")) as book:
        book.begin_round()
        book.receive([received("anna"), received("bert", "s2")], BANKS)
        book.record([grading(judged())])
        book.begin_round()
        assert [key.sha256 for key in book.receive([received("anna"), received("bert", "s2")], BANKS)] == ["s2"]


def test_another_seed_asks_everyone_again(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged())])
        book.begin_round(seed=6)
        assert book.seed == 6
        assert len(book.receive([received("anna")], BANKS)) == 1


def test_the_seed_is_drawn_once_and_kept(path: Path, tmp_path: Path) -> None:
    with Gradebook(path, create=True) as book, Gradebook(tmp_path / "other.sqlite", create=True) as other:
        first = book.seed
        assert first != other.seed
    with Gradebook(path, create=True, seed=1) as book:
        assert book.seed == first


def test_gradings_under_other_limits_are_counted(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(judged())])
        assert book.under_other_limits(LIMITS) == 0
        assert book.under_other_limits(LIMITS | {"cell_seconds": 1.0}) == 1


# ---------------------------------------------------------------------------------------------------------------------
# Marks by hand

QUESTION = of_lesson("03")[0].id
ALL_POINTS = sum(e.points for e in of_lesson("03"))


def by_hand(points: float, question: str = QUESTION, **changes: Any) -> Mark:
    return replace(Mark("anna", "03_sigmoid", question, points, "The idea is right.", "Ms Lee"), **changes)


@pytest.fixture
def book(path: Path) -> Gradebook:
    book = opened(path, ("anna", "s1"))
    book.record([grading(judged(1.0))])
    return book


def test_a_mark_by_hand_counts_and_says_so(book: Gradebook) -> None:
    with book:
        book.mark(by_hand(3.5))
        (graded,) = book.graded()
    assert graded.result.verdicts[0].points == 3.5
    assert graded.result.verdicts[0].remark == "Marked by hand: The idea is right."
    assert graded.by_hand == (by_hand(3.5, sha256="s1"),)


def test_a_mark_by_hand_survives_grading_again(book: Gradebook) -> None:
    with book:
        book.mark(by_hand(3.5))
        book.begin_round()
        book.receive([received("anna")], BANKS)
        book.record([grading(judged(0.0))])
        assert points(book) == {"anna": 3.5}


def test_a_mark_by_hand_is_for_the_content_that_was_seen(book: Gradebook) -> None:
    with book:
        book.mark(by_hand(3.5))
        book.receive([received("anna", "s2")], BANKS)
        book.record([grading(judged(2.0), sha256="s2")])
        assert points(book) == {"anna": 2.0}


def test_a_mark_by_hand_is_for_one_student_though_contents_are_equal(path: Path) -> None:
    with opened(path, ("anna", "s1"), ("bert", "s1")) as book:
        book.record([grading(judged(1.0))])
        book.mark(by_hand(3.5))
        assert points(book) == {"anna": 3.5, "bert": 1.0}


def test_the_last_mark_counts_and_none_after_it_is_withdrawn(book: Gradebook) -> None:
    with book:
        book.mark(by_hand(3.0))
        book.mark(by_hand(2.0))
        assert points(book) == {"anna": 2.0}
        book.withdraw("anna", "03_sigmoid", QUESTION, "A slip.", "Ms Lee")
        assert points(book) == {"anna": 1.0}
        assert len(json.loads(book.dump())["marks"]) == 3


def test_points_for_the_whole_settle_what_needed_a_person(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(needs_a_person("truncated"))])
        book.mark(by_hand(6.0, question=""))
        (graded,) = book.graded()
    assert (graded.result.status, graded.result.reason) == ("graded", "")
    assert graded.result.points == pytest.approx(6.0, abs=0.01)
    assert graded.result.out_of == ALL_POINTS


def test_one_question_alone_does_not_settle_what_needed_a_person(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        book.record([grading(needs_a_person("truncated"))])
        book.mark(by_hand(2.0))
        (graded,) = book.graded()
    assert (graded.result.status, graded.result.points) == ("needs a person", 2.0)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (by_hand(1.0, student="nobody"), "no 03_sigmoid of student 'nobody'"),
        (by_hand(1.0, exercise="22_losses"), "handed in: 03_sigmoid"),
        (by_hand(1.0, question="03-sigmod"), "03_sigmoid has no question '03-sigmod'; it has 03-"),
        (by_hand(99.0), "has 0 to 4 points, not 99"),
        (by_hand(-1.0), "has 0 to 4 points, not -1"),
        (by_hand(ALL_POINTS + 1, question=""), f"has 0 to {ALL_POINTS:g} points"),
        (by_hand(1.0, reason=" "), "needs its reason"),
    ],
    ids=["student", "exercise", "question", "too-many", "too-few", "too-many-in-all", "no-reason"],
)
def test_a_mark_that_cannot_be_is_refused(book: Gradebook, mark: Mark, said: str) -> None:
    with book, pytest.raises(ValueError, match=said):
        book.mark(mark)


def test_a_mark_without_a_submission_counts_until_there_is_one(path: Path) -> None:
    with opened(path) as book:
        book.mark(by_hand(6.0, question=""), handed_in=False)
        (alone,) = book.graded()
        assert (alone.submission.student, alone.submission.outcome, alone.result.status) == ("anna", BY_HAND, "graded")
        assert alone.result.points == pytest.approx(6.0, abs=0.01)
        book.receive([received("anna")], BANKS)
        book.record([grading(judged(2.0))])
        assert points(book) == {"anna": 2.0}
        assert book.marks() == []


def test_a_mark_without_a_submission_on_one_question_leaves_the_rest_to_a_person(path: Path) -> None:
    with opened(path) as book:
        book.mark(by_hand(2.0), handed_in=False)
        (alone,) = book.graded()
    assert (alone.result.status, alone.result.points) == ("needs a person", 2.0)


def test_a_mark_without_a_submission_is_for_an_exercise_that_there_is(path: Path) -> None:
    with opened(path) as book, pytest.raises(ValueError, match="no exercise '99_nothing'"):
        book.mark(by_hand(2.0, exercise="99_nothing"), handed_in=False)


def test_only_a_mark_can_be_withdrawn(book: Gradebook) -> None:
    with book, pytest.raises(ValueError, match="no mark by hand for anna"):
        book.withdraw("anna", "03_sigmoid", QUESTION, "A slip.", "Ms Lee")


# ---------------------------------------------------------------------------------------------------------------------
# The file


def test_the_content_does_not_depend_on_the_order_or_the_time(tmp_path: Path) -> None:
    dumps = []
    for name, order in (("a", [0, 1]), ("b", [1, 0])):
        with opened(tmp_path / name, ("anna", "s1"), ("bert", "s2")) as book:
            gradings = [grading(judged(1.0)), grading(judged(2.0, seconds=9.0), sha256="s2")]
            for number in order:
                book.record([gradings[number]])
            dumps.append(book.dump())
    assert dumps[0] == dumps[1]


def test_the_content_shows_every_difference(tmp_path: Path) -> None:
    dumps = set()
    for number, result in enumerate([judged(1.0), judged(2.0), judged(1.0, notes=())]):
        with opened(tmp_path / str(number), ("anna", "s1")) as book:
            book.record([grading(result)])
            dumps.add(book.dump())
    assert len(dumps) == 3


def test_gradings_are_recorded_all_or_none(path: Path) -> None:
    with opened(path, ("anna", "s1")) as book:
        before = book.dump()
        with pytest.raises(GradebookError):
            book.record([grading(judged()), grading(judged())])
        assert book.dump() == before


def test_a_newer_file_is_left_alone(path: Path) -> None:
    opened(path).__exit__()
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(GradebookError, match=r"newer version of the course \(format 99, this one reads 1\); update"):
        Gradebook(path, create=True)
    assert path.read_bytes() == before


def test_a_missing_gradebook_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(GradebookError, match="there is no gradebook"):
        Gradebook(path)
    assert not path.exists()


@pytest.mark.parametrize(("content", "said"), [(b"not a database at all" * 99, "is no gradebook")], ids=["text"])
def test_a_file_that_is_no_gradebook_is_left_alone(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    with pytest.raises(GradebookError, match=said):
        Gradebook(path, create=True)
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE song (name TEXT)")
    with pytest.raises(GradebookError, match="database of another program"):
        Gradebook(path, create=True)


def test_a_damaged_gradebook_is_named(book: Gradebook, path: Path) -> None:
    book.__exit__()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(GradebookError, match="is damaged"), Gradebook(path) as damaged:
        damaged.graded()


def test_others_read_while_one_writes(book: Gradebook, path: Path) -> None:
    with book, Gradebook(path) as reader:
        book.mark(by_hand(2.0))
        assert points(reader) == {"anna": 2.0}


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_grading_gradebook import grading, judged, opened
path = Path({path!r})
with opened(path, ("anna", "s1")) as book:
    book.record([grading(judged())])
    before = book.dump()
    # The disk has no room for another page.
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, resource.RLIM_INFINITY))
    try:
        for number in range(50):
            book.record([grading(judged(), sha256=f"s{{number}}" + "x" * 3000)])
    except OSError as error:
        print(type(error).__name__, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    after = book.dump()
    print(after.startswith(before[:200]), after.count('"s1"'))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_named_and_costs_nothing_that_was_recorded(path: Path) -> None:
    code = LIMITED.format(tests=str(Path(__file__).parent), path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, kept = done.stdout.splitlines()
    assert said.startswith(f"GradebookError the gradebook {path} could not be")
    assert "disk" in said
    assert kept == "True 2"


# ---------------------------------------------------------------------------------------------------------------------
# The version of the questions

LESSON = list(of_lesson("03"))
FIRST = LESSON[0]


def changed(exercise: Exercise) -> list[Any]:
    """The exercise with each thing that a verdict depends on changed, one at a time."""
    first, *others = exercise.misconceptions
    probe, *probes = exercise.probes
    return [
        pytest.param(replace(exercise, **change), id=name)
        for name, change in {
            "id": {"id": "03-other"},
            "points": {"points": 5},
            "kind": {"kind": "design", "measure": len},
            "name": {"names": ("other",)},
            "tolerance": {"tolerance": replace(exercise.tolerance, relative=1e-8)},
            "warnings": {"warnings_forbidden": False},
            "partial": {"partial": False},
            "time-limit": {"time_limit": 6.0},
            "libraries": {"libraries": ("torch",)},
            "returns": {"returns": ("a", "b")},
            "reference": {"reference": exercise.alternatives[0]},
            "draw": {"draw": None},
            "probe-label": {"probes": (replace(probe, label="nought"), *probes)},
            "probe-input": {"probes": (replace(probe, args=(np.array([1e-300]),)), *probes)},
            "probe-also": {"probes": (replace(probe, also=(0.5,)), *probes)},
            "probe-left-out": {"probes": tuple(probes)},
            "misconception-answer": {"misconceptions": (replace(first, answer=exercise.reference), *others)},
            "misconception-words": {"misconceptions": (replace(first, words="Other words."), *others)},
            "misconception-worth": {"misconceptions": (replace(first, worth=0.125), *others)},
            "misconceptions-order": {"misconceptions": (*others, first)},
        }.items()
    ]


@pytest.mark.parametrize("other", changed(FIRST))
def test_what_decides_a_verdict_changes_the_version(other: Exercise) -> None:
    assert version_of([other, *LESSON[1:]]) != version_of(LESSON)


@pytest.mark.parametrize("name", sorted(WORDS_AROUND))
def test_words_around_a_question_do_not_change_the_version(name: str) -> None:
    old = getattr(FIRST, name)
    other = replace(FIRST, **{name: old[:-1] if name in ("alternatives", "hints") else "easy"})
    assert version_of([other, *LESSON[1:]]) == version_of(LESSON)


def test_every_field_of_an_exercise_is_placed() -> None:
    """A new field counts, unless it is named among the words around the question."""
    assert {field.name for field in fields(Exercise)} > WORDS_AROUND


@pytest.mark.parametrize("rule", RULES)
def test_a_change_of_the_judge_changes_the_version(rule: str, tmp_path: Path) -> None:
    source = Path(bank_version.__wrapped__.__code__.co_filename).parents[1]
    for name in RULES:
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(source.joinpath(name).read_bytes() + (b"# other\n" if name == rule else b""))
    assert version_of(LESSON, tmp_path) != version_of(LESSON)


MODULE = """
import numpy as np
FACTOR = 2.0
def helper(x):
    return FACTOR * x
def answer(x, bias=0.0):
    return (lambda v: helper(v))(x) + bias
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("FACTOR * x", "FACTOR + x"), ("= 2.0", "= 3.0"), ("bias=0.0", "bias=1.0"), ("helper(v)", "-helper(v)")],
    ids=["a-helper", "a-constant", "a-default", "a-nested-function"],
)
def test_a_change_in_what_an_answer_calls_changes_the_version(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = set()
    for number, text in enumerate((MODULE, MODULE, MODULE.replace(old, new))):
        versions.add(version_of([replace(FIRST, reference=loaded(tmp_path / f"{number}.py", text).answer)]))
    assert len(versions) == 2


def loaded(path: Path, text: str) -> ModuleType:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("course_lib_bank_of_a_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_version_is_the_same_in_every_process() -> None:
    code = "from course_lib.exercises.grading.bank_version import bank_version\nprint(bank_version('03'))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == bank_version("03")


def test_lessons_have_versions_of_their_own() -> None:
    lessons = sorted({exercise.lesson for exercise in BANK.values()})
    assert len({bank_version(lesson) for lesson in lessons}) == len(lessons)
