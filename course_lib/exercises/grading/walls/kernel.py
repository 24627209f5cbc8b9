"""System calls of Linux that Python has no function for. Each raises OSError, which says what was refused."""

import ctypes
import os
import platform
from functools import lru_cache
from typing import Any

__all__ = ["detach", "join_processes", "mount", "pivot_root", "prctl", "restrict_mounts", "syscall", "unshare"]

# Newer calls have one number on every machine; this one is older than that agreement.
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
MOUNT_SETATTR = 442

MS_NOSUID, MS_NODEV = 0x2, 0x4
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 0x1, 0x2, 0x4
AT_FDCWD, AT_RECURSIVE = -100, 0x8000


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd"))


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    # Looked up now, once, and not again in every fork.
    for name in ("mount", "prctl", "setns", "syscall", "umount2", "unshare"):
        getattr(libc, name, None)
    return libc


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(what: str, number: int, *arguments: Any) -> int:
    """The result of system call `number`; `what` names it in the error."""
    passed = [ctypes.c_ulong(a & (2**64 - 1)) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *passed), what)


def prctl(what: str, option: int, *arguments: Any) -> int:
    """prctl(option, …), with the arguments that are not given set to 0, as some options demand."""
    passed = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    passed += [ctypes.c_ulong(0)] * (4 - len(passed))
    return _checked(_libc().prctl(ctypes.c_int(option), *passed), what)


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones; a new process namespace begins with the next fork."""
    _checked(_libc().unshare(ctypes.c_int(flags)), "unshare")


def join_processes(namespace: int, flags: int) -> None:
    """Have the next forks go into the process namespace that the descriptor `namespace` stands for."""
    _checked(_libc().setns(ctypes.c_int(namespace), ctypes.c_int(flags)), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    passed = (texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _checked(_libc().mount(*passed), f"mount on {target}")


def restrict_mounts(path: str) -> None:
    """Make the mount at `path` and all below it read-only, without set-user-id programs and without devices."""
    attributes = _MountAttributes(attr_set=MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
    size = ctypes.sizeof(attributes)
    arguments = (AT_FDCWD, ctypes.c_char_p(os.fsencode(path)), AT_RECURSIVE, ctypes.byref(attributes), size)
    syscall("mount_setattr", MOUNT_SETATTR, *arguments)


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of this mount namespace, and put what was the root at `old`."""
    paths = [ctypes.c_char_p(os.fsencode(path)) for path in (new, old)]
    syscall("pivot_root", PIVOT_ROOT[platform.machine()], *paths)


def detach(path: str) -> None:
    """Take the mount at `path` and all below it out of this namespace."""
    _checked(_libc().umount2(os.fsencode(path), ctypes.c_int(MNT_DETACH)), f"umount {path}")
