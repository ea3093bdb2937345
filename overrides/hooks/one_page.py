"""A site of one page and what it links to, which takes seconds to build.

`make serve NAME=lstm` and `make page-test NAME=lstm` set PAGE for it. MkDocs then finds many links
that lead to no page. They are no mistakes if the page is only left out, so they are not printed.
"""

import logging
import os
import re
from pathlib import Path

from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files

PAGE = os.environ.get("PAGE")  # "lstm"; or not set, and the site is whole
LINK = re.compile(r"\]\((?:\.\./|experiments/)?(\w[\w-]*)\.(?:md|py)")
LEADS_NOWHERE = re.compile(r"is not found among documentation files|does not exist|is gone;")
NAMED = re.compile(r"([\w-]+)\.(?:md|py|html)\b")


class Silence(logging.Filter):
    """Drops the warning that a link leads nowhere, if its page is only left out here."""

    def __init__(self, left_out: set[str]):
        super().__init__()
        self.left_out = left_out

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a message is to be printed."""
        message = record.getMessage()
        target = NAMED.findall(message)[-1:] if LEADS_NOWHERE.search(message) else []
        return not self.left_out.intersection(target)


@event_priority(150)  # before other hooks read what is not needed
def on_files(files, config):
    """Leave out the pages that neither are the page nor stand in a link of it."""
    named = [it for it in files if Path(it.src_uri).stem == PAGE]
    if not named:
        return files
    kept = linked([it.content_string for it in named if is_page(it.src_uri)])
    config.nav = within(config.nav, kept)
    left_out = {Path(it.src_uri).stem for it in files if is_page(it.src_uri)} - kept
    for handler in logging.getLogger("mkdocs").handlers:
        others = [it for it in handler.filters if not isinstance(it, Silence)]  # of a build before
        handler.filters = [*others, Silence(left_out)]
    return Files([it for it in files if not is_page(it.src_uri) or Path(it.src_uri).stem in kept])


def linked(texts: list[str]) -> set[str]:
    """Name the page and what it links to, in its text or, as every page does, around it."""
    # the header links to the home page, citations to references, whole files to changes
    return {PAGE, "index", "references", "changes"}.union(*map(LINK.findall, texts))


def is_page(source: str) -> bool:
    """Tell a page of the book from what it shows and offers."""
    path = Path(source)
    return path.suffix in {".md", ".py"} and path.parts[0] != "assets"


def within(nav, kept: set[str]):
    """Take out of the navigation what is left out.

    >>> within([{"Start": [{"Home": "index.md"}]}, {"Cells": ["gru.md", "lstm.md"]}], {"lstm"})
    [{'Cells': ['lstm.md']}]
    """
    if isinstance(nav, str):
        return nav if Path(nav).stem in kept else None
    if isinstance(nav, dict):
        return {key: found for key, it in nav.items() if (found := within(it, kept))}
    return [found for it in nav if (found := within(it, kept))]
