"""The examples of each page run as a script beside the snippets, and print what the page says."""

import doctest
import json
import os
import re
import subprocess
import sys
import zipfile
from itertools import zip_longest

import jupytext
import pytest

from overrides.hooks.downloads import offers_examples
from tests.conftest import ROOT
from tests.faults import assert_none
from tests.guards.markdown import make_page, read_page
from tests.guards.values import Numbers
from tools.page_examples import script

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

PAGES = [
    path.stem
    for path in sorted((ROOT / "docs").glob("*.md"))
    if offers_examples(path.read_text(encoding="utf-8"))
]
SHOWN = re.compile(  # by a prompt only
    r"Traceback.*\n(?: .*\n)+|\barray\(|\bdtype(?:=\w+|\b)|np\.(?:\w+\()?|_\b|[\s,()'\"]"
)
BOX = '!!! abstract "In this page"\n    You will.\n\n'
ECHO = """\
# Echo

## Unused

## By hand

```pycon
>>> word = "é" * 2
>>> word, len(word)  # its length
('éé', 2)
>>> def say(it):
...     print(it)
>>> say(word)
éé
>>> with open("no.txt") as file:
...     file
Traceback (most recent call last):
    ...
FileNotFoundError: [Errno 2] No such file or directory: 'no.txt'
```

1. *Twice.* Say it twice.

    ??? success "Solution"
        *Twice.* So:

        ```pycon
        >>> for _ in range(2):
        ...     max(
        ...         1, 2)
        2
        2
        >>> for it in range(1):
        ...     say(it)
        ...     print(it)
        0
        0
        ```
"""
COPY = """\
# %% [markdown]
# ## By hand

# %%
word = "é" * 2
print(word, len(word))  # its length
# ('éé', 2)

def say(it):
    print(it)

say(word)
# éé

try:
    with open("no.txt") as file:
        file
except FileNotFoundError as error:
    print(f"FileNotFoundError: {error}")
# FileNotFoundError: [Errno 2] No such file or directory: 'no.txt'

# %% [markdown]
# ### Exercise 1: Twice

# %%
for _ in range(2):
    print(max(
        1, 2))
# 2
# 2

for it in range(1):
    say(it)
    print(it)
# 0
# 0
"""


def test_values_are_printed_errors_are_caught_and_headings_stand_above_their_examples():
    copy = script(make_page("docs/echo.md", ECHO))
    assert copy.startswith("# %% [markdown]\n# # Echo: the examples of the page\n")
    assert copy.partition("owe nothing.\n\n")[2] == COPY
    notebook = jupytext.reads(copy, "py:percent")
    assert [cell.cell_type for cell in notebook.cells] == ["markdown"] * 2 + [
        "code",
        "markdown",
        "code",
    ]


def test_each_build_makes_the_same_notebook():
    code = "import sys; from overrides.hooks.downloads import notebook as made"
    code += "; print(made(sys.stdin.read()))"
    cell = '# %% tags=["hide-input"] alt="A plot"\nplot()\n'
    one, other = (
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            input=cell,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "3")  # with which Python puts these two words into different orders
    )
    assert one == other
    assert json.loads(one)["cells"][0]["metadata"] == {"alt": "A plot", "tags": ["hide-input"]}


def test_a_page_without_a_box_or_without_examples_offers_none():
    assert offers_examples(f"{BOX}```pycon\n>>> 1\n```\n")
    assert not offers_examples("```pycon\n>>> 1\n```\n")
    assert not offers_examples(f"{BOX}```python\n1\n```\n")


@pytest.mark.parametrize("name", PAGES)
def test_a_script_holds_each_example_and_prints_what_the_page_says(name, tmp_path, site):
    with zipfile.ZipFile(site / "snippets/unrolled.zip") as archive:
        archive.extractall(tmp_path)
    stem = f"{name.replace('-', '_')}_examples"
    published = site / f"downloads/{stem}.py"
    page = (site / f"{name}.html").read_text(encoding="utf-8")
    assert all(f'href="downloads/{stem}.{kind}"' in page for kind in ("py", "ipynb"))
    command = [sys.executable, "-W", "error", published]
    folder = tmp_path / "unrolled"
    environment = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    examples = [
        example
        for fence in read_page(ROOT, f"docs/{name}.md").fences
        if fence.language == "pycon"
        for example in doctest.DocTestParser().get_examples(fence.text)
    ]
    assert_none(first_difference(name, "".join(it.want for it in examples), done.stdout))
    code = published.read_text(encoding="utf-8")
    notebook = jupytext.read(site / f"downloads/{stem}.ipynb")
    assert [it.source for it in notebook.cells] == [
        it.source for it in jupytext.reads(code, "py:percent").cells
    ]
    for example in examples:
        if squeezed(example.source) not in squeezed(code):
            assert_none([f"downloads/{stem}.py: expected `{example.source}`, as docs/{name}.md"])
        want = re.sub(r"^Traceback.*\n(?: .*\n)+", "", example.want)
        assert squeezed("#" + want.rstrip().replace("\n", "\n#")) in squeezed(code), want


def first_difference(name: str, want: str, printed: str) -> list[str]:
    """Say which line of a page its script prints differently, if any."""
    if same(want, printed):
        return []
    lines = zip_longest(want.splitlines(), printed.splitlines(), fillvalue="nothing")
    one, other = next((pair for pair in lines if not same(*pair)), (want, printed))
    return [f"docs/{name}.md: expected that its script prints `{one}`, got `{other}`"]


def same(want: str, printed: str) -> bool:
    """Compare what a prompt shows with what a script prints: numbers as numbers."""
    want, printed = (SHOWN.sub(" ", text) for text in (want, printed))
    return Numbers().check_output(re.sub(" +", " ", want), re.sub(" +", " ", printed), 0)


def squeezed(code: str) -> str:
    """Leave out spaces, and the calls that print."""
    return re.sub(r"print\(|[\s)]", "", code)
