# %% [markdown]
# ---
# title: Truncation
# description: How long the chunks of truncated backpropagation through time must
#   be, in NumPy - with the state carried over and with the state reset.
# ---
#
# # Truncation: how long must a chunk be?
#
# %% tags=["hide-input"]
from functools import cache, partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.gru import GRUState
from snippets.nested import flatten, unflatten
from snippets.optimizers import adam, init_adam
from snippets.readout import cross_entropy
from snippets.schedules import init_scheduled, linear_decay, scheduled
from snippets.sequence_types import (
    many_to_many_backward,
    many_to_many_forward,
)
from snippets.text import encode, find_alphabet, one_hot, pieces
from snippets.training import train
from tools.kneser_ney import KneserNey
from tools.networks import GRU, draw_layers
from tools.plays import seven_plays, split
from tools.results import load_results
from tools.tables import show_table
from tools.trials import search

# full = load_results("truncation")


# %%
def cut(array, chunk):
    """Cut the steps into chunks, and lay these side by side."""
    return np.concatenate(np.split(array, len(array) // chunk), axis=-1)


def follow(layers, batch, state, chunk, carried):
    """Predict; return the loss, what backward needs, and the last state."""
    starts, arrays = None, [cut(array, chunk) for array in batch]
    if carried:
        cell = layers[0]
        _, state, tape = cell.forward(cell.params, batch[0], state)
        each = [before.a for before in tape.states[:-1:chunk]]
        starts = GRUState(np.concatenate(each, axis=1))
    x, y, counts = arrays
    z, _, tape = many_to_many_forward(*layers, x, starts)
    loss, dz = cross_entropy(z, y, weights=counts)
    return loss, (tape, dz), state


def model(params, batch, state, *, like, chunk, carried):
    """Return loss, gradients, state; no error goes beyond its chunk."""
    layers = unflatten(like, params)
    loss, back, state = follow(layers, batch, state, chunk, carried)
    gradients, _, _ = many_to_many_backward(*layers, *back)
    return loss, flatten(gradients), state


# %%
TEXT = {"T": 64, "m": 16}
STEPS = 200  # of training
PASS = 800


@cache
def read():
    """Return how many characters there are, and the codes of the plays."""
    symbols = find_alphabet([seven_plays()])
    return len(symbols), split(encode(seven_plays(), symbols))


def windows(tokens, T, m):
    """Yield characters, what follows each, and that all of them count."""
    for rows in pieces(tokens, T, m):
        hot = one_hot(rows, read()[0], dtype=np.float32)
        yield hot[:-1], hot[1:], np.ones((T, m))


def seen(steps):
    """Return the characters that are read in so many training steps."""
    return read()[1].training[: steps * TEXT["T"] * TEXT["m"] + 1]


def score(layers, tokens, chunk=TEXT["T"], carried=True):
    """Return the loss on a text, in nats per character."""
    losses, state = [], None
    for batch in windows(tokens, **TEXT):
        loss, _, state = follow(layers, batch, state, chunk, carried)
        losses.append(loss)
    return round(float(np.mean(losses)), 4)


def learn_text(
    window, chunk, carried, scheme, rate, seed, *, n_a=32, steps=STEPS
):
    """Train on the text once, an update after each window."""
    rng, size = np.random.default_rng(seed), read()[0]
    like = draw_layers(GRU, rng, size, n_a, size, scheme=scheme)
    params = flatten(like)
    steps = steps * TEXT["T"] // window
    text = seen(steps * window // TEXT["T"])
    params, _, _ = train(
        partial(model, like=like, chunk=chunk, carried=carried),
        params,
        windows(text, window, TEXT["m"]),
        partial(
            scheduled,
            rule=adam,
            schedule=partial(linear_decay, peak=rate, steps=steps),
        ),
        memory=init_scheduled(init_adam(params)),
        clip=partial(clip_by_global_norm, threshold=1.0),
    )
    return unflatten(like, params)


# %%
SYMBOLS = 4
LENGTH = 32
BUDGET = 300  # training steps


def draw(rng, m, asked):
    """Draw m sequences, how each begins, and at which steps that is asked."""
    codes = rng.integers(SYMBOLS, 2 * SYMBOLS, size=(LENGTH, m))
    codes[0] = rng.integers(SYMBOLS, size=m)
    x = one_hot(codes, 2 * SYMBOLS, dtype=np.float32)
    y = np.repeat(x[:1, :SYMBOLS], LENGTH, axis=0)
    counts = np.zeros((LENGTH, m))
    counts[{"at the end": -1, "always": slice(None)}[asked]] = 1
    return x, y, counts


def start(scheme, rng, strength):
    """Draw a GRU, and weaken the input weights of the four symbols."""
    cell, readout = draw_layers(
        GRU, rng, 2 * SYMBOLS, 32, SYMBOLS, scheme=scheme
    )
    params = cell.params._replace(b_u=np.full_like(cell.params.b_u, -1))
    for name in ("W_u", "W_r", "W_c"):
        getattr(params, name)[:, :SYMBOLS] *= strength
    return cell._replace(params=params), readout


def accuracy(layers, rng, m):
    """Return the accuracy at the end of m new sequences."""
    x, y, _ = draw(rng, m, "at the end")
    z, _, _ = many_to_many_forward(*layers, x)
    return float((z[-1].argmax(axis=0) == y[-1].argmax(axis=0)).mean())


def trace(layers, rng):
    """Return by how much of itself the last state changes with the symbol."""
    cell, _ = layers
    x, _, _ = draw(rng, 500, "at the end")
    other = x.copy()
    other[0, :SYMBOLS] = np.roll(x[0, :SYMBOLS], 1, axis=0)
    a, b = (cell.forward(cell.params, it)[0][-1] for it in (x, other))
    return float(f"{np.linalg.norm(a - b) / np.linalg.norm(a):.3g}")


def recall(
    chunk, carried, asked, strength, scheme, rate, seed, *, budget=BUDGET
):
    """Train until 99 % are right, or the budget is spent; then test."""
    rng = np.random.default_rng(seed)
    layers, steps, solved = start(scheme, rng, strength), 0, False
    memory = init_adam(flatten(layers))
    before = trace(layers, rng)

    def step(params, batch, state):
        """Carry no state from one sequence to the next."""
        loss, gradients, _ = model(
            params, batch, None, like=layers, chunk=chunk, carried=carried
        )
        return loss, gradients, None

    while steps < budget and not solved:
        params, memory, _ = train(
            step,
            flatten(layers),
            (draw(rng, 32, asked) for _ in range(10)),
            partial(adam, learning_rate=rate),
            memory=memory,
            clip=partial(clip_by_global_norm, threshold=1.0),
        )
        layers, steps = unflatten(layers, params), steps + 10
        solved = accuracy(layers, rng, 200) >= 0.99
    return {
        "accuracy": accuracy(layers, rng, 500),
        "steps": steps,
        "solved": solved,
        "traces": [before, trace(layers, rng)],
    }


# %%
quick = {}
for chunk, strength in ((1, 1), (1, 0), (32, 0)):
    label = f"chunks of {chunk}, strength {strength}"
    quick[label] = recall(
        chunk, True, "at the end", strength, "this book", 0.1, 0, budget=100
    )["accuracy"]
    print(f"{label:24} {quick[label]:4.0%} right")

# %%
SEEDS = list(range(10))
FEW = SEEDS[:5]


def measure_text(window, chunk, carried, scheme):
    """Choose a learning rate, then train and test from each seed."""
    _, (_, validation, text) = read()
    learn = partial(learn_text, window, chunk, carried, scheme)
    trial = search(
        lambda rate, seed: score(learn(rate, seed), validation),
        seeds=[100],
        rates=(0.01, 0.03, 0.1),
    )
    nets = [learn(trial["chosen"], seed) for seed in FEW]
    losses = {"carried": [score(layers, text) for layers in nets]}
    if not carried:  # tested as it was trained, too
        losses["reset"] = [
            score(layers, text, chunk, False) for layers in nets
        ]
    return {"trial": trial, "losses": losses}


def measure_large(chunk, carried, seed):
    """Train a larger network on the whole training text."""
    scheme, rate = "this book", 0.01
    layers = learn_text(
        64, chunk, carried, scheme, rate, seed, n_a=96, steps=PASS
    )
    return score(layers, read()[1].test)


def count(steps):
    """Count in the text that so many training steps read; test."""
    size, (training, validation, text) = read()
    tables = KneserNey(seen(steps), size, 7)
    before = np.concatenate([training, validation])
    return {
        "validation": tables.losses(training, validation),
        "test": tables.losses(before, text),
    }


def cost(task, rate, seed):
    """Count training steps until solved: more than the budget if never."""
    run = recall(*task, rate, seed)
    return run["steps"] if run["solved"] else BUDGET * (2 - run["accuracy"])


def measure_recall(task, seeds, rates=(0.03, 0.1, 0.3)):
    """Choose a learning rate, then train and test from each seed."""
    trial = {"chosen": rates[0]}
    if len(rates) > 1:
        trial = search(partial(cost, task), seeds=[100, 101], rates=rates)
    runs = [recall(*task, trial["chosen"], seed) for seed in seeds]
    return {"trial": trial, "runs": runs}


READ = {  # window, chunk, is the state carried over?, initialisation
    "1, carried": (64, 1, True, "this book"),
    "4, carried": (64, 4, True, "this book"),
    "16, carried": (64, 16, True, "this book"),
    "64, carried": (64, 64, True, "this book"),
    "4, reset": (64, 4, False, "this book"),
    "16, reset": (64, 16, False, "this book"),
    "64, reset": (64, 64, False, "this book"),
    "16, carried, short windows": (16, 16, True, "this book"),
    "4, carried, Keras": (64, 4, True, "Keras"),
    "64, carried, Keras": (64, 64, True, "Keras"),
    "4, reset, Keras": (64, 4, False, "Keras"),
    "4, carried, PyTorch": (64, 4, True, "PyTorch"),
    "64, carried, PyTorch": (64, 64, True, "PyTorch"),
    "4, reset, PyTorch": (64, 4, False, "PyTorch"),
}
LARGE = {  # chunk, is the state carried over?
    "4, carried": (4, True),
    "16, carried": (16, True),
    "64, carried": (64, True),
    "4, reset": (4, False),
}
END = "at the end"
RECALLED = {  # chunk, carried?, asked, strength, initialisation; seeds
    "1": ((1, True, END, 1, "this book"), SEEDS),
    "4": ((4, True, END, 1, "this book"), SEEDS),
    "16": ((16, True, END, 1, "this book"), SEEDS),
    "32": ((32, True, END, 1, "this book"), SEEDS),
    "1, Keras": ((1, True, END, 1, "Keras"), SEEDS),
    "32, Keras": ((32, True, END, 1, "Keras"), SEEDS),
    "1, PyTorch": ((1, True, END, 1, "PyTorch"), SEEDS),
    "32, PyTorch": ((32, True, END, 1, "PyTorch"), SEEDS),
    "1, weak": ((1, True, END, 0.1, "this book"), FEW),
    "32, weak": ((32, True, END, 0.1, "this book"), FEW),
    "1, blank": ((1, True, END, 0, "this book"), FEW, [0.1]),
    "16, blank": ((16, True, END, 0, "this book"), FEW, [0.1]),
    "32, blank": ((32, True, END, 0, "this book"), FEW),
    "16, reset": ((16, False, END, 1, "this book"), FEW, [0.1]),
    "1, always": ((1, True, "always", 1, "this book"), FEW),
    "1, always, blank": ((1, True, "always", 0, "this book"), FEW),
}
PARTS = (
    {f"text, {label}": (measure_text, *row) for label, row in READ.items()}
    | {
        f"large, {label}, seed {k}": (measure_large, *row, k)
        for label, row in LARGE.items()
        for k in SEEDS[:2]
    }
    | {f"table, {steps}": (count, steps) for steps in (STEPS, PASS)}
    | {
        f"recall, {label}": (measure_recall, *row)
        for label, row in RECALLED.items()
    }
)
LEADING = [
    *(f"text, {row}" for row in ("4, carried", "64, carried", "4, reset")),
    *(f"large, {row}, seed {k}" for row in LARGE for k in SEEDS[:2]),
    *(f"recall, {row}" for row in ("1", "32", "1, Keras", "1, PyTorch")),
]


def summarise(measured):
    """Name the results: losses on the text, and what is recalled."""
    text = {label: measured[f"text, {label}"] for label in READ}
    recalled = {label: measured[f"recall, {label}"] for label in RECALLED}
    tables = {}
    for steps in (STEPS, PASS):
        losses = measured[f"table, {steps}"]
        best = int(np.argmin(losses["validation"]))
        tables[steps] = {"n": best, "loss": round(losses["test"][best], 4)}
    return {
        "text": {label: row["losses"] for label, row in text.items()},
        "mean": {
            label: {
                key: round(float(np.mean(losses)), 4)
                for key, losses in row["losses"].items()
            }
            for label, row in text.items()
        },
        "large": {
            label: [measured[f"large, {label}, seed {k}"] for k in SEEDS[:2]]
            for label in LARGE
        },
        "tables": tables,
        "recall": {
            label: {
                key: [run[key] for run in row["runs"]]
                for key in row["runs"][0]
            }
            for label, row in recalled.items()
        },
        "trials": {
            f"{kind}, {label}": row["trial"]
            for kind, rows in (("text", text), ("recall", recalled))
            for label, row in rows.items()
            if "tried" in row["trial"]
        },
        "settings": {
            "text": TEXT,
            "steps": STEPS,
            "pass": PASS,
            "length": LENGTH,
            "budget": BUDGET,
        },
    }
