"""Cards: what a catalogue says about a function, rich and as plain text, by family, with the family's pictures."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course_lib import activations, losses
from course_lib.catalogue import COLUMNS, LIBRARIES, NOT_APPLICABLE, Catalogue
from course_lib.exercises.cards import rich
from course_lib.gallery.curves import Entry, figure, large
from course_lib.plots import picture
from course_lib.spec import Activation, Loss, Trait, VectorClaims

# One sentence on what the members of a family have in common; a family without one stands under its bare name.
FAMILIES = {
    "saturating": "S-shapes: they level off on both sides, so their outputs are bounded and their slopes die far out. "
    "At home at outputs and in gates.",
    "rectifiers": "Straight pieces, above all the hinge at 0. Cheap, and the first choice for hidden layers.",
    "leaky": "Hinges that keep a small slope on the left, so that no unit is cut off for good.",
    "learned lines": "The unit learns its own shape, as the largest of several lines.",
    "exponential": "The identity on the right, an exponential that levels off on the left: their negative outputs pull "
    "the mean towards 0.",
    "smooth": "No kink anywhere, and no gate: logarithms and waves.",
    "self-gated": "A score times a gate that the score itself opens: ReLU with a soft corner and a dip below 0. Usual "
    "in transformers and in networks for phones.",
    "shrinking": "They pull scores towards 0 and so remove what is small.",
    "normalising": "They look at all scores together and turn them into shares, or into logarithms of shares.",
    "gated": "One half of the scores decides how much of the other half passes.",
    "margin": "Losses for labels −1 and +1: what counts is the margin, label times score.",
    "regression": "Losses for numbers. They differ in how much a large miss counts.",
    "classification": "Cross-entropies: the surprise at the label that came, from probabilities or from logits, for "
    "two classes or more.",
    "reweighted": "Cross-entropies in which not every example, class or label counts the same.",
    "probabilistic": "Likelihoods and divergences: the model predicts a distribution and is judged by it.",
    "embedding": "Losses of distances and angles: they shape a space in which like lies near like.",
    "overlap": "Losses of whole masks, for segmentation: they judge how far two areas overlap.",
    "sequence": "Losses of whole sequences, where nobody has said which part of the input belongs to which label.",
}
_ADDRESS = re.compile(r"(doi:(10\.[^\s,;]+))|(arXiv:(\d{4}\.\d{4,5}))")
# As wide as the page and no wider: on a telephone text and calls wrap, and only a long formula is left to scroll to.
_TABLE = "border-collapse:collapse;margin:0.3em 0 1.2em 1em;table-layout:fixed;width:calc(100% - 1em);max-width:62em"
_CELL = "text-align:left;vertical-align:top;white-space:normal;overflow-wrap:anywhere"
_NARROW = f"{_CELL};width:7em"


def index(catalogue: Catalogue[Any]) -> Any:
    """The families with links to their cards, and the names in each."""
    return _Bundle(
        {
            "text/markdown": "\n".join(
                f"* [**{_heading(family)}**](#{_anchor(_heading(family, entries))}): "
                f"{', '.join(entry.title for entry in entries)}"
                for family, entries in by_family(catalogue).items()
            ),
            "text/plain": "\n".join(
                f"{_heading(family)}: {', '.join(entry.title for entry in entries)}"
                for family, entries in by_family(catalogue).items()
            ),
        }
    )


def cards(catalogue: Catalogue[Any]) -> None:
    """Show every entry: family after family, small pictures first, then one folded card for each member."""
    from IPython.display import display

    for family, entries in by_family(catalogue).items():
        heading = f"### {_heading(family, entries)}"
        text = "\n\n".join(filter(None, [heading, FAMILIES.get(family, "")]))
        display({"text/markdown": text, "text/plain": text}, raw=True)
        data, metadata = picture(figure(*entries), alt=alt_text(entries))
        display(data, raw=True, metadata=metadata)
        display(_Bundle({"text/html": "\n".join(map(folded, entries)), "text/plain": _plain(entries)}))


def card(name: str) -> None:
    """Show one entry: its pictures, and its card open. ValueError for an unknown name."""
    from IPython.display import display

    entry = losses.get(name) if name in losses.CATALOGUE else activations.get(name)
    data, metadata = picture(large(entry), alt=alt_text([entry]))
    display(data, raw=True, metadata=metadata)
    display(_Bundle({"text/html": folded(entry, is_open=True), "text/plain": _plain([entry])}))


class _Bundle:
    """Something to display, in several forms."""

    def __init__(self, data: dict[str, str]) -> None:
        self.data = data

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.data

    def __repr__(self) -> str:
        return self.data["text/plain"]


def by_family(catalogue: Catalogue[Any]) -> dict[str, list[Any]]:
    """The entries of each family, in the catalogue's order."""
    families: dict[str, list[Any]] = {}
    for entry in catalogue.values():
        families.setdefault(entry.family, []).append(entry)
    return families


def _heading(family: str, entries: Iterable[Entry] = ()) -> str:
    count = len(list(entries))
    return f"{family[0].upper()}{family[1:]}" + (f": {count} {'card' if count == 1 else 'cards'}" if count else "")


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")


def alt_text(entries: Iterable[Entry]) -> str:
    """What small pictures of these entries show, in words made of their claims."""
    parts = []
    for entry in entries:
        facts = _facts(entry)
        if isinstance(entry, Activation):
            told = f"range {facts['Range']}, largest slope {facts['Largest slope']}"
        else:
            shape = "convex" if facts["Convex"] == "yes" else "not convex"
            told = f"largest gradient {facts['Largest gradient']}, {shape}"
        parts.append(f"{entry.title} ({told})")
    return f"Curve and slope of {'; '.join(parts)}."


FACTS = {
    "activation": ("range", "monotonic", "zero_centred", "saturates", "largest_slope", "kinks", "minimum", "params"),
    "loss": (
        "target", "prediction", "minimiser", "convex", "gradient_bound", "zero_when_perfect", "params",
    ),
}  # fmt: skip


def _kind(entry: Entry) -> str:
    return "activation" if isinstance(entry, Activation) else "loss"


def _facts(entry: Entry) -> dict[str, str]:
    """{heading: cell} for every fact that applies to the entry."""
    columns = [COLUMNS[_kind(entry)][key] for key in FACTS[_kind(entry)]]
    facts = {column.heading: cell for column in columns if (cell := column.cell(entry)) != NOT_APPLICABLE}
    claims = entry.claims()
    if isinstance(claims, VectorClaims):
        facts["Sum of the outputs"] = "varies" if claims.sums_to is None else f"{claims.sums_to:g}"
        facts["Unchanged by a common shift"] = "yes" if claims.shift_invariant else "no"
    return facts


def _facts_line(entry: Entry) -> str:
    facts = _facts(entry)
    return "; ".join(f"{heading.lower()}: {cell}" for heading, cell in facts.items() if heading != "Parameters")


def folded(entry: Entry, is_open: bool = False) -> str:
    """The card as HTML that folds."""
    slope_name, slope = (
        ("Derivative", entry.derivative_formula)
        if isinstance(entry, Activation)
        else ("Gradient", entry.gradient_formula)
    )
    rows = [
        ("Definition", _formula(entry.formula)),
        (slope_name, _formula(slope)),
        ("Inputs", rich(", ".join(entry.inputs) + _per(entry))) if isinstance(entry, Loss) else ("", ""),
        ("Properties", rich(_facts_line(entry))),
        ("Parameters", _list(_parameter(entry))),
        ("Strengths", _list(_trait(trait) for trait in entry.strengths)),
        ("Weaknesses", _list(_trait(trait) for trait in entry.weaknesses)),
        ("Where used", _list(_used(entry)) or "nowhere that a source of ours tells of"),
        ("In frameworks", _list(_calls(entry))),
        ("In this course", _in_the_course(entry)),
    ]
    body = "\n".join(
        f'<tr><th scope="row" style="{_NARROW}">{name}</th><td style="{_CELL}">{cell}</td></tr>'
        for name, cell in rows
        if cell
    )
    return (
        f'<details style="margin:0.3em 0"{" open" if is_open else ""}>'
        f"<summary><strong>{rich(entry.title)}</strong> "
        f"(<code>{entry.name}</code>). {rich(entry.says)}</summary>\n"
        f'<table style="{_TABLE}"><tbody>\n{body}\n</tbody></table>\n</details>'
    )


def _formula(formula: str) -> str:
    return f"$\\displaystyle {html.escape(formula, quote=False)}$"


def _list(items: Iterable[str]) -> str:
    found = list(items)
    return (
        "" if not found else f'<ul style="margin:0;padding-left:1.2em">{"".join(f"<li>{i}</li>" for i in found)}</ul>'
    )


def _per(entry: Loss) -> str:
    return f"; one value per {entry.per}"


def _parameter(entry: Entry) -> Iterable[str]:
    for param in entry.params:
        default = ", ".join(f"{number:.4g}" for number in _as_tuple(param.default)).replace("-", "−")
        learned = "; learned" if param.learnable else ""
        yield rich(f"`{param.name}` = {default}, in {param.domain}{learned}: {param.meaning}")


def _as_tuple(default: float | tuple[float, ...]) -> tuple[float, ...]:
    return default if isinstance(default, tuple) else (default,)


def _trait(trait: Trait) -> str:
    if "::" in trait.shown_by:
        shown = f"checked by <code>{html.escape(trait.shown_by.partition('::')[2])}</code>"
    else:
        shown = f"shown in {_lesson_link(int(trait.shown_by.partition('#')[0]))}"
    return f"{rich(trait.text)} <small>({shown})</small>"


def _used(entry: Entry) -> Iterable[str]:
    for use in entry.used:
        source = use.source
        where = _ADDRESS.sub(_linked, html.escape(source.where, quote=False))
        yield f"{rich(use.text)}. <small>{html.escape(source.author)} {source.year}, {where}</small>"


def _linked(address: re.Match[str]) -> str:
    to = f"https://doi.org/{address[2]}" if address[1] else f"https://arxiv.org/abs/{address[4]}"
    return f'<a href="{to}">{address[0]}</a>'


def _calls(entry: Entry) -> Iterable[str]:
    for call in entry.frameworks:
        differs = " <strong>Its values differ from ours.</strong>" if call.differs else ""
        trap = f" – {rich(call.trap)}." if call.trap else ""
        yield f"{LIBRARIES[call.framework]}: <code>{html.escape(call.call)}</code>{trap}{differs}"
    missing = [title for library, title in LIBRARIES.items() if library in _asked(entry)]
    there = {call.framework for call in entry.frameworks}
    absent = [title for library, title in LIBRARIES.items() if library in _asked(entry) and library not in there]
    if absent and len(absent) < len(missing):
        yield f"not in {' nor in '.join(absent)}"
    elif absent:
        yield "in none of the libraries that we compare"


def _asked(entry: Entry) -> tuple[str, ...]:
    return ("torch", "keras", "jax") if isinstance(entry, Activation) else ("torch", "keras", "optax")


def _in_the_course(entry: Entry) -> str:
    package = "activations" if isinstance(entry, Activation) else "losses"
    parts = [f"<code>from course_lib.{package} import {entry.function.__name__}</code>"]
    if entry.lesson is not None and (link := _lesson_link(entry.lesson)).startswith("<a"):
        parts.insert(0, link)
    return "; ".join(parts)


def _lesson_link(number: int) -> str:
    """A link to the lesson beside the running notebook, its bare name where it isn't there."""
    found = sorted(Path().glob(f"{number:02d}_*.ipynb"))
    text = f"lesson {number:02d}"
    return f'<a href="{found[0].name}">{text}</a>' if found else text


def _plain(entries: Iterable[Entry]) -> str:
    return "\n\n".join(
        "\n".join(
            [
                f"{entry.title} ({entry.name}). {entry.says}",
                f"  {_facts_line(entry)}",
                *(f"  + {trait.text}" for trait in entry.strengths),
                *(f"  − {trait.text}" for trait in entry.weaknesses),
            ]
        )
        for entry in entries
    )
