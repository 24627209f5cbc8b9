"""What every panel on entries of the catalogues has: sliders for their parameters, and a value of the curve to find."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from course_lib.plots import readable
from course_lib.spec import Activation, Loss, Param
from course_lib.stage import Result, Slider, Task

Entry = Activation | Loss


def number_params(entry: Entry, most: int) -> dict[str, tuple[Param, float]]:
    """The entry's first parameters that are single numbers, at most `most`, with their defaults: those get a slider."""
    numbers = {
        param.name: (param, float(param.default)) for param in entry.params if not isinstance(param.default, tuple)
    }
    # Two parameters in one order (lower ≤ upper) cannot be slid one without the other.
    return {} if {"lower", "upper"} <= numbers.keys() else dict(list(numbers.items())[:most])


def param_slider(param: Param, default: float, table: int) -> Slider:
    """A slider round the parameter's default, inside its domain, with `table` places on a page without a kernel."""
    reach = 2 * max(1.0, abs(default))
    low, high = max(param.domain.low, default - reach), min(param.domain.high, default + reach)
    step = 10.0 ** math.floor(math.log10((high - low) / 40))
    if low == param.domain.low and not param.domain.low_closed:
        low += step
    if high == param.domain.high and not param.domain.high_closed:
        high -= step
    return Slider(param.name, f"{param.name}: {param.meaning}", low, high, default, step, table=table)


def value_task(task_id: str, symbol: str, target: float) -> Task:
    """Reach a value of the curve, two digits of `target`, to within 2 %; the scene's fact "value" is compared."""
    shown = float(f"{target:.2g}")

    def check(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
        value = facts["value"]
        if abs(value - shown) <= 0.02 * max(abs(shown), 0.1):
            return Result(1, f"Yes: {symbol} = {readable(value, 3)}.")
        direction = "too small" if value < shown else "too large"
        return Result(0, f"{symbol} = {readable(value, 3)} is {direction}; the target is {readable(shown)}.")

    return Task(task_id, f"Find a place where {symbol} = {readable(shown)}. Then press Check.", check)
