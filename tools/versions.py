"""Keeps the versions of the snippets, by which whoever has copied one learns of later changes.

    make version NAME=lstm CHANGES="A state of another dtype is refused."
    make version NAME="lstm gru" CHANGES="..."
    make version NAME=lstm

The second line of a snippet says its version. That is a version of the whole book, in which the
snippet changed last: docs/changes.md has a section for each, with what has changed in which files.
snippets/versions.json has the hash of each snippet's code, without comments and docstrings, so that
a test notices when the code has changed and the version has not (tests/guards/versions.py).

With CHANGES, the snippets get a new version and an entry in docs/changes.md. Without, only their
hashes are recorded again: their code has changed, but does the same as before, or nobody has
copied that version yet.
"""

import argparse
import json
import re
import sys
from datetime import date
from pathlib import Path

from tools.assemble import recipes
from tools.reach import code_hash

ROOT = Path(__file__).parents[1]
CHANGES = "docs/changes.md"
RECORD = "snippets/versions.json"
LINE = "# Version {}. What later versions change: docs/changes.md"
VERSION = re.compile(r"(?m)^# Version (\d+)\..*$")
SECTION = re.compile(r"(?m)^## Version (\d+), (\d{4}-\d\d-\d\d) \{ #version-\1 \}$")
FILES = r"\[\w+\.py\]\([\w-]+\.md\)(?:, \[\w+\.py\]\([\w-]+\.md\))*"
ENTRY = re.compile(rf"(?m)^- (All files|{FILES}): .")
FILE = re.compile(r"\[(\w+)\.py\]")


def snippets(root: Path = ROOT) -> dict[str, Path]:
    """List the snippets by name."""
    return {path.stem: path for path in sorted((root / "snippets").glob("[a-z]*.py"))}


def version_of(path: Path) -> int | None:
    """Read the version in the second line of a snippet."""
    lines = path.read_text(encoding="utf-8").split("\n")
    found = VERSION.fullmatch("".join(lines[1:2]))
    return int(found[1]) if found else None


def sections(changes: str) -> list[tuple[int, str, list[str]]]:
    """List version, date and changed files of each section, the newest first; `*` is all files."""
    starts = list(SECTION.finditer(changes))
    ends = [*(it.start() for it in starts[1:]), len(changes)]
    found = []
    for start, end in zip(starts, ends, strict=True):
        entries = [it[1] for it in ENTRY.finditer(changes, start.end(), end)]
        names = [it for entry in entries for it in FILE.findall(entry) or ["*"]]
        found.append((int(start[1]), start[2], names))
    return found


def changed_last(name: str, changes: str) -> int | None:
    """Say in which version a snippet changed last."""
    return next((it for it, _, names in sections(changes) if {name, "*"} & {*names}), None)


def read_record(root: Path = ROOT) -> dict[str, dict]:
    """Return version and hash of the code of each snippet, as they were recorded."""
    return json.loads((root / RECORD).read_text(encoding="utf-8"))


def described(path: Path) -> dict:
    """Return what the record should hold of a snippet."""
    return {"version": version_of(path), "code": code_hash(path.read_bytes(), path.name)}


def write_record(names: list[str], root: Path = ROOT) -> None:
    """Record the code of some snippets as it is."""
    there, record = snippets(root), read_record(root) if (root / RECORD).is_file() else {}
    record |= {name: described(there[name]) for name in names}
    lines = [f'"{it}": {json.dumps(record[it])}' for it in sorted(record) if it in there]
    (root / RECORD).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def set_version(path: Path, version: int) -> None:
    """Write the version into the second line of a file."""
    licence, second, *rest = path.read_text(encoding="utf-8").split("\n")
    rest = rest if VERSION.fullmatch(second) else [second, *rest]
    path.write_text("\n".join([licence, LINE.format(version), *rest]), encoding="utf-8")


def with_entry(changes: str, names: list[str], text: str, today: str) -> tuple[str, int]:
    """Add an entry to what changed, and return the version: a new one, or today's.

    Today's serves if it names none of these snippets: each number of a snippet means one code.
    """
    version, day, named = sections(changes)[0]
    links = ", ".join(f"[{name}.py]({name.replace('_', '-')}.md)" for name in names)
    entry = f"- {links}: {text}\n"
    start = SECTION.search(changes).start()
    if day == today and not {*names, "*"} & {*named}:
        start = changes.index("\n- ", start) + 1
        return changes[:start] + entry + changes[start:], version
    version += 1
    heading = f"## Version {version}, {today} {{ #version-{version} }}\n\n"
    return f"{changes[:start]}{heading}{entry}\n{changes[start:]}", version


def release(names: list[str], text: str, today: date, root: Path = ROOT) -> int:
    """Give snippets a version in which they changed, and return it."""
    path, made = root / CHANGES, recipes(root)
    changes, version = with_entry(path.read_text(encoding="utf-8"), names, text, today.isoformat())
    path.write_text(changes, encoding="utf-8")
    for snippet in (snippets(root)[name] for name in names):
        set_version(snippet, version)
        if snippet in made:
            set_version(made[snippet], version)
    write_record(names, root)
    return version


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", type=lambda name: name.replace("-", "_"))
    parser.add_argument("--changes", help="what readers of older versions should know")
    given = parser.parse_args()
    for name in given.names:
        if name not in snippets():
            sys.exit(f"There is no snippet {name!r}, but {', '.join(snippets())}.")
    if given.changes:
        version = release(given.names, " ".join(given.changes.split()), date.today())
        print(f"Version {version}: look at its entry in {CHANGES}, and commit it with {RECORD}.")
    else:
        write_record(given.names)
        print(f"{RECORD} has the code as it is now, under the version it had.")


if __name__ == "__main__":
    main()
