"""The experiment on memory does what its page says, and its record adds up."""

import numpy as np
import pytest

from tests.experiments import run_quick


def without_time(run):
    return {key: value for key, value in run.items() if key != "seconds_each"}


def at(full, name, lag):
    return next(row for row in full["cells"][name] if row["lag"] == lag)


# The quick size


def test_the_quick_size_shows_what_the_page_says():
    (quick,) = run_quick("memory", "quick")
    # Measured over seeds 0 to 4: always 1 with a bias of 5 or -5, 0.26 to 0.52 with a bias of 0.
    assert quick["LSTM, forget bias 5"]["right"] > 0.95
    assert quick["GRU, update bias -5"]["right"] > 0.95
    assert quick["LSTM, forget bias 0"]["right"] < 0.7


def test_same_seed_same_numbers(book):
    size = book.QUICK | {"n_a": 4, "m": 4, "updates": 2, "every": 1}
    first, again, other = (
        [without_time(book.learn(name, 3, seed, 0.01, **size)) for name in book.CELLS]
        for seed in (0, 0, 1)
    )
    assert first == again != other


# The task and the networks


def test_the_first_is_one_of_four_symbols_and_the_rest_are_others(book):
    x, y = book.draw(np.random.default_rng(0), 6, 500)
    assert x.shape == (7, 8, 500)
    assert y.shape == (1, 4, 500)
    np.testing.assert_array_equal(x.sum(axis=1), 1)  # one-hot
    np.testing.assert_array_equal(x[0, :4], y[0])
    assert not x[0, 4:].any()
    assert not x[1:, :4].any()
    assert all(400 / 4 < count < 600 / 4 for count in y.sum(axis=(0, 2)))


def test_the_distractors_say_nothing_of_the_symbol(book):
    x, y = book.draw(np.random.default_rng(0), 1, 8000)
    together = y[0] @ x[1, 4:].T / 8000  # (4, 4): how often each pair comes
    np.testing.assert_allclose(together, 1 / 16, atol=0.01)


def test_an_orthogonal_start_changes_no_length(book):
    params = book.init_orthogonal(np.random.default_rng(0), 3, 5, dtype=np.float64)
    np.testing.assert_allclose(params.W_aa.T @ params.W_aa, np.eye(5), atol=1e-12)
    assert book.init_orthogonal(np.random.default_rng(0), 3, 5, dtype=np.float32)[1].dtype == "f4"


@pytest.mark.parametrize(
    ("cell", "gate", "biases"),
    [("LSTM, forget bias", "b_f", [0, 1, 5]), ("GRU, update bias", "b_u", [0, -1, -5])],
)
def test_the_starts_of_a_cell_differ_in_the_bias_of_one_gate_only(book, cell, gate, biases):
    starts = []
    for bias in biases:
        params, layers, _ = book.begin(f"{cell} {bias}", np.random.default_rng(0), 3)
        starts.append(layers(params)[0].params._asdict())
    for name in starts[0]:
        arrays = [start[name] for start in starts]
        if name == gate:
            np.testing.assert_array_equal(np.hstack(arrays), [biases] * 3)
        else:
            assert all(np.array_equal(arrays[0], other) for other in arrays[1:])


def test_a_network_that_is_solved_stops(book):
    size = book.QUICK | {"n_a": 16, "m": 32, "updates": 1000, "every": 50}
    run = book.learn("LSTM, forget bias 5", 1, 0, 0.03, **size)
    assert run["updates"] < 300
    assert run["right"] > 0.95


# The record of the full size


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert not set(book.TRIALS["seeds"]) & set(book.SEEDS)
    assert full["settings"] == book.FULL
    assert list(full["cells"]) == list(book.CELLS)
    assert record["cpu_seconds"] < 600


def test_the_rates_are_the_best_of_the_trials(book, full):
    for name, trials in full["trials"].items():
        assert [trial["rate"] for trial in trials] == book.TRIALS["rates"]
        best = max(trial["right"] for trial in trials)
        chosen = next(trial for trial in trials if trial["rate"] == full["rates"][name])
        assert chosen["right"] == best
        rivals = [trial["updates"] for trial in trials if trial["right"] == best]
        assert chosen["updates"] == min(rivals)


def test_the_rows_add_up(book, full):
    for rows in full["cells"].values():
        assert [row["lag"] for row in rows] == book.LAGS
        for row in rows:
            assert row["mean"] == pytest.approx(np.mean(row["right"]), abs=5e-5)
            assert len(row["right"]) == len(row["updates"]) == len(book.SEEDS)
            assert all(0 <= right <= 1 for right in row["right"])
            assert all(count % 50 == 0 and 0 < count <= 300 for count in row["updates"])
            # who stopped early had solved it
            stopped = zip(row["right"], row["updates"], strict=True)
            assert all(right > 0.95 for right, count in stopped if count < 300)


def test_the_full_size_shows_what_the_page_says(full):
    for name in full["cells"]:
        assert min(at(full, name, 5)["right"]) > 0.95
    tens = [right for name in full["cells"] for right in at(full, name, 10)["right"]]
    assert sum(right > 0.95 for right in tens) >= 38
    # no limit of five to ten steps: most starts of the RNN learn 20
    assert sum(right > 0.95 for right in at(full, "RNN", 20)["right"]) >= 3
    # the same cell, by the bias it starts from
    for lag in (20, 50):
        low, middle = (at(full, f"LSTM, forget bias {bias}", lag)["mean"] for bias in (0, 1))
        assert middle - low > 0.1
    assert at(full, "LSTM, forget bias 5", 50)["mean"] - middle > 0.2
    for lag, seeds in ((50, 5), (100, 5), (200, 4)):
        learned = at(full, "LSTM, forget bias 5", lag)["right"]
        assert sum(right > 0.95 for right in learned) == seeds
    assert at(full, "LSTM, forget bias 5", 200)["mean"] > 0.8
    for bias, reached in ((0, 20), (-1, 50), (-5, 200)):
        assert at(full, f"GRU, update bias {bias}", reached)["mean"] > 0.95
    # chance
    for name, lag in (("LSTM, forget bias 0", 50), ("GRU, update bias 0", 50)):
        assert all(0.15 < right < 0.4 for right in at(full, name, lag)["right"])
    assert at(full, "GRU, update bias -1", 100)["mean"] < 0.4
    # without gates 50 steps are learned from few seeds
    for name in ("RNN", "RNN, orthogonal"):
        assert sum(right > 0.95 for right in at(full, name, 50)["right"]) <= 2


def test_at_the_rate_of_the_rnn_the_lstm_with_bias_0_is_at_chance(full):
    trials = full["trials"]["LSTM, forget bias 0"]
    (shared,) = (trial for trial in trials if trial["rate"] == full["rates"]["RNN"])
    assert shared["right"] < 0.3
    assert full["rates"]["LSTM, forget bias 0"] != full["rates"]["RNN"]


def test_an_update_of_a_gated_cell_takes_longer(full):
    seconds = {name: np.mean(rows[-1]["seconds_each"]) for name, rows in full["cells"].items()}
    assert seconds["LSTM, forget bias 1"] > 1.5 * seconds["RNN"]
