# SPDX-License-Identifier: MIT-0
"""Text: from a file of any size to tokens, to columns, to a network.

NumPy only. Explained in docs/text.md, proven in tests/test_text.py.
"""

# --8<-- [start:imports]
import os
import tempfile
from collections.abc import Iterable, Iterator

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:alphabet]
def find_alphabet(texts: Iterable[str]) -> str:
    """List the characters that occur, each once, in the order of Unicode.

    Parameters
    ----------
    texts : iterable of str
        One text, piece by piece: `read_text(path)`, or `[text]`.

    Returns
    -------
    alphabet : str
        The character of token 0, of token 1, and so on.
    """
    # --8<-- [start:alphabet-body]
    occurs = np.zeros(0x110000, bool)  # every code point there is
    for text in texts:
        occurs[np.frombuffer(text.encode("utf-32-le"), "<u4")] = True
    alphabet = "".join(map(chr, np.flatnonzero(occurs)))
    # --8<-- [end:alphabet-body]
    return alphabet


# --8<-- [end:alphabet]


# --8<-- [start:encode]
def encode(text: str, alphabet: str) -> np.ndarray:
    """Turn characters into tokens: their places in the alphabet.

    Parameters
    ----------
    text : str
    alphabet : str
        Each character once, at least one.

    Returns
    -------
    tokens : ndarray of unsigned int, shape (len(text),)
        Of the smallest type that holds the alphabet.

    Raises
    ------
    ValueError
        If a character is not in the alphabet; it is named.
    """
    # --8<-- [start:encode-body]
    kind = np.min_scalar_type(len(alphabet))  # one more than needed: nowhere
    place = np.full(0x110000, len(alphabet), kind)
    place[[ord(symbol) for symbol in alphabet]] = range(len(alphabet))
    tokens = place[np.frombuffer(text.encode("utf-32-le"), "<u4")]
    if (tokens == len(alphabet)).any():
        strange = "".join(sorted(set(text) - set(alphabet)))
        raise ValueError(
            f"expected only characters of the alphabet, got {strange!r}"
        )
    # --8<-- [end:encode-body]
    return tokens


def decode(tokens: Iterable[int], alphabet: str) -> str:
    """Turn tokens back into characters.

    Raises
    ------
    ValueError
        If a token is none of the alphabet's.
    """
    known = dict(enumerate(alphabet))
    try:
        return "".join(known[token] for token in tokens)
    except KeyError as error:
        last = len(alphabet) - 1
        raise ValueError(
            f"expected tokens from 0 to {last}, got {error.args[0]}"
        ) from None


# --8<-- [end:encode]


# --8<-- [start:read]
def read_text(path: str | os.PathLike, size: int = 1 << 20) -> Iterator[str]:
    r"""Read a text of any length, piece by piece.

    Parameters
    ----------
    path : str or path
        A file in UTF-8; a mark of the byte order at its start is dropped.
        Ends of lines, \r\n or \r, become \n.
    size : int
        Characters in a piece, 1 or more; the last one may be shorter.

    Yields
    ------
    text : str

    Raises
    ------
    ValueError
        If the file is not UTF-8; it says at which byte.
    OSError
        If there is no such file, or it cannot be read.
    """
    # --8<-- [start:read-body]
    with open(path, encoding="utf-8-sig") as file:
        try:
            while text := file.read(size):
                yield text
        except UnicodeDecodeError as error:
            at = file.buffer.tell() - len(error.object) + error.start
            raise ValueError(
                f"expected UTF-8 in {path}, got something else at byte {at}"
            ) from error
    # --8<-- [end:read-body]


def encode_file(
    path: str | os.PathLike, alphabet: str, size: int = 1 << 20
) -> np.ndarray:
    """Turn a text of any length into tokens that stay on disk.

    Parameters
    ----------
    path, size
        As for `read_text`.
    alphabet : str
        As for `encode`.

    Returns
    -------
    tokens : memmap of unsigned int, shape (characters,)
        Read-only. Its file has no name, and goes when the array does.

    Raises
    ------
    ValueError, OSError
        As `read_text` and `encode`, and if the file is empty.
    """
    # --8<-- [start:file-body]
    with tempfile.TemporaryFile() as file:
        for text in read_text(path, size):
            tokens = encode(text, alphabet)
            file.write(tokens)
        if file.tell() == 0:
            raise ValueError(f"expected a text in {path}, got an empty file")
        file.flush()
        tokens = np.memmap(file, tokens.dtype, "r")
    # --8<-- [end:file-body]
    return tokens


# --8<-- [end:read]


# --8<-- [start:pieces]
def pieces(tokens: np.ndarray, T: int, m: int) -> np.ndarray:
    """Cut a text into m columns, and these into pieces of T + 1 tokens.

    The last token of a piece is the first of the next: it is a target
    in the one and an input in the other.

    Parameters
    ----------
    tokens : ndarray of int, shape (characters,)
    T, m : int
        Steps in a piece, and columns side by side; 1 or more.

    Returns
    -------
    cut : ndarray of int, shape (count, T + 1, m)
        A view: nothing is read or copied before it is looked at. What
        is left over at the end, less than T m tokens, is in no piece.

    Raises
    ------
    ValueError
        If T or m is below 1, or the text too short for one piece.
    """
    if min(T, m) < 1 or len(tokens) <= T * m:
        raise ValueError(
            f"expected T and m of at least 1 and more than T * m tokens, "
            f"got {T}, {m} and {len(tokens)}"
        )
    # --8<-- [start:pieces-body]
    count = (len(tokens) - 1) // (T * m)
    runs = np.lib.stride_tricks.sliding_window_view(tokens, T + 1)[::T]
    cut = runs[: m * count].reshape(m, count, T + 1).transpose(1, 2, 0)
    # --8<-- [end:pieces-body]
    return cut


def hold_out(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep the last twentieth back, to measure on what was not seen."""
    last = len(tokens) - len(tokens) // 20
    return tokens[:last], tokens[last:]


# --8<-- [end:pieces]


# --8<-- [start:one-hot]
def one_hot(tokens: np.ndarray, n_x: int, *, dtype=np.float64) -> np.ndarray:
    """Turn each token into a column with a single 1, in the token's row.

    Parameters
    ----------
    tokens : ndarray of int, shape (T, m)
        From 0 to n_x - 1.
    n_x : int
        Size of the alphabet.

    Returns
    -------
    x : ndarray of shape (T, n_x, m)

    Raises
    ------
    ValueError
        If tokens are not (T, m) integers from 0 to n_x - 1.
    """
    check_range(tokens, n_x)
    # --8<-- [start:one-hot-body]
    x = np.zeros((*tokens.shape, n_x), dtype)
    np.put_along_axis(x, tokens[:, :, np.newaxis], 1, axis=2)  # eq. 1
    x = x.swapaxes(1, 2)  # (T, n_x, m)
    # --8<-- [end:one-hot-body]
    return x


def check_range(tokens: np.ndarray, n_x: int) -> None:
    """Refuse what is not (T, m) integers from 0 to n_x - 1."""
    shape = getattr(tokens, "shape", ())
    kind = getattr(tokens, "dtype", np.dtype(object))
    if len(shape) != 2 or kind.kind not in "iu":
        raise ValueError(
            "expected tokens (T, m) of integers, "
            f"got {type(tokens).__name__} {shape} of {kind}"
        )
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < n_x:
        raise ValueError(
            f"expected tokens from 0 to {n_x - 1}, "
            f"got {tokens.min()} to {tokens.max()}"
        )


# --8<-- [end:one-hot]


# --8<-- [start:embed]
def embed(E: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Look up the column of each token.

    Parameters
    ----------
    E : ndarray of shape (n_e, n_x)
        One column for each token of the alphabet.
    tokens : ndarray of int, shape (T, m)

    Returns
    -------
    e : ndarray of shape (T, n_e, m)
        Input for a cell.

    Raises
    ------
    ValueError
        If E is not (n_e, n_x) of floats, or tokens are not (T, m)
        integers from 0 to n_x - 1.

    Source: Bengio et al. (2003); docs/text.md, equation 2.
    """
    check_embedding(E, tokens)
    # --8<-- [start:embed-body]
    e = E[:, tokens].swapaxes(0, 1)  # eq. 2
    # --8<-- [end:embed-body]
    return e


def embed_backward(
    E: np.ndarray, tokens: np.ndarray, de: np.ndarray
) -> np.ndarray:
    """Sum up what all places of a token send to its column.

    Parameters
    ----------
    E, tokens
        As for `embed`.
    de : ndarray of shape (T, n_e, m)
        Gradient for each embedding: the dx of a cell.

    Returns
    -------
    dE : ndarray of shape (n_e, n_x)

    Raises
    ------
    ValueError
        As `embed`, and if de is not (T, n_e, m) of floats.

    Source: docs/text.md, equation 3.
    """
    check_embedding(E, tokens)
    T, m = tokens.shape
    kind = getattr(de, "dtype", np.dtype(object))
    if np.shape(de) != (T, len(E), m) or kind.kind != "f":
        raise ValueError(
            f"expected de ({T}, {len(E)}, {m}) of floats, "
            f"got {np.shape(de)} of {kind}"
        )
    # --8<-- [start:embed-backward-body]
    dE = np.zeros_like(E)
    np.add.at(dE.T, tokens, de.swapaxes(1, 2))  # eq. 3
    # --8<-- [end:embed-backward-body]
    return dE


def check_embedding(E: np.ndarray, tokens: np.ndarray) -> None:
    """Refuse a matrix of another shape, and tokens that it has not."""
    kind = getattr(E, "dtype", np.dtype(object))
    if np.ndim(E) != 2 or kind.kind != "f":
        raise ValueError(
            f"expected E (n_e, n_x) of floats, got {np.shape(E)} of {kind}"
        )
    check_range(tokens, E.shape[1])


# --8<-- [end:embed]
