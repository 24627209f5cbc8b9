# ---
# course:
#   teaching: 20
#   exercises: 0
#   objectives:
#     - find an activation by its properties, and read its card
#     - compare activations on the same axes and say where they part
#     - choose an activation for a layer and give the reason
# ---

# %% [markdown] id="card"
# # Gallery of activations
#
# **Every activation of the course on one page: its formula, its slope, what it is good for, and what it costs.**
#
# | | |
# |---|---|
# | Come here | to look one up, to find one by its properties, to compare |
# | You find | an index, a table to filter and sort, an explorer, a comparison, and a card for each |
# | Needs | [01 One neuron and the training loop](01_neuron.ipynb); a lesson takes a function apart, a card sums it up |
# | Time | 20 minutes for a first walk; then as long as you like |

# %% id="imports"
from course_lib import gallery
from course_lib.activations import CATALOGUE

# %% [markdown] id="index"
# ## The families
#
# Activations come in families: the members of one solve the same problem in slightly different ways, so they are best understood against each other. **Follow a
# link to the family's pictures and cards.**

# %% id="index-list"
gallery.index(CATALOGUE)

# %% [markdown] id="reading"
# ## How to read a card
#
# Here is one card, opened. Read it in this order: first the **picture** (where does the curve bend, where does its slope go to 0?), then the **definition**
# with one number put in by hand, then the **weaknesses**: they decide more often than the strengths.
#
# In the formulas $x$ is a score, $\sigma$ the sigmoid, $\Phi(x)$ the share of a standard normal distribution that lies below $x$, and $\varphi(x)$ the height of its
# bell there. Where several scores go in, $i$ and $j$ count them, $s_i$ is the share of score $i$, and $\delta_{ij}$ is 1 if $i = j$, else 0; a gated unit splits its
# scores into a half $a$ that passes and a half $b$ that gates. Every other letter is explained by its own
# formula, or is a parameter and stands under “Parameters”.

# %% id="reading-card"
gallery.card("elu")

# %% [markdown] id="reading-seen"
# *What to see: right of 0 the curve is the straight line $x$ and its slope is 1; left of 0 it bends towards −1 and the slope fades to 0. Where the slope is under 1 % of its
# largest, the picture is shaded.*
#
# In brackets behind each strength and weakness stands what shows it: a lesson, or a test of this course that fails if the claim is wrong. The properties are
# claims too, and every one is measured. This is what they mean:
#
# | property | the question behind it |
# |---|---|
# | **Range** | Which outputs are possible? An output layer must reach every target, and nothing impossible. |
# | **Monotonic** | Does a larger score always give a larger output? If not, two scores can give the same output. |
# | **Zero-centred** | Is $f(-x) = -f(x)$? Outputs that all have one sign push all weights of a unit in the next layer the same way. |
# | **Saturates** | On which sides does the slope go to 0? There the unit stops learning. |
# | **Largest slope** | By how much, at most, does it stretch the gradient on its way back? Many factors under 1 make it vanish. |
# | **Kinks** | Where does the slope jump? There the framework makes a choice for you. |
# | **Minimum** | What is the smallest output, and at which score? “Not taken”: there is none, or the curve only comes near it. |
#
# All of them hold for the parameters' default values. A dash in the table, or no word on a card, means that the question makes no sense: softmax, the gated units
# and their families act on several scores at once. For them two other properties say what the outputs add up to, and whether the same number added to every score
# changes anything.

# %% [markdown] id="table"
# ## Find one by its properties
#
# Run the cell: the fields above the table then filter and sort it at once. Words are looked for in what the cards say, so *transformer* or *phones* works. Before
# that you see the whole table.

# %% id="table-properties" tags=["widget"]
gallery.properties(CATALOGUE)

# %% [markdown] id="explore"
# ## Explore any of them
#
# Choose an activation, drag the point, move its parameters. Each has a task of its own.

# %% id="explore-widget" tags=["widget"]
gallery.explore(CATALOGUE, "mish")

# %% [markdown] id="explore-seen"
# *What to see: the curve on the left with its tangent, the slope on the right; the largest slope, level tails, kinks and minima are marked, all but the one that the
# task asks for. Where several scores are shared out, as in softmax, one of them moves and the words say which ones stay.*

# %% [markdown] id="compare"
# ## Compare up to four
#
# The first choice fixes the axis; the others offer what can be drawn on it. **Task: find the place where ReLU and GELU are farthest apart**, and look at their slopes
# there.

# %% id="compare-widget" tags=["widget"]
gallery.compare(CATALOGUE, "relu", "gelu", "silu")

# %% [markdown] id="compare-seen"
# *What to see: far from 0 the three curves are one. They part around the corner, and there GELU and SiLU dip below 0, where their slopes turn negative.*

# %% [markdown] id="questions"
# ## Three questions to try
#
# Answer with the table and the comparison, then unfold.
#
# **1. Which activations are zero-centred and saturate on neither side? Why is none of them the usual choice for a hidden layer?**
#
# <details><summary>Compare</summary>
#
# Choose the property “Zero-centred: yes” and sort by “Saturates”. The last five are identity, sine, softshrink, hardshrink and tanhshrink. The identity does not bend, so layers of it
# collapse into one. Sine gives many scores the same output. The three shrinking ones pass no gradient, or almost none, for small scores, which is where most scores are.
#
# </details>
#
# **2. A gradient passes ten layers and is multiplied by a slope in each. For which activations can that product exceed 1, at their default parameters?**
#
# <details><summary>Compare</summary>
#
# Sort by “Largest slope”. SiLU, Swish, GELU and Mish reach 1.088 to 1.129, hard swish 1.5, SELU 1.758; for squared ReLU and the gated units there is no limit. (Step and hardshrink have
# ∞ because they jump, log-softmax because its stretch grows with the number of scores.) Ten factors of GELU's largest slope make 3.4; ten of the sigmoid's 0.25 make one millionth. The weights multiply as well, so this alone decides
# nothing; but it says who needs help.
#
# </details>
#
# **3. Where are ReLU and GELU farthest apart, and why do their slopes meet exactly there?**
#
# <details><summary>Compare</summary>
#
# At $x = \pm 0.75$, by 0.17. While one slope is larger, the difference grows; when the slopes are equal it has just stopped growing. So where two curves without a
# kink are farthest apart, their slopes are equal.
#
# </details>

# %% id="questions-check"
from course_lib.activations import gelu

print(f"ReLU minus GELU at 0.75 and at -0.75: {0.75 - gelu(0.75):.2f}, {0 - gelu(-0.75):.2f}")
print(f"ten factors of the largest slope: GELU {1.129**10:.1f}, sigmoid {0.25**10:.1e}")

# %% [markdown] id="choose"
# ## How to choose
#
# The output layer is decided by the target; the hidden layers by depth, speed and habit of the field.
#
# | you need | take | because |
# |---|---|---|
# | hidden layers, nothing special | ReLU ([lesson 06](06_relu.ipynb)) | cheap, and its slope is 1 where it is on |
# | hidden layers, and units die | leaky ReLU, ELU | they keep a slope on the left |
# | hidden layers of a transformer | GELU, SwiGLU | what the field uses; their cards name the models |
# | hidden layers on a phone | hard swish, ReLU6 | no exponential, few bits |
# | an output that is a probability | none: logits and a loss from logits ([22](22_binary_cross_entropy.ipynb)) | the sigmoid ([03](03_sigmoid.ipynb)) is inside the loss, where no digits are lost |
# | an output of shares | none: logits; softmax ([11](11_softmax.ipynb)) inside the loss | the same |
# | an output that is any number | identity | anything else would cut off targets |
# | an output that is positive | softplus | always positive, and nearly linear far out |
# | a gate, from shut to open | sigmoid; hard sigmoid on a phone | from 0 to 1 |
# | shares, most of them exactly 0 | sparsemax | it cuts off low scores |
#
# Which output goes with which loss is [lesson 27](27_output_and_loss.ipynb)'s subject.

# %% [markdown] id="cards"
# ## The cards
#
# Small pictures first: the solid curve is the function, the dashed one its slope. Open a card by a click on its line, or with Tab and Enter.

# %% id="cards-all"
gallery.cards(CATALOGUE)

# %% [markdown] id="cards-seen"
# *What to see: within a family the solid curves resemble each other; look at the dashed ones for the difference. Wherever a dashed curve lies on 0, nothing is learned.*

# %% [markdown] id="remember"
# ## Remember
#
# **Look at the slope before the curve: it is what training works with.**
#
# Next: the [gallery of losses](91_gallery_losses.ipynb), or back to the [start](00_start_here.ipynb).
