"""What students hand in, packed as Canvas, Moodle and nbgrader pack it."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from grading_submissions import notebook

from course_lib.exercises.grading.classroom import ClassFolder, Received
from course_lib.exercises.grading.collect import collect

SIGMOID, RELU = "03_sigmoid", "06_relu"


def sheet(lesson: str = "03", *, attempt: int = 0) -> bytes:
    """An exercise sheet of lesson 03 or 06; other attempts have another content."""
    name = {"03": "03-stable-sigmoid", "06": "06-repair-relu"}[lesson]
    return notebook([f"# attempt {attempt}", f'check("{name}")']).encode()


def canvas(name: str, user: int, attachment: int, file: str = f"{SIGMOID}.ipynb", late: bool = False) -> str:
    """A file's name in Canvas's download of all submissions."""
    return f"{name}_{'LATE_' if late else ''}{user}_{attachment}_{file}"


def moodle(name: str, participant: int | str, file: str = f"{SIGMOID}.ipynb", style: str = "folder") -> str:
    """A file's path in Moodle's download: "folder" since 4.1, "old" with an underscore before the slash, or "flat"."""
    between = {"folder": "/", "old": "_/", "flat": "_"}[style]
    return f"{name}_{participant}_assignsubmission_file{between}{file}"


def zipped(path: Path, files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> Path:
    """A zip with these files; a list may have a name twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 12, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return path


def unpacked(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder, apart from the collector's own lock: path → content."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".collecting.lock"
    }


def outcomes(rows: Sequence[Received]) -> dict[str, str]:
    """received as → outcome."""
    return {row.received_as: row.outcome for row in rows}


def collected(folder: Path, *sources: Path, **options: object) -> dict[str, str]:
    """Collect into a class folder; received as → outcome."""
    return outcomes(collect(sources, ClassFolder(folder), **options).rows)  # type: ignore[arg-type]


def with_outputs(size: int) -> bytes:
    """A sheet of lesson 03 with a stored output of that many characters."""
    content = json.loads(sheet())
    content["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * size}]
    return json.dumps(content).encode()
