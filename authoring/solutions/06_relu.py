# ---
# course:
#   exercises: 25
#   objectives:
#     - write ReLU for whole arrays without spoiling the scores
#     - pass a gradient back through ReLU
#     - turn the pieces of a graph into a sum of hinges, count them, and read one off a figure
#     - find a wrong on-off pattern in a training loop
# ---

# %% [markdown] id="card"
# # ReLU: your turn
#
# This belongs to [Lesson 06, ReLU](../notebooks/06_relu.ipynb). Six questions, 16 points, about 25 minutes. The questions don't build on each other: begin where
# you like.
#
# For help, run `hint` with a question's name, for instance `hint("06-repair-relu")`: the first hint is a question, the last is nearly the answer.
# `solution("06-repair-relu")` asks before it shows one.

# %% id="imports"
import numpy as np

from course_lib import plots
from course_lib.exercises import check, figures, hint, solution

# %% [markdown] id="repair-prompt"
# ## 1 · A ReLU that leaves the scores alone
#
# *3 points. You practise: computing a new array instead of changing the one that came in.*
#
# `broken_relu` returns the right numbers. Look at what it does to the scores of whoever calls it:


# %% id="repair-broken"
def broken_relu(x):
    x[x < 0] = 0
    return x


scores = np.array([-2.0, 0.5, -1.0])
print("output:", broken_relu(scores).tolist())
print("scores:", scores.tolist())

# %% [markdown] id="repair-task"
# The scores were −2, 0.5 and −1. They are gone, and training needs them later.
#
# Write `repaired_relu(x)` for a float array of **any shape**; it returns a new array of the same shape with $\max(x, 0)$, element by element, and leaves `x` as it
# is. A score of $-\infty$ gives 0, a score of $\infty$ gives $\infty$.
#
# A tiny example: `repaired_relu(np.array([-2.0, 0.5, -1.0]))` is `[0, 0.5, 0]`.


# %% id="repair-answer" tags=["answer"]
def repaired_relu(x):
    """max(x, 0) as a new array; any shape → the same shape."""
    ### BEGIN SOLUTION
    return np.maximum(x, 0)
    ### END SOLUTION


# %% id="repair-check"
check("06-repair-relu")

# %% [markdown] id="repair-why" tags=["solution"]
# **Why this works.** NumPy hands the caller's own array to a function, so `x[...] = 0` writes into it. `np.maximum` compares two things element by element and
# returns a new array. (`np.max(x, 0)` is another function: the largest element along axis 0.) Choosing works as well:


# %% id="repair-alternative" tags=["solution"]
def repaired_relu(x):
    return np.where(x > 0, x, 0)


check("06-repair-relu")

# %% [markdown] id="backward-prompt"
# ## 2 · What a ReLU lets back through
#
# *3 points. You practise: the chain rule through a hinge.*
#
# On the way back, each output of a layer receives a number from above: the slope of the loss with respect to that output. The layer hands on the slope of the loss
# with respect to its **scores**.
#
# Write `relu_backward(x, upstream)`: `x` holds the scores of the forward pass, `upstream` the slopes that arrive, both float arrays of the same shape; it returns an
# array of that shape. At a score of exactly 0, any value between 0 and the upstream slope is right. Leave both arrays as they are.
#
# A tiny example: `relu_backward(np.array([-3.0, 3.0]), np.array([0.5, -0.5]))` is `[0, -0.5]`.


# %% id="backward-answer" tags=["answer"]
def relu_backward(x, upstream):
    """Slope of the loss with respect to the scores x, from its slope with respect to the outputs; same shapes."""
    ### BEGIN SOLUTION
    return np.where(x > 0, upstream, 0)
    ### END SOLUTION


# %% id="backward-check"
check("06-relu-backward")

# %% [markdown] id="backward-why" tags=["solution"]
# **Why this works.** By the chain rule the result is the slope from above times the slope of ReLU, which is 1 where the unit was on and 0 where it was off. So a
# gradient passes whole or not at all. As a product:


# %% id="backward-alternative" tags=["solution"]
def relu_backward(x, upstream):
    return upstream * (x > 0)


check("06-relu-backward")

# %% [markdown] id="count-prompt"
# ## 3 · How many straight pieces?
#
# *1 point. You practise: reading a layer of ReLU units as a sum of hinges.*
#
# A network has one input, one hidden layer of **five** ReLU units, and one output that adds up their outputs, each times a weight. Draw its output over the input:
# the graph consists of straight pieces. How many can there be **at most**?
#
# Set `most_pieces` to that number.

# %% id="count-answer" tags=["answer"]
### BEGIN SOLUTION
most_pieces = 6
### END SOLUTION

# %% id="count-check"
check("06-count-pieces")

# %% [markdown] id="count-why" tags=["solution"]
# **Why.** The graph can only bend where a unit switches on or off, and each of the five units does so at one input. Five corners cut the line into six stretches:

# %% id="count-alternative" tags=["solution"]
corners = np.array([-2, -1, 0, 1, 2])
middles = np.array([-3, -1.5, -0.5, 0.5, 1.5, 3])
slopes = [np.sum(middle > corners) for middle in middles]  # five hinges of slope 1
print("slopes from left to right:", " ".join(str(slope) for slope in slopes))

# %% [markdown] id="hinge-prompt"
# ## 4 · Read a hinge off a sum of three
#
# *2 points. You practise: seeing a hinge in the bend that it makes.*
#
# Three hinges of the form $\text{slope} \cdot \max(x - \text{corner}, 0)$ have been added up. Their slopes may be positive or negative. Run the next cell: its figure shows the sum.

# %% id="hinge-figure"
plots.show(
    figures.three_hinges(),
    alt="The sum of the three hinges over the input, from −2 to 6. It is 0 up to the first bend at −1. From there it "
    "consists of straight pieces from (−1, 0) to (1, 3), on to (4, 1.5), and on to (6, 2.5).",
)

# %% [markdown] id="hinge-seen"
# *What to see: three bends, and a straight piece on either side of each.*
#
# Set `corner` and `slope` to those of the **second hinge from the left**. Each may be off by 0.1.

# %% id="hinge-answer" tags=["answer"]
### BEGIN SOLUTION
corner = 1
slope = -2
### END SOLUTION

# %% id="hinge-check"
check("06-read-hinge")

# %% [markdown] id="hinge-why" tags=["solution"]
# **Why this works.** The second bend is at $x = 1$. Before it the graph rises by 3 over 2, slope 1.5; behind it it falls by 1.5 over 3, slope −0.5. The first hinge goes on with its 1.5,
# so the second one has to bring the difference:

# %% id="hinge-alternative" tags=["solution"]
inputs, heights = np.array([-2, -1, 1, 4, 6]), np.array([0, 0, 3, 1.5, 2.5])
slopes = np.diff(np.diff(heights) / np.diff(inputs))
corner, slope = inputs[2], slopes[1]
print("corners", inputs[1:-1].tolist(), "slopes", slopes.tolist())
check("06-read-hinge")

# %% [markdown] id="bump-prompt"
# ## 5 · Design a bump
#
# *3 points. You practise: turning the slopes of the pieces into the slopes of the hinges.*
#
# Three hinges have their corners at 1, 2 and 4. Choose their slopes, `slope_1`, `slope_2` and `slope_4`, such that the sum
#
# $$f(x) = \text{slope}_1 \max(x - 1, 0) + \text{slope}_2 \max(x - 2, 0) + \text{slope}_4 \max(x - 4, 0)$$
#
# is a bump: 0 up to $x = 1$, straight up to 3 at $x = 2$, straight down to 0 at $x = 4$, and 0 from there on. It is checked at 2, 4 and 6, each within 0.05.

# %% id="bump-answer" tags=["answer"]
### BEGIN SOLUTION
slope_1 = 3
slope_2 = -4.5
slope_4 = 1.5
### END SOLUTION

# %% id="bump-check"
check("06-design-bump")

# %% [markdown] id="bump-why" tags=["solution"]
# **Why this works.** The four pieces have the slopes 0, 3, −1.5 and 0. A hinge that has begun goes on for ever, so each new hinge has to bring the **change** of
# slope at its corner. NumPy's `diff` computes just that:

# %% id="bump-alternative" tags=["solution"]
slope_1, slope_2, slope_4 = np.diff([0, 3, -1.5, 0])
print(slope_1, slope_2, slope_4)
check("06-design-bump")

# %% [markdown] id="training-prompt"
# ## 6 · Debug a training loop
#
# *4 points. You practise: asking of every quantity in a loop whether it must be computed anew.*
#
# One ReLU unit, $\max(w x + b, 0)$, is to learn five wanted outputs by gradient descent on the mean squared error; error means output minus wanted output. For each example that switches the unit on, the
# slope of its squared error is $2 \cdot \text{error} \cdot x$ with respect to $w$ and $2 \cdot \text{error}$ with respect to $b$; an example for which it is off counts 0. The formulas in
# the loop are right, and yet the unit misses a target that it could hit exactly, with $w = 1$ and $b = 0.5$:


# %% id="training-broken"
def broken_train_unit(w, b, rate, steps, x, y):
    on = b + w * x > 0
    while steps > 0:
        error = np.maximum(b + w * x, 0) - y
        slope_w, slope_b = np.mean(2 * error * on * x), np.mean(2 * error * on)
        w, b = w - rate * slope_w, b - rate * slope_b
        steps = steps - 1
    return np.maximum(b + w * x, 0)


inputs, wanted = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), np.array([0.0, 0.0, 0.5, 1.5, 2.5])
trained = broken_train_unit(-0.5, 0.4, 0.2, 200, inputs, wanted)
print("wanted ", wanted.tolist())
print("learned", [round(float(value), 2) for value in trained])

# %% [markdown] id="training-task"
# Write `train_unit(w, b, rate, steps, x, y)`: `w`, `b` and `rate` are numbers, `steps` a whole number, `x` and `y` float arrays of one shape. It returns what the
# unit says at `x` after the last step, in that shape. Leave `x` and `y` as they are.
#
# A tiny example: with 0 steps, `train_unit(1.0, 0.5, 0.1, 0, x, y)` is just $\max(x + 0.5, 0)$.


# %% id="training-answer" tags=["answer"]
def train_unit(w, b, rate, steps, x, y):
    """Outputs max(w·x + b, 0) after `steps` steps of gradient descent on the mean squared error; shape of x."""
    ### BEGIN SOLUTION
    for _ in range(steps):
        score = w * x + b
        on = score > 0  # another pattern in every step: it moves with w and b
        error = np.maximum(score, 0) - y
        w = w - rate * np.mean(2 * error * on * x)
        b = b - rate * np.mean(2 * error * on)
    return np.maximum(w * x + b, 0)
    ### END SOLUTION


# %% id="training-check"
check("06-debug-training")

# %% [markdown] id="training-why" tags=["solution"]
# **Why this works.** The score, the error and the pattern of on and off all depend on $w$ and $b$, so each step must compute all three anew, and before it changes
# either number. With the pattern frozen at the start, the examples at 1 and 2 stayed shut out although the unit had long begun to answer them. With
# matrices the same step reads:


# %% id="training-alternative" tags=["solution"]
def train_unit(w, b, rate, steps, x, y):
    columns, both = np.stack([x.ravel(), np.ones(x.size)], axis=1), np.array([w, b])
    for _ in range(steps):
        output = np.maximum(columns @ both, 0)
        both = both - rate * 2 / x.size * columns.T @ ((output - y.ravel()) * (output > 0))
    return np.maximum(columns @ both, 0).reshape(x.shape)


check("06-debug-training")

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/06_relu.ipynb) show a second way for most questions.
