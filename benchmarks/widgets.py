"""Widgets in JupyterLab: from a slider's step to changed pixels, ours and others; live training; cost of the import."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from authoring.browser import (
    HOW_TO_INSTALL,
    Window,
    find_chromium,
    free_port,
    lab_command,
    open_browser,
    open_page,
    run_all_cells,
    serve,
)
from benchmarks.libraries import NOT_INSTALLED, installed
from benchmarks.tables import Cell, Table

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# What everyone draws is what our explorer shows: sigmoid with a tangent and a point, its derivative with a point and
# its value, the largest slope marked; titles, names of the axes, a grid. All others leave out handles and a read-out.
PICTURE = """
import numpy as np
from IPython.display import display
from ipywidgets import FloatSlider, VBox
from course_lib import activations, widgets
entry = activations.get("sigmoid")
xs = np.linspace(-8, 8, 601)
curve, derivative = entry.function(xs), entry.derivative(xs)
titles, name, largest = ("Sigmoid  f(x)", "Derivative  f′(x)"), "score  x", "largest 0.25"
def place(x):
    value, slope = float(entry.function(x)), float(entry.derivative(x))
    return value, slope, np.array([x - 2.5, x + 2.5]), np.array([value - 2.5 * slope, value + 2.5 * slope])
def slider():
    return FloatSlider(min=-8, max=8, step=0.1, value=-4)
def furnish(left, right):
    for axes, title in zip((left, right), titles):
        axes.set(title=title, xlabel=name, xlim=(-8, 8))
        axes.grid(color="0.9")
    left.plot(xs, curve)
    right.plot(xs, derivative)
    right.axhline(0.25, color="0.4", linestyle="--")
    right.text(7.8, 0.251, largest, ha="right", va="bottom")
    right.plot([0], [0.25], "o", mfc="white")
"""
INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt
from ipywidgets import interact
def draw(x):
    value, slope, along, tangent = place(x)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    furnish(left, right)
    left.plot(along, tangent, "k--")
    left.plot([x], [value], "ko")
    right.plot([x], [slope], "ko")
    right.annotate(f"{slope:.3g}", (x, slope), (6, 6), textcoords="offset points")
    # What plt.show() does there; that one breaks once ipympl is loaded in the same kernel.
    display(figure)
    plt.close(figure)
interact(draw, x=slider())
None
"""
IPYMPL = """
from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib.figure import Figure
figure = Figure(figsize=(9, 3.6))
canvas = Canvas(figure)
manager = FigureManager(canvas, 1)
left, right = figure.subplots(1, 2)
furnish(left, right)
(tangent_line,), (point,), (other,) = left.plot([], [], "k--"), left.plot([], [], "ko"), right.plot([], [], "ko")
said = right.annotate("", (0, 0), (6, 6), textcoords="offset points")
def follow(change):
    x = change["new"]
    value, slope, along, tangent = place(x)
    tangent_line.set_data(along, tangent)
    point.set_data([x], [value])
    other.set_data([x], [slope])
    said.xy = (x, slope)
    said.set_text(f"{slope:.3g}")
    canvas.draw_idle()
moved = slider()
moved.observe(follow, "value")
follow({"new": moved.value})
VBox([moved, canvas])
"""
PLOTLY = """
import plotly.graph_objects as go
from plotly.subplots import make_subplots
drawn = go.FigureWidget(make_subplots(rows=1, cols=2, subplot_titles=titles))
drawn.add_scatter(x=xs, y=curve, row=1, col=1)
drawn.add_scatter(x=xs, y=derivative, row=1, col=2)
for column in (1, 1, 2):
    drawn.add_scatter(x=[0], y=[0], mode="lines+markers+text", textposition="top right", row=1, col=column)
drawn.add_scatter(x=[0], y=[0.25], row=1, col=2)
drawn.add_hline(0.25, line_dash="dash", annotation_text=largest, row=1, col=2)
drawn.update_xaxes(title=name, range=[-8, 8])
drawn.update_layout(height=360, width=900, showlegend=False)
def move(change):
    x = change["new"]
    value, slope, along, tangent = place(x)
    with drawn.batch_update():
        drawn.data[2].x, drawn.data[2].y = along, tangent
        drawn.data[3].x, drawn.data[3].y = [x], [value]
        drawn.data[4].x, drawn.data[4].y, drawn.data[4].text = [x], [slope], [f"{slope:.3g}"]
control = slider()
control.observe(move, "value")
move({"new": control.value})
VBox([control, drawn])
"""


@dataclass(frozen=True)
class Way:
    """One way to draw the picture: its cell, the package that it needs, and what in the page is the picture."""

    name: str
    cell: str
    picture: str
    needs: str = "anywidget"


WAYS = (
    Way("interact + matplotlib", INTERACT, "img"),
    Way("ipympl", IPYMPL, "canvas", needs="ipympl"),
    Way("plotly FigureWidget", PLOTLY, "svg", needs="plotly"),
    Way("ours, live", "widgets.explore('sigmoid', x=-4)", "svg"),
    Way("ours, table", "tabled = widgets.explore('sigmoid', x=-4)\ntabled.precompute()\ntabled", "svg"),
)
TRAININGS = {
    "first state, 10 steps a picture": "widgets.playground(trained=[])",
    "first state, as many as fit": "widgets.playground(trained=[], pace=0)",
    "spirals, 3 × 16 units, as many as fit": "widgets.playground(trained=[], pace=0, data='spirals', layers=3, "
    "units1=16, units2=16, units3=16, rate=0.1)",
}

# What a picture shows, in a text that changes with it; "" where nothing is to be seen.
SIGNATURES = """
const SIGNATURES = {
    svg: root => Array.from(root.querySelectorAll('svg path'), path => path.getAttribute('d') ?? '').join('|'),
    img: root => {
        const image = root.querySelector('img');
        return image?.complete && image.naturalWidth ? image.src : '';
    },
    canvas: root => {
        const canvas = root.querySelector('canvas');
        if (!canvas?.width) return '';
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const pixels = new Uint32Array(data.buffer);
        let hash = 0, ink = 0;
        for (let i = 0; i < pixels.length; i++) {
            hash = Math.imul(hash ^ (hash >>> 15) ^ pixels[i], 0x9e3779b1);
            if (pixels[i] !== 0 && pixels[i] !== 0xffffffff) ink++;
        }
        return ink ? String(hash) : '';
    },
};
// After the next animation frame, when all that is drawn in it has been drawn.
const frame = () => new Promise(done => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(null);
}));
const pause = ms => new Promise(done => setTimeout(done, ms));
function mover(root) {
    // One step to the right, as the arrow key makes it; at the end back to the start.
    const range = root.querySelector('input[type=range]');
    if (range) return () => {
        const next = Number(range.value) + 0.1;
        range.value = next > 4 ? -4 : next;
        range.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const handle = root.querySelector('.noUi-handle');
    let key = 'ArrowRight';
    return () => {
        const now = Number(handle.getAttribute('aria-valuenow'));
        if (now >= 4) key = 'ArrowLeft';
        if (now <= -4) key = 'ArrowRight';
        handle.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    };
}
"""
# A step, then every animation frame a look at the picture, until it is another one and not blank.
LATENCY = f"""async ([root, kind, steps, patience]) => {{
    {SIGNATURES}
    const see = () => SIGNATURES[kind](root), move = mover(root), times = [];
    let blank = 0, lost = 0;
    for (let i = 0; i < steps; i++) {{
        const before = see(), start = performance.now();
        move();
        for (;;) {{
            await frame();
            const now = see(), waited = performance.now() - start;
            if (!now) blank++;
            else if (now !== before) {{ times.push(waited); break; }}
            if (waited > patience) {{ lost++; break; }}
        }}
        await pause(80);
    }}
    return {{ times, blank, lost }};
}}"""
# A step at every animation frame, as in a drag; how many different pictures come of it.
DRAG = f"""async ([root, kind, seconds]) => {{
    {SIGNATURES}
    const see = () => SIGNATURES[kind](root), move = mover(root), start = performance.now();
    let last = see(), pictures = 0, blank = 0;
    while (performance.now() - start < 1000 * seconds) {{
        move();
        await frame();
        const now = see();
        if (!now) blank++;
        else if (now !== last) {{ pictures++; last = now; }}
    }}
    return {{ pictures, rate: pictures / (performance.now() - start) * 1000, blank }};
}}"""
# Training under way: different pictures, and the steps that the state line counts.
WATCH = f"""async ([root, seconds]) => {{
    {SIGNATURES}
    const see = () => SIGNATURES.svg(root), steps = () => Number(root.querySelector('.state').value.match(/trained=\\[.*\\[(\\d+)/)[1]);
    const start = performance.now(), first = steps();
    let last = see(), pictures = 0, blank = 0;
    const plays = () => Array.from(root.querySelectorAll('button'), button => button.textContent).includes('Pause');
    // It may come to its end before.
    while (performance.now() - start < 1000 * seconds && plays()) {{
        await frame();
        const now = see();
        if (!now || !root.querySelector('svg image, svg canvas, canvas')) blank++;
        else if (now !== last) {{ pictures++; last = now; }}
    }}
    const passed = (performance.now() - start) / 1000;
    return {{ pictures: pictures / passed, steps: (steps() - first) / passed, blank }};
}}"""  # noqa: E501

# In one go: a run that comes to its end takes its button away.
PAUSE = """root => Array.from(root.querySelectorAll('button'))
    .find(button => button.textContent === 'Pause')?.click()"""

SLIDER_COLUMNS = ("way", "p50 ms", "p95 ms", "÷ interact", "updates/s", "blank frames", "steps lost")
SLIDER_NOTE = (
    "Sigmoid, derivative and tangent, in JupyterLab in headless Chromium, each in a page of its own, taking turns "
    "({rounds} rounds of {steps} steps).\nFrom a slider's step to the end of the first animation frame with another "
    "picture; updates/s: a step at every frame. Load before: {load}."
)
TRAINING_COLUMNS = ("playground", "pictures/s", "optimiser steps/s", "blank frames")
IMPORT_COLUMNS = ("in a fresh process, numpy and ipywidgets already there", "median s", "least s")
IMPORT = """
import time
import numpy, ipywidgets
start = time.perf_counter()
from course_lib import widgets
middle = time.perf_counter()
widgets.explore("sigmoid")
print(middle - start, time.perf_counter() - start)
"""


def run(quick: bool) -> list[Table]:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    rounds, steps, seconds = (1, 6, 1.0) if quick else (4, 12, 3.0)
    note = SLIDER_NOTE.format(rounds=rounds, steps=steps, load=load)
    present = [way for way in WAYS if installed(way.needs) is not None]
    if missing := [way.needs for way in WAYS if way not in present]:
        note += f"\nFor all ways: python -m pip install {' '.join(dict.fromkeys(missing))}"
    chromium = find_chromium()
    if chromium is None:
        sliders = [(way.name, *[None] * 6) for way in WAYS]
        trainings = [(name, *[None] * 3) for name in TRAININGS]
        note += f"\nNot measured. {HOW_TO_INSTALL}"
    else:
        with opened(present, chromium) as roots:
            sliders = slider_rows(roots, rounds, steps, seconds)
            trainings = [training_row(roots, name, seconds) for name in TRAININGS]
    return [
        Table("From slider to pixels", note, SLIDER_COLUMNS, tuple(sliders)),
        Table("Live training", "Pictures drawn and steps made while it plays.", TRAINING_COLUMNS, tuple(trainings)),
        Table("Import", "Least and median of fresh processes.", IMPORT_COLUMNS, tuple(import_rows(1 if quick else 5))),
    ]


@dataclass(frozen=True)
class Roots:
    """The open pages: each way and each training in one of its own, where nothing else is drawn."""

    pages: dict[str, Page]

    def of(self, name: str) -> Any:
        """The output of its cell, in view."""
        output = self.cell(name).locator(".jp-Cell-outputArea")
        output.scroll_into_view_if_needed()
        return output.element_handle()

    def cell(self, name: str) -> Locator:
        """The cell that shows it: the last one."""
        return self.pages[name].locator(".jp-Notebook .jp-Cell").last


@contextmanager
def opened(ways: Sequence[Way], chromium: str) -> Iterator[Roots]:
    """A notebook for each of them, run to its end in JupyterLab."""
    sources = {**{way.name: way.cell for way in ways}, **TRAININGS}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, ExitStack() as stack:
        folder, port, window = Path(scratch) / "notebooks", free_port(), Window()
        folder.mkdir()
        for number, source in enumerate(sources.values()):
            (folder / f"{number}.ipynb").write_text(notebook(PICTURE, source), encoding="utf-8", newline="\n")
        server = stack.enter_context(serve(lab_command(folder, port), port, Path(scratch) / "lab", window))
        browser = stack.enter_context(open_browser(chromium))
        pages = {}
        for number, name in enumerate(sources):
            page, _ = stack.enter_context(open_page(server, f"{number}.ipynb", window, browser))
            run_all_cells(page)
            pages[name] = page
        # Front ends of widgets go on loading after their cells have run.
        page.wait_for_timeout(4000)
        yield Roots(pages)


def notebook(*sources: str) -> str:
    """A notebook of these cells, as JSON."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": text.strip(), "outputs": [],
         "execution_count": None}
        for i, text in enumerate(sources)
    ]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells})


def slider_rows(roots: Roots, rounds: int, steps: int, seconds: float) -> list[tuple[Cell, ...]]:
    """One row for each way, with the ways taking turns; a way that is not installed says so."""
    present = [way for way in WAYS if way.name in roots.pages]
    times: dict[str, list[float]] = {way.name: [] for way in present}
    rates: dict[str, list[float]] = {way.name: [] for way in present}
    blank, lost = dict.fromkeys(times, 0), dict.fromkeys(times, 0)
    for _ in range(rounds):
        for way in present:
            root, page = roots.of(way.name), roots.pages[way.name]
            found = page.evaluate(LATENCY, [root, way.picture, steps, 5000])
            times[way.name] += found["times"]
            lost[way.name] += found["lost"]
            dragged = page.evaluate(DRAG, [root, way.picture, seconds])
            rates[way.name].append(dragged["rate"])
            blank[way.name] += found["blank"] + dragged["blank"]
            # What is still on its way must not meet the next one.
            page.wait_for_timeout(600)
    middle = {name: statistics.median(values) for name, values in times.items() if values}
    slow = middle.get(WAYS[0].name)
    rows: list[tuple[Cell, ...]] = []
    for way in WAYS:
        name = way.name
        if name not in times:
            rows.append((name, *[NOT_INSTALLED] * 6))
            continue
        p50 = middle.get(name)
        ratio = p50 / slow if p50 is not None and slow is not None else None
        rate = statistics.median(rates[name])
        rows.append((name, p50, percentile(times[name], 0.95), ratio, rate, str(blank[name]), str(lost[name])))
    return rows


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that this share of them does not exceed; None for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def training_row(roots: Roots, name: str, seconds: float) -> tuple[Cell, ...]:
    root, cell, page = roots.of(name), roots.cell(name), roots.pages[name]
    cell.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_timeout(300)
    found = page.evaluate(WATCH, [root, seconds])
    page.evaluate(PAUSE, root)
    return name, found["pictures"], found["steps"], str(found["blank"])


def import_rows(repeats: int) -> list[tuple[Cell, ...]]:
    """Seconds for `import course_lib.widgets`, and until the first explorer is there."""
    measured = []
    for _ in range(repeats):
        said = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True).stdout
        measured.append([float(word) for word in said.split()])
    named = zip(("import course_lib.widgets", "the same, and the first widgets.explore"), zip(*measured), strict=True)  # noqa: B905
    return [(name, statistics.median(seconds), min(seconds)) for name, seconds in named]


def figure(tables: list[Table]) -> Figure:
    """Milliseconds from slider to pixels, a bar for each way that was measured."""
    table = tables[0]
    names, times = table.column("way"), table.column("p50 ms")
    chart = Figure(figsize=(8, 3.6), layout="constrained")
    axes = chart.subplots()
    for row, (name, time) in enumerate(zip(names, times, strict=True)):
        measured = time if isinstance(time, float | int) else 0.0
        ours = str(name).startswith("ours")
        bar = axes.barh(row, measured, color="#0072B2" if ours else "#D55E00", hatch="" if ours else "//")
        axes.bar_label(bar, [f"{measured:.0f} ms" if measured else "not measured"], padding=4)
    axes.set_yticks(range(len(names)), [str(name) for name in names])
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel("milliseconds from a slider's step to changed pixels (median)")
    axes.set_title("Slider to pixels in JupyterLab")
    return chart
