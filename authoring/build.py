"""Which notebooks follow from which source, whether they are in step with it, and how they are made again."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from authoring import source
from authoring.execute import execute

ROOT = Path(__file__).resolve().parents[1]

_SOURCE_NAME = re.compile(r"\d\d_[a-z0-9_]+")
_PLANS = {
    "notebooks": ("lessons", source.lesson),
    "solutions": ("solutions", source.solution),
    "exercises": ("solutions", source.exercise),
}


@dataclass(frozen=True)
class Target:
    """One notebook of the course and the text source that it is made from."""

    root: Path
    folder: str
    name: str

    @property
    def source(self) -> Path:
        return self.root / "authoring" / _PLANS[self.folder][0] / f"{self.name}.py"

    @property
    def path(self) -> Path:
        return self.root / self.folder / f"{self.name}.ipynb"

    @property
    def label(self) -> str:
        return f"{self.folder}/{self.name}.ipynb"

    @property
    def executed(self) -> bool:
        """Learners fill in the exercises themselves; everything else is stored with its outputs."""
        return self.folder != "exercises"

    def planned(self) -> NotebookNode:
        """The notebook as its source describes it, without outputs."""
        plan: NotebookNode = _PLANS[self.folder][1](self.source)
        return plan


def targets(root: Path = ROOT, wanted: Sequence[str] = ()) -> list[Target]:
    """Every notebook that the sources describe; `wanted` narrows it to lessons such as "03" or "03_sigmoid"."""
    found = []
    for folder, (sources, _) in _PLANS.items():
        for path in sorted((root / "authoring" / sources).glob("*.py")):
            if not _SOURCE_NAME.fullmatch(path.stem):
                raise source.SourceError(f"{path.name}: name it by number and subject, like 03_sigmoid.py")
            found.append(Target(root, folder, path.stem))
    found.sort(key=lambda target: target.name)
    unknown = [name for name in wanted if not any(_matches(target, name) for target in found)]
    if unknown:
        there = ", ".join(dict.fromkeys(target.name for target in found)) or "none"
        raise source.SourceError(f"no source for {', '.join(unknown)}; sources in authoring/: {there}")
    return [target for target in found if not wanted or any(_matches(target, name) for name in wanted)]


def orphans(root: Path = ROOT) -> list[str]:
    """Notebooks in the three folders that no source describes."""
    described = {target.path for target in targets(root)}
    stored = [path for folder in _PLANS for path in sorted((root / folder).glob("*.ipynb"))]
    return [
        f"{path.relative_to(root).as_posix()}: no source in authoring/{_PLANS[path.parent.name][0]}/ describes it"
        for path in stored
        if path not in described
    ]


def out_of_step(target: Target) -> list[str]:
    """How the stored notebook differs from its source; [] when nothing needs building. Nothing is executed."""
    planned = target.planned()
    if not target.path.exists():
        return ["not built yet"]
    try:
        stored = nbformat.read(target.path, as_version=4)
    except Exception as error:
        return [f"not readable as a notebook: {error}"]
    return list(_differences(planned, stored, executed=target.executed))


def build(target: Target) -> None:
    """Make the notebook from its source. On any error the old notebook stays as it was."""
    notebook = target.planned()
    if target.executed:
        target.path.parent.mkdir(parents=True, exist_ok=True)
        execute(notebook, name=target.label, folder=target.path.parent)
    write(notebook, target.path)


def write(notebook: NotebookNode, path: Path) -> None:
    """Store a notebook in one step, with the same bytes on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _matches(target: Target, name: str) -> bool:
    return target.name == name or target.name.startswith(f"{name}_")


def _differences(planned: NotebookNode, stored: NotebookNode, *, executed: bool) -> Iterator[str]:
    for key in sorted(planned.metadata.keys() | stored.metadata.keys()):
        if planned.metadata.get(key) != stored.metadata.get(key):
            yield f"the notebook's metadata differ in {key!r}"
    wanted = {cell.id: cell for cell in planned.cells}
    present = {cell.get("id"): cell for cell in stored.cells}
    yield from (f"cell {name!r} is missing" for name in wanted.keys() - present.keys())
    yield from (f"cell {name!r} is not in the source" for name in present.keys() - wanted.keys())
    if wanted.keys() == present.keys() and list(wanted) != list(present):
        yield "the cells stand in another order"
    for name in (name for name in wanted if name in present):
        yield from (f"cell {name!r}: {part} differs" for part in _changed(wanted[name], present[name]))
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    if executed and [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "the cells were not run once each, from top to bottom"
    if not executed and any(cell.outputs or cell.execution_count is not None for cell in code):
        yield "an exercise is handed out without outputs"


def _changed(planned: NotebookNode, stored: NotebookNode) -> list[str]:
    parts: tuple[str, ...] = ("cell_type", "source", "metadata")
    return [part for part in parts if _plain(planned[part]) != _plain(stored[part])]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, NotebookNode) else value
