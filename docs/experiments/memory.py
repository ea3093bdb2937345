# %% [markdown]
# ---
# title: Memory
# description: How many steps back an RNN, an LSTM and a GRU recall a symbol,
#   with matched initialisations, and what training does to the gradient.
# ---
#
# # Memory: how far back can each cell remember?
#
# !!! abstract "In this page"
#     **You will** let plain RNNs, LSTMs and GRUs recall a symbol from 10 to 200
#     steps back. **You will learn** which of them do so reliably, and what
#     training does to the gradient that reaches so far back. **You need** the
#     [RNN](../rnn.md), [LSTM](../lstm.md), [GRU](../gru.md) and
#     [initialisation](../initialisation.md).
#
# You will often read that a plain RNN forgets after about ten steps, and that gates
# cure it. Here is what we measured. Take an LSTM or a GRU whose gates start by keeping
# 99 % of the memory at each step. It recalls a symbol from 100 steps back almost every
# time: in 59 of 60 runs, over three initialisations and ten seeds, and in 58 of 60 on a
# second processor. A plain RNN doesn't fail after ten steps, but it becomes unreliable.
# From 30 steps back it recalls the symbol with none to eight of ten seeds, depending on
# its initialisation and on the learning rate that the search chose.
# <!-- check: 99 % == 1 / (1 + np.exp(-5)) -->
# <!-- check: eight == sum(results("memory")["solved"]["RNN, Keras"][30]) -->
# <!-- check: 60 == 2 * 3 * len(results("memory")["solved"]["LSTM, f 5, u -5"][100]) -->
# <!-- check: eight == sum(older("memory")["solved"]["RNN, Keras"][30]) -->
# <!-- check: 58 == sum(sum(older("memory")["solved"][cell + scheme][100]) for cell in ("LSTM, f 5, u -5", "GRU, u -5") for scheme in ("", ", Keras", ", PyTorch")) -->
#
# The surprise comes with gates that start by keeping less. A GRU that keeps 73 % of
# its state at each step before training still learns to recall the symbol from 100
# steps back, with all five seeds. An LSTM that keeps as much, with the forget bias
# of 1 that this book and Keras use, learns it with none. Before training, next to no
# gradient gets through 100 steps of either network. Within twenty training steps
# this changes, and in opposite directions.
# <!-- check: 73 % == 1 / (1 + np.exp(-1)) -->

# %% tags=["hide-input"]
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.bptt import reach
from snippets.clipping import clip_by_global_norm
from snippets.initialisation import chrono_weights, orthogonal_weights
from snippets.nested import flatten, unflatten
from snippets.optimizers import adam, init_adam
from snippets.readout import cross_entropy
from snippets.sequence_types import many_to_one_backward, many_to_one_forward
from snippets.training import train
from tools.networks import (
    DELTA,
    GRU,
    LSTM,
    MINGRU,
    RNN,
    SCHEMES,
    SLSTM,
    SSM,
    draw_layers,
    draw_own,
)
from tools.results import load_results
from tools.solving import train_until_solved
from tools.tables import show_table
from tools.trials import search

full = load_results("memory")

# %% tags=["hide-input"] alt="Two panels, accuracy after training and the gradient left 100 steps back, against the lag in steps and against training steps. Above, at lags of 10, 30 and 100 steps: the LSTM with forget bias 5 and update bias -5 and the GRU with update bias -1 stay at 1; three lines of the RNN fall to between 0.3 and 0.7; the LSTM with forget bias 1 falls to chance. Below, the share of the gradient left 100 steps back against training steps, five seeds each: all lines begin below a thousandth; those of the GRU rise to around 1 within thirty steps, and those of the LSTM fall further."
LINES = [  # network, label, colour, and where to put the label
    ("GRU, u -1", "LSTM, f 5, u −5\nand GRU, u −1", "C2", (115, 0.97)),
    ("LSTM, f 5, u -5", "", "C2", None),
    ("RNN", "RNN: three\ninitialisations", "C0", (115, 0.58)),
    ("RNN, Keras", "", "C0", None),
    ("RNN, PyTorch", "", "C0", None),
    ("LSTM, f 1", "LSTM, f 1", "C1", (115, 0.17)),
]
figure, (upper, lower) = plt.subplots(2, 1, figsize=(6, 6.4))
for network, label, colour, place in LINES:
    right = {lag: full["accuracy"][network][lag] for lag in (10, 30, 100)}
    upper.plot(
        [*right], [np.mean(it) for it in right.values()], colour + "o-"
    )
    if place:
        upper.text(*place, label, color=colour, va="center")
upper.axhline(0.25, color="C4", linestyle="--", linewidth=1)
upper.text(9, 0.28, "chance", color="C4")
upper.set(
    xscale="log", xlim=(8.5, 420), ylim=(0, 1.08), xlabel="lag in steps"
)
upper.set_xticks([10, 30, 100], ["10", "30", "100"])
upper.minorticks_off()
upper.set(ylabel="accuracy after training")
upper.set_title("Two networks are right at every lag")
for network, colour in (("GRU, u -1", "C2"), ("LSTM, f 1", "C1")):
    for shares in full["watched"][network]:
        lower.plot(range(0, 70, 10), shares, colour, linewidth=1)
    lower.text(
        61, np.median(shares[-3:]), network.replace("-", "−"), color=colour
    )
lower.set(yscale="log", xlim=(-2, 85), xlabel="training steps")
lower.set(ylabel="gradient left 100 steps back")
lower.set_title("Training lets the gradient through in the GRU")
figure.tight_layout()

# %% [markdown]
# <!-- check: 0.3 == min([np.mean(results("memory")["accuracy"][it][100]) for it in ("RNN", "RNN, Keras", "RNN, PyTorch")]) -->
# <!-- check: 0.7 == max([np.mean(results("memory")["accuracy"][it][100]) for it in ("RNN", "RNN, Keras", "RNN, PyTorch")]) -->
#
# Here f and u are the biases with which forget gate and update gate start. Above: the
# two green lines, one on top of the other, are an LSTM that starts by keeping 99 % and
# a GRU that starts by keeping 73 %. Both are right at every lag. Below: before
# training, hardly any gradient reaches 100 steps back, in the GRU as in the LSTM. Then,
# within twenty training steps, the share that arrives grows in the GRU and shrinks in
# the LSTM. (Each line is one seed.)
# {: .caption }
# <!-- check: 99 % == 1 / (1 + np.exp(-5)) -->
# <!-- check: 73 % == 1 / (1 + np.exp(-1)) -->
#
# ## The task
#
# The network reads a symbol, one of A, B, C and D. Then come 10 to 200
# distractors, which are drawn from four other symbols. After the last one the
# network has to name the symbol that it read first. A network that guesses is
# right one time in four. The *lag* is the number of distractors.

# %%
SYMBOLS = 4  # to recall, and as many distractors


def draw(rng, lag, m):
    """Draw m sequences (lag + 1, n_x, m), and how each begins."""
    codes = rng.integers(SYMBOLS, 2 * SYMBOLS, size=(lag + 1, m))
    codes[0] = rng.integers(SYMBOLS, size=m)
    one_hot = np.eye(2 * SYMBOLS, dtype=np.float32)[codes].swapaxes(1, 2)
    return one_hot, one_hot[:1, :SYMBOLS]


x, y = draw(np.random.default_rng(0), lag=10, m=3)
for column in range(3):
    letters = ["ABCDwxyz"[code] for code in x[..., column].argmax(axis=1)]
    print(*letters, " ->", "ABCD"[y[0, :, column].argmax()])

# %% [markdown]
# ## The networks
#
# All have 32 units and a readout. They differ in the cell and in its
# initialisation:
#
# | name | initialisation | before training, each step keeps |
# |---|---|---|
# | RNN | this book's, Keras's or PyTorch's | whatever remains after $W_{aa}$ and $\tanh$ |
# | RNN, orthogonal | $W_{aa}$ preserves the length of a vector | whatever remains after $\tanh$ |
# | RNN, orthogonal, small input | also input weights ten times smaller | almost everything |
# | LSTM, f 0, f 1, f 5 | forget bias 0, 1 or 5 | 50 %, 73 % or 99.3 % of the cell state |
# | LSTM, f 1, u -1 and f 5, u -5 | also update bias -1 or -5 | 73 % or 99.3 %, but it writes less |
# | GRU, u 0, u -1, u -5 | update bias 0, -1 or -5 | 50 %, 73 % or 99.3 % of the hidden state |
# | LSTM and GRU, chrono | biases for 2 to 100 steps | 50 % to 99 %, unit by unit |
# | [minGRU](../mingru.md), u -5 | update bias -5 | 99.3 % of the hidden state |
# | [sLSTM](../slstm.md) | its own, with a forget bias of 1 | 73 % of the total weight |
# | [SSM](../ssm.md) | its own, with step sizes from 0.001 to 0.1 | 90 % to 99.9 % of its slowest memories |
# | [delta](../delta.md) | its own, with a forget bias of 4 | 98 % of what it doesn't correct |
#
# <!-- check: 50 % == 1 / (1 + np.exp(0)) -->
# <!-- check: 73 % == 1 / (1 + np.exp(-1)) -->
# <!-- check: 99.3 % == 1 / (1 + np.exp(-5)) -->
# <!-- check: 99 % == 1 - 1 / 100 -->
# <!-- check: 0.001 == np.logaddexp(0, module("snippets.ssm").init_ssm(np.random.default_rng(0), 8, 1000).b_delta).min() -->
# <!-- check: 0.1 == np.logaddexp(0, module("snippets.ssm").init_ssm(np.random.default_rng(0), 8, 1000).b_delta).max() -->
# <!-- check: 90 % == np.exp(-0.1) -->
# <!-- check: 99.9 % == np.exp(-0.001) -->
# <!-- check: 98 % == 1 / (1 + np.exp(-4)) -->
#
# In a GRU, one gate does both jobs: if it writes 1 % of the candidate, it keeps 99 % of
# the old state. So the fair counterpart of a GRU with update bias -5 is an LSTM with
# forget bias 5 *and* update bias -5. Before training, both keep 99.3 % of the old state
# and write 0.7 % of the candidate. These are the two whose gates start by keeping 99 %.
# <!-- check: 1 % == 1 - 99 / 100 -->
# <!-- check: 99.3 % == 1 / (1 + np.exp(-5)) -->
# <!-- check: 0.7 % == 1 / (1 + np.exp(5)) -->
# <!-- check: 99 % == 1 / (1 + np.exp(-5)) -->


# %%
def set_biases(rng, params, **biases):
    """Start with these numbers in the biases of the gates."""
    return params._replace(
        **{b: np.full_like(getattr(params, b), v) for b, v in biases.items()}
    )


CHRONO = partial(chrono_weights, T_max=100, input_scale=1)
CELLS = {
    "RNN": (RNN, set_biases),
    "RNN, orthogonal": (RNN, partial(orthogonal_weights, input_scale=1)),
    "RNN, orthogonal, small input": (
        RNN,
        partial(orthogonal_weights, input_scale=0.1),
    ),
    "LSTM, f 0": (LSTM, partial(set_biases, b_f=0)),
    "LSTM, f 1": (LSTM, partial(set_biases, b_f=1)),
    "LSTM, f 1, u -1": (LSTM, partial(set_biases, b_f=1, b_u=-1)),
    "LSTM, f 5": (LSTM, partial(set_biases, b_f=5)),
    "LSTM, f 5, u -5": (LSTM, partial(set_biases, b_f=5, b_u=-5)),
    "LSTM, chrono": (LSTM, CHRONO),
    "GRU, u 0": (GRU, partial(set_biases, b_u=0)),
    "GRU, u -1": (GRU, partial(set_biases, b_u=-1)),
    "GRU, u -5": (GRU, partial(set_biases, b_u=-5)),
    "GRU, chrono": (GRU, CHRONO),
    "minGRU, u -5": (MINGRU, partial(set_biases, b_u=-5), draw_own),
    "sLSTM": (SLSTM, set_biases, draw_own),
    "SSM": (SSM, set_biases, draw_own),
    "delta": (DELTA, set_biases, draw_own),
}


def start(name, scheme, rng, dtype=np.float32):
    """Draw the first weights of a cell and its readout."""
    cell, change, *own = CELLS[name]
    drawn = own[0] if own else partial(draw_layers, scheme=scheme)
    layer, readout = drawn(cell, rng, 2 * SYMBOLS, 32, SYMBOLS, dtype=dtype)
    return layer._replace(params=change(rng, layer.params)), readout


# %% [markdown]
# Every network is trained with [Adam](../optimizers.md) and [clipping](../clipping.md),
# on 32 new sequences in each of at most 300 training steps. After every 20 steps it is
# tested on 200 new sequences, and training stops when it is right on all but one in a
# hundred. Then it is tested on 500 more.


# %%
def model(params, batch, state, *, like):
    """Predict once, after the last step; return the loss and its gradients."""
    cell, readout = unflatten(like, params)
    x, y = batch
    z, tape = many_to_one_forward(cell, readout, x)
    loss, dz = cross_entropy(z, y)
    gradients, _, _ = many_to_one_backward(cell, readout, tape, dz)
    return loss, flatten(gradients), None


def accuracy(layers, rng, lag, m):
    """Return the accuracy on m new sequences."""
    x, y = draw(rng, lag, m)
    z, _ = many_to_one_forward(*layers, x)
    return float((z.argmax(axis=1) == y.argmax(axis=1)).mean())


def learn(name, scheme, lag, seed, rate, *, budget, every=20, m=32):
    """Train until 99 % are right, or the budget is spent; then test."""
    rng = np.random.default_rng(seed)
    layers, run = train_until_solved(
        model,
        start(name, scheme, rng),
        lambda: draw(rng, lag, m),
        lambda layers: accuracy(layers, rng, lag, 200),
        rate=rate,
        budget=budget,
        every=every,
    )
    return {"accuracy": accuracy(layers, rng, lag, 500)} | run


# %% [markdown]
# ## A quick run { #the-quick-size }
#
# One seed learns a lag of 30 steps, in at most 100 training steps:

# %%
quick = {}
for name in ("LSTM, f 1", "LSTM, f 5, u -5", "GRU, u -1"):
    rate = full["trials"][name]["chosen"]
    quick[name] = run = learn(name, "this book", 30, 0, rate, budget=100)
    print(f"{name:16} {run['accuracy']:4.0%} after {run['steps']} steps")

# %% [markdown]
# ## The result { #the-full-size }
#
# For each network, we choose the learning rate that solves all its lags in the fewest
# training steps, averaged over two seeds. These two seeds are used for nothing else, so
# they don't appear in the results. A lag that the network fails counts as the whole
# budget, plus more the larger the error is. The search goes on until the best learning
# rate lies between two worse ones. It starts at 0.01 for cells with gates and at 0.003
# for the RNNs.
# <!-- check: two == len(results("memory")["trials"]["RNN"]["seeds"]) -->
# <!-- check: 0.01 == min(row["rate"] for row in results("memory")["trials"]["GRU, u -5"]["tried"]) -->
# <!-- check: 0.003 == results("memory")["trials"]["RNN"]["tried"][0]["rate"] -->

# %%
BUDGET = 300


def cost(name, scheme, lags, rate, seed):
    """Count training steps until solved: more than the budget if never."""
    runs = [
        learn(name, scheme, lag, seed, rate, budget=BUDGET) for lag in lags
    ]
    return sum(
        r["steps"] if r["solved"] else BUDGET * (2 - r["accuracy"])
        for r in runs
    )


SEEDS = list(range(10))
FEW = SEEDS[:5]
LAGS = [10, 30, 100]
FURTHER = [*LAGS, 200]
WATCHED = range(0, 70, 10)  # training steps
SHOWN = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200]


def left(name, scheme, seed):
    """Return the share of its gradient that an untrained network keeps."""
    rng = np.random.default_rng(seed)
    cell, _ = start(name, scheme, rng, np.float64)
    x, _ = draw(rng, 200, 32)
    da_T = rng.normal(size=(32, 32))
    norms = reach(cell.forward, cell.backward, cell.params, x, None, da_T)
    return norms[SHOWN] / norms[0]


def measure(name, scheme, seeds, lags, rates=(0.01, 0.03, 0.1)):
    """Choose a learning rate, then train at each lag from each seed."""
    trial = search(
        partial(cost, name, scheme, lags), seeds=[100, 101], rates=rates
    )
    rate, runs = trial["chosen"], {}
    for lag in lags:
        each = [
            learn(name, scheme, lag, seed, rate, budget=BUDGET)
            for seed in seeds
        ]
        runs[lag] = {key: [run[key] for run in each] for key in each[0]}
    shares = np.median([left(name, scheme, seed) for seed in FEW], axis=0)
    return {
        "trial": trial,
        "runs": runs,
        "left": [float(f"{share:.3g}") for share in shares],
    }


def train_longer(name, lag, rate, seed):
    """Give a network ten times the budget."""
    return learn(name, "this book", lag, seed, rate, budget=10 * BUDGET)


# %% tags=["hide-input"]
def watch(name, seed):
    """Return the share of the gradient left at a lag of 100 while it learns."""
    rng, lag, shares = np.random.default_rng(seed), 100, []
    layers = start(name, "this book", rng)
    memory = init_adam(flatten(layers))
    x, _ = draw(np.random.default_rng(1000), lag, 32)
    da_T = rng.normal(size=(32, 32)).astype(np.float32)
    for _ in WATCHED:
        cell = layers[0]
        norms = reach(*cell[1:], cell.params, x, None, da_T)
        shares.append(float(f"{norms[lag] / norms[0]:.3g}"))
        params, memory, _ = train(
            partial(model, like=layers),
            flatten(layers),
            (draw(rng, lag, 32) for _ in range(10)),
            partial(adam, learning_rate=0.1),
            memory=memory,
            clip=partial(clip_by_global_norm, threshold=1.0),
        )
        layers = unflatten(layers, params)
    return shares


HEADLINE = ["LSTM, f 5, u -5", "GRU, u -5", "RNN"]
NEWER = ["minGRU, u -5", "sLSTM", "SSM", "delta"]
CONTROL = "RNN, orthogonal, small input"
LOWER = (0.003, 0.01, 0.03)
SETS = [  # cells, initialisation, seeds, lags, where the search starts
    (HEADLINE[:2], "this book", SEEDS, FURTHER),
    ([CONTROL], "this book", SEEDS, FURTHER, LOWER),
    (["RNN"], "this book", SEEDS, LAGS, LOWER),
    *((HEADLINE[:2], scheme, SEEDS, LAGS) for scheme in SCHEMES[1:]),
    *((["RNN"], scheme, SEEDS, LAGS, LOWER) for scheme in SCHEMES[1:]),
    (["RNN, orthogonal"], "this book", FEW, LAGS, LOWER),
    (["LSTM, f 5"], "this book", FEW, FURTHER),
    (["LSTM, f 1", "LSTM, f 1, u -1"], "this book", FEW, LAGS),
    (["GRU, u -1", "GRU, u 0"], "this book", FEW, LAGS),
    (["LSTM, chrono", "GRU, chrono"], "this book", FEW, LAGS),
    (["LSTM, f 0"], "this book", FEW, LAGS[:2]),
    (NEWER, "this book", FEW, LAGS),
]
ROWS = {
    f"{name}, {scheme}".removesuffix(", this book"): (name, scheme, *rest)
    for names, scheme, *rest in SETS
    for name in names
}
LONGER = [
    (name, lag, rate, seed)
    for name, lag, rates in (
        ("RNN", 30, (0.001, 0.003)),
        ("LSTM, f 1", 100, (0.01,)),
    )
    for rate in rates
    for seed in SEEDS[:2]
]
OPENING = ["GRU, u -1", "LSTM, f 1, u -1", "LSTM, f 1"]
PARTS = (
    {label: (measure, *row) for label, row in ROWS.items()}
    | {f"longer, {run}": (train_longer, *run) for run in LONGER}
    | {
        f"watch {name}, seed {seed}": (watch, name, seed)
        for name in OPENING
        for seed in FEW
    }
)

LEADING = [
    *(label for label, row in ROWS.items() if row[0] in HEADLINE),
    "GRU, u -1",
    *(
        f"watch {name}, seed {seed}"
        for name in ("GRU, u -1", "LSTM, f 1")
        for seed in FEW
    ),
]


def summarise(measured):
    """Name the results: of each network, at each lag, for each seed."""
    rows = {label: measured[label] for label in ROWS}
    table = {
        key: {
            label: {lag: run[key] for lag, run in row["runs"].items()}
            for label, row in rows.items()
        }
        for key in ("accuracy", "steps", "solved")
    }
    return table | {
        "left": {
            label: dict(zip(SHOWN, row["left"], strict=True))
            for label, row in rows.items()
        },
        "trials": {label: row["trial"] for label, row in rows.items()},
        "longer": {
            name: [
                measured[f"longer, {run}"]["accuracy"]
                for run in LONGER
                if run[0] == name
            ]
            for name in ("RNN", "LSTM, f 1")
        },
        "watched": {
            name: [measured[f"watch {name}, seed {seed}"] for seed in FEW]
            for name in OPENING
        },
        "budget": BUDGET,
    }


# %% tags=["hide-input"]
show_table(
    ["network", "learning rate", *(f"{lag} back" for lag in FURTHER)],
    [
        [
            network,
            str(full["trials"][network]["chosen"]),
            *(
                f"{sum(solved[lag])} of {len(solved[lag])}"
                if lag in solved
                else ""
                for lag in FURTHER
            ),
        ]
        for network, solved in full["solved"].items()
    ],
)

# %% [markdown]
# The table counts the seeds that learn the task. Look at three things.
#
# **Gates that start by keeping 99 % are reliable.** At 100 steps there are 60 runs with
# such gates, and 59 learn the task: all 30 of the LSTM, and 29 of the GRU. So LSTM and
# GRU are level. (The GRU that fails has this book's initialisation, for which the
# search chose the large learning rate of 0.3.) It takes both biases. With only the
# forget bias at 5 (LSTM, f 5), the update gate still starts at one half, so the LSTM
# adds half of the candidate at every distractor to the cell state that it keeps. At 200
# steps, two of five seeds then learn the task, and with both biases all ten do.
# <!-- check: 99 % == 1 / (1 + np.exp(-5)) -->
# <!-- check: 59 == sum(sum(results("memory")["solved"][cell + scheme][100]) for cell in ("LSTM, f 5, u -5", "GRU, u -5") for scheme in ("", ", Keras", ", PyTorch")) -->
# <!-- check: 29 == sum(sum(results("memory")["solved"]["GRU, u -5" + scheme][100]) for scheme in ("", ", Keras", ", PyTorch")) -->
# <!-- check: 0.3 == results("memory")["trials"]["GRU, u -5"]["chosen"] -->
#
# **With a plain RNN the seed matters as much as the distance.** Each lag is learned
# separately, with ten seeds. This is how many of them learn it:
#
# | initialisation | 10 steps | 30 steps | 100 steps |
# |---|---|---|---|
# | Keras | 10 | 8 | 0 |
# | PyTorch | 10 | 4 | 2 |
# | this book | 4 | 0 | 2 |
#
# <!-- check: 10 == sum(results("memory")["solved"]["RNN, Keras"][10]) -->
# <!-- check: 8 == sum(results("memory")["solved"]["RNN, Keras"][30]) -->
# <!-- check: 0 == sum(results("memory")["solved"]["RNN, Keras"][100]) -->
# <!-- check: 10 == sum(results("memory")["solved"]["RNN, PyTorch"][10]) -->
# <!-- check: 4 == sum(results("memory")["solved"]["RNN, PyTorch"][30]) -->
# <!-- check: 2 == sum(results("memory")["solved"]["RNN, PyTorch"][100]) -->
# <!-- check: 4 == sum(results("memory")["solved"]["RNN"][10]) -->
# <!-- check: 0 == sum(results("memory")["solved"]["RNN"][30]) -->
# <!-- check: 2 == sum(results("memory")["solved"]["RNN"][100]) -->
#
# So at 100 steps two of ten seeds can succeed with an initialisation with which none
# succeeds at 30. Success depends on luck in the draw of the weights.
# <!-- check: two == sum(results("memory")["solved"]["RNN"][100]) -->
#
# **A GRU learns to keep, and an LSTM with a forget bias of 1 doesn't.** The GRU
# learns 100 steps even with an update bias of 0, with which each step at first loses
# half of the state. The reason is in the lower picture. The distractors say nothing
# about the answer, so the fastest way to a lower loss is to stop listening to them.
# A GRU stops listening by closing its update gate, and with a closed update gate it
# also keeps its state. So the share of the gradient that gets through 100 steps
# grows more than a hundred thousand times within twenty training steps, with every
# seed.
# <!-- check: hundred == min(row[2] / row[0] for row in results("memory")["watched"]["GRU, u -1"]) // 1e5 * 100 -->
#
# The LSTM has other ways to stop listening. In the two networks that we looked into, it
# closed its forget gate further, which throws the distractors out, and the symbol with
# them. (In the lower picture both are trained with a learning rate of 0.1. That is what
# the search chose for this GRU; for the LSTM it chose 0.003. With 0.003 the LSTM
# doesn't learn 100 steps, either, but we didn't look at its gradient.)
# <!-- check: 0.1 == results("memory")["trials"]["GRU, u -1"]["chosen"] -->
# <!-- check: 0.003 == results("memory")["trials"]["LSTM, f 1"]["chosen"] -->
#
# **The newer cells recall, too.** The minGRU, the sLSTM, the selective SSM and the delta
# rule all learn 100 steps with each of five seeds. Look at the sLSTM: it has the same
# forget bias of 1 with which the LSTM fails, and before training even less of its
# gradient gets through 100 steps. We didn't look into what training does to it.
# <!-- check: five == min(sum(results("memory")["solved"][it][100]) for it in ("minGRU, u -5", "sLSTM", "SSM", "delta")) -->
# <!-- check: 1 == (results("memory")["left"]["sLSTM"][100] < results("memory")["left"]["LSTM, f 1"][100]) -->

# %% tags=["hide-input"] alt="Share of seeds that learn a lag against the share of the gradient left at that lag before training, one dot for each network and lag. On the right, above a tenth, most dots are at or near 1, and the lowest is at 0.3. On the left, below a ten-thousandth, the dots of the RNN and the LSTM are between 0 and 0.4, and those of the GRU at 1."
figure, axes = plt.subplots()
COLOURS = {"RNN": "C0", "LST": "C1", "GRU": "C2"}
older_cells = {k: v for k, v in full["solved"].items() if k[:3] in COLOURS}
for network, solved in older_cells.items():
    share = full["left"][network]
    places = [max(share[lag], 1e-10) for lag in solved]
    learned = [np.mean(seeds) for seeds in solved.values()]
    colour = COLOURS[network[:3]]
    axes.plot(places, learned, colour + "o", alpha=0.7)
for name, colour, place in (
    ("GRU", "C2", (2e-7, 0.9)),
    ("LSTM", "C1", (2e-6, 0.06)),
    ("RNN", "C0", (2e-8, 0.45)),
):
    axes.text(*place, name, color=colour)
axes.set(xscale="log", xlabel="share of the gradient left before training")
axes.set(ylabel="share of seeds that learn")
axes.set_title("Little gradient at first doesn't stop the GRU")
figure.tight_layout()

# %% [markdown]
# <!-- check: 0.3 == min(np.mean(results("memory")["solved"][it][lag]) for it in results("memory")["solved"] for lag in results("memory")["solved"][it] if it[:3] in ("RNN", "LST", "GRU") and results("memory")["left"][it][lag] > 0.1) -->
# <!-- check: 0.4 == max(np.mean(results("memory")["solved"][it][lag]) for it in results("memory")["solved"] for lag in results("memory")["solved"][it] if it[:3] in ("RNN", "LST") and results("memory")["left"][it][lag] < 1e-4) -->
#
# There is one dot for each RNN, LSTM and GRU and each lag (at the left edge if the
# share is below $10^{-10}$). Dots on the left are networks in which little of the
# gradient arrives before training. If this gradient decided what a network learns, all
# dots on the left would be at the bottom. Those of the GRU aren't.
# {: .caption }
#
# ## What would change our mind { #what-goes-wrong }
#
# **Does the gradient of the untrained network decide?** No. This is the usual
# explanation, and it was ours, but the picture above refutes it. Before training, the
# GRU with update bias -1 has a ten-millionth of its gradient left at 100 steps, and
# with update bias 0 it has $10^{-14}$. Both learn this lag with every seed. The RNN
# with an orthogonal $W_{aa}$ and small input weights has 14 % left at 30 steps, and it
# learns that lag with three of ten seeds. A gradient that arrives helps, but what
# training does to it counts more.
# <!-- check: three == sum(results("memory")["solved"]["RNN, orthogonal, small input"][30]) -->
# <!-- check: 14 % == results("memory")["left"]["RNN, orthogonal, small input"][30] -->
#
# **Does the LSTM lose because its gates start differently?** No. Before training,
# an LSTM with forget bias 1 *and* update bias -1 keeps and writes exactly as much as
# the GRU with update bias -1. It learns neither 100 steps nor 30 with any of five
# seeds. What differs is that the GRU has one gate for both.
#
# **Does the LSTM only need more time or another learning rate?** Hardly. For the LSTM
# with forget bias 1, we tried five learning rates from 0.001 to 0.1. We also trained
# two seeds with ten times the budget, 3,000 training steps, and a learning rate of
# 0.01. The accuracy at 100 steps is still 27 % at best. For this book's RNN at 30 steps
# we did the same with the small learning rates 0.001 and 0.003, and the best accuracy
# is 25 %.
# <!-- check: two == len(results("memory")["longer"]["LSTM, f 1"]) -->
# <!-- check: 0.01 == max(float(it.split(", ")[-2]) for it in record("memory")["parts"] if "longer, ('LSTM" in it) -->
# <!-- check: 0.003 == max(float(it.split(", ")[-2]) for it in record("memory")["parts"] if "longer, ('RNN" in it) -->
# <!-- check: 27 % == max(results("memory")["longer"]["LSTM, f 1"]) -->
# <!-- check: 25 % == max(results("memory")["longer"]["RNN"]) -->
# <!-- check: 0.001 == results("memory")["trials"]["LSTM, f 1"]["tried"][0]["rate"] -->
# <!-- check: 0.1 == results("memory")["trials"]["LSTM, f 1"]["tried"][-1]["rate"] -->
# <!-- check: 3,000 == 10 * results("memory")["budget"] -->
#
# **Does another processor give other numbers?** We measured the three networks of the
# headline under all three initialisations, the GRU with update bias -1 and the lower
# picture a second time, with the arithmetic of an older processor, which rounds
# differently. There, too, all 30 LSTMs whose gates start by keeping 99 % learn 100
# steps. Of the 30 GRUs 28 do, and the two that fail are now those with PyTorch's
# initialisation: this time the search chose the large learning rate of 0.3 for these, and
# 0.1 for the others. So the failures go with the learning rate and not with the
# initialisation.
# <!-- check: 30 == sum(sum(older("memory")["solved"]["LSTM, f 5, u -5" + scheme][100]) for scheme in ("", ", Keras", ", PyTorch")) -->
# <!-- check: 28 == sum(sum(older("memory")["solved"]["GRU, u -5" + scheme][100]) for scheme in ("", ", Keras", ", PyTorch")) -->
# <!-- check: two == 10 - sum(older("memory")["solved"]["GRU, u -5, PyTorch"][100]) -->
# <!-- check: 0.3 == older("memory")["trials"]["GRU, u -5, PyTorch"]["chosen"] -->
# <!-- check: 0.1 == older("memory")["trials"]["GRU, u -5"]["chosen"] -->
# <!-- check: 0.1 == older("memory")["trials"]["GRU, u -5, Keras"]["chosen"] -->
# <!-- check: 99 % == 1 / (1 + np.exp(-5)) -->
#
# The GRU with update bias -1 learns 100 steps with all five seeds, and the share of the
# gradient that arrives grows in each GRU and shrinks in the LSTM. How many seeds of a
# plain RNN succeed depends on rounding: this book's learns 10 steps with two of ten
# seeds instead of four, and 100 steps with none instead of two. The other rows of the
# table were measured on one processor only.
# <!-- check: two == sum(older("memory")["solved"]["RNN"][10]) -->
# <!-- check: two == sum(results("memory")["solved"]["RNN"][100]) - sum(older("memory")["solved"]["RNN"][100]) -->
#
# ## Beside the literature
#
# [Gers and others (2000)](../references.md#gers-2000) say that plain RNNs fail
# beyond five to ten steps. [Schäfer and others
# (2008)](../references.md#schaefer-2008) show that they learn a hundred and more.
# Both happen here, with the same cell.
#
# The *chrono initialisation* of [Tallec and Ollivier
# (2018)](../references.md#tallec-2018) sets the biases of the gates from the length
# that the memory needs. We gave it 100 steps, and the LSTM learns them with four of
# five seeds and the GRU with five.
# <!-- check: four == sum(right > 0.95 for right in results("memory")["accuracy"]["LSTM, chrono"][100]) -->
#
# ## What this does not show
#
# We don't show how far a cell *can* reach, only how far it gets in 300 training
# steps.
#
# We don't show that gates should always start by keeping 99 %. In this task nothing
# has to be forgotten. And the distractors look different from the symbol, so they
# are easy to ignore. That suits a cell that keeps its state by ignoring the input.
# <!-- check: 99 % == 1 / (1 + np.exp(-5)) -->
#
# And the comparison has limits. The search rewards speed, so it favours large learning
# rates; a smaller one might be safer. A training step of the LSTM takes about three
# times as long as one of the RNN. And rows with five seeds show large differences only.
#
# ## Exercises
#
# 1. *Warm-up.* A forget gate depends on its bias alone, because its weights are
#    zero. What share of the cell state is left after 100 steps if the bias is 1?
#    And if it is 5?
#
#     ??? success "Solution"
#         *Warm-up.* With bias 1 it is $\sigma(1)^{100}$, about $10^{-14}$. With bias 5 it is
#         $\sigma(5)^{100}$, 51 %.
#         <!-- check: 51 % == (1 / (1 + np.exp(-5))) ** 100 -->
#
# 2. *Think.* Many runs that fail are right about half the time, or three times in
#    four. Why so often just there?
#
#     ??? success "Solution"
#         *Think.* A network may have learned in which of two pairs a symbol is, for example
#         in A and B or in C and D, but not which of the two it is. Then it is
#         right half the time. A network that knows two of the symbols and
#         confuses the other two is right three times in four.
#
# 3. *Measure.* Draw the distractors from the same four symbols: the first line of
#    `draw` becomes `codes = rng.integers(SYMBOLS, size=(lag + 1, m))`. Now nothing
#    but its place distinguishes the first symbol, so distractors are harder to
#    ignore. Does the GRU with update bias 0 still learn 30 steps?
#
#     ??? success "Solution"
#         *Measure.* Yes, with each of the seeds 0, 1 and 2 that we tried, and so does the GRU with
#         update bias -1. The LSTM with forget bias 1 learns it with none of the three.
