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
import sys
import tempfile
import time
import zlib
from collections import deque, namedtuple
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
    values = (a_x, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)
    return State(a_t, c_t), values


def lstm_backward(params, tape, da):
    """Send the gradient back through time."""
    W = np.concatenate(params[0])  # of all gates, one below the other
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
    tape = Tape([(state.a,) for state in tape.states], tape.values)
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


CELLS = {"lstm": (lstm_step, lstm_backward), "gru": (gru_step, gru_backward)}


# ---- The model: docs/text.md, docs/readout.md ------------------------------


def init_model(cell, rng, n_y, n_a, n_e=0, dtype=np.float32):
    """Draw weights that keep the scale; n_e = 0 stands for one-hot."""

    def drawn(*shape):
        return rng.normal(scale=shape[-1] ** -0.5, size=shape)

    E = rng.normal(size=(n_e, n_y)) if n_e else np.eye(n_y)
    if cell == "lstm":
        weights = [drawn(4, n_a, n_a + len(E)), np.zeros((4, n_a, 1))]
        weights[1][0] = 1.0  # the forget gate starts open
    else:
        weights = [drawn(3, n_a, len(E)), drawn(3, n_a, n_a)]
        weights.append(np.zeros((3, n_a, 1)))
    weights += [drawn(n_y, n_a), np.zeros((n_y, 1)), E]
    return [w.astype(dtype) for w in weights]


def blank(params, m):
    """Return the state of a cell that has read nothing."""
    zeros = np.zeros((params[-3].shape[1], m), params[-3].dtype)
    return State(zeros, zeros)


def read(cell, params, tokens, state):
    """Read tokens (T, m); return logits for what follows each."""
    *params, W_ya, b_y, E = params
    x = E[:, tokens].swapaxes(0, 1)  # eq. 2
    step, tape = CELLS[cell][0], Tape([state], [])
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


def model(cell, params, piece, state):
    """Forward, loss, backward; return loss, gradients, and the state."""
    *weights, W_ya, _, E = params
    tokens, targets = piece[:-1], piece[1:]
    z, state, tape, a = read(cell, params, tokens, state)
    loss, dz = score(z, targets)
    dW_ya = (dz @ a.swapaxes(1, 2)).sum(axis=0)  # (n_y, n_a)
    db_y = dz.sum(axis=(0, 2))[:, None]  # (n_y, 1)
    da = W_ya.T @ dz  # (T, n_a, m), eq. 6
    d_weights, de = CELLS[cell][1](weights, tape, da)
    dE = np.zeros_like(E)
    np.add.at(dE.T, tokens, de.swapaxes(1, 2))  # eq. 3
    return loss, [*d_weights, dW_ya, db_y, dE], state


# ---- Learning: docs/clipping.md, docs/optimizers.md ------------------------


def shrink_factor(norm: float, threshold: float) -> float:
    """Return what a length above the threshold is multiplied by, or 1."""
    return threshold / norm if norm > threshold else 1.0


def clip(gradients, threshold):
    """Shorten all gradients by one factor if together they are too long."""
    largest = max(float(abs(g).max(initial=0)) for g in gradients)
    scale = largest or 1.0  # all zero: avoid 0 / 0
    squares = sum(np.square(g / scale, dtype=float).sum() for g in gradients)
    norm = scale * float(np.sqrt(squares))  # eq. 1
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


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

VERSION = 1
Run = namedtuple("Run", "step params means squares state")


class CheckpointError(ValueError):
    """A file is not the checkpoint that was expected."""


def save(path, run, settings):
    """Write a checkpoint, or leave the one before as it was."""
    header = settings | {"char_lstm": VERSION, "step": run.step}
    arrays = [*run.params, *run.means, *run.squares, *run.state]
    file = io.BytesIO()
    np.savez(file, np.frombuffer(json.dumps(header).encode(), "u1"), *arrays)
    data = file.getvalue()
    data += hashlib.sha256(data).digest()  # 32 bytes
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # a name must not lead to no data
    os.replace(part, path)


def load(path):
    """Read a checkpoint, or say what the file is instead."""
    want, data = f"expected a checkpoint in {path}, got", path.read_bytes()
    data, seal = data[:-32], data[-32:]
    if hashlib.sha256(data).digest() != seal:
        raise CheckpointError(
            f"{want} bytes that do not end in their hash: they were cut off "
            "or altered, or are something else"
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as members:
        header, *arrays = (members[f"arr_{i}"] for i in range(len(members)))
    header = json.loads(header.tobytes())
    if header.get("char_lstm") != VERSION:
        raise CheckpointError(f"{want} one of another version or program")
    n = len(arrays) // 3  # of each kind, and a State
    kinds = arrays[:n], arrays[n : 2 * n], arrays[2 * n : 3 * n]
    return Run(header["step"], *kinds, State(*arrays[-2:])), header


# ---- Training: docs/training.md --------------------------------------------

SETTINGS = {"cell": "lstm", "units": 128, "embedding": 0, "length": 32}
SETTINGS |= {"batch": 32, "rate": 0.02, "seed": 1}


def prepare(path, settings):
    """Encode the text; return pieces to learn from, and pieces held out."""
    T, m = settings["length"], settings["batch"]
    if "alphabet" not in settings:  # a new run
        settings["alphabet"] = find_alphabet(read_text(path))
    tokens = encode_file(path, settings["alphabet"])
    text = zlib.crc32(tokens)
    if settings.setdefault("text", text) != text:
        raise ValueError(f"{path} is not the text that the run began with")
    n, least = len(tokens), 2 * T * (m + 10) + 20
    if n < least:
        raise ValueError(f"expected at least {least} characters, got {n}")
    last = min(n // 20, 50_000)  # enough to measure on
    columns = min(m, (last - 1) // T)
    return pieces(tokens[:-last], T, m), pieces(tokens[-last:], T, columns)


def begin(settings):
    """Return a run before its first update."""
    cell, rng = settings["cell"], np.random.default_rng(settings["seed"])
    n_y, n_a = len(settings["alphabet"]), settings["units"]
    params = init_model(cell, rng, n_y, n_a, settings["embedding"])
    zeros = [np.zeros_like(w) for w in params]
    return Run(0, params, zeros, zeros, blank(params, settings["batch"]))


def advance(run, settings, seen):
    """Make one update; return the run after it, and the loss before it."""
    step, params, means, squares, state = run
    if step % len(seen) == 0:  # the text begins
        state = blank(params, settings["batch"])
    piece = seen[step % len(seen)]
    loss, gradients, state = model(settings["cell"], params, piece, state)
    if not settings["embedding"]:
        gradients[-1][:] = 0  # one-hot: given, not learned
    gradients = clip(gradients, threshold=1.0)
    rate = settings["rate"] * (1 + step / 500) ** -0.5  # ever finer
    learned = adam(params, gradients, means, squares, step + 1, rate)
    return Run(step + 1, *learned, state), loss


def measure(cell, params, held_out):
    """Return the loss on text that is not learned, the state carried on."""
    losses, state = [], blank(params, held_out.shape[2])
    for piece in held_out:
        z, state, _, _ = read(cell, params, piece[:-1], state)
        losses.append(score(z, piece[1:])[0])
    return np.mean(losses)


@np.errstate(over="ignore", invalid="ignore")  # keep() looks at the loss
def train(file, checkpoint, resume, every=250, minutes=0, steps=0, **given):
    """Train a network on a text."""
    if checkpoint.exists() and not resume:
        raise ValueError(f"{checkpoint} exists: go on from it with --resume")
    if resume and given.keys() - {"rate"}:
        raise ValueError("--resume keeps all settings but --rate: omit them")
    run, settings = load(checkpoint) if resume else (None, SETTINGS)
    settings = settings | given
    seen, held_out = prepare(file, settings)
    run, losses = run or begin(settings), deque(maxlen=100)
    first, began = run.step, time.perf_counter()
    end = began + 60 * (minutes or (np.inf if steps else 1.5))

    def keep():
        nats = measure(settings["cell"], run.params, held_out)
        if not np.isfinite(nats + sum(losses)):
            raise ArithmeticError("the loss diverged: try a smaller --rate")
        save(checkpoint, run, settings)
        seconds = time.perf_counter() - began
        speed = (run.step - first) * seen[0, 1:].size / seconds
        print(
            f"step {run.step:<7} loss {np.mean(losses or np.nan):.3f}   held "
            f"out {nats:.3f}   {speed:,.0f} characters/s   {seconds:.0f} s",
            flush=True,
        )

    try:
        while run.step < (steps or np.inf) and time.perf_counter() < end:
            run, loss = advance(run, settings, seen)
            losses.append(loss)
            if run.step % every == 0:
                keep()
    except KeyboardInterrupt:
        keep()
        raise
    if run.step % every or not checkpoint.exists():
        keep()


# ---- Writing: docs/sampling.md ---------------------------------------------


def softmax(z):
    """Turn logits into probabilities."""
    return np.exp(log_softmax(z))


def draw(z_t, rng, temperature):
    """Draw one token for each column, as likely as the softmax says."""
    z_t = (z_t - z_t.max(axis=0)) / temperature  # eq. 2
    y_hat_t = softmax(z_t)  # (n_y, m), eq. 1
    drawn = np.array([rng.choice(len(p), p=p) for p in y_hat_t.T], dtype=int)
    return drawn


def sample(checkpoint, temperature=0.8, prompt="", length=500, seed=None):
    """Let a trained network write."""
    run, settings = load(checkpoint)
    alphabet, rng = settings["alphabet"], np.random.default_rng(seed)
    tokens = encode(prompt or alphabet[0], alphabet)[:, None]
    state = blank(run.params, 1)
    print(prompt, end="")
    for _ in range(length):
        z, state, _, _ = read(settings["cell"], run.params, tokens, state)
        drawn = draw(z[-1].astype(float), rng, temperature)
        print(alphabet[drawn[0]], end="", flush=True)
        tokens = drawn[:, None]
    print()


# ---- The command line ------------------------------------------------------


def parse(words):
    """Read the command line: what to run, and with what."""
    parser = argparse.ArgumentParser("char_lstm.py")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for run in (train, sample):
        command = commands.add_parser(run.__name__, help=run.__doc__)
        command.argument_default = argparse.SUPPRESS
        command.set_defaults(run=run, checkpoint=Path("char_lstm.npz"))
        add = command.add_argument
        add("--checkpoint", type=Path, help="its file (char_lstm.npz)")
        if run is train:
            add("file", help="a text in UTF-8")
            add("--resume", action="store_true", default=False, help="go on")
            add("--cell", choices=CELLS, help="the kind of cell (lstm)")
            add("--units", type=int, help="numbers in its state (128)")
            add("--embedding", type=int, help="numbers a character (one-hot)")
            add("--length", type=int, help="steps a gradient goes back (32)")
            add("--batch", type=int, help="places read side by side (32)")
            add("--rate", type=float, help="learning rate at first (0.02)")
            add("--minutes", type=float, help="when to stop (1.5)")
            add("--steps", type=int, help="updates after which to stop")
            add("--every", type=int, help="updates between checkpoints (250)")
        else:
            add("--temperature", type=float, help="above 1 is wilder (0.8)")
            add("--prompt", help="what the network reads first")
            add("--length", type=int, help="characters to write (500)")
        add("--seed", type=int, help="of the random numbers")
    given = vars(parser.parse_args(words))
    for name, value in given.items():
        if type(value) in (int, float) and not 0 < value < np.inf:
            parser.error(f"expected --{name} above 0, got {value}")
    return given


def main(words=None):
    """Do what the command line says; return the exit code."""
    given = parse(words)
    try:
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
