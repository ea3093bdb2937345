"""The experiment on copying does what its page says, and its record adds up."""

import numpy as np
import pytest

from snippets.nested import flatten, unflatten
from snippets.text import one_hot
from tests.experiments import assert_gradients, run_quick

SCHEMES = ["", ", Keras", ", PyTorch"]
STRENGTHS = [1, 0, None]


@pytest.fixture
def draw_small(book, monkeypatch):
    """Return a function that draws a small network in float64."""
    monkeypatch.setattr(book, "hot", lambda tokens: one_hot(tokens, book.LETTERS + 1))

    def draw(strength, passed=None):
        layers = book.start(np.random.default_rng(0), 4, strength, "PyTorch", passed)
        return unflatten(layers, [w.astype(float) for w in flatten(layers)])

    return draw


# The quick run


def test_the_quick_run_gets_more_letters_right_with_attention():
    (quick,) = run_quick("copying", "quick")
    assert quick["attention"]["letters"] > 0.95
    assert quick["no attention"]["letters"] < quick["attention"]["letters"] - 0.05


def test_same_seed_same_numbers(book):
    def run(seed):
        return book.take((4, 1, 3, "backwards", "Keras"), 0.01, seed, steps=2)

    assert run(0) == run(0) != run(1)


# The task


def test_what_is_written_is_what_was_read_in_either_order(book):
    (read, same), (again, back) = (
        book.draw(np.random.default_rng(0), 5, 200, way) for way in ("forwards", "backwards")
    )
    np.testing.assert_array_equal(read, again)
    np.testing.assert_array_equal(read, same)
    np.testing.assert_array_equal(read[::-1], back)
    assert np.bincount(read.ravel(), minlength=8).min() > 80  # 125 of each are expected


def test_a_linear_layer_copies_without_training(book):
    read, written = book.draw(np.random.default_rng(0), 10, 50)
    x = one_hot(read, book.LETTERS).reshape(10 * book.LETTERS, 50)
    z = np.eye(10 * book.LETTERS) @ x
    np.testing.assert_array_equal(z.reshape(10, book.LETTERS, 50).argmax(axis=1), written)


# The networks


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, draw_small, strength):
    layers = draw_small(strength)
    batch = book.draw(np.random.default_rng(1), 3, 5, "backwards")
    assert_gradients(
        lambda params: book.model(params, batch, None, like=layers, strength=strength),
        flatten(layers),
    )


def test_only_the_first_numbers_of_the_vector_pass(book, draw_small):
    layers, whole = draw_small(None, passed=2), draw_small(None)
    read, written = book.draw(np.random.default_rng(1), 3, 5)
    (_, (end,), _), (_, (every,), _) = (
        encoder.forward(encoder.params, book.hot(read)) for encoder, *_ in (layers, whole)
    )
    assert every[2:].all()
    np.testing.assert_array_equal(end, [*every[:2], *np.zeros((2, 5))])
    assert_gradients(
        lambda params: book.model(params, (read, written), None, like=layers, strength=None),
        flatten(layers),
    )


def test_without_a_query_all_weights_are_equal(book, draw_small):
    q, a = np.random.default_rng(0).normal(size=(2, 4, 3, 2))
    context, alpha = book.look(q, a, 0)
    np.testing.assert_allclose(alpha, 1 / 4)
    np.testing.assert_allclose(context, np.broadcast_to(a.mean(axis=0), context.shape))
    assert np.ptp(book.look(q, a, 1)[1], axis=1).min() > 0.01


@pytest.mark.parametrize("strength", STRENGTHS)
def test_what_is_written_is_what_the_model_predicts_when_fed_the_same(book, draw_small, strength):
    layers = draw_small(strength)
    read, _ = book.draw(np.random.default_rng(1), 6, 40)
    letters, weights = book.write(layers, read, strength)
    # The loss that the model computes for its own letters has no better letter at any step.
    losses = [
        book.model(flatten(layers), (read, other), None, like=layers, strength=strength)[0]
        for other in (letters, *replaced_at_the_end(letters, book.LETTERS))
    ]
    assert losses[0] == min(losses)
    if strength is None:
        assert weights.size == 0
    else:
        np.testing.assert_allclose(weights.sum(axis=1), 1)


def replaced_at_the_end(letters, count):
    """Exchange the last letter of all strings, for each letter that it could be."""
    for letter in range(count):
        other = letters.copy()
        other[-1] = letter
        yield other


def test_a_cut_network_without_attention_knows_nothing_of_the_string(book, draw_small):
    read, _ = book.draw(np.random.default_rng(1), 6, 40)
    cut, _ = book.write(draw_small(None), read, None, cut=True)
    assert (cut == cut[:, :1]).all()
    with_attention, _ = book.write(draw_small(1), read, 1, cut=True)
    assert not (with_attention == with_attention[:, :1]).all()


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == {"steps": book.STEPS, "longer": book.LONG}
    assert record["cpu_seconds"] < 900


def test_the_record_adds_up(book, full):
    rows = {**book.ROWS, **{label: row[:-1] for label, row in book.NARROW.items()}}
    assert [*full["trials"]] == [*rows]
    for label, row in full["places"].items():
        letters = full["letters"][label]
        seeds = rows[label][-1] if label in rows else book.SEEDS[:2]
        assert len(letters) == len(full["cut"][label]) == len(full["twice"][label]) == len(seeds)
        assert np.mean(row) == pytest.approx(np.mean(letters), abs=2e-4)
        for letter, string in zip(letters, full["strings"][label], strict=True):
            assert 0 <= string <= letter <= 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_attention_copies_and_the_vector_alone_does_not(full, scheme):
    with_it, without = (
        full["letters"][f"{name}{scheme}"] for name in ("attention", "no attention")
    )
    assert min(with_it) > 0.9
    assert max(without) < 0.65
    assert max(full["strings"][f"no attention{scheme}"]) < 0.1
    assert np.median(full["strings"][f"attention{scheme}"]) > 0.8


def test_the_vector_is_not_too_small(full, older):
    for results in (full, older):
        letters = results["letters"]
        assert min(letters["no attention, 10 letters, ten times the steps"]) > 0.93
        ten_times = letters["no attention, 15 letters, ten times the steps"]
        assert min(ten_times) > max(letters["no attention, 15 letters"]) + 0.2
        assert max(ten_times) < min(letters["attention, 15 letters"])
        larger = letters["no attention, 128 units"]
        assert min(larger) > max(letters["no attention"])
        assert max(larger) < 0.8
        passed = letters["no attention, 128 units, 32 passed"]
        assert max(passed) < min(larger)
        assert np.median(letters["no attention"]) < np.median(passed)
        assert np.median(larger) - np.median(passed) > 0.6 * (
            np.median(larger) - np.median(letters["no attention"])
        )


def test_with_attention_hardly_anything_comes_through_the_vector(full):
    for scheme in SCHEMES:
        with_it, without = (
            full["cut"][f"{name}{scheme}"] for name in ("attention", "no attention")
        )
        assert np.median(with_it) > 0.85
        assert max(without) < 0.16


def test_it_is_the_choice_that_helps(full):
    assert max(full["letters"]["equal weights"]) < 0.65


def test_reading_backwards_helps_with_the_first_letters(full):
    there, back = (full["places"][it] for it in ("no attention", "no attention, backwards"))
    assert back[0] > there[0]
    gain = np.mean(full["letters"]["no attention, backwards"]) - np.mean(
        full["letters"]["no attention"][:5]
    )
    assert 0 < gain < 0.15


def test_the_gap_grows_with_the_length(full):
    gaps = [
        np.mean(full["letters"][f"attention{length}"])
        - np.mean(full["letters"][f"no attention{length}"])
        for length in (", 5 letters", "", ", 15 letters")
    ]
    assert gaps == sorted(gaps)
