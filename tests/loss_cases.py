"""Every loss with every parameter that the tests try."""

from __future__ import annotations

from typing import Any

import pytest

from course_lib.losses import CATALOGUE

ENTRIES = [pytest.param(entry, id=entry.name) for entry in CATALOGUE.values()]

# Every parameter at its default and at another value; powers of two, so that float32 holds the same number.
SETTINGS: dict[str, list[dict[str, float]]] = {
    "huber": [{"delta": 1.0}, {"delta": 0.25}, {"delta": 8.0}],
    "smooth_l1": [{"beta": 1.0}, {"beta": 0.25}, {"beta": 8.0}],
    "quantile": [{"tau": 0.5}, {"tau": 0.125}, {"tau": 0.875}],
    "weighted_binary_cross_entropy_with_logits": [{"pos_weight": 1.0}, {"pos_weight": 4.0}, {"pos_weight": 0.25}],
    "label_smoothing_with_logits": [{"smoothing": 0.125}, {"smoothing": 0.0}, {"smoothing": 0.5}],
    "focal_with_logits": [{"gamma": 2.0}, {"gamma": 0.0}, {"gamma": 0.5}],
    "contrastive": [{"margin": 1.0}, {"margin": 4.0}],
    "triplet": [{"margin": 1.0}, {"margin": 0.25}],
    "info_nce": [{"temperature": 0.125}, {"temperature": 1.0}],
    "dice": [{"smooth": 1.0}, {"smooth": 0.125}],
    "tversky": [{}, {"alpha": 0.25, "beta": 0.75, "smooth": 0.5}, {"alpha": 0.0625, "beta": 0.125, "smooth": 2.0}],
    "ctc_with_logits": [{"blank": 0}],
}


def with_settings() -> list[Any]:
    """(entry, parameters) for every entry and setting, with a readable id."""
    cases = []
    for entry in CATALOGUE.values():
        for params in SETTINGS.get(entry.name, [{}]):
            label = ",".join(f"{name}={value:g}" for name, value in params.items())
            cases.append(pytest.param(entry, params, id=f"{entry.name}({label})" if label else entry.name))
    return cases
