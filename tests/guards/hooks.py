"""What a hook does is a function that does not know the builder, so that another can call it.

The builder calls functions such as `on_page_content`. They take a text out of what it hands over,
and give it to functions that take and return texts.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.guards.includes import parse, read

HOOKS = "overrides/hooks"
BUILDERS = {"mkdocs", "properdocs", "zensical"}
ITS_OBJECTS = {"page", "config", "files"}
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def check(root: Path) -> list[str]:
    """Look at each function that the builder doesn't call: `def contents(config)` is a fault."""
    return [
        f"{path.relative_to(root)}:{line}: {fault}"
        for path in sorted((root / HOOKS).glob("*.py"))
        for line, fault in faults_in(parse(read(path)))
    ]


def faults_in(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Say where code outside the functions that the builder calls takes or uses what is its."""
    builders = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom) and is_builders(node)
        for alias in node.names
    }
    for statement in module.body:
        if getattr(statement, "name", "").startswith("on_"):
            continue
        for node in ast.walk(statement):
            if isinstance(node, FUNCTION):
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                for name in ITS_OBJECTS & {it.arg for it in arguments}:
                    yield node.lineno, f"expected `{name}` only in functions called on_..."
            elif isinstance(node, ast.Name) and node.id in builders:
                yield node.lineno, f"expected the builder's `{node.id}` only in on_..."


def is_builders(node: ast.Import | ast.ImportFrom) -> bool:
    """Tell whether something is imported from the builder."""
    modules = [getattr(node, "module", None) or "", *(it.name for it in node.names)]
    return any(name.partition(".")[0] in BUILDERS for name in modules)
