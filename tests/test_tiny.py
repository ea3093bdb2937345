"""The tiny networks do what their pages say, and would do it again if they were trained again."""

import gzip
import json
from importlib import import_module

import numpy as np
import pytest

from tests.faults import assert_none, differences
from tools import tiny
from tools.tiny import DESIGNS, FOLDER
from tools.tiny_tasks import AGREEMENT, ASSIGNMENTS, ELSE, QUOTES

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

FIGURES = tiny.ROOT / "docs/figures"
MOST_BYTES = 8000  # compressed, of each network
AGAIN = {"rnn": 1200, "lstm": 800, "gru": 1000}  # training steps: enough, and quick


def answers(task, text):
    """Name the right answer after each symbol of a text."""
    return [task.answers[number] for number in task.answer(task.encode(text))]


# The tasks


def test_every_second_mark_closes_a_quotation():
    assert answers(QUOTES, 'a "b" "c') == [
        *("outside", "outside", "opening mark", "inside", "closing mark"),
        *("outside", "opening mark", "inside"),
    ]
    assert QUOTES.sense(QUOTES.encode('a"b"c')) == [-1, 1, 1, 1, -1]


@pytest.mark.parametrize(
    ("sentence", "verbs"),
    [
        ("The keys to the cabinet", "? are are are are"),
        ("The key to the cabinets", "? is is is is"),
        ("The house keys in the box", "? is are are are are"),  # of nouns in a row the last
        ("Old mice dance. The cat", "? are are ? ? is"),  # a full stop ends what was known
    ],
)
def test_a_verb_agrees_with_its_subject(sentence, verbs):
    names = {"?": "no subject yet"}
    assert answers(AGREEMENT, sentence) == [names.get(verb, verb) for verb in verbs.split()]


def test_a_subject_is_sensed_as_long_as_there_is_one():
    assert AGREEMENT.sense(AGREEMENT.encode("The keys here. The key")) == [0, -1, -1, 0, 0, 1]


def test_x_is_the_digit_after_x_and_an_equals_sign():
    no = "no value yet"
    assert answers(ASSIGNMENTS, "x=7 3") == [no, no, "7", "7", "7"]
    assert answers(ASSIGNMENTS, "y=3") == [no, no, no]
    assert answers(ASSIGNMENTS, "x 4x=") == [no] * 5
    assert answers(ASSIGNMENTS, "x=7x=2")[2:] == ["7", "7", "7", "2"]
    assert ASSIGNMENTS.sense(ASSIGNMENTS.encode("x=7=2")) == [-1, -1, 1, -1, -1]


@pytest.mark.parametrize("name", DESIGNS)
def test_random_texts_hold_every_symbol_and_ask_for_every_answer(name):
    task = DESIGNS[name].task
    symbols, answers = tiny.draw_texts(DESIGNS[name], np.random.default_rng(0), 30, 300)
    assert symbols.shape == answers.shape == (30, 300)
    assert set(np.unique(symbols)) == set(range(len(task.inputs)))
    assert set(np.unique(answers)) == set(range(len(task.answers)))
    assert task.inputs[-1] == ELSE
    assert len(set(task.inputs)) == len(task.inputs)


# What is committed


@pytest.mark.parametrize("name", DESIGNS)
def test_a_file_says_what_its_network_does(name):
    network, written = tiny.load(name)
    again = tiny.describe(DESIGNS[name], network)
    measured = again.pop("measured")
    assert measured == pytest.approx(written.pop("measured"), abs=1e-5)  # on another processor
    assert again.pop("telling")["signal"] == written.pop("telling")["signal"]  # units may be alike
    assert again == written
    assert [*written["params"]] == [*DESIGNS[name].params._fields]  # examples rely on the order


@pytest.mark.parametrize("name", DESIGNS)
def test_a_network_is_right_about_texts_that_nobody_has_seen(name):
    network, written = tiny.load(name)
    for seed in (10, 11):
        found = tiny.measure(DESIGNS[name], network, seed, length=60, count=200)
        assert found["accuracy"] > max(written["measured"]["accuracy"] - 0.005, 0.99)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_telling_unit_is_high_where_it_should_be(name):
    network, written = tiny.load(name)
    clarity = tiny.clarity(DESIGNS[name], network, seed=3, length=60, count=300)
    assert clarity[written["telling"]["unit"]] > 0.99


@pytest.mark.parametrize("name", DESIGNS)
def test_the_examples_of_a_page_are_answered_rightly(name):
    task = DESIGNS[name].task
    for number, text in enumerate(DESIGNS[name].examples):
        assert tiny.follow(name, number)["answers"] == answers(task, text)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_network_is_small(name):
    if (size := len(gzip.compress((FOLDER / f"{name}.json").read_bytes()))) >= MOST_BYTES:
        assert_none(
            [f"docs/assets/tiny/{name}.json: expected below {MOST_BYTES} bytes, got {size}"]
        )


def test_no_other_file_lies_beside_the_networks():
    assert_none(
        differences(
            (f"{name}.json" for name in DESIGNS),
            (path.name for path in FOLDER.iterdir()),
            "docs/assets/tiny/{}: expected this file, it is lost: make tiny writes it",
            "docs/assets/tiny/{}: is no network in tools/tiny.py",
        )
    )


@pytest.mark.parametrize("name", DESIGNS)
def test_beside_a_figure_lie_the_values_that_it_shows(name):
    figure = import_module(f"docs.figures.{name}_tiny")
    written = json.loads((FIGURES / f"{name}_tiny.json").read_text(encoding="utf-8"))
    assert written == figure.readings(), "run `make figures`"


# Training


def telling_share(design, network):
    """Return the share of the clearest unit, whichever way round it is."""
    share = tiny.clarity(design, network, seed=5, length=30, count=300)
    return max(share.max(), 1 - share.min())


@pytest.mark.parametrize("name", DESIGNS)
def test_from_another_seed_a_network_learns_the_same(name):
    design = DESIGNS[name]
    network = tiny.learn(design, seed=design.seed + 100, steps=AGAIN[name])
    assert tiny.measure(design, network, seed=4, length=30, count=300)["accuracy"] > 0.97
    assert telling_share(design, network) > 0.75


@pytest.mark.parametrize("name", DESIGNS)
def test_what_has_hardly_been_trained_is_neither_right_nor_clear(name):
    design = DESIGNS[name]
    network = tiny.learn(design, seed=design.seed, steps=30)
    assert tiny.measure(design, network, seed=4, length=30, count=300)["accuracy"] < 0.75
    assert telling_share(design, network) < 0.75
