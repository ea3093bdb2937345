"""Each experiment is offered as a script and as a notebook that run beside the snippets."""

from pathlib import Path

import jupytext
from mkdocs.structure.files import File

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


def on_files(files, config):
    """Publish the copies as files of the site."""
    for name in experiments():
        script = standalone(name)
        notebook = jupytext.writes(jupytext.reads(script, "py:percent"), "ipynb")
        files.append(File.generated(config, f"downloads/{name}.py", content=script))
        files.append(File.generated(config, f"downloads/{name}.ipynb", content=notebook))
    return files


def on_page_markdown(markdown, page, config, files):
    """Say at the end of an experiment how to run it."""
    name = Path(page.file.src_uri).stem
    is_measured = page.file.src_uri.startswith("experiments/") and results_path(name).exists()
    return markdown + how_to_run(name) if is_measured else markdown


def how_to_run(name: str) -> str:
    """Offer the copies, and say how long the full run took."""
    minutes = round(load_record(name)["cpu_seconds"] / 60)
    repeats = "; `OLD=1` measures its leading parts as on an older processor"
    return RUN.format(
        name=name,
        minutes="a minute" if minutes < 2 else f"{minutes} minutes",
        older=repeats if Experiment(name).labels(LEADING) else "",
    )
