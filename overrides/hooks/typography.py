"""A number and its percent sign stay on one line, and so does an option such as --rate."""

import re

KEPT = re.compile(r"(<(pre|code|svg)\b.*?</\2>)", re.DOTALL)  # copied, or set by hand
PERCENT = re.compile(r"(?<=\d) (?=%)")
OPTION = re.compile(r"^<code>(?=--[^<]{,20}</code>)")


def on_page_content(html, page, config, files):
    """In prose, let no line end before a percent sign; mark short options to be kept whole."""
    parts = KEPT.split(html)  # prose, what is kept, its tag, prose, ...
    parts[::3] = [PERCENT.sub("&nbsp;", prose) for prose in parts[::3]]
    del parts[2::3]
    parts[1::2] = [OPTION.sub('<code class="whole">', code) for code in parts[1::2]]
    return "".join(parts)
