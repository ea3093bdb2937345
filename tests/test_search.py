"""What the search of the site finds, as tests/site_search.py reads its index, and what it lacks."""

import json

import pytest

from tests import site_search
from tests.planted import write

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

PAGE = """<!doctype html>
<html><head><title>RNN</title></head><body>
<script id="__config" type="application/json">{"search": "assets/search.js"}</script>
<input data-md-component="search-query">
<article><h1 id="rnn">RNN</h1><p>A network reads a sequence.</p>
<h2 id="try-it">Try it</h2><p>Change one weight.</p><pre>rnn_step(params)</pre>
</article></body></html>"""
DOCS = [
    {"location": "rnn.html", "title": "RNN", "text": "<p>A network reads a sequence.</p>"},
    {"location": "rnn.html#try-it", "title": "Try it", "text": "<p>Change one weight.</p>"},
]


def book(folder, page=PAGE, docs=DOCS, **settings):
    """Write a site of one page with its index; return what the checks say."""
    index = json.dumps({"config": site_search.SETTINGS | settings, "docs": docs})
    write(folder, {"rnn.html": page, "assets/search.js": "", "search/search_index.json": index})
    write(folder, {"search/search_index.js": f"var __index = {index}"})
    return [fault for check in site_search.CHECKS for fault in check(folder)]


def test_a_page_that_is_found_passes(tmp_path):
    assert book(tmp_path) == []


@pytest.mark.parametrize(
    ("docs", "said"),
    [
        ([], "expected the page in the search: take `search: exclude` out of its source"),
        (DOCS[1:], "expected the heading `RNN` in the search"),
        (DOCS[:1], "expected the heading `Try it` in the search"),
        ([DOCS[0] | {"text": ""}, DOCS[1]], "expected the paragraph `A network reads a sequence.`"),
        ([DOCS[0] | {"boost": 0.1}, DOCS[1]], "expected a boost from 1 to 4, got 0.1"),
        ([DOCS[0] | {"boost": 9}, DOCS[1]], "expected a boost from 1 to 4, got 9: `search` in its"),
    ],
)
def test_what_the_search_lacks_is_named(docs, said, tmp_path):
    (fault,) = book(tmp_path, docs=docs)
    assert fault.startswith(f"rnn.html: {said}")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("search-query", "query", "rnn.html: expected a field to search in"),
        ("assets/search.js", "assets/gone.js", "rnn.html: expected a script that searches"),
        ("Change one", "Leave each other", "rnn.html: expected the paragraph `Leave each other"),
    ],
)
def test_a_page_that_cannot_be_searched_is_named(old, new, said, tmp_path):
    (fault,) = book(tmp_path, PAGE.replace(old, new))
    assert fault.startswith(said)


def test_another_setting_is_named(tmp_path):
    (fault,) = book(tmp_path, lang=["de"])
    assert fault.startswith("search/search_index.js: expected lang ['en'], got ['de']: leave")


def test_two_indexes_that_differ_are_named(tmp_path):
    book(tmp_path)
    write(tmp_path, {"search/search_index.json": '{"config": {}, "docs": []}'})
    (fault,) = site_search.one_index(tmp_path)
    assert fault.endswith("with the same entries")
