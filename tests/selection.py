"""`--page lstm` selects what concerns one page, snippet or experiment: `make page-test NAME=lstm`.

A test is selected if its file has that name, as tests/test_lstm.py, or if its id is that name or a
figure of that page, perhaps with numbers: `[lstm]`, `[docs/lstm.md]`, `[lstm.html]`, `[lstm_cell]`,
`[1-3-2-4-lstm]`. So a test that is parametrized by pages or by snippets need not be registered.

A test that looks at all pages at once is marked `every_page`, and the fixture `here` keeps of its
faults those that name the page, its snippet, its test or its figures.
"""

import re
from pathlib import Path

import pytest

from tests.guards.markdown import page_names, read_page
from tests.guards.stems import stems

ROOT = Path(__file__).parents[1]
ELSEWHERE = "files with faults elsewhere"
FILE = re.compile(r"[^\s:]*")


def pytest_addoption(parser):
    parser.addoption("--page", metavar="NAME", help="test one page, snippet or experiment")


def pytest_configure(config):
    if (name := config.getoption("page")) is None:
        return
    if name not in known():
        raise pytest.UsageError(
            f"expected the name of a page, snippet or experiment, got {name!r}: "
            f"there are {', '.join(sorted({Path(path).stem for path in known().values()}))}"
        )
    config.option.page = Path(known()[name]).stem  # as the address has it: gru-reset-after


def known() -> dict[str, str]:
    """Map the names that may be asked for, with hyphens or underscores, to files of pages."""
    paths = {Path(name).stem: name for name in page_names(ROOT)}
    other = {stem: stem.translate(str.maketrans("-_", "_-")) for stem in paths}
    return {other[stem]: path for stem, path in paths.items()} | paths


def names(page: str) -> set[str]:
    """Collect the names that mean this page: its own, in both spellings, and of its figures."""
    from tests.guards.includes import includes  # here: mutmut copies no tools

    path = known()[page]
    shown = [Path(it.path) for it in includes(read_page(ROOT, path))]
    figures = {it.stem for it in shown if it.suffix == ".svg"}
    stem = Path(path).stem
    return {stem, stem.replace("-", "_"), *figures}


def any_of(words: set[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, sorted(words)))})"


def pytest_ignore_collect(collection_path, config):
    """Do not even import the tests of other snippets and experiments."""
    if (page := config.getoption("page")) and collection_path.name.startswith("test_"):
        others = (stems(ROOT / "snippets") | stems(ROOT / "docs/experiments")) - names(page)
        return True if collection_path.stem.removeprefix("test_") in others else None
    return None


def pytest_collection_modifyitems(config, items):
    if page := config.getoption("page"):
        words = names(page)
        pattern = re.compile(rf"(?:\d+-)*(?:\w+/)*{any_of(words)}(?:\.\w+)?(?:-[\d_]+)*")

        def concerns(item):
            own = item.path.stem.removeprefix("test_") in words
            called = item.callspec.id if hasattr(item, "callspec") else ""
            called = called.removeprefix("chromium-")  # put there by the fixture of the browser
            return own or pattern.fullmatch(called) or item.get_closest_marker("every_page")

        kept = [item for item in items if concerns(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.fixture
def here(request, record_property):
    """Give a function that keeps the faults that concern the page of --page: without it, all."""
    page = request.config.getoption("page")
    if page is None:
        return lambda faults, count_others=True: list(faults)
    named = re.compile(rf"(?<![\w-])(?:test_)?{any_of(names(page))}\.(?:html|json|md|py|svg)\b")

    def here(faults, count_others=True):
        found = [fault for fault in faults if named.search(fault)]
        others = [fault for fault in faults if fault not in found] if count_others else []
        record_property(ELSEWHERE, [FILE.match(fault)[0] for fault in others])
        return found

    return here


def pytest_terminal_summary(terminalreporter):
    reports = [it for kind in ("passed", "failed") for it in terminalreporter.stats.get(kind, [])]
    properties = [pair for report in reports for pair in report.user_properties]
    if files := [file for name, value in properties if name == ELSEWHERE for file in value]:
        named = ", ".join(sorted(set(files)))
        terminalreporter.line(
            f"{len(files)} faults elsewhere, in {named}. If you did not touch these files, "
            "they are not yours; make test tells what they are.",
            yellow=True,
        )
