"""Notebooks made of strings, and the bank's own answers as the cells that a learner would hand in."""

import ast
import inspect
import json
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from textwrap import indent
from typing import Any

from benchmarks.made_up_class import literal
from course_lib.exercises.bank import BANK
from course_lib.exercises.model import Exercise

IMPORTS = "import numpy as np\nfrom course_lib.exercises import check, hint"


def notebook(cells: Iterable[str | tuple[str, str]], **extra: Any) -> str:
    """The JSON of an nbformat 4 notebook; a cell is its code, or (type, text)."""
    typed = [("code", cell) if isinstance(cell, str) else cell for cell in cells]
    described = [{"cell_type": kind, "source": text.splitlines(keepends=True), "metadata": {}} for kind, text in typed]
    return json.dumps({"cells": described, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **extra})


def write(path: Path, *cells: str | tuple[str, str]) -> Path:
    """A notebook file with the course's imports in its first cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook([IMPORTS, *cells]), encoding="utf-8")
    return path


def answer_cells(answers: dict[str, Any]) -> list[str]:
    """Cells that define the names of each exercise id by one of the bank's answers: {id: function, value or tuple}."""
    lessons = sorted({BANK[id].lesson for id in answers})
    return [_definitions(lesson) for lesson in lessons] + [_binding(BANK[id], answer) for id, answer in answers.items()]


def stub_cells(exercises: Iterable[Exercise]) -> list[str]:
    """Cells as they are handed out: nothing written yet."""
    return [
        f'def {exercise.name}(*args):\n    """To be written."""\n    raise NotImplementedError'
        if exercise.kind == "function"
        else "\n".join(f"{name} = ..." for name in exercise.names)
        for exercise in exercises
    ]


def lesson_exercises(lesson: str) -> list[Exercise]:
    """The exercises of one lesson, in the order of the bank."""
    return [exercise for exercise in BANK.values() if exercise.lesson == lesson]


def _binding(exercise: Exercise, answer: Any) -> str:
    if exercise.kind == "function":
        return f"{exercise.name} = known_{exercise.lesson}()[{answer.__name__!r}]"
    values = answer if len(exercise.names) > 1 else (answer,)
    return "\n".join(f"{name} = {literal(value)}" for name, value in zip(exercise.names, values, strict=True))


@lru_cache
def _definitions(lesson: str) -> str:
    """A function that gives the functions of a lesson's module of the bank, without the questions.

    They stay local, so that they go on calling each other when the submission binds one of their names anew.
    """
    text = inspect.getsource(sys.modules[f"course_lib.exercises.bank.lesson_{lesson}"])
    kept = []
    # Names of the questions' own vocabulary (Exercise, Probe, Item …), and of what is made with it.
    vocabulary: set[str] = set()
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ImportFrom) and str(statement.module).startswith(("course_lib", "__future__")):
            vocabulary |= {alias.asname or alias.name for alias in statement.names}
        elif isinstance(statement, ast.Assign) and vocabulary & _names(statement.value):
            vocabulary |= set().union(*map(_names, statement.targets))
        else:
            kept.append(ast.unparse(statement))
    body = indent("\n".join(kept), "    ")
    return f"from __future__ import annotations\ndef known_{lesson}():\n{body}\n    return locals()"


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
