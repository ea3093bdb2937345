"""Serves the site on 127.0.0.1 at PORT and rebuilds what changes; `make serve` calls it.

What is wrong with a page is printed, and the page is shown all the same: somebody is writing it.
With PAGE=lstm the site is that page and what it links to, so that a change shows in seconds.
"""

import os
import socket
import sys
from pathlib import Path


def free_port(text: str) -> int:
    """Return the port that `text` names; exit with a sentence if nothing can be served there."""
    if not (text.isdecimal() and 0 < int(text) < 2**16):
        sys.exit(f"PORT must be a whole number from 1 to 65535, got {text!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself does
        try:
            probe.bind(("127.0.0.1", int(text)))
        except PermissionError:
            sys.exit(f"Port {text} needs rights that you lack: try make serve PORT=8000.")
        except OSError:
            sys.exit(f"Port {text} is in use: try another, as in make serve PORT={int(text) + 1}.")
    return int(text)


def find_page(name: str) -> str:
    """Return a name as the address of its page has it; exit with a sentence if there is no page."""
    pages = {
        path.stem for path in (*Path("docs").glob("*.md"), *Path("docs/experiments").glob("*.py"))
    }
    for spelling in (name, name.replace("_", "-")):
        if spelling in pages:
            return spelling
    sys.exit(f"NAME must be the name of a page, as in make serve NAME=lstm, got {name!r}.")


def address(page: str) -> str:
    """Return where the site has a page.

    >>> address("gru-reset-after")
    'gru-reset-after.html'
    """
    is_experiment = Path(f"docs/experiments/{page}.py").is_file()
    return f"{'experiments/' * is_experiment}{page}.html"


if __name__ == "__main__":
    if "PAGE" in os.environ:
        os.environ["PAGE"] = find_page(os.environ["PAGE"])
    port = free_port(os.environ.get("PORT", "8000"))
    if page := os.environ.get("PAGE"):
        print(f"The page will be at http://127.0.0.1:{port}/{address(page)}", flush=True)
    command = [sys.executable, "-m", "mkdocs", "serve", "--no-strict", "--livereload"]
    os.execv(sys.executable, [*command, "--dev-addr", f"127.0.0.1:{port}"])
