"""Text sources become notebooks: rightly, the same every time, and never half."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from authoring import build, readme
from authoring.__main__ import main
from authoring.build import Target, orphans, out_of_step, targets
from authoring.lint import LARGEST_PNG, LONGEST_CELL, RULES, Page, lint, read_page, word_count
from authoring.source import SourceError, exercise, exercise_ids, lesson, read_source, solution

TARGETS = targets()

LESSON = """\
# ---
# course:
#   teaching: 20
#   objectives: [see an S]
# ---

# %% [markdown] id="card"
# # Sigmoid

# %% id="imports"
import base64
import ipywidgets

# %% id="numbers"
print(f"{1 / 4:.2f}")
1 + 1

# %% id="slider" tags=["widget"]
slider = ipywidgets.IntSlider()
twin = {"text/plain": f"A slider at {slider.value}.", "image/png": base64.b64encode(b"png").decode()}
display(slider._repr_mimebundle_() | twin, raw=True, metadata={"image/png": {"alt": "A curve."}})
"""

SOLUTION = '''\
# %% [markdown] id="title"
# # Sigmoid: exercises
#
# To [the lesson](../notebooks/03_sigmoid.ipynb)

# %% id="imports"
import math

# %% id="value-answer" tags=["answer"] nbgrader={"grade": false, "solution": true}
def sigmoid(x):
    """σ(x) for one number."""
    ### BEGIN SOLUTION
    return 1 / (1 + math.exp(-x))
    ### END SOLUTION

# %% id="value-check"
check = print
check("03-sigmoid")

# %% id="numbers-answer" tags=["answer"]
### BEGIN SOLUTION
slope = 0.25
low, high = 0, 1
### END SOLUTION

# %% id="numbers-check"
check("03-slope"), check("03-sigmoid")

# %% [markdown] id="why" tags=["solution"]
# Because s(1 − s) is largest at ½.
'''


def write_sources(root: Path) -> Path:
    """The sources of a course with one lesson and its exercises, nothing built."""
    for folder, text in (("lessons", LESSON), ("solutions", SOLUTION)):
        path = root / "authoring" / folder / "03_sigmoid.py"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    marks = "".join(f"<!-- table: {name} -->\n<!-- end -->\n" for name in readme.COLUMNS)
    (root / "README.md").write_text(marks, encoding="utf-8")
    return root


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A small course of which nothing is built."""
    return write_sources(tmp_path / "course")


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same course, built; for tests that only read it."""
    root = write_sources(tmp_path_factory.mktemp("course"))
    assert main([], root=root) == 0
    return root


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """The same course, built; for tests that change it."""
    return shutil.copytree(built_once, tmp_path / "course")


def source_file(folder: Path, text: str, name: str = "03_sigmoid") -> Path:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(found for found in notebook.cells if found.id == name)


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


# ---- The notebooks of this course -------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.label)
def test_notebook_is_in_step_with_its_source(target: Target) -> None:
    differences = out_of_step(target)
    assert not differences, (
        f"{target.label} is not what authoring/ describes: {'; '.join(differences)}. "
        f"An author runs `python -m authoring`. A learner's own work belongs here and may differ: "
        f"this test is for a fresh copy of the course."
    )


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.label)
def test_notebook_keeps_the_rules(target: Target) -> None:
    assert lint(read_page(target.path)) == []


def test_every_notebook_has_a_source() -> None:
    assert orphans() == []


# ---- From the source to cells -----------------------------------------------------------------------------------


def test_lesson_takes_ids_texts_and_course_block_from_its_source(tmp_path: Path) -> None:
    notebook = lesson(source_file(tmp_path, LESSON))
    assert [found.id for found in notebook.cells] == ["card", "imports", "numbers", "slider"]
    assert cell(notebook, "card").source == "# Sigmoid"
    assert notebook.metadata["course"] == {"teaching": 20, "objectives": ["see an S"]}


def test_solution_loses_its_markers_and_nothing_else(tmp_path: Path) -> None:
    notebook = solution(source_file(tmp_path, SOLUTION))
    assert cell(notebook, "value-answer").source == (
        'def sigmoid(x):\n    """σ(x) for one number."""\n    return 1 / (1 + math.exp(-x))'
    )
    assert cell(notebook, "why").source == "Because s(1 − s) is largest at ½."


def test_exercise_asks_for_the_body_of_a_function(tmp_path: Path) -> None:
    notebook = exercise(source_file(tmp_path, SOLUTION))
    assert cell(notebook, "value-answer").source == (
        'def sigmoid(x):\n    """σ(x) for one number."""\n    raise NotImplementedError'
    )


def test_exercise_asks_for_each_assigned_value(tmp_path: Path) -> None:
    notebook = exercise(source_file(tmp_path, SOLUTION))
    assert cell(notebook, "numbers-answer").source == "slope = ...\nlow = ...\nhigh = ..."


def test_exercise_keeps_the_indentation_of_a_nested_region(tmp_path: Path) -> None:
    nested = SOLUTION.replace(
        "    ### BEGIN SOLUTION\n    return 1 / (1 + math.exp(-x))\n    ### END SOLUTION",
        "    if x >= 0:\n        ### BEGIN SOLUTION\n        return 1 / (1 + math.exp(-x))\n"
        "        ### END SOLUTION\n    return 1 - sigmoid(-x)",
    )
    notebook = exercise(source_file(tmp_path, nested))
    assert "    if x >= 0:\n        raise NotImplementedError\n    return 1 - sigmoid(-x)" in (
        cell(notebook, "value-answer").source
    )


def test_exercise_leaves_out_cells_tagged_solution(tmp_path: Path) -> None:
    notebook = exercise(source_file(tmp_path, SOLUTION))
    assert "why" not in [found.id for found in notebook.cells]


def test_exercise_names_its_lesson_and_what_it_checks(tmp_path: Path) -> None:
    notebook = exercise(source_file(tmp_path, SOLUTION))
    assert notebook.metadata["course"] == {"lesson": "03_sigmoid", "exercise_ids": ["03-sigmoid", "03-slope"]}


def test_exercise_keeps_metadata_that_another_grader_needs(tmp_path: Path) -> None:
    notebook = exercise(source_file(tmp_path, SOLUTION))
    assert cell(notebook, "value-answer").metadata["nbgrader"] == {"grade": False, "solution": True}


def test_only_code_checks_exercises(tmp_path: Path) -> None:
    text = SOLUTION + '\n# %% [markdown] id="more"\n# Try `check("99-other")`.\n'
    assert exercise_ids(read_source(source_file(tmp_path, text))) == ["03-sigmoid", "03-slope"]


def swap(old: str, new: str) -> str:
    assert old in SOLUTION
    return SOLUTION.replace(old, new)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(swap('# %% id="imports"', "# %%"), r"cell 2 \(import math\) has the id None", id="no-id"),
        pytest.param(swap('id="value-check"', 'id="imports"'), "'imports' stands twice", id="id-twice"),
        pytest.param(swap('id="imports"', 'id="My_Imports"'), "'My_Imports'.*lower case", id="id-not-kebab"),
        pytest.param("", "no cells", id="empty"),
        pytest.param("# ---\n# title: x\n# ---\n" + SOLUTION, "holds `course:` and nothing else", id="other-header"),
        pytest.param(
            swap("    ### END SOLUTION", ""), r"'value-answer'.*needs its `### END SOLUTION`", id="unbalanced-marker"
        ),
        pytest.param(
            swap("### BEGIN SOLUTION\nslope = 0.25\nlow, high = 0, 1\n### END SOLUTION", "slope = 0"),
            r"'numbers-answer': tagged `answer`, but no",
            id="answer-without-region",
        ),
        pytest.param(
            swap('id="numbers-answer" tags=["answer"]', 'id="numbers-answer"'),
            r"'numbers-answer': has a solution region, so it must be code with tags",
            id="region-without-tag",
        ),
        pytest.param(
            swap("slope = 0.25\nlow, high = 0, 1", "print(1)"), "'numbers-answer'.*assigns no name", id="nothing-left"
        ),
        pytest.param(
            swap("return 1 / (1", "return 1 / ((1"), "'value-answer': an answer must be plain Python", id="syntax"
        ),
        pytest.param(
            SOLUTION + '\n# %% [markdown] id="hint"\n# ```\n# return 1 / (1 + math.exp(-x))\n# ```\n',
            r"'hint': the exercise would still show the solution's line 'return 1 / \(1",
            id="leak",
        ),
        pytest.param(swap("../notebooks/", "../"), "'title': the first cell must link the lesson", id="no-lesson-link"),
    ],
)
def test_faulty_source_is_refused_in_words(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SourceError, match=f"^03_sigmoid.py.*{complaint}"):
        exercise(source_file(tmp_path, text))


def test_lesson_with_an_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="answers belong in authoring/solutions"):
        lesson(source_file(tmp_path, SOLUTION))


# ---- Building ---------------------------------------------------------------------------------------------------


def test_building_twice_gives_the_same_bytes(built: Path) -> None:
    paths = sorted(built.glob("*/*.ipynb"))
    first = {path: path.read_bytes() for path in paths}
    assert main(["build"], root=built) == 0
    assert {path: path.read_bytes() for path in paths} == first
    assert len(first) == 3


def test_lessons_are_stored_run_once_from_top_to_bottom(built_once: Path) -> None:
    notebook = read(built_once / "notebooks" / "03_sigmoid.ipynb")
    assert [found.execution_count for found in notebook.cells if found.cell_type == "code"] == [1, 2, 3]
    printed, shown = cell(notebook, "numbers").outputs
    assert printed.text == "0.25\n"
    assert shown.data["text/plain"] == "2"


def test_exercises_are_stored_without_outputs(built_once: Path) -> None:
    notebook = read(built_once / "exercises" / "03_sigmoid.ipynb")
    assert [found.outputs for found in notebook.cells if found.cell_type == "code"] == [[]] * 5


def test_widget_keeps_its_static_twin_only(built_once: Path) -> None:
    notebook = read(built_once / "notebooks" / "03_sigmoid.ipynb")
    (output,) = cell(notebook, "slider").outputs
    assert set(output.data) == {"text/plain", "image/png"}
    assert output.metadata["image/png"]["alt"] == "A curve."
    assert "widgets" not in notebook.metadata


def test_stored_metadata_name_no_machine(built_once: Path) -> None:
    notebook = read(built_once / "notebooks" / "03_sigmoid.ipynb")
    assert notebook.metadata["language_info"] == {"name": "python"}
    assert all(set(found.metadata) <= {"tags"} for found in notebook.cells)


def test_only_what_changed_is_built(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = built / "authoring" / "lessons" / "03_sigmoid.py"
    source.write_text(source.read_text(encoding="utf-8").replace("1 + 1", "1 + 2"), encoding="utf-8")
    capsys.readouterr()
    assert main([], root=built) == 0
    out = capsys.readouterr().out
    assert "notebooks/03_sigmoid.ipynb … built" in out
    assert "exercises" not in out
    assert main([], root=built) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        pytest.param("1 / 0", "cell 'numbers': ZeroDivisionError: division by zero", id="exception"),
        pytest.param("import warnings; warnings.warn('old')", "cell 'numbers': wrote to stderr", id="warning"),
        pytest.param("import os; os._exit(1)", "cell 'numbers': the kernel died", id="dead-kernel"),
        pytest.param("ipywidgets.IntSlider()", "cell 'numbers': shows a widget, so tag it", id="widget-without-tag"),
    ],
)
def test_failing_cell_is_named_and_the_old_notebook_stays(
    built: Path, capsys: pytest.CaptureFixture[str], code: str, complaint: str
) -> None:
    path = built / "notebooks" / "03_sigmoid.ipynb"
    before = path.read_bytes()
    source = built / "authoring" / "lessons" / "03_sigmoid.py"
    source.write_text(source.read_text(encoding="utf-8").replace("1 + 1", code), encoding="utf-8")
    assert main([], root=built) == 1
    assert f"notebooks/03_sigmoid.ipynb, {complaint}" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == ["03_sigmoid.ipynb"]


def test_widget_without_a_twin_is_refused(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = built / "authoring" / "lessons" / "03_sigmoid.py"
    source.write_text(LESSON.partition("slider = ")[0] + "ipywidgets.IntSlider()\n", encoding="utf-8")
    assert main([], root=built) == 1
    assert "cell 'slider': without a kernel its widget would be nothing but 'IntSlider(value=0)'" in (
        capsys.readouterr().out
    )


def test_unknown_lesson_is_refused(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "04"], root=course) == 2
    assert "no source for 04; sources in authoring/: 03_sigmoid" in capsys.readouterr().err


# ---- In step ----------------------------------------------------------------------------------------------------


def target(root: Path, folder: str) -> Target:
    return next(found for found in targets(root) if found.folder == folder)


def test_what_was_just_built_is_in_step(built_once: Path) -> None:
    assert {found.folder: out_of_step(found) for found in targets(built_once)} == {
        "notebooks": [],
        "solutions": [],
        "exercises": [],
    }


def test_notebook_not_built_is_out_of_step(course: Path) -> None:
    assert out_of_step(target(course, "notebooks")) == ["not built yet"]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("folder", ["notebooks", "solutions", "exercises"])
def test_edited_cell_is_named(built: Path, folder: str) -> None:
    path = built / folder / "03_sigmoid.ipynb"
    edit(path, "# Sigmoid", "# Sigmoids")
    name = "card" if folder == "notebooks" else "title"
    assert out_of_step(target(built, folder)) == [f"cell {name!r}: source differs"]


def test_changed_source_is_out_of_step(built: Path) -> None:
    edit(built / "authoring" / "solutions" / "03_sigmoid.py", "slope = 0.25", "slope = 0.2500")
    assert out_of_step(target(built, "solutions")) == ["cell 'numbers-answer': source differs"]


def test_changed_course_block_is_out_of_step(built: Path) -> None:
    edit(built / "authoring" / "lessons" / "03_sigmoid.py", "teaching: 20", "teaching: 25")
    assert out_of_step(target(built, "notebooks")) == ["the notebook's metadata differ in 'course'"]


def test_stripped_outputs_are_out_of_step(built: Path) -> None:
    path = built / "notebooks" / "03_sigmoid.ipynb"
    notebook = read(path)
    for found in notebook.cells:
        if found.cell_type == "code":
            found.outputs, found.execution_count = [], None
    nbformat.write(notebook, path)
    assert out_of_step(target(built, "notebooks")) == ["the cells were not run once each, from top to bottom"]


def test_exercise_with_outputs_is_out_of_step(built: Path) -> None:
    edit(built / "exercises" / "03_sigmoid.ipynb", '"execution_count": null', '"execution_count": 1')
    assert out_of_step(target(built, "exercises")) == ["an exercise is handed out without outputs"]


def test_check_lists_what_is_out_of_step(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(built / "exercises" / "03_sigmoid.ipynb", "raise NotImplementedError", "return 0.5")
    shutil.copy(built / "notebooks" / "03_sigmoid.ipynb", built / "notebooks" / "04_tanh.ipynb")
    assert main(["check"], root=built) == 1
    out = capsys.readouterr().out
    assert "exercises/03_sigmoid.ipynb: cell 'value-answer': source differs" in out
    assert "notebooks/04_tanh.ipynb: no source in authoring/lessons/ describes it" in out


# ---- The rules of a notebook ------------------------------------------------------------------------------------


def page(*cells: NotebookNode, folder: str = "exercises") -> Page:
    # Not new_notebook(cells=…): it refuses what some of these pages are to show.
    notebook = nbformat.v4.new_notebook()
    notebook.cells = list(cells)
    return Page(Path(__file__).parents[1] / folder / "03_sigmoid.ipynb", notebook)


def text(source: str, name: str = "some-text") -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source, id=name)


def code(source: str, *outputs: NotebookNode, name: str = "some-code") -> NotebookNode:
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), id=name)


def picture(size: int = 30, alt: str = "A curve.") -> NotebookNode:
    data = {"image/png": "A" * (4 * -(-size // 3)), "text/plain": "<Figure>"}
    return nbformat.v4.new_output("display_data", data=data, metadata={"image/png": {"alt": alt}})


def rich(text: str, kind: str = "text/html") -> NotebookNode:
    return nbformat.v4.new_output("display_data", data={kind: text, "text/plain": "rich"})


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return nbformat.v4.new_output("stream", text=text, name=name)


def broken_rules(page: Page) -> set[str]:
    return {rule.__name__ for rule in RULES if list(rule(page))}


GOOD = (
    text("# Sigmoid\n\n[up](#Sigmoid), [exercise](../tests), [out](https://example.org)", "title"),
    code("import numpy as np", name="imports"),
    code("np.tanh(0.5)", picture(), stream("0.46\n")),
    text("## A curve\n\n*What to see: an S.*\n\n```\n# no heading\n[no](link)\n```", "below"),
)


def test_good_page_keeps_all_rules() -> None:
    assert lint(page(*GOOD)) == []


@pytest.mark.parametrize(
    ("rule", "cells"),
    [
        pytest.param("one_title", (text("# A\n\n# B"),), id="two-titles"),
        pytest.param("one_title", (code("import a"), text("# A")), id="title-not-first"),
        pytest.param("headings_in_order", (text("# A\n\n### B"),), id="level-skipped"),
        pytest.param("ids_are_names", (text("# A", "title"), text("b", "title")), id="id-twice"),
        pytest.param("ids_are_names", (text("# A", "Title_1"),), id="id-not-kebab"),
        pytest.param("no_hidden_results", (text("# A", "a"), code("import a;")), id="semicolon"),
        pytest.param("no_hidden_results", (text("# A", "a"), code("import a;  # so")), id="semicolon-comment"),
        pytest.param("no_warnings", (text("# A", "a"), code("import a", stream("w", "stderr"))), id="stderr"),
        pytest.param("no_addresses", (text("# A", "a"), code("import a", stream("<a at 0x7f00aa>"))), id="address"),
        pytest.param("small_pictures", (*GOOD[:2], code("f()", picture(LARGEST_PNG)), GOOD[3]), id="large-png"),
        pytest.param("pictures_in_words", (*GOOD[:2], code("f()", picture(alt=" ")), GOOD[3]), id="no-alt"),
        pytest.param("pictures_in_words", (*GOOD[:3], text("A curve.", "below")), id="no-what-to-see"),
        pytest.param("pictures_in_words", GOOD[:3], id="nothing-below"),
        pytest.param("short_cells", (*GOOD[:2], code("\n".join(["f()"] * (LONGEST_CELL + 1)))), id="long-cell"),
        pytest.param("imports_first", (GOOD[0], code("import a\na.set()")), id="not-only-imports"),
        pytest.param("imports_first", (GOOD[0], code("\n".join(["import a"] * 5))), id="five-imports"),
        pytest.param("nothing_unwanted", (*GOOD[:2], code("%pip install torch")), id="pip"),
        pytest.param("nothing_unwanted", (*GOOD[:2], code("%matplotlib inline")), id="matplotlib"),
        pytest.param("nothing_unwanted", (*GOOD[:2], code("np.random.seed(1)")), id="seed"),
        pytest.param("nothing_unwanted", (*GOOD[:2], code("open('/home/me/x')")), id="absolute-path"),
        pytest.param("nothing_unwanted", (*GOOD[:2], code(r"open('C:\\x')")), id="windows-path"),
        pytest.param("nothing_unwanted", (*GOOD[:2], code("sys.path.append('.')")), id="sys-path"),
        pytest.param("links_lead_somewhere", (text("# A\n\n[b](../notebooks/99_none.ipynb)"),), id="dead-link"),
        pytest.param("links_lead_somewhere", (text("# A\n\n[b](#B)"),), id="dead-anchor"),
        pytest.param("links_lead_somewhere", (text('# A\n\n<a href="none.md">b</a>'),), id="dead-html-link"),
        pytest.param(
            "stored_links_lead_somewhere",
            (*GOOD, code("f()", rich('<a href="99_none.ipynb">b</a>'))),
            id="dead-stored-link",
        ),
        pytest.param(
            "stored_links_lead_somewhere",
            (*GOOD, code("f()", rich("[b](#B)", "text/markdown"))),
            id="dead-stored-anchor",
        ),
    ],
)
def test_broken_rule_is_found(rule: str, cells: tuple[NotebookNode, ...]) -> None:
    assert rule in broken_rules(page(*cells))


def test_widget_state_is_found() -> None:
    bad = page(*GOOD)
    bad.notebook.metadata["widgets"] = {}
    assert broken_rules(bad) == {"no_widget_state"}


@pytest.mark.parametrize("words", [100, 1500])
def test_lesson_of_the_wrong_length_is_found(words: int) -> None:
    bad = page(text("# A\n\n" + "word " * words, "title"), folder="notebooks")
    assert broken_rules(bad) == {"right_length"}


def gallery(*cells: NotebookNode) -> Page:
    return replace(page(*cells), path=Path(__file__).parents[1] / "notebooks" / "90_gallery.ipynb")


@pytest.mark.parametrize("words", [10, 3000])
def test_a_gallery_is_as_long_as_it_needs_to_be(words: int) -> None:
    assert lint(gallery(text("# A\n\n" + "word " * words, "title"), *GOOD[1:])) == []


def test_a_gallery_that_shows_nothing_without_a_kernel_is_found() -> None:
    assert broken_rules(gallery(*GOOD, code("cards()", name="cards"))) == {"galleries_need_no_kernel"}


def test_a_stored_link_may_lead_to_a_stored_heading() -> None:
    cells = code("f()", rich("[b](#B-1)", "text/markdown"), rich("### B 1", "text/markdown"), name="index")
    assert lint(page(*GOOD, cells)) == []


def test_only_running_text_counts_as_words() -> None:
    assert word_count("Two words\n\n```python\nx = 1\n```\n\n<b>and</b> $a + b$ done") == 5


# ---- nbval over what is built -----------------------------------------------------------------------------------


# What is changed in a stored output, and in which of the three code cells nbval must see it.
CHANGES = {
    "printed-number": ("0.25\\n", "0.26\\n", 1),
    "result": ('"2"', '"3"', 1),
    "text-twin-of-a-widget": ("A slider at 0.", "A slider at 1.", 2),
}


@pytest.fixture(scope="module")
def nbval_said(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """nbval's lines on the lesson as built, and on a copy with each of the changes."""
    folder = tmp_path_factory.mktemp("nbval")
    lesson_path = built_once / "notebooks" / "03_sigmoid.ipynb"
    shutil.copy(lesson_path, folder / "as-built.ipynb")
    for name, (old, new, _) in CHANGES.items():
        edit(Path(shutil.copy(lesson_path, folder / f"{name}.ipynb")), old, new)
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-rA", "-p", "no:cacheprovider", "."]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    return finished.stdout.splitlines()


def outcomes(lines: list[str], name: str) -> list[str]:
    """passed or failed for each of a notebook's three code cells."""
    cells = [
        next(line for line in lines if re.match(rf"[A-Z]+ {name}\.ipynb::Cell {number}\b", line)) for number in range(3)
    ]
    return [line.split()[0].lower() for line in cells]


def test_nbval_passes_on_what_was_just_built(nbval_said: list[str]) -> None:
    assert outcomes(nbval_said, "as-built") == ["passed"] * 3


@pytest.mark.parametrize("name", CHANGES)
def test_nbval_turns_red_on_a_changed_output(nbval_said: list[str], name: str) -> None:
    expected = ["passed"] * 3
    expected[CHANGES[name][2]] = "failed"
    assert outcomes(nbval_said, name) == expected


def test_the_readme_s_tables_are_what_the_catalogues_say() -> None:
    text = (build.ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.with_tables(text) == text, "python -m authoring brings README.md up to date"
    assert readme.with_tables(text.replace("| Sigmoid |", "| Sigmoids |")) == text


def test_a_readme_without_its_marks_is_refused() -> None:
    with pytest.raises(SourceError, match="put them back"):
        readme.with_tables("# a readme")
