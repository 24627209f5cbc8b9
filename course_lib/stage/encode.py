"""Scenes as bytes for the page: a JSON head, then the numbers as float32; whatever repeats is stored once.

One frame is what the kernel sends at each move; a table holds the frames of a whole grid, for a page without a kernel.
The layout: length of the head (4 bytes, little-endian), the head (UTF-8, padded with spaces to a multiple of 4), the
arrays one after the other.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import fields
from typing import Any

import numpy as np

from course_lib.spec import Array
from course_lib.stage.panel import Panel, Params, Result, Slider
from course_lib.stage.scene import Axis, Chart, Handle, Heat, Mark, Scene, Track

# A page with more frames than this loads slowly.
MOST_FRAMES = 4000
RECORDED_STEPS = 150


class _Pool:
    """Arrays, marks and axes, each stored once."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.directory: list[list[int]] = []
        self.marks: list[dict[str, Any]] = []
        self.scales: list[dict[str, Any]] = []
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
            rgb = mark.rgb()
            described["values"] = self.array(rgb)
            described["shape"] = list(rgb.shape[:2])
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
        if isinstance(value, Track | Handle):
            return self._described(value)
        if isinstance(value, float | np.floating):
            # JSON has no infinity; seven digits are what float32 holds.
            return float(f"{float(value):.7g}") if math.isfinite(value) else None
        if isinstance(value, tuple):
            return [self._plain(item) for item in value]
        return value

    def chart(self, chart: Chart) -> dict[str, Any]:
        described = self._described(chart)
        described["marks"] = [self.mark(mark) for mark in chart.marks]
        return described

    def frame(self, scene: Scene, result: Result | None) -> dict[str, Any]:
        frame: dict[str, Any] = {
            "charts": [self.chart(chart) for chart in scene.charts],
            "says": scene.says,
            "columns": scene.columns,
            "height": scene.height,
        }
        if result is not None:
            frame["result"] = {"score": result.score, "message": result.message}
        return frame

    def blob(self, head: dict[str, Any]) -> bytes:
        whole = {**head, "arrays": self.directory, "marks": self.marks, "scales": self.scales}
        text = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        return b"".join([len(text).to_bytes(4, "little"), text, *self.chunks])


def frame_bytes(scene: Scene, result: Result | None = None) -> bytes:
    """One frame: the scene, and with it the task's verdict where it travels along."""
    pool = _Pool()
    return pool.blob({"frames": [pool.frame(scene, result)]})


def table_bytes(panel: Panel, start: Params) -> bytes:
    """All frames of the panel over the grid of its controls, and the first steps of its run from `start`.

    Parameters vary like digits, the last control fastest. ValueError when the grid has more than 4000 places: give
    the sliders a smaller `table`.
    """
    pool = _Pool()
    names = [control.name for control in panel.controls]
    axes = [(name, list(grid(panel, name, start))) for name in names]
    count = math.prod(len(values) for _, values in axes)
    if count > MOST_FRAMES:
        sizes = ", ".join(f"{name} {len(values)}" for name, values in axes)
        raise ValueError(
            f"the table would hold {count} frames ({sizes}), at most {MOST_FRAMES}; lower `table` of a slider"
        )
    frames = []
    for values in itertools.product(*(values for _, values in axes)):
        params = dict(zip(names, values, strict=True))
        scene = panel.scene(**params)
        frames.append(pool.frame(scene, panel.result(params, scene)))
    recorded = []
    if panel.run is not None:
        for scene in itertools.islice(panel.run(dict(start)), RECORDED_STEPS):
            recorded.append(pool.frame(scene, panel.result(start, scene)))
    return pool.blob({"axes": axes, "frames": frames, "recorded": recorded})


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
