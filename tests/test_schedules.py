"""Each schedule does what docs/schedules.md says, and so does a rule that follows one."""

from collections import namedtuple
from functools import partial

import numpy as np
import pytest

from snippets.optimizers import adam, descend, init_adam
from snippets.schedules import (
    ScheduledState,
    cosine_decay,
    init_scheduled,
    linear_decay,
    scheduled,
)
from tests.test_optimizers import arrays, each_rule

SIZES = {"n_a": 3, "n_x": 7}
each_schedule = pytest.mark.parametrize("schedule", [linear_decay, cosine_decay])


def exercise():
    """Run every function once at SIZES."""
    w = [np.ones(tuple(SIZES.values()))]
    settings = {"peak": 0.1, "steps": 17, "warm_up": 5, "final": 0.03}
    for step in range(1, 18):
        linear_decay(step, **settings)
        cosine_decay(step, **settings)
    schedule = partial(cosine_decay, **settings)
    scheduled(w, w, init_scheduled(), rule=descend, schedule=schedule)


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


def test_a_memory_of_a_schedule_may_be_a_plain_sequence():
    w = [np.ones(2)]
    for memory in [(4, None), [4, None]]:
        _, after = scheduled(w, w, memory, rule=descend, schedule=lambda step: 0.1 * step)
        assert after == ScheduledState(5, None)


@pytest.mark.parametrize(
    ("bad", "came"),
    [
        (None, "NoneType"),
        ([3], "list of 1"),
        (init_adam([]), "AdamState of 3"),
        (namedtuple("Pair", "one two")(1, 2), "Pair of 2"),
    ],
)
def test_what_is_no_memory_of_a_schedule_is_refused(bad, came):
    match = (
        r"^expected memory as ScheduledState\(step, memory\) or a tuple or list like it, "
        rf"got {came}$"
    )
    with pytest.raises(ValueError, match=match):
        scheduled([np.ones(1)], [np.ones(1)], bad, rule=adam, schedule=lambda step: 0.1)


def test_numbers_of_numpy_are_no_narrower_than_pythons():
    given = {"peak": 1.0, "steps": 100, "warm_up": 10}
    assert linear_decay(np.uint32(3), **given) == linear_decay(3, **given) == 0.3
    assert cosine_decay(np.uint8(3), **given) == cosine_decay(3, **given)
    narrow = {"peak": np.float16(1e-3), "steps": 100_000, "final": np.float16(0)}
    exact = narrow | {"peak": float(np.float16(1e-3)), "final": 0.0}
    for schedule in (linear_decay, cosine_decay):
        # a float16 would compare as float16, in which both are 0
        assert float(schedule(99_999, **narrow)) == schedule(99_999, **exact) > 0
    rates = []

    def rule(params, gradients, memory, *, learning_rate):
        rates.append(learning_rate)
        return params, memory

    fall = partial(linear_decay, peak=1.0, steps=300)
    _, memory = scheduled([], [], (np.uint8(255), None), rule=rule, schedule=fall)
    assert memory.step == 256
    assert rates == [fall(256)]


def test_a_peak_without_bound_is_refused():
    with pytest.raises(ValueError, match="expected peak above 0 and finite, got inf"):
        linear_decay(1, peak=np.inf, steps=10)
