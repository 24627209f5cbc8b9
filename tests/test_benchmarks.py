"""The benchmarks: honest lines, right error counts, and a report with its fields. No test looks at a time."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from authoring.browser import HOW_TO_INSTALL, Window, find_chromium, open_window
from benchmarks import accuracy, grading, grading_class, libraries, speed, textbook, training, widgets
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.libraries import NOT_INSTALLED, fastest
from benchmarks.tables import Table
from course_lib import activations, losses

SUBJECTS = {subject.name: subject for subject in accuracy.subjects([])}
EPS = np.finfo(float).eps


@pytest.fixture
def tiny(monkeypatch):
    """A run of a second: few functions, small arrays, one network, no PyTorch, no JAX, no browser."""
    monkeypatch.setattr(libraries, "installed", lambda module: None)
    monkeypatch.setattr(training, "installed", lambda module: None)
    monkeypatch.setattr(widgets, "find_chromium", lambda: None)
    for lines, names in (
        (textbook.VALUE, {"sigmoid", "softmax"}),
        (textbook.DERIVATIVE, {"sigmoid"}),
        (textbook.LOSS, {"mae"}),
    ):
        for name in set(lines) - names:
            monkeypatch.delitem(lines, name)
    monkeypatch.setitem(speed.SIZES, "quick", (100,))
    every_task = training.tasks
    monkeypatch.setattr(training, "tasks", lambda dtype: every_task(dtype)[:1])
    monkeypatch.setattr(grading, "installed", lambda module: None)
    monkeypatch.delenv("BENCHMARK_OTTER", raising=False)
    monkeypatch.setitem(grading.SIZES, "quick", (1, 1, 2, 3))


@pytest.mark.parametrize("name", SUBJECTS)
def test_textbook_line_in_400_digits_is_our_function(name):
    in_ulp, in_eps = accuracy.measured(SUBJECTS[name], np.float64, quick=True)["ours"]
    assert in_eps < 8 or in_ulp < 8


@pytest.mark.parametrize("name", textbook.SCIPY)
def test_scipys_function_is_the_same_one(name):
    _, in_eps = accuracy.measured(SUBJECTS[name], np.float64, quick=True)["SciPy"]
    assert in_eps < 8


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "binary_cross_entropy_with_logits"])
def test_textbook_line_in_floats_goes_wrong_where_the_course_says_so(name):
    in_ulp, _ = accuracy.measured(SUBJECTS[name], np.float64, quick=True)["textbook"]
    assert in_ulp > 20


def test_every_textbook_line_belongs_to_an_entry():
    assert set(textbook.VALUE) | set(textbook.DERIVATIVE) <= set(activations.CATALOGUE)
    assert set(textbook.LOSS) <= set(losses.CATALOGUE)
    assert set(textbook.SCIPY) <= set(textbook.VALUE) | set(textbook.LOSS)


@pytest.mark.parametrize(
    ("value", "truth", "expected"),
    [
        (1.0, "1", (0, 0)),
        (1 + 3 * EPS, "1", (3, 3)),
        (1.0, "1.0000000000000001", (0.1e-15 / EPS,) * 2),
        (1e-300, "1.5e-300", (0.5e-300 / np.spacing(1.5e-300), 0)),
        (np.inf, "1e400", (0, 0)),
        (np.inf, "1e300", (np.inf, np.inf)),
        (np.nan, "1", (np.inf, np.inf)),
        (0.0, "1e-400", (0, 0)),
    ],
    ids=["equal", "three-steps", "under-half", "tiny", "overflow", "too-early", "nan", "underflow"],
)
def test_error_is_counted_in_ulp_and_in_eps(value, truth, expected):
    exact = np.array([textbook.EXACT.mpf(truth)], dtype=object)
    assert accuracy.worst(np.array([value]), exact) == pytest.approx(expected, rel=1e-9, abs=1e-200)


def test_truth_beyond_float32_is_infinity():
    exact = np.array([textbook.EXACT.mpf("1e40")], dtype=object)
    assert accuracy.worst(np.array([np.inf], np.float32), exact) == (0, 0)


def test_contestants_take_turns():
    calls = []
    seconds = fastest({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3)
    # Two calls each to warm up and to estimate, then the turns.
    assert "".join(calls) == "aabb" + "ab" * 3
    assert set(seconds) == {"a", "b"}
    assert min(seconds.values()) > 0


def cores():
    """How many cores the process may use; 1 where the system cannot say."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def test_one_core_is_taken_and_the_rest_given_back():
    before = cores()
    with libraries.one_core():
        assert cores() == 1
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} <= {1}
    assert cores() == before


def test_table_lines_up_its_columns():
    text = Table("T", "note", ("name", "x"), (("one", 1.0), ("four", None), ("big", 1e9))).text().splitlines()
    assert text[4:] == [
        "name        x",
        "----  -------",
        "one      1.00",
        "four        –",
        "big   1.0e+09",
    ]


def test_table_with_a_short_row_is_refused():
    with pytest.raises(ValueError, match="columns"):
        Table("T", "", ("name", "x"), (("one",),))


def test_infinite_error_survives_strict_json():
    table = Table("T", "", ("name", "x"), (("a", float("inf")), ("b", None)))
    rows = json.loads(json.dumps(table.as_json(), allow_nan=False))["rows"]
    assert rows == [{"name": "a", "x": "inf"}, {"name": "b", "x": None}]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark_has_what_the_command_calls(name):
    module = importlib.import_module(f"benchmarks.{name}")
    assert list(inspect.signature(module.run).parameters) == ["quick"]
    assert list(inspect.signature(module.figure).parameters) == ["tables"]


def test_report_holds_machine_and_tables(tiny, tmp_path, capsys):
    assert main(["--quick", "--json", str(tmp_path / "report.json")]) == 0
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["quick"] is True
    assert {"date", "cpu", "cores", "system", "python", "packages"} == set(report["machine"])
    assert report["machine"]["packages"]["numpy"] == np.__version__
    assert set(report["benchmarks"]) == set(BENCHMARKS)
    printed = capsys.readouterr().out
    for name, measured in report["benchmarks"].items():
        assert (tmp_path / f"report-{name}.png").stat().st_size > 1000
        for table in measured["tables"]:
            assert table["title"] in printed
            assert table["rows"]
            assert all(list(row) == table["columns"] for row in table["rows"])


def test_missing_frameworks_are_named_in_their_columns(tiny):
    (table, _) = accuracy.run(quick=True)
    assert set(table.column("PyTorch ULP")) == {NOT_INSTALLED}
    assert all(isinstance(error, float) for error in table.column("ours ULP"))
    (rates,) = training.run(quick=True)
    assert set(rates.column("JAX")) == {NOT_INSTALLED}
    assert all(rate > 0 for rate in rates.column("scikit-learn"))


def test_missing_graders_are_named(tiny):
    table, *_ = grading.run(quick=True)
    assert table.column("system") == [grading.ALONE, grading.LOCAL]
    for name in ("Dask", "nbgrader", "Otter"):
        assert f"{name}: {NOT_INSTALLED}" in table.note


def test_no_two_submissions_of_the_class_are_alike():
    class_ = grading_class.students(100)
    assert len({str(student) for student in class_}) == 100


@pytest.mark.parametrize("question", grading_class.QUESTIONS, ids=lambda question: question.id)
def test_the_other_graders_get_assertions_that_tell_right_from_wrong(question):
    def passes(answer):
        try:
            exec(grading_class.assertions(question), {"np": np, question.name: answer})
        except Exception:
            return False
        return True

    with np.errstate(all="ignore"):
        assert passes(question.reference)
        assert not all(passes(mistake.answer) for mistake in question.misconceptions)


BURN = "import time\nwhile time.process_time() < 0.5: pass"
ORPHAN = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN!r}])"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to whoever asks for them")
def test_the_processor_time_of_orphans_is_counted(tmp_path):
    assert grading.cost([sys.executable, "-c", ORPHAN], tmp_path).cpu >= 0.5


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path):
    with pytest.raises(RuntimeError, match="ended with 3: so it is"):
        grading.cost([sys.executable, "-c", "print('so it is')\nraise SystemExit(3)"], tmp_path)


def test_a_submission_costs_what_the_large_class_costs_more():
    few, many = grading.Cost(wall=2.0, cpu=3.0), grading.Cost(wall=6.0, cpu=11.0)
    assert grading._each(few, many, small=1, large=5) == grading.Each(wall=1.0, cpu=2.0, start=1.0)


def rounds_of(*seconds):
    return [grading.Each(wall=one, cpu=2 * one, start=0.5) for one in seconds]


def test_the_systems_take_turns():
    turns = []

    def system(name):
        def measure(folder, count):
            turns.append((name, count, folder.is_dir()))
            return grading.Cost(wall=count * len(turns), cpu=1.0)

        return measure

    there = {name: (system(name), large) for name, large in (("ours", 3), ("theirs", 5))}
    measured = grading.in_turns(there, 2, rounds=2)
    assert turns == [("ours", 2, True), ("ours", 3, True), ("theirs", 2, True), ("theirs", 5, True)] * 2
    assert [len(rounds) for rounds in measured.values()] == [2, 2]
    assert measured["ours"][0].wall == 2 * 3 - 1 * 2


def test_a_ratio_is_the_median_of_the_ratios_within_a_round():
    # The machine slowed down by half in the second round, for both.
    measured = {"ours": rounds_of(1.0, 2.0, 1.0), "theirs": rounds_of(40.0, 80.0, 50.0)}
    assert grading.ratio(measured, "theirs", "ours", "cpu") == 40.0
    assert grading.ratio(measured, "theirs", "Otter", "cpu") is None
    measured["theirs"] = rounds_of(40.0, -1.0, 50.0)
    assert grading.ratio(measured, "theirs", "ours", "wall") is None


def test_the_table_holds_the_medians_of_the_rounds():
    measured = {grading.ALONE: rounds_of(0.02, 0.04, 0.02), "theirs": rounds_of(0.8, 1.6, 1.0)}
    there = dict.fromkeys(measured, (None, 7))
    table = grading.of_a_submission(there, measured, ["Otter: away."])
    assert table.rows[1] == ("theirs", 7, 2000, 1000, 0.5, 1, 40, 40)
    assert "medians of 3 rounds" in table.note
    assert "Otter: away." in table.note


def test_what_dask_costs_is_the_difference_to_the_local_pool():
    measured = {grading.LOCAL: rounds_of(0.016, 0.5, 0.016), grading.ON_DASK: rounds_of(0.020, 0.5, 0.021)}
    assert grading.overhead(measured, grading.ON_DASK, grading.LOCAL, "wall") == pytest.approx(4)
    assert grading.overhead(measured, grading.ON_DASK, grading.LOCAL, "cpu") == pytest.approx(8)
    assert grading.overhead(measured, "Otter", grading.LOCAL, "cpu") is None


def test_two_loops_get_more_done_than_one_where_there_are_two_cores():
    # Bounds that a busy machine keeps too.
    assert 0.4 < grading.two_loops(1) < 4.5


HELD = "import sys, time\nheld = bytes(range(256)) * 200_000\nprint(len(held), flush=True)\ntime.sleep(60)"
PARENT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {HELD!r}])"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how memory is shared")
def test_the_memory_of_a_run_is_that_of_its_whole_family(monkeypatch):
    code = PARENT.replace("sleep(60)", "sleep(0.5)")
    monkeypatch.setattr(grading, "_our_command", lambda workers: [sys.executable, "-c", code])
    megabytes, processes = grading.peak_memory(1)
    assert processes == 2
    assert 51 < megabytes < 120


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how memory is shared")
def test_a_grader_that_fails_has_no_memory_to_tell(monkeypatch):
    monkeypatch.setattr(grading, "_our_command", lambda workers: [sys.executable, "-c", "raise SystemExit(2)"])
    with pytest.raises(RuntimeError, match="the grader ended with 2"):
        grading.peak_memory(1)


def test_unknown_benchmark_names_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["sped"])
    assert f"unknown benchmark sped; known: {', '.join(BENCHMARKS)}" in capsys.readouterr().err


# Widgets ------------------------------------------------------------------------------------------------------------

# A slider whose picture follows after 120 ms, a frame or more of which it is not to be seen.
SLOW = """<div id=root><input type=range min=-8 max=8 step=0.1 value=-4>PICTURE</div>
<script type=module>
const range = document.querySelector('input');
const later = (ms, what) => setTimeout(what, ms);
range.oninput = () => { later(40, HIDE); later(120, () => { const x = range.value; SHOW; }); };
</script>"""
SLOW_PICTURES = {
    "svg": (
        "<svg><path d='M0 0'/></svg>",
        "() => document.querySelector('path').removeAttribute('d')",
        "document.querySelector('path').setAttribute('d', `M0 ${x}`)",
    ),
    "img": (
        "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>\">",
        "() => document.querySelector('img').removeAttribute('src')",
        "document.querySelector('img').src = "
        "`data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><g id='${x}'/></svg>`",
    ),
    "canvas": (
        "<canvas width=90 height=90></canvas>"
        "<script>document.querySelector('canvas').getContext('2d').fillRect(0, 0, 50, 50)</script>",
        "() => document.querySelector('canvas').getContext('2d').clearRect(0, 0, 90, 90)",
        "document.querySelector('canvas').getContext('2d').fillRect(0, 0, 50 + 5 * x, 50)",
    ),
}


@pytest.fixture(scope="module")
def slow_slider():
    """slow_slider("svg") is the root of such a page."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_INSTALL)
    with open_window(Window(), chromium) as (page, complaints):

        def show(kind):
            picture, hide, show = SLOW_PICTURES[kind]
            page.set_content(SLOW.replace("PICTURE", picture).replace("HIDE", hide).replace("SHOW", show))
            page.wait_for_timeout(200)
            return page, page.locator("#root").element_handle()

        yield show
        assert complaints.lines() == []


@pytest.mark.browser
@pytest.mark.parametrize("kind", SLOW_PICTURES)
def test_a_late_picture_counts_as_late_and_its_gap_as_blank(slow_slider, kind):
    page, root = slow_slider(kind)
    found = page.evaluate(widgets.LATENCY, [root, kind, 3, 3000])
    assert len(found["times"]) == 3
    assert min(found["times"]) >= 119
    assert found["blank"] >= 3
    assert found["lost"] == 0


@pytest.mark.browser
def test_a_picture_that_never_comes_is_lost_and_not_a_time(slow_slider):
    page, root = slow_slider("svg")
    found = page.evaluate(widgets.LATENCY, [root, "svg", 2, 60])
    assert (found["times"], found["lost"]) == ([], 2)


EVERY_FOURTH = """() => {
    window.moves = 0;
    document.querySelector('input').oninput = () => {
        if (++window.moves % 4 === 0) document.querySelector('path').setAttribute('d', `M0 ${window.moves}`);
    };
}"""


@pytest.mark.browser
def test_a_drag_counts_pictures_and_not_frames(slow_slider):
    page, root = slow_slider("svg")
    page.evaluate(EVERY_FOURTH)
    found = page.evaluate(widgets.DRAG, [root, "svg", 1.0])
    assert found["blank"] == 0
    assert abs(found["pictures"] - page.evaluate("() => window.moves") / 4) <= 2


def test_without_a_browser_or_a_package_the_table_says_so(tiny, monkeypatch):
    monkeypatch.setattr(widgets, "installed", lambda module: None if module in ("ipympl", "plotly") else module)
    sliders, _, imports = widgets.run(quick=True)
    assert HOW_TO_INSTALL in sliders.note
    assert "python -m pip install ipympl plotly" in sliders.note
    assert set(sliders.column("p50 ms")) == {None}
    assert all(seconds > 0 for seconds in imports.column("median s"))


def test_a_way_that_is_not_installed_is_named(monkeypatch):
    class Page:
        def evaluate(self, script, arguments):
            late = 5 if arguments[1] == "svg" else 100
            return {"times": [late, 2 * late, 3 * late], "blank": 1, "lost": 0, "rate": 1000 / late}

        def wait_for_timeout(self, milliseconds):
            return

    monkeypatch.setattr(widgets.Roots, "of", lambda self, name: name)
    measured = {way.name: Page() for way in widgets.WAYS if way.needs != "ipympl"}
    rows = {row[0]: row[1:] for row in widgets.slider_rows(widgets.Roots(measured), 2, 3, 1.0)}
    assert list(rows) == [way.name for way in widgets.WAYS]
    assert set(rows["ipympl"]) == {NOT_INSTALLED}
    assert rows["ours, live"] == (10, 15, 10 / 200, 200, "4", "0")


@pytest.mark.parametrize(
    ("values", "share", "expected"), [([3, 1, 2], 0.95, 3), (range(100), 0.95, 95), ([], 0.5, None)]
)
def test_percentile(values, share, expected):
    assert widgets.percentile(values, share) == expected


# In a process of its own: the benchmarks set threads and precision for the whole of one.
FRAMEWORK_RUN = """
from benchmarks import speed, textbook, training
for lines in (textbook.VALUE, textbook.DERIVATIVE, textbook.LOSS):
    for name in set(lines) - {"sigmoid", "binary_cross_entropy_with_logits"}:
        del lines[name]
speed.SIZES["quick"] = (100,)
tasks = training.tasks
training.tasks = lambda dtype: tasks(dtype)[:2]
from benchmarks.__main__ import main
main(["accuracy", "speed", "training", "--quick", "--json", FILE])
"""
GRADING_RUN = """
from benchmarks import grading
grading.SIZES["quick"] = (1, 1, 3, 6)
from benchmarks.__main__ import main
main(["grading", "--quick", "--json", FILE])
"""
WIDGETS_RUN = """
from benchmarks.__main__ import main
main(["widgets", "--quick", "--json", FILE])
"""


def tables_of(code, folder):
    """What such a run wrote: benchmark → its tables, each a list of rows."""
    file = folder / "report.json"
    run = [sys.executable, "-c", code.replace("FILE", repr(str(file)))]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    measured = json.loads(file.read_text(encoding="utf-8"))["benchmarks"]
    return {name: [table["rows"] for table in found["tables"]] for name, found in measured.items()}


@pytest.mark.frameworks
def test_frameworks_fill_their_columns(tmp_path):
    for module in ("torch", "jax", "optax"):
        pytest.importorskip(module, reason="pip install -r requirements-frameworks.txt brings the frameworks")
    measured = tables_of(FRAMEWORK_RUN, tmp_path)
    for row in measured["accuracy"][0]:
        assert row["PyTorch eps"] < 8
        assert row["JAX eps"] < 8
    rows = [row for name in ("speed", "training") for table in measured[name] for row in table]
    slopes = [row for row in rows if str(row.get("function")).endswith("′")]
    assert all(row[library] > 0 for row in rows if row not in slopes for library in ("PyTorch", "JAX"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells all that is measured of a grader")
def test_every_grader_that_is_installed_is_measured(tmp_path):
    systems, whole, one = tables_of(GRADING_RUN, tmp_path)["grading"]
    ours = {grading.ALONE, grading.LOCAL, grading.ON_DASK}
    assert {row["system"] for row in systems} - ours == {
        "nbgrader, our executor",
        "nbgrader, its own, our notebooks",
        "nbgrader, assertions",
    }
    assert all(row["value"] for row in one)
    (peak,) = (row["value"] for row in whole if str(row["what"]).startswith("peak memory"))
    assert 10 < peak < 1000


@pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL)
def test_our_widgets_are_measured_in_jupyterlab(tmp_path):
    sliders, trainings, imports = tables_of(WIDGETS_RUN, tmp_path)["widgets"]
    rows = {row["way"]: row for row in sliders}
    assert set(rows) == {way.name for way in widgets.WAYS}
    for name in ("ours, live", "ours, table", "interact + matplotlib"):
        assert rows[name]["p50 ms"] > 0
        assert rows[name]["steps lost"] == "0"
    assert all(row["pictures/s"] > 0 and row["optimiser steps/s"] > 0 for row in trainings)
    assert len(imports) == 2
