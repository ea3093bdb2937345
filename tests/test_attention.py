"""The attention does what docs/attention.md says."""

import math
from collections import namedtuple

import numpy as np
import pytest

from snippets.attention import (
    AttentionParams,
    additive_attention,
    additive_attention_backward,
    dot_attention,
    dot_attention_backward,
    init_attention,
)
from tests.numeric import error, slope

SIZES = {"T": 20, "n_q": 7, "n_a": 11, "n_z": 3, "m": 2}  # no two alike, no two sums alike
LENGTHS = [13, 6]


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, q, a, d_context = draw(**SIZES)
    for lengths in (None, [20, 6]):
        _, alpha = additive_attention(params, q, a, lengths)
        additive_attention_backward(params, q, a, alpha, d_context)
        _, alpha = dot_attention(a[0], a, lengths)
        dot_attention_backward(a[0], a, alpha, d_context)


def draw(T=13, n_q=5, n_a=7, n_z=3, m=2, seed=0, dtype=np.float64):
    """Draw weights, a query, hidden states and a gradient."""
    rng = np.random.default_rng(seed)
    params = init_attention(rng, n_q, n_a, n_z, dtype=dtype)
    arrays = rng.normal(size=(n_q, m)), rng.normal(size=(T, n_a, m)), rng.normal(size=(n_a, m))
    return params, *(array.astype(dtype) for array in arrays)


def column(*numbers):
    """Make a state of one example."""
    return np.array(numbers, float).reshape(-1, 1)


def by_scalars(score, a, lengths):
    """Compute the mean of the states in scalar loops, without a mask or a maximum."""
    T, n_a, m = a.shape
    context, alpha = np.zeros((n_a, m)), np.zeros((T, m))
    for j in range(m):
        steps = range(lengths[j])
        total = sum(math.exp(score(t, j)) for t in steps)
        for t in steps:
            alpha[t, j] = math.exp(score(t, j)) / total
            for i in range(n_a):
                context[i, j] += alpha[t, j] * a[t, i, j]
    return context, alpha


# Forward


def test_dot_products_by_hand():
    # scores 0 and log 3, so weights 1/4 and 3/4, mean 1/4 (4, 0) + 3/4 (0, 8) = (1, 6)
    a = np.stack([column(4, 0), column(0, 8)])
    context, alpha = dot_attention(column(0, math.log(3) / 8), a)
    np.testing.assert_allclose(alpha.ravel(), [1 / 4, 3 / 4], rtol=1e-15)
    np.testing.assert_allclose(context.ravel(), [1, 6], rtol=1e-15)


def test_additive_scores_by_hand():
    # z = (2 + 0, 0), (2 - 2, 0): scores w tanh 2 and 0, and w makes the first log 3
    params = AttentionParams(
        np.array([[2.0], [0.0]]),
        np.array([[0.0, -1.0], [0.0, 0.0]]),
        np.array([math.log(3) / math.tanh(2), 5.0]),
    )
    a = np.stack([column(4, 0), column(0, 2)])
    context, alpha = additive_attention(params, column(1), a)
    np.testing.assert_allclose(alpha.ravel(), [3 / 4, 1 / 4], rtol=1e-15)
    np.testing.assert_allclose(context.ravel(), [3, 1 / 2], rtol=1e-15)


@pytest.mark.parametrize("lengths", [None, [13, 6], [1, 1], (2, 13)])
def test_the_arrays_agree_with_scalar_loops(lengths):
    (W_q, W_k, w_s), q, a, _ = draw()
    steps = lengths or [13, 13]

    def dot(t, j):
        return sum(a[0, i, j] * a[t, i, j] for i in range(7))

    def additive(t, j):
        return sum(
            w_s[k]
            * math.tanh(
                sum(W_q[k, i] * q[i, j] for i in range(5))
                + sum(W_k[k, i] * a[t, i, j] for i in range(7))
            )
            for k in range(3)
        )

    for found, score in [
        (dot_attention(a[0], a, lengths), dot),
        (additive_attention((W_q, W_k, w_s), q, a, lengths), additive),
    ]:
        for array, expected in zip(found, by_scalars(score, a, steps), strict=True):
            np.testing.assert_allclose(array, expected, rtol=1e-12, atol=1e-14)


def test_a_query_that_matches_one_state_alone_gets_that_state():
    _, _, a, _ = draw()
    a /= np.sqrt(np.square(a).sum(axis=1, keepdims=True))  # each is nearest to itself
    for t in range(13):
        context, alpha = dot_attention(1e4 * a[t], a)
        np.testing.assert_array_equal(alpha[t], [1, 1])
        np.testing.assert_array_equal(context, a[t])


def test_a_query_of_zeros_gets_the_plain_mean():
    _, _, a, _ = draw()
    context, alpha = dot_attention(np.zeros((7, 2)), a, LENGTHS)
    np.testing.assert_allclose(context[:, 0], a[:, :, 0].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(context[:, 1], a[:6, :, 1].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(alpha[:, 1], [1 / 6] * 6 + [0] * 7, rtol=1e-15)


def test_without_a_part_of_its_network_each_step_counts_the_same():
    params, q, a, _ = draw()
    for field in ("W_k", "w_s"):
        silent = params._replace(**{field: 0 * getattr(params, field)})
        _, alpha = additive_attention(silent, q, a)
        np.testing.assert_allclose(alpha, np.full((13, 2), 1 / 13), rtol=1e-15)


def test_the_order_of_the_states_makes_no_difference():
    params, q, a, _ = draw()
    order = np.random.default_rng(1).permutation(13)
    for one, other in [
        (dot_attention(a[0], a), dot_attention(a[0], a[order])),
        (additive_attention(params, q, a), additive_attention(params, q, a[order])),
    ]:
        np.testing.assert_allclose(one[0], other[0], rtol=1e-12)
        np.testing.assert_allclose(one[1][order], other[1], rtol=1e-12)


def test_padding_is_as_if_it_were_not_there():
    params, q, a, d_context = draw()
    a[6:, :, 1] = 1e3
    alone = q[:, 1:], a[:6, :, 1:]
    context, alpha = additive_attention(params, q, a, LENGTHS)
    expected, weights = additive_attention(params, *alone)
    np.testing.assert_allclose(context[:, 1:], expected, rtol=1e-12)
    np.testing.assert_allclose(alpha[:6, 1:], weights, rtol=1e-12)
    np.testing.assert_array_equal(alpha[6:, 1], np.zeros(7))
    _, _, da = additive_attention_backward(params, q, a, alpha, d_context)
    _, _, da_alone = additive_attention_backward(params, *alone, weights, d_context[:, 1:])
    np.testing.assert_allclose(da[:6, :, 1:], da_alone, rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(da[6:, :, 1], np.zeros((7, 7)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_scores_beyond_the_exponential_do_no_harm(dtype):
    a = np.stack([column(100), column(-100), column(99)]).astype(dtype)
    _, alpha = dot_attention(column(100).astype(dtype), a)
    np.testing.assert_allclose(alpha.ravel(), [1, 0, 0], atol=1e-40)
    _, alpha = dot_attention(column(-100).astype(dtype), a[1:] - a[:1])
    np.testing.assert_array_equal(alpha.ravel(), [1, 0])


# Backward


@pytest.mark.parametrize("lengths", [None, [4, 1, 2]])
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_the_slope_of_the_loss(lengths, seed):
    params, q, a, weight = draw(T=4, n_q=2, n_a=3, n_z=5, m=3, seed=seed)
    own = weight[::-1].copy()  # a query as long as a state
    _, alpha = dot_attention(own, a, lengths)
    found = dot_attention_backward(own, a, alpha, weight)

    def loss():
        return (dot_attention(own, a, lengths)[0] * weight).sum()

    fixed = weight.copy()
    for analytic, array in zip(found, (own, a), strict=True):
        assert error(analytic, slope(loss, array)) < 1e-6
    np.testing.assert_array_equal(weight, fixed)

    def additive_loss():
        return (additive_attention(params, q, a, lengths)[0] * weight).sum()

    _, alpha = additive_attention(params, q, a, lengths)
    d_params, dq, da = additive_attention_backward(params, q, a, alpha, weight)
    assert d_params._fields == params._fields
    for analytic, array in zip((*d_params, dq, da), (*params, q, a), strict=True):
        assert error(analytic, slope(additive_loss, array)) < 1e-6


def test_a_gradient_by_hand():
    # weights 1/4 and 3/4, states 4 and 8: d_alpha = (4, 8), their mean is 7, and
    # d_score = (1/4 (4 - 7), 3/4 (8 - 7)) = (-3/4, 3/4), so dq = -3/4 4 + 3/4 8 = 3
    q, a = column(math.log(3) / 4), np.stack([column(4), column(8)])
    _, alpha = dot_attention(q, a)
    dq, da = dot_attention_backward(q, a, alpha, column(1))
    np.testing.assert_allclose(dq, [[3]], rtol=1e-14)
    np.testing.assert_allclose(da.ravel(), [1 / 4 - 3 / 4 * q[0, 0], 3 / 4 + 3 / 4 * q[0, 0]])


# First weights, types and errors


def test_first_weights_have_the_variance_that_the_docstring_says():
    W_q, W_k, w_s = init_attention(np.random.default_rng(0), 100, 400, 900)
    assert [w.shape for w in (W_q, W_k, w_s)] == [(900, 100), (900, 400), (900,)]
    for w, columns in [(W_q, 100), (W_k, 400), (w_s, 900)]:
        assert w.std() == pytest.approx(columns**-0.5, rel=0.1)
        assert abs(w.mean()) < 0.1 * columns**-0.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_stays_and_arguments_stay_as_they_were(dtype):
    params, q, a, d_context = draw(dtype=dtype)
    given = [*params, q, a, d_context]
    for array in given:
        array.flags.writeable = False
    before = [array.copy() for array in given]
    context, alpha = additive_attention(list(params), q, a, LENGTHS)
    d_params, *others = additive_attention_backward(params, q, a, alpha, d_context)
    found = [context, alpha, *d_params, *others]
    context, alpha = dot_attention(d_context, a, LENGTHS)
    found += [context, alpha, *dot_attention_backward(d_context, a, alpha, d_context)]
    assert {array.dtype for array in found} == {np.dtype(dtype)}
    assert not any(np.shares_memory(one, other) for one in found for other in given)
    for array, earlier in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, earlier)


@pytest.mark.parametrize("lengths", [[13, 0], [14, 1], [13], [1.5, 2], [True, True]])
def test_an_example_without_steps_is_refused(lengths):
    params, q, a, _ = draw()
    for attend in (
        lambda: dot_attention(a[0], a, lengths),
        lambda: additive_attention(params, q, a, lengths),
    ):
        with pytest.raises(ValueError, match="expected lengths: 2 integers from 1 to 13, got"):
            attend()


def test_masked_lengths_are_refused():
    _, _, a, _ = draw()
    with pytest.raises(ValueError, match="expected lengths to be a plain NumPy array, got Masked"):
        dot_attention(a[0], a, np.ma.array([13, 6], mask=[0, 1]))


def test_no_states_at_all_are_refused():
    params, q, a, _ = draw(T=0)
    for attend in (
        lambda: dot_attention(q[:1], a[:, :1]),
        lambda: additive_attention(params, q, a),
    ):
        with pytest.raises(ValueError, match="expected lengths: 2 integers from 1 to 0"):
            attend()


def test_what_does_not_fit_is_named():
    params, q, a, d_context = draw()
    _, alpha = additive_attention(params, q, a)
    forward, backward = additive_attention, additive_attention_backward
    for said, attend in [
        (r"q \(7, 2\) of floats, got ndarray \(5, 2\)", lambda: dot_attention(q, a)),
        (r"a \(T, n_a, m\) of floats", lambda: dot_attention(q, a[0])),
        (r"q \(7, 2\)", lambda: dot_attention_backward(q, a, alpha, d_context)),
        (r"a \(T, n_a, m\)", lambda: dot_attention_backward(a[0], a[0], alpha, d_context)),
        (r"alpha \(13, 2\)", lambda: dot_attention_backward(a[0], a, alpha.T, d_context)),
        (r"d_context \(7, 2\)", lambda: dot_attention_backward(a[0], a, alpha, q)),
        (r"params as AttentionParams\(W_q, W_k, w_s\)", lambda: forward(params[:2], q, a)),
        (r"params as AttentionParams", lambda: backward(None, q, a, alpha, d_context)),
        (r"q \(5, 2\)", lambda: forward(params, q[:, :1], a)),
        (r"a \(T, n_a, m\)", lambda: forward(params, q, a[0])),
        (r"W_k \(n_z, 6\)", lambda: forward(params, q, a[:, :6])),
        (r"W_q \(3, n_q\)", lambda: forward(params._replace(W_q=q), q, a)),
        (r"w_s \(3\)", lambda: forward(params._replace(w_s=np.ones(4)), q, a)),
        (r"alpha \(13, 2\)", lambda: backward(params, q, a, alpha[1:], d_context)),
        (r"d_context \(7, 2\)", lambda: backward(params, q, a, alpha, q)),
    ]:
        with pytest.raises(ValueError, match=f"expected {said}"):
            attend()


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_no_size_is_zero(sizes):
    with pytest.raises(ValueError, match="expected n_q, n_a and n_z of at least 1"):
        init_attention(np.random.default_rng(0), *sizes)
    with pytest.raises(ValueError, match="a float dtype, got 1, 1, 1 and int64"):
        init_attention(np.random.default_rng(0), 1, 1, 1, dtype=np.int64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_one_example_do_no_harm_to_another(dtype):
    a = np.stack([np.ones((1, 2)), np.zeros((1, 2))]).astype(dtype)
    _, alpha = dot_attention(np.array([[1e4, 1.0]], dtype), a)
    expected = np.exp(1.0) / (np.exp(1.0) + 1)
    np.testing.assert_allclose(alpha[:, 1], [expected, 1 - expected], rtol=1e-6)


@pytest.mark.parametrize("kind", ["tuple", "Other", "ndarray"])
def test_what_is_no_set_of_weights_is_named_with_what_came(kind):
    params, q, a, _ = draw()
    other = namedtuple("Other", "one two three")(*params)
    given = {"tuple": tuple(params[:2]), "Other": other, "ndarray": np.ones((3, 3))}[kind]
    size = {"tuple": " of 2", "Other": " of 3", "ndarray": ""}[kind]
    with pytest.raises(ValueError, match="expected params as AttentionParams") as told:
        additive_attention(given, q, a)
    assert str(told.value).endswith(f"got {kind}{size}")


@pytest.mark.parametrize(("given", "kind"), [([[1.0]], "list"), (np.ma.ones((1, 1)), "Masked")])
def test_what_is_no_array_is_named(given, kind):
    with pytest.raises(ValueError, match=rf"expected q .* of floats, got {kind}\w*, not ndarray$"):
        dot_attention(given, np.ones((2, 1, 1)))
