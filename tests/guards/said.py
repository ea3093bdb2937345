"""What the files of the repository say to people about its files, commands and names.

On pages that is everything marked as code, in a sentence or in a block of commands; in Python,
docstrings and comments; in settings, the comments; in LICENSE, CITATION.cff and forms for issues,
all of it.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.guards.files import text_files
from tests.guards.markdown import CODE_SPAN, COMMENT, Page, blank, make_page

PLACES = "tools/templates/", "tools/recipes/", "tests/parity/requirements", "tests/vectors/"
COMMANDS = "sh", "text"
SETTINGS = re.compile(r"Makefile|.*\.(?:ya?ml|toml|sh)|\.ci/run|\.gitignore|overrides/moved\.txt")
NOTE = re.compile(r"(?:^|\s)#\s(.*)")
BETWEEN = tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT
EMPTY = tokenize.NL, tokenize.COMMENT
WHOLE = "LICENSE", "CITATION.cff"
FORMS = ".github/ISSUE_TEMPLATE/"


@dataclass(frozen=True)
class Said:
    """A piece of what a file says: code in a sentence, a command, a comment, a docstring."""

    line: int
    text: str
    around: str  # the paragraph or table that it is in
    is_code: bool = False
    in_block: bool = False


def said(root: Path) -> Iterator[tuple[str, Said]]:
    """Give each piece with the file that it is in."""
    for name, text in text_files(root):
        if not name.startswith(PLACES):
            for piece in pieces(name, text):
                yield name, piece


@cache
def pieces(name: str, text: str) -> tuple[Said, ...]:
    """Cut a file into the pieces that speak of files, commands and names."""
    if name.endswith(".md"):
        return tuple(of_page(make_page(name, text)))
    if name.startswith("docs/experiments/") and name.endswith(".py"):
        page = make_page(name, text)
        words = {line for line, row in enumerate(page.text.split("\n"), start=1) if row}
        return *of_page(page), *(piece for piece in of_code(text) if piece.line not in words)
    if name.endswith(".py"):
        return tuple(of_code(text))
    rows = enumerate(text.split("\n"), start=1)
    if name in WHOLE:
        return tuple(Said(line, row, row) for line, row in rows)
    if name.startswith(FORMS):
        return tuple(Said(line, row.partition(": ")[2], row) for line, row in rows)
    if SETTINGS.fullmatch(name):
        found = ((line, NOTE.search(row)) for line, row in rows)
        return tuple(Said(line, note[1], note[1]) for line, note in found if note)
    return ()


def of_page(page: Page) -> Iterator[Said]:
    """Give what is marked as code in the sentences of a page, and its blocks of commands."""
    prose = blank(COMMENT, page.prose)
    for match in CODE_SPAN.finditer(prose):
        start, end = prose.rfind("\n\n", 0, match.start()), prose.find("\n\n", match.end())
        around = prose[start + 1 : end if end > 0 else None]
        yield Said(page.line(match.start()), " ".join(match[2].split()), around, is_code=True)
    for fence in page.fences:
        if fence.language in COMMANDS:
            for line, row in enumerate(fence.lines, start=fence.line + 1):
                yield Said(line, row, fence.text, is_code=True, in_block=True)


def of_code(source: str) -> Iterator[Said]:
    """Give comments and docstrings, line by line: a text that is a statement is a docstring."""
    begins = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        is_docstring = begins and token.type == tokenize.STRING
        if token.type == tokenize.COMMENT or is_docstring:
            for line, row in enumerate(token.string.split("\n"), start=token.start[0]):
                yield Said(line, row.strip('# "'), token.string)
        begins = token.type in BETWEEN or (begins and token.type in EMPTY)
