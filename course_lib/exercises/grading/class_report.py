"""What the teacher reads: a class as a whole on one page, with its figures in it and a table beside each."""

import base64
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.classroom import COLLECTED, Received
from course_lib.exercises.grading.feedback import mark_text, title_of
from course_lib.exercises.grading.pages import render
from course_lib.exercises.grading.policy import Policy
from course_lib.exercises.grading.questions import ENOUGH, Asked, asked, mistakes
from course_lib.exercises.grading.session import CRASH
from course_lib.exercises.grading.settling import needs_person
from course_lib.exercises.grading.standings import ExerciseMark, Standing
from course_lib.exercises.model import Outcome
from course_lib.exercises.wording import one_line
from course_lib.plots import BLACK, BLUE, GREEN, SHADE, VERMILLION, course_style, new_figure, png

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = ["class_report"]

BINS = tuple((low, low + 10) for low in range(0, 100, 10))
# Told apart by colour and by hatching.
OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    "right": (GREEN, ""),
    "partly right": (BLUE, "///"),
    "wrong": (VERMILLION, "xx"),
    "raised": (BLACK, ""),
    "timed out": ("#888888", "oo"),
    "not attempted": (SHADE, ""),
}
WORDS: Mapping[Outcome, str] = {
    "right": "right",
    "partly right": "partly right",
    "wrong": "wrong",
    "raised": "stopped with an error",
    "timed out": "no end",
    "not attempted": "not attempted",
}
MOST = 15
"""So many of the commonest mistakes have a bar; the table holds all."""


def class_report(title: str, standings: Sequence[Standing], received: Sequence[Received], policy: Policy) -> str:
    """The report on a class. It names students and holds the seed: it is for the teacher."""
    exercises = [mark.exercise for mark in standings[0].marks] if standings else []
    results = [m.graded.result for s in standings for m in s.marks if m.graded]
    totals = [s.total for s in standings if s.total is not None]
    return render(
        "report.html",
        title=f"Class report: {title}",
        summary=_summary(standings, received),
        open=[_open_row(s, m) for s in standings for m in s.open],
        to_look_at=[(_shown(s.name or s.student), *_file_row(r)) for s in standings for r in s.to_look_at],
        unmatched=[_file_row(r) for r in needs_person(received) if not r.student],
        totals=None if not totals else _totals(totals),
        marks=[_mark_row(s) for s in standings],
        exercise_titles=[title_of(e) for e in exercises],
        exercises=[_exercise(e, standings) for e in exercises],
        mistakes=_mistakes(standings),
        stopped=[row for s in standings for m in s.marks for row in _stopped_rows(s, m)],
        late=[_late_row(s, m) for s in standings for m in s.marks if m.lateness.units],
        policy=policy.sentences() or ["Points are marks: nothing comes off for late work, and all exercises count."],
        isolation=sorted(Counter(r.isolation for r in results).items()),
        seeds=sorted({r.seed for r in results}),
        banks=sorted({m.graded.bank for s in standings for m in s.marks if m.graded}),
        enough=ENOUGH,
    )


def _summary(standings: Sequence[Standing], received: Sequence[Received]) -> list[tuple[str, str]]:
    marks = [mark for standing in standings for mark in standing.marks]
    count = Counter(mark.status for mark in marks)
    outcomes = Counter(r.outcome for r in received if r.outcome != COLLECTED)
    totals = [standing.total for standing in standings if standing.total is not None]
    files = f"{len(received)}, of which {sum(r.outcome == COLLECTED for r in received)} count"
    if outcomes:
        files += f" ({', '.join(f'{name}: {n}' for name, n in sorted(outcomes.items()))})"
    return [
        ("Students", str(len(standings))),
        ("Files handed in", files),
        ("Exercises graded", f"{count['graded']} of {len(marks)}"),
        ("Not handed in", str(count["not handed in"])),
        ("For a person to decide", str(count["needs a person"])),
        *([("Median total", f"{mark_text(median(totals).quantize(Decimal('0.01')))}%")] if totals else []),
    ]


def _shown(text: str) -> str:
    return one_line(text, 200)


def _file_row(received: Received) -> tuple[str, str, str, str]:
    return _shown(received.received_as), _shown(received.source), received.outcome, _shown(received.message)


def _open_row(standing: Standing, mark: ExerciseMark) -> tuple[str, str, str, str, str]:
    file = mark.files[0].received_as if mark.files else ""
    return _shown(standing.name or standing.student), title_of(mark.exercise), mark.reason, mark.message, _shown(file)


def _late_row(standing: Standing, mark: ExerciseMark) -> tuple[str, str, str, str]:
    lost = "open" if mark.mark is None else mark_text(mark.lost)
    return _shown(standing.name or standing.student), title_of(mark.exercise), mark.lateness.because, lost


def _stopped_rows(standing: Standing, mark: ExerciseMark) -> list[tuple[str, str, str]]:
    """Answers that had no end or took the whole process with them."""
    verdicts = mark.graded.result.verdicts if mark.graded else ()
    name = _shown(standing.name or standing.student)
    return [
        (name, verdict.exercise, verdict.message)
        for verdict in verdicts
        if verdict.outcome == "timed out" or (verdict.evidence is not None and verdict.evidence.got == CRASH)
    ]


def _mark_row(standing: Standing) -> tuple[str, str, list[str], str]:
    texts = {"needs a person": "open", "not handed in": "–"}
    marks = [texts.get(m.status) or mark_text(m.mark or Decimal(0)) for m in standing.marks]
    total = "open" if standing.total is None else mark_text(standing.total)
    return _shown(standing.name), _shown(standing.student), marks, total


# ---------------------------------------------------------------------------------------------------------------------
# Figures, each with the numbers that its table shows


def _totals(totals: Sequence[Decimal]) -> dict[str, Any]:
    # The last bin takes 100 in.
    index = Counter(min(int(total // 10), 9) for total in totals)
    counts = [index[i] for i in range(10)]
    with course_style():
        figure = new_figure(9.2, 3.2)
        axes = figure.subplots()
        bars = axes.bar([low + 5 for low, _ in BINS], counts, width=9, color=BLUE)
        axes.bar_label(bars, [str(count) if count else "" for count in counts], padding=2)
        axes.set(xlabel="total in per cent", ylabel="students", xticks=range(0, 101, 10), xlim=(0, 100))
        _whole_numbers(axes.yaxis)
        axes.grid(visible=False, axis="x")
        axes.margins(y=0.15)
    fullest = max(range(10), key=lambda i: counts[i])
    alt = (
        f"Bar chart of {len(totals)} totals in steps of 10 per cent. Most students, {counts[fullest]}, have "
        f"{_bin(fullest)} per cent."
    )
    return {
        "picture": _embedded(figure),
        "alt": alt,
        "rows": [(_bin(i), counts[i]) for i in range(10)],
        "mean": f"{mean(float(t) for t in totals):.1f}",
        "median": f"{median(float(t) for t in totals):.1f}",
        "n": len(totals),
    }


def _bin(index: int) -> str:
    low, high = BINS[index]
    return f"{low} to {'below ' if high < 100 else ''}{high}"


def _exercise(exercise: str, standings: Sequence[Standing]) -> dict[str, Any]:
    questions = asked(standings, exercise)
    marks = [m for s in standings for m in s.marks if m.exercise == exercise]
    shares = [100 * float(m.mark) / float(m.out_of) for m in marks if m.status == "graded" and m.mark is not None]
    count = Counter(mark.status for mark in marks)
    said = f"{count['graded']} graded, {count['not handed in']} not handed in, {count['needs a person']} open."
    if shares:
        said += f" Marks of those graded: mean {mean(shares):.0f}%, median {median(shares):.0f}%."
    hardest = min(questions, key=lambda q: q.share, default=None)
    return {
        "id": exercise[:2],
        "title": title_of(exercise),
        "said": said,
        "picture": _embedded(_outcome_bars(questions)) if questions else "",
        "alt": f"Stacked bars: the outcomes of each question of {title_of(exercise)}. Hardest: {hardest.title}."
        if hardest
        else "",
        "outcomes": [WORDS[outcome] for outcome in OUTCOMES],
        "rows": [
            (
                q.title,
                q.id,
                f"{100 * q.share:.0f}%",
                q.why_none if q.discrimination is None else f"{q.discrimination:.2f}".replace("-", "−"),
                [q.outcomes[outcome] for outcome in OUTCOMES],
            )
            for q in questions
        ],
    }


def _outcome_bars(questions: Sequence[Asked]) -> "Figure":
    with course_style():
        figure = new_figure(9.2, 1.3 + 0.52 * len(questions))
        axes = figure.subplots()
        labels = [textwrap.fill(q.title, 34) for q in questions]
        left = [0] * len(questions)
        for outcome, (colour, hatch) in OUTCOMES.items():
            counts = [q.outcomes[outcome] for q in questions]
            if any(counts):
                axes.barh(
                    range(len(questions)), counts, left=left, height=0.62, color=colour, hatch=hatch,
                    edgecolor="white" if colour != SHADE else "#777777", linewidth=0.8, label=WORDS[outcome],
                )  # fmt: skip
            left = [a + b for a, b in zip(left, counts, strict=True)]
        axes.set(yticks=range(len(questions)), yticklabels=labels, xlabel="submissions", xlim=(0, max(left)))
        axes.tick_params(axis="y", length=0)
        _whole_numbers(axes.xaxis)
        axes.grid(visible=False, axis="y")
        axes.invert_yaxis()
        figure.legend(
            loc="outside upper right", ncols=len(OUTCOMES), fontsize=10.5, handlelength=1.3, columnspacing=1.1
        )
    return figure


def _mistakes(standings: Sequence[Standing]) -> dict[str, Any] | None:
    found = mistakes(standings)
    if not found:
        return None
    shown = found[:MOST]
    with course_style():
        figure = new_figure(9.2, 1.0 + 0.36 * len(shown))
        axes = figure.subplots()
        bars = axes.barh(range(len(shown)), [m.count for m in shown], height=0.66, color=VERMILLION)
        axes.bar_label(bars, padding=3)
        axes.set(yticks=range(len(shown)), yticklabels=[f"{m.question[:2]} {m.name}" for m in shown])
        axes.set_xlabel("submissions")
        axes.tick_params(axis="y", length=0)
        _whole_numbers(axes.xaxis)
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.08)
        axes.invert_yaxis()
    first = found[0]
    return {
        "picture": _embedded(figure),
        "alt": f"Bars of the {len(shown)} commonest mistakes. Commonest: {first.name}, made {first.count} times.",
        "rows": [(m.count, BANK[m.question].title, m.question, m.name, m.words) for m in found],
    }


def _whole_numbers(axis: "Axis") -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def _embedded(figure: "Figure") -> str:
    return f"data:image/png;base64,{base64.b64encode(png(figure)).decode('ascii')}"
