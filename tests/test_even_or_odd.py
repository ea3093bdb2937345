"""The experiment on parity does what its page says, and its record adds up."""

import numpy as np
import pytest

from snippets.nested import flatten
from tests.experiments import assert_gradients, run_quick
from tools.networks import draw_own

NONLINEAR = ["GRU", "GRU, Keras", "GRU, PyTorch", "LSTM", "sLSTM"]
NEGATIVE = ["delta, negative", "SSM, negative"]
POSITIVE = ["delta", "SSM", "minGRU"]


def mean(full, row, bits):
    """Average the accuracy of a row after so many bits."""
    return np.mean(full["accuracy"][row][bits])


# The quick run


def test_the_quick_run_shows_what_the_page_says():
    (quick,) = run_quick("even_or_odd", "quick")
    gru, negative, positive = quick.values()
    assert gru["20"] == gru["200"] == 1
    assert negative["20"] > 0.95
    assert negative["200"] < 0.9
    assert 0.4 < positive["20"] < 0.6


def test_same_seed_same_numbers(book):
    first, again, other = (
        book.examine(book.learn("minGRU", "this book", 0.03, seed, steps=3), 0, T=20)
        for seed in (0, 0, 1)
    )
    assert first == again != other


# The task and the networks


def test_parity_by_hand(book):
    x, y = book.draw(np.random.default_rng(0), T=50, m=40)
    odd = False
    for t in range(50):
        odd ^= x[t, 1, 3] == 1
        assert (y[t, 1, 3] == 1) == odd
    assert (x.sum(axis=1) == 1).all()
    assert (y.sum(axis=1) == 1).all()
    assert 0.4 < y[-1, 1].mean() < 0.6


CELLS = ["RNN", "sLSTM", "minGRU", "minGRU, two layers", *NEGATIVE, "delta", "SSM"]


@pytest.mark.parametrize("name", CELLS)
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, name):
    layers = draw_own(book.CELLS[name], np.random.default_rng(3), 2, 4, 2, dtype=np.float64)
    x, y = book.draw(np.random.default_rng(1), T=6, m=3)
    batch = x.astype(float), y.astype(float)
    assert_gradients(lambda params: book.model(params, batch, None, like=layers), flatten(layers))


def test_a_state_that_is_carried_on_is_as_good_as_one_run(book):
    layers = book.start("minGRU, two layers", "this book", np.random.default_rng(0))
    x, y = book.draw(np.random.default_rng(1), T=120, m=4)
    whole, _, _ = book.many_to_many_forward(*layers, x)
    leads = (whole[:, 1] - whole[:, 0]) * (2 * y[:, 1] - 1)
    np.testing.assert_allclose(book.lead(layers, x, y), leads, rtol=1e-5, atol=1e-6)


def test_pairs_differ_in_one_bit_and_in_every_answer(book, monkeypatch):
    seen = {}
    monkeypatch.setattr(book, "lead", lambda _, x, y: seen.update(x=x, y=y) or y[:, 0])
    book.examine(None, 0, T=20, m=10)
    x, y = seen["x"], seen["y"]
    np.testing.assert_array_equal(x[1:, :, :5], x[1:, :, 5:])
    np.testing.assert_array_equal(x[0, :, :5], 1 - x[0, :, 5:])
    np.testing.assert_array_equal(y[:, :, :5], 1 - y[:, :, 5:])


@pytest.mark.parametrize("name", NEGATIVE)
def test_two_states_of_a_linear_cell_approach_each_other_whatever_they_are(book, name):
    # the difference of two runs does not depend on where they are, only on what both read
    (cell, _), rng = (
        book.start(name, "this book", np.random.default_rng(0)),
        np.random.default_rng(1),
    )
    x, _ = book.draw(rng, T=10, m=1)
    _, like, _ = cell.forward(cell.params, x)
    near, far = (
        [type(like)(*(rng.normal(size=s.shape).astype(np.float32) for s in like)) for _ in range(2)]
        for _ in range(2)
    )
    ahead = type(like)(*(f + a - b for f, a, b in zip(far[0], near[0], near[1], strict=True)))
    first, second, third, fourth = (
        cell.forward(cell.params, x, state)[1][1] for state in (*near, ahead, far[0])
    )
    np.testing.assert_allclose(first - second, third - fourth, atol=1e-4)


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == {"steps": book.STEPS, "length": book.LENGTH}
    assert record["cpu_seconds"] < 900


def test_the_record_adds_up(book, full):
    assert [*full["accuracy"]] == [*full["apart"]] == [*book.ROWS, *book.CONTROLS]
    for label, rows in full["accuracy"].items():
        assert [*rows] == book.TESTED
        seeds = book.ROWS[label][2] if label in book.ROWS else book.TWO
        for right in rows.values():
            assert len(right) == len(seeds)
            assert all(0 <= it <= 1 for it in right)


def test_nonlinear_cells_keep_it(full):
    for row in NONLINEAR:
        assert mean(full, row, 20) > 0.98
        assert mean(full, row, 1000) > 0.95


def test_positive_eigenvalues_stay_at_chance_and_a_table_beats_them(full):
    for row in POSITIVE:
        assert full["accuracy"][row][1] == [1] * len(full["accuracy"][row][1])
        for bits in (10, 20, 100, 1000):
            assert 0.4 < mean(full, row, bits) < 0.6
        assert mean(full, row, 10) < full["table"][10]


def test_negative_eigenvalues_cure_that_and_drift(full):
    for row in NEGATIVE:
        assert min(full["accuracy"][row][20]) > 0.99
        for bits in (500, 700, 1000):
            assert max(full["accuracy"][row][bits]) < 0.6


def test_the_leading_results_hold_on_the_older_processor(older):
    assert min(older["accuracy"]["GRU"][1000]) == 1
    assert min(older["accuracy"]["delta, negative"][20]) > 0.99
    assert max(older["accuracy"]["delta, negative"][300]) < 0.6
    assert 0.45 < mean(older, "minGRU", 20) < 0.55
