"""Python can read every file of code, and import every snippet: without that no test means much.

    snippets/rnn.py:40: '(' was never closed: `a_t = np.tanh(`

tests/conftest.py asks before it collects any test: forty tests would each stop at the same line.
"""

import ast
import importlib
import traceback
from collections.abc import Iterator
from pathlib import Path

FOLDERS = "docs", "overrides", "snippets", "tests", "tools"
NOT_YET_CODE = "tools/recipes", "tools/templates"  # before they are assembled, or have a name


def check(root: Path) -> list[str]:
    """Name the first line of each file that is no Python; if there is none, what cannot start."""
    return list(misspelt(root)) or list(stopped(root))


def misspelt(root: Path) -> Iterator[str]:
    """Parse every file."""
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(NOT_YET_CODE):
            continue
        try:
            ast.parse(path.read_bytes())
        except SyntaxError as error:
            yield f"{name}:{error.lineno or 1}: {error.msg}: `{(error.text or '').strip()}`"


def stopped(root: Path) -> Iterator[str]:
    """Import every snippet."""
    for path in sorted((root / "snippets").glob("[a-z]*.py")):
        try:
            importlib.import_module(f"snippets.{path.stem}")
        except Exception as error:
            stack = traceback.extract_tb(error.__traceback__)
            at = next(at for at in reversed(stack) if Path(at.filename).is_relative_to(root))
            name = Path(at.filename).relative_to(root).as_posix()
            yield f"{name}:{at.lineno}: {type(error).__name__}: {error}: `{at.line}`"
