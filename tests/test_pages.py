"""Each page as Chromium shows it has no fault, and faults that are planted are found."""

import hashlib
import random
import shutil

import pytest

from tests.conftest import ROOT
from tests.faults import assert_none
from tests.page_faults import SOURCES, faults
from tests.serving import serve

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix(".html").as_posix() for path in SOURCES)


@pytest.fixture(scope="module")
def faultless(site, browser):
    """Name the file that says of a page: with this browser, style and test it had no fault."""
    names = ("browser.py", "guards/markdown.py", "page_faults.py", "serving.py")
    functions = sorted(ROOT.glob("tests/in_page/*.js"))
    locks = sorted(ROOT.glob("requirements*.txt"))
    code = [*locks, *functions, *(ROOT / "tests" / name for name in names)]
    kinds = {".css", ".js", ".png", ".svg", ".wav", ".woff2"}  # fetched by pages, except the index
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
    seen = faultless(name)
    if not seen.exists():  # otherwise nothing that could change the result has changed
        assert_none(f"{name}: {fault}" for fault in faults(reader, site_url, name))
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.touch()


NOISE = random.Random(0).randbytes(100_000).hex()  # 100 kB, compressed
FAULTS = {
    "weighs": f"<p hidden>{NOISE}</p>",
    "asks http://localhost/x.png": '<img src="//localhost/x.png" alt="x">',
    "http://localhost:1/told": '<button>Tell</button><script src="tell.js"></script>',
    "asks http://localhost:1/led": '<button class="lead">Lead</button>',
    "error: oh": '<script src="oh.js"></script>',  # the policy refuses an inline one
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
    "px tall, expected at most 8,000": '<p style="margin-bottom: 9000px">tall</p>',
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
    "hidden on phones is not shown (375 px wide, light)": (
        "<style>@media (max-width: 600px) { .desktop { display: none !important } }</style>"
        '<pre class="desktop"><code>hidden on phones</code></pre>'
    ),
    "hidden on desktops is not shown (1440 px wide, dark)": (
        "<style>@media (min-width: 1300px) { .phone { visibility: hidden } }</style>"
        '<table class="phone"><tr><td>hidden on desktops</td></tr></table>'
    ),
    "hidden between is not shown (320 px wide, light)": (
        "<style>@media (max-width: 330px) { .tiny { display: none } }</style>"
        '<p class="tiny">hidden between</p>'
    ),
    "hidden in the dark is not shown (1440 px wide, dark)": (
        "<style>[data-md-color-scheme=slate] .day { display: none }</style>"
        '<p class="day">hidden in the dark</p>'
    ),
    "figure unprinted has no size: 0 x 150 px (on paper, light)": (
        "<style>@media print { .unprinted { width: 0; height: 0 } }</style>"
        '<svg class="unprinted"><text>figure unprinted</text></svg>'
    ),
    "away for good is not shown": "<p hidden>away for good</p>",
    "beside a button is not shown (on paper, light)": (
        "<style>@media print { .lost { display: none !important } }</style>"
        '<p class="lost"><a class="md-button">Go</a> beside a button</p>'
    ),
    "ghost is transparent": '<div style="opacity: .5"><p style="opacity: .5">ghost</p></div>',
    "shut is cut, or lies off": '<div style="height: 0; overflow: hidden"><p>shut</p></div>',
    "away is cut, or lies off the page": '<p style="position: absolute; left: -999px">away</p>',
    "clipped is behind a clip, a mask or a filter": '<p style="clip-path: inset(50%)">clipped</p>',
    "under is covered": (
        "<style>.over::after { content: ''; position: absolute; inset: 0; background: red }</style>"
        '<div class="over" style="position: relative"><p>under</p></div>'
    ),
    "outdented lies off the page": '<p style="text-indent: -999px">outdented</p>',
    "tiny is 1.": '<p style="font-size: 1px; width: 9em; height: 9em">tiny</p>',
    "clear is transparent": '<p style="-webkit-text-fill-color: transparent">clear</p>',
    "snow has the colour of its": '<p style="color: #eee; background: #fff">snow</p>',
    "is drawn without a colour": '<svg><path class="line" d="M0 0L99 99" fill="none"></path></svg>',
}


# asks another host for something, and leads there, at a click: the address is put together then
TELL = """
const place = ["http", "//localhost:1/"].join(":")
addEventListener("click", ({ target }) => {
  if (target.textContent === "Tell") fetch(place + "told", { mode: "no-cors" }).catch(() => {})
  if (target.textContent === "Lead") location = place + "led"
})
"""


@pytest.fixture(scope="module")
def found(site, reader, tmp_path_factory):
    """Read a page that has every fault, and one in which an example lost a prompt."""
    folder = tmp_path_factory.mktemp("spoilt")
    shutil.copytree(site, folder, dirs_exist_ok=True)
    (folder / "oh.js").write_text('throw Error("oh")')
    (folder / "tell.js").write_text(TELL)
    page = folder / "404.html"
    page.write_text(page.read_text().replace("</article>", "".join(FAULTS.values()) + "</article>"))
    page, prompt = folder / "readout.html", '<span class="gp">&gt;&gt;&gt; </span>'
    page.write_text(page.read_text().replace(prompt, "x ", 1))
    with serve(folder) as home:
        return faults(reader, home, "404.html") + faults(reader, home, "readout.html")


SPOILT = [
    "an example is copied as ['x', 'import'",
    "an example cannot be pasted at a prompt: invalid",
]


@pytest.mark.parametrize("words", [*FAULTS, *SPOILT])
def test_a_fault_is_found(words, found):
    assert any(words in sentence for sentence in found), found
