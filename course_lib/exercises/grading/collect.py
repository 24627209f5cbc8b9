"""Hand-ins → CLASS/submitted/STUDENT/EXERCISE.ipynb and a manifest in which every file that was received has its row.

Whose a file is comes from its path and the roster, which exercise it is from its content; where it is written comes
from these two alone. The latest attempt counts. Collecting the same again changes nothing.
"""

import errno
import hashlib
import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from shutil import copyfile, rmtree
from types import MappingProxyType
from zoneinfo import ZoneInfo

from course_lib.exercises.grading.archives import Budget, Entry, Source, Unopened, encodable, open_source
from course_lib.exercises.grading.classroom import COLLECTED, ClassFolder, Received
from course_lib.exercises.grading.manifest import read_manifest, write_manifest
from course_lib.exercises.grading.matching import Directory
from course_lib.exercises.grading.naming import (
    KINDS,
    Kind,
    clue,
    folder_name,
    is_junk,
    kind_of,
    parts,
    stem_and_attempt,
)
from course_lib.exercises.grading.read import LARGE, Unreadable, parse, without_outputs
from course_lib.exercises.grading.recognition import exercise_by_name, exercise_of, exercise_stems, stem_of
from course_lib.exercises.grading.roster import merged, parse_roster, read_roster, write_roster
from course_lib.exercises.grading.settling import OUTCOMES, READABLE, needs_person, settle

__all__ = [
    "OUTCOMES",
    "Collected",
    "collect",
    "exercise_stems",
    "needs_person",
    "read_manifest",
    "settle",
    "write_manifest",
]

_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".xz", ".bz2")
_NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json")


@dataclass(frozen=True)
class Collected:
    """What a collecting brought to light."""

    rows: tuple[Received, ...]
    """All rows of the manifest, those of earlier collectings too."""
    notes: tuple[str, ...]
    """Sentences for a person: what each source was taken for, what is odd."""


def collect(
    sources: Sequence[Path],
    into: ClassFolder,
    *,
    source_kind: Kind | None = None,
    rosters: Sequence[Path] = (),
    encoding: str | None = None,
    exercises: Sequence[str] = (),
    student: str | None = None,
    budget: Budget | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Collected:
    """Collect zips, folders and notebooks into a class.

    source_kind: whose naming rules the sources follow; None finds out. rosters: CSV files that are added to the
    class's. exercises: "03" or "03_sigmoid"; others are listed and not kept. student: whose all of it is.
    progress(done, total) counts the files of each source.
    Raises ValueError for a roster that cannot be understood, an unknown exercise, a class that another process is
    collecting into; OSError for a source that does not exist or a class folder that cannot be written.
    """
    asked = {stem_of(name) for name in exercises}
    missing = [str(path) for path in sources if not path.exists()]
    if missing:
        raise ValueError(f"there is no file or folder {', '.join(missing)}; name what the LMS gave you")
    added = [parse_roster(path.read_bytes(), path.name, encoding) for path in rosters]
    into.root.mkdir(parents=True, exist_ok=True)
    with _alone(into) as staging:
        students = read_roster(into)
        for more, _ in added:
            students = merged(students, more)
        if added:
            write_roster(into, students)
        before = read_manifest(into)
        run = _Run(Directory(students, tuple(exercise_stems().values())), asked, student, staging, before)
        run.notes += [note for _, notes in added for note in notes]
        for path in sources:
            run.add(path, into.root, source_kind, budget, progress)
        rows = run.settled()
        rows, obsolete = _placed(into, rows, before, staging)
        write_manifest(into, rows)
        # Only now: until the manifest is written, each file stands where the old one says.
        for place in obsolete:
            place.unlink(missing_ok=True)
            if place.parent != into.submitted and not any(place.parent.iterdir()):
                place.parent.rmdir()
    return Collected(tuple(rows), tuple(run.notes + _two_keys(rows)))


@contextmanager
def _alone(into: ClassFolder) -> Iterator[Path]:
    """Be the only one who collects into this class; gives a folder for what is on its way.

    SQLite's lock works on every system and ends with the process.
    """
    with ExitStack() as held:
        try:
            place = into.root / ".collecting.lock"
            lock = held.enter_context(closing(sqlite3.connect(place, timeout=0, isolation_level=None)))
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise OSError(f"{into.root} cannot be written: {error}") from error
            raise ValueError(f"something is being collected into {into.root} already; wait until it ends") from error
        staging = into.root / ".collecting"
        # Whatever a process that was killed has left.
        if staging.exists():
            rmtree(staging)
        staging.mkdir()
        try:
            yield staging
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
                raise
            kept = "what was collected before is kept. Make room and collect again"
            raise OSError(error.errno, f"{error.strerror}: {kept}", str(into.root)) from error
        finally:
            rmtree(staging)


class _Run:
    """One collecting: the rows of the manifest, those of this run in their places."""

    def __init__(
        self, directory: Directory, asked: set[str], student: str | None, staging: Path, before: Sequence[Received]
    ) -> None:
        self.directory, self.asked, self.student, self.staging = directory, asked, student, staging
        self.rows = list(before)
        self.notes: list[str] = []
        self._round = 1 + max((row.round for row in before), default=0)
        # A file that comes again takes its old row; the same name and content twice in one source are two rows.
        self._known: dict[tuple[str, ...], int] = {}
        again: Counter[tuple[str, ...]] = Counter()
        for place, row in enumerate(before):
            key = (row.source, row.received_as, row.sha256)
            self._known[*key, str(again[key])] = place
            again[key] += 1
        self._seen: Counter[tuple[str, ...]] = Counter()

    def add(
        self,
        path: Path,
        leave_out: Path,
        kind: Kind | None,
        budget: Budget | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Read one source."""
        try:
            opened = open_source(path, leave_out, budget)
        except Unopened as trouble:
            name = encodable(path.name)
            self._put(Received(name, name, trouble.outcome, trouble.message))
            return
        with opened as source:
            self._forgive(source.name)
            shown = [entry.path for entry in source.entries]
            stems = self.directory.stems
            if kind is None:
                found, fits, of = kind_of(shown, stems)
                self.notes.append(f"{source.name}: {_TAKEN[found]} ({fits} of {of} names fit).")
            else:
                found = kind
            stamps = _time_stamps(source) if found == "nbgrader" else {}
            submitted = found == "nbgrader" and any("submitted" in parts(name)[:-1] for name in shown)
            for place, entry in enumerate(source.entries):
                if submitted and "submitted" not in parts(entry.path)[:-1]:
                    row = Received(entry.path, source.name, "ignored", "It is not under submitted/.")
                else:
                    row = self._received(source, place, entry, found, stamps)
                self._put(row)
                if progress is not None:
                    progress(place + 1, len(source.entries))

    def _forgive(self, source: str) -> None:
        """A source that could not be opened before, and can now, needs nobody any more."""
        for place, row in enumerate(self.rows):
            if row.received_as == row.source == source and not row.address:
                self.rows[place] = replace(row, outcome="ignored", message="It could be read later.")

    def _put(self, row: Received) -> None:
        key = (row.source, row.received_as, row.sha256)
        place = self._known.get((*key, str(self._seen[key])))
        self._seen[key] += 1
        if place is None:
            self.rows.append(replace(row, round=self._round))
        else:
            self.rows[place] = replace(row, round=self.rows[place].round)

    def _received(self, source: Source, place: int, entry: Entry, kind: Kind, stamps: Mapping[str, str]) -> Received:
        """The row of one entry, with its content put aside if it is a notebook that may count."""
        found = clue(entry.path, kind)
        address = {"lms": kind, **found.address}
        if self.student is not None:
            address["student"] = self.student
        row = Received(
            entry.path,
            source.name,
            COLLECTED,
            attempt=stem_and_attempt(found.file)[1],
            late=found.late,
            submitted_at=stamps.get("/".join(parts(entry.path)[:-1]), ""),
            address=address,
        )
        if is_junk(entry.path):
            return replace(row, outcome="ignored", address={})
        name = found.file.casefold()
        if entry.trouble:
            return replace(row, outcome=entry.trouble, message=entry.message, exercise=exercise_by_name(found.file))
        if not name.endswith(_NOTEBOOKS):
            if name.endswith(_ARCHIVES):
                return replace(row, outcome="archive", message="Unpack it, or ask for the notebook itself.")
            return replace(row, outcome="attachment")
        try:
            content = source.read(place)
        except Unopened as trouble:
            return replace(row, outcome=trouble.outcome, message=trouble.message, exercise=exercise_by_name(found.file))
        return self._of_notebook(row, found.file, content)

    def _of_notebook(self, row: Received, file: str, content: bytes) -> Received:
        if len(content) > LARGE:
            content = without_outputs(content)
        row = replace(row, sha256=hashlib.sha256(content).hexdigest())
        notebook = parse(content, file)
        if isinstance(notebook, Unreadable):
            return replace(row, outcome=notebook.reason, message=notebook.message, exercise=exercise_by_name(file))
        exercise, outcome, message = exercise_of(notebook, file, self.asked)
        row = replace(row, exercise=exercise, outcome=outcome, message=message)
        if outcome == COLLECTED:
            place = self.staging / row.sha256
            if not place.exists():
                place.write_bytes(content)
        return row

    def settled(self) -> list[Received]:
        """The rows with their students as the roster knows them now, and their outcomes against each other."""
        return settle([_identified(row, self.directory) for row in self.rows])


_TAKEN: Mapping[Kind, str] = MappingProxyType(
    {
        "canvas": "taken for a download of all submissions from Canvas",
        "moodle": "taken for a download of all submissions from Moodle",
        "nbgrader": "taken for nbgrader's folders",
        "folder": "taken for a plain folder",
    }
)


def _identified(row: Received, directory: Directory) -> Received:
    """The row with its student; of a readable file without one the outcome is "unmatched"."""
    kind = next((each for each in KINDS if each == row.address.get("lms")), None)
    if kind is None:
        return row
    if given := row.address.get("student"):
        match = directory.named(given)
    else:
        match = directory.find(clue(row.received_as, kind))
    if row.outcome not in READABLE:
        return replace(row, student=match.student, name=match.name)
    outcome, message = (COLLECTED, "") if match.student else ("unmatched", match.message)
    return replace(row, student=match.student, name=match.name, outcome=outcome, message=message)


def _placed(
    into: ClassFolder, rows: Sequence[Received], before: Sequence[Received], staging: Path
) -> tuple[list[Received], list[Path]]:
    """The rows with the places of their files, which are put there; and files that no row names any more."""
    folders = _folders(rows, before)
    old = {row.sha256: row.file for row in before if row.file}
    result = []
    moves: list[tuple[Path, Path]] = []
    for row in rows:
        if row.outcome != COLLECTED:
            result.append(replace(row, file=""))
            continue
        file = f"{into.submitted.name}/{folders[row.student]}/{row.exercise}.ipynb"
        content = _content(into, row, staging / row.sha256, old.get(row.sha256, ""))
        if content is None:
            message = f"It counts now, but was not kept. Collect {row.source} again."
            result.append(replace(row, file="", outcome="not at hand", message=message))
            continue
        if content.parent != staging:
            # Before any file is replaced: it may stand where another one goes.
            content = Path(copyfile(content, staging / f"kept-{len(moves)}"))
        moves.append((content, into.root / file))
        result.append(replace(row, file=file))
    for staged, place in moves:
        if not place.is_file() or place.read_bytes() != staged.read_bytes():
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = staging / "copy"
            copyfile(staged, copy)
            with copy.open("rb+") as stream:
                # Some file systems rename before they write: after a power cut the file would be empty.
                os.fsync(stream.fileno())
            copy.replace(place)
    named = {row.file for row in result}
    return result, [into.root / row.file for row in before if row.file and row.file not in named]


def _content(into: ClassFolder, row: Received, staged: Path, same: str) -> Path | None:
    """The file with a row's content: its own of before, the one that has come now, or another of the same content."""
    own, other = into.root / row.file, into.root / same
    # A row has a file only when its source was not given again; a person may have mended it there.
    if row.file and own.is_file():
        return own
    if staged.exists():
        return staged
    if same and other.is_file() and hashlib.sha256(other.read_bytes()).hexdigest() == row.sha256:
        return other
    return None


def _folders(rows: Sequence[Received], before: Sequence[Received]) -> dict[str, str]:
    """Student → folder. Where two differ in case only, which some systems do not tell apart, the later has a mark."""
    folders = {row.student: PurePosixPath(row.file).parent.name for row in before if row.file}
    taken = {name.casefold() for name in folders.values()}
    for student in dict.fromkeys(row.student for row in rows if row.outcome == COLLECTED):
        if student in folders:
            continue
        name = folder_name(student)
        if name.casefold() in taken:
            name = f"{name}~{hashlib.sha256(student.encode()).hexdigest()[:16]}"
        folders[student] = name
        taken.add(name.casefold())
    return folders


def _time_stamps(source: Source) -> dict[str, str]:
    """Folder → when it was handed in, from nbgrader's time stamps: "2026-11-20 14:03:11.250000 Europe/Berlin"."""
    stamps = {}
    for place, entry in enumerate(source.entries):
        if entry.path.endswith("/timestamp.txt") and not entry.trouble and entry.size < 200:
            try:
                stamps["/".join(parts(entry.path)[:-1])] = _utc(source.read(place).decode("ascii").strip())
            except (Unopened, ValueError, KeyError, OSError):
                # Without a time, the order of collecting decides.
                continue
    return stamps


def _utc(text: str) -> str:
    """ISO 8601 in UTC, so that times compare as texts. ValueError for what is no time."""
    date, _, zone = text.rpartition(" ")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        # Windows may have no names of zones.
        moment = datetime.fromisoformat(date).replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _two_keys(rows: Sequence[Received]) -> list[str]:
    """Moodle gives a student another number for each assignment, which only a roster can join."""
    keys = defaultdict(set)
    for row in rows:
        # Whom a roster knows has its key; two of one name are two people then.
        if row.outcome == COLLECTED and row.name and row.student == row.address.get("moodle_participant"):
            keys[row.name].add(row.student)
    double = [name for name, found in keys.items() if len(found) > 1]
    if not double:
        return []
    return [
        f"{len(double)} names from Moodle have several numbers, as {double[0]}: Moodle numbers students anew for each "
        "assignment. Give --roster the grading worksheet of each, so that one student is one row."
    ]
