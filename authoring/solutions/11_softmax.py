# ---
# course:
#   exercises: 25
#   objectives:
#     - read a two-class softmax as a sigmoid of the difference
#     - recognise a softmax along the wrong axis
#     - write a softmax for any shape that never overflows
#     - put a temperature where it counts
#     - write the slopes of all shares with respect to one score
#     - go back from shares to scores
# ---

# %% [markdown] id="card"
# # Softmax: your turn
#
# This belongs to [Lesson 11, Softmax](../notebooks/11_softmax.ipynb). Six questions, 15 points, about 25 minutes. Begin where you like; question 5 is easier
# after question 3.
#
# For help, run `hint` with a question's name, for instance `hint("11-stable-softmax")`: the first hint is a question, the last is nearly the answer.
# `solution("11-stable-softmax")` asks before it shows one.

# %% id="imports"
import numpy as np

from course_lib.exercises import check, hint, solution

# %% [markdown] id="classes-prompt"
# ## 1 · Two large scores
#
# *1 point. You practise: seeing a softmax of two scores as a sigmoid.*
#
# A network with two outputs gives the scores 1005 and 1003. What is the softmax share of the **first** class?
#
# Set `share` to that number, to three digits after the point. You may compute it, but `np.exp(1005)` is infinite.

# %% id="classes-answer" tags=["answer"]
### BEGIN SOLUTION
share = 1 / (1 + np.exp(-(1005 - 1003)))
### END SOLUTION

# %% id="classes-check"
check("11-two-classes")

# %% [markdown] id="classes-why" tags=["solution"]
# **Why this works.** Only differences count, so the scores 2 and 0 have the same shares:
#
# $$\frac{e^{1005}}{e^{1005} + e^{1003}} = \frac{e^2}{e^2 + 1} = \frac{1}{1 + e^{-2}} = \sigma(2) \approx 0.881$$

# %% [markdown] id="axis-prompt"
# ## 2 · What went wrong here?
#
# *2 points. You practise: recognising a wrong axis by its sums.*
#
# A classifier has three classes and has just judged two pictures, one per row. After the softmax a colleague prints:
#
# | | cat | dog | owl |
# |---|---|---|---|
# | picture 1 | 0.88 | 0.73 | 0.05 |
# | picture 2 | 0.12 | 0.27 | 0.95 |
#
# What went wrong?
#
# * **a)** Nothing: all numbers lie between 0 and 1.
# * **b)** The exponentials overflowed.
# * **c)** The softmax ran along the first axis, over the pictures.
# * **d)** The sum was taken without an axis, over all six numbers.
#
# Set `fault` to the letter, in quotes.

# %% id="axis-answer" tags=["answer"]
### BEGIN SOLUTION
fault = "c"
### END SOLUTION

# %% id="axis-check"
check("11-wrong-axis")

# %% [markdown] id="axis-why" tags=["solution"]
# **Why.** Each *column* sums to 1, so the two pictures share each class between them. Nothing failed, nothing warned; only the sums tell:

# %% id="axis-alternative" tags=["solution"]
table = np.array([[0.88, 0.73, 0.05], [0.12, 0.27, 0.95]])
print("rows   ", " ".join(f"{total:.2f}" for total in table.sum(axis=1)))
print("columns", " ".join(f"{total:.2f}" for total in table.sum(axis=0)))

# %% [markdown] id="stable-prompt"
# ## 3 · A softmax that never overflows
#
# *4 points. You practise: a formula for whole batches, in which no number becomes too large.*
#
# Write `stable_softmax(x)` for a float array of **any shape** whose **last axis** holds the classes; it returns an array of the same shape with the shares of
# each row. For scores between −1000 and 1000 there must be no NumPy warning. Leave `x` as it is.
#
# A tiny example: `stable_softmax(np.array([[0.0, 0.0], [1000.0, -1000.0]]))` is `[[0.5, 0.5], [1, 0]]`.


# %% id="stable-answer" tags=["answer"]
def stable_softmax(x):
    """e^x_i / Σ_j e^x_j along the last axis, without overflow; any shape → the same shape."""
    ### BEGIN SOLUTION
    # The largest score of each row becomes 0, so that no exponential exceeds 1 and no sum is 0.
    share = np.exp(x - x.max(axis=-1, keepdims=True))
    return share / share.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% id="stable-check"
check("11-stable-softmax")

# %% [markdown] id="stable-why" tags=["solution"]
# **Why this works.** Taking the row's largest score off changes no share. Then the largest exponential is $e^0 = 1$: nothing overflows, and the sum is at
# least 1. `keepdims=True` leaves the summed axis in place with length 1, so that each row is divided by its own sum. Another way takes off the
# logarithm of the sum of exponentials, which `np.logaddexp` computes safely:


# %% id="stable-alternative" tags=["solution"]
def stable_softmax(x):
    return np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True))


check("11-stable-softmax")

# %% [markdown] id="temperature-prompt"
# ## 4 · Repair a temperature that does nothing
#
# *3 points. You practise: putting the temperature where it counts.*
#
# `broken_softmax` is meant to compute $\mathrm{softmax}(x / T)$. Hot or cold, it says the same:


# %% id="temperature-broken"
def broken_softmax(x, temperature):
    heated = np.exp(x - np.max(x, axis=-1, keepdims=True)) / temperature
    return heated / np.sum(heated, axis=-1, keepdims=True)


for temperature in (0.1, 10):
    shares = broken_softmax(np.array([2.0, 1.0, 0.0]), temperature)
    print(f"T = {temperature:4}:", " ".join(f"{share:.3f}" for share in shares))

# %% [markdown] id="temperature-task"
# Write `tempered_softmax(x, temperature)`: `x` is a float array of any shape with the classes in its last axis, `temperature` a number above 0; it returns an
# array of the same shape. For scores between −100 and 100 and temperatures from 0.1 on there must be no NumPy warning.
#
# A tiny example: `tempered_softmax(np.array([100.0, 0.0]), 0.1)` is `[1, 0]`.


# %% id="temperature-answer" tags=["answer"]
def tempered_softmax(x, temperature):
    """softmax(x / temperature) along the last axis, no overflow; any shape → the same shape."""
    ### BEGIN SOLUTION
    # The temperature divides the scores; what multiplies the exponentials would cancel.
    scaled = x / temperature
    share = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return share / share.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% id="temperature-check"
check("11-repair-temperature")

# %% [markdown] id="temperature-why" tags=["solution"]
# **Why this works.** A factor on every exponential stands above and below the fraction line, and cancels: it is a common shift of the scores in disguise, by
# $-\ln T$. The temperature has to change the *differences*, so it belongs in the exponent. Raising the shares to the power $1/T$ and dividing once
# more is the same, because $(e^{x})^{1/T} = e^{x/T}$:


# %% id="temperature-alternative" tags=["solution"]
def tempered_softmax(x, temperature):
    power = stable_softmax(x) ** (1 / temperature)
    return power / power.sum(axis=-1, keepdims=True)


check("11-repair-temperature")

# %% [markdown] id="slopes-prompt"
# ## 5 · Who pays when one score grows?
#
# *3 points. You practise: one column of the Jacobian, for many rows at once.*
#
# Write `share_slopes(x, j)`: `x` is a float array of any shape with the classes in its last axis, `j` the number of one class, counted from 0. It returns, in the
# shape of `x`, the slope of **every** share of a row with respect to **score `j`** of that row. For the shares take your own `stable_softmax`, or write them anew.
#
# A tiny example: for two equal scores each share is ½, so `share_slopes(np.array([0.0, 0.0]), 0)` is `[0.25, -0.25]`.


# %% id="slopes-answer" tags=["answer"]
def share_slopes(x, j):
    """∂s_i/∂x_j for every i, s = softmax(x) along the last axis; any shape → the same shape."""
    ### BEGIN SOLUTION
    s = stable_softmax(x)
    # Every share pays s·s_j; number j is paid s_j on top.
    return s * (np.eye(x.shape[-1])[j] - s[..., j : j + 1])
    ### END SOLUTION


# %% id="slopes-check"
check("11-share-slopes")

# %% [markdown] id="slopes-why" tags=["solution"]
# **Why this works.** It is $s_i(\delta_{ij} - s_j)$ for a fixed $j$: `np.eye(k)[j]` is the row of $\delta_{ij}$, and `s[..., j : j + 1]` is share `j` of every row with its axis
# kept, so that it lines up. In two steps:


# %% id="slopes-alternative" tags=["solution"]
def share_slopes(x, j):
    s = stable_softmax(x)
    slopes = -s * s[..., [j]]
    slopes[..., j] += s[..., j]
    return slopes


check("11-share-slopes")

# %% [markdown] id="scores-prompt"
# ## 6 · Scores for given shares
#
# *2 points. You practise: going back from shares to scores.*
#
# At **temperature 2**, three scores shall give the shares
#
# * 0.7 for the cat,
# * 0.2 for the dog, and
# * 0.1 for the owl,
#
# each within 0.005. Choose the three numbers `cat`, `dog` and `owl`. Any three that work are right; `check` tells you which shares yours give.

# %% id="scores-answer" tags=["answer"]
### BEGIN SOLUTION
cat, dog, owl = 2 * np.log([0.7, 0.2, 0.1])
### END SOLUTION

# %% id="scores-check"
check("11-scores-for-shares")

# %% [markdown] id="scores-why" tags=["solution"]
# **Why this works.** Shares are proportional to $e^{x/T}$, so $x = T \ln s$, up to a number that is the same for all three. That freedom is yours: with the owl at 0, the dog needs $2 \ln 2$
# and the cat $2 \ln 7$. Three shares fix two differences, never three scores:

# %% id="scores-alternative" tags=["solution"]
owl = 0
dog = 2 * np.log(2)
cat = 2 * np.log(7)
check("11-scores-for-shares")

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/11_softmax.ipynb) show a second way for most questions. The loss for two classes is in
# [22 Binary cross-entropy](../notebooks/22_binary_cross_entropy.ipynb).
