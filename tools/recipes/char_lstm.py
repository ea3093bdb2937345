# SPDX-License-Identifier: MIT-0
"""Train a recurrent network on a text, character by character; let it write.

    python char_lstm.py train input.txt
    python char_lstm.py sample --prompt "Good " --temperature 0.8

NumPy only. Explained in docs/char-lstm.md, proven in tests/test_char_lstm.py.
What can be is copied, by a program, from the other snippets of the book; a
test compares the rest with them. Each part names the pages that explain it,
and `eq. 1` is an equation there.
"""

import argparse
import hashlib
import io
import json
import os
import re
import time
from collections import namedtuple
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small: more is slower
import numpy as np

# ---- Text: docs/text.md ----------------------------------------------------


def pieces(tokens, T, m):
    """Cut a text into m columns, and these into pieces of T + 1 tokens."""
    # --8<-- "snippets/text.py:pieces-body" "cut = "="return "


# ---- Cells: docs/lstm.md, docs/gru-reset-after.md --------------------------
#
# z_x is what the input adds to the gates and the candidate, z_a what the last
# activation adds. A step returns activation, memory, and what backward needs;
# backward gives the gradients for z_x, z_a, a_prev and c_prev.


# --8<-- "snippets/lstm.py:sigmoid"


def lstm_step(z_x, z_a, _, c_prev):
    """Take one step in time."""
    z = z_x + z_a
    gamma_f, gamma_u, gamma_o = sigmoid(z[[0, 1, 3]])  # eq. 1, eq. 2, eq. 5
    c_tilde = np.tanh(z[2])  # eq. 3
    # --8<-- "snippets/lstm.py:memory-body"
    # --8<-- "snippets/lstm.py:output-body"
    return a_t, c_t, (c_prev, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)


def lstm_backward(values, da_t, dc_next):
    """Send the gradient back by one step."""
    c_prev, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c = values
    # --8<-- "snippets/lstm.py:slopes-body"
    dz = np.concatenate((dz_f, dz_u, dz_c, dz_o))
    return dz, dz, 0, gamma_f * dc_t  # eq. 14


def gru_step(z_x, z_a, a_prev, _):
    """Take one step in time; the activation is all the memory."""
    recalled = z_a[2]  # eq. 3
    gamma_u, gamma_r = sigmoid(z_x[:2] + z_a[:2])  # eq. 1, eq. 2
    # --8<-- "snippets/gru_reset_after.py:output-body" "W_c @ x_t + b_c"="z_x[2]"
    return a_t, a_t, (a_prev, gamma_u, gamma_r, recalled, c_tilde)


def gru_backward(values, da_t, dc_next):
    """Send the gradient back by one step."""
    a_prev, gamma_u, gamma_r, recalled, c_tilde = values
    # --8<-- "snippets/gru_reset_after.py:slopes-body"
    dz_x, dz_a = (np.concatenate((dz_u, dz_r, d)) for d in (dz_c, d_recalled))
    return dz_x, dz_a, (1 - gamma_u) * da_t, dc_next


CELLS = {"lstm": (lstm_step, lstm_backward), "gru": (gru_step, gru_backward)}


# ---- The model: docs/readout.md --------------------------------------------


def init_model(cell, rng, n_y, n_a, dtype=np.float32):
    """Draw weights that keep the scale; W holds the biases, too."""
    n = n_a * {"lstm": 4, "gru": 3}[cell]
    shapes = (n, n_y), (n, n_a), (n_y, n_a)
    W, U, W_ya = (rng.normal(scale=k**-0.5, size=(j, k)) for j, k in shapes)
    W[:n_a] += cell == "lstm"  # its forget gate starts open
    return [w.astype(dtype) for w in (W, U, W_ya, np.zeros((n_y, 1)))]


def read(cell, params, tokens, state):
    """Read tokens (T, m); return log-probabilities of what follows each.

    The state is None before the text begins. A product of W with a one-hot
    column is one column of W, so nothing is multiplied.
    """
    W, U, W_ya, b_y = params
    T, m, n_a = *tokens.shape, U.shape[1]
    z_x = W[:, tokens].swapaxes(0, 1).reshape(T, -1, n_a, m)
    tape = [(*(state or 2 * [np.zeros((n_a, m), U.dtype)]), None)]
    for z_x_t in z_x:
        z_a = (U @ tape[-1][0]).reshape(-1, n_a, m)
        tape.append(CELLS[cell][0](z_x_t, z_a, *tape[-1][:2]))
    a = np.stack([a_t for a_t, *_ in tape])  # a_prev, then each a_t
    # --8<-- "snippets/readout.py:forward-body" a="a[1:]"
    return log_softmax(z), tape[-1][:2], a, tape


def log_softmax(z):
    """Take the logarithm of the softmax."""
    # --8<-- "snippets/readout.py:log-softmax-body" "log_y_hat = "="return "


def model(cell, params, piece, state):
    """Forward, loss, backward; return loss, gradients, and the state."""
    (_, U, W_ya, _), n = params, piece[1:].size
    log_y_hat, state, a, tape = read(cell, params, piece[:-1], state)
    x = np.eye(len(W_ya), dtype=U.dtype)[piece].swapaxes(1, 2)  # one-hot
    loss = -(x[1:] * log_y_hat).sum() / n  # eq. 3
    dz = (np.exp(log_y_hat) - x[1:]) / n  # (T, n_y, m), eq. 5
    # --8<-- "snippets/readout.py:backward-body" a="a[1:]"
    dz_x, dz_a = np.empty((2, len(da), len(U), da.shape[2]), da.dtype)
    da_next = dc_next = 0
    for t in reversed(range(len(da))):
        back = CELLS[cell][1](tape[t + 1][2], da[t] + da_next, dc_next)
        dz_x[t], dz_a[t], da_next, dc_next = back
        da_next = da_next + U.T @ dz_a[t]
    dW = np.tensordot(dz_x, x[:-1], axes=((0, 2), (0, 2)))
    dU = np.tensordot(dz_a, a[:-1], axes=((0, 2), (0, 2)))
    return float(loss), [dW, dU, dW_ya, db_y], state


# ---- Learning: docs/optimizers.md, docs/clipping.md ------------------------


def adam(w, g, mean, square, step, rate):
    """Step by the mean gradient, divided by its typical size."""
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    # --8<-- "snippets/optimizers.py:adam-body"
    return w, mean, square


Run = namedtuple("Run", "step params means squares state")


def advance(run, settings, seen, rate):
    """Make one update; return the run after it, and the loss before it."""
    step, params, means, squares, state = run
    state = state if step % len(seen) else None  # the text begins
    piece = np.searchsorted(settings["alphabet"], seen[step % len(seen)])
    loss, gradients, state = model(settings["cell"], params, piece, state)
    norm = np.linalg.norm([np.linalg.norm(g) for g in gradients])  # eq. 1
    rows = zip(params, [g / max(norm, 1) for g in gradients], means, squares)
    rate = rate * (1 + step / 500) ** -0.5  # ever finer
    learned = [adam(*row, step + 1, rate) for row in rows]
    return Run(step + 1, *zip(*learned), state), loss


# ---- Checkpoints: docs/checkpoints.md --------------------------------------

MARK = b"checkpoint 2 of char_lstm.py"  # hashed with the data


def save(path, run, settings):
    """Write a checkpoint, or leave the one before as it was."""
    file, header = io.BytesIO(), json.dumps(settings).encode()
    np.savez(file, header, run.step, *(w for part in run[1:] for w in part))
    data = file.getvalue() + hashlib.sha256(MARK + file.getvalue()).digest()
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def load(path):
    """Read a checkpoint, or say what the file is instead."""
    data = path.read_bytes()
    # --8<-- "snippets/checkpoints.py:load-body" CheckpointError=ValueError
    # --8<-- "snippets/checkpoints.py:unpack-body" "*arrays"="step, *w"
    return Run(int(step), w[:4], w[4:8], w[8:12], w[12:]), header


# ---- Training: docs/training.md --------------------------------------------


@np.errstate(over="ignore", invalid="ignore")  # the loss tells
def train(text, checkpoint, rate, minutes, steps, every, **settings):
    """Train a network on a text; if there is a checkpoint, go on from it.

    text          the file to learn
    --cell        lstm or gru
    --units       numbers in its state
    --length      steps that a gradient goes back
    --batch       places in the text that are read side by side
    --seed        what chance begins with
    --rate        how far the first updates go; later ones go less far
    --minutes     when to stop, counted from now; checkpoints look at it
    --steps       when to stop, counted in updates from the first
    --every       updates between checkpoints
    --checkpoint  the file in which the network is kept
    """
    T, m, cell = (settings[name] for name in ("length", "batch", "cell"))
    data, occurs = np.memmap(text, np.uint8, "r"), np.zeros(256, bool)
    last = len(data) // 20
    if len(data) < (least := 20 * T * m + 20):
        raise ValueError(f"expected {least} bytes or more, got {len(data)}")
    for part in np.array_split(data, 1 + len(data) // 10**6):
        occurs[part] = True
    settings["alphabet"] = np.flatnonzero(occurs).tolist()
    settings["text"] = hashlib.sha256(data).hexdigest()
    seen = pieces(data[:-last], T, m)
    held_out = pieces(data[-last:], min(500, (last - 1) // m), m)[0]
    held_out = np.searchsorted(settings["alphabet"], held_out)
    if checkpoint.exists():
        run, saved = load(checkpoint)
        if other := [key for key in saved if saved[key] != settings[key]]:
            raise ValueError(f"{checkpoint} has other {', '.join(other)}")
    else:
        rng, n_y = np.random.default_rng(settings["seed"]), occurs.sum()
        params = init_model(cell, rng, n_y, settings["units"])
        run = Run(0, params, 4 * [0], 4 * [0], None)
    end = time.perf_counter() + 60 * minutes
    while run.step < steps and time.perf_counter() < end:
        losses, began = [], time.perf_counter()
        for _ in range(min(every, steps - run.step)):
            run, loss = advance(run, settings, seen, rate)
            losses.append(loss)
        speed = len(losses) * T * m / (time.perf_counter() - began)
        log_y_hat, *_ = read(cell, run.params, held_out[:-1], None)
        nats = -np.take_along_axis(log_y_hat, held_out[1:, None], 1).mean()
        if not np.isfinite(nats + sum(losses)):
            raise SystemExit("char_lstm.py: diverged: try a smaller --rate")
        save(checkpoint, run, settings)
        print(f"step {run.step:<7} loss {np.mean(losses):.3f}", end="   ")
        print(f"held out {nats:.3f}   {speed:,.0f} bytes/s", flush=True)
    print(f"{checkpoint} is at step {run.step}")


# ---- Writing: docs/sampling.md ---------------------------------------------


def sample(checkpoint, temperature, prompt, length, seed):
    """Let a trained network write.

    --temperature  below 1 is surer, above 1 wilder
    --prompt       what the network reads first
    --length       bytes to write
    --seed         what chance begins with; without it, another each time
    --checkpoint   the file in which the network is kept
    """
    (_, params, *_), settings = load(checkpoint)
    alphabet, rng = settings["alphabet"], np.random.default_rng(seed)
    if strange := [c for c in prompt if set(c.encode()) - set(alphabet)]:
        raise ValueError(f"the network has never seen {''.join(strange)!r}")
    written, state = [*prompt.encode()], None
    tokens = np.searchsorted(alphabet, written or alphabet[:1])
    for _ in range(length):
        z, state, *_ = read(settings["cell"], params, tokens[:, None], state)
        y_hat_t = np.exp(log_softmax(z[-1].astype(float) / temperature))
        tokens = rng.choice(len(alphabet), p=y_hat_t[:, 0], size=1)
        written.append(alphabet[tokens[0]])
    print(bytes(written).decode(errors="replace"))


# ---- The command line ------------------------------------------------------

TRAIN = {"cell": "lstm", "units": 128, "length": 32, "batch": 32, "seed": 1}
TRAIN |= {"rate": 0.02, "minutes": 1.5, "steps": 10**9, "every": 250}
SAMPLE = {"temperature": 0.8, "prompt": "", "length": 500, "seed": None}
BOTH = {"checkpoint": Path("char_lstm.npz")}


def main(words=None):
    """Do what the command line says."""
    parser = argparse.ArgumentParser("char_lstm.py")
    add_command = parser.add_subparsers(required=True).add_parser
    for run, options in ((train, TRAIN | BOTH), (sample, SAMPLE | BOTH)):
        command = add_command(run.__name__, help=run.__doc__.split("\n")[0])
        command.set_defaults(run=run, **options)
        for name, about in re.findall(r"(\S+)  +(.+)", run.__doc__):
            value = options.get(name[2:], "required")
            only = CELLS if value in CELLS else None
            kind = int if value is None else type(value)
            about = f"{about} ({value})"
            command.add_argument(name, type=kind, choices=only, help=about)
    for name, value in (given := vars(parser.parse_args(words))).items():
        if isinstance(value, (int, float)) and not value > 0:
            parser.error(f"expected --{name} above 0, got {value}")
    try:
        given.pop("run")(**given)
    except KeyboardInterrupt:
        parser.exit(130, "\nStopped.\n")
    except (OSError, ValueError, MemoryError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
