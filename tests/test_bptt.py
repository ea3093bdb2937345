"""The gradient checker finds what is wrong, and says where; gradients reach as far as said."""

import importlib
import math
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
    """Run every function once at SIZES, for shape comments and equations."""
    rnn = importlib.import_module("snippets.rnn")
    n_x, m, n_a, T = SIZES.values()
    rng = np.random.default_rng(0)
    params, state_0 = rnn.init_rnn(rng, n_x, n_a), rnn.RNNState(np.zeros((n_a, m)))
    x = rng.normal(size=(T, n_x, m))
    check_cell(rnn.rnn_forward, rnn.rnn_backward, params, x, state_0, rng)
    reach(rnn.rnn_forward, rnn.rnn_backward, params, x, state_0, rng.normal(size=(n_a, m)))
    for scale, floor in [
        (0.5, 1e-8),
        (2.0, 1e-8),
        (1.0, 10.0),
    ]:  # each of the three is the largest once
        compare(scale * rng.normal(size=n_a), rng.normal(size=n_a), floor=floor)
    slope(lambda: 0.0, np.ones(3))


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


def test_the_floor_bounds_what_a_difference_is_divided_by():
    small, other = np.array([3e-5, 0.0]), np.array([1e-5, 0.0])
    assert compare(small, other, floor=1e-4).error == pytest.approx(0.2)
    assert compare(small, other, floor=1e-6).error == pytest.approx(2 / 3)


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


GATES = ("b_f", "b_u", "b_o", "b_r")


def saturate(params, way, rng, names):
    """Return weights with biases that open or shut gates, or either."""
    signs = {"open": [1], "shut": [-1], "mixed": [-1, 1], "some": [-1, 0, 1]}[way]
    sizes = {name: b.shape for name, b in params._asdict().items() if name in names}
    return params._replace(
        **{name: rng.choice(signs, size=n) * rng.uniform(20, 40, n) for name, n in sizes.items()}
    )


def worst_of(verdicts):
    """Return the largest error and the array that has it."""
    return max((verdict.error, name) for name, verdict in verdicts.items())


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize("cell", find_cells())
@pytest.mark.parametrize("way", ["open", "shut", "mixed", "some"])
@pytest.mark.parametrize("also", [(), ("b_c", "b_rc", "b_a")], ids=["gates", "candidate too"])
def test_saturated_gates_raise_no_false_alarm(cell, way, also):
    rng = np.random.default_rng(3)
    params, x, state_0, _, _ = case(cell, n_a=2, T=9)
    # in an sLSTM b_u is the logarithm of a weight, which nothing saturates
    gates = tuple(it for it in GATES if it != "b_u" or "log_n" not in state_0._fields)
    params = saturate(params, way, rng, gates + also)
    for size, state in [(1, state_0), (5, None)]:
        verdicts = check_cell(cell.forward, cell.backward, params, size * x, state, rng)
        assert worst_of(verdicts)[0] < 1e-6


@pytest.mark.parametrize("bias", [20, 25, 30, 60])
def test_an_open_forget_gate_raises_no_false_alarm(bias):
    lstm = importlib.import_module("snippets.lstm")
    rng = np.random.default_rng(0)
    params = lstm.init_lstm(rng, 3, 4, forget_bias=bias)
    x = rng.normal(size=(6, 3, 2))
    verdicts = check_cell(lstm.lstm_forward, lstm.lstm_backward, params, x, None, rng)
    assert worst_of(verdicts)[0] < 1e-6


def wrong_by(share, elements, backward):
    """Return a backward pass that has an element of some arrays wrong by a share of it."""

    def wrong(*given):
        d_params, dx, d_state_0 = backward(*given)
        named = name_all(d_params, dx, d_state_0)
        for name, where in elements.items():
            named[name][where] *= 1 + share
        return d_params, dx, d_state_0

    return wrong


def name_all(d_params, dx, d_state_0):
    """Name gradients as check_cell does."""
    states = {f"state_0.{field}": d for field, d in d_state_0._asdict().items()}
    return d_params._asdict() | {"x": dx} | states


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize("cell", find_cells())
@pytest.mark.parametrize("way", [None, "open", "some"])
def test_one_per_cent_in_one_element_is_found(cell, way):
    rng = np.random.default_rng(0)
    params, x, state_0, _, _ = case(cell, n_a=3, T=4)
    if way:
        params = saturate(params, way, rng, GATES)
    measurable = {}
    for name, gradient in gradients(cell, params, x, state_0).items():
        large = np.argwhere(abs(gradient) > max(1e-3 * abs(gradient).max(), 1e-6))
        if len(large):
            measurable[name] = [tuple(map(int, where)) for where in rng.permutation(large)]
    # with its gate open, a minGRU has slopes for W_c, b_c and x only
    assert len(measurable) >= (3 if len(params) == 4 else 4)
    for k in range(3):
        elements = {name: places[k % len(places)] for name, places in measurable.items()}
        wrong = wrong_by(0.01, elements, cell.backward)
        told = check_cell(cell.forward, wrong, params, x, state_0, np.random.default_rng(1))
        found = {name: verdict.where for name, verdict in told.items() if verdict.error > 1e-6}
        assert found == elements


def gradients(cell, params, x, state_0):
    """Name the gradients of the loss that check_cell draws with this generator."""
    kept = {}

    def noting(*given):
        kept.update(name_all(*cell.backward(*given)))
        return cell.backward(*given)

    check_cell(cell.forward, noting, params, x, state_0, np.random.default_rng(1))
    return kept


def test_one_per_cent_is_found_beside_a_huge_memory():
    lstm = importlib.import_module("snippets.lstm")
    rng = np.random.default_rng(0)
    params = lstm.init_lstm(rng, 3, 4)
    x, a_0 = rng.normal(size=(6, 3, 2)), np.zeros((4, 2))
    state_0 = lstm.LSTMState(a_0, np.where(np.arange(4)[:, None] == 2, 1e9, 0.1) * np.ones((4, 2)))
    given = params, x, state_0
    verdicts = check_cell(lstm.lstm_forward, lstm.lstm_backward, *given, np.random.default_rng(1))
    assert worst_of(verdicts)[0] < 1e-6
    elements = {"W_c": (1, 2), "b_o": (0, 0), "x": (5, 1, 1)}
    wrong = wrong_by(0.01, elements, lstm.lstm_backward)
    told = check_cell(lstm.lstm_forward, wrong, *given, np.random.default_rng(1))
    assert {name for name in told if told[name].error > 1e-6} == set(elements)


def test_one_per_cent_of_a_small_gradient_is_found():
    # a readout of 1e-5 makes all gradients small, and nothing is saturated
    rnn = importlib.import_module("snippets.rnn")

    def forward(params, x, state_0):
        a, state_T, tape = rnn.rnn_forward(params, x, state_0)
        return 1e-5 * a, rnn.RNNState(1e-5 * state_T.a), tape

    def backward(params, tape, da, d_state_T):
        return rnn.rnn_backward(params, tape, 1e-5 * da, rnn.RNNState(1e-5 * d_state_T.a))

    rng = np.random.default_rng(0)
    params, x = rnn.init_rnn(rng, 2, 3), rng.normal(size=(4, 2, 20))
    verdicts = check_cell(forward, backward, params, x, None, np.random.default_rng(1))
    assert worst_of(verdicts)[0] < 1e-6
    elements = {"W_ax": (0, 0), "x": (0, 1, 7)}
    wrong = wrong_by(0.01, elements, backward)
    told = check_cell(forward, wrong, params, x, None, np.random.default_rng(1))
    assert {name for name in told if told[name].error > 1e-6} == set(elements)
    assert told["W_ax"].error > 1e-4


def test_the_floor_of_a_check_is_its_rounding_error():
    # the gradient is wrong by a known amount, the slope is exactly zero
    rnn = importlib.import_module("snippets.rnn")
    params = rnn.RNNParams(np.zeros((2, 1)), np.zeros((2, 2)), np.zeros((2, 1)))
    outputs = 3 * 2 * 4 + 2 * 4  # all hidden states, and the last one once more

    def forward(params, x, state_0):
        return np.zeros((3, 2, 4)), rnn.RNNState(np.zeros((2, 4))), None

    def backward(params, tape, da, d_state_T):
        d_params = rnn.RNNParams(*(np.zeros_like(w) for w in params))
        return d_params._replace(b_a=np.full((2, 1), 1e-9)), np.zeros((3, 1, 4)), state_0

    state_0 = rnn.RNNState(np.zeros((2, 4)))
    told = check_cell(
        forward, backward, params, np.ones((3, 1, 4)), state_0, np.random.default_rng(0)
    )
    floor = 10 * 2**-52 * math.sqrt(outputs) / 5e-5 / 1e-6  # of the smaller change
    assert told["b_a"].error == pytest.approx(1e-9 / floor)


def test_a_loss_that_bends_is_measured_with_a_smaller_change(monkeypatch):
    # a = sin(40 w x): the first size of change leaves an error of about 1e-5
    rnn = importlib.import_module("snippets.rnn")

    def forward(params, x, state_0):
        return np.sin(40 * params.W_ax @ x), rnn.RNNState(state_0.a.copy()), x

    def backward(params, x, da, d_state_T):
        d_z = 40 * np.cos(40 * params.W_ax @ x) * da
        zeros = rnn.RNNParams(*(np.zeros_like(w) for w in params))
        d_W = sum(d_z[t] @ x[t].T for t in range(len(x)))
        return zeros._replace(W_ax=d_W), params.W_ax.T @ d_z, d_state_T

    rng = np.random.default_rng(0)
    params, state_0 = rnn.init_rnn(rng, 2, 3), rnn.RNNState(np.zeros((3, 1)))
    x = 6 * rng.normal(size=(4, 2, 1))
    verdicts = check_cell(forward, backward, params, x, state_0, np.random.default_rng(1))
    assert worst_of(verdicts)[0] < 1e-6
    wrong = wrong_by(0.01, {"W_ax": (0, 0)}, backward)
    told = check_cell(forward, wrong, params, x, state_0, np.random.default_rng(1))
    assert told["W_ax"].error > 1e-4
    monkeypatch.setattr(importlib.import_module("snippets.bptt"), "SIZES_OF_CHANGE", (5e-4,))
    verdicts = check_cell(forward, backward, params, x, state_0, np.random.default_rng(1))
    assert worst_of(verdicts)[0] > 1e-6


@pytest.mark.parametrize("cell", find_cells())
def test_no_state_is_a_state_of_zeros(cell):
    params, x, state_0, _, _ = case(cell, n_a=4, T=5)
    zeros = state_0._make(np.zeros_like(array) for array in state_0)
    ours, theirs = (
        check_cell(cell.forward, cell.backward, params, x, state, np.random.default_rng(1))
        for state in (None, zeros)
    )
    assert ours == theirs
    da_T = np.ones(state_0.a.shape)
    reached = reach(cell.forward, cell.backward, params, x, state_0, da_T)
    assert (reached != reach(cell.forward, cell.backward, params, x, None, da_T)).any()
    np.testing.assert_array_equal(
        reach(cell.forward, cell.backward, params, x, None, da_T),
        reach(cell.forward, cell.backward, params, x, zeros, da_T),
    )


def test_plain_sequences_are_checked_under_the_same_names():
    lstm = importlib.import_module("snippets.lstm")
    rng = np.random.default_rng(0)
    params, x = lstm.init_lstm(rng, 2, 3), rng.normal(size=(3, 2, 1))
    state_0 = lstm.LSTMState(np.ones((3, 1)), np.ones((3, 1)))
    named = check_cell(
        lstm.lstm_forward, lstm.lstm_backward, params, x, state_0, np.random.default_rng(1)
    )
    plain = check_cell(
        lstm.lstm_forward,
        lstm.lstm_backward,
        list(params),
        x,
        tuple(state_0),
        np.random.default_rng(1),
    )
    assert plain == named
    assert list(plain)[-3:] == ["x", "state_0.a", "state_0.c"]


FAULTS = {
    "the future dropped": ("rnn", "da[t] + da_next", "da[t]"),
    "the gradient of another step": ("rnn", "da[t] + da_next", "da[T - 1 - t] + da_next"),
    "the gradient of another unit": ("rnn", "da[t] + da_next", "da[t, ::-1] + da_next"),
    "a missing 1 -": ("rnn", "(1 - a_t**2)", "a_t**2"),
    "a wrong time index": ("rnn", "tape.states[t].a, tape", "tape.states[t + 1].a, tape"),
    "the first step forgotten": ("rnn", "np.tensordot(dz, x,", "np.tensordot(dz[:, 1:], x[:, 1:],"),
    "a transpose forgotten": ("rnn", "W_aa.T @ dz_t", "W_aa @ dz_t"),
    "only the last step": ("rnn", "np.tensordot(dz, x,", "np.tensordot(dz[:, -1:], x[:, -1:],"),
    "gates swapped": ("lstm", "(dz_f, dz_u, dz_c, dz_o)", "(dz_u, dz_f, dz_c, dz_o)"),
    "the cell's own path dropped": ("lstm", "dc_t = dc_next + ", "dc_t = "),
    "the slope of a sigmoid forgotten": ("lstm", "gamma_o * (1 - gamma_o)", "gamma_o"),
    "the slope of a tanh forgotten": ("lstm", "(1 - tanh_c**2)", "1"),
    "the candidate instead of the past": ("lstm", "dc_t * c_prev", "dc_t * c_tilde"),
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


# claim R8
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
        (fixed, "float64"),
    ]:
        with pytest.raises(ValueError, match=f"expected a writeable array of float64.*{came}"):
            slope(lambda: 0.0, bad)
    for bad in [[0.0], np.ma.zeros(2), np.zeros((2, 1)).view(np.matrix)]:
        named = f"expected array to be a plain NumPy array, got {type(bad).__name__}$"
        with pytest.raises(ValueError, match=named):
            slope(lambda: 0.0, bad)
    for h in (0, -1, np.nan):
        with pytest.raises(ValueError, match=f"h above 0, got float64 and {h}"):
            slope(lambda: 0.0, np.zeros(2), h)


def test_gradients_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expected a gradient of shape \(3, 1\), got \(3,\)"):
        compare(np.zeros(3), np.zeros((3, 1)))
    for pair, named in [
        ((np.ma.zeros(3), np.zeros(3)), "analytic .* got MaskedArray"),
        ((np.zeros(3), [0.0] * 3), "numeric .* got list"),
    ]:
        with pytest.raises(ValueError, match=f"^expected {named}$"):
            compare(*pair)


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


def test_the_reach_of_small_gradients_is_not_lost_in_narrow_types():
    rnn = importlib.import_module("snippets.rnn")
    params = rnn.RNNParams(*(np.full((1, 1), w, np.float16) for w in (1.0, 0.5, 0.0)))
    x, da_T = np.zeros((11, 1, 1), np.float16), np.full((1, 1), 0.01, np.float16)
    norms = reach(rnn.rnn_forward, rnn.rnn_backward, params, x, None, da_T)
    np.testing.assert_allclose(norms, 0.01 * 0.5 ** np.arange(11), rtol=0.02)


def test_the_reach_of_long_doubles_keeps_their_last_bit():
    rnn = importlib.import_module("snippets.rnn")
    one = np.ones((1, 1), np.longdouble)
    params = rnn.RNNParams(one, one, 0 * one)
    da_T = one + np.finfo(np.longdouble).eps
    assert reach(rnn.rnn_forward, rnn.rnn_backward, params, 0 * one[None], None, da_T) == da_T


def test_what_is_no_plain_array_has_no_reach():
    rnn = importlib.import_module("snippets.rnn")
    params, x, da_T = (
        rnn.init_rnn(np.random.default_rng(0), 3, 4),
        np.ones((5, 3, 2)),
        np.ones((4, 2)),
    )
    cell = rnn.rnn_forward, rnn.rnn_backward, params
    with pytest.raises(
        ValueError, match=r"^expected x to be a plain NumPy array, got MaskedArray$"
    ):
        reach(*cell, np.ma.array(x), None, da_T)
    with pytest.raises(ValueError, match=r"^expected da_T to be a plain NumPy array, got matrix$"):
        reach(*cell, x, None, da_T.view(np.matrix))
