"""The address that a page or a part of it once had leads to where the content is now.

`overrides/moved.txt` says what has moved. mkdocs-redirects would not do: it knows only whole pages
in Markdown, so it would lose every anchor and every experiment.
"""

import logging
import re
from collections import defaultdict
from html import escape, unescape
from pathlib import Path
from posixpath import dirname, relpath
from typing import NamedTuple

from mkdocs.exceptions import PluginError

from overrides.hooks.policy import secured

log = logging.getLogger("mkdocs.hooks.moved")

LINE = re.compile(r"(?P<old>\S+\.html(#\S+)?) +-> +(?P<new>\S+\.html(#\S+)?)")
ID = re.compile(r'<\w[^<>]*\sid="([^"]+)"')
PART = """
<p class="moved" id="{anchor}">The part <code>#{anchor}</code> of this page has moved to
<a href="{link}">{title}</a>.</p>"""
SCRIPT = '\n<script src="{script}"></script>\n'
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{name} has moved</title>
<meta name="description" content="What was at {name} is now in {title}.">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="canonical" href="{canonical}">{refresh}
</head>
<body>
<article>
<h1>This page has moved</h1>
<p>Its content is now in <a class="moved-page" href="{link}">{title}</a>.</p>{parts}
</article>
</body>
</html>
"""
REFRESH = '\n<meta http-equiv="refresh" content="0; url={link}">'


class Site(NamedTuple):
    """A site that has been built."""

    folder: Path
    name: str
    address: str  # "" if it is not known


def read_moved(path: Path) -> dict[str, str]:
    """Read which address has moved where; refuse a line of another form, or a second one."""
    moved: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = LINE.fullmatch(line.strip())
        if not found:
            raise ValueError(
                f"{path.name}, line {number}: expected old.html#anchor -> new.html#anchor "
                f"(anchors are optional), got {line}"
            )
        if found["old"] in moved:
            raise ValueError(
                f"{path.name}, line {number}: {found['old']} has a line already; keep one of them"
            )
        moved[found["old"]] = found["new"]
    return moved


def follow(address: str, moved: dict[str, str]) -> str:
    """Return where an address leads in the end; raise ValueError if it leads round in a circle.

    An anchor without a line of its own moves with its page and keeps its name.
    """
    seen = [address]
    while True:
        page, _, anchor = address.partition("#")
        if address in moved:
            address = moved[address]
        elif page in moved:
            address = f"{moved[page].partition('#')[0]}#{anchor}"
        else:
            return address
        if address in seen:
            raise ValueError(f"it leads round in a circle: {' -> '.join([*seen, address])}")
        seen.append(address)


def on_post_build(config):
    """Let the old addresses lead on, and warn of lines that cannot be right."""
    path = Path(config.config_file_path).parent / "overrides/moved.txt"
    try:
        moved = read_moved(path)
    except ValueError as error:
        raise PluginError(str(error)) from error
    site = Site(Path(config.site_dir), config.site_name, config.site_url)
    for fault in lead_on(site, moved):
        log.warning("%s: %s", path.name, fault)


def lead_on(site: Site, moved: dict[str, str]) -> list[str]:
    """Write what leads on into the built site; return a sentence for each line at fault."""
    faults = []
    by_page: dict[str, dict[str, str]] = defaultdict(dict)  # {page: {anchor: where it is now}}
    for old in moved:
        try:
            new = follow(old, moved)
        except ValueError as circle:
            faults.append(f"{old}: {circle}")
            continue
        if exists(site.folder, old):
            faults.append(f"{old} still exists; remove its line, or the page or part itself")
        elif not exists(site.folder, new):
            faults.append(f"{old} leads to {new}, which does not exist")
        else:
            page, _, anchor = old.partition("#")
            by_page[page][anchor] = new
    for name, parts in by_page.items():
        whole, path = parts.pop("", None), site.folder / name
        if path.exists():
            before, end, after = path.read_text(encoding="utf-8").rpartition("</article>")
            text = before + sentences(site, name, parts) + end + after
        elif whole:
            text = page_that_leads_on(site, name, whole, parts)
        else:
            faults.append(f"{name} is gone; add a line for the page, besides those for its parts")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return faults


def exists(folder: Path, address: str) -> bool:
    """Whether the built site has this page and, if the address has an anchor, this part of it."""
    page, _, anchor = address.partition("#")
    path = folder / page
    return path.is_file() and (not anchor or anchor in ID.findall(path.read_text("utf-8")))


def sentences(site: Site, name: str, parts: dict[str, str]) -> str:
    """Say of each part of a page where it is now; the script does not wait for a click."""
    said = [PART.format(anchor=escape(it), **target(site, name, parts[it])) for it in parts]
    return "".join(said) + SCRIPT.format(script=relative(name, "assets/moved.js"))


def page_that_leads_on(site: Site, name: str, whole: str, parts: dict[str, str]) -> str:
    """Return the page that is now at the address of one that has moved.

    Without scripts a browser cannot follow an anchor and a page to different places. So a page
    whose parts went to several pages only says where they are.
    """
    to = target(site, name, whole)
    together = {it.partition("#")[0] for it in [whole, *parts.values()]}
    html = PAGE.format(
        name=name,
        canonical=escape(site.address + whole) if site.address else to["link"],
        refresh=REFRESH.format(**to) if len(together) == 1 else "",
        parts=sentences(site, name, parts),
        **to,
    )
    return secured(html)


def target(site: Site, name: str, new: str) -> dict[str, str]:
    """Return the link from a page to an address, and the title of the page that it leads to."""
    html = (site.folder / new.partition("#")[0]).read_text(encoding="utf-8")
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)[1]
    title = unescape(title).strip().removesuffix(f" - {site.name}")
    return {"link": escape(relative(name, new)), "title": escape(title)}


def relative(name: str, address: str) -> str:
    """Return an address as a page of this name links to it."""
    return relpath(address, dirname(name) or ".")
