"""Data sets, real and made, without a download.

The real ones come with scikit-learn and arrive split into `train` and `test`, in a scaling that is chosen by name and
fitted on the training part alone. The made ones are drawn from a seed and arrive whole; `.split()` cuts them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from course_lib.spec import Array

Rng = int | np.random.Generator
Scaling = Literal["raw", "unit", "centred", "standard"]


@dataclass(frozen=True)
class Dataset:
    """Features x, (n, d), and targets y, (n,): numbers, or class numbers 0, 1, … with their names in `classes`.

    `units` gives one unit per feature ("" where there is none or it was scaled away), `target_unit` that of y.
    """

    name: str
    x: Array
    y: Array
    features: tuple[str, ...]
    target: str
    classes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    target_unit: str = ""

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or self.x.ndim != 2 or self.x.shape[1] != len(self.features):
            raise ValueError(
                f"{self.name}: x {self.x.shape} and y {self.y.shape} do not fit {len(self.features)} feature names; "
                "expected x (n, features) and y (n,)"
            )

    def __len__(self) -> int:
        return len(self.y)

    @property
    def one_hot(self) -> Array:
        """The class numbers as rows with a single 1, (n, k); ValueError for a regression target."""
        if not self.classes:
            raise ValueError(f"{self.name} has the numeric target {self.target!r}, which has no classes to encode")
        encoded: Array = np.eye(len(self.classes))[self.y]
        return encoded

    def split(self, test: float = 0.25, rng: Rng = 0) -> Split:
        """A random part for training and the share `test` for testing; each class keeps its share in both."""
        if not 0 < test < 1:
            raise ValueError(f"test is the share of examples kept for testing, between 0 and 1, got {test}")
        from sklearn.model_selection import train_test_split

        seed = int(np.random.default_rng(rng).integers(2**32))
        labels = self.y if self.classes else None
        rows = train_test_split(np.arange(len(self)), test_size=test, random_state=seed, stratify=labels)
        return Split(*(replace(self, x=self.x[part], y=self.y[part]) for part in rows))


class Split(NamedTuple):
    """Two disjoint parts of one data set: `train, test = digits()`."""

    train: Dataset
    test: Dataset

    def scaled(self, scaling: Scaling) -> Split:
        """Both parts in another scale, which the training part alone decides.

        "raw": as measured. "unit": least and greatest training value of each feature become 0 and 1. "centred": unit,
        then minus the training mean. "standard": minus the training mean, divided by the training standard deviation.
        A feature that never changes in training is only shifted.
        """
        x = self.train.x
        low, high, mean, deviation = x.min(axis=0), x.max(axis=0), x.mean(axis=0), x.std(axis=0)
        choices = {
            "raw": (0 * low, 1 + 0 * low),
            "unit": (low, high - low),
            "centred": (mean, high - low),
            "standard": (mean, deviation),
        }
        if scaling not in choices:
            raise ValueError(f"unknown scaling {scaling!r}; expected one of {', '.join(choices)}")
        shift, width = choices[scaling]
        width = np.where(width == 0, 1, width)
        units = self.train.units if scaling == "raw" else ("",) * len(self.train.features)
        return Split(*(replace(part, x=(part.x - shift) / width, units=units) for part in self))


def digits(scaling: Scaling = "centred", test: float = 0.25, rng: Rng = 0) -> Split:
    """1,797 handwritten digits of 8 × 8 pixels, 64 features from 0 to 16, ten classes of about 180.

    Here "unit" and "centred" divide every pixel by 16, so that rare ink is not blown up; x.reshape(-1, 8, 8) is the
    picture. Source: Alpaydin & Kaynak 1998, UCI Machine Learning Repository, doi:10.24432/C50P49; licence CC BY 4.0.
    """
    from sklearn.datasets import load_digits

    split = _with_scikit_learn("digits", load_digits(), "digit", "ink, 0 to 16").split(test, rng)
    if scaling not in ("unit", "centred"):
        return split.scaled(scaling)
    shift = split.train.x.mean(axis=0) if scaling == "centred" else 0
    return Split(*(replace(part, x=(part.x - shift) / 16, units=("",) * 64) for part in split))


def diabetes(scaling: Scaling = "standard", test: float = 0.25, rng: Rng = 0) -> Split:
    """442 patients, ten measurements; the target is the progress of the disease after a year, 25 to 346 (a score).

    Source: Efron, Hastie, Johnstone & Tibshirani 2004, Least Angle Regression, Annals of Statistics 32(2), 407–499.
    Its authors state no licence; the copy is the one that scikit-learn distributes.
    """
    from sklearn.datasets import load_diabetes

    raw = _with_scikit_learn("diabetes", load_diabetes(scaled=False), "progression after one year", "")
    # The source names no unit for blood pressure and serum.
    units = ("years", "", "kg/m²", *[""] * 7)
    return replace(raw, units=units, target_unit="score").split(test, rng).scaled(scaling)


def breast_cancer(scaling: Scaling = "standard", test: float = 0.25, rng: Rng = 0) -> Split:
    """569 tumours, 30 measurements of cell nuclei; class 0 malignant (212), class 1 benign (357).

    Unscaled the features reach 4,254, which saturates a sigmoid at once. Source: Wolberg, Mangasarian, Street & Street
    1993, UCI Machine Learning Repository, doi:10.24432/C5DW2B; licence CC BY 4.0.
    """
    from sklearn.datasets import load_breast_cancer

    return _with_scikit_learn("breast cancer", load_breast_cancer(), "diagnosis", "").split(test, rng).scaled(scaling)


def wine(scaling: Scaling = "standard", test: float = 0.25, rng: Rng = 0) -> Split:
    """178 wines from three growers (59, 71, 48), 13 chemical measurements; unscaled they reach 1,680.

    Source: Aeberhard & Forina 1992, UCI Machine Learning Repository, doi:10.24432/C5PC7J; licence CC BY 4.0.
    """
    from sklearn.datasets import load_wine

    return _with_scikit_learn("wine", load_wine(), "grower", "").split(test, rng).scaled(scaling)


def iris(scaling: Scaling = "standard", test: float = 0.25, rng: Rng = 0) -> Split:
    """150 flowers of three species, 50 each; four lengths in cm. The last two, of the petals, nearly separate them.

    Source: Fisher 1936, UCI Machine Learning Repository, doi:10.24432/C56C76; licence CC BY 4.0.
    """
    from sklearn.datasets import load_iris

    return _with_scikit_learn("iris", load_iris(), "species", "cm").split(test, rng).scaled(scaling)


def _with_scikit_learn(name: str, bunch: Any, target: str, unit: str) -> Dataset:
    features = tuple(str(feature).removesuffix(" (cm)") for feature in bunch.feature_names)
    classes = tuple(str(label) for label in bunch.get("target_names", ()))
    x, y = np.asarray(bunch.data, np.float64), np.asarray(bunch.target)
    return Dataset(name, x, y, features, target, classes, units=(unit,) * len(features))


def xor_corners() -> Dataset:
    """The four points of exclusive or: (0,0) → 0, (0,1) → 1, (1,0) → 1, (1,1) → 0. No line separates the classes."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return _plane("xor corners", x, np.array([0, 1, 1, 0]))


def xor(n: int = 500, noise: float = 0.0, rng: Rng = 0) -> Dataset:
    """Points in the square [−1, 1]², class 1 where the signs differ; `noise` moves the points, not the labels."""
    rng = np.random.default_rng(rng)
    x = rng.uniform(-1, 1, (_count(n), 2))
    return _plane("xor", x + noise * rng.normal(size=x.shape), (x[:, 0] * x[:, 1] < 0).astype(int))


def circle(n: int = 500, noise: float = 0.0, rng: Rng = 0) -> Dataset:
    """A disc of radius 0.5 (class 1) inside a ring from 0.7 to 1 (class 0), half of the points each."""
    rng = np.random.default_rng(rng)
    y = np.arange(_count(n)) % 2
    # The square root makes the points as dense at the rim as in the middle.
    radius = np.sqrt(np.where(y == 1, rng.uniform(0, 0.5**2, n), rng.uniform(0.7**2, 1, n)))
    angle = rng.uniform(0, 2 * np.pi, n)
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return _plane("circle", x + noise * rng.normal(size=x.shape), y)


def spirals(n: int = 500, classes: int = 2, turns: float = 1.0, noise: float = 0.02, rng: Rng = 0) -> Dataset:
    """`classes` spiral arms from near the centre to radius 1, wound `turns` times, interleaved."""
    rng = np.random.default_rng(rng)
    y = np.arange(_count(n)) % _count(classes, "classes", least=2)
    radius = np.sqrt(rng.uniform(0.05**2, 1, n))
    angle = 2 * np.pi * (turns * radius + y / classes)
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return _plane("spirals", x + noise * rng.normal(size=x.shape), y, classes)


def gaussians(n: int = 500, classes: int = 2, distance: float = 3.0, rng: Rng = 0) -> Dataset:
    """Round clouds with standard deviation 1; neighbouring centres lie `distance` apart on a circle around 0.

    Two classes with distance d overlap: the best possible accuracy is Φ(d/2), 0.933 at d = 3.
    """
    rng = np.random.default_rng(rng)
    y = np.arange(_count(n)) % _count(classes, "classes", least=2)
    angle = 2 * np.pi * y / classes
    radius = distance / (2 * np.sin(np.pi / classes))
    centre = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    return _plane("gaussians", centre + rng.normal(size=centre.shape), y, classes)


def regression_plane(n: int = 500, noise: float = 0.1, rng: Rng = 0) -> Dataset:
    """y = x₁ + x₂ plus normal noise, with x in the square [−1, 1]²."""
    rng = np.random.default_rng(rng)
    x = rng.uniform(-1, 1, (_count(n), 2))
    return Dataset("regression plane", x, x.sum(axis=1) + noise * rng.normal(size=n), ("x₁", "x₂"), "y")


def line(n: int = 30, noise: float = 1.0, outlier: float | None = None, rng: Rng = 0) -> Dataset:
    """y = 2x + 3 plus normal noise, x evenly spaced from 0 to 10; `outlier` is added to the last y."""
    rng = np.random.default_rng(rng)
    x = np.linspace(0, 10, _count(n, least=2))
    y = 2 * x + 3 + noise * rng.normal(size=n)
    if outlier is not None:
        y[-1] += outlier
    return Dataset("line", x[:, None], y, ("x",), "y")


def measurements_with_outlier(rng: Rng = 1) -> Dataset:
    """19 draws from a normal with mean 10 and standard deviation 1, and one 60: a list of numbers without features.

    With the seed 1 their mean is 12.55 and their median 10.31. x is a column of ones: the model is one constant.
    """
    y = np.append(np.random.default_rng(rng).normal(10, 1, 19), 60.0)
    return Dataset("measurements with outlier", np.ones((20, 1)), y, ("one",), "measurement")


WAVEFORMS = ("sine", "square", "saw", "triangle")


def waveforms(n: int = 1000, samples: int = 256, noise: float = 0.3, rng: Rng = 0) -> Dataset:
    """Sine, square, saw-tooth and triangle waves with 3 to 12 periods, of random phase and loudness, (n, samples).

    `noise` is the standard deviation of the noise in units of the wave's own: 0.3 is a signal-to-noise ratio of 10 dB.
    """
    rng = np.random.default_rng(rng)
    y = np.arange(_count(n)) % len(WAVEFORMS)
    frequency, phase, loudness = rng.uniform(3, 12, n), rng.uniform(0, 1, n), rng.uniform(0.5, 2, n)
    turn = (frequency[:, None] * np.linspace(0, 1, _count(samples, "samples"), endpoint=False) + phase[:, None]) % 1
    shapes = np.stack(
        [np.sin(2 * np.pi * turn), np.where(turn < 0.5, 1.0, -1.0), 2 * turn - 1, 4 * np.abs(turn - 0.5) - 1]
    )
    x = loudness[:, None] * shapes[y, np.arange(n)]
    x = x + noise * x.std(axis=1, keepdims=True) * rng.normal(size=x.shape)
    return Dataset("waveforms", x, y, tuple(f"t{i}" for i in range(samples)), "shape", WAVEFORMS)


def _plane(name: str, x: Array, y: Array, classes: int = 2) -> Dataset:
    return Dataset(name, x, y, ("x₁", "x₂"), "class", tuple(str(label) for label in range(classes)))


def _count(n: int, name: str = "n", least: int = 1) -> int:
    if n < least:
        raise ValueError(f"{name} must be at least {least}, got {n}")
    return n
