# ---
# course:
#   exercises: 20
#   objectives:
#     - tell the two losses apart by the shape of their curves
#     - carry the chain rule through squared error and sigmoid
#     - prove with two points that the squared error of a sigmoid is not convex
#     - repair a training loop by comparing its steps with the slopes on paper
#     - say what a comparison of two losses needs before it means anything
# ---

# %% [markdown] id="card"
# # MSE against cross-entropy: your turn
#
# This belongs to [Lesson 24, MSE against cross-entropy](../notebooks/24_mse_or_cross_entropy.ipynb). Six questions, 14 points, about 20 minutes. The questions don't
# build on each other. “Squared error” means half the square, $\frac{1}{2}(s - y)^2$, of an output $s = \sigma(z)$.
#
# For help, run `hint` with a question's name, for instance `hint("24-chord")`. `solution("24-chord")` asks before it shows an answer.

# %% id="imports"
import numpy as np

from course_lib import plots
from course_lib.exercises import check, figures, hint, solution

# %% [markdown] id="ratio-prompt"
# ## 1 · How much harder cross-entropy pushes
#
# *1 point. You practise: reading the ratio of two slopes off the output.*
#
# A unit's output is $s = 0.05$, its target 1. How many times as large is the slope of cross-entropy on the score as that of the squared error?
#
# Set `ratio` to that number, to one digit after the point. You may compute it.

# %% id="ratio-answer" tags=["answer"]
### BEGIN SOLUTION
ratio = 1 / (0.05 * 0.95)
### END SOLUTION

# %% id="ratio-check"
check("24-how-much-harder")

# %% [markdown] id="ratio-why" tags=["solution"]
# **Why this works.** The slopes are $s - y$ and $(s - y)\,s(1 - s)$. The error cancels, whatever the target: $1 / (0.05 \cdot 0.95) = 21.1$.

# %% [markdown] id="race-prompt"
# ## 2 · Judge a comparison
#
# *1 point. You practise: asking what a comparison needs before it means anything.*
#
# A tutorial trains one network twice on the same digits, once with squared error and once with cross-entropy, for five epochs at the learning rate 3. It measures
# 53 % against 94 % right and concludes: “Cross-entropy gives the more accurate network.” What is missing most?
#
# * **a)** Nothing: same network, same data, same rate.
# * **b)** The final values of the two losses, to see which one is lower.
# * **c)** A learning rate chosen for each loss in the same way, and several seeds.
# * **d)** More epochs for the squared error, until it has caught up.
#
# Set `missing` to the letter, in quotes.

# %% id="race-answer" tags=["answer"]
### BEGIN SOLUTION
missing = "c"
### END SOLUTION

# %% id="race-check"
check("24-fair-race")

# %% [markdown] id="race-why" tags=["solution"]
# **Why.** A shared rate is the same number and not the same step: behind a sigmoid the squared error's slopes are at least four times smaller, since $s(1 - s) \leq \frac{1}{4}$. In the lesson the squared error came from 53 % to 94 %
# at a rate of its own, and with ReLU hidden units the two ended level. What stayed of the claim: with sigmoid hidden units cross-entropy was far ahead after one epoch, tuned or not.

# %% [markdown] id="curves-prompt"
# ## 3 · Tell two losses apart by the shape of their curves
#
# *2 points. You practise: knowing a loss by its curve, whatever the learning rate.*
#
# The neuron of the lesson, with the input 1 and the target 0, is trained twice from an output of 0.98: once on the squared error, once on cross-entropy, **each at a learning rate of its own**. Run the next cell: its
# figure shows the score in both runs, and doesn't say which is which.

# %% id="curves-figure"
plots.show(
    figures.two_losses(),
    alt="Two scores over 160 steps, both falling from 4. At the steps 25, 50, 75, 100, 125 and 150 curve A is at "
    "3.5, 2.7, 0.3, −1.4, −1.9 and −2.1; curve B is at 3.0, 2.0, 1.1, 0.4, −0.1 and −0.6.",
)

# %% [markdown] id="curves-seen"
# *What to see: A (solid) falls slowly, then fast, then slowly again; B (dashed) falls almost evenly and ever more slowly. They cross on the way.*
#
# After how many steps does the **output** of the run with **cross-entropy** pass ½? Set `step` to that number, read off the figure. It may be off by 6.

# %% id="curves-answer" tags=["answer"]
### BEGIN SOLUTION
step = 118
### END SOLUTION

# %% id="curves-check"
check("24-read-curves")

# %% [markdown] id="curves-why" tags=["solution"]
# **Why.** On the score, cross-entropy pushes with $s - y$, hardest at the start: that is B. The squared error's push has the factor $s(1 - s)$ as well, 0.018 at the start: A, with a plateau. It crosses first because
# its rate is larger; order of arrival says nothing about the loss, shape does. The output is ½ where the score is 0; B passes it between the steps 118 and 119. With the rates, 0.45 and 0.021, it can be computed:

# %% id="curves-alternative" tags=["solution"]
z, step = 4.0, 0
while z > 0:
    z, step = z - 2 * 0.021 / (1 + np.exp(-z)), step + 1
print(step)
check("24-read-curves")

# %% [markdown] id="slope-prompt"
# ## 4 · The slope that goes blind
#
# *3 points. You practise: the chain rule through squared error and sigmoid.*
#
# Write `squared_error_slope(y_true, logits)`: two float arrays of the same shape, targets and scores $z$; it returns, in that shape, the derivative of each
# example's $\frac{1}{2}(\sigma(z) - y)^2$ with respect to its own score. Scores up to ±1000 must not give `nan`.
#
# A tiny example: `squared_error_slope(np.array([0.0]), np.array([0.0]))` is `[0.125]`.


# %% id="slope-answer" tags=["answer"]
def squared_error_slope(y_true, logits):
    """Derivative of ½(σ(z) − y)² with respect to each score z; same shapes → that shape."""
    ### BEGIN SOLUTION
    s = np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))
    return (s - y_true) * s * (1 - s)
    ### END SOLUTION


# %% id="slope-check"
check("24-squared-error-slope")

# %% [markdown] id="slope-why" tags=["solution"]
# **Why this works.** Two links: the loss follows the output with slope $s - y$ (the ½ takes the 2 away), the output follows the score with slope $s(1 - s)$. With the hyperbolic tangent, of which the sigmoid
# is a shifted copy, $s = \frac{1}{2}(1 + \tanh\frac{z}{2})$, nothing overflows either:


# %% id="slope-alternative" tags=["solution"]
def squared_error_slope(y_true, logits):
    t = np.tanh(logits / 2)
    return (0.5 * (1 + t) - y_true) * (1 - t**2) / 4


check("24-squared-error-slope")

# %% [markdown] id="chord-prompt"
# ## 5 · Two scores against convexity
#
# *3 points. You practise: proving with two points that a function is not convex.*
#
# A convex function never lies above a chord, the straight line between two of its points. Take the squared error with target 0, $L(z) = \frac{1}{2}\sigma(z)^2$. Choose two scores `left` and `right` such
# that half-way between them $L$ lies **at least 0.1 above** the mean of $L$ at the two ends.
#
# Any pair that works is right. Trying is fine: `check` tells you how far you are.

# %% id="chord-answer" tags=["answer"]
### BEGIN SOLUTION
left = -1.0
right = 9.0
### END SOLUTION

# %% id="chord-check"
check("24-chord")

# %% [markdown] id="chord-why" tags=["solution"]
# **Why this works.** One end low, at the score −1; the other far out where the loss has all but reached its ceiling of ½; the middle is on the plateau already. Cross-entropy, $\log(1 + e^z)$, stays below each of
# its chords:

# %% id="chord-alternative" tags=["solution"]
losses = {"squared error": lambda z: 0.5 / (1 + np.exp(-z)) ** 2, "cross-entropy": lambda z: np.logaddexp(0, z)}
for name, loss in losses.items():
    print(f"{name}: middle {loss(4.0):.3f}, chord {(loss(-1.0) + loss(9.0)) / 2:.3f}")

# %% [markdown] id="loop-prompt"
# ## 6 · Repair a training loop
#
# *4 points. You practise: comparing the steps of a loop with the slopes on paper.*
#
# This loop is meant to train neurons with input 1 and target 0 by **cross-entropy**. From $w = b = 2$ at the rate 0.15, the output should be 0.012 after 300 steps. It isn't:


# %% id="loop-broken"
def broken_train(rate, steps, w, b):
    for _ in range(1, steps + 1):
        s = 1 / (1 + np.exp(-(w + b)))
        w = w - rate * s * s * (1 - s)
    return 1 / (1 + np.exp(-(w + b)))


print(f"{broken_train(0.15, 300, np.array([2.0]), np.array([2.0]))[0]:.3f}")

# %% [markdown] id="loop-task"
# Two things are wrong with it.
#
# Write `train(rate, steps, w, b)`: a number, a whole number from 0 on, and two float arrays of one shape, each pair of entries a neuron of its own. It returns, in that shape, the **outputs** after so many
# steps of gradient descent on cross-entropy. Leave `w` and `b` as they are. Scores up to ±1000 must not give `nan`.
#
# A tiny example: `train(0.15, 0, np.array([0.0]), np.array([0.0]))` is `[0.5]`: no step, so the first output.


# %% id="loop-answer" tags=["answer"]
def train(rate, steps, w, b):
    """Outputs after `steps` steps of gradient descent on cross-entropy, input 1, target 0; same shapes → that shape."""
    ### BEGIN SOLUTION
    for _ in range(steps):
        z = w + b
        slope = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
        # The input is 1, so weight and bias have the same slope; both must use the one from before the step.
        w, b = w - rate * slope, b - rate * slope
    return np.exp(np.minimum(w + b, 0)) / (1 + np.exp(-np.abs(w + b)))
    ### END SOLUTION


# %% id="loop-check"
check("24-repair-training")

# %% [markdown] id="loop-why" tags=["solution"]
# **Why this works.** The factor $s(1 - s)$ belonged to the squared error; for cross-entropy it cancels and the slope is $s - y = s$. And the bias is a parameter too: the score $w + b$ follows each of them with slope 1,
# so both move. Together they move the score by twice the step, which makes a shorter loop:


# %% id="loop-alternative" tags=["solution"]
def train(rate, steps, w, b):
    z = w + b
    for _ in range(steps):
        z = z - 2 * rate / (1 + np.exp(-z))
    return 1 / (1 + np.exp(-z))


check("24-repair-training")

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/24_mse_or_cross_entropy.ipynb) show a second way for most questions.
