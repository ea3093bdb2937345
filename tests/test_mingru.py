"""The minGRU does what docs/mingru.md says. What all cells share: test_cells.py."""

import math

import numpy as np
import pytest

from snippets.mingru import (
    MinGRUParams,
    MinGRUState,
    init_mingru,
    mingru_backward,
    mingru_forward,
    mingru_scan,
    mingru_step,
)
from snippets.scan import scan_doubling, scan_loop, scan_tree
from tests.nested import arrays, assert_equal

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike
SCANS = [scan_loop, scan_doubling, scan_tree]


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(**SIZES)
    mingru_step(params, x[0], state_0)
    mingru_scan(params, x, state_0, scan=scan_doubling)
    a, _, tape = mingru_forward(params, x, state_0)
    mingru_backward(params, tape, np.random.default_rng(1).normal(size=a.shape))


def draw(n_x=3, m=2, n_a=7, T=13, dtype=np.float64):
    """Draw weights (biases too), a sequence and an initial state."""
    rng = np.random.default_rng(0)
    params = init_mingru(rng, n_x, n_a)
    params = params._make((w + rng.normal(scale=0.5, size=w.shape)).astype(dtype) for w in params)
    x, a_0 = rng.normal(size=(T, n_x, m)), rng.normal(size=(n_a, m))
    return params, x.astype(dtype), MinGRUState(a_0.astype(dtype))


def logistic(z):
    return 1 / (1 + math.exp(-z))


def test_a_step_by_hand():
    # two units, one input; x = 3, a_prev = [2, -1]
    params = MinGRUParams(
        W_u=np.array([[1.0], [-1.0]]),  # 3, -3
        b_u=np.array([[-3.0], [5.0]]),  # 0, 2
        W_c=np.array([[2.0], [0.0]]),  # 6, 0
        b_c=np.array([[-2.0], [4.0]]),  # 4, 4
    )
    before = MinGRUState(np.array([[2.0], [-1.0]]))
    state, values = mingru_step(params, np.array([[3.0]]), before)
    u = logistic(2)
    np.testing.assert_allclose(values.gamma_u.ravel(), [0.5, u], rtol=1e-15)
    np.testing.assert_array_equal(values.c_tilde.ravel(), [4, 4])
    np.testing.assert_allclose(state.a.ravel(), [3, 5 * u - 1], rtol=1e-15)


def test_a_gradient_by_hand():
    # one unit: the gate is 1/2, the candidate 3, the old state 1, so the new one is 2
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    params = MinGRUParams(zero, zero, zero, 3 * one)
    _, _, tape = mingru_forward(params, 2 * one[None], MinGRUState(one))
    d_params, dx, d_state_0 = mingru_backward(params, tape, 8 * one[None])
    # of 8, half goes to the old state and half to the candidate; the gate gets 8 * (3 - 1) / 4
    assert_equal(d_params, MinGRUParams(8 * one, 4 * one, 8 * one, 4 * one))
    assert_equal((dx, d_state_0), (zero[None], MinGRUState(4 * one)))


@pytest.mark.parametrize(("bias", "kept"), [(-800.0, True), (800.0, False)])
def test_a_gate_at_its_extremes_keeps_the_state_or_takes_the_candidate(bias, kept):
    params, x, state_0 = draw()
    params = params._replace(W_u=np.zeros((7, 3)), b_u=np.full((7, 1), bias))
    a, _, _ = mingru_forward(params, x, state_0)
    candidates = params.W_c @ x + params.b_c
    expected = np.broadcast_to(state_0.a, a.shape) if kept else candidates
    np.testing.assert_allclose(a, expected, rtol=1e-12)


def test_the_state_is_a_mean_of_the_candidates_weighted_by_what_was_kept():
    params, x, state_0 = draw()
    a, _, _ = mingru_forward(params, x, state_0)
    for k, i in np.ndindex(2, 7):
        weights, values = [1.0], [state_0.a[i, k]]
        for x_t in x:
            u = logistic(params.W_u[i] @ x_t[:, k] + params.b_u[i, 0])
            weights = [w * (1 - u) for w in weights] + [u]
            values.append(params.W_c[i] @ x_t[:, k] + params.b_c[i, 0])
        assert math.isclose(math.fsum(weights), 1, rel_tol=1e-12)
        mean = math.fsum(w * v for w, v in zip(weights, values, strict=True))
        assert math.isclose(a[-1, i, k], mean, rel_tol=1e-10)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("T", [0, 1, 2, 13, 2000])
@pytest.mark.parametrize("bias", [-30.0, 0.0, 30.0])
def test_the_scan_gives_the_states_and_the_gradient_of_the_steps(scan, T, bias):
    params, x, state_0 = draw(T=T)
    params = params._replace(b_u=params.b_u + bias)
    a, state_T, tape = mingru_forward(params, x, state_0)
    found, found_T, found_tape = mingru_scan(params, x, state_0, scan=scan)
    near = {"rtol": 1e-12, "atol": 1e-12 * abs(a).max(initial=1)}
    np.testing.assert_allclose(found, a, **near)
    np.testing.assert_allclose(found_T.a, state_T.a, **near)
    da = np.random.default_rng(2).normal(size=a.shape)
    expected = arrays(mingru_backward(params, tape, da))
    for one, other in zip(arrays(mingru_backward(params, found_tape, da)), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-11 * abs(other).max(initial=1))


def test_the_scan_returns_what_is_its_own():
    params, x, state_0 = draw()
    a, state_T, tape = mingru_scan(params, x, state_0, scan=scan_tree)
    kept = [array for it in (*tape.states, *tape.values) for array in it]
    for array in (*params, x, *state_0, a, *state_T):
        assert not any(np.shares_memory(array, other) for other in kept)
    assert not any(np.shares_memory(x, array) for array in (a, *state_T))


def test_the_scan_keeps_float32_and_names_what_does_not_fit():
    params, x, state_0 = draw(dtype=np.float32)
    a, state_T, _ = mingru_scan(params, x, state_0, scan=scan_doubling)
    assert a.dtype == state_T.a.dtype == np.float32
    with pytest.raises(ValueError, match=r"expected x \(T, 3, m\) of floats, got ndarray"):
        mingru_scan(params, x[0], state_0, scan=scan_loop)
    with pytest.raises(ValueError, match=r"expected state.a \(7, 2\) of floats, got ndarray"):
        mingru_scan(params, x, MinGRUState(state_0.a[:, :1]), scan=scan_loop)


@pytest.mark.parametrize("seed", range(3))
def test_an_untrained_gate_is_as_open_as_its_bias_says(seed):
    rng = np.random.default_rng(seed)
    params = init_mingru(rng, 50, 400, update_bias=-2.0)
    _, _, tape = mingru_forward(params, rng.normal(size=(1, 50, 40)))
    assert np.median(tape.values[0].gamma_u) == pytest.approx(logistic(-2), rel=0.05)
    assert np.std(tape.values[0].c_tilde) == pytest.approx(1, rel=0.1)
