"""A panel: a pure function from a few controls to a scene, with a task to solve. No browser, no kernel, no state."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.stage.scene import Scene

Value = Any
Params = dict[str, Value]
# The name of a control, and at which of its values another one is shown.
When = tuple[str, tuple[Value, ...]]


@dataclass(frozen=True)
class Slider:
    """A number between low and high: slid, typed or dragged; `log` spreads its powers of ten evenly.

    `table` is the number of places computed beforehand for a page without a kernel. A slider that is not `shown` is
    moved by a handle or a preset; the handle's number can still be typed. Every control may belong to a `group`, and
    be there only `when` another one has certain values: when=("layers", (2, 3)).
    """

    name: str
    label: str
    low: float
    high: float
    default: float
    step: float
    log: bool = False
    table: int = 41
    shown: bool = True
    group: str = ""
    when: When | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high or not self.step > 0 or (self.log and self.low <= 0):
            raise ValueError(f"slider {self.name!r} needs low < high, step > 0, and low > 0 where log; got {self}")
        self.accept(self.default)

    def accept(self, value: Value) -> float:
        """The value as a float; ValueError unless it is a number in [low, high]. Whole steps are not left between."""
        number = _number(value, self.name)
        slack = 1e-9 * (self.high - self.low)
        if not self.low - slack <= number <= self.high + slack:
            raise ValueError(f"{self.name}={number:g} is outside {self.low:g} … {self.high:g}")
        if not self.log and self.step == round(self.step):
            number = self.low + round((number - self.low) / self.step) * self.step
        return min(max(number, self.low), self.high)

    def grid(self) -> tuple[float, ...]:
        """The places of the table, the default among them."""
        count = max(2, self.table)
        places = np.geomspace(self.low, self.high, count) if self.log else np.linspace(self.low, self.high, count)
        return tuple(sorted({self.accept(float(f"{place + 0.0:.10g}")) for place in (*places, self.default)}))


@dataclass(frozen=True)
class Choice:
    """One of a few values, each with its label: options=(("relu", "ReLU"), …); a value holds no spaces."""

    name: str
    label: str
    options: tuple[tuple[Value, str], ...]
    default: Value
    shown: bool = True
    group: str = ""
    when: When | None = None

    def __post_init__(self) -> None:
        if any(isinstance(value, str) and len(value.split()) != 1 for value, _ in self.options):
            raise ValueError(f"choice {self.name!r}: a value holds no spaces and is not empty, got {self.options}")
        self.accept(self.default)

    def accept(self, value: Value) -> Value:
        """The value; ValueError unless it is one of the options."""
        for option, _ in self.options:
            if option == value and isinstance(option, str) == isinstance(value, str):
                return option
        raise ValueError(f"{self.name}={value!r} is none of {', '.join(repr(option) for option, _ in self.options)}")

    def grid(self) -> tuple[Value, ...]:
        return tuple(value for value, _ in self.options)


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    label: str
    default: bool = False
    shown: bool = True
    group: str = ""
    when: When | None = None

    def accept(self, value: Value) -> bool:
        """The value; ValueError unless it is True or False."""
        if isinstance(value, bool | np.bool_):
            return bool(value)
        raise ValueError(f"{self.name}={value!r} must be true or false")

    def grid(self) -> tuple[bool, ...]:
        return (False, True)


@dataclass(frozen=True)
class Memo:
    """Hidden data that actions and clicks change (a seed, weights, clicked points): anything that JSON can hold."""

    name: str
    default: Value = None
    label: str = ""
    shown: bool = False
    group: str = ""
    when: When | None = None

    def accept(self, value: Value) -> Value:
        """The value; ValueError unless JSON can hold it."""
        try:
            return json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.name} must be data that JSON can hold, got {value!r:.80}") from error

    def grid(self) -> tuple[Value, ...]:
        return (self.default,)


Control = Slider | Choice | Toggle | Memo


def _number(value: Value, name: str) -> float:
    if isinstance(value, bool | str) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise ValueError(f"{name}={value!r} must be a finite number")
    return float(value)


@dataclass(frozen=True)
class Result:
    """How an attempt at a task went: score from 0 to 1, and one sentence that says why or what to try."""

    score: float
    message: str

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"a score lies between 0 and 1, got {self.score}")

    @property
    def solved(self) -> bool:
        return self.score >= 1


@dataclass(frozen=True)
class Task:
    """What the learner is asked to reach; `check` judges the controls and the scene's facts."""

    id: str
    text: str
    check: Callable[[Params, Mapping[str, Any]], Result]


@dataclass(frozen=True)
class Preset:
    """A button that puts some controls to given values."""

    label: str
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Action:
    """A button that computes new values of controls from the present ones: one step, a new seed, new data."""

    label: str
    change: Callable[[Params], Params]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What a widget is, without the widget.

    scene(**params) → Scene is pure. `run(params)` yields the scenes of something that goes on by itself (training): it
    reads `params` anew at each step, so a control moved meanwhile counts at once; moving one named in `restarts`
    begins again, with the values in `begin` put in unless they were moved too. Where a panel has `begin`, its scene
    can draw every picture of the run (`Scene.moves` says at which values), so what is moved in a pause is seen at once.
    `record(params)` yields, without a clock, what a page without a kernel plays; such a page moves no controls.
    `click(params, chart, x, y)` → changed values, when a chart is clicked. Groups of controls are folded at first
    except the `open_groups`.
    """

    name: str
    title: str
    scene: Callable[..., Scene]
    controls: tuple[Control, ...]
    task: Task | None = None
    presets: tuple[Preset, ...] = ()
    actions: tuple[Action, ...] = ()
    run: Callable[[Params], Iterator[Scene]] | None = None
    restarts: frozenset[str] = field(default_factory=frozenset)
    click: Callable[[Params, int, float, float], Params] | None = None
    begin: Mapping[str, Value] = field(default_factory=dict)
    record: Callable[[Params], Iterator[Scene]] | None = None
    open_groups: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        names = [control.name for control in self.controls]
        if len(set(names)) < len(names):
            raise ValueError(f"panel {self.name!r} has two controls of one name: {names}")
        for name in self.restarts:
            self.control(name)
        for control in self.controls:
            if control.when is not None:
                other, values = control.when
                for value in values:
                    self.control(other).accept(value)
        if unknown := self.open_groups - {control.group for control in self.controls}:
            raise ValueError(f"panel {self.name!r} has no controls in {', '.join(map(repr, sorted(unknown)))}")
        self.accept(self.begin)
        if len(self.name.split()) != 1:
            raise ValueError(f"a panel's name is one word, got {self.name!r}")
        for preset in self.presets:
            self.accept(preset.values)

    def control(self, name: str) -> Control:
        """The control of that name; ValueError lists the names there are."""
        for control in self.controls:
            if control.name == name:
                return control
        known = ", ".join(control.name for control in self.controls)
        raise ValueError(f"panel {self.name!r} has no control {name!r}; it has {known}")

    @property
    def defaults(self) -> Params:
        return {control.name: control.accept(control.default) for control in self.controls}

    def accept(self, values: Mapping[str, Value]) -> Params:
        """The values, checked by their controls; ValueError names the control and what it takes."""
        return {name: self.control(name).accept(value) for name, value in values.items()}

    def complete(self, values: Mapping[str, Value]) -> Params:
        """All parameters: the given values, and defaults for the rest."""
        return {**self.defaults, **self.accept(values)}

    def moved(self, params: Params, values: Mapping[str, Value]) -> tuple[Params, bool]:
        """The parameters after a move to `values`, and whether a run has to begin again."""
        accepted = self.accept(values)
        again = any(accepted[name] != params[name] for name in self.restarts & accepted.keys())
        return {**params, **(self.accept(self.begin) if again else {}), **accepted}, again

    def result(self, params: Params, scene: Scene) -> Result | None:
        """The task's verdict on these parameters (None: no task)."""
        return self.task.check(params, scene.facts) if self.task else None

    def to_text(self, params: Mapping[str, Value]) -> str:
        """The state as one line: the panel's name, then name=value for each control."""
        return " ".join([self.name, *(f"{name}={_to_word(value)}" for name, value in params.items())])

    def from_text(self, text: str) -> Params:
        """The parameters of a line that `to_text` wrote; missing controls have their defaults. ValueError otherwise."""
        words = text.split()
        if words and "=" not in words[0]:
            if words[0] != self.name:
                raise ValueError(f"this state belongs to panel {words[0]!r}, not to {self.name!r}")
            words = words[1:]
        values: Params = {}
        for word in words:
            name, equals, value = word.partition("=")
            if not equals:
                raise ValueError(
                    f"expected name=value, got {word!r}; a state looks like {self.to_text(self.defaults)!r}"
                )
            values[name] = _from_word(value)
        return self.complete(values)


def _to_word(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.split() == [value] and _from_word(value) == value:
        return value
    # Inside JSON a space can only stand in a string, where it may be written as an escape, like all beyond ASCII.
    return json.dumps(value, separators=(",", ":")).replace(" ", "\\u0020")


def _from_word(word: str) -> Value:
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word
