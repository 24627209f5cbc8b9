"""A submitted notebook → its cells as text. Nothing in the file is trusted, nothing in it is parsed as Python here."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG
from typing import Any, Literal

__all__ = [
    "LARGE",
    "Cell",
    "Lesson",
    "Notebook",
    "Unreadable",
    "defines",
    "parse",
    "read",
    "which_lesson",
    "without_outputs",
]

LARGE = 8_000_000
"""Bytes from which on a notebook is read without its outputs; stored pictures make one of ours 1 MB at most."""

MAX_BYTES = 200_000_000  # of a file with its outputs; it stands in memory once
MAX_BRACKETS = 2_000_000  # each becomes a Python object, twenty times its size in the file
MAX_CELLS = 2_000
MAX_SOURCE = 2_000_000  # characters of code and text; outputs are not counted, they are thrown away


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook: its place counted from 1 among all cells, its text, and whether it is a code cell."""

    number: int
    source: str
    is_code: bool


@dataclass(frozen=True)
class Notebook:
    """What grading needs of a notebook: its cells in order. Outputs, metadata, ids and execution counts are ignored."""

    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells that are not empty, in order."""
        return tuple(cell for cell in self.cells if cell.is_code and cell.source.strip())


@dataclass(frozen=True)
class Unreadable:
    """Why a file cannot be graded: a reason from a fixed list and a sentence for a person."""

    reason: Literal["missing", "not a file", "too big", "empty", "truncated", "not JSON", "not a notebook"]
    message: str


@dataclass(frozen=True)
class Lesson:
    """The lesson a notebook belongs to ("03", or None if nothing tells), and how that was concluded."""

    lesson: str | None
    because: str


def read(path: Path, max_bytes: int = 32_000_000) -> Notebook | Unreadable:
    """The cells of the notebook at `path`, of nbformat 3 or 4, or the reason why there are none. Raises nothing.

    max_bytes: of the notebook without its outputs; with them a file may have MAX_BYTES, and a larger one is not opened.
    A symbolic link is not followed: it may lead to the solutions. A hard link is a file like any other.
    """
    try:
        status = path.lstat()
        if not S_ISREG(status.st_mode):
            what = "a link" if S_ISLNK(status.st_mode) else "not a regular file"
            return Unreadable("not a file", f"{path.name} is {what}; hand in the .ipynb file itself.")
        if status.st_size > MAX_BYTES:
            return Unreadable("too big", _too_big(path.name, status.st_size, MAX_BYTES))
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return Unreadable("missing", f"{path.name} could not be opened: {error.strerror or error}.")
    return parse(raw, path.name, max_bytes)


def _too_big(name: str, size: int, limit: int) -> str:
    return (
        f"{name} has {size / 1e6:.1f} MB, more than the {limit / 1e6:.1f} MB that are read; "
        "clear its outputs and hand it in again."
    )


def parse(raw: bytes, name: str, max_bytes: int = 32_000_000) -> Notebook | Unreadable:
    """The cells of the notebook that these bytes are, or the reason why there are none: `read` without a file."""
    if len(raw) > LARGE:
        raw = without_outputs(raw)
    if len(raw) > max_bytes:
        return Unreadable("too big", _too_big(name, len(raw), max_bytes))
    if raw.count(b"[") + raw.count(b"{") > MAX_BRACKETS:
        return Unreadable("too big", f"{name} has more than {MAX_BRACKETS} lists and objects; is it the right file?")
    if not raw.strip():
        return Unreadable("empty", f"{name} is empty; save the notebook and hand it in again.")
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # A whole notebook ends with a brace; one cut short by a full disk or a broken upload does not.
        if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and not raw.rstrip().endswith(b"}"):
            return Unreadable("truncated", f"{name} stops in the middle; save the notebook and hand it in again.")
        return Unreadable("not JSON", f"{name} is not a notebook: it is not valid JSON ({_clip(str(error))}).")
    cells = _cells(content)
    if cells is None:
        return Unreadable("not a notebook", f"{name} is JSON, but not a notebook: it holds no list of cells.")
    if len(cells) > MAX_CELLS or sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        return Unreadable(
            "too big",
            f"{name} has more than {MAX_CELLS} cells or {MAX_SOURCE / 1e6:.0f} MB of text; is it the right file?",
        )
    return Notebook(tuple(cells))


# A stretch of JSON up to the next bracket outside a string. Possessive, so that a long string costs no memory.
_TO_BRACKET = re.compile(rb"""(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[\[\]{}]""", re.DOTALL)
_BULKY = re.compile(rb"""["](?:outputs|attachments|widgets)["]\s*:\s*[\[{]\Z""")


def without_outputs(raw: bytes) -> bytes:
    """The notebook with empty outputs, attachments and widget states, without parsing it; what is not closed stays.

    100 MB of stored output would be a gigabyte of Python objects, thrown away at once.
    """
    kept, start, place = [], 0, 0
    for _ in range(MAX_BRACKETS):
        step = _TO_BRACKET.match(raw, place)
        if step is None:
            break
        place = step.end()
        if not _BULKY.search(raw, max(step.start(), place - 100), place):
            continue
        end = _closing(raw, place)
        if end is None:
            break
        kept += [raw[start:place], raw[end - 1 : end]]
        start = place = end
    return b"".join([*kept, raw[start:]])


def _closing(raw: bytes, place: int) -> int | None:
    """The place behind the bracket that closes the one just before `place`; None if there is none near enough."""
    depth = 1
    for _ in range(MAX_BRACKETS):
        step = _TO_BRACKET.match(raw, place)
        if step is None:
            return None
        place = step.end()
        depth += 1 if raw[place - 1] in b"[{" else -1
        if depth == 0:
            return place
    return None


def _cells(content: object) -> list[Cell] | None:
    """Cells of nbformat 4 ("cells", "source") or 3 ("worksheets", "input"); what is not a cell is passed over."""
    if not isinstance(content, Mapping):
        return None
    found = content.get("cells")
    if found is None and isinstance(worksheets := content.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in worksheets if isinstance(sheet, Mapping)]
        found = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(found, list):
        return None
    return [
        Cell(number, _text(cell), cell.get("cell_type") == "code")
        for number, cell in enumerate(found, start=1)
        if isinstance(cell, Mapping)
    ]


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    # JSON can spell half a surrogate pair, which no encoder accepts.
    return source.encode("utf-8", "replace").decode("utf-8")


def which_lesson(path: Path, notebook: Notebook, names: Mapping[str, Mapping[str, Sequence[str]]]) -> Lesson:
    """The lesson of a notebook, from the exercises it checks, else its file's name, else the names it defines.

    names: lesson → {exercise id: the names that exercise asks for}. Evidence that points to two lessons decides
    nothing unless the file's name settles it; the sentence in `because` then says so.
    """
    text = "\n".join(cell.source for cell in notebook.code)
    ids = set(re.findall(r"""["'](\d\d-[a-z0-9-]{1,80})["']""", text))
    checked = {lesson for lesson, exercises in names.items() if ids & exercises.keys()}
    called = {lesson for lesson in names if re.search(rf"(?<!\d){re.escape(lesson)}(?=_[A-Za-z])", path.stem)}
    if len(checked) == 1:
        lesson = min(checked)
        if called and called != checked:
            return Lesson(lesson, f"the exercises it checks (the file's name says {', '.join(sorted(called))})")
        return Lesson(lesson, "the exercises it checks")
    if len(called) == 1 and (not checked or called <= checked):
        others = f" (it checks exercises of {', '.join(sorted(checked))})" if checked else ""
        return Lesson(min(called), f"the file's name{others}")
    if checked:
        return Lesson(None, f"it checks exercises of lessons {', '.join(sorted(checked))}")
    defined = set(re.findall(r"^(?:def[ \t]+)?([A-Za-z_]\w{0,80})[ \t]*[(=:]", text, flags=re.MULTILINE))
    # All names of a question: one alone, such as "slope", stands in other notebooks too.
    told = [lesson for lesson, asked in names.items() if any(defined >= set(each) for each in asked.values())]
    if len(told) == 1:
        return Lesson(told[0], "the names it defines")
    return Lesson(None, "neither its file's name nor the exercises it checks nor the names it defines tell")


def _clip(text: str, length: int = 120) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def defines(source: str, name: str, *, indented: bool = True) -> bool:
    """Does this text look as if it defined `name`, by `def` or by `=`? A look at the lines, not at the syntax.

    indented: whether a line inside a block counts, which may be inside a function, too.
    """
    margin = r"[ \t]*" if indented else ""
    pattern = (
        rf"^{margin}(?:def[ \t]+{name}[ \t]*\(|(?:\w+[ \t]*,[ \t]*){{0,8}}{name}[ \t]*(?:[,:][^=\n]{{0,200}})?=(?!=))"
    )
    return re.search(pattern, source, flags=re.MULTILINE) is not None
