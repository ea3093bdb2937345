"""What all tests share; each of the files below has one part of it."""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.guards import readable

pytest_plugins = [
    "tests.browser",
    "tests.building",
    "tests.recorded",
    "tests.reporting",
    "tests.selection",
    "tests.serving",
    "tests.tracing",
]

ROOT = Path(__file__).parents[1]
WHOLE_BOOK = (ROOT / "tools").is_dir()  # mutmut copies snippets, tests and some texts

# What asks for more than mutmut copies is left out there.
WHOLE = r"pytestmark = pytest\.mark\.untraced"
MORE = re.compile(rf"^({WHOLE}|from (tests\.experiments|tests\.guards|tools)\b)", re.MULTILINE)
collect_ignore = [
    path.name
    for path in (ROOT / "tests").glob("test_*.py")
    if not WHOLE_BOOK and MORE.search(path.read_text(encoding="utf-8"))
]
EXPERIMENTS = {path.stem for path in (ROOT / "docs/experiments").glob("*.py")}


@pytest.hookimpl(tryfirst=True)  # before xdist starts its processes
def pytest_sessionstart(session):
    """Test nothing while Python cannot read a file, or start a snippet."""
    first = not hasattr(session.config, "workerinput")
    if WHOLE_BOOK and first and (faults := readable.check(ROOT)):
        raise pytest.UsageError(*faults)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before -m selects by marker
def pytest_collection_modifyitems(items):
    """Trace no test of an experiment, as snippets have tests of their own."""
    for item in items:
        if item.path.stem.removeprefix("test_") in EXPERIMENTS:
            item.add_marker("untraced")
    yield  # pytest puts all that share a browser first
    items.sort(key=by_length)


def by_length(item):
    """Begin with what takes longest, so that no process waits for another at the end."""
    name = item.path.stem.removeprefix("test_")
    traced = not item.get_closest_marker("untraced")
    return name != "pages", traced, name not in EXPERIMENTS, name  # the site takes what they gave


def pytest_terminal_summary(terminalreporter):
    """List the experiments whose code has changed since they were measured: it is no fault."""
    if not WHOLE_BOOK:
        return
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
