"""What the learner has done, as a log of events in one local SQLite file.

Every action is one row that is added and never changed; progress, due items and comparisons are computed from the rows.
A crash loses at most the row being written, and a second window waits its turn. The rollback journal is used, not the
write-ahead log, because the latter does not work on network drives, where many school computers keep home folders.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

FILE_NAME = "progress.sqlite"
VERSION = 1
WAIT_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, data TEXT NOT NULL
)
"""

T = TypeVar("T")


class StoreError(Exception):
    """Progress could not be read or saved; the message says why and what to do."""


@dataclass(frozen=True)
class Event:
    """One thing the learner did: `kind` ("attempt", "prediction", "item", …), on which item, with which data."""

    at: datetime
    kind: str
    item: str
    data: Mapping[str, Any]


def default_folder() -> Path:
    """COURSE_HOME; else `.course` in the checkout; else, where that cannot be written, the user's data folder."""
    if os.environ.get("COURSE_HOME"):
        return Path(os.environ["COURSE_HOME"])
    checkout = Path(__file__).resolve().parents[2]
    beside = checkout / ".course"
    if (checkout / "requirements.txt").is_file() and os.access(beside if beside.exists() else checkout, os.W_OK):
        return beside
    import platformdirs  # comes with JupyterLab; only needed here

    return Path(platformdirs.user_data_dir("activation-loss-course", appauthor=False))


class Store:
    """The log in `folder`. Cheap to make: the file is opened for each action and closed after it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else folder
        self.path = self.folder / FILE_NAME
        self.notices: list[str] = []
        """Sentences for the learner about a file that had to be put aside."""

    def record(self, kind: str, item: str, data: Mapping[str, Any] | None = None) -> None:
        """Add one event, dated now."""
        row = (datetime.now(UTC).isoformat(), kind, item, json.dumps(data or {}, ensure_ascii=False))
        self._run(lambda c: c.execute("INSERT INTO event (at, kind, item, data) VALUES (?, ?, ?, ?)", row))

    def events(self, kind: str | None = None, item: str | None = None) -> list[Event]:
        """The events in the order in which they happened, of one kind or one item if given."""
        if not self.path.exists():
            return []
        query = "SELECT at, kind, item, data FROM event WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR item = ?2)"
        rows = self._run(lambda c: c.execute(query + " ORDER BY id", (kind, item)).fetchall())
        return [Event(datetime.fromisoformat(at), k, i, json.loads(data)) for at, k, i, data in rows]

    def export(self, path: Path) -> int:
        """Write every event to `path` as JSON; the number of events."""
        events = self.events()
        rows = [vars(event) | {"at": event.at.isoformat()} for event in events]
        text = json.dumps({"version": VERSION, "events": rows}, ensure_ascii=False, indent=1)
        # A half-written export must not replace a whole one.
        draft = path.with_name(path.name + ".part")
        try:
            draft.write_text(text + "\n", encoding="utf-8", newline="\n")
            os.replace(draft, path)
        except OSError as error:
            raise StoreError(
                f"The export could not be written to {path}: {error}. Give a folder you may write to."
            ) from error
        return len(events)

    def verify(self) -> None:
        """Open the file for writing and close it again; StoreError says why progress could not be stored."""
        self._run(lambda c: None)

    def reset(self) -> Path | None:
        """Start afresh. The old file is kept beside the new one: its path, or None when there was nothing."""
        if not self.path.exists():
            return None
        self.verify()  # waits until no other window is writing
        return self._put_aside("before-reset")

    def _run(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """The action's result, inside one transaction: all of it is saved, or nothing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            trouble = self._trouble()
            if trouble:
                aside = self._put_aside(trouble)
                what = "is damaged" if trouble == "damaged" else "was written by a newer version of the course"
                self.notices.append(
                    f"Your progress file {what}. It is kept as {aside}, and a new one has been started."
                )
            with closing(self._connect()) as connection:
                # Immediate: a second window waits here, not half-way through with a lock that the first one needs.
                connection.execute("BEGIN IMMEDIATE")
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    connection.execute(_SCHEMA)
                    connection.execute(f"PRAGMA user_version = {VERSION}")
                result = action(connection)
                connection.execute("COMMIT")
                return result
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"Your progress could not be read or saved in {self.path}: {error}. "
                "Close other windows of the course; check that the disk is not full and that you may write there."
            ) from error

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)

    def _trouble(self) -> Literal["", "damaged", "newer"]:
        """Why the file cannot be used as it is."""
        if not self.path.exists():
            return ""
        try:
            with closing(self._connect()) as connection:
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version > VERSION:
                    return "newer"
                sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
                return "" if sound else "damaged"
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                return "damaged"
            raise

    def _put_aside(self, why: str) -> Path:
        """Rename the file (and its journal) so that nothing is lost and nothing is overwritten."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self.path.with_name(f"progress.{why}-{stamp}.sqlite")
        os.replace(self.path, aside)
        journal = self.path.with_name(self.path.name + "-journal")
        if journal.exists():
            os.replace(journal, aside.with_name(aside.name + "-journal"))
        return aside
