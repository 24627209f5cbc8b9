"""Namespaces: a process's own users, mounts, process numbers, network, IPC and host name, and a root of its own."""

import os
import socket
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_lib.exercises.grading.walls.kernel import (
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    detach,
    join_processes,
    mount,
    pivot_root,
    restrict_mounts,
    unshare,
)

__all__ = ["NAMESPACES", "Sight", "enter", "fork_into_new", "new_root", "steps_to"]

NAMESPACES = {
    "user": 0x10000000,
    "mount": 0x00020000,
    "pid": 0x20000000,
    "network": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
}

HOST_NAME = "submission"


@dataclass(frozen=True)
class Sight:
    """What of the disk can be seen, all of it read-only and each at its own place."""

    trees: tuple[str, ...]
    """Folders and files."""
    covered: tuple[str, ...] = ()
    """Folders inside a tree that look empty, but for the trees that lie in them."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links: where → what it says."""

    def with_trees(self, *more: str) -> "Sight":
        """Some more trees."""
        return Sight((*self.trees, *more), self.covered, self.links)

    def mounts(self) -> Sequence[tuple[str, bool]]:
        """(path, is it a tree) in the order of mounting: what lies deeper comes later, and nothing is in vain."""
        marks = dict.fromkeys(self.covered, False) | dict.fromkeys(self.trees, True)
        order = sorted(marks, key=lambda path: (len(PurePosixPath(path).parts), path))
        kept: list[tuple[str, bool]] = []
        for path in order:
            around = [is_tree for other, is_tree in kept if PurePosixPath(path).is_relative_to(other)]
            # A tree inside a tree is there already, and what is not there needs no cover.
            if marks[path] != (around[-1] if around else False):
                kept.append((path, marks[path]))
        return kept

    def readable(self) -> list[str]:
        """The same as folders and files, all of which may be read whole."""
        return [part for path, is_tree in self.mounts() if is_tree for part in self._open_parts(path)]

    def _open_parts(self, path: str) -> list[str]:
        """`path` itself, or what is in it when part of it is covered."""
        if path in self.covered:
            return []
        if not any(PurePosixPath(covered).is_relative_to(path) for covered in self.covered):
            return [path]
        return [part for entry in sorted(Path(path).iterdir()) for part in self._open_parts(str(entry))]


def enter(names: Collection[str]) -> None:
    """Go into new namespaces; in the new user namespace this process keeps its numbers and nobody else has one."""
    user, group = os.geteuid(), os.getegid()
    unshare(sum(NAMESPACES[name] for name in names))
    if "user" in names:
        _describe("setgroups", b"deny")
        _describe("uid_map", b"%d %d 1" % (user, user))
        _describe("gid_map", b"%d %d 1" % (group, group))
    if "uts" in names:
        socket.sethostname(HOST_NAME)


def _describe(what: str, content: bytes) -> None:
    place = os.open(f"/proc/self/{what}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(place, content)
    finally:
        os.close(place)


def fork_into_new(own: int) -> int:
    """As os.fork, but the child is the first process of a new namespace, and takes all others with it when it ends.

    own: a descriptor of this process's own process namespace, in whose user namespace this is a superuser.
    """
    unshare(NAMESPACES["pid"])
    child = -1
    try:
        child = os.fork()
    finally:
        if child != 0:
            join_processes(own, NAMESPACES["pid"])
    return child


def steps_to(sight: Sight) -> list[tuple[str, str, str]]:
    """How an empty root becomes `sight`: ("folder" | "file" | "bind" | "cover" | "link", path, what a link says)."""
    steps: list[tuple[str, str, str]] = []
    made = {"/"}
    trees: list[str] = []

    def make_folders(path: PurePosixPath) -> None:
        for folder in (*reversed(path.parents), path):
            if str(folder) not in made:
                made.add(str(folder))
                steps.append(("folder", str(folder), ""))

    for link, target in sight.links.items():
        make_folders(PurePosixPath(link).parent)
        steps.append(("link", link, target))
    for path, is_tree in [*sight.mounts(), ("/dev/null", True)]:
        inside = [tree for tree in trees if PurePosixPath(path).is_relative_to(tree)]
        if is_tree or not inside:
            make_folders(PurePosixPath(path) if os.path.isdir(path) else PurePosixPath(path).parent)
            if not os.path.isdir(path):
                steps.append(("file", path, ""))
        if is_tree:
            trees.append(path)
        else:
            # What is on the way to a cover is there; what is in it has to be made anew.
            made.update(str(folder) for folder in (PurePosixPath(path), *PurePosixPath(path).parents))
        steps.append(("bind" if is_tree else "cover", path, ""))
    return steps


def new_root(steps: Iterable[tuple[str, str, str]], folder: str, folder_bytes: int, *, processes: bool = False) -> None:
    """Make what `steps_to` a sight describes the whole file system of this mount namespace.

    folder: the only one that can be written to, of limited size. processes: mount /proc, which shows the processes of
    this process's own process namespace.
    """
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    # The new root is put together on /proc: nothing that it is made of can lie below.
    at = "/proc"
    mount("tmpfs", at, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m,nr_inodes=4096")
    # Plain calls of the system: this runs once per submission, and each object that it touches is a page copied.
    for kind, path, target in steps:
        if kind == "folder":
            os.mkdir(at + path)
        elif kind == "file":
            os.close(os.open(at + path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
        elif kind == "link":
            os.symlink(target, at + path)
        elif kind == "cover":
            mount("tmpfs", at + path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m,nr_inodes=4096")
        elif path != "/dev/null":
            mount(path, at + path, None, MS_BIND | MS_REC)
    os.mkdir(f"{at}/proc")
    os.makedirs(at + folder)
    restrict_mounts(at)
    # After the restriction, which forbids devices.
    mount("/dev/null", f"{at}/dev/null", None, MS_BIND)
    mount("tmpfs", at + folder, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=0700,size={folder_bytes},nr_inodes=2048")
    if processes:
        mount("proc", f"{at}/proc", "proc", MS_NOSUID | MS_NODEV)
    os.chdir(at)
    pivot_root(".", ".")
    # Both roots are now at one place; what is taken away is the one on top, the old one.
    detach(".")
    os.chdir(folder)
