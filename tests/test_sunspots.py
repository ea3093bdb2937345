"""The experiment on sunspots does what its page says, and its record adds up."""

import hashlib
import itertools

import numpy as np
import pytest

from tests.experiments import run_quick
from tests.numeric import error, slope
from tools.data import EXCERPTS

# The quick size


def test_the_quick_size_beats_last_years_number():
    (quick,) = run_quick("sunspots", "quick")
    # Measured over seeds 0 to 4: 14.8 to 18.3; last year's number is 29.1 off.
    assert 12 < quick["test"] < 23
    assert 1 <= quick["epoch"] <= 200


def test_same_seed_same_numbers(book):
    settings = book.QUICK | {"n_a": 3, "epochs": 3}
    first, again, other = (book.measure("GRU", 11, seed, settings) for seed in (0, 0, 1))
    assert first == again != other


# The numbers


def test_the_numbers_are_what_their_notice_says(book):
    notice = (EXCERPTS / "sunspots.notice.txt").read_text(encoding="utf-8")
    data = (EXCERPTS / "sunspots.csv").read_bytes()
    years, numbers = book.read_numbers()
    assert f"sha256 {hashlib.sha256(data).hexdigest()}" in notice
    assert f"{len(years)} years, {len(data):,} bytes" in notice
    np.testing.assert_array_equal(years, np.arange(1700, 2009))
    assert numbers[:3].tolist() == [5, 11, 16]


def test_windows_by_hand(book):
    (past, year), (_, after), (last, test) = book.cut(np.arange(20.0), 2)
    np.testing.assert_array_equal(past[:, :2], [[0, 1], [1, 2]])
    np.testing.assert_array_equal(year, np.arange(2, 14))
    np.testing.assert_array_equal(after, [14, 15, 16])
    np.testing.assert_array_equal(test, [17, 18, 19])
    np.testing.assert_array_equal(last, [[15, 16, 17], [16, 17, 18]])


@pytest.mark.parametrize("window", [1, 11, 22])
def test_all_windows_ask_for_the_same_years_of_test(book, window):
    _, numbers = book.read_numbers()
    parts = book.cut(numbers, window)
    assert sum(len(year) for _, year in parts) == len(numbers) - window
    np.testing.assert_array_equal(parts[2][1], numbers[-47:])


def test_roots_and_back(book):
    np.testing.assert_array_equal(book.turn(np.array([0.0, 9.0]), True), [0, 3])
    np.testing.assert_array_equal(book.turn_back(np.array([-1.0, 3.0]), True), [0, 9])
    np.testing.assert_array_equal(book.turn_back(book.turn(np.array([-2.0]), False), False), [-2])


def test_the_line_finds_a_linear_rule(book):
    rng = np.random.default_rng(0)
    past, now = rng.normal(size=(3, 20)), rng.normal(size=(3, 5))
    rule = np.array([0.5, -2.0, 3.0])
    guesses = book.line((past, rule @ past + 7), (now, None))
    np.testing.assert_allclose(guesses, rule @ now + 7)


# The networks


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, name):
    rng = np.random.default_rng(0)
    params = [*book.CELLS[name][0](rng, 1, 3), *book.init_readout(rng, 3, 1)]
    batch = rng.normal(size=(4, 2)), rng.normal(size=2)
    _, gradients, _ = book.model(params, batch, None, name=name)
    for w, gradient in zip(params, gradients, strict=True):
        assert error(gradient, slope(lambda: book.model(params, batch, None, name=name)[0], w)) < (
            1e-6
        )


def test_the_guesses_are_of_the_best_look(book, monkeypatch):
    looked = []

    def spy(best, params, loss):
        looked.append(loss)
        return keep_best(best, params, loss)

    keep_best = book.keep_best
    monkeypatch.setattr(book, "keep_best", spy)
    settings = {"root": False, "n_a": 4, "epochs": 30, "rate": 1.0}
    guesses, seen = book.learn("RNN", 11, 0, **settings)
    assert looked == seen
    best = int(np.argmin(seen))
    assert best < 29  # it got worse again
    stopped, _ = book.learn("RNN", 11, 0, **settings | {"epochs": best + 1})
    np.testing.assert_array_equal(guesses, stopped)


@pytest.mark.parametrize("root", [False, True])
def test_the_scale_is_of_the_years_of_learning(book, monkeypatch, root):
    """Other numbers in the test change nothing of what is learned."""
    years, numbers = book.read_numbers()
    _, seen = book.learn("RNN", 11, 0, **book.QUICK | {"n_a": 3, "epochs": 3, "root": root})
    numbers[-40:] *= 5
    monkeypatch.setattr(book, "read_numbers", lambda: (years, numbers))
    assert book.learn("RNN", 11, 0, **book.QUICK | {"n_a": 3, "epochs": 3, "root": root})[1] == seen


# The record of the full size


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    rates = {name: list(of_each) for name, of_each in book.RATES.items()}
    assert full["settings"] == book.FULL | {"shares": list(book.SHARES), "rates": rates}
    assert record["cpu_seconds"] < 600


def test_the_record_adds_up(book, full):
    kinds = [(row["window"], row["root"], row["cell"]) for row in full["rows"]]
    assert kinds == list(itertools.product(book.WINDOWS, (False, True), book.CELLS))
    truth = book.read_numbers()[1][-47:]
    for row in full["rows"]:
        assert row["mean"] == pytest.approx(np.mean(row["test"]), abs=5e-4)
        assert len(row["test"]) == len(book.SEEDS)
        # the error of a mean is at most the mean of the errors
        assert book.rmse(np.array(row["guesses"]), truth) <= row["mean"]
    for window, rows in full["baselines"].items():
        for name, again in book.baselines(int(window)).items():
            for key, value in again.items():
                assert rows[name][key] == pytest.approx(value, rel=1e-3, abs=0.02)


def test_the_full_size_shows_what_the_page_says(full):
    rows = {(row["cell"], row["root"], row["window"]): row for row in full["rows"]}
    narrow, wide = ({k: v["test"] for k, v in full["baselines"][w].items()} for w in (11, 22))
    # Of numbers the gated cells are ahead of the linear model,
    assert wide["linear, more years"] < wide["linear"] < wide["last value"] - 8
    assert max(rows["GRU", False, 22]["test"]) < wide["linear, more years"] - 0.3
    lstm = np.array(rows["LSTM", False, 22]["test"])
    assert (lstm < wide["linear, more years"]).sum() >= 6
    # of roots nothing tells them apart,
    for off in (narrow, wide):
        assert off["linear of roots"] < off["linear"] - 2
        assert off["linear of roots, more years"] < off["linear, more years"] - 2
    lstm = rows["LSTM", True, 22]["test"]
    assert wide["linear of roots, more years"] < min(lstm) < wide["linear of roots"] < max(lstm)
    for name in ("RNN", "GRU", "LSTM"):
        assert rows[name, True, 22]["mean"] < rows[name, False, 22]["mean"]
    # and the years before the test said so, too.
    for off in full["baselines"].values():
        assert off["linear of roots"]["chosen_on"] < off["linear"]["chosen_on"] - 0.3
    assert max(max(row["test"]) for row in full["rows"]) < wide["last value"]


def test_years_tell_apart_of_numbers_and_not_of_roots(book, full):
    truth = book.read_numbers()[1][-47:]
    for row in full["rows"]:
        if row["cell"] == "LSTM":
            name = "linear of roots" if row["root"] else "linear"
            linear = full["baselines"][row["window"]][name]
            gain = (linear["guesses"] - truth) ** 2 - (row["guesses"] - truth) ** 2
            error = gain.std(ddof=1) / 47**0.5
            in_errors = gain.mean() / error
            assert (in_errors < 1.6) if row["root"] else (in_errors > 2)
            # Averaging alone gains a share of it.
            single = linear["test"] ** 2 - np.mean(np.square(row["test"]))
            assert single < (0.5 if row["root"] else 0.75) * gain.mean()
            assert single < 1.7 * error
