"""The experiment on sentiment does what its page says, and its record adds up."""

import io
import tarfile
from functools import partial
from itertools import chain

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from snippets.ragged import Layer, ragged_forward
from tests.experiments import assert_gradients, needs, run_quick
from tools import data
from tools.results import load

TABLE = (
    "1\t2.25\tA joy, and not too long!\n"
    "2\t-0.6\tEffective but too long\n"
    "3\t-3\tToo long.\n"
    "4\t0\tLong; 3 hours.\n"
    "5\t1.0\tIt's a joy\n"
    "1_2\t2.25\ta joy, and not too long!\n"
)
SCHEMES = ["", ", Keras", ", PyTorch"]


@pytest.fixture(scope="module")
def reviews(book):
    return book.parse(TABLE)


@pytest.fixture(scope="module")
def vocabulary(book, reviews):
    return book.find_vocabulary(reviews)


@pytest.fixture(scope="module")
def sentences(book, reviews, vocabulary):
    return book.number(reviews, vocabulary)


@pytest.fixture(params=["LSTM", "sum of embeddings"])
def layers(request, book, vocabulary):
    """Draw a network, in double precision."""
    drawn = book.start(np.random.default_rng(0), request.param, "PyTorch", vocabulary, 5)
    return unflatten(drawn, [w.astype(float) for w in flatten(drawn)])


# The quick run


@needs(load("sentiment").PACKAGE)
def test_the_quick_run_shows_what_the_page_says(full):
    (quick,) = run_quick("sentiment", "quick")
    always = max(full["tested"]) / sum(full["tested"])
    assert min(quick.values()) > always + 0.12
    assert quick["either"] > 0.8  # it can tell which sentences were shuffled
    assert abs(quick["as written"] - quick["shuffled"]) < 0.05


@needs(load("sentiment").PACKAGE)
def test_the_sentence_that_is_quoted_is_of_the_test(book):
    quoted = tuple(book.words(book.QUOTED)), 5
    assert sorted(book.words(book.QUOTED)) == sorted(book.words(book.TURNED))
    for seed in book.SEEDS:
        seen, held_out, test = book.split(book.read_reviews(), seed)
        assert quoted in test
        assert quoted not in seen + held_out


@pytest.mark.parametrize("order", ["as written", "shuffled", "shuffled once", "either"])
def test_same_seed_same_numbers(book, reviews, order, monkeypatch):
    many = [((*text, str(i)), n) for i in range(12) for text, n in reviews]
    monkeypatch.setattr(book, "read_reviews", lambda: many)
    first, again, other = (
        flatten(book.learn("LSTM", order, "Keras", seed, 0.01, passes=1)[0]) for seed in (0, 0, 1)
    )
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[1], other[1])


# The sentences


def test_sentences_are_cut_into_words_and_counted_into_stars(book, reviews):
    assert reviews == [
        (("a", "joy", ",", "and", "not", "too", "long", "!"), 5),
        (("effective", "but", "too", "long"), 2),
        (("too", "long", "."), 1),
        (("long", ";", "3", "hours", "."), 3),
        (("it's", "a", "joy"), 4),
    ]
    assert [book.stars(r) for r in (-1.5, -1.4, -0.5, -0.4, 0.5, 0.6, 1.5, 1.6)] == [
        *(1, 2, 2, 3, 3, 4, 4, 5)
    ]


def test_the_table_is_found_in_an_archive_in_the_package(book, monkeypatch, tmp_path):
    def archive(name, content):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz") as opened:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            opened.addfile(entry, io.BytesIO(content))
        return file.getvalue()

    inner = archive("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt", TABLE.encode())
    outer = archive("vader/additional_resources/hutto_ICWSM_2014.tar.gz", inner)
    (tmp_path / book.PACKAGE.file).write_bytes(outer)
    monkeypatch.setattr(data, "CACHE", tmp_path)
    monkeypatch.setattr(data, "is_published", lambda package, content: True)
    assert book.read_reviews.__wrapped__() == book.parse(TABLE)


def test_no_sentence_is_in_two_parts_and_the_test_is_always_the_same(book):
    parts = book.split(range(50), 0)
    assert list(map(len, parts)) == [35, 5, 10]
    assert sorted(chain(*parts)) == list(range(50))
    other = book.split(range(50), 1)
    assert other[2] == parts[2]
    assert other[1] != parts[1]


def test_words_that_come_once_or_never_are_number_0(book, reviews, vocabulary, sentences):
    assert vocabulary == {".": 1, "a": 2, "joy": 3, "long": 4, "too": 5}
    x, lengths, y = book.columns(sentences[1:3], 5)
    np.testing.assert_array_equal(x, [[0, 5], [0, 4], [5, 1], [4, 0]])
    assert lengths == [4, 3]
    np.testing.assert_array_equal(y[0], np.eye(5)[[1, 0]].T)


def test_each_sentence_is_in_one_batch_of_like_length(book, sentences):
    many, rng = sentences * 20, np.random.default_rng(0)
    whole = list(book.batches(many, book.as_written, rng, 5, m=8))
    lengths = [n for _, lengths, _ in whole for n in lengths]
    assert sorted(lengths) == sorted(len(tokens) for tokens, _ in many)
    assert max(len(lengths) for _, lengths, _ in whole) == 8
    assert all(max(lengths) - min(lengths) < 6 for _, lengths, _ in whole)
    np.testing.assert_array_equal(sum(y.sum(axis=(0, 2)) for _, _, y in whole), 20)


def test_shuffling_keeps_the_words_and_the_class(book):
    rng, sentence = np.random.default_rng(0), (np.arange(50), 3)
    assert book.as_written(sentence, rng) is sentence
    (first, label), (second, _) = (book.shuffled(sentence, rng) for _ in range(2))
    assert label == 3
    for tokens in (first, second):
        np.testing.assert_array_equal(np.sort(tokens), sentence[0])
    assert len({*map(tuple, (first, second, sentence[0]))}) == 3
    np.testing.assert_array_equal(sentence[0], np.arange(50))


def test_shuffled_once_a_sentence_always_has_the_same_order(book):
    rng, tokens = np.random.default_rng(0), np.arange(50)
    (first, label), (again, _) = (book.shuffled_once((tokens, 3), rng) for _ in range(2))
    assert label == 3
    assert again.tolist() == first.tolist() != tokens.tolist()
    assert sorted(first) == tokens.tolist()


def test_the_control_says_which_sentences_were_shuffled(book):
    rng, counts = np.random.default_rng(0), [0, 0]
    for _ in range(200):
        tokens, is_shuffled = book.either((np.arange(20), 4), rng)
        assert is_shuffled == (tokens != np.arange(20)).any()
        assert tokens[-1] == 19  # no full stop gives it away
        counts[is_shuffled] += 1
    assert min(counts) > 70


# The networks


def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, sentences, layers):
    batch = book.columns(sentences, 5)
    model = partial(book.model, batch=batch, state=None, like=layers)
    assert_gradients(model, flatten(layers))


def test_a_sentence_is_read_alike_alone_in_a_batch_and_ragged(book, sentences, layers):
    together = book.predict(layers, sentences, 5)
    for i, sentence in enumerate(sentences):
        alone = book.predict(layers, [sentence], 5)
        np.testing.assert_allclose(together[:, [i]], alone)
    E, cell, readout = layers
    if cell.params:  # the sum has no state to carry
        x, lengths, _ = book.columns(sentences, 5)
        like = Layer(cell.params, cell.forward, cell.backward)
        _, end, _ = ragged_forward(like, book.embed(E, x), None, lengths)
        z, _ = readout.forward(readout.params, end.a[None])
        np.testing.assert_allclose(z[0], together)


def test_the_sum_knows_nothing_of_order_and_the_lstm_does(book, sentences, layers):
    rng = np.random.default_rng(0)
    z, z_mixed = (
        book.predict(layers, given, 5)
        for given in (sentences, [book.shuffled(it, rng) for it in sentences])
    )
    assert np.allclose(z, z_mixed) == (not layers[1].params)


def test_what_is_read_word_by_word_ends_in_what_is_predicted(book, vocabulary, layers):
    told = book.read(layers, vocabulary, "Too long.")
    z = book.predict(layers, book.number([(("too", "long", "."), 1)], vocabulary), 5)[:, 0]
    p = np.exp(z) / np.exp(z).sum()
    assert told[-1] == pytest.approx(sum(n * p[n - 1] for n in range(1, 6)), abs=6e-3)
    assert len(told) == 3


# The scores, and the baseline


def test_scores_by_hand(book):
    z = np.zeros((5, 9))
    z[[4, 0, 0, 0, 3, 1, 1, 1, 1], range(9)] = 1
    sentences = [((), label) for label in (4, 1, 0, 2, 3, 1, 0, 4, 3)]
    made = book.report(z, sentences)
    expected = [1, 0, 1, 0, 1, 1, 0, 0, 0]
    assert book.bits(made["right"], 9).tolist() == expected
    np.testing.assert_array_equal(book.find(z, sentences), expected)
    assert made["near"] == pytest.approx(6 / 9, abs=1e-4)


def test_the_error_of_a_paired_difference_by_hand(book):
    first, second = np.array([[1, 1, 1, 0]] * 2), np.array([[1, 0, 0, 0]] * 2)
    made = book.paired(first, second)
    assert made["points"] == 50
    assert made["seeds"] == [50, 50]
    assert made["error"] == pytest.approx(100 * np.sqrt(1 / 3) / 2, abs=0.01)  # of 0, 1, 1, 0
    both = book.paired(first, np.array([[1, 0, 0, 0], [1, 1, 0, 0]]))
    assert both["seeds"] == [50, 25]
    spread = np.std([0, 50, 100, 0], ddof=1) / 2
    assert both["error"] == pytest.approx(np.hypot(spread, 12.5), abs=0.01)


def test_naive_bayes_by_hand(book):
    seen = [("good good", 5), ("bad", 1), ("so so", 3), ("ok", 2), ("fine", 4)]
    seen = book.number([(text.split(), n) for text, n in seen], {"good": 1, "bad": 2, "so": 3})
    z = book.bayes(seen, 4, 1)([(np.array([1, 2]), 4)])
    assert z.shape == (5, 1)
    # counts of the four numbers, each with 1 added: 5 stars have 1, 3, 1, 1
    assert z[4, 0] == pytest.approx(np.log(1 / 5 * 3 / 6 * 1 / 6))
    assert z[0, 0] == pytest.approx(np.log(1 / 5 * 1 / 5 * 2 / 5))


def test_pairs_are_counted_as_words(book):
    assert book.with_pairs([(("not", "a", "joy"), 1)]) == [
        (("not", "a", "joy", "not a", "a joy"), 1)
    ]


def test_naive_bayes_is_chosen_in_validation(book, monkeypatch):
    many = [(("x", "y", str(i % 3)), 1 + i % 5) for i in range(100)]
    monkeypatch.setattr(book, "read_reviews", lambda: many)
    made = book.measure_bayes(False, [0, 1])
    for seed, chosen in zip((0, 1), made["chosen"], strict=True):
        parts = book.split(many, seed)
        known = book.find_vocabulary(parts[0])
        seen, held_out, _ = (book.number(part, known) for part in parts)
        rights = {
            it: book.find(book.bayes(seen, len(known) + 1, it)(held_out), held_out).mean()
            for it in book.ADDED
        }
        assert rights[chosen] == max(rights.values())


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert record["cpu_seconds"] < 900
    assert list(full["accuracy"]) == [*book.ROWS, "naive Bayes", "naive Bayes, pairs"]
    for label, (*_, seeds) in book.ROWS.items():
        assert len(full["accuracy"][label]) == len(full["near"][label]) == len(seeds)


def test_the_record_adds_up(full):
    accuracy = {label: 100 * np.array(it) for label, it in full["accuracy"].items()}
    for scheme in SCHEMES:
        made = full["order"][f"LSTM{scheme}"]
        seeds = accuracy[f"LSTM{scheme}"] - accuracy[f"LSTM, shuffled{scheme}"]
        np.testing.assert_allclose(made["seeds"], seeds, atol=0.02)
        assert made["points"] == pytest.approx(seeds.mean(), abs=0.02)
    each = [full["order"][f"LSTM{scheme}"]["points"] for scheme in SCHEMES]
    assert full["order"]["all three"]["points"] == pytest.approx(np.mean(each), abs=0.02)
    for label, made in full["ahead of the LSTM"].items():
        count = len(accuracy[label])
        ahead = accuracy[label].mean() - accuracy["LSTM"][:count].mean()
        assert made["points"] == pytest.approx(ahead, abs=0.02)
        assert made["error"] > 100 * 0.2 / np.sqrt(sum(full["tested"]))
    assert full["mixed"]["sum of embeddings"]["points"] == pytest.approx(0, abs=0.05)
    assert all(len(told) == 11 for each in full["read"].values() for told in each)


# claim T2
def test_the_full_run_shows_what_the_page_says(full):
    mean = {label: np.mean(it) for label, it in full["accuracy"].items()}
    always = max(full["tested"]) / sum(full["tested"])
    for label in mean:
        assert mean[label] > always + 0.12  # all of them learn
    # the one that never saw a sentence in order is as good
    for name in ("LSTM", "LSTM, Keras", "all three", "sentences with a turn"):
        gain = full["order"][name]
        assert abs(gain["points"]) < 2 * gain["error"]
    assert full["order"]["all three"]["points"] < 0
    assert full["order"]["all three"]["error"] < 0.8
    # and is a little behind if each sentence keeps one order, which is less varied
    once = full["order, against one order"]
    assert 0 < once["all three"]["points"] < 2 * once["all three"]["error"]
    assert once["sentences with a turn"]["points"] > 2 * once["sentences with a turn"]["error"]
    gain = full["a new order each time"]
    assert gain["LSTM, PyTorch"]["points"] > 2 * gain["LSTM, PyTorch"]["error"]
    for name in ("LSTM", "LSTM, Keras"):
        assert abs(gain[name]["points"]) < 2 * gain[name]["error"]
    # though the other uses the order that it has learned
    assert full["mixed"]["LSTM"]["points"] > 3 * full["mixed"]["LSTM"]["error"]
    # counting is ahead, and adding up is level
    for name in ("naive Bayes", "naive Bayes, pairs"):
        ahead = full["ahead of the LSTM"][name]
        assert ahead["points"] > 2 * ahead["error"]
    level = full["ahead of the LSTM"]["sum of embeddings"]
    assert abs(level["points"]) < level["error"]
    assert full["order"]["naive Bayes"]["points"] > full["order"]["naive Bayes"]["error"]
    assert mean["LSTM, PyTorch"] < mean["LSTM"] - 0.03


def test_the_leading_result_holds_on_the_older_processor(older):
    gain = older["order"]["LSTM"]
    assert abs(gain["points"]) < 2 * gain["error"]
    once = older["order, against one order"]
    assert 0 < once["all three"]["points"] < 2 * once["all three"]["error"]
    assert once["sentences with a turn"]["points"] > 2 * once["sentences with a turn"]["error"]


def test_the_halves_of_the_quoted_sentence_can_change_places(book, full):
    quoted, turned = (np.array(full["read"][name]) for name in ("quoted", "turned"))
    place = {
        name: book.words(text).index("fantastic")
        for name, text in (("quoted", book.QUOTED), ("turned", book.TURNED))
    }
    for name, told in (("quoted", quoted), ("turned", turned)):
        rises = np.diff(told, axis=1, prepend=3)
        assert rises.mean(axis=0).argmax() == place[name]  # one word moves it
    assert abs(quoted[:, -1].mean() - turned[:, -1].mean()) < 0.1
