"""Each page has a twin in Markdown that says what it says, and llms.txt leads to all of them."""

import re
from pathlib import Path

import pytest

from overrides.hooks.book import NAME as BOOK
from overrides.hooks.snippets import without_markers
from overrides.hooks.twins import plain
from tests.faults import assert_none, differences

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
PAGE = """\
# A cell { #cell .wide }

!!! abstract "In this page"
    **You will** read [memory](experiments/memory.py#result){ .md-button }.

--8<-- "docs/figures/mark.svg"

$$
e^{-z}
\\tag{1}
$$

It is 0.5.
<!-- check: 0.5 == 1 / 2 -->
{: .caption }

1. *Try.* What?

    ??? success "Solution"
        *Try.*

        ```pycon
        >>> if True:
        ...     print({"a": 1})
        ```

After.
"""
TWIN = """\
# A cell

**In this page**

**You will** read [memory](experiments/memory.md#result).

*Figure: Unrolled.* A loop with a dot on it, whose line runs on into a chain of two more dots.

$$
e^{-z}
\\tag{1}
$$

It is 0.5.

1. *Try.* What?

    **Solution**

    *Try.*

    ```pycon
    >>> if True:
    ...     print({"a": 1})
    ```

After.
"""


def test_what_only_the_site_reads_is_taken_out():
    assert plain(PAGE) == TWIN


@pytest.mark.parametrize("name", ["lstm", "gru-reset-after", "text"])
def test_the_whole_file_is_in_the_twin(site, name):
    twin = (site / f"{name}.md").read_text(encoding="utf-8")
    snippet = ROOT / f"snippets/{name.replace('-', '_')}.py"
    lines = without_markers(snippet.read_text(encoding="utf-8")).split("\n")
    lost = ((at, line) for at, line in enumerate(lines, 1) if line not in twin)
    assert_none(f"{name}.md: expected `{line}`, line {at} of the whole file" for at, line in lost)


def test_every_page_has_a_twin_without_what_only_the_site_reads(site):
    faults = []
    for page in site.rglob("*.html"):
        if page.name in {"404.html", BOOK} or "http-equiv" in page.read_text(encoding="utf-8"):
            continue  # not found, all in one, or moved
        name, path = page.relative_to(site).as_posix(), page.with_suffix(".md")
        twin = path.read_text(encoding="utf-8") if path.exists() else ""
        if f'href="{page.stem}.md"' not in page.read_text(encoding="utf-8"):
            faults.append(f"{name}: expected a link to {path.name} in its head")
        if len(twin) <= 1000:
            faults.append(
                f"{name}: expected {path.name} beside it, with more than 1,000 characters"
            )
        left = re.search(r"^ *(--8<--|<svg|<div|<!--|!!!|\?\?\?).*|\{ ?[#.][a-z-]+ ?\}", twin, re.M)
        if left and page.stem != "house-rules":
            line = twin.count("\n", 0, left.start()) + 1
            faults.append(f"{path.relative_to(site)}:{line}: `{left[0]}` is for the site only")
    assert_none(faults)


def test_the_list_leads_to_every_twin(site):
    listed = re.findall(r"^- \[.+\]\((.+)\): .+$", (site / "llms.txt").read_text("utf-8"), re.M)
    twins = {path.relative_to(site).as_posix() for path in site.rglob("*.md")}
    assert len(listed) == len(set(listed))
    assert_none(
        differences(
            twins,
            listed,
            "llms.txt: expected a line `- [title]({}): description`",
            "llms.txt: leads to {}, which is not there",
        )
    )
