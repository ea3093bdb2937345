"""Prints what is wrong as it is found, a line each where a line is enough.

A test that fails with `assert_none` has said all. Of another one a line says where and with what it
failed, and its traceback follows at the end. What is wrong in the same way in many places, such as
on every page, is printed for the first of them; the end lists the other places.
"""

import re
from collections import defaultdict

import pytest

from tests.faults import MARK

PLACE = re.compile(r"^(?!\.venv|/)([\w./-]+\.py:\d+):", re.MULTILINE)  # of a traceback, in here
FAULTS = re.compile(rf"^{MARK}.*", re.MULTILINE | re.DOTALL)
EACH = re.compile(rf"^{MARK}(?:.*)(?:\n(?!{MARK}).*)*", re.MULTILINE)
PLACED = re.compile(rf"{MARK}([\w./-]+(?::\d+)?): ")
ALIKE = 5  # faults with the same words are printed so often
REASON = re.compile(r"^E +(.*)", re.MULTILINE)


def told(failure: str, test: str) -> str:
    r"""Return what a failed test says: its faults as they are, of a traceback a line.

    >>> told("tests/test_rnn.py:9: in test_a\n    assert 1 == 2\nE   assert 1 == 2", "::test_a")
    'FAULT tests/test_rnn.py:9: test_a: assert 1 == 2'
    """
    if found := FAULTS.search(failure):
        return found[0]
    places, reason = PLACE.findall(failure), REASON.search(failure)
    what = reason[1] if reason else failure.strip().split("\n")[-1]
    name = f"{test.split('::')[-1]}: " if "::" in test else ""
    return f"{MARK}{places[-1] if places else test}: {name}{what}"


class Teller:
    """Prints what is wrong as soon as a test, or the collection of a file, has failed."""

    def __init__(self, terminal):
        self.terminal = terminal
        self.alike = defaultdict(list)  # the places of each fault

    def tell(self, text):
        shown = []
        for fault in EACH.findall(text):
            place, what = PLACED.match(fault), PLACED.sub("", fault)
            places = self.alike[what]
            places.append(place[1] if place else "a test")
            if len(places) <= ALIKE:
                shown.append(fault)
        if shown:
            self.write("\n".join(shown))

    def write(self, text):
        if self.terminal.currentfspath:
            self.terminal.ensure_newline()
        else:
            self.terminal.write("\n")
        for line in text.split("\n"):
            self.terminal.write_line(line, red=line.startswith(MARK))

    def pytest_terminal_summary(self):
        for what, places in self.alike.items():
            if more := places[ALIKE:]:
                self.write(f"{MARK}in {len(more)} more places, {', '.join(more)}: {what}")

    @pytest.hookimpl(trylast=True)  # behind the letter that stands for the test
    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.tell(told(report.longreprtext, report.nodeid))
            if FAULTS.search(report.longreprtext):
                said_all(report)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report):
        if report.failed:
            self.tell(told(report.longreprtext, report.nodeid))
            said_all(report)


def said_all(report):
    """Let pytest show nothing more of it at the end, as when a debugger has shown it."""
    report._pdbshown = True


@pytest.hookimpl(trylast=True)  # behind the terminal's own
def pytest_configure(config):
    if terminal := config.pluginmanager.get_plugin("terminalreporter"):
        config.pluginmanager.register(Teller(terminal))
