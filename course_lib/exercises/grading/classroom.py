"""A class on the disk, and the records that collecting, grading, exporting and reporting hand to each other.

CLASS/
  submitted/STUDENT/EXERCISE.ipynb   the attempt that counts, one per student and exercise
  manifest.csv                       one row per file that was handed in, whatever became of it
  roster.csv                         who is in the class, where a roster was given
  policy.toml                        how points become marks: late work, deadlines, weights
  gradebook.sqlite                   verdicts with their evidence
  grades/                            CSV and JSON, and the LMS's own files filled in
  feedback/                          a page per student, and the zips for the LMS
  report.html                        the class as a whole
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.exercises.grading.grade import SubmissionResult

__all__ = ["COLLECTED", "ClassFolder", "Graded", "Mark", "Received"]

COLLECTED = "collected"
"""The outcome of the file that counts for its student and exercise; every other outcome names a reason."""


@dataclass(frozen=True)
class Received:
    """One file that was handed in, and what became of it. Who it belongs to never comes from inside the notebook."""

    received_as: str
    """Its path in the zip or folder that it came in, as it stood there."""
    source: str
    """The name of that zip or folder."""
    outcome: str
    """COLLECTED, or a name from collect.OUTCOMES: "superseded", "duplicate", "unmatched", "empty", "truncated" …"""
    message: str = ""
    """A sentence for a person; empty where the outcome says all."""
    student: str = ""
    """The key of the student everywhere: the LMS's or the roster's id; empty where the file could not be matched."""
    name: str = ""
    """The student's name for people."""
    exercise: str = ""
    """The stem of the exercise's file, "03_sigmoid"; empty where nothing tells."""
    file: str = ""
    """Its place in the class folder with forward slashes, "submitted/4411/03_sigmoid.ipynb"; empty if not kept."""
    sha256: str = ""
    attempt: int = 1
    late: bool = False
    submitted_at: str = ""
    """ISO 8601 where the source tells, else empty."""
    round: int = 1
    """Which collecting brought it first, counted from 1."""
    address: Mapping[str, str] = field(default_factory=dict)
    """What the LMS needs to find the student again: "canvas_id", "moodle_participant", "folder", "email" …"""

    @property
    def lesson(self) -> str:
        """The lesson's number, "03"; empty where the exercise is not known."""
        return self.exercise[:2]


@dataclass(frozen=True)
class Mark:
    """Points that a person gave, in place of the grader's, to one submission of one content."""

    student: str
    exercise: str
    """The stem of the exercise's file, "03_sigmoid"."""
    question: str
    """The id of a question, "03-stable-sigmoid"; empty where the points are for the submission as a whole."""
    points: float
    reason: str
    who: str
    sha256: str = ""
    """Of the content that the person saw: a later attempt is judged anew."""


@dataclass(frozen=True)
class Graded:
    """A submission with its grading."""

    submission: Received
    result: SubmissionResult
    """With the marks that were given by hand in their places."""
    bank: str
    """The version of the questions that it was judged by."""
    by_hand: tuple[Mark, ...] = ()
    """The marks that count in the result."""


@dataclass(frozen=True)
class ClassFolder:
    """Where everything of one class stands."""

    root: Path

    @property
    def submitted(self) -> Path:
        """The notebooks that count."""
        return self.root / "submitted"

    @property
    def manifest(self) -> Path:
        """All that was handed in."""
        return self.root / "manifest.csv"

    @property
    def roster(self) -> Path:
        """Who is in the class, as far as a roster told."""
        return self.root / "roster.csv"

    @property
    def gradebook(self) -> Path:
        """The verdicts."""
        return self.root / "gradebook.sqlite"

    @property
    def policy(self) -> Path:
        """How points become marks."""
        return self.root / "policy.toml"

    @property
    def grades(self) -> Path:
        """What other programs read."""
        return self.root / "grades"

    @property
    def feedback(self) -> Path:
        """What students read."""
        return self.root / "feedback"

    @property
    def report(self) -> Path:
        """What the teacher reads."""
        return self.root / "report.html"
