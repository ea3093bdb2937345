"""Gives the figures that move their controls, the network that they run, and their script.

A page says where: `<div data-moving="cell" data-network="lstm"></div>`. The controls are the
template docs/assets/moving/cell.html, so that their room is kept before a script runs. The modules
of this folder are joined into one script, because no modules are loaded into a page that is opened
from a folder.
"""

import json
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from mkdocs.structure.files import File

from overrides.hooks.live import join

FOLDER = Path("docs/assets/moving")
NETWORKS = Path("docs/assets/tiny")
PLACE = re.compile(r'<div data-moving="(\w+)"(?: data-network="(\w+)")?></div>')
RESTS = {"rnn": 9, "lstm": 5, "gru": 6}  # the step of its example at which a network says most
FIRST = "moving.js"  # imports the others


def on_files(files, config):
    """Publish the modules as one script, and the templates not at all."""
    for file in list(files):
        if file.src_uri.startswith("assets/moving/"):
            files.remove(file)
    script = f"{{\n{join(FIRST, FOLDER, set())}}}\n"
    files.append(File.generated(config, "assets/moving.js", content=script))
    return files


def on_page_content(html, page, config, files):
    """Fill the places of a page; the template main.html then loads script and looks."""
    page.meta["moving"] = bool(PLACE.search(html))
    return filled(html)


def filled(html: str) -> str:
    """Put controls into each place, and before the first one of a network its weights."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER), trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    given = set()

    def fill(place: re.Match) -> str:
        kind, network = place.groups()
        rest = f' data-network="{network}" data-rest="{RESTS[network]}"' if network else ""
        data, values = "", {}
        if network:
            text = (NETWORKS / f"{network}.json").read_text(encoding="utf-8")
            values = json.loads(text)
            if network not in given:
                data = f'<script type="application/json" id="network-{network}">{text}</script>\n'
        given.add(network)
        inside = templates.get_template(f"{kind}.html").render(network=network, **values)
        return f'<div data-moving="{kind}"{rest}>\n{data}{inside}</div>'

    return PLACE.sub(fill, html)
