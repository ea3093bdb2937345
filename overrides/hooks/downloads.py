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
    copies = {name: standalone(name) for name in experiments()}
    for file in files:
        if file.src_uri.endswith(".md"):
            text = Path(file.abs_src_path).read_text(encoding="utf-8")
            if offers_examples(text):
                copies[examples_of(file)] = script(make_page(file.src_uri, text))
    for name, copy in copies.items():
        files.append(File.generated(config, f"downloads/{name}.py", content=copy))
        files.append(File.generated(config, f"downloads/{name}.ipynb", content=notebook(copy)))
    return files


def notebook(code: str) -> str:
    """Write a script as a notebook, whose cells are numbered, so that each build gives the same."""
    made = jupytext.reads(code, "py:percent")
    for number, cell in enumerate(made.cells):
        cell.id = str(number)
    return jupytext.writes(made, "ipynb")


def offers_examples(markdown: str) -> bool:
    """Tell whether a page has examples, and a box that can offer them."""
    return "```pycon\n" in markdown and BOX.search(markdown) is not None


def examples_of(file: File) -> str:
    """Name the copy of a page's examples."""
    return f"{Path(file.src_uri).stem.replace('-', '_')}_examples"


def on_page_markdown(markdown, page, config, files):
    """Offer the copies: of the examples in the first box, of an experiment at its end."""
    name = Path(page.file.src_uri).stem
    if page.file.src_uri.startswith("experiments/") and results_path(name).exists():
        return markdown + how_to_run(name)
    if offers_examples(markdown):
        offer = EXAMPLES.format(name=examples_of(page.file))
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
