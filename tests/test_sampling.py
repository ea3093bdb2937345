"""Sampling does what docs/sampling.md says."""

import math
from functools import partial

import numpy as np
import pytest

from snippets.gru import gru_backward, gru_forward, init_gru
from snippets.lstm import init_lstm, lstm_backward, lstm_forward
from snippets.readout import ReadoutParams, init_readout, readout_forward
from snippets.rnn import RNNState, init_rnn, rnn_forward, rnn_step
from snippets.sampling import (
    draw,
    generate,
    greedy,
    heat,
    keep_top_k,
    keep_top_p,
    make_predict,
    softmax,
)
from snippets.stacking import Layer, stack_forward
from tests.test_cells import find_cells

SIZES = {"n_y": 7, "m": 3, "n_e": 13}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_y, m, n_e = SIZES.values()
    rng = np.random.default_rng(0)
    z_t = rng.normal(size=(n_y, m))
    draw(z_t, rng, top_k=3, top_p=0.9)
    keep_top_p(keep_top_k(heat(z_t, 0.5), 3), 0.9)
    softmax(z_t)
    greedy(z_t)
    readout = init_readout(rng, 8, n_y)
    for E in (None, rng.normal(size=(n_e, n_y))):
        cell = init_rnn(rng, n_y if E is None else n_e, 8)
        predict = make_predict(rnn_forward, cell, readout_forward, readout, E=E)
        generate(predict, None, np.array([2]), 3, greedy)


def logits(*shares):
    return np.log(np.array(shares, float))[:, None]


# claim S3
def test_draws_come_as_often_as_the_softmax_says():
    count = 20000
    z_t = np.tile(logits(1, 2, 5), count)
    drawn = draw(z_t, np.random.default_rng(0))
    for token, p in enumerate([1 / 8, 2 / 8, 5 / 8]):
        spread = math.sqrt(p * (1 - p) / count)
        assert abs((drawn == token).mean() - p) < 4 * spread


def test_each_column_has_its_own_draw():
    z_t = np.full((3, 4), -np.inf)
    z_t[[2, 0, 1, 2], range(4)] = 0
    np.testing.assert_array_equal(draw(z_t, np.random.default_rng(0)), [2, 0, 1, 2])
    np.testing.assert_array_equal(greedy(z_t), [2, 0, 1, 2])


def test_the_same_seed_draws_the_same():
    z_t = np.random.default_rng(0).normal(size=(5, 50))
    one = draw(z_t, np.random.default_rng(1))
    np.testing.assert_array_equal(one, draw(z_t, np.random.default_rng(1)))
    assert (one != draw(z_t, np.random.default_rng(2))).any()


# claim S3
def test_numpy_draws_the_same_from_the_same_generator():
    p = softmax(logits(1, 2, 5))[:, 0]
    expected = [np.random.default_rng(s).choice(3, p=p) for s in range(20)]
    assert [int(draw(logits(1, 2, 5), np.random.default_rng(s))[0]) for s in range(20)] == expected


def test_temperature_by_hand():
    # shares 1 : 4 at temperature 2 become 1 : 2, at temperature 0.5 they become 1 : 16
    np.testing.assert_allclose(softmax(heat(logits(1, 4), 2)), [[1 / 3], [2 / 3]])
    np.testing.assert_allclose(softmax(heat(logits(1, 4), 0.5)), [[1 / 17], [16 / 17]])
    np.testing.assert_allclose(softmax(heat(logits(1, 4), 1)), [[1 / 5], [4 / 5]])


def test_heated_logits_by_hand():
    z_t = np.array([[1.0, 8.0], [3.0, 4.0]])
    np.testing.assert_array_equal(heat(z_t, 2), [[-1, 0], [0, -2]])


def test_a_tiny_temperature_is_no_warning():
    for dtype in (np.float16, np.float32, np.float64):
        heated = heat(np.array([[0.0], [9.0]], dtype), 1e-308)
        np.testing.assert_array_equal(heated, [[-np.inf], [0]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("temperature", [1, 0.7, np.float32(0.7), np.float16(0.7)])
def test_temperature_works_in_double_precision_and_keeps_the_type(dtype, temperature):
    z_t = np.random.default_rng(0).normal(size=(50, 3)).astype(dtype)
    heated = heat(z_t, temperature)
    exact = z_t.astype(float)
    exact = (exact - exact.max(axis=0)) / float(temperature)
    assert heated.dtype == dtype
    np.testing.assert_array_equal(heated, exact.astype(dtype))


def test_a_temperature_beyond_the_type_is_no_other_temperature():
    # in float16 a temperature of 1e5 is infinite, and 1e-9 is zero
    z_t = np.array([[0.0], [60000.0]], np.float16)
    assert heat(z_t, 1e5).ravel().tolist() == [np.float16(-0.6), 0]
    z_t = np.array([[0.0], [6e-8]], np.float16)
    assert heat(z_t, 1e-9).ravel() == pytest.approx([-59.6, 0], rel=1e-3)


@pytest.mark.parametrize(
    "filtering",
    [partial(heat, temperature=1), partial(keep_top_k, top_k=5), partial(keep_top_p, top_p=1)],
)
def test_what_changes_nothing_returns_an_array_of_its_own(filtering):
    z_t = np.random.default_rng(0).normal(size=(5, 2))
    z_t -= z_t.max(axis=0)
    z_t.flags.writeable = False
    before = z_t.copy()
    same = filtering(z_t)
    np.testing.assert_array_equal(same, before)
    same[:] = 0
    np.testing.assert_array_equal(z_t, before)
    assert not np.shares_memory(same, z_t)


def test_one_class_or_no_column_leave_no_choice():
    rng = np.random.default_rng(0)
    assert draw(np.array([[3.0]]), rng).tolist() == [0]
    drawn = draw(np.zeros((3, 0)), rng)
    assert (drawn.shape, drawn.dtype.kind) == ((0,), "i")


def test_temperature_has_its_limits():
    z_t = np.random.default_rng(0).normal(size=(6, 9))
    cold = draw(z_t, np.random.default_rng(0), temperature=1e-300)
    np.testing.assert_array_equal(cold, greedy(z_t))
    np.testing.assert_allclose(softmax(heat(z_t, 1e300)), 1 / 6, rtol=1e-12)


def test_top_k_keeps_the_likeliest():
    z_t = np.array([[1.0, 5.0], [3.0, 4.0], [2.0, 6.0]])
    hidden = -np.inf
    np.testing.assert_array_equal(keep_top_k(z_t, 1), [[hidden, hidden], [3, hidden], [hidden, 6]])
    np.testing.assert_array_equal(keep_top_k(z_t, 2), [[hidden, 5], [3, hidden], [2, 6]])
    np.testing.assert_array_equal(keep_top_k(z_t, 3), z_t)


def test_of_equal_logits_the_first_are_kept():
    np.testing.assert_array_equal(
        np.isfinite(keep_top_k(np.zeros((4, 1)), 2)).ravel(), [True, True, False, False]
    )
    assert greedy(np.zeros((4, 1)))[0] == 0
    # many of equal rank: only a stable sort keeps their order
    z_t = np.random.default_rng(0).integers(2, size=(1000, 1)).astype(float)
    likely = np.flatnonzero(z_t[:, 0])
    assert np.flatnonzero(np.isfinite(keep_top_k(z_t, 100))).tolist() == likely[:100].tolist()
    share = 100 * softmax(z_t).max()
    kept = np.flatnonzero(np.isfinite(keep_top_p(z_t, share * 0.999)))
    assert kept.tolist() == likely[:100].tolist()


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [
        (0.01, [1]),
        (0.49, [1]),
        (0.51, [1, 3]),
        (0.81, [1, 3]),
        (0.82, [0, 1, 3]),
        (1, [0, 1, 2, 3]),
    ],
)
def test_top_p_keeps_the_fewest_that_reach_p(top_p, kept):
    # likeliest first: 1/2, 5/16, 1/8, 1/16
    z_t = keep_top_p(logits(2, 8, 1, 5), top_p)
    assert np.flatnonzero(np.isfinite(z_t[:, 0])).tolist() == kept


@pytest.mark.parametrize(("top_p", "count"), [(0.4, 1), (0.7, 2), (0.85, 3), (0.95, 4), (1, 5)])
def test_top_p_is_reached_though_sums_are_rounded(top_p, count):
    z_t = logits(8, 6, 3, 2, 1)  # the likeliest two have 14 of 20
    assert np.isfinite(keep_top_p(z_t, top_p)).sum() == count


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_top_p_keeps_what_exact_arithmetic_says_in_every_type(dtype):
    rng = np.random.default_rng(0)
    for _ in range(100):
        n = int(rng.integers(2, 400))
        z_t = rng.normal(scale=2, size=(n, 1)).astype(dtype)
        exact = [math.exp(float(z)) for z in z_t[:, 0]]
        total = math.fsum(exact)
        order = sorted(range(n), key=lambda i: (-z_t[i, 0], i))
        count = int(rng.integers(1, n + 1))
        reached = math.fsum(exact[i] for i in order[:count]) / total
        for top_p, wanted in [(reached * (1 - 1e-9), count), (reached * (1 + 1e-9), count + 1)]:
            if top_p <= 1:
                kept = keep_top_p(z_t, top_p)
                assert kept.dtype == dtype
                assert set(np.flatnonzero(np.isfinite(kept))) == set(order[:wanted])
                there = np.isfinite(kept)
                np.testing.assert_array_equal(kept[there], z_t[there])


def test_a_narrow_p_means_its_exact_value():
    z_t = logits(*range(1, 2001)).astype(np.float32)
    p = np.float16(0.3)
    np.testing.assert_array_equal(keep_top_p(z_t, p), keep_top_p(z_t, float(p)))


def test_top_k_keeps_the_type():
    for dtype in (np.float16, np.float32, np.float64):
        kept = keep_top_k(np.array([[1.0], [2.0]], dtype), 1)
        assert kept.dtype == dtype
        np.testing.assert_array_equal(kept, [[-np.inf], [2]])


def test_draws_from_half_precision_are_as_likely_as_from_double():
    rng = np.random.default_rng(0)
    z_t = rng.normal(size=(300, 40)).astype(np.float16)
    options = {"temperature": 0.7, "top_p": 0.9}
    one = draw(z_t, np.random.default_rng(1), **options)
    np.testing.assert_array_equal(one, draw(z_t.astype(float), np.random.default_rng(1), **options))


def test_top_p_treats_each_column_alone():
    z_t = np.hstack([logits(8, 1, 1), logits(1, 1, 8), logits(1, 1, 1)])
    kept = np.isfinite(keep_top_p(z_t, 0.5))
    np.testing.assert_array_equal(kept, [[1, 0, 1], [0, 0, 1], [0, 1, 0]])


def test_what_is_ruled_out_is_never_drawn_and_the_rest_keeps_its_shares():
    count = 20000
    z_t = np.tile(logits(1, 2, 5, 8), count)
    for filters in [{"top_k": 2}, {"top_p": 0.7}]:
        drawn = draw(z_t, np.random.default_rng(0), **filters)
        assert set(drawn) == {2, 3}
        spread = math.sqrt(5 / 13 * 8 / 13 / count)
        assert abs((drawn == 2).mean() - 5 / 13) < 4 * spread


def test_temperature_comes_before_top_p():
    # 5 : 3 : 1 : 1 reaches 0.8 with two; heated, with three or more
    z_t = np.tile(logits(5, 3, 1, 1), 2000)
    rng = np.random.default_rng(0)
    assert set(draw(z_t, rng, top_p=0.8)) == {0, 1}
    assert len(set(draw(z_t, rng, top_p=0.8, temperature=100))) == 4


def test_single_precision_probabilities_add_up_for_numpy():
    # NumPy's choice refuses probabilities that miss 1 by more than 1e-8
    z_t = np.random.default_rng(0).normal(size=(1000, 20)).astype(np.float32)
    drawn = draw(z_t, np.random.default_rng(0))
    assert drawn.shape == (20,)
    assert drawn.dtype.kind == "i"


def test_arguments_stay_as_they_were():
    z_t = np.random.default_rng(0).normal(size=(5, 2))
    z_t.flags.writeable = False
    before = z_t.copy()
    draw(z_t, np.random.default_rng(0), temperature=0.5, top_k=3, top_p=0.5)
    greedy(z_t)
    np.testing.assert_array_equal(z_t, before)


@pytest.mark.parametrize(
    "choose",
    [
        partial(draw, rng=np.random.default_rng(0)),
        greedy,
        partial(heat, temperature=1),
        partial(keep_top_k, top_k=1),
        partial(keep_top_p, top_p=0.5),
    ],
)
def test_logits_that_make_no_probabilities_are_refused(choose):
    for bad in [np.nan, np.inf]:
        named = rf"^expected a finite largest logit in each column of z_t, got \[ *0. +{bad}\]$"
        with pytest.raises(ValueError, match=named):
            choose(np.array([[0.0, 1.0], [0.0, bad]]))
    with pytest.raises(ValueError, match=r"in each column of z_t, got \[ *0. -inf\]$"):
        choose(np.array([[0.0, -np.inf], [-1.0, -np.inf]]))
    for bad in [np.zeros(3), np.zeros((0, 2)), np.zeros((1, 3, 2)), np.zeros((3, 1), int)]:
        with pytest.raises(ValueError, match=r"expected z_t \(n_y, m\) of floats, got"):
            choose(bad)
    for bad in [[[0.0]], np.ma.zeros((3, 1)), np.zeros((3, 1)).view(np.matrix)]:
        named = f"^expected z_t to be a plain NumPy array, got {type(bad).__name__}$"
        with pytest.raises(ValueError, match=named):
            choose(bad)


@pytest.mark.parametrize("temperature", [0, -1, np.nan, np.inf])
def test_temperatures_out_of_range_are_refused(temperature):
    match = (
        f"^expected temperature above 0 and finite, got {temperature} "
        r"\(for temperature 0 use greedy\)$"
    )
    with pytest.raises(ValueError, match=match):
        draw(np.zeros((3, 1)), np.random.default_rng(0), temperature=temperature)


@pytest.mark.parametrize("top_k", [0, -1, 4, 1.5])
def test_top_k_out_of_range_is_refused(top_k):
    with pytest.raises(ValueError, match=f"expected top_k from 1 to 3, got {top_k}"):
        draw(np.zeros((3, 1)), np.random.default_rng(0), top_k=top_k)


@pytest.mark.parametrize("top_p", [0, -0.1, 1.1, np.nan])
def test_top_p_out_of_range_is_refused(top_p):
    with pytest.raises(ValueError, match=f"expected top_p above 0 and at most 1, got {top_p}"):
        draw(np.zeros((3, 1)), np.random.default_rng(0), top_p=top_p)


def counting(token, state):
    """Be sure of the class after the last one, of five."""
    z_t = np.full((5, 1), -np.inf)
    z_t[(token + 1) % 5] = 0
    return z_t, state


# claims T5, S1, S4
def test_what_is_chosen_becomes_the_next_input():
    assert generate(counting, (), [3], 6, greedy) == [4, 0, 1, 2, 3, 4]
    assert generate(counting, (), [0, 1, 3], 2, greedy) == [4, 0]


# claim S4
def test_the_stop_token_ends_it_and_is_not_returned():
    assert generate(counting, (), [0], 100, greedy, stop=3) == [1, 2]
    assert generate(counting, (), [2], 100, greedy, stop=3) == []


def test_the_state_goes_on_from_class_to_class_through_the_prompt_too():
    states = []

    def noting(token, state):
        states.append((*state, token))
        return counting(token, ())[0], states[-1]

    generate(noting, (), [0, 1, 3], 2, greedy)
    assert states[-1] == (0, 1, 3, 4)


def test_length_zero_chooses_nothing():
    assert generate(counting, (), [0], 0, greedy) == []


def test_each_class_is_read_once_and_the_last_one_not_at_all():
    read = []

    def noting(token, state):
        read.append(token)
        assert type(token) is int
        return counting(token, state)

    assert generate(noting, (), [0, 1, 3], 2, greedy) == [4, 0]
    assert read == [0, 1, 3, 4]
    read.clear()
    assert generate(noting, (), [2], 9, greedy, stop=0) == [3, 4]
    assert read == [2, 3, 4]


@pytest.mark.parametrize(
    "prompt",
    [[0, 1, 3], (0, 1, 3), np.array([0, 1, 3]), np.array([0, 1, 3], np.uint8), [np.int64(3)]],
)
def test_a_prompt_is_any_sequence_of_integers_and_stays_as_it_was(prompt):
    before = list(prompt)
    written = generate(counting, (), prompt, 3, greedy)
    assert written == [4, 0, 1]
    assert {type(token) for token in written} == {int}
    written.append(9)
    assert list(prompt) == before


@pytest.mark.parametrize("prompt", ["abc", [0.5], [[1]], np.array([1.0]), 3, [None]])
def test_what_is_no_sequence_of_integers_is_no_prompt(prompt):
    with pytest.raises(ValueError, match=r"^expected a prompt of"):
        generate(counting, (), prompt, 3, greedy)
    with pytest.raises(ValueError, match=r"^expected prompt .* got MaskedArray$"):
        generate(counting, (), np.ma.array([1]), 3, greedy)


# claims S2, S5
def test_a_recurrent_cell_writes_what_its_own_steps_say():
    rng = np.random.default_rng(0)
    cell, readout = init_rnn(rng, 5, 8), init_readout(rng, 8, 5)
    readout = ReadoutParams(4 * readout.W_ya, readout.b_y)  # decided, so that draws differ
    eye = np.eye(5)

    def predict(token, state):
        state, _ = rnn_step(cell, eye[:, [token]], state)
        return readout.W_ya @ state.a + readout.b_y, state

    start = RNNState(np.zeros((8, 1)))
    choose = partial(draw, rng=np.random.default_rng(1))
    written = generate(predict, start, [2], 30, choose)

    again, a, token, by_hand = np.random.default_rng(1), np.zeros((8, 1)), 2, []
    for _ in range(30):
        a = np.tanh(cell.W_ax[:, [token]] + cell.W_aa @ a + cell.b_a)
        odds = np.exp(readout.W_ya @ a + readout.b_y)[:, 0]
        token = int(again.choice(5, p=odds / odds.sum()))
        by_hand.append(token)
    assert written == by_hand
    assert len(set(written)) > 2
    assert not start.a.any()


@pytest.mark.parametrize(("prompt", "length"), [([], 3), ([1], -1)])
def test_prompts_and_lengths_that_make_no_sequence_are_refused(prompt, length):
    named = rf"^expected a prompt of at least one class .* of 0 or more, got .* and {length}$"
    with pytest.raises(ValueError, match=named):
        generate(counting, (), prompt, length, greedy)


@pytest.mark.parametrize("cell", find_cells())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("embedded", [False, True])
def test_a_prediction_is_a_run_of_the_cell_and_its_readout(cell, dtype, embedded):
    rng = np.random.default_rng(0)
    E = rng.normal(size=(3, 5)).astype(dtype) if embedded else None
    columns = np.eye(5, dtype=dtype) if E is None else E
    params = cell.init(rng, len(columns), 4, dtype=dtype)
    readout = init_readout(rng, 4, 5, dtype=dtype)
    predict = make_predict(cell.forward, params, readout_forward, readout, E=E)
    tokens, state = [2, 0, 4, 4], None
    x = columns[:, tokens].T[:, :, None]
    a, _, _ = cell.forward(params, x)
    wanted, _ = readout_forward(readout, a)
    for token, z_t in zip(tokens, wanted, strict=True):
        predicted, state = predict(token, state)
        np.testing.assert_allclose(predicted, z_t, rtol=1e-4 if dtype == np.float32 else 1e-12)
        assert predicted.shape == (5, 1)
        assert predicted.dtype == dtype


def test_a_stack_writes_too():
    rng = np.random.default_rng(0)
    layers = [
        Layer(init_lstm(rng, 5, 4), lstm_forward, lstm_backward),
        Layer(init_gru(rng, 4, 3), gru_forward, gru_backward),
    ]
    readout = init_readout(rng, 3, 5)
    states = (lstm_forward(layers[0].params, np.zeros((0, 5, 1)))[1], gru_state(layers[1]))
    predict = make_predict(stack_forward, layers, readout_forward, readout)
    written = generate(predict, states, [0, 3], 6, greedy)
    x = np.eye(5)[[0, 3, *written[:-1]]][:, :, None]
    a, _, _ = stack_forward(layers, x, states)
    z, _ = readout_forward(readout, a)
    assert written == z[1:, :, 0].argmax(axis=1).tolist()


def gru_state(layer):
    """Return a GRU's state of zeros for one example."""
    return gru_forward(layer.params, np.zeros((0, 4, 1)))[1]


def test_one_hot_columns_have_the_type_of_the_readout_and_are_made_one_at_a_time():
    seen = []

    def forward(params, x, state):
        seen.append(x)
        return np.zeros((1, 2, 1), np.float32), state, None

    n_y = 1_000_000  # an identity matrix of this size fits into no memory
    readout = [np.zeros((n_y, 2), np.float32), np.zeros((n_y, 1), np.float32)]
    predict = make_predict(forward, (), readout_forward, readout)
    predict(999_999, None)
    (x,) = seen
    assert x.dtype == np.float32
    assert x.shape == (1, n_y, 1)
    assert np.flatnonzero(x).tolist() == [999_999]


@pytest.mark.parametrize("token", [-1, 5, 1.5, None])
@pytest.mark.parametrize("E", [None, np.ones((3, 5))])
def test_classes_that_there_are_not_are_refused(token, E):
    cell = init_rnn(np.random.default_rng(0), 5 if E is None else 3, 4)
    readout = init_readout(np.random.default_rng(0), 4, 5)
    predict = make_predict(rnn_forward, cell, readout_forward, readout, E=E)
    predict(np.int64(4), None)
    with pytest.raises(ValueError, match=f"^expected a class from 0 to 4, got {token}$"):
        predict(token, None)


def test_embeddings_that_do_not_fit_are_refused():
    readout = init_readout(np.random.default_rng(0), 4, 5)
    for E in (np.ones((3, 4)), np.ones(5), np.ones((3, 5), int)):
        with pytest.raises(ValueError, match=r"^expected E \(n_e, 5\) of floats, got "):
            make_predict(rnn_forward, None, readout_forward, readout, E=E)
    with pytest.raises(ValueError, match=r"^expected E .* plain NumPy array, got matrix$"):
        make_predict(rnn_forward, None, readout_forward, readout, E=np.ones((3, 5)).view(np.matrix))
    masked = readout._replace(b_y=np.ma.array(readout.b_y))
    with pytest.raises(ValueError, match=r"^expected b_y .* plain NumPy array, got MaskedArray$"):
        make_predict(rnn_forward, None, readout_forward, masked)


def test_a_top_p_of_one_keeps_all():
    z_t = np.array([[0.0], [-30.0], [-700.0]])
    np.testing.assert_array_equal(keep_top_p(z_t, 1.0), z_t)
