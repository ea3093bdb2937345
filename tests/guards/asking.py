"""Scripts ask for no file but those of this site, and lead nowhere else, as far as they tell.

A browser refuses requests to other hosts, as overrides/hooks/policy.py tells it, but not where a
page is opened from a folder, and never that a script leads a reader elsewhere. An address that is
put together while a page is read cannot be seen in its source: `fetch("https:" + "//" + host)`. So
the lines that could ask for something are listed here. What looks like one and is none, too.
"""

import re
from pathlib import Path

from tests.guards.markdown import pages

SCRIPTS, TEMPLATES = {".js", ".mjs"}, {".html", ".j2", ".jinja"}
ASKS = re.compile(
    r"""\b(?:fetch|importScripts|XMLHttpRequest|sendBeacon|WebSocket|WebTransport|EventSource
        |RTCPeerConnection|serviceWorker|Worker|SharedWorker|addModule|FontFace|eval|atob
        |fromCharCode|fromCodePoint|innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe
        |insertRule|cssText|setAttributeNS|srcdoc|createContextualFragment)\b
    |\bnew\s+(?:Image|Audio|Request|Function)\b|\bimport\s*\(|\bdocument\.write|\.submit\(
    |(?<![.\w])open\((?!.*\)\s*\{)|\b(?:window|self|globalThis)\.open\b
    |\blocation\b(?!\.(?:pathname|protocol|hash)\b)|\bnavigation\.
    |\b(?:src|href|srcset|formAction|ping|poster|background\w*)\b\s*[=:](?!=)|\.action\s*=
    |\bcreateElement\((?!["'](?:b|button|div|pre|span|textarea)["'])
    |\bsetAttribute\((?!["'](?:aria-\w+|class|clip-path|d|height|role|transform|[xy])["'])
    |\b(?:window|self|globalThis|document|navigator)\s*\[
    |["'`](?:https?|wss?|data|javascript|blob):|["'`]//""",
    re.VERBOSE,
)
COMMENT = re.compile(r"(?:^|\s)//\s.*")
RUNS = re.compile(
    r'<script\b(?! type="application/json")|<[^>]+\son\w+\s*=|\bjavascript:', re.IGNORECASE
)
LISTED = {
    "docs/assets/live/buttons.js": [
        # src is this script's own address
        'append("script", { src: new URL("../live.js", src) }),',
        'append("link", { rel: "stylesheet", href: new URL("../live.css", src) })',
        "document.head.append(Object.assign(document.createElement(tag), settings, "
        "{ onload, onerror }))",
    ],
    "docs/assets/live/editor.js": ['area.setAttribute("autocorrect", "off")'],
    "docs/assets/live/parts.js": [
        "const made = Object.assign(document.createElement(tag), settings)",
    ],
    "docs/assets/live/python.js": [
        "const worker = new Worker(String(URL.createObjectURL(code)), "
        '{ type: "module" })',  # a script in the folder of buttons.js
    ],
    "docs/assets/live/worker.mjs": [
        "const response = await fetch(folder + name)",  # the folders are those of buttons.js
        'const { loadPyodide } = await import(runtime + "pyodide.mjs")',
        "self.fetch = async address => {",  # so that code of a reader fetches nothing
        "throw new TypeError(`code on this page can't fetch anything, so not ${name} either`)",
    ],
    "docs/assets/moved.js": [
        # links that the site has written, to its own pages
        'if (part?.matches(".moved")) location.replace(part.querySelector("a"))',
        "else if (page) location.replace(new URL(location.hash || page.hash, page))",
    ],
    "docs/assets/moving/characters.js": [
        "const rounded = Int8Array.from(atob(bytes), it => it.charCodeAt(0))",  # weights
    ],
    "docs/assets/moving/clipping.js": [
        "for (const [name, value] of Object.entries(known)) made.setAttribute(name, value)",
    ],
    "docs/assets/moving/drawing.js": [
        'const drawn = document.createElementNS("http://www.w3.org/2000/svg", tag)',
        "for (const [name, value] of Object.entries(attributes)) drawn.setAttribute(name, value)",
    ],
    "docs/assets/moving/writer.js": [
        'const script = document.createElement("script")',
        'script.src = new URL("characters.js", src)',
    ],
    "docs/assets/site.js": [
        # Material's own request and worker, which wait until somebody searches
        "const { send } = XMLHttpRequest.prototype",
        "XMLHttpRequest.prototype.send = function () { searching.then(() => send.call(this)) }",
        "window.Worker = new Proxy(Worker, {",
        "construct(Worker, [url, options]) {",
        'if (!url.includes("/workers/search.")) return new Worker(url, options)',
        "const worker = new Worker(url)",
    ],
    "docs/assets/symbols/first.js": [
        "document.head.append(Object.assign(document.createElement(tag), settings, "
        "{ onload, onerror }))",
        'await append("link", { rel: "stylesheet", href: new URL("../symbols.css", src) })',
        'await append("script", { src: new URL("../symbols.js", src) })',
    ],
    "docs/assets/symbols/light.js": ["ground.setAttribute(name, value)"],
    "docs/assets/symbols/note.js": ["note.innerHTML = html"],  # from the tables of notation
    "overrides/main.html": [
        '<script src="{{ "assets/live/buttons.js" | url }}" defer></script>',
        '<script src="{{ ("assets/" ~ name ~ ".js") | url }}" defer></script>',
    ],
}
ADVICE = (
    "it may ask for a file or lead elsewhere. If it stays on this site, list the line in "
    "tests/guards/asking.py"
)


def check(root: Path) -> list[str]:
    """Compare the lines that could ask for something with those that are listed."""
    faults = []
    for name, path in files_of(root).items():
        pattern = ASKS if path.suffix in SCRIPTS else RUNS
        lines = path.read_text(encoding="utf-8").splitlines()
        code = [
            COMMENT.sub("", it).strip() if path.suffix in SCRIPTS else it.strip() for it in lines
        ]
        listed = LISTED.get(name, [])
        for number, line in enumerate(code, 1):
            if pattern.search(line) and line not in listed:
                faults.append(f"{name}:{number}: `{line[:80]}`: {ADVICE}")
        for line in (it for it in listed if it not in code):
            faults.append(f"{name}: `{line}` is listed in tests/guards/asking.py: it is not here")
    for page in pages(root):
        for match in RUNS.finditer(page.words):
            number = page.words.count("\n", 0, match.start()) + 1
            faults.append(f"{page.name}:{number}: `{match[0]}`: a script needs a file of its own")
    return faults


def files_of(root: Path) -> dict[str, Path]:
    """Return scripts and templates, except those of others, which are compared by their hash."""
    found = sorted(it for top in ("docs", "overrides") for it in (root / top).rglob("*"))
    ours = [it for it in found if it.suffix in SCRIPTS | TEMPLATES and not is_of_others(it)]
    return {it.relative_to(root).as_posix(): it for it in ours}


def is_of_others(path: Path) -> bool:
    return (path.parent / "manifest.json").is_file()
