"""The guards find nothing in this repository: pages, code, figures and sources are one."""

from pathlib import Path

import pytest

from tests.faults import assert_none
from tests.guards import alone, calls, running, shapes, values
from tests.guards.everywhere import GUARDS, SAID
from tests.guards.markdown import page_names
from tests.guards.stems import OLDEST_NUMPY, OLDEST_PYTHON, RUNS_ON, stems

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]


@pytest.mark.every_page
@pytest.mark.parametrize("guard", [*GUARDS.values(), *SAID.values()], ids=[*GUARDS, *SAID])
def test_whole(guard, here):
    assert_none(here(guard(ROOT)))


@pytest.mark.parametrize("name", page_names(ROOT))
# claims R5, C4, C5
def test_examples_and_numbers(name):
    assert_none(values.check_page(ROOT, name))


@pytest.mark.parametrize("snippet", sorted(stems(ROOT / "snippets")))
def test_shape_comments(snippet):
    assert_none(shapes.check_snippet(ROOT, snippet))


@pytest.mark.parametrize("snippet", sorted(stems(ROOT / "snippets")))
def test_shapes_and_types_in_docstrings(snippet):
    assert_none(calls.check_snippet(ROOT, snippet))


@pytest.mark.parametrize("snippet", sorted(stems(ROOT / "snippets")))
def test_equations(snippet):
    assert_none(running.check_snippet(ROOT, snippet))


@pytest.mark.parametrize("snippet", sorted(stems(ROOT / "snippets")))
def test_alone(snippet):
    assert_none(alone.check_snippet(ROOT, snippet))


def test_what_the_pages_name_is_what_the_snippets_are_run_on():
    major, minor = OLDEST_PYTHON.split(".")
    expected = [
        ("tests/parity/oldest.txt", f"numpy=={OLDEST_NUMPY}.0"),
        ("tests/parity/run.sh", f"sys.version_info[:2] != ({major}, {minor})"),
        ("tools/recipes/char_lstm.py", RUNS_ON),
    ]
    assert_none(
        f"{name}: expected `{words}`, since tests/guards/stems.py says so"
        for name, words in expected
        if words not in (ROOT / name).read_text(encoding="utf-8")
    )
