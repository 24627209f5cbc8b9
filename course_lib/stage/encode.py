"""Scenes as bytes for the page: a JSON head, then the numbers as float32; whatever repeats is stored once.

One frame is what the kernel sends at each move; a table holds the frames of a whole grid, for a page without a kernel.
The layout: length of the head (4 bytes, little-endian), the head (UTF-8, padded with spaces to a multiple of 4), the
arrays one after the other.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from course_lib.spec import Array
from course_lib.stage.panel import Action, Panel, Params, Result, Slider
from course_lib.stage.scene import Axis, Chart, Handle, Heat, Mark, Plane, Scene, Spot, Track

# A page with more frames than this loads slowly.
MOST_FRAMES = 4000
RECORDED_STEPS = 150


class _Pool:
    """Arrays, marks, axes and spots, each stored once."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.directory: list[list[int]] = []
        self.marks: list[dict[str, Any]] = []
        self.scales: list[dict[str, Any]] = []
        self.spots: list[dict[str, Any]] = []
        self._array_at: dict[bytes, int] = {}
        self._at: dict[str, int] = {}
        self._size = 0

    def array(self, values: Array) -> int:
        data = values.tobytes() + b"\0" * (-values.nbytes % 4)
        if data not in self._array_at:
            self._array_at[data] = len(self.directory)
            self.directory.append([self._size, values.size])
            self.chunks.append(data)
            self._size += len(data)
        return self._array_at[data]

    def mark(self, mark: Mark) -> int:
        described = {"is": type(mark).__name__, **self._described(mark)}
        if isinstance(mark, Heat):
            colours = mark.rgba()
            if colours[..., 3].all():
                # Nothing shines through, so a quarter of the bytes says nothing.
                colours = np.ascontiguousarray(colours[..., :3])
            described["values"] = self.array(colours)
            described["shape"] = list(colours.shape)
            if mark.label:
                # What the key shows of the colours, from low to high.
                described["bar"] = np.rint(mark.colour_of(np.linspace(0.0, 1.0, 9))).astype(int).tolist()
            del described["missing"]
        return self._once(self.marks, described)

    def _once(self, shelf: list[dict[str, Any]], described: dict[str, Any]) -> int:
        key = json.dumps(described, ensure_ascii=False, allow_nan=False)
        if key not in self._at:
            self._at[key] = len(shelf)
            shelf.append(described)
        return self._at[key]

    def _described(self, thing: Any) -> dict[str, Any]:
        return {f.name: self._plain(getattr(thing, f.name)) for f in fields(thing)}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self.array(value)
        if isinstance(value, Axis):
            return self._once(self.scales, self._described(value))
        if isinstance(value, Spot):
            return self._once(self.spots, self._described(value))
        if isinstance(value, Handle):
            # What it lacks is left out: in a table handles are described thousands of times.
            described = self._described(value)
            return {name: one for name, one in described.items() if one is not None or name in ("x", "y")}
        if isinstance(value, Track | Plane):
            return self._described(value)
        if isinstance(value, np.integer | np.bool_):
            return value.item()
        if isinstance(value, float | np.floating):
            # JSON has no infinity; seven digits are what float32 holds.
            return float(f"{float(value):.7g}") if math.isfinite(value) else None
        if isinstance(value, tuple):
            return [self._plain(item) for item in value]
        if isinstance(value, Mapping):
            return {name: self._plain(item) for name, item in value.items()}
        return value

    def chart(self, chart: Chart) -> dict[str, Any]:
        described = self._described(chart)
        described["marks"] = [self.mark(mark) for mark in chart.marks]
        return {name: one for name, one in described.items() if one or name not in ("spots", "least", "equal")}

    def frame(self, scene: Scene, result: Result | None) -> dict[str, Any]:
        frame: dict[str, Any] = {
            "charts": [self.chart(chart) for chart in scene.charts],
            "says": scene.says,
            "columns": scene.columns,
            "height": scene.height,
        }
        if scene.moves:
            frame["moves"] = self._plain(scene.moves)
        if result is not None:
            frame["result"] = {"score": result.score, "message": result.message}
        return frame

    def blob(self, head: dict[str, Any]) -> bytes:
        shelves = {"marks": self.marks, "scales": self.scales, "spots": self.spots}
        whole = {**head, "arrays": self.directory, **shelves}
        text = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        return b"".join([len(text).to_bytes(4, "little"), text, *self.chunks])


def frame_bytes(scene: Scene, result: Result | None = None) -> bytes:
    """One frame: the scene, and with it the task's verdict where it travels along."""
    pool = _Pool()
    return pool.blob({"frames": [pool.frame(scene, result)]})


def table_bytes(panel: Panel, start: Params) -> bytes:
    """All frames of the panel over the grid of its controls, and the first steps of its run from `start`.

    Parameters vary like digits, the last control fastest. For each action that leads from every place to a place of
    the grid, `leads` says to which. A panel with a `record` has the start for its only place. ValueError when the grid
    has more than 4000 places: give the sliders a smaller `table`.
    """
    pool = _Pool()
    names = [control.name for control in panel.controls]
    axes = [(name, [start[name]] if panel.record else list(grid(panel, name, start))) for name in names]
    count = math.prod(len(values) for _, values in axes)
    if count > MOST_FRAMES:
        sizes = ", ".join(f"{name} {len(values)}" for name, values in axes)
        raise ValueError(
            f"the table would hold {count} frames ({sizes}), at most {MOST_FRAMES}; lower `table` of a slider"
        )
    places = [dict(zip(names, values, strict=True)) for values in itertools.product(*(values for _, values in axes))]
    frames = []
    for params in places:
        scene = panel.scene(**params)
        frames.append(pool.frame(scene, panel.result(params, scene)))
    recorded = [pool.frame(scene, panel.result(start, scene)) for scene in recording(panel, start)]
    leads = [_leads(panel, action, axes, places) for action in panel.actions]
    return pool.blob({"axes": axes, "frames": frames, "recorded": recorded, "longest": RECORDED_STEPS, "leads": leads})


def recording(panel: Panel, start: Params) -> Iterator[Scene]:
    """What a page without a kernel plays."""
    run = panel.record or panel.run
    return itertools.islice(run(dict(start)), RECORDED_STEPS) if run else iter(())


def _leads(panel: Panel, action: Action, axes: list[tuple[str, list[Any]]], places: list[Params]) -> list[int] | None:
    """For each place of the grid the place to which the action leads; None where one of these is not on the grid."""
    found = []
    for params in places:
        after, _ = panel.moved(params, action.change(dict(params)))
        index = 0
        for name, values in axes:
            if after[name] not in values:
                return None
            index = index * len(values) + values.index(after[name])
        found.append(index)
    # Where it changes nothing anywhere, it works on what only a kernel holds.
    return None if found == list(range(len(places))) else found


def grid(panel: Panel, name: str, start: Params) -> tuple[Any, ...]:
    """The values of one control in the table; the present value and those of presets are always among them."""
    control = panel.control(name)
    values = control.grid()
    if isinstance(control, Slider):
        preset = [float(one.values[name]) for one in panel.presets if name in one.values]
        return tuple(sorted({*values, *preset, float(start[name])}))
    return values if start[name] in values else (start[name],)


def read(blob: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The head and the raw arrays of a frame or a table: what the page reads, for tests and for curiosity."""
    length = int.from_bytes(blob[:4], "little")
    head = json.loads(blob[4 : 4 + length])
    body = blob[4 + length :]
    starts = [offset for offset, _ in head["arrays"]] + [len(body)]
    return head, [body[a:b] for a, b in itertools.pairwise(starts)]
