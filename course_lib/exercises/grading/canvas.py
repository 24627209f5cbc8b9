"""Marks into the gradebook that Canvas exported (lib/gradebook_exporter.rb), to be imported there again.

Canvas finds the assignment by the number in "Title (91234)" and the student by the number under ID; a row or a column
that it does not know it would offer to create. "EX" is excused, "N/A" not assigned.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from course_lib.exercises.grading.lms import Cell, Filled, Grade, Sheet, Tally, find_rows, number, read_sheet, scaled
from course_lib.exercises.wording import one_line

__all__ = ["fill_canvas"]

WHAT = "a gradebook that Canvas exported"
_ASSIGNMENT = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)", re.DOTALL)
_TOTALS = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)")
_NOT_STUDENTS = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
# Before a bare number: "Exercise 3" is one, "Quiz 3" may be something else.
_EXERCISE_WORDS = "exercise|ex|lesson|assignment|homework|hw|sheet|übung|lektion|blatt|exercice|ejercicio|练习|作业|第"


def fill_canvas(
    content: bytes,
    grades: Mapping[str, Sequence[Grade]],
    *,
    columns: Mapping[str, str] | None = None,
    scale: bool = True,
    overwrite: bool = False,
) -> Filled:
    """The gradebook with the marks of each exercise ("03_sigmoid") in its column.

    columns: exercise → "Title (91234)", the title or the number, where the titles do not tell.
    scale: marks as shares of the column's Points Possible; False writes the points as they are.
    overwrite: replace a mark that stands there; excused and not assigned always stay.
    Raises ValueError for a file of another kind, for a column that is not clear or not there, or read only.
    """
    sheet = read_sheet(content, WHAT)
    ids = {
        "canvas_id": sheet.column("ID"),
        "sis_id": sheet.column("SIS User ID"),
        "login": sheet.column("SIS Login ID"),
        "email": sheet.column("SIS Login ID"),
    }
    if ids["canvas_id"] is None or sheet.column("Section") is None or sheet.column("Student", "LastName") is None:
        raise ValueError(
            f"this is not {WHAT}: it needs the headings Student, ID and Section, and has {_all(sheet.header)}"
        )
    points = next((row for row in sheet.rows if "Points Possible" in row[0].value), ())
    students = [
        row for row in sheet.rows if row is not points and not all(_NOT_STUDENTS.fullmatch(c.value) for c in row)
    ]
    tally, new = Tally(), dict[Cell, str]()
    chosen = _chosen(sheet, grades, columns or {}, tally)
    for exercise, column in chosen.items():
        told = points[column].value if column < len(points) else ""
        if "read only" in told:
            raise ValueError(f"the column {sheet.header[column]!r} is read only in Canvas; name another")
        possible = number(told) if scale else None
        label = f" ({exercise})" if len(chosen) > 1 else ""
        rows = find_rows(grades[exercise], students, ids, ("login", "sis_id"))
        for grade in grades[exercise]:
            row = rows.get(grade.student)
            if row is None or column >= len(row):
                tally.without_row.append(f"{grade}{label}")
                continue
            _put(sheet, row[column], scaled(grade, possible or None), f"{grade}{label}", overwrite, tally, new)
        taken = {id(row) for row in rows.values()}
        tally.without_grade += [f"{one_line(row[0].value, 60)}{label}" for row in students if id(row) not in taken]
    return tally.filled(sheet.filled(new))


def _put(
    sheet: Sheet, cell: Cell, mark: Decimal, name: str, overwrite: bool, tally: Tally, new: dict[Cell, str]
) -> None:
    there = cell.value.strip()
    before = number(there)
    if there in ("", "-") or (before is not None and overwrite and before != mark):
        new[cell] = sheet.shown(mark)
        tally.written.append(name)
    elif before == mark:
        tally.written.append(name)
    else:
        tally.kept.append(f"{name}: {one_line(there, 20)}")


def _chosen(
    sheet: Sheet, grades: Mapping[str, Sequence[Grade]], named: Mapping[str, str], tally: Tally
) -> dict[str, int]:
    """Exercise → its column."""
    known = {
        column: found
        for column, text in enumerate(sheet.header)
        if (found := _ASSIGNMENT.fullmatch(text)) and not _TOTALS.search(text)
    }
    if strange := set(named) - set(grades):
        raise ValueError(f"there are no grades of {', '.join(sorted(strange))}; there are of {', '.join(grades)}")
    chosen: dict[str, int] = {}
    for exercise in grades:
        told = named.get(exercise)
        if told is None:
            fits = _by_title(exercise, {column: found["title"] for column, found in known.items()})
        else:
            fits = [c for c, found in known.items() if told in (sheet.header[c], found["id"], found["title"])]
        if len(fits) > 1 or (told is not None and not fits):
            problem = "fits several columns" if fits else f"has no column {told!r}"
            raise ValueError(
                f"{exercise} {problem}; name one by its title or number. The columns are "
                f"{_all([sheet.header[c] for c in (fits or known)])}"
            )
        if not fits:
            tally.notes.append(f"No column for {exercise}: its {len(grades[exercise])} marks were not written.")
        elif fits[0] in chosen.values():
            other = next(each for each, column in chosen.items() if column == fits[0])
            raise ValueError(f"{exercise} and {other} both fit {sheet.header[fits[0]]!r}; name a column for each")
        else:
            chosen[exercise] = fits[0]
            tally.notes.append(f"{exercise} stands under {one_line(sheet.header[fits[0]], 80)}.")
    if grades and not chosen:
        raise ValueError(
            f"no column is for {', '.join(grades)}; name one by its title or number. The columns are "
            f"{_all([sheet.header[c] for c in known])}"
        )
    return chosen


def _by_title(exercise: str, titles: Mapping[int, str]) -> list[int]:
    """The columns whose title has the exercise's whole name, else its words, else its number."""
    digits, _, words = exercise.partition("_")
    phrase = r"[\W_]+".join(map(re.escape, words.split("_")))
    for pattern in (
        rf"(?<![^\W_]){digits}[\W_]+{phrase}(?![^\W_])",
        rf"(?<![^\W_]){phrase}(?![^\W_])",
        rf"(?<![^\W_]){digits}(?![^\W_])|(?:{_EXERCISE_WORDS})[\W_]*0*{int(digits)}(?!\d)",
    ):
        fits = [column for column, title in titles.items() if re.search(pattern, title, re.IGNORECASE)]
        if fits:
            return fits
    return []


def _all(headings: Sequence[str]) -> str:
    return ", ".join(repr(one_line(heading, 60)) for heading in headings[:30]) or "none"
