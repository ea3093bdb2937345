"""The navigation and the map on the home page have the same sections, with the same pages in order.

In mkdocs.yml

    - Cells:
        - rnn.md

and on docs/index.md

    | **Cells** | | |
    | [RNN](rnn.md) | the plain cell, forward and backward through time | 15 |

The map calls each page by its title. So a page that has slipped into another section, or changed
places with its neighbour or its title with another page, is noticed. It also says how many minutes
a page takes to read, at 150 words a minute, since formulas take longer than words.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from tests.guards.links import LINK, TITLE
from tests.guards.markdown import Page, read_page

NAVIGATION, HOME = "mkdocs.yml", "docs/index.md"
NAV = re.compile(r"^nav:\n((?: .*\n|\n)+)", re.MULTILINE)
SECTION = re.compile(r"  - (.+):")
ENTRY = re.compile(r"      - (?:(.+): )?(\S+)")
ROW = re.compile(r"\| (.*?) \|")
BOLD = re.compile(r"\*\*(.+)\*\*")
MINUTES = re.compile(r"\| (\d+) \|$")
PACE, ROUNDED_TO = 150, 5  # words a minute, and minutes


class Entry(NamedTuple):
    """A page in the navigation or on the map, and what it is called there."""

    line: str
    section: str
    label: str
    page: str

    def __str__(self) -> str:
        return f"{self.page} in the section {self.section}"


def check(root: Path) -> list[str]:
    """Navigation and map agree, and call pages by their titles."""
    if not (root / NAVIGATION).is_file():
        return [f"{NAVIGATION} does not exist"]
    navigation = [it for it in read_navigation(root) if it.page != "index.md"]
    on_map, faults = read_map(root), []
    for entry in [*navigation, *on_map]:
        page = root / "docs" / entry.page
        title = TITLE.search(page.read_text(encoding="utf-8")) if page.is_file() else None
        if title and entry.label and entry.label != title[1].strip():
            faults.append(
                f"{entry.line}: expected `{title[1].strip()}`, the title of docs/{entry.page}, "
                f"got `{entry.label}`"
            )
    for here, there in zip_longest(navigation, on_map):
        if (
            here is None
            or there is None
            or (here.section, here.page) != (there.section, there.page)
        ):
            faults.append(
                f"{here.line if here else NAVIGATION}: expected {there or 'the end'} as on "
                f"{there.line if there else HOME}, got {here or 'the end'}: give both one order"
            )
            break
    return [*faults, *time_faults(root)]


def time_faults(root: Path) -> Iterator[str]:
    """Compare the minutes on the map with the length of the pages; experiments have none."""
    rows = read_page(root, HOME).text.split("\n")
    for entry in read_map(root):
        row = rows[int(entry.line.rpartition(":")[2]) - 1]
        said, path = MINUTES.search(row), f"docs/{entry.page}"
        if path.endswith(".md") and (root / path).is_file():
            expected = minutes(read_page(root, path))
            if not said or int(said[1]) != expected:
                got = said[1] if said else f"no number at the end of `{row}`"
                yield (
                    f"{entry.line}: expected {expected} minutes for {path}, got {got}: its words "
                    f"outside boxes, at {PACE} a minute, to the nearest {ROUNDED_TO}"
                )


def minutes(page: Page) -> int:
    """Say how long it takes to read what is outside the boxes."""
    lines = [line for line in page.words.split("\n") if not line.startswith("    ")]
    return max(1, round(len(" ".join(lines).split()) / PACE / ROUNDED_TO)) * ROUNDED_TO


def read_navigation(root: Path) -> list[Entry]:
    """Read the entries of the navigation."""
    text = (root / NAVIGATION).read_text(encoding="utf-8")
    nav = NAV.search(text)
    found, section = [], ""
    for line, entry in enumerate(nav[1].split("\n"), start=text.count("\n", 0, nav.start(1)) + 1):
        if match := SECTION.fullmatch(entry):
            section = match[1]
        elif match := ENTRY.fullmatch(entry):
            found.append(Entry(f"{NAVIGATION}:{line}", section, match[1] or "", match[2]))
    return found


def read_map(root: Path) -> list[Entry]:
    """Read the links in the rows of the map; a row in bold begins a section."""
    found, section = [], ""
    for line, text in lines_of_map(read_page(root, HOME)):
        if row := ROW.match(text):
            bold = BOLD.fullmatch(row[1])
            section = bold[1] if bold else section
            found += [
                Entry(f"{HOME}:{line}", section, link["text"], link["address"])
                for link in LINK.finditer(row[1])
            ]
    return found


def lines_of_map(page: Page) -> Iterator[tuple[int, str]]:
    """Yield the lines below the heading of the map, with their numbers."""
    anchors, here = {it.line: it.anchor for it in page.headings}, ""
    for line, text in enumerate(page.prose.split("\n"), start=1):
        here = anchors.get(line, here)
        if here == "the-map":
            yield line, text
