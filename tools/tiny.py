"""Trains the tiny networks with which the pages RNN, LSTM and GRU begin.

    make tiny
    make tiny NAME=lstm

Each is written to docs/assets/tiny/, where the page, its figure and its readers find it. The
training loop is made of the book's snippets and takes some seconds. In each network one unit tells
what the network has understood: of the RNN its hidden state, of the LSTM its cell state, of the GRU
its update gate. Such a unit is found with every seed that was tried. The one in a design was chosen
because its picture is easy to read.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.gru import GRUParams, gru_backward, gru_forward, init_gru
from snippets.lstm import LSTMParams, init_lstm, lstm_backward, lstm_forward
from snippets.optimizers import adam, init_adam
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    readout_backward,
    readout_forward,
)
from snippets.rnn import RNNParams, init_rnn, rnn_backward, rnn_forward
from snippets.schedules import cosine_decay, init_scheduled, scheduled
from snippets.sequence_types import Layer, many_to_many_backward, many_to_many_forward
from snippets.training import train
from tools.tiny_tasks import AGREEMENT, ASSIGNMENTS, QUOTES, Task

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/assets/tiny"
TEXTS, M = 2000, 64  # texts to learn from, and how many of them each training step reads
WARM_UP, THRESHOLD = 20, 1.0
DECIMALS = 3  # of the weights


class Design(NamedTuple):
    """A network, its task, and how it is trained."""

    task: Task
    params: type
    init: Callable
    forward: Callable
    backward: Callable
    signal: Callable[[np.ndarray, Any], np.ndarray]  # (T, n_a, m), from what the forward pass gave
    shows: str  # the name of the signal in the code of the cell
    middle: float  # what lies halfway between a low and a high signal
    n_a: int
    T: int
    steps: int
    peak: float  # of the learning rate
    seed: int
    examples: list[str]


class Network(NamedTuple):
    """A trained cell and the readout above it."""

    cell: Any
    readout: ReadoutParams


class Reading(NamedTuple):
    """What a network does while it reads texts."""

    signal: np.ndarray  # (T, n_a, m)
    z: np.ndarray  # (T, n_y, m), the logits of the answers

    @property
    def answers(self) -> np.ndarray:
        """The number of the likeliest answer after each symbol, (T, m)."""
        return self.z.argmax(axis=1)


def hidden_state(a: np.ndarray, tape: Any) -> np.ndarray:
    """Return the hidden state after each step."""
    return a


def cell_state(a: np.ndarray, tape: Any) -> np.ndarray:
    """Return the cell state after each step."""
    return np.stack([state.c for state in tape.states[1:]])


def update_gate(a: np.ndarray, tape: Any) -> np.ndarray:
    """Return the update gate of each step."""
    return np.stack([values.gamma_u for values in tape.values])


def init_patient_gru(*arguments: Any, **options: Any) -> GRUParams:
    """Draw a GRU that at first keeps most of its hidden state from step to step."""
    params = init_gru(*arguments, **options)
    return params._replace(b_u=params.b_u - params.b_u.dtype.type(2))


DESIGNS = {
    "rnn": Design(
        QUOTES,
        *(RNNParams, init_rnn, rnn_forward, rnn_backward),
        *(hidden_state, "a", 0.0),
        n_a=8,
        T=30,
        steps=3000,
        peak=0.01,
        seed=4,
        examples=['She said "not now", I said "oh well" and left.'],
    ),
    "lstm": Design(
        AGREEMENT,
        *(LSTMParams, partial(init_lstm, forget_bias=3.0), lstm_forward, lstm_backward),
        *(cell_state, "c", 0.0),
        n_a=4,
        T=30,
        steps=2500,
        peak=0.02,
        seed=3,
        examples=[
            "The key to the old cabinets in the hallways",
            "The keys to the old cabinet in the hallway",
        ],
    ),
    "gru": Design(
        ASSIGNMENTS,
        *(GRUParams, init_patient_gru, gru_forward, gru_backward),
        *(update_gate, "gamma_u", 0.5),
        n_a=16,
        T=40,
        steps=3000,
        peak=0.015,
        seed=1,
        examples=["Let x=7 and y=3, add 12 cats, now x=2 or 9?"],
    ),
}


def one_hot(numbers: np.ndarray, size: int, dtype: Any) -> np.ndarray:
    """Return numbers (T, m) as columns (T, size, m)."""
    return np.eye(size, dtype=dtype)[numbers].swapaxes(1, 2)


def draw_texts(design: Design, rng: np.random.Generator, length: int, count: int) -> np.ndarray:
    """Return the symbols of random texts, and below them the right answers: (2, length, count)."""
    texts = [design.task.write(rng, length) for _ in range(count)]
    return np.array([texts, [design.task.answer(text) for text in texts]]).swapaxes(1, 2)


def learn(design: Design, seed: int, steps: int | None = None) -> Network:
    """Train a network from its first weights on."""
    steps = steps or design.steps
    rng = np.random.default_rng(seed)
    task, dtype = design.task, np.float32
    n_x, n_y = len(task.inputs), len(task.answers)
    cell = design.init(rng, n_x, design.n_a, input_scale=1.0, dtype=dtype)
    readout = init_readout(rng, design.n_a, n_y, dtype=dtype)
    texts = draw_texts(design, rng, design.T, TEXTS)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for _ in range(steps):
            symbols, answers = texts[:, :, rng.integers(TEXTS, size=M)]
            yield one_hot(symbols, n_x, dtype), one_hot(answers, n_y, dtype)

    def model(params: list, batch: tuple, state: None) -> tuple[float, list, None]:
        x, y = batch
        layers = (
            Layer(design.params(*params[:-2]), design.forward, design.backward),
            Layer(ReadoutParams(*params[-2:]), readout_forward, readout_backward),
        )
        z, _, tape = many_to_many_forward(*layers, x)
        loss, dz = cross_entropy(z, y)
        (d_cell, d_readout), _, _ = many_to_many_backward(*layers, tape, dz)
        return loss, [*d_cell, *d_readout], None

    schedule = partial(cosine_decay, peak=design.peak, steps=steps, warm_up=WARM_UP)
    params = [*cell, *readout]
    params, _, _ = train(
        model,
        params,
        batches(),
        partial(scheduled, rule=adam, schedule=schedule),
        memory=init_scheduled(init_adam(params)),
        clip=partial(clip_by_global_norm, threshold=THRESHOLD),
    )
    return rounded(Network(design.params(*params[:-2]), ReadoutParams(*params[-2:])))


def rounded(network: Network) -> Network:
    """Round the weights to what is written."""
    return Network(
        *(type(part)(*(w.astype(float).round(DECIMALS) for w in part)) for part in network)
    )


def read(design: Design, network: Network, symbols: np.ndarray) -> Reading:
    """Let a network read texts, given by the numbers of their symbols (T, m)."""
    x = one_hot(symbols, len(design.task.inputs), float)
    a, _, tape = design.forward(network.cell, x)
    z, _ = readout_forward(network.readout, a)
    return Reading(design.signal(a, tape), z)


def measure(
    design: Design, network: Network, seed: int, length: int, count: int
) -> dict[str, float]:
    """Return accuracy, and loss in nats per symbol, on texts that the network has not seen."""
    symbols, answers = draw_texts(design, np.random.default_rng(seed), length, count)
    reading = read(design, network, symbols)
    loss, _ = cross_entropy(reading.z, one_hot(answers, len(design.task.answers), float))
    return {"accuracy": float((reading.answers == answers).mean()), "loss": loss}


def clarity(design: Design, network: Network, seed: int, length: int, count: int) -> np.ndarray:
    """Return for each unit the share of the steps at which it is on the right side of its middle.

    All steps at which it should be high count together as much as all at which it should be low.
    A unit that is low where it should be high, and high where it should be low, has the share 0: it
    tells as much as one with the share 1.
    """
    symbols, _ = draw_texts(design, np.random.default_rng(seed), length, count)
    sense = np.transpose([design.task.sense(text.tolist()) for text in symbols.T])
    is_high = read(design, network, symbols).signal > design.middle
    high, low = (is_high.swapaxes(1, 2)[sense == side].mean(axis=0) for side in (1, -1))
    return (high + 1 - low) / 2


def describe(design: Design, network: Network) -> dict[str, Any]:
    """Return all that is written about a network."""
    measured = measure(design, network, seed=2, length=60, count=200)
    unit = int(clarity(design, network, seed=1, length=60, count=200).argmax())
    return {
        "question": design.task.question,
        "inputs": design.task.inputs,
        "answers": design.task.answers,
        "params": {name: w.tolist() for name, w in network.cell._asdict().items()},
        "readout": {name: w.tolist() for name, w in network.readout._asdict().items()},
        "telling": {"signal": design.shows, "unit": unit},
        "trained": {name: getattr(design, name) for name in ("n_a", "T", "steps", "peak", "seed")},
        "measured": {name: round(value, 6) for name, value in measured.items()},
        "examples": design.examples,
    }


def load(name: str) -> tuple[Network, dict[str, Any]]:
    """Return a network as it was written, and all that was written about it."""
    written = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    cell = DESIGNS[name].params(*map(np.array, written["params"].values()))
    readout = ReadoutParams(*map(np.array, written["readout"].values()))
    return Network(cell, readout), written


def follow(name: str, example: int) -> dict[str, Any]:
    """Let a network read one of its examples, and return what happens at each step."""
    design, (network, written) = DESIGNS[name], load(name)
    text = written["examples"][example]
    reading = read(design, network, np.transpose([design.task.encode(text)]))
    values = reading.signal[:, written["telling"]["unit"], 0]
    return {
        "symbols": design.task.split(text),
        **written["telling"],
        "values": values.round(3).tolist(),
        "answers": [written["answers"][number] for number in reading.answers[:, 0]],
    }


def main() -> None:
    """Train and write the networks that are named."""
    parser = argparse.ArgumentParser(description="Train the tiny networks of the cell pages.")
    parser.add_argument("name", nargs="*", choices=[*DESIGNS, []], help="none means all")
    for name in parser.parse_args().name or DESIGNS:
        design = DESIGNS[name]
        written = describe(design, learn(design, design.seed))
        FOLDER.mkdir(exist_ok=True)
        path = FOLDER / f"{name}.json"
        path.write_text(json.dumps(written, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {written['measured']}, {written['telling']}")


if __name__ == "__main__":
    main()
