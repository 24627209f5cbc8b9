"""The judge is total and pure; observing survives whatever an answer does; float32, kinks and side effects."""

import dataclasses
import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_lib.exercises.bank import BANK
from course_lib.exercises.borrowed import library_calls
from course_lib.exercises.judging import EXAMPLE, judge
from course_lib.exercises.model import (
    LIBRARIES,
    LIBRARY_CALL,
    PUBLIC_SEED,
    Exercise,
    Measured,
    Misconception,
    Observation,
    Probe,
    TimedOut,
    Tolerance,
    Verdict,
    namespace_of,
    observe,
    probes_for,
)

OUTCOMES = {"not attempted", "raised", "timed out", "wrong", "partly right", "right"}
SIGMOID = BANK["03-stable-sigmoid"]


def one(x):
    return np.where(x > 0, 1.0, 0.0)


def minus_one(x):
    return -one(x)


def twice(x):
    return 2 * one(x)


KINK = Exercise(
    id="99-kink",
    title="A kink",
    kind="function",
    names=("slope",),
    points=2,
    difficulty="complete",
    objective="",
    specification="",
    probes=(
        Probe("zero", ([0.0],), between=(0.0, 1.0)),
        Probe("both sides", ([-1.0, 2.0],)),
        Probe("two corners", ([0.0, 3.0],), also=(0.0, 1.0)),
    ),
    reference=one,
    alternatives=(),
    tolerance=Tolerance(1e-9, 1e-9, ""),
    misconceptions=(Misconception("a", minus_one, "A.", ""), Misconception("b", twice, "B.", "")),
    hints=("?", "!"),
    explanation="",
    draw=lambda rng: [Probe("five", (rng.normal(size=5),))],
    partial=True,
)


def judged(exercise: Exercise, answer, seed=PUBLIC_SEED) -> Verdict:
    return judge(exercise, observe(namespace_of(exercise, answer), probes_for(exercise, seed)), seed)


arrays = hnp.arrays(
    dtype=st.sampled_from(["f8", "f4", "i8", "?", "c16", "U3", "O", "M8[s]", "f2", "u1"]),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
oddities = st.one_of(
    arrays,
    st.text(),
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.binary(),
    st.tuples(arrays, arrays),
    st.lists(st.floats()),
    st.just(SimpleNamespace(shape=3)),
)
observations = st.builds(
    Observation,
    status=st.sampled_from(["value", "missing", "placeholder", "raised", "timed out", "malformed", "lie", 3, None]),
    value=oddities,
    error=st.one_of(st.text(), st.just(LIBRARY_CALL), st.just("NotImplementedError"), st.integers()),
    message=st.one_of(st.text(), st.none()),
    line=st.one_of(st.text(), st.none()),
    warnings=st.one_of(st.just(()), st.just(("overflow",)), st.lists(st.text()), st.tuples(st.integers())),
    changed_input=st.one_of(st.booleans(), st.integers()),
)
replies = st.one_of(st.lists(st.one_of(observations, oddities), max_size=12), st.just(7), st.none(), st.text())


@pytest.mark.parametrize("exercise", [*BANK.values(), KINK], ids=lambda e: e.id)
@settings(max_examples=60, deadline=None)
@given(reply=replies)
def test_judge_is_total(exercise, reply):
    result = judge(exercise, reply, PUBLIC_SEED)
    assert result.outcome in OUTCOMES
    assert 0 <= result.points <= exercise.points
    assert result.outcome == "right" or result.message


@pytest.mark.parametrize("exercise", [*BANK.values()], ids=lambda e: e.id)
@pytest.mark.parametrize(
    "value",
    [np.full(3, np.nan), np.zeros((2, 3, 4)), np.array(["a"]), np.array([1j]), np.array(None), np.zeros(0), "z", ()],
    ids=["nan", "wrong-shape", "text", "complex", "object", "empty", "string", "empty-tuple"],
)
def test_malformed_value_is_a_wrong_answer_in_words(exercise, value):
    probes = probes_for(exercise, PUBLIC_SEED)
    result = judge(exercise, [Observation("value", value=value)] * len(probes), PUBLIC_SEED)
    assert (result.outcome, result.points) == ("wrong", 0)
    assert result.message.endswith(".")


class AlwaysEqual(np.ndarray):
    def __eq__(self, other):
        return np.True_

    def __le__(self, other):
        return np.True_


def test_array_that_claims_to_equal_everything_gains_nothing():
    probes = probes_for(SIGMOID, PUBLIC_SEED)
    lies = [Observation("value", value=np.full(p.args[0].shape, 9.0).view(AlwaysEqual)) for p in probes]
    assert judge(SIGMOID, lies, PUBLIC_SEED).points == 0


def test_object_that_claims_to_be_an_array_is_observed_as_plain_data():
    class Lie:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("no")

    seen = observe({"f": lambda: Lie()}, [Probe("none", (), name="f")])
    assert (seen[0].status, seen[0].error) == ("malformed", "Lie")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Fraction(1, 3), 1 / 3),
        (Decimal("0.25"), 0.25),
        ([Fraction(1, 2), 2, 0.5], [0.5, 2.0, 0.5]),
        ((Fraction(1, 2), Decimal(1)), [0.5, 1.0]),
        (10**30, 1e30),
    ],
    ids=["fraction", "decimal", "list", "tuple", "beyond-64-bits"],
)
def test_exact_number_is_a_number(value, number):
    seen = observe({"w": value}, [Probe("w", name="w")])[0]
    assert (seen.status, seen.value.dtype, seen.value.tolist()) == ("value", float, number)


@pytest.mark.parametrize(
    "value", [10**400, [Fraction(1, 2), None], [Fraction(1, 2), 1j]], ids=["huge", "none", "complex"]
)
def test_what_no_float_can_hold_is_malformed(value):
    assert observe({"w": value}, [Probe("w", name="w")])[0].status == "malformed"


def test_observation_of_a_subclass_is_a_plain_array():
    seen = observe({"f": lambda: np.zeros(1).view(AlwaysEqual)}, [Probe("none", (), name="f")])
    assert type(seen[0].value) is np.ndarray


@pytest.mark.parametrize("at_kink", [0.0, 0.3, 0.5, 1.0])
def test_valid_subgradients_pass(at_kink):
    def slope(x):
        # Where one of two values is accepted, the kink's own interval does not count.
        middle = at_kink if x.size == 1 else round(at_kink)
        return np.where(x == 0, middle, one(x))

    assert judged(KINK, slope).outcome == "right"


@pytest.mark.parametrize("at_kink", [-0.1, 1.1, np.nan])
def test_values_outside_the_subgradients_do_not_pass(at_kink):
    assert judged(KINK, lambda x: np.where(x == 0, at_kink, one(x))).outcome != "right"


def test_group_share_gives_partial_credit():
    result = judged(KINK, lambda x: np.where(x == 0, 7.0, one(x)))
    assert (result.outcome, result.points) == ("partly right", 1.0)


def test_group_share_needs_the_random_draws():
    typed_in = {0.0: 0.0, -1.0: 0.0, 2.0: 1.0, 3.0: 1.0}
    result = judged(KINK, lambda x: np.array([typed_in.get(v, 0.3) for v in x.tolist()]))
    assert (result.outcome, result.points) == ("wrong", 0)


def test_lists_pass_for_arrays():
    assert judged(KINK, lambda x: [1 if v > 0 else 0 for v in x]).outcome == "right"


def test_float32_passes_and_float16_does_not():
    assert judged(SIGMOID, lambda x: SIGMOID.reference(x.astype(np.float32))).outcome == "right"
    assert judged(SIGMOID, lambda x: SIGMOID.reference(x.astype(np.float16))).outcome != "right"


def test_changed_input_is_named():
    def slope(x):
        result = one(x)
        x[...] = 9
        return result

    result = judged(KINK, slope)
    assert (result.outcome, result.points) == ("partly right", 1.0)
    assert "changes its input" in result.message


def test_inputs_are_fresh_for_every_call():
    probes = probes_for(KINK, PUBLIC_SEED)
    before = [p.args[0].copy() for p in probes]
    observe({"slope": lambda x: x.fill(3)}, probes)
    assert all(np.array_equal(p.args[0], b) for p, b in zip(probes, before, strict=True))


def test_warning_is_a_remark_where_it_is_allowed():
    gradient = BANK["22-bce-gradient"]
    result = judged(gradient, lambda y, z: 1 / (1 + np.exp(-z)) - y)
    assert result.outcome == "right"
    assert "overflow" in result.remark


def test_warning_costs_points_where_it_is_forbidden():
    def warns(x):
        np.exp(np.array([1000.0]))
        return SIGMOID.reference(x)

    result = judged(SIGMOID, warns)
    assert (result.outcome, result.points) == ("partly right", SIGMOID.points / 2)
    assert "overflow" in result.message


def test_non_deterministic_answer_is_a_wrong_answer():
    rng = np.random.default_rng(0)
    assert judged(SIGMOID, lambda x: rng.random(x.shape)).outcome == "wrong"


def test_answer_that_needs_other_arguments_is_explained():
    result = judged(SIGMOID, lambda: 1)
    assert result.outcome == "raised"
    assert "other arguments than the specification" in result.message


def test_math_function_on_an_array_is_explained():
    result = judged(SIGMOID, lambda x: 1 / (1 + math.exp(-x)))
    assert "`math`" in result.message or "math.exp" in result.message


def test_axis_that_does_not_exist_is_explained():
    result = judged(SIGMOID, lambda x: x - x.max(axis=3))
    assert "AxisError" in result.message
    assert "There is no axis of that number" in result.message


def test_exit_is_not_an_exit():
    result = judged(SIGMOID, lambda x: sys.exit(0))
    assert result.outcome == "raised"


def test_missing_return_is_named():
    result = judged(SIGMOID, lambda x: None)
    assert result.message.endswith("None. Is a `return` missing?")
    assert result.next_step.startswith("Add it, run its cell again")


def test_another_shape_asks_for_the_shape():
    result = judged(SIGMOID, lambda x: SIGMOID.reference(x)[None])
    assert "The values have shape" in result.message
    assert result.next_step.startswith("Print the shape of what you return")


@pytest.mark.parametrize("product", [lambda x: x @ np.ones(1000), lambda x: np.dot(x, np.ones(1000))])
def test_shapes_that_cannot_be_multiplied_are_explained(product):
    assert "as many columns on the left as rows on the right" in judged(SIGMOID, lambda x: product(x)).message


def test_a_value_in_place_of_a_function_is_to_be_defined_again():
    assert judged(SIGMOID, 3).next_step.startswith("Define it again with `def`")


def test_a_single_number_is_changed_and_several_one_at_a_time():
    designs = [e for e in BANK.values() if e.kind == "design"]
    told = {len(e.names): judged(e, 1e9 if len(e.names) == 1 else (1e9,) * len(e.names)).next_step for e in designs}
    assert told[1].startswith("Change it and compare")
    assert all(step.startswith("Change one number at a time") for names, step in told.items() if names > 1)


def test_numpys_text_is_text():
    exercise = next(e for e in BANK.values() if e.kind == "choice")
    assert judged(exercise, np.str_(exercise.reference)).outcome == "right"


def test_a_caret_for_a_power_is_explained():
    assert "write `**`" in judged(SIGMOID, lambda x: x ^ 2).message


def test_fractions_put_into_whole_numbers_are_explained():
    def whole(x):
        total = np.zeros(x.shape, dtype=int)
        total -= x + 0.5
        return total

    assert "Begin with floats" in judged(SIGMOID, whole).message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(lambda x: x + 1j, "complex numbers"), (lambda x: x.astype(str), "texts"), (lambda x: [str(x)], "texts")],
)
def test_an_array_of_no_numbers_says_of_what(answer, kind):
    result = judged(SIGMOID, answer)
    assert result.outcome == "wrong"
    assert f"array of {kind}, where numbers are expected" in result.message


def test_a_number_in_quotes_is_told_to_leave_them_away():
    exercise = next(e for e in BANK.values() if e.kind == "value" and len(e.names) == 1)
    assert "Leave the quotes away." in judged(exercise, str(exercise.reference)).message
    assert "Leave the quotes away." not in judged(exercise, "a lot").message


@pytest.mark.parametrize("written", ["{}", " {}. ", "({})", "{})"])
def test_a_letter_may_be_written_in_several_ways(written):
    exercise = next(e for e in BANK.values() if e.kind == "choice")
    assert judged(exercise, written.format(exercise.reference.upper())).outcome == "right"
    mistake = exercise.misconceptions[0]
    assert judged(exercise, written.format(mistake.answer)).misconception == mistake.name


def test_value_in_place_of_a_function_is_named():
    assert "must be a function" in judged(SIGMOID, np.zeros(3)).message


def test_unwritten_helper_is_named():
    def helper(x):
        raise NotImplementedError

    def stable_sigmoid(x):
        return helper(x)

    result = judged(SIGMOID, stable_sigmoid)
    assert result.outcome == "not attempted"
    assert "helper" in result.message


def test_library_call_is_named():
    seen = [Observation("raised", error=LIBRARY_CALL, message="sigmoid")] * len(probes_for(SIGMOID, 1))
    result = judge(SIGMOID, seen, 1)
    assert (result.outcome, result.points) == ("wrong", 0)
    assert "sigmoid" in result.message


def test_time_out_ends_the_rest():
    def stops(x):
        raise TimedOut("2 seconds")

    result = judged(SIGMOID, stops)
    assert result.outcome == "timed out"
    assert "2 seconds" in result.message


def test_huge_answer_is_not_kept():
    seen = observe({"f": lambda: np.zeros(2_000_000)}, [Probe("none", (), name="f")])
    assert seen[0].status == "malformed"
    assert seen[0].value is None


def test_several_returned_parts_are_judged_each():
    def both(x):
        return x.sum(), x * 2

    def wrong(x):
        return x.sum(), x * 3

    two = dataclasses.replace(KINK, id="99-two", returns=("total", "double"), reference=both, partial=False)
    assert judged(two, lambda x: [np.sum(x), x + x]).outcome == "right"
    assert judged(two, wrong).message.startswith("double: ")
    assert "2 parts: total and double" in judged(two, lambda x: x).message


def test_design_takes_any_values_that_work_and_refuses_the_rest():
    design = BANK["03-design-neuron"]
    assert judged(design, (2.197, -6.592)).outcome == "right"
    assert judged(design, (2.0, -6.0)).outcome == "wrong"
    assert judged(design, (np.inf, 0.0)).outcome == "wrong"
    assert judged(design, (1e308, -1e308)).outcome == "wrong"
    assert judged(design, ("2", 3)).outcome == "wrong"


NUMBERS = [e for e in BANK.values() if e.kind in ("design", "value")]


@pytest.mark.parametrize("exercise", NUMBERS, ids=lambda e: e.id)
@pytest.mark.parametrize(
    ("unusable", "held"),
    [
        ("2", "holds text"),
        ([1.0, 2.0], "holds values of shape (2,)"),
        (None, "is None"),
        (math.nan, "is nan"),
        (-math.inf, "is −inf"),
        (1j, "holds a value of type complex"),
    ],
    ids=["text", "list", "none", "nan", "infinite", "complex"],
)
def test_variable_without_a_usable_number_is_told_what_to_hold(exercise, unusable, held):
    result = judged(exercise, unusable if len(exercise.names) == 1 else (unusable,) * len(exercise.names))
    assert (result.outcome, result.points) == ("wrong", 0)
    if repr(unusable) in [repr(mistake.answer) for mistake in exercise.misconceptions]:
        assert result.misconception
        return
    assert result.message.startswith(f"{exercise.name} {held}")
    assert f" Set {exercise.name} to one number, for example {exercise.name} = {EXAMPLE}." in result.message


@pytest.mark.parametrize("exercise", NUMBERS, ids=lambda e: e.id)
def test_number_shown_as_an_example_answers_no_question(exercise):
    result = judged(exercise, EXAMPLE if len(exercise.names) == 1 else (EXAMPLE,) * len(exercise.names))
    assert (result.outcome, result.misconception) == ("wrong", None)


def test_half_a_design_earns_half():
    design = BANK["03-design-neuron"]
    z = math.log(9)
    result = judged(design, (5.0, -z - 10.0))
    assert (result.outcome, result.points) == ("partly right", 1.5)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"id": "sigmoid"}, "lesson number"),
        ({"names": ("not a name",)}, "Python names"),
        ({"probes": ()}, "at least one probe"),
        ({"points": 0}, "above zero"),
        ({"hints": ("?",)}, "two hints"),
        ({"misconceptions": KINK.misconceptions[:1]}, "two misconceptions"),
        ({"misconceptions": (KINK.misconceptions[0],) * 2}, "two misconceptions"),
        ({"misconceptions": (Misconception("a", one, "", "", 1.0), KINK.misconceptions[1])}, "worth"),
        ({"kind": "design", "measure": None}, "measure"),
        ({"kind": "choice", "options": ("a", "b"), "reference": "a"}, "per other option"),
    ],
)
def test_faulty_exercise_is_refused(change, text):
    with pytest.raises(ValueError, match=text):
        dataclasses.replace(KINK, **change)


def test_design_share_is_kept_within_bounds():
    for share in (-3.0, np.nan, 0.999):
        design = dataclasses.replace(BANK["03-design-neuron"], measure=lambda w, b, s=share: Measured(s, "So."))
        assert 0 <= judged(design, (1.0, 1.0)).points < design.points


def test_verdict_is_plain_data():
    import json

    text = json.dumps(judged(SIGMOID, np.tanh).as_dict())
    assert json.loads(text)["misconception"] == "tanh-instead"


@pytest.mark.parametrize("module", ["model", "judging", "bank"])
def test_grading_imports_stay_light(module):
    code = (
        f"import sys, course_lib.exercises.{module}\n"
        "heavy = {'IPython', 'ipywidgets', 'matplotlib', 'scipy', 'course_lib.activations', 'course_lib.losses'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.strip() == "[]"


# ---- borrowing the library's function --------------------------------------------------------------------------------


def in_cell(code: str):
    names: dict = {"np": np}
    exec(code, names)
    return names["f"]


BORROWED = {
    "by-name": "from course_lib.activations import sigmoid\ndef f(x): return sigmoid(x)",
    "by-module": "import course_lib.activations as a\ndef f(x): return a.sigmoid(x)",
    "by-long-path": "import course_lib.activations\ndef f(x): return course_lib.activations.sigmoid(x)",
    "inside": "def f(x):\n    from course_lib.activations import sigmoid\n    return sigmoid(x)",
    "by-catalogue": "from course_lib.activations import get\ndef f(x): return get('sigmoid')(x)",
    "by-entry": "from course_lib.activations import get\ns = get('sigmoid')\ndef f(x): return s(x)",
    "by-entry-attribute": "from course_lib.activations import get\ns = get('sigmoid')\ndef f(x): return s.function(x)",
    "scipy": "from scipy.special import expit\ndef f(x): return expit(x)",
    "scipy-module": "import scipy.special as sp\ndef f(x): return sp.expit(x)",
    "scipy-long-path": "import scipy.special\ndef f(x): return scipy.special.expit(x)",
    "helper": "from scipy.special import expit\ndef g(x): return expit(x)\ndef f(x): return g(x)",
    "nested": "from scipy.special import expit\ndef f(x):\n    def g(y): return expit(y)\n    return g(x)",
    "lambda": "from scipy.special import expit\ndef f(x): return (lambda y: expit(y))(x)",
    "closure": "from scipy.special import expit\ndef g(e):\n    def f(x): return e(x)\n    return f\nf = g(expit)",
    "itself": "from course_lib.activations import sigmoid as f",
}


@pytest.mark.parametrize("code", BORROWED.values(), ids=BORROWED.keys())
def test_borrowed_function_is_found(code):
    assert library_calls(in_cell(code), LIBRARIES)


@pytest.mark.parametrize("taken", ["relu", "leaky_relu", "sigmoid"])
def test_library_function_under_another_name_is_called_by_its_own(taken):
    assert library_calls(in_cell(f"from course_lib.activations import {taken} as f"), LIBRARIES) == (
        f"course_lib's {taken}",
    )


def test_helper_that_is_a_library_function_is_called_by_its_own_name():
    code = "from course_lib.activations import relu\nhelper = relu\ndef f(x): return helper(x)"
    assert library_calls(in_cell(code), LIBRARIES) == ("course_lib's relu",)


OWN = {
    "numpy": "def f(x): return 1 / (1 + np.exp(-x))",
    "recursive": "def f(x): return f(x - 1) if x > 0 else 0",
    "imported-not-used": "from scipy.special import expit\ndef f(x): return np.tanh(x)",
    "same-name": "def sigmoid(x): return np.tanh(x)\ndef f(x): return sigmoid(x)",
    "builtins": "def f(x): return [abs(v) for v in x]",
    "data": "from course_lib import activations\ndef f(x): return x",
    "not-a-function": "f = 3",
    "text-of-its-own": "MODE = 'fast'\ndef f(x): return x if MODE == 'fast' else 2 * x",
    "name-of-a-library": "MODE = 'scipy.special'\ndef f(x): return x if MODE else 2 * x",
}


@pytest.mark.parametrize("code", OWN.values(), ids=OWN.keys())
def test_own_function_is_not_accused(code):
    assert library_calls(in_cell(code), LIBRARIES) == ()
