# ---
# course:
#   teaching: 25
#   exercises: 25
#   objectives:
#     - say what ReLU does to a score and to a gradient, also at 0
#     - build a piecewise-linear function as a sum of hinges
#     - tell a zero output from a dead unit, and name what kills units
# ---

# %% [markdown] id="card"
# # ReLU
#
# **A hinge: positive scores pass unchanged, all others become 0.**
#
# | | |
# |---|---|
# | Symbol | $\mathrm{ReLU}(x)$, the rectified linear unit |
# | Range | $[0, \infty)$; $\mathrm{ReLU}(0) = 0$ |
# | Slope | 0 on the left, 1 on the right; at $x = 0$ there is none, and programs return 0 |
# | Used for | hidden layers: the first choice in most networks |
# | Needs | [03 Sigmoid](03_sigmoid.ipynb) |
# | Time | 25 minutes, and 25 for the [exercises](../exercises/06_relu.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, numerics, plots, training, widgets
from course_lib.activations import get, relu, relu_derivative, sigmoid
from course_lib.exercises import predict, quiz, recall, reveal

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("06")

# %% [markdown] id="question"
# ## Eight layers, and a gradient that dies on the way
#
# Layers of units between input and output are called **hidden**. A unit's score is the sum of its inputs, each times a weight, plus a bias. In training the
# gradient of the loss goes back from the last layer to the first, and each layer multiplies it by its weights and the slope of its activation. Take made-up
# pictures of 64 pixels in ten classes, eight hidden layers of sigmoid units, random weights and the squared error. How much arrives?

# %% id="fading"
rng = np.random.default_rng(0)
pictures, classes = rng.random((100, 64)), np.eye(10)[rng.integers(10, size=100)]
for seed in range(3):
    network = training.Network([64] + 8 * [64] + [10], "sigmoid", init="xavier", rng=seed)
    size = network.measure(pictures, classes).gradient_norms
    print(f"seed {seed}: first layer / last layer = {size[0] / size[-1]:.6f}")

# %% [markdown] id="question-end"
# About one part in 100,000: the first layer would hardly learn. (`"xavier"` is the usual size of first weights there.) We look for a function that is no straight
# line and still lets a gradient through whole.

# %% [markdown] id="predict"
# ## Predict first
#
# Picture a **hinge**: flat at height 0 up to a corner, then straight on with some slope. Hinge 1 has its corner at 1 and slope 1. Hinge 2 has its corner at 3. Add their
# heights. Beyond 3 the sum shall *fall*, with slope −1. What slope must hinge 2 have?

# %% id="predict-form" tags=["widget"]
predict("06-second-hinge")

# %% [markdown] id="definition"
# ## The definition
#
# $$\mathrm{ReLU}(x) = \max(x, 0)$$
#
# In words: the larger of the score and 0. To rectify is to cut off one side. Often it is typed as a product with a condition:


# %% id="naive"
def naive_relu(x):
    return x * (x > 0)


with np.errstate(invalid="ignore"):
    print("naive_relu(-inf):", naive_relu(-np.inf))
print("relu(-inf):      ", relu(-np.inf))
print("\n    x   ReLU(x)")
for x in (-3.0, -0.5, 0.0, 0.5, 3.0):
    print(f"{x:5}  {relu(x):8}")

# %% [markdown] id="definition-read"
# The product fails where a score has overflowed: $-\infty \cdot 0$ has no value. The course's `relu` is `np.maximum(x, 0)`, which multiplies nothing.

# %% [markdown] id="derivative"
# ## The slope: 1, 0, and a choice at the corner
#
# For $x > 0$ the function is $x$ itself: slope 1. For $x < 0$ it is 0: slope 0. At 0 the slope jumps. Any line through the corner that is nowhere above the
# graph has a slope between 0 and 1; each such slope is a **subgradient**, and any is a valid choice. In the figure, look at the height of the right half.

# %% id="derivative-figure"
plots.show(
    plots.curve_and_derivative(get("relu")),
    alt="Left: ReLU is flat at 0 for negative x and rises as a straight line of slope 1 for positive x. "
    "Right: its slope is 0 on the left, 1 on the right; at 0 both ends are open circles, and a filled one marks the value 0.",
)

# %% [markdown] id="derivative-seen"
# *What to see: left of 0 all is flat and nothing passes back; right of it the slope is exactly 1 and never fades. The filled circle is what our code returns at 0.*

# %% id="derivative-check"
points = np.array([-2.0, -0.5, 0.5, 2.0])
print("formula: ", relu_derivative(points), " at 0:", relu_derivative(0.0))
print("measured:", numerics.central_difference(relu, points).round(9), " at 0:", numerics.central_difference(relu, 0.0))
for seed in range(3):
    network = training.Network([64] + 8 * [64] + [10], "relu", init="he", rng=seed)
    size = network.measure(pictures, classes).gradient_norms
    print(f"seed {seed}: first layer / last layer = {size[0] / size[-1]:.2f}")

# %% [markdown] id="derivative-read"
# At 0 the measured slope is ½, the mean of both sides. And in the same eight layers the gradient now arrives about as large as it set out, given first weights of
# the size `"he"` ([He et al. 2015](https://arxiv.org/abs/1502.01852), §2.2).

# %% [markdown] id="explore"
# ## Explore: the hinge puzzle
#
# **Task: lay the sum of two hinges on the dashed target.** Drag the handles, use the arrow keys, or type numbers.

# %% id="explore-widget" tags=["widget"]
widgets.hinge_puzzle()

# %% [markdown] id="explore-after"
# *What to see: left the two hinges, right their sum. Behind a corner the sum's slope is the sum of all slopes that have begun: at the start 1 from 0 on, $1 + 0.75$ from 2 on.*

# %% id="explore-reveal"
reveal("06-second-hinge")

# %% [markdown] id="enough"
# ## Hinges are enough
#
# A unit with one input computes $\mathrm{ReLU}(wx + b)$: a hinge with its corner at $-b/w$. The sum of $n$ hinges bends at up to $n$ places: up to $n + 1$ straight
# pieces. Conversely, **give each corner, the left end included, a hinge that brings the change of slope there**: with a constant, the sum follows any unbroken graph
# of straight pieces. Nine of them follow a sine:


# %% id="sine"
def sum_of_hinges(x, n):
    corners = np.linspace(0, 2 * np.pi, n + 1)
    slopes = np.diff(np.sin(corners)) / np.diff(corners)
    changes = np.diff(slopes, prepend=0)
    return sum(change * relu(x - corner) for corner, change in zip(corners[:-1], changes, strict=True))


x = np.linspace(0, 2 * np.pi, 1001)
plots.show(
    plots.lines(x, {"sin x": np.sin(x), "9 hinges": sum_of_hinges(x, 9)}, x_label="input", y_label="height"),
    alt="A sine wave from 0 to 2π and nine straight pieces that meet it at their corners; the gaps are widest around the top and the bottom, and below 0.06.",
)
for n in (9, 18, 36):
    print(f"{n:2} hinges: largest error {np.abs(sum_of_hinges(x, n) - np.sin(x)).max():.4f}")

# %% [markdown] id="sine-read"
# *What to see: the dashed pieces leave the sine most around its crest and its trough.* Twice the hinges, a quarter of the error.

# %% [markdown] id="by-hand"
# ## By hand
#
# Weight 2, bias −3, input 4: the corner is at $3/2 = 1.5$, the score $2 \cdot 4 - 3 = 5$, the output 5, the slope 1.
#
# Now you: weight −2, bias 1, input −1. The corner is at \_\_\_, the score \_\_\_, the output \_\_\_, the slope \_\_\_.
#
# <details><summary>Compare</summary>
#
# The corner is at $-1/(-2) = 0.5$, the score $2 + 1 = 3$, the output 3, the slope 1: this hinge opens to the left.
#
# </details>

# %% id="by-hand-check"
for weight, bias, value in ((2, -3, 4), (-2, 1, -1)):
    score = weight * value + bias
    where = f"corner {-bias / weight:.1f}, score {score:2}"
    print(f"{where}: output {relu(score)}, slope {relu_derivative(score)}")

# %% [markdown] id="cheap"
# ## Cheap, and half of it is zero
#
# ReLU needs a comparison, sigmoid an exponential and a division. We time both on 100,000 scores, then whole training steps. Times vary, so both take turns, the
# shortest of 25 counts, and we print only a clear order.

# %% id="cost"
from timeit import timeit


def shortest(*runs, number):
    return np.min([[timeit(run, number=number) for run in runs] for turn in range(25)], axis=0)


scores = np.random.default_rng(0).normal(size=100_000)
relu_time, sigmoid_time = shortest(lambda: relu(scores), lambda: sigmoid(scores), number=5)
print("ReLU costs less than half of sigmoid:", relu_time < sigmoid_time / 2)
print(f"outputs that are exactly 0: ReLU {np.mean(relu(scores) == 0):.0%}, sigmoid {np.mean(sigmoid(scores) == 0):.0%}")


# %% id="cost-of-a-step"
def step(activation):
    network = training.Network([64, 100, 100, 10], activation)
    batch = network.prepare(pictures[:64], classes[:64])
    return lambda: network.update(*batch)


with training.one_thread():
    relu_step, sigmoid_step = shortest(step("relu"), step("sigmoid"), number=10)
print("In a whole training step the advantage is smaller:", sigmoid_step / relu_step < sigmoid_time / relu_time)

# %% [markdown] id="cheap-read"
# A whole step gains less, for it also multiplies by weights. And of scores spread evenly around 0, half become exactly 0: the outputs
# are **sparse**.

# %% [markdown] id="experiment-claim"
# ## Experiment: a zero is not a death
#
# A unit is **dead** when it is off for *every* example: slope 0 everywhere, so no gradient reaches its weights.
#
# **Claim.** Zeros are normal; most deaths come from steps that are too large.
#
# **Run.** Real digits, two hidden layers of 100 ReLU units, three passes over 1,347 pictures with a step after every 32, five seeds, learning rates 0.1 and 1.
# (The loss is the one for classes, of [lesson 27](27_output_and_loss.ipynb).) We count zeros and dead units in the first layer, and right answers for 450 other
# pictures.

# %% id="experiment"
train, test = data.digits("unit")
for rate in (0.1, 1.0):
    for seed in range(5):
        network = training.Network(
            [64, 100, 100, 10], "relu", loss="categorical_cross_entropy_with_logits", init="he",
            optimiser=training.SGD(rate), rng=seed,
        )  # fmt: skip
        held_out = (test.x, test.one_hot)
        history = network.fit(train.x, train.one_hot, epochs=3, batch_size=32, validation=held_out)
        network.predict(train.x)
        zeros, dead = np.mean(network.layers[0].output == 0), history.dead_units[[0, -1], 0]
        right = history.validation_metric[-1]
        print(f"rate {rate}, seed {seed}: zeros {zeros:.0%}, dead {dead[0]} → {dead[1]} of 100, right {right:.0%}")

# %% [markdown] id="experiment-read"
# **Read.** With rate 0.1, 35 % to 41 % of the outputs are 0, yet only 2 to 6 units of 100 are dead, all from the start; 91 % to 94 % of the answers are right.
# With rate 1, between 47 and 66 units are dead, and 10 % to 57 % of the answers are right.
#
# **What this does not show.** That dead units alone are to blame: a step ten times as large does other harm too. Nor what centred inputs would do; these are never
# negative.

# %% [markdown] id="traits"
# ## Strengths, weaknesses, and when to use it
#
# | | because | seen in |
# |---|---|---|
# | **+** passes the gradient whole where it is on | its slope there is 1 | [eight layers](#The-slope:-1,-0,-and-a-choice-at-the-corner) |
# | **+** sums of it follow any unbroken curve, between two ends, as closely as we like | each hinge adds one bend | [the sine](#Hinges-are-enough) |
# | **+** cheap, and sparse | a comparison; half of centred scores become 0 | [the timing](#Cheap,-and-half-of-it-is-zero) |
# | **−** units can die | no slope where off; **remedy:** smaller steps, or a slope on the left: [leaky ReLU](90_gallery_activations.ipynb) | [the experiment](#Experiment:-a-zero-is-not-a-death) |
# | **−** outputs are never negative | its range is $[0, \infty)$ | [the table](#The-definition) |
#
# **Use it** as the first choice in hidden layers, with He's weights; **not** as an output that must be a probability, or negative at times.

# %% [markdown] id="used"
# ## Where it is used
#
# * **Images:** the winner of the ImageNet contest of 2012 (Krizhevsky, Sutskever & Hinton 2012, *NIPS* 25, §3.1).
# * **Translation:** the first transformer (Vaswani et al. 2017, §3.3, arXiv:1706.03762).
# * **Deep networks without pre-training** (Glorot, Bordes & Bengio 2011, *PMLR* 15:315–323).

# %% [markdown] id="myths"
# ## Three myths
#
# **“ReLU is linear.”** Its halves are. A linear function gives the same whether one adds before or after.
#
# **“A zero output is a dead neuron.”** One example is not all; the experiment counted both.
#
# **“ReLU′(0) is 1.”** Nothing forces that. $\mathrm{ReLU}(x) - \mathrm{ReLU}(-x)$ is just $x$, with slope 1; at 0, neither 0 nor 1 finds it:

# %% id="myth-check"
print("ReLU(1 + (−1)) =", relu(1 - 1), "but ReLU(1) + ReLU(−1) =", relu(1) + relu(-1))
print("one unit, two examples:", relu(np.array([-1.0, 2.0])), "– zero once, but not dead")
for slope in (0.0, 1.0):
    # By the chain rule −ReLU(−x) has the slope of ReLU at −x, which is 0 too.
    print(f"with ReLU'(0) = {slope}, the slope of x at 0 comes out as {slope + slope}")

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# Three traps: Keras' `Dense` starts with Xavier's weights unless told `kernel_initializer="he_normal"`; PyTorch's `nn.Linear` starts
# with smaller ones still; `nn.ReLU(inplace=True)` overwrites its input. At 0 their ReLUs have slope 0, but a maximum with 0 has a rule of its own. At low precision that choice can matter
# (Bertoin et al. 2021, *NeurIPS* 34).

# %% id="frameworks-run"
from course_lib.frameworks import formatted, run_in

x = np.array([-2.0, 0.0, 2.0])
print("NumPy   ", formatted(relu(x)))
run_in("torch", lambda torch: torch.relu(torch.tensor(x)), recorded="0.0000 0.0000 2.0000")
run_in("keras", lambda keras: keras.activations.relu(x), recorded="0.0000 0.0000 2.0000")

# %% id="frameworks-slope"
print("slope at 0 of relu(x)")
print("NumPy   ", formatted(relu_derivative(0.0)))
run_in("torch", lambda torch: torch.func.grad(torch.relu)(torch.tensor(0.0)), recorded="0.0000")
run_in("jax", lambda jax: jax.grad(jax.nn.relu)(0.0), recorded="0.0000")
print("slope at 0 of torch.maximum(x, 0), then of torch.clamp(x, min=0)")
run_in("torch", lambda t: t.func.grad(lambda x: t.maximum(x, t.tensor(0.0)))(t.tensor(0.0)), recorded="0.5000")
run_in("torch", lambda t: t.func.grad(lambda x: t.clamp(x, min=0))(t.tensor(0.0)), recorded="1.0000")

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/06_relu.ipynb) take about 25 minutes; the [solutions](../solutions/06_relu.ipynb) are for afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("06")

# %% [markdown] id="remember"
# ## Remember
#
# **ReLU is a hinge: sums of hinges follow any unbroken curve, and where a hinge is on, the gradient passes whole.**
#
# Key numbers: slope 1 or 0, and 0 at the corner; half of centred scores become 0.
#
# Next: [11 Softmax](11_softmax.ipynb).
