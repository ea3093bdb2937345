"""What experiments share: cells and first weights, the search for a rate, tables, plays, copies."""

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import numpy as np
import pytest

from tools import plays
from tools.kneser_ney import KneserNey, WindowTable, discounts
from tools.networks import GRU, LSTM, RNN, SCHEMES, draw_layers
from tools.solving import train_until_solved
from tools.standalone import beside_the_snippets, standalone
from tools.tables import show_table
from tools.trials import MOST, neighbour, search

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]


# -- networks


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_layers_have_their_sizes_and_type(cell, scheme):
    layer, readout = draw_layers(cell, np.random.default_rng(0), 5, 4, 3, scheme=scheme)
    a, _, _ = layer.forward(layer.params, np.ones((2, 5, 1), np.float32))
    z, _ = readout.forward(readout.params, a)
    assert z.shape == (2, 3, 1)
    assert {array.dtype for array in (*layer.params, *readout.params, z)} == {np.dtype("f4")}


# Standard deviations by hand: uniform in +-l has l / sqrt(3). With 30 inputs, 40 units, 50 outputs:
# Keras takes l = sqrt(6 / (30 + 4 * 40)) for an LSTM's inputs, sqrt(6 / 90) for its readout.
@pytest.mark.parametrize(
    ("scheme", "inputs", "readout", "forget_bias"),
    [
        ("this book", 1.0, 40**-0.5, 1.0),
        ("Keras", math.sqrt(2 / 190), math.sqrt(2 / 90), 1.0),
        ("PyTorch", 40**-0.5 / math.sqrt(3), 40**-0.5 / math.sqrt(3), None),
    ],
)
def test_weights_are_drawn_as_the_scheme_says(scheme, inputs, readout, forget_bias):
    rng = np.random.default_rng(0)
    drawn = [draw_layers(LSTM, rng, 30, 40, 50, scheme=scheme) for _ in range(20)]
    of_inputs = np.stack([layer.params.W_c[:, 40:] for layer, _ in drawn])
    of_readout = np.stack([above.params.W_ya for _, above in drawn])
    assert of_inputs.std() == pytest.approx(inputs, rel=0.02)
    assert of_readout.std() == pytest.approx(readout, rel=0.02)
    biases = np.stack([layer.params.b_f for layer, _ in drawn])
    if forget_bias is None:
        assert biases.std() == pytest.approx(math.sqrt(2) * inputs, rel=0.1)  # two draws, added
    else:
        np.testing.assert_array_equal(biases, forget_bias)


def test_dense_inputs_get_smaller_weights_by_the_rule_of_this_book():
    layer, _ = draw_layers(GRU, np.random.default_rng(0), 400, 40, 2, input_scale=None)
    assert layer.params.W_c.std() == pytest.approx(400**-0.5, rel=0.02)


# -- the search for a rate


def test_rates_are_one_and_three_of_each_power_of_ten():
    rates = [0.0003]
    for _ in range(5):
        rates.append(neighbour(rates[-1], up=True))
    assert rates == [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]
    assert [neighbour(rate, up=False) for rate in rates[1:]] == rates[:-1]


def test_the_search_goes_on_until_the_best_rate_is_between_others():
    trial = search(lambda rate, seed: abs(math.log10(rate / 0.1)) + seed, [1, 2])
    assert trial["chosen"] == 0.1
    assert [row["rate"] for row in trial["tried"]] == [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
    assert trial["tried"][-2] == {"rate": 0.1, "scores": [1.0, 2.0]}
    assert trial["seeds"] == [1, 2]
    low = search(lambda rate, seed: abs(math.log10(rate / 0.0003)), [1])
    assert [row["rate"] for row in low["tried"]] == [0.0001, 0.0003, 0.001, 0.003, 0.01]


def test_the_mean_over_seeds_decides_and_divergence_is_the_worst():
    scores = {0.001: [3.0, 3.0], 0.003: [1.0, 4.0], 0.01: [0.0, math.nan]}
    trial = search(lambda rate, seed: scores[rate][seed], [0, 1])
    assert trial["chosen"] == 0.003
    assert trial["tried"][-1] == {"rate": 0.01, "scores": [0.0, None]}


def test_a_score_without_a_best_rate_is_refused():
    tried = []
    with pytest.raises(ValueError, match=r"^expected a best rate between others, got the edge of"):
        search(lambda rate, seed: tried.append(rate) or -rate, [0])
    assert len(tried) == MOST


# -- training until a task is solved


def train_a_weight(shares, loss=1.0):
    """Train a weight whose gradient is 1, asked after every 2 of at most 8 training steps."""

    def model(params, batch, state, *, like):
        return loss, [np.ones_like(w) for w in params], None

    shares, start = iter(shares), (np.zeros((1, 1)),)
    settings = {"rate": 0.1, "budget": 8, "every": 2}
    (w,), run = train_until_solved(model, start, list, lambda _: next(shares), **settings)
    return w.item(), run


def test_training_stops_when_99_percent_are_right():
    w, run = train_a_weight([0.5, 0.98, 0.99])
    assert run == {"steps": 6, "solved": True}
    assert w == pytest.approx(-0.6)  # with a constant gradient each step of Adam is the rate


def test_training_stops_when_the_budget_is_spent():
    w, run = train_a_weight([0.5] * 4)
    assert run == {"steps": 8, "solved": False}
    assert w == pytest.approx(-0.8)


def test_a_network_that_diverges_has_not_solved_the_task():
    assert train_a_weight([], loss=math.inf) == (0, {"steps": 8, "solved": False})


# -- counting


def test_a_table_by_hand():
    # Pairs: 01 twice, 10, 02 and 20 once. None was seen more than twice, so the discounts are 1/2
    # and 1. Different symbols came before: two before 0, one before 1, one before 2.
    table = KneserNey([0, 1, 0, 2, 0, 1], size=3, longest=1)
    without = np.array([5 / 12, 7 / 24, 7 / 24])  # (2 - 1) / 4 + 1 / 2 * 1 / 3, and so on
    after_0 = [0, (2 - 1) / 3, (1 - 1 / 2) / 3] + without / 2
    np.testing.assert_allclose(table.predict([0]), after_0)
    np.testing.assert_allclose(table.predict([1]), [1 / 2, 0, 0] + without / 2)
    assert table.kept() == [3, 4 + 3]


def test_discounts_by_hand():
    counts = np.repeat([1, 2, 3, 4, 9], [10, 5, 3, 2, 1])  # so the share is 10 / (10 + 2 * 5)
    expected = [0, 1 - 2 / 2 * 5 / 10, 2 - 3 / 2 * 3 / 5, 3 - 4 / 2 * 2 / 3]
    np.testing.assert_allclose(discounts(counts), expected)
    np.testing.assert_array_equal(discounts(counts[:15]), [0, 0.5, 1, 1.5])  # none seen 3 times
    many = np.repeat([1, 2, 3, 4], [9, 1, 9, 9])  # the second would be below zero
    np.testing.assert_array_equal(discounts(many), [0, 0.5, 1, 1.5])


TEXT = np.random.default_rng(0).integers(4, size=300) ** 2 % 5  # 0, 1 and 4 of 5 symbols


def test_a_table_agrees_with_the_formula_written_out():
    def share(symbol, context, often):
        """Return the probability by a loop over the text; `often` counts how often."""
        n = len(context) + 1
        grams = [tuple(TEXT[i : i + n].tolist()) for i in range(len(TEXT) - n + 1)]
        if not often:
            longer = {tuple(TEXT[i : i + n + 1].tolist()) for i in range(len(TEXT) - n)}
            grams = [gram[1:] for gram in longer]
        counts = {gram: grams.count(gram) for gram in set(grams)}
        taken = discounts(np.array([*counts.values()]))
        after = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == context}
        shorter = share(symbol, context[1:], False) if context else 1 / 5
        if not after:
            return shorter
        spared = sum(taken[min(count, 3)] for count in after.values())
        own = after.get(symbol, 0)
        return (own - taken[min(own, 3)] + spared * shorter) / sum(after.values())

    table = KneserNey(TEXT, 5, 3)
    before, tokens = [4, 1, 0, 2, 0], [1, 3, 4, 4, 0, 1]
    text = [*before, *tokens]
    for n, loss in enumerate(table.losses(before, tokens)):
        shares = [share(text[i], tuple(text[i - n : i]), True) for i in range(5, 11)]
        assert loss == pytest.approx(-np.mean(np.log(shares)))


@pytest.mark.parametrize("longest", [0, 1, 2, 3])
def test_what_a_table_predicts_sums_to_1_after_every_context(longest):
    table = KneserNey(TEXT, 5, longest)
    for context in np.ndindex((5,) * longest):  # 2 and 3 were never seen
        shares = table.predict(context)
        assert shares.sum() == pytest.approx(1)
        assert shares.min() > 0


def test_a_table_without_memory_is_the_smoothed_share_of_each_symbol():
    counts = np.bincount(TEXT, minlength=5)
    smoothed = (counts - 1.5 * (counts > 0) + 3 * 1.5 / 5) / len(TEXT)
    np.testing.assert_allclose(KneserNey(TEXT, 5, 0).predict([]), smoothed)


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="63 bits"):
        KneserNey(TEXT, 10**6, 3)
    with pytest.raises(ValueError, match="more than 4 tokens"):
        KneserNey([0, 1, 0, 1], 2, 3)


def test_a_table_of_windows_is_that_of_the_text():
    text = [*[0] * 4, *TEXT]  # the first windows of shorter contexts are in the text only
    table = WindowTable(np.lib.stride_tricks.sliding_window_view(np.array(text), 4), 5)
    of_text = KneserNey(text, 5, 3)
    asked = np.array([[0, 1, 4, 1], [2, 1, 0, 4], [4, 4, 1, 0]])
    np.testing.assert_allclose(table.share(asked), of_text.shares(asked)[-1])


def test_a_column_of_windows_tells_what_follows():
    # after 0 comes 1 if the first column is 0, and 2 if it is 1: without it, both are as likely
    windows = np.array([[0, 0, 1], [1, 0, 2]] * 50)
    told, plain = WindowTable(windows, 3), WindowTable(windows[:, 1:], 3)
    np.testing.assert_allclose(plain.share(np.array([[0, 1], [0, 2]])), 0.5, atol=0.02)
    assert told.share(windows[:2]).min() > 0.95
    every = np.array([[1, 2, symbol] for symbol in range(3)])  # 1 2 is a new context
    assert told.share(every).sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="63 bits"):
        WindowTable(windows, 10**7)


# -- tables, plays


def test_a_table_is_printed_where_there_is_no_notebook(capsys):
    show_table(["cell", "nats"], [["LSTM", "1.5"]])
    assert capsys.readouterr().out == "| cell | nats |\n| --- | ---: |\n| LSTM | 1.5 |\n"


def test_a_text_is_cut_into_three_parts_that_follow_one_another():
    text = "abcdefghij" * 4
    parts = plays.split(text)
    assert "".join(parts) == text
    assert [len(part) for part in parts] == [36, 2, 2]


def test_marks_are_taken_out_of_a_play():
    text = "### ACT *I*  \n\n**Ham.** To be,\nor"
    assert plays.without_marks(text) == "ACT I\n\nHam. To be,\nor"


# -- copies that run beside the snippets


def test_a_copy_imports_the_snippets_of_its_own_folder():
    tools = "from tools.data import (\n    A,\n)\nfrom tools.plays import B\n"
    snippets = "from snippets.rnn import (\n    init_rnn,\n)\n"
    assert beside_the_snippets(f"{snippets}{tools}x = 1\n") == (
        "from rnn import (\n    init_rnn,\n)\nx = 1\n"
    )


def names(pattern="*.py"):
    return sorted(path.stem for path in (ROOT / "docs/experiments").glob(pattern))


@pytest.mark.parametrize("name", names())
def test_a_copy_holds_all_that_it_needs(name):
    text = standalone(name)
    assert "snippets." not in text.replace("unrolled.zip", "")
    assert "tools." not in text
    assert "<!--" not in text
    assert "](../" not in text
    compile(text, name, "exec")
    notebook = jupytext.reads(text, "py:percent")
    assert [cell.cell_type for cell in notebook.cells][:2] == ["markdown", "code"]


def test_a_copy_runs_in_a_folder_with_the_snippets(tmp_path):
    for path in (ROOT / "snippets").glob("*.py"):
        shutil.copy(path, tmp_path)
    (tmp_path / "memory.py").write_text(standalone("memory"), encoding="utf-8")
    environment = os.environ | {"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "memory.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "LSTM" in done.stdout
