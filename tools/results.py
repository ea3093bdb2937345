"""Keeps what an experiment measured, with what is needed to measure it again.

An experiment says in PARTS what its full size measures, and `summarise` makes its results of that.
The hash covers the code that these two reach: functions, constants in capitals, the snippets and
tools that are imported, the files of data/ that they name. Comments and docstrings aside, and what
only prints or draws. No other code of the experiment is there when the full size runs, so none can
change its numbers.
"""

import ast
import copy
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHORT = 10_000  # characters of JSON
FULL = ("PARTS", "SEEDS", "summarise")  # what a full size is made of
FIXED = {*dir(frozenset), *dir(MappingProxyType), *dir(tuple)}
CHANGING = {*dir(set), *dir(dict), *dir(list)} - FIXED  # methods such as `update`


def experiments(root: Path = ROOT) -> list[str]:
    """Name all experiments."""
    return sorted(path.stem for path in (root / "docs/experiments").glob("[a-z]*.py"))


def results_path(name: str, root: Path = ROOT) -> Path:
    """Say where the record of an experiment stands."""
    return root / "docs" / "experiments" / "results" / f"{name}.json"


def load_results(name: str, root: Path = ROOT) -> dict[str, Any]:
    """Return the committed record: seeds, versions, cpu_seconds, results, and two hashes."""
    return json.loads(results_path(name, root).read_text(encoding="utf-8"))


def save_results(name: str, record: dict[str, Any], root: Path = ROOT) -> None:
    """Write a record, sealed: a number that is changed by hand later is noticed."""
    record = json.loads(json.dumps(record))  # as it will be read: keys are text
    text = json.dumps(record | {"sha256": checksum(record)}, indent=1, allow_nan=False)
    write_whole(results_path(name, root), text + "\n")


def checksum(record: dict[str, Any]) -> str:
    """Hash all that a record says, the seal itself aside."""
    said = {key: value for key, value in record.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def short_values(names: dict[str, Any]) -> str:
    """Write as JSON what a page has measured: its variables, but no texts, weights or functions."""
    kept = {}
    for name, value in names.items():
        with suppress(AttributeError, TypeError, ValueError):
            text = json.dumps(value, default=lambda it: it.tolist())
            if name[0] != "_" and len(text) < SHORT:
                kept[name] = json.loads(text)
    return json.dumps(kept, indent=0)  # many short lines: Jupyter takes long over a long one


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"dir": path.parent, "encoding": "utf-8", "delete_on_close": False}
    with tempfile.NamedTemporaryFile("w", **options) as file:  # deletes what is still there
        file.write(text)
        file.close()
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)


def load(name: str, names: Iterable[str] | None = None, root: Path = ROOT) -> ModuleType:
    """Define what an experiment defines, without what it runs: all of it, or what names reach."""
    module = ModuleType(name)
    tree = keep(name, names, root)
    exec(compile(tree, f"docs/experiments/{name}.py", "exec"), module.__dict__)
    return module


def code_hash(name: str, root: Path = ROOT) -> str:
    """Hash the code that the full size of an experiment runs, and the data that it names."""
    tree = keep(name, FULL, root)
    files = [path.read_bytes() for path in sorted(imported(tree, root))]
    total = hashlib.sha256(repr([_plain(tree), *map(_plain_of, files)]).encode())
    trees = [tree, *map(_parse, files)]
    named = {getattr(node, "value", None) for tree in trees for node in ast.walk(tree)}
    for path in sorted((root / "docs/experiments/data").glob("*")):
        if path.name in named:
            total.update(path.read_bytes())
    return total.hexdigest()


def keep(name: str, names: Iterable[str] | None = None, root: Path = ROOT) -> ast.Module:
    """Keep what some names of an experiment reach, unless what it runs would change a constant."""
    tree = ast.parse((root / "docs" / "experiments" / f"{name}.py").read_bytes())
    module = reached(tree, names)
    constants = {constant for constant, _ in _definitions(module) if constant.isupper()}
    for node in tree.body:
        if node in module.body or isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        for constant in constants.intersection(_changed(node)):
            raise ValueError(
                f"docs/experiments/{name}.py:{node.lineno}: `{ast.unparse(node).splitlines()[0]}` "
                f"changes {constant} for the page only, as the full size runs no such statement: "
                f"expected all of {constant} where it is assigned"
            )
    return module


def _changed(statement: ast.stmt) -> Iterator[str]:
    """Name what a statement assigns to or deletes, whole or in part, or calls to change."""
    for node in ast.walk(statement):
        by_method = isinstance(node, ast.Attribute) and node.attr in CHANGING
        if by_method or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            while isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            if isinstance(node, ast.Name):
                yield node.id


def reached(tree: ast.Module, names: Iterable[str] | None = None) -> ast.Module:
    """Keep the definitions of some names, and of those that they use, and so on; or all."""
    found = list(_definitions(tree))
    new = {name for name, _ in found} if names is None else set(names)
    kept = set()
    while new:
        kept |= new
        nodes = (node for name, node in found if name in new for node in ast.walk(node))
        new = {node.id for node in nodes if isinstance(node, ast.Name)} - kept
    return ast.Module([node for name, node in found if name in kept], [])


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """List imports, functions, classes and constants in capitals, each with its name."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                one = copy.copy(node)
                one.names = [alias]
                yield (alias.asname or alias.name).split(".")[0], one
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).isupper():
            targets = list(ast.walk(node.targets[0]))
            if not any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets):
                yield from ((it.id, node) for it in targets if isinstance(it, ast.Name))


def imported(tree: ast.AST, root: Path = ROOT) -> set[Path]:
    """Find the files of this repository that the code imports, and that these import."""
    found, new = set(), _files(_modules(tree), root)
    while new:
        found |= new
        new = {path for file in new for path in _files(_modules_of(file.read_bytes()), root)}
        new -= found
    return found


def _files(modules: Iterable[str], root: Path) -> set[Path]:
    """Keep the modules that are files of this repository."""
    paths = (root / f"{module.replace('.', '/')}.py" for module in modules)
    return {path for path in paths if path.is_file()}


_parse = functools.cache(ast.parse)  # experiments share most of what they import


@functools.cache
def _modules_of(code: bytes) -> set[str]:
    """Name what a file imports."""
    return _modules(_parse(code))


@functools.cache
def _plain_of(code: bytes) -> tuple:
    """Turn a file into what its hash is made of."""
    return _plain(_parse(code))


def _modules(tree: ast.AST) -> set[str]:
    """Name what the code imports, and all names that it takes from there: they may be modules."""
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def _plain(node: Any) -> Any:
    """Turn a syntax tree into nested tuples that are the same on every Python from 3.12 on.

    `ast.dump` and `ast.unparse` are not: they print one tree differently from version to version.
    """
    if isinstance(node, list):
        return tuple(_plain(item) for item in node)
    if not isinstance(node, ast.AST):
        return node
    fields = {field: getattr(node, field, None) for field in node._fields}
    if isinstance(node, ast.JoinedStr):  # 3.12 has empty strings here that 3.13 has not
        fields["values"] = [part for part in node.values if getattr(part, "value", None) != ""]
    has_docstring = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    if has_docstring and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    kept = ((name, _plain(value)) for name, value in fields.items() if value not in (None, []))
    return (type(node).__name__, *kept)
