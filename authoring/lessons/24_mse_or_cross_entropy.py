# ---
# course:
#   teaching: 25
#   exercises: 20
#   objectives:
#     - say why a sigmoid unit with squared error learns slowest where it is most wrong, and why cross-entropy does not
#     - prove that the squared error of a sigmoid is not convex, and say where
#     - tell the output layer, where σ′ cancels, from the hidden layers, where it stays
#     - compare two losses fairly, each at its own learning rate
# ---

# %% [markdown] id="card"
# # MSE against cross-entropy: the learning slow-down
#
# **Behind a sigmoid, the squared error goes blind where the model is most wrong; cross-entropy does not.**
#
# | | |
# |---|---|
# | Compared | half the squared error, $\frac{1}{2}(s - y)^2$, and binary cross-entropy, both of an output $s = \sigma(z)$ |
# | Slope on the score $z$ | squared error $(s - y)\,s(1 - s)$; cross-entropy $s - y$ |
# | Needs | [03 Sigmoid](03_sigmoid.ipynb), [22 Binary cross-entropy](22_binary_cross_entropy.ipynb), [17 MSE](17_mse.ipynb) |
# | Time | 25 minutes, and 20 for the [exercises](../exercises/24_mse_or_cross_entropy.ipynb) |

# %% id="imports"
import numpy as np

from course_lib import data, numerics, plots, training, widgets
from course_lib.activations import sigmoid, sigmoid_derivative
from course_lib.exercises import predict, quiz, recall, reveal

# %% [markdown] id="warm-up"
# ## Warm-up: what do you still know?

# %% id="recall" tags=["widget"]
recall("24")

# %% [markdown] id="question"
# ## A neuron that should unlearn a mistake
#
# A tiny learner, from Michael Nielsen's book: one sigmoid unit whose input is always 1 and whose target is $y = 0$. Its score is $z = w + b$, its
# output $s = \sigma(z)$, its loss half the squared error, $\frac{1}{2}(s - y)^2$. (MSE is the *mean* of the squares; the half removes a 2 from the slope.)
#
# By the chain rule the slope on the score is $(s - y) \cdot \sigma'(z)$, with $\sigma' = s(1 - s)$. The input is 1, so weight and bias have that slope too.
# We start at $w = 0.6$, $b = 0.9$ and go downhill:


# %% id="train"
def train(w, b, slope, rate, steps=300):
    scores = []
    for _ in range(steps + 1):
        scores.append(w + b)
        s = sigmoid(w + b)
        w, b = w - rate * slope(s), b - rate * slope(s)
    return np.array(scores)


def squared_error_slope(s, y=0):
    return (s - y) * s * (1 - s)


mild = sigmoid(train(0.6, 0.9, squared_error_slope, rate=0.15))
print(f"from {mild[0]:.2f} to {mild[-1]:.3f}; below one half after {np.argmax(mild < 0.5)} steps")

# %% [markdown] id="predict"
# ## Predict first
#
# A second neuron starts at $w = b = 2$, with the output 0.98: a little more wrong. Same loss, same learning rate: how long will it take?

# %% id="predict-form" tags=["widget"]
predict("24-steps-from-098")

# %% [markdown] id="definition"
# ## The more wrong, the slower

# %% id="slow-down"
bad = sigmoid(train(2, 2, squared_error_slope, rate=0.15))
print(f"from {bad[0]:.2f} to {bad[-1]:.3f}; below one half after {np.argmax(bad < 0.5)} steps")
for s in (mild[0], bad[0]):
    slope = squared_error_slope(s)
    print(f"output {s:.3f}: error {s:.3f} times σ′ {s * (1 - s):.4f} = slope {slope:.4f}")
reveal("24-steps-from-098")

# %% [markdown] id="slow-down-read"
# The error is larger, yet the first step is a seventh as large: at 0.98 the sigmoid is nearly flat, and its slope stands in the product.

# %% [markdown] id="derivative"
# ## Cross-entropy cancels σ′
#
# Now the other loss, $-\log(1 - s)$ for $y = 0$. The chain rule multiplies by the same $\sigma'$, but this loss brings along what cancels it:
#
# $$\frac{\partial \ell}{\partial s} \cdot \sigma'(z) = \frac{1}{1 - s} \cdot s\,(1 - s) = s \qquad\text{(in general } \frac{s - y}{s(1 - s)} \cdot s(1 - s) = s - y\text{)}$$
#
# The loss is steep exactly where the sigmoid is flat. Same neurons, same rate, and then the smaller one of the book:


# %% id="cross-entropy"
def cross_entropy_slope(s, y=0):
    return s - y


cases = [(squared_error_slope, 0.15), (cross_entropy_slope, 0.15), (cross_entropy_slope, 0.005)]
print("loss           rate   output at step 0, 50, 150, 300   below ½ after  first/largest slope")
for slope, rate in cases:
    for w, b in ((0.6, 0.9), (2, 2)):
        s = sigmoid(train(w, b, slope, rate))
        shown = "  ".join(f"{value:.3f}" for value in s[[0, 50, 150, 300]])
        turned = np.argmax(s < 0.5) if s[-1] < 0.5 else "never"
        share = slope(s)[0] / slope(s).max()
        print(f"{slope.__name__[:-6]:13} {rate:5}   {shown:30}   {turned:>13}  {share:19.0%}")

# %% id="four-curves"
plots.show(
    plots.lines(
        np.arange(301),
        {
            "cross-entropy, output 0.98": train(2, 2, cross_entropy_slope, rate=0.15),
            "squared error, output 0.98": train(2, 2, squared_error_slope, rate=0.15),
            "cross-entropy, output 0.82": train(0.6, 0.9, cross_entropy_slope, rate=0.15),
            "squared error, output 0.82": train(0.6, 0.9, squared_error_slope, rate=0.15),
        },
        x_label="step, learning rate 0.15",
        y_label="score z, wanted far below 0",
    ),
    alt="With cross-entropy both scores fall steeply at once, reach 0 by step 17 and sink "
    "ever more slowly, to −4.4. With squared error the score from 4 stays above 2.6 for 150 steps, then falls "
    "through 0 at step 232; the one from 1.5 passes 0 at step 36 and ends at −2.3.",
)

# %% [markdown] id="four-curves-seen"
# *What to see: cross-entropy (solid and dotted) moves the score most at the very start, from either place. The squared error from 0.98 (dashed) begins with a plateau.*
#
# **Read.** At equal rates cross-entropy wins. At the rate 0.005 it ends at 0.418 and 0.780, behind the squared error's 0.094 and 0.203: “faster” is
# about loss *and* rate. What the rate doesn't change is the **shape**, in the last column: cross-entropy pushes hardest when most wrong; the squared error, from 0.98, starts with 12 % of its best push.
#
# The formulas, checked:

# %% id="slope-check"
from course_lib.losses import binary_cross_entropy_with_logits, half_squared_error

z, y = np.linspace(-6, 6, 25), np.zeros(25)
s = sigmoid(z)
squared = numerics.central_difference(lambda z: half_squared_error(y, sigmoid(z)), z)
entropy = numerics.central_difference(lambda z: binary_cross_entropy_with_logits(y, z), z)
print("squared error:", np.allclose(squared, squared_error_slope(s), atol=1e-9))
print("cross-entropy:", np.allclose(entropy, cross_entropy_slope(s), atol=1e-9))
ratio = cross_entropy_slope(bad[0]) / squared_error_slope(bad[0])
print(f"at output {bad[0]:.3f} cross-entropy's slope is {ratio:.1f} times the other")

# %% [markdown] id="explore"
# ## Explore: can a larger rate buy the time back?
#
# Left: the outputs, step by step. Right: the slopes over the score. Start plays the training. **Task: make the squared error, from 0.98, as quick as
# cross-entropy is at the rate 0.15.**

# %% id="explore-widget" tags=["widget"]
widgets.learning_slowdown()

# %% [markdown] id="explore-seen"
# *What to see: on the left the squared error's plateau; on the right the reason, a slope that is all but gone at the score 4. A rate about fifteen times larger
# buys the steps back, not the shape.*

# %% [markdown] id="by-hand"
# ## By hand
#
# Target 0, output $s = 0.9$. Squared error: $0.9 \cdot 0.9 \cdot 0.1 = 0.081$. Cross-entropy: $0.9$. The second is $1 / 0.09 = 11.1$ times the first.
#
# Now you: target 1, output 0.2. Squared error \_\_\_, cross-entropy \_\_\_, ratio \_\_\_.
#
# <details><summary>Compare</summary>
#
# $(0.2 - 1) \cdot 0.2 \cdot 0.8 = -0.128$; $0.2 - 1 = -0.8$; the ratio is $1 / 0.16 = 6.25$.
#
# </details>

# %% id="by-hand-check"
for s, target in ((0.9, 0), (0.2, 1)):
    one, other = squared_error_slope(s, target), cross_entropy_slope(s, target)
    print(f"output {s}: σ′ {s * (1 - s):.2f}, {one:.3f} and {other:.3f}, ratio {other / one:.2f}")

# %% [markdown] id="convexity"
# ## Why the squared error is not convex here
#
# A function is **convex** if its curvature, the second derivative, is never negative: a bowl, in which the way down has no plateau high
# up and no second valley. Take $y = 0$ and write $L(z)$ for the squared error. Its slope is $s^2(1 - s) = s^2 - s^3$; differentiate once more, with $\frac{ds}{dz} = s(1 - s)$:
#
# $$L''(z) = (2s - 3s^2) \cdot s(1 - s) = s^2\,(1 - s)\,(2 - 3s)$$
#
# The first two factors are positive. The last one is negative once $s > \frac{2}{3}$, that is $z > \ln 2 = 0.693$: **wrong by more than two thirds, and the curve bends the
# wrong way (it is concave).** Cross-entropy has the slope $s$ and so the curvature $s(1 - s)$, which is always positive.

# %% id="curvature"
z = np.linspace(-6, 8, 281)
s = sigmoid(z)
curvature = {"cross-entropy": s * (1 - s), "squared error": s**2 * (1 - s) * (2 - 3 * s)}
measured = numerics.central_difference(lambda z: squared_error_slope(sigmoid(z)), z)
print("measured = formula:", np.allclose(measured, curvature["squared error"], atol=1e-9))
print(f"negative from z = {z[measured < 0][0]:.2f} on; ln 2 = {np.log(2):.3f}")
plots.show(
    plots.lines(z, curvature, x_label="score z, target 0", y_label="curvature"),
    alt="The curvature of cross-entropy is a hill of height one quarter at 0, positive everywhere. "
    "That of the squared error is a lower hill left of 0.69 and a valley below zero right of it.",
)

# %% [markdown] id="curvature-seen"
# *What to see: the dashed curve dips below zero right of 0.69; the solid one never does.*
#
# The score is linear in the weights, so all this holds over a single unit's weights. One example gives a plateau only;
# several together can make false valleys (Auer, Herbster & Warmuth 1995, *NIPS* 8). With a hidden layer neither loss is convex in all weights.

# %% [markdown] id="hidden"
# ## In hidden layers σ′ stays
#
# Put a sigmoid unit in front: hidden score 6, output weight 4, target 0. The loss hands its slope to the output score; on the way to the *hidden* score it is multiplied by the weight
# and by the hidden unit's own $\sigma'$:

# %% id="hidden-run"
weight, hidden = 4.0, 6.0


def whole(hidden):
    return binary_cross_entropy_with_logits(0.0, weight * sigmoid(hidden))


s = sigmoid(weight * sigmoid(hidden))
for slope in (squared_error_slope, cross_entropy_slope):
    onwards = slope(s) * weight * sigmoid_derivative(hidden)
    print(f"{slope.__name__}: {slope(s):.4f} at the output, {onwards:.6f} at the hidden score")
measured = numerics.central_difference(whole, hidden)
print(f"the last one measured: {measured:.6f}; hidden σ′: {sigmoid_derivative(hidden):.4f}")

# %% [markdown] id="hidden-read"
# Cross-entropy starts from a larger number, but the hidden unit's factor 0.0025 is there for both.

# %% [markdown] id="experiment-claim"
# ## Experiment: five epochs on real digits
#
# **Claim.** With sigmoid outputs cross-entropy learns faster than the squared error.
#
# **Run.** 1,347 handwritten digits for training and 450 for testing; 30 hidden units, ten sigmoid outputs (cross-entropy takes their logits), batches of ten, five seeds. Two networks: sigmoid hidden units with first
# weights from a standard normal distribution, and rectified linear units (ReLU, [lesson 06](06_relu.ipynb): negative scores become 0) with smaller ones. Four learning rates for each loss; “tuned” is the one
# with the best *training* accuracy. (The rates look large because the loss is averaged over ten outputs. An epoch is one pass over the data.)

# %% id="race"
digits, test = data.digits()


def race(hidden, init, output, loss, rate):
    right, test_accuracy, checked = [], [], (test.x, test.one_hot)
    settings = {"optimiser": training.SGD(rate), "init": init, "metric": "accuracy"}
    for seed in range(5):
        network = training.Network([64, 30, 10], hidden, output, loss, rng=seed, **settings)
        history = network.fit(digits.x, digits.one_hot, 5, batch_size=10, validation=checked)
        right.append(history.metric[-1])
        test_accuracy.append(history.validation_metric)
    return np.mean(right), np.array(test_accuracy)


# %% id="experiment"
curves = {}
for hidden, init in (("sigmoid", 1.0), ("relu", "he")):
    for name, output, loss in (
        ("cross-entropy", "identity", "binary_cross_entropy_with_logits"),
        ("squared error", "sigmoid", "half_squared_error"),
    ):
        runs = {rate: race(hidden, init, output, loss, rate) for rate in (3, 10, 30, 100)}
        tuned = max(runs, key=lambda rate: runs[rate][0])
        for choice, rate in (("shared", 3), ("tuned", tuned)):
            one, five = runs[rate][1][:, 1], runs[rate][1][:, -1]
            print(f"{hidden:7} {name}, {choice:6} rate {rate:2}: epoch 1 {one.mean():.0%}", end="")
            print(f", epoch 5 {five.mean():.0%} ({five.min():.0%} to {five.max():.0%})")
            curves[f"{hidden}: {name}, {choice}"] = runs[rate][1].mean(axis=0)

# %% id="experiment-figure"
order = [f"{loss}, {rate}" for rate in ("tuned", "shared") for loss in ("cross-entropy", "squared error")]
shown = {name: curves[f"sigmoid: {name}"] for name in order}
plots.show(
    plots.lines(np.arange(6), shown, x_label="epoch", y_label="test accuracy"),
    alt="Mean test accuracy over five epochs. Cross-entropy is above 80 % after one epoch at "
    "both rates; squared error climbs to 94 % at its tuned rate and to 53 % at the shared one.",
)

# %% [markdown] id="experiment-read"
# *What to see: cross-entropy (solid and dotted) is high after one epoch at either rate; the squared error needs a rate of its own, and several epochs.*
#
# **Read.** With sigmoid hidden units the claim holds: tuned, 93 % against 64 % after one epoch, 97 % against 94 % after five. But most of the gap at the shared rate, 94 %
# against 53 %, was the rate. With ReLU and smaller weights the two end level at 97 %. The output units are the same, but they start less saturated:

# %% id="saturated-outputs"
for hidden, init in (("sigmoid", 1.0), ("relu", "he")):
    network = training.Network([64, 30, 10], hidden, "sigmoid", "half_squared_error", init=init)
    network.predict(digits.x)
    scores = network.layers[-1].score
    print(f"{hidden:7} mean σ′ of the outputs: {sigmoid_derivative(scores).mean():.2f}")

# %% [markdown] id="experiment-limits"
# **What this does not show.** One small data set, plain gradient descent, rates a factor of three apart. The networks differ in hidden function *and* first weights: which closed the gap
# stays open.

# %% [markdown] id="traits"
# ## Strengths, weaknesses, and when to use which
#
# | | because | seen in |
# |---|---|---|
# | **+** cross-entropy: strongest push where most wrong | $\sigma'$ cancels in the output layer | the table of six runs |
# | **+** cross-entropy: convex in the score | curvature $s(1 - s) > 0$ | the curvature figure |
# | **−** cross-entropy: no help for saturated hidden units | $\sigma'$ stays there; **remedy:** ReLU, smaller first weights | the hidden score |
# | **−** squared error behind a sigmoid: plateau | the slope carries $\sigma'$; **remedy:** cross-entropy, or a larger rate | the plateau from 0.98 |
# | **+** squared error: a wrong label never costs more than ½ | $s$ and $y$ lie between 0 and 1 | the myth check |
#
# **Use** cross-entropy with sigmoid outputs. The slow-down belongs to the *pair*: behind a linear output the squared error's slope is the plain error too.

# %% [markdown] id="used"
# ## Where it matters
#
# * **Reading digits:** the plateau and its cure (Nielsen 2015, *Neural Networks and Deep Learning*, ch. 3).
# * **Two layers:** fewer plateaus than with the squared error (Glorot & Bengio 2010, *AISTATS*, §4.1).
# * **Language and speech:** the squared error, on *linear* outputs, does as well or better on most tasks tried by Hui & Belkin (2021, arXiv:2006.07322).

# %% [markdown] id="myths"
# ## Two myths
#
# **“Cross-entropy always ends at a better accuracy.”** Look at the ReLU rows: tuned, the two end level.
#
# **“The loss with the lower value is the better model.”** One and the same answer under both:

# %% id="myth-check"
squared = half_squared_error(0.0, sigmoid(4.0))
entropy = binary_cross_entropy_with_logits(0.0, 4.0)
print(f"output {sigmoid(4.0):.3f}: squared error {squared:.3f}, cross-entropy {entropy:.3f}")

# %% [markdown] id="frameworks"
# ## In Keras and PyTorch
#
# At score 4 PyTorch's automatic derivative agrees (for its `mse_loss`, which has no half, with twice ours). **Trap:** in both frameworks MSE also averages over the outputs, so
# with ten classes the same learning rate moves a tenth as far as with the sum.

# %% id="frameworks-run"
from course_lib.frameworks import formatted, run_in


def torch_slopes(torch):
    z = torch.full((2,), 4.0, dtype=torch.float64, requires_grad=True)
    target, loss = torch.zeros(1, dtype=torch.float64), torch.nn.functional
    squared = loss.mse_loss(torch.sigmoid(z[:1]), target)
    (squared + loss.binary_cross_entropy_with_logits(z[1:], target)).backward()
    return z.grad


s = sigmoid(4.0)
print("NumPy   ", formatted([2 * squared_error_slope(s), cross_entropy_slope(s)]))
run_in("torch", torch_slopes, recorded="0.0347 0.9820")

# %% id="frameworks-mean"
y, p = np.zeros((1, 10)), np.eye(10)[:1]
print("NumPy   ", formatted(np.square(p - y).sum()), "(the sum)")
run_in(
    "torch",
    lambda torch: torch.nn.functional.mse_loss(*map(torch.tensor, (p, y))),
    recorded="0.1000",
)
run_in("keras", lambda keras: keras.losses.mean_squared_error(y, p), recorded="0.1000")

# %% [markdown] id="your-turn"
# ## Your turn
#
# The [exercises](../exercises/24_mse_or_cross_entropy.ipynb) take about 20 minutes; the [solutions](../solutions/24_mse_or_cross_entropy.ipynb) are for
# afterwards.

# %% [markdown] id="quiz"
# ## Quiz

# %% id="quiz-form" tags=["widget"]
quiz("24")

# %% [markdown] id="remember"
# ## Remember
#
# **Behind a sigmoid the squared error carries $\sigma'$ and crawls where it is most wrong; cross-entropy cancels it, in the output layer only.**
#
# Key numbers: from 0.98 at the rate 0.15, 232 steps against 17; concave once wrong by more than ⅔; digits, both tuned, 97 % against 94 %, level with ReLU.
#
# Next: [27 Pairing output and loss](27_output_and_loss.ipynb).
