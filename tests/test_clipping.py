"""Clipping does what docs/clipping.md says."""

import numpy as np
import pytest

from snippets.clipping import (
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    clip_in_place,
    global_norm,
)

SIZES = {"n_a": 3, "n_x": 7}
COPYING = [clip_by_value, clip_by_norm, clip_by_global_norm]
ALL = [*COPYING, clip_in_place]


def exercise():
    """Run every function once at SIZES, for the shape comments."""
    n_a, n_x = SIZES.values()
    for clip in ALL:
        clip([np.ones((n_a, n_x)), np.ones((n_a, 1))], 1.0)


def gradients():
    # lengths 5 and 12: together 13
    return [np.array([[3.0, -4.0]]), np.array([[0.0], [12.0], [0.0]])]


def test_the_global_norm_is_the_length_of_all_arrays_laid_end_to_end():
    assert global_norm(gradients()) == pytest.approx(13, rel=1e-15)
    laid = np.concatenate([g.ravel() for g in gradients()])
    assert global_norm(gradients()) == pytest.approx(np.linalg.norm(laid), rel=1e-15)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_the_norm_of_extreme_gradients_neither_overflows_nor_vanishes(size):
    assert global_norm([g * size for g in gradients()]) == pytest.approx(
        13 * size, rel=1e-14, abs=0
    )


def test_single_precision_is_added_up_in_double():
    g = np.random.default_rng(0).normal(size=10**6).astype(np.float32)
    # dividing by the largest rounds each element by up to 6e-8, at random: 1e-10 in the sum
    assert global_norm([g]) == pytest.approx(np.linalg.norm(g.astype(float)), rel=1e-9)
    assert global_norm([np.float32([[3e30]]), np.float32([[4e30]])]) == pytest.approx(
        5e30, rel=1e-7
    )


@pytest.mark.parametrize(
    ("one", "other", "norm"),
    [
        (np.float16(60000), np.float32(80000), 1e5),  # no float16 is 80000
        (np.float32(3e38), np.float64(4e38), 5e38),
        (np.float32(0), np.float64(1e-60), 1e-60),  # as a float32 the largest is 0
    ],
)
def test_arrays_of_different_precision_have_one_norm(one, other, norm):
    both = [np.array([one]), np.array([other])]
    assert global_norm(both) == pytest.approx(norm, rel=1e-3, abs=0)
    (a, b), _ = clip_by_global_norm(both, norm / 2)
    assert (a.dtype, b.dtype) == (one.dtype, other.dtype)
    assert b[0] == pytest.approx(other / 2, rel=1e-3, abs=0)


def test_no_gradient_at_all_has_norm_zero():
    assert global_norm([np.zeros((2, 2))]) == 0
    assert global_norm([np.zeros((0, 2)), np.ones(1)]) == 1
    for clip in COPYING:
        clipped, norm = clip([np.zeros((2, 2))], 1.0)
        assert norm == 0
        np.testing.assert_array_equal(clipped[0], np.zeros((2, 2)))


def test_by_value_cuts_each_element():
    clipped, norm = clip_by_value(gradients(), 3.5)
    np.testing.assert_array_equal(clipped[0], [[3, -3.5]])
    np.testing.assert_array_equal(clipped[1], [[0], [3.5], [0]])
    assert norm == pytest.approx(13)


def test_by_norm_shortens_each_array_alone():
    clipped, norm = clip_by_norm(gradients(), 6.0)
    np.testing.assert_array_equal(clipped[0], [[3, -4]])
    np.testing.assert_allclose(clipped[1], [[0], [6], [0]])
    assert norm == pytest.approx(13)


def test_by_global_norm_shortens_all_by_one_factor():
    clipped, norm = clip_by_global_norm(gradients(), 6.5)
    np.testing.assert_allclose(clipped[0], [[1.5, -2]])
    np.testing.assert_allclose(clipped[1], [[0], [6], [0]])
    assert norm == pytest.approx(13)


def test_what_each_does_to_the_direction():
    g = [np.array([100.0]), np.array([1.0])]

    def cosine(clipped):
        one, two = np.concatenate(g), np.concatenate(clipped)
        return one @ two / np.linalg.norm(one) / np.linalg.norm(two)

    # (100, 1) -> (10, 1), (10, 1) and (10, 0.1)
    turned = (100 * 10 + 1) / np.sqrt((100**2 + 1) * (10**2 + 1))
    assert cosine(clip_by_value(g, 10)[0]) == pytest.approx(turned, rel=1e-14)
    assert cosine(clip_by_norm(g, 10)[0]) == pytest.approx(turned, rel=1e-14)
    assert cosine(clip_by_global_norm(g, 10)[0]) == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("clip", COPYING)
@pytest.mark.parametrize("threshold", [13.0, 1000, np.inf])
def test_what_is_short_enough_is_left_alone(clip, threshold):
    clipped, norm = clip(gradients(), threshold)
    for new, old in zip(clipped, gradients(), strict=True):
        np.testing.assert_array_equal(new, old)
    assert norm == pytest.approx(13)


@pytest.mark.parametrize("clip", COPYING)
def test_clipping_twice_is_clipping_once(clip):
    once, _ = clip(gradients(), 2.0)
    twice, _ = clip(once, 2.0)
    for one, two in zip(once, twice, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-15)


@pytest.mark.parametrize("clip", COPYING)
@pytest.mark.parametrize("threshold", [1.0, 1000.0])
def test_copies_leave_the_arguments_alone(clip, threshold):
    given = gradients()
    for g in given:
        g.flags.writeable = False
    clipped, _ = clip(given, threshold)
    for new, old, g in zip(clipped, given, gradients(), strict=True):
        assert not np.shares_memory(new, old)
        np.testing.assert_array_equal(old, g)


def test_in_place_writes_into_the_arguments():
    given = gradients()
    kept = list(given)
    assert clip_in_place(given, 6.5) == pytest.approx(13)
    for array, same, new in zip(given, kept, clip_by_global_norm(gradients(), 6.5)[0], strict=True):
        assert array is same
        np.testing.assert_array_equal(array, new)


def test_in_place_refuses_read_only_arrays_and_changes_none():
    given = gradients()
    given[1].flags.writeable = False
    with pytest.raises(ValueError, match=r"expected gradients\[1\] to be writeable, got read-only"):
        clip_in_place(given, 1.0)
    np.testing.assert_array_equal(given[0], gradients()[0])


@pytest.mark.parametrize("clip", COPYING)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_stays_what_it_is(clip, dtype):
    clipped, norm = clip([g.astype(dtype) for g in gradients()], np.float64(2.0))
    assert {g.dtype for g in clipped} == {np.dtype(dtype)}
    assert type(norm) is float


@pytest.mark.parametrize("clip", ALL)
def test_no_gradients_are_refused(clip):
    with pytest.raises(ValueError, match=r"^expected at least one gradient, got none$"):
        clip([], 1.0)


@pytest.mark.parametrize("clip", ALL)
@pytest.mark.parametrize("threshold", [0, 0.0, -1, np.nan, -np.inf])
def test_thresholds_that_are_not_above_zero_are_refused(clip, threshold):
    with pytest.raises(ValueError, match=f"expected threshold above 0, got {threshold}"):
        clip(gradients(), threshold)


@pytest.mark.parametrize("clip", ALL)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_gradients_without_a_direction_are_named(clip, bad):
    given = gradients()
    given[1][1] = bad
    with pytest.raises(ValueError, match=r"expected gradients\[1\] to be finite, got NaN or inf"):
        clip(given, 1.0)
    assert given[0][0, 0] == 3


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_global_norm, clip_in_place])
def test_gradients_too_long_to_measure_are_refused_and_not_set_to_zero(clip):
    given = [np.full(10, 1e308)]
    with pytest.raises(ValueError, match=r"^expected gradients of finite length, got infinity$"):
        clip(given, 1.0)
    assert (given[0] == 1e308).all()


@pytest.mark.parametrize("clip", ALL)
@pytest.mark.parametrize(
    ("bad", "came"), [(np.array([3]), "int64"), ([3.0], "list"), (3.0, "float")]
)
def test_gradients_that_are_no_floats_are_named(clip, bad, came):
    match = rf"expected gradients\[1\] to be an array of floats, got {came}"
    with pytest.raises(ValueError, match=match):
        clip([np.ones(1), bad], 1.0)
