"""python -m benchmarks.made_up_class --into DIR [--students 40] [--seed 7]: a class to try the grader on.

    DIR/roster.csv                      who belongs to the class
    DIR/canvas/03_sigmoid.zip …         one bulk download per exercise, as Canvas names the files
    DIR/canvas/gradebook.csv            the gradebook that Canvas exports
    DIR/moodle/03_sigmoid.zip …         the same work as Moodle names it
    DIR/moodle/worksheet-03.csv …       Moodle's offline grading worksheets
    DIR/expected.csv                    what each file was made to be

The answers are the bank's: references, other right ways, every wrong answer with a name. Beside them stand the empty,
the endless, the broken, the late, the hostile and the lost. The same seed makes the same class, byte for byte.
"""

from __future__ import annotations

import argparse
import ast
import csv
import inspect
import io
import json
import random
import re
import sys
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.exercises.bank import BANK, of_lesson
from course_lib.exercises.grading.read import defines
from course_lib.exercises.model import Exercise, Misconception

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = ("03_sigmoid", "11_softmax", "22_binary_cross_entropy")

# Names that have broken file handling somewhere; two people are called the same.
NAMES = (
    *("O'Neil, Mary-Jane", "王小明, ", "Zhang, Wei", "Zhang, Wei", "Müller-Lüdenscheidt, Jörg", "Nguyễn, Thị Hồng"),
    *("García Márquez, José", "עמיחי, נועה", "Иванова, Анна", "D'Souza, Anaïs", "van der Berg, Lotte", "Ng, A"),
    *("佐藤, 花子", "Ødegård, Åse", "=cmd|calc, Bobby", "<b>Bold</b>, Tim", "Smith, 😀 Sam", "Łukasiewicz, Jan"),
)
FAMILIES = (
    "Brown",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Haddad",
    "Ito",
    "Kaya",
    "Lopez",
    "Mbeki",
    "Novak",
    "Okafor",
)
GIVEN = ("Aisha", "Ben", "Chloe", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kim", "Leila", "Milan")

ENDLESS = "while True:\n        pass"
HOSTILE = (
    "import os\nos._exit(0)",
    "import numpy\nnumpy.allclose = lambda *a, **k: True\nnumpy.testing.assert_allclose = lambda *a, **k: None",
    "import builtins\nbuiltins.print = builtins.isinstance = None",
    "print('x' * 10_000_000)",
    'import sys\nsys.stdout.write(\'{"outcome": "right"}\\n\' * 1000)\nsys.modules.clear()',
    "import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()",
    "'''<script>alert(1)</script><img src=x onerror=alert(1)>'''\nraise ValueError('<script>alert(2)</script>')",
)


@dataclass(frozen=True)
class Person:
    """A student with the numbers that two LMS know them by."""

    key: str
    sortable: str
    canvas: int
    section: str

    @property
    def name(self) -> str:
        """As people say it: "Mary-Jane O'Neil"."""
        family, _, given = self.sortable.partition(", ")
        return f"{given} {family}".strip()

    @property
    def login(self) -> str:
        return f"u{self.canvas}"

    def participant(self, exercise: str) -> int:
        """Moodle numbers the participants of each assignment anew."""
        return 10 * self.canvas + EXERCISES.index(exercise)


@dataclass(frozen=True)
class File:
    """One file handed in: whose, for what, its content, and what it was made to be."""

    person: Person
    exercise: str
    name: str
    content: bytes
    made_to_be: str
    attachment: int
    late: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.made_up_class", description=__doc__.partition("\n")[0])
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="where the class is written")
    parser.add_argument("--students", type=int, default=40, help="how many; 24 or more show every case (default 40)")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    if options.students < 1:
        parser.error(f"--students {options.students}: expected 1 or more")
    people, files = made_up_class(options.students, options.seed)
    for name, content in written(people, files).items():
        path = options.into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"written: {path}")
    return 0


def made_up_class(students: int, seed: int) -> tuple[list[Person], list[File]]:
    """The people and all that they hand in."""
    rng = random.Random(seed)
    sortable = [*NAMES, *(f"{family}, {given}" for given in GIVEN for family in FAMILIES)]
    people = [
        Person(f"s{i + 1:04}", sortable[i] if i < len(sortable) else f"Student, Number {i}", 4400 + i, "AB"[i % 2])
        for i in range(students)
    ]
    files: list[File] = []
    for exercise in EXERCISES:
        files += _handed_in(people, exercise, rng)
    return people, files


def _handed_in(people: Sequence[Person], exercise: str, rng: random.Random) -> list[File]:
    """The files of one exercise: a few people have a fate of their own, the others answer as well as they can."""
    questions = of_lesson(exercise[:2])
    wrong = {question.id: list(question.misconceptions) for question in questions}
    shuffled = rng.sample(list(people), len(people))
    fates = dict(zip(shuffled, FATES, strict=False))
    left = sum(fates.get(person, "") not in (*OTHERWISE_RIGHT, *WITHOUT_ANSWERS) for person in people)
    files = []
    for place, person in enumerate(people):
        fate = fates.get(person, "")
        if fate == "not handed in":
            continue
        if fate == "alternatives":
            answers = {q.id: as_cell(q, rng.choice([*q.alternatives, q.reference])) for q in questions}
            said = ["all right, in other ways"]
        elif fate == "not attempted":
            answers, said = {}, []
        elif fate in OTHERWISE_RIGHT:
            answers, said = _right(exercise), ["all right"]
        else:
            left -= 1
            answers, said = _answers(exercise, wrong, left, rng)
        whole = File(person, exercise, f"{exercise}.ipynb", b"", "; ".join(said), 98_000 + 10 * place)
        files += _with_fate(fate, whole, answers)
    stranger = Person("", "Lost, Somebody", 9999, "")
    content = notebook(exercise, _right(exercise))
    return [*files, File(stranger, exercise, f"{exercise}.ipynb", content, "unmatched: nobody on the roster", 99_999)]


WITHOUT_ANSWERS = ("not handed in", "not attempted", "alternatives")
OTHERWISE_RIGHT = (
    *("references", "endless", "error", "syntax error", "truncated", "empty", "picture", "course notebook"),
    *(f"hostile {i}" for i in range(len(HOSTILE))),
)
FATES = (*WITHOUT_ANSWERS, *OTHERWISE_RIGHT, "late", "late", "again", "same again", "cells twice")


def _answers(
    exercise: str, wrong: dict[str, list[Misconception]], left: int, rng: random.Random
) -> tuple[dict[str, str], list[str]]:
    """Cells by question id, and what each is. Every wrong answer is used before one comes again.

    left: how many people come after this one; in time before the last of them no wrong answer may be left over.
    """
    skill, cells, said = rng.betavariate(3, 2), {}, []
    for question in of_lesson(exercise[:2]):
        unused, drawn = wrong[question.id], rng.random()
        if drawn < skill and len(unused) <= left:
            answer, name = rng.choice([question.reference, *question.alternatives]), "right"
        elif drawn > 0.75 + 0.25 * skill and len(unused) <= left:
            said.append(f"{question.id}: not attempted")
            continue
        else:
            mistake = unused.pop() if unused else rng.choice(question.misconceptions)
            answer, name = mistake.answer, mistake.name
        cells[question.id] = as_cell(question, answer)
        said.append(f"{question.id}: {name}")
    return cells, said


def _with_fate(fate: str, whole: File, answers: dict[str, str]) -> list[File]:
    """What becomes of a file and its answers; most have no fate of their own."""
    questions = of_lesson(whole.exercise[:2])
    function = next(question for question in questions if question.kind == "function")
    spoilt = {
        "endless": f"def {function.name}(*args):\n    {ENDLESS}",
        "error": f"def {function.name}(*args):\n    return undefined_name + 1",
        "syntax error": f"def {function.name}(x:\n    return x",
    }
    if fate in spoilt:
        answers = answers | {function.id: spoilt[fate]}
    extra = HOSTILE[int(fate.split()[1])] if fate.startswith("hostile") else ""
    content = notebook(whole.exercise, answers, extra, twice=fate == "cells twice")
    file = replace(
        whole, content=content, late=fate == "late", made_to_be="; ".join(filter(None, [fate, whole.made_to_be]))
    )
    second = f"{whole.exercise}-1.ipynb"  # Canvas tells a second file from the first by a number.
    if fate == "again":
        empty = replace(whole, content=notebook(whole.exercise, {}), made_to_be="superseded")
        return [empty, replace(file, name=second, attachment=file.attachment + 1)]
    if fate == "same again":
        return [file, replace(file, name=second, attachment=file.attachment + 1, made_to_be="duplicate")]
    broken = {
        "truncated": content[: len(content) // 2],
        "empty": b"",
        "picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "course notebook": (ROOT / "notebooks" / f"{whole.exercise}.ipynb").read_bytes(),
    }
    return [replace(file, content=broken[fate], made_to_be=fate)] if fate in broken else [file]


def _right(exercise: str) -> dict[str, str]:
    return {e.id: as_cell(e, e.reference) for e in of_lesson(exercise[:2])}


def notebook(exercise: str, answers: dict[str, str], extra: str = "", *, twice: bool = False) -> bytes:
    """The exercise as it is handed out, with these answers in the cells that are meant for them.

    extra: a cell at the end. twice: the answers' cells are copied.
    """
    described = json.loads((ROOT / "exercises" / f"{exercise}.ipynb").read_text(encoding="utf-8"))
    for question_id, code in answers.items():
        names = BANK[question_id].names
        place = next(
            i
            for i, cell in enumerate(described["cells"])
            if "answer" in cell["metadata"].get("tags", []) and defines("".join(cell["source"]), names[0])
        )
        described["cells"][place]["source"] = code.splitlines(keepends=True)
        if twice:
            described["cells"].insert(place, json.loads(json.dumps(described["cells"][place])))
    if extra:
        cell: dict[str, Any] = {
            "cell_type": "code",
            "id": "more",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        described["cells"].append(cell | {"source": extra.splitlines(keepends=True)})
    return (json.dumps(described, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# The bank's answers as cells that a student might have written


def as_cell(exercise: Exercise, answer: Any) -> str:
    """A cell that binds the names of the exercise to an answer of the bank."""
    if exercise.kind == "function":
        return _function_cell(exercise, answer)
    values = answer if len(exercise.names) > 1 else (answer,)
    return "\n".join(f"{name} = {literal(value)}" for name, value in zip(exercise.names, values, strict=True))


def literal(value: Any) -> str:
    """The value as code, for a cell that has imported NumPy as np."""
    if isinstance(value, str):
        return repr(value)
    text = repr(value.tolist() if isinstance(value, np.ndarray | np.generic) else value)
    text = re.sub(r"\b(nan|inf)\b", r"np.\1", text)
    return f"np.array({text})" if isinstance(value, np.ndarray) else text


@cache
def _function_cell(exercise: Exercise, answer: Any) -> str:
    """The function under the name that is asked for, after all of its module that it uses, without annotations."""
    statements = _statements(answer.__module__)
    known = {name: node for node in statements for name in _bound(node)}
    needed: list[ast.stmt] = []
    waiting, seen = [answer.__name__], {answer.__name__}
    while waiting:
        node = known[waiting.pop(0)]
        if node not in needed:
            needed.append(node)
        for used in ast.walk(node):
            if isinstance(used, ast.Name) and used.id in known and used.id not in seen:
                seen.add(used.id)
                waiting.append(used.id)
    # What it uses may be called as another question asks, or as this one: then it needs another name.
    asked = [name for question in of_lesson(exercise.lesson) for name in question.names if name in known]
    renamed = {name: f"own_{name}" for name in asked}
    renamed[answer.__name__] = exercise.name
    # The exercise imports NumPy itself.
    ordered = [deepcopy(node) for node in statements if node in needed and ast.unparse(node) != "import numpy as np"]
    return "\n\n\n".join(ast.unparse(_Student(renamed).visit(node)) for node in ordered if not _is_annotation(node))


@cache
def _statements(module: str) -> list[ast.stmt]:
    return ast.parse(inspect.getsource(sys.modules[module])).body


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.Import):
        return [alias.asname or alias.name for alias in node.names]
    return []


def _is_annotation(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and "NDArray" in ast.unparse(node.value)


class _Student(ast.NodeTransformer):
    """What a student would not write: annotations; and the names of the bank."""

    def __init__(self, renamed: dict[str, str]) -> None:
        self._renamed = renamed

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._renamed.get(node.name, node.name), None
        for argument in (*node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return node if node.value is None else ast.Assign([node.target], node.value, lineno=node.lineno)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._renamed.get(node.id, node.id)
        return node


# ---------------------------------------------------------------------------------------------------------------------
# As two LMS name and list it


def written(people: Sequence[Person], files: Sequence[File]) -> dict[str, bytes]:
    """Every file of the class by its name."""
    made = {"roster.csv": _roster(people), "canvas/gradebook.csv": _canvas_gradebook(people)}
    for exercise in EXERCISES:
        own = [file for file in files if file.exercise == exercise]
        made[f"canvas/{exercise}.zip"] = _zip((_canvas_name(f), f.content) for f in own)
        made[f"moodle/{exercise}.zip"] = _zip((_moodle_name(f), f.content) for f in own)
        made[f"moodle/worksheet-{exercise[:2]}.csv"] = _worksheet(people, exercise)
    rows = [(f.person.key, f.person.name, f.exercise, _canvas_name(f), f.made_to_be) for f in files]
    made["expected.csv"] = _csv(["student", "name", "exercise", "file", "made to be"], rows)
    return made


def _canvas_name(file: File) -> str:
    letters = re.sub(r"\W", "", file.person.sortable.lower())
    late = "LATE_" if file.late else ""
    return f"{letters}_{late}{file.person.canvas}_{file.attachment}_{file.name}"


def _moodle_name(file: File) -> str:
    # Underscores separate; and no system takes these signs in a file's name.
    name = re.sub(r'[\\/:*?"<>|_]', " ", file.person.name)
    return f"{name}_{file.person.participant(file.exercise)}_assignsubmission_file/{file.name}"


def _roster(people: Sequence[Person]) -> bytes:
    rows = [
        (
            p.key,
            p.sortable,
            f"{p.login}@example.org",
            p.canvas,
            " ".join(str(p.participant(e)) for e in EXERCISES),
            p.section,
        )
        for p in people
    ]
    return _csv(["id", "name", "email", "canvas id", "moodle participant", "section"], rows)


def _canvas_gradebook(people: Sequence[Person]) -> bytes:
    titles = [f"{e[:2]} {e[3:].replace('_', ' ').title()} (910{e[:2]})" for e in EXERCISES]
    points = [f"{sum(q.points for q in of_lesson(e[:2])):g}" for e in EXERCISES]
    start = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows = [["    Points Possible", "", "", "", "", *points, "(read only)"]]
    rows += [[p.sortable, str(p.canvas), p.key, p.login, p.section, *[""] * len(EXERCISES), ""] for p in people]
    return _csv([*start, *titles, "Current Score"], rows)


def _worksheet(people: Sequence[Person], exercise: str) -> bytes:
    headings = (
        *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed"),
        *("Last modified (submission)", "Last modified (grade)", "Feedback comments"),
    )
    maximum = f"{sum(q.points for q in of_lesson(exercise[:2])):.2f}"
    handed_in = "Saturday, 21 November 2026, 9:00 AM"
    rows = [
        (
            *(f"Participant {p.participant(exercise)}", p.name, f"{p.login}@example.org", "Submitted for grading"),
            *("", maximum, "Yes", handed_in, "-", ""),
        )
        for p in people
    ]
    return _csv(headings, rows)


def _csv(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(headings)
    table.writerows(rows)
    return stream.getvalue().encode("utf-8")


def _zip(entries: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 21, 9, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


if __name__ == "__main__":
    sys.exit(main())
