"""The experiment on timing does what its page says, and its record adds up."""

import numpy as np
import pytest

from snippets.lstm import LSTMState, lstm_forward
from snippets.peephole import PeepholeState, peephole_forward
from tests.experiments import run_quick


@pytest.fixture(scope="module")
def networks(full):
    return full["networks"]


# The quick size


def test_the_quick_size_shows_what_the_page_says():
    (quick,) = run_quick("timing", "quick")
    # Measured over seeds 0 to 4: always 1, after 50 to 300 updates of the 400.
    assert min(run["right"] for run in quick.values()) > 0.9


def test_same_seed_same_numbers(book):
    size = book.QUICK | {"m": 4, "updates": 2, "every": 1}
    first, again, other = (
        [book.learn(name, 4, seed, 0.01, **size) for name in book.NETWORKS] for seed in (0, 0, 1)
    )
    assert first == again != other


# The task and the networks


def test_two_spikes_are_as_far_apart_as_their_class_says(book):
    x, lengths, y = book.draw(np.random.default_rng(0), 5, 400)
    assert x.shape == (10, 1, 400)
    assert y.shape == (1, 2, 400)
    longer = y[0, 1].astype(int)
    for column in range(400):
        first, second = np.flatnonzero(x[:, 0, column])
        assert second - first == 4 + longer[column]
        assert lengths[column] == second + 1
    assert 160 < longer.sum() < 240


def test_neither_spike_tells_the_class_by_its_place(book):
    x, lengths, y = book.draw(np.random.default_rng(0), 5, 20000)
    longer = y[0, 1] == 1
    first = x[:, 0].argmax(axis=0)
    counts = [np.bincount(first[group], minlength=5) for group in (longer, ~longer)]
    np.testing.assert_allclose(np.divide(*counts), 1, atol=0.15)
    # ends of 5 to 8 come in both classes: only 4 and 9 give the class away, one in ten each
    ends = [np.bincount(lengths[group] - 1, minlength=10) for group in (longer, ~longer)]
    np.testing.assert_allclose(np.divide(ends[0][5:9], ends[1][5:9]), 1, atol=0.15)


def test_both_cells_begin_alike(book):
    names = "peepholes, 8 units", "no peepholes, 8 units"
    (with_them, _, _), (without, _, _) = (
        book.begin(name, np.random.default_rng(0), 50) for name in names
    )
    for w, same in zip(with_them[:8], without[:8], strict=True):
        np.testing.assert_array_equal(w, same)
    assert [w.shape for w in with_them[8:11]] == [(8, 1)] * 3
    assert not any(w.any() for w in with_them[8:11])
    x = np.random.default_rng(1).normal(size=(4, 1, 2)).astype(np.float32)
    zeros = np.zeros((2, 8, 2), np.float32)
    one, _, _ = peephole_forward(
        book.init_peephole(np.random.default_rng(0), 1, 8), x, PeepholeState(*zeros)
    )
    two, _, _ = lstm_forward(book.init_lstm(np.random.default_rng(0), 1, 8), x, LSTMState(*zeros))
    np.testing.assert_array_equal(one, two)  # closed peepholes: the same cell


def test_the_forget_gate_begins_as_open_as_the_distance_asks(book):
    params, _, _ = book.begin("no peepholes, 8 units", np.random.default_rng(0), 50)
    np.testing.assert_allclose(1 / (1 + np.exp(-params[1])), 1 - 1 / 50, rtol=1e-6)


# The record of the full size


def test_the_record_was_made_with_the_settings_on_the_page(book, record, networks):
    assert record["seeds"] == book.SEEDS
    assert not set(book.TRIALS["seeds"]) & set(book.SEEDS)
    assert record["results"]["settings"] == book.FULL
    assert list(networks) == list(book.NETWORKS)
    assert record["cpu_seconds"] < 600


def test_the_rates_are_the_best_of_the_trials(book, networks):
    for network in networks.values():
        trials = network["trials"]
        assert [trial["rate"] for trial in trials] == book.TRIALS["rates"]
        chosen = next(trial for trial in trials if trial["rate"] == network["rate"])
        assert chosen["updates"] == min(trial["updates"] for trial in trials)


def test_the_rows_add_up(book, networks):
    for network in networks.values():
        assert [row["distance"] for row in network["rows"]] == book.DISTANCES
        for row in network["rows"]:
            assert len(row["right"]) == len(row["updates"]) == len(book.SEEDS)
            assert all(0 <= right <= 1 for right in row["right"])
            assert all(0 < count <= book.FULL["updates"] for count in row["updates"])
            stopped = zip(row["right"], row["updates"], strict=True)
            early = [right for right, count in stopped if count < book.FULL["updates"]]
            assert row["solved"] >= len(early)
            assert all(right > 0.95 for right in early)


def test_the_networks_have_the_sizes_that_the_page_compares(networks):
    weights = [network["weights"] for network in networks.values()]
    assert weights[1] < weights[0] < weights[2] < weights[3]


def test_the_full_size_shows_what_the_page_says(networks):
    for network in networks.values():
        learned = [sum(right > 0.95 for right in row["right"]) for row in network["rows"]]
        assert learned[0] == 5
        assert learned[1] >= 4
        assert learned[2] < 5
        assert learned[3] <= 1
    # nothing to choose between the two that begin alike
    both = [networks[f"{kind}, 8 units"]["rows"] for kind in ("peepholes", "no peepholes")]
    for with_them, without in zip(*both, strict=True):
        difference = np.mean(with_them["right"]) - np.mean(without["right"])
        assert abs(difference) < 0.3
    spans = [(min(rows[1]["updates"]), max(rows[1]["updates"])) for rows in both]
    assert max(low for low, _ in spans) < min(high for _, high in spans)  # they overlap
