"""One assignment of three questions, and the same class of submissions, in the format of each grading system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.made_up_class import literal
from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder, Received
from course_lib.exercises.grading.manifest import write_manifest
from course_lib.exercises.grading.nbgrader.layout import configuration, lay_out
from course_lib.exercises.model import PUBLIC_SEED, Exercise, namespace_of, observe, probes_for
from tests.grading_submissions import answer_cells, notebook, stub_cells

LESSON, NAME = "03", "03_sigmoid"
QUESTIONS = tuple(BANK[id] for id in ("03-stable-sigmoid", "03-sigmoid-derivative", "03-repair-decision"))
SEED = 2026

Student = list[str]
"""The definitions that the answers use, then the three answers."""


def students(count: int) -> list[Student]:
    """References, other styles, misconceptions, nothing written, and code that fails, in turn; no two files alike."""
    known = [
        [question.reference, *question.alternatives, *(m.answer for m in question.misconceptions)]
        for question in QUESTIONS
    ]
    most = max(map(len, known))
    kinds = []
    for number in range(most):
        answers = {q.id: k[min(number, len(k) - 1)] for q, k in zip(QUESTIONS, known, strict=True)}
        kinds.append(answer_cells(answers))
    kinds.append(["", *stub_cells(QUESTIONS)])
    kinds.append(["", *(f"def {question.name}(*args):\n    return undefined_name" for question in QUESTIONS)])
    return [
        [first, *(f"# Student {number}\n{cell}" for cell in rest)]
        for number, (first, *rest) in enumerate(islice(cycle(kinds), count))
    ]


def for_us(folder: Path, class_: Sequence[Student]) -> None:
    """A class folder, as `grade collect` leaves it."""
    rows = []
    for number, (definitions, *answers) in enumerate(class_):
        tests = [f'check("{question.id}")' for question in QUESTIONS]
        cells = [
            "import numpy as np\nfrom course_lib.exercises import check",
            definitions,
            *_interleaved(answers, tests),
        ]
        content = notebook(cells).encode()
        file = f"submitted/s{number:04}/{NAME}.ipynb"
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        rows.append(
            Received(
                received_as=path.name, source="benchmark", outcome=COLLECTED, student=f"s{number:04}", exercise=NAME,
                file=file, sha256=sha256(content).hexdigest(),
            )
        )  # fmt: skip
    write_manifest(ClassFolder(folder), rows)


def our_course_directory(course: Path, class_: Sequence[Student], isolation: str | None) -> None:
    """The course directory as we lay it out, with what was handed in; isolation None: nbgrader's own executor."""
    lay_out(course, lessons=[LESSON])
    settings = configuration(SEED).replace('isolation = "auto"', f"isolation = {isolation!r}")
    if isolation is None:
        settings = re.sub(r"c\.(Autograde|AskForAnswers)\..*?= (\[.*?\]|[^\[\n]*)\n", "", settings, flags=re.DOTALL)
    (course / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    source = json.loads((course / "source" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    for number, (definitions, *answers) in enumerate(class_):
        written = iter(answers)
        cells = []
        for cell in source["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                cell = {**cell, "source": f"{definitions}\n\n{next(written, '')}"}
            cells.append(cell)
        _store(course / "submitted" / f"s{number:04}" / NAME / f"{NAME}.ipynb", {**source, "cells": cells})


def for_nbgrader(course: Path, class_: Sequence[Student]) -> None:
    """A course directory as an nbgrader user would write it: the same probes as assertions in locked cells."""
    (course / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")

    def assignment(definitions: str, answers: Sequence[str]) -> dict[str, Any]:
        cells = [_code("import numpy as np", "imports"), _code(definitions, "helpers")]
        for question, answer in zip(QUESTIONS, answers, strict=True):
            solution = {"grade": False, "solution": True, "locked": False}
            test = {"grade": True, "solution": False, "locked": True, "points": question.points}
            cells.append(_code(answer, f"{question.id}-answer", nbgrader=_marked(solution, f"{question.id}-answer")))
            cells.append(_code(assertions(question), question.id, nbgrader=_marked(test, question.id)))
        return _notebook(cells)

    _store(course / "source" / NAME / f"{NAME}.ipynb", assignment("", stub_cells(QUESTIONS)))
    for number, (definitions, *answers) in enumerate(class_):
        _store(course / "submitted" / f"s{number:04}" / NAME / f"{NAME}.ipynb", assignment(definitions, answers))


def for_otter(folder: Path, class_: Sequence[Student]) -> None:
    """Otter's tests, one file per question, and the submissions, which ask for a check after each answer."""
    for question in QUESTIONS:
        lines = assertions(question).splitlines()
        case = "\n".join(f">>> {line}" for line in lines)
        suite = {"cases": [{"code": case, "hidden": False, "locked": False}], "scored": True, "setup": "",
                 "teardown": "", "type": "doctest"}  # fmt: skip
        test = {"name": _otter_name(question), "points": question.points, "suites": [suite]}
        path = folder / "tests" / f"{_otter_name(question)}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"OK_FORMAT = True\n\ntest = {test!r}\n", encoding="utf-8")
    for number, (definitions, *answers) in enumerate(class_):
        tests = [f'grader.check("{_otter_name(question)}")' for question in QUESTIONS]
        start = "import numpy as np\nimport otter\ngrader = otter.Notebook()"
        cells = [start, definitions, *_interleaved(answers, tests)]
        _store(
            folder / "submitted" / f"s{number:04}.ipynb", _notebook([_code(c, f"c{i}") for i, c in enumerate(cells)])
        )


def assertions(question: Exercise) -> str:
    """The question's probes as assertions, one a line, with the reference's values."""
    probes = probes_for(question, PUBLIC_SEED)
    right = observe(namespace_of(question, question.reference), probes)
    t = question.tolerance
    return "\n".join(
        f"assert np.allclose({question.name}({', '.join(map(literal, probe.args or ()))}), {literal(seen.value)}, "
        f"{t.relative!r}, {t.absolute!r})"
        for probe, seen in zip(probes, right, strict=True)
    )


def _interleaved(answers: Sequence[str], tests: Sequence[str]) -> Iterator[str]:
    for answer, test in zip(answers, tests, strict=True):
        yield answer
        yield test


def _otter_name(question: Exercise) -> str:
    return re.sub(r"\W", "_", f"q{question.id}")


def _marked(what: dict[str, Any], name: str) -> dict[str, Any]:
    return {"schema_version": 3, "task": False, "grade_id": name, **what}


def _code(source: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _store(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
