"""Versions of the snippets: what changes has to say so, and `make version` writes it down."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.guards import versions as guard
from tests.planted import called, copied, plant, write
from tools import versions
from tools.release_notes import notes
from tools.versions import CHANGES, LINE, RECORD, release, version_of, write_record

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
ONE = "# SPDX-License-Identifier: MIT-0\n{}\n\n\ndef f():\n    return 1  # one\n"
TEXTS = {
    CHANGES: """\
# Changes

## Version 3, 2027-03-02 { #version-3 }

- [two.py](two.md): its result is right.

## Version 2, 2027-03-01 { #version-2 }

- All files: they are of the second edition.
""",
    "snippets/one.py": ONE.format(LINE.format(2)),
    "snippets/two.py": ONE.format(LINE.format(3)),
}
DAY = date(2027, 3, 4)
FAULTS = [
    ("snippets/one.py", "return 1", "return 2", "one.py:2: the code is not what was recorded of"),
    ("snippets/one.py", "def f()", "def f(x=1)", "make version NAME=one"),
    (
        "snippets/one.py",
        "Version 2",
        "Version 3",
        "one.py:2: is version 3, but docs/changes.md has",
    ),
    ("snippets/one.py", "Version 2", "Edition 2", "one.py:2: expected the second line `# Version"),
    (
        "snippets/two.py",
        "Version 3",
        "Version 2",
        "is version 2, but docs/changes.md has it last in 3",
    ),
    (CHANGES, "[two.py](two.md)", "[one.py](one.md)", "one.py:2: is version 2, but"),
    (CHANGES, "[two.py](two.md)", "two.py", "version 3: expected `- [lstm.py](lstm.md): what is"),
    (CHANGES, "3, 2027-03-02 { #version-3", "4, 2027-03-02 { #version-4", "above version 2, got 4"),
    (CHANGES, "#version-3", "#version-4", "expected a heading such as `## Version 3, "),
    (CHANGES, "- All files: they", "They", "version 2: expected `- [lstm.py](lstm.md): what is"),
]


@pytest.fixture
def book(tmp_path):
    """Make a book of two snippets, in which everything is recorded."""
    write(tmp_path, TEXTS)
    write_record(["one", "two"], tmp_path)
    assert guard.check(tmp_path) == []
    return tmp_path


@pytest.mark.parametrize(("name", "old", "new", "message"), FAULTS, ids=called(FAULTS))
def test_a_change_without_a_version_is_caught(book, name, old, new, message):
    write(book, plant(TEXTS, name, old, new))
    assert message in "\n".join(guard.check(book))


def test_a_comment_or_a_docstring_needs_no_version(book):
    code = TEXTS["snippets/one.py"].replace("# one", "# not two")
    write(book, {"snippets/one.py": code.replace("    return", '    """Say 1."""\n\n    return')})
    assert guard.check(book) == []


def test_a_new_and_a_lost_snippet_are_caught(book):
    write(book, {"snippets/three.py": ONE.format("")})
    (book / "snippets/one.py").unlink()
    three, one = guard.check(book)
    assert three.startswith("snippets/three.py:2: has no version yet: make version NAME=three ")
    assert one == "snippets/versions.json: there is no snippets/one.py"


def test_a_change_gets_a_version_and_an_entry(book):
    write(book, plant(TEXTS, "snippets/one.py", "return 1", "return 2"))
    assert release(["one"], "it returns 2.", DAY, book) == 4
    assert version_of(book / "snippets/one.py") == 4
    assert guard.check(book) == []
    new = "## Version 4, 2027-03-04 { #version-4 }\n\n- [one.py](one.md): it returns 2.\n\n"
    expected = TEXTS[CHANGES].replace("## Version 3", f"{new}## Version 3")
    assert (book / CHANGES).read_text() == expected


def test_one_version_a_day_but_never_two_codes_of_one_number(book):
    assert release(["one"], "new.", DAY, book) == 4
    assert release(["two"], "new too.", DAY, book) == 4
    assert release(["one", "two"], "once more.", DAY, book) == 5
    assert [names for _, _, names in versions.sections((book / CHANGES).read_text())] == [
        ["one", "two"],
        ["two", "one"],
        ["two"],
        ["*"],
    ]
    assert guard.check(book) == []


def test_a_snippet_that_has_no_version_gets_its_line(book):
    write(book, {"snippets/my_own.py": ONE.format('"""Own."""')})
    release(["my_own"], "this file is new.", DAY, book)
    assert (book / "snippets/my_own.py").read_text() == ONE.format(f'{LINE.format(4)}\n"""Own."""')
    assert "[my_own.py](my-own.md): this file is new.\n" in (book / CHANGES).read_text()
    assert guard.check(book) == []


def test_the_recipe_of_an_assembled_file_gets_the_version_too(book):
    write(book, {"tools/recipes/one.py": TEXTS["snippets/one.py"]})
    release(["one"], "new.", DAY, book)
    assert version_of(book / "tools/recipes/one.py") == 4


def test_the_command_records_and_names_versions(tmp_path):
    copied(
        tmp_path, "tools/*.py", CHANGES, "snippets/*.py", RECORD, "tools/recipes/*.py", "Makefile"
    )
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)

    def call(*words):
        command = ["make", "--no-print-directory", "-o", "venv", "version", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    gru = tmp_path / "snippets/gru.py"
    gru.write_text(f"{gru.read_text()}\n\nMORE = 1\n")
    assert "NAME=gru" in guard.check(tmp_path)[0]
    said = "snippets/versions.json has the code as it is now, under the version it had.\n"
    assert call("NAME=gru").stdout == said
    assert guard.check(tmp_path) == []
    before = version_of(gru)
    said = call("NAME=gru lstm", 'CHANGES=the "bias"  is `b`.').stdout
    version = version_of(gru)
    assert said.startswith(f"Version {version}: look at its entry in docs/changes.md, and commit")
    assert version == before + 1 == version_of(tmp_path / "snippets/lstm.py")
    entry = '- [gru.py](gru.md), [lstm.py](lstm.md): the "bias" is `b`.\n'
    assert entry in (tmp_path / CHANGES).read_text()
    assert guard.check(tmp_path) == []
    assert json.loads((tmp_path / RECORD).read_text())["lstm"]["version"] == version
    assert "There is no snippet 'gru_u', but attention, " in call("NAME=gru-u").stderr


TWO = """# Changes

What a section is.

## Version 3, 2026-12-24 { #version-3 }

- [gru.py](gru.md), [lstm.py](lstm.md): [A state](lstm.md#state) of another dtype is refused.

## Version 2, 2026-11-30 { #version-2 }

- All files: The second edition.
"""


def test_the_notes_of_a_release_are_the_newest_section():
    assert notes(TWO, "v3") == "- gru.py, lstm.py: A state of another dtype is refused.\n"
    assert notes(TWO[: TWO.index("## Version 2")], "v3") == notes(TWO, "v3")


@pytest.mark.parametrize("tag", ["v2", "v33", "3"])
def test_a_tag_of_another_version_gets_no_notes(tag):
    with pytest.raises(ValueError, match=f"is that of v3, not of {tag}$"):
        notes(TWO, tag)


def test_the_notes_of_this_version_need_no_packages():
    version = versions.sections((ROOT / CHANGES).read_text())[0][0]
    command = [sys.executable, "-S", "-m", "tools.release_notes"]  # without site-packages
    done = subprocess.run([*command, f"v{version}"], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith("- ")
    done = subprocess.run([*command, f"v{version + 1}"], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr.startswith("No notes: the newest section of docs/changes.md is that of v")


@pytest.mark.parametrize("path", versions.snippets().values(), ids=lambda path: path.stem)
def test_a_page_says_the_version_of_its_file(path, site):
    html = (site / f"{path.stem.replace('_', '-')}.html").read_text()
    version = version_of(path)
    said = f'This is version {version}. <a href="changes.html">Changes</a> says what later '
    assert html.count(said) == 1
    assert (site / f"snippets/{path.name}").read_text().split("\n")[1] == LINE.format(version)
