"""Each entry of the references says which pages cite it, found in the links of these pages."""

import re
from html import escape

from mkdocs.utils import get_relative_url

PAGE = "references.md"
CITATION = re.compile(r'href="(?:\.\./)?references\.html#([\w-]+)"')
ENTRY = re.compile(r'<li>\s*(?:<p>)?<span id="([\w-]+)"></span>.*?(?=(?:</p>\s*)?</li>)', re.DOTALL)

pages: list = []  # in their order
cited: dict[str, set[str]] = {}  # the address of a page, and the entries that it cites


def on_nav(nav, config, files):
    """Keep the order of the pages."""
    pages[:] = nav.pages


def on_page_content(html, page, config, files):
    """Keep what a page cites."""
    itself = page.file.src_uri == PAGE
    cited[page.url] = set() if itself else set(CITATION.findall(html))


def on_post_page(output, page, config):
    """Say it when all pages have been read."""
    if page.file.src_uri != PAGE:
        return output
    return ENTRY.sub(lambda entry: entry[0] + cited_on(entry[1], page.url), output)


def cited_on(key: str, url: str) -> str:
    """List the pages that cite an entry."""
    links = [
        f'<a href="{get_relative_url(it.url, url)}">{escape(it.title)}</a>'
        for it in pages
        if key in cited[it.url]
    ]
    return f' <span class="cited">Cited on {", ".join(links)}.</span>' if links else ""
