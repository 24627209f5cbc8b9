"""What the lessons say: every number in the prose is printed by a cell or comes from the data, cards and maps agree."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from course_lib import data
from course_lib.exercises.items import NEEDS

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# They are looked things up in: no lesson of the map, no time to plan for.
GALLERIES = [path for path in LESSONS if path.name >= "90"]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# What names a place, sets a task or fixes a setting measures nothing: links, lessons and sources with their years and
# pages, minutes (the maps' own test has them), code, powers, quotations, what a panel asks for, and learning rates.
NO_MEASUREMENT = re.compile(
    r"""\[[^\]]*\]\([^)]*\) | https?:\S+ | §[\d.–]+ | doi:\S+ | arXiv:\S+ | \blessons?\ \d\d | \*\*\d\d\ 
    | \([^()]*\b(?:18|19|20)\d\d\b[^()]*\) | \b(?:18|19|20)\d\d\b | \b\d+\ minutes | \|\ \d+\ \|$ | ^\|\ Time\ .*$
    | ```[\s\S]*?``` | `[^`]*` | \^\{[^}]*\} | “[^”]*” | \*\*Task:[\s\S]*?\*\* | \brates?\ \d+\.\d+""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
NUMBER = re.compile(r"(?<![\w.,])(?:\d+\.\d+|\d{1,3}(?:,\d{3})+|\d{2,}|\d(?=\ %))(?:\ %)?(?!\w|[.,]\d)")
# Numbers as cells write them, and whether they are percentages.
WRITTEN = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?)(\ ?%)?")
INTEGER = re.compile(r"(?<![\w.])\d[\d_]*(?![\w.])")


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def quoted_numbers(path: Path) -> set[str]:
    prose = "\n".join("".join(cell["source"]) for cell in cells(path, "markdown"))
    return set(NUMBER.findall(NO_MEASUREMENT.sub(" ", prose)))


def shown_text(path: Path) -> str:
    """What the notebook's code cells print and put out."""
    outputs = [output for cell in cells(path, "code") for output in cell["outputs"]]
    parts = [part for o in outputs for part in (o.get("text", []), o.get("data", {}).get("text/plain", []))]
    return "\n".join("".join(part) for part in parts)


def settings(path: Path) -> set[int]:
    """The whole numbers that stand in the notebook's code: seeds, sizes, steps. They are chosen, not measured."""
    sources = "\n".join("".join(cell["source"]) for cell in cells(path, "code"))
    return {int(found.replace("_", "")) for found in INTEGER.findall(sources)}


@pytest.fixture(scope="module")
def sizes() -> set[int]:
    """How many examples and features the real data have, whole and in the parts that lessons use, and their targets'
    ends."""
    found = set()
    for split in (data.digits(), data.breast_cancer(), data.diabetes()):
        found |= {len(split.train), len(split.test), len(split.train) + len(split.test), split.train.x.shape[1]}
    few, most = data.digits(test=0.8)
    found |= {len(most), *map(len, few.split(test=0.5))}
    progress = [y for part in data.diabetes() for y in part.y]
    return found | {round(min(progress)), round(max(progress))}


def is_shown(number: str, text: str) -> bool:
    """Printed as it is quoted, or with more digits that round to it; 12 % also as 0.12."""
    quoted = number.removesuffix(" %").replace(",", "")
    digits = len(quoted.partition(".")[2])
    values = [(float(value.replace(",", "")), bool(sign)) for value, sign in WRITTEN.findall(text)]
    if number.endswith("%"):
        return any(f"{value if sign else 100 * value:.{digits}f}" == quoted for value, sign in values)
    return any(f"{value:.{digits}f}" == quoted for value, sign in values if digits or value.is_integer())


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_quoted_number_is_printed_by_a_cell(path: Path, sizes: set[int]) -> None:
    text, known = shown_text(path), {str(size) for size in sizes | settings(path)}
    quoted = {number for number in quoted_numbers(path) if number.replace(",", "") not in known}
    unshown = sorted(number for number in quoted if not is_shown(number, text))
    assert not unshown, f"{path.name} quotes {unshown}, which no cell prints"


@pytest.mark.parametrize(
    ("number", "text", "shown"),
    [
        ("0.42", "lowest -0.43, highest 1.56", False),
        ("0.42", "lowest -0.4234", True),
        ("12 %", "12 of 100", False),
        ("12 %", "right 12%", True),
        ("12 %", "share 0.1184", True),
        ("47", "dead 48, 46.7", False),
        ("1,347", "1347 pictures", True),
    ],
)
def test_a_number_that_no_cell_prints_is_seen(number: str, text: str, shown: bool) -> None:
    assert is_shown(number, text) is shown


@pytest.mark.parametrize(
    ("prose", "numbers"),
    [
        ("right in 95.8 % of 143 cases, 1,347 others", {"95.8 %", "143", "1,347"}),
        ("between 7 % and 12 %", {"7 %", "12 %"}),
        (
            "[lesson 22](22_x.ipynb), lesson 17, Guo et al. 2017, §3.12, (Sondhi & Berkley 1980, *Proc* 68, 948–963)",
            set(),
        ),
        ("about 25 minutes, at rate 0.05, `fit(300)`, **Task: reach 60 %.**", set()),
    ],
)
def test_measured_numbers_of_a_text_are_found(prose: str, numbers: set[str]) -> None:
    assert set(NUMBER.findall(NO_MEASUREMENT.sub(" ", prose))) == numbers


@pytest.mark.parametrize("path", [path for path in LESSONS if path not in GALLERIES], ids=lambda path: path.stem)
def test_a_lesson_needs_what_its_card_says(path: Path) -> None:
    row = next(line for line in "".join(cells(path, "markdown")[0]["source"]).splitlines() if "| Needs |" in line)
    assert sorted(NEEDS[path.name[:2]]) == sorted(re.findall(r"\]\((\d\d)_", row))


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
