# ---
# course:
#   exercises: 25
#   objectives:
#     - compute score and output of a neuron for many examples at once
#     - compute a slope of its loss by the chain rule
#     - find the step that is missing from a training loop
#     - carry out one update by hand
#     - read learning rates off a figure, and choose one from what it does
# ---

# %% [markdown] id="card"
# # One neuron: your turn
#
# This belongs to [Lesson 01, One neuron and the training loop](../notebooks/01_neuron.ipynb). Six questions, 17 points, about 25 minutes. The questions don't build on
# each other: begin where you like.
#
# For help, run `hint` with a question's name, for instance `hint("01-neuron-output")`: the first hint is a question, the last is nearly the answer.
# `solution("01-neuron-output")` asks before it shows one.

# %% id="imports"
import numpy as np

from course_lib import plots
from course_lib.exercises import check, figures, hint, solution

# %% [markdown] id="output-prompt"
# ## 1 · A neuron for many examples
#
# *3 points. You practise: keeping score and output apart, for all examples at once.*
#
# This neuron's activation is the hinge $f(x) = \max(x, 0)$ from lesson 00: a negative score gives the output 0, any other score passes unchanged.
#
# Write `neuron(w1, w2, b, u1, u2)`: weights and bias are numbers; `u1` and `u2` are float arrays of one shape, with the first and the second input of every example. It returns
# the outputs as an array of that shape.
#
# A tiny example: `neuron(0.5, -0.5, 0.5, np.array([2.0, -2.0]), np.array([-1.0, 1.0]))`: the scores are 2 and −1.5 + 0.5 = −1, so the outputs are `[2, 0]`.


# %% id="output-answer" tags=["answer"]
def neuron(w1, w2, b, u1, u2):
    """Outputs max(w1·u1 + w2·u2 + b, 0); u1 and u2 of any one shape → that shape."""
    ### BEGIN SOLUTION
    return np.maximum(w1 * u1 + w2 * u2 + b, 0)
    ### END SOLUTION


# %% id="output-check"
check("01-neuron-output")

# %% [markdown] id="output-why" tags=["solution"]
# **Why this works.** A number times an array multiplies every element, so one line gives all scores. The bend comes last and sees nothing but the score. The same in
# small steps:


# %% id="output-alternative" tags=["solution"]
def neuron(w1, w2, b, u1, u2):
    scores = b + w2 * u2 + w1 * u1
    return np.where(scores > 0, scores, 0.0)


check("01-neuron-output")

# %% [markdown] id="slope-prompt"
# ## 2 · One slope by the chain rule
#
# *4 points. You practise: multiplying the slopes along the chain.*
#
# The same neuron, $a = \max(x, 0)$, and the loss $L = (a - y)^2$ for each example. The slope of this activation is 1 where $x > 0$ and 0 where $x < 0$; at exactly 0, where it bends, any slope from
# 0 to 1 is accepted.
#
# Write `weight_slope(w1, w2, b, u1, u2, y)`: `u1`, `u2` and the targets `y` are float arrays of one shape. It returns each example's own slope $\partial L / \partial w_1$, an array of that shape.
#
# A tiny example: weights 0.5 and −0.5, bias 0.5, inputs 2 and −1, target 0.25. Score and output are 2. The slope is twice the miss 1.75, times 1, times the input 2: 7.


# %% id="slope-answer" tags=["answer"]
def weight_slope(w1, w2, b, u1, u2, y):
    """∂L/∂w1 of (a − y)² for each example; u1, u2 and y of any one shape → that shape."""
    ### BEGIN SOLUTION
    x = w1 * u1 + w2 * u2 + b
    return 2 * (np.maximum(x, 0) - y) * (x > 0) * u1
    ### END SOLUTION


# %% id="slope-check"
check("01-weight-slope")

# %% [markdown] id="slope-why" tags=["solution"]
# **Why this works.** Three factors: $2(a - y)$ from the square, 1 or 0 from the bend (`x > 0` counts as 1 and 0 in a product), and the input $u_1$. An example with a negative score has slope 0,
# however wrong its output is. That can also be written so:


# %% id="slope-alternative" tags=["solution"]
def weight_slope(w1, w2, b, u1, u2, y):
    x = w1 * u1 + w2 * u2 + b
    return np.where(x > 0, 2 * u1 * (x - y), 0.0)


check("01-weight-slope")

# %% [markdown] id="loop-prompt"
# ## 3 · Repair a training loop
#
# *3 points. You practise: debugging a loop that runs without an error and does not learn.*
#
# The simplest neuron of all, $a = w \cdot u$, without bias and activation. `broken_train` is meant to train several of them at once, each on one input and one target of its own: 20 updates of gradient descent on
# $(a - y)^2$, from weight 0. For the inputs 1 and 2 with the targets 2 and 4, both weights should come near 2:


# %% id="loop-broken"
def broken_train(rate, u, y):
    w = 0 * u
    a = w * u
    for update in range(20):
        slope = 2 * (a - y) * u
        w = w - rate * slope
    return w


print(np.round(broken_train(0.1, np.array([1.0, 2.0]), np.array([2.0, 4.0])), 2))

# %% [markdown] id="loop-task"
# Write `train(rate, u, y)`, which does it right: `rate` is a number, `u` and `y` are float arrays of one shape. It returns the weights after exactly 20 updates, in that shape.
#
# A tiny example: for the data above both weights come within 0.05 of 2.


# %% id="loop-answer" tags=["answer"]
def train(rate, u, y):
    """Weights after 20 updates from 0, one for each pair; the shape of u and y."""
    ### BEGIN SOLUTION
    w = np.zeros(u.shape)
    for _ in range(20):
        w = w - rate * 2 * (w * u - y) * u
    return w
    ### END SOLUTION


# %% id="loop-check"
check("01-repair-loop")

# %% [markdown] id="loop-why" tags=["solution"]
# **Why this works.** A slope holds for the weight at which it was computed. In the broken loop the outputs come from the first weights for ever, so the first step is repeated 20 times. The forward step belongs
# inside the loop; spelled out:


# %% id="loop-alternative" tags=["solution"]
def train(rate, u, y):
    w = 0 * u
    for update in range(20):
        a = w * u
        slope = 2 * (a - y) * u
        w = w - rate * slope
    return w


check("01-repair-loop")

# %% [markdown] id="hand-prompt"
# ## 4 · One update by hand
#
# *2 points. You practise: the four steps with pen and paper, signs included.*
#
# A neuron without activation ($a = x$) has weight 1.5 and bias 2. Its input is −2, the target 1, the loss $(a - y)^2$, the learning rate $\frac{1}{20}$. What are weight and bias after one
# update?

# %% id="hand-answer" tags=["answer"]
### BEGIN SOLUTION
new_w = 1.1
new_b = 2.2
### END SOLUTION

# %% id="hand-check"
check("01-update-by-hand")

# %% [markdown] id="hand-why" tags=["solution"]
# **Why this works.** *Forward:* $1.5 \cdot (-2) + 2 = -1$. *Loss:* $(-1 - 1)^2 = 4$. *Gradient:* $\partial L / \partial a = 2 \cdot (-2) = -4$; for the bias $-4$, for the weight
# $-4 \cdot (-2) = 8$. *Update:* $1.5 - \frac{8}{20} = 1.1$ and $2 + \frac{4}{20} = 2.2$. The output was too low: the bias rises, and the weight falls because its input is negative. Python agrees:

# %% id="hand-alternative" tags=["solution"]
slope = 2 * (1.5 * -2 + 2 - 1)
new_w = 1.5 - slope * -2 / 20
new_b = 2 - slope / 20
check("01-update-by-hand")

# %% [markdown] id="curves-prompt"
# ## 5 · Read three learning rates off their curves
#
# *2 points. You practise: telling short steps from long ones in a figure.*
#
# A neuron without activation ($a = x$) starts three times from the same weight and bias, with the same input, the target 1 and the loss $(a - y)^2$. Only the learning
# rate is different each time. Run the next cell: its figure shows the output after each of ten updates.

# %% id="rates-figure"
plots.show(
    figures.three_rates(),
    alt="Outputs over ten updates; all three curves start at 2.5. After 1, 2, 3 and 10 updates curve A is at "
    "−0.35, 2.2, −0.1 and 1.5; curve B is at 2.3, 2.1, 1.9 and 1.3; curve C is at 1.45, 1.15, 1.05 and 1.",
)

# %% [markdown] id="curves-seen"
# *What to see: A jumps from one side of the target to the other, B comes down slowly, C is nearly there after three updates.*
#
# Which order of the three is from the **smallest** learning rate to the **largest**?
#
# * **a)** A, B, C
# * **b)** B, C, A
# * **c)** B, A, C
# * **d)** A, C, B
#
# Set `order` to the letter, in quotes.

# %% id="curves-answer" tags=["answer"]
### BEGIN SOLUTION
order = "b"
### END SOLUTION

# %% id="curves-check"
check("01-read-rates")

# %% [markdown] id="curves-why" tags=["solution"]
# **Why.** All three have the same first slope, so their first steps are in proportion to the rates: down by about 0.2 (B), 1.05 (C) and 2.85 (A). That A has not arrived does not make its rate
# small: every step carries it past the target, nearly as far as it came from. C has the best rate and not the largest one.

# %% [markdown] id="rate-prompt"
# ## 6 · Find a learning rate
#
# *3 points. You practise: seeing whether a rate is too small or too large.*
#
# A neuron without activation has weight 0.5 and bias 1; its input is 3, the target 1, the loss $(a - y)^2$. At the start its output is 2.5 and the loss 2.25. Choose `rate` such that after **five** updates the
# loss is **under 0.0001**. Any rate that works is right; for any other `check` tells you the outputs on the way.

# %% id="rate-answer" tags=["answer"]
### BEGIN SOLUTION
rate = 0.05
### END SOLUTION

# %% id="rate-check"
check("01-find-rate")

# %% [markdown] id="rate-why" tags=["solution"]
# **Why this works.** The weight moves by $-\text{rate} \cdot 2(a - y) \cdot 3$ and the bias by $-\text{rate} \cdot 2(a - y)$, so the output moves by $-\text{rate} \cdot 2(a - y) \cdot (3 \cdot 3 + 1)$. Each
# update multiplies the miss by $1 - 20 \cdot \text{rate}$. At rate 0.05 that is 0: one update does it all. At 0.1 it is −1: the miss changes its sign and keeps its size for ever. Everything between
# about 0.032 and 0.068 is good enough here.

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/01_neuron.ipynb) show a second way for most questions. Next comes
# [02 Why non-linearity](../notebooks/02_why_nonlinearity.ipynb).
