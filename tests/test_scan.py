"""The scans do what docs/scan.md says."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from snippets.rnn import RNNParams, rnn_forward
from snippets.scan import newton, scan_backward, scan_doubling, scan_loop, scan_tree
from tests.numeric import error, slope

SIZES = {"T": 13, "n_a": 7, "m": 2}  # no two alike, no two sums alike
SCANS = [scan_loop, scan_doubling, scan_tree]


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    f, s, a_0, da = draw(**SIZES)
    for scan in SCANS:
        a = scan(f, s, a_0)
    scan_backward(f, a, da, a_0)
    weight, _ = newton(partial(diagonal, s), np.zeros_like(s), a_0)
    return {"weight": weight}


def draw(T=13, n_a=7, m=2, seed=0, dtype=np.float64):
    """Draw factors, summands, a first state and a gradient."""
    rng = np.random.default_rng(seed)
    f = rng.uniform(-1, 1, size=(T, n_a, m))
    others = rng.normal(size=(T, n_a, m)), rng.normal(size=(n_a, m)), rng.normal(size=(T, n_a, m))
    return [array.astype(dtype) for array in (f, *others)]


def diagonal(x, a_prev, gain=0.8):
    """Compute a step of a plain RNN whose units read their own state only, and its slope."""
    a = np.tanh(gain * a_prev + x)
    return a, gain * (1 - a**2)


@pytest.mark.parametrize("scan", SCANS)
def test_three_steps_by_hand(scan):
    # start at 5: 2 * 5 + 1 = 11, 0 * 11 - 3 = -3, -1 * -3 + 4 = 7
    f, s = (np.array(it, float).reshape(3, 1, 1) for it in ([2, 0, -1], [1, -3, 4]))
    np.testing.assert_array_equal(scan(f, s, np.array([[5.0]])).ravel(), [11, -3, 7])
    np.testing.assert_array_equal(scan(f, s).ravel(), [1, -3, 7])


@pytest.mark.parametrize("scan", [scan_doubling, scan_tree])
@pytest.mark.parametrize("T", [*range(18), 100, 2000])
@pytest.mark.parametrize("near", ["0", "1", "anywhere"])
# claim R7
def test_every_scan_gives_the_states_of_the_loop(scan, T, near):
    f, s, a_0, _ = draw(T=T)
    f = {"0": 1e-9 * f, "1": 1 - 1e-9 * abs(f), "anywhere": f}[near]
    expected = scan_loop(f, s, a_0)
    np.testing.assert_allclose(
        scan(f, s, a_0), expected, rtol=1e-12, atol=1e-12 * abs(expected).max(initial=1)
    )


def test_the_states_are_those_of_exact_fractions():
    rng = np.random.default_rng(1)
    f, s = rng.integers(-4, 5, size=(2, 9, 1, 1)) / 4
    exact, a_prev = [], Fraction(0)
    for f_t, s_t in zip(f.ravel(), s.ravel(), strict=True):
        a_prev = Fraction(float(f_t)) * a_prev + Fraction(float(s_t))
        exact.append(float(a_prev))
    for scan in SCANS:
        np.testing.assert_array_equal(scan(f, s).ravel(), exact)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("T", [1, 2, 5, 8])
def test_the_gradient_is_the_slope_of_the_loss(scan, T):
    f, s, a_0, weight = draw(T=T, n_a=2, m=2)
    df, ds, da_0 = scan_backward(f, scan(f, s, a_0), weight, a_0, scan=scan)

    def loss():
        return (scan_loop(f, s, a_0) * weight).sum()

    for analytic, array in ((df, f), (ds, s), (da_0, a_0)):
        assert error(analytic, slope(loss, array)) < 1e-6


def test_without_steps_nothing_comes_back():
    f, s, a_0, da = draw(T=0)
    for scan in SCANS:
        assert scan(f, s, a_0).shape == (0, 7, 2)
    df, ds, da_0 = scan_backward(f, scan_loop(f, s, a_0), da, a_0)
    assert df.shape == ds.shape == (0, 7, 2)
    np.testing.assert_array_equal(da_0, np.zeros((7, 2)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_stays_and_arguments_stay_as_they_were(dtype):
    arguments = draw(dtype=dtype)
    for array in arguments:
        array.flags.writeable = False
    f, s, a_0, da = arguments
    before = [array.copy() for array in arguments]
    for scan in SCANS:
        a = scan(f, s, a_0)
        found = [a, *scan_backward(f, a, da, a_0, scan=scan)]
        assert {array.dtype for array in found} == {np.dtype(dtype)}
        assert not any(np.shares_memory(one, other) for one in found for other in arguments)
    for array, earlier in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(array, earlier)


def test_newton_finds_the_states_of_the_loop():
    _, x, a_0, _ = draw(T=200)
    a, iterations = newton(partial(diagonal, x), np.zeros_like(x), a_0)
    params = RNNParams(np.eye(7), 0.8 * np.eye(7), np.zeros((7, 1)))
    expected, _, _ = rnn_forward(params, x, (a_0,))
    np.testing.assert_allclose(a, expected, rtol=0, atol=1e-12)
    assert iterations < 20


def test_newton_needs_one_more_iteration_for_each_wrong_step_at_most():
    # after k iterations the first k states are right, whatever the guess
    _, x, a_0, _ = draw(T=6)
    wild = np.full_like(x, 1e3)
    a, iterations = newton(partial(diagonal, x), wild, a_0)
    assert iterations <= 7
    expected, _ = newton(partial(diagonal, x), np.zeros_like(x), a_0)
    np.testing.assert_allclose(a, expected, rtol=0, atol=1e-12)


def test_a_wider_tolerance_stops_newton_earlier():
    _, x, a_0, _ = draw(T=200)
    step, guess = partial(diagonal, x), np.zeros_like(x)
    exact, all_iterations = newton(step, guess, a_0)
    near, iterations = newton(step, guess, a_0, tolerance=1e-2)
    assert iterations < all_iterations
    assert 0 < abs(near - exact).max() < 1e-2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_newton_settles_in_either_type(dtype):
    _, x, a_0, _ = draw(T=50, dtype=dtype)
    a, iterations = newton(lambda a_prev: diagonal(x, a_prev, dtype(0.8)), np.zeros_like(x), a_0)
    assert a.dtype == dtype
    assert iterations < 10


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("times", "expected"), [(64, 1), (65, 2)])
def test_newton_stops_when_states_change_by_64_rounding_errors_at_most(dtype, times, expected):
    guess = np.full((3, 1, 1), times * np.finfo(dtype).eps, dtype)
    assert newton(lambda a_prev: (0 * a_prev, 0 * a_prev), guess)[1] == expected


def test_states_that_do_not_settle_are_told():
    _, x, a_0, _ = draw(T=200)
    step = partial(diagonal, x, gain=4.0)
    with pytest.raises(
        ValueError, match=r"expected states that settle within 3 iterations, .*loop"
    ):
        newton(step, np.zeros_like(x), a_0, most=3)


@pytest.mark.parametrize("scan", SCANS)
def test_what_does_not_fit_is_named(scan):
    f, s, a_0, da = draw()
    with pytest.raises(ValueError, match=r"expected s \(13, 7, 2\) of floats, got .*\(12, 7, 2\)"):
        scan(f, s[1:], a_0)
    with pytest.raises(ValueError, match=r"expected a_0 \(7, 2\) of floats, got ndarray \(7, 1\)"):
        scan(f, s, a_0[:, :1])
    with pytest.raises(ValueError, match=r"expected f \(T, n_a, m\) of floats"):
        scan(f[0], s, a_0)
    with pytest.raises(ValueError, match=r"expected da \(13, 7, 2\) of floats"):
        scan_backward(f, s, da[1:], a_0)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("wide", range(3))
def test_the_widest_type_wins(scan, wide):
    arguments = draw(dtype=np.float32)[:3]
    arguments[wide] = arguments[wide].astype(float)
    assert scan(*arguments).dtype == np.float64


@pytest.mark.parametrize(
    ("given", "kind"), [([[[1.0]]], "list"), (np.ma.ones((1, 1, 1)), "Masked")]
)
def test_what_is_no_array_is_named(given, kind):
    with pytest.raises(ValueError, match=rf"of floats, got {kind}\w*, not ndarray$"):
        scan_loop(given, np.ones((1, 1, 1)))


def test_a_linear_recurrence_takes_newton_one_iteration_and_one_to_see_it():
    f, s, a_0, _ = draw(T=20)
    guess = np.zeros_like(s)

    def step(a_prev):
        return f * a_prev + s, f

    a, iterations = newton(step, guess, a_0, most=2)
    assert iterations == 2
    assert newton(step, a, a_0, most=1)[1] == 1  # it was solved already
    with pytest.raises(ValueError, match="within 1 iterations"):
        newton(step, guess, a_0, most=1)
    still, _ = newton(lambda a_prev: (0 * a_prev + 1, 0 * a_prev), guess, a_0, tolerance=0.0)
    np.testing.assert_array_equal(still, np.ones_like(s))


def test_newton_without_steps_and_without_an_end():
    empty = np.zeros((0, 3, 2))
    assert newton(partial(diagonal, empty), empty)[0].shape == (0, 3, 2)
    x = np.arange(2.0).reshape(2, 1, 1)

    def turn(a_prev):  # each guess is as wrong as the one before
        return a_prev + 1 + rng.random(a_prev.shape), 0 * a_prev

    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"within 100 iterations.*use a loop$"):
        newton(turn, x)
