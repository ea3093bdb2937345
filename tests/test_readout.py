"""The readout does what docs/readout.md says."""

import math

import numpy as np
import pytest

import snippets.sampling
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    log_softmax,
    readout_backward,
    readout_forward,
    softmax,
)
from tests.numeric import error, slope

SIZES = {"n_a": 3, "m": 2, "n_y": 7, "T": 13}  # no two alike, no two sums alike


def one_hot(classes, n_y, dtype=float):
    """Turn classes (T, m) into columns (T, n_y, m)."""
    return np.moveaxis(np.eye(n_y, dtype=dtype)[classes], -1, 1)


@pytest.fixture
def case():
    n_a, m, n_y, T = SIZES.values()
    rng = np.random.default_rng(0)
    params = init_readout(rng, n_a, n_y)._replace(b_y=rng.normal(size=(n_y, 1)))
    return params, rng.normal(size=(T, n_a, m)), one_hot(rng.integers(n_y, size=(T, m)), n_y)


def exercise():
    """Run every function once at SIZES, for the shape comments."""
    n_a, m, n_y, T = SIZES.values()
    rng = np.random.default_rng(0)
    params = init_readout(rng, n_a, n_y)
    z, tape = readout_forward(params, rng.normal(size=(T, n_a, m)))
    _, dz = cross_entropy(z, softmax(z))
    readout_backward(params, tape, dz)


def test_logits_by_hand():
    params = ReadoutParams(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[3.0], [4.0]]))
    z, _ = readout_forward(params, np.array([[[5.0], [6.0]]]))
    np.testing.assert_array_equal(z, [[[5 + 12 + 3], [-6 + 4]]])


@pytest.fixture(params=[softmax, snippets.sampling.softmax], ids=["readout", "sampling"])
def either_softmax(request):
    return request.param


def test_softmax_by_hand(either_softmax):
    softmax = either_softmax
    z = np.log(np.array([[1.0], [2.0], [5.0]]))
    np.testing.assert_allclose(softmax(z), [[1 / 8], [2 / 8], [5 / 8]], rtol=1e-15)
    np.testing.assert_allclose(log_softmax(z), np.log([[1 / 8], [2 / 8], [5 / 8]]), rtol=1e-14)


def test_a_constant_added_to_all_logits_changes_nothing(case, either_softmax):
    params, a, y = case
    softmax = either_softmax
    z, _ = readout_forward(params, a)
    np.testing.assert_allclose(softmax(z + 1000), softmax(z), rtol=1e-11)
    assert cross_entropy(z - 1000, y)[0] == pytest.approx(cross_entropy(z, y)[0], rel=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_neither_overflow_nor_vanish(dtype, either_softmax):
    softmax = either_softmax
    z = np.array([[[0.0], [-1e30], [1e30]]], dtype)
    np.testing.assert_array_equal(softmax(z), [[[0], [0], [1]]])
    loss, dz = cross_entropy(z, np.array([[[1.0], [0.0], [0.0]]], dtype))
    assert loss == pytest.approx(1e30, rel=1e-6)
    np.testing.assert_array_equal(dz, [[[-1], [0], [1]]])


def test_a_class_ruled_out_by_minus_infinity_costs_nothing_unless_it_happens():
    z = np.array([[[0.0], [-np.inf]]])
    loss, dz = cross_entropy(z, np.array([[[1.0], [0.0]]]))
    assert loss == 0
    np.testing.assert_array_equal(dz, [[[0], [0]]])
    loss, _ = cross_entropy(z, np.array([[[0.0], [1.0]]]))
    assert loss == math.inf


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_no_number_in_gives_no_number_out(bad, either_softmax):
    softmax = either_softmax
    z = np.array([[[0.0, 1.0], [bad, 2.0]]])
    assert np.isnan(softmax(z)[0, :, 0]).all()
    assert np.isfinite(softmax(z)[0, :, 1]).all()
    assert np.isnan(log_softmax(z)[0, :, 0]).all()
    assert math.isnan(cross_entropy(z, np.full_like(z, 0.5))[0])


def test_a_column_without_a_finite_logit_gives_no_number(either_softmax):
    softmax = either_softmax
    empty = np.full((1, 3, 1), -np.inf)
    assert np.isnan(softmax(empty)).all()
    assert math.isnan(cross_entropy(empty, np.full_like(empty, 1 / 3))[0])


def test_columns_are_shifted_one_by_one(either_softmax):
    z = np.array([[0.0, 5000.0], [1.0, 5001.0]])
    np.testing.assert_allclose(either_softmax(z)[1], [math.e / (1 + math.e)] * 2, rtol=1e-14)


def test_ignorance_costs_log_n():
    loss, _ = cross_entropy(np.zeros((4, 7, 3)), one_hot(np.zeros((4, 3), int), 7))
    assert loss == pytest.approx(math.log(7), rel=1e-14)


def test_the_loss_of_the_truth_is_its_entropy():
    y = np.array([[[0.25], [0.75]]])
    loss, dz = cross_entropy(np.log(y), y)
    assert loss == pytest.approx(0.25 * math.log(4) + 0.75 * math.log(4 / 3), rel=1e-14)
    np.testing.assert_allclose(dz, 0, atol=4 * np.finfo(float).eps)


def test_the_loss_agrees_with_scalar_loops(case):
    params, a, y = case
    z, _ = readout_forward(params, a)
    surprises = []
    for t in range(len(z)):
        for example in range(z.shape[2]):
            column = [float(v) for v in z[t, :, example]]
            right = int(y[t, :, example].argmax())
            surprises.append(math.log(sum(map(math.exp, column))) - column[right])
    assert cross_entropy(z, y)[0] == pytest.approx(sum(surprises) / len(surprises), rel=1e-12)


def test_the_gradient_is_the_slope_of_the_loss(case):
    params, a, y = case
    params = params._replace(b_y=params.b_y.copy())

    def loss():
        return cross_entropy(readout_forward(params, a)[0], y)[0]

    z, tape = readout_forward(params, a)
    _, dz = cross_entropy(z, y)
    d_params, da = readout_backward(params, tape, dz)
    assert error(dz, slope(lambda: cross_entropy(z, y)[0], z)) < 1e-6
    for array, gradient in zip((*params, a), (*d_params, da), strict=True):
        assert error(gradient, slope(loss, array)) < 1e-6


def test_the_tape_owns_what_it_keeps_and_arguments_stay(case):
    params, a, y = case
    given = [array.copy() for array in (*params, a, y)]
    z, tape = readout_forward(params, a)
    _, dz = cross_entropy(z, y)
    before = readout_backward(params, tape, dz)[0].W_ya
    for now, then in zip((*params, a, y), given, strict=True):
        np.testing.assert_array_equal(now, then)
    a[:] = 0
    np.testing.assert_array_equal(readout_backward(params, tape, dz)[0].W_ya, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_and_empty_sequences_stay_what_they_are(dtype):
    params = init_readout(np.random.default_rng(0), 3, 7, dtype=dtype)
    z, tape = readout_forward(params, np.ones((4, 3, 1), dtype))
    _, dz = cross_entropy(z, one_hot(np.zeros((4, 1), int), 7, dtype))
    d_params, da = readout_backward(params, tape, dz)
    assert {v.dtype for v in (z, dz, softmax(z), *d_params, da)} == {np.dtype(dtype)}
    z, tape = readout_forward(params, np.ones((0, 3, 1), dtype))
    d_params, da = readout_backward(params, tape, z)
    assert (z.shape, da.shape) == ((0, 7, 1), (0, 3, 1))
    assert not d_params.W_ya.any()


def test_weights_keep_the_scale_of_what_they_multiply():
    W_ya, b_y = init_readout(np.random.default_rng(0), 100, 400)
    assert W_ya.std() == pytest.approx(1 / 10, rel=0.02)  # 40000 draws: spread below 0.4 %
    assert not b_y.any()


@pytest.mark.parametrize(("n_a", "n_y", "dtype"), [(0, 2, float), (2, 0, float), (2, 2, int)])
def test_sizes_and_types_that_make_no_readout_are_refused(n_a, n_y, dtype):
    with pytest.raises(ValueError, match=rf"expected n_a and n_y .* got {n_a}, {n_y} and"):
        init_readout(np.random.default_rng(0), n_a, n_y, dtype=dtype)


def test_arrays_that_do_not_fit_are_named(case):
    params, a, y = case
    z, tape = readout_forward(params, a)
    for bad in [a[:, :2], a[0], a.astype(int), a.tolist()]:
        with pytest.raises(ValueError, match=r"expected a \(T, 3, m\) of floats, got"):
            readout_forward(params, bad)
    with pytest.raises(ValueError, match=r"of floats, got list \(\) of object$"):
        readout_forward(params, a.tolist())
    with pytest.raises(ValueError, match=r"expected W_ya \(n_y, n_a\) of floats, got"):
        readout_forward(params._replace(W_ya=params.b_y.ravel()), a)
    with pytest.raises(ValueError, match=r"expected b_y \(7, 1\) of floats, got ndarray \(7,\)"):
        readout_forward(params._replace(b_y=params.b_y.ravel()), a)
    for bad in [z[:5], z[:, :5], z[:, :, :1], z.astype(int)]:
        with pytest.raises(ValueError, match=r"expected dz \(13, 7, 2\) of floats, got"):
            readout_backward(params, tape, bad)
    with pytest.raises(ValueError, match=r"expected y \(13, 7, 2\) of floats, got .* int64"):
        cross_entropy(z, y.astype(int))
    with pytest.raises(ValueError, match=r"expected z \(T, n_y, m\) of floats, got"):
        cross_entropy(z[0], y[0])


def test_targets_that_are_no_distribution_are_refused(case):
    params, a, y = case
    z, _ = readout_forward(params, a)
    for bad in [2 * y, y - 1e-3, y * np.nan, np.where(np.arange(7)[:, None] < 2, [2.0], -0.2)]:
        with pytest.raises(
            ValueError, match=r"^expected each column of y to be >= 0 and sum to 1$"
        ):
            cross_entropy(z, np.broadcast_to(bad, z.shape))


def test_no_prediction_has_no_loss():
    with pytest.raises(ValueError, match=r"expected at least one prediction, got z \(0, 7, 2\)"):
        cross_entropy(np.zeros((0, 7, 2)), np.zeros((0, 7, 2)))
