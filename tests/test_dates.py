"""The experiment on dates does what its page says, and its record adds up."""

import datetime
from functools import partial

import numpy as np
import pytest

from tests.experiments import assert_gradients, run_quick

GROUPS = ["September", "1990s", "1940s", "2030s"]
KNOWN = ["at random", "a wrong weekday"]


def test_the_quick_size_learns():
    (quick,) = run_quick("dates", "quick")
    untrained, *_, trained = quick["exact"]
    assert untrained == 0
    assert trained > 0.25  # measured over seeds 0 to 4: 0.36 to 0.94
    assert quick["tests"]["at random"]["year"] > 0.95


def test_same_seed_same_numbers(book):
    tiny = book.QUICK | {"m": 2, "updates": 2, "stops": 1}

    def weights(seed):
        rng = np.random.default_rng(seed)
        *_, params = book.learn(book.init(3, rng), book.days(2001, 2001), rng, **tiny)
        return np.concatenate([w.ravel() for w in params]).tolist()

    assert weights(0) == weights(0) != weights(1)


def test_a_day_is_written_as_in_britain(book):
    day = datetime.date(2005, 9, 9)
    assert book.say(day, "full") == "friday, 9 september 2005"
    assert book.say(day, "medium") == "9 sept 2005"
    assert book.rule("friday, 9 september 2005") == "2005-09-09"


def test_short_texts_stand_flush_right(book):
    columns = book.columns(["ab", "c"], book.READS, 3)
    texts = ["".join(book.READS[token] for token in column) for column in columns.T]
    assert texts == [" ab", "  c"]


def test_what_is_new_about_a_day(book):
    for day, group in {
        (2005, 10, 9): "usual",
        (2005, 9, 9): "September",
        (1995, 10, 9): "1990s",
        (1940, 1, 1): "1940s",
        (2039, 12, 31): "2030s",
        (2005, 8, 16): "pairs",
        (2005, 9, 18): "two things",
        (1995, 9, 9): "two things",
        (2035, 8, 16): "two things",
    }.items():
        assert book.group(datetime.date(*day)) == group


@pytest.mark.parametrize("few", [0, 100])
def test_no_test_asks_for_a_day_that_was_learned(book, few):
    lessons, tests = book.exam(np.random.default_rng(0), few)
    learned = {day.isoformat() for day in lessons}
    for name, asked in tests.items():
        assert len(asked) == 600
        assert not learned & {answer for _, answer in asked}
        wrong = sum(book.say(datetime.date.fromisoformat(b), "full") != a for a, b in asked)
        assert wrong == (600 if name == "a wrong weekday" else 0)
    for group in GROUPS:
        assert sum(book.group(day) == group for day in lessons) == few
    assert not any(book.group(day) in ("pairs", "two things") for day in lessons)


def test_the_gradient_is_the_slope_of_the_loss(book):
    rng = np.random.default_rng(0)
    params = [w.astype(float) for w in book.init(3, rng)]
    batch = rng.integers(len(book.READS), size=(4, 2)), rng.integers(12, size=(3, 2))
    assert_gradients(partial(book.model, batch=batch, state=None), params)


def test_the_answer_ends_where_the_network_stops(book):
    # The writer copies nothing and remembers nothing; the readout's bias decides alone.
    params = [np.zeros_like(w) for w in book.init(3, np.random.default_rng(0))]
    params[-1][book.WRITES.index("7")] = 1
    assert book.translate(params, ["9 sept 2005"], 11) == ["7" * 12]
    params[-1][book.STOP] = 2
    assert book.translate(params, ["9 sept 2005"], 11) == [""]


def test_marks_by_hand(book, monkeypatch):
    monkeypatch.setattr(book, "translate", lambda *_: ["2005-09-09", "2005-10-09", "2"])
    questions = [(" a", "2005-09-09"), (" b", "2005-09-09"), (" c", "2005-09-09")]
    assert book.mark(None, questions, 2) == {
        "exact": 0.3333,
        "year": 0.6667,
        "month": 0.3333,
        "day": 0.6667,
        "wrong": [["b", "2005-10-09"], ["c", "2"]],
    }


# The record of the full size


def test_the_record_adds_up(book, full):
    assert full["settings"].items() >= book.FULL.items()
    for kind, few in book.KINDS.items():
        for test, row in full["shares"][kind].items():
            exact = [run["tests"][test]["exact"] for run in full["runs"][kind]]
            assert row["mean"] == pytest.approx(np.mean(exact), abs=5e-5)
            assert [row["lowest"], row["highest"]] == [min(exact), max(exact)]
        for run in full["runs"][kind]:
            assert set(run["sizes"].values()) == {book.MOST}
            assert run["lessons"] == full["runs"]["sees none"][0]["lessons"] + 4 * few


def test_what_is_new_fails_and_a_few_examples_mend_it(full):
    none, some = full["shares"]["sees none"], full["shares"]["sees a few"]
    for test in KNOWN:
        assert none[test]["mean"] > 0.9
    for test in GROUPS:
        assert none[test]["highest"] < 0.3
        assert some[test]["mean"] > none[test]["mean"] + 0.3
    assert none["at random"]["lowest"] > none["pairs"]["lowest"] > 0.6
    assert none["September"]["year"] > 0.9 > 0.1 > none["September"]["month"]
    for test in GROUPS[1:]:
        assert none[test]["month"] > 0.9 > 0.3 > none[test]["year"]


def test_the_rule_is_right_and_the_nearest_day_is_not(full):
    for row in full["baselines"].values():
        assert row["rule"] == 1
        assert row["nearest"] == 0
