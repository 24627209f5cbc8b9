"""Harmless stand-ins for the course's package and for the drawing libraries, inside the child that runs a submission.

A figure, a widget, `check(...)` and `hint(...)` do nothing there. A function of the course, or of a framework that
brings the answers along, raises `LibraryCall` when it is called: writing it is the exercise.
"""

import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["LibraryCall", "Silent", "install"]

SILENT = ("matplotlib", "ipywidgets", "anywidget", "IPython")
LIBRARIES = ("course_lib", "torch", "jax", "keras", "tensorflow", "sklearn")
SILENT_IN_COURSE = frozenset({"exercises", "plots", "widgets", "stage", "show"})
HIDDEN = ("course_lib.exercises.",)


class LibraryCall(Exception):
    """A submission called the library's own function; the message is that function's name."""


class Silent:
    """Takes every call, attribute and index and gives itself: a figure that nobody looks at."""

    # Not the course's: a function that draws with it borrows nothing (see borrowed.py).
    __module__ = "standin"

    def __init__(self, *_: object, **__: object) -> None:
        """Any arguments: `class Panel(widget)` constructs its base's type with three."""

    def __getattr__(self, name: str) -> "Silent":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> "Silent":
        return self

    def __getitem__(self, _: object) -> "Silent":
        return self

    def __setitem__(self, _: object, __: object) -> None:
        """Nothing is kept."""

    def __iter__(self) -> Iterator["Silent"]:
        # Two: the commonest unpacking of a plotting call is a pair (limits, handles and labels).
        return iter((self, self))

    def __len__(self) -> int:
        return 2

    def __bool__(self) -> bool:
        return True

    def __float__(self) -> float:
        return 0.0

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *_: object) -> None:
        """An error inside a `with` goes on its way."""

    def _arithmetic(self, *_: object) -> "Silent":
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _arithmetic
    __or__ = __ror__ = __and__ = __neg__ = _arithmetic


class Pyplot(Silent):
    """`matplotlib.pyplot`, and a figure: `subplots` gives as many axes as were asked for, so that they unpack."""

    __module__ = "standin"

    def subplots(self, nrows: int = 1, ncols: int = 1, *_: object, **options: Any) -> tuple[Silent, Any]:
        """A silent figure and a silent axis, or an array of them in the shape that Matplotlib gives."""
        axes = np.empty((nrows, ncols), dtype=object)
        axes[...] = [[Silent() for _ in range(ncols)] for _ in range(nrows)]
        return Pyplot(), axes if options.get("squeeze") is False else _squeezed(axes)

    def __getattr__(self, name: str) -> Silent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Pyplot() if name in ("figure", "gcf") else Silent()

    def __call__(self, *_: object, **__: object) -> "Pyplot":
        return self


class Library:
    """Something of a library that holds the answers: it can be passed around, and raises LibraryCall when called."""

    def __init__(self, name: object = "", *_: object, **__: object) -> None:
        self._name = str(name)
        # As the real one would say of itself: borrowed.py goes by these two.
        self.__module__, self.__name__ = self._name.rpartition(".")[::2]

    def __getattr__(self, name: str) -> "Library":
        if name.startswith("__"):
            raise AttributeError(name)
        return Library(f"{self._name}.{name}")

    def __getitem__(self, key: object) -> "Library":
        return Library(f"{self._name}[{key!r}]")

    def __call__(self, *args: object, **_: object) -> "Library":
        # get("sigmoid") looks an entry up and computes nothing; the entry's function is what must not be called.
        if self._name.endswith(".get"):
            return Library(f"{self._name}({', '.join(map(repr, args))})")
        raise LibraryCall(self._name)


class _StandIn(ModuleType):
    """A module whose every name is a stand-in."""

    __path__: list[str]

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _standin(f"{self.__name__}.{name}")


class _Finder:
    """Answers every import of a stood-in package, before Python looks on disk."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """A spec for the packages of SILENT and LIBRARIES, None for all others."""
        if name.partition(".")[0] not in SILENT + LIBRARIES:
            return None
        if name.startswith(HIDDEN):
            raise ModuleNotFoundError(f"{name} is not there while a submission is graded", name=name)
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty stand-in."""
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def install() -> None:
    """From now on `import course_lib`, `import matplotlib.pyplot` … give stand-ins in this process."""
    for name in [name for name in sys.modules if name.partition(".")[0] in SILENT + LIBRARIES]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder())


def _standin(name: str) -> object:
    top, *rest = name.split(".")
    if name.startswith("matplotlib."):
        return Pyplot()
    if top in SILENT or (top == "course_lib" and not SILENT_IN_COURSE.isdisjoint(rest)):
        return Silent()
    return Library(name)


def _squeezed(axes: Any) -> Any:
    return axes[0, 0] if axes.size == 1 else axes.squeeze()
