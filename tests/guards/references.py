"""Every citation leads to an entry of references.md, and every entry has an id and is cited."""

import re
from pathlib import Path

from tests.guards.markdown import pages, read_page

REFERENCES = "docs/references.md"
ENTRY = re.compile(r'<span id="([a-z0-9-]+)"></span>')
CITATION = re.compile(r"references\.md#([\w-]+)")
IDENTIFIER = re.compile(
    r"https://doi\.org/10\.\d{4,}/\S+|https://arxiv\.org/abs/\S+|https://aclanthology\.org/\S+"
    r"|<!-- no id: \S.*-->"
)


def check(root: Path) -> list[str]:
    """Citations resolve; entries are unique, identified and cited."""
    entries, faults = {}, []
    for line, text in list_items(read_page(root, REFERENCES).prose):
        ids = ENTRY.findall(text)
        if len(ids) != 1 or ids[0] in entries:
            faults.append(
                f'{REFERENCES}:{line}: expected one `<span id="author-year"></span>` of its own'
            )
        if not IDENTIFIER.search(text):
            faults.append(
                f"{REFERENCES}:{line}: expected a link to doi.org, arxiv.org or aclanthology.org, "
                "or `<!-- no id: reason -->`"
            )
        entries |= dict.fromkeys(ids, line)
    cited = set()
    for page in pages(root):
        for number, text in enumerate(page.prose.split("\n"), start=1):
            here = set(CITATION.findall(text))
            cited |= here if page.name != REFERENCES else set()
            for name in sorted(here - set(entries)):
                faults.append(f"{page.name}:{number}: {REFERENCES} has no entry `{name}`")
    for name in sorted(set(entries) - cited):
        faults.append(f"{REFERENCES}:{entries[name]}: no page cites `{name}`")
    return faults


def list_items(text: str) -> list[tuple[int, str]]:
    """Cut a page into the items of its lists, each with its first line's number."""
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("- "):
            found.append((number, line))
        elif found and line.startswith("  "):
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
    return found
