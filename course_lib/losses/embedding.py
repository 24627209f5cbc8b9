"""Losses of distances and angles between vectors: they shape a space in which like lies near like."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations import softmax
from course_lib.losses.checks import pair_labels, vectors
from course_lib.losses.classification import shares_minus, surprise
from course_lib.spec import POSITIVE, REALS, UNIT, Array, FrameworkCall, Loss, LossClaims, Param, Source, Trait, Use

TEMPERATURE = Param(
    "temperature", 0.1, POSITIVE, "T, divides the cosines: small makes the nearest negatives count most"
)
CONTRASTIVE_MARGIN = Param("margin", 1.0, POSITIVE, "m, the distance from which an unlike pair costs nothing")
TRIPLET_MARGIN = Param("margin", 1.0, POSITIVE, "m, how much nearer the like one must lie")


@np.errstate(over="ignore", invalid="ignore")
def _length_and_direction(x: Array) -> tuple[Array, Array]:
    """Euclidean length (…, 1) and unit vector (…, d) along the last axis; a zero vector has direction 0."""
    largest = np.abs(x).max(axis=-1, keepdims=True)
    # Scaled by a power of two near the largest entry, which is exact: squares of huge or tiny entries would overflow
    # or vanish. Beside an infinite entry a finite one is nothing.
    _, exponent = np.frexp(largest)
    scaled = np.where(np.isinf(largest), np.where(np.isinf(x), np.sign(x), 0 * x), np.ldexp(x, -exponent))
    norm = np.sqrt(np.square(scaled).sum(axis=-1, keepdims=True))
    return np.where(np.isinf(largest), largest, np.ldexp(norm, exponent)), scaled / np.where(norm == 0, 1, norm)


def _unit_vectors(x: Array, name: str) -> tuple[Array, Array]:
    length, direction = _length_and_direction(x)
    if np.any(length == 0):
        raise ValueError(f"{name} holds a vector of zeros (shape {x.shape}), which has no direction; expected another")
    return length, direction


def _through_direction(gradient: Array, length: Array, direction: Array) -> Array:
    """The gradient with respect to x of a function of x/|x|: the part across x, divided by |x|."""
    return (gradient - (gradient * direction).sum(axis=-1, keepdims=True) * direction) / length


def cosine_distance(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """1 − cos(angle between y_true and y_pred) per vector, (n, d) → (n,): 0 same way, 1 at right angles, 2 opposite.

    Written ½|u − v|² with the unit vectors u and v, which keeps the digits of small angles. Lengths do not count.
    """
    y_true, y_pred = vectors(("y_true", y_true), ("y_pred", y_pred))
    _, target = _unit_vectors(y_true, "y_true")
    _, predicted = _unit_vectors(y_pred, "y_pred")
    return np.square(target - predicted).sum(axis=-1) / 2


@np.errstate(over="ignore")
def cosine_distance_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """∂/∂y_pred = −(u − (u·v) v) / |y_pred| with unit vectors u (target) and v, (n, d): always across y_pred."""
    y_true, y_pred = vectors(("y_true", y_true), ("y_pred", y_pred))
    _, target = _unit_vectors(y_true, "y_true")
    length, predicted = _unit_vectors(y_pred, "y_pred")
    # −(u − (u·v)v) = (v − u) − ½|v − u|²v: small numbers where u is near v. The formula is odd in u, so that a target
    # on the far side may be mirrored first.
    side = np.copysign(1, (target * predicted).sum(axis=-1, keepdims=True))
    gap = predicted - side * target
    across = gap - np.square(gap).sum(axis=-1, keepdims=True) / 2 * predicted
    return side * across / length


@np.errstate(over="ignore", invalid="ignore")
def _distance(first: Array, second: Array) -> tuple[Array, Array]:
    length, direction = _length_and_direction(first - second)
    return length[..., 0], direction


@np.errstate(over="ignore")
def contrastive(y_true: ArrayLike, first: ArrayLike, second: ArrayLike, margin: float = 1.0) -> Array:
    """½ D² for a pair that belongs together (y = 1), ½ max(0, m − D)² for one that does not (y = 0); (n,).

    D is the Euclidean distance of the two vectors, (n, d) each; beyond the margin m a pair that differs costs nothing.
    """
    labels, gap, _ = _pairs(y_true, first, second, margin)
    cost = gap / 2 * gap
    return np.where(np.isnan(labels), labels, cost)


@np.errstate(over="ignore")
def contrastive_gradient(
    y_true: ArrayLike, first: ArrayLike, second: ArrayLike, margin: float = 1.0
) -> tuple[Array, Array]:
    """(∂/∂first, ∂/∂second), (n, d) each, opposite: D·e for y = 1, −max(0, m − D)·e for y = 0.

    e = (first − second)/D is 0 where the two coincide: there is no direction in which to push them apart.
    """
    labels, gap, direction = _pairs(y_true, first, second, margin)
    pull = np.where(np.isnan(labels), labels, np.where(labels == 1, gap, -gap))[..., None] * direction
    return pull, -pull


def _pairs(y_true: ArrayLike, first: ArrayLike, second: ArrayLike, margin: float) -> tuple[Array, Array, Array]:
    """Labels (n,), the distance that is still to be closed or opened (n,), and the direction to `first` (n, d)."""
    first, second = vectors(("first", first), ("second", second))
    labels = pair_labels(y_true, first)
    margin = CONTRASTIVE_MARGIN.checked(margin)
    distance, direction = _distance(first, second)
    return labels, np.where(labels == 1, distance, np.maximum(margin - distance, 0)), direction


@np.errstate(invalid="ignore")
def triplet(anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: float = 1.0) -> Array:
    """max(0, d(anchor, positive) − d(anchor, negative) + margin) per triplet, (n, d) each → (n,); d is Euclidean."""
    excess, _, _ = _triplets(anchor, positive, negative, margin)
    return np.maximum(excess, 0)


@np.errstate(invalid="ignore")
def triplet_gradient(
    anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: float = 1.0
) -> tuple[Array, Array, Array]:
    """(∂/∂anchor, ∂/∂positive, ∂/∂negative), (n, d) each: unit vectors along the distances, 0 where the loss is 0.

    They sum to 0: moving all three together changes nothing. Where two vectors coincide their direction counts as 0.
    """
    excess, from_positive, from_negative = _triplets(anchor, positive, negative, margin)
    active = np.where(np.isnan(excess), excess, (excess > 0).astype(excess.dtype))[..., None]
    return active * (from_positive - from_negative), -active * from_positive, active * from_negative


def _triplets(anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: float) -> tuple[Array, Array, Array]:
    anchor, positive, negative = vectors(("anchor", anchor), ("positive", positive), ("negative", negative))
    margin = TRIPLET_MARGIN.checked(margin)
    near, from_positive = _distance(anchor, positive)
    far, from_negative = _distance(anchor, negative)
    return near - far + margin, from_positive, from_negative


def info_nce(queries: ArrayLike, keys: ArrayLike, temperature: float = 0.1) -> Array:
    """−log softmax(cos(query_i, key_j)/T)_i per query, (n, d) and (n, d) → (n,), in nats.

    Row i of `keys` is the match of row i of `queries`; the other n − 1 rows are its negatives, so an example's loss
    depends on the batch. Lengths do not count: cosines are compared.
    """
    queries, keys, temperature = _matched(queries, keys, temperature)
    _, u = _unit_vectors(queries, "queries")
    _, v = _unit_vectors(keys, "keys")
    return np.diagonal(surprise(u @ v.T / temperature)).copy()


@np.errstate(over="ignore")
def info_nce_gradient(queries: ArrayLike, keys: ArrayLike, temperature: float = 0.1) -> tuple[Array, Array]:
    """(∂/∂queries, ∂/∂keys) of the sum over the batch, (n, d) each; a key pulls its query and pushes the others."""
    queries, keys, temperature = _matched(queries, keys, temperature)
    query_length, u = _unit_vectors(queries, "queries")
    key_length, v = _unit_vectors(keys, "keys")
    # Cross-entropy from the cosines as logits; the label of row i is i.
    to_cosine = shares_minus(np.eye(len(u), dtype=u.dtype), softmax(u @ v.T / temperature)) / temperature
    return _through_direction(to_cosine @ v, query_length, u), _through_direction(to_cosine.T @ u, key_length, v)


def _matched(queries: ArrayLike, keys: ArrayLike, temperature: float) -> tuple[Array, Array, float]:
    queries, keys = vectors(("queries", queries), ("keys", keys))
    if queries.ndim != 2 or len(queries) < 2:
        raise ValueError(
            f"queries and keys must be a batch (n, d) of at least two rows, got shape {queries.shape}: "
            "the other rows are the negatives"
        )
    return queries, keys, TEMPERATURE.checked(temperature)


COSINE_DISTANCE = Loss(
    name="cosine_distance",
    title="Cosine distance",
    family="embedding",
    says="Only the direction counts: 0 for the same way, 1 for a right angle, 2 for opposite.",
    formula=r"\ell(y, \hat y) = 1 - \frac{y \cdot \hat y}{|y|\,|\hat y|}",
    gradient_formula=(
        r"\frac{\partial \ell}{\partial \hat y} = -\frac{u - (u \cdot v)\,v}{|\hat y|}, "
        r"\quad u = \frac{y}{|y|},\ v = \frac{\hat y}{|\hat y|}"
    ),
    function=cosine_distance,
    gradient=cosine_distance_gradient,
    target="vectors",
    prediction="vectors",
    per="example",
    claims=lambda: LossClaims(
        target=REALS, prediction=REALS, minimiser="none", convex_in_prediction=False, gradient_bound=math.inf
    ),
    strengths=(
        Trait(
            "Lengths do not count, so long documents do not beat short ones.",
            "test_losses.py::test_cosine_ignores_length",
        ),
    ),
    weaknesses=(
        Trait("Undefined for a vector of zeros.", "test_losses.py::test_bad_vectors"),
        Trait("Short predictions get huge gradients: they grow like 1/length.", "test_losses.py::test_gradient_bound"),
    ),
    used=(
        Use(
            "Self-supervised learning from two views of an image",
            Source("Chen & He", 2021, "Exploring Simple Siamese Representation Learning, §3, arXiv:2011.10566"),
        ),
        Use(
            "Sentence embeddings, compared by their cosine (trained there with a squared error on it)",
            Source("Reimers & Gurevych", 2019, "Sentence-BERT, §3, arXiv:1908.10084"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "1 - torch.nn.functional.cosine_similarity(y_pred, y_true, dim=-1)",
            trap="gives the similarity; the default axis is 1",
        ),
        FrameworkCall(
            "keras", "1 + keras.losses.cosine_similarity(y_true, y_pred)", trap="the loss is −cos, between −1 and 1"
        ),
        FrameworkCall("optax", "optax.losses.cosine_distance(y_pred, y_true)", trap="cosine_similarity is +cos"),
    ),
)

CONTRASTIVE = Loss(
    name="contrastive",
    title="Contrastive loss",
    family="embedding",
    says="Pull like pairs (y = 1) together; push unlike pairs (y = 0) apart until the margin.",
    formula=r"\ell(y, a, b) = \frac{y}{2} D^2 + \frac{1 - y}{2} \max(0,\ m - D)^2, \quad D = |a - b|",
    gradient_formula=(
        r"\frac{\partial \ell}{\partial a} = (y\,D - (1 - y) \max(0,\ m - D))\,\frac{a - b}{D} "
        r"= -\frac{\partial \ell}{\partial b}"
    ),
    function=contrastive,
    gradient=contrastive_gradient,
    target="binary",
    prediction="vectors",
    third="vectors",
    per="example",
    gradient_for=("first", "second"),
    params=(CONTRASTIVE_MARGIN,),
    claims=lambda margin=1.0: LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="none",
        convex_in_prediction=False,
        gradient_bound=math.inf,
    ),
    strengths=(
        Trait(
            "Needs to know only whether two examples belong together, not their classes.",
            "test_losses.py::test_contrastive_pulls_and_pushes",
        ),
    ),
    weaknesses=(
        Trait(
            "Two unlike points on top of each other get no gradient at all.",
            "test_losses.py::test_coinciding_vectors_have_no_direction",
        ),
    ),
    used=(
        Use(
            "Siamese networks; in the paper 0 marks the like pair, the reverse of ours",
            Source("Hadsell, Chopra & LeCun", 2006, "CVPR, §2.1, doi:10.1109/CVPR.2006.100"),
        ),
    ),
)

TRIPLET = Loss(
    name="triplet",
    title="Triplet loss",
    family="embedding",
    says="The like one, p, must lie nearer to the anchor a than the unlike one, n, by a margin.",
    formula=r"\ell(a, p, n) = \max(0,\ |a - p| - |a - n| + m)",
    gradient_formula=(
        r"\frac{\partial \ell}{\partial a} = \frac{a - p}{|a - p|} - \frac{a - n}{|a - n|}, \quad "
        r"\frac{\partial \ell}{\partial p} = -\frac{a - p}{|a - p|}, \quad "
        r"\frac{\partial \ell}{\partial n} = \frac{a - n}{|a - n|} \quad (\ell > 0)"
    ),
    function=triplet,
    gradient=triplet_gradient,
    target="vectors",
    prediction="vectors",
    third="vectors",
    per="example",
    gradient_for=("anchor", "positive", "negative"),
    params=(TRIPLET_MARGIN,),
    claims=lambda margin=1.0: LossClaims(
        target=REALS, prediction=REALS, minimiser="none", convex_in_prediction=False, gradient_bound=2.0
    ),
    strengths=(
        Trait(
            "Compares distances, so it asks for an order and not for absolute positions.",
            "test_losses.py::test_triplet_ignores_a_common_shift",
        ),
        Trait("No vector is pulled harder than 2.", "test_losses.py::test_gradient_bound"),
    ),
    weaknesses=(
        Trait(
            "Most random triplets are already in order and teach nothing: hard ones have to be searched for.",
            "test_losses.py::test_easy_triplets_teach_nothing",
        ),
    ),
    used=(
        Use(
            "Face recognition (with squared distances)",
            Source("Schroff, Kalenichenko & Philbin", 2015, "FaceNet, §3.1, arXiv:1503.03832"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.triplet_margin_loss(anchor, positive, negative, margin=margin, eps=0, "
            "reduction='none')",
            trap="the default adds eps=1e−6 to every difference",
        ),
        FrameworkCall(
            "optax",
            "optax.losses.triplet_margin_loss(anchor, positive, negative, margin=margin, eps=0)",
            trap="the default adds eps=1e−6 under the root",
        ),
    ),
)

INFO_NCE = Loss(
    name="info_nce",
    title="InfoNCE",
    family="embedding",
    says="Query, find your key in the crowd: cross-entropy over the batch with cosines as logits.",
    formula=r"\ell_i = -\log \frac{e^{\cos(q_i, k_i) / T}}{\sum_j e^{\cos(q_i, k_j) / T}}",
    gradient_formula=(
        r"\frac{\partial}{\partial \cos(q_i, k_j)} \sum_i \ell_i = \frac{1}{T}(\mathrm{softmax}_j - [i = j])"
    ),
    function=info_nce,
    gradient=info_nce_gradient,
    target="vectors",
    prediction="vectors",
    per="example",
    gradient_for=("queries", "keys"),
    params=(TEMPERATURE,),
    claims=lambda temperature=0.1: LossClaims(
        target=REALS,
        prediction=REALS,
        minimiser="none",
        convex_in_prediction=False,
        gradient_bound=math.inf,
        zero_when_perfect=False,
    ),
    strengths=(
        Trait(
            "Every other example of the batch serves as a negative.",
            "test_losses.py::test_info_nce_is_cross_entropy_of_cosines",
        ),
    ),
    weaknesses=(
        Trait(
            "The value depends on the batch size: log n for vectors that tell nothing.",
            "test_losses.py::test_info_nce_of_equal_vectors_is_log_n",
        ),
        Trait(
            "Cosines stop at ±1, so the loss has a floor that the temperature sets.",
            "test_losses.py::test_info_nce_has_a_floor",
        ),
    ),
    used=(
        Use(
            "Contrastive predictive coding (with a bilinear score in place of the cosine)",
            Source("van den Oord, Li & Vinyals", 2018, "Contrastive Predictive Coding, §2.3, arXiv:1807.03748"),
        ),
        Use(
            "Images and their captions (both directions, averaged)",
            Source("Radford et al.", 2021, "CLIP, §2.3, arXiv:2103.00020"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.cross_entropy(torch.nn.functional.normalize(queries, dim=-1) @ "
            "torch.nn.functional.normalize(keys, dim=-1).T / temperature, torch.arange(len(queries)), "
            "reduction='none')",
            trap="no function of its own; forgetting to normalise lets lengths stand in for the temperature",
        ),
    ),
)

ENTRIES = (COSINE_DISTANCE, CONTRASTIVE, TRIPLET, INFO_NCE)
