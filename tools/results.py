"""Keeps what an experiment measured, with what is needed to measure it again.

    from tools.results import load_results, record_results

    with record_results("language_model", seeds=[0, 1, 2]) as results:
        results["nats_per_character"] = ...

writes docs/experiments/results/language_model.json. A test fails as soon as the code that made
the file, comments and docstrings aside, is no longer the code in the repository.
"""

import ast
import hashlib
import json
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def record_results(
    name: str, *, seeds: Sequence[int], packages: Sequence[str] = ("numpy",), root: Path = ROOT
) -> Iterator[dict[str, Any]]:
    """Write what the block puts into the dictionary, unless the block raises.

    The hash is taken before the block starts: an edit made while it runs leaves the results stale.
    """
    code_sha256, start = code_hash(name, root), time.perf_counter()
    results: dict[str, Any] = {}
    yield results
    record = {
        "code_sha256": code_sha256,
        "seeds": list(seeds),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "wall_seconds": round(time.perf_counter() - start, 1),
        "results": results,
    }
    path = results_path(name, root)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def load_results(name: str, root: Path = ROOT) -> dict[str, Any]:
    """Return the committed record: code_sha256, seeds, versions, wall_seconds, results."""
    return json.loads(results_path(name, root).read_text(encoding="utf-8"))


def results_path(name: str, root: Path = ROOT) -> Path:
    """Say where the record of an experiment stands."""
    return root / "docs" / "experiments" / "results" / f"{name}.json"


def code_hash(name: str, root: Path = ROOT) -> str:
    """Hash an experiment and the snippets it imports, comments, docstrings and layout aside."""
    experiment = ast.parse((root / "docs" / "experiments" / f"{name}.py").read_bytes())
    snippets = [root / "snippets" / f"{stem}.py" for stem in sorted(_imported(experiment))]
    trees = [experiment, *(ast.parse(path.read_bytes()) for path in snippets)]
    return hashlib.sha256(repr([_plain(tree) for tree in trees]).encode()).hexdigest()


def _imported(tree: ast.AST) -> set[str]:
    """Name the snippets that the code imports, in whichever way."""
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {m.split(".")[1] for m in modules if m and m.startswith("snippets.")}


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
