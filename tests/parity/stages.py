"""Training steps of an LSTM between the readable one and the fast one, to time what each adds.

Each stage is a function of (params, x, da) that makes a forward and a backward pass and returns
hidden states and gradients. They stand in the order of docs/fast.md, and each has all that the
ones before it have.
"""

import numpy as np

from snippets.fast import fast_lstm_backward, fast_lstm_forward
from snippets.lstm import (
    LSTMState,
    LSTMTape,
    LSTMValues,
    lstm_backward,
    lstm_forward,
    sigmoid,
)


def readable(params, x, da):
    """Run lstm.py as it is."""
    a, _, tape = lstm_forward(params, x)
    return a, lstm_backward(params, tape, da)


def one_product(params, x, da):
    """Multiply once for all gates; each line still makes new arrays."""
    W_f, b_f, W_u, b_u, W_c, b_c, W_o, b_o = params
    W, b = np.concatenate((W_f, W_u, W_c, W_o)), np.concatenate((b_f, b_u, b_c, b_o))
    n_a, m = len(b_f), x.shape[2]
    state = LSTMState(*np.zeros((2, n_a, m), x.dtype))
    a, tape = np.empty((len(x), n_a, m), x.dtype), LSTMTape([state], [])
    for t, x_t in enumerate(x):
        a_x = np.concatenate((state.a, x_t))
        z_f, z_u, z_c, z_o = (W @ a_x + b).reshape(4, n_a, m)
        gamma_f, gamma_u, gamma_o = sigmoid(z_f), sigmoid(z_u), sigmoid(z_o)
        c_tilde = np.tanh(z_c)
        c_t = gamma_f * state.c + gamma_u * c_tilde
        tanh_c = np.tanh(c_t)
        state = LSTMState(gamma_o * tanh_c, c_t)
        tape.states.append(state)
        tape.values.append(LSTMValues(a_x, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c))
        a[t] = state.a
    return a, lstm_backward(params, tape, da)


def in_place(params, x, da):
    """Fill arrays in the forward pass, with one tanh for all gates; the backward pass is as before.

    Its tape is made of views of the arrays.
    """
    a, _, tape = fast_lstm_forward(params, x)
    n_a = a.shape[1]
    states = [LSTMState(*it) for it in zip(tape.a_x[:, :n_a], tape.c, strict=True)]
    values = [
        LSTMValues(a_x[:-1], gates[1], gates[2], gates[3], gates[0], tanh_c)
        for a_x, gates, tanh_c in zip(tape.a_x[:-1], tape.gates, tape.tanh_c, strict=True)
    ]
    return a, lstm_backward(params, LSTMTape(states, values), da)


def in_chunks(params, x, da):
    """Compute slopes and gradients of weights for a chunk of steps at once: fast.py."""
    a, _, tape = fast_lstm_forward(params, x)
    return a, fast_lstm_backward(params, tape, da)


class SameArrays:
    """Hand the tape of each training step to the next one."""

    def __init__(self):
        """Start without a tape."""
        self.tape = None

    def __call__(self, params, x, da):
        """Make a forward and a backward pass."""
        a, _, self.tape = fast_lstm_forward(params, x, None, self.tape)
        return a, fast_lstm_backward(params, self.tape, da)


def stages():
    """Name the stages, in their order."""
    return {
        "readable": readable,
        "one product": one_product,
        "arrays filled": in_place,
        "chunks": in_chunks,
        "same tape": SameArrays(),
    }
