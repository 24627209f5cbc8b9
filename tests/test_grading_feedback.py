"""What students read: their own work and the words of the check; no secret, nobody else, and nothing that can run."""

import inspect
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import nbformat
import pytest
from grading_records import SEED, TIER, Page, graded, open_case, received, unanswered, verdict
from grading_submissions import stub_cells
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.exercises.bank import BANK, of_lesson
from course_lib.exercises.cards import verdict_card
from course_lib.exercises.grading import feedback
from course_lib.exercises.grading.classroom import Graded, Mark, Received
from course_lib.exercises.grading.policy import Late, Policy
from course_lib.exercises.grading.read import Cell, Notebook
from course_lib.exercises.grading.standings import Standing, standings
from course_lib.exercises.model import Evidence, Exercise, Verdict
from course_lib.exercises.wording import one_line, show_number

TEN_A_DAY = Policy(Late(per_unit=Fraction(1, 10)), {"03": datetime(2026, 11, 20)})
LESSONS = sorted({exercise.lesson for exercise in BANK.values()})


def cells(*sources: str) -> Notebook:
    return Notebook(tuple(Cell(number, source, True) for number, source in enumerate(sources, start=1)))


def shown_code(found: Page) -> list[str]:
    """The cells on a page; a name within a sentence stands in code too."""
    return [text for text in found.inside("code") if " = " in text or "\n" in text]


def standing(*entries: Graded, files: Sequence[Received] = (), policy: Policy = Policy()) -> Standing:  # noqa: B008
    return standings([*(e.submission for e in entries), *files], entries, policy)[0]


def page(entry: Graded, *sources: str, policy: Policy = Policy()) -> Page:  # noqa: B008
    """The page of a student who handed in one notebook with these cells."""
    given = {entry.submission.exercise: cells(*sources)}
    return Page(feedback.page(standing(entry, policy=policy), given, policy))


# ---------------------------------------------------------------------------------------------------------------------
# What it says


@pytest.mark.parametrize("exercise", BANK.values(), ids=BANK)
def test_every_wrong_answer_is_met_with_the_words_of_the_check(exercise: Exercise) -> None:
    for answer in [m.answer for m in exercise.misconceptions]:
        judged = verdict(exercise, answer)
        shown = page(graded(received(lesson=exercise.lesson), {exercise.id: answer})).text
        lines = verdict_card(exercise, judged).text.split("\n")
        for line in [lines[0].partition(" · ")[0], *lines[1:]]:
            assert " ".join(line.replace("`", "").split()) in shown.replace("`", "")


def test_all_cells_that_define_the_name_are_shown_under_its_question() -> None:
    found = page(
        graded(received()), "import numpy as np", "def decide(z, t):\n    return z < t", "w, b = 1, 2", "decide = None"
    )
    assert shown_code(found) == ["def decide(z, t):\n    return z < t", "decide = None", "w, b = 1, 2"]
    assert "No cell of your notebook defines" in found.text


def test_a_name_inside_a_function_is_no_answer_where_there_is_another() -> None:
    helper = "def helper(z):\n    decide = z\n    return decide"
    answer = "def decide(z, t):\n    return z < t"
    assert shown_code(page(graded(received()), helper, answer, "w, b = 1, 2")) == [answer, "w, b = 1, 2"]
    assert shown_code(page(graded(received()), helper, "w, b = 1, 2")) == [helper, "w, b = 1, 2"]


def test_hints_are_folded_and_only_where_they_help() -> None:
    questions = of_lesson("03")
    answers = {q.id: q.reference for q in questions[:2]} | {questions[2].id: questions[2].misconceptions[0].answer}
    found = page(graded(received(), answers))
    # One question is wrong, one not attempted.
    assert found.tags.count("details") == 2
    assert questions[2].hints[0] in found.text
    assert questions[0].hints[0] not in found.text


def test_what_was_left_out_of_the_run_is_told() -> None:
    assert "Cell 7 was left out" in page(graded(received(), notes=("Cell 7 was left out: it crashed.",))).text


def test_it_says_how_a_late_mark_comes_about() -> None:
    entry = graded(received(submitted_at="2026-11-21T08:00:00"))
    text = page(entry, policy=TEN_A_DAY).text
    for said in (
        "Late: handed in 2026-11-21 08:00, due 2026-11-20 00:00. 20% is lost, 2.6 of 13 points.",
        "10.4 of 13 points",
        "Total: 80%",
        "Late work loses 10% for each day that has begun",
    ):
        assert said in text


def test_the_table_of_marks_has_a_row_per_exercise() -> None:
    entries = [graded(received(lesson="03", late=True)), graded(received(lesson="22"), {})]
    found = standing(*entries, policy=Policy(Late(once=Fraction(1, 5)), drop_lowest=1))
    text = Page(feedback.page(found, {}, Policy(drop_lowest=1))).text
    assert "03 sigmoid 13 of 13 −2.6 10.4 yes" in text
    assert "22 binary cross entropy 0 of 13 – 0 no" in text


def test_an_open_case_says_that_a_person_looks_at_it() -> None:
    text = page(open_case(received())).text
    assert "A person will look at this one." in text
    assert "Total: open, because a person still looks at 03 sigmoid." in text


def test_nothing_handed_in_has_a_page_too() -> None:
    entry = graded(received("s1"))
    missing = standings([entry.submission], [entry], Policy(), {"s2": "Absent, Ann"})[0]
    text = Page(feedback.page(missing, {}, Policy())).text
    assert "Feedback for Absent, Ann" in text
    assert "Nothing was handed in." in text


def test_a_file_that_could_not_be_placed_is_named() -> None:
    lost = received(
        outcome="course notebook", exercise="", received_as="s1_44_9_report.pdf", message="It is no exercise."
    )
    text = Page(feedback.page(standing(graded(received()), files=[lost]), {}, Policy())).text
    assert "s1_44_9_report.pdf : It is no exercise." in text


@pytest.mark.parametrize("question", ["03-repair-decision", ""], ids=["question", "whole"])
def test_a_mark_by_hand_is_told_with_its_reason(question: str) -> None:
    mark = Mark("s1", "03_sigmoid", question, 2.5, "The idea is right.", "A. Teacher")
    text = page(graded(received(), by_hand=(mark,))).text
    assert "Set by hand by A. Teacher to 2.5: The idea is right." in text


def test_a_reason_that_stands_in_the_verdict_is_not_said_twice() -> None:
    entry = graded(received())
    judged = [replace(v, remark="Marked by hand: The idea is right.") for v in entry.result.verdicts]
    mark = Mark("s1", "03_sigmoid", "03-repair-decision", 2.5, "The idea is right.", "")
    text = page(graded(received(), verdicts=judged[2:3], by_hand=(mark,))).text
    assert text.count("The idea is right.") == 1
    assert "Set by hand to 2.5." in text


def test_a_page_for_one_download_has_no_total() -> None:
    both = standing(graded(received(lesson="03")), graded(received(lesson="22")))
    text = Page(feedback.page(both, {}, Policy(), ["22_binary_cross_entropy"])).text
    assert "Total" not in text
    assert "03 sigmoid" not in text


# ---------------------------------------------------------------------------------------------------------------------
# What it never says


FUNCTIONS = [e for e in BANK.values() if e.kind == "function"]
NUMBERS = [e for e in BANK.values() if e.kind == "value"]


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_no_page_holds_a_line_of_a_reference(exercise: Exercise) -> None:
    lines = [line.strip() for line in inspect.getsource(exercise.reference).splitlines()[1:]]
    telling = [line for line in lines if len(line) >= 12 and not line.startswith(("#", '"', "def "))]
    assert telling
    for misconception in exercise.misconceptions:
        entry = graded(received(lesson=exercise.lesson), {exercise.id: misconception.answer})
        shown = page(entry, *stub_cells([exercise])).text
        assert not [line for line in telling if line in shown]


@pytest.mark.parametrize("exercise", NUMBERS, ids=lambda e: e.id)
def test_no_verdict_on_a_page_holds_the_number_that_was_expected(exercise: Exercise) -> None:
    values = exercise.reference if len(exercise.names) > 1 else (exercise.reference,)
    for misconception in exercise.misconceptions:
        entry = graded(received(lesson=exercise.lesson), verdicts=[verdict(exercise, misconception.answer)])
        shown = without_public_numbers(page(entry).text, exercise)
        for value in values:
            assert not re.search(rf"(?<![\w.]){re.escape(show_number(value))}(?![\w.])", shown), shown


def without_public_numbers(text: str, exercise: Exercise) -> str:
    """The text without marks, places and hints, which everyone sees."""
    for hint in exercise.hints:
        text = text.replace(" ".join(hint.replace("`", " ").split()), "")
        text = text.replace(" ".join(hint.replace("`", "").split()), "")
    return re.sub(r"[\d.]+ of [\d.]+( points?)?|Total: [\d.]+%|\b\d ·|\d\d lesson|– [\d.]+ yes", "", text)


@pytest.mark.parametrize("exercise", BANK.values(), ids=BANK)
def test_no_page_holds_an_explanation(exercise: Exercise) -> None:
    entry = graded(received(lesson=exercise.lesson), {})
    assert exercise.explanation[:60] not in page(entry).text


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_page_holds_the_seed_the_tier_or_the_version(lesson: str) -> None:
    html = feedback.page(standing(graded(received(lesson=lesson), {})), {}, Policy())
    assert not [secret for secret in (str(SEED), TIER, "bank-1", "submitted/") if secret in html]


def test_no_page_holds_anything_of_another_student() -> None:
    files = [received(f"student{i}", name=f"Surname{i}") for i in range(3)]
    entries = [graded(file, notes=(f"Cell {i}00 stopped.",)) for i, file in enumerate(files)]
    everyone = standings(files, entries, Policy())
    for i, own in enumerate(everyone):
        html = feedback.page(own, {"03_sigmoid": cells(f"w, b = {i}11, 0")}, Policy())
        assert f"Surname{i}" in html
        for j in {0, 1, 2} - {i}:
            for other in (f"student{j}", f"Surname{j}", f"{j}11", f"Cell {j}00"):
                assert other not in html


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "cannot import name 'x' from 'm' (/srv/grader/m/__init__.py)",
            "cannot import name 'x' from 'm' (…/__init__.py)",
        ),
        ("No such file: '/home/anna/data.csv'", "No such file: '…/data.csv'"),
        (r"No such file: 'C:\Users\anna\data.csv'", "No such file: '…/data.csv'"),
        ("line 3: return 1 / (1 + np.exp(x)", "line 3: return 1 / (1 + np.exp(x)"),
        ("a/b/c and 1/2/3", "a/b/c and 1/2/3"),
        ("see https://numpy.org/doc/stable", "see https://numpy.org/doc/stable"),
    ],
)
def test_folders_of_the_machine_are_left_out(message: str, shown: str) -> None:
    assert feedback.without_paths(message) == shown


def test_folders_are_left_out_of_every_part_of_the_page() -> None:
    path = "/srv/grader/secret/file.py"
    question = of_lesson("03")[0]
    judged = Verdict(question.id, "wrong", 0, 4, path, path, None, Evidence(path, path, path), path)
    lost = received(outcome="course notebook", exercise="", message=path)
    found = standing(graded(received(), verdicts=[judged], notes=(path,)), files=[lost])
    waiting = standing(replace(open_case(received()), result=replace(open_case(received()).result, message=path)))
    for each in (found, waiting):
        assert "secret" not in feedback.page(each, {}, Policy())


# ---------------------------------------------------------------------------------------------------------------------
# Nothing that is handed in becomes part of the page's own language

HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</pre></code>",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "&#60;b>",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries(dict.fromkeys(("name", "file", "message", "note", "code", "got", "reason"), HOSTILE)))
def test_whatever_is_handed_in_stays_text(texts: Mapping[str, str]) -> None:
    calm = _whole_page(dict.fromkeys(texts, "calm"))
    found = _whole_page(texts)
    assert _skeleton(found) == _skeleton(calm)


def _skeleton(page: Page) -> list[tuple[str, list[str]]]:
    """Elements with the names of their attributes; two backticks in a message make code of what is between them."""
    return [(tag, sorted(attributes)) for tag, attributes in page.elements if tag != "code"]


def _whole_page(texts: Mapping[str, str]) -> Page:
    question = of_lesson("03")[0]
    # The judge puts what it quotes on one line.
    said = one_line(texts["message"]) or "x"
    judged = Verdict(
        question.id, "wrong", 1, 4, said, "next", None, Evidence("p", "g", one_line(texts["got"])), "remark"
    )
    mark = Mark("s1", "03_sigmoid", question.id, 1, texts["reason"], texts["name"])
    file = received(name=texts["name"] or "x", received_as=texts["file"] or "x")
    lost = replace(file, outcome="course notebook", exercise="", message=texts["message"] or "x")
    entry = graded(file, verdicts=[judged], by_hand=(mark,), notes=(texts["note"],))
    source = f"stable_sigmoid = 1  # {texts['code']}"
    return Page(feedback.page(standing(entry, files=[lost]), {"03_sigmoid": cells(source)}, Policy()))


def test_code_stays_letter_for_letter() -> None:
    source = "def decide(z, t):\n    # <b> & 'quotes' \"too\" 王\n    return z  >  t"
    assert source in page(graded(received()), source).inside("code")


def test_signs_that_cannot_be_seen_are_spelt_out() -> None:
    (shown,) = shown_code(page(graded(received()), "decide = 1 \u202e# x\x00\x1b"))
    assert shown == "decide = 1 \\u202e# x\\u0000\\u001b"


def test_a_cell_of_megabytes_is_cut() -> None:
    (shown,) = shown_code(page(graded(received()), f"decide = '{'x' * 1_000_000}'"))
    assert len(shown) < 21_000
    assert shown.endswith("more characters)")


# ---------------------------------------------------------------------------------------------------------------------
# A page for everyone, by itself


def sample() -> Page:
    answers = {q.id: q.misconceptions[0].answer for q in of_lesson("03")[:3]}
    return page(graded(received(late=True), answers, notes=("Cell 1 stopped.",)), "decide = 1", policy=TEN_A_DAY)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    found = sample()
    assert not {"script", "link", "iframe", "object", "embed", "form"} & set(found.tags)
    for _, attributes in found.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert all(attributes[name].startswith(("#", "data:")) for name in ("src", "href") if name in attributes)
    assert "url(" not in "".join(found.inside("style"))
    policy = [a["content"] for a in found.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_the_page_has_landmarks_and_headings_in_order() -> None:
    found = sample()
    assert found.attributes("html") == [{"lang": "en"}]
    assert [found.tags.count(tag) for tag in ("h1", "header", "main", "footer")] == [1, 1, 1, 1]
    levels = [int(tag[1]) for tag in found.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_label_and_every_link_within_the_page_leads_somewhere() -> None:
    found = sample()
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    wanted = [a["aria-labelledby"] for _, a in found.elements if "aria-labelledby" in a]
    wanted += [a["href"].removeprefix("#") for a in found.attributes("a")]
    assert wanted
    assert set(wanted) <= set(ids)


def test_tables_have_captions_and_headers() -> None:
    found = sample()
    assert found.tags.count("caption") == found.tags.count("table") > 0
    assert {a.get("scope") for a in found.attributes("th")} == {"col", "row"}


def test_outcomes_are_told_in_words_and_not_by_colour_alone() -> None:
    style = "".join(sample().inside("style"))
    borders = re.findall(r"\.(right|partly-right|wrong)[^{]*\{ border-left: \.35rem (\w+)", style)
    assert len({line for _, line in borders}) == 3
    question = of_lesson("03")[0]
    for outcome, word in [("right", "Right"), ("wrong", "Wrong"), ("timed out", "Timed out")]:
        judged = Verdict(question.id, outcome, 0, 4, "words")  # type: ignore[arg-type]
        assert f"{word}: 0 of 4 points" in page(graded(received(), verdicts=[judged])).text
    assert "Not attempted yet (4 points)" in page(graded(received(), verdicts=[unanswered(question)])).text


@pytest.mark.parametrize("rule", ["prefers-color-scheme: dark", "@media print"])
def test_dark_screens_and_paper_are_thought_of(rule: str) -> None:
    assert rule in "".join(sample().inside("style"))


# ---------------------------------------------------------------------------------------------------------------------
# Names of pages, and zips


@pytest.mark.parametrize("key", ["4411", "CON", "a/b", "..", "a\\b", "王小明", "x" * 300, "a.b@c.de", " ", "a:b*?\n"])
def test_a_page_has_a_name_that_every_system_takes(key: str) -> None:
    (name,) = feedback.page_names([key]).values()
    assert re.fullmatch(r"student-[\w.-]{0,90}\.html", name)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=20))
def test_no_two_students_share_a_page(keys: list[str]) -> None:
    names = feedback.page_names(keys)
    assert len({name.casefold() for name in names.values()}) == len(keys)


def test_names_that_differ_in_case_alone_are_told_apart() -> None:
    assert len({name.casefold() for name in feedback.page_names(["Anna", "anna", "ANNA", "a/b", "a:b"]).values()}) == 5


def opened(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


MOODLE = {
    "王 小明_17_assignsubmission_file/03.ipynb": "王 小明_17_assignsubmission_file/feedback.html",
    "Li_17_assignsubmission_file_/deep/03.ipynb": "Li_17_assignsubmission_file_/feedback.html",
    "Li_17_assignsubmission_file_03.ipynb": "Li_17_assignsubmission_file_feedback.html",
    "Li_17_assignsubmission_onlinetext/onlinetext.html": "Li_17_assignsubmission_onlinetext/feedback.html",
}


@pytest.mark.parametrize(("came_as", "goes_as"), MOODLE.items(), ids=["folder", "before-4.1", "flat", "online-text"])
def test_moodle_gets_pages_under_its_own_names(came_as: str, goes_as: str) -> None:
    assert opened(feedback.moodle_zip({came_as: "page"})) == {goes_as: "page"}


def test_canvas_gets_notebooks_under_the_very_names_it_gave() -> None:
    content = feedback.canvas_zip({"li_LATE_4411_98001_03_sigmoid-1.ipynb": "notebook"})
    assert opened(content) == {"li_LATE_4411_98001_03_sigmoid-1.ipynb": "notebook"}


@pytest.mark.parametrize(
    "name",
    [
        "../up_1_assignsubmission_file/x",
        "/abs_1_assignsubmission_file/x",
        "Li\n_7_assignsubmission_file/x",
        "a\nb_1_2_x",
    ],
    ids=["up", "root", "line-end", "line-end-in-a-name"],
)
def test_a_name_that_leads_elsewhere_gets_no_entry(name: str) -> None:
    assert opened(feedback.moodle_zip({name: "page"})) == opened(feedback.canvas_zip({name: "notebook"})) == {}


def test_the_same_feedback_makes_the_same_zip() -> None:
    contents = {f"{student}_1_2_x.ipynb": f"of {student}" for student in "ba"}
    assert feedback.canvas_zip(contents) == feedback.canvas_zip(dict(sorted(contents.items())))


def feedback_notebook(source: str = "decide = 1") -> tuple[str, str]:
    """The feedback as a notebook: its text, and the text of its one cell."""
    answers = {q.id: q.misconceptions[0].answer for q in of_lesson("03")}
    text = feedback.notebook(standing(graded(received(), answers)).marks[0], cells(source))
    (cell,) = json.loads(text)["cells"]
    return text, "".join(cell["source"])


def test_feedback_as_a_notebook_is_one_and_says_the_same() -> None:
    text, html = feedback_notebook()
    nbformat.validate(nbformat.reads(text, as_version=4))
    answers: dict[str, Any] = {q.id: q.misconceptions[0].answer for q in of_lesson("03")}
    whole = page(graded(received(), answers), "decide = 1").text
    assert Page(html).text in whole


def test_markdown_reads_nothing_into_the_notebook() -> None:
    source = "decide = '$x$ \\\\(y\\\\)'\n\n\n# heading *emphasis*"
    _, html = feedback_notebook(source)
    # An empty line would end the block of HTML; a dollar or a backslash could begin a formula.
    assert not re.search(r"[\n$\\]", html)
    assert source in Page(html).inside("code")
