"""Experiments are executed while the site is built, and again only when their code changed.

mkdocs-jupyter would execute them too, but its cache does not see what they import. `mkdocs serve`
executes an experiment again when it is edited itself, not when a snippet is. An experiment whose
package has not been fetched says so on its page, and shows what needs no data.
"""

import ast
import hashlib
import html
import json
import logging
import os
import re
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat.v4 import new_code_cell, new_notebook

from tools import data
from tools.fetch import package_of
from tools.reach import imported
from tools.results import results_path, stale, stale_older, write_whole

log = logging.getLogger("mkdocs.hooks.experiments")

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache/experiments"
STALE = '!!! warning "The code has changed since these results were measured; they may differ now."'
STYLE = ROOT / "overrides/plots.mplstyle"
LOCK = ROOT / "requirements.txt"
RESULTS = ROOT / "tools/results.py"
# Before the cells: nothing is left of what an earlier experiment defined or set, and a warning
# fails them, unless it is about the kernel's own code.
FRESH = """import contextlib, warnings
import matplotlib.pyplot as plt
import numpy as np
%matplotlib inline
shell = get_ipython()
if hasattr(shell, "earlier"):
    shell.earlier.close()
shell.earlier = contextlib.ExitStack()
for settings in np.errstate(), np.printoptions(), plt.rc_context(), warnings.catch_warnings():
    shell.earlier.enter_context(settings)
warnings.simplefilter("error")
warnings.filterwarnings("ignore", module=".*(ipykernel|matplotlib_inline)")
shell.reset()
"""
# Behind the cells: what they measured, for the tests.
MEASURED = "from tools.results import short_values; print(short_values(globals()))"
SVG = "image/svg+xml"
LONGEST = 14  # lines of code that a page shows unasked: who reads for the answer scrolls past more
OBJECT = re.compile(r"\[*<.*|Text\(.*")  # a value that means nothing to a reader
PROCESSES = 2  # experiments that run at a time
LIMIT = 60  # seconds that a cell may take, where the slowest needs a few

# matplotlib cannot draw in the colours of a page that has two schemes. It draws in stand-ins
# (plots.mplstyle), which become what the page's style sheet says.
COLOURS = {
    "#010101": "currentColor",
    "#010102": "var(--fig-state)",
    "#010103": "var(--fig-gate)",
    "#010104": "var(--fig-input)",
    "#010105": "var(--fig-output)",
    "#010106": "var(--fig-time)",
    "#010107": "var(--fig-gradient)",
}


class RunError(Exception):
    """An experiment does not run; the message says which, and why."""


serving = False  # true once `make serve` has built the site: someone is writing
PAGE = os.environ.get("PAGE")  # the only page of this site: someone writes it


def on_serve(server, config, builder):
    """From the first build on run no experiment because of what it imports: that takes seconds."""
    global serving
    serving = True
    return server


@event_priority(100)  # before mkdocs-jupyter looks for notebooks
def on_files(files, config):
    """Let mkdocs-jupyter render the executed notebook instead of its source."""
    ours = iter([file for file in files if re.fullmatch(r"experiments/\w+\.py", file.src_uri)])

    def work(_):
        with Kernel() as kernel:
            for file in ours:  # those that no other thread has taken
                source = Path(file.abs_src_path)
                file.abs_src_path = str(executed(source, kernel))

    with ThreadPoolExecutor(PROCESSES) as pool:
        try:
            list(pool.map(work, range(PROCESSES)))
        except RunError as error:
            raise PluginError(str(error)) from error
    return files


def on_page_markdown(markdown, page, config, files):
    """Mend the page of an experiment."""
    source = Path(page.file.src_uri)
    return mended(markdown, source.stem) if source.parts[0] == "experiments" else markdown


def mended(markdown: str, name: str) -> str:
    """Undo the template's escaping, drop the style sheet that mkdocs-jupyter appends, warn."""
    markdown = re.sub(r"\s*<style>.*?</style>\s*\Z", "\n", markdown, flags=re.DOTALL)
    markdown = html.unescape(markdown)
    if PAGE not in (None, name) or not results_path(name, ROOT).exists():
        return markdown
    if stale(name, ROOT) or stale_older(name, ROOT):
        markdown = re.sub(r"^# .*\n\n", rf"\g<0>{STALE}\n\n", markdown, count=1, flags=re.MULTILINE)
    return markdown


def executed(source: Path, kernel: "Kernel") -> Path:
    """Return a notebook with the source's text and the outputs of its code."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        # the same each time: a name drawn by chance would be a change
        cell["id"] = f"cell-{number}"
    cells = code_cells(notebook)
    path = outputs(cells, source, kernel)
    kept = json.loads(path.read_text(encoding="utf-8"))["outputs"]
    for number, (cell, cell_outputs) in enumerate(zip(cells, kept, strict=True)):
        if cell.source.count("\n") >= LONGEST and "hide-input" not in cell.metadata.get("tags", []):
            cell.metadata["fold"] = contents(cell.source)
        cell.outputs = [nbformat.from_dict(output) for output in cell_outputs]
        for output in cell.outputs:
            if SVG in output.get("data", {}):
                output.data[SVG] = plot(output.data[SVG], f"plot-{number}")
                if not cell.metadata.get("alt"):
                    log.warning('%s: a plot without # %%%% alt="..."', source.name)
            elif "text/markdown" in output.get("data", {}):
                continue
            elif shown := OBJECT.match(output.get("data", {}).get("text/plain", "")):
                log.warning("%s: a cell shows %s: write _ = ...", source.name, shown[0])
    write_whole(path.with_suffix(".ipynb"), nbformat.writes(notebook))
    return path.with_suffix(".ipynb")


def code_cells(notebook) -> list:
    """List the cells that are executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def contents(code: str) -> str:
    """Name what a long cell defines, so that a reader knows whether to unfold it."""
    kinds = ast.FunctionDef | ast.ClassDef
    names = [f"`{node.name}`" for node in ast.parse(code).body if isinstance(node, kinds)]
    return f"The code: {', '.join(names)}" if names else "The code"


def outputs(cells: list, source: Path, kernel: "Kernel") -> Path:
    """Return the file of what the cells gave; execute them if there is none that fits."""
    code = "\n".join(cell.source for cell in cells)
    tree = ast.parse(code)
    missing = lacks_data(source)
    own = digest(f"{sys.version}{missing}{code}", files_of(source))
    path = CACHE / f"{source.stem}-{own}-{digest('', sorted(imported(tree, ROOT)))}.json"
    if path.exists():
        return path
    earlier = sorted(CACHE.glob(f"{source.stem}-{own}-*.json"), key=os.path.getmtime)
    if earlier and (serving or PAGE not in (None, source.stem)):
        return earlier[-1]  # who edits a snippet need not wait for the experiments
    log.info("Executing %s", source.name)
    made = kernel.execute([cell.source for cell in cells], source, missing)
    if missing:
        made["outputs"] = [without_data(it, source) for it in made["outputs"]]
    write_whole(path, json.dumps(made))
    return path


def files_of(source: Path) -> list[Path]:
    """List the files that an experiment's outputs depend on, besides what it imports."""
    read = [*sorted(source.parent.glob("data/*")), source.parent / f"results/{source.stem}.json"]
    return [*filter(Path.exists, read), STYLE, LOCK, RESULTS, Path(__file__)]


def lacks_data(source: Path) -> bool:
    """Tell whether an experiment names a package that has not been fetched."""
    package = package_of(source.stem, source.parents[2])
    return package is not None and not (data.CACHE / package.file).exists()


def without_data(outputs: list[dict], source: Path) -> list[dict]:
    """Say which package is missing where it is read; of what needs it, show nothing."""
    kept = []
    for output in outputs:
        if output["output_type"] != "error":
            kept.append(output)
        elif output["ename"] == "MissingDataError":
            kept.append({"output_type": "stream", "name": "stdout", "text": output["evalue"]})
        elif output["ename"] != "NameError":
            raise RunError(f"{source.name} fails without its data:\n{output['evalue']}")
    return kept


def digest(text: str, paths: Iterable[Path]) -> str:
    """Hash a text and the contents of files, wherever they lie."""
    total = hashlib.sha256(text.encode())
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


class Kernel(ExitStack):
    """A process that executes experiments: to start it takes as long as many of them."""

    @cached_property
    def client(self) -> NotebookClient:
        """Start the process, and end it with the block that the kernel is for."""
        client = NotebookClient(
            new_notebook(),
            kernel_name="python3",
            timeout=LIMIT,
            shutdown_kernel="immediate",  # it has nothing to save
            coalesce_streams=True,  # what is printed bit by bit is one output
            resources={"metadata": {"path": str(ROOT / "docs/experiments")}},
            extra_arguments=["--InlineBackend.figure_formats=svg", "--log-level=ERROR"],
        )
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "MATPLOTLIBRC": str(STYLE),
            "OPENBLAS_NUM_THREADS": "1",  # two run at a time
        }
        self.enter_context(client.setup_kernel(env=environment))
        return client

    def execute(self, cells: list[str], source: Path, missing: bool = False) -> dict[str, Any]:
        """Run the cells of one experiment; if its data is missing, also those behind an error."""
        code = [new_code_cell(text) for text in (FRESH, *cells, MEASURED)]
        self.client.nb = new_notebook(cells=code)
        self.client.allow_errors = missing
        try:
            self.client.execute(cleanup_kc=False)
        except CellExecutionError as error:
            message = re.sub(r"\x1b\[[\d;]*m", "", str(error))  # without the colours of a terminal
            raise RunError(f"{source.name} fails:\n{message}") from error
        except CellTimeoutError as error:
            self.close()
            del self.client  # the next one starts another
            raise RunError(f"{source.name}: a cell takes more than {LIMIT} seconds") from error
        outputs = [cell.outputs for cell in code[1:-1]]
        return {"outputs": outputs, "measured": json.loads(code[-1].outputs[0].text)}


def plot(svg: str, name: str) -> str:
    """Make a plot a part of its page: its colours, no ids that another plot has too."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r" font-family: [^;]+;", "", svg)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for stand_in, colour in COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return svg
