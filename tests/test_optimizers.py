"""Each update rule does what docs/optimizers.md says, and so does each schedule."""

from functools import partial

import numpy as np
import pytest

from snippets.optimizers import (
    adam,
    cosine_decay,
    descend,
    init_adam,
    init_momentum,
    init_scheduled,
    linear_decay,
    momentum,
    scheduled,
)

SIZES = {"n_a": 3, "n_x": 7}
RULES = {  # a rule with a rate of its own, and what it starts to remember
    "descend": (descend, lambda params: None),
    "momentum": (momentum, init_momentum),
    "adam": (adam, init_adam),
}
each_rule = pytest.mark.parametrize(("rule", "init"), RULES.values(), ids=RULES)
each_schedule = pytest.mark.parametrize("schedule", [linear_decay, cosine_decay])


def exercise():
    """Run every function once at SIZES."""
    w = [np.ones(tuple(SIZES.values()))]
    schedule = partial(cosine_decay, peak=0.1, steps=3)
    for rule, init in RULES.values():
        scheduled(w, w, init_scheduled(init(w)), rule=rule, schedule=schedule)
    linear_decay(1, peak=0.1, steps=3)


def arrays(memory):
    """List the arrays that a rule remembers."""
    if isinstance(memory, np.ndarray):
        return [memory]
    return [a for part in memory or [] if not isinstance(part, int) for a in arrays(part)]


# Each rule by itself


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


def test_three_momentum_steps_by_hand():
    # gradients 4, 1, 0; half of the velocity is kept: 4, then 2 + 1, then 1.5
    w, velocity = [np.array([10.0])], init_momentum([np.array([10.0])])
    seen = []
    for g in (4.0, 1.0, 0.0):
        w, velocity = momentum(w, [np.array([g])], velocity, learning_rate=0.5, beta=0.5)
        seen.append((w[0][0], velocity[0][0]))
    assert seen == [(8.0, 4.0), (6.5, 3.0), (5.75, 1.5)]


def test_momentum_is_the_heavy_ball_of_two_steps():
    # the same without a velocity: w' = w - rate * g + beta * (w - w before)
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=3), rng.normal(size=(8, 3))
    params, velocity, before, now = [start], init_momentum([start]), start, start
    for g in gradients:
        params, velocity = momentum(params, [g], velocity, learning_rate=0.3, beta=0.7)
        before, now = now, now - 0.3 * g + 0.7 * (now - before)
    np.testing.assert_allclose(params[0], now, rtol=1e-12)


def test_momentum_with_the_rate_inside_the_velocity_differs_once_the_rate_changes():
    w, velocity, inside, moved = [np.zeros(1)], init_momentum([np.zeros(1)]), 0.0, 0.0
    for rate, alike in ((1.0, True), (1.0, True), (0.1, False)):
        w, velocity = momentum(w, [np.ones(1)], velocity, learning_rate=rate)
        inside = 0.9 * inside - rate * 1.0
        moved += inside
        assert (w[0][0] == pytest.approx(moved)) == alike
    # outside 0.1 * 2.71 in the last step; inside 0.9 * 1.9 + 0.1
    assert w[0][0] == pytest.approx(-2.9 - 0.271)
    assert moved == pytest.approx(-2.9 - 1.81)


def test_a_constant_gradient_drives_momentum_to_ten_times_the_step():
    w, velocity = [np.zeros(1)], init_momentum([np.zeros(1)])
    for _ in range(200):
        last = w
        w, velocity = momentum(w, [np.ones(1)], velocity, learning_rate=0.01)
    assert last[0][0] - w[0][0] == pytest.approx(0.1, rel=1e-8)


def test_momentum_that_keeps_nothing_is_descent():
    w, g = [np.array([3.0, -1.0])], [np.array([0.3, 7.0])]
    still = momentum(w, g, [np.ones(2)], learning_rate=0.2, beta=0)
    np.testing.assert_array_equal(still[0], descend(w, g, learning_rate=0.2)[0])


# What all rules hold to


@each_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_stays_and_arguments_stay(rule, init, dtype):
    w, g = [np.ones(3, dtype)], [np.full(3, 2, dtype)]
    memory = init(w)
    kept = arrays(memory)
    for array in (*w, *g, *kept):
        array.flags.writeable = False
    (first,), after = rule(w, g, memory, learning_rate=np.float64(0.1))
    assert {v.dtype for v in (first, *kept, *arrays(after))} == {np.dtype(dtype)}
    assert not any(array.any() for array in kept)
    assert not any(np.shares_memory(first, other) for other in (*w, *g, *kept))


@pytest.mark.parametrize("number", [np.float64(0.5), 0])
def test_numbers_of_double_precision_leave_single_precision_alone(number):
    w = [np.ones(2, np.float32)]
    small = np.float64(1e-8)
    (one,), _ = adam(w, w, init_adam(w), beta_1=number, beta_2=number, epsilon=small)
    (two,), _ = momentum(w, w, init_momentum(w), learning_rate=small, beta=number)
    assert (one.dtype, two.dtype) == (np.float32, np.float32)


@each_rule
@pytest.mark.parametrize("rate", [0, -0.1, np.nan, np.inf])
def test_learning_rates_out_of_range_are_refused(rule, init, rate):
    w = [np.ones(1)]
    match = f"^expected learning_rate above 0 and finite, got {rate}$"
    with pytest.raises(ValueError, match=match):
        rule(w, w, init(w), learning_rate=rate)


@pytest.mark.parametrize("share", [1, 1.5, -0.1, np.nan])
@pytest.mark.parametrize("name", ["beta", "beta_1", "beta_2"])
def test_shares_out_of_range_are_refused(name, share):
    rule, init = (momentum, init_momentum) if name == "beta" else (adam, init_adam)
    w = [np.ones(1)]
    with pytest.raises(ValueError, match=f"^expected {name} from 0 to below 1, got {share}$"):
        rule(w, w, init(w), learning_rate=0.1, **{name: share})
    rule(w, w, init(w), learning_rate=0.1, **{name: 0})


@pytest.mark.parametrize("epsilon", [0, -1e-8, np.nan])
def test_an_epsilon_out_of_range_is_refused(epsilon):
    w = [np.ones(1)]
    with pytest.raises(ValueError, match=f"^expected epsilon above 0 and finite, got {epsilon}$"):
        adam(w, w, init_adam(w), epsilon=epsilon)


@each_rule
def test_gradients_that_are_no_arrays_are_named(rule, init):
    w = [np.ones(2), np.ones(1)]
    match = r"^expected gradients of shapes \[\(2,\), \(1,\)\], got \[<class 'list'>, \(1,\)\]$"
    with pytest.raises(ValueError, match=match):
        rule(w, [[1.0, 1.0], np.ones(1)], init(w), learning_rate=0.1)


@each_rule
def test_arrays_that_come_only_once_are_refused(rule, init):
    w = [np.ones(2), np.ones(1)]
    for name, params, gradients in [("params", iter(w), w), ("gradients", w, (g for g in w))]:
        match = rf"^expected {name} as a sequence, got (list_iterator|generator)$"
        with pytest.raises(ValueError, match=match):
            rule(params, gradients, init(w), learning_rate=0.1)


@each_rule
def test_gradients_that_do_not_fit_the_parameters_are_refused(rule, init):
    w = [np.ones((3, 1)), np.ones(2)]
    match = r"^expected gradients of shapes \[\(3, 1\), \(2,\)\], got \[\(3,?"
    for bad in [[np.ones(3), np.ones(2)], [np.ones((3, 1))]]:
        with pytest.raises(ValueError, match=match):
            rule(w, bad, init(w), learning_rate=0.1)


def test_memory_of_another_network_is_refused():
    w, other = [np.ones((3, 1))], [np.ones((3, 1)), np.ones(2)]
    match = r" of shapes \[\(3, 1\)\], got \[\(3, 1\), \(2,\)\]$"
    with pytest.raises(ValueError, match="^expected memory" + match):
        momentum(w, w, init_momentum(other), learning_rate=0.1)
    mixed = init_adam(w)
    for name in ("mean", "square"):
        memory = mixed._replace(**{name: other})
        with pytest.raises(ValueError, match=f"^expected {name}" + match):
            adam(w, w, memory)


@each_rule
def test_nothing_to_learn_is_no_error(rule, init):
    params, _ = rule([], [], init([]), learning_rate=0.1)
    assert params == []


# Schedules


@each_schedule
def test_a_schedule_rises_to_its_peak_and_falls_from_it(schedule):
    rates = [schedule(s, peak=0.8, steps=104, warm_up=4) for s in range(1, 105)]
    np.testing.assert_allclose(rates[:5], [0.2, 0.4, 0.6, 0.8, 0.8], rtol=1e-12)
    assert (np.diff(rates[4:]) < 0).all()
    assert rates[54] == pytest.approx(0.4)  # half way down
    assert 0 < rates[-1] < 0.01


def test_a_line_and_a_wave_by_hand():
    line = [linear_decay(s, peak=1.0, steps=4) for s in (1, 2, 3, 4)]
    np.testing.assert_allclose(line, [1, 0.75, 0.5, 0.25], rtol=1e-12)
    wave = [cosine_decay(s, peak=1.0, steps=6, warm_up=2) for s in (1, 2, 3, 4, 5, 6)]
    root = np.sqrt(2) / 2  # the cosine of an eighth of a turn
    np.testing.assert_allclose(wave, [0.5, 1, 1, (1 + root) / 2, 0.5, (1 - root) / 2], rtol=1e-12)


@each_schedule
def test_a_schedule_ends_above_its_final_rate_which_comes_next(schedule):
    rates = [schedule(s, peak=1.0, steps=1000, final=0.1) for s in (1, 501, 1000)]
    np.testing.assert_allclose(rates, [1.0, 0.55, 0.1], rtol=1e-2)
    assert rates[-1] > 0.1
    flat = [schedule(s, peak=0.3, steps=3, final=0.3) for s in (1, 2, 3)]
    np.testing.assert_allclose(flat, 0.3, rtol=1e-12)


@each_schedule
@pytest.mark.parametrize(
    ("step", "wrong", "message"),
    [
        (1, {"peak": 0}, "peak above 0 and finite, got 0"),
        (1, {"peak": np.nan}, "peak above 0 and finite, got nan"),
        (1, {"final": 0.6}, "final from 0 to 0.5, got 0.6"),
        (1, {"final": -0.1}, "final from 0 to 0.5, got -0.1"),
        (1, {"final": np.nan}, "final from 0 to 0.5, got nan"),
        (1, {"warm_up": 10}, "warm_up from 0 to 9, got 10"),
        (1, {"warm_up": -1}, "warm_up from 0 to 9, got -1"),
        (0, {}, "step from 1 to 10, got 0"),
        (11, {}, "step from 1 to 10, got 11"),
        (1, {"steps": 0}, "warm_up from 0 to -1, got 0"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(schedule, step, wrong, message):
    with pytest.raises(ValueError, match=f"^expected {message}$"):
        schedule(step, **{"peak": 0.5, "steps": 10} | wrong)


@each_schedule
def test_the_ends_of_each_range_are_allowed(schedule):
    for step in (1, 10):
        schedule(step, peak=0.5, steps=10, warm_up=9, final=0.5)
    assert schedule(1, peak=0.5, steps=1) == 0.5


@each_rule
def test_a_rule_on_schedule_takes_the_rates_one_after_another(rule, init):
    rates, g = [0.5, 0.25, 0.125], [np.array([2.0, -3.0])]
    by_hand, memory = [np.ones(2)], init([np.ones(2)])
    on_schedule, state = [np.ones(2)], init_scheduled(init([np.ones(2)]))
    for step, rate in enumerate(rates, start=1):
        by_hand, memory = rule(by_hand, g, memory, learning_rate=rate)
        on_schedule, state = scheduled(
            on_schedule, g, state, rule=rule, schedule=lambda step: rates[step - 1]
        )
        assert state.step == step
        np.testing.assert_array_equal(on_schedule, by_hand)
        for one, other in zip(arrays(state.memory), arrays(memory), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_rule_on_schedule_starts_with_no_memory_unless_it_is_given_one():
    assert init_scheduled() == (0, None)
    assert init_scheduled("what momentum remembers") == (0, "what momentum remembers")
