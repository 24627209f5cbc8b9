"""All that is known of a class when its grades are written: from its folder into the marks of everyone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder, Graded, Received
from course_lib.exercises.grading.gradebook import Gradebook
from course_lib.exercises.grading.manifest import read_manifest
from course_lib.exercises.grading.policy import Policy
from course_lib.exercises.grading.roster import Student, read_roster
from course_lib.exercises.grading.settling import needs_person
from course_lib.exercises.grading.standings import Standing, standings

__all__ = ["ClassState", "load"]


@dataclass(frozen=True)
class ClassState:
    """A class at one moment."""

    received: tuple[Received, ...]
    graded: tuple[Graded, ...]
    roster: tuple[Student, ...]
    policy: Policy
    standings: tuple[Standing, ...]

    @cached_property
    def addresses(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """(student, exercise) → what the LMS knows the student by: what came with the submission, else the roster."""
        known = {student.key: student.address for student in self.roster}
        came = {(r.student, r.exercise): r.address for r in self.received if r.outcome == COLLECTED}
        return {
            (s.student, m.exercise): {**known.get(s.student, {}), **came.get((s.student, m.exercise), {})}
            for s in self.standings
            for m in s.marks
        }

    @property
    def needs_a_person(self) -> bool:
        """Does a mark wait for a decision, or a file for its student?"""
        unmatched = any(not row.student for row in needs_person(self.received))
        return unmatched or any(standing.open or standing.to_look_at for standing in self.standings)


def load(folder: ClassFolder, policy: Policy) -> ClassState:
    """What stands in the class's folder now. ValueError or OSError when it is no class, or nothing was graded."""
    if not folder.manifest.is_file():
        raise ValueError(f"{folder.root} is no class: it has no manifest.csv; `grade collect … --into` makes one")
    received, roster = tuple(read_manifest(folder)), tuple(read_roster(folder))
    with Gradebook(folder.gradebook) as book:
        graded = tuple(book.graded())
    names = {student.key: student.name for student in roster}
    return ClassState(received, graded, roster, policy, tuple(standings(received, graded, policy, names)))
