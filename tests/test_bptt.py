"""The gradient checker finds what is wrong, and says where; gradients reach as far as said."""

import importlib
import re
import types
from pathlib import Path

import numpy as np
import pytest

from snippets.bptt import check_cell, compare, reach, slope
from tests.test_cells import case, find_cells

ROOT = Path(__file__).parents[1]
SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for the shape comments."""
    rnn = importlib.import_module("snippets.rnn")
    n_x, m, n_a, T = SIZES.values()
    rng = np.random.default_rng(0)
    params, state_0 = rnn.init_rnn(rng, n_x, n_a), rnn.RNNState(np.zeros((n_a, m)))
    x = rng.normal(size=(T, n_x, m))
    check_cell(rnn.rnn_forward, rnn.rnn_backward, params, x, state_0, rng)
    reach(rnn.rnn_forward, rnn.rnn_backward, params, x, state_0, np.ones((n_a, m)))


def test_slopes_of_polynomials_up_to_the_fourth_power_are_exact():
    w = np.array([[2.0, -1.0]])
    numeric = slope(lambda: float((w**4).sum() + 3 * w[0, 0] * w[0, 1]), w, h=0.5)
    np.testing.assert_allclose(numeric, [[4 * 8 - 3, -4 + 6]], rtol=1e-13)
    np.testing.assert_array_equal(w, [[2, -1]])


def test_the_slope_of_a_sine_is_its_cosine_to_the_fourth_order():
    w = np.array([0.7])
    wide = abs(slope(lambda: float(np.sin(w[0])), w, h=0.1)[0] - np.cos(0.7))
    narrow = abs(slope(lambda: float(np.sin(w[0])), w, h=0.05)[0] - np.cos(0.7))
    assert wide == pytest.approx(np.cos(0.7) * 0.1**4 / 30, rel=0.05)
    assert wide / narrow == pytest.approx(16, rel=0.05)
    assert slope(lambda: float(np.sin(w[0])), w)[0] == pytest.approx(np.cos(0.7), rel=1e-11)


def test_a_verdict_by_hand():
    verdict = compare(np.array([[1.0, 4.0], [2.0, 0.0]]), np.array([[1.0, 5.0], [2.5, 0.0]]))
    assert verdict == (1 / 5, (0, 1), 4.0, 5.0)
    assert compare(np.array([-8.0]), np.array([2.0])) == (10 / 8, (0,), -8.0, 2.0)


def test_a_verdict_on_nothing_is_no_error():
    assert compare(np.zeros((0, 2)), np.zeros((0, 2))) == (0, (), 0, 0)
    assert compare(np.zeros(3), np.zeros(3)).error == 0
    assert compare(np.array([1e-9]), np.array([0.0])).error == pytest.approx(0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_an_infinite_error_wherever_it_stands(bad):
    fine, broken = np.array([1.0, 2.0]), np.array([1.0, bad])
    for verdict in (compare(broken, fine), compare(fine, broken), compare(broken, broken)):
        assert verdict.error == np.inf
        assert verdict.where == (1,)
    assert max(compare(fine, fine).error, compare(broken, fine).error) == np.inf


@pytest.mark.parametrize("cell", find_cells())
def test_every_cell_passes(cell):
    params, x, state_0, _, _ = case(cell, n_a=4, T=5)
    rng = np.random.default_rng(1)
    verdicts = check_cell(cell.forward, cell.backward, params, x, state_0, rng)
    names = {*params._fields, "x", *(f"state_0.{field}" for field in state_0._fields)}
    assert set(verdicts) == names
    assert max(verdict.error for verdict in verdicts.values()) < 1e-6


FAULTS = {
    "the future dropped": ("rnn", "da[t] + da_next", "da[t]"),
    "a missing 1 -": ("rnn", "(1 - a_t**2)", "a_t**2"),
    "a wrong time index": ("rnn", "tape.states[t].a, tape", "tape.states[t + 1].a, tape"),
    "the first step forgotten": ("rnn", "np.tensordot(dz, x,", "np.tensordot(dz[:, 1:], x[:, 1:],"),
    "a transpose forgotten": ("rnn", "W_aa.T @ dz_t", "W_aa @ dz_t"),
    "only the last step": ("rnn", "np.tensordot(dz, x,", "np.tensordot(dz[:, -1:], x[:, -1:],"),
    "gates swapped": ("lstm", "(dz_f, dz_u, dz_c, dz_o)", "(dz_u, dz_f, dz_c, dz_o)"),
    "the cell's own path dropped": ("lstm", "dc_t = dc_next + ", "dc_t = "),
    "the slope of a sigmoid forgotten": ("lstm", "gamma_o * (1 - gamma_o)", "gamma_o"),
    "the slope of a tanh forgotten": ("lstm", "(1 - tanh_c**2)", "1"),
    "the candidate in the place of the past": ("lstm", "dc_t * c_prev", "dc_t * c_tilde"),
    "the peephole of the output gate forgotten": ("peephole", " + p_o * dz_o", ""),
    "the update gate the other way round": ("gru", "(c_tilde - a_prev)", "(a_prev - c_tilde)"),
    "the reset gate forgotten on the way back": ("gru", "gamma_r * d_reset", "d_reset"),
    "one path of the state dropped": ("gru", "(1 - gamma_u) * da_t + ", ""),
}


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize(("name", "right", "wrong"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_error_is_caught(name, right, wrong):
    source = (ROOT / f"snippets/{name}.py").read_text(encoding="utf-8")
    start = source.index("[start:backward-body]")
    assert right in source[start:]
    module = types.ModuleType("planted")
    exec(source[:start] + source[start:].replace(right, wrong), module.__dict__)
    cell = next(param.values[0] for param in find_cells() if param.id == name)
    params, x, state_0, _, _ = case(cell, n_a=4, T=5)
    forward, backward = vars(module)[f"{name}_forward"], vars(module)[f"{name}_backward"]
    verdicts = check_cell(forward, backward, params, x, state_0, np.random.default_rng(1))
    worst = max(verdicts.values(), key=lambda verdict: verdict.error)
    assert worst.error > 1e-3
    assert worst.analytic != worst.numeric


def test_reach_by_hand():
    rnn = importlib.import_module("snippets.rnn")
    # one unit at rest: each step back multiplies by 0.5
    params = rnn.RNNParams(np.full((1, 1), 3.0), np.full((1, 1), 0.5), np.zeros((1, 1)))
    zero = rnn.RNNState(np.zeros((1, 1)))
    x, da_T = np.zeros((5, 1, 1)), np.ones((1, 1))
    norms = reach(rnn.rnn_forward, rnn.rnn_backward, params, x, zero, da_T)
    np.testing.assert_allclose(norms, 3 * 0.5 ** np.arange(5), rtol=1e-14)


def test_reach_adds_over_features_and_examples():
    rnn = importlib.import_module("snippets.rnn")
    rng = np.random.default_rng(0)
    params, zero = rnn.init_rnn(rng, 3, 4), rnn.RNNState(np.zeros((4, 2)))
    x, da_T = rng.normal(size=(1, 3, 2)), rng.normal(size=(4, 2))
    a, _, _ = rnn.rnn_forward(params, x, zero)
    norms = reach(rnn.rnn_forward, rnn.rnn_backward, params, x, zero, da_T)
    expected = np.linalg.norm(params.W_ax.T @ ((1 - a[0] ** 2) * da_T))
    np.testing.assert_allclose(norms, [expected], rtol=1e-13)


def test_an_array_is_restored_when_the_loss_fails():
    w = np.array([1.0, 2.0])
    with pytest.raises(ZeroDivisionError):
        slope(lambda: 1 / 0, w)
    assert w.tolist() == [1.0, 2.0]


def test_arrays_that_cannot_be_nudged_are_refused():
    fixed = np.zeros(2)
    fixed.flags.writeable = False
    for bad, came in [
        (np.zeros(2, np.float32), "float32"),
        (np.zeros(2, int), "int64"),
        ([0.0], "list"),
        (fixed, "float64"),
    ]:
        with pytest.raises(ValueError, match=f"expected a writeable array of float64.*{came}"):
            slope(lambda: 0.0, bad)
    for h in (0, -1, np.nan):
        with pytest.raises(ValueError, match=f"h above 0, got float64 and {h}"):
            slope(lambda: 0.0, np.zeros(2), h)


def test_gradients_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expected a gradient of shape \(3, 1\), got \(3,\)"):
        compare(np.zeros(3), np.zeros((3, 1)))


def test_no_step_has_no_reach():
    rnn = importlib.import_module("snippets.rnn")
    params, zero = rnn.init_rnn(np.random.default_rng(0), 3, 4), rnn.RNNState(np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"expected x of at least one step, got \(0, 3, 2\)"):
        reach(rnn.rnn_forward, rnn.rnn_backward, params, np.zeros((0, 3, 2)), zero, np.ones((4, 2)))


@pytest.mark.parametrize("shape", [(), (2,), (4, 1), (1, 4, 2)])
def test_what_would_spread_over_the_last_step_is_refused(shape):
    rnn = importlib.import_module("snippets.rnn")
    params, zero = rnn.init_rnn(np.random.default_rng(0), 3, 4), rnn.RNNState(np.zeros((4, 2)))
    with pytest.raises(
        ValueError, match=rf"expected da_T of shape \(4, 2\), got {re.escape(str(shape))}$"
    ):
        reach(rnn.rnn_forward, rnn.rnn_backward, params, np.zeros((5, 3, 2)), zero, np.ones(shape))
