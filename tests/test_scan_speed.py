"""The experiment on the scan's speed times what its page says, and its record adds up."""

from itertools import pairwise

import numpy as np

from tests.experiments import run_quick


def test_the_quick_run_times_all_three():
    (quick,) = run_quick("scan_speed", "quick")
    assert [*quick] == ["loop, 4", "doubling, 4", "tree, 4"]
    assert all(len(seconds) == 3 and min(seconds) > 0 for seconds in quick.values())


def test_each_function_is_called_in_every_round(book):
    called = []
    calls = {name: lambda name=name: called.append(name) for name in "ab"}
    seconds = book.time_in_turn(calls, rounds=3)
    assert [len(seconds[name]) for name in "ab"] == [3, 3]
    turns = [name for before, name in pairwise([None, *called]) if name != before]
    assert turns[-6:] == [*"ababab"]


def test_a_scan_that_is_wrong_is_not_timed(book, monkeypatch):
    monkeypatch.setitem(book.SCANS, "tree", lambda f, s: f)
    with np.testing.assert_raises(AssertionError):
        book.time_scans(20, [4], rounds=1)


def test_a_crossing_lies_between_the_two_sizes_around_it(book):
    assert book.crossing({1: 4.0, 4: 2.0, 16: 0.5, 64: 0.1}) == 8
    assert book.crossing({1: 4.0, 4: 1.0, 16: 0.25}) == 4


def test_a_prediction_by_hand(book):
    # calls 1, a number 0.01: the loop takes 1 + 0.01 n, doubling 10 rounds of 0.015 n
    assert book.predict({1: 1.01, 1024: 1 + 10.24}, 1000) == round(1.01 / 0.14)


# The record of the full run


def test_the_record_adds_up(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert record["cpu_seconds"] < 120
    assert full["settings"] == {"rounds": book.ROUNDS}
    assert [*full["faster"]] == [*full["micros"]] == book.STEPS
    for T in book.STEPS:
        for name in ("doubling", "tree"):
            for size, times in full["faster"][T][name].items():
                loop, scan = (full["micros"][T][it][size] for it in ("loop", name))
                assert 0.7 < times * scan / loop < 1.4


def test_scans_win_with_small_states_and_lose_with_large_ones(full, older):
    for measured in (full, older):
        for rows in measured["faster"].values():
            assert rows["doubling"][1] > 4
            assert rows["doubling"][1024] < 0.4
            assert rows["tree"][1024] < 0.7


def test_the_prediction_has_the_size_and_the_direction_of_what_was_measured(full, older):
    for measured in (full, older):
        predicted, crossing = ([*measured[it].values()] for it in ("predicted", "crossing"))
        assert np.abs(np.log2(np.divide(predicted, crossing))).max() < 1
        assert crossing == sorted(crossing, reverse=True)
        assert predicted == sorted(predicted, reverse=True)


def test_hoisted_products_are_what_makes_a_mingru_fast(full, older):
    for measured in (full, older):
        rows = measured["layers"]["64 units, 8 sequences"]
        assert rows["minGRU, loop"]["faster"] > rows["minGRU, step by step"]["faster"] > 1.5
        assert rows["minGRU, doubling"]["faster"] < rows["minGRU, loop"]["faster"]
