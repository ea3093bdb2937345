"""Lays out a page with its snippet, test and figure, ready to be rewritten.

    make page NAME=GRU-reset-after CELL=1
    make page NAME=beam-search SECTION="In practice"
    make page NAME=lag-recall EXPERIMENT=1

What it writes works: it passes lint and tests, and the site builds. The templates, in
tools/templates/, are a page about a NewThing in new_thing.py; here it gets its name.
"""

import argparse
import keyword
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = re.compile("(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]+)(-([a-z0-9]+|[A-Z0-9]+))*")


def is_taken(module: str) -> bool:
    """Tell whether a snippet of this name could not be imported, or would hide another module."""
    return keyword.iskeyword(module) or (ROOT / module).exists() or find_spec(module) is not None


def names(given: str) -> dict[str, str]:
    """Say what each name in a template becomes; only titles and classes keep capitals."""
    slug, words = given.lower(), given.split("-")
    title = " ".join(words)
    return {
        "new-thing": slug,
        "new_thing": slug.replace("-", "_"),
        "NewThing": "".join(word[0].upper() + word[1:] for word in words),
        "New thing": title[0].upper() + title[1:],
        "new thing": title,
    }


def renamed(text: str, new: dict[str, str]) -> str:
    """Replace the template's names."""
    return re.sub("|".join(new), lambda old: new[old[0]], text)


def with_entry(navigation: str, section: str, page: str) -> str:
    """Return mkdocs.yml with the page at the end of a section of its navigation."""
    nav = re.search(r"^nav:\n(?: .+\n)+", navigation, re.MULTILINE)[0]
    sections = re.findall(r"^  - (.+):$", nav, re.MULTILINE)
    if section not in sections:
        sys.exit(f"mkdocs.yml has no section {section!r}, but {', '.join(sections)}.")
    block = rf"^  - {re.escape(section)}:\n(?:      - .+\n)*"
    return re.sub(block, lambda old: f"{old[0]}      - {page}\n", navigation, flags=re.MULTILINE)


def with_row(home: str, section: str, title: str, page: str) -> str:
    """Return docs/index.md with the page at the end of a section of its map."""
    minutes = "5 " if page.endswith(".md") else ""  # as long as it is short
    row = f"| [{title}]({page}) | what a reader takes from it | {minutes}|\n"
    block = rf"^\| \*\*{re.escape(section)}\*\* \|.*\n(?:\| \[.*\n)*"
    return re.sub(block, lambda old: f"{old[0]}{row}", home, count=1, flags=re.MULTILINE)


def lay_out(given: str, kind: str, section: str) -> list[Path]:
    """Write the files, in the order in which one would rewrite them."""
    slug, new, template = given.lower(), names(given), ROOT / "tools/templates" / kind
    files = {
        ROOT / renamed(str(path.relative_to(template)), new): renamed(path.read_text("utf-8"), new)
        for path in sorted(template.rglob("*.*"))
    }
    others = [f"docs/{slug}.md", f"docs/experiments/{new['new_thing']}.py"]
    for path in (*files, *(ROOT / other for other in others)):
        if path.exists():
            sys.exit(f"{path.relative_to(ROOT)} exists already; nothing was written.")
    configuration, home = ROOT / "mkdocs.yml", ROOT / "docs/index.md"
    page = f"experiments/{new['new_thing']}.py" if kind == "experiment" else f"{slug}.md"
    navigation = with_entry(configuration.read_text("utf-8"), section, page)
    configuration.write_text(navigation, "utf-8")
    home.write_text(with_row(home.read_text("utf-8"), section, new["New thing"], page), "utf-8")
    for path, text in files.items():
        path.write_text(text, "utf-8")
    return list(files)


def main() -> None:
    """Read the command line, lay out the page, and say what to do next."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    kinds = parser.add_mutually_exclusive_group()
    for kind in ("cell", "experiment"):
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind)
    parser.add_argument("--section")
    given = parser.parse_args()
    if not NAME.fullmatch(given.name):
        sys.exit(
            "NAME must be words in lower case or acronyms in capitals, with hyphens, "
            f"as GRU-reset-after, got {given.name!r}."
        )
    kind, module = given.kind or "plain", given.name.lower().replace("-", "_")
    if is_taken(module):
        sys.exit(f"NAME must be one that Python and its packages leave free, got {given.name!r}.")
    drawing = f"docs.figures.{module}"
    version = ["tools.versions", module, "--changes", "This file is new."]
    section, made, makes = {
        "plain": ("In practice", f"docs/figures/{module}.svg", [[drawing], version]),
        "cell": ("Cells", f"docs/figures/{module}_cell.svg", [[f"{drawing}_cell"], version]),
        "experiment": (
            "Measured",
            f"docs/experiments/results/{module}.json",
            [["tools.experiments", module], ["tools.experiments", module, "--old"]],
        ),
    }[kind]
    paths = lay_out(given.name, kind, given.section or section)
    code = [str(path.relative_to(ROOT)) for path in paths if path.suffix == ".py"]
    for command in (
        ["ruff", "check", "--quiet", "--fix", *code],  # a new name may sort in another place
        ["ruff", "format", "--quiet", *code],  # and make a line longer
        *makes,
    ):
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)
    written = [*(str(path.relative_to(ROOT)) for path in paths), made]
    print("Written, and listed in mkdocs.yml and on docs/index.md:", *sorted(written), sep="\n  ")
    print("Each of them works as it is. Make them yours, with make serve beside you.")
    if kind == "experiment":
        slug = given.name.lower()
        print(f"Then measure: make experiments NAME={slug}, and once more with OLD=1")


if __name__ == "__main__":
    main()
