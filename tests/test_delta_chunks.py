"""The delta rule in chunks gives what the steps of delta.py give, as docs/delta-chunks.md says."""

from collections import namedtuple

import numpy as np
import pytest

from snippets.delta import delta_forward, init_delta
from snippets.delta_chunks import DeltaParams, DeltaState, delta_chunks
from tests.nested import arrays
from tests.test_delta import draw

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13, "n_k": 19}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    params, x, state_0 = draw(**SIZES)
    delta_chunks(DeltaParams(*params), x, DeltaState(*state_0))


@pytest.mark.parametrize("T", [0, 1, 2, 31, 32, 33, 2000])
@pytest.mark.parametrize("b_f", [-800.0, -30.0, 0.0, 4.0, 30.0])
@pytest.mark.parametrize(("b_u", "negative"), [(-30.0, False), (0.0, True), (30.0, False)])
def test_chunks_give_the_states_of_the_steps(T, b_f, b_u, negative):
    params, x, state_0 = draw(T=T, b_f=b_f, b_u=b_u)
    a, state_T, _ = delta_forward(params, x, state_0, negative=negative)
    found = delta_chunks(params, x, state_0, negative=negative)
    for one, other in zip(arrays(found), arrays((a, state_T)), strict=True):
        scale = abs(other).max(initial=1)  # a gate near 0 is right to 1e-16, not to 16 digits
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("size", [1, 2, 7, 13, 14, 1000])
def test_chunks_of_any_size_and_no_state(size):
    params, x, _ = draw()
    a, state_T, _ = delta_forward(params, x)
    found = delta_chunks(params, x, size=size)
    for one, other in zip(arrays(found), arrays((a, state_T)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("T", [0, 13])
def test_chunks_own_what_they_return_and_keep_float32(T):
    params, x, state_0 = draw(T=T, dtype=np.float32)
    for array in (*params, x, *state_0):
        array.flags.writeable = False
    a, state_T = delta_chunks(params, x, tuple(state_0))
    assert a.shape == (T, 7, 2)
    assert {array.dtype for array in (a, *state_T)} == {np.dtype(np.float32)}
    for array in (a, *state_T):
        assert not any(np.shares_memory(array, it) for it in (*params, x, *state_0))
    assert not np.shares_memory(a, state_T.a)
    wide, _ = delta_chunks(params, x, state_0._replace(a=state_0.a.astype(float)))
    assert wide.dtype == np.float64


def test_chunks_name_what_does_not_fit():
    params, x, state_0 = draw()
    with pytest.raises(ValueError, match=r"expected x \(T, 3, m\) of floats, got ndarray"):
        delta_chunks(params, x[0])
    with pytest.raises(ValueError, match=r"expected state.S \(7, 5, 2\) of floats, got ndarray"):
        delta_chunks(params, x, state_0._replace(S=state_0.S[:, 1:]))
    with pytest.raises(ValueError, match=r"expected size of at least 1, got 0"):
        delta_chunks(params, x, size=0)


def test_without_forgetting_chunks_are_the_plain_delta_rule():
    params = init_delta(np.random.default_rng(0), 3, 7, forget_bias=np.inf)
    _, x, _ = draw()
    a, _, _ = delta_forward(params, x)
    np.testing.assert_allclose(delta_chunks(params, x)[0], a, rtol=1e-11, atol=1e-14)


def test_what_is_no_state_and_no_weights_is_named():
    params, x, state_0 = draw()
    with pytest.raises(ValueError, match=r"expected params as DeltaParams\(W_k, .* got ndarray"):
        delta_chunks(x, x)
    with pytest.raises(ValueError, match=r"expected state as DeltaState\(a, S\) or .* tuple of 1"):
        delta_chunks(params, x, state_0[:1])
    with pytest.raises(ValueError, match=r"expected W_f \(1, 3\) of floats, got"):
        delta_chunks(params._replace(W_f=params.W_c), x)
    with pytest.raises(ValueError, match=r"expected b_u \(1, 1\) of floats, got"):
        delta_chunks(params._replace(b_u=params.W_u), x)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"W_c": np.ones(5)}, "W_c (n_a, n_x) of floats, got ndarray (5,) of float64"),
        ({"W_k": np.ones(5)}, "W_k (n_k, n_x) of floats, got ndarray (5,) of float64"),
        ({"W_k": [[1.0, 2.0, 3.0]]}, "W_k (n_k, n_x) of floats, got list, not ndarray"),
        ({"W_k": np.ma.ones((5, 3))}, "W_k (n_k, n_x) of floats, got MaskedArray, not ndarray"),
    ],
)
def test_weights_that_do_not_fit_are_named_with_what_came(weights, said):
    params, x, _ = draw()
    with pytest.raises(ValueError, match="expected") as told:
        delta_chunks(params._replace(**weights), x)
    assert str(told.value) == f"expected {said}"


def test_states_that_do_not_fit_are_named_with_what_came():
    params, x, state_0 = draw()
    with pytest.raises(ValueError, match=r"expected state.a \(7, 2\) of floats, got .*\(6, 2\)"):
        delta_chunks(params, x, state_0._replace(a=state_0.a[1:]))


@pytest.mark.parametrize(("kind", "size"), [("tuple", " of 7"), ("ndarray", "")])
def test_what_only_looks_like_weights_is_refused(kind, size):
    params, x, _ = draw()
    other = namedtuple("Other", "a b c d e f g")(*params)
    given = {"tuple": other, "ndarray": np.ones((7, 3))}[kind]
    with pytest.raises(ValueError, match="expected params as DeltaParams") as told:
        delta_chunks(given, x)
    assert str(told.value).endswith(f"got {type(given).__name__}{size}")


def test_the_widest_type_wins_and_zeros_have_that_of_the_input():
    params, x, _ = draw()
    narrow, x_32 = DeltaParams(*(it.astype(np.float32) for it in params)), x.astype(np.float32)
    kinds = [
        {array.dtype.type for array in arrays(delta_chunks(*given))}
        for given in ((narrow, x_32), (narrow, x), (params, x_32))
    ]
    assert kinds == [{np.float32}, {np.float64}, {np.float64}]


def test_the_memory_lies_in_the_order_that_others_expect():
    params, x, state_0 = draw()
    assert delta_chunks(params, x, state_0)[1].S.flags.c_contiguous
