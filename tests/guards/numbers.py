"""A number in prose is computed on the spot, or comes from a source that is named.

    The unit keeps 0.75 of it.
    <!-- check: 0.75 == float(a[1, 0, 0]) -->

The left side is in the paragraph as it is printed here; the right side is evaluated with the
names that the examples of the page leave behind, with `np`, and with what was measured:
`results("memory")` is what an experiment found, `older("memory")` the same as on an older
processor, `record("memory")` the whole committed record. `12.5 %` or `12.5 per cent` is compared
with a share of 0.125. A number may be a word, `twenty == len(module("tests.test_cells").SHAPES)`.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from tests.guards.markdown import CODE_SPAN, COMMENT, MATH, Page, blank, pages

SPACE = r"(?:\s|&nbsp;)"
NUMBER = re.compile(
    r"(?<![^\W_]|\.)[-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|(?P<integer>\d+))"
    rf"(?P<exponent>[eE][+-]?\d+)?(?P<percent>{SPACE}?\\?%|{SPACE}+per\s*cent\b)?(?!\.?\d)"
)
UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
TENS = "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"
WORDS = {word: n for n, word in enumerate(UNITS)}
WORDS |= {word: 10 * n for n, word in enumerate(TENS, start=2)}
WORDS |= {f"{ten}-{unit}": WORDS[ten] + WORDS[unit] for ten in TENS for unit in UNITS[1:10]}
WORDS["hundred"] = 100
WORD = re.compile(rf"\b(?:{'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
CHECK = re.compile(
    r"<!--(?!\s*(?:start|test):\n)\s*(?P<body>check\b.*?|(?:(?!-->).)*?==.*?)-->", re.DOTALL
)
CITATION = re.compile(r"\]\((?:\.\./)?references\.md#[\w-]+\)")
NO_PROSE = [
    COMMENT,
    CODE_SPAN,
    MATH,
    re.compile(r"(?<=\])\([^)]*\)|(?<=\])\[[^\]]*\]"),  # where a link leads
    re.compile(r"\{[:\s][^}\n]*\}|</?[a-z][^>\n]*>"),  # attributes and tags
    re.compile(r"https?://\S+|\b10\.\d{4,}/\S+|\barXiv[: ]\S+"),
    re.compile(
        r"\b(?:Python|NumPy|Matplotlib|MkDocs|Material|KaTeX|PyTorch|Keras|TensorFlow|WCAG|CC BY)"
        r"\s+(?:>=\s*)?\d[\w.]*\w"
    ),
]
BLOCK_STARTS = re.compile(r"\s*(?:[-*+]|\d+\.|#+|!!!|\?\?\?\+?|===)\s")


@dataclass
class Check:
    """The content of a `check` comment."""

    line: int
    body: str

    @cached_property
    def sides(self) -> list[str]:
        return [side.strip() for side in self.body.removeprefix("check:").split("==", maxsplit=1)]


@dataclass
class Paragraph:
    """A run of lines, or one item of a list, with the checks that follow it."""

    line: int
    words: str = ""
    cited: bool = False
    checks: list[Check] = field(default_factory=list)

    @cached_property
    def numbers(self) -> dict[str, bool]:
        """The numbers as printed, and whether each has to be backed: all but plain integers."""
        return {
            printed(m[0]): bool(m["percent"] or m["exponent"] or not m["integer"])
            for m in NUMBER.finditer(self.words)
        } | {m[0].lower(): False for m in WORD.finditer(self.words)}


def check(root: Path) -> list[str]:
    """Each number has its check or its source, and each check its number."""
    faults = []
    for page in pages(root):
        for paragraph in paragraphs(page):
            backed = set()
            for it in paragraph.checks:
                if len(it.sides) != 2 or not it.body.startswith("check:"):
                    faults.append(f"{page.name}:{it.line}: expected `check: number == expression`")
                elif printed(it.sides[0]) not in paragraph.numbers:
                    faults.append(
                        f"{page.name}:{it.line}: `{it.sides[0]}` is checked, but the paragraph "
                        f"before has only {', '.join(paragraph.numbers) or 'no number'}, not "
                        "counting those in formulas"
                    )
                else:
                    backed.add(printed(it.sides[0]))
                    if fault := unit_fault(*it.sides, paragraph.words):
                        faults.append(f"{page.name}:{it.line}: {fault}")
            for number, needs in paragraph.numbers.items():
                if needs and number not in backed and not paragraph.cited:
                    faults.append(
                        f"{page.name}:{paragraph.line}: expected `<!-- check: {number} == "
                        f"expression -->` after the paragraph, or a link to references.md in it"
                    )
    return faults


def unit_fault(number: str, expression: str, words: str) -> str | None:
    """Say that a loss is given in bits and computed in nats, or the other way around."""
    unit = re.search(rf"(?<![\d.]){re.escape(number)}\s+(bit|nat)s?\b", words)
    in_bits = bool(re.search(r"/ *(np\.|math\.)?log\(2\)|log2", expression))
    if unit and "." in number and in_bits != (unit[1] == "bit"):
        made = "divides by log(2)" if in_bits else "divides nothing by log(2)"
        return f"the paragraph says {number} {unit[1]}s, its check {made}"
    return None


@cache
def paragraphs(page: Page) -> list[Paragraph]:
    """Cut a page into paragraphs; a check belongs to the one before it."""
    words = page.prose
    for pattern in NO_PROSE:
        words = blank(pattern, words)
    found, start = [], 0
    for comment in [*CHECK.finditer(page.prose), None]:
        end = comment.start() if comment else len(words)
        found += cut(words, page, start, end)
        if comment:
            found = found or [Paragraph(1)]
            found[-1].checks.append(Check(page.line(comment.start()), comment["body"]))
            start = comment.end()
    return found


def cut(words: str, page: Page, start: int, end: int) -> list[Paragraph]:
    """Cut a stretch of prose at blank lines, headings and items of lists."""
    found, fresh, position = [], True, start
    for line in words[start:end].splitlines(keepends=True):
        raw = page.prose[position : position + len(line)]
        if not raw.strip():
            fresh = True
        else:
            if fresh or BLOCK_STARTS.match(line):
                found.append(Paragraph(page.line(position)))
            fresh = False
            found[-1].words += line
            found[-1].cited |= bool(CITATION.search(raw))
        position += len(line)
    return found


def printed(number: str) -> str:
    """Write a number in one way: plain minus, single spaces, a bare percent sign, small letters."""
    number = re.sub(SPACE, " ", number.replace("−", "-").replace("\\", ""))
    number = " ".join(number.split())
    return number.lower() if number.lower() in WORDS else number


def agrees(number: str, value: float) -> bool:
    """Compare a printed number with a value, to the digits printed."""
    if printed(number) in WORDS:
        return value == WORDS[printed(number)]
    digits, share, _ = printed(number).partition("%")
    if not share:
        digits, share, _ = re.sub(r"per ?cent", "%", digits).partition("%")
    exact = Decimal(digits.strip().replace(",", ""))
    half = 0.5 * 10.0 ** exact.as_tuple().exponent
    return abs(float(value) * (100 if share else 1) - float(exact)) <= half * (1 + 1e-9)
