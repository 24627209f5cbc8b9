"""CLASS/manifest.csv: one row per file that was handed in, written and read without loss."""

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import fields

from course_lib.exercises.grading.classroom import ClassFolder, Received
from course_lib.exercises.grading.writing import FORMULA_STARTS, write_whole

__all__ = ["guarded", "read_manifest", "unguarded", "write_manifest"]

COLUMNS = tuple(field.name for field in fields(Received))


def write_manifest(folder: ClassFolder, rows: Iterable[Received]) -> None:
    """Put the rows into the manifest; a file that would not change is left alone."""
    stream = io.StringIO()
    # In quotation marks, since the names of files may hold line ends of any kind.
    table = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    for row in rows:
        values = vars(row) | {"address": json.dumps(dict(row.address), ensure_ascii=False, sort_keys=True)}
        table.writerow([guarded(str(values[column])) for column in COLUMNS])
    content = stream.getvalue().encode("utf-8")
    if not folder.manifest.exists() or folder.manifest.read_bytes() != content:
        write_whole(folder.manifest, content)


def read_manifest(folder: ClassFolder) -> list[Received]:
    """All that was handed in, in the order in which it was collected; empty before the first collecting.

    ValueError with the line where the file is not as `write_manifest` leaves it.
    """
    if not folder.manifest.exists():
        return []
    text = folder.manifest.read_bytes().decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        raise ValueError(
            f"{folder.manifest}: the headings are not those of a manifest ({', '.join(COLUMNS)}); "
            "put the file aside and collect again"
        )
    rows = []
    for line in reader:
        try:
            rows.append(_row(line))
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{folder.manifest}, line {reader.line_num}: {error}; put the file aside and collect again"
            ) from error
    return rows


def _row(line: list[str]) -> Received:
    value = {column: unguarded(text) for column, text in zip(COLUMNS, line, strict=True)}
    address = json.loads(value.pop("address"))
    attempt, late, turn = int(value.pop("attempt")), value.pop("late") == "True", int(value.pop("round"))
    if not all(isinstance(v, str) for v in address.values()):
        raise ValueError("the address is not made of texts")
    return Received(**value, attempt=attempt, late=late, round=turn, address=address)


def guarded(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run, so that `unguarded` gives it back.

    Names of files are looked up by what stands here: writing.cell, for reading alone, takes characters out.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text without the apostrophe that `guarded` has put before it."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


_FORMULA = re.compile(f"'*[{re.escape(''.join(FORMULA_STARTS))}]")
