"""A figure is what its code draws, says what it shows, and uses the symbols of notation.md."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tests.guards.includes import includes
from tests.guards.markdown import pages
from tests.guards.process import ask
from tests.guards.stems import stems
from tests.guards.symbols import NOTATION, code_names

NOT_ON_PAGES = ["mark"]  # the site's logo
SVG = "{http://www.w3.org/2000/svg}"
SIGNS_OF_A_SYMBOL = re.compile(r"[⟨⟩ˆ\u0302\u0303\u0391-\u03c9]")


def check(root: Path) -> list[str]:
    """Title, description, ids and symbols of each figure, and that a page shows it."""
    figures = root / "docs" / "figures"
    drawn, committed = stems(figures) - {"drawing"}, {p.stem for p in figures.glob("*.svg")}
    shown = {Path(i.path).stem for page in pages(root) for i in includes(page)}
    names = code_names(root)
    faults = []
    for stem in sorted(drawn ^ committed):
        faults.append(f"docs/figures/{stem}: expected both {stem}.py and {stem}.svg")
    for stem in sorted(drawn - shown - set(NOT_ON_PAGES)):
        faults.append(f"docs/figures/{stem}.svg: no page shows it")
    for path in sorted(figures.glob("*.svg")):
        faults += [f"docs/figures/{path.name}: {fault}" for fault in svg_faults(path, names)]
    return faults


def check_drawn(root: Path) -> list[str]:
    """Each committed figure is, to the letter, what its code draws."""
    return ask(root, redraw)


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
        yield f"the id `{found}` stands there twice"
    for found in sorted({i for i in ids if not i.startswith(f"{path.stem}-")}):
        yield f"expected the id `{found}` to begin with `{path.stem}-`: a page may show two figures"
    for element in svg.iter():
        symbol, text = element.get("data-symbol"), "".join(element.itertext()).strip()
        if symbol is not None and symbol not in names:
            yield f"the symbol `{symbol}` is not in the code column of {NOTATION}"
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
        svg = importlib.import_module(f"docs.figures.{stem}").draw()
        if (figures / f"{stem}.svg").read_text(encoding="utf-8") != svg:
            faults.append(
                f"docs/figures/{stem}.svg: is not what docs/figures/{stem}.py draws: "
                f"run `make figures`"
            )
    return faults
