"""The data sets: their sizes and facts, their seeds, and scalings that see the training part only."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from course_lib import data
from course_lib.data import Dataset, Split

# Examples, features, classes (0: a number is predicted), as their sources give them.
REAL = {
    data.digits: (1797, 64, 10),
    data.diabetes: (442, 10, 0),
    data.breast_cancer: (569, 30, 2),
    data.wine: (178, 13, 3),
    data.iris: (150, 4, 3),
}
SEEDED = [
    data.xor,
    data.circle,
    data.spirals,
    data.gaussians,
    data.regression_plane,
    data.line,
    data.measurements_with_outlier,
    data.waveforms,
]
real = pytest.mark.parametrize("load", REAL, ids=lambda load: load.__name__)
made = pytest.mark.parametrize("draw", SEEDED, ids=lambda draw: draw.__name__)


@real
def test_real_data_have_their_published_size(load):
    split = load()
    examples, features, classes = REAL[load]
    assert len(split.train) + len(split.test) == examples
    assert split.train.x.shape[1] == len(split.train.features) == len(split.train.units) == features
    assert len(split.train.classes) == classes


@real
def test_parts_share_no_example(load):
    split = load("raw")
    rows = [{row.tobytes() for row in part.x} for part in split]
    # Iris holds one flower twice; no other row repeats.
    assert len(rows[0] & rows[1]) <= (1 if load is data.iris else 0)


@real
def test_classes_keep_their_share_in_both_parts(load):
    train, test = load()
    if not train.classes:
        assert abs(train.y.mean() - test.y.mean()) < 3 * train.y.std() / math.sqrt(len(test))
        return
    shares = [np.bincount(part.y) / len(part) for part in (train, test)]
    np.testing.assert_allclose(*shares, atol=1 / len(test) + 1e-9)


@real
def test_same_seed_same_split(load):
    np.testing.assert_array_equal(load(rng=3).train.x, load(rng=3).train.x)


@real
def test_another_seed_another_split(load):
    assert not np.array_equal(load(rng=3).train.x, load(rng=4).train.x)


@real
def test_share_of_the_test_part_is_the_one_asked_for(load):
    train, test = load(test=0.4)
    assert len(test) == math.ceil(0.4 * (len(train) + len(test)))


@real
def test_standard_scaling_gives_the_training_part_mean_0_and_deviation_1(load):
    x = load("standard").train.x
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-9)
    deviation = x.std(axis=0)
    np.testing.assert_allclose(deviation[deviation > 0], 1, rtol=1e-9)


@real
def test_scaling_is_decided_by_the_training_part_alone(load):
    train, test = load("raw")
    other = Split(train, Dataset("other", test.x * 100 + 7, test.y, test.features, test.target, test.classes))
    np.testing.assert_array_equal(other.scaled("standard").train.x, Split(train, test).scaled("standard").train.x)


@real
def test_both_parts_are_scaled_by_the_same_rule(load):
    raw, scaled = load("raw"), load("standard")
    rule = (raw.train.x - raw.train.x.mean(axis=0)) / np.where(raw.train.x.std(axis=0) == 0, 1, raw.train.x.std(axis=0))
    np.testing.assert_allclose(scaled.train.x, rule, atol=1e-12)
    assert abs(scaled.test.x.mean()) > 1e-6


def test_unit_scaling_spans_zero_to_one():
    x = data.wine("unit").train.x
    np.testing.assert_allclose([x.min(axis=0), x.max(axis=0)], [np.zeros(13), np.ones(13)], atol=1e-12)


def test_centred_scaling_is_unit_scaling_less_its_mean():
    unit, centred = data.wine("unit").train.x, data.wine("centred").train.x
    np.testing.assert_allclose(centred, unit - unit.mean(axis=0), atol=1e-12)


def test_pixels_are_divided_by_their_common_maximum():
    raw, unit, centred = (data.digits(scaling).train.x for scaling in ("raw", "unit", "centred"))
    np.testing.assert_array_equal(unit, raw / 16)
    np.testing.assert_allclose(centred, (raw - raw.mean(axis=0)) / 16, atol=1e-15)


def test_scaled_features_have_no_unit():
    assert data.iris("raw").train.units == ("cm",) * 4
    assert data.iris("standard").train.units == ("",) * 4


def test_unknown_scaling_names_the_known_ones():
    with pytest.raises(ValueError, match="unknown scaling 'minmax'; expected one of raw, unit, centred, standard"):
        data.wine("minmax")


@pytest.mark.parametrize("share", [0.0, 1.0, 30])
def test_share_outside_zero_to_one_is_refused(share):
    with pytest.raises(ValueError, match="between 0 and 1, got"):
        data.iris(test=share)


@made
def test_made_data_repeat_with_their_seed(draw):
    np.testing.assert_array_equal(draw(rng=5).y, draw(rng=5).y)
    np.testing.assert_array_equal(draw(rng=5).x, draw(rng=5).x)


@made
def test_made_data_change_with_their_seed(draw):
    first, second = draw(rng=5), draw(rng=6)
    assert not (np.array_equal(first.x, second.x) and np.array_equal(first.y, second.y))


@made
def test_a_generator_serves_as_seed(draw):
    np.testing.assert_array_equal(draw(rng=np.random.default_rng(5)).x, draw(rng=5).x)


def test_no_line_separates_the_corners_of_xor():
    corners = data.xor_corners()
    signed = 2 * corners.y - 1
    # Opposite corners have the same midpoint, so w·x + b cannot be positive on one pair and negative on the other.
    np.testing.assert_array_equal((signed[:, None] * corners.x).sum(axis=0), 0)
    assert signed.sum() == 0


def test_xor_labels_are_the_product_of_signs():
    points = data.xor(200)
    np.testing.assert_array_equal(points.y, np.sign(points.x).prod(axis=1) < 0)


def test_circle_has_a_gap_between_disc_and_ring():
    points = data.circle(400)
    radius = np.hypot(*points.x.T)
    assert radius[points.y == 1].max() <= 0.5
    assert radius[points.y == 0].min() >= 0.7
    assert np.bincount(points.y).tolist() == [200, 200]


@pytest.mark.parametrize("classes", [2, 3])
def test_arms_of_the_spirals_are_turned_copies(classes):
    points = data.spirals(600, classes=classes, turns=1.0, noise=0.0)
    radius, angle = np.hypot(*points.x.T), np.arctan2(points.x[:, 1], points.x[:, 0])
    turned = angle - 2 * np.pi * points.y / classes - 2 * np.pi * radius
    np.testing.assert_allclose(np.cos(turned), 1, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_neighbouring_gaussians_are_the_distance_apart(classes):
    points = data.gaussians(40_000, classes=classes, distance=3.0)
    first, second = (points.x[points.y == label].mean(axis=0) for label in (0, 1))
    # Each mean has standard error 1/√10,000 a coordinate or less.
    assert np.hypot(*(first - second)) == pytest.approx(3, abs=0.05)


def test_best_accuracy_on_two_gaussians_is_the_one_stated():
    points = data.gaussians(40_000)
    assert np.mean((points.x[:, 0] < 0) == points.y) == pytest.approx(0.9332, abs=0.005)


def test_plane_without_noise_is_the_sum():
    points = data.regression_plane(50, noise=0.0)
    np.testing.assert_array_equal(points.y, points.x[:, 0] + points.x[:, 1])


def test_line_without_noise_is_2x_plus_3():
    points = data.line(noise=0.0)
    np.testing.assert_allclose(np.polyfit(points.x[:, 0], points.y, 1), [2, 3], rtol=1e-12)


def test_outlier_moves_one_point_only():
    plain, moved = data.line(), data.line(outlier=-40.0)
    np.testing.assert_array_equal(np.flatnonzero(plain.y != moved.y), [29])
    assert moved.y[-1] - plain.y[-1] == pytest.approx(-40)


def test_one_outlier_moves_the_mean_not_the_median():
    y = data.measurements_with_outlier().y
    assert len(y) == 20
    assert y.max() == 60
    assert y.mean() == pytest.approx(12.55, abs=0.005)
    assert np.median(y) == pytest.approx(10.31, abs=0.005)


def test_waveforms_have_their_shapes():
    waves = data.waveforms(40, samples=512, noise=0.0)
    # The ratio of a wave's root mean square to its peak tells the shapes apart, but for saw and triangle.
    crest = np.sqrt((waves.x**2).mean(axis=1)) / np.abs(waves.x).max(axis=1)
    expected = np.array([1 / math.sqrt(2), 1, 1 / math.sqrt(3), 1 / math.sqrt(3)])
    np.testing.assert_allclose(crest, expected[waves.y], atol=0.06)
    # A saw-tooth jumps by its full height, a triangle never does.
    jump = np.abs(np.diff(waves.x, axis=1)).max(axis=1) / np.ptp(waves.x, axis=1)
    assert jump[waves.y == 2].min() > 0.9
    assert jump[waves.y == 3].max() < 0.1


def test_waveform_noise_has_the_stated_ratio():
    clean, noisy = data.waveforms(200, noise=0.0), data.waveforms(200, noise=0.3)
    ratio = (noisy.x - clean.x).std(axis=1) / clean.x.std(axis=1)
    assert ratio.mean() == pytest.approx(0.3, rel=0.02)


def test_one_hot_rows_point_at_the_class():
    train = data.iris().train
    assert train.one_hot.shape == (len(train), 3)
    np.testing.assert_array_equal(train.one_hot.argmax(axis=1), train.y)
    np.testing.assert_array_equal(train.one_hot.sum(axis=1), 1)


def test_numbers_have_no_one_hot_rows():
    with pytest.raises(ValueError, match="no classes to encode"):
        _ = data.diabetes().train.one_hot


@pytest.mark.parametrize("draw", [data.xor, data.circle, data.gaussians, data.waveforms, data.line])
def test_no_examples_are_refused(draw):
    with pytest.raises(ValueError, match="must be at least"):
        draw(0)


def test_one_arm_is_refused():
    with pytest.raises(ValueError, match="classes must be at least 2, got 1"):
        data.spirals(classes=1)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"x \(3, 2\) and y \(2,\) do not fit 2 feature names"):
        Dataset("broken", np.ones((3, 2)), np.ones(2), ("a", "b"), "y")


def test_import_does_not_load_scikit_learn():
    code = "import sys, course_lib.data, course_lib.training; print('sklearn' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert answer.stdout.strip() == "False"
