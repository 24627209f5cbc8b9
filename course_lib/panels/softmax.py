"""Scores become shares: bars to drag, a common shift, a temperature, two classes or three, and the simplex."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lib.activations import sigmoid, softmax
from course_lib.plots import readable
from course_lib.spec import Array
from course_lib.stage import (
    Axis,
    Bars,
    Chart,
    Choice,
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
    Track,
)
from course_lib.stage.scene import Dashes, Mark, Role, Side

NAMES = ("cat", "dog", "owl")
ROLES: tuple[Role, ...] = ("blue", "vermillion", "green")
DASHES: tuple[Dashes, ...] = ("solid", "dashed", "dotted")
TARGET = np.array([0.6, 0.3, 0.1])
TOLERANCE = 0.01
REACH, FURTHEST_SHIFT = 3.0, 3.0
COLDEST, HOTTEST = 0.1, 10.0
TEMPERATURES = np.geomspace(COLDEST, HOTTEST, 61)
# Room above and below for the numbers.
SCORE = Axis("score", -8.5, 8.5, ticks=((-6, "−6"), (-3, "−3"), (0, "0"), (3, "3"), (6, "6")))
SHARE = Axis("share", 0.0, 1.2, ticks=tuple((fifth / 5, f"{fifth / 5:.1f}") for fifth in range(6)))
# The corners of the simplex, one class each: left, right, top.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(0.75)]])


def softmax_shares(**start: Any) -> Stage:
    """A widget on the softmax of three scores (or two): drag the scores, shift them all, change the temperature.

    softmax_shares(cat=2, dog=1, owl=0, temperature=0.1): `start` gives first values of the controls.
    """
    return Stage(softmax_shares_panel(), **start)


def softmax_shares_panel() -> Panel:
    """The panel of `softmax_shares`."""
    return Panel(
        name="softmax-shares",
        title="Scores become shares",
        scene=_scene,
        controls=(
            *(
                Slider(name, f"Score of {name}", -REACH, REACH, default, step=0.05, table=4, shown=False)
                for name, default in zip(NAMES, (2.0, 1.0, 0.0), strict=True)
            ),
            Slider("shift", "Added to every score", -FURTHEST_SHIFT, FURTHEST_SHIFT, default=0.0, step=0.1, table=3),
            Slider("temperature", "Temperature T", COLDEST, HOTTEST, default=1.0, step=0.01, log=True, table=3),
            Choice("classes", "Classes", ((3, "three: cat, dog, owl"), (2, "two: cat, dog")), default=3),
        ),
        task=Task(
            id="11-softmax-target",
            text="Drag the scores until cat has 60 %, dog 30 % and owl 10 %, each to within one percentage point. "
            "Then press Check.",
            check=_check,
        ),
        presets=(
            Preset("Shift by 3", {"shift": 3.0}),
            Preset("T = 0.1", {"temperature": 0.1}),
            Preset("T = 10", {"temperature": 10.0}),
            Preset("Two classes", {"classes": 2}),
            Preset("Equal scores", {"cat": 1.0, "dog": 1.0, "owl": 1.0}),
        ),
    )


def _scene(cat: float, dog: float, owl: float, shift: float, temperature: float, classes: int) -> Scene:
    own = np.array([cat, dog, owl])[:classes]
    scores = own + shift
    shares = softmax(scores / temperature)
    paths = softmax(scores / TEMPERATURES[:, None])
    third = _simplex(shares, paths) if classes == 3 else _sigmoid_chart((cat - dog) / temperature)
    return Scene(
        charts=(
            _scores_chart(own, shift),
            _shares_chart(shares),
            third,
            _temperature_chart(paths, shares, temperature),
        ),
        says=_words(scores, shift, temperature, shares),
        facts={"scores": scores, "shares": shares, "temperature": temperature},
        height=225,
    )


def _names_axis(classes: int) -> Axis:
    return Axis("", -0.6, classes - 0.4, ticks=tuple(enumerate(NAMES[:classes])))


def _bars(heights: Array) -> list[Mark]:
    """One bar a class, each in the class's colour; its name stands below it."""
    return [Bars([i], [height], role=ROLES[i], width=0.6) for i, height in enumerate(heights)]


def _scores_chart(own: Array, shift: float) -> Chart:
    # The dashed line is where a score of 0 has been shifted to.
    moved = [Rule(y=shift, text=f"shift {_signed(shift)}")] if shift else []
    ends = np.array([-REACH, REACH])
    handles = tuple(
        Handle(i, score + shift, f"Score of {name}", moves_x=name, track=Track(ends, [i, i], ends + shift))
        for i, (name, score) in enumerate(zip(NAMES, own, strict=False))
    )
    numbers = [
        Text(i, score + shift, _signed(score + shift), side="centre", dy=26 if score + shift >= 0 else -26)
        for i, score in enumerate(own)
    ]
    marks = (*_bars(own + shift), *moved, *numbers)
    return Chart("Scores x  (drag the dots)", _names_axis(len(own)), SCORE, marks, handles)


def _shares_chart(shares: Array) -> Chart:
    goal = [Points(np.arange(3), TARGET, shape="ring", size=11, label="target of the task")] if len(shares) == 3 else []
    # A number stands above its bar, and above the ring where the two would meet.
    feet = [
        max(share, ring) if goal and abs(share - ring) < 0.15 else share
        for share, ring in zip(shares, TARGET, strict=False)
    ]
    numbers = [
        Text(i, foot, share_text(share), side="centre", dy=15)
        for i, (foot, share) in enumerate(zip(feet, shares, strict=True))
    ]
    return Chart(
        "Shares s = softmax(x / T)",
        _names_axis(len(shares)),
        SHARE,
        (*_bars(shares), *goal, *numbers),
    )


def _simplex(shares: Array, paths: Array) -> Chart:
    """The triangle of all shares: a corner is certainty, the centre a shrug; the path is what T alone can reach."""
    at, path, goal = shares @ CORNERS, paths @ CORNERS, TARGET @ CORNERS
    edge = CORNERS[[0, 1, 2, 0]]
    places: tuple[tuple[int, float, float], ...] = ((0, 0, -14), (1, 0, -14), (2, 0, 14))
    return Chart(
        "All shares  (dashed: other T)",
        Axis("", -0.25, 1.25, ticks=(), visible=False),
        Axis("", -0.14, 1.0, ticks=(), visible=False),
        (
            Line(edge[:, 0], edge[:, 1], role="ink", width=1.6),
            Line(path[:, 0], path[:, 1], role="quiet", dashes="dashed", width=1.8),
            Points([goal[0]], [goal[1]], shape="ring", size=15, label="target"),
            Points([at[0]], [at[1]], size=10, label="now"),
            *(
                Text(CORNERS[i, 0], CORNERS[i, 1], f"all {NAMES[i]}", role=ROLES[i], side="centre", dx=dx, dy=dy)
                for i, dx, dy in places
            ),
        ),
        equal=True,
    )


def _sigmoid_chart(lead: float) -> Chart:
    """Two classes: cat's share is the sigmoid of its lead, and the point stands on that curve."""
    x = np.linspace(-8.0, 8.0, 161)
    # A lead far outside the picture is drawn at its edge.
    here = float(np.clip(lead, x[0], x[-1]))
    share = float(sigmoid(lead))
    # Above the curve: left of the point, unless the chart ends there.
    side: Side = "right" if here > -5 else "left"
    beside = Text(here, share, share_text(share), dx=-10 if side == "right" else 10, dy=13, side=side)
    return Chart(
        "Two classes: cat's share is a sigmoid",
        Axis("lead of cat  (x₁ − x₂) / T", -8.0, 8.0),
        SHARE,
        (Line(x, sigmoid(x)), Rule(x=here, dashes="dotted"), Points([here], [share], size=11), beside),
    )


def _temperature_chart(paths: Array, shares: Array, temperature: float) -> Chart:
    curves = [Line(TEMPERATURES, paths[:, i], role=ROLES[i], dashes=DASHES[i]) for i in range(len(shares))]
    right = temperature < 3
    names = [
        Text(temperature, y, name, role=role, dx=18 if right else -18, dy=9, side="left" if right else "right")
        for y, name, role in zip(_apart(shares), NAMES, ROLES, strict=False)
    ]
    ticks = ((0.1, "0.1"), (0.3, "0.3"), (1.0, "1"), (3.0, "3"), (10.0, "10"))
    return Chart(
        "The same scores at other temperatures",
        Axis("temperature T", COLDEST, HOTTEST, ticks=ticks, log=True),
        SHARE,
        (*curves, Rule(x=temperature, dashes="dotted"), *names),
        (Handle(temperature, float(shares.max()), "Temperature", moves_x="temperature"),),
    )


def _apart(heights: Array, gap: float = 0.11) -> Array:
    """The heights, the higher ones pushed up until no two are closer than `gap`: words there don't overlap."""
    order = np.argsort(heights, kind="stable")
    steps = gap * np.arange(len(heights))
    apart = np.empty(len(heights))
    apart[order] = np.maximum.accumulate(heights[order] - steps) + steps
    return apart


def share_text(share: float) -> str:
    """A share with three decimals; where these would say 0 or 1 it says more."""
    if 0.0005 <= share < 0.9995:
        return f"{share:.3f}"
    if share < 0.0005:
        return readable(share)
    return f"{share:.5f}" if share < 0.999995 else "over 0.99999"


def _signed(number: float) -> str:
    return readable(number)


def _list(numbers: Array, text: Any) -> str:
    return ", ".join(f"{name} {text(float(number))}" for name, number in zip(NAMES, numbers, strict=False))


def _words(scores: Array, shift: float, temperature: float, shares: Array) -> str:
    words = [f"Scores: {_list(scores, readable)}. Temperature {readable(temperature)}"]
    words.append(f"Shares: {_list(shares, share_text)}")
    if shift:
        words.append(f"Every score has been shifted by {_signed(shift)}, which changes no share")
    if len(shares) == 2:
        lead = (scores[0] - scores[1]) / temperature
        words.append(f"Cat's share is σ((x₁ − x₂) / T) = σ({readable(lead)}) = {share_text(float(sigmoid(lead)))}")
    else:
        order = np.argsort(-shares, kind="stable")
        first, second = (NAMES[i] for i in order[:2])
        lead = float(scores[order[0]] - scores[order[1]]) / temperature
        times = readable(math.exp(lead), 1)
        if lead:
            words.append(f"{first} leads {second} by {readable(lead)}·T, so it has {times} times the share")
        else:
            words.append(f"{first} and {second} have equal scores and equal shares")
    return ". ".join(word[0].upper() + word[1:] for word in words) + "."


def _check(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Result:
    shares: Array = facts["shares"]
    temperature: float = facts["temperature"]
    if len(shares) == 2:
        return Result(0, "There is no owl among two classes. Choose three.")
    miss = shares - TARGET
    if np.abs(miss).max() <= TOLERANCE + 1e-9:
        scores: Array = facts["scores"]
        gaps = f"{readable(scores[0] - scores[1])} and {readable(scores[1] - scores[2])}"
        return Result(
            1,
            f"Yes. The gaps between your scores are {gaps}: close to T·ln 2 and T·ln 3, because 60 is twice 30 and 30 "
            "three times 10. Any common shift gives the same shares.",
        )
    if temperature * math.log(TARGET[0] / TARGET[2]) > 2 * REACH:
        return Result(0, "At this temperature the scores can't be far enough apart. Lower it first.")
    worst = int(np.abs(miss).argmax())
    advice = "too much. Lower its score: the others gain." if miss[worst] > 0 else "too little. Raise its score."
    return Result(0, f"{NAMES[worst].capitalize()} has {100 * shares[worst]:.2f} %, {advice}")
