"""Predicts the next symbol by counting: n-grams with interpolated modified Kneser-Ney smoothing.

A table that remembers `n` symbols predicts by what followed the last `n` symbols in its training
text. From each count it takes a small discount, and gives what it has taken to the prediction after
the last `n - 1` symbols, and so on down to the prediction without any context, which shares its own
discounts equally among all symbols:

    p(symbol | context) = max(count - D, 0) / total + spared(context) * p(symbol | shorter context)

Two ideas make it strong. "Modified": there are three discounts, for n-grams that were counted
once, twice, and more often. "Kneser-Ney": a shorter context counts in how many *different* longer
ones an n-gram was seen, not how often. So Francisco, which is frequent but only ever follows
San, is not expected after a new word.

Source: Chen and Goodman (1999), An empirical study of smoothing techniques for language modeling,
section 3.
"""

from typing import NamedTuple

import numpy as np

FALLBACK = (0.5, 1.0, 1.5)  # discounts where there are too few n-grams to estimate them


class Level(NamedTuple):
    """The n-grams of one length, as sorted numbers, and what was counted of them."""

    grams: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray  # sum of the counts after each context
    spared: np.ndarray  # share of the discounts in it
    discounts: np.ndarray  # for counts of 0, 1, 2 and more


class KneserNey:
    """Tables that remember 0, 1, ... `longest` symbols.

    Parameters
    ----------
    tokens : sequence of int
        The training text: characters or words as numbers from 0 to `size - 1`.
    size : int
        How many different symbols there are, counted or not.
    longest : int
        How many symbols the largest table remembers.
    """

    def __init__(self, tokens, size: int, longest: int):
        if size ** (longest + 1) >= 2**63:
            raise ValueError(f"expected n-grams that fit in 63 bits, got {size} ** {longest + 1}")
        tokens, self.size, self.longest = np.asarray(tokens, np.int64), size, longest
        if len(tokens) <= longest + 1:
            raise ValueError(f"expected more than {longest + 1} tokens, got {len(tokens)}")
        self.often = []  # by how often an n-gram was seen: for the longest context of a table
        self.different = []  # by how many different symbols came before it: for shorter ones
        for n in range(1, longest + 2):
            grams = numbers(np.lib.stride_tricks.sliding_window_view(tokens, n), size)
            if n > 1:
                self.different.append(level(np.unique(grams) % size ** (n - 1), size))
            self.often.append(level(grams, size))

    def shares(self, windows: np.ndarray) -> list[np.ndarray]:
        """Return what each table predicts for the last symbol of each window.

        Parameters
        ----------
        windows : ndarray of int, shape (count, longest + 1)
            Each row is a context and the symbol that follows it.

        Returns
        -------
        shares : list of ndarray of shape (count,)
            The probabilities by the tables that remember 0, 1, ... `longest` symbols.
        """
        shorter, found = np.full(len(windows), 1 / self.size), []
        for n, often in enumerate(self.often, start=1):
            grams = numbers(np.asarray(windows, np.int64)[:, -n:], self.size)
            found.append(mix(often, grams, shorter, self.size))
            if n <= self.longest:
                shorter = mix(self.different[n - 1], grams, shorter, self.size)
        return found

    def predict(self, context) -> np.ndarray:
        """Return the probability of each symbol after a context of `longest` symbols."""
        windows = [[*context, symbol] for symbol in range(self.size)]
        return self.shares(np.array(windows))[-1]

    def follow(self, before, tokens) -> list[np.ndarray]:
        """Return the probability that each table gave to each token; `before` precedes them."""
        text = np.concatenate([np.asarray(before)[len(before) - self.longest :], tokens])
        return self.shares(np.lib.stride_tricks.sliding_window_view(text, self.longest + 1))

    def losses(self, before, tokens) -> list[float]:
        """Return the mean nats of a token, for each table."""
        return [float(-np.log(shares).mean()) for shares in self.follow(before, tokens)]

    def kept(self) -> list[int]:
        """Return how many n-grams each table keeps."""
        shorter = np.cumsum([0, *(len(it.grams) for it in self.different)])
        return [len(it.grams) + int(before) for it, before in zip(self.often, shorter, strict=True)]


class WindowTable:
    """One such table, made from windows instead of a text.

    Parameters
    ----------
    windows : ndarray of int, shape (count, n)
        Each row is a context and the symbol that follows it. A context may hold more than text: a
        column with the author, for example. The further left a column is, the sooner it is left
        out where a context is new.
    size : int
        The numbers in the windows are from 0 to `size - 1`.
    """

    def __init__(self, windows: np.ndarray, size: int):
        n = windows.shape[1]
        if size**n >= 2**63:
            raise ValueError(f"expected n-grams that fit in 63 bits, got {size} ** {n}")
        self.size, self.levels = size, []
        for k in range(1, n):
            different = np.unique(numbers(windows[:, -k - 1 :], size))
            self.levels.append(level(different % size**k, size))
        self.levels.append(level(numbers(windows, size), size))

    def share(self, windows: np.ndarray) -> np.ndarray:
        """Return the probability of the last symbol of each window."""
        shares = np.full(len(windows), 1 / self.size)
        for k, counted in enumerate(self.levels, start=1):
            shares = mix(counted, numbers(windows[:, -k:], self.size), shares, self.size)
        return shares


def numbers(windows: np.ndarray, size: int) -> np.ndarray:
    """Write each row of symbols as one number."""
    return windows @ (size ** np.arange(windows.shape[1])[::-1])


def level(grams: np.ndarray, size: int) -> Level:
    """Count n-grams, and find their discounts."""
    grams, counts = np.unique(grams, return_counts=True)
    taken = discounts(counts)
    contexts, place = np.unique(grams // size, return_inverse=True)
    totals = np.bincount(place, counts)
    spared = np.bincount(place, taken[np.minimum(counts, 3)]) / totals
    return Level(grams, counts, contexts, totals, spared, taken)


def discounts(counts: np.ndarray) -> np.ndarray:
    """Estimate the discounts for counts of 0, 1, 2 and more, as Chen and Goodman do."""
    n = [int((counts == k).sum()) for k in range(5)]  # n[1] n-grams were seen once
    found = FALLBACK
    if all(n[1:]):
        share = n[1] / (n[1] + 2 * n[2])
        found = [k - (k + 1) * share * n[k + 1] / n[k] for k in (1, 2, 3)]
    if min(found) < 0:
        found = FALLBACK
    return np.array([0.0, *found])


def mix(level: Level, grams: np.ndarray, shorter: np.ndarray, size: int) -> np.ndarray:
    """Return the probability of each n-gram's last symbol; `shorter` is that by less context."""
    counts = look_up(level.grams, level.counts, grams, 0)
    totals = look_up(level.contexts, level.totals, grams // size, 1)
    spared = look_up(level.contexts, level.spared, grams // size, 1)  # all, if it is new
    return (counts - level.discounts[np.minimum(counts, 3)]) / totals + spared * shorter


def look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray, missing) -> np.ndarray:
    """Return the value of each key, or a default for those that are missing."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], missing)
