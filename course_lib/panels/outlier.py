"""One movable outlier among six ordinary numbers: the best constants of four losses, and their cost curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_lib import losses
from course_lib.plots import readable
from course_lib.spec import Array
from course_lib.stage import (
    Area,
    Axis,
    Chart,
    Handle,
    Line,
    Panel,
    Points,
    Preset,
    Result,
    Rule,
    Scene,
    Slider,
    Stage,
    Task,
    Text,
)
from course_lib.stage.figure import figure
from course_lib.stage.scene import Dashes, Mark, Role, Shape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Minutes. A seventh wait of ORDINARY makes mean, median and Huber's constant one and the same.
WAITS = (7.0, 8.0, 9.0, 11.0, 12.0, 13.0)
ORDINARY = 10.0
LONGEST = 45.0
TARGET = max(WAITS)
TOLERANCE = 0.15
# Where the cost curves are drawn: wherever the mean can be taken, and a little around.
WINDOW = (5.0, 17.0)


class Look(NamedTuple):
    """How one loss is drawn, everywhere in the panel."""

    loss: str
    name: str
    role: Role
    dashes: Dashes
    shape: Shape


LOOKS = (
    Look("mse", "MSE", "blue", "solid", "circle"),
    Look("mae", "MAE", "vermillion", "dashed", "square"),
    Look("huber", "Huber", "green", "dotted", "triangle"),
    Look("quantile", "quantile", "ink", "dashdot", "cross"),
)


def outlier_mixer(**start: Any) -> Stage:
    """A widget on seven waits, one of them movable: the best constants of MSE, MAE, Huber and quantile move along."""
    return Stage(outlier_mixer_panel(), **start)


def best_constants(values: Array, delta: float, tau: float) -> dict[str, float]:
    """The constant of least mean cost for each loss: mean, median, Huber's, and the lowest τ-quantile.

    Huber's is where the pulls on it, clipped at ±δ, cancel. For an odd number of values each is the only one, except
    the quantile's where τ·n is a whole number.
    """
    # The sum of the pulls is a broken line in the constant, which bends only at the values ± δ.
    bends = np.sort(np.concatenate([values - delta, values + delta]))
    pulls = losses.huber_gradient(*_every_pair(values, bends), delta).sum(axis=1)
    return {
        "mse": float(np.mean(values)),
        "mae": float(np.median(values)),
        "huber": float(np.interp(0.0, pulls, bends)),
        "quantile": float(np.quantile(values, tau, method="inverted_cdf")),
    }


def cost_curves(values: Array, constants: Array, delta: float, tau: float) -> dict[str, Array]:
    """The mean cost of predicting each of the constants, (k,), for all of the values, by loss."""
    y_true, y_pred = _every_pair(values, constants)
    params: dict[str, dict[str, float]] = {"huber": {"delta": delta}, "quantile": {"tau": tau}}
    return {
        look.loss: losses.get(look.loss).function(y_true, y_pred, **params.get(look.loss, {})).mean(axis=1)
        for look in LOOKS
    }


def _every_pair(values: Array, constants: Array) -> tuple[Array, Array]:
    """(values, constants), both (k, n): a row for each constant."""
    y_true, y_pred = np.broadcast_arrays(values, constants[:, None])
    return y_true, y_pred


def outlier_mixer_panel() -> Panel:
    """The panel of `outlier_mixer`."""
    constants = np.linspace(*WINDOW, 61)

    def scene(outlier: float, delta: float, tau: float) -> Scene:
        values = np.array([*WAITS, outlier])
        best = best_constants(values, delta, tau)
        before = best_constants(np.array([*WAITS, ORDINARY]), delta, tau)
        squares = losses.mse(values, np.full(7, best["mse"]))
        share = float(squares[-1] / squares.sum())
        return Scene(
            charts=(
                Chart(
                    "Seven waits, four best constants",
                    Axis("minutes", -1.0, LONGEST + 2),
                    Axis("", -0.6, 4.9, ticks=_rows()),
                    (
                        Rule(x=TARGET, dashes="dotted", text="longest of the six"),
                        Points(WAITS, 4.0, size=8),
                        *_moves(before, best),
                    ),
                    (Handle(outlier, 4.0, "The seventh wait", moves_x="outlier"),),
                ),
                Chart(
                    "Mean cost, each loss on its own scale",
                    Axis("constant, minutes", *WINDOW),
                    Axis("", -0.08, 1.3, ticks=((0.0, "least"), (1.0, "most"))),
                    (*_curves(values, constants, delta, tau, best), *_key()),
                ),
            ),
            says=_words(outlier, delta, tau, best, before, share),
            facts={"outlier": outlier, "best": best, "before": before, "share": share},
            height=310,
        )

    return Panel(
        name="outlier-mixer",
        title="One outlier, four losses",
        scene=scene,
        controls=(
            Slider("outlier", "Seventh wait, minutes", 0.0, LONGEST, default=20.0, step=0.5, table=46),
            Slider("delta", "Huber's δ, minutes", 0.1, 50.0, default=2.0, step=0.1, log=True, table=4),
            Slider("tau", "Quantile τ", 0.05, 0.95, default=0.75, step=0.05, table=3),
        ),
        task=Task(
            id="17-mean-pulled-out",
            text=f"Six callers waited {WAITS[0]:.0f} to {TARGET:.0f} minutes. Find the seventh wait at which MSE's "
            f"best constant reaches {TARGET:.0f}, the longest of the six. Then press Check.",
            check=_mean_pulled_out,
        ),
        presets=(
            Preset("Ordinary wait", {"outlier": ORDINARY}),
            Preset("Far out", {"outlier": LONGEST}),
            Preset("δ small: Huber like MAE", {"delta": 0.1}),
            Preset("δ large: Huber like MSE", {"delta": 50.0}),
        ),
    )


def _rows() -> tuple[tuple[float, str], ...]:
    return ((4.0, "waits"), *((3.0 - row, look.name) for row, look in enumerate(LOOKS)))


def _moves(before: Mapping[str, float], best: Mapping[str, float]) -> list[Mark]:
    """A row for each loss: a ring where its constant stood, a line to where it stands now, and its number."""
    marks: list[Mark] = []
    for row, look in enumerate(LOOKS):
        y, start, now = 3.0 - row, before[look.loss], best[look.loss]
        # Beyond the point, away from the ring; at an end of the chart over the line between the two.
        left = now < start
        over = now < 0.1 * LONGEST if left else now > 0.85 * LONGEST
        right = left != over
        marks += [
            Line([start, now], [y, y], role=look.role, dashes=look.dashes),
            Points([start], [y], role=look.role, shape="ring", size=9),
            Points([now], [y], role=look.role, shape=look.shape, size=12),
            Text(
                now, y, f"{now:.2f}", dx=-14 if right else 14, dy=14 if over else 0, side="right" if right else "left"
            ),
        ]
    return marks


def _curves(values: Array, constants: Array, delta: float, tau: float, best: Mapping[str, float]) -> list[Mark]:
    """The four cost curves, each stretched from its least to the most in view, and a point on its least cost."""
    costs = cost_curves(values, constants, delta, tau)
    least = cost_curves(values, np.array([best[look.loss] for look in LOOKS]), delta, tau)
    marks: list[Mark] = []
    for row, look in enumerate(LOOKS):
        # MSE is in square minutes, the others are in minutes: heights of different curves must not be compared.
        above = costs[look.loss] - least[look.loss][row]
        marks.append(Line(constants, above / above.max(), role=look.role, dashes=look.dashes))
    for look in LOOKS:
        # A high quantile follows the outlier out of the picture.
        if WINDOW[0] <= best[look.loss] <= WINDOW[1]:
            marks.append(Points([best[look.loss]], [0.0], role=look.role, shape=look.shape, size=11))
    return marks


def _key() -> list[Mark]:
    """The curves' names in one row above them."""
    marks: list[Mark] = []
    for row, look in enumerate(LOOKS):
        x = WINDOW[0] + 0.2 + 3 * row
        marks += [
            Line([x, x + 0.8], [1.17, 1.17], role=look.role, dashes=look.dashes),
            Text(x + 0.9, 1.17, look.name),
        ]
    return marks


def _words(
    outlier: float, delta: float, tau: float, best: Mapping[str, float], before: Mapping[str, float], share: float
) -> str:
    names = {"mse": "MSE", "mae": "MAE", "huber": f"Huber (δ = {delta:.3g})", "quantile": f"quantile (τ = {tau:.2g})"}
    now = ", ".join(f"{name} {best[loss]:.2f}" for loss, name in names.items())
    moved = ", ".join(readable(best[loss] - before[loss]) for loss in names)
    return (
        f"Six waits from {WAITS[0]:.0f} to {TARGET:.0f} minutes, the seventh {readable(outlier)}. "
        f"Best constants: {now}. Compared with a seventh wait of {ORDINARY:.0f} they have moved, in this order, by "
        f"{moved}. The seventh wait makes up {100 * share:.0f} % of the squared error around MSE's constant."
    )


def _mean_pulled_out(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    mean, median, outlier = facts["best"]["mse"], facts["best"]["mae"], facts["outlier"]
    here = f"A seventh wait of {readable(outlier)} minutes puts MSE's best constant at {mean:.2f}"
    if abs(mean - TARGET) <= TOLERANCE + 1e-9:
        return Result(
            1,
            f"Yes: {here[0].lower()}{here[1:]}, as long as the longest ordinary wait. MAE's stays at "
            f"{median:.2f}, however far you go on.",
        )
    if mean < TARGET:
        return Result(0, f"{here}: still below {TARGET:.0f}. A seventh of every added minute arrives there; go on.")
    return Result(0, f"{here}: beyond {TARGET:.0f} already. Come back a little.")


# ---------------------------------------------------------------------------------------------------------------------
# Squares as areas
# ---------------------------------------------------------------------------------------------------------------------


def squares_figure(values: ArrayLike, constants: tuple[float, ...], unit: str = "") -> Figure:
    """The squared error of a constant as area: between each value and the constant stands the square of the miss.

    One chart for each of the constants, all to one scale; `unit` names the axis.
    """
    return figure(squares(values, constants, unit))


def squares(values: ArrayLike, constants: tuple[float, ...], unit: str = "") -> Scene:
    """What `squares_figure` draws; the total areas are its facts."""
    points = np.asarray(values, dtype=float)
    totals = [float(losses.mse(points, np.full(points.shape, constant)).sum()) for constant in constants]
    spread = [*points, *constants]
    along = Axis(unit, min(spread) - 1, max(spread) + 1)
    tallest = max(float(np.abs(points - constant).max()) for constant in constants)
    upwards = Axis("", -0.05 * tallest, 1.1 * tallest, ticks=(), visible=False)
    charts = tuple(
        Chart(
            f"Around {readable(constant)}: total area {readable(total)}",
            along,
            upwards,
            (*_squares_on(points, constant), Points(points, 0.0, size=10)),
            equal=True,
        )
        for constant, total in zip(constants, totals, strict=True)
    )
    says = ", ".join(
        f"the squares around {readable(constant)} have a total area of {readable(total)}"
        for constant, total in zip(constants, totals, strict=True)
    )
    return Scene(charts, f"{says[0].upper()}{says[1:]}.", {"areas": totals}, height=330)


def _squares_on(points: Array, constant: float) -> list[Mark]:
    marks: list[Mark] = []
    # The largest first, so that the small ones stay visible on top.
    for place in np.argsort(-np.abs(points - constant)):
        left, right = sorted((float(points[place]), constant))
        side = right - left
        marks.append(Area([left, right], 0.0, side, role="blue", opacity=0.22))
        marks.append(Line([left, left, right, right], [0.0, side, side, 0.0], width=1.6))
        if side >= 3:
            corner = left if points[place] < constant else right
            marks.append(
                Text(corner, side, readable(side * side), dx=4 if corner == left else -4, dy=-10,
                     side="left" if corner == left else "right")
            )  # fmt: skip
    return [*marks, Rule(x=constant, role="vermillion", text=readable(constant))]
