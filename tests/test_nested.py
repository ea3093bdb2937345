"""Nested parameters become a flat list, and come back as they were."""

from functools import partial

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from snippets.rnn import RNNParams, init_rnn, rnn_backward, rnn_forward
from snippets.stacking import Layer, stack_backward, stack_forward
from tests.nested import assert_slopes

SIZES = {"n_a": 3, "n_x": 7}


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_a, n_x = SIZES.values()
    w = np.ones((n_a, n_x))
    unflatten((w, flatten), [w])


def test_flatten_lists_the_arrays_of_any_nesting_in_order():
    a, b, c, d, e = (np.full((1, 2), i, float) for i in range(5))
    nested = [Layer(RNNParams(a, b, c), rnn_forward, rnn_backward), {"z": e, "y": (d,)}, ()]
    flat = flatten(nested)
    assert type(flat) is list
    assert [id(array) for array in flat] == [id(array) for array in (a, b, c, d, e)]
    assert flatten(a)[0] is a
    assert flatten(()) == flatten({}) == flatten(rnn_forward) == []


def test_unflatten_is_the_inverse_and_keeps_types_and_functions():
    rng = np.random.default_rng(0)
    nested = [
        Layer(init_rnn(rng, 2, 3), rnn_forward, rnn_backward),
        (np.ones(4), {"b": np.zeros(()), "a": [np.ones((2, 1))]}),
    ]
    before = [array.copy() for array in flatten(nested)]
    new = [np.array(2 * array) for array in flatten(nested)]
    made = unflatten(nested, new)
    assert [id(array) for array in flatten(made)] == [id(array) for array in new]
    layer, (vector, names) = made
    assert type(made) is list
    assert type(layer) is Layer
    assert type(layer.params) is RNNParams
    assert layer[1:] == (rnn_forward, rnn_backward)
    assert vector.shape == (4,)
    assert list(names) == ["a", "b"]
    assert type(names["a"]) is list
    for array, old in zip(flatten(nested), before, strict=True):
        np.testing.assert_array_equal(array, old)
    assert unflatten(np.ones(2), [vector[:2]]).shape == (2,)


def test_weights_and_gradients_of_layers_come_in_one_order():
    rng = np.random.default_rng(1)
    low, high = (Layer(init_rnn(rng, 3, 3), rnn_forward, rnn_backward) for _ in range(2))
    inner = Layer([low, high], stack_forward, stack_backward)
    layers = [inner, high]
    a, _, tapes = stack_forward(layers, np.ones((2, 3, 1)))
    d_params, _, _ = stack_backward(layers, tapes, a)
    assert [type(d) for d in d_params] == [tuple, RNNParams]
    gradients = flatten(d_params)
    assert len(gradients) == len(flatten(layers)) == 9
    # the last gradients are those of the last layer
    assert [id(d) for d in gradients[6:]] == [id(d) for d in d_params[1]]
    names = [*RNNParams._fields] * 3
    for name, weight, gradient in zip(names, flatten(layers), gradients, strict=True):
        assert weight.shape == gradient.shape == getattr(high.params, name).shape


@pytest.mark.parametrize(
    ("bad", "got"),
    [
        (1.0, "float"),
        (None, "NoneType"),
        ("W", "str"),
        (np.float64(1), "float64"),
        (np.ma.array([1.0]), "MaskedArray"),
        (np.ones((1, 1)).view(np.matrix), "matrix"),
    ],
)
def test_parts_of_a_nesting_that_are_no_arrays_are_named(bad, got):
    match = f"expected each part of the nesting to be a plain NumPy array, got {got}"
    for nested in (bad, [np.ones(2), (bad,)], {"W": bad}):
        with pytest.raises(ValueError, match=match):
            flatten(nested)
        with pytest.raises(ValueError, match=match):
            unflatten(nested, [np.ones(2), np.ones(2)])


def test_arrays_that_do_not_fit_a_nesting_are_named():
    nested, w = (np.ones((2, 3)), [np.ones((1, 3))]), np.ones((2, 3))
    for wrong in ([], [w], [w, w[:1], w]):
        count = f"expected 2 arrays, as many as there are in like, got {len(wrong)}"
        with pytest.raises(ValueError, match=count):
            unflatten(nested, wrong)
    with pytest.raises(
        ValueError, match=r"expected arrays\[1\] \(1, 3\) of floats, got ndarray \(2"
    ):
        unflatten(nested, [w, w])
    masked = np.ma.array(w, mask=w > 2)
    with pytest.raises(
        ValueError, match=r"expected arrays\[0\] \(2, 3\) .*got MaskedArray, not ndarray$"
    ):
        unflatten(nested, [masked, w[:1]])


def test_only_functions_are_left_out():
    class Module:
        """A layer of a library: it can be called, and has weights that nobody would train."""

        def __call__(self):
            """Do nothing."""

    for bad, got in [(Module(), "Module"), (RNNParams, "type"), ({"w": np.ones(1), "m": len}, "b")]:
        with pytest.raises(ValueError, match=f"to be a plain NumPy array, got {got}"):
            flatten(bad)
    layer = Layer((np.ones(2),), partial(rnn_forward), Module().__call__)
    assert len(flatten(layer)) == 1
    assert unflatten(layer, [np.zeros(2)])[1:] == layer[1:]


@pytest.mark.parametrize("by", ["array", "element", "all"])
def test_a_wrong_gradient_is_no_slope_with_either_step(by):
    w = np.array([1e-4, 2.0])  # the square root of the first bends strongly

    def forward(w):
        return np.sqrt(w + 5e-3), None

    def backward(wrong, tape, d):
        return (wrong * d / (2 * np.sqrt(w + 5e-3)),)

    assert_slopes(forward, partial(backward, 1.0), (), (w,), by=by)
    with pytest.raises(pytest.fail.Exception, match=r"with respect to .* is not the slope"):
        assert_slopes(forward, partial(backward, 1 + 1e-4), (), (w,), by=by)
