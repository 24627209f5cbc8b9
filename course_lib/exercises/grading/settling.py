"""What became of each file: which of several attempts counts, and what a person must look at. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType

from course_lib.exercises.grading.classroom import COLLECTED, Received
from course_lib.exercises.grading.naming import stem_and_attempt

__all__ = ["OUTCOMES", "READABLE", "SETTLED", "needs_person", "settle"]

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        COLLECTED: "counts for its student and exercise",
        "superseded": "a later attempt counts",
        "duplicate": "the same content was handed in before and counts",
        "ambiguous": "several files for one exercise, and nothing tells which is the latest",
        "unmatched": "nothing tells whose it is",
        "not at hand": "counts, but its file is no longer there; collect its source again",
        "course notebook": "a notebook of the course, not its exercise",
        "unknown lesson": "nothing tells which exercise it is",
        "not asked for": "another exercise than those that were asked for",
        "empty": "an empty file",
        "truncated": "a notebook that stops in the middle",
        "not JSON": "no notebook, whatever its name says",
        "not a notebook": "JSON that is no notebook",
        "too big": "too big to be read",
        "not a file": "a link, a device or a pipe",
        "encrypted": "encrypted in the zip",
        "damaged": "damaged",
        "unsafe path": "a path that leads out of its folder",
        "archive": "an archive inside what was handed in, not opened",
        "zip bomb": "a zip that would fill the disk",
        "attachment": "something else than a notebook",
        "ignored": "left behind by a system or an LMS, not handed in",
    }
)
"""What can become of a file, in words."""

SETTLED = frozenset({COLLECTED, "superseded", "duplicate", "ignored"})
# What a change of the roster or a further attempt can turn into each other; the rest is a fact about the file.
READABLE = frozenset({COLLECTED, "superseded", "duplicate", "ambiguous", "unmatched", "not at hand"})


def settle(rows: Sequence[Received]) -> list[Received]:
    """The rows, with one that counts for each student and exercise; pure."""
    result = list(rows)
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.outcome in READABLE and row.outcome != "unmatched":
            groups[row.student, row.exercise].append(place)
    for places in groups.values():
        leading = _leading(rows, sorted(places, key=lambda place: (rows[place].round, place)))
        for place in places:
            row = rows[place]
            if place in leading:
                several = "Nothing tells which is the latest: {}. Collect the one that counts by itself."
                names = ", ".join(rows[each].received_as for each in leading[:5])
                outcome, message = (COLLECTED, "") if len(leading) == 1 else ("ambiguous", several.format(names))
            elif row.sha256 in {rows[each].sha256 for each in leading}:
                outcome, message = "duplicate", f"The same content as {rows[leading[0]].received_as}."
            else:
                outcome, message = "superseded", f"A later attempt counts: {rows[leading[0]].received_as}."
            result[place] = replace(row, outcome=outcome, message=message)
    return result


def _leading(rows: Sequence[Received], places: Sequence[int]) -> list[int]:
    """The latest of these, several if nothing tells; of the same content in a row the first, which may be in time."""
    leading: list[int] = []
    for turn, place in enumerate(places):
        row = rows[place]
        same = [each for each in leading if rows[each].sha256 == row.sha256]
        signs = [_later(rows[each], row, turn) for each in leading if each not in same]
        if same:
            # Handed in again, it comes after the others.
            leading = same if all(sign > 0 for sign in signs) else leading
            continue
        if all(sign > 0 for sign in signs):
            leading = [place]
        elif not any(sign < 0 for sign in signs):
            leading.append(place)
    return leading


def _later(one: Received, other: Received, distance: int) -> int:
    """Above zero if `other` is later than `one`, below if earlier, zero if nothing tells.

    distance: how far `other` stands behind it in the manifest.
    """
    if one.submitted_at and other.submitted_at and one.submitted_at != other.submitted_at:
        return 1 if other.submitted_at > one.submitted_at else -1
    numbers = [row.address.get("canvas_attachment", "") for row in (one, other)]
    if all(numbers) and numbers[0] != numbers[1]:
        return int(numbers[1]) - int(numbers[0])
    if one.round != other.round:
        return other.round - one.round
    if one.source != other.source or one.received_as == other.received_as:
        return distance
    if _without_mark(one.received_as) == _without_mark(other.received_as):
        return other.attempt - one.attempt
    return 0


def _without_mark(path: str) -> tuple[str, str]:
    place = PurePosixPath(path)
    return str(place.parent), stem_and_attempt(place.name)[0].casefold()


def needs_person(rows: Iterable[Received]) -> list[Received]:
    """The rows that a person must look at.

    Not among them: what counts or gave way to what counts, what stands beside a notebook that counts, and a broken
    file that was followed by one that counts.
    """
    rows = list(rows)
    counting = {(row.student, row.exercise): place for place, row in enumerate(rows) if row.outcome == COLLECTED}
    provided = {student for student, _ in counting}

    def is_settled(place: int, row: Received) -> bool:
        if row.outcome in ("attachment", "archive"):
            return row.student in provided
        winner = counting.get((row.student, row.exercise))
        if row.outcome in READABLE or winner is None:
            return row.outcome in SETTLED
        return row.outcome in SETTLED or _later(row, rows[winner], winner - place) > 0

    return [row for place, row in enumerate(rows) if not is_settled(place, row)]
