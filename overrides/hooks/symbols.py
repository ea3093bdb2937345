r"""Marks the symbols of equations, so that a script can tell what they are: docs/assets/symbols.

The tables of notation.md and more-notation.md say what a symbol means and how code calls it. In
an equation, `\Gamma_f^{\langle t \rangle}` becomes `\htmlData{symbol=gamma_f}{...}`, from which
KaTeX makes an element with `data-symbol`, the attribute that figures have. A formula in a line of
text is marked as a whole if it is a single symbol.

A page may use a letter that has another meaning elsewhere, or call things as other books do. So
a single Latin letter, and a symbol of more-notation.md, is marked only on pages whose code has
the name that the table gives.
"""

import ast
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple

from overrides.hooks.live import join
from overrides.hooks.mathematics import render
from overrides.hooks.moved import relative

TABLES = "docs/notation.md", "docs/more-notation.md"
UNMARKED_PAGES = {Path(name).name for name in TABLES}  # which say all this themselves
MODULES = Path("docs/assets/symbols")
SCRIPT = "assets/symbols.js"

# A symbol is a letter, or a word such as score, with its decoration and what is above and below it.
GREEK = "Alpha|Beta|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|epsilon|ell"
GREEK += "|alpha|beta|gamma|delta|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|varphi"
GREEK += "|phi|chi|psi|omega"
GROUP = r"(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\\[A-Za-z]+|[^\s\\{}])"
SYMBOL = re.compile(
    r"(?P<letter>(?:\\(?:hat|tilde) *)?"
    rf"(?:\\(?:{GREEK})(?![A-Za-z])|\\text\{{[^{{}}]*\}}|[A-Za-z]))"
    rf"(?P<scripts>(?: *[_^] *{GROUP})*)"
)
GRADIENT = re.compile(
    rf"\\frac\{{(?P<d>\\mathrm\{{d\}}|\\partial) L\}}\{{(?P=d) *(?P<of>{SYMBOL.pattern})\}}"
)
LOGARITHM = re.compile(rf"\\log +(?P<of>{SYMBOL.pattern})")
PASSED_OVER = re.compile(
    r"\\(?:mathrm|operatorname|text|tag|begin|end)\*?\{[^{}]*\}|\\\\(?:\[[^\]]*\])?"
    rf"|\\(?:[A-Za-z]+|.)|[_^] *{GROUP}|[^A-Za-z\\]"
)
SCRIPT_OF = re.compile(rf"([_^]) *({GROUP})")
TIME = re.compile(r"\\langle(.*)\\rangle")
POWER = re.compile(r".*\d|\\[a-z]+s(?:-1)?|.*\(\\ell\)")  # or one of several columns
LAYER = r"[l]\langlet\rangle"
INDEX = re.compile(r"(?:[ij,]|\\ell)+")

FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex"[^>]*>\\(?P<open>[(\[])(?P<tex>.*?)\\[)\]]</(?P=tag)>',
    re.DOTALL,
)
CODE = re.compile(r'<div class="[^"]*highlight[^"]*">.*?</div>', re.DOTALL)
NO_NAMES = re.compile(r'<span class="(?:c1.*?(?=\n)|(?:s\w|go|gt|traceback)">[^<]*)')
IN_FIGURES = re.compile(r'<text[^>]* data-symbol="(\w+)"')
KINDS = "id", "arg", "attr", "name"  # under which a node of Python's grammar may hold a name
FIELD = re.compile(r"^    (\w+): np\.ndarray  # (\([^)]*\))", re.MULTILINE)
MATH, SPAN = re.compile(r"\$(.+?)\$"), re.compile(r"`(.+?)`")

used: dict[str, "Row"] = {}  # what the pages of this build have, by key


class Sign(NamedTuple):
    r"""What tells a symbol from others: `("\Gamma", "f", "<t>", "")`; a gradient has its `d`."""

    letter: str
    below: str = ""
    above: str = ""
    gradient: str = ""


class Row(NamedTuple):
    """A symbol of the tables: its key, how code calls it, and the other columns in Markdown."""

    key: str
    sign: Sign
    codes: tuple[str, ...]
    shape: str
    meaning: str
    elsewhere: str
    is_common: bool  # it is in the first table: it means the same on all pages


class Code(NamedTuple):
    """What a page's code and figures name, and the shapes that its snippet gives of arrays."""

    names: frozenset[str]
    shapes: frozenset[tuple[str, str]] = frozenset()


class Mark(NamedTuple):
    """A symbol in a formula: its text, and its row if it has one."""

    start: int
    end: int
    text: str
    row: Row | None


# The tables ---------------------------------------------------------------------------------------


@cache
def rows() -> tuple[Row, ...]:
    """Read the tables; several symbols of a row may have codes, shapes and meanings in pairs."""
    found: list[Row] = []
    for name in filter(os.path.exists, TABLES):  # a book of few pages may have only one
        for line in Path(name).read_text(encoding="utf-8").split("\n"):
            cells = [cell.strip() for cell in re.split(r" \|", line.removeprefix("|"))]
            if not line.startswith("|") or not MATH.search(cells[0]):
                continue
            symbols, codes = MATH.findall(cells[0]), SPAN.findall(cells[2])
            shapes = [it.strip() for it in re.split(r", (?=`)", cells[3])]
            for at, symbol in enumerate(symbols):
                if (sign := read_sign(symbol)) is None:
                    continue
                own = codes if len(symbols) == 1 or len(codes) < 2 else codes[at : at + 1]
                shape = shapes[at] if len(shapes) == len(symbols) else cells[3]
                meaning = share(cells[1], at, len(symbols))
                key = own[0] if own else sign.letter + "_" * bool(sign.below) + sign.below
                elsewhere = share(cells[4].removesuffix("|"), at, len(symbols), "[;,] ")
                row = Row(key, sign, tuple(own), shape, meaning, elsewhere, name == TABLES[0])
                found.append(row)
    return tuple(with_own_keys(found))


def share(meaning: str, at: int, count: int, between: str = "; ") -> str:
    """Return what a meaning says of one of several symbols.

    >>> share("bias of the forget gate, the update gate", 1, 2)
    'bias of the update gate'
    >>> share("weight of the query; weight of the key", 0, 2)
    'weight of the query'
    """
    apart = re.split(between, meaning)
    if len(apart) == count:
        return apart[at]
    first, *others = re.split(", (?=the )", meaning)
    if len(others) + 1 != count or not others:
        return meaning
    before, _, _ = first.rpartition("the ")
    return before + others[at - 1] if at else first


def with_own_keys(found: list[Row]) -> Iterator[Row]:
    """Give a key that two rows would have to the first that is no gradient."""
    seen: dict[str, int] = {}
    for row in sorted(found, key=lambda row: bool(row.sign.gradient)):
        key = re.sub(r"\W+", "", re.split(r"[\[(]", row.key)[0].replace(".", "_"))
        seen[key] = seen.get(key, 0) + 1
        yield row._replace(key=f"{key}-{seen[key]}" if seen[key] > 1 else key)


@cache
def read_sign(tex: str) -> Sign | None:
    r"""Read a formula that is one symbol: `\hat y^{\langle t \rangle}`, or the gradient for one."""
    tex = tex.strip()
    if match := GRADIENT.fullmatch(tex):
        return (of := read_sign(match["of"])) and of._replace(gradient=match["d"])
    if match := LOGARITHM.fullmatch(tex):
        return (of := read_sign(match["of"])) and of._replace(letter=f"\\log {of.letter}")
    match = SYMBOL.fullmatch(tex)
    if not match:
        return None
    scripts = {"_": "", "^": ""}
    for where, group in SCRIPT_OF.findall(match["scripts"]):
        scripts[where] = re.sub(r"^\{|\}$", "", group) if group[0] == "{" else group
    above = re.sub(r" *\\top$", "", scripts["^"])
    if time := TIME.fullmatch(above):
        above = f"<{time[1].strip()}>"
    letter = re.sub(r"[{} ]+", " ", match["letter"]).strip()
    return Sign(letter, scripts["_"].replace(" ", ""), re.sub(" ", "", above))


# From a formula to its symbols --------------------------------------------------------------------


def marks(tex: str, code: Code) -> Iterator[Mark]:
    """List the symbols of a formula, on a page with this code."""
    at = 0
    while at < len(tex):
        for pattern in (GRADIENT, LOGARITHM, SYMBOL):
            match = pattern.match(tex, at)
            row = find(read_sign(match[0]), code) if match else None
            if row:
                break
        if row or (match and not match["letter"].startswith("\\text")):
            yield Mark(*match.span(), match[0], row)
        match = match or PASSED_OVER.match(tex, at)
        at = match.end()


@cache
def find(sign: Sign, code: Code) -> Row | None:
    """Find the row of a symbol: as it is written, without its indices, at any step.

    Of several rows, the one counts whose shape is that of the page's snippet.
    """
    for near in likely(sign):
        candidates = [row for row in rows() if row.sign == near and may_be(row, code.names)]
        if candidates:
            found = max(candidates, key=lambda row: closeness(row, code))
            by_rule = derived(sign, code) if not is_named(found, code.names) else None
            return by_rule if by_rule and by_rule.codes else found
    return derived(sign, code)


def closeness(row: Row, code: Code) -> tuple[bool, int]:
    """Measure how well a row suits a page: by the shape of its array, then by what it names."""
    shapes = SPAN.findall(row.shape)
    has_shape = any((name, shape) in code.shapes for name in row.codes for shape in shapes)
    return has_shape, len(named(row) & code.names)


def likely(sign: Sign) -> Iterator[Sign]:
    """List the signs whose row may be that of a symbol, the nearest first."""
    signs = [sign]
    if INDEX.fullmatch(sign.below):
        same = [sign._replace(below=letter) for letter in "ij"]
        known = [it for it in same if any(it == row.sign for row in rows())]
        signs += known or [sign._replace(below="")]
    for near in signs:
        yield near
        if near.above.startswith("<") or not near.above:
            yield near._replace(above="<t>")
        if near.above.startswith("[l"):
            yield near._replace(above=LAYER)
        if near.above.startswith("<") or POWER.fullmatch(near.letter + near.above):
            yield near._replace(above="")


def may_be(row: Row, names: frozenset[str]) -> bool:
    """Say whether a row counts on a page whose code and figures have these names."""
    is_letter = re.fullmatch("[A-Za-z]", row.sign.letter + row.sign.below + row.sign.above)
    return is_named(row, names) or (row.is_common and not is_letter)


def is_named(row: Row, names: frozenset[str]) -> bool:
    """Say whether these names include one that code has for a symbol, for a step or for all."""
    codes = [*row.codes, *(code.removesuffix("_t") for code in row.codes)]
    return any(words(code) <= names for code in codes)


def named(row: Row) -> set[str]:
    """List the names in code and shape of a row."""
    return words(" ".join((*row.codes, row.shape)))


def words(code: str) -> set[str]:
    """List the names in code."""
    return set(re.findall(r"[A-Za-z_]\w*", code))


def derived(sign: Sign, code: Code) -> Row | None:
    """Make a row for a gradient that has none: it is called as its symbol, with `d` or `d_`."""
    of = find(sign._replace(gradient=""), code) if sign.gradient else None
    if of is None or not of.codes:
        return None
    codes = [d + it for it in of.codes for d in ("d", "d_")]
    codes += [it.removesuffix("_t") for it in codes if it.endswith("_t")]
    kind = "total" if "mathrm" in sign.gradient else "direct"
    return Row(
        key=f"{kind}-{of.key}",
        sign=sign,
        codes=tuple(it for it in codes if words(it) <= code.names),
        shape=f"as `{of.codes[0]}`",
        meaning=f"{kind} gradient with respect to `{of.codes[0]}`",
        elsewhere="",
        is_common=of.is_common,
    )


# The pages ----------------------------------------------------------------------------------------


def on_files(files, config):
    """Leave the modules out: on_post_build joins them into one script, with what it says."""
    for file in list(files):
        if re.fullmatch(r"assets/symbols/(?!first)\w+\.js", file.src_uri):
            files.remove(file)
    for function in (rows, find, read_code):  # what they read may have changed
        function.cache_clear()
    used.clear()
    return files


def on_post_page(output, page, config):
    """Mark the symbols of a page before its formulas are set, and let a script wait for them."""
    if page.file.src_uri in UNMARKED_PAGES:
        return output
    stem = page.meta.get("continues") or Path(page.file.src_uri).stem
    return marked(output, code_of_snippet(stem), page.url)


def marked(html: str, snippet: Code, address: str) -> str:
    """Mark the symbols of formulas, and load the script if there are any, also in figures."""
    code = snippet._replace(names=snippet.names | names_on(html))
    drawn = set(IN_FIGURES.findall(html))
    html = FORMULA.sub(lambda formula: mark(formula, code), html)
    for row in rows():
        if drawn.intersection(row.codes):
            keep(row)
    if "data-symbol" not in html and "htmlData" not in html:
        return html
    script = relative(address, "assets/symbols/first.js")
    return html.replace("</body>", f'<script src="{script}" defer></script></body>')


def names_on(html: str) -> frozenset[str]:
    """List the names in code and figures of a page, without comments, texts and outputs."""
    code = " ".join(NO_NAMES.sub("", block) for block in CODE.findall(html))
    return frozenset(words(unescape(re.sub("<[^>]*>", "", code)))) | {*IN_FIGURES.findall(html)}


def code_of_snippet(stem: str) -> Code:
    """Read the snippet of the page of this name, if it has one."""
    path = Path("snippets", stem.replace("-", "_") + ".py")
    return read_code(path) if path.is_file() else Code(frozenset())


@cache
def read_code(path: Path) -> Code:
    """List the names in Python code, and the shapes of the fields of its NamedTuples."""
    source = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    names = {getattr(it, kind) for it in nodes for kind in KINDS if hasattr(it, kind)}
    return Code(frozenset(names), frozenset(FIELD.findall(source)))


def mark(formula: re.Match, code: Code) -> str:
    """Mark the symbols of a formula in the page's HTML; one in a line of text only as a whole."""
    tex = unescape(formula["tex"])
    found = [it for it in marks(tex, code) if it.row]
    if formula["tag"] == "span":
        whole = [it for it in found if it.text.strip() == tex.strip()]
        if not whole or re.fullmatch("[A-Za-z]", tex.strip()):
            return formula[0]
        keep(whole[0].row)
        return formula[0].replace("<span", f'<span data-symbol="{whole[0].row.key}"', 1)
    for it in reversed(found):
        keep(it.row)
        tex = f"{tex[: it.start]}\\htmlData{{symbol={it.row.key}}}{{{it.text}}}{tex[it.end :]}"
    return formula[0].replace(formula["tex"], escape(tex, quote=False))


def keep(row: Row) -> None:
    """Keep what a page has for the script; code may call one thing differently on two pages."""
    known = used.get(row.key, row)
    used[row.key] = row._replace(codes=tuple(dict.fromkeys((*known.codes, *row.codes))))


def on_post_build(config):
    """Write the script."""
    Path(config.site_dir, SCRIPT).write_text(script(), encoding="utf-8")


def script() -> str:
    """Return the script with what the pages of this build have."""
    notes = {key: note(row) for key, row in sorted(used.items())}
    text = json.dumps(notes, separators=(",", ":"), ensure_ascii=False)
    return f"{{\nconst NOTES = {text}\n{join('symbols.js', MODULES, set())}}}\n"


def note(row: Row) -> list:
    """Return what the script has to know: the names in code, and the other columns."""
    return [list(row.codes), *map(set_words, (row.shape, row.meaning, row.elsewhere))]


def set_words(markdown: str) -> str:
    """Set the little Markdown of a cell; its links only as words."""
    parts = re.split(r"(\$.+?\$|`.+?`)", re.sub(r"\[(.+?)\]\([^)]*\)", r"\1", markdown))
    return "".join(set_part(part) for part in parts)


def set_part(part: str) -> str:
    """Set a formula, code, or plain words in which some may be emphasised."""
    if part.startswith("$"):
        return f'<span class="arithmatex">{render(part[1:-1], False)}</span>'
    if part.startswith("`"):
        return f"<code>{escape(part[1:-1])}</code>"
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", escape(part))
