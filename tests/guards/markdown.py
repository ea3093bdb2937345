"""Reads pages: fences, prose and formulas, each with the line on which it stands."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from textwrap import dedent

from markdown.extensions.toc import slugify

FENCE = re.compile(r"( *)(`{3,}|~{3,})([^`]*)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
MATH = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$(?!\s)((?:(?!\n\s*\n)[^$])+?)(?<!\s)\$", re.DOTALL)

ALT = re.compile(r'\balt="([^"]*)"')  # of a cell that draws
FRONT_MATTER = re.compile(r"\A\n*---\n.*?\n---(?=\n)", re.DOTALL)
CONTINUES = re.compile(r"^continues: *(\S+)$", re.MULTILINE)


TASK = re.compile(
    r"^(?P<indent> +)<!-- start:\n(?P<start>.*?)^(?P=indent)-->\n"
    r"(?P=indent)<!-- test:\n(?P<test>.*?)^(?P=indent)-->\n",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"^(\d+)\. \*", re.MULTILINE)
NEXT_ITEM = re.compile(r"^\S", re.MULTILINE)

HEADING = re.compile(r"^(#{1,6}) (.+?)(?: \{ (?:#([\w-]+) )?[^{}#]*\})?$", re.MULTILINE)
GIVEN = re.compile(r'<span id="([\w-]+)">|\{ #([\w-]+) \}')


@dataclass(frozen=True)
class Heading:
    """A heading, and the anchor that links lead to."""

    line: int
    level: int
    title: str
    anchor: str


@dataclass(frozen=True)
class Task:
    """Where an answer in code is asked for: how it starts, and what tests it.

    It stands on `line`, in the exercise `number`, which ends before the line `end`.
    """

    line: int
    end: int
    number: int
    start: str
    test: str


@dataclass(frozen=True)
class Fence:
    """A fenced block; `line` is that of its opening, `lines` what it holds."""

    line: int
    indent: int
    info: str
    lines: tuple[str, ...]
    fault: str | None

    @property
    def language(self) -> str:
        return self.info.split()[0] if self.info else ""

    @property
    def is_session(self) -> bool:
        return self.language == "pycon"

    @property
    def text(self) -> str:
        return "\n".join(line[self.indent :] for line in self.lines) + "\n"


@dataclass(frozen=True)
class Page:
    """A page, or the Markdown cells of an experiment; `name` is its path from the root.

    `continues` is the page that its front matter names: it goes on with that page's snippet.
    """

    name: str
    text: str
    continues: str = ""

    @property
    def stem(self) -> str:
        """Name the snippet whose page this is: `continues: lstm` makes that `lstm`."""
        return (self.continues or Path(self.name).stem).replace("-", "_")

    @cached_property
    def fences(self) -> list[Fence]:
        found, lines = [], self.text.split("\n")
        at = 0
        while at < len(lines):
            if opening := FENCE.fullmatch(lines[at]):
                end, fault = find_end(lines, at, opening)
                indent, info = len(opening[1]), opening[3].strip()
                found.append(Fence(at + 1, indent, info, tuple(lines[at + 1 : end]), fault))
                at = end
            at += 1
        return found

    @cached_property
    def tasks(self) -> list[Task]:
        return [self._task(match) for match in TASK.finditer(self.text)]

    def _task(self, match: re.Match) -> Task:
        numbers = NUMBER.findall(self.text, 0, match.start())
        after = NEXT_ITEM.search(self.text, match.end())
        return Task(
            line=self.text.count("\n", 0, match.start()) + 1,
            end=self.text.count("\n", 0, after.start() if after else len(self.text)) + 1,
            number=int(numbers[-1]) if numbers else 0,
            start=dedent(match["start"]).rstrip(),
            test=dedent(match["test"]).rstrip(),
        )

    @cached_property
    def prose(self) -> str:
        """The text without fences, line for line."""
        lines = self.text.split("\n")
        for fence in self.fences:
            size = min(len(fence.lines) + 2, len(lines) - fence.line + 1)
            lines[fence.line - 1 : fence.line - 1 + size] = [""] * size
        return "\n".join(lines)

    @cached_property
    def words(self) -> str:
        """The prose without comments and code spans, character for character."""
        return blank(CODE_SPAN, blank(COMMENT, self.prose))

    @cached_property
    def formulas(self) -> list[tuple[int, str]]:
        return [(self.line(m.start()), m[1] or m[2]) for m in MATH.finditer(self.words)]

    @cached_property
    def headings(self) -> list[Heading]:
        return [
            Heading(self.line(m.start()), len(m[1]), m[2], m[3] or slugify(m[2], "-"))
            for m in HEADING.finditer(self.prose)
        ]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link can lead to: headings, and ids given by hand."""
        return {it.anchor for it in self.headings} | {
            m[1] or m[2] for m in GIVEN.finditer(self.prose)
        }

    def line(self, position: int) -> int:
        """Tell on which line a character of the prose or the words stands."""
        return self.prose.count("\n", 0, position) + 1


def find_end(lines: list[str], at: int, opening: re.Match) -> tuple[int, str | None]:
    """Find the line that closes a fence, and what is wrong with the fence, if anything."""
    indent, marks, _ = opening.groups()
    for end in range(at + 1, len(lines)):
        inner = FENCE.fullmatch(lines[end])
        if not inner or inner[2][0] != marks[0] or len(inner[2]) < len(marks):
            continue
        if inner[3].strip():
            return end - 1, f"the fence is not closed before the next one, on line {end + 1}"
        if inner[1] != indent:
            return end, f"its end, on line {end + 1}, is not indented as its beginning"
        return end, None
    return len(lines), "the fence is never closed"


def blank(pattern: re.Pattern, text: str) -> str:
    """Overwrite what matches with spaces, so that lines and columns stay what they are."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def read_page(root: Path, name: str) -> Page:
    """Read a page without its front matter, or the Markdown cells of an experiment."""
    return make_page(name, (root / name).read_text(encoding="utf-8"))


@cache  # ten guards read the same pages
def make_page(name: str, text: str) -> Page:
    if name.endswith(".py"):
        text = markdown_cells(text)
    front = FRONT_MATTER.match(text)
    continues = CONTINUES.search(front[0]) if front else None
    return Page(name, blank(FRONT_MATTER, text), continues[1] if continues else "")


def markdown_cells(text: str) -> str:
    """Keep the Markdown cells of a py:percent notebook, line for line, and what plots show."""
    lines, inside = [], False
    for line in text.split("\n"):
        if line.startswith("# %%"):
            inside = "[markdown]" in line
            lines.append(described[1] if (described := ALT.search(line)) else "")
        else:
            lines.append(line.removeprefix("#").removeprefix(" ") if inside else "")
    return "\n".join(lines)


def page_names(root: Path) -> list[str]:
    """Name every page and every experiment."""
    docs = root / "docs"
    paths = [*docs.rglob("*.md"), *(docs / "experiments").glob("*.py")]
    return sorted(path.relative_to(root).as_posix() for path in paths)


def pages(root: Path) -> list[Page]:
    """Read every page and every experiment."""
    return [read_page(root, name) for name in page_names(root)]
