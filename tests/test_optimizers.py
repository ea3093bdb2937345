"""Each update rule does what docs/optimizers.md says."""

from collections import namedtuple
from functools import partial

import numpy as np
import pytest

from snippets.optimizers import AdamState, adam, descend, init_adam, init_momentum, momentum

SIZES = {"n_a": 3, "n_x": 7}
RULES = {  # a rule with a rate of its own, and what it starts to remember
    "descend": (descend, lambda params: None),
    "momentum": (momentum, init_momentum),
    "adam": (adam, init_adam),
}
each_rule = pytest.mark.parametrize(("rule", "init"), RULES.values(), ids=RULES)


def exercise():
    """Run every function once at SIZES."""
    rng = np.random.default_rng(0)
    w, g = ([rng.normal(size=tuple(SIZES.values()))] for _ in range(2))
    for rule, init in RULES.values():
        _, memory = rule(w, g, init(w), learning_rate=0.1)
        rule(g, w, memory, learning_rate=0.1)
    adam(g, w, memory, epsilon=0.3)


def arrays(memory):
    """List the arrays that a rule remembers."""
    if isinstance(memory, np.ndarray):
        return [memory]
    return [a for part in memory or [] if not isinstance(part, int) for a in arrays(part)]


# Each rule separately


# claim C1
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
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_precision_stays_and_arguments_stay(rule, init, dtype):
    w, g = [np.ones(3, dtype)], [np.full(3, 2, dtype)]
    memory = init(w)
    kept = arrays(memory)
    for array in (*w, *g, *kept):
        array.flags.writeable = False
    (first,), after = rule(w, g, memory, learning_rate=np.float64(0.1))
    assert {v.dtype for v in (first, *kept, *arrays(after))} == {np.dtype(dtype)}
    assert not any(array.any() for array in kept)


@each_rule
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("share", [0, 0.5])
def test_no_array_that_comes_back_is_one_that_was_passed(rule, init, dtype, share):
    # what is multiplied by 1 or added to 0 has to be a copy, too
    names = {"momentum": ["beta"], "adam": ["beta_1", "beta_2"]}.get(rule.__name__, [])
    w, g = [np.ones(3, dtype), np.ones(2, dtype)], [np.full(3, 2, dtype), np.zeros(2, dtype)]
    memory = init(w)
    new, after = rule(w, g, memory, learning_rate=0.1, **dict.fromkeys(names, share))
    everything = [*w, *g, *arrays(memory), *new, *arrays(after)]
    for i, one in enumerate(everything):
        for other in everything[:i]:
            assert not np.shares_memory(one, other)


@each_rule
def test_a_lone_number_stays_an_array(rule, init):
    w, memory = [np.array(1.0, np.float32)], init([np.array(1.0, np.float32)])
    for _ in range(2):
        w, memory = rule(w, [np.array(0.5)], memory, learning_rate=0.1)
    for array in (*w, *arrays(memory)):
        assert (type(array), array.dtype, array.shape) == (np.ndarray, np.float32, ())


# Half and single precision: what is computed in double precision is rounded once


@each_rule
@pytest.mark.parametrize(("dtype", "remembered"), [("f2", "f4"), ("f4", "f4"), (">f4", "f4")])
@pytest.mark.parametrize("size", [1e-7, 3e-4, 1.0, 300.0, 6e4])
@pytest.mark.parametrize("of_gradient", ["f2", "f4", "f8"])
def test_a_step_in_narrow_types_is_the_double_step_rounded(
    rule, init, dtype, remembered, size, of_gradient
):
    rng = np.random.default_rng(0)
    w = rng.normal(size=20).astype(dtype)
    g = (size * rng.uniform(0.3, 1, size=20)).astype(of_gradient)
    memory = init([w])
    narrow = {array.dtype for array in arrays(memory)}
    assert narrow <= {np.dtype(remembered)}
    (stepped,), after = rule([w], [g], memory, learning_rate=1e-3)
    wide = w.astype(float)
    (expected,), expected_after = rule([wide], [g.astype(float)], init([wide]), learning_rate=1e-3)
    assert stepped.dtype == dtype
    np.testing.assert_array_equal(stepped, expected.astype(dtype))
    assert {array.dtype for array in arrays(after)} == narrow
    for one, other in zip(arrays(after), arrays(expected_after), strict=True):
        np.testing.assert_array_equal(one, other.astype(remembered))


@each_rule
def test_long_doubles_are_not_rounded_to_double(rule, init):
    if np.finfo(np.longdouble).eps > 2.0**-60:
        pytest.skip("a long double is no finer than a double here")
    w = [np.ones(1, np.longdouble)]
    (new,), _ = rule(w, w, init(w), learning_rate=2.0**-60)
    assert float((1 - new[0]) * 2.0**60) == pytest.approx(1, rel=0.2)


@pytest.mark.parametrize("size", [2e-7, 2e-4, 1.0, 300.0, 6e4])
def test_adam_takes_steps_of_one_size_in_half_precision(size):
    w = [np.zeros(2, np.float16)]
    memory = init_adam(w)
    for _ in range(5):
        g = [np.array([size, 0], np.float16)]  # its square may be no float16
        w, memory = adam(w, g, memory, learning_rate=0.01, epsilon=1e-12)
    assert w[0][0] == pytest.approx(-0.05, rel=2e-3)
    assert w[0][1] == 0  # epsilon, which is no float16, keeps 0 / 0 away


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_shares_just_below_one_are_not_rounded_to_it(dtype):
    # 0.9999999 is 1 in half precision, and 0.99999988 in single
    w, beta = [np.zeros(1, dtype)], 0.9999999
    _, memory = adam(w, [np.ones(1, dtype)], init_adam(w), beta_2=beta)
    assert memory.square[0] == pytest.approx([1e-7], rel=1e-6)
    long = [np.full(1, 1e4, np.float32)]
    _, memory = adam(w, [np.zeros(1, dtype)], AdamState(9, long, long), beta_2=1 - 2e-7)
    assert memory.square[0][0] < 1e4  # forgets by a share of 2e-7


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


BAD_ARRAYS = [
    ([1.0], "a plain NumPy array, got list"),
    (np.float64(1), "a plain NumPy array, got float64"),
    (np.ma.array([1.0], mask=[True]), "a plain NumPy array, got MaskedArray"),
    (np.ones((1, 1)).view(np.matrix), "a plain NumPy array, got matrix"),
    (np.ones(1, int), "an array of floats, got int64"),
    (np.ones(1, complex), "an array of floats, got complex128"),
]


@each_rule
@pytest.mark.parametrize(("bad", "message"), BAD_ARRAYS)
def test_what_is_no_plain_array_of_floats_is_named(rule, init, bad, message):
    w, wrong = [np.ones(2), np.ones(1)], [np.ones(2), bad]
    for name, params, gradients in [("params", wrong, w), ("gradients", w, wrong)]:
        match = rf"^expected {name}\[1\] to be {message}$"
        with pytest.raises(ValueError, match=match):
            rule(params, gradients, init(w), learning_rate=0.1)


@pytest.mark.parametrize(("bad", "message"), BAD_ARRAYS)
def test_memory_that_is_no_plain_array_of_floats_is_named(bad, message):
    w, wrong = [np.ones(2), np.ones(1)], [np.ones(2), bad]
    for rule, name, memory in [
        (momentum, "memory", wrong),
        (adam, "mean", (0, wrong, w)),
        (adam, "square", [0, w, wrong]),
    ]:
        with pytest.raises(ValueError, match=rf"^expected {name}\[1\] to be {message}$"):
            rule(w, w, memory, learning_rate=0.1)
    for init in (init_momentum, init_adam):
        with pytest.raises(ValueError, match=rf"^expected params\[1\] to be {message}$"):
            init(wrong)


@each_rule
@pytest.mark.parametrize("gather", [iter, np.array, set, lambda pair: dict.fromkeys(pair)])
def test_what_is_no_sequence_of_arrays_is_refused(rule, init, gather):
    w, gathered = [np.ones(1), np.ones(1)], gather([1.0, 2.0])
    for name, params, gradients in [("params", gathered, w), ("gradients", w, gathered)]:
        came = type(gathered).__name__
        match = rf"^expected {name} to be a list or tuple of arrays, got {came}$"
        with pytest.raises(ValueError, match=match):
            rule(params, gradients, init(w), learning_rate=0.1)


def test_a_memory_of_adam_may_be_a_plain_sequence():
    w = [np.ones(2)]
    expected = adam(w, w, init_adam(w))
    for gather in (tuple, list):
        (new,), memory = adam(w, w, gather(init_adam(w)))
        np.testing.assert_array_equal(new, expected[0][0])
        assert type(memory) is AdamState


@pytest.mark.parametrize(
    ("bad", "came"),
    [
        (None, "NoneType"),
        ([], "list of 0"),
        ((0, []), "tuple of 2"),
        ({0: []}, "dict"),
        (namedtuple("Other", "step mean root")(0, [], []), "Other of 3"),
    ],
)
def test_what_is_no_memory_of_adam_is_refused(bad, came):
    match = (
        r"^expected memory as AdamState\(step, mean, square\) or a tuple or list like it, "
        rf"got {came}$"
    )
    with pytest.raises(ValueError, match=match):
        adam([np.ones(1)], [np.ones(1)], bad)


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


@pytest.mark.parametrize("step", [-1, -5])
def test_a_count_of_steps_below_zero_is_refused(step):
    w = [np.ones(1)]
    with pytest.raises(ValueError, match=rf"expected step above 0 and finite, got {step + 1}"):
        adam(w, w, init_adam(w)._replace(step=step))


def test_a_narrow_count_of_steps_does_not_overflow():
    w = [np.ones(1)]
    narrow, memory = adam(w, w, init_adam(w)._replace(step=np.int8(127)))
    wide, _ = adam(w, w, init_adam(w)._replace(step=127))
    assert memory.step == 128
    np.testing.assert_array_equal(narrow, wide)
