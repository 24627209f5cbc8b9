"""A scene drawn by matplotlib: the static twin of what the page draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.plots import BLACK, BLUE, GREEN, PIXELS_PER_INCH, QUIET, SHADE, VERMILLION, course_style, new_figure
from course_lib.stage.scene import Area, Arrow, Axis, Bars, Chart, Heat, Line, Mark, Points, Rule, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    "ink": BLACK,
    "blue": BLUE,
    "vermillion": VERMILLION,
    "green": GREEN,
    "quiet": QUIET,
    "shade": SHADE,
    "paper": "white",
    "black": "black",
    "white": "white",
}
DASHES: dict[str, Any] = {
    "solid": "solid",
    "dashed": (0, (4, 2)),
    "dotted": (0, (1, 1.6)),
    "dashdot": (0, (5, 2, 1.3, 2)),
}
SHAPES = {"circle": "o", "ring": "o", "square": "s", "triangle": "^", "cross": "x"}
SIDES = {"left": "left", "centre": "center", "right": "right"}
WIDTH = 920
# Sizes of letters and the height of a row of the key, in points; pixels that a sample in the key takes beside its name.
TITLE, KEY, TICK, ROW = 13, 11, 12, 18
SAMPLE = 52


def figure(scene: Scene) -> Figure:
    """The scene as a matplotlib figure, 920 pixels wide, in the course's style; handles are drawn as large dots."""
    columns = min(scene.columns, len(scene.charts))
    rows = -(-len(scene.charts) // columns)
    with course_style():
        drawn = new_figure(WIDTH / PIXELS_PER_INCH, rows * scene.height * 1.12 / PIXELS_PER_INCH)
        widths = [chart.width for chart in scene.charts[:columns]]
        places = drawn.add_gridspec(rows, columns, width_ratios=widths)
        heads = [0] * rows
        for index, chart in enumerate(scene.charts):
            row, column = divmod(index, columns)
            axes = drawn.add_subplot(places[row, column])
            heads[row] = max(heads[row], _draw_chart(axes, chart, WIDTH * widths[column] / sum(widths)))
        # A title or a key of more than one row takes no room from the chart below it.
        drawn.set_figheight(drawn.get_figheight() + ROW / 72 * sum(max(0, head - 2) for head in heads))
    return drawn


def _draw_chart(axes: Axes, chart: Chart, room: float) -> int:
    """Draw the chart, `room` pixels wide with all that belongs to it; returns the lines of its title and key."""
    for scale, axis in ((axes.set_xscale, chart.x), (axes.set_yscale, chart.y)):
        if axis.log:
            scale("log")
    for order, mark in enumerate(chart.marks):
        DRAW[type(mark)](axes, mark, 3 + order)
    for handle in chart.handles:
        axes.plot(
            [handle.x], [handle.y], "o", color=COLOURS[handle.role], markersize=12, markeredgecolor="white",
            markeredgewidth=2, zorder=90,
        )  # fmt: skip
    axes.set_xlim(chart.x.low, chart.x.high)
    axes.set_ylim(chart.y.low, chart.y.high)
    if chart.equal:
        # From the top, so that what the layout leaves for the title does not depend on the height that is left over.
        axes.set_aspect("equal", adjustable="box", anchor="N")
    _ticks(axes.set_xticks, axes.set_xlabel, chart.x)
    _ticks(axes.set_yticks, axes.set_ylabel, chart.y)
    axes.minorticks_off()
    if not (chart.x.visible or chart.y.visible):
        axes.set_axis_off()
    for axis, line in ((chart.x, axes.axvline), (chart.y, axes.axhline)):
        # A line at the number 0, but not at a category that stands there.
        if axis.visible and any(place == 0 and not text.strip("0.") for place, text in axis.ticks or ()):
            line(0, color=QUIET, linewidth=0.9, zorder=1)
    room -= _margin(chart.y)
    rows = _key(axes, chart, room)
    # The title clears every row of the key.
    title = _wrapped(chart.title, room)
    axes.set_title(title, fontsize=TITLE, pad=10 + ROW * rows if rows else None)
    return rows + len(title.splitlines())


def _wide(text: str, size: float) -> float:
    """The width of one line of words, in pixels."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size * PIXELS_PER_INCH / 72).get_extents().width) if text.strip() else 0.0


def _margin(axis: Axis) -> float:
    """What the axis and its numbers take at the left of a chart, and the gap to the next one, in pixels."""
    if not axis.visible:
        return 20.0
    numbers = max((_wide(text, TICK) for _, text in axis.ticks or ()), default=0.0)
    return 30.0 + numbers + (24.0 if axis.label else 0.0)


def _wrapped(text: str, room: float) -> str:
    """The title in lines that fit into the room, broken between words."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and _wide(f"{lines[-1]} {word}", TITLE) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def _key(axes: Axes, chart: Chart, room: float) -> int:
    """The key above the chart, in the marks' order and in as many rows as it needs, as in the page; how many rows."""
    from matplotlib.transforms import ScaledTranslation

    handles, labels = axes.get_legend_handles_labels()
    found = dict(zip(labels, handles, strict=True))
    rows: list[list[str]] = []
    left = 0.0
    for label in dict.fromkeys(getattr(mark, "label", "") for mark in chart.marks):
        if label not in found:
            continue
        wide = _wide(label, KEY) + SAMPLE
        if not rows or left < wide:
            rows.append([])
            left = room
        rows[-1].append(label)
        left -= wide
    whole = axes.get_figure(root=True)
    assert whole is not None
    for up, row in enumerate(reversed(rows)):
        raised = axes.transAxes + ScaledTranslation(0, ROW * up / 72, whole.dpi_scale_trans)
        before = axes.get_legend()
        if before is not None:
            # A chart keeps one key of its own and would drop the row before.
            axes.add_artist(before)
        axes.legend(
            [found[label] for label in row], row, loc="lower left", bbox_to_anchor=(0, 1),
            bbox_transform=raised, ncols=len(row), fontsize=KEY, borderaxespad=0, borderpad=0.2,
            handlelength=1.6, handletextpad=0.5, columnspacing=1.2,
        )  # fmt: skip
    return len(rows)


def _ticks(place: Callable[..., Any], name: Callable[[str], Any], axis: Axis) -> None:
    ticks = axis.ticks if axis.visible and axis.ticks else ()
    place([position for position, _ in ticks], [text for _, text in ticks])
    if axis.visible:
        name(axis.label)


def _line(axes: Axes, mark: Line, order: int) -> None:
    axes.plot(
        mark.x, mark.y, color=COLOURS[mark.role], linestyle=DASHES[mark.dashes], linewidth=mark.width,
        label=mark.label or None, zorder=order,
    )  # fmt: skip


def _area(axes: Axes, mark: Area, order: int) -> None:
    axes.fill_between(
        np.asarray(mark.x), np.asarray(mark.low), np.asarray(mark.high), color=COLOURS[mark.role], alpha=mark.opacity,
        linewidth=0, label=mark.label or None, zorder=order,
    )  # fmt: skip


def _points(axes: Axes, mark: Points, order: int) -> None:
    face = "white" if mark.shape == "ring" else COLOURS[mark.role]
    axes.plot(
        mark.x, mark.y, SHAPES[mark.shape], color=COLOURS[mark.role], markerfacecolor=face, markersize=0.8 * mark.size,
        linestyle="none", label=mark.label or None, zorder=order,
    )  # fmt: skip


def _arrow(axes: Axes, mark: Arrow, order: int) -> None:
    x, y, to_x, to_y = (np.asarray(row) for row in (mark.x, mark.y, mark.to_x, mark.to_y))
    axes.quiver(
        x, y, to_x - x, to_y - y, angles="xy", scale_units="xy", scale=1, color=COLOURS[mark.role],
        width=0.004 * mark.width / 2, label=mark.label or None, zorder=order,
    )  # fmt: skip


def _bars(axes: Axes, mark: Bars, order: int) -> None:
    base = np.asarray(mark.base)
    axes.bar(
        mark.x, np.asarray(mark.height) - base, mark.width, base, color=COLOURS[mark.role], label=mark.label or None,
        zorder=order,
    )  # fmt: skip


def _heat(axes: Axes, mark: Heat, order: int) -> None:
    axes.grid(False)
    # Behind all other marks, as in the page.
    axes.imshow(
        mark.rgba(), extent=(*mark.x, *mark.y), origin="upper", aspect="auto", interpolation="nearest", zorder=2
    )
    if mark.label:
        _colour_bar(axes, mark)


def _colour_bar(axes: Axes, mark: Heat) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    colours = ListedColormap(mark.colour_of(np.linspace(0.0, 1.0, 128)) / 255)
    scale = ScalarMappable(Normalize(mark.low, mark.high), colours)
    whole = axes.get_figure(root=True)
    assert whole is not None
    bar = whole.colorbar(scale, ax=axes, pad=0.02, aspect=25)
    # Beside the bar it would touch what the next chart's axis says.
    bar.ax.set_title(mark.label, fontsize=11, loc="right")
    bar.set_ticks([mark.low, mark.high], labels=list(mark.ends))
    bar.outline.set_visible(False)


def _text(axes: Axes, mark: Text, order: int) -> None:
    from matplotlib.patheffects import withStroke

    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": COLOURS[mark.role]} if mark.boxed else None
    written = axes.annotate(
        mark.text, (mark.x, mark.y), xytext=(0.75 * mark.dx, 0.75 * mark.dy), textcoords="offset points",
        ha=SIDES[mark.side], va="center", color=COLOURS[mark.role], fontsize=11.5, bbox=box, zorder=80 + order,
        annotation_clip=False,
    )  # fmt: skip
    if "\n" in mark.text:
        # As in the page: the first line stands at the place, the others below it.
        whole = axes.get_figure(root=True)
        assert whole is not None
        high = written.get_window_extent().height
        written.set_text(mark.text.partition("\n")[0])
        more = (high - written.get_window_extent().height) * 72 / whole.dpi
        written.set(text=mark.text, position=(0.75 * mark.dx, 0.75 * mark.dy - more / 2))
    # What is black or white stands on a heat map, whose colours a halo would hide.
    if mark.role not in ("black", "white"):
        written.set_path_effects([withStroke(linewidth=3, foreground="white")])


def _rule(axes: Axes, mark: Rule, order: int) -> None:
    style = {"color": COLOURS[mark.role], "linestyle": DASHES[mark.dashes], "linewidth": 1.3, "zorder": order}
    if mark.x is not None:
        axes.axvline(mark.x, **style)
        place, side, up = (mark.x, 0.97), "left", "top"
        transform = axes.get_xaxis_transform()
    else:
        assert mark.y is not None
        axes.axhline(mark.y, **style)
        place, side, up = (0.985, mark.y), "right", "bottom"
        transform = axes.get_yaxis_transform()
    axes.text(
        *place, f" {mark.text}", transform=transform, ha=side, va=up, color=COLOURS[mark.role], fontsize=11,
        zorder=80 + order,
    )  # fmt: skip


DRAW: dict[type[Mark], Callable[[Axes, Any, int], None]] = {
    Line: _line,
    Area: _area,
    Points: _points,
    Arrow: _arrow,
    Bars: _bars,
    Heat: _heat,
    Text: _text,
    Rule: _rule,
}
