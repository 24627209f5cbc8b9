"""A text source (jupytext percent) becomes a notebook without outputs: the lesson, the solution or the exercise."""

import ast
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"

_CELL_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CHECK_CALL = re.compile(r"""\bcheck\(\s*["']([^"']+)["']""")
# Below this length a line of a solution (`return x`, `else:`) may well stand elsewhere in the notebook by chance.
_TELLING = 10


class SourceError(ValueError):
    """A source that cannot become a notebook; the message names the file, the cell and the remedy."""


def read_source(path: Path) -> NotebookNode:
    """The notebook that a text source describes: cells with their own ids, kernel and `course` metadata, no outputs."""
    try:
        draft = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    except Exception as error:
        raise SourceError(f"{path.name}: not a notebook in jupytext's percent format: {error}") from error
    course = _take_header(path, draft)
    cells = [_cell(path, number, cell) for number, cell in enumerate(draft.cells, start=1)]
    ids = [cell.id for cell in cells]
    if not cells:
        raise SourceError(f'{path.name}: no cells; start the first one with `# %% [markdown] id="title"`')
    for repeated in sorted({name for name in ids if ids.count(name) > 1}):
        raise SourceError(f"{path.name}: the cell id {repeated!r} stands twice; every cell needs an id of its own")
    return _notebook(cells, course)


def lesson(path: Path) -> NotebookNode:
    """The lesson as learners read it, not yet executed."""
    notebook = read_source(path)
    for cell in notebook.cells:
        if BEGIN in cell.source or END in cell.source or "answer" in tags(cell):
            raise SourceError(f"{_where(path, cell)}: answers belong in authoring/solutions, not in a lesson")
    return notebook


def solution(path: Path) -> NotebookNode:
    """The solution, not yet executed: the source without the marker lines."""
    notebook = _with_regions_checked(path)
    for cell in notebook.cells:
        cell.source = "\n".join(line for line in cell.source.splitlines() if line.strip() not in (BEGIN, END))
    _describe(notebook, path)
    return notebook


def exercise(path: Path) -> NotebookNode:
    """The exercise: cells tagged `solution` left out, each marked region replaced by what the learner starts from."""
    notebook = _with_regions_checked(path)
    kept, secrets = [], set[str]()
    for cell in notebook.cells:
        if "solution" in tags(cell):
            continue
        if cell.cell_type == "code":
            cell.source, region_lines = _stub(path, cell)
            secrets |= region_lines
        kept.append(cell)
    notebook.cells = kept
    _refuse_leaks(path, notebook, secrets)
    _describe(notebook, path)
    return notebook


def exercise_ids(notebook: NotebookNode) -> list[str]:
    """The exercises a notebook checks, in order of appearance: "03-stable-sigmoid" for `check("03-stable-sigmoid")`."""
    found = [name for cell in notebook.cells if cell.cell_type == "code" for name in _CHECK_CALL.findall(cell.source)]
    return list(dict.fromkeys(found))


def tags(cell: NotebookNode) -> list[str]:
    """The cell's tags, [] if it has none."""
    return list(cell.metadata.get("tags", []))


def _take_header(path: Path, draft: NotebookNode) -> Any:
    """The `course:` block of the YAML header, which jupytext hands over as a first raw cell; None without a header."""
    if draft.cells and draft.cells[0].cell_type == "raw":
        text = draft.cells.pop(0).source.strip().strip("-")
        try:
            header = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SourceError(f"{path.name}: the header is not YAML: {error}") from error
        if not isinstance(header, dict) or set(header) != {"course"}:
            raise SourceError(f"{path.name}: the header holds `course:` and nothing else; found {text!r}")
        return header["course"]
    return None


def _cell(path: Path, number: int, drafted: NotebookNode) -> NotebookNode:
    metadata: dict[str, Any] = {
        key: value for key, value in drafted.metadata.items() if not key.startswith("lines_to_") and key != "id"
    }
    name = drafted.metadata.get("id")
    start = drafted.source.strip().splitlines()[0] if drafted.source.strip() else "(empty)"
    if drafted.cell_type not in ("code", "markdown"):
        raise SourceError(
            f"{path.name}: cell {number} ({start}) is {drafted.cell_type}; only code and Markdown are used"
        )
    if not isinstance(name, str) or not _CELL_ID.fullmatch(name):
        raise SourceError(
            f"{path.name}: cell {number} ({start}) has the id {name!r}; "
            'give it one in lower case with hyphens, like `# %% id="sigmoid-by-hand"`'
        )
    make = nbformat.v4.new_code_cell if drafted.cell_type == "code" else nbformat.v4.new_markdown_cell
    return make(source=drafted.source, id=name, metadata=metadata)


def _notebook(cells: list[NotebookNode], course: Any) -> NotebookNode:
    metadata: dict[str, Any] = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    if course:
        metadata["course"] = course
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _describe(notebook: NotebookNode, path: Path) -> None:
    """Name the lesson and the checked exercises in the metadata, and see that the first cell leads to the lesson."""
    link = f"(../notebooks/{path.stem}.ipynb)"
    if link not in notebook.cells[0].source:
        raise SourceError(f"{_where(path, notebook.cells[0])}: the first cell must link the lesson: [Lesson …]{link}")
    notebook.metadata["course"] = {
        **notebook.metadata.get("course", {}),
        "lesson": path.stem,
        "exercise_ids": exercise_ids(notebook),
    }


def _where(path: Path, cell: NotebookNode) -> str:
    return f"{path.name}, cell {cell.id!r}"


def _with_regions_checked(path: Path) -> NotebookNode:
    notebook = read_source(path)
    for cell in notebook.cells:
        markers = [line.strip() for line in cell.source.splitlines() if line.strip() in (BEGIN, END)]
        if markers != [BEGIN, END] * (len(markers) // 2):
            raise SourceError(
                f"{_where(path, cell)}: every `{BEGIN}` needs its `{END}` before the next begins; found {markers}"
            )
        if "solution" in tags(cell) and markers:
            raise SourceError(f"{_where(path, cell)}: a cell tagged `solution` goes as a whole and needs no markers")
        if "answer" in tags(cell) and not markers:
            raise SourceError(f"{_where(path, cell)}: tagged `answer`, but no `{BEGIN}` … `{END}` region to take out")
        if markers and ("answer" not in tags(cell) or cell.cell_type != "code"):
            raise SourceError(f'{_where(path, cell)}: has a solution region, so it must be code with tags=["answer"]')
    return notebook


def _stub(path: Path, cell: NotebookNode) -> tuple[str, set[str]]:
    """The cell's code with its regions replaced, and the telling lines that were taken out."""
    if BEGIN not in cell.source:
        return cell.source, set()
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        raise SourceError(f"{_where(path, cell)}: an answer must be plain Python: {error}") from error
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    kept: list[str] = []
    secrets: set[str] = set()
    begin = 0
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if line.strip() == BEGIN:
            begin = number
        elif line.strip() == END:
            indent = line[: len(line) - len(line.lstrip())]
            if any(node.lineno < begin <= (node.end_lineno or 0) for node in functions):
                kept.append(f"{indent}raise NotImplementedError")
            else:
                names = _assigned(tree, begin, number)
                if not names:
                    raise SourceError(
                        f"{_where(path, cell)}: the region in line {begin} is outside a function and assigns no name, "
                        "so nothing can be left for the learner to fill in"
                    )
                kept += [f"{indent}{name} = ..." for name in names]
            begin = 0
        elif begin:
            secrets.add(line.strip())
        else:
            kept.append(line)
    return "\n".join(kept), {line for line in secrets if len(line) >= _TELLING}


def _assigned(tree: ast.Module, first: int, last: int) -> list[str]:
    """The names that the cell's own statements between two lines assign, in order."""
    names: list[str] = []
    for node in tree.body:
        if not first < node.lineno < last:
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
    return list(dict.fromkeys(names))


def _refuse_leaks(path: Path, notebook: NotebookNode, secrets: set[str]) -> None:
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            if line.strip() in secrets:
                raise SourceError(
                    f"{_where(path, cell)}: the exercise would still show the solution's line {line.strip()!r}; "
                    "reword it, or tag the cell `solution`"
                )
