"""Files that are there whole or not at all, and text that a spreadsheet does not run."""

import contextlib
import os
import secrets
from pathlib import Path

from course_lib.exercises.wording import one_line

__all__ = ["FORMULA_STARTS", "cell", "write_whole"]

# What OWASP lists as the beginning of a formula: the signs, their full-width forms, tab and line ends.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def write_whole(path: Path, content: str | bytes) -> None:
    """Put `content` into the file at `path`, text as UTF-8; whatever happens, the file holds the old or the new.

    Folders on the way are made. OSError when the disk is full or the folder cannot be written; nothing is left then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".draft-{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            # Some file systems rename before they write: after a power cut the file would be empty.
            os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def cell(value: object) -> object:
    """A value for a CSV file: text on one line without control characters, with an apostrophe before a formula.

    Those who hand in choose their files' names and their answers' words, and a spreadsheet runs what looks like a
    formula. Numbers stay numbers.
    """
    if not isinstance(value, str):
        return value
    text = one_line(value, 2000)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
