"""One page, one snippet, one test: their names agree, and the page offers the snippet whole."""

import re
from pathlib import Path

PAGES_WITHOUT_CODE = [
    "changes",
    "claims",
    "contributing",
    "house_rules",
    "hyperparameters",
    "index",
    "maintaining",
    "more_notation",
    "notation",
    "references",
    "scaling",
    "today",
    "what_the_web_gets_wrong",
]
TESTS_OF_THE_WHOLE = [
    "addresses",
    "arguments",
    "book",
    "cells",
    "checks_removed",
    "citations",
    "cited_on",
    "counts",
    "data",
    "docstrings",
    "equations",
    "experiment_tools",
    "experiments",
    "figures",
    "guards",
    "links",
    "live",
    "measured_again",
    "metadata",
    "moving",
    "moving_more",
    "mutants",
    "outputs",
    "page_examples",
    "pages",
    "parity",
    "places",
    "plain",
    "policy",
    "properdocs",
    "reading",
    "reporting",
    "said",
    "scaling",
    "search",
    "selection",
    "setup",
    "site",
    "stale",
    "strict",
    "symbols",
    "tiny",
    "tunes",
    "twins",
    "versions",
    "whole_book",
]
# Stated here alone. tests/parity runs the snippets on just these versions. An older NumPy has other
# rules for the type of a number that meets a narrow array.
OLDEST_PYTHON = "3.11"
OLDEST_NUMPY = "2.0"
RUNS_ON = f"It runs on Python {OLDEST_PYTHON} or newer with NumPy {OLDEST_NUMPY} or newer."
FOR_PYTORCH = "char_lstm_torch.py"  # on docs/scaling.md, run by tests/parity
RUN_WITH = "It was run with Python 3.11 and PyTorch 2.13.0."
OFFER = re.compile(r'download="\w+\.py"|\(snippets(/unrolled\.zip|/char_lstm\.py)?\)')
WHOLE_FILE = f"""\
## The whole file

[Download {{file}}](snippets/{{file}}){{{{ .md-button download="{{file}}" }}}}
{RUNS_ON}

??? example "snippets/{{file}}"
    ```python title="snippets/{{file}}"
    --8<-- "snippets/{{file}}"
    ```
"""


def check(root: Path) -> list[str]:
    """Page, snippet and test of one name exist together; exceptions are listed, and exist."""
    pages = {path.stem.replace("-", "_") for path in (root / "docs").glob("*.md")}
    snippets = stems(root / "snippets")
    tests = {stem.removeprefix("test_") for stem in stems(root / "tests") if stem[:5] == "test_"}
    experiments = stems(root / "docs" / "experiments")
    this = "(or list it in tests/guards/stems.py)"
    faults = []
    from tests.guards.markdown import pages as read_pages  # here: tests/parity has no Markdown

    for page in (page for page in read_pages(root) if page.continues):
        name = Path(page.name).stem.replace("-", "_")
        if page.stem not in snippets:
            faults.append(
                f"{page.name}: continues `{page.continues}`, expected the name of a page with a "
                f"snippet: there is no snippets/{page.stem}.py"
            )
        if name in snippets:
            faults.append(f"{page.name}: has snippets/{name}.py and continues that of another page")
        pages -= {name} - snippets
    for stem in sorted(snippets - pages):
        faults.append(f"snippets/{stem}.py: expected a page docs/{stem.replace('_', '-')}.md")
    for stem in sorted((snippets | experiments) - tests):
        faults.append(f"{stem}.py: expected a test tests/test_{stem}.py")
    for stem in sorted(pages - snippets - set(PAGES_WITHOUT_CODE)):
        faults.append(f"docs/{stem.replace('_', '-')}.md: expected snippets/{stem}.py {this}")
    for stem in sorted(tests - snippets - experiments - set(TESTS_OF_THE_WHOLE)):
        faults.append(f"tests/test_{stem}.py: expected snippets/{stem}.py {this}")
    faults += off_the_map(root)
    for listed, there in [(PAGES_WITHOUT_CODE, pages), (TESTS_OF_THE_WHOLE, tests)]:
        if listed != sorted(set(listed)):
            faults.append(f"tests/guards/stems.py: expected a sorted list, got {listed}")
        for stem in listed:
            if stem not in there or stem in snippets:
                faults.append(f"tests/guards/stems.py: `{stem}` is no longer an exception")
    return faults


def off_the_map(root: Path) -> list[str]:
    """List the pages that the map on the home page leaves out."""
    docs, home = root / "docs", root / "docs/index.md"
    rows = re.findall(r"^\| .*", home.read_text(encoding="utf-8"), re.MULTILINE)
    mapped = {name for row in rows for name in re.findall(r"\]\((.*?)\)", row)}
    paths = {*docs.glob("*.md"), *docs.glob("experiments/*.py")} - {home}
    missing = {path.relative_to(docs).as_posix() for path in paths} - mapped
    return [f"docs/index.md: expected a row of the map for {name}" for name in sorted(missing)]


def check_whole_file(root: Path) -> list[str]:
    """Each page of a snippet offers the whole file, to read, copy and download."""
    faults = []
    for stem in sorted(stems(root / "snippets")):
        page = root / "docs" / f"{stem.replace('_', '-')}.md"
        expected = WHOLE_FILE.format(file=f"{stem}.py")
        if page.is_file() and expected not in page.read_text(encoding="utf-8"):
            faults.append(f"docs/{page.name}: expected this section, word for word:\n{expected}")
    page, expected = root / "docs/scaling.md", WHOLE_FILE.format(file=FOR_PYTORCH)
    expected = expected.replace("snippets/", "tests/parity/").replace(RUNS_ON, RUN_WITH)
    if page.is_file() and expected not in page.read_text(encoding="utf-8"):
        faults.append(f"docs/{page.name}: expected this section, word for word:\n{expected}")
    return faults


def check_runs_on(root: Path) -> list[str]:
    """Where a file is offered, the same paragraph or the next one says what it runs on."""
    pages = [
        *root.glob("README.md"),
        *root.glob("docs/*.md"),
        *root.glob("tools/templates/*/docs/*.md"),
    ]
    faults = []
    for page in sorted(pages):
        paragraphs = page.read_text(encoding="utf-8").split("\n\n")
        for paragraph, after in zip(paragraphs, [*paragraphs[1:], ""], strict=True):
            said = " ".join(f"{paragraph} {after}".split())
            offer = OFFER.search(paragraph)
            expected = RUN_WITH if offer and FOR_PYTORCH in offer[0] else RUNS_ON
            if offer and expected not in said:
                faults.append(
                    f"{page.relative_to(root).as_posix()}: expected `{expected}` beside {offer[0]}"
                )
    return faults


def stems(folder: Path) -> set[str]:
    """Name the Python files of a folder, private ones aside."""
    return {path.stem for path in folder.glob("[a-z]*.py")}
