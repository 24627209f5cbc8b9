"""The hinge puzzle: two ReLU hinges, slid until their sum follows a target of three straight pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lib import activations
from course_lib.plots import readable
from course_lib.spec import Array
from course_lib.stage import (
    Area,
    Axis,
    Chart,
    Handle,
    Line,
    Panel,
    Preset,
    Result,
    Scene,
    Slider,
    Stage,
    Task,
    Text,
)

LOW, HIGH = -4.0, 4.0
# The target: flat at 0, from the first corner on slope 1, from the second corner on slope −1/2.
CORNERS = (-2.0, 1.0)
LAST_SLOPE = -0.5
FIRST_SLOPE = 1.0
CLOSE_ENOUGH = 0.1
GRID = np.linspace(LOW, HIGH, 81)


def hinge_puzzle(**start: Any) -> Stage:
    """A widget: two hinges with handles, their sum beside the target; `start` gives first values of the controls."""
    return Stage(hinge_puzzle_panel(), **start)


def hinge(x: Array, corner: float, slope: float) -> Array:
    """slope · ReLU(x − corner): 0 up to the corner, then a straight line."""
    return slope * activations.get("relu").function(x - corner)


def target(x: Array) -> Array:
    """0 up to −2, then slope 1 up to the height 3 at x = 1, then slope −½."""
    first, second = CORNERS
    return hinge(x, first, FIRST_SLOPE) + hinge(x, second, LAST_SLOPE - FIRST_SLOPE)


def hinge_puzzle_panel() -> Panel:
    """The panel of `hinge_puzzle`."""

    def scene(corner1: float, corner2: float, slope2: float) -> Scene:
        # With every corner among them, these points hold the whole of both polylines, and their largest gap.
        x = np.unique(np.concatenate([GRID, CORNERS, [corner1, corner2]]))
        first, second, wanted = hinge(x, corner1, FIRST_SLOPE), hinge(x, corner2, slope2), target(x)
        total = first + second
        gap = np.abs(total - wanted)
        worst = int(gap.argmax())
        fit = max(0.0, 1.0 - float(np.trapezoid(gap, x) / np.trapezoid(wanted, x)))
        facts = {
            "gap": float(gap[worst]),
            "at": float(x[worst]),
            "fit": fit,
            "last_slope": FIRST_SLOPE + slope2,
        }
        return Scene(
            charts=(
                Chart(
                    "Two hinges: drag their handles",
                    Axis("input", LOW, HIGH),
                    Axis("height", -4.0, 6.0),
                    (
                        Line(x, first, role="green", dashes="dashdot", label="hinge 1"),
                        Line(x, second, role="ink", label="hinge 2"),
                        # The slope as a triangle: one step to the right, and up or down to the hinge.
                        Line(
                            [corner2, corner2, corner2 + 1], [0, slope2, slope2], role="quiet", dashes="dotted", width=2
                        ),
                        _slope_name(corner2, slope2),
                    ),
                    (
                        Handle(corner1, 0.0, "Corner of hinge 1", moves_x="corner1", role="green"),
                        Handle(
                            corner2,
                            slope2,
                            "Hinge 2: sideways its corner, up and down its slope",
                            moves_x="corner2",
                            moves_y="slope2",
                        ),
                    ),
                ),
                Chart(
                    "Their sum and the target",
                    Axis("input", LOW, HIGH),
                    Axis("height", -4.0, 6.0),
                    (
                        Area(x, np.minimum(total, wanted), np.maximum(total, wanted)),
                        # The target on top: it stays in sight when the sum lies on it.
                        Line(x, total, width=4, label="sum of the hinges"),
                        Line(x, wanted, role="vermillion", dashes="dashed", label="target"),
                        *_worst_place(facts, float(wanted[worst]), float(total[worst])),
                    ),
                ),
            ),
            says=_words(corner1, corner2, slope2, facts),
            facts=facts,
        )

    return Panel(
        name="hinge-puzzle",
        title="Hinge puzzle",
        scene=scene,
        controls=(
            Slider("corner1", "Corner of hinge 1 (slope 1)", LOW, HIGH, default=0.0, step=0.05, table=9),
            Slider("corner2", "Corner of hinge 2", LOW, HIGH, default=2.0, step=0.05, table=9),
            Slider("slope2", "Slope of hinge 2", -3.0, 3.0, default=0.75, step=0.05, table=9),
        ),
        task=Task(
            id="06-hinge-puzzle",
            text="Lay the sum of the two hinges on the dashed target, so that the largest gap is at most "
            f"{readable(CLOSE_ENOUGH)}. Then press Check.",
            check=_judge,
        ),
        presets=(
            Preset("Hinge 2 off", {"slope2": 0.0}),
            Preset("Equal slopes", {"slope2": FIRST_SLOPE}),
            Preset("Cancel each other", {"slope2": -FIRST_SLOPE}),
        ),
    )


def _slope_name(corner: float, slope: float) -> Text:
    """The slope in words, beyond the tip of its triangle, on the side where there is room."""
    # Below the steepest falls there is no room.
    up = 26 if slope >= 0 or slope < -2.3 else -26
    return Text(corner, slope, f"slope {readable(slope)}", side="right" if corner > 0 else "left", dy=up)


def _worst_place(facts: Mapping[str, Any], wanted: float, total: float) -> tuple[Line | Text, ...]:
    at = facts["at"]
    right = at > 0
    words = f"largest gap {readable(facts['gap'])}"
    return (
        Line([at, at], [wanted, total], role="ink", dashes="dotted", width=3),
        Text(at, -3.3, words, side="right" if right else "left", dx=-6 if right else 6),
    )


def _words(corner1: float, corner2: float, slope2: float, facts: Mapping[str, Any]) -> str:
    order = sorted([(corner1, FIRST_SLOPE), (corner2, slope2)])
    (start, one), (bend, more) = order
    return (
        f"Hinge 1 starts at {readable(corner1)} with slope 1, hinge 2 at {readable(corner2)} with slope "
        f"{readable(slope2)}. Their sum is 0 up to {readable(start)}, then has slope {readable(one)}, and from "
        f"{readable(bend)} on slope {readable(one + more)}. The target is 0 up to −2, rises to 3 at 1 and falls to "
        f"1.5 at 4. Largest gap: {readable(facts['gap'])}, at {readable(facts['at'])}. Fit: {100 * facts['fit']:.0f} %."
    )


def _judge(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    """Score 1 for a largest gap of at most 0.1; otherwise the fit, 1 − area of the gap / area under the target."""
    if facts["gap"] <= CLOSE_ENOUGH + 1e-9:
        return Result(
            1,
            f"Yes: the largest gap is {readable(facts['gap'])}. Hinge 1 goes on rising, so hinge 2 first has to cancel "
            "its slope 1 and then fall by ½: the slopes of all hinges that have begun add up.",
        )
    return Result(min(facts["fit"], 0.95), f"Fit {100 * facts['fit']:.0f} %. {_advice(params, facts)}")


def _advice(params: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """What to mend first, from left to right."""
    corner1, corner2 = params["corner1"], params["corner2"]
    first, second = CORNERS
    if abs(corner1 - first) > CLOSE_ENOUGH:
        return f"Begin at the left: where does the target leave the floor? Slide hinge 1 {_side(first - corner1)}."
    if abs(corner2 - second) > CLOSE_ENOUGH:
        return f"Hinge 1 is in place. Where does the target bend again? Slide hinge 2 {_side(second - corner2)}."
    slope = facts["last_slope"]
    if abs(slope - LAST_SLOPE) > 0.025:
        return (
            f"Both corners are in place. Behind the second one your sum has slope {readable(slope)}, the target falls "
            f"by ½ per step; hinge 1 still adds 1. {'Lower' if slope > LAST_SLOPE else 'Raise'} the slope of hinge 2."
        )
    return f"Nearly: the largest gap is {readable(facts['gap'])}, at {readable(facts['at'])}. Move a little further."


def _side(distance: float) -> str:
    return "to the right" if distance > 0 else "to the left"
