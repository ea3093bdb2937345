"""Serves the site on 127.0.0.1 at PORT and rebuilds what changes; `make serve` calls it.

What is wrong with a page is printed, and the page is shown all the same: somebody is writing it.
"""

import os
import socket
import sys


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


if __name__ == "__main__":
    port = free_port(os.environ.get("PORT", "8000"))
    command = [sys.executable, "-m", "mkdocs", "serve", "--no-strict", "--livereload"]
    os.execv(sys.executable, [*command, "--dev-addr", f"127.0.0.1:{port}"])
