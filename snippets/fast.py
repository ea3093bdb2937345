# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""LSTM and GRU written for speed: the numbers of the readable cells.

NumPy only. Explained in docs/fast.md, proven in tests/test_fast.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class LSTMParams(NamedTuple):
    """Weights of the forget gate, update gate, candidate and output gate."""

    W_f: np.ndarray  # (n_a, n_a + n_x)
    b_f: np.ndarray  # (n_a, 1)
    W_u: np.ndarray  # (n_a, n_a + n_x)
    b_u: np.ndarray  # (n_a, 1)
    W_c: np.ndarray  # (n_a, n_a + n_x)
    b_c: np.ndarray  # (n_a, 1)
    W_o: np.ndarray  # (n_a, n_a + n_x)
    b_o: np.ndarray  # (n_a, 1)


class LSTMState(NamedTuple):
    """What one step passes on to the next: hidden state and cell state."""

    a: np.ndarray  # (n_a, m)
    c: np.ndarray  # (n_a, m)


class GRUResetAfterParams(NamedTuple):
    """Weights of the cell, in the order of the equations."""

    W_u: np.ndarray  # (n_a, n_x)
    U_u: np.ndarray  # (n_a, n_a)
    b_u: np.ndarray  # (n_a, 1)
    W_r: np.ndarray  # (n_a, n_x)
    U_r: np.ndarray  # (n_a, n_a)
    b_r: np.ndarray  # (n_a, 1)
    W_c: np.ndarray  # (n_a, n_x)
    U_c: np.ndarray  # (n_a, n_a)
    b_c: np.ndarray  # (n_a, 1)
    b_rc: np.ndarray  # (n_a, 1)


class GRUResetAfterState(NamedTuple):
    """What one step passes on to the next."""

    a: np.ndarray  # (n_a, m)


# --8<-- [end:types]


# --8<-- [start:check]
def check(name: str, array: np.ndarray, *shape: int | str) -> None:
    """Raise a ValueError unless this is an array of floats of this shape.

    A size that is given as a letter may have any value. Masked arrays and
    matrices are refused, because `*` and `sum` mean something else to them.
    """
    plain = type(array) in (np.ndarray, np.memmap)
    sizes = array.shape if plain else ()
    fits = len(sizes) == len(shape) and all(
        isinstance(expected, str) or size == expected
        for size, expected in zip(sizes, shape)
    )
    if not fits or array.dtype.kind != "f":
        got = f" {sizes} of {array.dtype}" if plain else ", not ndarray"
        raise ValueError(
            f"expected {name} ({', '.join(map(str, shape))}) of floats, "
            f"got {type(array).__name__}{got}"
        )


def as_named(name: str, cls: type, values) -> tuple:
    """Return a plain tuple or list of the right length as the NamedTuple.

    A NamedTuple of another kind is refused if its fields have other names.
    """
    fields = getattr(values, "_fields", cls._fields)
    is_sequence = isinstance(values, tuple | list)
    if not is_sequence or fields != cls._fields or len(values) != len(fields):
        size = f" of {len(values)}" if is_sequence else ""
        raise ValueError(
            f"expected {name} as {cls.__name__}({', '.join(cls._fields)}) or "
            f"a tuple or list like it, got {type(values).__name__}{size}"
        )
    return cls(*values)


def check_state(name: str, cls: type, state, n_a: int, like) -> tuple:
    """Return a state as its NamedTuple; None stands for a state of zeros."""
    if state is None:
        zeros = np.zeros((n_a, like.shape[-1]), like.dtype)
        return cls(*(zeros.copy() for _ in cls._fields))
    state = as_named(name, cls, state)
    for field, array in zip(cls._fields, state):
        check(f"{name}.{field}", array, n_a, like.shape[-1])
    return state


def check_lstm(params) -> tuple[LSTMParams, int, int]:
    """Check the weights; return them by name, with n_a and n_x."""
    params = as_named("params", LSTMParams, params)
    check("b_f", params.b_f, "n_a", 1)
    n_a = len(params.b_f)
    check("W_f", params.W_f, n_a, "n_a + n_x")
    n_x = max(params.W_f.shape[1] - n_a, 1)
    columns = {"W": n_a + n_x, "b": 1}
    for name, array in zip(params._fields, params):
        check(name, array, n_a, columns[name[0]])
    return params, n_a, n_x


def check_gru_reset_after(params) -> tuple[GRUResetAfterParams, int, int]:
    """Check the weights; return them by name, with n_a and n_x."""
    params = as_named("params", GRUResetAfterParams, params)
    check("W_u", params.W_u, "n_a", "n_x")
    n_a, n_x = params.W_u.shape
    columns = {"W": n_x, "U": n_a, "b": 1}
    for name, array in zip(params._fields, params):
        check(name, array, n_a, columns[name[0]])
    return params, n_a, n_x


# --8<-- [end:check]


# --8<-- [start:rows]
def fill_rows(parts, blocks, scales) -> None:
    """Overwrite parts of an array: scaled weights, biases as last column."""
    for part, (W, b), scale in zip(parts, blocks, scales):
        np.multiply(W, scale, out=part[:, :-1])
        np.multiply(b, scale, out=part[:, -1:])


# --8<-- [end:rows]


# --8<-- [start:reuse]
def reuse(tape, cls: type, dtype, shapes: list[tuple]) -> tuple:
    """Return the tape if its arrays have these shapes, or else a new one."""
    new = cls(*(np.empty(shape, dtype) for shape in shapes))
    tape = new if tape is None else as_named("tape", cls, tape)
    kinds = [
        [(it.shape, it.dtype) for it in arrays] for arrays in (tape, new)
    ]
    return tape if kinds[0] == kinds[1] else new


# --8<-- [end:reuse]


# --8<-- [start:chunks]
COLUMNS = 512  # how many columns a chunk has, about: steps times examples
OVER_TIME = ((0, 2), (0, 2))  # a sum over steps and examples


def chunks(T: int, m: int) -> list[slice]:
    """Cut T steps into chunks of equal length, the last one first."""
    length = 1 + COLUMNS // (m + 1)
    return [slice(max(end - length, 0), end) for end in range(T, 0, -length)]


# --8<-- [end:chunks]


# --8<-- [start:lstm-forward]
class FastLSTMTape(NamedTuple):
    """All large arrays, for the backward pass and to be filled again."""

    W_b: np.ndarray  # (4 * n_a, n_a + n_x + 1)
    W_T: np.ndarray  # (n_a + n_x, 4 * n_a)
    a_x: np.ndarray  # (T + 1, n_a + n_x + 1, m)
    gates: np.ndarray  # (T, 4, n_a, m)
    c: np.ndarray  # (T + 1, n_a, m)
    tanh_c: np.ndarray  # (T, n_a, m)


def fast_lstm_forward(
    params: LSTMParams, x: np.ndarray, state_0=None, tape=None
) -> tuple[np.ndarray, LSTMState, FastLSTMTape]:
    """Run an LSTM over a whole sequence, as `lstm_forward` does.

    Parameters
    ----------
    params : LSTMParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : LSTMState, optional
        Hidden state and cell state before the first step, each (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.
    tape : FastLSTMTape, optional
        From an earlier call, and no longer needed: if the sizes are the
        same, its arrays are overwritten, which saves making new ones.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : LSTMState
        State after the last step.
    tape : FastLSTMTape
        What `fast_lstm_backward` needs. It shares no memory with `a` and
        `state_T`, so these stay as they are when it is overwritten.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/fast.md.
    """
    params, n_a, n_x = check_lstm(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", LSTMState, state_0, n_a, x)
    T, _, m = x.shape
    dtype = np.result_type(x, *params, *state)
    K = n_a + n_x + 1
    shapes = [(4 * n_a, K), (K - 1, 4 * n_a), (T + 1, K, m)]
    shapes += [(T, 4, n_a, m), (T + 1, n_a, m), (T, n_a, m)]
    tape = reuse(tape, FastLSTMTape, dtype, shapes)
    W_b, _, a_x, gates, c, tanh_c = tape
    # --8<-- [start:rows-body]
    W_f, b_f, W_u, b_u, W_c, b_c, W_o, b_o = params
    blocks = [(W_o, b_o), (W_f, b_f), (W_u, b_u), (W_c, b_c)]
    fill_rows(np.split(W_b, 4), blocks, [0.5, 0.5, 0.5, 1])
    a_x[0, :n_a], c[0] = state
    a_x[:T, n_a:-1], a_x[:, -1] = x, 1  # the 1 meets the biases
    # --8<-- [end:rows-body]
    half, written = np.array(0.5, dtype), np.empty((n_a, m), dtype)
    # --8<-- [start:lstm-steps-body]
    a, z = a_x[1:, :n_a], gates.reshape(T, 4 * n_a, m)
    steps = zip(a_x, z, gates[:, :3], gates, c, c[1:], tanh_c, a)
    for a_x_t, z_t, sigmoids, gates_t, c_prev, c_t, tanh_c_t, a_t in steps:
        np.matmul(W_b, a_x_t, out=z_t)  # eq. 1
        np.tanh(z_t, out=z_t)
        sigmoids *= half
        sigmoids += half
        gamma_o, gamma_f, gamma_u, c_tilde = gates_t
        np.multiply(gamma_f, c_prev, out=c_t)
        np.multiply(gamma_u, c_tilde, out=written)
        c_t += written
        np.tanh(c_t, out=tanh_c_t)
        np.multiply(gamma_o, tanh_c_t, out=a_t)
    # --8<-- [end:lstm-steps-body]
    return a.copy(), LSTMState(a_x[T, :n_a].copy(), c[T].copy()), tape


# --8<-- [end:lstm-forward]


# --8<-- [start:lstm-backward]
def fast_lstm_backward(
    params: LSTMParams, tape: FastLSTMTape, da: np.ndarray, d_state_T=None
) -> tuple[LSTMParams, np.ndarray, LSTMState]:
    """Compute the gradient with respect to weights, input and initial state.

    Parameters
    ----------
    params : LSTMParams
        The same weights that `fast_lstm_forward` used.
    tape : FastLSTMTape
        From `fast_lstm_forward`, and not handed to another call since.
        Its transposed weights are overwritten.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each hidden state directly from the loss.
    d_state_T : LSTMState, optional
        Gradients that reach the last state from elsewhere, for example
        from a decoder, each (n_a, m); zeros if it is not given.

    Returns
    -------
    d_params : LSTMParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : LSTMState
        Gradients for the initial state, each (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/fast.md.
    """
    params, n_a, n_x = check_lstm(params)
    tape = as_named("tape", FastLSTMTape, tape)
    W_b, W_T, a_x, gates, c, tanh_c = tape
    check("tape.c", c, "T + 1", n_a, "m")
    T, m, dtype = len(gates), c.shape[2], c.dtype
    check("da", da, T, n_a, m)
    d_state = check_state("d_state_T", LSTMState, d_state_T, n_a, c[0])
    blocks = params.W_o, params.W_f, params.W_u, params.W_c
    np.concatenate([block.T for block in blocks], axis=1, out=W_T)
    dW, dx = np.zeros_like(W_b), np.empty((T, n_x, m), dtype)
    da_x, da_t = np.empty((n_a + n_x, m), dtype), np.empty((n_a, m), dtype)
    da_next, dx_next = da_x[:n_a], da_x[n_a:]
    da_next[...], dc = d_state.a, d_state.c.astype(dtype)
    for chunk in chunks(T, m):
        # --8<-- [start:lstm-slopes-body]
        gamma_o, gamma_f, gamma_u, c_tilde = gates[chunk].swapaxes(0, 1)
        a = a_x[1:][chunk, :n_a]
        dz = np.empty_like(gates[chunk])
        kept, written = gamma_f * c[:-1][chunk], gamma_u * c_tilde
        dz[:, 0] = a * (1 - gamma_o)
        dz[:, 1] = kept * (1 - gamma_f)
        dz[:, 2] = written * (1 - gamma_u)
        dz[:, 3] = gamma_u - written * c_tilde
        dc_da = gamma_o - a * tanh_c[chunk]  # eq. 2
        # --8<-- [end:lstm-slopes-body]
        # --8<-- [start:lstm-back-body]
        z = dz.reshape(-1, 4 * n_a, m)
        dz_o, dz_fuc = dz[:, 0], dz[:, 1:]
        steps = zip(da[chunk], dc_da, dz_o, dz_fuc, z, gamma_f, dx[chunk])
        for da_loss, dc_t, o_t, fuc_t, z_t, keep_t, dx_t in [*steps][::-1]:
            np.add(da_loss, da_next, out=da_t)
            dc_t *= da_t
            dc += dc_t
            o_t *= da_t
            fuc_t *= dc
            np.matmul(W_T, z_t, out=da_x)
            dx_t[...] = dx_next
            dc *= keep_t
        dW += np.tensordot(z, a_x[chunk], axes=OVER_TIME)
        # --8<-- [end:lstm-back-body]
    dW_o, dW_f, dW_u, dW_c = np.split(dW[:, :-1], 4)
    db_o, db_f, db_u, db_c = np.split(dW[:, -1:], 4)
    d_params = LSTMParams(dW_f, db_f, dW_u, db_u, dW_c, db_c, dW_o, db_o)
    return d_params, dx, LSTMState(da_next.copy(), dc)


# --8<-- [end:lstm-backward]


# --8<-- [start:gru-forward]
class FastGRUTape(NamedTuple):
    """All large arrays, for the backward pass and to be filled again."""

    W_b: np.ndarray  # (3 * n_a, n_x + 1)
    U_b: np.ndarray  # (3 * n_a, n_a + 1)
    W_T: np.ndarray  # (n_x, 3 * n_a)
    U_T: np.ndarray  # (n_a, 3 * n_a)
    x: np.ndarray  # (T, n_x + 1, m)
    a: np.ndarray  # (T + 1, n_a + 1, m)
    gates: np.ndarray  # (T, 3, n_a, m)
    recalled: np.ndarray  # (T, n_a, m)


def fast_gru_forward(
    params: GRUResetAfterParams, x: np.ndarray, state_0=None, tape=None
) -> tuple[np.ndarray, GRUResetAfterState, FastGRUTape]:
    """Run a GRU over a whole sequence, as `gru_reset_after_forward` does.

    Parameters
    ----------
    params : GRUResetAfterParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : GRUResetAfterState, optional
        Hidden state before the first step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.
    tape : FastGRUTape, optional
        From an earlier call, and no longer needed: if the sizes are the
        same, its arrays are overwritten, which saves making new ones.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : GRUResetAfterState
        State after the last step.
    tape : FastGRUTape
        What `fast_gru_backward` needs. It shares no memory with `a` and
        `state_T`, so these stay as they are when it is overwritten.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/fast.md.
    """
    params, n_a, n_x = check_gru_reset_after(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", GRUResetAfterState, state_0, n_a, x)
    T, _, m = x.shape
    dtype = np.result_type(x, *params, *state)
    shapes = [(3 * n_a, n_x + 1), (3 * n_a, n_a + 1)]
    shapes += [(n_x, 3 * n_a), (n_a, 3 * n_a), (T, n_x + 1, m)]
    shapes += [(T + 1, n_a + 1, m), (T, 3, n_a, m), (T, n_a, m)]
    tape = reuse(tape, FastGRUTape, dtype, shapes)
    W_b, U_b, _, _, x_1, a_1, gates, recalled = tape
    W_u, U_u, b_u, W_r, U_r, b_r, W_c, U_c, b_c, b_rc = params
    from_x = [(W_c, b_c), (W_u, b_u), (W_r, b_r)]
    fill_rows(np.split(W_b, 3), from_x, [1, 0.5, 0.5])
    from_a = [(U_u, 0), (U_r, 0), (U_c, b_rc)]
    fill_rows(np.split(U_b, 3), from_a, [0.5, 0.5, 1])
    x_1[:, :-1], x_1[:, -1] = x, 1
    a_1[0, :-1], a_1[:, -1] = state.a, 1
    half, sums = np.array(0.5, dtype), np.empty((3, n_a, m), dtype)
    # --8<-- [start:gru-steps-body]
    np.matmul(W_b, x_1, out=gates.reshape(T, 3 * n_a, m))
    a, z = a_1[:, :-1], sums.reshape(3 * n_a, m)
    steps = zip(a_1, gates[:, 1:], gates, recalled, a, a[1:])
    for a_1_t, sigmoids, gates_t, recalled_t, a_prev, a_t in steps:
        np.matmul(U_b, a_1_t, out=z)
        sigmoids += sums[:2]
        np.tanh(sigmoids, out=sigmoids)
        sigmoids *= half
        sigmoids += half
        c_tilde, gamma_u, gamma_r = gates_t
        recalled_t[...] = sums[2]
        np.multiply(gamma_r, recalled_t, out=a_t)
        c_tilde += a_t
        np.tanh(c_tilde, out=c_tilde)
        np.subtract(c_tilde, a_prev, out=a_t)
        a_t *= gamma_u
        a_t += a_prev
    # --8<-- [end:gru-steps-body]
    return a[1:].copy(), GRUResetAfterState(a[T].copy()), tape


# --8<-- [end:gru-forward]


# --8<-- [start:gru-backward]
def fast_gru_backward(
    params: GRUResetAfterParams,
    tape: FastGRUTape,
    da: np.ndarray,
    d_state_T=None,
) -> tuple[GRUResetAfterParams, np.ndarray, GRUResetAfterState]:
    """Compute the gradient with respect to weights, input and initial state.

    Parameters
    ----------
    params : GRUResetAfterParams
        The same weights that `fast_gru_forward` used.
    tape : FastGRUTape
        From `fast_gru_forward`, and not handed to another call since.
        Its transposed weights are overwritten.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each hidden state directly from the loss.
    d_state_T : GRUResetAfterState, optional
        Gradient that reaches the last state from elsewhere, (n_a, m);
        zeros if it is not given.

    Returns
    -------
    d_params : GRUResetAfterParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : GRUResetAfterState
        Gradient with respect to the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/fast.md.
    """
    params, n_a, n_x = check_gru_reset_after(params)
    tape = as_named("tape", FastGRUTape, tape)
    W_b, U_b, W_T, U_T, x_1, a_1, gates, recalled = tape
    check("tape.recalled", recalled, "T", n_a, "m")
    (T, _, m), dtype = recalled.shape, recalled.dtype
    check("da", da, T, n_a, m)
    a = a_1[:, :-1]
    d_state = check_state(
        "d_state_T", GRUResetAfterState, d_state_T, n_a, a[0]
    )
    W_u, U_u, _, W_r, U_r, _, W_c, U_c, _, _ = params
    np.concatenate([W_c.T, W_u.T, W_r.T], axis=1, out=W_T)
    np.concatenate([U_u.T, U_r.T, U_c.T], axis=1, out=U_T)
    dW, dU = np.zeros_like(W_b), np.zeros_like(U_b)
    dx = np.empty((T, n_x, m), dtype)
    da_next, da_t = d_state.a.astype(dtype), np.empty((n_a, m), dtype)
    # --8<-- [start:gru-chunks-body]
    for chunk in chunks(T, m):
        c_tilde, gamma_u, gamma_r = gates[chunk].swapaxes(0, 1)
        dz = np.empty((len(c_tilde), 4, n_a, m), dtype)
        keep = 1 - gamma_u
        dz[:, 0] = gamma_u * (1 - c_tilde**2)
        dz[:, 1] = (c_tilde - a[:-1][chunk]) * gamma_u * keep
        dz[:, 2] = recalled[chunk] * gamma_r * (1 - gamma_r)
        dz[:, 3] = gamma_r
        z = dz.reshape(-1, 4 * n_a, m)
        dz_c, dz_cu, dz_rq = dz[:, 0], dz[:, :2], dz[:, 2:]
        steps = zip(da[chunk], dz_c, dz_cu, dz_rq, z[:, n_a:], keep)
        for da_loss, c_t, cu_t, rq_t, z_t, keep_t in [*steps][::-1]:
            np.add(da_loss, da_next, out=da_t)
            cu_t *= da_t
            rq_t *= c_t
            np.matmul(U_T, z_t, out=da_next)
            da_t *= keep_t
            da_next += da_t
        np.matmul(W_T, z[:, : 3 * n_a], out=dx[chunk])
        dW += np.tensordot(z[:, : 3 * n_a], x_1[chunk], axes=OVER_TIME)
        dU += np.tensordot(z[:, n_a:], a_1[:-1][chunk], axes=OVER_TIME)
    # --8<-- [end:gru-chunks-body]
    dW_c, dW_u, dW_r = np.split(dW[:, :-1], 3)
    db_c, db_u, db_r = np.split(dW[:, -1:], 3)
    dU_u, dU_r, dU_c = np.split(dU[:, :-1], 3)
    db_rc = dU[2 * n_a :, -1:]
    d_params = GRUResetAfterParams(
        *(dW_u, dU_u, db_u, dW_r, dU_r, db_r, dW_c, dU_c, db_c, db_rc)
    )
    return d_params, dx, GRUResetAfterState(da_next)


# --8<-- [end:gru-backward]
