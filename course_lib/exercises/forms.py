"""Forms for the notebook: radio buttons, a number field, a button, with feedback in words below.

ipywidgets and anywidget are loaded when a form is shown, so that text-only use does not need them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from course_lib.exercises.cards import Card, card, rich

if TYPE_CHECKING:
    from course_lib.exercises.items import Prediction
    from course_lib.exercises.records import Quiz


def quiz(questions: Quiz) -> Any:
    """All items below each other, each with its own button and feedback."""
    import ipywidgets as w

    blocks: list[Any] = [w.HTML(f"<strong>{rich(questions.title)}</strong>")]
    for number, item in enumerate(questions.items, start=1):
        choices = [(f"{letter}) {o.text}", letter) for letter, o in zip(item.letters, item.options, strict=True)]
        blocks.append(
            _ask(f"{number}. {item.question}", choices, f"Answer question {number}", partial(questions.answer, number))
        )
    if not questions.items:
        blocks.append(w.HTML("Nothing is due."))
    return w.VBox(blocks)


def prediction(asked: Prediction, note: Callable[[Any], Card]) -> Any:
    """One question with its options, or with a field for a number."""
    choices = [(f"{letter}) {text}", letter) for letter, text in zip(asked.letters, asked.options, strict=True)]
    return _ask(f"Your prediction: {asked.question}", choices, "That is my prediction", note)


def confirm(asked: Card, label: str, yes: Callable[[], Card]) -> Any:
    """A message with one button under it; the answer replaces the message."""
    import ipywidgets as w

    text, button = w.HTML(asked.html), w.Button(description=label, layout=_fitting())

    def pressed(_: object) -> None:
        text.value = yes().html
        button.layout.display = "none"

    button.on_click(pressed)
    return w.VBox([text, button])


def _ask(question: str, choices: list[tuple[str, str]], label: str, answer: Callable[[Any], Card]) -> Any:
    from course_lib.fields import Question

    def said(value: str) -> str:
        if not value:
            return card(["Choose one first." if choices else "Type a number first."]).html
        try:
            return answer(value).html
        except ValueError as error:
            return card([str(error)], "bad").html

    options = [(rich(text), letter) for text, letter in choices]
    return Question(rich(question), options, label, said, placeholder="" if choices else "a number")


def _fitting() -> Any:
    """As wide as its text, at the left."""
    import ipywidgets as w

    return w.Layout(width="auto", align_self="flex-start")
