"""How a test that has looked for faults fails: with them, a line each where a line is enough.

FAULT docs/rnn.md:12: expected `<!-- check: 0.5 == expression -->` after the paragraph
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MARK = "FAULT "
STACK = re.compile(r"^Traceback .*\n((?:  .*\n|\n)+)", re.MULTILINE)
OURS = re.compile(rf'  File "{re.escape(str(ROOT))}/((?!\.venv)[^"]+)", line (\d+)')


def assert_none(faults: Iterable[str]) -> None:
    """Fail if there are faults; each is a sentence, perhaps with lines that belong to it."""
    if lines := [MARK + fault.strip().replace("\n", "\n    ") for fault in faults]:
        pytest.fail("\n".join(lines), pytrace=False)


def differences(expected: Iterable, got: Iterable, lost: str, more: str) -> list[str]:
    """Name what is expected but missing, then what is there but not expected; each once, in order.

    >>> differences(["LSTM", "RNN"], ["GRU", "RNN"], "expected {}", "{} is no cell of this page")
    ['expected LSTM', 'GRU is no cell of this page']
    """
    expected, got = set(expected), set(got)
    return [lost.format(it) for it in sorted(expected - got, key=str)] + [
        more.format(it) for it in sorted(got - expected, key=str)
    ]


def in_brief(said: str) -> str:
    """Keep of what mkdocs says the warnings and errors; of a traceback, our last line in it."""

    def place(stack):
        return "".join(f"{file}:{line}: " for file, line in OURS.findall(stack[1])[-1:])

    return re.sub(r"^INFO .*\n|^\n", "", STACK.sub(place, said), flags=re.MULTILINE)
