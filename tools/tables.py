"""Shows what was measured as a real table: on a page, in a notebook, and in a terminal."""

import builtins
from collections.abc import Iterable, Sequence


def show_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Show rows of texts under a header; all columns but the first are aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    if hasattr(builtins, "__IPYTHON__"):
        from IPython.display import Markdown, display

        display(Markdown(text))
    else:
        print(text)
