"""The peephole LSTM does what docs/peephole.md says. What all cells share: test_cells.py."""

import math
import re

import numpy as np
import pytest

from snippets.lstm import LSTMParams, LSTMState, init_lstm, lstm_backward, lstm_forward
from snippets.peephole import (
    PeepholeParams,
    PeepholeState,
    init_peephole,
    peephole_backward,
    peephole_forward,
    peephole_step,
)

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike
SHUT, OPEN = -40.0, 40.0  # a gate with this bias, and no weights, is 0 or 1 in float64


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(*SIZES.values())
    peephole_step(params, x[0], state_0)
    a, _, tape = peephole_forward(params, x, state_0)
    peephole_backward(params, tape, np.random.default_rng(1).normal(size=a.shape))


def draw(n_x=3, m=2, n_a=7, T=13):
    """Draw weights (biases and peepholes too), a sequence and an initial state."""
    rng = np.random.default_rng(0)
    params = init_peephole(rng, n_x, n_a)
    params = params._make(w + rng.normal(scale=0.5, size=w.shape) for w in params)
    x, a, c = (rng.normal(size=shape) for shape in [(T, n_x, m), (n_a, m), (n_a, m)])
    return params, x, PeepholeState(a, c)


def logistic(z):
    return 1 / (1 + math.exp(-z))


def one_unit(b_f=0.0, b_u=0.0, b_c=0.0, b_o=0.0, p_f=0.0, p_u=0.0, p_o=0.0):
    """Build a unit that hears neither its input nor its activation."""
    none = np.zeros((1, 2))
    weights = (none, b_f, none, b_u, none, b_c, none, b_o, p_f, p_u, p_o)
    return PeepholeParams(*(np.reshape(w, (1, 1)) if w is not none else w for w in weights))


def test_a_step_by_hand():
    # two units, one input; [a_prev, x] = [2, -1, 3], c_prev = [2, -1]
    params = PeepholeParams(
        W_f=np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),  # 2, 3
        b_f=np.array([[-2.0], [0.0]]),  # 0, 3
        W_u=np.array([[0.0, 2.0, 1.0], [1.0, 1.0, 0.0]]),  # 1, 1
        b_u=np.array([[0.0], [1.0]]),  # 1, 2
        W_c=np.array([[1.0, 1.0, 0.0], [1.0, -1.0, -1.0]]),  # 1, 0
        b_c=np.array([[-3.0], [4.0]]),  # -2, 4
        W_o=np.array([[0.0, 1.0, 1.0], [2.0, 2.0, 0.0]]),  # 2, 2
        b_o=np.array([[3.0], [-3.0]]),  # 5, -1
        p_f=np.array([[1.0], [2.0]]),  # 2, 1
        p_u=np.array([[-2.0], [3.0]]),  # -3, -1
        p_o=np.array([[-4.0], [5.0]]),
    )
    before = PeepholeState(a=np.array([[2.0], [-1.0]]), c=np.array([[2.0], [-1.0]]))
    state, values = peephole_step(params, np.array([[3.0]]), before)
    gamma_f, gamma_u = ([logistic(z) for z in pair] for pair in ((2, 1), (-3, -1)))
    c_tilde = math.tanh(-2), math.tanh(4)
    c = [f * c + u * new for f, c, u, new in zip(gamma_f, (2, -1), gamma_u, c_tilde, strict=True)]
    gamma_o = logistic(5 - 4 * c[0]), logistic(-1 + 5 * c[1])
    np.testing.assert_array_equal(values.a_x, [[2], [-1], [3]])
    expected = [(values.gamma_f, gamma_f), (values.gamma_u, gamma_u), (values.gamma_o, gamma_o)]
    expected += [(values.c_tilde, c_tilde), (state.c, c), (values.tanh_c, np.tanh(c))]
    expected += [(state.a, [o * math.tanh(k) for o, k in zip(gamma_o, c, strict=True)])]
    for got, wanted in expected:  # tanh differs by an ulp, and gamma_o sees c five times over
        np.testing.assert_allclose(got.ravel(), wanted, rtol=1e-14)


def test_without_peepholes_it_is_the_lstm():
    params, x, state_0 = draw()
    shut = params._replace(**{f"p_{gate}": np.zeros((7, 1)) for gate in "fuo"})
    plain = LSTMParams(*params[:8])
    a, state_T, tape = peephole_forward(shut, x, state_0)
    a_lstm, state_T_lstm, tape_lstm = lstm_forward(plain, x, LSTMState(*state_0))
    np.testing.assert_array_equal(a, a_lstm)
    np.testing.assert_array_equal(state_T, state_T_lstm)
    last = PeepholeState(np.ones((7, 2)), np.full((7, 2), 2.0))
    d_params, dx, d_state_0 = peephole_backward(shut, tape, np.cos(a), last)
    d_plain, dx_lstm, d_state_0_lstm = lstm_backward(plain, tape_lstm, np.cos(a), LSTMState(*last))
    for ours, theirs in zip(
        (*d_params[:8], dx, *d_state_0), (*d_plain, dx_lstm, *d_state_0_lstm), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert all(d_params._asdict()[f"p_{gate}"].any() for gate in "fuo")  # they could open


def test_a_fresh_cell_is_a_fresh_lstm():
    fresh = init_peephole(np.random.default_rng(0), 3, 7)
    for ours, theirs in zip(fresh, init_lstm(np.random.default_rng(0), 3, 7), strict=False):
        np.testing.assert_array_equal(ours, theirs)
    for name in ("p_f", "p_u", "p_o"):
        np.testing.assert_array_equal(fresh._asdict()[name], np.zeros((7, 1)))
    biased = init_peephole(np.random.default_rng(0), 3, 7, forget_bias=2.5)
    np.testing.assert_array_equal(biased.b_f, np.full((7, 1), 2.5))


# claim L10
def test_forget_and_update_gate_see_the_old_memory_and_the_output_gate_the_new():
    # the old memory is 2; the forget gate is shut, so the new one is u * tanh(b_c) = 0.5 * 0.5
    before = PeepholeState(np.zeros((1, 1)), np.array([[2.0]]))
    cell = one_unit(b_f=SHUT, b_c=math.atanh(0.5), p_o=3.0)
    after, values = peephole_step(cell, np.zeros((1, 1)), before)
    assert after.c.item() == pytest.approx(0.25, rel=1e-15)
    assert values.gamma_o.item() == pytest.approx(logistic(3 * 0.25), rel=1e-15)
    _, values = peephole_step(one_unit(p_f=3.0, p_u=-5.0), np.zeros((1, 1)), before)
    assert values.gamma_f.item() == pytest.approx(logistic(3 * 2), rel=1e-15)
    assert values.gamma_u.item() == pytest.approx(logistic(-5 * 2), rel=1e-12)


def test_a_unit_sees_no_other_memory_within_a_step():
    params, x, before = draw(m=1)
    after, values = peephole_step(params, x[0], before)
    for i in range(7):
        nudged = before._replace(c=before.c + np.eye(7)[:, [i]])
        moved, seen = peephole_step(params, x[0], nudged)
        then, now = (s._asdict() | v._asdict() for s, v in ((after, values), (moved, seen)))
        changed = {name: np.flatnonzero(now[name] != then[name]).tolist() for name in now}
        assert changed.pop("a_x") == changed.pop("c_tilde") == []  # these have no peephole
        assert set(map(tuple, changed.values())) == {(i,)}


def test_a_shut_output_gate_blinds_the_lstm_but_not_the_peepholes():
    params, x, before = draw()
    dark = params._replace(W_o=np.zeros((7, 10)), b_o=np.full((7, 1), SHUT), p_o=np.zeros((7, 1)))
    other = before._replace(c=-before.c)
    _, values = peephole_step(dark, x[0], before)
    _, others = peephole_step(dark, x[0], other)
    assert (values.gamma_f != others.gamma_f).all()
    assert (values.gamma_u != others.gamma_u).all()
    blind = dark._replace(p_f=np.zeros((7, 1)), p_u=np.zeros((7, 1)))
    _, values = peephole_step(blind, x[0], before)
    _, others = peephole_step(blind, x[0], other)
    np.testing.assert_array_equal(values.gamma_f, others.gamma_f)
    np.testing.assert_array_equal(values.gamma_u, others.gamma_u)


@pytest.mark.parametrize("steps", [5, 49, 50])
# claim L11
def test_one_unit_is_a_timer(steps):
    edge, sharp = 1 - 0.5 / steps, 2000.0
    timer = one_unit(
        b_f=sharp * edge,
        p_f=-sharp,
        b_o=-sharp * edge,
        p_o=sharp,
        b_u=OPEN,
        b_c=math.atanh(1 / steps),
    )
    empty = PeepholeState(np.zeros((1, 1)), np.zeros((1, 1)))
    a, _, _ = peephole_forward(timer, np.zeros((4 * steps, 1, 1)), empty)
    fired = np.zeros(4 * steps)
    fired[steps - 1 :: steps] = math.tanh(1)
    np.testing.assert_allclose(a.ravel(), fired, atol=1e-6)


def test_the_arrays_agree_with_scalar_loops():
    params, x, state_0 = draw(n_a=4, T=5)
    (T, n_x, m), n_a = x.shape, 4
    a, state_T, _ = peephole_forward(params, x, state_0)

    def weighted(W, b, i, before, heard):
        z = b[i, 0]
        for j in range(n_a):
            z += W[i, j] * before[j]
        for j in range(n_x):
            z += W[i, n_a + j] * heard[j]
        return z

    for example in range(m):
        shown, kept = list(state_0.a[:, example]), list(state_0.c[:, example])
        for t in range(T):
            now, heard = [0.0] * n_a, list(x[t, :, example])
            for i in range(n_a):
                z_f, z_u, z_c, z_o = (
                    weighted(params[2 * k], params[2 * k + 1], i, shown, heard) for k in range(4)
                )
                z_f += params.p_f[i, 0] * kept[i]
                z_u += params.p_u[i, 0] * kept[i]
                kept[i] = logistic(z_f) * kept[i] + logistic(z_u) * math.tanh(z_c)
                now[i] = logistic(z_o + params.p_o[i, 0] * kept[i]) * math.tanh(kept[i])
            shown = now
            np.testing.assert_allclose(a[t, :, example], shown, rtol=1e-12)
        np.testing.assert_allclose(state_T.c[:, example], kept, rtol=1e-12)


def test_one_unit_gradient_by_hand():
    # f = s(0.5 + 2 c_0), u = s(-1 + 3 c_0), c = f c_0 + u k, o = s(1 - 4 c); L = 3 o tanh(c) + 11 c
    c_0, k = 0.25, math.tanh(2)
    params = one_unit(b_f=0.5, b_u=-1.0, b_c=2.0, b_o=1.0, p_f=2.0, p_u=3.0, p_o=-4.0)
    start = PeepholeState(np.zeros((1, 1)), np.array([[c_0]]))
    _, _, tape = peephole_forward(params, np.zeros((1, 1, 1)), start)
    last = PeepholeState(np.zeros((1, 1)), np.array([[11.0]]))
    d_params, dx, d_state_0 = peephole_backward(params, tape, np.array([[[3.0]]]), last)
    f, u = logistic(0.5 + 2 * c_0), logistic(-1 + 3 * c_0)
    c = f * c_0 + u * k
    o = logistic(1 - 4 * c)
    dz_o = 3 * math.tanh(c) * o * (1 - o)
    dc = 11 + 3 * o * (1 - math.tanh(c) ** 2) - 4 * dz_o
    dz_f, dz_u = dc * c_0 * f * (1 - f), dc * k * u * (1 - u)
    by_hand = {"b_f": dz_f, "b_u": dz_u, "b_c": dc * u * (1 - k**2), "b_o": dz_o}
    by_hand |= {"p_f": dz_f * c_0, "p_u": dz_u * c_0, "p_o": dz_o * c}
    for name, gradient in by_hand.items():
        assert d_params._asdict()[name].item() == pytest.approx(gradient, rel=1e-13)
    assert d_state_0.c.item() == pytest.approx(f * dc + 2 * dz_f + 3 * dz_u, rel=1e-13)
    assert d_state_0.a.item() == 0
    assert not dx.any()


# claim L10
def test_what_peepholes_cost():
    n_x, n_a = 100, 256
    params = init_peephole(np.random.default_rng(0), n_x, n_a)
    assert sum(w.size for w in params[8:]) == 768
    assert sum(w.size for w in params[:8]) == 4 * n_a * (n_a + n_x + 1) == 365568


def test_a_weight_that_does_not_fit_is_named():
    params, x, state_0 = draw()
    expected = {"b_f": "(n_a, 1)", "W_f": "(7, n_a + n_x)"}  # these two give the sizes
    for name, w in params._asdict().items():
        shape = expected.get(name, "(7, 10)" if name[0] == "W" else "(7, 1)")
        for bad, came in [
            (w.ravel(), f"ndarray ({w.size},) of float64"),
            (w.astype(int), f"ndarray {w.shape} of int64"),
            (w.tolist(), "list, not ndarray"),
        ]:
            message = re.escape(f"expected {name} {shape} of floats, got {came}")
            with pytest.raises(ValueError, match=f"^{message}$"):
                peephole_forward(params._replace(**{name: bad}), x, state_0)


@pytest.mark.parametrize("wide", ["x", "a", "c", *PeepholeParams._fields])
def test_each_array_can_widen_the_result(wide):
    def kind(name):
        return np.float64 if name == wide else np.float32

    params, x, state_0 = draw()
    params, state_0 = (
        arrays._make(w.astype(kind(name)) for name, w in arrays._asdict().items())
        for arrays in (params, state_0)
    )
    a, _, _ = peephole_forward(params, x.astype(kind("x")), state_0)
    assert a.dtype == np.float64


def test_weights_are_drawn_in_the_precision_that_was_asked_for():
    drawn = init_peephole(np.random.default_rng(0), 3, 7, dtype=np.float32)
    assert {w.dtype for w in drawn} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match=r"float dtype, got 3, 7 and int32$"):
        init_peephole(np.random.default_rng(0), 3, 7, dtype=np.int32)
