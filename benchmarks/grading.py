"""What grading a class costs: ours, ours inside nbgrader, nbgrader, Otter; and how quick and small one submission is.

nbgrader is measured where it is installed. Otter needs an environment of its own, because its requirements differ:

    python3 -m venv FOLDER && FOLDER/bin/pip install -r benchmarks/requirements-otter.txt
    BENCHMARK_OTTER=FOLDER/bin/python .venv/bin/python -m benchmarks grading
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.grading_class import (
    LESSON,
    NAME,
    QUESTIONS,
    SEED,
    for_nbgrader,
    for_otter,
    for_us,
    our_course_directory,
    students,
)
from benchmarks.libraries import NOT_INSTALLED, installed
from benchmarks.tables import Table
from course_lib.exercises.grading import grade_one
from course_lib.exercises.grading.read import Cell
from course_lib.exercises.grading.runner import Limits, Runner
from course_lib.exercises.grading.session import Session
from course_lib.exercises.grading.warm import best_runner
from course_lib.exercises.grading.wire import probe_to
from course_lib.exercises.model import Probe

SIZES = {"quick": (1, 2, 6, 40), "full": (5, 2, 12, 202)}
"""Rounds, and submissions: the small class, the large class, and the large class for ours, which is over sooner."""

ALONE, LOCAL, ON_DASK = "ours, 1 worker", "ours, 2 workers", "ours, 2 Dask workers"

LOOK_EVERY = 0.02
"""Seconds between two looks at the memory."""

ISOLATION = "auto" if sys.platform == "linux" else "none"

NOTE = (
    "The same three questions, answered by references, other styles, misconceptions, nothing, and code that fails.\n"
    "Two classes are graded; each: the difference of the two, divided by the submissions. Start: what is left over.\n"
    "The systems take turns; all figures are medians of {rounds} rounds, ratios of the ratios within a round.\n"
    "CPU: of the command and of all that it started. Ours is isolated ({isolation}) and keeps a gradebook;\n"
    "nbgrader's own executor and Otter run answers and tests in one kernel, without walls. {missing}"
)

# The orphans of a command come to its reaper, which waits for them: so their CPU time is counted too.
REAPER = """
import ctypes, json, os, resource, subprocess, sys, time
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
start = time.perf_counter()
with open("log.txt", "wb") as log:
    code = subprocess.run(sys.argv[1:], stdout=log, stderr=log).returncode
wall = time.perf_counter() - start
try:
    while True:
        os.waitpid(-1, 0)
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, wall, used.ru_utime + used.ru_stime]))
"""

# How many turns of a loop in a second, which begins when another such process may have started, too.
LOOP = """
import time
time.sleep(0.3)
turns, end = 0, time.perf_counter() + 1.0
while time.perf_counter() < end:
    sum(range(1000))
    turns += 1
print(turns)
"""

DASK = f"""
from pathlib import Path
from distributed import LocalCluster
from course_lib.exercises.grading.batch import grade_class
from course_lib.exercises.grading.classroom import ClassFolder
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        grade_class(ClassFolder(Path(".")), seed={SEED}, isolation={ISOLATION!r}, scheduler=address)
"""

OTTER = """
import sys
from pathlib import Path
from otter.api import grade_submission
for path in sorted(Path("submitted").glob("*.ipynb")):
    print(path, grade_submission(str(path), "autograder.zip", quiet=True).total)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of a command."""

    wall: float
    cpu: float


def cost(command: Sequence[str], folder: Path) -> Cost:
    """What a command costs in that folder. RuntimeError with its last words if it fails."""
    reaper = [sys.executable, "-c", REAPER, *command]
    done = subprocess.run(reaper, cwd=folder, env=_environment(), capture_output=True, text=True, check=True)
    code, wall, cpu = json.loads(done.stdout)
    if code:
        log = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {log[-2000:]}")
    return Cost(wall, cpu)


def _environment() -> dict[str, str]:
    # nbgrader and Otter look for their helpers on the path.
    return os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


# ---------------------------------------------------------------------------------------------------------------------
# Batches


def ours(folder: Path, count: int, workers: int) -> Cost:
    """`grade run` on a class folder."""
    for_us(folder, students(count))
    return cost(_our_command(workers), folder)


def _our_command(workers: int) -> list[str]:
    command = [sys.executable, "-m", "course_lib.exercises.grading", "run", ".", "--workers", str(workers)]
    return [*command, "--seed", str(SEED), "--isolation", ISOLATION]


def on_dask(folder: Path, count: int) -> Cost:
    """The same class on two workers behind a Dask scheduler."""
    for_us(folder, students(count))
    # A file, because the workers are started as copies of the main program.
    (folder / "on_dask.py").write_text(DASK, encoding="utf-8")
    return cost([sys.executable, "on_dask.py"], folder)


def inside_nbgrader(folder: Path, count: int, isolation: str | None) -> Cost:
    """`nbgrader autograde` on our notebooks: with our executor by configuration, or (None) with its own."""
    our_course_directory(folder, students(count), isolation)
    return _autograde(folder)


def nbgrader(folder: Path, count: int) -> Cost:
    """`nbgrader autograde` on the same questions with assertions, as its users write them."""
    for_nbgrader(folder, students(count))
    return _autograde(folder)


def _autograde(folder: Path) -> Cost:
    command = [sys.executable, "-m", "nbgrader"]
    cost([*command, "generate_assignment", NAME], folder)
    return cost([*command, "autograde", NAME], folder)


def otter(folder: Path, count: int) -> Cost:
    """Otter's API in one process, without a container."""
    for_otter(folder, students(count))
    python = os.environ["BENCHMARK_OTTER"]
    options = ["--no-requirements", "--no-environment", "--no-config"]
    cost([str(Path(python).with_name("otter")), "generate", "-t", "tests", "-o", "autograder.zip", *options], folder)
    return cost([python, "-c", OTTER], folder)


@dataclass(frozen=True)
class Each:
    """Seconds of a submission in one round, and the CPU seconds of that round that do not depend on their number."""

    wall: float
    cpu: float
    start: float


System = tuple[Callable[[Path, int], Cost], int]
"""How a class of so many is graded in a folder, and the number of submissions in its large class."""


def systems(large: int, ours_large: int) -> tuple[dict[str, System], list[str]]:
    """The systems that are there, by name, and a sentence for each that is not."""
    there: dict[str, System] = {
        ALONE: (lambda folder, count: ours(folder, count, 1), ours_large),
        LOCAL: (lambda folder, count: ours(folder, count, 2), ours_large),
    }
    missing = []
    if installed("distributed"):
        there[ON_DASK] = (on_dask, ours_large)
    else:
        missing.append(f"Dask: {NOT_INSTALLED}.")
    if installed("nbgrader"):
        there["nbgrader, our executor"] = (lambda folder, count: inside_nbgrader(folder, count, ISOLATION), large)
        there["nbgrader, its own, our notebooks"] = (lambda folder, count: inside_nbgrader(folder, count, None), large)
        there["nbgrader, assertions"] = (nbgrader, large)
    else:
        missing.append(f"nbgrader: {NOT_INSTALLED}.")
    if os.environ.get("BENCHMARK_OTTER"):
        there["Otter"] = (otter, large)
    else:
        missing.append(f"Otter: {NOT_INSTALLED} (BENCHMARK_OTTER names no Python that has it).")
    return there, missing


def in_turns(there: Mapping[str, System], small: int, rounds: int) -> dict[str, list[Each]]:
    """What a submission costs each system, round by round: a machine that slows down does so for all of them."""
    measured: dict[str, list[Each]] = {name: [] for name in there}
    for _ in range(rounds):
        for name, (system, large) in there.items():
            costs = []
            for size in (small, large):
                with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                    costs.append(system(Path(folder), size))
            measured[name].append(_each(costs[0], costs[1], small, large))
    return measured


def _each(few: Cost, many: Cost, small: int, large: int) -> Each:
    step = large - small
    cpu, wall = (many.cpu - few.cpu) / step, (many.wall - few.wall) / step
    return Each(wall, cpu, few.cpu - small * cpu)


def middle(values: Iterable[float]) -> float | None:
    """The median of the rounds; None where a busy machine took longer for a small class than for a large one."""
    values = list(values)
    return statistics.median(values) if values and min(values) > 0 else None


def ratio(measured: Mapping[str, Sequence[Each]], one: str, other: str, what: str) -> float | None:
    """How many times what the other system takes the one does: the median of the rounds; None if one is not there."""
    if not {one, other} <= measured.keys():
        return None
    pairs = [(getattr(a, what), getattr(b, what)) for a, b in zip(measured[one], measured[other], strict=True)]
    return middle([a / b for a, b in pairs]) if all(a > 0 and b > 0 for a, b in pairs) else None


def of_a_submission(
    there: Mapping[str, System], measured: Mapping[str, Sequence[Each]], missing: Sequence[str]
) -> Table:
    """One row for each system."""
    rows = []
    for name, rounds in measured.items():
        cpu, wall = (middle(getattr(one, what) for one in rounds) for what in ("cpu", "wall"))
        rows.append(
            (
                name,
                there[name][1],
                cpu and 1e3 * cpu,
                wall and 1e3 * wall,
                middle(one.start for one in rounds),
                wall and 1 / wall,
                ratio(measured, name, ALONE, "cpu"),
                ratio(measured, name, ALONE, "wall"),
            )
        )
    columns = ("system", "class", "CPU ms each", "wall ms each", "CPU s start", "a second", "× CPU", "× wall")
    with _runner() as runner:
        isolation = runner.isolation.partition(":")[0]
    note = NOTE.format(isolation=isolation, missing=" ".join(missing), rounds=len(measured[ALONE]))
    return Table("Grading a class", note, columns, tuple(rows))


def as_a_whole(measured: Mapping[str, Sequence[Each]], count: int, machine: float) -> Table:
    """What a second worker brings, what a Dask scheduler costs, and the memory of a run while it grades."""
    # In a run of its own: to look at the memory costs time.
    megabytes, processes = peak_memory(count) if sys.platform == "linux" else (None, None)
    rows = (
        ("2 workers against 1", ratio(measured, ALONE, LOCAL, "wall"), "×"),
        ("2 plain loops against 1: what this machine gives", machine, "×"),
        ("Dask scheduler against local pool, CPU a task", overhead(measured, ON_DASK, LOCAL, "cpu"), "ms"),
        ("Dask scheduler against local pool, wall a task", overhead(measured, ON_DASK, LOCAL, "wall"), "ms"),
        (f"peak memory of {LOCAL}, all processes", megabytes, "MB"),
        ("processes at that moment", processes, ""),
    )
    note = (
        "Medians of the rounds of the table above, but for the memory and the second row: so much more do two\n"
        "Python processes compute side by side than one alone; 2.0 on two cores that share nothing.\n"
        "Memory: proportional set size of the grader, its workers, their warm parents and the submissions that run,\n"
        f"added up every {1e3 * LOOK_EVERY:.0f} ms while {count} are graded."
    )
    return Table("Grading a class, as a whole", note, ("what", "value", "unit"), rows)


def overhead(measured: Mapping[str, Sequence[Each]], one: str, other: str, what: str) -> float | None:
    """Milliseconds that a submission costs more in the one system; None where one was not measured."""
    if not {one, other} <= measured.keys():
        return None
    pairs = zip(measured[one], measured[other], strict=True)
    return 1e3 * statistics.median(getattr(a, what) - getattr(b, what) for a, b in pairs)


def two_loops(rounds: int) -> float:
    """How many times as much two processes that only compute get done as one, when nothing else runs."""

    def rate(processes: int) -> float:
        running = [
            subprocess.Popen([sys.executable, "-c", LOOP], stdout=subprocess.PIPE, text=True) for _ in range(processes)
        ]
        return sum(float(process.communicate()[0]) for process in running)

    return statistics.median(rate(2) / rate(1) for _ in range(rounds))


def peak_memory(count: int) -> tuple[float, int]:
    """The most memory that `grade run` with two workers takes, and how many processes share it. Linux only."""
    peak, sharing = 0.0, 0
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for_us(Path(folder), students(count))
        with subprocess.Popen(_our_command(2), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as grader:
            while grader.poll() is None:
                found = [size for pid in _family(grader.pid) if (size := _megabytes(pid, "Pss:"))]
                if sum(found) > peak:
                    peak, sharing = sum(found), len(found)
                time.sleep(LOOK_EVERY)
            assert grader.stderr is not None
            said = grader.stderr.read().decode(errors="replace")
    if grader.returncode not in (0, 1):
        raise RuntimeError(f"the grader ended with {grader.returncode}: {said[-2000:]}")
    return peak, sharing


# ---------------------------------------------------------------------------------------------------------------------
# One submission


@contextmanager
def _runner() -> Iterator[Runner]:
    with best_runner(ISOLATION) as runner:
        yield runner


def one_submission(quick: bool) -> Table:
    """Latency of a warm service, of a call, and the memory of a submission while it runs."""
    rounds = 12 if quick else 200
    with TemporaryDirectory() as folder, _runner() as runner:
        for_us(Path(folder), students(rounds))
        paths = sorted(Path(folder).rglob("*.ipynb"))
        seconds = []
        for path in paths:
            start = time.perf_counter()
            grade_one(path, lesson=LESSON, seed=SEED, runner=runner)
            seconds.append(time.perf_counter() - start)
        # The first one pays for the warm parent and for what the judge expects.
        seconds = sorted(seconds[1:])
        calls, memory = _calls_and_memory(runner, rounds * 10)
        isolation = runner.isolation.partition(":")[0]
    rows = (
        ("submission, median", 1e3 * statistics.median(seconds), "ms"),
        ("submission, 95th percentile", 1e3 * seconds[int(0.95 * len(seconds))], "ms"),
        *((f"call with {size:,} numbers, median", 1e6 * median, "µs") for size, median in calls),
        ("private memory of a running submission", memory, "MB"),
    )
    note = f"{rounds} submissions of three questions one after the other on one runner, isolation {isolation}."
    return Table("One submission on a warm runner", note, ("what", "value", "unit"), rows)


def _calls_and_memory(runner: Runner, rounds: int) -> tuple[list[tuple[int, float]], float | None]:
    """Median seconds of a call by the size of its array, and the private megabytes of the process that answers."""
    cells = [Cell(1, "def echo(x):\n    return x", True)]
    before = _family()
    with Session(runner, cells, ["echo"], Limits(submission_seconds=600)) as session:
        session.observe([Probe("warm", args=(1.0,), name="echo")], 10)
        memory = max((_megabytes(pid, "Private_") for pid in _family() - before), default=None)
        child: Any = session._child
        timed = []
        for size in (10, 10_000):
            described, arrays = probe_to(Probe("", args=(np.ones(size),), name="echo"))
            request = {"do": "ask", "version": 0, "libraries": [], **described}
            seconds = []
            for _ in range(rounds):
                start = time.perf_counter()
                child.ask(request, arrays, 10)
                seconds.append(time.perf_counter() - start)
            timed.append((size, statistics.median(seconds)))
    return timed, memory


def _family(root: int | None = None) -> set[int]:
    """A process, this one by default, and all that descend from it; Linux only."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended while we looked
    found, size = {os.getpid() if root is None else root}, 0
    while len(found) > size:
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


def _megabytes(pid: int, kind: str) -> float:
    """The memory of a process of the kinds whose names begin so; 0 for one that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    lines = [line.split() for line in text.splitlines() if line.startswith(kind)]
    return sum(int(line[1]) for line in lines) * 1024 / 1e6


def run(quick: bool) -> tuple[Table, ...]:
    rounds, small, large, ours_large = SIZES["quick" if quick else "full"]
    there, missing = systems(large, ours_large)
    measured = in_turns(there, small, rounds)
    table = of_a_submission(there, measured, missing)
    return table, as_a_whole(measured, ours_large, two_loops(rounds)), one_submission(quick)


def figure(tables: Sequence[Table]) -> Figure:
    """CPU time for a submission, by system."""
    table = tables[0]
    names, used = table.column("system"), [float(value or 0) for value in table.column("CPU ms each")]
    chart = Figure(figsize=(7, 0.6 + 0.5 * len(names)), layout="constrained")
    axes = chart.subplots()
    bars = axes.barh([str(name) for name in names], used, color="#0072B2")
    axes.bar_label(bars, [f"{value:,.0f}" for value in used], padding=3)
    axes.set(xscale="log", xlabel=f"CPU milliseconds for a submission of {len(QUESTIONS)} questions")
    axes.margins(x=0.15)
    axes.invert_yaxis()
    return chart
