"""Graded by the workers of a Dask scheduler: the same gradebook, and nothing is lost with a worker."""

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from grading_class import ISOLATION, RIGHT, WRONG, class_of, mixed_class

from course_lib.exercises.grading import ClassFolder, Gradebook, grade_class
from course_lib.exercises.grading.cli import main
from course_lib.exercises.grading.runner import CannotRun

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="Dask's scheduler is an extra; it is not installed here"
)
SEED = 20_264
WAIT = 60.0


class Cluster:
    """A scheduler and two workers with one thread each, as `dask scheduler` and `dask worker` start them."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._place = folder, folder / "scheduler.json"
        self.scheduler = self._started("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.workers = [self.another_worker() for _ in range(2)]
        self.address = str(self._when_ready()["address"])

    def another_worker(self) -> subprocess.Popen[bytes]:
        folder = str(self._folder / "scratch")
        return self._started("worker", "--nthreads", "1", "--no-nanny", "--local-directory", folder)

    def _started(self, role: str, *options: str) -> subprocess.Popen[bytes]:
        module = [sys.executable, "-m", f"distributed.cli.dask_{role}"]
        return subprocess.Popen(
            [*module, *options, "--no-dashboard", "--scheduler-file", str(self._place)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _when_ready(self) -> dict[str, object]:
        from distributed import Client

        end = time.monotonic() + WAIT
        while not self._place.is_file():
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.05)
        described: dict[str, object] = json.loads(self._place.read_text(encoding="utf-8"))
        with Client(described["address"], set_as_default=False) as client:
            client.wait_for_workers(2, timeout=WAIT)
        return described

    def end(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.terminate()
        for process in [*self.workers, self.scheduler]:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.end()


def contents(folder: ClassFolder) -> str:
    with Gradebook(folder.gradebook) as book:
        return book.dump()


def test_the_gradebook_is_the_same_as_from_processes_here(tmp_path: Path, cluster: Cluster) -> None:
    here, there = (mixed_class(tmp_path / name, 30) for name in ("here", "there"))
    told: list[tuple[int, int]] = []
    grade_class(here, seed=SEED, isolation=ISOLATION)
    summary = grade_class(
        there, seed=SEED, isolation=ISOLATION, scheduler=cluster.address, progress=lambda *far: told.append(far)
    )
    assert contents(there) == contents(here)
    assert summary.new == 29
    assert told[-1] == (29, 29)


def test_the_command_grades_there(tmp_path: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG], "emil": b"{"})
    (folder.submitted / "bert" / "00_start_here.ipynb").unlink()
    assert main(["run", str(tmp_path), "--scheduler", cluster.address, "--isolation", ISOLATION]) == 1
    shown = capsys.readouterr().out
    assert "3 submissions: 1 graded, 2 need a person" in shown
    assert "missing" in shown


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(tmp_path: Path, cluster: Cluster) -> None:
    here, there = (mixed_class(tmp_path / name, 60) for name in ("here", "there"))
    grade_class(here, seed=SEED, isolation=ISOLATION)
    victim = cluster.another_worker()
    cluster.workers.append(victim)
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if not killed and done >= total // 4:
            cluster.workers[0].kill()
            killed.append(done)

    grade_class(there, seed=SEED, isolation=ISOLATION, scheduler=cluster.address, progress=kill_one)
    assert 0 < killed[0] < 60
    assert cluster.workers[0].wait(timeout=WAIT) < 0
    assert contents(there) == contents(here)


# On the worker: memory runs out while this content is graded, at all times or until a file is there.
WITHOUT_MEMORY = """
from pathlib import Path
from course_lib.exercises.grading import scheduler
real = scheduler.grade_job
def short(job, content, runner):
    if b"return 3 * x" in content and not Path({marker!r}).exists():
        if {once}:
            Path({marker!r}).touch()
        raise MemoryError
    return real(job, content, runner)
scheduler.grade_job = short
"""
RESTORED = """
from course_lib.exercises.grading import scheduler, worker
scheduler.grade_job = worker.grade_job
"""


@pytest.mark.parametrize(("once", "for_a_person"), [(True, {}), (False, {"bert": "worker ended"})])
def test_a_submission_that_exhausts_every_worker_is_left_to_a_person(
    once: bool, for_a_person: dict[str, str], tmp_path: Path, cluster: Cluster
) -> None:
    from distributed import Client

    folder = class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]})
    with Client(cluster.address, set_as_default=False) as client:
        client.run(exec, WITHOUT_MEMORY.format(marker=str(tmp_path / "marker"), once=once), {})
        try:
            summary = grade_class(folder, isolation=ISOLATION, scheduler=cluster.address)
        finally:
            client.run(exec, RESTORED, {})
    assert {one.submission.student: one.result.reason for one in summary.for_a_person} == for_a_person
    assert grade_class(folder, isolation=ISOLATION, scheduler=cluster.address).for_a_person == ()


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT]})
    monkeypatch.setattr("course_lib.exercises.grading.scheduler.CONNECT_SECONDS", 1)
    with pytest.raises(CannotRun, match=r"no Dask scheduler at tcp://127.0.0.1:9 .*; start one: dask scheduler"):
        grade_class(folder, isolation=ISOLATION, scheduler="tcp://127.0.0.1:9")


def test_workers_with_another_version_of_the_course_are_refused(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = class_of(tmp_path, {"anna": [RIGHT]})
    monkeypatch.setattr("course_lib.exercises.grading.scheduler.bank_version", lambda lesson: "another")
    with pytest.raises(CannotRun, match="has another version of the course; install the same there"):
        grade_class(folder, isolation=ISOLATION, scheduler=cluster.address)


def test_walls_that_a_worker_cannot_build_are_told(tmp_path: Path, cluster: Cluster) -> None:
    from distributed import Client

    elsewhere = (
        "import sys, types\nfrom course_lib.exercises.grading import warm\n"
        "warm.sys = types.SimpleNamespace(platform='plan9')"
    )
    folder = class_of(tmp_path, {"anna": [RIGHT]})
    with Client(cluster.address, set_as_default=False) as client:
        client.run(exec, elsewhere, {})
        try:
            with pytest.raises(CannotRun, match="this is plan9"):
                grade_class(folder, isolation="landlock", scheduler=cluster.address)
        finally:
            client.run(exec, "import sys\nfrom course_lib.exercises.grading import warm\nwarm.sys = sys", {})
