"""Addresses of pages and of their parts that readers may have linked to, so that they are kept.

`make addresses` adds those of the built site to tests/addresses.txt.
"""

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from lxml.html import document_fromstring

from overrides.hooks.book import NAME as BOOK
from overrides.hooks.moved import follow

LIST = Path(__file__).parents[1] / "tests/addresses.txt"
NUMBERED = re.compile(r"(eq|line)-(\d+)")
MOVED = "overrides/moved.txt"
HEADER = """\
# Every address that readers of the site may have linked to: its pages, and the parts of them that
# have an anchor. A test looks whether each still exists or leads on by overrides/moved.txt.
# Never remove a line; `make addresses` adds those of new pages and headings.
"""


def addresses(site: Path) -> set[str]:
    """Return every page of the built site and every anchor in its text.

    Left out are the page for what is not found, what has moved, and anchors that nobody chose:
    those within drawings, names that Material makes up, which begin with two underscores, and those
    of the whole book on one page, which follow from the others.
    """
    found = set()
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix()
        tree = document_fromstring(path.read_text(encoding="utf-8"))
        if page == "404.html" or tree.find_class("moved-page"):
            continue
        found.add(page)
        if page == BOOK:
            continue
        for element in tree.xpath("//article//*[@id][not(ancestor-or-self::svg)]"):
            if "moved" not in element.classes and not element.get("id").startswith("__"):
                found.add(f"{page}#{element.get('id')}")
    return found


def read_list() -> list[str]:
    """Return the addresses that are kept."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def add(site: Path) -> int:
    """Add the addresses of the built site to those that are kept; return how many are new."""
    kept = set(read_list()) if LIST.exists() else set()
    every = kept | addresses(site)
    LIST.write_text(HEADER + "".join(f"{it}\n" for it in sorted(every)), encoding="utf-8")
    return len(every) - len(kept)


def misled(moved: dict[str, str], present: set[str]) -> list[str]:
    """Say which lines lead to another part than those beside them, or than the one of that name.

    Equations keep their order when they move: if `gru.html#eq-5` leads to `#eq-1`, then `#eq-6` and
    `#line-6` lead to 2. An anchor that keeps its name on the new page is the one to lead to.
    """
    faults, shifts = [], defaultdict(set)
    for old, new in moved.items():
        (page, _, anchor), (to, _, place) = old.partition("#"), new.partition("#")
        before, after = NUMBERED.fullmatch(anchor), NUMBERED.fullmatch(place)
        if before and (not after or after[1] != before[1]):
            faults.append(f"{MOVED}: {old} is an equation or its line, {new} is not")
        elif before and after:
            shifts[page, to].add(int(after[2]) - int(before[2]))
        elif place and place != anchor and f"{to}#{anchor}" in present and page != to:
            faults.append(f"{MOVED}: {old} leads to #{place}, but {to} has #{anchor}")
    return faults + [
        f"{MOVED}: equations of {page} that are now on {to} were renumbered in more than one way"
        for (page, to), found in shifts.items()
        if len(found) > 1
    ]


def lost(kept: list[str], present: set[str], moved: dict[str, str]) -> str:
    """Say which kept addresses neither exist nor lead on, and what to do; nothing if all do.

    `present` are the addresses of the built site. For each lost page, and for each lost part of a
    page that is still there, a line for overrides/moved.txt is laid out.
    """
    gone = [it for it in kept if follow(it, moved) not in present]
    pages = {it for it in gone if "#" not in it}
    new = sorted(present - set(kept))
    lines = []
    for address in gone:
        page, _, anchor = address.partition("#")
        if not anchor:
            parts = {it.partition("#")[2] for it in kept if it.startswith(f"{page}#")}
            alike = Counter(it.partition("#")[0] for it in new if it.partition("#")[2] in parts)
            guesses = [it for it, _ in alike.most_common(1)] or ["PAGE.html"]
        elif page not in pages:
            guesses = [it for it in new if it.endswith(f"#{anchor}")]
        else:
            continue  # it may well move with its page
        lines.append(f"{address} -> {guesses[0] if len(guesses) == 1 else 'PAGE.html#ANCHOR'}")
    if not lines:
        return ""
    return "\n".join(
        [
            "These addresses are gone, and readers who linked to them would find nothing:",
            *(f"  {address}" for address in gone),
            "Give a heading that only has new words its old anchor: ## New words { #old-anchor }",
            "If a page or a part of it has moved, add its line to overrides/moved.txt. Fill in",
            "what is in capitals, and look whether the rest is where the content went:",
            *lines,
        ]
    )


if __name__ == "__main__":
    print(f"{add(Path(sys.argv[1]))} new addresses in {LIST.name}")
