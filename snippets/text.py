# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Text: turn a file of any size into tokens, batches and input columns.

NumPy only. Explained in docs/text.md, proven in tests/test_text.py.
"""

# --8<-- [start:imports]
import os
import tempfile
from collections.abc import Iterable, Iterator

import numpy as np

# --8<-- [end:imports]


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


# --8<-- [end:check]


# --8<-- [start:alphabet]
def code_points(text: str) -> np.ndarray:
    """Return the Unicode code point of each character.

    Raises
    ------
    ValueError
        If text is not a str.
    """
    if not isinstance(text, str):
        raise ValueError(f"expected a str, got {type(text).__name__}")
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


def find_alphabet(texts: Iterable[str]) -> str:
    """List the characters that occur, each once, in Unicode order.

    Parameters
    ----------
    texts : iterable of str
        The parts of one text: `read_text(path)`, or `[text]`.

    Returns
    -------
    alphabet : str
        The character of token 0, of token 1, and so on.

    Raises
    ------
    ValueError
        If a part is not a str.
    """
    # --8<-- [start:alphabet-body]
    occurs = np.zeros(0x110000, bool)  # one entry per code point
    for text in texts:
        occurs[code_points(text)] = True
    alphabet = "".join(map(chr, np.flatnonzero(occurs)))
    # --8<-- [end:alphabet-body]
    return alphabet


# --8<-- [end:alphabet]


# --8<-- [start:encode]
def encode(text: str, alphabet: str) -> np.ndarray:
    """Turn characters into tokens, their places in the alphabet.

    Parameters
    ----------
    text : str
    alphabet : str
        At least one character, and each of them once.

    Returns
    -------
    tokens : ndarray of unsigned int, shape (len(text),)
        The smallest dtype with room for the alphabet.

    Raises
    ------
    ValueError
        If text or alphabet is not a str, or the alphabet is empty or has
        a character twice. Also if a character of the text is missing from
        the alphabet; the message names it.
    """
    codes, known = code_points(text), code_points(alphabet)
    if not alphabet or len(set(alphabet)) < len(alphabet):
        raise ValueError(
            "expected an alphabet with each character once, as find_alphabet "
            f"makes it, got one of {len(alphabet)}: {alphabet[:20]!r}"
        )
    # --8<-- [start:encode-body]
    dtype = np.min_scalar_type(len(alphabet))  # and one for "missing"
    place = np.full(known.max() + 2, len(alphabet), dtype)  # missing
    place[known] = np.arange(len(alphabet))
    tokens = place.take(codes, mode="clip")  # past the end: missing
    if (tokens == len(alphabet)).any():
        strange = "".join(sorted(set(text) - set(alphabet)))
        raise ValueError(
            f"expected only characters of the alphabet, got {strange!r}"
        )
    # --8<-- [end:encode-body]
    return tokens


def decode(tokens: Iterable[int], alphabet: str) -> str:
    """Turn tokens back into characters.

    Parameters
    ----------
    tokens : iterable of int
        Such as an ndarray of shape (length,).
    alphabet : str
        As for `encode`.

    Returns
    -------
    text : str

    Raises
    ------
    ValueError
        If a token is not in the alphabet, or tokens are an array that is
        not plain or has more than one axis.
    """
    if isinstance(tokens, np.ndarray):
        check_row(tokens)
    known = dict(enumerate(alphabet))
    try:
        return "".join(known[token] for token in tokens)
    except KeyError as error:
        last = len(alphabet) - 1
        raise ValueError(
            f"expected tokens from 0 to {last}, got {error.args[0]}"
        ) from None


def check_row(tokens: np.ndarray) -> None:
    """Raise a ValueError unless tokens are a plain array with one axis."""
    check_plain("tokens", tokens)
    if tokens.ndim != 1:
        raise ValueError(f"expected tokens (characters,), got {tokens.shape}")


# --8<-- [end:encode]


# --8<-- [start:read]
def read_text(path: str | os.PathLike, size: int = 1 << 20) -> Iterator[str]:
    r"""Read a text of any length, part by part.

    Parameters
    ----------
    path : str or path
        A file in UTF-8. A byte order mark at its start is dropped, and
        the line endings \r\n and \r become \n.
    size : int, optional
        Characters per part, 1 or more; the last part may be shorter.

    Yields
    ------
    text : str

    Raises
    ------
    ValueError
        If the file is not valid UTF-8; the message gives the byte offset.
        Also if size is below 1.
    OSError
        If the file does not exist or cannot be read.
    """
    if size < 1:
        raise ValueError(f"expected size of at least 1, got {size}")
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
    path : str or path
        As for `read_text`.
    alphabet : str
        As for `encode`.
    size : int, optional
        As for `read_text`.

    Returns
    -------
    tokens : memmap of unsigned int, shape (characters,)
        Read-only. The temporary file has no name, and it is deleted
        together with the array.

    Raises
    ------
    ValueError, OSError
        As for `read_text` and `encode`, and if the file is empty.
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
    """Cut a text into m passages, and each passage into chunks.

    The chunks of all passages are read side by side. The last token of a
    chunk is also the first of the next chunk: a target in one, and an
    input in the other.

    Parameters
    ----------
    tokens : ndarray of int, shape (characters,)
    T, m : int
        Steps per chunk, and passages side by side; both 1 or more.

    Returns
    -------
    cut : ndarray of int, shape (count, T + 1, m)
        A view: nothing is read or copied until you access it. Fewer
        than T m tokens at the end may be left out of all chunks.

    Raises
    ------
    ValueError
        If tokens are not a plain array with one axis, T or m is below 1,
        or the text is too short for one chunk.
    """
    check_row(tokens)
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
    """Set the last twentieth of a text aside for validation.

    Parameters
    ----------
    tokens : ndarray of int, shape (characters,)

    Returns
    -------
    seen, held_out : ndarray of int
        For training and for validation. Both are views of the tokens.

    Raises
    ------
    ValueError
        If tokens are not a plain array with one axis.
    """
    check_row(tokens)
    last = len(tokens) - len(tokens) // 20
    return tokens[:last], tokens[last:]


# --8<-- [end:pieces]


# --8<-- [start:one-hot]
def one_hot(tokens: np.ndarray, n_x: int, *, dtype=np.float64) -> np.ndarray:
    """Turn each token into a column of zeros with a 1 in the token's row.

    Parameters
    ----------
    tokens : ndarray of int, shape (T, m)
        From 0 to n_x - 1.
    n_x : int
        Number of tokens in the alphabet.
    dtype : float type, optional

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
    """Raise a ValueError unless tokens are (T, m) integers below n_x."""
    check_plain("tokens", tokens)
    if tokens.ndim != 2 or tokens.dtype.kind not in "iu":
        raise ValueError(
            "expected tokens (T, m) of integers, "
            f"got ndarray {tokens.shape} of {tokens.dtype}"
        )
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < n_x:
        raise ValueError(
            f"expected tokens from 0 to {n_x - 1}, "
            f"got {tokens.min()} to {tokens.max()}"
        )


# --8<-- [end:one-hot]


# --8<-- [start:embed]
def embed(E: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Look up the embedding of each token.

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
    check("E", E, "n_e", "n_x")
    check_range(tokens, E.shape[1])
    # --8<-- [start:embed-body]
    e = E[:, tokens].swapaxes(0, 1)  # eq. 2
    # --8<-- [end:embed-body]
    return e


def embed_backward(
    E: np.ndarray, tokens: np.ndarray, de: np.ndarray
) -> np.ndarray:
    """Add up the gradients of all occurrences of each token.

    Parameters
    ----------
    E, tokens
        As for `embed`.
    de : ndarray of shape (T, n_e, m)
        Gradient with respect to each embedding: the dx of a cell's
        backward pass.

    Returns
    -------
    dE : ndarray of shape (n_e, n_x)
        Gradient with respect to E, in its dtype. It is summed in double
        precision and rounded once, because in float16 adding 1 to 2048
        changes nothing.

    Raises
    ------
    ValueError
        As for `embed`, and if de is not (T, n_e, m) of floats.

    Source: docs/text.md, equation 3.
    """
    check("E", E, "n_e", "n_x")
    check_range(tokens, E.shape[1])
    T, m = tokens.shape
    check("de", de, T, len(E), m)
    # --8<-- [start:embed-backward-body]
    dE = np.zeros(E.shape, np.result_type(E, de, np.float64))
    wide = de.swapaxes(1, 2).astype(dE.dtype, copy=False)  # (T, m, n_e)
    np.add.at(dE.T, tokens, wide)  # eq. 3
    # --8<-- [end:embed-backward-body]
    return dE.astype(E.dtype)


# --8<-- [end:embed]
