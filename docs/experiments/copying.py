# %% [markdown]
# ---
# title: Copying
# description: An encoder-decoder in NumPy copies letters with attention and
#   without - is the fixed vector between the two too small?
# ---
#
# # Copying: is the fixed vector the bottleneck?
#
# !!! abstract "In this page"
#     **You will** let an encoder-decoder copy strings of letters, with
#     attention and without. **You will learn** what attention gains, and
#     whether the vector alone is too small. **You need** the [encoder-decoder](../encoder-decoder.md) and
#     [attention](../attention.md).
#
# Copying a string of letters takes one line of code. For an encoder-decoder it is hard,
# because its decoder knows what was read only from a single vector, the encoder's last
# state. You will often read that this vector is a *bottleneck*: it is too small for a
# long sentence, and so *attention* was needed, which lets the decoder look at all
# states of the encoder. Is the vector too small?
#
# **With attention, copying is learned soon.** After 250 training steps, networks of 32
# units copy strings of ten letters with 98 % of the letters right. Without attention it
# is 53 %. And all 30 networks with attention, over three initialisations and ten seeds,
# are better than all 30 without.
# <!-- check: 98 % == np.mean(results("copying")["letters"]["attention"]) -->
# <!-- check: 53 % == np.mean(results("copying")["letters"]["no attention"]) -->
# <!-- check: 30 == sum(share > max(max(results("copying")["letters"]["no attention" + it]) for it in ("", ", Keras", ", PyTorch")) for it in ("", ", Keras", ", PyTorch") for share in results("copying")["letters"]["attention" + it]) -->
#
# **But the vector is not too small.** Without attention, ten times as many training
# steps lead to 97 %. So the vector has room for ten letters. What takes long is to
# learn how to pack letters into it and how to unpack them again. A larger vector makes
# that [easier](#what-goes-wrong): in the same 250 training steps, a network of 128
# units gets 70 % of the letters right, and only 58 % if no more than 32 of its
# vector's 128 numbers reach the decoder. (These two were measured under one
# initialisation and on one processor only.)
# <!-- check: 97 % == np.mean(results("copying")["letters"]["no attention, 10 letters, ten times the steps"]) -->
# <!-- check: 250 == results("copying")["settings"]["steps"] -->
# <!-- check: 70 % == np.median(results("copying")["letters"]["no attention, 128 units"]) -->
# <!-- check: 58 % == np.median(results("copying")["letters"]["no attention, 128 units, 32 passed"]) -->

# %% tags=["hide-input"]
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.attention import dot_attention, dot_attention_backward
from snippets.clipping import clip_by_global_norm
from snippets.nested import flatten, unflatten
from snippets.optimizers import adam, init_adam
from snippets.readout import cross_entropy
from snippets.sampling import greedy
from snippets.schedules import init_scheduled, linear_decay, scheduled
from snippets.text import one_hot
from snippets.training import train
from tools.networks import GRU, SCHEMES, draw_layers
from tools.results import load_results
from tools.tables import show_table
from tools.trials import search

full = load_results("copying")

# %% tags=["hide-input"] alt="Two panels. Letters copied right against letters in a string, 5, 10 and 15: with attention the line falls from 100 % to 94 %; without, from 95 % to 31 %; with ten times the training it is in between. Below, the same against the place of the letter in what is written, for strings of ten: with attention the line falls from 100 % to 96 %; without, from 93 % at the first place to about a third; backwards, the first places are a little better."
figure, (upper, lower) = plt.subplots(2, 1, figsize=(6, 7))
LINES = {  # colour, and where to put the label
    "attention": ("C2", (15.4, 0.935)),
    "no attention": ("C0", (15.4, 0.31)),
    "no attention,\nten times\nthe training": ("C1", (15.4, 0.69)),
}
letters = full["letters"]
for name, (colour, place) in LINES.items():
    rows = {
        length: letters[
            f"no attention, {length} letters, ten times the steps"
            if name.endswith("training")
            else f"{name}, {length} letters".replace(", 10 letters", "")
        ]
        for length in ((10, 15) if name.endswith("training") else (5, 10, 15))
    }
    for length, shares in rows.items():
        upper.plot([length] * len(shares), shares, colour + "o", alpha=0.3)
    upper.plot([*rows], [np.mean(it) for it in rows.values()], colour)
    upper.text(*place, name, color=colour, va="center")
upper.set(xlim=(4.5, 18.5), xlabel="letters in a string")
upper.set_xticks([5, 10, 15])
upper.set_title("Letters copied right")
for name, style, place in (
    ("attention", "C2o-", (10.3, 0.96)),
    ("no attention", "C0o-", (10.3, 0.34)),
    ("no attention, backwards", "C0o--", (3.3, 0.8)),
):
    lower.plot(range(1, 11), full["places"][name], style)
    lower.text(*place, name, color=style[:2], va="center")
lower.set(xlim=(0.5, 12.5), xlabel="place of the letter in what is written")
lower.set_xticks(range(1, 11))
lower.set_title("Letters copied right, strings of ten")
for axes in (upper, lower):
    axes.axhline(0.125, color="C4", linestyle="--", linewidth=1)
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.set_ylim(0, 1.06)
upper.text(4.6, 0.15, "chance", color="C4")
figure.tight_layout()

# %% [markdown]
# <!-- check: 100 % == np.mean(results("copying")["letters"]["attention, 5 letters"]) -->
# <!-- check: 94 % == np.mean(results("copying")["letters"]["attention, 15 letters"]) -->
# <!-- check: 95 % == np.mean(results("copying")["letters"]["no attention, 5 letters"]) -->
# <!-- check: 31 % == np.mean(results("copying")["letters"]["no attention, 15 letters"]) -->
# <!-- check: 96 % == results("copying")["places"]["attention"][-1] -->
# <!-- check: 93 % == results("copying")["places"]["no attention"][0] -->
#
# Above: with attention (green) a longer string is hardly harder. Without (blue) it is,
# and ten times the training (orange) makes up for much of that. Each dot is one seed.
# Below: without attention, what is written first is mostly right, and what comes later
# mostly wrong. The dashed line is chance.
# {: .caption }
#
# ## The task
#
# The encoder reads a string of letters, each of which is one of eight, at random. Then
# the decoder has to write the same string, forwards or backwards. At each of its
# steps it is fed the letter that it wrote last, and at the first one a start symbol.

# %%
LETTERS = 8


def draw(rng, length, m, way="forwards"):
    """Draw m strings of letters, and what is to be written about them."""
    read = rng.integers(LETTERS, size=(length, m))
    return read, {"forwards": read, "backwards": read[::-1]}[way]


def spell(tokens):
    """Turn a column of letters into text."""
    return "".join("abcdefgh"[token] for token in tokens)


for way in ("forwards", "backwards"):
    read, written = draw(np.random.default_rng(0), 10, 1, way)
    print(spell(read[:, 0]), "->", spell(written[:, 0]))

# %% [markdown]
# A computer copies a string with one line of code, and even a single linear layer can:
# its weights need only connect each letter with its own place in the answer. So nobody
# needs a network for this. But the task shows what a decoder gets to know, because
# each letter is drawn independently and nothing can be guessed. A decoder that knows
# nothing is right one time in eight. Ten letters are $8^{10}$ strings, so telling them
# apart takes 30 bits.
# <!-- check: 30 == 10 * np.log2(8) -->
#
# ## The networks
#
# Encoder and decoder are [GRUs](../gru.md) of 32 units, and the decoder always starts
# from the encoder's last state, as in the [encoder-decoder](../encoder-decoder.md).
# They differ in what the readout of the decoder sees:
#
# | name | the readout sees |
# |---|---|
# | no attention | the decoder's state |
# | attention | also the context of [dot-product attention](../attention.md#scores-weights-context), with the decoder's state as query |
# | equal weights | also the plain mean of the encoder's states |
#
# The last one is a control. Its readout sees all of the encoder's states, but it can't
# choose among them. In the code it is attention whose query is multiplied by a
# `strength` of 0. The context makes the readout wider, so the networks with attention
# have 8,584 weights, and those without have 8,328.
# <!-- check: 8,328 == 2 * 3 * (32 * 32 + 32 * 9 + 32) + 8 * 32 + 8 -->
# <!-- check: 8,584 == 2 * 3 * (32 * 32 + 32 * 9 + 32) + 8 * 64 + 8 -->


# %%
def hot(tokens):
    """Turn letters and the start symbol into one-hot columns."""
    return one_hot(tokens, LETTERS + 1, dtype=np.float32)


def start(rng, n_a, strength, scheme, passed=None):
    """Draw encoder, decoder, and a readout that also sees the context.

    If `passed` is given, the decoder gets only so many numbers.
    """
    encoder, decoder = (
        draw_layers(GRU, rng, LETTERS + 1, n_a, LETTERS, scheme=scheme)[0]
        for _ in range(2)
    )
    n_seen = n_a if strength is None else 2 * n_a
    _, readout = draw_layers(GRU, rng, 1, n_seen, LETTERS, scheme=scheme)
    return narrow(encoder, passed), decoder, readout


def narrow(encoder, passed):
    """Let only the first numbers of an encoder's last state pass."""

    def some(state):
        return state._make(
            s * (np.arange(len(s)) < passed)[:, None] for s in state
        )

    def forward(params, x):
        a, end, tape = encoder.forward(params, x)
        return a, some(end), tape

    def backward(params, tape, da, d_end):
        return encoder.backward(params, tape, da, some(d_end))

    return (
        encoder
        if passed is None
        else encoder._replace(forward=forward, backward=backward)
    )


def look(q, a, strength):
    """Let every decoder state in q look at all encoder states a."""
    looks = [dot_attention(strength * q_t, a) for q_t in q]
    return [np.array(each) for each in zip(*looks, strict=True)]


def model(params, batch, state, *, like, strength):
    """Read a string, write another; return the loss and its gradients."""
    (read, written), layers = batch, unflatten(like, params)
    encoder, decoder, readout = layers
    begin = np.full_like(written[:1], LETTERS)
    fed = hot(np.concatenate([begin, written[:-1]]))
    a, end, encoder_tape = encoder.forward(encoder.params, hot(read))
    q, _, decoder_tape = decoder.forward(decoder.params, fed, end)
    n_a, seen, da = q.shape[1], q, np.zeros_like(a)
    if strength is not None:
        context, alpha = look(q, a, strength)
        seen = np.concatenate([q, context], axis=1)
    z, readout_tape = readout.forward(readout.params, seen)
    y = one_hot(written, LETTERS, dtype=z.dtype)
    loss, dz = cross_entropy(z, y)
    d_readout, d_seen = readout.backward(readout.params, readout_tape, dz)
    dq = d_seen[:, :n_a].copy()
    if strength is not None:
        for t, q_t in enumerate(strength * q):
            dq_t, da_t = dot_attention_backward(
                q_t, a, alpha[t], d_seen[t, n_a:]
            )
            dq[t] += strength * dq_t
            da += da_t
    d_decoder, _, d_end = decoder.backward(decoder.params, decoder_tape, dq)
    d_encoder, _, _ = encoder.backward(
        encoder.params, encoder_tape, da, d_end
    )
    return loss, flatten((d_encoder, d_decoder, d_readout)), None


def write(layers, read, strength, *, cut=False):
    """Read strings; write the most probable letters, and feed them back.

    Returns the letters and the attention weights. With `cut`, the decoder
    starts from zeros, not from the encoder's last state.
    """
    encoder, decoder, readout = layers
    a, state, _ = encoder.forward(encoder.params, hot(read))
    state = state._make(s * (not cut) for s in state)
    token, letters, weights = np.full(read.shape[1], LETTERS), [], []
    for _ in read:
        fed = hot(token[None])
        seen, state, _ = decoder.forward(decoder.params, fed, state)
        if strength is not None:
            context, alpha = look(seen, a, strength)
            weights.append(alpha[0])
            seen = np.concatenate([seen, context], axis=1)
        z, _ = readout.forward(readout.params, seen)
        token = greedy(z[0])
        letters.append(token)
    return np.array(letters), np.array(weights)


# %% [markdown]
# Each network is trained for 250 steps on 32 new strings each, with
# [Adam](../optimizers.md), a learning rate that falls to zero, and
# [clipping](../clipping.md). In training the decoder is fed the right letters. In the
# test, on 500 new strings, it is fed what it wrote itself.

# %%
STEPS = 250


def learn(
    n_a, strength, length, way, scheme, rate, rng, steps=STEPS, passed=None
):
    """Train on new strings at every step; return the layers."""
    like = start(rng, n_a, strength, scheme, passed)
    params = flatten(like)
    params, _, _ = train(
        partial(model, like=like, strength=strength),
        params,
        (draw(rng, length, 32, way) for _ in range(steps)),
        partial(
            scheduled,
            rule=adam,
            schedule=partial(linear_decay, peak=rate, steps=steps),
        ),
        memory=init_scheduled(init_adam(params)),
        clip=partial(clip_by_global_norm, threshold=1.0),
    )
    return unflatten(like, params)


def mean(right):
    """Return the share that is right, to four decimals."""
    return round(float(np.mean(right)), 4)


def examine(layers, strength, length, way, rng, m=500):
    """Return the shares of letters and strings that come out right."""
    read, written = draw(rng, length, m, way)
    right, cut = (
        write(layers, read, strength, cut=it)[0] == written
        for it in (False, True)
    )
    longer, wanted = draw(rng, 2 * length, m, way)
    return {
        "letters": mean(right),
        "strings": mean(right.all(axis=0)),
        "places": [mean(place) for place in right],
        "cut": mean(cut),
        "twice": mean(write(layers, longer, strength)[0] == wanted),
    }


# %% [markdown]
# ## A quick run { #the-quick-size }
#
# Strings of five letters are short, and 150 training steps are few. With attention they
# are enough. The picture shows where the network looks while it copies one string: each
# row is a step of the decoder, and its weights, here in per cent, add up to one.

# %%
quick = {}
for name, strength in {"no attention": None, "attention": 1}.items():
    rng = np.random.default_rng(0)
    layers = learn(
        32, strength, 5, "forwards", "this book", 0.03, rng, steps=150
    )
    quick[name] = examine(layers, strength, 5, "forwards", rng)
    print(f"{name:12} {quick[name]['letters']:4.0%} of the letters right")

# %% tags=["hide-input"] alt="Attention weights of each letter written, in rows, against the letter read, in columns, for a string of five: each letter written has most of its weight, more than four fifths, on the letter read at its own place, which is the diagonal, and less than a fifth on any other."
read, _ = draw(np.random.default_rng(7), 5, 1)
letters, weights = write(layers, read, 1)
figure, axes = plt.subplots(figsize=(4.4, 3.6))
for row, column in np.ndindex(5, 5):
    weight = weights[row, column, 0]
    box = (column - 0.47, row - 0.47), 0.94, 0.94
    axes.add_patch(plt.Rectangle(*box, color="C2", alpha=0.1 + 0.4 * weight))
    axes.text(column, row, f"{weight:.0%}"[:-1], ha="center", va="center")
axes.set(xlim=(-0.5, 4.5), ylim=(4.5, -0.5), xlabel="letter read")
axes.set_xticks(range(5), spell(read[:, 0]))
axes.set_yticks(range(5), spell(letters[:, 0]))
axes.set_ylabel("letter written")
axes.tick_params(length=0)
axes.spines[:].set_visible(False)
axes.grid(False)
axes.set_title("Attention weights, in %")
figure.tight_layout()

# %% [markdown]
# ## The result


# %%
def wrong(task, rate, seed, passed=None):
    """Return the share of letters that are wrong after training."""
    rng = np.random.default_rng(seed)
    layers = learn(*task, rate, rng, passed=passed)
    _, strength, length, way, _ = task
    return 1 - examine(layers, strength, length, way, rng)["letters"]


def take(task, rate, seed, steps=STEPS, passed=None):
    """Train from a seed, then test."""
    rng = np.random.default_rng(seed)
    layers = learn(*task, rate, rng, steps=steps, passed=passed)
    _, strength, length, way, _ = task
    return examine(layers, strength, length, way, rng)


def measure(n_a, strength, length, way, scheme, seeds, passed=None):
    """Choose a learning rate on seeds of its own, then train and test."""
    task = n_a, strength, length, way, scheme
    trial = search(
        partial(wrong, task, passed=passed),
        seeds=[100, 101],
        rates=(0.01, 0.03, 0.1),
    )
    runs = [take(task, trial["chosen"], it, passed=passed) for it in seeds]
    return {"trial": trial, "runs": runs}


LONG = {"steps": 10 * STEPS, "rate": 0.03}


def train_longer(length, seed):
    """Give a network without attention ten times the training."""
    task = 32, None, length, "forwards", "this book"
    return take(task, LONG["rate"], seed, LONG["steps"])


SEEDS = list(range(10))
FEW = SEEDS[:5]
BOOK = "forwards", "this book"
ROWS = {
    f"{name}, {scheme}".removesuffix(", this book"): (*task, scheme, SEEDS)
    for scheme in SCHEMES
    for name, task in (
        ("attention", (32, 1, 10, "forwards")),
        ("no attention", (32, None, 10, "forwards")),
    )
} | {
    "equal weights": (32, 0, 10, *BOOK, FEW),
    "no attention, 128 units": (128, None, 10, *BOOK, FEW),
    "no attention, backwards": (32, None, 10, "backwards", BOOK[1], FEW),
    "attention, 5 letters": (32, 1, 5, *BOOK, FEW),
    "no attention, 5 letters": (32, None, 5, *BOOK, FEW),
    "attention, 15 letters": (32, 1, 15, *BOOK, FEW),
    "no attention, 15 letters": (32, None, 15, *BOOK, FEW),
}
NARROW = {
    "no attention, 128 units, 32 passed": (128, None, 10, *BOOK, SEEDS, 32),
}
LONGER = [(length, seed) for length in (10, 15) for seed in SEEDS[:2]]
PARTS = {label: (measure, *row) for label, row in (ROWS | NARROW).items()} | {
    f"longer, {run}": (train_longer, *run) for run in LONGER
}
LEADING = ["attention", "no attention", "longer, (10, 0)", "longer, (10, 1)"]


def summarise(measured):
    """Name the results: of each network, for each seed."""
    labels = [*ROWS, *NARROW]
    runs = {label: measured[label]["runs"] for label in labels}
    for length, seed in LONGER:
        label = f"no attention, {length} letters, ten times the steps"
        runs.setdefault(label, []).append(measured[f"longer, {length, seed}"])
    table = {
        key: {label: [run[key] for run in of] for label, of in runs.items()}
        for key in ("letters", "strings", "cut", "twice")
    }
    return table | {
        "places": {
            label: [
                mean(it)
                for it in zip(*(r["places"] for r in of), strict=True)
            ]
            for label, of in runs.items()
        },
        "trials": {label: measured[label]["trial"] for label in labels},
        "settings": {"steps": STEPS, "longer": LONG},
    }


# %% tags=["hide-input"]
def spread(shares):
    """Write median, worst and best in per cent."""
    middle, *ends = (100 * f(shares) for f in (np.median, min, max))
    return "{:.0f} ({:.0f}–{:.0f})".format(middle, *ends)


show_table(
    ["right, in %", "letters", "strings", "vector cut", "twice as long"],
    [
        [
            label,
            *(
                spread(full[key][label])
                for key in ("letters", "strings", "cut", "twice")
            ),
        ]
        for label in full["letters"]
    ],
)

# %% [markdown]
# The table gives the median seed, and in brackets the worst and the best. *Strings* are
# right if all of their letters are. *Vector cut* and *twice as long* are tests of the
# same networks, explained below. *Equal weights* is the control from above. With *32
# passed*, the decoder starts from the first 32 numbers of the encoder's last state, and
# from zeros instead of the others.
# {: .caption }
#
# **Attention shortens the way.** The decoder looks at the state that has just read the
# letter it needs, as in the picture of the quick run. Without attention, each letter
# has to survive all later steps of the encoder and all earlier ones of the decoder. And
# the longer the string, the more letters share the vector.
#
# **With attention the vector is hardly used.** Set it to zero after training, so that
# the decoder starts from nothing (*vector cut*). With attention 96 % of the letters are
# still right, in the median. Without attention, the letters are right only as often as
# by chance.
# <!-- check: 96 % == np.median(results("copying")["cut"]["attention"]) -->
#
# ## What would change our mind { #what-goes-wrong }
#
# **Is the vector too small after all?** Then no training would help. But ten times as
# many training steps lift the network without attention to 97 % for ten letters and
# to 69 % for fifteen (the means of two seeds, with a learning rate of 0.03 that we
# didn't search again). And a vector four times as large gains less than ten times the
# training: with 128 units and 250 steps, the median network gets 70 % right. It has 13
# times as many weights. Most of what it gains is due to the vector, not to the weights:
# if only 32 of the 128 numbers are passed on, the median is 58 %, and with 32 units it
# is 52 %.
# <!-- check: 97 % == np.mean(results("copying")["letters"]["no attention, 10 letters, ten times the steps"]) -->
# <!-- check: 69 % == np.mean(results("copying")["letters"]["no attention, 15 letters, ten times the steps"]) -->
# <!-- check: two == len(results("copying")["letters"]["no attention, 10 letters, ten times the steps"]) -->
# <!-- check: 0.03 == results("copying")["settings"]["longer"]["rate"] -->
# <!-- check: 70 % == np.median(results("copying")["letters"]["no attention, 128 units"]) -->
# <!-- check: 58 % == np.median(results("copying")["letters"]["no attention, 128 units, 32 passed"]) -->
# <!-- check: 52 % == np.median(results("copying")["letters"]["no attention"]) -->
# <!-- check: 13 == (2 * 3 * (128 * 128 + 128 * 9 + 128) + 8 * 128 + 8) / 8328 -->
#
# **Is it the choice that helps, or just a direct way to all states?** It is the choice.
# With equal weights, there is a direct way from each state to the readout, too. But the
# readout gets their mean, and the median network copies 51 % of the letters
# right, no more than without attention.
# <!-- check: 51 % == np.median(results("copying")["letters"]["equal weights"]) -->
#
# **Doesn't it help to write backwards?** This is the classic remedy: the letter read last
# is written first, so some letters have a short way. The first letter then is right in
# 98 % of the strings instead of 93 %. But the letters read first have an even longer way,
# and over all ten the median rises only from 52 % to 58 %.
# <!-- check: 98 % == results("copying")["places"]["no attention, backwards"][0] -->
# <!-- check: 93 % == results("copying")["places"]["no attention"][0] -->
# <!-- check: 58 % == np.median(results("copying")["letters"]["no attention, backwards"]) -->
# <!-- check: 52 % == np.median(results("copying")["letters"]["no attention"]) -->
#
# **Has attention learned to copy?** Not at every length. We asked the networks for
# strings of twenty letters (*twice as long*), after training on ten. Of these, the
# median network with attention gets 71 % right. So it has learned to copy ten letters
# and some more, but not to copy in general.
# <!-- check: 71 % == np.median(results("copying")["twice"]["attention"]) -->
# <!-- check: twenty == 2 * 10 -->
#
# **Does another processor give other numbers?** We measured this book's initialisation
# with attention, without it, and with ten times the training a second time, with the
# arithmetic of an older processor, which rounds differently. There the means are 98 %,
# 53 % and 96 %.
# <!-- check: 98 % == np.mean(older("copying")["letters"]["attention"]) -->
# <!-- check: 53 % == np.mean(older("copying")["letters"]["no attention"]) -->
# <!-- check: 96 % == np.mean(older("copying")["letters"]["no attention, 10 letters, ten times the steps"]) -->
#
# ## Beside the literature
#
# [Bahdanau and others (2015)](../references.md#bahdanau-2015) *conjecture* in their
# abstract that the fixed vector is a bottleneck. In our toy it is one, but only for how
# fast a network learns. [Sutskever and others (2014)](../references.md#sutskever-2014)
# say in theirs that their LSTM without attention had no difficulty with long sentences,
# and that it learned better when it read the source backwards, because short ways make
# the optimisation easier. That agrees with what we see: the difficulty is one of
# learning.
#
# ## What this does not show
#
# We don't show how long a string 32 numbers can hold, or that attention is never
# needed: with fifteen letters, ten times the training doesn't close the gap.
#
# We don't show anything about translation, in which words depend on each other and their
# order changes. Copying suits attention, because each letter written needs exactly one
# letter read.
#
# And training steps with attention took 1.5 times as long, so with equal time the gap
# should be a little smaller. We tried one cell and one kind of attention.
# <!-- check: 1.5 == record("copying")["parts"]["attention"]["cpu_seconds"] / 16 / (record("copying")["parts"]["no attention"]["cpu_seconds"] / 18) -->
#
# ## Exercises
#
# 1. *Warm-up.* How many bits does it take to tell all strings of fifteen letters apart?
#    Compare with the 32 numbers of 32 bits in the vector.
#
#     ??? success "Solution"
#         *Warm-up.* Each of eight letters takes 3 bits, so it is 45. The vector has 1,024.
#         <!-- check: 45 == 15 * np.log2(8) -->
#         <!-- check: 1,024 == 32 * 32 -->
#
# 2. *Think.* How many steps lie between reading the first letter and writing it, if ten
#    letters are copied forwards? And how many for the last one? What are the numbers with
#    attention?
#
#     ??? success "Solution"
#         *Think.* Ten in both cases: letter $i$ is read at step $i$ and written at step $10 + i$. With attention
#         there is a direct way from the encoder's state to the readout, so it is none.
#
# 3. *Look.* Which letters does a network without attention get right first? Look at the
#    lower picture, and say why all ten have the same distance and yet differ.
#
#     ??? success "Solution"
#         *Look.* The first ones. We see two reasons. When the decoder writes them, it has taken few
#         steps, so its state is still close to what the encoder left. And in the test it reads its
#         own mistakes, of which there are none yet.
