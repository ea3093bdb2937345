r"""Reads the formulas of the pages: from LaTeX to a small tree, which `evaluating.py` evaluates.

    a^{\langle t \rangle} = \tanh\left( W_{ax} x^{\langle t \rangle} + b_a \right)

becomes `Equation(Name("a", time), "=", Call("tanh", (Binary("+", ..., Name("b_a")),)))`.

It is a recursive descent of our own: sympy's two parsers and latex2sympy2 cannot read these pages
or lose half of an equation, and pylatexenc knows no operators. `+` and `-` bind loosest, then `*`,
`/` and `\cdot`, then a blank, which is a matrix product. A sum takes the whole term behind it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, NoReturn

from tests.guards.symbols import GREEK

LAYOUT = re.compile(
    r"(?<!\\)\\(?:left|right|[bB]igg?[lr]?|[,;:! ]|quad)(?![A-Za-z])|\{\s*\}|&"
    r"|\\(?:begin|end)\{(?:aligned|gathered)\}|\\tag\{.*?\}"
)
CASES = re.compile(r"\\begin\{cases\}.*?\\end\{cases\}", re.DOTALL)
TOKEN = re.compile(
    r"\\(?:text|operatorname|mathrm|begin|end)\{[^}]*\}|\\\\(?:\[.*?\])?|\\(?:[A-Za-z]+|.)"
    r"|\d+(?:\.\d+)?|\S"
)
WORD = re.compile(r"\\(?:text|operatorname)\{([^}]*)\}")
LETTER = re.compile(rf"[A-Za-z]|\\(?:{GREEK.pattern})")
DECORATIONS = "\\hat", "\\tilde", "\\bar"
FUNCTIONS = "\\tanh", "\\sigma", "\\exp", "\\log", "\\cos", "\\sin", "\\min", "\\max"
RELATIONS = "=", "\\leftarrow", "\\le", "\\ge", "\\lt", "\\gt", "\\ne"
CLOSED_BY = {"(": ")", "{": "}", "\\lvert": "\\rvert", "\\lVert": "\\rVert", "\\lfloor": "\\rfloor"}
MEANING = {"\\lvert": "abs", "\\lVert": "norm", "\\lfloor": "floor"}
INDICES = "i", "j", "\\ell"  # a subscript of these picks elements; others are part of the name
NO_RELATION = ""


class UnreadableError(ValueError):
    """The text is no formula in the language of the pages."""


class Node:
    """A part of the tree."""


@dataclass(frozen=True)
class Number(Node):
    value: float


@dataclass(frozen=True)
class Name(Node):
    r"""A letter with decoration and subscript, its time, and which of several: `g^{(j)}`."""

    text: str
    time: Node | None = None
    item: str = ""


@dataclass(frozen=True)
class Index(Node):
    """Elements: `z_i`, `y_{ij}`."""

    base: Node
    letters: tuple[str, ...]


@dataclass(frozen=True)
class Rows(Node):
    r"""The upper rows: `( ... )_{1 \ldots n_a}`."""

    base: Node
    last: Node


@dataclass(frozen=True)
class Transpose(Node):
    base: Node


@dataclass(frozen=True)
class Binary(Node):
    """Two operands and one of `+ - * / ^`, or a blank."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call(Node):
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Over(Node):
    """A sum or a maximum over letters, from `first` to `last` if these are given."""

    function: str
    letters: tuple[str, ...]
    first: Node | None
    last: Node | None
    body: Node


@dataclass(frozen=True)
class Stack(Node):
    """Arrays one above the other: `[a, x]`; with dots all steps from the first to the last."""

    parts: tuple[Node, ...]
    dots: bool = False


@dataclass(frozen=True)
class Gradient(Node):
    """The derivative of the loss: along one path if it is direct, else along all."""

    of: Node
    direct: bool


@dataclass(frozen=True)
class Jacobian(Node):
    """The derivative of one array by another, the rest held fixed."""

    of: Node
    by: Node


@dataclass(frozen=True)
class Equation(Node):
    """Two sides and their relation, or an expression alone."""

    left: Node
    relation: str = NO_RELATION
    right: Node | None = None


@dataclass(frozen=True)
class Cases(Node):
    cases: tuple[tuple[Node, Equation], ...]


def read_equations(latex: str) -> list[Equation]:
    r"""Read the formula between two `$$`: equations on lines of their own, or side by side.

    A line without a relation goes on with the line before. Raises `UnreadableError`.
    """
    lines = split(tokens(latex))
    equations = [Reader(line).equation() for line in lines]
    if len(equations) > 1 and not all(equation.relation for equation in equations):
        raise UnreadableError("expected only equations, got an expression beside one")
    return equations


@cache
def read_expression(latex: str) -> Node:
    """Read a formula of one side, as it is written in the tables of notation.md."""
    return Reader(tokens(latex)).whole()


def tokens(latex: str) -> list[str]:
    cases = CASES.sub(lambda match: match[0].replace("&", "\\where "), latex)
    return TOKEN.findall(LAYOUT.sub(" ", cases))


def split(tokens: list[str]) -> list[list[str]]:
    r"""Divide at `\\` and `\qquad`, but not within braces or cases."""
    lines, depth = [[]], 0
    for token in tokens:
        depth += (token == "{" or token.startswith("\\begin")) - (
            token == "}" or token.startswith("\\end{")
        )
        if depth == 0 and (token.startswith("\\\\") or token == "\\qquad"):
            lines.append([])
        else:
            lines[-1].append(token)
    joined: list[list[str]] = []
    for line in lines:
        if line[-1:] == [","]:
            line.pop()
        if joined and not has_relation(line):
            joined[-1] += line
        else:
            joined.append(line)
    return joined


def has_relation(tokens: list[str]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token == "{") - (token == "}")
        if depth == 0 and token in RELATIONS:
            return True
    return False


class Reader:
    """Takes one token after the other."""

    def __init__(self, tokens: list[str]):
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        if expected and self.next not in expected:
            self.refuse(f"expected `{'` or `'.join(expected)}`")
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, *tokens: str) -> bool:
        """Take the next token if it is one of these."""
        found = self.next in tokens
        self.at += found
        return found

    def refuse(self, why: str) -> NoReturn:
        before = " ".join(self.tokens[max(self.at - 4, 0) : self.at])
        got = f"`{self.next}`" if self.next else "the end"
        raise UnreadableError(f"{why}, got {got} behind `{before}`")

    def whole(self) -> Node:
        node = self.sum()
        if self.next:
            self.refuse("expected the end of the formula")
        return node

    def equation(self) -> Equation:
        left = self.sum()
        if not self.next:
            return Equation(left)
        return Equation(left, self.take(*RELATIONS), self.whole())

    def sum(self) -> Node:
        negative = self.skip("-")
        self.skip("+")
        node = self.term()
        node = Binary("-", Number(0), node) if negative else node
        while self.next in ("+", "-"):
            node = Binary(self.take(), node, self.term())
        return node

    def term(self) -> Node:
        node = self.product()
        while self.next in ("*", "\\cdot", "/"):
            node = Binary(self.take().replace("\\cdot", "*"), node, self.product())
        return node

    def product(self) -> Node:
        """Read factors with nothing between them."""
        node = self.factor()
        while self.begins_factor():
            node = Binary(" ", node, self.factor())
        return node

    def begins_factor(self) -> bool:
        starts = ("[", "\\frac", "\\sqrt", "\\sum", *CLOSED_BY, *DECORATIONS, *FUNCTIONS)
        token = self.next
        return bool(
            token[:1].isdigit() or token in starts or WORD.match(token) or LETTER.fullmatch(token)
        ) or token.startswith("\\begin")

    def factor(self) -> Node:
        token = self.next
        if token in FUNCTIONS or token.startswith("\\operatorname"):
            return self.function()
        if WORD.match(token) or token in DECORATIONS or LETTER.fullmatch(token):
            return self.name()
        if token == "\\sum":
            self.take()
            return self.over("sum")
        return self.scripts(self.enclosed())

    def enclosed(self) -> Node:
        """Read what needs no precedence: numbers, brackets, fractions, roots, cases."""
        token = self.next
        if token[:1].isdigit():
            return Number(float(self.take()))
        if token in CLOSED_BY:
            self.take()
            node = self.sum()
            self.take(CLOSED_BY[token])
            return Call(MEANING[token], (node,)) if token in MEANING else node
        if token == "[":
            return self.stack("]", ",")
        if token == "\\begin{bmatrix}":
            return self.stack("\\end{bmatrix}", "\\\\", "\\\\[.4em]")
        if token == "\\begin{cases}":
            return self.cases()
        if self.skip("\\sqrt"):
            return Call("sqrt", (self.group(),))
        if self.skip("\\frac"):
            return self.fraction()
        return self.refuse("expected a number, a name or an opening bracket")

    def group(self) -> Node:
        self.take("{")
        node = self.sum()
        self.take("}")
        return node

    def fraction(self) -> Node:
        derivative = self.tokens[self.at + 1 : self.at + 2]
        if derivative not in (["\\mathrm{d}"], ["\\partial"]):
            return Binary("/", self.group(), self.group())
        above, below = (self.derived(*derivative) for _ in range(2))
        direct = derivative == ["\\partial"]
        if above != Name("L"):
            return Jacobian(above, below)
        if isinstance(below, Index):
            return Index(Gradient(below.base, direct), below.letters)
        return Gradient(below, direct)

    def derived(self, derivative: str) -> Node:
        self.take("{")
        self.take(derivative)
        node = self.factor()
        self.take("}")
        return node

    def stack(self, end: str, *between: str) -> Node:
        self.take()
        parts, dots = [self.sum()], False
        while self.skip(*between):
            if self.skip("\\dots"):
                dots = True
            else:
                parts.append(self.sum())
        self.take(end)
        if dots and len(parts) != 2:
            self.refuse("expected one part before the dots and one behind")
        return Stack(tuple(parts), dots)

    def cases(self) -> Node:
        self.take()
        cases = []
        while not self.skip("\\end{cases}"):
            value = self.sum()
            self.take("\\where")
            self.skip("\\text{if }")
            cases.append((value, Equation(self.sum(), self.take(*RELATIONS), self.sum())))
            self.skip("\\\\")
        return Cases(tuple(cases))

    def function(self) -> Node:
        token = self.take()
        function = WORD.sub(r"\1", token).removeprefix("\\")
        if function == "max" and self.next == "_":
            return self.over("max")
        power = self.skip("^") and self.script()
        if self.skip("("):
            arguments = [self.sum()]
            while self.skip(","):
                arguments.append(self.sum())
            self.take(")")
        elif function in ("exp", "log", "cos", "sin"):
            arguments = [self.product()]
        else:
            self.refuse(f"expected `(` behind `{token}`")
        node = Call(function, tuple(arguments))
        return self.scripts(Binary("^", node, power) if power else node)

    def over(self, function: str) -> Node:
        self.take("_")
        below = Reader(self.bare_group())
        letters, first, last = [below.take()], None, None
        while below.skip(","):
            letters.append(below.take())
        if below.skip("="):
            first = below.whole()
            self.take("^")
            last = self.script()
        elif below.next:
            below.refuse("expected `,`, `=` or nothing more")
        body = self.term() if function == "sum" else self.factor()
        return Over(function, tuple(letters), first, last, body)

    def bare_group(self) -> list[str]:
        """Take the tokens of the group in braces, or the one token."""
        if not self.skip("{"):
            return [self.take()]
        start, depth = self.at, 1
        while depth:
            if not self.next:
                self.refuse("expected `}`")
            depth += (self.next == "{") - (self.next == "}")
            self.at += 1
        return self.tokens[start : self.at - 1]

    def script(self) -> Node:
        return Reader(self.bare_group()).whole()

    def name(self) -> Node:
        """Read a letter or word with all that belongs to it."""
        token = self.take()
        text = f"{token} {' '.join(self.bare_group())}" if token in DECORATIONS else token
        letters: tuple[str, ...] = ()
        if self.skip("_"):
            below = self.bare_group()
            if set(below) <= {*INDICES, ","}:
                letters = tuple(letter for letter in below if letter != ",")
            else:
                text += "_" + "".join(below)
        node: Node = Name(text)
        if self.next == "^":
            above = self.above(node)
            node = above if not letters else push(above, letters)
        elif letters:
            node = Index(node, letters)
        return self.scripts(node)

    def scripts(self, node: Node) -> Node:
        """Read what is written above and below a bracket."""
        while self.next in ("^", "_"):
            if self.next == "^":
                node = self.above(node)
                continue
            self.take()
            below = self.bare_group()
            if "\\ldots" in below:
                node = Rows(node, Reader(below[below.index("\\ldots") + 1 :]).whole())
            elif set(below) <= {*INDICES, ","}:
                node = Index(node, tuple(letter for letter in below if letter != ","))
            else:
                self.refuse(f"expected an index, or rows from 1, in `_{{{' '.join(below)}}}`")
        return node

    def above(self, node: Node) -> Node:
        r"""Read a time, which of several, a transpose, a power: `^{\langle t \rangle \top}`."""
        self.take("^")
        above = Reader(self.bare_group())
        if isinstance(node, Name) and above.skip("("):
            node = Name(node.text, node.time, above.take(*INDICES))
            above.take(")")
        if isinstance(node, Name) and above.skip("\\langle"):
            node = Name(node.text, above.sum(), node.item)
            above.take("\\rangle")
        if above.skip("\\top"):
            node = Transpose(node)
        if above.next:
            node = Binary("^", node, above.whole())
        return node


def push(node: Node, letters: tuple[str, ...]) -> Node:
    """Put an index on the name that a power or a transpose was taken of."""
    if isinstance(node, Transpose):
        return Transpose(push(node.base, letters))
    if isinstance(node, Binary):
        return Binary(node.operator, push(node.left, letters), node.right)
    return Index(node, letters)


def children(node: Node) -> Iterator[Node]:
    """List the parts of a node."""
    pending: list[Any] = [getattr(node, field.name) for field in fields(node)]
    while pending:
        value = pending.pop(0)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            pending = [*value, *pending]


def walk(node: Node) -> Iterator[Node]:
    """List a node and all that it is made of."""
    yield node
    for child in children(node):
        yield from walk(child)


@cache
def item(node: Node) -> str:
    """Tell by which letter a name says which of several it is."""
    return node.item if isinstance(node, Name) else "".join(map(item, children(node)))


@cache
def free(node: Node) -> frozenset[str]:
    """Name the steps and indices that an expression leaves open."""
    found = frozenset().union(*map(free, children(node)))
    if isinstance(node, Name):
        found |= {node.text, node.item} & {"t", *INDICES}
    elif isinstance(node, Index):
        found |= {*node.letters}
    elif isinstance(node, Over):
        found -= set(node.letters)
    return found
