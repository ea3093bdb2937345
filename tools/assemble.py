"""Assembles a snippet that stands alone out of sections of the others.

    make assemble

A recipe in tools/recipes/ is the file as it will be, except for lines such as

    # --8<-- "snippets/lstm.py:forward-body" lstm_step=step

In the file, the section replaces this line and is indented as it was. The line may change names in
the section, or whole expressions: "log_y_hat = "="return ".
"""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = r'(?:\w+|"[^"]*")'
LINE = re.compile(
    rf'( *)# --8<-- "(snippets/\w+\.py):([\w-]+)"((?: {TEXT}={TEXT})*)\n', re.MULTILINE
)
MARKER = re.compile(r" *# --8<-- \[(?:start|end):.*\n")


def assemble(recipe: Path, root: Path = ROOT) -> str:
    """Return the recipe with each section in its place."""
    return LINE.sub(lambda line: section(root, *line.groups()), recipe.read_text("utf-8"))


def section(root: Path, indent: str, path: str, name: str, renamed: str) -> str:
    """Cut a section out of a snippet, and fit it in."""
    source = (root / path).read_text("utf-8")
    marker = r" *# --8<-- \[{}:" + name + r"\]\n"
    found = re.search(marker.format("start") + "(.*?)" + marker.format("end"), source, re.DOTALL)
    if not found:
        raise ValueError(f"{path} has no section `{name}`")
    text = MARKER.sub("", found[1]).strip("\n")
    for old, new in re.findall(f"({TEXT})=({TEXT})", renamed):
        wanted = re.escape(old[1:-1]) if old[0] == '"' else rf"\b{old}\b"
        text, count = re.subn(wanted, new.strip('"'), text)
        if not count:
            raise ValueError(f"{path}, section `{name}`, has no {old}")
    return textwrap.indent(textwrap.dedent(text), indent) + "\n"


def recipes(root: Path = ROOT) -> dict[Path, Path]:
    """Say which snippet each recipe makes."""
    found = sorted((root / "tools" / "recipes").glob("*.py"))
    return {root / "snippets" / recipe.name: recipe for recipe in found}


if __name__ == "__main__":
    for snippet, recipe in recipes().items():
        snippet.write_text(assemble(recipe), "utf-8")
