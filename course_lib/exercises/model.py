"""An exercise as data, and what is seen of an answer to it.

`observe` is the only step that runs a learner's code. The notebook calls it in its own process; the grader gathers the
observations in a sandbox, one per probe in the order of `probes_for`. Both hand them to `judging.judge`.

NumPy and the standard library only: grading processes import this file.
"""

from __future__ import annotations

import re
import traceback
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from numbers import Number
from os.path import dirname
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.wording import one_line

Kind = Literal["function", "value", "choice", "design"]
Difficulty = Literal["complete", "implement", "stretch"]
Outcome = Literal["not attempted", "raised", "timed out", "wrong", "partly right", "right"]
Status = Literal["value", "missing", "placeholder", "raised", "timed out", "malformed"]
Value = NDArray[Any] | tuple[NDArray[Any], ...] | str
Argument = NDArray[Any] | float | int | str

PUBLIC_SEED = 1958
"""The seed of the notebook's `check`. The grader draws its own."""

LIBRARY_CALL = "LibraryCall"
"""Name of the error of an answer that calls the library's own function; the message is that function's name."""

LIBRARIES = ("course_lib", "scipy.special", "torch", "jax", "keras", "tensorflow", "sklearn")
"""Where the library's own functions live: an answer that calls one of them has not been written by the learner."""

NO_FUNCTION = "not a function"
"""The message of a malformed observation of a value in the place of a function."""

RANDOM = "random draws"
"""The group of every drawn probe."""

MAX_ANSWER_SIZE = 1_000_000


@dataclass(frozen=True, eq=False)
class Probe:
    """One thing asked of the answer: call `name(*args)`, or read the variable `name` when `args` is None."""

    label: str
    args: tuple[Any, ...] | None = None
    """Arrays, numbers and strings; a list becomes a read-only float array."""
    group: str = ""
    between: tuple[float, float] | None = None
    """At a kink: every value in this closed interval is right (a valid subgradient)."""
    also: tuple[float, ...] = ()
    """Other single values that are right, element by element."""
    name: str = ""

    def __post_init__(self) -> None:
        if self.args is not None:
            object.__setattr__(self, "args", tuple(_frozen(a) for a in self.args))


@dataclass(frozen=True, eq=False)
class Observation:
    """What one probe brought to light, as plain data: arrays and strings, nothing live."""

    status: Status
    value: Value | None = None
    error: str = ""
    """raised: the error's type name. malformed: the type name of what was returned."""
    message: str = ""
    """raised: the error's own message, or the helper's name when a helper raised NotImplementedError.
    timed out: the limit, as "5 seconds"."""
    line: str = ""
    """raised: the learner's own line, as "line 3: return 1 / (1 + np.exp(x)"."""
    warnings: tuple[str, ...] = ()
    """The RuntimeWarnings of the call, as NumPy words them."""
    changed_input: bool = False


@dataclass(frozen=True)
class Tolerance:
    """|got − expected| ≤ absolute + relative·|expected|, and the reason for these two numbers."""

    relative: float
    absolute: float
    reason: str
    terms: float = 1.0
    """Size of the terms that are added and subtracted on the way: an answer in float32 is rounded at that size.
    0 where small values are the point."""


@dataclass(frozen=True, eq=False)
class Misconception:
    """A wrong answer with a name: it can be run, and an answer that behaves like it gets its words and its worth."""

    name: str
    answer: Any
    words: str
    next_step: str
    worth: float = 0.0


@dataclass(frozen=True)
class Measured:
    """What a design reaches: 1 is all of it; `figure` is a sentence with the measured numbers."""

    share: float
    figure: str


@dataclass(frozen=True)
class Evidence:
    """The first probe that differs: what went in and what the answer gave. Never what was expected."""

    probe: str
    given: str
    got: str


@dataclass(frozen=True)
class Verdict:
    """The outcome with its points, its words, the next step and the evidence."""

    exercise: str
    outcome: Outcome
    points: float
    out_of: float
    message: str
    next_step: str = ""
    misconception: str | None = None
    evidence: Evidence | None = None
    remark: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready data."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data["evidence"] = None if self.evidence is None else vars(self.evidence) | {}
        return data


@dataclass(frozen=True, eq=False)
class Exercise:
    """One question: what the learner defines, how it is probed, what is right and which mistakes have names.

    `reference`, each of `alternatives` and each misconception's `answer` is a function for kind "function", otherwise
    the value, or a tuple of values in the order of `names` when there are several names.
    """

    id: str
    title: str
    kind: Kind
    names: tuple[str, ...]
    points: float
    difficulty: Difficulty
    objective: str
    specification: str
    reference: Any
    tolerance: Tolerance
    misconceptions: tuple[Misconception, ...]
    alternatives: tuple[Any, ...]
    hints: tuple[str, ...]
    explanation: str
    probes: tuple[Probe, ...] = ()
    draw: Callable[[np.random.Generator], Sequence[Probe]] | None = None
    options: tuple[str, ...] = ()
    measure: Callable[..., Measured] | None = None
    """design: takes the observed values in the order of the probes."""
    returns: tuple[str, ...] = ()
    """Names of the parts when the function returns several arrays; empty for one array."""
    warnings_forbidden: bool = False
    partial: bool = False
    """Points by the share of probe groups passed; only when the random draws pass, so that no constant earns any."""
    figure: str = ""
    """A question that is answered by reading a figure: the id of the notebook's cell that draws it."""
    time_limit: float = 5.0
    libraries: tuple[str, ...] = field(default=LIBRARIES)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d\d(-[a-z0-9]+)+", self.id):
            raise ValueError(f"exercise id {self.id!r} is not like '03-stable-sigmoid': lesson number, then what it is")
        if not self.names or not all(n.isidentifier() for n in self.names):
            raise ValueError(f"{self.id}: names must be Python names that the learner defines, not {self.names!r}")
        if self.kind == "function" and not (self.probes and len(self.names) == 1):
            raise ValueError(f"{self.id}: a function needs exactly one name and at least one probe")
        if self.kind == "design" and self.measure is None:
            raise ValueError(f"{self.id}: a design needs `measure`, which says how far the values reach the target")
        if not self.points > 0:
            raise ValueError(f"{self.id}: points must be above zero, not {self.points}")
        if len(self.hints) < 2:
            raise ValueError(f"{self.id}: at least two hints, a question first; {len(self.hints)} given")
        names = [m.name for m in self.misconceptions]
        if len(set(names)) < max(2, len(names)):
            raise ValueError(f"{self.id}: at least two misconceptions with different names, not {names}")
        for m in self.misconceptions:
            if not 0 <= m.worth < 1:
                raise ValueError(f"{self.id}, {m.name}: worth must lie in [0, 1), not {m.worth}")
        if self.kind == "choice":
            distractors = {o for o in self.options if o != self.reference}
            if self.reference not in self.options or {m.answer for m in self.misconceptions} != distractors:
                raise ValueError(f"{self.id}: options need the right one and one misconception per other option")

    @property
    def lesson(self) -> str:
        """The lesson's number, "03"."""
        return self.id[:2]

    @property
    def name(self) -> str:
        """The first name that the learner defines."""
        return self.names[0]


@lru_cache(maxsize=128)
def probes_for(exercise: Exercise, seed: int) -> tuple[Probe, ...]:
    """The fixed probes, then the random draws of `seed`; for values one probe per name, which reads it."""
    if exercise.kind != "function" and not exercise.probes:
        return tuple(Probe(label=name, name=name, group=name) for name in exercise.names)
    # The id enters the seed: two questions with the same seed do not share their inputs.
    rng = np.random.default_rng([seed, zlib.crc32(exercise.id.encode())])
    drawn = () if exercise.draw is None else tuple(replace(p, group=RANDOM) for p in exercise.draw(rng))
    asked = exercise.probes + drawn
    return tuple(replace(p, name=p.name or exercise.name, group=p.group or p.label) for p in asked)


def namespace_of(exercise: Exercise, answer: Any) -> dict[str, Any]:
    """The names that the learner would define, for a reference, an alternative or a misconception's answer."""
    if len(exercise.names) == 1:
        return {exercise.name: answer}
    return dict(zip(exercise.names, answer, strict=True))


class TimedOut(BaseException):
    """Raised inside a running answer by the guard. Not an Exception: an answer's `except Exception` must not eat it."""


def observe(
    namespace: Mapping[str, Any],
    probes: Sequence[Probe],
    guard: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> tuple[Observation, ...]:
    """Ask each probe of the names in `namespace`; one observation per probe.

    `guard` gives a context that raises TimedOut("5 seconds") inside it when the time is up; nothing more is run then.
    """
    seen: list[Observation] = []
    late = Observation("timed out")
    try:
        with guard():
            for probe in probes:
                seen.append(_probe(namespace, probe))
    except TimedOut as stop:
        late = replace(late, message=str(stop))
    return tuple(seen) + (late,) * (len(probes) - len(seen))


def _probe(namespace: Mapping[str, Any], probe: Probe) -> Observation:
    if probe.name not in namespace:
        return Observation("missing")
    target = namespace[probe.name]
    if target is Ellipsis:
        return Observation("placeholder")
    if probe.args is None:
        return plain(target)
    if not callable(target):
        return Observation("malformed", error=type(target).__name__, message=NO_FUNCTION)
    args = tuple(np.array(a) if isinstance(a, np.ndarray) else a for a in probe.args)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            seen = plain(target(*args))
        except (Exception, SystemExit) as error:
            seen = failure(error, target)
    changed = any(_differ(a, b) for a, b in zip(args, probe.args, strict=True))
    told = tuple(one_line(str(w.message)) for w in caught if issubclass(w.category, RuntimeWarning))
    return replace(seen, warnings=told, changed_input=changed)


def _differ(now: Argument, before: Argument) -> bool:
    if not isinstance(now, np.ndarray) or not isinstance(before, np.ndarray):
        return False  # numbers and strings cannot change
    return now.shape != before.shape or now.tobytes() != before.tobytes()


def plain(value: Any) -> Observation:
    """What an answer returned or holds, as plain data: an array, a tuple of arrays, or a string."""
    if value is None or isinstance(value, (str, bytes)) or callable(value):
        return Observation("value", value=str.__str__(value)) if isinstance(value, str) else _malformed(value)
    try:
        array = np.array(value)
        if array.dtype == object and all(isinstance(v, Number) for v in array.flat):
            array = array.astype(float)  # fractions, decimals and whole numbers beyond 64 bits
    except Exception:
        array = np.array(None)
    if array.dtype.kind in "cSU" and array.ndim:
        return _malformed_as("array of complex numbers" if array.dtype.kind == "c" else "array of texts")
    if array.dtype.kind in "biuf":
        return Observation("value", value=array) if array.size <= MAX_ANSWER_SIZE else _malformed(value, "too large")
    if isinstance(value, (tuple, list)) and 0 < len(value) <= 16:
        parts = tuple(plain(v).value for v in value if not isinstance(v, (tuple, list)))
        if len(parts) == len(value) and all(isinstance(p, np.ndarray) for p in parts):
            return Observation("value", value=parts)  # type: ignore[arg-type]
    return _malformed(value)


def failure(error: BaseException, target: object = None) -> Observation:
    """The observation for an error: its type, its message and the learner's own last line in the traceback."""
    code = getattr(target, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    # The cells of one notebook are files of one folder to Python: a helper in another cell counts as the learner's.
    own = [f for f in frames if code is not None and dirname(f.filename) == dirname(code.co_filename)]
    if isinstance(error, NotImplementedError) and own and own[-1].name != getattr(target, "__name__", ""):
        return Observation("raised", error="NotImplementedError", message=own[-1].name)
    line = f"line {own[-1].lineno}: {one_line(own[-1].line or '')}" if own else ""
    return Observation("raised", error=type(error).__name__, message=one_line(str(error), 300), line=line.strip(": "))


def _malformed(value: object, message: str = "") -> Observation:
    return _malformed_as(type(value).__name__, message)


def _malformed_as(kind: str, message: str = "") -> Observation:
    return Observation("malformed", error=kind, message=message)


def _frozen(value: Any) -> Argument:
    """Lists become float arrays; arrays become read-only copies, so that no probe can change."""
    if isinstance(value, (list, tuple, np.ndarray)):
        array = np.array(value, dtype=None if isinstance(value, np.ndarray) else float)
        array.flags.writeable = False
        return array
    kept: Argument = value
    return kept
