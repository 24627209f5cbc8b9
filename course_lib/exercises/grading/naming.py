"""What a file's path says of who handed it in: the naming rules of Canvas, Moodle and nbgrader, and of plain folders.

Canvas (lib/content_zipper.rb): NAME_[LATE_]USER_ATTACHMENT_FILE; anonymous: [LATE_]anon_ID_ATTACHMENT_FILE; a text
entry or a link has no attachment and ends in _text.html or _link.html. NAME is the sortable name in small letters
without blanks and signs. Moodle (mod/assign/classes/downloader.php): NAME_PARTICIPANT_assignsubmission_file/FILE, up to
version 4.0 with an underscore before the slash; without folders the slash is an underscore; a team has its own number.
nbgrader: submitted/STUDENT/ASSIGNMENT/FILE.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

__all__ = ["KINDS", "Clue", "Kind", "clue", "folder_name", "is_junk", "kind_of", "parts", "stem_and_attempt"]

Kind = Literal["folder", "canvas", "moodle", "nbgrader"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Nearly every anonymous ID holds a letter. One of digits alone is taken for the number of a student who is called Anon:
# it tells students apart all the same.
_CANVAS = re.compile(
    r"(?P<late_first>LATE_(?=anon_))?"
    r"(?:anon_(?P<anonymous>(?!LATE_)(?=[0-9]*[^\W\d_])[^\W_]+)|(?P<name>\w*?)_(?P<late>LATE_)?(?P<user>[0-9]{1,20}))"
    r"_(?:(?P<attachment>[0-9]{1,20})_(?P<file>.+)|(?P<entry>text|link)\.html)",
    re.DOTALL,
)
_MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<participant>[0-9]{1,20}))?_assignsubmission_(?P<plugin>[a-z]+)(?:_?/|_)(?P<file>[^/].*)",
    re.DOTALL,
)
# A browser, Canvas and a file manager each have their way to say that the name was taken: -1, -UUID, (1), " copy".
_AGAIN = re.compile(
    r"(?: ?\((?P<bracket>\d{1,2})\)|-(?P<dash>\d{1,2})|-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}| - Copy)$"
)
_JUNK_FILES = {"timestamp.txt", "thumbs.db", "desktop.ini", ".ds_store"}
_JUNK_FOLDERS = {"__macosx", ".ipynb_checkpoints", ".git", "__pycache__", ".virtual_documents"}
_MANY_ATTEMPTS = 99


@dataclass(frozen=True)
class Clue:
    """What one path tells, before any roster is asked."""

    file: str
    """The file's own name, as the student chose it."""
    kind: Kind = "folder"
    student: str = ""
    """The id that the LMS or the folder gives; empty where the path has none."""
    name: str = ""
    late: bool = False
    address: Mapping[str, str] = field(default_factory=dict)
    """The ids by their kinds: "canvas_id", "canvas_attachment", "moodle_participant" …"""
    folders: tuple[str, ...] = ()
    """The folders on the way, where they may name the student."""


def parts(path: str) -> tuple[str, ...]:
    """The folders and the name of a path in a zip; some zips are written with backslashes."""
    return tuple(part for part in path.replace("\\", "/").split("/") if part not in ("", "."))


def is_junk(path: str) -> bool:
    """Is it what systems leave behind, not what a student hands in?"""
    folded = [part.casefold() for part in parts(path)]
    if not folded:
        return False
    return folded[-1] in _JUNK_FILES or folded[-1].startswith("._") or not _JUNK_FOLDERS.isdisjoint(folded)


def kind_of(paths: Sequence[str], stems: Iterable[str]) -> tuple[Kind, int, int]:
    """Where a zip or folder with these paths comes from, how many of its files are named so, and of how many."""
    known = {stem.casefold() for stem in stems}
    # nbgrader leaves a time stamp beside each hand-in.
    stamped = {
        split[-2].casefold() for path in paths if (split := parts(path))[-1:] == ("timestamp.txt",) and split[1:]
    }
    names = [split for path in paths if not is_junk(path) and (split := parts(path))]
    fits: dict[Kind, int] = {
        "moodle": sum("_assignsubmission_" in "/".join(name) for name in names),
        "canvas": sum(_CANVAS.fullmatch(name[-1]) is not None for name in names),
        "nbgrader": sum(_is_nbgrader(name, known | stamped) for name in names),
    }
    best = max(fits, key=lambda kind: fits[kind])
    # Files named otherwise are then listed one by one; only when they are the most is it something else.
    if 2 * fits[best] > len(names):
        return best, fits[best], len(names)
    return "folder", len(names), len(names)


def _is_nbgrader(name: Sequence[str], assignments: set[str]) -> bool:
    if len(name) < 3 or not name[-1].casefold().endswith(".ipynb"):
        return False
    # An assignment has its own folder, and the notebook in it usually the same name.
    return name[-2].casefold() in assignments or (len(name) >= 4 and name[-4] == "submitted")


def clue(path: str, kind: Kind) -> Clue:
    """What `path` tells under the naming rules of `kind`; a Clue without a student where it follows none."""
    split = parts(path)
    if not split:
        return Clue("", kind)
    if kind == "canvas":
        return _canvas(split[-1])
    if kind == "moodle":
        return _moodle(split)
    if kind == "nbgrader" and len(split) >= 3:
        return Clue(split[-1], kind, split[-3], split[-3], address={"nbgrader_id": split[-3]})
    return Clue(split[-1], kind, folders=split[:-1])


def _canvas(name: str) -> Clue:
    found = _CANVAS.fullmatch(name)
    if found is None:
        return Clue(name, "canvas")
    late = bool(found["late"] or found["late_first"])
    address = {"canvas_attachment": found["attachment"]} if found["attachment"] else {}
    file = found["file"] or f"{found['entry']}.html"
    if found["anonymous"]:
        student = f"anon_{found['anonymous']}"
        return Clue(file, "canvas", student, "", late, {"canvas_anonymous": found["anonymous"], **address})
    return Clue(file, "canvas", found["user"], found["name"], late, {"canvas_id": found["user"], **address})


def _moodle(split: tuple[str, ...]) -> Clue:
    # The zip may have been unpacked into a folder of its own; what a student's own folders are called comes later.
    at = next((place for place, part in enumerate(split) if "_assignsubmission_" in part), len(split) - 1)
    found = _MOODLE.fullmatch("/".join(split[at:]))
    if found is None:
        return Clue(split[-1], "moodle")
    address = {"folder": split[at]} if at + 1 < len(split) else {}
    # A team that nobody was put into has a name and no number: it is not known whose work that is.
    if found["participant"] is None:
        return Clue(parts(found["file"])[-1], "moodle", "", found["name"], address=address)
    address["moodle_participant"] = found["participant"]
    return Clue(parts(found["file"])[-1], "moodle", found["participant"], found["name"], address=address)


def stem_and_attempt(file: str) -> tuple[str, int]:
    """A file's name without its ending and the mark of a second upload, and which upload it is, counted from 1."""
    # Browsers add an ending to what they do not know.
    whole = re.sub(r"(\.ipynb)\.(txt|json)$", r"\1", file, flags=re.IGNORECASE)
    stem = whole.rpartition(".")[0] or whole
    found = _AGAIN.search(stem)
    if found is None:
        return stem, 1
    number = found["bracket"] or found["dash"]
    # Canvas gives up counting after the eighth and writes a random mark.
    attempt = int(number) + 1 if number else (2 if stem.endswith("Copy") else _MANY_ATTEMPTS)
    return stem[: found.start()], attempt


_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")}
_LONGEST = 100  # bytes of a folder's name; Windows ends whole paths at 260


def folder_name(key: str) -> str:
    """A name for a student's folder that every system can hold: the key itself where that can be, else spelt with %.

    Different keys give different names, apart from keys that differ in case only.
    """
    normal = unicodedata.normalize("NFC", key)
    spelt = "".join(c if c.isprintable() and c not in '/\\:*?"<>|%~' else _spelt(c) for c in normal)
    if spelt[:1] in (".", " ", "-") or spelt.partition(".")[0].rstrip().casefold() in _DEVICES:
        spelt = _spelt(spelt[0]) + spelt[1:]
    if spelt[-1:] in (".", " "):
        spelt = spelt[:-1] + _spelt(spelt[-1])
    if len(spelt.encode("utf-8", "surrogatepass")) > _LONGEST or not spelt or normal != key:
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        start = spelt.encode("utf-8", "surrogatepass")[: _LONGEST - 20].decode("utf-8", "ignore")
        return f"{start}~{digest}"
    return spelt


def _spelt(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
