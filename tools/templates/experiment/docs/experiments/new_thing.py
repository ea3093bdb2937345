# %% [markdown]
# ---
# title: New thing
# description: How large the hidden state of an untrained RNN gets with new thing, over three seeds.
# ---
#
# # New thing: the question, in one line?
#
# !!! abstract "In this page"
#     **You will** measure one thing. **You will learn** what it depends on.
#     **You need** the [RNN](../rnn.md).
#
# The answer comes first, in words, with one or two numbers. For example: the
# hidden state of an untrained RNN settles at the same size however many units
# it has, about 0.62.
# <!-- check: 0.62 == results("new_thing")["size"][64] -->

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np

from snippets.rnn import init_rnn, rnn_forward
from tools.results import load_results
from tools.tables import show_table

full = load_results("new_thing")

# %% tags=["hide-input"] alt="Root mean square of the hidden state against units, 4 to 64: the line is nearly flat."
figure, axes = plt.subplots()
sizes = full["size"]
axes.plot([*sizes], [*sizes.values()], "o-")
axes.set(xlabel="units", ylabel="root mean square of the hidden state", ylim=(0, 1))
figure.tight_layout()

# %% [markdown]
# Look at the line: it is nearly flat. A caption says what to see.
# {: .caption }
#
# ## The task
#
# Say what is measured, on what data, and why it could have come out otherwise.

# %%
QUICK = {"T": 20, "m": 4}
FULL = {"T": 100, "m": 16}


def measure(n_a, seed, settings):
    """Return how large the hidden state of an untrained RNN is."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(settings["T"], 1, settings["m"]))
    a, _, _ = rnn_forward(init_rnn(rng, 1, n_a), x)
    return round(float(np.sqrt((a**2).mean())), 4)


quick = measure(16, 0, QUICK)
print(f"{quick:.3f}")

# %% [markdown]
# ## The result

# %%
SEEDS = [0, 1, 2]
UNITS = [4, 16, 64]
PARTS = {
    f"{n_a} units, seed {seed}": (measure, n_a, seed, FULL)
    for n_a in UNITS
    for seed in SEEDS
}
LEADING = [f"64 units, seed {seed}" for seed in SEEDS]


def summarise(measured):
    """Give the mean over seeds, and all of them, for each number of units."""
    seeds = {n_a: [measured[f"{n_a} units, seed {k}"] for k in SEEDS] for n_a in UNITS}
    size = {n_a: round(float(np.mean(each)), 4) for n_a, each in seeds.items()}
    return {"size": size, "seeds": seeds, "settings": FULL}


# %% tags=["hide-input"]
show_table(
    ["units", "mean", "lowest seed", "highest seed"],
    [
        [str(n_a), f"{full['size'][n_a]:.3f}", f"{min(each):.3f}", f"{max(each):.3f}"]
        for n_a, each in full["seeds"].items()
    ],
)

# %% [markdown]
# ## What would change our mind
#
# **Is there another explanation?** Say which control could refute yours, and what it
# showed.
#
# ## What this does not show
#
# We don't show anything about a trained network.
#
# ## Exercises
#
# 1. *Warm-up.* A question?
#
#     ??? success "Solution"
#         *Warm-up.* An answer.
