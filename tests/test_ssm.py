"""The selective SSM does what docs/ssm.md says. What all cells share: test_cells.py."""

import math
from functools import partial

import numpy as np
import pytest

from snippets.bptt import check_cell
from snippets.mingru import MinGRUParams, mingru_forward
from snippets.scan import scan_doubling, scan_loop, scan_tree
from snippets.ssm import (
    SSMParams,
    SSMState,
    fade,
    init_ssm,
    ssm_backward,
    ssm_forward,
    ssm_scan,
    ssm_step,
)
from tests.nested import arrays

SIZES = {"n_x": 3, "m": 4, "n_a": 2, "n_s": 8, "T": 13}  # no two alike, no two sums alike
SCANS = [scan_loop, scan_doubling, scan_tree]
LN_2 = math.log(2)


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(**SIZES)
    ssm_step(params, x[0], state_0)
    ssm_scan(params, x, state_0, scan=scan_doubling)
    a, _, tape = ssm_forward(params, x, state_0)
    ssm_backward(params, tape, np.random.default_rng(1).normal(size=a.shape))


def draw(n_x=3, m=4, n_a=2, n_s=8, T=13, dtype=np.float64):
    """Draw weights (none of them at its first value), a sequence and an initial state."""
    rng = np.random.default_rng(0)
    params = init_ssm(rng, n_x, n_a, n_s=n_s)
    params = params._make((w + rng.normal(scale=0.5, size=w.shape)).astype(dtype) for w in params)
    params = params._replace(b_delta=params.b_delta + dtype(3))  # steps of about 1
    x, a_0, h_0 = (rng.normal(size=it) for it in ((T, n_x, m), (n_a, m), (n_a, n_s, m)))
    return params, x.astype(dtype), SSMState(a_0.astype(dtype), h_0.astype(dtype))


def array(*rows):
    return np.array(rows, dtype=float)


def one_unit(*, delta=LN_2, c_tilde=3.0, rates=(1, 2), write=(1, 2), read=(4, 1), D=2.0):
    """Return a cell of one unit whose numbers do not depend on its input, which is 1."""
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    b_delta = one * (math.log(math.expm1(delta)) if delta < 700 else delta)
    A_log, write, read = np.log([rates]), array(write).T, array(read).T
    return SSMParams(zero, c_tilde * one, zero, b_delta, A_log, write, read, D * one)


def memories(*values):
    """Return the state of one unit with these memories, and with an `a` that nobody reads."""
    return SSMState(array([math.pi]), array(values).reshape(1, -1, 1))


@pytest.mark.parametrize(
    ("negative", "kept"), [(False, (1.0, 2.0)), (True, (0.0, -4.0))], ids=["0 to 1", "-1 to 1"]
)
def test_a_step_by_hand(negative, kept):
    # the step ln 2 halves what has rate 1 and quarters what has rate 2; so of [2, 8] [1, 2] is
    # left, or with twice the factor minus 1, [0, -4]; ln 2 * 3 * [1, 2] is written
    state, values = ssm_step(one_unit(), array([1]), memories(2, 8), negative=negative)
    h = [kept[0] + 3 * LN_2, kept[1] + 6 * LN_2]
    np.testing.assert_allclose(values.delta.item(), LN_2, rtol=1e-15)
    np.testing.assert_allclose(state.h.ravel(), h, rtol=1e-14)
    np.testing.assert_allclose(state.a.item(), 4 * h[0] + h[1] + 2 * 3, rtol=1e-14)


def test_a_gradient_by_hand():
    # one memory of rate 1: the old one, 4, is halved, and ln 2 * 3 is added; B = C = 1, x = 1
    params = one_unit(rates=[1], write=[1], read=[1])
    _, _, tape = ssm_forward(params, np.ones((1, 1, 1)), memories(4))
    d_params, dx, d_state_0 = ssm_backward(params, tape, np.full((1, 1, 1), 8.0))
    # a longer step writes more, 8 * 3, and keeps less, 8 * 4 / 2: together 8, and half through
    # the softplus; the rate is doubled by ln 2 times 8 * 4 / 2 less
    expected = SSMParams(
        W_c=8 * LN_2 + 16,
        b_c=8 * LN_2 + 16,
        W_delta=4,
        b_delta=4,
        A_log=-16 * LN_2,
        W_write=24 * LN_2,
        W_read=8 * (2 + 3 * LN_2),
        D=24,
    )
    np.testing.assert_allclose([w.item() for w in d_params], expected, rtol=1e-14)
    np.testing.assert_allclose(dx.item(), 24 * LN_2 + 8 * (2 + 3 * LN_2), rtol=1e-14)
    assert d_state_0.h.item() == pytest.approx(4, rel=1e-14)
    assert d_state_0.a.item() == 0  # nobody reads it


def by_scalars(params, x, state_0, negative):
    """Compute the hidden states number by number, with a step size by its definition."""
    W_c, b_c, W_delta, b_delta, A_log, W_write, W_read, D = params
    (T, _, m), (n_a, n_s) = x.shape, A_log.shape

    def dot(W, i, x):
        return math.fsum(w * number for w, number in zip(W[i], x, strict=True))

    a = np.empty((T, n_a, m))
    for k, i in np.ndindex(m, n_a):
        h = list(state_0.h[i, :, k])
        for t in range(T):
            x_t = x[t, :, k]
            c = dot(W_c, i, x_t) + b_c[i, 0]
            delta = math.log(1 + math.exp(dot(W_delta, i, x_t) + b_delta[i, 0]))
            shown = [D[i, 0] * c]
            for j in range(n_s):
                f = math.exp(-delta * math.exp(A_log[i, j]))
                f = f - (1 - f) if negative else f
                h[j] = f * h[j] + delta * dot(W_write, j, x_t) * c
                shown.append(dot(W_read, j, x_t) * h[j])
            a[t, i, k] = math.fsum(shown)
    return a


@pytest.mark.parametrize("negative", [False, True])
def test_number_by_number_it_is_the_same(negative):
    params, x, state_0 = draw()
    a, _, _ = ssm_forward(params, x, state_0, negative=negative)
    expected = by_scalars(params, x, state_0, negative)
    np.testing.assert_allclose(a, expected, rtol=1e-11, atol=1e-12 * abs(expected).max())


@pytest.mark.parametrize("negative", [False, True])
def test_the_gradient_knows_how_the_factors_were_made(negative):
    params, x, state_0 = draw(T=5)
    forward = partial(ssm_forward, negative=negative)
    verdicts = check_cell(forward, ssm_backward, params, x, state_0, np.random.default_rng(0))
    errors = {name: verdict.error for name, verdict in verdicts.items()}
    assert max(errors.values()) < 1e-9, errors


def test_a_step_of_0_skips_and_a_long_step_forgets():
    params, x, state_0 = draw()
    skips = params._replace(W_delta=0 * params.W_delta, b_delta=0 * params.b_delta - 800)
    _, state_T, _ = ssm_forward(skips, x, state_0)
    np.testing.assert_array_equal(state_T.h, state_0.h)
    forgets = params._replace(W_delta=0 * params.W_delta, b_delta=0 * params.b_delta + 8000)
    state, values = ssm_step(forgets, x[0], state_0)
    written = 8000 * values.c_tilde[:, None] * values.B_t
    np.testing.assert_allclose(state.h, written, rtol=1e-15)


def test_the_factors_lie_where_the_page_says():
    params, x, state_0 = draw()
    for negative, least in ((False, 0), (True, -1)):
        _, _, tape = ssm_forward(params, x, state_0, negative=negative)
        assert least < tape.values.f.min() < least + 0.1
        assert 0.9 < tape.values.f.max() < 1


TIME, INPUT, BEFORE = 1.7, 3.0, 2.0  # how long, how much flows in, what was there


def solution(rate, write):
    """Solve h' = -rate h + write * INPUT, from BEFORE on and for the time TIME."""
    rest = write * INPUT / rate
    return rest + (BEFORE - rest) * math.exp(-rate * TIME)


def in_steps(steps, **changes):
    """Let the cell go the same time in so many steps of the same length."""
    params = one_unit(delta=TIME / steps, **changes)
    before = memories(*[BEFORE] * params.A_log.size)
    _, state_T, _ = ssm_forward(params, np.ones((steps, 1, 1)), before)
    return state_T.h.ravel()


def test_in_short_steps_it_follows_the_law_of_continuous_time():
    exact = np.array([solution(1, 1), solution(2, 2)])
    coarse, fine = (abs(in_steps(steps) - exact) for steps in (1024, 2048))
    np.testing.assert_allclose(coarse / fine, 2, rtol=1e-2)  # of first order in the step
    assert fine.max() < 0.01


@pytest.mark.parametrize("steps", [1, 2, 7, 1000])
def test_what_fades_fades_alike_in_steps_of_any_length(steps):
    left = BEFORE * np.exp([-TIME, -2 * TIME])
    np.testing.assert_allclose(in_steps(steps, c_tilde=0.0), left, rtol=1e-11)


def like_mingru():
    """Return an SSM with one memory of rate 1, B = C = 1 and D = 0, and a minGRU with its gate."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3, 4))
    x[:, -1] = 1  # B and C have no bias, so they take it from here
    ones = array([0, 0, 1])
    W_c, W_u, b_c, b_u = (rng.normal(size=(5, n)) for n in (3, 3, 1, 1))
    ssm = SSMParams(W_c, b_c, W_u, b_u, np.zeros((5, 1)), ones, ones, np.zeros((5, 1)))
    return ssm, MinGRUParams(W_u, b_u, W_c, b_c), x


def test_with_one_memory_the_factor_is_that_of_a_mingru():
    ssm, mingru, x = like_mingru()
    a, _, tape = ssm_forward(ssm, x)
    _, _, tape_of_mingru = mingru_forward(mingru, x)
    _, c_tilde, delta, f, *_ = tape.values
    gate = np.array([it.gamma_u for it in tape_of_mingru.values])
    np.testing.assert_allclose(f[:, :, 0], 1 - gate, rtol=1e-12)
    # the step size stands where a minGRU has its gate, which is smaller, but alike for short steps
    np.testing.assert_allclose(a, scan_loop(1 - gate, delta * c_tilde), rtol=1e-10, atol=1e-12)
    assert (delta > gate).all()
    assert (delta - gate <= delta**2 / 2).all()


def test_the_exact_solution_in_each_step_is_a_mingru():
    ssm, mingru, x = like_mingru()
    _, _, tape = ssm_forward(ssm, x)
    h, exact = np.zeros((5, 4)), []
    for c_tilde, delta in zip(tape.values.c_tilde, tape.values.delta, strict=True):
        h = c_tilde + (h - c_tilde) * np.exp(-delta)  # a constant input, as in solution()
        exact.append(h)
    a, _, _ = mingru_forward(mingru, x)
    np.testing.assert_allclose(np.array(exact), a, rtol=1e-10, atol=1e-13)


def test_a_factor_of_minus_one_counts_modulo_two():
    # a bit of 1 makes a long step, a bit of 0 one of nearly no length; what was there only turns
    params = one_unit(c_tilde=0.0, rates=[1], write=[1], read=[1], D=0.0)
    params = params._replace(W_delta=array([100.0]), b_delta=array([-50.0]))
    bits = np.random.default_rng(0).integers(0, 2, 500)
    x, before = bits.astype(float).reshape(-1, 1, 1), memories(1)
    _, state_T, tape = ssm_forward(params, x, before, negative=True)
    signs = [state.h.item() for state in tape.states[1:]]
    np.testing.assert_allclose(signs, (-1.0) ** np.cumsum(bits), rtol=1e-12)
    _, faded, _ = ssm_forward(params, x, before)
    assert abs(faded.h.item()) < 1e-20
    assert abs(state_T.h.item()) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("T", [0, 1, 2, 13, 2000])
@pytest.mark.parametrize("bias", [-30.0, 0.0, 30.0])
def test_the_scans_give_the_states_and_the_gradient_of_the_steps(T, bias, negative):
    params, x, state_0 = draw(T=T)
    params = params._replace(b_delta=params.b_delta + bias)
    a, state_T, tape = ssm_forward(params, x, state_0, negative=negative)
    da = np.random.default_rng(2).normal(size=a.shape)
    gradients = arrays(ssm_backward(params, tape, da))
    for scan in SCANS:
        found, found_T, tape = ssm_scan(params, x, state_0, scan=scan, negative=negative)
        for one, other in ((found, a), (found_T.a, state_T.a), (found_T.h, state_T.h)):
            near = 1e-12 * abs(other).max(initial=1)
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=near)
        for one, other in zip(arrays(ssm_backward(params, tape, da)), gradients, strict=True):
            near = 1e-11 * abs(other).max(initial=1)
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=near)


def test_the_scan_returns_what_is_its_own():
    params, x, state_0 = draw()
    a, state_T, tape = ssm_scan(params, x, state_0, scan=scan_tree)
    kept = [*tape.values, *(array for state in tape.states for array in state)]
    for given in (*params, x, *state_0, a, *state_T):
        assert not any(np.shares_memory(given, other) for other in kept)
    assert not any(np.shares_memory(x, made) for made in (a, *state_T))


def test_the_scan_keeps_float32_and_names_what_does_not_fit():
    params, x, state_0 = draw(dtype=np.float32)
    a, state_T, _ = ssm_scan(params, x, state_0, scan=scan_doubling)
    assert {it.dtype for it in (a, *state_T)} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match=r"expected x \(T, 3, m\) of floats, got ndarray"):
        ssm_scan(params, x[0], state_0, scan=scan_loop)
    with pytest.raises(ValueError, match=r"expected state.h \(2, 8, 4\) of floats, got ndarray"):
        ssm_scan(params, x, state_0._replace(h=state_0.h[:, :1]), scan=scan_loop)


def test_the_scan_has_positive_factors_unless_it_is_told():
    params, x, state_0 = draw()
    a, _, _ = ssm_forward(params, x, state_0)
    found, _, _ = ssm_scan(params, x, state_0, scan=scan_tree)
    np.testing.assert_allclose(found, a, rtol=1e-12)


@pytest.mark.parametrize("wide", [0, 1, 2])
def test_the_memories_are_as_exact_as_the_most_exact_of_what_makes_them(wide):
    rng = np.random.default_rng(5)
    given = [
        rng.random(shape).astype(np.float32) for shape in ((3, 2, 8, 4), (3, 2, 8, 4), (2, 8, 4))
    ]
    given[wide] = given[wide].astype(np.float64)
    h = fade(*given)
    assert h.dtype == np.float64
    f, s, memory = (it.astype(np.float64) for it in given)
    for t in range(3):
        memory = f[t] * memory + s[t]
        np.testing.assert_allclose(h[t], memory, rtol=1e-14)


def test_memories_of_another_number_are_named():
    params, x, state_0 = draw()
    a, _, tape = ssm_forward(params, x, state_0)
    fewer = draw(n_s=5)[0]
    with pytest.raises(ValueError, match=r"expected tape\.states\[-1\]\.h \(2, 5, 4\) of floats"):
        ssm_backward(fewer, tape, a)
    with pytest.raises(
        ValueError, match=r"expected A_log \(2, 5\) of floats, got ndarray \(2, 8\)"
    ):
        ssm_forward(fewer._replace(A_log=params.A_log), x)
    with pytest.raises(ValueError, match=r"expected n_x and n_a .* got 3, 2 .* with n_s = 0$"):
        init_ssm(np.random.default_rng(0), 3, 2, n_s=0)


@pytest.mark.parametrize("seed", range(3))
def test_an_untrained_cell_has_the_rates_and_steps_of_the_page(seed):
    rng = np.random.default_rng(seed)
    params = init_ssm(rng, 50, 4000, n_s=6)
    np.testing.assert_allclose(np.exp(params.A_log[seed]), [1, 2, 3, 4, 5, 6], rtol=1e-14)
    assert (params.A_log == params.A_log[0]).all()
    assert (params.D == 1).all()
    assert not params.b_c.any()
    _, _, tape = ssm_forward(params, np.zeros((1, 50, 1)))
    delta = tape.values.delta
    assert 0.001 <= delta.min() < 0.0011
    assert 0.09 < delta.max() <= 0.1
    # log-uniform: as many between 0.001 and 0.01 as between 0.01 and 0.1
    assert np.mean(delta < 0.01) == pytest.approx(0.5, abs=0.03)
    assert np.mean(delta < 0.001 * 10**0.5) == pytest.approx(0.25, abs=0.03)
