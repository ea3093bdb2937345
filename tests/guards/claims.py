r"""Each claim of the article that this book started from has its verdict, and what shows it.

On docs/claims.md an entry is the claim with its verdict, what is right, and what shows it:

    [L6](#l6){ #l6 } The output is made with a matrix. · *wrong*, *tested*
    :   It is made without one.
    :   [What goes wrong](lstm.md#what-goes-wrong), `tests/test_lstm.py::test_a_step_by_hand`

The hook overrides/hooks/claims.py gives this its look. The test says on which claims it rests, in a
comment above it, `# claims L6, G7`. A page that links to an entry is linked from there.

docs/what-the-web-gets-wrong.md begins with a table of its sections and ends each with a verdict:

    | 6 | [There is one GRU](#there-is-one-gru) | wrong |

    ## "There is one GRU" { #there-is-one-gru }

    **✗ Wrong: there are two, and PyTorch's is not the one of the final paper.**
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from tests.guards.links import links
from tests.guards.markdown import pages, read_page
from tests.guards.references import CITATION

CLAIMS = "docs/claims.md"
SIZES = {"W": 5, "H": 8, "T": 6, "R": 8, "L": 11, "G": 12, "P": 11, "C": 6, "S": 6, "F": 10}
IDS = [f"{topic}{number}" for topic, size in SIZES.items() for number in range(1, size + 1)]
VERDICTS = "right", "incomplete", "wrong", "opinion", "unverified"
SHOWN = "right", "incomplete", "wrong"  # a second word says how we know
KNOWN_BY = "tested", "measured", "sourced"
NEEDED = {"tested": "test", "measured": "test", "sourced": "citation", "unverified": "citation"}
TERM = re.compile(r"^\[(\w+)\]\(#(\w+)\)\{ #(\w+) \} .+ · \*(\w+)\*(?:, \*(\w+)\*)?$", re.MULTILINE)
PART = re.compile(r"^:   ", re.MULTILINE)
TEST = re.compile(r"`(tests/(?:guards/)?\w+\.py)::(\w+)`")
RESTING = re.compile(r"^# claims? ([A-Z]\d+(?:, [A-Z]\d+)*)\ndef (\w+)\(", re.MULTILINE)
TESTS = "tests/*.py", "tests/guards/*.py"
ABOUT_ALL = {"docs/maintaining.md", "docs/references.md"}  # these tell of claims, and prove none
LINK = re.compile(r"\]\(((?!references)[\w/-]+\.(?:md|py))#([\w-]+)\)")
OF_NO_SINGLE_PAGE = {"test_book", "test_cells", "test_figures", "figures"}
REPEATED = "docs/what-the-web-gets-wrong.md"
ROW = re.compile(r"^\| \d+ \| \[(.+)\]\(#([\w-]+)\) \| (.+) \|$", re.MULTILINE)
SECTION = re.compile(
    r'^## "(.+)" \{ #([\w-]+) \}\n(?:(?!## ).*\n)*?\*\*\W+(.+)\*\*\n', re.MULTILINE
)
COUNT = re.compile(r'^<label .*\bvalue="(\w+)".* (\d+)</label>$', re.MULTILINE)


@dataclass(frozen=True)
class Claim:
    """An entry of the page: its id, the verdict, how we know, and the parts below the claim."""

    line: int
    name: str
    ids: set[str]
    verdict: str
    known_by: str | None
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
            faults.append(
                f"{CLAIMS}:{place}: expected {wanted or 'the end'}, got {came} (SIZES in "
                "tests/guards/claims.py says how many claims each topic has)"
            )
            break
    for claim in claims:
        faults += [f"{CLAIMS}:{claim.line}: {claim.name}: {it}" for it in find_faults(root, claim)]
    faults += [*resting_faults(root, claims), *backlink_faults(root, claims)]
    counted = Counter(claim.verdict for claim in claims)
    expected = {"all": len(claims)} | {verdict: counted[verdict] for verdict in VERDICTS}
    said = {name: int(number) for name, number in COUNT.findall(read_page(root, CLAIMS).prose)}
    if said != expected:
        faults.append(f"{CLAIMS}: expected a filter that counts {expected}, got {said}")
    return faults


def resting_faults(root: Path, claims: list[Claim]) -> Iterator[str]:
    """Compare the tests that entries name with the claims that these tests name."""
    named = {(claim.name, *it): claim.line for claim in claims for it in TEST.findall(claim.text)}
    resting = set()
    for path in (path for pattern in TESTS for path in sorted(root.glob(pattern))):
        file = path.relative_to(root).as_posix()
        for names, test in RESTING.findall(path.read_text(encoding="utf-8")):
            resting |= {(name, file, test) for name in names.split(", ")}
    for name, file, test in sorted(resting - set(named)):
        yield f"{file}: {test} says `# claim {name}`, but {name} on {CLAIMS} does not name it"
    for name, file, test in sorted(set(named) - resting):
        yield (
            f"{CLAIMS}:{named[name, file, test]}: {name} names {file}::{test}: if this is what "
            f"shows it, write `# claim {name}` above it"
        )


def backlink_faults(root: Path, claims: list[Claim]) -> Iterator[str]:
    """Look for the way back from an entry to each page that links to it."""
    pages_of = {it.name.lower(): {page for page, _ in LINK.findall(it.text)} for it in claims}
    for page in pages(root):
        for link in links(page) if page.name not in (CLAIMS, *ABOUT_ALL) else ():
            to = pages_of.get(link.anchor) if link.page == CLAIMS.removeprefix("docs/") else None
            if to is not None and page.name.removeprefix("docs/") not in to:
                yield (
                    f"{page.name}:{link.line}: links to {link.anchor.upper()} on {CLAIMS}, which "
                    f"is about {', '.join(sorted(to))}: expected a claim that leads to this page"
                )


def check_table(root: Path) -> list[str]:
    """Compare the table of what the web gets wrong with the sections below it."""
    if not (root / REPEATED).is_file():
        return [f"{REPEATED} does not exist"]
    text, faults = read_page(root, REPEATED).text, []
    for row, section in zip_longest(ROW.finditer(text), SECTION.finditer(text)):
        line = text.count("\n", 0, (row or section).start()) + 1
        if row is None or section is None or row.groups()[:2] != section.groups()[:2]:
            here, there = (f"[{it[1]}](#{it[2]})" if it else "no more" for it in (row, section))
            fault = f"the table has {here} where the sections have {there}"
            faults.append(f"{REPEATED}:{line}: {fault}")
            break
        said = re.sub(r"[^\w ]", "", section[3]).lower().removeprefix("it ")
        if not f"{said} ".startswith(f"{row[3]} "):
            faults.append(
                f"{REPEATED}:{line}: expected the verdict of the section, `{section[3]}`, "
                f"got `{row[3]}`"
            )
    return faults


def read_claims(root: Path) -> list[Claim]:
    """Cut the page into its entries."""
    page = read_page(root, CLAIMS)
    terms = list(TERM.finditer(page.prose))
    found = []
    for match, following in zip_longest(terms, terms[1:]):
        text = page.prose[match.end() : following.start() if following else None]
        text = re.split(r"\n\n(?=\S)", text)[0]
        name, link, place, verdict, known_by = match.groups()
        line = page.line(match.start())
        found.append(Claim(line, name, {link, place}, verdict, known_by, text))
    return found


def find_faults(root: Path, claim: Claim) -> list[str]:
    """Say what is missing in an entry, or named and not there."""
    faults = []
    if claim.ids != {claim.name.lower()}:
        faults.append(f"expected the id {claim.name.lower()}, got {sorted(claim.ids)}")
    if len(PART.findall(claim.text)) != 2:
        faults.append("expected two parts below the claim: what is right, and what shows it")
    if claim.verdict not in VERDICTS:
        faults.append(f"expected one of {', '.join(VERDICTS)}, got {claim.verdict}")
    if (claim.verdict in SHOWN) != (claim.known_by in KNOWN_BY):
        expected = f"one of {', '.join(KNOWN_BY)}" if claim.verdict in SHOWN else "no other word"
        faults.append(f"expected {expected} behind *{claim.verdict}*, got {claim.known_by}")
    for word in claim.verdict, claim.known_by:
        if (needed := NEEDED.get(word)) and needed not in claim.rests_on:
            faults.append(f"is {word}, so expected a {needed}")
    links = LINK.findall(claim.text)
    if not links:
        faults.append("expected a link to a place on a page, such as (lstm.md#one-step)")
    faults += [f"{page} has no place #{at}" for page, at in links if at not in places(root, page)]
    tests = {f"test_{stem_of(root, page)}" for page, _ in links} | OF_NO_SINGLE_PAGE
    for file, test in TEST.findall(claim.text):
        if Path(file).stem not in tests:
            faults.append(
                f"rests on {file}::{test}, so expected a link to the page that this test is of"
            )
        code = (root / file).read_text(encoding="utf-8") if (root / file).is_file() else ""
        if not re.search(rf"^def {test}\(", code, re.MULTILINE):
            faults.append(f"there is no test {file}::{test}")
    return faults


def stem_of(root: Path, name: str) -> str:
    """Name the snippet or experiment that a page is about, which its test has the name of."""
    there = (root / "docs" / name).is_file()
    return read_page(root, f"docs/{name}").stem if there else Path(name).stem


def places(root: Path, name: str) -> set[str]:
    """List what a link can lead to on a page; there is nothing where there is no page."""
    there = (root / "docs" / name).is_file()
    return read_page(root, f"docs/{name}").anchors if there else set()
