"""Run a notebook in a fresh kernel and keep only outputs that come out the same every time."""

import copy
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ipykernel.kernelspec
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from authoring.environment import kernel_environment
from authoring.source import tags

CELL_TIMEOUT_S = 120
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# What ipywidgets writes for a widget that brings no text of its own: IntSlider(value=0).
_WIDGET_REPR = re.compile(r"(\w+\(.*\))?", re.DOTALL)


class ExecutionError(RuntimeError):
    """A cell that failed or printed what must not be stored; the message names the notebook, the cell and the cause."""


class CurrentInterpreter(AsyncKernelManager):
    """The kernel of this very Python, even where a kernel called python3 is installed for another one."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict())


def execute(notebook: NotebookNode, *, name: str, folder: Path) -> NotebookNode:
    """Fill in the outputs of every code cell, in place; cells run in `folder`."""
    # Running adds the Python version and the widgets' state, which differ between machines and between runs.
    metadata = copy.deepcopy(notebook.metadata)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        client = NotebookClient(
            notebook,
            kernel_manager_class=CurrentInterpreter,
            timeout=CELL_TIMEOUT_S,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            coalesce_streams=True,
            # The kernel listens on this machine only; its note that such traffic is not encrypted helps nobody.
            extra_arguments=["--log-level=ERROR"],
        )
        running: dict[str, str] = {}
        client.on_cell_start = lambda cell, cell_index: running.update(id=cell.id)
        try:
            client.execute(env=kernel_environment(Path(home)))
        except CellExecutionError as error:
            raise ExecutionError(f"{name}, cell {running['id']!r}: {error.ename}: {error.evalue}") from error
        except CellTimeoutError as error:
            raise ExecutionError(f"{name}, cell {running['id']!r}: ran longer than {CELL_TIMEOUT_S} s") from error
        except DeadKernelError as error:
            raise ExecutionError(f"{name}, cell {running.get('id')!r}: the kernel died") from error
    notebook.metadata = metadata
    for cell in notebook.cells:
        if cell.cell_type == "code":
            _settle(cell, f"{name}, cell {cell.id!r}")
    return notebook


def _settle(cell: NotebookNode, where: str) -> None:
    """Drop the links to a live kernel; keep the picture and the text that stand in for a widget."""
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            raise ExecutionError(f"{where}: wrote to stderr, which never compares equal: {output.text.strip()}")
        if WIDGET_VIEW in output.get("data", {}):
            del output.data[WIDGET_VIEW]
            if "widget" not in tags(cell):
                raise ExecutionError(f'{where}: shows a widget, so tag it: tags=["widget"]')
            if set(output.data) <= {"text/plain"} and _WIDGET_REPR.fullmatch(output.data.get("text/plain", "")):
                raise ExecutionError(
                    f"{where}: without a kernel its widget would be nothing but {output.data.get('text/plain')!r}; "
                    "display a picture or a text beside the widget view"
                )


def alternative_text(output: Mapping[str, Any]) -> str:
    """The alternative text of an output's PNG, "" without a picture or without a text."""
    if "image/png" not in output.get("data", {}):
        return ""
    return str(output.get("metadata", {}).get("image/png", {}).get("alt", "")).strip()
