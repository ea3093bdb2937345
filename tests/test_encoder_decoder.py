"""The encoder-decoder does what docs/encoder-decoder.md says, over every pair of cells."""

from functools import partial

import numpy as np
import pytest

from snippets.encoder_decoder import (
    Layer,
    encoder_decoder_backward,
    encoder_decoder_forward,
    hand_over,
)
from snippets.gru import GRUState
from snippets.lstm import LSTMState
from snippets.nested import flatten
from snippets.ragged import ragged
from snippets.readout import ReadoutParams, cross_entropy, readout_backward, readout_forward
from snippets.rnn import RNNParams, RNNState, rnn_backward, rnn_forward
from snippets.sequence_types import many_to_many_backward, many_to_many_forward
from snippets.stacking import stack_backward, stack_forward
from tests.layers import CELLS, PAIRS, new, new_readout
from tests.nested import arrays, assert_close, assert_equal, assert_slopes, one_of
from tests.numeric import slope
from tests.test_cells import SHAPES

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "n_y": 19, "T": 13}


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_x, m, n_a, n_y, T = SIZES.values()
    held, inputs, like = case("lstm", "gru", T, n_x, m, n_a, n_y)
    z, tape = encoder_decoder_forward(*held, *inputs, like)
    encoder_decoder_backward(*held, tape, np.random.default_rng(1).normal(size=z.shape))


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


def case(one, other, T=5, n_x=3, m=2, n_a=4, n_y=6, seed=0, dtype=np.float64):
    """Draw encoder, decoder and readout, their inputs, and a state of the decoder."""
    rng = np.random.default_rng(seed)
    encoder, state_0 = new(rng, one, n_x, n_a, m, dtype)
    decoder, like = new(rng, other, n_x + 1, n_a, m, dtype)
    x = rng.normal(size=(T, n_x, m)).astype(dtype)
    fed = rng.normal(size=(T + 2, n_x + 1, m)).astype(dtype)
    return (encoder, decoder, new_readout(rng, n_a, n_y, dtype)), (x, fed, state_0), like


# gradients ------------------------------------------------------------------------------------


def test_each_element_of_each_gradient_is_a_slope():
    held, inputs, _ = case("lstm", "rnn", T=3, n_x=1, n_a=2, n_y=2)
    assert_slopes(encoder_decoder_forward, encoder_decoder_backward, held, inputs, by="element")


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_gradient_is_the_slope_with_any_encoder_and_any_decoder(one, other):
    held, inputs, like = case(one, other, T=2, n_x=1, n_a=2, n_y=2)
    forward = partial(encoder_decoder_forward, like=like)
    assert_slopes(forward, encoder_decoder_backward, held, inputs, by="all")


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize(("T", "n_x", "m", "n_a"), SHAPES)
def test_the_gradient_is_the_slope_in_many_shapes(T, n_x, m, n_a):
    seed = T + 7 * n_a
    one, other = PAIRS[np.random.default_rng(seed).integers(len(PAIRS))]
    held, inputs, _ = case(one, other, T, n_x, m, n_a, n_y=m + 1, seed=seed)
    assert_slopes(encoder_decoder_forward, encoder_decoder_backward, held, inputs)


def stacks(rng):
    """Draw an encoder and a decoder of two layers each, and their states."""

    def stack(low, high):
        (one, a), (other, b) = new(rng, low, 3, 2, 2), new(rng, high, 2, 2, 2)
        return Layer((one, other), stack_forward, stack_backward), (a, b)

    return *stack("lstm", "gru"), *stack("gru", "lstm")


def test_stacks_can_encode_and_decode():
    rng = np.random.default_rng(1)
    encoder, states_0, decoder, like = stacks(rng)
    x, fed = rng.normal(size=(3, 3, 2)), rng.normal(size=(2, 3, 2))
    held, inputs = (encoder, decoder, new_readout(rng, 2, 4)), (x, fed, states_0)
    assert_slopes(encoder_decoder_forward, encoder_decoder_backward, held, inputs)
    z, _ = encoder_decoder_forward(*held, *inputs)
    assert_equal(z, encoder_decoder_forward(*held, *inputs, like)[0])


def test_a_masked_loss_over_ragged_pairs_has_the_slope_of_the_loss():
    (encoder, decoder, readout), inputs, _ = case("lstm", "gru", T=3, n_x=2, m=3, n_a=2, n_y=3)
    held, reads, writes = (ragged(encoder), decoder, readout), [3, 0, 2], [1, 5, 4]
    y = np.eye(3)[np.random.default_rng(1).integers(0, 3, (5, 3))].swapaxes(1, 2)

    def loss():
        z, _ = encoder_decoder_forward(*held, *inputs, lengths=reads)
        return cross_entropy(z, y, lengths=writes)[0]

    z, tape = encoder_decoder_forward(*held, *inputs, lengths=reads)
    _, dz = cross_entropy(z, y, lengths=writes)
    gradients = flatten(encoder_decoder_backward(*held, tape, dz))
    for gradient, array in zip(gradients, flatten((held, inputs)), strict=True):
        np.testing.assert_allclose(gradient, slope(loss, array), rtol=1e-6, atol=1e-9)


# what it computes -----------------------------------------------------------------------------


def sum_up():
    """Return a cell that adds up small numbers, and a readout that multiplies by ten."""
    add = RNNParams(np.array([[1.0]]), np.array([[1.0]]), np.zeros((1, 1)))
    times = ReadoutParams(np.array([[10.0]]), np.zeros((1, 1)))
    return (
        Layer(add, rnn_forward, rnn_backward),
        Layer(times, readout_forward, readout_backward),
    )


def small(*numbers):
    return 1e-6 * np.array(numbers, float).reshape(-1, 1, 1)


def test_forward_and_backward_by_hand():
    cell, readout = sum_up()
    held = cell, cell, readout
    z, tape = encoder_decoder_forward(*held, small(1, 2, 3), small(4, 5))
    np.testing.assert_allclose(z, small(100, 150), rtol=1e-9)
    _, dx, d_fed, d_0 = encoder_decoder_backward(*held, tape, np.ones((2, 1, 1)))
    np.testing.assert_allclose(dx.ravel(), [20, 20, 20], rtol=1e-9)
    np.testing.assert_allclose([*d_fed.ravel(), d_0.a.item()], [20, 10, 20], rtol=1e-9)


@pytest.mark.parametrize("T_x", [0, 1, 5])
# claim T4
def test_the_same_cell_twice_is_one_long_sequence(cell, T_x):
    # an encoder that hands all it knows to the same cell has just read on
    rng = np.random.default_rng(2)
    layer, state_0 = new(rng, cell, 3, 4, 2)
    readout = new_readout(rng, 4, 6)
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


def test_what_is_read_may_end_early(cell):
    (encoder, decoder, readout), (x, fed, state_0), _ = case(cell, "lstm", m=3)
    held, lengths = (ragged(encoder), decoder, readout), [2, 5, 0]
    z, tape = encoder_decoder_forward(*held, x, fed, state_0, lengths=lengths)
    _, dx, d_fed, _ = encoder_decoder_backward(*held, tape, np.ones_like(z))
    for i, length in enumerate(lengths):
        alone = encoder, decoder, readout
        x_i, fed_i = x[:length, :, i : i + 1], one_of(fed, i)
        z_i, tape_i = encoder_decoder_forward(*alone, x_i, fed_i, one_of(state_0, i))
        _, dx_i, d_fed_i, _ = encoder_decoder_backward(*alone, tape_i, np.ones_like(z_i))
        assert_close((one_of(z, i), one_of(d_fed, i)), (z_i, d_fed_i))
        assert_close(one_of(dx[:length], i), dx_i)


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


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_states_may_be_left_out_and_may_be_plain(one, other):
    held, (x, fed, state_0), like = case(one, other)
    zeros = state_0._make(np.zeros_like(s) for s in state_0)
    z, tape = encoder_decoder_forward(*held, x, fed, zeros, like)
    again, tape_again = encoder_decoder_forward(*held, x, fed)
    assert_equal(z, again)
    gradients = encoder_decoder_backward(*held, tape, z)
    assert_equal(gradients, encoder_decoder_backward(*held, tape_again, z))
    z, _ = encoder_decoder_forward(*held, x, fed, state_0, like)
    for plain in (tuple, list):
        again, _ = encoder_decoder_forward(*held, x, fed, plain(state_0), plain(like))
        assert_equal(z, again)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_short_sequences_and_precisions_stay_what_they_are(cell, dtype):
    held, inputs, like = case(cell, "lstm", T=1, m=1, dtype=dtype)
    for given in (None, like):
        z, tape = encoder_decoder_forward(*held, *inputs, given)
        gradients = encoder_decoder_backward(*held, tape, np.ones_like(z))
        assert {v.dtype for v in arrays((z, gradients))} == {np.dtype(dtype)}
        assert [g.shape for g in arrays(gradients)] == [g.shape for g in arrays((held, inputs))]


def test_arguments_stay_as_they_were_and_the_tape_is_owned():
    held, inputs, like = case("gru", "lstm")
    for array in arrays((held, inputs, like)):
        array.flags.writeable = False
    z, tape = encoder_decoder_forward(*held, *inputs, like)
    dz = np.ones_like(z)
    dz.flags.writeable = False
    before = encoder_decoder_backward(*held, tape, dz)
    for array in arrays((inputs, like)):
        array.flags.writeable = True
        array[:] = np.nan
    z[:] = np.nan
    assert_equal(encoder_decoder_backward(*held, tape, dz), before)


# bad input ------------------------------------------------------------------------------------


def test_states_with_nothing_in_common_are_refused():
    lstm = LSTMState(np.ones((2, 1)), np.ones((2, 1)))
    match = r"expected two states with a field in common, got {}"
    with pytest.raises(ValueError, match=match.format(r"tuple \(\) and LSTMState \('a', 'c'\)")):
        hand_over((lstm, lstm), lstm)
    with pytest.raises(ValueError, match=match.format(r"LSTMState \('a', 'c'\) and tuple \(\)")):
        hand_over(lstm, (lstm, lstm))
    with pytest.raises(ValueError, match=match.format(r"tuple \(\) and tuple \(\)")):
        hand_over((lstm,), (lstm, lstm))
    with pytest.raises(ValueError, match=match.format(r"ndarray \(\) and ndarray \(\)")):
        hand_over(lstm.a, lstm.a)
    with pytest.raises(ValueError, match=match.format(r"tuple \(\) and ndarray \(\)")):
        hand_over((lstm, lstm), lstm.a)


def test_states_that_are_no_plain_arrays_are_named():
    a = np.ones((2, 1))
    masked = np.ma.array(a, mask=a > 2)
    match = "expected state.c to be a plain NumPy array, got MaskedArray"
    with pytest.raises(ValueError, match=match):
        hand_over(LSTMState(a, masked), GRUState(a))
    with pytest.raises(ValueError, match=match):
        hand_over(GRUState(a), LSTMState(a, masked))


def test_masked_arrays_are_named():
    held, (x, fed, state_0), _ = case("gru", "lstm")
    z, tape = encoder_decoder_forward(*held, x, fed, state_0)

    def masked(array):
        return np.ma.array(array, mask=array > 0)

    with pytest.raises(ValueError, match=r"expected x \(.*got MaskedArray"):
        encoder_decoder_forward(*held, masked(x), fed)
    with pytest.raises(ValueError, match="expected fed to be a plain NumPy array, got MaskedArray"):
        encoder_decoder_forward(*held, x, masked(fed))
    with pytest.raises(ValueError, match=r"expected dz .*got MaskedArray"):
        encoder_decoder_backward(*held, tape, masked(z))


def test_an_encoder_of_another_size_is_named_by_the_decoder():
    rng = np.random.default_rng(0)
    encoder, state_0 = new(rng, "rnn", 3, 4, 2)
    decoder, state = new(rng, "rnn", 3, 5, 2)
    readout = new_readout(rng, 5, 6)
    x = np.ones((2, 3, 2))
    for like in (state, None):
        with pytest.raises(ValueError, match=r"expected state\.a \(5, 2\) of floats, got ndarray"):
            encoder_decoder_forward(encoder, decoder, readout, x, x, state_0, like)


def test_a_state_that_is_none_of_the_decoder_is_named():
    held, (x, fed, state_0), like = case("gru", "lstm")
    with pytest.raises(ValueError, match=r"expected state as LSTMState\(a, c\) or .*GRUState"):
        encoder_decoder_forward(*held, x, fed, state_0, state_0)
    with pytest.raises(ValueError, match=r"expected state\.a \(4, 2\) of floats, got"):
        encoder_decoder_forward(*held, x, fed, state_0, one_of(like, 0))


def test_a_stack_cannot_hand_over_to_one_cell():
    rng = np.random.default_rng(1)
    encoder, states_0, _, _ = stacks(rng)
    decoder, _ = new(rng, "gru", 3, 2, 2)
    x = rng.normal(size=(3, 3, 2))
    with pytest.raises(ValueError, match=r"in common, got tuple \(\) and GRUState \('a',\)"):
        encoder_decoder_forward(encoder, decoder, new_readout(rng, 2, 4), x, x, states_0)


def test_an_encoder_that_would_read_the_padding_is_named():
    held, inputs, _ = case("gru", "lstm")
    match = r"expected a layer that takes lengths, such as ragged\(cell\) of docs/ragged\.md, got "
    with pytest.raises(ValueError, match=match + "one with <function gru_forward"):
        encoder_decoder_forward(*held, *inputs, lengths=[5, 2])


@pytest.mark.parametrize("i", range(3))
def test_what_is_no_layer_is_named(i):
    held, inputs, _ = case("gru", "lstm")
    z, tape = encoder_decoder_forward(*held, *inputs)
    name = ("encoder", "decoder", "readout")[i]
    for part in (held[i].params, tuple(held[i]), None):
        bad = [*held[:i], part, *held[i + 1 :]]
        match = f"expected {name} to be a Layer, got {type(part).__name__}"
        with pytest.raises(ValueError, match=match):
            encoder_decoder_forward(*bad, *inputs)
        with pytest.raises(ValueError, match=match):
            encoder_decoder_backward(*bad, tape, z)
