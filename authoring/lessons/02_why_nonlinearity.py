# ---
# course:
#   teaching: 20
#   exercises: 20
#   objectives:
#     - multiply stacked linear layers out into one and count what is left
#     - prove in one sentence that no stack of linear layers computes exclusive or
#     - build exclusive or from two hinges, and say why training does not always find it
# ---

# %% [markdown] id="card"
# # Why non-linearity
#
# **Stacked linear layers are one linear layer; one bend between them changes that.**
#
# | | |
# |---|---|
# | Linear layer | $u W + b$: each output is a weighted sum of the inputs, plus a bias |
# | Collapse | $(u W_1 + b_1) W_2 + b_2 = u\,(W_1 W_2) + (b_1 W_2 + b_2)$ |
# | Used for | the reason why every hidden layer has an activation |
# | Needs | [00 Start here](00_start_here.ipynb) and [01 One neuron](01_neuron.ipynb) |
# | Time | 20 minutes, and 20 for the [exercises](../exercises/02_why_nonlinearity.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, numerics, plots, training, widgets
from course_lib.activations import relu
from course_lib.exercises import predict, quiz, recall, reveal

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("02")

# %% [markdown] id="question"
# ## Does a deeper stack know more?
#
# A neuron weighs its inputs $u$, adds a bias, and bends the sum. A **layer** is several neurons side by side: the columns of a matrix $W$ are their weights, the rows
# of `u` the examples, and `u @ W` gives all sums at once. A layer before the last is called **hidden**, its neurons **units**. Without bends and biases
# we stack five.

# %% id="five-layers"
rng = np.random.default_rng(0)
layers = rng.normal(0, 0.4, size=(5, 8, 8))
u = rng.normal(size=(1000, 8))
out = u
for weights in layers:
    out = out @ weights
print(f"{layers.size} numbers turn {u.shape[1]} inputs into {out.shape[1]} outputs")

# %% [markdown] id="predict"
# ## Predict first
#
# How many numbers would be enough to compute the very same outputs, for every input?

# %% id="predict-form" tags=["widget"]
predict("02-numbers-needed")

# %% [markdown] id="definition"
# ## The collapse, in two lines
#
# $$(u W_1 + b_1)\,W_2 + b_2 \;=\; u W_1 W_2 + b_1 W_2 + b_2 \;=\; u\,\underbrace{(W_1 W_2)}_{W} + \underbrace{(b_1 W_2 + b_2)}_{b}$$
#
# In words: the matrices can be multiplied with each other before any input comes, and **one layer** is left. Five become one in four such steps. (With its bias a
# layer is strictly called *affine*; here *linear* means: the same slope everywhere.)

# %% id="collapse"
one_matrix = layers[0] @ layers[1] @ layers[2] @ layers[3] @ layers[4]
difference = np.abs(out - u @ one_matrix).max()
print("largest difference under 1e-12:", bool(difference < 1e-12))
print(f"{layers.size} numbers against {one_matrix.size}")
reveal("02-numbers-needed")

# %% [markdown] id="collapse-read"
# The difference is rounding. Is there anything that one layer can't compute?

# %% [markdown] id="xor"
# ## Four corners that no line separates
#
# A lamp on the stairs has two switches, $u_1$ and $u_2$. It is on when exactly one of them is: **exclusive or**, XOR for short.
#
# | | $u_2 = 0$ | $u_2 = 1$ |
# |---|---|---|
# | $u_1 = 0$ | off, 0 | on, 1 |
# | $u_1 = 1$ | on, 1 | off, 0 |
#
# We ask for a score that is above 0 where the lamp is on and below 0 where it is off. **No linear score can do it**: (0, 0) and (1, 1) have the same midpoint as (0, 1)
# and (1, 0), so a linear score has the same sum over both pairs, but the first sum would have to be negative and the second positive.
#
# The sigmoid turns the score into a probability, and the loss is $-\ln$ of the probability given to the right answer (binary cross-entropy,
# [lesson 22](22_binary_cross_entropy.ipynb)). `Adam` is gradient descent with a rate of its own for each weight.

# %% id="linear-on-xor"
corners = data.xor_corners()
wanted = corners.y[:, None]  # a column: one target per corner
log_loss = "binary_cross_entropy_with_logits"
settings = {"loss": log_loss, "optimiser": training.Adam(rate=0.05)}
for hidden in ([], [8], [8, 8, 8]):
    stack = training.Network([2, *hidden, 1], "identity", **settings)
    history = stack.fit(corners.x, wanted, epochs=300, record_every=300)
    p = stack.predict_probability(corners.x).ravel().round(3)
    print(f"layers: {len(hidden) + 1}   loss {history.loss[-1]:.4f}   outputs {p}")
print(f"a coin toss costs ln 2 = {np.log(2):.4f}")

# %% [markdown] id="linear-read"
# Whatever the depth, the best is to shrug: ½ at every corner, where the corners' pulls on each weight cancel.

# %% [markdown] id="by-hand"
# ## By hand: two hinges do it
#
# The hinge $\mathrm{relu}(x) = \max(x, 0)$ from lesson 00 is the bend. Add the switches, $s = u_1 + u_2$, and let two hidden units look at the sum:
#
# $$\text{score} = \mathrm{relu}(s) - 2\,\mathrm{relu}(s - 1)$$
#
# One switch on: $s = 1$, and the score is $1 - 2 \cdot 0 = 1$. Now you: for both switches off it is \_\_\_, for both on \_\_\_.
#
# <details><summary>Compare</summary>
#
# $s = 0$ gives $0 - 2 \cdot 0 = 0$, and $s = 2$ gives $2 - 2 \cdot 1 = 0$. Cut at one half, that is XOR.
#
# </details>
#
# In the figure, look at what happens at $s = 1$.

# %% id="hinges"
s = np.linspace(0, 2, 201)
curves = {"two hinges": relu(s) - 2 * relu(s - 1), "without bends": s - 2 * (s - 1)}
plots.show(
    plots.lines(s, curves, x_label="switches that are on: s = u₁ + u₂", y_label="score"),
    alt="The two hinges rise from 0 at no switch to 1 at one switch and fall back to 0 at two. "
    "Without the bends the score is a straight line that falls from 2 to 0.",
)

# %% id="hinges-check"
total = corners.x.sum(axis=1)
print("two hinges at the corners:", relu(total) - 2 * relu(total - 1), "  wanted:", corners.y)

# %% [markdown] id="hinges-seen"
# *What to see: the second hinge begins at s = 1 and turns the line round. Without the bends the same weights give a straight line.*

# %% [markdown] id="derivative"
# ## One slope everywhere, or one for each place
#
# By the chain rule the slope of a two-layer score in its inputs is a product: $W_1$, then the activation's slope $f'$, then $W_2$. Without a bend $f' = 1$, and the product is the
# same matrix at every input. With a bend, $f'$ depends on where we are. Measured on the two hinges:


# %% id="slopes"
def score(s):
    return relu(s) - 2 * relu(s - 1)


places = np.array([0.25, 0.75, 1.25, 1.75])
print("slopes of the score at", places, "are", numerics.central_difference(score, places).round(6))

# %% [markdown] id="roulette"
# ## Experiment: the XOR roulette
#
# **Claim.** A bend makes XOR possible, not certain: training must *find* the solution.
#
# **Run.** One hidden layer of two ReLU units, which we know are enough, 300 steps of Adam at rate 0.05, 50 random starts. A start wins when all four corners end
# up right; among the losers we count those with a *dead* unit, whose slope is 0 at all four corners. How many will win?

# %% id="roulette-predict" tags=["widget"]
predict("02-lucky-starts")


# %% id="roulette-run"
def play(seed):
    network = training.Network([2, 2, 1], "relu", rng=seed, **settings)
    return network.fit(corners.x, wanted, epochs=300, record_every=300).train[-1]


ends = [play(seed) for seed in range(50)]
lost = [end for end in ends if end.metric < 1]
dead = sum(end.dead_units[0] > 0 for end in lost)
print(f"{50 - len(lost)} win, {len(lost)} lose, {dead} of them with a dead unit")
reveal("02-lucky-starts")

# %% [markdown] id="roulette-others"
# Other bends (tanh is an S-curve from −1 to 1), and eight units; `roulette` trains all fifty side by side:

# %% id="roulette-table"
from course_lib.panels.collapse import roulette

for units in (2, 8):
    for activation in ("identity", "relu", "tanh", "sigmoid"):
        print(f"{units} units, {activation:8}: {roulette(activation, units).wins:2} of 50 win")

# %% [markdown] id="roulette-read"
# **Read.** Identity never wins. With two units every bend can win and often doesn't: descent gets stuck where small steps hardly help. With eight, nearly every
# start with a bend wins. 25 of ReLU's 40 losers have a dead unit, which no gradient reaches.
#
# **What this does not show.** That one bend is better than another: another rate or spread of first weights changes the counts. Nor that losers are lost for
# good: more steps may still save a sigmoid.

# %% [markdown] id="explore"
# ## Explore: fifty starts at once
#
# *Start* replays the training of one of the 50 starts; drag the dot in the upper right picture, or spin, to choose another. **Task: with ReLU, find the smallest
# number of hidden units with which more than half of the starts solve XOR.**

# %% id="explore-widget" tags=["widget"]
widgets.linear_collapse()

# %% [markdown] id="explore-seen"
# *What to see: the score folds along the dotted lines, one per unit. One fold is the valley through both corners that should be 0; the slopes on its two
# sides differ. Choose “No bend”: the scores along the diagonals become straight lines that cross in the middle, all slopes are equal, and every start ends at ln 2.*

# %% [markdown] id="digits"
# ## Experiment: 65 questions replace a network
#
# **Claim.** What collapses on paper collapses after training on real data.
#
# **Run.** Networks learn 1,347 handwritten digits. Then we ask each one 65 questions: its output for a blank picture, which is the bias, and for 64 pictures with
# a single pixel. If it is linear, these answers, minus the bias, are its one matrix. How many of 450 new digits do network and matrix misread, in five random
# splits? (The loss is that of [lesson 27](27_output_and_loss.ipynb).)


# %% id="digits-run"
def misread(hidden, activation, seed):
    train, test = data.digits(rng=seed)
    loss = "categorical_cross_entropy_with_logits"
    network = training.Network([64, *hidden, 10], activation, loss=loss, rng=seed)
    network.fit(train.x, train.one_hot, epochs=20, batch_size=32, record_every=20)
    bias = network.predict(np.zeros((1, 64)))
    matrix = network.predict(np.eye(64)) - bias
    answers = network.predict(test.x), test.x @ matrix + bias
    return [int(np.sum(answer.argmax(axis=1) != test.y)) for answer in answers]


# %% id="digits-table"
for hidden, activation in (([64, 64], "relu"), ([64, 64], "identity"), ([], "identity")):
    print(f"layers: {len(hidden) + 1}, activation: {activation}")
    pairs = [misread(hidden, activation, seed) for seed in range(5)]
    print("   misread by the network:   ", [network for network, _ in pairs])
    print("   misread by its one matrix:", [matrix for _, matrix in pairs])
numbers = training.Network([64, 64, 64, 10]).parameters.size
print(f"questions: {1 + 64}; numbers: {numbers} in three layers, {64 * 10 + 10} in one")

# %% [markdown] id="digits-read"
# **Read.** Without a bend, 650 numbers replace 8,970 and not one count changes. With ReLU the matrix misreads more digits, in every split.
#
# **What this does not show.** That a linear stack *trains* like one layer. Trained alike, one layer misreads more: descent takes another road to the same
# functions (Saxe, McClelland & Ganguli 2014, arXiv:1312.6120).

# %% [markdown] id="traits"
# ## What a bend buys, and what it costs
#
# | | because | seen in |
# |---|---|---|
# | **+** more than one layer can do | the slope differs from place to place | [the two hinges](#By-hand:-two-hinges-do-it) |
# | **−** training may get stuck; more units help | the loss has places where small steps hardly help | [the roulette](#Experiment:-the-XOR-roulette) |
# | **−** no multiplying out | one matrix no longer stands for the stack | [the digits](#Experiment:-65-questions-replace-a-network) |
#
# **Use a bend** after every hidden layer. **Leave it out** after the last layer, where the loss wants the score, and where you want the collapse:

# %% [markdown] id="used"
# ## Where the collapse is used on purpose
#
# * **Fine-tuning language models:** low-rank adaptation (LoRA) learns two thin matrices without a bend between them, and adds their product to the old weights (Hu et al. 2021,
#   arXiv:2106.09685).
# * **Neural networks on telephones:** a normalisation that only scales and shifts is multiplied into the layer before it (Jacob et al. 2018, arXiv:1712.05877).

# %% [markdown] id="myths"
# ## Two myths
#
# **“ReLU is linear: it consists of two straight lines.”** Then its value half-way between −1 and 1 would be half-way between its values there.
#
# **“A single hidden unit can never compute XOR.”** If its bend only rises, it can't. A bend that falls and rises again can, such as the distance from 0:

# %% id="myth-check"
print("half-way between relu(-1) and relu(1):", (relu(-1.0) + relu(1.0)) / 2)
print("relu half-way, at 0:", relu(0.0))
distance = np.abs(corners.x[:, 0] - corners.x[:, 1])
print("|u1 - u2| at the corners:", distance, "  wanted:", corners.y)

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# The trap: both build **linear** layers unless told otherwise. Keras's `Dense` has no activation by default; PyTorch's `Linear` never has one. Here Keras's
# default at −2, 0 and 2, and the gap between a PyTorch stack's two sums over opposite corners:

# %% id="frameworks-run"
from course_lib.frameworks import run_in


def corner_gap(torch):
    stack = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)).double()
    scores = stack(torch.tensor(corners.x)).detach().numpy().ravel()
    return abs(scores[0] + scores[3] - scores[1] - scores[2])


x = np.array([-2.0, 0.0, 2.0])
run_in("keras", lambda keras: keras.layers.Dense(4).activation(x), recorded="-2.0000 0.0000 2.0000")
run_in("torch", corner_gap, recorded="0.0000")

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/02_why_nonlinearity.ipynb) take about 20 minutes; the [solutions](../solutions/02_why_nonlinearity.ipynb) are for afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("02")

# %% [markdown] id="remember"
# ## Remember
#
# **However many linear layers we stack, they are one; a bend between them makes depth count.**
#
# Key numbers: five 8 × 8 layers, 320 numbers, are one with 64; on XOR every linear stack ends at $\ln 2 = 0.693$; with two ReLU units 10 of 50 starts solve it.
#
# Next: [03 Sigmoid](03_sigmoid.ipynb).
