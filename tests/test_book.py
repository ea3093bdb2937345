"""The guards find nothing in this repository: pages, code, figures and sources are one."""

import re
from pathlib import Path

import pytest

from snippets.hyperparameters import BLOCKS, EXTRAS
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


def test_the_table_of_weights_is_that_of_the_code():
    page = (ROOT / "docs/hyperparameters.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[[^]]*\]\(([\w-]+)\.md\)[^|]*\|(.*)\|$", page, re.MULTILINE)
    shown = {cell.replace("-", "_"): row.split("|") for cell, row in rows}
    for column, counts in enumerate([BLOCKS, *EXTRAS.values()]):
        numbers = {cell: row[column].strip() for cell, row in shown.items()}
        assert {cell: eval(it) for cell, it in numbers.items() if it != "none such"} == counts
