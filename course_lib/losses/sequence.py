"""A loss between frames and a shorter sequence of labels, without knowing which frame says which label."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.activations import softmax
from course_lib.arrays import as_float
from course_lib.losses.checks import class_numbers
from course_lib.losses.classification import surprise
from course_lib.spec import REALS, UNIT, Array, FrameworkCall, Interval, Loss, LossClaims, Param, Source, Trait, Use


@np.errstate(invalid="ignore")
def ctc_with_logits(y_true: ArrayLike, logits: ArrayLike, blank: int = 0) -> Array:
    """−log of the total probability of all alignments that spell y_true: labels (L,) and frames (T, k) → one number.

    Connectionist temporal classification. Each frame says one of k symbols, one of them `blank`; an alignment spells
    the labels after repeats are merged and blanks are dropped. A batch is a loop over its examples, which may differ
    in length. y_true may be empty; ValueError when T frames are too few to spell it.
    """
    labels, logits = _frames(y_true, logits, blank)
    path = _with_blanks(labels, blank)
    log_prob = -surprise(logits)[:, path]
    return -_log_total(_forward(log_prob, path)[-1])


@np.errstate(invalid="ignore", over="ignore")
def ctc_with_logits_gradient(y_true: ArrayLike, logits: ArrayLike, blank: int = 0) -> Array:
    """∂/∂logits, (T, k): the softmax less the share of the alignments' probability that says symbol k in frame t.

    Forward sums the alignments up to a state, backward those from it on; together they give each state's share.
    Every row sums to 0.
    """
    labels, logits = _frames(y_true, logits, blank)
    path = _with_blanks(labels, blank)
    log_prob = -surprise(logits)[:, path]
    forward = _forward(log_prob, path)
    # Backward is forward on the reversed frames and the reversed path.
    backward = _forward(log_prob[::-1, ::-1], path[::-1])[::-1, ::-1]
    # Both count the frame itself; an impossible state (−∞) stays impossible.
    log_share = np.where(log_prob == -np.inf, -np.inf, forward + backward - log_prob) - _log_total(forward[-1])
    states_of_symbol = (path[:, None] == np.arange(logits.shape[1])).astype(logits.dtype)
    return softmax(logits) - np.exp(log_share) @ states_of_symbol


def _with_blanks(labels: Array, blank: int) -> Array:
    """(L,) → (2L + 1,): blank, label, blank, …, label, blank."""
    path = np.full(2 * len(labels) + 1, blank)
    path[1::2] = labels
    return path


def _forward(log_prob: Array, path: Array) -> Array:
    """log of the probability of all ways to be in state s after frame t, frame t included; (T, S) → (T, S).

    A way stays in its state, steps to the next, or skips a blank between two different labels.
    """
    may_skip = np.zeros(len(path), dtype=bool)
    may_skip[2:] = (path[2:] != path[:-2]) & (np.arange(2, len(path)) % 2 == 1)
    forward = np.full_like(log_prob, -np.inf)
    forward[0, :2] = log_prob[0, :2]
    for t in range(1, len(log_prob)):
        stay = forward[t - 1]
        step = np.concatenate(([-np.inf], stay))[:-1]
        skip = np.where(may_skip, np.concatenate(([-np.inf, -np.inf], stay))[:-2], -np.inf)
        forward[t] = np.logaddexp(np.logaddexp(stay, step), skip) + log_prob[t]
    return forward


def _log_total(last: Array) -> Array:
    """An alignment may end in the last label or in the blank after it."""
    return np.logaddexp.reduce(last[-2:])


def _frames(y_true: ArrayLike, logits: ArrayLike, blank: int) -> tuple[Array, Array]:
    logits = as_float(logits, "logits")
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise ValueError(
            f"logits must be frames × symbols, (T, k) with k ≥ 2, got shape {logits.shape}; "
            "loop over the examples of a batch"
        )
    count, k = logits.shape
    if not isinstance(blank, (int, np.integer)) or not 0 <= blank < k:
        raise ValueError(f"blank must be a symbol's number from 0 to {k - 1}, got {blank!r}")
    # An empty sequence is a sequence: it is spelled by blanks alone.
    labels = np.empty(0, dtype=int) if np.size(y_true) == 0 else class_numbers(y_true, k)
    if labels.ndim != 1:
        raise ValueError(f"y_true must be one sequence of labels, (L,), got shape {labels.shape}")
    if np.any(labels == blank):
        raise ValueError(f"y_true must not contain the blank ({blank}); it stands for “no label here”")
    # Two equal labels in a row need a blank between them, or they would be merged.
    needed = len(labels) + int(np.count_nonzero(labels[1:] == labels[:-1]))
    if count < needed:
        raise ValueError(
            f"{count} frames cannot spell {len(labels)} labels, which need at least {needed} (equal neighbours need a "
            "blank between them); use more frames or a shorter label sequence"
        )
    return labels, logits


CTC_WITH_LOGITS = Loss(
    name="ctc_with_logits",
    title="Connectionist temporal classification (CTC)",
    family="sequence",
    says="The surprise at the label sequence; its probability adds up all ways π to spread it over the frames t.",
    formula=r"\ell(y, z) = -\log \sum_{\pi \to y}\ \prod_t \mathrm{softmax}(z_t)_{\pi_t}",
    gradient_formula=(
        r"\frac{\partial \ell}{\partial z_{t,k}} = \mathrm{softmax}(z_t)_k - P(\pi_t = k \mid \pi \to y)"
    ),
    function=ctc_with_logits,
    gradient=ctc_with_logits_gradient,
    target="label sequence",
    prediction="frames",
    per="batch",
    params=(
        Param("blank", 0, Interval(0.0, float("inf"), low_closed=True), "the number of the symbol that says nothing"),
    ),
    claims=lambda blank=0: LossClaims(
        target=UNIT,
        prediction=REALS,
        minimiser="none",
        convex_in_prediction=False,
        gradient_bound=1.0,
        zero_when_perfect=False,
    ),
    strengths=(
        Trait(
            "No alignment is needed: the likelihood is summed over all of them.",
            "test_losses.py::test_ctc_is_the_sum_over_alignments",
        ),
    ),
    weaknesses=(
        Trait(
            "Frames are judged independently, and each label needs at least one of its own.",
            "test_losses.py::test_bad_frames",
        ),
        Trait("Not convex in the logits.", "test_losses.py::test_not_convex"),
    ),
    used=(
        Use(
            "Speech recognition from unsegmented audio",
            Source("Graves, Fernández, Gomez & Schmidhuber", 2006, "ICML, §4, doi:10.1145/1143844.1143891"),
        ),
        Use("End-to-end speech recognition", Source("Amodei et al.", 2016, "Deep Speech 2, §3, arXiv:1512.02595")),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.ctc_loss(torch.log_softmax(y_pred, -1), y_true, (len(y_pred),), (len(y_true),), "
            "blank=blank, reduction='none')",
            trap="takes log-probabilities (T, n, k); the default mean also divides by the length of the labels",
        ),
        FrameworkCall(
            "keras",
            "keras.ops.ctc_loss(y_true[None], y_pred[None], keras.ops.array([len(y_true)]), "
            "keras.ops.array([len(y_pred)]), mask_index=blank)[0]",
            trap="keras.losses.ctc takes 0 for the blank and for the padding of the labels, and reads every frame",
        ),
        FrameworkCall(
            "optax",
            "optax.losses.ctc_loss(y_pred[None], jax.numpy.zeros((1, len(y_pred))), y_true[None], "
            "jax.numpy.zeros((1, len(y_true))), blank_id=blank)[0]",
            trap="takes paddings instead of lengths; an impossible step costs 1e5, not ∞",
        ),
    ),
)

ENTRIES = (CTC_WITH_LOGITS,)
