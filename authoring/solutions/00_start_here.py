# ---
# course:
#   exercises: 3
#   objectives:
#     - define a function, run its cell, and read what check says
# ---

# %% [markdown] id="card"
# # Warm-up: how an exercise works
#
# This belongs to [Lesson 00, Start here](../notebooks/00_start_here.ipynb). One question, three minutes, 1 point.
#
# Every exercise goes like this: **read** what to write, **write** it in the answer cell, **run** that cell (Shift+Enter), then run the cell with `check`.
# Wrong answers cost nothing, and you may try as often as you like.

# %% id="imports"
import numpy as np

from course_lib.exercises import check, hint, solution

# %% [markdown] id="double-prompt"
# ## Double an array
#
# *1 point. You practise: defining a function and letting `check` look at it.*
#
# Write `double(x)`. It takes an array of any shape and returns an array of the same shape with every number times two. Leave `x` as it is.
#
# A tiny example: `double(np.array([1.0, -3.0]))` is `[2, -6]`.
#
# Replace the line `raise NotImplementedError`. Before you do, run the `check` cell once and see what it says about an exercise that has not been started.


# %% id="double-answer" tags=["answer"]
def double(x):
    """Every element times two; any shape → the same shape."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% id="double-check"
check("00-double")

# %% [markdown] id="double-help"
# Stuck? In a new cell, run `hint("00-double")`: each call helps a little more. `solution("00-double")` asks before it shows anything.

# %% [markdown] id="double-why" tags=["solution"]
# **Why this works.** NumPy applies arithmetic to every element, so one product doubles an array of any shape. A new array comes back and `x` keeps its values;
# `x *= 2` would have overwritten the caller's data. Adding works as well:


# %% id="double-alternative" tags=["solution"]
def double(x):
    return x + x


check("00-double")

# %% [markdown] id="try-more"
# ## Try what check says
#
# Break your answer on purpose: square instead of doubling, forget the `return`, misspell `x`. Read each message. It tells you what was seen,
# what it means and what to do next, and never gives the answer away.
#
# Then go back to [Start here](../notebooks/00_start_here.ipynb), where the map and a quiz wait, or on to
# [01 One neuron and the training loop](../notebooks/01_neuron.ipynb).
