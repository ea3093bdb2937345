"""Formulas are rendered by KaTeX while the site is built: readers need no script to read them."""

import functools
import html
import json
import logging
import re
from pathlib import Path

import quickjs

log = logging.getLogger("mkdocs.hooks.mathematics")

KATEX = Path(__file__).parents[2] / "docs/assets/katex/katex.min.js"
FORMULA = re.compile(
    r'<(span|div) class="arithmatex"[^>]*>\\([(\[])(.*?)\\[)\]]</\1>'
    r"([,.;:?!)]+|-\w+)?",  # what may not begin a line
    re.DOTALL,
)
PART = '<span class="katex-base">'  # of a formula

# What KaTeX writes and the standards have not. Browsers pass over both.
MENDS = ((r'<mtd width="50%">', "<mtd>"), (r"(?<=[\";])height:-[\d.]+em;", ""))


@functools.cache
def engine() -> quickjs.Context:
    """Load KaTeX once: 20 ms."""
    context = quickjs.Context()
    context.eval(KATEX.read_text(encoding="utf-8") + ";0")
    return context


@functools.cache
def render(tex: str, display: bool) -> str:
    """Render one formula; a formula that KaTeX cannot read raises quickjs.JSException."""
    options = {"displayMode": display, "strict": "error"}
    formula = f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"
    # as JSON, because quickjs-ng hands over no text that the engine still holds in pieces
    html = json.loads(engine().eval(f"JSON.stringify({formula})"))
    for pattern, replacement in MENDS:
        html = re.sub(pattern, replacement, html)
    return html


def replace(match: re.Match, page: str) -> str:
    """Return the formula as HTML, or warn (under --strict: fail) and leave it as it was."""
    tag, bracket, tex = match[1], match[2], html.unescape(match[3]).strip()
    try:
        rendered = render(tex, bracket == "[")
    except quickjs.JSException as error:
        log.warning("%s: %s in %r", page, str(error).split("\n")[0], tex)
        return match[0]
    if not match[4]:
        return f'<{tag} class="arithmatex">{rendered}</{tag}>'
    parts = rendered.replace(f"</span>{PART}", f"</span><wbr>{PART}")  # it may break here only
    return f'<span class="whole"><{tag} class="arithmatex">{parts}</{tag}>{match[4]}</span>'


def on_page_content(html, page, config, files):
    """Keep formulas and drawings out of the search: it would show signs without their places."""
    return re.sub(r'class="(arithmatex|figure|plot)"', r'\g<0> data-search-exclude="yes"', html)


def on_post_page(output, page, config):
    """Render last, when the search has read the page: there are twenty spans to a formula."""
    return FORMULA.sub(lambda match: replace(match, page.file.src_uri), output)
