# ---
# course:
#   exercises: 25
#   objectives:
#     - go from the type of the target to the output unit and the loss
#     - compute the floor of a loss that contains one softmax too many
#     - write p − y for all three pairs in one function
#     - find an output unit applied twice in a training loop, and repair it
# ---

# %% [markdown] id="card"
# # Pairing output and loss: your turn
#
# This belongs to [Lesson 27, Pairing output and loss](../notebooks/27_output_and_loss.ipynb). Five questions, 14 points, about 25 minutes. The questions don't
# build on each other.
#
# For help, run `hint` with a question's name, for instance `hint("27-repair-training")`. `solution("27-repair-training")` asks before it shows an answer.

# %% id="imports"
import numpy as np

from course_lib.exercises import check, hint, solution

# %% [markdown] id="pair-prompt"
# ## 1 · Five findings on one X-ray
#
# *2 points. You practise: going from the type of the target to the output unit and the loss.*
#
# A network looks at an X-ray and reports five findings. Several may be there at once, or none. Which last layer, which loss?
#
# * **a)** Five units, softmax, categorical cross-entropy from probabilities.
# * **b)** Five units, no activation, binary cross-entropy from logits.
# * **c)** Five units, sigmoid, binary cross-entropy from logits.
# * **d)** One unit, no activation, squared error against the number of findings.
#
# Set `pair` to the letter, in quotes.

# %% id="pair-answer" tags=["answer"]
### BEGIN SOLUTION
pair = "b"
### END SOLUTION

# %% id="pair-check"
check("27-choose-pair")

# %% [markdown] id="pair-why" tags=["solution"]
# **Why.** Five findings that may occur together are five yes-or-no targets, each with a score of its own. A loss “from logits” contains the sigmoid, so the layer
# has none. With softmax the five would compete:

# %% id="pair-alternative" tags=["solution"]
scores = np.array([3.0, 3.0, -3.0, -3.0, -3.0])
print("five sigmoids:", np.round(1 / (1 + np.exp(-scores)), 2))
print("one softmax:  ", np.round(np.exp(scores) / np.exp(scores).sum(), 2))

# %% [markdown] id="floor-prompt"
# ## 2 · The floor of a doubled softmax
#
# *2 points. You practise: computing the loss below which a network with one softmax too many can't fall.*
#
# A network for **four** classes ends in a softmax, and its loss, categorical cross-entropy from logits, contains another. In the best of all cases the network's
# shares are 1 for the right class and 0 for the others. What does the loss charge then, in nats?
#
# Set `floor` to that number, to two digits after the point. You may compute it.

# %% id="floor-answer" tags=["answer"]
### BEGIN SOLUTION
floor = -np.log(np.e / (np.e + 3))
### END SOLUTION

# %% id="floor-check"
check("27-doubled-floor")

# %% [markdown] id="floor-why" tags=["solution"]
# **Why this works.** The loss takes the shares 1, 0, 0, 0 for scores. The right class gets $e^1$, each rival $e^0$: a share of $e/(e + 3)$. With $k$ classes the
# floor is $\log(1 + (k - 1)/e)$, and it grows with every class:

# %% id="floor-alternative" tags=["solution"]
for k in (2, 3, 4, 10, 1000):
    print(f"{k:5} classes: {np.log(1 + (k - 1) / np.e):.3f}")

# %% [markdown] id="gradient-prompt"
# ## 3 · One gradient for three pairs
#
# *4 points. You practise: writing $p - y$ for all three pairs, with the prediction that belongs to each.*
#
# Write `push(target, y, z)`. `target` is one of the strings `"number"`, `"yes-no"` and `"classes"`; `y` and `z` are float arrays of one shape, the targets and the
# scores. For `"classes"` each row (the last axis) is one example, and `y` is **one-hot**: 1 for the class that came, 0 for the others. Return, in the same shape, the gradient of the right loss on
# every score, per example: of half the squared error, of binary, of categorical cross-entropy. Scores up to ±1000 must not give `nan`.
#
# A tiny example: `push("yes-no", np.array([1.0]), np.array([0.0]))` is `[-0.5]`.


# %% id="gradient-answer" tags=["answer"]
def push(target, y, z):
    """Gradient of the right loss on every score: "number", "yes-no" or "classes" (rows); y, z → the same shape."""
    ### BEGIN SOLUTION
    if target == "number":
        return z - y
    if target == "yes-no":
        return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z))) - y
    power = np.exp(z - z.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True) - y
    ### END SOLUTION


# %% id="gradient-check"
check("27-one-gradient")

# %% [markdown] id="gradient-why" tags=["solution"]
# **Why this works.** Each loss is the one for which the slope of the output unit cancels. What is left is prediction minus target; only the prediction differs.
# Said in that order:


# %% id="gradient-alternative" tags=["solution"]
def push(target, y, z):
    if target == "number":
        p = z
    elif target == "yes-no":
        p = 0.5 * (1 + np.tanh(z / 2))
    else:
        p = np.exp(z - np.logaddexp.reduce(z, axis=-1)[..., None])
    return p - y


check("27-one-gradient")

# %% [markdown] id="training-prompt"
# ## 4 · Repair a training loop that never settles
#
# *3 points. You practise: recognising an output unit applied twice inside a training loop.*
#
# Every example has a score of its own, and the loop moves it against the gradient of binary cross-entropy. The first label is 1, the second 0, and both scores
# start at 0. By symmetry they should move apart in step:


# %% id="training-broken"
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss_gradient(y, z):  # of binary cross-entropy from logits
    return sigmoid(z) - y


def broken_train(steps, rate, y, z):
    for step in range(steps):
        p = sigmoid(z)
        z = z - rate * loss_gradient(y, p)
    return z


print(*np.round(broken_train(200, 0.1, np.array([1.0, 0.0]), np.array([0.0, 0.0])), 1))

# %% [markdown] id="training-task"
# Both go the right way, but the 0 has gone almost twice as far as the 1, and neither slows down as it should. Something stands in this loop once too often.
#
# Write `train(steps, rate, y, z)`: `y` (0 or 1) and `z` are float arrays of one shape. Return the scores after `steps` steps, each moved by its own example's gradient.
# Leave `y` and `z` as they are.
#
# A tiny example: `train(1, 1.0, np.array([1.0]), np.array([0.0]))` is `[0.5]`.


# %% id="training-answer" tags=["answer"]
def train(steps, rate, y, z):
    """Scores after `steps` steps of gradient descent on binary cross-entropy; y, z of one shape → that shape."""
    ### BEGIN SOLUTION
    for _ in range(steps):
        # The loss takes logits: its gradient contains the one sigmoid that is needed.
        z = z - rate * (1 / (1 + np.exp(-z)) - y)
    return z
    ### END SOLUTION


# %% id="training-check"
check("27-repair-training")

# %% [markdown] id="training-why" tags=["solution"]
# **Why this works.** `loss_gradient` expects a score and was given a probability. With the score itself the sigmoid is applied once. Written by cases: a 1 is
# pushed up by what is missing, a 0 down by what is there.


# %% id="training-alternative" tags=["solution"]
def train(steps, rate, y, z):
    scores = np.array(z, dtype=float)
    for _ in range(steps):
        scores += rate * np.where(y == 1, 1 / (1 + np.exp(scores)), -1 / (1 + np.exp(-scores)))
    return scores


check("27-repair-training")

# %% [markdown] id="same-prompt"
# ## 5 · The same push, three times
#
# *3 points. You practise: reading $p - y$ backwards.*
#
# Choose three scores such that each is pushed with **0.25**, within 0.005:
#
# * `z_number`: half the squared error, and the target is 3;
# * `z_yes_no`: binary cross-entropy, and the label is 0;
# * `z_class`: categorical cross-entropy, for a class that did *not* come, when the two other classes have a score of 0.
#
# `check` tells you the pushes that your scores give.

# %% id="same-answer" tags=["answer"]
### BEGIN SOLUTION
z_number = 3.25
z_yes_no = -np.log(3)
z_class = np.log(2 / 3)
### END SOLUTION

# %% id="same-check"
check("27-same-push")

# %% [markdown] id="same-why" tags=["solution"]
# **Why this works.** Prediction = target + push, so the predictions are 3.25, 0.25 and 0.25. The sigmoid gives ¼ where the odds are 1 to 3: at $-\log 3$. In the softmax
# $e^z$ must be a third of the two rivals' sum, $e^0 + e^0 = 2$: $z = \log\frac{2}{3}$.

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/27_output_and_loss.ipynb) show a second way for most questions.
