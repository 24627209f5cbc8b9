"""Is this computer ready for the course? `python3 course.py check`, and the first cell of lesson 00."""

from __future__ import annotations

import importlib
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def packages() -> str:
    """Every package of requirements.txt is installed in a version of the range it names."""
    from packaging.requirements import Requirement  # comes with JupyterLab

    wanted = [
        Requirement(line) for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if re.match(r"\w", line)
    ]
    problems = []
    for requirement in wanted:
        try:
            if not requirement.specifier.contains(version(requirement.name), prereleases=True):
                problems.append(f"{requirement.name} {version(requirement.name)} is not {requirement.specifier}")
        except PackageNotFoundError:
            problems.append(f"{requirement.name} is missing")
    if problems:
        raise RuntimeError("; ".join(problems) + "; run: python3 course.py setup")
    return f"{len(wanted)} packages installed"


def arithmetic() -> str:
    """The course's own functions compute what they should: σ(0) = 1/2 and its slope is 1/4."""
    from course_lib.activations import sigmoid, sigmoid_derivative

    if not (sigmoid(0.0) == 0.5 and sigmoid_derivative(0.0) == 0.25):
        raise RuntimeError(f"σ(0) = {sigmoid(0.0)}, σ′(0) = {sigmoid_derivative(0.0)}; expected 0.5 and 0.25")
    return "sigmoid(0) = 0.5"


def figures() -> str:
    """A figure can be drawn and saved."""
    from course_lib.activations import get
    from course_lib.plots import curve_and_derivative

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "curve.png"
        curve_and_derivative(get("sigmoid")).savefig(picture)
        if picture.stat().st_size == 0:
            raise RuntimeError("matplotlib wrote an empty picture")
    return "a figure was drawn"


def widgets() -> str:
    """The widgets' Python side is there."""
    importlib.import_module("course_lib.widgets")
    return "the widgets can be loaded"


def progress_file() -> str:
    """Progress can be stored."""
    from course_lib.exercises.store import Store

    Store().verify()
    return "your progress can be stored"


CHECKS: tuple[Callable[[], str], ...] = (packages, arithmetic, figures, widgets, progress_file)


def results() -> Iterator[tuple[str, str]]:
    """(“OK” or “FAIL”, a sentence) per check; a failing check never stops the next."""
    for check in CHECKS:
        try:
            yield "OK", check()
        except Exception as error:
            yield "FAIL", f"{check.__name__.replace('_', ' ')}: {type(error).__name__}: {error}"


def report() -> None:
    """Print one line per check, then what to do: for a notebook's cell."""
    main()


def main() -> int:
    """The same as a command's exit code: 0 when all is well, 1 when something is to be mended."""
    marks = []
    for mark, sentence in results():
        print(f"[{mark:^6}] {sentence}")
        marks.append(mark)
    if "FAIL" in marks:
        print("Mend the lines marked FAIL, then run this again.")
        return 1
    print("This computer is ready for the course.")
    return 0


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]} at {sys.executable}")
    sys.exit(main())
