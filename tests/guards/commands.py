"""A command that a sentence, a docstring or a message names really works as it is written.

    `make experiments NAME=memory`        the Makefile has the target, and the target reads NAME
    python char_lstm.py train --steps 9   the program has the option
    `--checkpoint`                        some program here has it

Where a line of a block, or a row of a table, names a target, `FORCE=1` beside it is one that it
reads. Elsewhere some target reads it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.guards.files import text_files
from tests.guards.includes import parse, read
from tests.guards.said import Said, said

RULE = re.compile(r"^([a-z][\w-]*):(?!=)(.*)((?:\n\t.*|\n(?:ifn?def|ifn?eq|else|endif).*)*)", re.M)
HELP = re.compile(r"([a-z][\w-]*):.*?## (.*)")
EXPLAINED, ROW = "docs/house-rules.md", re.compile(r"\| `make ([a-z-]+)`")
VARIABLE = re.compile(r"^(\w+) *[:?+]?= *(.*)", re.MULTILINE)
TAKEN = re.compile(r"\$\((?:if )?\$?\(?(\w+)|\bifn?def (\w+)")
FROM_OUTSIDE = re.compile(r"\benviron(?:\.get)?[\[(]\s*[\"'](\w+)|\$\{([A-Z]\w*)")

VALUE = r"(?:\"[^\"]*\"|[^\s\"]+)"
MAKE = re.compile(rf"(?<![\w-])((?:[A-Z]\w*={VALUE} )*)make ([a-z][\w-]*)((?: [A-Z]\w*={VALUE})*)")
SETTING = re.compile(rf"(?<![\w-])([A-Z][A-Z_]*)={VALUE}")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
PROGRAM = re.compile(r"\bpython3? (?:-m )?([\w./]+)")
MESSAGE = re.compile(r"`([A-Z]\w*=\S+ )?make [^`\n]*`")
WITH_MESSAGES = "tools/", "overrides/", "tests/guards/", "snippets/", "docs/"
SCRIPTS = "Makefile", ".sh", ".yml", "run"


@dataclass(frozen=True)
class Makefile:
    """The targets with the names of what each reads, and what programs read from outside."""

    targets: dict[str, set[str]]
    outside: set[str]
    lines: list[str]

    def reads(self, target: str | None) -> set[str]:
        own = self.targets.values() if target is None else [self.targets.get(target, set())]
        return self.outside.union(*own)


def check(root: Path) -> list[str]:
    """Look at each command that is named, at its settings and its options."""
    makefile, options = read_makefile(root), options_of(root)
    faults = []
    for name, piece in [*said(root), *messages(root)]:
        found = [*make_faults(makefile, piece), *option_faults(root, options, piece)]
        faults += [f"{name}:{piece.line}: {fault}" for fault in found]
    for line, row in enumerate(makefile.lines, start=1):
        if match := HELP.match(row):
            for setting in set(SETTING.findall(match[2])) - makefile.reads(match[1]):
                faults.append(f"Makefile:{line}: `make {match[1]}` does not read {setting}")
    return list(dict.fromkeys(faults))


def check_rows(root: Path) -> list[str]:
    """Each command that make explains has a row of the table in docs/house-rules.md, and no other.

    | `make page` | lays out a new page |
    """
    page = root / EXPLAINED
    if not page.is_file():
        return []
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = {match[1]: at for at, line in enumerate(lines, 1) if (match := ROW.match(line))}
    helps = enumerate(read_makefile(root).lines, 1)
    commands = {match[1]: at for at, line in helps if (match := HELP.match(line))}
    return [
        f"Makefile:{at}: expected a row `| `make {name}` | ... |` in {EXPLAINED}"
        for name, at in commands.items()
        if name not in rows
    ] + [
        f"{EXPLAINED}:{at}: a row explains `make {name}`, which Makefile does not explain with ##"
        for name, at in rows.items()
        if name not in commands
    ]


def messages(root: Path) -> Iterator[tuple[str, Said]]:
    """Give the commands between backticks in the code, which are parts of messages."""
    for name, text in text_files(root):
        if name.endswith(".py") and name.startswith(WITH_MESSAGES):
            for match in MESSAGE.finditer(text):
                yield name, Said(text.count("\n", 0, match.start()) + 1, match[0].strip("`"), "")


def make_faults(makefile: Makefile, piece: Said) -> Iterator[str]:
    """Say which target or setting of `make` there is not."""
    text = piece.text.strip()
    quoted = re.findall(r"`([^`]*)`", text)
    commands = [text, *quoted] if piece.is_code or MAKE.match(text) else quoted
    for command in commands:
        match = MAKE.match(command.removeprefix("$ "))
        target = match[2] if match else target_beside(piece) if piece.is_code else None
        if match and match[2] not in makefile.targets:
            yield f"there is no `make {match[2]}`, but {', '.join(sorted(makefile.targets))}"
        elif match or (piece.is_code and SETTING.match(command)):
            for setting in SETTING.findall(command.split("  #")[0]):
                if setting not in makefile.reads(target):
                    yield f"`make {target or '...'}` does not read {setting}"


def target_beside(piece: Said) -> str | None:
    """Find the target that the row of a table names, if the piece is in one."""
    for row in piece.around.split("\n"):
        if row.startswith("|") and f"`{piece.text}`" in row:
            return next(iter(re.findall(r"`make ([a-z][\w-]*)", row)), None)
    return None


def option_faults(root: Path, options: dict[str, set[str]], piece: Said) -> Iterator[str]:
    """Say which option there is not."""
    program = PROGRAM.search(piece.text)
    named = program and Path(program[1].replace(".", "/").replace("/py", ".py")).stem
    if program and named in options:
        known = options[named]
    elif piece.is_code and not piece.in_block and not program:
        known = set().union(*options.values())
    else:
        return
    for option in OPTION.findall(piece.text):
        if option not in known | {"--help"}:
            yield f"{named or 'no program'} has {'no' if named else 'an'} option {option}"


@cache
def options_of(root: Path) -> dict[str, set[str]]:
    """List the options of each program: what they define, or what scripts give to others."""
    found = {}
    for name, text in text_files(root):
        if name.endswith(".py") and "argparse" in text and not name.startswith("tests/"):
            texts = [it.value for it in ast.walk(parse(text)) if isinstance(it, ast.Constant)]
            found[Path(name).stem] = {it for it in texts if OPTION.fullmatch(str(it))}
        elif name.endswith(SCRIPTS):
            found.setdefault("", set()).update(OPTION.findall(text))
    return found


def read_makefile(root: Path) -> Makefile:
    """Find what each target reads, and what programs and scripts read from their surroundings."""
    path = root / "Makefile"
    source = read(path) if path.is_file() else ""
    outside = set()
    for name, text in text_files(root):
        if name.endswith((".py", ".sh")) and not name.startswith("tests/test_"):
            outside |= {given for pair in FROM_OUTSIDE.findall(text) for given in pair if given}
    variables = dict(VARIABLE.findall(source))
    rules = {
        name: (needs.split("#")[0].split(), recipe) for name, needs, recipe in RULE.findall(source)
    }
    return Makefile(
        {name: reached(name, rules, variables) for name in rules}, outside, source.split("\n")
    )


def reached(target: str, rules: dict[str, tuple[list, str]], variables: dict[str, str]) -> set[str]:
    """Name the variables that a target uses, through what it needs and what they are made of."""
    found, waiting = set(), [target]
    while waiting:
        name = waiting.pop()
        needs, text = rules.get(name, ([], "")) if name == target else ([], variables.get(name, ""))
        used = {it for pair in TAKEN.findall(text) for it in pair if it}
        for need in needs:
            found |= reached(need, rules, variables)
        waiting += used - found
        found |= used
    return found
