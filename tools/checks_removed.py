"""Lists the comments behind sentences that a change removes or alters; `make checks-removed`.

    docs/lstm.md:120: removed <!-- check: 0.875 == float(a[2, 0, 0]) -->
        After three steps the unit holds 0.875 of it.

A check that is gone fails no test if its number is gone too, or has become a word. A mark such as
`<!-- not run: why -->` excuses something from being tested, so a new one is listed as well. What
has only moved to another page is not listed. Lines are those of the older text; of a new mark, of
the newer one.
"""

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.guards.markdown import COMMENT, make_page

ROOT = Path(__file__).parents[1]
PAGE = re.compile(r"docs/.*\.md|docs/experiments/[^/]*\.py")
CHECK = "check"
MARKS = "not run", "no id"  # excuses
SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])")


@dataclass(frozen=True)
class Comment:
    """A comment that a test reads, and the sentence that it stands behind."""

    page: str
    line: int
    text: str
    sentence: str

    @property
    def sides(self) -> list[str]:
        """The number and the expression of a check."""
        return [side.strip() for side in self.text.partition(":")[2].split("==", maxsplit=1)]

    def tell(self, what: str) -> str:
        """Say in two lines what happened to the comment."""
        return f"{self.page}:{self.line}: {what}\n    {self.sentence}"


def comments(page: str, text: str) -> Iterator[Comment]:
    """Find the checks and marks of a page."""
    prose = make_page(page, text)
    for found in COMMENT.finditer(prose.prose):
        body = " ".join(found[0][4:-3].split())
        if re.match(rf"(?:{'|'.join((CHECK, *MARKS))})\b", body):
            sentence = sentence_before(prose.prose[: found.start()], body)
            yield Comment(page, prose.line(found.start()), body, sentence)


def sentence_before(text: str, body: str) -> str:
    """Return the sentence of the last paragraph that has the number checked, or its last one."""
    paragraph = re.split(r"\n\s*\n|\n(?=\s*[-*+] )", COMMENT.sub("", text).rstrip())[-1]
    sentences = SENTENCE_ENDS.split(" ".join(paragraph.split()))
    number = body.partition(":")[2].partition("==")[0].strip()
    return next((it for it in sentences if number in it), sentences[-1])


def differences(old: list[Comment], new: list[Comment]) -> Iterator[str]:
    """Say which old comments are gone or altered, and which new ones excuse something."""
    gone = list(missing(old, new))
    fresh = list(missing(new, old))
    for comment in gone:
        for other in fresh:
            if is_altered(comment, other):
                fresh.remove(other)
                yield comment.tell(f"altered <!-- {comment.text} --> to <!-- {other.text} -->")
                break
        else:
            yield comment.tell(f"removed <!-- {comment.text} -->")
    for comment in fresh:
        if comment.text.startswith(MARKS):
            yield comment.tell(f"added <!-- {comment.text} -->")


def is_altered(old: Comment, new: Comment) -> bool:
    """Tell whether a check became another: the same expression, or a number on the same page."""
    (number, *expression), (new_number, *new_expression) = old.sides, new.sides
    same_number = old.page == new.page and number == new_number
    return same_number or (bool(expression) and expression == new_expression)


def missing(these: list[Comment], those: list[Comment]) -> Iterator[Comment]:
    """List the comments that those have not, or have fewer times, on the page that lost them."""
    lost = Counter(it.text for it in these) - Counter(it.text for it in those)
    left = Counter((it.page, it.text) for it in those)
    for comment in these:
        key = comment.page, comment.text
        if left[key]:
            left[key] -= 1
        elif lost[comment.text]:
            lost[comment.text] -= 1
            yield comment


def git(*arguments: str) -> str:
    """Ask git, or say what it says."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return done.stdout


def main() -> None:
    """Compare the pages as they are with those where this branch left the base."""
    parser = argparse.ArgumentParser(description="List checks that a change removes or alters.")
    parser.add_argument("base", help="a branch or commit, such as main")
    base = git("merge-base", parser.parse_args().base, "HEAD").strip()
    names = filter(PAGE.fullmatch, git("ls-tree", "-r", "--name-only", base, "docs").split("\n"))
    old = [it for name in names for it in comments(name, git("show", f"{base}:{name}"))]
    here = (path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.*")))
    pages = {
        name: (ROOT / name).read_text(encoding="utf-8") for name in here if PAGE.fullmatch(name)
    }
    new = [it for name, text in pages.items() for it in comments(name, text)]
    found = list(differences(old, new))
    print("\n".join([*found, f"{len(found)} comments to look at."]))


if __name__ == "__main__":
    main()
