"""Pages show code and figures by including them, by name; every line of a snippet is shown.

So is code for PyTorch: what tests/parity runs and has sections.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.guards.markdown import CODE_SPAN, COMMENT, Page, blank, pages
from tools.assemble import LINE as TAKEN
from tools.assemble import recipes

CODE = r"(?:snippets|tests/parity)/\w+\.py"
INCLUDE = re.compile(rf'( *)--8<-- "({CODE}|docs/figures/\w+\.svg)(?::([a-z0-9-]+))?"')
LIKE_INCLUDE = re.compile(r"(?<![;-])-+8<-+")  # a semicolon before it shows it as it is
MARKER = re.compile(r" *# --8<-- \[(start|end):([a-z0-9-]+)\]")
EDGE = re.compile(r"\s*(</?\w[^>]*>)?\s*")  # a blank line, or a tag alone on its line
LANGUAGES = "html", "pycon", "python", "sh", "text"
INFO = re.compile(rf"""(?:{"|".join(LANGUAGES)})( title="[^"]+")?""")
OPENS = re.compile(r"\s*(?:[-*+:]|\d+\.|!!!|\?{3}\+?|={3}|\[\^\w+\]:)\s")  # with what is indented
BEGINS = re.compile(rf"\s*(?:$|#|{OPENS.pattern})")  # behind it begins a block
TYPED = re.compile(r"`{3}|~{3}|(?i:<pre\b)|^\s*>[> ]*(?:\t| {5})")  # code, but in no fence
FORMS = '`--8<-- "snippets/file.py:section"`, `--8<-- "docs/figures/file.svg"`'


@dataclass(frozen=True)
class Include:
    """A line that includes a section of a file, or the whole file."""

    line: int
    path: str
    section: str | None


def check(root: Path) -> list[str]:
    """Fences and includes are well formed, and what they name exists."""
    faults = []
    for page in pages(root):
        found = list(page_faults(page))
        for include in includes(page):
            if not (root / include.path).is_file():
                found.append((include.line, f"includes {include.path}, which does not exist"))
            elif include.section and include.section not in sections(read(root / include.path))[0]:
                found.append(
                    (include.line, f"{include.path} has no section `{include.section}` (renamed?)")
                )
        faults += [f"{page.name}:{line}: {fault}" for line, fault in sorted(found)]
    return faults


def check_shown(root: Path) -> list[str]:
    """Each section of a file is shown on a page, and each statement of it is in a section.

    What a recipe takes is shown with what it makes: that has no sections, its page shows it whole.
    """
    shown = {(i.path, i.section) for page in pages(root) for i in includes(page)}
    for recipe in recipes(root).values():
        shown |= {(path, section) for _, path, section, _ in TAKEN.findall(read(recipe))}
    faults = []
    for path in sorted({*with_sections(root)} - recipes(root).keys()):
        name = path.relative_to(root).as_posix()
        found, broken = sections(read(path))
        faults += [f"{name}:{line}: {fault}" for line, fault in broken]
        for section, (start, _) in found.items():
            if (name, section) not in shown:
                faults.append(f"{name}:{start}: no page shows the section `{section}`")
        tree = parse(read(path))
        statements = tree.body[1:] if ast.get_docstring(tree) else tree.body
        for node in statements:
            if not any(
                start < node.lineno <= node.end_lineno < end for start, end in found.values()
            ):
                faults.append(f"{name}:{node.lineno}: this statement is in no section")
    return faults


def with_sections(root: Path) -> Iterator[Path]:
    """Find the files whose lines are all shown: snippets, and others that have sections."""
    yield from (root / "snippets").glob("[a-z]*.py")
    for path in (root / "tests/parity").glob("*.py"):
        if any(map(MARKER.fullmatch, read(path).split("\n"))):
            yield path


@cache
def page_faults(page: Page) -> tuple[tuple[int, str], ...]:
    """List what is wrong with a page, whatever the files are that it includes."""
    return *fence_faults(page), *prose_faults(page)


def fence_faults(page: Page) -> Iterator[tuple[int, str]]:
    for fence in page.fences:
        if fence.fault:
            yield fence.line, fence.fault
        if not INFO.fullmatch(fence.info):
            expected = f'a language ({", ".join(LANGUAGES)}), then title="..." or nothing'
            yield fence.line, f"expected {expected}, got ```{fence.info}"
        shown = set()
        for line, text in enumerate(fence.lines, start=fence.line + 1):
            match = INCLUDE.fullmatch(text)
            if fence.language == "python" and not LIKE_INCLUDE.search(text):
                yield line, f"a python fence holds only includes ({FORMS}), got `{text.strip()}`"
            elif match and (len(match[1]) != fence.indent or match[2].startswith("docs")):
                yield line, "expected the include of a snippet, indented as its fence"
            elif LIKE_INCLUDE.search(text) and not (match and fence.language == "python"):
                yield line, f"expected {FORMS} and nothing more on the line, got `{text}`"
            shown |= {match[2]} if match else set()
        if fence.language == "python" and not shown:
            yield fence.line, "this python fence includes nothing"
        title = re.search(rf'title="({CODE})"', fence.info)
        if title and shown != {title[1]}:
            yield fence.line, f"the title says {title[1]}, the fence holds {sorted(shown)}"


def prose_faults(page: Page) -> Iterator[tuple[int, str]]:
    for line, text in typed_code(blank(COMMENT, page.prose).split("\n")):
        yield line, f"expected code in a fence that begins its line, got `{text.strip()}`"
    lines = blank(CODE_SPAN, blank(COMMENT, page.prose)).split("\n")
    for line, text in enumerate(lines, start=1):
        if LIKE_INCLUDE.search(text):
            match = INCLUDE.fullmatch(page.prose.split("\n")[line - 1])
            beside = lines[max(line - 2, 0) : line - 1] + lines[line : line + 1]
            if not match:
                yield line, f"expected {FORMS} and nothing more on the line, got `{text}`"
            elif not match[2].startswith("docs"):
                yield line, "a snippet is included in a python fence"
            elif not all(map(EDGE.fullmatch, beside)) or len(match[1]) % 4:
                yield line, "a figure is a paragraph of its own: a blank line before and after"


def typed_code(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Find what Markdown makes code: HTML, what is quoted, what is indented too far.

    How far is too far depends on the list or the box that the line stands in. For example, four
    spaces make code of a line after a paragraph, but within `1. An item` it takes eight.
    """
    room, before = 0, ""
    for line, text in enumerate(lines, start=1):
        if text.strip():
            level = re.match(r"\s*", text.expandtabs(4)).end() // 4
            if TYPED.search(text) or (level > room and BEGINS.match(before)):
                yield line, text
            if OPENS.match(text):
                room = level + 1
            elif not before.strip():
                room = min(room, level)
        before = text


@cache
def includes(page: Page) -> list[Include]:
    """List the well-formed includes of a page; nobody sees those in a comment."""
    lines = blank(COMMENT, page.text).split("\n")
    found = ((n, INCLUDE.fullmatch(text)) for n, text in enumerate(lines, start=1))
    return [Include(n, match[2], match[3]) for n, match in found if match]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


parse = cache(ast.parse)  # several guards look at the same code


@cache
def sections(source: str) -> tuple[dict[str, tuple[int, int]], list[tuple[int, str]]]:
    """Find the sections of a snippet by name, with their lines, and what is wrong with them."""
    found, faults, opened = {}, [], []
    for number, text in enumerate(source.split("\n"), start=1):
        if not LIKE_INCLUDE.search(text):
            continue
        match = MARKER.fullmatch(text)
        if not match:
            faults.append(
                (number, f"expected `# --8<-- [start:name]` or `[end:name]`, got `{text}`")
            )
        elif match[1] == "start":
            if match[2] in found or match[2] in dict(opened):
                faults.append((number, f"the section `{match[2]}` is opened a second time"))
            opened.append((match[2], number))
        elif not opened or opened[-1][0] != match[2]:
            inner = f"`{opened[-1][0]}`" if opened else "none"
            faults.append((number, f"the section `{match[2]}` is closed, open is {inner}"))
        else:
            name, start = opened.pop()
            found[name] = (start, number)
    faults += [(line, f"the section `{name}` is never closed") for name, line in opened]
    return found, faults
