"""The experiment on new thing does what its page says, and its record adds up."""

import numpy as np
import pytest

from tests.experiments import run_quick


def test_the_quick_run_shows_what_the_page_says():
    (quick,) = run_quick("new_thing", "quick")
    assert 0.3 < quick < 0.8  # measured over seeds 0 to 4: 0.5 to 0.6


def test_same_seed_same_numbers(book):
    first, again, other = (book.measure(4, seed, book.QUICK) for seed in (0, 0, 1))
    assert first == again != other


def test_the_record_adds_up(book, full):
    assert full["settings"] == book.FULL
    assert list(full["seeds"]) == book.UNITS
    for n_a, seeds in full["seeds"].items():
        assert len(seeds) == len(book.SEEDS)
        assert full["size"][n_a] == pytest.approx(np.mean(seeds), abs=5e-5)


def test_the_full_run_shows_what_the_page_says(full, older):
    for results in (full, older):
        sizes = results["size"].values()
        assert max(sizes) - min(sizes) < 0.3  # it hardly changes
