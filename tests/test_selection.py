"""`make page-test NAME=lstm` runs what concerns that page, and leaves out the rest."""

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mkdocs.config import load_config
from mkdocs.structure.files import get_files

from overrides.hooks import one_page
from tests.guards.everywhere import GUARDS
from tests.inner_run import run_tests
from tests.selection import known, names

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]

OF_ALL_SYMBOLS = {
    "test_a_symbol_without_a_row_is_listed_here_with_the_reason",
    "test_the_shape_in_a_note_is_the_one_in_the_snippet_of_the_page",
    "test_what_a_line_assigns_is_a_symbol_of_its_equation",
}


def select(page):
    """Collect as `make page-test` does; return what is printed, and the ids."""
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "--page", page]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, re.findall(r"^tests/test_(\w+)\.py::(.*)", done.stdout, re.M)


def test_all_tests_of_a_cell_are_selected_and_no_others():
    _, selected = select("gru_reset_after")
    ids = {(file, test) for file, test in selected}
    assert {("book", f"test_whole[{guard}]") for guard in GUARDS} <= ids
    assert {
        ("book", "test_examples_and_numbers[docs/gru-reset-after.md]"),
        ("book", "test_shape_comments[gru_reset_after]"),
        ("book", "test_alone[gru_reset_after]"),
        ("cells", "test_the_gradient_is_the_slope_of_the_loss[gru_reset_after-1-1-1-1]"),
        (
            "figures",
            "test_nothing_overlaps_overflows_or_is_too_small_on_a_phone[chromium-gru_reset_after_cell]",
        ),
        ("gru_reset_after", "test_a_step_by_hand"),
        ("pages", "test_a_page_has_no_fault[chromium-gru-reset-after.html]"),
        ("site", "test_the_site_has_no_fault"),
    } <= ids
    whole = {test for file, test in selected if "[" not in test and file != "gru_reset_after"}
    assert whole == {"test_the_site_has_no_fault", *OF_ALL_SYMBOLS}
    own = [test for file, test in selected if "whole" not in test and file != "gru_reset_after"]
    own = [test for test in own if test not in OF_ALL_SYMBOLS]
    assert all(re.search(r"gru.reset.after|the_site_has_no_fault", test) for test in own)


def test_an_experiment_has_its_page_its_examples_and_its_test():
    _, selected = select("memory")
    tests = {(file, test) for file, test in selected if "whole" not in test}
    assert ("memory", "test_the_rows_add_up") in tests
    assert {(file, test) for file, test in tests if file != "memory"} == {
        ("book", "test_examples_and_numbers[docs/experiments/memory.py]"),
        ("experiment_tools", "test_a_copy_holds_all_that_it_needs[memory]"),
        ("pages", "test_a_page_has_no_fault[chromium-experiments/memory.html]"),
        ("site", "test_the_site_has_no_fault"),
        *(("symbols", test) for test in OF_ALL_SYMBOLS),
    }


@pytest.mark.parametrize("page", ["lstn", ""])
def test_a_name_that_is_none_is_told_with_those_that_are(page):
    said, selected = select(page)
    assert selected == []
    assert f"expected the name of a page, snippet or experiment, got {page!r}: there are " in said
    assert " gru-reset-after, " in said
    assert " memory, " in said


def test_names_are_spelt_with_hyphens_or_underscores_and_bring_their_figures():
    assert known()["gru_reset_after"] == known()["gru-reset-after"] == "docs/gru-reset-after.md"
    assert known()["memory"] == "docs/experiments/memory.py"
    assert names("rnn") >= {"rnn", "rnn_cell", "unrolled"}
    assert "lstm_cell" not in names("rnn")


EVERY_PAGE = """
import pytest
from tests.faults import assert_none

@pytest.mark.every_page
def test_whole(here):
    assert_none(here([
        "docs/rnn.md:1: one", "snippets/rnn.py:2: two", "rnn.html: three",
        "tests/test_rnn.py: four", "docs/figures/rnn_cell.svg: five",
        "docs/index.md: expected a row of the map for rnn.md",
        "docs/gru.md:1: six", "docs/my-rnn.md: seven", "docs/gru.md: no rnn",
    ]))

def test_else():
    assert False
"""


def test_of_a_guard_only_faults_of_the_page_are_told_and_others_counted(tmp_path):
    status, said = run_tests(tmp_path, EVERY_PAGE, "--page", "rnn")
    told = re.findall("^FAULT .* (.*)", said, re.M)
    assert told == ["one", "two", "three", "four", "five", "rnn.md"]
    assert "3 faults elsewhere, in docs/gru.md, docs/my-rnn.md. If you did not touch" in said
    assert "1 failed, 1 deselected" in said
    assert status == 1


def test_without_a_page_all_faults_are_told(tmp_path):
    _, said = run_tests(tmp_path, EVERY_PAGE)
    assert len(re.findall("^FAULT docs/gru.md|^FAULT docs/my-rnn.md", said, re.M)) == 3
    assert "elsewhere" not in said
    assert "2 failed" in said


def test_the_site_of_one_page_has_what_it_links_to(tmp_path, monkeypatch):
    docs = tmp_path / "docs"
    (docs / "experiments").mkdir(parents=True)
    for name in ("index.md", "gru.md", "lstm.md", "rnn.md", "experiments/memory.py", "logo.svg"):
        (docs / name).write_text("[back](rnn.md)")
    (docs / "lstm.md").write_text("[On](experiments/memory.py#seeds), [elsewhere](//x.org/gru.md)")
    nav = [{"Home": "index.md"}, {"Cells": ["gru.md", "lstm.md"]}, {"Measured": ["gru.md"]}]
    (tmp_path / "mkdocs.yml").write_text(f"site_name: Book\nnav: {nav}")
    config = load_config(str(tmp_path / "mkdocs.yml"))
    monkeypatch.setattr(one_page, "PAGE", "lstm")
    monkeypatch.setattr(logging.getLogger("mkdocs"), "handlers", [logging.NullHandler()])
    files = one_page.on_files(get_files(config), config)  # as when a page is saved: built again
    files = one_page.on_files(get_files(config), config)
    kept = ["experiments/memory.py", "index.md", "logo.svg", "lstm.md"]
    assert sorted(files.src_uris) == kept
    assert config.nav == [{"Home": "index.md"}, {"Cells": ["lstm.md"]}]
    said = [
        ("Doc file 'lstm.md' contains a link 'gru.md#x', but the target is not found among "
         "documentation files.", False),
        ("Doc file 'lstm.md' contains a link 'gnu.md', but the target is not found among "
         "documentation files.", True),
        ("Doc file 'lstm.md' contains a link 'index.md#y', but there is no such anchor.", True),
        ("moved.txt: lstm.html#eq-5 leads to gru.html#eq-1, which does not exist", False),
        ("moved.txt: gru.html#eq-5 leads to lstm.html#eq-1, which does not exist", True),
        ("moved.txt: rnn.html is gone; add a line for the page", False),
    ]  # fmt: skip
    (silence,) = (it for it in logging.getLogger("mkdocs").handlers[0].filters)
    shown = [silence.filter(logging.makeLogRecord({"msg": message})) for message, _ in said]
    assert shown == [is_shown for _, is_shown in said]
    monkeypatch.setattr(one_page, "PAGE", None)
    assert len(one_page.on_files(get_files(config), config)) == 6
