"""Compares what is built around cells: whole models, cells alone, both directions, Dense, Adam.

Each function runs one model of a library and the same one in this book, on sizes drawn at random,
and returns the largest difference. compare.py calls them. The sLSTM with an empty memory is here
because JSON has no infinity.
"""

import importlib

import numpy as np

from snippets.optimizers import adam, init_adam
from snippets.variants import KERAS, TORCH, from_keras, from_torch
from snippets.whole_models import from_dense, from_linear
from tests.parity.cases import draw, errors, run_cell
from tests.parity.references import (  # imported there, with their settings
    RESTATED,
    jax,
    keras,
    torch,
)


@keras.saving.register_keras_serializable()  # Bidirectional makes each layer from its settings
def tanh(z):
    """Stand for Keras's own, which returns float32 on JAX whatever it gets."""
    return jax.numpy.tanh(z)


def run(cell, params, x):
    """Run one cell of the book over a sequence (T, n_x, m), from zeros."""
    n_a = len(params["b_a" if cell == "rnn" else "b_c"])
    states = [np.zeros((n_a, x.shape[2]))] * (2 if cell == "lstm" else 1)
    return run_cell(cell, params, x, states, np.zeros((len(x), n_a, x.shape[2])), states)["a"]


def read_out(params, a):
    """Run the readout of the book over hidden states."""
    readout = importlib.import_module("snippets.readout")
    return readout.readout_forward(readout.ReadoutParams(**params), a)[0]


def compare_cells_of_torch(rng, T, n_x, m, n_a):
    """Run LSTMCell and its like, with biases and without."""
    worst = 0
    kinds = {
        "rnn": torch.nn.RNNCell,
        "lstm": torch.nn.LSTMCell,
        "gru_reset_after": torch.nn.GRUCell,
    }
    for cell in TORCH:
        for bias in (True, False):
            module = kinds[cell](n_x, n_a, bias=bias, dtype=torch.float64)
            x, state, out = rng.normal(size=(T, n_x, m)), None, []
            for x_t in torch.tensor(x.swapaxes(1, 2)):
                state = module(x_t, state)
                out.append((state[0] if cell == "lstm" else state).detach().numpy().T)
            ours = run(cell, from_torch(cell, module.state_dict(), layer=None), x)
            worst = np.maximum(worst, abs(ours - np.stack(out)).max())
    return worst


class Model(torch.nn.Module):
    """Two layers that read both ways, and a Linear layer: the keys have prefixes."""

    def __init__(self, kind, n_x, n_a, bias):
        super().__init__()
        options = {"num_layers": 2, "bidirectional": True, "batch_first": True, "bias": bias}
        self.encoder = torch.nn.Module()
        self.encoder.rnn = kind(n_x, n_a, dtype=torch.float64, **options)
        self.fc = torch.nn.Linear(2 * n_a, 3, dtype=torch.float64, bias=bias)

    def forward(self, x):
        return self.fc(self.encoder.rnn(x)[0])


def compare_models_of_torch(rng, T, n_x, m, n_a):
    """Read a whole model of PyTorch by prefixes."""
    worst = 0
    kinds = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru_reset_after": torch.nn.GRU}
    for cell in TORCH:
        for bias in (True, False):
            model = Model(kinds[cell], n_x, n_a, bias)
            weights = model.state_dict()
            a = x = rng.normal(size=(T, n_x, m))
            for layer in ("l0", "l1"):
                names = layer, f"{layer}_reverse"
                one, two = (from_torch(cell, weights, name, "encoder.rnn.") for name in names)
                a = np.concatenate([run(cell, one, a), run(cell, two, a[::-1])[::-1]], axis=1)
            z = read_out(from_linear(weights, "fc."), a)
            theirs = model(torch.tensor(x.transpose(2, 0, 1))).detach().numpy()
            worst = np.maximum(worst, abs(z - theirs.transpose(1, 2, 0)).max())
    return worst


def randomised(layer, rng, shape):
    """Build a layer of Keras, and draw its weights, biases too."""
    layer.build(shape)
    layer.set_weights([rng.normal(scale=0.5, size=w.shape) for w in layer.get_weights()])
    return layer.get_weights()


def compare_directions_of_keras(rng, T, n_x, m, n_a):
    """Run Bidirectional and go_backwards, with all steps and the last, and Dense."""
    worst = 0
    kinds = {
        "rnn": (keras.layers.SimpleRNN, {}),
        "lstm": (keras.layers.LSTM, {}),
        "gru": (keras.layers.GRU, {"reset_after": False}),
        "gru_reset_after": (keras.layers.GRU, {"reset_after": True}),
    }
    for cell in KERAS:
        for use_bias in (True, False):
            x = rng.normal(size=(T, n_x, m))
            kind, options = kinds[cell]
            options = options | {"activation": tanh, "use_bias": use_bias}
            whole = options | {"return_sequences": True}
            given = x.transpose(2, 0, 1)

            both = keras.layers.Bidirectional(kind(n_a, **whole))
            weights = randomised(both, rng, given.shape)
            half = len(weights) // 2
            forward = run(cell, from_keras(cell, weights[:half]), x)
            backward = run(cell, from_keras(cell, weights[half:]), x[::-1])
            ours = np.concatenate([forward, backward[::-1]], axis=1)
            worst = np.maximum(worst, difference(ours.transpose(2, 0, 1), both(given)))

            ends = keras.layers.Bidirectional(kind(n_a, **options))
            ends.build(given.shape)
            ends.set_weights(weights)
            ours = np.concatenate([forward[-1], backward[-1]])
            worst = np.maximum(worst, difference(ours.T, ends(given)))

            turned = kind(n_a, go_backwards=True, **whole)
            weights = randomised(turned, rng, given.shape)
            ours = run(cell, from_keras(cell, weights), x[::-1])
            worst = np.maximum(worst, difference(ours.transpose(2, 0, 1), turned(given)))

            dense = keras.layers.Dense(3, use_bias=use_bias)
            weights = randomised(dense, rng, (m, T, n_a))
            z = read_out(from_dense(weights), forward).transpose(2, 0, 1)
            worst = np.maximum(worst, difference(z, dense(forward.transpose(2, 0, 1))))
    return worst


def difference(ours, theirs):
    """Return the largest difference from what Keras returned."""
    return abs(ours - np.asarray(theirs)).max()


def compare_adam_of_keras(rng, *shape):
    """Take steps with Adam of Keras, whose epsilon is ours times sqrt(1 - beta_2**step)."""
    w = rng.normal(size=shape)
    variable, epsilon = keras.Variable(w, dtype="float64"), 1e-3
    theirs = keras.optimizers.Adam(learning_rate=0.01, epsilon=epsilon)
    params, memory = [w], init_adam([w])
    for step in range(1, 6):
        g = rng.normal(scale=1e-3, size=shape)
        theirs.apply([jax.numpy.asarray(g)], [variable])
        ours = epsilon / np.sqrt(1 - 0.999**step)
        params, memory = adam(params, [g], memory, learning_rate=0.01, epsilon=ours)
    return abs(params[0] - np.asarray(variable.value)).max() / abs(w - params[0]).max()


def compare_empty_slstm(rng, T, n_x, m, n_a):
    """Start the sLSTM with a total weight of 0, whose logarithm is minus infinity."""
    given = draw("slstm", RESTATED, T, n_x, m, n_a, rng)
    given["state_0"][2] = np.full((n_a, m), -np.inf)
    params = given.pop("weights")
    theirs = RESTATED.run("slstm", params, **given)
    return np.max([*errors(run_cell("slstm", params, **given), theirs).values()])


LAYERS = {  # and on how many shapes: Keras compiles for each
    "RNNCell, LSTMCell and GRUCell of PyTorch": (compare_cells_of_torch, 50),
    "a model of PyTorch: two layers, both ways, Linear": (compare_models_of_torch, 50),
    "Bidirectional, go_backwards and Dense of Keras": (compare_directions_of_keras, 2),
    "Adam of Keras": (compare_adam_of_keras, 2),
    "an sLSTM that starts with an empty memory, restated": (compare_empty_slstm, 50),
}
