"""Each entry of the references says which pages cite it, found in the links of these pages."""

import re
from html import escape

from overrides.hooks.moved import relative

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
    titles = {it.url: it.title for it in pages}
    return ENTRY.sub(lambda entry: entry[0] + cited_on(entry[1], page.url, titles), output)


def cited_on(key: str, url: str, titles: dict[str, str]) -> str:
    """List the pages that cite an entry."""
    links = [
        f'<a href="{relative(url, it)}">{escape(title)}</a>'
        for it, title in titles.items()
        if key in cited[it]
    ]
    return f' <span class="cited">Cited on {", ".join(links)}.</span>' if links else ""
