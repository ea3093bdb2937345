"""The experiment on sunspots does what its page says, and its record adds up."""

import hashlib

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from tests.experiments import assert_gradients, run_quick
from tools.data import EXCERPTS
from tools.networks import draw_layers

# The quick run


def test_the_quick_run_needs_the_roots_as_much_as_the_network():
    (quick,) = run_quick("sunspots", "quick")
    assert quick["linear, roots"] < quick["linear, raw"] - 1 < quick["last year"] - 10
    # Measured over seeds 0 to 4: 13.1 to 15.4 on all years.
    assert 11 < quick["LSTM, all years"] < 20
    assert 11 < quick["LSTM, stopped"] < 22


def test_same_seed_same_numbers(book):
    first, again, other = (
        book.learn("GRU", "Keras", 1859, "raw", 11, 0.01, seed, epochs=3) for seed in (0, 0, 1)
    )
    assert first == again != other


# The numbers


def test_the_numbers_are_what_their_notice_says(book):
    notice = (EXCERPTS / "sunspots.notice.txt").read_text(encoding="utf-8")
    data = (EXCERPTS / "sunspots.csv").read_bytes()
    numbers = book.read_numbers()
    assert f"sha256 {hashlib.sha256(data).hexdigest()}" in notice
    assert f"{len(numbers)} years, {len(data):,} bytes" in notice
    years = np.loadtxt(EXCERPTS / "sunspots.csv", delimiter=",", skiprows=1, usecols=0)
    np.testing.assert_array_equal(years, np.arange(1700, 2009))
    assert numbers[:3].tolist() == [5, 11, 16]


@pytest.mark.parametrize("window", [1, 11, 30])
@pytest.mark.parametrize("test", [1859, 1959])
def test_windows_hold_the_years_before(book, window, test):
    parts = book.cut(np.arange(1700.0, 2009), window, test)
    firsts = [1700 + window, test - 50, test]
    for (past, year), first, last in zip(parts, firsts, [*firsts[1:], test + 50], strict=True):
        np.testing.assert_array_equal(year, np.arange(first, last))
        np.testing.assert_array_equal(past[-1], year - 1)
        np.testing.assert_array_equal(past[0], year - window)


def test_the_line_finds_a_linear_rule(book):
    rng = np.random.default_rng(0)
    past, now = rng.normal(size=(3, 20)), rng.normal(size=(3, 5))
    rule = np.array([0.5, -2.0, 3.0])
    forecasts = book.fit_line((past, rule @ past + 7), now)
    np.testing.assert_allclose(forecasts, rule @ now + 7)


def test_roots_and_back(book):
    there, back = book.SCALES["roots"]
    np.testing.assert_array_equal(there(np.array([0.0, 9.0])), [0, 3])
    np.testing.assert_array_equal(back(np.array([-1.0, 3.0])), [0, 9])


@pytest.mark.parametrize("scale", ["raw", "roots"])
@pytest.mark.parametrize("kind", ["line", "stopped", "again"])
def test_a_forecast_knows_nothing_of_the_years_to_come(book, monkeypatch, scale, kind):
    def forecast():
        if kind == "line":
            return book.linear(scale, 1859, scale)["forecasts"][0]
        epochs = 3 if kind == "again" else None
        return book.learn("RNN", "this book", 1859, scale, 11, 0.03, 0, epochs)["forecast"]

    numbers = book.read_numbers()
    before = forecast()
    changed = numbers.copy()
    changed[1859 - 1700 + 20 :] *= 5
    monkeypatch.setattr(book, "read_numbers", lambda: changed)
    after = forecast()
    assert after[:21] == before[:21]  # the year 1879 is forecast, not yet known
    assert after[21:] != before[21:]


# The networks


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, name):
    rng = np.random.default_rng(0)
    layers = draw_layers(book.CELLS[name], rng, 1, 3, 1, dtype=np.float64)
    batch = rng.normal(size=(4, 2)), rng.normal(size=2)
    assert_gradients(lambda params: book.model(params, batch, None, like=layers), flatten(layers))
    assert unflatten(layers, flatten(layers))[1].params.W_ya.shape == (1, 3)


def test_the_forecasts_are_of_the_best_epoch(book, monkeypatch):
    stopped = book.learn("RNN", "this book", 1859, "raw", 11, 1.0, 0)
    assert stopped["epochs"] < book.EPOCHS - 1  # it got worse again
    monkeypatch.setattr(book, "EPOCHS", stopped["epochs"])
    again = book.learn("RNN", "this book", 1859, "raw", 11, 1.0, 0)
    assert again == stopped


# The gaps


def test_a_model_that_is_always_better_has_a_gap_without_zero(book):
    than = np.full((1, 150), 4.0)
    off = np.array([np.ones(150), np.full(150, 0.5)])
    gap = book.gap(off, than)
    assert gap["mean"] == pytest.approx(0.75**0.5 - 2, abs=1e-3)
    assert gap["lowest"] == gap["highest"] == pytest.approx(gap["mean"], abs=1e-3)


def test_the_interval_has_about_the_width_of_the_standard_error(book):
    """Where years are independent, blocks make no difference."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(1, 4000))
    than = np.full((1, 4000), 100.0)
    gap = book.gap(than + noise, than)
    width = 2 * 1.96 * noise.std() / 4000**0.5 / (2 * 10)  # the slope of a root at 100
    assert gap["highest"] - gap["lowest"] == pytest.approx(width, rel=0.15)


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert record["cpu_seconds"] < 900
    assert list(full["trials"]) == list(full["chosen"]) == list(book.NETWORKS)


def test_the_settings_are_those_that_validation_prefers(book, full):
    for row, (_, _, scales, _) in book.NETWORKS.items():
        for test in book.TESTS:
            chosen, trials = full["chosen"][row][test], full["trials"][row][test]
            assert len(trials) == len(scales) * len(book.WINDOWS)
            lowest = {
                name: min(np.mean(it["scores"]) for it in trial["tried"])
                for name, trial in trials.items()
            }
            best = min(lowest, key=lowest.get)
            assert best == f"{chosen['scale']}, {chosen['window']} years"
            assert trials[best]["chosen"] == chosen["rate"]


def test_the_record_adds_up(book, full):
    for row, (_, _, _, seeds) in book.NETWORKS.items():
        off = full["seeds"][row]
        assert len(off) == len(seeds)
        assert np.sqrt(np.mean(np.square(off))) == pytest.approx(full["off"][row], abs=2e-3)
        by_test = [*full["by_test"][row].values()]
        assert np.sqrt(np.mean(np.square(by_test))) == pytest.approx(full["off"][row], abs=2e-3)
        if f"mean of ten, {row}" in full["off"]:  # the error of a mean is at most the mean error
            assert full["off"][f"mean of ten, {row}"] <= full["off"][row]
    for row, gap in full["difference"].items():
        difference = full["off"][row] - full["off"]["linear"]
        assert gap["mean"] == pytest.approx(difference, abs=2e-3)
        assert gap["lowest"] < gap["mean"] < gap["highest"]


def test_the_baselines_are_measured_again(book, full):
    for row, (scale, order_of) in book.LINES.items():
        for i, test in enumerate(book.TESTS):
            again = book.linear(scale, test, order_of)
            truth = book.read_numbers()[test - 1700 : test - 1650]
            off = book.rmse(np.array(again["forecasts"][0]), truth)
            assert again["order"] == full["orders"][row][i]
            assert off == pytest.approx(full["by_test"][row][test], abs=0.01)


def test_the_full_run_shows_what_the_page_says(full):
    off, gaps = full["off"], full["difference"]
    networks = ["RNN", "GRU", "LSTM", "LSTM, Keras", "LSTM, PyTorch", "LSTM, raw numbers"]
    # the square root is a difference, and no network is one
    assert gaps["linear, raw numbers"]["lowest"] > 0
    # about half of it is the choice of the orders
    alike = gaps["linear, raw numbers, orders of roots"]
    assert alike["lowest"] > 0
    assert 0.4 < alike["mean"] / gaps["linear, raw numbers"]["mean"] < 0.6
    assert full["orders"]["linear, raw numbers, orders of roots"] == full["orders"]["linear"]
    assert full["orders"]["linear, raw numbers"] == full["orders"]["linear, orders of raw numbers"]
    for row in networks:
        assert gaps[row]["lowest"] < 0 < gaps[row]["mean"]
        assert gaps[row]["highest"] > 0
        assert off[row] < off["last year's number"] - 5
    for row in networks[2:5]:
        mean = gaps[f"mean of ten, {row}"]
        assert mean["lowest"] < -2
        assert mean["highest"] > 2
    # against the weaker baseline the network looks like progress
    assert full["raw_difference"]["mean"] < -1
    assert full["raw_difference"]["lowest"] < 0 < full["raw_difference"]["highest"]


def test_validation_promises_what_the_test_does_not_keep(full):
    linear, raw = (full["validation"][row] for row in ("linear", "linear, raw numbers"))
    assert all(linear[test] < raw[test] for test in linear)  # it prefers the roots
    for row in ("LSTM", "LSTM, Keras", "LSTM, PyTorch"):
        for test, error in full["validation"][row].items():
            assert error < linear[test]
        assert full["off"][row] > full["off"]["linear"]


def test_the_older_processor_agrees(full, older):
    for row in ("LSTM", "mean of ten, LSTM"):
        assert older["off"][row] == pytest.approx(full["off"][row], abs=0.1)
    gap = older["difference"]["LSTM"]
    assert gap["lowest"] < 0 < gap["highest"]
