"""What makes the tests strict has not been weakened: `tests/strict.txt` lists it, with the reasons.

    pyproject.toml
        # every line and every branch of the snippets is run
        fail_under = 100

means that this line is in that file. Nothing else may let a tool look at less. So each setting of
pytest, coverage, ruff, codespell and mutmut is in the list, and each condition in a workflow.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from tests.guards.includes import read

LIST = "tests/strict.txt"
ADVICE = f"if this is meant, change {LIST} as well, and say there why it will do"
SETTINGS = "pyproject.toml"
SECTION = re.compile(r"\[(?:tool\.(?:pytest|coverage|ruff|codespell|mutmut)\b)?")
FREE = re.compile(  # settings that let nothing pass
    r"(markers|pythonpath|show_missing|skip_covered|line-length|convention|ignore-words-list) ="
)
OTHERS = "pytest.ini", "tox.ini", "setup.cfg", ".coveragerc", "ruff.toml", "conftest.py"
COMMANDS = ".ci/run", "Makefile", "tests/parity/run.sh", ".github/workflows/*.yml"
LENIENT = re.compile(
    r"\|\|\s*(true|:|echo\b|exit 0)|\bset \+|^exit\b|\bexit 0|--exit-zero|PYTEST_ADDOPTS|<<"
    r"|^(if|while|until|case)\b(?!-)|^(continue-on-error|shell|paths|paths-ignore|branches-ignore):"
)
ASSIGNS = re.compile(r"\w[\w-]* :?= ")


def check(root: Path) -> list[str]:
    """Compare the list with the files, and the files with the list."""
    if not (root / LIST).is_file():
        return [f"{LIST}: expected this file, which lists what makes the tests strict"]
    listed: dict[str, dict[str, int]] = {}  # by file: its lines, and where they are in the list
    for line, name, wanted in entries(read(root / LIST)):
        listed.setdefault(name, {})[wanted] = line
    commands = {it.relative_to(root).as_posix() for glob in COMMANDS for it in root.glob(glob)}
    faults = []
    for name in sorted(commands | listed.keys()):
        there, wanted = lines(root / name), listed.get(name, {})
        found = [*lost(there, wanted), *twice(there, wanted), *unlisted(name, there, wanted)]
        found += lenient(there, wanted) if name in commands else []
        first = {}  # one fault a line says enough
        for line, fault in found:
            first.setdefault(line or fault, f"{name}{f':{line}' * bool(line)}: {fault}: {ADVICE}")
        faults += first.values()
    return faults + list(overriding(root))


def entries(text: str) -> Iterator[tuple[int, str, str]]:
    """Read the list: where an entry is, the file, and the line that the file should have."""
    name = ""
    for line, row in enumerate(text.split("\n"), start=1):
        if row.startswith(" ") and not row.strip().startswith("#"):
            yield line, name, row.strip()
        elif row and not row.startswith((" ", "#")):
            name = row


def lines(path: Path) -> dict[int, str]:
    """Give the lines of a file by their number, without the comments at their ends."""
    rows = read(path).split("\n") if path.is_file() else []
    return {line: re.sub(r"(^|\s+)# .*", "", row).strip() for line, row in enumerate(rows, start=1)}


def lost(there: dict[int, str], wanted: dict[str, int]) -> Iterator[tuple[int, str]]:
    """List the lines that a file has no more, and the line that is there instead, or 0."""
    for text, at in wanted.items():
        if text not in there.values():
            others = [it for it in there.values() if len(it) > 3 and it not in wanted]
            alike = get_close_matches(text, others, n=1, cutoff=0.7)
            alike = alike or [it for it in others if it in text]
            line = next((line for line, other in there.items() if other in alike[:1]), 0)
            yield line, f"expected `{text}` ({LIST}:{at})"


def twice(there: dict[int, str], wanted: dict[str, int]) -> Iterator[tuple[int, str]]:
    """List what gives a listed name a second value."""
    assigned = {it[0] for it in map(ASSIGNS.match, wanted) if it}
    for line, text in there.items():
        if text not in wanted and text.startswith(tuple(assigned)):
            yield line, f"expected one value, got a second one, `{text}`"


def unlisted(name: str, there: dict[int, str], wanted: dict[str, int]) -> Iterator[tuple[int, str]]:
    """List settings of tools that the list does not have."""
    watched = free = False
    for line, text in there.items() if name == SETTINGS else ():
        if section := SECTION.match(text):
            watched = len(section[0]) > 1
        elif watched and not free and not FREE.match(text) and text not in {"", "]", *wanted}:
            yield line, f"expected no other setting, got `{text}`"
        free = (free or text.startswith("markers =")) and text != "]"


def lenient(there: dict[int, str], wanted: dict[str, int]) -> Iterator[tuple[int, str]]:
    """List commands that may be left out, or may fail without a word."""
    for line, text in there.items():
        if LENIENT.search(text) and text not in wanted:
            expected = "expected commands that always run, and whose failure is reported"
            yield line, f"{expected}, got `{text}`"


def overriding(root: Path) -> Iterator[str]:
    """List files that a tool reads instead of pyproject.toml, or in addition to it."""
    known = {root / "snippets/ruff.toml", root / "tests/conftest.py"}
    for name in (f"{dot}{it}" for it in OTHERS for dot in ("", ".")):
        for path in sorted({*root.glob(name), *root.glob(f"[!.]*/{name}")} - known):
            place = path.relative_to(root).as_posix()
            yield f"{place}: expected settings of tools in {SETTINGS} and tests/conftest.py alone"
