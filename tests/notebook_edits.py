"""What innocent people, editors and systems do to a notebook: each edit takes its JSON and gives the file's bytes."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

Notebook = dict[str, Any]
Edit = Callable[[Notebook], Notebook | bytes]


def handed_out(name: str) -> Notebook:
    """The exercise as learners get it."""
    content: Notebook = json.loads((ROOT / "exercises" / f"{name}.ipynb").read_text(encoding="utf-8"))
    return content


def answered(name: str, start: Notebook | None = None) -> Notebook:
    """The exercise with our own solution's answers in its answer cells; `start` may be another edition of it."""
    solution = json.loads((ROOT / "solutions" / f"{name}.ipynb").read_text(encoding="utf-8"))
    solved = {cell["id"]: cell["source"] for cell in solution["cells"]}
    notebook = copy.deepcopy(handed_out(name) if start is None else start)
    for cell in notebook["cells"]:
        if is_answer(cell):
            cell["source"] = solved[cell["id"]]
    return notebook


def text(cell: Notebook) -> str:
    """The cell's source as one text."""
    return "".join(cell["source"])


def is_code(cell: Notebook) -> bool:
    return bool(cell["cell_type"] == "code")


def is_answer(cell: Notebook) -> bool:
    return "answer" in cell["metadata"].get("tags", ())


def is_test(cell: Notebook) -> bool:
    return is_code(cell) and text(cell).startswith("check(")


def saved(edited: Notebook | bytes) -> bytes:
    """The bytes of the file."""
    return edited if isinstance(edited, bytes) else json.dumps(edited, ensure_ascii=False, indent=1).encode()


def code(source: str, **metadata: Any) -> Notebook:
    """A code cell without an id, as older versions write it."""
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}


def _cells(change: Callable[[list[Notebook]], list[Notebook]]) -> Edit:
    return lambda notebook: {**notebook, "cells": change(notebook["cells"])}


def _each(change: Callable[[Notebook], list[Notebook]]) -> Edit:
    return _cells(lambda cells: [new for cell in cells for new in change(cell)])


def _answers(change: Callable[[Notebook], list[Notebook]]) -> Edit:
    return _each(lambda cell: change(cell) if is_answer(cell) else [cell])


def _sources(change: Callable[[str], str]) -> Edit:
    return _each(lambda cell: [{**cell, "source": change(text(cell))} if is_code(cell) else cell])


def _first(cells: list[Notebook], kind: Callable[[Notebook], bool]) -> int:
    return next(i for i, cell in enumerate(cells) if kind(cell))


def _first_test_deleted(cells: list[Notebook]) -> list[Notebook]:
    at = _first(cells, is_test)
    return cells[:at] + cells[at + 1 :]


def _wrong(cell: Notebook) -> Notebook:
    """The same cell with an answer that is wrong: all of its values and results are 12345."""
    name = text(cell).split("(")[0].removeprefix("def ") if text(cell).startswith("def ") else ""
    wrong = f"def {name}(*args):\n    return 12345.0" if name else "\n".join(
        f"{line.split(' = ')[0]} = 12345.0" for line in text(cell).splitlines() if " = " in line and line[0].isalpha()
    )  # fmt: skip
    return {**cell, "source": wrong}


def _stubs_behind(notebook: Notebook) -> Notebook:
    """The cell as it was handed out is still there, behind a copy that was filled in."""
    stubs = {cell["id"]: cell for cell in handed_out(notebook["metadata"]["course"]["lesson"])["cells"]}
    cells = [
        new for c in notebook["cells"] for new in ([c, {**c, "source": text(stubs[c["id"]])}] if is_answer(c) else [c])
    ]
    return {**notebook, "cells": cells}


def _split(cell: Notebook) -> list[Notebook]:
    """A cell of definitions cut in two: its comment or a helper value first, the answer behind it."""
    front = {key: value for key, value in cell.items() if key != "id"} | {"source": "# My answer\nhalf = 0.5"}
    return [front, cell]


def _split_between_lines(cell: Notebook) -> list[Notebook]:
    """Cut after each whole statement: names that are set one by one stand in cells of their own."""
    lines = text(cell).splitlines()
    if not text(cell).startswith("def ") and all(line[:1].isalpha() or line[:1] == "#" for line in lines):
        return [{**cell, "id": f"{cell['id']}-{i}", "source": line} for i, line in enumerate(lines)]
    return [cell]


def _fenced(cell: Notebook) -> Notebook:
    return {"cell_type": "markdown", "id": cell["id"], "metadata": cell["metadata"], "source": text(cell)}


def _helper_first(cell: Notebook) -> list[Notebook]:
    """The function under a name of the student's own, and the asked name bound to it afterwards."""
    source = text(cell)
    if not source.startswith("def "):
        return [cell]
    name = source.split("(")[0].removeprefix("def ")
    return [code(source.replace(f"def {name}(", f"def my_{name}(", 1)), {**cell, "source": f"{name} = my_{name}"}]


def _as_version_3(notebook: Notebook) -> Notebook:
    cells = []
    for cell in notebook["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": {}}
        if cell["cell_type"] == "code":
            old |= {"input": cell["source"], "language": "python", "outputs": [], "collapsed": False}
        else:
            old |= {"source": cell["source"]}
        cells.append(old)
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def _older_minor(notebook: Notebook) -> Notebook:
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook["cells"]]
    return {**notebook, "cells": cells, "nbformat_minor": 2}


def _colab(notebook: Notebook) -> Notebook:
    """Colab drops the ids and writes its own into the metadata."""
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook["cells"]]
    cells = [{**cell, "metadata": {"id": "kq3TXm0d_a1F", "colab": {"base_uri": "x"}}} for cell in cells]
    about = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return {**notebook, "cells": cells, "metadata": about, "nbformat_minor": 0}


def _vs_code(notebook: Notebook) -> Notebook:
    cells = [
        {**cell, "metadata": {"vscode": {"languageId": "python"}}, "execution_count": 7} if is_code(cell) else cell
        for cell in notebook["cells"]
    ]
    about = {"display_name": ".venv", "language": "python", "name": "python3"}
    return {
        **notebook,
        "cells": cells,
        "metadata": {"kernelspec": about, "language_info": {"name": "python", "version": "3.13.1"}},
    }


def _kaggle(notebook: Notebook) -> Notebook:
    start = code(
        "# This Python 3 environment comes with many helpful analytics libraries installed\nimport numpy as np\n"
        "import os\nfor dirname, _, filenames in os.walk('/kaggle/input'):\n    for filename in filenames:\n"
        "        print(os.path.join(dirname, filename))",
        _uuid="8f2839f25d086af736a60e9eeb907d3b93b6e0e5", trusted=True,
    )  # fmt: skip
    return {**notebook, "cells": [start, *notebook["cells"]], "metadata": {"kaggle": {"accelerator": "none"}}}


def _executed(cell: Notebook) -> list[Notebook]:
    outputs: list[Notebook] = [
        {"name": "stdout", "output_type": "stream", "text": ["printed\n"]},
        {"data": {"image/png": "iVBORw0KGgo=" * 5_000}, "metadata": {}, "output_type": "display_data"},
        {"ename": "NameError", "evalue": "x", "output_type": "error", "traceback": ["\x1b[0;31mNameError\x1b[0m: x"]},
    ]
    return [{**cell, "execution_count": 3, "outputs": outputs} if is_code(cell) else cell]


def _lines(notebook: Notebook, end: str) -> Notebook:
    edited = _each(lambda cell: [{**cell, "source": text(cell).replace("\n", end)}])(notebook)
    assert isinstance(edited, dict)
    return edited


def _with_points(cell: Notebook, points: float) -> Notebook:
    mark = cell["metadata"].get("nbgrader", {}) | {"points": points}
    return {**cell, "metadata": {**cell["metadata"], "nbgrader": mark}}


def _appended(cell: Notebook, source: str) -> Notebook:
    return {**cell, "source": f"{text(cell)}\n{source}"}


def _prefixed(cell: Notebook, source: str) -> Notebook:
    return {**cell, "source": f"{source}\n{text(cell)}"}


WARNING = "import warnings\nwarnings.warn('careful')\nnp.array([1.0]) / 0\nimport sys\nprint('note', file=sys.stderr)"
MAGICS = "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!pip list\nnp.exp?\n%time started = 1"
IMPORTS = (
    "from course_lib import activations, losses, plots\nfrom course_lib.activations import *\n"
    "from course_lib.losses import *\nfrom course_lib.exercises import *\nfrom course_lib.widgets import *"
)

NOTE: Notebook = {"cell_type": "markdown", "metadata": {}, "source": "A note of my own: `w = 3`?"}

EDITS: dict[str, Edit] = {
    "nothing": lambda notebook: notebook,
    "a-test-cell-deleted": _cells(_first_test_deleted),
    "all-test-cells-deleted": _each(lambda cell: [] if is_test(cell) else [cell]),
    "all-but-the-answers-deleted": _each(lambda cell: [cell] if is_answer(cell) or "import" in text(cell) else []),
    "imports-deleted-and-typed-into-an-answer": _cells(
        lambda cells: [code("import numpy as np"), *(c for c in cells if not text(c).startswith("import numpy"))]
    ),
    "answers-copied": _answers(lambda cell: [cell, cell]),
    "answers-copied-then-edited": _answers(lambda cell: [_wrong(cell), cell]),
    "stubs-left-behind-the-answers": _stubs_behind,
    "test-cells-copied": _each(lambda cell: [cell, cell] if is_test(cell) else [cell]),
    "answers-split": _answers(_split),
    "values-in-cells-of-their-own": _answers(_split_between_lines),
    "answer-and-test-in-one-cell": _cells(
        lambda cells: [
            {**cell, "source": f"{text(cells[i - 1])}\n\n{text(cell)}"} if is_test(cell) else cell
            for i, cell in enumerate(cells)
            if not is_answer(cell)
        ]
    ),
    "answers-renamed": _answers(lambda cell: [{**cell, "id": f"my-{cell['id']}", "metadata": {"name": "mine"}}]),
    "functions-under-another-name-first": _answers(_helper_first),
    "answers-turned-into-markdown": _answers(lambda cell: [_fenced(cell)]),
    "test-cells-turned-into-markdown": _each(lambda cell: [_fenced(cell)] if is_test(cell) else [cell]),
    "all-cells-turned-raw": _each(
        lambda cell: [{**_fenced(cell), "cell_type": "raw"}] if is_answer(cell) else [cell],
    ),
    "metadata-stripped": _each(lambda cell: [{**cell, "metadata": {}}]),
    "notebook-metadata-stripped": lambda notebook: {**notebook, "metadata": {}},
    "metadata-of-the-wrong-kind": _each(lambda cell: [{**cell, "metadata": {"nbgrader": 3, "tags": "answer"}}]),
    "points-changed": _each(lambda cell: [_with_points(cell, 99)]),
    "ids-all-the-same": _each(lambda cell: [{**cell, "id": "same"}]),
    "extra-cells": _each(lambda cell: [code("x = 3"), cell, NOTE]),
    "extra-cells-that-fail": _each(lambda cell: [code("undefined_name"), cell, code("1 / 0"), code("a b")]),
    "cells-reversed": _cells(lambda cells: [cells[0], cells[1], *reversed(cells[2:])]),
    "tests-before-answers": _cells(lambda cells: sorted(cells, key=lambda cell: 0 if is_test(cell) else 1)),
    "warnings-printed": _answers(lambda cell: [_appended(cell, WARNING)]),
    "prints-in-every-cell": _sources(lambda source: f"print('before')\n{source}\nprint('after')"),
    "magics": _answers(lambda cell: [_prefixed(cell, MAGICS)]),
    "timed-cells": _answers(lambda cell: [_prefixed(cell, "%%time")]),
    "imports-of-the-course": _cells(lambda cells: [cells[0], code(IMPORTS), *cells[1:]]),
    "own-imports-in-the-answers": _answers(lambda cell: [_prefixed(cell, "import math\nimport numpy\nimport sys")]),
    "everything-of-numpy-imported": _cells(lambda cells: [code("from numpy import *"), *cells]),
    "type-hints-and-docstrings": _answers(lambda cell: [code("from __future__ import annotations"), cell]),
    "outputs-stored": _each(_executed),
    "source-as-one-string": _each(lambda cell: [{**cell, "source": text(cell)}]),
    "windows-line-ends-in-the-cells": lambda notebook: _lines(notebook, "\r\n"),
    "windows-line-ends-in-the-file": lambda notebook: saved(notebook).replace(b"\n", b"\r\n"),
    "byte-order-mark": lambda notebook: b"\xef\xbb\xbf" + saved(notebook),
    "escaped-unicode": lambda notebook: json.dumps(notebook).encode(),
    "on-one-line": lambda notebook: json.dumps(notebook, separators=(",", ":")).encode(),
    "nbformat-3": _as_version_3,
    "nbformat-4-2": _older_minor,
    "saved-by-colab": _colab,
    "saved-by-vs-code": _vs_code,
    "saved-by-kaggle": _kaggle,
    "tabs-for-spaces": _sources(lambda source: source.replace("    ", "\t")),
    "spaces-at-line-ends": _sources(lambda source: "\n".join(f"{line}   " for line in source.split("\n"))),
    "semicolons": _each(lambda cell: [{**cell, "source": f"{text(cell)};"} if is_test(cell) else cell]),
}
"""Edits after which right answers are still right."""
