"""From points to marks: exact, documented arithmetic, and settings that say what is wrong with them."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from grading_records import graded, open_case, received
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading.classroom import ClassFolder
from course_lib.exercises.grading.policy import Late, Policy, Reached, rounded, total, which_count
from course_lib.exercises.grading.policy_file import add_options, from_toml, keep, of_class, read, to_toml
from course_lib.exercises.grading.standings import standings

LESSONS = sorted({exercise.lesson for exercise in BANK.values()})
TEN_A_DAY = Late(per_unit=Fraction(1, 10))
DEADLINE = datetime(2026, 11, 20, 23, 59)


def units(submitted: str, late: Late = TEN_A_DAY, deadline: datetime = DEADLINE, marked: bool = False) -> int:
    return Policy(late, {"03": deadline}).lateness("03", submitted, marked).units


# ---------------------------------------------------------------------------------------------------------------------
# How late


@pytest.mark.parametrize(
    ("submitted", "expected"),
    [
        ("2026-11-20T23:59:00", 0),
        ("2026-11-20T23:59:01", 1),
        ("2026-11-21T23:59:00", 1),
        ("2026-11-21T23:59:01", 2),
        ("2026-11-30T00:00:00", 10),
        ("2026-11-01T00:00:00", 0),
    ],
)
def test_a_day_counts_as_soon_as_it_has_begun(submitted: str, expected: int) -> None:
    assert units(submitted) == expected


def test_hours_are_counted_alike() -> None:
    assert units("2026-11-21T02:00:00", Late(per_unit=Fraction(1, 10), unit="hour")) == 3


@pytest.mark.parametrize(("submitted", "expected"), [("2026-11-21T00:14:00", 0), ("2026-11-21T00:14:01", 1)])
def test_a_delay_within_the_grace_costs_nothing(submitted: str, expected: int) -> None:
    assert units(submitted, replace(TEN_A_DAY, grace=timedelta(minutes=15))) == expected


def test_beyond_the_grace_units_count_from_the_deadline() -> None:
    assert units("2026-11-22T00:00:00", replace(TEN_A_DAY, grace=timedelta(hours=12))) == 2


@pytest.mark.parametrize("submitted", ["", "yesterday", "2026-13-77"], ids=["no-time", "words", "no-date"])
def test_the_mark_of_the_lms_counts_one_unit_where_no_time_is_known(submitted: str) -> None:
    assert units(submitted, marked=True) == 1
    assert units(submitted, marked=False) == 0


def test_the_mark_of_the_lms_counts_one_unit_where_no_deadline_is_known() -> None:
    policy = Policy(TEN_A_DAY)
    assert policy.lateness("03", "2026-11-21T00:00", True).units == 1


def test_a_known_deadline_outweighs_the_mark_of_the_lms() -> None:
    assert units("2026-11-19T12:00", marked=True) == 0


def test_times_in_two_zones_are_compared() -> None:
    deadline = datetime(2026, 11, 20, 23, 59, tzinfo=timezone(timedelta(hours=1)))
    assert units("2026-11-20T22:59:00+00:00", deadline=deadline) == 0
    assert units("2026-11-20T23:00:00Z", deadline=deadline) == 1


def test_a_clock_without_a_zone_stands_in_the_other_ones() -> None:
    assert units("2026-11-20T23:59", deadline=DEADLINE.replace(tzinfo=UTC)) == 0
    assert units("2026-11-20T23:59+09:00", deadline=DEADLINE) == 0


# ---------------------------------------------------------------------------------------------------------------------
# What it costs


@pytest.mark.parametrize(
    ("late", "days", "expected"),
    [
        (TEN_A_DAY, 0, "8.00"),
        (TEN_A_DAY, 1, "7.20"),
        (TEN_A_DAY, 3, "5.60"),
        (TEN_A_DAY, 99, "0.00"),
        (replace(TEN_A_DAY, at_most=Fraction(1, 2)), 99, "4.00"),
        (replace(TEN_A_DAY, of="possible"), 1, "7.00"),
        (replace(TEN_A_DAY, of="possible"), 9, "0.00"),
        (Late(once=Fraction(1, 5)), 4, "6.40"),
        (Late(once=Fraction(1, 5), per_unit=Fraction(1, 20)), 2, "5.60"),
    ],
)
def test_a_mark_of_8_of_10_points(late: Late, days: int, expected: str) -> None:
    assert str(Policy(late).mark(Fraction(8), Fraction(10), days)) == expected


shares = st.fractions(0, 1, max_denominator=1000)
lates = st.builds(
    Late,
    once=shares,
    per_unit=shares,
    unit=st.sampled_from(["hour", "day"]),
    grace=st.integers(0, 9999).map(lambda minutes: timedelta(minutes=minutes)),
    at_most=shares,
    of=st.sampled_from(["reached", "possible"]),
)
quarters = st.integers(0, 80).map(lambda n: Fraction(n, 4))


@settings(deadline=None)
@given(lates, quarters, quarters, st.integers(0, 400))
def test_being_later_never_pays(late: Late, a: Fraction, b: Fraction, days: int) -> None:
    points, out_of = sorted([a, b])
    marks = [Policy(late).mark(points, out_of, n) for n in (0, days, days + 1)]
    assert marks[0] == rounded(points)
    assert 0 <= marks[2] <= marks[1] <= marks[0]


@settings(deadline=None)
@given(st.fractions(0, 1000))
def test_halves_round_up(value: Fraction) -> None:
    as_decimal = Decimal(value.numerator) / Decimal(value.denominator)
    # Decimal's own rule, wherever its 28 digits hold the number.
    if Fraction(as_decimal) == value:
        assert rounded(value) == as_decimal.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert abs(Fraction(rounded(value)) - value) <= Fraction(1, 200)


# ---------------------------------------------------------------------------------------------------------------------
# The total


def reached(*marks: tuple[str, str, int]) -> list[Reached]:
    return [Reached(lesson, Decimal(mark), Fraction(out_of)) for lesson, mark, out_of in marks]


THREE = reached(("03", "5", 10), ("11", "20", 20), ("22", "0", 5))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), "71.43"),
        (Policy(weights={"03": Fraction(1), "11": Fraction(1), "22": Fraction(1)}), "50.00"),
        (Policy(weights={"03": Fraction(2), "11": Fraction(1), "22": Fraction(0)}), "66.67"),
        (Policy(drop_lowest=1), "83.33"),
        (Policy(best=1), "100.00"),
        (Policy(drop_lowest=9), "100.00"),
        (Policy(best=9), "71.43"),
    ],
    ids=["points", "equal-weights", "weights", "drop-one", "best-one", "one-always-counts", "best-of-more-than-all"],
)
def test_the_total_of_three_exercises(policy: Policy, expected: str) -> None:
    assert str(total(policy, THREE)) == expected


def test_of_equal_shares_the_later_is_dropped() -> None:
    equal = reached(("22", "5", 10), ("03", "1", 2), ("11", "3", 6))
    assert which_count(Policy(drop_lowest=1), equal) == {"03", "11"}


def test_nothing_that_counts_is_a_total_of_0() -> None:
    assert total(Policy(), []) == 0


@settings(deadline=None)
@given(st.lists(st.tuples(quarters, quarters), min_size=1, max_size=9), st.integers(0, 9))
def test_dropping_never_harms(marks: list[tuple[Fraction, Fraction]], dropped: int) -> None:
    entries = [
        Reached(lesson, rounded(min(m)), max(m)) for lesson, m in zip(LESSONS, marks, strict=False) if max(m) > 0
    ]
    weights = {entry.lesson: Fraction(1) for entry in entries} or {"03": Fraction(1)}
    plain, kinder = (total(Policy(weights=weights, drop_lowest=k), entries) for k in (0, dropped))
    assert 0 <= plain <= kinder <= 100


# ---------------------------------------------------------------------------------------------------------------------
# Everyone's standing


def test_a_submission_is_marked_with_what_it_reached_and_lost() -> None:
    file = received(late=True)
    (standing,) = standings([file], [graded(file)], Policy(TEN_A_DAY))
    (mark,) = standing.marks
    assert (mark.points, mark.mark, mark.lost) == (13, Decimal("11.70"), Decimal("1.30"))
    assert standing.total == Decimal("90.00")


def test_everyone_on_the_roster_has_a_standing_by_name() -> None:
    file = received("s1", name="Zoe")
    roster = {"s2": "anna", "s1": "Zoe", "s3": "Bert"}
    found = standings([file], [graded(file)], Policy(), roster)
    assert [(s.student, s.total) for s in found] == [("s2", 0), ("s3", 0), ("s1", 100)]
    assert found[0].marks[0].status == "not handed in"


def test_what_a_person_has_to_decide_leaves_the_total_open() -> None:
    files = [received(lesson="03"), received(lesson="22")]
    (standing,) = standings(files, [graded(files[0]), open_case(files[1])], Policy(drop_lowest=1))
    assert standing.total is None
    assert [mark.exercise for mark in standing.open] == ["22_binary_cross_entropy"]
    assert all(mark.counts for mark in standing.marks)


def test_what_was_collected_and_not_graded_is_open() -> None:
    (standing,) = standings([received()], [], Policy())
    assert standing.open[0].reason == "not graded yet"


def test_a_broken_file_is_open_and_not_missing() -> None:
    broken = received("s2", outcome="truncated", message="It stops in the middle.")
    file = received("s1")
    found = {s.student: s for s in standings([file, broken], [graded(file)], Policy())}
    assert (found["s2"].open[0].reason, found["s2"].total) == ("truncated", None)


def test_a_file_for_no_known_exercise_leaves_the_missing_ones_open() -> None:
    file, lost = received("s1"), received("s2", outcome="unknown lesson", exercise="", message="Which lesson is it?")
    found = {s.student: s for s in standings([file, lost], [graded(file)], Policy())}
    assert found["s2"].open[0].message == "Which lesson is it?"
    assert found["s2"].to_look_at == (lost,)


@pytest.mark.parametrize("outcome", ["superseded", "duplicate", "ignored"])
def test_a_file_whose_place_another_took_needs_nobody(outcome: str) -> None:
    file = received("s1")
    (standing,) = standings([file, replace(file, outcome=outcome)], [graded(file)], Policy())
    assert standing.total == 100


def test_a_lesson_with_a_deadline_counts_even_if_nobody_handed_it_in() -> None:
    file = received()
    (standing,) = standings([file], [graded(file)], Policy(deadlines={"22": DEADLINE}))
    assert [mark.lesson for mark in standing.marks] == ["03", "22"]
    assert standing.total == 50


def test_points_by_hand_enter_as_they_are_written() -> None:
    file = received(lesson="00")
    judged = graded(file)
    by_hand = replace(judged.result.verdicts[0], points=0.3)
    (standing,) = standings([file], [graded(file, verdicts=[by_hand])], Policy())
    assert standing.marks[0].points == Fraction(3, 10)


def test_weights_that_forget_an_exercise_are_refused() -> None:
    files = [received(lesson="03"), received(lesson="22")]
    with pytest.raises(ValueError, match="the weights leave out 22_binary_cross_entropy"):
        standings(files, [graded(file) for file in files], Policy(weights={"03": Fraction(1)}))


# ---------------------------------------------------------------------------------------------------------------------
# The policy as a file and as options

times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))
policies = st.builds(
    Policy,
    late=lates.map(
        # What can be written in per cent, with the few digits that people write.
        lambda late: replace(
            late,
            **{name: Fraction(round(getattr(late, name) * 1000), 1000) for name in ("once", "per_unit", "at_most")},
        )
    ),
    deadlines=st.dictionaries(st.sampled_from(LESSONS), times | times.map(lambda t: t.replace(tzinfo=UTC))),
    weights=st.dictionaries(st.sampled_from(LESSONS), st.fractions(Fraction(1, 99), 99, max_denominator=99)),
    drop_lowest=st.integers(0, 5),
    best=st.none() | st.integers(1, 9),
)


@settings(deadline=None)
@given(policies)
def test_a_written_policy_reads_as_itself(policy: Policy) -> None:
    assert from_toml(to_toml(policy)) == policy


def test_a_file_written_by_hand() -> None:
    text = """
    late = "5% + 10% per hour"
    grace = "2 h"
    at_most = "40%"
    of = "possible"
    best = 4
    [deadlines]
    03_sigmoid = 2026-11-20
    22 = 2026-11-27T12:00:00Z
    [weights]
    03 = 2
    22 = 0.5
    """
    policy = from_toml(text)
    assert policy.late == Late(Fraction(1, 20), Fraction(1, 10), "hour", timedelta(hours=2), Fraction(2, 5), "possible")
    assert policy.deadlines["03"] == datetime(2026, 11, 21)
    assert policy.weights == {"03": 2, "22": Fraction(1, 2)}
    assert policy.best == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('late = "ten"', "'ten' is not a percentage"),
        ('late = "10%/week"', "is not a percentage"),
        ('late = "10%/day + 5%/hour"', "two rates"),
        ('late = "110%"', "between 0% and 100%"),
        ("late = 10", "expected text in quotes"),
        ('grace = "soon"', "not a length of time"),
        ('of = "all"', "expected 'reached' or 'possible'"),
        ("drop_lowest = -1", "must be 0 or more"),
        ("drop_lowest = true", "expected a whole number"),
        ("best = 0", "must be 1 or more"),
        ("weights = 3", "expected a table"),
        ("[weights]\n77 = 1", "there are no exercises '77'"),
        ('[weights]\n03 = "much"', "is not a number"),
        ("[weights]\n03 = -1", "must be 0 or more"),
        ("[weights]\n03 = 0", "weights are all 0"),
        ('[deadlines]\n03 = "soon"', "is not a time"),
        ("lateness = 3", "unknown setting 'lateness'"),
        ("late = ", "Invalid value"),
    ],
)
def test_a_senseless_setting_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"policy\.toml") as raised:
        read(path)
    assert said in str(raised.value)


@pytest.mark.parametrize("separator", [",", ";"])
def test_deadlines_and_weights_come_from_a_table(separator: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    lines = ["Exercise,Deadline,Weight", "03,2026-11-20T12:00,2", "22,,1"]
    path.write_text("\ufeff" + "\r\n".join(lines).replace(",", separator), encoding="utf-8")
    policy = read(path, Policy(TEN_A_DAY))
    assert policy == Policy(TEN_A_DAY, {"03": datetime(2026, 11, 20, 12)}, {"03": Fraction(2), "22": Fraction(1)})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2", "its columns are"),
        ("exercise,weight\n03,1\n03x,1", "line 3"),
        ("exercise,deadline\n03,x", "line 2"),
    ],
)
def test_a_senseless_table_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read(path)


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(arguments)


def test_what_options_set_stays_with_the_class(tmp_path: Path) -> None:
    folder = ClassFolder(tmp_path)
    given = options("--late", "10%/day", "--late-grace", "15m", "--deadline", "03=2026-11-20", "--weights", "03=2,22=1")
    policy = of_class(folder, given)
    assert (policy.late.per_unit, policy.weights["03"]) == (Fraction(1, 10), 2)
    keep(folder, policy)
    assert of_class(folder, options()) == policy
    assert of_class(folder, options("--best", "1")) == replace(policy, best=1)


def test_the_plain_policy_needs_no_file(tmp_path: Path) -> None:
    policy = of_class(ClassFolder(tmp_path), options())
    keep(ClassFolder(tmp_path), policy)
    assert policy == Policy()
    assert list(tmp_path.iterdir()) == []


def test_a_policy_that_is_the_same_leaves_the_file_as_its_owner_wrote_it(tmp_path: Path) -> None:
    folder = ClassFolder(tmp_path)
    folder.policy.write_text("best = 2  # as we agreed", encoding="utf-8")
    keep(folder, of_class(folder, options("--best", "2")))
    assert folder.policy.read_text(encoding="utf-8") == "best = 2  # as we agreed"


def test_an_option_without_an_exercise_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected EXERCISE=VALUE"):
        of_class(ClassFolder(tmp_path), options("--late", "10%/day", "--deadline", "tomorrow"))


def test_an_option_outweighs_the_file_it_comes_with(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('late = "5%/day"\nbest = 2', encoding="utf-8")
    policy = of_class(ClassFolder(tmp_path / "class"), options("--policy", str(path), "--late", "20%"))
    assert (policy.late.once, policy.late.per_unit, policy.best) == (Fraction(1, 5), 0, 2)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Policy(), []),
        (Policy(TEN_A_DAY), ["Late work loses 10% for each day that has begun, of the points reached."]),
        (
            Policy(Late(Fraction(1, 5), at_most=Fraction(1, 2), grace=timedelta(minutes=15), of="possible")),
            [
                "Late work loses 20% for being late, of the points that can be reached, at most 50%; a delay up to 15m "
                "costs nothing."
            ],
        ),
        (Policy(drop_lowest=1), ["The lowest exercise does not count."]),
        (Policy(best=3), ["Only the best 3 exercises count."]),
    ],
)
def test_the_policy_in_words(policy: Policy, said: list[str]) -> None:
    assert policy.sentences() == said
