"""Evaluates the tree of an equation in NumPy, with the values that `lookup.py` finds."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from tests.guards import latex
from tests.guards.latex import (
    Binary,
    Cases,
    Equation,
    Gradient,
    Index,
    Jacobian,
    Name,
    Node,
    Number,
    Over,
    Rows,
    Stack,
    Transpose,
)
from tests.guards.latex import Call as Function
from tests.guards.lookup import EndedError, Lookup, Run, UnresolvedError
from tests.guards.recording import Call
from tests.guards.symbols import NOTATION

MOST_ELEMENTS = 1000  # of an array that an index runs through
FUNCTIONS = {
    "sigma": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-2, keepdims=True),
    "norm": lambda g: np.sqrt(np.square(g).sum()),
    "min": np.minimum,
    "max": np.maximum,
    **{it: getattr(np, it) for it in ("tanh", "exp", "log", "cos", "sin", "sqrt", "abs", "floor")},
}
COMPARISONS = {
    "=": np.equal,
    "\\le": np.less_equal,
    "\\lt": np.less,
    "\\ge": np.greater_equal,
    "\\gt": np.greater,
    "\\ne": np.not_equal,
}


class Scene(Lookup):
    """The calls in which the line of an equation runs, and the values of both its sides there."""

    def __init__(self, run: Run, calls: list[Call], assigns: str, pages: dict[Node, Equation]):
        super().__init__(run, calls)
        self.assigns = assigns  # the variable of the line `# eq. n`
        self.pages = pages  # the equations of the pages, by their left sides

    def sides(self, equations: list[Equation], place: int) -> Iterator[tuple[Any, Any, str]]:
        """Evaluate both sides at each step and for each index that the equation leaves open."""
        equation = equations[place]

        def evaluate() -> tuple[Any, Any, str]:
            match equation.relation:
                case "=":
                    left, right = self.value(equation.left), self.value(equation.right)
                case "\\leftarrow":
                    left, self.before = self.updated(equations, place)
                    right, self.before = self.value(equation.right), set()
                case latex.NO_RELATION:
                    left, right = self.without_symbol(), self.value(equation.left)
                case relation:
                    raise UnresolvedError(f"`{relation}` does not say that two values are the same")
            return left, right, self.where()

        yield from self.each(sorted(latex.free(equation), reverse=True), evaluate)

    def each(
        self, letters: Sequence[str], evaluate: Callable[[], Any], numbers: range | None = None
    ) -> Iterator[Any]:
        """Evaluate for each value of these steps and indices, the first of them outermost."""
        if not letters:
            yield evaluate()
            return
        letter, outer = letters[0], self.open.copy()
        endless = numbers is None and letter != "t"
        for number in range(MOST_ELEMENTS) if endless else numbers or self.steps:
            self.open[letter] = number
            try:
                yield from self.each(letters[1:], evaluate)
            except EndedError as error:
                if not endless or error.args != (letter,) or number == 0:
                    raise
                break
        else:
            if endless:
                raise UnresolvedError(f"nothing that is picked by {letter} ends")
        self.open = outer

    def updated(self, equations: list[Equation], place: int) -> tuple[Any, set[str]]:
        """Return what an arrow points to, and which variables are read as they were before.

        An arrow alone gives what its line assigns, one of several the variable of its symbol.
        """
        left = equations[place].left
        if left not in latex.walk(equations[place].right):
            raise UnresolvedError(
                "what an arrow points to is on its right side, too: it is updated"
            )
        if len(equations) > 1:
            return self.value(left), {self.variable(it.left) for it in equations[place:]}
        if self.has_symbol() and self.variable(left) != self.assigns:
            raise UnresolvedError(f"its line assigns `{self.assigns}`, which has another symbol")
        letters = left.letters if isinstance(left, Index) else ()
        if item := latex.item(left):
            letters = (item, *letters)
        return self.elements(self.read(self.assigns, None), letters), {self.assigns}

    def without_symbol(self) -> Any:
        """Return what the line computes: an expression stands alone if that has no symbol."""
        if self.has_symbol():
            raise UnresolvedError(f"{NOTATION} has a symbol for `{self.assigns}`: write `... =`")
        return self.read(self.assigns, self.open.get("t"))

    def has_symbol(self) -> bool:
        """Tell whether notation.md has a symbol for the variable that the line assigns."""
        names = {name for row in self.run.rows for code in row.codes for name in (code, f"d{code}")}
        return not names.isdisjoint([self.assigns, f"{self.assigns}_t"])

    def value(self, node: Node) -> Any:
        """Evaluate a part of the tree."""
        match node:
            case Number(number):
                return int(number) if number == int(number) else number
            case Name("t" | "\\ell" as text) if text in self.open:
                return self.open[text]
            case Name() | Gradient():
                return self.find(node)
            case Index(base, letters):
                return self.elements(
                    self.find(node) if self.rows(node) else self.value(base), letters
                )
            case Rows(base, last):
                return self.value(base)[: self.value(last)]
            case Transpose(base):
                return transposed(self.value(base))
            case Binary(" ", Jacobian() as jacobian, right):
                return self.derivative(jacobian, self.value(right))
            case Binary(operator, left, right):
                return combine(operator, self.value(left), self.value(right))
            case Function(function, (Index(base, letters),)) if self.rows(
                Function(function, (base,))
            ):
                return self.elements(self.find(Function(function, (base,))), letters)
            case Function(function, arguments):
                if self.rows(node):
                    return self.find(node)
                return self.call(function, [self.value(it) for it in arguments])
            case Stack(parts, dots):
                parts = self.all_steps(*parts) if dots else parts
                return np.concatenate([self.value(part) for part in parts])
            case Over():
                return self.over(node)
            case Cases(cases):
                applying = [value for value, condition in cases if self.holds(condition)]
                if len(applying) != 1:
                    raise UnresolvedError(f"{len(applying)} cases apply {self.where()}")
                return self.value(applying[0])
        raise UnresolvedError(f"no value is known for a {type(node).__name__}")

    def elements(self, value: Any, letters: tuple[str, ...]) -> Any:
        """Pick what the indices mean now."""
        for letter in letters:
            if letter not in self.open:
                raise UnresolvedError(f"nothing says what {letter} runs over")
            if self.open[letter] >= len(value):
                raise EndedError(letter)
            value = value[self.open[letter]]
        return value

    def call(self, function: str, arguments: list[Any]) -> Any:
        """Apply a function of mathematics, or one of the snippet."""
        known = FUNCTIONS.get(function) or self.calls[0].globals.get(function)
        if not callable(known):
            raise UnresolvedError(f"no function is called `{function}`")
        return reduce(known, arguments) if len(arguments) > 1 else known(*arguments)

    def holds(self, condition: Equation) -> bool:
        sides = self.value(condition.left), self.value(condition.right)
        return bool(COMPARISONS[condition.relation](*sides))

    def all_steps(self, first: Node, last: Node) -> list[Node]:
        """List a name at all steps from the first to the last."""
        if not (isinstance(first, Name) and isinstance(last, Name) and first.text == last.text):
            raise UnresolvedError("expected the same name at two steps on both sides of the dots")
        steps = range(self.step(first), self.step(last) + 1)
        return [Name(first.text, Number(step)) for step in steps]

    def over(self, node: Over) -> Any:
        """Add up, or find the largest element."""
        if node.letters == ("\\text{examples}",):
            return self.value(node.body).sum(axis=-1, keepdims=True)
        if unused := set(node.letters) - latex.free(node.body):
            raise UnresolvedError(f"nothing in this {node.function} depends on {', '.join(unused)}")
        numbers = None
        if node.first:
            numbers = range(self.value(node.first), self.value(node.last) + 1)
        values = list(self.each(node.letters, lambda: self.value(node.body), numbers))
        return reduce(add, values) if node.function == "sum" else np.max(values)

    def derivative(self, jacobian: Jacobian, direction: Any) -> Any:
        """Multiply by a derivative: go an imaginary step in the page's own equation."""
        if jacobian.of not in self.pages:
            raise UnresolvedError("no equation of these pages has on its left what is derived")
        place, small = (self.key(jacobian.by), self.step(jacobian.by)), 1e-30
        self.nudged = {place: self.value(jacobian.by) + small * 1j * direction}
        try:
            return np.imag(self.value(self.pages[jacobian.of].right)) / small
        finally:
            self.nudged = {}


def combine(operator: str, left: Any, right: Any) -> Any:
    """Apply an operator; arrays are of one shape, or one is a single column for all examples.

    A row with one number for each example goes with an element, which has one for each, too.
    """
    a, b = np.shape(left), np.shape(right)
    if len(a) == 2 and a == (1, *b):
        left, a = left[0], b
    elif len(b) == 2 and b == (1, *a):
        right, b = right[0], a
    if operator == "^":
        return np.power(float(left), right) if a == () else left**right
    if operator == " " and a and b:
        if len(a) != 2 or len(b) != 2:
            raise ValueError("a blank multiplies matrices or numbers; between elements write *")
        if a[1] != b[0]:
            raise ValueError(f"` ` stands between shapes {a} and {b}")
        return left @ right
    if a and b and a != b and (a[0] != b[0] or 1 not in (a[1:] + b[1:])):
        raise ValueError(f"`{operator}` stands between shapes {a} and {b}")
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "/":
            return left / right
    return left * right


def transposed(value: Any) -> Any:
    if np.ndim(value) != 2:
        raise ValueError(f"a transpose is taken of shape {np.shape(value)}")
    return value.T
