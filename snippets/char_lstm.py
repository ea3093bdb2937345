# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Train a recurrent network on a text, byte by byte, and let it write.

    python char_lstm.py train input.txt
    python char_lstm.py sample --prompt "Good " --temperature 0.8

It runs on Python 3.11 or newer with NumPy 2.0 or newer. Explained in
docs/char-lstm.md, proven in tests/test_char_lstm.py. Much of it is assembled
from the other snippets of the book, and a test compares the rest with them.
Each part names the pages that explain it, and `eq. 1` is an equation there.
"""

import argparse
import codecs
import hashlib
import io
import json
import os
import time
from collections import namedtuple
from pathlib import Path

# Matrices of this size are multiplied faster by a single thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

# ---- Text: docs/text.md ----------------------------------------------------


def pieces(tokens, T, m):
    """Cut a text into m columns, and these into chunks of T + 1 tokens."""
    count = (len(tokens) - 1) // (T * m)
    runs = np.lib.stride_tricks.sliding_window_view(tokens, T + 1)[::T]
    return runs[: m * count].reshape(m, count, T + 1).transpose(1, 2, 0)


# ---- Cells: docs/lstm.md, docs/gru-reset-after.md --------------------------
#
# z_x is what the input adds to the gates and the candidate, and z_a what the
# last hidden state adds. A step returns the next state (a_t, c_t), and what
# the backward pass reuses. The backward pass returns the gradients with
# respect to z_x, z_a, a_prev (apart from what comes through z_a) and c_prev.


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def lstm_step(z_x, z_a, a_prev, c_prev):
    """Take one step in time."""
    z_f, z_u, z_c, z_o = z_x + z_a
    gamma_f, gamma_u = sigmoid(z_f), sigmoid(z_u)  # eq. 1, eq. 2
    c_tilde, gamma_o = np.tanh(z_c), sigmoid(z_o)  # eq. 3, eq. 5
    c_t = gamma_f * c_prev + gamma_u * c_tilde  # eq. 4
    tanh_c = np.tanh(c_t)
    a_t = gamma_o * tanh_c  # eq. 6
    return (a_t, c_t), (c_prev, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)


def lstm_backward(values, da_t, dc_next):
    """Send the gradient back by one step."""
    c_prev, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c = values
    dc_t = dc_next + da_t * gamma_o * (1 - tanh_c**2)  # total, eq. 8
    dz_f = dc_t * c_prev * gamma_f * (1 - gamma_f)  # eq. 9
    dz_u = dc_t * c_tilde * gamma_u * (1 - gamma_u)  # eq. 10
    dz_c = dc_t * gamma_u * (1 - c_tilde**2)  # eq. 11
    dz_o = da_t * tanh_c * gamma_o * (1 - gamma_o)  # eq. 12
    dz = np.concatenate((dz_f, dz_u, dz_c, dz_o))
    return dz, dz, 0, gamma_f * dc_t  # eq. 14


def gru_step(z_x, z_a, a_prev, c_prev):
    """Take one step in time; a GRU leaves the cell state alone."""
    gamma_u, gamma_r = sigmoid(z_x[:2] + z_a[:2])  # eq. 1, eq. 2
    recalled = z_a[2]  # eq. 3
    c_tilde = np.tanh(z_x[2] + gamma_r * recalled)  # eq. 4
    a_t = (1 - gamma_u) * a_prev + gamma_u * c_tilde  # (n_a, m), eq. 5
    return (a_t, c_prev), (a_prev, gamma_u, gamma_r, recalled, c_tilde)


def gru_backward(values, da_t, dc_next):
    """Send the gradient back by one step."""
    a_prev, gamma_u, gamma_r, recalled, c_tilde = values
    dz_u = da_t * (c_tilde - a_prev) * gamma_u * (1 - gamma_u)  # eq. 7
    dz_c = da_t * gamma_u * (1 - c_tilde**2)  # eq. 8
    dz_r = dz_c * recalled * gamma_r * (1 - gamma_r)  # eq. 9
    d_recalled = dz_c * gamma_r  # (n_a, m), eq. 10
    dz_x = np.concatenate((dz_u, dz_r, dz_c))
    dz_a = np.concatenate((dz_u, dz_r, d_recalled))
    return dz_x, dz_a, (1 - gamma_u) * da_t, dc_next


STEP = {"lstm": lstm_step, "gru": gru_step}
BACKWARD = {"lstm": lstm_backward, "gru": gru_backward}


# ---- The model: docs/readout.md --------------------------------------------


def init_model(cell, rng, n_y, n_a, dtype=np.float32):
    """Draw weights such that each product starts with a variance near 1.

    If k numbers are added up, their weights have the standard deviation
    1 / sqrt(k). A hidden state has n_a numbers, but of the input a single
    one counts, since it is one-hot. The biases are part of W. Those of an
    LSTM's forget gate start 1 higher, so that the gate starts open.
    """
    n = n_a * {"lstm": 4, "gru": 3}[cell]  # gates and the candidate
    W = rng.normal(size=(n, n_y))
    U = rng.normal(scale=n_a**-0.5, size=(n, n_a))
    W_ya = rng.normal(scale=n_a**-0.5, size=(n_y, n_a))
    if cell == "lstm":
        W[:n_a] += 1
    return [w.astype(dtype) for w in (W, U, W_ya, np.zeros((n_y, 1)))]


def read(cell, params, tokens, state):
    """Read tokens (T, m); return log-probabilities of what follows each.

    The state is None before the text begins. Returned with them: the state
    at the end, all hidden states, and what the backward pass reuses. The
    product of W with a one-hot column is a column of W, so it is looked up.
    """
    W, U, W_ya, b_y = params
    n_a, (T, m) = U.shape[1], tokens.shape
    state = np.zeros((2, n_a, m), U.dtype) if state is None else state
    z_x = W[:, tokens].swapaxes(0, 1).reshape(T, -1, n_a, m)
    hidden, tape = [state[0]], []
    for z_x_t in z_x:
        z_a = (U @ hidden[-1]).reshape(-1, n_a, m)
        state, values = STEP[cell](z_x_t, z_a, *state)
        hidden.append(state[0])
        tape.append(values)
    hidden = np.stack(hidden)  # (T + 1, n_a, m), first the one before
    z = W_ya @ hidden[1:] + b_y  # (T, n_y, m), eq. 1
    shifted = z - z.max(axis=-2, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
    log_y_hat = shifted - log_sum  # eq. 4
    return log_y_hat, state, hidden, tape


def model(cell, params, piece, state):
    """Return the loss on a chunk (T + 1, m), its gradients, and the state."""
    (_, U, W_ya, _), n = params, piece[1:].size
    log_y_hat, state, hidden, tape = read(cell, params, piece[:-1], state)
    one_hot = np.eye(len(W_ya), dtype=U.dtype)[piece].swapaxes(1, 2)
    x, y, a_prev, a = one_hot[:-1], one_hot[1:], hidden[:-1], hidden[1:]
    loss = -(y * log_y_hat).sum() / n  # eq. 3
    dz = (np.exp(log_y_hat) - y) / n  # (T, n_y, m), eq. 5
    dW_ya = np.tensordot(dz, a, axes=((0, 2), (0, 2)))  # (n_y, n_a)
    # a sum in float16 would stop growing
    db_y = dz.sum(axis=(0, 2), dtype=np.result_type(dz, "f4"))[:, None]
    da = W_ya.T @ dz  # (T, n_a, m), eq. 6
    dz_x, dz_a = np.empty((2, len(a), len(U), a.shape[2]), a.dtype)
    da_next = dc_next = 0
    for t in reversed(range(len(a))):
        back = BACKWARD[cell](tape[t], da[t] + da_next, dc_next)
        dz_x[t], dz_a[t], da_next, dc_next = back
        da_next = da_next + U.T @ dz_a[t]
    dW = np.tensordot(dz_x, x, axes=((0, 2), (0, 2)))
    dU = np.tensordot(dz_a, a_prev, axes=((0, 2), (0, 2)))
    return float(loss), [dW, dU, dW_ya, db_y], state


# ---- Learning: docs/optimizers.md, docs/clipping.md ------------------------


def adam(w, g, mean, square, step, rate):
    """Step by the mean gradient, divided by its typical size."""
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    mean = beta_1 * mean + (1 - beta_1) * g
    square = beta_2 * square + (1 - beta_2) * g**2  # eq. 3
    fair_mean = mean / (1 - beta_1**step)
    fair_square = square / (1 - beta_2**step)
    w = w - rate * fair_mean / (np.sqrt(fair_square) + epsilon)
    return w, mean, square


# What is known after a training step: the validation loss, if it was
# measured, the weights, both memories of Adam, and the state of the cell.
Run = namedtuple("Run", "step loss params means squares state")


def advance(run, settings, seen, rate):
    """Make one training step; return the run after it, and its loss."""
    state = run.state if run.step % len(seen) else None  # the text begins
    piece = np.searchsorted(settings["alphabet"], seen[run.step % len(seen)])
    loss, gradients, state = model(settings["cell"], run.params, piece, state)
    norm = np.linalg.norm([np.linalg.norm(g) for g in gradients])  # eq. 1
    clipped = [g / max(1.0, float(norm)) for g in gradients]
    rate = rate * (1 + run.step / 500) ** -0.5  # falls as training goes on
    rows = zip(run.params, clipped, run.means, run.squares)
    learned = [adam(*row, run.step + 1, rate) for row in rows]
    # Turned into all weights, all means and all squares:
    return Run(run.step + 1, None, *zip(*learned), state), loss


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

MARK = b"checkpoint 3 of char_lstm.py"  # hashed with the data
HINT = "; to use another file, pass --checkpoint"


def write(path, data):
    """Write a file whole or not at all; without data, only try its place."""
    part = Path(f"{path.resolve()}.part")
    try:
        try:
            part.write_bytes(data)
            if data:
                part.replace(path.resolve())  # where a link leads
        finally:
            part.unlink(missing_ok=True)
    except OSError as e:
        raise ValueError(f"cannot write {path}: {e.strerror}{HINT}") from e


def save(path, settings, run, best):
    """Save the last run, to resume from, and the weights of the best one."""
    header = settings, run[:2], best[:2]
    arrays = *run.params, *run.means, *run.squares, *run.state, *best.params
    file = io.BytesIO()
    np.savez(file, json.dumps(header).encode(), *arrays)
    data = file.getvalue()
    write(path, data + hashlib.sha256(MARK + data).digest())


def load(path):
    """Return settings, the last run and the best, or say what is wrong."""
    if not path.is_file():
        raise ValueError(f"no file {path}: train first{HINT}")
    data = path.read_bytes()
    if hashlib.sha256(MARK + data[:-32]).digest() != data[-32:]:
        raise ValueError(f"not a valid checkpoint: {path}{HINT}")
    with np.load(io.BytesIO(data), allow_pickle=False) as members:
        header, *w = members.values()
    header = json.loads(header.item())
    settings, last, best = header
    run = Run(*last, w[:4], w[4:8], w[8:12], w[12:14])
    return settings, run, Run(*best, w[14:], None, None, None)


# ---- Training: docs/training.md --------------------------------------------

FIXED = "cell", "units", "length", "batch", "seed", "text"  # for a whole run


def prepare(path, options):
    """Read the text once; return settings, and the last run and the best."""
    was, run, best = load(path) if path.exists() else (None, None, None)
    write(path, b"")
    digest, counts = hashlib.sha256(), np.zeros(256, int)
    with open(options.text, "rb") as file:
        while len(part := np.fromfile(file, np.uint8, 2**20)):
            digest.update(part)
            counts += np.bincount(part, minlength=256)
    now = {name: getattr(options, name) for name in FIXED}
    now["text"] = digest.hexdigest()[:16]
    now["alphabet"] = np.flatnonzero(counts).tolist()
    if was is None:
        rng, n_y = np.random.default_rng(options.seed), len(now["alphabet"])
        params = init_model(options.cell, rng, n_y, options.units)
        run = Run(0, np.inf, params, 4 * [0], 4 * [0], None)
        return now, run, run
    other = [f"{k} {was[k]}, not {now[k]}" for k in FIXED if was[k] != now[k]]
    if other:
        raise ValueError(f"{path} began with {', '.join(other)}{HINT}")
    return was, run, best


def train(options):
    """Train a network on a text; if there is a checkpoint, resume from it."""
    text, path = options.text, options.checkpoint
    if not text.is_file():
        raise ValueError(f"no file {text} (save a pipe to a file first)")
    T, m, size = options.length, options.batch, text.stat().st_size
    if size < (least := 20 * T * m + 20):
        remedy = "take a longer text, or a smaller --length or --batch"
        raise ValueError(f"{text} has {size} bytes, needs {least}: {remedy}")
    if size >= 10**8:
        print(f"reading {text} ({size / 1e9:.1f} GB) ...", flush=True)
    settings, run, best = prepare(path, options)
    end = time.perf_counter() + 60 * options.minutes
    while run.step < options.steps and time.perf_counter() < end:
        # Mapped again, so that what was read before leaves the memory.
        data, last = np.memmap(text, np.uint8, "r", shape=size), size // 20
        seen = pieces(data[:-last], T, m)
        unseen = pieces(data[-last:], min(500, (last - 1) // m), m)[0]
        unseen = np.searchsorted(settings["alphabet"], unseen)
        began, losses = time.perf_counter(), []
        for _ in range(min(options.every, options.steps - run.step)):
            run, loss = advance(run, settings, seen, options.rate)
            losses.append(loss)
        speed = len(losses) * T * m / (time.perf_counter() - began)
        log_y_hat, *_ = read(options.cell, run.params, unseen[:-1], None)
        nats = -np.take_along_axis(log_y_hat, unseen[1:, None], axis=1)
        run = run._replace(loss=float(nats.mean()))
        if not all(np.isfinite(w).all() for w in [*run.params, losses, nats]):
            raise ValueError(f"diverged: try a --rate below {options.rate}")
        best = run if run.loss < best.loss else best
        save(path, settings, run, best)
        print(f"step {run.step:<7} loss {np.mean(losses):.3f}", end="   ")
        print(f"validation {run.loss:.3f}   {speed:,.0f} bytes/s", flush=True)
    for use, it in ("train resumes from", run), ("sample uses", best):
        print(f"{use} step {it.step}, validation {it.loss:.3f}", flush=True)


# ---- Writing: docs/sampling.md ---------------------------------------------


def sample(options):
    """Let the network with the best validation loss write."""
    settings, _, best = load(options.checkpoint)
    cell, alphabet = settings["cell"], settings["alphabet"]
    prompt = os.fsencode(options.prompt)  # the bytes that the shell gave
    if unknown := bytes(sorted(set(prompt) - set(alphabet))):
        remedy = "use only characters of its text, in the same encoding"
        raise ValueError(f"the network has never seen {unknown}: {remedy}")
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    print(decode(prompt), end="", flush=True)
    rng, state = np.random.default_rng(options.seed), None
    tokens = np.searchsorted(alphabet, list(prompt or alphabet[:1]))
    for _ in range(options.length):
        z, state, *_ = read(cell, best.params, tokens[:, None], state)
        z_t, temperature = z[-1].astype(np.float64), options.temperature
        z_t = (z_t - z_t.max(axis=0)) / temperature  # eq. 2
        e = np.exp(z_t)[:, 0]
        tokens = rng.choice(len(e), p=e / e.sum(), size=1)
        print(decode(bytes([alphabet[tokens[0]]])), end="", flush=True)
    print(decode(b"", final=True), flush=True)


# ---- The command line ------------------------------------------------------


def main(words=None):
    """Do what the command line says; report an error in one sentence."""
    parser = argparse.ArgumentParser("char_lstm.py")
    commands = parser.add_subparsers(required=True)
    for name, run in ("train", train), ("sample", sample):
        command = commands.add_parser(name, help=run.__doc__)
        command.set_defaults(run=run, checkpoint=Path("char_lstm.npz"))
        command.add_argument("--checkpoint", type=Path, help="where to save")
    add = commands.choices["train"].add_argument
    add("text", type=Path, help="the file to train on")
    add("--cell", choices=STEP, default="lstm", help="kind of cell (lstm)")
    add("--units", type=int, default=128, help="hidden size (128)")
    add("--length", type=int, default=32, help="steps in a chunk (32)")
    add("--batch", type=int, default=32, help="chunks side by side (32)")
    add("--seed", type=int, default=1, help="of the first weights (1)")
    add("--rate", type=float, default=0.02, help="learning rate (0.02)")
    add("--minutes", type=float, default=1.5, help="time to train (1.5)")
    add("--steps", type=int, default=10**9, help="stop after this step")
    add("--every", type=int, default=250, help="steps between saves (250)")
    add = commands.choices["sample"].add_argument
    add("--temperature", type=float, default=0.8, help="lower: safer (0.8)")
    add("--prompt", default="", help="text to continue")
    add("--length", type=int, default=500, help="bytes to write (500)")
    add("--seed", type=int, help="for the same text again")
    options = parser.parse_args(words)
    for name, value in vars(options).items():
        least = -1 if name == "seed" else 0
        if isinstance(value, int | float) and not least < value < np.inf:
            parser.error(f"expected {least} < --{name} < inf, got {value}")
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            options.run(options)
    except KeyboardInterrupt:
        parser.exit(130, "\nStopped.\n")
    except BrokenPipeError:  # `| head` has read enough
        os._exit(141)  # at once: to close what is printed to would fail, too
    except MemoryError as error:
        parser.exit(1, f"char_lstm.py: error: {error}: try fewer --units\n")
    except (OSError, ValueError) as error:
        parser.exit(1, f"char_lstm.py: error: {error}\n")


if __name__ == "__main__":
    main()
