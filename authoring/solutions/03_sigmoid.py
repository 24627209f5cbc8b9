# ---
# course:
#   exercises: 20
#   objectives:
#     - write the sigmoid so that it never overflows
#     - write its slope so that the tails keep their digits
#     - tell a threshold on a score from a threshold on a probability
#     - place an S-curve with one weight and one bias
# ---

# %% [markdown] id="card"
# # Sigmoid: your turn
#
# This belongs to [Lesson 03, Sigmoid](../notebooks/03_sigmoid.ipynb). Four questions, 13 points, about 20 minutes. The questions don't build on each other:
# begin where you like.
#
# For help, run `hint` with a question's name, for instance `hint("03-stable-sigmoid")`: the first hint is a question, the last is nearly the answer.
# `solution("03-stable-sigmoid")` asks before it shows one.

# %% id="imports"
import numpy as np

from course_lib.exercises import check, hint, solution

# %% [markdown] id="stable-prompt"
# ## 1 · A sigmoid that never overflows
#
# *4 points. You practise: rewriting a formula so that no number in between becomes too large.*
#
# The definition $\sigma(x) = 1 / (1 + e^{-x})$, typed as it stands, makes NumPy warn at $x = -1000$: $e^{1000}$ is too large for a computer.
#
# Write `stable_sigmoid(x)` for a float array of **any shape**; it returns an array of the same shape with $\sigma(x)$. For every $x$ between −1000 and 1000
# there must be no warning. Leave `x` as it is.
#
# A tiny example: `stable_sigmoid(np.array([-1000.0, 0.0, 1000.0]))` is `[0, 0.5, 1]`.


# %% id="stable-answer" tags=["answer"]
def stable_sigmoid(x):
    """σ(x) = 1 / (1 + e^−x) without overflow; any shape → the same shape."""
    ### BEGIN SOLUTION
    # exp only ever sees numbers ≤ 0, so it cannot overflow.
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
    ### END SOLUTION


# %% id="stable-check"
check("03-stable-sigmoid")

# %% [markdown] id="stable-why" tags=["solution"]
# **Why this works.** Multiply numerator and denominator by $e^x$:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^x}{1 + e^x}$$
#
# The first form is safe for $x \ge 0$, the second for $x < 0$. With $|x|$ both have the denominator $1 + e^{-|x|}$, and the numerator is $1$ or $e^x$: that is
# $e^{\min(x, 0)}$. Choosing with `np.where` afterwards would not help, because `np.where` computes both branches for every element. A mask does help, because
# each form then only sees its own half:


# %% id="stable-alternative" tags=["solution"]
def stable_sigmoid(x):
    result = np.empty(x.shape)
    right = x >= 0
    result[right] = 1 / (1 + np.exp(-x[right]))
    small = np.exp(x[~right])
    result[~right] = small / (1 + small)
    return result


check("03-stable-sigmoid")

# %% [markdown] id="derivative-prompt"
# ## 2 · The slope, out to the tails
#
# *3 points. You practise: a derivative that keeps its digits where the unit is saturated.*
#
# The lesson found $\sigma'(x) = \sigma(x)\,(1 - \sigma(x))$. Typed like that, it gives exactly 0 at $x = 40$, because $\sigma(40)$ is rounded to 1. The true slope there
# is tiny, but not 0; at $x = -40$ the same formula finds it.
#
# Write `sigmoid_derivative(x)` for a float array of any shape; it returns the slopes in the same shape, right to nine digits even at $x = \pm 40$.
#
# A tiny example: the slopes at 3 and at −3 are the same number.


# %% id="derivative-answer" tags=["answer"]
def sigmoid_derivative(x):
    """σ′(x), right to nine digits in both tails; any shape → the same shape."""
    ### BEGIN SOLUTION
    # e^−|x| is the same for x and −x, and so is the slope.
    small = np.exp(-np.abs(x))
    return small / (1 + small) ** 2
    ### END SOLUTION


# %% id="derivative-check"
check("03-sigmoid-derivative")

# %% [markdown] id="derivative-why" tags=["solution"]
# **Why this works.** The difference $1 - \sigma(x)$ has a name of its own: it is $\sigma(-x)$. So the slope is a product, and no digits are subtracted away:
#
# $$\sigma'(x) = \sigma(x)\,\sigma(-x) = \frac{e^{-|x|}}{(1 + e^{-|x|})^2}$$
#
# With the sigmoid from question 1 the product is one line:


# %% id="derivative-alternative" tags=["solution"]
def sigmoid_derivative(x):
    return stable_sigmoid(x) * stable_sigmoid(-x)


check("03-sigmoid-derivative")

# %% [markdown] id="decision-prompt"
# ## 3 · Repair a decision
#
# *3 points. You practise: telling a score from a probability.*
#
# A classifier gives each patient a score $z$; $\sigma(z)$ is the probability of illness. `broken_decide` is meant to answer 1 where that **probability is at least**
# `threshold`, and 0 elsewhere. It runs without an error and sends the wrong people home:


# %% id="decision-broken"
def broken_decide(z, threshold):
    return np.where(z >= threshold, 1, 0)


broken_decide(np.array([-1.0, 0.3, 2.0]), 0.5).tolist()

# %% [markdown] id="decision-task"
# The patient with score 0.3 has a probability above one half and gets a 0.
#
# Write `decide(z, threshold)`: `z` is a float array of any shape, `threshold` a number between 0 and 1; it returns an array of the same shape with 1 and 0.
#
# A tiny example: `decide(np.array([-1.0, 0.3, 2.0]), 0.5)` is `[0, 1, 1]`.


# %% id="decision-answer" tags=["answer"]
def decide(z, threshold):
    """1 where σ(z) ≥ threshold, else 0; any shape → the same shape."""
    ### BEGIN SOLUTION
    # σ(z) ≥ t exactly when z ≥ log(t / (1 − t)): the threshold is carried over to the scale of the scores.
    return np.where(z >= np.log(threshold / (1 - threshold)), 1, 0)
    ### END SOLUTION


# %% id="decision-check"
check("03-repair-decision")

# %% [markdown] id="decision-why" tags=["solution"]
# **Why this works.** $\sigma$ rises everywhere, so $\sigma(z) \ge t$ says the same as $z \ge \log\frac{t}{1 - t}$. For $t = 0.5$ that is $z \ge 0$. Turning the scores into
# probabilities first is as good, and `True` and `False` count as 1 and 0:


# %% id="decision-alternative" tags=["solution"]
def decide(z, threshold):
    return stable_sigmoid(z) >= threshold


check("03-repair-decision")

# %% [markdown] id="design-prompt"
# ## 4 · Design a neuron
#
# *3 points. You practise: placing and scaling the S-curve with one weight and one bias.*
#
# A neuron with one input $u$ computes $\sigma(w u + b)$. Choose the two numbers `w` and `b` such that it gives
#
# * 0.1 at $u = 2$, and
# * 0.9 at $u = 4$,
#
# each within 0.005. Any pair that works is right. Pen and paper will do; so will trying, because `check` tells you what your neuron gives.

# %% id="design-answer" tags=["answer"]
### BEGIN SOLUTION
w = np.log(9)
b = -3 * np.log(9)
### END SOLUTION

# %% id="design-check"
check("03-design-neuron")

# %% [markdown] id="design-why" tags=["solution"]
# **Why this works.** $\sigma(z) = 0.9$ at $z = \log\frac{0.9}{0.1} = \log 9 \approx 2.197$, and by symmetry $\sigma(-\log 9) = 0.1$. So
#
# $$2w + b = -\log 9, \qquad 4w + b = \log 9.$$
#
# Subtract the first from the second: $2w = 2\log 9$. The curve is at one half where $wu + b = 0$, at $u = -b/w = 3$: half-way between the two points. The weight
# sets how steep the curve is, the bias where it stands.

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/03_sigmoid.ipynb) show a second way for most questions. The loss that belongs
# to the sigmoid is in [22 Binary cross-entropy](../notebooks/22_binary_cross_entropy.ipynb).
