"""Sizes that the page of an experiment gives in words are numbers of its code, or are checked.

    An LSTM of 48 units, 300 training steps          48 and 300 are in the code of the page
    60 runs                                          <!-- check: 60 == len(...) -->

So no sentence keeps a size from before a change. One check holds for the whole page. The code that
draws does not count, as its numbers are places and widths. Up to three a number may speak of
anything, as in *two numbers*. What was not stored, or is a claim of others, is not looked at.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.guards.includes import read
from tests.guards.markdown import Page, pages
from tests.guards.numbers import WORDS, Paragraph, paragraphs

SOME = 3
THINGS = (
    "bits|characters|columns|days|dimensions|epochs|examples|letters|months|numbers|pairs|parts"
    "|passes|runs|seconds|sequences|steps|symbols|tunes|units|weights|words|years"
)
SIZE = re.compile(
    rf"(?<![\w.$,-])({'|'.join(sorted(WORDS, key=len, reverse=True))}|\d{{1,3}}(?:,\d{{3}})+|\d+)"
    rf"(?![.,]?\d)\s+(?!thousand|million)(?:[a-z-]+\s+)?({THINGS})\b",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(r"didn't store|claims\.md#")
CELL = re.compile(r"^# %%.*\n", re.MULTILINE)


def check(root: Path) -> list[str]:
    """Compare the sizes on each page of an experiment with the numbers in its code."""
    return [
        f"{page.name}:{paragraph.line}: expected a number that is in the code, or "
        f"`<!-- check: {number} == expression -->` after the paragraph, got `{number} {thing}`"
        for page in pages(root)
        if page.name.startswith("docs/experiments/")
        for paragraph, number, thing in unknown(page, numbers(read(root / page.name)))
    ]


def unknown(page: Page, known: set[int]) -> Iterator[tuple[Paragraph, str, str]]:
    """List the sizes that the code of a page does not have, and no comment on it checks."""
    lines = page.prose.split("\n")
    found, checked = [], set()
    for paragraph in paragraphs(page):
        start = paragraph.line - 1
        whole = "\n".join(lines[start : start + paragraph.words.count("\n") + 1])
        sides = {it.sides[0].lower() for it in paragraph.checks}
        for number, thing in SIZE.findall(" ".join(paragraph.words.split()).lower()):
            if number in sides:
                checked.add((number, thing))
            elif not paragraph.cited and not ELSEWHERE.search(whole):
                found.append((paragraph, number, thing))
    for paragraph, number, thing in found:
        if (number, thing) not in checked and value(number) not in known:
            yield paragraph, number, thing


def value(number: str) -> int:
    return WORDS[number] if number in WORDS else int(number.replace(",", ""))


def numbers(source: str) -> set[int]:
    """List the numbers in the code of a page, without the cells that draw."""
    cells = [it for it in CELL.split(source) if "plt.subplots" not in it]
    nodes = ast.walk(ast.parse("\n".join(cells)))
    constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return {*range(SOME + 1), *(it for it in constants if isinstance(it, int | float))}
