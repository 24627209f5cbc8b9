"""python -m authoring: bring the notebooks in step with their sources, check them, or look at them."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from authoring import readme
from authoring.build import ROOT, Target, build, orphans, out_of_step, targets
from authoring.execute import ExecutionError
from authoring.lint import lint, read_page
from authoring.source import SourceError


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Exit code 0 when all is well, 1 when something is out of step or failed, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "shots":
            return _shots(options, root)
        chosen = targets(root, getattr(options, "lessons", ()))
        if options.command == "check":
            return _check(chosen, root, everything=not options.lessons)
        if not getattr(options, "lessons", ()) and readme.update(root / "README.md"):
            print("README.md: tables brought up to date")
        return _build(chosen, always=options.command == "build")
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m authoring",
        description="Without a command: build every notebook whose source has changed.",
    )
    commands = parser.add_subparsers(dest="command")
    making = commands.add_parser("build", help="build these lessons, or all, whether they changed or not")
    making.add_argument("lessons", nargs="*", help='lessons by number or name, like "03" or "03_sigmoid"')
    checking = commands.add_parser("check", help="say what is out of step or breaks a notebook's rules; run nothing")
    checking.add_argument("lessons", nargs="*", help='lessons by number or name, like "03" or "03_sigmoid"')
    shooting = commands.add_parser("shots", help="run notebooks in JupyterLab in Chromium and photograph them")
    shooting.add_argument("notebooks", nargs="+", help='a notebook\'s path, or "03" for its lesson')
    shooting.add_argument("--out", type=Path, default=Path("shots"), help="folder for the pictures (default: shots)")
    shooting.add_argument("--theme", choices=["light", "dark"], default="light")
    shooting.add_argument("--width", type=int, default=1366, help="window width in pixels (default: 1366)")
    shooting.add_argument("--height", type=int, default=768, help="window height in pixels (default: 768)")
    shooting.add_argument("--zoom", type=float, default=1.0, help="as the browser's zoom; 1.5 for a projector")
    shooting.add_argument("--no-run", action="store_true", help="show the stored outputs as a fresh clone shows them")
    return parser


def _build(chosen: Sequence[Target], *, always: bool) -> int:
    failed = False
    for target in chosen:
        start = time.perf_counter()
        try:
            if not always and not out_of_step(target):
                continue
            print(f"{target.label} …", end=" ", flush=True)
            build(target)
        except (SourceError, ExecutionError) as error:
            print(f"failed\n  {error}")
            failed = True
        else:
            print(f"built in {time.perf_counter() - start:.1f} s")
            for violation in lint(read_page(target.path)):
                print(f"  note: {violation}")
    return int(failed)


def _check(chosen: Sequence[Target], root: Path, *, everything: bool) -> int:
    found = orphans(root) if everything else []
    if everything and readme.with_tables(text := (root / "README.md").read_text(encoding="utf-8")) != text:
        found.append("README.md: its tables are not what the catalogues say")
    for target in chosen:
        try:
            found += [f"{target.label}: {difference}" for difference in out_of_step(target)]
            if target.path.exists():
                found += [f"{target.label}: {violation}" for violation in lint(read_page(target.path))]
        except SourceError as error:
            found.append(f"{target.label}: {error}")
    for line in found:
        print(line)
    print(f"{len(chosen)} notebooks looked at, {len(found)} findings")
    return int(bool(found))


def _shots(options: argparse.Namespace, root: Path) -> int:
    # Only this command needs a browser, so only this command loads the means to drive one.
    from authoring.browser import BrowserError, Window
    from authoring.shots import find_notebook, photograph

    window = Window(theme=options.theme, width=options.width, height=options.height, zoom=options.zoom)
    try:
        for name in options.notebooks:
            for picture in photograph(find_notebook(name, root), options.out, window, run=not options.no_run):
                print(picture)
    except BrowserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
