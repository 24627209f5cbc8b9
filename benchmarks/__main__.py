"""python -m benchmarks [names] [--quick] [--json FILE]: measure, print the tables, keep figures and numbers.

A benchmark is a module with run(quick) → tables and figure(tables) → Figure, or None where a table says it all.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# What each measures; the module of the same name does it.
BENCHMARKS = {
    "accuracy": "errors in ULP and eps against 400-digit arithmetic: ours, textbook, SciPy, PyTorch, JAX",
    "speed": "nanoseconds per element: ours, textbook, SciPy, PyTorch, JAX, and the speed of memory",
    "training": "optimiser steps per second: ours, PyTorch, JAX, scikit-learn",
    "grading": "CPU and wall time of grading a class: ours, ours inside nbgrader, nbgrader, Otter",
    "widgets": "slider to pixels in JupyterLab: ours, interact, ipympl, plotly; live training; cost of the import",
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the course's own code against others, in one run.",
        epilog="; ".join(f"{name}: {what}" for name, what in BENCHMARKS.items()),
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"which ({', '.join(BENCHMARKS)}); all if none is given"
    )
    parser.add_argument("--quick", action="store_true", help="under a minute: fewer points, smaller arrays, less care")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here, and the figures beside it")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    measured: dict[str, Any] = {}
    for name in options.names or BENCHMARKS:
        measured[name] = _measured(name, options.quick, options.json)
    if options.json is not None:
        from benchmarks.libraries import machine

        report = {"machine": machine(), "quick": options.quick, "benchmarks": measured}
        text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
        options.json.write_text(text + "\n", encoding="utf-8", newline="\n")
        print(f"written: {options.json}")
    return 0


def _measured(name: str, quick: bool, json_file: Path | None) -> dict[str, Any]:
    module = importlib.import_module(f"benchmarks.{name}")
    start = time.perf_counter()
    tables = module.run(quick)
    seconds = time.perf_counter() - start
    print(*(table.text() for table in tables), f"{name}: {seconds:.0f} s", sep="\n", flush=True)
    chart = module.figure(tables) if json_file is not None else None
    if chart is not None and json_file is not None:
        picture = json_file.with_name(f"{json_file.stem}-{name}.png")
        chart.savefig(picture, dpi=120)
        print(f"written: {picture}")
    return {"seconds": round(seconds, 1), "tables": [table.as_json() for table in tables]}


if __name__ == "__main__":
    sys.exit(main())
