# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Scan: all states of a linear recurrence, computed without a loop over time.

NumPy only. Explained in docs/scan.md, proven in tests/test_scan.py.
"""

# --8<-- [start:imports]
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


def check_scan(f, s, a_0) -> np.ndarray:
    """Check the arguments of a scan; return the state before the first step.

    It has the type of the result.
    """
    check("f", f, "T", "n_a", "m")
    check("s", s, *f.shape)
    if a_0 is None:
        a_0 = np.zeros(f.shape[1:], f.dtype)
    check("a_0", a_0, *f.shape[1:])
    return a_0.astype(np.result_type(f, s, a_0))


# --8<-- [end:check]


# --8<-- [start:loop]
def scan_loop(f: np.ndarray, s: np.ndarray, a_0=None) -> np.ndarray:
    """Compute the states one after the other.

    Parameters
    ----------
    f : ndarray of shape (T, n_a, m)
        Factor of the old state at each step.
    s : ndarray of shape (T, n_a, m)
        Summand of each step. T may be 0.
    a_0 : ndarray of shape (n_a, m), optional
        State before the first step; zeros if it is not given.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        State after each step.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/scan.md, equation 1.
    """
    a_0 = check_scan(f, s, a_0)
    a = np.empty(f.shape, a_0.dtype)
    # --8<-- [start:loop-body]
    for t in range(len(f)):
        a_prev = a[t - 1] if t > 0 else a_0
        a_t = f[t] * a_prev + s[t]  # (n_a, m), eq. 1
        a[t] = a_t
    # --8<-- [end:loop-body]
    return a


# --8<-- [end:loop]


# --8<-- [start:doubling]
def scan_doubling(f: np.ndarray, s: np.ndarray, a_0=None) -> np.ndarray:
    """Compute all states at once, in about log2(T) rounds.

    After each round every step covers twice as many steps as before.

    Parameters
    ----------
    f : ndarray of shape (T, n_a, m)
        Factor of the old state at each step.
    s : ndarray of shape (T, n_a, m)
        Summand of each step. T may be 0.
    a_0 : ndarray of shape (n_a, m), optional
        State before the first step; zeros if it is not given.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        State after each step.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Martin and Cundy (2018); docs/scan.md, equation 2.
    """
    a_0 = check_scan(f, s, a_0)
    f, s = f.astype(a_0.dtype), s.astype(a_0.dtype)
    # --8<-- [start:doubling-body]
    span = 1  # how many steps each pair (f, s) covers
    while span < len(f):
        s[span:] = f[span:] * s[:-span] + s[span:]  # eq. 2
        f[span:] = f[span:] * f[:-span]
        span = 2 * span
    a = f * a_0 + s  # (T, n_a, m)
    # --8<-- [end:doubling-body]
    return a


# --8<-- [end:doubling]


# --8<-- [start:tree]
def scan_tree(f: np.ndarray, s: np.ndarray, a_0=None) -> np.ndarray:
    """Compute every second state from half as many steps, then the others.

    It takes about 2 log2(T) rounds, and three times the multiplications of
    the loop.

    Parameters
    ----------
    f : ndarray of shape (T, n_a, m)
        Factor of the old state at each step.
    s : ndarray of shape (T, n_a, m)
        Summand of each step. T may be 0.
    a_0 : ndarray of shape (n_a, m), optional
        State before the first step; zeros if it is not given.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        State after each step.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Blelloch (1990); docs/scan.md, equation 2.
    """
    a_0 = check_scan(f, s, a_0)
    # --8<-- [start:tree-body]
    if len(f) < 2:
        return f * a_0 + s
    first, second = slice(0, -1, 2), slice(1, None, 2)  # of each pair
    f_pair = f[second] * f[first]
    s_pair = f[second] * s[first] + s[second]
    a = np.empty(f.shape, a_0.dtype)
    a[second] = scan_tree(f_pair, s_pair, a_0)
    a[0] = f[0] * a_0 + s[0]
    a[2::2] = f[2::2] * a[1:-1:2] + s[2::2]
    # --8<-- [end:tree-body]
    return a


# --8<-- [end:tree]


# --8<-- [start:backward]
def scan_backward(
    f: np.ndarray, a: np.ndarray, da: np.ndarray, a_0=None, *, scan=scan_loop
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Send the gradient back through a scan: the same scan, from the end.

    Parameters
    ----------
    f : ndarray of shape (T, n_a, m)
        Factors that the scan was given.
    a : ndarray of shape (T, n_a, m)
        States that it returned.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each state directly from the loss.
    a_0 : ndarray of shape (n_a, m), optional
        State before the first step; zeros if it is not given.
    scan : function, optional
        The scan that computes it, for example `scan_doubling`.

    Returns
    -------
    df : ndarray of shape (T, n_a, m)
        Gradient with respect to the factors.
    ds : ndarray of shape (T, n_a, m)
        Gradient with respect to the summands.
    da_0 : ndarray of shape (n_a, m)
        Gradient with respect to the state before the first step.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/scan.md, equations 3 and 4.
    """
    a_0 = check_scan(f, a, a_0)
    check("da", da, *f.shape)
    # --8<-- [start:backward-body]
    f_next = np.concatenate((f[1:], np.zeros_like(f[:1])))
    da_total = scan(f_next[::-1], da[::-1])[::-1]  # eq. 3
    a_prev = np.concatenate((a_0[None], a[:-1]))[: len(a)]
    df = da_total * a_prev  # (T, n_a, m), eq. 4
    ds = da_total.copy()
    da_0 = (f[:1] * da_total[:1]).sum(axis=0)
    # --8<-- [end:backward-body]
    return df, ds, da_0


# --8<-- [end:backward]


# --8<-- [start:newton]
def newton(step, a: np.ndarray, a_0=None, *, tolerance=None, most=100):
    """Find all states of a nonlinear recurrence at once, by Newton's method.

    Each unit must depend on its own old value only.

    Parameters
    ----------
    step : function
        `step(a_prev) -> a_hat, f`: the new states of all steps from the old
        ones, and their slopes with respect to them, both like `a_prev`.
    a : ndarray of shape (T, n_a, m)
        A first guess of the states.
    a_0 : ndarray of shape (n_a, m), optional
        State before the first step; zeros if it is not given.
    tolerance : float, optional
        Stop when no state changes by more than this; if it is not given,
        by more than 64 times the rounding error of a number near 1.
    most : int, optional
        Give up after this number of iterations.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        State after each step.
    iterations : int
        How often `step` was called.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should, or if the
        states still change after `most` iterations.

    Source: Lim et al. (2024); docs/scan.md, equation 5.
    """
    a_0 = check_scan(a, a, a_0)
    if tolerance is None:
        tolerance = 64 * np.finfo(a_0.dtype).eps
    # --8<-- [start:newton-body]
    for iterations in range(1, most + 1):
        a_prev = np.concatenate((a_0[None], a[:-1]))[: len(a)]
        a_hat, f = step(a_prev)
        s = a_hat - f * a_prev  # (T, n_a, m), eq. 5
        better = scan_doubling(f, s, a_0)
        change = abs(better - a).max(initial=0)
        a = better
        if change <= tolerance:
            return a, iterations
    # --8<-- [end:newton-body]
    raise ValueError(
        f"expected states that settle within {most} iterations, but the last "
        f"one still changed one by {change:.1e}: allow more iterations, or "
        "use a loop"
    )


# --8<-- [end:newton]
