"""The experiment on two directions does what its page says, and its record adds up."""

from functools import partial

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from tests.experiments import assert_gradients, run_quick

SCHEMES = ["", ", Keras", ", PyTorch"]
HIDDEN = "both ways, hidden layer"


# The quick run


def test_the_quick_run_shows_what_the_page_says(full):
    quick, tables, between = run_quick("both_ways", "quick", "tables", "between")
    assert 0.38 < quick["left"] < quick["both ways"] - 0.05
    assert quick["both ways"] < quick[HIDDEN]
    assert tables == pytest.approx(full["tables"], abs=5e-5)
    assert between["th*t "] == {"a": 142, "e": 0, "i": 0, "o": 0, "u": 0}
    assert max(between["th*"], key=between["th*"].get) == "e"


def test_same_seed_same_numbers(book):
    text, settings = "to be or not to be that is the question " * 9, {"T": 8, "m": 4, "passes": 1}
    reader = book.Reader(3, ways=2, top="hidden layer")
    first, again, other = (
        flatten(
            book.learn(reader, "Keras", text, np.random.default_rng(seed), rate=0.1, **settings)
        )
        for seed in (0, 0, 1)
    )
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], other[0])


# The task


def test_a_text_is_made_plain_and_its_vowels_hidden(book):
    assert book.plain("Now, fair Hippolyta,\n\nour") == "now fair hippolyta our"
    assert book.hide("now fair hippolyta our") == "n*w f**r h*pp*lyt* **r"
    assert book.split("abcdefghij") == ("abcdefgh", "i", "j")
    assert book.find_vowels("now fair").tolist() == [3, 0, 2]


def test_columns_by_hand(book):
    x, y = book.columns("be at c", 3)
    b, t, star, space = (book.SYMBOLS.index(symbol) for symbol in "bt* ")
    np.testing.assert_array_equal(x, [[b, star], [star, t], [space, space]])
    np.testing.assert_array_equal(y, [[-1, 0], [1, -1], [-1, -1]])


def test_a_pass_reads_each_piece_once(book):
    text = "bcdfghjklmnpqrstvwxyz" * 4
    read = [x for x, _ in book.batches(np.random.default_rng(0), text, T=7, m=3, passes=1)]
    assert [x.shape for x in read] == [(7, 3)] * 4
    pieces = np.concatenate(read, axis=1).T
    expected = book.columns(text, 7)[0].T
    assert sorted(map(tuple, pieces)) == sorted(map(tuple, expected))


# The tables


def test_surroundings_by_hand(book):
    assert book.surroundings("be at", 1, 2) == ["b* *", " *t "]


def test_a_table_by_hand(book):
    none = book.table("bet bet cat", "bat", 0, 0)
    prior = (np.array([1, 2, 0, 0, 0]) + 0.2) / 4  # two e, one a, and one count spread evenly
    np.testing.assert_allclose(none, [prior])
    after_b = book.table("bet bet cat", "bat cot dot", 1, 0)
    np.testing.assert_allclose(after_b[0], (np.array([0, 2, 0, 0, 0]) + prior) / 3)
    np.testing.assert_allclose(after_b[1], (np.array([1, 0, 0, 0, 0]) + prior) / 2)
    np.testing.assert_allclose(after_b[2], prior)  # d is new


def test_a_table_of_both_sides_tells_what_a_product_cannot(book):
    """Here the vowel is a if the two neighbours are alike: neither alone says anything."""
    text = "bab cac bec ceb " * 5
    left, right, both = (book.table(text, text, *it) for it in ((1, 0), (0, 1), (1, 1)))
    prior = book.table(text, text, 0, 0)
    product = left * right / prior
    assert book.find(both, text).all()
    np.testing.assert_allclose(product[:, 0], product[:, 1], rtol=1e-6)


def test_sides_are_numbered_by_hand(book):
    learned, asked = "bat be", "be to"
    # neither side; one on the left, one on the right; two on the left, two on the right
    numbers, count = book.number_sides(learned, learned, 2)
    assert numbers.tolist() == [[1, 1], [2, 2], [3, 4], [5, 5], [6, 7]]
    assert count == 8
    numbers, count = book.number_sides(learned, asked, 1)
    assert numbers.tolist() == [[1, 1], [2, 0], [4, 4]]
    assert count == 5


def test_the_gradient_of_a_sum_is_the_slope_of_its_loss(book):
    text = "to be or not to be that is the question"
    numbers, count = book.number_sides(text, text, 2)
    batch = numbers, np.eye(5)[book.find_vowels(text)]
    W = np.random.default_rng(0).normal(size=(count, 5))
    assert_gradients(lambda params: book.sum_model(params, batch, None, penalty=0.3), [W])


def test_a_sum_of_sides_cannot_tell_what_only_both_together_tell(book):
    """Alone, neither side says anything; but either of two letters on one side tells all."""
    text = "bab cac bec ceb " * 5
    hidden = book.learn_sum(text, text, 1, 0.1)
    np.testing.assert_allclose(hidden[:, 0], hidden[:, 1], atol=1e-6)
    told = "bab cac deb dec " * 5
    assert book.find(book.learn_sum(told, told, 1, 0.1), told).all()


# The readers


@pytest.fixture(
    params=[
        "left",
        "right",
        "left, hidden layer",
        "left, 5 late",
        "both ways",
        "both ways, hidden layer",
        "both ways, RNN on top",
    ]
)
def small(request, book):
    """Draw a reader of each kind with 3 units, in double precision."""
    reader = book.READERS[request.param]._replace(n_a=3)
    layers = book.start(np.random.default_rng(0), reader, "PyTorch")
    return reader, unflatten(layers, [w.astype(float) for w in flatten(layers)])


def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, small):
    reader, layers = small
    batch = book.columns("now fair hippolyta our nuptial hour", 7)
    model = partial(book.model, batch=batch, state=None, reader=reader, like=layers)
    assert_gradients(model, flatten(layers))


def test_each_reader_knows_what_it_has_read_and_nothing_else(book, small):
    reader, layers = small
    x = np.random.default_rng(1).normal(size=(20, len(book.SYMBOLS), 1))
    other, t = x.copy(), 10
    other[t] += 1  # who has read this step?
    (z, _), (z_other, _) = (book.run(reader, layers, it) for it in (x, other))
    changed = np.flatnonzero((z != z_other).any(axis=(1, 2)))
    first = 0 if reader.turned or reader.ways == 2 else t - reader.late
    last = t if reader.turned else len(x) - 1
    np.testing.assert_array_equal(changed, np.arange(first, last + 1))


def test_without_a_layer_on_top_two_opinions_are_added(book, small):
    """What the future changes in the logits does not depend on the past, or it does."""
    reader, layers = small
    x = np.random.default_rng(1).normal(size=(9, len(book.SYMBOLS), 1))
    past, future, each = x.copy(), x.copy(), x.copy()
    past[3] += 1
    future[5] += 1
    each[[3, 5]] += 1
    z, z_past, z_future, z_each = (
        book.run(reader, layers, it)[0][4] for it in (x, past, future, each)
    )
    are_added = np.allclose(z_each - z_past, z_future - z)
    assert are_added == (not reader.top) or reader.ways == 1


def test_opinions_are_log_probabilities_at_the_stars(book, small):
    text = "now fair hippolyta"
    p = book.opinions(*small, text)
    assert p.shape == (len(book.find_vowels(text)), 5)
    np.testing.assert_allclose(np.exp(p).sum(axis=1), 1)
    assert book.find(np.eye(5)[book.find_vowels(text)], text).all()
    made = book.report(np.eye(5)[[3, 0, 0, 2, 3, 0]], text)
    assert made["sample"] == "now faar hippolyta"
    assert book.bits(made["right"], 6).tolist() == [1, 1, 0, 1, 1, 1]


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert record["cpu_seconds"] < 900
    assert set(full["accuracy"]) == {*book.ROWS, "left", "right", "left times right"}
    for label, (_, _, seeds) in book.ROWS.items():
        assert len(full["accuracy"][label]) == len(seeds)
    _, _, test = book.read_play()
    assert full["vowels"] == len(book.find_vowels(test))
    for sample in full["samples"].values():
        assert book.hide(sample) == book.hide(test[: len(sample)])


def test_all_readers_have_the_same_number_of_weights(book):
    for reader in book.READERS.values():
        layers = book.start(np.random.default_rng(0), reader, "this book")
        assert sum(w.size for w in flatten(layers)) == pytest.approx(6000, rel=0.03)


def test_the_record_adds_up(full):
    accuracy = {label: 100 * np.array(it) for label, it in full["accuracy"].items()}
    for pair, made in full["ahead"].items():
        one, other = (accuracy[name] for name in pair.split(": "))
        runs = min(len(one), len(other))
        np.testing.assert_allclose(made["seeds"], one[:runs] - other[:runs], atol=0.02)
        assert made["points"] == pytest.approx(np.mean(made["seeds"]), abs=0.02)
        assert made["error"] > 0.2


# claim W3
def test_the_full_run_shows_what_the_page_says(full):
    accuracy, tables, ahead = full["accuracy"], full["tables"], full["ahead"]
    mean = {label: np.mean(it) for label, it in accuracy.items()}
    # one side, two opinions, both sides together
    assert max(accuracy["left"] + accuracy["right"]) < min(accuracy["both ways"]) - 0.05
    for scheme in SCHEMES:
        gain = ahead[f"{HIDDEN}{scheme}: both ways{scheme}"]
        assert min(gain["seeds"]) > 0
        assert gain["points"] > 4 * gain["error"]
    assert tables["left, 4 letters"] + 0.1 < tables["left times right"]
    assert tables["left times right"] < tables["2 on each side"] - 0.1
    assert max(max(it) for it in accuracy.values()) < tables["2 on each side"]
    # a sum that is trained together is ahead of a product, and behind both sides together
    sums = full["sums"]
    assert sums[2] < tables["2 on each side"] - 0.1
    assert tables["left times right"] < sums[4] < sums[6] < sums[4] + 0.02
    assert max(accuracy["both ways"]) < sums[4] < sums[6] < mean[HIDDEN]
    # the readout of both ways does little more than multiply
    met = ahead["both ways: left times right"]["points"]
    assert 0 < met < ahead[f"{HIDDEN}: both ways"]["points"]
    # the layer helps because there are two directions, and memory in it is not what helps
    assert ahead["left, hidden layer: left"]["points"] < 3
    assert abs(mean[HIDDEN] - mean["both ways, RNN on top"]) < 0.03


def test_more_training_does_not_close_the_gap(full):
    both, hidden, late = (
        max(full["longer"][name].values()) for name in ("both ways", HIDDEN, "left, 5 late")
    )
    assert hidden - both > full["ahead"][f"{HIDDEN}: both ways"]["points"] / 100
    assert late > both > np.mean(full["accuracy"]["left, 5 late"])


def test_the_leading_result_holds_on_the_older_processor(full, older):
    assert older["sums"] == full["sums"]
    assert min(older["ahead"][f"{HIDDEN}: both ways"]["seeds"]) > 0
