"""Filling in a file that an LMS exported: every byte stays as it was, apart from the marks."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

from course_lib.exercises.wording import one_line

__all__ = ["Cell", "Filled", "Grade", "Sheet", "Tally", "find_rows", "number", "read_sheet", "scaled"]


@dataclass(frozen=True)
class Grade:
    """The mark of one student for one exercise, and the ids by which the LMS knows the student."""

    student: str
    points: Decimal
    out_of: Decimal
    address: Mapping[str, str] = field(default_factory=dict)
    """As in Received and in the roster, the submission's own ids first: "canvas_id", "moodle_participant" …"""
    name: str = ""
    comment: str = ""
    """A sentence for the student, where the LMS's file has a column for it."""

    def __str__(self) -> str:
        return one_line(self.name or self.student, 60)


@dataclass(frozen=True)
class Filled:
    """The file filled in, and what became of each row and each grade."""

    content: bytes
    written: tuple[str, ...]
    """Students whose mark stands in the file now."""
    kept: tuple[str, ...] = ()
    """Students whose cell held something else already, and why it was left."""
    without_grade: tuple[str, ...] = ()
    """Rows of the file for which there was no grade."""
    without_row: tuple[str, ...] = ()
    """Grades for which the file has no row."""
    notes: tuple[str, ...] = ()


@dataclass
class Tally:
    """What became of rows and grades, while a file is filled in."""

    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    without_grade: list[str] = field(default_factory=list)
    without_row: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def filled(self, content: bytes) -> Filled:
        """The result."""
        lists = (self.written, self.kept, self.without_grade, self.without_row, self.notes)
        return Filled(content, *map(tuple, lists))


class Cell(NamedTuple):
    """A field of a CSV file: its value, and where its text stands."""

    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Sheet:
    """A CSV file whose fields know their places."""

    text: str
    separator: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """All rows that are not blank, without the header."""
    decimal_comma: bool = False

    def column(self, *names: str) -> int | None:
        """The place of the first of these headings, whatever their case; None if there is none."""
        folded = [heading.casefold().strip() for heading in self.header]
        return next((folded.index(name.casefold()) for name in names if name.casefold() in folded), None)

    def filled(self, new: Mapping[Cell, str]) -> bytes:
        """The file with new values in these cells."""
        pieces, place = [], 0
        for cell in sorted(new, key=lambda cell: cell.start):
            pieces += [self.text[place : cell.start], self._written(new[cell], self.text[cell.start : cell.start + 1])]
            place = cell.end
        return "".join([*pieces, self.text[place:]]).encode("utf-8", "surrogateescape")

    def shown(self, value: Decimal) -> str:
        """A number as this file writes them."""
        text = format(value.normalize(), "f")
        return text.replace(".", ",") if self.decimal_comma else text

    def _written(self, value: str, before: str) -> str:
        if before == '"' or any(c in value for c in (self.separator, '"', "\n", "\r")):
            return '"' + value.replace('"', '""') + '"'
        return value


def read_sheet(content: bytes, what: str) -> Sheet:
    """The fields of a CSV file; ValueError with the line where it is none. what: its name for a person."""
    if b"\0" in content:
        raise ValueError(f"this is not {what}: it is no text; take the file as the LMS gave it, not from a workbook")
    # Bytes that are not UTF-8 come back as they were.
    text = content.decode("utf-8", "surrogateescape")
    first = next((line for line in text.removeprefix("\ufeff").splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    rows = tuple(row for row in _rows(text, separator, what) if any(cell.value.strip() for cell in row))
    if not rows:
        raise ValueError(f"this is not {what}: it is empty")
    header = tuple(cell.value for cell in rows[0])
    comma = any(re.fullmatch(r"\d+,\d+", cell.value.strip()) for row in rows[1:] for cell in row)
    return Sheet(text, separator, header, rows[1:], comma)


def _rows(text: str, separator: str, what: str) -> Iterable[tuple[Cell, ...]]:
    one = re.compile(rf'(?:"((?:[^"]|"")*+)"|([^"{separator}\r\n][^{separator}\r\n]*+)?)({separator}|\r\n|\n|\r|\Z)')
    place = 1 if text.startswith("\ufeff") else 0
    row: list[Cell] = []
    while place < len(text) or row:
        found = one.match(text, place)
        if found is None:
            line = text.count("\n", 0, place) + 1
            raise ValueError(f"this is not {what}: line {line} has a quotation mark that is not closed, or in a field")
        quoted, plain, end = found.groups()
        value = quoted.replace('""', '"') if quoted is not None else plain or ""
        row.append(Cell(value, found.start(), found.start(3)))
        place = found.end()
        if end != separator:
            yield tuple(row)
            row = []


def number(text: str) -> Decimal | None:
    """The number in a cell, written with a point or a comma; None where there is none."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def scaled(grade: Grade, possible: Decimal | None) -> Decimal:
    """points / out_of × possible, rounded half up to two places, as LMSs show it; the points where it is None."""
    if possible is None or grade.out_of == 0:
        value = Decimal(grade.points)
    else:
        value = Decimal(grade.points) * possible / Decimal(grade.out_of)
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def find_rows(
    grades: Sequence[Grade], rows: Sequence[Sequence[Cell]], columns: Mapping[str, int | None], keys: Sequence[str]
) -> dict[str, Sequence[Cell]]:
    """Student → the one row that has one of the student's ids.

    columns: kind of id → its column, in order of trust. keys: the kinds that the student's own key may be.
    An id that two rows have finds neither, and a row that two students would have is nobody's.
    """
    index: dict[tuple[str, str], list[Sequence[Cell]]] = {}
    for row in rows:
        for kind, column in columns.items():
            if column is not None and column < len(row) and (value := row[column].value.strip().casefold()):
                index.setdefault((kind, value), []).append(row)
    found: dict[str, Sequence[Cell]] = {}
    for grade in grades:
        told = [(kind, grade.address[kind].casefold()) for kind in columns if kind in grade.address]
        # Several numbers, where no submission tells which is this assignment's.
        told = [(k, one) for k, ids in told for one in (ids.split() if k == "moodle_participant" else [ids])]
        told += [(kind, grade.student.casefold()) for kind in keys]
        hits = next((hits for each in told if len(hits := index.get(each, [])) == 1), None)
        if hits is not None:
            found[grade.student] = hits[0]
    claims = Counter(id(row) for row in found.values())
    return {student: row for student, row in found.items() if claims[id(row)] == 1}
