"""The experiment on clipping does what its page says, and its record adds up."""

import numpy as np
import pytest

from snippets.nested import flatten
from tests.experiments import assert_gradients, run_quick

SCHEMES = ["", ", Keras", ", PyTorch"]


# The quick run


def test_the_quick_run_shows_what_the_page_says():
    (quick,) = run_quick("clipping_effect", "quick")
    # Over seeds 0 to 3 and 150 steps: 37 to 50 % without clipping, at most 17 % with it.
    assert quick["not clipped"] > 0.25
    assert quick["clipped"] < 0.2
    assert quick["one step back"] < 0.2


def test_same_seed_same_numbers(book):
    first, again, other = (
        book.learn("by norm", 0.3, book.T, 0.1, seed, steps=2) for seed in (0, 0, 1)
    )
    assert first == again != other


# The task, the control, and the text


def test_a_switch_stays_where_it_was_pushed(book):
    x, y = book.switches(np.random.default_rng(0), 200)
    assert x.shape == y.shape == (book.T, 3, 200)
    assert set(np.unique(y)) == {-1, 1}
    where = y[0] * 0
    for pushed, told in zip(x, y, strict=True):
        where = np.where(pushed != 0, pushed, where)
        np.testing.assert_array_equal(told, where)
    assert np.abs(x[1:]).mean() == pytest.approx(0.05, abs=0.005)
    # as the page says: a network that only sees the push is nearly as bad as a coin
    assert (x[1:] != y[1:]).mean() / 2 == pytest.approx(0.475, abs=0.005)


@pytest.mark.parametrize("measure", ["squared_error", "cross_entropy"])
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, measure):
    rng = np.random.default_rng(0)
    like = book.draw_layers(book.RNN, rng, 3, 4, 3, dtype=np.float64)
    x, y = (array[:6].astype(float) for array in book.switches(rng, 2))
    if measure == "cross_entropy":
        y = np.eye(3)[rng.integers(3, size=(6, 2))].swapaxes(1, 2)
    state = book.RNNState(rng.normal(size=(4, 2)))
    assert_gradients(
        lambda params: book.model(
            params, (x, y), state, like=like, back=6, measure=getattr(book, measure)
        ),
        flatten(like),
    )


@pytest.mark.parametrize("back", [1, 2, 3])
def test_the_control_changes_the_gradient_and_nothing_else(book, back):
    rng = np.random.default_rng(0)
    like = book.draw_layers(book.RNN, rng, 3, 4, 3, dtype=np.float64)
    x, y = (array[:6].astype(float) for array in book.switches(rng, 2))
    (loss, whole, state), (same, cut, same_state) = (
        book.model(flatten(like), (x, y), None, like=like, back=b, measure=book.squared_error)
        for b in (6, back)
    )
    assert loss == pytest.approx(same, rel=1e-12)
    np.testing.assert_allclose(state.a, same_state.a, rtol=1e-12)
    assert max(abs(a - b).max() for a, b in zip(whole, cut, strict=True)) > 1e-3
    for a, b in zip(whole[-2:], cut[-2:], strict=True):  # the readout has no past
        np.testing.assert_allclose(a, b, rtol=1e-9)
    # each chunk separately, from the state that the network had there
    cell, readout = like
    total = [np.zeros_like(w) for w in flatten(like)]
    a = None
    for i in range(0, 6, back):
        z, a, tape = book.many_to_many_forward(cell, readout, x[i : i + back], a)
        dz = 2 * (z - y[i : i + back]) / y.size
        gradients, _, _ = book.many_to_many_backward(cell, readout, tape, dz)
        total = [sum(it) for it in zip(total, flatten(gradients), strict=True)]
    for a, b in zip(total, cut, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_the_text_is_read_in_columns(book):
    codes, n_y = book.play()
    assert (len(codes), n_y) == (93097, 63)
    pieces = book.read(codes, 32, 8, n_y)
    (x, y), (x_next, _) = next(pieces), next(pieces)
    assert x.shape == (32, 63, 8)
    read, target, after = (v.argmax(axis=1) for v in (x, y, x_next))
    np.testing.assert_array_equal(read[:, 0], codes[:32])
    np.testing.assert_array_equal(target[:-1], read[1:])
    np.testing.assert_array_equal(target[-1], after[0])


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_what_diverges_counts_as_a_coin(book):
    wrong, norms = book.learn("by global norm", "inf", book.T, 100.0, 0, steps=60)
    assert wrong == 0.5
    assert len(norms) < 60


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert list(full["wrong"]) == list(full["trials"]) == list(book.ROWS)
    assert list(full["thresholds"]) == list(book.THRESHOLDS)
    assert record["cpu_seconds"] < 600


def test_the_rows_add_up(book, full):
    for label, (_, _, seeds) in book.ROWS.items():
        for key in ("wrong", "largest", "median"):
            assert len(full[key][label]) == len(seeds)
        assert all(0 <= wrong <= 0.6 for wrong in full["wrong"][label])
        assert all(np.array(full["median"][label]) <= full["largest"][label])
    for way, rows in full["thresholds"].items():
        assert [len(row) for row in rows["wrong"]] == [5] * len(book.THRESHOLDS[way])
    for rows in full["rates"].values():
        assert [len(row) for row in rows] == [5] * len(book.RATES)
    for rows in full["text"].values():
        assert [len(row) for row in rows] == [5] * len(book.TEXT_RATES)


def test_clipping_lets_the_learning_rate_grow(full):
    for case in ("", "Adam, "):
        clipped, not_clipped = (full["wrong"][f"{case}{it}"] for it in ("clipped", "not clipped"))
        assert max(clipped) < 0.005
        assert np.mean(not_clipped) > 10 * np.mean(clipped)
    for scheme in SCHEMES:
        assert max(full["wrong"][f"Adam, clipped{scheme}"]) < 0.0002
    assert (
        sum(wrong > 0.01 for it in SCHEMES for wrong in full["wrong"][f"Adam, not clipped{it}"])
        == 18
    )
    rates = {label: trial["chosen"] for label, trial in full["trials"].items()}
    assert rates["clipped"] > 10 * rates["not clipped"]
    for scheme in SCHEMES:  # the direction holds under all three
        clipped, not_clipped = (
            np.mean(full["wrong"][f"{it}{scheme}"]) for it in ("clipped", "not clipped")
        )
        assert clipped < not_clipped
    # slow rather than unable
    assert max(full["longer"].values()) < 0.01


def test_clipping_gains_on_the_older_processor_too(older):
    wrong, trials = older["wrong"], older["trials"]
    for scheme in SCHEMES:
        assert np.mean(wrong[f"clipped{scheme}"]) < np.mean(wrong[f"not clipped{scheme}"])
        assert max(wrong[f"Adam, clipped{scheme}"]) < 0.0002
        assert max(wrong[f"Adam, not clipped{scheme}"]) > 0.0015
    assert trials["clipped"]["chosen"] > 5 * trials["not clipped"]["chosen"]


def test_at_a_small_learning_rate_adam_needs_no_clipping(full, older):
    for same in (full["same rate"], older["same rate"]):
        assert max(same["Adam, not clipped, 0.003"]) < 0.005
        assert max(same["Adam, clipped, 0.003"]) < 0.005
    chosen = [full["trials"][f"Adam, {it}"]["chosen"] for it in ("not clipped", "clipped")]
    assert chosen == [0.01, 0.01]


# claim C3
def test_each_way_has_thresholds_that_do_well_and_fails_when_they_are_too_high(full):
    for rows in full["thresholds"].values():
        wrong = np.mean(rows["wrong"], axis=1)
        assert wrong.min() < 0.002
        assert wrong[-1] > 0.25
        assert wrong[0] > 5 * wrong.min()
    one = {
        way: np.mean(full["thresholds"][way]["wrong"][k])
        for way, k in (("by value", 5), ("by global norm", 3))
    }
    assert one["by value"] > 0.25 > 0.01 > one["by global norm"]


# claim C2
def test_time_is_to_blame_for_the_switches_and_not_for_the_text(book, full):
    at = book.RATES.index(0.3)
    wrong = {case: np.mean(rows[at]) for case, rows in full["rates"].items()}
    assert wrong["not clipped"] > 0.4
    assert max(wrong["clipped"], wrong["one step back"]) < 0.02
    assert np.median(full["largest"]["not clipped"]) > 5 * np.median(
        full["largest"]["one step back"]
    )
    _, safe, broken = range(3)
    blind = np.log(63)
    for case in ("not clipped", "one step back"):
        assert max(full["text"][case][safe]) < 2.6
        assert min(full["text"][case][broken]) > blind
    assert np.mean(full["text"]["clipped"][broken]) > blind
