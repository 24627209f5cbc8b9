"""People's names as different systems spell them: accents, capitals, signs, and which part comes first."""

import re
import unicodedata
from itertools import pairwise

__all__ = ["is_nobody", "related", "signature", "spellings", "stretches", "words"]

_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})

# How Moodle calls a student in blind marking, in some languages of its sites.
_NOBODY = (
    "",
    "participant",
    "participante",
    "teilnehmerin",
    "deelnemer",
    "partecipante",
    "deltagare",
    "участник",
    "参与者",
)


def words(text: str) -> list[str]:
    """The words of a text in small letters without accents: "O'Neil, Łukasz" → ["oneil", "lukasz"]."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_STROKES)
    plain = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’")
    return re.findall(r"[^\W_]+", plain)


def spellings(name: str) -> set[str]:
    """A name's words run together, beginning with each of them in turn: LMSs differ in what they put first."""
    parts = words(name)
    return {"".join(parts[start:] + parts[:start]) for start in range(len(parts))}


def signature(name: str) -> str:
    """One of the spellings, the same for "O'Neil, Mary-Jane" and "Mary-Jane O'Neil"; empty for no name."""
    return min(spellings(name), default="")


def stretches(parts: list[str], longest: int = 6) -> list[list[str]]:
    """All runs of neighbouring words, up to that many."""
    return [parts[a : a + n] for a in range(len(parts)) for n in range(1, longest + 1) if a + n <= len(parts)]


def is_nobody(name: str) -> bool:
    """Is this the name of everybody in a class whose names are hidden?"""
    return name.casefold() in _NOBODY


def related(one: str, other: str) -> bool:
    """May two spellings mean the same person? One word in common is enough; a hidden or empty name fits everybody."""
    a, b = words(one), words(other)
    if not a or not b or is_nobody(one) or is_nobody(other) or sorted("".join(a)) == sorted("".join(b)):
        return True
    return not {*a, *map("".join, pairwise(a))}.isdisjoint({*b, *map("".join, pairwise(b))})
