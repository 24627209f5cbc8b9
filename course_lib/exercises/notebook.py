"""The notebook's face: check, hint, solution, predict, reveal, quiz, recall and progress.

`check`, `hint`, `solution`, `predict` and `reveal` show what they have to say wherever they stand in a cell; `quiz`,
`recall` and `progress` give an object that shows itself at the end of a cell and has methods.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import itertools
import os
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from IPython.display import display

from course_lib.exercises import bank, forms, inside_nbgrader
from course_lib.exercises.bank import ITEMS, PREDICTIONS
from course_lib.exercises.borrowed import library_calls
from course_lib.exercises.cards import Card, card, verdict_card
from course_lib.exercises.items import Prediction
from course_lib.exercises.judging import judge
from course_lib.exercises.limits import time_limit
from course_lib.exercises.model import (
    LIBRARY_CALL,
    PUBLIC_SEED,
    Exercise,
    Observation,
    Verdict,
    observe,
    probes_for,
)
from course_lib.exercises.records import Progress, Quiz, answers, recall_for, save
from course_lib.exercises.store import Store, StoreError
from course_lib.exercises.wording import show_number
from course_lib.scored import on_solved

P = ParamSpec("P")
R = TypeVar("R")


def _kindly(function: Callable[P, R]) -> Callable[P, R | None]:
    """Show a sentence instead of a traceback from our side. COURSE_STRICT=1, as tests set it, raises as usual."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            # nbgrader would take a friendly sentence for a test that passed.
            if os.environ.get("COURSE_STRICT") == "1" or inside_nbgrader.running():
                raise
            if isinstance(error, (ValueError, StoreError)):
                lines = [f"{str(error)[:1].upper()}{str(error)[1:]}"]
            else:
                lines = [
                    "Something went wrong in the course's own code, not in your answer.",
                    f"Please report this: {type(error).__name__}: {error} (in {function.__name__}).",
                ]
            display(card(lines, "bad"))
            return None

    return guarded


@_kindly
def check(exercise_id: str) -> float | None:
    """Look at the answer to an exercise and say what is right, what is not, and what to do next.

    Gives None; inside nbgrader, the points (see `inside_nbgrader`).
    """
    exercise = bank.get(exercise_id)
    verdict = verdict_on(exercise, _callers_names(), inside_nbgrader.seed())
    data = {"outcome": verdict.outcome, "points": verdict.points, "misconception": verdict.misconception}
    attempted = verdict.outcome != "not attempted" and not inside_nbgrader.running()
    shown = verdict_card(exercise, verdict, save("attempt", exercise.id, data) if attempted else [])
    display(shown)
    return inside_nbgrader.mark(verdict, shown.text)


def verdict_on(exercise: Exercise, names: Mapping[str, Any], seed: int = PUBLIC_SEED) -> Verdict:
    """The verdict on the answer found in `names`, at the inputs of `seed` and within the exercise's time limit."""
    probes = probes_for(exercise, seed)
    borrowed = library_calls(names.get(exercise.name), exercise.libraries) if exercise.kind == "function" else ()
    if borrowed:
        observations = (Observation("raised", error=LIBRARY_CALL, message=borrowed[0]),) * len(probes)
    else:
        observations = observe(names, probes, functools.partial(time_limit, exercise.time_limit))
    return judge(exercise, observations, seed)


@_kindly
def hint(exercise_id: str) -> None:
    """The next hint: first a question, last nearly the answer."""
    exercise = bank.get(exercise_id)
    given = 0
    with contextlib.suppress(StoreError):  # without a record every call gives the first hint; `save` below says why
        given = len(Store().events("hint", exercise.id))
    number = min(given, len(exercise.hints) - 1)
    last = number == len(exercise.hints) - 1
    more = (
        f'That is the last one. solution("{exercise.id}") shows an answer.'
        if last
        else "Call it again for the next one."
    )
    notices = save("hint", exercise.id)
    display(
        card([f"Hint {number + 1} of {len(exercise.hints)} · {exercise.title}", exercise.hints[number], more, *notices])
    )


@_kindly
def solution(exercise_id: str, show: bool = False) -> None:
    """An answer with its explanation; asks first, `show=True` says yes."""
    exercise = bank.get(exercise_id)
    shown = card(
        [f"One answer · {exercise.title}", "Others are as good, if check says right."],
        code=source_of(exercise),
        folded=("Why this works", exercise.explanation),
    )
    if show:
        display(Card(shown.text, shown.html))
        save("solution", exercise.id)
        return
    question = [
        f"Show the answer? · {exercise.title}",
        "An attempt of your own, even a wrong one, teaches more than reading a right one.",
        f'To see it, run solution("{exercise.id}", show=True).',
    ]
    asked = card(question)
    display(
        Card(asked.text, asked.html, lambda: forms.confirm(asked, "Show the answer", lambda: _seen(exercise, shown)))
    )


def source_of(exercise: Exercise) -> str:
    """The reference as a learner would write it: the function's source without type annotations, or the assignments."""
    if exercise.kind != "function":
        values = exercise.reference if len(exercise.names) > 1 else (exercise.reference,)
        return "\n".join(
            f"{name} = {value!r}" if isinstance(value, str) else f"{name} = {value:.6g}"
            for name, value in zip(exercise.names, values, strict=True)
        )
    return "\n\n\n".join([*_helpers(exercise.reference), _without_annotations(exercise.reference)])


def _helpers(reference: Callable[..., Any]) -> list[str]:
    """The constants and functions of its own module that a reference uses, in the order in which they must stand."""
    constants, functions = [], []
    for name in reference.__code__.co_names:
        value = reference.__globals__.get(name)
        if isinstance(value, (int, float)):
            constants.append(f"{name} = {value!r}")
        elif inspect.isfunction(value) and value.__module__ == reference.__module__:
            functions += [*_helpers(value), _without_annotations(value)]
    return ["\n".join(constants), *functions] if constants else functions


def _without_annotations(function: Callable[..., Any]) -> str:
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    parameters = ", ".join(a.arg for a in definition.args.args)
    # Everything after the signature is kept as it is written: comments say why.
    signature_end = source.index(":\n", source.index(")")) + 2
    return f"def {definition.name}({parameters}):\n{source[signature_end:]}".rstrip()


@_kindly
def predict(prediction_id: str, answer: float | str | None = None) -> None:
    """Commit to an answer before the lesson shows it; without `answer` a small form asks for it."""
    prediction = _prediction(prediction_id)
    if answer is not None:
        display(_note(prediction, answer))
        return
    choices = [f"{letter}) {text}" for letter, text in zip(prediction.letters, prediction.options, strict=True)]
    example = '"a"' if choices else "1.5"
    do = "Choose" if choices else "Type a number"
    how = f'{do}, or write predict("{prediction.id}", {example}) in a cell of your own and run it.'
    asked = card([f"Your prediction · {prediction.question}", *choices, how])
    display(Card(asked.text, asked.html, lambda: forms.prediction(prediction, lambda given: _note(prediction, given))))


@_kindly
def reveal(prediction_id: str) -> None:
    """Compare the stored prediction with what turned out."""
    prediction = _prediction(prediction_id)
    past = [e for e in Store().events(item=prediction.id) if e.kind in ("prediction", "reveal")]
    made = [e for e in past if e.kind == "prediction"]
    if not made:
        example = '"a"' if prediction.options else "1.5"
        how = f'Make one before you look: predict("{prediction.id}", {example}).'
        display(card([f"No prediction yet · {prediction.question}", how]))
        return
    # A prediction made after the answer was shown is none: the last one before it counts.
    before = list(itertools.takewhile(lambda e: e.kind == "prediction", past))
    said = (before or made)[-1].data["answer"]
    right = _came_true(prediction, said)
    head = f"You said {_shown(prediction, said)}; it is {_shown(prediction, prediction.truth)}."
    notices = save("reveal", prediction.id, {"right": right})
    display(card([head, prediction.words, *notices], "good" if right else "middling"))


@_kindly
def quiz(lesson: str) -> Quiz:
    """The five questions of a lesson; at the end of a cell it shows itself, and `.answer(1, "b")` answers in text."""
    items = tuple(item for item in ITEMS if item.lesson == str(lesson) and "-quiz-" in item.id)
    if not items:
        known = sorted({item.lesson for item in ITEMS if "-quiz-" in item.id})
        raise ValueError(f"there is no quiz for lesson {lesson!r}; lessons with one: {', '.join(known)}")
    return Quiz(f"Quiz {lesson}", items)


@_kindly
def recall(lesson: str) -> Quiz:
    """Questions from earlier lessons whose time has come: two, or three before the first lesson."""
    return Quiz("Warm-up", recall_for(str(lesson), 3 if str(lesson) == "00" else 2))


@_kindly
def progress() -> Progress:
    """What has been done, by lesson and overall; `.export(path)` and `.reset()`."""
    return Progress(answers())


def _seen(exercise: Exercise, shown: Card) -> Card:
    save("solution", exercise.id)
    return shown


def _prediction(prediction_id: str) -> Prediction:
    return bank.lookup("prediction", PREDICTIONS, prediction_id)


def _note(prediction: Prediction, answer: object) -> Card:
    """Store a prediction, with its time, and say so."""
    if prediction.options:
        letter = answer.strip().lower() if isinstance(answer, str) else ""
        if letter not in tuple(prediction.letters):
            raise ValueError(
                f"a prediction for {prediction.id!r} is one of the letters {', '.join(prediction.letters)}"
            )
        kept: float | str = letter
    else:
        try:
            kept = float(answer)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise ValueError(f"a prediction for {prediction.id!r} is a number such as 1.5, not {answer!r}") from None
    revealed = bool(Store().events("reveal", prediction.id))
    notices = save("prediction", prediction.id, {"answer": kept})
    later = (
        "The answer had been shown before, so the earlier one counts."
        if revealed
        else "Read on: the lesson will compare."
    )
    return card([f"Noted: {_shown(prediction, kept)}.", later, *notices])


def _came_true(prediction: Prediction, said: float | str) -> bool:
    if isinstance(prediction.truth, str) or isinstance(said, str):
        return said == prediction.truth
    return abs(said - prediction.truth) <= prediction.tolerance


def _shown(prediction: Prediction, answer: float | str) -> str:
    if isinstance(answer, str):
        index = prediction.letters.find(answer)
        return answer if index < 0 else f"{answer}) {prediction.options[index]}"
    return show_number(answer)


def _callers_names() -> Mapping[str, Any]:
    """The names of the cell or function from which a function of this module was called."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith("course_lib.exercises"):
        frame = frame.f_back
    return {**frame.f_globals, **frame.f_locals}


def _remember_task(task_id: str, score: float) -> list[str]:
    """Keep the score; what the learner should know where it could not be kept."""
    return save("task", task_id, {"score": score})


# Solved widget tasks count as progress from the moment a notebook imports this module.
on_solved(_remember_task)
