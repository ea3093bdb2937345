# SPDX-License-Identifier: MIT-0
"""Train a recurrent network on a text, character by character; let it write.

    python char_lstm.py train input.txt
    python char_lstm.py sample --prompt "Good " --temperature 0.8

NumPy only. Explained in docs/char-lstm.md, proven in tests/test_char_lstm.py.
The mathematics is copied, by a program, from the other snippets of the book:
each part names the pages that explain it, and `eq. 1` is an equation there.
"""

import argparse
import hashlib
import io
import json
import os
import re
import sys
import tempfile
import time
import zipfile
import zlib
from collections import namedtuple
from contextlib import suppress
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small: more is slower
import numpy as np

# ---- Text as numbers: docs/text.md -----------------------------------------


def read_text(path, size=1 << 20):
    """Read a text of any length, piece by piece."""
    # --8<-- "snippets/text.py:read-body"


def find_alphabet(texts):
    """List the characters that occur, each once."""
    # --8<-- "snippets/text.py:alphabet-body"
    return alphabet


def encode(text, alphabet):
    """Turn characters into tokens: their places in the alphabet."""
    # --8<-- "snippets/text.py:encode-body"
    return tokens


def encode_file(path, alphabet, size=1 << 20):
    """Turn a text of any length into tokens that stay on disk."""
    # --8<-- "snippets/text.py:file-body"
    return tokens


def pieces(tokens, T, m):
    """Cut a text into m columns, and these into pieces of T + 1 tokens."""
    # --8<-- "snippets/text.py:pieces-body"
    return cut


# ---- Cells: docs/lstm.md, docs/gru.md --------------------------------------

Cell = namedtuple("Cell", "init step backward State")
Tape = namedtuple("Tape", "states values")
LSTMState = namedtuple("LSTMState", "a c")
GRUState = namedtuple("GRUState", "a")


# --8<-- "snippets/lstm.py:sigmoid"


def init_lstm(rng, n_x, n_a, forget_bias=1.0):
    """Draw weights; the forget gate starts open."""
    # --8<-- "snippets/lstm.py:init-body"
    return weights


def lstm_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    W_f, b_f, W_u, b_u, W_c, b_c, W_o, b_o = params
    a_prev, c_prev = state
    # --8<-- "snippets/lstm.py:step-body"
    values = (a_x, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)
    return LSTMState(a_t, c_t), values


def lstm_backward(params, tape, da):
    """Send the gradient back through time."""
    W_f, _, W_u, _, W_c, _, W_o, _ = params
    W = np.concatenate((W_f, W_u, W_c, W_o))
    T, n_a, m = da.shape
    dz, a_x = (np.empty((n, T, m), da.dtype) for n in W.shape)
    dx = np.empty((T, W.shape[1] - n_a, m), da.dtype)
    da_next = dc_next = np.zeros((n_a, m), da.dtype)
    # --8<-- "snippets/lstm.py:backward-body"
    pairs = zip(np.split(dW, 4), np.split(db, 4))
    return [gradient for pair in pairs for gradient in pair], dx


def init_gru(rng, n_x, n_a):
    """Draw weights."""
    # --8<-- "snippets/gru.py:init-body"
    return weights


def gru_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    W_u, U_u, b_u, W_r, U_r, b_r, W_c, U_c, b_c = params
    (a_prev,) = state
    # --8<-- "snippets/gru.py:step-body"
    return GRUState(a_t), (x_t, gamma_u, gamma_r, c_tilde)


def gru_backward(params, tape, da):
    """Send the gradient back through time."""
    W_u, U_u, _, W_r, U_r, _, W_c, U_c, _ = params
    gradients = [np.zeros_like(w) for w in params]
    dW_u, dU_u, db_u, dW_r, dU_r, db_r, dW_c, dU_c, db_c = gradients
    T, n_a, m = da.shape
    dx = np.empty((T, W_u.shape[1], m), da.dtype)
    da_next = np.zeros((n_a, m), da.dtype)
    # --8<-- "snippets/gru.py:backward-body"
    return gradients, dx


CELLS = {
    "lstm": Cell(init_lstm, lstm_step, lstm_backward, LSTMState),
    "gru": Cell(init_gru, gru_step, gru_backward, GRUState),
}


# ---- The model: docs/text.md, docs/readout.md ------------------------------


def init_model(cell, rng, n_y, n_a, n_e, dtype=np.float32):
    """Draw the weights of cell and readout, and embeddings or one-hots."""
    E = rng.normal(size=(n_e, n_y)) if n_e else np.eye(n_y)
    weights = CELLS[cell].init(rng, len(E), n_a)
    # --8<-- "snippets/readout.py:init-body"
    return [w.astype(dtype) for w in (*weights, W_ya, b_y, E)]


def blank(cell, params, m):
    """Return the state of a cell that has read nothing."""
    State, n_a, dtype = CELLS[cell].State, len(params[0]), params[0].dtype
    return State(*(np.zeros((n_a, m), dtype) for _ in State._fields))


def read(cell, params, tokens, state):
    """Read tokens (T, m); return logits for what follows each."""
    *params, W_ya, b_y, E = params
    # --8<-- "snippets/text.py:embed-body" e=x
    step, tape = CELLS[cell].step, Tape([state], [])
    a = np.empty((len(x), *state.a.shape), x.dtype)
    # --8<-- "snippets/lstm.py:forward-body" lstm_step=step
    # --8<-- "snippets/readout.py:forward-body"
    return z, state, tape, a


def log_softmax(z):
    """Take the logarithm of the softmax."""
    # --8<-- "snippets/readout.py:log-softmax-body"
    return log_y_hat


def score(z, targets):
    """Measure how surprised logits are by what did follow: loss, gradient."""
    n_y, dtype = z.shape[1], z.dtype
    # --8<-- "snippets/text.py:one-hot-body" x=y tokens=targets n_x=n_y
    # --8<-- "snippets/readout.py:cross-entropy-body"
    return float(loss), dz


def model(cell, params, piece, state, one_hot=False):
    """Forward, loss, backward; return loss, gradients, and the state."""
    *weights, W_ya, _, E = params
    tokens, targets = piece[:-1], piece[1:]
    z, state, tape, a = read(cell, params, tokens, state)
    loss, dz = score(z, targets)
    # --8<-- "snippets/readout.py:backward-body"
    d_weights, de = CELLS[cell].backward(weights, tape, da)
    # --8<-- "snippets/text.py:embed-backward-body"
    if one_hot:
        dE[...] = 0  # these columns are given, not learned
    return loss, [*d_weights, dW_ya, db_y, dE], state


# ---- Learning: docs/clipping.md, docs/optimizers.md ------------------------


def global_norm(gradients):
    """Measure the length of all gradients, laid end to end."""
    # --8<-- "snippets/clipping.py:norm-body"
    return norm


# --8<-- "snippets/clipping.py:factor"


def clip(gradients, threshold):
    """Shorten all gradients by one factor if together they are too long."""
    # --8<-- "snippets/clipping.py:by-global-norm-body"
    return clipped


def adam(params, gradients, means, squares, step, rate):
    """Step by the mean gradient, divided by its typical size."""
    beta_1, beta_2, epsilon, new = 0.9, 0.999, 1e-8, []
    for w, g, mean, square in zip(params, gradients, means, squares):
        # --8<-- "snippets/optimizers.py:adam-body"
        new.append((w, mean, square))
    return [list(arrays) for arrays in zip(*new)]


# ---- Writing: docs/sampling.md ---------------------------------------------


def softmax(z):
    """Turn logits into probabilities."""
    # --8<-- "snippets/readout.py:softmax-body"
    return y_hat


def draw(z_t, rng, temperature):
    """Draw one token for each column, as likely as the softmax says."""
    # --8<-- "snippets/sampling.py:temperature-body"
    # --8<-- "snippets/sampling.py:draw-body"
    return drawn


def generate(predict, state, prompt, length, choose, stop=None):
    """Let a cell write: what is chosen becomes the next input."""
    # --8<-- "snippets/sampling.py:generate-body"
    return chosen


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

# --8<-- "snippets/checkpoints.py:types"


Run = namedtuple("Run", "step params means squares state")


def save_checkpoint(path, arrays, about):
    """Write a checkpoint, or leave the one before as it was."""
    header = json.dumps({"names": list(arrays), "about": about}).encode()
    # --8<-- "snippets/checkpoints.py:pack-body"
    # --8<-- "snippets/checkpoints.py:save-body"


def load_checkpoint(path):
    """Read a checkpoint, or say what the file is instead."""
    data = path.read_bytes()
    want = f"expected a checkpoint of version {VERSION} in {path}, got"
    # --8<-- "snippets/checkpoints.py:load-body"
    # --8<-- "snippets/checkpoints.py:unpack-body"
    return dict(zip(header["names"], arrays)), header["about"]


def save_run(path, run, about):
    """Keep all that it takes to go on from the very same bits."""
    lists = run._asdict() | {"step": []}
    names = [(name, i) for name, it in lists.items() for i in range(len(it))]
    arrays = {f"{name}.{i}": lists[name][i] for name, i in names}
    save_checkpoint(path, arrays, about | {"step": run.step})


def load_run(path):
    """Read what `save_run` kept."""
    arrays, about = load_checkpoint(path)
    if "alphabet" not in about:
        raise CheckpointError(f"expected a network of char_lstm in {path}")
    lists = {name: [] for name in Run._fields[1:]}
    for name, array in arrays.items():
        lists[name.split(".")[0]].append(array)
    lists["state"] = CELLS[about["cell"]].State(*lists["state"])
    return Run(about["step"], **lists), about


# ---- Training: docs/training.md --------------------------------------------

SETTINGS = {"cell": "lstm", "units": 128, "embedding": 0, "length": 32}
SETTINGS |= {"batch": 32, "rate": 0.02, "clip": 1.0, "seed": 0}


def prepare(path, about):
    """Encode the text; return pieces to learn from, and pieces held out."""
    T, m = about["length"], about["batch"]
    if "alphabet" not in about:  # a new run
        about["alphabet"] = find_alphabet(read_text(path))
    tokens = encode_file(path, about["alphabet"])
    if about.setdefault("text", zlib.crc32(tokens)) != zlib.crc32(tokens):
        raise ValueError(f"{path} is not the text that the run began with")
    least = max(T * m * 20 // 19 + 2, 20 * T + 20)
    if len(tokens) < least:
        raise ValueError(
            f"expected at least {least} characters in {path} for "
            f"--length {T} and --batch {m}, got {len(tokens)}"
        )
    seen, held_out = np.split(tokens, [len(tokens) - len(tokens) // 20])
    held_out = held_out[:50_000]  # enough to measure on
    columns = min(m, (len(held_out) - 1) // T)
    return pieces(seen, T, m), pieces(held_out, T, columns)


def begin(about):
    """Return a run before its first update."""
    cell, rng = about["cell"], np.random.default_rng(about["seed"])
    sizes = len(about["alphabet"]), about["units"], about["embedding"]
    params = init_model(cell, rng, *sizes)
    zeros = [np.zeros_like(w) for w in params]
    return Run(0, params, zeros, zeros, blank(cell, params, about["batch"]))


def finite(loss):
    """Stop where a loss is no longer a number."""
    if not np.isfinite(loss):
        raise ArithmeticError(
            "the loss is no longer a number: try a smaller --rate; "
            "what the checkpoint holds is as it was"
        )
    return loss


def advance(run, about, seen):
    """Make one update; return the run after it, and the loss before it."""
    step, params, means, squares, state = run
    cell, one_hot = about["cell"], about["embedding"] == 0
    if step % len(seen) == 0:  # the text begins
        state = blank(cell, params, about["batch"])
    piece = seen[step % len(seen)]
    loss, gradients, state = model(cell, params, piece, state, one_hot)
    gradients = clip(gradients, about["clip"]) if finite(loss) else None
    rate = about["rate"] * (1 + step / 500) ** -0.5  # fast first, then fine
    learned = adam(params, gradients, means, squares, step + 1, rate)
    return Run(step + 1, *learned, state), loss


def surprise(run, about, held_out):
    """Measure the loss on text that is not learned, the state carried on."""
    cell, losses = about["cell"], []
    state = blank(cell, run.params, held_out.shape[2])
    for piece in held_out:
        z, state, _, _ = read(cell, run.params, piece[:-1], state)
        losses.append(score(z, piece[1:])[0])
    return finite(np.mean(losses))


def train(
    file, checkpoint, resume=False, minutes=0, steps=0, every=250, **given
):
    """Train a network on a text."""
    if resume and (kept := given.keys() - {"rate", "clip"}):
        raise ValueError(f"--resume keeps --{min(kept)}: leave it out")
    if checkpoint.exists() and not resume:
        raise ValueError(
            f"{checkpoint} exists: --resume goes on from it, "
            "--checkpoint NAME begins another"
        )
    run, about = load_run(checkpoint) if resume else (None, SETTINGS)
    about = about | given
    seen, held_out = prepare(file, about)
    run, losses, nats = run or begin(about), [], "..."
    first, began = run.step, time.perf_counter()
    shown, end = began, began + 60 * (minutes or (np.inf if steps else 1.5))

    def show(ending):
        seconds = time.perf_counter() - began
        speed = (run.step - first) * seen[0, 1:].size / seconds
        print(
            f"step {run.step:<7} loss {np.mean(losses[-100:] or np.nan):.3f} "
            f"  held out {nats:5}   {speed:,.0f} characters/s   "
            f"{seconds:.0f} s",
            end=ending,
            flush=True,
        )

    def keep():
        nonlocal nats
        nats = f"{surprise(run, about, held_out):.3f}"
        save_run(checkpoint, run, about)
        show("\n")

    try:
        while run.step < (steps or np.inf) and time.perf_counter() < end:
            run, loss = advance(run, about, seen)
            losses = [*losses[-99:], loss]
            if run.step % every == 0:
                keep()
            elif sys.stdout.isatty() and time.perf_counter() > shown + 1:
                shown = time.perf_counter()
                show("   \r")
    except KeyboardInterrupt:
        keep()
        raise
    if run.step % every or not checkpoint.exists():
        keep()


# ---- The command line ------------------------------------------------------


def sample(checkpoint, temperature=0.8, prompt="", length=500, seed=None):
    """Let a trained network write."""
    run, about = load_run(checkpoint)
    cell, alphabet = about["cell"], about["alphabet"]

    def predict(token, state):
        z, state, _, _ = read(cell, run.params, np.array([[token]]), state)
        return z[0].astype(float), state

    rng = np.random.default_rng(seed)
    choose = partial(draw, rng=rng, temperature=temperature)
    heard = encode(prompt or alphabet[0], alphabet)
    state = blank(cell, run.params, 1)
    chosen = generate(predict, state, heard, length, choose)
    print(prompt + "".join(alphabet[token] for token in chosen))


def above(bound, kind, word):
    """Read a number above a bound."""
    with suppress(ValueError):
        if bound < kind(word) < np.inf:
            return kind(word)
    kind = {int: "whole number", float: "number"}[kind]
    raise argparse.ArgumentTypeError(
        f"expected a {kind} above {bound}, got {word!r}"
    )


def a_cell(word):
    """Read the name of a cell."""
    if word in CELLS:
        return word
    raise argparse.ArgumentTypeError(f"expected lstm or gru, got {word!r}")


WHOLE, POSITIVE = partial(above, 0, int), partial(above, 0, float)
NOT_NEGATIVE = partial(above, -1, int)
OPTIONS = {
    train: {
        "checkpoint": (Path, "file of the network (char_lstm.npz)"),
        "cell": (a_cell, "lstm or gru (lstm)"),
        "units": (WHOLE, "numbers that the cell carries on (128)"),
        "embedding": (NOT_NEGATIVE, "numbers a character, 0: one-hot (0)"),
        "length": (WHOLE, "characters that a gradient reaches back (32)"),
        "batch": (WHOLE, "places of the text read side by side (32)"),
        "rate": (POSITIVE, "learning rate at the start (0.02)"),
        "clip": (POSITIVE, "largest norm of a gradient (1.0)"),
        "seed": (NOT_NEGATIVE, "chooses the first weights (0)"),
        "minutes": (POSITIVE, "when to stop (1.5, or never with --steps)"),
        "steps": (WHOLE, "when to stop: updates since the beginning"),
        "every": (WHOLE, "updates from checkpoint to checkpoint (250)"),
    },
    sample: {
        "checkpoint": (Path, "file of the network (char_lstm.npz)"),
        "temperature": (POSITIVE, "below 1 bolder, above 1 wilder (0.8)"),
        "prompt": (str, "what the network reads first"),
        "length": (WHOLE, "characters to write (500)"),
        "seed": (NOT_NEGATIVE, "the same writes the same (any)"),
    },
}


def main(argv=None):
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="char_lstm.py", description=__doc__.split("\n")[0]
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for run, options in OPTIONS.items():
        text, absent = run.__doc__, argparse.SUPPRESS
        it = commands.add_parser(
            run.__name__, help=text, description=text, argument_default=absent
        )
        it.set_defaults(run=run, checkpoint=Path("char_lstm.npz"))
        for name, (kind, text) in options.items():
            it.add_argument(f"--{name}", type=kind, help=text)
        if run is train:
            text = "go on from the checkpoint"
            it.add_argument("--resume", action="store_true", help=text)
            it.add_argument("file", help="a text in UTF-8")
    given = vars(parser.parse_args(argv))
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # finite() looks
            given.pop("run")(**given)
    except KeyboardInterrupt:
        print("\nStopped. What was learned is kept.", file=sys.stderr)
        return 130
    except (ArithmeticError, OSError, ValueError) as error:
        print(f"char_lstm.py: {error}", file=sys.stderr)
        return 1 if isinstance(error, ArithmeticError) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
