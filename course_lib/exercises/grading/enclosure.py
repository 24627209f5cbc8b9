"""How the warm parent is started, and which walls it builds around each submission."""

import json
import os
import platform
import socket
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from course_lib.exercises.grading.interpreter import executable, packages_path, sight_of_server, sight_of_submission
from course_lib.exercises.grading.runner import THREAD_COUNTS, Limits
from course_lib.exercises.grading.walls import NAMESPACES, Sight, landlock, seccomp

__all__ = ["Build", "spawn"]

ENVIRONMENT = {f"{library}_NUM_THREADS": "1" for library in THREAD_COUNTS}
ENVIRONMENT |= {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
FOLDERS = ("/tmp", "/var/tmp", "/own")
"""Where a submission may write: the first of them in which nothing lies that it is to see."""


@dataclass(frozen=True)
class Build:
    """How the walls are built. Tests take single barriers away; the command line cannot."""

    words: str
    without: frozenset[str] = frozenset()
    inside: tuple[str, ...] = ()
    """The command that the warm parent's own is put behind: bubblewrap's."""
    encloses_itself: bool = False
    """Does the warm parent build the outer wall itself?"""
    server_sight: Sight = field(default_factory=sight_of_server)
    submission_sight: Sight = field(default_factory=sight_of_submission)

    @classmethod
    def full(cls, bubblewrap: str | None) -> "Build":
        """All barriers, around the warm parent too: by bubblewrap (where it is), or by ours if there is none."""
        there = landlock.version() > 0
        return cls(
            f"full: own users, root, processes, network, IPC and host name; {'' if there else 'no '}Landlock, an "
            "allow-list of system calls, no capabilities, limits; all of it inside "
            f"{'bubblewrap' if bubblewrap else 'another such wall'}",
            without=frozenset() if there else frozenset({"landlock"}),
            inside=tuple(_bubblewrap(bubblewrap, sight_of_server())) if bubblewrap else (),
            encloses_itself=not bubblewrap,
        )

    @classmethod
    def landlock(cls) -> "Build":
        """What needs no namespaces."""
        return cls(
            "landlock: reads the system's libraries only and writes nothing; Landlock, an allow-list of system calls, "
            "limits; no namespaces of its own",
            without=frozenset(NAMESPACES),
        )

    @classmethod
    def container(cls) -> "Build":
        """What there is, inside a wall that is not ours."""
        there = {"Landlock": landlock.version() > 0, "seccomp": platform.machine() in seccomp.MACHINES}
        inside = [name for name, is_there in there.items() if is_there]
        return cls(
            "container: the walls are those of the container or virtual machine that the grader runs in; inside it "
            f"{', '.join([*inside, 'limits'])}",
            without=frozenset([*NAMESPACES, *(name.lower() for name in there if name not in inside)]),
        )


def spawn(build: Build, control: socket.socket, limits: Limits) -> subprocess.Popen[bytes]:
    """Start a warm parent that is asked over `control`. Raises OSError."""
    sight = build.submission_sight
    own_root = "mount" not in build.without
    seen = [PurePosixPath(path) for path, _ in build.server_sight.mounts()]
    folder = next(folder for folder in FOLDERS if not any(path.is_relative_to(folder) for path in seen))
    settings = {
        "control": control.fileno(),
        "path": packages_path(),
        "enclose": build.encloses_itself,
        "sight": asdict(build.server_sight),
        "folder_bytes": limits.folder_bytes,
        "walls": {
            "sight": asdict(sight),
            "readable": [path for path, is_tree in sight.mounts() if is_tree] if own_root else sight.readable(),
            "folder": folder,
            "without": sorted(build.without),
        },
    }
    program = Path(__file__).resolve().with_name("fork_server.py")
    # -P -s and an environment of our own do what -I does, and hash texts the same way in every run.
    command = [*build.inside, executable(), "-P", "-s", "-S", "-X", "utf8", str(program), json.dumps(settings)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=ENVIRONMENT | {"HOME": folder, "TMPDIR": folder},
        pass_fds=(control.fileno(),),
        start_new_session=True,
    )


def _bubblewrap(program: str, sight: Sight) -> list[str]:
    """The command that walls in what follows it: sees `sight`, has no network and nothing to write."""
    # As the first process of its namespace, the warm parent takes all the others with it when it ends.
    command = [program, "--as-pid-1", "--new-session", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        # The warm parent becomes nobody as soon as it has read what only root may read.
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all"]
    mounts = sight.mounts()
    parents = {str(parent) for path, _ in mounts for parent in PurePosixPath(path).parents}
    inside = [path for path, is_tree in mounts if is_tree]
    for parent in sorted(parents - {"/"} | {"/dev"}):
        if not any(PurePosixPath(parent).is_relative_to(tree) for tree in inside):
            # bubblewrap makes what is missing itself, but for its own user only.
            command += ["--perms", "0755", "--dir", parent]
    for path, is_tree in mounts:
        command += ["--ro-bind", path, path] if is_tree else ["--perms", "0755", "--tmpfs", path]
    for link, target in sight.links.items():
        command += ["--symlink", target, link]
    command += ["--proc", "/proc", "--dev-bind", "/dev/null", "/dev/null"]
    return [*command, "--chdir", "/", "--"]
