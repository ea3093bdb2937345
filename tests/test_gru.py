"""The GRU does what docs/gru.md says. What all cells share: test_cells.py."""

import math

import numpy as np
import pytest

from snippets.gru import (
    GRUParams,
    GRUState,
    gru_backward,
    gru_forward,
    gru_step,
    init_gru,
    sigmoid,
)
from snippets.rnn import RNNParams, RNNState, rnn_forward

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike
SHUT, OPEN = -40.0, 40.0  # a gate with this bias, and no weights, is 0 or 1 in float64


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(*SIZES.values())
    gru_step(params, x[0], state_0)
    a, _, tape = gru_forward(params, x, state_0)
    gru_backward(params, tape, np.random.default_rng(1).normal(size=a.shape))


def draw(n_x=3, m=2, n_a=7, T=13):
    """Draw weights (biases too), a sequence and an initial state."""
    rng = np.random.default_rng(0)
    params = init_gru(rng, n_x, n_a)
    params = params._make(w + rng.normal(scale=0.5, size=w.shape) for w in params)
    return params, rng.normal(size=(T, n_x, m)), GRUState(rng.normal(size=(n_a, m)))


def hold(params, **gates):
    """Replace gates (u, r) by constants: no weights, one bias."""
    for name, bias in gates.items():
        kept = params._asdict()
        constants = {f"{w}_{name}": np.zeros_like(kept[f"{w}_{name}"]) for w in "WU"}
        constants[f"b_{name}"] = np.full_like(kept[f"b_{name}"], bias)
        params = params._replace(**constants)
    return params


def logistic(z):
    return 1 / (1 + math.exp(-z))


# claims G4, G5, G6, G7
def test_a_step_by_hand():
    # two units, one input; x = 3, a_prev = [2, -1]
    params = GRUParams(
        W_u=np.array([[1.0], [0.0]]),  # 3, 0
        U_u=np.array([[0.0, 2.0], [1.0, 0.0]]),  # -2, 2
        b_u=np.array([[-1.0], [1.0]]),  # 0, 3
        W_r=np.array([[0.0], [1.0]]),  # 0, 3
        U_r=np.array([[1.0, 1.0], [-1.0, 1.0]]),  # 1, -3
        b_r=np.array([[1.0], [-1.0]]),  # 2, -1
        W_c=np.array([[1.0], [2.0]]),  # 3, 6
        U_c=np.array([[0.0, 3.0], [-2.0, 1.0]]),
        b_c=np.array([[-2.0], [-4.0]]),
    )
    state, values = gru_step(params, np.array([[3.0]]), GRUState(np.array([[2.0], [-1.0]])))
    u_1, u_2, r_1, r_2 = (logistic(z) for z in (0, 3, 2, -1))
    c_1 = math.tanh(3 + 3 * (-r_2) - 2)
    c_2 = math.tanh(6 + (-2 * 2 * r_1 - r_2) - 4)
    expected = [(values.gamma_u, [u_1, u_2]), (values.gamma_r, [r_1, r_2])]
    expected += [(values.c_tilde, [c_1, c_2]), (values.x_t, [3])]
    expected += [(state.a, [(1 - u_1) * 2 + u_1 * c_1, -(1 - u_2) + u_2 * c_2])]
    for got, wanted in expected:
        np.testing.assert_allclose(got.ravel(), wanted, rtol=1e-14)


# claim G10
def test_a_shut_update_gate_keeps_everything():
    params, x, start = draw()
    params = hold(params, u=SHUT)
    a, state_T, tape = gru_forward(params, x, start)
    np.testing.assert_array_equal(a, np.broadcast_to(start.a, a.shape))
    _, dx, d_start = gru_backward(params, tape, np.zeros_like(a), state_T)
    np.testing.assert_allclose(d_start.a, start.a, rtol=1e-14)
    assert abs(dx).max() < 1e-14  # the inputs cannot get in


# claim G10
def test_both_gates_open_make_an_rnn():
    params, x, start = draw()
    a, _, _ = gru_forward(hold(params, u=OPEN, r=OPEN), x, start)
    plain = RNNParams(params.W_c, params.U_c, params.b_c)
    a_plain, _, _ = rnn_forward(plain, x, RNNState(start.a))
    np.testing.assert_allclose(a, a_plain, rtol=1e-13, atol=2e-15)  # sums of order 1 nearly cancel


# claims G10, F8
def test_a_shut_reset_gate_hides_the_past_from_the_candidate():
    params, x, start = draw()
    _, values = gru_step(hold(params, r=SHUT), x[0], start)
    expected = np.tanh(params.W_c @ x[0] + params.b_c)
    np.testing.assert_allclose(values.c_tilde, expected, rtol=1e-13)


# claims G3, G6
def test_the_activation_lies_between_the_old_one_and_the_candidate():
    params, x, start = draw()
    _, _, tape = gru_forward(params, x, GRUState(5 * start.a))
    for before, after, values in zip(tape.states, tape.states[1:], tape.values, strict=False):
        low, high = np.sort([before.a, values.c_tilde], axis=0)
        # the gate, two products and their sum are rounded, each by eps / 2 of at most `room`
        room = 2 * np.finfo(float).eps * np.maximum(abs(low), abs(high))
        assert ((low - room <= after.a) & (after.a <= high + room)).all()
        assert (after.a != before.a).any()


# claims G8, G9
def test_the_arrays_agree_with_scalar_loops():
    n_x, m, n_a, T = 3, 2, 4, 5
    params, x, start = draw(n_x, m, n_a, T)
    W_u, U_u, b_u, W_r, U_r, b_r, W_c, U_c, b_c = params
    a, _, _ = gru_forward(params, x, start)

    def total(W, U, b, i, x_t, seen):
        z = b[i, 0] + sum(W[i, j] * x_t[j] for j in range(n_x))
        return z + sum(U[i, j] * seen[j] for j in range(n_a))

    for example in range(m):
        before = list(start.a[:, example])
        for t in range(T):
            x_t = x[t, :, example]
            r = [logistic(total(W_r, U_r, b_r, i, x_t, before)) for i in range(n_a)]
            u = [logistic(total(W_u, U_u, b_u, i, x_t, before)) for i in range(n_a)]
            seen = [r[i] * before[i] for i in range(n_a)]
            new = [math.tanh(total(W_c, U_c, b_c, i, x_t, seen)) for i in range(n_a)]
            before = [u[i] * new[i] + before[i] - u[i] * before[i] for i in range(n_a)]
            np.testing.assert_allclose(a[t, :, example], before, rtol=1e-12)


def test_one_unit_gradient_by_hand():
    # every weight 1, every bias 0, a_0 = 2, x = 1; L = a_1
    ones, zero = np.ones((1, 1)), np.zeros((1, 1))
    params = GRUParams(ones, ones, zero, ones, ones, zero, ones, ones, zero)
    _, _, tape = gru_forward(params, ones[None], GRUState(2 * ones))
    d_params, dx, d_start = gru_backward(params, tape, ones[None])
    gate = logistic(3)
    new = math.tanh(1 + 2 * gate)
    z_u = (new - 2) * gate * (1 - gate)
    z_c = gate * (1 - new**2)
    z_r = z_c * 2 * gate * (1 - gate)
    expected = [z_u, 2 * z_u, z_u, z_r, 2 * z_r, z_r, z_c, 2 * gate * z_c, z_c]
    assert [float(d[0, 0]) for d in d_params] == pytest.approx(expected, rel=1e-13)
    assert dx[0, 0, 0] == pytest.approx(z_u + z_r + z_c, rel=1e-13)
    assert d_start.a[0, 0] == pytest.approx(1 - gate + z_u + z_r + gate * z_c, rel=1e-13)


def test_the_sigmoid_neither_overflows_nor_leaves_zero_and_one():
    z = np.array([-1e308, -800.0, -1.0, 0.0, 1.0, 800.0, 1e308])
    expected = [0, 0, logistic(-1), 0.5, logistic(1), 1, 1]
    np.testing.assert_allclose(sigmoid(z), expected, rtol=1e-15)


def test_the_update_bias_is_chosen():
    params = init_gru(np.random.default_rng(0), 3, 7, update_bias=-2.5)._asdict()
    assert set(params["b_u"].ravel()) == {-2.5}
    assert not any(params[name].any() for name in ("b_r", "b_c"))


def test_weights_keep_the_scale_of_what_they_multiply():
    params = init_gru(np.random.default_rng(0), 100, 400)._asdict()
    # 40000 and 160000 draws: the spread of their standard deviation is below 0.4 %
    for gate in "urc":
        assert params[f"W_{gate}"].std() == pytest.approx(1 / 10, rel=0.02)
        assert params[f"U_{gate}"].std() == pytest.approx(1 / 20, rel=0.02)
        assert not params[f"b_{gate}"].any()
    kinds = ["W_u", "W_r", "W_c"], ["U_u", "U_r", "U_c"]
    for one, two, three in kinds:  # each drawn separately
        assert (params[one] != params[two]).all()
        assert (params[two] != params[three]).all()
