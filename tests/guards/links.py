"""A link leads where its words say.

    [what goes wrong](rnn.md#what-goes-wrong)           the words of a heading: to this heading
    [LSTM](lstm.md#one-step)                            the name of a page: to this page
    [(5)](#eq-5)                                        the number of an equation: to this equation
    [Download rnn.py](snippets/rnn.py){ download="rnn.py" }        the name of a file: to this file
    [doi:10.1000/1](https://doi.org/10.1000/1)          a number or an address: to just this one
    [keras #785](https://github.com/keras-team/keras/issues/785)   a project and an issue: to these

Other words are free, unless they are those of another heading of the page that the link leads to,
and none of its own: `[checker](bptt.md#how-far-does-it-reach)`, where the page has *Check it*.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from tests.guards.markdown import COMMENT, Page, blank, pages

LINK = re.compile(
    r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<address>(?:[^()\s]|\([^()\s]*\))*)\)"
    r"(?:\{(?P<attributes>[^}]*)\})?"
)
DOWNLOAD = re.compile(r'\bdownload="([^"]*)"')
FILE = re.compile(r"(?<![\w.-])[\w-]+\.(?:md|py|txt|zip|csv|wav|json)\b")
EQUATION = re.compile(r"(?:eq\.?|equations?) \(?(\d+)\)?|\((\d{1,2})\)", re.IGNORECASE)
NUMBER = re.compile(r"(\w+):(\S+)")
ISSUE = re.compile(r"#(\d+)$")
PROJECT = re.compile(
    r"\b(burn|char-rnn|d2l|Flax|JAX|Keras|NumPy|ONNX|onnxscript|OpenVINO|Packt|Python|PyTorch"
    r"|TensorFlow|TFLearn)\b",
    re.IGNORECASE,
)
HOST = re.compile(r"(?:[\w-]+\.)+(?:com|org|net|io|edu|gov|dev|ai|ch|de|es|fr|uk)(?:/\S*)?")
SCHEMES = {
    "doi": "https://doi.org/",
    "arxiv": "https://arxiv.org/abs/",
    "acl": "https://aclanthology.org/",
}
TITLE = re.compile(r"^(?:# )?title: (.+)$", re.MULTILINE)
EMPTY_WORDS = re.compile(
    "all|and|are|can|do|does|each|for|from|how|its|more|not|one|same|that|the|this|two|what|when"
    "|where|which|who|why|with"
)


@dataclass(frozen=True)
class Link:
    """A link on a page: its words, and the page and anchor that it leads to."""

    line: int
    text: str
    address: str
    attributes: str
    page: str  # from docs/; empty outside of the book
    anchor: str


@dataclass(frozen=True)
class Target:
    """A page as links name it."""

    page: Page
    title: str

    @property
    def stem(self) -> str:
        return plain(Path(self.page.name).stem)

    @cached_property
    def names(self) -> set[str]:
        """Its title, its first heading, the part of that before a colon, and the file's name."""
        first = [it.title for it in self.page.headings if it.level == 1]
        names = [self.title, self.stem, *first, *(it.split(":")[0] for it in first)]
        return set(map(plain, names)) - {""}

    @cached_property
    def anchors(self) -> dict[str, set[str]]:
        """Where the words of each heading lead, and each anchor read as words."""
        found = {anchor.replace("-", " "): {anchor} for anchor in self.page.anchors}
        for it in self.page.headings:
            if it.level > 1:
                found.setdefault(plain(it.title), set()).add(it.anchor)
        return found


def check(root: Path) -> list[str]:
    """Each link leads to what its words name: a page, a heading, an equation, a file, a number."""
    targets = {
        page.name.removeprefix("docs/"): Target(page, title(root, page)) for page in pages(root)
    }
    readme = root / "README.md"
    others = [Page("README.md", readme.read_text("utf-8"))] if readme.is_file() else []
    faults = []
    for page in [*pages(root), *others]:
        for link in links(page):
            found = [*file_faults(link), *number_faults(link)]
            if link.page in targets:
                found += place_faults(link, targets)
            faults += [
                f"{page.name}:{link.line}: `[{link.text}]({link.address})`: {fault}"
                for fault in found
            ]
    return faults


def links(page: Page) -> Iterator[Link]:
    """Find the links of a page, comments and fences aside."""
    folder = posixpath.dirname(page.name.removeprefix("docs/"))
    for match in LINK.finditer(blank(COMMENT, page.prose)):
        path, _, anchor = match["address"].partition("#")
        here = page.name.removeprefix("docs/")
        to = posixpath.normpath(posixpath.join(folder, path)) if path else here
        yield Link(
            page.line(match.start()),
            " ".join(match["text"].split()),
            match["address"],
            match["attributes"] or "",
            "" if ":" in path else to,
            anchor,
        )


def title(root: Path, page: Page) -> str:
    """Read the title of a page in its front matter."""
    found = TITLE.search((root / page.name).read_text("utf-8"))
    return found[1].strip() if found else ""


def file_faults(link: Link) -> Iterator[str]:
    """Compare the name of a file in a link's words with the file that it gives, or its page."""
    if "://" in link.address:
        return
    given = posixpath.basename(link.address.partition("#")[0] or link.page)
    for name in FILE.findall(link.text):
        if Path(name).stem != Path(given).stem.replace("-", "_"):
            yield f"names {name}, but leads to {given}"
    if (saved := DOWNLOAD.search(link.attributes)) and saved[1] != given:
        yield f"is saved as {saved[1]}, but gives {given}"


def number_faults(link: Link) -> Iterator[str]:
    """Compare a number such as `doi:10.1000/1`, or an address, with the address of its link."""
    address = unquote(link.address).removesuffix(".html").removesuffix("/")
    if "://" not in address:
        return
    if number := NUMBER.fullmatch(link.text):
        start = SCHEMES.get(number[1].lower(), "")
        right = address.startswith(start) and address.endswith(number[2])
    else:
        shown = re.escape(link.text)
        right = not HOST.fullmatch(link.text) or re.match(rf"https?://(www\.)?{shown}", address)
        if issue := ISSUE.search(link.text):
            right = address.endswith(f"/{issue[1]}")
    projects = [it.lower() for it in PROJECT.findall(link.text)]
    if not right or not all(it in address.lower() for it in projects):
        yield f"prints {link.text}, but leads to {address}"


def place_faults(link: Link, targets: dict[str, Target]) -> Iterator[str]:
    """Compare the words of a link with the names of pages, headings and equations."""
    words, target = plain(link.text), targets[link.page]
    equation = EQUATION.fullmatch(link.text)
    if equation or re.fullmatch(r"(eq|line)-\d+", link.anchor):
        named = equation[1] or equation[2] if equation else re.sub(r"\D", "", link.text)
        if link.anchor not in (f"eq-{named}", f"line-{named}"):
            yield f"names equation {named or 'none'}, but leads to #{link.anchor}"
    elif words in target.names:
        return
    elif words in target.anchors:
        if link.anchor and link.anchor not in target.anchors[words]:
            yield f"has the words of #{' or #'.join(sorted(target.anchors[words]))}"
    elif others := sorted(name for name, it in targets.items() if words in it.names):
        yield f"has the name of {' or '.join(others)}"
    elif other := better_heading(link, target) or better_page(link, targets):
        yield f"has the words of {other}: mend the address, or say it in other words"


def better_heading(link: Link, target: Target) -> str | None:
    """Find another heading of the page that has all the words, if the one led to has none."""
    words = stems(link.text) - stems(" ".join(target.names))
    headings = {it.anchor: stems(f"{it.title} {it.anchor}") for it in target.page.headings[1:]}
    if not words or link.anchor not in headings or words & headings[link.anchor]:
        return None
    return next((f"the heading #{it}" for it, has in headings.items() if words <= has), None)


def better_page(link: Link, targets: dict[str, Target]) -> str | None:
    """Find another page that the words name in full, if the one led to has none of them."""
    target, words = targets[link.page], singular(link.text)
    said = [*target.names, *(it.title for it in target.page.headings), link.anchor]
    if stems(link.text) & stems(" ".join(said)):
        return None
    for name in targets.keys() - {link.page}:
        called = singular(targets[name].title), singular(targets[name].stem)
        if any(it and it <= words for it in called):
            return name
    return None


def singular(text: str) -> set[str]:
    """List the words of a text, without the s of a plural."""
    return {word.removesuffix("s") for word in plain(text).split()}


def plain(text: str) -> str:
    """Write words in one way: lower case, single spaces, no signs."""
    return " ".join(re.sub(r"[^\w\s]", "", re.sub(r"[-_]", " ", text)).lower().split())


def stems(text: str) -> set[str]:
    """Keep the beginnings of words that say something: `checker` and *Check it* have one."""
    return {it[:5] for it in plain(text).split() if len(it) > 2 and not EMPTY_WORDS.fullmatch(it)}
