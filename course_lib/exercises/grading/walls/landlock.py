"""Landlock: a process gives up, for good, all of the file system but what it names, and all TCP and signals outwards.

The structures grew with the kernel; the version of its interface ("ABI") says how far. Source: Linux,
Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import struct
from collections.abc import Iterable

from course_lib.exercises.grading.walls.kernel import syscall

__all__ = ["restrict", "version"]

CREATE, ADD, RESTRICT = 444, 445, 446
ASK_VERSION = 1
PATH_BENEATH = 1

READ_FILE, READ_DIR = 1 << 2, 1 << 3
EXECUTE = 1 << 0
REFER, IOCTL_DEV = 1 << 13, 1 << 15
# ABI → how many rights there are, bit by bit; a right that is handled and not granted is refused.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
FILE_ONLY = EXECUTE | 1 << 1 | READ_FILE | 1 << 14 | IOCTL_DEV
TCP = 0b11
SCOPES = 0b11  # abstract UNIX sockets, signals


def version() -> int:
    """The ABI of the running kernel, 0 where there is no Landlock."""
    try:
        return syscall("landlock_create_ruleset", CREATE, 0, 0, ASK_VERSION)
    except OSError:
        return 0


def restrict(listed: Iterable[str], readable: Iterable[str], writable: Iterable[str], *, abi: int) -> None:
    """See names below `listed`, read below `readable`, write below `writable` too, run programs nowhere.

    Needs no-new-privileges.
    """
    rights = (1 << FILE_RIGHTS[min(abi, max(FILE_RIGHTS))]) - 1
    handled = [rights] + [TCP] * (abi >= 4) + [SCOPES] * (abi >= 6)
    attributes = struct.pack(f"{len(handled)}Q", *handled)
    rules = syscall("landlock_create_ruleset", CREATE, ctypes.c_char_p(attributes), len(attributes), 0)
    try:
        for path in listed:
            _allow(rules, path, READ_DIR)
        for path in readable:
            _allow(rules, path, READ_FILE | READ_DIR)
        for path in writable:
            _allow(rules, path, rights & ~(EXECUTE | REFER | IOCTL_DEV))
        syscall("landlock_restrict_self", RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= FILE_ONLY
        # Packed: a 64-bit set of rights, then the 32-bit descriptor, and no padding.
        rule = struct.pack("<Qi", rights, place)
        syscall("landlock_add_rule", ADD, rules, PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(place)
