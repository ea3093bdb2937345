# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Window: the neural n-gram model, which sees the last few tokens only.

NumPy only. Explained in docs/window.md, proven in tests/test_window.py.
"""

# --8<-- [start:imports]
from collections import Counter
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class WindowParams(NamedTuple):
    """Weights of the model, in the order of the equations."""

    E: np.ndarray  # (n_e, n_x)
    W_ae: np.ndarray  # (n_a, n_w * n_e)
    b_a: np.ndarray  # (n_a, 1)


class WindowTape(NamedTuple):
    """What the backward pass needs; it owns its arrays."""

    tokens: np.ndarray  # (T + n_w - 1, m)
    seen: np.ndarray  # (T, n_w * n_e, m)
    a: np.ndarray  # (T, n_a, m)


# --8<-- [end:types]


# --8<-- [start:check]
def check_plain(name: str, array: np.ndarray) -> None:
    """Raise a ValueError unless this is a plain NumPy array.

    Masked arrays and matrices are refused, because `*` and `sum` mean
    something else to them.
    """
    if type(array) not in (np.ndarray, np.memmap):
        raise ValueError(
            f"expected {name} to be a plain NumPy array, "
            f"got {type(array).__name__}"
        )


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


def check_window(params) -> tuple[WindowParams, int]:
    """Check the weights; return them by name, with n_w."""
    params = as_named("params", WindowParams, params)
    E, W_ae, b_a = params
    check("E", E, "n_e", "n_x")
    if len(E) == 0:
        raise ValueError(f"expected n_e of at least 1, got E {E.shape}")
    check("b_a", b_a, "n_a", 1)
    check("W_ae", W_ae, len(b_a), "n_w * n_e")
    n_w, rest = divmod(W_ae.shape[1], len(E))
    if rest or n_w == 0:
        raise ValueError(
            f"expected W_ae ({len(b_a)}, a multiple of {len(E)}), "
            f"got {W_ae.shape}"
        )
    return params, n_w


def check_tokens(name: str, tokens: np.ndarray, past: int = 0) -> None:
    """Refuse what is not an array of integers with `past` rows or more."""
    check_plain(name, tokens)
    is_matrix = tokens.ndim == 2 and len(tokens) >= past
    if not is_matrix or tokens.dtype.kind not in "iu":
        raise ValueError(
            f"expected {name} (T + {past}, m) of integers, "
            f"got ndarray {tokens.shape} of {tokens.dtype}"
        )


# --8<-- [end:check]


# --8<-- [start:init]
def init_window(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    n_e: int,
    n_w: int,
    dtype=np.float64,
) -> WindowParams:
    """Draw weights that keep the scale of what they multiply.

    E has the standard deviation 1, W_ae 1/sqrt(n_w n_e); b_a is zero.

    Raises
    ------
    ValueError
        If a size is below 1, or dtype is not a float type.
    """
    if min(n_x, n_a, n_e, n_w) < 1 or np.dtype(dtype).kind != "f":
        raise ValueError(
            "expected n_x, n_a, n_e and n_w of at least 1 and a float dtype, "
            f"got {n_x}, {n_a}, {n_e}, {n_w} and {np.dtype(dtype)}"
        )
    E = rng.normal(size=(n_e, n_x))
    W_ae = rng.normal(scale=(n_w * n_e) ** -0.5, size=(n_a, n_w * n_e))
    b_a = np.zeros((n_a, 1))
    return WindowParams(*(w.astype(dtype) for w in (E, W_ae, b_a)))


# --8<-- [end:init]


# --8<-- [start:forward]
def window_forward(
    params: WindowParams, tokens: np.ndarray
) -> tuple[np.ndarray, WindowTape]:
    """Compute the hidden layer from the last n_w tokens, at every step.

    Parameters
    ----------
    params : WindowParams
        A plain tuple or list of the three arrays is taken as well.
    tokens : ndarray of int, shape (T + n_w - 1, m)
        One example per column. The first n_w - 1 rows fill the window of
        the first step. T may be 0.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state of each step, for a readout.
    tape : WindowTape
        What `window_backward` needs.

    Raises
    ------
    ValueError
        If `params` is something else, an array has another shape or type,
        or a token is out of range.

    Source: Bengio et al. (2003), without direct connections from
    embedding to output; docs/window.md, equations 1 and 2.
    """
    (E, W_ae, b_a), n_w = check_window(params)
    check_tokens("tokens", tokens, n_w - 1)
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < E.shape[1]:
        raise ValueError(
            f"expected tokens from 0 to {E.shape[1] - 1}, "
            f"got {tokens.min()} to {tokens.max()}"
        )
    T = len(tokens) - n_w + 1
    # --8<-- [start:forward-body]
    e = E[:, tokens].swapaxes(0, 1)  # (T + n_w - 1, n_e, m), eq. 1
    seen = np.concatenate([e[k : k + T] for k in range(n_w)], axis=1)
    a = np.tanh(W_ae @ seen + b_a)  # (T, n_a, m), eq. 2
    # --8<-- [end:forward-body]
    return a, WindowTape(tokens.copy(), seen, a.copy())


# --8<-- [end:forward]


# --8<-- [start:backward]
def window_backward(
    params: WindowParams, tape: WindowTape, da: np.ndarray
) -> WindowParams:
    """Send the gradient back to the weights and the embedding.

    Parameters
    ----------
    params : WindowParams
        The parameters that `window_forward` used.
    tape : WindowTape
        From `window_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient with respect to each hidden state, as
        `readout_backward` returns it.

    Returns
    -------
    d_params : WindowParams
        Gradient with respect to each weight, same shapes as `params`.

    Raises
    ------
    ValueError
        If `params` or `tape` is something else, or an array has another
        shape or type.

    Source: docs/window.md, equations 3 to 6.
    """
    (E, W_ae, _), _ = check_window(params)
    tokens, seen, a = as_named("tape", WindowTape, tape)
    check("tape.a", a, "T", "n_a", "m")
    (T, n_a, m), n_e = a.shape, len(E)
    check_tokens("tape.tokens", tokens, T)
    width = (len(tokens) - T + 1) * n_e
    check("W_ae", W_ae, n_a, width)
    check("tape.seen", seen, T, width, m)
    check("da", da, T, n_a, m)
    dtype = np.result_type(E, da)
    wide = np.result_type(dtype, np.float32)  # sums in float16 stop growing
    dE, da = np.zeros(E.shape, wide), da.astype(wide)
    de = np.zeros((len(tokens), n_e, m), wide)
    # --8<-- [start:backward-body]
    dz = (1 - a**2) * da  # (T, n_a, m), eq. 3
    dW_ae = np.tensordot(dz, seen, axes=((0, 2), (0, 2)))  # eq. 4
    db_a = dz.sum(axis=(0, 2))[:, None]  # (n_a, 1)
    d_seen = W_ae.T @ dz  # (T, n_w * n_e, m)
    for k in range(len(tokens) - T + 1):
        de[k : k + T] += d_seen[:, k * n_e : (k + 1) * n_e]  # eq. 5
    np.add.at(dE.T, tokens, de.swapaxes(1, 2))  # eq. 6
    # --8<-- [end:backward-body]
    return WindowParams(*(d.astype(dtype) for d in (dE, dW_ae, db_a)))


# --8<-- [end:backward]


# --8<-- [start:floor]
def window_floor(tokens: np.ndarray, targets: np.ndarray) -> float:
    """Compute the loss that no model of this window can go below.

    Parameters
    ----------
    tokens : ndarray of int, shape (T + n_w - 1, m)
        As for `window_forward`.
    targets : ndarray of int, shape (T, m)
        The token that follows each window.

    Returns
    -------
    floor : float
        Mean over the T m predictions, in nats.

    Raises
    ------
    ValueError
        If an array is not of integers, or the shapes do not fit.

    Source: docs/window.md, equation 7.
    """
    check_tokens("targets", targets)
    T, m = targets.shape
    check_tokens("tokens", tokens, T)
    if targets.size == 0 or tokens.shape[1] != m:
        raise ValueError(
            f"expected targets (T, {tokens.shape[1]}) with a prediction, "
            f"got {targets.shape}"
        )
    n_w = len(tokens) - T + 1
    # --8<-- [start:floor-body]
    windows, endings = Counter(), Counter()
    for t, example in np.ndindex(T, m):
        window = tuple(tokens[t : t + n_w, example])
        windows[window] += 1
        endings[window, targets[t, example]] += 1
    floor = 0.0
    for (window, _), times in endings.items():
        share = times / windows[window]
        floor -= times / (T * m) * np.log(share)  # eq. 7
    # --8<-- [end:floor-body]
    return float(floor)


# --8<-- [end:floor]
