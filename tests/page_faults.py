"""What is wrong with a page as Chromium shows it."""

import doctest
import re
from codeop import compile_command
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error

from tests.browser import DESKTOP, PHONE
from tests.conftest import ROOT
from tests.guards.markdown import read_page

HEAVIEST = 160_000  # bytes on the wire, for somebody who comes for the first time
LIGHTEST = 20_000  # styles alone weigh more
TALLEST = 8_000  # px on a desktop, with boxes closed: a page to be read at one sitting
LONGER = (  # audit, handbook, what is looked up, and plots and results
    "claims.html",
    "house-rules.html",
    "references.html",
    "more-notation.html",
    "experiments/",
)
SOURCES = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/experiments/*.py")]
FRAMED = ("404.html", "index.html")

IN_PAGE = {path.stem: path.read_text() for path in ROOT.glob("tests/in_page/*.js")}  # functions
MOST = 40  # faults of one kind on one screen that are listed
PAPER = {"width": 660, "height": 930}  # A4 without its margins


class Log:
    """What a page asks for and complains of from now on."""

    def __init__(self, page):
        self.finished, self.asked, self.complaints = [], [], []
        self.listeners = {
            "request": lambda request: self.asked.append(request.url),
            "requestfinished": lambda request: self.finished.append(request),
            "pageerror": lambda error: self.complaints.append(f"error: {error}"),
            "console": lambda message: self.complaints.append(
                f"console: {message.text} ({message.location['url']})"
            ),
        }
        for event, listener in self.listeners.items():
            page.on(event, listener)
        self.page = page

    def faults(self, home, is_weighed=True):
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)
        sizes = [request.sizes() for request in self.finished if request.url.startswith("http")]
        weight = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
        strangers = [url for url in self.asked if not url.startswith((home, "data:"))]
        return [
            *self.complaints,
            *(f"asks {url}" for url in strangers),
            *(weight_faults(weight) if is_weighed else []),
        ]


def weight_faults(weight):
    """Say whether a page is too heavy, or too light to be whole."""
    if weight > HEAVIEST:
        return [
            f"weighs {weight:,} bytes, expected at most {HEAVIEST:,}: formulas, figures and code "
            "weigh most, so take some away, or split the page"
        ]
    if weight < LIGHTEST:
        return [f"weighs {weight:,} bytes, expected at least {LIGHTEST:,}: what was not loaded?"]
    return []


def look(page, viewport, scheme, media="screen"):
    """Hold another screen, or paper, before the page."""
    page.set_viewport_size(viewport)
    page.emulate_media(media=media, color_scheme=scheme)
    page.evaluate(IN_PAGE["choose"], scheme)


def spoilt_examples(page, name):
    """Say which example is not, as it is copied, what the tests run."""
    sources = [path for path in SOURCES if path.stem == Path(name).stem]
    pages = [read_page(ROOT, path.relative_to(ROOT).as_posix()) for path in sources]
    fences = [fence for page in pages for fence in page.fences]
    tested = [doctest.DocTestParser().get_examples(f.text) for f in fences if f.language == "pycon"]
    expected = ["".join(example.source for example in examples) for examples in tested]
    copied = page.evaluate(IN_PAGE["examples"])
    pairs = zip_longest(map(str.split, copied), map(str.split, expected))
    return [
        *(f"an example is copied as {one}, not as {other}" for one, other in pairs if one != other),
        *filter(None, map(refused_at_a_prompt, copied)),
    ]


def refused_at_a_prompt(code):
    """Say where Python, read line by line, would not take what was pasted."""
    typed = []
    for line in [*code.split("\n"), ""]:
        typed.append(line)
        try:
            if compile_command("\n".join(typed)):
                typed = []
        except SyntaxError as error:
            return f"an example cannot be pasted at a prompt: {error}: {line}"
    return f"an example is not complete: {typed}" if any(typed) else None


def unseen(page, viewport, scheme, media="screen"):
    """Say what cannot be seen on a screen, or on paper."""
    look(page, viewport, scheme, media)
    where = f"{viewport['width']} px wide, {scheme}" if media == "screen" else f"on paper, {scheme}"
    found = page.evaluate(IN_PAGE["visible"], media == "print")
    first, rest = found[:MOST], found[MOST:]
    more = [f"and {len(rest)} more, perhaps all for one reason"] if rest else []
    return [f"{fault} ({where})" for fault in [*first, *more]]


def unseen_elsewhere(page, name):
    """Look at the page on paper, and on two of the other screens.

    Styles are the same on all pages, so the pages share the screens among them: each kind of
    screen, in light and in dark, is that of several pages.
    """
    number = sorted([*(path.stem for path in SOURCES), "404"]).index(Path(name).stem)
    schemes = ("light", "dark")
    screens = [(width, scheme) for scheme in schemes for width in page.evaluate(IN_PAGE["widths"])]
    found = unseen(page, PAPER, schemes[number % 2], "print")
    for at in (2 * number, 2 * number + 1):
        width, scheme = screens[at % len(screens)]
        found += unseen(page, {"width": width, "height": 900}, scheme)
    return found


def asked_in_use(page, home, name):
    """Say what a page asks of other hosts, or where it leads, when a reader clicks and types."""
    page.goto(f"{home}/{name}")
    log, opened = Log(page), []
    elsewhere = re.compile(f"^(?!{home}|blob:|data:)")
    page.route(elsewhere, lambda route: route.abort())
    sitemap = "**/sitemap.xml"  # Material looks for one beside the page when a link is used
    page.route(sitemap, lambda route: route.fulfill(body="<urlset></urlset>"))

    def note(popup):
        opened.append(popup)

    page.on("popup", note)
    if name not in FRAMED:
        page.evaluate(IN_PAGE["unframe"])
    with suppress(Error):  # a script has led to another page: the log has it
        log.complaints += page.evaluate(IN_PAGE["use"])
    page.remove_listener("popup", note)
    page.unroute(elsewhere)
    page.unroute(sitemap)
    for other in opened:
        log.complaints.append(f"opens {other.url}")
        other.close()
    return log.faults(home, is_weighed=False)


def too_tall(page, name):
    """Say how tall a page is, if it is to be read at one sitting and cannot be."""
    height = page.evaluate("document.documentElement.scrollHeight")
    if height <= TALLEST or name.startswith(LONGER):
        return []
    return [f"is {height:,} px tall, expected at most {TALLEST:,}: split it, or fold side notes"]


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
        found += page.evaluate(IN_PAGE["layout"])
    found += too_tall(page, name)  # on the last of these, the desktop
    found += unseen_elsewhere(page, name)
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    for screen in screens:
        found += unseen(page, *screen)
    found += spoilt_examples(page, name)
    page.evaluate(IN_PAGE["thin"])
    if name not in FRAMED:
        page.evaluate(IN_PAGE["unframe"])
    page.evaluate(Axe().axe_script)
    for screen in reversed(screens):
        look(page, *screen)
        page.evaluate(IN_PAGE["reached"])
        found += page.evaluate(IN_PAGE["axe"], screen is screens[0])
    return found + asked_in_use(page, home, name)
