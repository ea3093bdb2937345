"""The experiment on timing does what its page says, and its record adds up."""

import numpy as np
import pytest

from snippets.lstm import lstm_forward
from snippets.nested import flatten, unflatten
from snippets.peephole import peephole_forward
from tests.experiments import assert_gradients, run_quick

SCHEMES = ["this book", "Keras", "PyTorch"]


# The quick run


def test_the_quick_run_shows_that_both_learn_ten_steps():
    (quick,) = run_quick("timing", "quick")
    assert min(run["accuracy"] for run in quick.values()) > 0.9


def test_same_seed_same_numbers(book):
    first, again, other = (
        [
            book.learn(name, "PyTorch", 4, seed, 0.01, budget=2, every=1, m=4)
            for name in book.NETWORKS
        ]
        for seed in (0, 0, 1)
    )
    assert first == again != other


# The task and the networks


def test_two_spikes_are_as_far_apart_as_their_class_says(book):
    x, lengths, y = book.draw(np.random.default_rng(0), 5, 400)
    assert x.shape == (10, 1, 400)
    assert y.shape == (1, 2, 400)
    longer = y[0, 1].astype(int)
    for column in range(400):
        first, second = np.flatnonzero(x[:, 0, column])
        assert second - first == 4 + longer[column]
        assert lengths[column] == second + 1
    assert 160 < longer.sum() < 240


def test_neither_spike_tells_the_class_by_its_place(book):
    x, lengths, y = book.draw(np.random.default_rng(0), 5, 20000)
    longer = y[0, 1] == 1
    first = x[:, 0].argmax(axis=0)
    counts = [np.bincount(first[group], minlength=5) for group in (longer, ~longer)]
    np.testing.assert_allclose(np.divide(*counts), 1, atol=0.15)
    # ends of 5 to 8 come in both classes: only 4 and 9 give the class away, one in ten each
    ends = [np.bincount(lengths[group] - 1, minlength=10) for group in (longer, ~longer)]
    np.testing.assert_allclose(np.divide(ends[0][5:9], ends[1][5:9]), 1, atol=0.15)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_cells_start_alike(book, scheme):
    (with_them, _), (without, _) = (
        book.start(name, scheme, np.random.default_rng(0), 50)
        for name in ("peepholes", "no peepholes")
    )
    for name in ("W_f", "W_u", "W_c", "W_o", "b_f"):
        np.testing.assert_array_equal(*(getattr(it.params, name) for it in (with_them, without)))
    p_f = with_them.params.p_f
    assert p_f.shape == (8, 1)
    assert p_f.any() == (scheme == "PyTorch")


def test_a_cell_whose_peepholes_are_cut_is_a_plain_one(book):
    layers = book.start("peepholes", "PyTorch", np.random.default_rng(0), 20)
    cut, readout = book.without(layers)
    assert readout is layers[1]
    x = np.random.default_rng(1).normal(size=(4, 1, 2)).astype(np.float32)
    plain = book.LSTM[0](np.random.default_rng(0), 1, 8)._make(cut.params[:8])
    one, _, _ = peephole_forward(cut.params, x)
    two, _, _ = lstm_forward(plain, x)
    np.testing.assert_array_equal(one, two)
    assert layers[0].params.p_f.any()  # the network itself keeps its own


def test_what_is_kept_of_a_peephole_is_its_mean_contribution_the_rest_or_neither(book):
    layers = book.start("peepholes", "PyTorch", np.random.default_rng(0), 5)
    x, lengths, _ = book.draw(np.random.default_rng(1), 5, 3)
    seen = book.mean_seen(layers[0], x, lengths)
    _, _, tape = peephole_forward(layers[0].params, x)
    steps = [(t, column) for column, length in enumerate(lengths) for t in range(length)]
    for gate, late in (("f", 0), ("u", 0), ("o", 1)):  # the output gate sees the new cell state
        c = np.mean([tape.states[t + late].c[:, column] for t, column in steps], axis=0)
        np.testing.assert_allclose(seen[gate][:, 0], c, rtol=1e-5)
        p, b = (getattr(layers[0].params, f"{kind}_{gate}") for kind in "pb")
        for (mean, rest), now in zip(((1, 1), (0, 0), (1, 0), (0, 1)), (1, 0, 0, 1), strict=True):
            params = book.keep(layers, seen, mean, rest)[0].params
            np.testing.assert_array_equal(getattr(params, f"p_{gate}"), now * p)
            average = now * p * seen[gate] + getattr(params, f"b_{gate}")
            np.testing.assert_allclose(average, b + mean * p * seen[gate], rtol=1e-5)
    bare = flatten(book.keep(layers, seen, 0, 0))
    for one, two in zip(bare, flatten(book.without(layers)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_threshold_tells_apart_what_an_untrained_network_sees(book):
    rng = np.random.default_rng(0)
    batch, test = (book.draw(rng, 20, 100) for _ in range(2))
    layers = book.start("peepholes", "Keras", rng, 20)
    leads, longer = book.lead(layers, test)
    assert ((leads > 0) == longer).mean() < 0.7
    assert book.best_threshold(layers, batch, test) == 1
    turned = layers[1]._replace(params=[-w for w in layers[1].params])
    assert book.best_threshold((layers[0], turned), batch, test) == 1


def test_the_forget_gate_starts_as_open_as_the_distance_asks(book):
    layer, _ = book.start("no peepholes", "Keras", np.random.default_rng(0), 50)
    np.testing.assert_allclose(1 / (1 + np.exp(-layer.params.b_f)), 1 - 1 / 50, rtol=1e-6)


@pytest.mark.parametrize("name", ["peepholes", "no peepholes"])
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, name):
    rng = np.random.default_rng(0)
    layers = book.start(name, "PyTorch", rng, 4)
    layers = unflatten(layers, [w.astype(float) for w in flatten(layers)])
    x, lengths, y = book.draw(rng, 4, 5)
    batch = x.astype(float), lengths, y.astype(float)
    assert_gradients(lambda params: book.model(params, batch, None, like=layers), flatten(layers))


def test_a_failure_costs_more_than_the_budget(book, monkeypatch):
    runs = iter(
        [
            {"accuracy": 1.0, "steps": 450, "solved": True},
            {"accuracy": 0.5, "steps": 1500, "solved": False},
        ]
    )
    monkeypatch.setattr(book, "learn", lambda *_, **__: next(runs))
    costs = [book.cost("peepholes", "Keras", 20, 0.01, seed) for seed in (0, 1)]
    assert costs == [450, 1.5 * book.BUDGET]


# The record of the full run


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["budget"] == book.BUDGET
    assert list(full["steps"]) == list(full["trials"]) == list(book.ROWS)
    assert list(full["same rate"]["steps"]) == list(book.SAME_RATE)
    assert list(full["taken apart"]["accuracy"]) == list(book.KEPT)
    assert record["cpu_seconds"] < 1500
    for trial in full["trials"].values():
        assert not set(trial["seeds"]) & set(book.SEEDS)


def test_the_rows_add_up(book, full):
    rows = [(row, full, seeds) for row, (*_, seeds) in book.ROWS.items()]
    rows += [(row, full["same rate"], seeds) for row, (*_, seeds) in book.SAME_RATE.items()]
    for row, results, seeds in rows:
        runs = [results[key][row] for key in book.KEYS]
        assert [len(each) for each in runs] == [len(seeds)] * 4
        for accuracy, cut, steps, solved in zip(*runs, strict=True):
            assert steps % 50 == 0
            assert steps == book.BUDGET or solved
            assert accuracy > 0.94 or not solved
            assert row.startswith("peepholes") or abs(cut - accuracy) < 0.15  # nothing to cut


def test_the_full_run_shows_what_the_page_says(full):
    solved, steps = full["solved"], full["steps"]
    pairs = {
        scheme: [f"{name}, {scheme}" for name in ("peepholes", "no peepholes")]
        for scheme in SCHEMES
    }
    assert [[sum(solved[row]) for row in pair] for pair in pairs.values()] == [
        [8, 2],
        [10, 10],
        [7, 5],
    ]
    with_them, without = (np.median(steps[row]) for row in pairs["Keras"])
    assert with_them < without
    # under this book's the search chose a rate that is too large for both
    for row in pairs["this book"]:
        assert full["trials"][row]["chosen"] == 0.03
    assert sum(solved["no peepholes, 9 units, this book"]) == 5


def solved_at(results, rate):
    """Count the seeds that learn at this learning rate: with peepholes and without."""
    return [
        [sum(results["same rate"]["solved"][f"{name}, {scheme}, {rate}"]) for scheme in SCHEMES]
        for name in ("peepholes", "no peepholes")
    ]


# claim L11
def test_at_the_same_rate_the_gap_nearly_closes(full):
    assert solved_at(full, 0.003) == [[10, 10, 8], [10, 10, 5]]
    assert solved_at(full, 0.01) == [[10, 10, 7], [9, 10, 7]]
    assert full["learned"] == {
        "chosen": {"peepholes": 25, "no peepholes": 17},
        "0.003": {"peepholes": 28, "no peepholes": 25},
        "0.01": {"peepholes": 27, "no peepholes": 26},
    }


def test_the_leading_results_hold_on_the_older_processor(older):
    assert solved_at(older, 0.003) == [[10, 10, 7], [10, 10, 5]]
    assert older["fell when cut"]["0.003"] == 26
    assert older["fell when taken apart"]["threshold"]["nothing"] == 5
    for name, count in (("peepholes", 10), ("no peepholes", 2)):
        assert sum(older["solved"][f"{name}, this book"]) == count


def test_the_same_seed_and_rate_give_the_same_run_in_both_tables(full):
    same = full["same rate"]
    for row, trial in full["trials"].items():
        if (label := f"{row}, {trial['chosen']}") in same["steps"]:
            assert all(same[key][label] == full[key][row] for key in same)


def test_networks_with_peepholes_rely_on_them(full):
    for rate, (fell, learned) in {"chosen": (23, 25), "0.003": (25, 28), "0.01": (24, 27)}.items():
        assert full["fell when cut"][rate] == fell
        assert full["learned"][rate]["peepholes"] == learned
    cut = [
        accuracy
        for row, seeds in full["cut"].items()
        if row.startswith("peepholes")
        for accuracy, solved in zip(seeds, full["solved"][row], strict=True)
        if solved
    ]
    assert len(cut) == 25
    assert sum(accuracy < 0.75 for accuracy in cut) == 23
    assert np.median(cut) < 0.55


def test_most_networks_without_peepholes_only_need_a_new_threshold(full, older):
    for results, learned in ((full, 28), (older, 27)):
        fell = results["fell when taken apart"]
        assert all(
            sum(len(it) for it in of.values()) == learned
            for rows in results["taken apart"].values()
            for of in rows.values()
        )
        assert fell["accuracy"]["nothing"] == results["fell when cut"]["0.003"]
        assert fell["accuracy"]["all"] == fell["threshold"]["all"] == 0
        for kept in ("nothing", "the mean", "all but the mean"):
            assert fell["accuracy"][kept] >= 18
            assert fell["threshold"][kept] <= 5
        untrained = results["untrained"]
        assert min(untrained["this book"] + untrained["Keras"]) == 1
        assert max(untrained["PyTorch"]) < 0.6
