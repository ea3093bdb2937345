"""Nothing that the site loads comes from another host, as far as the sources tell.

What scripts put together is for tests/guards/asking.py. What the built site loads is read by
tests/test_site.py, and what a browser asks for by its log.
"""

import re
from functools import cache
from pathlib import Path

from tests.guards.markdown import pages

ADDRESS = r"(?:https?:)?//[\w.-]+\.[a-z]+[^\s\"'`)>]*"
LOADED = {
    "html": rf"<(?!a\b)[^>]*[\s:](?:src|srcset|href|poster|data|action)\s*=\s*[\"']?({ADDRESS})"
    rf"|\s(?:ping|formaction|background|imagesrcset|content)\s*=\s*[\"']?[^\"'>]*?({ADDRESS})"
    rf"|url\(\s*[\"']?({ADDRESS})",
    "css": rf"(?:url\(\s*|@import\s+|[\"'])[\"']?({ADDRESS})",
    "js": rf"[\"'`]({ADDRESS})",
    "md": rf"!\[[^\]]*\]\(({ADDRESS})",
}
RUNTIME = "docs/assets/pyodide"  # names a host that tests/test_live.py never sees asked
NOT_LOADED = re.compile(r"https?://www\.w3\.org/")  # names of XML vocabularies


def check(root: Path) -> list[str]:
    """Look at overrides, style sheets, scripts, figures and pages."""
    faults = []
    for folder in ("overrides", "docs"):
        for path in sorted(set((root / folder).rglob("*")) - set((root / RUNTIME).rglob("*"))):
            kind = {".svg": "html", ".j2": "html", ".mjs": "js"}.get(path.suffix, path.suffix[1:])
            if kind in LOADED and kind != "md":
                text = path.read_text(encoding="utf-8")
                faults += host_faults(path.relative_to(root).as_posix(), text, LOADED[kind])
    for page in pages(root):
        for kind in ("html", "md"):
            faults += host_faults(page.name, page.words, LOADED[kind])
    return faults


@cache
def host_faults(name: str, text: str, loaded: str) -> list[str]:
    """List what a text loads from another host."""
    found = []
    for match in re.finditer(loaded, text):
        address = next(filter(None, match.groups()))
        if not NOT_LOADED.match(address):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{name}:{line}: loads {address}: keep a copy in docs/assets instead")
    return found
