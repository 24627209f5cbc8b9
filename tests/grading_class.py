"""Class folders as `grade collect` leaves them, made of the bank's own answers."""

import hashlib
import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grading_submissions import answer_cells, lesson_exercises, stub_cells, write

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder, Received
from course_lib.exercises.grading.manifest import write_manifest
from course_lib.exercises.model import Exercise

ROOT = Path(__file__).resolve().parents[1]
STEMS = {path.stem[:2]: path.stem for path in (ROOT / "exercises").glob("*.ipynb")}

ISOLATION = "auto" if sys.platform == "linux" else "none"
"""The submissions of the tests are ours: where no walls can be built, they need none."""

RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return 3 * x"


def class_of(root: Path, submissions: Mapping[str, Sequence[str] | bytes], lesson: str = "00") -> ClassFolder:
    """A class folder in which each student handed in these cells, or a file of these bytes, for one lesson."""
    folder = ClassFolder(root)
    for student, content in submissions.items():
        path = folder.submitted / student / f"{STEMS[lesson]}.ipynb"
        if isinstance(content, bytes):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        else:
            write(path, *content)
    return listed(folder)


def listed(folder: ClassFolder) -> ClassFolder:
    """The folder, with a manifest of the notebooks that lie in it."""
    write_manifest(folder, [_received(folder, path) for path in sorted(folder.submitted.glob("*/*.ipynb"))])
    return folder


def mixed_class(root: Path, students: int, seed: int = 1) -> ClassFolder:
    """Every lesson in turn; its questions answered by references, alternatives, misconceptions, or not at all."""
    draw = random.Random(seed)
    folder = ClassFolder(root)
    lessons = sorted({exercise.lesson for exercise in BANK.values()})
    for number in range(students):
        lesson = lessons[number % len(lessons)]
        answers: dict[str, Any] = {}
        left_out: list[Exercise] = []
        for exercise in lesson_exercises(lesson):
            if draw.random() < 0.05:
                left_out.append(exercise)
            else:
                known = [exercise.reference, *exercise.alternatives, *(m.answer for m in exercise.misconceptions)]
                answers[exercise.id] = draw.choice(known)
        path = write(
            folder.submitted / f"{1000 + number}" / f"{STEMS[lesson]}.ipynb",
            *answer_cells(answers),
            *stub_cells(left_out),
            f"student = {number}",
        )
        if number % 7 == 6:
            # Stored pictures, which grading throws away, after it has read them.
            content = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps(content | {"pictures": ["x" * 60_000] * 10}), encoding="utf-8")
        if number % 25 == 24:
            # One who copied from another.
            path.write_bytes((folder.submitted / f"{990 + number}" / path.name).read_bytes())
    return listed(folder)


def _received(folder: ClassFolder, path: Path) -> Received:
    student = path.parent.name
    return Received(
        received_as=f"{student}/{path.name}",
        source="class.zip",
        outcome=COLLECTED,
        student=student,
        name=f"Student {student}",
        exercise=path.stem,
        file=path.relative_to(folder.root).as_posix(),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
