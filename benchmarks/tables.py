"""A measured table: as text for the terminal, as numbers for the JSON file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Cell = str | float | None


@dataclass(frozen=True)
class Table:
    """Named columns over rows of words and numbers; None: not measured. `note` says how the numbers came about."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.title!r} has columns {self.columns} but a row {row}")

    def text(self) -> str:
        """The table in fixed-width letters: words to the left, numbers to the right."""
        cells = [list(self.columns), *([_text(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(self.columns))]
        words = [all(isinstance(row[i], str) for row in self.rows) for i in range(len(self.columns))]
        lines = [
            "  ".join(
                cell.ljust(w) if left else cell.rjust(w) for cell, w, left in zip(line, widths, words, strict=True)
            )
            for line in cells
        ]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join([self.title, "=" * len(self.title), self.note, "", lines[0], rule, *lines[1:], ""])

    def as_json(self) -> dict[str, Any]:
        """Strict JSON: infinite and missing numbers become the words "inf", "nan" and null."""
        rows = [dict(zip(self.columns, map(_json, row), strict=True)) for row in self.rows]
        return {"title": self.title, "note": self.note, "columns": list(self.columns), "rows": rows}

    def column(self, name: str) -> list[Cell]:
        return [row[self.columns.index(name)] for row in self.rows]


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if math.isnan(cell) or math.isinf(cell):
        return str(cell)
    if cell == 0 or 0.005 <= abs(cell) < 1000:
        return f"{cell:.2f}"
    return f"{cell:,.0f}" if 1000 <= abs(cell) < 1e6 else f"{cell:.1e}"


def _json(cell: Cell) -> str | float | None:
    return str(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell
