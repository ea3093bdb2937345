"""Stacks and two directions do what docs/stacking.md says, over every cell."""

from functools import partial

import numpy as np
import pytest

from snippets.gru import GRUState, gru_backward, gru_forward, init_gru
from snippets.lstm import LSTMState, init_lstm, lstm_backward, lstm_forward
from snippets.ragged import ragged
from snippets.rnn import RNNParams, RNNState, rnn_backward, rnn_forward
from snippets.stacking import (
    Layer,
    bidirectional_backward,
    bidirectional_forward,
    stack_backward,
    stack_forward,
    turn,
)
from tests.layers import CELLS, PAIRS, both, deep, new
from tests.nested import arrays, assert_close, assert_equal, assert_slopes, like
from tests.test_cells import SHAPES

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_x, m, n_a, T = SIZES.values()
    rng = np.random.default_rng(0)
    layers, states = both(rng, "rnn", "lstm", n_x, n_a, m)
    x = rng.normal(size=(T, n_x, m))
    a, _, tape = bidirectional_forward(layers, x, states)
    bidirectional_backward(layers, tape, rng.normal(size=a.shape))
    layers, states = deep(rng, "rnn", "lstm", n_x, n_a, m)
    a, _, tapes = stack_forward(layers, x, states)
    stack_backward(layers, tapes, rng.normal(size=a.shape))


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


def any_length(layers):
    """Make each of some cells ragged, so that they take lengths."""
    return tuple(ragged(layer) for layer in layers)


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
    x = rng.normal(size=(3, 2, 2))
    assert_slopes(bidirectional_forward, bidirectional_backward, (cells,), (x, states_0), by="all")
    forward = partial(bidirectional_forward, lengths=[3, 1])
    held = (any_length(cells),)
    assert_slopes(forward, bidirectional_backward, held, (x, states_0), by="all")


def test_each_element_of_each_gradient_is_a_slope():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 1, 2))
    layers, levels = deep(rng, "rnn", "lstm", 1, 2, 2)
    assert_slopes(stack_forward, stack_backward, (layers,), (x, levels), by="element")
    cells, states = both(rng, "rnn", "gru", 1, 2, 2)
    forward, held = partial(bidirectional_forward, lengths=[3, 1]), (any_length(cells),)
    assert_slopes(forward, bidirectional_backward, held, (x, states), by="element")


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize("wrapper", ["stack", "bidirectional", "bidirectional, ragged"])
@pytest.mark.parametrize(("T", "n_x", "m", "n_a"), SHAPES)
def test_the_gradient_is_the_slope_in_many_shapes(wrapper, T, n_x, m, n_a):
    rng = np.random.default_rng(T + 7 * n_a)
    one, other = PAIRS[rng.integers(len(PAIRS))]
    x, lengths = rng.normal(size=(T, n_x, m)), rng.integers(0, T + 1, m)
    forward, backward = bidirectional_forward, bidirectional_backward
    layers, states_0 = both(rng, one, other, n_x, n_a, m)
    if wrapper == "stack":
        forward, backward = stack_forward, stack_backward
        layers, states_0 = deep(rng, one, other, n_x, n_a, m)
    elif wrapper == "bidirectional, ragged":
        forward, layers = partial(forward, lengths=lengths), any_length(layers)
    assert_slopes(forward, backward, (layers,), (x, states_0))


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
    np.testing.assert_array_equal(turn(x), x[::-1])


def test_a_stack_is_one_layer_after_the_other(cell):
    rng = np.random.default_rng(4)
    low, state = new(rng, cell, 3, 4, 2)
    high, above = new(rng, cell, 4, 5, 2)
    x = rng.normal(size=(6, 3, 2))
    a, states_T, tapes = stack_forward([low, high], x, [state, above])
    a_low, end_low, tape_low = low.forward(low.params, x, state)
    a_high, end_high, tape_high = high.forward(high.params, a_low, above)
    assert_equal((a, states_T), (a_high, (end_low, end_high)))

    d_params, dx, d_states_0 = stack_backward([low, high], tapes, np.ones_like(a))
    d_high, da_low, d_above = high.backward(high.params, tape_high, np.ones_like(a))
    d_low, dx_low, d_state = low.backward(low.params, tape_low, da_low)
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
    assert_equal(alone[:2], layers[0].forward(layers[0].params, x, states[0])[:2])


# claim W3
def test_the_second_direction_is_the_cell_run_backwards(cell):
    rng = np.random.default_rng(8)
    past, state = new(rng, cell, 3, 4, 2)
    future, other = new(rng, cell, 3, 2, 2)
    x = rng.normal(size=(6, 3, 2))
    a, states_T, tape = bidirectional_forward([past, future], x, [state, other])
    a_past, end_past, tape_past = past.forward(past.params, x, state)
    a_future, end_future, tape_future = future.forward(future.params, x[::-1], other)
    assert_equal((a[:, :4], a[:, 4:], states_T), (a_past, a_future[::-1], (end_past, end_future)))

    da = rng.normal(size=a.shape)
    d_params, dx, d_states_0 = bidirectional_backward([past, future], tape, da)
    d_past, dx_past, d_state = past.backward(past.params, tape_past, da[:, :4])
    d_future, dx_future, d_other = future.backward(future.params, tape_future, da[::-1, 4:])
    assert_close((d_params, d_states_0), ((d_past, d_future), (d_state, d_other)))
    assert_close(dx, dx_past + dx_future[::-1])


def test_lengths_that_are_all_the_same_change_nothing(cell):
    rng = np.random.default_rng(9)
    x = rng.normal(size=(5, 3, 2))
    cells, states = both(rng, cell, cell, 3, 4, 2)
    layers, levels = deep(rng, cell, cell, 3, 4, 2)
    for forward, backward, held, states_0 in [
        (bidirectional_forward, bidirectional_backward, cells, states),
        (stack_forward, stack_backward, layers, levels),
    ]:
        a, states_T, tape = forward(held, x, states_0)
        given = any_length(held)
        same, ends, ragged_tape = forward(given, x, states_0, [5, 5])
        assert_close((a, states_T), (same, ends))
        assert_close(backward(held, tape, a), backward(given, ragged_tape, a))


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


def wrapped(m=2):
    """Give each wrapper over GRU and LSTM, with its arguments."""
    rng = np.random.default_rng(12)
    x, lengths = rng.normal(size=(5, 3, m)), np.arange(m) + 2
    cells, states = both(rng, "gru", "lstm", 3, 4, m)
    layers, levels = deep(rng, "gru", "lstm", 3, 4, m)
    two_ways = partial(bidirectional_forward, lengths=lengths)
    return {
        "stack": (stack_forward, stack_backward, layers, x, levels),
        "bidirectional": (bidirectional_forward, bidirectional_backward, cells, x, states),
        "ragged": (two_ways, bidirectional_backward, any_length(cells), x, states),
    }


@pytest.mark.parametrize("wrapper", wrapped())
def test_no_state_means_zeros(wrapper):
    forward, backward, held, x, states_0 = wrapped()[wrapper]
    zeros = tuple(state._make(np.zeros_like(s) for s in state) for state in states_0)
    a, states_T, tape = forward(held, x, zeros)
    gradients = backward(held, tape, a, zeros)
    for nothing in [None, (None, None), [zeros[0], None]]:
        again, ends, tape = forward(held, x, nothing)
        assert_equal((a, states_T), (again, ends))
        assert_equal(gradients, backward(held, tape, a, nothing))
    assert_equal(a, forward(held, x)[0])
    assert_equal(gradients, backward(held, tape, a))


@pytest.mark.parametrize("wrapper", wrapped())
def test_plain_sequences_are_taken_as_states(wrapper):
    forward, backward, held, x, states_0 = wrapped()[wrapper]
    a, states_T, tape = forward(held, x, states_0)
    plain = [list(states_0[0]), tuple(states_0[1])]
    again, ends, _ = forward(held, x, plain)
    assert_equal((a, states_T), (again, ends))
    assert [type(end) for end in ends] == [GRUState, LSTMState]
    d_ends = [list(states_T[0]), tuple(states_T[1])]
    assert_equal(backward(held, tape, a, states_T), backward(held, tape, a, d_ends))


@pytest.mark.parametrize("wrapper", wrapped())
def test_what_is_no_state_is_named_by_the_cell(wrapper):
    forward, backward, held, x, states_0 = wrapped()[wrapper]
    a, states_T, tape = forward(held, x, states_0)
    with pytest.raises(ValueError, match=r"expected state as LSTMState\(a, c\) or .* got ndarray"):
        forward(held, x, [states_0[0], np.zeros((4, 2))])
    with pytest.raises(
        ValueError, match=r"expected d_state_T as GRUState\(a\) or .* got LSTMState"
    ):
        backward(held, tape, a, [states_T[1], None])


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
    cells, lengths = any_length(cells), np.array([4, 2])
    x = np.random.default_rng(15).normal(size=(5, 3, 2))
    a, _, tape = bidirectional_forward(cells, x, states, lengths)
    before = bidirectional_backward(cells, tape, np.ones_like(a))
    lengths[:] = 0
    assert_equal(bidirectional_backward(cells, tape, np.ones_like(a)), before)


def test_turn_leaves_its_argument_alone():
    x = np.random.default_rng(16).normal(size=(4, 2, 2))
    before = x.copy()
    for lengths in (None, [0, 0], [4, 1]):
        turned = turn(x, lengths)
        assert not np.shares_memory(turned, x)
        turned[:] = np.nan
        np.testing.assert_array_equal(x, before)


# bad input ------------------------------------------------------------------------------------

BAD_LENGTHS = [[3], [3, 6], [3, -1], [3, 2.5], [[3, 2]], 3, [3, np.nan], ["3", "2"]]


@pytest.mark.parametrize("lengths", BAD_LENGTHS)
def test_lengths_that_are_none_are_named(lengths):
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    x = np.ones((5, 3, 2))
    match = r"expected lengths: 2 integers from 0 to 5, got "
    for forward in (bidirectional_forward, stack_forward):
        with pytest.raises(ValueError, match=match):
            forward(any_length(cells), x, states, lengths)
    with pytest.raises(ValueError, match=match):
        turn(x, lengths)


def test_lengths_may_come_in_any_type_of_integer():
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    cells, x = any_length(cells), np.ones((5, 3, 2))
    a, _, _ = bidirectional_forward(cells, x, states, (2, 5))
    for dtype in (np.uint8, np.int64, float):
        again, _, _ = bidirectional_forward(cells, x, states, np.array([2, 5], dtype))
        assert_equal(a, again)


@pytest.mark.parametrize("lengths", [np.ma.array([3, 2]), np.array([[3, 2]]).view(np.matrix)])
def test_lengths_that_are_no_plain_array_are_named(lengths):
    match = f"expected lengths to be a plain NumPy array, got {type(lengths).__name__}"
    with pytest.raises(ValueError, match=match):
        turn(np.ones((5, 3, 2)), lengths)


@pytest.mark.parametrize("wrapper", ["stack", "bidirectional"])
def test_cells_that_do_not_take_lengths_are_named(wrapper):
    forward, _, held, x, states_0 = wrapped()[wrapper]
    match = r"expected a layer that takes lengths, such as ragged\(cell\) of docs/ragged\.md, got "
    with pytest.raises(ValueError, match=match + "one with <function gru_forward"):
        forward(held, x, states_0, [5, 2])
    with pytest.raises(ValueError, match=match + "one with <function lstm_forward"):
        forward([ragged(held[0]), held[1]], x, states_0, [5, 2])


MASKED = np.ma.array(np.ones((5, 3, 2)), mask=np.zeros((5, 3, 2)))


@pytest.mark.parametrize("bad", [np.ones((5, 3)), np.ones((5, 3, 2), int), [[[1.0]]], MASKED])
def test_inputs_that_are_no_sequences_are_named(bad):
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    match = rf"expected x \(T, n_x, m\) of floats, got {type(bad).__name__}"
    with pytest.raises(ValueError, match=match):
        bidirectional_forward(cells, bad, states)
    with pytest.raises(ValueError, match=match):
        turn(bad, [2, 5])
    match = rf"expected x \(T, 3, m\) of floats, got {type(bad).__name__}"
    with pytest.raises(ValueError, match=match):
        stack_forward(cells, bad, states)


def test_gradients_that_do_not_fit_are_named():
    cells, states = both(np.random.default_rng(0), "rnn", "rnn", 3, 4, 2)
    _, _, tapes = bidirectional_forward(cells, np.ones((5, 3, 2)), states)
    da = np.ones((5, 9, 2))
    for bad in [da[:4], da[:, :3], da[:, :, :1], da[0], da.astype(int), da.tolist()]:
        with pytest.raises(ValueError, match=r"expected da \(5, 9, 2\) of floats, got"):
            bidirectional_backward(cells, tapes, bad)
    masked = np.ma.array(da, mask=da > 2)
    with pytest.raises(
        ValueError, match=r"expected da \(5, 9, 2\) of floats, got MaskedArray, not ndarray$"
    ):
        bidirectional_backward(cells, tapes, masked)
    with pytest.raises(ValueError, match=r"of floats, got ndarray \(4, 9, 2\) of float64$"):
        bidirectional_backward(cells, tapes, da[:4])


def test_layers_and_states_that_do_not_pair_are_named():
    layers, states = both(np.random.default_rng(0), "lstm", "lstm", 3, 3, 2)
    x = np.ones((5, 3, 2))
    two = r"expected 2 layers and {} with a state for each, got {}"
    _, _, tape = bidirectional_forward(layers, x, states)
    with pytest.raises(ValueError, match=two.format("d_states_T", "2 and tuple of 0")):
        bidirectional_backward(layers, tape, np.ones((5, 6, 2)), ())
    for nothing in ([], None):
        with pytest.raises(
            ValueError, match=r"expected 1 layers and states_0 .* got 0 and .* of 0"
        ):
            stack_forward([], x, nothing)
    for forward in (stack_forward, bidirectional_forward):
        for wrong, got in [
            (states[:1], "2 and tuple of 1"),
            ([*states, states[0]], "2 and list of 3"),
            (states[0], "2 and LSTMState of 2"),
            (np.zeros((2, 3, 2)), "2 and ndarray of 0"),
        ]:
            with pytest.raises(ValueError, match=two.format("states_0", got)):
                forward(layers, x, wrong)
    with pytest.raises(ValueError, match=two.format("states_0", "1 and tuple of 1")):
        bidirectional_forward(layers[:1], x, states[:1])
    square = [layers[0], new(np.random.default_rng(1), "lstm", 3, 3, 2)[0]]
    _, _, tapes = stack_forward(square, x, [states[0], states[0]])
    with pytest.raises(ValueError, match=two.format("d_states_T", "2 and tuple of 1")):
        stack_backward(square, tapes, np.ones((5, 3, 2)), states[:1])
    with pytest.raises(ValueError, match=two.format("d_states_T", "1 and tuple of 1")):
        stack_backward(square[:1], tapes, np.ones((5, 3, 2)))
    _, _, tape = bidirectional_forward(layers, x, states)
    with pytest.raises(ValueError, match=two.format("d_states_T", "2 and tuple of 1")):
        bidirectional_backward(layers, tape, np.ones((5, 7, 2)), states[:1])


def test_what_is_no_layer_is_named():
    layers, states = both(np.random.default_rng(0), "lstm", "gru", 3, 4, 2)
    x = np.ones((5, 3, 2))
    a, _, tape = bidirectional_forward(layers, x, states)
    params = [layer.params for layer in layers]
    for bad, got in [
        (params, "LSTMParams"),
        ([layers[0], tuple(layers[1])], "tuple"),
        ([None] * 2, "NoneType"),
    ]:
        match = f"expected each layer to be a Layer, got {got}"
        with pytest.raises(ValueError, match=match):
            stack_forward(bad, x, states)
        with pytest.raises(ValueError, match=match):
            bidirectional_forward(bad, x, states)
        with pytest.raises(ValueError, match=match):
            bidirectional_backward(bad, tape, a)
    with pytest.raises(ValueError, match="expected each layer to be a Layer, got LSTMParams"):
        stack_forward(layers[0], x)


# the names used on the page -------------------------------------------------------------------


def test_a_layer_is_three_things_in_this_order():
    rng = np.random.default_rng(0)
    layer = Layer(init_gru(rng, 3, 4), gru_forward, gru_backward)
    params, forward, backward = layer
    a, state, tape = forward(params, np.ones((2, 3, 1)), GRUState(np.zeros((4, 1))))
    d_params, dx, _ = backward(params, tape, a, state)
    assert (type(d_params), dx.shape) == (type(params), (2, 3, 1))
    lstm = Layer(init_lstm(rng, 4, 2), lstm_forward, lstm_backward)
    start = LSTMState(np.zeros((2, 1)), np.zeros((2, 1)))
    a, states, _ = stack_forward([layer, lstm], np.ones((2, 3, 1)), [state, start])
    assert (a.shape, [*map(type, states)]) == ((2, 2, 1), [GRUState, LSTMState])
