"""The verdict on what was observed of an answer: pure, total, and silent about what was expected.

NumPy and the standard library only: grading processes import this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.model import (
    LIBRARY_CALL,
    NO_FUNCTION,
    RANDOM,
    Evidence,
    Exercise,
    Misconception,
    Observation,
    Outcome,
    Probe,
    Tolerance,
    Value,
    Verdict,
    namespace_of,
    observe,
    probes_for,
)
from course_lib.exercises.wording import explain_error, listed, one_line, show_argument, show_array, show_number

TOO_CLOSE = "a value that is off only beyond the sixth digit"

EXAMPLE = 1.25
"""A number to show how one is written; it answers no question."""

OTHER_SHAPE, NO_RETURN = "The values have shape", "Is a `return` missing?"
"""What some faults say, which decides what to do next."""

FLOAT32_STEP = float(np.finfo(np.float32).eps)

SIDE_EFFECT_WORTH = 0.5
"""Share of the points for right values that come with a forbidden warning or a changed input."""


def judge(exercise: Exercise, observations: Sequence[Observation], seed: int) -> Verdict:
    """The verdict on what was observed at `probes_for(exercise, seed)`. Pure, and total: it never raises."""
    probes = probes_for(exercise, seed)
    seen = _sound(observations, len(probes))
    for early in (_not_attempted, _library_call, _timed_out):
        verdict = early(exercise, probes, seen)
        if verdict is not None:
            return verdict
    return _judge_design(exercise, seed, seen) if exercise.kind == "design" else _judge_values(exercise, seed, seen)


def _judge_values(exercise: Exercise, seed: int, seen: tuple[Observation, ...]) -> Verdict:
    probes, expected = probes_for(exercise, seed), _expected(exercise, seed)
    faults = tuple(_fault(exercise, p, o, e) for p, o, e in zip(probes, seen, expected, strict=True))
    first = _first_telling(probes, seen, expected, faults)
    warned = next((o.warnings[0] for o in seen if o.warnings), "")
    if first is None and not (warned and exercise.warnings_forbidden) and not any(o.changed_input for o in seen):
        return _verdict(exercise, 1.0, "Right.", remark=f"NumPy warned: {one_line(warned)}." if warned else "")
    evidence = None if first is None else _evidence(probes[first], seen[first], expected[first], exercise)
    known = _misconception(exercise, seed, seen, side_effects=first is None)
    if known is not None:
        return _verdict(exercise, known.worth, known.words, known.next_step, known.name, evidence)
    if first is None:
        return _side_effect(exercise, probes, seen)
    share = _share(exercise, probes, faults)
    outcome: Outcome | None = "raised" if seen[first].status == "raised" and share == 0 else None
    return _verdict(
        exercise, share, faults[first], _ask(exercise, seen[first], faults[first]), evidence=evidence, outcome=outcome
    )


def _first_telling(
    probes: tuple[Probe, ...], seen: tuple[Observation, ...], expected: tuple[Value, ...], faults: tuple[str, ...]
) -> int | None:
    """The first faulty probe whose difference shows in the printed digits; failing that, the first faulty one."""
    faulty = [i for i, fault in enumerate(faults) if fault]
    if not faulty:
        return None
    shown = (i for i in faulty if (e := _evidence(probes[i], seen[i], expected[i])) and e.got != TOO_CLOSE)
    return next(shown, faulty[0])


def _judge_design(exercise: Exercise, seed: int, seen: tuple[Observation, ...]) -> Verdict:
    values: list[NDArray[Any]] = []
    for probe, o, example in zip(probes_for(exercise, seed), seen, _expected(exercise, seed), strict=True):
        array = _real(o)
        fault = _raised(o) or _unusable(probe, o, example)
        if array is None or fault:
            outcome: Outcome | None = "raised" if o.status == "raised" else None
            step = _ask(exercise, o) if outcome else "Run its cell again, then check again."
            return _verdict(exercise, 0.0, fault, step, evidence=_evidence(probe, o), outcome=outcome)
        values.append(array.astype(float))
    assert exercise.measure is not None
    with np.errstate(all="ignore"):
        reached = exercise.measure(*values)
    if reached.share >= 1:
        return _verdict(exercise, 1.0, "Right.", remark=reached.figure)
    known = _misconception(exercise, seed, seen, side_effects=False)
    if known is not None:
        return _verdict(exercise, known.worth, f"{known.words} {reached.figure}", known.next_step, known.name)
    share = min(max(reached.share, 0.0), 0.99) if exercise.partial and np.isfinite(reached.share) else 0.0
    return _verdict(exercise, share, reached.figure, _ask(exercise, seen[0]))


def _misconception(
    exercise: Exercise, seed: int, seen: tuple[Observation, ...], *, side_effects: bool
) -> Misconception | None:
    """The first misconception that does at every probe what the answer did; with `side_effects`, warnings included."""
    for misconception, behaviour in zip(exercise.misconceptions, _behaviours(exercise, seed), strict=True):
        if all(
            _alike(exercise, o, b)
            and (not side_effects or (bool(o.warnings) == bool(b.warnings) and o.changed_input == b.changed_input))
            for o, b in zip(seen, behaviour, strict=True)
        ):
            return misconception
    return None


def _ask(exercise: Exercise, seen: Observation, fault: str = "") -> str:
    """The next step after a wrong answer without a name."""
    if seen.status == "raised":
        return "Mend that line, run its cell again, then check again."
    if fault.endswith(NO_RETURN):
        return "Add it, run its cell again, then check again."
    if seen.message == NO_FUNCTION:
        return "Define it again with `def`, run that cell, then check again."
    if exercise.kind == "choice":
        return f"Set {exercise.name} to one of the letters {listed(tuple(repr(o) for o in exercise.options))}."
    first = {"function": "Work out this one input by hand, then compare. "}.get(exercise.kind, "")
    if OTHER_SHAPE in fault:
        first = "Print the shape of what you return for this input. "
    elif exercise.kind == "design":
        what = "one number at a time" if len(exercise.names) > 1 else "it"
        first = f"Change {what} and compare what it reaches. "
    return f'{first}hint("{exercise.id}") asks a helpful question.'


def _verdict(
    exercise: Exercise,
    share: float,
    message: str,
    next_step: str = "",
    misconception: str | None = None,
    evidence: Evidence | None = None,
    outcome: Outcome | None = None,
    remark: str = "",
) -> Verdict:
    # Quarters of a point, and never all of them for less than everything.
    points = (
        float(exercise.points) if share == 1 else min(round(4 * exercise.points * share) / 4, exercise.points - 0.25)
    )
    by_share: Outcome = "right" if share == 1 else "partly right" if points > 0 else "wrong"
    return Verdict(
        exercise.id, outcome or by_share, points, exercise.points, message, next_step, misconception, evidence, remark
    )


def _sound(observations: object, n: int) -> tuple[Observation, ...]:
    """Exactly n observations of plain data; whatever else came is a malformed answer."""
    given = tuple(observations) if type(observations) in (tuple, list) else ()  # type: ignore[arg-type]
    return tuple(
        _sound_one(given[i]) if i < len(given) else Observation("malformed", error="nothing") for i in range(n)
    )


def _sound_one(observation: object) -> Observation:
    if type(observation) is not Observation:
        return Observation("malformed", error="another kind of object")
    o = observation
    texts = all(type(t) is str for t in (o.status, o.error, o.message, o.line))
    if not texts or type(o.warnings) is not tuple or type(o.changed_input) is not bool:
        return Observation("malformed", error="another kind of object")
    if not all(type(w) is str for w in o.warnings):
        return Observation("malformed", error="another kind of object")
    if o.status == "value":
        plain_value = type(o.value) in (str, np.ndarray) or (
            type(o.value) is tuple and all(type(p) is np.ndarray for p in o.value)
        )
        return o if plain_value else Observation("malformed", error=type(o.value).__name__)
    known = ("missing", "placeholder", "raised", "timed out", "malformed")
    return o if o.status in known else Observation("malformed", error="another kind of object")


def _not_attempted(exercise: Exercise, probes: tuple[Probe, ...], seen: tuple[Observation, ...]) -> Verdict | None:
    blank = [
        o.status in ("missing", "placeholder") or (o.status == "raised" and o.error == "NotImplementedError")
        for o in seen
    ]
    if exercise.kind == "function" and not all(blank):
        return None
    if not any(blank):
        return None
    names = tuple(dict.fromkeys(p.name for p, b in zip(probes, blank, strict=True) if b))
    missing = all(o.status == "missing" for o, b in zip(seen, blank, strict=True) if b)
    through = next((o.message for o in seen if o.status == "raised" and o.message.isidentifier()), "")
    are = "is" if len(names) == 1 else "are"
    if through:
        text, todo = f"{names[0]} calls {one_line(through, 40)}, which is still to be written.", "Write that one first."
    elif missing:
        text, todo = f"{listed(names)} {are} not defined yet.", "Run the cell that defines it, then check again."
    else:
        text, todo = (
            f"{listed(names)} {are} still to be written.",
            "Write your answer in the cell above, run it, then check again.",
        )
    return _verdict(exercise, 0.0, text, todo, outcome="not attempted")


def _library_call(exercise: Exercise, probes: tuple[Probe, ...], seen: tuple[Observation, ...]) -> Verdict | None:
    for o in seen:
        if o.status == "raised" and o.error == LIBRARY_CALL:
            used = one_line(o.message, 60) or "the library's own function"
            text = f"This calls {used} instead of working it out."
            return _verdict(
                exercise, 0.0, text, "Write the formula yourself with NumPy: that is the point of the question."
            )
    return None


def _timed_out(exercise: Exercise, probes: tuple[Probe, ...], seen: tuple[Observation, ...]) -> Verdict | None:
    for probe, o in zip(probes, seen, strict=True):
        if o.status == "timed out":
            text = f"Stopped: no answer within {one_line(o.message, 40) or 'the time allowed'} ({probe.label})."
            return _verdict(
                exercise,
                0.0,
                text,
                "Look for a loop that never ends; its condition must become false.",
                outcome="timed out",
            )
    return None


def _side_effect(exercise: Exercise, probes: tuple[Probe, ...], seen: tuple[Observation, ...]) -> Verdict:
    """The values are right; what is left is a changed input or a warning that the specification forbids."""
    for probe, o in zip(probes, seen, strict=True):
        if o.changed_input:
            text = "The values are right, but the function changes its input, so the caller's data is spoilt."
            step = "Compute a new array instead of assigning into the one that came in (no x[...] = and no x += …)."
            return _verdict(exercise, SIDE_EFFECT_WORTH, text, step, evidence=_evidence(probe, o))
    probe, o = next((p, o) for p, o in zip(probes, seen, strict=True) if o.warnings)
    text = f"The values are right, but NumPy warns: {one_line(o.warnings[0])}."
    step = "Rewrite the formula so that no intermediate number overflows; the specification asks for no warning."
    return _verdict(exercise, SIDE_EFFECT_WORTH, text, step, evidence=_evidence(probe, o))


def _share(exercise: Exercise, probes: tuple[Probe, ...], faults: tuple[str, ...]) -> float:
    if not exercise.partial:
        return 0.0
    groups = dict.fromkeys((p.group for p in probes), True)
    for probe, fault in zip(probes, faults, strict=True):
        groups[probe.group] &= not fault
    return sum(groups.values()) / len(groups) if groups.get(RANDOM, True) else 0.0


@lru_cache(maxsize=128)
def _expected(exercise: Exercise, seed: int) -> tuple[Value, ...]:
    """What the reference gives at each probe: the judge's own, never shown."""
    values = tuple(o.value for o in _known(exercise, exercise.reference, seed))
    if any(v is None for v in values):
        raise ValueError(f"{exercise.id}: the reference gives no value at every probe; mend the bank")
    return values  # type: ignore[return-value]


@lru_cache(maxsize=128)
def _behaviours(exercise: Exercise, seed: int) -> tuple[tuple[Observation, ...], ...]:
    """What each misconception does at the same probes."""
    return tuple(_known(exercise, m.answer, seed) for m in exercise.misconceptions)


def _known(exercise: Exercise, answer: Any, seed: int) -> tuple[Observation, ...]:
    """What one of the bank's own answers does at the probes. It is kept, so it must not depend on the moment."""
    seen = observe(namespace_of(exercise, answer), probes_for(exercise, seed))
    if any(o.error == "MemoryError" for o in seen):
        raise MemoryError(f"no memory is left to judge {exercise.id}")
    return seen


def _fault(exercise: Exercise, probe: Probe, seen: Observation, expected: Value) -> str:
    """Why this observation is not right, in a plain sentence; empty when it is right."""
    if seen.status == "raised":
        return _raised(seen)
    if isinstance(expected, str):
        return _wrong_choice(exercise, seen, expected)
    if probe.args is None:
        unusable = _unusable(probe, seen, expected)
        if unusable:
            return unusable
    malformed = _no_number(probe, seen)
    if exercise.returns or isinstance(expected, tuple):
        ours, theirs = _parts(seen.value), _parts(expected)
        if len(ours) != len(exercise.returns):
            return f"The function must return {len(exercise.returns)} parts: {listed(exercise.returns)}."
        told = tuple(_differs(exercise, probe, a, b) for a, b in zip(ours, theirs, strict=True))
        return next((f"{n}: {t}" for n, t in zip(exercise.returns, told, strict=True) if t), "")
    array = _real(seen)
    return malformed if array is None else _differs(exercise, probe, array, expected)


def _unusable(probe: Probe, seen: Observation, example: Value) -> str:
    """What a variable holds, and what to set it to; empty when it holds finite numbers of the example's shape."""
    shape, array, name = np.shape(example), _real(seen), probe.name
    if array is None:
        held = _no_number(probe, seen)
    elif array.shape != shape:
        held = f"{name} holds values of shape {array.shape}." if array.ndim else f"{name} holds a single number."
    elif not np.all(np.isfinite(array.astype(float))):
        held = f"{name} is {show_array(array)}."
    else:
        return ""
    if isinstance(seen.value, str) and _reads_as_number(seen.value):
        held += " Leave the quotes away."
    wanted = f"finite numbers of shape {shape}" if shape else f"one number, for example {name} = {EXAMPLE}"
    return f"{held} Set {name} to {wanted}."


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _raised(seen: Observation) -> str:
    """The error, the learner's line and a plain sentence; empty when nothing was raised."""
    if seen.status != "raised":
        return ""
    where = f" ({one_line(seen.line)})" if seen.line else ""
    shown = f"{one_line(seen.error, 40)}: {one_line(seen.message)}".rstrip(": ")
    return f"Python stopped with {shown}{where}. {explain_error(seen.error, seen.message)}"


def _parts(value: Value | None) -> tuple[NDArray[Any], ...]:
    """The arrays of a function that returns several: NumPy stacks them when their shapes agree."""
    if isinstance(value, np.ndarray):
        return tuple(np.asarray(part) for part in value) if value.ndim else ()
    return value if isinstance(value, tuple) else ()


def _wrong_choice(exercise: Exercise, seen: Observation, expected: str) -> str:
    if type(seen.value) is not str:
        return f"{exercise.name} must be one letter in quotes."
    letter = _letter(seen.value)
    if letter not in exercise.options:
        return f"{exercise.name} = {one_line(seen.value, 20)!r} is none of the options."
    return "" if letter == expected else f"{letter!r} is not it."


def _letter(text: str) -> str:
    """The letter of a choice, also where someone writes B. or (b)."""
    return text.strip(" \t\n().").lower()


def _no_number(probe: Probe, seen: Observation) -> str:
    """Why an observation holds no real array; empty when it does."""
    what = f"{probe.name}(…) gave" if probe.args is not None else f"{probe.name} holds"
    if seen.status == "malformed":
        if seen.message == NO_FUNCTION:
            return f"{probe.name} must be a function, but it is now a value of type {one_line(seen.error, 40)}."
        if seen.message == "too large":
            return f"{what} far more values than were asked for."
        if seen.error == "NoneType":
            return f"{probe.name} is None." if probe.args is None else f"{what} None. {NO_RETURN}"
        return f"{what} a value of type {one_line(seen.error, 40)}, where numbers are expected."
    if seen.status in ("missing", "placeholder"):
        return f"{probe.name} is not written yet."
    if isinstance(seen.value, str):
        return f"{what} text, where numbers are expected."
    if isinstance(seen.value, np.ndarray) and seen.value.dtype.kind not in "biuf":
        return f"{what} values of type {seen.value.dtype}, where real numbers are expected."
    if isinstance(seen.value, tuple):
        return f"{what} {len(seen.value)} arrays of different shapes, where one array is expected."
    return ""


def _real(seen: Observation) -> NDArray[Any] | None:
    """The observed value as an array of real numbers, or None."""
    if seen.status == "value" and isinstance(seen.value, np.ndarray) and seen.value.dtype.kind in "biuf":
        return seen.value
    return None


def _differs(exercise: Exercise, probe: Probe, got: NDArray[Any], expected: NDArray[Any]) -> str:
    if got.dtype.kind not in "biuf":
        return f"values of type {got.dtype} came back, where real numbers are expected."
    if got.shape != expected.shape:
        return f"{OTHER_SHAPE} {got.shape}, the specification asks for {expected.shape} here ({probe.label})."
    good = _close(exercise.tolerance, got, expected)
    value = got.astype(float)
    if probe.between is not None:
        low, high = probe.between
        slack = exercise.tolerance.absolute
        good |= (value >= low - slack) & (value <= high + slack)
    for other in probe.also:
        good |= _close(exercise.tolerance, got, np.full(got.shape, other))
    if bool(np.all(good)):
        return ""
    if bool(np.any(np.isnan(value) & ~good)):
        return f"The answer is nan (not a number) for {probe.label}."
    if bool(np.any(np.isinf(value) & ~good)):
        return f"The answer is infinite for {probe.label}."
    return (
        f"The values differ for {probe.label}." if probe.args is not None else f"{probe.name} should be another number."
    )


def _close(tolerance: Tolerance, got: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.bool_]:
    relative, absolute = tolerance.relative, tolerance.absolute
    if got.dtype == np.float32:
        # Right for float32: some of its rounding steps at the answer and at the terms on the way, and its underflow.
        relative = max(relative, 16 * FLOAT32_STEP)
        absolute = max(absolute, 4 * FLOAT32_STEP * tolerance.terms, float(np.finfo(np.float32).tiny))
    value, target = got.astype(float), expected.astype(float)
    with np.errstate(all="ignore"):
        near = np.asarray(np.abs(value - target) <= absolute + relative * np.abs(target), dtype=np.bool_)
    finite = np.isfinite(target)
    if finite.all():
        return near
    # ∞ − ∞ is nan, and ∞ ≤ ∞ would let any number pass for an infinite one.
    same = (value == target) | (np.isnan(value) & np.isnan(target))
    return np.asarray(np.where(finite, near, same), dtype=np.bool_)


def _alike(exercise: Exercise, seen: Observation, behaviour: Observation) -> bool:
    """Does the answer do here what the misconception does?"""
    if seen.status != behaviour.status:
        return False
    if seen.status == "raised":
        return seen.error == behaviour.error
    if isinstance(seen.value, str) and isinstance(behaviour.value, str):
        return _letter(seen.value) == behaviour.value
    ours, theirs = _real(seen), _real(behaviour)
    if ours is not None and theirs is not None:
        return ours.shape == theirs.shape and bool(np.all(_close(exercise.tolerance, ours, theirs)))
    if isinstance(seen.value, tuple) and isinstance(behaviour.value, tuple) and len(seen.value) == len(behaviour.value):
        return all(
            a.dtype.kind in "biuf" and a.shape == b.shape and bool(np.all(_close(exercise.tolerance, a, b)))
            for a, b in zip(seen.value, behaviour.value, strict=True)
        )
    return seen.status == "malformed" and seen.error == behaviour.error


def _evidence(
    probe: Probe, seen: Observation, expected: Value | None = None, exercise: Exercise | None = None
) -> Evidence | None:
    """The probe's input and what came back, at the element that differs most when both have one shape.

    The other elements of the input are left out where the reference of `exercise` does not look at them.
    """
    given = probe.name if probe.args is None else f"{probe.name}({', '.join(show_argument(a) for a in probe.args)})"
    if seen.status == "raised":
        return Evidence(probe.label, given, one_line(seen.error, 40))
    if seen.status != "value":
        malformed = seen.status == "malformed"
        return Evidence(probe.label, given, f"a value of type {one_line(seen.error, 40)}" if malformed else seen.status)
    value = seen.value
    if isinstance(value, str):
        return Evidence(probe.label, given, one_line(value, 20))
    if not isinstance(value, np.ndarray):
        return Evidence(probe.label, given, f"{len(value or ())} arrays")
    if value.dtype.kind not in "biuf":
        return Evidence(probe.label, given, f"values of type {value.dtype}")
    if not isinstance(expected, np.ndarray) or value.size == 0:
        return Evidence(probe.label, given, show_array(value))
    if value.shape != expected.shape:
        # Values of the wrong shape may well be the right ones: say the shape only.
        return Evidence(probe.label, given, f"an array of shape {value.shape}" if value.ndim else "a single number")
    with np.errstate(all="ignore"):
        gap = np.abs(value.astype(float) - expected)
    bad = np.where(np.isnan(gap), np.inf, gap) / (1e-300 + np.abs(np.nan_to_num(expected)))
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), expected.shape))
    # Digits that agree with the expected ones would give them away.
    got = TOO_CLOSE if show_number(value[at]) == show_number(expected[at]) else show_number(value[at])
    if exercise is not None and _elementwise(exercise, probe):
        inputs = ", ".join(show_argument(a[at] if isinstance(a, np.ndarray) else a) for a in probe.args or ())
        return Evidence(probe.label, f"{probe.name}({inputs})", got)
    return Evidence(probe.label, given, got if not at or got == TOO_CLOSE else f"{got} at {list(at)}")


# Seeds and questions that are judged together; exercises and probes are told apart by identity.
@lru_cache(maxsize=4096)
def _elementwise(exercise: Exercise, probe: Probe) -> bool:
    """Whether the reference gives each value from one value of every array that went in: a softmax does not."""
    namespace = namespace_of(exercise, exercise.reference)
    whole = observe(namespace, (probe,))[0].value
    arrays = [a for a in probe.args or () if isinstance(a, np.ndarray)]
    if not isinstance(whole, np.ndarray) or not arrays or any(a.shape != whole.shape for a in arrays):
        return False
    alone = tuple(
        replace(probe, args=tuple(a[at].reshape(1) if isinstance(a, np.ndarray) else a for a in probe.args or ()))
        for at in np.ndindex(whole.shape)
    )
    values = [o.value for o in observe(namespace, alone)]
    return all(
        isinstance(v, np.ndarray) and v.size == 1 and bool(np.allclose(v, e, rtol=1e-9, atol=0, equal_nan=True))
        for v, e in zip(values, whole.ravel(), strict=True)
    )
