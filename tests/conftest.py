"""What several tests share: the built site, its address, and the browser that reads it."""

import gzip
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from coverage import Coverage
from filelock import FileLock

from tests.faults import assert_none, in_brief
from tests.guards import readable

pytest_plugins = ["tests.reporting", "tests.selection"]

ROOT = Path(__file__).parents[1]
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

PHONE = {"width": 375, "height": 812}
DESKTOP = {"width": 1440, "height": 900}

# mutmut copies snippets, tests and some texts: what asks for more is left out there.
WHOLE = r"pytestmark = pytest\.mark\.untraced"
MORE = re.compile(rf"^({WHOLE}|from (tests\.experiments|tools)\b)", re.MULTILINE)
collect_ignore = [
    path.name
    for path in (ROOT / "tests").glob("test_*.py")
    if not (ROOT / "tools").is_dir() and MORE.search(path.read_text(encoding="utf-8"))
]
EXPERIMENTS = {path.stem for path in (ROOT / "docs/experiments").glob("*.py")}


@cache
def chromium() -> str | None:
    """Path of the browser that CHROMIUM names, else of the first one found."""
    if named := os.environ.get("CHROMIUM"):
        if found := shutil.which(named):
            return found
        raise pytest.UsageError(f"CHROMIUM={named} is not a program that can be run")
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before -m selects by marker
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem.removeprefix("test_") in EXPERIMENTS:
            item.add_marker("untraced")  # snippets are covered by tests of their own
        if "browser" in item.fixturenames:
            item.add_marker("browser")
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium found"))
    yield  # pytest puts all that share a browser first
    items.sort(key=by_length)


def by_length(item):
    """Begin with what takes longest, so that no process waits for another at the end."""
    name = item.path.stem.removeprefix("test_")
    traced = not item.get_closest_marker("untraced")
    return name != "pages", traced, name not in EXPERIMENTS, name  # the site takes what they gave


paused = []


def pause():
    """Trace nothing until the trace goes on."""
    # pytest-cov's no_cover would stop one of the two that it began in a process of xdist,
    # and go on after each test: 40 ms
    while coverage := Coverage.current():
        coverage.stop()
        paused.append(coverage)


@pytest.hookimpl(tryfirst=True)  # before xdist starts its processes
def pytest_sessionstart(session):
    """Test nothing while Python cannot read a file, or start a snippet."""
    whole = (ROOT / "tools").is_dir() and not hasattr(session.config, "workerinput")
    if whole and (faults := readable.check(ROOT)):
        raise pytest.UsageError(*faults)


@pytest.hookimpl(tryfirst=True)
def pytest_collection():
    """Trace what a snippet does when it is imported, but not the rest of collecting: 2 s."""
    for path in sorted((ROOT / "snippets").glob("[!_]*.py")):
        import_module(f"snippets.{path.stem}")
    pause()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    """Trace nothing in tests of the whole: traced, they take three times as long."""
    if item.get_closest_marker("untraced"):
        pause()
    while paused and not item.get_closest_marker("untraced"):
        paused.pop().start()


def left_out(config) -> int:
    skipped = config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])
    return sum("browser" in report.keywords for report in skipped)


def pytest_sessionfinish(session):
    """With REQUIRE_BROWSER set, a browser test left out is a failure."""
    worker = hasattr(session.config, "workerinput")  # only the process that reports decides
    if not worker and os.environ.get("REQUIRE_BROWSER") and left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(tryfirst=True)  # before pytest-cov prints its table
def pytest_terminal_summary(terminalreporter, config):
    measured = config.pluginmanager.get_plugin("_cov")
    if measured and measured.cov_total == 100:
        measured.cov_report = io.StringIO()  # the table has nothing to say
    if count := left_out(config):
        why = "no Chromium found" if chromium() is None else "skipped"
        terminalreporter.line(f"{count} browser tests left out: {why}", yellow=True)
    if (ROOT / "tools").is_dir() and not config.getoption("page"):  # mutmut copies no tools
        tell_stale(terminalreporter)


def tell_stale(terminalreporter):
    """List the experiments whose code has changed since they were measured: it is no fault."""
    from tools.results import notice

    with suppress(ValueError, SyntaxError):  # a test has named the file that cannot be read
        if stale := notice(ROOT):
            advice = "This is no fault: in a pull request, the maintainer measures them again."
            terminalreporter.line(f"{stale}\n{advice}", yellow=True)


@pytest.fixture
def interrupt():
    """Give a function that sends to a process that the test starts what Ctrl-C sends.

    A process inherits that SIGINT is ignored, and Python leaves it so. It is ignored after `make
    test &` in a script, so that Ctrl-C stops only what is in the foreground. What the test starts
    would then never stop. Therefore SIGINT is not ignored while such a test runs.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda process, kill=os.kill: kill(process.pid, signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def base_url():
    """Stand in for a plugin's fixture, written in a way that pytest warns of."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start the Chromium that is there, without services that use the network unasked."""
    quiet = ["background-networking", "component-update", "gpu", "quic", "sync"]
    scripts = "--js-flags=--no-opt --no-maglev"  # a page is gone before optimized code pays
    return browser_type_launch_args | {
        "executable_path": chromium(),
        "args": ["--no-sandbox", "--no-first-run", scripts, *(f"--disable-{it}" for it in quiet)],
    }


def folder_of(config) -> Path:
    """Return a folder that all processes of this run have in common."""
    base = config._tmp_path_factory.getbasetemp()
    return base.parent if hasattr(config, "workerinput") else base


def build(config) -> str:
    """Build the site; return what mkdocs says against it.

    For one page a warning is no reason not to look at it: the tests find what is wrong with it.
    """
    page, folder = config.getoption("page"), folder_of(config) / "site"
    strict = "--no-strict" if page else "--strict"
    command = [sys.executable, "-m", "mkdocs", "build", strict, "-d", folder]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"} | ({"PAGE": page} if page else {})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    said = in_brief(done.stderr + done.stdout)
    return f"the site does not build:\n{said}" if done.returncode else ""


@pytest.hookimpl(tryfirst=True)  # before a fixture asks for the site
def pytest_runtest_setup(item):
    """Build the site once for all processes; if it does not build, one test fails for all."""
    if "site" in item.fixturenames:
        said = folder_of(item.config) / "site.txt"
        with FileLock(said.with_suffix(".lock")):
            if not said.exists():
                said.write_text(build(item.config), encoding="utf-8")
                assert_none(filter(None, [said.read_text(encoding="utf-8")]))
        if said.read_text(encoding="utf-8"):
            pytest.skip("depends on the site, which does not build")


@pytest.fixture(scope="session")
def site(request) -> Path:
    """Folder of the site, built before the test began."""
    return folder_of(request.config) / "site"


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


@pytest.fixture(scope="module")
def reader(browser, site_url):
    """Keep one page for many visits: a new one takes longer than what most tests do with it."""
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce", base_url=site_url)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    # As if each visit were the first.
    context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield page
    context.close()


@pytest.fixture(scope="module")
def book(request):
    """Define what the experiment that a test is named after defines, without what it runs."""
    from tools.results import load  # here: mutmut copies no tools

    return load(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="module")
def record(request):
    """Give the committed record of the experiment that a test is named after."""
    from tools.results import load_record

    return load_record(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="module")
def full(request):
    """Give what that experiment measured at full size."""
    from tools.results import load_results

    return load_results(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="module")
def older(request):
    """Give the same with the leading parts measured as on an older processor."""
    from tools.results import load_results

    return load_results(request.path.stem.removeprefix("test_"), older=True)
