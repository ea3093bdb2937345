"""A figure is what its code draws, says what it shows, and uses the symbols of notation.md."""

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tests.guards.includes import includes, parse, read
from tests.guards.markdown import Page, pages
from tests.guards.process import ask
from tests.guards.stems import stems
from tests.guards.symbols import NOTATION, code_names

NOT_ON_PAGES = ["mark"]  # the site's logo
SVG = "{http://www.w3.org/2000/svg}"
SIGNS_OF_A_SYMBOL = re.compile(r"[⟨⟩ˆ\u0302\u0303\u0391-\u03c9]")


# claim F7
def check(root: Path) -> list[str]:
    """Title, description, ids and symbols of each figure, and that a page shows it."""
    figures = root / "docs" / "figures"
    drawn, committed = stems(figures) - {"drawing"}, {p.stem for p in figures.glob("*.svg")}
    shown = set(figure_places(root))
    names = code_names(root)
    faults = []
    for stem in sorted(drawn ^ committed):
        faults.append(f"docs/figures/{stem}: expected both {stem}.py and {stem}.svg")
    for stem in sorted(drawn - shown - set(NOT_ON_PAGES)):
        code = figures / f"{stem}.py"
        expected = constant(read(code), "PLACES") if code.is_file() else None
        faults.append(
            f"docs/figures/{stem}.svg: no page shows it; its code says PLACES = {expected}"
        )
    for path in sorted(figures.glob("*.svg")):
        faults += [f"docs/figures/{path.name}: {fault}" for fault in svg_faults(path, names)]
    return faults


def check_places(root: Path) -> list[str]:
    """Each figure is on the pages that its code names, below the heading that it names.

        PLACES = ["sequence-types.md#many-to-one"]

    So two figures that change places are noticed. A place without a heading is the beginning of a
    page; a figure that has the name of a page, as lstm_cell that of lstm.md, is on this page.
    """
    faults = []
    for stem, found in sorted(figure_places(root).items()):
        code = f"docs/figures/{stem}.py"
        if not (root / code).is_file():
            continue
        expected = constant(read(root / code), "PLACES") or []
        mend = f"; {code} says PLACES = {expected}: move it back, or write PLACES = {list(found)}"
        for where, line in found.items():
            if where not in expected:
                faults.append(f"{line}: the figure {stem} stands at {where}{mend}")
        for where in expected:
            if where not in found:
                faults.append(f"{code}: the figure does not stand at {where}{mend}")
        page = f"{stem.removesuffix('_cell').replace('_', '-')}.md"
        if (root / "docs" / page).is_file() and page not in {
            re.split("[# ]", it)[0] for it in found
        }:
            faults.append(f"{code}: expected the figure on docs/{page}, the page of its name")
    return faults


def figure_places(root: Path) -> dict[str, dict[str, str]]:
    """Find where each figure stands: the address of the heading above it, and file and line."""
    found = {}
    for page in pages(root):
        below = Counter()
        for include in includes(page):
            if include.path.startswith("docs/figures/"):
                where = place(page, include.line)
                below[where] += 1
                if below[where] > 1:
                    where += f" ({below[where]})"  # the second figure below one heading
                line = f"{page.name}:{include.line}"
                found.setdefault(Path(include.path).stem, {})[where] = line
    return found


# claims S6, F1, F2, F3, F4, F5, F6, F8, F10
def check_drawn(root: Path) -> list[str]:
    """Each committed figure is, to the letter, what its code draws."""
    return ask(root, redraw)


def place(page: Page, line: int) -> str:
    """Give the address of a line on a page: the page, and the heading right above it, if any."""
    name = page.name.removeprefix("docs/")
    above = [it for it in page.headings if it.line < line and it.level > 1]
    return f"{name}#{above[-1].anchor}" if above else name


def constant(source: str, name: str) -> list[str] | None:
    """Read a constant out of code without running it."""
    for node in parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    return None


def svg_faults(path: Path, names: set[str]) -> Iterator[str]:
    """Look at one figure."""
    try:
        svg = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    except ElementTree.ParseError as error:
        yield f"is no well-formed SVG: {error}"
        return
    if svg.get("role") != "img":
        yield f'expected role="img", got {svg.get("role")}'
    for part in ("title", "desc"):
        element = svg.find(SVG + part)
        if element is None or not (element.text or "").strip():
            yield f"expected a <{part}> that says what the figure shows"
        elif element.get("id") not in svg.get("aria-labelledby", "").split():
            yield f"expected aria-labelledby to name the id of <{part}>"
    ids = [element.get("id") for element in svg.iter() if element.get("id")]
    for found in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"the id `{found}` is there twice"
    for found in sorted({i for i in ids if not i.startswith(f"{path.stem}-")}):
        yield f"expected the id `{found}` to begin with `{path.stem}-`: a page may show two figures"
    for element in svg.iter():
        symbol, text = element.get("data-symbol"), "".join(element.itertext()).strip()
        if symbol is not None and symbol not in names:
            yield f"the symbol `{symbol}` is not in the code column of {NOTATION}"
        if symbol is not None and not element.get("id"):
            yield f"expected an id on the symbol `{symbol}`"
        if symbol is None and element.tag == SVG + "text" and is_symbol(element, text):
            yield f"expected a data-symbol on the text `{text}`"


def is_symbol(text: ElementTree.Element, content: str) -> bool:
    """Say whether a text looks like a symbol: a letter that may have a subscript, a time, a hat."""
    kinds = text.get("class", "").split()
    letter = len((text.text or "").strip()) == 1 and content[0].isalpha()
    return "time" not in kinds and bool(
        (letter and "words" not in kinds) or SIGNS_OF_A_SYMBOL.search(content)
    )


def redraw() -> list[str]:
    """Draw every figure again, and compare."""
    figures = Path("docs", "figures")
    faults = []
    for stem in sorted(stems(figures) - {"drawing"}):
        svg, path = importlib.import_module(f"docs.figures.{stem}").draw(), figures / f"{stem}.svg"
        if not path.is_file():
            faults.append(f"{path}: expected this figure, it is lost: run `make figures`")
        elif path.read_text(encoding="utf-8") != svg:
            faults.append(
                f"docs/figures/{stem}.svg: is not what docs/figures/{stem}.py draws: "
                f"run `make figures`"
            )
    return faults
