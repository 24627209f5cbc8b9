# ---
# course:
#   teaching: 25
#   exercises: 20
#   objectives:
#     - read a squared error as an area, and derive its gradient 2(ŷ − y)
#     - say why its best constant is the mean, and what one outlier does to it
#     - fit a line by gradient descent and by the closed form
#     - recognise the silent shape bug that makes a model learn only the mean
# ---

# %% [markdown] id="card"
# # Mean squared error
#
# **It charges the square of the miss; its best constant is the mean, so one outlier drags it.**
#
# | | |
# |---|---|
# | Symbol | MSE, the mean of $\ell(y, \hat y) = (\hat y - y)^2$ |
# | Range | $[0, \infty)$, in the square of $y$'s unit |
# | Gradient | $2\,(\hat y - y)$, without bound |
# | Used for | predicting numbers |
# | Needs | [00 Start here](00_start_here.ipynb) |
# | Time | 25 minutes, and 20 for the [exercises](../exercises/17_mse.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, losses, numerics, plots, training, widgets
from course_lib.exercises import predict, quiz, recall, reveal
from course_lib.losses import mae, mse, mse_gradient

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("17")

# %% [markdown] id="question"
# ## Twenty callers, one number to announce
#
# A help line wants to tell every caller the same number: how long it will take. Here are twenty waits in minutes (made up: nineteen around 10, one hour).

# %% id="waits"
waits = data.measurements_with_outlier().y
print(" ".join(f"{minutes:.1f}" for minutes in np.sort(waits)))

# %% [markdown] id="question-end"
# Any number is wrong for nearly everyone. A **loss** puts a price on each miss; the best number has the lowest mean price.

# %% [markdown] id="predict"
# ## Predict first
#
# Let a miss cost its square: 3 minutes off cost 9. Which announcement has the lowest mean cost?

# %% id="predict-form" tags=["widget"]
predict("17-best-constant")

# %% [markdown] id="definition"
# ## The definition: squares as areas
#
# $$\ell(y, \hat y) = (\hat y - y)^2, \qquad \mathrm{MSE} = \frac{1}{n} \sum_{i=1}^{n} (\hat y_i - y_i)^2$$
#
# In words: $y$ is the true number, $\hat y$ (“y hat”) the predicted one, their difference the miss (or residual). Its cost is the **area of a square** with the miss as its
# side; the mean squared error (MSE) is the average area.


# %% id="definition-table"
def squared_error(y, y_pred):
    return (y_pred - y) ** 2


print("miss   cost")
for miss in (-10, -1, 0, 2, 4):
    print(f"{miss:4}   {squared_error(0, miss):4}")

# %% [markdown] id="table-read"
# Twice the miss, four times the cost; too low costs as much as too high. Now five waits and two announcements:

# %% id="squares"
from course_lib.panels.outlier import squares_figure

plots.show(
    squares_figure([8, 9, 11, 12, 25], (13, 11), "minutes"),
    alt="Squares on the misses of the waits 8, 9, 11, 12 and 25. Around 13 their total area is 190, "
    "of which the wait of 25 makes 144. Around 11 the total is 210, of which it makes 196.",
)

# %% [markdown] id="squares-seen"
# *What to see: around 13, the mean, the total area is 190; around 11, the median (the middle value), it is 210.*

# %% [markdown] id="derivative"
# ## The gradient is twice the miss
#
# How fast does the cost grow with the prediction? This slope, $\frac{\partial \ell}{\partial \hat y}$, is the loss's **gradient**. By the
# chain rule, the square gives $2\,(\hat y - y)$ and the inside gives 1:
#
# $$\frac{\partial \ell}{\partial \hat y} = 2\,(\hat y - y)$$
#
# Its sign says on which side we are, its size how far off. Training moves the prediction against it, by the gradient times a small number, the **learning rate**.
# So each example **pulls** the prediction towards itself, twice as hard from twice as far. In the figure, look for a limit to that.

# %% id="derivative-figure"
plots.show(
    plots.curve_and_derivative(losses.get("mse")),
    alt="Left: the squared error is a parabola over the miss, 0 at 0 and 16 at 4. "
    "Right: its gradient is a straight line through 0, from minus 8 to 8.",
)

# %% [markdown] id="derivative-seen"
# *What to see: a smooth bowl, flat at the bottom; the gradient is a straight line without end.*
#
# Many books write $\frac{1}{2}(\hat y - y)^2$, so that the 2 cancels. The minimum stays; the same learning rate takes half the step.

# %% id="derivative-check"
misses = np.linspace(-4, 4, 41)
for name in ("mse", "half_squared_error"):
    loss = losses.get(name)
    slope = numerics.central_difference(lambda p, loss=loss: loss.function(0 * p, p), misses)
    agree = np.abs(slope - loss.gradient(0 * misses, misses)).max() < 1e-9
    print(f"{name}: {loss.gradient(0.0, 3.0):.0f} at a miss of 3; measured slope agrees: {agree}")

# %% [markdown] id="mean"
# ## Why the mean
#
# A constant $c$ rests where the pulls cancel: $\sum_i 2\,(c - y_i) = 0$, so $n\,c = \sum_i y_i$, and $c$ is the **mean**. The mean absolute error (MAE) charges
# $|\hat y - y|$. There everyone pulls equally hard, so it rests with half of the values on either side: at the **median**. We try 5 to 60, a hundredth apart:

# %% id="best-constant"
constants = np.linspace(5, 60, 5501)
for name, loss in {"MSE": mse, "MAE": mae}.items():
    cost = [loss(waits, np.full(20, c)).mean() for c in constants]
    cheapest = constants[np.isclose(cost, min(cost), rtol=1e-9)]
    print(f"{name}: cheapest from {cheapest[0]:.2f} to {cheapest[-1]:.2f}")
print(f"mean {waits.mean():.2f}, median {np.median(waits):.2f}; without the hour:", end=" ")
print(f"mean {waits[:-1].mean():.2f}, median {np.median(waits[:-1]):.2f}")
reveal("17-best-constant")

# %% [markdown] id="explore"
# For MAE any number between the tenth and eleventh wait is as good; the median is their middle.
#
# ## Explore: one outlier, four losses
#
# An **outlier** is a value far from the others. Move one wait of seven and watch the best constants. *Huber* takes half the square up to δ and a straight line
# beyond: no pull exceeds δ. *Quantile* charges τ for each minute promised too little, $1 - \tau$ for each too many; about a share τ of the waits lies below its
# constant. **Task: bring MSE's constant up to the longest of the six waits.**

# %% id="explore-widget" tags=["widget"]
widgets.outlier_mixer()

# %% [markdown] id="explore-seen"
# *What to see: MSE's constant follows the outlier, a seventh of the way, without end. MAE's stops at 11; Huber's stops too, later for a larger δ; so does a quantile,
# unless τ makes the outlier itself the answer.*

# %% [markdown] id="by-hand"
# ## By hand
#
# Waits 2, 4 and 9, announcement 6. Misses 4, 2 and −3, squares 16, 4 and 9: MSE $= 29/3 = 9.67$. The gradients 8, 4 and −6 have the mean 2: too high.
#
# Now you: waits 1, 2 and 6, announcement 3. Squares \_\_\_, MSE \_\_\_, mean gradient \_\_\_.
#
# <details><summary>Compare</summary>
#
# Squares 4, 1 and 9; MSE $= 14/3 = 4.67$; mean gradient 0: 3 is the mean already.
#
# </details>

# %% id="by-hand-check"
for y, c in (([2, 4, 9], 6), ([1, 2, 6], 3)):
    y_pred = np.full(3, c)
    cost = mse(y, y_pred)
    print(f"MSE {cost.sum():.0f}/3 = {cost.mean():.2f}, mean gradient {mse_gradient(y, y_pred).mean():.0f}")

# %% [markdown] id="line"
# ## Two roads to one line
#
# Now let the prediction be a line, $\hat y = w x + b$. **Gradient descent** takes small steps against the slope. By the
# chain rule the slopes are the means of $2 \cdot \text{miss} \cdot x$ for $w$ and of $2 \cdot \text{miss}$ for $b$:


# %% id="descend"
def descend(x, y, rate=0.02, steps=2000):
    w = b = 0.0
    for _ in range(steps):
        miss = w * x + b - y
        w, b = w - rate * np.mean(2 * miss * x), b - rate * np.mean(2 * miss)
    return w, b


# %% [markdown] id="closed-form"
# The **closed form** needs no steps: both slopes set to 0 are two linear equations for $w$ and $b$, the normal equations. With $x$ and a column of ones in the
# matrix $C$: $C^\top C\,(w, b)^\top = C^\top y$. Thirty points lie on $y = 2x + 3$; then with noise; then with 40 added to one.

# %% id="two-roads"
samples = {"exact": data.line(noise=0), "noisy": data.line(), "one + 40": data.line(outlier=40)}
for name, sample in samples.items():
    x, y = sample.x[:, 0], sample.y
    w, b = descend(x, y)
    columns = np.column_stack([x, np.ones(30)])
    exact_w, exact_b = np.linalg.solve(columns.T @ columns, columns.T @ y)
    print(f"{name:8}: descent {w:.3f} x + {b:.3f}, closed form {exact_w:.3f} x + {exact_b:.3f}")

# %% [markdown] id="two-roads-read"
# Both roads agree. One spoilt point of thirty lifts the slope from 1.990 to 2.739.

# %% [markdown] id="shape-bug"
# ## One wrong shape, and only the mean is learned
#
# Predictions often come as a column, shape $(n, 1)$, targets with shape $(n,)$. NumPy then subtracts *every* target from *every* prediction. The exact points,
# the same `descend`:

# %% id="shape-bug-run"
x, y = samples["exact"].x, samples["exact"].y
w, b = descend(x, y)
miss = w * x + b - y
print(f"x {x.shape}, y {y.shape}, miss {miss.shape}: learned {abs(w):.3f} x + {b:.3f}")
print(f"mean of y {y.mean():.3f}; cost {np.mean(miss**2):.3f}, variance of y {y.var():.3f}")
try:
    mse(y, w * x + b)
except ValueError as error:
    print("course_lib:", error)

# %% [markdown] id="shape-bug-read"
# Every prediction is compared with all targets, so the best it can do is their mean: slope 0, and a cost equal to the variance (the mean squared
# distance from the mean). **When a cost stops at the variance of the targets, print the shapes.**

# %% [markdown] id="experiment-claim"
# ## Experiment: spoilt targets, 442 patients
#
# **Claim.** A few wrong targets spoil what MSE learns; MAE and Huber hardly notice.
#
# **Run.** Ten measurements predict how far a patient's diabetes has progressed a year later (a score, 25 to 346). To a share of the *training* targets we add
# 1000, a slip of the keyboard. The model is a line in ten dimensions; *Adam* is gradient descent that adapts its steps. We measure the misses
# on clean patients kept aside, in five random splits.


# %% id="experiment-model"
def misses_on_new_patients(loss, share, split):
    train, test = data.diabetes(rng=split)
    y = train.y.copy()
    order = np.random.default_rng(split).permutation(len(y))
    y[order[: round(share * len(y))]] += 1000
    model = training.Network([10, 1], loss=loss, optimiser=training.Adam(rate=2))
    model.fit(train.x, y, epochs=600, record_every=600)
    return model.predict(test.x)[:, 0] - test.y


# %% id="experiment"
for name, loss in {"MSE": "mse", "MAE": "mae", "Huber": ("huber", {"delta": 50})}.items():
    for share in (0, 0.05, 0.1):
        misses = [misses_on_new_patients(loss, share, split) for split in range(5)]
        typical = [np.sqrt(np.mean(miss**2)) for miss in misses]
        print(f"{name:5} {share:4.0%} spoilt: typical miss {np.mean(typical):5.1f}", end=" ")
        print(f"({min(typical):5.1f} to {max(typical):5.1f}),", end=" ")
        print(f"on average {np.mean(misses):2.0f} too high")

# %% [markdown] id="experiment-read"
# **Read.** The typical miss is the root of the MSE, called **RMSE**. With 5 % spoilt, MSE's grows from 52.6 to 81.1, its predictions are about 50 too high: 5 %
# of 1000, like a mean. MAE's is 53.8, Huber's 53.1. With clean targets the three are level.
#
# **What this does not show.** That large targets are wrong: if the hour was real and somebody pays for it, the mean is the honest answer. Nor what slips in both
# directions do, nor outliers among the *inputs*.

# %% [markdown] id="traits"
# ## Strengths, weaknesses, and when to use it
#
# | | because | seen in |
# |---|---|---|
# | **+** steps shorten near the goal | the gradient shrinks with the miss | [the figure](#The-gradient-is-twice-the-miss) |
# | **+** a line needs no steps | its slopes are linear in $w$ and $b$ | [two roads](#Two-roads-to-one-line) |
# | **−** one outlier drags it; **remedy:** Huber, MAE, clean data | the pull has no bound | [the experiment](#Experiment:-spoilt-targets,-442-patients) |
# | **−** squared units; **remedy:** report RMSE | minutes become square minutes | the next cell |
#
# **Use it** for numbers whose large misses are much worse. For yes-or-no targets take [binary cross-entropy](22_binary_cross_entropy.ipynb).

# %% id="units"
for unit, factor in {"minutes": 1, "seconds": 60}.items():
    cost = mse(factor * waits, np.full(20, factor * 10.0)).mean()
    print(f"announce 10 minutes, in {unit}: MSE {cost:,.0f}, RMSE {np.sqrt(cost):.1f}")

# %% [markdown] id="used"
# ## Where it is used
#
# * **Least squares** in all sciences since Legendre's comets of 1805 (Plackett 1972, *Biometrika* 59, 239–251).
# * **Regression networks**: with normal (bell-shaped) noise of one width, the least MSE makes the data likeliest (Bishop 2006,
#   *Pattern Recognition and Machine Learning*, §3.1.1).
# * **Image generators by diffusion** learn the noise in a picture (Ho, Jain & Abbeel 2020, §3.4, arXiv:2006.11239).

# %% [markdown] id="myths"
# ## Three myths
#
# **“MSE averages, so it is robust.”** Averaging lets every outlier in. **“MSE and RMSE train the same.”** They share the minimum, not the steps: RMSE
# pulls a single example with 1, near or far. **“The loss is the metric.”** Training follows the loss; we want the metric, here callers told right to the minute:

# %% id="myth-check"
few = [1, 2, 3, 4, 100]
print(f"best constant of 1, 2, 3, 4, 100: MSE {np.mean(few):.0f}, MAE {np.median(few):.0f}")
for miss in (10.0, 0.1):
    root = losses.rmse_gradient([0.0], [miss])[0]
    print(f"miss {miss:4}: gradient of MSE {mse_gradient(0.0, miss):4.1f}, of RMSE {root:.0f}")
for c in (waits.mean(), np.median(waits)):
    right = np.mean(np.abs(waits - c) <= 1)
    cost = mse(waits, np.full(20, c)).mean()
    print(f"announce {c:.2f}: MSE {cost:.1f}, right to the minute {right:.0%}")

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# **Order:** PyTorch takes the prediction first. **Mean:** over everything by default in PyTorch, over the last axis in Keras's function, so we hand in columns.
# **Shapes:** `mse_loss` warns at $(n, 1)$ against $(n,)$; written by hand, nothing does, and nine squares are averaged instead of three.

# %% id="frameworks-run"
from course_lib.frameworks import formatted, run_in

y, p = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 0.0])
print("NumPy   ", formatted(mse(y, p)))
run_in(
    "torch",
    lambda torch: torch.nn.functional.mse_loss(*map(torch.tensor, (p, y)), reduction="none"),
    recorded="0.2500 0.0000 9.0000",
)
run_in(
    "keras",
    lambda keras: keras.losses.mean_squared_error(y[:, None], p[:, None]),
    recorded="0.2500 0.0000 9.0000",
)

# %% id="frameworks-shapes"
print("mean    ", formatted(mse(y, p).mean()))
run_in(
    "torch",
    lambda torch: (torch.tensor(p)[:, None] - torch.tensor(y)).square().mean(),
    recorded="2.0833",
)

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/17_mse.ipynb) take about 20 minutes; the [solutions](../solutions/17_mse.ipynb) are for afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("17")

# %% [markdown] id="remember"
# ## Remember
#
# **MSE pulls with twice the miss: its best constant is the mean, and one outlier can drag it anywhere.**
#
# Key numbers: nineteen waits near 10 and one of 60: mean 12.55, median 10.31.
#
# Next: [22 Binary cross-entropy](22_binary_cross_entropy.ipynb).
