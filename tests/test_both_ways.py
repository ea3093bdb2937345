"""The experiment on two directions does what its page says, and its record adds up."""

from functools import partial

import numpy as np
import pytest

from tests.experiments import assert_gradients, run_quick

# The quick size


def test_the_quick_size_gains_by_the_second_direction(full):
    quick, tables = run_quick("both_ways", "quick", "tables")
    # Measured over seeds 0 to 4: left 46 to 48 %, both ways 56 to 57 %.
    assert 0.40 < quick["left"] < 0.52 < quick["both ways"] < 0.62
    assert tables == pytest.approx(full["tables"], abs=5e-5)


def test_same_seed_same_numbers(book):
    text, settings = "to be or not to be that is the question " * 9, {"T": 8, "m": 4, "passes": 1}
    first, again, other = (
        book.learn(
            book.Reader(2, 3), text, np.random.default_rng(seed), learning_rate=0.1, **settings
        )
        for seed in (0, 0, 1)
    )
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()


# The task


def test_a_text_is_made_plain_and_its_vowels_hidden(book):
    assert book.plain("Now, fair Hippolyta,\n\nour") == "now fair hippolyta our"
    assert book.hide("now fair hippolyta our") == "n*w f**r h*pp*lyt* **r"
    assert book.split("abcdefghij") == ("abcdefgh", "i", "j")


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


def test_the_share_counts_vowels_only(book):
    assert book.share_right("to bi er", "to be or not") == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("widths", "share"),
    [
        ((0, 0), 2 / 4),  # always e
        ((1, 0), 3 / 4),  # a after c, e after b, e after a new one
        ((0, 1), 2 / 4),  # t was followed by two e and one a
        ((1, 1), 3 / 4),
    ],
)
def test_the_table_by_hand(book, widths, share):
    assert book.look_up("bet bet cat", "bet cat det dot", *widths) == pytest.approx(share)


# The readers


@pytest.fixture(
    params=[
        "left",
        "right",
        "left, layer on top",
        "left, 5 late",
        "both ways",
        "both ways, layer on top",
    ]
)
def small(request, book):
    """Draw a reader of each kind with 3 units, in double precision."""
    reader = book.READERS[request.param]._replace(n_a=3)
    params = book.init(np.random.default_rng(0), reader)
    return reader, [w.astype(np.float64) for w in params]


def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, small):
    reader, params = small
    batch = book.columns("now fair hippolyta our nuptial hour", 7)
    assert_gradients(partial(book.model, batch=batch, state=None, reader=reader), params)


def test_each_reader_knows_what_it_has_read_and_nothing_else(book, small):
    reader, params = small
    x = np.random.default_rng(1).normal(size=(20, len(book.SYMBOLS), 1))
    other, t = x.copy(), 10
    other[t] += 1  # who has read this step?
    (z, _), (z_other, _) = (book.run(reader, params, it) for it in (x, other))
    changed = np.flatnonzero((z != z_other).any(axis=(1, 2)))
    first = 0 if reader.turned or reader.ways == 2 else t - reader.late
    last = t if reader.turned else len(x) - 1
    np.testing.assert_array_equal(changed, np.arange(first, last + 1))


# The record of the full size


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == book.FULL
    assert [row["reader"] for row in full["rows"]] == list(book.READERS)
    assert not set(book.SEEDS) & set(book.TRIALS["seeds"])
    for row in full["rows"]:
        assert [trial["rate"] for trial in row["trials"]] == book.TRIALS["rates"]
        assert {len(trial["right"]) for trial in row["trials"]} == {len(book.TRIALS["seeds"])}
        assert row["rate"] == book.best_rate(row["trials"])
    assert record["cpu_seconds"] < 600


def test_the_best_rate_is_that_of_the_mean_not_of_a_lucky_seed(book):
    trials = [{"rate": 0.1, "right": [0.5, 0.6]}, {"rate": 0.2, "right": [0.7, 0.3]}]
    assert book.best_rate(trials) == 0.1


def test_the_record_adds_up(book, full):
    for row in full["rows"]:
        assert row["mean"] == pytest.approx(np.mean(row["right"]), abs=5e-5)
        reader = book.READERS[row["reader"]]
        n_a, n_x, n_y = reader.n_a, len(book.SYMBOLS), len(book.VOWELS)
        width = n_a * reader.ways
        top = width * (2 * width + 1) * reader.top
        own = reader.ways * n_a * (n_a + n_x + 1)
        assert row["weights"] == own + top + n_y * (width + 1)
        assert row["weights"] == pytest.approx(12_200, rel=0.005)
        _, _, test = book.read_play()
        stars = book.hide(test[: len(row["sample"])])
        assert book.hide(row["sample"]) == stars


def test_the_full_size_shows_what_the_page_says(full):
    left, right, left_top, late, both, top = (row["right"] for row in full["rows"])
    tables = full["tables"]
    assert tables["neither side"] + 0.1 < min(left + right)
    assert max(left + right + left_top) < min(both)
    assert max(left + right) + 0.1 < np.mean(both)
    assert np.mean(left_top) < np.mean(left) + 0.05  # a layer alone does not explain
    assert np.mean(top) > np.mean(both) + 0.095  # what a layer does that has both directions
    assert max(both) + 0.03 < min(late)
    assert max(late) < min(top)
    assert max(top) < tables["both"] - 0.02
    assert np.mean(left) - np.mean(right) == pytest.approx(0.02, abs=0.005)
    assert min(left) < max(right)  # they overlap
    assert 0.82 < tables["two on each"] < tables["both"]
    assert max(left + right + left_top) < tables["left"]
