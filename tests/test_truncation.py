"""The experiment on truncation does what its page says, and its record adds up."""

from collections import Counter

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from snippets.text import one_hot
from tests.experiments import assert_gradients, run_quick

SCHEMES = ["", ", Keras", ", PyTorch"]


@pytest.fixture
def layers(book):
    """Draw a small network that reads eight symbols and names four."""
    rng = np.random.default_rng(0)
    return book.draw_layers(book.GRU, rng, 8, 5, 4, dtype=np.float64)


@pytest.fixture
def batch(book):
    """Draw three sequences, asked about at each step."""
    x, y, counts = book.draw(np.random.default_rng(1), 3, "always")
    return x.astype(float), y.astype(float), counts


# The quick run


def test_the_quick_run_shows_what_the_page_says():
    (quick,) = run_quick("truncation", "quick")
    seen, unseen, whole = quick.values()
    assert seen > 0.9
    assert unseen < 0.4  # chance is a quarter
    assert whole > 0.9


def test_same_seed_same_numbers(book):
    def run(seed):
        task = 1, True, "always", 1, "Keras"
        return book.recall(*task, 0.01, seed, budget=10)["traces"]

    assert run(0) == run(0) != run(1)


# Chunks


def test_a_cut_by_hand(book):
    numbers = np.arange(8).reshape(4, 2)
    assert book.cut(numbers, 4).tolist() == numbers.tolist()
    assert book.cut(numbers, 2).tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]


@pytest.mark.parametrize("carried", [True, False])
def test_the_gradient_of_the_whole_is_the_slope_of_the_loss(book, layers, batch, carried):
    batch = tuple(array[:8] for array in batch)
    assert_gradients(
        lambda params: book.model(params, batch, None, like=layers, chunk=8, carried=carried),
        flatten(layers),
    )


@pytest.mark.parametrize("chunk", [1, 4, 16])
def test_a_cut_changes_the_gradient_and_nothing_else(book, layers, batch, chunk):
    (loss, whole, state), (same, short, same_state) = (
        book.model(flatten(layers), batch, None, like=layers, chunk=size, carried=True)
        for size in (32, chunk)
    )
    assert loss == pytest.approx(same, rel=1e-12)
    np.testing.assert_allclose(state.a, same_state.a, rtol=1e-12)
    assert max(abs(a - b).max() for a, b in zip(whole, short, strict=True)) > 1e-3
    total, after = [np.zeros_like(w) for w in flatten(layers)], None
    for first in range(0, 32, chunk):  # each chunk separately, from the state before it
        piece = tuple(array[first : first + chunk] for array in batch)
        _, part, after = book.model(
            flatten(layers), piece, after, like=layers, chunk=chunk, carried=True
        )
        total = [a + b * chunk / 32 for a, b in zip(total, part, strict=True)]
    for a, b in zip(total, short, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_a_reset_state_is_zero_at_the_start_of_each_chunk(book, layers, batch):
    loss, _, state = book.follow(layers, batch, None, 4, False)
    assert state is None
    parts = [
        book.follow(layers, tuple(it[i : i + 4] for it in batch), None, 4, True)[0]
        for i in range(0, 32, 4)
    ]
    assert loss == pytest.approx(np.mean(parts), rel=1e-12)


@pytest.mark.parametrize("chunk", [1, 4, 16, 32])
def test_no_error_teaches_a_blank_network_to_write(book, chunk):
    rng = np.random.default_rng(0)
    layers, batch = book.start("this book", rng, 0), book.draw(rng, 20, "at the end")
    assert book.trace(layers, rng) == 0
    _, gradients, _ = book.model(
        flatten(layers), batch, None, like=layers, chunk=chunk, carried=True
    )
    cell, _ = unflatten(layers, gradients)
    symbols = slice(book.SYMBOLS)
    assert not cell.params.W_u[:, symbols].any()  # there is no candidate yet to let in,
    assert not cell.params.W_r[:, symbols].any()  # and no state yet to reset
    assert cell.params.W_c[:, symbols].any() == (chunk == book.LENGTH)


# The tasks


def test_the_first_symbol_is_asked_for_at_the_end_or_always(book):
    x, y, counts = book.draw(np.random.default_rng(0), 50, "at the end")
    codes = x.argmax(axis=1)
    assert (codes[0] < book.SYMBOLS).all()
    assert (codes[1:] >= book.SYMBOLS).all()
    np.testing.assert_array_equal(y.argmax(axis=1), np.tile(codes[0], (book.LENGTH, 1)))
    assert (counts.sum(axis=0) == 1).all()
    assert (counts[-1] == 1).all()
    _, _, counts = book.draw(np.random.default_rng(0), 2, "always")
    assert (counts == 1).all()


def test_the_text_is_read_once_and_each_character_predicts_the_next(book, monkeypatch):
    monkeypatch.setattr(book, "read", lambda: (50, None))
    tokens = np.arange(49)
    cut = list(book.windows(tokens, 4, 3))
    assert len(cut) == 4
    for x, y, counts in cut:
        assert counts.shape == (4, 3)
        np.testing.assert_array_equal(y.argmax(axis=1), x.argmax(axis=1) + 1)
    inputs = np.concatenate([x.argmax(axis=1) for x, _, _ in cut])
    assert Counter(inputs.ravel().tolist()) == Counter(range(48))
    assert cut[0][0].shape == one_hot(np.zeros((4, 3), int), 50).shape


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == {
        "text": book.TEXT,
        "steps": book.STEPS,
        "pass": book.PASS,
        "length": book.LENGTH,
        "budget": book.BUDGET,
    }
    assert record["cpu_seconds"] < 900


def test_the_record_adds_up(book, full):
    assert [*full["text"]] == [*full["mean"]] == [*book.READ]
    for label, losses in full["text"].items():
        assert ("reset" in losses) == ("reset" in label)
        for key, of_seeds in losses.items():
            assert len(of_seeds) == len(book.FEW)
            assert full["mean"][label][key] == pytest.approx(np.mean(of_seeds), abs=1e-4)
    assert [*full["large"]] == [*book.LARGE]
    assert [*full["recall"]] == [f"chunk {label}" for label in book.RECALLED]
    for label, runs in full["recall"].items():
        seeds = book.RECALLED[label.removeprefix("chunk ")][1]
        assert all(len(values) == len(seeds) for values in runs.values())
        for steps, solved in zip(runs["steps"], runs["solved"], strict=True):
            assert solved or steps == book.BUDGET


def test_the_length_of_a_chunk_matters_little_on_a_text(full, older):
    for results in (full, older):
        text, large = results["mean"], results["large"]
        short, long, reset = (
            text[row]["carried"] for row in ("4, carried", "64, carried", "4, reset")
        )
        assert abs(short - long) < 0.035 < reset - short + 0.005
        short, long, reset = (large[row] for row in ("4, carried", "64, carried", "4, reset"))
        assert min(short) > max(long)
        assert np.mean(short) - np.mean(long) < 0.04
        assert min(reset) - max(short) > 0.08


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_reset_costs_more_than_a_short_chunk(full, scheme):
    short, long, reset = (
        full["mean"][f"{row}{scheme}"]["carried"]
        for row in ("4, carried", "64, carried", "4, reset")
    )
    assert reset - short > abs(short - long)
    assert reset - short > 0.03


def test_a_carried_state_is_the_better_test_for_all(full):
    for losses in full["mean"].values():
        assert losses["carried"] <= min(losses.values())


def test_the_tables_of_counts_win(full):
    tables = {steps: table["loss"] for steps, table in full["tables"].items()}
    assert tables[200] < min(min(it["carried"]) for it in full["text"].values())
    assert tables[800] < min(min(losses) for losses in full["large"].values())


def test_more_updates_help_more_than_reach(full):
    losses = {label: it["carried"] for label, it in full["mean"].items()}
    gain = losses["16, carried"] - losses["16, carried, short windows"]
    assert gain > losses["4, carried"] - losses["64, carried"]


def test_a_chunk_of_one_step_recalls_what_the_first_state_notes(book, full, older):
    for results in (full, older):
        assert sum(results["recall"]["chunk 1"]["solved"]) >= 8
        for scheme in (", Keras", ", PyTorch"):  # by luck
            assert sum(results["recall"][f"chunk 1{scheme}"]["solved"]) <= 5
    recall = {label.removeprefix("chunk "): runs for label, runs in full["recall"].items()}
    for scheme in SCHEMES:
        assert all(recall[f"32{scheme}"]["solved"])
    for label in ("1, blank", "16, blank", "16, reset"):
        assert not any(recall[label]["solved"])
        assert max(recall[label]["accuracy"]) < 0.4
    for label in ("32, blank", "32, weak", "1, always", "1, always, blank"):
        assert all(recall[label]["solved"])
    assert sum(recall["1, weak"]["solved"]) < len(book.FEW)


def test_how_strongly_the_symbol_is_written_decides_not_what_is_left_of_it(full, older):
    left, written = (
        {label: np.median(of) for label, of in rows.items()}
        for rows in (
            {
                label: [before for before, _ in runs["traces"]]
                for label, runs in full["recall"].items()
            },
            full["first"],
        )
    )
    strong = ["chunk 1", "chunk 1, bias 0", "chunk 1, Keras, strong", "chunk 1, PyTorch, strong"]
    weak = ["chunk 1, weak", "chunk 1, Keras", "chunk 1, PyTorch"]
    assert {*strong, *weak} == {*written}
    assert min(written[it] for it in strong) > 5 * max(written[it] for it in weak)
    assert left["chunk 1, bias 0"] < min(left[it] for it in weak)
    assert left["chunk 1, blank"] == 0
    for results in (full, older):
        for label in strong:
            assert sum(results["recall"][label]["solved"]) >= 8
        for label in weak:
            assert np.mean(results["recall"][label]["solved"]) <= 0.5
    for _, after in full["recall"]["chunk 1"]["traces"]:
        assert after > 0.5
