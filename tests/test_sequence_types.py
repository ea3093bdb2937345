"""The four sequence types do what docs/sequence-types.md says, over every cell."""

from functools import partial

import numpy as np
import pytest

from snippets.gru import GRUState
from snippets.lstm import LSTMState
from snippets.readout import ReadoutParams, init_readout, readout_backward, readout_forward
from snippets.rnn import RNNParams, RNNState, rnn_backward, rnn_forward
from snippets.sequence_types import (
    Layer,
    encoder_decoder_backward,
    encoder_decoder_forward,
    hand_over,
    many_to_many_backward,
    many_to_many_forward,
    many_to_one_backward,
    many_to_one_forward,
    one_to_many_backward,
    one_to_many_forward,
)
from snippets.stacking import ragged_backward, ragged_forward, stack_backward, stack_forward
from tests.nested import arrays, assert_close, assert_equal, assert_slopes, like, one_of
from tests.test_cells import SHAPES, find_cells

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "n_y": 19, "T": 13}
CELLS = {cell.id: cell.values[0] for cell in find_cells()}
PAIRS = [(one, other) for one in CELLS for other in CELLS]
TYPES = ["many_to_many", "many_to_one", "one_to_many", "encoder_decoder"]


def exercise():
    """Run every function once at SIZES, for the shape comments."""
    n_x, m, n_a, n_y, T = SIZES.values()
    for kind in TYPES:
        forward, backward, held, inputs = case(kind, "lstm", "gru", T, n_x, m, n_a, n_y)
        z, *_, tape = forward(*held, *inputs)
        backward(*held, tape, np.ones_like(z))


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


def new(rng, name, n_x, n_a, m, dtype=np.float64):
    """Draw a cell, biases too, and a state to start it with."""
    cell = CELLS[name]
    params = cell.init(rng, n_x, n_a, dtype=dtype)
    params = params._make((w + rng.normal(scale=0.1, size=w.shape)).astype(dtype) for w in params)
    zeros = cell.State(*(np.zeros((n_a, m), dtype) for _ in cell.State._fields))
    return Layer(params, cell.forward, cell.backward), like(rng, zeros)


def case(kind, one, other, T=5, n_x=3, m=2, n_a=4, n_y=6, seed=0, dtype=np.float64):
    """Draw what a type needs: its two functions, its layers, its inputs."""
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    cell, state_0 = new(rng, one, n_x, n_a, m, dtype)
    readout = Layer(init_readout(rng, n_a, n_y, dtype=dtype), readout_forward, readout_backward)
    if kind == "many_to_many":
        functions, inputs = (many_to_many_forward, many_to_many_backward), (draw(T, n_x, m),)
    elif kind == "many_to_one":
        functions, inputs = (many_to_one_forward, many_to_one_backward), (draw(T, n_x, m),)
    elif kind == "one_to_many":
        functions = one_to_many_forward, one_to_many_backward
        inputs = draw(n_x, m), draw(T - 1, n_x, m)
    else:
        functions = encoder_decoder_forward, encoder_decoder_backward
        decoder, state = new(rng, other, n_x + 1, n_a, m, dtype)
        forward = partial(functions[0], like=state)
        inputs = draw(T, n_x, m), draw(T + 2, n_x + 1, m), state_0
        return forward, functions[1], (cell, decoder, readout), inputs
    return *functions, (cell, readout), (*inputs, state_0)


# gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TYPES)
def test_each_element_of_each_gradient_is_a_slope(kind):
    assert_slopes(*case(kind, "lstm", "rnn", T=3, n_x=1, n_a=2, n_y=2), by="element")


@pytest.mark.parametrize("kind", TYPES[:3])
def test_the_gradient_is_the_slope_with_every_cell(kind, cell):
    assert_slopes(*case(kind, cell, None, T=3, n_x=2, n_a=3, n_y=2), by="all")


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_gradient_is_the_slope_with_any_encoder_and_any_decoder(one, other):
    assert_slopes(*case("encoder_decoder", one, other, T=2, n_x=1, n_a=2, n_y=2), by="all")


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(("T", "n_x", "m", "n_a"), SHAPES)
def test_the_gradient_is_the_slope_in_many_shapes(kind, T, n_x, m, n_a):
    seed = T + 7 * n_a
    one, other = PAIRS[np.random.default_rng(seed).integers(len(PAIRS))]
    assert_slopes(*case(kind, one, other, T, n_x, m, n_a, n_y=m + 1, seed=seed))


def test_the_gradient_is_the_slope_where_sequences_end_early(cell):
    forward, backward, held, inputs = case("many_to_one", cell, None, T=4, m=3)
    assert_slopes(partial(forward, lengths=[4, 1, 3]), backward, held, inputs)


def test_stacks_can_encode_and_decode():
    rng = np.random.default_rng(1)

    def stack(low, high):
        (one, a), (other, b) = new(rng, low, 3, 2, 2), new(rng, high, 2, 2, 2)
        return Layer((one, other), stack_forward, stack_backward), (a, b)

    (encoder, states_0), (decoder, like_this) = stack("lstm", "gru"), stack("gru", "lstm")
    readout = Layer(init_readout(rng, 2, 4), readout_forward, readout_backward)
    x, fed = rng.normal(size=(3, 3, 2)), rng.normal(size=(2, 3, 2))
    forward = partial(encoder_decoder_forward, like=like_this)
    held, inputs = (encoder, decoder, readout), (x, fed, states_0)
    assert_slopes(forward, encoder_decoder_backward, held, inputs)


# what they compute ----------------------------------------------------------------------------


def sum_up(*, out=1.0):
    """Return a cell that adds up small numbers, a readout that multiplies, and zero."""
    add = RNNParams(np.array([[1.0]]), np.array([[1.0]]), np.zeros((1, 1)))
    times = ReadoutParams(np.array([[out]]), np.zeros((1, 1)))
    return (
        Layer(add, rnn_forward, rnn_backward),
        Layer(times, readout_forward, readout_backward),
        RNNState(np.zeros((1, 1))),
    )


def small(*numbers):
    return 1e-6 * np.array(numbers, float).reshape(-1, 1, 1)


def test_each_type_by_hand():
    cell, readout, zero = sum_up(out=10.0)
    z, state_T, _ = many_to_many_forward(cell, readout, small(1, 2, 3), zero)
    np.testing.assert_allclose(z, small(10, 30, 60), rtol=1e-9)
    np.testing.assert_allclose(state_T.a, 6e-6, rtol=1e-9)
    z, _ = many_to_one_forward(cell, readout, small(1, 2, 3), zero)
    np.testing.assert_allclose(z, small(60), rtol=1e-9)
    z, state_T, _ = one_to_many_forward(cell, readout, small(1)[0], small(4, 5), zero)
    np.testing.assert_allclose(z, small(10, 50, 100), rtol=1e-9)
    np.testing.assert_allclose(state_T.a, 10e-6, rtol=1e-9)
    both = (cell, cell, readout)
    z, _ = encoder_decoder_forward(*both, small(1, 2, 3), small(4, 5), zero, zero)
    np.testing.assert_allclose(z, small(100, 150), rtol=1e-9)


def test_gradients_by_hand():
    cell, readout, zero = sum_up(out=10.0)
    x = small(1, 2, 3)
    _, _, tape = many_to_many_forward(cell, readout, x, zero)
    _, dx, d_0 = many_to_many_backward(cell, readout, tape, np.ones((3, 1, 1)))
    np.testing.assert_allclose([*dx.ravel(), d_0.a.item()], [30, 20, 10, 30], rtol=1e-9)
    _, tape = many_to_one_forward(cell, readout, x, zero)
    _, dx, d_0 = many_to_one_backward(cell, readout, tape, np.ones((1, 1, 1)))
    np.testing.assert_allclose([*dx.ravel(), d_0.a.item()], [10, 10, 10, 10], rtol=1e-9)
    _, _, tape = one_to_many_forward(cell, readout, x[0], x[1:], zero)
    _, dx_1, d_fed, _ = one_to_many_backward(cell, readout, tape, np.ones((3, 1, 1)))
    np.testing.assert_allclose([dx_1.item(), *d_fed.ravel()], [30, 20, 10], rtol=1e-9)
    both = (cell, cell, readout)
    _, tape = encoder_decoder_forward(*both, x, x[:2], zero, zero)
    _, dx, d_fed, _ = encoder_decoder_backward(*both, tape, np.ones((2, 1, 1)))
    np.testing.assert_allclose(dx.ravel(), [20, 20, 20], rtol=1e-9)
    np.testing.assert_allclose(d_fed.ravel(), [20, 10], rtol=1e-9)


def test_one_prediction_is_the_last_of_many(cell):
    forward, backward, held, inputs = case("many_to_one", cell, None)
    z, tape = forward(*held, *inputs)
    every, _, tapes = many_to_many_forward(*held, *inputs)
    np.testing.assert_array_equal(z, every[-1:])
    dz = np.random.default_rng(0).normal(size=z.shape)
    only_last = np.concatenate([np.zeros_like(every[:-1]), dz])
    one = backward(*held, tape, dz)
    assert_close(one, many_to_many_backward(*held, tapes, only_last))


def test_sequences_that_end_early_predict_as_alone(cell):
    forward, backward, held, inputs = case("many_to_one", cell, None, m=3)
    lengths = [2, 5, 1]
    z, tape = forward(*held, *inputs, lengths)
    d_params, dx, d_state_0 = backward(*held, tape, np.ones_like(z))
    for i, length in enumerate(lengths):
        x, state_0 = one_of(inputs, i)
        alone, tape_i = forward(*held, x[:length], state_0)
        assert_close(one_of(z, i), alone)
        _, dx_i, d_i = backward(*held, tape_i, np.ones_like(alone))
        assert_close((one_of(dx[:length], i), one_of(d_state_0, i)), (dx_i, d_i))
        assert not dx[length:, :, i].any()
    (layer, readout), (x, state_0) = held, inputs
    ragged = Layer(layer, partial(ragged_forward, lengths=lengths), ragged_backward)
    again, tape = forward(ragged, readout, x, state_0, lengths)
    assert_close(z, again)
    assert_close((d_params, dx), backward(ragged, readout, tape, np.ones_like(z))[:2])


def test_one_to_many_is_many_to_many_on_what_is_fed(cell):
    forward, backward, held, (x_1, fed, state_0) = case("one_to_many", cell, None)
    z, state_T, tape = forward(*held, x_1, fed, state_0)
    x = np.concatenate([x_1[None], fed])
    again, end, tape_again = many_to_many_forward(*held, x, state_0)
    assert_equal((z, state_T), (again, end))
    d_params, dx_1, d_fed, d_state_0 = backward(*held, tape, np.ones_like(z), state_T)
    d_again, dx, d_0 = many_to_many_backward(*held, tape_again, np.ones_like(z), state_T)
    assert_equal((d_params, d_state_0, dx_1, d_fed), (d_again, d_0, dx[0], dx[1:]))


@pytest.mark.parametrize("T_x", [0, 1, 5])
def test_the_same_cell_twice_is_one_long_sequence(cell, T_x):
    # an encoder that hands all it knows to the same cell has just read on
    rng = np.random.default_rng(2)
    layer, state_0 = new(rng, cell, 3, 4, 2)
    readout = Layer(init_readout(rng, 4, 6), readout_forward, readout_backward)
    x, fed = rng.normal(size=(T_x, 3, 2)), rng.normal(size=(3, 3, 2))
    parts = layer, layer, readout
    z, tape = encoder_decoder_forward(*parts, x, fed, state_0, state_0)
    whole, _, tape_whole = many_to_many_forward(layer, readout, np.concatenate([x, fed]), state_0)
    assert_close(z, whole[T_x:])
    dz = rng.normal(size=whole.shape)
    dz[:T_x] = 0
    (d_one, d_other, d_readout), dx, d_fed, d_0 = encoder_decoder_backward(*parts, tape, dz[T_x:])
    (d_cell, d_readout_whole), dx_whole, d_0_whole = many_to_many_backward(
        layer, readout, tape_whole, dz
    )
    assert_close(([a + b for a, b in zip(d_one, d_other, strict=True)], d_0), (d_cell, d_0_whole))
    assert_close((dx, d_fed), (dx_whole[:T_x], dx_whole[T_x:]))
    assert_close(d_readout, d_readout_whole)


def test_fields_are_handed_over_by_name():
    a, c, other = (np.full((2, 1), value) for value in (1.0, 2.0, 3.0))
    lstm, gru = LSTMState(a, c), GRUState(a)
    assert hand_over(lstm, gru) == GRUState(a)
    assert type(hand_over(lstm, RNNState(other))) is RNNState
    made = hand_over(gru, LSTMState(other, other))
    assert type(made) is LSTMState
    assert made.a is a
    np.testing.assert_array_equal(made.c, np.zeros((2, 1)))
    assert hand_over(lstm, LSTMState(other, other)) == lstm
    assert hand_over((lstm, gru), (gru, gru)) == (gru, gru)
    assert hand_over([lstm], [gru]) == (gru,)


# the contract ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", TYPES)
def test_short_sequences_and_precisions_stay_what_they_are(kind, cell, dtype):
    forward, backward, held, inputs = case(kind, cell, "lstm", T=1, m=1, dtype=dtype)
    z, *ends, tape = forward(*held, *inputs)
    gradients = backward(*held, tape, np.ones_like(z))
    assert {v.dtype for v in arrays((z, ends, gradients))} == {np.dtype(dtype)}
    assert [g.shape for g in arrays(gradients)] == [g.shape for g in arrays((held, inputs))]


def test_no_steps_predict_nothing_and_hand_the_state_over(cell):
    forward, backward, held, (x, state_0) = case("many_to_many", cell, None, T=0)
    z, state_T, tape = forward(*held, x, state_0)
    assert z.shape == (0, 6, 2)
    assert_equal(state_T, state_0)
    _, _, d_state_0 = backward(*held, tape, z, state_T)
    assert_equal(d_state_0, state_T)


@pytest.mark.parametrize("kind", TYPES)
def test_arguments_stay_as_they_were_and_the_tape_is_owned(kind):
    forward, backward, held, inputs = case(kind, "gru", "lstm")
    for array in arrays((held, inputs)):
        array.flags.writeable = False
    z, *ends, tape = forward(*held, *inputs)
    dz = np.ones_like(z)
    dz.flags.writeable = False
    before = backward(*held, tape, dz)
    for array in arrays(inputs):
        array.flags.writeable = True
        array[:] = np.nan
    for array in arrays((z, ends)):
        array[:] = np.nan
    assert_equal(backward(*held, tape, dz), before)


def test_lengths_are_kept_as_they_were_given():
    forward, backward, held, inputs = case("many_to_one", "rnn", None)
    lengths = np.array([2, 4])
    z, tape = forward(*held, *inputs, lengths)
    before = backward(*held, tape, z)
    lengths[:] = 1
    assert_equal(backward(*held, tape, z), before)


# bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [[3], [3, 6], [3, 0], [3, 2.5], [[3, 2]], 3, [3, np.nan]])
def test_lengths_that_are_none_are_named(lengths):
    forward, _, held, inputs = case("many_to_one", "rnn", None)
    with pytest.raises(ValueError, match=r"expected lengths: 2 integers from 1 to 5, got "):
        forward(*held, *inputs, lengths)


def test_lengths_may_be_floats_that_are_whole():
    forward, _, held, inputs = case("many_to_one", "rnn", None)
    z, _ = forward(*held, *inputs, [2.0, 4.0])
    np.testing.assert_array_equal(z, forward(*held, *inputs, [2, 4])[0])


def test_one_prediction_needs_a_step():
    forward, _, held, inputs = case("many_to_one", "rnn", None, T=0)
    with pytest.raises(ValueError, match=r"expected lengths: 2 integers from 1 to 0, got \[0 0\]"):
        forward(*held, *inputs)


def test_inputs_that_do_not_fit_are_named():
    forward, _, held, (x_1, fed, state_0) = case("one_to_many", "rnn", None)
    for bad in (x_1[None], x_1.astype(int), x_1.tolist()):
        with pytest.raises(
            ValueError, match=r"expected x_1 \(n_x, m\) of floats, got (ndarray|list) "
        ):
            forward(*held, bad, fed, state_0)
    for bad in (fed[0], fed[:, :2], fed[:, :, :1], fed.astype(int)):
        with pytest.raises(ValueError, match=r"expected fed \(T - 1, 3, 2\) of floats, got"):
            forward(*held, x_1, bad, state_0)


def test_states_with_nothing_in_common_are_refused():
    lstm = LSTMState(np.ones((2, 1)), np.ones((2, 1)))
    match = r"expected two states with a field in common, got {}"
    with pytest.raises(ValueError, match=match.format(r"tuple \(\) and LSTMState \('a', 'c'\)")):
        hand_over((lstm, lstm), lstm)
    with pytest.raises(ValueError, match=match.format(r"LSTMState \('a', 'c'\) and tuple \(\)")):
        hand_over(lstm, (lstm, lstm))
    with pytest.raises(ValueError, match=match.format(r"tuple \(\) and tuple \(\)")):
        hand_over((lstm,), (lstm, lstm))


def test_an_encoder_of_another_size_is_named_by_the_decoder():
    rng = np.random.default_rng(0)
    encoder, state_0 = new(rng, "rnn", 3, 4, 2)
    decoder, state = new(rng, "rnn", 3, 5, 2)
    readout = Layer(init_readout(rng, 5, 6), readout_forward, readout_backward)
    x = np.ones((2, 3, 2))
    with pytest.raises(ValueError, match=r"expected state\.a \(5, 2\) of floats, got ndarray"):
        encoder_decoder_forward(encoder, decoder, readout, x, x, state_0, state)
