# ---
# course:
#   teaching: 25
#   exercises: 25
#   objectives:
#     - go from the type of the target to the output unit, and from there to the loss
#     - derive the gradient p − y once and use it for all three pairs
#     - recognise an output unit applied twice, a wrong range and a saturated pair by their symptoms
#     - write each right pair in Keras and in PyTorch
# ---

# %% [markdown] id="card"
# # Pairing output and loss
#
# **The type of the target fixes the output unit, and the output unit fixes the loss.**
#
# | | |
# |---|---|
# | A number | identity, squared error |
# | Yes or no | sigmoid, binary cross-entropy |
# | One of $k$ classes | softmax, categorical cross-entropy |
# | Gradient on the score | prediction minus target, for all three |
# | Needs | [03 Sigmoid](03_sigmoid.ipynb), [11 Softmax](11_softmax.ipynb), [17 MSE](17_mse.ipynb), [22 Binary cross-entropy](22_binary_cross_entropy.ipynb) |
# | Time | 25 minutes, and 25 for the [exercises](../exercises/27_output_and_loss.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, losses, numerics, plots, training, widgets
from course_lib.activations import sigmoid, softmax
from course_lib.exercises import predict, quiz, recall, reveal

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("27")

# %% [markdown] id="question"
# ## A perfect classifier that pays 1.46
#
# A network reads handwritten digits. Its last layer is a softmax: ten **shares**. Its loss is **categorical cross-entropy** (CCE), $-\log$ of the share of the
# class that came. As in lesson 22 there are two forms: from the shares, or from the scores before the softmax, the **logits**. Suppose the network is
# perfect, share 1 for the right digit each time.

# %% id="perfect"
digit = np.eye(10)
from_shares = losses.get("categorical_cross_entropy").function
from_logits = losses.get("categorical_cross_entropy_with_logits").function
print(f"loss from shares: {from_shares(digit, digit).mean():.3f}")
print(f"loss from logits: {from_logits(digit, digit).mean():.3f}")

# %% [markdown] id="question-end"
# No error, no warning: the second loss took the shares for scores and applied a softmax of its own. Which output may meet which loss?

# %% [markdown] id="predict"
# ## Predict first
#
# Train such a network, softmax applied twice, on real digits. What happens?

# %% id="predict-form" tags=["widget"]
predict("27-softmax-twice")

# %% [markdown] id="definition"
# ## The rule: three questions in one order
#
# What is the target? Which unit can say exactly that? Which loss takes the unit's slope out of the gradient?
#
# | target $y$ | prediction $p$ from the score $z$ | loss | gradient on $z$ |
# |---|---|---|---|
# | a number | $p = z$ (identity) | half the squared error, $\frac{1}{2}(p - y)^2$ | $p - y$ |
# | yes or no | $p = \sigma(z)$ | binary cross-entropy (BCE) | $p - y$ |
# | one of $k$ classes | $p = \mathrm{softmax}(z)$ | categorical cross-entropy | $p - y$ |
# | several labels at once | $p = \sigma(z)$ for each | BCE for each | $p - y$ |
#
# For classes, $y$ is **one-hot**: 1 for the class that came, 0 for the others. Without the factor ½ the first gradient is $2(p - y)$.

# %% id="definition-table"
row = "{:15} {:>18} {:>18} {:>20}".format
print(row("target", "scores", "prediction", "gradient p − y"))
for target, y, z, unit in (
    ("a number, 3", [3], np.array([5.0]), lambda z: z),
    ("yes", [1], np.array([-2.0]), sigmoid),
    ("the 2nd of 3", [0, 1, 0], np.array([2.0, 1.0, 0.0]), softmax),
    ("labels 1 and 3", [1, 0, 1], np.array([2.0, 1.0, 0.0]), sigmoid),
):
    numbers = z, unit(z), unit(z) - y
    print(row(target, *(" ".join(f"{value:.3f}" for value in each) for each in numbers)))

# %% [markdown] id="derivative"
# ## Prediction minus target, derived once
#
# Write the cost of classes with the scores: if class $c$ came, minus the logarithm of $e^{z_c} / \sum_j e^{z_j}$ is
#
# $$\ell = \log \sum_j e^{z_j} \;-\; z_c$$
#
# In words: how far the score of the class that came lies below a soft maximum of all scores. Raise one score $z_k$ a little. The first term grows at the
# rate $e^{z_k} / \sum_j e^{z_j}$, which is the share $p_k$. The second counts only if $k$ is the class $c$ that came: that is $y_k$. Together: $p_k - y_k$.
#
# **Yes or no** is the same formula with the scores $z$ and 0. **A number**: $\frac{1}{2}(z - y)^2$ has the slope $z - y$. Each loss is minus
# the logarithm of the probability of what came, the **negative log-likelihood**; for a number with bell-shaped noise, up to a constant (Bishop 2006, *Pattern
# Recognition and Machine Learning*, §4.3.6). Checked:


# %% id="derivative-check"
def measured_slopes(loss, y, z):
    def along(one):
        return numerics.central_difference(lambda t: np.sum(loss(y, z + t * one)), 0.0)

    return [along(one) for one in np.eye(len(z))]


z, y = np.array([2.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0])
for name, p in (
    ("half_squared_error", z),
    ("binary_cross_entropy_with_logits", sigmoid(z)),
    ("categorical_cross_entropy_with_logits", softmax(z)),
):
    gap = np.abs(measured_slopes(losses.get(name).function, y, z) - (p - y)).max()
    print(f"{name:38} p − y to nine digits: {gap < 1e-9}")

# %% [markdown] id="pushes"
# We call the gradient on the score the **push**; training moves the score against it. For a yes, look at the far left: sure and wrong.

# %% id="pushes-figure"
from course_lib.panels import pairing

scores = np.linspace(-8, 8, 161)
pairs = {
    "right pair": ("identity", "bce-z"),
    "sigmoid, half the squared error": ("sigmoid", "squared"),
    "sigmoid applied twice": ("sigmoid", "bce-z"),
}
pushes = {name: pairing.push("yes-no", *pair, scores).push for name, pair in pairs.items()}
plots.show(
    plots.lines(scores, pushes, x_label="score z (label: yes)", y_label="push on the score"),
    alt="Push on the score for a yes. The right pair is near −1 below score −4, at −0.5 at 0 and fades to 0 above 4. "
    "The other two have shallow valleys near 0, down to −0.15 and −0.10, and almost nothing beyond −6 and 6.",
)

# %% [markdown] id="pushes-seen"
# *What to see: where the model is sure and wrong, the right pair (solid) pushes with nearly −1. The others have small valleys around 0 and almost nothing beyond.*

# %% [markdown] id="explore"
# ## Explore: twenty-five pairs, trained
#
# Behind each cell stands a training run of 100 steps that **starts sure and wrong**; the number is what it reached on its 60 points. (*Fragile*: right until a
# share rounds to 0 or 1. ∞: it ran away.) **Task: reproduce a stuck loss. Of three classes the right one has a share of at least 99 %, and the loss is still
# above 0.5.** Click a cell, drag the score.

# %% id="explore-widget" tags=["widget"]
widgets.pairing_matrix()

# %% [markdown] id="explore-seen"
# *What to see: for yes or no at rate 1, the right pair is back at 93 % right; sigmoid with the squared error still has 8 %. At rate 10 it gets there too.*

# %% id="explore-numbers"
for output, loss in (("identity", "bce-z"), ("sigmoid", "squared"), ("sigmoid", "bce-z")):
    slow, fast = (pairing.train("yes-no", output, loss, rate).final for rate in (1.0, 10.0))
    print(f"{output:9} {pairing.TITLES[loss]:22}  rate 1: {slow:4.0%}   rate 10: {fast:4.0%}")

# %% [markdown] id="wrong"
# ## What goes wrong otherwise
#
# **Applied twice.** Outputs between 0 and 1 are taken for scores, and such scores are never far apart. A perfect answer has a price:

# %% id="wrong-twice"
for k in (3, 10, 1000):
    right = np.eye(k)[0]
    print(f"softmax twice, {k:4} classes: never below {from_logits(right, right):.3f}")
bce = losses.get("binary_cross_entropy_with_logits").function
print(f"sigmoid twice: a perfect yes costs {bce(1, 1.0):.3f}, a perfect no {bce(0, 0.0):.3f}")

# %% [markdown] id="wrong-range-words"
# **Wrong range.** A rectified linear unit (ReLU, $\max(0, z)$, [lesson 06](06_relu.ipynb)) has no ceiling and no negative side, a sigmoid ends at 1. The progress
# of diabetes is a number from 25 to 346 (typical miss: the root of the MSE; five random splits):

# %% id="wrong-range"
try:
    losses.get("binary_cross_entropy").function(1, np.maximum(0, 2.5))
except ValueError as error:
    print("ReLU output 2.5 with BCE:", str(error).split(":")[0])
print(f"as a logit, ReLU(−3) = 0 means p = {sigmoid(0.0)}: never a no")
for output in ("identity", "sigmoid"):
    misses = []
    for seed in range(5):
        train, test = data.diabetes(rng=seed)
        unit = training.Network([10, 1], output=output, optimiser=training.SGD(0.1), rng=seed)
        unit.fit(train.x, train.y, epochs=200, record_every=200)
        misses.append(unit.measure(test.x, test.y).metric)
    print(f"{output:9} typical miss {min(misses):.0f} to {max(misses):.0f}")

# %% [markdown] id="wrong-saturates-words"
# **Saturated.** With the squared error the unit's slope stays in the gradient ([lesson 24](24_mse_or_cross_entropy.ipynb)). **One unit or two?** Softmax of two scores is the sigmoid of their difference, so
# either will do; softmax of a *single* score is always 1.

# %% id="wrong-saturates"
p = sigmoid(-10.0)
print(f"sure and wrong, z = −10: push {p - 1:.3f}")
print(f"with half the squared error:  {(p - 1) * p * (1 - p):.6f}")
print(f"softmax(3, 1) = {softmax(np.array([3.0, 1.0]))[0]:.4f} = σ(2) = {sigmoid(2.0):.4f}")
print("softmax of one score:", [float(softmax(np.array([score]))[0]) for score in (-5.0, 0.0, 5.0)])

# %% [markdown] id="by-hand"
# ## By hand
#
# Shares 0.2, 0.5 and 0.3; the third class came. Cost $-\ln 0.3 = 1.204$; gradient $(0.2,\ 0.5,\ -0.7)$.
#
# Now you: the same shares, and the second class came. The cost is \_\_\_, the gradient \_\_\_. And for a number: score 4, target 6: cost \_\_\_, gradient \_\_\_.
#
# <details><summary>Compare</summary>
#
# $-\ln 0.5 = 0.693$ and $(0.2,\ -0.5,\ 0.3)$. For the number $\frac{1}{2} \cdot 2^2 = 2$ and $-2$.
#
# </details>

# %% id="by-hand-check"
shares = np.array([0.2, 0.5, 0.3])
for y in (np.array([0, 0, 1]), np.array([0, 1, 0])):
    gradient = " ".join(f"{value:.1f}" for value in shares - y)
    print(f"cost {from_shares(y, shares):.3f}, gradient {gradient}")
print("number: cost", (4 - 6) ** 2 / 2, "gradient", 4 - 6)

# %% [markdown] id="experiment-claim"
# ## Experiment: softmax once, twice, and with the squared error
#
# **Claim.** A wrong pair learns more slowly, and a doubled softmax never reports a small loss.
#
# **Run.** 1,797 real digits, one layer, 200 steps, five random splits and starts, two learning rates. A push that arrives at the shares goes back
# through the softmax's slopes of lesson 11, $p_i(\delta_{ij} - p_j)$:


# %% id="pushes-of-three"
def through_softmax(p, push):
    return p * (push - (p * push).sum(axis=1, keepdims=True))


PUSH = {
    "softmax once": lambda p, y: p - y,
    "softmax twice": lambda p, y: through_softmax(p, softmax(p) - y),
    "squared error": lambda p, y: through_softmax(p, p - y),
}


# %% id="one-run"
def run(push, rate, seed):
    train, test = data.digits(rng=seed)
    weights = np.random.default_rng(seed).normal(0, 0.1, (64, 10))
    for _ in range(200):
        weights -= rate * train.x.T @ push(softmax(train.x @ weights), train.one_hot) / len(train)
    p = softmax(train.x @ weights)
    right = np.mean((test.x @ weights).argmax(axis=1) == test.y)
    return right, from_logits(train.one_hot, p).mean(), from_shares(train.one_hot, p).mean()


# %% id="experiment"
with training.one_thread():
    for rate in (0.5, 50):
        for name, push in PUSH.items():
            right, doubled, plain = np.array([run(push, rate, seed) for seed in range(5)]).T
            loss = {"softmax once": plain.mean(), "softmax twice": doubled.mean()}.get(name)
            note = "" if loss is None else f"; loss {loss:.2f}"
            spread = f"({right.min():.1%}–{right.max():.1%})"
            print(f"rate {rate:4}  {name}: {right.mean():.1%} right {spread}{note}")
reveal("27-softmax-twice")

# %% [markdown] id="experiment-read"
# **Read.** At rate 0.5 the right pair is ahead, 93.8 % against 85.8 % (twice) and 87.9 % (squared error); its range meets neither. At rate 50 all three are
# equal within their spread. But the doubled softmax still reports a training loss of 1.48, just above its floor; one softmax reports 0.02.
#
# **What this does not show.** That accuracy always needs the right pair: a rate a hundred times as large buys nearly all of it back here, which is how the bug
# survives. Only one layer was tried.

# %% [markdown] id="traits"
# ## Symptoms, causes, remedies
#
# | | because | remedy | seen in |
# |---|---|---|---|
# | **+** a full push where it is sure and wrong | the unit's slope cancels | | the figure |
# | **−** good answers, but a high loss | unit applied twice | a linear last layer | the experiment |
# | **−** some targets are never reached | wrong range | identity for numbers | diabetes |
# | **−** sure, wrong, hardly moving | squared error after a saturating unit | cross-entropy | “sure and wrong” |
# | **−** `nan`, or an error | scores taken for probabilities | the form from logits | the ReLU line |
#
# **When to deviate:** a number with natural bounds, scaled to them, may have a unit with the same bounds; expect saturation.

# %% [markdown] id="used"
# ## Where it is used
#
# * **Classes.** The network that won ImageNet 2012 ends in a softmax over 1,000 classes (Krizhevsky, Sutskever & Hinton 2012, *NIPS* 25).
# * **Several labels.** The detector YOLOv3 uses a sigmoid with BCE for each class: a *woman* is also a *person* (Redmon & Farhadi 2018, arXiv:1804.02767,
#   §2.2).

# %% [markdown] id="myths"
# ## Two myths
#
# **“Put a softmax before `CrossEntropyLoss`.”** It wants logits: hence the 1.461 above.
#
# **“With softmax the loss can reach 0.”** Never on paper: however large the lead, the rivals keep something. The machine rounds it to 0 in the end:

# %% id="myth-check"
for lead in (5.0, 20.0, 100.0, 1000.0):
    print(f"lead {lead:4.0f}: loss {from_logits(digit[0], lead * digit[0]):.1e}")

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# | target | PyTorch: last layer, loss | Keras: last layer, loss |
# |---|---|---|
# | a number | `Linear(n, 1)`, `MSELoss()` | `Dense(1)`, `MeanSquaredError()` |
# | yes or no | `Linear(n, 1)`, `BCEWithLogitsLoss()` | `Dense(1)`, `BinaryCrossentropy(from_logits=True)` |
# | $k$ labels | `Linear(n, k)`, `BCEWithLogitsLoss()` | `Dense(k)`, `BinaryCrossentropy(from_logits=True)` |
# | one of $k$ | `Linear(n, k)`, `CrossEntropyLoss()` | `Dense(k)`, `SparseCategoricalCrossentropy(from_logits=True)` |
#
# No layer has an activation: the loss contains it. The last row takes class numbers; for one-hot rows Keras drops the *Sparse*, PyTorch takes both. **The trap:**
# Keras's losses expect *probabilities* by default. Given the scores 2, 1, 0 it silently divides them by their sum. And both accept a softmax too many:

# %% id="frameworks-run"
from course_lib.frameworks import run_in

label, z = np.array([1]), np.array([[2.0, 1.0, 0.0]])
print(f"right pair\nNumPy    {from_logits(np.eye(3)[label], z)[0]:.4f}")
run_in("torch", lambda t: t.nn.functional.cross_entropy(t.tensor(z), t.tensor(label)), "1.4076")


def keras_loss(**options):
    return lambda keras: keras.losses.SparseCategoricalCrossentropy(**options)(label, z)


run_in("keras", keras_loss(from_logits=True), recorded="1.4076")
print("logits taken for probabilities")
run_in("keras", keras_loss(), recorded="1.0986")

# %% id="frameworks-twice"
print("a perfect softmax, and a loss that contains one")
shares = np.eye(10)
run_in("torch", lambda t: t.nn.functional.cross_entropy(*map(t.tensor, (shares, shares))), "1.4612")
run_in("keras", lambda k: k.losses.CategoricalCrossentropy(from_logits=True)(shares, shares), "1.4612")

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/27_output_and_loss.ipynb) take about 25 minutes; the [solutions](../solutions/27_output_and_loss.ipynb) are for afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("27")

# %% [markdown] id="remember"
# ## Remember
#
# **Ask what the target is: it fixes the output unit, which fixes the loss; then the gradient on the score is prediction minus target.**
#
# Key numbers: softmax applied twice can't fall below 1.461 with ten classes; sigmoid applied twice charges a perfect yes 0.313.
#
# Next: [00 Start here](00_start_here.ipynb) has your progress and a playground.
