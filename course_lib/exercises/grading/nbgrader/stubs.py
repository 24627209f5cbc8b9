"""nbgrader's own ClearSolutions, with what our exercises leave in place of an answer."""

from typing import Any

from nbgrader.preprocessors import ClearSolutions

__all__ = ["LeaveStubs"]


class LeaveStubs(ClearSolutions):  # type: ignore[misc]
    """A region gives way to the stub that its cell names (`w = ...`), failing that to nbgrader's."""

    code_stub: dict[str, str]

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """The cell as learners get it."""
        stub = cell.metadata.pop("course", {}).get("stub")
        usual = self.code_stub
        if stub is not None:
            self.code_stub = dict.fromkeys(usual, stub)
        try:
            cleared: tuple[Any, Any] = super().preprocess_cell(cell, resources, cell_index)
        finally:
            self.code_stub = usual
        return cleared
