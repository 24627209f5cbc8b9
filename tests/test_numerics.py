"""The measuring instruments measure: slopes, ULP, relative errors, sample points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import losses
from course_lib.numerics import central_difference, relative_error, sample_pairs, sample_points, ulp_error
from course_lib.spec import Array, Loss

# No deadline: the machine may be busy.
few_examples = settings(max_examples=25, deadline=None)


@few_examples
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5), st.floats(-2, 2))
def test_the_stencil_is_exact_for_polynomials_of_degree_four(coefficients: list[float], x: float) -> None:
    f = np.polynomial.Polynomial(coefficients)
    assert central_difference(f, x, h=0.125) == pytest.approx(float(f.deriv()(x)), abs=1e-12)


def test_the_stencil_is_of_fourth_order() -> None:
    """Half the step, a sixteenth of the error."""
    x = np.linspace(-1, 1, 21)
    coarse = np.abs(central_difference(np.exp, x, h=0.1) - np.exp(x))
    fine = np.abs(central_difference(np.exp, x, h=0.05) - np.exp(x))
    np.testing.assert_allclose(coarse / fine, 16, rtol=0.02)


def test_the_default_step_is_good_to_a_trillionth() -> None:
    x = np.linspace(-6, 6, 101)
    np.testing.assert_allclose(central_difference(np.tanh, x), np.cosh(x) ** -2, rtol=0, atol=2e-12)


def test_slopes_have_the_shape_of_x() -> None:
    assert central_difference(np.sin, np.zeros((2, 3))).shape == (2, 3)
    assert np.shape(central_difference(np.sin, 1.0)) == ()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("at", [1.0, 3.7, 1000.0])
def test_neighbouring_floats_are_one_ulp_apart(dtype: type, at: float) -> None:
    x = np.array([at], dtype=dtype)
    assert ulp_error(np.nextafter(x, dtype(np.inf)), x.astype(np.float64)) == pytest.approx(1)
    assert ulp_error(x, x.astype(np.float64)) == 0


def test_the_truth_may_be_finer_than_the_values_dtype() -> None:
    assert ulp_error(np.float32(1.0), 1 + 2.0**-25) == pytest.approx(0.25)
    assert ulp_error(np.float64(1.0), 1.0, remainder=2.0**-54) == pytest.approx(0.25)
    assert ulp_error(np.float64(1.0), 1.0, remainder=-(2.0**-54)) == pytest.approx(0.25)


def test_the_smallest_subnormal_is_one_ulp_from_zero() -> None:
    assert ulp_error(np.array([5e-324]), np.array([0.0])) == 1


@pytest.mark.parametrize(
    ("value", "truth", "error"),
    [
        (np.inf, np.inf, 0),
        (-np.inf, -np.inf, 0),
        (np.nan, np.nan, 0),
        (np.inf, -np.inf, np.inf),
        (np.inf, 1.0, np.inf),
        (1.0, np.inf, np.inf),
        (np.nan, 1.0, np.inf),
        (0.0, np.nan, np.inf),
    ],
)
def test_only_equal_infinities_and_nans_match(value: float, truth: float, error: float) -> None:
    assert ulp_error(np.array([value]), np.array([truth])).tolist() == [error]


def test_a_truth_beyond_the_largest_float_is_infinite() -> None:
    assert ulp_error(np.array([np.inf], dtype=np.float32), np.array([1e40])) == 0


@pytest.mark.parametrize(
    ("value", "truth", "error"), [(1.01, 1.0, 0.01), (-2.0, -1.0, 1.0), (0.0, 0.0, 0.0), (3.0, -3.0, 2.0)]
)
def test_relative_error(value: float, truth: float, error: float) -> None:
    assert float(relative_error(value, truth)) == pytest.approx(error)


@pytest.mark.parametrize("extreme", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_sample_points_are_sorted_and_finite(dtype: type, extreme: bool) -> None:
    x = sample_points(dtype, extreme=extreme, rng=np.random.default_rng(0))
    assert x.dtype == dtype
    assert np.isfinite(x).all()
    assert (np.diff(x.astype(np.float64)) > 0).all()
    assert 0 in x


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_extreme_points_reach_the_ends_of_the_dtype(dtype: type) -> None:
    x, info = np.abs(sample_points(dtype)), np.finfo(dtype)
    assert x.max() > info.max / 2
    assert x[x > 0].min() < 2 * info.tiny
    assert np.abs(sample_points(dtype, extreme=False)).max() == 40


def targets_fit(loss: Loss, y_true: Array) -> bool:
    kinds = {
        "binary": {0, 1},
        "sign": {-1, 1},
    }
    return set(np.unique(y_true)) <= kinds[loss.target] if loss.target in kinds else True


SIMPLE = [entry for entry in losses.CATALOGUE.values() if entry.target in ("binary", "sign", "value")]


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in SIMPLE])
def test_sampled_pairs_suit_their_loss(entry: Loss) -> None:
    y_true, y_pred, *_ = sample_pairs(entry, np.random.default_rng(0))
    assert targets_fit(entry, y_true)
    domain = entry.claims().prediction
    assert all(float(each) in domain for each in np.ravel(y_pred))
