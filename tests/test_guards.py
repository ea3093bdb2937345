"""Each guard catches what it is there for: faults are planted in a copy, one at a time."""

import inspect
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.guards import (
    alone,
    claims,
    experiments,
    process,
    readable,
    running,
    shapes,
    snippets,
    values,
)
from tests.guards.everywhere import GUARDS, SAID
from tests.guards.includes import includes, read
from tests.guards.markdown import read_page
from tests.guards.symbols import symbols
from tests.planted import copied
from tools.assemble import assemble
from tools.results import load_record, save_results

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
PAGES = ["index", "notation", "more-notation", "references", "rnn", "rnn-gradient", "readout"]
# what the guards miss in a part of the book
LEFT_OUT = re.compile(
    "no code uses the name|no page cites|is no longer an exception"
    "|(claims.md|mkdocs.yml) does not exist|no experiment docs/|does not stand at what-the-web"
)


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Give a small book: some pages, the code and the figures on them, and what belongs to it.

    It does not grow with the number of pages, so neither does the time of each test.
    """
    names = {"README.md", "docs/figures/mark.svg", "docs/figures/drawing.py"}
    names |= {str(it.relative_to(ROOT)) for it in ROOT.glob("docs/experiments/results/*.json")}
    names |= {"snippets/__init__.py", "tests/__init__.py", "docs/figures/rnn_tiny.json"}
    for page in (f"docs/{name}.md" for name in PAGES):
        names |= {page, *(it.path for it in includes(read_page(ROOT, page)))}
    names |= {name.replace(".svg", ".py") for name in names}
    names |= {name.replace("snippets/", "tests/test_") for name in names if "__" not in name}
    folder = tmp_path_factory.mktemp("book")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def before(book):
    """List what the guards find in the small book, by guard."""
    return {name: set(guard(book)) for name, guard in GUARDS.items()}


@pytest.fixture
def copy(book, tmp_path):
    """Give a copy of the small book, to plant a fault in."""
    return shutil.copytree(book, tmp_path, dirs_exist_ok=True)


@pytest.fixture
def recipe(copy):
    """Make rnn.py of the copy one that is assembled."""
    path = copy / "tools/recipes/rnn.py"
    path.parent.mkdir(parents=True)
    shutil.copy(copy / "snippets/rnn.py", path)
    return path


@pytest.fixture
def new_faults(copy, before):
    """Give a function that lists what the guards find in the copy but not before, by guard."""

    def look():
        found = {name: set(guard(copy)) - before[name] for name, guard in GUARDS.items()}
        return {name: "\n".join(sorted(faults)) for name, faults in found.items() if faults}

    return look


def assert_caught(faults, names, place, message):
    """Assert that just these guards find something, and say where and what."""
    assert " ".join(sorted(faults)) == names
    assert place in "\n".join(faults.values())
    assert message in "\n".join(faults.values())


def messages(plants):
    return [f"{plant[0]}: {plant[-1]}" for plant in plants]


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def edit(path, pattern, new):
    """Replace the first match of a pattern."""
    old = path.read_text(encoding="utf-8")
    text, count = re.subn(pattern, new, old, count=1, flags=re.MULTILINE)
    assert count, f"{path.name} has nothing like {pattern}"
    path.write_text(text, encoding="utf-8")


def test_a_file_that_may_be_longer_has_a_limit_of_its_own(copy):
    fast = (ROOT / "snippets/fast.py").read_text(encoding="utf-8")
    (copy / "snippets/fast.py").write_text(fast + "import math\n" * 60, encoding="utf-8")
    assert "at most 275 lines" in "\n".join(snippets.check(copy))


def test_the_small_book_is_a_part_of_this_one(book, before):
    for path in filter(Path.is_file, book.rglob("*")):
        assert path.read_bytes() == (ROOT / path.relative_to(book)).read_bytes()
    faults = "\n".join(sorted(set().union(*before.values())))
    assert [fault for fault in faults.split("\n") if not LEFT_OUT.search(fault)] == []


RNN = "snippets/rnn.py"
NOTATION, REFERENCES = "docs/notation.md", "docs/references.md"
SVG = "docs/figures/rnn_cell.svg"
LICENCE = "# SPDX-License-Identifier: MIT-0\n"
DOI = "https://doi.org/10.1000/1"
MORE = "\n\n# --8<-- [start:more]\nMORE = 1  # eq. 7\n# --8<-- [end:more]\n"


def python(lines, options=""):
    return f"\n```python{options}\n{lines}\n```\n"


APPENDED = [
    # guard, what is written at the end of docs/rnn.md, what the message says
    ("dashes", "```sh\nmake test \N{EN DASH}\N{EN DASH}help\n```", "expected a hyphen in code"),
    ("dashes", "Write `1 \N{MINUS SIGN} f`.", "got U+2212 (minus sign): `1 "),
    ("includes", python('--8<-- "snippets/rnn.py:renamed"'), "has no section `renamed`"),
    ("includes", python('--8<-- "snippets/rnn.py:step" '), "nothing more on the line"),
    ("includes", python("--8<-- snippets/rnn.py:step"), "nothing more on the line"),
    ("includes", python("--8<-- 'snippets/rnn.py:step'"), "nothing more on the line"),
    ("includes", python('    --8<-- "snippets/rnn.py:step"'), "indented as its fence"),
    ("includes", python('--8<-- "snippets/rnn.py:5:10"'), "nothing more on the line"),
    ("includes", python('--8<-- "snippets/lost.py"'), "lost.py, which does not exist"),
    (
        "figure-places includes",
        python('--8<-- "docs/figures/mark.svg"'),
        "expected the include of a snippet",
    ),
    ("includes", python("a = 1"), "holds only includes"),
    ("includes", python(""), "includes nothing"),
    ("includes", python('--8<-- "snippets/rnn.py:step"', ' hl_lines="1"'), "got ```python hl"),
    ("includes", python('--8<-- "snippets/rnn.py"', ' title="snippets/a.py"'), "the title says"),
    ("includes", '--8<-- "snippets/rnn.py:step"', "in a python fence"),
    (
        "figure-places includes",
        '--8<-- "docs/figures/mark.svg"\nwords',
        "a blank line before and after",
    ),
    ("includes", '--8<-- "docs/figures/lost.svg"', "does not exist"),
    ("includes", '```text\n--8<-- "snippets/rnn.py"\n```', "nothing more on the line"),
    ("includes", "```\na\n```", "expected a language (html, pycon, python, sh, text)"),
    ("includes", "```py3\na = 1\n```", "got ```py3"),
    ("includes", "Code:\n\n    a = 1", "in a fence that begins its line, got `a = 1`"),
    ("includes", "Code:\n\n\ta = 1", "in a fence that begins its line, got `a = 1`"),
    ("includes", "## Code\n    a = 1", "in a fence that begins its line, got `a = 1`"),
    ("includes", "1. Code:\n\n        a = 1", "in a fence that begins its line, got `a = 1`"),
    ("includes", '!!! note "Code"\n        a = 1', "in a fence that begins its line, got `a = 1`"),
    ("includes", "1. Code:\n\nEnd.\n\n    a = 1", "in a fence that begins its line, got `a = 1`"),
    ("includes", "> ```python\n> a = 1\n> ```", "in a fence that begins its line, got `> ```py"),
    ("includes", ">     a = 1", "in a fence that begins its line, got `>     a = 1`"),
    ("includes", "- ```python\n  a = 1\n  ```", "in a fence that begins its line, got `- ```py"),
    ("includes", "<pre><code>a = 1</code></pre>", "in a fence that begins its line, got `<pre>"),
    ("includes", "```text\na", "never closed"),
    ("includes", "```text\na\n\n```text\nb\n```", "not closed before the next one"),
    ("includes", "    ```text\n    a\n```", "not indented as its beginning"),
    ("widths", f"```pycon\n>>> {'a' * 75}\n```", "at most 78 characters, got 79: `>>> aaa"),
    ("widths", f"```pycon\n>>> f(a,\n... {'a' * 75})\n```", "78 characters, got 80: `... aaa"),
    ("widths", f"```pycon\n>>> a\n{'a' * 79}\n```", "at most 78 characters, got 79: `aaa"),
    ("widths", f"```text\n{'a' * 79}\n```", "at most 78 characters, got 79: `aaa"),
    ("widths", f"!!! note\n    ```sh\n    {'a' * 79}\n    ```", "at most 78 characters, got 79"),
    ("numbers", "Half of it is 0.5.", "`<!-- check: 0.5 == expression -->`"),
    ("numbers", "- Half\n- of it is 12 %.", "`<!-- check: 12 % == expression -->`"),
    ("numbers", "5 per cent, or 7 per\ncent", "`<!-- check: 7 per cent == expression -->`"),
    ("numbers", '!!! note "It has 1,234 weights"', "`<!-- check: 1,234 == expression -->`"),
    ("numbers", "| a |\n|---|\n| −0.5 |", "`<!-- check: -0.5 == expression -->`"),
    ("numbers", "0.5 and 0.7.\n<!-- check: 0.5 == 1 / 2 -->", "`<!-- check: 0.7 == expr"),
    ("numbers", "Half is 0.6.\n<!-- check: 0.5 == 1 / 2 -->", "`0.5` is checked, but"),
    ("numbers", "Half is 0.5.\n<!-- check: 0.5 = 1 / 2 -->", "`check: number == expression`"),
    ("numbers", "Half is 0.5.\n<!-- check 0.5 == 1 / 2 -->", "`check: number == expression`"),
    ("numbers", "It is 12.\n<!-- count: 12 == 13 -->", "`check: number == expression`"),
    ("numbers", "Both a < 0.5 and b > 2.", "`<!-- check: 0.5 == expression -->`"),
    ("numbers", "From $2 to 0.5 to $3.", "`<!-- check: 0.5 == expression -->`"),
    ("numbers", "It is 0.5 [here](rnn.md#0.5).", "`<!-- check: 0.5 == expression -->`"),
    *(
        ("numbers", f"Or {text}.", f"`<!-- check: {number} == expression -->`")
        for text, number in [
            ("1.5x faster", "1.5"),
            ("after 2.5s", "2.5"),
            ("1.2M weights", "1.2"),
            ("3.2pp more", "3.2"),
            ("1.58kB", "1.58"),
            ("a loss of .5", ".5"),
            ("a loss of _0.6_", "0.6"),
            ("6&nbsp;% of it", "6 %"),
            ("12\\% of it", "12%"),
            ("1e-3 of it", "1e-3"),
            ("(0.51,0.61)", "0.61"),
        ]
    ),
    ("symbols", r"Let $\Xi^{\langle t \rangle}$ be new.", r"`\Xi` is not in docs/notation.md"),
    ("displayed symbols", "$$\n\\frac{1}{W_{a\\Xi}}\n$$", r"`W_{a\Xi}` is not in docs/notation.md"),
    ("symbols", r"So is $x^\Xi$.", r"`\Xi` is not in docs/notation.md"),
    ("symbols", r"And $\hat c$.", r"`\hat c` is not in docs/notation.md"),
    ("symbols", r"It is \(x\).", "expected formulas between $ or $$"),
    ("references", "[X](references.md#x-1900)", "has no entry `x-1900`"),
    ("hosts", "![x](https://example.org/x.png)", "loads https://example.org/x.png"),
    ("hosts", '<img alt="" src="//example.org/x.png">', "loads //example.org/x.png"),
    ("hosts", '<a href="rnn.md" ping="https://example.org/">x</a>', "loads https://example.org/"),
    ("hosts", '<svg><use xlink:href="//example.org/x#y"/></svg>', "loads //example.org/x#y"),
    ("asking", '<p onclick="go()">x</p>', "a script needs a file of its own"),
    ("asking", "<script>go()</script>", "a script needs a file of its own"),
    ("equations", "$$\nx\n\\tag{7}\n$$", "no line shown here ends in `# eq. 7`"),
    ("equations places", "$$\nx\n\\tag{1}\n$$", "expected equations numbered 1, 2, 3"),
]
EDITED = [
    # guards, file, what is replaced, by what, what the message says
    ("equations places", RNN, ", eq. 1$", "", "no line shown here ends in `# eq. 1`"),
    ("equations places", RNN, ", eq. 1$", ", eq. 1, 8", "expected the comment to end in `eq. N`"),
    (
        "equation-names",
        RNN,
        r"a_t = np\.tanh",
        "h_t = np.tanh",
        "expected `a_t = ...` for equation 1",
    ),
    ("equations", RNN, r"# eq\. 4$", "# eq. 9", "the page has no such equation"),
    (
        "equations includes places sections",
        RNN,
        r"\[end:step-body\]",
        "",
        "expected `# --8<-- [start:name]`",
    ),
    (
        "equations includes places sections",
        RNN,
        r".*\[end:step-body\]\n",
        "",
        "`step` is closed, open is `step-body`",
    ),
    (
        "includes sections",
        RNN,
        r"\[start:types\]",
        "[start:step]",
        "`step` is opened a second time",
    ),
    ("sections", RNN, r"\Z", "\n# --8<-- [start:late]\n", "`late` is never closed"),
    ("sections", RNN, r"\Z", "\n# --8<-- [end:late]\n", "`late` is closed, open is none"),
    ("sections", RNN, r"\Z", MORE, "no page shows the section `more`"),
    ("sections", RNN, r"\Z", "\nHIDDEN = 1\n", "this statement is in no section"),
    (
        "whole-file",
        "docs/rnn.md",
        r"^\[Download rnn.*\nIt runs on.*\n\n\?",
        "?",
        "docs/rnn.md: expected this section",
    ),
    (
        "runs-on",
        "docs/rnn.md",
        r"^    It runs on Python.*\n",
        "",
        "docs/rnn.md: expected `It runs on Python 3.11 or newer with NumPy 2.0 or newer.` beside",
    ),
    ("runs-on", "README.md", r"^commands\. It runs on .*", "commands.", "(snippets/char_lstm.py)"),
    (
        "runs-on",
        "docs/index.md",
        r"its own\. It runs on .*",
        "its own.",
        "beside (snippets/unrolled.zip)",
    ),
    ("snippets", RNN, "MIT-0", "MIT", "rnn.py:1: expected the first line"),
    ("snippets", RNN, "the plain", "the plaïn", "expected ASCII only, got ['ï']"),
    ("snippets", RNN, "^import numpy.*", "import pandas as np", "got `pandas`"),
    (
        "snippets",
        RNN,
        "^import numpy.*",
        "from snippets.readout import np",
        "got `snippets.readout`",
    ),
    ("snippets", RNN, "^import numpy.*", "from .readout import np", "got `.readout`"),
    (
        "snippets",
        RNN,
        r"^ +# .*start:step-body.*\n",
        r"\g<0>" + "    z = 1\n" * 12,
        "at most 12 lines",
    ),
    ("snippets", RNN, r"^import numpy.*\n", r"\g<0>" + "import math\n" * 170, "at most 170 lines"),
    (
        "copies",
        RNN,
        "Raise a ValueError unless this",
        "Raise unless this",
        "`check` is not the same as in snippets/",
    ),
    ("code-names figures", NOTATION, r"`W_ax`", "`W_xa`", "no code uses the name `W_xa`"),
    ("drawn figures", SVG, "<title .*\n", "", "expected a <title>"),
    ("drawn figures", SVG, "(<desc [^>]*>).*(</desc>)", r"\1\2", "expected a <desc>"),
    ("drawn figures", SVG, 'aria-labelledby="[^"]*"', "", "expected aria-labelledby"),
    ("drawn figures", SVG, 'role="img"', "", 'expected role="img"'),
    ("drawn figures", SVG, "</svg>", '<g id="tip"/></svg>', "`tip` to begin with `rnn_cell-`"),
    ("drawn figures", SVG, "</svg>", '<g id="rnn_cell-desc"/></svg>', "is there twice"),
    (
        "drawn figures",
        SVG,
        'data-symbol="W_ax"',
        'data-symbol="W_xa"',
        "`W_xa` is not in the code column",
    ),
    ("drawn figures", SVG, ' data-symbol="W_ax"', "", "expected a data-symbol on the text `Wax`"),
    ("drawn figures", SVG, ' id="rnn_cell-W_ax"', "", "expected an id on the symbol `W_ax`"),
    ("drawn figures", SVG, "</svg>", "", "is no well-formed SVG"),
    ("figures", "docs/rnn.md", rf'^--8<-- "{SVG}"\n', "", "rnn_cell.svg: no page shows it"),
    ("references", REFERENCES, r"\Z", f"- {DOI}\n", "expected one `<span id="),
    ("references", REFERENCES, r"\Z", f'- <span id="elman-1990"></span> {DOI}\n', "of its own"),
    (
        "references",
        REFERENCES,
        r"\Z",
        f'- <span id="x-1900"></span> {DOI}\n',
        "no page cites `x-1900`",
    ),
    (
        "links references",
        REFERENCES,
        r"https://doi.org",
        "https://example.org",
        "expected a link to doi.org",
    ),
]
HOOK = "overrides/hooks/new.py"
FILE = "from mkdocs.structure.files import File"
CREATED = [
    # guards, file, its text, what the message says
    ("stems", "docs/new-cell.md", "# New\n", "expected snippets/new_cell.py"),
    ("stems", "docs/new-cell.md", "# New\n", "expected a row of the map for new-cell.md"),
    ("stems", "tests/test_new_cell.py", "", "expected snippets/new_cell.py"),
    ("stems", "snippets/new_cell.py", LICENCE, "expected a page docs/new-cell.md"),
    ("stems", "snippets/new_cell.py", LICENCE, "expected a test tests/test_new_cell.py"),
    ("stems whole-file", "snippets/index.py", LICENCE, "`index` is no longer an exception"),
    ("figures", "docs/figures/new.svg", "<svg/>", "expected both new.py and new.svg"),
    (
        "asking hosts",
        "overrides/new.html",
        '<script src="https://example.org/x.js">',
        "new.html:1: loads",
    ),
    ("hosts", "docs/assets/new.css", "@import 'https://example.org/x';", "new.css:1: loads"),
    ("hosts", "docs/assets/new.css", "a { b: url(//example.org/x) }", "new.css:1: loads"),
    (
        "hosts",
        "docs/assets/new.css",
        "a { b: image-set('//example.org/x' 1x) }",
        "new.css:1: loads",
    ),
    ("asking hosts", "docs/assets/new.js", "fetch('https://example.org/x')", "new.js:1: loads"),
    *(
        ("asking", "docs/assets/new.js", f"\n{code}", f"new.js:2: `{code}`: it may ask for a file")
        for code in [
            'fetch("http" + "s:" + host)',
            "await import(place + name)",
            "new Worker(place)",
            "const asking = new XMLHttpRequest()",
            "navigator.sendBeacon(place, told)",
            "new WebSocket(place)",
            "new EventSource(place)",
            "window.open(place)",
            "open(place)",
            "location = place",
            "location.href = place",
            "top.location.assign(place)",
            "picture.src = place",
            "link.href = place",
            "Object.assign(link, { href: place })",
            'link.setAttribute("href", place)',
            'const made = document.createElement("img")',
            "box.style.background = place",
            "box.style.backgroundImage = place",
            "box.innerHTML = made",
            'window["fet" + "ch"](place)',
            'const place = atob("Ly9leGFtcGxlLm9yZw")',
            'const place = "//" + host',
            'const place = "https:".concat(rest)',
        ]
    ),
    ("asking", "docs/assets/moved.js", "leadOn()", "moved.js: `if (part?.matches("),
    ("asking", "overrides/new.html", "<script>go()</script>", "new.html:1: `<script>go()"),
    (
        "hooks",
        HOOK,
        "def title(html, page):\n    return html\n",
        "new.py:1: expected `page` only in",
    ),
    (
        "hooks",
        HOOK,
        "of = lambda *, config: config.site_name\n",
        "new.py:1: expected `config` only",
    ),
    (
        "hooks",
        HOOK,
        f"{FILE}\n\ndef made():\n    return File\n",
        "new.py:4: expected the builder's",
    ),
    (
        "hooks",
        HOOK,
        "import mkdocs.utils\nU = mkdocs.utils\n",
        "the builder's `mkdocs` only in on_",
    ),
]


@pytest.mark.parametrize(("guards", "text", "message"), APPENDED, ids=messages(APPENDED))
def test_a_fault_on_a_page_is_caught(copy, new_faults, guards, text, message):
    append(copy / "docs/rnn.md", f"\n{text}\n")
    assert_caught(new_faults(), guards, "docs/rnn.md:", message)


@pytest.mark.parametrize(("guards", "file", "old", "new", "message"), EDITED, ids=messages(EDITED))
def test_a_fault_in_a_file_is_caught(copy, new_faults, guards, file, old, new, message):
    edit(copy / file, old, new)
    assert_caught(new_faults(), guards, Path(file).stem, message)


@pytest.mark.parametrize(("guards", "file", "text", "message"), CREATED, ids=messages(CREATED))
def test_a_file_out_of_place_is_caught(copy, new_faults, guards, file, text, message):
    (copy / file).parent.mkdir(parents=True, exist_ok=True)
    (copy / file).write_text(text, encoding="utf-8")
    assert_caught(new_faults(), guards, Path(file).stem, message)


def test_what_the_builder_calls_may_know_it(copy, new_faults):
    (copy / HOOK).parent.mkdir(parents=True, exist_ok=True)
    inner = "    def one(page):\n        return File(page, config)\n    return map(one, files)\n"
    (copy / HOOK).write_text(f"{FILE}\n\ndef on_files(files, config):\n{inner}")
    assert new_faults() == {}


def test_a_line_as_wide_as_the_column_passes(copy, new_faults):
    append(copy / "docs/rnn.md", f"\n```pycon\n>>> {'a' * 74}\n{'a' * 78}\n```\n")
    append(copy / "docs/rnn.md", f"\n!!! note\n    ```text\n    {'a' * 78}\n    ```\n")
    assert new_faults() == {}


def test_a_renamed_section_is_caught_on_the_page(copy, new_faults):
    edit(copy / RNN, r"\[start:step-body\]", "[start:renamed]")
    edit(copy / RNN, r"\[end:step-body\]", "[end:renamed]")
    assert_caught(
        new_faults(),
        "includes places sections",
        "docs/rnn.md:",
        "has no section `step-body` (renamed?)",
    )


def test_a_section_shown_in_a_comment_only_is_caught(copy, new_faults):
    append(copy / RNN, MORE)
    append(copy / "docs/rnn.md", '\n<!--\n--8<-- "snippets/rnn.py:more"\n-->\n')
    assert_caught(new_faults(), "sections", RNN, "no page shows the section `more`")


def test_a_figure_that_is_not_what_its_code_draws_is_caught(copy, new_faults):
    edit(copy / SVG, 'x="', 'x="1')
    assert_caught(new_faults(), "drawn", SVG, "is not what docs/figures/rnn_cell.py draws")


def test_a_figure_that_is_lost_is_named(copy, new_faults):
    (copy / SVG).unlink()
    assert f"{SVG}: expected this figure, it is lost" in new_faults()["drawn"]


def test_a_number_in_an_experiment_is_caught(copy, new_faults):
    text = "# %%\nrate = 0.5\n\n# %% [markdown]\n# The rate is 0.5.\n\n# %%\nuse(0.7)\n"
    (copy / "docs/experiments/new.py").write_text(text)
    faults = new_faults()["numbers"]
    assert faults.startswith("docs/experiments/new.py:5: expected `<!-- check: 0.5 ==")
    assert faults.count("\n") == 0


def test_a_number_in_the_words_for_a_plot_is_caught(copy, new_faults):
    path = copy / "docs/experiments/new.py"
    text = '# %% alt="A line that falls to 0.5 %."\nplot(0.7)\n\n# %% [markdown]\n{}# It falls.\n'
    path.write_text(text.format("# <!-- check: 0.5 % == 1 / 200 -->\n"))
    assert "numbers" not in new_faults()
    path.write_text(text.format(""))
    expected = "docs/experiments/new.py:1: expected `<!-- check: 0.5 % =="
    assert new_faults()["numbers"].startswith(expected)


CLAIMS = [
    # what is replaced on docs/claims.md, by what, what the message says
    (r"^\[L6\].*(\n:.*|\n .*)*\n\n", "", "expected L6, got L7"),
    (r"^(\[L6\].*(\n:.*|\n .*)*\n\n)", r"\1\1", "expected L7, got L6"),
    (r"^(\[L6\].*(?:\n:.*|\n .*)*\n\n)(\[L7\].*(?:\n:.*|\n .*)*\n\n)", r"\2\1", "got L7"),
    (r"^\[F10\].*(\n:.*|\n .*)*\n", "", "expected F10, got the end"),
    (r"\Z", "\n[F11](#f11){ #f11 } More. · *opinion*\n", "expected the end, got F11 (SIZES in"),
    (r"\[L6\]\(#l6\)\{", "[L6](#l5){", "L6: expected the id l6, got ['l5', 'l6']"),
    (r"\{ #l6 \}", "{ #six }", "L6: expected the id l6, got ['l6', 'six']"),
    (r"^(\[L6\].*) · .*", r"\1", "expected L6, got L7"),
    (r"^(\[L6\].* · ).*", r"\1*bad*, *tested*", "L6: expected one of right, incomplete, wrong,"),
    (r"^(\[L6\].* · ).*", r"\1*wrong*, *sure*", "L6: expected one of tested, measured, sourced"),
    (r"^(\[L6\].* · ).*", r"\1*wrong*", "L6: expected one of tested, measured, sourced behind"),
    (r"^(\[L6\].* · ).*", r"\1*wrong*, *sourced*", "L6: is sourced, so expected a citation"),
    (r"^(\[H1\].* · ).*", r"\1*wrong*, *measured*", "H1: is measured, so expected a test"),
    (r"^(\[G11\].* · ).*", r"\1*opinion*, *tested*", "G11: expected no other word behind"),
    (r"^(\[G11\].* · ).*", r"\1*unverified*", "G11: is unverified, so expected a citation"),
    (r'(value="wrong".*) \d+<', r"\1 1<", "expected a filter that counts"),
    (r"^<label.*value=.opinion.*\n", "", "expected a filter that counts"),
    (r"`tests/test_lstm.py::test_a_unit_sees\w+`", "a test", "L6: is tested, so expected a test"),
    (r"`tests/test_rnn.py::test_a_step_by_hand`", "a test", "R2: is tested, so expected a test"),
    (r"references.md#goodfellow-2016", "history.md#elman", "H1: is sourced, so expected a cit"),
    (r"::test_a_unit_sees_no", "::test_a_unit_sees", "L6: there is no test tests/test_lstm.py::"),
    (r"test_lstm.py::test_a_unit", "test_lost.py::test_a_unit", "no test tests/test_lost.py::"),
    (
        r"guards/figures.py::check_drawn",
        "guards/figures.py::check_d",
        "S6: there is no test tests/g",
    ),
    (r"lstm.md#what-goes-wrong", "lstm.md#what-goes", "L6: lstm.md has no place #what-goes"),
    (r"lstm.md#what-goes-wrong", "lost.md#what-goes-wrong", "L6: lost.md has no place"),
    (
        r"test_window.py::test_looking_up",
        "test_gru.py::test_a_st",
        "T3: rests on tests/test_gru.py",
    ),
    (
        r"test_rnn.py::test_a_step_by_hand",
        "test_rnn.py::test_small_weights_make_it_linear",
        "R2 names tests/test_rnn.py::test_small_weights_make_it_linear: if this",
    ),
    (
        r"test_rnn.py::test_a_step_by_hand",
        "test_rnn.py::test_small_weights_make_it_linear",
        "tests/test_rnn.py: test_a_step_by_hand says `# claim R2`, but R2 on docs/claims.md does",
    ),
    (r"history.md#jordan", "history.md", "H5: expected a link to a place on a page"),
    (r"^(\[L6\].*\n): .*\n", r"\1", "L6: expected two parts below the claim"),
]


def test_every_guard_of_the_whole_is_listed():
    listed = {*GUARDS.values(), *SAID.values(), readable.check}  # tests/conftest.py asks the last
    for path in sorted((ROOT / "tests/guards").glob("[a-z]*.py")):
        module = import_module(f"tests.guards.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            takes = list(inspect.signature(function).parameters)
            if name.startswith("check") and takes == ["root"]:
                assert function in listed, f"list {path.stem}.{name} in tests/guards/everywhere.py"


IMPORTS = re.compile(r"^from tests\.guards(?:\.(\w+))? import (\([^)]*\)|.*)", re.MULTILINE)


def test_every_guard_of_the_whole_is_shown_a_fault():
    """Its name is beside a planted fault here, or a file of tests calls it in a planted book."""
    caught = re.findall(r"assert_caught\(\s*new_faults\(\),\s*\"(.+?)\"", read(Path(__file__)))
    caught += [row[0] for row in (*APPENDED, *EDITED, *CREATED)]
    shown = {path_of(GUARDS[name]) for names in caught for name in names.split()}
    for path in {*(ROOT / "tests").glob("test_*.py")} - {ROOT / "tests/test_book.py"}:
        source = read(path)
        for module, names in IMPORTS.findall(source):
            for name, alias in re.findall(r"(\w+)(?: as (\w+))?", names):
                called = re.findall(rf"\b{alias or name}\.(\w+)", source)
                shown |= {f"tests.guards.{name}.{it}" for it in called}
                shown.add(f"tests.guards.{module}.{name}")
    for guard in (*GUARDS.values(), *SAID.values()):
        assert path_of(guard) in shown, f"plant a fault that {path_of(guard)} finds"


def path_of(guard):
    return f"{guard.__module__}.{guard.__name__}"


@pytest.fixture(scope="session")
def claimed(tmp_path_factory):
    """Give what the claims are about: all pages and all tests."""
    patterns = "docs/*.md", "docs/experiments/*.py", "tests/test_*.py", "tests/guards/*.py"
    return copied(tmp_path_factory.mktemp("claimed"), *patterns)


@pytest.mark.parametrize(("old", "new", "message"), CLAIMS, ids=messages(CLAIMS))
def test_a_claim_that_rests_on_nothing_is_caught(claimed, old, new, message):
    page = claimed / claims.CLAIMS
    right = page.read_text(encoding="utf-8")
    assert claims.check(claimed) == []
    try:
        edit(page, old, new)
        assert message in "\n".join(claims.check(claimed))
    finally:
        page.write_text(right, encoding="utf-8")


def test_a_link_to_a_claim_of_another_page_is_caught(claimed):
    page = claimed / "docs/lstm.md"
    right = page.read_text(encoding="utf-8")
    try:
        page.write_text(f"{right}\nAs in [L6](claims.md#l6), unlike [R2](claims.md#r2).\n")
        (fault,) = claims.check(claimed)
        assert "links to R2 on docs/claims.md, which is about" in fault
    finally:
        page.write_text(right, encoding="utf-8")


@pytest.mark.parametrize("options", [[], ["--cell"]])
def test_a_page_laid_out_passes(copy, new_faults, options):
    for name in ("mkdocs.yml", "pyproject.toml", "snippets/ruff.toml", "docs/changes.md"):
        shutil.copy(ROOT / name, copy / name)
    # these name snippets that the small book has not
    left_out = shutil.ignore_patterns("recipes", "equivalent_mutants.txt")
    shutil.copytree(ROOT / "tools", copy / "tools", ignore=left_out)
    subprocess.run(
        [sys.executable, "tools/new_page.py", "new-cell", *options], cwd=copy, check=True
    )
    assert new_faults() == {}
    assert values.check_page(copy, "docs/new-cell.md") == []
    assert shapes.check_snippet(copy, "new_cell") == []
    assert running.check_snippet(copy, "new_cell") == []
    assert alone.check_snippet(copy, "new_cell") == []


def test_what_is_well_formed_passes(copy, new_faults):
    append(copy / RNN, MORE)
    edit(
        copy / "docs/figures/rnn_cell.py",
        r"^PLACES = \[",
        'PLACES = ["rnn-gradient.md#where-it-comes-from", ',
    )
    append(copy / "docs/figures/mark.py", 'PLACES = ["rnn-gradient.md#where-it-comes-from (2)"]\n')
    append(copy / "docs/rnn-gradient.md", WELL_FORMED + python('--8<-- "snippets/rnn.py:more"'))
    assert new_faults() == {}


WELL_FORMED = r"""
1. In a list:

    ```python title="snippets/rnn.py"
    --8<-- "snippets/rnn.py:step"
    ```

    --8<-- "docs/figures/rnn_cell.svg"

    - in a list
      on two lines

        and with a second paragraph,
            which nobody would indent so;

    as this one.

<div class="wide" markdown>
--8<-- "docs/figures/mark.svg"
</div>

````text
```python
anything goes
;--8<-- "snippets/rnn.py:5:10"
```
````

Plain numbers such as 12 need nothing, nor do Python 3.12, NumPy 2.4.6, CC BY 4.0, 3.12.1, `0.5`,
$0.5$, arXiv:1303.5778, [a link](rnn.md#0.5 "x"), <!-- 0.5 --> or <span title="0.5">this</span>.

Half is 0.5, and 1,000 is 12.5 % of 8,000.
<!-- check: 0.5 == 1 / 2 -->
<!-- check: 1,000 == 10**3 -->
<!-- check: 12.5 % == 1000 / 8000 -->
<!-- check: 8,000 == 8 * 1000 -->

So is 12.5&nbsp;% of 8e3, .5 and 1.5k: the 2nd of 3D, or of 2016-05-06.
<!-- check: 12.5 % == 1000 / 8000 -->
<!-- check: 8e3 == 8 * 1000 -->
<!-- check: .5 == 1 / 2 -->
<!-- check: 1.5 == 1500 / 1000 -->

| cited |
|---|
| 0.5 in [Elman (1990)](references.md#elman-1990) |

$$
\text{loss of } x_1 = \frac{\partial L}{\partial W_{ax}} \tanh \hat{y}^{\langle t - 1 \rangle} \\
\tag{7}
$$
"""

EXAMPLES = """
```pycon
>>> import numpy as np
>>> half = 1 / 2
>>> half
0.5
```

??? success "Shared names"
    ```pycon
    >>> np.array([half, 1 / 3])
    array([0.5       , 0.33333333])
    >>> 1 / 0
    Traceback (most recent call last):
        ...
    ZeroDivisionError: division by zero
    ```

Half is 0.5, or 50 per cent, and later a third is 0.333.
<!-- check: 0.5 == half -->
<!-- check: 50 per cent == half -->
<!-- check: 0.333 == third -->

```pycon
>>> third = half * 2 / 3
```
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("^0.5$", "0.6", "page.md:5: `half`, expected: 0.6, got: 0.5"),
        (r"0\.33333333", "0.33343333", "page.md:11: `np.array([half, 1 / 3])`"),
        ("by zero", "by nought", "    ...\nZeroDivisionError: division by zero"),
        ("1 / 0$", "1 / 0  # doctest: +SKIP", "expected no directive: each example is run"),
        ("1 / 0$", "1 / 1", "expected: Traceback"),
        (
            "^>>> import numpy as np$",
            ">>> (",
            "page.md:3: `(`, expected: no output, got: SyntaxError: '(' was never closed",
        ),
        ("^>>> half$", ">>>half", "page.md:5: this line of an example lacks blank after >>>: '>>>"),
        ("^>>> half$", "  >>> half", "page.md:6: this line of an example has inconsistent leading"),
        (r"array\(\[0.5", "array([0.5, 0.5", "got: array([0.5"),
        ("^>>> import numpy as np$", ">>> np.nothing", "got: NameError"),
        (r"\A\n```pycon\n", "\n```pycon\nhalf\n", "expected `>>> ` before this code"),
        ("check: 0.5 == half", "check: 0.5 == third", "page.md:20: the page says 0.5"),
        ("50 per cent == half", "50 per cent == third", "says 50 per cent, at its end `third` is"),
        ("0.333 == third", "0.334 == third", "the page says 0.334"),
        ("0.333 == third", "0.333 == fourth", "`fourth` raises NameError"),
        ("0.333 == third", "0.333 == 3.33e-1", "`3.33e-1` repeats the number"),
        ("0.333 == third", "0.333 == +0.333", "`+0.333` repeats the number"),
        ("0.333 == third", "0.333 == {[]}", "`{[]}` raises TypeError"),
        ("1 / 2$", "float(np.float64(1) / 0)", "RuntimeWarning"),
        ("1 / 2$", "float(input())", "EOFError"),
    ],
)
def test_what_an_example_or_a_number_says_wrongly_is_caught(copy, old, new, message):
    page = copy / "docs/page.md"
    page.write_text(EXAMPLES)
    edit(page, old, new)
    assert message in "\n".join(values.check_page(copy, "docs/page.md"))


def test_right_examples_and_numbers_pass(copy):
    (copy / "docs/page.md").write_text(EXAMPLES)
    assert values.check_page(copy, "docs/page.md") == []


LEAVES = """
```pycon
>>> import numpy as np, rnn, snippets.readout
>>> np.set_printoptions(precision=2)
>>> _ = np.seterr(all="ignore")
>>> rnn.left = snippets.readout.left = True
```
"""
FINDS = """
```pycon
>>> import numpy as np, rnn, snippets.readout
>>> np.array([1 / 3])
array([0.33333333])
>>> np.geterr()["divide"]
'warn'
>>> hasattr(rnn, "left") or hasattr(snippets.readout, "left")
False
```
"""


def test_a_page_finds_nothing_that_another_left(copy):
    for examples in (LEAVES, FINDS):
        (copy / "docs/page.md").write_text(examples)
        assert values.check_page(copy, "docs/page.md") == []


def test_a_page_that_does_not_end_is_caught(copy, monkeypatch):
    (copy / "docs/page.md").write_text("```pycon\n>>> while True: pass\n```\n")
    monkeypatch.setattr(process, "LIMIT", 0.1)
    assert values.check_page(copy, "docs/page.md") == [
        "docs/page.md: run_page did not end within 0.1 seconds"
    ]


def test_a_page_that_ends_its_process_is_caught(copy):
    page = copy / "docs/page.md"
    page.write_text("```pycon\n>>> import os\n>>> os._exit(3)\n```\n")
    assert values.check_page(copy, "docs/page.md") == [
        "docs/page.md: run_page ended its process: 3"
    ]
    page.write_text(EXAMPLES)
    assert values.check_page(copy, "docs/page.md") == []


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        ("0.75", "0.7500000001", True),
        ("0.75", "0.751", False),
        ("array([1., 0.])", "array([1.0000001, 0.])", True),
        ("array([1., 0.])", "array([1.4, 0.])", False),
        ("array([1.,\n       0.])", "array([ 1., 0.])", True),
        ("array([0.00012346])", "array([0.00012345])", True),
        ("array([0.0001234])", "array([0.0001235])", False),
        ("1.2e-10", "1.4e-10", False),
        ("-0.5", "0.5", False),
        ("3", "3.0", False),
        ("1000000", "1000001", False),
        ("float32", "float64", False),
        ("'a  b'", "'a b'", False),
        ("nan", "0.0", False),
        ("step 10 loss 0.5", "step 10 loss 0.5000001", True),
    ],
)
def test_outputs_are_compared_as_numbers_and_as_text(want, got, same):
    assert values.Numbers().check_output(want, got, 0) is same


SNIPPET = """\
from typing import NamedTuple

import numpy as np


class Pair(NamedTuple):
    a: np.ndarray  # (n_a, m)
    b: np.ndarray | None  # (n_a, 1), each above 0


class Tape(NamedTuple):
    pairs: list  # each (T, n_a, m)


def double(w, x):
    z = w @ x  # (n_a, m)
    z += 1  # (n_a, m)
    both = np.vstack(
        [z, x]
    )  # (n_a + n_x, m), stacked
    for t in range(2):
        both[t] = x[0]  # (m,)
    return both
"""
TEST = """\
import numpy as np
import pytest

import snippets.rnn
from snippets.echo import Pair, Tape, double

SIZES = {"n_a": 7, "n_x": 3, "m": 2, "T": 13}


def exercise():
    double(np.ones((7, 3)), np.ones((3, 2)))
    Pair(np.ones((7, 2)), np.ones((7, 1)))
    Pair(np.ones((13, 7, 2)), None)
    Tape([np.ones((13, 7, 2)), np.ones((13, 7, 2))])
    print("done")
"""


@pytest.fixture
def echo(copy):
    """Add a snippet with shape comments of every sort, and its test."""
    (copy / "snippets/echo.py").write_text(SNIPPET)
    (copy / "tests/test_echo.py").write_text(TEST)
    return copy


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("snippets", r"x  # \(n_a, m\)", "x  # (m, n_a)", "echo.py:16: `(m, n_a)` says (2, 7)"),
        ("snippets", r"\+= 1  # \(n_a, m\)", "+= 1  # (n_x, m)", "echo.py:17: `(n_x, m)`"),
        ("snippets", r"n_a \+ n_x", "n_a * n_x", "echo.py:20: `(n_a * n_x, m)` says (21, 2)"),
        ("snippets", r"# \(m,\)", "# (n_x,)", "echo.py:22: `(n_x,)`"),
        ("snippets", r"ndarray  # \(n_a, m\)", "ndarray  # (n_a, T)", "echo.py:7: `(n_a, T)`"),
        ("snippets", r"\(n_a, 1\)", "(n_x, 1)", "echo.py:8: `(n_x, 1)`"),
        ("snippets", r"each \(T, n_a", "each (n_a, T", "echo.py:12: `each (n_a, T, m)`"),
        ("snippets", r"# \(m,\)", "# (m)", "`# (m)` is no tuple of the names in SIZES"),
        ("snippets", r"# \(m,\)", "# (q,)", "`# (q,)` is no tuple of the names in SIZES"),
        ("snippets", "return both", "return both  # (n_a, m)", "neither an assignment nor a field"),
        ("tests", r"double\(np.*", "pass", "echo.py:16: `(n_a, m)` is never reached"),
        ("tests", r"Tape\(\[.*", "pass", "echo.py:12: `each (T, n_a, m)` is never reached"),
        ("tests", r"Pair\(np.ones\(\(7, 2.*", "pass", "echo.py:8: `(n_a, 1)` is never reached"),
        ("tests", '"m": 2', '"m": 7', "n_a = m"),
        ("tests", '"T": 13', '"T": 10', "T = n_a + n_x"),
        ("tests", '"T": 13', '"T": 1', "1 = T"),
    ],
)
def test_a_wrong_shape_comment_is_caught(echo, file, old, new, message):
    path = echo / file / ("echo.py" if file == "snippets" else "test_echo.py")
    edit(path, old, new)
    assert message in "\n".join(shapes.check_snippet(echo, "echo"))


def test_right_shape_comments_and_a_snippet_that_runs_alone_pass(echo):
    assert shapes.check_snippet(echo, "echo") == []
    assert alone.check_snippet(echo, "echo") == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "^import numpy as np",
            "import numpy as np\nimport pytest",
            "`pytest` is neither NumPy nor",
        ),
        (
            "^import numpy as np",
            "import numpy as np\nimport snippets.rnn",
            "`snippets` is neither",
        ),
        ("z = w @ x", "open('snippets/rnn.py'); z = w @ x", "FileNotFoundError"),
        (r"^class Pair\(", "class Pear(", "ImportError"),
    ],
)
def test_a_snippet_that_does_not_run_alone_is_caught(echo, old, new, message):
    shapes.check_snippet(echo, "echo")  # imports pytest and other snippets before
    edit(echo / "snippets/echo.py", old, new)
    (fault,) = alone.check_snippet(echo, "echo")
    assert fault.startswith("snippets/echo.py: alone, ")
    assert message in fault


EXPERIMENT = """# %% [markdown]
# # Title

# %%
import math

from snippets import readout
from snippets.echo import double
from tools.data import unpack

SEEDS = [0, 1]
UNUSED = 3
DATA = "read.csv"


def part(seed):
    \"\"\"Measure.\"\"\"
    return double(seed), DATA


def draw():
    return math.pi


def summarise(measured):
    return {"loss": 0.5, "curve": [measured, unpack]}


PARTS = {str(seed): (part, seed) for seed in SEEDS}

# %%
print(draw())
"""


@pytest.fixture
def recorded(echo):
    """Add an experiment that imports a snippet and a tool, and a record of it."""
    (echo / "docs/experiments/data").mkdir(parents=True)
    (echo / "docs/experiments/data/read.csv").write_text("1")
    (echo / "docs/experiments/data/left.csv").write_text("1")
    (echo / "docs/experiments/new.py").write_text(EXPERIMENT)
    (echo / "tools").mkdir()
    (echo / "tools/data.py").write_text("from tools.deeper import unpack\n")
    (echo / "tools/deeper.py").write_text("def unpack():\n    return 1\n")
    record = dict.fromkeys(experiments.KEYS) | {"parts": {"0": {"code": "1a2b"}}}
    save_results("new", record | {"results": {"loss": 0.5, "curve": [1.5, 2.25]}}, echo)
    return echo


def test_results_are_kept_as_they_were(recorded):
    assert load_record("new", recorded)["results"] == {"loss": 0.5, "curve": [1.5, 2.25]}
    assert not [it for it in experiments.check(recorded) if "/new." in it]


def test_results_that_lack_or_outlive_something_are_caught(recorded):
    path = recorded / "docs/experiments/results/new.json"
    path.rename(path.with_stem("old"))
    found = "\n".join(experiments.check(recorded))
    assert "results/new.json: is missing: `make experiments NAME=new` measures again" in found
    assert "results/old.json: no experiment docs/experiments/old.py" in found
    path.write_text('{"results": 1}')
    assert "new.json: expected the keys" in "\n".join(experiments.check(recorded))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2.25", "2.26"),
        ("2.25", "2.25, 3"),
        ("null", "9"),
        ('"loss": 0.5', '"loss": 0.4, "loss": 0.5'),  # of which only the last one is read
    ],
)
def test_a_result_changed_by_hand_is_caught(recorded, old, new):
    path = recorded / "docs/experiments/results/new.json"
    path.write_text(path.read_text().replace(old, new, 1))
    (fault,) = (it for it in experiments.check(recorded) if "/new." in it)
    assert fault.startswith("docs/experiments/results/new.json: was changed after it was measured")
    assert "make experiments NAME=new" in fault


def test_results_checked_on_a_page(recorded):
    page = recorded / "docs/page.md"
    page.write_text('Loss 0.5.\n<!-- check: 0.5 == results("new")["loss"] -->\n')
    assert values.check_page(recorded, "docs/page.md") == []
    page.write_text('Loss 0.6.\n<!-- check: 0.6 == results("new")["loss"] -->\n')
    assert "the page says 0.6" in values.check_page(recorded, "docs/page.md")[0]


def test_results_older_than_their_code_are_no_fault(recorded):
    edit(recorded / "snippets/echo.py", r"z \+= 1", "z += 2")
    assert not [it for it in experiments.check(recorded) if "/new." in it]


@pytest.mark.parametrize(
    "statement",
    [
        "PARTS |= {'2': (part, 2)}",
        "PARTS['gru'] = (part, 2)",
        "PARTS['GRU'] = 2",
        "PARTS['0'][0].TIMES += 1",
        "PARTS.update({})",
        "last = PARTS.popitem()",
        "PARTS: dict = {}",
        "PARTS, rest = ({}, 1)",
        "for PARTS in []:\n    pass",
        "if draw():\n    del PARTS['0']",
    ],
)
def test_a_constant_that_the_full_size_sees_in_part_is_caught(recorded, statement):
    append(recorded / "docs/experiments/new.py", f"{statement}\n")
    faults = [it for it in experiments.check(recorded) if "/new." in it]
    assert faults == [
        f"docs/experiments/new.py:{len(EXPERIMENT.splitlines()) + 1}: "
        f"`{statement.splitlines()[0]}` changes PARTS for the page only, as the full run executes "
        "no such statement: expected all of PARTS where it is assigned"
    ]


def test_what_changes_no_constant_of_the_full_size_passes(recorded):
    statements = [
        "UNUSED += 1",
        "(A, (B, C)), D.E = (1, (2, 3)), 4",
        "rows = PARTS.items(), PARTS['0']",
        "rows[len(PARTS)] = 1",
        "def later():\n    PARTS.clear()",
    ]
    append(recorded / "docs/experiments/new.py", "\n".join(statements))
    assert not [it for it in experiments.check(recorded) if "/new." in it]


@pytest.mark.parametrize(
    ("latex", "found"),
    [
        (r"a^{\langle t-1 \rangle}", ["a", "t"]),
        (r"W_{ax} x + \tanh(b_a)", ["W_{ax}", "x", "b_{a}"]),
        (r"\hat y^{\langle t \rangle}_i", [r"\hat y_{i}", "t"]),
        (r"\hat{y}'", [r"\hat y"]),
        (r"\sum_{i=1}^{n_y} \log \text{a b}", ["i", "n_{y}"]),
        (r"\operatorname*{argmax}_\theta \mathrm{d} L \\[2pt]", [r"\theta", "L"]),
        (r"\beta_1^s \tag{3a}", [r"\beta_{1}", "s"]),
    ],
)
def test_symbols_are_read_from_formulas(latex, found):
    assert [str(symbol) for symbol in symbols(latex)] == found


# Assembled files


def test_an_assembled_file_is_what_its_recipe_makes(recipe, new_faults):
    assert not new_faults()
    append(
        recipe, 'def f(logits):\n    # --8<-- "snippets/readout.py:forward-body" a=logits z=it\n'
    )
    assert_caught(new_faults(), "assembled", "snippets/rnn.py:", "`make assemble`")
    assert "\n    it = W_ya @ logits + b_y  # (T, n_y, m), eq. 1\n" in assemble(recipe, ROOT)


def test_a_section_may_be_renamed_by_words_or_by_expressions(recipe):
    append(
        recipe, '    # --8<-- "snippets/readout.py:forward-body" b_y=b "z = "="return " a="a[0]"\n'
    )
    assert "\n    return W_ya @ a[0] + b  # (T, n_y, m), eq. 1\n" in assemble(recipe, ROOT)


def test_a_section_that_is_not_there_is_said(recipe, new_faults):
    append(recipe, '# --8<-- "snippets/readout.py:none"\n')
    message = "snippets/readout.py has no section `none`"
    assert_caught(new_faults(), "assembled", "tools/recipes/rnn.py:", message)


def test_a_name_that_is_not_in_the_section_is_said(recipe, new_faults):
    append(recipe, '# --8<-- "snippets/readout.py:forward-body" q=r\n')
    message = "snippets/readout.py, section `forward-body`, has no q"
    assert_caught(new_faults(), "assembled", "tools/recipes/rnn.py:", message)
