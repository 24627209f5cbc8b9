"""Which exercise a notebook is, from its questions and its file's name."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from course_lib.exercises.bank import BANK, PREDICTIONS
from course_lib.exercises.grading.classroom import COLLECTED
from course_lib.exercises.grading.naming import stem_and_attempt
from course_lib.exercises.grading.read import Notebook, defines, which_lesson

__all__ = ["exercise_by_name", "exercise_of", "exercise_stems", "stem_of"]


@cache
def exercise_stems() -> Mapping[str, str]:
    """Lesson → the name of its exercise's file: "03" → "03_sigmoid"."""
    folder = Path(__file__).resolve().parents[3] / "exercises"
    stems = {path.stem[:2]: path.stem for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    return MappingProxyType(
        {lesson: stems.get(lesson, lesson) for lesson in dict.fromkeys(e.lesson for e in BANK.values())}
    )


def stem_of(name: str) -> str:
    """The exercise that "03" or "03_sigmoid" means; ValueError names those that there are."""
    stems = exercise_stems()
    for lesson, stem in stems.items():
        if name in (lesson, stem):
            return stem
    raise ValueError(f"there is no exercise {name!r}; there are {', '.join(stems.values())}")


def exercise_of(notebook: Notebook, file: str, asked: set[str]) -> tuple[str, str, str]:
    """Which exercise it is, "" if none, with the outcome and a sentence."""
    names = _names()
    text = "\n".join(cell.source for cell in notebook.code)
    ids = set(re.findall(r"""["'](\d\d-[a-z0-9-]{1,80})["']""", text))
    concluded = which_lesson(Path(f"{stem_and_attempt(file)[0]}.ipynb"), notebook, names)
    lesson = concluded.lesson
    checked = {BANK[each].lesson for each in ids & BANK.keys()}
    if lesson is None and len(asked) == 1 and (only := min(asked))[:2] in checked:
        lesson = only[:2]
    if not checked and ids & PREDICTIONS.keys():
        what = f"the course's notebook of lesson {lesson}" if lesson else "a notebook of the course"
        return "", "course notebook", f"It is {what}; its exercise stands in the folder exercises."
    if lesson is None:
        return "", "unknown lesson", f"Which exercise it is remains open: {concluded.because}."
    wanted = {name for each in names[lesson].values() for name in each}
    if not checked and not any(defines(cell.source, name) for cell in notebook.cells for name in wanted):
        return "", "unknown lesson", f"Its name says lesson {lesson}, but it holds none of that lesson's questions."
    stem = exercise_stems()[lesson]
    if asked and stem not in asked:
        return stem, "not asked for", f"It is {stem} (known from {concluded.because})."
    return stem, COLLECTED, ""


def exercise_by_name(file: str) -> str:
    """The exercise that the name of an unreadable file tells."""
    lesson = which_lesson(Path(f"{stem_and_attempt(file)[0]}.ipynb"), Notebook(()), _names()).lesson
    return exercise_stems()[lesson] if lesson else ""


@cache
def _names() -> dict[str, dict[str, Sequence[str]]]:
    names: dict[str, dict[str, Sequence[str]]] = {}
    for exercise in BANK.values():
        names.setdefault(exercise.lesson, {})[exercise.id] = exercise.names
    return names
