"""The converters do what docs/onnx-flax.md says.

That the libraries read these layouts as said here: test_parity.py.
"""

import numpy as np
import pytest

from snippets.onnx_flax import FLAX, ONNX, OURS, from_flax, from_onnx, to_flax, to_onnx
from snippets.variants import from_keras, from_torch, to_keras, to_torch
from tests.test_variants import Tensor, assert_same, draw, refuses, spoil

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    for cell in ONNX:
        from_onnx(cell, **to_onnx(cell, draw(cell)))
    for cell in FLAX:
        from_flax(cell, to_flax(cell, draw(cell)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_x", "n_a"), [(3, 7), (1, 1), (1, 4), (4, 1)])
@pytest.mark.parametrize("cell", ONNX)
def test_there_and_back_is_exact(cell, n_x, n_a, dtype):
    params = draw(cell, n_x, n_a, dtype)
    assert_same(from_onnx(cell, **to_onnx(cell, params)), params)
    if cell in FLAX:
        assert_same(from_flax(cell, to_flax(cell, params)), params)


def test_the_order_of_the_gates():
    # one unit, one input: every number can be followed
    lstm = {"W_f": [1, 2], "b_f": [3], "W_u": [4, 5], "b_u": [6]}
    lstm |= {"W_c": [7, 8], "b_c": [9], "W_o": [10, 11], "b_o": [12]}
    lstm = {name: np.array([w], float) for name, w in lstm.items()}
    W, R, B = to_onnx("lstm", lstm).values()
    np.testing.assert_array_equal(W, [[[5], [11], [2], [8]]])
    np.testing.assert_array_equal(R, [[[4], [10], [1], [7]]])
    np.testing.assert_array_equal(B, [[6, 12, 3, 9, 0, 0, 0, 0]])
    tree = to_flax("lstm", lstm)
    assert list(tree) == ["ii", "hi", "if", "hf", "ig", "hg", "io", "ho"]
    assert {name: dense["kernel"].item() for name, dense in tree.items()} == {
        "ii": 5, "if": 2, "ig": 8, "io": 11, "hi": 4, "hf": 1, "hg": 7, "ho": 10
    }  # fmt: skip
    assert {name: dense["bias"].item() for name, dense in tree.items() if "bias" in dense} == {
        "hi": 6, "hf": 3, "hg": 9, "ho": 12
    }  # fmt: skip
    gru = {name: np.array([[i + 1.0]]) for i, name in enumerate(OURS["gru_reset_after"].split())}
    W, R, B = to_onnx("gru_reset_after", gru).values()
    np.testing.assert_array_equal(W, [[[-1], [4], [7]]])
    np.testing.assert_array_equal(R, [[[-2], [5], [8]]])
    np.testing.assert_array_equal(B, [[-3, 6, 9, 0, 0, 10]])
    tree = to_flax("gru_reset_after", gru)
    assert {name: dense["kernel"].item() for name, dense in tree.items()} == {
        "ir": 4, "hr": 5, "iz": -1, "hz": -2, "in": 7, "hn": 8
    }  # fmt: skip
    assert {name: dense["bias"].item() for name, dense in tree.items() if "bias" in dense} == {
        "ir": 6, "iz": -3, "in": 9, "hn": 10
    }  # fmt: skip
    rnn = {"W_ax": np.array([[1.0]]), "W_aa": np.array([[2.0]]), "b_a": np.array([[3.0]])}
    assert to_flax("rnn", rnn) == {"i": {"kernel": 1, "bias": 3}, "h": {"kernel": 2}}


@pytest.mark.parametrize("cell", ONNX)
def test_onnx_agrees_with_keras(cell):
    # z, r, h and i, f, c, o: the same gates, and matrices transposed
    params = draw(cell)
    kernel, recurrent, _ = to_keras(cell, params)
    W, R, _ = to_onnx(cell, params).values()
    assert W.shape == (1, *kernel.T.shape)
    assert R.shape == (1, *recurrent.T.shape)
    assert sorted(W.ravel()) == sorted(kernel.ravel())
    if cell != "lstm":
        np.testing.assert_array_equal(W[0], kernel.T)
        np.testing.assert_array_equal(R[0], recurrent.T)


@pytest.mark.parametrize("cell", ONNX)
def test_both_biases_of_onnx_are_read(cell):
    rng = np.random.default_rng(1)
    W, R, _ = to_onnx(cell, draw(cell)).values()
    rows = W.shape[1]
    B = rng.normal(size=(1, 2 * rows))
    params = from_onnx(cell, W, R, B)
    if cell in ("rnn", "gru"):
        keras = from_keras(cell, [W[0].T, R[0].T, B[0, :rows] + B[0, rows:]])
        assert_same(params, keras)
    if cell == "gru_reset_after":
        assert_same(params, from_keras(cell, [W[0].T, R[0].T, B.reshape(2, rows)]))
    if cell == "lstm":
        i, o, f, c = (B[0, :rows] + B[0, rows:]).reshape(4, 7, 1)
        np.testing.assert_array_equal(params["b_u"], i)
        np.testing.assert_array_equal(params["b_o"], o)
        np.testing.assert_array_equal(params["b_f"], f)
        np.testing.assert_array_equal(params["b_c"], c)


@pytest.mark.parametrize("cell", ONNX)
def test_directions_and_missing_biases(cell):
    one, two = draw(cell), {name: 2 * w for name, w in draw(cell).items()}
    both = {
        name: np.concatenate([w, to_onnx(cell, two)[name]])
        for name, w in to_onnx(cell, one).items()
    }
    assert_same(from_onnx(cell, **both), one)
    assert_same(from_onnx(cell, **both, direction=0), one)
    assert_same(from_onnx(cell, *both.values(), 1), two)
    for direction in (-1, 2, "reverse"):
        with refuses(f"expected a direction below 2, got {direction}"):
            from_onnx(cell, **both, direction=direction)
    zeros = {name: np.zeros_like(w) if name[0] == "b" else w for name, w in two.items()}
    assert_same(from_onnx(cell, both["W"], both["R"], direction=1), zeros)


@pytest.mark.parametrize("cell", FLAX)
def test_each_bias_of_flax_is_read_where_it_is(cell):
    params = draw(cell, dtype=np.float32)
    tree = to_flax(cell, params)
    for name, dense in tree.items():
        if "bias" in dense:
            without = tree | {name: {"kernel": dense["kernel"]}}
            changed = {n for n, w in from_flax(cell, without).items() if (w != params[n]).any()}
            assert len(changed) == 1
            assert not from_flax(cell, without)[changed.pop()].any()
    bare = {name: {"kernel": dense["kernel"]} for name, dense in tree.items()}
    zeros = {name: np.zeros_like(w) if name[0] == "b" else w for name, w in params.items()}
    assert_same(from_flax(cell, bare), zeros)


def test_flax_has_the_gates_of_pytorch():
    params = draw("gru_reset_after")
    tree = to_flax("gru_reset_after", params)
    state_dict = to_torch("gru_reset_after", params)
    kernels = [np.hstack([tree[f"{side}{gate}"]["kernel"] for gate in "rzn"]).T for side in "ih"]
    np.testing.assert_array_equal(kernels[0], state_dict["weight_ih_l0"])
    np.testing.assert_array_equal(kernels[1], state_dict["weight_hh_l0"])
    assert_same(from_torch("gru_reset_after", state_dict), from_flax("gru_reset_after", tree))


@pytest.mark.parametrize("cell", ONNX)
def test_what_is_returned_is_owned_and_what_is_given_stays(cell):
    params, before = draw(cell), draw(cell)
    for w in to_onnx(cell, params).values():
        w[:] = 0
    assert_same(params, before)
    inputs = to_onnx(cell, params)
    for w in from_onnx(cell, **inputs).values():
        w[:] = 0
    assert_same(inputs, to_onnx(cell, params))
    if cell in FLAX:
        for dense in to_flax(cell, params).values():
            for w in dense.values():
                w[:] = 0
        assert_same(params, before)
        tree = to_flax(cell, params)
        for w in from_flax(cell, tree).values():
            w[:] = 0
        for name, dense in to_flax(cell, params).items():
            assert_same(tree[name], dense)


@pytest.mark.parametrize("cell", FLAX)
def test_tensors_are_read(cell):
    params = draw(cell)
    inputs = {name: Tensor(w) for name, w in to_onnx(cell, params).items()}
    assert_same(from_onnx(cell, **inputs), params)
    tree = {
        name: {end: Tensor(w) for end, w in dense.items()}
        for name, dense in to_flax(cell, params).items()
    }
    assert_same(from_flax(cell, tree), params)


def test_cells_that_a_library_has_not():
    message = "expected a cell of ONNX (rnn, lstm, gru, gru_reset_after), got 'peephole'"
    with refuses(message):
        from_onnx("peephole", 1, 1)
    with refuses(message):
        to_onnx("peephole", {})
    message = "expected a cell of Flax (rnn, lstm, gru_reset_after), got 'gru'"
    with refuses(message):
        from_flax("gru", {})
    with refuses(message):
        to_flax("gru", {})


@pytest.mark.parametrize("cell", ONNX)
def test_weights_that_do_not_fit(cell):
    names = OURS[cell].split()
    for convert in [to_onnx, to_flax] if cell in FLAX else [to_onnx]:
        with refuses(
            f"the weights of {cell}: {', '.join(names)}, got tuple; pass params._asdict()"
        ):
            convert(cell, tuple(draw(cell).values()))
        for name, array in draw(cell).items():
            for bad in spoil(array):
                if name == "W_ax" and bad.shape == (7, 9):
                    continue  # another n_x is no fault
                with pytest.raises(ValueError, match=r"expected \w+ \(.*\) of floats, got ndarray"):
                    convert(cell, draw(cell) | {name: bad})


@pytest.mark.parametrize("cell", ONNX)
def test_messages_say_how_wide_a_matrix_should_be(cell):
    name = "W_ax" if cell == "rnn" else "W_c"
    columns = "n_a + n_x" if cell == "lstm" else "n_x"
    params = draw(cell)
    with refuses(f"expected {name} (7, {columns}) of floats, got ndarray (6, "):
        to_onnx(cell, params | {name: params[name][:6]})
    # no cell is without an input: an LSTM's W has the columns of the hidden state and one more
    least = 8 if cell == "lstm" else 1
    thin = {it: w[:, : least - 1] for it, w in params.items() if w.shape == params[name].shape}
    with refuses(f" (7, {least}) of floats, got ndarray (7, {least - 1})"):
        to_onnx(cell, params | thin)


def test_inputs_of_onnx_that_do_not_fit():
    W, R, B = to_onnx("lstm", draw("lstm")).values()
    with refuses("expected R (num_directions, G * n_a, n_a) of floats, got ndarray (28, 7)"):
        from_onnx("lstm", W, R[0], B)
    with refuses("expected R (1, 28, 7) of floats, got ndarray (1, 21, 7)"):
        from_onnx("lstm", W, R[:, :21], B)
    with refuses("expected W (1, 28, n_x) of floats, got ndarray (28, 3)"):
        from_onnx("lstm", W[0], R, B)
    with refuses("expected W (1, 28, n_x) of floats, got ndarray (2, 28, 3)"):
        from_onnx("lstm", np.concatenate([W, W]), R, B)
    with refuses("expected B (1, 56) of floats, got ndarray (1, 28)"):
        from_onnx("lstm", W, R, B[:, :28])
    with refuses("expected B (1, 56) of floats, got ndarray (56,)"):
        from_onnx("lstm", W, R, B[0])
    for kind in (np.matrix, np.ma.MaskedArray):
        with refuses(f"expected B (1, 56) of floats, got {kind.__name__} (1, 56)"):
            from_onnx("lstm", W, R, B.view(kind))
    for name, w in {"W": W, "R": R}.items():
        with pytest.raises(ValueError, match=f"expected {name} .* got MaskedArray"):
            from_onnx("lstm", **({"W": W, "R": R} | {name: w.view(np.ma.MaskedArray)}))


def test_trees_of_flax_that_do_not_fit():
    tree = to_flax("rnn", draw("rnn"))
    names = "expected the layers h, i, got "
    for given, came in [({"cell": tree}, "cell"), ({}, "none"), ([tree], "list")]:
        with refuses(names + came):
            from_flax("rnn", given)
    with refuses("expected the layers hr, hz, hn, ir, iz, in, got i, h"):
        from_flax("gru_reset_after", tree)
    with refuses("expected h/kernel, got weight"):
        from_flax("rnn", tree | {"h": {"weight": 1}})
    with refuses("expected i/kernel, got ndarray"):
        from_flax("rnn", tree | {"i": tree["i"]["kernel"]})
    with refuses("expected h/kernel (n_a, n_a) of floats, got ndarray (7,)"):
        from_flax("rnn", tree | {"h": {"kernel": np.ones(7)}})
    with refuses("expected h/kernel (7, 7) of floats, got ndarray (7, 6)"):
        from_flax("rnn", tree | {"h": {"kernel": np.ones((7, 6))}})
    with refuses("expected i/kernel (n_x, 7) of floats, got ndarray (3, 8)"):
        from_flax("rnn", tree | {"i": {"kernel": np.ones((3, 8))}})
    with refuses("expected i/bias (7) of floats, got ndarray (8,)"):
        from_flax("rnn", tree | {"i": tree["i"] | {"bias": np.ones(8)}})
    with refuses("expected i/bias (7) of floats, got MaskedArray (7,)"):
        from_flax("rnn", tree | {"i": tree["i"] | {"bias": np.ma.ones(7)}})
    tree = to_flax("lstm", draw("lstm"))
    with refuses("expected if/kernel (3, 7) of floats, got ndarray (4, 7)"):
        from_flax("lstm", tree | {"if": {"kernel": np.ones((4, 7))}})
    with refuses("expected hg/kernel (7, 7) of floats, got MaskedArray (7, 7)"):
        from_flax("lstm", tree | {"hg": {"kernel": np.ma.ones((7, 7))}})
