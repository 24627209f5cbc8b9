"""Who is in the class: a CSV file of the teacher's own, Canvas's gradebook or Moodle's grading worksheet.

All that is known of the students stands in CLASS/roster.csv afterwards; a further roster adds to it. A student is found
by an id; by name only where the roster has exactly one such name.
"""

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from course_lib.exercises.grading.classroom import ClassFolder
from course_lib.exercises.grading.manifest import guarded, unguarded
from course_lib.exercises.grading.spelling import related, signature
from course_lib.exercises.grading.writing import write_whole
from course_lib.exercises.wording import listed, one_line

__all__ = ["IDS", "Student", "ids_of", "merged", "parse_roster", "read_roster", "write_roster"]

IDS = ("canvas_id", "sis_id", "login", "email", "moodle_participant")
"""The ids in an address, in the order in which one of them becomes the key where the roster has no column for it."""

COLUMNS = ("key", "name", "section", *IDS)
"""Of CLASS/roster.csv."""

# The words of a heading, without signs and in small letters.
_HEADINGS: Mapping[str, str] = {
    heading: column
    for column, headings in {
        "key": "key id student_id studentid student_key student_number matriculation_number matrikelnummer 学号",
        "name": "name full_name fullname student student_name display_name vollständiger_name nom_complet 姓名",
        "first": "first_name firstname given_name vorname prénom nombre 名",
        "last": "last_name lastname surname family_name nachname nom apellidos apellido 姓",
        "section": "section group class gruppe groupe 班级",
        "canvas_id": "canvas_id canvas_user_id canvasid",
        "sis_id": "sis_id sis_user_id id_number idnumber",
        "login": "login login_id sis_login_id username user_name user netid benutzername anmeldename 用户名",
        "email": "email e_mail mail email_address e_mail_address e_mail_adresse adresse_de_courriel 邮箱 电子邮件",
        "moodle_participant": "moodle_participant moodle_participant_id participant participant_id identifier",
    }.items()
    for heading in headings.split()
}


@dataclass(frozen=True)
class Student:
    """One student of the class."""

    key: str
    """What the student is called everywhere."""
    name: str = ""
    section: str = ""
    email: str = ""
    login: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    """The ids in other systems: those of IDS that are known. Moodle numbers a student once for each assignment; the
    numbers are joined by blanks."""


def _decoded(raw: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a CSV file and how it was read: UTF-8, UTF-16 where it says so, else Excel's Windows-1252."""
    if encoding is not None:
        return raw.decode(encoding).removeprefix("\ufeff"), encoding
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16"), "utf-16"
    try:
        return raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252; then it is another code page, of which nothing tells.
        return raw.decode("cp1252"), "cp1252"


def parse_roster(raw: bytes, name: str, encoding: str | None = None) -> tuple[list[Student], list[str]]:
    """The students in a roster file, and notes for a person. ValueError with the line where it cannot be understood."""
    try:
        text, used = _decoded(raw, encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise ValueError(
            f"{name}: the text cannot be read ({error}); save it as CSV UTF-8, or name its encoding, as in "
            "--encoding gb18030"
        ) from error
    notes = [f"{name} is not in UTF-8; it was read as Windows-1252. Name another encoding with --encoding."]
    header, rows = _table(text, name)
    columns = _columns(header, name)
    seen: dict[tuple[str, str], int] = {}
    students = []
    for line, row in rows:
        if len(row) > len(header) and any(extra.strip() for extra in row[len(header) :]):
            raise ValueError(
                f"{name}, line {line}: {len(row)} fields under {len(header)} headings; "
                "a name with a comma stands in quotation marks"
            )
        student = _student(dict(zip(columns, row, strict=False)))
        if student is None:
            continue
        for kind, value in ids_of(student):
            if (before := seen.setdefault((kind, value.casefold()), line)) != line:
                raise ValueError(
                    f"{name}, lines {before} and {line}: both have the {kind.replace('_', ' ')} "
                    f"{one_line(value, 60)!r}; a student stands on one line"
                )
        students.append(student)
    if not students:
        raise ValueError(f"{name}: there is a heading and no student below it")
    return students, notes if used == "cp1252" and encoding is None else []


def _table(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The headings, and the rows that are not blank with the lines on which they begin."""
    if "\0" in text:
        raise ValueError(f"{name}: this is no text; save the roster as CSV, not as a workbook")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    table: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            if any(value.strip() for value in row):
                table.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{name}, line {line}: {error}; is a quotation mark left open?") from error
    if not table:
        raise ValueError(f"{name} is empty; a roster has a line of headings such as id,name,email")
    return [heading.strip() for heading in table[0][1]], table[1:]


def _columns(header: Sequence[str], name: str) -> list[str]:
    """What each column holds, "" for those that are passed over."""
    plain = ["_".join(re.findall(r"[^\W_]+", heading.casefold())) for heading in header]
    columns = [_HEADINGS.get(heading, "") for heading in plain]
    # Canvas's export has its own number under "ID", and the name under "Student" or in two columns.
    if "section" in plain and "id" in plain and plain[0] in ("student", "lastname") and "sis_login_id" in plain:
        columns[plain.index("id")] = "canvas_id"
    double = [column for column, count in Counter(columns).items() if column and count > 1]
    if double:
        these = [heading for heading, column in zip(header, columns, strict=True) if column == double[0]]
        raise ValueError(f"{name}: the headings {listed(tuple(these))} mean the same; keep one of them")
    if not {"key", *IDS, "name", "last"} & {*columns}:
        raise ValueError(
            f"{name}: no heading tells who the students are; there are {one_line(', '.join(header), 200)}. "
            "Known are id, name, first name, last name, email, login, canvas id, sis id, moodle participant, section"
        )
    return columns


def _student(row: Mapping[str, str]) -> Student | None:
    """The student of a row; None for a row that is none (Canvas's points, Moodle's blank lines)."""
    value = {column: unguarded(text).strip() for column, text in row.items() if column}
    if "points possible" in value.get("name", "").casefold():
        return None
    # Moodle writes "Participant 17" in the site's language; our own file may have several numbers.
    value["moodle_participant"] = " ".join(re.findall(r"\d+", value.get("moodle_participant", "")))
    name = value.get("name") or " ".join(filter(None, (value.get("first"), value.get("last"))))
    address = {kind: value[kind] for kind in IDS if value.get(kind)}
    name = name.strip(" ,")
    key = value.get("key") or next(iter(address.values()), "") or name
    if not key:
        return None
    return Student(key, name, value.get("section", ""), value.get("email", ""), value.get("login", ""), address)


def ids_of(student: Student) -> list[tuple[str, str]]:
    """All ids of a student, each with its kind."""
    ids = [("id", student.key), *((kind, student.address[kind]) for kind in IDS[:-1] if kind in student.address)]
    return ids + [(IDS[-1], number) for number in student.address.get(IDS[-1], "").split()]


def read_roster(folder: ClassFolder) -> list[Student]:
    """The students of the class as far as a roster told; none without one."""
    if not folder.roster.exists():
        return []
    # A roster that was made by hand in this place is as good.
    return parse_roster(folder.roster.read_bytes(), folder.roster.name)[0]


def write_roster(folder: ClassFolder, students: Iterable[Student]) -> None:
    """Put them into CLASS/roster.csv, sorted by key."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    for student in sorted(students, key=lambda student: student.key):
        ids = (student.address.get(kind, "") for kind in IDS)
        table.writerow(map(guarded, (student.key, student.name, student.section, *ids)))
    content = stream.getvalue().encode("utf-8")
    if not folder.roster.exists() or folder.roster.read_bytes() != content:
        write_whole(folder.roster, content)


def merged(known: Sequence[Student], more: Sequence[Student]) -> list[Student]:
    """The students of both rosters, each once; those known before keep their key.

    The same student: the same id of any kind, or, where one roster has no id in common with the other, the same name
    if both have it once. ValueError when the ids of one line belong to two students.
    """
    result = list(known)
    by_id = {(kind, one.casefold()): place for place, student in enumerate(known) for kind, one in ids_of(student)}
    shared = {kind for kind, _ in by_id} & {kind for student in more for kind, _ in ids_of(student)} - {"id"}
    names = _once(known)
    own_names = _once(more)
    for student in more:
        places = {by_id[kind, one.casefold()] for kind, one in ids_of(student) if (kind, one.casefold()) in by_id}
        if len(places) > 1:
            keys = [result[place].key for place in sorted(places)]
            raise ValueError(
                f"the roster's ids of {student.name or student.key} belong to two students, {listed((*keys,))}"
            )
        own = signature(student.name)
        if not places and not (shared - {"moodle_participant"}) and own in names and own in own_names:
            places = {names[own]}
        if not places:
            result.append(student)
            continue
        place = places.pop()
        if not related(result[place].name, student.name):
            raise ValueError(
                f"{result[place].name} and {student.name} have the same id ({result[place].key}) in the class's roster "
                "and in the new one; correct one of them"
            )
        result[place] = _joined(result[place], student)
    return result


def _joined(old: Student, new: Student) -> Student:
    address = {**old.address, **new.address}
    numbers = " ".join(s.address.get("moodle_participant", "") for s in (old, new)).split()
    if numbers:
        address["moodle_participant"] = " ".join(dict.fromkeys(numbers))
    return replace(
        old,
        name=new.name or old.name,
        section=new.section or old.section,
        email=new.email or old.email,
        login=new.login or old.login,
        address={kind: address[kind] for kind in IDS if kind in address},
    )


def _once(students: Sequence[Student]) -> dict[str, int]:
    """The names that stand there once → their places."""
    places = defaultdict(list)
    for place, student in enumerate(students):
        if own := signature(student.name):
            places[own].append(place)
    return {own: found[0] for own, found in places.items() if len(found) == 1}
