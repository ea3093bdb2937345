"""What belongs together stays on one line, and long names break where their parts do."""

import re

KEPT = re.compile(r"(<(pre|code|svg)\b.*?</\2>)", re.DOTALL)  # copied, or set by hand
PERCENT = re.compile(r"(?<=\d) (?=%)")
NAMES = "top-[kp]|short-term|encoder-decoder|MIT-0|Ctrl-C"
JOINED = re.compile(rf"\b({NAMES}|\d+-\d+)\b(?![^<]*>)")  # not in a tag
SHORT = re.compile(r"^<code>(?=(?:--[^<]{,20}|\([^<]{,11}\))</code>)")  # options, shapes
OPTION = re.compile(r'(?<=^<code class="whole">)--\S+(?= )')  # before its value
LONG = re.compile(r"(?<=^<code>)[^<\s]{26,}(?=</code>)")


def on_page_content(html, page, config, files):
    """Set the lines of a page."""
    return typeset(html)


def typeset(html: str) -> str:
    """Let no line end before a percent sign, in top-k, in a range, an option or a shape."""
    parts = KEPT.split(html)  # prose, what is kept, its tag, prose, ...
    parts[::3] = [keep_whole(prose) for prose in parts[::3]]
    del parts[2::3]
    parts[1::2] = [keep_option(let_break(code)) for code in parts[1::2]]
    return "".join(parts)


def keep_whole(prose: str) -> str:
    """Keep whole what a line may not break."""
    return JOINED.sub(r'<span class="whole">\1</span>', PERCENT.sub("&nbsp;", prose))


def keep_option(code: str) -> str:
    """Keep a short option or shape whole, and the option also where a table is too narrow."""
    return OPTION.sub(r'<span class="whole">\g<0></span>', SHORT.sub('<code class="whole">', code))


def let_break(code: str) -> str:
    """Let a long name break behind the parts that it is made of."""
    return LONG.sub(lambda name: re.sub(r"/|::|_", r"\g<0><wbr>", name[0]), code)
