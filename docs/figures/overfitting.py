"""Draws overfitting.svg: training and validation loss of a network that can only memorise.

The run is the one of docs/training.md, for more epochs. Both losses are measured after each.
"""

from functools import partial
from pathlib import Path

import numpy as np

from docs.figures.drawing import Point, element, figure, group, line, marks, separator, wire, words
from snippets.clipping import clip_by_global_norm
from snippets.optimizers import adam, init_adam
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    readout_backward,
    readout_forward,
)
from snippets.rnn import RNNParams, RNNState, init_rnn, rnn_backward, rnn_forward
from snippets.training import train

PLACES = ["training.md#when-to-stop"]
TITLE = "Overfitting: the training loss falls, the validation loss rises"
DESC = (
    "Two losses in nats against 12 epochs of training on random letters. The training loss falls "
    "all the time, from 1.8 to less than 0.9. The validation loss falls from 1.8 to 1.7 in the "
    "first two epochs, where its lowest point is marked, and then rises, to more than 2. "
    "A dashed line after the fifth epoch shows where the run stops with a patience of three."
)
EPOCHS, STOP = 12, 5
LEFT, RIGHT, TOP, FLOOR = 56, 450, 30, 176
LOW, HIGH = 0.5, 2.5  # nats


def model(params, batch, state):
    """Run an RNN with a readout forward and backward."""
    cell, readout = RNNParams(*params[:3]), ReadoutParams(*params[3:])
    x, y = batch
    a, state, tape = rnn_forward(cell, x, state)
    z, readout_tape = readout_forward(readout, a)
    loss, dz = cross_entropy(z, y)
    d_readout, da = readout_backward(readout, readout_tape, dz)
    d_cell, _, _ = rnn_backward(cell, tape, da)
    return loss, [*d_cell, *d_readout], state


def losses() -> np.ndarray:
    """Return both losses before the first epoch and after each."""
    rng = np.random.default_rng(0)
    params = [*init_rnn(rng, n_x=5, n_a=16, input_scale=1), *init_readout(rng, n_a=16, n_y=5)]
    rng, blank = np.random.default_rng(1), RNNState(np.zeros((16, 1)))
    seen, unseen = np.eye(5)[rng.integers(5, size=(2, 401))][..., None]
    epoch = [(seen[at : at + 8], seen[at + 1 : at + 9]) for at in range(0, 40, 8)]
    rule, memory = partial(adam, learning_rate=0.01), init_adam(params)
    clip = partial(clip_by_global_norm, threshold=1.0)
    both = []
    for done in range(EPOCHS + 1):
        if done:
            params, memory, _ = train(
                model, params, epoch, rule, memory=memory, state=blank, clip=clip
            )
        texts = seen[:41], unseen
        both.append([model(params, (text[:-1], text[1:]), blank)[0] for text in texts])
    return np.array(both)


def place(epoch: float, loss: float) -> Point:
    """Return where a loss is drawn."""
    return (
        LEFT + (RIGHT - LEFT) * epoch / EPOCHS,
        FLOOR - (FLOOR - TOP) * (loss - LOW) / (HIGH - LOW),
    )


def draw() -> str:
    """Return the figure as SVG text."""
    parts = [words("loss in nats", LEFT, 12, align="start")]
    for loss in (1, 1.5, 2):
        y = place(0, loss)[1]
        parts += [
            wire("axis", (LEFT, y), (RIGHT, y), arrow=False),
            words(f"{loss:.1f}", LEFT - 8, y, align="end"),
        ]
    parts.append(wire("ink", (LEFT, TOP), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0))
    both = losses()
    for column, (name, kind) in enumerate((("training", "input"), ("validation", "output"))):
        points = [place(epoch, loss) for epoch, loss in enumerate(both[:, column])]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        parts.append(words(name, RIGHT + 8, points[-1][1], kind, align="start"))
    best = int(both[:, 1].argmin())
    x, y = place(best, both[best, 1])
    stop = place(STOP, 0)[0]
    parts += [
        marks("output", [(x, y)]),
        words("best", x, y - 27, "output"),
        separator(stop, TOP, FLOOR),
        words("stop", stop, TOP - 12),
    ]
    parts += [words(str(epoch), place(epoch, 0)[0], FLOOR + 16) for epoch in range(0, 13, 2)]
    parts.append(words("epoch", (LEFT + RIGHT) / 2, FLOOR + 38))
    return figure("overfitting", TITLE, DESC, FLOOR + 50, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
