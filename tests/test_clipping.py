"""Clipping does what docs/clipping.md says."""

from collections import namedtuple

import numpy as np
import pytest

from snippets.clipping import (
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    clip_in_place,
    global_norm,
    shorten,
)

SIZES = {"n_a": 3, "n_x": 7}
COPYING = [clip_by_value, clip_by_norm, clip_by_global_norm]
ALL = [*COPYING, clip_in_place]


def exercise():
    """Run every function at SIZES: all gradients above the threshold, some, and none."""
    n_a, n_x = SIZES.values()
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=n_a), 3 * rng.normal(size=n_x)]
    for clip in ALL:
        for threshold in (0.5, 2.0, 20.0):
            clip(gradients, threshold)


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
    assert global_norm([g]) == pytest.approx(float(norm_of([g])), rel=1e-15)
    assert global_norm([np.float32([[3e30]]), np.float32([[4e30]])]) == pytest.approx(
        5e30, rel=1e-7
    )


# Arrays that are narrower than what they are multiplied by


def norm_of(arrays):
    """Measure in long double, by a sum that shares nothing with the snippet."""
    squares = [np.square(a.astype(np.longdouble)).sum() for a in arrays]
    return np.sqrt(sum(squares))


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_global_norm, clip_in_place])
@pytest.mark.parametrize(
    ("dtype", "size", "element", "threshold", "expected"),
    [
        (np.float16, 4_000_000, 30000, 1.0, 5.0e-4),  # the factor, 2e-8, is no float16
        (np.float16, 10**6, 1e4, 1.0, 1e-3),  # as a float16 it is 1.2e-7
        (np.float16, 4, 60000, 1e-5, 5e-6),  # nor is the threshold
        (np.float32, 100, 3e38, 1e-6, 1e-7),  # the norm is no float32
        (np.float32, 4, 1e30, 1e-30, 5e-31),
        (np.float64, 4, 1e200, 1e-200, 5e-201),  # 1e400 times as long
        (np.float64, 4, 1e-309, 1e-310, 5e-311),
        (np.float64, 4, 5e307, 1e-10, 5e-11),
    ],
)
def test_narrow_arrays_are_as_long_as_the_threshold(
    clip, dtype, size, element, threshold, expected
):
    given = np.full(size, element, dtype)
    result = clip([given], threshold)
    clipped = given if clip is clip_in_place else result[0][0]
    assert clipped.dtype == dtype
    assert len(clipped) == size
    # one rounding, to the nearest: half of what lies between two neighbours
    assert abs(clipped.astype(float) - expected).max() <= 0.51 * np.spacing(dtype(expected))


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_global_norm])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("threshold", [1e-3, 0.1, 1 / 3, 1.0, 77.7])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_norm_is_at_most_the_threshold_and_the_direction_stays(clip, dtype, threshold, size):
    rng = np.random.default_rng(size)
    g = (100 * rng.normal(size=(size, 3))).astype(dtype)
    g[0] = 100  # so that the norm is above every threshold, whatever is drawn
    ((clipped,), norm) = clip([g], threshold)
    assert norm > threshold
    # a sum of squares and its root, here and in the reference, are rounded about once each
    of_norm = 2 * np.finfo(type(norm)).eps + 2 * np.finfo(np.longdouble).eps
    assert abs(norm - norm_of([g])) <= of_norm * norm
    # every element is divided and multiplied, or else rounded to fewer bits; near zero, numbers
    # are a smallest step apart
    kind = np.finfo(dtype)
    rounding = kind.eps * threshold + float(kind.smallest_subnormal) * np.sqrt(g.size)
    assert abs(norm_of([clipped]) - threshold) <= rounding + of_norm * threshold
    turned = clipped.astype(np.longdouble) / threshold - g.astype(np.longdouble) / norm
    assert norm_of([turned]) * threshold <= rounding + of_norm * threshold


def test_long_doubles_beyond_the_largest_float_keep_their_range_and_precision():
    if np.finfo(np.longdouble).max == np.finfo(np.float64).max:
        pytest.skip("a long double is a float64 here")
    third = np.longdouble(1) / 3
    g = [np.array([3, 4], np.longdouble) * third * np.longdouble("1e4000"), np.float16([7])]
    (long, half), norm = clip_by_global_norm(g, 1.0)
    assert type(norm) is np.longdouble
    assert norm / np.longdouble("1e4000") == pytest.approx(5 * third, rel=1e-18)
    assert (long.dtype, half.dtype) == (np.longdouble, np.float16)
    np.testing.assert_allclose(long, np.array([3, 4], np.longdouble) / 5, rtol=3e-19)
    assert half == [0]
    with pytest.raises(ValueError, match=r"^expected gradients of finite length, got infinity$"):
        clip_by_norm([np.full(9, np.finfo(np.longdouble).max)], 1.0)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.1, 0.1),
        (0.3, 0.3),  # the nearest float16 is larger
        (1e-10, 0.0),  # nothing in float16 is nearer
        (1e6, 3.0),  # there is no such float16, and no need for one
        (np.uint8(2), 2.0),  # minus this is 254
        (np.float16(2), 2.0),
        (np.longdouble(2), 2.0),
    ],
)
def test_by_value_rounds_each_element_to_its_type(threshold, expected):
    ((clipped,), _) = clip_by_value([np.float16([-3, 3, 0])], threshold)
    assert clipped.dtype == np.float16
    np.testing.assert_array_equal(clipped, np.float16([-expected, expected, 0]))


@pytest.mark.parametrize("clip", COPYING)
@pytest.mark.parametrize("threshold", [1.0, 100.0])
@pytest.mark.parametrize("dtype", ["f2", ">f4", "f8"])
def test_a_lone_number_stays_an_array_of_its_type(clip, threshold, dtype):
    ((clipped,), _) = clip([np.array(3, dtype)], threshold)
    assert type(clipped) is np.ndarray
    assert (clipped.dtype, clipped) == (np.dtype(dtype), min(3.0, threshold))


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


# claims C3, C6
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


# claim C3
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


def test_what_is_just_as_long_as_the_threshold_keeps_each_bit():
    # g / norm * norm would round one in five of them otherwise
    for g in np.random.default_rng(0).normal(size=(50, 3)):
        (same,), _ = clip_by_norm([g], global_norm([g]))
        np.testing.assert_array_equal(same, g)


@pytest.mark.parametrize("clip", COPYING)
def test_clipping_twice_is_clipping_once(clip):
    once, _ = clip(gradients(), 2.0)
    twice, _ = clip(once, 2.0)
    for one, two in zip(once, twice, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-15)


@pytest.mark.parametrize("clip", COPYING)
@pytest.mark.parametrize("threshold", [1.0, 1000.0])
# claim C4
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
    with pytest.raises(
        ValueError, match=r"^expected gradients\[1\] to be writeable, got read-only$"
    ):
        clip_in_place(given, 1.0)
    np.testing.assert_array_equal(given[0], gradients()[0])


@pytest.mark.parametrize("clip", COPYING)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_precision_stays_what_it_is(clip, dtype):
    clipped, norm = clip([g.astype(dtype) for g in gradients()], np.float64(2.0))
    assert {g.dtype for g in clipped} == {np.dtype(dtype)}
    assert type(norm) is float


@pytest.mark.parametrize("clip", [*ALL, lambda gradients, threshold: global_norm(gradients)])
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
# claim C6
def test_gradients_without_a_direction_are_named(clip, bad):
    given = gradients()
    given[1][1] = bad
    with pytest.raises(
        ValueError, match=r"^expected gradients\[1\] to be finite, got NaN or infinity$"
    ):
        clip(given, 1.0)
    assert given[0][0, 0] == 3


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_global_norm, clip_in_place])
def test_gradients_too_long_to_measure_are_refused_and_not_set_to_zero(clip):
    given = [np.full(10, 1e308)]
    with pytest.raises(ValueError, match=r"^expected gradients of finite length, got infinity$"):
        clip(given, 1.0)
    assert (given[0] == 1e308).all()


MEASURING = [*ALL, lambda gradients, threshold: global_norm(gradients)]


@pytest.mark.parametrize("clip", MEASURING)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.array([3]), "an array of floats, got int64"),
        ([3.0], "a plain NumPy array, got list"),
        (3.0, "a plain NumPy array, got float"),
        (np.ma.array([3.0], mask=[True]), "a plain NumPy array, got MaskedArray"),
        (np.ones((1, 1)).view(np.matrix), "a plain NumPy array, got matrix"),
    ],
)
def test_gradients_that_are_no_plain_arrays_of_floats_are_named(clip, bad, message):
    with pytest.raises(ValueError, match=rf"^expected gradients\[1\] to be {message}$"):
        clip([np.ones(1), bad], 1.0)


@pytest.mark.parametrize("clip", MEASURING)
@pytest.mark.parametrize("gather", [np.array, iter, set, lambda pair: {"a": pair[0]}])
def test_what_is_no_sequence_of_gradients_is_refused(clip, gather):
    gathered = gather([3.0, 4.0])
    came = type(gathered).__name__
    match = f"^expected gradients to be a list or tuple of arrays, got {came}$"
    with pytest.raises(ValueError, match=match):
        clip(gathered, 1.0)


@pytest.mark.parametrize("clip", COPYING)
def test_a_tuple_of_gradients_is_as_good_as_a_list(clip):
    pair = namedtuple("Pair", "one two")(*gradients())
    for one, other in zip(clip(pair, 2.0)[0], clip(gradients(), 2.0)[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_shortened_alone_has_to_be_a_plain_array():
    for bad, came in [([3.0], "list"), (np.ma.array([3.0]), "MaskedArray")]:
        with pytest.raises(ValueError, match=f"^expected g to be a plain NumPy array, got {came}$"):
            shorten(bad, 3.0, 1.0)
