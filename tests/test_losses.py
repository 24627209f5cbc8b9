"""Laws of the losses: every claim of every entry against a search, limits, bad input, and the entries' own traits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loss_cases import ENTRIES, with_settings
from scipy.optimize import minimize, minimize_scalar

from course_lib import losses
from course_lib.activations import sigmoid, softmax
from course_lib.losses import CATALOGUE
from course_lib.numerics import sample_pairs
from course_lib.spec import Loss

Arrays = tuple[np.ndarray, ...]

CASES = with_settings()
SEEDS = st.integers(0, 2**32 - 1)


def of(*names: str) -> list[Any]:
    return [pytest.param(CATALOGUE[name], id=name) for name in names]


def where(condition: Callable[[Loss, dict[str, float]], bool]) -> list[Any]:
    return [case for case in CASES if condition(*case.values)]


def movable(entry: Loss) -> list[int]:
    """The positions of the inputs that the gradient is about."""
    return [entry.inputs.index(name) for name in entry.gradient_for or (entry.inputs[1],)]


def gradients(entry: Loss, arrays: Arrays, params: dict[str, float]) -> Arrays:
    returned = entry.gradient(*arrays, **params)
    return returned if isinstance(returned, tuple) else (returned,)


# ---------------------------------------------------------------------------------------------------------------------
# Shape of an entry
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_names_its_functions(entry: Loss) -> None:
    assert entry.function.__name__ == entry.name
    assert entry.gradient.__name__ == f"{entry.name}_gradient"
    assert getattr(losses, entry.name) is entry.function
    assert getattr(losses, f"{entry.name}_gradient") is entry.gradient


@pytest.mark.parametrize("entry", ENTRIES)
def test_defaults_lie_in_their_domains(entry: Loss) -> None:
    import inspect

    signature = inspect.signature(entry.function).parameters
    for param in entry.params:
        assert param.default in param.domain
        assert signature[param.name].default == param.default


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_is_complete(entry: Loss) -> None:
    assert entry.strengths
    assert entry.weaknesses
    assert entry.used
    assert all(call.trap for call in entry.frameworks)


@pytest.mark.parametrize("entry", ENTRIES)
def test_formulas_render_in_matplotlib(entry: Loss) -> None:
    from matplotlib.mathtext import MathTextParser

    for formula in (entry.formula, entry.gradient_formula):
        assert MathTextParser("path").parse(f"${formula}$").width > 0


# ---------------------------------------------------------------------------------------------------------------------
# Shapes, dtypes, order
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES)
def test_value_has_the_shape_that_per_says(entry: Loss) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(1), n=12)
    expected = {"prediction": arrays[1].shape, "example": arrays[1].shape[:1], "batch": ()}[entry.per]
    assert np.shape(entry.function(*arrays)) == expected


@pytest.mark.parametrize("entry", ENTRIES)
def test_gradient_has_the_shape_of_its_input(entry: Loss) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(1), n=12)
    assert [g.shape for g in gradients(entry, arrays, {})] == [arrays[i].shape for i in movable(entry)]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize(("entry", "params"), CASES)
def test_parameters_of_any_number_type_keep_the_dtype(entry: Loss, params: dict[str, float], dtype: Any) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(1), n=12)
    arrays = tuple(a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays)
    given = {name: value if name == "blank" else np.float64(value) for name, value in params.items()}
    assert entry.function(*arrays, **given).dtype == dtype
    assert all(g.dtype == dtype for g in gradients(entry, arrays, given))


@pytest.mark.parametrize("entry", [c for c in ENTRIES if c.values[0].target in ("value", "binary", "sign", "one-hot")])
def test_integer_targets_do_not_change_the_dtype(entry: Loss) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(1), n=12)
    rest = tuple(a.astype(np.float32) for a in arrays[1:])
    whole = np.ceil(arrays[0]) if entry.target == "value" else arrays[0]
    exact = entry.function(whole.astype(np.float32), *rest)
    assert np.array_equal(entry.function(whole.astype(int), *rest), exact)
    assert entry.function(whole.astype(int), *rest).dtype == np.float32


@pytest.mark.parametrize("entry", [c for c in ENTRIES if c.values[0].per != "batch" and c.id != "info_nce"])
@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_examples_do_not_see_each_other(entry: Loss, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = sample_pairs(entry, rng, n=7)
    order = rng.permutation(7)
    shuffled = tuple(a if entry.third == "class weights" and i == 2 else a[order] for i, a in enumerate(arrays))
    # Not to the last bit: a processor may treat the rest of a vector register differently.
    assert entry.function(*shuffled) == pytest.approx(entry.function(*arrays)[order], rel=1e-12, abs=1e-14)
    first = tuple(a if entry.third == "class weights" and i == 2 else a[:1] for i, a in enumerate(arrays))
    assert entry.function(*first) == pytest.approx(entry.function(*arrays)[:1], rel=1e-12, abs=1e-14)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_info_nce_only_follows_the_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    queries, keys = rng.normal(0, 1, (2, 6, 3))
    order = rng.permutation(6)
    assert losses.info_nce(queries[order], keys[order]) == pytest.approx(losses.info_nce(queries, keys)[order])


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_rmse_does_not_depend_on_the_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, p = rng.normal(0, 3, (2, 9))
    order = rng.permutation(9)
    assert losses.rmse(y[order], p[order]) == pytest.approx(losses.rmse(y, p), rel=1e-14)


@pytest.mark.parametrize("entry", [c for c in ENTRIES if c.values[0].per == "prediction" and not c.values[0].third])
def test_single_numbers_and_tables_work_alike(entry: Loss) -> None:
    y, p = sample_pairs(entry, np.random.default_rng(1), n=12)
    values = entry.function(y, p)
    table = entry.function(y.reshape(3, 4), p.reshape(3, 4))
    assert table == pytest.approx(values.reshape(3, 4), rel=1e-12, abs=1e-14)
    single = [float(entry.function(a, b)) for a, b in zip(y.tolist(), p.tolist(), strict=True)]
    assert single == pytest.approx(values, rel=1e-12, abs=1e-14)


# ---------------------------------------------------------------------------------------------------------------------
# Gradients
# ---------------------------------------------------------------------------------------------------------------------


def slopes(entry: Loss, arrays: Arrays, params: dict[str, float], which: int, h: float) -> np.ndarray:
    """The gradient of the summed loss with respect to one input, by fourth-order central differences."""

    def total(moved: np.ndarray) -> float:
        return float(np.sum(entry.function(*arrays[:which], moved, *arrays[which + 1 :], **params)))

    result = np.empty_like(arrays[which])
    for index in np.ndindex(result.shape):

        def at(step: float, index: tuple[int, ...] = index) -> float:
            moved = arrays[which].copy()
            moved[index] += step
            return total(moved)

        result[index] = (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h)
    return result


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("entry", "params"), CASES)
def test_gradient_is_the_slope(entry: Loss, params: dict[str, float], seed: int) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(seed), n=8)
    for which, gradient in zip(movable(entry), gradients(entry, arrays, params), strict=True):
        assert gradient == pytest.approx(slopes(entry, arrays, params, which, h=1e-4), rel=1e-6, abs=1e-8)


def corners(entry: Loss) -> list[Arrays]:
    """Places where a gradient is large: sure and wrong, tiny and huge, empty masks, vectors in line."""
    rng = np.random.default_rng(8)
    found = [sample_pairs(entry, rng, n=200, k=k) for k in (2, 4)]
    if entry.prediction == "frames":
        found.append((np.array([1]), 1000.0 * np.array([[0.0, -1.0], [1.0, -1.0]])))
    elif entry.prediction == "mask":
        grid = np.array(np.meshgrid(*[[0.0, 1.0]] * 6)).reshape(6, -1).T
        found += [(grid[:, :3], grid[:, 3:]), (np.zeros((1, 3)), np.zeros((1, 3)))]
        for missing in (0.0, 0.5, 1.0, 2.0, 4.0):
            # One pixel of the mask found not at all, besides a total of other misses.
            rest = np.full(8, 1 - missing / 8)
            found.append((np.ones((1, 9)), np.concatenate([[0.0], 0 * rest])[None]))
            found.append((np.array([[1.0] + [0.0] * 8]), np.concatenate([[0.0], 1 - rest])[None]))
    elif entry.prediction == "vectors":
        line = [rng.normal(0, 1, (200, 1)) for _ in range(3)]
        labels = rng.integers(0, 2, 200).astype(float)
        for size in (1e-6, 1.0, 1e6):
            scaled = [size * v for v in line]
            plane = [size * rng.normal(0, 1, (200, 2)) for _ in range(3)]
            for group in (scaled, plane):
                found.append((labels, *group[:2]) if entry.target == "binary" else tuple(group[: len(entry.inputs)]))
    elif entry.prediction in ("logit", "logits", "value"):
        for size in (1e-5, 300.0):
            y, p, *third = sample_pairs(entry, rng, n=200)
            y = size * y if entry.target == "value" else y
            third = [1e6 * t for t in third] if entry.third == "class weights" else [size * t for t in third]
            found.append((y, size * p, *third))
        if entry.target == "value" and not entry.third:
            found.append((np.full(1, 1e300), np.full(1, 1e-300)))
        if entry.prediction == "logits":
            y, p, *third = sample_pairs(entry, rng, n=200, k=64)
            found.append((y, 300 * p, *third))
    else:
        y, p = found[0]
        found.append((y, np.round(p) if p.ndim == 1 else np.eye(p.shape[-1])[p.argmax(axis=-1)]))
    return found


@pytest.mark.parametrize(("entry", "params"), CASES)
def test_gradient_bound(entry: Loss, params: dict[str, float]) -> None:
    bound = entry.claims(**params).gradient_bound
    largest = max(float(np.abs(g).max()) for arrays in corners(entry) for g in gradients(entry, arrays, params))
    if math.isinf(bound):
        assert largest > 1000
    else:
        assert largest <= bound * (1 + 1e-9)
        assert largest >= 0.9 * bound


@pytest.mark.parametrize(("entry", "params"), where(lambda entry, params: bool(entry.claims(**params).kinks)))
def test_kinks(entry: Loss, params: dict[str, float]) -> None:
    # Values are kinked in the residual (at a target of 1), labels −1/+1 in the margin (at a label of +1).
    y, start = np.ones(1), 1.0 if entry.target == "value" else 0.0
    h = 1e-6
    for kink in entry.claims(**params).kinks:
        at = start + kink.at

        def f(x: float) -> float:
            return float(entry.function(y, np.array([x]), **params)[0])

        assert (f(at - h) - f(at - 2 * h)) / h == pytest.approx(kink.left, abs=1e-6)
        assert (f(at + 2 * h) - f(at + h)) / h == pytest.approx(kink.right, abs=1e-6)
        assert f(at + h) - f(at - h) == pytest.approx(kink.jump, abs=1e-5)
        assert float(entry.gradient(y, np.array([at]), **params)[0]) == kink.returned
        assert kink.left <= kink.returned <= kink.right


@pytest.mark.parametrize(
    ("entry", "params"),
    where(lambda entry, params: entry.per == "prediction" and not entry.third and not entry.claims(**params).kinks),
)
def test_no_kink_is_left_unnamed(entry: Loss, params: dict[str, float]) -> None:
    claims = entry.claims(**params)
    low, high = max(claims.prediction.low, -4.0) + 0.01, min(claims.prediction.high, 4.0) - 0.01

    def leap(points: int, target: float) -> float:
        x = np.linspace(low, high, points)
        return float(np.abs(np.diff(entry.gradient(np.full(points, target), x, **params))).max())

    for target in (1.0, -1.0) if entry.target == "sign" else (1.0, 0.0):
        if target in claims.target:
            # A smooth gradient changes half as much over half the distance; a kink's leap stays.
            assert leap(8001, target) <= 0.75 * leap(4001, target) + 1e-9


@pytest.mark.parametrize("entry", of("contrastive", "triplet"))
def test_coinciding_vectors_have_no_direction(entry: Loss) -> None:
    same = np.ones((1, 3))
    arrays = (np.zeros(1), same, same) if entry.name == "contrastive" else (same, same, same)
    assert entry.function(*arrays)[0] > 0
    assert all(np.array_equal(g, np.zeros((1, 3))) for g in gradients(entry, arrays, {}))


# ---------------------------------------------------------------------------------------------------------------------
# Sign, zero, convexity
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("entry", "params"), CASES)
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_never_negative(entry: Loss, params: dict[str, float], seed: int) -> None:
    if entry.claims(**params).non_negative:
        assert np.min(entry.function(*sample_pairs(entry, np.random.default_rng(seed)), **params)) >= 0
    else:
        # Likelihoods without their constants: somewhere they are below 0.
        batches = [sample_pairs(entry, np.random.default_rng(s)) for s in range(3)]
        small = [(a[0], a[0] + (0.01 if a[0].min() >= 0 else 0), *(0.01 * t for t in a[2:])) for a in batches]
        assert min(np.min(entry.function(*a)) for a in batches + small) < 0


@pytest.mark.parametrize(
    ("entry", "params"),
    where(lambda entry, params: entry.claims(**params).zero_when_perfect and entry.target != "vectors"),
)
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_zero_when_perfect(entry: Loss, params: dict[str, float], seed: int) -> None:
    y, p, *_ = sample_pairs(entry, np.random.default_rng(seed), n=9)
    if entry.target == "label":
        perfect: Arrays = (y, np.eye(p.shape[-1])[y])
    elif entry.name == "contrastive":
        perfect = (y, p, np.where(y[:, None] == 1, p, p + 10))
    else:
        perfect = (y, y)
    assert np.array_equal(entry.function(*perfect, **params), np.zeros_like(entry.function(*perfect, **params)))


def test_zero_when_perfect_for_vectors() -> None:
    x = np.random.default_rng(0).normal(0, 1, (9, 4))
    assert np.array_equal(losses.cosine_distance(x, x), np.zeros(9))
    assert np.array_equal(losses.triplet(x, x, x + 10), np.zeros(9))


@pytest.mark.parametrize("entry", [c for c in ENTRIES if not c.values[0].claims().zero_when_perfect])
def test_not_zero_even_when_perfect(entry: Loss) -> None:
    y, p, *third = sample_pairs(entry, np.random.default_rng(0), n=9, k=4)
    if entry.prediction == "frames":
        perfect: Arrays = (np.array([1]), np.array([[-5.0, 5.0]]))
    elif entry.target == "label":
        perfect = (y, 5 * np.eye(4)[y])
    elif entry.target in ("binary", "one-hot"):
        perfect = (y, 5 * (2 * y - 1), *third)
    elif entry.target == "value":
        perfect = (y, np.log(y) if "log_rate" in entry.inputs else y, *third)
    else:
        perfect = (p, p)
    assert np.all(np.abs(entry.function(*perfect)) > 1e-9)


@pytest.mark.parametrize(("entry", "params"), where(lambda entry, params: entry.claims(**params).convex_in_prediction))
@given(seed=SEEDS, share=st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_convex_in_prediction(entry: Loss, params: dict[str, float], seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    y, p, *third = sample_pairs(entry, rng)
    q = sample_pairs(entry, rng)[1]
    between = entry.function(y, share * p + (1 - share) * q, *third, **params)
    chord = share * entry.function(y, p, *third, **params) + (1 - share) * entry.function(y, q, *third, **params)
    assert np.all(between <= chord + 1e-9 * (1 + np.abs(chord)))


@pytest.mark.parametrize(
    ("entry", "params"), where(lambda entry, params: not entry.claims(**params).convex_in_prediction)
)
def test_not_convex(entry: Loss, params: dict[str, float]) -> None:
    rng = np.random.default_rng(3)
    excess = []
    for _ in range(400):
        arrays, other = sample_pairs(entry, rng, n=8), sample_pairs(entry, rng, n=8)
        size = rng.choice([0.3, 1.0, 3.0]) if entry.prediction not in ("mask", "value") else 1.0
        ends = [list(arrays), list(arrays), list(arrays)]
        for i in movable(entry):
            ends[0][i], ends[2][i] = size * arrays[i], size * other[i]
            ends[1][i] = (ends[0][i] + ends[2][i]) / 2
        left, middle, right = (entry.function(*end, **params) for end in ends)
        excess.append(np.max(middle - (left + right) / 2))
    assert max(excess) > 1e-3


# ---------------------------------------------------------------------------------------------------------------------
# The best constant
# ---------------------------------------------------------------------------------------------------------------------


def best_constant(entry: Loss, y: np.ndarray, low: float, high: float, params: dict[str, float]) -> float:
    third = (np.full(y.shape, 2.0),) if entry.third else ()

    def risk(c: float) -> float:
        return float(np.mean(entry.function(y, np.full(y.shape, c), *third, **params)))

    return float(minimize_scalar(risk, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x)


def weighted_median(y: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(y)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(y[order][np.searchsorted(share, 0.5)])


NUMBERS = np.random.default_rng(9).gamma(1.5, 2.0, 25)


@pytest.mark.parametrize(
    ("entry", "params"),
    where(lambda entry, params: entry.target == "value" and entry.claims(**params).minimiser != "none"),
)
def test_minimiser(entry: Loss, params: dict[str, float]) -> None:
    statistic = {
        "mean": np.mean,
        "log mean": lambda y: np.log(np.mean(y)),
        "geometric mean": lambda y: np.exp(np.mean(np.log(1 + y))) - 1,
        "median": np.median,
        "weighted median": lambda y: weighted_median(y, 1 / y),
        "quantile": lambda y: np.quantile(y, params["tau"], method="inverted_cdf"),
    }[entry.claims(**params).minimiser]
    found = best_constant(entry, NUMBERS, -3 if "log_rate" in entry.inputs else 1e-6, 20, params)
    assert found == pytest.approx(float(statistic(NUMBERS)), abs=1e-5)


@pytest.mark.parametrize(
    ("entry", "params"),
    where(lambda entry, params: entry.target == "value" and entry.claims(**params).minimiser == "none"),
)
def test_minimiser_without_a_name_is_neither_mean_nor_median(entry: Loss, params: dict[str, float]) -> None:
    values = np.append(NUMBERS, [150.0, 200.0])
    found = best_constant(entry, values, 0, 20, params)
    assert abs(found - np.mean(values)) > 1e-3
    assert abs(found - np.median(values)) > 1e-3


@pytest.mark.parametrize("ones", [3, 14])
@pytest.mark.parametrize(
    ("entry", "params"),
    where(
        lambda entry, params: (
            entry.target == "binary"
            and entry.prediction in ("logit", "probability")
            and entry.claims(**params).minimiser != "none"
        )
    ),
)
def test_minimiser_of_binary_labels(entry: Loss, params: dict[str, float], ones: int) -> None:
    y = np.repeat([1.0, 0.0], [ones, 20 - ones])
    low, high = (1e-9, 1 - 1e-9) if entry.prediction == "probability" else (-20, 20)
    found = best_constant(entry, y, low, high, params)
    found = found if entry.prediction == "probability" else float(sigmoid(found))
    weight = params.get("pos_weight", 1.0)
    assert found == pytest.approx(weight * ones / (weight * ones + 20 - ones), abs=1e-6)
    assert (entry.claims(**params).minimiser == "mean") == (weight == 1)


@pytest.mark.parametrize("ones", [3, 14])
@pytest.mark.parametrize("entry", of("zero_one", "hinge", "squared_hinge"))
def test_minimiser_of_signs(entry: Loss, ones: int) -> None:
    y = np.repeat([1.0, -1.0], [ones, 20 - ones])
    grid = np.linspace(-3, 3, 6001)
    risk = np.array([entry.function(y, np.full(y.shape, c)).mean() for c in grid])
    best = grid[risk <= risk.min() + 1e-12]
    if entry.claims().minimiser == "mode":
        assert np.all(np.sign(best) == (1 if ones > 10 else -1))
    else:
        assert best == pytest.approx([y.mean()], abs=1e-3)


@pytest.mark.parametrize(
    ("entry", "params"),
    where(lambda entry, params: entry.over_classes and entry.claims(**params).minimiser != "none"),
)
def test_minimiser_of_classes(entry: Loss, params: dict[str, float]) -> None:
    labels = np.repeat([0, 1, 2], [5, 3, 12])
    one_hot = np.eye(3)[labels]
    weights = np.array([1.0, 4.0, 0.5])
    y = {
        "label": labels,
        "one-hot": one_hot,
        "probabilities": 0.8 * one_hot + 0.2 / 3,
    }[entry.target]
    third = (weights,) if entry.third else ()

    def risk(z: np.ndarray) -> float:
        rows = np.tile(z, (20, 1))
        return float(
            entry.function(y, rows if entry.prediction == "logits" else softmax(rows), *third, **params).mean()
        )

    share = one_hot.mean(axis=0) if entry.target == "label" else y.mean(axis=0)
    smoothing = params.get("smoothing", 0.0)
    expected = {
        "mean": share,
        "weighted mean": weights * share / (weights * share).sum(),
        "smoothed mean": (1 - smoothing) * share + smoothing / 3,
    }[entry.claims(**params).minimiser]
    assert softmax(minimize(risk, np.zeros(3), tol=1e-10).x) == pytest.approx(expected, abs=1e-5)


# ---------------------------------------------------------------------------------------------------------------------
# Forms that agree
# ---------------------------------------------------------------------------------------------------------------------


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_logits_and_probabilities_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Moderate logits: far out the probabilities have lost digits, which another test shows.
    y, z = rng.integers(0, 2, 20).astype(float), rng.normal(0, 2, 20)
    labels, rows = rng.integers(0, 4, 20), rng.normal(0, 2, (20, 4))
    one_hot = np.eye(4)[labels]
    for soft in (y, rng.random(20)):
        from_logits = losses.binary_cross_entropy_with_logits(soft, z)
        assert losses.binary_cross_entropy(soft, sigmoid(z)) == pytest.approx(from_logits, rel=1e-8)
    for pair in (
        (losses.categorical_cross_entropy(one_hot, softmax(rows)), losses.categorical_cross_entropy_with_logits),
        (losses.kl_divergence(one_hot, softmax(rows)), losses.categorical_cross_entropy_with_logits),
    ):
        assert pair[0] == pytest.approx(pair[1](one_hot, rows), rel=1e-8)
    log_rate = rng.normal(0, 2, 20)
    assert losses.poisson_nll(labels, np.exp(log_rate)) == pytest.approx(
        losses.poisson_nll_with_log_rate(labels, log_rate), rel=1e-12, abs=1e-12
    )


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_sparse_is_one_hot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, logits = rng.integers(0, 5, 12), rng.normal(0, 30, (12, 5))
    one_hot, probabilities = np.eye(5)[labels], softmax(rng.normal(0, 3, (12, 5)))
    for sparse, dense, pred in (
        ("sparse_categorical_cross_entropy", "categorical_cross_entropy", probabilities),
        ("sparse_categorical_cross_entropy_with_logits", "categorical_cross_entropy_with_logits", logits),
    ):
        assert np.array_equal(CATALOGUE[sparse](labels, pred), CATALOGUE[dense](one_hot, pred))
        assert np.array_equal(CATALOGUE[sparse].gradient(labels, pred), CATALOGUE[dense].gradient(one_hot, pred))


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_emphasis_switched_off_is_cross_entropy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, z = rng.integers(0, 2, 12).astype(float), rng.normal(0, 6, 12)
    rows, one_hot = rng.normal(0, 6, (12, 4)), np.eye(4)[rng.integers(0, 4, 12)]
    plain = losses.binary_cross_entropy_with_logits(y, z)
    assert losses.focal_with_logits(y, z, gamma=0) == pytest.approx(plain, rel=1e-14)
    assert losses.weighted_binary_cross_entropy_with_logits(y, z, pos_weight=1) == pytest.approx(plain, rel=1e-14)
    dense = losses.categorical_cross_entropy_with_logits(one_hot, rows)
    assert losses.label_smoothing_with_logits(one_hot, rows, smoothing=0) == pytest.approx(dense, rel=1e-14)
    assert losses.weighted_categorical_cross_entropy_with_logits(one_hot, rows, np.ones(4)) == pytest.approx(dense)


@pytest.mark.parametrize("entry", [case for case in ENTRIES if case.values[0].prediction in ("logits", "frames")])
@given(seed=SEEDS, shift=st.floats(-1e3, 1e3))
@settings(max_examples=15, deadline=None)
def test_shift_of_logits(entry: Loss, seed: int, shift: float) -> None:
    y, z, *third = sample_pairs(entry, np.random.default_rng(seed), n=8)
    assert entry.function(y, z + shift, *third) == pytest.approx(entry.function(y, z, *third), rel=1e-9, abs=1e-9)
    assert entry.gradient(y, z, *third).sum(axis=-1) == pytest.approx(np.zeros(8), abs=1e-12)


def test_softmax_and_cross_entropy_make_p_minus_y() -> None:
    from course_lib.activations import softmax_jacobian

    z, y = np.array([0.3, -1.2, 2.0]), np.array([0.0, 1.0, 0.0])
    chained = softmax_jacobian(z) @ losses.categorical_cross_entropy_gradient(y, softmax(z))
    assert chained == pytest.approx(softmax(z) - y, rel=1e-12)
    assert losses.categorical_cross_entropy_with_logits_gradient(y, z) == pytest.approx(softmax(z) - y, rel=1e-12)
    far = np.array([0.0, -800.0, 0.0])
    # At −800 the share has rounded to 0: the chain gives 0·∞, the form from logits −1.
    with np.errstate(all="ignore"):
        lost = softmax_jacobian(far) @ losses.categorical_cross_entropy_gradient(y, softmax(far))
    assert np.isnan(lost).any()
    assert losses.categorical_cross_entropy_with_logits_gradient(y, far).tolist() == [0.5, -1.0, 0.5]


# ---------------------------------------------------------------------------------------------------------------------
# Limits and NaN
# ---------------------------------------------------------------------------------------------------------------------

INF = math.inf
LIMITS: list[tuple[str, tuple[Any, ...], Any, Any]] = [
    ("zero_one", ([1, 1], [INF, -INF]), [0, 1], [0, 0]),
    ("hinge", ([1, 1], [INF, -INF]), [0, INF], [0, -1]),
    ("squared_hinge", ([1, -1], [INF, INF]), [0, INF], [0, INF]),
    ("squared_error", ([0.0, 0.0], [INF, -INF]), [INF, INF], [INF, -INF]),
    ("half_squared_error", ([0.0, 0.0], [INF, -INF]), [INF, INF], [INF, -INF]),
    ("mse", ([0.0, 0.0], [INF, -INF]), [INF, INF], [INF, -INF]),
    ("rmse", ([0.0, 0.0], [INF, 1.0]), INF, [math.sqrt(0.5), 0]),
    ("mae", ([0.0, 0.0], [INF, -INF]), [INF, INF], [1, -1]),
    ("huber", ([0.0, 0.0], [INF, -INF]), [INF, INF], [1, -1]),
    ("smooth_l1", ([0.0, 0.0], [INF, -INF]), [INF, INF], [1, -1]),
    ("log_cosh", ([0.0, 0.0], [INF, -INF]), [INF, INF], [1, -1]),
    ("quantile", ([0.0, 0.0], [INF, -INF]), [INF, INF], [0.5, -0.5]),
    ("msle", ([0.0], [INF]), [INF], [0]),
    ("mape", ([1.0, 2.0], [INF, -INF]), [INF, INF], [1, -0.5]),
    ("binary_cross_entropy", ([1, 0, 1, 0], [0.0, 1.0, 1.0, 0.0]), [INF, INF, 0, 0], [-INF, INF, -1, 1]),
    ("binary_cross_entropy_with_logits", ([1, 1, 0, 0], [INF, -INF, INF, -INF]), [0, INF, INF, 0], [0, -1, 1, 0]),
    (
        "weighted_binary_cross_entropy_with_logits",
        ([1, 1, 0, 0], [INF, -INF, INF, -INF]),
        [0, INF, INF, 0],
        [0, -1, 1, 0],
    ),
    ("focal_with_logits", ([1, 1, 0, 0], [INF, -INF, INF, -INF]), [0, INF, INF, 0], [0, -1, 1, 0]),
    ("categorical_cross_entropy", ([[1, 0], [0, 1]], [[1.0, 0.0]] * 2), [0, INF], [[-1, 0], [0, -INF]]),
    ("sparse_categorical_cross_entropy", ([0, 1], [[1.0, 0.0]] * 2), [0, INF], [[-1, 0], [0, -INF]]),
    ("categorical_cross_entropy_with_logits", ([[1, 0], [0, 1]], [[INF, 0.0]] * 2), [0, INF], [[0, 0], [1, -1]]),
    ("categorical_cross_entropy_with_logits", ([[1, 0], [0, 1]], [[0.0, -INF]] * 2), [0, INF], [[0, 0], [1, -1]]),
    ("sparse_categorical_cross_entropy_with_logits", ([0, 1], [[INF, 0.0]] * 2), [0, INF], [[0, 0], [1, -1]]),
    ("label_smoothing_with_logits", ([[1, 0]], [[0.0, -INF]]), [INF], [[0.05, -0.05]]),
    ("gaussian_nll", ([0.0, 0.0, 0.0], [INF, 0.0, 0.0], [1.0, INF, 1e-300]), [INF, INF, math.log(1e-300) / 2], None),
    ("poisson_nll", ([2, 0, 2], [0.0, 0.0, INF]), [INF, 0, INF], [-INF, 1, 1]),
    ("poisson_nll_with_log_rate", ([2, 0, 2], [-INF, -INF, INF]), [INF, 0, INF], [-2, 0, INF]),
    ("kl_divergence", ([[0.5, 0.5]], [[1.0, 0.0]]), [INF], [[-0.5, -INF]]),
    ("jensen_shannon", ([[0.0, 1.0]], [[1.0, 0.0]]), [math.log(2)], [[math.log(2) / 2, -INF]]),
    (
        "jensen_shannon",
        ([[1.0, 0.0, 0.0]], [[0.5, 0.5, 0.0]]),
        [math.log(4 / 3) / 2 + math.log(2 / 3) / 4 + math.log(2) / 4],
        [[math.log(2 / 3) / 2, math.log(2) / 2, math.log(2) / 2]],
    ),
    ("cosine_distance", ([[1.0, 0.0]], [[INF, 5.0]]), [0], [[0, 0]]),
    ("contrastive", ([1, 0], [[INF]] * 2, [[0.0]] * 2), [INF, 0], None),
    ("triplet", ([[0.0]], [[INF]], [[1.0]]), [INF], None),
    ("triplet", ([[0.0]], [[1.0]], [[INF]]), [0], None),
    ("ctc_with_logits", ([1], [[0.0, INF]]), 0, [[0, 0]]),
]


@pytest.mark.parametrize(
    ("name", "arrays", "value", "gradient"), LIMITS, ids=[f"{case[0]}-{i}" for i, case in enumerate(LIMITS)]
)
def test_limits(name: str, arrays: tuple[Any, ...], value: Any, gradient: Any) -> None:
    assert np.asarray(CATALOGUE[name].function(*arrays)) == pytest.approx(np.asarray(value), rel=1e-12)
    if gradient is not None:
        assert CATALOGUE[name].gradient(*arrays) == pytest.approx(np.asarray(gradient), rel=1e-12)


def test_poisson_from_the_log_rate_beyond_the_largest_float() -> None:
    # e^s and y·s both overflow; their difference does not lose its sign.
    huge = losses.poisson_nll_with_log_rate([1.7e308, 1e307], [710.0, 720.0])
    assert huge.tolist() == [-INF, INF]


@pytest.mark.parametrize("entry", ENTRIES)
def test_nan_propagates(entry: Loss) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(4), n=6, k=3)
    for which, array in enumerate(arrays):
        if array.dtype.kind != "f" or (entry.third == "class weights" and which == 2):
            continue
        spoiled = array.copy()
        spoiled[(2,) + (1,) * (array.ndim - 1)] = math.nan
        given = (*arrays[:which], spoiled, *arrays[which + 1 :])
        value = np.asarray(entry.function(*given))
        assert np.isnan(value if value.ndim == 0 else value[2]).all()
        if value.ndim and entry.name != "info_nce":
            assert not np.isnan(np.delete(value, 2, axis=0)).any()
        for gradient in gradients(entry, given, {}):
            assert np.isnan(gradient[2]).any()


# ---------------------------------------------------------------------------------------------------------------------
# Bad input
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize("entry", [case for case in ENTRIES if case.values[0].per == "prediction" or case.id == "rmse"])
def test_a_column_against_a_row_is_an_error(entry: Loss, which: str) -> None:
    y, p, *third = sample_pairs(entry, np.random.default_rng(0), n=5)
    with pytest.raises(ValueError, match=r"y_true has shape \(5,\) but \w+ has shape \(5, 1\).*ravel"):
        getattr(entry, which)(y, p[:, None], *third)


@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize("entry", [case for case in ENTRIES if case.values[0].prediction != "frames"])
def test_arrays_of_different_length_are_an_error(entry: Loss, which: str) -> None:
    y, p, *third = sample_pairs(entry, np.random.default_rng(0), n=5)
    with pytest.raises(ValueError, match=r"shape \(4.*shape \(5|shape \(5.*shape \(4"):
        getattr(entry, which)(y, p[:4], *third)


@pytest.mark.parametrize("bad", [None, "0.5", ["a", "b"], [[1.0], [1.0, 2.0]], [object()], 1j], ids=repr)
@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_no_number_is_an_error(entry: Loss, which: str, bad: Any) -> None:
    arrays = list(sample_pairs(entry, np.random.default_rng(0), n=2, k=2))
    for i in range(len(arrays)):
        with pytest.raises((TypeError, ValueError), match=r"must|got|expected|inhomogeneous"):
            getattr(entry, which)(*arrays[:i], bad, *arrays[i + 1 :])


@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize("entry", ENTRIES)
def test_empty_arrays_are_an_error(entry: Loss, which: str) -> None:
    arrays = tuple(np.empty((0, *a.shape[1:]), a.dtype) for a in sample_pairs(entry, np.random.default_rng(0), n=2))
    with pytest.raises(ValueError, match=r"empty|shape"):
        getattr(entry, which)(*arrays)


@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize("entry", [case for case in ENTRIES if case.values[0].params and case.id != "ctc_with_logits"])
def test_parameters_out_of_range_are_an_error(entry: Loss, which: str) -> None:
    arrays = sample_pairs(entry, np.random.default_rng(0), n=2)
    for param in entry.params:
        for bad in (param.domain.low - 1, math.inf, math.nan, *([param.domain.low] * (not param.domain.low_closed))):
            with pytest.raises(ValueError, match=f"{param.name} must lie in"):
                getattr(entry, which)(*arrays, **{param.name: bad})
        for bad in ("1", None, [1.0]):
            with pytest.raises(TypeError, match=f"{param.name} must be one number"):
                getattr(entry, which)(*arrays, **{param.name: bad})


BAD_LABELS: list[tuple[str, Any, Any, str]] = [
    ("binary_cross_entropy", [-1, 1], [0.2, 0.8], r"y_true must lie in \[0, 1\], got -1.*map −1/\+1 to 0/1"),
    ("binary_cross_entropy_with_logits", [0, 2], [0.2, 0.8], r"y_true must lie in \[0, 1\], got 2"),
    ("binary_cross_entropy", [0, 1], [0.2, 1.8], r"y_prob must lie in \[0, 1\], got 1.8.*with_logits"),
    ("binary_cross_entropy", [0, 1], [0.2, INF], r"y_prob must lie in \[0, 1\], got inf"),
    ("focal_with_logits", [0.0, 0.5], [0.2, 1.8], r"y_true must hold 0 and 1 only, got 0.5"),
    (
        "hinge",
        [0, 1],
        [0.2, 1.8],
        r"y_true must hold -1 and 1 only, got 0; labels 0/1 become −1/\+1 by 2 \* y_true - 1",
    ),
    ("squared_hinge", [0, 1], [0.2, 1.8], r"y_true must hold -1 and 1 only, got 0"),
    ("zero_one", [0, 1], [0.2, 1.8], r"y_true must hold -1 and 1 only, got 0"),
    ("categorical_cross_entropy", [0, 1], [[0.5, 0.5]] * 2, r"y_true has shape \(2,\).*sparse_"),
    ("categorical_cross_entropy", [[1, 1]], [[0.5, 0.5]], r"each row of y_true must sum to 1.*sums to 2"),
    ("categorical_cross_entropy", [[2, -1]], [[0.5, 0.5]], r"y_true must lie in \[0, 1\], got -?[12]"),
    ("categorical_cross_entropy", [[1, 0]], [[3.0, 0.5]], r"y_prob must lie in \[0, 1\], got 3.*with_logits"),
    (
        "categorical_cross_entropy",
        [[1, 0]],
        [[0.3, 0.5]],
        r"each row of y_prob must sum to 1.*sums to 0.8.*with_logits",
    ),
    ("categorical_cross_entropy_with_logits", [[1, 0, 0]] * 2, [[1.0] * 2] * 3, r"shape \(2, 3\).*shape \(3, 2\)"),
    ("categorical_cross_entropy_with_logits", 1.0, 2.0, r"logits needs an axis of at least two classes"),
    ("categorical_cross_entropy_with_logits", [[1.0]], [[2.0]], r"at least two classes at the end"),
    ("sparse_categorical_cross_entropy", [0.0], [[0.5, 0.5]], r"integer dtype, got dtype float64; use .astype\(int\)"),
    ("sparse_categorical_cross_entropy", [2], [[0.5, 0.5]], r"class numbers from 0 to 1.*got 2"),
    ("sparse_categorical_cross_entropy_with_logits", [-1], [[0.5, 0.5]], r"class numbers from 0 to 1.*got -1"),
    (
        "sparse_categorical_cross_entropy",
        [[1, 0]],
        [[0.5, 0.5]],
        r"class numbers are expected, \(1,\); for one-hot rows use the form without",
    ),
    ("sparse_categorical_cross_entropy_with_logits", [[0]], [[0.5, 0.5]], r"shape \(1, 1\).*expected \(1,\)"),
    ("sparse_categorical_cross_entropy_with_logits", [True], [[0.5, 0.5]], r"integer dtype, got dtype bool"),
    ("msle", [-1.0], [1.0], r"y_true must lie in \[0, ∞\), got -1"),
    ("msle", [1.0], [-1.0], r"y_pred must lie in \[0, ∞\), got -1.*clip"),
    ("mape", [0.0], [1.0], r"y_true must lie in \(0, ∞\), got 0.*mae or huber"),
    ("poisson_nll", [-1.0], [1.0], r"y_true must lie in \[0, ∞\), got -1: a count is never negative"),
    ("poisson_nll", [1.0], [-1.0], r"y_pred must lie in \[0, ∞\), got -1.*with_log_rate"),
    ("poisson_nll_with_log_rate", [-1.0], [1.0], r"y_true must lie in \[0, ∞\)"),
    ("kl_divergence", [[0.5, 0.4]], [[0.5, 0.5]], r"each row of y_true must sum to 1"),
    ("jensen_shannon", [[0.5, 0.5]], [[2.0, -1.0]], r"y_prob must lie in \[0, 1\].*softmax"),
    ("dice", [[0.5, 1.0]], [[0.5, 0.5]], r"y_true must hold 0 and 1 only, got 0.5"),
    ("dice", 1.0, 0.5, r"need an axis of pixels"),
    ("tversky", [[0.0, 1.0]], [[0.5, 1.5]], r"y_prob must lie in \[0, 1\], got 1.5.*sigmoid"),
]


@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize(
    ("name", "y", "p", "message"), BAD_LABELS, ids=[f"{case[0]}-{i}" for i, case in enumerate(BAD_LABELS)]
)
def test_bad_labels(name: str, y: Any, p: Any, message: str, which: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(CATALOGUE[name], which)(y, p)


BAD_VECTORS: list[tuple[str, tuple[Any, ...], str]] = [
    ("cosine_distance", ([[0.0, 0.0]], [[1.0, 0.0]]), r"y_true holds a vector of zeros.*no direction"),
    ("cosine_distance", ([[1.0, 0.0]], [[0.0, 0.0]]), r"y_pred holds a vector of zeros"),
    ("cosine_distance", (1.0, 2.0), r"must hold vectors, \(n, d\) or \(d,\); got a single number"),
    ("contrastive", ([[1], [0]], [[1.0]] * 2, [[2.0]] * 2), r"y_true has shape \(2, 1\); expected one label per pair"),
    ("contrastive", ([2, 0], [[1.0]] * 2, [[2.0]] * 2), r"y_true must hold 0 and 1 only, got 2"),
    ("triplet", ([[1.0, 2.0]], [[1.0, 2.0]], [[1.0]]), r"anchor has shape \(1, 2\) but negative has shape \(1, 1\)"),
    ("info_nce", ([[1.0, 2.0]], [[1.0, 2.0]]), r"at least two rows.*negatives"),
    ("info_nce", ([1.0, 2.0], [1.0, 2.0]), r"must be a batch \(n, d\)"),
    ("info_nce", ([[0.0], [1.0]], [[1.0], [1.0]]), r"queries holds a vector of zeros"),
    ("gaussian_nll", ([1.0], [1.0], [0.0]), r"variance must lie in \(0, ∞\), got 0.*np.exp"),
    ("gaussian_nll", ([1.0], [1.0], 1.0), r"variance has shape \(\) but y_pred has shape \(1,\).*np.full_like"),
    (
        "weighted_categorical_cross_entropy_with_logits",
        ([[1, 0]], [[1.0, 2.0]], [1.0, 2.0, 3.0]),
        r"one weight for each of the 2 classes, got shape \(3,\)",
    ),
    (
        "weighted_categorical_cross_entropy_with_logits",
        ([[1, 0]], [[1.0, 2.0]], [1.0, -2.0]),
        r"class_weights must lie in \[0, ∞\), got -2",
    ),
]


@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize(
    ("name", "arrays", "message"), BAD_VECTORS, ids=[f"{case[0]}-{i}" for i, case in enumerate(BAD_VECTORS)]
)
def test_bad_vectors(name: str, arrays: tuple[Any, ...], message: str, which: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(CATALOGUE[name], which)(*arrays)


@pytest.mark.parametrize("which", ["function", "gradient"])
@pytest.mark.parametrize(
    ("labels", "shape", "blank", "message"),
    [
        ([1, 2, 1], (2, 3), 0, r"2 frames cannot spell 3 labels, which need at least 3"),
        ([1, 1], (2, 3), 0, r"need at least 3 \(equal neighbours need a blank between them\)"),
        ([0, 1], (4, 3), 0, r"must not contain the blank \(0\)"),
        ([1, 3], (4, 3), 0, r"class numbers from 0 to 2.*got 3"),
        ([1.0], (4, 3), 0, r"integer dtype, got dtype float64"),
        ([[1, 2]], (4, 3), 0, r"one sequence of labels, \(L,\), got shape \(1, 2\)"),
        ([1], (4, 1), 0, r"logits must be frames × symbols"),
        ([1], (2, 4, 3), 0, r"got shape \(2, 4, 3\); loop over the examples"),
        ([1], (4, 3), 3, r"blank must be a symbol's number from 0 to 2, got 3"),
        ([1], (4, 3), 0.5, r"blank must be a symbol's number from 0 to 2, got 0.5"),
    ],
)
def test_bad_frames(labels: Any, shape: tuple[int, ...], blank: Any, message: str, which: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(CATALOGUE["ctc_with_logits"], which)(labels, np.zeros(shape), blank=blank)


# ---------------------------------------------------------------------------------------------------------------------
# What the entries say of themselves
# ---------------------------------------------------------------------------------------------------------------------


def test_zero_one_is_one_minus_accuracy() -> None:
    y, scores = sample_pairs(CATALOGUE["zero_one"], np.random.default_rng(0), n=200)
    assert losses.zero_one(y, scores).mean() == pytest.approx(1 - np.mean((scores > 0) == (y > 0)))
    assert losses.zero_one([1, -1], [0.0, 0.0]).tolist() == [1, 1]


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_surrogates_lie_above_the_zero_one_loss(seed: int) -> None:
    y, scores = sample_pairs(CATALOGUE["hinge"], np.random.default_rng(seed))
    mistakes = losses.zero_one(y, scores)
    assert np.all(losses.hinge(y, scores) >= mistakes)
    assert np.all(losses.squared_hinge(y, scores) >= mistakes)
    # In bits cross-entropy lies above it too, touching at a score of 0.
    assert np.all(losses.binary_cross_entropy_with_logits((y + 1) / 2, scores) / math.log(2) >= mistakes)


def test_least_squares_is_solved_by_the_normal_equations() -> None:
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(40), rng.normal(0, 1, (40, 2))])
    y = x @ np.array([3.0, 2.0, -1.0]) + rng.normal(0, 0.3, 40)
    closed = np.linalg.solve(x.T @ x, x.T @ y)
    searched = minimize(lambda w: losses.squared_error(y, x @ w).sum(), np.zeros(3), tol=1e-12).x
    assert searched == pytest.approx(closed, abs=1e-6)


def test_half_squared_error_is_half() -> None:
    y, p = np.array([1.0, 2.0, -3.0]), np.array([4.0, 2.0, 1.0])
    assert losses.half_squared_error(y, p).tolist() == (losses.squared_error(y, p) / 2).tolist() == [4.5, 0, 8]
    assert losses.half_squared_error_gradient(y, p).tolist() == (p - y).tolist()
    assert losses.squared_error_gradient(y, p).tolist() == (2 * (p - y)).tolist()


def test_mse_of_one_outlier() -> None:
    values = np.append(np.full(19, 10.0), 60.0)
    # One value in twenty, 50 away, drags the best constant by 2.5; the median does not move.
    assert best_constant(CATALOGUE["mse"], values, 0, 60, {}) == pytest.approx(12.5, abs=1e-6)
    assert best_constant(CATALOGUE["mae"], values, 0, 60, {}) == pytest.approx(10.0, abs=1e-4)


def test_rmse_has_the_unit() -> None:
    y, p = sample_pairs(CATALOGUE["rmse"], np.random.default_rng(0))
    assert losses.rmse(100 * y, 100 * p) == pytest.approx(100 * losses.rmse(y, p))
    assert losses.rmse([0.0, 0.0], [3.0, 4.0]) == pytest.approx(math.sqrt(12.5))


@pytest.mark.parametrize("size", [1e-200, 1e-9, 1.0, 1e200])
def test_rmse_gradient_has_a_fixed_length(size: float) -> None:
    residual = size * np.random.default_rng(0).normal(0, 1, 25)
    gradient = losses.rmse_gradient(np.zeros(25), residual)
    assert np.linalg.norm(gradient) == pytest.approx(1 / math.sqrt(25), rel=1e-12)
    assert losses.rmse_gradient(np.ones(25), np.ones(25)).tolist() == [0.0] * 25


def test_rmse_does_not_average_over_batches() -> None:
    y, p = np.zeros(4), np.array([1.0, 1.0, 5.0, 5.0])
    halves = (losses.rmse(y[:2], p[:2]) + losses.rmse(y[2:], p[2:])) / 2
    assert halves == 3.0
    assert losses.rmse(y, p) == pytest.approx(math.sqrt(13))


def test_mae_steps_never_settle() -> None:
    c_mae = c_mse = 0.0
    late = []
    for step in range(300):
        c_mae -= 0.1 * float(losses.mae_gradient(math.pi, c_mae))
        c_mse -= 0.1 * float(losses.mse_gradient(math.pi, c_mse))
        late += [abs(c_mae - math.pi)] if step > 200 else []
    assert min(late) > 0.04
    assert abs(c_mse - math.pi) < 1e-12


@given(residual=st.floats(-50, 50), delta=st.floats(0.01, 20))
@settings(deadline=None)
def test_huber_lies_below_both_its_limits(residual: float, delta: float) -> None:
    value = float(losses.huber(0.0, residual, delta=delta))
    # Where squares underflow, a product has no relative digits left: a few of the smallest steps are allowed.
    steps = 4 * 5e-324
    assert value <= residual**2 / 2 * (1 + 1e-12) + steps
    assert value <= delta * abs(residual) * (1 + 1e-12) + steps
    assert value >= delta * abs(residual) - delta**2 / 2 - 1e-9
    assert float(losses.huber(0.0, residual, delta=1e6)) == pytest.approx(residual**2 / 2, rel=1e-12)
    assert float(losses.smooth_l1(0.0, residual, beta=1e-9)) == pytest.approx(abs(residual), abs=1e-9)


def test_huber_delta_has_a_unit() -> None:
    values = np.append(np.full(9, 1.0), 5.0)
    metres = best_constant(CATALOGUE["huber"], values, 0, 6, {"delta": 1.0})
    centimetres = best_constant(CATALOGUE["huber"], 100 * values, 0, 600, {"delta": 1.0}) / 100
    assert abs(metres - centimetres) > 0.05
    scaled = best_constant(CATALOGUE["huber"], 100 * values, 0, 600, {"delta": 100.0}) / 100
    assert scaled == pytest.approx(metres, abs=1e-6)


def test_smooth_l1_is_huber_over_beta() -> None:
    residual = np.linspace(-5, 5, 41)
    for width in (0.5, 1.0, 2.0):
        expected = losses.huber(np.zeros(41), residual, delta=width) / width
        assert losses.smooth_l1(np.zeros(41), residual, beta=width) == pytest.approx(expected, rel=1e-14)
    assert float(losses.huber(0.0, 3.0, delta=2)) == 4.0
    assert float(losses.smooth_l1(0.0, 3.0, beta=2)) == 2.0


@given(residual=st.floats(-30, 30))
@settings(deadline=None)
def test_log_cosh_lies_between_huber_and_half_square(residual: float) -> None:
    value = float(losses.log_cosh(0.0, residual))
    assert abs(residual) - math.log(2) - 1e-12 <= value <= residual**2 / 2 * (1 + 1e-12)
    assert value <= float(losses.huber(0.0, residual)) * (1 + 1e-12)


def test_textbook_log_cosh_breaks() -> None:
    with np.errstate(over="ignore"):
        assert np.log(np.cosh(711.0)) == INF
    assert np.log(np.cosh(1e-9)) == 0
    assert losses.log_cosh([0.0, 0.0], [711.0, 1e-9]) == pytest.approx([711 - math.log(2), 5e-19], rel=1e-12, abs=0)


def test_quantile_at_one_half_is_half_the_absolute_error() -> None:
    y, p = sample_pairs(CATALOGUE["quantile"], np.random.default_rng(0))
    assert np.array_equal(losses.quantile(y, p, tau=0.5), losses.mae(y, p) / 2)


def test_quantile_covers_its_share() -> None:
    values = np.random.default_rng(0).exponential(1.0, 1001)
    for tau in (0.1, 0.5, 0.9):
        found = best_constant(CATALOGUE["quantile"], values, 0, 10, {"tau": tau})
        assert np.mean(values <= found + 1e-6) == pytest.approx(tau, abs=0.002)


def test_msle_punishes_low_predictions_more() -> None:
    low, high = losses.msle([10.0, 10.0], [5.0, 15.0])
    assert low > 1.5 * high
    # A factor counts the same at every size (of 1 + y).
    assert losses.msle([9.0, 999.0], [19.0, 1999.0]) == pytest.approx([math.log(2) ** 2] * 2)


@given(seed=SEEDS, unit=st.floats(1e-3, 1e3))
@settings(max_examples=20, deadline=None)
def test_mape_has_no_unit(seed: int, unit: float) -> None:
    y, p = sample_pairs(CATALOGUE["mape"], np.random.default_rng(seed))
    assert losses.mape(unit * y, unit * p) == pytest.approx(losses.mape(y, p), rel=1e-9)


def test_one_confident_mistake_dominates_the_mean() -> None:
    cost = losses.binary_cross_entropy([1] * 20, [0.95] * 19 + [1e-6])
    assert cost[-1] > 0.9 * cost.sum()
    # The squared error of the same mistake is at most 1, whatever the certainty.
    assert losses.squared_error([1.0], [1e-6])[0] < 1


def test_logits_never_reach_zero_cost() -> None:
    scores = np.array([1.0, 10.0, 40.0, 700.0])
    binary = losses.binary_cross_entropy_with_logits(np.ones(4), scores)
    rows = losses.categorical_cross_entropy_with_logits([[1.0, 0.0]] * 4, np.column_stack([scores, 0 * scores]))
    for cost in (binary, rows):
        assert np.all(cost > 0)
        assert np.all(np.diff(cost) < 0)


def test_probabilities_lose_what_logits_keep() -> None:
    z = np.array([[800.0, 0.0]])
    assert losses.categorical_cross_entropy([[0.0, 1.0]], softmax(z)).tolist() == [INF]
    assert losses.categorical_cross_entropy_with_logits([[0.0, 1.0]], z).tolist() == [800.0]
    assert losses.binary_cross_entropy([0.0], sigmoid([40.0])).tolist() == [INF]
    assert losses.binary_cross_entropy_with_logits([0.0], [40.0]) == pytest.approx([40.0])


@pytest.mark.parametrize("name", [c.id for c in ENTRIES if c.values[0].prediction == "logits" and "smooth" not in c.id])
def test_confident_rows_keep_their_digits(name: str) -> None:
    entry = CATALOGUE[name]
    y = np.array([0]) if entry.target == "label" else np.array([[1.0, 0.0, 0.0]])
    third = (np.ones(3),) if entry.third else ()
    rest = math.exp(-40) + math.exp(-60)
    # 1 − p is 4e−18 here: both the cost and the slope at the label would round to 0 as log p and p − 1.
    assert entry.function(y, [[60.0, 20.0, 0.0]], *third) == pytest.approx([rest], rel=1e-14, abs=0)
    assert entry.gradient(y, [[60.0, 20.0, 0.0]], *third)[0, 0] == pytest.approx(-rest, rel=1e-14, abs=0)


def test_softmax_applied_twice_has_a_floor() -> None:
    perfect = np.eye(10)[:1]
    floor = losses.categorical_cross_entropy_with_logits(perfect, perfect)
    assert floor == pytest.approx([math.log(math.e + 9) - 1], rel=1e-12)
    assert floor == pytest.approx([1.4612], abs=1e-4)


@given(seed=SEEDS, copies=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_pos_weight_acts_as_copies(seed: int, copies: int) -> None:
    y, z = sample_pairs(CATALOGUE["binary_cross_entropy_with_logits"], np.random.default_rng(seed))
    repeats = np.where(y == 1, copies, 1)
    copied = losses.binary_cross_entropy_with_logits(np.repeat(y, repeats), np.repeat(z, repeats)).sum()
    weighted = losses.weighted_binary_cross_entropy_with_logits(y, z, pos_weight=copies).sum()
    assert weighted == pytest.approx(copied, rel=1e-12)


def test_label_smoothing_has_finite_best_logits() -> None:
    gap = np.linspace(0, 20, 2001)
    rows = np.column_stack([gap, 0 * gap])
    smoothed = losses.label_smoothing_with_logits(np.tile([1.0, 0.0], (2001, 1)), rows, smoothing=0.1)
    # The best share of the true class is 0.95, so the best gap is log(0.95/0.05).
    assert gap[smoothed.argmin()] == pytest.approx(math.log(19), abs=0.01)
    assert smoothed.min() > 0.19
    assert np.all(np.diff(losses.categorical_cross_entropy_with_logits(np.tile([1.0, 0.0], (2001, 1)), rows)) < 0)


def test_focal_fades_easy_examples() -> None:
    easy, hard = math.log(9), -math.log(9)
    plain = losses.binary_cross_entropy_with_logits([1, 1], [easy, hard])
    focal = losses.focal_with_logits([1, 1], [easy, hard], gamma=2)
    assert focal / plain == pytest.approx([0.1**2, 0.9**2], rel=1e-12)


def test_focal_is_pulled_towards_one_half() -> None:
    y = np.repeat([1.0, 0.0], [2, 18])
    z = best_constant(CATALOGUE["focal_with_logits"], y, -10, 10, {"gamma": 2.0})
    assert 0.15 < float(sigmoid(z)) < 0.5
    assert CATALOGUE["focal_with_logits"].claims(gamma=2.0).minimiser == "none"


def test_gaussian_nll_learns_the_variance() -> None:
    y = np.random.default_rng(0).normal(2, 3, 400)
    mean = np.full(400, y.mean())
    risk = minimize_scalar(
        lambda v: float(losses.gaussian_nll(y, mean, np.full(400, v)).mean()), bounds=(0.1, 50), method="bounded"
    )
    assert risk.x == pytest.approx(y.var(), rel=1e-4)
    small, large = (losses.gaussian_nll_gradient([0.0], [2.0], [v])[0][0] for v in (1.0, 100.0))
    assert small == 100 * large


def test_poisson_is_the_likelihood_of_counts() -> None:
    from scipy.stats import poisson

    y, rate = np.array([0, 1, 4, 7]), np.array([0.5, 1.5, 3.0, 9.0])
    constant = np.array([math.lgamma(k + 1) for k in y])
    assert losses.poisson_nll(y, rate) + constant == pytest.approx(-poisson.logpmf(y, rate), rel=1e-12)
    assert poisson.var(3.0) == poisson.mean(3.0)


def test_gaussian_nll_is_the_likelihood() -> None:
    from scipy.stats import norm

    y, mean, variance = np.array([0.3, -2.0]), np.array([1.0, 1.0]), np.array([0.25, 4.0])
    expected = -norm.logpdf(y, mean, np.sqrt(variance)) - math.log(2 * math.pi) / 2
    assert losses.gaussian_nll(y, mean, variance) == pytest.approx(expected, rel=1e-12)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_kl_is_cross_entropy_less_entropy(seed: int) -> None:
    p, q = sample_pairs(CATALOGUE["kl_divergence"], np.random.default_rng(seed))
    entropy = -(p * np.log(p)).sum(axis=-1)
    assert losses.kl_divergence(p, q) == pytest.approx(losses.categorical_cross_entropy(p, q) - entropy, abs=1e-12)
    assert np.array_equal(losses.kl_divergence_gradient(p, q), losses.categorical_cross_entropy_gradient(p, q))


def test_kl_is_not_symmetric() -> None:
    p, q = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    assert float(losses.kl_divergence(p, q)) == pytest.approx(0.3681, abs=1e-4)
    assert float(losses.kl_divergence(q, p)) == pytest.approx(0.5108, abs=1e-4)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_jensen_shannon_is_symmetric_and_bounded(seed: int) -> None:
    from scipy.spatial.distance import jensenshannon

    p, q = sample_pairs(CATALOGUE["jensen_shannon"], np.random.default_rng(seed))
    value = losses.jensen_shannon(p, q)
    assert value == pytest.approx(losses.jensen_shannon(q, p), rel=1e-12, abs=1e-15)
    assert np.all(value <= math.log(2))
    assert value == pytest.approx(jensenshannon(p, q, axis=-1) ** 2, rel=1e-9, abs=1e-12)


def test_jensen_shannon_is_flat_without_overlap() -> None:
    place = np.eye(8)
    far = [float(losses.jensen_shannon(place[0], place[k])) for k in range(1, 8)]
    assert far == pytest.approx([math.log(2)] * 7, rel=1e-12)


@given(seed=SEEDS, size=st.floats(1e-100, 1e100))
@settings(max_examples=20, deadline=None)
def test_cosine_ignores_length(seed: int, size: float) -> None:
    a, b = sample_pairs(CATALOGUE["cosine_distance"], np.random.default_rng(seed))
    assert losses.cosine_distance(a, size * b) == pytest.approx(losses.cosine_distance(a, b), rel=1e-9)
    across = losses.cosine_distance_gradient(a, b)
    assert (across * b).sum(axis=-1) == pytest.approx(np.zeros(len(a)), abs=1e-12)


def test_cosine_of_known_angles() -> None:
    east = [[1.0, 0.0]] * 4
    compass = [[2.0, 0.0], [0.0, 3.0], [-4.0, 0.0], [1.0, 1.0]]
    assert losses.cosine_distance(east, compass) == pytest.approx([0, 1, 2, 1 - math.sqrt(0.5)], abs=1e-15)


def test_cosine_keeps_the_digits_of_small_angles() -> None:
    angle = 1e-6
    distance = losses.cosine_distance([1.0, 0.0], [math.cos(angle), math.sin(angle)])
    assert float(distance) == pytest.approx(2 * math.sin(angle / 2) ** 2, rel=1e-9, abs=0)


def test_contrastive_pulls_and_pushes() -> None:
    a, b = np.array([[0.0, 0.0]] * 3), np.array([[0.6, 0.0], [0.6, 0.0], [1.5, 0.0]])
    like, unlike, far = losses.contrastive([1, 0, 0], a, b, margin=1.0)
    assert [like, unlike, far] == pytest.approx([0.18, 0.08, 0.0])
    pull = losses.contrastive_gradient([1, 0, 0], a, b)[0][:, 0]
    # A step against the gradient moves `first` towards a like partner and away from an unlike one.
    assert pull == pytest.approx([-0.6, 0.4, 0.0])


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_triplet_ignores_a_common_shift(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, p, n = sample_pairs(CATALOGUE["triplet"], rng)
    shift = rng.normal(0, 5, a.shape)
    assert losses.triplet(a + shift, p + shift, n + shift) == pytest.approx(losses.triplet(a, p, n), abs=1e-9)
    assert sum(losses.triplet_gradient(a, p, n)) == pytest.approx(np.zeros(a.shape), abs=1e-12)


def test_easy_triplets_teach_nothing() -> None:
    a, p, n = np.zeros((1, 2)), np.full((1, 2), 0.1), np.full((1, 2), 5.0)
    assert losses.triplet(a, p, n).tolist() == [0]
    assert all(not g.any() for g in losses.triplet_gradient(a, p, n))


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_info_nce_is_cross_entropy_of_cosines(seed: int) -> None:
    q, k = sample_pairs(CATALOGUE["info_nce"], np.random.default_rng(seed), n=6)
    cosines = np.array([[1 - float(losses.cosine_distance(a, b)) for b in k] for a in q])
    expected = losses.sparse_categorical_cross_entropy_with_logits(np.arange(6), cosines / 0.5)
    assert losses.info_nce(q, k, temperature=0.5) == pytest.approx(expected, rel=1e-9)


def test_info_nce_of_equal_vectors_is_log_n() -> None:
    for n in (2, 10, 100):
        assert losses.info_nce(np.ones((n, 3)), np.ones((n, 3))) == pytest.approx([math.log(n)] * n)


def test_info_nce_has_a_floor() -> None:
    best = np.array([[1.0], [-1.0]])
    for temperature in (0.1, 1.0):
        floor = math.log1p(math.exp(-2 / temperature))
        assert losses.info_nce(best, best, temperature=temperature) == pytest.approx([floor] * 2, rel=1e-12)


@pytest.mark.parametrize("entry", of("dice", "tversky"))
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_overlap_ignores_background(entry: Loss, seed: int) -> None:
    y, p = sample_pairs(entry, np.random.default_rng(seed))
    background = np.zeros((len(y), 50))
    assert entry.function(np.hstack([y, background]), np.hstack([p, background])) == pytest.approx(
        entry.function(y, p), rel=1e-12
    )


def test_overlap_is_harsh_on_small_masks() -> None:
    def one_pixel_missed(size: int) -> float:
        y = np.ones(size)
        return float(losses.dice(y, np.append(np.ones(size - 1), 0.0)))

    assert one_pixel_missed(2) > 20 * one_pixel_missed(100)


@given(seed=SEEDS, smooth=st.floats(0.01, 10))
@settings(max_examples=20, deadline=None)
def test_tversky_at_one_half_is_dice(seed: int, smooth: float) -> None:
    y, p = sample_pairs(CATALOGUE["dice"], np.random.default_rng(seed))
    assert losses.dice(y, p, smooth=2 * smooth) == pytest.approx(losses.tversky(y, p, smooth=smooth), rel=1e-12)


def test_tversky_prices_misses_and_false_alarms() -> None:
    truth, missed, alarmed = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 1, 0])
    for price in (0.1, 0.3):
        cheap_misses = float(losses.tversky(truth, missed, alpha=0.9, beta=price))
        assert cheap_misses < float(losses.tversky(truth, missed, alpha=0.9, beta=0.9))
        cheap_alarms = float(losses.tversky(truth, alarmed, alpha=price, beta=0.9))
        assert cheap_alarms < float(losses.tversky(truth, alarmed, alpha=0.9, beta=0.9))


def test_ctc_is_the_sum_over_alignments() -> None:
    # Two frames, one label: "1 1", "1 blank" and "blank 1" spell it; "blank blank" does not.
    p = np.array([[0.4, 0.6], [0.7, 0.3]])
    spelled = p[0, 1] * p[1, 1] + p[0, 1] * p[1, 0] + p[0, 0] * p[1, 1]
    assert float(losses.ctc_with_logits([1], np.log(p))) == pytest.approx(-math.log(spelled), rel=1e-12)
    assert float(losses.ctc_with_logits([], np.log(p))) == pytest.approx(-math.log(0.4 * 0.7), rel=1e-12)


def test_ctc_takes_any_symbol_as_blank() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1, (6, 4))
    moved = logits[:, [1, 2, 3, 0]]
    assert losses.ctc_with_logits([0, 1], moved, blank=3) == pytest.approx(losses.ctc_with_logits([1, 2], logits))


def test_unknown_loss_names_the_closest() -> None:
    with pytest.raises(ValueError, match="did you mean 'huber'"):
        losses.get("hubr")
