"""What a strict build lets through: checks that read the built site.

Each takes the site's folder and returns the faults it finds, a sentence for each.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Comment, NavigableString, Tag

ADDRESSES = ("href", "src", "xlink:href", "poster", "data")
LOADING_LINKS = {"stylesheet", "icon", "preload", "preconnect", "prefetch", "manifest"}
CSS_URL = re.compile(r"""url\(\s*["']?(?!data:)([^"')]+)|@import\s+["']([^"']+)""")
ID_LISTS = ("aria-labelledby", "aria-describedby", "aria-controls", "for")
UNREAD = ("pre", "code", "script", "style", "annotation", "svg")  # where text is not prose
LEFTOVERS = {
    "mathematics": re.compile(r"\\[()\[\]]|\$\$|\$[^$\s][^$]*\$"),
    "a directive": re.compile(r"-{2,}8<-|(?m:^\s*(?:/{3}|:{3}|!{3}|\?{3}))"),
    "a footnote": re.compile(r"\[\^[^\]]*\]"),
    "a link": re.compile(r"\]\(|\]\["),
    "attributes": re.compile(r"\{:?\s*[.#][\w-]+[^}]*\}|\{:?\s*[\w-]+=\"[^}]*\}"),
    "a fence": re.compile(r"`{3}|~{3}"),
}


def pages(site: Path) -> Iterator[tuple[str, BeautifulSoup]]:
    """Every page of the site: its name and its tree."""
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), parse(path.read_text(encoding="utf-8"))


@cache
def parse(html: str) -> BeautifulSoup:
    """Read a page once for all checks."""
    return BeautifulSoup(html, "html.parser")


def ids(soup: BeautifulSoup) -> set[str]:
    """Every place of a page that a link can point at."""
    return {tag["id"] for tag in soup.find_all(id=True)}


def links(site: Path) -> list[str]:
    """Every page, place and file that a page or a style sheet names exists."""
    places = {name: ids(soup) for name, soup in pages(site)}
    faults = []
    for name, address in addresses(site):
        url = urlsplit(address)
        if url.scheme or url.netloc:
            continue
        target = resolve(site, name, unquote(url.path))
        if target is None:
            faults.append(f"{name}: no file for the link {address}")
        elif url.fragment and unquote(url.fragment) not in places.get(target, ()):
            faults.append(f"{name}: no anchor for the link {address}")
    return faults


def resolve(site: Path, name: str, path: str) -> str | None:
    """Return the file of the site that `path` means in the file `name`."""
    root = site.resolve()
    base = root if path.startswith("/") else (root / name).parent
    target = (base / path.lstrip("/")).resolve() if path else root / name
    target = target / "index.html" if target.is_dir() else target
    inside = target.is_relative_to(root) and target.is_file()
    return target.relative_to(root).as_posix() if inside else None


def addresses(site: Path) -> Iterator[tuple[str, str]]:
    """Every address in pages and style sheets, with the name of the file it stands in."""
    for name, soup in pages(site):
        for tag in soup.find_all(True):
            yield from ((name, address) for address in asked(tag))
    for name, css in styles(site):
        yield from ((name, url or imported) for url, imported in CSS_URL.findall(css))


def asked(tag: Tag) -> list[str]:
    """Every address that an element names."""
    candidates = [part.split() for part in tag.get("srcset", "").split(",")]
    named = [tag[key] for key in ADDRESSES if key in tag.attrs]
    return named + [candidate[0] for candidate in candidates if candidate]


def styles(site: Path) -> Iterator[tuple[str, str]]:
    """Every style sheet, and what pages say of style, with the name of the file."""
    for path in sorted(site.rglob("*.css")):
        yield path.relative_to(site).as_posix(), path.read_text(encoding="utf-8")
    for name, soup in pages(site):
        yield from ((name, tag.get_text()) for tag in soup.find_all("style"))
        yield from ((name, tag["style"]) for tag in soup.find_all(style=re.compile(r"url\(")))


def other_hosts(site: Path) -> list[str]:
    """Nothing is loaded from another host; a link that a reader may follow loads nothing."""
    faults = []
    for name, soup in pages(site):
        for tag in filter(loads, soup.find_all(True)):
            faults += [f"{name}: {tag.name} loads {url}" for url in asked(tag) if host(url)]
    for name, css in styles(site):
        urls = [url or imported for url, imported in CSS_URL.findall(css)]
        faults += [f"{name}: the style loads {url}" for url in urls if host(url)]
    return faults


def loads(tag: Tag) -> bool:
    """Whether a browser fetches what the element names without being asked by its reader."""
    return (
        not LOADING_LINKS.isdisjoint(tag.get("rel", ())) if tag.name == "link" else tag.name != "a"
    )


def host(address: str) -> str:
    """Return the host that an address names, if it does."""
    return urlsplit(address).netloc


def unique_ids(site: Path) -> list[str]:
    """No two elements of a page have one id."""
    return [
        f"{name}: {count} elements have the id {key}"
        for name, soup in pages(site)
        for key, count in Counter(tag["id"] for tag in soup.find_all(id=True)).items()
        if count > 1
    ]


def rendered(site: Path) -> list[str]:
    """No Markdown, directive or formula is left as its author typed it."""
    faults = []
    for name, soup in pages(site):
        for text in (soup.find("article") or soup).find_all(string=True):
            for what, pattern in LEFTOVERS.items():
                if (found := pattern.search(text)) and is_prose(text):
                    faults.append(f"{name}: {what} not rendered: {found[0]}")
        for code in soup.select(".language-python, .language-pycon"):
            if found := LEFTOVERS["a directive"].search(code.get_text()):
                faults.append(f"{name}: a directive not rendered: {found[0].strip()}")
        faults += [f"{name}: KaTeX: {tag.get('title')}" for tag in soup.select(".katex-error")]
    return faults


def is_prose(text: NavigableString) -> bool:
    """Whether a reader sees the text, and not as code or as part of a drawing."""
    inside = {parent.name for parent in text.parents}
    return not (isinstance(text, Comment) or inside.intersection(UNREAD))


def headings(site: Path) -> list[str]:
    """Each page has one heading of level 1, first, and no level is left out below it."""
    faults = []
    for name, soup in pages(site):
        levels = [int(tag.name[1]) for tag in soup.find_all(re.compile(r"h[1-6]"))]
        if levels[:1] != [1] or levels.count(1) != 1:
            faults.append(f"{name}: expected one h1, first, got the levels {levels}")
        for before, level in pairwise(levels):
            if level > before + 1:
                faults.append(f"{name}: h{before} is followed by h{level}")
    return faults


def pictures(site: Path) -> list[str]:
    """Every picture says in words what it shows."""
    return [
        f"{name}: no words for {str(tag)[:80]}"
        for name, soup in pages(site)
        for tag in soup.find_all(["img", "svg"])
        if not described(tag, soup)
    ]


def described(tag: Tag, soup: BeautifulSoup) -> bool:
    """Whether a reader who cannot see the picture is told what it shows."""
    if tag.name == "img":
        return bool(tag.get("alt", "").strip())
    if "figure" in tag.get("class", ()):
        named = (soup.find(id=key) for key in tag.get("aria-labelledby", "").split())
        return [part.name for part in named if part and part.get_text()] == ["title", "desc"]
    if plot := tag.find_parent("figure", class_="plot"):
        return bool(plot.get("aria-label", "").strip())
    # An icon, or a part of a formula, stands beside the words it means.
    return tag.find_parent(class_=["md-icon", "katex-html"]) is not None


def described_pages(site: Path) -> list[str]:
    """Each page has a title and a description that no other page has."""
    faults = []
    seen: dict[str, str] = {}
    for name, soup in pages(site):
        meta = soup.find("meta", attrs={"name": "description"})
        for what, text in (
            ("title", soup.title and soup.title.get_text().strip()),
            ("description", meta and meta["content"].strip()),
        ):
            if not text:
                faults.append(f"{name}: no {what}")
            elif (other := seen.setdefault(text, name)) != name:
                faults.append(f"{name}: the same {what} as {other}: {text}")
    return faults


def named_ids(site: Path) -> list[str]:
    """Whatever names an element of its page, for a screen reader or in a drawing, finds it."""
    faults = []
    for name, soup in pages(site):
        known = ids(soup)
        for tag in soup.find_all(True):
            keys = [key for attribute in ID_LISTS for key in str(tag.get(attribute, "")).split()]
            for value in tag.attrs.values():
                keys += re.findall(r"url\(#([^)]+)\)", value) if isinstance(value, str) else []
            if target := tag.get("data-clipboard-target"):
                keys.append(target.removeprefix("#"))
            faults += [f"{name}: {tag.name} names #{key}" for key in keys if key not in known]
    return faults


CHECKS = (
    links,
    other_hosts,
    unique_ids,
    rendered,
    headings,
    pictures,
    described_pages,
    named_ids,
)
