"""The experiment on embeddings does what its page says, and its record adds up."""

from functools import partial

import numpy as np
import pytest

from tests.experiments import assert_gradients, run_quick

TINY = {"n_a": 3, "T": 4, "m": 2, "updates": 3, "rate": 1e-2, "threshold": 1.0}
TEXT = "So it is; is it so? It isn't so.\n\n" * 60


def test_the_quick_size_learns_more_with_more_numbers():
    (quick,) = run_quick("embedding_size", "quick")
    small, large = quick["1"], quick["16"]
    assert small["weights"] < large["weights"]
    assert large["nats"] + 0.1 < small["nats"]  # measured over seeds 0 to 4: by 0.19 to 0.31


@pytest.mark.parametrize("kind", ["window", "LSTM"])
def test_same_seed_same_numbers(book, kind):
    first, again, other = (book.measure(TEXT, 6, kind, 2, seed, TINY)["nats"] for seed in (0, 0, 1))
    assert first == again != other


def test_words_by_hand(book):
    words = book.words_of("Is't SO?\n\n'So', it is - so")
    assert words == ["is't", "so", "?", "\n\n", "'", "so", "'", ",", "it", "is", "-", "so"]
    assert book.number(["so", "it", "then"], ["it", "so"]).tolist() == [1, 0, 2]
    assert book.most_common(words, 2) == ["so"]


def test_what_is_held_out_is_in_no_way_read(book):
    seen, held_out = book.split("a b " * 19 + "c c ", 4)
    assert (len(seen), len(held_out)) == (38, 2)
    assert set(seen) == {0, 1}
    assert set(held_out) == {2}  # c was not read: it is one of the others


@pytest.mark.parametrize("kind", ["window", "LSTM"])
def test_the_gradient_is_the_slope_of_the_loss(book, kind):
    rng = np.random.default_rng(0)
    params = [w.astype(float) for w in book.init(kind, 2, 5, 3, rng)]
    batch = rng.integers(5, size=(4, 2)), True
    assert_gradients(partial(book.model, batch=batch, state=None, kind=kind), params)


def test_counts_by_hand(book):
    # Read 0 0 1; held out 0. Two of three are 0, two different ones: (2 + 2 / 2) / (3 + 2).
    none, one = book.count(np.array([0, 0, 1]), np.array([0]), 2, 1)
    assert none == pytest.approx(-np.log(3 / 5), abs=5e-5)
    assert one == none  # nothing followed a 1
    # After 0 came 0 and 1: held out another 0 after 0.
    _, one = book.count(np.array([0, 0, 1, 0]), np.array([0]), 2, 1)
    assert one == pytest.approx(-np.log((1 + 2 * 4 / 6) / 4), abs=5e-5)


# The record of the full size


def test_the_record_adds_up(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == book.FULL
    for kind, rows in full["networks"].items():
        assert [row["n_e"] for row in rows] == book.SIZES
        for row in rows:
            params = book.init(kind, row["n_e"], book.WORDS, 64, np.random.default_rng(0))
            assert row["weights"] == sum(w.size for w in params)
            assert row["mean"] == pytest.approx(np.mean(row["nats"]), abs=5e-5)
            assert [row["lowest"], row["highest"]] == [min(row["nats"]), max(row["nats"])]
            assert len(row["nats"]) == len(book.SEEDS)


def test_each_size_has_its_rate_and_the_larger_the_smaller(book):
    for rates in book.RATES.values():
        assert len(rates) == len(book.SIZES)
        assert list(rates) == sorted(rates, reverse=True)
        assert rates[0] / rates[-1] == pytest.approx(8)


def test_the_full_size_shows_what_the_page_says(full):
    window, lstm = (full["networks"][kind] for kind in ("window", "LSTM"))
    for rows in (window, lstm):
        means = [row["mean"] for row in rows]
        assert rows[0]["lowest"] > max(means[2:]) + 0.05  # 2 are too few
        assert means[0] > means[1] > means[2] > min(means[3:6])
        assert max(means[4:6]) - min(means[4:6]) < 0.02  # 50 and 100 are alike
        assert means[6] > min(means[3:6]) + 0.01  # 300 are too many
    assert max(row["mean"] for row in lstm[3:6]) - min(row["mean"] for row in lstm[3:6]) < 0.02
    assert all(a["lowest"] > b["highest"] for a, b in zip(window, lstm, strict=True))
    assert lstm[0]["mean"] < full["counts"]["nats"][1] < window[0]["mean"]
