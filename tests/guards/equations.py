r"""Equations and the lines of code that compute them name each other: `\tag{4}` and `# eq. 4`."""

import re
from pathlib import Path

from tests.guards.includes import includes, read, sections
from tests.guards.markdown import Page, pages

TAG = re.compile(r"\\tag\{(.*?)\}")
LINE = re.compile(r"#.*\beq\. (\d+)$")
LIKE_LINE = re.compile(r"#.*\b[Ee]q(?:uations?|s)?\b\.? *\d")


def check(root: Path) -> list[str]:
    """Each numbered equation has its line in the code that the page shows, and the other way."""
    faults = []
    for page in pages(root):
        tags = [tag for _, latex in page.formulas for tag in TAG.findall(latex)]
        lines, broken = numbered_lines(root, page)
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


def numbered_lines(root: Path, page: Page) -> tuple[set[str], list[str]]:
    """Collect the numbers in the comments of the page's own snippet, as far as it is shown."""
    own = f"snippets/{Path(page.name).stem.replace('-', '_')}.py"
    found, faults = set(), []
    for include in includes(page):
        if include.path != own or not include.section or not (root / own).is_file():
            continue
        source = read(root / own)
        start, end = sections(source)[0].get(include.section, (0, 0))
        for number, text in enumerate(source.split("\n")[start:end], start=start + 1):
            if match := LINE.search(text):
                found.add(match[1])
            elif LIKE_LINE.search(text):
                faults.append(f"{own}:{number}: expected the comment to end in `eq. N`: {text}")
    return found, sorted(set(faults))
