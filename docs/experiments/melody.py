# %% [markdown]
# ---
# title: Melody
# description: An LSTM in NumPy is told a metre and a key and writes a tune, beside
#   n-gram tables that are told the same - what is in metre, in key, and copied.
# ---
#
# # Melody: does an LSTM write a tune, or copy one? { #melody-can-an-lstm-write-a-tune-in-a-given-key }
#
# !!! abstract "In this page"
#     **You will** train an LSTM that is told a metre and a key and writes a tune; see it
#     and hear it. **You will learn** how one input starts a sequence, and how to tell a
#     new tune from a copy. **You need** the [LSTM](../lstm.md), [one to
#     many](../sequence-types.md#one-to-many) and [sampling](../sampling.md).
#
# Tell an LSTM once that it should write a tune in 6/8 and in D, and then let it go on
# alone. The tune looks right: bars of six eighths, and perhaps a D at the end. But does
# the network know what a bar is, or does it copy bars that it has read? You can't tell
# from one tune. So let something write beside it that knows only what it has counted:
# *n-gram tables*, which look up what followed the last few characters.
#
# Told the same metre and key, and sampled at the same low temperature, the LSTM gets
# 92 % of its bars right, and the tables get 63 %. But the tables copy: 16 % of their
# pairs of neighbouring bars occur in a tune that they have read, and only 1.0 % of the
# LSTM's. For tunes by people it is 1.6 %, because the old tunes share bars, too.
# <!-- check: 92 % == results("melody")["mean"]["LSTM, told once"]["0.4"]["metre"] -->
# <!-- check: 63 % == results("melody")["mean"]["tables, mixed"]["0.4"]["metre"] -->
# <!-- check: 16 % == results("melody")["mean"]["tables, mixed"]["0.4"]["copied"] -->
# <!-- check: 1.0 % == results("melody")["mean"]["LSTM, told once"]["0.4"]["copied"] -->
# <!-- check: 1.6 % == results("melody")["played"]["copied"] -->
#
# So the LSTM seldom copies two bars in a row. It seems to have learned to count: how
# much of the bar is filled? Tell the tables this number at every step, and they predict
# nearly as well as the LSTM, and keep the metre. How much they copy then depends on how
# far back they look. With a memory of five characters, chosen by validation loss, they
# copy 11 % of their pairs at this low temperature. With three they copy 2.0 %, and 90 %
# of their bars are right. So keeping the metre and seldom copying two bars doesn't take
# an LSTM: counting and a short memory are enough.
# <!-- check: five == results("melody")["memories"]["tables that count"]["memory"] -->
# <!-- check: 11 % == results("melody")["mean"]["tables that count"]["0.4"]["copied"] -->
# <!-- check: 2.0 % == results("melody")["mean"]["counting, memory 3"]["0.4"]["copied"] -->
# <!-- check: 90 % == results("melody")["mean"]["counting, memory 3"]["0.4"]["metre"] -->
#
# What the LSTM seems to forget is the key. If it is told only once, 53 % of its tunes
# end on the note that the key is named after. If it is told at every step, 81 % do, as
# in tunes by people.
# <!-- check: 53 % == results("melody")["mean"]["LSTM, told once"]["0.4"]["key"] -->
# <!-- check: 81 % == results("melody")["mean"]["LSTM, told at every step"]["0.4"]["key"] -->

# %% tags=["hide-input"]
from functools import cache, partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.lstm import LSTMState
from snippets.nested import flatten, unflatten
from snippets.optimizers import adam, init_adam
from snippets.readout import cross_entropy, softmax
from snippets.sampling import draw
from snippets.schedules import init_scheduled, linear_decay, scheduled
from snippets.text import decode, embed, embed_backward, encode, one_hot
from snippets.training import keep_best, train
from tools.engrave import draw_tune
from tools.kneser_ney import WindowTable
from tools.networks import LSTM, draw_layers
from tools.results import load_results
from tools.tables import show_table
from tools.trials import search
from tools.tunes import KEYS, METRES, bars_of, parse, read_tunes

full = load_results("melody")

# %% tags=["hide-input"] alt="Two panels, bars in metre and tunes in key against the share of pairs of bars that are copied. Above, the share of bars in metre: the LSTMs that are told lie at the upper left, with over nine bars in ten and almost no copies at low temperatures; the mixed tables start at the lower left and get more bars right only as they copy more; those that count rise from seven bars in ten to nine, and with a memory of three they stay near the left edge. Below, the share of tunes in key: the LSTM that is told at every step rises to four in five, where a star marks tunes by people, and the one that is told once to half of them; the mixed tables rise to two thirds, far to the right, and those that count to a little more than half."
LSTMS = {"LSTM, told once": "C0o-", "LSTM, told at every step": "C2s--"}
COUNTS = {"tables that count": "C3s--", "counting, memory 3": "C3o:"}
TOLD = LSTMS | {"tables, mixed": "C1o-"} | COUNTS
PLACES = {  # where each line has its label, in the lower panel
    "LSTM, told once": (0.012, 0.67),
    "counting, memory 3": (0.024, 0.59),
    "LSTM, told at every step": (0.002, 0.91),
    "tables, mixed": (0.11, 0.68),
    "tables that count": (0.085, 0.47),
}
figure, panels = plt.subplots(2, 1, figsize=(6, 7.4), sharex=True)
for axes, judged in zip(panels, ("metre", "key"), strict=True):
    for name, style in TOLD.items():
        of = full["mean"][name]
        copies = [of[heat]["copied"] for heat in of]
        shares = [of[heat][judged] for heat in of]
        axes.plot(copies, shares, style, markersize=4)
        axes.plot(copies[0], shares[0], style[:3], markersize=10)
        if judged == "key":
            axes.text(*PLACES[name], name, color=style[:2])
    people = full["played"]
    axes.plot(people["copied"], people[judged], "C4*", markersize=14)
    axes.text(people["copied"] + 0.006, people[judged], "people", va="center")
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_ylim(0, 1.05)
panels[0].set(ylabel="bars in metre")
panels[0].set_title("LSTMs keep the metre and copy little")
panels[1].set(ylabel="tunes in key", xlabel="pairs of bars that are copied")
panels[1].set_title("Told at every step, one keeps the key as well")
figure.tight_layout()

# %% [markdown]
# Up is better, and further right more is copied. Each line is one network or table,
# from temperature 1 on its left to 0.4, the large mark. The LSTMs rise straight up. The
# mixed tables move up only as they move to the right. Those that count are high at
# once, and copy few pairs if they remember three characters (dotted) instead of five.
# The star is tunes by people.
# {: .caption }
#
# <!-- check: 0.4 == float(list(results("melody")["mean"]["tables, mixed"])[0]) -->
#
# ## The tunes
#
# Two books of dance tunes, *Ryan's Mammoth Collection* of 1883 and *O'Neill's Music of
# Ireland* of 1903, were typed by volunteers in *ABC*: a letter is a note, a number its
# length, a stroke ends a bar. The tunes are old and free. The typing is the volunteers': the
# Python package `music21` 10.5.1 (BSD licence) has it with their permission, and says that
# commercial use may be restricted. So it is read from there, and this page quotes one tune:
# *Do You Want Anymore?*, O'Neill's 741, collected by Cronin, transcribed by Michael Hogan.

# %%
END, LONGEST = "\n", 150
ALPHABET = END + "'(,/012345689<=>ABCDEFG^_abcdefgz|"
KINDS = [*METRES, *KEYS]
QUOTED = """X: 741
T: Do You Want Anymore?
M:6/8
L:1/8
K:D
A, | DFA A2B | cAd cAG | Adc deg | fed cAG |
FDF GAB | cAd cAG | Adc AGE | FDD D2 :|
"""
(quoted,) = parse(QUOTED)
print(quoted["metre"], quoted["key"], quoted["notes"])

# %% [markdown]
# Of each tune we take the first part, without ornaments, in the common metres and keys.
# The two books share many tunes. So of tunes with the same name, or the same first
# twelve letters, we keep one: no training tune may be in the test. A tenth of the tunes
# is the test, the same for every seed, a tenth is for validation, and 1,497 are for
# training.
# <!-- check: 1,497 == results("melody")["tunes"] -->
# <!-- check: twelve == 12 * ("[:12]" in __import__("inspect").getsource(module("tools.tunes"))) -->


# %%
def split(tunes, seed):
    """Cut into training, validation and test; the test is always the same."""
    order = np.random.default_rng(1883).permutation(len(tunes))
    tenth = len(tunes) // 10
    test, rest = order[:tenth], order[tenth:]
    rest = np.random.default_rng(seed).permutation(rest)
    parts = rest[tenth:], rest[:tenth], test
    return [[tunes[i] for i in part] for part in parts]


def kinds(tunes):
    """Return the numbers of metre and key (2, m)."""
    pairs = [(tune["metre"], tune["key"]) for tune in tunes]
    return np.transpose([[KINDS.index(it) for it in pair] for pair in pairs])


# %% [markdown]
# ## Three ways to tell a network { #the-model }
#
# The network reads a tune character by character and predicts the next one. When it
# writes, it reads what it has just written. We tell it metre and key in one of three
# ways:
#
# - **Once**, before the first step, as in [one to
#   many](../sequence-types.md#one-to-many). Each metre and each key has a column of a
#   matrix $E$, and the sum of the two columns is the LSTM's first state:
#
# $$
# [a^{\langle 0 \rangle}, c^{\langle 0 \rangle}] = E_{\text{metre}} + E_{\text{key}}
# $$
# <!-- not run: the columns have no symbols of their own in notation -->
#
# - **At every step**, as two ones among the inputs, beside the character. This is a control:
#   such a network can't forget what it was told.
# - **Not at all.** It has to guess, and shows what telling is worth.
#
# All three have the same number of weights and the same initialisation. They differ
# only in what they are told.


# %%
def tell(tunes, told):
    """Return what a network is told before the first step, and at each."""
    both = kinds(tunes)
    hot = one_hot(both, len(KINDS), dtype=np.float32).sum(axis=0)
    return both * (told == "once"), hot * np.float32(told == "at every step")


def columns(tunes):
    """Lay tunes side by side (T + 1, m), begun and ended; what counts."""
    lengths = np.array([len(tune["notes"]) for tune in tunes])
    longest = lengths.max() + 1
    texts = [END + tune["notes"].ljust(longest, END) for tune in tunes]
    tokens = np.transpose([encode(text, ALPHABET) for text in texts])
    return tokens, np.arange(longest)[:, None] <= lengths


def read(layers, tokens, told, state=None):
    """Read characters: return logits, the state, and the tapes."""
    (E, cell, readout), (before, always) = layers, told
    x = one_hot(tokens, len(ALPHABET), dtype=np.float32)
    always = np.broadcast_to(always, (len(x), *always.shape))
    if state is None:
        state = LSTMState(*np.split(embed(E, before).sum(axis=0), 2))
    x = np.concatenate([x, always], axis=1)
    a, state, tape = cell.forward(cell.params, x, state)
    z, readout_tape = readout.forward(readout.params, a)
    return z, state, (tape, readout_tape)


def model(params, batch, _, *, like):
    """Predict every next character; return the loss and its gradients."""
    tokens, counts, told = batch
    layers = E, cell, readout = unflatten(like, params)
    z, _, (tape, readout_tape) = read(layers, tokens[:-1], told)
    y = one_hot(tokens[1:], len(ALPHABET), dtype=z.dtype)
    loss, dz = cross_entropy(z, y, weights=counts.astype(z.dtype))
    d_readout, da = readout.backward(readout.params, readout_tape, dz)
    d_cell, _, d_start = cell.backward(cell.params, tape, da)
    d_both = np.concatenate(d_start)  # metre and key each get all of it
    dE = embed_backward(E, told[0], np.stack([d_both, d_both]))
    return loss, [dE, *d_cell, *d_readout], None


def network_nats(layers, told, tunes):
    """Return the nats of each character, tune after tune."""
    tokens, counts = columns(tunes)
    z, _, _ = read(layers, tokens[:-1], tell(tunes, told))
    shares = np.take_along_axis(softmax(z), tokens[1:, None], axis=1)[:, 0]
    return -np.log(shares.T[counts.T])


# %% [markdown]
# ## Training and writing
#
# The LSTM has 64 units. It reads the training tunes 8 times, with
# [Adam](../optimizers.md) and [clipping](../clipping.md), while the learning rate falls
# to zero. We keep the weights with the lowest validation loss. The initial learning
# rate is chosen for each way of telling, on the validation tunes of a seed that is not
# reported.
# <!-- check: 64 == results("melody")["settings"]["n_a"] -->
# <!-- check: 8 == results("melody")["settings"]["passes"] -->


# %%
def batches(tunes, told, rng, m):
    """Yield batches of tunes of like length, in random order."""
    order = rng.permutation(len(tunes))
    length = np.array([len(tune["notes"]) for tune in tunes])
    order = order[np.argsort(length[order] // 4, kind="stable")]
    cut = np.array_split(order, len(order) // m + 1)
    for i in rng.permutation(len(cut)):
        some = [tunes[k] for k in cut[i]]
        yield *columns(some), tell(some, told)


def learn(told, rate, seed, parts, *, n_a, m, passes):
    """Train; return the layers that did best in validation, and their loss."""
    rng, (seen, held_out, _), best = np.random.default_rng(seed), parts, None
    E = rng.normal(0, 0.1, (2 * n_a, len(KINDS))).astype(np.float32)
    n_x, n_y = len(ALPHABET) + len(KINDS), len(ALPHABET)
    like = E, *draw_layers(LSTM, rng, n_x, n_a, n_y)
    params, steps = flatten(like), passes * (len(seen) // m + 1)
    memory = init_scheduled(init_adam(params))
    schedule = partial(linear_decay, peak=rate, steps=steps)
    for _ in range(passes):
        params, memory, _ = train(
            partial(model, like=like),
            params,
            batches(seen, told, rng, m),
            partial(scheduled, rule=adam, schedule=schedule),
            memory=memory,
            clip=partial(clip_by_global_norm, threshold=1.0),
        )
        layers = unflatten(like, params)
        nats = network_nats(layers, told, held_out).mean()
        best = keep_best(best, params, float(nats))
    return unflatten(like, best.params), best.loss


# %% [markdown]
# ## The tables
#
# The baseline is *Kneser-Ney smoothing* (`tools/kneser_ney.py`), the best way we know to
# predict by counting. A table looks up what followed the last few characters in the training
# tunes. If it hasn't seen all of them in this order, it falls back on fewer. It is told
# metre and key in one of two ways:
#
# - **told:** metre and key are the first two symbols of every context.
# - **mixed:** there is a table for each metre, one for each key, and one of all tunes. Their
#   predictions are added up, with weights that suit the validation tunes best.
#
# And there is a control. *Tables that count* are mixed, too, and at every step they are
# also told how much of the bar is filled. The LSTM is never told this.
#
# How many characters a table remembers is chosen on validation tunes, too: the fewest
# whose loss is within a hundredth of a nat of the best. For the mixed tables that is 6.
# <!-- check: 6 == results("melody")["memories"]["tables, mixed"]["memory"] -->

# %%
TABLES = {
    "table, not told": ["all"],
    "table, told": ["in its context"],
    "tables, mixed": ["all", "metre", "key"],
    "tables that count": ["all, place", "metre, place", "key, place"],
}


@cache
def units(bar):
    """Return how long the notes of a bar are, in half units of the tune."""
    lengths = [length for it in bars_of(bar) for *_, length in it]
    return min(int(2 * sum(lengths)), len(ALPHABET) - 1)


def place(text):
    """Return how much of its last bar a text has filled."""
    return units(text.rpartition("|")[2])


def arrange(kind, contexts, told, following):
    """Put what a table is told into its contexts.

    What stands further left is left out sooner where a context is new.
    """
    metre, key, places = told
    parts = {
        "all": [contexts],
        "in its context": [key, metre, contexts],
        "metre": [contexts, metre],  # the same as a table for each metre
        "key": [contexts, key],
        "all, place": [contexts, places],
        "metre, place": [contexts, metre, places],
        "key, place": [contexts, key, places],
    }
    return np.column_stack([*parts[kind], following])


def cut(tunes, memory):
    """Cut tunes into contexts, what is told, and what follows."""
    texts = [tune["notes"] + END for tune in tunes]
    rows = [encode(END * memory + text, ALPHABET) for text in texts]
    view = np.lib.stride_tricks.sliding_window_view
    windows = np.concatenate([view(row, memory + 1) for row in rows])
    both = np.repeat(kinds(tunes), [len(text) for text in texts], axis=1)
    places = [place(it[:i]) for it in texts for i in range(len(it))]
    return windows[:, :-1], np.vstack([both, places]), windows[:, -1]


def count(told, memory, parts):
    """Count the tables, and find their weights in validation."""
    seen, held_out, _ = parts
    tables = {
        kind: WindowTable(arrange(kind, *cut(seen, memory)), len(ALPHABET))
        for kind in TABLES[told]
    }
    held_out = cut(held_out, memory)
    each = [it.share(arrange(k, *held_out)) for k, it in tables.items()]
    weights = np.full(len(each), 1 / len(each))
    for _ in range(100):  # expectation maximisation
        parts_of = weights[:, None] * each
        weights = (parts_of / parts_of.sum(axis=0)).mean(axis=1)
    return tables, weights


def table_shares(counted, *rows):
    """Return the probabilities of what follows, by the mixed tables."""
    tables, weights = counted
    shares = [it.share(arrange(k, *rows)) for k, it in tables.items()]
    return weights @ shares


# %% [markdown]
# Networks and tables write in the same way: for each test tune, one tune in its metre
# and key, at each of four [temperatures](../sampling.md#surer-or-wilder-temperature). A
# low temperature keeps to what is most probable.


# %%
def write(step, state, tunes, rng, temperature):
    """Write a tune in the metre and the key of each of some others."""
    token = np.zeros(len(tunes), int)
    written = []
    while len(written) < LONGEST and not (written and (token == 0).all()):
        z, state = step(token, state)
        drawn = draw(z, rng, temperature=temperature)
        token = np.where((token == 0) & (len(written) > 0), 0, drawn)
        written.append(token)
    texts = [
        decode(it, ALPHABET).split(END)[0] for it in np.transpose(written)
    ]
    return [
        tune | {"title": "", "notes": text}
        for tune, text in zip(tunes, texts, strict=True)
    ]


def network_writes(layers, told, tunes, rng, temperature):
    """Let a network write."""

    def step(token, state):
        z, state, _ = read(layers, token[None], tell(tunes, told), state)
        return z[0], state

    return write(step, None, tunes, rng, temperature)


def table_writes(counted, memory, tunes, rng, temperature):
    """Let tables write."""
    n = len(ALPHABET)
    both, following = kinds(tunes), np.tile(np.arange(n), len(tunes))

    def step(token, state):
        contexts, texts = state
        contexts = np.column_stack([contexts[:, 1:], token])
        texts = [it + ALPHABET[k] for it, k in zip(texts, token, strict=True)]
        told = np.vstack([both, [place(text) for text in texts]])
        rows = np.repeat(contexts, n, axis=0), np.repeat(told, n, axis=1)
        shares = table_shares(counted, *rows, following)
        return np.log(shares.reshape(len(tunes), n)).T, (contexts, texts)

    empty = np.zeros((len(tunes), memory), int), [""] * len(tunes)
    return write(step, empty, tunes, rng, temperature)


# %% [markdown]
# ## Three questions to a tune { #is-it-what-was-asked-for }
#
# - **In metre?** The share of bars of the right length. The first and the last bar don't
#   count, because they may be short.
# - **In key?** The share of tunes whose last note is the one that the key is named after.
# - **Copied?** The share of pairs of neighbouring bars that occur, character by
#   character, in a training tune.
#
# The tunes of the test answer the same questions: that is what people do.


# %%
def in_metre(tune):
    """Tell of each bar between first and last if its length is right."""
    bars = bars_of(tune["notes"])[1:-1]
    right = METRES[tune["metre"]]
    return [sum(length for *_, length in bar) == right for bar in bars]


def in_key(tune):
    """Tell whether the last note is the one that the key is named after."""
    names = [name for bar in bars_of(tune["notes"]) for name, *_ in bar]
    notes = [name for name in names if name[0] != "z"]  # a rest is none
    return bool(notes) and notes[-1][0].upper() == tune["key"][0]


def runs_of_bars(tune, n):
    """List each n bars in a row."""
    bars = tune["notes"].strip("|").split("|")
    return [tuple(bars[i : i + n]) for i in range(len(bars) - n + 1)]


def copied(tunes, seen, n):
    """Return the share of runs of n bars that some tune that was seen has."""
    known = {run for tune in seen for run in runs_of_bars(tune, n)}
    return mean(run in known for it in tunes for run in runs_of_bars(it, n))


def mean(values):
    """Return the mean, to four decimals."""
    return round(float(np.mean([*values])), 4)


def judge(tunes, seen):
    """Measure metre, key and copies."""
    return {
        "metre": mean(bar for tune in tunes for bar in in_metre(tune)),
        "key": mean(in_key(tune) for tune in tunes),
        "copied": copied(tunes, seen, 2),
        "single": copied(tunes, seen, 1),
        "ended": mean(len(tune["notes"]) < LONGEST for tune in tunes),
    }


def by_bar(nats, tunes):
    """Return the mean nats of a character in the first eight bars."""
    texts = [tune["notes"] + END for tune in tunes]
    bar = [text[:i].count("|") for text in texts for i in range(len(text))]
    return [mean(nats[np.array(bar) == i]) for i in range(8)]


# %% [markdown]
# ## A quick run { #the-quick-size }
#
# A sixth of the tunes, an LSTM of half the size, and two passes. That is enough to fill
# the tables, and far too little for the LSTM to learn what a bar is:

# %%
quick, few = {}, [part[::6] for part in split(read_tunes(), 0)]
layers, _ = learn("once", 0.03, 0, few, n_a=32, m=16, passes=2)
counted = count("tables, mixed", 5, few)
for name, writes in (
    ("LSTM", partial(network_writes, layers, "once")),
    ("tables", partial(table_writes, counted, 5)),
):
    written = writes(few[2], np.random.default_rng(0), 0.4)
    quick[name] = judge(written, few[0])
    print(f"{name:7}", *(f"{k} {v:.0%}" for k, v in quick[name].items()))

# %% [markdown]
# ## The result { #the-full-size }

# %%
SEEDS = [0, 1, 2, 3, 4]
FULL = {"n_a": 64, "m": 16, "passes": 8}
TEMPERATURES = [0.4, 0.6, 0.8, 1.0]
ASKED = {"metre": "6/8", "key": "D"}
TRIED = range(1, 10)


def examine(nats, writes, parts, seed, temperatures=TEMPERATURES):
    """Test what predicts and writes: loss, loss by bar, written tunes."""
    (seen, _, test), found = parts, nats(parts[2])
    rng = np.random.default_rng(seed)
    return {
        "nats": mean(found),
        "by bar": by_bar(found, test),
        "written": {
            str(it): judge(writes(test, rng, it), seen) for it in temperatures
        },
        "asked": writes([ASKED], rng, 0.4)[0]["notes"],
        "played": judge(test, seen),
        "tunes": len(seen),
    }


def measure_network(told, seeds):
    """Choose a learning rate in validation, then train and test."""

    def score(rate, seed):
        parts = split(read_tunes(), seed)
        return learn(told, rate, seed, parts, **FULL)[1]

    trial, runs = search(score, seeds=[100], rates=(0.01, 0.03, 0.1)), []
    for seed in seeds:
        parts = split(read_tunes(), seed)
        layers, _ = learn(told, trial["chosen"], seed, parts, **FULL)
        nats, writes = (
            partial(it, layers, told) for it in (network_nats, network_writes)
        )
        runs.append(examine(nats, writes, parts, seed))
    return {"trial": trial, "runs": runs}


def table_nats(counted, memory, tunes):
    """Return the nats of each character, tune after tune."""
    return -np.log(table_shares(counted, *cut(tunes, memory)))


def choose_memory(told):
    """Choose how many characters a table remembers, in validation.

    The shortest memory of which the loss is within 0.01 nats of the best.
    """
    parts = split(read_tunes(), 100)
    tried = {
        memory: mean(table_nats(count(told, memory, parts), memory, parts[1]))
        for memory in TRIED
    }
    best = min(tried.values())
    chosen = min(it for it, nats in tried.items() if nats < best + 0.01)
    return {"memory": chosen, "losses": tried}


def measure_table(told, seeds):
    """Choose the memory in validation, then count and test."""
    trial, runs = choose_memory(told), []
    for seed in seeds:
        parts, memory = split(read_tunes(), seed), trial["memory"]
        counted = count(told, memory, parts)
        nats, writes = (
            partial(it, counted, memory) for it in (table_nats, table_writes)
        )
        runs.append(examine(nats, writes, parts, seed))
    return {"trial": trial, "runs": runs}


def shorten(memory, seeds, told="tables, mixed", temperatures=(0.4,)):
    """Let tables that remember less or more write."""
    runs = []
    for seed in seeds:
        parts = split(read_tunes(), seed)
        counted = count(told, memory, parts)
        nats, writes = (
            partial(it, counted, memory) for it in (table_nats, table_writes)
        )
        runs.append(examine(nats, writes, parts, seed, temperatures))
    return {"runs": runs}


NETWORKS = {
    "LSTM, told once": "once",
    "LSTM, told at every step": "at every step",
    "LSTM, not told": "never",
}
MEMORIES = [3, 8]  # of the mixed tables
SHORT = [2, 3]  # memories of tables that count
PARTS = (
    {name: (measure_network, told, SEEDS) for name, told in NETWORKS.items()}
    | {name: (measure_table, name, SEEDS) for name in TABLES}
    | {f"memory {it}": (shorten, it, SEEDS) for it in MEMORIES}
    | {
        f"counting, memory {it}": (
            shorten,
            it,
            SEEDS,
            "tables that count",
            TEMPERATURES,
        )
        for it in SHORT
    }
)
LEADING = [
    "LSTM, told once",
    "LSTM, told at every step",
    "tables, mixed",
    "tables that count",
    "counting, memory 3",
]
JUDGED = ["metre", "key", "copied", "single", "ended"]


def summarise(measured):
    """Name the results of each row, at each temperature."""
    runs = {label: of["runs"] for label, of in measured.items()}
    written = {
        label: {
            heat: {
                key: [run["written"][heat][key] for run in of]
                for key in JUDGED
            }
            for heat in of[0]["written"]
        }
        for label, of in runs.items()
    }
    played = [run["played"] for run in runs["LSTM, told once"]]
    return {
        "nats": {
            label: [it["nats"] for it in of] for label, of in runs.items()
        },
        "by bar": {
            label: np.mean([it["by bar"] for it in of], axis=0)
            .round(4)
            .tolist()
            for label, of in runs.items()
        },
        "written": written,
        "mean": {
            label: {
                heat: {key: mean(shares) for key, shares in judged.items()}
                for heat, judged in of.items()
            }
            for label, of in written.items()
        },
        "played": {key: mean(it[key] for it in played) for key in JUDGED},
        "asked": {
            label: [it["asked"] for it in of] for label, of in runs.items()
        },
        "trials": {label: measured[label]["trial"] for label in NETWORKS},
        "memories": {label: measured[label]["trial"] for label in TABLES},
        "tunes": runs["LSTM, told once"][0]["tunes"],
        "settings": FULL,
    }


# %% tags=["hide-input"]
rows = [
    [
        name,
        f"{np.mean(full['nats'][name]):.3f}",
        *(f"{full['mean'][name]['0.4'][key]:.1%}" for key in JUDGED[:4]),
    ]
    for name in PARTS
]
people = [f"{full['played'][key]:.1%}" for key in JUDGED[:4]]
show_table(
    [
        "written by",
        "nats",
        "in metre",
        "in key",
        "pairs copied",
        "bars known",
    ],
    [*rows, ["people", "", *people]],
)

# %% [markdown]
# Means over five seeds at temperature 0.4. *Nats* is the loss for each character of the
# test tunes, at temperature 1; the other columns are about what was written. *Memory 3*
# and *8* are the mixed tables with other memories, and *counting, memory 2* and *3* are
# the tables that count. *Bars known* are single bars that occur in a training tune.
# *People* are the tunes of the test.
# {: .caption }
#
# <!-- check: 0.4 == float(list(results("melody")["mean"]["tables, mixed"])[0]) -->
#
# **The LSTM seems to count.** A table with a memory of 6 characters sees most of one
# bar. So it mostly fills a bar as some tune did. The LSTM, we think, carries in its
# state how much of the bar is filled, and can fill the rest with notes in an order that
# it has never read. If this is the difference, then tables that are told how much is
# filled should be as good, and in loss and metre they are, or nearly. Their loss falls
# from 1.73 to 1.61 nats per character, where the LSTM's is 1.60, and slightly more of
# their bars are right, 93 %.
# <!-- check: 6 == results("melody")["memories"]["tables, mixed"]["memory"] -->
# <!-- check: 1.73 == np.mean(results("melody")["nats"]["tables, mixed"]) -->
# <!-- check: 1.61 == np.mean(results("melody")["nats"]["tables that count"]) -->
# <!-- check: 1.60 == np.mean(results("melody")["nats"]["LSTM, told once"]) -->
# <!-- check: 93 % == results("melody")["mean"]["tables that count"]["0.4"]["metre"] -->
#
# **Tables that don't count pay for bars with copies.** The lower the temperature, the
# more of their bars are right, and the more are copied. At temperature 0.8 the mixed
# tables copy 1.3 % of their pairs, about as many as tunes by people do, and then only
# 24 % of their bars are right. At that temperature the LSTM has 85 % right, and copies
# 0.2 %. Counting helps the tables more than a longer memory does: at 0.8 those that
# count copy 1.0 %, and 79 % of their bars are right. At 0.4 they copy 11 %, but [mostly
# because they look far back](#is-it-a-copy).
# <!-- check: 1.0 % == results("melody")["mean"]["tables that count"]["0.8"]["copied"] -->
# <!-- check: 79 % == results("melody")["mean"]["tables that count"]["0.8"]["metre"] -->
# <!-- check: 0.8 == float(list(results("melody")["mean"]["tables, mixed"])[2]) -->
# <!-- check: 1.3 % == results("melody")["mean"]["tables, mixed"]["0.8"]["copied"] -->
# <!-- check: 24 % == results("melody")["mean"]["tables, mixed"]["0.8"]["metre"] -->
# <!-- check: 85 % == results("melody")["mean"]["LSTM, told once"]["0.8"]["metre"] -->
# <!-- check: 0.2 % == results("melody")["mean"]["LSTM, told once"]["0.8"]["copied"] -->
# <!-- check: 0.4 == float(list(results("melody")["mean"]["tables, mixed"])[0]) -->
# <!-- check: 11 % == results("melody")["mean"]["tables that count"]["0.4"]["copied"] -->
#
# **Single bars are less new than pairs.** Of the LSTM's single bars, 40 % occur in a
# training tune, of the mixed tables' 72 %, and of people's 31 %. So what is new in the
# LSTM's tunes is less the bars than how they follow one another.
# <!-- check: 40 % == results("melody")["mean"]["LSTM, told once"]["0.4"]["single"] -->
# <!-- check: 72 % == results("melody")["mean"]["tables, mixed"]["0.4"]["single"] -->
# <!-- check: 31 % == results("melody")["played"]["single"] -->
#
# **The mixed tables know better how to end than an LSTM that was told once.** At
# temperature 0.4, 66 % of their tunes end in key. We think that a few characters of
# context are enough for that.
# <!-- check: 66 % == results("melody")["mean"]["tables, mixed"]["0.4"]["key"] -->
# <!-- check: 0.4 == float(list(results("melody")["mean"]["tables, mixed"])[0]) -->
#
# **Telling is worth it.** An LSTM that isn't told has to choose a metre and a key
# itself. Then 48 % of its bars are in the metre that was asked for, and 29 % of its
# tunes end in the key.
# <!-- check: 48 % == results("melody")["mean"]["LSTM, not told"]["0.4"]["metre"] -->
# <!-- check: 29 % == results("melody")["mean"]["LSTM, not told"]["0.4"]["key"] -->
#
# ## Does it forget? { #does-it-forget }
#
# An LSTM that is told once has to carry metre and key in its state to the last note.
# The control is the LSTM that is told at every step, which can't forget. It keeps the
# metre a little better, in 97 % of the bars instead of 92 %, and the key much better:
# 81 % of its tunes end in key instead of 53 %, and so do 81 % of people's. Its worst
# seed is ahead of the best seed that is told once. Telling it once does help: if it
# isn't told, only 29 % of its tunes end in key. So the LSTM seems to forget the key on
# its way to the end.
# <!-- check: 97 % == results("melody")["mean"]["LSTM, told at every step"]["0.4"]["metre"] -->
# <!-- check: 92 % == results("melody")["mean"]["LSTM, told once"]["0.4"]["metre"] -->
# <!-- check: 81 % == results("melody")["mean"]["LSTM, told at every step"]["0.4"]["key"] -->
# <!-- check: 53 % == results("melody")["mean"]["LSTM, told once"]["0.4"]["key"] -->
# <!-- check: 81 % == results("melody")["played"]["key"] -->
# <!-- check: 29 % == results("melody")["mean"]["LSTM, not told"]["0.4"]["key"] -->
#
# The loss doesn't show it. It is 1.60 nats if told once, 1.61 if told at every step,
# and 1.67 if not told. We see two possible reasons. In the test, the network reads the
# true notes up to the end, and they tell it the key. When it writes, it reads only its
# own. And a loss that is averaged over all characters says little about the one note
# that counts.
# <!-- check: 1.60 == np.mean(results("melody")["nats"]["LSTM, told once"]) -->
# <!-- check: 1.61 == np.mean(results("melody")["nats"]["LSTM, told at every step"]) -->
# <!-- check: 1.67 == np.mean(results("melody")["nats"]["LSTM, not told"]) -->
#
# ## See it and hear it
#
# This is what the LSTM of the first seed wrote in 6/8 and D, told once, at temperature
# 0.4. All bars between the first and the last have six eighths, and it doesn't end on a
# D. More than half of its single bars also occur somewhere in the two books, but no two
# in a row.
# <!-- check: 0.4 == float(list(results("melody")["mean"]["tables, mixed"])[0]) -->


# %%
def shown_tune():
    """Return the tune that the first seed wrote, told once."""
    notes = load_results("melody")["asked"]["LSTM, told once"][0]
    return ASKED | {"notes": notes}


print(shown_tune()["notes"])

# %% tags=["hide-input"] alt="The tune on five lines with two sharps, in 6/8: an upbeat and six bars, in two rows. The five bars between the first and the last have six eighths each. It ends on a G."
figure = draw_tune(shown_tune(), [0, 4])

# %% [markdown]
# You can also hear it ([melody.wav](melody.wav)). `tools/engrave.py` has drawn and
# played it:
#
# <audio controls preload="none" src="melody.wav" aria-label="The tune above, played"></audio>
#
# ## What would change our mind { #is-it-a-copy }
#
# **Do the tables only remember too much?** Those that count do. With a memory of three characters
# instead of five they copy 2.0 % of their pairs instead of 11 %, and 90 % of their bars are right instead of
# 93 %. With two they copy 0.4 %, less than the LSTM, and 90 % are right. The price is the loss: 1.61
# nats with five, 1.63 with three, and 1.71 with two. So the memory that is chosen by the
# loss isn't the one with which tables copy little.
# <!-- check: 2.0 % == results("melody")["mean"]["counting, memory 3"]["0.4"]["copied"] -->
# <!-- check: 11 % == results("melody")["mean"]["tables that count"]["0.4"]["copied"] -->
# <!-- check: 90 % == results("melody")["mean"]["counting, memory 3"]["0.4"]["metre"] -->
# <!-- check: 93 % == results("melody")["mean"]["tables that count"]["0.4"]["metre"] -->
# <!-- check: 0.4 % == results("melody")["mean"]["counting, memory 2"]["0.4"]["copied"] -->
# <!-- check: 90 % == results("melody")["mean"]["counting, memory 2"]["0.4"]["metre"] -->
# <!-- check: 1.61 == np.mean(results("melody")["nats"]["tables that count"]) -->
# <!-- check: 1.63 == np.mean(results("melody")["nats"]["counting, memory 3"]) -->
# <!-- check: 1.71 == np.mean(results("melody")["nats"]["counting, memory 2"]) -->
#
# Those that don't count need their memory for the metre. With three characters, the mixed
# tables copy only 0.2 % of their pairs. But then 14 % of their bars are right. With eight
# they have 74 % right and copy 37 %.
# <!-- check: 0.2 % == results("melody")["mean"]["memory 3"]["0.4"]["copied"] -->
# <!-- check: 14 % == results("melody")["mean"]["memory 3"]["0.4"]["metre"] -->
# <!-- check: 74 % == results("melody")["mean"]["memory 8"]["0.4"]["metre"] -->
# <!-- check: 37 % == results("melody")["mean"]["memory 8"]["0.4"]["copied"] -->
#
# **Does a larger network copy?** In a trial with one seed that we didn't store, an LSTM of 96 units
# was trained nearly twice as long. It kept the metre in nearly all bars, more of
# its tunes ended in key, and it copied no more.
#
# **Does it copy, and move what it copies?** In the same trial, we also counted pairs of
# bars that occur some steps higher or lower in a training tune. People's share doubled
# to about three in a hundred, and the LSTM's stayed below two.
#
# **Does the way of telling them make the tables weak?** Tables that have metre and key in
# their contexts have a higher loss than the mixed ones, 1.83 nats against 1.73. They get
# 64 % of their bars right and copy 16 %: the same picture.
# <!-- check: 1.83 == np.mean(results("melody")["nats"]["table, told"]) -->
# <!-- check: 1.73 == np.mean(results("melody")["nats"]["tables, mixed"]) -->
# <!-- check: 64 % == results("melody")["mean"]["table, told"]["0.4"]["metre"] -->
# <!-- check: 16 % == results("melody")["mean"]["table, told"]["0.4"]["copied"] -->
#
# **Does it depend on the processor?** Measured again with the arithmetic of an older
# one, the LSTM that is told once has 92 % of its bars in metre, ends in key in 54 %,
# and copies 0.9 % of its pairs. Told at every step, it ends in key in 80 %. The tables
# come out the same.
# <!-- check: 92 % == older("melody")["mean"]["LSTM, told once"]["0.4"]["metre"] -->
# <!-- check: 54 % == older("melody")["mean"]["LSTM, told once"]["0.4"]["key"] -->
# <!-- check: 0.9 % == older("melody")["mean"]["LSTM, told once"]["0.4"]["copied"] -->
# <!-- check: 80 % == older("melody")["mean"]["LSTM, told at every step"]["0.4"]["key"] -->
#
# ## Beside the literature
#
# [Sturm and others (2016)](../references.md#sturm-2016) train much larger LSTMs on about 23,000
# tunes in ABC. They compare statistics of what is written with those of the training tunes, look
# at single tunes, and use the network to compose. We have read their summary, and know of no
# count of copies beside that of a table.
#
# ## What this does not show
#
# We don't show that these are good tunes: nobody was asked. *In key* looks at one note
# of each tune, and about a fifth of the old tunes fail it, too, because a first part
# may end elsewhere. The tunes of the LSTM are also short: in our trial they had seven
# bars on average, and people's eight or nine.
#
# A pair of bars counts as copied only if every character is the same: not if it is
# moved up or down, or has one note changed. So the LSTM may have memorised more than we
# count. That it counts, we conclude only from what it and the tables write: we have not
# looked for the count in its state. Other music may give other results.
#
# ## What goes wrong
#
# **Testing on what was read.** The two books share tunes, under one name or another. If
# you split without looking, the test has tunes that were in training.
#
# **Asking for the share of bars in metre alone.** A program that copies whole tunes has all
# of them right. Count copies as well, compare at the same temperature, and try more than one memory
# for the tables.
#
# **Taking the key from the accidentals.** In ABC the key signature is not written at
# each note: any letters are in D below a line K:D. So we look at where a tune ends.
#
# ## Exercises
#
# 1. *Warm-up.* A tune has 16 bars. How many pairs of neighbouring bars does it have? If one
#    bar is changed in the middle of a copied tune, how many pairs are still copied?
#
#     ??? success "Solution"
#         *Warm-up.* It has 15. The changed bar is in two of them, so 13 are still
#         copied, unless the new pairs occur in another tune.
#         <!-- check: 15 == 16 - 1 -->
#         <!-- check: 13 == 16 - 1 - 2 -->
#
# 2. *Think.* The LSTM that is not told has many bars of the length that was asked for. Why so many?
#
#     ??? success "Solution"
#         *Think.* Three of the six metres, C, cut C and 2/4, have bars of eight units, and
#         6/8 and 3/4 both have six. If you keep a metre, you are often right when another one
#         of that length was asked for.
#
# 3. *Measure.* Count a pair of bars as copied also if one of its notes is different. Does the
#    LSTM still copy as little as people?
#
#     ??? success "Solution"
#         *Measure.* We have not measured it. For each pair that a training tune has, put the
#         pair with each note replaced by a mark, in turn, into the set of what is known. A pair of the
#         LSTM is copied if it is in this set with any of its notes replaced. The shares of all rows rise, that of
#         people, too, so compare each with people.
