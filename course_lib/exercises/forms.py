"""Forms for the notebook: radio buttons, a number field, a button, with feedback in words below.

They work with the keyboard, carry their labels, and the feedback is read out. ipywidgets and anywidget are loaded when
a form is shown, so that text-only use does not need them.
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

    from course_lib.fields import Button, Words

    text, button = Words(value=asked.html), Button(label)

    def pressed(_: object) -> None:
        text.value = yes().html
        box.children = (text,)

    button.on_click(pressed)
    box = w.VBox([text, button])
    return box


def _ask(question: str, choices: list[tuple[str, str]], label: str, answer: Callable[[Any], Card]) -> Any:
    import ipywidgets as w

    from course_lib.fields import Button, Radios, Words

    # The question is the field's accessible name as well as the line above it.
    field: Any = Radios(question, choices) if choices else w.Text(placeholder="a number", tooltip=question)
    button, feedback = Button(label), Words()

    def pressed(_: object) -> None:
        if field.value in (None, ""):
            feedback.value = card(["Choose one first." if choices else "Type a number first."]).html
            return
        try:
            feedback.value = answer(field.value).html
        except ValueError as error:
            feedback.value = card([str(error)], "bad").html

    button.on_click(pressed)
    return w.VBox([w.HTML(f"<p>{rich(question)}</p>"), field, button, feedback])
