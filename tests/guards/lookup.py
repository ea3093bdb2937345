r"""Finds the value of a symbol: notation.md says in which variable, and its time at which step.

$a^{\langle t-1 \rangle}$ at t = 3 is `a_prev` at step 3, says the row of $a^{\langle t-1 \rangle}$;
if there is no such variable, it is `a_t` at step 2, or the second step of the array `a`. A gradient
without a row of its own is called as its symbol is, with `d` or `d_` in front. No name is guessed.
"""

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from tests.guards import latex
from tests.guards.latex import Binary, Gradient, Index, Name, Node, Number, Stack, UnreadableError
from tests.guards.latex import Call as Function
from tests.guards.markdown import CODE_SPAN, MATH
from tests.guards.recording import Call
from tests.guards.symbols import NOTATION, table

IN_CODE = {"i": "i", "j": "j", "\\ell": "lag"}  # how code in notation.md calls an index


class UnresolvedError(LookupError):
    """A symbol has no value here."""


class EndedError(LookupError):
    """An index has run through all elements."""


@dataclass(frozen=True)
class Row:
    """A symbol of notation.md and how code calls it: the first of these names that there is."""

    symbol: Node
    codes: tuple[str, ...]

    @property
    def at_any_step(self) -> bool:
        return "t" in latex.free(self.symbol)


@dataclass
class Run:
    """All that a run of `exercise` tells of a snippet."""

    path: str
    rows: list[Row]
    sizes: dict[str, int]
    calls: list[Call]
    given: dict[str, Any]  # what exercise() returns: values that only the equations name
    rows_of: dict[str, list[Row]] = field(default_factory=dict)


def notation(root: Path) -> Iterator[Row]:
    """Read the tables of notation.md: symbols and names in pairs, or one symbol and its names."""
    for cells in table(root):
        symbols = [match[1] or match[2] for match in MATH.finditer(cells[0])]
        codes = [match[2] for match in CODE_SPAN.finditer(cells[2])]
        if len(symbols) == 1:
            codes = [codes]
        elif len(codes) == 1:
            codes = [codes] * len(symbols)
        else:
            codes = [[code] for code in codes]
        for symbol, names in zip(symbols, codes, strict=False):
            with suppress(UnreadableError):  # then no equation that is run has it
                yield Row(latex.read_expression(symbol), tuple(names))


def together(calls: list[Call]) -> list[list[Call]]:
    """Put the calls of one function together that its caller makes step by step."""
    groups: dict[tuple[int, CodeType], list[Call]] = {}
    for call in calls:
        whose = call.parent if call.is_step else call
        groups.setdefault((id(whose), call.code), []).append(call)
    return list(groups.values())


class Lookup:
    """Looks symbols up from where an equation is computed."""

    def __init__(self, run: Run, calls: list[Call]):
        self.run = run
        self.calls = calls
        self.open: dict[str, int] = {}  # the step and the indices that are meant, by their letter
        self.before: set[str] = set()  # variables that are read as they were before an arrow
        self.nudged: dict[tuple[str, int | None], Any] = {}  # values to take instead
        self.places = self.find_places()
        self.look, self.find_at = cache(self.look), cache(self.find_at)

    @property
    def steps(self) -> range:
        T = self.run.sizes.get("T")
        return range(1, T + 1) if T else range(1)  # a single step

    def where(self) -> str:
        numbers = [f"{letter} = {n if letter == 't' else n + 1}" for letter, n in self.open.items()]
        place = f"in {self.calls[0].code.co_name}"
        return f"{place} at {', '.join(numbers)}" if numbers else place

    # From a symbol to its rows in notation.md

    def key(self, node: Node) -> str:
        """Tell symbols apart, whatever step is meant."""
        match node:
            case Name(text, _, item):
                return f"{text}^{item}" if item else text
            case Index(base):
                return f"{self.key(base)} of several"
            case Gradient(of, direct):
                return f"{'direct' if direct else 'total'} gradient for {self.key(of)}"
            case Function(function, (argument,)):
                return f"{function} of {self.key(argument)}"
            case Stack(parts):
                last = self.step(parts[-1]) or 0
                return ", ".join(f"{self.key(it)} {(self.step(it) or 0) - last}" for it in parts)
        return ""

    def step(self, node: Node) -> int | None:
        """Return the step at which a symbol is meant, of several in a stack the last one's."""
        match node:
            case Name(_, time):
                return None if time is None else self.number(time)
            case Index(base) | Gradient(base) | Function(_, (base,)) | Stack((*_, base)):
                return self.step(base)
        return None

    def number(self, time: Node) -> int:
        r"""Evaluate a time, as in `T - \ell`."""
        match time:
            case Number(value):
                return int(value)
            case Name(text) if text in self.open:
                return self.open[text]
            case Name():
                return int(self.find(time))
            case Binary("+", left, right):
                return self.number(left) + self.number(right)
            case Binary("-", left, right):
                return self.number(left) - self.number(right)
        raise UnresolvedError("a time is made of names and numbers, with + and -")

    def rows(self, node: Node) -> list[Row]:
        """Find the rows of notation.md that have this symbol, at whatever step."""
        if not self.run.rows_of:
            for row in self.run.rows:
                self.run.rows_of.setdefault(self.at_zero(self.key, row.symbol), []).append(row)
        return self.run.rows_of.get(self.key(node), [])

    def at_zero(self, ask: Callable[[Node], Any], symbol: Node) -> Any:
        """Ask for key or step of a symbol of notation.md, where t is any step."""
        here, self.open = self.open, {"t": 0}
        answer, self.open = ask(symbol), here
        return answer

    # From there to variables, each with the step at which it holds the value

    def variables(self, node: Node) -> list[tuple[str, int | None]]:
        """List how code may call a symbol, the nearest first; the step is None at the end."""
        step, found = self.step(node), []
        named = [(row, "") for row in self.rows(node)]
        if isinstance(node, Gradient):
            named += [(row, d) for row in self.rows(node.of) for d in ("d", "d_")]
        for row, d in named:
            own = self.at_zero(self.step, row.symbol)
            if step is not None and own is not None and row.at_any_step:
                found += [(d + code, step - own) for code in row.codes]
            elif step == own:
                found += [(d + code, None) for code in row.codes]
            elif step is None and row.at_any_step:  # a step that is the only one
                found += [(d + code[:-2], None) for code in row.codes if code.endswith("_t")]
        if isinstance(node, Name) and (word := latex.WORD.fullmatch(node.text)):
            found.append((word[1].replace(" ", "_"), None))
        found += [(code[:-2], at) for code, at in found if code.endswith("_t")]  # `z_t` is in `z`

        def far(variable: tuple[str, int | None]) -> tuple[int, bool]:
            code, at = variable
            nearest = min(self.look(name)[0] for name in re.findall(r"\w+", code))
            return nearest, at != self.open.get("t")  # the step t-1 is `a_prev` at t

        return sorted(found, key=far)

    def variable(self, node: Node) -> str:
        """Name the variable, or the expression, that holds a symbol."""
        for code, at in self.variables(node):
            with suppress(UnresolvedError):
                self.run_code(code, at, zero=False)
                return code
        raise UnresolvedError(f"no variable is {self.key(node)}")

    def find(self, node: Node) -> Any:
        """Return the value of a symbol; beyond the ends of the sequence it is zero."""
        place = self.key(node), self.step(node)
        if place in self.nudged:
            return self.nudged[place]
        return self.find_at(node, *place, self.open.get(latex.item(node)), frozenset(self.before))

    def find_at(self, node: Node, *_: Any) -> Any:
        """Look a value up once for each step, and whatever else it may depend on."""
        variables = self.variables(node)
        for zero in (False, True):
            for code, at in variables:
                with suppress(UnresolvedError):
                    return self.run_code(code, at, zero)
        names = ", ".join(f"`{code}`" for code, _ in variables) or f"nothing in {NOTATION}"
        raise UnresolvedError(f"{self.key(node)} is {names}, which has no value {self.where()}")

    # From variables to values

    def run_code(self, code: str, at: int | None, zero: bool) -> Any:
        """Evaluate what notation.md has as code, with the variables as they were at a step."""
        here = {IN_CODE[letter]: n for letter, n in self.open.items() if letter in IN_CODE}
        known = self.calls[0].globals
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Name) and node.id not in here:
                try:
                    here[node.id] = self.read(node.id, at, zero)
                except UnresolvedError:
                    if node.id not in known:
                        raise
        try:
            value = eval(code, known, here)
        except IndexError:
            ended = [letter for letter, name in IN_CODE.items() if re.search(rf"\b{name}\b", code)]
            raise EndedError(*ended) from None
        return self.take_step(value, at, zero)

    def read(self, name: str, at: int | None, zero: bool = False) -> Any:
        """Return what a variable held at the end of a step, or at the end."""
        _, entries = self.look(name)
        if not entries:
            raise UnresolvedError(name)
        last = entries[-1][1]
        if name in self.before:
            return entries[-2:][0][1]
        if at is None or self.axis(last) is not None or not any(step for step, _ in entries):
            return last
        held = [value for step, value in entries if step == at]
        if held:
            return held[-1]
        if zero and at not in self.steps:
            return np.zeros_like(last)
        raise UnresolvedError(name)

    def look(self, name: str) -> tuple[int, list[tuple[int, Any]]]:
        """Return how far away a variable is, and what it held at which steps."""
        for far, calls in enumerate(self.places):
            if entries := [entry for call in calls for entry in call.values.get(name, ())]:
                return far, entries
        for values in (self.run.given, self.run.sizes):
            if name in values:
                return len(self.places), [(0, values[name])]
        return len(self.places), []

    def find_places(self) -> list[list[Call]]:
        """Say where to look: here, in callers, in what is called from here, anywhere else."""
        callers, caller = [], self.calls[0].parent
        while caller:
            callers.append([caller])
            caller = caller.parent
        others = together(self.run.calls)[::-1]
        others.sort(key=lambda calls: not self.is_inner(calls[0]))
        return [self.calls, *callers, *others]

    def is_inner(self, call: Call | None) -> bool:
        while call and call not in self.calls:
            call = call.parent
        return call is not None

    def axis(self, value: Any) -> int | None:
        """Find the axis of time: T long, or longer by step 0, or by what the first window sees."""
        T = self.run.sizes.get("T")
        for before in (0, 1, self.run.sizes.get("n_w", 1) - 1):
            if T and T + before in np.shape(value):
                return np.shape(value).index(T + before)
        return None

    def take_step(self, value: Any, at: int | None, zero: bool) -> Any:
        """Take a step out of an array that holds all of them; the last one is step T."""
        if at is None:
            return value[0] if np.ndim(value) == 3 and len(value) == 1 else value
        axis = self.axis(value)
        if axis is None:
            return value
        length = value.shape[axis]
        index = at - 1 + length - len(self.steps)
        if 0 <= index < length:
            return np.take(value, index, axis)
        if zero and (index >= length or length == len(self.steps)):
            return np.zeros_like(np.take(value, 0, axis))
        raise UnresolvedError(at)
