"""Activation functions, their derivatives, and the catalogue of what is claimed of them."""

from __future__ import annotations

from course_lib.activations import normalising, rectifiers, saturating
from course_lib.activations.normalising import softmax, softmax_jacobian
from course_lib.activations.rectifiers import relu, relu_derivative
from course_lib.activations.saturating import sigmoid, sigmoid_derivative, tanh, tanh_derivative
from course_lib.catalogue import Catalogue
from course_lib.spec import Activation

CATALOGUE: Catalogue[Activation] = Catalogue(
    "activation", (*saturating.ENTRIES, *rectifiers.ENTRIES, *normalising.ENTRIES)
)


def get(name: str) -> Activation:
    """The activation of that name: get("sigmoid"); ValueError names the closest one where there is none."""
    return CATALOGUE.get_entry(name)


__all__ = [
    "CATALOGUE",
    "get",
    "relu",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "softmax",
    "softmax_jacobian",
    "tanh",
    "tanh_derivative",
]
