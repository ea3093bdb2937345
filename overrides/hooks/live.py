"""Joins the modules of docs/assets/live into one script, and gathers what Python reads there.

A browser loads no modules into a page that is opened from a folder. So what buttons.js loads is one
plain script: the modules, those first that others import. Each becomes a function that returns its
exports, so that two modules may use one name for different things; exports need their own names.
"""

import json
import re
from pathlib import Path

from mkdocs.structure.files import File

ASSETS = Path("docs/assets")
FIRST = "live.js"  # imports the others
MODULE = re.compile(r"assets/live/(?!buttons)\w+\.js")
IMPORT = re.compile(r'^import \{[^}]+\} from "\./(\S+)"\n', re.MULTILINE)
UNSENT = re.compile(r"^ *//.*\n|^ +|^\n", re.MULTILINE)  # a browser needs none of it
EXPORT = re.compile(r"^export (?=(?:class|const|function) (\w+))", re.MULTILINE)
READ = ("snippets/*.py", "docs/assets/tiny/*.json")


def on_files(files, config):
    """Publish them, and no modules."""
    made = published()
    for file in list(files):
        if MODULE.fullmatch(file.src_uri) or file.src_uri in made:
            files.remove(file)
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def published() -> dict[str, str]:
    """Return the script, and the files that the examples of a page import or open, by path."""
    folder = ASSETS / "pyodide"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    size = sum(path.stat().st_size for path in folder.glob("*.gz"))
    runtime = json.dumps({"lock": manifest["lock"], "bytes": size})
    script = f"{{\nconst RUNTIME = {runtime}\n{join(FIRST, ASSETS / 'live', set())}}}\n"
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for pattern in READ
        for path in sorted(Path().glob(pattern))
    }
    return {"assets/live.js": script, "assets/live/files.json": json.dumps(texts)}


def join(name: str, folder: Path, known: set[str]) -> str:
    """Return a module behind all that it imports, each once, without comments and indents."""
    known.add(name)
    text = (folder / name).read_text(encoding="utf-8")
    needed = [it for it in IMPORT.findall(text) if it not in known]
    before = "".join(join(it, folder, known) for it in needed if it not in known)
    names = ", ".join(EXPORT.findall(text))
    inside = UNSENT.sub("", EXPORT.sub("", IMPORT.sub("", text)))
    return f"{before}const {{ {names} }} = (() => {{\n{inside}return {{ {names} }}\n}})()\n"
