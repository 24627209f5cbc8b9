"""What of the disk Python with NumPy needs: all that a submission, or the warm parent of submissions, can read."""

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from course_lib.exercises.grading.walls import Sight

__all__ = ["executable", "packages_path", "sight_of_server", "sight_of_submission"]

SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/nix/store")
PACKAGES = ("numpy", "numpy.libs", "scipy", "scipy.libs", "threadpoolctl.py", "tqdm")
"""What a submission may import beside the standard library; the drawing libraries have stand-ins."""

SERVER_FILES = ("fork_server.py", "rlimits.py", "serve.py", "standins.py", "wire.py", "walls")
SERVER_FILES_ABOVE = ("borrowed.py", "model.py", "wording.py")


def executable() -> str:
    """The interpreter itself, not the link to it in a virtual environment."""
    return os.path.realpath(sys.executable)


def packages_path() -> list[str]:
    """The folders that NumPy and the other PACKAGES lie in."""
    folders = [Path(np.__file__).parents[1], *map(Path, (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))]
    folders = [folder.resolve() for folder in folders]
    return list(dict.fromkeys(str(folder) for folder in folders if any((folder / name).exists() for name in PACKAGES)))


def sight_of_submission() -> Sight:
    """The system's libraries, the standard library and PACKAGES."""
    prefix = os.path.join(sys.base_prefix, "lib")
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED")]
    wanted = [*(path for path in SYSTEM if not os.path.islink(path)), prefix, *standard]
    wanted += [os.path.join(folder, name) for folder in packages_path() for name in PACKAGES]
    links = {path: os.readlink(path) for path in SYSTEM if os.path.islink(path)}
    return Sight(_existing(wanted), _covered(wanted), links)


def sight_of_server() -> Sight:
    """The same, the interpreter, IPython, and the few files of the course that serve a submission."""
    here = Path(__file__).resolve().parent
    files = [here / name for name in SERVER_FILES] + [here.parent / name for name in SERVER_FILES_ABOVE]
    ipython = [os.path.join(folder, "IPython") for folder in packages_path()]
    return sight_of_submission().with_trees(*_existing([executable(), *map(str, files), *ipython]))


def _existing(paths: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(os.path.realpath(path) for path in paths if path and os.path.exists(path)))


def _covered(trees: Iterable[str | None]) -> tuple[str, ...]:
    """The folders of installed packages, and the course itself: they may lie inside a tree."""
    versions = ("", "python3", f"python3.{sys.version_info.minor}")
    packages = [
        os.path.join(tree, version, name)
        for tree in _existing(trees)
        for version in versions
        for name in ("site-packages", "dist-packages")
    ]
    course = Path(__file__).resolve().parents[3]
    on_path = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return _existing([*packages, *on_path, str(course)])
