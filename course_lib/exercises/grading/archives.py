"""A zip, a folder or a file as a list of what is in it, to be read one by one. Nothing is ever unpacked to the disk.

Names and contents are chosen by those who hand in: a path is data here, never a place to write to.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from course_lib.exercises.grading.naming import parts
from course_lib.exercises.grading.read import MAX_BYTES

__all__ = ["Budget", "Entry", "Source", "Unopened", "encodable", "open_source"]

LONGEST_PATH = 4_096


@dataclass(frozen=True)
class Budget:
    """How much is read of one zip or folder."""

    flat: int = 4_000_000_000
    """Bytes of a zip's notebooks, unpacked. The smallest are read first, so that a bomb harms nobody else."""
    per_byte: int = 20
    """And so many for each byte of the zip; notebooks are packed to a fifth."""
    file_bytes: int = MAX_BYTES
    """Of one file with its outputs; it stands in memory once."""
    files: int = 100_000
    """Entries in all; with more it is no class's hand-in."""


@dataclass(frozen=True)
class Entry:
    """One file in a source, not yet read."""

    path: str
    """As it stands there."""
    size: int
    trouble: str = ""
    """Why it is not read: an outcome's name."""
    message: str = ""


class Unopened(Exception):
    """A source or an entry cannot be read: the outcome's name and a sentence."""

    def __init__(self, outcome: str, message: str) -> None:
        super().__init__(message)
        self.outcome, self.message = outcome, message


class Source(Protocol):
    """What was named on the command line."""

    name: str
    entries: list[Entry]

    def read(self, place: int) -> bytes:
        """The content of the entry at that place; Unopened where there is none."""


def open_source(path: Path, leave_out: Path, budget: Budget | None = None) -> AbstractContextManager[Source]:
    """The zip, folder or single file at `path`, opened; Unopened for a zip that cannot be.

    leave_out: a folder that is passed over when it lies within. OSError for what does not exist.
    """
    budget = budget or Budget()
    if path.is_dir():
        return _Folder(path, leave_out, budget)
    if path.suffix.casefold() == ".zip" or zipfile.is_zipfile(path):
        return _Zip(path, budget)
    return _Single(path, budget)


class _Folder(AbstractContextManager[Source]):
    def __init__(self, root: Path, leave_out: Path, budget: Budget) -> None:
        self.name = encodable(root.resolve().name or str(root.resolve()))
        self._paths, self._budget = sorted(_walk(root, leave_out.resolve())), budget
        if len(self._paths) > budget.files:
            more = f"{self.name} holds more than {budget.files} files (--files)"
            raise Unopened("zip bomb", f"{more}; give the folder of the hand-ins.")
        self.entries = [_entry_of(path, path.relative_to(root).as_posix(), budget) for path in self._paths]

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""

    def read(self, place: int) -> bytes:
        return _content(self._paths[place], self._budget)


class _Single(AbstractContextManager[Source]):
    def __init__(self, path: Path, budget: Budget) -> None:
        self.name = encodable(path.name)
        self._path, self._budget = path, budget
        self.entries = [_entry_of(path, path.name, budget)]

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""

    def read(self, place: int) -> bytes:
        return _content(self._path, self._budget)


def _walk(root: Path, leave_out: Path) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        raise error

    for here, folders, files in os.walk(root, onerror=stop):
        place = Path(here)
        links = [name for name in folders if (place / name).is_symlink()]
        folders[:] = [name for name in folders if name not in links and (place / name).resolve() != leave_out]
        yield from (place / name for name in (*files, *links))


def _entry_of(path: Path, shown: str, budget: Budget) -> Entry:
    shown = encodable(shown)
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        what = "a link" if stat.S_ISLNK(status.st_mode) else "no regular file"
        return Entry(shown, 0, "not a file", f"It is {what}; hand in the file itself.")
    return _bounded(shown, status.st_size, budget)


def _bounded(path: str, size: int, budget: Budget) -> Entry:
    if size <= budget.file_bytes:
        return Entry(path, size)
    read = f"{budget.file_bytes / 1e6:.0f} MB that are read (--received-size)"
    return Entry(path, size, "too big", f"It has {size / 1e6:.0f} MB, more than the {read}.")


def _content(path: Path, budget: Budget) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(budget.file_bytes)
    except OSError as error:
        raise Unopened("damaged", f"It could not be read: {error.strerror or error}.") from error


class _Zip(AbstractContextManager[Source]):
    def __init__(self, path: Path, budget: Budget) -> None:
        self.name = encodable(path.name)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, ValueError) as error:
            raise Unopened("damaged", f"{self.name} is not a whole zip ({error}); download it again.") from error
        # Not is_dir(), which has no answer for an empty name.
        self._infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        if len(self._infos) > budget.files:
            self._zip.close()
            held = f"it holds {len(self._infos)} files, more than {budget.files}"
            raise Unopened("zip bomb", f"{self.name} says that {held} (--files); nothing was read.")
        self.entries = [_entry_in(info, budget) for info in self._infos]
        self._refuse_beyond(budget.flat + budget.per_byte * path.stat().st_size)

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def _refuse_beyond(self, bytes_in_all: int) -> None:
        """Mark the largest entries until the others stay within the budget."""
        left = bytes_in_all
        for place in sorted(range(len(self.entries)), key=lambda place: self.entries[place].size):
            entry = self.entries[place]
            if entry.trouble or not entry.path.casefold().endswith(".ipynb"):
                continue
            left -= entry.size
            if left < 0:
                message = (
                    f"The zip's notebooks would have more than {bytes_in_all / 1e9:.1f} GB (--unpacked-size); "
                    "this one was not read."
                )
                self.entries[place] = Entry(entry.path, entry.size, "zip bomb", message)

    def read(self, place: int) -> bytes:
        try:
            with self._zip.open(self._infos[place]) as stream:
                # zipfile ends at the size that the entry declares and compares its checksum.
                return stream.read()
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise Unopened("damaged", f"It is damaged in the zip ({error}).") from error


def _entry_in(info: zipfile.ZipInfo, budget: Budget) -> Entry:
    path = _zip_name(info)
    mode = info.external_attr >> 16
    if reason := _unsafe(path):
        return Entry(path, 0, "unsafe path", f"Its path {reason}; no LMS writes that.")
    if info.flag_bits & 1:
        return Entry(path, 0, "encrypted", "It is encrypted in the zip; ask for it without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Others may ask for gigabytes of memory before the first byte.
        return Entry(path, 0, "damaged", "It is packed in a way that no LMS uses; unpack the zip and give the folder.")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return Entry(path, 0, "not a file", "It is a link or a device, not a file; hand in the file itself.")
    return _bounded(path, info.file_size, budget)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The entry's name; where the zip does not say that it is UTF-8, it often is all the same."""
    if info.flag_bits & 0x800:
        return encodable(info.filename)
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return encodable(info.filename)


def _unsafe(path: str) -> str:
    if path.startswith(("/", "\\")) or path[1:2] == ":":
        return "begins at the root of a disk"
    if ".." in parts(path):
        return "leads out of its folder"
    if not parts(path) or len(path) > LONGEST_PATH:
        return "is empty or endless"
    return ""


def encodable(name: str) -> str:
    """A name that can be written anywhere: bytes that are no text are spelt out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
