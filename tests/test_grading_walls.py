"""Each barrier stops something that gets through without it, so that none can be weakened unnoticed.

Where two barriers stop the same thing, the others are taken away for the test of the one.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("submissions are isolated on Linux only", allow_module_level=True)

from grading_attacks import PROLOGUE
from grading_scene import NOBODY, Scene, end_if_there, own_processes, scene
from grading_submissions import answer_cells, lesson_exercises, write
from grading_users import run_as_ordinary_user, with_python_open

from course_lib.exercises.grading import Limits, grade_one, warm, wire
from course_lib.exercises.grading.enclosure import Build
from course_lib.exercises.grading.pipes import TimedPipe
from course_lib.exercises.grading.runner import Child, Ended, OutOfTime
from course_lib.exercises.grading.session import MAX_LOST
from course_lib.exercises.grading.walls import BARRIERS, NAMESPACES, landlock
from course_lib.exercises.grading.warm import WarmRunner
from course_lib.exercises.model import Probe

SMALL = Limits(
    submission_seconds=0.5,
    memory_bytes=1_000_000_000,
    file_bytes=2_000_000,
    folder_bytes=6_000_000,
    open_files=32,
    threads=4,
)
SUPERUSER = os.geteuid() == 0


@dataclass(frozen=True)
class Hole:
    """What gets through when a barrier is missing: a cell, and a pattern of its loot."""

    barrier: str
    code: str
    through: str
    others: tuple[str, ...] = ()
    """Barriers that would stop it too."""


HOLES = {
    "file-of-the-machine": Hole("mount", "loot = tried(lambda: open('$secret').read())", "secret-", ("landlock",)),
    "file-written": Hole("mount", "loot = tried(lambda: open('$folder/loot', 'w').write('x'))", "got 1", ("landlock",)),
    "file-by-landlock": Hole("landlock", "loot = tried(lambda: open('$secret').read())", "secret-", ("mount",)),
    "another-process-traced": Hole(
        "user",
        "loot = tried(lambda: call('ptrace', 0x4206, $canary, 0, 0))",
        "got",
        ("seccomp", "landlock", *(name for name in NAMESPACES if name != "user")),
    ),
    "another-process-signalled": Hole(
        "pid", "loot = tried(lambda: os.kill($canary, 0))", "got", ("seccomp", "landlock")
    ),
    "tcp-to-the-machine": Hole(
        "network",
        "loot = tried(lambda: socket.create_connection(('127.0.0.1', $port), 2).recv(99))",
        "secret-",
        ("seccomp", "landlock"),
    ),
    "abstract-socket": Hole(
        "network",
        "s = socket.socket(socket.AF_UNIX)\nloot = tried(lambda: (s.connect('\\0$abstract'), s.recv(99)))",
        "secret-",
        ("seccomp", "landlock"),
    ),
    "shared-memory": Hole("ipc", "loot = tried(lambda: call($shmget, $shm, 16, 0))", "got", ("seccomp",)),
    "host-name": Hole("uts", "loot = tried(lambda: os.uname().nodename)", "got '$host'"),
    "socket": Hole("seccomp", "loot = tried(lambda: socket.socketpair())", "got"),
    "process": Hole("seccomp", "loot = tried(lambda: os.fork() or os._exit(0))", "got", ("RLIMIT_NPROC",)),
    "new-namespace": Hole("seccomp", "loot = tried(lambda: call('unshare', 0x10000000))", "got"),
    "mount-made": Hole(
        "capabilities",
        "loot = tried(lambda: call('mount', b'none', b'.', b'tmpfs', 0, None))",
        "got",
        ("seccomp", "landlock"),
    ),
    "privileges-by-a-program": Hole(
        "no new privileges",
        "loot = tried(lambda: call('prctl', 39, 0, 0, 0, 0) and '' or libc.prctl(39, 0, 0, 0, 0))",
        "got 0",
        ("seccomp", "landlock", "capabilities"),
    ),
    "descriptors-of-the-parent": Hole(
        "descriptors",
        "found = []\nfor d in range(5, 1024):\n    try:\n        found.append(os.fstat(d).st_mode)\n"
        "    except OSError:\n        pass\nloot = f'{len(found)} open'",
        "^[1-9]",
    ),
    "processor-time": Hole(
        "RLIMIT_CPU", "while time.process_time() < 1.4:\n    pass\nloot = f'burnt {time.process_time()}'", "burnt"
    ),
    "memory": Hole("RLIMIT_AS", "loot = tried(lambda: np.empty(2 * 10**8).nbytes)", "got"),
    "large-file": Hole("RLIMIT_FSIZE", "loot = tried(lambda: open('large', 'wb').write(bytes(3_000_000)))", "got"),
    "many-descriptors": Hole("RLIMIT_NOFILE", "loot = tried(lambda: len([os.dup(3) for _ in range(100)]))", "got"),
    "many-threads": Hole(
        "RLIMIT_NPROC",
        "spin = lambda: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
        "loot = tried(lambda: [spin() for _ in range(12)])",
        "got",
    ),
    "core-dump": Hole(
        "RLIMIT_CORE",
        "import resource\nloot = tried(lambda: resource.setrlimit(resource.RLIMIT_CORE, (9, 9)))",
        "got",
        ("seccomp",),
    ),
}
if landlock.version() >= 6:
    HOLES["signal-by-landlock"] = Hole(
        "landlock", "loot = tried(lambda: os.kill($canary, 0))", "got", ("seccomp", "pid")
    )
    HOLES["abstract-socket-by-landlock"] = replace(
        HOLES["abstract-socket"], barrier="landlock", others=("seccomp", "network")
    )
if landlock.version() >= 4:
    HOLES["tcp-by-landlock"] = replace(HOLES["tcp-to-the-machine"], barrier="landlock", others=("seccomp", "network"))


@pytest.fixture(scope="module")
def here() -> Iterator[Scene]:
    with scene() as there:
        yield there


@lru_cache
def runner_without(barriers: frozenset[str], outer: str = "none") -> WarmRunner:
    """outer: what is around the warm parent, "bwrap", "own" or "none"."""
    build = Build.full(shutil.which("bwrap") if outer == "bwrap" else None)
    if outer == "none":
        build = replace(build, encloses_itself=False, inside=tuple(with_python_open()) if SUPERUSER else ())
    return WarmRunner(replace(build, without=build.without | barriers))


def run(child: Child, code: str, seconds: float = 30.0) -> str:
    """The loot of a cell, or how the process ended."""
    cell = {"do": "run", "number": 1, "source": "import numpy as np\n" + PROLOGUE + code, "is_code": True}
    probe, arrays = wire.probe_to(Probe("loot", name="loot"))
    try:
        child.ask({"do": "begin", "names": ["loot"]}, [], seconds)
        failed = child.ask(cell, [], seconds)[0]["failed"]
        assert failed is None, failed
        said = child.ask({"do": "ask", "version": 0, "libraries": [], **probe}, arrays, seconds)[0]["value"]
        return str(said["text"])
    except (Ended, OutOfTime) as error:
        return f"{type(error).__name__}: {error}"


def loot(runner: WarmRunner, code: str, limits: Limits = SMALL) -> str:
    child = runner.start(limits)
    try:
        return run(child, code)
    finally:
        child.end()


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES.keys())
def test_a_barrier_stops_what_gets_through_without_it(hole: Hole, here: Scene) -> None:
    code, through = here.fill(hole.code), here.fill(hole.through)
    others = frozenset(hole.others)
    stopped = loot(runner_without(others), code)
    assert not re.search(through, stopped), f"got through although {hole.barrier} is there: {stopped}"
    got = loot(runner_without(others | {hole.barrier}), code)
    assert re.search(through, got), f"something else than {hole.barrier} stopped it: {got}"
    here.visits.clear()
    (here.folder / "loot").unlink(missing_ok=True)


def test_every_barrier_has_its_hole() -> None:
    elsewhere = {"hidden memory"}
    assert {hole.barrier for hole in HOLES.values()} | elsewhere == set(BARRIERS)


def test_what_is_seen_cannot_be_changed(here: Scene) -> None:
    """Whoever owns it: the folder is everybody's."""
    build = replace(Build.full(None), without=frozenset({"landlock"}))
    sights = {
        "submission_sight": build.submission_sight.with_trees(str(here.folder)),
        "server_sight": build.server_sight.with_trees(str(here.folder)),
    }
    with WarmRunner(replace(build, **sights)) as runner:  # type: ignore[arg-type]
        assert "secret-" in loot(runner, here.fill("loot = tried(lambda: open('$secret').read())"))
        assert "Read-only" in loot(runner, here.fill("loot = tried(lambda: open('$folder/loot', 'w'))"))
        assert "Read-only" in loot(runner, here.fill("loot = tried(lambda: open('$secret', 'a'))"))


def test_the_folder_has_a_size() -> None:
    code = "loot = tried(lambda: [open(f'{n}', 'wb').write(bytes(10**6)) for n in range(20)])"
    walled = runner_without(frozenset())
    assert "No space" in loot(walled, code)
    assert "got" in loot(walled, code, replace(SMALL, folder_bytes=60_000_000))


def test_memory_is_hidden_from_processes_of_the_same_user() -> None:
    """Each submission may even be given the same user number: what it holds stays its own."""
    others = frozenset({"seccomp", "landlock", *NAMESPACES})
    hold = "held = ctypes.create_string_buffer(b'secret')\nloot = f'{os.getpid()} {ctypes.addressof(held)}'"
    look = (
        "got = ctypes.create_string_buffer(6)\nvector = lambda at: struct.pack('QQ', at, 6)\n"
        "here, there = vector(ctypes.addressof(got)), vector({address})\n"
        "loot = tried(lambda: (call('process_vm_readv', {pid}, here, 1, there, 1, 0), got.raw))"
    )
    for without, pattern in ((others, "^PermissionError"), (others | {"hidden memory"}, "got .*secret")):
        runner = runner_without(without)
        holder = runner.start(SMALL)
        try:
            pid, address = run(holder, hold).split()
            assert re.search(pattern, loot(runner, look.format(pid=pid, address=address)))
        finally:
            holder.end()


AWAY = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
loot = 'away'
"""


def test_the_process_namespace_takes_all_its_processes_with_it() -> None:
    others = frozenset({"seccomp", "RLIMIT_NPROC"})
    for without, some_left in ((others, False), (others | {"pid"}, True)):
        runner = runner_without(without)
        loot(runner, "loot = ''")
        before = own_processes()
        assert loot(runner, AWAY) == "away"
        got_away = own_processes() - before
        for pid in got_away:
            end_if_there(pid)
        assert bool(got_away) == some_left


@pytest.mark.parametrize("outer", [*(["bwrap"] if shutil.which("bwrap") or os.environ.get("CI") else []), "own"])
@pytest.mark.parametrize(
    "name", ["file-of-the-machine", "another-process-signalled", "tcp-to-the-machine", "shared-memory"]
)
def test_the_wall_around_the_warm_parent_holds_without_the_others(name: str, outer: str, here: Scene) -> None:
    hole, nothing = HOLES[name], frozenset(BARRIERS) - {"no new privileges"}
    code, through = here.fill(hole.code), here.fill(hole.through)
    assert not re.search(through, loot(runner_without(nothing, outer), code))
    assert re.search(through, loot(runner_without(nothing, "none"), code))
    here.visits.clear()


if SUPERUSER:

    def test_a_superusers_submission_is_nobodys() -> None:
        runner = runner_without(frozenset())
        loot(runner, "loot = ''")
        before = own_processes()
        child = runner.start(SMALL)
        try:
            (pid,) = own_processes() - before
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        finally:
            child.end()
        assert re.search(rf"^Uid:(\s+{NOBODY}){{4}}$", status, flags=re.MULTILINE)
        assert re.search(rf"^Gid:(\s+{NOBODY}){{4}}$", status, flags=re.MULTILINE)

    def test_a_submission_takes_little_memory_of_its_own() -> None:
        runner = runner_without(frozenset())
        loot(runner, "loot = ''")
        before = own_processes()
        child = runner.start(SMALL)
        try:
            assert run(child, "loot = str(np.exp(np.zeros(100)).sum())") == "100.0"
            (pid,) = own_processes() - before
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        finally:
            child.end()
        own = sum(int(kilobytes) for kilobytes in re.findall(r"^Private_\w+:\s+(\d+) kB", rollup, re.MULTILINE))
        assert 1_000 < own < 10_000

    def test_no_program_brings_its_owners_privileges(here: Scene) -> None:
        program = here.folder.parent / f"{here.folder.name}-id"
        shutil.copy("/usr/bin/id", program)
        program.chmod(0o4755)
        code = f"import subprocess\nloot = tried(lambda: subprocess.check_output(['{program}', '-u']))"
        others = frozenset({*NAMESPACES, "seccomp", "landlock", "RLIMIT_NPROC"})
        try:
            assert str(NOBODY) in loot(runner_without(others), code)
            assert "b'0\\n'" in loot(runner_without(others | {"no new privileges"}), code)
        finally:
            program.unlink()

    def test_an_ordinary_users_walls_are_the_same() -> None:
        done = run_as_ordinary_user(Path(__file__))
        assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-1_000:]
        assert done.stdout.count("PASSED") > len(HOLES)


# ---------------------------------------------------------------------------------------------------------------------
# The trusted side


def test_the_clock_on_the_wall_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = runner_without(frozenset())

    def slept() -> str:
        child = runner.start(SMALL)
        try:
            return run(child, "time.sleep(1.5)\nloot = 'slept'", seconds=0.5)
        finally:
            child.end()

    assert "OutOfTime" in slept()
    monkeypatch.setattr(TimedPipe, "_wait", lambda self, ready: ready.poll(5_000))
    assert slept() == "slept"


def forged(token: str) -> str:
    return (
        "import json\n"
        f"t = json.dumps({{'failed': None, 'arrays': [], 'token': {token!r}}}).encode()\n"
        "os.write(4, struct.pack('<II', len(t), 0) + t)\nloot = 'forged'"
    )


def test_a_reply_needs_the_token_of_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, guess = runner_without(frozenset()), "0123456789abcdef"

    def cell_is_accepted() -> bool:
        child = runner.start(SMALL)
        try:
            child.ask({"do": "begin", "names": []}, [], 5.0)
            cell = {"do": "run", "number": 1, "source": PROLOGUE + forged(guess), "is_code": True}
            return child.ask(cell, [], 5.0)[0]["failed"] is None
        except Ended:
            return False
        finally:
            child.end()

    assert not cell_is_accepted()
    monkeypatch.setattr(warm.secrets, "token_hex", lambda size: guess)
    assert cell_is_accepted()


@pytest.mark.parametrize(
    ("place", "limit", "header", "payload"),
    [(warm, "MAX_REPLY_HEADER", 300_000, 0), (wire, "MAX_PAYLOAD", 60, 33_000_000)],
    ids=["header", "payload"],
)
def test_a_reply_has_a_size(
    place: object, limit: str, header: int, payload: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = runner_without(frozenset())
    announce = f"os.write(4, struct.pack('<II', {header}, {payload}))\ntime.sleep(9)"

    def announced() -> str:
        child = runner.start(SMALL)
        try:
            return run(child, announce, seconds=0.5)
        finally:
            child.end()

    assert announced().startswith("Ended: ")
    monkeypatch.setattr(place, limit, 10**9)
    # Without the limit the grader waits for all that was announced.
    assert announced().startswith("OutOfTime: ")


RIGHTS = {exercise.id: exercise.reference for exercise in lesson_exercises("03")}


def test_a_lost_warm_parent_costs_nobody_a_point(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", *answer_cells(RIGHTS))
    with WarmRunner() as runner:
        full = grade_one(path, lesson="03", seed=4, runner=runner)
        started = runner.start

        def lost_once(limits: Limits) -> Child:
            child = started(limits)
            if not lost:
                lost.append(True)
                kill_the_warm_parent(runner)
            return child

        lost: list[bool] = []
        runner.start = lost_once  # type: ignore[method-assign]
        assert grade_one(path, lesson="03", seed=4, runner=runner) == full
        assert lost


def test_a_warm_parent_that_is_always_lost_is_no_fault_of_the_submission(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", *answer_cells(RIGHTS))
    with WarmRunner() as runner:
        started = runner.start

        def always_lost(limits: Limits) -> Child:
            child = started(limits)
            kill_the_warm_parent(runner)
            return child

        runner.start = always_lost  # type: ignore[method-assign]
        result = grade_one(path, lesson="03", seed=4, runner=runner)
    assert (result.status, result.reason) == ("needs a person", "cannot run")
    assert f"lost {MAX_LOST} times" in result.message


def kill_the_warm_parent(runner: WarmRunner) -> None:
    assert runner._server is not None
    for pid in own_processes(runner._server._process.pid):
        end_if_there(pid)


GRADER = """
import sys
from course_lib.exercises.grading import Limits
from course_lib.exercises.grading.warm import best_runner
runner = best_runner(sys.argv[1])
children = [runner.start(Limits()) for _ in range(2)]
for child in children:
    child.ask({"do": "begin", "names": []}, [], 20.0)
print(runner._server._process.pid, flush=True)
children[0].ask({"do": "run", "number": 1, "source": "while True:\\n    pass", "is_code": True}, [], 60.0)
"""


@pytest.mark.parametrize("killed", ["grader", "warm parent"])
@pytest.mark.parametrize("tier", ["full"] if SUPERUSER else ["full", "landlock"])
def test_nothing_outlives_what_is_killed(tier: str, killed: str) -> None:
    with subprocess.Popen([sys.executable, "-c", GRADER, tier], stdout=subprocess.PIPE) as grader:
        assert grader.stdout is not None
        server = int(grader.stdout.readline())
        started = own_processes(server) | {server}
        time.sleep(0.2)
        if killed == "warm parent":
            # Where something encloses it, that is the first of what it has started.
            os.kill(min(own_processes(server), key=born) if tier == "full" else server, signal.SIGKILL)
            wait_for(lambda: not running(started))
        grader.kill()
    assert len(started) > 2
    wait_for(lambda: not running(started))


def test_a_warm_parent_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "SHUT_SECONDS", 0.3)
    with WarmRunner() as runner:
        runner.start(SMALL).end()
        assert runner._server is not None
        started = own_processes(runner._server._process.pid)
        os.kill(max(started, key=born), signal.SIGSTOP)
    wait_for(lambda: not running(started))


def born(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])


def running(pids: set[int]) -> list[int]:
    """Those that have not ended; one whose parent has not yet noticed has."""
    states = []
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            states.append((Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0], pid))
    return [pid for state, pid in states if state not in "ZX"]


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert done()


def test_a_flood_of_replies_while_a_request_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.exercises.grading.pipes.MOST_HELD", 300_000)
    unread, requests = os.pipe()
    replies, flood = os.pipe()
    pipe = TimedPipe(requests, replies)
    pipe.deadline = time.monotonic() + 1.0

    def write_for_ever() -> None:
        with suppress(BrokenPipeError):
            while True:
                os.write(flood, bytes(65_536))

    thread = threading.Thread(target=write_for_ever, daemon=True)
    thread.start()
    # Nobody reads the request, which is larger than any pipe.
    with pytest.raises(TimeoutError):
        pipe.write(bytes(10_000_000))
    assert 300_000 <= len(pipe._held) <= 300_000 + 65_536
    pipe.close()
    thread.join()
    os.close(unread), os.close(flood)
