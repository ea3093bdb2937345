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
    count = (len(tokens) - 1) // (T * m)
    runs = np.lib.stride_tricks.sliding_window_view(tokens, T + 1)[::T]
    return runs[: m * count].reshape(m, count, T + 1).transpose(1, 2, 0)


# ---- Cells: docs/lstm.md, docs/gru.md --------------------------------------

State = namedtuple("State", "a c")  # a GRU leaves its c as it is
Tape = namedtuple("Tape", "states values")


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def lstm_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    (W_f, W_u, W_c, W_o), (b_f, b_u, b_c, b_o) = params
    a_prev, c_prev = state
    a_x = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    gamma_f = sigmoid(W_f @ a_x + b_f)  # (n_a, m), eq. 1
    gamma_u = sigmoid(W_u @ a_x + b_u)  # eq. 2
    c_tilde = np.tanh(W_c @ a_x + b_c)  # eq. 3
    c_t = gamma_f * c_prev + gamma_u * c_tilde  # eq. 4
    gamma_o = sigmoid(W_o @ a_x + b_o)  # eq. 5
    tanh_c = np.tanh(c_t)
    a_t = gamma_o * tanh_c  # eq. 6
    return State(a_t, c_t), (a_x, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)


def lstm_backward(params, tape, da):
    """Send the gradient back through time."""
    W = np.concatenate(params[0])  # of all gates, one below the other
    T, n_a, m = da.shape
    dz, a_x = (np.empty((n, T, m), da.dtype) for n in W.shape)
    dx = np.empty((T, W.shape[1] - n_a, m), da.dtype)
    da_next = dc_next = np.zeros_like(da[0])
    for t in reversed(range(T)):
        a_x[:, t], gamma_f, gamma_u, c_tilde, gamma_o, tanh_c = tape.values[t]
        c_prev = tape.states[t].c
        da_t = da[t] + da_next  # total, eq. 7
        dc_t = dc_next + da_t * gamma_o * (1 - tanh_c**2)  # total, eq. 8
        dz_f = dc_t * c_prev * gamma_f * (1 - gamma_f)  # eq. 9
        dz_u = dc_t * c_tilde * gamma_u * (1 - gamma_u)  # eq. 10
        dz_c = dc_t * gamma_u * (1 - c_tilde**2)  # eq. 11
        dz_o = da_t * tanh_c * gamma_o * (1 - gamma_o)  # eq. 12
        dz[:, t] = np.concatenate((dz_f, dz_u, dz_c, dz_o))
        da_x = W.T @ dz[:, t]  # (n_a + n_x, m), eq. 13
        da_next, dx[t] = da_x[:n_a], da_x[n_a:]
        dc_next = gamma_f * dc_t  # eq. 14
    dW = np.tensordot(dz, a_x, axes=((1, 2), (1, 2)))  # eq. 15
    db = dz.sum(axis=(1, 2))[:, None]  # eq. 16
    return [dW.reshape(4, n_a, -1), db.reshape(4, n_a, 1)], dx


def gru_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    (W_u, W_r, W_c), (U_u, U_r, U_c), (b_u, b_r, b_c) = params
    a_prev, c_prev = state
    gamma_u = sigmoid(W_u @ x_t + U_u @ a_prev + b_u)  # (n_a, m), eq. 1
    gamma_r = sigmoid(W_r @ x_t + U_r @ a_prev + b_r)  # eq. 2
    c_tilde = np.tanh(W_c @ x_t + U_c @ (gamma_r * a_prev) + b_c)  # eq. 3
    a_t = (1 - gamma_u) * a_prev + gamma_u * c_tilde  # (n_a, m), eq. 4
    return State(a_t, c_prev), (x_t, gamma_u, gamma_r, c_tilde)


def gru_backward(params, tape, da):
    """Send the gradient back through time."""
    (W_u, W_r, W_c), (U_u, U_r, U_c), _ = params
    gradients = [np.zeros_like(w) for w in params]
    (dW_u, dW_r, dW_c), (dU_u, dU_r, dU_c), (db_u, db_r, db_c) = gradients
    T, _, m = da.shape
    dx = np.empty((T, W_u.shape[1], m), da.dtype)
    da_next = np.zeros_like(da[0])
    for t in reversed(range(T)):
        x_t, gamma_u, gamma_r, c_tilde = tape.values[t]
        a_prev, _ = tape.states[t]
        da_t = da[t] + da_next  # total, eq. 5
        dz_u = da_t * (c_tilde - a_prev) * gamma_u * (1 - gamma_u)  # eq. 6
        dz_c = da_t * gamma_u * (1 - c_tilde**2)  # eq. 7
        d_reset = U_c.T @ dz_c  # for the product gamma_r * a_prev
        dz_r = d_reset * a_prev * gamma_r * (1 - gamma_r)  # eq. 8
        dW_u += dz_u @ x_t.T  # eq. 9
        dW_r += dz_r @ x_t.T
        dW_c += dz_c @ x_t.T
        dU_u += dz_u @ a_prev.T
        dU_r += dz_r @ a_prev.T
        dU_c += dz_c @ (gamma_r * a_prev).T
        db_u += dz_u.sum(axis=1, keepdims=True)
        db_r += dz_r.sum(axis=1, keepdims=True)
        db_c += dz_c.sum(axis=1, keepdims=True)
        dx[t] = W_u.T @ dz_u + W_r.T @ dz_r + W_c.T @ dz_c  # eq. 10
        da_next = (1 - gamma_u) * da_t + gamma_r * d_reset  # eq. 5
        da_next += U_u.T @ dz_u + U_r.T @ dz_r
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
    W_ya = rng.normal(scale=n_a**-0.5, size=(n_y, n_a))
    b_y = np.zeros((n_y, 1))
    return [w.astype(dtype) for w in (*W, b, W_ya, b_y, E)]


def read(cell, params, tokens, state):
    """Read tokens (T, m); return logits for what follows each.

    The state is None before the text begins.
    """
    *params, W_ya, b_y, E = params
    x = E[:, tokens].swapaxes(0, 1)  # eq. 2
    a = np.zeros((len(x), W_ya.shape[1], x.shape[2]), x.dtype)
    blank = State(0 * a[0], 0 * a[0])
    step, tape = CELLS[cell][0], Tape([state or blank], [])
    for t, x_t in enumerate(x):
        state, values = step(params, x_t, tape.states[-1])
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    z = W_ya @ a + b_y  # (T, n_y, m), eq. 1
    return z, state, tape, a


def log_softmax(z):
    """Take the logarithm of the softmax."""
    shifted = z - z.max(axis=-2, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
    return shifted - log_sum  # eq. 4


def score(z, targets):
    """Measure how surprised logits are by what did follow: loss, gradient."""
    n_y, dtype = z.shape[1], z.dtype
    y = np.eye(n_y, dtype=dtype)[targets].swapaxes(1, 2)  # (T, n_y, m), eq. 1
    n = len(z) * z.shape[-1]
    log_y_hat = log_softmax(z)
    surprise = np.where(y > 0, -log_y_hat, 0)  # 0 log 0 counts as 0
    loss = (y * surprise).sum() / n  # eq. 3
    dz = (np.exp(log_y_hat) - y) / n  # (T, n_y, m), eq. 5
    return float(loss), dz


def model(cell, params, piece, state):
    """Forward, loss, backward; return loss, gradients, and the state."""
    *weights, W_ya, _, E = params
    z, state, tape, a = read(cell, params, piece[:-1], state)
    loss, dz = score(z, piece[1:])
    dW_ya = (dz @ a.swapaxes(1, 2)).sum(axis=0)  # (n_y, n_a)
    db_y = dz.sum(axis=(0, 2))[:, None]  # (n_y, 1)
    da = W_ya.T @ dz  # (T, n_a, m), eq. 6
    d_weights, de = CELLS[cell][1](weights, tape, da)
    dE = np.zeros_like(E)
    np.add.at(dE.T, piece[:-1], de.swapaxes(1, 2))  # eq. 3
    return loss, [*d_weights, dW_ya, db_y, dE], state


# ---- Learning: docs/clipping.md, docs/optimizers.md ------------------------


def clip(gradients, threshold):
    """Shorten all gradients by one factor if together they are too long."""
    largest = max(float(abs(g).max(initial=0)) for g in gradients)
    scale = largest or 1.0  # all zero: avoid 0 / 0
    squares = sum(np.square(g / scale, dtype=float).sum() for g in gradients)
    norm = scale * float(np.sqrt(squares))  # eq. 1
    factor = threshold / norm if norm > threshold else 1.0
    return [factor * g for g in gradients]  # eq. 4


def adam(w, g, mean, square, step, rate):
    """Step by the mean gradient, divided by its typical size."""
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    mean = beta_1 * mean + (1 - beta_1) * g
    square = beta_2 * square + (1 - beta_2) * g**2  # eq. 3
    fair_mean = mean / (1 - beta_1**step)
    fair_square = square / (1 - beta_2**step)
    w = w - rate * fair_mean / (np.sqrt(fair_square) + epsilon)
    return w, mean, square


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

MARK = b"checkpoint 1 of char_lstm.py"  # hashed with the data
Run = namedtuple("Run", "step params means squares state")


def save(path, run, settings):
    """Write a checkpoint, or leave the one before as it was."""
    header = settings | {"step": run.step}
    stacks = map(np.stack, zip(run.params, run.means, run.squares))
    file = io.BytesIO()
    np.savez(file, json.dumps(header).encode(), *stacks, *run.state)
    data = file.getvalue() + hashlib.sha256(MARK + file.getvalue()).digest()
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # a name must not lead to no data
    os.replace(part, path)


def load(path):
    """Read a checkpoint, or say what the file is instead."""
    data = path.read_bytes()
    if hashlib.sha256(MARK + data[:-32]).digest() != data[-32:]:
        raise ValueError(f"no whole checkpoint of this version: {path}")
    with np.load(io.BytesIO(data), allow_pickle=False) as members:
        header, *stacks, a, c = members.values()
    header = json.loads(header.item())
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
        z_t = (z_t - z_t.max(axis=0)) / temperature  # eq. 2
        y_hat_t = np.exp(log_softmax(z_t))  # (n_y, 1), eq. 1
        tokens = np.array([rng.choice(len(p), p=p) for p in y_hat_t.T])
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
