"""A run of the tests says what is wrong in few words, as soon as it is known."""

import re
from functools import partial
from pathlib import Path

import pytest

import snippets
from tests.faults import in_brief
from tests.guards import readable
from tests.inner_run import run_tests
from tests.reporting import told

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path):
    return partial(run_tests, tmp_path)


FAILING = """
from tests.faults import assert_none

def test_faults():
    assert_none(["docs/a.md:1: expected one", "docs/a.md:2: expected\\ntwo"])

def test_none():
    assert_none([])

def test_plain():
    assert [1] == []
"""


@pytest.mark.parametrize("processes", [[], ["-n1"]], ids=["one process", "xdist"])
def test_faults_are_told_as_they_are_found_and_once(run, processes):
    status, said = run(FAILING, *processes)
    faults = re.findall(r"^FAULT .*\n(?:    \S.*\n)*", said, re.MULTILINE)
    assert faults == [
        "FAULT docs/a.md:1: expected one\n",
        "FAULT docs/a.md:2: expected\n    two\n",
        "FAULT tests/test_a.py:11: test_plain: assert [1] == []\n",
    ]
    end = said.index("= FAILURES =")
    assert said.index(faults[-1]) < end
    assert "_ test_plain _" in said[end:]
    assert "_ test_faults _" not in said
    assert "2 failed, 1 passed" in said
    assert status == 1


EVERYWHERE = """
import pytest
from tests.faults import assert_none

@pytest.mark.parametrize("page", range(9))
def test_pages(page):
    assert_none([f"docs/{page}.md:{page}: the same\\nthing", f"docs/{page}.md: {page}"])
"""


def test_a_fault_of_every_page_is_told_of_the_first_and_counted(run):
    _, said = run(EVERYWHERE)
    alike = re.findall(r"^FAULT docs/\d\.md:\d: the same\n    thing$", said, re.MULTILINE)
    assert len(alike) == 5
    more = ", ".join(f"docs/{page}.md:{page}" for page in range(5, 9))
    assert said.count(f"FAULT in 4 more places, {more}: the same\n    thing\n") == 1
    assert len(re.findall(r"^FAULT docs/(\d)\.md: \1$", said, re.MULTILINE)) == 9


def test_a_test_that_cannot_be_collected_is_a_line(run):
    status, said = run("from os import gone\n")
    (fault,) = re.findall("^FAULT .*", said, re.MULTILINE)
    assert fault.startswith("FAULT tests/test_a.py:1: ImportError: cannot import name 'gone'")
    assert "Traceback" not in said
    assert status == 2


NEEDS = """
import pytest

@pytest.mark.parametrize("time", [1, 2, 3])
def test_page(site, time):
    pass

def test_else():
    pass
"""


def test_a_site_that_does_not_build_is_one_fault_and_leaves_out_what_needs_it(run):
    said = "the site does not build:\nWARNING gone.md"
    stand_in = (
        "def pytest_configure():\n"
        "    from tests import building\n"
        f"    building.build = lambda config: {said!r}"
    )
    status, said = run(NEEDS, "-n2", more=stand_in)
    faults = re.findall(r"^FAULT .*\n(?:    \S.*\n)*", said, re.MULTILINE)
    assert faults == ["FAULT the site does not build:\n    WARNING gone.md\n"]
    assert "1 passed, 2 skipped, 1 error" in said
    assert status == 1


@pytest.mark.parametrize(("argument", "share"), [("1", 75), ("-1", 100)])
def test_the_table_of_coverage_is_printed_only_if_lines_are_missed(run, argument, share):
    code = "def f(x):\n    if x > 0:\n        return x\n    return -x\n"
    test = f"from snippets.a import f\ndef test():\n    f({argument})" + "\n    f(1)" * (
        share == 100
    )
    status, said = run(test, "--cov", a=code, b="x = 1\n")
    assert ("snippets/a.py" in said) == (share < 100)
    assert "snippets/b.py" not in said
    assert ("Stmts" in said) == (share < 100)
    assert status == (share < 100)


def test_of_what_mkdocs_says_a_stack_is_one_line_and_the_rest_stays():
    stack = f"""INFO    -  Building
ERROR   -  Error reading page 'a.md': oh
Traceback (most recent call last):
  File "<frozen runpy>", line 198, in run
  File "{ROOT}/overrides/hooks/a.py", line 9, in on_page
    f()
    ~^^
  File "{ROOT}/.venv/lib/b.py", line 3, in f

ValueError: oh
"""
    assert in_brief(stack) == (
        "ERROR   -  Error reading page 'a.md': oh\noverrides/hooks/a.py:9: ValueError: oh\n"
    )
    where = 'Error: expected one thing\n  in "mkdocs.yml", line 1\n'
    assert in_brief(where) == where


def test_what_stops_in_a_library_is_told_where_our_code_called_it():
    trace = "tests/test_a.py:3: in test_b\n    f()\n.venv/lib/numpy.py:9: in f\n    x\nE   Oh: x\n"
    assert told(trace, "tests/test_a.py::test_b") == "FAULT tests/test_a.py:3: test_b: Oh: x"
    assert told("no trace\nat all", "tests/test_a.py") == "FAULT tests/test_a.py: at all"


# -- files that Python cannot read, or start


@pytest.mark.parametrize("folder", ["snippets", "tests", "docs/experiments", "tools", "overrides"])
def test_a_file_that_is_no_python_is_named_with_its_line(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "a.py").write_text("x = 1\ny = (2\n")
    (tmp_path / folder / "b.py").write_text("x = 1\n")
    assert readable.check(tmp_path) == [f"{folder}/a.py:2: '(' was never closed: `y = (2`"]


def test_a_snippet_that_does_not_start_is_named_with_its_line(tmp_path, monkeypatch):
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/stops.py").write_text("import math\n\nmath.gone\n")
    monkeypatch.setattr(snippets, "__path__", [str(tmp_path / "snippets")])
    (fault,) = readable.check(tmp_path)
    assert fault.startswith("snippets/stops.py:3: AttributeError: module 'math' has no attribute")


def test_every_file_of_this_book_is_python_and_every_snippet_starts():
    assert readable.check(ROOT) == []
