"""Every file that is handed in is a notebook or a named reason why not."""

import json
import os
from pathlib import Path

import pytest
from grading_submissions import notebook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.exercises.grading import read as reading
from course_lib.exercises.grading.read import (
    LARGE,
    MAX_CELLS,
    Cell,
    Notebook,
    Unreadable,
    defines,
    parse,
    read,
    which_lesson,
    without_outputs,
)

NAMES = {
    "03": {"03-stable-sigmoid": ["stable_sigmoid"], "03-design-neuron": ["w", "b"]},
    "22": {"22-bce-gradient": ["bce_gradient"]},
}
WHOLE = notebook(["x = 1", ("markdown", "words"), "y = 2"])

BROKEN = {
    "empty": (b"", "empty"),
    "blank": (b" \n\t", "empty"),
    "truncated": (WHOLE[:-40].encode(), "truncated"),
    "cut-after-a-bracket": (b'{"cells": [', "truncated"),
    "not-json": (b"def f(): pass", "not JSON"),
    "web-page": (b"<!DOCTYPE html><html></html>", "not JSON"),
    "zip": (b"PK\x03\x04\x14\x00\xff\xfe", "not JSON"),
    "utf-16": (WHOLE.encode("utf-16"), "not JSON"),
    "nested-for-ever": (b"[" * 200_000 + b"]" * 200_000, "not JSON"),
    "number-too-long": (b"1" * 10_000, "not JSON"),
    "list": (b"[]", "not a notebook"),
    "null": (b"null", "not a notebook"),
    "other-json": (b'{"a": 1}', "not a notebook"),
    "cells-no-list": (b'{"cells": {"source": "x"}}', "not a notebook"),
    "sheets-no-list": (b'{"worksheets": 3}', "not a notebook"),
    "too-many-cells": (notebook(["x"] * (MAX_CELLS + 1)).encode(), "too big"),
    "too-much-text": (notebook(["x" * 2_100_000]).encode(), "too big"),
}


def read_bytes(folder: Path, content: bytes) -> Notebook | Unreadable:
    path = folder / "submission.ipynb"
    path.write_bytes(content)
    return read(path)


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named(content: bytes, reason: str, tmp_path: Path) -> None:
    result = read_bytes(tmp_path, content)
    assert isinstance(result, Unreadable)
    assert result.reason == reason
    assert "submission.ipynb" in result.message


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.ipynb"
    path.write_text(WHOLE, encoding="utf-8")
    size = path.stat().st_size
    results = [read(path, max_bytes=limit) for limit in (size, size - 1)]
    assert isinstance(results[0], Notebook)
    assert isinstance(results[1], Unreadable)
    assert results[1].reason == "too big"


def test_a_file_above_the_limit_with_outputs_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    result = read_bytes(tmp_path, WHOLE.encode())
    assert isinstance(result, Unreadable)
    assert result.reason == "too big"


BULK = [{"output_type": "stream", "text": ['a "line" with ] and }\n', "\\"]}, {"data": {"image/png": "A" * LARGE}}]


@pytest.mark.parametrize(
    "content",
    [
        {
            "cells": [
                {"cell_type": "code", "source": "x = 1", "outputs": BULK},
                {"cell_type": "code", "source": "y = 2"},
            ]
        },
        {
            "cells": [
                {"outputs": BULK, "source": "x = 1", "cell_type": "code"},
                {"cell_type": "code", "source": "y = 2"},
            ]
        },
        {
            "worksheets": [
                {"cells": [{"cell_type": "code", "outputs": BULK, "input": c} for c in ("x = 1", "y = 2")]},
            ]
        },
        {
            "cells": [
                {"cell_type": "code", "source": "x = 1"},
                {"cell_type": "code", "source": "y = 2", "attachments": {"a.png": {"image/png": "A" * LARGE}}},
            ],
            "metadata": {"widgets": {"state": BULK}},
        },
    ],
    ids=["outputs-last", "outputs-first", "nbformat-3", "attachments-and-widgets"],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_bulky_outputs_are_taken_out_before_reading(content: object, indent: int | None) -> None:
    raw = json.dumps(content, indent=indent).encode()
    assert len(raw) > LARGE
    assert len(without_outputs(raw)) < 1_000
    assert parse(raw, "a.ipynb", max_bytes=1_000) == Notebook((Cell(1, "x = 1", True), Cell(2, "y = 2", True)))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"cells": [{"source": "\\"outputs\\": [1, 2]"}]}',
        b'{"cells": [{"source": ["outputs", ":", "[1]"]}]}',
        b'{"outputs": 3, "cells": []}',
        b'{"outputs": [1, 2',
        b'{"outputs": ["never closed}]',
        b"",
    ],
)
def test_what_only_looks_like_outputs_stays(raw: bytes) -> None:
    assert without_outputs(raw) == raw


JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@settings(deadline=None)
@given(source=st.text(), outputs=st.lists(JSON), indent=st.sampled_from([None, 1]))
def test_taking_outputs_out_leaves_the_rest(source: str, outputs: list[object], indent: int | None) -> None:
    cell = {"source": source, "outputs": outputs, "metadata": {"a": source}}
    raw = json.dumps({"cells": [cell, cell]}, indent=indent, ensure_ascii=False).encode()
    expected = cell | {"outputs": []}
    assert json.loads(without_outputs(raw)) == {"cells": [expected, expected]}


def test_brackets_without_end_are_not_parsed() -> None:
    """Each would become an object of 56 bytes."""
    for raw in (b'{"cells": [' + b"[]," * 4_000_000 + b"[]]}", b'{"cells": [{"outputs": [' + b"[]," * 4_000_000):
        result = parse(raw, "a.ipynb")
        assert isinstance(result, Unreadable)
        assert result.reason in ("too big", "truncated")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    result = read(tmp_path / "none.ipynb")
    assert isinstance(result, Unreadable)
    assert result.reason == "missing"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    result = read(tmp_path)
    assert isinstance(result, Unreadable)
    assert result.reason == "not a file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    result = read(tmp_path / "pipe.ipynb")
    assert isinstance(result, Unreadable)
    assert result.reason == "not a file"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["cells", "worksheets", "source", "input", "cell_type", "x"]), inner)
        ),
    )
)
def test_any_json_is_read_without_an_exception(tmp_path: Path, content: object) -> None:
    result = read_bytes(tmp_path, json.dumps(content).encode())
    assert isinstance(result, (Notebook, Unreadable))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_cells_come_in_order_with_their_place(tmp_path: Path, encoding: str) -> None:
    assert read_bytes(tmp_path, WHOLE.encode(encoding)) == Notebook(
        (Cell(1, "x = 1", True), Cell(2, "words", False), Cell(3, "y = 2", True))
    )


def test_nbformat_3_is_read(tmp_path: Path) -> None:
    sheets = [
        {"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}, {"cell_type": "markdown", "source": "w"}]}
    ]
    result = read_bytes(tmp_path, json.dumps({"worksheets": sheets, "nbformat": 3, "metadata": {}}).encode())
    assert result == Notebook((Cell(1, "x = 1\ny = 2", True), Cell(2, "w", False)))


def test_metadata_and_outputs_are_not_needed(tmp_path: Path) -> None:
    bare = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}, "no cell", {"cell_type": "code"}]})
    assert read_bytes(tmp_path, bare.encode()) == Notebook((Cell(1, "x = 1", True), Cell(3, "", True)))


def test_half_a_surrogate_pair_can_be_encoded(tmp_path: Path) -> None:
    result = read_bytes(tmp_path, b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}')
    assert isinstance(result, Notebook)
    assert result.cells[0].source.encode("utf-8")


@pytest.mark.parametrize(
    ("name", "code", "lesson"),
    [
        ("anything", 'check("03-stable-sigmoid")', "03"),
        ("anything", "hint('22-bce-gradient')", "22"),
        ("03_sigmoid", "x = 1", "03"),
        ("wang_4411_98003_03_sigmoid-2", "x = 1", "03"),
        ("22_bce", 'check("03-stable-sigmoid")', "03"),
        ("22_bce", 'check("03-stable-sigmoid"), check("22-bce-gradient")', "22"),
        ("anything", 'check("03-stable-sigmoid"), check("22-bce-gradient")', None),
        ("anything", "def bce_gradient(y, z):\n    return y", "22"),
        ("anything", "w = 2.0\nb = 1", "03"),
        ("anything", "w = 2.0", None),
        ("anything", "def bce_gradient(y, z):\n    return y\nw = 1", "22"),
        ("anything", "def bce_gradient(y, z):\n    return y\nw = 1\nb = 1", None),
        ("anything", "x = 1", None),
        ("4403_x", "x = 1", None),
        ("03_x_22_y", "x = 1", None),
        ("anything", '# check("03-something-else")', None),
    ],
)
def test_the_lesson_is_concluded_or_left_open(name: str, code: str, lesson: str | None) -> None:
    concluded = which_lesson(Path(f"{name}.ipynb"), Notebook((Cell(1, code, True),)), NAMES)
    assert concluded.lesson == lesson
    assert concluded.because


def test_a_name_that_contradicts_is_told() -> None:
    concluded = which_lesson(Path("22_bce.ipynb"), Notebook((Cell(1, 'check("03-stable-sigmoid")', True),)), NAMES)
    assert "the file's name says 22" in concluded.because


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def w(x):", True),
        ("  w = 3", True),
        ("w=3", True),
        ("w: float = 3", True),
        ("w, b = 1, 2", True),
        ("b, w = 1, 2", True),
        ("w == 3", False),
        ("print(w)", False),
        ("wide = 3", False),
        ("def wide(w):", False),
        ("# w", False),
    ],
)
def test_a_definition_is_recognised(source: str, found: bool) -> None:
    assert defines("x = 0\n" + source, "w") is found
