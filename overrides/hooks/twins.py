"""Each page has a twin in plain Markdown beside it, and llms.txt lists them all.

They are for language models, and for readers who want a page without its looks: rnn.html has
rnn.md. Code is included, a figure is told in words, and nothing is left that only the site reads.
"""

import re
from html import unescape
from pathlib import Path

import jupytext
import markdown

ROOT = Path(__file__).parents[2]
FIGURE = re.compile(
    r"<svg.*?<title[^>]*>(.*?)</title>\s*<desc[^>]*>(.*?)</desc>.*?</svg>", re.DOTALL
)
COMMENT = re.compile(r"\n?[ \t]*<!--.*?-->", re.DOTALL)
MARKER = re.compile(r"^[ \t]*# --8<-- \[(?:start|end):.*\n", re.MULTILINE)
ATTRIBUTE = r"(?:[#.][\w-]+|\w+=\"[^\"]*\")"
ATTRIBUTES = re.compile(rf" ?\{{:? ?{ATTRIBUTE}(?: {ATTRIBUTE})* ?\}}")  # { #eq-1 .wide }
HTML = re.compile(r"^</?div.*>\n|<span id=\"[^\"]*\"></span>", re.MULTILINE)
BOX = re.compile(r'^( *)(?:!!!|\?\?\?\+?) \w+(?: "(.*)")?$')
EXPERIMENT = re.compile(r"(\]\((?:experiments/|\.\./experiments/)?\w+)\.py(?=[)#])")
FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
HOLE = re.compile(r"\n{3,}")

written: dict[str, str] = {}  # where a twin belongs, and what it says
sections: list = []  # of the navigation


def on_nav(nav, config, files):
    """Keep the order of the pages."""
    sections[:] = nav.items


def on_page_markdown(text, page, config, files):
    """Keep the text of a page."""
    source = Path(page.file.src_uri)
    text = text_of(source) if source.parts[0] == "experiments" else text
    written[str(source.with_suffix(".md"))] = plain(text)


def text_of(experiment: Path) -> str:
    """Return the text of an experiment's script as Markdown."""
    notebook = jupytext.read(ROOT / "docs" / experiment.with_suffix(".py"))
    text = FRONT.sub("", jupytext.writes(notebook, "md"))  # what jupytext adds
    return FRONT.sub("", text.lstrip())  # what the page begins with


def plain(text: str) -> str:
    """Resolve the includes of a page, and take out what only the site reads."""
    reader = markdown.Markdown(
        extensions=["pymdownx.snippets"],
        extension_configs={
            "pymdownx.snippets": {"base_path": [str(ROOT)], "dedent_subsections": True}
        },
    )
    text = "\n".join(reader.preprocessors["snippet"].run(text.split("\n")))
    text = FIGURE.sub(lambda it: f"*Figure: {unescape(it[1])}.* {unescape(it[2])}", text)
    text = MARKER.sub("", COMMENT.sub("", text))
    parts = re.split(r"(^[ ]*```.*?^[ ]*```[ ]*$)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [HOLE.sub("\n\n", HTML.sub("", ATTRIBUTES.sub("", it))) for it in parts[::2]]
    text = EXPERIMENT.sub(r"\1.md", "".join(parts))
    return "\n".join(unboxed(text.split("\n"))).strip() + "\n"


def unboxed(lines: list[str]) -> list[str]:
    """Move the content of each box to the left, under its title."""
    found, boxes = [], []  # the indents of the boxes that are open
    for line in lines:
        indent = len(line) - len(line.lstrip())
        while line.strip() and boxes and indent <= boxes[-1]:
            boxes.pop()
        if match := BOX.match(line):
            found.append(f"{line[4 * len(boxes) : indent]}**{match[2] or 'Note'}**\n")
            boxes.append(indent)
        else:
            found.append(line[4 * len(boxes) :] if line.strip() else "")
    return found


def on_post_build(config):
    """Write the twins, and the list of them."""
    site = Path(config.site_dir)
    listed = {
        section.title: [
            entry(it.title, it.file.src_uri, it.meta)
            for it in section.children or [section]
            if it.is_page
        ]
        for section in sections
    }
    twins = {**written, "llms.txt": contents(config.site_name, config.site_description, listed)}
    for name, text in twins.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def entry(title: str, source: str, meta: dict) -> str:
    """Return the list's entry of a twin, with the description of its page."""
    return f"- [{title}]({Path(source).with_suffix('.md')}): {meta.get('description', '')}"


def contents(name: str, description: str, listed: dict[str, list[str]]) -> str:
    """List the twins by section."""
    lines = [f"# {name}", "", f"> {description}"]
    for section, entries in listed.items():
        lines += ["", f"## {section}", "", *entries]
    return "\n".join(lines) + "\n"
