"""The guards find nothing in this repository: pages, code, figures and sources are one."""

from pathlib import Path

import pytest

from tests.guards import alone, shapes, values
from tests.guards.everywhere import GUARDS
from tests.guards.markdown import page_names
from tests.guards.stems import stems

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]


def assert_none(faults):
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_whole(guard):
    assert_none(guard(ROOT))


@pytest.mark.parametrize("name", page_names(ROOT))
def test_examples_and_numbers(name):
    assert_none(values.check_page(ROOT, name))


@pytest.mark.parametrize("snippet", sorted(stems(ROOT / "snippets")))
def test_shape_comments(snippet):
    assert_none(shapes.check_snippet(ROOT, snippet))


@pytest.mark.parametrize("snippet", sorted(stems(ROOT / "snippets")))
def test_alone(snippet):
    assert_none(alone.check_snippet(ROOT, snippet))
