"""Every framework call that a loss names is run and compared; every known difference is shown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from loss_cases import with_settings

from course_lib import frameworks, losses
from course_lib.losses import CATALOGUE
from course_lib.numerics import sample_pairs
from course_lib.spec import FrameworkCall, Loss

pytestmark = pytest.mark.frameworks


def loaded(library: str) -> Any:
    if not frameworks.installed(library):
        pytest.skip(f"{frameworks.TITLES[library]} is not installed; install it with: {frameworks.HOW_TO_INSTALL}")
    return frameworks.load(library)


@pytest.fixture
def torch() -> Any:
    return loaded("torch")


@pytest.fixture
def optax() -> Any:
    return loaded("optax")


@pytest.fixture
def keras() -> Iterator[Any]:
    module = loaded("keras")
    usual = module.config.floatx()
    module.config.set_floatx("float64")
    yield module
    module.config.set_floatx(usual)


CALLS = [
    pytest.param(*case.values, call, id=f"{case.id}-{call.framework}")
    for case in with_settings()
    for call in case.values[0].frameworks
]
EQUAL = [case for case in CALLS if not case.values[2].differs]


def run(entry: Loss, params: dict[str, float], call: FrameworkCall, arrays: tuple[Any, ...]) -> Any:
    """The call's result, with the arrays under their own names and as y_true and y_pred."""
    names = {name: loaded(name) for name in ({"jax", "optax"} if call.framework == "optax" else {call.framework})}
    values = {param.name: params.get(param.name, param.default) for param in entry.params}
    inputs = dict(zip(entry.inputs, arrays, strict=True))
    return eval(call.call, {**names, **values, **inputs, "y_true": arrays[0], "y_pred": arrays[1]})


def handed_over(library: str, arrays: tuple[np.ndarray, ...]) -> tuple[Any, ...]:
    if library == "torch":
        return tuple(loaded("torch").tensor(array) for array in arrays)
    if library == "keras":
        return tuple(loaded("keras").ops.convert_to_tensor(array) for array in arrays)
    return tuple(loaded("jax").numpy.asarray(array) for array in arrays)


def as_numpy(result: Any) -> np.ndarray:
    return np.asarray(result.detach() if hasattr(result, "detach") else result)


@pytest.mark.parametrize(("entry", "params", "call"), EQUAL)
def test_the_call_gives_our_values(
    entry: Loss, params: dict[str, float], call: FrameworkCall, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(call.framework)
    arrays = sample_pairs(entry, np.random.default_rng(0), n=16)
    result = as_numpy(run(entry, params, call, handed_over(call.framework, arrays)))
    # Keras takes means in float32 and adds or clips at 1e−7; the difference is shown below.
    tolerance = 1e-5 if call.framework == "keras" else 1e-13
    assert result == pytest.approx(entry.function(*arrays, **params), rel=tolerance)


@pytest.mark.parametrize(("entry", "params", "call"), [case for case in EQUAL if case.values[2].framework == "torch"])
def test_autograd_gives_our_gradient(entry: Loss, params: dict[str, float], call: FrameworkCall, torch: Any) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(0), n=16)
    tensors = handed_over("torch", arrays)
    names = entry.gradient_for or (entry.inputs[1],)
    moved = [tensors[entry.inputs.index(name)].requires_grad_() for name in names]
    run(entry, params, call, tensors).sum().backward()
    ours = entry.gradient(*arrays, **params)
    for tensor, gradient in zip(moved, ours if isinstance(ours, tuple) else (ours,), strict=True):
        assert tensor.grad.numpy() == pytest.approx(gradient, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(("entry", "params", "call"), [case for case in EQUAL if case.values[2].framework == "optax"])
def test_jax_grad_gives_our_gradient(entry: Loss, params: dict[str, float], call: FrameworkCall, optax: Any) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(0), n=16)
    tensors = handed_over("optax", arrays)
    positions = tuple(entry.inputs.index(name) for name in entry.gradient_for or (entry.inputs[1],))
    theirs = loaded("jax").grad(lambda *xs: run(entry, params, call, xs).sum(), argnums=positions)(*tensors)
    ours = entry.gradient(*arrays, **params)
    for jax_gradient, gradient in zip(theirs, ours if isinstance(ours, tuple) else (ours,), strict=True):
        assert np.asarray(jax_gradient) == pytest.approx(gradient, rel=1e-10, abs=1e-12)


def test_every_difference_is_shown_below() -> None:
    named = {(entry.name, call.framework) for entry in CATALOGUE.values() for call in entry.frameworks if call.differs}
    assert named == {
        ("log_cosh", "keras"),
        ("poisson_nll", "torch"),
        ("poisson_nll", "keras"),
        ("dice", "keras"),
        ("tversky", "keras"),
    }


def call_of(name: str, library: str) -> tuple[Loss, FrameworkCall]:
    entry = CATALOGUE[name]
    return entry, next(call for call in entry.frameworks if call.framework == library)


# ---------------------------------------------------------------------------------------------------------------------
# Calls whose values differ
# ---------------------------------------------------------------------------------------------------------------------


def test_keras_log_cosh_is_negative_near_zero(keras: Any) -> None:
    entry, call = call_of("log_cosh", "keras")
    y, p = np.zeros(3), np.array([1e-9, 0.5, 3.0])
    # With Keras's usual setting log 2 is a float32 number.
    keras.config.set_floatx("float32")
    theirs = as_numpy(run(entry, {}, call, handed_over("keras", (y, p))))
    assert theirs == pytest.approx(losses.log_cosh(y, p), abs=1e-6)
    assert theirs[0] < 0 < losses.log_cosh(y, p)[0]


@pytest.mark.parametrize(("library", "epsilon"), [("torch", 1e-8), ("keras", 1e-7)])
def test_poisson_adds_an_epsilon_inside_the_log(library: str, epsilon: float, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(library)
    entry, call = call_of("poisson_nll", library)
    y, rate = np.array([2.0, 1.0]), np.array([0.0, 1.5])
    theirs = as_numpy(run(entry, {}, call, handed_over(library, (y, rate))))
    assert theirs == pytest.approx(rate - y * np.log(rate + epsilon), rel=1e-6 if library == "keras" else 1e-12)
    assert losses.poisson_nll(y, rate)[0] == math.inf


def test_keras_dice_smooths_below_the_bar_only(keras: Any) -> None:
    entry, call = call_of("dice", "keras")
    y, p = sample_pairs(entry, np.random.default_rng(0), n=16)
    y[0] = 1
    theirs = as_numpy(run(entry, {}, call, handed_over("keras", (y, p))))
    assert theirs == pytest.approx(losses.dice(y, p, smooth=1e-7), abs=1e-6)
    # An empty mask found empty is perfect for us and the worst case for Keras.
    empty = handed_over("keras", (np.zeros((1, 3)), np.zeros((1, 3))))
    assert as_numpy(run(entry, {}, call, empty)).tolist() == [1.0]
    assert losses.dice(np.zeros((1, 3)), np.zeros((1, 3))).tolist() == [0.0]


def test_keras_dice_is_one_number_for_the_batch_by_default(keras: Any) -> None:
    y, p = sample_pairs(CATALOGUE["dice"], np.random.default_rng(0), n=16)
    whole = as_numpy(keras.losses.dice(*handed_over("keras", (y, p))))
    assert whole.shape == ()
    assert float(whole) == pytest.approx(float(losses.dice(y.ravel(), p.ravel(), smooth=1e-7)), abs=1e-6)


def test_keras_tversky_swaps_alpha_and_beta(keras: Any) -> None:
    entry, call = call_of("tversky", "keras")
    y, p = sample_pairs(entry, np.random.default_rng(0), n=16)
    y[:, 0] = 1
    tensors = handed_over("keras", (y, p))
    theirs = as_numpy(run(entry, {"alpha": 0.2, "beta": 0.7}, call, tensors))
    assert theirs == pytest.approx(losses.tversky(y, p, alpha=0.7, beta=0.2, smooth=1e-7), abs=1e-6)
    assert np.abs(theirs - losses.tversky(y, p, alpha=0.2, beta=0.7, smooth=1e-7)).max() > 0.05


# ---------------------------------------------------------------------------------------------------------------------
# Traps: other defaults, clamps, reductions
# ---------------------------------------------------------------------------------------------------------------------


def test_torch_clamps_the_log_at_minus_100(torch: Any) -> None:
    theirs = torch.nn.functional.binary_cross_entropy(torch.zeros(1), torch.ones(1), reduction="none")
    assert theirs.tolist() == [100.0]
    assert losses.binary_cross_entropy([1.0], [0.0]).tolist() == [math.inf]


def test_keras_takes_means_in_float32(keras: Any) -> None:
    y, p = handed_over("keras", (np.zeros((1, 1)), np.full((1, 1), 1 / 3)))
    theirs = as_numpy(keras.losses.mean_absolute_error(y, p))
    assert theirs.dtype == np.float64
    assert theirs.tolist() == [float(np.float32(1 / 3))]
    assert losses.mae([0.0], [1 / 3]).tolist() == [1 / 3]


def test_keras_clips_probabilities(keras: Any) -> None:
    y, p = handed_over("keras", (np.ones((1, 1)), np.zeros((1, 1))))
    assert as_numpy(keras.losses.binary_crossentropy(y, p)) == pytest.approx([-math.log(1e-7)], rel=1e-6)


def test_keras_rescales_rows_of_probabilities(keras: Any) -> None:
    y, p = handed_over("keras", (np.eye(3)[:1], np.full((1, 3), 0.2)))
    assert as_numpy(keras.losses.categorical_crossentropy(y, p)) == pytest.approx([math.log(3)], rel=1e-6)
    with pytest.raises(ValueError, match="must sum to 1"):
        losses.categorical_cross_entropy(np.eye(3)[:1], np.full((1, 3), 0.2))


def test_torch_nll_takes_probabilities_without_a_word(torch: Any) -> None:
    perfect = torch.nn.functional.nll_loss(torch.eye(3), torch.arange(3), reduction="none")
    assert perfect.tolist() == [-1.0] * 3


def test_torch_ignores_the_label_minus_100(torch: Any) -> None:
    theirs = torch.nn.functional.cross_entropy(torch.zeros(1, 3), torch.tensor([-100]), reduction="none")
    assert theirs.tolist() == [0.0]
    with pytest.raises(ValueError, match="got -100"):
        losses.sparse_categorical_cross_entropy_with_logits([-100], np.zeros((1, 3)))


def test_class_weights_have_two_means(torch: Any) -> None:
    rng = np.random.default_rng(0)
    labels, logits, weights = np.array([0, 0, 1, 2]), rng.normal(0, 2, (4, 3)), np.array([1.0, 2.0, 8.0])
    one_hot = np.eye(3)[labels]
    ours = losses.weighted_categorical_cross_entropy_with_logits(one_hot, logits, weights)
    z, w = torch.tensor(logits), torch.tensor(weights)
    by_number = torch.nn.functional.cross_entropy(z, torch.tensor(labels), weight=w)
    by_row = torch.nn.functional.cross_entropy(z, torch.tensor(one_hot), weight=w)
    assert float(by_number) == pytest.approx(ours.sum() / weights[labels].sum(), rel=1e-12)
    assert float(by_row) == pytest.approx(ours.mean(), rel=1e-12)


def test_torch_root_has_no_gradient_at_a_perfect_fit(torch: Any) -> None:
    p = torch.ones(3, requires_grad=True)
    torch.sqrt(torch.nn.functional.mse_loss(p, torch.ones(3))).backward()
    assert p.grad.isnan().all()
    assert losses.rmse_gradient(np.ones(3), np.ones(3)).tolist() == [0.0] * 3


def test_torch_broadcasts_with_a_warning_only(torch: Any) -> None:
    with pytest.warns(UserWarning, match="broadcasting"):
        theirs = torch.nn.functional.mse_loss(torch.zeros(3, 1), torch.arange(3.0), reduction="none")
    assert theirs.shape == (3, 3)


def test_torch_kl_mean_divides_by_the_classes_too(torch: Any) -> None:
    p, q = sample_pairs(CATALOGUE["kl_divergence"], np.random.default_rng(0), n=6, k=4)
    with pytest.warns(UserWarning, match="batchmean"):
        mean = torch.nn.functional.kl_div(torch.tensor(q).log(), torch.tensor(p), reduction="mean")
    batch_mean = torch.nn.functional.kl_div(torch.tensor(q).log(), torch.tensor(p), reduction="batchmean")
    assert float(batch_mean) == pytest.approx(losses.kl_divergence(p, q).mean(), rel=1e-12)
    assert 4 * float(mean) == pytest.approx(float(batch_mean), rel=1e-12)


def test_torch_poisson_takes_the_logarithm_by_default(torch: Any) -> None:
    y, s = torch.tensor([2.0]), torch.tensor([0.5])
    theirs = torch.nn.functional.poisson_nll_loss(s, y, reduction="none")
    assert theirs.tolist() == pytest.approx([math.exp(0.5) - 1], rel=1e-6)


def test_torch_gaussian_raises_small_variances(torch: Any) -> None:
    y, mean, variance = torch.tensor([0.0]), torch.tensor([1e-3]), torch.tensor([1e-9])
    theirs = torch.nn.functional.gaussian_nll_loss(mean, y, variance, reduction="none")
    assert theirs.tolist() == pytest.approx([(math.log(1e-6) + 1) / 2], rel=1e-4)
    assert losses.gaussian_nll([0.0], [1e-3], [1e-9]) == pytest.approx([(math.log(1e-9) + 1000) / 2])


def test_keras_hinge_converts_labels_only_if_all_are_0_or_1(keras: Any) -> None:
    def hinge(labels: list[float]) -> list[float]:
        y, s = handed_over("keras", (np.array(labels)[:, None], np.full((len(labels), 1), -3.0)))
        return list(as_numpy(keras.losses.hinge(y, s)).tolist())

    assert hinge([0.0, 1.0]) == [0.0, 4.0]
    assert hinge([0.0, -1.0]) == [1.0, 0.0]


def test_optax_hinge_does_not_convert_labels(optax: Any) -> None:
    assert float(optax.losses.hinge_loss(np.array(-3.0), np.array(0.0))) == 1.0
    with pytest.raises(ValueError, match="2 \\* y_true - 1"):
        losses.hinge([0.0], [-3.0])


def test_keras_mape_is_in_percent(keras: Any) -> None:
    y, p = handed_over("keras", (np.array([[2.0]]), np.array([[1.0]])))
    assert as_numpy(keras.losses.mean_absolute_percentage_error(y, p)).tolist() == [50.0]
    assert losses.mape([2.0], [1.0]).tolist() == [0.5]


def test_keras_msle_accepts_negative_numbers(keras: Any) -> None:
    y, p = handed_over("keras", (np.array([[2.0]]), np.array([[-5.0]])))
    assert as_numpy(keras.losses.mean_squared_logarithmic_error(y, p)) == pytest.approx([math.log(3) ** 2], rel=1e-6)
    with pytest.raises(ValueError, match="never negative"):
        losses.msle([2.0], [-5.0])


def test_keras_focal_loss_stops_growing(keras: Any) -> None:
    y, z = handed_over("keras", (np.ones((1, 1)), np.full((1, 1), -40.0)))
    theirs = as_numpy(keras.losses.binary_focal_crossentropy(y, z, from_logits=True))
    assert theirs == pytest.approx([-math.log(1e-7)], rel=1e-6)
    assert losses.focal_with_logits([1.0], [-40.0]) == pytest.approx([40.0])


def test_keras_cosine_is_the_negative_cosine(keras: Any) -> None:
    east = np.array([[1.0, 0.0]])
    assert as_numpy(keras.losses.cosine_similarity(*handed_over("keras", (east, east)))) == pytest.approx([-1.0])
    assert losses.cosine_distance(east, east).tolist() == [0.0]


def test_triplet_defaults_add_an_epsilon(torch: Any, optax: Any) -> None:
    at, away = np.zeros((1, 2)), np.full((1, 2), 10.0)
    ours = losses.triplet(at, at, away, margin=20.0)
    theirs = torch.nn.functional.triplet_margin_loss(*handed_over("torch", (at, at, away)), margin=20.0)
    assert float(theirs) - float(ours[0]) == pytest.approx(math.sqrt(2) * 2e-6, rel=1e-3)
    by_optax = optax.losses.triplet_margin_loss(*handed_over("optax", (at, at, away)), margin=20.0)
    assert float(by_optax[0]) - float(ours[0]) == pytest.approx(1e-3, rel=1e-3)


def test_torch_ctc_mean_divides_by_the_length_of_the_labels(torch: Any) -> None:
    labels, logits = sample_pairs(CATALOGUE["ctc_with_logits"], np.random.default_rng(0), n=16)
    log_prob = torch.log_softmax(torch.tensor(logits), -1)
    mean = torch.nn.functional.ctc_loss(log_prob, torch.tensor(labels), (16,), (len(labels),))
    assert len(labels) * float(mean) == pytest.approx(float(losses.ctc_with_logits(labels, logits)), rel=1e-12)


def test_keras_ctc_takes_the_label_0_for_padding(keras: Any) -> None:
    logits = np.random.default_rng(0).normal(size=(5, 4))
    labels, scores = handed_over("keras", (np.array([[0, 1]]), logits[None]))
    theirs = float(as_numpy(keras.losses.ctc(labels, scores))[0])
    # One label of two is left, and it is not the one that stands there first.
    one, frames = (keras.ops.array([number]) for number in (1, 5))
    assert theirs == pytest.approx(float(as_numpy(keras.ops.ctc_loss(labels, scores, one, frames))[0]), rel=1e-6)
    assert abs(theirs - float(losses.ctc_with_logits([0, 1], logits, blank=3))) > 1


def test_optax_dice_loss_refuses_a_single_column_of_probabilities(optax: Any) -> None:
    y, p = handed_over("optax", (np.ones((3, 1)), np.full((3, 1), 0.5)))
    with pytest.raises(ValueError, match="sum to 1 along the class axis"):
        optax.losses.dice_loss(p, y, apply_softmax=False)
