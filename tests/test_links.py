"""Links that lead elsewhere than they say, and pages out of place, are caught; right ones pass."""

import pytest

from tests.guards import links, navigation

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

BPTT = """---
title: Back through time
---

# Backpropagation through time: the chain rule

## Check it

## How far does it reach?

## What goes wrong

$$
x
\\tag{5}
$$
"""
LSTM = """---
title: LSTM
---

# LSTM, long short-term memory

[Download lstm.py](snippets/lstm.py){ .md-button download="lstm.py" } or [lstm.py](#the-whole-file).
[Back through time](bptt.md), [back through time](bptt.md#check-it), [BPTT](bptt.md) and
[backpropagation
through time](bptt.md#how-far-does-it-reach): [checker](bptt.md#check-it), [how far?](bptt.md),
[how far does it *reach*?](bptt.md#how-far-does-it-reach), [what goes
wrong](bptt.md#what-goes-wrong).
Free: [measured](bptt.md#how-far-does-it-reach), [below](#one-step), [LSTM](#one-step).
By [(5)](bptt.md#eq-5) and [equation 5](bptt.md#eq-5), not ([2000](references.md#gers-2000)).
[L6](#l6){ #l6 }; [its page](experiments/memory.py), `[code](nowhere.md)`.
[doi:10.1016/S0(97)1-2](https://doi.org/10.1016/S0%2897%291-2), [an
archive](snippets/all.zip), [arXiv:1406.1v3](https://arxiv.org/abs/1406.1v3),
[jmlr:v3/gers02a](https://jmlr.org/papers/v3/gers02a.html), [keras.io](https://keras.io/api),
[flax.linen](https://github.com/google/flax), [keras #785](https://github.com/keras-team/keras/pull/785),
[TensorFlow](https://www.tensorflow.org/api), ![a picture](bptt.md).

## One step

## The whole file
"""
MEMORY = """# %% [markdown]
# ---
# title: Memory
# ---
#
# # Memory: how far back
#
# As on [LSTM](../lstm.md#one-step) and [here](#what-was-measured), [one step](../lstm.md#one-step).
#
# ## What was measured
"""
HOME = """---
title: Book
---

# Book

| file | what it does |
|---|---|
| [lstm.py](snippets/lstm.py) | a memory |

## The map

| page | what it gives | minutes |
|---|---|---|
| **Cells** | | |
| [LSTM](lstm.md) | a memory | 5 |
| **Sequences** | | |
| [Back through time](bptt.md) | gradients | 5 |
| [Memory](experiments/memory.py) | measured | |
"""
NAVIGATION = """site_name: Book
nav:
  - Start:
      - Home: index.md
  - Cells:
      - lstm.md

  - Sequences:
      - Back through time: bptt.md
      - experiments/memory.py

theme:
  - name: x.md
"""


@pytest.fixture
def book(tmp_path):
    (tmp_path / "docs/experiments").mkdir(parents=True)
    files = {
        "docs/bptt.md": BPTT,
        "docs/lstm.md": LSTM,
        "docs/index.md": HOME,
        "docs/experiments/memory.py": MEMORY,
        "mkdocs.yml": NAVIGATION,
        "README.md": "[char_lstm.py](snippets/char_lstm.py), [docs/rnn.md](docs/rnn.md)\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def found(book):
    return [*links.check(book), *navigation.check(book)]


def test_what_leads_where_it_says_passes(book):
    assert found(book) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "docs/lstm.md",
            "(snippets/lstm.py)",
            "(snippets/gru.py)",
            "names lstm.py, but leads to gru",
        ),
        (
            "docs/lstm.md",
            'download="lstm.py"',
            'download="gru.py"',
            "is saved as gru.py, but gives l",
        ),
        (
            "docs/lstm.md",
            "[Download lstm.py]",
            "[Download gru.py]",
            "docs/lstm.md:7: `[Download gru",
        ),
        ("docs/lstm.md", "[lstm.py](#the", "[gru.py](#the", "names gru.py, but leads to lstm.md"),
        ("README.md", "(snippets/char_lstm.py)", "(snippets/lstm.py)", "README.md:1: `[char_lstm"),
        ("docs/lstm.md", "time](bptt.md),", "time](lstm.md),", "has the name of bptt.md"),
        ("docs/lstm.md", "[BPTT](bptt.md)", "[Memory](bptt.md)", "name of experiments/memory.py"),
        ("docs/lstm.md", "[LSTM](#one-step)", "[LSTM](bptt.md)", "has the name of lstm.md"),
        (
            "docs/lstm.md",
            "reach*?](bptt.md#how-far-does-it-reach",
            "reach*?](bptt.md#check-it",
            "has t",
        ),
        (
            "docs/lstm.md",
            "wrong](bptt.md#what-goes-wrong",
            "wrong](bptt.md#check-it",
            "has the words ",
        ),
        (
            "docs/lstm.md",
            "checker](bptt.md#check-it",
            "checker](bptt.md#what-goes-wrong",
            "of the hea",
        ),
        ("docs/lstm.md", "[measured](bptt", "[LSTMs](bptt", "has the words of lstm.md: mend the"),
        ("docs/lstm.md", "[L6](#l6)", "[L6](#one-step)", "has the words of #l6"),
        (
            "docs/lstm.md",
            "[(5)](bptt.md#eq-5)",
            "[(5)](bptt.md#eq-4)",
            "names equation 5, but leads",
        ),
        ("docs/lstm.md", "[equation 5]", "[equation 4]", "names equation 4, but leads to #eq-5"),
        ("docs/lstm.md", "[equation 5]", "[the sum]", "names equation none, but leads to #eq-5"),
        (
            "docs/lstm.md",
            "[doi:10.1016/S0(97)1-2]",
            "[doi:10.1016/S0(97)1-3]",
            "but leads to https://",
        ),
        (
            "docs/lstm.md",
            "org/10.1016/S0%28",
            "org/10.1017/S0%28",
            "prints doi:10.1016/S0(97)1-2, but",
        ),
        (
            "docs/lstm.md",
            "//doi.org",
            "//arxiv.org/abs",
            "prints doi:10.1016/S0(97)1-2, but leads to",
        ),
        (
            "docs/lstm.md",
            "[arXiv:1406.1v3]",
            "[arXiv:1406.1v1]",
            "prints arXiv:1406.1v1, but leads to",
        ),
        (
            "docs/lstm.md",
            "gers02a]",
            "gers02b]",
            "prints jmlr:v3/gers02b, but leads to https://jmlr",
        ),
        (
            "docs/lstm.md",
            "//keras.io",
            "//keras.org",
            "prints keras.io, but leads to https://keras.org",
        ),
        ("README.md", "[docs/rnn.md]", "[docs/rnns.md]", "names rnns.md, but leads to rnn.md"),
        ("docs/lstm.md", "[keras #785]", "[keras #786]", "prints keras #786, but leads to"),
        ("docs/lstm.md", "keras-team/keras", "onnx/onnx", "prints keras #785, but leads to"),
        ("docs/lstm.md", "www.tensorflow", "www.pytorch", "prints TensorFlow, but leads to"),
        (
            "docs/experiments/memory.py",
            "[LSTM](../lstm.md",
            "[LSTM](../bptt.md",
            "memory.py:8: `[LSTM]",
        ),
        (
            "mkdocs.yml",
            "Back through",
            "Backward through",
            "mkdocs.yml:9: expected `Back through time",
        ),
        (
            "docs/index.md",
            "[Memory](exp",
            "[Recall](exp",
            "docs/index.md:19: expected `Memory`, the ti",
        ),
        (
            "docs/bptt.md",
            "title: Back",
            "title: Forth",
            "index.md:18: expected `Forth through time`",
        ),
        (
            "mkdocs.yml",
            "- lstm.md\n",
            "- bptt.md\n",
            "mkdocs.yml:6: expected lstm.md in the section C",
        ),
        (
            "mkdocs.yml",
            "\n  - Sequences:\n",
            "",
            "mkdocs.yml:7: expected bptt.md in the section ",
        ),
        (
            "mkdocs.yml",
            "      - experiments/memory.py\n",
            "",
            "memory.py in the section Sequences as on",
        ),
        (
            "docs/index.md",
            "| [LSTM](lstm.md) | a memory | 5 |\n",
            "",
            "got lstm.md in the section Cells",
        ),
        (
            "docs/index.md",
            "a memory | 5 |",
            "a memory | 15 |",
            "index.md:16: expected 5 minutes for docs/lstm.md",
        ),
        (
            "docs/index.md",
            "**Sequences**",
            "**Sequels**",
            "in the section Sequels as on docs/index.md",
        ),
    ],
)
def test_what_leads_elsewhere_is_caught(book, file, old, new, message):
    text = (book / file).read_text()
    assert old in text
    (book / file).write_text(text.replace(old, new, 1))
    assert message in "\n".join(found(book))
