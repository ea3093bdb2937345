"""Serves the built site as a good host does, for the browser that reads it."""

import gzip
import io
import threading
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@cache
def compressed(body: bytes) -> bytes:
    """Compress what many pages have in common only once."""
    return gzip.compress(body)


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder as a good host does: text compressed, 404.html for what is missing."""

    protocol_version = "HTTP/1.1"

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            if not self.path.split("?")[0].endswith("/"):
                return super().send_head()  # redirects to the address with a slash
            path /= "index.html"
        status = 200 if path.is_file() else 404
        path = path if path.is_file() else Path(self.directory, "404.html")
        body, kind = path.read_bytes(), self.guess_type(path)
        text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
        compress = text and "gzip" in self.headers.get("Accept-Encoding", "")
        body = compressed(body) if compress else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if compress:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, *_):
        pass


@contextmanager
def serve(folder: Path):
    """Serve a folder at an address, without a slash at its end, that no other process has."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        # it looks twenty times in a second whether it is to end
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def site_url(site):
    """Address at which the built site is served."""
    with serve(site) as url:
        yield url
