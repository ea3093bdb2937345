"""Formulas are rendered by KaTeX while the site is built: readers need no script to read them."""

import functools
import html
import json
import logging
import re
from pathlib import Path
from xml.etree import ElementTree

import quickjs

log = logging.getLogger("mkdocs.hooks.mathematics")

KATEX = Path(__file__).parents[2] / "docs/assets/katex/katex.min.js"
FORMULA = re.compile(
    r'<(span|div)( data-symbol="[^"]*")? class="arithmatex"[^>]*>\\([(\[])(.*?)\\[)\]]</\1>'
    r"([,.;:?!)]+|-\w+)?",  # what may not begin a line
    re.DOTALL,
)
MARKED = r"\htmlData{symbol="
SEEN = '<span class="katex-html"'
PART = '<span class="katex-base"'  # of a formula

# What KaTeX writes and the standards have not. Browsers pass over both.
MENDS = ((r'<mtd width="50%">', "<mtd>"), (r"(?<=[\";])height:-[\d.]+em;", ""))

NAMESPACE = re.compile(r' xmlns="[^"]*"')  # HTML needs none
STRUTS = {"katex-strut", "pstrut"}  # of no width: they give a line its height
UNSTYLED = {"mbin", "mclose", "minner", "mop", "mopen", "mord", "mpunct", "mrel", "mtight", "text"}
CHOOSY = {"delim-size1", "delim-size4", "katex-inner", "mfrac", "vlist"}  # style what is in them


@functools.cache
def engine() -> quickjs.Context:
    """Load KaTeX once: 20 ms."""
    context = quickjs.Context()
    context.eval(KATEX.read_text(encoding="utf-8") + ";0")
    return context


@functools.cache
def render(tex: str, display: bool) -> str:
    """Render one formula; a formula that KaTeX cannot read raises quickjs.JSException.

    What is marked (symbols.py) is marked where it is seen, but not in what is read or copied.
    """
    if MARKED not in tex:
        return lighten(typeset(tex, display))
    read, _, _ = typeset(unmarked(tex), display).partition(SEEN)
    _, _, seen = typeset(tex, display).partition(SEEN)
    return lighten(read + SEEN + seen)


def unmarked(tex: str) -> str:
    r"""Take `\htmlData{symbol=a_t}{a}` for `a`."""
    while MARKED in tex:
        before, _, rest = tex.partition(MARKED)
        rest = rest.partition("{")[2]
        depth = 1
        for at, sign in enumerate(rest):  # noqa: B007, the last place is needed
            depth += (sign == "{") - (sign == "}")
            if not depth:
                break
        tex = before + rest[:at] + rest[at + 1 :]
    return tex


def typeset(tex: str, display: bool) -> str:
    """Let KaTeX set a formula."""
    strict = 'code => code === "htmlExtension" ? "ignore" : "error"'
    options = f"{{displayMode: {json.dumps(display)}, trust: true, strict: {strict}}}"
    formula = f"katex.renderToString({json.dumps(tex)}, {options})"
    # as JSON, because quickjs-ng hands over no text that the engine still holds in pieces
    html = json.loads(engine().eval(f"JSON.stringify({formula})"))
    for pattern, replacement in MENDS:
        html = re.sub(pattern, replacement, html)
    return html


def lighten(html: str) -> str:
    """Leave out elements that only keep a height or have no look: half of what KaTeX draws with.

    A height moves to the element around it, as a property that site.css makes use of.
    """
    formula = ElementTree.fromstring(NAMESPACE.sub("", html))
    for element in formula.iter("span"):
        if classes(element) == {"msupsub"}:  # there is nothing in it but a table
            (table,) = element
            element.set("class", f"msupsub {table.get('class')}")
            element[:] = table
        if "vlist-t2" in classes(element):  # a table whose second row is empty
            above, below = element
            keep_height(element, below[0].get("style"))
            element.remove(below)
            above.remove(above[-1])
        if len(element) and STRUTS & classes(element[0]):
            keep_height(element, element[0].get("style"))
            element.remove(element[0])
    unwrap(formula)
    return ElementTree.tostring(formula, encoding="unicode", method="html")


def classes(element: ElementTree.Element) -> set[str]:
    """Return the classes of an element."""
    return set(element.get("class", "").split())


def keep_height(element: ElementTree.Element, style: str) -> None:
    """Add to the style of an element, as properties of our own, how high and deep another was."""
    kept = style.replace("vertical-align:", "--depth:").replace("height:", "--height:")
    element.set("style", element.get("style", "") + kept)


def unwrap(parent: ElementTree.Element, *, outer: ElementTree.Element | None = None) -> None:
    """Replace elements that have no look by what is in them."""
    around = classes(parent) | (classes(outer) if outer is not None else set())
    children, parent[:] = list(parent), []
    for child in children:
        unwrap(child, outer=parent)
        if around & CHOOSY or child.keys() != ["class"] or classes(child) - UNSTYLED:
            parent.append(child)
        else:
            add_text(parent, child.text)
            parent.extend(child)
            add_text(parent, child.tail)


def add_text(parent: ElementTree.Element, text: str | None) -> None:
    """Write behind what is already in an element."""
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + (text or "")
    else:
        parent.text = (parent.text or "") + (text or "")


def replace(match: re.Match, name: str) -> str:
    """Return the formula as HTML, or warn (under --strict: fail) and leave it as it was."""
    tag, symbol, bracket, tex = match[1], match[2] or "", match[3], html.unescape(match[4]).strip()
    try:
        rendered = render(tex, bracket == "[")
    except quickjs.JSException as error:
        log.warning("%s: %s in %r", name, str(error).split("\n")[0], tex)
        return match[0]
    if not match[5]:
        return f'<{tag}{symbol} class="arithmatex">{rendered}</{tag}>'
    parts = rendered.replace(f"</span>{PART}", f"</span><wbr>{PART}")  # it may break here only
    return f'<span class="whole"><{tag}{symbol} class="arithmatex">{parts}</{tag}>{match[5]}</span>'


def on_page_content(html, page, config, files):
    """Keep formulas and drawings out of the search: it would show signs without their places."""
    return re.sub(r'class="(arithmatex|figure|plot)"', r'\g<0> data-search-exclude="yes"', html)


def on_post_page(output, page, config):
    """Render last, when the search has read the page: there are twenty spans to a formula."""
    return FORMULA.sub(lambda match: replace(match, page.file.src_uri), output)
