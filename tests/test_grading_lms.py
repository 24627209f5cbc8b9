"""The LMS's own file, filled in: the marks are in it, and every other byte is as it was."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.exercises.grading.canvas import fill_canvas
from course_lib.exercises.grading.lms import Grade, read_sheet
from course_lib.exercises.grading.moodle import fill_moodle

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Ex 3 Sigmoid (91234),06 ReLU (91235),Final Score\r\n"
    ",,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,10,5,(read only)\r\n"
    '"O\'Neil, Mary-Jane",101,S1,moneil,"A, B",,,\r\n'
    'Müller,102,S2,jm,A,"",3.5,70\r\n'
    "王小明,103,S3,wx,A,EX,N/A,\r\n"
    '"Student, Test",199,,,A,-,,'
)
MOODLE = (
    "\ufeffIdentifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 17,"Mary-Jane O\'Neil",S1,mj@x.edu,"Submitted for grading - ",,100.00,Yes,"20 Nov 2026, 9:00",-,\n'
    'Participant 18,Jörg Müller,S2,jm@x.edu,No submission - ,55.00,100.00,Yes,-,"20 Nov 2026, 9:00","Well, done"\n'
    "Participant 19,王小明,S3,wx@x.edu,No submission - ,,100.00,No,-,-,\n"
)


def grade(student: str, points: str = "8.5", out_of: str = "10", **address: str) -> Grade:
    return Grade(
        student, Decimal(points), Decimal(out_of), address, name=f"Name of {student}", comment=f"{points} points"
    )


def changed(before: str, after: bytes) -> list[tuple[int, int, str]]:
    """(row, column, new value) of the fields that differ; the files must have the same rows and columns."""
    old, new = (list(csv.reader(io.StringIO(text, newline=""))) for text in (before, after.decode()))
    assert [len(row) for row in old] == [len(row) for row in new]
    pairs = [(r, c) for r, row in enumerate(old) for c in range(len(row))]
    return [(r, c, new[r][c]) for r, c in pairs if old[r][c] != new[r][c]]


def by_hand(text: str, *replacements: tuple[str, str]) -> bytes:
    """The file with these pieces replaced, each of which stands there once."""
    for old, new in replacements:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text.encode()


def test_canvas_gets_marks_by_its_own_number() -> None:
    filled = fill_canvas(
        CANVAS.encode(), {"03_sigmoid": [grade("a", canvas_id="101"), grade("b", "7", canvas_id="102")]}
    )
    assert filled.content == by_hand(CANVAS, ('"A, B",,,', '"A, B",8.5,,'), ('jm,A,"",', 'jm,A,"7",'))
    assert filled.written == ("Name of a", "Name of b")
    assert filled.without_grade == ("王小明", "Student, Test")
    assert filled.notes == ("03_sigmoid stands under Ex 3 Sigmoid (91234).",)


@pytest.mark.parametrize(
    ("key", "address", "row"),
    [
        ("x", {"canvas_id": "101", "login": "jm"}, 3),
        ("x", {"sis_id": "S2"}, 4),
        ("x", {"login": "MONEIL"}, 3),
        ("jm", {}, 4),
        ("S1", {}, 3),
        # A key of another place is not a Canvas number.
        ("101", {}, None),
        ("Müller", {}, None),
    ],
)
def test_canvas_finds_students_by_ids_never_by_name(key: str, address: dict[str, str], row: int | None) -> None:
    filled = fill_canvas(CANVAS.encode(), {"03_sigmoid": [grade(key, **address)]})
    assert [r for r, _, _ in changed(CANVAS, filled.content)] == ([] if row is None else [row])
    assert bool(filled.without_row) == (row is None)


def test_an_id_that_two_rows_have_finds_neither() -> None:
    double = CANVAS.replace("102,S2", "101,S2")
    filled = fill_canvas(double.encode(), {"03_sigmoid": [grade("a", canvas_id="101")]})
    assert (filled.content, filled.without_row) == (double.encode(), ("Name of a",))


def test_a_row_that_two_students_would_have_is_nobodys() -> None:
    filled = fill_canvas(CANVAS.encode(), {"03_sigmoid": [grade("a", canvas_id="101"), grade("b", login="moneil")]})
    assert (filled.content, filled.without_row) == (CANVAS.encode(), ("Name of a", "Name of b"))


def test_several_exercises_go_into_their_columns() -> None:
    marks = {"03_sigmoid": [grade("a", canvas_id="101")], "06_relu": [grade("a", "4", "5", canvas_id="101")]}
    filled = fill_canvas(CANVAS.encode(), marks)
    assert changed(CANVAS, filled.content) == [(3, 5, "8.5"), (3, 6, "4")]
    assert filled.written == ("Name of a (03_sigmoid)", "Name of a (06_relu)")


@pytest.mark.parametrize(
    ("title", "fits"),
    [
        ("03_sigmoid", True),
        ("03 Sigmoid", True),
        ("Homework: sigmoid!", True),
        ("Week 2 (03)", True),
        ("Exercise 3", True),
        ("HW3", True),
        ("作业 3", True),
        ("Quiz 3", False),
        ("Exercise 13", False),
        ("Exercise 31", False),
        ("Sigmoidal units", False),
        ("2003", False),
    ],
)
def test_a_title_tells_the_exercise_or_does_not(title: str, fits: bool) -> None:
    text = f'Student,ID,Section,"{title} (7)",Other (8)\nMei,101,A,,\n'
    marks = {"03_sigmoid": [grade("a", canvas_id="101")]}
    if fits:
        assert changed(text, fill_canvas(text.encode(), marks).content) == [(1, 3, "8.5")]
    else:
        with pytest.raises(ValueError, match=r"no column is for 03_sigmoid.*Other \(8\)"):
            fill_canvas(text.encode(), marks)


@pytest.mark.parametrize("named", ["B (92)", "92", "B"])
def test_a_column_is_named_where_titles_do_not_tell(named: str) -> None:
    text = "Student,ID,Section,A (91),B (92)\nMei,101,A,,\n"
    filled = fill_canvas(text.encode(), {"03_sigmoid": [grade("a", canvas_id="101")]}, columns={"03_sigmoid": named})
    assert changed(text, filled.content) == [(1, 4, "8.5")]


@pytest.mark.parametrize(
    ("header", "columns", "problem"),
    [
        ("Sigmoid a (1),Sigmoid b (2)", {}, r"fits several columns.*'Sigmoid a \(1\)', 'Sigmoid b \(2\)'"),
        ("Sigmoid a (1),Sigmoid b (2)", {"03_sigmoid": "9"}, "has no column '9'"),
        ("Sigmoid (1)", {"06_relu": "1"}, "no grades of 06_relu"),
        ("Sigmoid Final Score (2026)", {}, "no column is for 03_sigmoid"),
    ],
)
def test_a_column_that_is_not_clear_is_refused(header: str, columns: dict[str, str], problem: str) -> None:
    text = f"Student,ID,Section,{header}\nMei,101,A,,\n"
    with pytest.raises(ValueError, match=problem):
        fill_canvas(text.encode(), {"03_sigmoid": [grade("a", canvas_id="101")]}, columns=columns)


def test_two_exercises_do_not_share_a_column() -> None:
    text = "Student,ID,Section,Sigmoid and ReLU (1)\nMei,101,A,\n"
    with pytest.raises(ValueError, match="06_relu and 03_sigmoid both fit"):
        fill_canvas(text.encode(), {"03_sigmoid": [grade("a", canvas_id="101")], "06_relu": []})


def test_an_exercise_without_a_column_does_not_stop_the_others() -> None:
    filled = fill_canvas(CANVAS.encode(), {"03_sigmoid": [grade("a", canvas_id="101")], "11_softmax": []})
    assert len(changed(CANVAS, filled.content)) == 1
    assert any("No column for 11_softmax" in note for note in filled.notes)


@pytest.mark.parametrize(
    ("points", "out_of", "possible", "scale", "written"),
    [
        ("8.5", "10", "10", True, "8.5"),
        ("3", "4", "100", True, "75"),
        ("1", "3", "10", True, "3.33"),
        ("2", "3", "10", True, "6.67"),
        ("1", "8", "0.1", True, "0.01"),
        ("0", "4", "10", True, "0"),
        ("3", "4", "100", False, "3"),
        # Nothing is known of the column.
        ("3", "4", "", True, "3"),
        ("3", "4", "0", True, "3"),
        ("3", "0", "10", True, "3"),
        ("100", "100", "1000", True, "1000"),
    ],
)
def test_marks_are_shares_of_the_points_possible(
    points: str, out_of: str, possible: str, scale: bool, written: str
) -> None:
    text = f"Student,ID,Section,Sigmoid (1)\n    Points Possible,,,{possible}\nMei,101,A,\n"
    filled = fill_canvas(text.encode(), {"03_sigmoid": [grade("a", points, out_of, canvas_id="101")]}, scale=scale)
    assert changed(text, filled.content) == [(2, 3, written)]


@pytest.mark.parametrize(
    ("there", "overwrite", "after"),
    [
        ("", False, "8.5"),
        ("-", False, "8.5"),
        ("7", False, "7"),
        ("7", True, "8.5"),
        ("8.50", False, "8.50"),
        ("8.50", True, "8.50"),
        ("EX", False, "EX"),
        ("EX", True, "EX"),
        ("N/A", True, "N/A"),
        ("complete", True, "complete"),
    ],
)
def test_what_stands_in_canvas_is_kept_unless_asked(there: str, overwrite: bool, after: str) -> None:
    text = f"Student,ID,Section,Sigmoid (1)\nMei,101,A,{there}\n"
    filled = fill_canvas(text.encode(), {"03_sigmoid": [grade("a", canvas_id="101")]}, overwrite=overwrite)
    assert filled.content == f"Student,ID,Section,Sigmoid (1)\nMei,101,A,{after}\n".encode()
    assert bool(filled.kept) != bool(filled.written)


def test_a_read_only_column_is_refused() -> None:
    text = "Student,ID,Section,Sigmoid (1)\n    Points Possible,,,(read only)\nMei,101,A,\n"
    with pytest.raises(ValueError, match="read only"):
        fill_canvas(text.encode(), {"03_sigmoid": []})


def test_canvas_with_two_name_columns_semicolons_and_commas_for_points() -> None:
    text = "LastName;FirstName;ID;SIS Login ID;Section;Sigmoid (1);Old (2)\nWang;Mei;101;mw;A;;7,5\n"
    filled = fill_canvas(text.encode(), {"03_sigmoid": [grade("a", canvas_id="101")]})
    assert filled.content == text.replace("A;;7,5", "A;8,5;7,5").encode()


def test_a_comma_in_a_mark_is_quoted_between_commas() -> None:
    text = 'Student,ID,Section,Sigmoid (1),Old (2)\nMei,101,A,,"7,5"\n'
    filled = fill_canvas(text.encode(), {"03_sigmoid": [grade("a", canvas_id="101")]})
    assert filled.content == text.replace("A,,", 'A,"8,5",').encode()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "needs the headings Student, ID and Section, and has 'a', 'b'"),
        (MOODLE.encode(), "needs the headings Student"),
        (b'Student,ID,Section,A (1)\nMei,"101,A,\n', "line 2"),
        (b'Student,ID,Section,A (1)\nMei,"1"01,A,\n', "line 2"),
        (b"PK\x03\x04\x00", "no text"),
    ],
)
def test_what_is_no_gradebook_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        fill_canvas(content, {"03_sigmoid": []})


def test_moodle_gets_marks_by_participant() -> None:
    filled = fill_moodle(MOODLE.encode(), [grade("a", moodle_participant="17")])
    assert filled.content == by_hand(MOODLE, ('grading - ",,', 'grading - ",85,'))
    assert filled.written == ("Name of a",)
    assert filled.without_grade == ("Jörg Müller", "王小明")


@pytest.mark.parametrize(
    ("key", "address", "rows"),
    [
        ("x", {"moodle_participant": "5 17"}, [1]),
        ("x", {"email": "MJ@x.edu"}, [1]),
        ("S1", {}, [1]),
        ("mj@x.edu", {}, [1]),
        # The number is another assignment's: the address must not be asked instead.
        ("x", {"moodle_participant": "5", "email": "mj@x.edu"}, []),
        ("17", {}, []),
    ],
)
def test_moodle_finds_students_by_ids(key: str, address: dict[str, str], rows: list[int]) -> None:
    filled = fill_moodle(MOODLE.encode(), [grade(key, **address)])
    assert [r for r, _, _ in changed(MOODLE, filled.content)] == rows
    assert bool(filled.without_row) == (not rows)


def test_the_worksheet_of_another_assignment_is_noticed() -> None:
    filled = fill_moodle(MOODLE.encode(), [grade("x", moodle_participant="5")])
    assert "another assignment" in filled.notes[0]


def test_moodle_keeps_what_is_there_and_what_is_locked() -> None:
    grades = [grade("b", moodle_participant="18"), grade("c", moodle_participant="19")]
    filled = fill_moodle(MOODLE.encode(), grades)
    assert filled.content == MOODLE.encode()
    assert filled.kept == ("Name of b: 55.00", "Name of c: locked in Moodle")
    again = fill_moodle(MOODLE.encode(), grades, overwrite=True)
    assert changed(MOODLE, again.content) == [(2, 5, "85")]


def test_comments_are_written_when_asked_and_kept_when_there() -> None:
    grades = [grade("a", moodle_participant="17"), grade("b", moodle_participant="18")]
    filled = fill_moodle(MOODLE.encode(), grades, comments=True)
    assert changed(MOODLE, filled.content) == [(1, 5, "85"), (1, 10, "8.5 points")]


def test_a_comment_does_not_become_a_formula() -> None:
    one = Grade("a", Decimal(1), Decimal(1), {"moodle_participant": "17"}, comment='=HYPERLINK("x")')
    filled = fill_moodle(MOODLE.encode(), [one], comments=True)
    assert changed(MOODLE, filled.content)[1] == (1, 10, '\'=HYPERLINK("x")')


@pytest.mark.parametrize(
    ("header", "row", "after"),
    [
        (
            "ID,Vollständiger Name,Bewertung,Bestwertung",
            'Teilnehmer/in17,Mei,,"10,00"',
            'Teilnehmer/in17,Mei,"8,5","10,00"',
        ),
        ("Identifiant;Nom complet;Note;Note maximale", "Participant17;Mei;;20,00", "Participant17;Mei;17;20,00"),
        ("编号,全名,成绩,最高分", "参与者17,Mei,,10.00", "参与者17,Mei,8.5,10.00"),
    ],
    ids=["german", "french", "chinese"],
)
def test_worksheets_in_other_languages(header: str, row: str, after: str) -> None:
    filled = fill_moodle(f"{header}\n{row}\n".encode(), [grade("a", moodle_participant="17")])
    assert filled.content.decode() == f"{header}\n{after}\n"


def test_a_heading_in_an_unknown_language_is_named() -> None:
    text = "Osallistuja,Arvosana\nOsallistuja 17,\n"
    with pytest.raises(ValueError, match=r"no column Grade.*'Osallistuja', 'Arvosana'"):
        fill_moodle(text.encode(), [])
    filled = fill_moodle(
        text.encode(), [grade("a", moodle_participant="17")], grade_column="Arvosana", maximum=Decimal(5)
    )
    assert changed(text, filled.content) == [(1, 1, "4.25")]


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("a,b\n1,x\n2,y\n", {}, None),
        (CANVAS, {}, "needs a column Identifier"),
        ("Identifier,Grade,Maximum grade\nParticipant 17,,Good\n", {}, "graded by a scale"),
        ("Identifier,Grade,Maximum grade\nParticipant 17,,5\n", {"scale": False}, "above the maximum grade 5"),
        ("Identifier,Grade\nParticipant 17,\n", {"comments": True}, "no column for feedback comments"),
        ("Identifier,Grade\n", {}, "needs a column Identifier"),
    ],
)
def test_a_worksheet_that_cannot_be_filled_is_refused(text: str, options: dict[str, bool], problem: str | None) -> None:
    with pytest.raises(ValueError, match=problem or "no column Grade"):
        fill_moodle(text.encode(), [grade("a", moodle_participant="17")], **options)


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters='\0"'), max_size=8)
QUOTED = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@settings(deadline=None)
@given(
    st.lists(st.tuples(QUOTED, st.integers(1, 10**6)), max_size=5, unique_by=lambda row: row[1]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_nothing_but_the_mark_changes_in_any_gradebook(rows: Sequence[tuple[str, int]], end: str) -> None:
    def line(name: str, number: int, mark: str) -> str:
        quoted = name.replace('"', '""')
        return f'"x{quoted}",{number},A,{mark},"=1"{end}'

    head = f"\ufeffStudent,ID,Section,Sigmoid (1),Notes{end}"
    before = head + "".join(line(name, number, "") for name, number in rows)
    after = head + "".join(line(name, number, "8.5") for name, number in rows)
    filled = fill_canvas(before.encode(), {"03_sigmoid": [grade(str(n), canvas_id=str(n)) for _, n in rows]})
    assert filled.content.decode() == after


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_come_back_as_they_were_or_are_refused(content: bytes) -> None:
    try:
        same = read_sheet(content, "a sheet").filled({})
    except ValueError as error:
        refused = str(error)
        same = content
    else:
        refused = ""
    assert same == content
    assert not refused or refused.startswith("this is not a sheet: ")


@settings(deadline=None)
@given(st.lists(st.lists(QUOTED | FIELDS, min_size=2, max_size=4), min_size=1, max_size=4))
def test_fields_are_those_of_the_csv_module(rows: list[list[str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["a,", "b"], *rows])
    sheet = read_sheet(stream.getvalue().encode(), "a sheet")
    assert [[cell.value for cell in row] for row in sheet.rows] == [row for row in rows if any(v.strip() for v in row)]


def test_bytes_that_are_no_utf_8_stay() -> None:
    text = "Student,ID,Section,Sigmoid (1)\nMüller,101,A,\n".encode("cp1252")
    filled = fill_canvas(text, {"03_sigmoid": [grade("a", canvas_id="101")]})
    assert filled.content == text.replace(b"A,\n", b"A,8.5\n")
