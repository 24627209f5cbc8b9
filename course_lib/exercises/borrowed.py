"""Does a learner's function call the library's own function instead of working it out?"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

_SILENT = ("PUSH_NULL", "CACHE", "NOP", "EXTENDED_ARG", "NOT_TAKEN")


@dataclass(frozen=True)
class _Imported:
    """An import inside the function, by the module's name: a string of the learner's own is not mistaken for one."""

    module: str


def library_calls(function: object, libraries: Sequence[str]) -> tuple[str, ...]:
    """Names of library functions that the function's code can reach: directly, in nested functions, through helpers."""
    found: dict[str, None] = {}
    waiting, seen = [function], set[int]()
    while waiting:
        current = waiting.pop()
        # A library's function under the learner's name is named itself, not what it calls in turn.
        named = _named(current, libraries)
        if named or not isinstance(current, FunctionType) or id(current) in seen:
            found |= dict.fromkeys(named)
            continue
        seen.add(id(current))
        for value in _reached(current, libraries):
            if isinstance(value, _Imported):
                found[value.module] = None
            elif isinstance(value, FunctionType):
                waiting.append(value)
            else:
                found |= dict.fromkeys(_named(value, libraries))
    return tuple(found)


def _reached(function: FunctionType, libraries: Sequence[str]) -> Iterator[Any]:
    """The global and enclosed values that the code names, with attributes of modules followed, and imports."""
    closed = inspect.getclosurevars(function).nonlocals
    for code in _codes(function.__code__):
        value: Any = None
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"):
                yield value
                name = str(step.argval)
                value = closed.get(name, function.__globals__.get(name))
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, ModuleType):
                value = getattr(value, str(step.argval), None)
            elif step.opname == "IMPORT_NAME" and _inside(str(step.argval), libraries):
                yield _Imported(str(step.argval))
            elif step.opname not in _SILENT:
                yield value
                value = None
        yield value


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _named(value: object, libraries: Sequence[str]) -> tuple[str, ...]:
    """The value's full name when it is a library's function or entry; a module on its own is not yet a call."""
    if value is None or isinstance(value, ModuleType):
        return ()
    home = getattr(value, "__module__", None)
    if not isinstance(home, str):
        home = type(value).__module__
    name = getattr(value, "__name__", None) or getattr(value, "name", None) or type(value).__name__
    if _inside(home, libraries):
        return (f"{home.split('.')[0]}'s {name}",)
    # Compiled functions do not say where they come from: look them up in the library itself.
    if callable(value) and type(value).__module__ in ("numpy", "builtins"):
        for library in libraries:
            module = sys.modules.get(library)
            if isinstance(name, str) and module is not None and vars(module).get(name) is value:
                return (f"{library}'s {name}",)
    return ()


def _inside(home: str, libraries: Sequence[str]) -> bool:
    return any(home == library or home.startswith(library + ".") for library in libraries)
