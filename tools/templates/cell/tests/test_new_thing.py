"""The new thing does what docs/new-thing.md says.

What all cells share: test_cells.py.
"""

import numpy as np

from snippets.new_thing import (
    NewThingParams,
    NewThingState,
    init_new_thing,
    new_thing_backward,
    new_thing_forward,
    new_thing_step,
)

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_x, m, n_a, T = SIZES.values()
    rng = np.random.default_rng(0)
    params = init_new_thing(rng, n_x, n_a)._replace(b_a=rng.normal(size=(n_a, 1)))
    state_0 = NewThingState(rng.normal(size=(n_a, m)))
    a, _, tape = new_thing_forward(params, rng.normal(size=(T, n_x, m)), state_0)
    new_thing_backward(params, tape, rng.normal(size=a.shape))
    new_thing_step(params, rng.normal(size=(n_x, m)), state_0)


def test_a_step_by_hand():
    # two units, one input: a = [3 + 2*5 + 1, 1 - 1*5 + 4]
    params = NewThingParams(W_ax=np.array([[2.0], [-1.0]]), b_a=np.array([[1.0], [4.0]]))
    state, values = new_thing_step(
        params, np.array([[5.0]]), NewThingState(np.array([[3.0], [1.0]]))
    )
    np.testing.assert_array_equal(state.a, [[14.0], [0.0]])
    np.testing.assert_array_equal(values.x_t, [[5.0]])


def test_the_loop_agrees_with_the_closed_form():
    rng = np.random.default_rng(0)
    params = init_new_thing(rng, 3, 7)._replace(b_a=rng.normal(size=(7, 1)))
    x, a_0 = rng.normal(size=(5, 3, 2)), rng.normal(size=(7, 2))
    _, state_T, _ = new_thing_forward(params, x, NewThingState(a_0))
    closed = a_0 + params.W_ax @ x.sum(axis=0) + 5 * params.b_a
    np.testing.assert_allclose(state_T.a, closed, rtol=1e-12)


def test_the_gradient_of_one_unit_by_hand():
    # a_1 = a_0 + 2 * 5 + b, a_2 = a_1 + 2 * 7 + b; L = 3 * a_1 + a_2
    params = NewThingParams(W_ax=np.array([[2.0]]), b_a=np.array([[0.0]]))
    x = np.array([[[5.0]], [[7.0]]])
    _, _, tape = new_thing_forward(params, x, NewThingState(np.zeros((1, 1))))
    d_params, dx, d_state_0 = new_thing_backward(params, tape, np.array([[[3.0]], [[1.0]]]))
    assert d_params.W_ax == 4 * 5 + 1 * 7
    assert d_params.b_a == 4 + 1
    np.testing.assert_array_equal(dx.ravel(), [4 * 2, 1 * 2])
    assert d_state_0.a == 4
