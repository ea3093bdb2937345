"""What is wrong with a page as Chromium shows it."""

import doctest
from codeop import compile_command
from itertools import zip_longest
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from tests.conftest import DESKTOP, PHONE, ROOT
from tests.guards.markdown import read_page

HEAVIEST = 160_000  # bytes on the wire, for somebody who comes for the first time
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

LAYOUT = (ROOT / "tests/layout.js").read_text()
VISIBLE = (ROOT / "tests/visible.js").read_text()
MOST = 40  # faults of one kind on one screen that are listed
PAPER = {"width": 660, "height": 930}  # A4 without its margins
# Just above each width at which the styles of the site change: one of each kind of screen.
WIDTHS = """() => {
  const conditions = sheet => [sheet.media?.mediaText, ...[...sheet.cssRules ?? []].map(conditions)]
  const text = [...document.styleSheets].map(conditions).join()
  const edges = [...text.matchAll(/width[^\\d]*([\\d.]+)(r?em|px)/g)].map(([, size, unit]) =>
    Math.ceil(size * (unit === "px" ? 1 : 16)) + 1)
  return [320, ...edges].toSorted((one, other) => one - other)
    .filter((width, at, all) => at === all.length - 1 || all[at + 1] - width > 3)
}"""
# Many tokens of code and formulas have one look: one of each is enough for axe.
THIN = """() => {
  const seen = new Set()
  for (const part of document.querySelectorAll(".highlight code span, .katex > *")) {
    if (seen.has(part.className)) part.replaceWith(part.closest(".katex") ? "" : part.textContent)
    seen.add(part.className)
  }
}"""

# To axe, what frames the text is the same on all pages. Not to the layout:
# the header names the page, and without the sidebar there is more room for code.
UNFRAME = """() => {
  for (const frame of document.querySelectorAll(".md-header, .md-sidebar--primary, .md-footer"))
    frame.remove()
}"""

# Colours are measured once for each look, over all pages: elements of one kind in elements of one
# kind, all the way up. What asks for room is measured on each screen, all else on the first one.
AXE = """async first => {
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


# Material takes the scheme of the system when a page is opened; later the reader chooses. The
# choices are kept, since they are part of the frame that is removed for axe.
CHOOSE = """async scheme => {
  const wanted = scheme === "dark" ? "slate" : "default"
  window.choices ??= [...document.querySelectorAll("[name=__palette]")]
  const choice = window.choices.find(it => it.dataset.mdColorScheme === wanted)
  for (let tries = 0; choice && tries < 40; tries++) {
    if (document.body.dataset.mdColorScheme === wanted) return
    choice.dispatchEvent(new Event("change"))
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}"""


def look(page, viewport, scheme, media="screen"):
    """Hold another screen, or paper, before the page."""
    page.set_viewport_size(viewport)
    page.emulate_media(media=media, color_scheme=scheme)
    page.evaluate(CHOOSE, scheme)


# What scrolls is made reachable by keyboard a moment after the screen has changed: code by
# Material, the rest by site.js. If not, axe says so. Less than 14 px is no scrolling to axe.
REACHED = """async () => {
  const reached = wide => wide.scrollWidth < wide.clientWidth + 14 || wide.tabIndex === 0
  const all = "pre > code, div.arithmatex, .md-typeset__scrollwrap"
  for (const wide of document.querySelectorAll(all))
    for (let tries = 0; tries < 40 && !reached(wide); tries++)
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
    found = page.evaluate(VISIBLE, media == "print")
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
    screens = [(width, scheme) for scheme in schemes for width in page.evaluate(WIDTHS)]
    found = unseen(page, PAPER, schemes[number % 2], "print")
    for at in (2 * number, 2 * number + 1):
        width, scheme = screens[at % len(screens)]
        found += unseen(page, {"width": width, "height": 900}, scheme)
    return found


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
        found += page.evaluate(LAYOUT)
    found += too_tall(page, name)  # on the last of these, the desktop
    found += unseen_elsewhere(page, name)
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    for screen in screens:
        found += unseen(page, *screen)
    found += spoilt_examples(page, name)
    page.evaluate(THIN)
    if name not in FRAMED:
        page.evaluate(UNFRAME)
    page.evaluate(Axe().axe_script)
    for screen in reversed(screens):
        look(page, *screen)
        page.evaluate(REACHED)
        found += page.evaluate(AXE, screen is screens[0])
    return found
