"""What a learner sees: the same words as rich HTML and as plain text.

Text takes JupyterLab's own colours, so that it is readable in both themes. The bar at the left repeats in colour and
in line style what the first words say.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from course_lib.exercises.model import Exercise, Outcome, Verdict

Tone = Literal["good", "middling", "bad", "plain"]

_BAR: dict[Tone, str] = {
    "good": "solid #009E73",
    "middling": "dashed #0072B2",
    "bad": "double #D55E00",
    "plain": "dotted currentColor",
}
_TONES: dict[Outcome, Tone] = {
    "not attempted": "plain",
    "raised": "bad",
    "timed out": "bad",
    "wrong": "bad",
    "partly right": "middling",
    "right": "good",
}


@dataclass(frozen=True, repr=False)
class Card:
    """A message in two forms, and controls for it where a notebook can show them."""

    text: str
    html: str
    controls: Callable[[], Any] | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": self.text, "text/html": self.html}
        if self.controls is not None:
            view = self.controls()._repr_mimebundle_()
            # Jupyter may give the bundle together with its metadata.
            bundle = dict(view[0] if isinstance(view, tuple) else view) | bundle
        return bundle


def card(
    lines: Sequence[str], tone: Tone = "plain", folded: tuple[str, str] | None = None, code: str = "",
    controls: Callable[[], Any] | None = None,
) -> Card:  # fmt: skip
    """A card of paragraphs; the first is its headline. `folded` is a summary with the text under it."""
    head, *rest = [line for line in lines if line]
    text = "\n".join([head, *rest])
    body = f'<p style="margin:0"><strong>{rich(head)}</strong></p>'
    body += "".join(f'<p style="margin:0.4em 0 0">{rich(line)}</p>' for line in rest)
    if code:
        text += "\n\n" + code
        body += f'<pre style="margin:0.6em 0 0">{html.escape(code)}</pre>'
    if folded is not None:
        summary, inside = folded
        text += f"\n\n{summary}: {inside}"
        body += f'<details style="margin:0.6em 0 0"><summary>{rich(summary)}</summary>{rich(inside)}</details>'
    return Card(text, framed(body, tone), controls)


def framed(body: str, tone: Tone = "plain") -> str:
    """`body` beside the bar of its tone, announced by screen readers as a status."""
    style = (
        f"border-left:0.35em {_BAR[tone]};padding:0.3em 0 0.3em 0.8em;max-width:48em;"
        "color:var(--jp-content-font-color1,inherit)"
    )
    return f'<div role="status" aria-live="polite" style="{style}">{body}</div>'


def rich(text: str) -> str:
    """Text as HTML: escaped, `code` in its own font."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def points(value: float) -> str:
    """3, 1.5: no trailing zeros."""
    return f"{value:g}"


def verdict_card(exercise: Exercise, verdict: Verdict, notices: Sequence[str] = ()) -> Card:
    """The verdict on an answer: outcome, words, evidence, next step."""
    outcome = "stopped with an error" if verdict.outcome == "raised" else verdict.outcome
    out_of = f"{points(verdict.out_of)} {'point' if verdict.out_of == 1 else 'points'}"
    head = f"{outcome[0].upper()}{outcome[1:]}: {points(verdict.points)} of {out_of}"
    if verdict.outcome == "not attempted":
        head = f"Not attempted yet ({out_of})"
    lines = [f"{head} · {exercise.title}"]
    if verdict.outcome != "right":
        lines.append(verdict.message)
    if verdict.evidence is not None and verdict.outcome not in ("raised", "not attempted"):
        seen = verdict.evidence
        read = seen.given == seen.probe
        lines.append(
            f"Seen: `{seen.given}` {'is' if read else 'gave'} {seen.got}" + ("." if read else f" ({seen.probe}).")
        )
    lines += [verdict.remark, f"Next: {verdict.next_step}" if verdict.next_step else "", *notices]
    return card(lines, _TONES[verdict.outcome])


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> tuple[str, str]:
    """A table as (plain text, HTML); the first column names the row."""
    widths = [max(len(row[i]) for row in [headings, *rows]) for i in range(len(headings))]
    text = "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(r, widths, strict=True)).rstrip() for r in [headings, *rows]
    )
    heads = "".join(f'<th scope="col" style="text-align:left">{rich(h)}</th>' for h in headings)
    body = "".join(
        f'<tr><th scope="row" style="text-align:left">{rich(first)}</th>'
        + "".join(f'<td style="text-align:left">{rich(cell)}</td>' for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        text,
        f"<table><caption>{rich(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>",
    )
