# ---
# course:
#   teaching: 25
#   exercises: 25
#   objectives:
#     - turn any scores into shares that sum to 1, for many rows at once and without overflow
#     - explain why only differences between scores count, and what a temperature does to them
#     - derive the slopes s_i(δ_ij − s_j) and check them
#     - measure whether a share of 0.9 is right nine times in ten
# ---

# %% [markdown] id="card"
# # Softmax
#
# **It turns scores into shares of one whole; only the differences between the scores count.**
#
# | | |
# |---|---|
# | Symbol | $s = \mathrm{softmax}(x)$, for a row of scores $x_1, \dots, x_k$ |
# | Range | every share in $(0, 1)$; together they sum to 1 |
# | Slopes | $\partial s_i / \partial x_j = s_i(\delta_{ij} - s_j)$, never more than $\frac{1}{4}$ |
# | Used for | the output of a classifier with exclusive classes; attention in transformers |
# | Needs | [03 Sigmoid](03_sigmoid.ipynb) |
# | Time | 25 minutes, and 25 for the [exercises](../exercises/11_softmax.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, frameworks, numerics, plots, training, widgets
from course_lib.activations import get, sigmoid, softmax, softmax_jacobian
from course_lib.exercises import predict, quiz, recall, reveal

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("11")

# %% [markdown] id="question"
# ## Three yeses don't make one answer
#
# A photograph shows a cat, a dog or an owl: exactly one. A classifier has computed a **score** for each, any number, the larger the likelier:
# 2, 1 and 0. What are the probabilities? Two first ideas:

# %% id="two-ideas"
scores, lower = np.array([2.0, 1.0, 0.0]), np.array([2.0, 1.0, -1.0])
each = sigmoid(scores)
print("scores 2, 1, 0, a sigmoid each:     ", frameworks.formatted(each), f"  sum {each.sum():.2f}")
print("scores 2, 1, -1, divided by the sum:", frameworks.formatted(lower / lower.sum()))

# %% [markdown] id="question-end"
# Sigmoids answer three separate questions; their sum is 2.11. Division gives the sum 1, but also a share of −50 %. We need a function that makes every
# score **positive first**, and then divides.

# %% [markdown] id="predict"
# ## Predict first
#
# Suppose we have it, and someone adds 1000 to each of the three scores. What happens to the shares?

# %% id="predict-form" tags=["widget"]
predict("11-add-a-thousand")

# %% [markdown] id="definition"
# ## The definition
#
# $$s_i = \mathrm{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# In words: the exponential makes every score positive and keeps the order; the sum turns the results into shares of one whole. As code:


# %% id="naive"
def naive_softmax(x):
    power = np.exp(x)
    return power / power.sum()


print("  x     e^x   share")
for x, share in zip(scores, naive_softmax(scores), strict=True):
    print(f"{x:3.0f}  {np.exp(x):6.3f}   {share:.3f}")

# %% [markdown] id="shift"
# ## Only differences count
#
# Divide two shares by each other and the sum cancels: $s_i / s_j = e^{x_i - x_j}$. One point of lead is worth a factor of 2.718, wherever the
# two scores stand. Adding 1000 to all of them multiplies every exponential by $e^{1000}$, above and below the line: nothing changes. On paper, that is:

# %% id="shift-check"
with np.errstate(over="ignore", invalid="ignore"):
    print("naive_softmax:", frameworks.formatted(naive_softmax(scores + 1000)))
print("softmax:      ", frameworks.formatted(softmax(scores + 1000)))
reveal("11-add-a-thousand")

# %% [markdown] id="repair"
# $e^{1002}$ is larger than any float64, so the naive code computes ∞/∞: `nan`, not a number. The law that it breaks is also the cure: **first subtract the
# row's largest score.** Then no exponential exceeds $e^0 = 1$, and the sum is at least 1.
#
# A batch has one row per example. Three ways to get it wrong, and the right one:

# %% id="rows"
far = np.array([[0.0, 1.0, 2.0], [1000.0, 1001.0, 1002.0]])
low = np.exp(far - far.max())
square = np.exp(np.arange(1.0, 10.0).reshape(3, 3))
with np.errstate(invalid="ignore"):
    attempts = {
        "one maximum for all rows": low / low.sum(axis=-1, keepdims=True),
        "sum without axis": square / square.sum(),
        "sum without keepdims": square / square.sum(axis=-1),
        "softmax": softmax(far),
    }
for name, shares in attempts.items():
    print(f"{name:25} sums of the rows:", frameworks.formatted(shares.sum(axis=-1)))

# %% [markdown] id="rows-read"
# Each row should sum to 1. The first row of `far` lies so deep below the common maximum that its exponentials are all 0: 0/0. Without `keepdims=True`, NumPy divides
# columns by the sums of rows; on a square array nobody complains.

# %% [markdown] id="derivative"
# ## The slopes: what one share gains, the others pay
#
# Every score stands in the sum $S = \sum_j e^{x_j}$, so every score moves every share. By the quotient rule (the slope of $f/g$ is $(f'g - fg')/g^2$), for a share and its own
# score, and for another score:
#
# $$\frac{\partial s_i}{\partial x_i} = \frac{e^{x_i} S - e^{x_i} e^{x_i}}{S^2} = s_i (1 - s_i), \qquad
# \frac{\partial s_i}{\partial x_j} = \frac{0 - e^{x_i} e^{x_j}}{S^2} = -s_i s_j$$
#
# In one line: $s_i(\delta_{ij} - s_j)$, where $\delta_{ij}$ is 1 if $i = j$ and 0 if not. The square table of all these slopes is the **Jacobian**. In the figure
# the first of four scores moves, the others stay at 0: look where the slope is largest.

# %% id="derivative-figure"
plots.show(
    plots.curve_and_derivative(get("softmax")),
    alt="Left: the first of four shares rises in an S from 0 to 1; it is one quarter at 0, where "
    "all scores are equal. Right: its slope is a hill of height one quarter at 1.1.",
)

# %% [markdown] id="derivative-seen"
# *What to see: against three rivals the S of the sigmoid has moved to the right; the slope is largest, ¼, where the share is one half.*

# %% id="derivative-check"
jacobian = softmax_jacobian(scores)
for name, row in zip(("cat", "dog", "owl"), jacobian, strict=True):
    print(f"slopes of {name}'s share:", " ".join(f"{slope:7.4f}" for slope in row))
first = np.array([1.0, 0.0, 0.0])
measured = numerics.central_difference(lambda step: softmax(scores + step * first), 0.0)
gap = np.abs(measured - jacobian[:, 0]).max()
print("first column agrees with measured slopes to ten digits:", bool(gap < 1e-10))
sums = np.abs([jacobian.sum(axis=0), jacobian.sum(axis=1)])
print("rows and columns sum to 0:", bool(sums.max() < 1e-14))
print(f"scores 20, 10, 0: largest slope {softmax_jacobian(10 * scores).max():.1e}")

# %% [markdown] id="derivative-read"
# Columns sum to 0 because the shares always sum to 1; rows, because a common shift changes nothing. With one score far ahead all slopes vanish: softmax
# saturates as the sigmoid does.

# %% [markdown] id="temperature"
# ## Temperature: how sure should it sound?
#
# If only differences count, scaling the scores scales the sureness. Divide them by a **temperature** $T$ first, $\mathrm{softmax}(x / T)$:

# %% id="temperature-table"
for temperature in (0.1, 1, 10):
    shares = softmax(scores / temperature)
    print(f"T = {temperature:4}: " + "  ".join(f"{share:.5f}" for share in shares))

# %% [markdown] id="temperature-read"
# Cold, the winner takes 0.99995. Hot, the shares approach a third each: 0.367, 0.332, 0.301. The order never changes.

# %% [markdown] id="explore"
# ## Explore: deal out the shares
#
# **Task: drag the scores until cat has 60 %, dog 30 % and owl 10 %.** Then shift them, change the temperature, leave out the owl. A corner of the triangle is
# certainty, its centre a shrug.

# %% id="explore-widget" tags=["widget"]
widgets.softmax_shares()

# %% [markdown] id="explore-seen"
# *What to see: the shift moves all scores and no share; temperature slides the point along the dashed path between centre and corner.*

# %% [markdown] id="by-hand"
# ## By hand
#
# Scores $\ln 2, 0, 0$: the exponentials are 2, 1, 1, the shares ½, ¼, ¼. With respect to the first score, the first share has the slope
# $\frac{1}{2} \cdot \frac{1}{2} = 0.25$, the second $-\frac{1}{4} \cdot \frac{1}{2} = -0.125$.
#
# Now you, with scores $\ln 3, 0$: the shares are \_\_\_ and \_\_\_, their slopes with respect to the first score \_\_\_ and \_\_\_. And $\sigma(\ln 3)$ is \_\_\_.
#
# <details><summary>Compare</summary>
#
# Exponentials 3 and 1, shares 0.75 and 0.25, slopes $0.75 \cdot 0.25 = 0.1875$ and $-0.1875$. And $\sigma(\ln 3) = 0.75$: no accident, see the myths.
#
# </details>

# %% id="by-hand-check"
for x in (np.log([2.0, 1.0, 1.0]), np.log([3.0, 1.0])):
    slopes = softmax_jacobian(x)[:, 0]
    print("shares", frameworks.formatted(softmax(x)), "  slopes", frameworks.formatted(slopes))
print(f"σ(ln 3) = {sigmoid(np.log(3)):.4f}")

# %% [markdown] id="experiment-claim"
# ## Experiment: is 0.9 right nine times in ten?
#
# **Claim**, and a myth: “softmax says 0.9, so it is 90 % sure.”
#
# **Run.** A small network (its settings belong to later lessons) gives every picture of a handwritten digit ten scores. It learns from 179 pictures, in 10
# passes over them or in 1000; five seeds. Of 1438 new pictures we take those whose largest share is near 0.9 (within 0.05) and count the right answers. Then we choose the temperature
# at which, on 180 *other* pictures, the mean largest share equals the fraction of right answers, and count again.


# %% id="sure-and-right"
def sure_and_right(x, labels, temperature=1.0):
    shares = softmax(x / temperature)
    return shares.max(axis=-1), shares.argmax(axis=-1) == labels


def too_sure(x, labels, temperature):
    sure, right = sure_and_right(x, labels, temperature)
    return sure.mean() - right.mean()


# %% id="learn"
def scores_and_labels(passes, seed):
    rest, test = data.digits(test=0.8, rng=seed)
    train, other = rest.split(test=0.5, rng=seed)
    loss, sgd = "categorical_cross_entropy_with_logits", training.SGD(0.5)
    network = training.Network([64, 32, 10], "relu", loss=loss, optimiser=sgd, init="he", rng=seed)
    network.fit(train.x, train.one_hot, epochs=passes, batch_size=32, record_every=passes)
    return [(network.predict(part.x), part.y) for part in (test, other)]


# %% id="experiment"
results = {"10 passes": [], "10, with T": [], "1000 passes": [], "1000, with T": []}
candidates = np.geomspace(0.2, 5, 200)
for passes in (10, 1000):
    for seed in range(5):
        test, other = scores_and_labels(passes, seed)
        T = min(candidates, key=lambda t, other=other: abs(too_sure(*other, t)))
        pairs = sure_and_right(*test), sure_and_right(*test, T)
        for name, pair in zip((f"{passes} passes", f"{passes}, with T"), pairs, strict=True):
            results[name].append(pair)
        near = [right[np.abs(sure - 0.9) < 0.05] for sure, right in pairs]
        counts = [f"{right.mean():4.0%} of {len(right):3}" for right in near]
        line = f"{passes:4} passes, seed {seed}: {pairs[0][1].mean():.0%} right"
        print(f"{line}; near 0.9: {counts[0]}; with T = {T:.2f}: {counts[1]}")

# %% [markdown] id="experiment-figure-before"
# All seeds together, also for other shares. An honest classifier lies on the diagonal: of its answers with share 0.6, six in ten are right.

# %% id="experiment-figure"
said = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
curves = {"honest": said}
for name, pairs in results.items():
    sure, right = (np.concatenate(part) for part in zip(*pairs, strict=True))
    curves[name] = [right[np.abs(sure - centre) < 0.05].mean() for centre in said]
    near = f"right near 0.6: {curves[name][1]:.0%}, near 0.9: {curves[name][4]:.0%}"
    print(f"{name:12} {near}; mean share of a wrong answer {sure[~right].mean():.2f}")
plots.show(
    plots.lines(said, curves, x_label="largest share (± 0.05)", y_label="right answers"),
    alt="Right answers over the largest share. After 10 passes the curve lies well above the honest "
    "diagonal, after 1000 well below it; with fitted temperatures both lie close to it.",
)

# %% [markdown] id="experiment-read"
# *What to see: after 10 passes far above the diagonal, after 1000 far below it; with a temperature, both close to it.*
#
# **Read.** First too modest, then too sure: near 0.9 the network is right 99 to 100 times in a hundred after 10 passes, 76 to 83 times after 1000, although it
# has become *better*. One number, fitted on other pictures, brings both to 80 to 96 times. Yet wrong answers then have a mean share of 0.65 or 0.66.
#
# **What this does not show.** That the temperature holds for digits from another pen. Nor much precision: 76 to 91 pictures near 0.9 (a seed, 1000 passes) leave about five
# points of doubt. And no answer has changed: the order of the scores stays.

# %% [markdown] id="traits"
# ## Strengths, weaknesses, and when to use it
#
# | | because | seen in |
# |---|---|---|
# | **+** shares of one whole, from any scores | positive first, then divided | [the definition](#The-definition) |
# | **+** slopes from the shares alone | $s_i(\delta_{ij} - s_j)$ | [the check](#The-slopes:-what-one-share-gains,-the-others-pay) |
# | **−** overflows as typed | $e^{1002}$; **remedy:** subtract each row's maximum | [the shift](#Only-differences-count) |
# | **−** saturates | one score far ahead; **remedy:** a [loss from the scores](22_binary_cross_entropy.ipynb) | [“scores 20, 10, 0”](#The-slopes:-what-one-share-gains,-the-others-pay) |
# | **−** can't say “none of these” | the sum is always 1; **remedy:** a sigmoid per class | [“nothing fits”](#Two-myths) |
# | **−** a share is no measured probability | learning pushes scores apart; **remedy:** a fitted temperature | [the experiment](#Experiment:-is-0.9-right-nine-times-in-ten?) |
#
# **Use it** where exactly one of several answers is right. Where several may be, take a sigmoid each.

# %% [markdown] id="used"
# ## Where it is used
#
# * **The last layer of classifiers** with exclusive classes (Bridle 1990, *NATO ASI* F68, 227–236).
# * **Attention in transformers:** each word deals out its attention by a softmax (Vaswani et al. 2017, §3.2.1, arXiv:1706.03762).
# * **Calibration** of deep classifiers by one temperature (Guo et al. 2017, arXiv:1706.04599).

# %% [markdown] id="myths"
# ## Two myths
#
# **“For two classes, softmax and sigmoid differ.”** Divide above and below by $e^{x_1}$: $\frac{e^{x_1}}{e^{x_1} + e^{x_2}} = \frac{1}{1 + e^{-(x_1 - x_2)}} =
# \sigma(x_1 - x_2)$. Softmax is the sigmoid of the *difference*. A sigmoid of *each* score is something else.
#
# **“If nothing fits, all shares are small.”** They can't be:

# %% id="myth-check"
x = np.random.default_rng(0).normal(0, 5, (1000, 2))
gap = np.abs(softmax(x)[:, 0] - sigmoid(x[:, 0] - x[:, 1])).max()
print("two classes: softmax equals σ(x₁ − x₂) to fourteen digits:", bool(gap < 1e-14))
print("nothing fits:", frameworks.formatted(softmax([-50.0, -50.0, -50.0])))

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# The trap is the **axis**. Keras takes the last unless told otherwise. PyTorch wants `dim`; without it `torch.nn.functional.softmax` warns and guesses, in three
# dimensions the *first*. The sums of the rows tell:

# %% id="frameworks-run"
batch = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
print("NumPy   ", frameworks.formatted(softmax(batch)))
same = "0.6652 0.2447 0.0900 0.0453 0.0453 0.9094"
frameworks.run_in("torch", lambda torch: torch.softmax(torch.tensor(batch), dim=-1), recorded=same)
frameworks.run_in("keras", lambda keras: keras.activations.softmax(batch), recorded=same)
print("sums of the rows after a softmax along the first axis")
frameworks.run_in(
    "torch",
    lambda torch: torch.softmax(torch.tensor(batch), dim=0).sum(dim=-1),
    recorded="1.6593 1.3407",
)
frameworks.run_in(
    "keras",
    lambda keras: keras.ops.sum(keras.activations.softmax(batch, axis=0), axis=-1),
    recorded="1.6593 1.3407",
)

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/11_softmax.ipynb) take about 25 minutes; the [solutions](../solutions/11_softmax.ipynb) are for afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("11")

# %% [markdown] id="remember"
# ## Remember
#
# **Softmax turns scores into shares; only differences count, and a share is not yet a probability.**
#
# Key numbers: scores 2, 1, 0 give 0.665, 0.245, 0.090; one point of lead is a factor of 2.718; two classes: $\sigma(x_1 - x_2)$.
#
# Next: [17 Mean squared error](17_mse.ipynb).
