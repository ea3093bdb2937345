"""A citation says what its entry says: who, and in which year.

    `[Elman (1990)](references.md#elman-1990)`, or `Elman, 1990`, or `Elman` in a row that says 1990

leads to

    - <span id="elman-1990"></span>**Elman, J. L.** (1990). Finding structure in time. ...

Two authors are both named, three or more are `Gers and others`, or all of them. A year that stands
beside an author's name is that of one of their sources, also where it is no link: "as Elman did in
1990". Any other year on a page is that of a source cited there, or has a link to where it is from,
or a comment `<!-- year 2012: why -->`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from tests.guards.includes import read
from tests.guards.markdown import CODE_SPAN, Page, blank, pages, read_page
from tests.guards.numbers import Paragraph, paragraphs
from tests.guards.references import ENTRY, REFERENCES, list_items

AUTHORS = re.compile(r"\*\*(.+?)\*\*(?:\s+\((\d{4}[a-z]?)\))?", re.DOTALL)
CITATION = re.compile(r"\[([^\]]+)\]\((?:\.\./)?references\.md#([\w-]+)\)")
ARXIV = re.compile(r"arxiv\.org/abs/(?:[\w-]+/)?(\d\d)(\d\d)")
ACL = re.compile(r"aclanthology\.org/(?:[A-Z](\d\d)|(\d{4}))")
VENUE = re.compile(r"\*[^*]*?(\b\d{4}\b)?[^*\d]*\*(?!\*)")
YEAR = re.compile(r"(?<![\w.,/-])(1[89]\d\d|20\d\d)(?![\w/-]|[.,]\d| [a-z]+s\b)")  # no 2000 steps
IN_CODE = re.compile(r"\b([A-Z][a-z]\w*)(?: and [A-Z]\w+| et al\.)?\s+\((\d{4})\)")
REASON = re.compile(r"<!-- year (\d{4}): \S.*?-->", re.DOTALL)
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l"})
OLDEST_WAIT = 5  # years that may lie between a preprint and its publication


@dataclass(frozen=True)
class Source:
    """An entry of the references: its anchor, the surnames of its authors, and its year."""

    line: int
    anchor: str
    surnames: tuple[str, ...]  # the last one is `others` if the entry does not name all
    year: str
    text: str

    @cached_property
    def names(self) -> list[str]:
        """How a page may call the authors."""
        *first, last = self.surnames
        if not first:
            return [last]
        if len(first) == 1 and last != "others":
            return [f"{first[0]} and {last}"]
        together = ", ".join(first)
        shortened = [f"{first[0]} and others", f"{first[0]} et al."]
        return [*shortened, f"{together} and {last}", f"{together}, and {last}"]

    @cached_property
    def calls(self) -> list[str]:
        """How a page may call the source: the first one is what a message proposes."""
        if not self.year:
            return self.names
        full = [
            text
            for name in self.names
            for text in (f"{name} ({self.year})", f"{name}, {self.year}")
        ]
        return [*full, *self.names, self.year]


def check(root: Path) -> list[str]:
    """Entries agree with their anchors, citations with their entries, and years with sources."""
    sources = read_sources(root)
    faults = [
        f"{REFERENCES}:{source.line}: `{source.anchor}`: {fault}"
        for source in sources.values()
        for fault in entry_faults(source, sources)
    ]
    for page in pages(root):
        if page.name != REFERENCES:
            found = [*citation_faults(page, sources), *year_faults(page, sources)]
            faults += [f"{page.name}:{line}: {fault}" for line, fault in sorted(set(found))]
    return [*faults, *code_faults(root, sources)]


def code_faults(root: Path, sources: dict[str, Source]) -> Iterator[str]:
    """Compare what docstrings and comments of snippets cite, `Elman (1990)`, with the entries."""
    for path in sorted((root / "snippets").glob("[a-z]*.py")):
        code = read(path)
        for match in IN_CODE.finditer(code):
            years = {it.year[:4] for it in sources.values() if match[1] in it.surnames}
            if match[2] not in years:
                line = code.count("\n", 0, match.start()) + 1
                theirs = ", ".join(sorted(years)) or f"missing in {REFERENCES}"
                yield (
                    f"snippets/{path.name}:{line}: cites {match[0]}, but the years of what "
                    f"{match[1]} wrote are {theirs}: mend the year, or add the source"
                )


def read_sources(root: Path) -> dict[str, Source]:
    """Read the entries of references.md by their anchors."""
    found = {}
    for line, text in list_items(read_page(root, REFERENCES).prose):
        anchor, authors = ENTRY.search(text), AUTHORS.search(text)
        if anchor and authors:
            surnames = tuple(read_surnames(authors[1]))
            found[anchor[1]] = Source(line, anchor[1], surnames, authors[2] or "", text)
    return found


def read_surnames(authors: str) -> Iterator[str]:
    """Read `Gers, F. A., Schmidhuber, J., and Cummins, F.`: surnames and initials take turns."""
    parts = [part.removeprefix("and ") for part in " ".join(authors.split()).split(", ")]
    yield from parts[::2]


def entry_faults(source: Source, sources: dict[str, Source]) -> Iterator[str]:
    """Compare the years that an entry gives, and its anchor with its first author."""
    expected = "-".join(filter(None, [plain(source.surnames[0]), source.year]))
    if source.anchor != expected and not source.anchor.startswith(f"{expected}-"):
        yield f"expected the anchor `{expected}`, as the entry gives author and year"
    for other in sources.values():
        if other.line < source.line and source.calls[0] == other.calls[0]:
            yield f"is called {other.calls[0]} as `{other.anchor}` is: write ({source.year}b)"
    if not source.year:
        return
    year, after = int(source.year[:4]), source.text.partition(f"({source.year})")[2]
    venues = list(VENUE.finditer(after))
    for venue in venues:
        if venue[1] and venue[1] != source.year[:4]:
            yield f"expected the year {source.year} in {venue[0]}"
    for number in ACL.finditer(after):
        there = int(number[2] or f"{'19' if number[1] > '60' else '20'}{number[1]}")
        if there != year:
            yield f"is from {year}, but its ACL number from {there}"
    for number in ARXIV.finditer(after):
        there = int(f"{'19' if number[1] > '90' else '20'}{number[1]}")
        latest = there + OLDEST_WAIT if venues else there
        if not (there <= year <= latest and 1 <= int(number[2]) <= 12):
            yield f"is from {year}, but its arXiv number from {number[2]}/{there}"


def plain(name: str) -> str:
    """Write a name with the letters of an anchor: Schäfer, schaefer; Koutník, koutnik."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(UMLAUTS))
    return re.sub(r"[^a-z-]", "", letters.replace(" ", "-"))


def citation_faults(page: Page, sources: dict[str, Source]) -> Iterator[tuple[int, str]]:
    """Compare the text of each link with the source that it leads to."""
    for paragraph, raw in with_source(page):
        for link in CITATION.finditer(raw):
            if link[2] not in sources:
                continue  # the guard on references says it
            source, text = sources[link[2]], " ".join(link[1].split())
            line = paragraph.line + raw[: link.start()].count("\n")
            before = " ".join(raw[: link.start()].split())
            if text not in source.calls:
                right = f"[{source.calls[0]}](references.md#{source.anchor})"
                yield line, f"expected `{right}`, got `[{text}]`"
            elif text == source.year and not any(name in before for name in source.names):
                yield line, f"expected {source.names[0]} before `[{text}]`, which names nobody"
            elif source.year and text in source.names and not has_word(paragraph, source.year):
                yield line, f"expected the year of `[{text}]`, {source.year}, beside it"


def year_faults(page: Page, sources: dict[str, Source]) -> Iterator[tuple[int, str]]:
    """Compare each year with the sources of the author beside it, or with all that are cited."""
    cited = {sources[a].year[:4] for _, a in CITATION.findall(page.prose) if a in sources}
    prose = blank(CODE_SPAN, page.prose)
    reasons = {match[1]: page.line(match.start()) for match in REASON.finditer(prose)}
    met = set()
    for paragraph, raw in with_source(page):
        words = paragraph.words
        for match in YEAR.finditer(words):
            year, line = match[1], paragraph.line + words[: match.start()].count("\n")
            met.add(year)
            author = author_beside(words[: match.start()], sources)
            known = {it.year[:4] for it in sources.values() if author in it.surnames} or cited
            anywhere = "/experiments/" in page.name or "](http" in raw
            if year in known or year in reasons or (anywhere and not author):
                continue
            whose = f"by {author} in {REFERENCES}" if author else "cited on this page"
            years = ", ".join(sorted(filter(None, known)))
            others = f", only from {years}" if years else ""
            yield (
                line,
                f"no source {whose} is from {year}{others}: "
                f"mend the year, cite its source, or say why: `<!-- year {year}: ... -->`",
            )
    for year in reasons.keys() - met:
        yield reasons[year], f"gives a reason for {year}, a year that is not on this page"


def author_beside(before: str, sources: dict[str, Source]) -> str | None:
    """Find the author whose name is right before a year, in the same part of a sentence."""
    known = {name for source in sources.values() for name in source.surnames[:2] if len(name) > 2}
    near = re.split(r"[.;:|]\s|\d", before[-40:])[-1]
    found = [
        m[1]
        for m in re.finditer(r"([A-Z][\w-]+)(?:'s)?(?![\w-])(?! [A-Z])", near)
        if m[1] in known - {"others"}
    ]
    return found[-1] if found else None


def has_word(paragraph: Paragraph, word: str) -> bool:
    return re.search(rf"\b{word}\b", paragraph.words) is not None


def with_source(page: Page) -> Iterator[tuple[Paragraph, str]]:
    """Give each paragraph of a page, and each row of a table, with its Markdown."""
    lines, found = page.prose.split("\n"), paragraphs(page)
    for paragraph, after in pairwise([*found, Paragraph(len(lines) + 1)]):
        raw = lines[paragraph.line - 1 : after.line - 1]
        if raw[0].startswith("|"):
            rows = zip(paragraph.words.split("\n"), raw, strict=False)
            for number, (words, row) in enumerate(rows, start=paragraph.line):
                yield Paragraph(number, words), row
        else:
            yield paragraph, "\n".join(raw)
