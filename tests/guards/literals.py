"""A number that a docstring or a comment names is one that the code beside it has.

    HELD_OUT = 0.05

    def split(text):
        Keep the last twentieth, 5 %, for the test.

Both numbers are HELD_OUT. The code of a function is its own, that of the functions which it calls,
and what the file assigns outside of functions. A whole number up to 3 stands in every file, so it
proves nothing and is left out. What follows from the code is in COMPUTED, with the expression;
what is known from elsewhere, in KNOWN.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from tests.guards.docstrings import EQUATIONS, FUNCTION, Snippet
from tests.guards.includes import parse, read
from tests.guards.numbers import WORDS, agrees

FOLDERS = "snippets", "docs/experiments", "docs/figures"
SMALL = 3
PARTS = {"quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10, "twentieth": 1 / 20}
VALUES = {word: float(number) for word, number in WORDS.items()} | PARTS
NUMBER = re.compile(
    r"(?<![\w.\[<-])(?:\d+(?:,\d{3})*(?:\.\d+)?(?P<percent> ?%| per cent)?"
    rf"|\b(?:{'|'.join(sorted(VALUES, key=len, reverse=True))})\b)(?![\w\]>-]|\.\d)",
    re.IGNORECASE,
)
NOT_READ = re.compile(
    r"`[^`]*`|Source:[^\n]*\n?(?:\S[^\n]*\n?)*|>>>.*|\([^()]*, [^()]*\)|# %%.*|\beq\. \d+"
)
DIGITS = re.compile(r"\d+(?:\.\d+)?")
COMPUTED = {  # by what the code does
    "0.73": "1 / (1 + np.exp(-1.0))",
    "0.98": "1 / (1 + np.exp(-4.0))",
    "38": "np.log(0.5) / np.log(1 / (1 + np.exp(-4.0)))",
    "0.3000488": "np.float16(0.3)",
    "2048": "next(n for n in range(4096) if np.float16(n) + np.float16(1) == n)",
}
KNOWN = {  # from elsewhere
    "snippets/bptt.py": {"four", "4"},  # points of the difference, and the order of its error
    "snippets/clipping.py": {"0.3", "0.05 %"},  # a float16 as an example, and its precision
    "snippets/history.py": {"five"},  # fields of a named tuple
    "snippets/optimizers.py": {"300"},  # its square is above the range of float16
    "snippets/ssm.py": {"0.001", "0.1"},  # step sizes, of which the code has the logarithms
    "snippets/variants.py": {"four"},  # keys that a caller gives
    "docs/experiments/dates.py": {"1997"},  # a year that both rules leave out
    "docs/experiments/embedding_size.py": {"seven"},  # plays in the package
    "docs/experiments/language_model.py": {"seven", "25"},  # plays, and seconds in the record
    "docs/experiments/sunspots.py": {"2008", "95 %", "150"},  # the data, and what is done with it
}
ADVICE = (
    " (what follows from the code goes into COMPUTED of tests/guards/literals.py, what is known "
    "otherwise into KNOWN)"
)


def check(root: Path) -> list[str]:
    """Look for each number among the literals of the code that it stands beside."""
    faults = []
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("[a-z]*.py")):
            name = f"{folder}/{path.name}"
            faults += [f"{name}:{line}: {it}" for line, it in file_faults(root, name)]
    return faults


def file_faults(root: Path, name: str) -> Iterator[tuple[int, str]]:
    """List the numbers in docstrings and comments that the code beside them lacks."""
    source = read(root / name)
    snippet = Snippet(source)
    outside = [it for it in snippet.tree.body if not isinstance(it, FUNCTION)]
    around = set().union(*map(literals, outside), *map(literals, imported(root, snippet.tree)))
    known, said = KNOWN.get(name, set()), {}
    for node in snippet.defined.values():
        have = around.union(*map(literals, snippet.reach(node)))
        for line, text in texts(node, source):
            for number, value in numbers(text):
                if number not in known and not has(have, number, value):
                    said[line, number] = node.name
    for (line, number), function in said.items():
        yield line, f"`{function}` says {number}, which its code does not have{ADVICE}"


def has(literals: set[float], number: str, value: float) -> bool:
    """Tell whether code has a number, or computes it."""
    if number in COMPUTED:
        return agrees(number, eval(COMPUTED[number], {"np": np}))
    may_be = (value, 1 / value) if number.lower() in PARTS else (value,)
    return any(np.isclose(value, it, rtol=1e-9, atol=0) for it in literals for value in may_be)


def texts(node: ast.AST, source: str) -> Iterator[tuple[int, str]]:
    """Give the docstring of a function or class, and its comments, each with its line."""
    if docstring := ast.get_docstring(node):
        yield node.lineno, docstring
    for line, comment in comments(source):
        if node.lineno <= line <= node.end_lineno:
            yield line, comment


@cache
def comments(source: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(it.start[0], it.string) for it in tokens if it.type == tokenize.COMMENT]


def numbers(text: str) -> Iterator[tuple[str, float]]:
    """Read the numbers of a text, shares as parts of 1.

    >>> list(numbers("Until 99 % are right, at most twenty times; the last tenth by equation 4."))
    [('99 %', 0.99), ('twenty', 20.0), ('tenth', 0.1)]
    """
    for match in NUMBER.finditer(EQUATIONS.sub("", NOT_READ.sub("", text))):
        number, word = match[0], match[0].lower()
        if match["percent"]:
            yield number, float(DIGITS.search(number.replace(",", ""))[0]) / 100
        else:
            value = VALUES[word] if word in VALUES else float(number.replace(",", ""))
            if value > SMALL or not value.is_integer():
                yield number, value


def literals(node: ast.AST) -> set[float]:
    """List the numbers in code, also those in its texts, such as an error's or a drawing's."""
    found, docstring = set(), None
    if isinstance(node, FUNCTION):
        docstring = ast.get_docstring(node, clean=False)
    for it in ast.walk(node):
        value = it.value if isinstance(it, ast.Constant) else None
        if isinstance(value, str) and value != docstring:
            found |= {float(digits) for digits in DIGITS.findall(value)}
        elif isinstance(value, int | float):
            found.add(float(value))
    return found


def imported(root: Path, tree: ast.Module) -> Iterator[ast.AST]:
    """Give what the tools that a file imports assign outside of functions."""
    for it in tree.body:
        path = root / f"{(getattr(it, 'module', None) or '').replace('.', '/')}.py"
        if isinstance(it, ast.ImportFrom) and path.is_file():
            yield from (node for node in parse(read(path)).body if isinstance(node, ast.Assign))
