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
    faults, listed = [], {}
    for line, name, wanted in entries(read(root / LIST)):
        listed.setdefault(name, set()).add(wanted)
        there = lines(root / name)
        if wanted not in there.values():
            place = "".join(f":{it}" for it in nearest(wanted, there))
            faults.append(f"{name}{place}: expected `{wanted}` ({LIST}:{line}): {ADVICE}")
    for name, wanted in listed.items():
        found = [*twice(lines(root / name), wanted), *unlisted(name, lines(root / name), wanted)]
        faults += [f"{name}:{line}: {fault}: {ADVICE}" for line, fault in found]
    for path in sorted(it for pattern in COMMANDS for it in root.glob(pattern)):
        name = path.relative_to(root).as_posix()
        for line, text in lines(path).items():
            if LENIENT.search(text) and text not in listed.get(name, ()):
                what = "expected commands that are always run, and that fail aloud"
                faults.append(f"{name}:{line}: {what}, got `{text}`: {ADVICE}")
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


def nearest(wanted: str, there: dict[int, str]) -> list[int]:
    """Find the line that has been put where one was expected, if one looks like it."""
    texts = [it for it in there.values() if it]
    alike = get_close_matches(wanted, texts, n=1, cutoff=0.7) or [
        it for it in texts if it in wanted
    ]
    return [line for line, text in there.items() if text in alike][:1]


def twice(there: dict[int, str], wanted: set[str]) -> Iterator[tuple[int, str]]:
    """List what gives a listed name a second value."""
    assigned = {it[0] for it in map(ASSIGNS.match, wanted) if it}
    for line, text in there.items():
        if text not in wanted and text.startswith(tuple(assigned)):
            yield line, f"expected one value, got a second one, `{text}`"


def unlisted(name: str, there: dict[int, str], wanted: set[str]) -> Iterator[tuple[int, str]]:
    """List settings of tools that the list does not have."""
    watched = free = False
    for line, text in there.items() if name == SETTINGS else ():
        if section := SECTION.match(text):
            watched = len(section[0]) > 1
        elif watched and not free and not FREE.match(text) and text not in {"", "]", *wanted}:
            yield line, f"expected no other setting, got `{text}`"
        free = (free or text.startswith("markers =")) and text != "]"


def overriding(root: Path) -> Iterator[str]:
    """List files that a tool reads instead of pyproject.toml, or besides."""
    known = {root / "snippets/ruff.toml", root / "tests/conftest.py"}
    for name in (f"{dot}{it}" for it in OTHERS for dot in ("", ".")):
        for path in sorted({*root.glob(name), *root.glob(f"[!.]*/{name}")} - known):
            place = path.relative_to(root).as_posix()
            yield f"{place}: expected settings of tools in {SETTINGS} and tests/conftest.py alone"
