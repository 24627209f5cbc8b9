"""Innocent notebooks: whatever the cells around an answer do, a right answer gets its marks."""

import io
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grading_runners import EVERYWHERE, runner, strongest
from grading_submissions import IMPORTS, answer_cells, lesson_exercises, notebook, write

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading import Limits, SubmissionResult, grade_one
from course_lib.exercises.grading.read import Cell
from course_lib.exercises.grading.serve import Workspace, serve
from course_lib.exercises.grading.session import Session
from course_lib.exercises.grading.standins import LibraryCall
from course_lib.exercises.grading.wire import MAX_REPLY_HEADER, probe_to, receive, send
from course_lib.exercises.model import LIBRARY_CALL, Observation, Probe

RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return 3 * x"
STUB = 'def double(x):\n    """Twice x."""\n    raise NotImplementedError'


def grade(tmp_path: Path, *cells: str | tuple[str, str], lesson: str = "00", tier: str = "process") -> SubmissionResult:
    path = write(tmp_path / "submission.ipynb", *cells)
    return grade_one(path, lesson=lesson, seed=4, runner=runner(tier))


INNOCENT = {
    "no-other-cell": [RIGHT],
    "check-and-hint": [RIGHT, 'check("00-double")\nhint("00-double")'],
    "whole-notebook-interface": [
        "from course_lib.exercises import predict, quiz, progress, recall, reveal, solution\n"
        "predict('03-a', 0.5)\nquiz('03').answer(1, 'b')\nprogress()\nsolution('00-double', show=True)",
        RIGHT,
    ],
    "error-in-an-earlier-cell": ["1 / 0", RIGHT],
    "error-in-a-later-cell": [RIGHT, "undefined_name"],
    "error-later-in-the-same-cell": [f"{RIGHT}\n1 / 0"],
    "syntax-error-elsewhere": ["x = = 3", RIGHT],
    "exit-in-a-cell": ["exit()", RIGHT],
    "stub-copied-behind-the-answer": [STUB, RIGHT, STUB],
    "stub-copied-twice": [STUB, RIGHT, STUB, STUB],
    "answer-copied": [RIGHT, RIGHT],
    "wrong-first-right-last": [WRONG, RIGHT],
    "answer-in-a-text-cell": [("markdown", RIGHT)],
    "answer-in-a-raw-cell": [("raw", RIGHT)],
    "answer-quoted-in-a-text-cell": [("markdown", f"For example:\n\n```python\n{WRONG}\n```"), RIGHT],
    "wrong-answer-in-a-text-cell": [("markdown", WRONG), RIGHT],
    "lambda": ["double = lambda x: 2 * x"],
    "helper-in-another-cell": ["factor = 2", "def double(x):\n    return factor * x"],
    "recursive-helper": [
        "def twice(n):\n    return 2 if n == 0 else twice(n - 1)",
        "def double(x):\n    return twice(3) * x",
    ],
    "prints": [f'print("working")\n{RIGHT}', "def noisy(x):\n    print(x)\n    return 2 * x\ndouble = noisy"],
    "warning": ["import warnings\ndef double(x):\n    warnings.warn('careful')\n    return 2 * x"],
    "list": ["def double(x):\n    return [[2 * v for v in row] for row in x] if x.ndim == 2 else [2 * v for v in x]"],
    "future-import": ["from __future__ import annotations", "def double(x: Unknown) -> Unknown:\n    return 2 * x"],
    "class-and-dataclass": [
        "from dataclasses import dataclass\n@dataclass\nclass Layer:\n    factor: float = 2\n"
        "    def __call__(self, x):\n        return self.factor * x\ndouble = Layer()"
    ],
    "line-magic": [f"%matplotlib inline\n{RIGHT}"],
    "line-magic-in-a-block": [f"if True:\n    %config InlineBackend.figure_format = 'svg'\n{RIGHT}"],
    "shell-line": [f"!echo hello\nfiles = !ls\n{RIGHT}"],
    "help-line": [f"np.exp?\n{RIGHT}"],
    "help-line-first": [f"?np.exp\n{RIGHT}"],
    "timed-cell": [f"%%time\n{RIGHT}"],
    "timed-statement": ["%time factor = 2\ndef double(x):\n    return factor * x"],
    "other-language": ["%%bash\nrm -rf nothing", RIGHT],
    "explicit-shell-call": ["get_ipython().run_line_magic('load_ext', 'autoreload')", RIGHT],
    "display": ["from IPython.display import Markdown\ndisplay(Markdown('*hello*'))", RIGHT],
    "carriage-returns": [RIGHT.replace("\n", "\r\n")],
    "tabs": ["def double(x):\n\treturn 2 * x"],
    "file-of-its-own": ["np.save('x.npy', np.ones(3))\nassert np.load('x.npy').sum() == 3\n" + RIGHT],
    "temporary-file": ["import tempfile\nwith tempfile.TemporaryFile() as f:\n    f.write(b'x')\n" + RIGHT],
    "threads": [
        "from concurrent.futures import ThreadPoolExecutor as Pool\n"
        "with Pool(2) as pool:\n    assert sum(pool.map(abs, [-1, 2])) == 3" + "\n" + RIGHT
    ],
    "standard-library": ["import fractions, decimal, statistics, json, csv, pathlib, dataclasses, typing\n" + RIGHT],
    "linear-algebra": ["assert np.allclose(np.linalg.inv(np.eye(300)), np.eye(300))\n" + RIGHT],
    "not-ascii": ["# Übung: größer 二倍\nα = 2\ndef double(x):\n    return α * x"],
    "main-guard": [f'if __name__ == "__main__":\n    ready = True\n{RIGHT}\nassert ready'],
    "pickle-of-own-class": ["class A: pass\nimport pickle\npickle.loads(pickle.dumps(A()))\n" + RIGHT],
    "plot": [f"import matplotlib.pyplot as plt\nplt.plot([1, 2], label='x')\nplt.legend();\nplt.show()\n{RIGHT}"],
    "axes": [
        "import matplotlib.pyplot as plt\nfrom matplotlib.colors import to_rgb\n"
        "fig, ax = plt.subplots()\nlow, high = ax.get_ylim()\nax.set(xlim=(low, high * 2))\n"
        "fig, (a, b) = plt.subplots(1, 2, figsize=(6, 2))\nb.set_title('b')\n"
        "fig, axes = plt.subplots(2, 3)\naxes[1, 2].plot([1], [2])\nfor axis in axes.flat:\n    axis.grid()\n"
        "with plt.style.context('ggplot'):\n    fig = plt.figure()\n(line,) = fig.subplots(1, 1),\n" + RIGHT
    ],
    "widget": [
        "import ipywidgets as widgets\nfrom ipywidgets import interact\nimport anywidget\n"
        "class Panel(anywidget.AnyWidget):\n    value = 3\n"
        "@interact(a=(0, 1))\ndef show(a):\n    pass\nwidgets.VBox([widgets.IntSlider()])\n" + RIGHT
    ],
    "panel-of-the-course": ["from course_lib.widgets import sigmoid_panel\nsigmoid_panel()\n" + RIGHT],
    "figure-of-the-course": ["from course_lib import plots\nplots.show(plots.card('sigmoid'), alt='x')\n" + RIGHT],
    "library-used-beside-the-answer": [
        "from course_lib.activations import get\nprint(get('relu').function(3))\n" + RIGHT
    ],
    "framework-used-beside-the-answer": ["import torch\nprint(torch.relu(torch.ones(3)))\n" + RIGHT],
    "scipy-used-beside-the-answer": ["from scipy.special import expit\nassert expit(0) == 0.5\n" + RIGHT],
}


everywhere = pytest.mark.parametrize("tier", EVERYWHERE)


@everywhere
@pytest.mark.parametrize("cells", INNOCENT.values(), ids=INNOCENT.keys())
def test_a_right_answer_gets_its_marks(cells: list[str | tuple[str, str]], tier: str, tmp_path: Path) -> None:
    result = grade(tmp_path, *cells, tier=tier)
    assert (result.verdicts[0].outcome, result.points) == ("right", 1)


# A cell whose own code is refused shows in a note; these must run to their end.
QUIET = ["whole-notebook-interface", "axes", "plot", "widget", "line-magic", "shell-line", "timed-cell", "display"]


@everywhere
@pytest.mark.parametrize("name", QUIET)
def test_stand_ins_let_the_whole_cell_run(name: str, tier: str, tmp_path: Path) -> None:
    assert grade(tmp_path, *INNOCENT[name], tier=tier).notes == ()


def test_cells_in_another_order_keep_their_marks(tmp_path: Path) -> None:
    exercises = lesson_exercises("03")
    cells = answer_cells({exercise.id: exercise.reference for exercise in exercises})
    path = write(tmp_path / "a.ipynb", cells[0], *reversed(cells[1:]))
    assert grade_one(path, lesson="03", seed=4, runner=strongest()).points == sum(
        exercise.points for exercise in exercises
    )


def test_stripped_metadata_and_nbformat_3_keep_their_marks(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    cells = [{"cell_type": "code", "input": source} for source in (IMPORTS, RIGHT)]
    path.write_text(json.dumps({"worksheets": [{"cells": cells}]}), encoding="utf-8")
    assert grade_one(path, lesson="00", seed=4, runner=strongest()).points == 1


def test_stored_outputs_are_ignored(tmp_path: Path) -> None:
    content = json.loads(notebook([IMPORTS, RIGHT]))
    content["cells"][1]["outputs"] = [{"output_type": "stream", "text": "x" * 3_000_000}]
    path = tmp_path / "outputs.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert grade_one(path, lesson="00", seed=4, runner=strongest()).points == 1


def test_only_the_last_attempt_counts(tmp_path: Path) -> None:
    assert grade(tmp_path, RIGHT, WRONG).points == 0
    assert grade(tmp_path, RIGHT, WRONG, STUB).verdicts[0].outcome == "wrong"


def test_a_choice_cannot_be_tried_one_by_one(tmp_path: Path) -> None:
    question = BANK["22-two-models"]
    tries = [f"{question.name} = {option!r}" for option in (question.reference, "c", "d")]
    assert grade(tmp_path, *tries, f"{question.name} = ...", lesson="22").points == 0


def test_a_value_before_its_copied_stub_counts(tmp_path: Path) -> None:
    question = BANK["22-two-models"]
    cells = [f"{question.name} = {question.reference!r}", f"{question.name} = ..."]
    assert grade(tmp_path, *cells, lesson="22").points == question.points


def test_another_use_of_a_short_name_is_no_attempt(tmp_path: Path) -> None:
    outcomes = {
        v.exercise: v.outcome for v in grade(tmp_path, "w, b = 'x', 'y'", "w = ...\nb = ...", lesson="03").verdicts
    }
    assert outcomes["03-design-neuron"] == "not attempted"


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("def double(x):\n    y = 2 *\n    return y", "SyntaxError", "line 2"),
        ("import numpy as np\n\ndouble = np.nothing", "AttributeError", "line 3"),
    ],
    ids=["syntax", "attribute"],
)
def test_an_answer_cell_that_stops_is_told_with_its_line(code: str, error: str, said: str, tmp_path: Path) -> None:
    result = grade(tmp_path, code)
    assert result.verdicts[0].outcome == "raised"
    assert error in result.verdicts[0].message
    assert said in result.verdicts[0].message
    assert "Cell 2" in result.notes[0]


def test_an_error_in_the_answer_is_told_with_its_line(tmp_path: Path) -> None:
    verdict = grade(tmp_path, "def double(x):\n    y = 2 * x\n    return y / unknown").verdicts[0]
    assert verdict.outcome == "raised"
    assert "line 3: return y / unknown" in verdict.message


def test_the_line_is_right_below_a_cell_magic(tmp_path: Path) -> None:
    verdict = grade(tmp_path, "%%time\ndef double(x):\n    return unknown").verdicts[0]
    assert "line 3: return unknown" in verdict.message


@pytest.mark.parametrize(
    "code",
    [
        "from course_lib.activations import sigmoid\ndef stable_sigmoid(x):\n    return sigmoid(x)",
        "import course_lib\ndef stable_sigmoid(x):\n    return course_lib.activations.sigmoid(x)",
        "from course_lib.activations import get\ndef stable_sigmoid(x):\n    return get('sigmoid').function(x)",
        "def stable_sigmoid(x):\n    from course_lib.activations import sigmoid\n    return sigmoid(x)",
        "from course_lib.activations import sigmoid as stable_sigmoid",
        "import importlib as i\ndef stable_sigmoid(x):\n    return i.import_module('course_lib.losses').mse(x, x)",
        "from scipy.special import expit\ndef stable_sigmoid(x):\n    return expit(x)",
        "import scipy.special as s\ndef other(x):\n    return s.expit(x)\ndef stable_sigmoid(x):\n    return other(x)",
        "import torch\ndef stable_sigmoid(x):\n    return torch.sigmoid(torch.tensor(x)).numpy()",
    ],
    ids=["name", "attribute", "entry", "inside", "alias", "by-string", "scipy", "through-a-helper", "torch"],
)
def test_calling_the_library_is_no_answer(code: str, tmp_path: Path) -> None:
    verdict = grade(tmp_path, code, lesson="03").verdicts[0]
    assert verdict.points == 0
    assert "instead of working it out" in verdict.message


def test_a_function_that_draws_borrows_nothing(tmp_path: Path) -> None:
    code = "import matplotlib.pyplot as plt\ndef double(x):\n    plt.plot(x)\n    check('00-double')\n    return 2 * x"
    assert grade(tmp_path, code).points == 1


def observed(*sources: str, name: str, version: int = 0, tier: str = "process") -> Observation:
    cells = [Cell(number, source, True) for number, source in enumerate(sources, start=1)]
    with Session(runner(tier), cells, [name], Limits()) as session:
        return session.observe([Probe(name, name=name)], 5.0, version)[0]


CHANCE = {
    "numpy": "a = float(np.random.random())",
    "python": "import random\na = random.random()",
    "order-of-a-set": "a = ' '.join({'relu', 'tanh', 'sigmoid', 'gelu', 'mish', 'elu'})",
}


@everywhere
@pytest.mark.parametrize("code", CHANCE.values(), ids=CHANCE.keys())
def test_what_is_left_to_chance_is_the_same_in_every_run(code: str, tier: str) -> None:
    values = [observed("import numpy as np", code, name="a", tier=tier).value for _ in range(2)]
    assert values[0] is not None
    assert values[0] == values[1]


def test_standard_input_is_closed() -> None:
    assert observed("try:\n    input()\nexcept EOFError:\n    a = 'closed'", name="a").value == "closed"


@pytest.mark.parametrize(("version", "value"), [(0, "third"), (1, "second"), (2, "first"), (3, "first")])
def test_earlier_bindings_are_kept(version: int, value: str) -> None:
    assert observed("a = 'first'", "a = 'second'", "b = 0", "a = 'third'", name="a", version=version).value == value


def test_serving_needs_two_streams_and_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    requests, replies = io.BytesIO(), io.BytesIO()
    probe, arrays = probe_to(Probe("two", args=([1.0, 2.0],), name="double"))
    send(requests, {"do": "begin", "names": ["double"], "token": "a"})
    send(requests, {"do": "run", "number": 1, "source": RIGHT, "is_code": True, "token": "b"})
    send(requests, {"do": "ask", "version": 0, "libraries": [], **probe, "token": "c"}, arrays)
    requests.seek(0)
    serve(requests, replies)
    replies.seek(0)
    answers = [receive(replies, MAX_REPLY_HEADER) for _ in range(3)]
    assert [header["token"] for header, _ in answers] == ["a", "b", "c"]
    assert answers[2][1][0].tolist() == [2.0, 4.0]


# ---------------------------------------------------------------------------------------------------------------------
# A cell is run at once where it can be, and one statement after the other where it must be


def refuse(*_: object) -> object:
    raise LibraryCall("the library")


REFUSED = {
    "alone": "{call}",
    "first": "{call}\na = 2",
    "between": "a = 1\n{call}\na = 2",
    "twice": "{call}\na = 1\n{call}\na = 2",
    "on-one-line": "a = 1; {call}; a = 2",
    "behind-letters-of-two-bytes": "ä = 'ö'; a = 1; {call}; a = 2",
    "over-lines": "a = 1\nb = (\n    3,\n    {call},\n)\na = 2",
    "in-a-function": "def f():\n    return {call}\na = 1\nf()\na = 2",
    "in-a-block": "a = 0\nfor i in range(3):\n    a += 1\n    {call}\n    a += 10\nb = 2",
    "decorator": "a = 1\n@{call}\ndef g():\n    pass\na = 2",
    "default-value": "a = 1\ndef g(x={call}):\n    pass\na = 2",
    "in-a-class": "class A:\n    b = 1\n    {call}\n    c = 2\na = 2",
    "effects-before": "n = []\ndef f():\n    n.append(1)\n    {call}\na = 1; f(); b = len(n)",
    "effects-of-a-decorator": "n = []\ndef f():\n    n.append(1)\n    {call}\n@f()\ndef g():\n    pass\nb = len(n)",
    "then-an-error": "a = 1\n{call}\na = 2\n1 / 0\na = 3",
    "caught": "try:\n    {call}\nexcept Exception:\n    a = 1\nb = 2",
}
PLAIN = {
    "error": "a = 1\n1 / 0\na = 2",
    "own-line": "def f():\n    return {}['x']\na = 1\nf()",
    "syntax": "a = 1\nb = = 2",
    "outside-of-a-function": "a = 1\nreturn a",
    "future-in-the-middle": "a = 1\nfrom __future__ import annotations\ndef g(x: Unknown): pass\na = 2",
    "not-implemented": "a = 1\nraise NotImplementedError\na = 2",
    "docstring": "'words'\na = 1",
    "zero-byte": "a = 1\n\0",
}
EQUAL = {**{k: v.replace("{call}", "refuse(1)") for k, v in REFUSED.items()}, **PLAIN}


def ran(source: str, monkeypatch: pytest.MonkeyPatch, *, at_once: bool) -> tuple[Any, Any]:
    """What the cell said, and the names that it left."""
    # It makes itself the main module.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    workspace = Workspace(("a",))
    if not at_once:
        monkeypatch.setattr(workspace, "_run_whole", lambda source, filename: (0, None))
    workspace.namespace["refuse"] = refuse
    said = workspace.run(1, source, True)
    left = {k: v for k, v in workspace.namespace.items() if isinstance(v, (int, str, tuple))}
    return said and asdict(said), (left, workspace.bindings)


@pytest.mark.parametrize("source", EQUAL.values(), ids=EQUAL.keys())
def test_a_cell_run_at_once_does_what_its_statements_do(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran(source, monkeypatch, at_once=True) == ran(source, monkeypatch, at_once=False)


def test_the_rest_of_a_cell_follows_a_refused_call(monkeypatch: pytest.MonkeyPatch) -> None:
    said, (left, _) = ran("a = 1; refuse(1); b = 2\nc = 3", monkeypatch, at_once=True)
    assert (said["error"], said["message"]) == (LIBRARY_CALL, "the library")
    assert said["line"] == "line 1: a = 1; refuse(1); b = 2"
    assert (left["a"], left["b"], left["c"]) == (1, 2, 3)


# ---------------------------------------------------------------------------------------------------------------------
# All probes of a question are under way at once


def all_observed(tier: str, code: str, probes: list[Probe], seconds: float = 20.0) -> tuple[Observation, ...]:
    with Session(runner(tier), [Cell(1, f"import numpy as np\n{code}", True)], ["f"], Limits()) as session:
        return session.observe(probes, seconds)


def counted(n: int, size: int = 1) -> list[Probe]:
    return [Probe(f"input {i}", args=(np.full(size, float(i)),), name="f") for i in range(n)]


@everywhere
def test_requests_and_replies_may_be_larger_than_any_pipe(tier: str) -> None:
    seen = all_observed(tier, "def f(x):\n    return 2 * x", counted(12, size=200_000))
    assert [float(o.value[0]) for o in seen] == [2.0 * i for i in range(12)]


@everywhere
def test_what_was_answered_before_a_crash_counts(tier: str) -> None:
    code = "import os\ndef f(x):\n    return x if x[0] < 3 else os._exit(0)"
    # Requests that the process never reads, also more of them than a pipe holds.
    for size in (1, 200_000):
        seen = all_observed(tier, code, counted(8, size))
        assert [o.status for o in seen] == ["value"] * 3 + ["raised"] * 5
        assert {o.error for o in seen[3:]} == {"Crash"}


@everywhere
def test_what_was_answered_in_time_counts(tier: str) -> None:
    code = "import time\ndef f(x):\n    time.sleep(60 * (x[0] == 3))\n    return x"
    seen = all_observed(tier, code, counted(8), seconds=1.5)
    assert [o.status for o in seen] == ["value"] * 3 + ["timed out"] * 5


def test_a_copied_stub_does_not_take_the_place_of_an_answer_that_others_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    workspace = Workspace(("double",))
    for number, source in enumerate([RIGHT, STUB], start=1):
        assert workspace.run(number, source, True) is None
    assert workspace.namespace["double"](2) == 4


def cells_of(*sources: str) -> list[Cell]:
    return [Cell(number, source, True) for number, source in enumerate(sources, start=1)]


@everywhere
def test_each_cell_has_the_time_of_a_cell_for_itself(tier: str) -> None:
    slow = ["import time\ntime.sleep(0.5)"] * 4
    sources = [*slow, "f = 1", "time.sleep(60)", "g = 2"]
    with Session(runner(tier), cells_of(*sources), ["f", "g"], Limits(cell_seconds=1.5)) as session:
        seen = session.observe([Probe(name, name=name) for name in ("f", "g")], 5.0)
    # Together the four take longer than one may.
    assert [o.value for o in seen] == [1, 2]
    assert {number: o.status for number, o in session.failures.items()} == {6: "timed out"}


@everywhere
def test_a_cell_that_ends_the_process_is_left_out_and_the_others_count(tier: str) -> None:
    sources = ["import os\na = 1", "a += 1\nos._exit(0)", "a += 10", "undefined", "os._exit(1)", "b = a"]
    with Session(runner(tier), cells_of(*sources), ["b"], Limits()) as session:
        (seen,) = session.observe([Probe("b", name="b")], 5.0)
    assert seen.value == 11
    assert {number: o.error for number, o in session.failures.items()} == {2: "Crash", 4: "NameError", 5: "Crash"}


REHEARSAL = """
import linecache, sys
from course_lib.exercises.grading import serve, standins
transform = serve.magics()
standins.install()
linecache.cache["kept"] = (1, None, ["x"], "kept")
before = sys.modules["__main__"], vars(sys.modules["__main__"]).copy(), dict(linecache.cache)
ran = []
real = serve.Workspace.run
serve.Workspace.run = lambda self, number, source, is_code: ran.append(real(self, number, source, is_code)) or ran[-1]
serve.rehearse(transform)
told = {failed.error for failed in ran if failed is not None}
after = sys.modules["__main__"], {name: vars(before[0]).get(name) for name in before[1]}, dict(linecache.cache)
print(before == after, sorted(told), len(ran) // serve.REHEARSALS)
"""


def test_a_rehearsal_runs_as_it_is_meant_to_and_leaves_nothing_behind() -> None:
    done = subprocess.run([sys.executable, "-c", REHEARSAL], capture_output=True, text=True, check=False)
    assert done.stdout == "True ['NameError'] 7\n", done.stderr
