# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Initialisation: five rules for the first weights of any recurrent cell.

NumPy only. Explained in docs/initialisation.md, proven in
tests/test_initialisation.py.
"""

# --8<-- [start:imports]
from numbers import Real
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


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


# --8<-- [end:check]


# --8<-- [start:parts]
# The fields of each cell's parameters, and the letters of its gates and
# candidates: each of these has weights and a bias of its own.
GATES = {
    "W_ax W_aa b_a": "a",
    "W_f b_f W_u b_u W_c b_c W_o b_o": "fuco",
    "W_f b_f W_u b_u W_c b_c W_o b_o p_f p_u p_o": "fuco",
    "W_u U_u b_u W_r U_r b_r W_c U_c b_c": "urc",
    "W_u U_u b_u W_r U_r b_r W_c U_c b_c b_rc": "urc",
}


class Parts(NamedTuple):
    """What a cell is made of."""

    gates: str  # the letters of its gates and candidates
    n_x: int  # features of the input
    n_a: int  # units


def find_parts(params) -> Parts:
    """Find the gates and sizes of a cell, and check the shapes of its arrays.

    Parameters
    ----------
    params : CELLParams

    Returns
    -------
    parts : Parts

    Raises
    ------
    ValueError
        If these are not the parameters of an RNN, an LSTM (with or without
        peepholes) or a GRU (of either kind), or shapes do not fit together.
    """
    fields = getattr(params, "_fields", ())
    if " ".join(fields) not in GATES:
        raise ValueError(
            "expected the parameters of an RNN, an LSTM or a GRU, such as "
            f"LSTMParams, got {type(params).__name__}({', '.join(fields)})"
        )
    gates = GATES[" ".join(fields)]
    bias = "b_" + gates[0]
    check(bias, getattr(params, bias), "n_a", 1)
    n_a = max(len(getattr(params, bias)), 1)
    n_joined = n_a if gates == "fuco" else 0  # an LSTM's W reads [a, x]
    check(fields[0], params[0], n_a, "n_a + n_x" if n_joined else "n_x")
    n_x = max(params[0].shape[1] - n_joined, 1)
    columns = {"W": n_joined + n_x, "U": n_a, "b": 1, "p": 1}
    for name, array in zip(fields, params):
        check(name, array, n_a, n_a if name == "W_aa" else columns[name[0]])
    return Parts(gates, n_x, n_a)


def assemble(params, W_x: np.ndarray, W_a: np.ndarray, columns: dict):
    """Put what was drawn into the fields of a cell.

    Parameters
    ----------
    params : CELLParams
        Checked by `find_parts`; only fields, shapes and dtypes matter.
    W_x : ndarray of shape (gates, n_a, n_x)
        From the input to each gate and candidate.
    W_a : ndarray of shape (gates, n_a, n_a)
        From the hidden state to each of them.
    columns : dict
        Biases and peepholes, each (n_a, 1), by the names of their fields.
        Missing ones become 0, and those that the cell does not have are
        left out.

    Returns
    -------
    params : CELLParams
        New arrays, of the shapes and dtypes that the old ones have.

    Raises
    ------
    ValueError
        If an array has another shape, or is not a plain array of floats.
    """
    check("W_x", W_x, "gates", "n_a", "n_x")
    check("W_a", W_a, *W_x.shape[:2], "n_a")
    for name, column in columns.items():
        check(name, column, W_x.shape[1], 1)
    drawn = dict(columns)
    for gate, from_x, from_a in zip(find_parts(params).gates, W_x, W_a):
        if gate == "a":
            drawn |= {"W_ax": from_x, "W_aa": from_a}
        elif f"U_{gate}" in params._fields:
            drawn |= {f"W_{gate}": from_x, f"U_{gate}": from_a}
        else:
            drawn[f"W_{gate}"] = np.concatenate([from_a, from_x], axis=1)
    return params._make(
        np.array(drawn.get(name, np.zeros(old.shape)), dtype=old.dtype)
        for name, old in zip(params._fields, params)
    )


# --8<-- [end:parts]


# --8<-- [start:draw]
def draw_normal(
    rng: np.random.Generator, parts: Parts, input_scale: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw input and recurrent weights that keep the size of what they read.

    Parameters
    ----------
    rng : numpy.random.Generator
    parts : Parts
    input_scale : float or None
        As in `book_weights`.

    Returns
    -------
    W_x : ndarray of shape (gates, n_a, n_x)
    W_a : ndarray of shape (gates, n_a, n_a)

    Raises
    ------
    ValueError
        If `input_scale` is not a finite number of at least 0.

    Source: docs/initialisation.md, equations 1 and 2.
    """
    gates, n_x, n_a = parts
    if input_scale is None:
        input_scale = n_x**-0.5
    if not (isinstance(input_scale, Real) and 0 <= input_scale < np.inf):
        raise ValueError(
            "expected input_scale a finite number of at least 0, "
            f"got {input_scale!r}"
        )
    G = len(gates)
    # --8<-- [start:draw-body]
    W_x = rng.normal(scale=input_scale, size=(G, n_a, n_x))  # eq. 1
    W_a = rng.normal(scale=n_a**-0.5, size=(G, n_a, n_a))  # eq. 2
    # --8<-- [end:draw-body]
    return W_x, W_a


def draw_orthonormal(
    rng: np.random.Generator, rows: int, columns: int
) -> np.ndarray:
    """Draw a matrix whose columns have length 1 and are orthogonal.

    Parameters
    ----------
    rng : numpy.random.Generator
    rows, columns : int
        At least as many rows as columns.

    Returns
    -------
    Q : ndarray of shape (rows, columns)
        Every such matrix is equally likely.

    Source: Mezzadri (2007); docs/initialisation.md, equation 4.
    """
    # --8<-- [start:orthonormal-body]
    Q, R = np.linalg.qr(rng.normal(size=(rows, columns)))  # eq. 4
    Q = Q * np.sign(np.diag(R))  # or LAPACK would choose the signs
    # --8<-- [end:orthonormal-body]
    return Q


# --8<-- [end:draw]


# --8<-- [start:book]
def book_weights(
    rng: np.random.Generator, params, *, input_scale: float | None = None
):
    """Draw the weights of any cell by the rule of this book.

    All weights are normal: the input weights have the standard deviation
    `input_scale`, the recurrent ones 1/sqrt(n_a). Biases and peepholes are
    0, except the bias of a forget gate, which is 1. Every `init_CELL` draws
    its weights by this rule.

    Parameters
    ----------
    rng : numpy.random.Generator
    params : CELLParams
        Of the cell; only its fields, shapes and dtypes matter.
    input_scale : float, optional
        1/sqrt(n_x) by default, which suits inputs of unit variance. Use 1
        for one-hot input, of which each gate reads a single weight.

    Returns
    -------
    params : CELLParams
        New arrays, of the shapes and dtypes that the old ones have.

    Raises
    ------
    ValueError
        If these are not the parameters of a cell that `find_parts` knows,
        or `input_scale` is not a finite number of at least 0.

    Source: docs/initialisation.md, equations 1 and 2.
    """
    parts = find_parts(params)
    W_x, W_a = draw_normal(rng, parts, input_scale)
    return assemble(params, W_x, W_a, {"b_f": np.ones((parts.n_a, 1))})


# --8<-- [end:book]


# --8<-- [start:keras]
def keras_weights(rng: np.random.Generator, params):
    """Draw the weights of any cell as Keras does by default.

    Keras draws the weights of all gates at once, so their scale depends on
    how many gates the cell has. It has no peepholes; here they are 0.

    Parameters
    ----------
    rng : numpy.random.Generator
    params : CELLParams
        Of the cell; only its fields, shapes and dtypes matter.

    Returns
    -------
    params : CELLParams
        New arrays, of the shapes and dtypes that the old ones have.

    Raises
    ------
    ValueError
        If these are not the parameters of a cell that `find_parts` knows.

    Source: Glorot and Bengio (2010), Saxe et al. (2014);
    docs/initialisation.md, equations 3 and 4.
    """
    gates, n_x, n_a = find_parts(params)
    G = len(gates)
    # --8<-- [start:keras-body]
    limit = np.sqrt(6 / (n_x + G * n_a))  # eq. 3
    W_x = rng.uniform(-limit, limit, size=(G, n_a, n_x))
    W_a = draw_orthonormal(rng, G * n_a, n_a).reshape(G, n_a, n_a)
    b_f = np.ones((n_a, 1))
    # --8<-- [end:keras-body]
    return assemble(params, W_x, W_a, {"b_f": b_f})


# --8<-- [end:keras]


# --8<-- [start:torch]
def torch_weights(rng: np.random.Generator, params):
    """Draw the weights of any cell as PyTorch does by default.

    Every number is uniform in +-1/sqrt(n_a). PyTorch adds two biases in each
    gate; where a cell has one, it gets the sum of two draws. PyTorch has no
    peepholes; here they are drawn like all the rest.

    Parameters
    ----------
    rng : numpy.random.Generator
    params : CELLParams
        Of the cell; only its fields, shapes and dtypes matter.

    Returns
    -------
    params : CELLParams
        New arrays, of the shapes and dtypes that the old ones have.

    Raises
    ------
    ValueError
        If these are not the parameters of a cell that `find_parts` knows.

    Source: the documentation of torch.nn.LSTM; docs/initialisation.md,
    equation 5.
    """
    gates, n_x, n_a = find_parts(params)
    G, columns = len(gates), {}
    alone = ("b_c", "b_rc") if "b_rc" in params._fields else ()
    # --8<-- [start:torch-body]
    limit = n_a**-0.5  # eq. 5
    W_x = rng.uniform(-limit, limit, size=(G, n_a, n_x))
    W_a = rng.uniform(-limit, limit, size=(G, n_a, n_a))
    for name in params._fields:
        if name[0] in "bp":
            draws = 1 if name[0] == "p" or name in alone else 2
            drawn = rng.uniform(-limit, limit, size=(draws, n_a, 1))
            columns[name] = drawn.sum(axis=0)
    # --8<-- [end:torch-body]
    return assemble(params, W_x, W_a, columns)


# --8<-- [end:torch]


# --8<-- [start:chrono]
def chrono_weights(
    rng: np.random.Generator,
    params,
    T_max: float,
    *,
    input_scale: float | None = None,
):
    """Draw gate biases with which units remember for 2 to T_max steps.

    The biases of an LSTM's forget and update gate, or of a GRU's update
    gate, are drawn so that each unit forgets at its own pace. Everything else
    is drawn as by `book_weights`.

    Parameters
    ----------
    rng : numpy.random.Generator
    params : CELLParams
        Of an LSTM or a GRU; only its fields, shapes and dtypes matter.
    T_max : float
        How many steps the slowest units are to remember, at least 2.
    input_scale : float, optional
        As in `book_weights`.

    Returns
    -------
    params : CELLParams
        New arrays, of the shapes and dtypes that the old ones have.

    Raises
    ------
    ValueError
        If these are not the parameters of a cell with gates, `T_max` is not
        a finite number of at least 2, or `input_scale` is refused.

    Source: Tallec and Ollivier (2018); docs/initialisation.md, equation 6.
    """
    parts = find_parts(params)
    if parts.gates == "a":
        raise ValueError(
            "expected a cell with gates, got a plain RNN: it has no gate "
            "biases to draw"
        )
    if not (isinstance(T_max, Real) and 2 <= T_max < np.inf):
        raise ValueError(
            f"expected T_max a finite number of at least 2, got {T_max!r}"
        )
    W_x, W_a = draw_normal(rng, parts, input_scale)
    # --8<-- [start:chrono-body]
    b = np.log(rng.uniform(1, T_max - 1, size=(parts.n_a, 1)))  # eq. 6
    columns = {"b_f": b, "b_u": -b}  # a GRU has no b_f, it keeps 1 - gamma_u
    # --8<-- [end:chrono-body]
    return assemble(params, W_x, W_a, columns)


# --8<-- [end:chrono]


# --8<-- [start:orthogonal]
def orthogonal_weights(
    rng: np.random.Generator, params, *, input_scale: float | None = None
):
    """Draw recurrent matrices that keep the length of every vector.

    Made for the plain RNN. In a cell with gates, the recurrent matrix of
    each gate and candidate is orthogonal. Everything else is
    drawn as by `book_weights`.

    Parameters
    ----------
    rng : numpy.random.Generator
    params : CELLParams
        Of the cell; only its fields, shapes and dtypes matter.
    input_scale : float, optional
        As in `book_weights`.

    Returns
    -------
    params : CELLParams
        New arrays, of the shapes and dtypes that the old ones have.

    Raises
    ------
    ValueError
        As by `book_weights`.

    Source: Saxe et al. (2014); docs/initialisation.md, equation 4.
    """
    parts = find_parts(params)
    n_a = parts.n_a
    W_x, _ = draw_normal(rng, parts, input_scale)
    # --8<-- [start:orthogonal-body]
    W_a = np.array([draw_orthonormal(rng, n_a, n_a) for _ in parts.gates])
    # --8<-- [end:orthogonal-body]
    return assemble(params, W_x, W_a, {"b_f": np.ones((n_a, 1))})


# --8<-- [end:orthogonal]
