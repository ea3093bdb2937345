"""Finds Chromium and opens pages in it; without it, what needs it is left out, and counted."""

import os
import shutil
from functools import cache

import pytest

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

PHONE = {"width": 375, "height": 812}
DESKTOP = {"width": 1440, "height": 900}


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
    """Mark what needs a browser."""
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker("browser")
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium found"))
    yield


def left_out(config) -> int:
    skipped = config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])
    return sum("browser" in report.keywords for report in skipped)


def pytest_sessionfinish(session):
    """With REQUIRE_BROWSER set, a browser test left out is a failure."""
    worker = hasattr(session.config, "workerinput")  # only the process that reports decides
    if not worker and os.environ.get("REQUIRE_BROWSER") and left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if count := left_out(config):
        why = "no Chromium found" if chromium() is None else "skipped"
        terminalreporter.line(f"{count} browser tests left out: {why}", yellow=True)


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
