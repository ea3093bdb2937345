"""What readers can run beside the snippets is offered as a script and as a notebook.

That is each experiment, and the examples of each page that begins with a box "In this page".
"""

import re
from pathlib import Path

import jupytext
from mkdocs.structure.files import File

from tests.guards.markdown import make_page
from tools.page_examples import script
from tools.results import LEADING, Experiment, experiments, load_record, results_path
from tools.standalone import standalone

RUN = """
## Run it yourself

[Download {name}.py](../downloads/{name}.py){{ .md-button download="{name}.py" }}
[Download {name}.ipynb](../downloads/{name}.ipynb){{ .md-button download="{name}.ipynb" }}

Put the script or the notebook into a folder with [all snippets](../snippets/unrolled.zip). It needs
Python 3.12 or newer, NumPy and Matplotlib. The quick run takes seconds, and the measured results
are inside, so the plots can be drawn at once.

To measure all of it again, clone the repository and call `make experiments NAME={name} FORCE=1`. It
took {minutes} of one processor{older}.
"""

BOX = re.compile(r'^!!! abstract "In this page"\n(?:    .*\n|\n(?=    ))+', re.MULTILINE)
EXAMPLES = (
    " Run the examples here, or beside all snippets, as a"
    ' [notebook](downloads/{name}.ipynb){{ download="{name}.ipynb" }} or a'
    ' [script](downloads/{name}.py){{ download="{name}.py" }}.\n'
)


def on_files(files, config):
    """Publish the copies as files of the site."""
    pages = {it.src_uri: it.content_string for it in files if it.src_uri.endswith(".md")}
    for path, content in copies(pages).items():
        files.append(File.generated(config, path, content=content))
    return files


def copies(texts: dict[str, str]) -> dict[str, str]:
    """Make the copies of all experiments, and of the examples of these pages, by path."""
    scripts = {name: standalone(name) for name in experiments()}
    for source, text in texts.items():
        if offers_examples(text):
            scripts[examples_of(source)] = script(make_page(source, text))
    made = {f"downloads/{name}.py": copy for name, copy in scripts.items()}
    return made | {f"downloads/{name}.ipynb": notebook(copy) for name, copy in scripts.items()}


def notebook(copy: str) -> str:
    """Make a notebook of a script, in each build the same."""
    made = jupytext.reads(copy, "py:percent")
    made.metadata.pop("jupytext", None)  # lists what cells have, in an order drawn by chance
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    return jupytext.writes(made, "ipynb")


def offers_examples(markdown: str) -> bool:
    """Tell whether a page has examples, and a box that can offer them."""
    return "```pycon\n" in markdown and BOX.search(markdown) is not None


def examples_of(source: str) -> str:
    """Name the copy of a page's examples."""
    return f"{Path(source).stem.replace('-', '_')}_examples"


def on_page_markdown(markdown, page, config, files):
    """Offer the copies."""
    return with_offer(markdown, page.file.src_uri)


def with_offer(markdown: str, source: str) -> str:
    """Offer the copies: of the examples in the first box, of an experiment at its end."""
    name = Path(source).stem
    if source.startswith("experiments/") and results_path(name).exists():
        return markdown + how_to_run(name)
    if offers_examples(markdown):
        offer = EXAMPLES.format(name=examples_of(source))
        return BOX.sub(lambda box: f"{box[0].rstrip()}{offer}\n", markdown, count=1)
    return markdown


def how_to_run(name: str) -> str:
    """Offer the copies, and say how long the full run took."""
    minutes = round(load_record(name)["cpu_seconds"] / 60)
    repeats = "; `OLD=1` measures its leading parts as on an older processor"
    return RUN.format(
        name=name,
        minutes="a minute" if minutes < 2 else f"{minutes} minutes",
        older=repeats if Experiment(name).labels(LEADING) else "",
    )
