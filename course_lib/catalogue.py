"""A catalogue: entries by name, in the order of the course, errors that help, and tables made from the entries."""

from __future__ import annotations

import difflib
import html
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, overload

from course_lib.spec import Activation, Claims, Loss, LossClaims, VectorClaims

Entry = TypeVar("Entry", Activation, Loss)
Format = Literal["markdown", "html", "rows"]

LIBRARIES = {"torch": "PyTorch", "keras": "Keras", "jax": "JAX", "optax": "Optax"}
NOT_APPLICABLE = "–"


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading, what its cells hold, and how a cell is made from an entry."""

    heading: str
    holds: Literal["text", "formula", "code"]
    cell: Callable[[Any], str]


class Catalogue(Mapping[str, Entry], Generic[Entry]):
    """Read-only mapping from name to entry; `kind` ("activation", "loss") appears in its errors."""

    def __init__(self, kind: str, entries: Iterable[Entry]) -> None:
        self.kind = kind
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            if entry.name in self._entries:
                raise ValueError(f"two {kind} entries are named {entry.name!r}")
            self._entries[entry.name] = entry

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def get_entry(self, name: str) -> Entry:
        """The entry of that name; ValueError names the closest one where there is none."""
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            wanted = name.lower() if isinstance(name, str) else ""
            raise ValueError(f"unknown {self.kind} {name!r}; {_advice(wanted, self._entries)}") from None

    @overload
    def table(
        self, columns: Sequence[str] = ..., *, names: Iterable[str] | None = ..., fmt: Literal["rows"]
    ) -> list[dict[str, str]]: ...

    @overload
    def table(
        self,
        columns: Sequence[str] = ...,
        *,
        names: Iterable[str] | None = ...,
        fmt: Literal["markdown", "html"] = ...,
        caption: str | None = ...,
    ) -> str: ...

    def table(
        self,
        columns: Sequence[str] = (),
        *,
        names: Iterable[str] | None = None,
        fmt: Format = "markdown",
        caption: str | None = None,
    ) -> str | list[dict[str, str]]:
        """A table of the entries' facts at their default parameters; `names` picks entries and their order.

        `columns` are keys of ACTIVATION_COLUMNS or LOSS_COLUMNS; by default those of PROPERTIES. "markdown" renders in
        JupyterLab and on GitHub, "html" has a caption and marks its headings for screen readers, "rows" is a list of
        {heading: cell} in plain text. ValueError for an unknown column, name or format.
        """
        entries = list(self.values()) if names is None else [self.get_entry(name) for name in names]
        known = COLUMNS[self.kind]
        for key in columns:
            if key not in known:
                raise ValueError(f"unknown column {key!r}; {_advice(key, known)}")
        chosen = [known[key] for key in columns or PROPERTIES[self.kind]]
        cells = [[column.cell(entry) for column in chosen] for entry in entries]
        if fmt == "rows":
            return [{column.heading: cell for column, cell in zip(chosen, row, strict=True)} for row in cells]
        if fmt == "markdown":
            return _markdown(chosen, cells)
        if fmt == "html":
            return _html(chosen, cells, caption or f"Properties of {len(cells)} {self.kind} functions")
        raise ValueError(f"unknown format {fmt!r}; expected 'markdown', 'html' or 'rows'")


def _advice(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def _markdown(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    def written(column: Column, cell: str) -> str:
        if column.holds == "formula":
            # A bar would end the cell, even inside a formula.
            return "$" + cell.replace(r"\|", r"\Vert ").replace("|", r"\vert ") + "$"
        cell = cell.replace("|", r"\|")
        return f"`{cell}`" if column.holds == "code" and cell != NOT_APPLICABLE else cell

    lines = [
        [column.heading for column in columns],
        ["---"] * len(columns),
        *([written(column, cell) for column, cell in zip(columns, row, strict=True)] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _html(columns: Sequence[Column], rows: Sequence[Sequence[str]], caption: str) -> str:
    def written(column: Column, cell: str, first: bool) -> str:
        text = html.escape(f"${cell}$" if column.holds == "formula" else cell)
        text = f"<code>{text}</code>" if column.holds == "code" and cell != NOT_APPLICABLE else text
        return f'<th scope="row">{text}</th>' if first else f"<td>{text}</td>"

    head = "".join(f'<th scope="col">{html.escape(column.heading)}</th>' for column in columns)
    body = "\n".join(
        "<tr>"
        + "".join(written(column, cell, i == 0) for i, (column, cell) in enumerate(zip(columns, row, strict=True)))
        + "</tr>"
        for row in rows
    )
    return (
        f"<table>\n<caption>{html.escape(caption)}</caption>\n"
        f"<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


# ---------------------------------------------------------------------------------------------------------------------
# What a cell says
# ---------------------------------------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return ("−∞" if value < 0 else "∞") if math.isinf(value) else f"{value:.4g}".replace("-", "−")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _elementwise(say: Callable[[Claims], str]) -> Callable[[Activation], str]:
    """A cell about an elementwise activation; the others get a dash."""

    def cell(entry: Activation) -> str:
        claims = entry.claims()
        return say(claims) if isinstance(claims, Claims) else NOT_APPLICABLE

    return cell


def _largest_slope(entry: Activation) -> str:
    claims = entry.claims()
    largest = _number(claims.lipschitz)
    if isinstance(claims, VectorClaims) or claims.steepest_at is None or entry.derivative is None:
        return largest
    # On a straight piece the slope is the largest at every point, and none is worth naming.
    beside = entry.derivative([claims.steepest_at - 0.5, claims.steepest_at + 0.5])
    is_peak = max(abs(beside)) < claims.lipschitz
    return f"{largest} at {_number(claims.steepest_at)}" if is_peak else largest


def _kinks(claims: Claims) -> str:
    return ", ".join(f"{_number(kink.at)}{' (jump)' if kink.jump else ''}" for kink in claims.kinks) or "none"


def _sides(claims: Claims) -> str:
    return " and ".join(side for side in ("left", "right") if side in claims.saturates) or "no"


def _minimum(claims: Claims) -> str:
    if claims.minimum is None:
        return "not taken"
    at, lowest = claims.minimum
    return f"{_number(lowest)} at {_number(at)}"


def _params(entry: Activation | Loss) -> str:
    return (
        ", ".join(f"{p.name} = {_default(p.default)}" + (" (learned)" if p.learnable else "") for p in entry.params)
        or "none"
    )


def _default(default: float | tuple[float, ...]) -> str:
    return f"({', '.join(map(_number, default))})" if isinstance(default, tuple) else _number(default)


def _call(library: str) -> Callable[[Activation | Loss], str]:
    return lambda entry: next((call.call for call in entry.frameworks if call.framework == library), NOT_APPLICABLE)


def _frameworks(entry: Activation | Loss) -> str:
    there = [call.framework for call in entry.frameworks]
    return ", ".join(title for library, title in LIBRARIES.items() if library in there) or "none"


def _traps(entry: Activation | Loss) -> str:
    return "; ".join(f"{LIBRARIES[call.framework]}: {call.trap}" for call in entry.frameworks if call.trap) or "none"


def _of_loss(say: Callable[[LossClaims], str]) -> Callable[[Loss], str]:
    return lambda entry: say(entry.claims())


_SHARED = {
    "title": Column("Name", "text", lambda entry: entry.title),
    "name": Column("In the code", "code", lambda entry: entry.name),
    "family": Column("Family", "text", lambda entry: entry.family),
    "says": Column("What it does", "text", lambda entry: entry.says),
    "formula": Column("Formula", "formula", lambda entry: entry.formula),
    "params": Column("Parameters", "text", _params),
    "lesson": Column("Lesson", "text", lambda entry: "gallery" if entry.lesson is None else f"{entry.lesson:02d}"),
    "strengths": Column("Strengths", "text", lambda entry: " ".join(trait.text for trait in entry.strengths)),
    "weaknesses": Column("Weaknesses", "text", lambda entry: " ".join(trait.text for trait in entry.weaknesses)),
    "used": Column("Used for", "text", lambda entry: "; ".join(use.text for use in entry.used) or NOT_APPLICABLE),
    "frameworks": Column("Frameworks", "text", _frameworks),
    "traps": Column("What differs", "text", _traps),
    **{library: Column(title, "code", _call(library)) for library, title in LIBRARIES.items()},
}

ACTIVATION_COLUMNS: dict[str, Column] = {
    **_SHARED,
    "derivative": Column("Derivative", "formula", lambda entry: entry.derivative_formula),
    "range": Column("Range", "text", lambda entry: str(entry.claims().range)),
    "monotonic": Column("Monotonic", "text", _elementwise(lambda claims: claims.monotonic)),
    "zero_centred": Column("Zero-centred", "text", _elementwise(lambda claims: _yes(claims.zero_centred))),
    "saturates": Column("Saturates", "text", _elementwise(_sides)),
    "largest_slope": Column("Largest slope", "text", _largest_slope),
    "kinks": Column("Kinks at", "text", _elementwise(_kinks)),
    "minimum": Column("Minimum", "text", _elementwise(_minimum)),
}

LOSS_COLUMNS: dict[str, Column] = {
    **_SHARED,
    "gradient": Column("Gradient", "formula", lambda entry: entry.gradient_formula),
    "target": Column("Target", "text", lambda entry: entry.target),
    "prediction": Column("Prediction", "text", lambda entry: entry.prediction),
    "minimiser": Column("Best constant", "text", _of_loss(lambda claims: claims.minimiser)),
    "convex": Column("Convex", "text", _of_loss(lambda claims: _yes(claims.convex_in_prediction))),
    "gradient_bound": Column("Largest gradient", "text", _of_loss(lambda claims: _number(claims.gradient_bound))),
    "zero_when_perfect": Column("0 when perfect", "text", _of_loss(lambda claims: _yes(claims.zero_when_perfect))),
}

COLUMNS = {"activation": ACTIVATION_COLUMNS, "loss": LOSS_COLUMNS}
PROPERTIES = {
    "activation": ("title", "range", "monotonic", "zero_centred", "saturates", "largest_slope", "kinks", "frameworks"),
    "loss": ("title", "target", "prediction", "minimiser", "convex", "gradient_bound", "frameworks"),
}
