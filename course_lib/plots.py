"""Figures in one style: a catalogue entry in, a matplotlib `Figure` out; `show` puts it into a notebook.

matplotlib is imported when the first figure is made, and pyplot never: no global figure, no global setting changes.
"""

from __future__ import annotations

import base64
import io
import math
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.spec import REALS, Activation, Array, Claims, Kink, Loss

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, BLUE, VERMILLION, GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
QUIET, SHADE = "#6b6b6b", "#ececec"
# Told apart by colour and by dashes; from the fifth on the colours come again with other dashes.
LINES: tuple[tuple[str, Any], ...] = (
    (BLUE, "solid"),
    (VERMILLION, (0, (5, 2))),
    (GREEN, (0, (1, 1.3))),
    (BLACK, (0, (6, 2, 1.3, 2))),
    (BLUE, (0, (3, 1.2))),
    (VERMILLION, (0, (1, 1.3))),
    (GREEN, "solid"),
    (BLACK, (0, (2, 3))),
)
STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.titlelocation": "left",
    "axes.labelsize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.4,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "legend.frameon": False,
}
PIXELS_PER_INCH = 96
# Twice the screen's resolution: crisp on a projector and when zoomed.
RESOLUTION = 2


@contextmanager
def course_style() -> Iterator[None]:
    """matplotlib's defaults plus the course's style, for the length of a `with` block."""
    from matplotlib import style

    with style.context(STYLE, after_reset=True):
        yield


def new_figure(width: float = 9.2, height: float = 3.8) -> Figure:
    """An empty figure of that size in inches, laid out without overlaps; call it inside `course_style()`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as PNG, the same bytes for the same figure on the same machine."""
    from PIL import Image

    raw, buffer = io.BytesIO(), io.BytesIO()
    with course_style():
        figure.savefig(raw, format="png", dpi=PIXELS_PER_INCH * RESOLUTION)
    # A palette of 256 colours takes a third of the bytes; notebooks carry dozens of figures.
    pixels = Image.open(raw).convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE)
    pixels.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def picture(figure: Figure, alt: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The figure as a display bundle: data (image/png in base64, text/plain) and metadata with the alt text.

    ValueError for an empty alt text: a picture without words is lost on those who cannot see it.
    """
    text = " ".join(alt.split())
    if not text:
        raise ValueError("alt is empty; expected one or two sentences that say what the picture shows")
    width = round(figure.get_figwidth() * PIXELS_PER_INCH)
    data = {"image/png": base64.b64encode(png(figure)).decode("ascii"), "text/plain": text}
    return data, {"image/png": {"alt": text, "width": width}}


def show(figure: Figure, *, alt: str) -> None:
    """Display the figure with its alt text in the output's metadata, then forget it; ValueError for an empty alt."""
    from IPython.display import display

    data, metadata = picture(figure, alt)
    display(data, raw=True, metadata=metadata)
    # A figure made by pyplot would be shown a second time at the end of the cell.
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


# ---------------------------------------------------------------------------------------------------------------------
# What is worth marking on a curve
# ---------------------------------------------------------------------------------------------------------------------

SPAN = (-8.0, 8.0)
POINTS = 601
FLAT = 0.01


@dataclass(frozen=True)
class Landmarks:
    """What a picture of an elementwise activation marks.

    Left of `flat_left` and right of `flat_right` the slope stays under 1 % of the largest slope (None: it does not).
    `rises`: nowhere does the curve go down, so that its smallest value is no place of its own.
    """

    steepest: tuple[float, float] | None
    flat_left: float | None
    flat_right: float | None
    minimum: tuple[float, float] | None
    kinks: tuple[Kink, ...]
    rises: bool

    def flat(self, x: float) -> bool:
        """Whether x lies in a saturated tail."""
        left = self.flat_left is not None and x < self.flat_left
        return left or (self.flat_right is not None and x > self.flat_right)


def landmarks(entry: Activation, **params: float) -> Landmarks:
    """The landmarks of an elementwise activation at these parameters; the flat tails are found by bisection."""
    claims = _elementwise_claims(entry, params)
    steepest = None
    if claims.steepest_at is not None and math.isfinite(claims.lipschitz):
        steepest = (claims.steepest_at, _slope_at(entry, claims.steepest_at, params))
    return Landmarks(
        steepest=steepest,
        flat_left=_flat_from(entry, params, claims, -1.0) if "left" in claims.saturates else None,
        flat_right=_flat_from(entry, params, claims, 1.0) if "right" in claims.saturates else None,
        minimum=claims.minimum,
        kinks=claims.kinks,
        rises=claims.monotonic in ("increasing", "non-decreasing"),
    )


def _elementwise_claims(entry: Activation, params: dict[str, float]) -> Claims:
    claims = entry.claims(**params)
    if entry.derivative is None or not isinstance(claims, Claims):
        raise ValueError(f"{entry.name!r} acts on several scores at once; expected an elementwise activation")
    return claims


def _slope_at(entry: Activation, x: float, params: dict[str, float]) -> float:
    assert entry.derivative is not None
    return float(np.asarray(entry.derivative(np.array([x]), **params))[0])


def _flat_from(entry: Activation, params: dict[str, float], claims: Claims, sign: float) -> float | None:
    """Where the slope falls under 1 % of the largest for good, going outwards; None if not within 50 of the origin."""
    if not 0 < claims.lipschitz < math.inf:
        return None
    assert entry.derivative is not None
    threshold = FLAT * claims.lipschitz
    distance = np.linspace(-50.0, 50.0, 4001)
    steep = np.abs(entry.derivative(sign * distance, **params)) >= threshold
    if not steep.any() or steep[-1]:
        return None
    last = int(np.flatnonzero(steep)[-1])
    inside, outside = float(distance[last]), float(distance[last + 1])
    while outside - inside > 1e-9:
        middle = (inside + outside) / 2
        if abs(_slope_at(entry, sign * middle, params)) >= threshold:
            inside = middle
        else:
            outside = middle
    # The bisection stops next to a kink, not on it.
    return sign * round(inside, 8) + 0.0


def activation_curves(
    entry: Activation, span: tuple[float, float] = SPAN, **params: float
) -> tuple[Array, Array, Array]:
    """x, f(x) and f′(x) for drawing, (n,) each; a NaN at each kink lifts the pen where the slope jumps.

    An activation along an axis is drawn for four scores: the first is x, the others stay at 0; f is the first output
    and f′ its derivative with respect to x. A gated unit is drawn over its gate, with the value 1 to let through.
    """
    x = np.linspace(*span, POINTS)
    if entry.jacobian is not None:
        scores = np.zeros((POINTS, 4))
        scores[:, 0] = x
        return x, entry.function(scores, **params)[..., 0], entry.jacobian(scores, **params)[..., 0, 0]
    if entry.pullback is not None:
        pair = np.stack([np.ones(POINTS), x], axis=-1)
        slope = entry.pullback(pair, np.ones((POINTS, 1)), **params)[..., 1]
        return x, entry.function(pair, **params)[..., 0], slope
    assert entry.derivative is not None
    at = [k.at for k in _elementwise_claims(entry, params).kinks if span[0] < k.at < span[1]]
    # Evaluate a hair's breadth beside each kink, and leave a gap on it.
    beside = [side for k in at for side in (k - 1e-9, k + 1e-9)]
    x = np.unique(np.concatenate([x, beside, at]))
    gap = np.isin(x, at)
    value, slope = entry.function(x, **params), entry.derivative(x, **params)
    return x, np.where(gap, np.nan, value), np.where(gap, np.nan, slope)


def visible_range(*curves: tuple[Array, Array]) -> tuple[float, float]:
    """A range for the second axis that holds 0 and the inner nine tenths of the curves (x, y); ±∞ at an end is cut."""
    low = high = lowest = highest = 0.0
    for x, y in curves:
        edge = 0.05 * (x[-1] - x[0])
        finite = np.isfinite(y)
        inner = y[finite & (x >= x[0] + edge) & (x <= x[-1] - edge)]
        low, high = min(low, float(inner.min(initial=0))), max(high, float(inner.max(initial=0)))
        lowest, highest = min(lowest, float(y[finite].min())), max(highest, float(y[finite].max()))
    # An ordinary curve is shown whole; one that shoots up at the end is cut.
    reach = 0.5 * (high - low or 1.0)
    low, high = max(low - reach, lowest), min(high + reach, highest)
    margin = 0.08 * (high - low or 1.0)
    return low - margin, high + margin


@dataclass(frozen=True)
class LossCurve:
    """A loss along one number that the model controls, for one target: `x`, value and gradient, (n,) each."""

    x: Array
    value: Array
    gradient: Array
    target: float
    label: str
    axis: str


def loss_curves(entry: Loss, span: tuple[float, float] | None = None, **params: float) -> tuple[LossCurve, ...]:
    """The curves that a picture of a loss shows: one for a value (y = 0, or 1 if 0 is no target), else one per label.

    Over classes the first of three logits (or probabilities, the rest shared) is x, and the gradient is with respect
    to it: once for the true class, once for another one.
    """
    low, high = span if span is not None else _loss_span(entry, params)
    return tuple(_with_gaps(entry, low, high, target, params) for target in _targets(entry, params))


def _with_gaps(entry: Loss, low: float, high: float, target: float, params: dict[str, float]) -> LossCurve:
    """The curve of one target; a NaN lifts the pen where the gradient jumps."""
    jumps = [kink.at for kink in entry.claims(**params).kinks if kink.left != kink.right]
    # Kinks are claimed in the margin y·score for labels ±1, in the residual otherwise.
    at = [jump * target if entry.target == "sign" else jump + target for jump in jumps]
    at = [place for place in at if low < place < high]
    beside = [side for place in at for side in (place - 1e-9, place + 1e-9)]
    x = np.unique(np.concatenate([np.linspace(low, high, POINTS), beside, at]))
    curve = loss_at(entry, x, target, **params)
    return replace(curve, gradient=np.where(np.isin(x, at), np.nan, curve.gradient))


def loss_at(entry: Loss, x: Array, target: float, **params: float) -> LossCurve:
    """The loss and its gradient at the predictions x for one target; over classes `target` is 1 (true class) or 0.

    ValueError for a loss of whole vectors, masks or sequences, which no single number describes.
    """
    if entry.prediction in ("vectors", "mask", "frames"):
        raise ValueError(f"{entry.name!r} compares {entry.prediction}; expected a loss that is drawn over one number")
    if not entry.over_classes:
        y_pred, y = x, np.full(x.shape, target)
    else:
        k = 3
        rest = (1 - x) / (k - 1) if entry.prediction == "probabilities" else np.zeros_like(x)
        y_pred = np.stack([x, *[rest] * (k - 1)], axis=-1)
        label = 0 if target else 1
        y = np.full(x.size, label) if entry.target == "label" else np.tile(np.eye(k)[label], (x.size, 1))
    # A variance of 1; the first class weighs twice as much as the others.
    third = {"positive value": [np.ones_like(x)], "class weights": [np.array([2.0, 1.0, 1.0])]}.get(
        entry.third or "", []
    )

    def both(y: Array, y_pred: Array) -> tuple[Array, Array]:
        gradient = entry.gradient(y, y_pred, *third, **params)
        if entry.gradient_for:
            gradient = gradient[entry.gradient_for.index(entry.inputs[1])]
        return entry.function(y, y_pred, *third, **params), gradient

    if entry.per == "batch":
        # One value for a whole batch: draw batches of one.
        pairs = [both(y[i : i + 1], y_pred[i : i + 1]) for i in range(len(x))]
        value, gradient = np.array([one for one, _ in pairs]), np.concatenate([slope for _, slope in pairs])
    else:
        value, gradient = both(y, y_pred)
    if entry.over_classes:
        gradient = gradient[..., 0]
    return LossCurve(x, value, gradient, target, _target_label(entry, target), _loss_axis(entry, target))


def _targets(entry: Loss, params: dict[str, float]) -> tuple[float, ...]:
    if entry.target == "value":
        # Only a loss of the residual is the same for every target.
        return (0.0,) if entry.claims(**params).target == REALS else (1.0,)
    return (1.0, -1.0) if entry.target == "sign" else (1.0, 0.0)


def _target_label(entry: Loss, target: float) -> str:
    if entry.over_classes:
        return "this class is true" if target else "another class is true"
    return f"y = {target:+g}".replace("-", "−") if entry.target == "sign" else f"y = {target:g}"


def _loss_axis(entry: Loss, target: float) -> str:
    return {
        "value": "residual  ŷ − y" if target == 0 else "prediction  ŷ",
        "probability": "predicted probability  p",
        "logit": "logit  z",
        "probabilities": "predicted probability of this class  p",
        "logits": "logit of this class  z",
    }.get(entry.prediction, entry.prediction)


def _loss_span(entry: Loss, params: dict[str, float]) -> tuple[float, float]:
    if entry.prediction in ("probability", "probabilities"):
        return 0.0, 1.0
    domain = entry.claims(**params).prediction
    # A hair inside an open end, where the loss may be infinite.
    low = -4.0 if math.isinf(domain.low) else domain.low + (0.0 if domain.low_closed else 0.001)
    high = 4.0 if math.isinf(domain.high) else domain.high - (0.0 if domain.high_closed else 0.001)
    return (1.5 * low, 1.5 * high) if entry.prediction in ("logit", "logits") else (low, high)


# ---------------------------------------------------------------------------------------------------------------------
# Figures
# ---------------------------------------------------------------------------------------------------------------------


def curve_and_derivative(
    entry: Activation | Loss, *, span: tuple[float, float] | None = None, **params: float
) -> Figure:
    """Function and derivative (loss and gradient) side by side over `span`, landmarks marked."""
    with course_style():
        figure = new_figure()
        left, right = figure.subplots(1, 2)
        if isinstance(entry, Loss):
            _draw_loss(left, right, entry, span, params)
        else:
            _draw_activation(left, right, entry, span or SPAN, params)
    return figure


def compare(*entries: Activation | Loss, span: tuple[float, float] | None = None, derivative: bool = True) -> Figure:
    """Several activations, or several losses of one kind of prediction, on the same axes; derivatives beside them.

    Losses are drawn for the label 1 (for values, for the target 0). ValueError for fewer than two entries, for more
    than eight, or for entries that do not share an axis.
    """
    if not 2 <= len(entries) <= len(LINES):
        raise ValueError(f"compare takes 2 to {len(LINES)} entries, got {len(entries)}")
    kinds = {entry.prediction if isinstance(entry, Loss) else "activation" for entry in entries}
    if len(kinds) > 1:
        raise ValueError(f"compare needs entries with the same axis, got {', '.join(sorted(kinds))}; draw them apart")
    with course_style():
        figure = new_figure(9.2 if derivative else 6.4)
        panels: Sequence[Axes] = figure.subplots(1, 2 if derivative else 1, squeeze=False)[0]
        curves = [_first_curves(entry, span) for entry in entries]
        loss = isinstance(entries[0], Loss)
        for index, axes in enumerate(panels):
            for entry, (x, *ys, _), (colour, dashes) in zip(entries, curves, LINES, strict=False):
                axes.plot(x, ys[index], color=colour, linestyle=dashes, label=entry.title)
            _dress(axes, ("Loss", "Gradient")[index] if loss else ("Function", "Derivative")[index], curves[0][-1])
            _limit(axes, *((x, ys[index]) for x, *ys, _ in curves))
        name_lines(panels[-1])
    return figure


def lines(x: ArrayLike, curves: Mapping[str, ArrayLike], *, x_label: str, y_label: str) -> Figure:
    """Several curves over the same x, (n,) each, named by their keys: for a lesson's own measurements.

    ValueError for no curve, for more than eight (they could no longer be told apart), or for lengths that differ.
    """
    if not 1 <= len(curves) <= len(LINES):
        raise ValueError(f"lines takes 1 to {len(LINES)} curves, got {len(curves)}; split them over two figures")
    across = np.asarray(x, dtype=float)
    heights = {name: np.asarray(y, dtype=float) for name, y in curves.items()}
    for name, height in heights.items():
        if height.shape != across.shape:
            raise ValueError(f"curve {name!r} has shape {height.shape}, expected that of x, {across.shape}")
    with course_style():
        figure = new_figure(7.6)
        axes = figure.subplots()
        for (name, height), (colour, dashes) in zip(heights.items(), LINES, strict=False):
            axes.plot(across, height, color=colour, linestyle=dashes, label=name)
        _dress(axes, "", x_label)
        axes.set_ylabel(y_label)
        _limit(axes, *((across, height) for height in heights.values()))
        if len(curves) > 1:
            name_lines(axes)
    return figure


def _first_curves(entry: Activation | Loss, span: tuple[float, float] | None) -> tuple[Array, Array, Array, str]:
    if isinstance(entry, Loss):
        curve = loss_curves(entry, span)[0]
        return curve.x, curve.value, curve.gradient, curve.axis
    return *activation_curves(entry, span or SPAN), "score  x"


def _draw_activation(
    left: Axes, right: Axes, entry: Activation, span: tuple[float, float], params: dict[str, float]
) -> None:
    x, value, slope = activation_curves(entry, span, **params)
    axis = "score  x" if entry.elementwise else "first score  x  (three others at 0)"
    axis = "gate  x  (value 1)" if entry.gated else axis
    marks = landmarks(entry, **params) if entry.elementwise else None
    if marks is not None:
        _shade_flat(left, right, marks, span)
    left.plot(x, value, color=BLUE)
    right.plot(x, slope, color=VERMILLION)
    _dress(left, f"{entry.title}  f(x)", axis)
    _dress(right, "Derivative  f′(x)", axis)
    _limit(left, (x, value))
    _limit(right, (x, slope))
    if marks is not None:
        _mark(left, right, entry, marks, span, params)


def _shade_flat(left: Axes, right: Axes, marks: Landmarks, span: tuple[float, float]) -> None:
    shaded = []
    if marks.flat_left is not None and marks.flat_left > span[0]:
        shaded.append((span[0], marks.flat_left))
    if marks.flat_right is not None and marks.flat_right < span[1]:
        shaded.append((marks.flat_right, span[1]))
    for axes in (left, right):
        for start, end in shaded:
            axes.axvspan(start, end, color=SHADE, linewidth=0, zorder=0)
    if shaded:
        edges = " and ".join(
            f"x < {readable(end)}" if start == span[0] else f"x > {readable(start)}" for start, end in shaded
        )
        note = f"shaded: slope under 1 % of its largest ({edges})"
        right.figure.supxlabel(note, fontsize=12, color="#333333")


def _mark(
    left: Axes, right: Axes, entry: Activation, marks: Landmarks, span: tuple[float, float], params: dict[str, float]
) -> None:
    for kink in marks.kinks:
        if span[0] < kink.at < span[1]:
            value = float(np.asarray(entry.function(np.array([kink.at]), **params))[0])
            left.plot([kink.at], [value], "o", color=BLACK, markersize=6)
            finite = [side for side in (kink.left, kink.right) if math.isfinite(side)]
            right.plot([kink.at] * len(finite), finite, "o", color=VERMILLION, markerfacecolor="white", markersize=7)
            right.plot([kink.at], [kink.returned], "o", color=VERMILLION, markersize=7)
    if marks.minimum is not None and span[0] < marks.minimum[0] < span[1] and not marks.kinks:
        x, y = marks.minimum
        if not marks.rises:
            left.plot([x], [y], "v", color=BLACK, markersize=8)
            _name_point(left, x, y, f"minimum {readable(y)} at x = {readable(x)}", below=True)
    if marks.steepest is not None and span[0] < marks.steepest[0] < span[1] and not marks.kinks:
        x, slope = marks.steepest
        right.plot([x], [slope], "o", color=BLACK, markersize=7)
        _name_point(right, x, slope, f"largest slope {readable(slope)} at x = {readable(x)}", below=slope < 0)


def _name_point(axes: Axes, x: float, y: float, text: str, below: bool) -> None:
    """Words above or below a highest or lowest point, with room made for them."""
    low, high = axes.get_ylim()
    room = 0.12 * (high - low)
    axes.set_ylim(low - room if below else low, high if below else high + room)
    offset, side = (-10, "top") if below else (10, "bottom")
    axes.annotate(
        text, (x, y), xytext=(0, offset), textcoords="offset points", ha="center", va=side, fontsize=12
    )  # fmt: skip


def _draw_loss(
    left: Axes, right: Axes, entry: Loss, span: tuple[float, float] | None, params: dict[str, float]
) -> None:
    curves = loss_curves(entry, span, **params)
    for curve, (colour, dashes) in zip(curves, LINES, strict=False):
        left.plot(curve.x, curve.value, color=colour, linestyle=dashes, label=curve.label)
        # One curve: blue is the function and vermillion its slope; two curves: the colour is the label.
        slope_colour = colour if len(curves) > 1 else VERMILLION
        right.plot(curve.x, curve.gradient, color=slope_colour, linestyle=dashes, label=curve.label)
    _dress(left, entry.title, curves[0].axis)
    symbol = {"value": "ŷ", "probability": "p", "logit": "z", "probabilities": "p", "logits": "z"}[entry.prediction]
    _dress(right, f"Gradient  ∂ℓ/∂{symbol}", curves[0].axis)
    _limit(left, *((curve.x, curve.value) for curve in curves))
    _limit(right, *((curve.x, curve.gradient) for curve in curves))
    if len(curves) > 1:
        name_lines(right)


def _dress(axes: Axes, title: str, axis: str) -> None:
    axes.set_title("\n".join(textwrap.wrap(title, 32)))
    axes.set_xlabel(axis)
    axes.axhline(0, color=QUIET, linewidth=0.9, zorder=1)
    axes.axvline(0, color=QUIET, linewidth=0.9, zorder=1)


def _limit(axes: Axes, *curves: tuple[Array, Array]) -> None:
    """Limits and calm ticks for these curves (x, y)."""
    from matplotlib.ticker import MaxNLocator

    x = curves[0][0]
    axes.set_xlim(float(x[0]), float(x[-1]))
    axes.set_ylim(*visible_range(*curves))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))


def name_lines(axes: Axes) -> None:
    """A key right of the panel, in the order in which the lines end there."""
    lines = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]

    def height(line: Any) -> float:
        finite = np.asarray(line.get_ydata(), dtype=float)
        finite = finite[np.isfinite(finite)]
        return float(finite[-1])

    ordered = sorted(lines, key=height, reverse=True)
    axes.legend(handles=ordered, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=2.6, fontsize=12)


def readable(number: float, digits: int = 2) -> str:
    """A number for people: at most `digits` decimals, a power of ten where it is tiny or huge, a true minus sign."""
    if math.isnan(number):
        return "undefined"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    number += 0.0  # a zero without a sign
    if number == 0 or 10.0**-digits <= abs(number) < 10_000:
        text = f"{number:.{digits}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
    mantissa, exponent = f"{number:.1e}".split("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}·10{power}".replace("-", "−")
