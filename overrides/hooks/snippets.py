"""Each snippet is offered whole: published as a file, and copied by a button beside its link.

Beside that stands its version, and what else the examples of the page import. Examples are copied
without what they print, and so that they can be pasted at a prompt.
"""

import io
import re
import zipfile
from pathlib import Path

from mkdocs.structure.files import File

from tools.versions import version_of

ROOT = Path(__file__).parents[2]
ARCHIVE = "snippets/unrolled.zip"
EXCERPT = "docs/experiments/data/shakespeare_excerpt"  # what char_lstm.py may be tried on
FOR_PYTORCH = "tests/parity/char_lstm_torch.py"
MARKER = re.compile(r"^[ \t]*# --8<-- \[(?:start|end):.*\n", re.MULTILINE)
HOLE = re.compile(r"\n{4,}")  # the blank lines around a marker, when the marker is gone
FOLDER = "(?:snippets|tests/parity)/"
LINK = re.compile(rf'<a(?: class="(?P<style>[^"]*)")? download="(?P<name>\w+\.py)" href="{FOLDER}')
BLOCK = re.compile(rf'(<div class="[^"]*highlight")(><span class="filename">{FOLDER})')
ERROR = re.compile(r'<span class="gt">.*?(?=<span class="gp">|</code>)', re.DOTALL)
BLOCK_END = re.compile(r'(<span class="gp">\.\.\. ?</span>.*\n)(?!<span class="gp">\.\.\.)')
IMPORT = re.compile(r"^ *(?:>>>|\.\.\.) +(?:from|import) (\w+)", re.MULTILINE)
OFFER = "[read it whole](#the-whole-file)."
VERSION = "    This is version {}. [Changes](changes.md) says what later versions change.\n\n"
WHOLE = re.compile(r'(<h2 id="the-whole-file">.*?<pre.*?<code)(>)', re.DOTALL)


def without_markers(source: str) -> str:
    """Return a snippet as its readers want it."""
    return HOLE.sub("\n\n\n", MARKER.sub("", source)).rstrip() + "\n"


def on_files(files, config):
    """Publish the snippets as files of the site, so that a link to one is checked and works."""
    for path, content in published().items():
        files.append(File.generated(config, path, content=content))
    return files


def published() -> dict[str, str | bytes]:
    """Return the snippets, all of them in an archive, and what one is tried on, by path."""
    made, archive = {}, io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for path in sorted((ROOT / "snippets").glob("[!_]*.py")):
            content = without_markers(path.read_text(encoding="utf-8"))
            made[f"snippets/{path.name}"] = content
            undated = zipfile.ZipInfo(f"unrolled/{path.name}")
            undated.external_attr = 0o644 << 16  # all may read it
            members.writestr(undated, content, zipfile.ZIP_DEFLATED)
    made[ARCHIVE] = archive.getvalue()
    made[FOR_PYTORCH] = without_markers((ROOT / FOR_PYTORCH).read_text(encoding="utf-8"))
    for suffix in (".txt", ".notice.txt"):
        content = (ROOT / f"{EXCERPT}{suffix}").read_bytes()
        made[f"snippets/input{suffix}"] = content.replace(b"shakespeare_excerpt.txt", b"input.txt")
    return made


def imported_too(markdown: str, own: str) -> list[str]:
    """Name the other snippets that the examples of a page import."""
    there = {path.stem for path in (ROOT / "snippets").glob("[!_]*.py")}
    return sorted({*IMPORT.findall(markdown)} & there - {own})


def on_page_markdown(markdown, page, config, files):
    """Say what belongs to the file of a page."""
    return with_version_and_others(markdown, Path(page.file.src_uri).stem.replace("-", "_"))


def with_version_and_others(markdown: str, stem: str) -> str:
    """Say the version of the page's own file, and link to the others that its examples need."""
    if (path := ROOT / f"snippets/{stem}.py").is_file():
        box = f'??? example "snippets/{stem}.py"\n'
        markdown = markdown.replace(box, box + VERSION.format(version_of(path)), 1)
    links = [f"[{name}.py](snippets/{name}.py)" for name in imported_too(markdown, stem)]
    if not links:
        return markdown
    others = " and ".join(filter(None, [", ".join(links[:-1]), links[-1]]))
    needs = f"The examples also import {others}; here are [all snippets]({ARCHIVE})."
    return markdown.replace(OFFER, f"{OFFER} {needs}", 1)


def copy_button(link: re.Match) -> str:
    """Put a button that copies the file in front of a link that downloads it."""
    return (
        f'<button type="button" class="copy {link["style"] or ""}" data-search-exclude="yes" '
        f'data-clipboard-target="#the-whole-code">Copy {link["name"]}</button>{link[0]}'
    )


def on_page_content(html, page, config, files):
    """Let a page be copied from."""
    return with_buttons(html)


def with_buttons(html: str) -> str:
    """Give the whole file a name, and a button to every link that downloads it."""
    html = HOLE.sub("\n\n\n", html)
    html = BLOCK.sub(r'\1 data-search-exclude="yes"\2', html)  # a search finds text, not listings
    html = ERROR.sub(r'<span class="traceback">\g<0></span>', html)  # not copied with its example
    html = BLOCK_END.sub(r'\1<span class="pasted">\n</span>', html)  # a prompt asks for it
    html, found = WHOLE.subn(r'\1 id="the-whole-code"\2', html, count=1)
    return LINK.sub(copy_button, html) if found else html
