"""Things that the book has are counted rightly, in figures or in words.

    an LSTM has three gates            as many as LSTMValues has fields `gamma_...`
    twelve experiments                 as many as docs/experiments has
    over twenty shapes                 has a check comment, `twenty == len(...)`, or is known here

`count` says what is known. A small number may speak of some of them, as in "two snippets that
share a helper"; "all three snippets" may not. Quotations do not count.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.guards.claims import IDS
from tests.guards.files import text_files
from tests.guards.includes import parse, read
from tests.guards.markdown import make_page
from tests.guards.numbers import WORDS, paragraphs, printed
from tests.guards.said import PLACES, pieces
from tests.guards.stems import stems

SOME = 3  # up to here a number may speak of some of them
NUMBER = rf"(?:{'|'.join(sorted(WORDS, key=len, reverse=True))}|\d+)"
NOUNS = (
    "cells|claims|experiments|figures|gates|libraries|networks|optimizers|pages|rules|shapes|sizes"
    "|snippets"
)
COUNT = re.compile(
    rf"(?<!first )(?<!last )(?<!other )\b(all )?({NUMBER}) (?:\w+ )?({NOUNS})\b", re.IGNORECASE
)
NOUN = re.compile(NOUNS, re.IGNORECASE)  # quicker to find
QUOTED = re.compile(r"\"[^\"]*\"|`[^`]*`")
SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n\s*(?=\|)")
FRONT_MATTER = re.compile(r"\A(?:# %% \[markdown\]\n# )?---\n(.*?)\n(?:# )?---\n", re.DOTALL)
DRAWN = re.compile(r"<(?:title|desc)[^>]*>(.*?)</", re.DOTALL)
ENDS = ".py", ".md", ".yml", ".cff", ".svg"


@dataclass(frozen=True)
class Text:
    """A paragraph, a docstring or a description, and the numbers in it that a comment checks."""

    line: int
    words: str
    checked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """What there is: how many of each thing, and how many gates each cell has."""

    counts: dict[str, set[int]]
    gates: dict[str, int]


def check(root: Path) -> list[str]:
    """Compare each count with what there is, where no comment checks it."""
    known, faults = count(root), []
    for name, source in text_files(root):
        if name.endswith(ENDS) and not name.startswith((*PLACES, "tests/", "tools/")):
            said = list(texts(name, source))
            checked = {pair for text in said for pair in pairs(text) if pair[0] in text.checked}
            for text in said:
                found = count_faults(text, checked, known, Path(name).stem.replace("-", "_"))
                faults += [f"{name}:{text.line}: {fault}" for fault in found]
    return faults


def pairs(text: Text) -> set[tuple[str, str]]:
    """List the numbers of a text with what they count: once checked, they hold for the page."""
    return {(it[2].lower(), it[3].lower()) for it in COUNT.finditer(" ".join(text.words.split()))}


def count(root: Path) -> Known:
    """Count what the repository has."""
    docs = root / "docs"
    written, experiments = len([*docs.glob("*.md")]), len(stems(docs / "experiments"))
    rules = functions(root / "snippets/initialisation.py", "_weights")
    counts = {
        "pages": {written, written + experiments},
        "snippets": {len(stems(root / "snippets"))},
        "experiments": {experiments},
        "figures": {len([*(docs / "figures").glob("*.svg")])},
        "cells": {len(dict(gates(root)))},
        "claims": {len(IDS)},
        "rules": {len(rules)},
    }
    return Known(counts, dict(gates(root)))


def functions(path: Path, end: str) -> list[str]:
    """Name the public functions of a file that end so."""
    tree = parse(read(path)) if path.is_file() else ast.Module([], [])
    names = [it.name for it in tree.body if isinstance(it, ast.FunctionDef)]
    return [name for name in names if name.endswith(end) and name[0] != "_"]


def gates(root: Path) -> Iterator[tuple[str, int]]:
    """Count the gates of each cell: the fields of its values whose names begin with gamma."""
    for path in (root / "snippets").glob("[a-z]*.py"):
        for cls in parse(read(path)).body:
            if isinstance(cls, ast.ClassDef) and cls.name.endswith("Values"):
                fields = [it.target.id for it in cls.body if isinstance(it, ast.AnnAssign)]
                yield path.stem, len([it for it in fields if it.startswith("gamma_")])


def texts(name: str, source: str) -> Iterator[Text]:
    """Give what a file says in words."""
    is_page = name.startswith("docs/") or name.endswith(".md")
    if name.endswith(".svg"):
        yield from (Text(1, it) for it in DRAWN.findall(source))
    elif name.endswith((".yml", ".cff")):
        yield from (Text(line, it) for line, it in enumerate(source.split("\n"), start=1))
    elif is_page and not name.startswith("docs/figures/"):
        for paragraph in paragraphs(make_page(name, source)):
            checked = frozenset(printed(it.sides[0]) for it in paragraph.checks)
            yield Text(paragraph.line, paragraph.words, checked)
        yield from (Text(1, it.replace("\n#", "\n")) for it in FRONT_MATTER.findall(source))
    else:
        said = {it.around.strip('"'): it.line for it in reversed(pieces(name, source))}
        yield from (Text(line, it) for it, line in said.items())


def count_faults(text: Text, checked: set, known: Known, own: str) -> Iterator[str]:
    """List the counts in a text that are other than what there is."""
    for sentence in SENTENCE.split(QUOTED.sub(" ", text.words)):
        if not NOUN.search(sentence):
            continue
        for match in COUNT.finditer(" ".join(sentence.split())):
            whole, number, noun = match[1], match[2].lower(), match[3].lower()
            n = WORDS.get(number) if number in WORDS else int(number)
            if noun == "gates":
                right = gates_meant(sentence, known.gates, own)
            else:
                right = known.counts.get(noun, set()) if n > SOME or whole else {n}
            if right is not None and n not in right and (number, noun) not in checked:
                there = " or ".join(map(str, sorted(right))) or "a number that is checked"
                yield (
                    f"expected {there} {noun}, got `{match[0]}`: a comment behind the paragraph "
                    f"can say what is counted, `check: {number} == len(...)`"
                )


def gates_meant(sentence: str, gates: dict[str, int], own: str) -> set[int] | None:
    """Say how many gates the cells have that a sentence names, and the page's own cell."""
    own_cell = next((it for it in (own, own.removesuffix("_cell")) if it in gates), None)
    words = {word.upper().removesuffix("S") for word in re.findall(r"\w+", sentence)}
    named = {
        n for stem, n in gates.items() if stem.split("_")[0].upper() in words or stem == own_cell
    }
    return named or None
