r"""Each claim of the article that this book started from has its standing, and what it rests on.

On docs/claims.md an entry is a term and three parts:

    [L6](#l6){ #l6 } **The output** · *corrected*, *run*
    :   *Said:* with a matrix.
    :   *Right:* without.
    :   *See* [what goes wrong](lstm.md#what-goes-wrong); `tests/test_lstm.py::test_a_step_by_hand`
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from tests.guards.markdown import read_page
from tests.guards.references import CITATION

CLAIMS = "docs/claims.md"
SIZES = {"W": 5, "H": 8, "T": 6, "R": 8, "L": 11, "G": 12, "P": 11, "C": 6, "S": 6, "F": 10}
IDS = [f"{topic}{number}" for topic, size in SIZES.items() for number in range(1, size + 1)]
NEEDED = {
    "run": {"test"},
    "measured": {"test"},
    "sourced": {"citation"},
    "corrected": set(),  # a second standing says how
    "opinion": set(),
    "unverified": {"citation"},
}
TERM = re.compile(r"\[(\w+)\]\(#(\w+)\)\{ #(\w+) \} \*\*.+\*\* · \*(\w+)\*(?:, \*(\w+)\*)?")
PARTS = re.compile(r":   \*(\w+):?\* ", re.MULTILINE)
TEST = re.compile(r"`(tests/\w+\.py)::(\w+)`")
LINK = re.compile(r"\]\(((?!references)[\w/-]+\.(?:md|py))#([\w-]+)\)")
COUNT = re.compile(r"^\| \*(\w+)\* \| (\d+) \|", re.MULTILINE)


@dataclass(frozen=True)
class Claim:
    """An entry of the page: what is claimed, and how it stands."""

    line: int
    name: str
    ids: set[str]
    standings: tuple[str, ...]
    text: str

    @property
    def rests_on(self) -> set[str]:
        kinds = {"test": TEST, "citation": CITATION}
        return {kind for kind, sign in kinds.items() if sign.search(self.text)}


def check(root: Path) -> list[str]:
    """All claims are there once and in order, and what they name exists."""
    if not (root / CLAIMS).is_file():
        return [f"{CLAIMS} does not exist"]
    claims, faults = read_claims(root), []
    for wanted, claim in zip_longest(IDS, claims):
        if claim is None or claim.name != wanted:
            place, came = (claim.line, claim.name) if claim else ("end", "the end")
            faults.append(f"{CLAIMS}:{place}: expected {wanted or 'the end'}, got {came}")
            break
    for claim in claims:
        faults += [f"{CLAIMS}:{claim.line}: {claim.name}: {it}" for it in find_faults(root, claim)]
    counted = Counter(claim.standings[0] for claim in claims)
    said = {name: int(number) for name, number in COUNT.findall(read_page(root, CLAIMS).prose)}
    if said != {standing: counted[standing] for standing in NEEDED}:
        faults.append(f"{CLAIMS}: expected a table that counts {dict(counted)}, got {said}")
    return faults


def read_claims(root: Path) -> list[Claim]:
    """Cut the page into its entries."""
    page = read_page(root, CLAIMS)
    terms = list(TERM.finditer(page.prose))
    found = []
    for match, following in zip_longest(terms, terms[1:]):
        text = page.prose[match.end() : following.start() if following else None]
        text = re.split(r"\n\n(?=\S)", text)[0]
        name, link, place, *standings = match.groups()
        standings = tuple(filter(None, standings))
        found.append(Claim(page.line(match.start()), name, {link, place}, standings, text))
    return found


def find_faults(root: Path, claim: Claim) -> list[str]:
    """Say what is missing in an entry, or named and not there."""
    faults = []
    if claim.ids != {claim.name.lower()}:
        faults.append(f"expected the id {claim.name.lower()}, got {sorted(claim.ids)}")
    if PARTS.findall(claim.text) not in (["Said", "Right", "See"], ["Shown", "Right", "See"]):
        faults.append("expected three parts, `*Said:*` or `*Shown:*`, `*Right:*` and `*See*`")
    if (claim.standings[0] == "corrected") != (len(claim.standings) == 2):
        faults.append(f"expected a second standing for *corrected* only, got {claim.standings}")
    for standing in claim.standings:
        if standing not in NEEDED:
            faults.append(f"expected one of {', '.join(NEEDED)}, got {standing}")
        elif missing := NEEDED[standing] - claim.rests_on:
            faults.append(f"is {standing}, so expected a {missing.pop()}")
    links = LINK.findall(claim.text)
    if not links:
        faults.append("expected a link to a place on a page, such as (lstm.md#one-step)")
    faults += [f"{page} has no place #{at}" for page, at in links if at not in places(root, page)]
    for file, test in TEST.findall(claim.text):
        code = (root / file).read_text(encoding="utf-8") if (root / file).is_file() else ""
        if not re.search(rf"^def {test}\(", code, re.MULTILINE):
            faults.append(f"there is no test {file}::{test}")
    return faults


def places(root: Path, name: str) -> set[str]:
    """List what a link can lead to on a page; there is nothing where there is no page."""
    there = (root / "docs" / name).is_file()
    return read_page(root, f"docs/{name}").anchors if there else set()
