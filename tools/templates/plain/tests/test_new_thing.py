"""The new thing does what docs/new-thing.md says."""

import numpy as np
import pytest

from snippets.new_thing import new_thing

SIZES = {"m": 2, "n_a": 7}  # no two alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    new_thing(np.random.default_rng(0).normal(size=(SIZES["n_a"], SIZES["m"])))


def test_a_case_by_hand():
    given = np.array([[1.0, 2.0], [3.0, -4.0]])
    np.testing.assert_array_equal(new_thing(given), [[1 / 4, -1.0], [3 / 4, 2.0]])


def test_one_unit_has_it_all():
    np.testing.assert_array_equal(new_thing(np.array([[3.0, -5.0]])), [[1.0, 1.0]])


def test_the_array_agrees_with_scalar_loops():
    given = np.random.default_rng(0).normal(size=(7, 2))
    shares = new_thing(given)
    for i, j in np.ndindex(given.shape):
        assert shares[i, j] == pytest.approx(given[i, j] / sum(given[:, j]), rel=1e-12)


def test_the_argument_stays_as_it_was():
    given = np.ones((3, 2))
    new_thing(given)
    np.testing.assert_array_equal(given, np.ones((3, 2)))


@pytest.mark.parametrize("bad", [np.ones(3), np.ones((1, 3, 2)), np.ones((3, 2), int)])
def test_what_does_not_fit_is_named(bad):
    with pytest.raises(ValueError, match=r"expected a_t \(n_a, m\) of floats, got ndarray"):
        new_thing(bad)
