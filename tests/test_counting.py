"""The experiment on counting does what its page says, and its record adds up."""

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from snippets.readout import ReadoutParams
from snippets.rnn import RNNParams, init_rnn
from tests.experiments import assert_gradients, run_quick
from tests.numeric import error, slope


@pytest.fixture
def relu():
    """Draw an RNN of 4 units that are not all on behind a rectifier, in double precision."""
    return init_rnn(np.random.default_rng(0), 3, 4)


# The quick run


def test_the_quick_run_counts_about_as_far_as_it_learned_and_further(book):
    (quick,) = run_quick("counting", "quick")
    assert 10 <= quick["GRU"] < 20
    assert quick["LSTM"] > quick["GRU"]


def test_same_seed_same_numbers(book):
    first, again, other = (
        book.learn("GRU", "Keras", 2, 0.01, seed, longest=4, steps=4)[1] for seed in (0, 0, 1)
    )
    assert first == again != other


# The task


@pytest.mark.parametrize(
    ("letters", "n", "read", "comes"),
    [
        (2, 1, "ab", "?."),
        (2, 3, "aaabbb", "???bb."),
        (3, 2, "aabbcc", "??bcc."),
    ],
)
def test_a_word_by_hand(book, letters, n, read, comes):
    x, y, determined = book.words([n], letters)
    assert x.shape == (len(read), letters, 1)
    assert y.shape == (len(read), letters + 1, 1)
    assert "".join("abc"[k] for k in x[:, :, 0].argmax(axis=1)) == read
    told = ["abc"[k] if k < letters else "." for k in y[:, :, 0].argmax(axis=1)]
    assert "".join(np.where(determined[:, 0], told, "?")) == comes
    np.testing.assert_array_equal(x.sum(axis=1), 1)


def test_what_stands_after_a_word_is_never_asked(book):
    together, alone = book.words([2, 4], 2), book.words([2], 2)
    for both, one in zip(together, alone, strict=True):
        np.testing.assert_array_equal(both[:4, ..., :1], one)
    assert not together[2][4:, 0].any()


def test_lengths_are_drawn_up_to_the_longest(book):
    rng = np.random.default_rng(0)
    lengths = [
        determined.sum(axis=0)
        for _, _, determined in book.batches(rng, 2, longest=6, steps=99, m=9)
    ]
    assert np.unique(lengths).tolist() == [1, 2, 3, 4, 5, 6]


def test_all_words_up_to_the_reach_are_right(book):
    assert book.reach(np.array([True, True, False, True])) == 2
    assert book.reach(np.array([False, True])) == 0
    assert book.reach(np.ones(5, bool)) == 5


# The cells


def test_the_gradient_of_the_rectified_cell_is_the_slope(book, relu):
    rng = np.random.default_rng(2)
    x, da, state = rng.normal(size=(5, 3, 2)), rng.normal(size=(5, 4, 2)), rng.normal(size=(4, 2))
    d_state_T = rng.normal(size=(4, 2))

    def loss():
        a, (a_T,), _ = book.relu_forward(relu, x, book.RNNState(state))
        return (da * a).sum() + (d_state_T * a_T).sum()

    a, _, tape = book.relu_forward(relu, x, book.RNNState(state))
    assert 0.2 < (a > 0).mean() < 0.8  # on and off
    d_params, dx, (d_state,) = book.relu_backward(relu, tape, da, book.RNNState(d_state_T))
    for analytic, array in zip([*d_params, dx, d_state], [*relu, x, state], strict=True):
        assert error(analytic, slope(loss, array)) < 1e-6


def test_the_rectified_cell_starts_as_a_sum(book):
    layer, _ = book.start("ReLU-RNN", "PyTorch", 2, np.random.default_rng(0))
    W_ax = abs(layer.params.W_ax)
    cell = layer.params._replace(W_ax=W_ax, b_a=np.zeros((10, 1), np.float32))
    x = np.random.default_rng(1).random((6, 2, 1))
    a, _, _ = layer.forward(cell, x)
    np.testing.assert_allclose(a, np.cumsum(W_ax @ x, axis=0), rtol=1e-6)


@pytest.mark.parametrize(
    "name", ["LSTM", "ReLU-RNN", "GRU", "tanh-RNN", "minGRU", "sLSTM", "SSM", "delta"]
)
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, name):
    layers = book.start(name, "this book", 2, np.random.default_rng(3))
    layers = unflatten(layers, [w.astype(float) for w in flatten(layers)])
    x, *rest = book.words([1, 3], 2)
    batch = x.astype(float), *rest
    assert_gradients(lambda params: book.model(params, batch, None, like=layers), flatten(layers))


def counter(book):
    """Build a ReLU-RNN of one unit that counts: up at each a, down at each b."""
    W_ax, W_aa, b_a = (np.array(w, np.float32) for w in ([[1, -1]], [[1]], [[0]]))
    W_ya, b_y = (np.array(w, np.float32) for w in ([[0], [1], [0]], [[-1], [0], [0.5]]))
    layer, readout = book.start("ReLU-RNN", "this book", 2, np.random.default_rng(0))
    cell = layer._replace(params=RNNParams(W_ax, W_aa, b_a))
    return cell, readout._replace(params=ReadoutParams(W_ya, b_y))


def test_a_network_that_counts_by_hand_is_right_on_all_words(book):
    assert book.which_are_right(counter(book), 2, [*range(1, 61), 1000]).all()


def test_a_network_that_forgets_one_is_wrong_from_there(book):
    layers = counter(book)
    layers[0].params.W_aa[0, 0] = 0.99  # it loses a hundredth at each step
    right = book.which_are_right(layers, 2, range(1, 61))
    assert book.reach(right) == sum(right) < 10


def test_the_counting_unit_is_found(book):
    assert book.count_along(counter(book), 4).tolist() == [1, 2, 3, 4, 3, 2, 1, 0]


def test_a_rectifier_that_bursts_ends_its_training(book):
    with np.errstate(over="ignore", invalid="ignore"):
        layers, _ = book.learn("ReLU-RNN", "this book", 2, 1e9, 0, longest=9, steps=50)
    assert all(np.isfinite(w).all() for w in flatten(layers))


@pytest.mark.parametrize(("name", "kept"), [("LSTM", 10), ("SSM", 10 * 8), ("delta", 10 * 8)])
def test_all_memories_of_a_unit_are_watched(book, monkeypatch, name, kept):
    layers = book.start(name, "this book", 2, np.random.default_rng(0))
    monkeypatch.setattr(book.np, "argmax", lambda along: slice(None))  # all, not the best
    assert book.count_along(layers, 3).shape == (6, kept)


def test_the_ssm_starts_with_steps_as_its_own_init_draws_them(book):
    layer, _ = book.start("SSM", "this book", 2, np.random.default_rng(0))
    steps = np.log1p(np.exp(layer.params.b_delta))
    assert (steps > 0.0009).all()
    assert (steps < 0.11).all()


def test_the_drift_is_how_much_a_step_up_and_a_step_down_differ(book):
    even = book.count_along(counter(book), 20)
    assert book.drift(even) == 0
    assert book.drift(np.where(np.arange(40) < 20, even, even * 0.9)) == pytest.approx(0.1 / 0.95)


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == book.FULL | {"tested": book.TESTED}
    assert record["cpu_seconds"] < 1500


def test_the_record_adds_up(book, full):
    longest, tested = full["settings"]["longest"], full["settings"]["tested"]
    for name, scheme, letters, seeds in book.ROWS.values():
        language = book.LANGUAGES[letters]
        network = f"{name}, {scheme}".removesuffix(", this book")
        rows = [full[key][language][network] for key in ("reach", "known", "double", "loss")]
        assert [len(row) for row in rows] == [len(seeds)] * 4
        for reach, known in zip(*rows[:2], strict=True):
            assert 0 <= min(reach, longest) <= known <= longest
            assert reach <= tested
            assert (known == longest) == (reach >= longest)


# claim G3
def test_the_full_run_shows_what_the_page_says(full):
    longest, tested = full["settings"]["longest"], full["settings"]["tested"]
    two, three = full["reach"]["a^n b^n"], full["reach"]["a^n b^n c^n"]
    assert np.median(two["LSTM"]) > 3 * longest
    assert max(two["GRU"]) < 1.5 * longest
    assert np.median(three["LSTM"]) > 1.4 * longest
    assert max(three["GRU"]) < 1.3 * longest
    assert max(two["LSTM"]) == tested
    assert sum(seed <= longest for seed in two["LSTM"]) == 2
    assert min(three["LSTM"]) > longest
    best = max(max(two[f"GRU{scheme}"]) for scheme in ("", ", Keras", ", PyTorch"))
    for scheme in ("", ", Keras", ", PyTorch"):
        assert np.median(two[f"LSTM{scheme}"]) > best


def test_the_leading_results_hold_on_the_older_processor(older):
    longest, two = older["settings"]["longest"], older["reach"]["a^n b^n"]
    assert np.median(two["LSTM"]) > 3 * longest
    assert max(two["GRU"]) < 1.3 * longest
    assert sum(seed < 1.3 * longest for seed in two["LSTM"]) == 2


def test_the_plain_rnns_are_less_neat(full):
    reached, known = full["reach"]["a^n b^n"], full["known"]["a^n b^n"]
    assert sum(seed == 0 for seed in reached["ReLU-RNN"]) == 2
    assert max(reached["ReLU-RNN"]) > 2 * full["settings"]["longest"]
    grus = [seed for name in reached if name.startswith("GRU") for seed in reached[name]]
    assert max(reached["tanh-RNN"]) > max(grus)
    assert sum(count < full["settings"]["longest"] for count in known["tanh-RNN"]) == 4
    three = full["known"]["a^n b^n c^n"]
    assert max(three["tanh-RNN"]) < full["settings"]["longest"]


def test_double_precision_does_not_help(full):
    for language in full["reach"]:
        for network, reached in full["reach"][language].items():
            if network.startswith(("LSTM", "GRU")):
                assert full["double"][language][network] == reached


def test_lstms_with_unequal_steps_fail_earlier(full):
    assert full["correlation"] < -0.7


def test_the_lstm_counts_and_the_gru_bends(full):
    lstm, gru = (np.diff(full["traces"][name]) for name in ("LSTM", "GRU"))
    up, down = lstm[5:39], lstm[45:75]
    assert abs(abs(np.mean(up)) - 1) < 0.1
    assert np.mean(up) == pytest.approx(-np.mean(down), rel=0.1)
    assert abs(gru[36:39]).mean() < 0.3 * abs(gru[4:7]).mean()


def test_four_times_the_training_helps_both(full):
    assert full["longer"] == {"LSTM": [51, 132, 22], "GRU": [38, 27, 27]}  # as printed
    assert min(full["longer"]["GRU"]) > max(full["reach"]["a^n b^n"]["GRU"])


def test_a_gru_that_starts_nearly_shut_gets_no_further(full):
    assert max(full["reach"]["a^n b^n"]["GRU, u -5"]) < 1.5 * full["settings"]["longest"]


def test_the_newer_cells_reach_what_the_page_says(full):
    longest, two = full["settings"]["longest"], full["reach"]["a^n b^n"]
    assert min(two["sLSTM"] + two["SSM"]) > longest
    assert max(two["GRU"]) < np.median(two["SSM"]) < np.median(two["sLSTM"])
    assert max(two["GRU"]) < np.median(two["sLSTM"]) < np.median(two["LSTM"])
    assert max(two["minGRU"]) <= longest + 1
    assert sum(count < longest for count in full["known"]["a^n b^n"]["minGRU"]) == 1
    assert max(two["delta"]) == 27
    assert full["known"]["a^n b^n"]["delta"].count(0) == 2
    assert two["delta"].count(longest) == 1
