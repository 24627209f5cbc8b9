"""A notebook opened in JupyterLab in Chromium, driven by Playwright: for the browser tests and for screenshots."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from authoring.build import ROOT
from authoring.environment import kernel_environment

CHROMIUM_VARIABLE = "COURSE_CHROMIUM"
HOW_TO_INSTALL = (
    "Chromium is not installed. Debian, Ubuntu: `sudo apt install chromium`; elsewhere: "
    "`python -m playwright install chromium` or install Chrome. "
    f"A browser in an unusual place: set {CHROMIUM_VARIABLE} to its path."
)

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
_START_TIMEOUT_S = 120
_RUN_TIMEOUT_S = 300


class BrowserError(RuntimeError):
    """JupyterLab or the page did not do what was asked; the message says what was seen instead."""


@dataclass(frozen=True)
class Window:
    """How the page is shown. `zoom` works as the browser's own: 1.5 shows everything half as large again."""

    theme: str = "light"
    width: int = 1366
    height: int = 768
    zoom: float = 1.0


@dataclass(frozen=True)
class Server:
    """A running JupyterLab."""

    address: str
    token: str

    def ask(self, path: str, method: str = "GET") -> Any:
        """The JSON reply of the server's REST interface."""
        request = urllib.request.Request(f"{self.address}/api/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=10) as reply:
            text = reply.read()
        return json.loads(text) if text else None


@dataclass
class Complaints:
    """What went wrong in a page without anybody seeing it."""

    console: list[str] = field(default_factory=list)
    page: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """All of it in words, [] for a clean page."""
        return [
            *(f"console: {text}" for text in self.console),
            *(f"page error: {text}" for text in self.page),
            *(f"request leaves this machine: {url}" for url in self.requests),
        ]


def find_chromium() -> str | None:
    """The path of a Chromium-like browser, None where there is none."""
    named = os.environ.get(CHROMIUM_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise BrowserError(f"{CHROMIUM_VARIABLE} names {named}, and there is no such file")
        return named
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else None


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lab_command(folder: Path, port: int) -> list[str]:
    """JupyterLab over `folder` without a browser of its own, by this very Python."""
    options = [f"--ServerApp.root_dir={folder}", "--ServerApp.port_retries=0", "--ServerApp.allow_root=True"]
    return [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", *options]


@contextmanager
def serve(command: Sequence[str], port: int, scratch: Path, window: Window) -> Iterator[Server]:
    """The JupyterLab that `command` starts on `port`; what it writes beside notebooks goes into `scratch`.

    Nothing is saved unless the page asks for it: autosave is off. `command` is given further arguments: a token, and
    what a driven page needs.
    """
    token = secrets.token_hex(16)
    _store_settings(scratch / "settings", window)
    arguments = [
        *command,
        f"--IdentityProvider.token={token}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
        # JupyterLab copies a notebook beside it as soon as it is opened.
        f"--FileCheckpoints.checkpoint_dir={scratch / 'checkpoints'}",
    ]
    log = scratch / "lab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=_server_environment(scratch),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", token)
    try:
        _wait_until_it_answers(server, process, log)
        yield server
        _stop_kernels(server)
    finally:
        _end(server, process)


@contextmanager
def open_page(
    server: Server, notebook: str, window: Window, chromium: str | Browser
) -> Iterator[tuple[Page, Complaints]]:
    """The page of one notebook (path below the server's folder) in a fresh workspace, its kernel ready."""
    address = f"/lab/workspaces/{secrets.token_hex(4)}/tree/{quote(notebook)}?reset"
    with open_address(server, address, window, chromium) as opened:
        yield opened


@contextmanager
def open_address(
    server: Server, address: str, window: Window, chromium: str | Browser
) -> Iterator[tuple[Page, Complaints]]:
    """The page at an address of the server that leads to a notebook, its kernel ready."""
    separator = "&" if "?" in address else "?"
    with open_window(window, chromium) as (page, complaints):
        page.goto(f"{server.address}{address}{separator}token={server.token}")
        _wait_for_notebook(page)
        _wait_for_kernel(page)
        yield page, complaints


@contextmanager
def open_browser(chromium: str) -> Iterator[Browser]:
    """Chromium without a window; starting it takes longer than opening a page, so many pages may share one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_window(window: Window, chromium: str | Browser) -> Iterator[tuple[Page, Complaints]]:
    """An empty page that reaches this machine only, and a list of what it complains about.

    `chromium` is the path of a browser, or one that runs; each window has its own storage either way.
    """
    if isinstance(chromium, str):
        with open_browser(chromium) as browser, open_window(window, browser) as opened:
            yield opened
        return
    complaints = Complaints()
    context = chromium.new_context(
        viewport={"width": round(window.width / window.zoom), "height": round(window.height / window.zoom)},
        device_scale_factor=window.zoom,
        color_scheme="dark" if window.theme == "dark" else "light",
    )
    try:
        context.route("**/*", lambda route: _stay_at_home(route, complaints))
        page = context.new_page()
        page.on("console", lambda message: _note_console(message, complaints))
        page.on("pageerror", lambda error: complaints.page.append(str(error)))
        yield page, complaints
    finally:
        context.close()


def run_all_cells(page: Page) -> None:
    """Run the notebook from top to bottom; BrowserError if a cell fails or the end is not reached."""
    # Stored outputs carry stored prompts; without them a prompt means that the cell ran here and now.
    _command(page, "notebook:clear-all-cell-outputs")
    page.wait_for_function(f"() => ({_CELL_STATES})().done === 0")
    sent: float | None = None
    deadline = time.monotonic() + _RUN_TIMEOUT_S
    while time.monotonic() < deadline:
        state = page.evaluate(_CELL_STATES)
        if state["failed"]:
            raise BrowserError("a cell failed: " + "; ".join(state["failed"]))
        if sent is not None and state["idle"] and state["pending"] == 0:
            return
        # A command sent while the page is still settling gets lost, so send it again while nothing runs.
        if state["idle"] and (sent is None or time.monotonic() - sent > 8):
            _command(page, "notebook:run-all-cells")
            sent = time.monotonic()
        page.wait_for_timeout(250)
    raise BrowserError(f"not all cells ran within {_RUN_TIMEOUT_S} s: {page.evaluate(_CELL_STATES)}")


def run_cell(page: Page, name: str) -> None:
    """Run the cell with this id once more and wait for its end; BrowserError if it fails."""
    # Also forgets the old prompt: a new kernel counts from 1 again, and the new prompt would look like the old one.
    page.evaluate(_ACTIVATE, name)
    sent: float | None = None
    deadline = time.monotonic() + _RUN_TIMEOUT_S
    while time.monotonic() < deadline:
        state = page.evaluate(_CELL_STATES)
        if state["failed"]:
            raise BrowserError("a cell failed: " + "; ".join(state["failed"]))
        if state["idle"] and page.evaluate(_CELL_COUNT, name) is not None:
            return
        # A command sent while the page is still settling gets lost, so send it again while nothing runs.
        if state["idle"] and (sent is None or time.monotonic() - sent > 8):
            _command(page, "notebook:run-cell")
            sent = time.monotonic()
        page.wait_for_timeout(50)
    raise BrowserError(f"cell {name!r} did not run within {_RUN_TIMEOUT_S} s")


def set_theme(page: Page, theme: str) -> None:
    """Change JupyterLab to its "light" or "dark" theme and wait until it shows."""
    page.evaluate(
        "theme => { window.jupyterapp.commands.execute('apputils:change-theme', {theme}); }",
        f"JupyterLab {theme.capitalize()}",
    )
    page.wait_for_function(
        "light => document.body.dataset.jpThemeLight === light", arg=str(theme == "light").lower(), timeout=30_000
    )


def restart_kernel(page: Page) -> None:
    """Restart the notebook's kernel without a question, and wait until it answers again."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    _wait_for_kernel(page)


def ask_kernel(page: Page, code: str) -> str:
    """What this code prints in the notebook's kernel."""
    return str(page.evaluate(_ASK_KERNEL, code))


def _command(page: Page, name: str) -> None:
    """Give JupyterLab a command without awaiting its promise, which may never settle."""
    page.evaluate("name => { window.jupyterapp.commands.execute(name); }", name)


# Read from the model, not from the page: cells that are out of sight are not drawn.
_CELL_STATES = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cells = Array.from(panel.content.model.cells).filter(cell => cell.type === 'code');
    const wanted = cells.filter(cell => cell.sharedModel.source.trim());
    const failed = [];
    for (const cell of wanted) {
        for (let i = 0; i < cell.outputs.length; i++) {
            const output = cell.outputs.get(i).toJSON();
            if (output.output_type === 'error') failed.push(`${cell.id}: ${output.ename}: ${output.evalue}`);
        }
    }
    const pending = wanted.filter(cell => cell.executionCount === null || cell.executionState === 'running').length;
    const idle = panel.sessionContext.session?.kernel?.status === 'idle';
    return {pending, done: wanted.length - pending, failed, idle};
}"""

_CELL_COUNT = """name => Array.from(window.jupyterapp.shell.currentWidget.content.model.cells)
    .find(cell => cell.id === name).executionCount"""

_ACTIVATE = """name => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.deselectAll();
    content.activeCellIndex = Array.from(content.model.cells).findIndex(cell => cell.id === name);
    content.activeCell.model.clearExecution();
}"""

_ASK_KERNEL = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    let said = '';
    const reply = kernel.requestExecute({ code });
    reply.onIOPub = message => { said += message.content.text ?? ''; };
    await reply.done;
    return said.trim();
}"""

_KERNEL_READY = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel?.status === 'idle';
}"""

_NOTEBOOK_READY = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    return !document.querySelector('.jp-Splash, #jupyterlab-splash')
        && panel?.content?.model?.cells?.length > 0 && document.querySelector('.jp-Notebook .jp-Cell') !== null;
}"""


def _server_environment(scratch: Path) -> dict[str, str]:
    (scratch / "runtime").mkdir(parents=True, exist_ok=True)
    environment = kernel_environment(scratch)
    config_path = os.pathsep.join([str(ROOT / ".jupyter"), *filter(None, [environment.get("JUPYTER_CONFIG_PATH")])])
    return environment | {
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_CONFIG_PATH": config_path,
        "JUPYTER_DATA_DIR": str(scratch / "data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(scratch / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
    }


def _store_settings(folder: Path, window: Window) -> None:
    """The user's settings of this one run, in the files that JupyterLab reads them from."""
    settings: dict[str, dict[str, Any]] = {
        "@jupyterlab/apputils-extension/themes": {
            "theme": "JupyterLab Dark" if window.theme == "dark" else "JupyterLab Light"
        },
        "@jupyterlab/notebook-extension/tracker": {
            # Every cell is drawn, so that it can be looked for wherever it stands.
            "windowingMode": "none",
            # Typed text stays as it is typed.
            "codeCellConfig": {"autoClosingBrackets": False},
        },
        "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    }
    for name, values in settings.items():
        path = folder / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8", newline="\n")


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.ask("status")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    state = "ended" if process.poll() is not None else f"did not answer within {_START_TIMEOUT_S} s"
    raise BrowserError(f"JupyterLab {state}; it said:\n{said}")


def _stop_kernels(server: Server) -> None:
    for session in server.ask("sessions"):
        server.ask(f"sessions/{session['id']}", method="DELETE")


def _end(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end; end the process itself if it does not."""
    if process.poll() is None:
        try:
            server.ask("shutdown", method="POST")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            # The command may have started JupyterLab as a child of its own, so the whole session ends.
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()


def _stay_at_home(route: Route, complaints: Complaints) -> None:
    address = urlsplit(route.request.url)
    if address.scheme in ("data", "blob", "file") or address.hostname in ("127.0.0.1", "localhost"):
        route.continue_()
    else:
        complaints.requests.append(route.request.url)
        route.abort()


def _note_console(message: ConsoleMessage, complaints: Complaints) -> None:
    if message.type == "error":
        complaints.console.append(f"{message.text} ({message.location.get('url', '')})")


def _wait_for_notebook(page: Page) -> None:
    page.wait_for_function(_NOTEBOOK_READY, timeout=_START_TIMEOUT_S * 1000)


def _wait_for_kernel(page: Page) -> None:
    """Three times in a row, because the page says "idle" before the kernel answers."""
    in_a_row = 0
    deadline = time.monotonic() + _START_TIMEOUT_S
    while in_a_row < 3:
        if time.monotonic() > deadline:
            raise BrowserError(f"the kernel was not ready within {_START_TIMEOUT_S} s")
        # For a notebook that names no kernel JupyterLab asks which one; the first it offers is this Python's.
        page.evaluate("() => document.querySelector('.jp-Dialog:has(select) .jp-mod-accept')?.click()")
        in_a_row = in_a_row + 1 if page.evaluate(_KERNEL_READY) else 0
        page.wait_for_timeout(150)
