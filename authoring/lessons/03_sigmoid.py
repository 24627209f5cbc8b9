# ---
# course:
#   teaching: 20
#   exercises: 20
#   objectives:
#     - compute the sigmoid of a score and read it as a probability
#     - derive its slope and say where it is largest and where it dies
#     - explain why a unit that starts saturated learns nothing
# ---

# %% [markdown] id="card"
# # Sigmoid
#
# **It squeezes any score into a number between 0 and 1.**
#
# | | |
# |---|---|
# | Symbol | $\sigma(x)$, also called the logistic function |
# | Range | $(0, 1)$; $\sigma(0) = \frac{1}{2}$ |
# | Slope | largest at $x = 0$, where it is $\frac{1}{4}$ |
# | Used for | the output of a yes-or-no classifier; gates inside long short-term memory (LSTM) networks |
# | Needs | [01 One neuron and the training loop](01_neuron.ipynb) |
# | Time | 20 minutes, and 20 for the [exercises](../exercises/03_sigmoid.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, numerics, plots, training, widgets
from course_lib.activations import get, sigmoid, sigmoid_derivative
from course_lib.exercises import predict, quiz, recall, reveal

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("03")

# %% [markdown] id="question"
# ## A straight line makes a poor probability
#
# A hospital has 30 measurements of the cells of each tumour, and knows which tumours were harmless (label 1) and which were malignant (label 0). The
# simplest model gives each measurement a weight and adds up: that sum is the tumour's **score**. Let us choose the weights by least squares, so that the
# scores come as close to the labels as they can, and read each score as the probability of “harmless”.

# %% id="straight-line"
train, test = data.breast_cancer()
columns = np.column_stack([train.x, np.ones(len(train))])
weights, *_ = np.linalg.lstsq(columns, train.y)
score = columns @ weights
print(f"lowest “probability” {score.min():.2f}, highest {score.max():.2f}")
print(f"impossible for {np.sum((score < 0) | (score > 1))} of {len(score)} tumours")

# %% [markdown] id="question-end"
# A probability of −0.53 means nothing, and cutting the scores off at 0 and 1 would say *certain* for 132 tumours. We need a function that takes **any** score,
# keeps the order, and gives a number strictly between 0 and 1.

# %% [markdown] id="predict"
# ## Predict first
#
# Picture such a curve: near 0 far on the left, near 1 far on the right, exactly ½ at score 0, an S in between. If it is the
# sigmoid, how steep is it at its steepest point? Commit to a number.

# %% id="predict-form" tags=["widget"]
predict("03-largest-slope")

# %% [markdown] id="definition"
# ## The definition
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# In words: $e^{-x}$ is huge for a very negative score, 1 at score 0, and nearly nothing for a large one; so the fraction
# runs from almost 0 through ½ to almost 1. As code it is one line, and that line has a flaw:


# %% id="naive"
def naive_sigmoid(x):
    return 1 / (1 + np.exp(-x))


with np.errstate(over="raise"):
    try:
        naive_sigmoid(-1000.0)
    except FloatingPointError as error:
        print("naive_sigmoid(-1000):", error)
print("sigmoid(-1000):      ", sigmoid(-1000.0))

# %% [markdown] id="repair"
# $e^{1000}$ is larger than any float64. The course's version multiplies the fraction by $e^{x}$ above and below, $\sigma(x) = e^x / (1 + e^x)$, and caps $x$ before
# $e^x$ can overflow: $\sigma$ is 1 there to the last digit. Type `sigmoid??` in a new cell to read it.

# %% id="definition-table"
print("    x    σ(x)")
for x in (-6, -2, 0, 2, 6):
    print(f"{x:5}  {sigmoid(x):.4f}")

# %% [markdown] id="table-read"
# Look at the pairs: $\sigma(-2) = 0.1192$ and $\sigma(2) = 0.8808$ add up to 1. That is a rule, $\sigma(-x) = 1 - \sigma(x)$:
# the score for “no” is minus the score for “yes”.

# %% [markdown] id="derivative"
# ## The slope comes for free
#
# Write $\sigma = (1 + e^{-x})^{-1}$ and apply the chain rule:
#
# $$\sigma'(x) = \frac{e^{-x}}{(1 + e^{-x})^2} = \frac{1}{1 + e^{-x}} \cdot \frac{e^{-x}}{1 + e^{-x}} = \sigma(x)\,\bigl(1 - \sigma(x)\bigr)$$
#
# Whoever has computed $\sigma$ gets the slope for one subtraction and one multiplication. A product $s(1 - s)$ is largest at $s = \frac{1}{2}$,
# that is at $x = 0$. In the figure, look at how narrow the hill of the slope is.

# %% id="derivative-figure"
plots.show(
    plots.curve_and_derivative(get("sigmoid")),
    alt="Left: the sigmoid rises from 0 to 1 in an S through one half at 0. "
    "Right: its slope is a hill of height one quarter at 0, almost gone beyond 6 on both sides.",
)
reveal("03-largest-slope")

# %% [markdown] id="derivative-seen"
# *What to see: the S on the left is steep only near 0; the slope on the right is a hill of height ¼, and beyond ±6 it is flat ground.*
#
# Never trust a derivative that you have not checked. The slope between neighbouring points needs no calculus:

# %% id="derivative-check"
points = np.linspace(-6, 6, 101)
gap = np.abs(numerics.central_difference(sigmoid, points) - sigmoid_derivative(points))
print("formula and measured slope agree to ten digits:", bool(gap.max() < 1e-10))
print("largest slope:", sigmoid_derivative(points).max(), "at x =", points[sigmoid_derivative(points).argmax()])

# %% [markdown] id="explore"
# ## Explore: where does the slope die?
#
# A learner that follows slopes is lost where there is none. **Task: find a score at which the slope has fallen to 1 % of its
# largest value.** Drag the point, use the arrow keys, or type a number; the read-out says how far you are.

# %% id="explore-widget" tags=["widget"]
widgets.explore("sigmoid", task="saturation")

# %% [markdown] id="explore-after"
# *What to see: the dashed tangent shows the slope at the point, the right-hand curve the slope everywhere; already at x = 4 little is left of it.*
#
# We can also solve for it. One per cent of ¼ is 0.0025, so we need $s(1 - s) = 0.0025$, a quadratic equation in $s$:

# %% id="saturation"
s = (1 + np.sqrt(1 - 4 * 0.0025)) / 2
print(f"{4 * s * (1 - s):.0%} of the largest slope at s = {s:.4f},", end=" ")
print(f"reached at x = {np.log(s / (1 - s)):.2f}, and by symmetry at x = {np.log((1 - s) / s):.2f}")

# %% [markdown] id="saturation-name"
# A unit whose score lies beyond that point is called **saturated**: it answers almost 0 or almost 1, and hardly changes
# its mind whatever we do to its weights.

# %% [markdown] id="by-hand"
# ## By hand
#
# A unit has weight 2 and bias −1, and its input is 1.5. Its score is $2 \cdot 1.5 - 1 = 2$, its output $\sigma(2) = 0.8808$, and its
# slope $0.8808 \cdot 0.1192 = 0.1050$.
#
# Now you: weight −1, bias 0.5, input 2.5. The score is \_\_\_, the output \_\_\_, the slope \_\_\_.
#
# <details><summary>Compare</summary>
#
# The score is $-2.5 + 0.5 = -2$, the output $1 - 0.8808 = 0.1192$, the slope $0.1192 \cdot 0.8808 = 0.1050$: the same slope
# on the other side. The next cell says so too.
#
# </details>

# %% id="by-hand-check"
for weight, bias, value in ((2, -1, 1.5), (-1, 0.5, 2.5)):
    x = weight * value + bias
    print(f"input {value}   score {x:4.1f}   output {sigmoid(x):.4f}   slope {sigmoid_derivative(x):.4f}")

# %% [markdown] id="experiment-claim"
# ## Experiment: a unit that starts saturated stays where it is
#
# **Claim.** Training moves each weight in proportion to the slope. So a sigmoid unit whose scores are far from 0 should learn nothing, however good
# the data.
#
# **Run.** The tumours again: one sigmoid unit, random first weights, 200 steps of gradient descent on the squared error at rate 0.1, five seeds. First with the raw
# measurements, which reach into the thousands; then with each measurement shifted to mean 0 and scaled to standard deviation 1. We count the tumours that
# start in the flat region, and then the right answers for 143 tumours that were kept aside.

# %% id="experiment"
for scaling in ("raw", "standard"):
    train, test = data.breast_cancer(scaling)
    for seed in range(5):
        unit = training.Network([30, 1], output="sigmoid", loss="mse", metric="accuracy", rng=seed)
        unit.predict(train.x)
        flat = np.mean(sigmoid_derivative(unit.layers[0].score) < 0.0025)
        history = unit.fit(train.x, train.y, epochs=200, validation=(test.x, test.y))
        print(f"{scaling:8} seed {seed}: {flat:4.0%} start flat, right {history.validation_metric[-1]:.0%}")

# %% [markdown] id="experiment-read"
# **Read.** With raw measurements practically every tumour starts in the flat region, and 200 steps later the unit still gives them all the same answer: 63 %
# and 37 % are just the shares of the two kinds. Standardised, none starts there, and the same unit is right about 98 % to 99 % of tumours it has never seen.
#
# **What this does not show.** That only scaling can help: another loss, [binary cross-entropy](22_binary_cross_entropy.ipynb), takes the slope of the *output* unit
# out of the gradient. Inside a network the slope stays, and layer after layer multiplies it in. With random scores from a standard normal distribution:

# %% id="depth"
rng = np.random.default_rng(0)
for depth in (1, 2, 4, 8):
    passes = sigmoid_derivative(rng.normal(size=(1000, depth))).prod(axis=1)
    print(f"{depth} sigmoid units: at most {0.25**depth:.1e} passes, on average {passes.mean():.1e}")

# %% [markdown] id="traits"
# ## Strengths, weaknesses, and when to use it
#
# | | because | seen in |
# |---|---|---|
# | **+** any score becomes a number between 0 and 1 | the fraction can't leave that range | [the table](#The-definition) |
# | **+** smooth, and its slope is one product | $\sigma' = \sigma(1 - \sigma)$ | [the check](#The-slope-comes-for-free) |
# | **−** saturates on both sides | both tails are flat: slope under 1 % of its maximum beyond ±5.99 | [the experiment](#Experiment:-a-unit-that-starts-saturated-stays-where-it-is) |
# | **−** passes at most ¼ of the gradient per layer, weights aside | its largest slope is ¼ | the cell above |
# | **−** all outputs are positive | its range is $(0, 1)$, so one example gives all weights of a next unit slopes of the same sign | [the table](#The-definition) |
#
# **Use it** where a number between 0 and 1 is wanted: a yes-or-no output, or a gate that lets a share of something through. Scale the inputs first.
# **In hidden layers** take another function, such as the rectified linear unit (ReLU), whose slope is 1 wherever it is on.

# %% [markdown] id="used"
# ## Where it is used
#
# * **Medical tests, spam filters, click prediction:** the last unit of a binary classifier (Bishop 2006, *Pattern
#   Recognition and Machine Learning*, §4.2, where the sigmoid follows from Bayes' theorem).
# * **Several labels at once:** one sigmoid per label, because a photograph may show a dog *and* a ball.
# * **Speech and text, in LSTM networks:** gates that write and read a share of the memory (Hochreiter & Schmidhuber 1997, *Neural Computation* 9,
#   doi:10.1162/neco.1997.9.8.1735), and one that keeps a share (Gers, Schmidhuber & Cummins 2000, *Neural Computation* 12, doi:10.1162/089976600300015015).

# %% [markdown] id="myths"
# ## Two myths
#
# **“The sigmoid's derivative is 0.25.”** That is its largest value. Scores vary, and so does the slope:
#
# **“Compute it as `s * (1 - s)`; it is the same.”** On paper. At a score of 40, `s` has already been rounded to 1:

# %% id="myth-check"
scores = np.random.default_rng(0).normal(size=100_000)
print(f"mean slope over scores from N(0, 1): {sigmoid_derivative(scores).mean():.3f}")
s = sigmoid(40.0)
print(f"at x = 40: s * (1 - s) = {s * (1 - s)}, sigmoid_derivative = {sigmoid_derivative(40.0):.3e}")

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# The same inputs give the same numbers. In both, a *loss* that takes scores
# (“from logits”) contains the sigmoid already: apply it once, not twice.

# %% id="frameworks-run"
from course_lib.frameworks import formatted, run_in

x = np.array([-2.0, 0.0, 2.0])
print("NumPy   ", formatted(sigmoid(x)))
run_in("torch", lambda torch: torch.sigmoid(torch.tensor(x)), recorded="0.1192 0.5000 0.8808")
run_in("keras", lambda keras: keras.activations.sigmoid(x), recorded="0.1192 0.5000 0.8808")

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/03_sigmoid.ipynb) take about 20 minutes: a sigmoid that never overflows, its slope, a
# decision to be repaired, and a unit to be designed. The [solutions](../solutions/03_sigmoid.ipynb) are for afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("03")

# %% [markdown] id="remember"
# ## Remember
#
# **The sigmoid turns any score into a number between 0 and 1, and its slope is never more than ¼.**
#
# Key numbers: $\sigma(0) = \frac{1}{2}$, $\sigma(2) = 0.88$, slope ¼ at 0, under 1 % of that beyond ±5.99.
#
# Next: [06 ReLU](06_relu.ipynb), which does not saturate on the right. The loss that belongs to the sigmoid is in
# [22 Binary cross-entropy](22_binary_cross_entropy.ipynb).
