"""Where a submission runs: the `Runner` protocol, and `ProcessRunner`, one process per run on every system."""

import json
import math
import os
import queue
import secrets
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from course_lib.exercises.grading.wire import MAX_REPLY_HEADER, Arrays, Header, WireError, receive, send

__all__ = ["NO_ANSWER", "CannotRun", "Child", "Ended", "Limits", "Lost", "OutOfTime", "ProcessRunner", "Runner", "fate"]

NO_ANSWER = "the Python process sent something that is no answer"

THREAD_COUNTS = ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM", "NUMEXPR")


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Seconds are of the clock on the wall; a question's own limit stands in the bank."""

    question_seconds: float | None = None
    """None: each exercise's own `time_limit`."""
    cell_seconds: float = 10.0
    submission_seconds: float = 60.0
    start_seconds: float = 30.0
    memory_bytes: int = 2_000_000_000
    file_bytes: int = 16_000_000
    notebook_bytes: int = 32_000_000
    folder_bytes: int = 32_000_000
    """Of all files together; in force where a submission has a file system of its own."""
    open_files: int = 64
    threads: int = 8
    """Beside the first; in force where a submission has user numbers of its own. It can never start a process."""

    @property
    def of_the_system(self) -> dict[str, int]:
        """The limits that the system keeps for us, by the names that POSIX gives them."""
        return {
            "RLIMIT_CPU": int(self.submission_seconds) + 1,
            "RLIMIT_AS": self.memory_bytes,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_NPROC": self.threads + 1,
            "RLIMIT_CORE": 0,
        }


class CannotRun(Exception):
    """The executor itself did not start: no fault of the submission."""


class OutOfTime(Exception):
    """The child gave no answer in time and has been stopped."""


class Ended(Exception):
    """The child ended, or broke the protocol and has been stopped; the message says which."""


class Lost(Exception):
    """What the child ran in is gone, by no fault of the submission; another child can be started."""


Message = tuple[Mapping[str, Any], Arrays]


class Child(Protocol):
    """A started executor that serves one submission."""

    def ask(self, header: Mapping[str, Any], arrays: Arrays, seconds: float) -> tuple[Header, Arrays]:
        """Send one request, give the reply; see `ask_all`."""
        return next(self.ask_all([(header, arrays)], seconds))

    def ask_all(
        self, requests: Sequence[Message], seconds: float, each: float = math.inf
    ) -> Iterator[tuple[Header, Arrays]]:
        """Send requests without waiting in between, give a reply to each, in their order; all within this time.

        each: seconds for a single reply, from the one before it on.
        Raises OutOfTime, Ended or Lost instead of the first reply that is missing: the child is then of no more use.
        """
        ...

    def end(self) -> None:
        """Stop the child and all that it started, and remove its folder. May be called twice."""


class Runner(Protocol):
    """A way of starting executors; a context that ends what it keeps running.

    `isolation` is written into every result: it must say what it does not do.
    """

    @property
    def isolation(self) -> str:
        """The tier in honest words."""

    def start(self, limits: Limits) -> Child:
        """A fresh executor in a fresh folder. Raises CannotRun if the system gives none."""

    def close(self) -> None:
        """End what runs. May be called twice."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ProcessRunner(Runner):
    """A process per submission, with limits but no walls: it can read what the user who grades can read."""

    def __init__(self) -> None:
        folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(Path(np.__file__).parents[1])]
        self._path = list(dict.fromkeys(folders))

    @property
    def isolation(self) -> str:
        """Which limits are in force, and that there are no walls."""
        limits = ["time"]
        if sys.platform != "win32":
            limits += ["CPU", "file size"]
            limits += ["memory"] if sys.platform == "linux" else []
            limits += [] if os.geteuid() == 0 else ["processes"]
        return f"process: not isolated from the machine (limits: {', '.join(limits)})"

    def start(self, limits: Limits) -> Child:
        """A Python process without site or environment settings, in a temporary folder and a session of its own."""
        # No process and no thread but those that run already: the system counts all of this user's. Root is not bound.
        settings = {"path": self._path, "limits": limits.of_the_system | {"RLIMIT_NPROC": 0}}
        child = Path(__file__).with_name("child.py")
        # -S: no .pth file is read, so that an editable installation of the course is not on the path.
        command = [sys.executable, "-P", "-s", "-S", "-X", "utf8", str(child), json.dumps(settings)]
        return _ProcessChild(command)


class _ProcessChild(Child):
    """The process, its folder, and the thread that talks to it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._folder = TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder.name,
                env=_environment(self._folder.name),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._folder.cleanup()
            raise CannotRun(f"no Python process could be started: {error}") from error
        self._requests: queue.SimpleQueue[tuple[Mapping[str, Any], Arrays] | None] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[tuple[Header, Arrays] | Exception] = queue.SimpleQueue()
        # Pipes cannot be waited for with a time limit on Windows; a thread that may block can, everywhere.
        self._thread = threading.Thread(target=self._talk, name="grading-pipe", daemon=True)
        self._thread.start()
        self._ended = False

    def ask_all(
        self, requests: Sequence[Message], seconds: float, each: float = math.inf
    ) -> Iterator[tuple[Header, Arrays]]:
        """See `Child.ask_all`. The tokens show which request a reply belongs to."""
        deadline = time.monotonic() + seconds
        tokens = [secrets.token_hex(8) for _ in requests]
        for token, (header, arrays) in zip(tokens, requests, strict=True):
            self._requests.put(({**header, "token": token}, arrays))
        for token in tokens:
            try:
                reply = self._replies.get(timeout=max(min(deadline - time.monotonic(), each), 0.0))
            except queue.Empty:
                self.end()
                raise OutOfTime(f"no answer within {min(seconds, each):.3g} s") from None
            if isinstance(reply, (EOFError, OSError)):
                self.end()
                # Not how it ended: our own kill may come before its exit, and equal runs must give equal words.
                raise Ended("the Python process ended") from None
            if isinstance(reply, Exception) or reply[0].get("token") != token:
                self.end()
                raise Ended(NO_ANSWER) from None
            yield reply

    def end(self) -> None:
        """See `Child.end`."""
        if self._ended:
            return
        self._ended = True
        self._kill()
        self._requests.put(None)
        # A process that left the session may hold the pipe open; the thread then waits for it alone.
        self._thread.join(timeout=1.0)
        self._folder.cleanup()

    def _kill(self) -> None:
        # The group is ended before the process is waited for: until then its number cannot belong to anyone else.
        if sys.platform != "win32":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            tree = ["taskkill", "/F", "/T", "/PID", str(self._process.pid)]
            subprocess.run(tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        self._process.kill()
        self._process.wait()

    def _talk(self) -> None:
        """Exchange messages until told to stop. The pipes are this thread's: closing one that is being read blocks."""
        writer, reader = self._process.stdin, self._process.stdout
        assert writer is not None
        assert reader is not None
        while (request := self._requests.get()) is not None:
            try:
                send(writer, *request)
                self._replies.put(receive(reader, MAX_REPLY_HEADER))
            except (EOFError, OSError, WireError) as error:
                self._replies.put(error)
        with suppress(OSError):
            reader.close()
        with suppress(OSError):
            writer.close()


def _environment(folder: str) -> dict[str, str]:
    """Nothing of ours: a home that is thrown away, one thread per numerical library, what Windows needs to start."""
    environment = {f"{library}_NUM_THREADS": "1" for library in THREAD_COUNTS}
    # Sets of texts in the same order in every run.
    environment["PYTHONHASHSEED"] = "0"
    environment |= dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), folder)
    if "SYSTEMROOT" in os.environ:
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return environment


def fate(code: int | None) -> str:
    """How a process ended, in words: "exit code 3", "signal SIGKILL"."""
    if code is not None and code < 0:
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
