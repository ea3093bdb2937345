"""The delta rule does what docs/delta.md says. What all cells share: test_cells.py."""

import math
from functools import partial

import numpy as np
import pytest

from snippets import delta
from snippets.delta import (
    DeltaParams,
    DeltaState,
    delta_backward,
    delta_forward,
    delta_step,
    init_delta,
)
from tests.nested import arrays, assert_equal, assert_slopes, like

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13, "n_k": 19}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(**SIZES)
    delta_step(params, x[0], state_0)
    a, _, tape = delta_forward(params, x, state_0)
    delta_backward(params, tape, np.random.default_rng(1).normal(size=a.shape))


def draw(n_x=3, m=2, n_a=7, T=13, n_k=5, dtype=np.float64, **biases):
    """Draw weights (biases too), a sequence and an initial state."""
    rng = np.random.default_rng(0)
    params = init_delta(rng, n_x, n_a, n_k=n_k)
    params = params._make(w + rng.normal(scale=0.5, size=w.shape) for w in params)
    params = params._replace(**{name: np.full((1, 1), b) for name, b in biases.items()})
    state_0 = DeltaState(rng.normal(size=(n_a, m)), rng.normal(size=(n_a, n_k, m)))
    x = rng.normal(size=(T, n_x, m))
    params, state_0 = (it._make(s.astype(dtype) for s in it) for it in (params, state_0))
    return params, x.astype(dtype), state_0


def logistic(z):
    return 1 / (1 + math.exp(-z))


@pytest.fixture
def exact(monkeypatch):
    """Let keys have a length of exactly 1."""
    monkeypatch.setattr(delta, "EPSILON", 0.0)


def by_hand():
    """One unit, a key of two numbers: key (1, 0), query (0.6, 0.8), value 6, both gates 1/2."""
    zero = np.zeros((1, 1))
    W_k, W_q = np.array([[3.0], [0.0]]), np.array([[3.0], [4.0]])
    params = DeltaParams(W_k, W_q, 6 + zero, zero, zero, zero, zero)
    return params, 1 + zero, DeltaState(9 + zero, np.array([[[4.0], [8.0]]]))


def test_a_step_by_hand(exact):
    state, values = delta_step(*by_hand())
    # faded to (2, 4), so the key finds 2; half of the missing 4 is written beside it
    np.testing.assert_allclose(values.missing, [[6 - 2]], rtol=1e-15)
    np.testing.assert_allclose(state.S.ravel(), [4, 4], rtol=1e-15)
    np.testing.assert_allclose(state.a, [[4 * 0.6 + 4 * 0.8]], rtol=1e-15)


def test_a_gradient_by_hand(exact):
    params, x_1, state_0 = by_hand()
    _, _, tape = delta_forward(params, x_1[None], state_0)
    d_params, dx, d_state_0 = delta_backward(params, tape, np.ones((1, 1, 1)))
    # the memory gets the query (0.6, 0.8), of which the value sees 0.5 * 0.6
    np.testing.assert_allclose(d_params.W_c, [[0.3]], rtol=1e-14)
    np.testing.assert_allclose(d_params.b_u, [[0.3 * 4 * 0.5]], rtol=1e-14)
    np.testing.assert_allclose(d_params.b_f, [[(0.3 * 4 + 0.8 * 8) * 0.25]], rtol=1e-14)
    np.testing.assert_allclose(d_state_0.S.ravel(), [0.15, 0.4], rtol=1e-14)
    # key and query get (0.6, 0.4) and (4, 4); only what turns them counts
    np.testing.assert_allclose(d_params.W_k.ravel(), [0, 0.4 / 3], rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(d_params.W_q.ravel(), [0.64 / 5, -0.48 / 5], rtol=1e-14)
    np.testing.assert_allclose(dx, [[[6 * 0.3]]], rtol=1e-14)
    assert d_state_0.a == 0


def test_with_open_gates_and_orthogonal_keys_it_is_a_dictionary(exact):
    rng = np.random.default_rng(1)
    # the input is a key, a query and a value, side by side
    eye = np.eye(3)
    W_k, W_q, W_c = np.hsplit(np.eye(8), [3, 6])
    gate, wide = np.zeros((1, 8)), np.full((1, 1), 800.0)
    params = DeltaParams(W_k.T, W_q.T, W_c.T, gate, wide, gate, wide)
    keys, queries = rng.integers(0, 3, (2, 40))
    values = rng.normal(size=(40, 2))
    x = np.concatenate([eye[keys], eye[queries], values], axis=1)[:, :, None]
    a, _, _ = delta_forward(params, x)
    known = {}
    for a_t, key, query, value in zip(a, keys, queries, values, strict=True):
        known[key] = value
        np.testing.assert_allclose(a_t[:, 0], known.get(query, [0, 0]), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("negative", [False, True])
def test_loops_over_single_numbers_give_the_same(negative):
    params, x, state_0 = draw()
    a, state_T, _ = delta_forward(params, x, state_0, negative=negative)
    (n_a, n_k, m), W = state_0.S.shape, params

    def direction(W, x):
        z = [sum(w * number for w, number in zip(row, x, strict=True)) for row in W]
        return [number / math.sqrt(sum(it * it for it in z) + 1e-6) for number in z]

    for i in range(m):
        S = [[float(state_0.S[u, j, i]) for j in range(n_k)] for u in range(n_a)]
        for t, x_t in enumerate(x[:, :, i]):
            key, query, c = direction(W.W_k, x_t), direction(W.W_q, x_t), W.W_c @ x_t
            gamma_u = (1 + negative) * logistic(W.W_u[0] @ x_t + W.b_u.item())
            gamma_f = logistic(W.W_f[0] @ x_t + W.b_f.item())
            for u, row in enumerate(S):
                row = [gamma_f * s for s in row]
                recalled = sum(s * k for s, k in zip(row, key, strict=True))
                missing = gamma_u * (c[u] - recalled)
                S[u] = [s + missing * k for s, k in zip(row, key, strict=True)]
                read = sum(s * q for s, q in zip(S[u], query, strict=True))
                assert math.isclose(a[t, u, i], read, rel_tol=1e-10, abs_tol=1e-13)
        np.testing.assert_allclose(state_T.S[:, :, i], S, rtol=1e-10, atol=1e-13)


def test_a_step_multiplies_the_memory_by_a_matrix_and_adds_to_it():
    params, x, state_0 = draw()
    state, values = delta_step(params, x[0], state_0)
    for i in range(2):
        k, gamma_u = values.k_t[:, i], values.gamma_u[0, i]
        turn = values.gamma_f[0, i] * (np.eye(5) - gamma_u * np.outer(k, k))
        added = gamma_u * np.outer(params.W_c @ x[0, :, i], k)
        np.testing.assert_allclose(state.S[:, :, i], state_0.S[:, :, i] @ turn + added, rtol=1e-12)


def test_a_closed_forget_gate_leaves_only_the_last_write():
    params, x, state_0 = draw(b_f=-800.0)
    _, state_T, tape = delta_forward(params, x, state_0)
    *_, last = tape.values
    alone = last.gamma_u * (params.W_c @ x[-1])[:, None] * last.k_t
    np.testing.assert_allclose(state_T.S, alone, rtol=1e-12)


def test_a_closed_update_gate_writes_nothing():
    params, x, state_0 = draw(b_u=-800.0)
    _, state_T, tape = delta_forward(params, x, state_0)
    faded = np.prod([values.gamma_f for values in tape.values], axis=0)
    np.testing.assert_allclose(state_T.S, faded * state_0.S, rtol=1e-12)


def test_an_infinite_forget_bias_is_the_plain_delta_rule():
    params = init_delta(np.random.default_rng(0), 3, 7, forget_bias=np.inf)
    _, x, _ = draw()
    a, _, tape = delta_forward(params, x)
    assert all((values.gamma_f == 1).all() for values in tape.values)
    d_params, _, _ = delta_backward(params, tape, a)
    assert not d_params.W_f.any()
    assert np.isfinite(np.concatenate([d.ravel() for d in d_params])).all()


def test_a_gate_of_two_turns_the_sign_of_what_the_key_finds(exact):
    params, x, state_0 = draw(b_u=800.0, b_f=800.0)
    params = params._replace(W_c=np.zeros((7, 3)))
    once, values = delta_step(params, x[0], state_0, negative=True)
    np.testing.assert_array_equal(values.gamma_u, [[2, 2]])
    found = (once.S * values.k_t).sum(axis=1)
    np.testing.assert_allclose(found, -(state_0.S * values.k_t).sum(axis=1), rtol=1e-12)
    twice, _ = delta_step(params, x[0], once, negative=True)
    np.testing.assert_allclose(twice.S, state_0.S, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("negative", [False, True])
def test_without_values_the_memory_never_grows(negative):
    params, x, state = draw(T=100)
    params = params._replace(W_c=np.zeros((7, 3)))
    _, _, tape = delta_forward(params, 5 * x, state, negative=negative)
    sizes = [np.linalg.norm(state.S, axis=(0, 1)) for state in tape.states]
    assert (np.diff(sizes, axis=0) <= 1e-12).all()


@pytest.mark.parametrize(("T", "n_x", "m", "n_a", "n_k"), [(4, 2, 3, 2, 5), (3, 4, 1, 1, 2)])
def test_the_gradient_is_the_slope_of_the_loss_for_negative_factors_too(T, n_x, m, n_a, n_k):
    params, x, state_0 = draw(n_x, m, n_a, T, n_k)
    forward = partial(delta_forward, negative=True)
    assert_slopes(forward, delta_backward, (params,), (x, state_0), by="element")


def test_nobody_reads_the_old_hidden_state():
    params, x, state_0 = draw()
    other = state_0._replace(a=like(np.random.default_rng(9), state_0.a))
    one, end, tape = delta_forward(params, x, state_0)
    assert_equal((one, end), delta_forward(params, x, other)[:2])
    _, _, d_state_0 = delta_backward(params, tape, one, end)
    np.testing.assert_array_equal(d_state_0.a, np.zeros((7, 2)))
    assert abs(d_state_0.S).max() > 1e-6


def test_a_column_of_zeros_has_no_direction_and_does_no_harm():
    params, x, state_0 = draw()
    a, _, tape = delta_forward(params, 0 * x, state_0)
    assert not a.any()
    assert all(np.isfinite(d).all() for d in arrays(delta_backward(params, tape, np.ones_like(a))))


def test_keys_and_queries_have_length_one():
    params, x, _ = draw()
    _, values = delta_step(params, 100 * x[0])
    for columns in (values.k_t, values.q_t):
        np.testing.assert_allclose(np.linalg.norm(columns, axis=0), 1, rtol=1e-6)


@pytest.mark.parametrize("forget_bias", [None, 1.0])
def test_an_untrained_cell_forgets_as_its_bias_says(forget_bias):
    options = {} if forget_bias is None else {"forget_bias": forget_bias}
    params = init_delta(np.random.default_rng(0), 400, 6, n_k=9, **options)
    assert [w.shape for w in params] == [(9, 400), (9, 400), (6, 400), *[(1, 400), (1, 1)] * 2]
    assert params.b_f == (forget_bias or 4.0)
    assert params.b_u == 0
    _, values = delta_step(params, np.random.default_rng(1).normal(size=(400, 300)))
    assert np.median(values.gamma_f) == pytest.approx(logistic(params.b_f.item()), rel=0.1)
    assert np.std(values.missing) == pytest.approx(1, rel=0.1)
    with pytest.raises(ValueError, match=r"n_k of at least 1 .* got 3, 7 and 0"):
        init_delta(np.random.default_rng(0), 3, 7, n_k=0)
    assert init_delta(np.random.default_rng(0), 3, 7, n_k=1).W_k.shape == (1, 3)
