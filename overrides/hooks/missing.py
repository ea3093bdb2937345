"""What a page includes and nobody has written yet is a warning: `make serve` shows the page.

The warning names the page and what it includes. Under --strict, as in `make site` and in the tests,
a warning fails the build.
"""

import logging
import re
from pathlib import Path

log = logging.getLogger("mkdocs.hooks.missing")

TARGET = r"(?P<path>[^\":]+)(?::(?P<section>[\w-]+))?"
INCLUDE = re.compile(rf'^ *--8<-- "(?P<target>{TARGET})"', re.MULTILINE)


def on_page_markdown(markdown, page, config, files):
    """Warn of what pymdownx.snippets passes over in silence."""
    for target in missing(markdown):
        log.warning("%s includes %s, which is not there", page.file.src_uri, target)


def missing(markdown: str) -> list[str]:
    """List what a page includes and is not there."""
    includes = INCLUDE.finditer(markdown)
    return [it["target"] for it in includes if not is_there(Path(it["path"]), it["section"])]


def is_there(path: Path, section: str | None) -> bool:
    """Tell whether a file exists, and has this section if one is asked for."""
    marker = f"--8<-- [start:{section}]"
    return path.is_file() and (not section or marker in path.read_text(encoding="utf-8"))
