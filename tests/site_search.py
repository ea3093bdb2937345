"""What the search of the built site finds: every page, heading and paragraph.

Each check takes the site's folder and returns the faults it finds, a sentence for each.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml.html import HtmlElement

from tests.site_checks import HEADINGS
from tests.site_metadata import book_pages

INDEX = "search/search_index.js", "search/search_index.json"  # from a folder, and from a server
SETTINGS = {
    "lang": ["en"],
    "separator": r"[\s\-]+",
    "pipeline": ["stopWordFilter"],
    "fields": {
        "title": {"boost": 1000.0},
        "text": {"boost": 1.0},
        "tags": {"boost": 1000000.0},
    },
}
LEAST, MOST = 1, 4  # more, and a page comes first whatever is sought; less, and it comes last
WORD = re.compile(r"[^\W_]+")
PARAGRAPHS = ("p", "li", "td", "dt", "dd")
# What is drawn, listed or pressed, and what hooks add once the index is made.
UNREAD = ("ancestor::pre", "ancestor::svg", "ancestor::script", "ancestor::style")
ADDED = ("moved", "page-links", "cited-on", "katex", "headerlink")
LEFT_OUT = " or ".join(
    [*UNREAD, *(f"ancestor-or-self::*[contains(@class, '{it}')]" for it in ADDED)]
)


def entries(text: str) -> dict[str, dict]:
    """Read an index: what it has of each page and heading by address, and under "" its settings."""
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return {it["location"]: it for it in index["docs"]} | {"": index["config"]}


def one_index(site: Path) -> list[str]:
    """Compare what a page finds that is opened as a file with what it finds on a server."""
    texts = [(site / it).read_text(encoding="utf-8") for it in INDEX if (site / it).is_file()]
    if len(texts) != len(INDEX) or entries(texts[0]) != entries(texts[1]):
        return [f"expected {' and '.join(INDEX)} with the same entries"]
    got = entries(texts[0])[""]
    return [
        f"{INDEX[0]}: expected {key} {SETTINGS.get(key)}, got {got.get(key)}: "
        "leave `search` in mkdocs.yml without settings"
        for key in sorted(SETTINGS.keys() | got.keys())
        if got.get(key) != SETTINGS.get(key)
    ]


def findable(site: Path) -> list[str]:
    """Look in the index for each page, each of its headings, and the words of each paragraph."""
    found = entries((site / INDEX[0]).read_text(encoding="utf-8"))
    return [f"{page}: {it}" for page, tree in book_pages(site) for it in lost(page, tree, found)]


def lost(page: str, tree: HtmlElement, found: dict[str, dict]) -> Iterator[str]:
    """Say what of a page the index does not have."""
    if not any(it.partition("#")[0] == page for it in found):
        yield "expected the page in the search: take `search: exclude` out of its source"
        return
    if not LEAST <= (boost := found.get(page, {}).get("boost", 1)) <= MOST:
        yield f"expected a boost from {LEAST} to {MOST}, got {boost}: `search` in its source"
    place = page
    for part in tree.find(".//article").iter(*HEADINGS, *PARAGRAPHS):
        words = text_of(part)
        if part.tag in HEADINGS:
            place = page if part.tag == "h1" else f"{page}#{part.get('id')}"
            if place not in found:
                yield f"expected the heading `{words}` in the search: take what excludes it out"
        elif place in found and not has(found[place], words):
            yield f"expected the paragraph `{words[:60]}` in the search: take what excludes it out"


def has(entry: dict, words: str) -> bool:
    """Tell whether most words of a paragraph are in an entry."""
    sought = set(WORD.findall(words))
    return 2 * len(sought - known(entry["title"], entry["text"])) <= len(sought)


@cache
def known(title: str, html: str) -> set[str]:
    return set(WORD.findall(f"{title} {re.sub('<[^>]*>', ' ', html)}"))


def text_of(part: HtmlElement) -> str:
    """Return what of an element is prose."""
    return " ".join(" ".join(part.xpath(f".//text()[not({LEFT_OUT})]")).split())


def offered(site: Path) -> list[str]:
    """Each page has a field to search in, and names a script that exists."""
    faults = []
    for page, tree in book_pages(site):
        named = json.loads(tree.xpath("string(//script[@id='__config'])")).get("search", "")
        if not tree.xpath("//input[@data-md-component='search-query']"):
            faults.append(f"{page}: expected a field to search in, there is none")
        if not (site / page).parent.joinpath(named).is_file():
            faults.append(f"{page}: expected a script that searches, there is no `{named}`")
    return faults


CHECKS = (one_index, findable, offered)
