"""Makes a script of the examples of a page, which runs in a folder with the snippets.

Where the page has `>>> a + 1` and below it `3`, the script has `print(a + 1)` and below it `# 3`:
what the page's prompt answers is printed, and kept as a comment. An error that the page shows is
caught and printed, so that the script goes on. The headings of the page, and the names of its
exercises, stand above their examples, in the form from which Jupytext makes a notebook.
"""

import ast
import doctest
import re
from collections.abc import Iterator
from textwrap import indent

from tests.guards.exercises import EXERCISE
from tests.guards.markdown import Page

HEAD = """\
# {title}: the examples of the page

These are the examples of a page of the book *Unrolled*, under the headings of the page. They run
in a folder with all snippets of the book, and need NumPy. The comments say what the page shows.

Licence of the code: MIT-0. Copy it and owe nothing."""
CAUGHT = """\
try:
{source}
except {kind} as error:
    print(f"{kind}: {{error}}")"""
ERROR = re.compile(r"(\w+): ")  # the last line of a traceback begins so
PRINTS = re.compile(r"\bprint\(")


def script(page: Page) -> str:
    """Return the examples of a page as a script, whose cells are the blocks of the page."""
    cells, waiting, printing = [], [], {"print"}
    for level, content in parts(page):
        if level == 0:
            cells += [text_cell(it) for _, it in waiting]
            cells.append("# %%\n" + code_cell(content, printing))
            waiting = []
        else:
            waiting = [it for it in waiting if it[0] < level]  # those without examples of their own
            waiting.append((level, content))
    return "\n\n".join(cells) + "\n"


def parts(page: Page) -> Iterator[tuple[int, str]]:
    """List the headings of a page with their levels, and its examples with level 0, in order."""
    found = [(it.line, it.level, f"{'#' * it.level} {it.title}") for it in page.headings]
    found += [(it.line, 0, it.text) for it in page.fences if it.language == "pycon"]
    for line, text in enumerate(page.prose.split("\n"), start=1):
        if exercise := EXERCISE.match(text):
            found.append((line, 3, f"### Exercise {exercise[1]}: {exercise[2].rstrip('.')}"))
    for _, level, content in sorted(found):
        yield level, HEAD.format(title=content[2:]) if level == 1 else content


def text_cell(markdown: str) -> str:
    """Write Markdown as the comments of a cell."""
    return "# %% [markdown]\n" + commented(markdown)


def commented(text: str) -> str:
    """Put a # in front of each line."""
    return "\n".join(f"# {line}".rstrip() for line in text.split("\n"))


def code_cell(block: str, printing: set[str]) -> str:
    """Write the examples of a block as code; `printing` gets the functions that print."""
    lines = []
    for example in doctest.DocTestParser().get_examples(block):
        source, want = example.source.rstrip(), example.want.rstrip()
        if want.startswith("Traceback"):
            want = "\n".join(it for it in want.split("\n")[1:] if not it.startswith(" "))
            source = CAUGHT.format(source=indent(source, "    "), kind=ERROR.match(want)[1])
        elif want:
            source = printed(source, printing)
        statement = ast.parse(source).body[0]
        if isinstance(statement, ast.FunctionDef) and PRINTS.search(source):
            printing.add(statement.name)
        lines += [source] + ([commented(want)] if want else [])
        if want or hasattr(statement, "body"):
            lines.append("")
    return "\n".join(lines).rstrip()


def printed(source: str, printing: set[str]) -> str:
    """Print each value that a prompt would show; a loop that prints shows no others."""
    lines = source.split("\n")
    if hasattr(ast.parse(source).body[0], "body") and PRINTS.search(source):
        return source
    for node in reversed([it for it in ast.walk(ast.parse(source)) if shows(it, printing)]):
        for row, column, added in (
            (node.end_lineno, node.end_col_offset, ")"),
            (node.lineno, node.col_offset, "print("),
        ):
            line = lines[row - 1].encode()  # where offsets are counted in bytes
            lines[row - 1] = (line[:column] + added.encode() + line[column:]).decode()
    return "\n".join(lines)


def shows(node: ast.AST, printing: set[str]) -> bool:
    """Tell whether a node is an expression that stands alone, and whose value is shown."""
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    return not (isinstance(called, ast.Name) and called.id in printing)
