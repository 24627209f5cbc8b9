"""The widget: a panel, its present parameters, and the renderer in the page."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from course_lib.scored import tell
from course_lib.stage.encode import frame_bytes, table_bytes
from course_lib.stage.panel import Choice, Control, Panel, Params, Result, Slider, Value
from course_lib.stage.scene import Scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HERE = Path(__file__).parent
RENDERER = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("marks.js", "chart.js", "stage.js"))
STYLE = (HERE / "stage.css").read_text(encoding="utf-8")
# Some frames are always on their way to the page, so that neither side waits for the other: what is drawn between two
# confirmations of the page (see `confirm` in stage.js), and a little more.
UNDER_WAY = 10
# Pictures of a run in a second; more would only take time from those that draw and train.
PICTURES = 45
# Seconds without a sign of the page, after which a run pauses.
PATIENCE = 3.0


class Stage(anywidget.AnyWidget):  # type: ignore[misc]
    """A panel on the screen; the picture follows the controls.

    `move(x=2)`, `check()`, `state`, `start()`, `step()`, `pause()`, `reset()` do from Python what the buttons do. Each
    recomputes the scene at once; an error in the scene is shown in the widget and raised.
    """

    _esm = RENDERER
    _css = STYLE

    spec = traitlets.Dict().tag(sync=True)
    params = traitlets.Dict().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    table = traitlets.Bytes().tag(sync=True)
    # What Check said of the present place, and whether it ever said yes.
    verdict = traitlets.Dict().tag(sync=True)
    solved = traitlets.Bool(False).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    # Counts answers; `answers` names the request that the present frame answers.
    seq = traitlets.Int(0).tag(sync=True)
    answers = traitlets.Unicode().tag(sync=True)

    def __init__(self, panel: Panel, **values: Value) -> None:
        params = panel.complete(values)
        self.panel = panel
        self.scene = panel.scene(**params)
        self._frames: Iterator[Scene] | None = None
        self._live: Params = {}
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drawn = asyncio.Event()
        # JupyterLab may hand a message to a thread of its own (a subshell) while the run goes on in another.
        self._lock = threading.RLock()
        self._seen = 0
        super().__init__(spec=describe(panel), params=params, frame=frame_bytes(self.scene))
        self.on_msg(self._receive)

    # What Python code and the page ask for -------------------------------------------------------------------------

    def move(self, **values: Value) -> Scene:
        """Put controls to these values and return the new scene; ValueError for a value that its control refuses."""
        self._apply(values)
        return self.scene

    def reset(self) -> None:
        """Every control back to its default; a run stops and begins anew."""
        self._end_run()
        self._apply(self.panel.defaults)

    def check(self) -> Result:
        """Judge the task at the present parameters and tell the listeners; ValueError where the panel has no task.

        What the listeners could not keep is shown to the learner; what they raise is shown and raised.
        """
        result = self.panel.result(dict(self.params), self.scene)
        if result is None or self.panel.task is None:
            raise ValueError(f"panel {self.panel.name!r} has no task to check")
        self.verdict = {"score": result.score, "message": result.message}
        self.solved = self.solved or result.solved
        if result.score > 0:
            with self._shown_errors():
                notices = self._tell(self.panel.task.id, result.score)
            self.verdict = {**self.verdict, "notices": notices}
        return result

    def _tell(self, task_id: str, score: float) -> list[str]:
        try:
            return tell(task_id, score)
        except Exception as error:
            error.add_note("(This result is not stored.)")
            raise

    @property
    def state(self) -> str:
        """The present state as one line of text; assign such a line to return to it."""
        return self.panel.to_text(self.params)

    @state.setter
    def state(self, text: str) -> None:
        self._apply(self.panel.from_text(text))

    def figure(self) -> Figure:
        """The present scene as a matplotlib figure."""
        from course_lib.stage.figure import figure

        return figure(self.scene)

    def to_html(self, path: str | Path) -> Path:
        """Write a page that works without a kernel and without a network, starting at the present parameters."""
        from course_lib.stage.page import write_page

        return write_page(self.panel, dict(self.params), Path(path))

    def precompute(self) -> None:
        """Store the scenes over the grid with the widget, so that moving needs no kernel (see `encode.table_bytes`)."""
        self.table = table_bytes(self.panel, dict(self.params))

    # Something that goes on by itself ------------------------------------------------------------------------------

    def step(self) -> bool:
        """One step of the run; False when it has ended, after which the next step begins it anew."""
        if self.panel.run is None:
            raise ValueError(f"panel {self.panel.name!r} has nothing to run")
        with self._lock:
            if self._frames is None:
                self._live = dict(self.params)
                self._frames = self.panel.run(self._live)
            with self._shown_errors():
                scene = next(self._frames, None)
            if scene is None:
                self._frames = None
                self.note = "The run has ended; Start and Step begin it again."
                return False
            self._live.update(self.panel.accept(scene.moves))
            self._show(scene)
            return True

    def start(self) -> None:
        """Step after step until `pause`, the end of the run, or until nobody looks; needs a running event loop."""
        if not self.running:
            self._loop = asyncio.get_running_loop()
            self.running = True
            self._task = self._loop.create_task(self._go_on())

    def pause(self) -> None:
        """Stop after the present step; `start` and `step` go on from there."""
        self.running = False
        self._wake()

    def _wake(self) -> None:
        """Let a run that waits for the page look again, whichever thread this is."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._drawn.set)

    async def _go_on(self) -> None:
        self._seen = self.seq
        try:
            begun = perf_counter()
            while self.running and self.step():
                # Always give way once, so that the kernel answers other messages between two steps.
                await asyncio.sleep(max(0.0, begun + 1 / PICTURES - perf_counter()))
                while self.running and self.seq - self._seen >= UNDER_WAY:
                    self._drawn.clear()
                    await asyncio.wait_for(self._drawn.wait(), PATIENCE)
                begun = perf_counter()
        except TimeoutError:
            # No page draws any more: closed, or asleep. Nothing is lost; start goes on.
            pass
        finally:
            self.running = False

    def _end_run(self) -> None:
        self.pause()
        self._frames = None

    def close(self) -> None:
        """Stop what runs and take the widget off the page."""
        # Also called when an object that never came to life is collected.
        if self.running:
            self._end_run()
        super().close()

    # In between ----------------------------------------------------------------------------------------------------

    def _apply(self, values: Params) -> None:
        params, again = self.panel.moved(dict(self.params), values)
        going_on = self._frames is not None and not again
        # What a panel with `begin` shows in a pause it can draw from its parameters, and so it can go on from them.
        if going_on and (self.running or not self.panel.begin):
            # The run reads its parameters at the next step.
            self._live.update(params)
            self._show(self.scene, params)
            return
        self._end_run()
        with self._shown_errors():
            scene = self.panel.scene(**params)
        self._show(scene, params)

    def _show(self, scene: Scene, params: Params | None = None) -> None:
        self.scene = scene
        shown = {**(self.params if params is None else params), **self.panel.accept(scene.moves)}
        with self.hold_sync():
            if shown != self.params:
                self.params = shown
            # Whatever was said, it was said of the place that has been left.
            self.verdict = {}
            self.error = self.note = ""
            self.frame = frame_bytes(scene)
            self.seq += 1

    def _shown_errors(self) -> _ShownErrors:
        return _ShownErrors(self)

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Answer the page. Every request is answered, also by an error: the page waits for it before it asks again."""
        asked = content.get("ask")
        with self._lock, self.hold_sync(), self._shown_errors():
            try:
                if asked == "move":
                    self.move(**content["values"])
                elif asked == "check":
                    self.check()
                elif asked == "state":
                    self.state = content["text"]
                elif asked == "reset":
                    self.reset()
                elif asked == "action":
                    self._apply(self.panel.actions[content["index"]].change(dict(self.params)))
                elif asked == "click" and self.panel.click is not None:
                    place = (content["chart"], content["x"], content["y"])
                    self._apply(self.panel.click(dict(self.params), *place))
                elif asked == "run":
                    self.pause() if content["how"] == "pause" else self._run(content["how"])
                elif asked == "drawn":
                    self._seen = max(self._seen, content["seq"])
                    self._wake()
                elif asked == "gone":
                    self.pause()
                else:
                    raise ValueError(f"the page asked for {asked!r}, which this widget does not know")
            finally:
                if "token" in content:
                    self.answers = content["token"]

    def _run(self, how: str) -> None:
        if how == "start":
            self.start()
        else:
            self.step()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from course_lib.plots import picture

        data, metadata = picture(self.figure(), alt=f"{self.panel.title}. {self.scene.says}")
        live = super()._repr_mimebundle_(**kwargs)
        return {**data, **(live[0] if live else {}), "text/plain": data["text/plain"]}, metadata


class _ShownErrors:
    """Whatever is raised inside is shown in the widget on its way up."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            self.stage.running = False
            self.stage.error = " ".join([str(error) or type(error).__name__, *getattr(error, "__notes__", ())])


def describe(panel: Panel) -> dict[str, Any]:
    """What the page needs to know of a panel besides its frames."""
    return {
        "name": panel.name,
        "title": panel.title,
        "controls": [_describe_control(control) for control in panel.controls],
        "task": {"id": panel.task.id, "text": panel.task.text} if panel.task else None,
        "presets": [{"label": preset.label, "values": panel.accept(preset.values)} for preset in panel.presets],
        "actions": [action.label for action in panel.actions],
        "runs": panel.run is not None,
        "clicks": panel.click is not None,
        "records": panel.record is not None,
        "defaults": panel.defaults,
        "open_groups": sorted(panel.open_groups),
    }


def _describe_control(control: Control) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "is": type(control).__name__,
        "name": control.name,
        "label": control.label,
        "shown": control.shown,
        "group": control.group,
        "when": list(control.when) if control.when else None,
        "default": control.default,
    }
    if isinstance(control, Slider):
        plain |= {"low": control.low, "high": control.high, "step": control.step, "log": control.log}
    if isinstance(control, Choice):
        plain["options"] = [list(option) for option in control.options]
    return plain
