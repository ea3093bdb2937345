"""Every symbol of a formula is in the tables of notation, and every name there is used.

Two pages have such tables: notation.md, and more-notation.md with the symbols of single pages.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.guards.includes import read
from tests.guards.markdown import CODE_SPAN, MATH, Page, pages, read_page
from tests.guards.shapes import SHAPE

NOTATION = "docs/notation.md"  # its tables begin: symbol | meaning | code
MORE = "docs/more-notation.md"  # its tables are like those of NOTATION

GREEK = re.compile(
    r"alpha|beta|gamma|delta|(var)?epsilon|zeta|eta|(var)?theta|iota|kappa|lambda|mu|nu|xi|pi|rho"
    r"|sigma|tau|upsilon|(var)?phi|chi|psi|omega|ell|nabla"
    r"|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)
DECORATION = re.compile("(wide)?hat|(wide)?tilde|bar|overline|dot|vec|mathbf|mathcal|mathbb")
WORD = re.compile("text(bf|it)?|mathrm|operatorname|tag|label|begin|end|hspace")
TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\S")
OTHER_DELIMITER = re.compile(r"\\[(\[]|\\begin\{")


@dataclass(frozen=True)
class Symbol:
    r"""A letter, its decoration and its subscript: `\hat y`, `W_{aa}`."""

    base: str
    below: str = ""

    def __str__(self) -> str:
        return f"{self.base}_{{{self.below}}}" if self.below else self.base


def check(root: Path) -> list[str]:
    """Each symbol is in the tables, as a whole or letter and subscript separately."""
    listed = {
        s for row in table(root) for m in MATH.finditer(row[0]) for s in symbols(m[1] or m[2])
    }
    faults = []
    for page in pages(root):
        for line, latex in formulas(page):
            unknown = sorted({str(s) for s in symbols(latex) if not is_known(s, listed)})
            faults += [f"{page.name}:{line}: `{s}` is not in {NOTATION} or {MORE}" for s in unknown]
        if found := OTHER_DELIMITER.search(MATH.sub("", page.words)):
            faults.append(f"{page.name}: expected formulas between $ or $$, got `{found[0]}`")
    return faults


def check_names(root: Path) -> list[str]:
    """Each code name in the tables is a name in code, in a shape comment or in a figure."""
    used = {name for path in (root / "snippets").glob("*.py") for name in names(read(path))}
    for page in pages(root):
        used |= {name for fence in page.fences for name in re.findall(r"\w+", fence.text)}
    for path in (root / "docs" / "figures").glob("*.svg"):
        used |= set(re.findall(r'data-symbol="(\w+)"', path.read_text(encoding="utf-8")))
    listed = {name for span in code_names(root) for name in re.findall(r"[A-Za-z_]\w*", span)}
    return [f"{NOTATION}: no code uses the name `{name}`" for name in sorted(listed - used)]


def table(root: Path) -> list[list[str]]:
    """Read the rows of the tables of both pages of notation whose first cell is a formula."""
    found = []
    names = [NOTATION, MORE] if (root / MORE).is_file() else [NOTATION]
    for line in "\n".join(read_page(root, name).prose for name in names).split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.strip().startswith("|") and MATH.search(cells[0]):
            found.append(cells)
    return found


def code_names(root: Path) -> set[str]:
    """Read the third column: how the symbols are called in code."""
    return {m[2] for row in table(root) for m in CODE_SPAN.finditer(row[2])}


def formulas(page: Page) -> list[tuple[int, str]]:
    """List the formulas of a page; the last column of both notations speaks of other books."""
    rows = page.prose.split("\n") if page.name in (NOTATION, MORE) else []
    tables = {n for n, row in enumerate(rows, start=1) if row.strip().startswith("|")}
    return [(line, latex) for line, latex in page.formulas if line not in tables]


@cache
def names(source: str) -> set[str]:
    """Name what a Python file names: in its code, and as sizes in its shape comments."""
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            found.add(token.string)
        elif token.type == tokenize.COMMENT and (shape := SHAPE.match(token.string)):
            found |= set(re.findall(r"\w+", shape[2]))
    return found


def is_known(symbol: Symbol, listed: set[Symbol]) -> bool:
    r"""Look the symbol up; `z_i` may also stand for the listed `z` with the listed index `i`."""
    index = not any(word in symbol.below for word in ("\\text", "\\mathrm"))
    parts = [Symbol(symbol.base), *symbols(symbol.below)]
    return symbol in listed or (index and listed.issuperset(parts))


@cache
def symbols(latex: str) -> tuple[Symbol, ...]:
    r"""List the symbols of a formula; functions, operators, words and numbers are none.

    >>> [(it.base, it.below) for it in symbols(r"W_{ax} x^{\langle t \rangle} + \tanh(\hat{y}_i)")]
    [('W', 'ax'), ('x', ''), ('t', ''), ('\\hat y', 'i')]
    """
    return tuple(take_symbols(TOKEN.findall(re.sub(r"\\\\\[[^]]*\]", "", latex))))


def take_symbols(tokens: list[str]) -> Iterator[Symbol]:
    """Take symbols from the front of the tokens until there are none left."""
    while tokens:
        token = tokens.pop(0)
        command = token[1:] if token.startswith("\\") else ""
        if WORD.fullmatch(command):
            if tokens and tokens[0] == "*":
                tokens.pop(0)
            take_group(tokens)
            continue
        if DECORATION.fullmatch(command):
            base = f"{token} {' '.join(take_group(tokens))}"
        elif GREEK.fullmatch(command) or (token.isalpha() and not command):
            base = token
        else:
            continue
        above, below = [], ""
        while tokens and tokens[0] in "_^'":
            script = tokens.pop(0)
            if script == "_":
                below = "".join(take_group(tokens))
            elif script == "^":
                above = take_group(tokens)
        yield Symbol(base, below)
        yield from take_symbols(above)


def take_group(tokens: list[str]) -> list[str]:
    """Take the content of the braces at the front, or the one token there."""
    group, depth = [], 0
    while tokens:
        token = tokens.pop(0)
        depth += (token == "{") - (token == "}")
        group.append(token)
        if depth == 0:
            break
    return group[1:-1] if group[:1] == ["{"] else group
