"""What did not change is not made again: after a save one page is rendered, not all of them.

That also holds from one build to the next: what a build made is kept in .cache, and belongs to
just these hooks and versions of packages.
"""

import functools
import hashlib
import logging
import os
import pickle
import re
import sys
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from mkdocs.structure.pages import Page
from mkdocs.utils import CountHandler
from mkdocs_jupyter import convert

ROOT = Path(__file__).parents[2]
STORE = ROOT / ".cache/pages.pickle"
INCLUDED = re.compile(r'--8<-- "([^":]+)')
LOG = logging.getLogger("mkdocs")

Kept = dict[str, tuple[Hashable, Any]]  # by name: what it was made of, and what was made
converted: Kept = {}
rendered: Kept = {}
indexed: Kept = {}
KEPT = converted, rendered, indexed


def makers() -> bytes:
    """Hash what else decides what a build makes: the versions of packages, and the hooks."""
    total = hashlib.sha256(sys.version.encode())
    for path in [ROOT / "requirements.txt", *sorted(Path(__file__).parent.glob("*.py"))]:
        total.update(path.read_bytes())
    return total.digest()


def recall() -> None:
    """Take over what an earlier build kept, unless packages or hooks have changed since."""
    if STORE.exists() and (content := STORE.read_bytes()).startswith(makers()):
        for kept, earlier in zip(KEPT, pickle.loads(content[len(makers()) :]), strict=True):
            kept.update(earlier)


def on_post_build(config):
    """Keep for the next build what this one made, whole: another build may do the same now."""
    STORE.parent.mkdir(exist_ok=True)
    half = STORE.with_suffix(f".{os.getpid()}")
    half.write_bytes(makers() + pickle.dumps(KEPT))
    half.replace(STORE)


def again_if_changed(kept: Kept, name: str, parts: Hashable, make: Callable[[], Any]) -> Any:
    """Return what was made of these parts, or make it; keep nothing that warns, to warn again."""
    if name in kept and kept[name][0] == parts:
        return kept[name][1]
    kept.pop(name, None)
    warnings = CountHandler(level=logging.WARNING)
    LOG.addHandler(warnings)
    try:
        made = make()
    finally:
        LOG.removeHandler(warnings)
    if not warnings.get_counts():
        kept[name] = parts, made
    return made


def on_startup(command, dirty):
    """Stand before what converts notebooks and renders pages."""
    recall()
    convert.nb2html = functools.partial(convert_notebook, convert.nb2html)
    render = Page.render
    Page.render = lambda page, config, files: render_page(render, page, config, files)


def convert_notebook(nb2html, path, **options):
    """Convert a notebook to Markdown."""
    parts = Path(path).read_bytes(), Path(options["custom_template"]).read_bytes()
    return again_if_changed(converted, path, parts, functools.partial(nb2html, path, **options))


def render_page(render, page, config, files):
    """Render a page; its links depend on which other pages there are."""
    name = page.file.src_uri
    paths = sorted({Path(path) for path in INCLUDED.findall(page.markdown)})
    included = tuple(path.read_bytes() for path in paths if path.is_file())
    pages = Path(config.config_file_path).read_bytes(), tuple(file.src_uri for file in files)
    parts = page.markdown, included, pages
    made = again_if_changed(rendered, name, parts, lambda: changes(render, page, config, files))
    vars(page).update(made["attributes"])
    page.links_to_anchors = {
        files.get_file_from_path(path): links for path, links in made["links"].items()
    }


def changes(render, page, config, files):
    """Render a page, and return all that this changed."""
    before = dict(vars(page))
    render(page, config, files)
    attributes = {key: it for key, it in vars(page).items() if before.get(key) is not it}
    links = attributes.pop("links_to_anchors", None) or {}
    return {
        "attributes": attributes,
        "links": {file.src_uri: anchors for file, anchors in links.items()},
    }


def on_config(config):
    """Stand before what reads pages for the search."""
    index = config.plugins["material/search"].search_index
    index.add_entry_from_context = functools.partial(add, index, index.add_entry_from_context)


def add(index, read, page):
    """Add the entries of a page to the index."""

    def entries():
        before = len(index.entries)
        read(page)
        new = index.entries[before:]
        del index.entries[before:]
        return new

    index.entries += again_if_changed(indexed, page.url, page.content, entries)
