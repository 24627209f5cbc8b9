# ---
# course:
#   exercises: 20
#   objectives:
#     - compute the loss from logits without overflow and without log 0
#     - derive and write its gradient with respect to the logit
#     - repair a loss that fails on a perfect prediction
#     - price a guess and compare two models by their cross-entropy
# ---

# %% [markdown] id="card"
# # Binary cross-entropy: your turn
#
# This belongs to [Lesson 22, Binary cross-entropy](../notebooks/22_binary_cross_entropy.ipynb). Five questions, 13 points, about 20 minutes. The questions don't
# build on each other. Everywhere in the course the label comes first, and a loss returns **one value per example**, in nats (natural logarithm).
#
# For help, run `hint` with a question's name, for instance `hint("22-repair-bce")`. `solution("22-repair-bce")` asks before it shows an answer.

# %% id="imports"
import numpy as np

from course_lib.exercises import check, hint, solution

# %% [markdown] id="price-prompt"
# ## 1 · The price of a shrug
#
# *1 point. You practise: the first number to compare a training curve with.*
#
# A spam filter has learnt nothing: it says $p = 0.5$ for every message. What does binary cross-entropy charge it **per message**, in nats?
#
# Set `price` to that number, to two digits after the point. You may compute it.

# %% id="price-answer" tags=["answer"]
### BEGIN SOLUTION
price = -np.log(0.5)
### END SOLUTION

# %% id="price-check"
check("22-price-of-a-shrug")

# %% [markdown] id="price-why" tags=["solution"]
# **Why this works.** Whatever arrives, the filter gave it probability ½: each message costs $-\log\frac{1}{2} = \log 2 \approx 0.693$. A model on balanced data whose loss
# stays near 0.69 has learnt nothing yet.

# %% [markdown] id="models-prompt"
# ## 2 · Nine good answers and one disaster
#
# *2 points. You practise: comparing models by their cross-entropy.*
#
# Two models judge the same ten messages. These are the probabilities that each gave **to what really happened**:
#
# | | messages 1 to 9 | message 10 |
# |---|---|---|
# | Bold | 0.9 each | 0.0001 |
# | Careful | 0.6 each | 0.6 |
#
# Which has the lower mean cross-entropy, and why?
#
# * **a)** Bold: nine of its ten answers are better.
# * **b)** Careful: Bold's one confident mistake costs more than all the rest.
# * **c)** Bold: its average probability, 0.81, is higher than 0.6.
# * **d)** It can't be said without a threshold and the accuracy.
#
# Set `better_model` to the letter, in quotes.

# %% id="models-answer" tags=["answer"]
### BEGIN SOLUTION
better_model = "b"
### END SOLUTION

# %% id="models-check"
check("22-two-models")

# %% [markdown] id="models-why" tags=["solution"]
# **Why.** The loss takes the logarithm first, message by message, and then the mean:

# %% id="models-alternative" tags=["solution"]
bold, careful = np.array([0.9] * 9 + [0.0001]), np.full(10, 0.6)
print(f"Bold {np.mean(-np.log(bold)):.3f}, of which message 10 alone {-np.log(bold[9]) / 10:.3f}")
print(f"Careful {np.mean(-np.log(careful)):.3f}")

# %% [markdown] id="repair-prompt"
# ## 3 · Repair a loss that dislikes perfection
#
# *3 points. You practise: seeing where 0 · log 0 comes from, and writing the loss so that it does not arise.*
#
# This is the formula as it stands in many tutorials. The second and the third prediction are perfect:


# %% id="repair-broken"
def broken_bce(y_true, y_prob):
    return -(y_true * np.log(y_prob) + (1 - y_true) * np.log(1 - y_prob))


with np.errstate(divide="ignore", invalid="ignore"):
    costs = broken_bce(np.array([1.0, 1.0, 0.0]), np.array([0.9, 1.0, 0.0]))
print(" ".join(f"{cost:.3f}" for cost in costs))

# %% [markdown] id="repair-task"
# They should cost nothing; they cost `nan` (not a number), and with one `nan` the mean over a whole batch is `nan`.
#
# Write `repaired_bce(y_true, y_prob)`: two float arrays of the same shape, labels 0 or 1 and predicted probabilities of 1; it returns one loss per element in that
# shape. A perfect prediction costs 0. What a certain and *wrong* prediction costs is not asked here.
#
# A tiny example: `repaired_bce(np.array([1.0, 0.0]), np.array([1.0, 0.5]))` is `[0, 0.693]`.


# %% id="repair-answer" tags=["answer"]
def repaired_bce(y_true, y_prob):
    """Binary cross-entropy per element, 0 for a perfect prediction; labels 0 or 1, same shapes → that shape."""
    ### BEGIN SOLUTION
    # Only the probability of what happened counts, so 0 · log 0 never arises.
    return -np.log(np.where(y_true == 1, y_prob, 1 - y_prob))
    ### END SOLUTION


# %% id="repair-check"
check("22-repair-bce")

# %% [markdown] id="repair-why" tags=["solution"]
# **Why this works.** With $y = 1$ and $p = 1$ the second term is $0 \cdot \log 0 = 0 \cdot (-\infty)$, which is `nan`. That term was never needed: the label leaves one
# probability only, the one given to what happened. A clip very near 0 and 1 passes as well, and puts a ceiling of 34.5 on the loss:


# %% id="repair-alternative" tags=["solution"]
def repaired_bce(y_true, y_prob):
    p = np.clip(y_prob, 1e-15, 1 - 1e-15)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


check("22-repair-bce")

# %% [markdown] id="logits-prompt"
# ## 4 · Cross-entropy straight from the logits
#
# *4 points. You practise: a loss that never forms a probability that rounds to 0 or 1.*
#
# Write `bce_with_logits(y_true, logits)`: two float arrays of the same shape, labels 0 or 1 and scores before the sigmoid; it returns one loss per element in that
# shape. For logits between −1000 and 1000 every loss must be finite, and NumPy must not warn.
#
# A tiny example: `bce_with_logits(np.array([1.0, 0.0]), np.array([0.0, 1000.0]))` is `[0.693, 1000]`.


# %% id="logits-answer" tags=["answer"]
def bce_with_logits(y_true, logits):
    """Binary cross-entropy per element from scores before the sigmoid, in nats; same shapes → that shape."""
    ### BEGIN SOLUTION
    # The first two terms are what a certain answer costs; log1p adds what is left of the doubt.
    return np.maximum(logits, 0) - logits * y_true + np.log1p(np.exp(-np.abs(logits)))
    ### END SOLUTION


# %% id="logits-check"
check("22-bce-with-logits")

# %% [markdown] id="logits-why" tags=["solution"]
# **Why this works.** Put $\sigma(z) = 1/(1 + e^{-z})$ into the two cases:
#
# $$-\log \sigma(z) = \log(1 + e^{-z}), \qquad -\log(1 - \sigma(z)) = \log(1 + e^{z})$$
#
# Take $\max(z, 0)$ out of the logarithm and both become $\max(z, 0) - z y + \log(1 + e^{-|z|})$, where the exponent is never positive. NumPy's `logaddexp(0, a)` is
# $\log(1 + e^{a})$, written with the same care, so one line will do:


# %% id="logits-alternative" tags=["solution"]
def bce_with_logits(y_true, logits):
    wrong_by = (1 - 2 * y_true) * logits  # positive where the score points away from the label
    return np.logaddexp(0, wrong_by)


check("22-bce-with-logits")

# %% [markdown] id="gradient-prompt"
# ## 5 · What the logit hears
#
# *3 points. You practise: the chain rule through loss and sigmoid.*
#
# Write `bce_gradient(y_true, logits)`: for each element, the derivative of its loss with respect to its own logit, in the same shape. Logits up to ±1000 must not
# give `nan`.
#
# A tiny example: `bce_gradient(np.array([1.0]), np.array([0.0]))` is `[-0.5]`: with label 1 and a score of 0, a larger score would lower the loss.


# %% id="gradient-answer" tags=["answer"]
def bce_gradient(y_true, logits):
    """Derivative of each element's binary cross-entropy with respect to its own logit; same shapes → that shape."""
    ### BEGIN SOLUTION
    probability = np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))
    return probability - y_true
    ### END SOLUTION


# %% id="gradient-check"
check("22-bce-gradient")

# %% [markdown] id="gradient-why" tags=["solution"]
# **Why this works.** By the chain rule, with $p = \sigma(z)$:
#
# $$\frac{\partial \ell}{\partial z} = \frac{\partial \ell}{\partial p}\,\frac{d p}{d z} = \frac{p - y}{p\,(1 - p)} \cdot p\,(1 - p) = p - y$$
#
# What is left is the error in the plainest sense. By cases it reads: how much probability is still missing for a 1, how much there is for a 0.


# %% id="gradient-alternative" tags=["solution"]
def bce_gradient(y_true, logits):
    for_zero = 0.5 * (1 + np.tanh(logits / 2))
    return np.where(y_true == 1, for_zero - 1, for_zero)


check("22-bce-gradient")

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/22_binary_cross_entropy.ipynb) show a second way for most questions.
