"""Measures which lines of snippets/ the tests of snippets run, with the option --cov.

A test of the whole book is marked `untraced`, and coverage pauses while it runs: it proves nothing
about a snippet's lines, and takes two or three times as long while each of them is traced.
"""

import io
from importlib import import_module

import pytest
from coverage import Coverage

paused = []


def pause():
    """Trace nothing until the trace goes on.

    Two are traced in a process of xdist, of which the marker no_cover of pytest-cov stops one.
    """
    while coverage := Coverage.current():
        coverage.stop()
        paused.append(coverage)


def go_on():
    while paused:
        paused.pop().start()


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session):
    """Trace what a snippet does when it is imported, but not the rest of collecting."""
    for path in sorted((session.config.rootpath / "snippets").glob("[!_]*.py")):
        import_module(f"snippets.{path.stem}")
    pause()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    """Trace no test of the whole."""
    if item.get_closest_marker("untraced"):
        pause()
    else:
        go_on()


@pytest.hookimpl(tryfirst=True)  # before pytest-cov prints its table
def pytest_terminal_summary(config):
    """Leave out the table when every line has been run: it has nothing to say."""
    measured = config.pluginmanager.get_plugin("_cov")
    if measured and measured.cov_total == 100:
        measured.cov_report = io.StringIO()
