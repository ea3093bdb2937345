"""The training loop does what docs/training.md says."""

from functools import partial

import numpy as np
import pytest

from snippets.clipping import clip_by_global_norm
from snippets.training import DivergedError, adam, descend, init_adam, train

SIZES = {"n_a": 3, "n_x": 7}
unclipped = partial(clip_by_global_norm, threshold=np.inf)


def exercise():
    """Run every function once at SIZES, for the shape comments."""
    n_a, n_x = SIZES.values()
    w = [np.ones((n_a, n_x))]
    train(
        lambda params, batch, state: (1.0, params, state),
        w,
        range(2),
        adam,
        memory=init_adam(w),
        clip=unclipped,
    )


def bowl(params, batch, state):
    """Loss (w - batch)**2 / 2, lowest at the batch; the state counts the batches."""
    (w,) = params
    return float(((w - batch) ** 2).sum() / 2), [w - batch], (state or 0) + 1


def test_a_descent_step_by_hand():
    params, memory = descend(
        [np.array([5.0]), np.array([1.0])], [np.array([2.0]), np.array([-4.0])], learning_rate=0.5
    )
    np.testing.assert_array_equal(params, [[4.0], [3.0]])
    assert memory is None


def test_two_adam_steps_by_hand():
    # first step: both means are fair at once, so the step is rate * sign(g) (epsilon aside)
    w, g = [np.array([1.0, 1.0])], [np.array([4.0, -0.25])]
    rule = partial(adam, learning_rate=0.1, beta_1=0.5, beta_2=0.75, epsilon=1e-12)
    params, memory = rule(w, g, init_adam(w))
    np.testing.assert_allclose(params[0], [0.9, 1.1], rtol=1e-10)
    # second step, gradient 1: mean = 0.5 * 2 + 0.5 = 1.5, fair 1.5 / 0.75 = 2;
    # square = 0.75 * 4 + 0.25 = 3.25, fair 3.25 / 0.4375
    params, memory = rule(params, [np.array([1.0, 1.0])], memory)
    assert params[0][0] == pytest.approx(0.9 - 0.1 * 2 / np.sqrt(3.25 / 0.4375), rel=1e-10)
    assert memory.step == 2
    np.testing.assert_allclose(memory.mean[0][0], 1.5)
    np.testing.assert_allclose(memory.square[0][0], 3.25)


def test_adam_agrees_with_its_sums_written_out():
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=3) for _ in range(6)]
    params = [np.zeros(3)]
    memory, closed = init_adam(params), np.zeros(3)
    for t, g in enumerate(gradients, start=1):
        params, memory = adam(params, [g], memory)
        weights_1 = [0.1 * 0.9 ** (t - 1 - k) for k in range(t)]
        weights_2 = [0.001 * 0.999 ** (t - 1 - k) for k in range(t)]
        mean = sum(w * h for w, h in zip(weights_1, gradients, strict=False)) / sum(weights_1)
        square = sum(w * h**2 for w, h in zip(weights_2, gradients, strict=False)) / sum(weights_2)
        closed -= 1e-3 * mean / (np.sqrt(square) + 1e-8)
    np.testing.assert_allclose(params[0], closed, rtol=1e-10)


def test_adam_steps_do_not_depend_on_the_scale_of_the_loss():
    w = [np.array([1.0, -2.0])]
    small, _ = adam(w, [np.array([3.0, 5.0])], init_adam(w), epsilon=1e-300)
    large, _ = adam(w, [np.array([3e6, 5e6])], init_adam(w), epsilon=1e-300)
    np.testing.assert_allclose(small[0], large[0], rtol=1e-12)


def test_epsilon_keeps_a_zero_gradient_from_dividing_by_zero():
    w = [np.array([1.0])]
    params, _ = adam(w, [np.array([0.0])], init_adam(w))
    assert params[0][0] == 1
    params, _ = adam(w, [np.array([1e-3])], init_adam(w), learning_rate=1.0, epsilon=1e-3)
    assert params[0][0] == pytest.approx(0.5)


@pytest.mark.parametrize("rate", [0.25, np.float64(0.25)])
def test_descent_on_a_bowl_follows_the_closed_form(rate):
    rule = partial(descend, learning_rate=rate)
    params, _, count = train(bowl, [np.array([9.0])], [1.0] * 20, rule, clip=unclipped)
    assert params[0][0] == pytest.approx(1 + 8 * 0.75**20, rel=1e-12)
    assert count == 20


def test_the_loop_is_forward_clip_update_report_in_this_order():
    seen = []
    rule = partial(descend, learning_rate=1.0)
    clip = partial(clip_by_global_norm, threshold=2.0)
    params, memory, state = train(
        bowl, [np.array([10.0])], [0.0, 4.0], rule, clip=clip, report=seen.append, state=7
    )
    # batch 0: loss 50, gradient 10 cut to 2, w = 8; batch 4: loss 8, gradient 4 cut to 2, w = 6
    assert [(p.step, p.loss, p.norm, p.params[0][0]) for p in seen] == [
        (1, 50.0, 10.0, 8.0),
        (2, 8.0, 4.0, 6.0),
    ]
    assert params[0][0] == 6.0
    assert (memory, state) == (None, 9)


def test_memory_is_handed_on():
    w = [np.array([9.0])]
    whole, _, _ = train(bowl, w, [1.0] * 6, adam, memory=init_adam(w), clip=unclipped)
    half, memory, _ = train(bowl, w, [1.0] * 3, adam, memory=init_adam(w), clip=unclipped)
    assert memory.step == 3
    rest, memory, _ = train(bowl, half, [1.0] * 3, adam, memory=memory, clip=unclipped)
    assert memory.step == 6
    np.testing.assert_array_equal(whole, rest)


def test_no_batches_change_nothing():
    params, memory, state = train(
        bowl, [np.ones(2)], [], adam, memory="m", state="s", clip=unclipped
    )
    np.testing.assert_array_equal(params, [np.ones(2)])
    assert (memory, state) == ("m", "s")


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_stops_it_and_loses_nothing(loss):
    def model(params, batch, state):
        return (loss if batch == 3 else 1.0), [np.ones(1)], state

    rule, seen = partial(descend, learning_rate=1.0), []
    match = (
        rf"^expected a finite loss, got {loss} at step 4: try a smaller learning rate, or clip "
        r"the gradients; the last parameters with a finite loss are in this error's params$"
    )
    with pytest.raises(DivergedError, match=match) as caught:
        train(model, [np.zeros(1)], range(9), rule, clip=unclipped, report=seen.append)
    assert len(seen) == 3
    np.testing.assert_array_equal(caught.value.params, [[-2.0]])  # -3.0 gave the bad loss
    with pytest.raises(DivergedError, match="at step 1:") as caught:
        train(model, [np.zeros(1)], [3], rule, clip=unclipped)
    np.testing.assert_array_equal(caught.value.params, [[0.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_stays_and_arguments_stay(dtype):
    w, g = [np.ones(3, dtype)], [np.full(3, 2, dtype)]
    w[0].flags.writeable = g[0].flags.writeable = False
    memory = init_adam(w)
    rate = np.float64(0.1)
    (first,), after = adam(w, g, memory, learning_rate=rate)
    (second,), _ = descend(w, g, learning_rate=rate)
    assert {v.dtype for v in (first, second, *after.mean, *after.square)} == {np.dtype(dtype)}
    assert memory.step == 0
    assert not memory.mean[0].any()
    assert not memory.square[0].any()


@pytest.mark.parametrize("rate", [0, -0.1, np.nan, np.inf])
def test_learning_rates_out_of_range_are_refused(rate):
    w = [np.ones(1)]
    match = f"expected learning_rate above 0 and finite, got {rate}"
    with pytest.raises(ValueError, match=match):
        descend(w, w, learning_rate=rate)
    with pytest.raises(ValueError, match=match):
        adam(w, w, init_adam(w), learning_rate=rate)


@pytest.mark.parametrize(
    "numbers",
    [
        {"epsilon": 0},
        {"beta_1": 1},
        {"beta_2": 1.5},
        {"beta_1": -0.1},
        {"beta_2": -0.1},
        {"beta_2": 1},
    ],
)
def test_adam_refuses_numbers_out_of_range(numbers):
    w = [np.ones(1)]
    with pytest.raises(ValueError, match=r"expected (epsilon above 0|beta_1 and beta_2 from 0)"):
        adam(w, w, init_adam(w), **numbers)
    adam(w, w, init_adam(w), beta_1=0, beta_2=0)


def test_gradients_that_do_not_fit_the_parameters_are_refused():
    w = [np.ones((3, 1)), np.ones(2)]
    match = r"expected gradients of shapes \[\(3, 1\), \(2,\)\], got"
    for bad in [[np.ones(3), np.ones(2)], [np.ones((3, 1))]]:
        with pytest.raises(ValueError, match=match):
            descend(w, bad, learning_rate=0.1)
        with pytest.raises(ValueError, match=match):
            adam(w, bad, init_adam(w))
