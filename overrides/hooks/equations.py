r"""An equation and the line of code that computes it are linked to each other.

The equation carries `\tag{4}`, the line ends in the comment `# eq. 4`. If a page continues the
snippet of another (`continues: lstm` in its front matter), the two may be on different pages.
"""

import re
from pathlib import PurePath

from mkdocs.utils import get_relative_url

EQUATION = re.compile(
    r'<div class="arithmatex">(?:(?!</div>).)*?\\tag\{(\d+)\}(?:(?!</div>).)*</div>', re.DOTALL
)
LINE = re.compile(r'(<span class="c1">#[^<]*?)eq\. (\d+)(?=</span>)')
TAG = re.compile(r"^\\tag\{(\d+)\}", re.MULTILINE)
CONTINUES = re.compile(r"\A\s*---\n(?:(?!---).*\n)*?continues: *(\S+)\n")


def on_page_content(html, page, config, files):
    """Link both ways; the first line with a number is the one that an equation leads to."""
    numbers, seen = set(EQUATION.findall(html)), set()
    whole_file, elsewhere = other_pages(page.file, files)

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


def other_pages(file, files) -> tuple[str, dict[str, str]]:
    """Find, of the same snippet, the page with the whole file and the equations of other pages."""
    whole_file, elsewhere = "", {}
    for other in files:
        if other.src_uri.endswith(".md") and other is not file and snippet(other) == snippet(file):
            address = get_relative_url(other.url, file.url)
            elsewhere |= dict.fromkeys(TAG.findall(other.content_string), address)
            if PurePath(other.src_uri).stem == snippet(file):
                whole_file = address
    return whole_file, elsewhere


def snippet(file) -> str:
    """Name the page whose snippet a page shows: its own, or the one that it continues."""
    continues = CONTINUES.match(file.content_string)
    return continues[1] if continues else PurePath(file.src_uri).stem
