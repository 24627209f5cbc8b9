"""Several entries of the catalogues on one pair of axes: their curves, their slopes, and a point on all of them."""

from __future__ import annotations

import functools
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from course_lib import activations, losses
from course_lib.panels.entry import Entry, number_params, param_slider, value_task
from course_lib.plots import SPAN, activation_curves, loss_at, loss_curves, readable, visible_range
from course_lib.spec import Activation, Array, Claims, Loss, Param
from course_lib.stage import (
    Axis,
    Chart,
    Choice,
    Handle,
    Line,
    Panel,
    Points,
    Preset,
    Result,
    Rule,
    Scene,
    Slider,
    Stage,
    Task,
    Text,
)
from course_lib.stage.scene import Dashes, Mark, Role, Shape, round_numbers

# Told apart by colour, by dashes and by the shape of the point.
LOOKS: tuple[tuple[Role, Dashes, Shape], ...] = (
    ("blue", "solid", "circle"),
    ("vermillion", "dashed", "square"),
    ("green", "dotted", "triangle"),
    ("ink", "dashdot", "cross"),
    ("blue", "dashed", "ring"),
    ("vermillion", "dotted", "circle"),
)
MOST = len(LOOKS)
# Most activations have done all they do within these scores.
NEAR = (-5.0, 5.0)
# Names up to this length stand beside their curves; longer ones stand in the key, and a letter beside the curve.
SHORT = 13
# The largest difference counts as found from this share of it on: a maximum is flat.
CLOSE = 0.99


def compare(*names: str, **start: Any) -> Stage:
    """A widget on two to six catalogue entries: curves and slopes on the same axes, with one point to move on all.

    compare("relu", "gelu", "silu", x=-1): `start` gives first values of the controls. One name alone is that of a
    family, compare("saturating"), and stands for its first members that share an axis. ValueError for an unknown
    name, for a repeated one, and for entries that do not share an axis.
    """
    return Stage(compare_panel(*names), **start)


def compare_panel(*names: str) -> Panel:
    """The panel of `compare`."""
    entries = family_members(names[0]) if len(names) == 1 else [_entry(name) for name in names]
    if not 2 <= len(entries) <= MOST or len(set(entries_names := [entry.name for entry in entries])) < len(entries):
        raise ValueError(
            f"compare takes 2 to {MOST} different entries, got {', '.join(names) or 'none'}; choose others"
        )
    axes = {entry.name: axis_of(entry) for entry in entries}
    if len(set(axes.values())) > 1:
        told = "; ".join(f"{name}: {axis}" for name, axis in axes.items())
        raise ValueError(f"these entries do not share an axis, so a picture would mislead ({told}); compare them apart")
    return _panel(Compared(tuple(entries)), "-".join(entries_names))


def family_members(family: str) -> list[Entry]:
    """The first members of a family that share its commonest axis, at most six; ValueError for no family's name."""
    members = [entry for entry in _all_entries() if entry.family == family and is_drawn(entry)]
    if not members:
        known = ", ".join(dict.fromkeys(entry.family for entry in _all_entries() if is_drawn(entry)))
        raise ValueError(f"{family!r} is one name and no family; give two names, or one of: {known}")
    axes = [axis_of(entry) for entry in members]
    commonest = max(axes, key=axes.count)
    return [entry for entry, axis in zip(members, axes, strict=True) if axis == commonest][:MOST]


def is_drawn(entry: Entry) -> bool:
    """Whether the entry is a curve over one number; losses of whole vectors, masks and sequences are not."""
    return isinstance(entry, Activation) or entry.prediction not in ("vectors", "mask", "frames")


def axis_of(entry: Entry) -> str:
    """What the entry's picture has on its horizontal axis; ValueError for one that no single number describes."""
    if isinstance(entry, Loss):
        if not is_drawn(entry):
            raise ValueError(f"{entry.name!r} compares {entry.prediction}, so it has no axis to share with others")
        return loss_curves(entry)[0].axis
    if entry.elementwise:
        return "score  x"
    return "gate  x  (value 1)" if entry.gated else "first score  x  (three others at 0)"


def span_of(entries: Iterable[Entry]) -> tuple[float, float]:
    """The scores over which activations are drawn: near 0, or farther where one has a kink there."""
    claims = [entry.claims() for entry in entries]
    kinks = [kink.at for one in claims if isinstance(one, Claims) for kink in one.kinks]
    return SPAN if any(abs(at) > NEAR[1] for at in kinks) else NEAR


def _all_entries() -> list[Entry]:
    return [*activations.CATALOGUE.values(), *losses.CATALOGUE.values()]


def _entry(name: str) -> Entry:
    return losses.get(name) if name in losses.CATALOGUE else activations.get(name)


@dataclass(frozen=True)
class Traces:
    """All curves at one setting: `x` (one row per entry), values and slopes in the same shape."""

    x: list[Array]
    values: list[Array]
    slopes: list[Array]

    def gap(self, points: int = 2001) -> tuple[Array, Array]:
        """x and the difference of the first two curves there, (n,) each, where both are finite."""
        x = np.linspace(self.x[0][0], self.x[0][-1], points)
        first, second = (np.interp(x, self.x[i], _bridged(self.x[i], self.values[i])) for i in (0, 1))
        with np.errstate(invalid="ignore"):
            difference = first - second
        return x[np.isfinite(difference)], difference[np.isfinite(difference)]


def _bridged(x: Array, y: Array) -> Array:
    """The curve without the gaps that lift the pen at kinks."""
    gaps = np.isnan(y)
    return np.where(gaps, np.interp(x, x[~gaps], y[~gaps]), y)


class Compared:
    """Entries that share an axis, with what the panel needs of them: span, labels of targets, parameters, curves."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self.axis = axis_of(entries[0])
        self.of_losses = isinstance(entries[0], Loss)
        self._plain = {entry.name: loss_curves(entry) for entry in entries if isinstance(entry, Loss)}
        self.low, self.high = self._span()
        self.labels = self._labels()
        room = 2 - (len(self.labels) > 1)
        knobs = [(entry, *knob) for entry in entries for knob in number_params(entry, most=1).values()][:room]
        self.knobs: dict[str, tuple[Entry, Param, float]] = {
            f"{entry.name}_{param.name}": (entry, param, default) for entry, param, default in knobs
        }
        self.traces = functools.lru_cache(maxsize=64)(self._traces)

    def _span(self) -> tuple[float, float]:
        if self.of_losses:
            curves = [ranks[0] for ranks in self._plain.values()]
            low, high = max(float(curve.x[0]) for curve in curves), min(float(curve.x[-1]) for curve in curves)
            return (0.001, 0.999) if (low, high) == (0.0, 1.0) else (low, high)
        return span_of(self.entries)

    def _labels(self) -> tuple[str, ...]:
        """What each target is called; ("",) for activations."""
        if not self.of_losses:
            return ("",)
        ranks = zip(*self._plain.values(), strict=True)
        return tuple(" or ".join(dict.fromkeys(curve.label for curve in rank)) for rank in ranks)

    def params(self, entry: Entry, values: Mapping[str, float]) -> dict[str, float]:
        """The entry's own parameters among the controls."""
        return {knob.name: values[name] for name, (owner, knob, _) in self.knobs.items() if owner is entry}

    def _traces(self, rank: int, *values: float) -> Traces:
        settings = dict(zip(self.knobs, values, strict=True))
        found: list[tuple[Array, Array, Array]] = []
        for entry in self.entries:
            params = self.params(entry, settings)
            if isinstance(entry, Loss):
                curve = loss_curves(entry, (self.low, self.high), **params)[rank]
                found.append((curve.x, curve.value, curve.gradient))
            else:
                found.append(activation_curves(entry, (self.low, self.high), **params))
        return Traces(*(list(rows) for rows in zip(*found, strict=True)))

    def at(self, entry: Entry, x: float, rank: int, settings: Mapping[str, float]) -> tuple[float, float]:
        """Value and slope of one entry at x."""
        params = self.params(entry, settings)
        if isinstance(entry, Loss):
            here = loss_at(entry, np.array([x]), self._plain[entry.name][rank].target, **params)
            return float(here.value[0]), float(here.gradient[0])
        # The first of the points that start at x.
        _, value, slope = activation_curves(entry, (x, x + 1.0), **params)
        return float(value[0]), float(slope[0])


def _panel(compared: Compared, name: str) -> Panel:
    entries, low, high = compared.entries, compared.low, compared.high
    titles = [entry.title for entry in entries]
    by_name = max(map(len, titles)) <= SHORT
    tags = titles if by_name else [chr(ord("A") + index) for index in range(len(titles))]
    # The full names stand in the panel's title and words; two long ones would not fit above one chart.
    short = [textwrap.shorten(title, 26, placeholder=" …") for title in titles]
    keys = ["" if by_name else f"{tag}  {title}" for tag, title in zip(tags, short, strict=True)]
    # Room for the names at the right of the curves.
    axis = Axis(
        compared.axis,
        low,
        high + (0.02 + 0.022 * max(map(len, tags)) + 0.05) * (high - low),
        tuple(tick for tick in round_numbers(low, high) if tick[0] <= high),
    )

    def scene(x: float, y: int = 1, **settings: float) -> Scene:
        rank = 1 - y
        traces = compared.traces(rank, *(settings[knob] for knob in compared.knobs))
        values, slopes = zip(*(compared.at(entry, x, rank, settings) for entry in entries), strict=True)
        kinds = ("Loss", "Gradient") if compared.of_losses else ("Function", "Derivative")
        charts: list[Chart] = []
        for title, curves, here in zip(kinds, (traces.values, traces.slopes), (values, slopes), strict=True):
            height = visible_range(*zip(traces.x, curves, strict=True))
            charts.append(
                Chart(
                    title,
                    axis,
                    Axis("", *height),
                    (
                        Rule(x=x, dashes="dotted"),
                        *_curves(traces.x, curves, keys),
                        *_names(tags, traces.x, curves, height, high, axis.high),
                        *_points(x, here),
                    ),
                    (Handle(x, here[0], f"Point on {titles[0]}", moves_x="x"),) if not charts else (),
                )
            )
        return Scene(
            charts=tuple(charts),
            says=_words(compared, x, rank, settings, values, slopes),
            facts={
                "x": x,
                "value": values[0],
                "values": dict(zip((entry.name for entry in entries), values, strict=True)),
                "slopes": dict(zip((entry.name for entry in entries), slopes, strict=True)),
                "gap": traces.gap,
            },
        )

    steps = 0.005 if high - low < 2 else 0.05
    task = _task(compared, steps)
    start, presets = _places(compared, scene, task)
    # 1 is the first label, 0 the other one, whatever each loss calls them.
    targets = tuple((1 - rank, label) for rank, label in enumerate(compared.labels))
    few = {0: (161, 0), 1: (65, 9), 2: (33, 6)}[len(compared.knobs)]
    return Panel(
        name=f"compare-{name}",
        title=f"Compare {', '.join(titles[:-1])} and {titles[-1]}",
        scene=scene,
        controls=(
            Slider("x", _first_upper(compared.axis), low, high, start, steps, table=few[0]),
            *([Choice("y", "Target", targets, 1)] if len(targets) > 1 else []),
            *(_knob_slider(knob, *about, few[1]) for knob, about in compared.knobs.items()),
        ),
        task=task,
        presets=presets,
    )


def _first_upper(text: str) -> str:
    return " ".join((text[0].upper() + text[1:]).split())


def _knob_slider(name: str, entry: Entry, param: Param, default: float, table: int) -> Slider:
    plain = param_slider(param, default, table)
    return Slider(
        name, f"{entry.title}, {plain.label}", plain.low, plain.high, plain.default, plain.step, table=plain.table
    )


def _curves(xs: Sequence[Array], curves: Sequence[Array], keys: Sequence[str]) -> list[Mark]:
    return [
        Line(x, y, role=role, dashes=dashes, label=key)
        for x, y, key, (role, dashes, _) in zip(xs, curves, keys, LOOKS, strict=False)
    ]


def _points(x: float, heights: Sequence[float]) -> list[Mark]:
    # The handle stands on the first curve.
    return [
        Points([x], [height], role=role, shape=shape, size=10)
        for index, (height, (role, _, shape)) in enumerate(zip(heights, LOOKS, strict=False))
        if math.isfinite(height)
    ]


def _names(
    tags: Sequence[str],
    xs: Sequence[Array],
    curves: Sequence[Array],
    height: tuple[float, float],
    end: float,
    edge: float,
) -> list[Mark]:
    """Each curve's name at its right end, led there by a thin line in the curve's own style."""
    low, high = height
    lasts = [_last(curve, low, high) for curve in curves]
    line = 0.085 * (high - low)
    places = spread(lasts, line, low + line / 2, high - line / 2)
    start = end + 0.045 * (edge - end + (end - float(xs[0][0])))
    marks: list[Mark] = []
    for tag, last, place, (role, dashes, _) in zip(tags, lasts, places, LOOKS, strict=False):
        marks.append(Line([end, start], [last, place], role=role, dashes=dashes, width=1.3))
        marks.append(Text(start, place, tag, role=role, dx=3))
    return marks


def _last(curve: Array, low: float, high: float) -> float:
    finite = curve[np.isfinite(curve)]
    return float(np.clip(finite[-1], low, high))


def spread(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights at least `gap` apart in the same order, as near to the given ones as low … high allows."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = list(heights)
    below = low - gap
    for index in order:
        placed[index] = below = max(heights[index], below + gap)
    above = high + gap
    for index in reversed(order):
        placed[index] = above = min(placed[index], above - gap)
    return placed


def _words(
    compared: Compared,
    x: float,
    rank: int,
    settings: Mapping[str, float],
    values: Sequence[float],
    slopes: Sequence[float],
) -> str:
    symbol = compared.axis.split()[-1] if compared.of_losses and "ŷ −" not in compared.axis else "x"
    symbol = "ŷ − y" if "ŷ −" in compared.axis else symbol
    where = f"At {symbol} = {readable(x, 3)}"
    if compared.labels[rank]:
        where += f", {compared.labels[rank]}"
    where += "".join(
        f", {entry.title} with {param.name} = {readable(settings[name])}"
        for name, (entry, param, _) in compared.knobs.items()
    )
    slope_word = "gradient" if compared.of_losses else "slope"
    each = "; ".join(
        f"{entry.title} {readable(value, 4)}, {slope_word} {readable(slope, 4)}"
        for entry, value, slope in zip(compared.entries, values, slopes, strict=True)
    )
    first, second = compared.entries[:2]
    apart = abs(values[0] - values[1])
    return f"{where}: {each}. {first.title} and {second.title} are {readable(apart, 4)} apart."


# ---------------------------------------------------------------------------------------------------------------------
# The task, about the first two entries
# ---------------------------------------------------------------------------------------------------------------------


def _task(compared: Compared, step: float) -> Task:
    first, second = compared.entries[:2]
    start = f"gallery-compare-{first.name}-{second.name}"
    x, difference = compared.traces(0, *(default for *_, default in compared.knobs.values())).gap()
    inner = (x > x[0] + 0.04 * (x[-1] - x[0])) & (x < x[-1] - 0.04 * (x[-1] - x[0]))
    if np.abs(difference).max() < 1e-6:
        goal = compared.at(first, _share(compared, 0.6), 0, {name: d for name, (*_, d) in compared.knobs.items()})[0]
        task = value_task(f"{start}-value", first.title, goal)
        return replace(task, text=f"{first.title} and {second.title} start as one and the same curve. {task.text}")
    if np.abs(difference[inner]).max() >= np.abs(difference).max() - 1e-12:
        return Task(
            f"{start}-gap",
            f"Find a place where {first.title} and {second.title} are farthest apart. Watch their slopes on the right "
            "on the way. Then press Check.",
            functools.partial(_widest, first, second),
        )
    goal = _reachable(x, difference)
    text = f"Find a place where {first.title} lies {readable(abs(goal))} {'above' if goal > 0 else 'below'} "
    return Task(
        f"{start}-difference",
        f"{text}{second.title}. Then press Check.",
        functools.partial(_as_far_as, first, second, goal, step),
    )


def _share(compared: Compared, share: float) -> float:
    return compared.low + share * (compared.high - compared.low)


def _reachable(x: Array, difference: Array) -> float:
    """A difference of two digits that the two curves reach well inside the picture."""
    shares = (0.25, 0.75, 0.2, 0.8, 0.1, 0.9, 0.5)
    places = [float(np.interp(x[0] + share * (x[-1] - x[0]), x, difference)) for share in shares]
    telling = [place for place in places if abs(place) >= 0.01]
    return float(f"{(telling or [max(places, key=abs)])[0]:.2g}")


def _widest(first: Entry, second: Entry, params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    difference = facts["values"][first.name] - facts["values"][second.name]
    x, gaps = facts["gap"]()
    widest = float(np.abs(gaps).max())
    place = f"At {readable(facts['x'], 3)} they are {readable(abs(difference), 4)} apart"
    if abs(difference) >= CLOSE * widest:
        return Result(
            1,
            f"Yes: {readable(abs(difference), 4)}, and nowhere more. Left of this place the difference grows, right "
            "of it it shrinks: the two slopes cross here, or one of them jumps.",
        )
    if abs(difference) < 1e-4 * widest:
        return Result(0, f"{place}: the two curves meet here. Go where they part.")
    growth = (facts["slopes"][first.name] - facts["slopes"][second.name]) * (1 if difference > 0 else -1)
    if abs(growth) * (x[-1] - x[0]) < 1e-2 * widest:
        return Result(0, f"{place}, and hardly more or less beside it. The widest place is elsewhere.")
    higher = first.title if facts["slopes"][first.name] > facts["slopes"][second.name] else second.title
    side = "right" if growth > 0 else "left"
    return Result(0, f"{place}. {higher} has the larger slope, so the difference grows to the {side}.")


def _as_far_as(
    first: Entry, second: Entry, goal: float, step: float, params: Mapping[str, Any], facts: Mapping[str, Any]
) -> Result:
    difference = facts["values"][first.name] - facts["values"][second.name]
    steepness = abs(facts["slopes"][first.name] - facts["slopes"][second.name])
    # Within 2 %, or as near as one step of the slider comes.
    if abs(difference - goal) <= max(0.02 * abs(goal), 0.6 * step * min(steepness, 1e3)):
        return Result(1, f"Yes: {first.title} − {second.title} = {readable(difference, 3)} here.")
    return Result(
        0,
        f"{first.title} − {second.title} = {readable(difference, 3)} here, "
        f"{'less' if difference < goal else 'more'} than {readable(goal)}.",
    )


def _places(compared: Compared, scene: Any, task: Task) -> tuple[float, tuple[Preset, ...]]:
    """Where the point starts, and the places of the presets: none of them solves the task."""
    shares = (0.05, 0.3, 0.5, 0.7, 0.95)
    defaults = {name: default for name, (*_, default) in compared.knobs.items()}
    free = []
    for share in shares:
        x = float(f"{_share(compared, share):.2g}")
        one = {"x": x, **defaults}
        if not task.check(one, scene(**one).facts).solved:
            free.append(x)
    start = min(free, key=lambda x: abs(x - _share(compared, 0.7)), default=compared.low)
    return start, tuple(Preset(f"At {readable(x)}", {"x": x}) for x in free)
