"""Each entry of the references lists the pages that cite it, in the order of the navigation."""

import re
from types import SimpleNamespace

import pytest

from overrides.hooks import references
from tests.conftest import ROOT
from tests.faults import assert_none, differences
from tests.guards.markdown import CODE_SPAN, blank, pages
from tests.guards.references import CITATION, REFERENCES
from tests.site_checks import parse

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own


def test_the_site_lists_what_the_sources_cite(site):
    cited = {
        (key, re.sub(r"docs/(.*)\.(md|py)", r"\1.html", page.name))
        for page in pages(ROOT)
        if page.name != REFERENCES and page.name.startswith("docs/")
        for key in CITATION.findall(blank(CODE_SPAN, page.prose))
    }
    tree = parse((site / "references.html").read_text(encoding="utf-8"))
    listed = [
        (entry.find(".//span").get("id"), link.get("href"))
        for entry in tree.xpath("//article//li[.//span[@id]]")
        for link in entry.iterfind(".//span[@class='cited']/a")
    ]
    assert len(listed) == len(set(listed))
    assert_none(
        differences(
            (f"{page} below {entry}" for entry, page in cited),
            (f"{page} below {entry}" for entry, page in listed),
            "references.html: expected a link to {}, since that page cites it",
            "references.html: has a link to {}, but that page does not cite it",
        )
    )


LIST = (
    '<ul><li><span id="elman-1990"></span>Elman.</li>'
    '<li><p><span id="cho-2014"></span>Cho.</p>\n</li></ul>'
)


def test_pages_are_listed_in_their_order(monkeypatch):
    monkeypatch.setattr(references, "cited", {})
    monkeypatch.setattr(references, "pages", [])
    rnn, memory, last = (
        SimpleNamespace(url=url, title=title, file=SimpleNamespace(src_uri=source))
        for url, title, source in (
            ("rnn.html", "RNN", "rnn.md"),
            ("experiments/memory.html", "A & B", "experiments/memory.py"),
            ("references.html", "References", "references.md"),
        )
    )
    references.on_nav(SimpleNamespace(pages=[rnn, memory, last]), {}, [])
    link = '<a href="{}references.html#elman-1990">x</a>'
    for page, html in ((memory, link.format("../")), (rnn, link.format("")), (last, LIST)):
        assert references.on_page_content(html, page, {}, []) is None
    said = references.on_post_page(LIST, last, {})
    assert said == LIST.replace(
        "Elman.",
        'Elman. <span class="cited">Cited on <a href="rnn.html">RNN</a>, '
        '<a href="experiments/memory.html">A &amp; B</a>.</span>',
    )
    assert references.on_post_page(LIST, rnn, {}) == LIST
