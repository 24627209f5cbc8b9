"""The README's tables of functions, made from the catalogues between their marks."""

import re
from pathlib import Path

from authoring.source import SourceError
from course_lib import activations, losses

COLUMNS = {
    "activations": ("title", "formula", "range", "largest_slope", "lesson"),
    "losses": ("title", "formula", "minimiser", "gradient_bound", "lesson"),
}
CATALOGUES = {"activations": activations.CATALOGUE, "losses": losses.CATALOGUE}


def with_tables(text: str) -> str:
    """The README's text with each `<!-- table: name -->` … `<!-- end -->` filled from the catalogue of that name."""
    for name, columns in COLUMNS.items():
        pattern = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not pattern.search(text):
            raise SourceError(f"README.md has no marks <!-- table: {name} --> and <!-- end -->; put them back")
        table = CATALOGUES[name].table(columns)
        text = pattern.sub(lambda marks, table=table: f"{marks[1]}\n{table}\n\n{marks[2]}", text)  # type: ignore[misc]
    return text


def update(path: Path) -> bool:
    """Bring the tables up to date; whether anything changed."""
    before = path.read_text(encoding="utf-8")
    after = with_tables(before)
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    return after != before
