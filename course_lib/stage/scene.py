"""A scene: what one picture shows, as data. Python makes it; the page and matplotlib draw the very same one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from course_lib.spec import Array

# "ink" and "paper" change with the theme; "black" and "white" do not, for what stands on a heat map.
Role = Literal["ink", "blue", "vermillion", "green", "quiet", "shade", "paper", "black", "white"]
Dashes = Literal["solid", "dashed", "dotted", "dashdot"]
Shape = Literal["circle", "ring", "square", "triangle", "cross"]
Side = Literal["left", "centre", "right"]


def _floats(values: ArrayLike, what: str) -> Array:
    array = np.atleast_1d(np.asarray(values, dtype=np.float32))
    if array.ndim != 1:
        raise ValueError(f"{what} must be one row of numbers, got shape {array.shape}")
    return array


class _Rows:
    """Marks whose array fields are rows of float32 of one length (or of length 1, repeated)."""

    def __post_init__(self) -> None:
        rows = {f.name: getattr(self, f.name) for f in fields(self) if f.type == "ArrayLike"}  # type: ignore[arg-type]
        arrays = {name: _floats(values, f"{type(self).__name__}.{name}") for name, values in rows.items()}
        length = max(len(array) for array in arrays.values())
        for name, array in arrays.items():
            if len(array) not in (1, length):
                raise ValueError(f"{type(self).__name__}.{name} has {len(array)} numbers, expected {length} or 1")
            object.__setattr__(self, name, np.repeat(array, length) if len(array) < length else array)


@dataclass(frozen=True, eq=False)
class Line(_Rows):
    """A curve through (x, y); a NaN lifts the pen. `label` names it in the chart's key."""

    x: ArrayLike
    y: ArrayLike
    role: Role = "blue"
    dashes: Dashes = "solid"
    width: float = 2.4
    label: str = ""


@dataclass(frozen=True, eq=False)
class Area(_Rows):
    """The region between `low` and `high` over x."""

    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    role: Role = "shade"
    opacity: float = 1.0
    label: str = ""


@dataclass(frozen=True, eq=False)
class Points(_Rows):
    """Separate points; `size` is the diameter in pixels."""

    x: ArrayLike
    y: ArrayLike
    role: Role = "ink"
    shape: Shape = "circle"
    size: float = 8.0
    label: str = ""


@dataclass(frozen=True, eq=False)
class Arrow(_Rows):
    """Arrows from (x, y) to (to_x, to_y), in the units of the axes."""

    x: ArrayLike
    y: ArrayLike
    to_x: ArrayLike
    to_y: ArrayLike
    role: Role = "ink"
    width: float = 2.0
    label: str = ""


@dataclass(frozen=True, eq=False)
class Bars(_Rows):
    """Upright bars at x from `base` to `height`; `width` in units of the x axis."""

    x: ArrayLike
    height: ArrayLike
    base: ArrayLike = 0.0
    role: Role = "blue"
    width: float = 0.8
    label: str = ""


@dataclass(frozen=True, eq=False)
class Heat:
    """A field of colours, (rows, columns), the first row at the bottom, over the rectangle x × y, behind other marks.

    `values` from `low` to `high` are coloured blue → white → vermillion ("diverging") or white → blue ("rising"); NaN
    is grey, or "clear". A `label` puts a bar of the colours into the key, with `ends` (else the numbers) at its ends.
    """

    values: ArrayLike
    x: tuple[float, float]
    y: tuple[float, float]
    low: float
    high: float
    colours: Literal["diverging", "rising"] = "diverging"
    label: str = ""
    ends: tuple[str, str] = ("", "")
    missing: Literal["grey", "clear"] = "grey"

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float32)
        if values.ndim != 2:
            raise ValueError(f"Heat.values must have rows and columns, got shape {values.shape}")
        if not self.low < self.high:
            raise ValueError(f"Heat needs low < high, got {self.low} and {self.high}")
        object.__setattr__(self, "values", values)
        if not any(self.ends):
            object.__setattr__(self, "ends", tuple(f"{end:g}".replace("-", "−") for end in (self.low, self.high)))

    def colour_of(self, share: ArrayLike) -> Array:
        """The colours at these shares of the way from low to high, (…) → (…, 3), from 0 to 255."""
        anchors = {
            "diverging": [(0, 114, 178), (255, 255, 255), (213, 94, 0)],
            "rising": [(255, 255, 255), (86, 160, 205), (0, 70, 120)],
        }[self.colours]
        at = np.asarray(share, dtype=float)
        channels = [np.interp(at, [0.0, 0.5, 1.0], channel) for channel in zip(*anchors, strict=True)]
        return np.stack(channels, axis=-1)

    def rgba(self) -> Array:
        """The colours as bytes, (rows, columns, 4), the first row at the TOP, as images have it."""
        share = (np.asarray(self.values)[::-1] - self.low) / (self.high - self.low)
        missing = ~np.isfinite(share)
        opaque = np.full((*share.shape, 1), 255.0)
        colours = np.concatenate([self.colour_of(share), opaque], axis=-1)
        colours[missing] = (128, 128, 128, 0 if self.missing == "clear" else 255)
        return np.ascontiguousarray(np.rint(colours).astype(np.uint8))

    def labels(self, texts: Sequence[Sequence[str]]) -> tuple[Text, ...]:
        """Words in the middle of the cells, (rows, columns) from the bottom, black or white, whichever stands out."""
        colours = self.rgba()[::-1]
        rows, columns = colours.shape[:2]
        if [len(row) for row in texts] != [columns] * rows:
            raise ValueError(f"expected {rows} rows of {columns} labels, got rows of {[len(row) for row in texts]}")
        xs = np.linspace(*self.x, 2 * columns + 1)[1::2]
        ys = np.linspace(*self.y, 2 * rows + 1)[1::2]
        return tuple(
            Text(float(x), float(y), texts[i][j], role=_standing_out(colours[i, j]), side="centre")
            for i, y in enumerate(ys)
            for j, x in enumerate(xs)
            if texts[i][j]
        )


def _standing_out(colour: Array) -> Role:
    """Black or white, whichever has more contrast with the colour (WCAG 2.2), and ink where the page shows through."""
    if colour[3] == 0:
        return "ink"
    share = np.asarray(colour[:3]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "black" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "white"


@dataclass(frozen=True)
class Text:
    """Words at (x, y), shifted by (dx, dy) pixels to the right and upwards; `boxed` draws a frame round them."""

    x: float
    y: float
    text: str
    role: Role = "ink"
    side: Side = "left"
    dx: float = 0.0
    dy: float = 0.0
    boxed: bool = False


@dataclass(frozen=True)
class Rule:
    """A straight line across the whole chart at one x or at one y, named at its end."""

    x: float | None = None
    y: float | None = None
    role: Role = "quiet"
    dashes: Dashes = "dashed"
    text: str = ""

    def __post_init__(self) -> None:
        if (self.x is None) == (self.y is None):
            raise ValueError(f"a Rule stands at one x or at one y, got x={self.x}, y={self.y}")


Mark = Line | Area | Points | Arrow | Bars | Heat | Text | Rule


@dataclass(frozen=True)
class Axis:
    """One axis: what it measures and from where to where; `ticks` are (position, text), found when not given."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] | None = None
    log: bool = False
    visible: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"axis {self.label!r} needs finite low < high, got {self.low} and {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic axis starts above 0, got low={self.low} for {self.label!r}")
        if self.ticks is None:
            found = _powers_of_ten(self.low, self.high) if self.log else round_numbers(self.low, self.high)
            object.__setattr__(self, "ticks", found)


def round_numbers(low: float, high: float, most: int = 8) -> tuple[tuple[float, str], ...]:
    """Ticks at multiples of 1, 2 or 5 times a power of ten, at most `most` of them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) - 1e-9 <= most)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple((n * step, f"{n * step + 0.0:.{digits}f}".replace("-", "−")) for n in range(first, last + 1))


def _powers_of_ten(low: float, high: float) -> tuple[tuple[float, str], ...]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    stride = max(1, math.ceil((last - first + 1) / 7))
    small = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return tuple((10.0**n, f"10{str(n).translate(small)}") for n in range(first, last + 1, stride))


@dataclass(frozen=True, eq=False)
class Track:
    """The curve that a handle runs along: for each value of the control, where the handle stands."""

    values: ArrayLike
    x: ArrayLike
    y: ArrayLike

    def __post_init__(self) -> None:
        rows = [_floats(row, "Track") for row in (self.values, self.x, self.y)]
        if len({len(row) for row in rows}) > 1:
            raise ValueError(f"a Track needs as many values as places, got {[len(row) for row in rows]}")
        for name, row in zip(("values", "x", "y"), rows, strict=True):
            object.__setattr__(self, name, row)


@dataclass(frozen=True)
class Plane:
    """Where a handle stands for the values a and b of its two controls: at origin + a·first + b·second.

    For charts whose axes are not those of the controls: the corners of a triangle of shares, say.
    """

    origin: tuple[float, float]
    first: tuple[float, float]
    second: tuple[float, float]

    def __post_init__(self) -> None:
        (a, c), (b, d) = self.first, self.second
        if a * d == b * c:
            raise ValueError(f"the two directions of a Plane must differ, got {self.first} and {self.second}")

    def place(self, a: float, b: float) -> tuple[float, float]:
        """The place for these values."""
        return (
            self.origin[0] + a * self.first[0] + b * self.second[0],
            self.origin[1] + a * self.first[1] + b * self.second[1],
        )


@dataclass(frozen=True)
class Handle:
    """A point that can be dragged, by mouse, finger or arrow keys.

    `moves_x` and `moves_y` name the controls that take its x and its y. With a `track`, `moves_x` takes the value at
    the nearest place on the track instead, whatever curve that is; with a `plane`, the two take the values of a place.
    """

    x: float
    y: float
    label: str
    moves_x: str | None = None
    moves_y: str | None = None
    track: Track | None = None
    role: Role = "ink"
    plane: Plane | None = None

    def __post_init__(self) -> None:
        if self.moves_x is None and self.moves_y is None:
            raise ValueError(f"handle {self.label!r} moves nothing; give moves_x or moves_y the name of a control")
        if self.plane is not None and (self.moves_x is None or self.moves_y is None):
            raise ValueError(f"handle {self.label!r} has a plane and needs both moves_x and moves_y")


@dataclass(frozen=True)
class Spot:
    """A region of a chart, x × y, that puts controls to `values` when it is pressed, by mouse, finger or key.

    `label` is what a screen reader says; `on` marks the spot that shows the present values.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    label: str
    values: Mapping[str, Any]
    on: bool = False


@dataclass(frozen=True)
class Chart:
    """One coordinate system: two axes, marks from back to front, spots to press, handles on top.

    `equal` gives both axes the same scale; `width` is the share of its row. Where fewer than `least` pixels are left
    for it (at normal type) it scrolls sideways instead of shrinking.
    """

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...] = ()
    handles: tuple[Handle, ...] = ()
    equal: bool = False
    width: float = 1.0
    spots: tuple[Spot, ...] = ()
    least: float = 0.0


@dataclass(frozen=True)
class Scene:
    """The whole picture: charts in rows of `columns`, what it says in words, and the numbers behind the words.

    `facts` are what a task is checked against; `height` is a row's height in pixels. `moves` are values of controls
    that this picture of a run stands for, so that the panel's scene at those values is this very picture.
    """

    charts: tuple[Chart, ...]
    says: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    columns: int = 2
    height: int = 300
    moves: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.charts:
            raise ValueError("a scene needs at least one chart")
        if not self.says.strip():
            raise ValueError("a scene must say in words what it shows: `says` is empty")
