"""Gives each page a content security policy: a browser then runs only the scripts of this site.

The pages that other hooks write, book.html and those that have moved, call `secured`. An inline
script may run if its hash is in the policy. In a page that is opened from a folder no file counts
as the site's own, and the search would not work, so there the policy is left out: a script adds it.
"""

import base64
import hashlib
import json
import re

INLINE = re.compile(r"<script(?![^>]*(?:\ssrc=|json))[^>]*>(.*?)</script>", re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hashes}; worker-src 'self' blob:; "
    "connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'"
)
ADD = """
  if (location.protocol !== "file:") {{
    const policy = document.createElement("meta")
    policy.httpEquiv = "Content-Security-Policy"
    policy.content = {policy}
    document.head.append(policy)
  }}
"""
HEAD = '<meta charset="utf-8">'


def on_post_page(output, page, config):
    """Add the policy of a page."""
    return secured(output)


def on_post_template(output_content, template_name, config):
    """Add that of a page which is no page of the book, such as 404.html."""
    return secured(output_content) if template_name.endswith(".html") else output_content


def secured(html: str) -> str:
    """Add a policy that allows a page its own inline scripts."""
    hashes = " ".join(sorted({f"'sha256-{digest(it)}'" for it in INLINE.findall(html)}))
    script = ADD.format(policy=json.dumps(POLICY.format(hashes=hashes)))
    return html.replace(HEAD, f"{HEAD}\n<script>{script}</script>", 1)


def digest(script: str) -> str:
    """Hash a script as a policy names it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
