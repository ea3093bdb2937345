"""The LSTM does what docs/lstm.md says. What all cells share: test_cells.py."""

import math
import re

import numpy as np
import pytest

from snippets.lstm import (
    LSTMParams,
    LSTMState,
    init_lstm,
    lstm_backward,
    lstm_forward,
    lstm_step,
    sigmoid,
)

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike
SHUT, OPEN = -40.0, 40.0  # a gate with this bias, and no weights, is 0 or 1 in float64


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(*SIZES.values())
    lstm_step(params, x[0], state_0)
    a, _, tape = lstm_forward(params, x, state_0)
    lstm_backward(params, tape, np.random.default_rng(1).normal(size=a.shape))


def draw(n_x=3, m=2, n_a=7, T=13):
    """Draw weights (biases too), a sequence and an initial state."""
    rng = np.random.default_rng(0)
    params = init_lstm(rng, n_x, n_a)
    params = params._make(w + rng.normal(scale=0.5, size=w.shape) for w in params)
    x, a, c = (rng.normal(size=shape) for shape in [(T, n_x, m), (n_a, m), (n_a, m)])
    return params, x, LSTMState(a, c)


def hold(params, **gates):
    """Replace gates (f, u, o) or the candidate (c) by constants: no weights, one bias."""
    for name, bias in gates.items():
        W, b = params._asdict()[f"W_{name}"], params._asdict()[f"b_{name}"]
        constants = {f"W_{name}": np.zeros_like(W), f"b_{name}": np.full_like(b, bias)}
        params = params._replace(**constants)
    return params


def logistic(z):
    return 1 / (1 + math.exp(-z))


# claims L3, L5
def test_a_step_by_hand():
    # two units, one input; [a_prev, x] = [2, -1, 3]
    params = LSTMParams(
        W_f=np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),  # 2, 3
        b_f=np.array([[-2.0], [0.0]]),  # 0, 3
        W_u=np.array([[0.0, 2.0, 1.0], [1.0, 1.0, 0.0]]),  # 1, 1
        b_u=np.array([[0.0], [1.0]]),  # 1, 2
        W_c=np.array([[1.0, 1.0, 0.0], [1.0, -1.0, -1.0]]),  # 1, 0
        b_c=np.array([[-3.0], [4.0]]),  # -2, 4
        W_o=np.array([[0.0, 1.0, 1.0], [2.0, 2.0, 0.0]]),  # 2, 2
        b_o=np.array([[3.0], [-3.0]]),  # 5, -1
    )
    before = LSTMState(a=np.array([[2.0], [-1.0]]), c=np.array([[6.0], [-7.0]]))
    state, values = lstm_step(params, np.array([[3.0]]), before)
    gamma_f, gamma_u, gamma_o = ([logistic(z) for z in pair] for pair in ((0, 3), (1, 2), (5, -1)))
    c_tilde = math.tanh(-2), math.tanh(4)
    c = [f * c + u * new for f, c, u, new in zip(gamma_f, (6, -7), gamma_u, c_tilde, strict=True)]
    np.testing.assert_array_equal(values.a_x, [[2], [-1], [3]])
    expected = [(values.gamma_f, gamma_f), (values.gamma_u, gamma_u), (values.gamma_o, gamma_o)]
    expected += [(values.c_tilde, c_tilde), (state.c, c), (values.tanh_c, np.tanh(c))]
    expected += [(state.a, [o * math.tanh(k) for o, k in zip(gamma_o, c, strict=True)])]
    for got, wanted in expected:
        np.testing.assert_allclose(got.ravel(), wanted, rtol=1e-15)


# claims L7, L8, L9
def test_each_gate_shut_and_open():
    params, x, before = draw()
    after, values = lstm_step(hold(params, f=SHUT), x[0], before)
    np.testing.assert_array_equal(after.c, values.gamma_u * values.c_tilde)
    after, values = lstm_step(hold(params, f=OPEN), x[0], before)
    np.testing.assert_array_equal(after.c, before.c + values.gamma_u * values.c_tilde)
    after, values = lstm_step(hold(params, u=SHUT), x[0], before)
    np.testing.assert_array_equal(after.c, values.gamma_f * before.c)
    after, values = lstm_step(hold(params, u=OPEN), x[0], before)
    np.testing.assert_array_equal(after.c, values.gamma_f * before.c + values.c_tilde)
    after, _ = lstm_step(hold(params, o=SHUT), x[0], before)
    np.testing.assert_array_equal(after.a, np.zeros((7, 2)))
    after, _ = lstm_step(hold(params, o=OPEN), x[0], before)
    np.testing.assert_array_equal(after.a, np.tanh(after.c))


def test_a_shut_update_and_an_open_forget_gate_keep_the_memory_to_the_bit():
    params, x, state_0 = draw(T=50)
    _, state_T, _ = lstm_forward(hold(params, f=OPEN, u=SHUT), x, state_0)
    np.testing.assert_array_equal(state_T.c, state_0.c)


# claim L2
def test_held_open_it_is_the_cell_of_1997():
    params, x, state_0 = draw(T=50)
    held = hold(params, f=OPEN)
    a, c = state_0
    for x_t in x:
        gamma_u, gamma_o = (
            1 / (1 + np.exp(-(W[:, :7] @ a + W[:, 7:] @ x_t + b)))
            for W, b in ((held.W_u, held.b_u), (held.W_o, held.b_o))
        )
        c = c + gamma_u * np.tanh(held.W_c[:, :7] @ a + held.W_c[:, 7:] @ x_t + held.b_c)
        a = gamma_o * np.tanh(c)
    _, state_T, _ = lstm_forward(held, x, state_0)
    np.testing.assert_allclose(state_T, (a, c), rtol=1e-9)


# claims L5, G3
def test_all_open_the_memory_is_a_running_sum():
    params, x, state_0 = draw()
    deaf = params._replace(W_c=params.W_c * np.r_[np.zeros(7), np.ones(3)])  # to its activation
    _, _, tape = lstm_forward(hold(deaf, f=OPEN, u=OPEN), x, state_0)
    heard = np.tanh(params.W_c[:, 7:] @ x + params.b_c)
    c = np.array([state.c for state in tape.states[1:]])
    np.testing.assert_allclose(c, state_0.c + heard.cumsum(axis=0), rtol=1e-12, atol=1e-13)


def test_constant_gates_make_a_geometric_series():
    params, x, state_0 = draw(T=50)
    f, u, new = logistic(1), logistic(-2), math.tanh(0.5)
    _, state_T, _ = lstm_forward(hold(params, f=1, u=-2, c=0.5), x, state_0)
    closed = f**50 * state_0.c + u * new * (1 - f**50) / (1 - f)
    np.testing.assert_allclose(state_T.c, closed, rtol=1e-12)


# claim L4
def test_the_arrays_agree_with_scalar_loops():
    params, x, state_0 = draw(n_a=4, T=5)
    (T, n_x, m), n_a = x.shape, 4
    a, state_T, _ = lstm_forward(params, x, state_0)

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
                kept[i] = logistic(z_f) * kept[i] + logistic(z_u) * math.tanh(z_c)
                now[i] = logistic(z_o) * math.tanh(kept[i])
            shown = now
            np.testing.assert_allclose(a[t, :, example], shown, rtol=1e-12)
        np.testing.assert_allclose(state_T.c[:, example], kept, rtol=1e-12)


# claim L6
def test_a_unit_sees_no_other_memory_within_a_step():
    params, x, before = draw(m=1)
    after, _ = lstm_step(params, x[0], before)
    for i in range(7):
        nudged = before._replace(c=before.c + np.eye(7)[:, [i]])
        moved, _ = lstm_step(params, x[0], nudged)
        changed = [np.flatnonzero(now != then) for now, then in zip(moved, after, strict=True)]
        assert [list(units) for units in changed] == [[i], [i]]


def test_one_unit_gradient_by_hand():
    # no input, no activation fed back: c_t = f c_(t-1) + u k; L = 3 a_1 + 5 a_2 + 7 a_T + 11 c_T
    f, u, k, o = logistic(0.5), logistic(-1), math.tanh(2), logistic(1)
    none = np.zeros((1, 2))
    biases = (np.array([[b]]) for b in (0.5, -1.0, 2.0, 1.0))
    params = LSTMParams(*(w for b in biases for w in (none, b)))
    start = LSTMState(np.zeros((1, 1)), np.array([[0.25]]))
    _, _, tape = lstm_forward(params, np.zeros((2, 1, 1)), start)
    last = LSTMState(np.array([[7.0]]), np.array([[11.0]]))
    d_params, dx, d_state_0 = lstm_backward(params, tape, np.array([[[3.0]], [[5.0]]]), last)
    c_1 = f * 0.25 + u * k
    c_2 = f * c_1 + u * k
    dc_2 = 11 + (5 + 7) * o * (1 - math.tanh(c_2) ** 2)
    dc_1 = f * dc_2 + 3 * o * (1 - math.tanh(c_1) ** 2)
    by_hand = {
        "b_f": (dc_1 * 0.25 + dc_2 * c_1) * f * (1 - f),
        "b_u": (dc_1 + dc_2) * k * u * (1 - u),
        "b_c": (dc_1 + dc_2) * u * (1 - k**2),
        "b_o": (3 * math.tanh(c_1) + 12 * math.tanh(c_2)) * o * (1 - o),
    }
    for name, gradient in by_hand.items():
        assert d_params._asdict()[name].item() == pytest.approx(gradient, rel=1e-13)
    assert d_state_0.c.item() == pytest.approx(f * dc_1, rel=1e-13)
    assert d_state_0.a.item() == 0
    assert not dx.any()


# claims L2, L7
def test_along_the_memory_the_gradient_meets_the_forget_gates_and_nothing_else():
    params, x, state_0 = draw()
    deaf = params._make(w * np.r_[np.zeros(7), np.ones(3)] if w.shape[1] > 1 else w for w in params)
    _, _, tape = lstm_forward(deaf, x, state_0)  # no activation is fed back
    to_memory = LSTMState(np.zeros((7, 2)), np.ones((7, 2)))
    _, _, d_state_0 = lstm_backward(deaf, tape, np.zeros((13, 7, 2)), to_memory)
    product = np.prod([values.gamma_f for values in tape.values], axis=0)
    np.testing.assert_allclose(d_state_0.c, product, rtol=1e-12)


@pytest.mark.parametrize(
    ("gate", "bias", "cut_off"),
    [
        ("f", SHUT, ""),
        ("f", OPEN, ""),
        ("u", SHUT, "c"),  # nothing of the candidate is written
        ("u", OPEN, ""),
        ("o", SHUT, "fuc"),  # nothing of the memory is shown
        ("o", OPEN, ""),
    ],
)
def test_a_held_gate_gets_no_gradient(gate, bias, cut_off):
    params, x, state_0 = draw()
    held = hold(params, **{gate: bias})
    a, _, tape = lstm_forward(held, x, state_0)
    d_params, _, _ = lstm_backward(held, tape, np.ones_like(a))
    zero = {name for name, gradient in d_params._asdict().items() if not gradient.any()}
    assert zero == {f"{w}_{name}" for w in "Wb" for name in gate + cut_off}


def test_weights_keep_the_scale_of_what_they_multiply():
    params = init_lstm(np.random.default_rng(0), 300, 100)
    for name in "fuco":
        W, b = params._asdict()[f"W_{name}"], params._asdict()[f"b_{name}"]
        # 10000 and 30000 draws: the spread of their standard deviations is below 0.8 %
        assert W[:, :100].std() == pytest.approx(1 / 10, rel=0.03)  # of the hidden state
        assert W[:, 100:].std() == pytest.approx(1 / 300**0.5, rel=0.03)  # of the input
        np.testing.assert_array_equal(b, np.full((100, 1), 1.0 if name == "f" else 0.0))
    matrices = params[::2]
    assert all((matrices[i] != matrices[j]).any() for i in range(4) for j in range(i))


def test_the_forget_bias_is_chosen():
    params = init_lstm(np.random.default_rng(0), 3, 7, forget_bias=2.5)
    assert set(params.b_f.ravel()) == {2.5}
    assert not any(b.any() for b in (params.b_u, params.b_c, params.b_o))


def test_sigmoid_is_the_logistic_function_and_never_overflows():
    for z in (-700.0, -30.0, -1.0, 0.0, 0.25, 3.0, 30.0):
        assert sigmoid(np.array(z)) == pytest.approx(logistic(z), rel=1e-12, abs=1e-16)
    np.testing.assert_array_equal(
        sigmoid(np.array([-1e300, SHUT, 0, OPEN, 1e300])), [0, 0, 0.5, 1, 1]
    )
    assert sigmoid(np.ones(2, np.float32)).dtype == np.float32


def test_the_tape_remembers_each_step():
    params, x, state = draw()
    _, _, tape = lstm_forward(params, x, state)
    assert len(tape.states) == len(x) + 1
    for t, x_t in enumerate(x):
        np.testing.assert_array_equal(tape.states[t], state)
        state, values = lstm_step(params, x_t, state)
        for kept, computed in zip(tape.values[t], values, strict=True):
            np.testing.assert_array_equal(kept, computed)


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
                lstm_forward(params._replace(**{name: bad}), x, state_0)


@pytest.mark.parametrize("wide", ["x", "a", "c", *LSTMParams._fields])
def test_each_array_can_widen_the_result(wide):
    def kind(name):
        return np.float64 if name == wide else np.float32

    params, x, state_0 = draw()
    params, state_0 = (
        arrays._make(w.astype(kind(name)) for name, w in arrays._asdict().items())
        for arrays in (params, state_0)
    )
    a, _, _ = lstm_forward(params, x.astype(kind("x")), state_0)
    assert a.dtype == np.float64


def test_weights_are_drawn_in_the_precision_that_was_asked_for():
    drawn = init_lstm(np.random.default_rng(0), 3, 7, dtype=np.float32)
    assert {w.dtype for w in drawn} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match=r"float dtype, got 3, 7 and int32$"):
        init_lstm(np.random.default_rng(0), 3, 7, dtype=np.int32)
