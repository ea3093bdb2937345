"""Gives the figures that move their controls, the network that they run, and their script.

A page says where: `<div data-moving="cell" data-network="lstm" data-rest="5"></div>`, with the step
of its example at which a network comes to rest. The controls are docs/assets/moving/cell.html, so
that their room is kept before a script runs. The modules that a figure needs are joined into one
script, because no modules are loaded into a page that is opened from a folder.
"""

import json
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from mkdocs.structure.files import File

from overrides.hooks.live import join

FOLDER = Path("docs/assets/moving")
NETWORKS = Path("docs/assets/tiny")
PLACE = re.compile(
    r'<div data-moving="(\w+)"(?: data-network="(\w+)")?(?: data-rest="\d+")?></div>'
)
NETWORKED = "cell", "text"  # they share a script, moving.js, since both read the reader's text


def on_files(files, config):
    """Publish a script for each kind, of the modules that it needs, but no templates."""
    for file in list(files):
        if file.src_uri.startswith("assets/moving/"):
            files.remove(file)
    for path, content in scripts().items():
        files.append(File.generated(config, path, content=content))
    return files


def scripts() -> dict[str, str]:
    """Return the scripts of all kinds of figures, by path."""
    names = sorted({script_of(path.stem) for path in FOLDER.glob("*.html")})
    return {f"assets/{it}.js": f"{{\n{join(f'{it}.js', FOLDER, set())}}}\n" for it in names}


def script_of(kind: str) -> str:
    """Name the script of a kind of figure."""
    return "moving" if kind in NETWORKED else kind


def on_page_content(html, page, config, files):
    """Fill the places of a page; the template main.html then loads script and looks."""
    page.meta["moving"] = scripts_of(html)
    return filled(html)


def scripts_of(html: str) -> list[str]:
    """Name the scripts that the figures of a page need."""
    return sorted({script_of(place[1]) for place in PLACE.finditer(html)})


def filled(html: str) -> str:
    """Put controls into each place, and before the first one of a network its weights."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER), trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    given = set()

    def fill(place: re.Match) -> str:
        kind, network = place.groups()
        data, values = "", {}
        if network:
            text = (NETWORKS / f"{network}.json").read_text(encoding="utf-8")
            values = json.loads(text)
            if network not in given:
                data = f'<script type="application/json" id="network-{network}">{text}</script>\n'
        given.add(network)
        inside = templates.get_template(f"{kind}.html").render(network=network, **values)
        return place[0].replace("></div>", f">\n{data}{inside}</div>")

    return PLACE.sub(fill, html)
