"""Questions that are answered by reading a figure: it stands above them in words and lines, and leads to the answer."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from authoring import source
from authoring.execute import alternative_text
from course_lib import plots
from course_lib.exercises.bank import BANK

ROOT = Path(__file__).parents[1]
READING = [e for e in BANK.values() if e.figure]
EDITIONS = {"exercises": source.exercise, "solutions": source.solution}

each_question = pytest.mark.parametrize("question", READING, ids=lambda e: e.id)
each_edition = pytest.mark.parametrize("edition", EDITIONS)


def source_path(question):
    (path,) = (ROOT / "authoring" / "solutions").glob(f"{question.lesson}_*.py")
    return path


def cells(question, edition):
    return EDITIONS[edition](source_path(question)).cells


def place(found, wanted):
    (number,) = (number for number, cell in enumerate(found) if wanted(cell))
    return number


def drawn(question, edition="exercises"):
    """The figure and its alternative text, as running the cell shows them to a learner."""
    shown = []
    found = cells(question, edition)
    code = found[place(found, lambda cell: cell.id == question.figure)].source
    imports = next(cell for cell in found if cell.cell_type == "code").source
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "show", lambda figure, *, alt: shown.append((figure, alt)))
        exec(f"{imports}\n{code}", {})
    (only,) = shown
    return only


def curves(question):
    """The drawn lines by name, x and y."""
    lines = drawn(question)[0].axes[0].get_lines()
    named = [line for line in lines if not str(line.get_label()).startswith("_")]
    return {line.get_label(): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in named}


def numbers(text):
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+(?:\.\d+)?", text)]


def test_three_questions_or_more_read_a_figure():
    assert len(READING) >= 3


@each_edition
@each_question
def test_the_figure_stands_right_above_its_question(question, edition):
    found = cells(question, edition)
    figure = place(found, lambda cell: cell.id == question.figure)
    check = place(found, lambda cell: f'check("{question.id}")' in cell.source and cell.id.endswith("-check"))
    between = [(cell.cell_type, "answer" in source.tags(cell)) for cell in found[figure + 1 : check]]
    assert found[figure].cell_type == "code"
    assert between == [("markdown", False), ("code", True)]
    assert "What to see" in found[figure + 1].source


@each_edition
@each_question
def test_its_cell_draws_one_figure_with_alternative_text(question, edition):
    figure, alt = drawn(question, edition)
    data, metadata = plots.picture(figure, alt)
    assert len(data["image/png"]) > 5_000
    # Enough places to work with: whoever can't see the figure answers from its words.
    assert len(numbers(metadata["image/png"]["alt"])) >= 8


@each_question
def test_the_stored_solution_shows_the_figure_with_its_words(question):
    stored = nbformat.read(ROOT / "solutions" / f"{source_path(question).stem}.ipynb", as_version=4).cells
    (output,) = stored[place(stored, lambda cell: cell.id == question.figure)].outputs
    assert "image/png" in output.data
    assert alternative_text(output) == drawn(question, "solutions")[1]


# A letter, or the place of a bend, can't be kept out of the words that describe the figure; a number to work out can.
@pytest.mark.parametrize("exercise_id", ["17-read-bowl", "24-read-curves"])
def test_neither_prompt_nor_figure_nor_hints_tell_the_number(exercise_id):
    question = BANK[exercise_id]
    found = cells(question, "exercises")
    figure = place(found, lambda cell: cell.id == question.figure)
    texts = [cell.source for cell in found[figure - 1 : figure + 2]] + list(question.hints)
    told = [n for text in texts for n in numbers(text)]
    assert len(told) > 10
    assert [n for n in told if abs(n - question.reference) <= question.tolerance.absolute] == []


def test_the_words_on_the_outputs_agree_with_the_curves():
    question = BANK["01-read-rates"]
    assert_curves_told(question, [1, 2, 3, 10], within=0.03)


def test_the_words_on_the_scores_agree_with_the_curves():
    question = BANK["24-read-curves"]
    assert_curves_told(question, [25, 50, 75, 100, 125, 150], within=0.05)


def assert_curves_told(question, places, within):
    alt = drawn(question)[1]
    told = {name: numbers(ys) for name, ys in re.findall(r"curve (\w) is at ([^;]*)", alt)}
    assert re.search(", ".join(map(str, places[:-1])) + f" and {places[-1]}", alt)
    assert told.keys() == curves(question).keys()
    for name, (x, y) in curves(question).items():
        np.testing.assert_allclose(told[name], np.interp(places, x, y), rtol=0, atol=within)


def test_the_words_on_the_bowl_agree_with_the_curve():
    question = BANK["17-read-bowl"]
    told = np.array([numbers(pair) for pair in re.findall(r"\d+ at \d+", drawn(question)[1])])
    x, y = curves(question)["MSE"]
    assert len(told) >= 6
    np.testing.assert_allclose(told[:, 0], np.interp(told[:, 1], x, y), rtol=0, atol=0.5)


def test_the_words_on_the_hinges_agree_with_the_curve():
    question = BANK["06-read-hinge"]
    told = np.array([numbers(pair) for pair in re.findall(r"\([^)]*\)", drawn(question)[1])])
    ((x, y),) = curves(question).values()
    # Straight pieces through the points that are told, flat before the first: nothing else is in the figure.
    np.testing.assert_allclose(y, np.interp(x, told[:, 0], told[:, 1]), rtol=0, atol=1e-12)


def test_the_order_of_the_rates_is_that_of_the_first_steps():
    question = BANK["01-read-rates"]
    first = {name: abs(y[1] - y[0]) for name, (_, y) in curves(question).items()}
    order = ", ".join(sorted(first, key=first.__getitem__))
    prompt = "\n".join(cell.source for cell in cells(question, "exercises"))
    assert f"**{question.reference})** {order}\n" in prompt


def test_the_rates_can_not_be_told_by_who_is_nearest_at_the_end():
    left = {name: abs(y[-1] - 1) for name, (_, y) in curves(BANK["01-read-rates"]).items()}
    assert left["A"] > left["B"] > left["C"]


def test_the_hinge_is_the_change_of_slope_at_the_second_bend():
    question = BANK["06-read-hinge"]
    ((x, y),) = curves(question).values()
    change = np.diff(np.diff(y) / np.diff(x))
    bends = np.flatnonzero(np.abs(change) > 1e-6)
    assert (x[bends[1] + 1], change[bends[1]]) == pytest.approx(question.reference)


def test_the_seventh_wait_follows_from_the_bottom_of_the_bowl():
    question = BANK["17-read-bowl"]
    prompt = next(c.source for c in cells(question, "exercises") if c.id == "bowl-prompt")
    known = numbers(re.search(r"noted: (.*) minutes", prompt)[1])
    x, y = curves(question)["MSE"]
    assert len(known) == 6
    assert 7 * x[np.argmin(y)] - sum(known) == pytest.approx(question.reference, abs=1e-9)


def test_the_bottom_of_the_bowl_is_not_the_middle_of_the_figure():
    x, y = curves(BANK["17-read-bowl"])["MSE"]
    assert abs(x[np.argmin(y)] - (x[0] + x[-1]) / 2) >= 0.5


def test_the_step_is_where_the_curve_without_a_plateau_passes_zero():
    question = BANK["24-read-curves"]
    # Cross-entropy's first push is its largest; of the squared error's largest the first is an eighth.
    share = {name: (y[0] - y[1]) / np.max(-np.diff(y)) for name, (_, y) in curves(question).items()}
    assert sorted(share.values()) == pytest.approx([0.12, 1.0], abs=0.02)
    x, y = curves(question)[max(share, key=share.__getitem__)]
    assert np.interp(0, -y, x) == pytest.approx(question.reference, abs=1)


def test_the_curve_with_the_plateau_passes_zero_first():
    y_of = {name: y for name, (_, y) in curves(BANK["24-read-curves"]).items()}
    assert np.argmax(y_of["A"] < 0) < np.argmax(y_of["B"] < 0)
