"""A snippet that a recipe makes is what the recipe and the other snippets say, to the letter."""

import re
from itertools import zip_longest
from pathlib import Path

from tools.assemble import assemble, recipes

PAGE = re.compile(r"docs/([\w-]+)\.md")
TARGETS = re.compile(r"\s*(\w+(?:, \w+)*) [-+*/]?= ")
EQUATION = re.compile(r"(?<=\beq\. )\d+")


def check(root: Path) -> list[str]:
    """Assemble each again and compare."""
    faults = []
    for snippet, recipe in recipes(root).items():
        name = f"snippets/{snippet.name}"
        try:
            fresh = assemble(recipe, root)
        except (OSError, ValueError) as error:
            faults.append(f"tools/recipes/{recipe.name}: {error}")
            continue
        if not snippet.is_file() or snippet.read_text("utf-8") != fresh:
            faults.append(f"{name}: is not what its recipe and the snippets make: `make assemble`")
    return faults


def check_equations(root: Path) -> list[str]:
    """Compare the lines with equations with those of the pages that the part's heading names.

    Under `# ---- Cells: docs/lstm.md ----` the line `a, b = f(), g()  # eq. 1, eq. 2` computes `a`
    as a line of snippets/lstm.py that ends in `# eq. 1`, and `b` as one that ends in `# eq. 2`.
    """
    faults = []
    for recipe in recipes(root).values():
        pages = []
        for number, line in enumerate(recipe.read_text("utf-8").split("\n"), start=1):
            pages = PAGE.findall(line) if line.startswith("# ----") else pages
            names = TARGETS.match(line)
            names = names[1].split(", ") if names else []
            for equation, name in zip_longest(EQUATION.findall(line) if pages else [], names):
                known = set().union(*(computed(root, page, equation) for page in pages))
                if equation and (not known or (name and name not in known)):
                    faults.append(
                        f"tools/recipes/{recipe.name}:{number}: equation {equation} of "
                        f"{', '.join(pages)} gives {' or '.join(sorted(known)) or 'nothing'}, "
                        f"got {name or 'no name'}"
                    )
    return faults


def computed(root: Path, page: str, equation: str) -> set[str]:
    """Name what the snippet of a page assigns on the lines of an equation."""
    snippet = root / f"snippets/{page.replace('-', '_')}.py"
    lines = snippet.read_text("utf-8").split("\n") if snippet.is_file() else []
    found = [TARGETS.match(line) for line in lines if equation in EQUATION.findall(line)]
    return {match[1] if match else "" for match in found}
