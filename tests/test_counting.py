"""The experiment on counting does what its page says, and its record adds up."""

import numpy as np
import pytest

from tests.experiments import run_quick
from tests.numeric import error, slope


@pytest.fixture
def relu(book):
    """Draw a ReLU-RNN of 4 units that are not all on, in double precision."""
    cell = book.init_relu(np.random.default_rng(0), 3, 4, dtype=np.float64)
    return cell._replace(W_aa=np.random.default_rng(1).normal(size=(4, 4)))


# The quick size


def test_the_quick_size_counts_beyond_what_it_learned(book):
    (quick,) = run_quick("counting", "quick")
    longest = book.QUICK["longest"]
    # Measured over seeds 0 to 4: LSTM 11 to 15, GRU 10 or 11, of the ten that they learned.
    assert longest < quick["LSTM"] < 50
    assert longest - 2 < quick["GRU"] < 50


def test_same_seed_same_numbers(book):
    settings = book.QUICK | {"n_a": 3, "updates": 4, "longest": 4, "m": 2}
    first, again, other = (book.learn("GRU", 2, seed, **settings)[1] for seed in (0, 0, 1))
    assert first == again != other
    assert len(first) == 4


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
        for _, _, determined in book.batches(rng, 2, longest=6, m=9, updates=99)
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
    cell = book.init_relu(np.random.default_rng(0), 2, 3, dtype=np.float64)
    cell = cell._replace(W_ax=abs(cell.W_ax))
    x = np.random.default_rng(1).random((6, 2, 1))
    a, _, _ = book.relu_forward(cell, x, book.RNNState(np.zeros((3, 1))))
    np.testing.assert_allclose(a, np.cumsum(cell.W_ax @ x, axis=0))


@pytest.mark.parametrize("name", ["LSTM", "ReLU-RNN", "GRU", "tanh-RNN"])
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, name):
    rng = np.random.default_rng(3)
    cell = book.CELLS[name].init(rng, 2, 2, dtype=np.float64)
    params, (x, *rest) = [*cell, *book.init_readout(rng, 2, 3)], book.words([1, 3], 2)
    batch = x.astype(np.float64), *rest
    _, gradients, _ = book.model(params, batch, None, name=name)
    for w, gradient in zip(params, gradients, strict=True):
        measured = slope(lambda: book.model(params, batch, None, name=name)[0], w)
        assert error(gradient, measured) < 1e-6


def counter(dtype=np.float32):
    """Build a ReLU-RNN of one unit that counts: up at each a, down at each b."""
    W_ax, W_aa, b_a = (np.array(w, dtype) for w in ([[1, -1]], [[1]], [[0]]))
    W_ya, b_y = (np.array(w, dtype) for w in ([[0], [1], [0]], [[-1], [0], [0.5]]))
    return [W_ax, W_aa, b_a, W_ya, b_y]


def test_a_network_that_counts_by_hand_is_right_on_all_words(book):
    fine = book.which_are_right("ReLU-RNN", counter(), 2, [*range(1, 61), 1000])
    assert fine.all()


def test_a_network_that_forgets_one_is_wrong_from_there(book):
    params = counter()
    params[1][0, 0] = 0.99  # it loses a hundredth at each step
    fine = book.which_are_right("ReLU-RNN", params, 2, range(1, 61))
    assert book.reach(fine) == sum(fine) < 10


def test_the_counting_unit_is_found(book):
    kept = book.remember("ReLU-RNN", counter(), 2, 4)
    np.testing.assert_array_equal(kept[:, 0], [1, 2, 3, 4, 3, 2, 1, 0])
    np.testing.assert_array_equal(kept[:, 0], book.count(4))
    with_another = np.hstack([kept, np.repeat([[0], [1]], 4, axis=0)])  # it knows a b
    assert book.counting_unit(with_another) == 0
    assert book.counting_unit(-with_another[:, ::-1]) == 1


# The record of the full size


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == book.FULL
    assert record["cpu_seconds"] < 900


def test_the_record_adds_up(book, full):
    pairs = [(row["language"], row["cell"]) for row in full["rows"]]
    assert pairs == [(language, name) for language in book.LANGUAGES for name in book.CELLS]
    longest = full["settings"]["longest"]
    for row in full["rows"]:
        assert row["median"] == sorted(row["reach"])[2]
        for reach, known in zip(row["reach"], row["known"], strict=True):
            assert 0 <= known <= longest
            assert 0 <= reach <= full["tested"]
            assert (known == longest) == (reach >= longest)
    for trace in full["traces"].values():
        assert len(trace) == 4 * longest


def test_the_full_size_shows_what_the_page_says(full):
    rows = {(row["cell"], row["letters"]): row for row in full["rows"]}
    longest = full["settings"]["longest"]
    assert max(max(row["reach"]) for row in full["rows"]) < 2 * longest
    for letters in (2, 3):
        lstm, gru = rows["LSTM", letters]["reach"], rows["GRU", letters]["reach"]
        assert min(lstm) > longest
        assert min(lstm) >= max(gru)
        assert max(gru) > longest - 5
    assert min(rows["ReLU-RNN", 2]["reach"]) > longest
    assert np.ptp(rows["tanh-RNN", 2]["reach"]) > 30
    for name in ("ReLU-RNN", "tanh-RNN"):
        assert max(rows[name, 3]["reach"]) < min(rows["GRU", 3]["reach"])


def test_the_traces_count_or_bend_as_the_page_says(full):
    for name in ("LSTM", "ReLU-RNN"):  # straight, up and down
        up, down = np.split(np.diff(full["traces"][name])[[*range(20, 99), *range(110, 189)]], 2)
        for steps in (up, down):
            assert np.std(steps) < 0.02 * abs(np.mean(steps))
        assert np.mean(up) == pytest.approx(-np.mean(down), rel=0.03)
    steps = abs(np.diff(full["traces"]["GRU"]))[[5, 20, 45, 70, 95]]
    assert all(np.diff(steps) < 0)
    assert 50 < steps[0] / steps[-1] < 100
