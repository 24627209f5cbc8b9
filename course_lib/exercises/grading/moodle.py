"""Marks into the offline grading worksheet of a Moodle assignment (mod/assign/feedback/offline), to be uploaded again.

Moodle finds the student by the number in "Participant 17", which holds for this assignment alone. It passes over a row
whose grade is empty, out of range, locked, or was changed after the worksheet was downloaded.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from course_lib.exercises.grading.lms import Cell, Filled, Grade, Sheet, Tally, find_rows, number, read_sheet, scaled
from course_lib.exercises.grading.writing import cell
from course_lib.exercises.wording import one_line

__all__ = ["fill_moodle"]

WHAT = "an offline grading worksheet from Moodle"
# The headings are in the site's language.
_IDENTIFIER = ("Identifier", "Identificador", "Identifiant")
_GRADE = ("Grade", "Bewertung", "Note", "Calificación", "Nota", "成绩")
_MAXIMUM = ("Maximum grade", "Bestwertung", "Note maximale", "Calificación máxima", "Nota máxima", "最高分")
_CHANGEABLE = (
    *("Grade can be changed", "Bewertung kann geändert werden", "La note peut être modifiée"),
    *("A nota pode ser alterada.", "Nota pode ser alterada", "允许更改成绩"),
)
_NO = ("no", "nein", "non", "não", "nee", "否")
_COMMENTS = (
    "Feedback comments",
    "Feedback als Kommentar",
    "Feedback par commentaires",
    "Comentarios de retroalimentación",
)


def fill_moodle(
    content: bytes,
    grades: Sequence[Grade],
    *,
    maximum: Decimal | None = None,
    grade_column: str | None = None,
    scale: bool = True,
    overwrite: bool = False,
    comments: bool = False,
) -> Filled:
    """The worksheet with the marks of its one assignment under Grade, and, if asked, comments under Feedback comments.

    maximum: the assignment's maximum grade, where the worksheet has no column for it. grade_column: its heading on a
    site in a language that is not known here. scale: marks as shares of the maximum; False writes the points.
    overwrite: replace a grade or comment that stands there.
    Raises ValueError for a file of another kind, a grade above the maximum, or an assignment graded by a scale.
    """
    sheet = read_sheet(content, WHAT)
    who, marks = _identifier(sheet), _grade_column(sheet, grade_column)
    top, changeable = sheet.column(*_MAXIMUM), sheet.column(*_CHANGEABLE)
    remarks = sheet.column(*_COMMENTS) if comments else None
    if comments and remarks is None:
        raise ValueError(
            "the worksheet has no column for feedback comments; switch them on in the assignment's settings"
        )
    tally, new = Tally(), dict[Cell, str]()
    numbered = [_numbered(row, who) for row in sheet.rows]
    ids = {
        "moodle_participant": who,
        "email": sheet.column("Email address", "E-Mail-Adresse", "Adresse de courriel"),
        "sis_id": sheet.column("ID number", "ID-Nummer", "Numéro d'identification"),
        "login": sheet.column("Username", "Anmeldename", "Nom d'utilisateur"),
    }
    own = [grade for grade in grades if "moodle_participant" in grade.address]
    others = [grade for grade in grades if "moodle_participant" not in grade.address]
    # A number that is not in the worksheet is another assignment's; the address then must not be asked instead.
    rows = find_rows(own, numbered, {"moodle_participant": who}, ())
    rows |= find_rows(others, numbered, ids, ("email", "sis_id", "login"))
    for grade in grades:
        row = rows.get(grade.student)
        if row is None or marks >= len(row):
            tally.without_row.append(str(grade))
            continue
        if changeable is not None and row[changeable].value.strip().casefold() in _NO:
            tally.kept.append(f"{grade}: locked in Moodle")
            continue
        highest = _highest(row, top, maximum, grade)
        mark = scaled(grade, highest if scale else None)
        if highest is not None and mark > highest:
            raise ValueError(
                f"the mark {mark} of {grade} is above the maximum grade {highest}, and Moodle would pass over it; "
                "write marks scaled to the maximum"
            )
        _put(sheet, row, marks, mark, grade, overwrite, tally, new)
        if remarks is not None and grade.comment and (overwrite or not row[remarks].value.strip()):
            new[row[remarks]] = str(cell(grade.comment))
    taken = {row[who].start for row in rows.values()}
    tally.without_grade += [_name(sheet, row) for row in numbered if row[who].start not in taken]
    if own and not any(grade.student in rows for grade in own):
        tally.notes.append("None of the hand-ins has a number of this worksheet: is it that of another assignment?")
    return tally.filled(sheet.filled(new))


def _identifier(sheet: Sheet) -> int:
    """The column with "Participant 17", in whatever language."""
    column = sheet.column(*_IDENTIFIER)
    column = 0 if column is None else column
    values = [row[column].value.strip() if column < len(row) else "" for row in sheet.rows]
    # The word before the number is the same in all rows.
    if (
        not values
        or len({re.sub(r"\d+$", "", value) for value in values}) > 1
        or not all(v[-1:].isdigit() for v in values)
    ):
        raise ValueError(f"this is not {WHAT}: it needs a column Identifier (Participant 17), and has {_all(sheet)}")
    return column


def _grade_column(sheet: Sheet, named: str | None) -> int:
    column = sheet.column(*(_GRADE if named is None else (named,)))
    if column is None:
        wanted = "Grade, or the site's word for it" if named is None else repr(named)
        raise ValueError(f"the worksheet has no column {wanted}; it has {_all(sheet)}")
    return column


def _numbered(row: Sequence[Cell], who: int) -> tuple[Cell, ...]:
    """The row with the participant's bare number for an identifier."""
    found = re.search(r"\d+$", row[who].value.strip())
    bare = row[who]._replace(value=found[0] if found else "")
    return (*row[:who], bare, *row[who + 1 :])


def _highest(row: Sequence[Cell], top: int | None, maximum: Decimal | None, grade: Grade) -> Decimal | None:
    if maximum is not None:
        return maximum
    if top is None or top >= len(row):
        return None
    highest = number(row[top].value)
    if highest is None:
        raise ValueError(
            f"the maximum grade of {grade} is {one_line(row[top].value, 40)!r}, no number: "
            "an assignment that is graded by a scale cannot be filled in"
        )
    return highest


def _put(
    sheet: Sheet,
    row: Sequence[Cell],
    column: int,
    mark: Decimal,
    grade: Grade,
    overwrite: bool,
    tally: Tally,
    new: dict[Cell, str],
) -> None:
    there = row[column].value.strip()
    before = number(there)
    if before == mark:
        tally.written.append(str(grade))
    elif there in ("", "-") or overwrite:
        new[row[column]] = sheet.shown(mark)
        tally.written.append(str(grade))
    else:
        tally.kept.append(f"{grade}: {one_line(there, 20)}")


def _name(sheet: Sheet, row: Sequence[Cell]) -> str:
    column = sheet.column("Full name", "Vollständiger Name", "Nom complet", "Nombre completo", "全名")
    return one_line(row[0 if column is None or column >= len(row) else column].value, 60)


def _all(sheet: Sheet) -> str:
    return ", ".join(repr(one_line(heading, 60)) for heading in sheet.header[:30])
