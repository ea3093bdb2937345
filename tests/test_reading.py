"""What a reader does in Chromium: copy, search, type, print, read without a server or scripts."""

import re
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from overrides.hooks import mathematics
from tests.browser import DESKTOP, PHONE
from tests.page_faults import IN_PAGE, look

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own


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


@pytest.mark.parametrize("name", ["gru-reset-after", "rnn"])
def test_what_is_copied_or_downloaded_is_the_file(name, reader, site):
    look(reader, DESKTOP, "light")
    reader.goto(f"{name}.html")
    file = f"{name.replace('-', '_')}.py"
    reader.get_by_role("button", name=f"Copy {file}").first.click()
    reader.get_by_role("status").get_by_text("Copied").wait_for()
    copied = reader.evaluate("navigator.clipboard.readText()")
    assert copied.rstrip() == (site / "snippets" / file).read_text().rstrip()
    with reader.expect_download() as download:
        reader.get_by_role("link", name=f"Download {file}").first.click()
    assert download.value.suggested_filename == file
    assert download.value.path().read_text() == (site / "snippets" / file).read_text()


def test_an_example_is_copied_without_prompts_and_outputs(reader):
    look(reader, DESKTOP, "light")
    reader.goto("readout.html")
    first = reader.locator(".highlight:has(.gp)").first
    first.hover()
    first.get_by_role("button", name="Copy").click()
    copied = reader.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == reader.evaluate(IN_PAGE["examples"])[0].strip()


def test_formulas_are_read_without_javascript(visit):
    with visit("rnn.html", java_script_enabled=False) as page:
        formula = page.locator(".katex-display .katex-html").first
        assert formula.bounding_box()["height"] > 20
        assert not page.locator(".katex-display .katex-mathml").first.is_hidden()
        assert page.locator("math").count() > 20
        assert not page.get_by_text("Copy rnn.py").first.is_visible()
        assert page.get_by_text("Download rnn.py").first.is_visible()


# Where each letter of a formula is, and how high the formula.
LETTERS = """async html => {
  const place = document.querySelector("article")
  place.innerHTML = html
  place.getBoundingClientRect() // asks for fonts
  await document.fonts.ready
  const {left, top, height} = place.getBoundingClientRect(), found = [["all", 0, 0, height]]
  const texts = document.createTreeWalker(place.querySelector(".katex-html"), NodeFilter.SHOW_TEXT)
  while (texts.nextNode())
    for (let at = 0; at < texts.currentNode.length; at++) {
      const range = new Range(), letter = texts.currentNode.data[at]
      range.setStart(texts.currentNode, at)
      range.setEnd(texts.currentNode, at + 1)
      const box = range.getBoundingClientRect()
      if (letter !== "\\u200b") found.push([letter, box.left - left, box.top - top, box.height])
    }
  return found
}"""


@pytest.mark.parametrize(
    "tex",
    [
        r"a^{\langle t \rangle} = \tanh\left( W_{ax} x^{\langle t \rangle} + b_a \right) \tag{1}",
        r"\tilde c_u^2 + \hat y_{\text{a word}} - \Gamma_{u_1}^{x^2}",
        r"\frac{\partial L}{\partial W_a} = \sum_{t=1}^T \sqrt{\frac{1}{n_a}} \prod \mathrm{d}z",
        r"\begin{aligned} a &= \begin{bmatrix} 1 \\ x_t \end{bmatrix} \\ b &= c\end{aligned}",
        r"\underbrace{a + b}_n \overline{x} \begin{cases} 1 & \text{if } x \ge 0 \\ 0 \end{cases}",
    ],
)
def test_a_lightened_formula_looks_as_katex_drew_it(tex, reader):
    look(reader, DESKTOP, "light")
    reader.goto("rnn.html")
    wrap = '<div class="arithmatex">{}</div>'.format
    heavy, light = (wrap(make(tex, True)) for make in (mathematics.typeset, mathematics.render))
    heavy += "<style>.katex ::before, .katex ::after { content: none !important }</style>"
    pairs = zip(reader.evaluate(LETTERS, heavy), reader.evaluate(LETTERS, light), strict=True)
    for (letter, *before), (same, *after) in pairs:
        assert letter == same
        assert after == pytest.approx(before, abs=0.05), letter  # a browser rounds to 1/64


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
        page.wait_for_url(re.compile(r"^file:.*/text\.html"))
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


def test_what_scrolls_is_reached_by_keyboard_and_nothing_else(reader):
    reader.goto("notation.html")
    look(reader, PHONE, "light")
    reader.wait_for_selector(".md-typeset__scrollwrap[tabindex='0']")
    look(reader, DESKTOP, "light")
    reader.wait_for_function(
        "() => !document.querySelector('.md-typeset__scrollwrap[tabindex], .arithmatex[tabindex]')"
    )


def test_the_first_tab_stop_skips_to_the_text(reader):
    reader.goto("rnn.html")
    reader.keyboard.press("Tab")
    reader.keyboard.press("Enter")
    assert urlsplit(reader.url).fragment == reader.locator("h1").get_attribute("id")


def test_paper_gets_the_text_and_all_of_it_and_nothing_else(visit):
    with visit("rnn.html", color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        for part in ("header", ".md-sidebar", "footer", ".copy", ".md-button"):
            assert not page.locator(part).first.is_visible()
        assert page.locator("details pre").first.is_visible()
        assert not page.locator("#the-whole-code").is_visible()  # its parts are there
        ink, paper = page.evaluate(
            "[getComputedStyle(document.querySelector('article > p')).color,"
            " getComputedStyle(document.body).backgroundColor]"
        )
        assert ink == "rgb(36, 41, 47)"
        assert paper == "rgb(255, 255, 255)"
        page.goto(page.url.replace("rnn", "char-lstm"))  # whose parts are on other pages
        assert page.locator("#the-whole-code").is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_claims_are_filtered_by_their_verdict(scripts, visit):
    with visit("claims.html", java_script_enabled=scripts) as page:
        claims = page.locator(".claim")
        shown = page.locator(".claim:visible")
        assert shown.count() == claims.count()
        page.get_by_label("all").focus()
        for verdict in ("right", "incomplete", "wrong"):
            page.keyboard.press("ArrowDown")  # chooses the next
            assert shown.count() == page.locator(f".claim.{verdict}").count() > 0
            assert shown.count() == page.locator(f".claim.{verdict}:visible").count()
        page.goto(f"{page.url}#l5")  # somebody links to a claim with another verdict
        assert page.locator(".claim.right:visible").count() == 1
        page.emulate_media(media="print")
        assert shown.count() == claims.count()


def test_nothing_moves_for_who_asked_for_that(reader):
    moving = """[...document.querySelectorAll("*")].filter(e => {
        const style = getComputedStyle(e)
        return [style.transitionDuration, style.animationDuration].some(s => parseFloat(s) > .01)
    }).map(e => e.className)"""
    reader.goto("index.html")
    assert reader.evaluate(moving) == []
