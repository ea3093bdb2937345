r"""An equation and the line of code that computes it are linked to each other.

The equation carries `\tag{4}`, the line ends in the comment `# eq. 4`. If a page continues the
snippet of another (`continues: lstm` in its front matter), the two may be on different pages.
"""

import re
from pathlib import PurePath
from typing import NamedTuple

from overrides.hooks.moved import relative

EQUATION = re.compile(
    r'<div class="arithmatex">(?:(?!</div>).)*?\\tag\{(\d+)\}(?:(?!</div>).)*</div>', re.DOTALL
)
LINE = re.compile(r'(<span class="c1">#[^<]*?)eq\. (\d+)(?=</span>)')
TAG = re.compile(r"^\\tag\{(\d+)\}", re.MULTILINE)
CONTINUES = re.compile(r"\A\s*---\n(?:(?!---).*\n)*?continues: *(\S+)\n")


class Source(NamedTuple):
    """A page as it is written, and where it is on the site."""

    name: str
    address: str
    text: str


def on_page_content(html, page, config, files):
    """Link the equations of a page."""
    pages = [it for it in files if it.src_uri.endswith(".md") and it is not page.file]
    own, *others = [Source(it.src_uri, it.url, it.content_string) for it in [page.file, *pages]]
    return linked(html, *other_pages(own, others))


def linked(html: str, whole_file: str, elsewhere: dict[str, str]) -> str:
    """Link both ways; the first line with a number is the one that an equation leads to."""
    numbers, seen = set(EQUATION.findall(html)), set()

    def line(match: re.Match) -> str:
        number = match[2]
        if number not in numbers | elsewhere.keys():  # shown on a page that lacks its equation
            return match[0]
        name = "" if number in seen else f' id="line-{number}"'
        seen.add(number)
        there = "" if number in numbers else elsewhere[number]
        return f'{match[1]}<span{name}><a href="{there}#eq-{number}">eq. {number}</a></span>'

    def equation(match: re.Match) -> str:
        number = match[1]
        there = "" if number in seen else whole_file
        link = (
            f'<a class="equation-line" href="{there}#line-{number}" data-search-exclude="yes" '
            f'aria-label="Code of equation {number}">code</a>'
        )
        return (
            f'<div class="equation" id="eq-{number}">{match[0]}'
            f"{link if there or number in seen else ''}</div>"
        )

    return EQUATION.sub(equation, LINE.sub(line, html))


def other_pages(own: Source, others: list[Source]) -> tuple[str, dict[str, str]]:
    """Find, of the same snippet, the page with the whole file and the equations of other pages."""
    whole_file, elsewhere = "", {}
    for other in others:
        if snippet(other) == snippet(own):
            address = relative(own.address, other.address)
            elsewhere |= dict.fromkeys(TAG.findall(other.text), address)
            if PurePath(other.name).stem == snippet(own):
                whole_file = address
    return whole_file, elsewhere


def snippet(source: Source) -> str:
    """Name the page whose snippet a page shows: its own, or the one that it continues."""
    continues = CONTINUES.match(source.text)
    return continues[1] if continues else PurePath(source.name).stem
