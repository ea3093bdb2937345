"""Each page tells a browser to refuse what is not of this site: its content security policy.

Each check takes the site's folder and returns the faults it finds, a sentence for each. That a
browser does refuse it is tested in tests/test_live.py.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from lxml.html import HtmlElement

from tests.site_checks import pages

# What a page may load or ask for. `data:` and `blob:` are made by the page itself, and styles are
# written in the page by Material and KaTeX; from another host none of them loads anything.
ALLOWED = {
    "default-src": {"'none'"},
    "script-src": {"'self'", "'wasm-unsafe-eval'"},  # and the hashes of its own inline scripts
    "worker-src": {"'self'", "blob:"},
    "connect-src": {"'self'"},
    "style-src": {"'self'", "'unsafe-inline'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "media-src": {"'self'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
}
SCRIPT = (
    'if (location.protocol !== "file:") { const policy = document.createElement("meta") '
    'policy.httpEquiv = "Content-Security-Policy" policy.content = "{}" '
    "document.head.append(policy) }"
)
CONTENT = re.compile(re.escape(SCRIPT).replace(re.escape("{}"), '([^"]*)'))
INLINE = "//script[not(@src) and not(contains(@type, 'json'))]"
FIRST = "string(/html/head/*[not(self::meta[@charset])][1][self::script])"


def policy(site: Path) -> list[str]:
    """Each page has the policy, before all that it loads, and allows nothing else."""
    return [f"{name}: {fault}" for name, tree in pages(site) for fault in faults_of(tree)]


def faults_of(tree: HtmlElement) -> Iterator[str]:
    """Compare the policy of a page with what is allowed."""
    found = CONTENT.fullmatch(" ".join(tree.xpath(FIRST).split()))
    if not found:
        yield "expected the script of overrides/hooks/policy.py first in its head"
        return
    got = {name: set(it) for name, *it in map(str.split, found[1].split(";"))}
    scripts = {f"'sha256-{digest(it.text or '')}'" for it in tree.xpath(INLINE)}
    for name in sorted(ALLOWED.keys() | got.keys()):
        expected, said = ALLOWED.get(name, set()), got.get(name, set())
        allowed = expected | scripts if name == "script-src" else expected
        if not expected <= said <= allowed:
            yield (
                f"expected the policy `{name} {' '.join(sorted(expected))}`, "
                f"got `{name} {' '.join(sorted(said))}`"
            )


def digest(script: str) -> str:
    """Hash a script as a policy names it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


CHECKS = (policy,)
