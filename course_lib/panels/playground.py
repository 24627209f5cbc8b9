"""The playground: a small network trained live on points in the plane, with every part of it to choose."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any

from course_lib import activations, losses
from course_lib.panels.playground_picture import (
    course_chart,
    drawn_points,
    layers_chart,
    pen,
    percent,
    plane_chart,
    surface_chart,
    words,
)
from course_lib.panels.playground_training import (
    MOST_STEPS,
    Look,
    Refusal,
    Settings,
    Trainer,
    fetch,
    fit,
    rest,
    sample,
)
from course_lib.stage import (
    Action,
    Axis,
    Chart,
    Choice,
    Memo,
    Panel,
    Preset,
    Result,
    Scene,
    Slider,
    Stage,
    Task,
    Text,
)
from course_lib.stage.panel import Control, Params
from course_lib.training import one_thread

DATA = {
    "circle": "disc in a ring",
    "xor": "XOR",
    "gaussians": "two clouds",
    "spirals": "two spirals",
    "clicked": "your own points",
    "plane": "a plane of numbers",
    "outliers": "the plane, with outliers",
    "counts": "counts",
}
OPTIMISERS = {"sgd": "SGD (plain)", "momentum": "SGD with momentum 0.9", "adam": "Adam"}
STARTS = {
    "zeros": "all zero",
    "small": "small (std 0.01)",
    "xavier": "Xavier",
    "he": "He",
    "large": "too large (std 3)",
}
UNITS = (1, 2, 3, 4, 6, 8, 12, 16)
MOST_CLICKED = 200
DEEPER = {1: (1, 2, 3), 2: (2, 3), 3: (3,)}
# Seconds of training between two pictures where as many steps as fit are asked for: with the time for the picture
# itself that leaves more than 30 pictures a second.
BUDGET = 0.015
AS_MANY_AS_FIT = 0
# Points to begin with, so that the picture is not empty.
CLICKED = [[-0.7, 0.7, 1], [-0.5, 0.5, 1], [0.7, -0.6, 1], [0.5, -0.8, 1],
           [-0.6, -0.6, 0], [-0.8, -0.4, 0], [0.6, 0.7, 0], [0.8, 0.5, 0]]  # fmt: skip
# The task.
GOAL, GOAL_STEPS, GOAL_RATE = 0.05, 300, 0.3
HEIGHT = 320


def playground(**start: Any) -> Stage:
    """A widget that trains a small network live: data, layers, loss, optimiser and first weights to choose.

    playground(data="spirals", layers=2, activation1="relu"): `start` gives first values of the controls.
    """
    return Stage(playground_panel(), **start)


def playground_panel() -> Panel:
    """The panel of `playground`."""
    deep = {"data": "spirals", "loss": BCE, "layers": 3, **_same("sigmoid", 8)}
    plain = {"optimiser": "sgd", "seed": 0}
    outliers = {"data": "outliers", "layers": 1, **_same("tanh", 8), **plain, "optimiser": "adam", "rate": 0.03}
    return Panel(
        name="playground",
        title="Playground: a network that learns before your eyes",
        scene=_scene,
        controls=_controls(),
        task=Task(
            id="30-rescue-the-spirals",
            text=f"Two spirals, plain SGD at rate {GOAL_RATE}, at most {GOAL_STEPS} steps: bring the share of wrong "
            f"answers on the held-out points under {100 * GOAL:.0f} %. The preset “Deep sigmoid” is where to start: "
            "it fails. What in the network has to change? Train, then press Check.",
            check=_check,
        ),
        presets=(
            Preset("Deep sigmoid", {**deep, **plain, "rate": GOAL_RATE, "init": "xavier"}),
            Preset("No bend on XOR", {"data": "xor", "loss": BCE, "layers": 2, **_same("identity", 8), **plain,
                                      "rate": 1.0, "init": "xavier"}),
            Preset("All weights zero", {"data": "circle", "loss": BCE, "layers": 2, **_same("tanh", 8), **plain,
                                        "rate": 1.0, "init": "zeros"}),
            Preset("ReLUs die", {"data": "circle", "loss": BCE, "layers": 2, **_same("relu", 8), **plain,
                                 "rate": 10.0, "init": "he"}),
            Preset("Squares on a sigmoid stall", {"data": "gaussians", "loss": "half_squared_error", "layers": 1,
                                                  **_same("identity", 8), **plain, "rate": 1.0, "init": "large",
                                                  "seed": 2}),
            Preset("Hinge", {"data": "circle", "loss": "hinge", "layers": 1, **_same("tanh", 8), **plain,
                             "rate": 0.5, "init": "xavier"}),
            Preset("Outliers: squares", {**outliers, "loss": "mse", "init": "xavier"}),
            Preset("Outliers: Huber", {**outliers, "loss": "huber", "init": "xavier"}),
            Preset("Rate too large", {"data": "plane", "loss": "mse", "layers": 2, **_same("identity", 8), **plain,
                                      "rate": 3.0, "init": "xavier"}),
        ),
        actions=(
            Action("Back to step 0", lambda params: {"trained": []}),
            Action("Add a point", _add),
            Action("Clear points", lambda params: {"data": "clicked", "points": [], "trained": []}),
        ),
        run=run,
        record=record,
        begin={"trained": []},
        restarts=frozenset(
            {"data", "points", "layers", "loss", "optimiser", "init", "seed", "trained"}
            | {f"{what}{layer}" for what in ("activation", "units") for layer in DEEPER}
        ),
        open_groups=frozenset({NETWORK}),
        click=_click,
    )  # fmt: skip


BCE = "binary_cross_entropy_with_logits"
NETWORK = "Network"


def _same(activation: str, units: int) -> dict[str, Any]:
    return {f"{what}{layer}": value for layer in DEEPER for what, value in _layer(activation, units)}


def _layer(activation: str, units: int) -> tuple[tuple[str, Any], ...]:
    return (("activation", activation), ("units", units))


def _controls() -> tuple[Control, ...]:
    network, training = NETWORK, "Optimiser, first weights, speed"
    known = tuple((entry.name, entry.title) for entry in activations.CATALOGUE.values())
    layers: list[Control] = [
        Choice("layers", "Hidden layers", tuple((n, str(n)) for n in DEEPER), default=1, group=network)
    ]
    for layer, when in DEEPER.items():
        layers += [
            Choice(f"activation{layer}", f"Layer {layer}", known, "tanh", group=network, when=("layers", when)),
            Choice(
                f"units{layer}",
                "units",
                tuple((n, str(n)) for n in UNITS),
                4 if layer == 1 else 8,
                group=network,
                when=("layers", when),
            ),
        ]
    return (
        Choice("data", "Data", tuple(DATA.items()), default="circle"),
        Choice("pen", "A click adds class", ((1, "1 (circle)"), (0, "0 (square)")), 1, when=("data", ("clicked",))),
        Choice("loss", "Loss", tuple((entry.name, entry.title) for entry in losses.CATALOGUE.values()), BCE),
        Slider("rate", "Learning rate", 0.001, 30.0, default=1.0, step=0.001, log=True),
        *layers,
        Choice("optimiser", "Optimiser", tuple(OPTIMISERS.items()), "sgd", group=training),
        Choice("init", "First weights", tuple(STARTS.items()), "xavier", group=training),
        Slider("seed", "Seed of the first weights", 0, 99, default=0, step=1, group=training),
        Choice("pace", "Steps for each picture", ((1, "1"), (10, "10"), (AS_MANY_AS_FIT, "as many as fit")), 10,
               group=training),
        Slider("pen_x", "Next point, x₁", -1.2, 1.2, default=0.0, step=0.05, shown=False),
        Slider("pen_y", "Next point, x₂", -1.2, 1.2, default=0.0, step=0.05, shown=False),
        Memo("points", CLICKED),
        # Up to which step the network was trained at which rate: [[100, 1.0]].
        Memo("trained", [[100, 1.0]]),
    )  # fmt: skip


# From controls to a network -----------------------------------------------------------------------------------------


def settings(params: Mapping[str, Any]) -> Settings:
    """What decides the run at these parameters; ValueError where the clicked points are no such list."""
    points = clicked(params)
    return Settings(
        data=params["data"],
        points=points if params["data"] == "clicked" else (),
        layers=tuple(
            (params[f"activation{layer}"], int(params[f"units{layer}"])) for layer in range(1, params["layers"] + 1)
        ),
        loss=params["loss"],
        optimiser=params["optimiser"],
        init=params["init"],
        seed=int(params["seed"]),
    )


def clicked(params: Mapping[str, Any]) -> tuple[tuple[float, float, int], ...]:
    """One's own points: x₁, x₂ and the class of each; ValueError where that is no such list."""
    try:
        found = tuple((float(x), float(y), int(label)) for x, y, label in params["points"])
    except (TypeError, ValueError):
        # Refused below, in words that say what is expected.
        found = ((math.nan, math.nan, 0),)
    if not all(math.isfinite(x + y) and label in (0, 1) for x, y, label in found):
        raise ValueError(
            f"points={params['points']!r:.80} must be [[x1, x2, class], …] with two numbers and the class 0 or 1 of "
            "each point, such as [[0.5, -0.5, 1]]"
        )
    return found


def past(params: Mapping[str, Any]) -> tuple[tuple[int, float], ...]:
    """Until which step at which rate the network was trained; ValueError where that is no such list."""
    try:
        found = tuple((int(until), float(rate)) for until, rate in params["trained"])
    except (TypeError, ValueError):
        # Refused below, in words that say what is expected.
        found = ((0, math.nan),)
    steps = [0, *(until for until, _ in found)]
    if steps != sorted(set(steps)) or steps[-1] > MOST_STEPS or not all(0 < rate < math.inf for _, rate in found):
        raise ValueError(
            f"trained={params['trained']} must be [[step, rate], …] with rising steps from 1 to {MOST_STEPS} and "
            "positive rates, such as [[100, 1.0]]"
        )
    return found


def refused(params: Mapping[str, Any]) -> str:
    """Why there is nothing to train at these parameters; "" where there is."""
    points = sample(params["data"], settings(params).points)
    if not len(points.y):
        return "There are no points yet. Click the picture, or move the large dot and press “Add a point”."
    loss = losses.get(params["loss"])
    found = fit(loss, points)
    if not isinstance(found, Refusal):
        return ""
    return f"{loss.title} does not fit these data. {found.reason} Choose another loss, or other data."


def run(params: Params) -> Iterator[Scene]:
    """Pictures of the training as it goes on from where the parameters are; the rate may change on the way."""
    if refused(params):
        return
    trainer = fetch(settings(params), past(params))
    try:
        while not trainer.ended:
            with one_thread():
                _advance(trainer, params["rate"], params["pace"])
                picture = _picture(params, trainer)
            yield picture
    finally:
        rest(trainer)


def record(params: Params) -> Iterator[Scene]:
    """A hundred pictures of ten steps each from the first weights on, whatever the clock says."""
    if refused(params):
        return
    trainer = Trainer(settings(params))
    for _ in range(100):
        for _ in range(10):
            trainer.advance(params["rate"])
        yield _picture(params, trainer)
        if trainer.ended:
            return


def _advance(trainer: Trainer, rate: float, pace: int) -> None:
    end = perf_counter() + BUDGET
    for _ in range(pace or MOST_STEPS):
        trainer.advance(rate)
        if trainer.ended or perf_counter() > end:
            return


# The picture --------------------------------------------------------------------------------------------------------


def _scene(**params: Any) -> Scene:
    reason = refused(params)
    if reason:
        return _refusal(params, reason)
    trainer = fetch(settings(params), past(params))
    try:
        return _picture(params, trainer)
    finally:
        rest(trainer)


def _refusal(params: Params, reason: str) -> Scene:
    points = sample(params["data"], settings(params).points)
    nothing = Text(0.5, 0.5, "nothing to train:\nthe words below say why", side="centre")
    empty = tuple(
        Chart(title, Axis("", 0, 1, ticks=()), Axis("", 0, 1, ticks=()), (nothing,))
        for title in ("Loss", "Gradient length, units")
    )
    surface = plane_chart("The data", points, tuple(drawn_points(points)), pen(params))
    return Scene((surface, *empty), says=reason, facts={"refused": reason, "step": 0}, columns=3, height=HEIGHT)


def _picture(params: Mapping[str, Any], trainer: Trainer) -> Scene:
    look = trainer.look()
    facts = _facts(trainer, look)
    return Scene(
        charts=(
            surface_chart(params, trainer, look.record),
            course_chart(trainer, look.record),
            layers_chart(look),
        ),
        says=words(trainer, look),
        facts=facts,
        columns=3,
        height=HEIGHT,
        moves={"trained": [list(part) for part in trainer.past]},
    )


def _facts(trainer: Trainer, look: Look) -> dict[str, Any]:
    reached = [record.step for record in trainer.records if record.held_miss < GOAL]
    return {
        "refused": "",
        "step": trainer.step,
        "data": trainer.settings.data,
        "optimiser": trainer.settings.optimiser,
        "activations": tuple(name for name, _ in trainer.settings.layers),
        "rates": tuple(rate for _, rate in trainer.past),
        "record": look.record,
        "gradient_norms": look.gradient_norms,
        "units": look.units,
        "diverged": trainer.diverged,
        "reached": reached[0] if reached else None,
        "best": min((record.held_miss for record in trainer.records), default=math.nan),
    }


# What the learner does ------------------------------------------------------------------------------------------------


def _click(params: Params, chart: int, x: float, y: float) -> Params:
    """A click on the picture of one's own points adds one."""
    if chart != 0 or params["data"] != "clicked":
        return {}
    return _with_point(params, x, y)


def _add(params: Params) -> Params:
    """A point where the pen stands; from other data this leads to one's own points first."""
    if params["data"] != "clicked":
        return {"data": "clicked", "trained": []}
    return _with_point(params, params["pen_x"], params["pen_y"])


def _with_point(params: Params, x: float, y: float) -> Params:
    reach = sample("clicked").reach
    place = [round(min(max(value, -reach), reach), 3) for value in (x, y)]
    points = [*params["points"], [*place, params["pen"]]]
    if len(points) > MOST_CLICKED:
        raise ValueError(f"{MOST_CLICKED} points are the most; press “Clear points” to begin again")
    return {"points": points}


def _check(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    if facts["refused"]:
        return Result(0, facts["refused"])
    if facts["data"] != "spirals":
        return Result(0, "Choose the two spirals as data first, or press “Deep sigmoid”.")
    if facts["optimiser"] != "sgd":
        return Result(0, "The task is for plain SGD: Adam and momentum would hide what is wrong with the network.")
    if any(rate != GOAL_RATE for rate in facts["rates"]):
        return Result(0, f"The task is for the learning rate {GOAL_RATE}, from the first step on.")
    reached, step = facts["reached"], facts["step"]
    if reached is not None and reached <= GOAL_STEPS:
        return Result(
            1,
            f"Yes: under {100 * GOAL:.0f} % wrong after {reached} steps. Activation, depth and first weights decided "
            "it together, at the same rate and with the same optimiser.",
        )
    best = f"At best {percent(facts['best'])} of the held-out points were wrong"
    if step < GOAL_STEPS:
        return Result(0, f"{best} so far, after {step} steps. Train on to step {GOAL_STEPS}.")
    return Result(0, f"{best} in {step} steps. {_advice(facts)}")


def _advice(facts: Mapping[str, Any]) -> str:
    """Where to look next: what the picture of the gradients and the units says about this network."""
    if "sigmoid" in facts["activations"]:
        return "Every sigmoid passes back at most a quarter of the gradient. Which activation has a larger slope?"
    if any(layer.dead == layer.total for layer in facts["units"]):
        return "A whole layer is dead. Try another seed or more units."
    if len(facts["activations"]) == 1:
        return "One hidden layer bends the boundary too slowly at this rate. Try a deeper network."
    return "The gradients are small from the first step on. Which first weights keep the signal's size?"
