# ---
# course:
#   exercises: 20
#   objectives:
#     - find the constant with the lowest MSE, by rule and in a figure
#     - write the gradient of the MSE for arrays of any shape
#     - keep each prediction paired with its own target
#     - debug a training loop, and lay a line through three points
# ---

# %% [markdown] id="card"
# # Mean squared error: your turn
#
# This belongs to [Lesson 17, Mean squared error](../notebooks/17_mse.ipynb). Six questions, 15 points, about 20 minutes. The questions don't build on each
# other. Everywhere in the course the target comes first: `(y_true, y_pred)`.
#
# For help, run `hint` with a question's name, for instance `hint("17-mse-gradient")`. `solution("17-mse-gradient")` asks before it shows an answer.

# %% id="imports"
import numpy as np

from course_lib import plots
from course_lib.exercises import check, figures, hint, solution

# %% [markdown] id="slow-prompt"
# ## 1 · One slow run
#
# *1 point. You practise: the best constant of MSE, and what an outlier does to it.*
#
# A program is timed ten times. Nine runs take 20 seconds each, the tenth takes 120. One constant shall predict all ten. Which one has the **lowest MSE**?
#
# Set `constant` to it, in seconds. You may compute it.

# %% id="slow-answer" tags=["answer"]
### BEGIN SOLUTION
constant = np.mean([20.0] * 9 + [120.0])
### END SOLUTION

# %% id="slow-check"
check("17-one-slow-run")

# %% [markdown] id="slow-why" tags=["solution"]
# **Why this works.** The slope of the cost, the mean of $2(c - y)$, is 0 where the misses add up to 0: at the mean, $(9 \cdot 20 + 120)/10 = 30$. No run took 30 seconds. The
# median, MAE's answer, is 20.

# %% [markdown] id="bowl-prompt"
# ## 2 · The wait under the coffee
#
# *2 points. You practise: reading the best constant off a curve, and what it says about the data.*
#
# Seven waits were noted: 3, 4, 5, 6, 8 and 10 minutes, and a seventh, longer one that is now under a coffee stain. Before that, somebody had drawn the MSE of each constant on **all seven**.
# Run the next cell to see the figure; its vertical axis begins at 55.

# %% id="bowl-figure"
plots.show(
    figures.spilled_coffee(),
    alt="The mean squared error of a constant on all seven waits, over the constants from 6 to 14 minutes: a smooth "
    "bowl. It is 68 at 6, 63 at 7, 60 at 8, 60 at 10, 63 at 11, 68 at 12 and 84 at 14.",
)

# %% [markdown] id="bowl-seen"
# *What to see: a bowl with one lowest point, as high on its left as on its right.*
#
# How long was the **seventh** wait? Set `seventh` to it, in minutes. It may be off by 1.75.

# %% id="bowl-answer" tags=["answer"]
### BEGIN SOLUTION
seventh = 7 * 9 - (3 + 4 + 5 + 6 + 8 + 10)
### END SOLUTION

# %% id="bowl-check"
check("17-read-bowl")

# %% [markdown] id="bowl-why" tags=["solution"]
# **Why this works.** The bowl is lowest at 9, half-way between two constants that cost the same, and the constant with the lowest MSE is the mean. So the seven waits add up to $7 \cdot 9 = 63$, the six known ones to 36,
# and 27 are left. The pulls say the same:

# %% id="bowl-alternative" tags=["solution"]
known = np.array([3, 4, 5, 6, 8, 10])
# At the best constant the misses of all seven add up to 0.
seventh = 9 + np.sum(9 - known)
print(seventh)
check("17-read-bowl")

# %% [markdown] id="gradient-prompt"
# ## 3 · What each prediction hears
#
# *3 points. You practise: a gradient with one number for each prediction.*
#
# Write `mse_gradient(y_true, y_pred)`: two float arrays of one shape, any shape; it returns an array of that shape with the derivative of the MSE, the mean over
# **all** elements, with respect to each prediction.
#
# A tiny example: `mse_gradient(np.array([1.0, 1.0]), np.array([1.0, 4.0]))` is `[0, 3]`.


# %% id="gradient-answer" tags=["answer"]
def mse_gradient(y_true, y_pred):
    """Derivative of the mean squared error with respect to each prediction; one shape → that shape."""
    ### BEGIN SOLUTION
    # The mean divides by all elements, so each one's slope is divided, too.
    return 2 * (y_pred - y_true) / y_pred.size
    ### END SOLUTION


# %% id="gradient-check"
check("17-mse-gradient")

# %% [markdown] id="gradient-why" tags=["solution"]
# **Why this works.** Of the $n$ terms in $\frac{1}{n} \sum_i (\hat y_i - y_i)^2$ only one contains $\hat y_i$. It gives $2(\hat y_i - y_i)$, and the $\frac{1}{n}$ stays. Element by
# element it looks like this:


# %% id="gradient-alternative" tags=["solution"]
def mse_gradient(y_true, y_pred):
    gradient = np.zeros(y_pred.shape)
    for place in np.ndindex(y_pred.shape):
        gradient[place] = 2 * (y_pred[place] - y_true[place]) / y_pred.size
    return gradient


check("17-mse-gradient")

# %% [markdown] id="columns-prompt"
# ## 4 · Repair a loss that compares everyone with everyone
#
# *3 points. You practise: seeing how $(n, 1)$ against $(n,)$ becomes $(n, n)$.*
#
# The first line was copied from somewhere else. With rows it does no harm; here are three perfect predictions as a column:


# %% id="columns-broken"
def broken_squared_errors(y_true, y_pred):
    y_true = y_true.ravel()
    return (y_pred - y_true) ** 2


column = np.array([[1.0], [2.0], [4.0]])
errors = broken_squared_errors(column, column)
print(f"shape {errors.shape}, mean {errors.mean():.2f}")

# %% [markdown] id="columns-task"
# Nine numbers for three predictions, and a cost for perfection.
#
# Write `squared_errors(y_true, y_pred)`: two float arrays of one shape, which may be $(n,)$, $(n, 1)$ or $(n, k)$; it returns an array of that shape, the squared error
# of each prediction against its own target.
#
# A tiny example: for the column above as both arguments it gives a column of three zeros.


# %% id="columns-answer" tags=["answer"]
def squared_errors(y_true, y_pred):
    """(y_pred − y_true)² for each prediction and its own target; one shape → that shape."""
    ### BEGIN SOLUTION
    # Same shapes in, same shape out: nothing to reshape, nothing to broadcast.
    miss = y_pred - y_true
    return miss**2
    ### END SOLUTION


# %% id="columns-check"
check("17-repair-columns")

# %% [markdown] id="columns-why" tags=["solution"]
# **Why this works.** `ravel` makes $(n, 1)$ into $(n,)$; NumPy then repeats both arrays to $(n, n)$. Without it the shapes agree. Flattening *both* is right as well, if
# the result gets its shape back:


# %% id="columns-alternative" tags=["solution"]
def squared_errors(y_true, y_pred):
    return np.square(y_pred.ravel() - y_true.ravel()).reshape(y_pred.shape)


check("17-repair-columns")

# %% [markdown] id="loop-prompt"
# ## 5 · Debug a training loop that overshoots
#
# *4 points. You practise: knowing what must be computed anew in every step.*
#
# Each target has a prediction of its own, which starts at 0. Gradient descent on the MSE, with the learning rate 0.5, should bring every prediction to its target:


# %% id="loop-broken"
def broken_descend(targets, steps):
    guess = np.zeros(targets.shape)
    slope = 2 * (guess - targets) / targets.size
    for step in range(steps):
        guess = guess - 0.5 * slope
    return guess


for steps in (1, 2, 10):
    print(f"targets 4 and −1, after {steps:2} steps:", broken_descend(np.array([4.0, -1.0]), steps).tolist())

# %% [markdown] id="loop-task"
# After two steps it is there. It doesn't notice, and walks on.
#
# Write `descend(y_true, steps)`: a float array of any shape and a whole number, 0 or more; it returns the predictions after so many steps, in the shape of
# `y_true`. Start at 0 everywhere, take the learning rate 0.5, and the MSE as the mean over all elements. Leave `y_true` as it is.
#
# A tiny example: `descend(np.array([4.0, -1.0]), 2)` is `[3, -0.75]`.


# %% id="loop-answer" tags=["answer"]
def descend(y_true, steps):
    """Predictions after so many steps of gradient descent on the MSE, from 0, at rate 0.5; any shape → that shape."""
    ### BEGIN SOLUTION
    y_pred = np.zeros(y_true.shape)
    for _ in range(steps):
        # Anew in every step: the gradient shrinks as the miss does.
        gradient = 2 * (y_pred - y_true) / y_true.size
        y_pred = y_pred - 0.5 * gradient
    return y_pred
    ### END SOLUTION


# %% id="loop-check"
check("17-debug-descent")

# %% [markdown] id="loop-why" tags=["solution"]
# **Why this works.** The slope belongs to a place, and after each step the place is another. Each step multiplies the miss by $1 - \frac{2 \cdot 0.5}{n}$, so after $k$ steps
# the share $(1 - \frac{1}{n})^k$ of it is left. That is a closed form:


# %% id="loop-alternative" tags=["solution"]
def descend(y_true, steps):
    left = (1 - 1 / y_true.size) ** steps
    return y_true * (1 - left)


check("17-debug-descent")

# %% [markdown] id="design-prompt"
# ## 6 · Lay a line through three points
#
# *2 points. You practise: minimising the MSE of a line.*
#
# The points are (0, 1), (1, 3) and (2, 8). Choose `w` and `b` such that the line $w x + b$ has an **MSE of at most 0.505** on them. Any pair that does is right. Pen and
# paper will do, and so will the lesson's gradient descent.

# %% id="design-answer" tags=["answer"]
### BEGIN SOLUTION
w, b = 3.5, 0.5
### END SOLUTION

# %% id="design-check"
check("17-design-line")

# %% [markdown] id="design-why" tags=["solution"]
# **Why this works.** The slope for $b$ is 0 where the misses add up to 0: the best line runs through the mean point (1, 4), so $b = 4 - w$. The misses are then $3 - w$, $1$
# and $w - 4$, and the slope of their squares, $2(w - 3) + 2(w - 4)$, is 0 at $w = 3.5$. The normal equations say the same:

# %% id="design-alternative" tags=["solution"]
x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 8.0])
columns = np.column_stack([x, np.ones(3)])
w, b = np.linalg.solve(columns.T @ columns, columns.T @ y)
print(f"w = {w:.2f}, b = {b:.2f}, MSE {np.mean((w * x + b - y) ** 2):.2f}")

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/17_mse.ipynb) show a second way for most questions.
