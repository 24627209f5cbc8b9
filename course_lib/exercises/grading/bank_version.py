"""Which questions, and which rules of judging, a grading went by: a short hash that changes when any of them does.

Values enter exactly, functions by their source and that of what they call, so that the hash is the same on every
system and for every version of Python. A comment counts too: grading once too often costs seconds, once too seldom
costs marks.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from course_lib.exercises.bank import of_lesson
from course_lib.exercises.model import Exercise

__all__ = ["bank_version", "version_of"]

WORDS_AROUND = frozenset(
    {"title", "difficulty", "objective", "specification", "alternatives", "hints", "explanation"},
)
"""What a verdict does not depend on."""

RULES = (
    *("model.py", "judging.py", "wording.py", "borrowed.py"),
    *(f"grading/{name}.py" for name in ("read", "grade", "session", "serve", "standins", "wire")),
)
"""What reads, asks and judges, from the folder of the exercises."""

OURS = "course_lib"


@cache
def bank_version(lesson: str) -> str:
    """The version of the questions of one lesson ("03") and of the rules, 16 hexadecimal digits."""
    return version_of(of_lesson(lesson))


def version_of(exercises: Sequence[Exercise], rules: Path = Path(__file__).parents[1]) -> str:
    """The version of these questions, judged by the code in the folder `rules`."""
    digest = hashlib.sha256()
    for name in RULES:
        digest.update(rules.joinpath(name).read_bytes().replace(b"\r\n", b"\n"))
    seen: dict[int, str] = {}
    for exercise in exercises:
        for field in fields(exercise):
            if field.name not in WORDS_AROUND:
                for part in (field.name, *_spelt(getattr(exercise, field.name), seen)):
                    digest.update(part.encode("utf-8", "backslashreplace") + b"\0")
    return digest.hexdigest()[:16]


def _spelt(value: Any, seen: dict[int, str]) -> Iterator[str]:
    """A value of the bank as text that tells it from every other one. seen: functions that were spelt out before."""
    if value is None or isinstance(value, bool | int | str):
        yield repr(value)
    elif isinstance(value, float):
        yield value.hex()
    elif isinstance(value, np.ndarray | np.generic):
        little = np.asarray(value).astype(value.dtype.newbyteorder("<"))
        yield f"array {little.dtype.str} {little.shape} {little.tobytes().hex()}"
    elif isinstance(value, tuple | list | set | frozenset):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        yield f"{len(value)} items"
        for item in items:
            yield from _spelt(item, seen)
    elif isinstance(value, Mapping):
        yield f"{len(value)} entries"
        for key, item in value.items():
            yield from (*_spelt(key, seen), *_spelt(item, seen))
    elif isinstance(value, FunctionType):
        yield from _function(value, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__
        for field in fields(value):
            yield from (field.name, *_spelt(getattr(value, field.name), seen))
    elif isinstance(value, ModuleType | type | np.ufunc | BuiltinFunctionType) or callable(value):
        # A library's own: its version is not part of the questions.
        yield f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', getattr(value, '__name__', ''))}"
    else:
        raise TypeError(f"the bank holds a {type(value).__name__}, which has no place in its version; use plain data")


def _function(function: FunctionType, seen: dict[int, str]) -> Iterator[str]:
    """The source of a function, its defaults, and what its code names in its module and around it."""
    name = f"{function.__module__}.{function.__qualname__}"
    if id(function) in seen or not function.__module__.startswith(OURS):
        yield seen.get(id(function), name)
        return
    seen[id(function)] = name
    yield inspect.getsource(function)
    yield from _spelt((function.__defaults__, function.__kwdefaults__), seen)
    closed = inspect.getclosurevars(function).nonlocals
    for used in sorted(set(_names(function.__code__))):
        value = closed.get(used, function.__globals__.get(used))
        if value is not None and not isinstance(value, ModuleType):
            yield from (used, *_spelt(value, seen))


def _names(code: CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_freevars)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
