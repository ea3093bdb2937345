"""`make outputs` writes what examples print into their page, and nothing else."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tools.outputs import with_outputs

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

RIGHT = """---
title: A
---

# A

Half is 0.5.
<!-- check: 0.5 == half -->

```pycon
>>> half = 1 / 2
>>> half
0.5
>>> for letter in "ab":
...     print(letter)
...
a
b
>>> [half, 1 / 3]
[0.5, 0.333333333333333]
```

```text
>>> half
0.7
```

??? success "Shared names"
    ```pycon
    >>> half + half
    1.0
    >>> int("x")
    Traceback (most recent call last):
        ...
    ValueError: invalid literal for int() with base 10: 'x'
    ```
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("half\n0.5\n", "half\n0.6\n"),
        ("half\n0.5\n", "half\n"),
        ("half\n0.5\n", "half\n0.6\n0.7\n"),
        ("1 / 2\n", "1 / 2\n0.5\n"),
        ("a\nb\n", ""),
        ("a\nb\n", "b\n"),
        ("    1.0\n", "    2.0\n"),
        ("    1.0\n", ""),
        ("base 10", "base 11"),
        (
            "Traceback (most recent call last):\n        ...\n    ValueError",
            "Traceback\n    ValueErr",
        ),
        ("    ValueError: invalid literal for int() with base 10: 'x'\n", ""),
    ],
)
def test_outputs_become_what_is_printed(old, new):
    wrong = RIGHT.replace(old, new, 1)
    assert wrong != RIGHT
    assert with_outputs("docs/a.md", wrong) == (RIGHT, [])


def test_a_last_digit_of_another_machine_stays():
    assert with_outputs("docs/a.md", RIGHT) == (RIGHT, [])
    other = RIGHT.replace("0.333333333333333]", "0.3333333]")
    assert with_outputs("docs/a.md", other) == (other, [])


def test_prose_and_checks_stay_even_if_they_are_wrong_now():
    changed = RIGHT.replace("half = 1 / 2", "half = 1 / 4")
    text, faults = with_outputs("docs/a.md", changed)
    assert "Half is 0.5.\n<!-- check: 0.5 == half -->\n" in text
    assert ">>> half\n0.25\n" in text
    assert "    >>> half + half\n    0.5\n" in text
    assert "```text\n>>> half\n0.7\n```" in text
    assert faults == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("half\n0.5\n", "halve\n0.5\n", "docs/a.md:12: `halve`, expected: 0.5, got: NameError"),
        ("half\n0.5\n", "(half\n", "docs/a.md:12: `(half`, expected: no output, got: SyntaxError"),
        (
            ">>> half\n0",
            ">>>half\n0",
            "docs/a.md:12: this line of an example lacks blank after >>>",
        ),
    ],
)
def test_an_error_that_the_page_does_not_show_is_told_and_not_written(old, new, said):
    wrong = RIGHT.replace(old, new, 1)
    text, faults = with_outputs("docs/a.md", wrong)
    assert said in faults[0]
    assert "NameError" not in text
    assert "SyntaxError" not in text


def run(name):
    """Run the command as make does."""
    command = [sys.executable, "-m", "tools.outputs", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_leaves_a_right_page_as_it_is():
    page = ROOT / "docs/gru-reset-after.md"
    before = page.read_bytes()
    done = run("gru_reset_after")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "docs/gru-reset-after.md: nothing to change\n"
    assert page.read_bytes() == before


def test_an_unknown_page_is_said():
    done = run("lstn")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no page 'lstn', but attention, bptt, changes, ")
