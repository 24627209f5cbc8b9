"""The pairing matrix: every verdict is measured, every state is drawn, and only a stuck loss solves the task."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import activations, losses, plots, widgets
from course_lib.panels import pairing
from course_lib.stage import Area, Line, Slider, Stage, Text
from course_lib.stage.encode import frame_bytes, read, table_bytes
from course_lib.stage.figure import figure

PANEL = pairing.pairing_matrix_panel()
PAIRS = list(itertools.product(pairing.KINDS, pairing.OUTPUTS, pairing.LOSSES))
NAMES = ["-".join(pair) for pair in PAIRS]
SOLUTION = {"kind": "class", "output": "softmax", "loss": "cce-z", "z": 8.0}
# With two rivals at score 0, the share e^z / (e^z + 2) is 0.99 here.
EDGE = math.log(198)

states = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(list(pairing.KINDS)),
        "output": st.sampled_from(list(pairing.OUTPUTS)),
        "loss": st.sampled_from(list(pairing.LOSSES)),
        "rate": st.sampled_from(pairing.RATES),
        "z": st.floats(-pairing.FURTHEST, pairing.FURTHEST),
    }
)


def shown(**values):
    return PANEL.scene(**PANEL.complete(values))


def judged(**values):
    params = PANEL.complete(values)
    return PANEL.result(params, PANEL.scene(**params))


def of_verdict(word):
    chosen = [pair for pair in PAIRS if pairing.verdict(*pair).word == word]
    return pytest.mark.parametrize("pair", chosen, ids=["-".join(pair) for pair in chosen])


# The verdicts, measured ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_refused_is_what_the_catalogue_refuses(pair):
    assert bool(pairing.train(*pair, 1.0).refusal) == (pairing.verdict(*pair).word == "refused")


@of_verdict("works")
def test_a_pair_that_works_pushes_in_full_however_wrong(pair):
    wrong = pairing.push(*pair, np.array([-8.0, -1000.0]))
    assert np.isfinite(wrong.push).all()
    assert (wrong.push <= -0.99).all()


@of_verdict("fragile")
def test_a_fragile_pair_agrees_with_logits_and_breaks_where_digits_are_gone(pair):
    kind, output, loss = pair
    near, far = (pairing.push(*pair, np.array([z])) for z in (-6.0, -1000.0))
    assert near.push[0] < -0.99
    assert not np.isfinite(far.push[0])
    if loss.startswith(("cce", "bce" if output == "sigmoid" else "cce")):
        stable = pairing.push(kind, "identity", loss.replace("-p", "-z"), np.array([-6.0]))
        np.testing.assert_allclose(near.push, stable.push, rtol=1e-9)


@of_verdict("stalls")
def test_a_saturating_pair_hardly_pushes_where_it_is_wrong(pair):
    assert abs(pairing.push(*pair, np.array([-8.0])).push[0]) < 0.001


@of_verdict("twice")
def test_a_pair_applied_twice_pays_however_right_it_is(pair):
    assert pairing.push(*pair, np.array([500.0])).loss[0] > 0.3


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "tanh", "relu"])
def test_a_wrong_range_misses_numbers_that_the_identity_reaches(output):
    best, run = (pairing.train("number", unit, "squared", 1.0) for unit in ("identity", output))
    assert best.final < 0.12
    assert run.final > 3 * best.final


@pytest.mark.parametrize("kind", ["yes-no", "class"])
@pytest.mark.parametrize("output", ["identity", "tanh"])
def test_a_wrong_range_gives_labels_no_probabilities(kind, output):
    outputs = pairing.train(kind, output, "squared", 0.1).outputs
    assert outputs.min() < 0 or outputs.max() > 1


@pytest.mark.parametrize("loss", ["squared", "bce-z"])
def test_a_relu_output_has_no_push_where_it_is_wrongly_off(loss):
    assert pairing.push("yes-no", "relu", loss, np.array([-3.0])).push[0] == 0


@pytest.mark.parametrize("output", ["tanh", "relu"])
def test_a_wrong_range_before_logits_keeps_an_answer_from_becoming_sure(output):
    sure = {
        side: pairing.push("yes-no", output, "bce-z", np.array([z])).loss[0] for side, z in (("yes", 500), ("no", -500))
    }
    # tanh can't be sure of a yes; for the ReLU a wrong no costs what a shrug costs, and can't get worse or better.
    assert sure["yes"] > 0.3 if output == "tanh" else sure["no"] == pytest.approx(math.log(2))


def test_two_classes_by_softmax_push_as_one_sigmoid_does():
    z = np.linspace(-6, 6, 25)
    one, two = (pairing.push("yes-no", "identity", loss, z).push for loss in ("bce-z", "cce-z"))
    np.testing.assert_allclose(two, one, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", pairing.KINDS)
def test_the_right_pair_pushes_with_prediction_minus_target(kind):
    z = np.linspace(-6, 6, 25)
    pushed = pairing.push(kind, *pairing.CANONICAL[kind], z)
    rows = np.column_stack([z, 0 * z, 0 * z])
    p = {"number": z, "yes-no": activations.sigmoid(z), "class": activations.softmax(rows)[:, 0]}[kind]
    np.testing.assert_allclose(pushed.push, p - 1, rtol=1e-12)
    np.testing.assert_allclose(pushed.other_push, p - (-1 if kind == "number" else 0), rtol=1e-12, atol=1e-15)


def accepted(pair):
    return pairing.verdict(*pair).word != "refused"


@pytest.mark.parametrize(
    "pair", [p for p in PAIRS if accepted(p)], ids=[n for n, p in zip(NAMES, PAIRS, strict=True) if accepted(p)]
)
def test_the_push_is_the_slope_of_the_loss(pair):
    # Off the kink of the ReLU.
    z, step = np.array([-2.3, -0.7, 0.6, 1.9]), 1e-5
    up, down = (pairing.push(*pair, z + h).loss for h in (step, -step))
    np.testing.assert_allclose(pairing.push(*pair, z).push, (up - down) / (2 * step), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("kind", ["yes-no", "class"])
def test_the_right_pair_recovers_from_a_sure_and_wrong_start(kind):
    course = pairing.train(kind, *pairing.CANONICAL[kind], 1.0).course
    assert course[0] < 0.15
    assert course[20] > 0.8


@pytest.mark.parametrize(("rate", "diverged"), [(0.1, False), (1.0, True)])
def test_a_run_that_diverges_shows_no_share_of_right_answers(rate, diverged):
    scene = shown(output="identity", loss="squared", rate=rate)
    cell = next(
        mark for mark in scene.charts[0].marks if isinstance(mark, Text) and (mark.x, mark.y) == (0, 4) and mark.dy < 0
    )
    assert math.isinf(scene.facts["final"]) is diverged
    assert ("diverge" in scene.says) is diverged
    assert cell.text == ("∞" if diverged else "93 %")


def test_training_is_the_same_every_time():
    first = pairing.train("class", "softmax", "cce-z", 1.0).course
    pairing.train.cache_clear()
    np.testing.assert_array_equal(pairing.train("class", "softmax", "cce-z", 1.0).course, first)


def test_an_unexpected_loss_message_is_shown_in_words():
    assert "must lie in [0, 1]" in shown(output="identity", loss="bce-p").says


# Every state --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
@pytest.mark.parametrize("z", [-pairing.FURTHEST, pairing.FURTHEST])
def test_a_frame_is_small_for_every_pair(pair, z):
    params = PANEL.complete(dict(zip(("kind", "output", "loss"), pair, strict=True), z=z))
    scene = PANEL.scene(**params)
    assert len(frame_bytes(scene, PANEL.result(params, scene))) < 60_000


@given(states)
@settings(deadline=None)
def test_any_state_is_drawn_in_finite_numbers_and_words(params):
    scene = PANEL.scene(**params)
    assert "nan" not in scene.says
    for chart in scene.charts:
        for mark in chart.marks:
            if isinstance(mark, Line) and mark.label not in ("this pair", "the right pair"):
                assert np.isfinite(mark.x).all()
                assert np.isfinite(mark.y).all()
            if isinstance(mark, Text):
                assert "nan" not in mark.text
                assert math.isfinite(mark.y)


@given(states)
@settings(deadline=None)
def test_the_state_survives_as_text(params):
    assert PANEL.from_text(PANEL.to_text(params)) == params


@pytest.mark.parametrize("kind", pairing.KINDS)
def test_every_cell_shows_its_verdict_and_a_tint(kind):
    matrix = shown(kind=kind).charts[0]
    words = [mark.text for mark in matrix.marks if isinstance(mark, Text)][::2]
    assert words == [pairing.verdict(kind, o, n).word for o in pairing.OUTPUTS for n in pairing.LOSSES]
    assert sum(isinstance(mark, Area) for mark in matrix.marks) == 25


@pytest.mark.parametrize("kind", pairing.KINDS)
def test_every_verdict_stands_beside_the_name_of_its_output_unit(kind):
    matrix = shown(kind=kind).charts[0]
    names = {title: unit for unit, title in pairing.OUTPUTS.items()}
    rows = {place: names[text] for place, text in matrix.y.ticks}
    found = {
        (rows[mark.y], list(pairing.LOSSES)[int(mark.x)]): mark.text
        for mark in matrix.marks
        if isinstance(mark, Text) and mark.dy > 0
    }
    assert found == {(o, n): pairing.verdict(kind, o, n).word for o in pairing.OUTPUTS for n in pairing.LOSSES}


@pytest.mark.parametrize("preset", PANEL.presets, ids=lambda preset: preset.label)
def test_a_preset_shows_a_pair_that_works(preset):
    scene = shown(**preset.values)
    assert scene.facts["verdict"] == "works"
    assert len(plots.png(figure(scene))) < 150_000


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_a_cell_of_the_matrix_chooses_its_pair(pair):
    kind, output, loss = pair
    column, row = list(pairing.LOSSES).index(loss), 4 - list(pairing.OUTPUTS).index(output)
    (spot,) = [
        spot
        for spot in shown(kind=kind, output=output, loss=loss).charts[0].spots
        if spot.x[0] < column < spot.x[1] and spot.y[0] < row < spot.y[1]
    ]
    assert PANEL.accept(spot.values) == {"output": output, "loss": loss}
    assert spot.on
    assert pairing.LONG[pairing.verdict(kind, output, loss).word] in spot.label


def test_only_the_cell_of_the_present_pair_is_marked():
    assert [spot.on for spot in shown().charts[0].spots].count(True) == 1


def test_a_page_without_a_kernel_holds_every_pair_at_every_rate():
    table = table_bytes(PANEL, PANEL.defaults)
    head, _ = read(table)
    slider = next(control for control in PANEL.controls if isinstance(control, Slider))
    assert len(head["frames"]) == 75 * len(pairing.RATES) * len(slider.grid())
    assert len(table) < 8_000_000


# The task -----------------------------------------------------------------------------------------------------------


def test_the_first_state_does_not_solve_the_task():
    assert judged().score == 0


def test_softmax_twice_solves_the_task():
    result = judged(**SOLUTION)
    assert result.solved
    assert "takes the shares for scores" in result.message


@pytest.mark.parametrize(("z", "solved"), [(EDGE - 0.01, False), (EDGE + 1e-6, True), (EDGE + 0.01, True)])
def test_the_share_decides_at_its_edge(z, solved):
    assert judged(**{**SOLUTION, "z": z}).solved is solved


@pytest.mark.parametrize(
    ("loss", "solved"), [(pairing.HIGH, False), (pairing.HIGH + 1e-6, True), (pairing.HIGH - 0.01, False)]
)
def test_the_loss_decides_at_its_edge(loss, solved):
    facts = {"kind": "class", "output": "softmax", "says": pairing.SURE, "loss": loss}
    assert PANEL.task.check({}, facts).solved is solved


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "yes-no"}, "Set the target"),
        ({"output": "identity"}, "Which output unit"),
        ({"output": "tanh"}, "Which output unit"),
        ({"z": 1.0}, "Move the score to the right"),
        ({"loss": "cce-p"}, "as it should be"),
        ({"loss": "squared"}, "as it should be"),
    ],
    ids=["kind", "identity", "tanh", "unsure", "right-loss", "squares"],
)
def test_each_near_miss_gets_its_own_advice(change, words):
    result = judged(**{**SOLUTION, **change})
    assert result.score == 0
    assert words in result.message


def test_the_floor_of_a_doubled_softmax_is_what_the_catalogue_says():
    perfect = np.eye(3)
    floor = losses.categorical_cross_entropy_with_logits(perfect, perfect)[0]
    assert shown(**{**SOLUTION, "z": pairing.FURTHEST}).facts["loss"] == pytest.approx(floor, abs=1e-3)


def test_the_lessons_call_works():
    stage = widgets.pairing_matrix(kind="class")
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "pairing-matrix kind=class output=sigmoid loss=squared rate=1 z=-6"
    finally:
        stage.close()


@pytest.mark.parametrize("z", [-6.0, -1.35, 0.0, 7.7])
@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pairing.verdict(*pair).word != "refused"], ids="-".join)
def test_the_picture_and_the_words_give_the_push_with_the_same_digits(pair, z):
    scene = shown(**dict(zip(("kind", "output", "loss"), pair, strict=True)), z=z)
    (number,) = (mark.text for mark in scene.charts[1].marks if isinstance(mark, Text))
    assert f"the push {number}, for" in scene.says
    assert number != "−0"
