"""A content security policy that is missing or loosened is found by tests/site_policy.py."""

import pytest

from overrides.hooks.policy import secured
from tests.planted import write
from tests.site_policy import policy

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>RNN</title><script src="site.js"></script></head>
<body><article><h1>RNN</h1></article><script>start()</script></body></html>"""
FIRST = "expected the script of overrides/hooks/policy.py first in its head"


def look(folder, page):
    write(folder, {"rnn.html": page})
    return policy(folder)


def test_a_page_with_the_policy_passes(tmp_path):
    assert look(tmp_path, secured(PAGE)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("connect-src 'self'", "connect-src 'self' https:", "expected the policy `connect-src"),
        ("connect-src 'self'", "connect-src *", "expected the policy `connect-src 'self'`, got"),
        ("img-src 'self' data:", "img-src *", "expected the policy `img-src 'self' data:`, got"),
        (
            "'wasm-unsafe-eval'",
            "'wasm-unsafe-eval' 'unsafe-inline'",
            "expected the policy `script-src",
        ),
        ("default-src 'none'; ", "", "expected the policy `default-src 'none'`, got `default-src"),
        ("'self' blob:", "'self' blob: data:", "expected the policy `worker-src 'self' blob:`"),
        ("; form-action", "; frame-src *; form-action", "expected the policy `frame-src `, got"),
        ('!== "file:"', '=== "https:"', FIRST),
        ("document.head.append", "document.body.append", FIRST),
        ("Content-Security-Policy", "Content-Security-Policy-Report-Only", FIRST),
        ("<script>\n", '<link rel="icon" href="x.png"><script>\n', FIRST),
        ("start()", "start(here)", "expected the policy `script-src"),  # by the old script's hash
    ],
)
def test_a_policy_that_is_missing_or_loosened_is_named(old, new, said, tmp_path):
    page = secured(PAGE)
    assert old in page
    faults = look(tmp_path, page.replace(old, new, 1))
    assert len(faults) == 1
    assert faults[0].startswith(f"rnn.html: {said}")


def test_a_page_without_a_policy_is_named(tmp_path):
    assert look(tmp_path, PAGE) == [f"rnn.html: {FIRST}"]
