"""Stacks, ragged batches and two directions do what docs/stacking.md says, over every cell."""

from functools import partial

import numpy as np
import pytest

from snippets.gru import GRUState, gru_backward, gru_forward, init_gru
from snippets.lstm import LSTMState, init_lstm, lstm_backward, lstm_forward
from snippets.rnn import RNNParams, RNNState, rnn_backward, rnn_forward
from snippets.stacking import (
    Layer,
    bidirectional_backward,
    bidirectional_forward,
    ragged_backward,
    ragged_forward,
    stack_backward,
    stack_forward,
    turn,
)
from tests.nested import arrays, assert_close, assert_equal, assert_slopes, like, one_of
from tests.test_cells import SHAPES, find_cells

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}
CELLS = {cell.id: cell.values[0] for cell in find_cells()}
PAIRS = [(one, other) for one in CELLS for other in CELLS]


def exercise():
    """Run every function once at SIZES, for the shape comments."""
    n_x, m, n_a, T = SIZES.values()
    rng = np.random.default_rng(0)
    layers, states = both(rng, "rnn", "lstm", n_x, n_a, m)
    a, _, tape = bidirectional_forward(layers, np.ones((T, n_x, m)), states, [3, T])
    bidirectional_backward(layers, tape, np.ones_like(a))


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param]


def new(rng, cell, n_x, n_a, m, dtype=np.float64):
    """Draw a layer, biases too, and a state to start it with."""
    params = cell.init(rng, n_x, n_a, dtype=dtype)
    params = params._make((w + rng.normal(scale=0.1, size=w.shape)).astype(dtype) for w in params)
    zeros = cell.State(*(np.zeros((n_a, m), dtype) for _ in cell.State._fields))
    return Layer(params, cell.forward, cell.backward), like(rng, zeros)


def deep(rng, one, other, n_x, n_a, m, **kind):
    """Draw two layers on top of each other, of different size."""
    low, state = new(rng, CELLS[one], n_x, n_a + 1, m, **kind)
    high, above = new(rng, CELLS[other], n_a + 1, n_a, m, **kind)
    return (low, high), (state, above)


def both(rng, one, other, n_x, n_a, m, **kind):
    """Draw two layers side by side, of different size."""
    past, state = new(rng, CELLS[one], n_x, n_a, m, **kind)
    future, other_state = new(rng, CELLS[other], n_x, n_a + 1, m, **kind)
    return (past, future), (state, other_state)


def some_lengths(rng, T, m):
    """Draw lengths from 0 to T."""
    return rng.integers(0, T + 1, m)


# gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_gradient_of_a_stack_is_the_slope_of_the_loss(one, other):
    rng = np.random.default_rng(1)
    layers, states_0 = deep(rng, one, other, 2, 2, 2)
    x = rng.normal(size=(3, 2, 2))
    assert_slopes(stack_forward, stack_backward, (layers,), (x, states_0), by="all")


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_gradient_of_two_directions_is_the_slope_of_the_loss(one, other):
    rng = np.random.default_rng(2)
    cells, states_0 = both(rng, one, other, 2, 2, 2)
    forward = partial(bidirectional_forward, lengths=[3, 1])
    x = rng.normal(size=(3, 2, 2))
    assert_slopes(forward, bidirectional_backward, (cells,), (x, states_0), by="all")


def test_each_element_of_each_gradient_is_a_slope():
    rng, lengths = np.random.default_rng(2), [3, 1]
    x = rng.normal(size=(3, 1, 2))
    layers, levels = deep(rng, "rnn", "lstm", 1, 2, 2)
    assert_slopes(stack_forward, stack_backward, (layers,), (x, levels), by="element")
    cell, state = new(rng, CELLS["lstm"], 1, 2, 2)
    forward = partial(ragged_forward, lengths=lengths)
    assert_slopes(forward, ragged_backward, (cell,), (x, state), by="element")
    cells, states = both(rng, "rnn", "gru", 1, 2, 2)
    forward = partial(bidirectional_forward, lengths=lengths)
    assert_slopes(forward, bidirectional_backward, (cells,), (x, states), by="element")


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize("wrapper", ["stack", "ragged", "bidirectional"])
@pytest.mark.parametrize(("T", "n_x", "m", "n_a"), SHAPES)
def test_the_gradient_is_the_slope_in_many_shapes(wrapper, T, n_x, m, n_a):
    rng = np.random.default_rng(T + 7 * n_a)
    one, other = PAIRS[rng.integers(len(PAIRS))]
    x, lengths = rng.normal(size=(T, n_x, m)), some_lengths(rng, T, m)
    if wrapper == "ragged":
        held, states_0 = new(rng, CELLS[one], n_x, n_a, m)
        forward, backward = partial(ragged_forward, lengths=lengths), ragged_backward
    elif wrapper == "stack":
        held, states_0 = deep(rng, one, other, n_x, n_a, m)
        forward, backward = stack_forward, stack_backward
    else:
        held, states_0 = both(rng, one, other, n_x, n_a, m)
        forward, backward = partial(bidirectional_forward, lengths=lengths), bidirectional_backward
    assert_slopes(forward, backward, (held,), (x, states_0))


def test_a_tower_of_all_three_has_the_slope_of_the_loss():
    # two bidirectional layers, then a ragged one on top
    rng, lengths = np.random.default_rng(3), [3, 0, 2]
    two_ways = partial(bidirectional_forward, lengths=lengths)
    first, states_1 = both(rng, "lstm", "rnn", 2, 2, 3)
    second, states_2 = both(rng, "gru", "rnn", 5, 1, 3)
    top, state_3 = new(rng, CELLS["peephole"], 3, 2, 3)
    layers = (
        Layer(first, two_ways, bidirectional_backward),
        Layer(second, two_ways, bidirectional_backward),
        Layer(top, partial(ragged_forward, lengths=lengths), ragged_backward),
    )
    states_0 = states_1, states_2, state_3
    x = rng.normal(size=(3, 2, 3))
    assert_slopes(stack_forward, stack_backward, (layers,), (x, states_0))


# what they compute ----------------------------------------------------------------------------


def test_a_stack_by_hand():
    # one unit each: the lower doubles small numbers, the upper adds up what it reads
    double = RNNParams(np.array([[2.0]]), np.array([[0.0]]), np.zeros((1, 1)))
    add_up = RNNParams(np.array([[1.0]]), np.array([[1.0]]), np.zeros((1, 1)))
    layers = [Layer(params, rnn_forward, rnn_backward) for params in (double, add_up)]
    empty = RNNState(np.zeros((1, 1)))
    x = 1e-6 * np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    a, states_T, _ = stack_forward(layers, x, [empty, empty])
    np.testing.assert_allclose(a.ravel(), [2e-6, 6e-6, 12e-6], rtol=1e-9)
    np.testing.assert_allclose(arrays(states_T), np.reshape([6e-6, 12e-6], (2, 1, 1)), rtol=1e-9)


def test_two_directions_by_hand():
    add_up = Layer(RNNParams(*np.ones((2, 1, 1)), np.zeros((1, 1))), rnn_forward, rnn_backward)
    empty = RNNState(np.zeros((1, 1)))
    x = 1e-6 * np.array([1.0, 2.0, 4.0]).reshape(3, 1, 1)
    a, (past, future), _ = bidirectional_forward([add_up, add_up], x, [empty, empty])
    # from the past 1, 1 + 2, 1 + 2 + 4; from the future 4 + 2 + 1, 4 + 2, 4
    np.testing.assert_allclose(a[:, :, 0], [[1e-6, 7e-6], [3e-6, 6e-6], [7e-6, 4e-6]], rtol=1e-9)
    assert past.a[0, 0] == a[2, 0, 0]
    assert future.a[0, 0] == a[0, 1, 0]


def test_turn_by_hand():
    x = np.array([[1.0, 10, 7], [2, 20, 8], [3, 30, 9]]).reshape(3, 1, 3)
    turned = turn(x, [3, 2, 0])
    np.testing.assert_array_equal(turned[:, 0], [[3, 20, 7], [2, 10, 8], [1, 30, 9]])
    np.testing.assert_array_equal(turn(turned, np.array([3, 2, 0])), x)


def test_a_stack_is_one_layer_after_the_other(cell):
    rng = np.random.default_rng(4)
    low, state = new(rng, cell, 3, 4, 2)
    high, above = new(rng, cell, 4, 5, 2)
    x = rng.normal(size=(6, 3, 2))
    a, states_T, tapes = stack_forward([low, high], x, [state, above])
    a_low, end_low, tape_low = cell.forward(low.params, x, state)
    a_high, end_high, tape_high = cell.forward(high.params, a_low, above)
    assert_equal((a, states_T), (a_high, (end_low, end_high)))

    d_params, dx, d_states_0 = stack_backward([low, high], tapes, np.ones_like(a))
    d_high, da_low, d_above = cell.backward(high.params, tape_high, np.ones_like(a))
    d_low, dx_low, d_state = cell.backward(low.params, tape_low, da_low)
    assert_equal((d_params, dx, d_states_0), ((d_low, d_high), dx_low, (d_state, d_above)))


def test_a_stack_of_one_is_the_layer_and_stacks_can_be_stacked(cell):
    rng = np.random.default_rng(5)
    layers, states = zip(*[new(rng, cell, 4, 4, 2) for _ in range(3)], strict=True)
    x = rng.normal(size=(6, 4, 2))
    flat = stack_forward(layers, x, states)
    inner = Layer(layers[1:], stack_forward, stack_backward)
    nested = stack_forward([layers[0], inner], x, [states[0], states[1:]])
    assert_equal(flat[:2], nested[:2])
    da = rng.normal(size=flat[0].shape)
    one = stack_backward(layers, flat[2], da)
    other = stack_backward([layers[0], inner], nested[2], da)
    assert_equal(one, other)
    alone = stack_forward(layers[:1], x, states[:1])
    assert_equal(alone[:2], cell.forward(layers[0].params, x, states[0])[:2])


@pytest.mark.parametrize("lengths", [[5, 2, 5, 0, 3], [3] * 5, [0] * 5, [1, 0, 0, 0, 0]])
@pytest.mark.parametrize("wrapper", ["ragged", "bidirectional", "tower"])
def test_side_by_side_is_the_same_as_each_sequence_alone(cell, wrapper, lengths):
    rng, (T, m) = np.random.default_rng(6), (6, 5)
    x = rng.normal(size=(T, 3, m))
    if wrapper == "ragged":
        held, states_0 = new(rng, cell, 3, 4, m)
        forward, backward = partial(ragged_forward, lengths=lengths), ragged_backward
        alone, alone_back = cell.forward, cell.backward
        held_alone = held.params
    else:
        past, state = new(rng, cell, 3, 4, m)
        future, other = new(rng, cell, 3, 2, m)
        held = held_alone = (past, future)
        states_0 = state, other
        forward, backward = partial(bidirectional_forward, lengths=lengths), bidirectional_backward
        alone, alone_back = bidirectional_forward, bidirectional_backward
    if wrapper == "tower":
        high, above = new(rng, cell, 6, 3, m)
        states_0 = states_0, above
        held = (
            Layer(held, forward, backward),
            Layer(high, partial(ragged_forward, lengths=lengths), ragged_backward),
        )
        held_alone = Layer(held_alone, alone, alone_back), high
        forward, backward, alone, alone_back = (stack_forward, stack_backward) * 2

    a, states_T, tape = forward(held, x, states_0)
    da, d_states_T = like(rng, a), like(rng, states_T)
    d_params, dx, d_states_0 = backward(held, tape, da, d_states_T)

    total = [np.zeros_like(d) for d in arrays(d_params)]
    for i, length in enumerate(lengths):
        x_i, da_i = x[:length, :, i : i + 1], da[:length, :, i : i + 1]
        a_i, end, tape_i = alone(held_alone, x_i, one_of(states_0, i))
        d_i, dx_i, d_start = alone_back(held_alone, tape_i, da_i, one_of(d_states_T, i))
        assert_close((one_of(a[:length], i), one_of(states_T, i)), (a_i, end))
        assert_close((one_of(dx[:length], i), one_of(d_states_0, i)), (dx_i, d_start))
        assert not a[length:, :, i].any()
        assert not dx[length:, :, i].any()
        total = [sum_ + d for sum_, d in zip(total, arrays(d_i), strict=True)]
    assert_close(d_params, total, atol=1e-10)


def test_what_stands_after_the_end_is_never_read(cell):
    rng = np.random.default_rng(7)
    (past, future), states = both(rng, "rnn", "gru", 3, 4, 2)
    x, lengths = rng.normal(size=(5, 3, 2)), [2, 4]
    spoilt = x.copy()
    spoilt[2:, :, 0], spoilt[4:, :, 1] = np.nan, np.inf
    clean = bidirectional_forward((past, future), x, states, lengths)
    dirty = bidirectional_forward((past, future), spoilt, states, lengths)
    assert_equal(clean[:2], dirty[:2])
    da = np.ones_like(clean[0])
    da_spoilt = da.copy()
    da_spoilt[2:, :, 0], da_spoilt[4:, :, 1] = np.nan, np.inf
    assert_equal(
        bidirectional_backward((past, future), clean[2], da),
        bidirectional_backward((past, future), dirty[2], da_spoilt),
    )


def test_the_second_direction_is_the_cell_run_backwards(cell):
    rng = np.random.default_rng(8)
    past, state = new(rng, cell, 3, 4, 2)
    future, other = new(rng, cell, 3, 2, 2)
    x = rng.normal(size=(6, 3, 2))
    a, states_T, tape = bidirectional_forward([past, future], x, [state, other])
    a_past, end_past, tape_past = cell.forward(past.params, x, state)
    a_future, end_future, tape_future = cell.forward(future.params, x[::-1], other)
    assert_equal((a[:, :4], a[:, 4:], states_T), (a_past, a_future[::-1], (end_past, end_future)))

    da = rng.normal(size=a.shape)
    d_params, dx, d_states_0 = bidirectional_backward([past, future], tape, da)
    d_past, dx_past, d_state = cell.backward(past.params, tape_past, da[:, :4])
    d_future, dx_future, d_other = cell.backward(future.params, tape_future, da[::-1, 4:])
    assert_close((d_params, d_states_0), ((d_past, d_future), (d_state, d_other)))
    assert_close(dx, dx_past + dx_future[::-1])


def test_only_the_cells_that_are_alive_are_run():
    calls = []

    def spying(params, x, state_0):
        calls.append(x.shape)
        return rnn_forward(params, x, state_0)

    layer, state = new(np.random.default_rng(9), CELLS["rnn"], 3, 4, 4)
    ragged_forward(layer._replace(forward=spying), np.ones((9, 3, 4)), state, [7, 2, 7, 3])
    assert calls == [(0, 3, 4), (2, 3, 4), (1, 3, 3), (4, 3, 2)]


# the contract of the cells --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("T", "m"), [(0, 1), (0, 2), (1, 1), (3, 1)])
def test_short_sequences_and_precisions_stay_what_they_are(cell, dtype, T, m):
    rng = np.random.default_rng(10)
    low, state = new(rng, cell, 3, 4, m, dtype=dtype)
    high, above = new(rng, cell, 4, 4, m, dtype=dtype)
    side, beside = new(rng, cell, 3, 2, m, dtype=dtype)
    x = rng.normal(size=(T, 3, m)).astype(dtype)
    for forward, backward, held, states_0, n_a in [
        (stack_forward, stack_backward, (low, high), (state, above), 4),
        (partial(ragged_forward, lengths=[T] * m), ragged_backward, low, state, 4),
        (bidirectional_forward, bidirectional_backward, (low, side), (state, beside), 6),
    ]:
        a, states_T, tape = forward(held, x, states_0)
        d_states_T = like(rng, states_T)
        d_params, dx, d_states_0 = backward(held, tape, like(rng, a), d_states_T)
        assert a.shape == (T, n_a, m)
        assert dx.shape == x.shape
        assert [w.shape for w in arrays(d_params)] == [w.shape for w in arrays(held)]
        made = arrays((a, states_T, d_params, dx, d_states_0))
        assert {array.dtype for array in made} == {np.dtype(dtype)}
        if T == 0:
            assert_equal(states_T, states_0)
            assert_equal(d_states_0, d_states_T)


def test_wide_weights_widen_what_narrow_inputs_give():
    rng = np.random.default_rng(11)
    layer, state = new(rng, CELLS["lstm"], 3, 4, 2)
    narrow = state._make(s.astype(np.float32) for s in state)
    x = rng.normal(size=(5, 3, 2)).astype(np.float32)
    a, state_T, tape = ragged_forward(layer, x, narrow, [5, 2])
    alone, end, tape_1 = lstm_forward(layer.params, x[:, :, :1], one_of(narrow, 0))
    assert {s.dtype for s in (a, *state_T)} == {np.dtype(np.float64)}
    assert_close((one_of(a, 0), one_of(state_T, 0)), (alone, end))
    _, _, d_state = ragged_backward(layer, tape, np.ones_like(a))
    _, _, d_alone = lstm_backward(layer.params, tape_1, np.ones_like(alone))
    assert_close(one_of(d_state, 0), d_alone)


def wrapped(m=2):
    """Give each wrapper over GRU and LSTM, with its arguments."""
    rng = np.random.default_rng(12)
    x, lengths = rng.normal(size=(5, 3, m)), np.arange(m) + 2
    cells, states = both(rng, "gru", "lstm", 3, 4, m)
    layers, levels = deep(rng, "gru", "lstm", 3, 4, m)
    ragged = partial(ragged_forward, lengths=lengths)
    two_ways = partial(bidirectional_forward, lengths=lengths)
    return {
        "stack": (stack_forward, stack_backward, layers, x, levels),
        "ragged": (ragged, ragged_backward, cells[1], x, states[1]),
        "bidirectional": (two_ways, bidirectional_backward, cells, x, states),
    }


@pytest.mark.parametrize("wrapper", wrapped())
def test_arguments_stay_as_they_were_and_results_are_owned(wrapper):
    forward, backward, held, x, states_0 = wrapped()[wrapper]
    rng = np.random.default_rng(13)
    a, states_T, tape = forward(held, x, states_0)
    da, d_states_T = like(rng, a), like(rng, states_T)
    given = arrays((x, states_0, da, d_states_T))
    before = [array.copy() for array in given]
    first = backward(held, tape, da, d_states_T)
    kept = [array.copy() for array in arrays((states_T, first))]
    assert_equal(given, before)
    x[:], a[:] = np.nan, np.nan
    for array in arrays((states_0, da, d_states_T)):
        array[:] = np.nan
    assert_equal(kept, arrays((states_T, first)))


@pytest.mark.parametrize("wrapper", wrapped())
def test_the_tape_is_owned(wrapper):
    forward, backward, held, x, states_0 = wrapped()[wrapper]
    a, states_T, tape = forward(held, x, states_0)
    da = np.ones_like(a)
    before = backward(held, tape, da)
    for array in arrays((x, states_0, a, states_T)):
        array[:] = np.nan
    assert_equal(backward(held, tape, da), before)


def test_lengths_are_kept_as_they_were_given():
    cells, states = both(np.random.default_rng(14), "rnn", "rnn", 3, 4, 2)
    lengths = np.array([4, 2])
    x = np.random.default_rng(15).normal(size=(5, 3, 2))
    a, _, tape = bidirectional_forward(cells, x, states, lengths)
    before = bidirectional_backward(cells, tape, np.ones_like(a))
    lengths[:] = 0
    assert_equal(bidirectional_backward(cells, tape, np.ones_like(a)), before)


@pytest.mark.parametrize("wrapper", wrapped())
def test_no_gradient_for_the_last_states_means_zero(wrapper):
    forward, backward, held, x, states_0 = wrapped()[wrapper]
    a, states_T, tape = forward(held, x, states_0)
    zero = like(np.random.default_rng(0), states_T)
    for array in arrays(zero):
        array[:] = 0
    da = np.ones_like(a)
    assert_equal(backward(held, tape, da), backward(held, tape, da, zero))


# bad input ------------------------------------------------------------------------------------

BAD_LENGTHS = [[3], [3, 6], [3, -1], [3, 2.5], [[3, 2]], 3, [3, np.nan], ["3", "2"]]


@pytest.mark.parametrize("lengths", BAD_LENGTHS)
def test_lengths_that_are_none_are_named(lengths):
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    x = np.ones((5, 3, 2))
    match = r"expected lengths: 2 integers from 0 to 5, got "
    with pytest.raises(ValueError, match=match):
        ragged_forward(cells[0], x, states[0], lengths)
    with pytest.raises(ValueError, match=match):
        bidirectional_forward(cells, x, states, lengths)
    with pytest.raises(ValueError, match=match):
        turn(x, lengths)


def test_lengths_may_come_in_any_type_of_integer():
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    x = np.ones((5, 3, 2))
    a, _, _ = bidirectional_forward(cells, x, states, (2, 5))
    for kind in (np.uint8, np.int64, float):
        again, _, _ = bidirectional_forward(cells, x, states, np.array([2, 5], kind))
        assert_equal(a, again)


@pytest.mark.parametrize("bad", [np.ones((5, 3)), np.ones((5, 3, 2), int), [[[1.0]]]])
def test_inputs_that_are_no_sequences_are_named(bad):
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    match = r"expected x \(T, n_x, m\) of floats, got "
    with pytest.raises(ValueError, match=match):
        ragged_forward(cells[0], bad, states[0], [2, 5])
    with pytest.raises(ValueError, match=match):
        bidirectional_forward(cells, bad, states)


def test_what_the_cell_refuses_is_named_by_the_cell():
    cells, (state, other) = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    x = np.ones((5, 3, 2))
    with pytest.raises(ValueError, match=r"expected x \(T, 3, m\) of floats, got"):
        ragged_forward(cells[0], np.ones((5, 4, 2)), state, [2, 5])
    with pytest.raises(ValueError, match=r"expected state\.a \(4, 2\) of floats, got"):
        ragged_forward(cells[0], x, one_of(state, 0), [2, 5])
    _, _, tape = ragged_forward(cells[0], x, state, [2, 5])
    with pytest.raises(ValueError, match=r"expected d_state_T\.a \(4, 2\) of floats, got"):
        ragged_backward(cells[0], tape, np.ones((5, 4, 2)), other)


def test_gradients_that_do_not_fit_are_named():
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    x = np.ones((5, 3, 2))
    _, _, tape = ragged_forward(cells[0], x, states[0], [2, 5])
    _, _, tapes = bidirectional_forward(cells, x, states)
    da = np.ones((5, 9, 2))
    for bad in [da[:4], da[:, :3], da[:, :, :1], da[0], da.astype(int), da.tolist()]:
        with pytest.raises(ValueError, match=r"expected da \(5, 4, 2\) of floats, got"):
            ragged_backward(cells[0], tape, bad)
        with pytest.raises(ValueError, match=r"expected da \(5, 9, 2\) of floats, got"):
            bidirectional_backward(cells, tapes, bad)


def test_layers_and_states_that_do_not_pair_are_named():
    layers, states = both(np.random.default_rng(0), "lstm", "lstm", 3, 3, 2)
    x = np.ones((5, 3, 2))
    two = r"expected 2 layers and {} with a state for each, got {}"
    _, _, tape = bidirectional_forward(layers, x, states)
    with pytest.raises(ValueError, match=two.format("d_states_T", "2 and tuple of 0")):
        bidirectional_backward(layers, tape, np.ones((5, 6, 2)), ())
    with pytest.raises(ValueError, match=r"expected 1 layers and states_0 .* got 0 and list of 0"):
        stack_forward([], x, [])
    for forward in (stack_forward, bidirectional_forward):
        for wrong, got in [
            (states[:1], "2 and tuple of 1"),
            ([*states, states[0]], "2 and list of 3"),
            (states[0], "2 and LSTMState of 2"),
            (None, "2 and NoneType of 0"),
        ]:
            with pytest.raises(ValueError, match=two.format("states_0", got)):
                forward(layers, x, wrong)
    with pytest.raises(ValueError, match=two.format("states_0", "1 and tuple of 1")):
        bidirectional_forward(layers[:1], x, states[:1])
    square = [layers[0], new(np.random.default_rng(1), CELLS["lstm"], 3, 3, 2)[0]]
    _, _, tapes = stack_forward(square, x, [states[0], states[0]])
    with pytest.raises(ValueError, match=two.format("d_states_T", "2 and tuple of 1")):
        stack_backward(square, tapes, np.ones((5, 3, 2)), states[:1])
    with pytest.raises(ValueError, match=two.format("d_states_T", "1 and tuple of 1")):
        stack_backward(square[:1], tapes, np.ones((5, 3, 2)))
    _, _, tape = bidirectional_forward(layers, x, states)
    with pytest.raises(ValueError, match=two.format("d_states_T", "2 and tuple of 1")):
        bidirectional_backward(layers, tape, np.ones((5, 7, 2)), states[:1])


@pytest.mark.parametrize("wrapper", ["stack", "bidirectional"])
def test_only_a_cell_can_be_ragged(wrapper):
    forward, backward, held, x, states_0 = wrapped()[wrapper]
    with pytest.raises(ValueError, match=r"expected state_0\.a \(n_a, m\) of floats, got tuple"):
        ragged_forward(Layer(held, forward, backward), x, states_0, [2, 5])


# the names used on the page -------------------------------------------------------------------


def test_a_layer_is_three_things_in_this_order():
    rng = np.random.default_rng(0)
    layer = Layer(init_gru(rng, 3, 4), gru_forward, gru_backward)
    params, forward, backward = layer
    a, state, tape = forward(params, np.ones((2, 3, 1)), GRUState(np.zeros((4, 1))))
    backward(params, tape, a, state)
    lstm = Layer(init_lstm(rng, 4, 2), lstm_forward, lstm_backward)
    start = LSTMState(np.zeros((2, 1)), np.zeros((2, 1)))
    stack_forward([layer, lstm], np.ones((2, 3, 1)), [state, start])
