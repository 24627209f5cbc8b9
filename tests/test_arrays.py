"""What the course's functions accept, and the words with which they refuse the rest."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from course_lib.arrays import along, as_float, finite, is_positive, largest_exponent, paired, require
from course_lib.spec import POSITIVE, REALS, UNIT

FLOATS = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_keep_their_dtype(dtype: type) -> None:
    x = np.ones((2, 3), dtype=dtype)
    assert as_float(x) is x


@pytest.mark.parametrize("x", [1, True, [1, 2], (1, 2.5), np.int8(3), np.array([[1]], dtype=np.uint16)])
def test_whole_numbers_become_float64(x: Any) -> None:
    value = as_float(x)
    assert value.dtype == np.float64
    assert np.array_equal(value, x)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ("3", TypeError, "x must hold real numbers, got str (dtype <U1); convert it with np.asarray(…, float)"),
        (None, TypeError, "x must hold real numbers, got None (dtype object)"),
        ([1, None], TypeError, "x must hold real numbers, got [1, None] (dtype object)"),
        (1j, TypeError, "x must hold real numbers, got complex (dtype complex128)"),
        (np.array(["2024-01-01"], dtype="M8[D]"), TypeError, "x must hold real numbers, got ndarray"),
        ([[1], [1, 2]], TypeError, "x must be numbers in a regular array, got rows of different lengths"),
        ([], ValueError, "x is empty (shape (0,)); expected at least one number"),
        (np.zeros((3, 0)), ValueError, "x is empty (shape (3, 0))"),
    ],
)
def test_what_is_no_number_is_named(x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        as_float(x)


def test_errors_name_the_argument() -> None:
    with pytest.raises(TypeError, match="logits must hold real numbers"):
        as_float("a", "logits")


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_axes_that_exist_are_accepted(axis: int) -> None:
    assert along(np.ones((2, 3)), axis).shape == (2, 3)


@pytest.mark.parametrize(
    ("x", "axis", "message"),
    [
        (np.ones((2, 3)), 2, "x has shape (2, 3), so it has no axis 2; expected one of -2 … 1"),
        (np.ones(4), -2, "x has shape (4,), so it has no axis -2; expected one of -1 … 0"),
        (1.0, 0, "x has shape (), so it has no axis 0; expected one of none: a single number has no axis"),
    ],
)
def test_axes_that_do_not_exist_are_named(x: Any, axis: int, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        along(x, axis)


@pytest.mark.parametrize(
    ("true_dtype", "pred_dtype", "expected"),
    [
        (np.int64, np.float32, np.float32),
        (bool, np.float16, np.float16),
        (np.float64, np.float32, np.float64),
        (np.float32, np.float32, np.float32),
        (np.int8, np.int8, np.float64),
    ],
)
def test_pairs_share_a_dtype(true_dtype: type, pred_dtype: type, expected: type) -> None:
    target, pred = paired(np.ones(3, dtype=true_dtype), np.ones(3, dtype=pred_dtype))
    assert (target.dtype, pred.dtype) == (expected, expected)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape", "message"),
    [
        (
            (4,),
            (4, 1),
            "y_true has shape (4,) but y_pred has shape (4, 1); reshape one of them, for example with .ravel()",
        ),
        ((4, 1), (4,), "y_true has shape (4, 1) but y_pred has shape (4,); reshape"),
        ((3,), (4,), "y_true has shape (3,) but y_pred has shape (4,)"),
        ((), (1,), "y_true has shape () but y_pred has shape (1,)"),
    ],
)
def test_pairs_of_different_shapes_are_refused(
    true_shape: tuple[int, ...], pred_shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        paired(np.ones(true_shape), np.ones(pred_shape))


@pytest.mark.parametrize(
    ("values", "domain"),
    [
        ([0.0, 0.5, 1.0], UNIT),
        ([np.nan, 0.5], UNIT),
        ([-np.inf, np.inf, np.nan], REALS),
        ([1e-300, np.inf], POSITIVE),
    ],
)
def test_values_inside_the_domain_pass(values: list[float], domain: Any) -> None:
    require(np.array(values), domain, "p", "it is a probability")


@pytest.mark.parametrize(
    ("values", "domain", "message"),
    [
        ([0.2, 1.5], UNIT, "p must lie in [0, 1], got 1.5: it is a probability"),
        ([0.2, -1e-9], UNIT, "p must lie in [0, 1], got -1e-09: it is a probability"),
        ([0.0], POSITIVE, "p must lie in (0, ∞), got 0: it is a probability"),
        ([0.5, np.inf], UNIT, "p must lie in [0, 1], got inf: it is a probability"),
        ([[0.5], [7.0]], UNIT, "p must lie in [0, 1], got 7: it is a probability"),
    ],
)
def test_the_first_value_outside_the_domain_is_named(values: list[Any], domain: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        require(np.array(values), domain, "p", "it is a probability")


@pytest.mark.parametrize("dtype", FLOATS)
def test_finite_replaces_the_infinities_alone(dtype: type) -> None:
    top = np.finfo(dtype).max
    x = np.array([-np.inf, -2, 0, 3, np.inf, np.nan], dtype=dtype)
    value = finite(x)
    assert value.dtype == dtype
    np.testing.assert_array_equal(value, np.array([-top, -2, 0, 3, top, np.nan], dtype=dtype))


@pytest.mark.parametrize("dtype", FLOATS)
def test_is_positive_lets_nan_through(dtype: type) -> None:
    x = np.array([-np.inf, -1, -0.0, 0, np.finfo(dtype).smallest_subnormal, 2, np.inf, np.nan], dtype=dtype)
    value = is_positive(x)
    assert value.dtype == dtype
    np.testing.assert_array_equal(value, [0, 0, 0, 0, 1, 1, 1, np.nan])


@pytest.mark.parametrize(("dtype", "exponent"), [(np.float16, 11), (np.float32, 88), (np.float64, 709)])
def test_largest_exponent_is_the_last_that_does_not_overflow(dtype: type, exponent: int) -> None:
    x = np.zeros(1, dtype=dtype)
    assert largest_exponent(x) == exponent
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(dtype(exponent)))
        assert np.isinf(np.exp(dtype(exponent + 1)))
