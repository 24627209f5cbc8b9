"""The process that runs one submission: `python -P -s -S child.py SETTINGS`, started by `ProcessRunner`.

It takes the connection away from stdin and stdout, limits itself, puts the stand-ins in place and serves. It never
imports the questions: the packages between here and the files it needs are made empty, so none of their code runs.
"""

import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import IO


def main() -> None:
    """Serve one submission on the pipes that this process was started with. SETTINGS: JSON with "path" and "limits"."""
    settings = json.loads(sys.argv[1])
    sys.argv[1:] = []
    sys.path.extend(settings["path"])
    reader, writer = _private_connection()
    _empty_packages(Path(__file__).resolve().parent)
    from course_lib.exercises.grading import serve, standins
    from course_lib.exercises.grading.rlimits import set_limits

    transform = serve.magics()
    # Before the limits: NumPy may start threads and map memory of its own.
    set_limits(settings["limits"])
    standins.install()
    sys.dont_write_bytecode = True
    serve.serve(reader, writer, transform)


def _private_connection() -> tuple[IO[bytes], IO[bytes]]:
    """The request and reply streams, moved to descriptors of their own; 0, 1 and 2 lead nowhere from now on."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return reader, writer


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
