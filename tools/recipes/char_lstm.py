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

State = namedtuple("State", "a c")  # a GRU leaves its c as it is
Tape = namedtuple("Tape", "states values")


# --8<-- "snippets/lstm.py:sigmoid"


def lstm_step(params, x_t, state):
    """Take one step in time; return the state, and what backward needs."""
    (W_f, W_u, W_c, W_o), (b_f, b_u, b_c, b_o) = params
    a_prev, c_prev = state
    # --8<-- "snippets/lstm.py:step-body"
    values = (a_x, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)
    return State(a_t, c_t), values


def lstm_backward(params, tape, da):
    """Send the gradient back through time."""
    W = np.concatenate(params[0])  # of all gates, one below the other
    T, n_a, m = da.shape
    dz, a_x = (np.empty((n, T, m), da.dtype) for n in W.shape)
    dx = np.empty((T, W.shape[1] - n_a, m), da.dtype)
    da_next = dc_next = np.zeros((n_a, m), da.dtype)
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
    tape = Tape([(state.a,) for state in tape.states], tape.values)
    T, n_a, m = da.shape
    dx = np.empty((T, W_u.shape[1], m), da.dtype)
    da_next = np.zeros((n_a, m), da.dtype)
    # --8<-- "snippets/gru.py:backward-body"
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
    # --8<-- "snippets/text.py:embed-body" e=x
    step, tape = CELLS[cell][0], Tape([state], [])
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


def model(cell, params, piece, state):
    """Forward, loss, backward; return loss, gradients, and the state."""
    *weights, W_ya, _, E = params
    tokens, targets = piece[:-1], piece[1:]
    z, state, tape, a = read(cell, params, tokens, state)
    loss, dz = score(z, targets)
    # --8<-- "snippets/readout.py:backward-body"
    d_weights, de = CELLS[cell][1](weights, tape, da)
    # --8<-- "snippets/text.py:embed-backward-body"
    return loss, [*d_weights, dW_ya, db_y, dE], state


# ---- Learning: docs/clipping.md, docs/optimizers.md ------------------------


# --8<-- "snippets/clipping.py:factor"


def clip(gradients, threshold):
    """Shorten all gradients by one factor if together they are too long."""
    # --8<-- "snippets/clipping.py:norm-body"
    # --8<-- "snippets/clipping.py:shorten-body"
    return clipped


def adam(params, gradients, means, squares, step, rate):
    """Step by the mean gradient, divided by its typical size."""
    beta_1, beta_2, epsilon, new = 0.9, 0.999, 1e-8, []
    for w, g, mean, square in zip(params, gradients, means, squares):
        # --8<-- "snippets/optimizers.py:adam-body"
        new.append((w, mean, square))
    return [list(arrays) for arrays in zip(*new)]


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

VERSION = 1
Run = namedtuple("Run", "step params means squares state")


# --8<-- "snippets/checkpoints.py:error"


def save(path, run, settings):
    """Write a checkpoint, or leave the one before as it was."""
    header = settings | {"char_lstm": VERSION, "step": run.step}
    arrays = [*run.params, *run.means, *run.squares, *run.state]
    # --8<-- "snippets/checkpoints.py:pack-body"
    part = path.with_name(path.name + ".part")
    # --8<-- "snippets/checkpoints.py:write-body"


def load(path):
    """Read a checkpoint, or say what the file is instead."""
    want, data = f"expected a checkpoint in {path}, got", path.read_bytes()
    # --8<-- "snippets/checkpoints.py:load-body"
    # --8<-- "snippets/checkpoints.py:unpack-body"
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
    # --8<-- "snippets/sampling.py:temperature-body"
    # --8<-- "snippets/sampling.py:draw-body"
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
