"""The experiment on recall does what its page says, and its record adds up."""

from itertools import product

import numpy as np
import pytest

from snippets.delta import DeltaParams, delta_forward, init_delta, unit
from snippets.nested import flatten, unflatten
from tests.experiments import assert_gradients, run_quick
from tests.numeric import error, slope

PAIR = ["delta rule", "linear attention"]
SCHEMES = ["", ", Keras", ", PyTorch"]


# The quick run


def test_the_quick_run_shows_what_the_page_says():
    quick, shuffled = run_quick("recall", "quick", "shuffled")
    assert quick["delta rule"] > 0.95
    assert 0.5 < quick["linear attention"] < 0.62
    assert shuffled["linear attention"] > 0.98  # ties may fall either way
    assert shuffled["delta rule"] < 0.7


def test_same_seed_same_numbers(book):
    first, again, other = (
        book.examine(book.learn("delta rule", "Keras", 0.03, seed, steps=3), 0, [1])
        for seed in (0, 0, 1)
    )
    assert first == again != other


# The task


def test_a_dictionary_answers_every_question(book):
    x, y = book.draw(np.random.default_rng(0), 3, 20)
    who, what = x[:, : book.KEYS].argmax(axis=1), x[:, book.KEYS :].argmax(axis=1)
    assert x.shape == (3 * 8 + 8, 8 + 9, 20)
    np.testing.assert_array_equal(x.sum(axis=1), 2)
    for column in range(20):
        known = {}
        for t in range(24):
            assert what[t, column] < book.VALUES
            known[who[t, column]] = what[t, column]
        assert np.bincount(who[:24, column]).tolist() == [3] * 8
        for t in range(24, 32):
            assert what[t, column] == book.VALUES
            assert y[t - 24, :, column].argmax() == known.pop(who[t, column])
        assert not known


def test_the_best_guess_is_what_trying_all_values_gives(book):
    assert book.guess(1) == 1
    assert book.guess(2) == pytest.approx(9 / 16)  # the same value, or a coin
    for times in (3, 4):
        most = [max(np.bincount(values)) for values in product(range(book.VALUES), repeat=times)]
        assert book.guess(times) == pytest.approx(np.mean(most) / times)
    drawn = np.random.default_rng(0).multinomial(16, [1 / 8] * 8, size=20000)
    assert book.guess(16) == pytest.approx(drawn.max(axis=1).mean() / 16, abs=0.002)


# The networks


@pytest.fixture
def drawn():
    """Draw a memory of 4 units with keys of 3 numbers, and a sequence."""
    rng = np.random.default_rng(0)
    return init_delta(rng, 5, 4, n_k=3, forget_bias=0.5), rng.normal(size=(7, 5, 2))


def one_by_one(params, x):
    """Add and fade step by step, in a loop of its own."""
    W_k, W_q, W_c, W_u, b_u, W_f, b_f = params
    a = []
    for column in x.transpose(2, 0, 1):
        S = np.zeros((len(W_c), len(W_k)))
        for x_t in column[..., None]:
            keep, write = (1 / (1 + np.exp(-(W @ x_t + b))) for W, b in ((W_f, b_f), (W_u, b_u)))
            S = keep * S + write * (W_c @ x_t) @ unit(W_k @ x_t).T
            a.append(S @ unit(W_q @ x_t))
    return np.array(a).reshape(x.shape[2], len(x), -1).transpose(1, 2, 0)


def test_adding_at_once_is_adding_step_by_step(book, drawn):
    a, _, _ = book.adding_forward(*drawn)
    np.testing.assert_allclose(a, one_by_one(*drawn), rtol=1e-12)


def test_keys_at_right_angles_that_are_written_once_make_no_difference(book):
    # then the delta rule finds nothing to erase
    n_k, (W_k, W_q, W_c) = (
        6,
        np.split(1e4 * np.eye(10)[[*range(6), *range(6), *range(6, 10)]], [6, 12]),
    )
    rng = np.random.default_rng(0)
    params = DeltaParams(
        W_k,
        W_q,
        W_c / 1e4,
        rng.normal(size=(1, 10)),
        np.zeros((1, 1)),
        np.zeros((1, 10)),
        np.full((1, 1), 2.0),
    )
    x = np.concatenate([np.eye(n_k)[:, rng.permutation(n_k)], rng.normal(size=(n_k, 4))], axis=1)[
        ..., None
    ]
    erasing, _, _ = delta_forward(params, x)
    adding, _, _ = book.adding_forward(params, x)
    np.testing.assert_allclose(adding, erasing, atol=1e-9)
    twice = np.concatenate([x, x[:1]])
    erasing, _, _ = delta_forward(params, twice)
    adding, _, _ = book.adding_forward(params, twice)
    assert abs(adding - erasing)[-1].max() > 0.03


def test_the_gradient_of_adding_is_the_slope(book, drawn):
    params, x = drawn
    da = np.random.default_rng(1).normal(size=(7, 4, 2))
    slopes, _, _ = book.adding_backward(params, book.adding_forward(params, x)[2], da)
    for analytic, array in zip(slopes, params, strict=True):
        assert (
            error(analytic, slope(lambda: (da * book.adding_forward(params, x)[0]).sum(), array))
            < 1e-6
        )


@pytest.mark.parametrize(
    "name", ["linear attention, forget gate", "delta rule, forget gate", "GRU"]
)
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, name):
    layers = book.start(name, "this book", np.random.default_rng(3))
    layers = unflatten(layers, [w.astype(float) for w in flatten(layers)])
    batch = [it.astype(float) for it in book.draw(np.random.default_rng(1), 1, 3)]
    assert_gradients(lambda params: book.model(params, batch, None, like=layers), flatten(layers))


@pytest.mark.parametrize("scheme", ["this book", "Keras", "PyTorch"])
def test_both_memories_start_with_the_same_weights(book, scheme):
    (cell, readout), (other, other_readout) = (
        book.start(name, scheme, np.random.default_rng(0)) for name in PAIR
    )
    for w, v in zip(flatten((cell, readout)), flatten((other, other_readout)), strict=True):
        np.testing.assert_array_equal(w, v)
    assert cell.params.W_k.shape == (book.N_K, 17)
    assert cell.params.b_f == 30
    limit = {"this book": np.inf, "Keras": (6 / (17 + 32)) ** 0.5, "PyTorch": 17**-0.5}[scheme]
    assert abs(cell.params.W_k).max() < limit
    if scheme != "this book":
        assert abs(cell.params.W_k).max() > 0.95 * limit


@pytest.mark.parametrize("name", PAIR)
def test_a_forget_gate_that_starts_at_one_stays_there(book, name):
    layers = book.learn(name, "this book", 0.1, 0, steps=3)
    first, _ = book.start(name, "this book", np.random.default_rng(0))
    np.testing.assert_array_equal(layers[0].params.W_f, first.params.W_f)
    assert (layers[0].params.W_k != first.params.W_k).any()


def test_a_sum_does_not_know_the_order(book):
    layers = book.start("linear attention", "this book", np.random.default_rng(0))
    layers = unflatten(layers, [w.astype(float) for w in flatten(layers)])
    x = book.draw(np.random.default_rng(1), 2, 5)[0].astype(float)
    mixed = np.concatenate([x[:16][::-1], x[16:]])
    first, second = (book.many_to_many_forward(*layers, it)[0][-8:] for it in (x, mixed))
    np.testing.assert_allclose(first, second, atol=1e-10)


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == {"steps": book.STEPS, "times": book.TIMES, "longer": book.LONG}
    assert record["cpu_seconds"] < 600


def test_the_record_adds_up(book, full):
    longer = {}
    for name, seed in book.LONGER:
        longer.setdefault(f"{name}, ten times the steps", []).append(seed)
    of_row = {label: seeds for label, (*_, seeds) in book.ROWS.items()} | longer
    assert [*full["accuracy"]] == [*of_row]
    for label, rows in full["accuracy"].items():
        assert [*rows] == [*full["guess"]] == book.TESTED
        seeds = of_row[label]
        for right in rows.values():
            assert len(right) == len(seeds)
            assert all(0 <= it <= 1 for it in right)
    for times, limit in full["guess"].items():
        assert limit == pytest.approx(book.guess(times), abs=5e-5)
    for rows in full["trained on"].values():
        assert [*rows] == [1, 3, 4]


def test_the_pictures_rates_are_those_of_the_search(book, full):
    for name, _, rate, _ in book.ELSE:
        assert full["trials"][name]["chosen"] == rate


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_sum_stays_at_its_limit_and_the_delta_rule_does_not(full, older, scheme):
    for results in (full, older):
        adding = results["accuracy"]["linear attention" + scheme]
        for times in (2, 3, 4, 8, 16):
            limit = full["guess"][times]
            assert np.mean(adding[times]) < limit + 0.01
            assert max(adding[times]) < limit + 0.04  # 1,600 questions: 3 standard errors
        delta = results["accuracy"]["delta rule" + scheme]
        assert sum(right > 0.99 for right in delta[2]) >= 8


def test_a_sum_may_stay_below_its_limit(full):
    adding = full["accuracy"]["linear attention, PyTorch"]
    assert sum(right < 0.52 for right in adding[2]) == 4
    assert sum(right < 0.3 for right in full["trained on"]["linear attention"][4]) == 2


def test_written_once_they_are_alike(full):
    for name in PAIR:
        assert min(full["trained on"][name][1]) > 0.99


def test_fading_helps_and_is_behind_at_four_writes(full, older):
    for results in (full, older):
        fading = results["accuracy"]["linear attention, forget gate"]
        delta = results["accuracy"]["delta rule"]
        assert sum(right > 0.95 for right in fading[2]) == 7
        assert sum(right > 0.95 for right in delta[2]) == 9
        assert sorted(fading[4])[-1] < 0.96 < 0.99 < sorted(delta[4])[-9]
        best = (np.mean(sorted(row[16])[-n:]) for row, n in ((fading, 7), (delta, 9)))
        assert np.ptp([*best]) < 0.03  # with many writes there is hardly a difference


def test_gates_that_see_the_state_take_longer_and_learn_it(full):
    for name in ("GRU", "LSTM"):
        assert max(full["accuracy"][name][2]) < 0.5
        assert min(full["accuracy"][f"{name}, ten times the steps"][2]) > 0.98


def test_with_as_much_training_the_delta_rule_forgets_no_more_than_they_do(full):
    delta, gru, lstm = (
        full["accuracy"][f"{name}, ten times the steps"] for name in ("delta rule", "GRU", "LSTM")
    )
    assert len(delta[2]) == 10
    for times in (1, 2, 3, 4, 8):
        assert min(delta[times]) == 1
    assert min(delta[16]) > 0.995
    assert np.mean(delta[16]) > max(np.mean(gru[16]), np.mean(lstm[16]))
