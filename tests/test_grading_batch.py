"""Many submissions: none stops the others, none is lost, and neither order nor workers change a verdict."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grading_class import ISOLATION, RIGHT, WRONG, class_of, mixed_class
from grading_runners import strongest
from grading_submissions import answer_cells, lesson_exercises, notebook, write

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading import (
    ClassFolder,
    Gradebook,
    Limits,
    SubmissionResult,
    Summary,
    batch,
    find_notebooks,
    grade,
    grade_class,
    grade_many,
    grade_one,
    pool,
)
from course_lib.exercises.grading.batch import Stopped
from course_lib.exercises.grading.manifest import read_manifest, write_manifest
from course_lib.exercises.grading.pool import Task, _Run
from course_lib.exercises.grading.report import to_table
from course_lib.exercises.grading.runner import CannotRun, Child, ProcessRunner
from course_lib.exercises.grading.worker import Job

CHECK = 'check("00-double")'


@pytest.fixture
def class_folder(tmp_path: Path) -> Path:
    """Six submissions of every fate, at several depths."""
    folder = tmp_path / "class"
    write(folder / "anna" / "00.ipynb", RIGHT, CHECK)
    write(folder / "bert" / "deep" / "er" / "renamed (1).ipynb", WRONG, CHECK)
    write(folder / "王小明.ipynb", "def double(x):\n    raise NotImplementedError", CHECK)
    write(folder / "dora.IPYNB", "import os\nos._exit(1)", RIGHT, CHECK)
    (folder / "emil.ipynb").write_text(notebook([RIGHT])[:-30], encoding="utf-8")
    write(folder / "finn.ipynb", "x = 1")
    write(folder / ".ipynb_checkpoints" / "anna-checkpoint.ipynb", WRONG, CHECK)
    (folder / "notes.txt").write_text("not a notebook", encoding="utf-8")
    return folder


def told(results: list[SubmissionResult]) -> dict[str, tuple[str, float]]:
    return {r.source: (r.verdicts[0].outcome if r.verdicts else r.reason, r.points) for r in results}


def test_every_submission_of_a_folder_gets_its_result(class_folder: Path) -> None:
    assert told(grade_many(class_folder, seed=4, runner=strongest())) == {
        "anna/00.ipynb": ("right", 1),
        "bert/deep/er/renamed (1).ipynb": ("wrong", 0),
        "dora.IPYNB": ("right", 1),
        "emil.ipynb": ("truncated", 0),
        "finn.ipynb": ("unknown lesson", 0),
        "王小明.ipynb": ("not attempted", 0),
    }


def test_workers_and_order_change_nothing(class_folder: Path) -> None:
    paths = [path for _, path in find_notebooks([class_folder])]
    alone = grade_many(class_folder, seed=4, workers=1, runner=strongest())
    assert grade_many(class_folder, seed=4, workers=3, runner=strongest()) == alone
    by_name = {result.source.rpartition("/")[2]: result.verdicts for result in alone}
    reversed_ones = grade_many(paths[::-1], seed=4, workers=2, runner=strongest())
    assert {result.source.rpartition("/")[2]: result.verdicts for result in reversed_ones} == by_name


def test_equal_submissions_get_equal_verdicts(tmp_path: Path) -> None:
    answers = answer_cells({e.id: e.misconceptions[0].answer for e in lesson_exercises("22")})
    for name in "abc":
        write(tmp_path / f"{name}.ipynb", *answers)
    results = grade_many(tmp_path, lesson="22", workers=3, runner=strongest())
    assert len({result.verdicts for result in results}) == 1


def test_the_seed_is_secret_recorded_and_repeatable(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", WRONG)
    first, second = (grade_one(path, lesson="00", runner=strongest()) for _ in range(2))
    assert first.seed != second.seed
    assert grade_one(path, lesson="00", seed=first.seed, runner=strongest()) == first


def test_one_notebook_named_twice_is_graded_once(class_folder: Path) -> None:
    found = find_notebooks([class_folder, class_folder / "anna", class_folder / "anna" / "00.ipynb"])
    assert len(found) == 6


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = [write(tmp_path / student / "00.ipynb", RIGHT, CHECK) for student in ("a", "b")]
    assert len({result.source for result in grade_many(paths, runner=strongest())}) == 2


def test_a_fault_of_the_grader_is_named_and_stops_nothing(class_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = grade.judge

    def faulty(exercise: object, seen: tuple[object, ...], seed: int) -> object:
        if len({str(s) for s in seen}) > 1:
            raise ZeroDivisionError("bad bank")
        return real(exercise, seen, seed)  # type: ignore[arg-type]

    monkeypatch.setattr(grade, "judge", faulty)
    results = told(grade_many(class_folder, seed=4, runner=strongest()))
    assert results["anna/00.ipynb"] == ("grader failed", 0)
    assert results["王小明.ipynb"] == ("not attempted", 0)


class NoProcess(ProcessRunner):
    def start(self, limits: Limits) -> Child:
        raise CannotRun("no Python process could be started: out of memory")


def test_a_system_that_gives_no_process_is_no_fault_of_the_submission(tmp_path: Path) -> None:
    result = grade_one(write(tmp_path / "a.ipynb", RIGHT), lesson="00", runner=NoProcess())
    assert (result.status, result.reason) == ("needs a person", "cannot run")


def test_a_child_that_does_not_start_is_no_fault_of_the_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false" if sys.platform != "win32" else "where.exe")
    result = grade_one(write(tmp_path / "a.ipynb", RIGHT), lesson="00", runner=ProcessRunner())
    assert (result.status, result.reason) == ("needs a person", "cannot run")


def test_a_lesson_without_exercises_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'99' has no exercises; those that have are 00, "):
        grade_one(tmp_path / "a.ipynb", lesson="99", runner=strongest())


def test_every_result_says_how_far_it_was_isolated(class_folder: Path) -> None:
    tiers = {
        result.isolation for result in grade_many(class_folder, runner=ProcessRunner()) if result.status == "graded"
    }
    assert len(tiers) == 1
    assert "not isolated from the machine" in tiers.pop()


def test_no_folder_is_left_behind(class_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    grade_many(class_folder, runner=ProcessRunner())
    assert list(own.iterdir()) == []


def test_a_file_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    result = grade_one(write(tmp_path / "a.ipynb", RIGHT), lesson="00", name="\x1b[2J\nx.ipynb", runner=strongest())
    assert "\x1b" not in to_table([result])


def test_grading_needs_neither_notebook_tools_nor_drawing() -> None:
    code = "import sys, course_lib.exercises.grading.cli\nprint(*sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"IPython", "nbformat", "jupyter_client", "matplotlib", "ipywidgets", "scipy"} & set(loaded)


def test_feedback_never_shows_what_was_expected(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "price = 0.5", "better_model = 'a'")
    verdicts = {v.exercise: v for v in grade_one(path, lesson="22", seed=4, runner=strongest()).verdicts}
    assert str(BANK["22-price-of-a-shrug"].reference) not in json.dumps(verdicts["22-price-of-a-shrug"].as_dict())


# ---------------------------------------------------------------------------------------------------------------------
# A class, into its gradebook


def graded(folder: ClassFolder, **options: Any) -> Summary:
    return grade_class(folder, **{"seed": 5, "workers": 1, "isolation": ISOLATION, **options})


def contents(folder: ClassFolder) -> str:
    with Gradebook(folder.gradebook) as book:
        return book.dump()


def points(summary: Summary) -> dict[str, float]:
    return {one.submission.student: one.result.points for one in summary.graded}


FATES: Mapping[str, Sequence[str] | bytes] = {
    "anna": [RIGHT],
    "bert": [WRONG],
    "cleo": ["import os\nos._exit(1)", RIGHT],
    "dora": [RIGHT],
    "emil": b"{",
    "finn": [],
}


def test_a_class_is_graded_once_per_content(tmp_path: Path) -> None:
    summary = graded(class_of(tmp_path, FATES))
    assert points(summary) == {"anna": 1, "bert": 0, "cleo": 1, "dora": 1, "emil": 0, "finn": 0}
    assert [one.submission.student for one in summary.for_a_person] == ["emil"]
    # anna and dora handed in the same.
    assert summary.new == 5


def test_the_class_gets_the_verdicts_that_each_gets_alone(tmp_path: Path) -> None:
    folder = class_of(tmp_path, FATES)
    for one in graded(folder).graded:
        name = one.submission.file
        alone = grade_one(folder.root / name, lesson="00", seed=5, name=name, runner=strongest())
        assert one.result == replace(alone, isolation=one.result.isolation)


def test_a_second_run_adds_what_is_new(tmp_path: Path) -> None:
    graded(class_of(tmp_path, FATES))
    summary = graded(class_of(tmp_path, FATES | {"gina": ["def double(x):\n    return x + x"]}))
    assert (summary.new, points(summary)["gina"]) == (1, 1)
    assert graded(ClassFolder(tmp_path)).new == 0


def test_a_submission_that_was_changed_is_graded_again(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"bert": [WRONG]})
    graded(folder)
    # By hand, past `collect`: the manifest still tells the old hash.
    write(folder.submitted / "bert" / "00_start_here.ipynb", RIGHT)
    assert points(graded(folder)) == {"bert": 1}


def test_a_collected_file_that_is_gone_is_named_and_tried_again(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]})
    path = folder.submitted / "bert" / "00_start_here.ipynb"
    content = path.read_bytes()
    path.unlink()
    summary = graded(folder)
    assert [(one.submission.student, one.result.reason) for one in summary.for_a_person] == [("bert", "missing")]
    path.write_bytes(content)
    assert graded(folder).for_a_person == ()


def test_only_what_was_collected_is_graded(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]})
    first, second = read_manifest(folder)
    write_manifest(folder, [first, replace(second, outcome="superseded")])
    assert points(graded(folder)) == {"anna": 1}


def test_a_file_beyond_the_limit_is_not_looked_into(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": b" " * 3000})
    summary = graded(folder, limits=Limits(notebook_bytes=2000))
    assert [(one.submission.student, one.result.reason) for one in summary.for_a_person] == [("bert", "too big")]


def test_grading_again_keeps_the_history(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]})
    before = points(graded(folder))
    summary = graded(folder, regrade=True)
    assert (summary.new, points(summary)) == (2, before)
    assert len(json.loads(contents(folder))["gradings"]) == 4


def test_the_seed_of_a_class_stays(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT]})
    seed = grade_class(folder, isolation=ISOLATION).seed
    assert grade_class(folder, isolation=ISOLATION).seed == seed
    with pytest.raises(ValueError, match=f"asked by the seed {seed}, the same for all; leave --seed out"):
        graded(folder, seed=seed + 1)
    assert graded(folder, seed=seed + 1, regrade=True).seed == seed + 1


def test_two_classes_are_asked_by_different_seeds(tmp_path: Path) -> None:
    folders = [class_of(tmp_path / name, {"anna": [RIGHT]}) for name in "ab"]
    assert len({grade_class(folder, isolation=ISOLATION).seed for folder in folders}) == 2


def test_other_questions_are_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT]})
    graded(folder)
    monkeypatch.setattr(batch, "bank_version", lambda lesson: "another")
    assert graded(folder).new == 1


def test_why_all_are_graded_again_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    graded(class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]}), say=said.append)
    folder = class_of(tmp_path, {"gina": ["double = lambda x: x + x"]})
    graded(folder, say=said.append)
    graded(folder, regrade=True, say=said.append)
    assert said == []
    monkeypatch.setattr(batch, "bank_version", lambda lesson: "another")
    graded(folder, say=said.append)
    assert said == ["the questions or rules have changed since: all 3 contents are graded again"]
    graded(folder, say=said.append)
    assert len(said) == 1


def test_what_is_new_is_not_counted_among_what_is_graded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    graded(class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]}))
    folder = class_of(tmp_path, {"gina": ["double = lambda x: x + x"]})
    monkeypatch.setattr(batch, "bank_version", lambda lesson: "another")
    graded(folder, say=said.append)
    assert said == ["the questions or rules have changed since: 2 of 3 contents are graded again"]


def test_neither_workers_nor_order_change_the_gradebook(tmp_path: Path) -> None:
    one, two = (mixed_class(tmp_path / name, 20) for name in ("one", "two"))
    write_manifest(two, read_manifest(two)[::-1])
    graded(one, workers=1)
    graded(two, workers=3)
    assert contents(one) == contents(two)


def test_progress_is_told_after_it_is_kept(tmp_path: Path) -> None:
    folder = class_of(tmp_path, FATES)
    told = []

    def progress(done: int, total: int) -> None:
        with Gradebook(folder.gradebook) as book:
            told.append((done, total, len(json.loads(book.dump())["gradings"])))

    graded(folder, workers=2, progress=progress)
    assert told[-1] == (5, 5, 5)
    assert all(kept == done for done, _, kept in told)


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    folder = mixed_class(tmp_path / "stopped", 8)

    def impatient(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Stopped, match=r"stopped: [1-8] of 8 are graded and kept; the same command goes on"):
        graded(folder, progress=impatient)
    with Gradebook(folder.gradebook) as book:
        kept = len(book.graded())
    assert kept + graded(folder).new == 8
    whole = mixed_class(tmp_path / "whole", 8)
    graded(whole)
    assert contents(folder) == contents(whole)


def test_limits_that_differ_from_earlier_ones_are_told(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT]})
    assert graded(folder).other_limits == 0
    assert graded(folder, limits=Limits(cell_seconds=3)).other_limits == 1


NO_WALLS = """
import types
from course_lib.exercises.grading import warm, worker
warm.sys = types.SimpleNamespace(platform="plan9")
worker.main()
"""


def test_walls_that_cannot_be_had_are_told_and_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = class_of(tmp_path, FATES)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "START", NO_WALLS)
        with pytest.raises(CannotRun, match=r"this is plan9; .*--isolation none"):
            graded(folder, isolation="full", workers=2)
    assert graded(folder).new == 5


def test_workers_that_do_not_start_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "START", "raise SystemExit(3)")
    with pytest.raises(CannotRun, match="end as soon as they start"):
        graded(class_of(tmp_path, FATES))


# A worker that misbehaves, as no submission can make it.
FALTERING = """
import os, sys
from course_lib.exercises.grading import worker
real, connection, streams = worker.grade_content, worker._private_connection, []
def connected():
    streams.extend(connection())
    return streams
worker._private_connection = connected
def faltering(content, *arguments, **options):
    {act}
    return real(content, *arguments, **options)
worker.grade_content = faltering
worker.main()
"""


@pytest.mark.parametrize(
    "act",
    [
        "os.kill(os.getpid(), 9)",
        "os._exit(0)",
        "raise MemoryError",
        "streams[1].write(b'x' * 99); streams[1].flush()",
    ],
    ids=["killed", "ended", "out-of-memory", "talks-nonsense"],
)
def test_a_submission_that_takes_workers_with_it_is_left_to_a_person(
    act: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = class_of(tmp_path, FATES)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "START", FALTERING.format(act=f"if b'return 3 * x' in content: {act}"))
        summary = graded(folder)
    assert [(one.submission.student, one.result.reason) for one in summary.for_a_person] == [
        ("bert", "worker ended"),
        ("emil", "truncated"),
    ]
    # It lay in the machine: the next run tries again.
    assert points(graded(folder)) == {"anna": 1, "bert": 0, "cleo": 1, "dora": 1, "emil": 0, "finn": 0}


def test_one_death_is_made_good_by_a_fresh_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = class_of(tmp_path / "class", FATES)
    marker = tmp_path / "died"
    act = f"if not os.path.exists({str(marker)!r}): open({str(marker)!r}, 'w').close(); os._exit(1)"
    monkeypatch.setattr(pool, "START", FALTERING.format(act=act))
    assert [one.submission.student for one in graded(folder).for_a_person] == ["emil"]
    assert marker.exists()


def test_a_silent_worker_is_taken_for_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT]})
    monkeypatch.setattr(pool, "START", FALTERING.format(act="import time; time.sleep(60)"))
    monkeypatch.setattr(pool, "PATIENCE", 0.2)
    summary = graded(folder, limits=Limits(submission_seconds=0.2, start_seconds=0.2))
    assert summary.for_a_person[0].result.reason == "worker ended"


def test_a_fault_of_the_grader_costs_one_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from course_lib.exercises.grading import grade, worker\nreal = grade.judge\n"
        "def judge(exercise, seen, seed):\n    if seen[0].status == 'raised': raise ZeroDivisionError('bad bank')\n"
        "    return real(exercise, seen, seed)\ngrade.judge = judge\nworker.main()"
    )
    monkeypatch.setattr(pool, "START", code)
    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": ["def double(x):\n    return 1 / 0"]})
    (one,) = graded(folder).for_a_person
    assert (one.submission.student, one.result.reason) == ("bert", "grader failed")
    assert "ZeroDivisionError: bad bank" in one.result.message


# Each worker keeps to a processor ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process to a processor")
@pytest.mark.parametrize(("workers", "expected"), [(1, [None]), (2, [None] * 2), (3, [1, 4, 6]), (5, [1, 4, 6, 1, 4])])
def test_workers_that_fill_the_machine_have_processors_of_their_own(
    monkeypatch: pytest.MonkeyPatch, workers: int, expected: list[int | None]
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {6, 1, 4})
    assert pool.own_cores(workers) == expected


KEPT_TO = """
import os
from pathlib import Path
from course_lib.exercises.grading import worker
real = worker.best_runner
def best_runner(isolation):
    Path({folder!r}, str(os.getpid())).write_text(str(sorted(os.sched_getaffinity(0))))
    return real(isolation)
worker.best_runner = best_runner
worker.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process to a processor")
@pytest.mark.parametrize("core", [None, 0], ids=["anywhere", "one"])
def test_a_worker_starts_its_runner_on_its_own_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, core: int | None
) -> None:
    there = sorted(os.sched_getaffinity(0))
    chosen = None if core is None else there[core]
    monkeypatch.setattr(pool, "START", KEPT_TO.format(folder=str(tmp_path)))
    worker = pool._Worker("none", Limits(), chosen)
    worker.begin()
    worker.end()
    (told,) = tmp_path.iterdir()
    assert told.read_text() == str(there if chosen is None else [chosen])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process to a processor")
def test_a_worker_that_may_not_choose_its_processor_goes_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "START", KEPT_TO.format(folder=str(tmp_path)))
    worker = pool._Worker("none", Limits(), 100_000)
    worker.begin()
    worker.end()
    (told,) = tmp_path.iterdir()
    assert told.read_text() == str(sorted(os.sched_getaffinity(0)))


# Results are written together -----------------------------------------------------------------------------------------


def arrived(first: object, *later: object) -> tuple[list[str], int]:
    """The names of the results that come in one batch, where others follow the first a little later; threads ended."""
    run = _Run(iter(()), "none", Limits())
    run._arrived.put(first)
    timer = threading.Timer(0.05, lambda: [run._arrived.put(entry) for entry in later])
    timer.start()
    batch, ended = run.arrived()
    timer.join()
    return [task.job.name for task, _ in batch], ended


def done(name: str) -> tuple[Task, SubmissionResult | None]:
    return Task(Job(name, "03", 1, Limits()), lambda: None), None


def test_what_comes_within_a_moment_is_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.exercises.grading.pool.MOMENT", 60.0)
    # The thread that ends is not waited out.
    assert arrived(done("a"), done("b"), done("c"), None) == (["a", "b", "c"], 1)


def test_a_batch_ends_with_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.exercises.grading.pool.MOMENT", 0.0)
    assert arrived(done("a"), done("b")) == (["a"], 0)


def test_what_was_graded_before_an_error_is_given_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.exercises.grading.pool.MOMENT", 60.0)
    assert arrived(done("a"), done("b"), CannotRun("no walls")) == (["a", "b"], 0)
