"""The catalogues hold together: names, errors, sources, what shows a trait, formulas that render, tables."""

from __future__ import annotations

import ast
import dataclasses
import html.parser
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import activations, losses
from course_lib.catalogue import ACTIVATION_COLUMNS, COLUMNS, LOSS_COLUMNS, PROPERTIES, Catalogue
from course_lib.spec import REALS, UNIT, Activation, Interval, Loss, Param, Trait

# No deadline: the machine may be busy.
few_examples = settings(max_examples=25, deadline=None)

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = [pytest.param(module.CATALOGUE, id=module.CATALOGUE.kind) for module in (activations, losses)]
ENTRIES = [
    pytest.param(entry, id=f"{module.CATALOGUE.kind}-{name}")
    for module in (activations, losses)
    for name, entry in module.CATALOGUE.items()
]

each_catalogue = pytest.mark.parametrize("catalogue", CATALOGUES)
each_entry = pytest.mark.parametrize("entry", ENTRIES)


# ---------------------------------------------------------------------------------------------------------------------
# Names and errors
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        (activations, "sigmod", "unknown activation 'sigmod'; did you mean 'sigmoid'?"),
        (activations, "ReLU", "unknown activation 'ReLU'; did you mean 'relu'?"),
        (activations, "xyz", "unknown activation 'xyz'; known: step, sigmoid, "),
        (activations, None, "unknown activation None; known: "),
        (activations, ["relu"], "unknown activation ['relu']; known: "),
        (losses, "hubber", "unknown loss 'hubber'; did you mean 'huber'?"),
    ],
)
def test_unknown_names_get_advice(module: Any, name: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        module.get(name)


@each_catalogue
def test_entries_are_found_by_their_names(catalogue: Catalogue[Any]) -> None:
    assert len(catalogue) == len(list(catalogue)) > 3
    for name, entry in catalogue.items():
        assert entry.name == name
        assert catalogue.get_entry(name) is entry


def test_two_entries_of_one_name_are_refused() -> None:
    relu = activations.get("relu")
    with pytest.raises(ValueError, match="two activation entries are named 'relu'"):
        Catalogue("activation", [relu, relu])


def test_catalogues_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        activations.CATALOGUE["relu"] = activations.get("tanh")  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        activations.get("relu").title = "RELU"  # type: ignore[misc]


@pytest.mark.parametrize("missing", ["derivative", "jacobian", "pullback"])
def test_an_activation_has_exactly_one_kind_of_slope(missing: str) -> None:
    owner = {"derivative": "relu", "jacobian": "softmax", "pullback": "glu"}[missing]
    with pytest.raises(ValueError, match="exactly one of derivative, jacobian and pullback, got none"):
        dataclasses.replace(activations.get(owner), **{missing: None})
    other = "jacobian" if missing == "derivative" else "derivative"
    with pytest.raises(ValueError, match=f"got {' and '.join(sorted((missing, other)))}"):
        dataclasses.replace(activations.get(owner), **{other: activations.sigmoid})


def test_learnable_parameters_need_their_gradients() -> None:
    with pytest.raises(ValueError, match=r"learnable parameters \['alpha'\] but parameter_gradients for \[\]"):
        dataclasses.replace(activations.get("prelu"), parameter_gradients={})


# ---------------------------------------------------------------------------------------------------------------------
# Intervals and parameters
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        (Interval(0, 1), [0.5, 1e-300], [0, 1, -1, float("nan")]),
        (UNIT, [0, 1, 0.5], [-1e-300, 1.0000001]),
        (REALS, [0, 1e308, -1e308], [float("inf"), float("-inf"), float("nan")]),
        (Interval(2, 2, low_closed=True, high_closed=True), [2], [1.999, 2.001]),
    ],
)
def test_intervals_hold_what_lies_between_their_ends(
    interval: Interval, inside: list[float], outside: list[float]
) -> None:
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)


@pytest.mark.parametrize(("low", "high"), [(1, 0), (2, 2), (float("nan"), 1)])
def test_empty_intervals_are_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="Interval needs low < high"):
        Interval(low, high)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0, 1), "(0, 1)"),
        (UNIT, "[0, 1]"),
        (REALS, "(−∞, ∞)"),
        (Interval(-0.25, high_closed=False), "(−0.25, ∞)"),
    ],
)
def test_intervals_are_written_as_in_a_book(interval: Interval, text: str) -> None:
    assert str(interval) == text


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-0.5, ValueError, "alpha must lie in [0, 1], got -0.5; it is the leak"),
        (float("nan"), ValueError, "alpha must lie in [0, 1], got nan"),
        ("0.5", TypeError, "alpha must be one number in [0, 1], got '0.5'"),
        ([0.5], TypeError, "alpha must be one number in [0, 1], got [0.5]"),
    ],
)
def test_parameters_say_what_they_may_be(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Param("alpha", 0.1, UNIT, "the leak").checked(value)


@few_examples
@given(st.floats(0, 1))
def test_checked_parameters_come_back_as_floats(value: float) -> None:
    checked = Param("alpha", 0.1, UNIT, "the leak").checked(value)
    assert (checked, type(checked)) == (value, float)


@each_entry
def test_defaults_lie_in_their_domains(entry: Activation | Loss) -> None:
    for param in entry.params:
        defaults = param.default if isinstance(param.default, tuple) else (param.default,)
        assert all(value in param.domain for value in defaults), param.name


# ---------------------------------------------------------------------------------------------------------------------
# Traits, sources, formulas
# ---------------------------------------------------------------------------------------------------------------------


@cache
def names_of_tests(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@cache
def cells_in(lesson: str) -> frozenset[str] | None:
    """The cell ids of a lesson's source; None while it has none."""
    found = list((ROOT / "authoring" / "lessons").glob(f"{lesson}_*.py"))
    text = "".join(path.read_text(encoding="utf-8") for path in found)
    return frozenset(re.findall(r'^# %%.*\bid="([^"]+)"', text, re.MULTILINE)) if found else None


def problem_with(shown_by: str) -> str | None:
    """Why nothing shows a trait; None where its test, or its lesson's cell, exists."""
    if "::" in shown_by:
        file, _, name = shown_by.partition("::")
        if not (ROOT / "tests" / file).exists():
            return f"there is no tests/{file}"
        return None if name in names_of_tests(file) else f"tests/{file} has no {name}"
    lesson, _, cell = shown_by.partition("#")
    if not re.fullmatch(r"\d\d", lesson):
        return f"{shown_by!r} is neither file::test nor lesson#cell"
    cells = cells_in(lesson)
    return None if cells is None or cell in cells else f"lesson {lesson} has no cell {cell!r}"


@each_entry
def test_every_trait_is_shown(entry: Activation | Loss) -> None:
    assert entry.strengths
    assert entry.weaknesses
    problems = {trait.shown_by: problem_with(trait.shown_by) for trait in (*entry.strengths, *entry.weaknesses)}
    assert not {shown_by: problem for shown_by, problem in problems.items() if problem}


@pytest.mark.parametrize(
    "shown_by",
    [
        "test_activations.py::test_nothing",
        "test_none.py::test_range",
        "03#no-such-cell",
        "the sigmoid lesson",
        "3#card",
    ],
)
def test_a_trait_that_nothing_shows_is_found(shown_by: str) -> None:
    assert problem_with(Trait("text", shown_by).shown_by)


LOCATOR = r"doi:10\.\d+/|arXiv:\d{4}\.\d{4,5}|§|PMLR|JMLR|ICML|ICNN|NIPS|NATO ASI|ch\. \d|pp\. \d|\d+\(\d+\)|User Guide"


@each_entry
def test_sources_say_who_when_and_where(entry: Activation | Loss) -> None:
    for use in entry.used:
        assert use.text
        assert use.source.author
        assert 1900 < use.source.year < 2100
        # A title alone is hard to find: a DOI, an arXiv number, a volume, a section, pages, or who published it.
        assert re.search(LOCATOR, use.source.where), use.source.where


@each_entry
def test_words_end_as_sentences_do(entry: Activation | Loss) -> None:
    assert entry.says.endswith(".")
    assert entry.says.count("\n") == 0
    for trait in (*entry.strengths, *entry.weaknesses):
        assert trait.text.endswith("."), trait.text
    for use in entry.used:
        assert not use.text.endswith("."), use.text


@each_entry
def test_formulas_render(entry: Activation | Loss) -> None:
    """matplotlib's mathtext knows a part of what MathJax does: a formula that it draws is well-formed for both."""
    from matplotlib.mathtext import MathTextParser

    second = entry.derivative_formula if isinstance(entry, Activation) else entry.gradient_formula
    parser: MathTextParser[Any] = MathTextParser("path")
    with warnings.catch_warnings():
        # Deprecations inside matplotlib's own use of its parser library.
        warnings.simplefilter("ignore", DeprecationWarning)
        for formula in (entry.formula, second):
            assert parser.parse(f"${formula}$").width > 0


@pytest.mark.parametrize("module", [activations, losses], ids=["activations", "losses"])
def test_public_names_are_those_of_the_entries(module: Any) -> None:
    """Every function of every entry can be imported from the package under its own name."""
    for entry in module.CATALOGUE.values():
        functions = [entry.function]
        if isinstance(entry, Activation):
            functions += [f for f in (entry.derivative, entry.jacobian, entry.pullback) if f is not None]
            functions += entry.parameter_gradients.values()
        else:
            functions.append(entry.gradient)
        for f in functions:
            name = f.__name__
            assert name in module.__all__
            assert getattr(module, name) is f
        assert entry.function.__name__ == entry.name
    assert len(module.__all__) == len(set(module.__all__))


# ---------------------------------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------------------------------


@each_catalogue
def test_rows_hold_every_column_of_every_entry(catalogue: Catalogue[Any]) -> None:
    columns = COLUMNS[catalogue.kind]
    rows = catalogue.table(list(columns), fmt="rows")
    assert [row["In the code"] for row in rows] == list(catalogue)
    for row in rows:
        assert list(row) == [column.heading for column in columns.values()]
        assert all(row.values())


def test_a_row_says_what_the_entry_claims() -> None:
    [row] = activations.CATALOGUE.table(names=["elu"], fmt="rows")
    assert row == {
        "Name": "ELU",
        "Range": "(−1, ∞)",
        "Monotonic": "increasing",
        "Zero-centred": "no",
        "Saturates": "left",
        "Largest slope": "1",
        "Kinks at": "none",
        "Frameworks": "PyTorch, Keras, JAX",
    }


@pytest.mark.parametrize(
    ("name", "column", "cell"),
    [
        ("sigmoid", "largest_slope", "0.25 at 0"),
        ("relu", "largest_slope", "1"),
        ("step", "kinks", "0 (jump)"),
        ("relu6", "kinks", "0, 6"),
        ("gelu", "minimum", "−0.17 at −0.7518"),
        ("sigmoid", "minimum", "not taken"),
        ("softmax", "monotonic", "–"),
        ("prelu", "params", "alpha = 0.25 (learned)"),
        ("maxout", "params", "slopes = (0, 1) (learned), intercepts = (0, 0) (learned)"),
        ("sigmoid", "lesson", "03"),
        ("sine", "lesson", "gallery"),
        ("sparsemax", "torch", "–"),
    ],
)
def test_cells(name: str, column: str, cell: str) -> None:
    [row] = activations.CATALOGUE.table([column], names=[name], fmt="rows")
    assert list(row.values()) == [cell]


def test_names_pick_entries_and_their_order() -> None:
    rows = activations.CATALOGUE.table(["name"], names=["tanh", "relu"], fmt="rows")
    assert [row["In the code"] for row in rows] == ["tanh", "relu"]


def cells_of(line: str) -> list[str]:
    """The cells of one Markdown table row, by GitHub's rule: an unescaped bar ends a cell, wherever it stands."""
    assert line.startswith("| ")
    assert line.endswith(" |")
    return re.split(r"(?<!\\)\|", line[1:-1])


@each_catalogue
def test_markdown_has_one_cell_per_column(catalogue: Catalogue[Any]) -> None:
    """With every column: bars in formulas and in text must not split a cell, nor a line break a row."""
    columns = list(COLUMNS[catalogue.kind])
    lines = catalogue.table(columns, fmt="markdown").splitlines()
    assert len(lines) == 2 + len(catalogue)
    assert {len(cells_of(line)) for line in lines} == {len(columns)}
    assert set(cells_of(lines[1])) == {" --- "}


def test_markdown_marks_formulas_and_code() -> None:
    table = activations.CATALOGUE.table(["title", "formula", "torch"], names=["softsign"], fmt="markdown")
    assert table.splitlines()[-1] == (
        r"| Softsign | $\mathrm{softsign}(x) = \frac{x}{1 + \vert x\vert }$ | `torch.nn.functional.softsign(x)` |"
    )


class Outline(html.parser.HTMLParser):
    """Tags with their attributes, in order, and the text; refuses a tag that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data))


@each_catalogue
def test_html_is_a_table_for_screen_readers(catalogue: Catalogue[Any]) -> None:
    columns = list(COLUMNS[catalogue.kind])
    outline = Outline()
    outline.feed(catalogue.table(columns, fmt="html", caption="All <functions> & more"))
    assert outline.open == []
    assert outline.tags[:2] == [("table", {}), ("caption", {})]
    assert outline.texts[0] == ("caption", "All <functions> & more")
    scopes = [attributes["scope"] for tag, attributes in outline.tags if tag == "th"]
    assert scopes == ["col"] * len(columns) + ["row"] * len(catalogue)
    assert sum(tag == "td" for tag, _ in outline.tags) == len(catalogue) * (len(columns) - 1)


@each_catalogue
def test_html_says_what_the_rows_say(catalogue: Catalogue[Any]) -> None:
    columns = list(PROPERTIES[catalogue.kind])
    outline = Outline()
    outline.feed(catalogue.table(columns, fmt="html"))
    spoken = [text for tag, text in outline.texts if tag != "caption"][len(columns) :]
    rows = catalogue.table(columns, fmt="rows")
    assert spoken == [cell for row in rows for cell in row.values()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": ["rnage"]}, "unknown column 'rnage'; did you mean 'range'?"),
        ({"names": ["rellu"]}, "unknown activation 'rellu'; did you mean 'relu'?"),
        ({"fmt": "latex"}, "unknown format 'latex'; expected 'markdown', 'html' or 'rows'"),
    ],
)
def test_bad_table_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        activations.CATALOGUE.table(**arguments)


def test_default_columns_exist() -> None:
    assert set(PROPERTIES["activation"]) <= set(ACTIVATION_COLUMNS)
    assert set(PROPERTIES["loss"]) <= set(LOSS_COLUMNS)


@pytest.mark.parametrize("catalogue", [activations.CATALOGUE, losses.CATALOGUE], ids=["activations", "losses"])
def test_formulas_survive_the_markdown_table(catalogue):
    """No bar that would end a cell, and no double backslash, which is a line break in TeX."""
    for line in catalogue.table(("title", "formula")).splitlines()[2:]:
        assert line.count("|") == 3
        assert "\\\\" not in line
