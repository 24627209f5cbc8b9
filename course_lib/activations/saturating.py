"""Saturating activations: S-shaped, flat on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import as_float, finite, is_positive, largest_exponent
from course_lib.spec import (
    BOTH_SIDES,
    OPEN_UNIT,
    UNIT,
    Activation,
    Array,
    Claims,
    FrameworkCall,
    Interval,
    Kink,
    Source,
    Trait,
    Use,
)


def step(x: ArrayLike) -> Array:
    """1 for x ≥ 0, else 0, the threshold unit (Heaviside's function); any shape → the same shape.

    At 0 the threshold is reached, so the unit fires: step(0) = 1.
    """
    return 1 - is_positive(-as_float(x))


def step_derivative(x: ArrayLike) -> Array:
    """0 everywhere: step is flat on both sides; at its jump, x = 0, there is no derivative and we return 0."""
    # 0 · x would do but for the infinities.
    return 0 * finite(as_float(x))


def sigmoid(x: ArrayLike) -> Array:
    """σ(x) = 1 / (1 + e^−x) = e^x / (1 + e^x), the logistic function; any shape → the same shape, values in (0, 1).

    The second form, with x capped where e^x would overflow: σ is 1 there to the last digit, and the left tail keeps
    every digit. In floating point the value reaches 1 for x above about 37 (float64) and 0 below about −745.
    """
    x = as_float(x)
    # Below −1000 the odds are 0 anyway; with two ends clip is faster than minimum.
    odds = np.exp(np.clip(x, -1000, largest_exponent(x)))
    odds /= 1 + odds
    return odds


def sigmoid_derivative(x: ArrayLike) -> Array:
    """σ′(x) = σ(x)(1 − σ(x)) = e^−|x| / (1 + e^−|x|)²; largest at 0, where it is 1/4.

    The difference 1 − σ(x) rounds to 0 for x above 37; the quotient keeps its digits, on both sides alike.
    """
    tail = np.exp(-np.abs(as_float(x)))
    root = 1 + tail
    tail /= root * root
    return tail


def hard_sigmoid(x: ArrayLike) -> Array:
    """0 for x ≤ −3, 1 for x ≥ 3, else x/6 + 1/2: three straight pieces in the place of σ; values in [0, 1]."""
    # (x + 3)/6, not x/6 + 1/2, which rounds away the digits near x = −3.
    return np.clip(as_float(x) + 3, 0, 6) / 6


def hard_sigmoid_derivative(x: ArrayLike) -> Array:
    """1/6 for |x| < 3, else 0; at the kinks ±3 we return 0, as PyTorch, Keras and JAX do."""
    return is_positive(3 - np.abs(as_float(x))) / 6


def tanh(x: ArrayLike) -> Array:
    """tanh(x) = (e^x − e^−x) / (e^x + e^−x) = 2σ(2x) − 1; any shape → the same shape, values in (−1, 1)."""
    return np.tanh(as_float(x))


def tanh_derivative(x: ArrayLike) -> Array:
    """tanh′(x) = 1 − tanh²(x) = 4e^−2|x| / (1 + e^−2|x|)²; largest at 0, where it is 1.

    The quotient keeps its digits in the tails, where 1 − tanh² rounds to 0.
    """
    # Beyond ±400 the slope is smaller than the smallest float64, and 2x could overflow.
    tail = np.exp(-2 * np.minimum(np.abs(as_float(x)), 400))
    root = 1 + tail
    tail /= root * root
    tail *= 4
    return tail


def hard_tanh(x: ArrayLike) -> Array:
    """x cut off at −1 and 1; any shape → the same shape, values in [−1, 1]."""
    return np.clip(as_float(x), -1, 1)


def hard_tanh_derivative(x: ArrayLike) -> Array:
    """1 for |x| < 1, else 0; at the kinks ±1 we return 0, as PyTorch does (JAX returns 1)."""
    return is_positive(1 - np.abs(as_float(x)))


def softsign(x: ArrayLike) -> Array:
    """x / (1 + |x|); any shape → the same shape, values in (−1, 1), which it approaches slowly, like 1 − 1/|x|."""
    x = finite(as_float(x))
    size = np.abs(x)
    size += 1
    return x / size


def softsign_derivative(x: ArrayLike) -> Array:
    """1 / (1 + |x|)²; largest at 0, where it is 1. The tails fall like 1/x², far slower than those of tanh."""
    inverse = 1 / (1 + np.abs(as_float(x)))
    inverse *= inverse
    return inverse


STEP = Activation(
    name="step",
    title="Step",
    family="saturating",
    says="It fires or it does not: 1 once the score reaches 0, else 0.",
    formula=r"\mathrm{step}(x) = 1 \text{ for } x \geq 0,\ 0 \text{ for } x < 0",
    derivative_formula=r"\mathrm{step}'(x) = 0 \text{ for } x \neq 0",
    function=step,
    derivative=step_derivative,
    claims=lambda: Claims(
        range=UNIT,
        monotonic="non-decreasing",
        zero_centred=False,
        saturates=BOTH_SIDES,
        lipschitz=np.inf,
        steepest_at=None,
        minimum=(-1.0, 0.0),
        kinks=(Kink(at=0.0, left=0.0, right=0.0, returned=0.0, jump=1.0),),
    ),
    strengths=(Trait("Its output is a clear yes or no, 1 or 0.", "test_activations.py::test_step_is_zero_or_one"),),
    weaknesses=(
        Trait(
            "Its slope is 0 wherever it has one, so gradient descent learns nothing through it.",
            "test_activations.py::test_step_has_no_slope",
        ),
    ),
    used=(
        Use(
            "The first model of a neuron, a threshold unit",
            Source("McCulloch & Pitts", 1943, "Bulletin of Mathematical Biophysics 5, doi:10.1007/BF02478259"),
        ),
        Use(
            "Rosenblatt's perceptron, trained by its own rule instead of a gradient",
            Source("Rosenblatt", 1958, "Psychological Review 65(6), doi:10.1037/h0042519"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.heaviside(x, torch.ones_like(x))", trap="the value at 0 is an argument"),
        FrameworkCall("keras", "keras.ops.cast(x >= 0, x.dtype)", trap="no activation of its own"),
        FrameworkCall("jax", "jax.numpy.heaviside(x, 1.0)", trap="the value at 0 is an argument"),
    ),
)

SIGMOID = Activation(
    name="sigmoid",
    title="Sigmoid",
    family="saturating",
    says="It squeezes any score into a number between 0 and 1, one half at a score of 0.",
    formula=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
    derivative_formula=r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x))",
    function=sigmoid,
    derivative=sigmoid_derivative,
    claims=lambda: Claims(
        range=OPEN_UNIT,
        monotonic="increasing",
        zero_centred=False,
        saturates=BOTH_SIDES,
        lipschitz=0.25,
        steepest_at=0.0,
    ),
    strengths=(
        Trait("Turns any score into a number that can be read as a probability.", "03#definition-table"),
        Trait("Smooth everywhere, with a derivative that costs one product once σ is known.", "03#derivative-check"),
        Trait(
            "Monotonic and bounded: one extreme input moves the output by less than 1.",
            "test_activations.py::test_range",
        ),
    ),
    weaknesses=(
        Trait("Its slope never exceeds 1/4, so at most a quarter of the gradient passes it.", "03#experiment"),
        Trait("Saturates on both sides: beyond |x| = 6 the slope is under 1 % of its maximum.", "03#saturation"),
        Trait(
            "Its outputs are all positive, so they are not centred on zero.", "test_activations.py::test_zero_centred"
        ),
    ),
    used=(
        Use(
            "Output of a binary or multi-label classifier: one probability per label",
            Source("Bishop", 2006, "Pattern Recognition and Machine Learning, §4.2 and §5.2"),
        ),
        Use(
            "Gates of a long short-term memory (LSTM): how much to write and read, from 0 (nothing) to 1 (all)",
            Source("Hochreiter & Schmidhuber", 1997, "Neural Computation 9(8), doi:10.1162/neco.1997.9.8.1735"),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.sigmoid(x)"),
        FrameworkCall("keras", "keras.activations.sigmoid(x)"),
        FrameworkCall("jax", "jax.nn.sigmoid(x)"),
    ),
    lesson=3,
)

HARD_SIGMOID = Activation(
    name="hard_sigmoid",
    title="Hard sigmoid",
    family="saturating",
    says="It is the sigmoid drawn with a ruler: a ramp from 0 at −3 to 1 at 3.",
    formula=r"\mathrm{hardsigmoid}(x) = \frac{\min(\max(x + 3,\, 0),\, 6)}{6}",
    derivative_formula=r"\mathrm{hardsigmoid}'(x) = \frac{1}{6} \text{ for } |x| < 3,\ 0 \text{ for } |x| \geq 3",
    function=hard_sigmoid,
    derivative=hard_sigmoid_derivative,
    claims=lambda: Claims(
        range=UNIT,
        monotonic="non-decreasing",
        zero_centred=False,
        saturates=BOTH_SIDES,
        lipschitz=1 / 6,
        steepest_at=0.0,
        minimum=(-3.0, 0.0),
        kinks=(Kink(-3.0, left=0.0, right=1 / 6, returned=0.0), Kink(3.0, left=1 / 6, right=0.0, returned=0.0)),
    ),
    strengths=(
        Trait(
            "No exponential: an addition, two comparisons and a division.", "test_activations.py::test_straight_pieces"
        ),
    ),
    weaknesses=(
        Trait("Beyond ±3 the slope is exactly 0, not merely small.", "test_activations.py::test_flat_where_cut_off"),
    ),
    used=(
        Use(
            "Squeeze-and-excite blocks of MobileNetV3, on phones",
            Source("Howard et al.", 2019, "Searching for MobileNetV3, §5.2, arXiv:1905.02244"),
        ),
    ),
    frameworks=(
        FrameworkCall(
            "torch",
            "torch.nn.functional.hardsigmoid(x)",
            trap="its slope is 1/6 rounded to single precision, in float64 too",
        ),
        FrameworkCall(
            "keras",
            "keras.activations.hard_sigmoid(x)",
            trap="Keras 2 had another ramp, 0.2x + 0.5; weights saved there expect it",
        ),
        FrameworkCall("jax", "jax.nn.hard_sigmoid(x)"),
    ),
)

TANH = Activation(
    name="tanh",
    title="Tanh",
    family="saturating",
    says="It squeezes any score into a number between −1 and 1 and keeps 0 at 0.",
    formula=r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}} = 2\,\sigma(2x) - 1",
    derivative_formula=r"\tanh'(x) = 1 - \tanh^2(x)",
    function=tanh,
    derivative=tanh_derivative,
    claims=lambda: Claims(
        range=Interval(-1.0, 1.0),
        monotonic="increasing",
        zero_centred=True,
        saturates=BOTH_SIDES,
        lipschitz=1.0,
        steepest_at=0.0,
    ),
    strengths=(
        Trait(
            "Centred on zero: symmetric inputs give outputs that average to 0.",
            "test_activations.py::test_zero_centred",
        ),
        Trait(
            "Slope 1 at the origin, four times the sigmoid's.", "test_activations.py::test_tanh_is_a_stretched_sigmoid"
        ),
    ),
    weaknesses=(
        Trait(
            "Saturates on both sides, so large scores pass almost no gradient.", "test_activations.py::test_saturates"
        ),
    ),
    used=(
        Use(
            "Hidden layers of small networks: symmetric sigmoids train faster than the logistic one",
            Source("LeCun, Bottou, Orr & Müller", 1998, "Efficient BackProp, §1.4.4, doi:10.1007/3-540-49430-8_2"),
        ),
        Use(
            "Candidate state of a gated recurrent unit, where a signed, bounded signal is wanted",
            Source(
                "Cho et al.", 2014, "Learning Phrase Representations using RNN Encoder–Decoder, §2.3, arXiv:1406.1078"
            ),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.tanh(x)"),
        FrameworkCall("keras", "keras.activations.tanh(x)"),
        FrameworkCall("jax", "jax.numpy.tanh(x)"),
    ),
    lesson=4,
)

HARD_TANH = Activation(
    name="hard_tanh",
    title="Hard tanh",
    family="saturating",
    says="It passes scores between −1 and 1 unchanged and cuts the rest off there.",
    formula=r"\mathrm{hardtanh}(x) = \min(\max(x,\, -1),\, 1)",
    derivative_formula=r"\mathrm{hardtanh}'(x) = 1 \text{ for } |x| < 1,\ 0 \text{ for } |x| \geq 1",
    function=hard_tanh,
    derivative=hard_tanh_derivative,
    claims=lambda: Claims(
        range=Interval(-1.0, 1.0, low_closed=True, high_closed=True),
        monotonic="non-decreasing",
        zero_centred=True,
        saturates=BOTH_SIDES,
        lipschitz=1.0,
        steepest_at=0.0,
        minimum=(-1.0, -1.0),
        kinks=(Kink(-1.0, left=0.0, right=1.0, returned=0.0), Kink(1.0, left=1.0, right=0.0, returned=0.0)),
    ),
    strengths=(
        Trait("No exponential: two comparisons.", "test_activations.py::test_straight_pieces"),
        Trait("Centred on zero.", "test_activations.py::test_zero_centred"),
    ),
    weaknesses=(
        Trait("Beyond ±1 the slope is exactly 0, not merely small.", "test_activations.py::test_flat_where_cut_off"),
    ),
    used=(
        Use(
            "Hidden layer of a tagger of words, for its speed",
            Source(
                "Collobert et al.", 2011, "Natural Language Processing (Almost) from Scratch, §3.3, JMLR 12:2493–2537"
            ),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.hardtanh(x)"),
        FrameworkCall(
            "keras",
            "keras.activations.hard_tanh(x)",
            trap="the slope exactly at −1 and 1 is the backend's: 0 on PyTorch, 1 on JAX",
        ),
        FrameworkCall("jax", "jax.nn.hard_tanh(x)", trap="slope 1, not 0, exactly at −1 and 1"),
    ),
)

SOFTSIGN = Activation(
    name="softsign",
    title="Softsign",
    family="saturating",
    says="It squeezes any score into a number between −1 and 1 by dividing it by its own size plus 1.",
    formula=r"\mathrm{softsign}(x) = \frac{x}{1 + |x|}",
    derivative_formula=r"\mathrm{softsign}'(x) = \frac{1}{(1 + |x|)^2}",
    function=softsign,
    derivative=softsign_derivative,
    claims=lambda: Claims(
        range=Interval(-1.0, 1.0),
        monotonic="increasing",
        zero_centred=True,
        saturates=BOTH_SIDES,
        lipschitz=1.0,
        steepest_at=0.0,
    ),
    strengths=(
        Trait(
            "Its tails are heavy: at x = 10 the slope is a million times that of tanh.",
            "test_activations.py::test_softsign_saturates_later_than_tanh",
        ),
    ),
    weaknesses=(Trait("It still saturates on both sides.", "test_activations.py::test_saturates"),),
    used=(
        Use(
            "Networks that divide sentences into phrases; x/(1 + |x|) itself is older (Elliott 1993)",
            Source(
                "Turian, Bergstra & Bengio",
                2009,
                "Quadratic Features and Deep Architectures for Chunking, NAACL HLT 2009, pp. 245–248",
            ),
        ),
        Use(
            "Compared with tanh and sigmoid in the study that gave Xavier initialisation",
            Source(
                "Glorot & Bengio",
                2010,
                "Understanding the difficulty of training deep feedforward neural networks, PMLR 9:249–256",
            ),
        ),
    ),
    frameworks=(
        FrameworkCall("torch", "torch.nn.functional.softsign(x)"),
        FrameworkCall("keras", "keras.activations.softsign(x)"),
        FrameworkCall("jax", "jax.nn.soft_sign(x)", trap="the name has an underscore"),
    ),
)

ENTRIES = (STEP, SIGMOID, HARD_SIGMOID, TANH, HARD_TANH, SOFTSIGN)
