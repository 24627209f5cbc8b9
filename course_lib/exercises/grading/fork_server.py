"""The warm parent: `python -P -s -S fork_server.py SETTINGS`, started by `WarmRunner` and asked over a socket.

It has imported NumPy and what serves a submission, once; for each submission it forks a process, which walls itself
in and then talks to the grader over two pipes of its own. It holds no question, no answer and no submission, and
knows nothing that a submission may not know. It ends when the grader closes the socket, and all its children with it.
"""

import fcntl
import gc
import json
import os
import platform
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

REQUESTS, REPLIES, TELL = 3, 4, 5
"""The descriptors of a child: from the grader, to the grader, and to the warm parent until the walls are up."""
COULD_NOT_START = 70
MAX_MESSAGE = 65_536


def main() -> None:
    """Serve the grader. SETTINGS: the JSON that `enclosure.spawn` makes."""
    settings = json.loads(sys.argv[1])
    _empty_packages(Path(__file__).parent)
    control = socket.socket(fileno=settings["control"])
    os.umask(0o022)
    try:
        if settings["enclose"]:
            _enclose(settings)
        if "pid" not in settings["walls"]["without"]:
            _become_first_process(settings["control"])
        server = _Server(control, settings)
    except Exception as error:
        # What goes wrong before the first submission is told to the person who grades.
        control.send(json.dumps({"cannot": f"{type(error).__name__}: {error}"}).encode()[:MAX_MESSAGE])
        raise
    server.serve()


def _enclose(settings: dict[str, Any]) -> None:
    """Where there is no bubblewrap: the same wall around this process, then the same program anew inside it."""
    from course_lib.exercises.grading.walls import NAMESPACES, Sight, namespaces, privileges

    superuser = os.geteuid() == 0
    namespaces.enter([name for name in NAMESPACES if not (superuser and name == "user")])
    _go_on_in_child(settings["control"])
    steps = namespaces.steps_to(Sight(**settings["sight"]))
    namespaces.new_root(steps, settings["walls"]["folder"], settings["folder_bytes"], processes=True)
    privileges.leave_superuser()
    again = json.dumps(settings | {"enclose": False})
    os.execv(sys.executable, [*sys.orig_argv[:-1], again])


def _become_first_process(control: int) -> None:
    """Go on as the superuser of a user namespace with a process namespace: only such a one can make more of these."""
    from course_lib.exercises.grading.walls import namespaces, privileges

    privileges.leave_superuser()
    namespaces.enter(["user", "pid"])
    _go_on_in_child(control)


def _go_on_in_child(control: int) -> None:
    """Fork, and return in the child. This process ends as the child does."""
    child = os.fork()
    if child != 0:
        os.close(control)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


class _Server:
    """The loop that answers the grader, and the children that it has not yet been told to end."""

    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        from course_lib.exercises.grading import walls
        from course_lib.exercises.grading.walls import privileges

        # All that the children need of the course is imported now: its files are out of their sight.
        sys.path[:] = [folder for folder in (*sys.path, *settings["path"]) if os.path.isdir(folder)]
        import resource  # noqa: F401 - here, where it can be read for certain

        import numpy.random  # noqa: F401

        from course_lib.exercises.grading import serve, standins

        transform = serve.magics()
        standins.install()
        sys.dont_write_bytecode = True
        serve.rehearse(transform)
        described = settings["walls"]
        self._walls = walls.Walls(
            walls.Sight(**described["sight"]),
            tuple(described["readable"]),
            tuple(sys.path),
            described["folder"],
            without=frozenset(described["without"]),
            landlock_abi=walls.landlock.version(),
        )
        self._steps = walls.namespaces.steps_to(self._walls.sight)
        self._confine, self._serve = walls.confine, partial(serve.serve, transform=transform)
        privileges.offer_for_killing()
        privileges.leave_superuser()
        privileges.adopt_orphans()
        if self._walls.has("no new privileges"):
            privileges.no_new_privileges()
        self._fork: Callable[[], int] = os.fork
        if self._walls.has("pid"):
            # Each child is the first process of its namespace, so that one filter is right for all.
            walls.seccomp.code(platform.machine(), 1)
            own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            self._fork = partial(walls.namespaces.fork_into_new, own)
        self._control = control
        self._children: dict[int, tuple[int, int]] = {}
        self._last = 0

    def serve(self) -> None:
        """Answer until the grader is gone."""
        # With a handle on this process, the first of its namespace: who kills it has killed them all.
        handle = os.pidfd_open(os.getpid())
        socket.send_fds(self._control, [json.dumps({"ready": True}).encode()], [handle])
        os.close(handle)
        # What is there now stays for ever: the collector of a child need not look at it, and so copies no page of it.
        gc.collect()
        gc.freeze()
        while True:
            text, descriptors, _, _ = socket.recv_fds(self._control, MAX_MESSAGE, 2)
            if not text:
                break
            request = json.loads(text)
            if request["do"] == "start":
                self._say(self._start(request, descriptors))
            else:
                self._say(self._end(request["number"]))
        for number in list(self._children):
            self._end(number)

    def _say(self, message: Mapping[str, Any]) -> None:
        self._control.send(json.dumps(message).encode()[:MAX_MESSAGE])

    def _start(self, request: Mapping[str, Any], descriptors: list[int]) -> dict[str, Any]:
        heard, tell = os.pipe()
        try:
            pid = self._fork()
            if pid == 0:
                self._become_child(request, descriptors, tell)
        except OSError as error:
            os.close(heard)
            return {"cannot": f"no process could be started: {error}"}
        finally:
            os.close(tell)
            for descriptor in descriptors:
                os.close(descriptor)
        self._last += 1
        self._children[self._last] = (pid, heard)
        return {"number": self._last}

    def _end(self, number: int) -> dict[str, Any]:
        """Kill the child, and with it all of its process namespace; after the wait, none of them is left."""
        pid, heard = self._children.pop(number)
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
        _, status = os.waitpid(pid, 0)
        failed = os.read(heard, MAX_MESSAGE) if os.waitstatus_to_exitcode(status) == COULD_NOT_START else b""
        os.close(heard)
        return {"failed": failed.decode(errors="replace")}

    def _become_child(self, request: Mapping[str, Any], descriptors: list[int], tell: int) -> NoReturn:
        try:
            # Out of the way first: one of them may stand where another one goes.
            moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 16) for descriptor in (*descriptors, tell)]
            for descriptor, place in zip(moved, (REQUESTS, REPLIES, TELL), strict=True):
                os.dup2(descriptor, place)
                os.close(descriptor)
            tell = TELL
            kept = (REQUESTS, REPLIES, TELL)
            self._confine(self._walls, self._steps, request["limits"], request["folder_bytes"], kept)
            os.close(tell)
        except BaseException as error:
            with suppress(OSError):
                os.write(tell, f"{type(error).__name__}: {error}".encode(errors="replace")[:4_000])
            os._exit(COULD_NOT_START)
        try:
            with os.fdopen(REQUESTS, "rb") as reader, os.fdopen(REPLIES, "wb") as writer:
                self._serve(reader, writer)
        finally:
            os._exit(0)


def _empty_packages(here: Path) -> None:
    folders = {
        "course_lib.exercises.grading": here,
        "course_lib.exercises": here.parent,
        "course_lib": here.parent.parent,
    }
    for name, folder in folders.items():
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package


if __name__ == "__main__":
    main()
