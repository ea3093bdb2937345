"""The whole book on one page has every chapter in its order, and its links stay within it."""

import re
from collections import Counter
from copy import deepcopy
from itertools import zip_longest
from pathlib import PurePath

import pytest

from overrides.hooks.book import NAME, address, chapter
from tests.browser import DESKTOP
from tests.conftest import ROOT
from tests.faults import assert_none
from tests.site_checks import parse

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

KEYS = {"index.html": "index", "lstm.html": "lstm", "experiments/memory.html": "experiments-memory"}
LEFT_OUT = (
    "//a[@class='headerlink'] | //button | //fieldset | //audio | //p[@class='page-links']"
    " | //p[button] | //p[contains(@class, 'moved')]"
    " | //div[@data-moving] | //p[contains(@class, 'moving-words')]"
)


@pytest.fixture(scope="module")
def whole(site):
    return parse((site / NAME).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def names():
    """Name the pages in the order of the navigation."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\ntheme:")[0]
    sources = re.findall(r"- (?:.+: )?([\w/-]+\.(?:md|py))$", navigation, re.M)
    return [PurePath(source).with_suffix(".html").as_posix() for source in sources]


def said(tree):
    """Return the words of a part of a page, without what is only for a screen."""
    tree = deepcopy(tree)
    for element in tree.xpath(LEFT_OUT.replace("//", ".//")):
        element.drop_tree()
    return " ".join(tree.text_content().split())


def test_each_page_is_a_chapter_in_the_order_of_the_navigation(whole, names, site):
    chapters = whole.xpath("//article/section")
    assert [it.get("id") for it in chapters] == [
        name.removesuffix(".html").replace("/", "-") for name in names
    ]
    faults = []
    for name, shown in zip(names, chapters, strict=True):
        page = said(parse((site / name).read_text(encoding="utf-8")).find(".//article")).split()
        pairs = zip_longest(page, said(shown).split(), fillvalue="nothing")
        if other := [(one, got) for one, got in pairs if one != got]:
            faults.append(f"{NAME}: expected `{other[0][0]}`, as {name}, got `{other[0][1]}`")
    assert_none(faults)


def test_the_contents_list_every_chapter(whole):
    listed = whole.xpath("//nav//a/@href")
    assert listed == [f"#{it}" for it in whole.xpath("//article/section/@id")]
    starts = [int(it.get("start")) for it in whole.iterfind(".//nav/ol")]
    lengths = [len(it) for it in whole.iterfind(".//nav/ol")]
    assert starts == [1 + sum(lengths[:before]) for before in range(len(lengths))]


def test_links_stay_in_the_book_and_lead_somewhere(whole):
    ids = Counter(whole.xpath("//@id"))
    assert set(ids.values()) == {1}
    elements = [it for section in whole.iter("section") for it in section.iter("*")]
    links = {value for it in elements for key, value in it.items() if key.endswith("href")}
    assert_none(
        f"{NAME}: expected a place for the link {it}, there is none"
        for it in sorted(links)
        if it.startswith("#") and it[1:] not in ids
    )
    pages = {it for it in links if ".html" in it and not re.match(r"https?:", it)}
    assert pages == {NAME}  # the first page offers it


def test_searches_and_lists_do_not_have_it_twice(site, whole):
    for name in ("sitemap.xml", "llms.txt", "search/search_index.json"):
        assert f'{NAME}"' not in (site / name).read_text(encoding="utf-8").replace("<", '"')
    assert whole.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_it_is_read_without_a_server(site, browser):
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    missing = []
    page.on("requestfailed", lambda request: missing.append(request.url))
    page.goto((site / NAME).as_uri())
    page.emulate_media(media="print")
    assert missing == []
    heading, formula = page.locator("#lstm > h2"), page.locator("#lstm .katex-html").first
    assert heading.evaluate("it => getComputedStyle(it).fontWeight") == "700"
    assert formula.bounding_box()["height"] > 10
    assert page.locator("#lstm details:not([open])").count() == 0
    assert not page.locator("#lstm--the-whole-file").is_visible()  # its parts are above
    context.close()


PAGE = (
    '<h1 id="cell">Cell<a class="headerlink" href="#cell">x</a></h1><p><button type="button" '
    'class="copy ">Copy</button><a href="#cell">whole</a></p><svg '
    'aria-labelledby="a b"><title id="a">A</title><g '
    'clip-path="url(#c)"><use xlink:href="#d"/></g></svg><details class="note">id="text"</details>'
)
CHAPTER = (
    '<h2 id="lstm--cell">Cell</h2><svg aria-labelledby="lstm--a lstm--b"><title id="lstm--a">A'
    '</title><g clip-path="url(#lstm--c)"><use xlink:href="#lstm--d"/></g></svg>'
    '<details open class="note">id="text"</details>'
)


def test_a_chapter_has_ids_of_its_own_and_nothing_that_is_pressed():
    assert chapter(PAGE, "lstm.html", KEYS) == CHAPTER


@pytest.mark.parametrize(
    ("link", "url", "there"),
    [
        ("#eq-1", "lstm.html", "#lstm--eq-1"),
        ("index.html", "lstm.html", "#index"),
        (".", "lstm.html", "#index"),
        ("experiments/memory.html#task", "lstm.html", "#experiments-memory--task"),
        ("../lstm.html#eq-1", "experiments/memory.html", "#lstm--eq-1"),
        ("../snippets/lstm.py", "experiments/memory.html", "snippets/lstm.py"),
        ("gone.html#x", "lstm.html", "gone.html#x"),
        ("https://example.org/lstm.html", "lstm.html", "https://example.org/lstm.html"),
        ("data:audio/wav;base64,AA", "lstm.html", "data:audio/wav;base64,AA"),
    ],
)
def test_a_link_leads_to_the_chapter_of_its_page(link, url, there):
    assert address(link, url, KEYS) == there
