"""The experiment on teacher forcing does what its page says, and its record adds up."""

from itertools import pairwise

import numpy as np
import pytest

from snippets.encoder_decoder import encoder_decoder_forward
from snippets.nested import flatten, unflatten
from tests.experiments import assert_gradients, run_quick

SCHEMES = ["", ", Keras", ", PyTorch"]


@pytest.fixture
def layers(book):
    """Draw a small network for Roman numerals."""
    return book.start("numerals", "this book", np.random.default_rng(0), 5)


# The quick run


def test_the_quick_run_recovers_more_often_when_it_was_fed_its_own_letters():
    (quick,) = run_quick("teacher_forcing", "quick")
    for way in quick.values():
        assert way["free"] > 0.7
    right, own = (quick[f"{it} letters"] for it in ("right", "its own"))
    assert right["forced"] - right["free"] > own["forced"] - own["free"]
    assert own["planted"] > right["planted"]


def test_same_seed_same_numbers(book):
    def weights(seed):
        rng, lessons = np.random.default_rng(seed), np.arange(1, 50)
        settings = {"steps": 2, "n_a": 3}
        (layers,) = book.learn("numerals", "half its own", "Keras", 0.01, rng, lessons, **settings)
        return [w.tolist() for w in flatten(layers)]

    assert weights(0) == weights(0) != weights(1)


# The task


@pytest.mark.parametrize(
    ("number", "numeral"),
    [(1, "I"), (14, "XIV"), (49, "XLIX"), (1994, "MCMXCIV"), (3888, "MMMDCCCLXXXVIII")],
)
def test_roman_numerals_by_hand(book, number, numeral):
    assert book.roman(number) == numeral


def test_roman_numerals_say_their_number(book):
    worth = dict(zip("IVXLCDM", (1, 5, 10, 50, 100, 500, 1000), strict=True))
    for number in range(1, 4000):
        values = [worth[letter] for letter in book.roman(number)] + [0]
        assert number == sum(-a if a < b else a for a, b in pairwise(values))


@pytest.mark.parametrize(
    ("number", "written"),
    [(7, "seven"), (20, "twenty"), (300, "three hundred"), (412, "four hundred twelve")],
)
def test_numbers_in_words_by_hand(book, number, written):
    assert book.words(number) == written


def test_a_lesson_by_hand(book):
    digits, letters, counts = book.lesson("numerals", [4, 1100])
    assert digits.T.tolist() == [[0, 0, 0, 4], [1, 1, 0, 0]]
    assert ["".join("\nIVXLCDM"[k] for k in row) for row in letters.T] == ["IV\n", "MC\n"]
    assert counts.all()
    _, _, counts = book.lesson("numerals", [1, 3])
    assert counts.T.tolist() == [[True, True, False, False], [True] * 4]


@pytest.mark.parametrize("task", ["numerals", "words"])
def test_no_number_is_in_two_parts(book, task):
    parts = book.split(task, np.random.default_rng(0))
    assert sorted(np.concatenate(parts)) == [*range(1, book.TASKS[task][2] + 1)]
    assert len(parts[1]) == len(parts[2]) > 90


# What the decoder is fed


def test_step_by_step_it_writes_as_all_at_once(book, layers):
    digits, letters, _ = book.lesson("numerals", [14, 3888])
    right = book.before(letters)
    fed, written = book.write(layers, digits, len(letters), lambda t, own: right[t])
    np.testing.assert_array_equal(fed, right)
    z, _ = encoder_decoder_forward(*layers, book.hot(digits, 10), book.hot(right, 8))
    np.testing.assert_array_equal(written, z.argmax(axis=1))


def test_it_is_fed_the_right_letters_its_own_or_some_of_both(book, layers):
    digits, letters, _ = book.lesson("numerals", range(1, 400))
    right, rng = book.before(letters), np.random.default_rng(0)
    given = layers, digits, letters
    np.testing.assert_array_equal(book.choose("own", 0, rng, *given), right)
    own = book.choose("own", 1, rng, *given)
    fed, written = book.write(layers, digits, len(letters), lambda t, own: own)
    np.testing.assert_array_equal(own, fed)
    np.testing.assert_array_equal(own[1:], written[:-1])
    half = book.choose("own", 0.5, rng, *given)
    assert 0.4 < (half == right)[1:].mean() < 0.9
    assert not book.choose("nothing", 0, rng, *given).any()
    noisy = book.choose("random", 0.2, rng, *given)
    assert not noisy[0].any()  # the start is never replaced
    assert (noisy != right)[1:].mean() == pytest.approx(0.2 * 7 / 8, abs=0.02)


def test_the_gradient_is_the_slope_of_the_loss(book, layers, monkeypatch):
    monkeypatch.setattr(book, "hot", lambda tokens, n: np.eye(n)[tokens].swapaxes(1, 2))
    layers = unflatten(layers, [w.astype(float) for w in flatten(layers)])
    batch = book.lesson("numerals", [3, 14, 3888]), ("own", 0, np.random.default_rng(0))
    assert_gradients(lambda params: book.model(params, batch, None, like=layers), flatten(layers))


# The marks


def test_marks_and_a_planted_letter_by_hand(book, monkeypatch):
    task, numbers = "numerals", [3, 6, 14]
    _, letters, _ = book.lesson(task, numbers)
    layers = book.start(task, "this book", np.random.default_rng(0), 3)

    def parrot(layers, digits, steps, feed):
        """Write the right letters, but after a wrong one repeat it for ever."""
        columns = [numbers.index(int("".join(map(str, d)))) for d in digits.T]
        right, fed, written = letters[:, columns], [], []
        own, wrong = np.zeros(len(columns), int), np.zeros(len(columns), bool)
        for t in range(steps):
            fed.append(feed(t, own))
            if t:
                wrong |= fed[-1] != right[t - 1]
            own = np.where(wrong, fed[-1], right[t])
            written.append(own)
        return np.array(fed), np.array(written)

    monkeypatch.setattr(book, "write", parrot)
    marks = book.mark(task, "right letters", layers, numbers)
    assert marks == {"forced": 1, "free": 1, "whole": 1}
    rng = np.random.default_rng(0)
    assert book.plant(task, "right letters", layers, numbers, rng) == (0, 3)
    assert book.plant(task, "nothing", layers, numbers, rng) == (0, 0)  # the parrot has none right


def test_a_whole_answer_is_right_in_all_that_counts(book):
    right = np.array([[True, True], [False, False]])
    counts = np.array([[True, True], [True, False]])
    assert book.whole(right, counts).tolist() == [False, True]
    assert book.share(right, counts) == 0.6667


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == book.FULL
    assert record["cpu_seconds"] < 600


def test_the_record_adds_up(book, full):
    assert [*full["whole"]] == [*book.ROWS]
    for key in ("forced", "free", "whole", "planted"):
        for way, shares in full[key].items():
            assert len(shares) == len(book.ROWS[way][-1])
            assert all(0 <= share <= 1 for share in shares)
            assert full["mean"][key][way] == pytest.approx(np.mean(shares), abs=1e-4)
            if key != "planted":
                curve = full["curves"][key][way]
                assert len(curve) == book.FULL["stops"]
                assert curve[-1] == pytest.approx(np.mean(shares), abs=1e-4)
    assert full["asked"] > 100  # planted letters: in answers that are right
    assert set(full["planted"]["nothing"]) == {1}  # it reads no letters
    for of_way in full["words"].values():
        assert [len(runs) for runs in of_way.values()] == [2, 2]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_own_letters_make_it_sturdier(full, older, scheme):
    for results in (full, older):
        planted, whole = results["planted"], results["mean"]["whole"]
        right, own = f"right letters{scheme}", f"its own letters{scheme}"
        assert np.median(planted[own]) > 1.3 * np.median(planted[right])
        assert min(planted[own]) > max(planted[right])
        assert abs(whole[right] - whole[own]) < 0.05


def test_the_worst_of_its_own_is_sturdier_than_the_best_of_the_teachers(full):
    right, own = (
        [share for scheme in SCHEMES for share in full["planted"][f"{way} letters{scheme}"]]
        for way in ("right", "its own")
    )
    assert len(right) == len(own) == 30
    assert min(own) > max(right)
    trials = full["trials"]  # and it isn't the learning rate: under PyTorch's it is the same
    pair = (trials[f"{way} letters, PyTorch"]["chosen"] for way in ("right", "its own"))
    assert len(set(pair)) == 1


def test_random_letters_help_more_than_its_own(full):
    planted = full["mean"]["planted"]
    ways = ["right letters", "half its own", "its own letters", "a fifth random"]
    assert [planted[way] for way in ways] == sorted(planted[way] for way in ways)


def test_early_in_training_the_teacher_leaves_a_gap(full):
    forced, free = full["curves"]["forced"], full["curves"]["free"]
    gaps = {way: forced[way][0] - free[way][0] for way in ("right letters", "its own letters")}
    assert gaps["right letters"] > 0.05 > gaps["its own letters"]


def test_a_roman_numeral_can_be_written_from_the_state_alone(full):
    assert full["mean"]["whole"]["nothing"] > 0.8
