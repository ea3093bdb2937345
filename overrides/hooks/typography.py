"""A number and its percent sign stay on one line."""

import re

KEPT = re.compile(r"(<(pre|code|svg)\b.*?</\2>)", re.DOTALL)  # copied, or set by hand
PERCENT = re.compile(r"(?<=\d) (?=%)")


def on_page_content(html, page, config, files):
    """Put a space that does not break before the sign, in all that is prose."""
    parts = KEPT.split(html)  # prose, what is kept, its tag, prose, ...
    parts[::3] = [PERCENT.sub("&nbsp;", prose) for prose in parts[::3]]
    del parts[2::3]
    return "".join(parts)
