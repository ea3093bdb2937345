"""Makes a copy of an experiment that runs in a folder with the snippets, and needs no other file.

In the repository an experiment imports from `snippets` and from `tools`, and reads results and
excerpts. A reader has a folder into which they have saved the snippets. So in the copy that they
download

- snippets are imported from that folder: `from lstm import init_lstm`;
- what the experiment takes from the tools is written out in one cell at its beginning;
- its results and its excerpts are in that cell, packed as text;
- links to other pages, and the checks of numbers, are left out.

The site offers this copy as a script and as a notebook.
"""

import ast
import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

from tools.data import EXCERPTS
from tools.results import ROOT, load_record, results_path

FROM_TOOLS = re.compile(r"^from tools\.(\w+) import (?:\([^)]*\)|.*)\n", re.MULTILINE)
FROM_SNIPPETS = re.compile(r"^(from|import) snippets\.", re.MULTILINE)
HEAD = re.compile(r"\A# %% \[markdown\]\n# ---\n(?:# .*\n)*?# ---\n#\n")  # title and description
CHECK = re.compile(r"^# *<!--(?:(?!-->)[^\0])*-->\n", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\((?:\.\./|\w+\.py|#)[^)]*\)")  # to another page of the book
COPY = '''\
# %% [markdown]
# A copy of an experiment of the book *Unrolled*. It runs in a folder with the snippets of the
# book, and needs NumPy and Matplotlib. The next cell holds what it takes from the rest of the book.

# %%
import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any


def unpacked(text):
    """Return what was packed as text."""
    return json.loads(zlib.decompress(base64.b85decode(text)))


def load_results(name, *, older=False):
    """Return what was measured, also as on an older processor."""
    return with_numbers(unpacked(OLDER if older else RESULTS))


def read_excerpt(name):
    """Return the text of an excerpt."""
    return unpacked(EXCERPTS)[name]


CACHE = Path("data")  # for packages
RESULTS = {results!r}
OLDER = {older!r}
EXCERPTS = {excerpts!r}
'''
REPLACED = {"ROOT", "CACHE", "EXCERPTS", "load_results", "read_excerpt"}  # by the above


def standalone(name: str, root: Path = ROOT) -> str:
    """Return an experiment as a script that runs beside the snippets."""
    source = (root / f"docs/experiments/{name}.py").read_text(encoding="utf-8")
    record = load_record(name, root) if results_path(name, root).exists() else {}
    read = sorted(path.name for path in EXCERPTS.glob("*") if path.name in source)
    copy = COPY.format(
        results=packed(record.get("results")),
        older=packed(record.get("older", {}).get("results")),
        excerpts=packed({it: (EXCERPTS / it).read_text(encoding="utf-8") for it in read}),
    )
    helpers = [definitions(module, root) for module in needed(source, root)]
    own = CHECK.sub("", LINK.sub(r"\1", HEAD.sub("# %% [markdown]\n", source)))
    own = beside_the_snippets(own)
    return "\n\n".join([copy, *helpers, own]) + "\n# %%\nplt.show()\n"


def packed(value: Any) -> str:
    """Write a value as a short text."""
    return base64.b85encode(zlib.compress(json.dumps(value).encode(), 9)).decode()


def beside_the_snippets(code: str) -> str:
    """Import snippets from the same folder, and nothing from the tools."""
    return FROM_SNIPPETS.sub(r"\1 ", FROM_TOOLS.sub("", code))


def needed(code: str, root: Path) -> list[str]:
    """Name the tools that some code imports, each after those that it imports itself."""
    found = []
    for module in FROM_TOOLS.findall(code):
        inner = (root / f"tools/{module}.py").read_text(encoding="utf-8")
        found += [] if module == "results" else needed(inner, root)
        found.append(module)
    return list(dict.fromkeys(found))


def definitions(module: str, root: Path) -> str:
    """Return what a tool defines and imports, except what the copy has instead.

    Of tools/results.py only `with_numbers` is needed, which `load_results` of the copy calls.
    """
    source = (root / f"tools/{module}.py").read_text(encoding="utf-8")
    kept = []
    for node in ast.parse(source).body[1:]:  # without the docstring
        target = node.targets[0] if isinstance(node, ast.Assign) else node
        name = getattr(target, "id", getattr(target, "name", None))
        if name not in REPLACED and (module != "results" or name == "with_numbers"):
            first = min([node.lineno, *(it.lineno for it in getattr(node, "decorator_list", []))])
            kept.append("\n".join(source.split("\n")[first - 1 : node.end_lineno]))
    return beside_the_snippets("\n".join(kept) + "\n")
