# %% [markdown]
# ---
# title: Scan, timed
# description: Doubling needs ten rounds where a loop needs a thousand steps - is it
#   faster on an ordinary processor, and what makes a minGRU faster than a GRU?
# ---
#
# # Scan, timed: do fewer rounds save time?
#
# !!! abstract "In this page"
#     **You will** time three ways to compute a linear recurrence. **You will learn** when
#     a scan is faster on an ordinary processor, and what makes a minGRU faster than a GRU.
#     **You need** the [scan](../scan.md) and the [minGRU](../mingru.md).
#
# A loop over a thousand steps takes a thousand steps. A scan by doubling does the same in
# ten rounds. On a machine with thousands of processors that saves time, since all of a
# round's work is done at once. But most people who try this code have an ordinary processor.
# Do fewer rounds save time there, too?
#
# **Only if the state is small.** Over a thousand steps, with a single number in the state, doubling is
# 32 times as fast as the loop. With 256 numbers it is slower than the loop, and with 1,024
# numbers it takes seven times as long. (The *tree*, a scan with less work, is still a little faster
# than the loop with 256.) A layer of 64 units that reads 8 sequences at once has
# 512 numbers in its state.
# <!-- check: 32 == results("scan_speed")["faster"][1000]["doubling"][1] -->
# <!-- check: 256 == min(it for it, times in results("scan_speed")["faster"][1000]["doubling"].items() if times < 1) -->
# <!-- check: 1,024 == max(results("scan_speed")["faster"][1000]["doubling"]) -->
# <!-- check: 256 == max(it for it, times in results("scan_speed")["faster"][1000]["tree"].items() if times > 1) -->
# <!-- check: seven == int(1 / results("scan_speed")["faster"][1000]["doubling"][1024]) -->
# <!-- check: 512 == 64 * 8 -->
#
# **What makes a minGRU fast is something else.** Its gates don't read the old state, so the gates
# and candidates of all steps are computed before any step is taken, and only a multiplication and an
# addition are left in the loop. It also has fewer matrix products. With 64 units and 8 sequences, the
# forward pass is 4.1 times as fast as a GRU's, even though a plain loop does the rest. With doubling in
# place of the loop it is 1.8 times as fast.
# <!-- check: 4.1 == results("scan_speed")["layers"]["64 units, 8 sequences"]["minGRU, loop"]["faster"] -->
# <!-- check: 1.8 == results("scan_speed")["layers"]["64 units, 8 sequences"]["minGRU, doubling"]["faster"] -->

# %% tags=["hide-input"]
import timeit
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.gru import gru_backward, gru_forward, init_gru
from snippets.mingru import (
    init_mingru,
    mingru_backward,
    mingru_forward,
    mingru_scan,
)
from snippets.scan import scan_doubling, scan_loop, scan_tree
from tools.results import load_results
from tools.tables import show_table

full = load_results("scan_speed")

# %% tags=["hide-input"] alt="Times faster than the loop against the numbers in the state, 1 to 1,024, both axes logarithmic, for a thousand steps. Doubling falls in a straight line from above 30 at one number to one tenth at 1,024, and crosses 1 near 130. The tree starts near 11 and stays above 1 up to about 300. A vertical dotted line marks 512 numbers, 64 units times 8 sequences, where both are slower than the loop."
figure, axes = plt.subplots(figsize=(6, 4.2))
faster = full["faster"][1000]
for name, colour, place in (
    ("doubling", "C0", (1.3, 45)),
    ("tree", "C1", (1.3, 7)),
):
    axes.plot([*faster[name]], [*faster[name].values()], colour + "o-")
    axes.text(*place, name, color=colour, va="center")
axes.axhline(1, color="C4", linestyle="--", linewidth=1)
axes.text(1.3, 0.8, "the loop", color="C4", va="center")
axes.axvline(512, color="C4", linestyle=":", linewidth=1)
axes.text(460, 20, "64 units,\n8 sequences", color="C4", ha="right")
axes.set(xscale="log", yscale="log", ylim=(0.05, 80))
axes.set(
    xlabel="numbers in the state",
    title="Times as fast as a loop of 1,000 steps",
)
axes.set_xticks(
    [1, 4, 16, 64, 256, 1024], ["1", "4", "16", "64", "256", "1,024"]
)
axes.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
axes.minorticks_off()
figure.tight_layout()

# %% [markdown]
# <!-- check: 1,024 == max(results("scan_speed")["faster"][1000]["tree"]) -->
#
# Above the dashed line, a scan is faster than the loop. Each point is a median over
# 15 rounds, in each of which all are timed, one after the other.
# {: .caption }
# <!-- check: 15 == results("scan_speed")["settings"]["rounds"] -->
#
# ## What is timed
#
# The recurrence is $a^{\langle t \rangle} = f^{\langle t \rangle} * a^{\langle t-1 \rangle} +
# s^{\langle t \rangle}$, as on the page on the [scan](../scan.md), with random factors between 0
# and 1, in single precision. We time the three functions of
# `scan.py`: the loop, doubling, and the tree, which does less work in more rounds. Before they are timed,
# we check that they agree.

# %%
SCANS = {"loop": scan_loop, "doubling": scan_doubling, "tree": scan_tree}
ROUNDS = 15


def time_in_turn(calls, rounds=ROUNDS):
    """Time functions, one after the other, in each round; return seconds.

    A short call is repeated, so that each timing takes some milliseconds.
    """
    repeats = {
        name: max(1, round(0.003 / min(timeit.repeat(call, number=1))))
        for name, call in calls.items()
    }
    seconds = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            took = timeit.timeit(call, number=repeats[name]) / repeats[name]
            seconds[name].append(float(f"{took:.4g}"))
    return seconds


def time_scans(T, sizes, rounds=ROUNDS):
    """Time the three scans over T steps, for each size of the state."""
    calls = {}
    for size in sizes:
        rng = np.random.default_rng(0)
        f, s = rng.uniform(size=(2, T, size, 1)).astype(np.float32)
        for name, scan in SCANS.items():
            np.testing.assert_allclose(scan(f, s), scan_loop(f, s), rtol=1e-4)
            calls[f"{name}, {size}"] = partial(scan, f, s)
    return time_in_turn(calls, rounds)


# %% [markdown]
# Then we time whole layers, forward and backward: a GRU, a minGRU that goes step by step, and a
# minGRU that computes its gates and candidates for all steps at once and leaves the rest to one of the three.


# %%
LAYERS = {"16 units, 1 sequence": (16, 1), "64 units, 8 sequences": (64, 8)}
GRU_NAME, BY_STEPS = "GRU", "minGRU, step by step"


def time_layers(T, n_a, m, rounds=ROUNDS):
    """Time a forward and a backward pass of each layer over T steps."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(T, n_a, m)).astype(np.float32)
    gru = init_gru(rng, n_a, n_a, dtype=np.float32)
    mingru = init_mingru(rng, n_a, n_a, dtype=np.float32)
    forward = {
        GRU_NAME: partial(gru_forward, gru, x),
        BY_STEPS: partial(mingru_forward, mingru, x),
    } | {
        f"minGRU, {name}": partial(mingru_scan, mingru, x, scan=scan)
        for name, scan in SCANS.items()
    }
    a, _, tape = forward[BY_STEPS]()
    _, _, gru_tape = forward[GRU_NAME]()
    backward = {
        "GRU, backward": partial(gru_backward, gru, gru_tape, a),
        "minGRU, backward": partial(mingru_backward, mingru, tape, a),
    }
    return time_in_turn(forward | backward, rounds)


# %% [markdown]
# ## A quick run { #the-quick-size }

# %%
quick = time_scans(T=1000, sizes=[4], rounds=3)
for name, seconds in quick.items():
    print(f"{name:11} {1e3 * min(seconds):6.3f} ms for 1,000 steps")

# %% [markdown]
# ## The result { #the-full-size }

# %%
STEPS = [100, 1000, 10000]
SIZES = [1, 4, 16, 64, 256, 1024]
SEEDS = [0]
PARTS = {f"{T} steps": (time_scans, T, SIZES) for T in STEPS} | {
    name: (time_layers, 1000, *sizes) for name, sizes in LAYERS.items()
}
ALONE = [*PARTS]
LEADING = [*PARTS]


def ratio(slow, fast):
    """Return the median, over the rounds, of how many times as fast it is."""
    return float(f"{np.median(np.divide(slow, fast)):.3g}")


def crossing(faster):
    """Return the size from which on the loop is faster, between two sizes."""
    sizes, logs = [*faster], np.log([*faster.values()])
    i = int(np.argmax(logs < 0))  # the first size where the loop is faster
    share = logs[i - 1] / (logs[i - 1] - logs[i])
    return round(sizes[i - 1] * (sizes[i] / sizes[i - 1]) ** share)


def predict(micros, T):
    """Predict where doubling and the loop take equally long.

    All it knows is the loop. With one number in the state, a step is all
    calls. The extra time of a step with 1,024 numbers is the cost of those
    numbers: a multiplication and an addition each. A round of doubling has
    two multiplications and an addition, so each number costs one and a half
    times as much.
    """
    few, many = SIZES[0], SIZES[-1]
    number = (micros[many] - micros[few]) / (many - few)
    rounds = np.ceil(np.log2(T))
    return round(micros[few] / (number * (1.5 * rounds - 1)))


def summarise(measured):
    """Compare each scan with the loop, and each layer with the GRU."""
    faster, micros = {}, {}
    for T in STEPS:
        rows = {
            size: {
                name: measured[f"{T} steps"][f"{name}, {size}"]
                for name in SCANS
            }
            for size in SIZES
        }
        faster[T] = {
            name: {
                it: ratio(row["loop"], row[name]) for it, row in rows.items()
            }
            for name in ("doubling", "tree")
        }
        micros[T] = {
            name: {
                it: float(f"{1e6 * np.median(row[name]) / T:.3g}")
                for it, row in rows.items()
            }
            for name in SCANS
        }
    layers = {
        name: {
            row: {
                "ms": float(f"{1e3 * np.median(seconds):.3g}"),
                "faster": ratio(
                    measured[name]["GRU, backward"]
                    if "backward" in row
                    else measured[name][GRU_NAME],
                    seconds,
                ),
            }
            for row, seconds in measured[name].items()
        }
        for name in LAYERS
    }
    return {
        "predicted": {T: predict(micros[T]["loop"], T) for T in STEPS},
        "crossing": {T: crossing(faster[T]["doubling"]) for T in STEPS},
        "faster": faster,
        "micros": micros,
        "layers": layers,
        "settings": {"rounds": ROUNDS},
    }


# %% tags=["hide-input"]
show_table(
    ["microseconds a step", *(f"{size:,}" for size in SIZES)],
    [
        [f"{name}, {T:,} steps", *(f"{it:.2g}" for it in row.values())]
        for T in STEPS
        for name, row in full["micros"][T].items()
    ],
)

# %% [markdown]
# What a step takes, by the numbers in the state: medians over the rounds.
# {: .caption }
#
# **The loop spends its time on calls.** A step with one number takes 1.5 microseconds, and a step with 64 numbers hardly
# longer. So what takes long is not to multiply and to add. It is to call NumPy, a few times a step, whatever the
# size. Doubling makes only a few dozen calls for a thousand steps, so it saves nearly all of this.
# <!-- check: 1.5 == results("scan_speed")["micros"][1000]["loop"][1] -->
# <!-- check: 64 == max(it for it, micros in results("scan_speed")["micros"][1000]["loop"].items() if micros < 1.1 * results("scan_speed")["micros"][1000]["loop"][1]) -->
#
# **Doubling spends its time on arithmetic.** In each round it multiplies nearly all numbers twice. Over a thousand steps that
# is almost twenty multiplications for each number, and the loop has one. Once the state has so many numbers that the work counts more
# than the calls, the loop is faster.
#
# **The tree lies between them.** It has twice as many rounds as doubling and about three multiplications for
# each number. For a thousand steps it is faster than the loop up to 256 numbers, and with 1,024 numbers
# it takes 2.1 times as long.
# <!-- check: 256 == max(it for it, times in results("scan_speed")["faster"][1000]["tree"].items() if times > 1) -->
# <!-- check: 2.1 == 1 / results("scan_speed")["faster"][1000]["tree"][1024] -->
# <!-- check: 1,024 == max(results("scan_speed")["faster"][1000]["tree"]) -->

# %% tags=["hide-input"]
show_table(
    ["milliseconds for 1,000 steps", *LAYERS],
    [
        [row, *(f"{full['layers'][name][row]['ms']:.1f}" for name in LAYERS)]
        for row in full["layers"][next(iter(LAYERS))]
    ],
)

# %% [markdown]
# Whole layers, forward and, where it says so, backward; medians.
# {: .caption }
#
# **A minGRU is faster than a GRU for two reasons. A scan adds a third only in the small layer.** It has
# fewer matrix products and no $\tanh$, so that step by step it is 1.95 times as fast with 64 units
# and 8 sequences. And the gates and candidates of all steps are computed by a few calls, so that
# with a plain loop for the rest it is 4.1 times as fast, and 6.6 times with 16 units and one sequence. In
# the small layer, doubling and the tree make it about 11 times as fast. In the larger one the tree is level with the
# loop, and doubling is slower.
# <!-- check: 1.95 == results("scan_speed")["layers"]["64 units, 8 sequences"]["minGRU, step by step"]["faster"] -->
# <!-- check: 4.1 == results("scan_speed")["layers"]["64 units, 8 sequences"]["minGRU, loop"]["faster"] -->
# <!-- check: 6.6 == results("scan_speed")["layers"]["16 units, 1 sequence"]["minGRU, loop"]["faster"] -->
# <!-- check: 11 == results("scan_speed")["layers"]["16 units, 1 sequence"]["minGRU, doubling"]["faster"] -->
#
# The backward pass gains less, because `mingru_backward` goes step by step and does the matrix products at the end.
#
# ## What would change our mind { #what-goes-wrong }
#
# **Is it really calls against arithmetic?** Then the loop alone should tell where doubling stops being faster. From its
# times we take what the calls of a step cost (all of a step with one number) and what a number costs (the
# rest of a step with 1,024 numbers, divided by these). Doubling does one and a half times the loop's
# arithmetic in each round. From this we predict that both take equally long
# at 243, 72 and 36 numbers, for 100, 1,000 and 10,000 steps. The measured points are 163, 109 and 60.
# So the prediction is right within a factor of 1.7, and about the direction: the longer the sequence, the
# more rounds, and the sooner the loop wins. (It leaves out doubling's own calls. And it depends on the size at
# which we take the cost of a number, since larger arrays take longer for each of theirs.)
# <!-- check: 1.7 == results("scan_speed")["crossing"][10000] / results("scan_speed")["predicted"][10000] -->
# <!-- check: 243 == results("scan_speed")["predicted"][100] -->
# <!-- check: 72 == results("scan_speed")["predicted"][1000] -->
# <!-- check: 36 == results("scan_speed")["predicted"][10000] -->
# <!-- check: 163 == results("scan_speed")["crossing"][100] -->
# <!-- check: 109 == results("scan_speed")["crossing"][1000] -->
# <!-- check: 60 == results("scan_speed")["crossing"][10000] -->
# <!-- check: 1,024 == max(results("scan_speed")["faster"][100]["doubling"]) -->
# <!-- check: 1,000 == sorted(results("scan_speed")["crossing"])[1] -->
# <!-- check: 10,000 == max(results("scan_speed")["crossing"]) -->
#
# **Does another processor give other numbers?** We timed everything a second time with the arithmetic of an older
# processor. Doubling is again 31 times as fast with one number, and takes 7.7 times as long with 1,024. The matrix products
# take longer there, so with 64 units and 8 sequences the minGRU is 3.3 times as fast as the GRU with a loop, and 2.0 times with doubling.
# <!-- check: 31 == older("scan_speed")["faster"][1000]["doubling"][1] -->
# <!-- check: 1,024 == max(older("scan_speed")["faster"][1000]["doubling"]) -->
# <!-- check: 7.7 == 1 / older("scan_speed")["faster"][1000]["doubling"][1024] -->
# <!-- check: 3.3 == older("scan_speed")["layers"]["64 units, 8 sequences"]["minGRU, loop"]["faster"] -->
# <!-- check: 2.0 == older("scan_speed")["layers"]["64 units, 8 sequences"]["minGRU, doubling"]["faster"] -->
#
# ## What this does not show
#
# We have no graphics processor. There thousands of small processors share the work of a round, which is what the scan is for.
#
# The loop spends its time on calls because it is written in Python. In compiled code a call costs next to nothing, so there we
# would expect the loop to be the fastest at all sizes on a single processor. We have not measured it.
#
# All times are ratios on one machine, in single precision, with one thread. Yours will differ, and so will the point
# where the lines cross.
#
# ## Exercises
#
# 1. *Warm-up.* How often is an array multiplied by another one, by the loop and by doubling, over a thousand steps?
#
#     ??? success "Solution"
#         *Warm-up.* The loop multiplies once at each step, so a thousand times. Doubling has ten rounds with two
#         multiplications, and one more for the initial state: 21 times.
#         <!-- check: ten == np.ceil(np.log2(1000)) -->
#         <!-- check: 21 == 2 * np.ceil(np.log2(1000)) + 1 -->
#
# 2. *Think.* You want to read one very long text with a layer of 32 units, or 16 texts at once. For which of the two would you
#    try a scan?
#    <!-- check: 32 == 512 // 16 -->
#
#     ??? success "Solution"
#         *Think.* For the single text. Its state has 32 numbers, where doubling and the tree are several times as fast as the
#         loop. With 16 texts it has 512 numbers, and the loop's calls are shared by all of them.
#         <!-- check: 512 == 32 * 16 -->
#         <!-- check: 32 == 512 // 16 -->
#
# 3. *Explain.* For ten thousand steps and 16 numbers the tree is faster than doubling, and for one number doubling is faster. Why?
#
#     ??? success "Solution"
#         *Explain.* With one number, calls count, and the tree needs twice as many rounds, with more calls in
#         each. With 16 numbers an array of all steps already has 160,000, so work counts, and the tree does much less of it.
#         <!-- check: 160,000 == 16 * 10_000 -->
