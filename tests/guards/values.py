"""The examples of a page print what the page says, and its numbers are what they are said to be."""

import ast
import contextlib
import doctest
import importlib
import os
import re
import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tests.guards import numbers
from tests.guards.markdown import Fence, Task, read_page
from tests.guards.process import ask
from tools.results import load_record, load_results

NUMBER = re.compile(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w.])")
WEIGHTS = Path("docs/assets/tiny")  # examples run here, as a reader runs them beside rnn.json
UNREADABLE = re.compile(r"line (\d+) of the \w+ for <string> (.*)")  # as doctest says it
RECORDS = {  # what was measured: of an experiment, of its older processor, and with what it took
    "results": partial(load_results, root=Path()),
    "older": partial(load_results, root=Path(), older=True),
    "record": partial(load_record, root=Path()),
}
SPACES = re.compile(r"('[^'\n]*'|\"[^\"\n]*\")|\s*([\[\](),])\s*|\s+")


def check_page(root: Path, name: str) -> list[str]:
    """Run the examples of a page from top to bottom, with shared names, then its checks."""
    return ask(root, run_page, name)


class Numbers(doctest.OutputChecker):
    """Compares text as text and numbers as numbers."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        wanted, gotten = NUMBER.split(normal(want)), NUMBER.split(normal(got))
        return wanted[::2] == gotten[::2] and all(map(close, wanted[1::2], gotten[1::2]))


def normal(text: str) -> str:
    """Lay out arrays in one way: single spaces, none beside brackets and commas."""
    return SPACES.sub(lambda m: m[1] or m[2] or " ", text.strip())


def close(want: str, got: str) -> bool:
    """Integers: the same. Others: 1e-6 apart, or one unit of a last digit beyond the seventh.

    A short `0.75` is not taken as a rounded value: NumPy prints what is exact as shortly.
    """
    if want.isdigit() or got.isdigit():
        return want == got
    unit = 10.0 ** Decimal(want).as_tuple().exponent
    tolerance = max(1e-6 * float(want), unit if unit < 0.9e-7 else 0)
    return abs(float(want) - float(got)) <= tolerance * (1 + 1e-6)


class Runner(doctest.DocTestRunner):
    """Collects what fails, as sentences."""

    def __init__(self):
        super().__init__(checker=Numbers(), verbose=False)
        self.faults = []

    def add(self, test: doctest.DocTest, example: doctest.Example, came: str) -> None:
        line = test.lineno + example.lineno + 1
        want, came = (text.strip() or "no output" for text in (example.want, without_stack(came)))
        parts = f"`{example.source.strip()}`", f"expected: {want}", f"got: {came}"
        apart = "\n" if "\n" in want + came else ", "
        self.faults.append(f"{test.name}:{line}: {apart.join(parts)}")

    def report_failure(self, out, test, example, got) -> None:
        self.add(test, example, got)

    def report_unexpected_exception(self, out, test, example, exc_info) -> None:
        error = exc_info[1]
        what = error.msg if isinstance(error, SyntaxError) else error  # its line is told already
        self.add(test, example, f"{type(error).__name__}: {what}")


def without_stack(output: str) -> str:
    """Replace the lines that say where an error came from by dots, as pages do."""
    return re.sub(r"^Traceback(.*\n)(?: .*\n)+", r"Traceback\1    ...\n", output)


def run_page(name: str) -> list[str]:
    """List what is not as the page says."""
    sys.path.insert(0, os.path.abspath("snippets"))  # as who copied the file imports: from rnn
    page, runner, names = read_page(Path(), name), Runner(), {}
    faults = runner.faults
    steps = [(it.line, partial(run_fence, runner, it)) for it in page.fences if it.is_session]
    for task in page.tasks:
        steps.append((task.line, partial(try_start, faults, task)))
        steps.append((task.end, partial(try_solution, faults, task)))
    for _, step in sorted(steps, key=lambda it: it[0]):
        step(page.name, names)
    return faults + [
        f"{page.name}:{it.line}: {fault}"
        for paragraph in numbers.paragraphs(page)
        for it in paragraph.checks
        if len(it.sides) == 2 and (fault := check_fault(*it.sides, names))
    ]


def run_fence(runner: Runner, fence: Fence, name: str, names: dict[str, Any]) -> None:
    """Run one block; text in it that is neither example nor output would be skipped silently."""
    try:
        parts = doctest.DocTestParser().parse(fence.text)
    except ValueError as error:
        line, what = UNREADABLE.match(str(error)).groups()
        runner.faults.append(f"{name}:{fence.line + int(line)}: this line of an example {what}")
        return
    examples = [part for part in parts if isinstance(part, doctest.Example)]
    stray = "".join(part for part in parts if isinstance(part, str)).strip()
    if stray or not examples:
        runner.faults.append(f"{name}:{fence.line}: expected `>>> ` before this code: {stray!r}")
    if "doctest:" in fence.text:
        runner.faults.append(f"{name}:{fence.line}: expected no directive: each example is run")
    test = doctest.DocTest(examples, {}, name, name, fence.line, None)
    test.globs = names  # not a copy: names are shared down the page
    with contextlib.chdir(WEIGHTS if WEIGHTS.is_dir() else "."):
        runner.run(test, out=lambda text: None, clear_globs=False)


def try_start(faults: list[str], task: Task, name: str, names: dict[str, Any]) -> None:
    """See that the start of an answer runs, and that the test says what it lacks."""
    place, names = f"{name}:{task.line}", dict(names)
    try:
        exec(compile(task.start, "<start>", "exec"), names)
        exec(compile(task.test, "<test>", "exec"), names)
    except AssertionError as error:
        if not str(error):
            faults.append(f"{place}: expected the test to say what the start lacks, in words")
    except Exception as error:
        faults.append(f"{place}: expected the test to say what the start lacks, got {error!r}")
    else:
        faults.append(f"{place}: expected the test to refuse the start")


def try_solution(faults: list[str], task: Task, name: str, names: dict[str, Any]) -> None:
    """See that the test accepts what the solution of its exercise defines."""
    try:
        exec(compile(task.test, "<test>", "exec"), dict(names))
    except Exception as error:
        faults.append(f"{name}:{task.line}: the test refuses the solution: {error!r}")


def check_fault(number: str, expression: str, names: dict[str, Any]) -> str | None:
    """Say what is wrong with `number == expression`, if anything."""
    import numpy as np

    if is_literal(expression):
        return f"`{expression}` repeats the number: compute it, or write a setting as `code`"
    try:
        known = {"np": np, "module": importlib.import_module} | RECORDS
        value = eval(expression, known | names)
        if numbers.agrees(number, value):
            return None
    except Exception as error:
        return f"at the page's end `{expression}` raises {type(error).__name__}: {error}"
    return f"the page says {number}, at its end `{expression}` is {value}"


def is_literal(expression: str) -> bool:
    """Tell whether an expression computes nothing, as `-4e-3`."""
    try:
        ast.literal_eval(expression)
    except (SyntaxError, TypeError, ValueError):  # told when it is evaluated
        return False
    return True
