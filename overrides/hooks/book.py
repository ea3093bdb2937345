"""The whole book is also one page, book.html, to be printed or kept: chapters in their order.

mkdocs-print-site-plugin would not do: it takes pages before their formulas are set, and what the
other hooks make has addresses of its own. An EPUB would not do either, because few of its readers
can set a formula.
"""

import re
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath

from overrides.hooks.policy import secured

NAME = "book.html"
ARTICLE = re.compile(r"<article[^>]*>(.*)</article>", re.DOTALL)
STYLE = re.compile(r'<link rel="(?:stylesheet|icon)"[^>]*>')
UNPRINTED = re.compile(  # buttons, filters, what moves, sounds, and links for readers on a screen
    r'<p>\s*<button [^>]*class="copy .*?</p>|<button .*?</button>|<fieldset.*?</fieldset>|'
    r'<div data-moving=.*?</div>|<p class="moving-words">.*?</p>|<audio.*?</audio>|'
    r'<a class="headerlink".*?</a>|<p class="page-links">.*?</p>',
    re.DOTALL,
)
HEADING = re.compile(r"(?<=<)(/?h)([1-5])\b")
TAG = re.compile(r'<[a-zA-Z](?:[^<>"]|"[^"]*")*>')
IDS = re.compile(r'(?<= )(id|aria-labelledby|aria-describedby|for)="([^"]*)"')
LINK = re.compile(r'(?<= )((?:xlink:)?href|src)="([^"]*)"')
DRAWN = re.compile(r"url\(#([^)]+)\)")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|//", re.IGNORECASE)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The whole book - {name}</title>
<meta name="description" content="All chapters of {name} on one page, to print or to keep.">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
{styles}
<link rel="stylesheet" href="assets/book.css">
<style>
{headers}
</style>
</head>
<body dir="ltr" data-md-color-scheme="default" data-md-color-primary="custom">
<article class="book md-typeset">
<header>
<h1>{name}</h1>
<p>{description}</p>
<p class="licence">{licence}</p>
<p class="on-screen">This is the whole book on one page. Print it, or save it as a PDF from your
browser's print dialog. You can also read it <a href="index.html">page by page</a>.</p>
</header>
<nav aria-label="Contents">
{contents}
</nav>
{chapters}
</article>
</body>
</html>
"""
HEADER = """\
@page {key} {{ @top-right {{ content: "{number}  {title}"; }} }}
#{key} {{ page: {key}; }}"""

Contents = dict[str, dict[str, str]]  # the titles of sections, and of their pages by address

sections: list = []  # of the navigation
shown: dict[str, str] = {}  # the address of a page, and its article
styles: list[str] = []  # links to the style sheets of the pages


def on_nav(nav, config, files):
    """Keep the order of the pages."""
    sections[:] = nav.items


def on_post_page(output, page, config):
    """Keep what a page shows; formulas are set by now."""
    shown[page.url] = ARTICLE.search(output)[1]
    if not dirname(page.url):  # its addresses are those of the book
        styles[:] = STYLE.findall(output)


def on_post_build(config):
    """Write all pages as one."""
    listed = {
        section.title: {it.url: it.title for it in section.children or [section] if it.is_page}
        for section in sections
    }
    text = whole(listed, config.site_name, config.site_description, config.copyright)
    Path(config.site_dir, NAME).write_text(secured(text), encoding="utf-8")


def whole(listed: Contents, name: str, description: str, licence: str) -> str:
    """Return the page that has all pages as its chapters."""
    titles = {url: title for section in listed.values() for url, title in section.items()}
    keys = {url: key(url) for url in titles}
    chapters = [
        f'<section id="{keys[url]}">\n{chapter(shown[url], url, keys)}\n</section>' for url in keys
    ]
    headers = [
        HEADER.format(key=keys[url], number=number, title=title.replace('"', r"\""))
        for number, (url, title) in enumerate(titles.items(), 1)
    ]
    return PAGE.format(
        name=escape(name),
        description=escape(description),
        licence=licence,
        styles="\n".join(styles),
        headers="\n".join(headers),
        contents="\n".join(contents(listed)),
        chapters="\n".join(chapters),
    )


def key(url: str) -> str:
    """Name a chapter after its page, with a hyphen between the folder and the rest."""
    return url.removesuffix(".html").replace("/", "-")


def contents(listed: Contents) -> list[str]:
    """List the chapters by section, each with its number."""
    lines, number = [], 1
    for section, titles in listed.items():
        lines += [f"<p>{escape(section)}</p>", f'<ol start="{number}">']
        lines += [
            f'<li><a href="#{key(url)}">{escape(title)}</a></li>' for url, title in titles.items()
        ]
        lines.append("</ol>")
        number += len(titles)
    return lines


def chapter(html: str, url: str, keys: dict[str, str]) -> str:
    """Make an article a chapter: its ids are its own, and its links lead to other chapters."""
    html = UNPRINTED.sub("", html).replace("<details", "<details open")
    html = HEADING.sub(lambda it: f"{it[1]}{int(it[2]) + 1}", html)
    return TAG.sub(lambda tag: in_book(tag[0], url, keys), html)


def in_book(tag: str, url: str, keys: dict[str, str]) -> str:
    """Return a tag with the ids and the links that it has in the book."""
    own = keys[url]
    tag = IDS.sub(
        lambda it: f'{it[1]}="{" ".join(f"{own}--{name}" for name in it[2].split())}"', tag
    )
    tag = DRAWN.sub(rf"url(#{own}--\1)", tag)
    return LINK.sub(lambda it: f'{it[1]}="{address(it[2], url, keys)}"', tag)


def address(link: str, url: str, keys: dict[str, str]) -> str:
    """Return where a link of a page leads from the book, which is in the first folder."""
    if ELSEWHERE.match(link):
        return link
    path, _, anchor = link.partition("#")
    target = normpath(join(dirname(url), path)) if path else url
    target = "index.html" if target == "." else target
    if target not in keys:
        return f"{target}#{anchor}" if anchor else target
    return f"#{keys[target]}--{anchor}" if anchor else f"#{keys[target]}"
