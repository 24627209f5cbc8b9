"""Every question of the bank is proved: right answers pass, each wrong one is told apart, nothing leaks."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from authoring import source
from course_lib import activations, losses, numerics
from course_lib.exercises import bank
from course_lib.exercises.bank import BANK
from course_lib.exercises.judging import TOO_CLOSE, judge
from course_lib.exercises.model import PUBLIC_SEED, RANDOM, Verdict, namespace_of, observe, probes_for
from course_lib.exercises.notebook import verdict_on
from course_lib.exercises.wording import show_argument, show_number

SOURCES = sorted((Path(__file__).parents[1] / "authoring" / "solutions").glob("*.py"))
EXERCISES = list(BANK.values())
FUNCTIONS = [e for e in EXERCISES if e.kind == "function"]


def by_id(exercise):
    return exercise.id


def verdict(exercise, answer, seed=PUBLIC_SEED) -> Verdict:
    return judge(exercise, observe(namespace_of(exercise, answer), probes_for(exercise, seed)), seed)


def cases(attribute):
    return [
        pytest.param(e, answer, id=f"{e.id}-{getattr(answer, '__name__', getattr(answer, 'name', number))}")
        for e in EXERCISES
        for number, answer in enumerate(getattr(e, attribute))
    ]


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_reference_gets_full_marks(exercise):
    result = verdict(exercise, exercise.reference)
    assert (result.outcome, result.points) == ("right", exercise.points)


@pytest.mark.parametrize(("exercise", "alternative"), cases("alternatives"))
def test_alternative_gets_full_marks(exercise, alternative):
    result = verdict(exercise, alternative)
    assert (result.outcome, result.points, result.message) == ("right", exercise.points, "Right.")


@pytest.mark.parametrize(("exercise", "misconception"), cases("misconceptions"))
def test_misconception_is_caught_by_its_own_name_and_words(exercise, misconception):
    result = verdict(exercise, misconception.answer)
    assert result.misconception == misconception.name
    assert result.message.startswith(misconception.words)
    assert result.points < exercise.points
    assert abs(result.points - exercise.points * misconception.worth) <= 0.125


def in_float32(function):
    """The function as a learner would write it who casts every float array and number to float32 first."""

    def narrow(value):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value.astype(np.float32)
        return np.float32(value) if type(value) is float else value

    def narrowed(*args):
        inner = [narrow(a) for a in args]
        before = [np.array(a) for a in inner]
        result = function(*inner)
        for outer, now, then in zip(args, inner, before, strict=True):
            if isinstance(outer, np.ndarray) and not np.array_equal(now, then, equal_nan=True):
                outer[...] = now  # a cast must not hide that an answer changes its input
        return result if result is None else narrow(np.asarray(result))

    return narrowed


FLOAT64_ONLY = {("22-repair-bce", "repaired_bce_by_clip")}  # 1 − 1e−15 is 1 in float32


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        pytest.param(e, answer, id=f"{e.id}-{answer.__name__}")
        for e in FUNCTIONS
        for answer in (e.reference, *e.alternatives)
        if (e.id, answer.__name__) not in FLOAT64_ONLY
    ],
)
def test_right_answer_in_float32_gets_full_marks(exercise, answer):
    results = [verdict(exercise, in_float32(answer), seed) for seed in range(50)]
    assert {(v.outcome, v.points, v.message) for v in results} == {("right", exercise.points, "Right.")}


@pytest.mark.parametrize(
    ("exercise", "misconception"), [case for case in cases("misconceptions") if case.values[0].kind == "function"]
)
def test_wrong_answer_in_float32_stays_wrong(exercise, misconception):
    results = [verdict(exercise, in_float32(misconception.answer), seed) for seed in range(20)]
    assert "right" not in {v.outcome for v in results}


def test_float32_has_no_allowance_where_small_values_are_the_point():
    def product(x):
        s = (1 / (1 + np.exp(-x))).astype(np.float32)
        return s * (1 - s)  # 0 or a whole rounding step of 1 where the slope is 1e−7

    assert verdict(BANK["03-sigmoid-derivative"], product).outcome != "right"


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_at_least_one_alternative(exercise):
    assert exercise.alternatives


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=by_id)
def test_two_hundred_seeds_give_the_same_verdicts(exercise):
    answers = [exercise.reference, *exercise.alternatives, *(m.answer for m in exercise.misconceptions)]
    expected = [(v.outcome, v.points, v.misconception) for v in (verdict(exercise, a) for a in answers)]
    for seed in range(200):
        probes = probes_for(exercise, seed)
        seen = [judge(exercise, observe(namespace_of(exercise, a), probes), seed) for a in answers]
        assert [(v.outcome, v.points, v.misconception) for v in seen] == expected, f"seed {seed}"


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=by_id)
def test_probes_hold_zero_both_signs_two_dimensions_and_draws(exercise):
    probes = probes_for(exercise, PUBLIC_SEED)
    arrays = [a for p in probes for a in p.args if isinstance(a, np.ndarray)]
    values = np.concatenate([a.ravel() for a in arrays])
    # Labels and probabilities have no sign; both of their ends must be there instead.
    low, high = (0, 1) if exercise.id == "22-repair-bce" else (-1, 1)
    assert values.min() <= low
    assert values.max() >= high
    assert 0 in values
    assert {1, 2} <= {a.ndim for a in arrays}
    assert any(p.group == RANDOM for p in probes)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=by_id)
def test_draws_change_with_the_seed(exercise):
    def drawn(seed):
        return [np.asarray(a).tobytes() for p in probes_for(exercise, seed) if p.group == RANDOM for a in p.args]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=by_id)
@pytest.mark.parametrize("factor", [1 + 1e-6, 1 + 1e-7, 1.5, -1], ids=["near", "nearer", "far", "negative"])
def test_evidence_never_shows_the_expected_digits(exercise, factor):
    def off(*args):
        return exercise.reference(*args) * factor

    result = verdict(exercise, off)
    assert result.outcome != "right"
    if result.evidence is None or result.evidence.got == TOO_CLOSE:
        return
    probe = next(p for p in probes_for(exercise, PUBLIC_SEED) if p.label == result.evidence.probe)
    expected = np.asarray(exercise.reference(*probe.args))
    got, _, place = result.evidence.got.partition(" at ")
    if place or expected.ndim == 0:
        here = expected[tuple(json.loads(place or "[]"))]
    else:
        elements = {
            f"{exercise.name}({', '.join(show_argument(a[at] if np.ndim(a) else a) for a in probe.args)})": expected[at]
            for at in np.ndindex(expected.shape)
        }
        here = elements[result.evidence.given]
    assert got != show_number(here)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=by_id)
def test_right_values_in_the_wrong_shape_are_not_repeated(exercise):
    result = verdict(exercise, lambda *args: np.atleast_3d(exercise.reference(*args)))
    assert result.evidence.got.startswith("an array of shape")


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.kind != "function"], ids=by_id)
def test_words_never_hold_the_expected_value(exercise):
    values = exercise.reference if len(exercise.names) > 1 else (exercise.reference,)
    given_away = [repr(v) if isinstance(v, str) else f"{abs(v):.2f}" for v in values]
    texts = [t for m in exercise.misconceptions for t in (m.words, m.next_step)]
    texts += [verdict(exercise, m.answer).message for m in exercise.misconceptions]
    assert not [(v, t) for v in given_away for t in texts if v in t]


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_hints_hold_no_line_of_the_reference(exercise):
    from course_lib.exercises.notebook import source_of

    lines = [line.split("#")[0].strip().removeprefix("return ") for line in source_of(exercise).splitlines()[1:]]
    assert not [(line, h) for line in lines if len(line) > 5 for h in exercise.hints if line in h]


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_first_hint_asks(exercise):
    assert "?" in exercise.hints[0]


def test_ids_in_the_sources_are_the_ids_in_the_bank():
    checked = [name for path in SOURCES for name in source.exercise_ids(source.solution(path))]
    assert sorted(checked) == sorted(BANK)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_prompts_state_the_points_of_the_bank(path):
    stated = [int(n) for n in re.findall(r"^\*(\d+) points?\.", _markdown(path), re.M)]
    assert stated == [BANK[i].points for i in source.exercise_ids(source.exercise(path))]


def _markdown(path):
    return "\n".join(c.source for c in source.exercise(path).cells if c.cell_type == "markdown")


def run_answers(notebook):
    """The names after running the answer cells, and nothing else."""
    names: dict = {}
    for cell in notebook.cells:
        if "answer" in source.tags(cell):
            exec("import numpy as np\n" + cell.source, names)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_every_placeholder_is_not_attempted(path):
    notebook = source.exercise(path)
    names = run_answers(notebook)
    outcomes = {i: verdict_on(BANK[i], names).outcome for i in source.exercise_ids(notebook)}
    assert set(outcomes.values()) == {"not attempted"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_every_solution_in_the_sources_gets_full_marks(path):
    notebook = source.solution(path)
    names = run_answers(notebook)
    outcomes = {i: verdict_on(BANK[i], names).outcome for i in source.exercise_ids(notebook)}
    assert set(outcomes.values()) == {"right"}


@pytest.mark.parametrize(
    ("exercise_id", "truth"),
    [
        ("03-stable-sigmoid", activations.get("sigmoid").function),
        ("03-sigmoid-derivative", activations.get("sigmoid").derivative),
        ("06-repair-relu", activations.get("relu").function),
        ("11-stable-softmax", activations.get("softmax").function),
        ("17-repair-columns", losses.get("mse").function),
        ("22-bce-with-logits", losses.get("binary_cross_entropy_with_logits").function),
        ("22-bce-gradient", losses.get("binary_cross_entropy_with_logits").gradient),
        ("22-repair-bce", losses.get("binary_cross_entropy").function),
    ],
)
def test_reference_agrees_with_the_course(exercise_id, truth):
    exercise = BANK[exercise_id]
    for probe in probes_for(exercise, 7):
        np.testing.assert_allclose(exercise.reference(*probe.args), truth(*probe.args), rtol=1e-6, atol=1e-12)


def test_gradient_reference_is_the_slope_of_the_loss_reference():
    z = np.linspace(-6, 6, 25)
    for label in (0.0, 1.0):
        y = np.full(z.shape, label)
        slope = numerics.central_difference(lambda v, y=y: BANK["22-bce-with-logits"].reference(y, v), z)
        np.testing.assert_allclose(BANK["22-bce-gradient"].reference(y, z), slope, rtol=0, atol=1e-9)


def test_two_questions_that_draw_alike_do_not_share_their_inputs():
    one, other = (probes_for(BANK[i], 5)[-1].args[0] for i in ("03-stable-sigmoid", "03-sigmoid-derivative"))
    assert one.shape == other.shape
    assert not np.array_equal(one, other)


def test_two_questions_with_one_id_are_refused():
    with pytest.raises(ValueError, match="two exercises have the id '00-double'"):
        bank.collect("exercise", [BANK["00-double"], BANK["00-double"]])


def test_unknown_id_names_the_closest():
    with pytest.raises(ValueError, match="did you mean '03-stable-sigmoid'"):
        bank.get("03-stable-sigmod")


def test_lessons_share_out_the_bank():
    lessons = [path.stem[:2] for path in SOURCES]
    assert [e.id for lesson in lessons for e in bank.of_lesson(lesson)] == list(BANK)
    assert all(bank.of_lesson(lesson) for lesson in lessons)
