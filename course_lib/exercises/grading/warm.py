"""Submissions in forks of one warm Python, each behind walls of its own; and the choice of the best that there is."""

import contextlib
import io
import json
import math
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_lib.exercises.grading.enclosure import Build, spawn
from course_lib.exercises.grading.pipes import TimedPipe
from course_lib.exercises.grading.runner import (
    NO_ANSWER,
    CannotRun,
    Child,
    Ended,
    Limits,
    Lost,
    Message,
    OutOfTime,
    ProcessRunner,
    Runner,
    fate,
)
from course_lib.exercises.grading.walls import landlock, seccomp
from course_lib.exercises.grading.wire import MAX_REPLY_HEADER, Arrays, Header, WireError, receive, send
from course_lib.exercises.wording import one_line

__all__ = ["TIERS", "WarmRunner", "best_runner"]

TIERS = ("full", "landlock", "container", "none")
"""What `--isolation` can name beside "auto", the best first."""

MAX_CONTROL = 65_536
PATIENCE = 30.0
"""Seconds that the warm parent may take over anything that is asked of it."""
SHUT_SECONDS = 5.0


def best_runner(isolation: str = "auto") -> Runner:
    """A runner of the tier that is named, or for "auto" of the best that works here; it has been tried.

    Raises ValueError for another name, and CannotRun, which says what was missing and what to do about it.
    """
    if isolation not in ("auto", *TIERS):
        raise ValueError(f"isolation {isolation!r} is not one of auto, {', '.join(TIERS)}")
    if isolation == "none":
        return ProcessRunner()
    if sys.platform != "linux":
        raise CannotRun(f"submissions can be isolated on Linux only, and this is {sys.platform}; {TRUSTED}")
    if platform.machine() not in seccomp.MACHINES and isolation != "container":
        raise CannotRun(f"the list of system calls is for {' and '.join(seccomp.MACHINES)}; {TRUSTED}")
    failed = []
    for tier in ("full", "landlock") if isolation == "auto" else (isolation,):
        try:
            return _tried(tier)
        except CannotRun as error:
            failed.append(f"{tier}: {error}")
    raise CannotRun(f"submissions cannot be isolated here ({'; '.join(failed)}); {_advice()}{TRUSTED}")


TRUSTED = (
    "inside a container or virtual machine of your own, --isolation container makes do with its walls; "
    "--isolation none grades trusted work without any"
)


def _advice() -> str:
    """What an administrator can do, where the system says why it refuses."""
    settings = {
        "kernel/apparmor_restrict_unprivileged_userns": ("1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
        "kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
        "user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=10000"),
    }
    told = []
    for name, (refusing, remedy) in settings.items():
        with contextlib.suppress(OSError):
            if Path("/proc/sys", name).read_text(encoding="ascii").strip() == refusing:
                told.append(f"this system forbids user namespaces, which `{remedy}` allows; ")
    return "".join(told)


def _tried(tier: str) -> Runner:
    """A runner of the tier that has served once. The tier "full" does without bubblewrap where that does not work."""
    if tier == "full":
        builds = [Build.full(place) for place in dict.fromkeys((shutil.which("bwrap"), None))]
    else:
        builds = [Build.landlock() if tier == "landlock" else Build.container()]
    if tier == "landlock" and landlock.version() == 0:
        raise CannotRun("this kernel has no Landlock")
    failed = []
    for build in builds:
        runner = WarmRunner(build)
        try:
            _try(runner)
        except (CannotRun, Ended, OutOfTime, Lost) as error:
            runner.close()
            failed.append(str(error))
        else:
            return runner
    raise CannotRun("; ".join(failed))


def _try(runner: Runner) -> None:
    """Have one cell run. Raises what a submission would meet."""
    child = runner.start(Limits())
    try:
        child.ask({"do": "begin", "names": []}, [], PATIENCE)
        # A module that nothing has imported yet: what was imported when it could be read proves nothing.
        cell = {"do": "run", "number": 1, "source": "import colorsys", "is_code": True}
        if child.ask(cell, [], PATIENCE)[0].get("failed") is not None:
            raise CannotRun(
                f"Python's own library at {sysconfig.get_path('stdlib')} cannot be read by the user that submissions "
                "run as; install Python where every user can read it"
            )
    finally:
        child.end()


class WarmRunner(Runner):
    """One warm parent, a forked child per submission. `start` may be called from several threads.

    The warm parent is started when it is first needed, and again when it is lost. Raises CannotRun where it cannot be.
    """

    def __init__(self, build: Build | None = None) -> None:
        self._build = build or Build.full(shutil.which("bwrap"))
        self._server: _Server | None = None
        self._lock = threading.Lock()

    @property
    def isolation(self) -> str:
        """The barriers that stand."""
        return self._build.words

    def start(self, limits: Limits) -> Child:
        """See `Runner.start`."""
        with contextlib.suppress(Lost):
            return self._ready(limits).start(limits)
        try:
            return self._ready(limits).start(limits)
        except Lost as error:
            raise CannotRun(f"the warm parent of the submissions was lost: {error}") from error

    def close(self) -> None:
        """End the warm parent, and with it every child."""
        with self._lock:
            if self._server is not None:
                self._server.close()
            self._server = None

    def _ready(self, limits: Limits) -> "_Server":
        with self._lock:
            if self._server is None or self._server.lost:
                self._server = _Server(self._build, limits)
            return self._server


class _Server:
    """The trusted end of the warm parent. Of its words it believes what it must: a number, and how a child ended."""

    def __init__(self, build: Build, limits: Limits) -> None:
        self._lock = threading.Lock()
        self.lost = False
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = spawn(build, theirs, limits)
        except OSError as error:
            ours.close()
            raise CannotRun(f"no Python process could be started: {error}") from error
        finally:
            theirs.close()
        self._socket = ours
        self._handles: list[int] = []
        self.close = weakref.finalize(self, _shut, ours, self._process, self._handles)
        try:
            ready = self._heard(limits.start_seconds)
        except Lost as error:
            self.close()
            raise CannotRun(f"the warm parent of the submissions did not start: {error}") from error
        if "ready" not in ready:
            self.close()
            raise CannotRun(f"the warm parent of the submissions did not start: {_sentence(ready)}")

    def start(self, limits: Limits) -> "_WarmChild":
        """A new child. Raises Lost, or CannotRun when there is none to be had."""
        request_end, requests = os.pipe2(os.O_CLOEXEC)
        replies, reply_end = os.pipe2(os.O_CLOEXEC)
        try:
            request = {"do": "start", "limits": limits.of_the_system, "folder_bytes": limits.folder_bytes}
            told = self._asked(request, (request_end, reply_end))
        except BaseException:
            os.close(requests)
            os.close(replies)
            raise
        finally:
            os.close(request_end)
            os.close(reply_end)
        number = told.get("number")
        if type(number) is not int:
            os.close(requests)
            os.close(replies)
            raise CannotRun(f"no process for the submission could be started: {_sentence(told)}")
        return _WarmChild(requests, replies, lambda: self._asked({"do": "end", "number": number}))

    def _asked(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> Mapping[str, Any]:
        with self._lock:
            if self.lost:
                raise Lost("it has ended")
            try:
                socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)
            except OSError as error:
                self._lose()
                raise Lost(str(error)) from error
            return self._heard(PATIENCE)

    def _heard(self, seconds: float) -> Mapping[str, Any]:
        self._socket.settimeout(seconds)
        try:
            # One handle, with the first message; the kernel drops any that might come later.
            room = 0 if self._handles else 1
            text, handles, _, _ = socket.recv_fds(self._socket, MAX_CONTROL, room, socket.MSG_CMSG_CLOEXEC)
            self._handles += handles
            told = json.loads(text or b"null")
        except (OSError, ValueError, RecursionError) as error:
            self._lose()
            raise Lost(f"{type(error).__name__}: {error}") from error
        if type(told) is not dict:
            self._lose()
            raise Lost(f"it ended ({fate(self._process.poll())})")
        return told

    def _lose(self) -> None:
        self.lost = True
        self.close()


def _sentence(told: Mapping[str, Any]) -> str:
    """What went wrong, in the words of a process that need not be trusted."""
    said = told.get("cannot") or told.get("failed")
    return one_line(said, 300) if type(said) is str else "it sent something that is no answer"


def _shut(control: socket.socket, process: subprocess.Popen[bytes], handles: list[int]) -> None:
    """The warm parent ends when its socket is closed, and all its process namespace with it; if not, it is killed."""
    control.close()
    try:
        process.wait(timeout=SHUT_SECONDS)
    except subprocess.TimeoutExpired:
        for handle in handles:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        process.kill()
        process.wait()
    for handle in handles:
        os.close(handle)


class _WarmChild(Child):
    """The trusted end of one child: its two pipes, and the way to have it ended."""

    def __init__(self, requests: int, replies: int, end: Callable[[], Mapping[str, Any]]) -> None:
        self._pipe = TimedPipe(requests, replies)
        self._end: Callable[[], Mapping[str, Any]] | None = end

    def ask_all(
        self, requests: Sequence[Message], seconds: float, each: float = math.inf
    ) -> Iterator[tuple[Header, Arrays]]:
        """See `Child.ask_all`. The tokens show which request a reply belongs to."""
        tokens = [secrets.token_hex(8) for _ in requests]
        text = io.BytesIO()
        for token, (header, arrays) in zip(tokens, requests, strict=True):
            send(text, {**header, "token": token}, arrays)
        deadline = time.monotonic() + seconds
        try:
            self._pipe.deadline = min(deadline, time.monotonic() + each)
            # A child that ended before it had read all has left its replies to what it did read.
            with contextlib.suppress(BrokenPipeError):
                self._pipe.write(text.getvalue())
            for token in tokens:
                self._pipe.deadline = min(deadline, time.monotonic() + each)
                reply = receive(self._pipe, MAX_REPLY_HEADER)
                if reply[0].get("token") != token:
                    raise WireError("a reply to another request")
                yield reply
        except TimeoutError:
            self.end()
            raise OutOfTime(f"no answer within {min(seconds, each):.3g} s") from None
        except WireError:
            self.end()
            raise Ended(NO_ANSWER) from None
        except (EOFError, OSError):
            told = self._stop()
            if told.get("failed"):
                raise CannotRun(f"the submission could not be walled in: {_sentence(told)}") from None
            # Not how it ended: our own kill may come before its exit, and equal runs must give equal words.
            raise Ended("the Python process ended") from None

    def end(self) -> None:
        """See `Child.end`."""
        with contextlib.suppress(Lost):
            # A warm parent that is lost has taken all its children with it.
            self._stop()

    def _stop(self) -> Mapping[str, Any]:
        self._pipe.close()
        end, self._end = self._end, None
        return {} if end is None else end()
