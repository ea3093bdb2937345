"""What a docstring says of its function is so: parameters, results, errors and equations.

    def ramp(step, steps, low=0.0):
        Rise from 0 to 1.

        Parameters      its own, all of them, in their order
        step, steps : int
        low : float, optional      since it has a default; one without is not optional
            At least 0.            as its error says: expected low of at least 0, got -1

        Returns         as many as it returns, in the order of its `return`
        share : float

        Raises          what it raises, or a function of the file that it calls
        ValueError

        Source: docs/schedules.md, equation 1.    and `# eq. 1` on a line that it reaches

Whether types and shapes are those of real values is for tests/guards/calls.py.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.guards.equations import TAG
from tests.guards.includes import parse, read
from tests.guards.markdown import read_page

UNDERLINE = re.compile("-{3,}")
EQUATIONS = re.compile(
    r"(?:docs/([\w-]+)\.md,\s+)?\b(?i:equations?)\s+(\d+(?:(?:,\s+|\s+and\s+|\s+to\s+)\d+)*)"
)
LINE = re.compile(r"#.*\beq\. (\d+)$", re.MULTILINE)
CONTINUES = re.compile(r"^continues: *([\w-]+)$", re.MULTILINE)
OPENS_FILES = {"open", "os", "Path", "tempfile"}  # they raise an OSError of their own
FUNCTION = ast.FunctionDef | ast.ClassDef
NUMBER = r"(-?\d+(?:\.\d+)?)"
EXPECTED = re.compile(r"^expected (\w+) (.*?), got")
LIMITS = {  # how docstrings and errors say them
    rf"\babove {NUMBER}": ">",
    rf"\bbelow {NUMBER}": "<",
    rf"\bat least {NUMBER}|\bfrom {NUMBER}|{NUMBER} or (?:above|more)": "at least",
    rf"\bat most {NUMBER}|\bto {NUMBER}|{NUMBER} or (?:below|less)": "at most",
}


@dataclass(frozen=True)
class Item:
    """An entry of a section: `x, y : ndarray of shape (T, n_x, m)`, and what is said of it."""

    names: tuple[str, ...]
    type: str
    text: str


class Snippet:
    """A snippet, and which of its functions call which."""

    def __init__(self, source: str):
        self.lines, self.tree = source.split("\n"), parse(source)
        self.names = {it.id for it in ast.walk(self.tree) if isinstance(it, ast.Name)}
        self.names |= {it.arg for it in ast.walk(self.tree) if isinstance(it, ast.arg)}
        self.defined = {it.name: it for it in ast.walk(self.tree) if isinstance(it, FUNCTION)}

    @property
    def documented(self) -> list[ast.FunctionDef | ast.ClassDef]:
        return [it for it in self.defined.values() if ast.get_docstring(it)]

    def reach(self, node: ast.AST) -> list[ast.AST]:
        """List a function, and those of the snippet that it calls or hands on, in any depth."""
        reached, waiting = {}, [node]
        while waiting:
            here = waiting.pop()
            if here.name not in reached:
                reached[here.name] = here
                waiting += [self.defined[it] for it in used(here) if it in self.defined]
        return list(reached.values())

    def equations(self, node: ast.AST) -> set[int]:
        """Return the numbers behind `# eq.` on the lines of a function."""
        lines = "\n".join(self.lines[node.lineno - 1 : node.end_lineno])
        return {int(number) for number in LINE.findall(lines)}

    def raised(self, node: ast.AST) -> set[str]:
        """Name the errors that a function raises, or one that it calls unless it handles them."""
        called = [it for it in self.reach(node) if it is not node]
        return raised(node) | (set().union(*map(raised, called)) - handled(node))

    def opens_files(self, node: ast.AST) -> bool:
        return any(OPENS_FILES & used(it) for it in self.reach(node))


@cache
def used(node: ast.AST) -> set[str]:
    """Name what a function uses; one that it makes and returns runs later, if at all."""
    own, parameters = list(own_nodes(node)), set(parameters_of(node))
    made = {id(it.value) for it in own if isinstance(it, ast.Return)}
    names = {it.id for it in own if isinstance(it, ast.Name) and id(it) not in made}
    return (names - parameters) | {it.attr for it in own if isinstance(it, ast.Attribute)}


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through a function, but not into functions within it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef) or isinstance(node, ast.ClassDef):
            yield child
            yield from own_nodes(child)


def raised(node: ast.AST) -> set[str]:
    """Name what the `raise` statements of a function raise, a mere `raise` aside."""
    errors = [it.exc for it in own_nodes(node) if isinstance(it, ast.Raise) and it.exc]
    return {ast.unparse(it.func if isinstance(it, ast.Call) else it) for it in errors}


def handled(node: ast.AST) -> set[str]:
    """Name what a function catches."""
    caught = [it.type for it in own_nodes(node) if isinstance(it, ast.ExceptHandler) and it.type]
    return {it.id for each in caught for it in ast.walk(each) if isinstance(it, ast.Name)}


def parameters_of(node: ast.AST) -> list[str]:
    """Name the parameters of a function in their order; a class has none here."""
    if not isinstance(node, ast.FunctionDef):
        return []
    given = node.args
    every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return [it.arg for it in every if it]


def check(root: Path) -> list[str]:
    """Compare the docstrings of all snippets with their functions."""
    faults = []
    for path in sorted((root / "snippets").glob("[a-z]*.py")):
        snippet, own = Snippet(read(path)), path.stem.replace("_", "-")
        found = [(1, it) for it in introduction_faults(snippet, own)]
        for node in snippet.documented:
            every = [*signature_faults(snippet, node), *equation_faults(root, own, snippet, node)]
            found += [(node.lineno, f"`{node.name}` {fault}") for fault in every]
        faults += [f"snippets/{path.name}:{line}: {fault}" for line, fault in sorted(found)]
    return faults


def introduction_faults(snippet: Snippet, page: str) -> Iterator[str]:
    """Look for the sentence that says where a snippet is explained and proven."""
    expected = f"Explained in docs/{page}.md, proven in tests/test_{page.replace('-', '_')}.py."
    if expected not in " ".join((ast.get_docstring(snippet.tree) or "").split()):
        yield f"expected this in the first docstring: {expected}"


def read_sections(docstring: str) -> dict[str, list[Item]]:
    """Read the lines under an underlined title, up to the next blank line."""
    sections, lines = {}, docstring.split("\n")
    for at in range(1, len(lines)):
        if UNDERLINE.fullmatch(lines[at]):
            sections[lines[at - 1]] = list(read_items(lines[at + 1 :]))
    return sections


def read_items(lines: list[str]) -> Iterator[Item]:
    """Read the entries of a section: each begins a line, and has indented lines beneath."""
    end = lines.index("") if "" in lines else len(lines)
    for entry in re.split(r"\n(?=\S)", "\n".join(lines[:end])):
        head, _, text = entry.partition("\n")
        names, _, kind = head.partition(" : ")
        yield Item(tuple(names.split(", ")), kind, " ".join(text.split()))


def signature_faults(snippet: Snippet, node: ast.AST) -> Iterator[str]:
    """Compare the sections of a docstring with parameters, results and errors."""
    sections = read_sections(ast.get_docstring(node))
    said = {title: [name for it in items for name in it.names] for title, items in sections.items()}
    expected = parameters_of(node)
    if said.get("Parameters", expected) != expected:
        listed = ", ".join(said["Parameters"])
        yield f"has the parameters {', '.join(expected)}, its docstring lists {listed}"
    yield from default_faults(node, sections.get("Parameters", []))
    yield from range_faults(snippet, node, sections.get("Parameters", []))
    if "Returns" in said:
        yield from result_faults(snippet, node, said["Returns"])
    if sections:
        yield from error_faults(snippet, node, set(said.get("Raises", [])))


def default_faults(node: ast.AST, said: list[Item]) -> Iterator[str]:
    """Compare `optional` with the parameters that have a default."""
    defaults = with_default(node)
    for item in said:
        if item.type in ("", "None"):
            continue  # described elsewhere, or nothing to choose
        optional = item.type.endswith("optional")
        for name in item.names:
            if optional and name not in defaults:
                yield f"has no default for {name}, which its docstring calls optional"
            elif name in defaults and not optional:
                yield f"has a default for {name}: expected `{item.type}, optional`"


def range_faults(snippet: Snippet, node: ast.AST, said: list[Item]) -> Iterator[str]:
    """Compare the range of a parameter with what the error says that was expected."""
    errors = [it for error in errors_of(snippet, node) for it in EXPECTED.findall(error)]
    for item in said:
        allowed = limits(item.text)
        for name, expected in errors:
            if name in item.names and allowed and limits(expected) not in (set(), allowed):
                yield (
                    f"has an error that expects {name} {expected}, its docstring says: {item.text}"
                )


def errors_of(snippet: Snippet, node: ast.AST) -> Iterator[str]:
    """Read the messages that a function may raise, without what is filled in."""
    for reached in snippet.reach(node):
        for it in own_nodes(reached):
            if isinstance(it, ast.Raise) and it.exc:
                parts = [part.value for part in ast.walk(it.exc) if isinstance(part, ast.Constant)]
                yield "".join(part for part in parts if isinstance(part, str))


def limits(text: str) -> set[tuple[str, float]]:
    """Read which numbers are limits, and of which kind.

    >>> sorted(limits("From 0 to below 1, or 2 or more."))
    [('<', 1.0), ('at least', 0.0), ('at least', 2.0)]
    """
    found = [
        (kind, number)
        for pattern, kind in LIMITS.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
        for number in match.groups()
        if number
    ]
    return {(kind, float(number)) for kind, number in found}


def with_default(node: ast.AST) -> set[str]:
    """Name the parameters of a function that have a default."""
    if not isinstance(node, ast.FunctionDef):
        return set()
    given = [*node.args.posonlyargs, *node.args.args]
    last = given[len(given) - len(node.args.defaults) :]
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return {it.arg for it in last} | {it.arg for it, default in keywords if default}


def result_faults(snippet: Snippet, node: ast.AST, said: list[str]) -> Iterator[str]:
    """Compare the results with each `return`: how many, in which order, under which name."""
    for at in own_nodes(node):
        if isinstance(at, ast.Return) and isinstance(at.value, ast.Tuple) and len(said) > 1:
            values = at.value.elts
            pairs = zip(values, said, strict=False)
            named = [(it.id, name) for it, name in pairs if isinstance(it, ast.Name)]
            wrong = [it for it, name in named if not may_be_called(it, name, said, snippet.names)]
            if wrong or len(values) != len(said):
                shown = ast.unparse(at.value).strip("()")
                yield f"returns `{shown}`, its docstring lists {', '.join(said)}"


def may_be_called(returned: str, name: str, said: list[str], known: set[str]) -> bool:
    """Tell whether a docstring may list a variable under this name: `state` as `state_T`."""
    other = returned not in said and name in known
    return name == returned or name.startswith(f"{returned}_") or other


def error_faults(snippet: Snippet, node: ast.AST, said: set[str]) -> Iterator[str]:
    """Compare the errors that are listed with those that are raised."""
    raises = snippet.raised(node)
    if missing := sorted(raises - said):
        yield f"raises {', '.join(missing)}, which its docstring does not list under Raises"
    excess = said - raises
    if snippet.opens_files(node):
        excess = {name for name in excess if not is_os_error(name)}
    if excess:
        yield f"lists {', '.join(sorted(excess))} under Raises, but no line that it reaches does so"


def is_os_error(name: str) -> bool:
    return issubclass(getattr(builtins, name, object), OSError)


def equation_faults(root: Path, own: str, snippet: Snippet, node: ast.AST) -> Iterator[str]:
    """Look for each equation that is named, on its page and among the lines that compute it."""
    for page, listed in EQUATIONS.findall(ast.get_docstring(node)):
        page, said = page or own, numbers(listed)
        if missing := said - equations_on(root, page):
            yield f"names equation {join(missing)}, which docs/{page}.md does not have"
        elif own in (page, continued(root, page)):
            reach = [(it.name, snippet.equations(it)) for it in snippet.reach(node)]
            reached = set().union(*(each for _, each in reach))
            mine = set().union(*(it for name, it in reach if name == node.name or name[0] == "_"))
            if reached and not mine <= said <= reached:
                yield f"computes equation {join(mine or reached)}, its docstring says {join(said)}"


def numbers(listed: str) -> set[int]:
    """Turn `1 to 3, 5 and 6` into a set."""
    found = set()
    for part in re.split(r",\s+|\s+and\s+", listed):
        ends = [int(end) for end in re.split(r"\s+to\s+", part)]
        found |= set(range(ends[0], ends[-1] + 1))
    return found


def join(found: set[int]) -> str:
    return ", ".join(map(str, sorted(found)))


def equations_on(root: Path, page: str) -> set[int]:
    """Return the numbers of the equations of a page: none where there is no page."""
    if not (root / f"docs/{page}.md").is_file():
        return set()
    formulas = read_page(root, f"docs/{page}.md").formulas
    return {int(tag) for _, latex in formulas for tag in TAG.findall(latex) if tag.isdigit()}


def continued(root: Path, page: str) -> str | None:
    """Say which page's snippet a page goes on with, as its front matter declares."""
    found = CONTINUES.search(read(root / f"docs/{page}.md").split("\n---\n")[0])
    return found[1].replace("_", "-") if found else None
