"""The readout does what docs/readout.md says."""

import math
import re
from collections import namedtuple

import numpy as np
import pytest

import snippets.history
import snippets.sampling
from snippets.readout import (
    ReadoutParams,
    ReadoutTape,
    cross_entropy,
    find_weights,
    init_readout,
    log_softmax,
    readout_backward,
    readout_forward,
    softmax,
)
from tests.numeric import error, peak_bytes, slope

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
    """Run every function once at SIZES, for shape comments and equations."""
    n_a, m, n_y, T = SIZES.values()
    rng = np.random.default_rng(0)
    params = init_readout(rng, n_a, n_y)
    params = params._replace(b_y=rng.normal(size=(n_y, 1)))
    z, tape = readout_forward(params, rng.normal(size=(T, n_a, m)))
    y = softmax(rng.normal(size=z.shape))
    _, dz = cross_entropy(z, y)
    cross_entropy(z, y, lengths=[T, 5])
    cross_entropy(z, y, weights=rng.uniform(0.5, 2, size=(T, m)))
    find_weights(np.array([T, 1]), T, m)
    softmax(z), log_softmax(z)
    readout_backward(params, tape, dz)


def test_logits_by_hand():
    params = ReadoutParams(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[3.0], [4.0]]))
    z, _ = readout_forward(params, np.array([[[5.0], [6.0]]]))
    np.testing.assert_array_equal(z, [[[5 + 12 + 3], [-6 + 4]]])


@pytest.fixture(
    params=[softmax, snippets.sampling.softmax, snippets.history.softmax],
    ids=["readout", "sampling", "history"],
)
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


def test_the_backward_pass_makes_no_matrix_for_each_step():
    T, n_y, n_a = 100, 200, 60
    params = init_readout(np.random.default_rng(0), n_a, n_y)
    z, tape = readout_forward(params, np.ones((T, n_a, 1)))
    readout_backward(params, tape, z)
    assert peak_bytes(lambda: readout_backward(params, tape, z)) < T * n_y * n_a * 8 / 10


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
    with pytest.raises(ValueError, match=r"of floats, got list, not ndarray$"):
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
            ValueError, match=r"^expected each column of y to be >= 0 and sum to 1, got sums from"
        ):
            cross_entropy(z, np.broadcast_to(bad, z.shape).copy())
    one_too_large = y[:1] * np.array([1, 1.5])
    with pytest.raises(ValueError, match=r"sums from 1.0 to 1.5 \(lengths leave out padding\)$"):
        cross_entropy(z[:1], one_too_large)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"lengths": [13, 2]}, {"weights": np.ones((13, 2))}])
def test_one_column_that_sums_to_another_number_is_refused(case, dtype, options):
    z, y = np.zeros((13, 7, 2), dtype), case[2].astype(dtype)
    for total in (0.95, 1.05):
        bad = y.copy()
        bad[1, :, 1] *= dtype(total)
        with pytest.raises(ValueError, match="expected each column of y"):
            cross_entropy(z, bad, **options)
    bad = y.astype(float)
    bad[1, :, 1] *= 1 + 3e-5
    with pytest.raises(ValueError, match="expected each column of y"):
        cross_entropy(z, bad, **options)
    bad[1, :, 1] = y[1, :, 1] * (1 + 3e-6)
    cross_entropy(z, bad, **options)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("n_y", [3, 60, 20_000])
def test_narrow_targets_are_taken_within_their_rounding(dtype, n_y):
    z = np.random.default_rng(0).normal(size=(2, n_y, 3))
    exact = softmax(z)
    for y in (exact.astype(dtype), softmax(z.astype(dtype))):
        loss, dz = cross_entropy(z.astype(dtype), y)
        assert loss == pytest.approx(cross_entropy(z, exact)[0], rel=5e-3)
        assert dz.dtype == dtype


def test_targets_that_were_made_in_half_precision_are_taken():
    z = np.random.default_rng(0).normal(size=(9, 300, 4)).astype(np.float16)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)  # every step is rounded to float16
    assert abs(y.sum(axis=1, dtype=float) - 1).max() > 2e-3
    cross_entropy(z, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_types_are_computed_in_just_their_own(dtype, either_softmax):
    z = np.random.default_rng(0).normal(size=(5, 70, 3)).astype(dtype)
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    np.testing.assert_array_equal(either_softmax(z), e / e.sum(axis=1, keepdims=True))
    log_sum = np.log(e.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(log_softmax(z), shifted - log_sum)
    y = one_hot(np.arange(15).reshape(5, 3), 70, dtype)
    loss, dz = cross_entropy(z, y)
    assert loss == float((y * np.where(y > 0, log_sum - shifted, 0)).sum() / 15)
    np.testing.assert_array_equal(dz, (np.exp(shifted - log_sum) - y) / 15)


def test_half_precision_is_computed_in_single(either_softmax):
    z = np.random.default_rng(0).normal(size=(5, 70, 3)).astype(np.float16)
    wide = z.astype(np.float32)
    np.testing.assert_array_equal(either_softmax(z), either_softmax(wide).astype(np.float16))
    assert either_softmax(z).dtype == np.float16
    np.testing.assert_array_equal(log_softmax(z), log_softmax(wide).astype(np.float16))


def test_sums_of_many_classes_do_not_stop_in_half_precision(either_softmax):
    softmax = either_softmax
    # in float16 a sum of ones ends at 2048
    z = np.zeros((1, 5000, 3), np.float16)
    np.testing.assert_allclose(softmax(z), 1 / 5000, rtol=1e-2)
    np.testing.assert_allclose(log_softmax(z), -math.log(5000), rtol=1e-3)
    assert {softmax(z).dtype, log_softmax(z).dtype} == {np.dtype(np.float16)}
    y = one_hot(np.zeros((1, 3), int), 5000, np.float16)
    assert cross_entropy(z, y)[0] == pytest.approx(math.log(5000), rel=1e-6)


def test_a_mean_over_many_half_precision_steps_neither_overflows_nor_stops():
    z = np.zeros((70_000, 2, 1), np.float16)
    y = one_hot(np.zeros((70_000, 1), int), 2, np.float16)
    for options in ({}, {"lengths": [70_000]}):
        loss, dz = cross_entropy(z, y, **options)
        assert loss == pytest.approx(math.log(2), rel=1e-5)
        np.testing.assert_allclose(dz[:, 0], -0.5 / 70_000, rtol=2e-2)  # 7e-6 is subnormal


def test_the_gradient_has_the_type_of_the_logits(case):
    z, y = np.zeros((13, 7, 2), np.float32), case[2]
    assert cross_entropy(z, y)[1].dtype == np.float32
    assert cross_entropy(z, y, lengths=[13, 2])[1].dtype == np.float32
    assert cross_entropy(z.astype(float), y.astype(np.float32))[1].dtype == np.float64


def test_logits_at_the_ends_of_a_type_are_no_warning(either_softmax):
    softmax = either_softmax
    for dtype in (np.float16, np.float32, np.float64):
        most = np.finfo(dtype).max
        z = np.array([[most], [-most]], dtype)
        np.testing.assert_array_equal(softmax(z), [[1], [0]])
        assert log_softmax(z)[0] == 0
        assert log_softmax(z)[1] == -np.inf


def test_integers_are_logits_of_a_softmax_too(either_softmax):
    softmax = either_softmax
    z = np.array([[1], [2]])
    np.testing.assert_array_equal(softmax(z), softmax(z.astype(float)))
    np.testing.assert_array_equal(log_softmax(z), log_softmax(z.astype(float)))


def test_long_doubles_keep_their_precision(either_softmax):
    z, third = np.zeros((1, 3, 1), np.longdouble), 1 / np.longdouble(3)
    rounding = 2 * np.finfo(np.longdouble).eps
    assert abs(either_softmax(z) - third).max() <= rounding
    assert abs(log_softmax(z) - np.log(third)).max() <= rounding
    _, dz = cross_entropy(z, np.array([[[0], [1], [0]]], np.longdouble))
    assert abs(dz[0, 0, 0] - third) <= rounding
    d_params, _ = readout_backward(
        ReadoutParams(np.ones((3, 1), np.longdouble), z[0]), ReadoutTape(z[:, :1]), z + third
    )
    assert (d_params.b_y == third).all()


@pytest.fixture
def ragged():
    """Give three sequences of 5, 2 and 3 steps; what comes after their ends looks like the rest."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(5, 4, 3))
    return z, one_hot(rng.integers(4, size=(5, 3)), 4), [5, 2, 3]


def by_loops(z, y, weights):
    """Return the weighted mean of the losses, in scalars."""
    total = counted = 0.0
    for t, j in np.ndindex(weights.shape):
        column, w = [float(v) for v in z[t, :, j]], float(weights[t, j])
        if w:
            log_sum = math.log(sum(map(math.exp, column)))
            total += w * sum(
                float(p) * (log_sum - score) for p, score in zip(y[t, :, j], column, strict=True)
            )
            counted += w
    return total / counted


def test_the_loss_of_a_ragged_batch_is_the_mean_over_its_real_steps(ragged):
    z, y, lengths = ragged
    assert round(cross_entropy(z, y)[0], 4) == 1.7495  # with the padding
    loss, dz = cross_entropy(z, y, lengths=lengths)
    assert round(loss, 4) == 1.8767
    parts = [(z[:n, :, [j]], y[:n, :, [j]]) for j, n in enumerate(lengths)]
    alone = [cross_entropy(*part) for part in parts]
    expected = sum(n * own for n, (own, _) in zip(lengths, alone, strict=True)) / 10
    assert loss == pytest.approx(expected, rel=1e-14)
    for j, (n, (_, own)) in enumerate(zip(lengths, alone, strict=True)):
        np.testing.assert_allclose(dz[:n, :, [j]], n * own / 10, rtol=1e-13)
        np.testing.assert_array_equal(dz[n:, :, j], 0)


@pytest.mark.parametrize("behind", [0, np.nan, np.inf, -np.inf, 1e308, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_stands_behind_an_end_changes_nothing(ragged, behind, dtype):
    z, y, lengths = ragged
    z, y = z.astype(dtype), y.astype(dtype)
    wanted, dz_wanted = cross_entropy(z, y, lengths=lengths)
    weights = np.array([[t < n for n in lengths] for t in range(5)], dtype)
    with np.errstate(over="ignore"):
        filling = dtype(behind)
    for j, n in enumerate(lengths):
        z[n:, :, j] = filling
        y[n:, :, j] = filling
    for array in (z, y, weights):
        array.flags.writeable = False
    for options in ({"lengths": lengths}, {"weights": weights}):
        loss, dz = cross_entropy(z, y, **options)
        assert loss == wanted
        np.testing.assert_array_equal(dz, dz_wanted)


def test_lengths_of_all_steps_and_equal_weights_are_the_plain_mean(ragged):
    z, y, _ = ragged
    loss, dz = cross_entropy(z, y)
    for options in (
        {"lengths": [5, 5, 5]},
        {"lengths": np.array([5, 5, 5], np.uint8)},
        {"lengths": (5, np.int64(5), 5)},
        {"weights": np.full((5, 3), 0.25)},
        {"weights": np.full((5, 3), 5e-324)},
        {"weights": np.full((5, 3), 1e308)},
        {"weights": np.full((5, 3), 60000, np.float16)},
    ):
        other, dz_other = cross_entropy(z, y, **options)
        assert other == pytest.approx(loss, rel=1e-14)
        np.testing.assert_allclose(dz_other, dz, rtol=1e-13)


def test_a_weighted_loss_agrees_with_scalar_loops(ragged):
    z, _, _ = ragged
    rng = np.random.default_rng(1)
    y, weights = softmax(rng.normal(size=z.shape)), rng.exponential(size=(5, 3))
    weights[rng.random((5, 3)) < 0.3] = 0
    assert cross_entropy(z, y, weights=weights)[0] == pytest.approx(
        by_loops(z, y, weights), rel=1e-13
    )


def test_the_gradient_of_a_weighted_loss_is_its_slope(ragged):
    z, y, lengths = ragged
    weights = np.random.default_rng(1).exponential(size=(5, 3))
    for options in ({"lengths": lengths}, {"weights": weights}):
        _, dz = cross_entropy(z, y, **options)
        assert error(dz, slope(lambda opts=options: cross_entropy(z, y, **opts)[0], z)) < 1e-6


def test_a_real_step_that_is_no_number_gives_no_number(ragged):
    z, y, lengths = ragged
    z[1, 0, 1] = np.nan
    assert math.isnan(cross_entropy(z, y, lengths=lengths)[0])
    assert math.isfinite(cross_entropy(z, y, lengths=[5, 1, 3])[0])


def test_a_sequence_may_be_empty(ragged):
    z, y, _ = ragged
    loss, dz = cross_entropy(z, y, lengths=[5, 0, 0])
    assert loss == pytest.approx(cross_entropy(z[:, :, :1], y[:, :, :1])[0], rel=1e-14)
    np.testing.assert_array_equal(dz[:, :, 1:], 0)


@pytest.mark.parametrize(
    "bad",
    [
        [5, 2],
        [5, 2, 6],
        [5, 2, -1],
        [0, 0, 0],
        [5, 2, 2.5],
        [[5, 2, 3]],
        [5, 2, np.nan],
        5,
        "abc",
    ],
)
def test_lengths_that_do_not_fit_are_refused(ragged, bad):
    z, y, _ = ragged
    named = r"^expected lengths: 3 integers from 0 to 5, not all of them 0, got "
    with pytest.raises(ValueError, match=named + re.escape(str(bad)) + "$"):
        cross_entropy(z, y, lengths=bad)


@pytest.mark.parametrize(
    ("bad", "came"),
    [(0, "0.0 to 0.0"), (-1, "-1.0 to 1.0"), (np.nan, "nan"), (np.inf, "1.0 to inf")],
)
def test_weights_that_make_no_mean_are_refused(ragged, bad, came):
    z, y, _ = ragged
    weights = np.full((5, 3), 1.0 if bad else 0.0)
    weights[2, 1] = bad
    named = "^expected finite weights of at least 0, not all of them 0, got " + came
    with pytest.raises(ValueError, match=named):
        cross_entropy(z, y, weights=weights)


def test_weights_of_another_shape_or_type_are_refused(ragged):
    z, y, lengths = ragged
    for bad in (np.ones((5, 1)), np.ones(3), np.ones((5, 3), int), np.ones((5, 3)).tolist()):
        with pytest.raises(ValueError, match=r"^expected weights \(5, 3\) of floats, got"):
            cross_entropy(z, y, weights=bad)
    with pytest.raises(ValueError, match=r"^expected lengths or weights, got both$"):
        cross_entropy(z, y, lengths=lengths, weights=np.ones((5, 3)))


def test_masked_arrays_and_matrices_are_refused_by_name(case):
    params, a, y = case
    z, tape = readout_forward(params, a)
    for function in (
        softmax,
        snippets.sampling.softmax,
        snippets.history.softmax,
        log_softmax,
    ):
        with pytest.raises(
            ValueError, match=r"^expected z to be a plain NumPy array, got MaskedAr"
        ):
            function(np.ma.array(z))
    with pytest.raises(ValueError, match=r"expected z .* got matrix"):
        softmax(z[0].view(np.matrix))
    for one, other, named in [(z, np.ma.array(y), "y"), (np.ma.array(z), y, "z")]:
        with pytest.raises(ValueError, match=rf"expected {named} .* got MaskedArray"):
            cross_entropy(one, other)
    with pytest.raises(ValueError, match=r"expected weights .* got matrix"):
        cross_entropy(z, y, weights=np.ones((13, 2)).view(np.matrix))
    with pytest.raises(ValueError, match=r"expected lengths .* got MaskedArray"):
        cross_entropy(z, y, lengths=np.ma.array([13, 2]))
    with pytest.raises(ValueError, match=r"expected W_ya .* got matrix"):
        readout_forward(params._replace(W_ya=params.W_ya.view(np.matrix)), a)
    for name, matrix in [("W_ya", params.W_ya), ("b_y", params.b_y)]:
        with pytest.raises(ValueError, match=rf"expected {name} .* got matrix"):
            readout_backward(params._replace(**{name: matrix.view(np.matrix)}), tape, z)
    for bad in (params.W_ya.astype(int), params.W_ya[0]):
        with pytest.raises(ValueError, match=r"^expected W_ya \(n_y, n_a\) of floats, got"):
            readout_backward(params._replace(W_ya=bad), tape, z)
    with pytest.raises(ValueError, match=r"^expected tape.a \(T, 3, m\) .* got MaskedArray"):
        readout_backward(params, ReadoutTape(np.ma.array(a)), z)


def test_plain_sequences_are_taken_for_the_named_tuples(case):
    params, a, _ = case
    z, tape = readout_forward(params, a)
    wanted, da = readout_backward(params, tape, z)
    for kind in (tuple, list):
        again, kept = readout_forward(kind(params), a)
        np.testing.assert_array_equal(again, z)
        assert type(kept) is ReadoutTape
        d_params, da_again = readout_backward(kind(params), kind(tape), z)
        np.testing.assert_array_equal(d_params.W_ya, wanted.W_ya)
        np.testing.assert_array_equal(da_again, da)
    for bad, came in [
        (params[:1], "tuple of 1"),
        (dict(params._asdict()), "dict"),
        (None, "NoneType"),
        (tape, "ReadoutTape of 1"),
        (namedtuple("Other", "W b")(*params), "Other of 2"),
    ]:
        for call in (lambda p: readout_forward(p, a), lambda p: readout_backward(p, tape, z)):
            with pytest.raises(
                ValueError,
                match=rf"^expected params as ReadoutParams\(W_ya, b_y\) or .* got {came}$",
            ):
                call(bad)
    with pytest.raises(ValueError, match=r"^expected tape as ReadoutTape\(a\) or .* of 2$"):
        readout_backward(params, params, z)


def test_no_prediction_has_no_loss():
    with pytest.raises(ValueError, match=r"expected at least one prediction, got z \(0, 7, 2\)"):
        cross_entropy(np.zeros((0, 7, 2)), np.zeros((0, 7, 2)))


def test_the_bias_gradient_of_many_steps_in_half_precision_does_not_stop_growing():
    T = 6000
    z, y = np.zeros((T, 4, 1), np.float16), np.zeros((T, 4, 1), np.float16)
    y[:, 0] = 1
    _, dz = cross_entropy(z, y)
    a = np.ones((T, 1, 1), np.float16)
    params = ReadoutParams(np.zeros((4, 1), np.float16), np.zeros((4, 1), np.float16))
    _, tape = readout_forward(params, a)
    d_params, _ = readout_backward(params, tape, dz)
    assert d_params.b_y.dtype == np.float16
    np.testing.assert_allclose(d_params.b_y[:, 0], [-0.75, 0.25, 0.25, 0.25], rtol=2e-3)


def test_a_row_of_a_mask_is_no_length():
    z, y = np.zeros((2, 3, 2)), np.full((2, 3, 2), 1 / 3)
    with pytest.raises(ValueError, match=r"expected lengths: 2 integers from 0 to 2"):
        cross_entropy(z, y, lengths=[True, False])
