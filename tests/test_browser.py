"""The site as Chromium shows it: weight, other hosts, accessibility, layout, and what it offers."""

import re
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import ROOT

HEAVIEST = 160_000  # bytes on the wire, for somebody who comes for the first time
SOURCES = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/experiments/*.py")]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix(".html").as_posix() for path in SOURCES)
PHONE = {"width": 375, "height": 812}
DESKTOP = {"width": 1440, "height": 900}
WITH_CODE = [f"{path.stem.replace('_', '-')}" for path in sorted(ROOT.glob("snippets/[!_]*.py"))]

# Faults of the layout that is on the screen, as sentences.
LAYOUT = (ROOT / "tests/layout.js").read_text()

# Many tokens of code and formulas have one look: one of each is enough for axe. Folded boxes too.
THIN = """() => {
  for (const box of document.querySelectorAll("details")) box.open = true
  const seen = new Set()
  for (const part of document.querySelectorAll(".highlight code span, .katex-html")) {
    if (seen.has(part.className)) part.replaceWith(part.textContent)
    seen.add(part.className)
  }
}"""


@pytest.fixture
def visit(browser, site_url):
    """Open a page as somebody who has never been here."""

    @contextmanager
    def visit(name, viewport=DESKTOP, base=site_url, **options):
        context = browser.new_context(viewport=viewport, **options)
        page = context.new_page()
        try:
            page.goto(f"{base}/{name}")
            yield page
        finally:
            context.close()

    return visit


@pytest.mark.parametrize("name", [*PAGES, "404.html"])
def test_a_page_is_light_and_asks_no_other_host(name, browser, site_url):
    context = browser.new_context(viewport=DESKTOP)
    finished, asked, complaints = [], [], []
    context.on("request", lambda request: asked.append(request.url))
    context.on("requestfinished", lambda request: finished.append(request))
    context.on("weberror", lambda error: complaints.append(error.error))
    context.on("console", lambda message: complaints.append(message.text))
    page = context.new_page()
    page.goto(f"{site_url}/{name}")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # fonts come when they are seen
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in finished if not request.url.startswith("data:")]
    weight = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    context.close()
    hosts = {urlsplit(url).netloc for url in asked} - {""}
    assert hosts == {urlsplit(site_url).netloc}
    assert complaints == []
    assert 20_000 < weight <= HEAVIEST


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"]
)
@pytest.mark.parametrize("name", [*PAGES, "404.html"])
def test_a_page_is_laid_out_well_and_accessible(name, viewport, scheme, visit):
    with visit(name, viewport, color_scheme=scheme, reduced_motion="reduce") as page:
        page.evaluate("document.fonts.ready")
        layout = page.evaluate(LAYOUT)
        page.evaluate(THIN)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    axe = [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]
    assert layout + axe == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ('<p style="width: 500px">wide</p>', "is wider than the screen"),
        ('<p style="white-space: nowrap; overflow: hidden">' + "cut " * 50 + "</p>", "is cut"),
        (
            '<svg class="figure" viewBox="0 0 900 20"><text x="400" y="15">small</text></svg>',
            "is smaller than 9 px",
        ),
        (
            '<svg class="figure" viewBox="0 0 300 20"><text x="290" y="15">beyond</text></svg>',
            "leaves its drawing",
        ),
        (
            '<div class="arithmatex"><span class="katex-display"><span class="katex">'
            f'<span class="katex-html"><span class="katex-base">{"long " * 20}</span>'
            '<span class="katex-tag" style="position: absolute !important; inset: 0 auto auto 0">'
            "<span>(1)</span></span></span></span></span></div>",
            "lies on its formula",
        ),
    ],
)
def test_a_fault_of_the_layout_is_found(fault, words, visit):
    with visit("404.html", PHONE) as page:
        plant = "html => document.querySelector('article').insertAdjacentHTML('beforeend', html)"
        page.evaluate(plant, fault)
        faults = page.evaluate(LAYOUT)
    assert any(words in found for found in faults), faults


def test_formulas_are_read_without_javascript(visit):
    with visit("rnn.html", java_script_enabled=False) as page:
        formula = page.locator(".katex-display .katex-html").first
        assert formula.bounding_box()["height"] > 20
        assert not page.locator(".katex-display .katex-mathml").first.is_hidden()
        assert page.locator("math").count() > 20
        assert not page.get_by_text("Copy rnn.py").first.is_visible()
        assert page.get_by_text("Download rnn.py").first.is_visible()


@pytest.mark.parametrize("name", WITH_CODE)
def test_a_button_near_the_top_copies_the_whole_file(name, visit, site):
    with visit(f"{name}.html") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        file = f"{name.replace('-', '_')}.py"
        button = page.get_by_role("button", name=f"Copy {file}").first
        assert button.bounding_box()["y"] < DESKTOP["height"]
        button.click()
        page.get_by_role("status").get_by_text("Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.rstrip() == (site / "snippets" / file).read_text().rstrip()
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Download {file}").first.click()
        assert download.value.suggested_filename == file
        assert download.value.path().read_text() == (site / "snippets" / file).read_text()


@pytest.mark.parametrize("by", ["http", "file"])
def test_search_finds_a_page(by, visit, site):
    where = {"base": site.as_uri()} if by == "file" else {}
    with visit("index.html", **where) as page:
        asked = []
        page.context.on("request", lambda request: asked.append(request.url))
        page.keyboard.press("/")
        page.keyboard.type("clipping")
        result = page.locator(".md-search-result__link").first
        result.wait_for()
        assert any("search_index" in url for url in asked)  # not before somebody searched
        result.click()
        page.wait_for_url(re.compile(r"/clipping\.html"))
        assert "clipping" in page.locator("h1").inner_text().lower()


def test_the_site_works_as_a_folder_of_files(visit, site):
    with visit("index.html", base=site.as_uri()) as page:
        page.get_by_role("link", name=re.compile("^Next")).click()
        page.wait_for_url(re.compile(r"^file:.*/notation\.html"))
        page.get_by_role("navigation").get_by_role("link", name="RNN").first.click()
        page.wait_for_url(re.compile(r"^file:.*/rnn\.html"))
        assert page.evaluate(
            "document.fonts.ready.then(() => document.fonts.check('1em KaTeX_Math'))"
        )
        assert page.locator(".katex-display").first.bounding_box()["height"] > 20


def test_the_scheme_follows_the_system_and_then_the_reader(visit):
    with visit("index.html", color_scheme="dark") as page:
        body = page.locator("body")
        assert body.get_attribute("data-md-color-scheme") == "slate"
        page.get_by_title("Switch to light mode").click()
        assert body.get_attribute("data-md-color-scheme") == "default"
        page.reload()
        assert body.get_attribute("data-md-color-scheme") == "default"


def test_a_wide_formula_or_table_is_reached_by_keyboard(visit):
    with visit("notation.html", PHONE) as page:
        page.wait_for_selector(".md-typeset__scrollwrap[tabindex='0']")
    with visit("notation.html") as page:
        assert page.locator(".md-typeset__scrollwrap").count()
        assert not page.locator(".md-typeset__scrollwrap[tabindex]").count()


def test_the_first_tab_stop_skips_to_the_text(visit):
    with visit("rnn.html") as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert urlsplit(page.url).fragment == page.locator("h1").get_attribute("id")


def test_paper_gets_the_text_and_all_of_it_and_nothing_else(visit):
    with visit("rnn.html", color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        for part in ("header", ".md-sidebar", "footer", ".copy", ".md-button"):
            assert not page.locator(part).first.is_visible()
        assert page.locator("details pre").first.is_visible()
        ink, paper = page.evaluate(
            "[getComputedStyle(document.querySelector('article > p')).color,"
            " getComputedStyle(document.body).backgroundColor]"
        )
        assert ink == "rgb(36, 41, 47)"
        assert paper == "rgb(255, 255, 255)"


def test_nothing_moves_for_who_asked_for_that(visit):
    moving = """[...document.querySelectorAll("*")].filter(e => {
        const style = getComputedStyle(e)
        return [style.transitionDuration, style.animationDuration].some(s => parseFloat(s) > .01)
    }).map(e => e.className)"""
    with visit("index.html", reduced_motion="reduce") as page:
        assert page.evaluate(moving) == []
