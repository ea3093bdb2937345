"""The sLSTM does what docs/slstm.md says. What all cells share: test_cells.py."""

import math

import numpy as np
import pytest

from snippets.slstm import (
    SLSTMParams,
    SLSTMState,
    init_slstm,
    sigmoid,
    slstm_backward,
    slstm_forward,
    slstm_step,
)
from tests.numeric import error

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(**SIZES)
    slstm_step(params, x[0], state_0)
    a, _, tape = slstm_forward(params, x, state_0)
    slstm_backward(params, tape, np.random.default_rng(1).normal(size=a.shape))


def draw(n_x=3, m=2, n_a=7, T=13):
    """Draw weights (biases too), a sequence and an initial state."""
    rng = np.random.default_rng(0)
    params = init_slstm(rng, n_x, n_a)
    params = params._make(w + rng.normal(scale=0.5, size=w.shape) for w in params)
    return params, rng.normal(size=(T, n_x, m)), SLSTMState(*rng.normal(size=(3, n_a, m)))


def only_biases(n_a=1, n_x=1, **biases):
    """Return a cell without weights: its gates depend on biases alone."""
    W, b = np.zeros((n_a, n_a + n_x)), np.zeros((n_a, 1))
    params = SLSTMParams(*[W, b] * 4)
    return params._replace(**{name: b + value for name, value in biases.items()})


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_a_weighted_mean_by_hand():
    # three readings of weight 1, then one of weight 97: (81 + 80 + 79 + 97 * 77.2) / 100
    state = SLSTMState(column(0), column(80.0), column(math.log(3)))
    params = only_biases(b_f=40.0, b_u=math.log(97), b_c=math.atanh(0.772), b_o=40.0)
    scaled = state._replace(c=state.c / 100)  # a candidate is below 1
    after, values = slstm_step(params, column(0), scaled)
    assert values.gamma_u.item() == pytest.approx(0.97, rel=1e-14)
    assert after.c.item() * 100 == pytest.approx((240 + 97 * 77.2) / 100, rel=1e-14)
    assert math.exp(after.log_n.item()) == pytest.approx(100, rel=1e-14)
    assert after.a.item() == pytest.approx(after.c.item(), rel=1e-14)


def papers_form(params, x, state_0):
    """Compute the sums of the paper, scalar by scalar and without a stabiliser."""
    W_f, b_f, W_u, b_u, W_c, b_c, W_o, b_o = params
    T, _, m = x.shape
    a = np.empty((T, len(b_f), m))
    for k in range(m):
        hidden = list(state_0.a[:, k])
        weight = [math.exp(it) for it in state_0.log_n[:, k]]
        total = [n * c for n, c in zip(weight, state_0.c[:, k], strict=True)]
        for t in range(T):
            read = [*hidden, *x[t, :, k]]
            hidden = []
            for i in range(len(b_f)):

                def z(W, b, i=i, read=read):
                    return math.fsum(w * r for w, r in zip(W[i], read, strict=True)) + b[i, 0]

                forget, update = 1 / (1 + math.exp(-z(W_f, b_f))), math.exp(z(W_u, b_u))
                total[i] = forget * total[i] + update * math.tanh(z(W_c, b_c))
                weight[i] = forget * weight[i] + update
                hidden.append(total[i] / weight[i] / (1 + math.exp(-z(W_o, b_o))))
            a[t, :, k] = hidden
    return a


def test_the_hidden_states_are_those_of_the_papers_form():
    given = draw()
    a, _, _ = slstm_forward(*given)
    np.testing.assert_allclose(a, papers_form(*given), rtol=1e-12)


def test_from_no_weight_at_all_the_first_candidate_is_taken_whole():
    params, x, state_0 = draw()
    empty = state_0._replace(log_n=np.full((7, 2), -np.inf))
    state, values = slstm_step(params, x[0], empty)
    np.testing.assert_array_equal(values.gamma_u, np.ones((7, 2)))
    np.testing.assert_array_equal(state.c, values.c_tilde)
    a, _, tape = slstm_forward(params, x, empty)
    d_params, _, d_state_0 = slstm_backward(params, tape, np.ones_like(a))
    assert all(np.isfinite(it).all() for it in (*d_params, *d_state_0))
    # weights of a mean may all be multiplied by one number: b_u has no slope
    assert abs(d_params.b_u).max() < 1e-14 * abs(d_params.b_f).max()


@pytest.mark.parametrize("bias", [-2000.0, 2000.0])
def test_no_exponential_overflows(bias):
    params, x, state_0 = draw()
    for name in ("b_f", "b_u"):
        changed = params._replace(**{name: np.full((7, 1), bias)})
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            a, _, tape = slstm_forward(changed, x, state_0)
            d_params, dx, d_state_0 = slstm_backward(changed, tape, np.ones_like(a))
        assert all(np.isfinite(it).all() for it in (a, *d_params, dx, *d_state_0))


def test_with_a_closed_forget_gate_the_memory_is_the_candidate():
    params, x, state_0 = draw()
    params = params._replace(W_f=np.zeros((7, 10)), b_f=np.full((7, 1), -800.0))
    _, _, tape = slstm_forward(params, x, state_0)
    for state, values in zip(tape.states[1:], tape.values, strict=True):
        np.testing.assert_allclose(state.c, values.c_tilde, rtol=1e-12)


def test_nothing_forgotten_and_equal_weights_are_a_running_mean():
    params = only_biases(b_f=800.0, b_o=800.0)._replace(W_c=np.array([[0.0, 1.0]]))
    x = np.random.default_rng(0).normal(size=(9, 1, 1))
    empty = SLSTMState(column(0), column(0), column(-np.inf))
    a, _, _ = slstm_forward(params, x, empty)
    means = [math.fsum(np.tanh(x[: t + 1]).ravel()) / (t + 1) for t in range(9)]
    # a share is rounded by eps times log n, at most log 9, at each of 9 steps; a mean may be near 0
    room = 9 * (2 + math.log(9)) * np.finfo(float).eps
    np.testing.assert_allclose(a.ravel(), means, rtol=0, atol=room)


def test_a_gradient_by_hand():
    # one unit, weight 1 on a memory of 0; new weight 1 on a candidate of 1/2: share 1/2, c = 1/4
    params = only_biases(b_f=800.0, b_c=math.atanh(0.5), b_o=0.0)
    start = SLSTMState(column(0), column(0), column(0))
    _, state_T, tape = slstm_forward(params, np.zeros((1, 1, 1)), start)
    assert state_T.c.item() == pytest.approx(0.25, rel=1e-14)
    d_params, _, d_state_0 = slstm_backward(params, tape, np.full((1, 1, 1), 16.0))
    # of 16, the gate of 1/2 hands 8 to c; the candidate has half of it, times 1 - 1/4;
    # the share moves by 1/4 for each nat of the new weight, and c by half of that
    expected = [(d_params.b_o, 1), (d_params.b_c, 3), (d_params.b_u, 1)]
    expected += [(d_state_0.c, 4), (d_state_0.log_n, -1)]
    for got, wanted in expected:
        assert got.item() == pytest.approx(wanted, rel=1e-14)
    assert d_params.b_f.item() == 0  # the gate is fully open


@pytest.mark.parametrize("seed", range(3))
def test_the_weights_may_all_be_multiplied(seed):
    # a shift of all log weights changes no hidden state, so the slopes along it add up to zero
    rng = np.random.default_rng(seed)
    params, x, state_0 = draw()
    shifted = state_0._replace(log_n=state_0.log_n + 3)
    louder = params._replace(b_u=params.b_u + 3)
    a, _, tape = slstm_forward(params, x, state_0)
    # weights are rounded by eps times their logarithms, here below 20, at each of 13 steps, and
    # the mean of candidates below 1 may nearly cancel
    again = slstm_forward(louder, x, shifted)[0]
    np.testing.assert_allclose(again, a, rtol=1e-12, atol=13 * 20 * np.finfo(float).eps)
    d_params, _, d_state_0 = slstm_backward(params, tape, rng.normal(size=a.shape))
    assert error(-d_params.b_u, d_state_0.log_n.sum(axis=1, keepdims=True)) < 1e-12


def test_sigmoid_at_its_extremes():
    np.testing.assert_array_equal(sigmoid(np.array([-800.0, 0.0, 800.0])), [0, 0.5, 1])
