"""Whose file it is: by an id that the LMS gives, by a unique name, or by what a file and its folders are called."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_lib.exercises.grading.naming import Clue, stem_and_attempt
from course_lib.exercises.grading.roster import IDS, Student, ids_of
from course_lib.exercises.grading.spelling import is_nobody, related, signature, spellings, stretches, words
from course_lib.exercises.wording import listed, one_line

__all__ = ["Directory", "Match"]


@dataclass(frozen=True)
class Match:
    """The student that a clue leads to, or the sentence why none."""

    student: str = ""
    name: str = ""
    message: str = ""


class Directory:
    """Finds students of a roster; of an empty one, the ids that the LMS or the folders give are the students."""

    def __init__(self, students: Sequence[Student], stems: Sequence[str]) -> None:
        """stems: the names of the exercises, "03_sigmoid", which name no student."""
        self.students, self.stems = students, stems
        self._stems = {stem.casefold() for stem in stems}
        either = "|".join(map(re.escape, stems)) or r"(?!)"
        self._stem = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)
        self._by_id: dict[tuple[str, str], Student] = {}
        self._by_text: dict[str, set[int]] = defaultdict(set)
        self._by_name: dict[str, set[int]] = defaultdict(set)
        for place, student in enumerate(students):
            for kind, one in ids_of(student):
                self._by_id[kind, one.casefold()] = student
                self._by_text[" ".join(words(one))].add(place)
            for spelling in spellings(student.name):
                self._by_name[spelling].add(place)
        # An id without a letter or digit would be found everywhere.
        self._by_text.pop("", None)

    def find(self, clue: Clue) -> Match:
        """The student of a clue, or why there is none."""
        if clue.kind == "folder":
            return self._by_path(clue) if self.students else self._by_folder(clue)
        if not clue.student:
            team = (
                f"The team {_clip(clue.name)} has no number" if clue.name else "The name is not one that the LMS gives"
            )
            return Match(message=f"{team}; nothing tells whose it is.")
        return self._by_lms(clue) if self.students else Match(clue.student, clue.name)

    def named(self, given: str) -> Match:
        """The student whom a person names by an id or by a unique name; without a roster, whoever it is."""
        if not self.students:
            return Match(given, given)
        by_id = next((s for kind in ("id", *IDS) if (s := self._by_id.get((kind, given.casefold())))), None)
        same = self._by_name.get(signature(given), set())
        if by_id is None and len(same) != 1:
            return Match(message=f"{_clip(given)} is not on the roster, or stands there more than once.")
        student = by_id or self.students[min(same)]
        return Match(student.key, student.name)

    def _by_lms(self, clue: Clue) -> Match:
        for kind, value in clue.address.items():
            kinds = ("id", *IDS) if kind == "nbgrader_id" else (kind,)
            student = next((s for k in kinds if (s := self._by_id.get((k, value.casefold()))) is not None), None)
            if student is None:
                continue
            # A team's number is counted apart from the participants', and stands in the same place.
            if kind == "moodle_participant" and not related(clue.name, student.name):
                told = f"{value} is the number of {student.name} on the roster, and the file's name says"
                return Match(message=f"{told} {_clip(clue.name)}. Is it a team's work?")
            return Match(student.key, student.name)
        # Hidden names: no roster has the numbers of blind marking.
        if is_nobody(clue.name):
            return Match(clue.student)
        return self._by_unique_name(clue)

    def _by_unique_name(self, clue: Clue) -> Match:
        """The only student of that name, unless the roster has another Canvas number for them."""
        same = [self.students[place] for place in sorted(self._by_name.get(signature(clue.name), ()))]
        if len(same) > 1:
            return Match(
                message=f"The roster has {len(same)} students called {_clip(clue.name)}; add their LMS ids to it."
            )
        if same and not ("canvas_id" in clue.address and "canvas_id" in same[0].address):
            return Match(same[0].key, same[0].name)
        return Match(message=f"{_clip(clue.name)} ({_clip(clue.student)}) is not on the roster.")

    def _by_path(self, clue: Clue) -> Match:
        """The only student whom the name's beginning tells, a folder from the inmost out, or the rest of the name."""
        own = words(self._without_stem(clue))
        for runs in (
            [own[:length] for length in range(1, len(own) + 1)],
            *(stretches(words(folder)) for folder in reversed(clue.folders)),
            stretches(own),
        ):
            places = self._told(runs)
            if len(places) == 1:
                student = self.students[places.pop()]
                return Match(student.key, student.name)
            if places:
                keys = tuple(sorted(_clip(self.students[place].key) for place in places)[:5])
                return Match(message=f"The name fits {listed(keys)}; begin it with one student's id.")
        return Match(message="Neither a folder nor the file's name has an id or a name that is on the roster.")

    def _told(self, runs: Iterable[Sequence[str]]) -> set[int]:
        """Whom these runs of words name; the longest that names anybody decides, and an id before a name."""
        found: dict[int, set[int]] = defaultdict(set)
        for run in runs:
            found[len(run)] |= self._by_text.get(" ".join(run)) or self._by_name.get("".join(run)) or set()
        return next((places for _, places in sorted(found.items(), reverse=True) if places), set())

    def _by_folder(self, clue: Clue) -> Match:
        """Without a roster: the one folder on the way that is no exercise's, else what the name has beside it."""
        folders = [folder for folder in clue.folders if folder.casefold() not in self._stems]
        if len(folders) == 1:
            return Match(folders[0], folders[0])
        if folders:
            choice = listed(tuple(map(_clip, folders[:5])))
            return Match(message=f"Which of the folders {choice} is the student's is not clear; give a roster.")
        own = self._without_stem(clue).strip(" _-.,()")
        if own:
            return Match(own, own)
        return Match(message="Neither a folder nor the file's name tells whose it is; call it STUDENT_EXERCISE.ipynb.")

    def _without_stem(self, clue: Clue) -> str:
        """The file's name without the exercise's, whose number could be taken for an id."""
        return self._stem.sub("_", stem_and_attempt(clue.file)[0])


def _clip(text: str) -> str:
    return one_line(text, 60)
