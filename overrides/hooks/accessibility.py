"""Mends what Material's templates get wrong for screen readers and for the HTML standard."""

import logging
import re

log = logging.getLogger("mkdocs.hooks.accessibility")

MENDS = (
    # A dialog needs a name.
    (r'(<div class="md-search"[^>]*role="dialog")', r'\1 aria-label="Search"'),
    # What was copied is said, not only shown.
    (r'(<div class="md-dialog__inner md-typeset")', r'\1 role="status"'),
    # The standard has no autocomplete for checkboxes,
    (r'(<input[^>]* type="checkbox"[^>]*) autocomplete="off"', r"\1"),
    # and no place in the order of tab stops that is not a number.
    (r' tabindex=""', ""),
)


def mend(html: str, name: str) -> str:
    """Apply every mend, and warn of one that finds nothing: Material may have changed."""
    for pattern, replacement in MENDS:
        html, count = re.subn(pattern, replacement, html)
        if not count:
            log.warning("%s: nothing to mend for %s", name, pattern)
    return html


def on_post_page(output, page, config):
    """Mend a page."""
    return mend(output, page.file.src_uri)


def on_post_template(output_content, template_name, config):
    """Mend the page for what is not found, which is a template, as the sitemap is."""
    return mend(output_content, template_name) if template_name == "404.html" else output_content
