"""Every cell as another library computes it: its outputs, and each gradient by its autograd.

Weights stand in the layout of the library. All else, gradients for weights too, is in the layout
of this book: sequences (T, n, m), states (n_a, m), weights by the names of their fields.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # it compiles once for each shape

from collections.abc import Callable
from typing import NamedTuple

import jax
import keras
import numpy as np
import torch

from snippets.variants import from_keras, from_torch, to_keras, to_torch

keras.config.set_floatx("float64")


class Library(NamedTuple):
    """A library, its layout of weights, and how to run its layers."""

    version: str
    cells: dict
    lay_out: Callable  # (cell, params) -> weights by the names of the library
    read: Callable  # (cell, weights) -> params by our names
    run: Callable  # (cell, weights, x, state_0, da, d_state_T) -> results


def run_torch(cell, weights, x, state_0, da, d_state_T):
    """Run a module of PyTorch."""
    module = PYTORCH.cells[cell](x.shape[1], len(state_0[0]), dtype=torch.float64)
    module.load_state_dict({name: torch.tensor(w) for name, w in weights.items()}, strict=True)
    inputs = torch.tensor(x.swapaxes(1, 2), requires_grad=True)
    start = [torch.tensor(s.T[None], requires_grad=True) for s in state_0]
    out, last = module(inputs, tuple(start) if len(start) > 1 else start[0])
    last = last if len(start) > 1 else (last,)
    loss = (out * torch.tensor(da.swapaxes(1, 2))).sum()
    loss += sum((s * torch.tensor(d.T)).sum() for s, d in zip(last, d_state_T, strict=True))
    loss.backward()
    gradients = {name: w.grad.numpy() for name, w in module.named_parameters()}
    return {
        "a": out.detach().numpy().swapaxes(1, 2),
        "state_T": [s.detach().numpy()[0].T for s in last],
        "d_params": count_biases_once(cell, from_torch(cell, gradients)),
        "dx": inputs.grad.numpy().swapaxes(1, 2),
        "d_state_0": [s.grad.numpy()[0].T for s in start],
    }


def run_keras(cell, weights, x, state_0, da, d_state_T):
    """Run a layer of Keras on JAX."""
    kind, options = KERAS.cells[cell]
    # Keras's own tanh returns float32 on JAX whatever it gets, so JAX's takes its place
    options = options | {"activation": jax.numpy.tanh}
    layer = kind(len(state_0[0]), return_sequences=True, return_state=True, **options)
    inputs, start = x.transpose(2, 0, 1), [s.T for s in state_0]
    layer.build(inputs.shape)
    layer.set_weights([*weights.values()])
    fixed = [v.value for v in layer.non_trainable_variables]

    def forward(free, inputs, start):
        (out, *last), _ = layer.stateless_call(free, fixed, inputs, initial_state=start)
        return out, last

    @jax.jit
    def forward_and_backward(free, inputs, start, d_results):
        results, pull = jax.vjp(forward, free, inputs, start)
        return results, pull(d_results)

    free = [v.value for v in layer.trainable_variables]
    d_results = da.transpose(2, 0, 1), [d.T for d in d_state_T]
    results, gradients = forward_and_backward(free, inputs, start, d_results)
    (out, last), (d_free, dx, d_start) = jax.tree.map(np.asarray, (results, gradients))
    d_params = from_keras(cell, d_free)
    two_biases = cell == "gru_reset_after"
    return {
        "a": out.transpose(1, 2, 0),
        "state_T": [s.T for s in last],
        "d_params": count_biases_once(cell, d_params) if two_biases else d_params,
        "dx": dx.transpose(1, 2, 0),
        "d_state_0": [d.T for d in d_start],
    }


def count_biases_once(cell, gradients):
    """Halve what the converter added up: two biases that are added have the same gradient."""
    apart = ("b_c", "b_rc") if cell == "gru_reset_after" else ()
    return {
        name: d / 2 if name.startswith("b") and name not in apart else d
        for name, d in gradients.items()
    }


def run_peephole(cell, weights, x, state_0, da, d_state_T):
    """Restate the peephole LSTM, which neither library has, for PyTorch's autograd.

    Another form than the snippet's: examples in rows, one matrix for all gates, and peepholes as
    diagonal matrices.
    """
    leaves = {name: torch.tensor(w, requires_grad=True) for name, w in weights.items()}
    inputs = torch.tensor(x, requires_grad=True)
    start = [torch.tensor(s, requires_grad=True) for s in state_0]
    W = torch.cat([leaves[f"W_{gate}"] for gate in "fuco"]).T
    b = torch.cat([leaves[f"b_{gate}"] for gate in "fuco"]).T
    P_f, P_u, P_o = (torch.diag(leaves[f"p_{gate}"][:, 0]) for gate in "fuo")
    (h, c), out = (s.T for s in start), []
    for x_t in inputs:
        z_f, z_u, z_c, z_o = (torch.cat([h, x_t.T], dim=1) @ W + b).chunk(4, dim=1)
        c = torch.sigmoid(z_f + c @ P_f) * c + torch.sigmoid(z_u + c @ P_u) * torch.tanh(z_c)
        h = torch.sigmoid(z_o + c @ P_o) * torch.tanh(c)
        out.append(h.T)
    a, last = torch.stack(out), (h.T, c.T)
    loss = (a * torch.tensor(da)).sum()
    loss += sum((s * torch.tensor(d)).sum() for s, d in zip(last, d_state_T, strict=True))
    loss.backward()
    return {
        "a": a.detach().numpy(),
        "state_T": [s.detach().numpy() for s in last],
        "d_params": {name: w.grad.numpy() for name, w in leaves.items()},
        "dx": inputs.grad.numpy(),
        "d_state_0": [s.grad.numpy() for s in start],
    }


PYTORCH = Library(
    f"PyTorch {torch.__version__}",
    {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru_reset_after": torch.nn.GRU},
    to_torch,
    from_torch,
    run_torch,
)
KERAS = Library(
    f"Keras {keras.__version__}, JAX {jax.__version__}",
    {
        "rnn": (keras.layers.SimpleRNN, {}),
        "lstm": (keras.layers.LSTM, {}),
        "gru": (keras.layers.GRU, {"reset_after": False}),
        "gru_reset_after": (keras.layers.GRU, {"reset_after": True}),
    },
    lambda cell, params: dict(
        zip(("kernel", "recurrent_kernel", "bias"), to_keras(cell, params), strict=True)
    ),
    lambda cell, weights: from_keras(cell, [*weights.values()]),
    run_keras,
)
RESTATED = Library(
    f"restated in PyTorch {torch.__version__}",
    {"peephole": None},
    lambda cell, params: dict(params),
    lambda cell, weights: dict(weights),
    run_peephole,
)
LIBRARIES = {"pytorch": PYTORCH, "keras": KERAS, "restated": RESTATED}
