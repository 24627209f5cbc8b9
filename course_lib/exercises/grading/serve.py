"""Inside the child: run the cells of a submission, then answer "call NAME with these arrays".

NumPy and the standard library only. Nothing here knows how the process was started: two streams are enough. Nothing
here is secret either: the submission may read and change all of it, and gains nothing, because the expected answers
are in another process.
"""

import __future__

import ast
import io
import linecache
import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.machinery import PathFinder
from itertools import islice
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from course_lib.exercises.borrowed import library_calls
from course_lib.exercises.grading.standins import LibraryCall, Silent
from course_lib.exercises.grading.wire import (
    MAX_REQUEST_HEADER,
    Arrays,
    Reader,
    Writer,
    observation_to,
    probe_from,
    probe_to,
    receive,
    send,
)
from course_lib.exercises.model import LIBRARY_CALL, Argument, Observation, Probe, failure, observe

__all__ = ["Workspace", "magics", "rehearse", "serve"]

FUTURE = 0
for _feature in __future__.all_feature_names:
    FUTURE |= getattr(__future__, _feature).compiler_flag

BODY_RUNS = ("%%time", "%%timeit", "%%capture", "%%prun")


class Workspace:
    """The names that the cells define, with the earlier bindings of the names that are asked for."""

    def __init__(self, names: tuple[str, ...], transform: Callable[[str], str] = str) -> None:
        """transform: makes Python of a cell with magics."""
        self._transform = transform
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        self.namespace = module.__dict__
        self.namespace.update(display=Silent(), get_ipython=partial(Shell, self))
        self.bindings: dict[str, list[Any]] = {name: [] for name in names}
        self._flags = 0
        self._looked_through: tuple[object, Sequence[str], str] | None = None

    def run(self, number: int, source: str, is_code: bool) -> Observation | None:
        """Run one cell; the failure that stopped it, or None.

        A cell of text that is no Python is passed over. A statement that calls the library is passed over too: the
        stand-in that refuses it stands in the grader only, so the learner never saw the rest of the cell left out.
        """
        filename = f"cell {number}"
        refused: Observation | None = None
        try:
            done, error = self._run_whole(source, filename)
            if done and error is None:
                return None
            refused = None if error is None else _failure(error, filename)
            for statement in _statements(source, filename, self._transform)[done:]:
                if self._has_answer_for(statement):
                    continue
                code = compile(ast.Module([statement], []), filename, "exec", self._flags, dont_inherit=True)
                self._flags |= code.co_flags & FUTURE
                try:
                    exec(code, self.namespace)
                except LibraryCall as error:
                    refused = refused or _failure(error, filename)
        except BaseException as error:
            return None if isinstance(error, SyntaxError) and not is_code else _failure(error, filename)
        finally:
            self._note_bindings()
        return refused

    def _run_whole(self, source: str, filename: str) -> tuple[int, LibraryCall | None]:
        """Run a plain cell at once, which takes half the time of one statement after the other.

        (-1, None) when it ran to its end; otherwise how many statements are done with, and the call in the last of
        them that was refused: (0, None) for a cell in which a stub may stand or that is no plain Python.
        """
        if "NotImplementedError" in source or source.lstrip().startswith("%%"):
            return 0, None
        try:
            code = compile(source, filename, "exec", self._flags, dont_inherit=True)
        except Exception:
            # What is wrong is told by the statements, which may be fewer than all.
            return 0, None
        self._flags |= code.co_flags & FUTURE
        _remember(source, filename)
        try:
            exec(code, self.namespace)
        except LibraryCall as error:
            return _statements_until(error, code, source), error
        return -1, None

    def ask(self, header: Mapping[str, Any], arrays: Arrays) -> tuple[Observation, bool]:
        """What one probe brings to light, and whether the name had an earlier binding than the one asked."""
        probe, version = probe_from(header, arrays), header["version"]
        earlier = self.bindings.get(probe.name, [])
        namespace = self.namespace
        if version:
            namespace = {probe.name: earlier[max(-len(earlier), -1 - version)]} if earlier else {}
        borrowed = self._borrowed(namespace.get(probe.name), header["libraries"])
        seen = (
            Observation("raised", error=LIBRARY_CALL, message=borrowed) if borrowed else observe(namespace, [probe])[0]
        )
        return seen, len(earlier) > version + 1

    def _has_answer_for(self, statement: ast.stmt) -> bool:
        """Is this a function as it was handed out, `raise NotImplementedError`, of which there is an answer already?

        Whoever copies the cell and writes into the first copy leaves one behind. It must not take the answer's place,
        also because the answers to other questions may call it.
        """
        if not isinstance(statement, ast.FunctionDef) or statement.name not in self.bindings:
            return False
        last = statement.body[-1]
        described = ast.get_docstring(statement) is not None
        empty = len(statement.body) == 1 + described and isinstance(last, ast.Raise)
        return empty and "NotImplementedError" in ast.unparse(last) and callable(self.namespace.get(statement.name))

    def _borrowed(self, function: object, libraries: Sequence[str]) -> str:
        """The first library function that the answer's code can reach, or nothing; looked for once per answer."""
        last = self._looked_through
        if last is None or last[0] is not function or last[1] != libraries:
            last = self._looked_through = (function, libraries, _borrowed(function, libraries))
        return last[2]

    def _note_bindings(self) -> None:
        for name, bindings in self.bindings.items():
            if name in self.namespace and not (bindings and bindings[-1] is self.namespace[name]):
                bindings.append(self.namespace[name])


class Shell:
    """What `get_ipython()` gives: magics and shell lines do nothing, except that %time runs its statement."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def run_line_magic(self, name: str, line: str, *_: object) -> Silent:
        """%time x = f(3) defines x; every other magic is passed over."""
        if name == "time":
            exec(line, self._workspace.namespace)
        return Silent()

    def __getattr__(self, name: str) -> Silent:
        return Silent()


def serve(reader: Reader, writer: Writer, transform: Callable[[str], str] = str) -> None:
    """Answer requests until the reader ends: "begin" with the names, "run" a cell, "ask" a probe."""
    workspace = Workspace((), transform)
    # A submission that forks must not have two processes answering on one connection.
    owner, own_pid, leave = os.getpid(), os.getpid, os._exit
    while True:
        try:
            header, arrays = receive(reader, MAX_REQUEST_HEADER)
        except EOFError:
            return
        reply: dict[str, Any] = {}
        answer: Arrays = []
        if header["do"] == "begin":
            # The same submission gets the same verdict again, whatever it draws without a seed of its own.
            random.seed(0)
            np.random.seed(0)  # noqa: NPY002 - the generator that is shared, for those who use it
            workspace = Workspace(tuple(header["names"]), transform)
        elif header["do"] == "run":
            failed = workspace.run(header["number"], header["source"], header["is_code"])
            reply = {"failed": None if failed is None else observation_to(failed)[0]}
        else:
            seen, has_earlier = workspace.ask(header, arrays)
            reply, answer = observation_to(seen)
            reply["has_earlier"] = has_earlier
        if own_pid() != owner:
            leave(0)
        send(writer, {**reply, "token": header["token"]}, answer)


REHEARSALS = 20
"""Python adapts a piece of code to what it meets when the piece has run so often."""
REHEARSED = (
    "import numpy as np\nfrom course_lib.exercises import check, hint",
    "def f(x):\n    x = np.asarray(x, dtype=float)\n    return np.where(x > 0, x, np.exp(-np.abs(x)) - 1)\n",
    'check("f")',
    "def g(x):\n    raise NotImplementedError",
    "def h(x, k):\n    return x + k",
    "%time b = 3.0",
    "c = (f(b), [1, 2])\nundefined",
)


def rehearse(transform: Callable[[str], str]) -> None:
    """Serve a made-up submission some times, before a warm parent has any child.

    What is imported, adapted or remembered on the way need not be so in every child, and a child copies the fewer
    pages. Nothing of the made-up submission stays.
    """
    arguments: list[list[Argument]] = [[0.5], [np.linspace(-2.0, 2.0, 5)], [np.ones((2, 3)), np.arange(3)], [True, 2]]
    requests: list[tuple[dict[str, Any], Arrays]] = [({"do": "begin", "names": ["f", "g", "h", "b", "c"]}, [])]
    for number, source in enumerate(REHEARSED):
        requests.append(({"do": "run", "number": number, "source": source, "is_code": True}, []))
    for name in ("f", "g", "h", "none"):
        for args in arguments:
            header, arrays = probe_to(Probe("", args=tuple(args), name=name))
            requests.append(({"do": "ask", "version": 0, "libraries": ["course_lib", "scipy"], **header}, arrays))
    for name in ("b", "c"):
        requests.append(({"do": "ask", "version": 0, "libraries": [], **probe_to(Probe("", name=name))[0]}, []))
    said = io.BytesIO()
    for header, arrays in requests:
        send(said, {**header, "token": ""}, arrays)
    main, lines = sys.modules["__main__"], dict(linecache.cache)
    for _ in range(REHEARSALS):
        serve(io.BytesIO(said.getvalue()), io.BytesIO(), transform)
    sys.modules["__main__"] = main
    linecache.cache = lines


def _borrowed(function: object, libraries: Sequence[str]) -> str:
    """The first library function that the answer's code can reach, or nothing."""
    try:
        return next(iter(library_calls(function, libraries)), "") if libraries else ""
    except Exception:
        # Code too strange to be looked through is no evidence; calling it will show what it does.
        return ""


def _failure(error: BaseException, filename: str) -> Observation:
    return failure(error, FunctionType(compile("", filename, "exec"), {}))


def _remember(source: str, filename: str) -> None:
    """Have tracebacks find the lines of a cell."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)


def _statements_until(error: LibraryCall, code: CodeType, source: str) -> int:
    """How many statements of the cell had begun when the error came out of it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code is not code:
        trace = trace.tb_next
    if trace is None:
        # Somebody has meddled with it: nothing more of this cell is run.
        return sys.maxsize
    line, _, column, _ = next(islice(code.co_positions(), trace.tb_lasti // 2, None))
    place = (line or 0, column or 0)
    return sum(_beginning(statement) <= place for statement in ast.parse(source).body)


def _beginning(statement: ast.stmt) -> tuple[int, int]:
    """Line and column; a decorator stands before what it decorates."""
    parts: list[ast.stmt | ast.expr] = [statement, *getattr(statement, "decorator_list", [])]
    return min((part.lineno, part.col_offset) for part in parts)


def _statements(source: str, filename: str, transform: Callable[[str], str]) -> list[ast.stmt]:
    """The top-level statements of a cell, after IPython's own transformation if it is not plain Python."""
    first = source.split(maxsplit=1)[:1]
    if first and first[0].startswith("%%"):
        # An empty line in place of the magic keeps the learner's line numbers.
        source = "\n" + source.lstrip().partition("\n")[2] if first[0] in BODY_RUNS else ""
    try:
        tree = ast.parse(source, filename)
    except SyntaxError:
        tree = ast.parse(transform(source), filename)
    _remember(source, filename)
    return tree.body


def magics() -> Callable[[str], str]:
    """IPython's own reader of magics and shell lines, without the rest of IPython, which costs 50 times as much.

    To be called before the stand-ins are installed, since IPython is one of them. Without IPython a cell with magics
    stays as it is, and is no Python.
    """
    spec = PathFinder.find_spec("IPython")
    if spec is None or not spec.submodule_search_locations:
        return str
    for name in ("IPython", "IPython.core", "IPython.utils"):
        package = ModuleType(name)
        package.__path__ = [os.path.join(spec.submodule_search_locations[0], *name.split(".")[1:])]
        sys.modules[name] = package
    from IPython.core.inputtransformer2 import TransformerManager

    def plain(source: str) -> str:
        text: str = TransformerManager().transform_cell(source)
        return text

    return plain
