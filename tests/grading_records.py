"""Submissions and gradings in memory, judged from the bank's own answers without a process; and pages taken apart."""

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from course_lib.exercises.bank import of_lesson
from course_lib.exercises.grading import SubmissionResult
from course_lib.exercises.grading.classroom import COLLECTED, Graded, Mark, Received
from course_lib.exercises.judging import judge
from course_lib.exercises.model import Exercise, Verdict, namespace_of, observe, probes_for

SEED = 987_654_321_012_345
TIER = "a tier of isolation"
STEMS = {"00": "00_start_here", "03": "03_sigmoid", "11": "11_softmax", "22": "22_binary_cross_entropy"}


def received(student: str = "s1", lesson: str = "03", **changed: Any) -> Received:
    """The file of a student that counts, unless `changed` says otherwise."""
    stem = STEMS.get(lesson, f"{lesson}_lesson")
    given: dict[str, Any] = {
        "received_as": f"{student}_44_98_{stem}.ipynb",
        "source": "download.zip",
        "outcome": COLLECTED,
        "student": student,
        "name": f"Name of {student}",
        "exercise": stem,
        "file": f"submitted/{student}/{stem}.ipynb",
    }
    return Received(**given | changed)


def verdict(exercise: Exercise, answer: Any) -> Verdict:
    """What the judge says of one of the bank's answers."""
    return judge(exercise, observe(namespace_of(exercise, answer), probes_for(exercise, SEED)), SEED)


def unanswered(exercise: Exercise) -> Verdict:
    """What the judge says when nothing was written."""
    return judge(exercise, observe({}, probes_for(exercise, SEED)), SEED)


def graded(
    submission: Received,
    answers: Mapping[str, Any] | None = None,
    verdicts: Sequence[Verdict] | None = None,
    by_hand: tuple[Mark, ...] = (),
    **changed: Any,
) -> Graded:
    """A submission with an answer of the bank for each question in `answers`; None: the reference everywhere."""
    questions = of_lesson(submission.lesson)
    if answers is None:
        answers = {question.id: question.reference for question in questions}
    if verdicts is None:
        verdicts = [verdict(q, answers[q.id]) if q.id in answers else unanswered(q) for q in questions]
    given: dict[str, Any] = {
        "source": submission.file,
        "status": "graded",
        "lesson": submission.lesson,
        "seed": SEED,
        "isolation": TIER,
        "verdicts": tuple(verdicts),
    }
    return Graded(submission, SubmissionResult(**given | changed), "bank-1", by_hand)


def open_case(submission: Received, reason: str = "cannot run") -> Graded:
    """A submission that only a person can mark."""
    result = SubmissionResult(submission.file, "needs a person", reason, f"It {reason}.", submission.lesson, seed=SEED)
    return Graded(submission, result, "bank-1")


class Page(HTMLParser):
    """A page taken apart: its elements in order, its text, and whether every element is closed where it should be."""

    EMPTY = ("meta", "img", "br", "wbr")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> closes <{self._open[-1]}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]

    @property
    def text(self) -> str:
        """What is read, without style sheets."""
        return " ".join(" ".join(text for tag, text in self.texts if tag != "style").split())

    def inside(self, tag: str) -> list[str]:
        return [text for inner, text in self.texts if inner == tag]

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]
