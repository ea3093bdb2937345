"""A count, a record or a plot that does not agree with what there is is caught.

Each test writes a small book that is right, and plants one fault in it.
"""

import json
import subprocess

import pytest

from tests.guards import counts, experiments, numbers, plots, records, sizes, untouched, values
from tests.planted import called, look, plant, write
from tests.test_docstrings import ECHO
from tools.results import SUMMARY, Experiment, save_results

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

COUNTED = ECHO | {
    "snippets/lstm.py": """\
class LSTMValues:
    gamma_f: int
    gamma_u: int
    gamma_o: int
""",
    "snippets/gru.py": """\
class GRUValues:
    gamma_u: int
    gamma_r: int
""",
    "docs/lstm.md": """\
# LSTM

It has three gates, where a GRU has two gates. "Nine gates", say others.
""",
    "docs/figures/lstm_cell.svg": "<svg><desc>A cell with three gates.</desc></svg>",
    "docs/index.md": """\
---
description: Three snippets.
---

# Home

| LSTM | three gates |
|---|---|
| GRU | two gates |

All three snippets run. Two snippets share a helper.

It ran on twenty shapes.
<!-- check: twenty == len(SHAPES) -->

Over twenty shapes!
""",
}
COUNTS = [
    ("docs/lstm.md", "has three gates", "has four gates", "docs/lstm.md:3: expected 2 or 3 gates"),
    ("docs/index.md", "| three gates", "| two gates", "expected 3 gates, got `two gates`"),
    ("docs/index.md", "| two gates", "| 3 gates", "expected 2 gates, got `3 gates`"),
    ("docs/figures/lstm_cell.svg", "three", "four", "lstm_cell.svg:1: expected 3 gates"),
    ("docs/index.md", "All three", "All five", "expected 3 snippets, got `All five snippets`"),
    ("docs/index.md", "Three snippets", "Four snippets", "expected 3 snippets, got `Four snip"),
    ("docs/index.md", "Over twenty", "Over seven", "a number that is checked shapes, got `seven"),
    ("docs/index.md", "<!-- check", "<!-- note", "got `twenty shapes`"),
    ("snippets/lstm.py", "    gamma_o: int\n", "", "docs/lstm.md:3: expected 2 gates"),
    ("snippets/gru.py", "class", '"""Has three gates."""\nclass', "gru.py:1: expected 2 gates"),
]


def test_what_is_counted_rightly_passes(tmp_path):
    assert look(tmp_path, counts.check, COUNTED) == ""


@pytest.mark.parametrize(("name", "old", "new", "message"), COUNTS, ids=called(COUNTS))
def test_a_wrong_count_is_caught(tmp_path, name, old, new, message):
    assert message in look(tmp_path, counts.check, plant(COUNTED, name, old, new))


def check_page(root):
    return numbers.check(root) + values.check_page(root, "docs/page.md")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Twenty of it.\n<!-- check: twenty == 4 * 5 + 1 -->", "the page says twenty, at its end"),
        (
            "It is 1.5 bits.\n<!-- check: 1.5 == 3 / 2 * 1.0 -->",
            "says 1.5 bits, its check divides no",
        ),
        ("It is 1.5 nats.\n<!-- check: 1.5 == 1.04 / np.log(2) -->", "its check divides by log(2)"),
        ("Nineteen of it.\n<!-- check: twenty == 4 * 5 -->", "`twenty` is checked, but"),
    ],
)
def test_a_number_in_words_or_a_unit_that_is_wrong_is_caught(tmp_path, text, message):
    assert message in look(tmp_path, check_page, {"docs/page.md": f"# Page\n\n{text}\n"})


def test_a_number_in_words_that_is_right_passes(tmp_path):
    text = "Twenty-one of it.\n<!-- check: twenty-one == len(module('string').digits) + 11 -->\n"
    assert look(tmp_path, check_page, {"docs/page.md": text}) == ""


# Records and plots

EXPERIMENT = '''\
# %% [markdown]
# ---
# title: New
# description: Something, over two seeds.
# ---
#
# # New
#
# Right with both of two seeds, and with all two seeds. In a trial three seeds did so.
# `make experiments NAME=new` measures again.

# %%
import matplotlib.pyplot as plt

from tools.results import load_results

SEEDS = [0, 1]
CELLS = ["lstm", "gru"]


def measure(cell, seed):
    """Return its loss."""
    return len(cell) + seed


def summarise(measured):
    """Give the losses of each cell."""
    return {cell: [measured[f"{cell}, seed {k}"] / 3 for k in SEEDS] for cell in CELLS}


def pair(cell, seeds):
    """Return both losses."""
    return {"losses": [len(cell) + seed for seed in seeds], "words": [cell]}


PARTS = {f"{cell}, seed {k}": (measure, cell, k) for cell in CELLS for k in SEEDS} | {
    f"both, {cell}": (pair, cell, SEEDS) for cell in ["rnn", *CELLS]
}
LEADING = ["gru, seed 0", "both, lstm"]
# %%
full = load_results("new")
# %% tags=["hide-input"] alt="Loss in nats against the seed, a dot for each of two seeds. It grows."
figure, axes = plt.subplots()
for name, losses in full.items():
    lines = axes.plot(SEEDS, losses, "o", label=name)
mean = [sum(losses) / 2 for losses in full.values()]
means = axes.plot(CELLS, mean, label="mean")
axes.set(xlabel="seed", ylabel="loss in nats")
axes.set_xticks(SEEDS, SEEDS)
axes.legend([*lines, *means], ["a line", "the means"])
'''
BOOK = {"docs/experiments/new.py": EXPERIMENT, "docs/home.md": "# Home\n"}


def record(root):
    """Measure the experiment as it is."""
    experiment = Experiment("new", root)
    measured = {label: experiment.measure(label) for label in experiment.parts}
    module = experiment.define(experiment.reach("SEEDS", SUMMARY, "LEADING").kept)
    kept = {
        "summarise": experiment.code[SUMMARY],
        "seeds": list(module.SEEDS),
        "cpu_seconds": 3.5,
        "results": module.summarise(measured),
        "parts": {
            label: {
                "code": experiment.code[label],
                "versions": {"python": "3.12.1", "numpy": "2.5.5"},
                "cpu_seconds": 0.5,
                "measured": it,
            }
            for label, it in measured.items()
        },
    }
    older = {label: kept["parts"][label] for label in module.LEADING}
    kept["older"] = {"results": kept["results"], "parts": older}
    return json.loads(json.dumps(kept))


def set_result(kept):
    kept["results"]["gru"][1] += 0.001


def drop_result(kept):
    del kept["results"]["gru"][1]


def rename_part(kept):
    kept["parts"] = {it.replace("gru", "rnn"): part for it, part in kept["parts"].items()}


def exchange_results(kept):
    gru, lstm = kept["results"]["gru"], kept["results"]["lstm"]
    kept["results"] |= {"gru": lstm, "lstm": gru}


ALL = ["rnn", "lstm", "gru"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda kept: kept.update(seeds=[0]), "expected the seeds [0, 1] of SEEDS, got [0]"),
        (lambda kept: kept.update(seeds=[1, 0]), "expected the seeds [0, 1] of SEEDS, got [1, 0]"),
        (
            lambda kept: kept["parts"].pop("gru, seed 1"),
            "expected the parts of PARTS in their order",
        ),
        (rename_part, "expected the parts of PARTS in their order"),
        (set_result, 'results["gru"][1] is not what `summarise` makes'),
        (drop_result, 'results["gru"] is not what `summarise` makes'),
        (exchange_results, "is not what `summarise` makes"),
        (lambda kept: kept["parts"]["gru, seed 0"].update(measured=9), "is not what `summarise`"),
        (
            lambda kept: kept["older"]["parts"]["gru, seed 0"].update(measured=9),
            'older results["gru"][0] is not what `summarise` makes of the parts',
        ),
        (lambda kept: kept["older"]["results"].pop("gru"), "older results is not what `summarise`"),
        (lambda kept: kept["older"]["parts"].pop("gru, seed 0"), "expected the parts of LEADING"),
        (
            lambda kept: kept.pop("older"),
            "expected the parts of LEADING in their order, got others",
        ),
        (lambda kept: kept.update(cpu_seconds=2), "the seconds of all parts, 3.5, got 2"),
        (
            lambda kept: kept["parts"]["gru, seed 0"].update(cpu_seconds=0.7),
            "the seconds of all parts, 3.7, got 3.5",
        ),
        (
            lambda kept: kept["parts"]["gru, seed 0"].pop("measured"),
            "gru, seed 0: expected the keys",
        ),
        (
            lambda kept: kept["parts"]["gru, seed 0"]["versions"].update(numpy="2.4.0"),
            "new.json:21: gru, seed 0: expected the versions of most parts",
        ),
        (
            lambda kept: kept["parts"]["both, gru"]["measured"]["losses"].pop(),
            "both, gru: expected 2 of measured['losses'], got 1: `pair` has one for each seed",
        ),
        (
            lambda kept: [kept["parts"][f"both, {it}"]["measured"]["losses"].pop() for it in ALL],
            "both, rnn: expected one value for each of 2 seeds",
        ),
    ],
)
def test_a_record_that_was_trimmed_and_sealed_again_is_caught(tmp_path, change, message):
    write(tmp_path, BOOK)
    kept = record(tmp_path)
    save_results("new", kept, tmp_path)
    assert records.check(tmp_path) == []
    change(kept)
    save_results("new", kept, tmp_path)
    assert message in "\n".join(records.check(tmp_path))


def git(root, *arguments):
    who = ("-c", "user.name=Name", "-c", "user.email=name@example.org")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def test_a_part_that_was_changed_but_not_measured_again_is_caught(tmp_path):
    write(tmp_path, BOOK)
    kept = record(tmp_path)
    save_results("new", kept, tmp_path)
    assert untouched.check(tmp_path) == []  # without git
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    assert untouched.check(tmp_path) == []
    part = kept["parts"]["gru, seed 1"]
    part["measured"] += 1
    save_results("new", kept, tmp_path)
    (fault,) = untouched.check(tmp_path)
    assert fault.startswith("docs/experiments/results/new.json:22: gru, seed 1: expected other sec")
    git(tmp_path, "commit", "--all", "--quiet", "--message", "second")
    assert untouched.check(tmp_path) == [fault.replace("HEAD", "HEAD^1")]
    part["cpu_seconds"] += 0.001
    save_results("new", kept, tmp_path)
    assert untouched.check(tmp_path) == []


def trial_of(**other):
    """Give a record with a search that keeps the rules, apart from what is given here."""
    tried = [
        {"rate": rate, "scores": scores}
        for rate, scores in [(0.003, [2, 3]), (0.01, [1, 2]), (0.03, [None, 2])]
    ]
    trial = {"chosen": 0.01, "seeds": [100, 101], "tried": tried}
    results = {"curve": {"loss": [1, 2]}, "trial": trial | other}
    return {"seeds": [0, 1], "results": results, "parts": {"gru": {"measured": trial}}}


def test_a_search_that_keeps_the_rules_passes():
    assert list(experiments.trial_faults(trial_of())) == []


FREE = "expected seeds that are not reported"  # of a part that draws nothing
ROWS = trial_of()["results"]["trial"]["tried"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"chosen": 0.003}, "expected a chosen rate between others, got 0.003 of"),
        ({"tried": ROWS[:2]}, "expected a chosen rate between others, got 0.01 of [0.003, 0.01]"),
        (
            {"tried": [ROWS[0] | {"rate": 0.001}, *ROWS[1:]]},
            "expected the rate 0.003 beside 0.001, got",
        ),
        ({"seeds": [100]}, "expected a score for each of the seeds [100], got [2, 3]"),
        ({"seeds": [1, 100]}, "expected seeds that are not reported, got [1]"),
        (
            {"tried": [ROWS[0] | {"scores": [0, 1]}, *ROWS[1:]]},
            "expected the rate with the lowest score, 0.003, got 0.01",
        ),
    ],
)
def test_a_search_that_breaks_a_rule_is_caught(other, message):
    record = trial_of(**other)
    assert f"results['trial']: {message}" in "\n".join(experiments.trial_faults(record))
    part = {"measured": record["results"].pop("trial")}  # not each part's search is in the results
    faults = "\n".join(experiments.trial_faults(record | {"parts": {"gru": part}}))
    assert f"parts['gru']['measured']: {message}" in faults or message.startswith(FREE)


def test_a_curve_over_time_without_steps_is_caught():
    curve = {"seconds": [0.1, 0.2], "steps": [10, 20], "loss": [3, 2]}
    assert list(experiments.curve_faults({"GRU": curve})) == []
    (fault,) = experiments.curve_faults({"GRU": curve | {"steps": [10]}})
    assert fault.startswith("results['GRU']: expected `steps` beside `seconds`")


def test_a_stale_record_passes(tmp_path):
    write(tmp_path, BOOK)
    kept = record(tmp_path)
    kept["parts"].pop("gru, seed 1")
    save_results("new", kept | {"summarise": "of older code"}, tmp_path)
    assert records.check(tmp_path) == []


SEEDS = [
    ("docs/experiments/new.py", "over two seeds", "over three seeds", "new.py:1: expected 2 seeds"),
    (
        "docs/experiments/new.py",
        "both of two seeds",
        "both of 5 seeds",
        "new.py:9: expected 2 seeds",
    ),
    (
        "docs/experiments/new.py",
        "all two seeds",
        "three seeds of four",
        "got `three seeds of four`",
    ),
    ("docs/experiments/new.py", "each of two seeds", "each of ten seeds", "got `ten seeds`"),
    ("docs/experiments/new.py", "NAME=new", "NAME=old", "speaks of the results of old"),
    (
        "docs/home.md",
        "# Home",
        "In [new](experiments/new.py), three seeds.",
        "home.md:1: expected 2",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), SEEDS, ids=called(SEEDS))
def test_a_wrong_number_of_seeds_is_caught(tmp_path, name, old, new, message):
    write(tmp_path, BOOK)
    save_results("new", record(tmp_path), tmp_path)
    assert message in look(tmp_path, records.check, plant(BOOK, name, old, new))


PLOTS = [
    # what is replaced in the experiment, by what, what the message says
    ("label=name", 'label="lstm"', "expected a label made of what finds the data, got `'lstm'`"),
    ("label=name", "label=CELLS[0]", "expected a label made of what finds the data"),
    ("in full.items()", "in zip(CELLS, full.values())", "expected a label made of what finds"),
    ('label="mean"', 'label="lowest"', "got `'lowest'` for `CELLS, mean`"),
    ('["a line", "the means"]', '["the means", "a line"]', "expected a word of `*lines`"),
    ("set_xticks(SEEDS, SEEDS)", 'set_xticks(SEEDS, ["gru", "b"])', "from the record, got `gru`"),
    ("label=name)", 'label=name)\n    axes.set_title("gru")', "made of what the loop takes"),
    ('xlabel="seed", ylabel="loss', 'ylabel="seed", xlabel="loss', "after `against`"),
    ('xlabel="seed"', 'xlabel="updates"', "expected `updates`"),
    ('xlabel="seed"', 'xlabel="seed, nats"', "expected `nats`, as in `seed, nats`, after"),
    ('loss in nats")', 'loss in bits")', "expected `bits`, as in `loss in bits`"),
    ("nats against the seed,", "nats for the seed,", "says what is plotted `against` what"),
]


def test_a_plot_whose_labels_are_tied_to_its_data_passes(tmp_path):
    assert look(tmp_path, plots.check, BOOK) == ""


@pytest.mark.parametrize(("old", "new", "message"), PLOTS)
def test_a_label_that_could_change_places_is_caught(tmp_path, old, new, message):
    found = look(tmp_path, plots.check, plant(BOOK, "docs/experiments/new.py", old, new))
    assert message in found


SIZED = {
    "docs/experiments/new.py": """\
# %% [markdown]
# # New
#
# An LSTM of 48 units learns for 300 training steps, with 60 runs, and twelve words.
# <!-- check: 60 == 2 * 3 * 10 -->
#
# The 60 runs took 25 thousand steps. Two numbers say it.
#
# In a trial that we didn't store, we took 96 units.

# %%
UNITS, STEPS, WORDS = 48, 3e2, list(range(12))

# %%
figure, axes = plt.subplots(figsize=(64, 400))
"""
}
SIZES = [
    # what is replaced, by what, what the message says
    ("48 units", "64 units", "new.py:4: expected a number that is in the code, or `<!-- check: 64"),
    ("300 training", "400 training", "got `400 steps`"),
    ("twelve words", "thirteen words", "got `thirteen words`"),
    ("The 60 runs", "The 70 runs", "new.py:7: expected a number that is in the code"),
    ("<!-- check: 60 == 2 * 3 * 10 -->", "", "got `60 runs`"),
    ("UNITS, STEPS, WORDS = 48", "UNITS, STEPS, WORDS = 50", "got `48 units`"),
]


def test_a_size_that_the_code_has_passes(tmp_path):
    assert look(tmp_path, sizes.check, SIZED) == ""


@pytest.mark.parametrize(("old", "new", "message"), SIZES)
def test_a_size_that_the_code_has_not_is_caught(tmp_path, old, new, message):
    found = look(tmp_path, sizes.check, plant(SIZED, "docs/experiments/new.py", old, new))
    assert message in found
