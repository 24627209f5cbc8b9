"""Quiz items, recall items and predictions as data, and the boxes that bring items back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True)
class Option:
    """One choice of an item and why it is right or wrong."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Item:
    """A multiple-choice question: exactly one right option, a reason for every one."""

    id: str
    question: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        if sum(option.right for option in self.options) != 1 or len(self.options) < 2:
            raise ValueError(f"item {self.id!r} needs at least two options, exactly one of them right")
        if not all(option.why for option in self.options):
            raise ValueError(f"item {self.id!r}: every option needs its reason")

    @property
    def lesson(self) -> str:
        """The lesson's number, "03"; empty for what the course takes for granted ("prior-…"), before every lesson."""
        return self.id[:2] if self.id[:2].isdigit() else ""

    @property
    def letters(self) -> str:
        """The options' letters, "abcd"."""
        return "abcdefgh"[: len(self.options)]

    @property
    def answer(self) -> str:
        """The letter of the right option."""
        return next(letter for letter, option in zip(self.letters, self.options, strict=True) if option.right)

    def option(self, letter: object) -> Option | None:
        """The option of that letter (any case), None when there is none."""
        asked = letter.strip().lower() if isinstance(letter, str) else ""
        return dict(zip(self.letters, self.options, strict=True)).get(asked)


@dataclass(frozen=True)
class Prediction:
    """A question to commit to before the lesson shows the answer.

    `truth` is a number (right within `tolerance`) or the letter of one of `options`; `words` explains it afterwards.
    """

    id: str
    question: str
    truth: float | str
    words: str
    tolerance: float = 0.0
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.options and str(self.truth) not in self.letters:
            raise ValueError(f"prediction {self.id!r}: truth {self.truth!r} is none of the options {self.letters!r}")

    @property
    def kind(self) -> Literal["number", "choice"]:
        """What is predicted."""
        return "choice" if self.options else "number"

    @property
    def lesson(self) -> str:
        """The lesson's number, "03"."""
        return self.id[:2]

    @property
    def letters(self) -> str:
        """The options' letters; empty for a number."""
        return "abcdefgh"[: len(self.options)]


# The lessons that a lesson's card says it needs.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "00": (),
    "01": ("00",),
    "02": ("00", "01"),
    "03": ("01",),
    "06": ("03",),
    "11": ("03",),
    "17": ("00",),
    "22": ("03",),
    "24": ("03", "17", "22"),
    "27": ("03", "11", "17", "22"),
}

# Leitner's boxes: after a right answer an item moves up one box and rests longer, after a wrong one it starts again.
BOX_DAYS = (0, 1, 3, 7, 21)


@dataclass(frozen=True)
class Answered:
    """That an item was answered, when, and whether rightly."""

    item: str
    at: datetime
    right: bool


@dataclass(frozen=True)
class Card:
    """Where an item stands: its box (0 after a wrong answer) and when it is due again."""

    box: int
    due: datetime


def cards(answers: Sequence[Answered]) -> Mapping[str, Card]:
    """The card of every item ever answered, from the answers in the order in which they were given."""
    held: dict[str, Card] = {}
    for answer in answers:
        box = min(held[answer.item].box + 1 if answer.item in held else 1, len(BOX_DAYS) - 1) if answer.right else 0
        held[answer.item] = Card(box, answer.at + timedelta(days=BOX_DAYS[box]))
    return held


def due(items: Sequence[Item], answers: Sequence[Answered], now: datetime) -> list[Item]:
    """The answered items whose time has come, the most overdue first."""
    held = cards(answers)
    waiting = [item for item in items if item.id in held and held[item.id].due <= now]
    return sorted(waiting, key=lambda item: (held[item.id].due, item.id))


def recall_items(
    items: Sequence[Item], lesson: str, answers: Sequence[Answered], now: datetime, count: int = 2
) -> list[Item]:
    """Up to `count` items from lessons before `lesson`: due ones, then new ones of the lessons that it needs, then new
    ones of other lessons from which something has been answered; within each, from the nearest lesson backwards.

    A lesson can be read by whoever has read those that its card names, so nothing new is asked from any other.
    With nothing answered yet the choice depends on `lesson` alone.
    """
    earlier = [item for item in items if item.lesson < lesson]
    seen = {answer.item for answer in answers}
    fresh = sorted((item for item in earlier if item.id not in seen), key=lambda item: item.lesson, reverse=True)
    needed, met = needed_lessons(lesson), {item.lesson for item in earlier if item.id in seen}
    new = [item for item in fresh if item.lesson in needed]
    new += [item for item in fresh if item.lesson in met - needed]
    return (due(earlier, answers, now) + new)[:count]


def needed_lessons(lesson: str) -> set[str]:
    """The lessons on the card of `lesson`, those on their cards and so on; "" is what the course presupposes."""
    return {"", *(further for name in NEEDS.get(lesson, ()) for further in (name, *needed_lessons(name)))}
