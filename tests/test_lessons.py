"""What the lessons say: every measured number in the prose is printed by a cell, and the maps name every lesson."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# They are looked things up in: no lesson of the map, no time to plan for.
GALLERIES = [path for path in LESSONS if path.name >= "90"]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# Sections, DOIs, arXiv numbers, volumes and links are addresses, not measurements.
ADDRESS = re.compile(r"§[\d.–]+|doi:\S+|arXiv:\S+|\]\([^)]*\)|https?:\S+")
NUMBER = re.compile(r"(?<![\w.,])\d+\.\d+(?!\w|\.\d)")


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def quoted_numbers(path: Path) -> set[str]:
    prose = "\n".join("".join(cell["source"]) for cell in cells(path, "markdown"))
    return set(NUMBER.findall(ADDRESS.sub(" ", prose)))


def shown_text(path: Path) -> str:
    """What the notebook's code cells say and print."""
    parts = []
    for cell in cells(path, "code"):
        parts.append("".join(cell["source"]))
        for output in cell["outputs"]:
            parts.append("".join(output.get("text", [])))
            parts.append("".join(output.get("data", {}).get("text/plain", [])))
    return "\n".join(parts)


def is_shown(number: str, text: str) -> bool:
    """Printed as it is quoted, or with more digits that round to it."""
    digits = len(number.partition(".")[2])
    printed = (float(found) for found in re.findall(r"\d+\.\d+(?:e[+-]?\d+)?", text))
    return any(f"{value:.{digits}f}" == number for value in printed)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_quoted_number_is_printed_by_a_cell(path: Path) -> None:
    text = shown_text(path)
    unshown = sorted(number for number in quoted_numbers(path) if not is_shown(number, text))
    assert not unshown, f"{path.name} quotes {unshown}, which no cell prints"


def test_a_number_that_no_cell_prints_is_seen() -> None:
    assert not is_shown("0.42", "lowest -0.43, highest 1.56")
    assert is_shown("0.42", "lowest -0.4234")


@pytest.mark.parametrize("path", GALLERIES, ids=lambda path: path.stem)
def test_the_readme_and_lesson_00_lead_to_every_gallery(path: Path) -> None:
    start = "\n".join("".join(cell["source"]) for cell in cells(LESSONS[0], "markdown"))
    assert f"](notebooks/{path.name})" in README
    assert f"]({path.name})" in start


@pytest.mark.parametrize("path", [path for path in LESSONS if path not in GALLERIES], ids=lambda path: path.stem)
def test_the_readme_and_lesson_00_name_every_lesson_with_its_minutes(path: Path) -> None:
    course = json.loads(path.read_text(encoding="utf-8"))["metadata"]["course"]
    teaching, exercises = course["teaching"], course["exercises"]
    row = next((line for line in README.splitlines() if f"notebooks/{path.name}" in line), "")
    assert f"{teaching} + {exercises} min" in row, f"the README's map has no row for {path.name} with its minutes"
    start = "\n".join("".join(cell["source"]) for cell in cells(LESSONS[0], "markdown"))
    rows = [line for line in start.splitlines() if line.startswith("|")]
    named = path.name if path != LESSONS[0] else "**00 Start here**"
    row = next((line for line in rows if named in line), "")
    assert f"| {teaching + exercises} |" in row, f"lesson 00's map has no row for {path.name} with its minutes"
