"""The experiment on new thing does what its page says, and its record adds up."""

from tests.experiments import run_quick


def test_the_quick_size_shows_what_the_page_says():
    (quick,) = run_quick("new_thing", "quick")
    assert 0.3 < quick["size"] < 0.8  # measured over seeds 0 to 4: 0.5 to 0.6


def test_same_seed_same_numbers(book):
    first, again, other = (book.measure(4, seed, book.QUICK) for seed in (0, 0, 1))
    assert first == again != other


def test_the_record_adds_up(book, full):
    assert full["settings"] == book.FULL
    assert [row["n_a"] for row in full["sizes"]] == book.UNITS
    for row in full["sizes"]:
        assert row["lowest"] <= row["mean"] <= row["highest"]


def test_the_full_size_shows_what_the_page_says(full):
    means = [row["mean"] for row in full["sizes"]]
    assert max(means) - min(means) < 0.3  # it hardly changes
