"""No comment silences a tool that checks the code.

    for at, sign in enumerate(rest):  # noqa: B007, the last `at` is needed below

is right, as it names the one rule and the reason. In a snippet there is no such comment at all, nor
anywhere `# type: ignore`, `# pragma: no cover` or `# fmt: off`.
"""

import re
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from tests.guards.includes import read

FOLDERS = "docs", "overrides", "snippets", "tests", "tools"
SILENCES = re.compile(
    r"#.*?\b(noqa|type: *ignore|pragma: *no|fmt: *off|codespell: *ignore)\b", re.IGNORECASE
)
REASONED = re.compile(r"# noqa: [A-Z]+\d+, \S+ \S+")


def check(root: Path) -> list[str]:
    """Look at the comments of all Python files."""
    faults = []
    for path in sorted(it for folder in FOLDERS for it in (root / folder).rglob("*.py")):
        name, source = path.relative_to(root).as_posix(), read(path)
        for line, comment in silencing(source) if SILENCES.search(source) else ():
            if not REASONED.match(comment) or name.startswith("snippets/"):
                faults.append(
                    f"{name}:{line}: expected no comment that silences a check, or in tests and "
                    f"tools `# noqa: B007, the reason`, got `{comment}`"
                )
    return faults


def silencing(source: str) -> Iterator[tuple[int, str]]:
    """Find the comments that silence a tool."""
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.COMMENT and SILENCES.match(token.string):
            yield token.start[0], token.string
