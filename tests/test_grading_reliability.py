"""Whatever dies, the same command goes on, and the gradebook ends up as if nothing had happened."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
from grading_class import ISOLATION, RIGHT, WRONG, class_of, mixed_class

from course_lib.exercises.grading import ClassFolder, Gradebook, grade_class
from course_lib.exercises.grading.gradebook import GradebookError

STUDENTS = 300
SEED = 20_263
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals and limits")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one set the limits of another process")


def command(folder: ClassFolder, *options: str) -> list[str]:
    shared = ("--seed", str(SEED), "--workers", "2", "--isolation", ISOLATION)
    return [sys.executable, "-m", "course_lib.exercises.grading", "run", str(folder.root), *shared, *options]


def contents(folder: ClassFolder) -> str:
    with Gradebook(folder.gradebook) as book:
        return book.dump()


def kept(folder: ClassFolder) -> int:
    """How many contents are graded so far."""
    if not folder.gradebook.is_file():
        return 0
    try:
        with closing(sqlite3.connect(folder.gradebook, timeout=10)) as base:
            return int(base.execute("SELECT count(*) FROM grading WHERE NOT passing").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # it is being made


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The content of the gradebook after a run that nothing disturbed."""
    folder = mixed_class(tmp_path_factory.mktemp("undisturbed"), STUDENTS)
    grade_class(folder, seed=SEED, workers=2, isolation=ISOLATION)
    return contents(folder)


def until(grader: subprocess.Popen[bytes], reached: Callable[[], bool]) -> bool:
    """Wait until it is reached; False if the grader ended before."""
    while not reached():
        if grader.poll() is not None:
            return False
        time.sleep(0.002)
    return True


def workers_of(grader: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The trusted processes that grade for it, not those that submissions run in."""
    with suppress(psutil.Error):
        return [p for p in psutil.Process(grader.pid).children() if any("worker import main" in a for a in p.cmdline())]
    return []


def busiest(grader: subprocess.Popen[bytes]) -> float:
    """The most seconds that a process computed which the grader or its workers started."""
    seconds = [0.0]
    with suppress(psutil.Error):
        for process in psutil.Process(grader.pid).children(recursive=True):
            seconds.append(process.cpu_times().user)
    return max(seconds)


def finished(folder: ClassFolder) -> str:
    """The content after the same command has run to its end; what the machine spoilt is tried again, as it says."""
    code = subprocess.run(command(folder), capture_output=True, check=False).returncode
    if code == 1:
        code = subprocess.run(command(folder), capture_output=True, check=False).returncode
    assert code == 0
    return contents(folder)


@POSIX
def test_a_grader_that_is_killed_goes_on_where_it_was(tmp_path: Path, undisturbed: str) -> None:
    folder = mixed_class(tmp_path, STUDENTS)
    draw = random.Random(SEED)
    for number, share in enumerate(sorted(draw.uniform(0.02, 0.95) for _ in range(5))):
        grader = subprocess.Popen(
            command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert until(grader, lambda wanted=share * STUDENTS: kept(folder) >= wanted)  # type: ignore[misc]
        # Somewhere between two commits, or in the middle of one.
        time.sleep(draw.uniform(0, 0.03))
        if number % 2:
            os.killpg(grader.pid, signal.SIGKILL)
        else:
            # Its workers see that it is gone.
            grader.kill()
        grader.wait()
    assert finished(folder) == undisturbed


@LINUX
def test_nothing_is_left_running_when_the_grader_is_killed(tmp_path: Path) -> None:
    folder = class_of(tmp_path, {"anna": ["while True:\n    pass"]})
    limits = ("--time-limit", "600", "--submission-time", "600")
    with subprocess.Popen(command(folder, *limits), stdout=subprocess.DEVNULL) as grader:
        # The submission loops; nothing else of ours computes for so long.
        assert until(grader, lambda: busiest(grader) > 1.5)
        running = psutil.Process(grader.pid).children(recursive=True)
        grader.kill()
    _, left = psutil.wait_procs(running, timeout=60)
    assert left == []


@POSIX
def test_workers_that_are_killed_cost_nothing(tmp_path: Path, undisturbed: str) -> None:
    folder = mixed_class(tmp_path, STUDENTS)
    draw = random.Random(SEED)
    killed = 0
    with subprocess.Popen(command(folder), stdout=subprocess.DEVNULL) as grader:
        for share in sorted(draw.uniform(0, 0.95) for _ in range(8)):
            if until(grader, lambda wanted=share * STUDENTS: kept(folder) >= wanted and workers_of(grader)):  # type: ignore[misc]
                time.sleep(draw.uniform(0, 0.03))
                with suppress(psutil.NoSuchProcess):
                    draw.choice(workers_of(grader) or [psutil.Process(grader.pid)]).kill()
                    killed += 1
    assert killed >= 5
    assert finished(folder) == undisturbed


@LINUX
def test_workers_without_memory_cost_nothing(tmp_path: Path, undisturbed: str) -> None:
    import resource

    folder = mixed_class(tmp_path, STUDENTS)
    draw = random.Random(SEED)
    starved: set[int] = set()
    with subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as grader:
        for share in sorted(draw.uniform(0, 0.9) for _ in range(6)):
            until(grader, lambda wanted=share * STUDENTS: kept(folder) >= wanted and workers_of(grader))  # type: ignore[misc]
            for worker in workers_of(grader)[:1]:
                with suppress(psutil.Error, ProcessLookupError):
                    # What it has, and next to nothing more: the next larger array fails.
                    left = worker.memory_info().vms + draw.randrange(2**16)
                    resource.prlimit(worker.pid, resource.RLIMIT_AS, (left, resource.RLIM_INFINITY))
                    starved.add(worker.pid)
    assert len(starved) >= 3
    assert finished(folder) == undisturbed


# ---------------------------------------------------------------------------------------------------------------------
# Two graders


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A grader that has begun and does not end by itself."""
    class_of(tmp_path, {"anna": [RIGHT], "bert": [WRONG]})
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom course_lib.exercises.grading import ClassFolder, batch\n"
        "def stay(*_, **__):\n    print('begun', flush=True)\n    time.sleep(600)\n"
        "batch._grade = stay\nbatch.grade_class(ClassFolder(Path(sys.argv[1])), seed=int(sys.argv[2]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(SEED)], stdout=subprocess.PIPE, text=True
    ) as grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == "begun\n"
        yield grader
        grader.kill()


def test_a_second_grader_waits_and_goes_on_when_the_first_dies(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with subprocess.Popen(
        command(ClassFolder(tmp_path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as second:
        assert second.stderr is not None
        assert second.stdout is not None
        said = second.stderr.readline()
        assert said.startswith(f"grade: process {holder.pid} on ")
        assert said.endswith(" is grading this class; waiting until it ends …\n")
        assert second.poll() is None
        holder.kill()
        assert "2 submissions: 2 graded" in second.stdout.read()
    assert second.returncode == 0


def test_a_second_grader_can_refuse_to_wait(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    done = subprocess.run(
        command(ClassFolder(tmp_path), "--no-wait"), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert f"process {holder.pid} on" in done.stderr
    assert "leave --no-wait out" in done.stderr


def test_marks_are_given_while_another_grades(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    arguments = ["mark", str(tmp_path), "bert", "00-double", "1", "--reason", "Shown in class."]
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.exercises.grading", *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@POSIX
def test_two_graders_at_once_grade_each_content_once(tmp_path: Path) -> None:
    folder = mixed_class(tmp_path, 20)
    both = [subprocess.Popen(command(folder), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [grader.communicate()[0] for grader in both]
    assert sorted("20 contents were graded now" in text for text in said) == [False, True]
    assert kept(folder) == 20


# ---------------------------------------------------------------------------------------------------------------------
# A disk that is full or cannot be written


# In a user namespace of its own a test may mount, as root and as anybody else.
IN_A_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-euc")


def mounted(script: str, folder: ClassFolder) -> subprocess.CompletedProcess[str]:
    # Inside a user namespace of somebody else's no walls can be built.
    run = " ".join(f"'{argument}'" for argument in command(folder, "--isolation", "none"))
    return subprocess.run(
        [*IN_A_NAMESPACE, script.format(root=folder.root, run=run)], capture_output=True, text=True, check=False
    )


@LINUX
def test_a_full_disk_is_told_and_what_was_graded_is_kept(tmp_path: Path) -> None:
    """On a disk of its own, which has room for a part of the gradings only."""
    made = mixed_class(tmp_path / "made", 40)
    folder = ClassFolder(tmp_path / "disk")
    done = mounted(
        "mkdir {root}; mount -t tmpfs -o size=120k none {root}\n"
        f"cp -r {made.root}/manifest.csv {{root}}/; ln -s {made.submitted} {{root}}/submitted\n"
        "code=0; {run} || code=$?\n"
        f"ls -A {{root}}; cp {{root}}/gradebook.sqlite {tmp_path}/kept.sqlite; exit $code",
        folder,
    )
    assert done.returncode == 2, done.stderr
    assert "the disk is full. Make room, then give the same command again" in done.stderr
    assert set(done.stdout.split()) == {"manifest.csv", "submitted", "gradebook.sqlite", "gradebook.lock"}
    with Gradebook(tmp_path / "kept.sqlite") as book:
        part = len(book.graded())
    assert 0 < part < 40
    # With room, the same command goes on from there.
    (tmp_path / "kept.sqlite").rename(made.gradebook)
    summary = grade_class(made, workers=1, isolation=ISOLATION)
    assert summary.new < 40
    assert len(summary.graded) == 40


@LINUX
@pytest.mark.parametrize("graded_before", [False, True], ids=["new", "graded-before"])
def test_a_folder_that_cannot_be_written_is_told(graded_before: bool, tmp_path: Path) -> None:
    folder = class_of(tmp_path / "class", {"anna": [RIGHT]})
    if graded_before:
        grade_class(folder, seed=SEED, isolation=ISOLATION)
        class_of(folder.root, {"bert": [WRONG]})
    before = sorted((path, path.read_bytes()) for path in folder.root.rglob("*") if path.is_file())
    done = mounted("mount --bind {root} {root}; mount -o remount,bind,ro {root}; {run}", folder)
    assert done.returncode == 2
    assert "read-only" in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted((path, path.read_bytes()) for path in folder.root.rglob("*") if path.is_file()) == before


@LINUX
def test_a_gradebook_that_cannot_be_written_is_still_read(tmp_path: Path) -> None:
    folder = class_of(tmp_path / "class", {"anna": [RIGHT]})
    grade_class(folder, seed=SEED, isolation=ISOLATION)
    done = subprocess.run(
        [
            *IN_A_NAMESPACE,
            f"mount --bind {folder.root} {folder.root}; mount -o remount,bind,ro {folder.root}; "
            f"{sys.executable} -m course_lib.exercises.grading mark {folder.root}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "No marks were given by hand.\n")


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="its folder does not exist"):
        grade_class(ClassFolder(tmp_path / "nowhere"), isolation=ISOLATION)
