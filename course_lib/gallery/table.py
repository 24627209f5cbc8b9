"""The table of properties: every entry a row, to filter and to sort; without a kernel the whole table."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from typing import Any

from course_lib.catalogue import COLUMNS, NOT_APPLICABLE, Catalogue
from course_lib.fields import Select

SHOWN = {
    "activation": (
        "title", "family", "range", "monotonic", "zero_centred", "saturates", "largest_slope", "kinks", "frameworks",
    ),
    "loss": (
        "title", "family", "target", "prediction", "minimiser", "convex", "gradient_bound", "zero_when_perfect",
    ),
}  # fmt: skip
# A column with so many different cells is for sorting; one with fewer is for choosing from.
FEW = 8
ANY = ""
_NUMBER = re.compile(r"−?(?:∞|\d+(?:\.\d+)?)")
_PLAIN_WORDS = ("title", "name", "family", "says", "used", "strengths", "weaknesses")


def properties(catalogue: Catalogue[Any]) -> Properties:
    """The table of all entries, with fields to filter and to sort it where there is a kernel."""
    return Properties(catalogue)


def choices(catalogue: Catalogue[Any]) -> list[str]:
    """The facts one can filter by, "Monotonic: increasing": those of columns with few different cells."""
    rows = catalogue.table(SHOWN[catalogue.kind], fmt="rows")
    found = []
    for heading in list(rows[0])[2:] if rows else []:
        cells = sorted({row[heading] for row in rows} - {NOT_APPLICABLE})
        if 1 < len(cells) <= FEW:
            found += [f"{heading}: {cell}" for cell in cells]
    return found


def chosen(
    catalogue: Catalogue[Any],
    *,
    words: str = "",
    family: str = ANY,
    fact: str = ANY,
    sort: str = ANY,
    down: bool = False,
) -> list[str]:
    """The names of the entries that hold all these words, belong to the family and have the fact, in the asked order.

    `fact` is one of `choices`, `sort` the heading of a column. Numbers are sorted by size, cells without one behind
    them by the alphabet. ValueError for a fact or a heading that there is not.
    """
    rows = dict(zip(catalogue, catalogue.table(SHOWN[catalogue.kind], fmt="rows"), strict=True))
    heading, _, cell = fact.partition(": ")
    for given, known in ((heading, _headings(catalogue)), (sort, _headings(catalogue))):
        if given and given not in known:
            raise ValueError(f"there is no column {given!r}; there are {', '.join(known)}")
    wanted = words.casefold().split()
    names = [
        name
        for name, entry in catalogue.items()
        if (family in (ANY, entry.family))
        and (not fact or rows[name][heading] == cell)
        and all(word in _words(catalogue, entry) for word in wanted)
    ]
    if sort:
        with_cell = [name for name in names if rows[name][sort] != NOT_APPLICABLE]
        without = [name for name in names if rows[name][sort] == NOT_APPLICABLE]
        names = sorted(with_cell, key=lambda name: _size(rows[name][sort]), reverse=down) + without
    return names


def _headings(catalogue: Catalogue[Any]) -> list[str]:
    return [COLUMNS[catalogue.kind][key].heading for key in SHOWN[catalogue.kind]]


def _words(catalogue: Catalogue[Any], entry: Any) -> str:
    return " ".join(COLUMNS[catalogue.kind][key].cell(entry) for key in _PLAIN_WORDS).casefold()


def _size(cell: str) -> tuple[int, tuple[float, ...], str]:
    numbers = tuple(
        math.copysign(math.inf if "∞" in text else float(text.lstrip("−")), -1 if text.startswith("−") else 1)
        for text in _NUMBER.findall(cell)
    )
    return (0, numbers, "") if numbers else (1, (), cell.casefold())


def _options(none: str, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(none, ANY), *((value, value) for value in values)]


class Properties:
    """The table and its fields; the widget is made when a notebook first shows it."""

    def __init__(self, catalogue: Catalogue[Any]) -> None:
        self.catalogue = catalogue
        self.fields: dict[str, Any] = {}
        self._widget: Any = None

    def html(self, names: Sequence[str], sort: str = ANY, down: bool = False) -> str:
        """These rows as an HTML table with a caption; the sorted column is marked."""
        count, every = len(names), len(self.catalogue)
        kinds = {"activation": "activations", "loss": "losses"}[self.catalogue.kind]
        table = self.catalogue.table(
            SHOWN[self.catalogue.kind], names=names, fmt="html", caption=f"{count} of {every} {kinds}"
        )
        if sort:
            plain, marked = (
                f'<th scope="col"{how}>{html.escape(sort)}</th>'
                for how in ("", f' aria-sort="{"descending" if down else "ascending"}"')
            )
            table = table.replace(plain, marked.replace("</th>", " ▼</th>" if down else " ▲</th>"))
        # JupyterLab would set words flush right.
        for cell in ("<td", '<th scope="row"', '<th scope="col"'):
            table = table.replace(cell, f'{cell} style="text-align:left;padding:0.2em 0.9em 0.2em 0.2em"')
        return f'<div style="overflow-x:auto">{table}</div>'

    def __repr__(self) -> str:
        rows = self.catalogue.table(SHOWN[self.catalogue.kind], fmt="rows")
        return "\n".join("; ".join(f"{heading}: {cell}" for heading, cell in row.items()) for row in rows)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        view = self.widget()._repr_mimebundle_()
        bundle = dict(view[0] if isinstance(view, tuple) else view)
        return bundle | {"text/html": self.html(list(self.catalogue)), "text/plain": repr(self)}

    def widget(self) -> Any:
        """Fields above the table; each change filters and sorts at once."""
        import ipywidgets as w

        if self._widget is not None:
            return self._widget
        families = list(dict.fromkeys(entry.family for entry in self.catalogue.values()))
        wide = {"style": {"description_width": "initial"}, "layout": w.Layout(width="auto", min_width="15em")}
        self.fields = {
            "words": w.Text(
                description="Words in it",
                placeholder={"activation": "transformer", "loss": "outlier"}[self.catalogue.kind],
                **wide,
            ),
            "family": Select("Family", _options("all", families), ANY),
            "fact": Select("Property", _options("any", choices(self.catalogue)), ANY),
            "sort": Select("Sort by", _options("course order", _headings(self.catalogue)), ANY),
            "down": w.Checkbox(description="largest first", indent=False, layout=w.Layout(width="auto")),
        }
        count, table = w.HTML(), w.HTML()

        def update(_: object = None) -> None:
            asked = {name: field.value for name, field in self.fields.items()}
            names = chosen(self.catalogue, **asked)
            words = f"{len(names)} of {len(self.catalogue)} shown." if names else "None fits. Take one condition away."
            count.value = f'<span role="status">{words}</span>'
            table.value = self.html(names, asked["sort"], asked["down"]) if names else ""

        for field in self.fields.values():
            field.observe(update, "value")
        update()
        row = w.HBox(list(self.fields.values()), layout=w.Layout(flex_flow="row wrap"))
        self._widget = w.VBox([row, count, table])
        return self._widget
