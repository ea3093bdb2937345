"""Every address that the site has had still exists, or leads on to where its content is now."""

import logging
import shutil
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from overrides.hooks.moved import follow, read_moved
from tests import site_checks
from tests.browser import DESKTOP
from tests.conftest import ROOT
from tests.faults import assert_none
from tests.serving import serve
from tests.site_checks import parse
from tools import addresses
from tools.addresses import lost, misled, read_list

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

MOVED = read_moved(ROOT / "overrides/moved.txt")


# -- the addresses of this site


def test_every_address_exists_or_leads_on(site):
    if words := lost(read_list(), addresses.addresses(site), MOVED):
        pytest.fail(words, pytrace=False)


def test_what_has_moved_leads_to_the_part_that_it_became(site):
    assert_none(misled(MOVED, addresses.addresses(site)))


MISLED = [  # where equation 6 and the heading lead, what is said of it
    ("b.html#eq-2", "b.html#how", None),
    ("b.html#eq-3", "b.html#how", "equations of a.html that are now on b.html were renumbered"),
    ("b.html#line-2", "b.html#how", "a.html#eq-6 is an equation or its line, b.html#line-2 is not"),
    ("b.html#how", "b.html#how", "a.html#eq-6 is an equation or its line, b.html#how is not"),
    ("b.html#eq-2", "b.html#why", "a.html#how leads to #why, but b.html has #how"),
    ("b.html#eq-2", "b.html", None),
]


@pytest.mark.parametrize(("sixth", "how", "fault"), MISLED)
def test_a_line_that_leads_to_another_part_is_named(sixth, how, fault):
    moved = {"a.html#eq-5": "b.html#eq-1", "a.html#eq-6": sixth, "a.html#how": how}
    found = misled(moved | {"a.html#line-6": "b.html#line-2"}, {"b.html#how", "b.html#why"})
    assert [it.startswith(f"{addresses.MOVED}: {fault}") for it in found] == [True] * bool(fault)


def test_the_list_is_as_the_tool_writes_it():
    kept = read_list()
    written = addresses.HEADER + "".join(f"{it}\n" for it in sorted(set(kept)))
    assert addresses.LIST.read_text(encoding="utf-8") == written


def test_what_has_moved_leads_on_without_scripts(site):
    for old in MOVED:
        page, _, anchor = old.partition("#")
        tree = parse((site / page).read_text(encoding="utf-8"))
        place = (
            f"//p[@class='moved' and @id='{anchor}']/a" if anchor else "//a[@class='moved-page']"
        )
        (link,) = tree.xpath(f"{place}/@href")
        assert normpath(join(dirname(page), link)) == follow(old, MOVED)


def test_what_has_moved_leads_on_with_scripts(reader):
    for old in MOVED:
        reader.goto(f"/{old}")
        reader.wait_for_url(f"**/{follow(old, MOVED)}")


# -- an address that is lost

KEPT = ["a.html", "a.html#idea", "b.html", "b.html#how", "b.html#why"]
LOST = [  # what is gone of these, what is new, what has moved, and the lines laid out
    ("", "", {}, []),
    # a part of a page that is still there
    ("a.html#idea", "", {}, ["a.html#idea -> PAGE.html#ANCHOR"]),
    ("a.html#idea", "c.html c.html#idea c.html#how", {}, ["a.html#idea -> c.html#idea"]),
    ("a.html#idea", "c.html#idea d.html#idea", {}, ["a.html#idea -> PAGE.html#ANCHOR"]),
    ("a.html#idea", "", {"a.html#idea": "b.html#why"}, []),
    ("a.html#idea", "", {"a.html#idea": "c.html"}, ["a.html#idea -> PAGE.html#ANCHOR"]),
    # a page, with its parts or without some
    ("b.html b.html#how b.html#why", "", {}, ["b.html -> PAGE.html"]),
    (
        "b.html b.html#how b.html#why",
        "c.html c.html#how d.html d.html#how d.html#why",
        {},
        [
            "b.html -> d.html",
        ],
    ),
    ("b.html b.html#how b.html#why", "c.html c.html#how c.html#why", {"b.html": "c.html"}, []),
    (
        "b.html b.html#how b.html#why",
        "c.html c.html#how d.html#why",
        {"b.html": "c.html"},
        [
            "b.html#why -> d.html#why",
        ],
    ),
]


@pytest.mark.parametrize(("gone", "new", "moved", "lines"), LOST)
def test_an_address_that_is_gone_is_named_with_a_line_to_fill_in(gone, new, moved, lines):
    present = set(KEPT) - set(gone.split()) | set(new.split())
    words = lost(KEPT, present, moved)
    assert [line for line in words.splitlines() if " -> " in line] == lines
    assert bool(words) == bool(lines)
    for line in lines:
        assert f"\n  {line.partition(' -> ')[0]}\n" in words
        assert "overrides/moved.txt" in words


def test_an_anchor_taken_from_the_site_is_missed(site, tmp_path):
    shutil.copy(site / "peephole.html", tmp_path)
    page = tmp_path / "peephole.html"
    kept = [it for it in read_list() if it.startswith("peephole.html")]
    assert lost(kept, addresses.addresses(tmp_path), {}) == ""
    html = page.read_text(encoding="utf-8")
    page.write_text(html.replace(' id="eq-1"', ""), encoding="utf-8")
    words = lost(kept, addresses.addresses(tmp_path), {})
    assert words.startswith("These addresses are gone")
    assert "\n  peephole.html#eq-1\n" in words
    assert words.endswith("\npeephole.html#eq-1 -> PAGE.html#ANCHOR")


def test_addresses_are_those_of_pages_and_of_chosen_anchors(tmp_path):
    (tmp_path / "404.html").write_text("<article><h1 id='lost'>Lost</h1></article>")
    (tmp_path / "old.html").write_text("<article><a class='moved-page' id='x'></a></article>")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/page.html").write_text(
        "<nav id='nav'></nav><article><h1 id='page'>Page</h1><p class='moved' id='part'></p>"
        "<input id='__tabbed_1'><svg id='plot'><g id='axis'></g></svg></article>"
    )
    assert addresses.addresses(tmp_path) == {"in/page.html", "in/page.html#page"}


def test_addresses_are_added_to_the_list_and_never_taken_out(tmp_path, monkeypatch):
    monkeypatch.setattr(addresses, "LIST", tmp_path / "addresses.txt")
    (tmp_path / "b.html").write_text("<article><h1 id='b'>B</h1></article>")
    assert addresses.add(tmp_path) == 2
    (tmp_path / "b.html").rename(tmp_path / "a.html")
    assert addresses.add(tmp_path) == 2
    assert read_list() == ["a.html", "a.html#b", "b.html", "b.html#b"]


# -- what leads on, in a small book

BOOK = {
    "mkdocs.yml": """
site_name: Book
site_url: {url}
theme: {{name: material, font: false}}
extra: {{generator: false}}
plugins: [offline]
extra_css: [assets/site.css]
hooks: ["{root}/overrides/hooks/moved.py"]
""",
    "docs/index.md": "# Start\n",
    "docs/stacking.md": "# Stacking\n\n## Layers\n\n" + "Text.\n\n" * 99,
    "docs/ragged.md": "# Ragged & short\n\n" + "Text.\n\n" * 99 + "## Padding\n\n## Masks\n",
    "docs/deep/both.md": "# Both ways\n\n## Layers\n\n" + "Text.\n\n" * 99 + "## Why\n",
}
LINES = """
# a part of a page that is still there
stacking.html#ragged -> ragged.html#padding
stacking.html#both -> deep/both.html
deep/both.html#masks -> ragged.html#masks
stacking.html#levels -> stacking.html#layers
stacking.html#top -> stacking.html
# a page
sequences.html -> very/old.html
very/old.html -> ragged.html
very/old.html#pad -> ragged.html#padding
# a page whose parts went to several pages
towers.html -> deep/both.html
towers.html#masks -> ragged.html#masks
"""
WITH_SCRIPTS = {
    "stacking.html#ragged": "ragged.html#padding",
    "stacking.html#both": "deep/both.html",
    "deep/both.html#masks": "ragged.html#masks",
    "stacking.html#levels": "stacking.html#layers",
    "stacking.html#top": "stacking.html",
    "sequences.html": "ragged.html",
    "sequences.html#masks": "ragged.html#masks",
    "very/old.html": "ragged.html",
    "very/old.html#pad": "ragged.html#padding",
    "very/old.html#masks": "ragged.html#masks",
    "towers.html": "deep/both.html",
    "towers.html#why": "deep/both.html#why",
    "towers.html#masks": "ragged.html#masks",
}


def build_book(folder: Path, lines: str, url: str = "") -> Path:
    """Build a small book in which addresses have moved; return the folder of its site."""
    for name, text in BOOK.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.format(root=ROOT, url=url) if ".yml" in name else text)
    (folder / "docs/assets").mkdir()
    for name in ("moved.js", "site.css"):
        shutil.copy(ROOT / "docs/assets" / name, folder / "docs/assets")
    (folder / "overrides").mkdir()
    (folder / "overrides/moved.txt").write_text(lines)
    build(load_config(str(folder / "mkdocs.yml"), strict=True, site_dir=str(folder / "site")))
    return folder / "site"


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """Folder of the site of a small book in which addresses have moved."""
    return build_book(tmp_path_factory.mktemp("book"), LINES)


@pytest.fixture(scope="module", params=["opened as files", "served"])
def home(request, moved):
    """Address of that site, without a slash at its end."""
    if request.param == "served":
        with serve(moved) as url:
            yield url
    else:
        yield moved.as_uri()


def visit(browser, *, scripts: bool):
    """Open a page in a browser, with or without scripts."""
    return browser.new_context(viewport=DESKTOP, java_script_enabled=scripts).new_page()


@pytest.fixture(scope="module")
def scripted(browser):
    """Keep a page of a browser that runs scripts."""
    page = visit(browser, scripts=True)
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def unscripted(browser):
    """Keep a page of a browser that runs no scripts."""
    page = visit(browser, scripts=False)
    yield page
    page.context.close()


@pytest.mark.parametrize(("old", "new"), WITH_SCRIPTS.items())
def test_with_scripts_an_address_leads_on_at_once(old, new, home, scripted):
    scripted.goto("about:blank")
    scripted.goto(f"{home}/{old}", wait_until="commit")
    scripted.wait_for_url(f"{home}/{new}")
    scripted.go_back()  # one step leaves both addresses
    assert scripted.url == "about:blank"


def test_an_anchor_asked_for_later_leads_on_too(home, scripted):
    scripted.goto(f"{home}/stacking.html")
    scripted.evaluate("location.hash = 'ragged'")
    scripted.wait_for_url(f"{home}/ragged.html#padding")


@pytest.mark.parametrize("old", ["sequences.html", "very/old.html", "very/old.html#pad"])
def test_without_scripts_a_page_leads_on_at_once(old, home, unscripted):
    unscripted.goto(f"{home}/{old}", wait_until="commit")
    unscripted.wait_for_url(f"{home}/ragged.html")


@pytest.mark.parametrize("old", [it for it in WITH_SCRIPTS if it.startswith(("stack", "deep"))])
def test_without_scripts_a_sentence_says_where_a_part_is(old, home, unscripted):
    unscripted.goto("about:blank")
    unscripted.goto(f"{home}/{old}")
    assert unscripted.locator(".moved:visible").count() == 1
    sentence = unscripted.locator(f"[id='{old.partition('#')[2]}']")
    box, header = sentence.bounding_box(), unscripted.locator(".md-header").bounding_box()
    assert header["height"] <= box["y"] <= DESKTOP["height"] - box["height"]
    sentence.get_by_role("link").click()
    unscripted.wait_for_url(f"{home}/{WITH_SCRIPTS[old]}")


def test_a_reader_of_another_part_sees_nothing_of_it(home, unscripted):
    unscripted.goto(f"{home}/stacking.html#layers")
    assert unscripted.locator(".moved").count() == 4
    assert unscripted.locator(".moved:visible").count() == 0


@pytest.mark.parametrize("old", ["towers.html", "towers.html#masks"])
def test_without_scripts_a_page_that_was_split_waits_for_a_click(old, home, unscripted):
    unscripted.goto(f"{home}/{old}")
    links = unscripted.get_by_role("link")
    assert links.all_inner_texts() == ["Both ways", "Ragged & short"]
    links.last.click()
    unscripted.wait_for_url(f"{home}/ragged.html#masks")


def test_a_page_that_leads_on_is_a_good_page(moved):
    text = (moved / "very/old.html").read_text()
    page = parse(text)
    assert page.xpath("//link[@rel='canonical']/@href") == ["../ragged.html"]
    assert page.xpath("//meta[@http-equiv='refresh']/@content") == ["0; url=../ragged.html"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "Ragged &amp; short" in text
    split = parse((moved / "towers.html").read_text())
    assert not split.xpath("//meta[@http-equiv='refresh']")
    assert "very/old" not in (moved / "sitemap.xml").read_text()
    leads_on = ("very/old.html", "sequences.html", "towers.html")
    checks = (
        site_checks.links,
        site_checks.other_hosts,
        site_checks.unique_ids,
        site_checks.rendered,
        site_checks.headings,
        site_checks.described_pages,
    )
    faults = [fault for check in checks for fault in check(moved)]
    assert [fault for fault in faults if fault.startswith(leads_on)] == []


def test_a_page_without_what_has_moved_stays_as_it_was(moved):
    assert "moved" not in (moved / "ragged.html").read_text()


def test_a_published_page_that_leads_on_names_the_whole_address(tmp_path):
    site = build_book(tmp_path, LINES, url="https://example.org/book/")
    page = parse((site / "very/old.html").read_text())
    (address,) = page.xpath("//link[@rel='canonical']/@href")
    assert address == "https://example.org/book/ragged.html"
    assert page.xpath("//a/@href")[0] == "../ragged.html"


# -- lines that cannot be right


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("old.html -> gone.html", "old.html leads to gone.html, which does not exist"),
        ("old.html -> ragged.html#x", "old.html leads to ragged.html#x, which does not exist"),
        ("stacking.html#x -> ragged.html#x", "leads to ragged.html#x, which does not exist"),
        ("ragged.html -> stacking.html", "ragged.html still exists"),
        ("stacking.html#layers -> ragged.html", "stacking.html#layers still exists"),
        ("old.html#x -> ragged.html#masks", "old.html is gone; add a line for the page"),
        ("old.html -> b.html\nb.html -> old.html", "circle: old.html -> b.html -> old.html"),
    ],
)
def test_a_line_that_leads_nowhere_fails_a_strict_build(lines, words, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    with pytest.raises(Abort, match="in strict mode"):
        build_book(tmp_path, lines)
    assert words in caplog.text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("old.html ragged.html", r"moved\.txt, line 2: expected old\.html#anchor -> new"),
        ("old.html -> https://a.org/", "line 2: expected"),
        ("old.md -> ragged.md", "line 2: expected"),
        ("old.html -> ragged.html and more", "line 2: expected"),
        ("a.html -> b.html\na.html -> c.html", r"line 3: a\.html has a line already"),
    ],
)
def test_a_line_of_another_form_is_refused(line, words, tmp_path):
    path = tmp_path / "moved.txt"
    path.write_text(f"# what has moved\n{line}\n")
    with pytest.raises(ValueError, match=words):
        read_moved(path)
