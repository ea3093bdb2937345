"""The window model does what docs/window.md says."""

import math
from collections import namedtuple
from functools import partial

import numpy as np
import pytest

from snippets.clipping import clip_by_global_norm
from snippets.optimizers import adam, init_adam
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    readout_backward,
    readout_forward,
)
from snippets.rnn import RNNParams, RNNState, init_rnn, rnn_backward, rnn_forward
from snippets.training import train
from snippets.window import (
    WindowParams,
    WindowTape,
    init_window,
    window_backward,
    window_floor,
    window_forward,
)
from tests.numeric import error, peak_bytes, slope

SIZES = {"m": 2, "n_w": 4, "n_e": 8, "n_x": 3, "n_a": 13, "T": 20}


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, tokens, da = case(**SIZES)
    init_window(np.random.default_rng(0), 3, 13, n_e=8, n_w=4)
    window_forward(params, tokens)
    window_backward(params, window_forward(params, tokens)[1], da)
    window_floor(tokens, tokens[: SIZES["T"]])
    return {"x": np.eye(SIZES["n_x"])[tokens].swapaxes(1, 2)}  # what the equations multiply by E


def case(m=2, n_w=3, n_e=4, n_x=5, n_a=7, T=6, seed=0, dtype=np.float64):
    """Draw weights (the bias too), tokens and the gradient that comes in."""
    rng = np.random.default_rng(seed)
    params = init_window(rng, n_x, n_a, n_e=n_e, n_w=n_w, dtype=dtype)
    params = params._replace(b_a=rng.normal(size=(n_a, 1)).astype(dtype))
    tokens = rng.integers(n_x, size=(T + n_w - 1, m))
    return params, tokens, rng.normal(size=(T, n_a, m)).astype(dtype)


def test_two_windows_by_hand():
    # embeddings 1, 2, 3; the window is (older, newer); z = older - newer + 0
    params = WindowParams(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, -1.0]]), np.zeros((1, 1)))
    a, tape = window_forward(params, np.array([[0], [2], [1]]))
    np.testing.assert_allclose(a.ravel(), [math.tanh(1 - 3), math.tanh(3 - 2)], rtol=1e-15)
    np.testing.assert_array_equal(tape.seen[:, :, 0], [[1, 3], [3, 2]])


def test_the_arrays_agree_with_scalar_loops():
    (E, W_ae, b_a), tokens, _ = params, tokens, _ = case()
    a, _ = window_forward(params, tokens)
    for t, unit, example in np.ndindex(a.shape):
        z = b_a[unit, 0]
        for place in range(3):
            for feature in range(4):
                weight = W_ae[unit, 4 * place + feature]
                z += weight * E[feature, tokens[t + place, example]]
        assert a[t, unit, example] == pytest.approx(math.tanh(z), rel=1e-12)


# claim T3
def test_looking_up_is_a_product_with_a_one_hot_column():
    params, tokens, _ = case(n_w=1)
    a, _ = window_forward(params, tokens)
    x = np.eye(5)[tokens].swapaxes(1, 2)  # (T, n_x, m)
    product = np.tanh(params.W_ae @ (params.E @ x) + params.b_a)
    np.testing.assert_allclose(a, product, rtol=1e-12)


# claim W1
def test_what_lies_outside_the_window_cannot_be_seen():
    params, tokens, _ = case(n_x=5, T=6)
    a, _ = window_forward(params, tokens)
    for s in range(len(tokens)):
        other = tokens.copy()
        other[s] = (other[s] + 1) % 5
        b, _ = window_forward(params, other)
        sees = [t for t in range(6) if (a[t] != b[t]).any()]
        assert sees == [t for t in range(6) if t <= s < t + 3]


@pytest.mark.parametrize(
    ("m", "n_w", "n_e", "n_x", "n_a", "T"),
    [(2, 3, 4, 5, 7, 6), (1, 1, 1, 1, 1, 1), (3, 2, 1, 2, 1, 9), (1, 5, 2, 3, 4, 1)],
)
def test_the_gradient_is_the_slope_of_the_loss(m, n_w, n_e, n_x, n_a, T):
    params, tokens, da = case(m, n_w, n_e, n_x, n_a, T)
    d_params = window_backward(params, window_forward(params, tokens)[1], da)

    def loss():
        return (da * window_forward(params, tokens)[0]).sum()

    for array, gradient in zip(params, d_params, strict=True):
        assert error(gradient, slope(loss, array)) < 1e-6


def test_a_token_that_comes_again_counts_again():
    # every token is the same one: its gradient is the sum over all places in all windows
    params, _, da = case()
    tokens = np.full((8, 2), 3)
    d_params = window_backward(params, window_forward(params, tokens)[1], da)
    a, _ = window_forward(params, tokens)
    d_seen = params.W_ae.T @ ((1 - a**2) * da)
    total = d_seen.sum(axis=(0, 2)).reshape(3, 4).sum(axis=0)
    np.testing.assert_allclose(d_params.E[:, 3], total, rtol=1e-12)
    assert not d_params.E[:, [0, 1, 2, 4]].any()


def test_one_gradient_by_hand():
    # a = tanh(e_0 - e_1) of embeddings 0 and 0: slope 1; da = 5
    params = WindowParams(np.array([[0.0, 0.0]]), np.array([[1.0, -1.0]]), np.zeros((1, 1)))
    _, tape = window_forward(params, np.array([[0], [1]]))
    dE, dW_ae, db_a = window_backward(params, tape, np.array([[[5.0]]]))
    np.testing.assert_array_equal(dE, [[5, -5]])
    np.testing.assert_array_equal(dW_ae, [[0, 0]])
    np.testing.assert_array_equal(db_a, [[5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("T", "m"), [(0, 2), (1, 1), (6, 2)])
def test_short_texts_and_precisions_stay_what_they_are(dtype, T, m):
    params, tokens, da = case(m=m, T=T, dtype=dtype)
    a, tape = window_forward(params, tokens)
    d_params = window_backward(params, tape, da)
    assert a.shape == (T, 7, m)
    assert [w.shape for w in d_params] == [w.shape for w in params]
    assert {array.dtype for array in (a, tape.seen, *d_params)} == {np.dtype(dtype)}
    if T == 0:
        assert not any(w.any() for w in d_params)


def test_arguments_stay_and_the_tape_owns_what_it_keeps():
    params, tokens, da = case()
    for array in (*params, tokens, da):
        array.flags.writeable = False
    a, tape = window_forward(params, tokens)
    before = window_backward(params, tape, da)
    for array in (tokens, a):
        array.flags.writeable = True
        array[:] = 0
    for left, right in zip(before, window_backward(params, tape, da), strict=True):
        np.testing.assert_array_equal(left, right)
    assert isinstance(tape, WindowTape)


def test_weights_keep_the_scale_of_what_they_multiply():
    rng = np.random.default_rng(0)
    E, W_ae, b_a = init_window(rng, 200, 300, n_e=50, n_w=8)
    # 10000 and 120000 draws: the spread of their standard deviation is below 0.8 %
    assert E.std() == pytest.approx(1, rel=0.04)
    assert W_ae.std() == pytest.approx(1 / 20, rel=0.02)
    assert (E.shape, W_ae.shape, b_a.shape) == ((50, 200), (300, 400), (300, 1))
    assert not b_a.any()


def test_the_number_of_weights_grows_with_the_window():
    def weights(n_w):
        params = init_window(np.random.default_rng(0), 5, 7, n_e=4, n_w=n_w)
        return sum(w.size for w in params)

    assert weights(1) == 4 * 5 + 7 * 4 + 7
    assert [weights(n_w + 1) - weights(n_w) for n_w in (1, 2, 3)] == [7 * 4] * 3


@pytest.mark.parametrize("zero", range(4))
def test_sizes_that_make_no_model_are_refused(zero):
    n_x, n_a, n_e, n_w = (int(place != zero) for place in range(4))
    match = rf"of at least 1 .*, got {n_x}, {n_a}, {n_e}, {n_w} and float64"
    with pytest.raises(ValueError, match=match):
        init_window(np.random.default_rng(0), n_x, n_a, n_e=n_e, n_w=n_w)


def test_only_floats_make_weights():
    with pytest.raises(ValueError, match=r"a float dtype, got 1, 1, 1, 1 and int64"):
        init_window(np.random.default_rng(0), 1, 1, n_e=1, n_w=1, dtype=np.int64)
    init_window(np.random.default_rng(0), 1, 1, n_e=1, n_w=1)


def test_weights_that_do_not_fit_are_named():
    params, tokens, da = case()
    E, W_ae, b_a = params
    wrong = [
        (params._replace(E=E[0]), r"expected E \(n_e, n_x\) of floats, got ndarray \(5,\)"),
        (params._replace(b_a=b_a.ravel()), r"expected b_a \(n_a, 1\) of floats, got"),
        (params._replace(W_ae=W_ae[:5]), r"expected W_ae \(7, n_w \* n_e\) of floats, got"),
        (params._replace(W_ae=W_ae[:, :11]), r"expected W_ae \(7, a multiple of 4\), got .*11"),
        (params._replace(W_ae=W_ae[:, :0]), r"expected W_ae \(7, a multiple of 4\), got .*0"),
        (params._replace(E=E[:0]), r"expected n_e of at least 1, got E \(0, 5\)"),
        (params._replace(E=E.astype(int)), r"expected E .* of floats, got ndarray \(4, 5\) of int"),
    ]
    for bad, match in wrong:
        with pytest.raises(ValueError, match=match):
            window_forward(bad, tokens)
    _, tape = window_forward(params, tokens)
    for bad, got in [
        (da[:5], r"ndarray \(5, 7, 2\) of float64"),
        (da.tolist(), "list, not ndarray"),
    ]:
        with pytest.raises(ValueError, match=rf"expected da \(6, 7, 2\) of floats, got {got}"):
            window_backward(params, tape, bad)


@pytest.mark.parametrize(
    ("n_e", "n_w", "n_a", "match"),
    [
        (4, 3, 6, r"W_ae \(7, 12\) of floats, got ndarray \(6, 12\)"),
        (4, 2, 7, r"W_ae \(7, 12\) of floats, got ndarray \(7, 8\)"),
        (2, 6, 7, r"W_ae \(7, 6\) of floats, got ndarray \(7, 12\)"),
        (5, 3, 7, r"tape.seen \(6, 15, 2\) of floats, got ndarray \(6, 12, 2\)"),
    ],
)
def test_the_tape_of_another_network_is_refused(n_e, n_w, n_a, match):
    params, tokens, da = case()
    _, tape = window_forward(params, tokens)
    other = init_window(np.random.default_rng(0), 5, n_a, n_e=n_e, n_w=n_w)
    with pytest.raises(ValueError, match=f"^expected {match}"):
        window_backward(other, tape, da)


def test_the_backward_pass_makes_no_matrix_for_each_step():
    T, n_a = 100, 60
    params, tokens, da = case(m=1, n_w=8, n_e=20, n_a=n_a, T=T)
    _, tape = window_forward(params, tokens)
    window_backward(params, tape, da)
    assert peak_bytes(lambda: window_backward(params, tape, da)) < T * n_a * 160 * 8 / 10


def test_plain_sequences_are_taken_for_the_named_tuples():
    params, tokens, da = case()
    a, tape = window_forward(params, tokens)
    wanted = window_backward(params, tape, da)
    for kind in (tuple, list):
        again, _ = window_forward(kind(params), tokens)
        np.testing.assert_array_equal(again, a)
        d_params = window_backward(kind(params), kind(tape), da)
        for one, other in zip(d_params, wanted, strict=True):
            np.testing.assert_array_equal(one, other)
        assert type(d_params) is WindowParams
    for bad, came in [
        (params[:2], "tuple of 2"),
        (None, "NoneType"),
        (tape[:1], "tuple of 1"),
        (namedtuple("Other", "E W b")(*params), "Other of 3"),
    ]:
        named = rf"^expected params as WindowParams\(E, W_ae, b_a\) or .*, got {came}$"
        with pytest.raises(ValueError, match=named):
            window_forward(bad, tokens)
        with pytest.raises(ValueError, match=named):
            window_backward(bad, tape, da)
    with pytest.raises(ValueError, match=r"^expected tape as WindowTape\(tokens, seen, a\) or"):
        window_backward(params, params, da)
    for bad, named in [
        (tape._replace(a=tape.a[0]), r"tape.a \(T, n_a, m\) of floats"),
        (tape._replace(tokens=tape.tokens[:5]), r"tape.tokens \(T \+ 6, m\) of integers"),
        (tape._replace(tokens=tape.tokens.astype(float)), "tape.tokens .* of integers"),
    ]:
        with pytest.raises(ValueError, match=f"^expected {named}, got ndarray"):
            window_backward(params, bad, da)


def test_tokens_that_do_not_fit_are_named():
    params, tokens, _ = case()
    for bad, got in [
        (tokens[:1], r"ndarray \(1, 2\) of int64"),
        (tokens[:, 0], r"ndarray \(8,\) of int64"),
        (tokens.astype(float), r"ndarray \(8, 2\) of float64"),
    ]:
        match = rf"expected tokens \(T \+ 2, m\) of integers, got {got}"
        with pytest.raises(ValueError, match=match):
            window_forward(params, bad)
    with pytest.raises(ValueError, match=r"^expected tokens to be a plain NumPy array, got list$"):
        window_forward(params, tokens.tolist())
    for outside in (-1, 5):
        bad = tokens.copy()
        bad[3, 1] = outside
        got = f"got {bad.min()} to {bad.max()}"
        with pytest.raises(ValueError, match=f"expected tokens from 0 to 4, {got}"):
            window_forward(params, bad)
    window_forward(params, np.full((3, 1), 4, dtype=np.uint8))


def text():
    """Two sentences whose verb agrees with a noun four words before it."""
    words = [".", "the", "dog", "dogs", "by", "gate", "barks", "bark"]
    sentences = ". the dog by the gate barks .", ". the dogs by the gate bark ."
    tokens = np.array([[words.index(w) for w in s.split()] for s in sentences]).T
    return tokens[:-1], tokens[1:], len(words)


def padded(x, n_w):
    return np.concatenate([np.zeros((n_w - 1, x.shape[1]), int), x])


@pytest.mark.parametrize(
    ("n_w", "bits"),
    # after `the` alone: dog, dogs, gate, gate. Else: dog or dogs, and if unseen barks or bark
    [(1, 2 * 1.5 + 1), (2, 1 + 1), (3, 1 + 1), (4, 1), (5, 1), (9, 1)],
)
def test_the_floor_of_two_sentences_by_hand(n_w, bits):
    x, y, _ = text()
    assert window_floor(padded(x, n_w), y) == pytest.approx(bits * math.log(2) / 7, rel=1e-12)


def test_the_floor_is_a_difference_of_two_entropies():
    rng = np.random.default_rng(0)
    tokens = rng.integers(3, size=(42, 5))

    def entropy(n_w):
        stretches = [tuple(tokens[t : t + n_w, j]) for t in range(40) for j in range(5)]
        shares = np.array([stretches.count(s) / 200 for s in set(stretches)])
        return -(shares * np.log(shares)).sum()

    floor = window_floor(tokens[:-1], tokens[2:])
    assert floor == pytest.approx(entropy(3) - entropy(2), rel=1e-10)


def test_the_floor_has_a_shape_too():
    x, y, _ = text()
    match = r"expected tokens \(T \+ 7, m\) of integers, got ndarray \(6, 2\)"
    with pytest.raises(ValueError, match=match):
        window_floor(x[1:], y)
    match = r"expected targets \(T, 2\) with a prediction, got \(7, 1\)"
    with pytest.raises(ValueError, match=match):
        window_floor(x, y[:, :1])
    with pytest.raises(ValueError, match=r"with a prediction, got \(0, 2\)"):
        window_floor(x, y[:0])
    with pytest.raises(ValueError, match=r"expected targets \(T \+ 0, m\) of integers, got"):
        window_floor(x, y.astype(float))


def losses(run, back, params, x, y, steps=60):
    """Train a model with a readout, and return the loss of every step."""
    seen, split = [], len(params) - 2

    def model(params, batch, state):
        readout = ReadoutParams(*params[split:])
        a, tape = run(params[:split], x)
        z, readout_tape = readout_forward(readout, a)
        loss, dz = cross_entropy(z, y)
        d_readout, da = readout_backward(readout, readout_tape, dz)
        return loss, [*back(params[:split], tape, da), *d_readout], state

    train(
        model,
        params,
        [None] * steps,
        partial(adam, learning_rate=0.03),
        memory=init_adam(params),
        clip=partial(clip_by_global_norm, threshold=1.0),
        report=lambda progress: seen.append(progress.loss),
    )
    return np.array(seen)


# claims W1, W2, L1
def test_the_window_stays_above_its_floor_and_the_recurrent_network_goes_below():
    x, y, n_x = text()
    one_hot = np.eye(n_x)
    targets = one_hot[y].swapaxes(1, 2)
    rng = np.random.default_rng(0)

    first = [*init_window(rng, n_x, 8, n_e=4, n_w=3), *init_readout(rng, 8, n_x)]
    window = losses(
        lambda params, tokens: window_forward(WindowParams(*params), tokens),
        lambda params, tape, da: window_backward(WindowParams(*params), tape, da),
        first,
        padded(x, 3),
        targets,
    )
    start = RNNState(np.zeros((8, 2)))
    # one of ten initialisations is still at the floor after 100 steps, so four are tried
    firsts = [[*init_rnn(rng, n_x, 8), *init_readout(rng, 8, n_x)] for _ in range(4)]
    recurrent = min(
        losses(
            lambda params, x: rnn_forward(RNNParams(*params), x, start)[::2],
            lambda params, tape, da: rnn_backward(RNNParams(*params), tape, da)[0],
            first_rnn,
            one_hot[x].swapaxes(1, 2),
            targets,
            steps=100,
        )[-1]
        for first_rnn in firsts
    )
    floor = window_floor(padded(x, 3), y)
    assert {sum(w.size for w in it) for it in firsts} == {sum(w.size for w in first)}
    assert (window >= floor).all()
    assert window[-1] < 1.2 * floor
    assert math.log(2) / 7 <= recurrent < 0.8 * floor


def test_gradients_of_many_steps_in_half_precision_do_not_stop_growing():
    params = WindowParams(*(np.ones(shape, np.float16) for shape in ((1, 2), (1, 1), (1, 1))))
    params = params._replace(
        W_ae=np.full((1, 1), 0.01, np.float16), b_a=np.zeros((1, 1), np.float16)
    )
    tokens = np.zeros((6000, 1), int)
    _, tape = window_forward(params, tokens)
    d_params = window_backward(params, tape, np.full((6000, 1, 1), 0.5, np.float16))
    wide = window_backward(
        WindowParams(*(w.astype(float) for w in params)),
        window_forward(WindowParams(*(w.astype(float) for w in params)), tokens)[1],
        np.full((6000, 1, 1), 0.5),
    )
    for narrow, exact in zip(d_params, wide, strict=True):
        assert narrow.dtype == np.float16
        np.testing.assert_allclose(narrow, exact, rtol=2e-3)


@pytest.mark.parametrize(
    ("weights", "gradient"),
    [(np.float16, np.float64), (np.float64, np.float16), (np.float32, np.longdouble)],
)
def test_the_wider_of_weights_and_gradient_gives_the_type(weights, gradient):
    params, tokens, da = case(dtype=weights)
    _, tape = window_forward(params, tokens)
    d_params = window_backward(params, tape, da.astype(gradient))
    assert {d.dtype for d in d_params} == {np.result_type(weights, gradient)}


def test_the_gradient_of_long_doubles_keeps_their_last_bit():
    one = np.ones((1, 1), np.longdouble)
    params = WindowParams(0 * one, one, 0 * one)
    _, tape = window_forward(params, np.zeros((1, 1), int))
    da = one[None] + np.finfo(np.longdouble).eps
    dE, _, db_a = window_backward(params, tape, da)  # tanh(0) has the slope 1
    assert dE == db_a == da
