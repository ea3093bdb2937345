"""What a strict build lets through: checks that read the built site.

Each takes the site's folder and returns the faults it finds, a sentence for each.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement, document_fromstring, tostring

from overrides.hooks.book import NAME as BOOK

ADDRESSES = ("href", "src", "xlink:href", "poster", "data")
FOREIGN = re.compile(r"(?:\b[a-z]+:)?//[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)  # in any attribute
CSS_URL = re.compile(r"""url\(\s*["']?(?!data:)([^"')]+)|@import\s+["']([^"']+)""")
ID_LISTS = ("aria-labelledby", "aria-describedby", "aria-controls", "for")
UNREAD = ("pre", "code", "script", "style", "annotation", "svg")  # where text is not prose
PROSE = f".//text()[not({' or '.join(f'ancestor::{name}' for name in UNREAD)})]"
HEADINGS = [f"h{level}" for level in range(1, 7)]
KATEX = Path(__file__).parents[1] / "docs/assets/katex/manifest.json"
MOST_ELEMENTS = 5000
LEFTOVERS = {
    "mathematics": re.compile(r"\\[()\[\]]|\$\$|\$[^$\s][^$]*\$"),
    "a directive": re.compile(r"-{2,}8<-|(?m:^\s*(?:/{3}|:{3}|!{3}|\?{3}))"),
    "a footnote": re.compile(r"\[\^[^\]]*\]"),
    "a link": re.compile(r"\]\(|\]\["),
    "attributes": re.compile(r"\{:?\s*[.#][\w-]+[^}]*\}|\{:?\s*[\w-]+=\"[^}]*\}"),
    "a fence": re.compile(r"`{3}|~{3}"),
}


def pages(site: Path) -> Iterator[tuple[str, HtmlElement]]:
    """Every page of the site: its name and its tree."""
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), parse(path.read_text(encoding="utf-8"))


@cache
def parse(html: str) -> HtmlElement:
    """Read a page once for all checks."""
    return document_fromstring(html)


def ids(tree: HtmlElement) -> list[str]:
    """Every place of a page that a link can point at."""
    return tree.xpath("//@id")


def links(site: Path) -> list[str]:
    """Every page, place and file that a page or a style sheet names exists."""
    places = {name: set(ids(tree)) for name, tree in pages(site)}
    faults = []
    for name, address in addresses(site):
        url = urlsplit(address)
        if url.scheme or url.netloc:
            continue
        target = name if not url.path else resolve(site, Path(name).parent, unquote(url.path))
        if target is None:
            faults.append(f"{name}: no file for the link {address}")
        elif url.fragment and unquote(url.fragment) not in places.get(target, ()):
            faults.append(f"{name}: no anchor for the link {address}")
    return faults


@cache
def resolve(site: Path, folder: Path, path: str) -> str | None:
    """Return the file of the site that `path` means in a folder."""
    root = site.resolve()
    target = (root / ("" if path.startswith("/") else folder) / path.lstrip("/")).resolve()
    target = target / "index.html" if target.is_dir() else target
    inside = target.is_relative_to(root) and target.is_file()
    return target.relative_to(root).as_posix() if inside else None


def addresses(site: Path) -> Iterator[tuple[str, str]]:
    """Every address in pages and style sheets, with the name of the file that it is in."""
    for name, tree in pages(site):
        for element in tree.iter("*"):
            yield from ((name, address) for address in asked(element))
    for name, css in styles(site):
        yield from ((name, url or imported) for url, imported in CSS_URL.findall(css))


def asked(element: HtmlElement) -> list[str]:
    """Every address that an element names."""
    candidates = [part.split() for part in element.get("srcset", "").split(",")]
    named = [element.get(key) for key in ADDRESSES if key in element.attrib]
    return named + [candidate[0] for candidate in candidates if candidate]


def styles(site: Path) -> Iterator[tuple[str, str]]:
    """Every style sheet, and what pages say of style, with the name of the file."""
    for path in sorted(site.rglob("*.css")):
        yield path.relative_to(site).as_posix(), path.read_text(encoding="utf-8")
    for name, tree in pages(site):
        yield from ((name, style) for style in tree.xpath("//style/text() | //@style"))


def other_hosts(site: Path) -> list[str]:
    """Nothing is loaded from another host; a link that a reader may follow loads nothing."""
    faults = []
    for name, tree in pages(site):
        for element in tree.iter("*"):
            faults += [f"{name}: {element.tag} loads {url}" for url in loaded(element)]
    for name, css in styles(site):
        urls = [url or imported for url, imported in CSS_URL.findall(css)]
        faults += [f"{name}: the style loads {url}" for url in urls if host(url)]
    return faults


def loaded(element: HtmlElement) -> set[str]:
    """Return the addresses of other hosts that an element names, except where a reader may go."""
    if "canonical" in words(element, "rel") or element.get("property", "").startswith("og:"):
        return set()  # what the published page says of itself
    addresses = [] if element.tag == "a" else [url for url in asked(element) if host(url)]
    others = set(element.attrib) - {*ADDRESSES, "srcset", "style"}
    found = [FOREIGN.search(element.get(key)) for key in others if not key.startswith("xmlns")]
    return {*addresses, *(it[0] for it in found if it)}


def host(address: str) -> str:
    """Return the host that an address names, if it does."""
    return urlsplit(address).netloc


def unique_ids(site: Path) -> list[str]:
    """No two elements of a page have one id."""
    return [
        f"{name}: {count} elements have the id {key}"
        for name, tree in pages(site)
        for key, count in Counter(ids(tree)).items()
        if count > 1
    ]


def few_elements(site: Path) -> list[str]:
    """No page asks a phone to lay out very many elements; the book on one page is for paper."""
    counts = {name: len(tree.xpath("//*")) for name, tree in pages(site) if name != BOOK}
    return [
        f"{name}: {count:,} elements, expected at most {MOST_ELEMENTS:,}"
        for name, count in counts.items()
        if count > MOST_ELEMENTS
    ]


def rendered(site: Path) -> list[str]:
    """No Markdown, directive or formula is left as its author typed it."""
    faults = []
    for name, tree in pages(site):
        article = tree.find(".//article")
        for text in article.xpath(PROSE):
            for what, pattern in LEFTOVERS.items():
                if found := pattern.search(text):
                    faults.append(f"{name}: {what} not rendered: {found[0]}")
        for block in article.iter("pre"):
            if found := LEFTOVERS["a directive"].search(block.text_content()):
                faults.append(f"{name}: a directive not rendered: {found[0].strip()}")
            if "highlight" not in block.getparent().classes:
                faults.append(f"{name}: code not highlighted: {block.text_content()[:80]}")
        faults += [f"{name}: KaTeX: {it.get('title')}" for it in tree.find_class("katex-error")]
    return faults


def characters(site: Path) -> list[str]:
    """Every character of a formula and of a figure is in the fonts."""
    manifest = json.loads(KATEX.read_text(encoding="utf-8"))
    return [
        f"{name}: {character!r} was left out of the fonts: tools/vendor.py says how to keep it"
        for name, tree in pages(site)
        for character in sorted(drawn(tree) & set(manifest["left out"]))
    ]


def drawn(tree: HtmlElement) -> set[str]:
    """Return the characters of formulas and figures."""
    figures = "//svg[contains(@class, 'figure')]//*[local-name() = 'text']"
    parts = tree.xpath(f"//*[contains(@class, 'katex-html')] | {figures}")
    return {character for part in parts for character in part.text_content()}


def headings(site: Path) -> list[str]:
    """Each page has one heading of level 1, first, and no level is left out below it."""
    faults = []
    for name, tree in pages(site):
        levels = [int(heading.tag[1]) for heading in tree.iter(*HEADINGS)]
        if levels[:1] != [1] or levels.count(1) != 1:
            faults.append(f"{name}: expected one h1, first, got the levels {levels}")
        for before, level in pairwise(levels):
            if level > before + 1:
                faults.append(f"{name}: h{before} is followed by h{level}")
    return faults


def pictures(site: Path) -> list[str]:
    """Every picture says in words what it shows."""
    return [
        f"{name}: no words for {tostring(picture, encoding='unicode')[:80]}"
        for name, tree in pages(site)
        for picture in tree.iter("img", "svg")
        if not described(picture, tree)
    ]


def described(picture: HtmlElement, tree: HtmlElement) -> bool:
    """Whether a reader who cannot see the picture is told what it shows."""
    if picture.tag == "img":
        return bool(picture.get("alt", "").strip())
    if "figure" in picture.classes:
        named = (tree.get_element_by_id(key, None) for key in words(picture, "aria-labelledby"))
        return [it.tag for it in named if it is not None and it.text] == ["title", "desc"]
    for outer in picture.iterancestors():
        if outer.tag == "figure" and "plot" in outer.classes:
            return bool(outer.get("aria-label", "").strip())
    # An icon, or a part of a formula, is beside the words that it means.
    return any({"md-icon", "katex-html"} & set(outer.classes) for outer in picture.iterancestors())


def words(element: HtmlElement, attribute: str) -> list[str]:
    """List the words of an attribute."""
    return element.get(attribute, "").split()


def described_pages(site: Path) -> list[str]:
    """Each page has a title and a description that no other page has."""
    faults = []
    seen: dict[str, str] = {}
    for name, tree in pages(site):
        for what, place in (
            ("title", "string(//head/title)"),
            ("description", "string(//meta[@name='description']/@content)"),
        ):
            text = tree.xpath(place).strip()
            if not text:
                faults.append(f"{name}: no {what}")
            elif (other := seen.setdefault(text, name)) != name:
                faults.append(f"{name}: the same {what} as {other}: {text}")
    return faults


def named_ids(site: Path) -> list[str]:
    """Whatever names an element of its page, for a screen reader or in a drawing, finds it."""
    faults = []
    for name, tree in pages(site):
        known = set(ids(tree))
        for element in tree.iter("*"):
            keys = [key for attribute in ID_LISTS for key in words(element, attribute)]
            for value in element.attrib.values():
                keys += re.findall(r"url\(#([^)]+)\)", value)
            if target := element.get("data-clipboard-target"):
                keys.append(target.removeprefix("#"))
            faults += [f"{name}: {element.tag} names #{key}" for key in keys if key not in known]
    return faults


def alternates(site: Path) -> list[str]:
    """Each page offers its own text as Markdown, under its own name."""
    return [
        f"{name}: offers {link.get('href')} as its {link.get('type')}, expected {right}"
        for name, tree in pages(site)
        for link in tree.xpath("//link[@rel='alternate']")
        if (right := f"{Path(name).stem}.md") != link.get("href")
        or link.get("type") != "text/markdown"
    ]


CHECKS = (
    alternates,
    links,
    other_hosts,
    unique_ids,
    few_elements,
    rendered,
    characters,
    headings,
    pictures,
    described_pages,
    named_ids,
)
