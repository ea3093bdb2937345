"""The converters do what docs/variants.md says, and so do the two GRUs beside each other.

That the libraries read these layouts as said here: test_parity.py.
"""

import re

import numpy as np
import pytest

from snippets.gru import GRUParams, GRUState, gru_forward, init_gru
from snippets.gru_reset_after import (
    GRUResetAfterParams,
    GRUResetAfterState,
    gru_reset_after_forward,
    init_gru_reset_after,
)
from snippets.lstm import LSTMParams, init_lstm
from snippets.rnn import RNNParams, init_rnn
from snippets.variants import KERAS, OURS, TORCH, from_keras, from_torch, to_keras, to_torch

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike
PARAMS = {
    "rnn": (RNNParams, init_rnn),
    "lstm": (LSTMParams, init_lstm),
    "gru": (GRUParams, init_gru),
    "gru_reset_after": (GRUResetAfterParams, init_gru_reset_after),
}


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    for cell in KERAS:
        from_keras(cell, to_keras(cell, draw(cell)))
    for cell in TORCH:
        from_torch(cell, to_torch(cell, draw(cell)))


def draw(cell, n_x=3, n_a=7, dtype=np.float64):
    """Draw weights, biases too."""
    rng = np.random.default_rng(0)
    params = PARAMS[cell][1](rng, n_x, n_a)
    return {name: rng.normal(size=w.shape).astype(dtype) for name, w in params._asdict().items()}


def assert_same(left, right):
    assert list(left) == list(right)
    for name, array in left.items():
        np.testing.assert_array_equal(array, right[name])
        assert array.dtype == right[name].dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_x", "n_a"), [(3, 7), (1, 1), (1, 4), (4, 1)])
@pytest.mark.parametrize("cell", KERAS)
def test_there_and_back_is_exact(cell, n_x, n_a, dtype):
    params = draw(cell, n_x, n_a, dtype)
    assert_same(from_keras(cell, to_keras(cell, params)), params)
    if cell in TORCH:
        for layer in ("l0", "l1", "l0_reverse"):
            assert_same(from_torch(cell, to_torch(cell, params, layer), layer), params)


@pytest.mark.parametrize("cell", KERAS)
def test_from_there_and_back_is_exact(cell):
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=w.shape) for w in to_keras(cell, draw(cell))]
    again = to_keras(cell, from_keras(cell, weights))
    np.testing.assert_array_equal(again[0], weights[0])
    np.testing.assert_array_equal(again[1], weights[1])
    if cell != "gru_reset_after":
        np.testing.assert_array_equal(again[2], weights[2])
    else:  # of two biases that are only added, the sum is kept
        np.testing.assert_allclose(again[2].sum(axis=0), weights[2].sum(axis=0), rtol=1e-15)
        np.testing.assert_array_equal(again[2][:, 14:], weights[2][:, 14:])
        assert not again[2][1, :14].any()


@pytest.mark.parametrize("cell", TORCH)
def test_pytorch_adds_two_biases_and_we_keep_their_sum(cell):
    rng = np.random.default_rng(1)
    state_dict = {k: rng.normal(size=w.shape) for k, w in to_torch(cell, draw(cell)).items()}
    again = to_torch(cell, from_torch(cell, state_dict))
    for name in ("weight_ih_l0", "weight_hh_l0"):
        np.testing.assert_array_equal(again[name], state_dict[name])
    ours, theirs = (w["bias_ih_l0"] + w["bias_hh_l0"] for w in (again, state_dict))
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)
    alone = 14 if cell == "gru_reset_after" else None  # the candidate's are not added
    assert not again["bias_hh_l0"][:alone].any()
    if alone:
        np.testing.assert_array_equal(again["bias_hh_l0"][14:], state_dict["bias_hh_l0"][14:])


def test_the_order_of_the_gates():
    # one unit, one input: every number can be followed
    lstm = {"W_f": [1, 2], "b_f": [3], "W_u": [4, 5], "b_u": [6]}
    lstm |= {"W_c": [7, 8], "b_c": [9], "W_o": [10, 11], "b_o": [12]}
    state_dict = to_torch("lstm", {name: np.array([w], float) for name, w in lstm.items()})
    np.testing.assert_array_equal(state_dict["weight_ih_l0"].ravel(), [5, 2, 8, 11])
    np.testing.assert_array_equal(state_dict["weight_hh_l0"].ravel(), [4, 1, 7, 10])
    np.testing.assert_array_equal(state_dict["bias_ih_l0"], [6, 3, 9, 12])
    np.testing.assert_array_equal(state_dict["bias_hh_l0"], [0, 0, 0, 0])
    names = OURS["gru_reset_after"].split()
    gru = {name: np.array([[i + 1.0]]) for i, name in enumerate(names)}
    state_dict = to_torch("gru_reset_after", gru)
    np.testing.assert_array_equal(state_dict["weight_ih_l0"].ravel(), [4, -1, 7])
    np.testing.assert_array_equal(state_dict["weight_hh_l0"].ravel(), [5, -2, 8])
    np.testing.assert_array_equal(state_dict["bias_ih_l0"], [6, -3, 9])
    np.testing.assert_array_equal(state_dict["bias_hh_l0"], [0, 0, 10])
    kernel, recurrent, bias = to_keras("gru_reset_after", gru)
    np.testing.assert_array_equal(kernel, [[-1, 4, 7]])
    np.testing.assert_array_equal(recurrent, [[-2, 5, 8]])
    np.testing.assert_array_equal(bias, [[-3, 6, 9], [0, 0, 10]])
    del gru["b_rc"]
    np.testing.assert_array_equal(to_keras("gru", gru)[2], [-3, 6, 9])


@pytest.mark.parametrize("cell", KERAS)
def test_the_names_are_those_of_the_cell(cell):
    assert tuple(from_keras(cell, to_keras(cell, draw(cell)))) == PARAMS[cell][0]._fields


@pytest.mark.parametrize("cell", KERAS)
def test_what_is_returned_is_owned_and_what_is_given_stays(cell):
    params = draw(cell)
    before = {name: w.copy() for name, w in params.items()}
    for w in to_keras(cell, params):
        w[:] = 0
    assert_same(params, before)
    weights = to_keras(cell, params)
    for w in from_keras(cell, weights).values():
        w[:] = 0
    assert_same(dict(enumerate(to_keras(cell, params))), dict(enumerate(weights)))
    if cell in TORCH:
        state_dict = to_torch(cell, params)
        kept = {name: w.copy() for name, w in state_dict.items()}
        for w in from_torch(cell, state_dict).values():
            w[:] = 0
        assert_same(state_dict, kept)
        for w in state_dict.values():
            w[:] = 0
        assert_same(params, before)


class Tensor:
    """Stands for a tensor: NumPy can read it, and it is no array."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def test_tensors_are_read_and_other_layers_left_alone():
    params = draw("lstm")
    state_dict = to_torch("lstm", params) | to_torch("lstm", draw("lstm", n_x=7), "l1")
    state_dict = {name: Tensor(w) for name, w in state_dict.items()}
    assert_same(from_torch("lstm", state_dict), params)
    weights = [Tensor(w) for w in to_keras("lstm", params)]
    assert_same(from_keras("lstm", weights), params)


def refuses(message):
    return pytest.raises(ValueError, match=re.escape(message))


@pytest.mark.parametrize("cell", TORCH)
@pytest.mark.parametrize("prefix", ["", "rnn.", "encoder.rnn.", "module.layers.0."])
@pytest.mark.parametrize("layer", ["l0", "l1", "l0_reverse", None])
def test_prefixes_and_cells(cell, prefix, layer):
    params = draw(cell)
    state_dict = to_torch(cell, params, layer, prefix)
    end = f"_{layer}" if layer else ""
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    assert list(state_dict) == [f"{prefix}{name}{end}" for name in names]
    others = {"fc.weight": np.ones(2), "other.weight_ih_l0": np.ones(2), "other.weight_hr_l0": 1}
    assert_same(from_torch(cell, others | state_dict, layer, prefix), params)
    assert_same(from_torch(cell, others | state_dict, prefix=prefix, layer=layer), params)


@pytest.mark.parametrize(
    ("has", "asks", "advice"),
    [
        (("l0", "rnn."), ("l0", ""), "pass prefix='rnn.', layer='l0'"),
        (("l0", "rnn."), ("l0", "rnn"), "pass prefix='rnn.', layer='l0'"),
        ((None, ""), ("l0", ""), "pass prefix='', layer=None"),
        ((None, "decoder.cell."), ("l0", ""), "pass prefix='decoder.cell.', layer=None"),
        (("l0", ""), (None, ""), "pass prefix='', layer='l0'"),
        (("l0_reverse", "a_"), ("l1", "a_"), "pass prefix='a_', layer='l0_reverse'"),
        (("l10", ""), ("l1", ""), "pass prefix='', layer='l10'"),
    ],
)
def test_the_message_says_what_to_pass(has, asks, advice):
    state_dict = to_torch("lstm", draw("lstm"), *has) | {"fc.weight": np.ones(2), 7: np.ones(2)}
    end = f"_{asks[0]}" if asks[0] else ""
    names = [f"{asks[1]}{w}_{s}{end}" for w in ("weight", "bias") for s in ("ih", "hh")]
    with pytest.raises(ValueError, match=r"^expected") as caught:
        from_torch("lstm", state_dict, *asks)
    expected = f"expected the keys {', '.join(names)}, got {', '.join(map(str, state_dict))}; "
    assert str(caught.value) == expected + advice


def test_the_message_offers_every_layer():
    state_dict = to_torch("rnn", draw("rnn"), "l0", "a.") | to_torch("rnn", draw("rnn"), None, "b.")
    with refuses("; pass prefix='a.', layer='l0' or prefix='b.', layer=None"):
        from_torch("rnn", state_dict)


class LSTM:
    """Stands for a module, which is no mapping."""


def test_the_message_where_there_is_no_layer():
    names = "expected the keys weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, got "
    for given, came in [
        (LSTM(), "LSTM"),
        ({}, "none"),
        ({"epoch": 1, "model": {}}, "epoch, model"),
    ]:
        with refuses(f"{names}{came}; pass what module.state_dict() returns"):
            from_torch("lstm", given)


@pytest.mark.parametrize("cell", KERAS)
def test_layers_without_biases_have_biases_of_zeros(cell):
    params = {n: w.astype(np.float32) for n, w in draw(cell).items()}
    zeros = {n: np.zeros_like(w) if n.startswith("b") else w for n, w in params.items()}
    assert_same(from_keras(cell, to_keras(cell, params)[:2]), zeros)
    assert_same(from_keras(cell, tuple(to_keras(cell, params)[:2])), zeros)
    if cell in TORCH:
        state_dict = to_torch(cell, params)
        del state_dict["bias_ih_l0"], state_dict["bias_hh_l0"]
        assert_same(from_torch(cell, state_dict), zeros)


@pytest.mark.parametrize("kind", [np.matrix, np.ma.MaskedArray])
@pytest.mark.parametrize("cell", KERAS)
def test_masked_arrays_and_matrices_are_refused(cell, kind):
    params, weights = draw(cell), to_keras(cell, draw(cell))
    for name, w in params.items():
        with refuses(f"got {kind.__name__} {w.shape} of float64"):
            to_keras(cell, params | {name: w.view(kind)})
        if cell in TORCH:
            with pytest.raises(ValueError, match=f"expected {name} .* got {kind.__name__}"):
                to_torch(cell, params | {name: w.view(kind)})
    for i, w in enumerate(weights):
        with pytest.raises(ValueError, match=f"got {kind.__name__} "):
            from_keras(cell, [*weights[:i], w.view(kind), *weights[i + 1 :]])
    for name, w in (to_torch(cell, params) if cell in TORCH else {}).items():
        with pytest.raises(ValueError, match=f"expected {name} .* got {kind.__name__} "):
            from_torch(cell, to_torch(cell, params) | {name: w.view(kind)})


def test_arrays_on_disk_are_plain(tmp_path):
    params = draw("lstm")
    np.save(tmp_path / "W_f.npy", params["W_f"])
    on_disk = params | {"W_f": np.load(tmp_path / "W_f.npy", mmap_mode="r")}
    assert_same(from_torch("lstm", to_torch("lstm", on_disk)), params)


def test_the_two_biases_keep_their_type():
    state_dict = {n: w.astype(np.float16) for n, w in to_torch("rnn", draw("rnn")).items()}
    assert {w.dtype for w in from_torch("rnn", state_dict).values()} == {np.dtype(np.float16)}


@pytest.mark.parametrize("cell", ["gru", "peephole"])
def test_cells_that_pytorch_has_not(cell):
    message = "expected a cell of PyTorch (rnn, lstm, gru_reset_after), got "
    with refuses(message + repr(cell)):
        from_torch(cell, {})
    with refuses(message + repr(cell)):
        to_torch(cell, {})


def test_cells_that_keras_has_not():
    message = "expected a cell of Keras (rnn, lstm, gru, gru_reset_after), got 'peephole'"
    with refuses(message):
        from_keras("peephole", [])
    with refuses(message):
        to_keras("peephole", {})


def test_names_that_do_not_fit():
    state_dict = to_torch("lstm", draw("lstm"))
    with refuses("expected the keys weight_ih_l1, weight_hh_l1, bias_ih_l1, bias_hh_l1, got weig"):
        from_torch("lstm", state_dict, "l1")
    with refuses("bias_ih_l0, bias_hh_l0, got weight_ih_l0, weight_hh_l0, bias_ih_l0"):
        from_torch("lstm", {k: w for k, w in state_dict.items() if k != "bias_hh_l0"})
    message = "bias_hh_l0, weight_hr_l0; pass all of a module that has no proj_size"
    with refuses("got weight_ih_l0, weight_hh_l0, bias_ih_l0, " + message):
        from_torch("lstm", state_dict | {"weight_hr_l0": np.zeros((2, 7))})
    for cell in KERAS:
        params = draw(cell)
        first, *rest = OURS[cell].split()
        message = f"the weights of {cell}: {first}, {', '.join(rest)}, got {', '.join(rest)}; pass"
        with refuses(message):
            to_keras(cell, {name: params[name] for name in rest})
        with refuses(f"{rest[-1]}, got {first}, {', '.join(rest)}, W_z"):
            to_keras(cell, params | {"W_z": params[first]})


def spoil(array):
    """Arrays that must not pass instead of `array`."""
    yield np.concatenate([array, array], axis=0)
    yield np.concatenate([array, array, array], axis=-1)
    yield array[None]
    yield array.astype(int)


@pytest.mark.parametrize("cell", KERAS)
def test_shapes_that_do_not_fit(cell):
    params = draw(cell)
    for name, array in params.items():
        for bad in spoil(array):
            if name == "W_ax" and bad.shape == (7, 9):
                continue  # another n_x is no fault
            with pytest.raises(ValueError, match=r"expected \w+ \(.*\) of floats, got ndarray"):
                to_keras(cell, params | {name: bad})
    names = ["kernel", "recurrent_kernel", "bias"]
    weights = to_keras(cell, params)
    for i, array in enumerate(weights):
        for bad in spoil(array):
            if names[i] == "kernel" and bad.shape == (6, weights[2].shape[-1]):
                continue  # another n_x is no fault
            with refuses(f"expected {names[i]} ("):
                from_keras(cell, [*weights[:i], bad, *weights[i + 1 :]])
    for bad, came in [
        (weights[:1], "1"),
        ([*weights, weights[2]], "4"),
        (weights * 2, "6"),
        (Tensor(weights[0]), f"{Tensor}"),
    ]:
        what = "expected get_weights() of one layer: three arrays, or two without a bias"
        with refuses(f"{what} (of Bidirectional pass half), got {came}"):
            from_keras(cell, bad)
    if cell in TORCH:
        state_dict = to_torch(cell, params)
        for name, array in state_dict.items():
            for bad in spoil(array):
                if name == "weight_ih_l0" and bad.shape == (len(array), 9):
                    continue  # another n_x is no fault
                with refuses(f"expected {name} ("):
                    from_torch(cell, state_dict | {name: bad})


@pytest.mark.parametrize(
    ("cell", "name", "shape"),
    [
        ("rnn", "b_a", "(n_a, 1)"),
        ("rnn", "W_ax", "(7, n_x)"),
        ("lstm", "b_c", "(n_a, 1)"),
        ("lstm", "W_c", "(7, n_a + n_x)"),
        ("gru", "b_c", "(n_a, 1)"),
        ("gru", "W_c", "(7, n_x)"),
        ("gru", "U_u", "(7, 7)"),
    ],
)
def test_sizes_that_may_vary_are_named(cell, name, shape):
    params = draw(cell)
    with refuses(f"expected {name} {shape} of floats, got ndarray {params[name].ravel().shape}"):
        to_keras(cell, params | {name: params[name].ravel()})
    with refuses(f"expected {name} {shape} of floats, got str () of <U1"):
        to_keras(cell, params | {name: "W"})


def test_sizes_that_may_vary_are_named_in_the_libraries_layouts():
    kernel, recurrent, bias = to_keras("lstm", draw("lstm"))
    with refuses("expected recurrent_kernel (n_a, G * n_a) of floats, got ndarray (196,)"):
        from_keras("lstm", [kernel, recurrent.ravel(), bias])
    with refuses("expected kernel (n_x, 28) of floats, got ndarray (84,)"):
        from_keras("lstm", [kernel.ravel(), recurrent, bias])
    state_dict = to_torch("lstm", draw("lstm"))
    with refuses("expected weight_hh_l0 (G * n_a, n_a) of floats, got ndarray (196,)"):
        from_torch("lstm", state_dict | {"weight_hh_l0": recurrent.ravel()})
    with refuses("expected weight_ih_l0 (28, n_x) of floats, got ndarray (84,)"):
        from_torch("lstm", state_dict | {"weight_ih_l0": kernel.ravel()})


def test_a_shape_says_which_gru_it_is():
    with refuses("expected bias (21) of floats, got ndarray (2, 21)"):
        from_keras("gru", to_keras("gru_reset_after", draw("gru_reset_after")))
    with refuses("expected bias (2, 21) of floats, got ndarray (21,)"):
        from_keras("gru_reset_after", to_keras("gru", draw("gru")))
    with refuses("expected weight_hh_l0 (28, 7) of floats, got ndarray (21, 7)"):
        from_torch("lstm", to_torch("gru_reset_after", draw("gru_reset_after")))


def test_weights_come_by_name():
    given = LSTMParams(**draw("lstm"))
    for convert in (to_torch, to_keras):
        names = ", ".join(LSTMParams._fields)
        with refuses(f"the weights of lstm: {names}, got LSTMParams; pass params._asdict()"):
            convert("lstm", given)


def test_an_lstm_needs_room_for_its_input():
    square = {n: w[:, :7] if n[0] == "W" else w for n, w in draw("lstm").items()}
    with refuses("expected W_f (7, 8) of floats, got ndarray (7, 7)"):
        to_torch("lstm", square)


def both_grus(params, second_bias, x, a_0):
    """Run the two GRUs with the same weights."""
    before, _, _ = gru_forward(GRUParams(**params), x, GRUState(a_0))
    after, _, _ = gru_reset_after_forward(
        GRUResetAfterParams(**params, b_rc=second_bias), x, GRUResetAfterState(a_0)
    )
    return before, after


# claim G7
def test_the_two_grus_differ():
    rng = np.random.default_rng(0)
    x, a_0 = rng.normal(size=(13, 3, 2)), rng.normal(size=(7, 2))
    before, after = both_grus(draw("gru"), np.zeros((7, 1)), x, a_0)
    assert abs(before - after).max() > 0.1


def test_the_two_grus_agree_where_no_unit_sees_another():
    rng = np.random.default_rng(0)
    x, a_0 = rng.normal(size=(13, 3, 2)), rng.normal(size=(7, 2))
    params = draw("gru")
    diagonal = params | {"U_c": np.diag(np.diag(params["U_c"]))}
    before, after = both_grus(diagonal, np.zeros((7, 1)), x, a_0)
    np.testing.assert_allclose(before, after, rtol=1e-10)
    before, after = both_grus(draw("gru", n_a=1), np.zeros((1, 1)), x, a_0[:1])
    np.testing.assert_allclose(before, after, rtol=1e-10)


def test_the_two_grus_agree_while_the_reset_gate_is_open():
    rng = np.random.default_rng(0)
    x, a_0 = rng.normal(size=(13, 3, 2)), rng.normal(size=(7, 2))
    params = draw("gru")
    opened = params | {
        "W_r": np.zeros((7, 3)),
        "U_r": np.zeros((7, 7)),
        "b_r": np.full((7, 1), 40.0),
    }
    before, after = both_grus(opened, np.zeros((7, 1)), x, a_0)
    np.testing.assert_allclose(before, after, rtol=1e-10)
