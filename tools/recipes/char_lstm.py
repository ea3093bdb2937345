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
from collections import namedtuple
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small: more is slower
import numpy as np

# ---- Text as numbers: docs/text.md -----------------------------------------


def code_points(text):
    """Turn characters into their numbers in Unicode."""
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


def encode(codes, alphabet):
    """Turn numbers in Unicode into tokens: their places in the alphabet."""
    return np.searchsorted(code_points(alphabet), codes)


def read_text(path):
    """Copy a text of any length to disk; list its characters, and hash it."""
    occurs, digest = np.zeros(0x110000, bool), hashlib.sha256()
    with tempfile.TemporaryFile() as copy:
        with open(path, encoding="utf-8-sig") as file:
            while text := file.read(1 << 20):
                codes = code_points(text)
                occurs[codes] = True
                digest.update(codes)
                copy.write(codes)
        copy.flush()
        codes = np.memmap(copy, "<u4", "r")
    alphabet = "".join(map(chr, np.flatnonzero(occurs)))
    return codes, alphabet, digest.hexdigest()


def pieces(tokens, T, m):
    """Cut a text into m columns, and these into pieces of T + 1 tokens."""
    # --8<-- "snippets/text.py:pieces-body" "cut = "="return "


# ---- Cells: docs/lstm.md, docs/gru.md --------------------------------------

State = namedtuple("State", "a c")  # a GRU leaves its c as it is
Tape = namedtuple("Tape", "states values")


# --8<-- "snippets/lstm.py:sigmoid"


def lstm_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    (W_f, W_u, W_c, W_o), (b_f, b_u, b_c, b_o) = params
    a_prev, c_prev = state
    # --8<-- "snippets/lstm.py:step-body"
    return State(a_t, c_t), (a_x, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)


def lstm_backward(params, tape, da):
    """Send the gradient back through time."""
    W = np.concatenate(params[0])  # of all gates, one below the other
    T, n_a, m = da.shape
    dz, a_x = (np.empty((n, T, m), da.dtype) for n in W.shape)
    dx = np.empty((T, W.shape[1] - n_a, m), da.dtype)
    da_next = dc_next = np.zeros_like(da[0])
    # --8<-- "snippets/lstm.py:backward-body"
    return [dW.reshape(4, n_a, -1), db.reshape(4, n_a, 1)], dx


def gru_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    (W_u, W_r, W_c), (U_u, U_r, U_c), (b_u, b_r, b_c) = params
    a_prev, c_prev = state
    # --8<-- "snippets/gru.py:step-body"
    return State(a_t, c_prev), (x_t, gamma_u, gamma_r, c_tilde)


def gru_backward(params, tape, da):
    """Send the gradient back through time."""
    (W_u, W_r, W_c), (U_u, U_r, U_c), _ = params
    gradients = [np.zeros_like(w) for w in params]
    (dW_u, dW_r, dW_c), (dU_u, dU_r, dU_c), (db_u, db_r, db_c) = gradients
    T, _, m = da.shape
    dx = np.empty((T, W_u.shape[1], m), da.dtype)
    da_next = np.zeros_like(da[0])
    # --8<-- "snippets/gru.py:backward-body" "(a_prev,)"="a_prev, _"
    return gradients, dx


CELLS = {"lstm": (lstm_step, lstm_backward), "gru": (gru_step, gru_backward)}


# ---- The model: docs/text.md, docs/readout.md ------------------------------


def init_model(cell, rng, n_y, n_a, n_e=None, dtype=np.float32):
    """Draw weights that keep the scale; without n_e, E makes one-hots."""
    E = rng.normal(size=(n_e, n_y)) if n_e else np.eye(n_y)
    n_x, lstm = len(E), cell == "lstm"
    gates, sizes = (4, [n_a + n_x]) if lstm else (3, [n_x, n_a])
    W = [rng.normal(scale=n**-0.5, size=(gates, n_a, n)) for n in sizes]
    b = np.zeros((gates, n_a, 1))
    b[0] = lstm  # its forget gate starts open
    # --8<-- "snippets/readout.py:init-body"
    return [w.astype(dtype) for w in (*W, b, W_ya, b_y, E)]


def read(cell, params, tokens, state):
    """Read tokens (T, m); return logits for what follows each.

    The state is None before the text begins.
    """
    *params, W_ya, b_y, E = params
    # --8<-- "snippets/text.py:embed-body" e=x
    a = np.zeros((len(x), W_ya.shape[1], x.shape[2]), x.dtype)
    blank = State(0 * a[0], 0 * a[0])
    step, tape = CELLS[cell][0], Tape([state or blank], [])
    # --8<-- "snippets/lstm.py:forward-body" lstm_step=step
    # --8<-- "snippets/readout.py:forward-body"
    return z, state, tape, a


def log_softmax(z):
    """Take the logarithm of the softmax."""
    # --8<-- "snippets/readout.py:log-softmax-body" "log_y_hat = "="return "


def score(z, targets):
    """Measure how surprised logits are by what did follow: loss, gradient."""
    n_y, dtype = z.shape[1], z.dtype
    # --8<-- "snippets/text.py:one-hot-body" x=y tokens=targets n_x=n_y
    # --8<-- "snippets/readout.py:cross-entropy-body"
    return float(loss), dz


def model(cell, params, piece, state):
    """Forward, loss, backward; return loss, gradients, and the state."""
    *weights, W_ya, _, E = params
    z, state, tape, a = read(cell, params, piece[:-1], state)
    loss, dz = score(z, piece[1:])
    # --8<-- "snippets/readout.py:backward-body"
    d_weights, de = CELLS[cell][1](weights, tape, da)
    # --8<-- "snippets/text.py:embed-backward-body" tokens="piece[:-1]"
    return loss, [*d_weights, dW_ya, db_y, dE], state


# ---- Learning: docs/clipping.md, docs/optimizers.md ------------------------


def clip(gradients, threshold):
    """Shorten all gradients by one factor if together they are too long."""
    # --8<-- "snippets/clipping.py:norm-body"
    # --8<-- "snippets/clipping.py:factor-body" "return "="factor = "
    # --8<-- "snippets/clipping.py:shorten-body" "clipped = "="return "


def adam(w, g, mean, square, step, rate):
    """Step by the mean gradient, divided by its typical size."""
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    # --8<-- "snippets/optimizers.py:adam-body"
    return w, mean, square


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

MARK = b"checkpoint 1 of char_lstm.py"  # hashed with the data
Run = namedtuple("Run", "step params means squares state")


def save(path, run, settings):
    """Write a checkpoint, or leave the one before as it was."""
    header = settings | {"step": run.step}
    stacks = map(np.stack, zip(run.params, run.means, run.squares))
    # --8<-- "snippets/checkpoints.py:pack-body" arrays="stacks, *run.state"
    part = path.with_name(path.name + ".part")
    # --8<-- "snippets/checkpoints.py:write-body"


def load(path):
    """Read a checkpoint, or say what the file is instead."""
    data = path.read_bytes()
    # --8<-- "snippets/checkpoints.py:load-body" CheckpointError=ValueError
    # --8<-- "snippets/checkpoints.py:unpack-body" arrays="stacks, a, c"
    return Run(header.pop("step"), *zip(*stacks), State(a, c)), header


# ---- Training: docs/training.md --------------------------------------------


def advance(run, settings, seen, rate):
    """Make one update; return the run after it, and the loss before it."""
    step, params, means, squares, state = run
    state = state if step % len(seen) else None  # the text begins
    piece = encode(seen[step % len(seen)], settings["alphabet"])
    loss, gradients, state = model(settings["cell"], params, piece, state)
    if not settings["embedding"]:
        gradients[-1][:] = 0  # one-hot: given, not learned
    arrays = zip(params, clip(gradients, threshold=1.0), means, squares)
    rate = rate * (1 + step / 500) ** -0.5  # ever finer
    learned = [adam(*four, step + 1, rate) for four in arrays]
    return Run(step + 1, *zip(*learned), state), loss


def measure(run, settings, held_out):
    """Return the loss on text that is not learned, the state carried on."""
    losses, state = [], None
    for piece in encode(held_out, settings["alphabet"]):
        z, state, *_ = read(settings["cell"], run.params, piece[:-1], state)
        losses.append(score(z, piece[1:])[0])
    return np.mean(losses)


@np.errstate(over="ignore", invalid="ignore")  # keep() looks at the loss
def train(text, checkpoint, rate, minutes, steps, every, **settings):
    """Train a network on a text; if there is a checkpoint, go on from it.

    --units       numbers in its state
    --embedding   numbers that stand for a character, or one-hot
    --length      steps that a gradient goes back
    --batch       places in the text that are read side by side
    --seed        what chance begins with
    --rate        how far the first updates go; later ones go less far
    --minutes     when to stop, counted from now
    --steps       when to stop, counted in updates from the first
    --every       updates between checkpoints
    --checkpoint  the file in which the network is kept
    """
    T, m = settings["length"], settings["batch"]
    codes, settings["alphabet"], settings["text"] = read_text(text)
    last = len(codes) // 20
    if last <= T * m:
        raise ValueError(f"expected {20 * T * m + 20} characters or more")
    seen, held_out = pieces(codes[:-last], T, m), pieces(codes[-last:], T, m)
    if checkpoint.exists():
        run, saved = load(checkpoint)
        if other := [key for key in saved if saved[key] != settings[key]]:
            raise ValueError(f"{checkpoint} has other {', '.join(other)}")
    else:
        cell, rng = settings["cell"], np.random.default_rng(settings["seed"])
        n_y, n_a = len(settings["alphabet"]), settings["units"]
        params = init_model(cell, rng, n_y, n_a, settings["embedding"])
        zeros = [np.zeros_like(w) for w in params]
        run = Run(0, params, zeros, zeros, None)
    losses, first, began = [], run.step, time.perf_counter()

    def keep():
        loss, nats = np.mean(losses), measure(run, settings, held_out[:50])
        if not np.isfinite(nats + loss):
            sys.exit("char_lstm.py: the loss diverged: try a smaller --rate")
        save(checkpoint, run, settings)
        losses.clear()
        speed = (run.step - first) * T * m / (time.perf_counter() - began)
        print(f"step {run.step:<7} loss {loss:.3f}", end="   ")
        print(f"held out {nats:.3f}   {speed:,.0f} characters/s", flush=True)

    try:
        while run.step < steps and time.perf_counter() < began + 60 * minutes:
            run, loss = advance(run, settings, seen, rate)
            losses.append(loss)
            if run.step % every == 0:
                keep()
    finally:  # at the end, and after Ctrl-C
        if losses:
            keep()


# ---- Writing: docs/sampling.md ---------------------------------------------


def sample(checkpoint, temperature, prompt, length, seed):
    """Let a trained network write.

    --temperature  below 1 is bolder, above 1 wilder
    --prompt       what the network reads first
    --length       characters to write
    --seed         what chance begins with; None is another each time
    --checkpoint   the file in which the network is kept
    """
    run, settings = load(checkpoint)
    alphabet, rng = settings["alphabet"], np.random.default_rng(seed)
    if strange := "".join(sorted(set(prompt) - set(alphabet))):
        raise ValueError(f"the network has never seen {strange!r}")
    tokens, state = encode(code_points(prompt or alphabet[0]), alphabet), None
    print(prompt, end="")
    for _ in range(length):
        tokens = tokens[:, None]
        z, state, *_ = read(settings["cell"], run.params, tokens, state)
        z_t = z[-1].astype(float)
        # --8<-- "snippets/sampling.py:temperature-body"
        # --8<-- "snippets/sampling.py:draw-body" "softmax(z_t)"="np.exp(log_softmax(z_t))" drawn=tokens ", dtype=int"="" "(n_y, m)"="(n_y, 1)"
        print(alphabet[tokens[0]], end="", flush=True)
    print()


# ---- The command line ------------------------------------------------------

TRAIN = {"cell": "lstm", "units": 128, "embedding": None, "length": 32}
TRAIN |= {"batch": 32, "rate": 0.02, "minutes": 1.5, "steps": np.inf}
TRAIN |= {"every": 250, "seed": 1, "checkpoint": Path("char_lstm.npz")}
SAMPLE = {"temperature": 0.8, "prompt": "", "length": 500, "seed": None}
SAMPLE |= {"checkpoint": Path("char_lstm.npz")}


def main(words=None):
    """Do what the command line says."""
    parser = argparse.ArgumentParser("char_lstm.py")
    commands = parser.add_subparsers(required=True)
    for run, options in ((train, TRAIN), (sample, SAMPLE)):
        title, *_ = run.__doc__.splitlines()
        command = commands.add_parser(run.__name__, help=title)
        command.set_defaults(run=run, **options)
        add = command.add_argument
        if run is train:
            add("text", help="a file in UTF-8")
            add("--cell", choices=CELLS, help="its kind (lstm)")
        for name, about in re.findall(r"--(\w+) +(.+)", run.__doc__):
            value = options[name]
            kind = int if value is None else type(value)
            add(f"--{name}", type=kind, help=f"{about} ({value})")
    given = vars(parser.parse_args(words))
    for name, value in given.items():
        if isinstance(value, (int, float)) and not value > 0:
            parser.error(f"expected --{name} above 0, got {value}")
    try:
        given.pop("run")(**given)
    except KeyboardInterrupt:
        parser.exit(130, "\nStopped.\n")
    except UnicodeDecodeError:
        parser.error(f"expected UTF-8 in {given['text']}")
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
