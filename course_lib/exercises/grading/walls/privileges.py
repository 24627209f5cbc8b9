"""What a process gives up of itself: the superuser, capabilities, the way to new privileges, open files."""

import ctypes
import os
import platform
import signal
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from struct import pack

from course_lib.exercises.grading.walls.kernel import prctl, syscall

__all__ = [
    "NOBODY",
    "adopt_orphans",
    "close_all_from",
    "die_with_parent",
    "drop_capabilities",
    "hide_memory",
    "leave_superuser",
    "no_new_privileges",
    "offer_for_killing",
]

NOBODY = 65534
"""The user and group that a superuser's submissions run as: nobody's on every Linux."""

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
CAPSET = {"x86_64": 126, "aarch64": 91}
CAPABILITY_VERSION_3 = 0x20080522


def leave_superuser() -> None:
    """Become NOBODY, if this is the superuser. Nothing that the superuser owns can then be changed."""
    if os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # Changing user took away a process's right to its own /proc entry, which new namespaces are described through.
    prctl("dumpable", PR_SET_DUMPABLE, 1)


def adopt_orphans() -> None:
    """What a child of this process leaves behind when it ends becomes a child of this process."""
    prctl("subreaper", PR_SET_CHILD_SUBREAPER, 1)


def drop_capabilities() -> None:
    """Give up every capability of this process, in its own user namespace too."""
    with suppress(OSError):
        # Up to the first that this kernel does not know, or that one without the right may not even drop.
        for capability in range(64):
            prctl("bounding set", PR_CAPBSET_DROP, capability)
    header, nothing = pack("<Ii", CAPABILITY_VERSION_3, 0), bytes(24)
    number = CAPSET[platform.machine()]
    syscall("capset", number, ctypes.c_char_p(header), ctypes.c_char_p(nothing))


def no_new_privileges() -> None:
    """No program that this process runs can gain a privilege, by set-user-id or otherwise."""
    prctl("no new privileges", PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent() -> None:
    """Have this process killed when its parent ends."""
    prctl("death signal", PR_SET_PDEATHSIG, signal.SIGKILL)


def hide_memory() -> None:
    """No other process of the same user may trace this one or read its memory."""
    prctl("dumpable", PR_SET_DUMPABLE, 0)


def offer_for_killing() -> None:
    """When the machine runs out of memory, the largest of this process and its children is the first to go."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(b"1000")


def close_all_from(first: int, keep: Collection[int] = ()) -> None:
    """Close every descriptor from `first` up, but for those to keep."""
    for kept in sorted(keep):
        os.closerange(first, kept)
        first = kept + 1
    os.closerange(first, 2**31 - 1)
