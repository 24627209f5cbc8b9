# ---
# course:
#   teaching: 20
#   exercises: 20
#   objectives:
#     - read −log p as surprise and compute binary cross-entropy from probabilities and from logits
#     - derive the gradient p − y and say why it needs no slope of the sigmoid
#     - recognise code that loses its digits, and repair it
# ---

# %% [markdown] id="card"
# # Binary cross-entropy
#
# **It charges the surprise −log p: nothing for being sure and right, without ceiling for being sure and wrong.**
#
# | | |
# |---|---|
# | Symbol | $\ell(y, p)$; also log loss, BCE |
# | Target | $y = 1$ or $y = 0$ |
# | Range | $[0, \infty)$; $\ln 2 = 0.693$ for a shrug, $p = \frac{1}{2}$ |
# | Gradient | with respect to the score: $p - y$, never larger than 1 in size |
# | Used for | yes-or-no questions: spam, illness, a click; several labels at once |
# | Needs | [03 Sigmoid](03_sigmoid.ipynb) |
# | Time | 20 minutes, and 20 for the [exercises](../exercises/22_binary_cross_entropy.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, numerics, plots, widgets
from course_lib.exercises import predict, quiz, recall, reveal
from course_lib.losses import binary_cross_entropy, binary_cross_entropy_with_logits, get, mse

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("22")

# %% [markdown] id="question"
# ## Two forecasters, and a loss that hardly tells them apart
#
# It rains on nine of ten days. Forecaster Ann says “90 %” every morning. Bob says “100 %”. On the dry day Bob is not merely
# wrong: he was *certain*. Whom would you trust with a flood warning?
#
# The squared error ([lesson 17](17_mse.ipynb)) is the square of the miss, averaged over the days. Let it judge:

# %% id="forecasters"
rain = np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 0])
ann, bob = np.full(10, 0.9), np.full(10, 1.0)
print(f"squared error: Ann {mse(rain, ann).mean():.2f}, Bob {mse(rain, bob).mean():.2f}")

# %% [markdown] id="question-end"
# A hair's breadth. The square of a miss on a probability can't exceed 1, so being certain and wrong is never
# really expensive. We want a loss for which it is.

# %% [markdown] id="predict"
# ## Predict first
#
# The label is 1. One model said $p = 0.1$, another $p = 0.01$. How many times as much should the second one pay?
# (The squared error says 1.21 times: 0.98 against 0.81.)

# %% id="predict-form" tags=["widget"]
predict("22-ten-times-less-likely")

# %% [markdown] id="definition"
# ## The definition: surprise
#
# How surprised are you by something you gave probability $p$? Let us ask for two things. What is certain surprises nobody:
# cost 0 at $p = 1$. And two independent surprises add up, while their probabilities multiply. Only a logarithm turns products into sums:
# the surprise is $-\log p$, and we use the natural logarithm, written log or ln. (Its unit is called a nat; with the base-2 logarithm it is the bit.)
#
# **Binary cross-entropy is the surprise at the label that came.** If $p$ is the predicted probability of label 1:
#
# $$\ell(y, p) = -\,y \log p \;-\; (1 - y) \log(1 - p)$$
#
# One of the two terms is always 0: for $y = 1$ the cost is $-\log p$, for $y = 0$ it is $-\log(1 - p)$. (*Entropy* is the mean surprise when the
# forecast is the truth; *cross*-entropy, when truth and forecast are two.)

# %% id="surprise"
print("  p said    cost if y = 1    squared error")
for p in (0.99, 0.9, 0.5, 0.1, 0.01):
    print(f"  {p:6.2f}    {binary_cross_entropy(1, p):13.3f}    {mse(1, p):13.3f}")
reveal("22-ten-times-less-likely")
print(f"\nAnn {binary_cross_entropy(rain, ann).mean():.3f}, Bob {binary_cross_entropy(rain, bob).mean()}")

# %% [markdown] id="surprise-read"
# Ten times less likely is always 2.303 dearer, whether from 1 to 0.1 or from 0.1 to 0.01: so $p = 0.01$ costs exactly twice what
# $p = 0.1$ costs. And Bob, who left no room for the dry day, pays infinity.
#
# What should Ann say to pay least? Try every probability:

# %% id="best-constant"
candidates = np.linspace(0.01, 0.99, 99)
cost = [binary_cross_entropy(rain, np.full(10, p)).mean() for p in candidates]
print(f"cheapest constant forecast: {candidates[np.argmin(cost)]:.2f}; share of rainy days: {rain.mean():.2f}")

# %% [markdown] id="best-constant-read"
# The share of ones, honestly reported, is the best constant. This loss pays for honest probabilities. (So does the squared error; it only lets false certainty
# off cheaply.)

# %% [markdown] id="derivative"
# ## The gradient: prediction minus label
#
# A classifier computes a score $z$, called the **logit**, and turns it into $p = \sigma(z)$. What does the loss say to the score? By the chain rule, with
# $\sigma' = p(1 - p)$:
#
# $$\frac{\partial \ell}{\partial z} = \left(-\frac{y}{p} + \frac{1 - y}{1 - p}\right) p\,(1 - p) = -y\,(1 - p) + (1 - y)\,p = p - y$$
#
# The slope of the sigmoid has cancelled. What is left: **by how much was I wrong, and in which direction**. In the
# figure, follow label 1 (solid) to the far left: a sure mistake costs a little more than $|z|$, and its gradient stays near −1.

# %% id="derivative-figure"
plots.show(
    plots.curve_and_derivative(get("binary_cross_entropy_with_logits")),
    alt="Left: the cost for label 1 falls from 6 at logit −6 to nearly 0 at logit 6; the cost for label 0 is its mirror image. "
    "They cross at 0.69. Right: the gradients are sigmoids, from −1 up to 0 for label 1, from 0 up to 1 for label 0.",
)

# %% [markdown] id="derivative-seen"
# *What to see: on the wrong side the cost is nearly a straight line and the gradient stays close to 1 in size; on the right side both fade to 0.*

# %% id="derivative-check"
from course_lib.activations import sigmoid

z = np.linspace(-6, 6, 25)
slope = numerics.central_difference(lambda z: binary_cross_entropy_with_logits(np.ones(25), z), z)
print("measured slope equals p − y to ten digits:", bool(np.abs(slope - (sigmoid(z) - 1)).max() < 1e-10))
wrong = -4.0
p = sigmoid(wrong)
print(f"sure and wrong (z = −4, y = 1): gradient {p - 1:.3f}; of the squared error {2 * (p - 1) * p * (1 - p):.3f}")

# %% [markdown] id="explore"
# ## Explore: two losses, over the probability and over the score
#
# The upper pictures show cost and gradient over $p$, the lower ones over the logit $z$. Solid is the cross-entropy, dashed the squared error. **Task: for a model
# that is wrong, make the cross-entropy push the logit ten times as hard as the squared error does.**

# %% id="explore-widget" tags=["widget"]
widgets.probability_losses()

# %% [markdown] id="explore-seen"
# *What to see: over the logit, the cross-entropy is nearly a straight line on the wrong side and its gradient goes to −1; the squared error flattens out and its
# gradient goes back to 0, just where the model is most wrong.*

# %% [markdown] id="stability"
# ## Logits in, digits kept
#
# The label is 0 and the model is sure of a 1: its score is 40. The cost should be 40. Go through the probability and see:

# %% id="broken"
p = sigmoid(40.0)
print(f"σ(40) = {p}, so 1 − p = {1 - p} and the cost is {binary_cross_entropy(0, p)}")
print(f"what 1 − p should be: σ(−40) = {sigmoid(-40.0):.1e}")

# %% [markdown] id="stability-read"
# $\sigma(40)$ differs from 1 by $4 \cdot 10^{-18}$, less than a float64 near 1 can hold. The digits were gone **before** the loss saw them; clipping $p$
# doesn't bring them back. So the loss takes the logit. For label 0 it is $-\log \sigma(-z) = \log(1 + e^z) = z + \log(1 + e^{-z})$, and for positive $z$ the
# last form can't overflow. Both labels and both signs in one line:
#
# $$\ell(y, z) = \max(z, 0) - z\,y + \log\bigl(1 + e^{-|z|}\bigr)$$


# %% id="repaired"
def cost_from_logits(y, z):
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


for z in (40.0, 1000.0, -1000.0):
    ours = binary_cross_entropy_with_logits(0, z)
    print(f"y = 0, z = {z:6.0f}:  {cost_from_logits(0, z):6.1f}   course_lib: {ours:6.1f}")

# %% [markdown] id="by-hand"
# ## By hand
#
# Logit 2, label 1: $p = \sigma(2) = 0.8808$, cost $-\ln 0.8808 = 0.1269$, gradient $0.8808 - 1 = -0.1192$: push the score up a little.
#
# Now you: logit −1, label 1. The probability is \_\_\_, the cost \_\_\_, the gradient \_\_\_. (A hint: $\sigma(-1) = 0.2689$.)
#
# <details><summary>Compare</summary>
#
# $p = 0.2689$, cost $-\ln 0.2689 = 1.3133$, gradient $0.2689 - 1 = -0.7311$: push the score up, six times as hard.
#
# </details>

# %% id="by-hand-check"
for z, y in ((2.0, 1), (-1.0, 1)):
    cost = binary_cross_entropy_with_logits(y, z)
    print(f"logit {z:4.1f}   p {sigmoid(z):.4f}   cost {cost:.4f}   gradient {sigmoid(z) - y:7.4f}")

# %% [markdown] id="experiment-claim"
# ## Experiment: one loss, two ways to write it, 426 tumours
#
# **Claim.** On real measurements the textbook formula fails, not on paper but in the machine.
#
# **Run.** The tumours of lesson 03, once unscaled and once standardised; random weights, five seeds. We compute the cost of every tumour with the textbook
# formula from probabilities and with the form from logits, and count what comes out.


# %% id="textbook"
def textbook_cost(y, z):
    p = 1 / (1 + np.exp(-z))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


# %% id="experiment"
for scaling in ("raw", "standard"):
    train, test = data.breast_cancer(scaling)
    for seed in range(5):
        z = train.x @ np.random.default_rng(seed).normal(size=30)
        with np.errstate(all="ignore"):
            textbook = textbook_cost(train.y, z)
        nan, inf, right = np.isnan(textbook), np.isinf(textbook), (z > 0) == train.y
        failed = f"{nan.sum():3} nan ({np.sum(nan & right):3} right) + {inf.sum():3} inf = {np.sum(nan | inf):3}"
        ours = binary_cross_entropy_with_logits(train.y, z).mean()
        print(f"{scaling:8} seed {seed}: textbook {failed};  from logits, mean {ours:6.2f}")

# %% [markdown] id="experiment-read"
# **Read.** With raw data the textbook formula spoils between 144 and all 426 of the costs, and a single `nan` turns the mean, and every weight it touches, into
# `nan`. Every `nan` is a tumour on which the model is sure and *right*: there $0 \cdot \log 0$ is computed. From logits, every cost is a number.
#
# **What this does not show.** That the model is any good: its weights are random. Standardising alone also removed the failures here,
# but training can drive scores up again: do both.

# %% [markdown] id="traits"
# ## Strengths, weaknesses, and when to use it
#
# | | because | seen in |
# |---|---|---|
# | **+** pays for honest probabilities | its best constant is the share of ones | [“cheapest constant forecast”](#The-definition:-surprise) |
# | **+** a confident mistake is never cheap | $-\log p$ has no ceiling | [the table](#The-definition:-surprise) |
# | **+** a strong gradient where the model is wrong | $p - y$: the sigmoid's slope cancels | [the check](#The-gradient:-prediction-minus-label): −0.982 against −0.035 |
# | **−** fragile from probabilities | $1 - \sigma(40)$ rounds to 0; **remedy:** the form from logits | the experiment |
# | **−** one wrongly labelled example can weigh heavily | no ceiling, again; **remedy:** clean labels, or labels a little off 0 and 1 | Bob's infinity |
#
# **Use it** for yes-or-no targets and for several labels at once, with *no* activation in the last layer and the form from logits. For exclusive classes
# take categorical cross-entropy ([lesson 27](27_output_and_loss.ipynb)).

# %% [markdown] id="used"
# ## Where it is used
#
# * **Logistic regression**, from credit scoring to medicine: the least cross-entropy makes the data likeliest (Bishop 2006, *Pattern
#   Recognition and Machine Learning*, §4.3.2).
# * **Image classifiers with several labels**, and the discriminator of a generative adversarial network (GAN), which says “real” or “made” (Goodfellow et al.
#   2014, *Generative Adversarial Nets*, arXiv:1406.2661).
# * **Object detectors**: is there an object here, yes or no (Redmon & Farhadi 2018, *YOLOv3*, §2.1–2.2, arXiv:1804.02767).

# %% [markdown] id="myths"
# ## Two myths
#
# **“Predict yes when the logit is above 0.5.”** The threshold ½ belongs to probabilities; on logits it is 0.
#
# **“A lower loss means a better accuracy.”** The loss also judges how sure you are; accuracy doesn't:

# %% id="myth-check"
print(f"logit 0.3: probability {sigmoid(0.3):.3f}, so the answer is {'yes' if sigmoid(0.3) > 0.5 else 'no'}")
y = np.array([1, 1, 0])
for name, p in (("timid", np.array([0.6, 0.6, 0.4])), ("bold ", np.array([0.99, 0.99, 0.6]))):
    print(f"{name}: loss {binary_cross_entropy(y, p).mean():.3f}, accuracy {np.mean((p > 0.5) == y):.2f}")

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# Same inputs, same numbers, two traps. **Order:** PyTorch takes the prediction first, Keras (and we) the label. **Clamps:** from probabilities, PyTorch stops
# every logarithm at −100 and Keras clips $p$ to $[10^{-7}, 1 - 10^{-7}]$, so the last case below, which costs infinity, comes out as 100 and 16.1.

# %% id="frameworks-run"
from course_lib.frameworks import formatted, run_in

y, z, p = np.array([1.0, 0.0, 1.0]), np.array([2.0, 2.0, -40.0]), np.array([0.9, 0.9, 0.0])
print("from logits")
print("NumPy   ", formatted(binary_cross_entropy_with_logits(y, z)))
run_in(
    "torch",
    lambda torch: torch.nn.functional.binary_cross_entropy_with_logits(*map(torch.tensor, (z, y)), reduction="none"),
    recorded="0.1269 2.1269 40.0000",
)
run_in(
    "keras",
    lambda keras: keras.losses.binary_crossentropy(y[:, None], z[:, None], from_logits=True),
    recorded="0.1269 2.1269 40.0000",
)

# %% id="frameworks-clamps"
print("from probabilities")
print("NumPy   ", formatted(binary_cross_entropy(y, p)))
run_in(
    "torch",
    lambda torch: torch.nn.functional.binary_cross_entropy(*map(torch.tensor, (p, y)), reduction="none"),
    recorded="0.1054 2.3026 100.0000",
)
run_in(
    "keras", lambda keras: keras.losses.binary_crossentropy(y[:, None], p[:, None]), recorded="0.1054 2.3026 16.1181"
)

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/22_binary_cross_entropy.ipynb) take about 20 minutes. The [solutions](../solutions/22_binary_cross_entropy.ipynb) are there for
# afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("22")

# %% [markdown] id="remember"
# ## Remember
#
# **Binary cross-entropy is the surprise at the label that came; its gradient on the score is prediction minus label.**
#
# Key numbers: $\ln 2 = 0.693$ for a shrug; ten times less likely costs 2.303 more; gradient $p - y$.
#
# Next: [24 MSE against cross-entropy](24_mse_or_cross_entropy.ipynb), which races the two.
