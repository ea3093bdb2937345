r"""Equations and the lines of code that compute them name each other: `\tag{4}` and `# eq. 4`."""

import re
from pathlib import Path

from tests.guards.includes import includes, read, sections
from tests.guards.markdown import CODE_SPAN, MATH, Page, pages
from tests.guards.symbols import NOTATION, table

TAG = re.compile(r"\\tag\{(.*?)\}")
LINE = re.compile(r"#.*\beq\. (\d+)$")
ASSIGNED = re.compile(r"\s*(\w+) [-+*/]?= ")
LAYOUT = re.compile(r"\\begin\{\w+\*?\}|\\mathrm|[&\s{}]")  # where two writings of one thing differ
LIKE_LINE = re.compile(r"#.*\b[Ee]q(?:uations?|s)?\b\.? *\d")


def check(root: Path) -> list[str]:
    """Each numbered equation has its line in the code that the page shows, and the other way."""
    faults = []
    for page in pages(root):
        tags = [tag for _, latex in page.formulas for tag in TAG.findall(latex)]
        code, broken = numbered_lines(root, page)
        lines = {number for number, _ in code}
        faults += broken
        if tags != [str(n) for n in range(1, len(tags) + 1)]:
            faults.append(f"{page.name}: expected equations numbered 1, 2, 3 ..., got {tags}")
        for number in sorted(set(tags) - lines):
            faults.append(
                f"{page.name}: no line shown here ends in `# eq. {number}`; "
                "an equation that no line computes has no number"
            )
        for number in sorted(lines - set(tags)):
            faults.append(f"{page.name}: a line says `eq. {number}`, the page has no such equation")
    return faults


def check_names(root: Path) -> list[str]:
    """Each equation of a cell is computed under the name that notation has for its left side."""
    called, faults = left_sides(root), []
    for page in pages(root):
        code, _ = numbered_lines(root, page)
        stem = Path(page.name).stem.replace("-", "_")
        if not code or f"def {stem}_step(" not in read(root / f"snippets/{stem}.py"):
            continue
        for _, latex in page.formulas:
            name = called.get(bare(latex.split("=")[0]))
            for tag in TAG.findall(latex) if name else ():
                found = {
                    m[1] for number, text in code if number == tag and (m := ASSIGNED.match(text))
                }
                if found and name not in found:
                    faults.append(
                        f"snippets/{stem}.py: expected `{name} = ...` for equation {tag}, as "
                        f"{NOTATION} calls it, got {', '.join(sorted(found))}"
                    )
    return faults


def left_sides(root: Path) -> dict[str, str]:
    """Say how code calls each formula in the tables of notation.md."""
    called = {}
    for row in table(root):
        formulas = [bare(m[1] or m[2]) for m in MATH.finditer(row[0])]
        names = [m[2] for m in CODE_SPAN.finditer(row[2])]
        if len(formulas) == len(names):
            called |= dict(zip(formulas, names, strict=True))
    return called


def bare(latex: str) -> str:
    """Drop what does not change the meaning of a formula."""
    return LAYOUT.sub("", latex)


def numbered_lines(root: Path, page: Page) -> tuple[set[tuple[str, str]], list[str]]:
    """Collect number and text of the lines of the page's own snippet, as far as it is shown."""
    own = f"snippets/{Path(page.name).stem.replace('-', '_')}.py"
    found, faults = set(), []
    for include in includes(page):
        if include.path != own or not include.section or not (root / own).is_file():
            continue
        source = read(root / own)
        start, end = sections(source)[0].get(include.section, (0, 0))
        for number, text in enumerate(source.split("\n")[start:end], start=start + 1):
            if match := LINE.search(text):
                found.add((match[1], text))
            elif LIKE_LINE.search(text):
                faults.append(f"{own}:{number}: expected the comment to end in `eq. N`: {text}")
    return found, sorted(set(faults))
