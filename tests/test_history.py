"""Jordan's network and the time-delay layer do what docs/history.md says."""

import math
from collections import namedtuple

import numpy as np
import pytest

from snippets.history import JordanParams, TDNNParams, jordan_forward, softmax, tdnn_forward
from snippets.rnn import RNNParams, RNNState, rnn_forward
from snippets.window import WindowParams, window_forward

SIZES = {"m": 2, "n_w": 3, "n_x": 4, "n_y": 8, "n_a": 13, "T": 20}


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    x = np.random.default_rng(0).normal(size=(SIZES["T"], SIZES["n_x"], SIZES["m"]))
    jordan_forward(jordan(**SIZES), x, decay=0.5)
    tdnn_forward(tdnn(**SIZES), x)
    softmax(draw(SIZES["T"], SIZES["n_y"], SIZES["m"]))


def jordan(n_x=3, n_a=5, n_y=4, seed=0, dtype=np.float64, **_):
    rng = np.random.default_rng(seed)
    shapes = [(n_a, n_x), (n_a, n_y), (n_a, 1), (n_y, n_a), (n_y, 1)]
    return JordanParams(*(rng.normal(size=shape).astype(dtype) for shape in shapes))


def tdnn(n_x=3, n_a=5, n_w=3, seed=0, dtype=np.float64, **_):
    rng = np.random.default_rng(seed)
    W_ax, b_a = rng.normal(size=(n_w, n_a, n_x)), rng.normal(size=(n_a, 1))
    return TDNNParams(W_ax.astype(dtype), b_a.astype(dtype))


def draw(*shape):
    return np.random.default_rng(7).normal(size=shape)


def test_three_steps_of_a_time_delay_layer_by_hand():
    # newest first: z_t = 2 x_t + 3 x_(t-1) + 1
    params = TDNNParams(np.array([[[2.0]], [[3.0]]]), np.array([[1.0]]))
    a = tdnn_forward(params, np.array([[[1.0]], [[-1.0]], [[0.5]]]))
    expected = [math.tanh(2 + 0 + 1), math.tanh(-2 + 3 + 1), math.tanh(1 - 3 + 1)]
    np.testing.assert_allclose(a.ravel(), expected, rtol=1e-15)


def test_a_time_delay_layer_agrees_with_scalar_loops():
    (W_ax, b_a), x = params, x = tdnn(), draw(6, 3, 2)
    a = tdnn_forward(params, x)
    for t, unit, example in np.ndindex(a.shape):
        z = b_a[unit, 0]
        for lag in range(min(3, t + 1)):
            z += sum(W_ax[lag, unit, j] * x[t - lag, j, example] for j in range(3))
        assert a[t, unit, example] == pytest.approx(math.tanh(z), rel=1e-12)


# claim H3
def test_a_time_delay_layer_forgets_all_at_once():
    params, x = tdnn(n_w=3), draw(8, 3, 2)
    other = x.copy()
    other[2] += 1
    changed = (tdnn_forward(params, x) != tdnn_forward(params, other)).any(axis=(1, 2))
    assert changed.tolist() == [False, False, True, True, True, False, False, False]


def test_a_time_delay_layer_finds_the_same_wherever_it_stands():
    params, x = tdnn(), draw(6, 3, 2)
    late = np.concatenate([np.zeros((4, 3, 2)), x])
    np.testing.assert_allclose(tdnn_forward(params, late)[4:], tdnn_forward(params, x), rtol=1e-12)


def test_two_layers_look_back_over_both_windows_less_one():
    first, second, x = tdnn(n_a=3, n_w=3), tdnn(n_x=3, n_w=5, seed=1), draw(12, 3, 1)
    other = x.copy()
    other[0] += 1
    runs = [tdnn_forward(second, tdnn_forward(first, s)) for s in (x, other)]
    assert (runs[0] != runs[1]).any(axis=(1, 2)).sum() == 3 + 5 - 1


def test_the_window_model_is_a_time_delay_layer_over_embeddings():
    rng = np.random.default_rng(0)
    n_w, n_e, n_a = 3, 4, 5
    params = WindowParams(
        rng.normal(size=(n_e, 6)), rng.normal(size=(n_a, n_w * n_e)), rng.normal(size=(n_a, 1))
    )
    tokens = rng.integers(6, size=(9, 2))
    e = params.E[:, tokens].swapaxes(0, 1)
    newest_first = params.W_ae.reshape(n_a, n_w, n_e).swapaxes(0, 1)[::-1]
    a = tdnn_forward(TDNNParams(newest_first.copy(), params.b_a), e)
    np.testing.assert_allclose(a[n_w - 1 :], window_forward(params, tokens)[0], rtol=1e-12)


def test_two_steps_of_jordan_by_hand():
    # the output is (p, 1 - p) with p the logistic function of 2 a; o_1 = 0, o_2 = y_1
    params = JordanParams(
        W_ax=np.array([[1.0]]),
        W_ao=np.array([[3.0, 5.0]]),
        b_a=np.array([[0.25]]),
        W_ya=np.array([[1.0], [-1.0]]),
        b_y=np.array([[0.0], [0.0]]),
    )
    a, y_hat = jordan_forward(params, np.array([[[1.0]], [[-4.0]]]), decay=0.5)
    a_1 = math.tanh(1 + 0.25)
    p_1 = 1 / (1 + math.exp(-2 * a_1))
    a_2 = math.tanh(-4 + 3 * p_1 + 5 * (1 - p_1) + 0.25)
    np.testing.assert_allclose(a.ravel(), [a_1, a_2], rtol=1e-14)
    np.testing.assert_allclose(y_hat[0].ravel(), [p_1, 1 - p_1], rtol=1e-14)
    np.testing.assert_allclose(y_hat.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("decay", [0, 0.5, 0.9])
def test_the_state_of_jordan_is_all_it_said_each_word_fainter(decay):
    params, x = jordan(), draw(6, 3, 2)
    a, y_hat = jordan_forward(params, x, decay=decay)
    for t in range(6):
        # written out: the last output counts whole, the one before it times decay, ...
        o = sum((decay**k * y_hat[t - 1 - k] for k in range(t)), np.zeros((4, 2)))
        z = params.W_ax @ x[t] + params.W_ao @ o + params.b_a
        np.testing.assert_allclose(a[t], np.tanh(z), rtol=1e-12)
        logits = params.W_ya @ a[t] + params.b_y
        shares = np.exp(logits) / np.exp(logits).sum(axis=0)
        np.testing.assert_allclose(y_hat[t], shares, rtol=1e-12)


# claim H5
def test_what_jordan_does_not_say_it_does_not_remember_and_elman_does():
    x = draw(5, 3, 1)
    other = x.copy()
    other[0] += 1
    mute = jordan()._replace(W_ya=np.zeros((4, 5)))
    kept = [jordan_forward(mute, s, decay=0.9)[0] for s in (x, other)]
    assert (kept[0] != kept[1]).any(axis=(1, 2)).tolist() == [True] + 4 * [False]
    elman = RNNParams(mute.W_ax, draw(5, 5), mute.b_a)
    start = RNNState(np.zeros((5, 1)))
    kept = [rnn_forward(elman, s, start)[0] for s in (x, other)]
    assert (kept[0] != kept[1]).any(axis=(1, 2)).all()


def test_without_its_loop_jordan_is_a_layer_without_delays():
    params, x = jordan(), draw(5, 3, 2)
    a, _ = jordan_forward(params._replace(W_ao=np.zeros((5, 4))), x, decay=0.5)
    layer = TDNNParams(params.W_ax[None], params.b_a)
    np.testing.assert_allclose(a, tdnn_forward(layer, x), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("T", "m"), [(0, 2), (1, 1), (4, 2)])
def test_short_sequences_and_precisions_stay_what_they_are(dtype, T, m):
    x = np.ones((T, 3, m), dtype)
    a, y_hat = jordan_forward(jordan(dtype=dtype), x, decay=np.float64(0.5))
    b = tdnn_forward(tdnn(dtype=dtype), x)
    assert (a.shape, y_hat.shape, b.shape) == ((T, 5, m), (T, 4, m), (T, 5, m))
    assert {array.dtype for array in (a, y_hat, b)} == {np.dtype(dtype)}


@pytest.mark.parametrize(("of_x", "of_params"), [(np.float32, float), (float, np.float32)])
def test_one_wide_array_widens_the_result(of_x, of_params):
    x = np.ones((4, 3, 2), of_x)
    a, y_hat = jordan_forward(jordan(dtype=of_params), x, decay=0.5)
    assert a.dtype == y_hat.dtype == tdnn_forward(tdnn(dtype=of_params), x).dtype == np.float64
    exact = tdnn_forward(tdnn(dtype=of_params), x.astype(float))
    np.testing.assert_array_equal(tdnn_forward(tdnn(dtype=of_params), x), exact)


def test_the_softmax_is_safe():
    z = np.array([[[1000.0, 0.0], [1001.0, 0.0]], [[-2.0, 5.0], [-np.inf, 7.0]]])
    second = 1 / (1 + np.exp([[-1, 0], [np.inf, -2]]))
    np.testing.assert_allclose(softmax(z), np.stack([1 - second, second], axis=1), rtol=1e-12)
    assert np.isnan(softmax(np.array([[np.nan], [1.0]]))).all()
    with pytest.raises(ValueError, match="expected z to be a plain NumPy array, got MaskedArray"):
        softmax(np.ma.array(z))


def test_arguments_stay_as_they_were():
    x, many, few = draw(4, 3, 2), jordan(), tdnn()
    given = (x, *many, *few)
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    jordan_forward(many, x, decay=0.5)
    tdnn_forward(few, x)
    for now, then in zip(given, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_what_does_not_fit_is_named():
    x = draw(4, 3, 2)
    for field, shape in zip(
        JordanParams._fields,
        ["n_a, n_x", "5, 4", "5, 1", "4, 5", "n_y, 1"],
        strict=True,
    ):
        wrong = jordan()._replace(**{field: getattr(jordan(), field)[None]})
        match = rf"expected {field} \({shape}\) of floats, got ndarray \(1, "
        with pytest.raises(ValueError, match=match):
            jordan_forward(wrong, x, decay=0.5)
    with pytest.raises(ValueError, match=r"expected W_ax \(n_w, n_a, n_x\) of floats, got"):
        tdnn_forward(TDNNParams(tdnn().W_ax[0], tdnn().b_a), x)
    with pytest.raises(ValueError, match=r"expected b_a \(5, 1\) of floats, got"):
        tdnn_forward(tdnn()._replace(b_a=np.zeros(5)), x)
    for bad, got in [
        (x[:, :2], r"ndarray \(4, 2, 2\) of float64"),
        (x[0], r"ndarray \(3, 2\) of float64"),
        (x.astype(int), r"ndarray \(4, 3, 2\) of int64"),
        (x.tolist(), "list, not ndarray"),
    ]:
        match = rf"expected x \(T, 3, m\) of floats, got {got}"
        with pytest.raises(ValueError, match=match):
            jordan_forward(jordan(), bad, decay=0.5)
        with pytest.raises(ValueError, match=match):
            tdnn_forward(tdnn(), bad)


def test_plain_sequences_are_taken_for_the_named_tuples():
    x = draw(4, 3, 2)
    for kind in (tuple, list):
        for one, other in zip(
            jordan_forward(kind(jordan()), x, decay=0.5),
            jordan_forward(jordan(), x, decay=0.5),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(tdnn_forward(kind(tdnn()), x), tdnn_forward(tdnn(), x))
    with pytest.raises(ValueError, match=r"^expected params as JordanParams\(W_ax, W_ao, b_a, "):
        jordan_forward(tdnn(), x, decay=0.5)
    for bad, came in [(jordan(), "JordanParams of 5"), ((1,), "tuple of 1"), (None, "NoneType")]:
        with pytest.raises(
            ValueError, match=rf"^expected params as TDNNParams\(W_ax, b_a\) or .*, got {came}$"
        ):
            tdnn_forward(bad, x)
    with pytest.raises(ValueError, match=r"^expected params as TDNNParams"):
        tdnn_forward(RNNState(x)._make([x]), x)
    twin = namedtuple("Twin", ["W", "b"])  # as long, with other names
    with pytest.raises(ValueError, match=r"^expected params as TDNNParams"):
        tdnn_forward(twin(*tdnn()), x)


@pytest.mark.parametrize("decay", [-0.1, 1, 1.5, math.nan])
def test_a_state_that_would_never_fade_is_refused(decay):
    with pytest.raises(ValueError, match=f"expected decay from 0 to below 1, got {decay}"):
        jordan_forward(jordan(), draw(2, 3, 1), decay=decay)
