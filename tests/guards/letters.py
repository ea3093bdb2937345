r"""No character looks like another one, or like none.

    a Cyrillic a in params   a search for params does not find it
    a space of no width      splits a name in two
    a tab                    is as wide as somebody's editor says

On pages a Greek letter is a formula, `$\alpha$`. Figures have no formulas, so there it may be a
plain character. In code a dash is a hyphen, since no program takes another one. Where a test needs
such a character, it says which: "\N{CYRILLIC SMALL LETTER A}".
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tests.guards.files import text_files
from tests.guards.markdown import pages

ODD = re.compile(r"[^\n -~]|&#\w+;| $", re.MULTILINE)
ENTITY = re.compile(r"&#\w+;")
CODE = re.compile(r"^ *```.*\n(?:.*\n)*? *```$|`[^`\n]+`", re.MULTILINE)
DASH = re.compile("[\u2010-\u2015\u2212]")
WORD = re.compile(r"[^\W\d_]+")
FIGURES = re.compile(r"docs/figures/|docs/assets/\w+\.svg$")
LATIN = "ßæœøłđðþÆŒØŁĐÐÞ"  # letters that are Latin, but none with an accent
# Signs that no key has. Add what a page needs, unless it looks like what a key has.
SIGNS = "·÷×±°§√−≈≠≤≥∞∑←↑→↓⟨⟩…∼ˆ˜⁻–—\u0302\u0303"
IN_FIGURES = "\u201c\u201d"  # curly quotation marks, as rnn_tiny shows what a network turned
RAISED = re.compile("(SUPERSCRIPT|SUBSCRIPT) ")
# Cyrillic and Greek letters that may be taken for Latin ones; those of the second set surely are.
LIKE_LATIN = set(
    "\u0430\u0435\u043a\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb"
    "\u0410\u0412\u0415\u0417\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408"
    "\u0405\u03b1\u03b3\u03b7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9\u0391\u0392"
    "\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
SAME_AS_LATIN = LIKE_LATIN - set("\u03b1\u03b3\u03b7\u03ba\u03c1\u03c4\u03c7\u03c9")


def check(root: Path) -> list[str]:
    """Look at every character of every text file that is written here."""
    return [
        f"{name}:{line}: {fault}"
        for name, text in text_files(root)
        if ODD.search(text)
        for line, row in enumerate(text.split("\n"), start=1)
        if ODD.search(row)
        for fault in row_faults(name, row)
    ]


def check_code(root: Path) -> list[str]:
    """In the code of a page a dash is a hyphen, as programs expect it."""
    return [
        f"{page.name}:{page.text.count(chr(10), 0, code.start()) + 1}: expected a hyphen in code, "
        f"got {named(dash)}: {line.strip()}"
        for page in pages(root)
        for code in CODE.finditer(page.text)
        for line in code[0].split("\n")
        for dash in DASH.findall(line)
    ]


def row_faults(name: str, row: str) -> Iterator[str]:
    """List what is wrong with a line."""
    if row != row.rstrip(" "):
        yield "ends in a space, which nobody sees"
    if name == "Makefile":
        row = row.removeprefix("\t")
    if not name.endswith(".py"):
        row = ENTITY.sub(lambda entity: html.unescape(entity[0]), row)
    in_figure = bool(FIGURES.match(name))
    for sign in sorted(set(re.sub("[ -~]", "", row)) - set(IN_FIGURES if in_figure else "")):
        if fault := sign_fault(sign):
            yield f"{named(sign)} {fault}"
    for word in WORD.findall(row):
        letters = "".join(it for it in word if is_of_an_alphabet(it) and not sign_fault(it))
        if not letters.isascii() and (fault := word_fault(letters, in_figure)):
            first = next(it for it in letters if script(it) != "LATIN")
            yield f"`{word}`, with {named(first)}, {fault}"


def sign_fault(sign: str) -> str | None:
    """Say what is wrong with a character wherever it stands, if anything."""
    if " " <= sign <= "~":
        return None
    plain, kind = unicodedata.normalize("NFKC", sign), unicodedata.category(sign)
    if sign == "\t":
        return "is as wide as somebody's editor says: expected spaces"
    if kind[0] in "CZ" or re.search("FILLER|JOINER|SELECTOR|BLANK", unicodedata.name(sign, "")):
        return "is not seen: expected a plain space or nothing"
    if sign in SIGNS or RAISED.match(unicodedata.name(sign)) or kind == "So":
        return None
    if plain.isascii():
        return f"looks like `{plain}`: expected that"
    if kind[0] in "PSM" or kind == "Lm":
        return "is on no keyboard: expected one that is (or see SIGNS in tests/guards/letters.py)"
    if script(sign) == "LATIN" and not is_accented(sign) and sign not in LATIN:
        return "looks like a plain letter (or see LATIN in tests/guards/letters.py)"
    return None


def word_fault(word: str, in_figure: bool) -> str | None:
    """Say what is wrong with the letters of a word, if anything."""
    scripts = sorted({script(letter) for letter in word})
    if scripts == ["LATIN"]:
        return None
    if len(scripts) > 1:
        return f"mixes {' and '.join(scripts)}: expected letters of one script"
    if scripts == ["GREEK"] and len(word) == 1:
        if not in_figure:
            return "is a formula: expected `$\\alpha$` or its like, or its name"
        return "looks like a Latin letter" if word in SAME_AS_LATIN else None
    if LIKE_LATIN.issuperset(word) or len(word) < 3:
        return "looks like Latin letters: expected these, or an escape such as \\u0430"
    return None


def is_of_an_alphabet(letter: str) -> bool:
    """Tell letters that are large and small, and so may be taken for Latin ones, from others."""
    return letter.lower() != letter.upper()


def script(letter: str) -> str:
    return unicodedata.name(letter, "NONE").split()[0]


def is_accented(letter: str) -> bool:
    return unicodedata.normalize("NFD", letter)[0].isascii()


def named(sign: str) -> str:
    return f"U+{ord(sign):04X} ({unicodedata.name(sign, 'no name').lower()})"
