"""Ragged batches do what docs/ragged.md says, over every cell, alone and in towers."""

from functools import partial

import numpy as np
import pytest

from snippets.lstm import LSTMState, lstm_backward, lstm_forward
from snippets.nested import flatten
from snippets.ragged import Layer, put, ragged, ragged_backward, ragged_forward, take
from snippets.readout import cross_entropy
from snippets.rnn import RNNParams, RNNState, rnn_backward, rnn_forward
from snippets.sequence_types import many_to_many_backward, many_to_many_forward
from snippets.stacking import (
    bidirectional_backward,
    bidirectional_forward,
    stack_backward,
    stack_forward,
)
from tests.layers import CELLS, both, deep, new, new_readout
from tests.nested import arrays, assert_close, assert_equal, assert_slopes, like, one_of
from tests.numeric import slope
from tests.test_cells import SHAPES

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_x, m, n_a, T = SIZES.values()
    layer, state = new(np.random.default_rng(0), "lstm", n_x, n_a, m)
    params, forward, backward = ragged(layer)
    a, _, tape = forward(params, np.ones((T, n_x, m)), state, [3, T])
    backward(params, tape, np.ones_like(a))


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


def two_ways(cells):
    """Make a layer that reads both ways, and takes lengths."""
    return Layer(tuple(map(ragged, cells)), bidirectional_forward, bidirectional_backward)


# gradients ------------------------------------------------------------------------------------


def test_each_element_of_each_gradient_is_a_slope():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 1, 2))
    layer, state = new(rng, "lstm", 1, 2, 2)
    forward = partial(ragged_forward, lengths=[3, 1])
    assert_slopes(forward, ragged_backward, (layer,), (x, state), by="element")


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize(("T", "n_x", "m", "n_a"), SHAPES)
def test_the_gradient_is_the_slope_in_many_shapes(T, n_x, m, n_a):
    rng = np.random.default_rng(T + 7 * n_a)
    name = rng.choice(list(CELLS))
    x, lengths = rng.normal(size=(T, n_x, m)), rng.integers(0, T + 1, m)
    layer, state_0 = new(rng, name, n_x, n_a, m)
    forward = partial(ragged_forward, lengths=lengths)
    assert_slopes(forward, ragged_backward, (layer,), (x, state_0))


def tower(rng, m):
    """Draw two layers that read both ways and a ragged one on top, with their states."""
    first, states_1 = both(rng, "lstm", "rnn", 2, 2, m)
    second, states_2 = both(rng, "gru", "rnn", 5, 1, m)
    top, state_3 = new(rng, "peephole", 3, 2, m)
    return (two_ways(first), two_ways(second), ragged(top)), (states_1, states_2, state_3)


def test_a_tower_of_all_three_has_the_slope_of_the_loss():
    rng = np.random.default_rng(3)
    layers, states_0 = tower(rng, 3)
    x = rng.normal(size=(3, 2, 3))
    forward = partial(stack_forward, lengths=[3, 0, 2])
    assert_slopes(forward, stack_backward, (layers,), (x, states_0))


def test_a_masked_loss_through_a_tower_has_the_slope_of_the_loss():
    rng, lengths = np.random.default_rng(4), [3, 0, 2]
    layers, states_0 = tower(rng, 3)
    cell, readout = Layer(layers, stack_forward, stack_backward), new_readout(rng, 2, 4)
    x = rng.normal(size=(3, 2, 3))
    y = np.eye(4)[rng.integers(0, 4, (3, 3))].swapaxes(1, 2)

    def loss():
        z, _, _ = many_to_many_forward(cell, readout, x, states_0, lengths)
        return cross_entropy(z, y, lengths=lengths)[0]

    z, _, tape = many_to_many_forward(cell, readout, x, states_0, lengths)
    _, dz = cross_entropy(z, y, lengths=lengths)
    d_params, dx, d_states_0 = many_to_many_backward(cell, readout, tape, dz)
    gradients = flatten((d_params, dx, d_states_0))
    moving = flatten(((cell, readout), x, states_0))
    assert len(gradients) == len(moving) == 8 + 3 + 9 + 3 + 11 + 2 + 1 + 7
    for gradient, array in zip(gradients, moving, strict=True):
        np.testing.assert_allclose(gradient, slope(loss, array), rtol=1e-6, atol=1e-9)
    for i, length in enumerate(lengths):
        assert not dz[length:, :, i].any()
        assert not dx[length:, :, i].any()


# what it computes -----------------------------------------------------------------------------


def test_three_sequences_by_hand():
    add_up = Layer(RNNParams(*np.ones((2, 1, 1)), np.zeros((1, 1))), rnn_forward, rnn_backward)
    x = 1e-6 * np.array([[1.0, 10, 7], [2, 20, 8], [4, 40, 9]]).reshape(3, 1, 3)
    a, state, tape = ragged_forward(add_up, x, None, [3, 1, 0])
    # each unit adds up what it reads, until its sequence ends
    by_hand = 1e-6 * np.array([[1.0, 10, 0], [3, 0, 0], [7, 0, 0]])
    np.testing.assert_allclose(a[:, 0], by_hand, rtol=1e-9)
    np.testing.assert_allclose(state.a, [[7e-6, 10e-6, 0]], rtol=1e-9)
    _, dx, d_state = ragged_backward(add_up, tape, np.ones((3, 1, 3)))
    np.testing.assert_allclose(dx[:, 0], [[3, 1, 0], [2, 0, 0], [1, 0, 0]], rtol=1e-9)
    np.testing.assert_allclose(d_state.a, [[3, 1, 0]], rtol=1e-9)


@pytest.mark.parametrize("lengths", [[5, 2, 5, 0, 3], [3] * 5, [0] * 5, [1, 0, 0, 0, 0]])
@pytest.mark.parametrize("wrapper", ["ragged", "stack", "bidirectional", "tower"])
# claim W4
def test_side_by_side_is_the_same_as_each_sequence_alone(cell, wrapper, lengths):
    rng, (T, m) = np.random.default_rng(6), (6, 5)
    x = rng.normal(size=(T, 3, m))
    past, state = new(rng, cell, 3, 4, m)
    future, other = new(rng, cell, 3, 2, m)
    high, above = new(rng, cell, 4 if wrapper == "stack" else 6, 3, m)
    both_alone = Layer((past, future), bidirectional_forward, bidirectional_backward)
    stacked = stack_forward, stack_backward
    alone, together, states_0 = {
        "ragged": (past, ragged(past), state),
        "stack": (
            Layer((past, high), *stacked),
            Layer((ragged(past), ragged(high)), *stacked),
            (state, above),
        ),
        "bidirectional": (both_alone, two_ways((past, future)), (state, other)),
        "tower": (
            Layer((both_alone, high), *stacked),
            Layer((two_ways((past, future)), ragged(high)), *stacked),
            ((state, other), above),
        ),
    }[wrapper]

    a, states_T, tape = together.forward(together.params, x, states_0, lengths)
    da, d_states_T = like(rng, a), like(rng, states_T)
    d_params, dx, d_states_0 = together.backward(together.params, tape, da, d_states_T)

    total = [np.zeros_like(d) for d in arrays(d_params)]
    for i, length in enumerate(lengths):
        x_i, da_i = x[:length, :, i : i + 1], da[:length, :, i : i + 1]
        a_i, end, tape_i = alone.forward(alone.params, x_i, one_of(states_0, i))
        d_i, dx_i, d_start = alone.backward(alone.params, tape_i, da_i, one_of(d_states_T, i))
        assert_close((one_of(a[:length], i), one_of(states_T, i)), (a_i, end))
        assert_close((one_of(dx[:length], i), one_of(d_states_0, i)), (dx_i, d_start))
        assert not a[length:, :, i].any()
        assert not dx[length:, :, i].any()
        total = [sum_ + d for sum_, d in zip(total, arrays(d_i), strict=True)]
    assert_close(d_params, total, atol=1e-10)


def test_a_ragged_layer_is_the_cell_with_other_lengths_at_each_call(cell):
    rng = np.random.default_rng(5)
    layer, state_0 = new(rng, cell, 3, 4, 2)
    params, forward, backward = ragged(layer)
    assert params is layer.params
    x = rng.normal(size=(5, 3, 2))
    for lengths in ([5, 2], [0, 3]):
        a, state_T, tape = forward(params, x, state_0, lengths)
        again, end, same = ragged_forward(layer, x, state_0, lengths)
        assert_equal((a, state_T), (again, end))
        expected = ragged_backward(layer, same, a, state_T)
        assert_equal(backward(params, tape, a, state_T), expected)
    # the params are those that are given, as in any layer
    other = params._make(2 * w for w in params)
    a, state_T, tape = forward(other, x, state_0, [5, 2])
    doubled = layer._replace(params=other)
    again, _, same = ragged_forward(doubled, x, state_0, [5, 2])
    assert_equal(a, again)
    assert_equal(backward(other, tape, a), ragged_backward(doubled, same, a))


@pytest.mark.parametrize("wrapper", ["ragged", "bidirectional"])
def test_what_stands_after_the_end_is_never_read(cell, wrapper):
    rng = np.random.default_rng(7)
    (past, future), states = both(rng, cell, "gru", 3, 4, 2)
    layer, state_0 = two_ways((past, future)), states
    if wrapper == "ragged":
        layer, state_0 = ragged(past), states[0]
    x, lengths = rng.normal(size=(5, 3, 2)), [2, 4]
    spoilt = x.copy()
    spoilt[2:, :, 0], spoilt[4:, :, 1] = np.nan, np.inf
    clean = layer.forward(layer.params, x, state_0, lengths)
    dirty = layer.forward(layer.params, spoilt, state_0, lengths)
    assert_equal(clean[:2], dirty[:2])
    da = np.ones_like(clean[0])
    da_spoilt = da.copy()
    da_spoilt[2:, :, 0], da_spoilt[4:, :, 1] = np.nan, np.inf
    assert_equal(
        layer.backward(layer.params, clean[2], da),
        layer.backward(layer.params, dirty[2], da_spoilt),
    )


def test_only_the_cells_that_are_alive_are_run():
    calls = []

    def spying(params, x, state_0):
        calls.append(x.shape)
        return rnn_forward(params, x, state_0)

    layer, state = new(np.random.default_rng(9), "rnn", 3, 4, 4)
    ragged_forward(layer._replace(forward=spying), np.ones((9, 3, 4)), state, [7, 2, 7, 3])
    assert calls == [(0, 3, 4), (2, 3, 4), (1, 3, 3), (4, 3, 2)]


def test_wide_weights_widen_what_narrow_inputs_give():
    rng = np.random.default_rng(11)
    layer, state = new(rng, "lstm", 3, 4, 2)
    narrow = state._make(s.astype(np.float32) for s in state)
    x = rng.normal(size=(5, 3, 2)).astype(np.float32)
    a, state_T, tape = ragged_forward(layer, x, narrow, [5, 2])
    alone, end, tape_1 = lstm_forward(layer.params, x[:, :, :1], one_of(narrow, 0))
    assert {s.dtype for s in (a, *state_T)} == {np.dtype(np.float64)}
    assert_close((one_of(a, 0), one_of(state_T, 0)), (alone, end))
    _, _, d_state = ragged_backward(layer, tape, np.ones_like(a))
    _, _, d_alone = lstm_backward(layer.params, tape_1, np.ones_like(alone))
    assert_close(one_of(d_state, 0), d_alone)


def test_a_state_may_be_a_matrix_for_each_example():
    state = RNNState(np.arange(12.0).reshape(2, 2, 3))
    part = take(state, np.array([0, 2]))
    np.testing.assert_array_equal(part.a, state.a[:, :, [0, 2]])
    whole = put(state, np.array([1]), RNNState(np.zeros((2, 2, 1))))
    np.testing.assert_array_equal(whole.a, state.a * [1, 0, 1])


# the contract of the cells --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("T", "m"), [(0, 1), (0, 2), (1, 1), (3, 1)])
def test_short_sequences_and_precisions_stay_what_they_are(cell, dtype, T, m):
    rng = np.random.default_rng(10)
    layer, state_0 = new(rng, cell, 3, 4, m, dtype=dtype)
    x = rng.normal(size=(T, 3, m)).astype(dtype)
    a, state_T, tape = ragged_forward(layer, x, state_0, [T] * m)
    d_state_T = like(rng, state_T)
    d_params, dx, d_state_0 = ragged_backward(layer, tape, like(rng, a), d_state_T)
    assert a.shape == (T, 4, m)
    assert dx.shape == x.shape
    assert [w.shape for w in d_params] == [w.shape for w in layer.params]
    made = arrays((a, state_T, d_params, dx, d_state_0))
    assert {array.dtype for array in made} == {np.dtype(dtype)}
    if T == 0:
        assert_equal(state_T, state_0)
        assert_equal(d_state_0, d_state_T)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_state_means_zeros_and_a_plain_sequence_is_a_state(cell, dtype):
    rng = np.random.default_rng(12)
    layer, state_0 = new(rng, cell, 3, 4, 2, dtype=dtype)
    x = rng.normal(size=(5, 3, 2)).astype(dtype)
    zeros = state_0._make(np.zeros_like(s) for s in state_0)
    a, state_T, tape = ragged_forward(layer, x, zeros, [5, 2])
    again, end, _ = ragged_forward(layer, x, lengths=[5, 2])
    assert_equal((a, state_T), (again, end))
    assert {s.dtype for s in (again, *end)} == {np.dtype(dtype)}
    assert_equal(ragged_backward(layer, tape, a), ragged_backward(layer, tape, a, zeros))

    a, state_T, tape = ragged_forward(layer, x, state_0, [5, 2])
    for plain in (tuple, list):
        again, end, _ = ragged_forward(layer, x, plain(state_0), [5, 2])
        assert_equal((a, state_T), (again, end))
        assert type(end) is type(state_0)
        d_plain = ragged_backward(layer, tape, a, plain(state_T))
        assert_equal(ragged_backward(layer, tape, a, state_T), d_plain)


def test_no_lengths_mean_that_all_are_as_long_as_the_input(cell):
    rng = np.random.default_rng(13)
    layer, state_0 = new(rng, cell, 3, 4, 2)
    x = rng.normal(size=(5, 3, 2))
    a, state_T, _ = ragged_forward(layer, x, state_0)
    assert_close((a, state_T), layer.forward(layer.params, x, state_0)[:2])
    again, end, _ = ragged(layer).forward(layer.params, x, state_0)
    assert_equal((a, state_T), (again, end))


@pytest.mark.parametrize("alive", [[0, 2], [0, 1, 2]])
def test_take_and_put_leave_their_arguments_alone(alive):
    rng, alive = np.random.default_rng(14), np.array(alive)
    state = LSTMState(*rng.normal(size=(2, 4, 3)))
    part = LSTMState(*rng.normal(size=(2, 4, len(alive))))
    kept = arrays(like(rng, state))
    for array, copy in zip(arrays(state), kept, strict=True):
        copy[:] = array
    taken, whole = take(state, alive), put(state, alive, part)
    np.testing.assert_array_equal(taken.c, state.c[:, alive])
    np.testing.assert_array_equal(whole.c[:, alive], part.c)
    assert_equal(state, kept)
    for array in arrays((taken, whole)):
        assert not any(np.shares_memory(array, it) for it in arrays((state, part)))
        array[:] = np.nan
    assert_equal(state, kept)


def test_arguments_stay_as_they_were_and_results_are_owned():
    rng = np.random.default_rng(15)
    layer, state_0 = new(rng, "lstm", 3, 4, 2)
    x, lengths = rng.normal(size=(5, 3, 2)), np.array([2, 3])
    a, state_T, tape = ragged_forward(layer, x, state_0, lengths)
    da, d_state_T = like(rng, a), like(rng, state_T)
    given = arrays((x, state_0, da, d_state_T, lengths))
    before = [array.copy() for array in given]
    first = ragged_backward(layer, tape, da, d_state_T)
    kept = [array.copy() for array in arrays((state_T, first))]
    assert_equal(given, before)
    x[:], a[:] = np.nan, np.nan
    for array in arrays((state_0, da, d_state_T)):
        array[:] = np.nan
    assert_equal(kept, arrays((state_T, first)))


def test_the_tape_is_owned():
    rng = np.random.default_rng(16)
    layer, state_0 = new(rng, "lstm", 3, 4, 2)
    x, lengths = rng.normal(size=(5, 3, 2)), np.array([2, 3])
    a, state_T, tape = ragged_forward(layer, x, state_0, lengths)
    da = np.ones_like(a)
    before = ragged_backward(layer, tape, da)
    for array in arrays((x, state_0, a, state_T)):
        array[:] = np.nan
    lengths[:] = 0
    assert_equal(ragged_backward(layer, tape, da), before)


# bad input ------------------------------------------------------------------------------------

BAD_LENGTHS = [[3], [3, 6], [3, -1], [3, 2.5], [[3, 2]], 3, [3, np.nan], ["3", "2"]]


def rnn_case():
    layer, state_0 = new(np.random.default_rng(0), "rnn", 3, 4, 2)
    return layer, np.ones((5, 3, 2)), state_0


@pytest.mark.parametrize("lengths", BAD_LENGTHS)
def test_lengths_that_are_none_are_named(lengths):
    layer, x, state_0 = rnn_case()
    with pytest.raises(ValueError, match=r"expected lengths: 2 integers from 0 to 5, got "):
        ragged_forward(layer, x, state_0, lengths)


@pytest.mark.parametrize("lengths", [np.ma.array([3, 2]), np.array([[3, 2]]).view(np.matrix)])
def test_lengths_that_are_no_plain_array_are_named(lengths):
    layer, x, state_0 = rnn_case()
    match = f"expected lengths to be a plain NumPy array, got {type(lengths).__name__}"
    with pytest.raises(ValueError, match=match):
        ragged_forward(layer, x, state_0, lengths)


def test_lengths_may_come_in_any_type_of_integer():
    layer, x, state_0 = rnn_case()
    a, _, _ = ragged_forward(layer, x, state_0, (2, 5))
    for dtype in (np.uint8, np.int64, float):
        again, _, _ = ragged_forward(layer, x, state_0, np.array([2, 5], dtype))
        assert_equal(a, again)


MASKED = np.ma.array(np.ones((5, 3, 2)), mask=np.zeros((5, 3, 2)))


@pytest.mark.parametrize("bad", [np.ones((5, 3)), np.ones((5, 3, 2), int), [[[1.0]]], MASKED])
def test_inputs_that_are_no_sequences_are_named(bad):
    layer, _, state_0 = rnn_case()
    match = rf"expected x \(T, n_x, m\) of floats, got {type(bad).__name__}"
    with pytest.raises(ValueError, match=match):
        ragged_forward(layer, bad, state_0, [2, 5])


def test_what_the_cell_refuses_is_named_by_the_cell():
    layer, x, state = rnn_case()
    with pytest.raises(ValueError, match=r"expected x \(T, 3, m\) of floats, got"):
        ragged_forward(layer, np.ones((5, 4, 2)), state, [2, 5])
    with pytest.raises(ValueError, match=r"expected state\.a \(4, 2\) of floats, got"):
        ragged_forward(layer, x, one_of(state, 0), [2, 5])
    with pytest.raises(ValueError, match=r"expected state as RNNState\(a\) or .*, got dict"):
        ragged_forward(layer, x, {"a": state.a}, [2, 5])
    _, _, tape = ragged_forward(layer, x, state, [2, 5])
    wide = RNNState(np.ones((5, 2)))
    with pytest.raises(ValueError, match=r"expected d_state_T\.a \(4, 2\) of floats, got"):
        ragged_backward(layer, tape, np.ones((5, 4, 2)), wide)


def test_gradients_that_do_not_fit_are_named():
    layer, x, state = rnn_case()
    _, _, tape = ragged_forward(layer, x, state, [2, 5])
    da = np.ones((5, 9, 2))
    masked = np.ma.array(np.ones((5, 4, 2)), mask=np.zeros((5, 4, 2)))
    for bad in [da[:4], da[:, :3], da[:, :, :1], da[0], da.astype(int), da.tolist(), masked]:
        plain = type(bad) is np.ndarray
        got = rf"ndarray .* of {bad.dtype}$" if plain else f"{type(bad).__name__}, not ndarray$"
        with pytest.raises(ValueError, match=rf"expected da \(5, 4, 2\) of floats, got {got}"):
            ragged_backward(layer, tape, bad)


@pytest.mark.parametrize("wrapper", ["stack", "bidirectional"])
def test_only_a_cell_can_be_ragged(wrapper):
    rng, x = np.random.default_rng(12), np.ones((5, 3, 2))
    held, states = both(rng, "gru", "lstm", 3, 4, 2)
    layer = Layer(held, bidirectional_forward, bidirectional_backward)
    if wrapper == "stack":
        held, states = deep(rng, "gru", "lstm", 3, 4, 2)
        layer = Layer(held, stack_forward, stack_backward)
    match = "^expected a cell, got a layer of several: make each cell ragged$"
    for state_0 in (states, None):
        with pytest.raises(ValueError, match=match):
            ragged_forward(layer, x, state_0, [2, 5])


def test_what_is_no_layer_is_named():
    layer, x, state_0 = rnn_case()
    a, _, tape = ragged_forward(layer, x, state_0, [2, 5])
    for bad in (layer.params, tuple(layer), None):
        match = f"expected cell to be a Layer, got {type(bad).__name__}"
        with pytest.raises(ValueError, match=match):
            ragged_forward(bad, x, state_0, [2, 5])
        with pytest.raises(ValueError, match=match):
            ragged_backward(bad, tape, a)
        with pytest.raises(ValueError, match=match):
            ragged(bad)


def test_a_row_of_a_mask_is_no_length():
    rng = np.random.default_rng(0)
    cell, _ = new(rng, "rnn", 3, 4, 2)
    with pytest.raises(ValueError, match=r"expected lengths: 2 integers from 0 to 5"):
        ragged_forward(cell, np.zeros((5, 3, 2)), None, [True, False])
