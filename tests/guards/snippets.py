"""A snippet is small, needs no other, and says whose it is."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.guards.includes import parse, read, sections
from tools.assemble import recipes

LICENCE = "# SPDX-License-Identifier: MIT-0"
LINES_OF_CODE = 140
LINES_OF_A_CELL = 170
LINES_OF_AN_ASSEMBLED_FILE = 260  # a whole program
LONGER = {
    "fast": 275,  # two cells, each with its weights, states and checks
}
LINES_OF_A_STEP = 12
MEND = ": make one a copy of the other, or give it another name"
NO_CODE = {
    getattr(tokenize, name)
    for name in ("COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER")
}


def check(root: Path) -> list[str]:
    """Licence, ASCII, imports and length of each snippet."""
    return [
        f"{path.relative_to(root).as_posix()}:{line}: {fault}"
        for path in sorted((root / "snippets").glob("[a-z]*.py"))
        for line, fault in snippet_faults(read(path), longest(path, root))
    ]


def longest(path: Path, root: Path) -> int:
    """Say how many lines of code a snippet may have."""
    if path in recipes(root):
        return LINES_OF_AN_ASSEMBLED_FILE
    is_cell = f"\ndef {path.stem}_step(" in read(path)
    return LONGER.get(path.stem, LINES_OF_A_CELL if is_cell else LINES_OF_CODE)


def check_copies(root: Path) -> list[str]:
    """Functions and classes of one name in two snippets are the same, docstring included.

    Included, because who compares two copies should find nothing to wonder about. In what a recipe
    makes they are shorter: there it is the sections that are the same.
    """
    first, faults = {}, []
    for path in sorted({*(root / "snippets").glob("[a-z]*.py")} - recipes(root).keys()):
        for node in parse(read(path)).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                here = f"snippets/{path.name}:{node.lineno}"
                there, other = first.setdefault(node.name, (here, node))
                if other is not node and ast.dump(other) != ast.dump(node):
                    faults.append(f"{here}: `{node.name}` is not the same as in {there}{MEND}")
    return faults


@cache
def snippet_faults(source: str, most: int) -> tuple[tuple[int, str], ...]:
    """List what is wrong with a single snippet."""
    return tuple(find_faults(source, most))


def find_faults(source: str, most: int) -> Iterator[tuple[int, str]]:
    lines = source.split("\n")
    if lines[0] != LICENCE:
        yield 1, f"expected the first line `{LICENCE}`, got `{lines[0]}`"
    for number, text in enumerate(lines, start=1):
        if not text.isascii():
            yield number, f"expected ASCII only, got {re.findall(r'[^\x00-\x7f]+', text)}"
    for node in ast.walk(parse(source)):
        for module in imported(node):
            if module.split(".")[0] not in {"numpy", *sys.stdlib_module_names}:
                yield node.lineno, f"expected NumPy and the standard library, got `{module}`"
    code = lines_of_code(source)
    if len(code) > most:
        yield (
            1,
            f"expected at most {most} lines of code, got {len(code)}: split the file, or if it is "
            "about one thing, raise its limit in LONGER in tests/guards/snippets.py, and list that "
            "line in tests/strict.txt",
        )
    for name, (start, end) in sections(source)[0].items():
        size = len([line for line in code if start < line < end])
        if name.endswith("step-body") and size > LINES_OF_A_STEP:
            yield start, f"expected at most {LINES_OF_A_STEP} lines in a step, got {size}"


def imported(node: ast.AST) -> list[str]:
    """Name the modules that a statement imports; a relative one begins with a dot."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []


@cache
def lines_of_code(source: str) -> set[int]:
    """Find the lines that hold code: no blanks, comments or docstrings."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(parse(source)):
        has_docstring = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if has_docstring and ast.get_docstring(node, clean=False) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines
