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
    """Keep the text of a page; of an experiment, that of its script."""
    source = Path(page.file.src_uri)
    if source.parts[0] == "experiments":
        notebook = jupytext.read(ROOT / "docs" / source.with_suffix(".py"))
        text = FRONT.sub("", jupytext.writes(notebook, "md"))  # what jupytext adds
        text = FRONT.sub("", text.lstrip())  # what the page begins with
    written[str(source.with_suffix(".md"))] = plain(text)


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
    for name, text in {**written, "llms.txt": contents(config)}.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def contents(config) -> str:
    """List the twins by section, each with what its page says of itself."""
    lines = [f"# {config.site_name}", "", f"> {config.site_description}"]
    for section in sections:
        lines += ["", f"## {section.title}", ""]
        for page in filter(lambda it: it.is_page, section.children or [section]):
            twin = Path(page.file.src_uri).with_suffix(".md")
            lines.append(f"- [{page.title}]({twin}): {page.meta.get('description', '')}")
    return "\n".join(lines) + "\n"
