"""Quizzes and progress as objects that show themselves, and what they read from and write to the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_lib.exercises import forms
from course_lib.exercises.bank import BANK, ITEMS, PREDICTIONS
from course_lib.exercises.cards import Card, card, framed, points, rich, table
from course_lib.exercises.items import Answered, Item, due, recall_items
from course_lib.exercises.store import Store, StoreError


def save(kind: str, item: str, data: Mapping[str, Any] | None = None) -> list[str]:
    """Store an event; sentences for the learner when it could not be stored or a file had to be put aside."""
    store = Store()
    try:
        store.record(kind, item, data)
    except StoreError as error:
        return [str(error)]
    return store.notices


def answers(store: Store | None = None) -> list[Answered]:
    """Every answer to a quiz or recall item, in order."""
    events = (store or Store()).events("item")
    return [Answered(event.item, event.at, bool(event.data.get("right"))) for event in events]


def recall_for(lesson: str, count: int) -> tuple[Item, ...]:
    """The items of the warm-up before `lesson`."""
    return tuple(recall_items(ITEMS, lesson, answers(), datetime.now(UTC), count))


class Quiz:
    """Multiple-choice items that show themselves as a form, and as text where there is none."""

    def __init__(self, title: str, items: Sequence[Item]) -> None:
        self.title = title
        self.items = tuple(items)

    def answer(self, number: int, letter: str) -> Card:
        """Answer item `number` (1, 2, …) with a letter; says whether it is right and why."""
        if not 1 <= number <= len(self.items):
            raise ValueError(f"there is no question {number}; they are numbered 1 to {len(self.items)}")
        item = self.items[number - 1]
        option = item.option(letter)
        if option is None:
            return card([f"Question {number} has the answers {', '.join(item.letters)}, not {letter!r}."])
        notices = save("item", item.id, {"answer": letter.strip().lower(), "right": option.right})
        return card(
            ["Right." if option.right else "Not this one.", option.why, *notices],
            "good" if option.right else "middling",
        )

    def __repr__(self) -> str:
        lines = [self.title]
        for number, item in enumerate(self.items, start=1):
            lines.append(f"\n{number}. {item.question}")
            lines += [f"   {letter}) {o.text}" for letter, o in zip(item.letters, item.options, strict=True)]
        if not self.items:
            return f"{self.title}\n\nNothing is due."
        return "\n".join([*lines, '\nAnswer with .answer(1, "a"), or choose in the form.'])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        parts = []
        for number, item in enumerate(self.items, start=1):
            choices = "".join(f"<li>{rich(option.text)}</li>" for option in item.options)
            parts.append(f'<p>{number}. {rich(item.question)}</p><ol type="a">{choices}</ol>')
        body = f"<p><strong>{rich(self.title)}</strong></p>" + ("".join(parts) or "<p>Nothing is due.</p>")
        return Card(repr(self), framed(body), lambda: forms.quiz(self))._repr_mimebundle_()


class Progress:
    """Points, quiz, predictions, solved widget tasks and due items, by lesson and overall."""

    def __init__(self, given: Sequence[Answered]) -> None:
        self.store = Store()
        self._best: dict[str, float] = {}
        for event in self.store.events("attempt"):
            self._best[event.item] = max(self._best.get(event.item, 0.0), float(event.data.get("points", 0.0)))
        self._right = {answer.item: answer.right for answer in given}
        self._made = {event.item for event in self.store.events("prediction")}
        self._came_true = {event.item: bool(event.data.get("right")) for event in self.store.events("reveal")}
        self._tasks = {event.item for event in self.store.events("task") if event.data.get("score", 0) >= 1}
        self._due = {item.id for item in due(ITEMS, given, datetime.now(UTC))}

    def rows(self) -> list[tuple[str, ...]]:
        """One row per lesson and one for all: lesson, points, quiz, predictions made, come true, widget tasks, due."""
        lessons = sorted({e.lesson for e in BANK.values()} | {p.lesson for p in PREDICTIONS.values()})
        return [self._row(lesson, lesson) for lesson in lessons] + [self._row("all", "")]

    def _row(self, label: str, start: str) -> tuple[str, ...]:
        exercises = [e for e in BANK.values() if e.id.startswith(start)]
        quiz = [i for i in ITEMS if "-quiz-" in i.id and i.id.startswith(start)]
        predictions = [p for p in PREDICTIONS if p.startswith(start)]
        compared = [self._came_true[p] for p in predictions if p in self._came_true]
        earned = sum(self._best.get(e.id, 0.0) for e in exercises)
        waiting = sum(1 for i in ITEMS if i.id in self._due and i.id.startswith(start))
        return (
            label,
            f"{points(round(earned, 2))} of {points(sum(e.points for e in exercises))}",
            f"{sum(self._right.get(i.id, False) for i in quiz)} of {len(quiz)}",
            f"{sum(p in self._made for p in predictions)} of {len(predictions)}",
            f"{sum(compared)} of {len(compared)}" if compared else "–",
            str(sum(task.startswith(start) for task in self._tasks)),
            str(waiting),
        )

    def export(self, path: str | Path) -> Card:
        """Write everything that is stored to a JSON file."""
        count = self.store.export(Path(path))
        return card([f"Written: {count} entries, to {path}."], "good")

    def reset(self, confirm: bool = False) -> Card:
        """Forget everything, after asking; `confirm=True` says yes. The old file is kept beside the new one."""
        if not confirm:
            return card(
                ["Forget all points, answers and predictions?", "If you are sure, run progress().reset(confirm=True)."]
            )
        aside = self.store.reset()
        kept = f"The old record is kept as {aside.name} in {aside.parent}." if aside else "There was nothing to forget."
        return card(["Progress starts afresh.", kept], "good")

    def __repr__(self) -> str:
        return "\n".join(["Your progress", self._table()[0], *self.store.notices])

    def _table(self) -> tuple[str, str]:
        headings = (
            "lesson",
            "exercise points",
            "quiz answers right",
            "predictions made",
            "predictions come true",
            "widget tasks solved",
            "due for recall",
        )
        return table(headings, self.rows(), "Your progress")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        notices = "".join(f"<p>{rich(notice)}</p>" for notice in self.store.notices)
        return {"text/plain": repr(self), "text/html": framed(self._table()[1] + notices)}
