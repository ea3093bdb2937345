"""The plain cell does what docs/rnn.md says. What all cells share: test_cells.py."""

import math

import numpy as np
import pytest

from snippets.rnn import RNNParams, RNNState, init_rnn, rnn_backward, rnn_forward, rnn_step

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_x, m, n_a, T = SIZES.values()
    rng = np.random.default_rng(0)
    params = init_rnn(rng, n_x, n_a)._replace(b_a=rng.normal(size=(n_a, 1)))
    state_0 = RNNState(rng.normal(size=(n_a, m)))
    a, _, tape = rnn_forward(params, rng.normal(size=(T, n_x, m)), state_0)
    rnn_backward(params, tape, rng.normal(size=a.shape))
    rnn_step(params, rng.normal(size=(n_x, m)), state_0)


# claim R2
def test_a_step_by_hand():
    # two units, one input: z = [2*1 + (1*3 - 1*2) + 0, -1*1 + (0*3 + 2*2) - 2] = [3, 1]
    params = RNNParams(
        W_ax=np.array([[2.0], [-1.0]]),
        W_aa=np.array([[1.0, -1.0], [0.0, 2.0]]),
        b_a=np.array([[0.0], [-2.0]]),
    )
    state, values = rnn_step(params, np.array([[1.0]]), RNNState(np.array([[3.0], [2.0]])))
    np.testing.assert_allclose(state.a, [[math.tanh(3)], [math.tanh(1)]], rtol=1e-15)
    np.testing.assert_array_equal(values.x_t, [[1.0]])


def test_without_recurrent_weights_the_past_is_gone():
    rng = np.random.default_rng(0)
    params = init_rnn(rng, 3, 7)._replace(W_aa=np.zeros((7, 7)), b_a=rng.normal(size=(7, 1)))
    x = rng.normal(size=(5, 3, 2))
    a, _, _ = rnn_forward(params, x, RNNState(rng.normal(size=(7, 2))))
    for a_t, x_t in zip(a, x, strict=True):
        np.testing.assert_allclose(a_t, np.tanh(params.W_ax @ x_t + params.b_a), rtol=1e-12)


def test_small_weights_make_it_linear():
    # tanh z = z - z**3 / 3 ...: at z of order 1e-5 the cube is lost in float64
    rng = np.random.default_rng(1)
    W_ax, W_aa = 1e-6 * rng.normal(size=(7, 3)), 0.1 * np.eye(7)
    x = rng.normal(size=(4, 3, 2))
    _, state_T, _ = rnn_forward(
        RNNParams(W_ax, W_aa, np.zeros((7, 1))), x, RNNState(np.zeros((7, 2)))
    )
    closed = sum(0.1 ** (3 - k) * (W_ax @ x_k) for k, x_k in enumerate(x))
    # where the sums nearly cancel, the cubes, each below 1e-15, are what is left
    np.testing.assert_allclose(state_T.a, closed, rtol=1e-9, atol=1e-15)


# claim R3
def test_the_arrays_agree_with_scalar_loops():
    rng = np.random.default_rng(2)
    n_x, m, n_a, T = 3, 2, 4, 5
    W_ax, W_aa, b_a = params = init_rnn(rng, n_x, n_a)._replace(b_a=rng.normal(size=(n_a, 1)))
    x, a_0 = rng.normal(size=(T, n_x, m)), rng.normal(size=(n_a, m))
    a, _, _ = rnn_forward(params, x, RNNState(a_0))
    for example in range(m):
        before = [a_0[i, example] for i in range(n_a)]
        for t in range(T):
            now = []
            for i in range(n_a):
                z = b_a[i, 0]
                z += sum(W_ax[i, j] * x[t, j, example] for j in range(n_x))
                z += sum(W_aa[i, j] * before[j] for j in range(n_a))
                now.append(math.tanh(z))
            np.testing.assert_allclose(a[t, :, example], now, rtol=1e-12)
            before = now


def test_one_unit_gradient_by_hand():
    # a_1 = tanh(w * 0 + u * 1), a_2 = tanh(w * a_1); L = a_2
    u, w = 0.5, 2.0
    params = RNNParams(np.array([[u]]), np.array([[w]]), np.zeros((1, 1)))
    x = np.array([[[1.0]], [[0.0]]])
    _, _, tape = rnn_forward(params, x, RNNState(np.zeros((1, 1))))
    d_params, dx, d_state_0 = rnn_backward(params, tape, np.array([[[0.0]], [[1.0]]]))
    a_1 = math.tanh(u)
    a_2 = math.tanh(w * a_1)
    dz_2 = 1 - a_2**2
    dz_1 = (1 - a_1**2) * w * dz_2
    assert d_params.W_ax[0, 0] == pytest.approx(dz_1, rel=1e-14)
    assert d_params.W_aa[0, 0] == pytest.approx(dz_2 * a_1, rel=1e-14)
    assert d_params.b_a[0, 0] == pytest.approx(dz_1 + dz_2, rel=1e-14)
    assert dx.ravel() == pytest.approx([u * dz_1, u * dz_2], rel=1e-14)
    assert d_state_0.a[0, 0] == pytest.approx(w * dz_1, rel=1e-14)


def test_weights_keep_the_scale_of_what_they_multiply():
    W_ax, W_aa, b_a = init_rnn(np.random.default_rng(0), 100, 400)
    # 40000 and 160000 draws: the spread of their standard deviation is below 0.4 %
    assert W_ax.std() == pytest.approx(1 / 10, rel=0.02)
    assert W_aa.std() == pytest.approx(1 / 20, rel=0.02)
    assert not b_a.any()
