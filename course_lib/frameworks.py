"""The same call in PyTorch and Keras: run where the framework is installed, shown as recorded where it is not."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

TITLES = {"torch": "PyTorch", "keras": "Keras", "jax": "JAX", "optax": "Optax"}
HOW_TO_INSTALL = "python3 course.py setup --frameworks"


def installed(library: str) -> bool:
    """Whether the framework can be imported; nothing is imported to find out."""
    return importlib.util.find_spec(library) is not None


def load(library: str) -> Any:
    """Import a framework; Keras gets a backend that is installed, JAX computes in float64 as NumPy does.

    ModuleNotFoundError says how to install it.
    """
    if library not in TITLES:
        raise ValueError(f"unknown framework {library!r}; known: {', '.join(TITLES)}")
    if not installed(library):
        raise ModuleNotFoundError(f"{TITLES[library]} is not installed; install it with: {HOW_TO_INSTALL}")
    if library == "keras":
        os.environ.setdefault("KERAS_BACKEND", "torch" if installed("torch") else "jax")
    module = importlib.import_module(library)
    if library in ("jax", "optax"):
        importlib.import_module("jax").config.update("jax_enable_x64", True)
    return module


def formatted(values: ArrayLike) -> str:
    """Numbers as the comparison prints them: four decimals, blanks between."""
    return " ".join(f"{value:.4f}" for value in np.ravel(np.asarray(values, dtype=np.float64)))


def run_in(library: str, call: Callable[[Any], Any], recorded: str) -> None:
    """Print what `call(framework)` gives, or `recorded` with a remark where the framework is not installed.

    A result other than the recorded one is printed with both, so that a reader sees that a newer version differs.
    """
    title = f"{TITLES.get(library, library):<8}"
    if not installed(library):
        print(f"{title} {recorded}")
        print(f"  (recorded; to run it here: {HOW_TO_INSTALL})")
        return
    result = call(load(library))
    # PyTorch's tensors know their gradient and have to be detached first.
    result = result.detach() if hasattr(result, "detach") else result
    now = formatted(result)
    print(f"{title} {now}")
    if now != recorded:
        print(f"  (another version gave {recorded})")
