"""What students read: a page for each, and zips that an LMS hands back to them.

A page holds the student's own code and the words of the notebook's `check`. It never holds an expected value, a
reference, a path, the seed, or anything of another student.
"""

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from course_lib.exercises.bank import BANK
from course_lib.exercises.cards import points, verdict_card
from course_lib.exercises.grading.classroom import COLLECTED, Graded, Mark, Received
from course_lib.exercises.grading.pages import render
from course_lib.exercises.grading.policy import Policy, percent, rounded
from course_lib.exercises.grading.read import Notebook, defines
from course_lib.exercises.grading.standings import ExerciseMark, Standing
from course_lib.exercises.model import Outcome, Verdict
from course_lib.exercises.wording import listed, one_line

__all__ = ["canvas_zip", "moodle_zip", "notebook", "page", "page_names", "title_of"]

SYMBOLS: Mapping[Outcome, str] = {
    "right": "✓",
    "partly right": "◐",
    "wrong": "✗",
    "raised": "✗",
    "timed out": "✗",
    "not attempted": "○",
}
MAX_CODE = 20_000
"""Characters of a cell that are shown; nobody's answer is longer, but a file pasted into a cell may be."""

# Without one, JupyterLab asks for a kernel before it shows a notebook.
KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}

Notebooks = Mapping[str, Notebook]
"""The submitted notebooks of one student by exercise."""


def page(standing: Standing, notebooks: Notebooks, policy: Policy, exercises: Sequence[str] | None = None) -> str:
    """The feedback page of one student.

    exercises: only these, and then without a total, which needs them all; None: all of the class.
    """
    shown = [mark for mark in standing.marks if exercises is None or mark.exercise in exercises]
    overall = "" if exercises is not None else _overall(standing)
    return render(
        "feedback.html",
        title=f"Feedback for {_shown_name(standing)}",
        name=_shown_name(standing),
        overall=overall,
        caption="Points reached, what came off for being late, and the mark" if overall else "Points and marks",
        exercises=[_exercise(mark, notebooks.get(mark.exercise)) for mark in shown],
        policy=policy.sentences(),
        others=[{"name": _base(r), "message": without_paths(r.message or r.outcome)} for r in standing.to_look_at],
    )


def notebook(mark: ExerciseMark, submitted: Notebook | None) -> str:
    """The feedback on one exercise as a notebook with one text cell."""
    html = render("exercise.html", e=_exercise(mark, submitted))
    # On one line, and without what begins a formula in Markdown: a blank line would end the HTML.
    text = html.strip().replace("\\", "&#92;").replace("$", "&#36;").replace("\n", "&#10;")
    cell = {"cell_type": "markdown", "id": "feedback", "metadata": {}, "source": [text]}
    described = {"cells": [cell], "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(described, ensure_ascii=False) + "\n"


def plain_name(text: str) -> str:
    """The text with every sign that a file name may not hold in some system replaced by _."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)[:80]


def title_of(exercise: str) -> str:
    """ "03_sigmoid" → "03 sigmoid"."""
    return exercise.replace("_", " ")


def page_names(students: Iterable[str]) -> dict[str, str]:
    """student → a name for the student's page that every system takes and that nobody else in the class gets."""
    # The prefix, because Windows keeps names such as CON for devices.
    plain = {s: f"student-{plain_name(s)}" for s in students}
    # Most systems do not tell Anna from anna, nor two spellings of one é.
    alike = Counter(unicodedata.normalize("NFKC", name).casefold() for name in plain.values())
    return {
        student: f"{name}.html"
        if alike[unicodedata.normalize("NFKC", name).casefold()] == 1
        else f"{name}-{hashlib.sha256(student.encode()).hexdigest()[:8]}.html"
        for student, name in plain.items()
    }


def _overall(standing: Standing) -> str:
    if standing.total is not None:
        return f"Total: {mark_text(standing.total)}%"
    return f"Total: open, because a person still looks at {listed(tuple(title_of(m.exercise) for m in standing.open))}."


# ---------------------------------------------------------------------------------------------------------------------
# One exercise


def _exercise(mark: ExerciseMark, submitted: Notebook | None) -> dict[str, Any]:
    result = mark.graded.result if mark.graded else None
    verdicts = result.verdicts if result else ()
    return {
        "lesson": mark.lesson,
        "title": title_of(mark.exercise),
        "headline": _headline(mark),
        "sentences": _sentences(mark),
        "questions": [_question(verdict, submitted, mark.graded) for verdict in verdicts],
        "notes": [without_paths(note) for note in result.notes] if result else [],
        "points": f"{points_text(mark.points)} of {points_text(mark.out_of)}" if verdicts else "–",
        "lost": f"−{mark_text(mark.lost)}" if mark.lost else "–",
        "mark": "open" if mark.mark is None else mark_text(mark.mark),
        "counts": "yes" if mark.counts else "no",
    }


def _headline(mark: ExerciseMark) -> str:
    if mark.status == "not handed in":
        return "Nothing was handed in."
    if mark.mark is None:
        return "A person will look at this one."
    return f"{mark_text(mark.mark)} of {points_text(mark.out_of)} points"


def _sentences(mark: ExerciseMark) -> list[str]:
    said = []
    if mark.status == "needs a person":
        said.append(without_paths(mark.message))
    counting = next((file for file in mark.files if file.outcome == COLLECTED), None)
    if counting is not None:
        said.append(f"Your file: {_base(counting)}.")
    if others := [file for file in mark.files if file is not counting and file.outcome == "superseded"]:
        said.append(f"It takes the place of what you handed in earlier ({len(others)}).")
    if mark.lateness.units:
        late = f"Late: {mark.lateness.because}."
        if mark.mark is not None:
            late += f" {percent(mark.share_lost)} is lost"
            late += f", {mark_text(mark.lost)} of {points_text(mark.points)} points." if mark.lost else "."
        said.append(late)
    if mark.graded:
        said += [_given(m) for m in mark.graded.by_hand if not m.question]
    return said


def _question(verdict: Verdict, submitted: Notebook | None, graded: Graded | None) -> dict[str, Any]:
    exercise = BANK.get(verdict.exercise)
    if exercise is None:
        # A question that the bank no longer has, or points for the submission as a whole.
        headline, lines = f"{points(verdict.points)} of {points(verdict.out_of)} points", [verdict.message]
    else:
        headline, *lines = verdict_card(exercise, verdict).text.split("\n")
    names = exercise.names if exercise else ()
    cells = submitted.cells if submitted else ()
    return {
        "id": re.sub(r"\W+", "-", verdict.exercise) or "whole",
        "title": exercise.title if exercise else verdict.exercise or "The submission as a whole",
        "kind": verdict.outcome.replace(" ", "-"),
        "symbol": SYMBOLS[verdict.outcome],
        "outcome": headline.partition(" · ")[0],
        "lines": [without_paths(line) for line in lines],
        "by_hand": [_given(m, lines) for m in graded.by_hand if m.question == verdict.exercise] if graded else [],
        "code": [_code(source) for source in _answers([cell.source for cell in cells], names)],
        "names": listed(tuple(f"`{name}`" for name in names)) if names else "it",
        "hints": exercise.hints if exercise and verdict.outcome != "right" else (),
    }


def _given(mark: Mark, lines: Sequence[str] = ()) -> str:
    """That a person gave these points, and why, unless the lines of the verdict say that already."""
    by = f" by {one_line(mark.who)}" if mark.who else ""
    why = "" if any(mark.reason in line for line in lines) else f": {one_line(mark.reason, 500)}"
    return f"Set by hand{by} to {points(mark.points)}{why}."


def _answers(sources: Sequence[str], names: Sequence[str]) -> list[str]:
    """The cells that define one of the names; one inside a block counts only where no other does."""
    for indented in (False, True):
        found = [source for source in sources if any(defines(source, name, indented=indented) for name in names)]
        if found:
            return found
    return []


def _code(source: str) -> str:
    text = source.expandtabs(4).replace("\r\n", "\n").rstrip()
    if len(text) > MAX_CODE:
        text = f"{text[:MAX_CODE]}\n… ({len(text) - MAX_CODE} more characters)"
    # Signs that cannot be seen, such as those that turn the direction of writing, are spelt out.
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


# A path from its root on, in the way of Unix or Windows; not the line of a fraction.
_PATH = re.compile(r"""(?<![\w.\)\]/])(?:[A-Za-z]:[\\/]|\\\\|/)(?:[^\s\\/:*?"'<>|()]+[\\/])+(?=[^\s\\/:*?"'<>|()])""")


def without_paths(text: str) -> str:
    """The text with "…/" for the folders of every path: Python's messages name folders of the grading machine."""
    return _PATH.sub("…/", text)


def points_text(value: Fraction) -> str:
    """Points to hundredths, without trailing zeros."""
    return mark_text(rounded(value))


def mark_text(mark: Decimal) -> str:
    """8, 7.5, 7.25: no trailing zeros."""
    return f"{mark.normalize():f}"


def _shown_name(standing: Standing) -> str:
    return one_line(standing.name or standing.student)


def _base(received: Received) -> str:
    return one_line(PurePosixPath(received.received_as).name or received.received_as, 200)


# ---------------------------------------------------------------------------------------------------------------------
# Zips for the LMS

_MOODLE = re.compile(r"([^/\\]+_\d+_assignsubmission_(?:file|onlinetext))(_?)(/?)")


def moodle_zip(pages: Mapping[str, str]) -> bytes:
    """Moodle's "upload multiple feedback files in a zip": pages in the folders of the download.

    pages: the name of a file in Moodle's download → the page for whoever handed it in.
    """
    entries = {}
    for came_as, page in pages.items():
        found = _MOODLE.match(came_as)
        if found is not None and _harmless(came_as):
            # The flat download joins participant and file by an underscore, where the other has a folder.
            entries[f"{found[1]}{found[2]}/feedback.html" if found[3] else f"{found[1]}_feedback.html"] = page
    return _zip(entries)


def canvas_zip(notebooks: Mapping[str, str]) -> bytes:
    """Canvas's "upload submissions": feedback notebooks under the very names of the download.

    Canvas finds student and file by the two ids in the name, and shows the comment's attachment under the name that the
    student gave the file: a page would appear as "03_sigmoid.ipynb", so it is a notebook.
    notebooks: the name of a file in Canvas's download → the feedback on it.
    """
    return _zip({name: text for name, text in notebooks.items() if _harmless(name) and "/" not in name})


def _harmless(name: str) -> bool:
    return name.isprintable() and "\\" not in name and not name.startswith("/") and ".." not in name.split("/")


def _zip(entries: Mapping[str, str]) -> bytes:
    """The same bytes for the same entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            archive.writestr(zipfile.ZipInfo(name), entries[name], zipfile.ZIP_DEFLATED)
    return stream.getvalue()
