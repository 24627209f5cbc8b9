# ---
# course:
#   teaching: 25
#   exercises: 25
#   objectives:
#     - name the parts of a neuron and compute its output from inputs, weights and bias
#     - carry out the four steps of training by hand, and check a gradient by nudging
#     - read from the losses whether a learning rate is too small or too large
# ---

# %% [markdown] id="card"
# # One neuron and the training loop
#
# **Learning is four steps, repeated: forward, loss, gradient, update.**
#
# | | |
# |---|---|
# | Neuron | output $a = f(x)$ of the score $x = w_1 u_1 + w_2 u_2 + b$ |
# | Update | each weight moves against its slope: $w - \text{rate} \cdot \partial L / \partial w$ |
# | Key slope | $f'(x)$, the activation's: every gradient is multiplied by it |
# | Used for | training networks of any size |
# | Needs | [00 Start here](00_start_here.ipynb), and what the slope of a curve is |
# | Time | 25 minutes, and 25 for the [exercises](../exercises/01_neuron.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, plots, training, widgets
from course_lib.activations import get, sigmoid, sigmoid_derivative
from course_lib.exercises import predict, quiz, recall, reveal

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("01")

# %% [markdown] id="question"
# ## Nobody typed in these numbers
#
# The network that reads digits in lesson 00 is a bag of adjustable numbers. How many?

# %% id="count"
print("adjustable numbers:", training.Network([64, 100, 10]).parameters.size)

# %% [markdown] id="question-end"
# They were *learned* from examples. To see how, we follow all numbers through the smallest network there is: one neuron.

# %% [markdown] id="definition"
# ## A neuron weighs, adds and bends
#
# | part | here | what it does |
# |---|---|---|
# | inputs $u_1, u_2$ | 2, −1 | come from outside: measurements, pixels |
# | weights $w_1, w_2$ | 0.5, −0.5 | how much each input counts, and in which direction |
# | bias $b$ | 0.5 | added whatever the inputs are |
# | score $x$ | 2 | the sum $w_1 u_1 + w_2 u_2 + b$ |
# | activation $f$ | sigmoid $\sigma$ | bends the score; here the S-curve from lesson 00, between 0 and 1 |
# | output $a$ | $\sigma(2)$ | the neuron's answer, $a = f(x)$ |
#
# This course writes $x$ for the score that enters an activation, hence $u$ for the inputs. Weights and bias are what learning may change.

# %% id="neuron"
u = np.array([2.0, -1.0])
w = np.array([0.5, -0.5])
b = 0.5
x = w @ u + b  # w @ u is w₁·u₁ + w₂·u₂
a = sigmoid(x)
print(f"score x = {x}, output a = {a:.4f}")

# %% [markdown] id="predict"
# ## Predict first
#
# The right answer, the **target**, is $y = 0.2$. The neuron's 0.8808 is far too high. Look at $w_2 = -0.5$ and its input $u_2 = -1$: which way should $w_2$ move?

# %% id="predict-form" tags=["widget"]
predict("01-second-weight")

# %% [markdown] id="four-steps"
# ## Four steps
#
# **1 Forward.** Compute score and output: done, $a = 0.8808$.
#
# **2 Loss.** Say in one number how wrong that is. We take the square of the miss, $L = (a - y)^2$: 0 when the answer is right, large when it is far off.
#
# **3 Gradient.** Hold everything still except $w_1$ and move it a little: how fast $L$ changes is a slope. Because the rest is held still it is called a
# **partial derivative**, written $\partial L / \partial w_1$ with a rounded d. The list of all three is the **gradient**. We measure it by nudging: a little up,
# a little down, the difference of the losses divided by the distance.


# %% id="nudge"
def loss(w1, w2, b):
    return (sigmoid(w1 * 2 + w2 * -1 + b) - 0.2) ** 2


h = 1e-5
by_w1 = (loss(0.5 + h, -0.5, 0.5) - loss(0.5 - h, -0.5, 0.5)) / (2 * h)
by_w2 = (loss(0.5, -0.5 + h, 0.5) - loss(0.5, -0.5 - h, 0.5)) / (2 * h)
by_b = (loss(0.5, -0.5, 0.5 + h) - loss(0.5, -0.5, 0.5 - h)) / (2 * h)
print(f"loss {loss(0.5, -0.5, 0.5):.4f}, slopes: w1 {by_w1:.4f}, w2 {by_w2:.4f}, b {by_b:.4f}")
reveal("01-second-weight")

# %% [markdown] id="slope-look"
# In the figure, look at the dashed line: its steepness is the slope just measured.

# %% id="slope-figure"
w1 = np.linspace(-2, 2, 201)
tangent = loss(0.5, -0.5, 0.5) + by_w1 * (w1 - 0.5)
tangent[abs(w1 - 0.5) > 1] = np.nan
curves = {"loss L": loss(w1, -0.5, 0.5), "slope at 0.5": tangent}
plots.show(
    plots.lines(w1, curves, x_label="weight w₁ (all else held still)", y_label="loss L"),
    alt="The loss over the first weight: a valley with its floor at about minus 1.2, rising to the "
    "right and flattening out. A dashed line touches the curve at 0.5 and rises to the right.",
)

# %% [markdown] id="slope-seen"
# *What to see: at 0.5 the loss rises to the right, so its slope is positive, and the valley lies to the left.*
#
# **4 Update.** Take a step downhill: against the slope, and larger where the slope is larger. How large, the **learning rate** decides:
#
# $$w_1 \;\leftarrow\; w_1 - \text{rate} \cdot \frac{\partial L}{\partial w_1}, \qquad \text{and likewise for } w_2 \text{ and } b.$$
#
# Then begin again at step 1. That is **gradient descent**.

# %% [markdown] id="chain"
# ## The chain rule: slopes multiply
#
# Nudging costs two forward passes for every number, far too many for 7,510 of them. The **chain rule** finds all slopes in one walk backwards. $L$ depends on
# $a$, $a$ on $x$, and $x$ on $w_1$, so their slopes multiply:
#
# $$\frac{\partial L}{\partial w_1} = \underbrace{2(a - y)}_{\partial L / \partial a} \cdot \underbrace{f'(x)}_{\text{activation}} \cdot \underbrace{u_1}_{\partial x / \partial w_1}$$
#
# In words: how wrong, and in which direction (the slope of $r^2$ is $2r$); times $f'(x)$, the activation's slope, which says how much it lets through; times what the weight is multiplied by, which is 1 for
# the bias. Lesson 03 derives the sigmoid's slope; here we check it by nudging.

# %% id="chain-check"
rate, y = 0.5, 0.2
by_a = 2 * (a - y)  # ∂L/∂a
by_x = by_a * sigmoid_derivative(x)  # ∂L/∂x
print(f"{by_a:.4f} · {sigmoid_derivative(x):.4f} = {by_x:.4f}")
print(f"times the inputs: w1 {by_x * u[0]:.4f}, w2 {by_x * u[1]:.4f}; bias {by_x:.4f}")
print("chain rule and nudging agree:", bool(np.allclose([*(by_x * u), by_x], [by_w1, by_w2, by_b])))
new_w, new_b = w - rate * by_x * u, b - rate * by_x
print(f"new weights {new_w[0]:.4f} and {new_w[1]:.4f}, bias {new_b:.4f}")
print(f"loss before {loss(*w, b):.4f}, after {loss(*new_w, new_b):.4f}")

# %% [markdown] id="explore"
# ## Explore: step through it
#
# The same neuron as a graph: arrows to the right carry values, arrows to the left slopes. Press *Back to the start*, then *Next phase*, and follow each number.
# **Task: with the sigmoid, bring the loss under 0.01 in at most two updates.**

# %% id="explore-widget" tags=["widget"]
widgets.neuron_stepper(phase=4)

# %% [markdown] id="explore-seen"
# *What to see: one round. Forward, the score 2 gives output 0.881 and loss 0.463. Backward, 1.362 times the sigmoid's slope 0.105 is 0.143; times the inputs, 0.286 for $w_1$ and −0.143 for $w_2$. So $w_1$
# falls to 0.357, and $w_2$ rises to −0.429.*

# %% [markdown] id="by-hand"
# ## By hand
#
# No activation this time, so $a = x$ and $f'(x) = 1$. One weight 3, bias −1, input 2, target 4, rate 0.1. **Forward:** $3 \cdot 2 - 1 = 5$. **Loss:** $(5 - 4)^2 = 1$. **Gradient:** $2(5 - 4) = 2$; for the
# weight times 2, that is 4; for the bias 2. **Update:** weight $3 - 0.1 \cdot 4 = 2.6$, bias $-1 - 0.1 \cdot 2 = -1.2$.
#
# Now you: weight 1, bias 0, input 3, target 5, rate 0.05. Output \_\_\_, loss \_\_\_, slopes \_\_\_ and \_\_\_, new weight \_\_\_, new bias \_\_\_.
#
# <details><summary>Compare</summary>
#
# Output 3, loss 4, slopes −12 and −4, new weight 1.6, new bias 0.2: the answer was too low, so both rise.
#
# </details>

# %% id="by-hand-check"
for weight, bias, value, target, step in ((3, -1, 2, 4, 0.1), (1, 0, 3, 5, 0.05)):
    miss = weight * value + bias - target
    print(f"loss {miss**2}, slopes {2 * miss * value} and {2 * miss},", end=" ")
    print(f"new {weight - step * 2 * miss * value:.1f} and {bias - step * 2 * miss:.1f}")

# %% [markdown] id="rate"
# ## The learning rate: creep, arrive, overshoot
#
# The slope does not know how far the valley floor is. Ten updates at three rates:


# %% id="descend"
def descend(rate, updates, unit):
    w, b, losses = np.array([0.5, -0.5]), 0.5, []
    for _ in range(updates + 1):
        x = w @ u + b
        a = unit.function(x)
        losses.append(float((a - y) ** 2))
        by_x = 2 * (a - y) * unit.derivative(x)
        w, b = w - rate * by_x * u, b - rate * by_x
    return losses


# %% id="rate-figure"
curves = {f"rate {rate}": descend(rate, 10, get("sigmoid")) for rate in (0.1, 2, 20)}
plots.show(
    plots.lines(range(11), curves, x_label="updates", y_label="loss L"),
    alt="Loss over ten updates. Rate 0.1 falls slowly and stays the highest; rate 2 is near 0 "
    "after two updates; rate 20 drops at once to 0.04 and stays there.",
)

# %% [markdown] id="rate-seen"
# *What to see: rate 0.1 creeps. Rate 2 is down after two updates. Rate 20 leaps past the target, lands where the sigmoid is flat, and stays there.*

# %% id="rate-numbers"
losses = descend(20, 10, get("sigmoid"))
print(f"sigmoid, rate 20:   {losses[1]:.4f} after 1 update, {losses[10]:.4f} after 10")
print("identity, rate 0.3:", " ".join(f"{loss:.1f}" for loss in descend(0.3, 4, get("identity"))))

# %% [markdown] id="rate-read"
# Without an activation (`identity`) nothing is flat: at rate 0.3 each step overshoots further than the last, and the loss explodes. The right rate depends on activation, data and start; try factors of ten.

# %% [markdown] id="experiment-claim"
# ## Experiment: one neuron, 569 tumours
#
# **Claim.** The same loop, with 30 inputs, learns to tell harmless tumours (label 1) from malignant ones (label 0).
#
# **Run.** Each row of `u` is a tumour, and `u @ w` gives all scores; loss and gradient are means. Each input is shifted to mean 0 and scaled to spread 1. A quarter of the tumours is kept aside; **accuracy** is the share of those for which
# the answer ($a > 0.5$ means 1) is right. Five seeds: other first weights, other tumours kept aside.


# %% id="loop"
def train(u, y, rate, updates, rng):
    w, b = rng.normal(size=u.shape[1]), 0.0
    for _ in range(updates):
        x = u @ w + b  # forward, all examples at once
        a = sigmoid(x)
        by_x = 2 * (a - y) * sigmoid_derivative(x) / len(y)  # gradient of the mean loss
        w = w - rate * (u.T @ by_x)  # update: u.T @ by_x adds up slope times input
        b = b - rate * by_x.sum()
    return w, b


def judged(w, b, examples):
    a = sigmoid(examples.x @ w + b)
    return np.mean((a - examples.y) ** 2), np.mean((a > 0.5) == examples.y)


# %% id="experiment"
for rate, updates in ((1, 0), (0.01, 200), (1, 200), (1000, 200)):
    results = []
    for seed in range(5):
        examples, unseen = data.breast_cancer(rng=seed)
        w, b = train(examples.x, examples.y, rate, updates, np.random.default_rng(seed))
        results.append(judged(w, b, unseen))
    low, high = np.min(results, axis=0), np.max(results, axis=0)
    print(f"rate {rate:4}, {updates:3} updates: loss {low[0]:.3f} to {high[0]:.3f},", end=" ")
    print(f"right {low[1]:.1%} to {high[1]:.1%}")

# %% [markdown] id="experiment-read"
# **Read.** Random weights are right about 45.5 % to 61.5 % of tumours. After 200 updates at rate 1 it is 95.8 % to 97.9 %. A rate a hundred times smaller has not got there yet; one a thousand
# times larger does worse, and the seeds differ more.
#
# **What this does not show.** That one neuron is enough: [lesson 02](02_why_nonlinearity.ipynb) has a task that it can't solve. Nor that rate 1 suits other data, or that 0.01 fails with more updates.

# %% [markdown] id="symptoms"
# ## When training goes wrong
#
# | symptom in [the rates](#The-learning-rate:-creep,-arrive,-overshoot) | cause | remedy |
# |---|---|---|
# | the loss falls, but creeps | rate too small | ten times larger |
# | the loss jumps up or explodes | rate too large, nothing flat | ten times smaller |
# | the loss stands still, the answer is wrong | $f'(x)$ is nearly 0: the chain is cut | smaller rate, another start or activation |

# %% [markdown] id="used"
# ## Where it is used
#
# * **Risk scores, click prediction:** one sigmoid neuron, trained with the loss of [lesson 22](22_binary_cross_entropy.ipynb), is *logistic regression* (Bishop 2006, *Pattern Recognition and Machine Learning*, §4.3.2).
# * **Echo cancelling on telephone lines:** one neuron without activation, its inputs the latest samples of the sound (Sondhi & Berkley 1980, *Proceedings of the
#   IEEE* 68, 948–963); its update is that of Widrow & Hoff 1960 (*IRE WESCON Convention Record*, part 4).
# * **Deep networks:** the chain rule through many layers is *back-propagation* (Rumelhart, Hinton & Williams 1986, *Nature* 323, 533–536).

# %% [markdown] id="myths"
# ## Two myths
#
# **“The activation computes $w \cdot u + b$.”** That is the score. The activation never sees a weight: different neurons with the same score give the same output.
#
# **“The loss is the metric.”** The loss is what training follows downhill; the metric, here accuracy, is what people care about. Multiply all trained weights and the bias by one positive
# factor: no decision changes, the loss does.

# %% id="myth-check"
for weights, bias in (([0.5, -0.5], 0.5), ([0.0, 3.0], 5.0)):
    score = np.array(weights) @ [2, -1] + bias
    print(f"weights {weights}, bias {bias}: score {score}, output {sigmoid(score):.4f}")
w, b = train(examples.x, examples.y, 1, 200, np.random.default_rng(4))  # the last seed again
for factor in (0.1, 1, 10):
    cost, right = judged(factor * w, factor * b, unseen)
    print(f"all weights times {factor:3}: loss {cost:.3f}, right {right:.1%}")

# %% [markdown] id="frameworks"
# ## The same update in PyTorch
#
# PyTorch walks the chain backwards by itself, in `backward()`. The numbers are our new weights and bias.


# %% id="frameworks-run"
from course_lib.frameworks import formatted, run_in


def one_update(torch):
    w = torch.tensor([0.5, -0.5], requires_grad=True)
    b = torch.tensor([0.5], requires_grad=True)
    optimiser = torch.optim.SGD([w, b], lr=0.5)
    a = torch.sigmoid(w @ torch.tensor([2.0, -1.0]) + b)
    ((a - 0.2) ** 2).sum().backward()
    optimiser.step()
    return torch.cat([w, b])


print("NumPy   ", formatted([*new_w, new_b]))
run_in("torch", one_update, recorded="0.3570 -0.4285 0.4285")

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/01_neuron.ipynb) take about 25 minutes; the [solutions](../solutions/01_neuron.ipynb) are for afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("01")

# %% [markdown] id="remember"
# ## Remember
#
# **Forward, loss, gradient, update, repeat; and in every gradient stands the activation's slope as a factor.**
#
# Key numbers: our neuron's first slope is $1.3616 \cdot 0.1050 \cdot 2 = 0.2859$, and its loss falls from 0.4635 to 0.3943 in one update at rate ½.
#
# Next: [02 Why non-linearity](02_why_nonlinearity.ipynb).
