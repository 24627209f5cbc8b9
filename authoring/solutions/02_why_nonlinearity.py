# ---
# course:
#   exercises: 20
#   objectives:
#     - count what is left of a linear stack
#     - tell a bend from a function that collapses
#     - multiply two layers out, biases included
#     - put the bend where it belongs, and build a score from two hinges
# ---

# %% [markdown] id="card"
# # Why non-linearity: your turn
#
# This belongs to [Lesson 02, Why non-linearity](../notebooks/02_why_nonlinearity.ipynb). Five questions, 12 points, about 20 minutes. The questions don't build on
# each other: begin where you like. Inputs are called $u$; a linear layer gives `u @ w + b`.
#
# For help, run `hint` with a question's name, for instance `hint("02-multiply-out")`: the first hint is a question, the last is nearly the answer.
# `solution("02-multiply-out")` asks before it shows one.

# %% id="imports"
import numpy as np

from course_lib.exercises import check, hint, solution

# %% [markdown] id="count-prompt"
# ## 1 · How many numbers are left?
#
# *2 points. You practise: what a linear stack is after the collapse.*
#
# A network for pictures of 28 × 28 pixels has 784 inputs, a layer of 300 units, a layer of 100 and a layer of 10 outputs. Every unit has a bias, and somebody forgot
# all activations. It holds 266,610 weights and biases.
#
# Set `numbers` to the number of weights and biases of the **single** layer that computes the same.

# %% id="count-answer" tags=["answer"]
### BEGIN SOLUTION
numbers = 784 * 10 + 10
### END SOLUTION

# %% id="count-check"
check("02-count-numbers")

# %% [markdown] id="count-why" tags=["solution"]
# **Why.** $W_1 W_2 W_3$ has a row for each of the 784 inputs and a column for each of the 10 outputs; the inner sizes 300 and 100 vanish. The three biases become one
# vector of length 10. NumPy agrees:

# %% id="count-alternative" tags=["solution"]
w1, w2, w3 = np.ones((784, 300)), np.ones((300, 100)), np.ones((100, 10))
matrix = w1 @ w2 @ w3
print("the product has shape", matrix.shape, "and with 10 biases", matrix.size + 10, "numbers are left")

# %% [markdown] id="choice-prompt"
# ## 2 · Which piece is no bend?
#
# *1 point. You practise: recognising what collapses.*
#
# Between two linear layers stands one of these, applied to every number. After which of them can the stack **still** be multiplied out into one linear layer?
#
# * **a)** `np.maximum(x, 0)`
# * **b)** `np.clip(x, -1, 1)`: what lies beyond −1 or 1 is cut off there
# * **c)** `3 * x - 2`
# * **d)** `np.abs(x)`
#
# Set `no_bend` to the letter, in quotes.

# %% id="choice-answer" tags=["answer"]
### BEGIN SOLUTION
no_bend = "c"
### END SOLUTION

# %% id="choice-check"
check("02-still-one-layer")

# %% [markdown] id="choice-why" tags=["solution"]
# **Why.** $3x - 2$ has slope 3 everywhere. The others change their slope: at 0, at −1 and 1, and at 0. A quick test: a piece without a bend gives, half-way between two
# inputs, half-way between its values.

# %% id="choice-alternative" tags=["solution"]
pieces = {
    "a": lambda x: np.maximum(x, 0.0),
    "b": lambda x: np.clip(x, -1.0, 1.0),
    "c": lambda x: 3 * x - 2,
    "d": lambda x: np.abs(x),
}
for letter, piece in pieces.items():
    gaps = [float((piece(m - 1.0) + piece(m + 1.0)) / 2 - piece(m)) for m in (0.0, 1.0)]
    print(letter, "gap half-way:", gaps)

# %% [markdown] id="multiply-prompt"
# ## 3 · Two layers, multiplied out
#
# *3 points. You practise: the collapse with its biases, and the shapes of matrices.*
#
# Two linear layers follow each other: `w1` has shape (d, h), `b1` (h,), `w2` (h, k) and `b2` (k,). Write `one_layer(w1, b1, w2, b2)`, which returns the single layer that
# computes the same, as one array of shape (d + 1, k): the d rows of its matrix, and below them, **as the last row, its bias**. Leave the inputs as they are.
#
# A tiny example with one input, one unit and one output: `one_layer(np.array([[2.0]]), np.array([1.0]), np.array([[3.0]]), np.array([4.0]))` is `[[6], [7]]`, because
# $(2u + 1) \cdot 3 + 4 = 6u + 7$.


# %% id="multiply-answer" tags=["answer"]
def one_layer(w1, b1, w2, b2):
    """The single layer of two linear ones: its matrix, and its bias as the last row, (d + 1, k)."""
    ### BEGIN SOLUTION
    # The first bias passes through the second layer, too.
    return np.vstack([w1 @ w2, b1 @ w2 + b2])
    ### END SOLUTION


# %% id="multiply-check"
check("02-multiply-out")

# %% [markdown] id="multiply-why" tags=["solution"]
# **Why this works.** Expand the brackets: $(u W_1 + b_1) W_2 + b_2 = u\,(W_1 W_2) + (b_1 W_2 + b_2)$. Another way is to ask the stack, as the lesson does with the digits: the input 0
# gives the bias, and each input with a single 1 gives a row of the matrix plus the bias.


# %% id="multiply-alternative" tags=["solution"]
def one_layer(w1, b1, w2, b2):
    def stack(u):
        return (u @ w1 + b1) @ w2 + b2

    bias = stack(np.zeros((1, len(w1))))
    return np.vstack([stack(np.eye(len(w1))) - bias, bias])


check("02-multiply-out")

# %% [markdown] id="repair-prompt"
# ## 4 · Repair a network
#
# *3 points. You practise: where the bend belongs.*
#
# This network should be a linear layer, the bend $\max(x, 0)$, and a second linear layer. It gets the lamp of the lesson wrong:


# %% id="repair-broken"
def broken_forward(u, w1, b1, w2, b2):
    return np.maximum((u @ w1 + b1) @ w2 + b2, 0)


switches = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
lamp = (np.ones((2, 2)), np.array([0.0, -1.0]), np.array([[1.0], [-2.0]]), np.array([0.0]))
broken_forward(switches, *lamp).ravel().tolist()

# %% [markdown] id="repair-task"
# Wanted: 0, 1, 1, 0. Write `forward(u, w1, b1, w2, b2)`: `u` has shape (n, d), `w1` (d, h), `b1` (h,), `w2` (h, k), `b2` (k,); it returns the scores, shape (n, k). Scores may be
# negative. Leave the inputs as they are.


# %% id="repair-answer" tags=["answer"]
def forward(u, w1, b1, w2, b2):
    """Scores of a linear layer, the bend max(x, 0) and a second linear layer, (n, k)."""
    ### BEGIN SOLUTION
    # The bend stands between the layers: after the first bias, before the second matrix.
    return np.maximum(u @ w1 + b1, 0) @ w2 + b2
    ### END SOLUTION


# %% id="repair-check"
check("02-repair-forward")

# %% [markdown] id="repair-why" tags=["solution"]
# **Why this works.** In the broken version the two matrices meet with nothing between them and are one; the bend afterwards can't undo that. The first bias belongs to the
# score, so it comes before the bend: it decides where the bend stands. With the steps named:


# %% id="repair-alternative" tags=["solution"]
def forward(u, w1, b1, w2, b2):
    x = u @ w1 + b1
    a = np.where(x > 0, x, 0.0)
    return a @ w2 + b2


check("02-repair-forward")

# %% [markdown] id="lamp-prompt"
# ## 5 · Wire up a lamp
#
# *3 points. You practise: building from two hinges what no line can do.*
#
# Another lamp on the stairs is on when its two switches **agree**. With $s = u_1 + u_2$ and $\mathrm{relu}(x) = \max(x, 0)$ its score is
#
# $$v_1\,\mathrm{relu}(s + c_1) + v_2\,\mathrm{relu}(s + c_2) + b.$$
#
# Choose the five numbers `v1`, `c1`, `v2`, `c2` and `b` such that the score is
#
# * 1 at $s = 0$,
# * 0 at $s = 1$, and
# * 1 at $s = 2$,
#
# each within 0.05. Any numbers that work are right; `check` tells you what your lamp gives.

# %% id="lamp-answer" tags=["answer"]
### BEGIN SOLUTION
v1, c1 = -1.0, 0.0
v2, c2 = 2.0, -1.0
b = 1.0
### END SOLUTION

# %% id="lamp-check"
check("02-wire-a-lamp")

# %% [markdown] id="lamp-why" tags=["solution"]
# **Why this works.** The score must fall with slope −1 up to $s = 1$ and rise with slope 1 from there. The first hinge begins at 0 and brings −1; the second begins at 1 and must bring
# 2, because the slopes of all hinges that have begun add up: $-1 + 2 = 1$. The bias lifts the start to 1. A second way: let the first hinge begin earlier, and lift more.

# %% id="lamp-alternative" tags=["solution"]
v1, c1, v2, c2, b = -1.0, 1.0, 2.0, -1.0, 2.0
check("02-wire-a-lamp")

# %% [markdown] id="end"
# ## Where to go on
#
# Your points are on the [start page](../notebooks/00_start_here.ipynb). The [solutions](../solutions/02_why_nonlinearity.ipynb) show a second way for every question. The first bend
# with a lesson of its own is the [sigmoid](../notebooks/03_sigmoid.ipynb).
