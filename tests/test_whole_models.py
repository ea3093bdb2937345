"""Linear and Dense layers come across as docs/whole-models.md says.

That the libraries read these layouts as said here: tests/parity.
"""

import re

import numpy as np
import pytest

from snippets.readout import ReadoutParams, readout_forward
from snippets.whole_models import from_dense, from_linear, to_dense, to_linear

SIZES = {"n_a": 7, "n_y": 3}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    from_linear(to_linear(draw()))
    from_dense(to_dense(draw()))


def draw(dtype=np.float64):
    rng = np.random.default_rng(0)
    return {
        "W_ya": rng.normal(size=(3, 7)).astype(dtype),
        "b_y": rng.normal(size=(3, 1)).astype(dtype),
    }


def assert_same(left, right):
    assert list(left) == list(right)
    for name, array in left.items():
        np.testing.assert_array_equal(array, right[name])
        assert array.dtype == right[name].dtype


def refuses(message):
    return pytest.raises(ValueError, match=re.escape(message))


def test_by_hand():
    weight, bias = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([10.0, 20.0])
    a = np.array([[[1.0], [0.0], [-1.0]]])  # (T, n_a, m)
    for params in (
        from_linear({"weight": weight, "bias": bias}),
        from_dense([weight.T, bias]),
    ):
        z, _ = readout_forward(ReadoutParams(**params), a)
        np.testing.assert_array_equal(z[0, :, 0], [8, 18])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("prefix", ["", "fc.", "decoder.out."])
def test_there_and_back_is_exact(dtype, prefix):
    params = draw(dtype)
    assert_same(from_dense(to_dense(params)), params)
    state_dict = to_linear(params, prefix)
    assert list(state_dict) == [f"{prefix}weight", f"{prefix}bias"]
    assert_same(from_linear({"x.weight": 1, "x.bias": 1} | state_dict, prefix), params)
    assert [w.shape for w in state_dict.values()] == [(3, 7), (3,)]
    assert [w.shape for w in to_dense(params)] == [(7, 3), (3,)]


def test_without_a_bias():
    params = draw(np.float32)
    zeros = params | {"b_y": np.zeros((3, 1), np.float32)}
    assert_same(from_linear({"weight": params["W_ya"]}), zeros)
    assert_same(from_dense([params["W_ya"].T]), zeros)
    assert_same(from_dense((params["W_ya"].T,)), zeros)


def test_what_is_returned_is_owned_and_what_is_given_stays():
    params, before = draw(), draw()
    state_dict, weights = to_linear(params), to_dense(params)
    for w in (*state_dict.values(), *weights):
        w[:] = 0
    assert_same(params, before)
    state_dict, weights = to_linear(params), to_dense(params)
    for w in (*from_linear(state_dict).values(), *from_dense(weights).values()):
        w[:] = 0
    assert_same(state_dict, to_linear(params))
    assert_same(dict(enumerate(weights)), dict(enumerate(to_dense(params))))


class Tensor:
    """Stands for a tensor: NumPy can read it, and it is no array."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def test_tensors_are_read():
    params = draw()
    assert_same(from_linear({k: Tensor(w) for k, w in to_linear(params).items()}), params)
    assert_same(from_dense([Tensor(w) for w in to_dense(params)]), params)


@pytest.mark.parametrize(
    ("given", "prefix", "keys", "end"),
    [
        ({"fc.weight": 1}, "", "weight, bias", "fc.weight; pass prefix='fc.'"),
        ({"a.weight": 1, "b.weight": 2}, "c.", "c.weight, c.bias",
         "a.weight, b.weight; pass prefix='a.' or prefix='b.'"),
        ({"weight": 1, 7: 2}, "fc.", "fc.weight, fc.bias", "weight, 7; pass prefix=''"),
        ({"bias": 1}, "", "weight, bias", "bias; pass what module.state_dict() returns"),
        ({}, "", "weight, bias", "none; pass what module.state_dict() returns"),
        (Tensor(1), "", "weight, bias", "Tensor; pass what module.state_dict() returns"),
    ],
)  # fmt: skip
def test_keys_that_do_not_fit(given, prefix, keys, end):
    with pytest.raises(ValueError, match=r"^expected") as caught:
        from_linear(given, prefix)
    assert str(caught.value) == f"expected the keys {keys}, got {end}"


def test_numbers_of_arrays_that_do_not_fit():
    weights = to_dense(draw())
    what = (
        "expected get_weights() of one Dense layer: kernel and bias, or the kernel without a bias, "
    )
    for given, came in [([], "got 0"), (weights * 2, "got 4"), (weights[0], f"got {np.ndarray}")]:
        with refuses(what + came):
            from_dense(given)


def test_weights_come_by_name():
    what = "expected the weights of a readout: W_ya, b_y, got "
    for convert in (to_linear, to_dense):
        for given, came in [
            (ReadoutParams(**draw()), "ReadoutParams"),
            ({"W_ya": 1}, "W_ya"),
            (draw() | {"c": 1}, "W_ya, b_y, c"),
            ({}, "none"),
        ]:
            with refuses(f"{what}{came}; pass params._asdict()"):
                convert(given)


def spoil(array):
    """Arrays that must not pass instead of `array`."""
    yield np.concatenate([array, array])
    yield array[None]
    yield array.astype(int)
    yield array.view(np.matrix)
    yield array.view(np.ma.MaskedArray)


def test_shapes_and_types_that_do_not_fit():
    params, state_dict, weights = draw(), to_linear(draw()), to_dense(draw())
    for bad in spoil(params["b_y"]):
        with refuses("expected b_y (3, 1) of floats, got "):
            to_linear(params | {"b_y": bad})
        with refuses("expected b_y (3, 1) of floats, got "):
            to_dense(params | {"b_y": bad})
    for bad in spoil(state_dict["bias"]):
        with refuses("expected bias (3) of floats, got "):
            from_linear(state_dict | {"bias": bad})
        with refuses("expected bias (3) of floats, got "):
            from_dense([weights[0], bad])
    for kind in (np.matrix, np.ma.MaskedArray):
        W = params["W_ya"].view(kind)
        with refuses(f"expected W_ya (n_y, n_a) of floats, got {kind.__name__} (3, 7)"):
            to_linear(params | {"W_ya": W})
        with refuses(f"expected p.weight (n_y, n_a) of floats, got {kind.__name__} (3, 7)"):
            from_linear({"p.weight": W}, "p.")
        with refuses(f"expected kernel (n_a, n_y) of floats, got {kind.__name__} (7, 3)"):
            from_dense([W.T, weights[1]])
