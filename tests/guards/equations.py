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
    """Each numbered equation has its line in the code that its pages show, and the other way."""
    faults = []
    for stem in sorted({page.stem for page in pages(root)}):
        whole = pages_of(root, stem)
        tags = [(tag, page.name) for page in whole for tag in numbers(page)]
        code, broken = numbered_lines(root, whole)
        lines = {number for number, _ in code}
        faults += broken
        names = " and ".join(page.name for page in whole)
        if [tag for tag, _ in tags] != [str(n) for n in range(1, len(tags) + 1)]:
            got = [tag for tag, _ in tags]
            faults.append(f"{names}: expected equations numbered 1, 2, 3 ..., got {got}")
        for number, name in sorted(set(tags)):
            if number not in lines:
                faults.append(
                    f"{name}: no line shown here ends in `# eq. {number}`; "
                    "an equation that no line computes has no number"
                )
        for number in sorted(lines - {tag for tag, _ in tags}):
            faults.append(f"{names}: a line says `eq. {number}`, the page has no such equation")
    return faults


def numbers(page: Page) -> list[str]:
    """List the numbers of the equations of a page."""
    return [tag for _, latex in page.formulas for tag in TAG.findall(latex)]


def check_names(root: Path) -> list[str]:
    """Each equation of a cell is computed under the name that notation has for its left side."""
    called, faults = left_sides(root), []
    for page in pages(root):
        stem = page.stem
        code, _ = numbered_lines(root, pages_of(root, stem))
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


def pages_of(root: Path, stem: str) -> list[Page]:
    """List the pages of a snippet: its own, then those that continue it, as they are numbered."""

    def first(page: Page) -> tuple[bool, int]:
        return bool(page.continues), min(
            (int(it) for it in numbers(page) if it.isdigit()), default=0
        )

    return sorted((page for page in pages(root) if page.stem == stem), key=first)


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


def numbered_lines(root: Path, whole: list[Page]) -> tuple[set[tuple[str, str]], list[str]]:
    """Collect number and text of the lines of a snippet, as far as its own pages show it."""
    own = f"snippets/{whole[0].stem}.py"
    found, faults = set(), []
    for include in (it for page in whole for it in includes(page)):
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
