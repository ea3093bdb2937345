"""A docstring that says what is not so is caught: faults are planted in a small book."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from tests.guards import assembled, calls, docstrings, literals
from tests.planted import look, plant

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
CODE = [it for folder in ("overrides", "tests", "tools") for it in (ROOT / folder).rglob("*.py")]
WITH_EXAMPLES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix()
    for path in CODE
    if not path.name.startswith("test_")
    and re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_in_the_docstrings_of_the_machinery_hold(name):
    done = doctest.testmod(importlib.import_module(name.replace("/", ".")))
    assert done.attempted > 0
    assert done.failed == 0


SNIPPET = '''\
# SPDX-License-Identifier: MIT-0
"""Echo: a snippet.

NumPy only. Explained in docs/echo.md, proven in tests/test_echo.py.
"""

from typing import NamedTuple

import numpy as np


class EchoState(NamedTuple):
    """What one step passes on."""

    a: np.ndarray
    c: np.ndarray


def check(x):
    """Refuse what is no array."""
    if not isinstance(x, np.ndarray):
        raise TypeError("no array")


def echo(x, decay, *, state=None):
    """Repeat what came.

    Parameters
    ----------
    x : ndarray of shape (T, n_x, m)
        The sequence.
    decay : float
        At least 0.
    state : EchoState, optional
        What came before, each (n_a, m).

    Returns
    -------
    a : ndarray of shape (T, n_x, m)
    state : EchoState
        What comes after, each (n_a, m).

    Raises
    ------
    TypeError
        If x is no array.
    ValueError
        If the decay is below 0.

    Source: docs/echo.md, equations 1 and 2.
    """
    check(x)
    if decay < 0:
        raise ValueError(f"expected decay of at least 0, got {decay}")
    a = decay * x  # eq. 1
    return a, _last(a, state)


def _last(a, state):
    c = state.c  # eq. 2
    return EchoState(state.a, c)


def save(path, names):
    """Save it.

    Parameters
    ----------
    path : str or path
    names : sequence of str

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with open(path, "w") as file:
        file.write(names[0])
'''
ECHO = {
    "docs/echo.md": "# Echo\n\n$$\na \\tag{1}\n$$\n\n$$\nc \\tag{2}\n$$\n\n$$\nd \\tag{3}\n$$\n",
    "docs/other.md": "# Other\n\n$$\na \\tag{1}\n$$\n",
    "snippets/echo.py": SNIPPET,
}
DOCSTRINGS = [
    # what is replaced in the snippet, by what, what the message says
    ("x : ndarray", "y : ndarray", "`echo` has the parameters x, decay, state"),
    ("    decay : float\n        At least 0.\n", "", "its docstring lists x, state"),
    ("At least 0.", "Above 0.", "expects decay of at least 0, its docstring says: Above"),
    ("At least 0.", "From 0 to below 1.", "its docstring says: From 0 to below 1."),
    ("of at least 0, got", "from 0.5 on, got", "has an error that expects decay from 0.5 on"),
    ("decay, *, state=None", "state, *, decay=1", "has the parameters x, state, decay"),
    ("return a, _last(a, state)", "state = 1\n    return state, a", "returns `state, a`"),
    ("return a, _last(a, state)", "return a, state, x", "its docstring lists a, state"),
    ("state : EchoState, optional", "state : EchoState", "has a default for state: expected"),
    ("    decay : float\n", "    decay : float, optional\n", "has no default for decay"),
    ("    a : ndarray", "    da : ndarray", "its docstring lists da, state"),
    ("    TypeError\n        If x is no array.\n", "", "raises TypeError, which"),
    ("    ValueError\n", "    KeyError\n", "lists KeyError under Raises"),
    ("    OSError\n", "    MemoryError\n", "lists MemoryError under Raises"),
    ("equations 1 and 2", "equations 1 to 4", "names equation 4, which docs/echo.md does not"),
    ("equations 1 and 2", "equation 1", "computes equation 1, 2, its docstring says 1"),
    ("equations 1 and 2", "equations 1 to 3", "its docstring says 1, 2, 3"),
    ("docs/echo.md, equations", "docs/lost.md, equations", "which docs/lost.md does not have"),
    ("Save it.", "Save it, as in equation 9.", "`save` names equation 9"),
    ("tests/test_echo.py", "tests/test_echos.py", "proven in tests/test_echo.py."),
    ("in docs/echo.md", "in docs/other.md", "Explained in docs/echo.md"),
]


@pytest.mark.parametrize(("old", "new", "message"), DOCSTRINGS)
def test_a_docstring_that_is_wrong_is_caught(tmp_path, old, new, message):
    found = look(tmp_path, docstrings.check, plant(ECHO, "snippets/echo.py", old, new))
    assert message in found
    assert all(fault.startswith("snippets/echo.py:") for fault in found.split("\n"))


AGAIN = '''

def again():
    """Wait.

    Raises
    ------
    OSError
    """
    open("x")
'''
HANDLED = ("    check(x)\n", "    try:\n        check(x)\n    except TypeError:\n        pass\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("docs/echo.md, equations 1 and 2", "docs/echo.md, equations 1, 2"),
        ("", AGAIN),
        ("", "\n\ndef later():\n    def inner():\n        raise KeyError\n    return inner\n"),
    ],
)
def test_right_docstrings_pass(tmp_path, old, new):
    files = ECHO | {"snippets/echo.py": SNIPPET + new if not old else SNIPPET.replace(old, new)}
    assert look(tmp_path, docstrings.check, files) == ""


def test_an_error_that_is_handled_is_not_raised(tmp_path):
    found = look(tmp_path, docstrings.check, plant(ECHO, "snippets/echo.py", *HANDLED))
    assert "`echo` lists TypeError under Raises, but no line" in found


def test_a_page_may_go_on_with_the_equations_of_another(tmp_path):
    more = "---\ntitle: More\ncontinues: echo\n---\n\n$$\nc \\tag{2}\n$$\n"
    files = ECHO | {"docs/more.md": more}
    right = SNIPPET.replace("docs/echo.md, equations 1 and 2", "docs/more.md, equation 2")
    found = look(tmp_path, docstrings.check, files | {"snippets/echo.py": right})
    assert "computes equation 1, 2, its docstring says 2" in found


EXERCISE = """\
import numpy as np

from snippets.echo import EchoState, echo, save

SIZES = {"T": 13, "n_x": 3, "m": 2, "n_a": 7}


def exercise():
    state = EchoState(np.ones((7, 2)), np.ones((7, 2)))
    echo(np.ones((13, 3, 2)), 0.5, state=state)
    save("/dev/null", ["a", "b"])
"""
RUN = ECHO | {"tests/test_echo.py": EXERCISE, "tests/__init__.py": "", "snippets/__init__.py": ""}
CALLS = [
    ("x : ndarray of shape (T, n_x, m)", "x : ndarray of shape (n_x, T, m)", "(13, 3, 2) came"),
    ("a : ndarray of shape (T, n_x, m)", "a : ndarray of shape (T, m, n_x)", "`echo`: a :"),
    ("a : ndarray of shape (T, n_x, m)", "a : ndarray of shape (n_x, m)", "`echo`: a :"),
    ("a : ndarray of shape (T, n_x, m)", "a : ndarray of int", "`echo`: a : ndarray of int"),
    ("a : ndarray of shape (T, n_x, m)", "a : list of ndarray", "`echo`: a : list of"),
    ("a : ndarray of shape (T, n_x, m)", "a : ndarray of shape (q, q, m)", "`echo`: a :"),
    (
        "before, each (n_a, m)",
        "before, each (m, n_a)",
        "state : EchoState, optional, each (m, n_a)",
    ),
    ("after, each (n_a, m)", "after, each (n_a, 1)", "state : EchoState, each (n_a, 1)"),
    ("    state : EchoState\n", "    state : EchoTape\n", "state : EchoTape, but EchoState"),
    ("decay : float", "decay : int", "decay : int, but float"),
    ("decay : float", "decay : real", "decay : real, but float"),
    ("names : sequence of str", "names : sequence of int", "names : sequence of int, but list"),
    ("names : sequence of str", "names : sequence of three str", "names : sequence of three"),
    ("path : str or path", "path : bool or path", "path : bool or path, but str"),
]


def check_echo(root):
    return calls.check_snippet(root, "echo")


@pytest.mark.parametrize(("old", "new", "message"), CALLS)
def test_a_type_or_shape_in_a_docstring_that_is_wrong_is_caught(tmp_path, old, new, message):
    found = look(tmp_path, check_echo, plant(RUN, "snippets/echo.py", old, new))
    assert message in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("a : ndarray of shape (T, n_x, m)", "a : ndarray of shape (..., m)"),
        ("a : ndarray of shape (T, n_x, m)", "a : ndarray of float, shape (T, n_x, len(x[0][0]))"),
        ("    state : EchoState\n", "    state : CELLState\n"),
        ("names : sequence of str", "names : any list"),
        ("names : sequence of str", "names : list of one or two str"),
        ("decay : float", "decay : float or None"),
    ],
)
def test_right_types_and_shapes_in_docstrings_pass(tmp_path, old, new):
    assert look(tmp_path, check_echo, plant(RUN, "snippets/echo.py", old, new)) == ""


RECIPE = "# ---- Echoes: docs/echo.md ----\n\na, c = f(), g()  # eq. 1, eq. 2\nreturn a  # eq. 1\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("eq. 1, eq. 2", "eq. 2, eq. 1", "equation 2 of echo gives c, got a"),
        ("eq. 1, eq. 2", "eq. 1, eq. 3", "equation 3 of echo gives nothing, got c"),
        ("return a  # eq. 1", "return a  # eq. 9", "equation 9 of echo gives nothing"),
    ],
)
def test_an_equation_exchanged_in_a_recipe_is_caught(tmp_path, old, new, message):
    files = ECHO | {"tools/recipes/all.py": RECIPE}
    assert look(tmp_path, assembled.check_equations, files) == ""
    assert message in look(
        tmp_path, assembled.check_equations, plant(files, "tools/recipes/all.py", old, new)
    )


SPLIT = {
    "snippets/split.py": """\
HELD_OUT = 0.05


def split(text, least=8):
    \"""Keep the last twentieth, 5 %, for the test: at least eight, of 0.73 by equation 9.

    Source: Elman (1990), page 179.
    \"""
    keep = count(text)  # (T, 16): never above 40
    return text[-keep:], text[:4]


def count(text):
    return min(40, int(HELD_OUT * len(text)))  # eq. 12
""",
}
SAYS = "which its code does not have"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("0.05\n", "0.1\n", f":4: `split` says twentieth, {SAYS}"),
        ("last twentieth", "last tenth", f":4: `split` says tenth, {SAYS}"),
        ("5 %", "4 %", f":4: `split` says 4 %, {SAYS}"),
        ("eight, of", "seven, of", f":4: `split` says seven, {SAYS}"),
        ("0.73", "0.72", f":4: `split` says 0.72, {SAYS}"),
        ("above 40", "above 30", f":9: `split` says 30, {SAYS}"),
        ("min(40", "min(50", f":9: `split` says 40, {SAYS}"),
    ],
)
def test_a_number_in_words_that_the_code_has_not_is_caught(tmp_path, old, new, fault):
    assert look(tmp_path, literals.check, SPLIT) == ""
    assert f"snippets/split.py{fault}" in look(
        tmp_path, literals.check, plant(SPLIT, "snippets/split.py", old, new)
    )
