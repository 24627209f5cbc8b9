"""An nbgrader course directory from the folders `exercises/` and `solutions/`: one folder per assignment, cells marked.

The marks (metadata schema 3) follow from what is there already: a cell tagged `answer` is a solution cell, a cell that
is `check("03-stable-sigmoid")` is its test, worth the bank's points. Nothing is kept twice.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.grade import new_seed
from course_lib.exercises.grading.writing import write_whole

__all__ = ["COURSE", "Laid", "answer_id", "lay_out", "marked"]

COURSE = Path(__file__).resolve().parents[4]
"""The course's own repository, where `exercises/` and `solutions/` stand."""

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
CONFIGURATION = "nbgrader_config.py"
SCHEMA = 3

_TEST = re.compile(r"""check\(["']([a-z0-9-]+)["']\)""")

Cell = dict[str, Any]


@dataclass(frozen=True)
class Laid:
    """One file of the course directory, and what was done: "written", "unchanged" or "kept" (it was edited there)."""

    path: Path
    done: str


def lay_out(into: Path, *, course: Path = COURSE, lessons: Sequence[str] = (), force: bool = False) -> list[Laid]:
    """Write source/NAME/NAME.ipynb for each exercise notebook, and nbgrader_config.py, below the folder `into`.

    lessons: "03" or "03_sigmoid"; none means all. A file that was edited there is kept unless `force`; the settings are
    kept always, because they hold the seed of the class. Raises ValueError for an unknown lesson or a course without
    exercises, OSError where nothing can be written.
    """
    known = {path.stem: path for path in sorted((course / "exercises").glob("[0-9][0-9]_*.ipynb"))}
    if not known:
        raise ValueError(
            f"there are no exercises in {course / 'exercises'}; name the folder of the course with --course"
        )
    unknown = [lesson for lesson in lessons if not any(_is_called(name, lesson) for name in known)]
    if unknown:
        raise ValueError(f"no exercises for lesson {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [name for name in known if not lessons or any(_is_called(name, lesson) for lesson in lessons)]
    texts = {}
    for name in chosen:
        exercise, solution = (_read(course / folder / f"{name}.ipynb") for folder in ("exercises", "solutions"))
        source = marked(exercise, solution)
        texts[into / "source" / name / f"{name}.ipynb"] = json.dumps(source, indent=1, ensure_ascii=False) + "\n"
    laid = [_lay(path, text, force) for path, text in texts.items()]
    return [*laid, _lay(into / CONFIGURATION, configuration(new_seed()), force=False)]


def marked(exercise: Mapping[str, Any], solution: Mapping[str, Any]) -> dict[str, Any]:
    """nbgrader's source of an assignment: the exercise with each answer in its region, and the cells marked.

    What else the solution says (other ways, explanations) stays out of it: nbgrader would release it.
    """
    solved = {cell["id"]: cell for cell in solution["cells"]}
    cells: list[Cell] = [{**cell, "metadata": dict(cell["metadata"])} for cell in exercise["cells"]]
    waiting: Cell | None = None
    for cell in cells:
        text = "".join(cell["source"])
        test = _TEST.fullmatch(text.strip()) if cell["cell_type"] == "code" else None
        if "answer" in cell["metadata"].get("tags", ()):
            waiting = cell
            stub, cell["source"] = _with_region(cell["id"], text, "".join(solved[cell["id"]]["source"]))
            cell["metadata"]["course"] = {"stub": stub}
        elif test is not None:
            exercise_id = test.group(1)
            if exercise_id not in BANK:
                raise ValueError(f"cell {cell['id']!r} checks {exercise_id!r}, which is no question of the bank")
            if waiting is None:
                raise ValueError(f"cell {cell['id']!r} checks {exercise_id!r}, but no answer cell stands before it")
            points = BANK[exercise_id].points
            waiting["metadata"]["nbgrader"] = _mark(answer_id(exercise_id), solution=True)
            cell["metadata"]["nbgrader"] = _mark(exercise_id, grade=True, locked=True, points=points)
            waiting = None
        elif "check(" in text and cell["cell_type"] == "code":
            raise ValueError(
                f'cell {cell["id"]!r}: a test must be `check("…")` alone, or its result is no mark: {text!r}'
            )
    if waiting is not None:
        raise ValueError(f"cell {waiting['id']!r} is an answer that nothing checks")
    return {**exercise, "cells": cells}


def answer_id(exercise_id: str) -> str:
    """nbgrader's name of the cell that holds the answer; the cell that tests it has the exercise's own id."""
    return f"{exercise_id}-answer"


def configuration(seed: int) -> str:
    """The text of nbgrader_config.py."""
    return _CONFIGURATION.replace("SEED", str(seed))


def _with_region(cell_id: str, handed_out: str, solved: str) -> tuple[str, list[str]]:
    """What the learner starts from, unindented, and the lines of the solved cell with its answer in a region."""
    start, answer = handed_out.splitlines(), solved.splitlines()
    before = 0
    while before < min(len(start), len(answer)) and start[before] == answer[before]:
        before += 1
    after = 0
    while after < min(len(start), len(answer)) - before and start[-1 - after] == answer[-1 - after]:
        after += 1
    stub, inside = start[before : len(start) - after], answer[before : len(answer) - after]
    if not stub or not inside:
        raise ValueError(
            f"cell {cell_id!r} is the same in exercises/ and solutions/; build them anew: python -m authoring"
        )
    margin = stub[0][: len(stub[0]) - len(stub[0].lstrip())]
    region = [*answer[:before], margin + BEGIN, *inside, margin + END, *answer[len(answer) - after :]]
    return dedent("\n".join(stub)), "\n".join(region).splitlines(keepends=True)


def _mark(
    grade_id: str, *, grade: bool = False, solution: bool = False, locked: bool = False, points: float = 0
) -> Cell:
    mark: Cell = {
        **{"schema_version": SCHEMA, "grade_id": grade_id, "task": False},
        **{"grade": grade, "solution": solution, "locked": locked},
    }
    return mark | ({"points": points} if grade else {})


def _is_called(name: str, lesson: str) -> bool:
    return lesson in (name, name[:2])


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not a notebook ({error}); build it anew: python -m authoring") from error
    return content


def _lay(path: Path, text: str, force: bool) -> Laid:
    if path.exists():
        if path.read_text(encoding="utf-8") == text:
            return Laid(path, "unchanged")
        if not force:
            return Laid(path, "kept")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    if path.name == CONFIGURATION:
        # The seed decides what a class is asked.
        path.chmod(0o600)
    return Laid(path, "written")


_CONFIGURATION = '''\
"""nbgrader's settings for this course: run every nbgrader command in the folder of this file."""

c = get_config()  # noqa: F821  (nbgrader defines it)

# Hand out: each answer cell starts from what the course's own exercise starts from.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "course_lib.exercises.grading.nbgrader.stubs.LeaveStubs",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Grade: cells that were deleted, copied, split or renamed find their place again; the answers are asked for from
# outside, in a process that holds no tests. Without these two lists nbgrader's own executor grades, in one kernel; the
# points of a cell must then be the ones that it came with.
c.Autograde.sanitize_preprocessors = [
    "course_lib.exercises.grading.nbgrader.sanitizer.RestoreCells",
]
c.Autograde.autograde_preprocessors = [
    "course_lib.exercises.grading.nbgrader.executor.AskForAnswers",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]

# The inputs that answers are asked for are drawn from this seed: keep it from the class until the marks are out.
c.AskForAnswers.seed = SEED

# "auto": the strongest isolation that this computer offers. "none" is for the work of people you trust.
c.AskForAnswers.isolation = "auto"
'''
