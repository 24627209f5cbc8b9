"""The playground: all choices are drawn in finite numbers, what it reads off is true, and presets do what they say."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import activations, losses, plots, widgets
from course_lib.panels import playground, playground_training
from course_lib.panels.playground import DATA, GOAL, GOAL_RATE, GOAL_STEPS, MOST_CLICKED, OPTIMISERS, STARTS
from course_lib.panels.playground_training import MOST_STEPS, Refusal, Settings, Trainer, fit, sample
from course_lib.stage import Bars, Heat, Line, Points, Stage, Text
from course_lib.stage.encode import frame_bytes, read, table_bytes
from course_lib.stage.figure import figure

PANEL = playground.playground_panel()
PRESETS = {preset.label: preset.values for preset in PANEL.presets}
BCE = "binary_cross_entropy_with_logits"
CLICKED = tuple((x, y, label) for x, y, label in playground.CLICKED)


@pytest.fixture(scope="module", autouse=True)
def _clock():
    """Time stands still: how many steps fit between two pictures depends on no machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(playground, "perf_counter", lambda: 0.0)
        yield


def shown(steps=0, **values):
    """The scene after that many steps at the rate of the controls."""
    params = PANEL.complete({"trained": [], **values})
    return PANEL.scene(**{**params, "trained": [[steps, params["rate"]]] if steps else []})


def judged(steps=0, **values):
    scene = shown(steps, **values)
    return PANEL.result(PANEL.complete(values), scene)


def trainer(steps=0, rate=0.3, **values):
    """A network trained without the panel's help: data, layers, loss, optimiser, init, seed."""
    data = values.get("data", "circle")
    made = Trainer(
        Settings(
            data,
            CLICKED if data == "clicked" else (),
            values.get("layers", (("tanh", 4),)),
            values.get("loss", BCE),
            values.get("optimiser", "sgd"),
            values.get("init", "xavier"),
            values.get("seed", 0),
        )
    )
    for _ in range(steps):
        made.advance(rate)
    return made


def assert_drawn_in_finite_numbers(scene):
    assert not re.search(r"\bnan\b", scene.says)
    assert len(frame_bytes(scene)) < 60_000
    for mark in (mark for chart in scene.charts for mark in chart.marks):
        if isinstance(mark, Heat):
            assert np.isfinite(mark.values).all()
        if isinstance(mark, Points | Bars):
            assert np.isfinite(mark.x).all()
            assert np.isfinite(mark.y if isinstance(mark, Points) else mark.height).all()
        if isinstance(mark, Line):
            # A gap is left for what can't be drawn; an infinite number is not a gap.
            assert not np.isinf(mark.x).any()
            assert not np.isinf(mark.y).any()
        if isinstance(mark, Text):
            assert math.isfinite(mark.x + mark.y)
            assert not re.search(r"nan|undefined", mark.text)


# Every state --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("init", STARTS)
@pytest.mark.parametrize("data", DATA)
def test_every_data_set_is_drawn_with_its_losses_at_both_ends_of_the_rate(data, init):
    some = ("mse", "huber", BCE, "hinge", "categorical_cross_entropy", "poisson_nll_with_log_rate", "dice")
    for loss in some:
        for optimiser, rate in (("sgd", 30.0), ("adam", 0.001)):
            for layers, units in ((1, 1), (3, 16)):
                values = {"data": data, "loss": loss, "init": init, "rate": rate, "optimiser": optimiser}
                values |= {"layers": layers, **playground._same("relu", units)}
                assert_drawn_in_finite_numbers(shown(12, **values))


@pytest.mark.parametrize("init", ["xavier", "large"])
@pytest.mark.parametrize("activation", activations.CATALOGUE)
def test_every_activation_of_the_catalogue_trains(activation, init):
    values = {"data": "xor", "layers": 2, **playground._same(activation, 6), "init": init, "rate": 0.3}
    scene = shown(12, **values)
    assert scene.facts["refused"] == ""
    assert_drawn_in_finite_numbers(scene)


numbers = {"layers": st.integers(1, 3), "seed": st.integers(0, 99)}
names = {
    "data": st.sampled_from(list(DATA)),
    "loss": st.sampled_from(list(losses.CATALOGUE)),
    "optimiser": st.sampled_from(list(OPTIMISERS)),
    "init": st.sampled_from(list(STARTS)),
}
layers = {
    f"{what}{layer}": values
    for layer in (1, 2, 3)
    for what, values in (
        ("activation", st.sampled_from(list(activations.CATALOGUE))),
        ("units", st.sampled_from(playground.UNITS)),
    )
}
pasts = st.lists(st.tuples(st.integers(1, 25), st.floats(0.001, 30)), max_size=2, unique_by=lambda part: part[0]).map(
    lambda parts: [list(part) for part in sorted(parts)]
)
points = st.lists(st.tuples(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2), st.integers(0, 1)).map(list), max_size=6)
states = st.fixed_dictionaries({**names, **numbers, **layers, "trained": pasts, "points": points}).map(PANEL.complete)


# The first look at a state trains a network, which takes longer than the next ones.
@settings(deadline=None)
@given(states)
def test_any_state_is_drawn_in_finite_numbers_and_returns_from_its_text(params):
    scene = PANEL.scene(**params)
    assert_drawn_in_finite_numbers(scene)
    assert 0 <= PANEL.result(params, scene).score <= 1
    assert PANEL.from_text(PANEL.to_text(params)) == params
    assert PANEL.scene(**params).says == scene.says


@pytest.mark.parametrize("label", ["Deep sigmoid", "Outliers: Huber", "Rate too large"])
def test_the_static_twin_of_a_preset_can_be_drawn(label):
    assert len(plots.png(figure(shown(60, **PRESETS[label])))) < 130_000


def test_the_static_twin_of_the_first_state_shows_a_network_that_has_learnt_something():
    scene = PANEL.scene(**PANEL.defaults)
    assert scene.facts["step"] > 0
    assert 0.05 < scene.facts["record"].miss < 0.3


# Which losses fit -----------------------------------------------------------------------------------------------------

ONE_SCORE = {
    BCE,
    "weighted_binary_cross_entropy_with_logits",
    "focal_with_logits",
    "zero_one",
    "hinge",
    "squared_hinge",
}
TWO_SCORES = {
    "categorical_cross_entropy_with_logits",
    "sparse_categorical_cross_entropy_with_logits",
    "label_smoothing_with_logits",
}
TWO_SHARES = {
    "categorical_cross_entropy",
    "sparse_categorical_cross_entropy",
    "kl_divergence",
    "jensen_shannon",
}
OF_NUMBERS = {
    "squared_error",
    "half_squared_error",
    "mse",
    "rmse",
    "mae",
    "huber",
    "smooth_l1",
    "log_cosh",
    "quantile",
}
ON_COUNTS = {"msle": "softplus", "poisson_nll": "softplus", "poisson_nll_with_log_rate": "identity"}
FITTING = {
    "circle": {
        **dict.fromkeys(ONE_SCORE, ("identity", 1)),
        **dict.fromkeys(TWO_SCORES, ("identity", 2)),
        **dict.fromkeys(TWO_SHARES, ("softmax", 2)),
        **dict.fromkeys(OF_NUMBERS | {"binary_cross_entropy", "msle"}, ("sigmoid", 1)),
    },
    "plane": dict.fromkeys(OF_NUMBERS, ("identity", 1)),
    "counts": {
        **dict.fromkeys(OF_NUMBERS, ("identity", 1)),
        **{name: (output, 1) for name, output in ON_COUNTS.items()},
    },
}


@pytest.mark.parametrize("data", FITTING)
@pytest.mark.parametrize("loss", losses.CATALOGUE)
def test_a_loss_gets_the_output_that_it_needs_or_is_refused(loss, data):
    found = fit(losses.get(loss), sample(data))
    if loss in FITTING[data]:
        assert found[:2] == FITTING[data][loss]
    else:
        assert isinstance(found, Refusal)


@pytest.mark.parametrize(
    ("data", "loss", "words"),
    [
        ("circle", "mape", "Its targets must lie in (0, ∞), and one class has the target 0"),
        ("circle", "poisson_nll", "a likelihood of counts"),
        ("circle", "dice", "whole masks"),
        ("circle", "triplet", "whole vectors"),
        ("circle", "cosine_distance", "whole vectors"),
        ("circle", "ctc_with_logits", "a sequence of frames"),
        ("circle", "gaussian_nll", "a variance for every point"),
        ("circle", "weighted_categorical_cross_entropy_with_logits", "a weight for every class"),
        ("plane", BCE, "It wants classes as targets; these data hold numbers"),
        ("plane", "msle", "Its targets must lie in [0, ∞); here they run from −2.06 to 1.98"),
        ("counts", "mape", "Its targets must lie in (0, ∞); here they run from 0 to"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(data, loss, words):
    scene = shown(data=data, loss=loss)
    assert scene.says.startswith(losses.get(loss).title)
    assert words in scene.says
    assert "Choose another loss, or other data" in scene.says
    assert list(PANEL.run(PANEL.complete({"data": data, "loss": loss}))) == []
    assert judged(data=data, loss=loss).score == 0


@pytest.mark.parametrize("loss", sorted(set(FITTING["circle"]) - {"zero_one"}))
def test_a_loss_that_fits_two_classes_learns_them(loss):
    made = trainer(150, rate=0.03, data="gaussians", loss=loss, optimiser="adam")
    assert made.records[-1].held_miss < 0.15


@pytest.mark.parametrize("loss", sorted(FITTING["counts"]))
def test_a_loss_that_fits_numbers_learns_them(loss):
    data = "counts" if loss in ON_COUNTS else "plane"
    made = trainer(300, rate=0.03, data=data, loss=loss, optimiser="adam", layers=(("tanh", 8),))
    # A constant would miss by the spread of the targets.
    assert made.records[-1].held_miss < 0.75 * made.sample.held_y.std()


# What is read off -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "loss", "hidden"),
    [
        ("circle", BCE, "tanh"),
        ("spirals", "hinge", "gelu"),
        ("clicked", "categorical_cross_entropy", "softplus"),
        ("outliers", "huber", "silu"),
        ("counts", "poisson_nll_with_log_rate", "sigmoid"),
    ],
)
def test_gradient_lengths_are_those_of_measured_slopes(data, loss, hidden):
    made = trainer(7, data=data, loss=loss, layers=((hidden, 3), (hidden, 2)))
    look = made.look()
    network, parameters = made.network, made.network.parameters.copy()
    targets = playground_training.encode(made.sample.y, made.fit.targets)

    def cost_at(place):
        network.parameters[:] = place
        prediction = network.forward(made.sample.x)
        return float(network.loss.function(targets, prediction).mean())

    step = 1e-6
    slopes = np.array(
        [
            (cost_at(parameters + step * unit) - cost_at(parameters - step * unit)) / (2 * step)
            for unit in np.eye(len(parameters))
        ]
    )
    network.parameters[:] = parameters
    start = 0
    for layer, length in zip(network.layers, look.gradient_norms, strict=True):
        weights = slopes[start : start + layer.weights.size]
        assert length == pytest.approx(float(np.linalg.norm(weights)), rel=1e-5, abs=1e-8)
        start += layer.weights.size + layer.bias.size


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_relu_is_one_that_no_training_point_wakes(seed):
    made = trainer(30, rate=5.0, layers=(("relu", 8), ("relu", 8)), init="he", seed=seed)
    look = made.look()
    signal = made.sample.x
    for layer, units in zip(made.network.layers, look.units, strict=False):
        score = signal @ layer.weights + layer.bias
        assert units.dead == (score <= 0).all(axis=0).sum()
        signal = np.maximum(score, 0)


def test_some_relus_die_at_a_large_rate_and_none_at_a_small_one():
    counts = [
        sum(units.dead for units in trainer(30, rate=rate, layers=(("relu", 8),) * 2, init="he").look().units)
        for rate in (0.1, 5.0)
    ]
    assert counts[0] == 0
    assert counts[1] >= 2


@pytest.mark.parametrize("seed", range(3))
def test_a_nearly_flat_sigmoid_has_a_small_slope_at_nine_of_ten_points(seed):
    made = trainer(data="gaussians", layers=(("sigmoid", 16),), init="large", seed=seed)
    layer = made.network.layers[0]
    share = 1 / (1 + np.exp(-(made.sample.x @ layer.weights + layer.bias)))
    slope = share * (1 - share)
    (units,) = made.look().units
    assert units.dead == 0
    assert units.flat == ((slope < 0.0025).mean(axis=0) >= 0.9).sum()


def test_the_edge_of_nearly_flat_is_a_hundredth_of_the_slope_at_nine_of_ten_points():
    made = trainer(data="gaussians", layers=(("sigmoid", 6),))
    layer, along = made.network.layers[0], np.abs(made.sample.x[:, 0])
    # The slope of a sigmoid is a hundredth of its largest at the score 5.986: two units are on this side, two beyond.
    layer.bias[:] = [0.0, -5.9, 6.1, -6.1, 0.0, 0.0]
    # One is flat at 85 of 100 points, the other at 95.
    layer.weights[:] = 0.0
    layer.weights[0, 4:] = 5.986 / np.quantile(along, [0.15, 0.05])
    (units,) = made.look().units
    assert units == (6, 0, 3)


def test_units_without_a_slope_of_their_own_are_not_counted():
    scene = shown(3, activation1="softmax")
    assert scene.facts["units"][0].dead is None
    assert "layer 1: 4, not counted" in scene.says


@pytest.mark.parametrize("data", ["circle", "plane"])
def test_costs_and_misses_are_the_networks_own(data):
    made = trainer(20, data=data, loss="mse")
    now, points = made.look().record, made.sample
    for x, y, cost, miss in (
        (points.x, points.y, now.cost, now.miss),
        (points.held_x, points.held_y, now.held_cost, now.held_miss),
    ):
        signal = np.tanh(x @ made.network.layers[0].weights + made.network.layers[0].bias)
        score = (signal @ made.network.layers[1].weights + made.network.layers[1].bias)[:, 0]
        said = 1 / (1 + np.exp(-score)) if data == "circle" else score
        assert cost == pytest.approx(float(((said - y) ** 2).mean()))
        wrong = np.mean((said > 0.5) != (y == 1)) if data == "circle" else np.sqrt(np.mean((said - y) ** 2))
        assert miss == pytest.approx(float(wrong))


def test_the_heat_map_is_what_the_network_says_about_each_place():
    scene, made = shown(40, rate=0.3), trainer(40, rate=0.3)
    heat = next(mark for mark in scene.charts[0].marks if isinstance(mark, Heat))
    for row, column in ((0, 0), (7, 31), (39, 20)):
        place = np.array([[-1.2 + 2.4 * column / 39, -1.2 + 2.4 * row / 39]])
        assert heat.values[row, column] == pytest.approx(made.network.predict_probability(place)[0, 0], abs=1e-6)


@pytest.mark.parametrize(("data", "level"), [("spirals", 0.5), ("plane", 1.0)])
def test_the_thick_line_runs_where_the_answer_has_its_level(data, level):
    values = {"data": data, "loss": "mse", "rate": 0.1, "optimiser": "adam"}
    lines = [mark for mark in shown(100, **values).charts[0].marks if isinstance(mark, Line) and mark.role == "black"]
    made = trainer(100, rate=0.1, data=data, loss="mse", optimiser="adam")
    near = []
    for line in lines:
        places = np.column_stack([line.x, line.y]).astype(float)
        near.append(np.abs(made.says(places[np.isfinite(places).all(axis=1)]) - level).max())
    # Straight between the places of a grid of 40.
    assert min(near) < 0.06


def test_every_training_point_is_drawn_once_and_with_its_class():
    drawn = {mark.label: mark for mark in shown(data="xor").charts[0].marks if isinstance(mark, Points) and mark.label}
    data = sample("xor")
    for label, name in ((1, "1"), (0, "0")):
        np.testing.assert_allclose(np.sort(drawn[name].x), np.sort(data.x[data.y == label, 0]), rtol=1e-6)
    assert drawn["1"].shape != drawn["0"].shape


def test_outliers_are_in_the_training_part_only():
    clean, wrong = sample("plane"), sample("outliers")
    np.testing.assert_array_equal(clean.held_y, wrong.held_y)
    assert (wrong.y - clean.y)[wrong.wrong] == pytest.approx(6.0)
    assert (wrong.y == clean.y)[~wrong.wrong].all()
    assert wrong.wrong.sum() == 25


@pytest.mark.parametrize("data", [name for name in DATA if name != "clicked"])
def test_held_out_points_are_others(data):
    points = sample(data)
    assert len(points.y) == len(points.held_y) == 200
    assert not {tuple(place) for place in points.x} & {tuple(place) for place in points.held_x}


# Runs ---------------------------------------------------------------------------------------------------------------


def test_a_run_passes_through_the_scenes_of_its_state_whatever_happens_to_the_rate():
    params = PANEL.complete({"data": "spirals", "layers": 2, "optimiser": "adam", "rate": 0.01, "trained": []})
    frames = PANEL.run(params)
    early = [next(frames) for _ in range(3)][-1]
    params["rate"] = 0.05
    late = [next(frames) for _ in range(4)][-1]
    assert (early.moves["trained"], late.moves["trained"]) == ([[30, 0.01]], [[30, 0.01], [70, 0.05]])
    for picture in (late, early):
        again = PANEL.scene(**{**params, **picture.moves})
        assert again.says == picture.says
        assert frame_bytes(again) == frame_bytes(picture)


def test_a_run_goes_on_from_the_steps_that_were_made():
    frames = PANEL.run(PANEL.complete({"trained": [[50, 1.0]]}))
    assert next(frames).facts["step"] == 60


def test_a_resting_network_is_taken_up_and_a_further_one_is_not():
    made = Settings("xor", (), (("tanh", 4),), BCE, "sgd", "xavier", 5)
    first = playground_training.fetch(made, ((40, 0.3),))
    playground_training.rest(first)
    assert playground_training.fetch(made, ((40, 0.3), (50, 0.1))) is first
    playground_training.rest(first)
    for other in (((30, 0.3),), ((40, 0.2), (60, 0.1)), ((35, 0.3), (60, 0.1))):
        fresh = playground_training.fetch(made, other)
        assert fresh is not first
        assert fresh.past == list(other)


def test_the_scene_after_a_run_makes_no_step_twice(monkeypatch):
    params = PANEL.complete({"seed": 77, "trained": []})
    frames = PANEL.run(params)
    last = [next(frames) for _ in range(4)][-1]
    del frames

    def again(trainer, rate):
        raise AssertionError(f"step {trainer.step + 1} is made a second time")

    monkeypatch.setattr(Trainer, "advance", again)
    assert PANEL.scene(**{**params, **last.moves}).says == last.says


def test_two_runs_of_one_setting_do_not_disturb_each_other():
    alone = [scene.says for scene, _ in zip(PANEL.run(PANEL.defaults), range(6), strict=False)]
    one, two = PANEL.run(PANEL.complete({})), PANEL.run(PANEL.complete({}))
    both = [(next(one).says, next(two).says) for _ in range(6)]
    assert both == [(said, said) for said in alone]


@pytest.mark.parametrize(("pace", "steps"), [(1, 1), (10, 10)])
def test_a_picture_comes_after_as_many_steps_as_asked(pace, steps):
    frames = PANEL.run(PANEL.complete({"pace": pace, "trained": []}))
    assert [next(frames).facts["step"] for _ in range(3)] == [steps, 2 * steps, 3 * steps]


@pytest.mark.parametrize(("tick", "steps"), [(0.004, 4), (1.0, 1)])
def test_as_many_steps_as_fit_into_the_time_are_made_and_one_at_least(monkeypatch, tick, steps):
    clock = iter(np.arange(0, 1e6) * tick)
    monkeypatch.setattr(playground, "perf_counter", lambda: next(clock))
    frames = PANEL.run(PANEL.complete({"pace": 0, "trained": []}))
    assert next(frames).facts["step"] == steps


def test_a_run_ends():
    params = PANEL.complete({"trained": [[MOST_STEPS - 5, 0.1]], "activation1": "relu", "units1": 1})
    last = list(PANEL.run(params))
    assert [scene.facts["step"] for scene in last] == [MOST_STEPS]
    assert "Training ends here, after 10,000 steps" in last[-1].says


def test_numbers_that_run_away_end_the_run_and_the_last_good_state_is_shown():
    values = PRESETS["Rate too large"]
    scenes = list(PANEL.run(PANEL.complete({**values, "trained": []})))
    assert len(scenes) == 1
    assert scenes[-1].facts["diverged"] == 3
    assert "The numbers ran away at step 3, at rate 3" in scenes[-1].says
    assert_drawn_in_finite_numbers(scenes[-1])
    assert PANEL.scene(**PANEL.complete({**values, **scenes[-1].moves})).says == scenes[-1].says


def test_first_weights_beyond_all_numbers_are_named():
    values = {"data": "counts", "loss": "poisson_nll_with_log_rate", "layers": 3, **playground._same("relu", 16)}
    scene = shown(init="large", **values)
    assert scene.facts["record"].cost == math.inf
    assert "beyond all numbers before the first step" in scene.says
    assert_drawn_in_finite_numbers(scene)


def test_a_loss_curve_is_every_tenth_step_and_the_present_one():
    made = trainer(34)
    assert [record.step for record in made.records] == [0, 10, 20, 30]
    line = next(mark for mark in shown(34, rate=0.3).charts[1].marks if isinstance(mark, Line))
    assert line.x.tolist() == [0, 10, 20, 30, 34]


@pytest.mark.parametrize(
    "trained", [[[0, 1.0]], [[5, 1.0], [5, 2.0]], [[9, 1.0], [3, 1.0]], [[5, -1.0]], [[MOST_STEPS + 1, 1.0]]], ids=str
)
def test_a_past_that_cannot_be_is_refused(trained):
    with pytest.raises(ValueError, match=r"must be \[\[step, rate\], …\] with rising steps"):
        PANEL.scene(**PANEL.complete({"trained": trained}))


@pytest.mark.parametrize(
    "points", [5, [1], [[0.1, 0.2]], [[0.1, 0.2, 1, 1]], [["a", 0.2, 1]], [[0.1, None, 1]], [[0.1, 0.2, 7]]], ids=str
)
def test_points_that_cannot_be_are_refused(points):
    with pytest.raises(ValueError, match=r"^points=.* must be \[\[x1, x2, class\], …\]"):
        PANEL.scene(**PANEL.complete({"data": "clicked", "points": points}))


@pytest.mark.parametrize("trained", [5, [1], [[5]], [["a", 1.0]]], ids=str)
def test_a_past_that_is_no_list_of_pairs_is_refused(trained):
    with pytest.raises(ValueError, match=r"^trained=.* must be \[\[step, rate\], …\]"):
        PANEL.scene(**PANEL.complete({"trained": trained}))


# What presets say ---------------------------------------------------------------------------------------------------


def test_deep_sigmoid_starves_its_first_layer_and_learns_nothing():
    first = shown(**PRESETS["Deep sigmoid"])
    assert first.facts["gradient_norms"][-1] > 5 * first.facts["gradient_norms"][0]
    assert shown(600, **PRESETS["Deep sigmoid"]).facts["best"] > 0.2


def test_the_words_name_a_first_layer_that_starves():
    scene = shown(data="circle", layers=3, **playground._same("sigmoid", 8))
    ratio = scene.facts["gradient_norms"][-1] / scene.facts["gradient_norms"][0]
    assert ratio > 10
    assert f"Layer 1 gets a gradient {ratio:.0f} times smaller than the output: it starves" in scene.says


def test_without_a_bend_xor_stays_at_a_coin_toss():
    scene = shown(500, **PRESETS["No bend on XOR"])
    assert scene.facts["record"].held_miss > 0.35
    assert scene.facts["record"].cost > 0.98 * math.log(2)
    assert "No layer has a bend" in scene.says
    bent = shown(500, **{**PRESETS["No bend on XOR"], **playground._same("tanh", 8)})
    assert bent.facts["record"].held_miss < 0.1


def test_zero_weights_learn_nothing():
    for steps in (0, 500):
        scene = shown(steps, **PRESETS["All weights zero"])
        assert scene.facts["gradient_norms"] == (0, 0, 0)
        assert scene.facts["record"].miss == 0.5
        assert "all weights are 0" in scene.says


def test_equal_sigmoids_stay_equal():
    scene = shown(100, data="gaussians", activation1="sigmoid", init="zeros", rate=1.0)
    assert "The units of layer 1 are all alike" in scene.says


def test_relus_die_in_a_few_large_steps():
    scene = shown(30, **PRESETS["ReLUs die"])
    assert any(units.dead == units.total for units in scene.facts["units"])
    assert "are dead" in scene.says
    assert scene.facts["record"].miss > 0.4
    alive = shown(300, **{**PRESETS["ReLUs die"], "rate": 0.3})
    assert alive.facts["record"].miss < 0.05


def test_squares_on_a_sigmoid_stall_where_cross_entropy_does_not():
    values = PRESETS["Squares on a sigmoid stall"]
    stalled = shown(200, **values).facts["record"]
    assert stalled.miss > 0.9
    assert "the sigmoid is flat" in shown(200, **values).says
    assert shown(200, **{**values, "loss": BCE}).facts["record"].miss < 0.05


def test_hinge_leaves_points_beyond_the_margin_alone():
    scene = shown(300, **PRESETS["Hinge"])
    silent = int(re.search(r"For (\d+) of the 200 points the loss is flat", scene.says).group(1))
    made = trainer(300, rate=0.5, loss="hinge", layers=(("tanh", 8),))
    margin = made.network.predict(made.sample.x)[:, 0] * (2 * made.sample.y - 1)
    assert silent == (margin > 1).sum()
    assert silent > 100
    assert scene.facts["record"].held_miss < 0.06


def test_huber_forgives_outliers_and_squares_do_not():
    squares, huber = (shown(500, **PRESETS[f"Outliers: {name}"]).facts["record"] for name in ("squares", "Huber"))
    assert squares.held_miss > 3 * huber.held_miss
    assert huber.held_miss < 0.25


def test_a_loss_without_slope_says_that_nothing_can_move():
    scene = shown(50, loss="zero_one")
    assert scene.facts["gradient_norms"] == (0, 0)
    assert "the loss is flat at every point" in scene.says


@pytest.mark.parametrize("label", PRESETS)
def test_a_preset_does_not_depend_on_what_was_chosen_before(label):
    strange = PANEL.complete({"layers": 3, "init": "large", "optimiser": "momentum", "seed": 9, "rate": 20.0})
    after, _ = PANEL.moved(strange, PRESETS[label])
    assert shown(5, **{**after, "trained": []}).says == shown(5, **PRESETS[label]).says


# The task -----------------------------------------------------------------------------------------------------------

DEEP = {"data": "spirals", "layers": 3, "optimiser": "sgd", "rate": GOAL_RATE, "loss": BCE}


@pytest.mark.parametrize("seed", range(8))
def test_tanh_with_hes_weights_reaches_the_goal_from_every_seed(seed):
    assert judged(GOAL_STEPS, **DEEP, **playground._same("tanh", 8), init="he", seed=seed).solved


@pytest.mark.parametrize("init", STARTS)
def test_no_sigmoid_network_reaches_it(init):
    solved = [
        judged(GOAL_STEPS, **DEEP, **playground._same("sigmoid", 8), init=init, seed=seed).solved for seed in range(3)
    ]
    assert solved == [False] * 3


def test_xaviers_weights_often_miss_it():
    solved = [
        judged(GOAL_STEPS, **DEEP, **playground._same("tanh", 8), init="xavier", seed=seed).solved for seed in range(8)
    ]
    assert 0 < sum(solved) < 8


def test_no_preset_and_no_first_state_solves_the_task():
    for values in (PANEL.defaults, *PRESETS.values()):
        assert not judged(GOAL_STEPS, **{**values, "trained": []}).solved


RESCUED = {**DEEP, **playground._same("tanh", 8), "init": "he"}


@pytest.mark.parametrize(
    ("steps", "values", "words"),
    [
        (300, {**RESCUED, "data": "circle"}, "Choose the two spirals"),
        (300, {**RESCUED, "optimiser": "adam"}, "plain SGD"),
        (300, {**RESCUED, "rate": 1.0}, "learning rate 0.3, from the first step on"),
        (0, RESCUED, "Train on to step 300"),
        (50, RESCUED, "Train on to step 300"),
        (300, {**RESCUED, **playground._same("sigmoid", 8)}, "at most a quarter of the gradient"),
        (300, {**RESCUED, "layers": 1}, "Try a deeper network"),
        (300, {**RESCUED, "init": "small"}, "Which first weights"),
        (300, RESCUED, "Yes: under 5 % wrong after"),
    ],
)
def test_the_message_says_what_to_do(steps, values, words):
    assert words in judged(steps, **values).message


def test_training_on_after_the_goal_does_not_take_it_away():
    assert judged(2 * GOAL_STEPS, **RESCUED).solved


def test_reaching_the_goal_later_does_not_count():
    late = {**RESCUED, "init": "xavier"}
    scene = shown(1000, **late)
    assert scene.facts["reached"] > GOAL_STEPS
    assert scene.facts["best"] < GOAL
    assert not judged(1000, **late).solved


# What the learner does ------------------------------------------------------------------------------------------------


def test_a_click_adds_a_point_of_the_chosen_class():
    params = PANEL.complete({"data": "clicked", "pen": 0})
    moved, again = PANEL.moved(params, PANEL.click(params, 0, 0.12345, -5.0))
    assert moved["points"] == [*params["points"], [0.123, -1.2, 0]]
    assert again
    assert moved["trained"] == []


@pytest.mark.parametrize(("chart", "data"), [(1, "clicked"), (0, "circle")])
def test_a_click_elsewhere_changes_nothing(chart, data):
    assert PANEL.click(PANEL.complete({"data": data}), chart, 0.1, 0.1) == {}


def press(label, params):
    (action,) = (action for action in PANEL.actions if action.label == label)
    return PANEL.moved(params, action.change(dict(params)))[0]


def test_points_can_be_set_without_a_mouse():
    params = press("Add a point", PANEL.defaults)
    assert params["data"] == "clicked"
    params = press("Clear points", params)
    assert "no points yet" in PANEL.scene(**params).says
    for x, label in ((0.5, 1), (-0.5, 0)):
        params = press("Add a point", {**params, "pen_x": x, "pen": label})
    assert params["points"] == [[0.5, 0.0, 1], [-0.5, 0.0, 0]]
    (pen,) = PANEL.scene(**params).charts[0].handles
    assert (pen.moves_x, pen.moves_y, pen.x) == ("pen_x", "pen_y", -0.5)
    trained = PANEL.scene(**{**params, "trained": [[100, 1.0]]})
    assert trained.facts["record"].miss == 0
    assert "none are held out" in trained.says


def test_too_many_points_are_refused():
    full = PANEL.complete({"data": "clicked", "points": [[0, 0, 1]] * MOST_CLICKED})
    with pytest.raises(ValueError, match="press “Clear points”"):
        PANEL.click(full, 0, 0.1, 0.1)


def test_back_to_step_0_leaves_everything_else():
    params = PANEL.complete({"data": "xor"})
    assert press("Back to step 0", params) == {**params, "trained": []}


def visible(params):
    """The controls that stand there at these parameters, by group."""
    found = {}
    for control in PANEL.controls:
        if control.shown and (control.when is None or params[control.when[0]] in control.when[1]):
            found.setdefault(control.group, []).append(control.name)
    return found


def test_a_newcomer_sees_few_controls():
    seen = visible(PANEL.defaults)
    assert seen.pop("") == ["data", "loss", "rate"]
    assert sum(len(seen[group]) for group in PANEL.open_groups) <= 3


def test_controls_of_a_layer_are_there_when_the_layer_is():
    for count in (1, 2, 3):
        seen = visible(PANEL.complete({"layers": count}))["Network"]
        assert seen == ["layers", *(f"{what}{n}" for n in range(1, count + 1) for what in ("activation", "units"))]


# The widget and the page ----------------------------------------------------------------------------------------------


def test_a_page_without_a_kernel_plays_a_run_that_no_clock_decides(monkeypatch):
    clock = iter(np.arange(0, 1e6) * 1.0)
    first = table_bytes(PANEL, PANEL.defaults)
    monkeypatch.setattr(playground, "perf_counter", lambda: next(clock))
    assert table_bytes(PANEL, PANEL.defaults) == first
    head, _ = read(first)
    assert len(head["frames"]) == 1
    assert len(head["recorded"]) == 100
    assert head["recorded"][0]["says"].startswith("Step 10:")
    assert len(first) < 2_500_000


def test_the_recorded_run_is_the_live_one():
    live = PANEL.run(PANEL.complete({"trained": []}))
    for recorded, _ in zip(PANEL.record(PANEL.defaults), range(5), strict=False):
        assert next(live).says == recorded.says


def test_the_state_follows_the_run_and_a_moved_control_begins_again():
    stage = widgets.playground(data="spirals", trained=[])
    try:
        assert isinstance(stage, Stage)
        stage.step()
        stage.step()
        assert stage.params["trained"] == [[20, 1.0]]
        stage.move(rate=2.0)
        stage.step()
        assert stage.params["trained"] == [[20, 1.0], [30, 2.0]]
        stage.move(loss="hinge")
        assert stage.params["trained"] == []
        assert stage.scene.facts["step"] == 0
    finally:
        stage.close()


def test_moving_the_pen_in_a_pause_shows_it_and_loses_nothing():
    stage = widgets.playground(data="clicked", trained=[])
    try:
        stage.step()
        stage.move(pen_x=0.5)
        assert stage.scene.charts[0].handles[0].x == 0.5
        assert stage.scene.facts["step"] == 10
        stage.step()
        assert stage.scene.facts["step"] == 20
    finally:
        stage.close()


@pytest.mark.parametrize(("name", "value"), [("data", "moons"), ("units1", 17), ("rate", 0.0), ("layers", 4)])
def test_a_value_outside_its_control_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        widgets.playground(**{name: value})


def test_every_frame_is_small_enough_for_thirty_a_second():
    assert len(frame_bytes(shown(100, data="spirals", layers=3))) < 25_000
