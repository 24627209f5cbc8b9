"""Quiz items and predictions are complete; Leitner's boxes bring back what is due, the same way every time."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.exercises.bank import BANK, ITEMS, PREDICTIONS
from course_lib.exercises.items import (
    BOX_DAYS,
    Answered,
    Item,
    Option,
    Prediction,
    cards,
    due,
    needed_lessons,
    recall_items,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RIGHT, WRONG = Option("yes", "because", right=True), Option("no", "because not")


def answered(item, days_ago, right):
    return Answered(item, NOW - timedelta(days=days_ago), right)


LESSONS = sorted({exercise.lesson for exercise in BANK.values()})


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_five_quiz_items(lesson):
    assert sum(item.id.startswith(f"{lesson}-quiz-") for item in ITEMS) == 5


def test_item_ids_are_unique():
    assert max(Counter(item.id for item in ITEMS).values()) == 1


@pytest.mark.parametrize("item", ITEMS, ids=lambda i: i.id)
def test_options_of_an_item_differ(item):
    assert len({option.text for option in item.options}) == len(item.options)


def test_right_letters_are_spread():
    letters = Counter(item.answer for item in ITEMS)
    assert max(letters.values()) <= 0.6 * len(ITEMS)
    assert len(letters) >= 3


@pytest.mark.parametrize("item", ITEMS, ids=lambda i: i.id)
def test_only_the_right_option_is_told_yes(item):
    assert [bool(re.match(r"Yes\b", o.why)) for o in item.options] == [
        o.right and not o.why.startswith("The ") for o in item.options
    ]


def test_item_without_a_right_option_is_refused():
    with pytest.raises(ValueError, match="exactly one of them right"):
        Item("03-quiz-x", "?", (WRONG, WRONG))


def test_option_without_a_reason_is_refused():
    with pytest.raises(ValueError, match="reason"):
        Item("03-quiz-x", "?", (RIGHT, Option("no", "")))


def test_option_is_found_by_its_letter_in_any_case():
    item = Item("03-quiz-x", "?", (WRONG, RIGHT))
    assert item.option(" B ") is RIGHT
    assert item.option("c") is None
    assert item.option(2) is None


def test_prediction_with_a_truth_beyond_its_options_is_refused():
    with pytest.raises(ValueError, match="none of the options"):
        Prediction("03-x", "?", "c", "", options=("one", "two"))


@pytest.mark.parametrize("prediction", PREDICTIONS.values(), ids=lambda p: p.id)
def test_prediction_is_complete(prediction):
    assert prediction.question.endswith("?")
    assert prediction.words
    assert prediction.options or prediction.tolerance > 0


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_box_is_the_number_of_right_answers_since_the_last_wrong_one(history):
    given_answers = [Answered("a", NOW, right) for right in history]
    since = next((i for i, right in enumerate(reversed(history)) if not right), len(history))
    assert cards(given_answers)["a"].box == min(since, len(BOX_DAYS) - 1)


def test_right_answer_rests_and_wrong_answer_is_due_at_once():
    held = cards([answered("a", 0, True), answered("b", 0, False)])
    assert held["a"].due == NOW + timedelta(days=BOX_DAYS[1])
    assert held["b"].due == NOW


def test_most_overdue_comes_first():
    items = [Item(f"01-recall-{n}", "?", (RIGHT, WRONG)) for n in "abc"]
    history = [answered("01-recall-a", 2, True), answered("01-recall-b", 9, True), answered("01-recall-c", 0, True)]
    assert [i.id for i in due(items, history, NOW)] == ["01-recall-b", "01-recall-a"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_recall_without_history_is_the_same_every_time_and_from_earlier_lessons(lesson):
    first = recall_items(ITEMS, lesson, [], NOW)
    assert first == recall_items(ITEMS, lesson, [], NOW + timedelta(days=400))
    assert len(first) == 2
    assert all(item.lesson < lesson for item in first)


def test_recall_takes_due_items_before_new_ones():
    history = [answered("00-quiz-predict-first", 5, False), answered("03-quiz-quarter", 0, True)]
    chosen = [i.id for i in recall_items(ITEMS, "22", history, NOW)]
    assert chosen[0] == "00-quiz-predict-first"
    assert "03-quiz-quarter" not in chosen


@pytest.mark.parametrize("lesson", LESSONS)
def test_recall_asks_nothing_new_of_a_lesson_neither_needed_nor_met(lesson):
    needed = needed_lessons(lesson)
    assert {item.lesson for item in recall_items(ITEMS, lesson, [], NOW, count=999)} <= needed
    history = [answered("06-quiz-dead", 0, True)]
    allowed = needed | {item.item[:2] for item in history}
    assert {item.lesson for item in recall_items(ITEMS, lesson, history, NOW, count=999)} <= allowed


def test_recall_takes_new_items_of_needed_lessons_before_those_of_other_lessons_met():
    met = next(item for item in ITEMS if item.lesson == "06")
    chosen = [item.lesson for item in recall_items(ITEMS, "17", [answered(met.id, 0, True)], NOW, count=999)]
    assert chosen == sorted(chosen, key=lambda lesson: (lesson == "06", lesson == ""))
    assert set(chosen) == {"", "00", "06"}


def test_needed_lessons_are_those_on_the_cards_and_on_their_cards():
    assert needed_lessons("24") == {"", "00", "01", "03", "17", "22"}


def test_recall_never_looks_ahead():
    history = [answered("22-quiz-shrug", 50, False)]
    assert "22-quiz-shrug" not in [i.id for i in recall_items(ITEMS, "03", history, NOW, count=99)]
