"""Imports inside course_lib point one way, so that each layer can be read, tested and run without those above it."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Each may import those before it, never those behind it.
LAYERS = (
    "spec",
    "arrays",
    "catalogue",
    "numerics",
    "activations",
    "losses",
    "training",
    "data",
    "plots",
    "frameworks",
    "scored",
    "fields",
    "exercises",
    "stage",
    "panels",
    "widgets",
    "gallery",
    "selftest",
)
OUTSIDE = ("authoring", "benchmarks", "exercises", "notebooks", "solutions", "tests")


@dataclass(frozen=True)
class Import:
    """`module` is imported by `importer`; `at_once` when the importer itself is, not only when a function runs."""

    importer: str
    module: str
    at_once: bool

    def __str__(self) -> str:
        return f"{self.importer} imports {self.module}"


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(root: Path) -> dict[str, Path]:
    """Every module of course_lib below `root`."""
    return {module_name(path, root): path for path in sorted((root / "course_lib").rglob("*.py"))}


def imports(root: Path, name: str) -> Iterator[Import]:
    """What a module imports, anywhere in its code, type checking included."""
    known = modules(root)
    tree = ast.parse(known[name].read_text(encoding="utf-8"))
    inside_functions = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".") if known[name].stem == "__init__" else name.split(".")[:-1]
            start = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*start, *filter(None, [node.module])])
            # `from package import part` names a module if there is one of that name.
            longer = [f"{origin}.{alias.name}" for alias in node.names]
            found = [module if module in known else origin for module in longer]
        yield from (Import(name, module, id(node) not in inside_functions) for module in dict.fromkeys(found))


def layer(module: str) -> str | None:
    """The layer of a module of course_lib, None for course_lib itself and for every other package."""
    parts = module.split(".")
    return parts[1] if parts[0] == "course_lib" and len(parts) > 1 else None


def wrong_ways(root: Path) -> list[str]:
    """Imports that point at a layer behind the importer's, or out of course_lib into what stands on it."""
    found = []
    for name in modules(root):
        for entry in imports(root, name):
            above, below = layer(name), layer(entry.module)
            if entry.module.split(".")[0] in OUTSIDE or (
                above in LAYERS and below in LAYERS and LAYERS.index(below) > LAYERS.index(above)
            ):
                found.append(str(entry))
    return found


def brought_along(root: Path, start: str) -> list[Import]:
    """All imports that importing `start` leads to within course_lib; packages on the way are taken as empty."""
    found: list[Import] = []
    waiting, seen = [start], {start}
    while waiting:
        for entry in imports(root, waiting.pop()):
            found.append(entry)
            if entry.module in modules(root) and entry.module not in seen:
                seen.add(entry.module)
                waiting.append(entry.module)
    return found


def foreign(entries: list[Import], *, at_once: bool) -> set[str]:
    """Packages outside the standard library and course_lib among the imports."""
    names = {entry.module.split(".")[0] for entry in entries if entry.at_once or not at_once}
    return names - set(sys.stdlib_module_names) - {"course_lib"}


def test_every_module_has_a_place_in_the_order() -> None:
    unplaced = {layer(name) for name in modules(ROOT)} - {None, *LAYERS}
    assert not unplaced, f"say in LAYERS where these stand: {sorted(map(str, unplaced))}"


def test_every_place_in_the_order_is_taken() -> None:
    assert set(LAYERS) <= {layer(name) for name in modules(ROOT)}


def test_imports_point_one_way() -> None:
    assert wrong_ways(ROOT) == []


def test_the_exercise_model_needs_numpy_only() -> None:
    """Grading processes import it, thousands of times."""
    assert foreign(brought_along(ROOT, "course_lib.exercises.model"), at_once=False) == {"numpy"}


# What runs beside a submission: a process of its own, or the warm parent that it is forked from.
CHILDREN = pytest.mark.parametrize("child", [f"course_lib.exercises.grading.{n}" for n in ("child", "fork_server")])


@CHILDREN
def test_the_sandbox_child_starts_with_numpy_only(child: str) -> None:
    assert foreign(brought_along(ROOT, child), at_once=True) == {"numpy"}


@CHILDREN
def test_the_sandbox_child_loads_nothing_later_but_what_reads_magics(child: str) -> None:
    assert foreign(brought_along(ROOT, child), at_once=False) <= {"numpy", "IPython"}


@CHILDREN
@pytest.mark.parametrize("secret", ["bank", "judging", "grading.grade", "notebook"])
def test_the_sandbox_child_holds_no_questions(secret: str, child: str) -> None:
    held = {entry.module for entry in brought_along(ROOT, child)}
    assert not any(module.startswith(f"course_lib.exercises.{secret}") for module in held)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small course_lib in which each test commits one offence."""
    for name in ("__init__", "spec", "plots", "exercises/__init__", "exercises/model", "stage/__init__", "stage/scene"):
        path = tmp_path / "course_lib" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import math\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("importer", "line", "offence"),
    [
        ("spec", "import course_lib.plots", "course_lib.spec imports course_lib.plots"),
        ("spec", "from course_lib import plots", "course_lib.spec imports course_lib.plots"),
        ("spec", "from . import plots", "course_lib.spec imports course_lib.plots"),
        ("spec", "def f():\n    from .plots import draw", "course_lib.spec imports course_lib.plots"),
        (
            "exercises/model",
            "from ..stage.scene import Scene",
            "course_lib.exercises.model imports course_lib.stage.scene",
        ),
        ("exercises/__init__", "from course_lib import stage", "course_lib.exercises imports course_lib.stage"),
        ("stage/scene", "from authoring.build import build", "course_lib.stage.scene imports authoring.build"),
    ],
)
def test_an_import_the_wrong_way_is_seen(package: Path, importer: str, line: str, offence: str) -> None:
    (package / "course_lib" / f"{importer}.py").write_text(line, encoding="utf-8")
    assert wrong_ways(package) == [offence]


def test_imports_the_right_way_pass(package: Path) -> None:
    (package / "course_lib" / "stage" / "scene.py").write_text("from course_lib import plots, spec", encoding="utf-8")
    assert wrong_ways(package) == []


def test_a_library_behind_another_module_is_seen(package: Path) -> None:
    (package / "course_lib" / "exercises" / "model.py").write_text("from course_lib import spec", encoding="utf-8")
    (package / "course_lib" / "spec.py").write_text("def f():\n    import scipy.special", encoding="utf-8")
    entries = brought_along(package, "course_lib.exercises.model")
    assert foreign(entries, at_once=False) == {"scipy"}
    assert foreign(entries, at_once=True) == set()
