r"""An equation without a number holds for values that a comment gives, or a comment says why not.

    $$
    \sigma(-z) = 1 - \sigma(z)
    $$
    <!-- holds for: z = 0.7 -->

On the left of each `=` is a symbol as the formula has it, on the right its value in Python, which
may use `np`, the values before it, and `slope(f, x)`, the gradient of a function. Several are
separated by `;`. If a formula cannot be run, a comment says why, as behind an equation with a
number: `<!-- not run: a product with dots in it -->`. An equation that some page has with a number
needs no comment, since it is run there (tests/guards/running.py).
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.guards import latex
from tests.guards.equations import TAG, bare
from tests.guards.evaluating import Scene
from tests.guards.latex import Equation, Node, Reader, UnreadableError
from tests.guards.lookup import UnresolvedError
from tests.guards.markdown import MATH, Page, pages
from tests.guards.running import ERRORS, NOT_RUN, disagreement

HOLDS = re.compile(r"\s*<!-- holds for: (\S.*?) -->", re.DOTALL)
SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lr]?|,)(?![A-Za-z])")
ADVICE = (
    "expected a comment behind it, `<!-- holds for: z = 0.7; ... -->` with a value for each "
    "symbol, or `<!-- not run: why -->`"
)


class Given(Scene):
    """Evaluates a formula with values that are given, not looked up in a run."""

    def __init__(self, values: dict[Node, Any]):
        self.values = values
        self.open, self.before, self.nudged, self.pages = {}, set(), {}, {}
        self.calls = [SimpleNamespace(globals={})]

    def rows(self, node: Node) -> list:
        return [node] if node in self.values else []  # such as `Var(z)`

    def find(self, node: Node) -> Any:
        if node not in self.values:
            raise UnresolvedError(f"no value is given for `{getattr(node, 'text', node)}`")
        return self.values[node]

    def compared(self, equation: Equation) -> Iterator[tuple[Any, Any]]:
        """Evaluate both sides, for each index that the equation leaves open."""

        def evaluate() -> tuple[Any, Any]:
            return self.value(equation.left), self.value(equation.right)

        letters = latex.free(equation) & set(latex.INDICES)
        yield from self.each(sorted(letters), evaluate)


def check(root: Path) -> list[str]:
    """Evaluate the equations without a number that are not those of another page."""
    numbered = {
        plain(match[1]) for page in pages(root) for match in displayed(page) if TAG.search(match[1])
    }
    return [
        f"{page.name}:{page.line(match.start())}: {fault}"
        for page in pages(root)
        for match in displayed(page)
        if not TAG.search(match[1]) and plain(match[1]) not in numbered
        for fault in formula_faults(match[1], page.prose[match.end() :])
    ]


def displayed(page: Page) -> Iterator[re.Match]:
    return (match for match in MATH.finditer(page.words) if match[1])


def plain(formula: str) -> str:
    """Leave out what changes no meaning, and the number."""
    return bare(SIZES.sub("", TAG.sub("", formula)))


def formula_faults(formula: str, after: str) -> Iterator[str]:
    """Say what is wrong with a formula, if anything."""
    if NOT_RUN.match(after):
        return
    if not (given := HOLDS.match(after)):
        yield ADVICE
        return
    try:
        scene = Given(read_values(given[1]))
        for equation in read_chain(formula):
            for left, right in scene.compared(equation):
                if difference := disagreement(left, right):
                    yield f"the equation does not hold: {difference}"
                    return
    except (*ERRORS, UnreadableError) as error:
        yield f"the equation cannot be run: {error}"


def read_values(text: str) -> dict[Node, Any]:
    """Read the values of a comment."""
    names: dict[str, Any] = {"np": np, "slope": slope}
    values = {}
    for part in text.split(";"):
        symbol, _, expression = (it.strip() for it in part.partition("="))
        value = eval(expression, names)
        values[latex.read_expression(symbol)] = value
        if symbol.isidentifier():
            names[symbol] = value
    return values


def read_chain(formula: str) -> list[Equation]:
    r"""Read equations, also several in one: `a = b = c` is `a = b` and `b = c`.

    A line that begins with `=` goes on with what the line before it ends with.
    """
    found, last = [], None
    for line in latex.split(latex.tokens(formula)):
        sides: list[list[str]] = [[]]
        depth = 0
        for token in line:
            depth += (token == "{") - (token == "}")
            if token == "=" and depth == 0:
                sides.append([])
            else:
                sides[-1].append(token)
        nodes = [Reader(side).whole() if side else last for side in sides]
        found += [Equation(left, "=", right) for left, right in pairwise(nodes)]
        last = nodes[-1]
    if not found:
        raise UnreadableError("expected `... = ...`")
    return found


def slope(function: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """Measure the gradient of a function exactly: go an imaginary step in each direction.

    >>> slope(lambda x: (x**3).sum(), np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    small = 1e-30
    steps = small * 1j * np.eye(len(x))
    return np.array([np.imag(function(x + step)) / small for step in steps])
