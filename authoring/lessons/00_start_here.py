# ---
# course:
#   teaching: 12
#   exercises: 3
#   objectives:
#     - know how a lesson works, and make, check and store a first answer
#     - say in one sentence what an activation does and what a loss does
# ---

# %% [markdown] id="card"
# # Start here
#
# **A course on the two kinds of function that make neural networks learn: activations, which bend, and losses, which judge.**
#
# | | |
# |---|---|
# | You get | short lessons, one function each: what it is, its slope, its strengths and weaknesses, where it is used |
# | You do | predict, run, explore, answer; every answer is checked on the spot |
# | Needs | a little Python and NumPy, and what the slope of a curve is |
# | Time | 15 minutes for this page, 40 to 50 minutes for a lesson with its exercises |

# %% [markdown] id="running"
# This page is a notebook: text, and cells with code. Click into a cell and press **Shift + Enter** to run it and move on. Run the cells
# from top to bottom; each uses what the ones above it have made. Nothing here can break: to start afresh, choose *Kernel → Restart Kernel*.

# %% id="imports"
import numpy as np

from course_lib import data, plots, selftest, training, widgets
from course_lib.activations import relu
from course_lib.exercises import predict, progress, quiz, recall, reveal

# %% [markdown] id="ready"
# ## Is this computer ready?

# %% id="ready-check"
selftest.report()

# %% [markdown] id="warm-up"
# ## Warm-up: three questions you may know
#
# Every lesson begins with questions from earlier ones. Trying to remember is what makes knowledge stay; a wrong try
# does no harm. These three are about what the course takes for granted.

# %% id="recall" tags=["widget"]
recall("00")

# %% [markdown] id="question"
# ## Why activations?
#
# A neural network is a chain of simple steps. The simplest step multiplies its input by a number and adds another: a straight
# line. Let us put one straight line behind another and see how much more the chain can do than one line alone.


# %% id="chain"
def first(x):
    return 2 * x - 1


def second(x):
    return -3 * x + 2


# %% [markdown] id="predict"
# ## Predict first
#
# What does `second(first(x))` look like as a curve over x? **Commit yourself before you run on.** People who predict first learn more from what they then
# see, and they remember their surprise. Your answer is stored; nobody grades it.

# %% id="predict-form" tags=["widget"]
predict("00-two-lines")

# %% [markdown] id="chain-look"
# The figure has a second curve. There the number passes a **hinge** on its way from line to line: max(x, 0) lets a positive number through and turns
# a negative one into 0. Look for the place where the two curves part.

# %% id="chain-figure"
x = np.linspace(-2, 3, 201)
curves = {"line, line": second(first(x)), "line, hinge, line": second(relu(first(x)))}
plots.show(
    plots.lines(x, curves, x_label="input x", y_label="output"),
    alt="Two lines in a row give one straight line, which falls from 17 on the left to minus 13 on the right. "
    "With the hinge between them the curve is flat at 2 up to one half and falls along the same line from there.",
)
reveal("00-two-lines")

# %% [markdown] id="chain-seen"
# *What to see: two lines in a row are again one straight line. With the hinge between them the curve is flat up to x = ½, bends there, and falls
# along that line.*
#
# However many straight lines we chain, we get one straight line:

# %% id="chain-check"
print("second(first(x)) is -6 x + 5:", bool(np.allclose(second(first(x)), -6 * x + 5)))

# %% [markdown] id="definition"
# **An activation is the bend between the lines.** The hinge $\max(x, 0)$ is one; it is called ReLU. The course is about these bends, and about
# the second kind of function: **a loss says in one number how wrong an output is**, so that training can make it smaller.
#
# ## Explore a first one
#
# Here is the S-shaped bend of [lesson 03](03_sigmoid.ipynb) with its slope beside it. **Task: find a place where the curve has the height that the panel asks for.**
# Drag the point, move the slider with the arrow keys, or type a number. Every lesson has one such panel with one task.

# %% id="explore-widget" tags=["widget"]
widgets.explore("sigmoid", task="value")

# %% [markdown] id="explore-seen"
# *What to see: the curve climbs from 0 to 1; the point's height is $f(x)$, and the dashed line through it shows how steep the curve is there.*

# %% [markdown] id="experiment-claim"
# ## Experiment: does one bend matter on real data?
#
# **Claim.** With a bend in the middle, the same network reads handwriting better.
#
# **Run.** 1,797 small pictures of handwritten digits. A network with 100 units side by side in its middle, each a linear step and an activation, sees
# 1,347 of them thirty times over, and is then asked about the 450 it has never seen. Once without a bend (`identity`), once with ReLU; three random
# starts each. The other names in the cell can wait for their lessons.

# %% id="experiment"
train, test = data.digits()
loss = "categorical_cross_entropy_with_logits"
for activation in ("identity", "relu"):
    for seed in range(3):
        pace = training.SGD(rate=0.3)
        network = training.Network([64, 100, 10], activation, loss=loss, optimiser=pace, rng=seed)
        network.fit(train.x, train.one_hot, epochs=30, batch_size=32)
        wrong = np.sum(network.predict(test.x).argmax(axis=1) != test.y)
        print(f"{activation:8} seed {seed}: {wrong:2} of {len(test)} new digits read wrongly")

# %% [markdown] id="experiment-read"
# **Read.** Straight lines alone already do well here: they misread 16 digits. The bend brings that down to 11, 12 or 13, whatever the start.
#
# **What this does not show.** How much a bend matters elsewhere. All six networks were asked about the same 450 digits, and digits as small as these
# are an easy task; there are tasks that straight lines can't solve at all.

# %% [markdown] id="your-turn"
# ## Your turn: a first exercise
#
# Open the [warm-up exercise](../exercises/00_start_here.ipynb): one line of code, three minutes. There you write a function, run `check`, and read what
# it says; `hint` helps a little more each time you call it, and `solution` asks before it shows anything. The
# [solution](../solutions/00_start_here.ipynb) is a notebook, too.

# %% [markdown] id="map"
# ## Map of the course
#
# | lesson | in one sentence | minutes |
# |---|---|---|
# | **00 Start here** | predict, explore, check: how to learn here | 15 |
# | [**01 One neuron and the training loop**](01_neuron.ipynb) | learning is four steps, repeated: forward, loss, gradient, update | 50 |
# | [**02 Why non-linearity**](02_why_nonlinearity.ipynb) | stacked linear layers are one linear layer; one bend changes that | 40 |
# | [**03 Sigmoid**](03_sigmoid.ipynb) | any score becomes a number between 0 and 1, and the slope is never more than ¼ | 40 |
# | [**06 ReLU**](06_relu.ipynb) | a hinge, and sums of hinges make every piecewise-linear curve | 50 |
# | [**11 Softmax**](11_softmax.ipynb) | scores become shares; only differences count | 50 |
# | [**17 Mean squared error**](17_mse.ipynb) | its best constant is the mean, so one outlier drags it | 45 |
# | [**22 Binary cross-entropy**](22_binary_cross_entropy.ipynb) | the cost of a confident mistake has no ceiling; −log p is surprise | 40 |
# | [**24 MSE against cross-entropy**](24_mse_or_cross_entropy.ipynb) | the squared error carries the sigmoid's slope, cross-entropy cancels it | 45 |
# | [**27 Pairing output and loss**](27_output_and_loss.ipynb) | the target's type fixes the output unit, which fixes the loss | 50 |
#
# All functions, those without a lesson too, stand in two galleries to look things up, to explore and to compare: [activations](90_gallery_activations.ipynb)
# and [losses](91_gallery_losses.ipynb).

# %% [markdown] id="playground"
# ## For later: build and train your own
#
# Once you have met a few functions, come back and put them into a network of your own: choose data, layers, activations, loss and learning rate, and watch it
# learn. It has a task, too.

# %% id="playground-widget" tags=["widget"]
widgets.playground()

# %% [markdown] id="playground-seen"
# *What to see: after 100 steps the boundary has begun to close round the points in the middle. The loss has come down to 0.523 on the points that the
# network learns from, and to 0.572 on others. The bars are the lengths of the gradients, which [lesson 01](01_neuron.ipynb) explains.*

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("00")

# %% [markdown] id="progress"
# ## Your progress
#
# Stored on this computer only, in the folder `.course`. `progress().export("mine.json")` writes it to a file, and `progress().reset()` asks before it forgets
# everything.

# %% id="progress-table" tags=["widget"]
progress()

# %% [markdown] id="remember"
# ## Remember
#
# **Predict, run, explore, check. An activation bends; a loss judges.**
#
# Next: [01 One neuron and the training loop](01_neuron.ipynb).
