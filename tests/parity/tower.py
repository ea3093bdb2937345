"""Compares a whole network with PyTorch: two bidirectional layers, ragged batches, a masked loss.

sh tests/parity/run.sh tower
"""

import sys

import numpy as np
import torch

from snippets.gru_reset_after import (
    GRUResetAfterParams,
    gru_reset_after_backward,
    gru_reset_after_forward,
)
from snippets.lstm import LSTMParams, lstm_backward, lstm_forward
from snippets.ragged import ragged
from snippets.readout import ReadoutParams, cross_entropy, readout_backward, readout_forward
from snippets.rnn import RNNParams, rnn_backward, rnn_forward
from snippets.stacking import (
    Layer,
    bidirectional_backward,
    bidirectional_forward,
    stack_backward,
    stack_forward,
)
from snippets.variants import from_torch
from tests.parity.references import count_biases_once

LIMIT = 1e-10  # relative to the largest element of each array
DIRECTIONS = [["l0", "l0_reverse"], ["l1", "l1_reverse"]]
CELLS = {
    "rnn": (torch.nn.RNN, RNNParams, rnn_forward, rnn_backward),
    "lstm": (torch.nn.LSTM, LSTMParams, lstm_forward, lstm_backward),
    "gru_reset_after": (
        torch.nn.GRU,
        GRUResetAfterParams,
        gru_reset_after_forward,
        gru_reset_after_backward,
    ),
}


def theirs(module, linear, x, targets, lengths):
    """Return loss and gradients of PyTorch, by our names, for packed sequences."""
    inputs = torch.tensor(x.swapaxes(1, 2), requires_grad=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(inputs, lengths, enforce_sorted=False)
    out, _ = torch.nn.utils.rnn.pad_packed_sequence(module(packed)[0], total_length=len(x))
    real = torch.arange(len(x))[:, None] < torch.tensor(lengths)
    classes = torch.where(real, torch.tensor(targets), -100)  # -100: does not count
    loss = torch.nn.functional.cross_entropy(linear(out).transpose(1, 2), classes)
    loss.backward()
    gradients = {name: w.grad.numpy() for name, w in module.named_parameters()}
    return loss.item(), gradients, linear, inputs.grad.numpy().swapaxes(1, 2)


def ours(cell, module, linear, x, targets, lengths):
    """Return loss and gradients of a tower out of the snippets."""
    _, Params, forward, backward = CELLS[cell]
    weights = {name: w.detach().numpy() for name, w in module.named_parameters()}
    layers = []
    for names in DIRECTIONS:
        cells = [
            ragged(Layer(Params(**from_torch(cell, weights, name)), forward, backward))
            for name in names
        ]
        layers.append(Layer(cells, bidirectional_forward, bidirectional_backward))
    readout = ReadoutParams(linear.weight.detach().numpy(), linear.bias.detach().numpy()[:, None])
    a, _, tape = stack_forward(layers, x, lengths=lengths)
    z, readout_tape = readout_forward(readout, a)
    y = np.eye(z.shape[1])[targets].swapaxes(1, 2)
    loss, dz = cross_entropy(z, y, lengths=lengths)
    d_readout, da = readout_backward(readout, readout_tape, dz)
    d_layers, dx, _ = stack_backward(layers, tape, da)
    return loss, d_layers, d_readout, dx


def compare(cell, seed):
    """Return the largest relative error of one network on one ragged batch."""
    rng = np.random.default_rng(seed)
    T, n_x, m, n_a, n_y = (int(n) for n in rng.integers(2, 7, 5))
    lengths = rng.integers(1, T + 1, m).tolist()
    torch.manual_seed(seed)
    kind = CELLS[cell][0]
    module = kind(n_x, n_a, num_layers=2, bidirectional=True, dtype=torch.float64)
    linear = torch.nn.Linear(2 * n_a, n_y, dtype=torch.float64)
    x, targets = rng.normal(size=(T, n_x, m)), rng.integers(n_y, size=(T, m))
    loss, gradients, _, dx = theirs(module, linear, x, targets, lengths)
    our_loss, d_layers, d_readout, our_dx = ours(cell, module, linear, x, targets, lengths)
    pairs = [(np.array(our_loss), np.array(loss)), (our_dx, dx)]
    pairs.append((d_readout.W_ya, linear.weight.grad.numpy()))
    pairs.append((d_readout.b_y[:, 0], linear.bias.grad.numpy()))
    for names, d_cells in zip(DIRECTIONS, d_layers, strict=True):
        for name, d_params in zip(names, d_cells, strict=True):
            expected = count_biases_once(cell, from_torch(cell, gradients, name))
            pairs += [(getattr(d_params, field), d) for field, d in expected.items()]
    return max(abs(one - other).max() / max(abs(other).max(), 1e-300) for one, other in pairs)


def main():
    """Print a line for each cell; fail if one is far off."""
    failed = 0
    for cell in CELLS:
        error = max(compare(cell, seed) for seed in range(20))
        print(f"{cell:16} two bidirectional layers, 20 ragged batches, masked loss   {error:.1e}")
        failed += not error <= LIMIT
    print(f"{len(CELLS) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
