"""Loss functions, their gradients, and the catalogue of what is claimed of them."""

from __future__ import annotations

from course_lib.catalogue import Catalogue
from course_lib.losses import classification, regression
from course_lib.losses.classification import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
    categorical_cross_entropy,
    categorical_cross_entropy_gradient,
    categorical_cross_entropy_with_logits,
    categorical_cross_entropy_with_logits_gradient,
)
from course_lib.losses.regression import mse, mse_gradient
from course_lib.spec import Loss

CATALOGUE: Catalogue[Loss] = Catalogue("loss", (*regression.ENTRIES, *classification.ENTRIES))


def get(name: str) -> Loss:
    """The loss of that name: get("mse"); ValueError names the closest one where there is none."""
    return CATALOGUE.get_entry(name)


__all__ = [
    "CATALOGUE",
    "binary_cross_entropy",
    "binary_cross_entropy_gradient",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_gradient",
    "categorical_cross_entropy",
    "categorical_cross_entropy_gradient",
    "categorical_cross_entropy_with_logits",
    "categorical_cross_entropy_with_logits_gradient",
    "get",
    "mse",
    "mse_gradient",
]
