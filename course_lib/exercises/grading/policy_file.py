"""The policy of a class as text: a TOML file of its own, a CSV file, or options of the command line.

    late = "5% + 10%/day"      "20%" (once), "10%/day", "5%/hour", or one of each
    grace = "15m"              a delay up to this costs nothing
    at_most = "50%"
    of = "reached"             or "possible": what the share is a share of
    drop_lowest = 1
    best = 5

    [deadlines]
    "03" = 2026-11-20T23:59:00+01:00
    [weights]
    "03" = 2

A CSV file has the columns exercise and deadline or weight, or all three; an empty cell says nothing.
"""

import argparse
import csv
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.classroom import ClassFolder
from course_lib.exercises.grading.policy import NOTHING, Base, Late, Policy, duration_text, percent
from course_lib.exercises.grading.writing import write_whole
from course_lib.exercises.wording import one_line

__all__ = ["add_options", "from_toml", "keep", "of_class", "read", "to_toml"]

NONE: Mapping[str, Any] = MappingProxyType({})


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that set the policy of a class."""
    group = parser.add_argument_group(
        "how points become marks",
        "What is set here is kept in CLASS/policy.toml, so that grades and feedback agree; edit that file at will.",
    )
    group.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="a TOML file with all of it, or a CSV file: exercise,deadline,weight",
    )
    group.add_argument(
        "--late", metavar="RULE", help="what late work loses: '10%%/day', '5%%/hour', '20%%' (once) or '5%% + 10%%/day'"
    )
    group.add_argument("--late-grace", metavar="TIME", help="a delay up to this costs nothing: '15m', '2h'")
    group.add_argument("--late-at-most", metavar="SHARE", help="no more than this is lost: '50%%'")
    group.add_argument("--late-of", choices=get_args(Base), help="a share of the points reached (default) or possible")
    group.add_argument(
        "--deadline",
        metavar="EXERCISE=TIME",
        action="append",
        help="03=2026-11-20T23:59+01:00; give it once per exercise",
    )
    group.add_argument(
        "--weights", metavar="EXERCISE=W,…", help="03=2,22=1; every exercise of the class, 0 leaves one out"
    )
    group.add_argument("--drop-lowest", type=int, metavar="K", help="so many of a student's exercises do not count")
    group.add_argument("--best", type=int, metavar="N", help="only so many of a student's exercises count")


def of_class(folder: ClassFolder, options: argparse.Namespace) -> Policy:
    """The policy kept in the class's folder, with what `options` set put into it."""
    return _with_options(read(folder.policy) if folder.policy.is_file() else Policy(), options)


def keep(folder: ClassFolder, policy: Policy) -> None:
    """Write the policy into the class's folder, unless it stands there; a class without one has the plain policy."""
    if policy != (read(folder.policy) if folder.policy.is_file() else Policy()):
        write_whole(folder.policy, to_toml(policy))


def _with_options(policy: Policy, options: argparse.Namespace) -> Policy:
    if options.policy is not None:
        policy = read(options.policy, policy)
    late = policy.late
    if options.late is not None:
        said = late_rule(options.late)
        late = replace(late, once=said.once, per_unit=said.per_unit, unit=said.unit)
    if options.late_grace is not None:
        late = replace(late, grace=duration(options.late_grace))
    if options.late_at_most is not None:
        late = replace(late, at_most=share(options.late_at_most))
    if options.late_of is not None:
        late = replace(late, of=options.late_of)
    deadlines = {lesson_of(k): moment(v) for k, v in pairs("--deadline", options.deadline or ())}
    weights = None if options.weights is None else pairs("--weights", options.weights.split(","))
    return replace(
        policy,
        late=late,
        deadlines={**policy.deadlines, **deadlines},
        weights=policy.weights if weights is None else {lesson_of(k): weight(v) for k, v in weights},
        drop_lowest=policy.drop_lowest if options.drop_lowest is None else options.drop_lowest,
        best=policy.best if options.best is None else options.best,
    )


def pairs(option: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """What options of the form EXERCISE=VALUE say; ValueError for another form."""
    pairs = [text.partition("=") for text in texts]
    if bad := [text for text, pair in zip(texts, pairs, strict=True) if not pair[1]]:
        raise ValueError(f"{option} {one_line(bad[0], 60)!r} is not understood; expected EXERCISE=VALUE, such as 03=…")
    return [(name, value) for name, _, value in pairs]


def lesson_of(text: str) -> str:
    """The lesson's number of "03" or "03_sigmoid"; ValueError when no exercises stand under it."""
    number, lessons = text.strip()[:2], sorted({exercise.lesson for exercise in BANK.values()})
    if number not in lessons or text.strip()[2:3] not in ("", "_", "-"):
        raise ValueError(
            f"there are no exercises {one_line(text, 40)!r}; expected a lesson's number: {', '.join(lessons)}"
        )
    return number


def read(path: Path, policy: Policy | None = None) -> Policy:
    """The policy in a TOML file, or `policy` with the deadlines and weights of a CSV file; ValueError if unreadable."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        return _from_csv(text, policy or Policy()) if path.suffix.lower() == ".csv" else from_toml(text)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path}: {error}") from None


def from_toml(text: str) -> Policy:
    """The policy in the text of a TOML file, as `to_toml` writes it; what is left out has its default."""
    found = tomllib.loads(text, parse_float=Fraction)
    known = ("late", "grace", "at_most", "of", *(f.name for f in fields(Policy)))
    if unknown := [name for name in found if name not in known]:
        raise ValueError(f"unknown setting {unknown[0]!r}; expected one of {', '.join(dict.fromkeys(known))}")
    late = late_rule(_word(found, "late", "0%"))
    base = _word(found, "of", late.of)
    if base not in get_args(Base):
        raise ValueError(f"of = {base!r}; expected 'reached' or 'possible'")
    return Policy(
        replace(
            late,
            grace=duration(_word(found, "grace", "0m")),
            at_most=share(_word(found, "at_most", "100%")),
            of="possible" if base == "possible" else "reached",
        ),
        {lesson_of(k): moment(v) for k, v in _table(found, "deadlines").items()},
        {lesson_of(k): weight(v) for k, v in _table(found, "weights").items()},
        _whole(found, "drop_lowest", 0),
        _whole(found, "best", 1) if "best" in found else None,
    )


def late_rule(text: str) -> Late:
    """ "10%/day", "20%" (once), "5% + 10%/hour"; ValueError for anything else."""
    once, per_unit, unit = NOTHING, NOTHING, "day"
    for part in text.split("+"):
        said = re.fullmatch(r"\s*(\S+?)\s*(?:(?:/|\s+per\s+)\s*(hour|day)\s*)?", part)
        if said is None:
            raise ValueError(f"late = {text!r} is not understood; expected '10%/day', '5%/hour' or '20%' (once)")
        if said[2] is None:
            once += share(said[1])
        elif per_unit:
            raise ValueError(f"late = {text!r} has two rates; expected one per hour or per day")
        else:
            per_unit, unit = share(said[1]), said[2]
    return Late(once, per_unit, "hour" if unit == "hour" else "day")


def share(text: str) -> Fraction:
    """ "10%" → 1/10; ValueError for anything that is not a percentage."""
    said = re.fullmatch(r"\s*(\d{1,3}(?:\.\d{1,6})?)\s*%\s*", text)
    if said is None:
        raise ValueError(f"{one_line(text, 40)!r} is not a percentage; expected one like '10%'")
    return Fraction(said[1]) / 100


def duration(text: str) -> timedelta:
    """ "15m", "2 h", "1 day"; ValueError for anything else."""
    said = re.fullmatch(r"\s*(\d{1,6})\s*(m|min|minutes?|h|hours?|d|days?)\s*", text)
    if said is None:
        raise ValueError(f"{one_line(text, 40)!r} is not a length of time; expected one like '15m', '2h' or '1d'")
    return int(said[1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[said[2][0]]


def moment(value: object) -> datetime:
    """A date and time; a date alone means its end. ValueError for anything else."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        # Midnight after that day, so that the whole of it is in time.
        return datetime.combine(value + timedelta(days=1), time())
    text = str(value).strip()
    try:
        return moment(date.fromisoformat(text)) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{one_line(text, 40)!r} is not a time; expected one like '2026-11-20T23:59+01:00' or '2026-11-20'"
        ) from None


def weight(value: object) -> Fraction:
    """A number of 0 or more; ValueError for anything else."""
    try:
        number = Fraction(value) if isinstance(value, int | Fraction) else Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"the weight {one_line(str(value), 40)!r} is not a number") from None
    return number


def _from_csv(text: str, policy: Policy) -> Policy:
    separator = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns = [str(name).strip().lower() for name in rows.fieldnames or ()]
    rows.fieldnames = columns
    if "exercise" not in columns or not {"deadline", "weight"} & set(columns):
        raise ValueError(f"its columns are {columns}; expected exercise and deadline or weight")
    deadlines, weights = dict(policy.deadlines), dict(policy.weights)
    for row in rows:
        try:
            lesson = lesson_of(row["exercise"] or "")
            if said := (row.get("deadline") or "").strip():
                deadlines[lesson] = moment(said)
            if said := (row.get("weight") or "").strip():
                weights[lesson] = weight(said)
        except ValueError as error:
            raise ValueError(f"line {rows.line_num}: {error}") from None
    return replace(policy, deadlines=deadlines, weights=weights)


def _word(found: Mapping[str, Any], name: str, default: str) -> str:
    value = found.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} = {value}; expected text in quotes, such as {default!r}")
    return value


def _whole(found: Mapping[str, Any], name: str, default: int) -> int:
    value = found.get(name, default)
    if type(value) is not int:
        raise ValueError(f"{name} = {value}; expected a whole number")
    return value


def _table(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name, NONE)
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} = {value}; expected a table [{name}] with a line for each exercise")
    return value


def to_toml(policy: Policy) -> str:
    """The policy as a file that `from_toml` reads."""
    late = policy.late
    lines = ["# How points become marks in this class; `grade export` and `grade report` read it."]
    lines += [f'late = "{percent(late.once)} + {percent(late.per_unit)}/{late.unit}"']
    lines += [f'grace = "{duration_text(late.grace)}"', f'at_most = "{percent(late.at_most)}"', f'of = "{late.of}"']
    lines += [f"drop_lowest = {policy.drop_lowest}", *([] if policy.best is None else [f"best = {policy.best}"])]
    lines += ["", "[deadlines]", *(f'"{k}" = {v.isoformat()}' for k, v in sorted(policy.deadlines.items()))]
    lines += ["", "[weights]", *(f'"{k}" = "{v}"' for k, v in sorted(policy.weights.items()))]
    return "\n".join(lines) + "\n"
