"""The sequence types do what docs/sequence-types.md says, over every cell."""

from functools import partial

import numpy as np
import pytest

from snippets.nested import flatten
from snippets.ragged import ragged, ragged_backward, ragged_forward
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    readout_backward,
    readout_forward,
)
from snippets.rnn import RNNParams, RNNState, rnn_backward, rnn_forward
from snippets.sequence_types import (
    Layer,
    many_to_many_backward,
    many_to_many_forward,
    many_to_one_backward,
    many_to_one_forward,
    one_to_many_backward,
    one_to_many_forward,
)
from snippets.stacking import (
    bidirectional_backward,
    bidirectional_forward,
    stack_backward,
    stack_forward,
)
from tests.layers import CELLS, both, deep, new, new_readout
from tests.nested import arrays, assert_close, assert_equal, assert_slopes, one_of
from tests.numeric import slope
from tests.test_cells import SHAPES

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "n_y": 19, "T": 13}
TYPES = ["many_to_many", "many_to_one", "one_to_many"]


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_x, m, n_a, n_y, T = SIZES.values()
    for kind in TYPES:
        forward, backward, held, inputs = case(kind, "lstm", T, n_x, m, n_a, n_y)
        z, *_, tape = forward(*held, *inputs)
        backward(*held, tape, np.random.default_rng(1).normal(size=z.shape))


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


def case(kind, name, T=5, n_x=3, m=2, n_a=4, n_y=6, seed=0, dtype=np.float64):
    """Draw what a type needs: its two functions, its layers, its inputs."""
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    cell, state_0 = new(rng, name, n_x, n_a, m, dtype)
    held = cell, new_readout(rng, n_a, n_y, dtype)
    if kind == "many_to_many":
        return many_to_many_forward, many_to_many_backward, held, (draw(T, n_x, m), state_0)
    if kind == "many_to_one":
        return many_to_one_forward, many_to_one_backward, held, (draw(T, n_x, m), state_0)
    inputs = draw(n_x, m), draw(T - 1, n_x, m), state_0
    return one_to_many_forward, one_to_many_backward, held, inputs


# gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TYPES)
def test_each_element_of_each_gradient_is_a_slope(kind):
    assert_slopes(*case(kind, "lstm", T=3, n_x=1, n_a=2, n_y=2), by="element")


@pytest.mark.parametrize("kind", TYPES)
def test_the_gradient_is_the_slope_with_every_cell(kind, cell):
    assert_slopes(*case(kind, cell, T=3, n_x=2, n_a=3, n_y=2), by="all")


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(("T", "n_x", "m", "n_a"), SHAPES)
def test_the_gradient_is_the_slope_in_many_shapes(kind, T, n_x, m, n_a):
    seed = T + 7 * n_a
    one = np.random.default_rng(seed).choice(list(CELLS))
    assert_slopes(*case(kind, one, T, n_x, m, n_a, n_y=m + 1, seed=seed))


def test_the_gradient_is_the_slope_where_sequences_end_early(cell):
    forward, backward, held, inputs = case("many_to_one", cell, T=4, m=3)
    assert_slopes(partial(forward, lengths=[4, 1, 3]), backward, held, inputs)


@pytest.mark.parametrize("kind", ["many_to_many", "one_to_many"])
def test_the_gradient_of_a_masked_loss_is_its_slope(kind):
    forward, backward, held, inputs = case(kind, "gru", T=4, n_x=2, m=3, n_a=2, n_y=3)
    lengths = [4, 0, 2]
    if kind == "many_to_many":  # in the other type the padding is read, and does not count
        held, forward = (ragged(held[0]), held[1]), partial(forward, lengths=lengths)
    y = np.eye(3)[np.random.default_rng(1).integers(0, 3, (4, 3))].swapaxes(1, 2)

    def loss():
        z, _, _ = forward(*held, *inputs)
        return cross_entropy(z, y, lengths=lengths)[0]

    z, _, tape = forward(*held, *inputs)
    _, dz = cross_entropy(z, y, lengths=lengths)
    gradients = flatten(backward(*held, tape, dz))
    for gradient, array in zip(gradients, flatten((held, inputs)), strict=True):
        np.testing.assert_allclose(gradient, slope(loss, array), rtol=1e-6, atol=1e-9)


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


# claims T1, T3
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


# claim T2
def test_one_prediction_is_the_last_of_many(cell):
    forward, backward, held, inputs = case("many_to_one", cell)
    z, tape = forward(*held, *inputs)
    every, _, tapes = many_to_many_forward(*held, *inputs)
    np.testing.assert_array_equal(z, every[-1:])
    dz = np.random.default_rng(0).normal(size=z.shape)
    only_last = np.concatenate([np.zeros_like(every[:-1]), dz])
    one = backward(*held, tape, dz)
    assert_close(one, many_to_many_backward(*held, tapes, only_last))


def test_sequences_that_end_early_predict_as_alone(cell):
    forward, backward, held, inputs = case("many_to_one", cell, m=3)
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
    fixed = Layer(layer, partial(ragged_forward, lengths=lengths), ragged_backward)
    for same in (ragged(layer), fixed):
        again, tape = forward(same, readout, x, state_0, lengths)
        assert_close(z, again)
        assert_close((d_params, dx), backward(same, readout, tape, np.ones_like(z))[:2])


# claim T1
def test_one_to_many_is_many_to_many_on_what_is_fed(cell):
    forward, backward, held, (x_1, fed, state_0) = case("one_to_many", cell)
    z, state_T, tape = forward(*held, x_1, fed, state_0)
    x = np.concatenate([x_1[None], fed])
    again, end, tape_again = many_to_many_forward(*held, x, state_0)
    assert_equal((z, state_T), (again, end))
    d_params, dx_1, d_fed, d_state_0 = backward(*held, tape, np.ones_like(z), state_T)
    d_again, dx, d_0 = many_to_many_backward(*held, tape_again, np.ones_like(z), state_T)
    assert_equal((d_params, d_state_0, dx_1, d_fed), (d_again, d_0, dx[0], dx[1:]))


# the contract ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", TYPES)
def test_short_sequences_and_precisions_stay_what_they_are(kind, cell, dtype):
    forward, backward, held, inputs = case(kind, cell, T=1, m=1, dtype=dtype)
    z, *ends, tape = forward(*held, *inputs)
    gradients = backward(*held, tape, np.ones_like(z))
    assert {v.dtype for v in arrays((z, ends, gradients))} == {np.dtype(dtype)}
    assert [g.shape for g in arrays(gradients)] == [g.shape for g in arrays((held, inputs))]


def test_no_steps_predict_nothing_and_hand_the_state_over(cell):
    forward, backward, held, (x, state_0) = case("many_to_many", cell, T=0)
    z, state_T, tape = forward(*held, x, state_0)
    assert z.shape == (0, 6, 2)
    assert_equal(state_T, state_0)
    _, _, d_state_0 = backward(*held, tape, z, state_T)
    assert_equal(d_state_0, state_T)


@pytest.mark.parametrize("kind", TYPES)
def test_arguments_stay_as_they_were_and_the_tape_is_owned(kind):
    forward, backward, held, inputs = case(kind, "gru")
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
    forward, backward, held, inputs = case("many_to_one", "rnn")
    lengths = np.array([2, 4])
    z, tape = forward(*held, *inputs, lengths)
    before = backward(*held, tape, z)
    lengths[:] = 1
    assert_equal(backward(*held, tape, z), before)


@pytest.mark.parametrize("kind", TYPES)
def test_no_state_means_zeros_and_a_plain_sequence_is_a_state(kind, cell):
    forward, backward, held, (*inputs, state_0) = case(kind, cell)
    zeros = state_0._make(np.zeros_like(s) for s in state_0)
    first = forward(*held, *inputs, zeros)
    assert_equal(first[:-1], forward(*held, *inputs)[:-1])
    gradients = backward(*held, first[-1], np.ones_like(first[0]))
    _, *_, tape = forward(*held, *inputs, None)
    assert_equal(gradients, backward(*held, tape, np.ones_like(first[0])))
    first = forward(*held, *inputs, state_0)
    for plain in (tuple, list):
        assert_equal(first[:-1], forward(*held, *inputs, plain(state_0))[:-1])
        if kind != "many_to_one":
            one = backward(*held, first[-1], first[0], state_0)
            assert_equal(one, backward(*held, first[-1], first[0], plain(state_0)))


def test_lengths_are_passed_on_to_the_cell(cell):
    forward, backward, (layer, readout), (x, state_0) = case("many_to_many", cell)
    lengths = [2, 5]
    a, end, tape = ragged_forward(layer, x, state_0, lengths)
    z, state_T, tapes = forward(ragged(layer), readout, x, state_0, lengths)
    assert_equal((z, state_T), (readout.forward(readout.params, a)[0], end))
    (d_cell, _), dx, d_0 = backward(ragged(layer), readout, tapes, z, state_T)
    _, da = readout.backward(readout.params, tapes.readout, z)
    assert_equal((d_cell, dx, d_0), ragged_backward(layer, tape, da, state_T))


@pytest.mark.parametrize("wrapper", ["stack", "bidirectional"])
def test_many_to_one_takes_stacks_and_two_directions(wrapper):
    rng, lengths = np.random.default_rng(3), [2, 5, 1]
    forward, backward, width = stack_forward, stack_backward, 4
    cells, states = deep(rng, "lstm", "gru", 3, 4, 3)
    if wrapper == "bidirectional":
        forward, backward, width = bidirectional_forward, bidirectional_backward, 9
        cells, states = both(rng, "lstm", "gru", 3, 4, 3)
    layer = Layer(tuple(map(ragged, cells)), forward, backward)
    readout, x = new_readout(rng, width, 6), rng.normal(size=(5, 3, 3))
    z, tape = many_to_one_forward(layer, readout, x, states, lengths)
    _, dx, _ = many_to_one_backward(layer, readout, tape, np.ones_like(z))
    for i, length in enumerate(lengths):
        alone = layer._replace(params=cells)
        x_i, states_i = x[:length, :, i : i + 1], one_of(states, i)
        z_i, tape_i = many_to_one_forward(alone, readout, x_i, states_i)
        _, dx_i, _ = many_to_one_backward(alone, readout, tape_i, np.ones_like(z_i))
        assert_close((one_of(z, i), one_of(dx[:length], i)), (z_i, dx_i))


# bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [[3], [3, 6], [3, 0], [3, 2.5], [[3, 2]], 3, [3, np.nan]])
def test_lengths_that_are_none_are_named(lengths):
    forward, _, held, inputs = case("many_to_one", "rnn")
    with pytest.raises(ValueError, match=r"expected lengths: 2 integers from 1 to 5, got "):
        forward(*held, *inputs, lengths)


def test_lengths_may_be_floats_that_are_whole():
    forward, _, held, inputs = case("many_to_one", "rnn")
    z, _ = forward(*held, *inputs, [2.0, 4.0])
    np.testing.assert_array_equal(z, forward(*held, *inputs, [2, 4])[0])


def test_one_prediction_needs_a_step():
    forward, _, held, inputs = case("many_to_one", "rnn", T=0)
    with pytest.raises(ValueError, match=r"expected lengths: 2 integers from 1 to 0, got \[0 0\]"):
        forward(*held, *inputs)


def test_inputs_that_do_not_fit_are_named():
    forward, _, held, (x_1, fed, state_0) = case("one_to_many", "rnn")
    for bad in (x_1[None], x_1.astype(int), x_1.tolist()):
        with pytest.raises(
            ValueError, match=r"expected x_1 \(n_x, m\) of floats, got (ndarray|list)"
        ):
            forward(*held, bad, fed, state_0)
    for bad in (fed[0], fed[:, :2], fed[:, :, :1], fed.astype(int)):
        with pytest.raises(ValueError, match=r"expected fed \(T - 1, 3, 2\) of floats, got"):
            forward(*held, x_1, bad, state_0)


def test_messages_say_what_came():
    forward, _, held, (x_1, fed, state_0) = case("one_to_many", "rnn")
    start = r"expected fed \(T - 1, 3, 2\) of floats, got "
    for bad, got in [
        (fed[0], r"ndarray \(3, 2\) of float64"),
        (fed.astype(int), r"ndarray \(4, 3, 2\) of int64"),
        (fed.tolist(), "list, not ndarray"),
        (np.ma.array(fed, mask=fed > 0), "MaskedArray, not ndarray"),
    ]:
        with pytest.raises(ValueError, match=f"{start}{got}$"):
            forward(*held, x_1, bad, state_0)


def test_hidden_states_that_are_no_sequence_are_named():
    forward, _, (cell, readout), (x, state_0) = case("many_to_one", "rnn")

    def only_the_last(params, x, state_0):
        a, state_T, tape = rnn_forward(params, x, state_0)
        return a[-1], state_T, tape

    with pytest.raises(
        ValueError, match=r"expected x \(T, n_x, m\) of floats, got ndarray \(4, 2\)"
    ):
        forward(cell._replace(forward=only_the_last), readout, x, state_0)


@pytest.mark.parametrize("lengths", [np.ma.array([3, 2]), np.array([[3, 2]]).view(np.matrix)])
def test_lengths_that_are_no_plain_array_are_named(lengths):
    forward, _, held, inputs = case("many_to_one", "rnn")
    match = f"expected lengths to be a plain NumPy array, got {type(lengths).__name__}"
    with pytest.raises(ValueError, match=match):
        forward(*held, *inputs, lengths)


def test_a_cell_that_would_read_the_padding_is_named():
    forward, _, held, inputs = case("many_to_many", "rnn")
    match = r"expected a layer that takes lengths, such as ragged\(cell\) of docs/ragged\.md, got "
    with pytest.raises(ValueError, match=match + "one with <function rnn_forward"):
        forward(*held, *inputs, [5, 2])


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_no_layer_is_named(kind):
    forward, backward, held, inputs = case(kind, "lstm")
    z, *_, tape = forward(*held, *inputs)
    cell, readout = held
    for bad, got in [
        ((cell.params, readout), "cell to be a Layer, got LSTMParams"),
        ((tuple(cell), readout), "cell to be a Layer, got tuple"),
        ((None, readout), "cell to be a Layer, got NoneType"),
        ((cell, readout.params), "readout to be a Layer, got ReadoutParams"),
    ]:
        with pytest.raises(ValueError, match=f"expected {got}"):
            forward(*bad, *inputs)
        with pytest.raises(ValueError, match=f"expected {got}"):
            backward(*bad, tape, z)


@pytest.mark.parametrize("kind", TYPES)
def test_masked_arrays_are_named(kind):
    forward, backward, held, inputs = case(kind, "lstm")
    z, *_, tape = forward(*held, *inputs)
    for i, array in enumerate(inputs[:-1]):
        masked = [*inputs[:i], np.ma.array(array, mask=array > 0), *inputs[i + 1 :]]
        with pytest.raises(ValueError, match=r"expected (x|x_1|fed) \(.*got MaskedArray"):
            forward(*held, *masked)
    with pytest.raises(ValueError, match=r"expected dz .*got MaskedArray"):
        backward(*held, tape, np.ma.array(z, mask=z > 0))
