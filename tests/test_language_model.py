"""The experiment does what its page says, and its record adds up."""

import hashlib
import re
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.experiments import assert_gradients, run_quick

ROOT = Path(__file__).parents[1]
EXCERPT = ROOT / "docs/experiments/data/shakespeare_excerpt.txt"
TEXT = "so it is;\n\nis it so? it is so, so it is. " * 40
KINDS = [("window", 1), ("rnn", 1), ("rnn", 2), ("gru", 2), ("lstm", 1), ("lstm", 2)]
TINY = {"T": 4, "m": 2, "updates": 12, "rate": 1e-2, "threshold": 1.0, "stops": 3}


@pytest.fixture(scope="module")
def quick():
    return run_quick("language_model", "quick", "counts")


@pytest.fixture(params=KINDS, ids=lambda kind: "{} {}".format(*kind))
def network(book, request):
    return book.Network(*request.param, 3)


@pytest.fixture
def params(book, network):
    """Draw the weights for 5 characters, in double precision."""
    return [w.astype(float) for w in book.init(network, 5, np.random.default_rng(0))]


# The quick size


def test_the_quick_size_learns_and_stands_where_the_page_says(quick):
    run, counts = quick
    untrained, *after = run["held_out"]
    assert untrained > counts[0]["nats"] > after[0] > after[1]
    # Measured over seeds 0 to 4: 2.230 to 2.276, so that chance does not reach either bound.
    assert counts[2]["nats"] + 0.05 < after[1] < counts[1]["nats"] - 0.05


def test_same_seed_same_numbers(book):
    network = book.Network("lstm", 1, 4)
    runs = (book.measure(TEXT, 1520, network, seed, TINY) for seed in (0, 0, 1))
    (weights, first), (_, again), (_, other) = runs
    assert first["held_out"] == again["held_out"] != other["held_out"]
    assert first["updates"] == (0, 4, 8, 12)
    assert first["weights"] == sum(w.size for w in weights)


def test_the_excerpt_is_what_its_notice_says(book):
    notice = EXCERPT.with_suffix(".notice.txt").read_text(encoding="utf-8")
    data = EXCERPT.read_bytes()
    assert f"sha256 {hashlib.sha256(data).hexdigest()}" in notice
    assert f"{len(data.decode()):,} characters" in notice
    assert f"sha256 {book.PACKAGE.sha256}" in notice
    assert book.clean(data.decode()) == data.decode()
    assert book.PLAYS[-1].split("/")[1] in notice


# The networks and their training


def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, network, params):
    codes = np.random.default_rng(1).integers(5, size=(7, 2))
    model = partial(book.model, network=network)
    _, _, state = model(params, (codes[::-1], True), None)
    assert_gradients(lambda params: model(params, (codes, False), state), params)


def test_a_column_is_read_to_its_end_in_pieces_that_hand_on_their_state(book, network, params):
    codes = np.random.default_rng(1).integers(5, size=25)
    state, losses = None, []
    for number, piece in enumerate(book.pieces(codes, 6, 1)):
        loss, _, state = book.model(params, (piece, number == 0), state, network=network)
        losses.append(loss)
    whole, _, _ = book.model(params, (codes[:, None], True), None, network=network)
    assert np.mean(losses) == pytest.approx(whole)


def test_the_test_is_that_of_reading_from_the_start(book, network, params):
    codes = np.random.default_rng(1).integers(5, size=120)
    params = [w / 2 for w in params]  # with small weights every cell forgets within 99 characters
    columns = book.surprise(network, params, codes, 100, m=4, lead=99)
    seen, losses = codes[:, None], []
    for last in range(100, 120):  # one character more each time
        a, _, _ = book.forward(network, params, seen[:last], book.blank(network, params, 1))
        z = (params[-2] @ a[-1] + params[-1])[:, 0]
        losses.append(np.log(np.exp(z).sum()) - z[codes[last]])
    assert columns == pytest.approx(np.mean(losses), abs=1e-4)  # 99 characters before suffice


def test_each_pass_begins_with_a_blank_state(book, monkeypatch):
    firsts = []

    def spy(model, params, batches, update, **rest):
        firsts.extend(first for _, first in batches)
        return params, rest["memory"], rest["state"]

    monkeypatch.setattr(book, "train", spy)
    codes = np.arange(41) % 5  # five pieces
    list(book.learn(book.Network("rnn", 1, 3), codes, 5, np.random.default_rng(0), **TINY))
    assert firsts == [step % 5 == 0 for step in range(12)]


def test_the_rate_falls_to_zero_over_all_stops(book, monkeypatch):
    rates = []

    def spy(params, gradients, memory, *, learning_rate):
        rates.append(learning_rate)
        return params, memory

    monkeypatch.setattr(book, "adam", spy)
    settings = TINY | {"rate": 1.0}
    codes = np.arange(41) % 5
    list(book.learn(book.Network("rnn", 1, 3), codes, 5, np.random.default_rng(0), **settings))
    np.testing.assert_allclose(rates, np.arange(12, 0, -1) / 12)


def test_the_network_writes_as_after_an_empty_line(book):
    # Unit 0 knows a line end, unit 1 that the character before was one; then it is sure of a b.
    W_ax, W_aa, b_a = np.zeros((2, 4)), np.zeros((2, 2)), np.zeros((2, 1))
    W_ya, b_y = np.zeros((4, 2)), np.array([[0.0], [500.0], [0.0], [0.0]])
    W_ax[0, 0] = W_aa[1, 0] = 20
    W_ya[2, 1] = 1000
    params, network = [W_ax, W_aa, b_a, W_ya, b_y], book.Network("rnn", 1, 2)
    written = book.write(network, params, "\nabc", np.random.default_rng(0), 1, length=4)
    assert written == "bbaa"


# Counting


def test_counts_agree_with_the_shares_written_out(book):
    text = TEXT[: len(TEXT) // 2]
    cut = book.split(text)
    seen, symbols = text[:cut], sorted(set(text))

    def share(symbol, before):
        """Mix the share after `before` with that after one character less."""
        shorter = share(symbol, before[1:]) if before else 1 / len(symbols)
        starts = [i for i in range(len(seen)) if seen.startswith(before, i)]
        after = [seen[i + len(before)] for i in starts if i + len(before) < len(seen)]
        kinds = len(set(after))
        return (after.count(symbol) + kinds * shorter) / (len(after) + kinds) if after else shorter

    rows = book.count(text, cut, 3)
    for n, row in enumerate(rows):
        contexts = [text[i - n : i] for i in range(cut, len(text))]
        shares = [share(text[i], c) for i, c in enumerate(contexts, start=cut)]
        assert row["characters"] == n
        assert row["nats"] == pytest.approx(-np.mean(np.log(shares)), abs=5e-5)
        assert sum(share(symbol, contexts[-1]) for symbol in symbols) == pytest.approx(1)
    kept = [len({seen[i : i + n + 1] for i in range(len(seen) - n)}) for n in range(4)]
    assert [row["counts"] for row in rows] == np.cumsum(kept).tolist()


# Units


def test_places_are_counted_from_what_begins_them(book):
    found = book.features("ab cd\n\nBOB\nit's I")
    assert found["place in the line"].tolist() == [
        0,
        1,
        2,
        3,
        4,
        0,
        0,
        1,
        2,
        3,
        0,
        1,
        2,
        3,
        4,
        5,
        6,
    ]
    word = found["place in the word"].tolist()
    assert word == [0, 1, 0, 1, 2, 0, 0, 1, 2, 3, 0, 1, 2, 3, 4, 0, 1]
    assert found["place in the speech"].tolist() == [*range(6), *range(11)]
    assert found["in a speaker's name"].tolist() == [0] * 7 + [1] * 3 + [0] * 7


def test_a_unit_is_chosen_on_one_half_and_tested_on_the_other(book, monkeypatch):
    text = "some words\nand more\n" * 60
    place = book.features(text)["place in the line"]
    a = np.random.default_rng(0).normal(size=(len(text), 5, 1))
    a[: len(text) // 2, 3, 0] = place[: len(text) // 2]  # good on the first half only,
    a[:, 1, 0] = -place + 3 * a[:, 1, 0]  # and one that is fair on both
    monkeypatch.setattr(book, "forward", lambda *_: (a, None, None))
    looked = book.look(book.Network("rnn", 1, 5), [np.zeros((2, 5)), np.zeros((2, 1))], text, 0)
    found = looked["features"]["place in the line"]
    assert found["unit"] == 3
    assert abs(found["correlation"]) < 0.2
    at = text.index(looked["passage"], len(text) // 2)
    np.testing.assert_allclose(
        found["activation"], a[at : at + len(looked["passage"]), 3, 0], atol=0.01
    )


def test_correlation_is_that_of_numpy(book):
    rng = np.random.default_rng(0)
    a, feature = rng.normal(size=(50, 3)), rng.normal(size=50)
    expected = [np.corrcoef(column, feature)[0, 1] for column in a.T]
    np.testing.assert_allclose(book.correlate(a, feature), expected)


# The plays


def test_marks_are_taken_out(book):
    marked = "# Play\n\n_Enter **A** and **B**_\n\n**A**  \n'Fair,'\\--or  \nO!\n"
    assert book.clean(marked) == "Play\n\nEnter A and B\n\nA\n'Fair,'--or\nO!\n"


# The record of the full size


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == book.FULL
    assert record["cpu_seconds"] / 2 < 600  # ten minutes on two cores
    for name, (network, updates, rate) in (book.NETWORKS | book.LONG).items():
        assert full["networks"][name] == [list(network), updates, rate]
        for run in full["runs"][name]:
            assert run["updates"] == [k * updates // 6 for k in range(7)]


def test_all_have_as_many_weights_and_as_much_time(book, full):
    weights = [full["runs"][name][0]["weights"] for name in book.NETWORKS]
    assert max(weights) / min(weights) < 1.01
    seconds = [full["nats"][name]["seconds"] for name in book.NETWORKS]
    assert max(seconds) / min(seconds) < 1.3  # measured: a clock is never exact


def test_the_nats_in_the_record_add_up(full):
    for name, runs in full["runs"].items():
        last = [run["held_out"][-1] for run in runs]
        assert full["nats"][name]["mean"] == pytest.approx(np.mean(last), abs=5e-5)
        assert full["nats"][name]["lowest"] == min(last)
        assert full["nats"][name]["highest"] == max(last)


def test_the_full_size_learns(full):
    counts = [row["nats"] for row in full["counts"]]
    assert counts == sorted(counts[:5], reverse=True) + sorted(counts[5:])
    assert [row["characters"] for row in full["counts"]] == list(range(len(counts)))
    assert all(before["counts"] < after["counts"] for before, after in pairwise(full["counts"]))
    for runs in full["runs"].values():
        for run in runs:
            assert run["held_out"][0] > counts[0] > run["held_out"][1] > run["held_out"][-1]


def test_an_lstm_of_128_units_reaches_1_65_nats_in_a_minute(book, full):
    assert book.LONG[book.MINUTE][0] == ("lstm", 1, 128)
    for run in full["runs"][book.MINUTE]:
        assert run["held_out"][-1] <= 1.65


def test_samples_are_made_of_the_characters_of_the_plays(book, full):
    for run in full["runs"][book.MINUTE]:
        assert list(run["samples"]) == [str(it) for it in book.TEMPERATURES]
        for sample in run["samples"].values():
            assert len(sample) == 300
            assert not re.findall(r"[^\n !&',.:;?A-Za-z\[\]-]", sample)


def test_what_is_shown_of_a_unit_is_as_long_as_its_passage(full):
    for run in full["runs"]["LSTM, a minute"]:
        for kind in ("units", "untrained"):
            for row in run[kind]["features"].values():
                assert len(row["activation"]) == len(run[kind]["passage"])
                assert -1 <= row["correlation"] <= 1
