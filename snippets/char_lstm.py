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
    with open(path, encoding="utf-8-sig") as file:
        try:
            while text := file.read(size):
                yield text
        except UnicodeDecodeError as error:
            at = file.buffer.tell() - len(error.object) + error.start
            raise ValueError(
                f"expected UTF-8 in {path}, got something else at byte {at}"
            ) from error


def find_alphabet(texts):
    """List the characters that occur, each once."""
    occurs = np.zeros(0x110000, bool)  # every code point there is
    for text in texts:
        occurs[np.frombuffer(text.encode("utf-32-le"), "<u4")] = True
    alphabet = "".join(map(chr, np.flatnonzero(occurs)))
    return alphabet


def encode(text, alphabet):
    """Turn characters into tokens: their places in the alphabet."""
    kind = np.min_scalar_type(len(alphabet))  # one more than needed: nowhere
    place = np.full(0x110000, len(alphabet), kind)
    place[[ord(symbol) for symbol in alphabet]] = range(len(alphabet))
    tokens = place[np.frombuffer(text.encode("utf-32-le"), "<u4")]
    if (tokens == len(alphabet)).any():
        strange = "".join(sorted(set(text) - set(alphabet)))
        raise ValueError(
            f"expected only characters of the alphabet, got {strange!r}"
        )
    return tokens


def encode_file(path, alphabet, size=1 << 20):
    """Turn a text of any length into tokens that stay on disk."""
    with tempfile.TemporaryFile() as file:
        for text in read_text(path, size):
            tokens = encode(text, alphabet)
            file.write(tokens)
        if file.tell() == 0:
            raise ValueError(f"expected a text in {path}, got an empty file")
        file.flush()
        tokens = np.memmap(file, tokens.dtype, "r")
    return tokens


def pieces(tokens, T, m):
    """Cut a text into m columns, and these into pieces of T + 1 tokens."""
    count = (len(tokens) - 1) // (T * m)
    runs = np.lib.stride_tricks.sliding_window_view(tokens, T + 1)[::T]
    cut = runs[: m * count].reshape(m, count, T + 1).transpose(1, 2, 0)
    return cut


# ---- Cells: docs/lstm.md, docs/gru.md --------------------------------------

Cell = namedtuple("Cell", "init step backward State")
Tape = namedtuple("Tape", "states values")
LSTMState = namedtuple("LSTMState", "a c")
GRUState = namedtuple("GRUState", "a")


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def init_lstm(rng, n_x, n_a, forget_bias=1.0):
    """Draw weights; the forget gate starts open."""
    n = n_a + n_x
    W_f, W_u, W_c, W_o = rng.normal(scale=n**-0.5, size=(4, n_a, n))
    b = np.zeros((n_a, 1))
    weights = (W_f, b + forget_bias, W_u, b, W_c, b, W_o, b)
    return weights


def lstm_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    W_f, b_f, W_u, b_u, W_c, b_c, W_o, b_o = params
    a_prev, c_prev = state
    a_x = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    gamma_f = sigmoid(W_f @ a_x + b_f)  # (n_a, m), eq. 1
    gamma_u = sigmoid(W_u @ a_x + b_u)  # eq. 2
    c_tilde = np.tanh(W_c @ a_x + b_c)  # eq. 3
    c_t = gamma_f * c_prev + gamma_u * c_tilde  # eq. 4
    gamma_o = sigmoid(W_o @ a_x + b_o)  # eq. 5
    tanh_c = np.tanh(c_t)
    a_t = gamma_o * tanh_c  # eq. 6
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
    pairs = zip(np.split(dW, 4), np.split(db, 4))
    return [gradient for pair in pairs for gradient in pair], dx


def init_gru(rng, n_x, n_a):
    """Draw weights."""
    W_u, W_r, W_c = rng.normal(scale=n_x**-0.5, size=(3, n_a, n_x))
    U_u, U_r, U_c = rng.normal(scale=n_a**-0.5, size=(3, n_a, n_a))
    b = np.zeros((n_a, 1))
    weights = (W_u, U_u, b, W_r, U_r, b, W_c, U_c, b)
    return weights


def gru_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    W_u, U_u, b_u, W_r, U_r, b_r, W_c, U_c, b_c = params
    (a_prev,) = state
    gamma_u = sigmoid(W_u @ x_t + U_u @ a_prev + b_u)  # (n_a, m), eq. 1
    gamma_r = sigmoid(W_r @ x_t + U_r @ a_prev + b_r)  # eq. 2
    c_tilde = np.tanh(W_c @ x_t + U_c @ (gamma_r * a_prev) + b_c)  # eq. 3
    a_t = (1 - gamma_u) * a_prev + gamma_u * c_tilde  # (n_a, m), eq. 4
    return GRUState(a_t), (x_t, gamma_u, gamma_r, c_tilde)


def gru_backward(params, tape, da):
    """Send the gradient back through time."""
    W_u, U_u, _, W_r, U_r, _, W_c, U_c, _ = params
    gradients = [np.zeros_like(w) for w in params]
    dW_u, dU_u, db_u, dW_r, dU_r, db_r, dW_c, dU_c, db_c = gradients
    T, n_a, m = da.shape
    dx = np.empty((T, W_u.shape[1], m), da.dtype)
    da_next = np.zeros((n_a, m), da.dtype)
    for t in reversed(range(T)):
        x_t, gamma_u, gamma_r, c_tilde = tape.values[t]
        (a_prev,) = tape.states[t]
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


CELLS = {
    "lstm": Cell(init_lstm, lstm_step, lstm_backward, LSTMState),
    "gru": Cell(init_gru, gru_step, gru_backward, GRUState),
}


# ---- The model: docs/text.md, docs/readout.md ------------------------------


def init_model(cell, rng, n_y, n_a, n_e, dtype=np.float32):
    """Draw the weights of cell and readout, and embeddings or one-hots."""
    E = rng.normal(size=(n_e, n_y)) if n_e else np.eye(n_y)
    weights = CELLS[cell].init(rng, len(E), n_a)
    W_ya = rng.normal(scale=n_a**-0.5, size=(n_y, n_a))
    b_y = np.zeros((n_y, 1))
    return [w.astype(dtype) for w in (*weights, W_ya, b_y, E)]


def blank(cell, params, m):
    """Return the state of a cell that has read nothing."""
    State, n_a, dtype = CELLS[cell].State, len(params[0]), params[0].dtype
    return State(*(np.zeros((n_a, m), dtype) for _ in State._fields))


def read(cell, params, tokens, state):
    """Read tokens (T, m); return logits for what follows each."""
    *params, W_ya, b_y, E = params
    x = E[:, tokens].swapaxes(0, 1)  # eq. 2
    step, tape = CELLS[cell].step, Tape([state], [])
    a = np.empty((len(x), *state.a.shape), x.dtype)
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
    log_y_hat = shifted - log_sum  # eq. 4
    return log_y_hat


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


def model(cell, params, piece, state, one_hot=False):
    """Forward, loss, backward; return loss, gradients, and the state."""
    *weights, W_ya, _, E = params
    tokens, targets = piece[:-1], piece[1:]
    z, state, tape, a = read(cell, params, tokens, state)
    loss, dz = score(z, targets)
    dW_ya = (dz @ a.swapaxes(1, 2)).sum(axis=0)  # (n_y, n_a)
    db_y = dz.sum(axis=(0, 2))[:, None]  # (n_y, 1)
    da = W_ya.T @ dz  # (T, n_a, m), eq. 6
    d_weights, de = CELLS[cell].backward(weights, tape, da)
    dE = np.zeros_like(E)
    np.add.at(dE.T, tokens, de.swapaxes(1, 2))  # eq. 3
    if one_hot:
        dE[...] = 0  # these columns are given, not learned
    return loss, [*d_weights, dW_ya, db_y, dE], state


# ---- Learning: docs/clipping.md, docs/optimizers.md ------------------------


def global_norm(gradients):
    """Measure the length of all gradients, laid end to end."""
    largest = max(float(abs(g).max(initial=0)) for g in gradients)
    scale = largest or 1.0  # all zero: avoid 0 / 0
    squares = sum(np.square(g / scale, dtype=float).sum() for g in gradients)
    norm = scale * float(np.sqrt(squares))  # eq. 1
    return norm


def shrink_factor(norm: float, threshold: float) -> float:
    """Return what a length above the threshold is multiplied by, or 1."""
    return threshold / norm if norm > threshold else 1.0


def clip(gradients, threshold):
    """Shorten all gradients by one factor if together they are too long."""
    norm = global_norm(gradients)
    factor = shrink_factor(norm, threshold)
    clipped = [factor * g for g in gradients]  # eq. 4
    return clipped


def adam(params, gradients, means, squares, step, rate):
    """Step by the mean gradient, divided by its typical size."""
    beta_1, beta_2, epsilon, new = 0.9, 0.999, 1e-8, []
    for w, g, mean, square in zip(params, gradients, means, squares):
        mean = beta_1 * mean + (1 - beta_1) * g
        square = beta_2 * square + (1 - beta_2) * g**2  # eq. 3
        fair_mean = mean / (1 - beta_1**step)
        fair_square = square / (1 - beta_2**step)
        w = w - rate * fair_mean / (np.sqrt(fair_square) + epsilon)
        new.append((w, mean, square))
    return [list(arrays) for arrays in zip(*new)]


# ---- Writing: docs/sampling.md ---------------------------------------------


def softmax(z):
    """Turn logits into probabilities."""
    e = np.exp(z - z.max(axis=-2, keepdims=True))
    y_hat = e / e.sum(axis=-2, keepdims=True)  # eq. 2
    return y_hat


def draw(z_t, rng, temperature):
    """Draw one token for each column, as likely as the softmax says."""
    z_t = (z_t - z_t.max(axis=0)) / temperature  # eq. 2
    y_hat_t = softmax(z_t)  # (n_y, m), eq. 1
    drawn = np.array([rng.choice(len(p), p=p) for p in y_hat_t.T], dtype=int)
    return drawn


def generate(predict, state, prompt, length, choose, stop=None):
    """Let a cell write: what is chosen becomes the next input."""
    for token in prompt:
        z_t, state = predict(token, state)
    chosen = []
    while len(chosen) < length:
        token = int(choose(z_t)[0])
        if token == stop:
            break
        chosen.append(token)
        z_t, state = predict(token, state)  # eq. 3
    return chosen


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

VERSION = 1
SEAL = b"unrolled checkpoint %d sha256 "  # and 64 digits: how a file ends


class CheckpointError(ValueError):
    """A file is not the checkpoint that was expected."""


Run = namedtuple("Run", "step params means squares state")


def save_checkpoint(path, arrays, about):
    """Write a checkpoint, or leave the one before as it was."""
    header = json.dumps({"names": list(arrays), "about": about}).encode()
    file = io.BytesIO()
    np.savez(file, np.frombuffer(header, np.uint8), *arrays.values())
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = SEAL % VERSION + 64 * b"0"
    data = file.getvalue()[:-64]
    data += hashlib.sha256(data).hexdigest().encode()
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a name must not lead to no data
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_checkpoint(path):
    """Read a checkpoint, or say what the file is instead."""
    data = path.read_bytes()
    want = f"expected a checkpoint of version {VERSION} in {path}, got"
    seal = re.search(SEAL.replace(b"%d", rb"(\d+)") + rb"\w{64}\Z", data)
    if not seal:
        raise CheckpointError(
            f"{want} {len(data)} bytes that do not end in its seal: they "
            "were cut off, or are something else"
        )
    if hashlib.sha256(data[:-64]).hexdigest().encode() != data[-64:]:
        raise CheckpointError(
            f"{want} bytes that do not fit their hash: they were altered"
        )
    if int(seal[1]) != VERSION:
        raise CheckpointError(f"{want} version {int(seal[1])}")
    with np.load(io.BytesIO(data), allow_pickle=False) as members:
        header, *arrays = (members[f"arr_{i}"] for i in range(len(members)))
    header = json.loads(header.tobytes())
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
