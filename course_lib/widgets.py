"""The widgets of the course by name: explore("sigmoid"), hinge_puzzle(), …

Each lives in a module of `course_lib.panels`, which is loaded when its widget is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.panels.collapse import linear_collapse as linear_collapse
    from course_lib.panels.compare import compare as compare
    from course_lib.panels.explore import explore as explore
    from course_lib.panels.hinge import hinge_puzzle as hinge_puzzle
    from course_lib.panels.outlier import outlier_mixer as outlier_mixer
    from course_lib.panels.pairing import pairing_matrix as pairing_matrix
    from course_lib.panels.playground import playground as playground
    from course_lib.panels.probability import probability_losses as probability_losses
    from course_lib.panels.slowdown import learning_slowdown as learning_slowdown
    from course_lib.panels.softmax import softmax_shares as softmax_shares
    from course_lib.panels.stepper import neuron_stepper as neuron_stepper

# Widget → its module in course_lib.panels.
HOMES = {
    "compare": "compare",
    "explore": "explore",
    "hinge_puzzle": "hinge",
    "learning_slowdown": "slowdown",
    "linear_collapse": "collapse",
    "neuron_stepper": "stepper",
    "outlier_mixer": "outlier",
    "pairing_matrix": "pairing",
    "playground": "playground",
    "probability_losses": "probability",
    "softmax_shares": "softmax",
}
__all__ = sorted(HOMES)


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"there is no widget {name!r}; there are {', '.join(HOMES)}")
    return getattr(importlib.import_module(f"course_lib.panels.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(HOMES)
