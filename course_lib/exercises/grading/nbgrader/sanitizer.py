"""The cells of a submission find their places again, whatever was deleted, copied, split, renamed or damaged.

nbgrader knows a cell by the `grade_id` in its metadata, and stops at metadata that it does not understand. Here that
metadata is only a hint. All of it is taken away; then each cell that was handed out gets its own back: a test cell by
its text, an answer by the name that it defines. Nothing that the student wrote is changed or lost.
"""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.nbgrader.layout import SCHEMA, answer_id
from course_lib.exercises.grading.read import defines

__all__ = ["HandedOut", "RestoreCells", "restore"]

ADDED = "This cell was missing from the submission and has been put back."

_NAMES = {answer_id(exercise.id): exercise.names for exercise in BANK.values()}
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class HandedOut:
    """A cell as nbgrader's gradebook remembers it from generate_assignment."""

    name: str
    cell_type: str
    source: str
    checksum: str
    points: float | None = None
    """None for a cell that bears no mark."""
    is_solution: bool = False
    is_locked: bool = False
    is_task: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of the cell, schema 3."""
        marks: dict[str, Any] = {"grade": self.points is not None and not self.is_task, "solution": self.is_solution}
        marks |= {"locked": self.is_locked, "task": self.is_task, "schema_version": SCHEMA, "grade_id": self.name}
        marks |= {"checksum": self.checksum, "cell_type": self.cell_type}
        return marks if self.points is None else marks | {"points": self.points}


class RestoreCells(NbGraderPreprocessor):  # type: ignore[misc]
    """First of the sanitizing preprocessors, in place of ClearOutput, DeduplicateIds and the Overwrite ones."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """The submission with its cells restored, without outputs, for the kernel of the assignment."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            assignment = gradebook.find_notebook(about["notebook"], about["assignment"])
            handed_out, kernelspec = tuple(_handed_out(assignment)), json.loads(assignment.kernelspec or "{}")
        for name in restore(nb, handed_out):
            self.log.warning("%s: the cell '%s' was missing and has been put back", about["student"], name)
        nb.metadata = from_dict({"kernelspec": kernelspec} if kernelspec else {})
        return nb, resources


def restore(nb: Any, handed_out: Sequence[HandedOut]) -> list[str]:
    """Give the cells of `nb` their nbgrader metadata back, in place; the names of those that had to be put back."""
    hints = list(_plain_cells(nb.get("cells", ())))
    nb.nbformat, nb.nbformat_minor, nb.cells = 4, 5, [cell for cell, _ in hints]
    missing: list[str] = []
    place = len(nb.cells)
    for wanted in handed_out:
        free = [(cell, hint) for cell, hint in hints if "nbgrader" not in cell.metadata]
        cell = _found(wanted, free)
        if cell is None and wanted.points is None:
            continue
        if cell is None:
            text = f"{'# ' if wanted.cell_type == 'code' else ''}{ADDED}\n{wanted.source}"
            cell = _new_cell(wanted.cell_type, wanted.source if wanted.is_locked else text)
            nb.cells.insert(place, cell)
            missing.append(wanted.name)
        if wanted.is_locked:
            cell.source = wanted.source
        cell.metadata["nbgrader"] = wanted.metadata
        place = 1 + next(i for i, other in enumerate(nb.cells) if other is cell)
    return missing


def _found(wanted: HandedOut, free: Sequence[tuple[Any, str]]) -> Any:
    """The cell that is the one handed out, or None; a text that became an answer's becomes code again."""
    same = [cell for cell, _ in free if _spelt(cell.source) == _spelt(wanted.source)]
    if wanted.is_locked:
        # An edited test cell stays where it is, as the student's own: it may hold what an answer needs.
        return next((cell for cell in reversed(same) if cell.cell_type == wanted.cell_type), None)
    names = _NAMES.get(wanted.name, ())
    hinted = [cell for cell, hint in free if hint == wanted.name]
    defining = [
        cell
        for cell, hint in free
        if (cell.cell_type == "code" or hint == wanted.name) and any(defines(cell.source, name) for name in names)
    ]
    written = [cell for cell in defining if not any(cell is other for other in same)]
    cell = next((cells[-1] for cells in (written, defining, hinted) if cells), None)
    if cell is not None and cell.cell_type != wanted.cell_type:
        cell.update(_new_cell(wanted.cell_type, cell.source, cell.id))
    return cell


def _plain_cells(cells: Any) -> Iterator[tuple[Any, str]]:
    """Each cell with nothing but its text, and the grade_id that it came with."""
    seen: set[str] = set()
    for cell in cells if isinstance(cells, list) else ():
        if not isinstance(cell, dict):
            continue
        metadata, source, name = cell.get("metadata"), cell.get("source"), cell.get("id")
        mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        hint = mark.get("grade_id") if isinstance(mark, dict) else None
        known = name if isinstance(name, str) and _CELL_ID.fullmatch(name) and name not in seen else None
        plain = _new_cell(cell.get("cell_type"), source if isinstance(source, str) else "", known)
        if isinstance(attachments := cell.get("attachments"), dict) and plain.cell_type == "markdown":
            plain.attachments = attachments
        seen.add(plain.id)
        yield plain, hint if isinstance(hint, str) else ""


def _new_cell(cell_type: object, source: str, name: str | None = None) -> Any:
    kind = cell_type if cell_type in ("code", "markdown") else "raw"
    # nbformat's own makers validate each cell against the schema, which takes longer than all the rest here.
    cell = {"id": name or secrets.token_hex(4), "cell_type": kind, "metadata": NotebookNode(), "source": source}
    return NotebookNode(cell, **({"outputs": [], "execution_count": None} if kind == "code" else {}))


def _spelt(source: str) -> str:
    """A cell's text without what saving on another system changes."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _handed_out(assignment: Any) -> Iterator[HandedOut]:
    points = {cell.name: cell.max_score for cell in (*assignment.grade_cells, *assignment.task_cells)}
    tasks = {cell.name for cell in assignment.task_cells}
    solutions = {cell.name for cell in assignment.solution_cells}
    for cell in assignment.source_cells:
        yield HandedOut(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            checksum=cell.checksum,
            points=points.get(cell.name),
            is_solution=cell.name in solutions,
            is_locked=cell.locked,
            is_task=cell.name in tasks,
        )
