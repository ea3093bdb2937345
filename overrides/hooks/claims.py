"""Gives the claims on claims.md their look: a badge, what is right, and a box with the proof.

    The output is made with a matrix. · *wrong*, *tested*

becomes a badge with a sign, and the word *tested* opens the box. A test that is named there is a
link to its source, if the site knows the address of its repository.
"""

import re
from pathlib import Path

PAGE = "claims.md"
SIGNS = {"right": "✓", "incomplete": "≈", "wrong": "✗", "opinion": "❝", "unverified": "?"}
CLAIM = re.compile(
    r"<dt>(?P<said>.*?) · <em>(?P<verdict>\w+)</em>(?:, <em>(?P<known_by>\w+)</em>)?</dt>\s*"
    r"<dd>(?P<right>.*?)</dd>\s*<dd>(?P<proof>.*?)</dd>",
    re.DOTALL,
)
TEST = re.compile(r"<code>((tests/[\w/]+\.py)::(\w+))</code>")
LOOK = """<div class="claim {verdict}">
<dt><span class="verdict {verdict}">{sign} {verdict}</span> {said}</dt>
<dd>{right}</dd>
<dd><details><summary>{known_by}</summary>{proof}</details></dd>
</div>"""


def on_page_content(html, page, config, files):
    """Lay out the claims, on their page only."""
    if page.file.src_uri != PAGE:
        return html
    return laid_out(html, config.repo_url, Path(config.config_file_path).parent)


def laid_out(html: str, repository: str, root: Path) -> str:
    """Lay out the claims, with links to their tests if the address of the repository is known."""
    html = CLAIM.sub(lay_out, html)
    return TEST.sub(lambda it: link(it, repository, root), html) if repository else html


def lay_out(claim: re.Match) -> str:
    """Put the verdict first, and fold the proof away."""
    parts = claim.groupdict(default="see")
    return LOOK.format(sign=SIGNS[parts["verdict"]], **parts)


def link(test: re.Match, repository: str, root: Path) -> str:
    """Lead from the name of a test to the line on which it begins."""
    code, path, name = test[0], test[2], test[3]
    before = (root / path).read_text(encoding="utf-8").partition(f"\ndef {name}(")[0]
    line = before.count("\n") + 2
    return f'<a href="{repository}/blob/main/{path}#L{line}">{code}</a>'
