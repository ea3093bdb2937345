# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Whole models: carry the layer behind a cell to this book and back.

NumPy only. Explained in docs/whole-models.md, proven in
tests/test_whole_models.py.
"""

# --8<-- [start:imports]
from collections.abc import Mapping, Sequence

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:check]
def read_weights(name: str, array, *shape: int | str) -> np.ndarray:
    """Return an array, or a tensor on the CPU, as a plain array.

    A size that is given as a letter may have any value. A ValueError says
    what was expected and what came if the shape is another, if the numbers
    are not floats, or if it is a masked array or a matrix, to which `*` and
    `sum` mean something else.
    """
    weights = np.asarray(array)
    is_plain = type(array) in (np.ndarray, np.memmap)
    is_tensor = not isinstance(array, np.ndarray)
    fits = len(weights.shape) == len(shape) and all(
        isinstance(expected, str) or size == expected
        for size, expected in zip(weights.shape, shape)
    )
    if not (is_plain or is_tensor) or not fits or weights.dtype.kind != "f":
        raise ValueError(
            f"expected {name} ({', '.join(map(str, shape))}) of floats, "
            f"got {type(array).__name__} {weights.shape} of {weights.dtype}"
        )
    return weights


def list_keys(given: Mapping) -> str:
    """Return the keys that came, or the type of what is no mapping."""
    keys = given if isinstance(given, Mapping) else [type(given).__name__]
    return ", ".join(map(str, keys)) or "none"


def read_readout(params: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """Return W_ya and b_y; a ValueError says what does not fit."""
    if not isinstance(params, Mapping) or set(params) != {"W_ya", "b_y"}:
        raise ValueError(
            f"expected the weights of a readout: W_ya, b_y, "
            f"got {list_keys(params)}; pass params._asdict()"
        )
    W = read_weights("W_ya", params["W_ya"], "n_y", "n_a")
    return W, read_weights("b_y", params["b_y"], len(W), 1)


# --8<-- [end:check]


# --8<-- [start:linear]
def from_linear(
    state_dict: Mapping, prefix: str = ""
) -> dict[str, np.ndarray]:
    """Take the weights of a Linear layer out of PyTorch's state_dict.

    Parameters
    ----------
    state_dict : mapping of str to array or CPU tensor
        What `state_dict()` of nn.Linear or of a whole model returns.
        Without a bias (bias=False), ours is zeros.
    prefix : str, optional
        The beginning of the keys, such as "fc." or "decoder.out.".

    Returns
    -------
    params : dict of str to ndarray
        For `ReadoutParams(**params)`. The arrays are copies.

    Raises
    ------
    ValueError
        If there is no such key, or a shape does not fit. The message lists
        the keys that came and the prefixes that fit them.

    Source: the documentation of torch.nn.Linear; docs/whole-models.md.
    """
    given = state_dict if isinstance(state_dict, Mapping) else {}
    key, bias_key = f"{prefix}weight", f"{prefix}bias"
    if key not in given:
        ends = [str(k)[:-6] for k in given if str(k).endswith("weight")]
        calls = [f"prefix={end!r}" for end in ends]
        advice = " or ".join(calls) or "what module.state_dict() returns"
        raise ValueError(
            f"expected the keys {key}, {bias_key}, "
            f"got {list_keys(state_dict)}; pass {advice}"
        )
    W = read_weights(key, given[key], "n_y", "n_a")
    b = given.get(bias_key, np.zeros(len(W), W.dtype))
    b = read_weights(bias_key, b, len(W))
    return {"W_ya": W.copy(), "b_y": b[:, None].copy()}


def to_linear(params: Mapping, prefix: str = "") -> dict[str, np.ndarray]:
    """Lay a readout out as PyTorch's Linear: the inverse of `from_linear`.

    Parameters
    ----------
    params : mapping of str to ndarray
        As `params._asdict()` gives it.
    prefix : str, optional
        The beginning of the keys, such as "fc." or "decoder.out.".

    Returns
    -------
    state_dict : dict of str to ndarray
        Make each a tensor with `torch.from_numpy`, and load it.

    Raises
    ------
    ValueError
        If a name or a shape does not fit.

    Source: the documentation of torch.nn.Linear; docs/whole-models.md.
    """
    W, b = read_readout(params)
    return {f"{prefix}weight": W.copy(), f"{prefix}bias": b[:, 0].copy()}


# --8<-- [end:linear]


# --8<-- [start:dense]
def from_dense(weights: Sequence) -> dict[str, np.ndarray]:
    """Take the weights of a Dense layer of Keras or Flax.

    Parameters
    ----------
    weights : sequence of one or two ndarrays
        Kernel (n_a, n_y) and bias (n_y,): what `get_weights()` of a Dense
        layer of Keras returns. Without a bias (use_bias=False), ours is
        zeros.

    Returns
    -------
    params : dict of str to ndarray
        For `ReadoutParams(**params)`. The arrays are copies.

    Raises
    ------
    ValueError
        If the number of arrays or a shape does not fit.

    Source: the code of keras.layers.Dense; docs/whole-models.md.
    """
    came = len(weights) if isinstance(weights, Sequence) else type(weights)
    if came not in (1, 2):
        raise ValueError(
            "expected get_weights() of one Dense layer: kernel and bias, or "
            f"the kernel without a bias, got {came}"
        )
    kernel, *bias = weights
    W = read_weights("kernel", kernel, "n_a", "n_y").T
    bias = bias[0] if bias else np.zeros(len(W), W.dtype)
    b = read_weights("bias", bias, len(W))
    return {"W_ya": W.copy(), "b_y": b[:, None].copy()}


def to_dense(params: Mapping) -> list[np.ndarray]:
    """Lay a readout out as Dense of Keras: the inverse of `from_dense`.

    Parameters
    ----------
    params : mapping of str to ndarray
        As `params._asdict()` gives it.

    Returns
    -------
    weights : list of two ndarrays
        For `layer.set_weights(weights)`.

    Raises
    ------
    ValueError
        If a name or a shape does not fit.

    Source: the code of keras.layers.Dense; docs/whole-models.md.
    """
    W, b = read_readout(params)
    return [W.T.copy(), b[:, 0].copy()]


# --8<-- [end:dense]
