"""The experiment on dates does what its page says, and its record adds up."""

import datetime

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from tests.experiments import assert_gradients, run_quick

LSTMS = ["LSTM", "LSTM, Keras", "LSTM, PyTorch"]
HELD_OUT = ["scattered", "one digit", "one decade"]


# The quick run


def test_the_quick_run_reads_scattered_years_and_no_others():
    (quick,) = run_quick("dates", "quick")
    assert quick["at random"] > 0.9
    assert quick["scattered"] > 0.5
    assert max(quick["one digit"], quick["one decade"]) < 0.25


def test_same_seed_same_numbers(book):
    def weights(seed):
        rng = np.random.default_rng(seed)
        lessons = book.days_of([2001])
        final, _ = book.learn("Keras", 0.01, rng, lessons, steps=2)
        return [w.tolist() for w in final.args[0]]

    assert weights(0) == weights(0) != weights(1)


# The task


def test_a_day_is_written_in_words_and_in_digits(book):
    days = [datetime.date(2005, 9, 9), datetime.date(1999, 12, 31)]
    read, written = book.lesson(days)
    texts = ["".join(book.READS[token] for token in column) for column in read.T]
    assert texts == [" 9 september 2005", " 31 december 1999"]
    answers = ["".join(book.WRITES[token] for token in column) for column in written.T]
    assert answers == ["2005-09-09\n", "1999-12-31\n"]


def test_all_days_are_listed_once(book):
    days = book.days_of(book.YEARS)
    assert len(set(days)) == len(days) == 36525
    assert (days[0].isoformat(), days[-1].isoformat()) == ("1940-01-01", "2039-12-31")


@pytest.mark.parametrize(("decade", "digit"), [(1990, 7), (2010, 2)])
def test_the_holes_differ_only_in_which_nine_years_are_left_out(book, decade, digit):
    holes = book.holes(decade, digit)
    assert [*holes] == HELD_OUT
    years = [year for name in HELD_OUT for year in holes[name]]
    assert len(set(years)) == 27
    assert [len(holes[name]) for name in HELD_OUT] == [9, 9, 9]
    assert {year // 10 * 10 for year in holes["one decade"]} == {decade}
    assert {year % 10 for year in holes["one digit"]} == {digit}
    seen = {*book.YEARS}.difference(years, [decade + digit])
    for year in holes["scattered"]:  # others of its decade, and others of its digit, are learned
        assert sum(year // 10 == other // 10 for other in seen) == 8
        assert sum(year % 10 == other % 10 for other in seen) == 8
    assert not any(year // 10 * 10 == decade or year % 10 == digit for year in seen)


@pytest.mark.parametrize(
    "settings",
    [{}, {"shown": [1993, 1996]}, {"decade": 2010, "digit": 2}, {"years": range(1900, 2100)}],
)
def test_no_test_asks_for_a_day_that_was_learned(book, settings):
    lessons, validation, tests = book.exam(np.random.default_rng(0), **settings)
    learned, holes = (
        {*lessons, *validation},
        book.holes(settings.get("decade", 1990), settings.get("digit", 7)),
    )
    assert [*tests] == ["at random", *HELD_OUT]
    for name, days in tests.items():
        assert not learned.intersection(days)
        years = {day.year for day in days}
        if name == "at random":
            assert years <= {day.year for day in lessons}
        else:
            assert years == {*holes[name]}.difference(settings.get("shown", ()))
            assert not years.intersection(day.year for day in lessons)
    assert {day.year for day in lessons}.issuperset(settings.get("shown", ()))


# The network and its marks


def test_the_gradients_of_both_models_are_slopes(book, monkeypatch):
    monkeypatch.setattr(book, "hot", lambda tokens, alphabet: slow_hot(tokens, len(alphabet)))
    layers = book.start("this book", np.random.default_rng(0), n_a=3)
    layers = unflatten(layers, [w.astype(float) for w in flatten(layers)])
    batch = book.lesson(book.days_of([2001])[:4])
    assert_gradients(lambda params: book.model(params, batch, None, like=layers), flatten(layers))
    shapes = (11 * 12, book.WIDTH * len(book.READS)), (11 * 12, 1)
    params = [np.random.default_rng(1).normal(size=shape) for shape in shapes]
    assert_gradients(lambda params: book.linear(params, batch, None), params)


def slow_hot(tokens, n):
    return np.eye(n)[tokens].swapaxes(1, 2)


def test_the_answer_ends_where_the_network_stops(book):
    # The decoder copies nothing and remembers nothing; the readout's bias decides alone.
    layers = book.start("this book", np.random.default_rng(0), n_a=3)
    weights = [np.zeros_like(w) for w in flatten(layers)]
    weights[-1][book.WRITES.index("7")] = 1
    assert book.translate(unflatten(layers, weights), ["9 may 2005"]) == ["7" * 12]
    weights[-1][book.WRITES.index("\n")] = 2
    assert book.translate(unflatten(layers, weights), ["9 may 2005"]) == [""]


def test_marks_by_hand(book):
    days = [datetime.date(2005, 9, 9), datetime.date(2005, 9, 10), datetime.date(2006, 9, 9)]
    answers = ["2005-09-09", "2005-10-10", "20"]
    marks = book.mark(lambda texts: answers, {"at random": days[:1] * 3, "scattered": days})
    assert marks["scattered"]["exact"] == 0.3333
    assert marks["scattered"]["year"] == 0.6667
    assert marks["scattered"]["by year"] == {"2005": 1, "2006": 0}
    assert marks["scattered"]["places"][3:7] == [0.6667, 0.6667, 0.3333, 0.3333]
    assert marks["scattered"]["wrong"] == [["9 september 2006", "20        "]]
    assert marks["at random"]["by year"] == {}


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == {"steps": book.STEPS, "rate": book.RATE, "shown": book.SHOWN}
    assert full["trials"]["LSTM"]["chosen"] == book.RATE  # so the controls are tuned alike
    assert record["cpu_seconds"] < 600


def test_the_record_adds_up(book, full):
    assert [*full["year"]] == [*book.ROWS, *book.CONTROLS]
    for label, tests in full["year"].items():
        seeds = book.ROWS[label][-1] if label in book.ROWS else book.FEW
        for test, shares in tests.items():
            assert len(shares) == len(seeds)
            for year, exact in zip(shares, full["exact"][label][test], strict=True):
                assert 0 <= exact <= year <= 1
    for test, years in book.holes().items():
        shares = [share for label in LSTMS for share in full["year"][label][test]]
        by_year = [full["by year"][year] for year in years]
        assert np.mean(by_year) == pytest.approx(np.mean(shares), abs=2e-4)


# claim T4
def test_it_composes_years_and_never_writes_a_digit_in_a_new_place(full):
    for label in LSTMS:
        tests = full["year"][label]
        assert min(tests["at random"]) > 0.95
        assert np.median(tests["scattered"]) > 0.75
        for scattered, digit, decade in zip(*(tests[it] for it in HELD_OUT), strict=True):
            assert scattered > 2 * max(digit, decade)
    places = full["places"]
    assert min(places["one decade"][2], places["one digit"][3]) < 0.1
    assert places["one decade"][3] > 0.4  # the digit after the missing one


def test_no_year_of_the_decade_is_read_but_one(full):
    by_year = full["by year"]
    assert max(by_year[year] for year in range(1990, 1999) if year != 1997) < 0.05
    assert 0.2 < by_year[1999] < 0.6


def test_a_linear_layer_shows_the_same(full):
    linear = full["year"]["linear"]
    assert min(linear["scattered"]) > 0.95
    assert max(linear["one digit"] + linear["one decade"]) == 0


def test_the_controls_do_what_the_page_says(full):
    other, wide = full["year"]["without 2010s and 2"], full["year"]["1900 to 2099"]
    assert np.median(other["scattered"]) > 0.5
    assert max(other["one digit"] + other["one decade"]) < 0.2
    assert np.median(wide["one digit"]) > 0.7
    assert np.median(wide["one decade"]) < 0.5
    for label in ("96 units", "1,800 steps"):
        larger = full["year"][label]
        assert np.median(larger["scattered"]) > 0.75
        assert max(np.median(larger[it]) for it in ("one digit", "one decade")) < 0.1
    curve = [np.mean(seeds) for seeds in full["shown"].values()]
    assert curve == sorted(curve)


def test_the_second_processor_agrees(older):
    tests = older["year"]["LSTM"]
    for scattered, digit, decade in zip(*(tests[it] for it in HELD_OUT), strict=True):
        assert scattered > 2 * max(digit, decade)
