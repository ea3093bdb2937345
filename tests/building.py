"""Builds the site once for all processes of a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.faults import assert_none, in_brief

ROOT = Path(__file__).parents[1]


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
