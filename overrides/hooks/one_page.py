"""A site of one page and what it links to, which takes seconds to build.

`make serve NAME=lstm` and `make page-test NAME=lstm` set PAGE for it.
"""

import os
import re
from pathlib import Path

from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files

PAGE = os.environ.get("PAGE")  # "lstm"; or not set, and the site is whole
LINK = re.compile(r"\]\((?:\.\./|experiments/)?(\w[\w-]*)\.(?:md|py)")


@event_priority(150)  # before other hooks read what is not needed
def on_files(files, config):
    """Leave out the pages that neither are the page nor stand in a link of it."""
    named = [file for file in files if Path(file.src_uri).stem == PAGE]
    if not named:
        return files
    # the header leads to home, citations lead on, and whole files name their version
    kept = {PAGE, "index", "references", "changes"}
    for file in filter(is_page, named):
        kept.update(LINK.findall(Path(file.abs_src_path).read_text(encoding="utf-8")))
    config.nav = within(config.nav, kept)
    return Files([it for it in files if not is_page(it) or Path(it.src_uri).stem in kept])


def is_page(file) -> bool:
    """Tell a page of the book from what it shows and offers."""
    path = Path(file.src_uri)
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
