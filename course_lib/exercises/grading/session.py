"""One submission, run and asked: what a crash or an endless loop takes down is started again without its cause."""

import time
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

from course_lib.exercises.grading.read import Cell, defines
from course_lib.exercises.grading.runner import (
    NO_ANSWER,
    CannotRun,
    Child,
    Ended,
    Limits,
    Lost,
    Message,
    OutOfTime,
    Runner,
)
from course_lib.exercises.grading.wire import Arrays, Header, WireError, observation_from, probe_to
from course_lib.exercises.model import LIBRARY_CALL, Observation, Probe

__all__ = ["Session"]

CRASH = "Crash"
"""Name of the error of an answer that took the whole Python process with it."""

MAX_LOST = 3


class Session:
    """The cells of one submission in an executor; a context, at whose end nothing of it is left."""

    def __init__(self, runner: Runner, cells: Sequence[Cell], names: Sequence[str], limits: Limits) -> None:
        self._runner, self._cells, self._names, self._limits = runner, tuple(cells), tuple(names), limits
        self._deadline = time.monotonic() + limits.submission_seconds
        self._child: Child | None = None
        self.failures: dict[int, Observation] = {}
        """Cell number → what stopped that cell. Cells that ended or hung the process are left out from then on."""
        self._left_out: set[int] = set()
        self.has_earlier = False
        """Does a name of the last question have an earlier binding than the one that was asked?"""

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop()

    @property
    def out_of_time(self) -> bool:
        """Has the submission used up its time?"""
        return time.monotonic() >= self._deadline

    def observe(
        self, probes: Sequence[Probe], seconds: float, version: int = 0, libraries: Sequence[str] = ()
    ) -> tuple[Observation, ...]:
        """One observation per probe, in their order; after a time-out or a crash no further probe is asked.

        version: 0 asks the last binding of the name, 1 the one before it. libraries: whose functions it may not call.
        """
        for _ in range(MAX_LOST):
            try:
                return self._observe(probes, seconds, version, libraries)
            except Lost:
                self._drop()
        raise CannotRun(f"what runs the submissions was lost {MAX_LOST} times")

    def _observe(
        self, probes: Sequence[Probe], seconds: float, version: int, libraries: Sequence[str]
    ) -> tuple[Observation, ...]:
        self.has_earlier = False
        seen: list[Observation] = []
        try:
            child = self._ready()
            left = min(seconds, self._deadline - time.monotonic())
            requests = [_request(probe, version, libraries) for probe in probes]
            for header, arrays in child.ask_all(requests, left):
                seen.append(_observation(header, arrays))
                self.has_earlier |= header.get("has_earlier") is True
        except OutOfTime:
            seen += [Observation("timed out", message=self._within(seconds))] * (len(probes) - len(seen))
            self._drop()
        except Ended as error:
            seen += [Observation("raised", error=CRASH, message=str(error))] * (len(probes) - len(seen))
            self._drop()
        refused = next((place for place, observation in enumerate(seen) if observation.error == LIBRARY_CALL), None)
        if refused is not None:
            seen[refused:] = [seen[refused]] * (len(probes) - refused)
        return tuple(self._explained(probe, observation) for probe, observation in zip(probes, seen, strict=True))

    def _ready(self) -> Child:
        """The executor with all cells run: the present one, or a new one that replays them."""
        while self._child is None:
            if self.out_of_time:
                raise OutOfTime("the submission has used up its time")
            self._child = self._runner.start(self._limits)
            try:
                self._child.ask({"do": "begin", "names": list(self._names)}, [], self._limits.start_seconds)
            except (Ended, OutOfTime) as error:
                self._drop()
                raise CannotRun(f"the process for the submission did not start: {error}") from error
            if not self._run(self._child, [cell for cell in self._cells if cell.number not in self._left_out]):
                self._drop()
        return self._child

    def _run(self, child: Child, cells: Sequence[Cell]) -> bool:
        """Run the cells, all of which travel at once; False if the executor did not survive one of them."""
        waiting = list(cells)
        seconds = self._limits.cell_seconds
        try:
            requests = [_run_request(cell) for cell in cells]
            for header, _ in child.ask_all(requests, self._deadline - time.monotonic(), seconds):
                failed = None if header.get("failed") is None else _observation(header["failed"], [])
                number = waiting.pop(0).number
                if failed is None:
                    self.failures.pop(number, None)
                else:
                    self.failures[number] = failed
        except (OutOfTime, Ended) as error:
            number = waiting[0].number
            if isinstance(error, OutOfTime):
                self.failures[number] = Observation("timed out", message=self._within(seconds))
            else:
                self.failures[number] = Observation("raised", error=CRASH, message=str(error))
            self._left_out.add(number)
            return False
        return True

    def _within(self, seconds: float) -> str:
        return "the time for a whole submission" if self.out_of_time else f"{seconds:g} seconds"

    def _explained(self, probe: Probe, seen: Observation) -> Observation:
        """A name that is missing because its cell failed: what stopped the cell, instead of "missing"."""
        if seen.status != "missing":
            return seen
        causes = [
            self.failures[c.number] for c in self._cells if c.number in self.failures and defines(c.source, probe.name)
        ]
        return replace(causes[-1], warnings=()) if causes else seen

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _run_request(cell: Cell) -> Message:
    return {"do": "run", "number": cell.number, "source": cell.source, "is_code": cell.is_code}, []


def _request(probe: Probe, version: int, libraries: Sequence[str]) -> Message:
    described, arrays = probe_to(probe)
    return {"do": "ask", "version": version, "libraries": list(libraries), **described}, arrays


def _observation(header: Any, arrays: Arrays) -> Observation:
    if type(header) is not dict:
        raise Ended(NO_ANSWER)
    described: Header = header
    try:
        return observation_from(described, arrays)
    except WireError:
        raise Ended(NO_ANSWER) from None
