"""The table of docs/parameter-count.md shows the numbers that its snippet computes with.

    | [peephole LSTM](peephole.md) | 4 | 4 + 3 | not available | not available |

The columns are the blocks of a cell, and the extra numbers of each unit, in each library.
"""

import re
from pathlib import Path

from snippets.parameter_count import BLOCKS, EXTRAS

PAGE = "docs/parameter-count.md"
ROW = re.compile(r"\| \[[^]]*\]\(([\w-]+)\.md\)[^|]*\|(.*)\|")
COLUMNS = {"blocks": BLOCKS} | {f"extras, {name}": counts for name, counts in EXTRAS.items()}
MISSING = "not available"


def check(root: Path) -> list[str]:
    """Compare the cells of the table, one by one."""
    lines = (root / PAGE).read_text(encoding="utf-8").splitlines()
    rows = {match[1]: (at, match[2]) for at, it in enumerate(lines, 1) if (match := ROW.match(it))}
    faults = [
        f"{PAGE}: expected a row of {cell.replace('_', '-')}.md, since the snippet counts it"
        for cell in BLOCKS
        if cell.replace("_", "-") not in rows
    ]
    for page, (line, row) in rows.items():
        if len(shown := row.split("|")) != len(COLUMNS):
            faults.append(f"{PAGE}:{line}: {page}: expected the columns {', '.join(COLUMNS)}")
        for (column, counts), got in zip(COLUMNS.items(), shown, strict=False):
            count = counts.get(page.replace("-", "_"), MISSING)
            if value(got.strip()) != count:
                said = f"expected {count} in the column {column}, got {got.strip()}"
                faults.append(f"{PAGE}:{line}: {page}: {said}")
    return faults


def value(text: str) -> int | str:
    """Read a cell: a number, a sum, or words."""
    return eval(text) if re.fullmatch(r"[\d +]+", text) else text
