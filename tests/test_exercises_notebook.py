"""The notebook's face in an IPython shell: what a learner sees, and that nothing hangs or shows our traceback."""

import faulthandler
import html
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_lib import scored
from course_lib.exercises import bank, forms, notebook
from course_lib.exercises.bank import BANK, ITEMS, PREDICTIONS
from course_lib.exercises.cards import Card, verdict_card
from course_lib.exercises.limits import time_limit
from course_lib.exercises.model import TimedOut, Verdict
from course_lib.exercises.records import Quiz
from course_lib.exercises.store import FILE_NAME, Store

RIGHT = "def double(x):\n    return x + x"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_STRICT", "1")
    return tmp_path


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    instance = InteractiveShell.instance()
    instance.history_manager.enabled = False
    instance.run_cell("import numpy as np\nfrom course_lib.exercises import *")
    yield instance
    instance.history_manager.end_session()
    InteractiveShell.clear_instance()


class Seen:
    """What a cell showed: text, HTML and what it printed as an error."""

    def __init__(self, shell, code):
        with capture_output() as captured:
            result = shell.run_cell(code)
        self.error = result.error_in_exec or result.error_before_exec
        bundles = [o.data for o in captured.outputs]
        if isinstance(result.result, (Card, Quiz)) or hasattr(result.result, "rows"):
            bundles.append({"text/plain": repr(result.result), "text/html": ""})
        self.text = "\n".join(b["text/plain"] for b in bundles)
        self.html = "\n".join(b.get("text/html", "") for b in bundles)
        self.printed = captured.stdout + captured.stderr


def short_limit(monkeypatch, exercise_id, seconds=0.5):
    monkeypatch.setattr(notebook, "time_limit", lambda _: time_limit(seconds))
    return bank.get(exercise_id)


# ---- check -----------------------------------------------------------------------------------------------------------


def test_check_of_a_right_answer_is_stored(shell, home):
    shell.run_cell(RIGHT)
    seen = Seen(shell, 'check("00-double")')
    assert seen.text == "Right: 1 of 1 point · Double an array"
    assert [(e.item, e.data["outcome"]) for e in Store(home).events("attempt")] == [("00-double", "right")]


def test_check_of_a_missing_answer_is_not_stored(shell, home):
    assert "Not attempted" in Seen(shell, 'check("00-double")').text
    assert Store(home).events() == []


def test_check_shows_itself_in_the_middle_of_a_cell(shell):
    assert "Not attempted" in Seen(shell, 'check("00-double")\nx = 1').text


def test_check_works_in_plain_python_inside_a_function(capsys):
    def double(x):
        return 2 * x

    assert double(1) == 2
    notebook.check("00-double")
    assert "Right: 1 of 1 point" in capsys.readouterr().out


def test_misconception_is_told_in_words_with_evidence(shell):
    shell.run_cell("def double(x):\n    return x ** 2")
    text = Seen(shell, 'check("00-double")').text
    assert "squares" in text
    assert "`double(−1.5)` gave 2.25" in text
    assert "Next: " in text


def test_html_and_text_say_the_same(shell):
    shell.run_cell("def double(x):\n    return x ** 2")
    seen = Seen(shell, 'check("00-double")')
    words = html.unescape(re.sub(r"<[^>]+>", " ", seen.html)).split()
    assert words == seen.text.replace("`", " ").split()
    assert 'role="status"' in seen.html


def test_text_of_the_learner_cannot_become_html(shell):
    shell.run_cell('def double(x):\n    raise ValueError("<script>alert(1)</script>")')
    assert "<script>" not in Seen(shell, 'check("00-double")').html


def test_error_is_shown_with_the_learners_line_and_a_plain_sentence(shell):
    shell.run_cell("def double(x):\n    y = 2\n    return y * z")
    seen = Seen(shell, 'check("00-double")')
    assert "Stopped with an error" in seen.text
    assert "NameError" in seen.text
    assert "line 3: return y * z" in seen.text
    assert "has not been defined" in seen.text
    assert seen.error is None
    assert "Traceback" not in seen.printed


def test_error_in_a_helper_of_another_cell_shows_the_helpers_line(shell):
    shell.run_cell("def helper(x):\n    return x / nothing")
    shell.run_cell("def double(x):\n    return helper(x)")
    assert "line 2: return x / nothing" in Seen(shell, 'check("00-double")').text


@pytest.fixture
def never_hang():
    """End the whole run with a traceback where a broken time limit would let it hang for ever."""
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.usefixtures("never_hang")
@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n        try: x = x + 1\n        except Exception: pass",
        "__import__('time').sleep(60)",
    ],
    ids=["loop", "loop-that-catches", "sleep"],
)
def test_endless_answer_is_stopped(shell, monkeypatch, body):
    short_limit(monkeypatch, "00-double")
    shell.run_cell(f"def double(x):\n    {body}")
    text = Seen(shell, 'check("00-double")').text
    assert "Timed out: 0 of 1 point" in text
    assert "no answer within 0.5 seconds" in text


@pytest.mark.usefixtures("never_hang")
def test_endless_answer_is_stopped_in_another_thread():
    def endless():
        with time_limit(0.3):
            while True:
                pass

    caught: list[str] = []

    def run():
        try:
            endless()
        except TimedOut as stop:
            caught.append(str(stop))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=60)
    assert caught == ["0.3 seconds"]


@pytest.mark.parametrize("threaded", [False, True], ids=["main", "thread"])
def test_time_limit_leaves_quick_code_alone(threaded):
    results: list[int] = []

    def run():
        for number in range(50):
            with time_limit(5):
                results.append(number)

    if threaded:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(timeout=60)
    else:
        run()
    assert results == list(range(50))


def test_borrowed_function_is_named(shell):
    shell.run_cell("from course_lib.activations import sigmoid\ndef stable_sigmoid(x):\n    return sigmoid(x)")
    text = Seen(shell, 'check("03-stable-sigmoid")').text
    assert "calls course_lib's sigmoid" in text
    assert "0 of 4 points" in text


def test_unknown_exercise_is_a_sentence_outside_tests(shell, monkeypatch):
    monkeypatch.delenv("COURSE_STRICT")
    seen = Seen(shell, 'check("00-doubel")')
    assert seen.text == "Unknown exercise '00-doubel'; did you mean '00-double'?"
    assert seen.error is None


def test_our_own_error_is_a_sentence_outside_tests_and_an_error_in_them(shell, monkeypatch):
    def broken(*_):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(notebook, "judge", broken)
    shell.run_cell(RIGHT)
    assert isinstance(Seen(shell, 'check("00-double")').error, RuntimeError)
    monkeypatch.delenv("COURSE_STRICT")
    seen = Seen(shell, 'check("00-double")')
    assert "in the course's own code, not in your answer" in seen.text
    assert "a fault of ours" in seen.text
    assert "Traceback" not in seen.printed


def test_store_that_cannot_be_written_does_not_hide_the_verdict(shell, home, monkeypatch):
    (home / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_HOME", str(home / "file" / "inside"))
    shell.run_cell(RIGHT)
    text = Seen(shell, 'check("00-double")').text
    assert text.startswith("Right: 1 of 1 point")
    assert "could not be read or saved" in text


def test_damaged_store_is_mentioned_beside_the_verdict(shell, home):
    (home / FILE_NAME).write_bytes(b"rubbish" * 1000)
    shell.run_cell(RIGHT)
    assert "is damaged. It is kept as" in Seen(shell, 'check("00-double")').text


@pytest.mark.parametrize("outcome", ["not attempted", "raised", "timed out", "wrong", "partly right", "right"])
def test_every_outcome_is_told_in_words(outcome):
    exercise = BANK["00-double"]
    shown = verdict_card(exercise, Verdict(exercise.id, outcome, 0, 1, "Because.", "Do this."))
    assert shown.text.split(":")[0].split(" ")[0] in {"Not", "Stopped", "Timed", "Wrong", "Partly", "Right"}


# ---- hint and solution -----------------------------------------------------------------------------------------------


def test_hints_come_one_by_one_and_the_last_stays(shell):
    exercise = BANK["00-double"]
    texts = [Seen(shell, 'hint("00-double")').text for _ in range(3)]
    assert [exercise.hints[i] in t for i, t in zip((0, 1, 1), texts, strict=True)] == [True] * 3
    assert exercise.hints[1] not in texts[0]


def test_solution_asks_first(shell):
    seen = Seen(shell, 'solution("00-double")')
    assert "2 * x" not in seen.text + seen.html
    assert 'solution("00-double", show=True)' in seen.text


def test_solution_shows_the_source_and_the_folded_explanation(shell):
    seen = Seen(shell, 'solution("00-double", show=True)')
    assert "def double(x):\n    return 2 * x" in seen.text
    assert "<details" in seen.html


@pytest.mark.parametrize("exercise", BANK.values(), ids=lambda e: e.id)
def test_shown_solution_runs_and_is_right(exercise):
    names: dict = {"np": np}
    exec(notebook.source_of(exercise), names)
    assert notebook.verdict_on(exercise, names).outcome == "right"


def test_button_of_the_solution_shows_it():
    box = forms.confirm(Card("a", "<p>a</p>"), "Show", lambda: Card("b", "<p>b</p>"))
    text, button = box.children
    button.click()
    assert text.value == "<p>b</p>"


# ---- predictions -----------------------------------------------------------------------------------------------------


def test_reveal_before_a_prediction_says_so_and_gives_nothing_away(shell):
    text = Seen(shell, 'reveal("03-largest-slope")').text
    assert "No prediction yet" in text
    assert "0.25" not in text


def test_prediction_is_compared(shell):
    assert "Noted: 0.5." in Seen(shell, 'predict("03-largest-slope", 0.5)').text
    assert Seen(shell, 'reveal("03-largest-slope")').text.startswith("You said 0.5; it is 0.25.")


def test_prediction_by_letter_is_compared(shell):
    Seen(shell, 'predict("22-ten-times-less-likely", "C")')
    assert Seen(shell, 'reveal("22-ten-times-less-likely")').text.startswith("You said c) ten times; it is b) twice.")


def test_last_prediction_before_the_reveal_counts(shell):
    for code in ('predict("03-largest-slope", 1)', 'predict("03-largest-slope", 0.5)', 'reveal("03-largest-slope")'):
        Seen(shell, code)
    assert "earlier one counts" in Seen(shell, 'predict("03-largest-slope", 0.25)').text
    assert Seen(shell, 'reveal("03-largest-slope")').text.startswith("You said 0.5;")


@pytest.mark.parametrize("answer", ['"z"', "None or []", "3"])
def test_prediction_that_is_no_option_is_explained(shell, monkeypatch, answer):
    monkeypatch.delenv("COURSE_STRICT")
    assert "one of the letters" in Seen(shell, f'predict("22-ten-times-less-likely", {answer})').text


def test_prediction_form_shows_question_and_options_in_text(shell):
    seen = Seen(shell, 'predict("22-ten-times-less-likely")')
    assert "b) twice" in seen.text
    assert seen.error is None


def test_number_form_stores_what_is_typed(home):
    prediction = PREDICTIONS["03-largest-slope"]
    question = forms.prediction(prediction, lambda given: notebook._note(prediction, given))
    question.press()
    assert "Type a number first" in question.feedback
    question.value = "a quarter"
    question.press()
    assert "is a number such as" in question.feedback
    question.value = "0.25"
    question.press()
    assert [e.data["answer"] for e in Store(home).events("prediction")] == [0.25]


# ---- quiz, recall, progress ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", ITEMS, ids=lambda i: i.id)
def test_every_option_of_every_item_answers_with_its_reason(item, home):
    quiz = Quiz("q", [item])
    for letter, option in zip(item.letters, item.options, strict=True):
        answer = quiz.answer(1, letter)
        assert answer.text == f"{'Right.' if option.right else 'Not this one.'}\n{option.why}"


def test_quiz_in_text_lists_questions_and_choices_and_stores_answers(shell, home):
    seen = Seen(shell, 'quiz("03")')
    assert len(re.findall(r"^\d\. ", seen.text, re.M)) == 5
    assert "   c) 1/2" in seen.text
    assert "Right." in Seen(shell, 'quiz("03").answer(1, "c")').text
    assert [(e.item, e.data["right"]) for e in Store(home).events("item")] == [("03-quiz-value-at-zero", True)]


def test_quiz_bundle_has_text_html_and_a_form():
    bundle = notebook.quiz("03")._repr_mimebundle_()
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} <= set(bundle)


def test_quiz_form_gives_feedback_in_words(home):
    question = forms.quiz(notebook.quiz("03")).children[1]
    question.press()
    assert "Choose one first" in question.feedback
    question.value = "b"
    question.press()
    assert "That is the slope at 0." in question.feedback
    assert len(Store(home).events("item")) == 1


@pytest.mark.parametrize(("number", "letter", "words"), [(9, "a", "numbered 1 to 5"), (1, "x", "has the answers a, b")])
def test_answer_beyond_the_quiz_is_explained(number, letter, words):
    try:
        said = notebook.quiz("03").answer(number, letter).text
    except ValueError as error:
        said = str(error)
    assert words in said


def test_quiz_of_a_lesson_without_one_names_those_with_one():
    with pytest.raises(ValueError, match=r"lessons with one: 00, .*03, .*22"):
        notebook.quiz("99")


def test_recall_shows_three_before_the_first_lesson_and_two_later(shell):
    assert len(re.findall(r"^\d\. ", Seen(shell, 'recall("00")').text, re.M)) == 3
    assert len(re.findall(r"^\d\. ", Seen(shell, 'recall("22")').text, re.M)) == 2


def test_wrong_quiz_answer_comes_back_in_a_later_warm_up(shell):
    Seen(shell, 'quiz("00").answer(3, "a")')
    assert "What does an activation do in a network?" in Seen(shell, 'recall("03")').text


def test_progress_counts_the_best_attempt(shell):
    for body in ("return x * x", "return 2 * x", "return x + 2"):
        shell.run_cell(f"def double(x):\n    {body}")
        Seen(shell, 'check("00-double")')
    rows = {row[0]: row[1:] for row in notebook.progress().rows()}
    assert rows["00"][0] == "1 of 1"
    assert rows["all"][0] == f"1 of {sum(e.points for e in BANK.values()):g}"


def test_progress_counts_quiz_predictions_and_due_items(shell):
    for code in ('quiz("03").answer(1, "c")', 'quiz("03").answer(2, "a")', 'predict("03-largest-slope", 1)'):
        Seen(shell, code)
    Seen(shell, 'reveal("03-largest-slope")')
    rows = {row[0]: row[1:] for row in notebook.progress().rows()}
    assert rows["03"][1:] == ("1 of 5", "1 of 1", "0 of 1", "0", "1")


def test_progress_tells_predictions_made_compared_and_come_true_apart(shell):
    truth = PREDICTIONS["03-largest-slope"].truth
    for code in (f'predict("03-largest-slope", {truth})', 'predict("00-two-lines", "a")', 'reveal("03-largest-slope")'):
        Seen(shell, code)
    rows = {row[0]: row[3:5] for row in notebook.progress().rows()}
    assert rows["03"] == ("1 of 1", "1 of 1")
    assert rows["00"] == ("1 of 1", "–")
    assert rows["all"] == (f"2 of {len(PREDICTIONS)}", "1 of 1")


def test_solved_widget_task_is_stored_and_counted(shell):
    scored.tell("03-sigmoid-saturation", 0.5)
    assert {row[0]: row[5] for row in notebook.progress().rows()}["03"] == "0"
    scored.tell("03-sigmoid-saturation", 1.0)
    solved = {row[0]: row[5] for row in notebook.progress().rows()}
    assert {lesson: count for lesson, count in solved.items() if count != "0"} == {"03": "1", "all": "1"}
    assert [event.data["score"] for event in Store().events("task", "03-sigmoid-saturation")] == [0.5, 1.0]


def test_progress_is_exported_and_reset_only_when_confirmed(shell, home):
    Seen(shell, 'quiz("03").answer(1, "c")')
    Seen(shell, f"progress().export({str(home / 'mine.json')!r})")
    assert (home / "mine.json").exists()
    assert "confirm=True" in Seen(shell, "progress().reset()").text
    assert len(Store(home).events()) == 1
    assert "afresh" in Seen(shell, "progress().reset(confirm=True)").text
    assert Store(home).events() == []


def test_progress_table_has_row_and_column_headings():
    shown = notebook.progress()._repr_mimebundle_()["text/html"]
    assert shown.count('scope="col"') == 7
    assert shown.count('scope="row"') == len(notebook.progress().rows())


def test_unknown_name_of_the_package_is_an_attribute_error():
    import course_lib.exercises as package

    with pytest.raises(AttributeError, match="offers check"):
        _ = package.chek
