"""Experiments are executed while the site is built, and again only when their code changed.

mkdocs-jupyter would execute them too, but its cache does not see what they import.
"""

import ast
import hashlib
import json
import logging
import os
import re
from pathlib import Path

import jupytext
import nbformat
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

log = logging.getLogger("mkdocs.hooks.experiments")

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache/experiments"
STYLE = ROOT / "overrides/plots.mplstyle"
LOCK = ROOT / "requirements.txt"
SVG = "image/svg+xml"

# matplotlib cannot draw in the colours of a page that has two schemes. It draws in stand-ins
# (plots.mplstyle), which become what the page's style sheet says.
COLOURS = {
    "#010101": "currentColor",
    "#010102": "var(--fig-state)",
    "#010103": "var(--fig-gate)",
    "#010104": "var(--fig-input)",
    "#010105": "var(--fig-weight)",
}


@event_priority(100)  # before mkdocs-jupyter looks for notebooks
def on_files(files, config):
    """Let mkdocs-jupyter render the executed notebook in the place of its source."""
    for file in files:
        if re.fullmatch(r"experiments/\w+\.py", file.src_uri):
            file.abs_src_path = str(executed(Path(file.abs_src_path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Drop the style sheet that mkdocs-jupyter appends: the page has its own."""
    return re.sub(r"\s*<style>.*?</style>\s*\Z", "\n", markdown, flags=re.DOTALL)


def executed(source: Path) -> Path:
    """Return a notebook with the source's text and the outputs of its code."""
    notebook = jupytext.read(source)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    CACHE.mkdir(parents=True, exist_ok=True)
    outputs = CACHE / f"{source.stem}-{key(source, code)}.json"
    if not outputs.exists():
        log.info("Executing %s", source.name)
        execute(notebook, source)
        outputs.write_text(json.dumps([cell.outputs for cell in code]), encoding="utf-8")
    kept = json.loads(outputs.read_text(encoding="utf-8"))
    for number, (cell, cell_outputs) in enumerate(zip(code, kept, strict=True)):
        cell.outputs = [nbformat.from_dict(output) for output in cell_outputs]
        for output in cell.outputs:
            if SVG in output.get("data", {}):
                output.data[SVG] = plot(output.data[SVG], f"plot-{number}")
                if not cell.metadata.get("alt"):
                    log.warning('%s: a plot without # %%%% alt="..."', source.name)
    notebook_path = CACHE / f"{source.stem}.ipynb"
    nbformat.write(notebook, notebook_path)
    return notebook_path


def key(source: Path, code: list) -> str:
    """Hash everything that the outputs depend on."""
    cells = "\n".join(cell.source for cell in code)
    data = [path for folder in ("data", "results") for path in source.parent.glob(f"{folder}/*")]
    digest = hashlib.sha256(cells.encode())
    for path in sorted([*imported(cells), *data, STYLE, LOCK, Path(__file__)]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def imported(code: str) -> set[Path]:
    """Find the files of this repository that the code imports."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = (ROOT / f"{name.replace('.', '/')}.py" for name in names)
    return {path for path in paths if path.exists()}


def execute(notebook, source: Path) -> None:
    """Run the code cells in a process of their own, from the experiment's folder."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "MATPLOTLIBRC": str(STYLE),
    }
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=60,
        resources={"metadata": {"path": str(source.parent)}},
        extra_arguments=["--InlineBackend.figure_formats=svg", "--log-level=ERROR"],
    )
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise PluginError(f"{source.name} fails:\n{error}") from error


def plot(svg: str, name: str) -> str:
    """Make a plot a part of its page: its colours, no ids that another plot has too."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r" font-family: [^;]+;", "", svg)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for stand_in, colour in COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return svg
