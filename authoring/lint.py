"""What every notebook of the course keeps to, each rule a function from a notebook to its violations."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import nbformat
from nbformat import NotebookNode

from authoring.execute import alternative_text

LONGEST_CELL = 16
LONGEST_IMPORTS = 4
LARGEST_PNG = 100_000
FEWEST_WORDS, MOST_WORDS = 900, 1300

_CELL_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE = re.compile(r"^ *(```|~~~).*?^ *\1[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(\S.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|(?:href|src)=[\"']([^\"']+)[\"']")
_OUTSIDE = re.compile(r"^([a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_UNWANTED = {
    "installs a package": re.compile(r"^\s*[!%]\s*(pip|conda|uv)\b|\bpip\s+install\b", re.MULTILINE),
    "sets a matplotlib back end": re.compile(r"^\s*%\s*matplotlib\b|\bmatplotlib\.use\(", re.MULTILINE),
    "seeds NumPy's global generator (use np.random.default_rng)": re.compile(r"\b(np|numpy)\.random\.seed\("),
    "changes the import path": re.compile(r"\bsys\.path\b"),
    "names an absolute path": re.compile(r"""["'](/[\w.-]+/|~/|[A-Za-z]:[\\/])"""),
}
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,}")
_MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_WORD = re.compile(r"\w[\w'’-]*")


@dataclass(frozen=True)
class Page:
    """A notebook and where it is stored."""

    path: Path
    notebook: NotebookNode

    @property
    def kind(self) -> str:
        """The folder it stands in: notebooks, exercises or solutions."""
        return self.path.parent.name

    @property
    def is_gallery(self) -> bool:
        """Pages 90 and up are made from a catalogue: looked things up in, not read from top to bottom."""
        return self.kind == "notebooks" and self.path.name >= "90"

    def markdown(self) -> Iterator[NotebookNode]:
        return (cell for cell in self.notebook.cells if cell.cell_type == "markdown")

    def code(self) -> Iterator[NotebookNode]:
        return (cell for cell in self.notebook.cells if cell.cell_type == "code")


def read_page(path: Path) -> Page:
    """The page stored at `path`."""
    return Page(path, nbformat.read(path, as_version=4))


def lint(page: Page) -> list[str]:
    """All violations of all rules, in the order of the rules."""
    return [violation for rule in RULES for violation in rule(page)]


def one_title(page: Page) -> Iterator[str]:
    """One H1, and it opens the notebook."""
    titles = [(cell.id, text) for cell in page.markdown() for level, text in _headings(cell) if level == 1]
    if len(titles) != 1 or titles[0][0] != page.notebook.cells[0].id:
        yield f"needs exactly one H1, in the first cell; found {titles}"


def headings_in_order(page: Page) -> Iterator[str]:
    """No level is skipped on the way down."""
    previous = 0
    for cell in page.markdown():
        for level, text in _headings(cell):
            if level > previous + 1:
                yield f"cell {cell.id!r}: heading {text!r} has level {level} after level {previous}"
            previous = level


def ids_are_names(page: Page) -> Iterator[str]:
    """Ids are lower-case words with hyphens, each used once."""
    ids = [cell.get("id", "") for cell in page.notebook.cells]
    for name in dict.fromkeys(ids):
        if not _CELL_ID.fullmatch(name):
            yield f"cell id {name!r} is not lower-case words with hyphens"
        if ids.count(name) > 1:
            yield f"cell id {name!r} is used {ids.count(name)} times"


def no_hidden_results(page: Page) -> Iterator[str]:
    """No trailing semicolon: it hides a result from the reader that nbval still compares."""
    for cell in page.code():
        lines = [line.rstrip() for line in cell.source.splitlines() if line.strip() and not line.startswith("#")]
        if lines and lines[-1].split("  #")[0].rstrip().endswith(";"):
            yield f"cell {cell.id!r}: ends with `;`"


def no_widget_state(page: Page) -> Iterator[str]:
    """Stored widget state differs in every run and is no use without its kernel."""
    if "widgets" in page.notebook.metadata:
        yield "metadata.widgets is stored"


def no_warnings(page: Page) -> Iterator[str]:
    """Nothing was written to stderr."""
    for cell, output in _outputs(page):
        if output.output_type == "stream" and output.name == "stderr":
            yield f"cell {cell.id!r}: stderr is stored: {output.text.strip()[:80]!r}"


def no_addresses(page: Page) -> Iterator[str]:
    """No `<object at 0x7f…>`: it says nothing to a reader and changes in every run."""
    for cell, output in _outputs(page):
        texts = [output.get("text", ""), *(value for key, value in output.get("data", {}).items() if "text" in key)]
        if any(_ADDRESS.search("".join(text)) for text in texts):
            yield f"cell {cell.id!r}: an object's address is stored"


def small_pictures(page: Page) -> Iterator[str]:
    """A picture stays below 100 kB."""
    for cell, output in _outputs(page):
        size = len(base64.b64decode(output.get("data", {}).get("image/png", "")))
        if size >= LARGEST_PNG:
            yield f"cell {cell.id!r}: a PNG of {size:,} bytes, {LARGEST_PNG:,} are allowed"


def pictures_in_words(page: Page) -> Iterator[str]:
    """A picture has alternative text, and the next Markdown cell says what to see in it."""
    cells = page.notebook.cells
    for number, cell in enumerate(cells):
        pictures = [output for output in cell.get("outputs", []) if _has_image(output)]
        if any(not alternative_text(output) for output in pictures):
            yield f"cell {cell.id!r}: a picture without alternative text"
        below = next((later.source for later in cells[number + 1 :] if later.cell_type == "markdown"), "")
        if pictures and "what to see" not in below.lower():
            yield f'cell {cell.id!r}: no "What to see: …" in the Markdown below its picture'


def short_cells(page: Page) -> Iterator[str]:
    """A code cell can be taken in at a glance."""
    for cell in page.code():
        lines = len(cell.source.splitlines())
        if lines > LONGEST_CELL:
            yield f"cell {cell.id!r}: {lines} lines, {LONGEST_CELL} are allowed"


def imports_first(page: Page) -> Iterator[str]:
    """The first code cell holds the imports, at most four lines of them, and nothing else."""
    first = next(page.code(), None)
    if first is None:
        return
    lines = [line for line in first.source.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) > LONGEST_IMPORTS or not all(line.startswith(("import ", "from ")) for line in lines):
        yield f"cell {first.id!r}: the first code cell is for imports only, at most {LONGEST_IMPORTS} lines"


def nothing_unwanted(page: Page) -> Iterator[str]:
    """No installation, back end, global seed or path in a cell."""
    for cell in page.code():
        yield from (f"cell {cell.id!r}: {words}" for words, pattern in _UNWANTED.items() if pattern.search(cell.source))


def links_lead_somewhere(page: Page) -> Iterator[str]:
    """A relative link points at a file of the course, a link within the notebook at one of its headings."""
    anchors = {_anchor(text) for cell in page.markdown() for _, text in _headings(cell)}
    for cell in page.markdown():
        dead = _dead(page, _FENCE.sub("", cell.source), anchors)
        yield from (f"cell {cell.id!r}: the link {link!r} leads nowhere" for link in dead)


def stored_links_lead_somewhere(page: Page) -> Iterator[str]:
    """So do the links that cells have put out; they may also point at headings that cells have put out."""
    written = [
        (cell, _text(output, kind)) for cell, output in _outputs(page) for kind in ("text/html", "text/markdown")
    ]
    headings = [text for cell in page.markdown() for _, text in _headings(cell)]
    headings += [text.strip() for _, source in written for _, text in _HEADING.findall(source)]
    anchors = {_anchor(text) for text in headings}
    for cell, source in written:
        yield from (
            f"cell {cell.id!r} puts out a link {link!r}, which leads nowhere" for link in _dead(page, source, anchors)
        )


def galleries_need_no_kernel(page: Page) -> Iterator[str]:
    """In a gallery every code cell after the imports has something stored to show."""
    if page.is_gallery:
        cells = list(page.code())[1:]
        yield from (f"cell {cell.id!r}: shows nothing without a kernel" for cell in cells if not cell.outputs)


def right_length(page: Page) -> Iterator[str]:
    """A lesson has 900 to 1,300 words; galleries are as long as they need to be."""
    if page.kind != "notebooks" or page.is_gallery:
        return
    words = sum(word_count(cell.source) for cell in page.markdown())
    if not FEWEST_WORDS <= words <= MOST_WORDS:
        yield f"{words} words, a lesson has {FEWEST_WORDS} to {MOST_WORDS}"


RULES: tuple[Callable[[Page], Iterator[str]], ...] = (
    one_title,
    headings_in_order,
    ids_are_names,
    no_hidden_results,
    no_widget_state,
    no_warnings,
    no_addresses,
    small_pictures,
    pictures_in_words,
    short_cells,
    imports_first,
    nothing_unwanted,
    links_lead_somewhere,
    stored_links_lead_somewhere,
    galleries_need_no_kernel,
    right_length,
)


def word_count(markdown: str) -> int:
    """Words of running text: code blocks and HTML tags don't count, a formula counts as one word."""
    return len(_WORD.findall(_TAG.sub(" ", _MATH.sub(" formula ", _FENCE.sub(" ", markdown)))))


def _headings(cell: NotebookNode) -> list[tuple[int, str]]:
    return [(len(marks), text.strip()) for marks, text in _HEADING.findall(_FENCE.sub("", cell.source))]


def _anchor(heading: str) -> str:
    """The name under which JupyterLab and GitHub's notebook view reach a heading."""
    return re.sub(r"[*`]", "", heading).replace(" ", "-")


def _dead(page: Page, source: str, anchors: set[str]) -> Iterator[str]:
    """The links in a text that lead to no file beside the page and to none of the anchors."""
    for groups in _LINK.findall(source):
        link = next(filter(None, groups))
        file, _, anchor = unquote(link).partition("#")
        if _OUTSIDE.match(link):
            continue
        if not (page.path.parent / file).exists() if file else anchor not in anchors:
            yield link


def _text(output: NotebookNode, kind: str) -> str:
    return "".join(output.get("data", {}).get(kind, ""))


def _outputs(page: Page) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    return ((cell, output) for cell in page.code() for output in cell.outputs)


def _has_image(output: NotebookNode) -> bool:
    return any(kind.startswith("image/") for kind in output.get("data", {}))
