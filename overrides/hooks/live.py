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
IMPORT = re.compile(r'^import \{[^}]+\} from "\./(\S+)"\n', re.MULTILINE)
UNSENT = re.compile(r"^ *//.*\n|^ +|^\n", re.MULTILINE)  # a browser needs none of it
EXPORT = re.compile(r"^export (?=(?:class|const|function) (\w+))", re.MULTILINE)
READ = ("snippets/*.py", "docs/assets/tiny/*.json")


def on_files(files, config):
    """Add the script, and the files that the examples of a page import or open."""
    for name in ("assets/live.js", "assets/live/files.json"):
        if (old := files.get_file_from_path(name)) is not None:
            files.remove(old)
    for file in list(files):
        if re.fullmatch(r"assets/live/(?!buttons)\w+\.js", file.src_uri):
            files.remove(file)
    folder = ASSETS / "pyodide"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    size = sum(path.stat().st_size for path in folder.glob("*.gz"))
    runtime = json.dumps({"lock": manifest["lock"], "bytes": size})
    script = f"{{\nconst RUNTIME = {runtime}\n{join(FIRST, ASSETS / 'live', set())}}}\n"
    files.append(File.generated(config, "assets/live.js", content=script))
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for pattern in READ
        for path in sorted(Path().glob(pattern))
    }
    content = json.dumps(texts)
    files.append(File.generated(config, "assets/live/files.json", content=content))
    return files


def join(name: str, folder: Path, known: set[str]) -> str:
    """Return a module behind all that it imports, each once, without comments and indents."""
    known.add(name)
    text = (folder / name).read_text(encoding="utf-8")
    needed = [it for it in IMPORT.findall(text) if it not in known]
    before = "".join(join(it, folder, known) for it in needed if it not in known)
    names = ", ".join(EXPORT.findall(text))
    inside = UNSENT.sub("", EXPORT.sub("", IMPORT.sub("", text)))
    return f"{before}const {{ {names} }} = (() => {{\n{inside}return {{ {names} }}\n}})()\n"
