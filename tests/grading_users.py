"""Running a command as an ordinary user, for tests that are run by the superuser."""

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

USER = 12_345
"""Nobody in particular: the numbers need no name."""

# Arguments: the closed folder, Python's folder in it, a place that is free for a moment, the command.
OPENED = """
mount --bind "$2" "$3" && mount -t tmpfs -o mode=0755 none "$1" && mkdir -p "$2" && mount --move "$3" "$2" || exit 1
shift 3
exec "$@"
"""


def with_python_open() -> list[str]:
    """What a superuser puts before a command that every user can then run: for the time of the command, and for it
    alone, the folder that is closed to others on the way to this Python holds nothing but Python, and is open."""
    python = PurePosixPath(os.path.realpath(sys.base_prefix))
    on_the_way = [*reversed(python.parents), python]
    closed = next((folder for folder in on_the_way if not Path(folder).stat().st_mode & 0o001), None)
    if closed is None:
        return []
    return ["unshare", "--mount", "sh", "-c", OPENED, "sh", str(closed), str(python), "/mnt"]


def as_ordinary_user(*command: str) -> list[str]:
    """`command` run as USER, with no capability left."""
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
    return [*with_python_open(), *user, *command]


def run_as_ordinary_user(test_file: Path) -> "subprocess.CompletedProcess[str]":
    """A pytest run of one file as an ordinary user."""
    # Not in pytest's own folder, which every run of the superuser closes to others.
    with TemporaryDirectory(prefix="ordinary-", dir="/var/tmp") as folder:
        os.chown(folder, USER, USER)
        command = [sys.executable, "-B", "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", str(test_file)]
        command = as_ordinary_user(*command, f"--basetemp={folder}/tests")
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=test_file.parents[1])
