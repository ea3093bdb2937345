"""Each page has a twin in Markdown that says what it says, and llms.txt leads to all of them."""

import re
from pathlib import Path

import pytest

from overrides.hooks.book import NAME as BOOK
from overrides.hooks.snippets import without_markers
from overrides.hooks.twins import plain

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
    assert [line for line in lines if line not in twin] == []


def test_every_page_has_a_twin_without_what_only_the_site_reads(site):
    for page in site.rglob("*.html"):
        if page.name in {"404.html", BOOK} or "http-equiv" in page.read_text(encoding="utf-8"):
            continue  # not found, all in one, or moved
        twin = page.with_suffix(".md").read_text(encoding="utf-8")
        assert f'href="{page.stem}.md"' in page.read_text(encoding="utf-8")
        assert len(twin) > 1000, page
        left = re.search(r"^ *(--8<--|<svg|<div|<!--|!!!|\?\?\?).*|\{ ?[#.][a-z-]+ ?\}", twin, re.M)
        assert not left or page.stem == "house-rules", (page, left)


def test_the_list_leads_to_every_twin(site):
    listed = re.findall(r"^- \[.+\]\((.+)\): .+$", (site / "llms.txt").read_text("utf-8"), re.M)
    twins = {path.relative_to(site).as_posix() for path in site.rglob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == twins
