"""A catalogue: entries by name, in the order of the course, with an error that helps."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from course_lib.spec import Activation, Loss

Entry = TypeVar("Entry", Activation, Loss)


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
            close = difflib.get_close_matches(str(name).lower(), self._entries, n=1, cutoff=0.5)
            advice = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(self._entries)}"
            raise ValueError(f"unknown {self.kind} {name!r}; {advice}") from None
