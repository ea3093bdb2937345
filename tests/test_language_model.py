"""The language model does what its page says, and its record adds up."""

import hashlib
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from snippets.rnn import RNNParams
from tests.experiments import assert_gradients, needs, run_quick
from tools.kneser_ney import KneserNey
from tools.networks import GRU, LSTM, RNN, draw_layers, draw_own
from tools.plays import PACKAGE, PLAYS, split, without_marks

ROOT = Path(__file__).parents[1]
EXCERPT = ROOT / "docs/experiments/data/shakespeare_excerpt.txt"


@pytest.fixture(params=[RNN, GRU, LSTM], ids=["RNN", "GRU", "LSTM"])
def layers(request):
    return draw_layers(request.param, np.random.default_rng(0), 5, 3, 5, dtype=np.float64)


@pytest.fixture
def a_play(book, monkeypatch):
    """Let the experiment read a short text of its own."""

    def read(text):
        symbols = "\n ABCabc"
        codes = np.array([symbols.index(letter) for letter in text])
        monkeypatch.setattr(book, "read", lambda: (symbols, split(codes)))

    return read


# -- the quick run


def test_the_quick_run_shows_what_the_page_says():
    (quick,) = run_quick("language_model", "quick")
    tables = quick["tables"]
    assert tables["2"] + 0.05 < quick["LSTM"] < tables["1"] - 0.05  # seeds 0 to 4: 2.13 to 2.16
    assert [*tables.values()] == sorted(tables.values(), reverse=True)


def test_the_excerpt_is_what_its_notice_says():
    notice = EXCERPT.with_suffix(".notice.txt").read_text(encoding="utf-8")
    data = EXCERPT.read_bytes()
    assert f"sha256 {hashlib.sha256(data).hexdigest()}" in notice
    assert f"{len(data.decode()):,} characters" in notice
    assert f"sha256 {PACKAGE.sha256}" in notice
    assert without_marks(data.decode()) == data.decode()
    assert PLAYS[-1].split("/")[1] in notice


# -- the networks and their training


def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, layers):
    tokens = np.random.default_rng(1).integers(5, size=(7, 2))
    model = partial(book.model, like=layers)
    _, _, state = model(flatten(layers), (tokens[::-1], True), None)
    assert_gradients(lambda params: model(params, (tokens, False), state), flatten(layers))


def test_a_text_is_read_to_its_end_in_chunks_that_hand_on_their_state(book, layers):
    tokens = np.random.default_rng(1).integers(5, size=25)
    state, losses = "of another text", []
    for place, chunk in enumerate(book.pieces(tokens, 6, 1)):
        batch = chunk, place == 0
        loss, _, state = book.model(flatten(layers), batch, state, like=layers)
        losses.append(loss)
    whole, _, _ = book.model(flatten(layers), (tokens[:, None], True), None, like=layers)
    assert np.mean(losses) == pytest.approx(whole)


def test_each_pass_starts_without_a_state_and_the_rate_falls_to_zero(book, layers, monkeypatch):
    firsts, rates = [], []

    def model(params, batch, state, *, like):
        firsts.append(batch[1])
        return 1.0, params, state

    def adam(params, gradients, memory, *, learning_rate):
        rates.append(learning_rate)
        return params, memory

    monkeypatch.setattr(book, "model", model)
    monkeypatch.setattr(book, "adam", adam)
    monkeypatch.setattr(book, "CHUNK", {"T": 4, "m": 2})
    trained = book.learn(layers, np.arange(41) % 5, 12, 1.0)
    assert firsts == [step % 5 == 0 for step in range(12)]
    np.testing.assert_allclose(rates, np.arange(12, 0, -1) / 12)
    assert flatten(trained) == flatten(layers)


def test_same_seed_same_network(book, monkeypatch):
    monkeypatch.setattr(book, "CHUNK", {"T": 4, "m": 2})
    tokens = np.arange(41) % 5

    def weights(seed):
        layers = draw_layers(LSTM, np.random.default_rng(seed), 5, 3, 5)
        return np.concatenate([w.ravel() for w in flatten(book.learn(layers, tokens, 4, 0.01))])

    assert (weights(0) == weights(0)).all()
    assert (weights(0) != weights(1)).any()


def test_the_test_is_that_of_reading_from_the_start(book, layers):
    tokens = np.random.default_rng(1).integers(5, size=120)
    # With small weights every cell forgets within 99 characters.
    layers = unflatten(layers, [w / 2 for w in flatten(layers)])
    shares = book.follow(layers, tokens[:100], tokens[100:], columns=4, lead=99)
    z, _, _ = book.predict(layers, tokens[:-1, None], None)
    after = np.exp(z[99:, :, 0] - np.logaddexp.reduce(z[99:, :, 0], axis=1, keepdims=True))
    expected = after[np.arange(20), tokens[100:]]
    np.testing.assert_allclose(shares, expected, rtol=1e-4)
    assert book.nats(shares) == pytest.approx(-np.log(expected).mean(), abs=1e-4)


def test_names_are_lines_in_capitals(book, a_play):
    a_play("\n" * 190 + "A B\nab Aa\n")  # the last twentieth
    shares = np.where(np.arange(10) < 4, 0.5, 0.1)
    assert book.in_names(shares) == pytest.approx(4 * np.log(2) / 10, abs=5e-5)


def test_the_network_writes_as_after_an_empty_line(book, a_play):
    # Unit 0 knows a line end, unit 1 that the character before was one; then it is sure of an a.
    a_play("\n ABCabc" * 5)
    W_ax, W_aa, b_a = np.zeros((2, 8)), np.zeros((2, 2)), np.zeros((2, 1))
    W_ya, b_y = np.zeros((8, 2)), np.zeros((8, 1))
    W_ax[0, 0] = W_aa[1, 0] = 20
    W_ya[5, 1], b_y[6] = 2000, 700
    cell, readout = draw_layers(RNN, np.random.default_rng(0), 8, 2, 8)
    params = RNNParams(W_aa=W_aa, W_ax=W_ax, b_a=b_a)
    layers = cell._replace(params=params), readout._replace(params=type(readout.params)(W_ya, b_y))
    assert book.write(layers, length=4) == "aabb"


# -- the record of the full run


def test_the_record_adds_up(book, record, full):
    assert record["seeds"] == book.SEEDS
    for scheme, rows in full["short"].items():
        for name, losses in rows.items():
            assert len(losses) == len(book.SHORT[scheme])
            assert full["mean"][scheme][name] == pytest.approx(np.mean(losses), abs=5e-5)
    for name, curve in full["curves"].items():
        cell, n_a = book.NETWORKS[name]
        layers = draw_layers(cell, np.random.default_rng(0), 65, n_a, 65)
        assert {sum(w.size for w in flatten(layers))} == set(curve["weights"])


def test_each_network_has_the_rate_that_its_search_chose(book, full):
    for name, budget in book.TRIALS:
        assert full["trials"][f"{name}, {budget}"]["chosen"] == book.RATES[name, budget]


def test_the_three_cells_have_the_same_weights_and_time(full):
    weights = [full["curves"][name]["weights"][0] for name in ("RNN", "GRU", "LSTM")]
    assert max(weights) / min(weights) < 1.01
    for budget, names in enumerate([("RNN", "GRU", "LSTM"), ("GRU", "LSTM")]):
        seconds = [full["curves"][name]["seconds"][budget] for name in names]
        assert max(seconds) / min(seconds) < 1.3  # a clock is never exact


def test_the_newer_cells_have_the_same_weights_and_are_not_ahead(book, full):
    for name, row in full["newer"].items():
        cell, n_a, _ = book.NEWER[name]
        layers = draw_own(cell, np.random.default_rng(0), 65, n_a, 65)
        weights = sum(w.size for w in flatten(layers))
        assert weights == pytest.approx(full["curves"]["LSTM"]["weights"][0], rel=0.01)
        assert len(row["loss"]) == len(book.SEEDS)
    slstm, lstm = full["newer"]["sLSTM"]["loss"], full["short"]["this book"]["LSTM"]
    assert min(slstm) < max(lstm) < max(slstm)
    assert np.mean(lstm) < np.mean(slstm)
    assert full["tables"]["begun"][2] < min(full["newer"]["minGRU"]["loss"])


@needs(PACKAGE)
def test_counting_again_gives_the_tables_of_the_record(book, full):
    symbols, (training, validation, test) = book.read()
    before = np.concatenate([training, validation])
    losses = KneserNey(before, len(symbols), 4).losses(before, test)
    assert full["tables"]["begun"][:5] == pytest.approx(losses, abs=5e-5)


def test_no_network_beats_the_table_but_the_mixture_does(full):
    table = full["tables"]["begun"][6]
    for curve in full["curves"].values():
        assert min(curve["loss"]) > table
        assert all(mixed < loss for mixed, loss in zip(curve["mixed"], curve["loss"], strict=True))
        assert curve["loss"] == sorted(curve["loss"], reverse=True)
    mixed = full["curves"]["GRU"]["mixed"]
    assert mixed[0] > table > mixed[1] > full["curves"]["large GRU"]["mixed"][0]


def test_two_tables_mixed_are_as_good_as_a_table_and_a_small_network_but_not_a_large_one(full):
    mixed = full["tables"]["two tables"]["loss"]
    assert full["tables"]["two tables"]["pair"] == [4, 8]
    assert mixed == pytest.approx(full["curves"]["GRU"]["mixed"][1], abs=0.005)
    assert full["curves"]["large GRU"]["mixed"][0] < mixed - 0.04


def test_longer_tables_are_better_up_to_six_characters(book, full):
    tables = full["tables"]
    assert np.argmin(tables["validation"]) == np.argmin(tables["begun"]) == book.BEST == 6
    assert tables["begun"][8] - tables["begun"][6] < 0.01
    assert tables["kept"] == sorted(tables["kept"])


# claims G11, P1
def test_gru_and_lstm_are_level_and_the_rnn_is_last(full, older):
    for results in (full, older):
        short = results["short"]["this book"]
        assert min(short["RNN"]) > max(short["GRU"] + short["LSTM"])
        assert max(short["GRU"]) > min(short["LSTM"])
        assert max(short["LSTM"]) > min(short["GRU"])
    keras, torch = full["short"]["Keras"], full["short"]["PyTorch"]
    for rows in (keras, torch):
        assert min(rows["RNN"]) > max(rows["GRU"] + rows["LSTM"])
        assert max(rows["GRU"]) > min(rows["LSTM"])
        assert max(rows["LSTM"]) > min(rows["GRU"])
    assert max(keras["RNN"]) > 5  # it diverged


def test_the_gru_of_equal_rate_led_and_lstms_own_rate_closed_the_gap(full):
    gru, lstm = (
        {row["rate"]: row["scores"][0] for row in full["trials"][f"{name}, medium"]["tried"]}
        for name in ("GRU", "LSTM")
    )
    assert lstm[0.01] - gru[0.01] > 4 * (lstm[0.03] - gru[0.01]) > 0


def test_half_of_what_the_table_loses_is_in_names(full):
    tables = full["tables"]
    names = tables["in names"]["unseen"] - tables["in names"]["begun"]
    assert 0.45 < names / (tables["unseen"][6] - tables["begun"][6]) < 0.55


def test_the_page_on_sampling_shows_what_the_network_wrote(full):
    samples = full["samples"]
    page = (ROOT / "docs/sampling.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(-----.*?)\n```", page, re.DOTALL)[1]
    _, *parts = re.split(r"----- temperature ([\d.]+) -----\n", block)
    shown = dict(zip(parts[::2], parts[1::2], strict=True))
    assert list(shown) == ["0.3", "1.0", "1.5"]
    for temperature, text in shown.items():
        written = " ".join(samples[temperature].split())
        assert " ".join(text.split()) in written  # long lines are folded
