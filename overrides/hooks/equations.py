r"""An equation and the line of code that computes it are linked to each other.

The equation carries `\tag{4}`, the line ends in the comment `# eq. 4`.
"""

import re

EQUATION = re.compile(
    r'<div class="arithmatex">(?:(?!</div>).)*?\\tag\{(\d+)\}(?:(?!</div>).)*</div>', re.DOTALL
)
LINE = re.compile(r'(<span class="c1">#[^<]*?)eq\. (\d+)(?=</span>)')


def on_page_content(html, page, config, files):
    """Link both ways; the first line with a number is the one that an equation leads to."""
    numbers, seen = set(EQUATION.findall(html)), set()

    def line(match: re.Match) -> str:
        number = match[2]
        if number not in numbers:  # shown on a page that has not its equation
            return match[0]
        name = "" if number in seen else f' id="line-{number}"'
        seen.add(number)
        return f'{match[1]}<span{name}><a href="#eq-{number}">eq. {number}</a></span>'

    def equation(match: re.Match) -> str:
        number = match[1]
        link = (
            f'<a class="equation-line" href="#line-{number}" data-search-exclude="yes" '
            f'aria-label="Code of equation {number}">code</a>'
        )
        return (
            f'<div class="equation" id="eq-{number}">{match[0]}'
            f"{link if number in seen else ''}</div>"
        )

    return EQUATION.sub(equation, LINE.sub(line, html))
