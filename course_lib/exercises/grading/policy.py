"""How late work, weights and dropped exercises turn points into marks. All of it is exact arithmetic, rounded once.

    share lost = min(at most, once + per unit · units)          for late work, else 0
    mark       = max(0, points − share lost · base)             base: the points reached, or those that can be reached
    total      = 100 · Σ weight · mark / out of  ÷  Σ weight    over the exercises that count

A mark and a total are rounded to hundredths, halves up; the total is formed from the marks as they are shown.
Units (hours or days) count as soon as they have begun, from the deadline on; a delay within the grace counts nothing.
The deadline decides where it and the time of handing in are known. Elsewhere the LMS's mark LATE counts as one unit.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

__all__ = ["Late", "Lateness", "Policy", "Reached", "rounded", "total", "which_count"]

Unit = Literal["hour", "day"]
Base = Literal["reached", "possible"]
UNITS: Mapping[Unit, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
NOTHING = Fraction(0)


@dataclass(frozen=True)
class Late:
    """What late work costs, in shares (1 is everything)."""

    once: Fraction = NOTHING
    """For being late at all."""
    per_unit: Fraction = NOTHING
    """For each unit that has begun."""
    unit: Unit = "day"
    grace: timedelta = timedelta()
    at_most: Fraction = Fraction(1)
    of: Base = "reached"

    def __post_init__(self) -> None:
        for name in ("once", "per_unit", "at_most"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"late: a share lies between 0% and 100%, not {percent(getattr(self, name))}")
        if self.grace < timedelta():
            raise ValueError("late: the grace cannot be below zero")

    def share_lost(self, units: int) -> Fraction:
        """The share that so many units cost."""
        return min(self.at_most, self.once + self.per_unit * units) if units > 0 else NOTHING


@dataclass(frozen=True)
class Lateness:
    """How late something came: units that have begun (0: in time), and how that is known."""

    units: int = 0
    because: str = ""


@dataclass(frozen=True)
class Policy:
    """All that turns the points of a class into marks. Lessons are named by their number, "03"."""

    late: Late = Late()
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    """Empty: each exercise weighs as many points as it has, so that the total is the share of all points."""
    drop_lowest: int = 0
    best: int | None = None
    """Only so many count, the best ones; None: all."""

    def __post_init__(self) -> None:
        if self.drop_lowest < 0:
            raise ValueError(f"drop_lowest must be 0 or more, not {self.drop_lowest}")
        if self.best is not None and self.best < 1:
            raise ValueError(f"best must be 1 or more, not {self.best}")
        for lesson, weight in self.weights.items():
            if weight < 0:
                raise ValueError(f"the weight of {lesson} must be 0 or more, not {weight}")
        if self.weights and not any(self.weights.values()):
            raise ValueError("the weights are all 0; give at least one exercise a weight above 0")

    def lateness(self, lesson: str, submitted_at: str, marked_late: bool) -> Lateness:
        """How late a file came that was handed in at `submitted_at` (ISO 8601, or empty where nothing tells)."""
        deadline, submitted = self.deadlines.get(lesson), _time(submitted_at)
        if deadline is None or submitted is None:
            return Lateness(1, "the LMS marks it as late") if marked_late else Lateness()
        # A clock without a zone is taken to stand in the zone of the other one.
        if (deadline.tzinfo is None) != (submitted.tzinfo is None):
            zone = deadline.tzinfo or submitted.tzinfo
            deadline, submitted = deadline.replace(tzinfo=zone), submitted.replace(tzinfo=zone)
        delay = submitted - deadline
        if delay <= self.late.grace:
            return Lateness()
        units = -(-delay // UNITS[self.late.unit])
        return Lateness(units, f"handed in {_clock(submitted)}, due {_clock(deadline)}")

    def mark(self, points: Fraction, out_of: Fraction, units: int) -> Decimal:
        """The mark for so many points out of so many, so many units late."""
        base = points if self.late.of == "reached" else out_of
        return rounded(max(NOTHING, points - self.late.share_lost(units) * base))

    def weight(self, lesson: str, out_of: Fraction) -> Fraction:
        """How much an exercise counts."""
        return self.weights.get(lesson, NOTHING) if self.weights else out_of

    def sentences(self) -> list[str]:
        """The policy in words, for those whose marks it makes; [] when all that is reached counts as it is."""
        late, said = self.late, []
        costs = [
            *([f"{percent(late.once)} for being late"] if late.once else []),
            *([f"{percent(late.per_unit)} for each {late.unit} that has begun"] if late.per_unit else []),
        ]
        if costs:
            rule = f"Late work loses {' and '.join(costs)}, of the points {_BASES[late.of]}"
            rule += f", at most {percent(late.at_most)}" if late.at_most < 1 else ""
            rule += f"; a delay up to {duration_text(late.grace)} costs nothing" if late.grace else ""
            said.append(f"{rule}.")
        if self.weights:
            parts = ", ".join(f"{lesson}: {float(weight):g}" for lesson, weight in sorted(self.weights.items()))
            said.append(f"The exercises count with weights ({parts}).")
        if self.drop_lowest:
            lowest = "lowest exercise does" if self.drop_lowest == 1 else f"{self.drop_lowest} lowest exercises do"
            said.append(f"The {lowest} not count.")
        if self.best is not None:
            said.append(f"Only the best {self.best} exercises count." if self.best > 1 else "Only the best one counts.")
        return said


_BASES: Mapping[Base, str] = {"reached": "reached", "possible": "that can be reached"}


@dataclass(frozen=True)
class Reached:
    """The mark of one exercise as the total sees it."""

    lesson: str
    mark: Decimal
    out_of: Fraction


def which_count(policy: Policy, marks: Sequence[Reached]) -> frozenset[str]:
    """The lessons that count: neither those of weight 0 nor the lowest shares; of equal ones the later is dropped."""
    weighed = [m for m in marks if policy.weight(m.lesson, m.out_of) > 0 and m.out_of > 0]
    ranked = sorted(weighed, key=lambda m: (-Fraction(m.mark) / m.out_of, m.lesson))
    # However many are to be dropped, one counts.
    keep = max(1, len(ranked) - policy.drop_lowest)
    return frozenset(m.lesson for m in ranked[: keep if policy.best is None else min(keep, policy.best)])


def total(policy: Policy, marks: Sequence[Reached]) -> Decimal:
    """The total in per cent; 0 when nothing counts."""
    kept = which_count(policy, marks)
    counted = [(policy.weight(m.lesson, m.out_of), Fraction(m.mark) / m.out_of) for m in marks if m.lesson in kept]
    weight = sum((w for w, _ in counted), NOTHING)
    return rounded(100 * sum((w * share for w, share in counted), NOTHING) / weight) if weight else Decimal("0.00")


def rounded(value: Fraction) -> Decimal:
    """To hundredths, halves up."""
    return Decimal(math.floor(value * 100 + Fraction(1, 2))).scaleb(-2)


def percent(share: Fraction) -> str:
    """1/4 → "25%", 1/8 → "12.5%"."""
    return f"{float(100 * share):.12g}%"


def _time(text: str) -> datetime | None:
    """The time of handing in, None where the manifest tells none that can be read."""
    try:
        return datetime.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return None


def _clock(at: datetime) -> str:
    zone = "" if at.tzinfo is None else " UTC" if at.utcoffset() == UTC.utcoffset(None) else f" UTC{at:%z}"
    return f"{at:%Y-%m-%d %H:%M}{zone}"


def duration_text(length: timedelta) -> str:
    """In minutes, "15m"."""
    return f"{length // timedelta(minutes=1)}m"
