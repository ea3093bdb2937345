"""Tests that cannot fail, and settings that make them less strict, are caught.

Each test plants one fault, in a small file of tests or in a copy of the settings.
"""

import re
from pathlib import Path

import pytest

from tests.faults import assert_none
from tests.guards import failing, silenced, strict
from tests.planted import called, look, plant

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("guard", [failing.check, silenced.check, strict.check])
def test_nothing_is_weakened(guard):
    """The same as in tests/test_book.py, for the case that somebody weakens that."""
    assert_none(guard(ROOT))


TESTS = {
    "tests/helpers.py": """\
def assert_half(x):
    assert x == 0.5


def half():
    return 0.5
""",
    "tests/test_echo.py": """\
import os
import subprocess

import pytest
from tests.helpers import assert_half, half


@pytest.fixture
def number():
    return 1


def double(x):
    return 2 * x


@pytest.mark.parametrize("x", [1, 2])
def test_double(x):
    assert double(x) == x + x


@pytest.mark.skipif(os.name == "nt", reason="there arguments are no bytes")
def test_helpers(number):
    for _ in range(number):
        assert_half(half())


def test_in_brief():
    def turn(x):
        if x:
            return half()
        return x

    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    with pytest.raises(ZeroDivisionError):
        turn(1 / 0)


def test_it_ends():
    subprocess.run(["true"], check=True)
""",
    "tests/guards/half.py": """\
def check(root):
    if root:
        return ["no"]
    return []
""",
}
ECHO = "tests/test_echo.py"
WEAK = [
    # file, what is replaced, by what, what the message says
    (ECHO, "    assert double", "    return\n    assert double", f"{ECHO}:20: expected nothing"),
    (ECHO, "    for _", "    return\n    for _", "nothing behind `return`"),
    (ECHO, "    if not has", "    if half():\n        return\n    if not has", "run to its end"),
    (ECHO, "    assert double", "    raise SystemExit\n    assert double", "never executed"),
    (ECHO, "    assert double(x) == x + x", "    double(x)", f"{ECHO}:18: expected something that"),
    (ECHO, "    assert double(x) == x + x", "    pass", "can fail in test_double"),
    (ECHO, "    assert double(x) ==", "    double(x) ==", "nothing looks at this"),
    (ECHO, "assert_half(half())", "half()", "can fail in test_helpers"),
    (ECHO, "pytest.raises(Z", "open(Z", "can fail in test_in_brief"),
    (ECHO, ", check=True", "", "can fail in test_it_ends"),
    ("tests/helpers.py", "    assert x == 0.5", "    pass", "can fail in test_helpers"),
    *(
        (ECHO, "assert double(x) == x + x", f"assert {it}", f"always the same: `{it}`")
        for it in (
            "True",
            "1 == 1",
            "x == x",
            "not False",
            "double(x) or True",
            "(double(x), 1)",
            "(it for it in [x])",
            "f'{x}'",
        )
    ),
    (ECHO, "    assert double", "    default_rng()\n    assert double", "expected a seed, as in"),
    (ECHO, "    assert double", "    perf_counter()\n    assert double", "how long it takes"),
    (ECHO, "    assert double", "    if False:\n        assert double", "the same: `False`"),
    (ECHO, "for _ in range(number):", "for _ in []:", "a loop over something"),
    (ECHO, "    assert double", "    pytest.skip('slow')\n    assert double", "`skip` if `always`"),
    (ECHO, 'not hasattr(os, "fork")', 'hasattr(os, "fork")', "if `hasattr(os, 'fork')`"),
    (ECHO, 'os.name == "nt"', "True", "got `skipif` if `True`"),
    (ECHO, "skipif(os.name", "xfail(os.name", "got `xfail`"),
    (ECHO, "def double", "pytestmark = pytest.mark.skip\n\n\ndef double", "`skip` if `always`"),
    (ECHO, "[1, 2]", "[]", "expected cases, got none"),
    (ECHO, "def test_double", "def tst_double", "nothing calls tst_double"),
    (ECHO, "def test_it_ends", "def test_double", "one function test_double: this one replaces"),
    (ECHO, "    def turn(x):", "    def test_turn(x):", "expected test_turn at the beginning"),
    (
        ECHO,
        "    assert double(x) == x + x",
        "    try:\n        assert double(x)\n    except AssertionError:\n        pass",
        "but AssertionError is caught",
    ),
    (
        ECHO,
        "    assert double(x) == x + x",
        "    with suppress(Exception):\n        assert double(x)",
        "but Exception is caught",
    ),
    ("tests/helpers.py", "def half", "def test_half", "in a file whose name begins with test_"),
    ("tests/guards/half.py", "    if root", "    return []\n    if root", "half.py:3: expected no"),
    ("tests/guards/half.py", "if root", "if root and False", "always the same"),
]


def test_tests_that_can_fail_pass(tmp_path):
    assert look(tmp_path, failing.check, TESTS) == ""


@pytest.mark.parametrize(("name", "old", "new", "message"), WEAK, ids=called(WEAK))
def test_a_test_that_cannot_fail_is_caught(tmp_path, name, old, new, message):
    assert message in look(tmp_path, failing.check, plant(TESTS, name, old, new))


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("tools/run.py", "# noqa"),
        ("tools/run.py", "# noqa: B007"),
        ("snippets/run.py", "# noqa: B007, its last value is needed"),
        ("snippets/run.py", "# pragma: no cover"),
        ("tests/test_run.py", "# type: ignore"),
        ("docs/figures/run.py", "# ruff: noqa"),
    ],
)
def test_a_comment_that_silences_a_tool_is_caught(tmp_path, name, comment):
    fault = look(tmp_path, silenced.check, {name: f'"""Run."""\nA = 1  {comment}\n'})
    assert fault.startswith(f"{name}:2: expected no comment that silences a check")


def test_a_comment_with_a_rule_and_a_reason_passes(tmp_path):
    text = 'A = 1  # noqa: B007, its last value is needed\nB = "# noqa"\n'
    assert look(tmp_path, silenced.check, {"tools/run.py": text}) == ""


PROJECT, RUN, CHECKS = "pyproject.toml", ".ci/run", ".github/workflows/checks.yml"
SETTINGS = [
    (PROJECT, "fail_under = 100", "fail_under = 60", ": expected `fail_under = 100` (tests/st"),
    (PROJECT, 'filterwarnings = ["error"]\n', "", "expected `filterwarnings"),
    (PROJECT, "--strict-markers ", "", "expected `addopts"),
    (PROJECT, '"B", ', "", "expected `select"),
    (PROJECT, '"RET504"', '"RET504", "PT011"', "expected `ignore"),
    (PROJECT, "branch = true", 'branch = true\nomit = ["*/rnn.py"]', "no other setting, got `omit"),
    (
        PROJECT,
        '"tools/recipes",',
        '"tools/recipes",\n    "tests",',
        'no other setting, got `"tests',
    ),
    ("snippets/ruff.toml", '    "B905",', '    "B905", "D",', 'expected `"B905",`'),
    ("mkdocs.yml", "strict: true", "strict: false", "expected `strict: true`"),
    ("Makefile", "@$(python) -m codespell_lib", "-@$(python) -m codespell_lib", "codespell_lib"),
    (
        "Makefile",
        "@$(pytest) --cov",
        "@$(pytest) --cov || true",
        "expected `@$(pytest) --cov` (tests",
    ),
    ("Makefile", "tools/assemble.py", "tools/assemble.py || true", "tools/assemble.py || true`"),
    ("tests/selection.py", ": list(faults)", ": []", "expected `return lambda faults"),
    ("Makefile", "-m pytest -n auto", "-m pytest -k rnn -n auto", "expected `pytest :="),
    ("Makefile", "schema :=", "pytest := true\nschema :=", "a second one, `pytest := true`"),
    (RUN, "REQUIRE_BROWSER=1 make test", "make test", "expected `REQUIRE_BROWSER=1 make"),
    (RUN, "make parity\n", "", "expected `make parity`"),
    (RUN, "make check\n", "make check || true\n", "expected `make check` (tests"),
    (RUN, "make check\n", "make check\nexit\n", "whose failure is reported, got `exit`"),
    (RUN, "make parity", "if false; then\nmake parity\nfi", "got `if false; then`"),
    (RUN, "make data", "export PYTEST_ADDOPTS=-x\nmake data", "got `export PYTEST_ADDOPTS=-x`"),
    (RUN, "set -euo pipefail", "set -u", "expected `set -euo pipefail`"),
    (CHECKS, "bash .ci/run", "make check", "expected `- run: bash .ci/run`"),
    (CHECKS, "bash .ci/run", "bash .ci/run\n        if: false", "reported, got `if: false`"),
    (CHECKS, "needs: checks\n", "", "expected `needs: checks`"),
    (CHECKS, "pull_request:\n", "pull_request:\n    paths: [docs]\n", "got `paths: [docs]`"),
    (
        "tests/page_faults.py",
        "HEAVIEST = 160_000",
        "HEAVIEST = 200_000",
        "expected `HEAVIEST = 160_000`",
    ),
    ("tests/page_faults.py", "TALLEST = 8_000", "TALLEST = 9_000", "expected `TALLEST = 8_000`"),
    ("tests/page_faults.py", "SOURCES =", "TALLEST = 9_000\nSOURCES =", "expected one value"),
    ("tests/test_cells.py", "(15, 4)", "(2, 4)", "expected `SHAPES"),
    ("tests/nested.py", "< 1e-6:", "< 1e-2:", "tests/nested.py:"),
    ("tools/mutants.py", "LEAST = 0.97", "LEAST = 0.5", "expected `LEAST = 0.97`"),
    ("tests/test_book.py", "assert_none(here(guard(ROOT)))", "guard(ROOT)", "test_book.py"),
]
LISTED = {
    name: (ROOT / name).read_text()
    for _, name, _ in strict.entries((ROOT / strict.LIST).read_text(encoding="utf-8"))
} | {strict.LIST: (ROOT / strict.LIST).read_text(encoding="utf-8")}


@pytest.fixture(scope="module")
def own():
    """List what the book itself breaks: test_book tells of it, and these tests need not."""
    return set(map(without_line, strict.check(ROOT)))


def without_line(fault):
    return re.sub(r":\d+", "", fault)


@pytest.mark.parametrize(("name", "old", "new", "message"), SETTINGS, ids=called(SETTINGS))
def test_a_setting_that_is_less_strict_is_caught(tmp_path, own, name, old, new, message):
    found = look(tmp_path, strict.check, plant(LISTED, name, old, new)).split("\n")
    new_faults = [fault for fault in found if without_line(fault) not in own]
    assert message in "\n".join(new_faults)
    assert new_faults[0].startswith(name)


def test_the_line_of_a_weakened_setting_is_said(tmp_path, own):
    line = LISTED[PROJECT].partition("fail_under")[0].count("\n") + 1
    files = plant(LISTED, PROJECT, "fail_under = 100", "fail_under = 60")
    found = look(tmp_path, strict.check, files).split("\n")
    (fault,) = (fault for fault in found if without_line(fault) not in own)
    assert fault.startswith(f"{PROJECT}:{line}: expected `fail_under = 100` (tests/strict.txt:")
    assert "change tests/strict.txt as well, and say there why" in fault
