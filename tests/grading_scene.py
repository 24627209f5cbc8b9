"""What a submission must not reach, set out on this machine to be reached: files, listeners, memory, a process."""

import ctypes
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
NOBODY = 65534
NUMBERS = {
    "x86_64": {
        "bpf": 321,
        "keyctl": 250,
        "perf": 298,
        "userfaultfd": 323,
        "clone": 56,
        "tgkill": 234,
        "sigqueue": 129,
        "shmget": 29,
    },
    "aarch64": {
        "bpf": 280,
        "keyctl": 219,
        "perf": 241,
        "userfaultfd": 282,
        "clone": 220,
        "tgkill": 131,
        "sigqueue": 138,
        "shmget": 194,
    },
}
IPC_CREAT, IPC_RMID = 0o1000, 0


@dataclass(frozen=True)
class Scene:
    """The places and numbers of all that is there to be had; `secret` is what stands in every one of them."""

    secret: str
    names: dict[str, Any]
    folder: Path
    visits: list[bytes]
    canary: "subprocess.Popen[bytes]"

    def fill(self, code: str) -> str:
        """Code with its $NAMES replaced."""
        return Template(code).safe_substitute(self.names)

    def harm(self) -> list[str]:
        """What has been done to it; empty when nothing has."""
        files = {
            path.name: path.read_text(encoding="utf-8")
            for path in self.folder.iterdir()
            if path.is_file() and not path.is_socket()
        }
        done = [f"{name} was changed" for name, text in files.items() if text != self.secret]
        done += [] if len(files) == 3 else [f"the files are now {sorted(files)}"]
        done += [f"a listener was visited: {visit!r}" for visit in self.visits]
        done += [] if self.canary.poll() is None else ["the other process was ended"]
        return done


@contextmanager
def scene() -> Iterator[Scene]:
    """All of it, readable and writable by everyone, so that nothing but our walls keeps a submission away."""
    secret = f"secret-{secrets.token_hex(8)}"
    folder = Path(tempfile.mkdtemp(prefix="scene-", dir="/var/tmp"))
    folder.chmod(0o777)
    files = {"secret": folder / "secret.txt", "gradebook": folder / "gradebook.sqlite", "sibling": folder / "03.ipynb"}
    for path in files.values():
        path.write_text(secret, encoding="utf-8")
        path.chmod(0o666)
    os.environ["COURSE_SECRET"] = secret
    visits: list[bytes] = []
    # As the submissions' own user: what this user may do to its own processes, they may do too.
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    canary = subprocess.Popen(["sleep", "1000"], **user)  # type: ignore[call-overload]
    listeners, port, abstract = _listeners(folder / "socket", secret.encode(), visits)
    key, memory = _shared_memory(secret.encode())
    try:
        yield Scene(
            secret,
            {
                **{name: str(path) for name, path in files.items()},
                **NUMBERS[platform.machine()],
                "folder": str(folder),
                "repository": str(REPOSITORY),
                "home": str(Path.home()),
                "grader": os.getpid(),
                "canary": canary.pid,
                "port": port,
                "socket": str(folder / "socket"),
                "abstract": abstract,
                "shm": key,
                "host": socket.gethostname(),
                "python": sys.executable,
            },
            folder,
            visits,
            canary,
        )
    finally:
        canary.kill()
        canary.wait()
        for listener in listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        ctypes.CDLL(None).shmctl(memory, IPC_RMID, None)
        del os.environ["COURSE_SECRET"]
        shutil.rmtree(folder)


def _listeners(path: Path, secret: bytes, visits: list[bytes]) -> tuple[list[socket.socket], int, str]:
    abstract = f"scene-{secrets.token_hex(8)}"
    tcp = socket.create_server(("127.0.0.1", 0))
    by_path, by_name = (socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(2))
    by_path.bind(str(path))
    path.chmod(0o777)
    by_name.bind(f"\0{abstract}")
    listeners = [tcp, by_path, by_name]

    def answer(listener: socket.socket) -> None:
        # Ends when the listener is shut down.
        with suppress(OSError):
            while True:
                visitor, _ = listener.accept()
                visits.append(b"connected")
                with visitor, suppress(OSError):
                    visitor.sendall(secret)

    for listener in listeners:
        listener.listen()
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
    port: int = tcp.getsockname()[1]
    return listeners, port, abstract


def _shared_memory(secret: bytes) -> tuple[int, int]:
    """A System V segment that everyone may read: its key and its number."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    key = secrets.randbelow(2**30) + 1
    number = libc.shmget(key, 4096, IPC_CREAT | 0o666)
    if number < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    place = libc.shmat(number, None, 0)
    ctypes.memmove(place, secret, len(secret))
    libc.shmdt(ctypes.c_void_p(place))
    return key, number


def own_processes(start: int | None = None) -> set[int]:
    """Every process that `start`, or this one, has started, directly or not; and those of graders that are gone."""
    parents, orphans = {}, set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            pid, rest = int(entry.name), (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            parents[pid] = int(rest[1])
            if parents[pid] == 1 and b"fork_server.py" in (entry / "cmdline").read_bytes():
                orphans.add(pid)
    first = os.getpid() if start is None else start
    found = {first}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {first} | (orphans if start is None else set())


def end_if_there(pid: int) -> None:
    """Kill a process that a test let get away."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
