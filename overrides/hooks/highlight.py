"""Tokens in the ink of their text are no elements: pages have 40 % fewer, and load sooner."""

from pygments.token import STANDARD_TYPES, Keyword, Name, Operator, Punctuation, Whitespace


def on_startup(command, dirty):
    """Let Pygments give no class, and so no element, to what has no colour of its own."""
    STANDARD_TYPES.update(dict.fromkeys((Name, Operator, Punctuation, Whitespace), ""))
    STANDARD_TYPES[Operator.Word] = STANDARD_TYPES[Keyword]  # `in` has the colour of `for`
