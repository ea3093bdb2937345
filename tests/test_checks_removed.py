"""A reviewer is told which checks a change takes away from the numbers of a page."""

import re
import subprocess

import pytest

from tools import checks_removed
from tools.checks_removed import comments, differences

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

PAGE = """# Page

Half is 0.5. A third is 0.333, and 12 % of
it is left.
<!-- check: 0.5 == 1 / 2 -->
<!-- check: 12 % == share -->

- Cited.
- Counted: 8 weights. <!-- check: 8 == count -->

$$x$$
<!-- not run: a draw -->

<!-- a note -->

```html
<!-- check: 1 == 2 -->
```
"""
OTHER = "Text. <!-- check: 7 == days -->\n"


def told(page, other=OTHER):
    """Compare changed texts of two pages with those above."""
    names = "docs/a.md", "docs/b.md"
    old, new = (
        [it for name, text in zip(names, texts, strict=True) for it in comments(name, text)]
        for texts in ((PAGE, OTHER), (page, other))
    )
    return list(differences(old, new))


def test_checks_and_marks_are_found_with_their_sentences():
    assert [(it.line, it.text, it.sentence) for it in comments("docs/a.md", PAGE)] == [
        (5, "check: 0.5 == 1 / 2", "Half is 0.5."),
        (6, "check: 12 % == share", "A third is 0.333, and 12 % of it is left."),
        (9, "check: 8 == count", "- Counted: 8 weights."),
        (12, "not run: a draw", "$$x$$"),
    ]


@pytest.mark.parametrize(
    ("pattern", "new", "said"),
    [
        ("<!-- check: 12.*", "", "docs/a.md:6: removed <!-- check: 12 % == share -->\n    A third"),
        (" <!-- check: 8.*", "", "docs/a.md:9: removed <!-- check: 8 == count -->\n    - Counted"),
        (
            "0.5 == 1 / 2",
            "0.5 == 0.5",
            "altered <!-- check: 0.5 == 1 / 2 --> to <!-- check: 0.5 ==",
        ),
        ("0.5 == 1 / 2", "0.6 == 1 / 2", "to <!-- check: 0.6 == 1 / 2 -->"),
        ("12 % == share", "half", "removed <!-- check: 12 % == share -->"),
        ("<!-- not run.*", "", "docs/a.md:12: removed <!-- not run: a draw -->"),
        (r"\Z", "\n$$y$$\n<!-- not run: no -->", "docs/a.md:21: added <!-- not run: no -->"),
        (r"\Z", "\nBook.\n<!-- no id: old -->", "added <!-- no id: old -->\n    Book."),
    ],
)
def test_what_is_gone_altered_or_excused_is_told(pattern, new, said):
    (found,) = told(re.sub(pattern, new, PAGE, count=1))
    assert said in found


def test_a_check_that_was_there_twice_is_missed_when_one_is_left():
    twice = f"{PAGE}\nHalf is 0.5.\n<!-- check: 0.5 == 1 / 2 -->\n"
    old, new = list(comments("docs/a.md", twice)), list(comments("docs/a.md", PAGE))
    (found,) = differences(old, new)
    assert found.startswith("docs/a.md:21: removed <!-- check: 0.5 == 1 / 2 -->")


@pytest.mark.parametrize(
    ("page", "other"),
    [
        (PAGE, OTHER),
        (PAGE.replace("check: 12 % == share", "check: 12 %  ==\nshare"), OTHER),
        (PAGE.replace("<!-- check: 8 == count -->", ""), f"{OTHER}8. <!-- check: 8 == count -->\n"),
        (f"{PAGE}\nOne more: 3.\n<!-- check: 3 == 1 + 2 -->\n", OTHER),
    ],
    ids=["nothing", "laid out otherwise", "moved", "new"],
)
def test_what_takes_nothing_away_is_not_told(page, other):
    assert told(page, other) == []


def test_pages_are_compared_with_where_the_branch_began(tmp_path, monkeypatch, capsys):
    def git(*arguments):
        name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *name, *arguments], cwd=tmp_path, check=True, capture_output=True)

    page = tmp_path / "docs/a.md"
    page.parent.mkdir()
    page.write_text(PAGE)
    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "one")
    git("switch", "-c", "branch")
    page.write_text(PAGE.replace("<!-- check: 12 % == share -->\n", ""))  # not yet committed
    git("switch", "main")
    git("commit", "--allow-empty", "-m", "two")
    monkeypatch.setattr(checks_removed, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["checks_removed", "main"])
    checks_removed.main()
    said = capsys.readouterr().out
    assert said.startswith("docs/a.md:6: removed <!-- check: 12 % == share -->\n    A third is")
    assert said.endswith("\n1 comments to look at.\n")
    monkeypatch.setattr("sys.argv", ["checks_removed", "gone"])
    with pytest.raises(SystemExit, match="Not a valid object name gone"):
        checks_removed.main()
