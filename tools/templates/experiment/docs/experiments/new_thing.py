# %% [markdown]
# ---
# title: New thing
# description: How large an untrained RNN's activations get with new thing, over three seeds.
# ---
#
# # New thing: what it shows
#
# !!! abstract "In this page"
#     **You will** measure one thing. **You will learn** what it depends on.
#     **You need** the [RNN](../rnn.md).
#
# The answer first, with its spread over seeds, from the full size: with 64
# units the root of the mean square is 0.62.
# <!-- check: 0.62 == results("new_thing")["results"]["sizes"][-1]["mean"] -->
#
# ## The quick size
#
# What it does, in a second or two, while this page is built.

# %%
import matplotlib.pyplot as plt
import numpy as np

from snippets.rnn import RNNState, init_rnn, rnn_forward
from tools.results import load_results

QUICK = {"T": 20, "m": 4}


def measure(n_a, seed, settings):
    """Return how large the activations of an untrained RNN are."""
    rng, T, m = np.random.default_rng(seed), settings["T"], settings["m"]
    x, blank = rng.normal(size=(T, 1, m)), RNNState(np.zeros((n_a, m)))
    a, _, _ = rnn_forward(init_rnn(rng, 1, n_a), x, blank)
    return {"size": round(float(np.sqrt((a**2).mean())), 4)}


quick = measure(16, 0, QUICK)
print(f"{quick['size']:.3f}")

# %% [markdown]
# ## The full size
#
# More steps, more units, three seeds. How they were chosen, and what that
# leaves open, stands here too.

# %%
SEEDS = [0, 1, 2]
UNITS = [4, 16, 64]
FULL = QUICK | {"T": 100, "m": 16}


def summarise(measured):
    """Give mean and spread over the seeds, for each number of units."""
    rows = []
    for n_a in UNITS:
        sizes = [measured[f"{n_a} units, seed {k}"]["size"] for k in SEEDS]
        mean = round(float(np.mean(sizes)), 4)
        spread = {"lowest": min(sizes), "highest": max(sizes)}
        rows.append({"n_a": n_a, "mean": mean, **spread})
    return {"settings": FULL, "sizes": rows}


PARTS = {
    f"{n_a} units, seed {seed}": (measure, n_a, seed, FULL)
    for n_a in UNITS
    for seed in SEEDS
}

# %%
full = load_results("new_thing")["results"]
for row in full["sizes"]:
    n_a, mean, lowest, highest = row.values()
    print(f"{n_a:4} units {mean:.3f}, from {lowest:.3f} to {highest:.3f}")

# %% tags=["hide-input"] alt="Root of the mean square of the activations against units: it hardly changes."
figure, axes = plt.subplots()
axes.plot(UNITS, [row["mean"] for row in full["sizes"]], "o-")
axes.set(xlabel="units", ylabel="root of the mean square", ylim=(0, 1))
figure.tight_layout()

# %% [markdown]
# ## What this does not show
#
# Anything about a trained network.
#
# ## Exercises
#
# 1. *Warm-up.* A question?
#
#     ??? success "Solution"
#         *Warm-up.* An answer.
