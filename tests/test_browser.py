"""The site as Chromium shows it: weight, other hosts, accessibility, layout, and what it offers."""

import doctest
import hashlib
import random
import re
import shutil
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import ROOT, serve
from tests.guards.markdown import read_page

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

HEAVIEST = 160_000  # bytes on the wire, for somebody who comes for the first time
SOURCES = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/experiments/*.py")]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix(".html").as_posix() for path in SOURCES)
FRAMED = ("404.html", "index.html")
PHONE = {"width": 375, "height": 812}
DESKTOP = {"width": 1440, "height": 900}

LAYOUT = (ROOT / "tests/layout.js").read_text()
# Many tokens of code and formulas have one look: one of each is enough for axe.
THIN = """() => {
  const seen = new Set()
  for (const part of document.querySelectorAll(".highlight code span, .katex > *")) {
    if (seen.has(part.className)) part.replaceWith(part.closest(".katex") ? "" : part.textContent)
    seen.add(part.className)
  }
}"""

# Colours are measured once for each look, over all pages: elements of one kind in elements of one
# kind, all the way up. What asks for room is measured on each screen, all else on the first one.
# What frames the text is one and the same on all pages.
AXE = """async ([first, framed]) => {
  if (!framed)
    for (const frame of document.querySelectorAll(".md-header, .md-sidebar--primary, .md-footer"))
      frame.remove()
  const kind = element => [element.tagName, element.className.baseVal ?? element.className,
    element.getAttribute("style"), element.getAttribute("fill")].join(" ")
  const hash = text => [...text].reduce((sum, letter) => 31 * sum + letter.codePointAt() | 0, 7)
  const known = `looks on screen ${first}`
  const seen = new Set(JSON.parse(sessionStorage.getItem(known) ?? "[]"))
  const looks = new Map()
  for (const element of document.body.querySelectorAll("*")) { // parents before their children
    const look = hash(`${looks.get(element.parentElement) ?? ""} > ${kind(element)}`)
    element.toggleAttribute("data-seen", seen.has(look))
    seen.add(look)
    looks.set(element, look)
  }
  const colours = ["color-contrast", "link-in-text-block"]
  const room = ["scrollable-region-focusable", "target-size"]
  axe.configure({ rules: [{ id: colours[0], selector: "*:not([data-seen])" },
    { id: colours[1], selector: "a[href]:not([data-seen]), [role=link]:not([data-seen])" }] })
  const { violations } = await axe.run({ resultTypes: ["violations"],
    ...(first ? {} : { runOnly: [...colours, ...room] }) })
  if (!violations.some(({ id }) => colours.includes(id)))
    sessionStorage.setItem(known, JSON.stringify([...seen]))
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}"""


# What Material's copy button takes from each example.
EXAMPLES = """() => {
  const examples = [...document.querySelectorAll(".highlight:has(.gp) code")]
  examples.forEach(code => code.setAttribute("data-md-copying", ""))
  const texts = examples.map(code => code.innerText)
  examples.forEach(code => code.removeAttribute("data-md-copying"))
  return texts
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


@pytest.fixture(scope="module")
def reader(browser, site_url):
    """Keep one page for many visits: a new one takes longer than what most tests do with it."""
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce", base_url=site_url)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    # As if each visit were the first.
    context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield page
    context.close()


class Log:
    """What a page asks for and complains of from now on."""

    def __init__(self, page):
        self.finished, self.asked, self.complaints = [], [], []
        self.listeners = {
            "request": lambda request: self.asked.append(request.url),
            "requestfinished": lambda request: self.finished.append(request),
            "pageerror": lambda error: self.complaints.append(f"error: {error}"),
            "console": lambda message: self.complaints.append(f"console: {message.text}"),
        }
        for event, listener in self.listeners.items():
            page.on(event, listener)
        self.page = page

    def faults(self, home):
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)
        sizes = [request.sizes() for request in self.finished if request.url.startswith("http")]
        weight = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
        strangers = [url for url in self.asked if not url.startswith((home, "data:"))]
        heavy = [] if 20_000 < weight <= HEAVIEST else [f"weighs {weight:,} bytes"]
        return [*self.complaints, *(f"asks {url}" for url in strangers), *heavy]


def look(page, viewport, scheme):
    """Hold another screen before the page."""
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme=scheme)


# Material makes code that scrolls reachable by keyboard, a moment after the screen has changed;
# if it does not, axe says so. Less than 14 px is no scrolling to axe.
REACHED = """async () => {
  const reached = code => code.scrollWidth < code.clientWidth + 14 || code.tabIndex === 0
  for (const code of document.querySelectorAll("pre > code"))
    for (let tries = 0; tries < 40 && !reached(code); tries++)
      await new Promise(resolve => setTimeout(resolve, 50))
}"""


def spoilt_examples(page, name):
    """Say which example is not, as it is copied, what the tests run."""
    sources = [path for path in SOURCES if path.stem == Path(name).stem]
    pages = [read_page(ROOT, path.relative_to(ROOT).as_posix()) for path in sources]
    fences = [fence for page in pages for fence in page.fences]
    tested = [doctest.DocTestParser().get_examples(f.text) for f in fences if f.language == "pycon"]
    expected = ["".join(example.source for example in examples) for examples in tested]
    copied = page.evaluate(EXAMPLES)
    pairs = zip_longest(map(str.split, copied), map(str.split, expected))
    return [
        f"an example is copied as {one}, not as {other}" for one, other in pairs if one != other
    ]


def faults(page, home, name):
    """Say all that is wrong with a page: on a phone in light, and on a desktop in the dark."""
    screens = [(PHONE, "light"), (DESKTOP, "dark")]
    look(page, *screens[0])
    log = Log(page)
    page.goto(f"{home}/{name}")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # some things are fetched when seen
    page.evaluate("document.fonts.ready")
    found = log.faults(home)
    for screen in screens:
        look(page, *screen)
        found += page.evaluate(LAYOUT)
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    found += spoilt_examples(page, name)
    page.evaluate(THIN)
    page.evaluate(Axe().axe_script)
    for screen in reversed(screens):
        look(page, *screen)
        page.evaluate(REACHED)
        found += page.evaluate(AXE, [screen is screens[0], name in FRAMED])
    return found


@pytest.fixture(scope="module")
def faultless(site, browser):
    """Name the file that says of a page: with this browser, style and test it had no fault."""
    names = ("conftest.py", "guards/markdown.py", "layout.js", "test_browser.py")
    code = [ROOT / "requirements.txt", *(ROOT / "tests" / name for name in names)]
    kinds = {".css", ".js", ".png", ".svg", ".wav", ".woff2"}  # fetched by pages, but for the index
    style = sorted(p for p in site.rglob("*") if p.suffix in kinds and p.parent.name != "search")
    common = hashlib.sha256(browser.version.encode())
    for path in (*code, *style):
        common.update(path.read_bytes())

    def faultless(name):
        page = common.copy()
        page.update(name.encode() + (site / name).read_bytes())
        return ROOT / ".cache/faultless" / page.hexdigest()

    return faultless


@pytest.mark.parametrize("name", [*PAGES, "404.html"])
def test_a_page_has_no_fault(name, reader, site_url, faultless):
    if (seen := faultless(name)).exists():
        return  # nothing that could change the result has changed
    assert faults(reader, site_url, name) == []
    seen.parent.mkdir(parents=True, exist_ok=True)
    seen.touch()


NOISE = random.Random(0).randbytes(100_000).hex()  # 100 kB, compressed
FAULTS = {
    "weighs": f"<p hidden>{NOISE}</p>",
    "asks http://localhost/x.png": '<img src="//localhost/x.png" alt="x">',
    "error: oh": '<script>throw Error("oh")</script>',
    "image-alt: <img": '<img src="assets/images/favicon.png">',
    "color-contrast: <p": '<p style="color: #777; background: #888">faint</p>',
    "wide is wider than the screen": '<p style="width: 500px">wide</p>',
    "cut cut cut cut cut cut cut cut cut cut  is cut": (
        f'<p style="white-space: nowrap; overflow: hidden">{"cut " * 50}</p>'
    ),
    "small is smaller than 9 px": (
        '<svg class="figure" viewBox="0 0 900 20"><text x="400" y="15">small</text></svg>'
    ),
    "beyond leaves its drawing": (
        '<svg class="figure" viewBox="0 0 300 20"><text x="290" y="15">beyond</text></svg>'
    ),
    "Copy is far from the top": (
        '<p style="margin-top: 99em"></p><button class="copy">Copy</button>'
    ),
    "code scrolls: 200 characters": f"<pre><code>{'x' * 200}</code></pre>",
    "breaks in Unbreakable": f"<h2>{'Unbreakable' * 5}</h2>",
    "(8) is off the screen": (
        '<div style="overflow: auto"><p style="width: 1200px; text-align: right">'
        '<span class="katex-tag"><span>(8)</span></span></p></div>'
    ),
    "lies on its formula": (
        '<div class="arithmatex"><span class="katex-display"><span class="katex">'
        f'<span class="katex-html"><span class="katex-base">{"long " * 20}</span>'
        '<span class="katex-tag" style="position: absolute !important; inset: 0 auto auto 0">'
        "<span>(1)</span></span></span></span></span></div>"
    ),
}


@pytest.fixture(scope="module")
def found(site, reader, tmp_path_factory):
    """Read a page that has every fault, and one in which an example lost a prompt."""
    folder = tmp_path_factory.mktemp("spoilt")
    shutil.copytree(site, folder, dirs_exist_ok=True)
    page = folder / "404.html"
    page.write_text(page.read_text().replace("</article>", "".join(FAULTS.values()) + "</article>"))
    page, prompt = folder / "readout.html", '<span class="gp">&gt;&gt;&gt; </span>'
    page.write_text(page.read_text().replace(prompt, "x ", 1))
    with serve(folder) as home:
        return faults(reader, home, "404.html") + faults(reader, home, "readout.html")


@pytest.mark.parametrize("words", [*FAULTS, "an example is copied as ['x', 'import'"])
def test_a_fault_is_found(words, found):
    assert any(words in sentence for sentence in found), found


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
    first.get_by_role("button").click()
    copied = reader.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == reader.evaluate(EXAMPLES)[0].strip()


def test_formulas_are_read_without_javascript(visit):
    with visit("rnn.html", java_script_enabled=False) as page:
        formula = page.locator(".katex-display .katex-html").first
        assert formula.bounding_box()["height"] > 20
        assert not page.locator(".katex-display .katex-mathml").first.is_hidden()
        assert page.locator("math").count() > 20
        assert not page.get_by_text("Copy rnn.py").first.is_visible()
        assert page.get_by_text("Download rnn.py").first.is_visible()


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


def test_what_scrolls_is_reached_by_keyboard_and_nothing_else(reader):
    reader.goto("notation.html")
    look(reader, PHONE, "light")
    reader.wait_for_selector(".md-typeset__scrollwrap[tabindex='0']")
    look(reader, DESKTOP, "light")
    reader.wait_for_function(
        "!document.querySelector('.md-typeset__scrollwrap[tabindex], .arithmatex[tabindex]')"
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


def test_nothing_moves_for_who_asked_for_that(reader):
    moving = """[...document.querySelectorAll("*")].filter(e => {
        const style = getComputedStyle(e)
        return [style.transitionDuration, style.animationDuration].some(s => parseFloat(s) > .01)
    }).map(e => e.className)"""
    reader.goto("index.html")
    assert reader.evaluate(moving) == []
