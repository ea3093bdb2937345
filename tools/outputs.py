"""Writes what the examples of a page print into the page; `make outputs NAME=lstm` calls it.

    before: >>> half    after: >>> half
            0.6                0.5

The examples run from top to bottom, with shared names, as in the tests. An output that the tests
take for the same, as one with another last digit, stays as it is. Nothing but outputs is changed:
whether the sentences around them are still true is for a person to see, in `git diff`. An error is
written only where the page shows one already, if only by the word Traceback; others are told.
"""

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

from tests.guards.markdown import make_page
from tests.guards.values import Runner, run_fence, without_stack

ROOT = Path(__file__).parents[1]


class Writer(Runner):
    """Collects what is printed where the page says something else, with the example."""

    def __init__(self):
        super().__init__()
        self.printed = []

    def report_failure(self, out, test, example, got) -> None:
        """Keep an output, or an error that the page shows with other words."""
        self.printed.append((example, without_stack(got)))

    def report_unexpected_exception(self, out, test, example, exc_info) -> None:
        """Keep an error if the page asks for one, and tell it otherwise."""
        if example.want.startswith("Traceback"):
            error = "".join(traceback.format_exception(*exc_info))
            self.printed.append((example, without_stack(error)))
        else:
            super().report_unexpected_exception(out, test, example, exc_info)


def with_outputs(name: str, text: str) -> tuple[str, list[str]]:
    """Return the text of a page with what its examples print, and what went wrong in them."""
    writer, lines = Writer(), text.split("\n")
    for start, end, printed in reversed(list(changes(writer, name, text))):
        lines[start:end] = printed
    return "\n".join(lines), writer.faults


def changes(writer: Writer, name: str, text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Run the examples; yield which lines of the page are to be replaced, and by which."""
    names = {}
    for fence in make_page(name, text).fences:
        if fence.language == "pycon":
            writer.printed.clear()
            run_fence(writer, fence, name, names)
            lines = fence.text.split("\n")
            for example, printed in writer.printed:
                start = example.lineno + 1
                while lines[start].startswith("..."):
                    start += 1
                end = start + example.want.count("\n")
                shown = [line.rstrip() for line in printed.split("\n") if line.strip()]
                shown = [" " * fence.indent + line for line in shown]  # a blank one would end it
                yield fence.line + start, fence.line + end, shown


def main() -> None:
    """Rewrite a page, and tell which examples raise an error that it does not show."""
    parser = argparse.ArgumentParser(description="Write what the examples of a page print into it.")
    parser.add_argument("name", help="of a page, such as lstm or gru-reset-after")
    name = parser.parse_args().name.replace("_", "-")
    pages = {path.stem: path for path in sorted((ROOT / "docs").glob("*.md"))}
    if name not in pages:
        sys.exit(f"There is no page {name!r}, but {', '.join(pages)}.")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT / "snippets"))  # as who copied the file imports: from rnn
    page = pages[name].relative_to(ROOT)
    old = page.read_text(encoding="utf-8")
    with warnings.catch_warnings(action="error"):  # as in the tests
        new, faults = with_outputs(page.as_posix(), old)
    page.write_text(new, encoding="utf-8")
    done = "nothing to change" if new == old else "written; check them with git diff"
    print(f"{page}: {done}")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
