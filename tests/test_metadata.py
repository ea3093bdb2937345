"""A page that says something else of itself than its source does is caught, and right ones pass."""

import pytest

from tests import site_metadata

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

PAGE = """<!doctype html>
<html lang="en"><head><title>{title} - Book</title>
<meta name="description" content="What {title} is.">
<meta property="og:site_name" content="Book">
<meta property="og:title" content="{title}">
<meta property="og:description" content="What {title} is.">
<meta property="og:url" content="https://example.org/{name}.html">
<link rel="canonical" href="https://example.org/{name}.html"></head>
<body><div data-md-component="header-topic"> {title} </div>
<nav class="md-nav md-nav--primary">
<a class="md-nav__link" href="{up}rnn.html">RNN</a>
<a class="md-nav__link" href="{up}lstm.html">LSTM</a>
<a class="md-nav__link" href="#part">Part</a>
<a class="md-nav__link" href="{up}experiments/memory.html">Memory</a></nav>
<article><h1>{title}</h1>
<a download="rnn.py" href="{up}snippets/rnn.py">Download rnn.py</a></article>
{footer}</body></html>"""
FOOTER = '<a class="md-footer__link md-footer__link--{}" href="{}">x</a>'
FOOTERS = {
    "rnn": FOOTER.format("next", "lstm.html"),
    "lstm": FOOTER.format("prev", "rnn.html") + FOOTER.format("next", "experiments/memory.html"),
    "experiments/memory": FOOTER.format("prev", "../lstm.html"),
}
TITLES = {"rnn": "RNN", "lstm": "LSTM", "experiments/memory": "Memory"}


@pytest.fixture
def book(tmp_path):
    """Write the sources of three pages, and the pages as they are built."""
    for folder in ("docs/experiments", "site/experiments"):
        (tmp_path / folder).mkdir(parents=True)
    for name, title in TITLES.items():
        up = "../" if "/" in name else ""
        page = PAGE.format(title=title, name=name, up=up, footer=FOOTERS[name])
        (tmp_path / f"site/{name}.html").write_text(page)
        source = f"---\ntitle: {title}\ndescription: What\n  {title} is.\n---\n"
        if up:
            source = "# %% [markdown]\n# " + source.replace("\n", "\n# ").removesuffix("# ")
        (tmp_path / f"docs/{name}.{'py' if up else 'md'}").write_text(source)
    return tmp_path


def found(book):
    site = book / "site"
    return [
        *site_metadata.metadata(site, book / "docs"),
        *site_metadata.reading_order(site),
        *site_metadata.downloads(site),
    ]


def test_pages_that_say_what_their_sources_say_pass(book):
    assert found(book) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("lstm", "<title>LSTM", "<title>GRU", "expected the title `LSTM - Book`, got `GRU - Book`"),
        ("lstm", 'title" content="LSTM"', 'title" content="GRU"', "the og:title `LSTM`, got `GRU`"),
        ("lstm", "> LSTM <", "> GRU <", "lstm.html: expected the title in the header `LSTM`, got"),
        ("lstm", 'name="description"', 'name="words"', "the description `What LSTM is.`, got ``"),
        ("lstm", '"og:description"', '"og:words"', "the og:description `What LSTM is.`, got ``"),
        (
            "lstm",
            'canonical" href="https://example.org/lstm',
            'canonical" href="https://x/gru',
            "gru",
        ),
        (
            "lstm",
            'url" content="https://example.org/lstm',
            'url" content="https://x/gru',
            "its own ad",
        ),
        (
            "experiments/memory",
            ".org/experiments/memory",
            ".org/memory",
            "gives https://example.org",
        ),
        (
            "lstm",
            'prev" href="rnn',
            'prev" href="lstm',
            "expected ['rnn.html'] as its prev page, got",
        ),
        ("rnn", FOOTERS["rnn"], "", "expected ['lstm.html'] as its next page, got []"),
        (
            "experiments/memory",
            "--prev",
            "--next",
            "memory.html: expected [] as its next page, got",
        ),
        ("lstm", '"rnn.html">RNN', '"gru.html">RNN', "has another navigation than the first page"),
        ("lstm", '"lstm.html">LSTM', '"gru.html">LSTM', "lstm.html: is not in its own navigation"),
        ("lstm", 'download="rnn.py"', 'download="gru.py"', "gives rnn.py as gru.py, rnn.py"),
        ("lstm", "Download rnn", "Download gru", "lstm.html: gives rnn.py as gru.py, rnn.py"),
        ("experiments/memory", "snippets/rnn", "snippets/gru", "gives gru.py as rnn.py"),
    ],
)
def test_a_page_that_says_something_else_is_caught(book, file, old, new, message):
    page = book / f"site/{file}.html"
    assert old in page.read_text()
    page.write_text(page.read_text().replace(old, new, 1))
    assert message in "\n".join(found(book))
