"""Forms for the notebook: radio buttons, a number field, a button, with feedback in words below.

Every control is ipywidgets' own: it works with the keyboard and carries its label. ipywidgets is loaded when a form
is shown, so that text-only use does not need it.
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
    import ipywidgets as w

    field: Any = (
        w.RadioButtons(options=choices, value=None, layout=w.Layout(width="auto"))
        if choices
        else w.Text(placeholder="a number")
    )
    # The question is the field's accessible name as well as the line above it.
    field.tooltip = question
    button, feedback = w.Button(description=label, layout=_fitting()), w.HTML()

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


def _fitting() -> Any:
    """As wide as its text, at the left."""
    import ipywidgets as w

    return w.Layout(width="auto", align_self="flex-start")
