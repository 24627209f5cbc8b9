# ---
# course:
#   teaching: 20
#   exercises: 0
#   objectives:
#     - find a loss by its target and its properties, and read its card
#     - compare losses on the same axes and say which mistakes each of them minds
#     - choose a loss for a target and give the reason
# ---

# %% [markdown] id="card"
# # Gallery of losses
#
# **Every loss of the course on one page: what it charges, how hard it pulls, what its best constant is, and where it is used.**
#
# | | |
# |---|---|
# | Come here | to look one up, to find one for your target, to compare |
# | You find | an index, a table to filter and sort, an explorer, a comparison, and a card for each |
# | Needs | [01 One neuron and the training loop](01_neuron.ipynb); a lesson takes a loss apart, a card sums it up |
# | Time | 20 minutes for a first walk; then as long as you like |

# %% id="imports"
from course_lib import gallery
from course_lib.losses import CATALOGUE

# %% [markdown] id="index"
# ## The families
#
# A family shares a kind of target. **Follow a link to the family's pictures and cards.**

# %% id="index-list"
gallery.index(CATALOGUE)

# %% [markdown] id="reading"
# ## How to read a card
#
# Here is one card, opened. Read it in this order: the **picture** (what does a small miss cost, what a large one?), the **gradient** beside it (who pulls, and how hard?),
# then the **best constant** under the properties: it says what the loss is really after.

# %% id="reading-card"
gallery.card("huber")

# %% [markdown] id="reading-seen"
# *What to see: the loss is a bowl in the middle and a straight line outside; the gradient grows up to 1 and then stays there, so no miss pulls harder than 1.*
#
# In brackets behind each strength and weakness stands what shows it: a lesson, or a test of this course that fails if the claim is wrong. The properties are
# claims too, and every one is measured, at the parameters' default values.
#
# In the formulas $y$ is the target, $\hat y$ a predicted number, $p$ a predicted probability, $z$ a logit (the score before sigmoid or softmax) and $s$ the score that a
# label −1 or +1 is compared with. $\ell$ is the loss of one prediction, or of one example if the inputs say so, and training takes its mean over the batch; $L$ is one number
# for the whole batch. Bars stand for a size, of a number or of a vector; $k$ counts the classes or pixels, $K$ is the number of classes; square brackets are 1 if what stands
# in them is true, else 0. Letters of one loss alone stand in its own formula or under “Parameters”.
#
# This is what the properties mean:
#
# | property | the question behind it |
# |---|---|
# | **Target, prediction** | What goes in? *value*: any number; *binary*: 0 or 1; *sign*: −1 or +1; *label*: the number of a class; *one-hot*: a 1 at the class and 0 elsewhere; *mask*: one number per pixel; *frames*: logits for each moment of a sequence. |
# | **Best constant** | If the model could say only one thing to everybody, what would cost least? The mean, the median, a quantile: that is what the loss is after. From logits it is their sigmoid or softmax that equals it. “none”: that constant has no name of its own, or the question makes no sense. |
# | **Convex** | Is the loss, as a function of the prediction, a bowl without side valleys? (As a function of a network's weights hardly any loss is.) |
# | **Largest gradient** | How hard can a single example pull on one number of the prediction, at most? With ∞, one outlier can outweigh all others. |
# | **0 when perfect** | Does a perfect prediction cost exactly 0? If not, the value alone does not say how good a model is. |

# %% [markdown] id="table"
# ## Find one by its properties
#
# Run the cell: the fields above the table then filter and sort it at once. Words are looked for in what the cards say, so *segmentation* or *outlier* works. Before
# that you see the whole table.

# %% id="table-properties" tags=["widget"]
gallery.properties(CATALOGUE)

# %% [markdown] id="explore"
# ## Explore any of them
#
# Choose a loss, drag the prediction, change the target and the loss's own parameters. Each has a task of its own.

# %% id="explore-widget" tags=["widget"]
gallery.explore(CATALOGUE, "quantile")

# %% [markdown] id="explore-seen"
# *What to see: what this prediction costs on the left, how hard the loss pulls it on the right, with kinks and minima marked. Losses of vectors, masks and sequences
# are followed along one way through their inputs; the words say what moves and what stays.*

# %% [markdown] id="compare"
# ## Compare up to four
#
# The first choice fixes the axis; the others offer what can be drawn on it: a squared miss and a logarithm of a probability have no axis in common. **Task:
# find the miss that the squared error charges with 2 more than the absolute error does.**

# %% id="compare-widget" tags=["widget"]
gallery.compare(CATALOGUE, "mse", "mae", "huber", "log_cosh")

# %% [markdown] id="compare-seen"
# *What to see: below a miss of 1 the squared error is cheaper than the absolute error, above it dearer. Its gradient is a straight line without end; the other three
# never leave the band from −1 to 1.*

# %% [markdown] id="questions"
# ## Three questions to try
#
# Answer with the table and the comparison, then unfold.
#
# **1. Which losses of the family *regression* keep an outlier from ruling, and what do they pay for it?**
#
# <details><summary>Compare</summary>
#
# Choose the family and sort by “Largest gradient”: quantile (0.5 at τ = 0.5), MAE, Huber, Smooth L1 and log-cosh have a bound. RMSE has one as well, but it is a trap: it takes the root of
# a whole batch, and its best constant is still the mean, so the outlier rules all the same. The price: MAE and the quantile loss have a kink, where steps of a fixed size never
# settle; Huber, Smooth L1 and log-cosh have a width that has to fit the unit of the target.
#
# </details>
#
# **2. The largest gradient of cross-entropy is ∞ from probabilities and 1 from logits. Is it not the same loss?**
#
# <details><summary>Compare</summary>
#
# It is the same value, but the gradient is taken with respect to different things. At $p = 0.01$ and label 1 the gradient with respect to $p$ is −100; the sigmoid's slope
# there is $0.01 \cdot 0.99$, and the product, the gradient with respect to the logit, is −0.99.
#
# </details>
#
# **3. Training ends with a loss of one third. Is that good?**
#
# <details><summary>Compare</summary>
#
# Choose “0 when perfect: no”. There the smallest possible value is not 0, or is never reached: label smoothing and focal loss, all forms from logits, the likelihoods, InfoNCE, CTC.
# And even elsewhere one third has a unit: the squared error of metres is in square metres. Compare a loss with itself, on the same data, and with what the best constant pays.
#
# </details>

# %% id="questions-check"
from course_lib.activations import sigmoid_derivative
from course_lib.losses import binary_cross_entropy_gradient

pull = binary_cross_entropy_gradient(1, 0.01)
slope = sigmoid_derivative(-4.595)  # the logit of 0.01
print(f"at p = 0.01: gradient in p {pull:.0f}, slope of the sigmoid {slope:.4f}")
print(f"their product, the gradient in the logit: {pull * slope:.2f}")

# %% [markdown] id="choose"
# ## How to choose
#
# The target decides first; then ask whom you want to trust.
#
# | the target is | take | unless |
# |---|---|---|
# | a number | MSE ([lesson 17](17_mse.ipynb)) | there are outliers: Huber; a percentile is wanted: quantile; only ratios count: MSLE |
# | a number and how uncertain it is | Gaussian negative log-likelihood | it is a count: Poisson |
# | yes or no; several labels at once | binary cross-entropy from logits ([22](22_binary_cross_entropy.ipynb)) | one label is rare: weights, focal loss |
# | one of $k$ classes | categorical cross-entropy from logits | labels are numbers: the sparse form; the model is too sure: label smoothing |
# | a distribution | Kullback–Leibler divergence | the prediction may be 0 where the target is not: Jensen–Shannon |
# | “these two belong together” | contrastive, triplet | batches are large: InfoNCE |
# | a mask | Dice, or Tversky, often added to cross-entropy | the structure fills half of the picture: cross-entropy alone |
# | a sequence without timing | CTC | the timing is known: cross-entropy for each frame |
#
# Why a squared error behind a sigmoid learns slowly is told in [lesson 24](24_mse_or_cross_entropy.ipynb); which output goes with which loss in [lesson 27](27_output_and_loss.ipynb).

# %% [markdown] id="cards"
# ## The cards
#
# Small pictures first: the solid curve is the loss, the dashed one its gradient. Losses with two labels are drawn for the first of them. Losses of vectors, masks and sequences
# are drawn along one way through their inputs, which the axis names; their dashed curve is the slope along that way. Open a card by a click on its line, or with Tab and Enter.

# %% id="cards-all"
gallery.cards(CATALOGUE)

# %% [markdown] id="cards-seen"
# *What to see: where the dashed curve is flat, every miss pulls alike; where it grows, large misses rule; where it is 0, nothing is learned.*

# %% [markdown] id="remember"
# ## Remember
#
# **A loss is what it pulls: ask for its gradient and its best constant before you ask for its value.**
#
# Next: the [gallery of activations](90_gallery_activations.ipynb), or back to the [start](00_start_here.ipynb).
