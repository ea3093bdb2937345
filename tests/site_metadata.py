"""What the built pages say of themselves: title, description, address, neighbours, downloads.

Each check takes the site's folder and returns the faults it finds, a sentence for each.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from lxml.html import HtmlElement

from overrides.hooks.book import NAME as BOOK
from overrides.hooks.moved import read_moved
from tests.conftest import ROOT
from tests.guards.links import FILE
from tests.site_checks import pages

FRONT_MATTER = re.compile(r"\A(?:# %%.*\n)?(?:# )?---\n(.*?)\n(?:# )?---\n", re.DOTALL)
NAVIGATION = "//nav[contains(@class, 'md-nav--primary')]//a[contains(@class, 'md-nav__link')]/@href"
MOVED = {old for old in read_moved(ROOT / "overrides/moved.txt") if "#" not in old}
OTHERS = {"404.html", BOOK, *MOVED}  # not found, all in one, and where pages were


def book_pages(site: Path) -> Iterator[tuple[str, HtmlElement]]:
    """List the pages that have a source of their own."""
    return ((name, tree) for name, tree in pages(site) if name not in OTHERS)


def meta(tree: HtmlElement, name: str) -> str:
    """Return what a page says of itself under a name."""
    return tree.xpath(f"string(//meta[@name='{name}' or @property='{name}']/@content)").strip()


def front_matter(docs: Path, name: str) -> dict[str, str]:
    """Read what the source of a page says at its beginning."""
    sources = docs / Path(name).with_suffix(".md"), docs / Path(name).with_suffix(".py")
    text = next(path for path in sources if path.is_file()).read_text(encoding="utf-8")
    return yaml.safe_load(re.sub("^# ?", "", FRONT_MATTER.match(text)[1], flags=re.MULTILINE))


def metadata(site: Path, docs: Path = ROOT / "docs") -> list[str]:
    """Title and description are those of the source, on the page and where the page is shared."""
    faults = []
    for name, tree in book_pages(site):
        source = front_matter(docs, name)
        title, description = (" ".join(source[key].split()) for key in ("title", "description"))
        header = tree.xpath("string(//*[@data-md-component='header-topic'])").strip()
        for what, expected, got in (
            ("title", f"{title} - {meta(tree, 'og:site_name')}", tree.findtext(".//title")),
            ("title in the header", title, header),
            ("og:title", title, meta(tree, "og:title")),
            ("description", description, meta(tree, "description")),
            ("og:description", description, meta(tree, "og:description")),
        ):
            if got != expected:
                faults.append(f"{name}: expected the {what} `{expected}`, got `{got}`")
        for address in [*tree.xpath("//link[@rel='canonical']/@href"), meta(tree, "og:url")]:
            if address and not address.endswith(f"/{name.removesuffix('index.html')}"):
                faults.append(f"{name}: gives {address} as its own address")
    return faults


def reading_order(site: Path) -> list[str]:
    """Previous and next page are the neighbours in the navigation, which is the same everywhere."""
    faults, first = [], None
    for name, tree in book_pages(site):
        folder = posixpath.dirname(name)
        order = [resolved(folder, it) for it in tree.xpath(NAVIGATION) if not it.startswith("#")]
        first = first or order
        if order != first:
            faults.append(f"{name}: has another navigation than the first page")
        if name not in order:
            faults.append(f"{name}: is not in its own navigation")
            continue
        at = order.index(name)
        for way, expected in (("prev", order[:at][-1:]), ("next", order[at + 1 : at + 2])):
            links = tree.xpath(f"//a[contains(@class, 'md-footer__link--{way}')]/@href")
            if (got := [resolved(folder, link) for link in links]) != expected:
                faults.append(f"{name}: expected {expected} as its {way} page, got {got}")
    return faults


def resolved(folder: str, address: str) -> str:
    """Return the page that an address means in a folder."""
    return posixpath.normpath(posixpath.join(folder, address))


def downloads(site: Path) -> list[str]:
    """Each file is saved, and offered, under the name of the file that is given."""
    faults = []
    for name, tree in pages(site):
        for link in tree.xpath("//a[@download]"):
            given = posixpath.basename(link.get("href", ""))
            names = {link.get("download"), *FILE.findall(link.text_content())}
            if names != {given}:
                faults.append(f"{name}: gives {given} as {', '.join(sorted(names))}")
    return faults


CHECKS = (metadata, reading_order, downloads)
