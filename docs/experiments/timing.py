# %% [markdown]
# ---
# title: Timing
# description: LSTMs with peepholes and without learn to tell two distances
#   between spikes apart, over three initialisations and ten seeds.
# ---
#
# # Timing: what do peepholes buy?
#
# !!! abstract "In this page"
#     **You will** let LSTMs measure the time between two spikes. **You will
#     learn** whether peepholes help with that, and whether a network that has
#     them uses them. **You need** the [peephole LSTM](../peephole.md) and
#     [training](../training.md).
#
# Peepholes let the gates of an LSTM see its memory, and they were made for measuring time.
# Do they help a network to *learn* that? Our first numbers say yes: with peepholes 25 of 30
# networks learn to tell spikes 20 steps apart from spikes 19 steps apart, and without
# peepholes 17 of 30.
# <!-- check: 25 == sum(sum(seeds) for row, seeds in results("timing")["solved"].items() if row.startswith("peepholes")) -->
# <!-- check: 30 == sum(len(seeds) for row, seeds in results("timing")["solved"].items() if row.startswith("peepholes")) -->
# <!-- check: 17 == sum(sum(results("timing")["solved"]["no peepholes, " + s]) for s in ("this book", "Keras", "PyTorch")) -->
#
# Don't believe them yet. Most of the gap comes from one initialisation, for which our
# search chose a learning rate that is too large for both cells. With a smaller one they
# are level there. What is left is a small lead under two other initialisations.
# Something else is certain: a network that has peepholes comes to rely on them.

# %% tags=["hide-input"]
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.nested import flatten, unflatten
from snippets.optimizers import adam, init_adam
from snippets.peephole import (
    init_peephole,
    peephole_backward,
    peephole_forward,
)
from snippets.readout import cross_entropy
from snippets.sequence_types import many_to_one_backward, many_to_one_forward
from snippets.training import DivergedError, train
from tools.networks import LSTM, SCHEMES, draw_layers
from tools.results import load_results
from tools.tables import show_table
from tools.trials import search

full = load_results("timing")

# %% tags=["hide-input"] alt="Networks against training steps until solved, a dot for each of ten seeds, in pairs of rows: peepholes and no peepholes under the initialisations of this book, Keras and PyTorch. Under this book eight with peepholes are solved and two without. Under Keras all are solved, with peepholes after about 275 steps, without after 450. Under PyTorch seven and five are solved. Crosses at 1500 are not solved."
figure, axes = plt.subplots(figsize=(6, 4.4))
places, labels = [], []
for row, steps in full["steps"].items():
    name, scheme = row.rsplit(", ", 1)
    place = (places[-1] if places else -1) + (1 if "no" in name else 1.6)
    colour = "C0" if "no" in name else "C2"
    solved = np.array(full["solved"][row])
    beside = place + 0.25 * np.linspace(-1, 1, len(steps))
    order = np.argsort(steps)
    for i, k in zip(beside, order, strict=True):
        mark = "o" if solved[k] else "x"
        axes.plot(steps[k], i, colour + mark, markersize=5)
    places.append(place)
    labels.append(f"{name}\n{scheme}")
axes.set(xlabel="training steps until solved", ylim=(places[-1] + 0.6, -0.2))
axes.set_yticks(places, labels, fontsize=11)
figure.tight_layout()

# %% [markdown]
# Each dot is a seed, and a cross one that didn't learn the task in 1,500 training steps.
# The top pair looks like a triumph of peepholes, and is an accident of tuning.
# {: .caption }
# <!-- check: 1,500 == results("timing")["budget"] -->
#
# ## The task
#
# One input, silent except for two spikes. They are as far apart as the *distance*
# says, or one step less, and at the second spike the network has to say which.
# If it guesses, it is right half of the time. How many silent steps come first is
# drawn, from none to one less than the distance, so that the time since the start
# says little.


# %%
def draw(rng, distance, m):
    """Draw m sequences of two spikes; say where they end, and which they are.

    Returns x (T, 1, m), lengths (m,) and y (1, 2, m): class 1 if the spikes
    are `distance` apart, class 0 if one step less.
    """
    first, longer = rng.integers(distance, size=m), rng.integers(2, size=m)
    second = first + distance - 1 + longer
    x = np.zeros((2 * distance, 1, m), np.float32)
    x[first, 0, range(m)] = x[second, 0, range(m)] = 1
    return x, second + 1, np.eye(2, dtype=np.float32)[longer].T[None]


x, lengths, y = draw(np.random.default_rng(1), distance=10, m=4)
for column, length in enumerate(lengths):
    line = "".join(".|"[int(spike)] for spike in x[:length, 0, column])
    print(f"{line:21} {9 + y[0, 1, column]:2.0f} apart")

# %% [markdown]
# A network that only counts from the start can be sure of two places of the
# second spike: the earliest and the latest possible. At a distance of 20 that is
# one sequence in 20, so the accuracy of such a network is 52.5 %.
# <!-- check: 52.5 % == (1 + 1 / 20) / 2 -->
#
# ## The networks
#
# An LSTM with peepholes, and one without. Both have eight units, and start from the
# same weights under the initialisations of this book and Keras, where peepholes
# start at zero; under PyTorch's rule they are drawn like all other weights. Eight units
# with peepholes have 24 weights more than eight without, so a sceptic wants a third
# network: nine units without.
#
# The forget gates start so far open that they lose one part in 20 at each step if
# the distance is 20. That keeps about a third of a memory over the distance. With
# the usual bias of 1 next to nothing would be left.

# %%
PEEPHOLE = init_peephole, peephole_forward, peephole_backward
NETWORKS = {
    "peepholes": (PEEPHOLE, 8),
    "no peepholes": (LSTM, 8),
    "no peepholes, 9 units": (LSTM, 9),
}


def start(name, scheme, rng, distance):
    """Draw the first weights of a cell and its readout."""
    cell, n_a = NETWORKS[name]
    layer, readout = draw_layers(cell, rng, 1, n_a, 2, scheme=scheme)
    bias = np.log(distance - 1)  # the sigmoid of it is 1 - 1 / distance
    params = layer.params._replace(b_f=np.full_like(layer.params.b_f, bias))
    return layer._replace(params=params), readout


# %% [markdown]
# Every network is trained with [Adam](../optimizers.md) and
# [clipping](../clipping.md), on 32 new sequences in each training step. After every
# 50 steps it is asked about 200 new sequences, and stops when it is right on all but one in
# a hundred. Then it is tested on 500 more.


# %%
def model(params, batch, state, *, like):
    """Predict once, at the second spike; return the loss and its gradients."""
    cell, readout = unflatten(like, params)
    x, lengths, y = batch
    z, tape = many_to_one_forward(cell, readout, x, None, lengths)
    loss, dz = cross_entropy(z, y)
    gradients, _, _ = many_to_one_backward(cell, readout, tape, dz)
    return loss, flatten(gradients), None


def accuracy(layers, rng, distance, m):
    """Return the accuracy on m new sequences."""
    x, lengths, y = draw(rng, distance, m)
    z, _ = many_to_one_forward(*layers, x, None, lengths)
    return float((z.argmax(axis=1) == y.argmax(axis=1)).mean())


def without(layers):
    """Cut the peepholes of a network that has some."""
    cell, readout = layers
    cut = {
        name: np.zeros_like(array)
        for name, array in cell.params._asdict().items()
        if name.startswith("p_")
    }
    return cell._replace(params=cell.params._replace(**cut)), readout


def learn(name, scheme, distance, seed, rate, *, budget, every=50, m=32):
    """Train until 99 % are right, or the budget is spent; then test."""
    rng = np.random.default_rng(seed)
    layers = start(name, scheme, rng, distance)
    memory, steps, solved = init_adam(flatten(layers)), 0, False
    while steps < budget and not solved:
        try:
            params, memory, _ = train(
                partial(model, like=layers),
                flatten(layers),
                (draw(rng, distance, m) for _ in range(every)),
                partial(adam, learning_rate=rate),
                memory=memory,
                clip=partial(clip_by_global_norm, threshold=1.0),
            )
        except (DivergedError, ValueError):  # infinite loss or gradient
            break
        layers, steps = unflatten(layers, params), steps + every
        solved = accuracy(layers, rng, distance, 200) >= 0.99
    return {
        "accuracy": accuracy(layers, rng, distance, 500),
        "cut": accuracy(without(layers), rng, distance, 500),
        "steps": steps if solved else budget,
        "solved": solved,
    }


# %% [markdown]
# ## A quick run { #the-quick-size }
#
# Spikes ten steps apart, one seed:

# %%
quick = {}
for name in ("peepholes", "no peepholes"):
    quick[name] = run = learn(name, "this book", 10, 0, 0.01, budget=300)
    print(f"{name:13} {run['accuracy']:4.0%} after {run['steps']} steps")

# %% [markdown]
# ## The result { #the-full-size }
#
# Each network gets, for each distance, the learning rate with which it needs the
# fewest training steps there, the mean over two seeds that are not reported. A run
# that fails counts as the whole budget and more, by its error. The search goes on
# until the best rate is not on the edge of what was tried.

# %%
SEEDS = list(range(10))
FEW = SEEDS[:5]
DISTANCE = 20
BUDGET = 1500  # training steps


def cost(name, scheme, distance, rate, seed):
    """Count training steps until solved: more than the budget if never."""
    run = learn(name, scheme, distance, seed, rate, budget=BUDGET)
    return run["steps"] if run["solved"] else BUDGET * (2 - run["accuracy"])


def measure(name, scheme, distance, seeds):
    """Choose a learning rate at this distance, then train from each seed."""
    trial = search(
        partial(cost, name, scheme, distance),
        seeds=[100, 101],
        rates=(0.003, 0.01, 0.03),
    )
    runs = [
        learn(
            *(name, scheme, distance, seed, trial["chosen"]),
            budget=BUDGET,
        )
        for seed in seeds
    ]
    return {"trial": trial} | {
        key: [run[key] for run in runs] for key in runs[0]
    }


TWO = ["peepholes", "no peepholes"]
ROWS = {
    f"{name}, {scheme}": (name, scheme, DISTANCE, seeds)
    for names, schemes, seeds in (
        (TWO, SCHEMES, SEEDS),
        (["no peepholes, 9 units"], SCHEMES[:1], FEW),
    )
    for scheme in schemes
    for name in names
}
PARTS = {label: (measure, *row) for label, row in ROWS.items()}
LEADING = [f"{name}, this book" for name in TWO]


def summarise(measured):
    """Name the results: of each network, for each seed."""
    keys = ("accuracy", "cut", "steps", "solved")
    table = {
        key: {label: measured[label][key] for label in ROWS} for key in keys
    }
    trials = {label: measured[label]["trial"] for label in ROWS}
    return table | {"trials": trials, "budget": BUDGET}


# %% tags=["hide-input"]
show_table(
    ["network", "learning rate", "solved", "median steps", "cut"],
    [
        [
            row,
            str(full["trials"][row]["chosen"]),
            f"{sum(solved)} of {len(solved)}",
            f"{np.median(full['steps'][row]):.0f}",
            f"{np.mean(full['cut'][row]):.0%}" if row[0] == "p" else "",
        ]
        for row, solved in full["solved"].items()
    ],
)

# %% [markdown]
# **Under this book's initialisation two seeds chose badly.** Each network got the learning
# rate with which two unreported seeds were fastest. For both cells that was 0.03, and on
# the ten seeds of the report it is too large: two seeds with peepholes fail, and eight
# without. So we trained both again with 0.003. All ten seeds of both learn the task, after
# 400 training steps with peepholes and 425 without, in the median. (This trial is not in
# the record.) Two seeds are too few to choose a learning rate by, when a run either
# learns the task or fails.
# <!-- check: 0.03 == results("timing")["trials"]["peepholes, this book"]["chosen"] -->
# <!-- check: 0.03 == results("timing")["trials"]["no peepholes, this book"]["chosen"] -->
# <!-- check: 0.003 == results("timing")["trials"]["peepholes, this book"]["tried"][0]["rate"] -->
# <!-- check: two == sum(not seed for seed in results("timing")["solved"]["peepholes, this book"]) -->
# <!-- check: eight == sum(not seed for seed in results("timing")["solved"]["no peepholes, this book"]) -->
#
# **Under the other two, peepholes are a little ahead.** With Keras's initialisation all
# seeds of both learn the task, after 275 steps with peepholes and 450 without, in the median.
# With PyTorch's, seven of ten seeds learn it with peepholes and five of ten without. These leads are
# small, and the nine units without peepholes, which have more weights than eight
# with them, learn it with five of five seeds.
# <!-- check: 275 == np.median(results("timing")["steps"]["peepholes, Keras"]) -->
# <!-- check: 450 == np.median(results("timing")["steps"]["no peepholes, Keras"]) -->
# <!-- check: seven == sum(results("timing")["solved"]["peepholes, PyTorch"]) -->
# <!-- check: five == sum(results("timing")["solved"]["no peepholes, PyTorch"]) -->
# <!-- check: five == sum(results("timing")["solved"]["no peepholes, 9 units, this book"]) -->
#
# **A network with peepholes relies on them.** Take the 25 that learned the task, and set
# their peepholes to zero. Then 23 of them fall below an accuracy of `0.75`, most of them to
# chance. So peepholes are used where they are there. They just aren't necessary. The
# networks without them do the same job by their hidden state, which changes a little at
# each silent step, and which all gates see.
# <!-- check: 25 == sum(sum(seeds) for row, seeds in results("timing")["solved"].items() if row.startswith("peepholes")) -->
# <!-- check: 23 == sum(cut < 0.75 for row, seeds in results("timing")["cut"].items() if row.startswith("peepholes") for cut, done in zip(seeds, results("timing")["solved"][row]) if done) -->
#
# ## What would change our mind { #what-goes-wrong }
#
# **If a longer distance needed them.** [Gers and Schmidhuber
# (2000)](../references.md#gers-2000-timing) report that an LSTM with peepholes learned to
# tell 50 steps from 49. We tried 30 steps with a learning rate of 0.003 and twice as many
# training steps. It was learned in one of three tries with peepholes, and in one of three
# without. (Nor is this trial in the record.) 50 steps are beyond our budget.
# <!-- check: 0.003 == results("timing")["trials"]["peepholes, this book"]["tried"][0]["rate"] -->
#
# **If one cell could do what the other can't.** Both can. The
# [timer](../peephole.md#a-timer), set by hand, fires every fifty steps with one unit with
# peepholes, and [an exercise](../peephole.md#exercises) shows that one without can
# count to fifty.
#
# ## What this does not show
#
# That peepholes never help. 20 steps are few, and where an LSTM has to *produce*
# spikes at precise times the papers report more ([Gers and others,
# 2002](../references.md#gers-2002)). Nor do ten seeds show a gain of a fifth. The
# rows of this book's initialisation were measured again as on an older processor. There
# all ten networks with peepholes learn it, and two of ten without: single seeds come
# out differently, and the picture stays the same.
# <!-- check: ten == sum(older("timing")["solved"]["peepholes, this book"]) -->
# <!-- check: two == sum(older("timing")["solved"]["no peepholes, this book"]) -->
#
# ## Exercises
#
# 1. *Warm-up.* A memory loses one part in 20 at each of 20 steps. What is left?
#
#     ??? success "Solution"
#         *Warm-up.* 36 %, close to $1/e$.
#         <!-- check: 36 % == (1 - 1 / 20) ** 20 -->
#
# 2. *Count.* How many weights do three peepholes for each of eight units add?
#
#     ??? success "Solution"
#         *Count.* $3 \cdot 8 = 24$.
#
# 3. *Think.* After the first spike nothing comes in. How can a network without
#    peepholes know how long ago it was?
#
#     ??? success "Solution"
#         *Think.* By its hidden state. A cell state that fades or grows changes $a$ a little at
#         each step, as long as the output gate is open, and the gates read $a$ at the
#         next step. Peepholes are needed only while the output gate is shut.
