# %% [markdown]
# ---
# title: Embedding size
# description: Sizes of an embedding, from 2 to 300 dimensions, in an LSTM that
#   predicts the next word of Shakespeare, compared with Kneser-Ney counts.
# ---
#
# # How large should an embedding be?
#
# !!! abstract "In this page"
#     **You will** give each word 2 to 300 numbers and see what that buys. **You will
#     learn** to find the size beyond which a larger embedding no longer helps. **You
#     need** [embeddings](../text.md), the [LSTM](../lstm.md) and
#     [training](../training.md).
#
# After a short training, an embedding of 20 dimensions, 20 numbers for each word, is as
# good as one of 300. We trained an LSTM of 64 units to predict the next word, from a
# vocabulary of 1000 words. After 400 training steps, about one pass through the text,
# it has a test loss of 3.79 nats with 20 dimensions, and of 3.82 with 300. The ranges
# of three seeds overlap, so we can't say which is better, but the larger embedding
# doesn't help. With more training it may: we didn't measure that, and we tried one
# initialisation only.
# <!-- check: 3.79 == results("embedding_size")["mean"][20] -->
# <!-- check: 3.82 == results("embedding_size")["mean"][300] -->
#
# [Common advice](../claims.md#p3) asks for 200 dimensions or more. It is about word
# vectors that are learned from far more text. A table that counts what followed each
# pair of words, a trigram model, has a loss of 3.84. The network is ahead of it with
# every seed, but not by much.
# <!-- check: 3.84 == results("embedding_size")["tables"]["test"][2] -->

# %% tags=["hide-input"]
import re
from collections import Counter
from functools import cache, partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.nested import flatten, unflatten
from snippets.optimizers import adam, init_adam
from snippets.readout import cross_entropy
from snippets.schedules import init_scheduled, linear_decay, scheduled
from snippets.text import embed, embed_backward, one_hot, pieces
from snippets.training import train
from tools.data import EXCERPTS
from tools.kneser_ney import KneserNey
from tools.networks import LSTM, draw_layers
from tools.plays import seven_plays, split
from tools.results import load_results
from tools.tables import show_table
from tools.trials import search

full = load_results("embedding_size")

# %% tags=["hide-input"] alt="Validation loss in nats per word against numbers for each word. The network is level with the table of two words at 2 numbers, falls steeply to 5 and 20, and is about as low at 300. Two dotted lines are tables that remember one word and two."
validation, tables = full["validation"], full["tables"]
figure, axes = plt.subplots()
axes.plot([*validation], [*validation.values()], "o-", color="C0")
axes.annotate(
    "LSTM", (300, validation[300]), (7, 0), textcoords="offset points"
)
for n, words in ((1, "one word"), (2, "two words")):
    axes.axhline(tables["validation"][n], color="C3", ls=":", lw=1.5)
    axes.annotate(
        f"table, {words}",
        (60, tables["validation"][n]),
        (0, 4),
        textcoords="offset points",
        color="C3",
    )
axes.set(xscale="log", xlabel="numbers for each word", xlim=(1.8, 600))
axes.set(ylabel="validation loss, nats per word", ylim=(3.97, 4.3))
axes.set_title("Beyond 20 numbers, 400 steps gain nothing")
axes.set_xticks([2, 5, 20, 300], ["2", "5", "20", "300"])
axes.minorticks_off()
figure.tight_layout()

# %% [markdown]
# Look at the left end of the line: with two dimensions, the network is level with a
# table that remembers two words. With five it is clearly ahead. From 20 to 300 nothing
# is gained. (These are losses on the validation text, with one seed for each size and
# the best learning rate of its search.)
# {: .caption }
#
# ## The task { #what-is-compared }
#
# An LSTM reads the words of seven plays and predicts the next one. Each word is
# first looked up in a table $E$, its *embedding*: a column of $n_e$ numbers, which
# are learned like all other weights. Everything else stays the same: 64 units, a
# readout over 1000 words, the number of training steps. So a larger embedding also
# means more weights.
#
# The vocabulary is the 999 most frequent words, punctuation marks and line ends of the
# training text. All other words share one token, "other"; 16 % of the test tokens are
# of this kind. So the losses are those of 1000 tokens, and cannot be compared with the
# losses of another vocabulary. The plays are split as for the [language
# model](language_model.py#the-text).
# <!-- check: 16 % == results("embedding_size")["tables"]["others"] -->


# %%
def words_of(text):
    """Split a text into words, marks and line ends, all in lower case."""
    return re.findall(r"[a-z]+(?:'[a-z]+)*|[^\sa-z]|\n+", text.lower())


def number(words, common):
    """Give each word its place in the list; others share the last one."""
    place = {word: i for i, word in enumerate(common)}
    return np.array([place.get(word, len(common)) for word in words])


@cache
def read(play=None, size=1000):
    """Give the words of one play or of all seven numbers, and split them.

    The test has no say in which words are among the most frequent.
    """
    words = words_of(play or seven_plays())
    training, validation, _ = split(words)
    counts = Counter(training + validation)
    common = [word for word, _ in counts.most_common(size - 1)]
    return split(number(words, common))


print(words_of("I am that merry wanderer of the night.\n"))

# %% [markdown]
# ## The networks


# %%
def draw_network(n_e, size, n_a, rng, scheme="this book"):
    """Draw an embedding, an LSTM that reads it, and a readout."""
    E = {  # as a library draws it
        "this book": lambda shape: rng.normal(size=shape),
        "Keras": lambda shape: rng.uniform(-0.05, 0.05, size=shape),
        "PyTorch": lambda shape: rng.normal(size=shape),
    }[scheme]((n_e, size))
    kind = {"scheme": scheme, "input_scale": None}  # its inputs are dense
    layers = draw_layers(LSTM, rng, n_e, n_a, size, **kind)
    return E.astype(np.float32), *layers


def predict(network, tokens, state):
    """Read words; return logits for what follows, the state, and tapes."""
    E, cell, readout = network
    e = embed(E, tokens)
    a, state, tape = cell.forward(cell.params, e, state)
    z, readout_tape = readout.forward(readout.params, a)
    return z, state, (tape, readout_tape)


def model(params, batch, state, *, like):
    """Forward, loss, backward: each word predicts the one after."""
    tokens, is_first = batch
    E, cell, readout = network = unflatten(like, params)
    state = None if is_first else state  # None is a state of zeros
    z, state, (tape, readout_tape) = predict(network, tokens[:-1], state)
    y = one_hot(tokens[1:], z.shape[1], dtype=z.dtype)
    loss, dz = cross_entropy(z, y)
    d_readout, da = readout.backward(readout.params, readout_tape, dz)
    d_cell, de, _ = cell.backward(cell.params, tape, da)
    dE = embed_backward(E, tokens[:-1], de)
    return loss, flatten((dE, d_cell, d_readout)), state


def learn(network, tokens, *, T, m, steps, rate):
    """Train with a learning rate that falls to zero."""
    params, text = flatten(network), pieces(tokens, T, m)
    places = np.arange(steps) % len(text)
    schedule = partial(linear_decay, peak=rate, steps=steps)
    params, _, _ = train(
        partial(model, like=network),
        params,
        ((text[place], place == 0) for place in places),
        partial(scheduled, rule=adam, schedule=schedule),
        memory=init_scheduled(init_adam(params)),
        clip=partial(clip_by_global_norm, threshold=1.0),
    )
    return unflatten(network, params)


def loss_on(network, before, tokens, m=16, lead=20):
    """Return the mean loss of a text, which is read in columns.

    Each column begins with the words before it, which do not count.
    """
    length = len(tokens) // m  # the last few are left out
    text = np.concatenate([before[len(before) - lead - 1 :], tokens])
    steps = np.arange(lead + 1 + length)[:, None]
    rows = text[steps + length * np.arange(m)]
    z, _, _ = predict(network, rows[:-1], None)
    y = one_hot(rows[lead + 1 :], z.shape[1], dtype=z.dtype)
    return round(float(cross_entropy(z[lead:], y)[0]), 4)


# %% [markdown]
# ## The quick run { #the-quick-size }
#
# While this page is built, an LSTM of 32 units reads one play, once with one dimension
# for each of the 300 most frequent words and once with 16.

# %%
EXCERPT = (EXCERPTS / "shakespeare_excerpt.txt").read_text(encoding="utf-8")


def measure_quick(seed):
    """Train on one play, with one number for each of 300 words and with 16."""
    training, _, held_out = read(EXCERPT, 300)
    losses, settings = {}, {"T": 16, "m": 16, "steps": 100, "rate": 3e-2}
    for n_e in (1, 16):
        rng = np.random.default_rng(seed)
        network = draw_network(n_e, 300, 32, rng)
        network = learn(network, training, **settings)
        losses[n_e] = loss_on(network, training, held_out)
    return losses


quick = measure_quick(0)
show_table(
    ["numbers for each word", "test loss"],
    [[str(n_e), f"{loss:.3f}"] for n_e, loss in quick.items()],
)

# %% [markdown]
# With one dimension, each word is a point on a line, and its position is all that the
# network can learn about it.
#
# ## The full run { #the-full-size }
#
# Each network is trained for 400 steps, about one pass through the text. For each size,
# the same search on the validation text chooses the learning rate, with a seed that is
# not reported. Then we train the two sizes 20 and 300 again, with three new seeds, on
# training and validation text together, and compare them on the test.

# %%
SEEDS = [0, 1, 2]
SIZES = [2, 5, 20, 300]  # on the validation text
COMPARED = [20, 300]  # on the test
WORDS = 1000  # in the vocabulary
UNITS = 64
CHUNK = {"T": 16, "m": 32}
STEPS = {"short": 400, "long": 1200}
RATES = {  # chosen by `tune`
    (2, "short"): 3e-2,
    (5, "short"): 1e-1,
    (20, "short"): 3e-2,
    (300, "short"): 1e-2,
}


def train_one(n_e, budget, rate, seed, seen, scheme="this book"):
    """Draw a network, and train it."""
    rng = np.random.default_rng(seed)
    network = draw_network(n_e, WORDS, UNITS, rng, scheme)
    return learn(network, seen, **CHUNK, steps=STEPS[budget], rate=rate)


def tune(n_e, budget):
    """Choose a learning rate on the validation text."""
    training, validation, _ = read()

    def score(rate, seed):
        """Return the validation loss."""
        network = train_one(n_e, budget, rate, seed, training)
        return loss_on(network, training, validation)

    return search(score, seeds=[100], rates=(0.01, 0.03, 0.1))


def measure(n_e, budget, seed, scheme="this book"):
    """Train a network on all but the test, and test it."""
    training, validation, held_out = read()
    seen, rate = np.concatenate([training, validation]), RATES[n_e, budget]
    network = train_one(n_e, budget, rate, seed, seen, scheme)
    return {
        "test": loss_on(network, seen, held_out),
        "training": loss_on(
            network, seen[:21], seen[21 : 21 + len(held_out)]
        ),
        "weights": sum(w.size for w in flatten(network)),
    }


def count():
    """Measure the tables that remember 0 to 4 words."""
    training, validation, held_out = read()
    seen = np.concatenate([training, validation])
    choice = KneserNey(training, WORDS, 4).losses(training, validation)
    losses = KneserNey(seen, WORDS, 4).losses(seen, held_out)
    return {
        "words": len(seen) + len(held_out),
        "seen": len(seen),
        "different": len(set(words_of(seven_plays()))),
        "others": round(float(np.mean(held_out == WORDS - 1)), 4),
        "validation": [round(loss, 4) for loss in choice],
        "test": [round(loss, 4) for loss in losses],
    }


def label(n_e, budget, seed, scheme="this book"):
    """Name a part."""
    return f"{n_e}, {budget}, {scheme}, seed {seed}"


RUNS = [(n_e, "short", seed) for seed in SEEDS for n_e in COMPARED]
PARTS = {
    "tables": (count,),
    **{f"rate, {n_e}, short": (tune, n_e, "short") for n_e in SIZES},
    **{label(*run): (measure, *run) for run in RUNS},
}
LEADING = ["tables", *(label(*run) for run in RUNS)]


def summarise(measured):
    """Put together what the parts measured."""
    trials = {n_e: measured[f"rate, {n_e}, short"] for n_e in SIZES}
    seeds = {
        n_e: [measured[label(n_e, "short", seed)]["test"] for seed in SEEDS]
        for n_e in COMPARED
    }
    return {
        "tables": measured["tables"],
        "validation": {
            n_e: min(row["scores"][0] for row in trial["tried"])
            for n_e, trial in trials.items()
        },
        "seeds": seeds,
        "mean": {
            n_e: round(float(np.mean(it)), 4) for n_e, it in seeds.items()
        },
        "weights": {
            n_e: measured[label(n_e, "short", 0)]["weights"]
            for n_e in COMPARED
        },
        "trials": {f"{n_e}, short": trial for n_e, trial in trials.items()},
    }


# %% [markdown]
# ## The result { #what-a-sceptic-would-ask-for }

# %% tags=["hide-input"]
show_table(
    ["predicted by", "test loss", "lowest and highest seed"],
    [
        [
            f"{n_e} numbers",
            f"{full['mean'][n_e]:.3f}",
            f"{min(losses):.3f} to {max(losses):.3f}",
        ]
        for n_e, losses in full["seeds"].items()
    ]
    + [
        [f"table, {n} words", f"{loss:.3f}", ""]
        for n, loss in enumerate(tables["test"])
    ],
)

# %% [markdown]
# The ranges of 20 and of 300 dimensions overlap, if only just. With three seeds we
# can't say which is better. In any case the larger embedding doesn't help, and with it
# the network has 458,440 weights instead of 106,760.
# <!-- check: 458,440 == results("embedding_size")["weights"][300] -->
# <!-- check: 106,760 == results("embedding_size")["weights"][20] -->
#
# ## What would change our mind
#
# **Does more training help the large embedding?** Perhaps. One pass is little, and a
# large embedding has more to learn. So our result may be about the speed of learning
# rather than about the size. We have not made a longer run, which could tell. To make
# one, give `STEPS` a larger number and search the learning rates again.
#
# **Is the table badly made?** No. Beside a table with simpler smoothing, any network
# would look good. Ours uses Kneser-Ney smoothing and gets to 3.84 on the test. On the
# validation text an embedding of two dimensions is level with it: 4.18 for the network
# and 4.19 for the table. (Losses on the validation text are higher. There the models
# have read nothing of the play, and for the test they have read its first half.)
# <!-- check: 3.84 == results("embedding_size")["tables"]["test"][2] -->
# <!-- check: 4.18 == results("embedding_size")["validation"][2] -->
# <!-- check: 4.19 == results("embedding_size")["tables"]["validation"][2] -->
#
# ## What this does not show
#
# We don't show how large the embedding of your network should be. With a larger
# vocabulary, more text or more training there is more to learn about each word, and a
# larger embedding may help. The plays have 11,477 different words and marks, and this
# network distinguishes only 999 of them. So it learns nothing about any rare word.
# <!-- check: 11,477 == results("embedding_size")["tables"]["different"] -->
#
# We don't show how good the embeddings are for anything else. The [common
# advice](../claims.md#p3) is about word vectors that are learned once, from far more
# text, and then used for many purposes.
#
# We measured the six networks of the table a second time with the arithmetic of an
# older processor, which rounds differently. There their mean losses differ from these
# by at most 0.0005. The losses on the validation text were measured on one processor
# only.
# <!-- check: six == sum(len(seeds) for seeds in older("embedding_size")["seeds"].values()) -->
# <!-- check: 0.0005 == max(abs(older("embedding_size")["mean"][n_e] - mean) for n_e, mean in results("embedding_size")["mean"].items()) -->
#
# ## Exercises
#
# 1. *Warm-up.* With 300 dimensions, how many weights are in the embedding? And how many
#    in the LSTM's four matrices that read it?
#
#     ??? success "Solution"
#         *Warm-up.* The embedding has 1000 times 300 weights, which is 300,000. The four matrices
#         have 4 times 64 times 300, which is 76,800. So a longer embedding costs
#         weights in both places.
#         <!-- check: 300,000 == 1000 * 300 -->
#         <!-- check: 76,800 == 4 * 64 * 300 -->
#
# 2. *Think.* If $n_e$ is the number of words and $E$ is the identity, what is an
#    embedding then?
#
#     ??? success "Solution"
#         *Think.* A one-hot column. Looking up a column of $E$ is the product of $E$ with a
#         one-hot column, and the identity leaves that column as it is.
