r"""Code stands where the page speaks of it, so two includes that change places are noticed.

    $$ ... \tag{3} $$

    ```python
    --8<-- "snippets/rnn.py:step-body"        # the first code below (3): it has `# eq. 3`
    ```

    The likeliest classes keep their logits in `keep_top_k`, all others get minus infinity:

    ```python
    --8<-- "snippets/sampling.py:top-k-body"   # no equation: the words above name the function
    ```

    ??? example "The whole function"
        ```python title="snippets/sampling.py"
        --8<-- "snippets/sampling.py:top-k"    # the next box shows the whole of it
        ```

With the two sections exchanged, neither would be below what names it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, pairwise, takewhile
from pathlib import Path

from tests.guards.equations import LINE, TAG
from tests.guards.includes import INCLUDE, parse, read, sections
from tests.guards.markdown import CODE_SPAN, MATH, Page, pages

IMPORT = re.compile(r"^(>>>|\.\.\.) (from|import) .*", re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """A section of a snippet that a page shows."""

    path: str
    section: str
    start: int  # its line
    equations: tuple[str, ...]
    inside: str | None  # the function or class that these lines are a part of
    defined: tuple[str, ...]  # else what they define

    @property
    def names(self) -> tuple[str, ...]:
        return (self.inside,) if self.inside else self.defined

    def __str__(self) -> str:
        return f"{self.path}:{self.section}"


@dataclass(frozen=True)
class Block:
    """A block of code on a page, and the sections in it."""

    line: int
    boxed: bool  # folded, or otherwise part of something that is indented
    shown: tuple[Shown, ...]

    @property
    def names(self) -> set[str]:
        return {name for it in self.shown for name in it.names}

    @property
    def equations(self) -> set[str]:
        return {number for it in self.shown for number in it.equations}


def check(root: Path) -> list[str]:
    """Each block of code is under its equation, or its function is named there."""
    faults = []
    for page in pages(root):
        code = blocks(root, page)
        found = [
            *under_equations(page, code),
            *in_order(code),
            *introduced(page, code),
            *at_home(page, code),
            *unfolded(code),
        ]
        faults += [f"{page.name}:{line}: {fault}" for line, fault in sorted(found)]
    return faults


def under_equations(page: Page, code: list[Block]) -> Iterator[tuple[int, str]]:
    """Below an equation the first code has the line that computes it, if the page shows it."""
    for line, number in tags(page):
        below = next((block for block in code if block.line > line), None)
        shown = [block for block in code if number in block.equations]
        before = {other for at, other in tags(page) if at <= line} - {number}
        early = [b for b in shown if not b.boxed and b.line < line and not before & b.equations]
        if early and below and below.boxed:
            yield early[0].line, f"expected this code below equation {number}, not above it"
        elif shown and not (below and number in below.equations):
            got = ", ".join(map(str, below.shown)) if below else "none"
            yield (
                line,
                f"expected the first code below equation {number} to have the line that ends in "
                f"`# eq. {number}`, got {got}: show the lines that compute it here",
            )


def in_order(code: list[Block]) -> Iterator[tuple[int, str]]:
    """Sections in one block are in the order of their file, as a reader would copy them."""
    for block in code:
        for path in sorted({it.path for it in block.shown}):
            got = [it for it in block.shown if it.path == path]
            right = sorted(got, key=lambda it: it.start)
            if got != right:
                order = ", ".join(it.section for it in right)
                yield block.line, f"expected the sections in the order of {path}: {order}"


def introduced(page: Page, code: list[Block]) -> Iterator[tuple[int, str]]:
    """Lines that no equation ties to their place belong to a function that is named there."""
    for block in code:
        if block.boxed:
            continue
        above = {number for line, number in tags(page) if line < block.line}
        said = " ".join(m[2] for m in CODE_SPAN.finditer(right_above(page, block.line)))
        for it in block.shown:
            tied = not it.names or above & set(it.equations)
            if not tied and not any(names_it(said, name) for name in it.names):
                names = " or ".join(f"`{name.lstrip('_')}`" for name in it.names)
                yield (
                    block.line,
                    f"expected the words right above to name {names}, of which {it} is a part",
                )


def at_home(page: Page, code: list[Block]) -> Iterator[tuple[int, str]]:
    """Boxes are under a heading that names what they show, if any heading of the page does."""
    texts = under_headings(page)
    open_above = set()
    for block in code:
        if not block.boxed:
            open_above |= block.names
        elif not open_above & block.names:
            homes = [line for line, text in texts if any(names_it(text, n) for n in block.names)]
            heading = max(line for line, _ in texts if line <= block.line)
            if homes and heading not in homes:
                yield (
                    block.line,
                    "expected this box under a heading with code that names what it shows, as the "
                    f"one on line {homes[0]}; it shows {', '.join(map(str, block.shown))}",
                )


def unfolded(code: list[Block]) -> Iterator[tuple[int, str]]:
    """Where lines of a function stand open, the next box shows the whole, if none above does."""
    above, missing = set(), {}
    for at, block in enumerate(code):
        if block.boxed:
            above |= {name for it in block.shown for name in it.defined}
            continue
        box = next_box(code[at:])
        for it in block.shown:
            if it.inside in above or any(it.inside in shown.defined for shown in box):
                missing[it.inside] = None
            elif it.inside and it.path in {shown.path for shown in box}:
                got = ", ".join(map(str, box))
                fault = f"expected the next box to show the whole of `{it.inside}`, got {got}"
                missing.setdefault(it.inside, (block.line, fault))
    yield from filter(None, missing.values())


def next_box(code: list[Block]) -> list[Shown]:
    """Collect what is shown in the next box, which may hold several blocks."""
    after = dropwhile(lambda block: not block.boxed, code)
    return [it for block in takewhile(lambda block: block.boxed, after) for it in block.shown]


def tags(page: Page) -> Iterator[tuple[int, str]]:
    """Find the numbers of equations, each with its line."""
    for formula in MATH.finditer(page.words):
        for tag in TAG.finditer(formula[0]):
            yield page.line(formula.start() + tag.start()), tag[1]


def blocks(root: Path, page: Page) -> list[Block]:
    """List the blocks that show sections of snippets; a whole file is in place anywhere."""
    found = []
    for fence in page.fences:
        matches = filter(None, map(INCLUDE.fullmatch, fence.lines))
        shown = [section(root, match[2], match[3]) for match in matches if match[3]]
        if any(shown):
            found.append(Block(fence.line, fence.indent > 0, tuple(filter(None, shown))))
    return found


def section(root: Path, path: str, name: str) -> Shown | None:
    """Look a section up, if it exists; the guard on includes says if not."""
    if not (root / path).is_file() or name not in sections(read(root / path))[0]:
        return None
    source = read(root / path)
    start, end = sections(source)[0][name]
    lines = source.split("\n")[start:end]
    defined, inside = [], None
    for node in parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= start:
            inside = node.name if start <= node.end_lineno else inside
        elif start < node.lineno and node.end_lineno < end:
            defined += defines(node)
    equations = [m[1] for m in map(LINE.search, lines) if m]
    return Shown(path, name, start, tuple(equations), inside, tuple(dict.fromkeys(defined)))


def defines(node: ast.stmt) -> list[str]:
    """Name what a statement defines; an import defines nothing of the snippet's own."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = [*getattr(node, "targets", []), getattr(node, "target", None)]
    return [it.id for target in targets if target for it in ast.walk(target) if is_name(it)]


def is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def right_above(page: Page, line: int) -> str:
    """Return the text between a block and the heading or the block before it."""
    headings = [it.line - 1 for it in page.headings if it.line < line]
    blocks_end = [it.line + len(it.lines) + 1 for it in page.fences if it.line < line]
    start = max([0, *headings, *blocks_end])
    return "\n".join(page.text.split("\n")[start : line - 1])


def under_headings(page: Page) -> list[tuple[int, str]]:
    """Collect the code under each heading, in spans and examples, without includes and imports."""
    lines = page.prose.split("\n")
    starts = [1, *(it.line for it in page.headings), len(lines) + 1]
    found = []
    for start, end in pairwise(starts):
        spans = [m[2] for m in CODE_SPAN.finditer("\n".join(lines[start - 1 : end - 1]))]
        typed = [f.text for f in page.fences if start <= f.line < end and f.language != "python"]
        found.append((start, IMPORT.sub("", "\n".join([*spans, *typed]))))
    return found


def names_it(text: str, name: str) -> bool:
    """Say whether a text has a name, without the underscore of a helper, as a word of its own."""
    return re.search(rf"\b{re.escape(name.lstrip('_'))}\b", text) is not None
