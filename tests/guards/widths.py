"""The content of a block of a page fits its column.

    docs/rnn.md:40: expected at most 78 characters, got 90: `>>> heard, state, tape = rnn_forward(`

Chromium measures the same, later. Code that a page includes is measured where it is written.
"""

from pathlib import Path

from tests.guards.markdown import pages

WIDEST = 78  # characters, as in snippets/ruff.toml: of more, some have to be scrolled to


def check(root: Path) -> list[str]:
    """No line of an example, an output or a command is wider than the column."""
    return [
        f"{page.name}:{number}: expected at most {WIDEST} characters, got {len(line)}: `{line}`"
        for page in pages(root)
        for fence in page.fences
        if fence.language != "python"
        for number, line in enumerate(fence.text.split("\n"), start=fence.line + 1)
        if len(line) > WIDEST
    ]
