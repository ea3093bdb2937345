"""Arrays in nested tuples: states of stacks, gradients for several layers."""

import sys
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest

from tests.numeric import error, slope

STEPS = 5e-4, 5e-5


def arrays(nested):
    """List the arrays in nested tuples."""
    if isinstance(nested, np.ndarray):
        return [nested]
    return [array for part in nested if not callable(part) for array in arrays(part)]


def names(nested, name="x"):
    """Name the arrays in nested tuples by their fields; what has none is `name`."""
    if isinstance(nested, np.ndarray):
        return [name]
    fields = getattr(nested, "_fields", [name] * len(nested))
    parts = zip(fields, nested, strict=True)
    return [it for field, part in parts if not callable(part) for it in names(part, field)]


def like(rng, nested):
    """Replace all arrays in nested tuples by random numbers."""
    if isinstance(nested, np.ndarray):
        return rng.normal(size=nested.shape).astype(nested.dtype)
    return getattr(nested, "_make", tuple)([like(rng, part) for part in nested])


def one_of(nested, i):
    """Take example i out of nested states."""
    if isinstance(nested, np.ndarray):
        return nested[..., i : i + 1]
    return getattr(nested, "_make", tuple)([one_of(part, i) for part in nested])


def assert_equal(left, right):
    for one, other in zip(arrays(left), arrays(right), strict=True):
        np.testing.assert_array_equal(one, other)


def assert_close(left, right, atol=1e-12):
    for one, other in zip(arrays(left), arrays(right), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=atol)


def slope_along(loss, moving, directions, h=5e-4):
    """Measure how `loss` changes when arrays move together, each in its direction."""
    kept, way = [array.copy() for array in moving], np.zeros(1)

    def moved():
        for array, start, direction in zip(moving, kept, directions, strict=True):
            array[:] = start + way[0] * direction
        return loss()

    measured = slope(moved, way, h)
    for array, start in zip(moving, kept, strict=True):
        array[:] = start
    return measured


@contextmanager
def unchecked():
    """Let snippets not look at shapes: where only numbers change, that is half of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("snippets.") and hasattr(module, "check"):
                patch.setattr(module, "check", lambda *_: None)
        yield


def assert_slopes(forward, backward, held, inputs, *, by="array"):
    """Compare the gradients with measured slopes of a loss that sees every output.

    forward(*held, *inputs) returns its outputs and a tape, backward(*held, tape, *gradients of
    the outputs) a gradient for each array of `held` and `inputs`. Slopes of each element, or, much
    faster, in a random direction: of each array separately, or of all arrays together.
    """
    rng = np.random.default_rng(0)
    *outputs, tape = forward(*held, *inputs)
    d_outputs = like(rng, tuple(outputs))

    def loss():
        *outputs, _ = forward(*held, *inputs)
        pairs = zip(arrays(d_outputs), arrays(outputs), strict=True)
        return sum((d * output).sum() for d, output in pairs)

    gradients, moving = arrays(backward(*held, tape, *d_outputs)), arrays((held, inputs))
    ways = [like(rng, array) for array in moving]
    along = [np.array([(g * way).sum()]) for g, way in zip(gradients, ways, strict=True)]
    # the terms of such a sum may nearly cancel: its error is relative to their usual size
    usual = [np.linalg.norm(g * way) for g, way in zip(gradients, ways, strict=True)]
    whose = f"{getattr(backward, '__name__', 'backward')}: the gradient with respect to"
    called = [
        *(f"{whose} {it}" for it in names(held)),
        *(f"{whose} input {it}" for it in names(inputs)),
    ]
    each = list(zip(called, moving, gradients, ways, along, usual, strict=True))
    with unchecked():
        if by == "all":
            total = f"{whose} all arrays"
            measure = partial(slope_along, loss, moving, ways)
            assert_slope(total, sum(along), measure, np.linalg.norm(usual))
        elif by == "element":
            for name, array, gradient, *_ in each:
                assert_slope(name, gradient, partial(slope, loss, array))
        else:
            for name, array, _, way, total, size in each:
                assert_slope(name, total, partial(slope_along, loss, [array], [way]), size)


def assert_slope(name, gradient, measure, least=0.0):
    """Say of a wrong gradient whose it is and how far off, in a sentence.

    A loss that bends strongly, as with a vector near zero that is brought to length 1, is measured
    again with smaller steps: the error of a slope falls with their fourth power.
    """
    for h in STEPS:
        measured = measure(h=h)
        if (off := error(gradient, measured, max(least, 1e-8))) < 1e-6:
            break
    else:
        i = np.unravel_index(abs(gradient - measured).argmax(), measured.shape)
        pytest.fail(
            f"{name} is not the slope of the loss, {off:.0e} off: "
            f"at {tuple(map(int, i))} backward gives {gradient[i]:.6g}, measured {measured[i]:.6g}",
            pytrace=False,
        )
