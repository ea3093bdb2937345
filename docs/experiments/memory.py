# %% [markdown]
# ---
# title: Memory
# description: RNNs, LSTMs and GRUs in NumPy recall a symbol after 5 to 200
#   steps, each with its own learning rate, over five seeds.
# ---
#
# # Memory: how far back can each cell remember?
#
# !!! abstract "In this page"
#     **You will** let eight networks recall a symbol that lies 5 to 200 steps
#     back. **You will learn** what sets their limit: neither the number of
#     steps alone nor the gates alone. **You need** the [RNN](../rnn.md),
#     [LSTM](../lstm.md), [GRU](../gru.md) and
#     [training](../training.md).
#     <!-- check: eight == len(results("memory")["cells"]) -->
#
# Further than is often said, but not from every start. At a lag of 20 steps a
# plain RNN names the symbol from four seeds out of five. Beyond, it is a
# matter of luck: at 50 it is right 33 % of the time, from 9 % to 76 % over
# five seeds; chance is 25 %.
# <!-- check: four == sum(right > 0.9 for right in results("memory")["cells"]["RNN"][2]["right"]) -->
# <!-- check: 33 % == np.mean(results("memory")["cells"]["RNN"][3]["right"]) -->
# <!-- check: 9 % == min(results("memory")["cells"]["RNN"][3]["right"]) -->
# <!-- check: 76 % == max(results("memory")["cells"]["RNN"][3]["right"]) -->
# <!-- check: 25 % == 1 / 4 -->
#
# Gates reach further if they start so that they keep. Then a GRU is right 100
# % of the time at 200 steps from each of five seeds, and an LSTM at 50 at
# least 99 % of it. With gates that start half open the same two cells are at
# chance at 50.
# <!-- check: 100 % == min(results("memory")["cells"]["GRU, update bias -5"][5]["right"]) -->
# <!-- check: 99 % == min(results("memory")["cells"]["LSTM, forget bias 5"][3]["right"]) -->
#
# ## The task
#
# The first symbol is one of four. Then come as many distractors as the lag
# says, drawn from four others. After the last one the network has to name the
# first. Whoever guesses is right one time in four.

# %%
from functools import partial
from time import process_time

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.gru import GRUState, gru_backward, gru_forward, init_gru
from snippets.lstm import LSTMState, init_lstm, lstm_backward, lstm_forward
from snippets.optimizers import adam, init_adam
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    readout_backward,
    readout_forward,
)
from snippets.rnn import RNNState, init_rnn, rnn_backward, rnn_forward
from snippets.sequence_types import (
    Layer,
    many_to_one_backward,
    many_to_one_forward,
)
from snippets.training import train
from tools.results import load_results

# %%
SYMBOLS = 4  # to be recalled; there are as many distractors


def draw(rng, lag, m):
    """Draw m sequences (lag + 1, n_x, m), and which symbol began each."""
    codes = rng.integers(SYMBOLS, 2 * SYMBOLS, size=(lag + 1, m))
    codes[0] = rng.integers(SYMBOLS, size=m)
    one_hot = np.eye(2 * SYMBOLS, dtype=np.float32)[codes].swapaxes(1, 2)
    return one_hot, one_hot[:1, :SYMBOLS]


x, y = draw(np.random.default_rng(0), lag=5, m=3)
for column in range(3):
    letters = ["ABCDwxyz"[code] for code in x[..., column].argmax(axis=1)]
    print(*letters, " ->", "ABCD"[y[0, :, column].argmax()])

# %% [markdown]
# ## The networks
#
# All have 32 units. Each cell starts as its page says, and in other ways, too:
#
# | cell | its starts | a fresh one keeps, at each step |
# |---|---|---|
# | RNN | $W_{aa}$ random | some directions more, some less |
# | RNN | $W_{aa}$ orthogonal: no length changes | what $\tanh$ leaves |
# | LSTM | bias of the forget gate 0, 1, 5 | 50 %, 73 %, 99.3 % |
# | GRU | bias of the update gate 0, -1, -5 | 50 %, 73 %, 99.3 % |
#
# <!-- check: 50 % == 1 / (1 + np.exp(0)) -->
# <!-- check: 73 % == 1 / (1 + np.exp(-1)) -->
# <!-- check: 99.3 % == 1 / (1 + np.exp(-5)) -->
#
# A GRU keeps what its update gate does not write. So with a negative bias it
# keeps as much as an LSTM does with a positive one. But it also writes less:
# with -5 at first 0.7 % of each candidate, where the LSTM's update gate is
# half open whatever its forget gate does. The two starts are not alike.
# <!-- check: 0.7 % == 1 / (1 + np.exp(5)) -->


# %%
def init_orthogonal(rng, n_x, n_a, **options):
    """Start an RNN from a W_aa that changes no length."""
    params = init_rnn(rng, n_x, n_a, **options)
    Q, triangle = np.linalg.qr(rng.normal(size=(n_a, n_a)))
    W_aa = Q * np.sign(np.diag(triangle))  # so that no direction is preferred
    return params._replace(W_aa=W_aa.astype(params.W_aa.dtype))


RNN = rnn_forward, rnn_backward, RNNState
LSTM = lstm_forward, lstm_backward, LSTMState
GRU = gru_forward, gru_backward, GRUState
CELLS = {
    "RNN": (init_rnn, *RNN),
    "RNN, orthogonal": (init_orthogonal, *RNN),
    "LSTM, forget bias 0": (partial(init_lstm, forget_bias=0), *LSTM),
    "LSTM, forget bias 1": (partial(init_lstm, forget_bias=1), *LSTM),
    "LSTM, forget bias 5": (partial(init_lstm, forget_bias=5), *LSTM),
    "GRU, update bias 0": (partial(init_gru, update_bias=0), *GRU),
    "GRU, update bias -1": (partial(init_gru, update_bias=-1), *GRU),
    "GRU, update bias -5": (partial(init_gru, update_bias=-5), *GRU),
}

# %% [markdown]
# Each is trained with [Adam](../optimizers.md) and
# [clipping](../clipping.md), on sequences that are drawn afresh. After every
# 50 updates it has to name 200 fresh symbols, and stops if a share of `0.99` is
# right. When it has stopped, or is out of updates, it is tested on 500 more.


# %%
def begin(name, rng, n_a):
    """Draw weights; say how to read them, and how to be blank."""
    init, forward, backward, State = CELLS[name]
    cell = init(rng, 2 * SYMBOLS, n_a, input_scale=1, dtype=np.float32)
    readout = init_readout(rng, n_a, SYMBOLS, dtype=np.float32)

    def layers(params):
        """Tell the weights of the cell from those of the readout."""
        mine, theirs = params[: len(cell)], params[len(cell) :]
        return (
            Layer(cell._make(mine), forward, backward),
            Layer(ReadoutParams(*theirs), readout_forward, readout_backward),
        )

    def blank(m):
        """Return the state of a cell that has read nothing."""
        zeros = np.zeros((n_a, m), np.float32)
        return State(*(zeros for _ in State._fields))

    return [*cell, *readout], layers, blank


def learn(name, lag, seed, rate, *, n_a, m, updates, every):
    """Train until solved or out of updates; test on fresh sequences."""
    rng, started = np.random.default_rng(seed), process_time()
    params, layers, blank = begin(name, rng, n_a)

    def model(params, batch, state):
        """Forward, loss, backward: one answer, after the last step."""
        cell, readout = layers(params)
        x, y = batch
        start = blank(x.shape[-1])
        z, tape = many_to_one_forward(cell, readout, x, start)
        loss, dz = cross_entropy(z, y)
        d_params, _, _ = many_to_one_backward(cell, readout, tape, dz)
        return (
            loss,
            [gradient for part in d_params for gradient in part],
            None,
        )

    def right(params, count):
        """Return the share of right answers on fresh sequences."""
        x, y = draw(rng, lag, count)
        z, _ = many_to_one_forward(*layers(params), x, blank(count))
        return float((z.argmax(axis=1) == y.argmax(axis=1)).mean())

    memory, done, solved = init_adam(params), 0, False
    while done < updates and not solved:
        params, memory, _ = train(
            model,
            params,
            (draw(rng, lag, m) for _ in range(every)),
            partial(adam, learning_rate=rate),
            memory=memory,
            clip=partial(clip_by_global_norm, threshold=1.0),
        )
        done += every
        solved = right(params, 200) >= 0.99
    seconds = round((process_time() - started) / done, 6)
    return {
        "right": round(right(params, 500), 4),
        "updates": done,
        "seconds_each": seconds,
    }


# %% [markdown]
# ## The quick size
#
# One lag of 20 steps, one seed, half the updates of the full size. The
# learning rate of each network is the one that the full size chose.

# %%
QUICK = {"n_a": 32, "m": 32, "updates": 150, "every": 50}


def try_all(rates):
    """Let each cell learn a lag of 20 steps, with a rate of its own."""
    quick = {}
    for name in CELLS:
        quick[name] = run = learn(name, 20, 0, rates[name], **QUICK)
        print(f"{name:20} {run['right']:4.0%} after {run['updates']} updates")
    return quick


full = load_results("memory")
quick = try_all(full["rates"])

# %% [markdown]
# ## The full size
#
# Six lags, five seeds, at most 300 updates of 32 sequences. One learning rate
# for all would be unfair. So each network first tries four, on two seeds that
# are not reported, at lags of 20 and 50 steps; the rate with most right
# answers is kept, and of equals the faster.

# %%
SEEDS = [0, 1, 2, 3, 4]
LAGS = [5, 10, 20, 50, 100, 200]
FULL = QUICK | {"updates": 300}
TRIALS = {
    "rates": [0.001, 0.003, 0.01, 0.03],
    "lags": [20, 50],
    "seeds": [100, 101],
}


def try_rate(name, rate):
    """Train one cell with one rate, on the seeds of the trials."""
    runs = [
        learn(name, lag, seed, rate, **FULL)
        for lag in TRIALS["lags"]
        for seed in TRIALS["seeds"]
    ]
    right = round(float(np.mean([run["right"] for run in runs])), 4)
    updates = sum(run["updates"] for run in runs)
    return {"rate": rate, "right": right, "updates": updates}


def best_rate(trials):
    """Choose by right answers; of equals the one that was faster."""
    return max(trials, key=lambda it: (it["right"], -it["updates"]))["rate"]


def measure(name):
    """Choose a rate for a cell, then train it on each lag from each seed."""
    trials = [try_rate(name, rate) for rate in TRIALS["rates"]]
    rate, rows = best_rate(trials), []
    for lag in LAGS:
        runs = [learn(name, lag, seed, rate, **FULL) for seed in SEEDS]
        row = {key: [run[key] for run in runs] for key in runs[0]}
        mean = round(float(np.mean(row["right"])), 4)
        rows.append({"lag": lag, "mean": mean} | row)
    return {"trials": trials, "rate": rate, "rows": rows}


def summarise(measured):
    """Put together what was measured of each cell."""
    return {
        "settings": FULL,
        "trials": {name: cell["trials"] for name, cell in measured.items()},
        "rates": {name: cell["rate"] for name, cell in measured.items()},
        "cells": {name: cell["rows"] for name, cell in measured.items()},
    }


PARTS = {name: (measure, name) for name in CELLS}

# %%
print(f"{'right, mean':19}", *(f"{lag:4}" for lag in LAGS), "  rate")
for name, rows in full["cells"].items():
    means = (f"{row['mean']:4.0%}" for row in rows)
    print(f"{name:19}", *means, f"{full['rates'][name]:6}")

# %% tags=["hide-input"] alt="Share of right answers against lag, one panel for each of eight networks, dots for five seeds. All begin at 1. The two RNNs fall from lag 10 to 50, and from 20 steps on their seeds scatter from below chance to 1. With a bias of 0 the LSTM is at one half at 20, the GRU still at 1, and both are at chance from 50 on. LSTM with bias 1 and GRU with bias -1 are at chance from 100 on; at 50 the LSTM is at one half and the GRU at 1. LSTM with bias 5 stays at 1 but for one seed at 200; GRU with bias -5 stays at 1."
figure, grid = plt.subplots(
    3, 3, figsize=(6, 6), sharex=True, sharey=True, layout="constrained"
)
(*first, corner), *others = grid
cells = full["cells"].items()
for axes, (name, rows) in zip(
    [*first, *np.ravel(others)], cells, strict=True
):
    for row in rows:
        same = [row["lag"]] * len(row["right"])
        seeds = axes.plot(same, row["right"], "C1o", alpha=0.5, markersize=5)
    means = axes.plot(LAGS, [row["mean"] for row in rows], "C0")
    chance = axes.axhline(
        1 / SYMBOLS, color="C2", linestyle="--", linewidth=1
    )
    title = name.replace("forget ", "").replace("update ", "")
    axes.set_title(title, fontsize=12)
    axes.set(xscale="log", xticks=[5, 20, 200], ylim=(0, 1.05))
    axes.set_xticklabels(["5", "20", "200"])
    axes.minorticks_off()
figure.supxlabel("lag in steps", fontsize=12)
figure.supylabel("share right", fontsize=12)
corner.axis("off")
names = ["one seed", "mean of five", "chance"]
legend = corner.legend([*seeds, *means, chance], names, loc="center")

# %% [markdown]
# **No fixed number of steps holds.** Plain RNNs fail beyond five to ten
# steps, say [Gers and others (2000)](../references.md#gers-2000); they learn
# a hundred and more, reply [Schäfer and others
# (2008)](../references.md#schaefer-2008). In this task five steps are learned
# by all networks from all seeds, ten by all but one run of forty, and 20 by
# the plain RNN from four seeds out of five. Beyond, it depends on the seed,
# and it does not fade evenly: the best run of the RNN at 200 steps is better
# than its best at 50.
# <!-- check: four == sum(right > 0.9 for right in results("memory")["cells"]["RNN"][2]["right"]) -->
#
# **From 50 steps on the last digit decides.** Another processor adds in
# another order, and a product comes out other in its last digit. We ran all of
# this again on a second one, with the same seeds. Up to 20 steps nearly all runs
# ended as here. So did the LSTM with a bias of 1 at 50, the one with 5 up to 50,
# and all GRUs at all lags. Further back other seeds of the RNN got there, one of
# them at 100 steps. And for the LSTM with a bias of 5 the trials chose `0.01` in
# place of `0.003`: with it 100 steps were learned from none of the five seeds.
# At 20 and 50 steps, where rates are tried, the two are as good as each other. So
# take what lies beyond 50 steps, but for the GRUs, for a draw.
#
# **What a gate starts from decides.** The three LSTMs are one cell, and so
# are the three GRUs. With a bias of 0 the LSTM stops short of 20 steps, and
# the GRU of 50. A bias of 1 takes the LSTM to 50 from one seed out of five,
# where it is right 54 % of the time, from 24 % to 100 %. The same start takes
# the GRU there from all five. Started so that it keeps 99.3 %, it learns 200
# steps within 100 updates; the LSTM that keeps as much learns 50 from all
# five seeds. It learns 100 from all and 200 from four here, and on the second
# processor neither. That it also [writes more](#the-networks) of
# what it should ignore may be why; it was not tried.
# <!-- check: 99.3 % == 1 / (1 + np.exp(-5)) -->
# <!-- check: 54 % == np.mean(results("memory")["cells"]["LSTM, forget bias 1"][3]["right"]) -->
# <!-- check: 24 % == min(results("memory")["cells"]["LSTM, forget bias 1"][3]["right"]) -->
# <!-- check: 100 % == max(results("memory")["cells"]["LSTM, forget bias 1"][3]["right"]) -->
#
# **But gates do matter.** No start of the RNN that was tried learns 50 steps
# from more than one seed.
#
# **What did not reproduce.** We expected the orthogonal start to reach
# further than the usual one. Over five seeds it does not: at 50 steps it is
# right 45 % of the time, from 24 % to 100 %. The spread is far larger than the
# difference. And a gated cell is not ahead by
# its gates alone: from 50 steps on the plain RNN is not behind the GRU with a
# bias of 0.
# <!-- check: 45 % == np.mean(results("memory")["cells"]["RNN, orthogonal"][3]["right"]) -->
# <!-- check: 24 % == min(results("memory")["cells"]["RNN, orthogonal"][3]["right"]) -->
# <!-- check: 100 % == max(results("memory")["cells"]["RNN, orthogonal"][3]["right"]) -->
#
# All three GRUs took the largest rate that was tried; a larger one was not.
#
# ## What this does not show
#
# How far a cell *can* reach. It shows how far each one got in 300 updates
# from its start. Another 5000 may take any of them further. Nor is recall of
# one symbol among others what a task of yours is made of: here the
# distractors look different from the symbol, and it always comes first. A cell
# that starts by keeping suits a task in which nothing has to be forgotten;
# where much has to be, it may be the worse start. And five seeds are few
# where some learn all and others nothing: then the mean says little, look at
# the dots. That the GRU is ahead of the LSTM holds for these starts, rates and
# updates, and for this task.
#
# ## What goes wrong
#
# **One start for one cell, three for the other.** Then the cell with three
# looks better. The GRU as its page starts it is at chance at 50 steps, and
# this page would have said that GRUs do not reach further.
#
# **One rate for all.** At the rate that is best for the RNN the LSTM with a
# bias of 0 does not get beyond chance even at 20 steps. Compare cells with
# one shared rate, and you compare the rate.
#
# **Judging by one seed.** At a lag of ten the RNN is right always, from four
# seeds out of five. From the fifth it is right about half the time.
# <!-- check: four == sum(right == 1 for right in results("memory")["cells"]["RNN"][1]["right"]) -->
#
# **Counting updates only.** An LSTM with a bias of 1 takes 3 times as long
# for an update at 200 steps as an RNN. In equal time the RNN would get that
# many more.
# <!-- check: 3 == np.mean(results("memory")["cells"]["LSTM, forget bias 1"][-1]["seconds_each"]) / np.mean(results("memory")["cells"]["RNN"][-1]["seconds_each"]) -->
#
# ## Exercises
#
# 1. *Warm-up.* What share of a memory is left after 50 steps behind a forget
#    gate with bias 1, if nothing but the bias acts? And with bias 5?
#
#     ??? success "Solution"
#         *Warm-up.* With bias 1 it is $\sigma(1)^{50}$, less than a millionth. With bias 5 it
#         is $\sigma(5)^{50}$, 71 %.
#         <!-- check: 71 % == (1 / (1 + np.exp(-5))) ** 50 -->
#
# 2. *Think.* Many runs end near one half, some near three quarters. Why there?
#    And how can one be right less often than by guessing?
#
#     ??? success "Solution"
#         *Think.* A network that tells two pairs of symbols apart, but not the two of a
#         pair, is right half the time. One that knows two symbols, and confuses
#         the other two, is right three times in four. And one that remembers,
#         but takes one symbol for another, is below chance: so does the run that
#         is right 9 % of the time, which calls nearly every C and D an A.
#         <!-- check: 9 % == min(results("memory")["cells"]["RNN"][3]["right"]) -->
#
# 3. *Measure.* Draw the distractors from the same four symbols. Now only its
#    place tells the first one. Which networks still find it?
#
#     ??? success "Solution"
#         *Measure.* Change only the first line of `draw`, to
#         `codes = rng.integers(SYMBOLS, size=(lag + 1, m))`. With the rates and
#         settings of the full size all eight still learn five steps, from each of the
#         seeds 0 to 4. So do at 20 the LSTMs with a bias of 1 and 5 and the GRUs with
#         -1 and -5, though after more updates. In this trial, which is not in the
#         record, the RNN learns 20 from three seeds of five, the orthogonal one from
#         two, the GRU with a bias of 0 from three, and the LSTM with a bias of 0 is at
#         chance from all. That GRU learned them from every seed before: distractors
#         that look different had helped it.
