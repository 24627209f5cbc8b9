"""The stage of the course's widgets: scenes as data, panels as pure functions, one renderer for the page."""

from __future__ import annotations

from course_lib.stage.panel import Action, Choice, Memo, Panel, Preset, Result, Slider, Task, Toggle
from course_lib.stage.scene import (
    Area,
    Arrow,
    Axis,
    Bars,
    Chart,
    Handle,
    Heat,
    Line,
    Plane,
    Points,
    Rule,
    Scene,
    Spot,
    Text,
    Track,
)
from course_lib.stage.widget import Stage

__all__ = [
    "Action",
    "Area",
    "Arrow",
    "Axis",
    "Bars",
    "Chart",
    "Choice",
    "Handle",
    "Heat",
    "Line",
    "Memo",
    "Panel",
    "Plane",
    "Points",
    "Preset",
    "Result",
    "Rule",
    "Scene",
    "Slider",
    "Spot",
    "Stage",
    "Task",
    "Text",
    "Toggle",
    "Track",
]
