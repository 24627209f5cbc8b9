"""Nielsen's neuron: drawn in every state, descending by the catalogue's gradients, quick enough to solve the task."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import losses, numerics, plots
from course_lib.activations import sigmoid
from course_lib.panels import slowdown
from course_lib.stage import Line, Points, Stage
from course_lib.stage.encode import frame_bytes, read, table_bytes
from course_lib.stage.figure import figure

PANEL = slowdown.learning_slowdown_panel()
states = st.fixed_dictionaries({"rate": st.floats(0.005, 3), "start": st.floats(0, 5), "again": st.just(0)})
EXTREMES = [
    {"rate": rate, "start": start, "again": 0} for rate in (0.005, 0.15, 0.999, 1.0, 3.0) for start in (0, 4, 5)
]

# Plain Python, one number at a time: nothing of the panel or the catalogue.
SLOPES = {"squared": lambda a: a * a * (1 - a), "entropy": lambda a: a}


def by_hand(loss, start, rate):
    """Outputs of weight and bias trained separately for 300 steps; the score is shared out evenly at first."""
    weight = bias = start / 2
    outputs = []
    for _ in range(301):
        output = 1 / (1 + np.exp(-(weight + bias)))
        outputs.append(output)
        weight, bias = weight - rate * SLOPES[loss](output), bias - rate * SLOPES[loss](output)
    return np.array(outputs)


def shown(**values):
    return PANEL.scene(**{**PANEL.defaults, **values})


def judged(**values):
    params = {**PANEL.defaults, **values}
    return PANEL.result(params, PANEL.scene(**params))


def lines(chart, width=None):
    return [mark for mark in chart.marks if isinstance(mark, Line) and width in (None, mark.width)]


@pytest.mark.parametrize("params", [PANEL.defaults, *EXTREMES], ids=PANEL.to_text)
def test_scene_and_static_twin_can_be_drawn_at_the_extremes(params):
    scene = PANEL.scene(**params)
    assert len(frame_bytes(scene, PANEL.result(params, scene))) < 20_000
    assert len(plots.png(figure(scene))) < 100_000


@pytest.mark.parametrize("preset", PANEL.presets, ids=lambda preset: preset.label)
def test_no_preset_solves_the_task(preset):
    assert judged(**preset.values).score == 0


@settings(max_examples=30, deadline=None)
@given(states)
def test_any_state_stays_inside_its_charts(params):
    scene = PANEL.scene(**params)
    assert 0 <= PANEL.result(params, scene).score <= 1
    assert "nan" not in scene.says
    for chart in scene.charts:
        for mark in chart.marks:
            if isinstance(mark, Line | Points):
                assert np.all((mark.x >= chart.x.low) & (mark.x <= chart.x.high))
                assert np.all((mark.y >= chart.y.low) & (mark.y <= chart.y.high))


@settings(max_examples=30, deadline=None)
@given(states)
def test_every_score_of_a_run_stays_on_the_score_axis(params):
    for loss in slowdown.LOOKS:
        run = slowdown.descend(loss, params["start"], params["rate"])
        assert slowdown.SCORES[0] <= run.score.min() <= run.score.max() <= slowdown.SCORES[1]


@settings(deadline=None)
@given(states)
def test_state_returns_from_its_text(params):
    assert PANEL.from_text(PANEL.to_text(params)) == params


@pytest.mark.parametrize("loss", ["squared", "entropy"])
@pytest.mark.parametrize(("start", "rate"), [(1.5, 0.15), (4.0, 0.15), (4.0, 0.005), (2.3, 3.0)])
def test_a_run_moves_weight_and_bias_down_the_slope(loss, start, rate):
    np.testing.assert_allclose(slowdown.descend(loss, start, rate).output, by_hand(loss, start, rate), rtol=1e-9)


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        ("squared", lambda z: losses.get("half_squared_error").function(np.zeros(z.shape), sigmoid(z))),
        ("entropy", lambda z: losses.get("binary_cross_entropy_with_logits").function(np.zeros(z.shape), z)),
    ],
)
def test_the_push_is_the_slope_of_the_catalogues_loss(loss, value):
    scores = np.linspace(-8, 6, 57)
    np.testing.assert_allclose(slowdown.push(loss, scores), numerics.central_difference(value, scores), atol=1e-9)


# The book (Nielsen, Neural Networks and Deep Learning, chapter 3): 0.82 → 0.09 and 0.98 → 0.20 by the quadratic cost.
@pytest.mark.parametrize(
    ("loss", "start", "first", "last"),
    [("squared", 1.5, 0.82, 0.09), ("squared", 4.0, 0.98, 0.20), ("entropy", 1.5, 0.82, 0.01)],
)
def test_the_books_neuron_is_reproduced(loss, start, first, last):
    output = slowdown.descend(loss, start, 0.15).output
    assert (round(output[0], 2), round(output[-1], 2)) == (first, last)


def test_the_course_is_drawn_whole_and_the_part_gone_thick():
    scene = next(itertools.islice(PANEL.run(dict(PANEL.defaults)), 59, None))
    whole, gone = lines(scene.charts[0], 1.3), lines(scene.charts[0], 4)
    assert [len(line.x) for line in whole] == [301, 301]
    assert [len(line.x) for line in gone] == [61, 61]
    for one, other in zip(whole, gone, strict=True):
        np.testing.assert_array_equal(one.y[:61], other.y)


@pytest.mark.parametrize(("rate", "last"), [(0.005, 300), (0.999, 300), (1.0, 50), (3.0, 50)])
def test_a_run_goes_to_the_end_of_the_step_axis(rate, last):
    steps = [scene.facts["step"] for scene in PANEL.run({**PANEL.defaults, "rate": rate})]
    assert steps == list(range(1, last + 1))
    assert shown(rate=rate).charts[0].x.high == last


@pytest.mark.parametrize("name", ["rate", "start"])
def test_a_control_moved_during_a_run_begins_again(name):
    stage = slowdown.learning_slowdown()
    try:
        stage.step()
        stage.step()
        assert stage.scene.facts["step"] == 2
        stage.move(**{name: 1.0})
        assert stage.scene.facts["step"] == 0
    finally:
        stage.close()


def test_back_to_step_0_keeps_the_rate_and_plays_again():
    stage = slowdown.learning_slowdown(rate=2.0)
    try:
        while stage.step():
            pass
        for _ in range(2):
            stage.move(**PANEL.actions[0].change(dict(stage.params)))
            assert stage.scene.facts["step"] == 0
            assert stage.params["rate"] == 2.0
            stage.step()
            assert stage.scene.facts["step"] == 1
    finally:
        stage.close()


# Found by trying every rate from 1.9 to 2.6 in steps of 0.0005 by hand: 18 steps begin at 2.0295, 15 steps at 2.4645.
@pytest.mark.parametrize(
    ("rate", "solved"), [(2.029, False), (2.0295, True), (2.2, True), (2.464, True), (2.4645, False)]
)
def test_the_task_ends_one_step_beside_its_target(rate, solved):
    assert judged(rate=rate).solved == solved
    assert (abs(int(np.flatnonzero(by_hand("squared", 4.0, rate) < 0.5)[0]) - 17) <= 1) == solved


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "needs 232 steps. Rate times steps stays near 35"),
        ({"rate": 0.005}, "300 steps are not enough"),
        ({"rate": 2.6}, "Come back"),
        ({"rate": 2.2, "start": 1.5}, "Start at output 0.98 first"),
        ({"rate": 2.2, "start": 4.2}, "Start at output 0.98 first"),
        ({"rate": 2.2, "start": 3.65}, "Start at output 0.98 first"),
    ],
)
def test_an_open_task_says_what_to_mend(values, word):
    result = judged(**values)
    assert not result.solved
    assert word in result.message


def test_the_praise_names_what_cross_entropy_needs_at_that_rate():
    assert "cross-entropy needs 1 step." in judged(rate=2.2).message


def test_words_say_what_the_picture_shows():
    says = shown().says
    assert "Cross-entropy: output 0.982, below ½ after 17 steps, 0.012 after 300" in says
    assert "Squared error: output 0.982, below ½ after 232 steps, 0.203 after 300" in says
    assert "56.6 times as hard" in says


@given(st.floats(0, 5))
@settings(max_examples=30, deadline=None)
def test_at_the_start_the_losses_differ_by_the_slope_of_the_sigmoid(start):
    s = 1 / (1 + np.exp(-start))
    assert shown(start=start).facts["ratio"] == pytest.approx(1 / (s * (1 - s)))


def test_a_page_without_a_kernel_moves_solves_and_plays():
    head, _ = read(table_bytes(PANEL, PANEL.defaults))
    assert max(frame["result"]["score"] for frame in head["frames"]) == 1
    assert len(head["recorded"]) > 100


def test_the_lessons_call_starts_where_it_is_told():
    stage = slowdown.learning_slowdown(start=1.5)
    try:
        assert isinstance(stage, Stage)
        assert stage.state == "learning-slowdown rate=0.15 start=1.5 again=0"
    finally:
        stage.close()


def test_a_rate_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"rate=5 is outside 0\.005 … 3"):
        slowdown.learning_slowdown(rate=5)
