"""Damages the equations of the pages on purpose and says which share of the faults is noticed.

`make mutants EQUATIONS=1` tries 2,000, `ARGS=500` fewer, `ARGS=lstm` those of one snippet. They are
the same each time, until a page changes. Each is an equation with one small change to its LaTeX
that can still be read: a sign turned, t for t-1, an index or a name exchanged, a factor, a power or
a transpose lost. `tests/guards/running.py` has to find that it does not hold.
"""

import os
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from tests.guards import latex, running
from tests.guards.stems import stems

ROOT = Path(__file__).parents[1]
LEAST = 0.98
TRIED = 2000
TOKEN = re.compile(rf"{latex.LAYOUT.pattern}|{latex.TOKEN.pattern}", re.DOTALL)
EXCHANGED = [
    ("+", "-"), ("*", " "), ("*", "/"), ("*", "+"), ("\\sigma", "\\tanh"),
    ("\\tanh", "\\exp"), ("\\exp", "\\log"), ("\\min", "\\max"), ("\\le", "\\lt"), ("\\gt", "\\ge"),
    ("\\lvert", "("), ("\\rvert", ")"), ("\\mathrm{d}", "\\partial"), ("\\cdot", "+"),
    ("\\lfloor", "("), ("\\rfloor", ")"), ("i", "j"), ("T", "t"), ("\\cos", "\\sin"),
]  # fmt: skip
OTHER_STEPS = "t", "t-1", "t+1"

Tokens = list[str]


def drop(tokens: Tokens, others: Tokens) -> Tokens:
    """Leave a few tokens out."""
    at, size = random.randrange(len(tokens)), random.choice([1, 1, 2, 3, 4, 6, 8, 12])
    return tokens[:at] + tokens[at + size :]


def exchange(tokens: Tokens, others: Tokens) -> Tokens:
    """Put the opposite of a sign, function or operator in its place."""
    places = [(i, b) for i, it in enumerate(tokens) for a, b in both_ways() if it == a]
    at, other = random.choice(places)
    return [*tokens[:at], other, *tokens[at + 1 :]]


def both_ways() -> Iterator[tuple[str, str]]:
    """List what is exchanged for what."""
    for a, b in EXCHANGED:
        yield a, b
        yield b, a


def rename(tokens: Tokens, others: Tokens) -> Tokens:
    """Replace a letter, index or word by another one of the page."""
    places = [i for i, it in enumerate(tokens) if is_name(it)]
    at = random.choice(places)
    return [*tokens[:at], random.choice(others), *tokens[at + 1 :]]


def is_name(token: str) -> bool:
    """Tell whether a token is a letter or a word."""
    return bool(latex.LETTER.fullmatch(token) or latex.WORD.fullmatch(token))


def shift(tokens: Tokens, others: Tokens) -> Tokens:
    """Mean another step."""
    at = random.choice([i for i, token in enumerate(tokens) if token == "\\langle"])
    end = tokens.index("\\rangle", at)
    return [*tokens[: at + 1], *random.choice(OTHER_STEPS), *tokens[end:]]


def count(tokens: Tokens, others: Tokens) -> Tokens:
    """Change a number by one."""
    at = random.choice([i for i, token in enumerate(tokens) if token.isdigit()])
    return [*tokens[:at], str(abs(int(tokens[at]) + random.choice([-1, 1]))), *tokens[at + 1 :]]


def swap(tokens: Tokens, others: Tokens) -> Tokens:
    """Let two names change places."""
    one, other = random.sample([i for i, it in enumerate(tokens) if is_name(it)], 2)
    changed = tokens.copy()
    changed[one], changed[other] = tokens[other], tokens[one]
    return changed


def turn(tokens: Tokens, others: Tokens) -> Tokens:
    """Exchange the two sides of a minus, within its brackets."""
    at = random.choice([i for i, token in enumerate(tokens) if token == "-"])
    start, end = edge(tokens, at, -1), edge(tokens, at, 1)
    return [
        *tokens[: start + 1],
        *tokens[at + 1 : end],
        "-",
        *tokens[start + 1 : at],
        *tokens[end:],
    ]


def edge(tokens: Tokens, at: int, way: int) -> int:
    """Find where the brackets around a token begin or end."""
    depth = 0
    while depth >= 0:
        at += way
        if not 0 <= at < len(tokens):
            break
        opens, closes = ("({", ")}") if way > 0 else (")}", "({")
        depth += (tokens[at] in opens) - (tokens[at] in closes)
    return at


CHANGES: list[Callable[[Tokens, Tokens], Tokens]] = [
    drop,
    drop,
    exchange,
    exchange,
    rename,
    rename,
    shift,
    count,
    swap,
    turn,
]


def canonical(value: Any) -> Any:
    """Write sums and products in one order, so that a + b is no change of b + a."""
    if isinstance(value, latex.Binary) and value.operator in "+*":
        return (value.operator, *sorted(map(repr, operands(value, value.operator))))
    if isinstance(value, latex.Equation) and value.relation == "=":
        return ("=", *sorted(map(repr, map(canonical, (value.left, value.right)))))
    if is_dataclass(value):
        return (type(value).__name__, *(canonical(getattr(value, it.name)) for it in fields(value)))
    return tuple(map(canonical, value)) if isinstance(value, tuple | list) else value


def operands(node: latex.Node, operator: str) -> list[Any]:
    """List what a chain of one operator connects."""
    if isinstance(node, latex.Binary) and node.operator == operator:
        return operands(node.left, operator) + operands(node.right, operator)
    return [canonical(node)]


def mutants(formula: running.Formula, others: Tokens, most: int) -> Iterator[str]:
    """Yield different faults that can be read."""
    bare = re.sub(r"\\tag\{.*?\}", "", formula.latex)
    tokens = [match[0] for match in TOKEN.finditer(bare)]
    seen = {canonical(latex.read_equations(bare))}
    for _ in range(50 * most):
        try:
            changed = " ".join(random.choice(CHANGES)(tokens, others))
            meaning = canonical(latex.read_equations(changed))
        except (IndexError, ValueError):
            continue
        if meaning not in seen:
            seen.add(meaning)
            yield changed
            if len(seen) > most:
                return


def try_page(question: tuple[str, int]) -> tuple[int, list[str]]:
    """Damage the equations of a snippet; return how many faults there were, and the missed ones."""
    stem, most = question
    random.seed(stem)
    run, left_sides, tried, missed = None, running.read_left_sides(stem), 0, []
    for page in running.pages_of(ROOT, stem):
        found = [it for it in running.formulas(page) if not it.not_run]
        others = [t for it in found for t in TOKEN.findall(it.latex) if is_name(t)]
        for formula in found:
            run = run or running.make_run(stem)
            for changed in mutants(formula, others, most):
                tried += 1
                mutant = replace(formula, latex=f"{changed} \\tag{{{formula.numbers[0]}}}")
                if not running.verdict(run, left_sides, mutant):
                    missed.append(f"{page.name}:{formula.line}: {changed}")
    return tried, missed


def main() -> None:
    """Damage, evaluate, sum up, show what was not noticed."""
    os.chdir(ROOT)
    chosen = [argument for argument in sys.argv[1:] if not argument.isdigit()]
    total = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), TRIED)
    numbered = defaultdict(int)
    for stem in sorted(chosen or stems(ROOT / "snippets")):
        for page in running.pages_of(ROOT, stem):
            numbered[stem] += sum(not it.not_run for it in running.formulas(page))
    each = -(-total // max(sum(numbered.values()), 1))
    with Pool(2) as pool:
        answers = pool.map(
            try_page, [(stem, each) for stem, n in numbered.items() if n], chunksize=1
        )
    tried, missed = sum(n for n, _ in answers), [it for _, found in answers for it in found]
    print(*(f"not noticed: {it}" for it in missed), sep="\n")
    share = 1 - len(missed) / tried
    print(f"\n{sum(numbered.values())} formulas: {share:.1%} of {tried} faults noticed")
    if share < LEAST:
        sys.exit(f"The equations must notice {LEAST:.0%}: choose richer values in exercise().")


if __name__ == "__main__":
    main()
