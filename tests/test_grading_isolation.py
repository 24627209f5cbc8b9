"""Which isolation is chosen, what it says of itself, and the list of system calls, on every machine it is made for."""

import errno
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from grading_runners import EVERYWHERE, runner
from grading_submissions import answer_cells, lesson_exercises, stub_cells, write

from course_lib.exercises.grading import ProcessRunner, grade_many, grade_one, warm
from course_lib.exercises.grading.enclosure import Build
from course_lib.exercises.grading.runner import CannotRun
from course_lib.exercises.grading.walls import Sight, seccomp
from course_lib.exercises.grading.warm import TIERS, WarmRunner, best_runner

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="submissions are isolated on Linux only")


def test_no_isolation_has_to_be_named_and_says_so() -> None:
    assert isinstance(best_runner("none"), ProcessRunner)
    assert "not isolated" in best_runner("none").isolation


def test_an_unknown_tier_is_refused() -> None:
    with pytest.raises(ValueError, match="'strong' is not one of auto, full, landlock, container, none"):
        best_runner("strong")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_where_there_are_no_walls_nothing_runs_unless_it_is_trusted(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(CannotRun, match=rf"this is {platform}.*--isolation none grades trusted work"):
        best_runner()


@only_linux
def test_who_names_no_runner_gets_the_best(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "def double(x):\n    return 2 * x")
    assert grade_one(path, lesson="00").isolation == runner("full").isolation
    assert [result.isolation for result in grade_many(path, lesson="00")] == [runner("full").isolation]


@only_linux
def test_where_nothing_can_be_isolated_nobody_is_graded_by_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "_tried", failing(*TIERS))
    path = write(tmp_path / "a.ipynb", "def double(x):\n    return 2 * x")
    result = grade_one(path, lesson="00")
    assert (result.status, result.reason) == ("needs a person", "cannot run")
    with pytest.raises(CannotRun, match="--isolation none"):
        grade_many(path, lesson="00")


@only_linux
def test_the_best_is_the_whole_of_it() -> None:
    assert runner("full").isolation.startswith("full: ")


def failing(*tiers: str) -> Callable[[str], WarmRunner]:
    def tried(tier: str) -> WarmRunner:
        if tier in tiers:
            raise CannotRun(f"no {tier}")
        return WarmRunner(replace(Build.landlock(), words=tier))

    return tried


@only_linux
def test_the_next_best_is_taken_and_the_container_never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "_tried", failing("full"))
    assert best_runner().isolation == "landlock"
    monkeypatch.setattr(warm, "_tried", failing("full", "landlock"))
    with pytest.raises(CannotRun, match=r"full: no full; landlock: no landlock.*--isolation container"):
        best_runner()
    assert best_runner("container").isolation == "container"


@only_linux
def test_what_an_administrator_can_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "_tried", failing(*TIERS))
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: "1" if "apparmor" in self.name else "5")
    with pytest.raises(CannotRun, match=r"sysctl kernel.apparmor_restrict_unprivileged_userns=0"):
        best_runner()


@only_linux
def test_a_warm_parent_that_does_not_start_says_why() -> None:
    broken = replace(Build.full(None), submission_sight=Sight(("/nowhere",)))
    with WarmRunner(replace(broken, inside=("/bin/false",))) as none, pytest.raises(CannotRun, match="did not start"):
        none.start(warm.Limits())
    with WarmRunner(replace(broken, inside=("/no/such/program",))) as none, pytest.raises(CannotRun, match="No such"):
        none.start(warm.Limits())


@pytest.mark.parametrize("tier", EVERYWHERE)
def test_a_runner_can_be_closed_twice(tier: str) -> None:
    with best_runner("none" if tier == "process" else tier) as closing:
        closing.close()


@only_linux
def test_a_closed_runner_starts_again_when_it_is_needed() -> None:
    with best_runner("full") as again:
        again.close()
        child = again.start(warm.Limits())
        assert "token" in child.ask({"do": "begin", "names": []}, [], 20.0)[0]
        child.end()


@only_linux
def test_walls_change_no_verdict(tmp_path: Path) -> None:
    exercises = lesson_exercises("03")
    for n in range(3):
        answers = {e.id: (e.reference, *(m.answer for m in e.misconceptions))[n] for e in exercises}
        write(tmp_path / f"{n}.ipynb", *answer_cells(answers), "1 / 0")
    write(tmp_path / "stubs.ipynb", *stub_cells(exercises))
    told = {}
    for tier, workers in (("process", 1), ("full", 1), ("full", 4)):
        results = grade_many(tmp_path, lesson="03", seed=4, runner=runner(tier), workers=workers)
        told[tier, workers] = [(result.source, result.status, result.verdicts, result.notes) for result in results]
    assert told["full", 1] == told["process", 1]
    assert told["full", 4] == told["process", 1]


# ---------------------------------------------------------------------------------------------------------------------
# What is seen of the disk


def test_a_tree_in_a_tree_is_mounted_once_and_a_cover_where_it_covers() -> None:
    sight = Sight(
        ("/usr/lib", "/usr/lib/python3/site-packages/numpy", "/usr/lib/x"), ("/usr/lib/python3/site-packages", "/home")
    )
    assert sight.mounts() == [
        ("/usr/lib", True),
        ("/usr/lib/python3/site-packages", False),
        ("/usr/lib/python3/site-packages/numpy", True),
    ]


@only_linux
def test_what_is_covered_is_not_readable(tmp_path: Path) -> None:
    for place in ("lib/os.py", "lib/site-packages/course_lib/bank.py", "lib/site-packages/numpy/core.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    lib = str(tmp_path / "lib")
    sight = Sight((lib, f"{lib}/site-packages/numpy"), (f"{lib}/site-packages",))
    assert sorted(sight.readable()) == [f"{lib}/os.py", f"{lib}/site-packages/numpy"]


# ---------------------------------------------------------------------------------------------------------------------
# The filter, run by a small machine of our own


ALLOW, KILL = "allow", "kill"


def verdict(machine: str, number: int, *arguments: int, asked_on: str | None = None, pid: int = 77) -> str | int:
    """What the filter says of a call: ALLOW, KILL or the number of the error."""
    data = {0: number, 4: seccomp.MACHINES[asked_on or machine]}
    for place, argument in enumerate(arguments):
        data[16 + 8 * place], data[20 + 8 * place] = argument & 0xFFFFFFFF, argument >> 32
    steps, at, held = seccomp.program(machine, pid), 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == 0x20:
            held = data.get(operand, 0)
        elif code == 0x54:
            held &= operand
        elif code == 0x15:
            at += if_true if held == operand else if_false
        else:
            assert code == 0x06
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(operand, operand & 0xFFFF)


# Written down from the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h),
# not from the list that is tested: name → (x86_64, aarch64).
NEEDED = {
    "read": (0, 63),
    "write": (1, 64),
    "openat": (257, 56),
    "close": (3, 57),
    "newfstatat": (262, 79),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "brk": (12, 214),
    "futex": (202, 98),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
    "rt_sigaction": (13, 134),
    "getdents64": (217, 61),
    "clock_nanosleep": (230, 115),
}
FORBIDDEN = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "setuid": (105, 146),
    "rt_sigqueueinfo": (129, 138),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "seccomp": (317, 277),
    "mknodat": (259, 33),
    "open_by_handle_at": (304, 265),
}
OF_ITSELF = {"kill": (62, 129), "tgkill": (234, 131)}
BY_MACHINE = {"x86_64": 0, "aarch64": 1}

on_every_machine = pytest.mark.parametrize("machine", BY_MACHINE)


@on_every_machine
@pytest.mark.parametrize("name", NEEDED)
def test_what_computing_needs_is_allowed(name: str, machine: str) -> None:
    assert verdict(machine, NEEDED[name][BY_MACHINE[machine]]) == ALLOW


@on_every_machine
@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_computing_does_not_need_is_refused(name: str, machine: str) -> None:
    assert verdict(machine, FORBIDDEN[name][BY_MACHINE[machine]]) == errno.EPERM


@on_every_machine
def test_what_no_kernel_has_yet_is_refused(machine: str) -> None:
    assert {verdict(machine, number) for number in range(470, 1_000)} == {errno.EPERM}


@on_every_machine
@pytest.mark.parametrize("name", OF_ITSELF)
def test_only_the_process_itself_can_be_signalled(name: str, machine: str) -> None:
    number = OF_ITSELF[name][BY_MACHINE[machine]]
    assert verdict(machine, number, 77) == ALLOW
    assert {verdict(machine, number, target) for target in (1, 0, 76, 2**32 - 1)} == {errno.EPERM}


@on_every_machine
def test_threads_can_be_made_and_processes_and_namespaces_cannot(machine: str) -> None:
    clone, thread, signal_when_ended = (56, 220)[BY_MACHINE[machine]], 0x3D0F00, 17
    assert verdict(machine, clone, thread) == ALLOW
    for new in (0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x20000):
        assert verdict(machine, clone, thread | new) == errno.EPERM
    assert verdict(machine, clone, signal_when_ended) == errno.EPERM
    # So that the C library falls back on the call above.
    assert verdict(machine, 435) == errno.ENOSYS


@on_every_machine
def test_limits_can_be_read_and_not_set(machine: str) -> None:
    prlimit = (302, 261)[BY_MACHINE[machine]]
    assert verdict(machine, prlimit, 0, 7, 0, 1) == ALLOW
    assert {verdict(machine, prlimit, 0, 7, place, 0) for place in (1, 2**32, 2**47)} == {errno.EPERM}


@on_every_machine
def test_calls_of_another_machine_end_the_process(machine: str) -> None:
    other = next(name for name in BY_MACHINE if name != machine)
    assert verdict(machine, NEEDED["read"][BY_MACHINE[machine]], asked_on=other) == KILL


def test_the_32_bit_numbers_of_the_same_machine_are_refused() -> None:
    assert {verdict("x86_64", 0x40000000 + number) for number in range(0, 600)} == {errno.EPERM}
